//! Stacks with weights, track by track: what sampling profilers and tracers record.
//!
//! All stacks of a file make one trie, whose nodes are frames below frames; a track (a thread, a process, one
//! of several profiles in a file) is a weight at some of its nodes. Functions, edges and the call tree follow
//! from these, for all tracks together or for some ([`Stacks::profile`]), so that no view and no rule needs to
//! know which format it was. They mean what `Modules/_lsprof.c` of CPython means by them: the total of a
//! function or an edge counts where it is active already once only, self values add up.

mod builder;
mod called;
mod children;
mod derive;

pub use builder::{Builder, Same, TrackId, is_amount};
pub use children::Children;

use super::call_tree::{CallTree, NO_PARENT};
use super::{FunctionId, Functions, Profile};
use crate::format::Unit;

/// What a format that records stacks has beyond a call graph.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The exact call tree of all tracks.
    pub tree: CallTree,
    /// What it was made of.
    pub stacks: Stacks,
}

/// A trie of stacks, and what each track has of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stacks {
    /// Per node: its function.
    pub function: Vec<FunctionId>,
    /// Per node: the frame that called it, or [`NO_PARENT`]. Parents come first.
    pub parent: Vec<u32>,
    /// Whether [`Weight::calls`] are calls. Samples are none.
    pub counted: bool,
    /// In the order of the file, but a process's main thread first.
    pub tracks: Vec<Track>,
}

/// A thread, a process, or one of several profiles in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Track {
    /// As the file names it.
    pub name: String,
    /// The process's number.
    pub process: Option<u64>,
    /// The thread's number.
    pub thread: Option<u64>,
    /// When it begins, in seconds on the file's own clock.
    pub start: Option<f64>,
    /// Ascending by node, each node at most once.
    pub weights: Vec<Weight>,
}

/// What was measured on one stack itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// The stack's last frame.
    pub node: u32,
    /// In the profile's unit; never negative.
    pub value: f64,
    /// How often the frame was called on this stack, if [`Stacks::counted`].
    pub calls: u32,
}

impl Track {
    /// The sum of its weights, in the profile's unit.
    pub fn total(&self) -> f64 {
        self.weights.iter().map(|weight| weight.value).sum()
    }

    /// What it is called: its name, or else its numbers.
    pub fn label(&self) -> String {
        if !self.name.is_empty() {
            return self.name.clone();
        }
        match (self.process, self.thread) {
            (_, Some(thread)) => format!("thread {thread}"),
            (Some(process), None) => format!("process {process}"),
            (None, None) => "unnamed".to_owned(),
        }
    }
}

impl Stacks {
    /// The profile of all tracks. Functions keep their ids.
    pub fn profile(self, functions: &Functions, unit: Unit) -> Profile {
        let derived = self.derive(functions);
        Profile {
            unit,
            functions: derived.functions,
            edges: derived.edges,
            by_line: false,
            recorded_tree: Some(Recorded { tree: derived.tree, stacks: self }),
            ..Profile::default()
        }
    }

    /// The labels of all tracks, each of them different.
    pub fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = self.tracks.iter().map(Track::label).collect();
        let mut counts: rustc_hash::FxHashMap<String, u32> = rustc_hash::FxHashMap::default();
        for label in &labels {
            *counts.entry(label.clone()).or_default() += 1;
        }
        for (label, track) in labels.iter_mut().zip(&self.tracks) {
            if counts.get(label).is_some_and(|&count| count > 1)
                && let Some(number) = track.process.or(track.thread)
            {
                *label = format!("{label} ({number})");
            }
        }
        let mut seen: rustc_hash::FxHashMap<String, u32> = rustc_hash::FxHashMap::default();
        for label in &mut labels {
            let count = seen.entry(label.clone()).or_default();
            *count += 1;
            if *count > 1 {
                *label = format!("{label} #{count}");
            }
        }
        labels
    }

    /// Calls `visit` with each stack of `track` that has a weight, outermost frame first, in the order of nodes.
    ///
    /// # Errors
    /// The first that `visit` gives.
    pub fn each<E>(
        &self,
        track: &Track,
        mut visit: impl FnMut(&[FunctionId], &Weight) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stack = Vec::new();
        for weight in &track.weights {
            stack.clear();
            let mut node = weight.node;
            while node != NO_PARENT {
                stack.push(self.function[node as usize]);
                node = self.parent[node as usize];
            }
            stack.reverse();
            visit(&stack, weight)?;
        }
        Ok(())
    }
}

impl Profile {
    /// The threads, processes or profiles that the file keeps apart; none where it keeps no stacks.
    pub fn tracks(&self) -> &[Track] {
        self.recorded_tree.as_ref().map_or(&[], |recorded| &recorded.stacks.tracks)
    }

    /// What the longest of several tracks has, in the profile's unit: as long as the run lasted, where tracks are threads.
    /// `None` where there is one track, or where they are not kept apart.
    pub fn longest_track(&self) -> Option<f64> {
        let tracks = self.tracks();
        (tracks.len() > 1).then(|| tracks.iter().map(Track::total).fold(0.0, f64::max))
    }

    /// The profile of some tracks alone, by their places: functions keep their ids, those that they have none of have
    /// zeros. `None` where one of them is not there, or none is named.
    #[must_use]
    pub fn of_tracks(&self, tracks: &[usize]) -> Option<Self> {
        let recorded = self.recorded_tree.as_ref()?;
        let stacks = &recorded.stacks;
        let chosen: Vec<Track> =
            tracks.iter().map(|&track| stacks.tracks.get(track).cloned()).collect::<Option<_>>()?;
        if chosen.is_empty() {
            return None;
        }
        let stacks = Stacks {
            function: stacks.function.clone(),
            parent: stacks.parent.clone(),
            counted: stacks.counted,
            tracks: chosen,
        };
        Some(stacks.profile(&self.functions, self.unit))
    }
}

#[cfg(test)]
mod tests;
