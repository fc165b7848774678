//! What makes a file other than one of cProfile's: other tools' meanings, and damage that left it
//! readable.

use super::{Noted, Slot, Table, byte};
use crate::document::{Diagnostics, Level};
use crate::format;
use crate::profile::consistency::{self, Contradictions};
use crate::profile::repair::Repair;
use crate::profile::twins::is_recorded_by_cprofile;
use crate::profile::{FunctionId, Functions, Profile, Unit, Writer, imports, recursion};

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
            let message = "recorded by a sampling profiler (profiling.sampling): the file has samples of lines, no \
                           calls, and a function for each line that was seen";
            diagnostics.note(Level::Info, message, || None);
        }
        if functions.writer == Writer::Pyinstrument {
            let message = "recorded by pyinstrument, which samples: the file has no calls";
            diagnostics.note(Level::Info, message, || None);
        }
        let mut noted = |level, message: &str, noted: Option<Noted>| {
            if let Some(Noted { count, first }) = noted {
                diagnostics.note_many(level, message, count, || Some(place(first)));
            }
        };
        noted(
            Level::Warning,
            "times of callers are estimated from how often they called: `profile`, which wrote the file, does not \
             record them (cProfile does)",
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
        if functions.writer != Writer::Pyinstrument {
            count_where("numbers of calls are unknown: they are negative", &|index| {
                calls[index] < 0 || primitive_calls[index] < 0
            });
        }
        count_where("more primitive calls than calls", &|index| primitive_calls[index] > calls[index]);
        count_where(
            "negative times: the clock was set back while recording, so that these functions, and what called \
                     them, have times that are wrong",
            &|index| functions.self_time[index] < 0.0 || functions.total_time[index] < 0.0,
        );
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
    if is_recorded_by_cprofile(profile) || profile.is_stripped() {
        // It counts recursion: who calls itself there calls another of its file, line and name.
        return;
    }
    if profile.functions.writer == Writer::Pyinstrument {
        note(
            "functions call themselves, or each other in turn: pyinstrument adds their time up once per level, so their \
             total is more than they lasted. Shares and the call tree count each moment once",
            &recursion::counted_twice(profile, &repair.recursive),
        );
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
    let lost = (0..functions.len() as FunctionId).filter(|&id| functions.total_is_lost(id));
    if let (None, Some(first)) = (found.out_of_turn, lost.clone().next()) {
        let message = "total times are unknown, at least the self time: betas of Python 3.12 lost them, and the numbers \
                       of primitive calls";
        diagnostics.note_many(Level::Warning, message, lost.count() as u64, || place(first));
    }
    let (message, first) = if let Some(edges) = found.out_of_turn {
        let message = if found.thread.is_some() {
            "threads were recorded as if they were one, as cProfile does since Python 3.12: calls at the same time look \
             like recursion, and who called whom, and for how long, is mixed up between them"
        } else {
            "calls were not left in the order in which they were entered, as when greenlets, or threads since Python \
             3.12, are recorded as one: calls at the same time look like recursion, and who called whom, and for how \
             long, is mixed up"
        };
        (message, Some(edges))
    } else if found.short.is_some() {
        let message = "functions share file, line and name with others (lambdas on one line, code that \
                       exec runs twice): cProfile kept the numbers of one, but the calls of all";
        (message, found.short)
    } else if found.lacking.is_some() {
        let message = "some calls are missing: functions with the same file, line and name (lambdas on one line, code that \
                       exec runs twice) overwrote each other in the file";
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

/// Says that greenlets were recorded as one thread, where it shows. Whether it was said: then it is the cause of all that
/// does not fit.
pub(super) fn greenlets(profile: &Profile, diagnostics: &mut Diagnostics) -> bool {
    if !profile.has_greenlets() {
        return false;
    }
    let found = Contradictions::of(profile);
    let mixed = found.out_of_turn.or(consistency::false_recursion(profile));
    let Some(mixed) = mixed.or(found.short).or(found.lacking).or(found.exceeding) else { return false };
    let message = "greenlets (gevent) were recorded as one thread: a call that waits stays open while others run, so calls at \
                   the same time look like recursion, and who called whom, and for how long, is mixed up";
    let place = || Some(profile.functions.place(mixed.function));
    diagnostics.note_many(Level::Warning, message, mixed.count, place);
    true
}

/// Says what a file has not, of which all that is shown of it lacks.
pub(super) fn lacks(profile: &Profile, diagnostics: &mut Diagnostics) {
    let functions = &profile.functions;
    if (0..functions.len() as FunctionId).all(|id| functions.name(id).contains(PROFILER)) {
        let message = "nothing but the profiler's own disable() was recorded: no code ran between enable() and disable(), \
                       or another thread ran it. Put the code to be measured between the two";
        diagnostics.note(Level::Warning, message, || None);
    } else if !profile.has_times() && profile.calls().is_some_and(|calls| calls > 0) {
        let message = "the file has calls but no times: its timer gave whole numbers without saying what they are. Record \
                       with Profile(timer, timeunit), such as Profile(time.perf_counter_ns, 1e-9)";
        diagnostics.note(Level::Warning, message, || None);
    }
    if functions.writer == Writer::Profile && profile.unit == Unit::CpuSeconds {
        let message = "Python's profile module measures the processor's time, of all threads together, unless it was given \
                       another timer: what slept or waited is missing. cProfile measures all that passes: python -m cProfile \
                       -o app.prof app.py";
        diagnostics.note(Level::Warning, message, || None);
    }
    if profile.waits_overlap() {
        let message = "on yappi's wall clock a coroutine that waits counts as running: waits of tasks overlap, and the sums \
                       exceed what the run lasted";
        diagnostics.note(Level::Warning, message, || None);
    }
}

/// Says that time of C code was put back: `seconds` of it.
pub(super) fn hidden(seconds: f64, diagnostics: &mut Diagnostics) {
    if seconds > 0.0 {
        let message = format!(
            "yappi recorded no built-in functions: {} in C code (sleeping, sorting, database drivers) are in nobody's self \
             time, and shown as {{C code}} of the functions that called it. yappi.start(builtins=True) tells what it was",
            format::seconds(seconds)
        );
        diagnostics.note(Level::Warning, &message, || None);
    }
}

/// Says what files without directories do not tell, and which functions became one by it, as far as counts betray it: the
/// code of a module runs once, and what calls itself without being recursive is two.
pub(super) fn stripped(profile: &Profile, diagnostics: &mut Diagnostics) {
    let message = "the files have lost their directories (strip_dirs()): whose code it is cannot be told, and rules about \
                   own code say nothing. Save with dump_stats() before strip_dirs()";
    diagnostics.note(Level::Warning, message, || None);
    let functions = &profile.functions;
    let all = profile.total();
    let mut merged = recursion::uncounted(profile);
    merged.extend((0..functions.len() as FunctionId).filter(|&id| {
        let runs = functions.calls_of(id).is_some_and(|calls| calls > 1);
        (runs && imports::is_module(functions.file(id), functions.name(id)))
            || functions.total_time[id as usize] > all * (1.0 + ROUNDING)
    }));
    merged.sort_unstable();
    merged.dedup();
    if let Some(&first) = merged.first() {
        let message = "functions of several files are one, since without directories they have the same file, line and \
                       name: their numbers are added up, and who called whom is mixed up";
        let place = || Some(functions.place(first));
        diagnostics.note_many(Level::Warning, message, merged.len() as u64, place);
    }
}

/// cProfile's own methods.
const PROFILER: &str = "'_lsprof.Profiler' objects";

/// Sums of times are off by less than this share.
const ROUNDING: f64 = 1e-6;
