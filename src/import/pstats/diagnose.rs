//! What makes a file other than one of cProfile's: other tools' meanings, and damage that left it
//! readable.

use super::{Noted, Slot, Table, byte};
use crate::document::{Diagnostics, Level};
use crate::profile::consistency::Contradictions;
use crate::profile::repair::Repair;
use crate::profile::twins::is_recorded_by_cprofile;
use crate::profile::{FunctionId, Functions, Profile};

impl Table {
    /// Says what makes the file other than one of cProfile's.
    pub(super) fn diagnose(
        &self,
        functions: &Functions,
        without_entry: &[Slot],
        place: &dyn Fn(Slot) -> String,
        diagnostics: &mut Diagnostics,
    ) {
        if self.sampled {
            let message = "recorded by a sampling profiler: calls are numbers of samples, and the file has \
                           lines instead of functions";
            diagnostics.note(Level::Info, message, || None);
        }
        let mut noted = |level, message: &str, noted: Option<Noted>| {
            if let Some(Noted { count, first }) = noted {
                diagnostics.note_many(level, message, count, || Some(place(first)));
            }
        };
        noted(
            Level::Warning,
            "times of callers are estimated from how often they called: the file (by `profile`, not \
             cProfile) does not have them",
            // A sampling profiler's counts are times.
            self.counts_only.filter(|_| !self.sampled),
        );
        noted(
            Level::Info,
            "several records of one caller, as old versions merge files, are added up",
            self.concatenated,
        );
        noted(Level::Warning, "a function has two entries; the last one counts", self.repeated);
        noted(Level::Warning, "times that are no finite number count as zero", self.not_finite);
        let without_entry =
            without_entry.first().map(|&first| Noted { count: without_entry.len() as u64, first });
        noted(Level::Warning, "callers without an entry of their own", without_entry);
        let mut count_where = |message: &str, strange: &dyn Fn(usize) -> bool| {
            let mut strange = (0..functions.len()).filter(|&index| strange(index));
            if let Some(first) = strange.next() {
                let count = 1 + strange.count() as u64;
                let id = first as FunctionId;
                diagnostics.note_many(Level::Warning, message, count, || Some(functions.place(id)));
            }
        };
        let (calls, primitive_calls) = (&functions.calls, &functions.primitive_calls);
        count_where("numbers of calls are unknown (negative, as pyinstrument writes them)", &|index| {
            calls[index] < 0 || primitive_calls[index] < 0
        });
        count_where("more primitive calls than calls", &|index| primitive_calls[index] > calls[index]);
        count_where("negative times: the clock was set back while recording", &|index| {
            functions.self_time[index] < 0.0 || functions.total_time[index] < 0.0
        });
        if let Some((first, count)) = self.skipped {
            let message = "entries that are no functions are left out";
            diagnostics.note_many(Level::Warning, message, count, || Some(byte(first)));
        }
    }
}

/// Below this share of all time a contradiction makes no number doubtful.
const DOUBTFUL: f64 = 0.01;

/// Says what the call tree has beyond the file.
pub(super) fn repaired(profile: &Profile, repair: &Repair, diagnostics: &mut Diagnostics) {
    let mut note = |message: &str, functions: &[FunctionId]| {
        if let Some(&first) = functions.first() {
            let place = || Some(profile.functions.place(first));
            diagnostics.note_many(Level::Info, message, functions.len() as u64, place);
        }
    };
    note(
        "functions share file, line and name with others, and cProfile kept the numbers of one: the call tree \
         has the others too, worked out from their callers and callees",
        &repair.lost.keys(),
    );
    if is_recorded_by_cprofile(profile) {
        // It counts recursion: who calls itself there calls another of its file, line and name.
        return;
    }
    note(
        "functions call themselves, but the file counts no recursive calls: the call tree folds them all the \
         same",
        &repair.recursive,
    );
}

/// Says how the numbers of a profile contradict each other, and why: of each kind of cause only the
/// one from which the others follow. What could be put back is no contradiction.
pub(super) fn contradictions(profile: &Profile, repair: Option<&Repair>, diagnostics: &mut Diagnostics) {
    let mut found = Contradictions::of(repair.map_or(profile, |repair| &repair.profile));
    if found == Contradictions::default() && repair.is_some_and(|repair| repair.lost.rest > 0.0) {
        // What is left is within a cycle, where nothing shows it but the sum.
        found = Contradictions::of(profile);
    }
    let functions = &profile.functions;
    let place = |id: FunctionId| Some(functions.place(id));
    let lost = (0..functions.len()).filter(|&index| lacks_counts(functions, index));
    if let (None, Some(first)) = (found.out_of_turn, lost.clone().next()) {
        let message =
            "calls and self time, but no primitive calls and no total time: Python 3.12.0 lost them";
        diagnostics.note_many(Level::Warning, message, lost.count() as u64, || place(first as FunctionId));
    }
    let (message, first) = if let Some(edges) = found.out_of_turn {
        let message = if found.thread.is_some() {
            "threads were recorded as if they were one, as cProfile does since Python 3.12: who called \
             whom, and for how long, is mixed up between them"
        } else {
            "calls were not left in the order in which they were entered, as when greenlets, or threads \
             since Python 3.12, are recorded as one: who called whom, and for how long, is mixed up"
        };
        (message, Some(edges))
    } else if found.short.is_some() {
        let message = "functions share file, line and name with others (lambdas on one line, code that \
                       exec runs twice): cProfile kept the numbers of one, but the calls of all";
        (message, found.short)
    } else if found.lacking.is_some() {
        let message = "functions called others that the file lost: those share file, line and name with \
                       others (lambdas on one line, code that exec runs twice), and cProfile kept one";
        (message, found.lacking)
    } else {
        let message = "functions have fewer calls or less time than their callers say: the file was \
                       changed, or merged in a way that loses numbers";
        (message, found.exceeding)
    };
    let Some(first) = first else { return };
    let total = profile.total();
    let share = if total > 0.0 { (found.seconds() / total).min(1.0) } else { 1.0 };
    let level = if share >= DOUBTFUL { Level::Warning } else { Level::Info };
    diagnostics.note_many(level, message, first.count, || place(first.function));
}

/// Whether calls were counted and timed, but none of them as an outermost one.
fn lacks_counts(functions: &Functions, index: usize) -> bool {
    functions.calls[index] > 0
        && functions.primitive_calls[index] == 0
        && functions.self_time[index] > 0.0
        && functions.total_time[index] == 0.0
}
