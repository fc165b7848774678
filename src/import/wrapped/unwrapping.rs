//! Takes what is around a log's lines off them, and knows where in the file each piece of the text comes from.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, BufRead};

use super::super::records::{RECORD_LIMIT, shown, trim_end, trim_mark};
use super::syslog::Demux;
use super::units::{Unit, Units};
use super::{Around, Inner, server, stripped};

/// Where a piece of the unwrapped text comes from.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// Where it ends in the unwrapped text.
    end: u64,
    /// Bytes of the file, from the first of its lines to the last.
    pub raw: (u64, u64),
    /// Number of its first line in the file, from 1.
    pub line: u64,
}

/// Takes the layers off a log.
pub struct Unwrapping {
    around: Around,
    units: Units,
    /// Bytes of unwrapped text so far.
    position: u64,
    blocks: VecDeque<Block>,
    out: Vec<u8>,
    unit: Vec<u8>,
    /// The beginning of a line that goes on.
    partial: Vec<u8>,
    partial_block: Option<Block>,
    demux: Option<Demux>,
    /// What is open of each of several servers, whose lines take turns.
    open: Vec<Open>,
    /// Of a file with the newest records first: all lines, until its end is read.
    held: Option<Vec<Held>>,
    held_bytes: usize,
    skipped: u64,
    first_skipped: Option<String>,
}

/// A line, whose it is, and where it comes from.
type Held = (Vec<u8>, Vec<u8>, Block);

/// More than these bytes of lines are not held.
const MOST_HELD: usize = 256 * 1024 * 1024;

/// A record of one of several servers.
struct Open {
    source: Vec<u8>,
    lines: Vec<(Vec<u8>, Block)>,
    bytes: usize,
}

/// Servers whose lines take turns in one file.
const MOST_OPEN: usize = 64;

impl Unwrapping {
    /// For a log that has this around it. `demux` puts syslog's pieces together.
    pub fn new(around: Around, demux: Demux) -> Self {
        let demux = around.has_syslog().then_some(demux);
        Self {
            units: around.units(),
            held: around.newest_first.then(Vec::new),
            held_bytes: 0,
            around,
            position: 0,
            blocks: VecDeque::new(),
            out: Vec::new(),
            unit: Vec::new(),
            partial: Vec::new(),
            partial_block: None,
            demux,
            open: Vec::new(),
            skipped: 0,
            first_skipped: None,
        }
    }

    /// More of the unwrapped text; nothing at the end. `more` is handed each piece.
    pub fn fill(&mut self, input: &mut dyn BufRead, more: &mut Vec<u8>) -> io::Result<()> {
        self.out.clear();
        while self.out.is_empty() {
            let mut unit = std::mem::take(&mut self.unit);
            let found = self.units.next(input, &mut unit)?;
            if let Some(found) = found {
                self.take(&unit, found);
            }
            self.unit = unit;
            if found.is_none() {
                self.end();
                break;
            }
        }
        more.extend_from_slice(&self.out);
        Ok(())
    }

    fn take(&mut self, raw: &[u8], unit: Unit) {
        let mut block = Block { end: 0, raw: unit.raw, line: unit.line };
        let mut text = Cow::Borrowed(trim_end(if unit.raw.0 == 0 { trim_mark(raw) } else { raw }));
        let mut partial = false;
        let mut source = Cow::Borrowed(&b""[..]);
        for layer in &self.around.layers {
            let Some(inner) = within(layer, text) else {
                self.skip(block, raw);
                return;
            };
            let (inner, whose, goes_on) = inner;
            partial |= goes_on;
            if !whose.is_empty() {
                source = whose;
            }
            text = inner;
        }
        if !self.around.sources.is_empty() && !self.around.sources.iter().any(|known| *known == *source) {
            self.skip(block, raw);
            return;
        }
        if let Some(before) = self.partial_block.take() {
            block.raw.0 = before.raw.0;
            block.line = before.line;
            self.partial.extend_from_slice(&text);
            text = Cow::Owned(std::mem::take(&mut self.partial));
        }
        if partial && text.len() < RECORD_LIMIT {
            self.partial = text.into_owned();
            self.partial_block = Some(block);
            return;
        }
        self.whole(text, &source, block);
    }

    /// A line that has none of the log's.
    fn skip(&mut self, block: Block, raw: &[u8]) {
        if self.around.skips_silently() {
            return;
        }
        self.skipped += 1;
        self.first_skipped.get_or_insert_with(|| format!("line {}: {}", block.line, shown(raw)));
    }

    /// A whole line, which waits for those after it if the newest come first.
    fn whole(&mut self, text: Cow<'_, [u8]>, source: &[u8], block: Block) {
        match &mut self.held {
            Some(held) => {
                self.held_bytes += text.len() + source.len() + size_of::<Held>();
                held.push((text.into_owned(), source.to_vec(), block));
                if self.held_bytes > MOST_HELD {
                    self.release();
                }
            }
            None => self.in_order(text, source, block),
        }
    }

    /// Lets go of the lines that are held, the last one first.
    fn release(&mut self) {
        for (text, source, block) in self.held.take().unwrap_or_default().into_iter().rev() {
            self.in_order(Cow::Owned(text), &source, block);
        }
    }

    /// A whole line, in the order of time.
    fn in_order(&mut self, text: Cow<'_, [u8]>, source: &[u8], block: Block) {
        match &mut self.demux {
            Some(demux) => {
                demux.take(&text, block);
                let mut complete = Vec::new();
                while let Some(message) = demux.next(false) {
                    complete.push(message);
                }
                for (text, block) in complete {
                    self.push(&text, block);
                }
            }
            None if self.around.sources.len() > 1 => self.in_turns(text.into_owned(), source, block),
            None => self.push(&text, block),
        }
    }

    /// A line of one of several servers: it waits for the rest of its record.
    fn in_turns(&mut self, text: Vec<u8>, source: &[u8], block: Block) {
        let at = match self.open.iter().position(|open| open.source == source) {
            Some(at) => at,
            None => {
                if self.open.len() == MOST_OPEN {
                    let oldest = self.open.remove(0);
                    self.push_all(oldest.lines);
                }
                self.open.push(Open { source: source.to_vec(), lines: Vec::new(), bytes: 0 });
                self.open.len() - 1
            }
        };
        let open = &mut self.open[at];
        // A slow log's record begins with several lines that look like its beginning.
        let is_header = |line: &[u8]| line.starts_with(b"# ");
        let goes_on = is_header(&text) && open.lines.last().is_some_and(|(line, _)| is_header(line));
        let begins = server::begins(&text) && !goes_on;
        let lines = if begins || open.bytes > RECORD_LIMIT {
            open.bytes = 0;
            std::mem::take(&mut open.lines)
        } else {
            Vec::new()
        };
        open.bytes += text.len();
        open.lines.push((text, block));
        self.push_all(lines);
    }

    fn push_all(&mut self, lines: Vec<(Vec<u8>, Block)>) {
        for (text, block) in lines {
            self.push(&text, block);
        }
    }

    fn push(&mut self, text: &[u8], mut block: Block) {
        self.out.extend_from_slice(text);
        self.out.push(b'\n');
        self.position += text.len() as u64 + 1;
        block.end = self.position;
        self.blocks.push_back(block);
    }

    /// What is still open.
    fn end(&mut self) {
        if let Some(block) = self.partial_block.take() {
            let text = std::mem::take(&mut self.partial);
            self.whole(Cow::Owned(text), b"", block);
        }
        self.release();
        for open in std::mem::take(&mut self.open) {
            self.push_all(open.lines);
        }
        while let Some((text, block)) = self.demux.as_mut().and_then(|demux| demux.next(true)) {
            self.push(&text, block);
        }
    }

    /// The unwrapped text of `bytes`.
    pub fn all(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (mut rest, mut text) = (bytes, Vec::new());
        loop {
            let before = text.len();
            // Reading from memory does not fail.
            if self.fill(&mut rest, &mut text).is_err() || text.len() == before {
                return text;
            }
        }
    }

    /// The first piece of `bytes`' unwrapped text.
    pub fn first(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (mut rest, mut text) = (bytes, Vec::new());
        while self.fill(&mut rest, &mut text).is_ok() && text.is_empty() && !rest.is_empty() {}
        if text.is_empty() {
            let _ = self.fill(&mut rest, &mut text);
        }
        let end = self.blocks.front().map_or(0, |block| block.end as usize);
        text.truncate(end);
        text
    }

    /// Where a range of the unwrapped text is in the file; ranges are asked for in ascending order.
    pub fn place(&mut self, begin: u64, end: u64) -> Block {
        while self.blocks.len() > 1 && self.blocks.front().is_some_and(|block| block.end <= begin) {
            self.blocks.pop_front();
        }
        let mut place = self.blocks.front().copied().unwrap_or(Block { end, raw: (0, 0), line: 1 });
        for block in &self.blocks {
            place.raw.0 = place.raw.0.min(block.raw.0);
            place.raw.1 = place.raw.1.max(block.raw.1);
            if block.end >= end {
                break;
            }
        }
        place
    }

    /// How many lines had nothing of the log in them, and the first one.
    pub fn skipped(&self) -> (u64, Option<String>) {
        (self.skipped + self.units.skipped, self.first_skipped.clone())
    }

    /// The names of other logs in the file, which are not read.
    pub fn left_out(&self) -> String {
        let names = self.around.left_out.iter().map(|name| String::from_utf8_lossy(name).into_owned());
        names.collect::<Vec<_>>().join(", ")
    }

    /// The beginning of the log as it is read from `head`.
    pub fn head(&self, head: &[u8]) -> Vec<u8> {
        Self::new(self.around.clone(), Demux::default()).all(head)
    }

    /// Whether the newest records came first, and all of them were turned round; `None` if they did not.
    pub fn newest_first(&self) -> Option<bool> {
        self.around.newest_first.then_some(self.held_bytes <= MOST_HELD)
    }

    /// What is around the log, as people say it.
    pub fn names(&self) -> String {
        self.around.layers.iter().map(|layer| layer.name()).collect::<Vec<_>>().join(" and ")
    }

    /// The year that was given to stamps without one.
    pub fn year(&self) -> Option<i64> {
        self.demux.as_ref().and_then(Demux::inferred_year)
    }
}

/// What is within a layer: the text, whose it is, and whether it goes on.
type Within<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>, bool);

fn within<'a>(layer: &super::Layer, text: Cow<'a, [u8]>) -> Option<Within<'a>> {
    match text {
        Cow::Borrowed(text) => {
            let Inner { text, partial, source } = stripped(layer, text)?;
            let text = match text {
                Cow::Borrowed(text) => Cow::Borrowed(trim_end(text)),
                Cow::Owned(mut text) => {
                    text.truncate(trim_end(&text).len());
                    Cow::Owned(text)
                }
            };
            Some((text, source, partial))
        }
        Cow::Owned(text) => {
            let Inner { text, partial, source } = stripped(layer, &text)?;
            Some((Cow::Owned(trim_end(&text).to_vec()), Cow::Owned(source.into_owned()), partial))
        }
    }
}
