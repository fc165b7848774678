//! What cProfile lost of functions that share file, line and name, as far as only one answer fits.
//!
//! `snapshot_stats` in [`cProfile.py`](https://github.com/python/cpython/blob/main/Lib/cProfile.py)
//! writes each code object's numbers, and its callers, under its file, line and name; of several with
//! one key the last stays. What they *call* is not lost: it is kept with the callee, under the key of
//! the caller, added up over all of them. So a file with such twins lacks
//!
//! * the lost twins' own numbers: calls, self time *t*, total time;
//! * the edges into them: their callers last longer than they and their callees take, by the *deficit*;
//!
//! and has too much below the key: its callees take longer than the twin that stayed, by the *excess*,
//! which is what the lost ones called.
//!
//! For a code object that is never active twice, total time = self time + Σ total time of its edges,
//! whether it is in a cycle or not: no edge of it can be nested in itself. The same holds without the
//! edge to itself if all its nested calls come from itself. Of others ([`Balance::Unknown`]) nothing
//! can be said one by one; but together they cannot hide anything, since time has two sums: what begins
//! at roots (a root's calls are what no edge accounts for) and what all functions take themselves. The
//! difference is the self time that was lost, T = Σ *t*. With it
//!
//! > Σ deficits + Y = Σ excesses + T
//!
//! gives Y, what functions of unknown balance lost. From there on it is a table of which only margins
//! are known: callers (and Y) as rows, keys (and T, which may be anyone's) as columns, so each cell has
//! Fréchet bounds. A caller is believed to have called a key's lost twins if it *must* have: all others
//! together lack less than the key has too much.
//!
//! Assumed is that no recording began in a lost twin, and that no lost twin was called by a function that
//! has twins under another key: such a caller's deficit and excess cancel out. `tests/twins.rs` plays
//! random programs against everything else.

use super::consistency::{Contradictions, ROUNDING};
use super::{FunctionId, Functions, Profile};
use crate::sort;

/// Calls of a lost twin that are put back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Call {
    /// Who called it.
    pub caller: FunctionId,
    /// Whose file, line and name it has.
    pub key: FunctionId,
    /// How often: at least once. The file does not say; taken is how often what it calls was called.
    pub calls: i64,
    /// Seconds in the lost twin itself.
    pub self_time: f64,
    /// Seconds in it and all it called.
    pub total_time: f64,
}

/// What was lost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lost {
    /// By key, then by caller.
    pub calls: Vec<Call>,
    /// No total time here is further from the truth, seconds. 0 where the file determines all of them.
    pub doubt: f64,
    /// Seconds that callers lack beyond that: nobody knows what they called.
    pub rest: f64,
}

impl Lost {
    /// The functions whose twins were lost.
    pub fn keys(&self) -> Vec<FunctionId> {
        self.calls.chunk_by(|one, other| one.key == other.key).map(|calls| calls[0].key).collect()
    }
}

/// A caller whose time is as much like a key's excess as this share of it can have called only that.
const ALIKE: f64 = 0.05;

/// Where more than this share of all time is in doubt, nothing is put back.
const DOUBTFUL: f64 = 0.05;

/// Total time less self time and that of all callees.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Balance {
    /// Seconds; positive: a deficit.
    Known(f64),
    /// It is called below itself by others, so that times of its edges overlap.
    Unknown,
}

/// A function and seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Share {
    function: FunctionId,
    seconds: f64,
}

/// The calls of lost twins that `profile` determines; none of a sound one, or of one that was not
/// recorded by cProfile with built-in functions.
pub fn lost(profile: &Profile) -> Option<Lost> {
    let mut book = Book::of(profile)?;
    let lost = book.settle()?;
    (!lost.calls.is_empty() && lost.doubt <= DOUBTFUL * book.all).then_some(lost)
}

/// What there is too much and too little.
struct Book<'a> {
    profile: &'a Profile,
    /// Functions that lack time.
    lacking: Vec<Share>,
    /// Functions whose callees take too long.
    excess: Vec<Share>,
    /// Self time that was lost.
    own: f64,
    /// What functions of unknown balance lack.
    unknown: f64,
    /// Seconds in all, by roots.
    all: f64,
}

impl<'a> Book<'a> {
    /// `None` where nothing is wrong, or something else is.
    fn of(profile: &'a Profile) -> Option<Self> {
        let functions = &profile.functions;
        if profile.by_line || profile.edges.is_empty() || !is_recorded_by_cprofile(profile) {
            return None;
        }
        let counted = |index: usize| functions.calls[index] > 0 && functions.primitive_calls[index] > 0;
        let timed = |index: usize| functions.self_time[index] >= 0.0 && functions.total_time[index] >= 0.0;
        if !(0..functions.len()).all(|index| counted(index) && timed(index)) {
            return None;
        }
        let edges = &profile.edges;
        if !edges.self_time.iter().chain(&edges.total_time).all(|&time| time >= 0.0) {
            return None;
        }
        let (mut lacking, mut excess) = (Vec::new(), Vec::new());
        let mut sum = 0.0;
        for function in 0..functions.len() as FunctionId {
            let Balance::Known(seconds) = balance(profile, function) else { continue };
            sum += seconds;
            let share = Share { function, seconds: seconds.abs() };
            if share.seconds > rounding(profile, function) {
                if seconds > 0.0 { &mut lacking } else { &mut excess }.push(share);
            }
        }
        if lacking.is_empty() {
            return None;
        }
        let found = Contradictions::of(profile);
        if found.out_of_turn.is_some() || found.exceeding.is_some() {
            return None;
        }
        let all = time_at_roots(profile)?;
        let own = all - profile.total();
        if !(all.is_finite() && own.is_finite() && sum.is_finite()) {
            return None;
        }
        let unknown = own - sum;
        // Each call takes time; where none is missing, no call is.
        if own <= ROUNDING * all || unknown < -ROUNDING * all {
            return None;
        }
        let unknown = if unknown > ROUNDING * all { unknown } else { 0.0 };
        Some(Self { profile, lacking, excess, own, unknown, all })
    }

    /// Who called what, where it is certain.
    fn settle(&mut self) -> Option<Lost> {
        let is_sound = |share: &Share| !is_root(self.profile, share.function);
        if !self.excess.iter().all(is_sound) {
            // A recording may have begun in a lost twin as well.
            return None;
        }
        let lacking: f64 = self.lacking.iter().map(|caller| caller.seconds).sum();
        let mut lost = Lost::default();
        if self.excess.len() > 1 && self.lacking.len() > 1 && self.unknown <= 0.0 {
            self.take_pairs(&mut lost);
        }
        match self.excess[..] {
            [] => self.take_leaves(&mut lost),
            _ => self.take_needed(&mut lost),
        }
        let back: f64 = lost.calls.iter().map(|call| call.total_time).sum();
        lost.rest = self.unknown + (lacking - back).max(0.0);
        if lost.rest <= ROUNDING * self.all {
            lost.rest = 0.0;
        }
        sort::by(&mut lost.calls, |a, b| a.key.cmp(&b.key).then(a.caller.cmp(&b.caller)));
        Some(lost)
    }
}

impl Book<'_> {
    /// Callers that lack just what one key has too much, where neither is like another: a mixture of
    /// several would have to come to the same times by accident.
    fn take_pairs(&mut self, lost: &mut Lost) {
        let is_like = |own: f64, caller: &Share, key: &Share| {
            let rest = caller.seconds - key.seconds;
            let rounding = ROUNDING * key.seconds;
            own <= ALIKE * key.seconds && rest >= -rounding && rest <= own + rounding
        };
        let own = self.own;
        let mut pairs = Vec::new();
        for (row, caller) in self.lacking.iter().enumerate() {
            let mut keys = (0..self.excess.len()).filter(|&key| is_like(own, caller, &self.excess[key]));
            let (Some(column), None) = (keys.next(), keys.next()) else { continue };
            let key = &self.excess[column];
            if self.lacking.iter().filter(|other| is_like(own, other, key)).count() == 1 {
                pairs.push((row, column));
            }
        }
        for &(row, column) in &pairs {
            let (caller, key) = (self.lacking[row], self.excess[column]);
            let rest = (caller.seconds - key.seconds).max(0.0);
            self.own = (self.own - rest).max(0.0);
            // It could be that of others that the caller lost.
            lost.doubt = own;
            self.put_back(key.function, &[caller], rest, lost);
        }
        let mut at = 0..;
        self.lacking.retain(|_| at.next().is_none_or(|at| pairs.iter().all(|&(row, _)| row != at)));
        let mut at = 0..;
        self.excess.retain(|_| at.next().is_none_or(|at| pairs.iter().all(|&(_, column)| column != at)));
    }

    /// Callers without which a key would have more than can be explained.
    fn take_needed(&self, lost: &mut Lost) {
        let lack: f64 = self.lacking.iter().map(|caller| caller.seconds).sum();
        let lack = lack + self.unknown;
        let rounding = ROUNDING * self.all;
        // Nobody else can have twins: then whoever lacks something lacks this one's.
        let only = match self.excess[..] {
            [key] if self.unknown <= 0.0 => self.could_have_twins().all(|other| other == key.function),
            _ => false,
        };
        let least = |caller: &Share, key: &Share| (caller.seconds + key.seconds - lack).max(0.0);
        // Per caller: what it must have called.
        let must: Vec<f64> = self
            .lacking
            .iter()
            .map(|caller| self.excess.iter().map(|key| least(caller, key)).sum())
            .collect();
        for key in &self.excess {
            if self.unknown > ALIKE * key.seconds {
                // Functions of unknown balance could have twins themselves, and lack more than is left.
                continue;
            }
            let mut callers = Vec::new();
            for (caller, &must) in self.lacking.iter().zip(&must) {
                let least = least(caller, key);
                if only {
                    callers.push(*caller);
                } else if least > rounding {
                    // What it lacks besides is self time of the twins that it called, in proportion.
                    let rest = (caller.seconds - must).clamp(0.0, self.own);
                    callers.push(Share { seconds: least + rest * least / must, ..*caller });
                    lost.doubt = lost.doubt.max(caller.seconds.min(key.seconds + self.own) - least);
                }
            }
            if only && callers.len() > 1 {
                // How their calls share the self time is unknown.
                lost.doubt = lost.doubt.max(self.own);
            }
            let sum: f64 = callers.iter().map(|caller| caller.seconds).sum();
            self.put_back(key.function, &callers, (sum - key.seconds).clamp(0.0, self.own), lost);
        }
    }

    /// Lost twins that called nothing: only their callers show them, and only if one function alone
    /// can have had twins is it known which.
    fn take_leaves(&self, lost: &mut Lost) {
        let mut keys = self.could_have_twins();
        let (Some(key), None) = (keys.next(), keys.next()) else { return };
        let known = matches!(balance(self.profile, key), Balance::Known(_));
        if self.unknown > 0.0 || !known || !lost.calls.is_empty() || is_root(self.profile, key) {
            return;
        }
        let functions = &self.profile.functions;
        let mean = functions.self_time[key as usize] / functions.calls[key as usize] as f64;
        for caller in &self.lacking {
            let calls = if mean > 0.0 { (caller.seconds / mean).round() } else { 1.0 };
            lost.calls.push(Call {
                caller: caller.function,
                key,
                calls: (calls as i64).clamp(1, MOST),
                self_time: caller.seconds,
                total_time: caller.seconds,
            });
        }
    }

    /// Notes calls of a key's lost twins by `callers`, which take `own` seconds themselves.
    fn put_back(&self, key: FunctionId, callers: &[Share], own: f64, lost: &mut Lost) {
        let calls = calls_of_lost(self.profile, key) as f64;
        let sum: f64 = callers.iter().map(|caller| caller.seconds).sum();
        for caller in callers {
            let share = caller.seconds / sum;
            lost.calls.push(Call {
                caller: caller.function,
                key,
                calls: ((calls * share).round() as i64).clamp(1, MOST),
                self_time: own * share,
                total_time: caller.seconds,
            });
        }
    }

    /// Functions whose kind often comes several times with one file, line and name: two lambdas or
    /// comprehensions of one line, code that was compiled from a text without a name of its own.
    fn could_have_twins(&self) -> impl Iterator<Item = FunctionId> {
        let functions = &self.profile.functions;
        (0..functions.len() as FunctionId).filter(|&function| {
            let file = functions.file(function);
            let unnamed = ["<lambda>", "<listcomp>", "<genexpr>", "<dictcomp>", "<setcomp>"]
                .contains(&functions.name(function));
            unnamed || file.starts_with('<') && !file.starts_with("<frozen ")
        })
    }
}

/// More calls than anybody makes: sums of them stay numbers.
const MOST: i64 = 1 << 50;

/// Whether cProfile itself is among the functions, as in each of its files: the call that switches it off
/// is recorded. It is not if built-in functions were left out, nor in files of other tools, where time may
/// be missing for other reasons.
pub(crate) fn is_recorded_by_cprofile(profile: &Profile) -> bool {
    has_profiler(&profile.functions)
}

/// Whether cProfile's own methods are among these functions.
pub(crate) fn has_profiler(functions: &Functions) -> bool {
    functions.names.iter().any(|name| name.contains("'_lsprof.Profiler' objects"))
}

/// Calls of `function` by itself.
fn own_calls(profile: &Profile, function: FunctionId) -> i64 {
    let edges = &profile.edges;
    let own = edges.into(function).filter(|&edge| edges.caller[edge] == function);
    own.fold(0, |sum, edge| sum.saturating_add(edges.calls[edge]))
}

/// Whether all calls of `function` within itself come from itself; `None`: it is never called so.
fn is_its_own_caller(profile: &Profile, function: FunctionId) -> Option<bool> {
    let functions = &profile.functions;
    let nested = functions.calls[function as usize] - functions.primitive_calls[function as usize];
    (nested != 0).then(|| nested == own_calls(profile, function))
}

fn balance(profile: &Profile, function: FunctionId) -> Balance {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let without_itself = match is_its_own_caller(profile, function) {
        None => false,
        Some(true) => true,
        Some(false) => return Balance::Unknown,
    };
    let index = function as usize;
    let mut left = functions.total_time[index] - functions.self_time[index];
    for &edge in edges.out_of(function) {
        let edge = edge as usize;
        if !(without_itself && edges.callee[edge] == function) {
            left -= edges.total_time[edge];
        }
    }
    Balance::Known(left)
}

/// What a function's balance may be off by.
fn rounding(profile: &Profile, function: FunctionId) -> f64 {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let below: f64 = edges.out_of(function).iter().map(|&edge| edges.total_time[edge as usize]).sum();
    let index = function as usize;
    ROUNDING * functions.total_time[index].max(functions.self_time[index] + below)
}

/// Calls of `function` that nobody made.
fn root_calls(profile: &Profile, function: FunctionId) -> i64 {
    let edges = &profile.edges;
    let called = edges.into(function).fold(0_i64, |sum, edge| sum.saturating_add(edges.calls[edge]));
    profile.functions.calls[function as usize].saturating_sub(called)
}

fn is_root(profile: &Profile, function: FunctionId) -> bool {
    root_calls(profile, function) > 0
}

/// Seconds in calls nobody made; `None` if they cannot be told from others'.
fn time_at_roots(profile: &Profile) -> Option<f64> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let mut sum = 0.0;
    for function in 0..functions.len() as FunctionId {
        let roots = root_calls(profile, function);
        if roots <= 0 {
            continue;
        }
        let index = function as usize;
        sum += functions.total_time[index];
        if roots == functions.primitive_calls[index] {
            // All others were within those.
            continue;
        }
        let itself = is_its_own_caller(profile, function);
        if itself == Some(false) {
            return None;
        }
        let others = edges.into(function).filter(|&edge| itself.is_none() || edges.caller[edge] != function);
        sum -= others.map(|edge| edges.total_time[edge]).sum::<f64>();
    }
    Some(sum)
}

/// How often the lost twins of `key` were called, by what they call: the least any callee was called
/// beyond the calls of the twin that stayed.
fn calls_of_lost(profile: &Profile, key: FunctionId) -> i64 {
    let edges = &profile.edges;
    let known = profile.functions.calls[key as usize];
    let callees = edges.out_of(key).iter().map(|&edge| edges.calls[edge as usize]);
    callees.map(|calls| if calls > known { calls - known } else { calls }).min().unwrap_or(1).max(1)
}
