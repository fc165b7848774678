//! Lines of a server's log inside something else: what platforms and collectors put around each line is
//! taken off again, in front of the readers, which see the log as the server wrote it.
//!
//! - Docker's json-file: `{"log":"…\n","stream":"stderr","time":"…"}`
//! - the container runtimes of Kubernetes (CRI): `2026-11-23T06:34:54.1Z stderr F …`
//! - CloudNativePG: `{"logger":"postgres","msg":"record","logging_pod":"…","record":{…}}`
//! - Google Cloud SQL: `{"textPayload":"…",…}`, one object a line or spread over several
//! - Azure: `{"properties":{"message":"…"}}`, of single servers with `prefix` and `errorLevel`
//! - Amazon RDS in CloudWatch: a second stamp in front of the line's own
//! - syslog, and Heroku's logplex ([`syslog`])
//!
//! Offsets stay those of the file as it is: [`first`] does the same to one record that is read again.

pub mod syslog;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read as _};

use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::postgres::infer::marker;
use super::records::{RECORD_LIMIT, shown, trim_end, trim_mark};
use super::stamp;
use crate::input::Input;
use syslog::Demux;

/// One kind of wrapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    Docker,
    Cri,
    CloudNativePg,
    /// A text under this key, in quotes and with its colon.
    Text(&'static str),
    /// Azure's single servers.
    Azure,
    CloudWatch,
    Syslog,
}

impl Layer {
    /// What is around the log, as people say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "Docker's JSON",
            Self::Cri => "a container runtime's lines",
            Self::CloudNativePg => "CloudNativePG's JSON",
            Self::Text("\"textPayload\":") => "Google Cloud's JSON",
            Self::Text(_) => "JSON messages",
            Self::Azure => "Azure's JSON",
            Self::CloudWatch => "CloudWatch's lines",
            Self::Syslog => "syslog",
        }
    }
}

/// Wrappings may be in one another, but not many.
const MOST_LAYERS: usize = 3;

/// So many lines tell what is around them.
const SAMPLES: usize = 20;

/// What is around the lines of `head`, outermost first; empty for a plain log.
pub fn layers(head: &[u8]) -> Vec<Layer> {
    let head = trim_mark(head);
    let lines = head.split(|&byte| byte == b'\n').map(trim_end).filter(|line| !line.is_empty());
    let mut samples: Vec<Cow<'_, [u8]>> = lines.take(SAMPLES).map(Cow::Borrowed).collect();
    let mut layers = Vec::new();
    while layers.len() < MOST_LAYERS {
        let Some(layer) = samples.iter().find_map(|line| layer(line)) else { break };
        layers.push(layer);
        if layer == Layer::Syslog {
            break;
        }
        samples = samples
            .into_iter()
            .filter_map(|line| Some(Cow::Owned(trim_end(&unwrapped(layer, &line)?.text).to_vec())))
            .collect();
    }
    layers
}

fn layer(line: &[u8]) -> Option<Layer> {
    let content = line.trim_ascii_start();
    match content.first()? {
        b'{' | b'"' => {
            let holds = |needle: &[u8]| memmem::find(content, needle).is_some();
            if content.starts_with(b"{\"log\":") {
                return Some(Layer::Docker);
            }
            if holds(b"\"logging_pod\":") && holds(b"\"record\":") {
                return Some(Layer::CloudNativePg);
            }
            if holds(b"\"error_severity\":") {
                return None;
            }
            if holds(b"\"errorLevel\":") && holds(b"\"prefix\":") {
                return Some(Layer::Azure);
            }
            ["\"textPayload\":", "\"message\":"].into_iter().map(Layer::Text).find(|layer| {
                let text = unwrapped(*layer, line).map(|inner| inner.text.into_owned());
                text.is_some_and(|text| marker(&text).is_some())
            })
        }
        byte if byte.is_ascii_digit() && cri(line).is_some() => Some(Layer::Cri),
        byte if byte.is_ascii_digit() && cloudwatch(line).is_some() => Some(Layer::CloudWatch),
        _ => syslog::Line::read(line).filter(syslog::Line::is_postgres).map(|_| Layer::Syslog),
    }
}

/// What was inside a line.
struct Inner<'a> {
    text: Cow<'a, [u8]>,
    /// Whether the line goes on in the next one.
    partial: bool,
}

/// A line without `layer`; `None` if nothing of the log is in it. What is not wrapped stays as it is.
fn unwrapped(layer: Layer, line: &[u8]) -> Option<Inner<'_>> {
    let whole = |text| Some(Inner { text, partial: false });
    match layer {
        Layer::Cri => match cri(line) {
            Some((text, partial)) => Some(Inner { text: Cow::Borrowed(text), partial }),
            None => whole(Cow::Borrowed(line)),
        },
        Layer::CloudWatch => whole(Cow::Borrowed(cloudwatch(line).unwrap_or(line))),
        Layer::Docker => {
            #[derive(Deserialize)]
            struct Docker<'a> {
                #[serde(borrow)]
                log: Cow<'a, str>,
            }
            let text: Docker<'_> = serde_json::from_slice(line).ok()?;
            let partial = !text.log.ends_with('\n');
            Some(Inner { text: Cow::Owned(text.log.into_owned().into_bytes()), partial })
        }
        Layer::CloudNativePg => {
            #[derive(Deserialize)]
            struct Pod<'a> {
                #[serde(borrow)]
                record: &'a RawValue,
            }
            let pod: Pod<'_> = serde_json::from_slice(line).ok()?;
            whole(Cow::Borrowed(pod.record.get().as_bytes()))
        }
        Layer::Text(key) => whole(Cow::Owned(continued(&text_after(line, key)?))),
        Layer::Azure => {
            let prefix = text_after(line, "\"prefix\":")?;
            let level = text_after(line, "\"errorLevel\":")?;
            let mut text = format!("{prefix}{level}:  {}", text_after(line, "\"message\":")?);
            for (key, word) in [("\"detail\":", "DETAIL"), ("\"statement\":", "STATEMENT")] {
                if let Some(more) = text_after(line, key).filter(|more| !more.is_empty()) {
                    text += &format!("\n{prefix}{word}:  {more}");
                }
            }
            whole(Cow::Owned(continued(&text)))
        }
        Layer::Syslog => whole(Cow::Borrowed(line)),
    }
}

/// The JSON string after a key.
fn text_after(line: &[u8], key: &str) -> Option<String> {
    let after = memmem::find(line, key.as_bytes())? + key.len();
    let rest = line.get(after..)?;
    serde_json::Deserializer::from_slice(rest).into_iter::<String>().next()?.ok()
}

/// A message of several lines, those that go on indented as the server does.
fn continued(text: &str) -> Vec<u8> {
    let mut result = Vec::with_capacity(text.len());
    for (index, line) in text.trim_end_matches('\n').split('\n').enumerate() {
        if index > 0 {
            result.push(b'\n');
            if !line.starts_with('\t') && marker(line.as_bytes()).is_none() {
                result.push(b'\t');
            }
        }
        result.extend_from_slice(line.as_bytes());
    }
    result
}

/// The text of `2026-11-23T06:34:54.123456789Z stdout F text`, and whether it goes on (`P`).
fn cri(line: &[u8]) -> Option<(&[u8], bool)> {
    let stamp = iso_stamp(line)?;
    let rest = line[stamp..].strip_prefix(b" ")?;
    let rest = rest.strip_prefix(b"stdout ").or_else(|| rest.strip_prefix(b"stderr "))?;
    let (tag, text) = rest.split_at_checked(2)?;
    match tag {
        b"F " => Some((text, false)),
        b"P " => Some((text, true)),
        _ => None,
    }
}

/// The line behind CloudWatch's own stamp, and behind the stream's name that `aws logs tail` adds.
fn cloudwatch(line: &[u8]) -> Option<&[u8]> {
    let rest = line[iso_stamp(line)?..].strip_prefix(b" ")?;
    if stamp::parse(rest, 0).is_some() {
        return Some(rest);
    }
    let name = rest.iter().take(200).position(|&byte| byte == b' ')?;
    let rest = &rest[name + 1..];
    stamp::parse(rest, 0).is_some().then_some(rest)
}

/// How long the stamp with a `T` and a zone is that `line` begins with.
fn iso_stamp(line: &[u8]) -> Option<usize> {
    if line.get(10) != Some(&b'T') {
        return None;
    }
    let found = stamp::parse(line, 0)?;
    found.zone.as_ref()?;
    Some(found.range.end)
}

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
    layers: Vec<Layer>,
    raw: u64,
    lines: u64,
    /// Bytes of unwrapped text so far.
    position: u64,
    blocks: VecDeque<Block>,
    out: Vec<u8>,
    line: Vec<u8>,
    /// The beginning of a line that goes on.
    partial: Vec<u8>,
    partial_block: Option<Block>,
    demux: Option<Demux>,
    skipped: u64,
    first_skipped: Option<String>,
}

impl Unwrapping {
    /// For a log that has these layers. `demux` puts syslog's pieces together.
    pub fn new(layers: Vec<Layer>, demux: Demux) -> Self {
        let demux = layers.contains(&Layer::Syslog).then_some(demux);
        Self {
            layers,
            raw: 0,
            lines: 0,
            position: 0,
            blocks: VecDeque::new(),
            out: Vec::new(),
            line: Vec::new(),
            partial: Vec::new(),
            partial_block: None,
            demux,
            skipped: 0,
            first_skipped: None,
        }
    }

    /// More of the unwrapped text; nothing at the end. `more` is handed each piece.
    pub fn fill(&mut self, input: &mut dyn BufRead, more: &mut Vec<u8>) -> io::Result<()> {
        self.out.clear();
        while self.out.is_empty() {
            self.line.clear();
            let limit = RECORD_LIMIT as u64;
            if (&mut *input).take(limit).read_until(b'\n', &mut self.line)? == 0 {
                self.end();
                break;
            }
            let line = std::mem::take(&mut self.line);
            self.take(&line);
            self.line = line;
        }
        more.extend_from_slice(&self.out);
        Ok(())
    }

    fn take(&mut self, raw: &[u8]) {
        let begin = self.raw;
        self.raw += raw.len() as u64;
        self.lines += 1;
        let mut block = Block { end: 0, raw: (begin, self.raw), line: self.lines };
        let mut text = Cow::Borrowed(trim_end(if begin == 0 { trim_mark(raw) } else { raw }));
        let mut partial = false;
        for &layer in &self.layers {
            let inner = match &text {
                Cow::Borrowed(text) => unwrapped(layer, text),
                Cow::Owned(text) => unwrapped(layer, text)
                    .map(|inner| Inner { text: Cow::Owned(inner.text.into_owned()), partial: inner.partial }),
            };
            match inner {
                Some(inner) => {
                    partial |= inner.partial;
                    text = match inner.text {
                        Cow::Borrowed(text) => Cow::Borrowed(trim_end(text)),
                        Cow::Owned(mut text) => {
                            text.truncate(trim_end(&text).len());
                            Cow::Owned(text)
                        }
                    };
                }
                None => {
                    // Brackets and other keys of objects that are spread over several lines are no loss.
                    if text.first() == Some(&b'{') && text.len() > 2 {
                        self.skipped += 1;
                        self.first_skipped
                            .get_or_insert_with(|| format!("line {}: {}", block.line, shown(raw)));
                    }
                    return;
                }
            }
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
        match &mut self.demux {
            None => self.push(&text, block),
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
            match &mut self.demux {
                None => self.push(&text, block),
                Some(demux) => demux.take(&text, block),
            }
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

    /// Where a range of the unwrapped text is in the file; ranges are asked for in ascending order.
    pub fn place(&mut self, begin: u64, end: u64) -> Block {
        while self.blocks.len() > 1 && self.blocks.front().is_some_and(|block| block.end <= begin) {
            self.blocks.pop_front();
        }
        let mut place = self.blocks.front().copied().unwrap_or(Block {
            end,
            raw: (self.raw, self.raw),
            line: self.lines,
        });
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
        (self.skipped, self.first_skipped.clone())
    }

    /// What is around the log, as people say it.
    pub fn names(&self) -> String {
        self.layers.iter().map(|layer| layer.name()).collect::<Vec<_>>().join(" and ")
    }

    /// The year that was given to stamps without one.
    pub fn year(&self) -> Option<i64> {
        self.demux.as_ref().and_then(Demux::inferred_year)
    }
}

/// What takes the layers off a log, unless there are none; of syslog's, only the pieces are put together.
pub fn of(input: &Input<'_>) -> Option<Unwrapping> {
    let layers = layers(input.head());
    (!layers.is_empty()).then(|| Unwrapping::new(layers, Demux::default()))
}

/// The beginning of a log without its layers, for detection; `None` for a plain log.
pub fn head(head: &[u8]) -> Option<(Vec<Layer>, Vec<u8>)> {
    let layers = layers(head);
    if layers.is_empty() {
        return None;
    }
    let text = all(&layers, head);
    Some((layers, text))
}

fn all(layers: &[Layer], bytes: &[u8]) -> Vec<u8> {
    Unwrapping::new(layers.to_vec(), Demux::default()).all(bytes)
}

/// The record that begins at the first byte of `raw`, without its layers.
pub fn first(raw: &[u8]) -> Cow<'_, [u8]> {
    let line = raw.split_inclusive(|&byte| byte == b'\n').next().unwrap_or_default();
    let layers = layers(line);
    if layers.is_empty() {
        return Cow::Borrowed(raw);
    }
    if layers.contains(&Layer::Syslog) {
        // Other processes' lines are among its own.
        let mut unwrapping = Unwrapping::new(layers, Demux::default());
        let (mut rest, mut text) = (raw, Vec::new());
        while unwrapping.fill(&mut rest, &mut text).is_ok() && text.is_empty() && !rest.is_empty() {}
        if text.is_empty() {
            let _ = unwrapping.fill(&mut rest, &mut text);
        }
        let end = unwrapping.blocks.front().map_or(0, |block| block.end as usize);
        text.truncate(end);
        return Cow::Owned(text);
    }
    Cow::Owned(all(&layers, raw))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_logs_have_no_layers() {
        for line in [
            "2026-11-23 06:34:54.069 CET [77] LOG:  statement: SELECT '{\"message\":\"x LOG:  y\"}'",
            "{\"timestamp\":\"2026-11-23 06:34:54.069 CET\",\"error_severity\":\"LOG\",\"message\":\"a LOG:  b\"}",
            "2026-11-23 06:34:54.069 CET,\"a\",\"b\",77",
            "Nov 23 06:34:54 db1 sshd[77]: Accepted publickey",
            "2026-11-23T06:34:54Z some other log",
            "",
        ] {
            assert_eq!(layers(line.as_bytes()), [], "{line}");
            assert!(matches!(first(line.as_bytes()), Cow::Borrowed(_)));
        }
    }

    const PIECES: &str = "(2026-11-23T06:34:54Z |stdout F |stderr P |\\{\"log\":\"|\\\\n\"\\}|Nov 23 06:34:54 db1 postgres\\[7\\]: |\\[1-1\\] |\\[1-2\\] \
        |<134>1 |app\\[postgres.7\\]: \\[DATABASE\\] |\\{\"textPayload\":\"|\"logging_pod\":\"a\",\"record\":\\{|LOG:  |DETAIL:  |x{1,9}|#011|\n|é| ){0,40}";

    proptest! {
        #[test]
        fn anything_is_unwrapped_without_loss_of_place(text in PIECES) {
            let bytes = text.as_bytes();
            let layers = layers(bytes);
            let _ = first(bytes);
            let _ = head(bytes);
            let mut unwrapping = Unwrapping::new(layers, Demux::new(syslog::Lent { time: true, process: true }, None));
            let all = unwrapping.all(bytes);
            let place = unwrapping.place(0, all.len() as u64);
            prop_assert!(place.raw.0 <= place.raw.1 && place.raw.1 <= bytes.len() as u64);
        }
    }
}
