//! Collapsed (folded) stacks: one line a stack, `frame;frame;frame number`.
//!
//! The form is that of [FlameGraph](https://github.com/brendangregg/FlameGraph#2-fold-stacks); what a frame and
//! the number are is each tool's own:
//!
//! - [py-spy](https://github.com/benfred/py-spy/blob/master/src/flamegraph.rs) `record -f raw`:
//!   `name (file:line)`, samples; with `-t` a root `thread (N): name`, whose name is missing until Python
//!   knows it; with `-s` a root `process N:"command line"`, unescaped, of a child process below that of its parent.
//! - [Python 3.15](https://github.com/python/cpython/blob/main/Lib/profiling/sampling/stack_collector.py)
//!   `profiling.sampling --collapsed`: `file:name:line` without folders, samples; a root `tid:N`.
//! - [Austin](https://github.com/P403n1x87/austin#basic-output): `P<process>;T<interpreter>:<thread>` and
//!   `file:name:line`; microseconds, or bytes, of which some are negative (freed); `# key: value` lines.
//! - Flamedrop's own: `name (file:line)`, microseconds with six decimals.
//! - Two numbers a line are a difference ([inferno](https://docs.rs/inferno)'s `diff-folded`).
//!
//! The lines of these are those that were running, not those in which functions begin. A `;` within a file's
//! name is written as it is; see [`split`].

mod layout;
mod split;

use rustc_hash::FxHashMap;

use super::frame::{NO_FILE, NO_FRAME, spelt};
use super::lines::{Lines, Noted, place};
use super::waiting::{Importing, now};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::format;
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::stacks::{Builder, Same, TrackId};
use crate::profile::{FunctionId, Track, Unit};
use layout::{Layout, Measure};
pub(super) use split::{Root, root_of_frame};

/// Collapsed stacks.
pub struct Collapsed;

/// For the registry.
pub static ABOUT: About = About {
    id: "collapsed",
    title: "Collapsed stacks",
    kind: Kind::Profile,
    how_to_record: "py-spy record -f raw -o app.collapsed -- python app.py\n\
         Also Austin's text, python -m profiling.sampling --collapsed (3.15), and what stackcollapse-… and inferno \
         write.",
};

/// A line longer than this is damage: a thousand frames with long paths have a tenth of it.
const LINE_LIMIT: u64 = 16 << 20;

const RECORD_AGAIN: &str = "Record again: py-spy record -f raw -o app.collapsed -- python app.py";

impl Format for Collapsed {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        layout::score(head)
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        now(self.import_waiting(input))
    }

    fn import_waiting<'a>(&'a self, input: &'a mut Input<'_>) -> Importing<'a> {
        Box::pin(async move {
            let name = input.name().to_owned();
            let layout = Layout::of(input.head());
            let mut reading = Reading::new(layout);
            let mut lines = Lines::new(input, LINE_LIMIT);
            while let Some((number, line)) = lines.ready().await.next()? {
                reading.number = number;
                if !line.ends_with(b"\n") && line.len() as u64 == LINE_LIMIT {
                    let problem = format!("a line is longer than {}", format::bytes(LINE_LIMIT));
                    return Err(ImportError::new(self, problem, RECORD_AGAIN).at(place(number)));
                }
                reading.line(line);
            }
            let mut diagnostics = Diagnostics::default();
            let profile = reading.finish(&mut diagnostics).ok_or_else(|| {
                ImportError::new(self, "no line of it has a stack with a weight", RECORD_AGAIN)
            })?;
            Ok(Document {
                name,
                format: self.id(),
                content: Content::Profile(Box::new(profile)),
                diagnostics,
            })
        })
    }
}

struct Reading {
    layout: Layout,
    builder: Builder,
    known: FxHashMap<Box<[u8]>, FunctionId>,
    tracks: FxHashMap<(Option<u64>, Option<u64>), TrackId>,
    /// Line that is read.
    number: u64,
    /// The stack before, and where its root and each of its frames end: what begins as it does is known.
    before: Vec<u8>,
    root: Option<(usize, TrackId)>,
    frames: Vec<(usize, u32)>,
    skipped: Noted,
    not_positive: Noted,
    freed: f64,
    base_names: bool,
}

impl Reading {
    fn new(layout: Layout) -> Self {
        Self {
            layout,
            builder: Builder::new(Same::Name, false),
            known: FxHashMap::default(),
            tracks: FxHashMap::default(),
            number: 0,
            before: Vec::new(),
            root: None,
            frames: Vec::new(),
            skipped: Noted::default(),
            not_positive: Noted::default(),
            freed: 0.0,
            base_names: false,
        }
    }

    fn line(&mut self, line: &[u8]) {
        let line = super::records::trim_end(line);
        let line = if self.number == 1 { super::records::trim_mark(line) } else { line };
        if line.trim_ascii().is_empty() {
            return;
        }
        if line.starts_with(b"# ") && self.layout.header(line) {
            return;
        }
        if !self.layout.is_known {
            self.layout.look_at(line);
        }
        let Some((stack, weights)) = self.layout.weights(line) else {
            self.skipped.note(self.number);
            return;
        };
        let (track, node) = self.stack(stack);
        for (measure, weight) in weights.into_iter().enumerate() {
            let Some(weight) = weight else { continue };
            let track = match self.layout.measure {
                // The numbers before and after are a track each.
                Measure::Difference => self.side(measure),
                _ => track,
            };
            let value = weight * self.layout.scale();
            if value < 0.0 && self.layout.unit() == Unit::Bytes {
                self.freed -= value;
            } else if !self.builder.add(track, node, value, 0) && value != 0.0 {
                self.not_positive.note(self.number);
            }
        }
    }

    /// The track before (0) or after (1).
    fn side(&mut self, side: usize) -> TrackId {
        while self.builder.tracks() <= side {
            let name = if self.builder.tracks() == 0 { "before" } else { "after" };
            self.builder.track(Track { name: name.to_owned(), ..Track::default() });
        }
        side
    }

    /// The track and the node of a stack.
    fn stack(&mut self, stack: &[u8]) -> (TrackId, u32) {
        let same = self.before.iter().zip(stack).take_while(|(one, other)| one == other).count();
        let is_end = |end: usize| end <= same && stack.get(end).is_none_or(|&byte| byte == b';');
        let (mut at, track) = match self.root {
            // That of a parent is not that of its child.
            Some((end, track)) if end > 0 && is_end(end) && !split::goes_on(&stack[end..]) => (end, track),
            before => {
                let (end, root) = split::root(stack, self.layout.style);
                // Two stacks without a root may begin with the same frames.
                if end > 0 || before.is_none_or(|(end, _)| end > 0) {
                    self.frames.clear();
                }
                let track = self.track(root);
                self.root = Some((end, track));
                (end, track)
            }
        };
        let kept = self.frames.iter().take_while(|(end, _)| is_end(*end)).count();
        self.frames.truncate(kept);
        let mut node = NO_PARENT;
        if let Some(&(end, last)) = self.frames.last() {
            (at, node) = (end, last);
        }
        let mut guessed = false;
        while at < stack.len() {
            // The root of a stack without one ends before its first frame.
            let begin = if stack.get(at) == Some(&b';') { at + 1 } else { at };
            let (end, sure) = split::frame(stack, begin, self.layout.style);
            guessed |= !sure;
            at = end;
            if end > begin {
                let function = self.function(&stack[begin..end]);
                node = self.builder.child(node, function);
                self.frames.push((end, node));
            }
        }
        if node == NO_PARENT {
            let function = self.builder.function(NO_FILE, 0, NO_FRAME);
            node = self.builder.child(NO_PARENT, function);
        }
        self.before.clear();
        if guessed {
            // Where frames end depends on what follows them.
            self.root = None;
            self.frames.clear();
        } else {
            self.before.extend_from_slice(stack);
        }
        (track, node)
    }

    fn function(&mut self, frame: &[u8]) -> FunctionId {
        if let Some(&known) = self.known.get(frame) {
            return known;
        }
        let text = String::from_utf8_lossy(frame);
        let spelt = spelt(&text);
        self.base_names |= spelt.file == "__init__.py";
        let function = self.builder.function(spelt.file, spelt.line, spelt.name);
        self.known.insert(frame.into(), function);
        function
    }

    fn track(&mut self, root: Root) -> TrackId {
        if self.layout.measure == Measure::Difference {
            return self.side(0);
        }
        let Root { process, thread, name } = root;
        let builder = &mut self.builder;
        let track = *self
            .tracks
            .entry((process, thread))
            .or_insert_with(|| builder.track(Track { process, thread, ..Track::default() }));
        // Its name is known only once the module threading was imported.
        if !name.is_empty()
            && let Some(track) = self.builder.track_mut(track)
        {
            track.name = name;
        }
        track
    }

    fn finish(self, diagnostics: &mut Diagnostics) -> Option<crate::profile::Profile> {
        if self.builder.is_empty() {
            return None;
        }
        let skipped = "lines that are no stack with a number at the end are left out";
        self.skipped.say(Level::Warning, skipped, diagnostics);
        let not_positive = "stacks with a weight that is negative, too large or no number are left out";
        self.not_positive.say(Level::Warning, not_positive, diagnostics);
        if self.freed > 0.0 {
            let freed = Unit::Bytes.text(self.freed);
            let message = format!("{freed} that were freed are left out: what is shown was allocated");
            diagnostics.note(Level::Info, &message, || None);
        }
        if self.base_names {
            let message =
                "files are named without their folders: packages whose files are called the same are one";
            diagnostics.note(Level::Info, message, || None);
        }
        self.layout.diagnose(diagnostics);
        Some(self.builder.finish(self.layout.unit()))
    }
}
