//! How an open profile is narrowed: the steps, what is under the menu, and whether trees are turned over.

use flamedrop::profile::transform::{Path, Transform};
use flamedrop::protocol::{ContentOverview, Find, ProfileOverview, Request, Response, Tree};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::sync::Arc;

use crate::document::{OpenDocument, Status};
use crate::state;
use crate::view::View;

/// A handle; copies are the same.
#[derive(Clone, Copy)]
pub struct Narrowing {
    /// The steps that are to be applied, in their order.
    pub steps: RwSignal<Vec<Transform>>,
    /// Where the menu of a function is open, and of which.
    pub menu: RwSignal<Option<Menu>>,
    /// Whether flame graph and call tree begin with what ran, and go on with its callers.
    pub inverted: RwSignal<bool>,
    /// Counts up when the view on screen was made anew and is to have the keyboard.
    pub refocus: RwSignal<u32>,
}

/// The menu of a function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Menu {
    /// CSS pixels from the window's left edge.
    pub x: f64,
    /// CSS pixels from the window's upper edge.
    pub y: f64,
}

impl Narrowing {
    /// All of it, as it is.
    pub fn new() -> Self {
        Self {
            steps: RwSignal::new(Vec::new()),
            menu: RwSignal::new(None),
            inverted: RwSignal::new(false),
            refocus: RwSignal::new(0),
        }
    }
}

impl OpenDocument {
    /// What a profile says of itself; `None` of anything else, or before it is open.
    pub fn profile_overview(self) -> Option<ProfileOverview> {
        self.overview().and_then(|overview| match &overview.content {
            ContentOverview::Profile(profile) => Some(profile.clone()),
            ContentOverview::Queries(_) | ContentOverview::Requests(_) | ContentOverview::Schema(_) => None,
        })
    }

    /// Whether the view on screen is one that steps hold for; follows it.
    pub fn can_narrow(self) -> bool {
        let is_one = matches!(
            self.view.get(),
            View::Flame | View::CallTree | View::Functions | View::Callers | View::Sandwich
        );
        is_one && self.profile_overview().is_some_and(|profile| profile.has_times && profile.has_callers)
    }

    /// One step more.
    pub fn narrow(self, step: Transform) {
        let steps = self.narrowing.steps;
        if let Transform::HideBelow(percent) = step {
            // Of several, only the last would be seen.
            steps.update(|steps| {
                steps.retain(|step| !matches!(step, Transform::HideBelow(_)));
                if percent > 0.0 {
                    steps.push(step);
                }
            });
        } else {
            steps.update(|steps| steps.push(step));
        }
        self.ask_steps(true);
    }

    /// Only the first so many steps.
    pub fn undo_to(self, count: usize) {
        if self.narrowing.steps.with_untracked(Vec::len) > count {
            self.narrowing.steps.update(|steps| steps.truncate(count));
            self.ask_steps(true);
        }
    }

    /// Without the last step; says whether there was one.
    pub fn undo_step(self) -> bool {
        let count = self.narrowing.steps.with_untracked(Vec::len);
        count > 0 && {
            self.undo_to(count - 1);
            true
        }
    }

    /// The steps of an address. Boxes are those of the tree after them.
    pub fn show_steps(self, steps: Vec<Transform>) {
        if self.narrowing.steps.with_untracked(|now| *now != steps) {
            self.narrowing.steps.set(steps);
            self.ask_steps(false);
        }
    }

    /// A finding leads to a function: steps that leave nothing of it are undone, since findings are about the whole.
    pub fn lead_to(self, function: u32) {
        self.select_function(function);
        if self.narrowing.steps.with_untracked(Vec::is_empty) {
            return;
        }
        spawn_local(async move {
            if let Some(Response::Function(detail)) = self.ask(Request::Function { function }).await
                && detail.row.total_time <= 0.0
            {
                self.undo_to(0);
                if let Some(state) = state::current() {
                    state.say("Steps were undone: they leave nothing of what the finding is about");
                }
            }
        });
    }

    /// What "only my code" is set to; `None` where all is shown. Follows it.
    pub fn only_mine(self) -> Option<String> {
        self.narrowing.steps.with(|steps| {
            steps.iter().rev().find_map(|step| match step {
                Transform::OnlyMine(words) => Some(words.clone()),
                _ => None,
            })
        })
    }

    /// Shows only the user's own code, by these words, or all again.
    pub fn show_only_mine(self, words: Option<String>) {
        let steps = self.narrowing.steps;
        let place = steps
            .with_untracked(|steps| steps.iter().position(|step| matches!(step, Transform::OnlyMine(_))));
        if let Some(place) = place {
            // Ids of boxes of packages, which later steps may be about, are others then.
            steps.update(|steps| steps.truncate(place));
        }
        if let Some(words) = words {
            steps.update(|steps| steps.push(Transform::OnlyMine(words)));
        }
        self.ask_steps(true);
    }

    /// Turns flame graph and call tree over. Functions stay selected, boxes do not.
    pub fn invert(self, inverted: bool) {
        if self.narrowing.inverted.get_untracked() != inverted {
            self.narrowing.inverted.set(inverted);
            self.selected_box.set(None);
            self.zoomed_box.set(None);
            self.forget_tree();
        }
    }

    /// The stack of a box, as a step names it; `None` of what is none: "(n more)", recursive calls, a tree turned over.
    pub fn path_of(self, tree: &Tree, at: u32) -> Option<Path> {
        if tree.turned.is_some() || tree.is_recursive(at) {
            return None;
        }
        let up =
            |&at: &u32| tree.parent.get(at as usize).copied().filter(|&up| (up as usize) < tree.parent.len());
        let functions: Option<Vec<u32>> = std::iter::successors(Some(at), up)
            .map(|at| tree.function_of(at).map(|row| row.function))
            .collect();
        let mut functions = functions?;
        functions.reverse();
        Some(Path { functions, without_imports: untrack(|| self.hides_imports()) })
    }

    /// The step of a letter, as the Firefox Profiler has them, about what is selected.
    pub fn step_of_key(self, key: &str) -> Option<Transform> {
        let function = self.function.get_untracked();
        let path = || {
            let (tree, place) = untrack(|| self.tree()).zip(self.selected_box.get_untracked())?;
            self.path_of(&tree, tree.at_place(place)?)
        };
        Some(match key {
            "f" => Transform::FocusFunction(function?),
            "F" => Transform::FocusStack(path()?),
            "m" => Transform::MergeFunction(function?),
            "M" => Transform::MergeStack(path()?),
            "d" => Transform::Drop(function?),
            "x" => Transform::CollapseCallees(function?),
            "C" => Transform::CollapsePackage(function?),
            "r" => Transform::CollapseRecursion(function?),
            _ => return None,
        })
    }

    /// Has the worker apply the steps, if others are. `follow`: what is selected stays so, as far as it is there.
    pub fn ask_steps(self, follow: bool) {
        let Some(shown) = untrack(|| self.profile_overview()) else { return };
        let steps = self.narrowing.steps.get_untracked();
        if shown.steps.iter().map(|step| &step.step).eq(&steps) {
            return;
        }
        spawn_local(async move {
            let old = self.shown_tree.now();
            let answer = self.ask(Request::Transform(steps.clone())).await;
            // Another step by now, whose answer comes next.
            if self.narrowing.steps.try_with_untracked(|now| *now == steps) != Some(true) {
                return;
            }
            match answer {
                Some(Response::Reread(overview)) => {
                    self.hold(old, follow, &overview.content).await;
                    // Last: the views are made anew.
                    self.status.set(Status::Open(Arc::new(*overview)));
                    self.narrowing.refocus.update(|count| *count += 1);
                }
                Some(Response::Refused(problem)) => {
                    self.narrowing.steps.set(shown.steps.into_iter().map(|step| step.step).collect());
                    if let Some(state) = state::current() {
                        state.say(problem);
                    }
                }
                _ => {}
            }
        });
    }

    /// Keeps what is selected, in the tree after a step.
    async fn hold(self, old: Option<Arc<Tree>>, follow: bool, content: &ContentOverview) {
        let selected = self.selected_box.get_untracked();
        self.forget_tree();
        if !follow {
            return;
        }
        self.zoomed_box.set(None);
        self.selected_box.set(None);
        if let ContentOverview::Profile(profile) = content
            && let Some(function) = self.function.get_untracked()
        {
            // A package that is a box no more; what the last step took away, of which nothing is left to go on with.
            let is_taken = profile.steps.last().is_some_and(|last| last.step.takes(function));
            if function >= profile.functions || is_taken {
                self.function.set(None);
            }
        }
        let function = self.function.get_untracked();
        if selected.is_none() && function.is_none() {
            return;
        }
        let stack = old.zip(selected).and_then(|(old, place)| Some(old.stack_of(old.at_place(place)?)));
        // Where its stack is another one, or was merged and is back, its function is somewhere else.
        let find = vec![
            Find::Stack(stack.unwrap_or_default()),
            function.map_or_else(|| Find::Stack(Vec::new()), Find::Heaviest),
        ];
        if let Some(tree) = self.ask_tree_now(find).await {
            let again = tree.found.iter().flatten().find(|again| again.is_it);
            self.selected_box.set(again.map(|again| again.at));
        }
    }
}
