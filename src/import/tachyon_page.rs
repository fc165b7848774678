//! The flame graph page of Python 3.15's sampling profiler (`python -m profiling.sampling run --flamegraph`):
//! <https://github.com/python/cpython/blob/main/Lib/profiling/sampling/stack_collector.py>.
//!
//! A script of the page assigns a tree of frames whose texts are numbers into a table behind it; `source` are a few
//! lines around the one that ran, numbered by the page (`→ 12: import asyncio`). A frame's samples are kept by thread in
//! `thread_values`: all, and those that ended in it. Frames with less than a thousandth of all samples are left out of the
//! page; their samples are still in those above.

use rustc_hash::{FxHashMap, FxHashSet};

use super::beginning::Beginning;
use super::frame::NO_FILE;
use super::json::{Fault, Json};
use super::line_stacks::LineStacks;
use super::{About, Format, ImportError, Kind, nested, within};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::{Profile, Strings, Track, Unit, line_table};

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

/// What stands for a number that is none.
const NONE: u32 = u32::MAX;

/// A frame of the tree; texts are numbers in the table.
struct Node {
    parent: u32,
    file: u32,
    line: i64,
    name: u32,
    /// Where its threads begin among those of all frames, and end.
    threads: (u32, u32),
    /// Samples that ended in it, by the page.
    own: f64,
    total: f64,
    /// Where what is said of its lines begins among that of all frames, and ends.
    source: (u32, u32),
}

impl Node {
    fn below(parent: u32) -> Self {
        let none = (0, 0);
        Self { parent, file: NONE, line: 0, name: NONE, threads: none, own: 0.0, total: 0.0, source: none }
    }
}

#[derive(Default)]
struct File {
    nodes: Vec<Node>,
    strings: Vec<String>,
    /// Names of threads.
    threads: Strings,
    /// Threads of frames, and the samples that had the frame on the stack.
    values: Vec<(u32, f64)>,
    /// Texts of frames' lines.
    sources: Vec<u32>,
}

fn id(number: Option<i64>) -> u32 {
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or(NONE)
}

fn range<T>(all: &[T], (begin, end): (u32, u32)) -> &[T] {
    all.get(begin as usize..end as usize).unwrap_or_default()
}

impl File {
    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        let mut file = Self::default();
        let mut nodes = nested::read(json, Node::below, |json, key, node| file.entry(json, key, node))?;
        // Of a page without threads all samples are those of one without a name.
        for node in nodes.iter_mut().filter(|node| node.threads.0 == node.threads.1) {
            let begin = file.values.len() as u32;
            file.values.push((file.threads.intern(""), node.total));
            node.threads = (begin, begin + 1);
        }
        file.nodes = nodes;
        Ok(file)
    }

    /// Takes the entry `key` of a frame.
    fn entry(&mut self, json: &mut Json<'_, '_>, key: &str, node: &mut Node) -> Result<(), Fault> {
        match key {
            "filename" => node.file = id(json.whole()?),
            "lineno" => node.line = json.whole()?.unwrap_or(0).max(0),
            "funcname" => node.name = id(json.whole()?),
            "self" => node.own = json.number()?.unwrap_or(0.0),
            "value" => node.total = json.number()?.unwrap_or(0.0),
            "source" => {
                let begin = self.sources.len() as u32;
                if json.array()? {
                    while json.item()? {
                        self.sources.push(id(json.whole()?));
                    }
                }
                node.source = (begin, self.sources.len() as u32);
            }
            "thread_values" => self.read_threads(json, node)?,
            "strings" if node.parent == NO_PARENT => {
                if json.array()? {
                    while json.item()? {
                        self.strings.push(json.text()?.unwrap_or_default());
                    }
                }
            }
            _ => json.skip()?,
        }
        Ok(())
    }

    /// `{"23931": [all, those that ended in it]}`.
    fn read_threads(&mut self, json: &mut Json<'_, '_>, node: &mut Node) -> Result<(), Fault> {
        let mut values: Vec<(u32, f64)> = Vec::new();
        if json.object()? {
            while let Some(thread) = json.key()? {
                let thread = self.threads.intern(thread);
                let mut all = None;
                if json.array()? {
                    while json.item()? {
                        let number = json.number()?.unwrap_or(0.0);
                        all.get_or_insert(number);
                    }
                }
                values.push((thread, all.unwrap_or(0.0)));
            }
        }
        // Of a thread that stands there twice the last counts.
        values.reverse();
        crate::sort::by_number(&mut values, |(thread, _)| *thread);
        values.dedup_by_key(|(thread, _)| *thread);
        let begin = self.values.len() as u32;
        self.values.append(&mut values);
        node.threads = (begin, self.values.len() as u32);
        Ok(())
    }

    fn text(&self, id: u32) -> &str {
        self.strings.get(id as usize).map_or("", String::as_str)
    }

    /// Takes from what each frame has what the frames below it have, thread by thread. What frames lack of that is
    /// returned, by frame and thread: it is damage.
    fn take_below(&mut self) -> FxHashMap<u32, FxHashMap<u32, f64>> {
        let mut lacking: FxHashMap<u32, FxHashMap<u32, f64>> = FxHashMap::default();
        // A frame comes before those below it, and so is still whole when it is taken from the one above.
        for node in self.nodes.iter().filter(|node| node.parent != NO_PARENT) {
            let above = self.nodes[node.parent as usize].threads;
            for at in node.threads.0..node.threads.1 {
                let (thread, total) = self.values[at as usize];
                let place = range(&self.values, above).binary_search_by_key(&thread, |(other, _)| *other);
                match place {
                    Ok(place) => self.values[above.0 as usize + place].1 -= total,
                    Err(_) => *lacking.entry(node.parent).or_default().entry(thread).or_default() -= total,
                }
            }
        }
        lacking
    }

    fn profile(mut self, diagnostics: &mut Diagnostics) -> Option<Profile> {
        let lacking = self.take_below();
        let mut stacks = LineStacks::new(vec![("Samples".to_owned(), Unit::Samples)]);
        let mut tracks: Vec<Option<u32>> = vec![None; self.threads.len()];
        let mut own: Vec<(u32, f64)> = Vec::new();
        let mut places: Vec<u32> = Vec::with_capacity(self.nodes.len());
        // Above several roots stands one that is no function; where there is one root only, it is that one.
        let is_no_function = |node: &Node| node.parent == NO_PARENT && self.text(node.file).is_empty();
        let (mut bad, mut left_out) = (0, 0.0);
        for (at, node) in self.nodes.iter().enumerate() {
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
            own.clear();
            own.extend_from_slice(range(&self.values, node.threads));
            own.extend(
                lacking.get(&(at as u32)).into_iter().flatten().map(|(thread, lacks)| (*thread, *lacks)),
            );
            left_out += f64::max(own.iter().map(|(_, own)| own).sum::<f64>() - node.own, 0.0);
            own.sort_unstable_by_key(|(thread, _)| self.threads.get(*thread));
            for &(thread, own) in &own {
                let track = *tracks[thread as usize].get_or_insert_with(|| {
                    let thread = self.threads.get(thread).parse().ok();
                    stacks.track(Track { thread, ..Track::default() })
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
        // Many frames are of one line, and lines around them the same: each is looked at once.
        let mut said: FxHashSet<(u32, u32)> = FxHashSet::default();
        for node in &self.nodes {
            for &line in range(&self.sources, node.source) {
                if said.insert((node.file, line))
                    && let Some(file) = table.files.id(self.text(node.file))
                    && let Some((line, text)) = numbered(self.text(line))
                {
                    known.entry(file).or_default().push((line, text.to_owned()));
                }
            }
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
