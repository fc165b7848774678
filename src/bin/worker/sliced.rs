//! Opening a log: a large one in slices, which helpers read beside this worker (`helpers`); any other in one piece.

use std::collections::BTreeMap;
use std::ops::Range;

use flamedrop::document::{Document, LOGS};
use flamedrop::import::slices::{Merging, Plan, SLICE, Slice};
use flamedrop::import::waiting::give_way;
use flamedrop::import::{ImportError, Options};
use flamedrop::input::{Progress, Source as _};
use flamedrop::session::Session;
use js_sys::Uint8Array;

use crate::blob::BlobSource;
use crate::helpers::{Came, Helpers, ask_for_turn};
use crate::helping::InSlices;

/// Reads `source` by what the user says of it.
///
/// # Errors
/// When no format can read it.
pub async fn open(
    source: BlobSource,
    options: Options,
    progress: &dyn Fn(Progress),
) -> Result<Session, ImportError> {
    // Where no log is read, nothing of this is linked.
    if LOGS
        && let Some((plan, places)) = Plan::of(&source, &options)
        && let Some(helpers) = Helpers::start(source.blob())
    {
        let document = read(&source, &plan, helpers, progress).await?;
        return Ok(Session::of_log(document, places, Box::new(source), options));
    }
    Session::open_waiting(Box::new(source), options, progress).await
}

/// A slice that was read, before its turn.
enum Read {
    Here(Slice),
    ByHelper(Came),
}

/// Reads a log in slices. This worker takes them in in order, and while the next one has not come it reads one as well.
async fn read(
    source: &BlobSource,
    plan: &Plan,
    mut helpers: Helpers,
    progress: &dyn Fn(Progress),
) -> Result<Document, ImportError> {
    let ranges: Vec<Range<u64>> = plan.slices(SLICE).collect();
    let here = |at: usize| match ranges.get(at) {
        Some(range) => plan.read(&InSlices(source), range.clone()).map(Some),
        None => Ok(None),
    };
    // So many slices beyond the one that is wanted are read, or being read: what is in memory at most.
    let window = helpers.capacity() + 2;
    let mut merging = Merging::new(plan, source);
    let mut ready: BTreeMap<usize, Read> = BTreeMap::new();
    // Who is asked for the slices before this one is known.
    let mut next = 0;
    for (at, range) in ranges.iter().enumerate() {
        let mut slice = loop {
            helpers.collect(|at, came| drop(ready.insert(at, Read::ByHelper(came))));
            helpers.ask(|| {
                let asked = next;
                let range = ranges.get(asked).filter(|_| asked <= at + window)?;
                next += 1;
                Some((asked, range.clone()))
            });
            let given = match ready.remove(&at) {
                Some(Read::Here(slice)) => Some(slice),
                Some(Read::ByHelper(came)) => match decoded(&came) {
                    Some(slice) => Some(slice),
                    None => here(at)?,
                },
                None => None,
            };
            if let Some(slice) = given {
                break slice;
            }
            if next < ranges.len() && next <= at + window {
                let reading = next;
                next += 1;
                if let Some(slice) = here(reading)? {
                    ready.insert(reading, Read::Here(slice));
                }
                ask_for_turn();
            }
            // Else there is a helper that has this one, and that is heard of or given up.
            give_way().await;
        };
        if let Some(begin) = merging.wants(&slice) {
            slice = plan.read_again(&InSlices(source), begin..range.end)?;
        }
        merging.take_in(&slice);
        drop(slice);
        progress(Progress { read: range.end.min(source.size()), size: source.size() });
        // Helpers that are done are asked for more before the next one is taken in.
        ask_for_turn();
        give_way().await;
    }
    Ok(merging.finish())
}

/// What a helper read, if it did.
fn decoded(came: &Came) -> Option<Slice> {
    match came {
        Came::Slice(buffer) => Slice::from_bytes(&Uint8Array::new(buffer).to_vec()),
        Came::Nothing => None,
    }
}
