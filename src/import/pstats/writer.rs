//! Which tool wrote a pstats file, by its content alone. What its numbers mean follows from that.

use crate::profile::{Functions, Layer, Writer, layer, twins};

/// What the reader saw of the entries before they were put into columns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// The mark of Python 3.15's sampling profiler.
    pub sampled: bool,
    /// Callers that have a count and nothing else.
    pub counts_only: bool,
}

/// The tool, if it can be told. The order of the questions matters: the first two are marks that no other tool makes.
pub(super) fn of(functions: &Functions, seen: Seen) -> Writer {
    let ids = 0..functions.len() as u32;
    let has_file = |file: &str| functions.files.id(file).is_some();
    if seen.sampled {
        Writer::Sampling
    } else if !functions.is_empty() && functions.calls.iter().all(|&calls| calls < 0) {
        Writer::Pyinstrument
    } else if seen.counts_only
        || has_file("")
        || ids.clone().any(|id| functions.file(id) == "profile" && functions.line(id) == 0)
    {
        Writer::Profile
    } else if has_file("~") || twins::has_profiler(functions) {
        Writer::CProfile
    } else if ids.clone().any(|id| functions.is_built_in(id)) || is_yappi_without_built_ins(functions) {
        Writer::Yappi
    } else {
        Writer::Unknown
    }
}

/// Whether times are a processor's: the timer of `profile`, if it is given none, is
/// [`time.process_time`](https://github.com/python/cpython/blob/main/Lib/profile.py). What sleeps then takes next to
/// nothing, unless a thread computes meanwhile, whose time it is given.
pub(super) fn has_a_processors_clock(functions: &Functions) -> bool {
    /// Seconds that going to sleep and waking up take at most.
    const AWAKE: f64 = 1e-3;
    let has_threads = functions.files.iter().any(|file| file.ends_with("threading.py"));
    let waited = |id: u32| {
        let (file, name) = functions.known_as(id);
        let (calls, time) = (functions.calls_of(id).unwrap_or(0).max(1), functions.self_time[id as usize]);
        functions.is_built_in(id)
            && layer::classify(file, &name) == Layer::Waiting
            && time / calls as f64 > AWAKE
    };
    functions.writer == Writer::Profile && (has_threads || !(0..functions.len() as u32).any(waited))
}

/// yappi leaves built-in functions out if they are not asked for. Its clock has whole microseconds, its names have
/// their class (`Thread.run`), and it writes all calls where pstats has primitive ones.
fn is_yappi_without_built_ins(functions: &Functions) -> bool {
    if functions.is_empty() {
        return false;
    }
    let is_qualified = |id: u32| {
        let name = functions.name(id);
        !name.starts_with('<') && name.contains('.') && functions.file(id).ends_with(".py")
    };
    let mut times = functions.self_time.iter().chain(&functions.total_time);
    let is_whole = |time: &f64, parts: f64| (time * parts - (time * parts).round()).abs() < 1e-3;
    counts_are_swapped(functions)
        || (0..functions.len() as u32).any(is_qualified)
        // Measured: not one of them has so few digits by chance.
        || (times.clone().all(|time| is_whole(time, 1e6)) && times.any(|time| !is_whole(time, 1e4)))
}

/// Whether the file has all calls where pstats has primitive ones, as
/// [yappi](https://github.com/sumerc/yappi/blob/master/yappi/yappi.py) (`convert2pstats`) writes it: a
/// function that calls itself then has more primitive calls than calls, and none has fewer. Its edges
/// are in pstats' own order.
pub(super) fn counts_are_swapped(functions: &Functions) -> bool {
    let mut swapped = false;
    for (&calls, &primitive) in functions.calls.iter().zip(&functions.primitive_calls) {
        if calls < 0 || primitive < 0 || primitive < calls {
            return false;
        }
        swapped |= primitive > calls;
    }
    swapped
}
