//! Two profiles of the same program side by side, before a change and after it: what each function takes more or less,
//! what is new and gone, and how far to trust that.
//!
//! One side is known by its [`Outline`] only: the other profile may be in another worker. A side may have several
//! recordings; its numbers are then their means, and how far recordings of one side lie apart says what is chance:
//! [Welch's t-test](https://en.wikipedia.org/wiki/Welch%27s_t-test), two-sided 99 %, as with hundreds of functions some
//! are 95 % "sure" by chance. A function that was called in each recording of one side and in none of the other is new or gone
//! for sure. One recording on a side has no spread, and nothing is said of chance.

mod matching;
mod tree;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use self::matching::{Known, NONE, matching};
pub use self::tree::Difference;
use super::built_in;
use super::call_tree::{MERGED, NO_PARENT};
use super::{CallTree, FunctionId, Functions, Profile, Unit};
use crate::sort;

/// Two-sided 99 % quantiles of Student's t distribution, from one degree of freedom on.
/// <https://en.wikipedia.org/wiki/Student%27s_t-distribution#Table_of_selected_values>
const STUDENT: [f64; 30] = [
    63.657, 9.925, 5.841, 4.604, 4.032, 3.707, 3.499, 3.355, 3.250, 3.169, 3.106, 3.055, 3.012, 2.977, 2.947,
    2.921, 2.898, 2.878, 2.861, 2.845, 2.831, 2.819, 2.807, 2.797, 2.787, 2.779, 2.771, 2.763, 2.756, 2.750,
];

/// The same with any number of degrees.
const NORMAL: f64 = 2.576;

/// A profile in short: what it is compared by.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    /// What is compared, for people.
    pub name: String,
    /// What its times are.
    pub unit: Unit,
    /// Sum of all self times.
    pub total: f64,
    /// Its functions, as the profile has them.
    pub functions: Vec<Listed>,
    /// File paths, each once.
    files: Vec<String>,
    /// The call tree.
    tree: Boxes,
}

/// A function of an [`Outline`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    file: u32,
    line: i64,
    name: String,
    numbers: Numbers,
}

/// A call tree in short; see [`CallTree`] for the columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Boxes {
    estimated: bool,
    function: Vec<u32>,
    parent: Vec<u32>,
    recursive: Vec<bool>,
    self_time: Vec<f64>,
}

/// A function's numbers on one side, means where it has several recordings; times in the profile's unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Numbers {
    /// All calls, if the files have them.
    pub calls: Option<f64>,
    /// In the function itself.
    pub self_time: f64,
    /// In it and all it called.
    pub total_time: f64,
}

impl Outline {
    /// The outline of `profile`; its `tree` may be an estimated one.
    pub fn of(name: &str, profile: &Profile, tree: &CallTree) -> Self {
        let functions = &profile.functions;
        let listed = |at: usize| {
            let function = at as FunctionId;
            Listed {
                file: functions.file[at],
                line: functions.line[at],
                name: functions.name(function).to_owned(),
                numbers: Numbers {
                    calls: functions.calls_of(function).map(|calls| calls as f64),
                    self_time: functions.self_time[at],
                    total_time: profile.outermost_total(function).max(if functions.total_is_lost(function) {
                        functions.self_time[at]
                    } else {
                        f64::NEG_INFINITY
                    }),
                },
            }
        };
        Self {
            name: name.to_owned(),
            unit: profile.unit,
            total: profile.total(),
            functions: (0..functions.len()).map(listed).collect(),
            files: functions.files.iter().map(str::to_owned).collect(),
            tree: Boxes {
                estimated: tree.estimated,
                function: tree.function.clone(),
                parent: tree.parent.clone(),
                recursive: tree.recursive.clone(),
                self_time: tree.self_time.clone(),
            },
        }
    }

    fn known(&self) -> Vec<Known<'_>> {
        self.functions.iter().map(|one| self.known_of(one)).collect()
    }

    fn known_of<'a>(&'a self, one: &'a Listed) -> Known<'a> {
        let file = self.files.get(one.file as usize).map_or("", String::as_str);
        // Built-in functions are known by the names that cProfile gives them, whoever wrote them.
        let (file, name, line) = match built_in::is_built_in(file, one.line) {
            true => {
                let (file, name) = built_in::known_as(file, one.line, &one.name);
                (file, name, 0)
            }
            false => (file, Cow::Borrowed(&*one.name), one.line),
        };
        Known { file, line, name, calls: one.numbers.calls }
    }
}

/// A function on both sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// Its place in [`Comparison::functions`].
    pub place: u32,
    /// File path, `~` for a built-in function; where it is on both sides, that after the change.
    pub file: String,
    /// First line.
    pub line: i64,
    /// Name.
    pub name: String,
    /// Its id in the first profile after the change, if it is there.
    pub function: Option<FunctionId>,
    /// Before; `None` where it is new.
    pub before: Option<Numbers>,
    /// After; `None` where it is gone.
    pub after: Option<Numbers>,
    /// Whether its self time changed by more than chance; `None` where a side has one recording.
    pub self_clear: Option<bool>,
    /// Whether its total time did.
    pub total_clear: Option<bool>,
}

impl Changed {
    /// What it takes more itself, times before multiplied by `scale`.
    pub fn self_change(&self, scale: f64) -> f64 {
        self.change(scale, |numbers| numbers.self_time)
    }

    /// What it takes more in all.
    pub fn total_change(&self, scale: f64) -> f64 {
        self.change(scale, |numbers| numbers.total_time)
    }

    /// How much more often it is called, where both sides count calls; a side without it calls it never.
    pub fn calls_change(&self) -> Option<f64> {
        let calls = |side: Option<Numbers>| side.map_or(Some(0.0), |numbers| numbers.calls);
        Some(calls(self.after)? - calls(self.before)?)
    }

    fn change(&self, scale: f64, of: fn(&Numbers) -> f64) -> f64 {
        let [before, after] = [&self.before, &self.after].map(|side| side.as_ref().map_or(0.0, of));
        after - before * scale
    }
}

/// One side of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// The names of its recordings.
    pub names: Vec<String>,
    /// Mean of their totals.
    pub total: f64,
    /// The shortest and the longest.
    pub range: (f64, f64),
}

/// Two sides compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// What times are.
    pub unit: Unit,
    /// Before the change.
    pub before: Side,
    /// After it.
    pub after: Side,
    /// Whether the totals differ by more than chance; `None` where a side has one recording.
    pub clear: Option<bool>,
    /// All functions of both sides.
    pub functions: Vec<Changed>,
    /// Per recording, those before first: which of `functions` each of its functions is.
    places: Vec<Vec<u32>>,
}

impl Comparison {
    /// Compares recordings before a change with those after it.
    ///
    /// # Errors
    /// When a side has none, or when they measure different things: a sentence that says so.
    pub fn new(before: &[Outline], after: &[Outline]) -> Result<Self, String> {
        let (Some(first), Some(_)) = (after.first(), before.first()) else {
            return Err("a side has no profile".to_owned());
        };
        for other in before.iter().chain(after) {
            if other.unit != first.unit {
                return Err(format!(
                    "{} measures {}, {} {}: they cannot be compared",
                    other.name,
                    measures(other.unit),
                    first.name,
                    measures(first.unit)
                ));
            }
        }
        // Each side for itself first: of one side the lines are the same, mostly, and how far lines moved from one
        // side to the other says which function is which.
        let (mut later, mut earlier) = (Places::default(), Places::default());
        let after_places: Vec<Vec<u32>> = after.iter().map(|outline| later.add(outline)).collect();
        let mut places: Vec<Vec<u32>> = before.iter().map(|outline| earlier.add(outline)).collect();
        // The names and lines are those after the change, where there are any.
        let again = later.join(earlier);
        for place in places.iter_mut().flatten() {
            *place = again.get(*place as usize).copied().unwrap_or(NONE);
        }
        places.extend(after_places);
        let recordings: Vec<&Outline> = before.iter().chain(after).collect();
        let functions = changed(&later.known, &recordings, &places, before.len());
        let totals = |side: &[Outline]| side.iter().map(|one| one.total).collect::<Vec<f64>>();
        Ok(Self {
            unit: first.unit,
            before: side(before),
            after: side(after),
            clear: is_clear(&totals(before), &totals(after)),
            functions,
            places,
        })
    }

    /// What times before are multiplied by so that both sides take as long: shares are compared then.
    pub fn by_share(&self) -> f64 {
        if self.before.total > 0.0 && self.after.total > 0.0 {
            self.after.total / self.before.total
        } else {
            1.0
        }
    }

    /// The id that a function of the first recording before the change has in the first one after it; `None` where it is
    /// gone.
    pub fn now(&self, function: FunctionId) -> Option<FunctionId> {
        let place = *self.places.first()?.get(function as usize)?;
        self.functions.get(place as usize)?.function
    }

    /// Functions that are new, and those that are gone.
    pub fn new_and_gone(&self) -> (usize, usize) {
        let sides = || self.functions.iter().map(|one| (one.before.is_some(), one.after.is_some()));
        (
            sides().filter(|sides| *sides == (false, true)).count(),
            sides().filter(|sides| *sides == (true, false)).count(),
        )
    }

    /// The functions by file, line and name alone, for a [`super::matcher::Matcher`].
    pub fn named(&self) -> Functions {
        let mut named = Functions::default();
        for one in &self.functions {
            let (file, name) = (named.files.intern(&one.file), named.names.intern(&one.name));
            named.file.push(file);
            named.name.push(name);
            named.line.push(one.line);
        }
        named
    }

    /// The functions by how much their self times changed, the largest change first, times before multiplied by
    /// `scale`.
    pub fn by_change(&self, scale: f64) -> Vec<u32> {
        sort::order(self.functions.len(), &mut |one, other| {
            let change = |at: u32| self.functions[at as usize].self_change(scale).abs();
            change(other).total_cmp(&change(one))
        })
    }

    /// The call trees of both sides as one, in the proportions of one side; `outlines` are those it was made of.
    pub fn tree(&self, before: &[Outline], after: &[Outline], by_before: bool) -> Difference {
        let (earlier, later) = self.places.split_at(before.len().min(self.places.len()));
        tree::difference((before, earlier), (after, later), by_before)
    }
}

/// What a profile of this unit measures.
fn measures(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "time",
        Unit::CpuSeconds => "time of a processor",
        Unit::Samples => "samples",
        Unit::Bytes => "memory",
        Unit::Count => "how often something happened",
    }
}

fn side(recordings: &[Outline]) -> Side {
    let totals = recordings.iter().map(|one| one.total);
    Side {
        names: recordings.iter().map(|one| one.name.clone()).collect(),
        total: totals.clone().sum::<f64>() / recordings.len().max(1) as f64,
        range: (totals.clone().fold(f64::INFINITY, f64::min), totals.fold(f64::NEG_INFINITY, f64::max)),
    }
}

/// All functions that were met so far.
#[derive(Default)]
struct Places<'a> {
    known: Vec<(Known<'a>, &'a Outline, FunctionId)>,
}

impl<'a> Places<'a> {
    /// Which of all each function of `outline` is; those that were not met yet come to them.
    fn add(&mut self, outline: &'a Outline) -> Vec<u32> {
        let known = outline.known().into_iter().zip(0..).map(|(known, at)| (known, outline, at)).collect();
        self.join(Self { known })
    }

    /// Which of all each of some others is; those that were not met yet come to them.
    fn join(&mut self, others: Self) -> Vec<u32> {
        let known =
            |all: &Self| all.known.iter().map(|(known, ..)| known.clone()).collect::<Vec<Known<'_>>>();
        let mut places = matching(&known(self), &known(&others));
        for (place, other) in places.iter_mut().zip(others.known) {
            if *place == NONE {
                *place = self.known.len() as u32;
                self.known.push(other);
            }
        }
        places
    }
}

/// Each function's numbers on both sides. Functions that took no time and were never called are on no side.
fn changed(
    known: &[(Known<'_>, &Outline, FunctionId)],
    recordings: &[&Outline],
    places: &[Vec<u32>],
    before: usize,
) -> Vec<Changed> {
    // Per recording, per function: its numbers.
    let mut numbers: Vec<Vec<Option<Numbers>>> = vec![vec![None; known.len()]; recordings.len()];
    for ((outline, places), numbers) in recordings.iter().zip(places).zip(&mut numbers) {
        for (listed, &place) in outline.functions.iter().zip(places) {
            let Some(known) = numbers.get_mut(place as usize) else { continue };
            let Numbers { calls, self_time, total_time } = listed.numbers;
            if calls.is_some_and(|calls| calls > 0.0) || self_time != 0.0 || total_time != 0.0 {
                *known = Some(listed.numbers);
            }
        }
    }
    let (earlier, later) = numbers.split_at(before);
    let last = recordings[before];
    let one = |(place, (known, outline, function)): (usize, &(Known<'_>, &Outline, FunctionId))| {
        let of = |side: &[Vec<Option<Numbers>>]| side.iter().map(|one| one[place]).collect::<Vec<_>>();
        let (before, after) = (of(earlier), of(later));
        // Calls are counted, not sampled: what is in each recording of one side and in none of the other is no chance, however
        // long it took.
        let counted =
            |side: &[Option<Numbers>]| side.iter().all(|one| one.is_some_and(|one| one.calls.is_some()));
        let none = |side: &[Option<Numbers>]| side.iter().all(Option::is_none);
        let is_new_or_gone = none(&before) && counted(&after) || counted(&before) && none(&after);
        let clear = |of: fn(&Numbers) -> f64| {
            let values = |side: &[Option<Numbers>]| {
                side.iter().map(|one| one.as_ref().map_or(0.0, of)).collect::<Vec<f64>>()
            };
            is_clear(&values(&before), &values(&after)).map(|clear| clear || is_new_or_gone)
        };
        let listed = &outline.functions[*function as usize];
        Changed {
            place: place as u32,
            file: outline.files.get(listed.file as usize).cloned().unwrap_or_default(),
            line: listed.line,
            name: known.name.clone().into_owned(),
            function: std::ptr::eq(*outline, last).then_some(*function),
            before: mean(&before),
            after: mean(&after),
            self_clear: clear(|numbers| numbers.self_time),
            total_clear: clear(|numbers| numbers.total_time),
        }
    };
    known.iter().enumerate().map(one).collect()
}

/// The mean of some recordings; what is not in one took nothing there.
fn mean(recordings: &[Option<Numbers>]) -> Option<Numbers> {
    let there: Vec<&Numbers> = recordings.iter().flatten().collect();
    if there.is_empty() {
        return None;
    }
    let count = recordings.len() as f64;
    let sum = |of: fn(&Numbers) -> f64| there.iter().copied().map(of).sum::<f64>() / count;
    Some(Numbers {
        calls: there
            .iter()
            .all(|numbers| numbers.calls.is_some())
            .then(|| sum(|numbers| numbers.calls.unwrap_or_default())),
        self_time: sum(|numbers| numbers.self_time),
        total_time: sum(|numbers| numbers.total_time),
    })
}

/// Whether two means differ by more than chance, if that can be said: see the module.
fn is_clear(before: &[f64], after: &[f64]) -> Option<bool> {
    if before.len() < 2 || after.len() < 2 {
        return None;
    }
    // Mean, variance of the mean, degrees of freedom.
    let of = |values: &[f64]| {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        (mean, squares / (count - 1.0) / count, count - 1.0)
    };
    let ((earlier, one, few), (later, other, many)) = (of(before), of(after));
    let variance = one + other;
    if variance <= 0.0 {
        return Some(earlier != later);
    }
    let freedom = variance * variance / (one * one / few + other * other / many);
    let least =
        (freedom as usize).checked_sub(1).map_or(STUDENT[0], |at| STUDENT.get(at).copied().unwrap_or(NORMAL));
    Some((later - earlier).abs() > least * variance.sqrt())
}
