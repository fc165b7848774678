//! What is shown of a profile: tracks, a range of time, a measure, and what transforms leave of that.

use super::{Session, profile};
use crate::document::Content;
use crate::profile::call_tree::CallTree;
use crate::profile::transform::{Transform, package};
use crate::profile::{Functions, Profile, label};
use crate::protocol::{Response, StepOverview};

/// What is shown of a profile.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Part {
    /// Some tracks by their places, in order; none stand for all.
    pub tracks: Vec<u32>,
    /// A part of the time, or all of it. Only the first measure is known by time.
    pub range: Option<(f64, f64)>,
    /// By its place among the measures of the file.
    pub measure: u32,
}

/// How a part is narrowed.
#[derive(Default)]
pub(super) struct Narrowed {
    /// In the order applied.
    steps: Vec<Transform>,
    /// What there is after each.
    totals: Vec<f64>,
    /// What they are applied to, where that is not the whole.
    before: Option<Box<Profile>>,
    /// The estimated tree of that: it takes longer than all steps.
    tree: Option<CallTree>,
}

impl Narrowed {
    /// Whether there are any steps.
    pub fn is_one(&self) -> bool {
        !self.steps.is_empty()
    }

    /// What they are applied to, of a `whole`.
    pub fn base<'a>(&'a self, whole: &'a Profile) -> &'a Profile {
        self.before.as_deref().unwrap_or(whole)
    }
}

/// The steps as the page tells of them.
pub(super) fn described(narrowed: &Narrowed, functions: &Functions) -> Vec<StepOverview> {
    let steps = narrowed.steps.iter().zip(&narrowed.totals);
    steps
        .map(|(step, &total)| StepOverview { step: step.clone(), label: label(step, functions), total })
        .collect()
}

/// What a step is about: the function's name, the package's.
fn label(step: &Transform, functions: &Functions) -> String {
    match step {
        Transform::CollapsePackage(function) if (*function as usize) < functions.len() => {
            package::named(functions, *function).0
        }
        Transform::OnlyMine(words) => words.clone(),
        Transform::HideBelow(percent) => format!("{percent} %"),
        _ => step.function().filter(|&function| (function as usize) < functions.len()).map_or_else(
            String::new,
            |function| {
                let (file, name) = (functions.file(function), functions.name(function));
                label::label(file, functions.line(function), name).into_owned()
            },
        ),
    }
}

impl Session {
    /// All of the profile of which `shown` is shown.
    pub(super) fn whole<'a>(&'a self, shown: &'a Profile) -> &'a Profile {
        self.part.as_ref().map_or(shown, |(_, whole)| whole)
    }

    /// What of the profile is shown, but for its steps.
    pub(super) fn shown(&self) -> Part {
        self.part.as_ref().map(|(part, _)| part.clone()).unwrap_or_default()
    }

    /// What the steps are applied to; `None` if there are none.
    pub(super) fn before_steps<'a>(&'a self, shown: &'a Profile) -> Option<&'a Profile> {
        self.narrowed.is_one().then(|| self.narrowed.base(self.whole(shown)))
    }

    /// Changes what is shown for the whole, or the other way round.
    pub(super) fn swap_part(&mut self) {
        if let (Content::Profile(shown), Some((_, whole))) = (&mut self.document.content, &mut self.part) {
            std::mem::swap(shown, whole);
        }
    }

    /// Shows a part, or the whole, of one measure, narrowed as it was.
    pub(super) fn show(&mut self, part: Part) -> Response {
        let steps = self.narrowed.steps.clone();
        self.show_as(part, steps)
    }

    /// Shows a part, narrowed by these steps.
    pub(super) fn show_as(&mut self, part: Part, steps: Vec<Transform>) -> Response {
        let known = self.narrowed.steps.len();
        let is_same = part == self.shown();
        let shown = if is_same && steps.len() > known && steps.starts_with(&self.narrowed.steps) {
            self.go_on(part, &steps[known..])
        } else {
            self.begin(part, is_same, &steps)
        };
        match shown {
            Ok(()) => Response::Reread(Box::new(self.overview())),
            Err(problem) => Response::Refused(problem),
        }
    }

    /// Narrows what is shown by some steps more.
    fn go_on(&mut self, part: Part, more: &[Transform]) -> Result<(), String> {
        let Content::Profile(shown) = &mut self.document.content else { return Err(NO_PROFILE.to_owned()) };
        if !self.narrowed.is_one() {
            self.narrowed.tree = self.profile.take_tree();
            estimate(&mut self.narrowed.tree, shown);
        }
        let tree = self.narrowed.tree.as_ref().filter(|_| !self.narrowed.is_one());
        let (next, mut totals) = match after(shown, tree, more, self.narrowed.is_one()) {
            Ok(made) => made,
            Err(problem) => {
                if !self.narrowed.is_one() {
                    self.profile.give_tree(self.narrowed.tree.take());
                }
                return Err(problem);
            }
        };
        let before = std::mem::replace(shown, Box::new(next));
        if self.part.is_none() {
            self.part = Some((part, before));
        } else if !self.narrowed.is_one() {
            self.narrowed.before = Some(before);
        }
        self.narrowed.steps.extend_from_slice(more);
        self.narrowed.totals.append(&mut totals);
        self.profile = self.profile.after_steps();
        Ok(())
    }

    /// Shows a part from its beginning. What cannot be leaves all as it was.
    fn begin(&mut self, part: Part, is_same: bool, steps: &[Transform]) -> Result<(), String> {
        if is_same && steps == self.narrowed.steps {
            return Ok(());
        }
        self.swap_part();
        let Made { of_part, narrowed, tree } = match self.made(&part, is_same, steps) {
            Ok(made) => made,
            Err(problem) => {
                self.swap_part();
                return Err(problem);
            }
        };
        let Content::Profile(whole) = &mut self.document.content else { return Err(NO_PROFILE.to_owned()) };
        let earlier = std::mem::take(&mut self.narrowed);
        self.part = None;
        self.profile = if is_same { self.profile.after_steps() } else { profile::State::default() };
        let of_part = of_part.or_else(|| earlier.before.filter(|_| is_same));
        let tree = tree.or_else(|| earlier.tree.filter(|_| is_same));
        match narrowed {
            Some((shown, totals)) => {
                self.part = Some((part, std::mem::replace(whole, Box::new(shown))));
                self.narrowed = Narrowed { steps: steps.to_vec(), totals, before: of_part, tree };
            }
            None => {
                if let Some(of_part) = of_part {
                    self.part = Some((part, std::mem::replace(whole, of_part)));
                }
                self.profile.give_tree(tree);
            }
        }
        Ok(())
    }

    /// What is to be shown of the whole, which is the document's content at the moment.
    fn made(&self, part: &Part, is_same: bool, steps: &[Transform]) -> Result<Made, String> {
        let Content::Profile(whole) = &self.document.content else { return Err(NO_PROFILE.to_owned()) };
        let known = self.narrowed.before.as_deref().filter(|_| is_same);
        let of_part = match known {
            None if *part != Part::default() => Some(Box::new(part_of(whole, part)?)),
            _ => None,
        };
        let base = of_part.as_deref().or(known).unwrap_or(whole);
        if steps.is_empty() {
            return Ok(Made { of_part, narrowed: None, tree: None });
        }
        let known = self.narrowed.tree.as_ref().filter(|_| is_same);
        let mut tree = None;
        if known.is_none() {
            estimate(&mut tree, base);
        }
        let narrowed = after(base, known.or(tree.as_ref()), steps, false)?;
        Ok(Made { of_part, narrowed: Some(narrowed), tree })
    }
}

/// What is made to show a part.
struct Made {
    /// The part, where that is not the whole, nor what was there before.
    of_part: Option<Box<Profile>>,
    /// What steps leave of it, and what there is after each.
    narrowed: Option<(Profile, Vec<f64>)>,
    /// The tree that they begin with, where that was not there.
    tree: Option<CallTree>,
}

const NO_PROFILE: &str = "this document has no tracks and no measures";

/// Makes the tree that steps begin with, of a profile without one.
fn estimate(tree: &mut Option<CallTree>, profile: &Profile) {
    if tree.is_none() && profile.recorded_tree.is_none() {
        *tree = Some(profile.tree(profile::BUDGET).into_owned());
    }
}

/// The profile after some steps, and what there is after each. `is_narrowed`: some were applied before. A focus on what
/// is not there is refused: it would leave an empty picture.
fn after(
    profile: &Profile,
    tree: Option<&CallTree>,
    steps: &[Transform],
    is_narrowed: bool,
) -> Result<(Profile, Vec<f64>), String> {
    let mut totals = Vec::with_capacity(steps.len());
    let mut shown: Option<Profile> = None;
    for step in steps {
        let next = match &shown {
            None => profile.transformed(step, tree),
            Some(shown) => shown.transformed(step, None),
        };
        let next = next.ok_or("the profile has no such functions")?;
        let total = next.total();
        if step.focuses() && total <= 0.0 {
            let name = label(step, &next.functions);
            return Err(match is_narrowed || shown.is_some() {
                true => format!("Nothing is left of {name} to focus on: an earlier step left it out"),
                false => format!("{name} took no time: there is nothing to focus on"),
            });
        }
        totals.push(total);
        shown = Some(next);
    }
    Ok((shown.ok_or("there are no steps")?, totals))
}

/// A part of a profile.
fn part_of(whole: &Profile, part: &Part) -> Result<Profile, String> {
    let Part { tracks, range, measure } = part;
    let places: Vec<usize> = tracks.iter().map(|&track| track as usize).collect();
    let chosen = (!places.is_empty()).then_some(&places[..]);
    let of_measure = match measure {
        0 => None,
        &measure => {
            let of_measure = whole.of_measure(measure as usize);
            Some(of_measure.ok_or_else(|| format!("the profile has no measure number {measure}"))?)
        }
    };
    let all: &Profile = of_measure.as_ref().unwrap_or(whole);
    let shown = match (range, chosen) {
        (None, None) => of_measure,
        (None, Some(chosen)) => all.of_tracks(chosen),
        (&Some(range), chosen) => all.of_range(range, chosen),
    };
    shown.ok_or_else(|| match range {
        None => "the profile has no such tracks".to_owned(),
        _ => "the profile has no such part of the time".to_owned(),
    })
}
