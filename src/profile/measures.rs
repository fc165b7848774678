//! Several things that a file measured on the same stacks: wall time and the processor's, bytes and allocations.
//!
//! The stacks of a profile hold the weights of one of them; the others' are here, and [`Profile::of_measure`] makes
//! the profile of one of those, as [`Profile::of_tracks`] does of a track.

use super::Profile;
use super::stacks::{Recorded, Stacks, Weight};
use crate::format::Unit;
use crate::sort;

/// The measures of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measures {
    /// What the stacks themselves hold, as people call it.
    pub first: String,
    /// The others, in the order in which they are offered.
    pub others: Vec<Measure>,
}

/// One that the stacks of the profile do not hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measure {
    /// As people call it: `CPU time`.
    pub name: String,
    /// What its numbers are.
    pub unit: Unit,
    /// Per track of the profile: as [`super::Track::weights`].
    pub weights: Vec<Vec<Weight>>,
}

impl Measure {
    /// All there is of it, in its unit.
    pub fn total(&self) -> f64 {
        self.weights.iter().flatten().map(|weight| weight.value).sum()
    }

    /// What `one` has beyond `other` on each stack, track by track; less than nothing is nothing.
    pub fn difference(name: &str, unit: Unit, one: &[&[Weight]], other: &[&[Weight]]) -> Self {
        let none: &[Weight] = &[];
        let weights = one.iter().enumerate().map(|(track, weights)| {
            let other = other.get(track).copied().unwrap_or(none);
            let less = |node: u32| {
                let at = other.binary_search_by_key(&node, |weight| weight.node);
                at.map_or(0.0, |at| other[at].value)
            };
            let rest = |weight: &Weight| Weight { value: weight.value - less(weight.node), ..*weight };
            weights.iter().map(rest).filter(|weight| weight.value > 0.0).collect()
        });
        Self { name: name.to_owned(), unit, weights: weights.collect() }
    }
}

impl Profile {
    /// The name and unit of each measure, the one of the stacks first, and what there is of it; nothing where a file
    /// measured one thing only.
    pub fn measures(&self) -> Vec<(&str, Unit, f64)> {
        let Some(measures) = &self.measures else { return Vec::new() };
        let first = (measures.first.as_str(), self.unit, self.total());
        let others = measures.others.iter().map(|one| (one.name.as_str(), one.unit, one.total()));
        std::iter::once(first).chain(others).collect()
    }

    /// Offers one measure less another as one more, by their places among [`Self::measures`].
    pub fn add_difference(&mut self, name: &str, one: usize, other: usize) {
        let (Some(recorded), Some(measures)) = (&self.recorded_tree, &self.measures) else { return };
        let weights = |measure: usize| match measure.checked_sub(1) {
            None => Some((self.unit, recorded.weights())),
            Some(at) => measures
                .others
                .get(at)
                .map(|one| (one.unit, one.weights.iter().map(Vec::as_slice).collect::<Vec<&[Weight]>>())),
        };
        let (Some((unit, one)), Some((_, other))) = (weights(one), weights(other)) else { return };
        let difference = Measure::difference(name, unit, &one, &other);
        if let Some(measures) = &mut self.measures
            && difference.weights.iter().any(|weights| !weights.is_empty())
        {
            measures.others.push(difference);
        }
    }

    /// The profile of one measure, by its place among [`Self::measures`]; of the first it is this one. `None` where
    /// there is no such measure. Tracks and functions keep their places.
    #[must_use]
    pub fn of_measure(&self, measure: usize) -> Option<Self> {
        if measure == 0 {
            return Some(self.clone());
        }
        let one = self.measures.as_ref()?.others.get(measure - 1)?;
        let stacks = &self.recorded_tree.as_ref()?.stacks;
        let mut tracks = stacks.tracks.clone();
        for (at, track) in tracks.iter_mut().enumerate() {
            track.weights = one.weights.get(at).cloned().unwrap_or_default();
        }
        let stacks = Stacks {
            function: stacks.function.clone(),
            parent: stacks.parent.clone(),
            counted: false,
            tracks,
        };
        let shown = stacks.profile(&self.functions, one.unit);
        Some(Self { line_table: self.line_table.clone(), series: self.series.clone(), ..shown })
    }
}

/// Sorted by node, each once, out of sums by node.
pub(super) fn weights(sums: impl Iterator<Item = (u32, f64)>) -> Vec<Weight> {
    let mut weights: Vec<Weight> = sums.map(|(node, value)| Weight { node, value, calls: 0 }).collect();
    sort::by_number(&mut weights, |weight| weight.node);
    weights
}

impl Recorded {
    /// What each track has of the measure that the stacks hold.
    pub fn weights(&self) -> Vec<&[Weight]> {
        self.stacks.tracks.iter().map(|track| track.weights.as_slice()).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::format::Unit;
    use crate::profile::Track;
    use crate::profile::stacks::{Builder, Same};

    #[test]
    fn each_measure_is_a_profile_of_its_own() {
        let mut builder = Builder::new(Same::Name, false);
        builder.also("CPU time", Unit::CpuSeconds);
        builder.also("Allocations", Unit::Count);
        let worker = builder.track(Track { name: "worker".to_owned(), ..Track::default() });
        let main = builder.track(Track { name: "MainThread".to_owned(), ..Track::default() });
        let _ = builder.track(Track::default());
        let (f, g) = (builder.function("a.py", 1, "f"), builder.function("a.py", 5, "g"));
        let node = builder.stack([f, g].into_iter());
        assert!(builder.add(main, node, 3.0, 0) && builder.add_to(1, main, node, 1.0));
        // A track that has nothing of the first measure is one all the same.
        assert!(builder.add_to(2, worker, node, 5.0) && !builder.add_to(2, worker, node, f64::NAN));
        assert!(!builder.add_to(3, worker, node, 5.0));
        let mut profile = builder.finish(Unit::Seconds);
        profile.add_difference("Waiting", 0, 1);
        let said: Vec<(&str, Unit, f64)> = profile.measures();
        assert_eq!(
            said[1..],
            [
                ("CPU time", Unit::CpuSeconds, 1.0),
                ("Allocations", Unit::Count, 5.0),
                ("Waiting", Unit::Seconds, 2.0)
            ]
        );
        assert_eq!(profile.tracks().len(), 2);
        assert_eq!(profile.tracks()[0].name, "MainThread");
        let allocations = profile.of_measure(2).unwrap();
        assert_eq!((allocations.unit, allocations.total()), (Unit::Count, 5.0));
        assert_eq!(allocations.functions.total_time[f as usize], 5.0);
        assert_eq!(allocations.of_tracks(&[0]).unwrap().total(), 0.0);
        assert_eq!(allocations.of_tracks(&[1]).unwrap().total(), 5.0);
        assert_eq!(profile.of_measure(3).unwrap().functions.self_time[g as usize], 2.0);
        assert!(profile.of_measure(4).is_none());
    }
}
