//! A snapshot of Python's own `tracemalloc` (`tracemalloc.take_snapshot().dump("app.snapshot")`):
//! <https://docs.python.org/3/library/tracemalloc.html>.
//!
//! A pickle: per block of memory that lives its domain, its size, and the lines that led to it, innermost first; as many as
//! `tracemalloc.start(N)` was told, so the outermost may be missing. Lines have no functions.

use rustc_hash::FxHashMap;

use super::line_stacks::LineStacks;
use super::pickle::{self, Id, Pickle};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::{Profile, Track};

/// tracemalloc's.
pub struct Tracemalloc;

/// For the registry.
pub static ABOUT: About = About {
    id: "tracemalloc",
    title: "tracemalloc snapshot",
    kind: Kind::Profile,
    how_to_record: "tracemalloc.start(25); …; tracemalloc.take_snapshot().dump(\"app.snapshot\")\n\
         What lives at that moment, by line; 25 is how many lines of a stack are kept.",
};

const LIMIT: u64 = 1 << 30;
const AGAIN: &str = "Write it again: tracemalloc.take_snapshot().dump(\"app.snapshot\")";

impl Format for Tracemalloc {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let holds = |word: &[u8]| memchr::memmem::find(head, word).is_some();
        if pickle::is(head) && holds(b"tracemalloc") && holds(b"Snapshot") { 98 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let bytes = input.read_all(LIMIT).map_err(|error| ImportError::reading(&error))?;
        let pickle = pickle::read(&bytes).map_err(|fault| fault.of(self, AGAIN))?;
        let mut diagnostics = Diagnostics::default();
        let profile = profile(&pickle, &mut diagnostics);
        let profile = profile.ok_or_else(|| ImportError::new(self, "no block of memory is in it", AGAIN))?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

fn profile(pickle: &Pickle<'_>, diagnostics: &mut Diagnostics) -> Option<Profile> {
    let root = pickle.root();
    pickle.class(root).filter(|class| *class == "tracemalloc.Snapshot")?;
    let traces = pickle.attribute(root, "traces")?;
    // The list itself before Python 3.4's end.
    let list = pickle.attribute(traces, "_traces").unwrap_or(traces);
    let mut measures = super::memray_csv::measures();
    "Blocks".clone_into(&mut measures[1].0);
    let mut stacks = LineStacks::new(measures);
    let mut tracks: FxHashMap<i64, u32> = FxHashMap::default();
    let (mut bad, mut cut) = (0, 0);
    // Blocks that came from one place share their lines, also in the file.
    let mut nodes: FxHashMap<Id, Option<u32>> = FxHashMap::default();
    let mut files = FxHashMap::default();
    for &trace in pickle.items(list)? {
        let parts = pickle.items(trace).and_then(|parts| match parts {
            [domain, bytes, frames, rest @ ..] => {
                Some((pickle.whole(*domain)?, pickle.number(*bytes)?, *frames, rest.first()))
            }
            _ => None,
        });
        let Some((domain, bytes, frames, all)) = parts else {
            bad += 1;
            continue;
        };
        let node = *nodes.entry(frames).or_insert_with(|| stack(pickle, frames, &mut stacks, &mut files));
        let Some(node) = node else {
            bad += 1;
            continue;
        };
        let kept = pickle.items(frames).map_or(0, <[Id]>::len) as i64;
        cut += u64::from(all.and_then(|all| pickle.whole(*all)).is_some_and(|all| all > kept));
        let track = *tracks.entry(domain).or_insert_with(|| {
            let name = if domain == 0 { "Python".to_owned() } else { format!("domain {domain}") };
            stacks.track(Track { name, ..Track::default() })
        });
        // A block may have no bytes (what an empty bytearray holds): it is one all the same.
        if stacks.add(0, track, node, bytes) || bytes == 0.0 {
            stacks.add(1, track, node, 1.0);
        } else {
            bad += 1;
        }
    }
    diagnostics.note_many(Level::Warning, "blocks without a size or a line are left out", bad, || None);
    let message = "stacks were cut: tracemalloc.start was told to keep fewer lines than they have";
    diagnostics.note_many(Level::Info, message, cut, || None);
    stacks.finish()
}

/// The node of a stack, which is written innermost first. `files` are those that were met: in the file each is one text,
/// to which frames refer.
fn stack(
    pickle: &Pickle<'_>,
    frames: Id,
    stacks: &mut LineStacks,
    files: &mut FxHashMap<Id, u32>,
) -> Option<u32> {
    let mut node = NO_PARENT;
    let no_name = stacks.name("");
    for &frame in pickle.items(frames)?.iter().rev() {
        let &[file, line] = pickle.items(frame)? else { return None };
        let file = match files.get(&file) {
            Some(&known) => known,
            None => {
                let new = stacks.file(pickle.text(file)?);
                files.insert(file, new);
                new
            }
        };
        let frame = stacks.frame_of(file, pickle.whole(line)?, no_name, 0);
        node = stacks.child(node, frame);
    }
    (node != NO_PARENT).then_some(node)
}
