//! The flame graph page of Python 3.15's sampling profiler (`python -m profiling.sampling run --flamegraph`):
//! <https://github.com/python/cpython/blob/main/Lib/profiling/sampling/stack_collector.py>.
//!
//! A script of the page assigns a tree of frames whose texts are numbers into a table behind it; `source` are a few
//! lines around the one that ran, numbered by the page (`→ 12: import asyncio`). A frame's samples are kept by thread in
//! `thread_values`: all, and those that ended in it. Frames with less than a thousandth of all samples are left out of the
//! page; their samples are still in those above.

use rustc_hash::FxHashMap;

use super::beginning::Beginning;
use super::frame::NO_FILE;
use super::json::{Fault, Json};
use super::line_stacks::LineStacks;
use super::{About, Format, ImportError, Kind, nested, within};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::{Profile, Track, Unit, line_table};

/// Tachyon's page.
pub struct TachyonPage;

/// For the registry.
pub static ABOUT: About = About {
    id: "tachyon-flamegraph",
    title: "Python 3.15's sampling profiler, flame graph",
    kind: Kind::Profile,
    how_to_record: "python -m profiling.sampling run --flamegraph -o app.html app.py\n\
         Python 3.15. The page as it is: it has stacks by thread, and the source of the lines that ran.",
};

const MARK: &[u8] = b"const EMBEDDED_DATA = ";

const AGAIN: &str = "Write it again: python -m profiling.sampling run --flamegraph -o app.html app.py";

impl Format for TachyonPage {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let holds = |word: &[u8]| memchr::memmem::find(head, word).is_some();
        if within::is_page(head) {
            let is_other = holds(b"Heatmap Report") || holds(b"Tachyon Profiler - Heatmap");
            return if (holds(b"Tachyon Profiler") && !is_other) || holds(b"EMBEDDED_DATA") { 90 } else { 0 };
        }
        // What stands in the page, taken out.
        let text = Beginning::of(head);
        let is_tree = [&b"\"thread_values\""[..], b"\"funcname\"", b"\"lineno\""].into_iter().all(holds);
        if text.starts_with(b"{") && is_tree { 88 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        if within::is_page(input.head())
            && !within::skip_to(input, MARK).map_err(|error| ImportError::reading(&error))?
        {
            return Err(ImportError::new(self, "the page has no data in it", AGAIN));
        }
        let mut json = Json::new(input);
        let file = File::read(&mut json).map_err(|fault| fault.of(self, AGAIN))?;
        let mut diagnostics = Diagnostics::default();
        let profile = file.profile(&mut diagnostics);
        let profile = profile.ok_or_else(|| ImportError::new(self, "no frame of it has a sample", AGAIN))?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// A frame of the tree; texts are numbers in the table.
struct Node {
    parent: u32,
    file: i64,
    line: i64,
    name: i64,
    /// By thread the samples that had it on the stack; of files without threads, those of all.
    threads: Vec<(String, f64)>,
    /// Samples that ended in it, by the page.
    own: f64,
    total: f64,
    source: Vec<i64>,
}

impl Node {
    fn below(parent: u32) -> Self {
        Self {
            parent,
            file: -1,
            line: 0,
            name: -1,
            threads: Vec::new(),
            own: 0.0,
            total: 0.0,
            source: Vec::new(),
        }
    }

    /// Takes the entry `key`.
    fn read(&mut self, json: &mut Json<'_, '_>, key: &str) -> Result<(), Fault> {
        match key {
            "filename" => self.file = json.whole()?.unwrap_or(-1),
            "lineno" => self.line = json.whole()?.unwrap_or(0).max(0),
            "funcname" => self.name = json.whole()?.unwrap_or(-1),
            "self" => self.own = json.number()?.unwrap_or(0.0),
            "value" => self.total = json.number()?.unwrap_or(0.0),
            "source" => {
                if json.array()? {
                    while json.item()? {
                        self.source.push(json.whole()?.unwrap_or(-1));
                    }
                }
            }
            "thread_values" => {
                if json.object()? {
                    while let Some(thread) = json.key()? {
                        let mut numbers = Vec::new();
                        if json.array()? {
                            while json.item()? {
                                numbers.push(json.number()?.unwrap_or(0.0));
                            }
                        }
                        // All of them, and those that ended in it.
                        self.threads.push((thread, numbers.first().copied().unwrap_or(0.0)));
                    }
                }
            }
            _ => json.skip()?,
        }
        Ok(())
    }

    /// Samples that had it on the stack, by thread; under no name where the page does not keep threads apart.
    fn by_thread(&self) -> FxHashMap<&str, f64> {
        match self.threads.is_empty() {
            true => std::iter::once(("", self.total)).collect(),
            false => self.threads.iter().map(|(thread, total)| (thread.as_str(), *total)).collect(),
        }
    }
}

struct File {
    nodes: Vec<Node>,
    strings: Vec<String>,
}

impl File {
    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        let mut strings = Vec::new();
        let nodes = nested::read(json, Node::below, |json, key, node| match key {
            "strings" if node.parent == NO_PARENT => {
                if json.array()? {
                    while json.item()? {
                        strings.push(json.text()?.unwrap_or_default());
                    }
                }
                Ok(())
            }
            key => node.read(json, key),
        })?;
        Ok(Self { nodes, strings })
    }

    fn text(&self, id: i64) -> &str {
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        self.strings.get(at).map_or("", String::as_str)
    }

    /// What each frame has beyond the frames below it, by thread.
    fn own(&self) -> Vec<FxHashMap<&str, f64>> {
        let mut own: Vec<FxHashMap<&str, f64>> = self.nodes.iter().map(Node::by_thread).collect();
        for node in self.nodes.iter().filter(|node| node.parent != NO_PARENT) {
            for (thread, total) in node.by_thread() {
                *own[node.parent as usize].entry(thread).or_default() -= total;
            }
        }
        own
    }

    fn profile(&self, diagnostics: &mut Diagnostics) -> Option<Profile> {
        let mut stacks = LineStacks::new(vec![("Samples".to_owned(), Unit::Samples)]);
        let mut tracks: FxHashMap<&str, u32> = FxHashMap::default();
        let mut places: Vec<u32> = Vec::with_capacity(self.nodes.len());
        // Above several roots stands one that is no function; where there is one root only, it is that one.
        let is_no_function = |node: &Node| node.parent == NO_PARENT && self.text(node.file).is_empty();
        let (mut bad, mut left_out) = (0, 0.0);
        for (node, own) in self.nodes.iter().zip(self.own()) {
            let parent = if node.parent == NO_PARENT { NO_PARENT } else { places[node.parent as usize] };
            if is_no_function(node) {
                places.push(NO_PARENT);
                continue;
            }
            let file = self.text(node.file);
            let file = if file.is_empty() || file == "~" { NO_FILE } else { file };
            let name = match self.text(node.name) {
                "" => "<unknown>",
                name => name,
            };
            let frame = stacks.frame(file, node.line, name, 0);
            let place = stacks.child(parent, frame);
            places.push(place);
            left_out += f64::max(own.values().sum::<f64>() - node.own, 0.0);
            let mut own: Vec<(&str, f64)> = own.into_iter().collect();
            own.sort_unstable_by_key(|(thread, _)| *thread);
            for (thread, own) in own {
                let track = *tracks.entry(thread).or_insert_with(|| {
                    stacks.track(Track { thread: thread.parse().ok(), ..Track::default() })
                });
                bad += u64::from(!stacks.add(0, track, place, own) && own != 0.0);
            }
        }
        let message = "frames with a number of samples that is negative, infinite or none are left out";
        diagnostics.note_many(Level::Warning, message, bad, || None);
        if left_out >= 1.0 && left_out.is_finite() {
            let message = format!(
                "{} in functions that the page leaves out as too small count for their callers",
                Unit::Samples.text(left_out.round())
            );
            diagnostics.note(Level::Info, &message, || None);
        }
        let mut profile = stacks.finish()?;
        if let Some(table) = &mut profile.line_table {
            self.add_sources(table);
        }
        Some(profile)
    }

    /// What lines say: the page shows a few around each that ran.
    fn add_sources(&self, table: &mut line_table::LineTable) {
        let mut known: FxHashMap<u32, Vec<(u32, String)>> = FxHashMap::default();
        for node in self.nodes.iter().filter(|node| !node.source.is_empty()) {
            let Some(file) = table.files.id(self.text(node.file)) else { continue };
            let lines = node.source.iter().filter_map(|&line| numbered(self.text(line)));
            known.entry(file).or_default().extend(lines.map(|(line, text)| (line, text.to_owned())));
        }
        table.sources = known.into_iter().map(|(file, lines)| line_table::Source::new(file, lines)).collect();
        crate::sort::by_number(&mut table.sources, |source| source.file);
    }
}

/// A line as the page has it: `→ 12: import asyncio`, or with blanks in front.
fn numbered(text: &str) -> Option<(u32, &str)> {
    let text = text.trim_start_matches(['→', ' ']);
    let (number, rest) = text.split_once(':')?;
    let line = number.trim().parse().ok().filter(|&line| line > 0)?;
    Some((line, rest.strip_prefix(' ').unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered() {
        assert_eq!(numbered("→ 12: import a"), Some((12, "import a")));
        assert_eq!(numbered("  11:     x = {1: 2}"), Some((11, "    x = {1: 2}")));
        assert_eq!(numbered("  11:"), Some((11, "")));
        assert_eq!(numbered("x"), None);
    }
}
