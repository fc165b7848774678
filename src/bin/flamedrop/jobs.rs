//! Reads a large log with several threads, slice by slice.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc;
use std::sync::{Mutex, OnceLock};
use std::thread;

use flamedrop::document::Document;
use flamedrop::import::slices::{Merging, Plan, SLICE, Slice};
use flamedrop::import::{self, ImportError, Options};
use flamedrop::input::Source;

/// More threads than these wait for the one that puts together what they read.
const MOST: usize = 4;

/// What was said, once for the process.
static SAID: OnceLock<NonZeroUsize> = OnceLock::new();

/// Says with how many threads files are read.
pub fn set(jobs: NonZeroUsize) {
    // Arguments are read once.
    let _ = SAID.set(jobs);
}

/// With how many threads files are read: as was said, or as many as there are cores, and at most four.
fn jobs() -> usize {
    match SAID.get() {
        Some(said) => said.get(),
        None => thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST),
    }
}

/// Reads `source`.
///
/// # Errors
/// When no format can read it.
pub fn read(source: &dyn Source, options: &Options) -> Result<Document, ImportError> {
    let jobs = jobs();
    if jobs > 1
        && let Some(shared) = source.shared()
        && let Some((plan, _)) = Plan::of(source, options)
    {
        return in_slices(shared, &plan, jobs);
    }
    import::read(source, &|_| (), options).map(|(document, _)| document)
}

/// What came of a slice: nothing where its thread panicked.
type Came = Result<Result<Slice, ImportError>, Box<dyn Any + Send>>;

/// Reads the slices of a log in threads, and puts them together in this one.
fn in_slices(source: &(dyn Source + Sync), plan: &Plan, jobs: usize) -> Result<Document, ImportError> {
    let ranges: Vec<Range<u64>> = plan.slices(SLICE).collect();
    let (ask, asked) = mpsc::channel::<usize>();
    let asked = Mutex::new(asked);
    let (give, given) = mpsc::channel::<(usize, Came)>();
    thread::scope(|scope| {
        // Dropped with this closure, whatever ends it: then the threads end.
        let ask = ask;
        for _ in 0..jobs.min(ranges.len()) {
            let (asked, ranges, give) = (&asked, &ranges, give.clone());
            scope.spawn(move || {
                loop {
                    let next = asked.lock().ok().and_then(|asked| asked.recv().ok());
                    let Some((at, range)) = next.and_then(|at| Some((at, ranges.get(at)?))) else { return };
                    let read = || plan.read(source, range.clone());
                    if give.send((at, panic::catch_unwind(AssertUnwindSafe(read)))).is_err() {
                        return;
                    }
                }
            });
        }
        // Slices are asked for as others are taken in: so many are in memory at most.
        let mut asking = 0..ranges.len();
        let mut ask_for = |count| asking.by_ref().take(count).all(|at| ask.send(at).is_ok());
        ask_for(jobs * 2);
        let mut merging = Merging::new(plan, source);
        let mut came: BTreeMap<usize, Came> = BTreeMap::new();
        for (at, range) in ranges.iter().enumerate() {
            let slice = loop {
                if let Some(slice) = came.remove(&at) {
                    break slice;
                }
                let (which, slice) = given.recv().expect("a thread lives, which has this slice");
                came.insert(which, slice);
            };
            let mut slice = slice.unwrap_or_else(|panic| panic::resume_unwind(panic))?;
            if let Some(begin) = merging.wants(&slice) {
                slice = plan.read_again(source, begin..range.end)?;
            }
            merging.take_in(&slice);
            ask_for(1);
        }
        Ok(merging.finish())
    })
}
