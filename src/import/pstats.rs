//! pstats files: what `cProfile` (since 3.15 `profiling.tracing`) dumps.
//!
//! One marshalled dict, `{(file, line, name): (cc, nc, tt, ct, callers)}`, where `callers` is
//! `{(file, line, name): (nc, cc, tt, ct)}`: the two counts change places. No header, no version, no
//! total. Written by `snapshot_stats` of
//! <https://github.com/python/cpython/blob/main/Lib/cProfile.py>; the numbers come from
//! `Modules/_lsprof.c`. Bytes after the dict are ignored, as Python does.
//!
//! Other tools write the same dict with other meanings. Which one it was is found out once (`writer`); what is read,
//! and what is said of it, follows from that.

mod diagnose;
mod head;
mod hidden;
mod writer;

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::marshal::{self, Fault, Node, NodeId, Reader};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::format;
use crate::input::Input;
use crate::profile::repair::repaired;
use crate::profile::{Edge, Edges, FunctionId, Functions, Profile, Unit, Writer, lines};

/// The format.
pub struct Pstats;

/// 100,000 functions take 25 MB; what is larger is no profile, and the page has 4 GB in all.
const MAX_BYTES: u64 = 512 << 20;

/// For the registry.
pub static ABOUT: About = About {
    id: "pstats",
    title: "cProfile / pstats",
    kind: Kind::Profile,
    how_to_record: "python -m cProfile -o app.prof app.py\n\
         Django: SILKY_PYTHON_PROFILER_BINARY = True, or runprofileserver",
};

impl Format for Pstats {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        head::score(head)
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let bytes = input.read_all(MAX_BYTES).map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => ImportError::new(
                self,
                format!("it is larger than {}", format::bytes(MAX_BYTES)),
                "Record a shorter run.",
            ),
            _ => ImportError::reading(&error),
        })?;
        let mut diagnostics = Diagnostics::default();
        let profile = read(&bytes, input.options.sums_only, &mut diagnostics)?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

fn byte(position: usize) -> String {
    format!("byte {}", format::count(position as i64))
}

/// The error for damaged bytes.
fn damaged(bytes: &[u8], error: marshal::Error) -> ImportError {
    let advice = if was_text(bytes) {
        "In it every line feed follows a carriage return: it was copied as text, which damages it \
         for good. Copy the original again in binary mode."
    } else if error.fault == Fault::Truncated {
        "The recording was cut short, or copied before it was complete: copy the file again or \
         record again. Python's own pstats cannot read it either."
    } else {
        "The file is damaged, or was copied as text instead of binary: copy it again or record \
         again. Python's own pstats cannot read it either."
    };
    ImportError::new(&Pstats, error.fault.to_string(), advice).at(byte(error.position))
}

/// Whether line ends were translated on the way: by chance a binary file has lone line feeds.
fn was_text(bytes: &[u8]) -> bool {
    let mut pairs = 0;
    for place in memchr::memchr_iter(b'\n', bytes) {
        if place == 0 || bytes[place - 1] != b'\r' {
            return false;
        }
        pairs += 1;
    }
    pairs > 0
}

fn read(bytes: &[u8], sums_only: bool, diagnostics: &mut Diagnostics) -> Result<Profile, ImportError> {
    let fail = |error| damaged(bytes, error);
    let mut reader = Reader::new(bytes).map_err(fail)?;
    let mut table = Table { edge_limit: bytes.len(), ..Table::default() };
    loop {
        let position = reader.position();
        match reader.next_entry().map_err(fail)? {
            None => break,
            Some((key, value)) => {
                table.entry(&reader, position, key, value).map_err(|problem| {
                    let problem = format!("{problem} in the entry that begins");
                    let advice = "It is a marshalled dict of Python, but not one that cProfile wrote: \
                                  record again, with cProfile.";
                    ImportError::new(&Pstats, problem, advice).at(byte(position))
                })?;
            }
        }
    }
    if table.order.is_empty() {
        let problem = if table.skipped.is_some() {
            "none of its entries is a function"
        } else {
            "no function was recorded"
        };
        let advice =
            "The profiler was never switched on, or the file was written before anything ran: record again.";
        return Err(ImportError::new(&Pstats, problem, advice));
    }
    let after = bytes.len() - reader.position();
    let profile = table.finish(&reader, after, sums_only, diagnostics);
    if !sums_only && profile.is_stripped() {
        diagnose::stripped(&profile, diagnostics);
    }
    Ok(profile)
}

/// Place of a function in [`Table`], in the order in which they are first named, as callers or
/// themselves.
type Slot = u32;

/// The identity of a function as the file has it: text, line, text.
type Key = (u32, i64, Name);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Name {
    Text(u32),
    /// `profile` keys what it ran by its code object: file, line and name of that.
    Code(u32, i64, u32),
}

/// A function's own numbers.
#[derive(Debug, Clone, Copy, Default)]
struct Own {
    calls: i64,
    primitive_calls: i64,
    self_time: f64,
    total_time: f64,
}

/// How often something happened, and where first.
#[derive(Debug, Clone, Copy)]
struct Noted {
    count: u64,
    first: Slot,
}

/// What is collected while reading.
#[derive(Default)]
struct Table {
    slots: FxHashMap<Key, Slot>,
    /// Per node: the slot of the key tuple there plus one, once it was referred to; 0 if it was not.
    /// Most callers are such references.
    known: Vec<Slot>,
    keys: Vec<Key>,
    /// Per slot: its own numbers, once its entry was read.
    own: Vec<Option<Own>>,
    /// Slots in the order of their entries.
    order: Vec<Slot>,
    /// Per slot: which of the edges are of its entry.
    incoming: Vec<Range<usize>>,
    /// Callers and callees are slots still.
    edges: Vec<Edge>,
    /// Shared dicts could stand for more edges than there are bytes.
    edge_limit: usize,
    sampled: bool,
    /// Edges that have only a count.
    counts_only: Option<Noted>,
    /// Edges with several records each, as Python 2.5's pstats merged files.
    concatenated: Option<Noted>,
    repeated: Option<Noted>,
    not_finite: Option<Noted>,
    /// First byte of an entry that is no function, and how many there are.
    skipped: Option<(usize, u64)>,
}

fn note(noted: &mut Option<Noted>, slot: Slot) {
    noted.get_or_insert(Noted { count: 0, first: slot }).count += 1;
}

impl Table {
    /// Takes in one entry of the dict, which begins at byte `position`.
    fn entry(
        &mut self,
        reader: &Reader<'_>,
        position: usize,
        key: NodeId,
        value: NodeId,
    ) -> Result<(), String> {
        let Some(slot) = self.slot(reader, key) else {
            // Python 3.15's sampling profiler marks its files so.
            if head::is_sampled_key(reader, key) {
                self.sampled = true;
            } else {
                self.skipped.get_or_insert((position, 0)).1 += 1;
            }
            return Ok(());
        };
        let (value, Node::Tuple { length: 5, .. }) = reader.get(value) else {
            return Err("a function's numbers are not five".to_owned());
        };
        let mut parts = reader.parts(value);
        let mut part = || parts.next().map_or((0, Node::Singleton), |part| reader.get(part));
        let own = Own {
            primitive_calls: count(part().1)?,
            calls: count(part().1)?,
            self_time: self.time(part().1, slot)?,
            total_time: self.time(part().1, slot)?,
        };
        let (callers, Node::Dict { .. }) = part() else {
            return Err("a function's callers are no dict".to_owned());
        };
        if self.own[slot as usize].replace(own).is_some() {
            // The last one counts, as in a dict.
            note(&mut self.repeated, slot);
        } else {
            self.order.push(slot);
        }
        let first_edge = self.edges.len();
        let mut parts = reader.parts(callers);
        while let (Some(caller), Some(numbers)) = (parts.next(), parts.next()) {
            let Some(caller) = self.slot(reader, caller) else {
                return Err("a caller is not (file, line, name)".to_owned());
            };
            if self.edges.len() >= self.edge_limit {
                return Err("it names more callers than it has bytes".to_owned());
            }
            let edge = self.edge(reader, caller, slot, numbers)?;
            self.edges.push(edge);
        }
        self.estimate_times(first_edge, &own);
        self.incoming[slot as usize] = first_edge..self.edges.len();
        Ok(())
    }

    /// One caller's numbers.
    fn edge(
        &mut self,
        reader: &Reader<'_>,
        caller: Slot,
        callee: Slot,
        numbers: NodeId,
    ) -> Result<Edge, String> {
        let (numbers, node) = reader.get(numbers);
        let Node::Tuple { length, .. } = node else {
            let calls = count(node)?;
            note(&mut self.counts_only, callee);
            return Ok(Edge {
                caller,
                callee,
                calls,
                primitive_calls: calls,
                self_time: f64::NAN,
                total_time: f64::NAN,
            });
        };
        if length == 0 || length % 4 != 0 {
            return Err("a caller's numbers are not four".to_owned());
        }
        if length > 4 {
            note(&mut self.concatenated, callee);
        }
        let mut edge = Edge { caller, callee, calls: 0, primitive_calls: 0, self_time: 0.0, total_time: 0.0 };
        let mut parts = reader.parts(numbers);
        for _ in 0..length / 4 {
            let mut part = || parts.next().map_or(Node::Singleton, |part| reader.get(part).1);
            edge.calls = sum(edge.calls, count(part())?)?;
            edge.primitive_calls = sum(edge.primitive_calls, count(part())?)?;
            edge.self_time += self.time(part(), callee)?;
            edge.total_time += self.time(part(), callee)?;
        }
        Ok(edge)
    }

    /// Gives edges that have only a count their share of the callee's times, by count.
    fn estimate_times(&mut self, first_edge: usize, own: &Own) {
        let edges = &mut self.edges[first_edge..];
        let counted: f64 = edges.iter().map(|edge| edge.calls.max(0) as f64).sum();
        let all = counted.max(own.calls as f64);
        for edge in edges.iter_mut().filter(|edge| edge.self_time.is_nan()) {
            let share = if all > 0.0 { edge.calls.max(0) as f64 / all } else { 0.0 };
            edge.self_time = own.self_time * share;
            edge.total_time = own.total_time * share;
        }
    }

    /// The slot of the function a key names; `None` if it names none.
    fn slot(&mut self, reader: &Reader<'_>, key: NodeId) -> Option<Slot> {
        let (place, node) = reader.get(key);
        let shared = place != key;
        if shared && let Some(&known @ 1..) = self.known.get(place as usize) {
            return Some(known - 1);
        }
        let Node::Tuple { length: 3, .. } = node else { return None };
        let mut parts = reader.parts(place).map(|part| reader.get(part));
        let (Node::Text(file), Node::Int(line)) = (parts.next()?.1, parts.next()?.1) else { return None };
        let name = match parts.next()? {
            (_, Node::Text(name)) => Name::Text(name),
            (code, Node::Code { .. }) => {
                let (file, name, line) = reader.code(code)?;
                Name::Code(file, line, name)
            }
            _ => return None,
        };
        let key = (file, line, name);
        let next = self.keys.len() as Slot;
        let slot = *self.slots.entry(key).or_insert(next);
        if slot == next {
            self.keys.push(key);
            self.own.push(None);
            self.incoming.push(0..0);
        }
        if shared {
            let place = place as usize;
            if self.known.len() <= place {
                self.known.resize(place + 1, 0);
            }
            self.known[place] = slot + 1;
        }
        Some(slot)
    }

    fn time(&mut self, node: Node, slot: Slot) -> Result<f64, String> {
        let time = match node {
            Node::Float(time) => time,
            Node::Int(time) => time as f64,
            Node::Bool(time) => f64::from(u8::from(time)),
            _ => return Err("a time is no number".to_owned()),
        };
        if time.is_finite() {
            return Ok(time);
        }
        note(&mut self.not_finite, slot);
        Ok(0.0)
    }

    /// Makes the profile: functions in the order of their entries, then callers that have none. `sums_only`: who called whom,
    /// and what is wrong with that, is left out.
    fn finish(
        self,
        reader: &Reader<'_>,
        bytes_after: usize,
        sums_only: bool,
        diagnostics: &mut Diagnostics,
    ) -> Profile {
        let mut ids: Vec<FunctionId> = vec![0; self.keys.len()];
        let without_entry: Vec<Slot> =
            (0..self.keys.len() as Slot).filter(|&slot| self.own[slot as usize].is_none()).collect();
        let mut functions = Functions { sampled: self.sampled, ..Functions::default() };
        let mut texts = Texts { reader, ids: FxHashMap::default(), guessed: 0 };
        for (id, &slot) in self.order.iter().chain(&without_entry).enumerate() {
            ids[slot as usize] = id as FunctionId;
            let (file, line, name) = self.keys[slot as usize];
            let own = self.own[slot as usize].unwrap_or_default();
            functions.file.push(texts.id(file, &mut functions.files, 0));
            functions.line.push(line);
            functions.name.push(match name {
                Name::Text(name) => texts.id(name, &mut functions.names, 1),
                Name::Code(file, line, name) => {
                    let text = |text| marshal::decode(reader.text(text)).0;
                    let spelt = format!("<code object {}, file \"{}\", line {line}>", text(name), text(file));
                    functions.names.intern(&spelt)
                }
            });
            functions.calls.push(own.calls);
            functions.primitive_calls.push(own.primitive_calls);
            functions.self_time.push(own.self_time);
            functions.total_time.push(own.total_time);
        }
        let seen = writer::Seen { sampled: self.sampled, counts_only: self.counts_only.is_some() };
        functions.writer = writer::of(&functions, seen);
        let swapped = functions.writer == Writer::Yappi && writer::counts_are_swapped(&functions);
        if swapped {
            std::mem::swap(&mut functions.calls, &mut functions.primitive_calls);
            let message =
                "yappi writes all calls and primitive calls the other way round: they are put right";
            diagnostics.note(Level::Info, message, || None);
        }
        let place = |slot: Slot| {
            let id = ids[slot as usize];
            functions.place(id)
        };
        self.diagnose(&functions, &without_entry, &place, diagnostics);
        if texts.guessed > 0 {
            let message = "names that are not UTF-8 are read as Latin-1";
            diagnostics.note_many(Level::Info, message, texts.guessed, || None);
        }
        if bytes_after > 0 {
            let message = "bytes after the end of the profile are ignored";
            diagnostics.note_many(Level::Info, message, bytes_after as u64, || Some(byte(reader.position())));
        }
        let mut edges = match self.repeated {
            None => self.edges,
            // Edges of entries that did not count are left out.
            Some(_) => {
                let incoming = self.order.iter().map(|&slot| self.incoming[slot as usize].clone());
                incoming.flat_map(|range| &self.edges[range]).copied().collect()
            }
        };
        for edge in &mut edges {
            edge.caller = ids[edge.caller as usize];
            edge.callee = ids[edge.callee as usize];
        }
        let has_built_ins = (0..functions.len() as u32).any(|id| functions.is_built_in(id));
        if functions.writer == Writer::Unknown && !has_built_ins && hidden::is_nobodys(&functions, &edges) {
            functions.writer = Writer::Yappi;
        }
        if functions.writer == Writer::Yappi && !has_built_ins {
            diagnose::hidden(hidden::add(&mut functions, &mut edges), diagnostics);
        }
        let unit = if writer::has_a_processors_clock(&functions) { Unit::CpuSeconds } else { Unit::Seconds };
        // Of samples edges have a part of the sums.
        if sums_only && !self.sampled {
            return Profile { unit, functions, ..Profile::default() };
        }
        let mut edges = Edges::new(functions.len(), edges);
        if self.sampled {
            let interval = lines::interval(&functions);
            lines::time_edges(&functions, &mut edges, interval);
        }
        // Numbers that are not those of Modules/_lsprof.c need not agree.
        let measured = !self.sampled && !swapped && self.counts_only.is_none() && self.repeated.is_none();
        let known = functions.calls.iter().all(|&calls| calls >= 0)
            && functions.self_time.iter().chain(&functions.total_time).all(|&time| time >= 0.0);
        let profile =
            Profile { unit, edges, functions, by_line: self.sampled, ..Profile::default() }.with_cycles();
        if !profile.has_callers() {
            let message = "the file names no callers (as cProfile with subcalls=False writes it): there is no call tree";
            diagnostics.note(Level::Warning, message, || None);
        }
        let repair = repaired(&profile);
        if let Some(repair) = &repair {
            diagnose::repaired(&profile, repair, diagnostics);
        }
        diagnose::lacks(&profile, diagnostics);
        if !diagnose::greenlets(&profile, diagnostics) && measured && known && self.not_finite.is_none() {
            diagnose::contradictions(&profile, repair.as_ref(), diagnostics);
        }
        profile
    }
}

/// A number of calls. Some tools write whole floats.
fn count(node: Node) -> Result<i64, String> {
    match node {
        Node::Int(count) => Ok(count),
        Node::Bool(count) => Ok(i64::from(count)),
        Node::Float(count) if count.fract() == 0.0 && count.abs() < 9e15 => Ok(count as i64),
        Node::Huge => Err("a number of calls has more than 64 bits".to_owned()),
        _ => Err("a number of calls is no whole number".to_owned()),
    }
}

fn sum(a: i64, b: i64) -> Result<i64, String> {
    a.checked_add(b).ok_or_else(|| "a number of calls has more than 64 bits".to_owned())
}

/// Texts of the file to texts of the profile, each decoded once per column.
struct Texts<'r, 'a> {
    reader: &'r Reader<'a>,
    ids: FxHashMap<(u32, u8), u32>,
    guessed: u64,
}

impl Texts<'_, '_> {
    fn id(&mut self, text: u32, strings: &mut crate::profile::Strings, column: u8) -> u32 {
        *self.ids.entry((text, column)).or_insert_with(|| {
            let (text, guessed) = marshal::decode(self.reader.text(text));
            self.guessed += u64::from(guessed);
            strings.intern(&text)
        })
    }
}
