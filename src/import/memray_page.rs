//! memray's web pages (`memray flamegraph`, `memray table`), and the data in them:
//! <https://github.com/bloomberg/memray/blob/main/src/memray/reporters/flamegraph.py>,
//! [`table.py`](https://github.com/bloomberg/memray/blob/main/src/memray/reporters/table.py).
//!
//! A script assigns `packed_data`: of a flame graph a tree in columns whose texts are numbers, of a table a list of rows;
//! names are escaped for HTML. `memory_records` beside it is the memory over time: milliseconds since 1970, what the process
//! has, and what is allocated. A page made with `--temporal` has intervals in place of sums: those that were open at the
//! peak are read. An inverted tree (`--inverted`) has what asked for memory at its root and the outermost frames at its ends,
//! which alone have anything of their own: it is turned over.
//!
//! Threads are added up unless the page was asked for `--split-threads`, as `merge_threads` behind the data says: a stack's
//! thread is that of one allocation, then.
//!
//! A page of leaks says so in its title. One of temporary allocations does not; it is known by having more than ever lived
//! at once.

mod numbers;

use std::io::BufRead as _;

use super::beginning::Beginning;
use super::frame::{NO_FILE, NO_FRAME};
use super::json::{Fault, Json, Next};
use super::line_stacks::LineStacks;
use super::memray_csv::{LEAKS, MAYBE_PEAK, TEMPORARY, Tracks, allocated, measures, merge_threads};
use super::within::{self, unescaped};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::series::{Curve, Series};
use crate::profile::{Profile, Unit, line_table};
use numbers::Numbers;

/// memray's page.
pub struct MemrayPage;

/// For the registry.
pub static ABOUT: About = About {
    id: "memray-page",
    title: "memray, flame graph or table",
    kind: Kind::Profile,
    how_to_record: "memray run -o app.bin app.py && memray flamegraph app.bin\n\
         The page as it is: memory by stack and line at the peak, and over time; with --split-threads by thread as well.",
};

const MARK: &[u8] = b"const packed_data = ";
const RECORDS: &[u8] = b"const memory_records = ";
/// Stands between the two.
const SPLIT: &[u8] = b"const merge_threads = false;";

const TITLE_OF_LEAKS: &[u8] = b"(memory leaks)</title>";
/// Stands in the dialog of statistics.
const STATED_PEAK: &[u8] = b"Peak memory usage: ";
/// What the page states is rounded, and its units may be thousands or 1,024.
const MORE_THAN_PEAK: f64 = 1.1;

const AGAIN: &str = "Write it again: memray flamegraph recording.bin";

impl Format for MemrayPage {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let holds = |word: &[u8]| memchr::memmem::find(head, word).is_some();
        if within::is_page(head) {
            return if holds(b"<title>memray - ") { 95 } else { 0 };
        }
        let text = Beginning::of(head);
        let row = [&b"\"allocator\""[..], b"\"n_allocations\"", b"\"stack_trace\"", b"\"tid\""];
        if text.starts_with(b"{\"inverted_no_imports_nodes\"")
            || text.starts_with(b"{\"high_water_mark_by_snapshot\"")
        {
            95
        } else if text.starts_with(b"[") && row.into_iter().all(holds) {
            90
        } else {
            0
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let reading = |error| ImportError::reading(&error);
        let is_page = within::is_page(input.head());
        let is_leaks = is_page && memchr::memmem::find(input.head(), TITLE_OF_LEAKS).is_some();
        let mut stated = None;
        let mut found = None;
        if is_page {
            // The dialog of statistics stands in front of the data.
            found = within::skip_to_either(input, [MARK, STATED_PEAK]).map_err(reading)?;
            if found == Some(1) {
                stated = stated_peak(input);
                found = within::skip_to(input, MARK).map_err(reading)?.then_some(0);
            }
        }
        if is_page && found.is_none() {
            return Err(ImportError::new(self, "the page has no data in it", AGAIN));
        }
        let mut json = Json::new(input);
        let of = |fault: Fault| fault.of(&MemrayPage, AGAIN);
        let is_table = json.peek().map_err(of)? == Next::Array;
        let mut diagnostics = Diagnostics::default();
        let mut tree = if is_table { None } else { Some(Tree::read(&mut json).map_err(of)?) };
        let mut stacks = match &mut tree {
            Some(tree) => tree.stacks(&mut diagnostics)?,
            None => read_table(&mut json).map_err(of)?,
        };
        let input = json.leave();
        // A page that is cut behind its data has them all the same.
        let mut next =
            if is_page { within::skip_to_either(input, [SPLIT, RECORDS]).unwrap_or(None) } else { None };
        if next == Some(0) {
            next = within::skip_to(input, RECORDS).is_ok_and(|found| found).then_some(1);
        } else {
            merge_threads(&mut stacks, &mut diagnostics);
        }
        let mut profile = stacks.finish();
        if let (Some(tree), Some(profile)) = (&tree, &mut profile)
            && let Some(table) = &mut profile.line_table
        {
            tree.add_sources(table);
        }
        drop(tree);
        if next == Some(1)
            && let Some(profile) = &mut profile
        {
            profile.series = read_records(&mut Json::new(input)).unwrap_or_default().map(Box::new);
        }
        let total = profile.as_ref().map_or(0.0, Profile::total);
        let is_temporary = !is_leaks && stated.is_some_and(|peak| total > peak * MORE_THAN_PEAK);
        let of_what = match () {
            () if is_leaks => LEAKS,
            () if is_temporary => TEMPORARY,
            () => MAYBE_PEAK,
        };
        if is_temporary && let Some(profile) = &mut profile {
            allocated(profile);
        }
        diagnostics.note(Level::Info, of_what, || None);
        let profile =
            profile.ok_or_else(|| ImportError::new(self, "it has no allocations", "Record for longer."))?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// The columns of a flame graph's tree.
#[derive(Default)]
struct Tree {
    is_inverted: bool,
    /// Per node where its children end among [`Self::below`], which has those of all.
    children: Vec<u32>,
    below: Vec<u32>,
    file: Vec<u32>,
    function: Vec<u32>,
    line: Vec<u32>,
    source: Vec<u32>,
    thread: Vec<u32>,
    bytes: Vec<f64>,
    allocations: Vec<f64>,
    strings: Vec<String>,
    /// By snapshot, of a page with intervals.
    peaks: Vec<f64>,
    /// Allocated before which snapshot, freed before which, node, how often, bytes.
    intervals: Vec<[f64; 5]>,
}

/// What stands for a number that is none, negative or too large.
const NONE: u32 = u32::MAX;

/// Adds whole numbers to a column.
fn wholes(json: &mut Json<'_, '_>, column: &mut Vec<u32>) -> Result<(), Fault> {
    if json.array()? {
        while json.item()? {
            column.push(json.whole()?.and_then(|number| u32::try_from(number).ok()).unwrap_or(NONE));
        }
    }
    Ok(())
}

fn numbers(json: &mut Json<'_, '_>) -> Result<Vec<f64>, Fault> {
    let mut column = Vec::new();
    if json.array()? {
        while json.item()? {
            column.push(json.number()?.unwrap_or(f64::NAN));
        }
    }
    Ok(column)
}

impl Tree {
    fn read(json: &mut Json<'_, '_>) -> Result<Self, Fault> {
        let mut tree = Self::default();
        if !json.object()? {
            return Ok(tree);
        }
        while let Some(key) = json.key()? {
            match key {
                "nodes" => tree.read_nodes(json)?,
                // Empty where the tree is not inverted.
                "inverted_no_imports_nodes" => {
                    if json.object()? {
                        while json.key()?.is_some() {
                            tree.is_inverted = true;
                            json.skip()?;
                        }
                    }
                }
                "strings" => {
                    if json.array()? {
                        while json.item()? {
                            tree.strings.push(unescaped(json.text_lent()?.unwrap_or_default()));
                        }
                    }
                }
                "high_water_mark_by_snapshot" => tree.peaks = numbers(json)?,
                "intervals" => {
                    if json.array()? {
                        while json.item()? {
                            tree.intervals.push(interval(json)?);
                        }
                    }
                }
                _ => json.skip()?,
            }
        }
        Ok(tree)
    }

    fn read_nodes(&mut self, json: &mut Json<'_, '_>) -> Result<(), Fault> {
        if !json.object()? {
            return Ok(());
        }
        while let Some(key) = json.key()? {
            match key {
                "children" => {
                    if json.array()? {
                        while json.item()? {
                            wholes(json, &mut self.below)?;
                            self.children.push(u32::try_from(self.below.len()).unwrap_or(NONE));
                        }
                    }
                }
                "filename" => wholes(json, &mut self.file)?,
                "function" => wholes(json, &mut self.function)?,
                "lineno" => wholes(json, &mut self.line)?,
                "name" => wholes(json, &mut self.source)?,
                "thread_id" => wholes(json, &mut self.thread)?,
                "value" => self.bytes = numbers(json)?,
                "n_allocations" => self.allocations = numbers(json)?,
                _ => json.skip()?,
            }
        }
        Ok(())
    }

    fn text(&self, column: &[u32], at: usize) -> &str {
        column.get(at).and_then(|&id| self.strings.get(id as usize)).map_or("", String::as_str)
    }

    /// The line of a node, 0 where it has none.
    fn line(&self, at: usize) -> u32 {
        self.line.get(at).copied().filter(|&line| line != NONE).unwrap_or(0)
    }

    /// Per node the one above it. Nodes come before those below them, so none is its own.
    fn parents(&self) -> Result<Vec<u32>, ImportError> {
        let mut parents = vec![NO_PARENT; self.children.len()];
        let mut begin = 0;
        for (node, &end) in self.children.iter().enumerate() {
            for &child in self.below.get(begin..end as usize).unwrap_or_default() {
                match parents.get_mut(child as usize).filter(|_| child as usize > node) {
                    Some(parent) => *parent = node as u32,
                    None => return Err(ImportError::new(&MemrayPage, "its frames are no tree", AGAIN)),
                }
            }
            begin = end as usize;
        }
        Ok(parents)
    }

    /// Bytes and allocations of each node itself.
    fn own(&mut self, parents: &[u32], diagnostics: &mut Diagnostics) -> [Vec<f64>; 2] {
        let count = parents.len();
        if self.intervals.is_empty() {
            return [&mut self.bytes, &mut self.allocations].map(|totals| {
                let mut own = std::mem::take(totals);
                own.resize(count, 0.0);
                // A node comes before those below it, and so is still whole when it is taken from the one above.
                for (at, &parent) in parents.iter().enumerate() {
                    if parent != NO_PARENT {
                        own[parent as usize] -= own[at];
                    }
                }
                own
            });
        }
        let peaks = self.peaks.iter().enumerate().filter(|(_, peak)| peak.is_finite());
        let peak = peaks.max_by(|one, other| one.1.total_cmp(other.1).then(other.0.cmp(&one.0)));
        let at = peak.map(|(at, _)| at as f64);
        // Leaks by time have no peaks (`--temporal --leaks` writes null): what has no end was never freed.
        let message = match at {
            Some(_) => "the page has allocations by time: those that lived at the peak are shown",
            None => "the page has allocations by time: those that were never freed are shown",
        };
        diagnostics.note(Level::Info, message, || None);
        let mut own = [vec![0.0; count], vec![0.0; count]];
        for [from, until, node, allocations, bytes] in std::mem::take(&mut self.intervals) {
            // Allocated before a snapshot is there at it; freed before it is not.
            let lives = at.map_or(until.is_nan(), |at| from <= at && (until.is_nan() || until > at));
            let node = if (0.0..4e9).contains(&node) { node as usize } else { usize::MAX };
            if lives && node < count {
                own[0][node] += bytes;
                own[1][node] += allocations;
            }
        }
        own
    }

    fn stacks(&mut self, diagnostics: &mut Diagnostics) -> Result<LineStacks, ImportError> {
        let parents = self.parents()?;
        self.below = Vec::new();
        let own = self.own(&parents, diagnostics);
        let mut stacks = LineStacks::new(measures());
        let mut tracks = Tracks::default();
        stacks.reserve(if self.is_inverted { 0 } else { parents.len() });
        let mut texts = Numbers::new(&self.strings);
        let mut frames: Vec<u32> = Vec::with_capacity(parents.len());
        let mut places: Vec<u32> = Vec::with_capacity(parents.len());
        for (at, &parent) in parents.iter().enumerate() {
            let has_any = own.iter().any(|own| own[at] != 0.0);
            if at == 0 {
                // The root stands for the whole; what it has itself is under no frame.
                frames.push(0);
                places.push(NO_PARENT);
                if !has_any {
                    continue;
                }
            } else {
                let [file, name] = [&self.file, &self.function].map(|column| column.get(at).copied());
                let file = texts.file(file.unwrap_or(NONE), &mut stacks);
                let name = texts.name(name.unwrap_or(NONE), &mut stacks);
                frames.push(stacks.frame_of(file, i64::from(self.line(at)), name, 0));
                let above = if parent == NO_PARENT { NO_PARENT } else { places[parent as usize] };
                places.push(match self.is_inverted {
                    false => stacks.child(above, frames[at]),
                    true if has_any => self.turned(at, &parents, &frames, &mut stacks),
                    true => NO_PARENT,
                });
                if !has_any {
                    continue;
                }
            }
            let track = match at {
                0 => tracks.of("0x1", &mut stacks),
                _ => tracks.of(self.text(&self.thread, at), &mut stacks),
            };
            let node = match places[at] {
                NO_PARENT => {
                    let frame = stacks.frame(NO_FILE, 0, NO_FRAME, 0);
                    stacks.child(NO_PARENT, frame)
                }
                place => place,
            };
            for (measure, own) in own.iter().enumerate() {
                stacks.add(measure, track, node, own[at]);
            }
        }
        Ok(stacks)
    }

    /// The stack that ends, outermost, in node `at` of an inverted tree.
    fn turned(&self, at: usize, parents: &[u32], frames: &[u32], stacks: &mut LineStacks) -> u32 {
        let mut node = NO_PARENT;
        let mut at = at;
        // Its root stands for the whole.
        while at != 0 {
            node = stacks.child(node, frames[at]);
            at = match parents[at] {
                NO_PARENT => 0,
                parent => parent as usize,
            };
        }
        node
    }

    /// What lines say, where the page shows it; a line that it does not know it calls by its place.
    fn add_sources(&self, table: &mut line_table::LineTable) {
        let mut known: rustc_hash::FxHashMap<u32, Vec<(u32, String)>> = rustc_hash::FxHashMap::default();
        let mut said: rustc_hash::FxHashSet<(u32, u32)> = rustc_hash::FxHashSet::default();
        for at in 1..self.children.len() {
            let place = (self.file.get(at).copied().unwrap_or(NONE), self.line(at));
            // Many nodes are of one line, of which what it says is kept once.
            let Some(text) = self.text(&self.source, at).strip_suffix('\n').filter(|_| place.1 > 0) else {
                continue;
            };
            if said.insert(place)
                && let Some(file) = table.files.id(self.text(&self.file, at))
            {
                known.entry(file).or_default().push((place.1, text.to_owned()));
            }
        }
        table.sources = known.into_iter().map(|(file, lines)| line_table::Source::new(file, lines)).collect();
        crate::sort::by_number(&mut table.sources, |source| source.file);
    }
}

/// A row of intervals; what is missing is no number.
fn interval(json: &mut Json<'_, '_>) -> Result<[f64; 5], Fault> {
    let mut interval = [f64::NAN; 5];
    let mut places = interval.iter_mut();
    if json.array()? {
        while json.item()? {
            let number = json.number()?.unwrap_or(f64::NAN);
            if let Some(place) = places.next() {
                *place = number;
            }
        }
    }
    Ok(interval)
}

/// Rows of a table: each a place and what was allocated there, without who called it.
fn read_table(json: &mut Json<'_, '_>) -> Result<LineStacks, Fault> {
    let mut stacks = LineStacks::new(measures());
    let mut tracks = Tracks::default();
    if !json.array()? {
        return Ok(stacks);
    }
    while json.item()? {
        let (mut place, mut thread, mut bytes, mut allocations) = (String::new(), String::new(), 0.0, 0.0);
        if !json.object()? {
            continue;
        }
        while let Some(key) = json.key()? {
            match key {
                "stack_trace" => place = unescaped(json.text_lent()?.unwrap_or_default()),
                "tid" => thread = unescaped(json.text_lent()?.unwrap_or_default()),
                "size" => bytes = json.number()?.unwrap_or(0.0),
                "n_allocations" => allocations = json.number()?.unwrap_or(0.0),
                _ => json.skip()?,
            }
        }
        let spelt = place.rsplit_once(':').and_then(|(rest, line)| {
            let (name, file) = rest.split_once(" at ")?;
            Some((name, file, line.parse::<i64>().ok()?))
        });
        let frame = match spelt {
            Some((name, file, line)) => stacks.frame(file, line.max(0), name, 0),
            None => stacks.frame(NO_FILE, 0, NO_FRAME, 0),
        };
        let node = stacks.child(NO_PARENT, frame);
        let track = tracks.of(&thread, &mut stacks);
        stacks.add(0, track, node, bytes);
        stacks.add(1, track, node, allocations);
    }
    Ok(stacks)
}

/// The peak in bytes, at most, as the page's statistics state it: `38.9 MB<br>`.
fn stated_peak(input: &mut Input<'_>) -> Option<f64> {
    let mut text = String::new();
    while text.len() < 32 {
        match input.fill_buf().ok()?.first() {
            Some(&byte) if byte.is_ascii_alphanumeric() || b". ".contains(&byte) => {
                text.push(char::from(byte))
            }
            _ => break,
        }
        input.consume(1);
    }
    let digits = text.find(|sign: char| !(sign.is_ascii_digit() || sign == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let power = match unit.trim_start().bytes().next().map(|byte| byte.to_ascii_uppercase()) {
        Some(b'B') => 0,
        Some(b'K') => 1,
        Some(b'M') => 2,
        Some(b'G') => 3,
        Some(b'T') => 4,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * 1024_f64.powi(power))
}

/// Memory over time.
fn read_records(json: &mut Json<'_, '_>) -> Result<Option<Series>, Fault> {
    let mut at = Vec::new();
    let (mut resident, mut heap) = (Vec::new(), Vec::new());
    if json.array()? {
        while json.item()? {
            if let [time, process, allocated, ..] = numbers(json)?.as_slice()
                && [time, process, allocated].iter().all(|number| number.is_finite())
                && at.last().is_none_or(|last| last <= time)
            {
                at.push(*time);
                resident.push(*process);
                heap.push(*allocated);
            }
        }
    }
    let Some(&start) = at.first() else { return Ok(None) };
    let at: Vec<f64> = at.iter().map(|time| (time - start) / 1e3).collect();
    let curve = |name: &str, at: Vec<f64>, value| Curve {
        name: name.to_owned(),
        unit: Unit::Bytes,
        at,
        value,
        place: Vec::new(),
    };
    // A run that ends before the second measurement has nothing of what it allocated.
    let has_heap = heap.iter().any(|bytes| *bytes > 0.0);
    let heap = has_heap.then(|| curve("Allocated", at.clone(), heap));
    let curves = heap.into_iter().chain([curve("Resident memory", at.clone(), resident)]).collect();
    Ok(Some(Series { curves, ..Series::default() }))
}
