//! Lines of a server's log inside something else: what platforms and collectors put around each line is
//! taken off again, in front of the readers, which see the log as the server wrote it.
//!
//! In front of lines ([`lines`]): the container runtimes of Kubernetes, `docker compose logs`, `docker logs -t`,
//! `kubectl logs --prefix --timestamps`, stern, fluentd's files, CloudWatch. Around them, as JSON ([`object`]):
//! Docker's files, CloudNativePG, Cloud SQL, Azure, Supabase, the journal, and any object with a field that holds a
//! server's line. And [`syslog`], with Heroku's logplex.
//!
//! What is around a log is told by the shape of all its lines, never by words in them. Offsets stay those of the file
//! as it is: [`first`] does the same to one record that is read again.

mod lines;
mod object;
mod server;
pub mod syslog;
mod table;
mod units;
mod unwrapping;

use std::borrow::Cow;

use super::postgres::infer::marker;
use super::postgres::prefix::severity;
use super::records::{trim_end, trim_mark};
use super::{Format, SURE, access, stamp};
use crate::document::{Diagnostics, Level};
use crate::input::Input;
use syslog::Demux;
use units::Units;
pub use unwrapping::Unwrapping;

/// One kind of wrapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// Whether its time is lent to requests without one.
    Docker {
        lent: bool,
    },
    /// Of a container runtime; whether its stamp is lent to records without a time.
    Cri {
        lent: bool,
    },
    Compose,
    Kubectl,
    /// So many names stand before each line.
    Stern(usize),
    Fluentd,
    /// A stamp in front of each line, perhaps a stream's name as well; whether it is lent to records without a time.
    Stamp {
        named: bool,
        lent: bool,
    },
    /// The server's own record in an object.
    Record,
    /// A text under this key.
    Text(Box<str>),
    /// Azure's single servers.
    Azure,
    /// The fields of CloudWatch Logs Insights' results, each in an object.
    Insights,
    /// A table in CSV with a server's lines in the column of this number, and the names of its columns.
    Table {
        column: usize,
        header: Box<[u8]>,
    },
    /// Pairs of a time and a line, as Loki answers with them.
    Pairs,
    /// What Fluent Bit writes to its standard output, around objects.
    FluentBit,
    /// The systemd journal; whether messages were sent to syslog, in numbered pieces.
    Journal {
        numbered: bool,
    },
    Syslog,
}

impl Layer {
    /// What is around the log, as people say it.
    pub fn name(&self) -> String {
        let name = match self {
            Self::Docker { .. } => "Docker's JSON",
            Self::Cri { .. } => "a container runtime's lines",
            Self::Compose => "the lines of docker compose logs",
            Self::Kubectl => "the lines of kubectl logs",
            Self::Stern(_) => "stern's lines",
            Self::Fluentd => "fluentd's lines",
            Self::Stamp { .. } => "lines with stamps in front (CloudWatch's, docker logs -t)",
            Self::Record => "JSON with the server's records in it",
            Self::Text(key) if **key == *"textPayload" => "Google Cloud's JSON",
            Self::Text(key) => return format!("JSON's field \"{key}\""),
            Self::Azure => "Azure's JSON",
            Self::Insights => "the results of CloudWatch Logs Insights",
            Self::Table { header, .. } if header.contains(&b'@') => "the CSV of CloudWatch Logs Insights",
            Self::Table { .. } => "a column of CSV",
            Self::Pairs => "Loki's JSON",
            Self::FluentBit => "Fluent Bit's lines",
            Self::Journal { .. } => "the journal's JSON",
            Self::Syslog => "syslog",
        };
        name.to_owned()
    }

    /// Whether it is JSON around each record.
    fn is_object(&self) -> bool {
        matches!(
            self,
            Self::Docker { .. }
                | Self::Record
                | Self::Text(_)
                | Self::Azure
                | Self::Insights
                | Self::Pairs
                | Self::Journal { .. }
        )
    }
}

/// What is around the lines of a log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Around {
    /// Outermost first; none of a plain log.
    pub layers: Vec<Layer>,
    /// The names in front of the lines that are a server's, where there are names: others are passed over.
    sources: Vec<Vec<u8>>,
    /// Names in front of the lines of other logs than the one that is read.
    left_out: Vec<Vec<u8>>,
    /// Whether the newest record comes first, as consoles of clouds export them.
    newest_first: bool,
}

impl Around {
    /// Whether nothing is around them.
    pub fn is_plain(&self) -> bool {
        self.layers.is_empty()
    }

    /// What each record is in.
    fn units(&self) -> Units {
        match self.layers.first() {
            Some(Layer::Table { .. }) => Units::rows(),
            layer => Units::new(layer.is_some_and(Layer::is_object)),
        }
    }

    /// Whether what has nothing of the log in it is of no interest: names of columns, other fields.
    fn skips_silently(&self) -> bool {
        matches!(self.layers.first(), Some(Layer::Table { .. } | Layer::Insights))
    }

    /// Whether syslog's pieces are to be put together.
    pub fn has_syslog(&self) -> bool {
        self.layers.contains(&Layer::Syslog)
    }
}

/// Wrappings may be in one another, but not many.
const MOST_LAYERS: usize = 4;

/// So many objects tell what is around them.
const SAMPLES: usize = 100;

/// So many lines do.
const LINES: usize = 500;

/// What was inside a line.
struct Inner<'a> {
    text: Cow<'a, [u8]>,
    /// Whether the line goes on in the next one.
    partial: bool,
    /// The name in front of the line, if that has one.
    source: Cow<'a, [u8]>,
}

/// A line without `layer`; `None` if nothing of the log is in it.
fn stripped<'a>(layer: &Layer, text: &'a [u8]) -> Option<Inner<'a>> {
    let as_it_is = || Inner { text: Cow::Borrowed(text), partial: false, source: Cow::Borrowed(b"") };
    match layer {
        Layer::Syslog => Some(as_it_is()),
        // What goes on in another line has no stamp of its own.
        Layer::Cri { .. } | Layer::Stamp { .. } => {
            Some(lines::stripped(layer, text).unwrap_or_else(as_it_is))
        }
        Layer::Table { column, header } => table::row(text, *column, header),
        Layer::Pairs => object::pair(text),
        _ if layer.is_object() => object::stripped(layer, text),
        _ => lines::stripped(layer, text),
    }
}

/// Whether `text` is an object of JSON, or a list of them: `[pod/shop-db-0/postgres] ` is none.
fn begins_object(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    match text.strip_prefix(b"[") {
        Some(list) => list.trim_ascii_start().first().is_none_or(|byte| b"{]".contains(byte)),
        None => text.strip_prefix(b"{").is_some_and(|object| {
            object.trim_ascii_start().first().is_none_or(|byte| b"\"}'".contains(byte))
        }),
    }
}

/// Whether `head` is JSON's objects and nothing between them.
pub fn is_json(head: &[u8]) -> bool {
    let head = trim_mark(head);
    let (mut units, mut input, mut buffer) = (Units::new(true), head, Vec::new());
    let mut count = 0;
    while count < SAMPLES
        && let Ok(Some(_)) = units.next(&mut input, &mut buffer)
    {
        count += 1;
    }
    begins_object(head) && count > 0 && units.skipped == 0
}

/// What is around the lines of `head`.
pub fn around(head: &[u8]) -> Around {
    let head = trim_mark(head);
    let begins_object = begins_object(head);
    let table = if begins_object { None } else { table::layer(head) };
    let mut samples: Vec<Cow<'_, [u8]>> = if begins_object || table.is_some() || units::begins_pair(head) {
        let units = if table.is_some() { Units::rows() } else { Units::new(true) };
        let (mut units, mut input, mut buffer, mut samples) = (units, head, Vec::new(), Vec::new());
        while samples.len() < SAMPLES
            && let Ok(Some(_)) = units.next(&mut input, &mut buffer)
        {
            samples.push(Cow::Owned(buffer.clone()));
        }
        samples
    } else {
        let lines = head.split(|&byte| byte == b'\n').map(trim_end).filter(|line| !line.is_empty());
        lines.take(LINES).map(Cow::Borrowed).collect()
    };
    let mut around = Around::default();
    let mut sources: Vec<Vec<u8>> = Vec::new();
    while around.layers.len() < MOST_LAYERS && !samples.is_empty() {
        let first = samples.first().and_then(|line| line.first());
        let layer = match first {
            _ if table.is_some() && around.layers.is_empty() => table.clone(),
            Some(b'{') => object::layer(&samples),
            Some(b'[') if samples.iter().any(|pair| object::is_pair_of_server(pair)) => Some(Layer::Pairs),
            _ => line_layer(&samples),
        };
        let Some(layer) = layer else { break };
        let mut inner: Vec<Cow<'_, [u8]>> = Vec::with_capacity(samples.len());
        let mut inner_sources = Vec::with_capacity(samples.len());
        for (at, sample) in samples.iter().enumerate() {
            let Some(found) = stripped(&layer, sample) else { continue };
            let source = match &*found.source {
                b"" => sources.get(at).cloned().unwrap_or_default(),
                source => source.to_vec(),
            };
            inner.push(Cow::Owned(trim_end(&found.text).to_vec()));
            inner_sources.push(source);
        }
        (samples, sources) = (inner, inner_sources);
        around.layers.push(layer);
        if around.has_syslog() {
            break;
        }
    }
    // Nothing is a wrapping that has no server's line in it.
    let has_syslog = around.has_syslog();
    // Beside a database's log, what a web server says of requests is another log.
    let has_sql = has_syslog || samples.iter().any(|text| server::begins_sql(text));
    let is_server = |text: &Cow<'_, [u8]>| {
        has_syslog || if has_sql { server::begins_sql(text) } else { server::begins(text) }
    };
    if !samples.iter().any(is_server) {
        return Around::default();
    }
    let servers = samples.iter().zip(sources).filter(|(text, _)| is_server(text));
    let mut named: Vec<Vec<u8>> =
        servers.map(|(_, source)| source).filter(|source| !source.is_empty()).collect();
    named.sort_unstable();
    named.dedup();
    around.sources = named;
    around.newest_first = is_newest_first(&samples);
    around
}

/// Whether the times of these records descend. Of processes that write at once some come a little late, so it is what
/// most do; those of a few records say nothing.
fn is_newest_first(samples: &[Cow<'_, [u8]>]) -> bool {
    let times: Vec<f64> = samples
        .iter()
        .filter_map(|text| stamp::find(server::first_line(text)))
        .map(|stamp| stamp.milliseconds)
        .collect();
    let count = |asked: fn(&[f64]) -> bool| times.windows(2).filter(|pair| asked(pair)).count();
    let (falls, rises) = (count(|pair| pair[1] < pair[0]), count(|pair| pair[1] > pair[0]));
    falls >= 3 && falls > 3 * rises
}

/// What stands in front of most of these lines.
fn line_layer(samples: &[Cow<'_, [u8]>]) -> Option<Layer> {
    let most = |layer: &Layer| {
        let fits = samples.iter().filter(|line| lines::stripped(layer, line).is_some()).count();
        fits * 2 > samples.len()
    };
    let cri = Layer::Cri { lent: false };
    if most(&cri) {
        let lent = samples
            .iter()
            .filter_map(|line| lines::stripped(&cri, line))
            // A line that goes on may read like the beginning of a record.
            .find(|inner| !inner.text.starts_with(b"\t") && server::begins(&inner.text))
            .is_some_and(|inner| server::wants_time(&inner.text));
        return Some(Layer::Cri { lent });
    }
    let named = [Layer::Compose, Layer::Kubectl, Layer::Fluentd, Layer::FluentBit];
    if let Some(layer) = named.into_iter().find(most) {
        return Some(layer);
    }
    // CloudWatch's messages of many lines have one stamp: the first line tells.
    if let Some((named, lent)) = samples.iter().find_map(|line| lines::behind_stamp(line))
        && samples.first().is_some_and(|line| lines::stripped(&Layer::Stamp { named, lent }, line).is_some())
    {
        return Some(Layer::Stamp { named, lent });
    }
    for words in [2, 3] {
        let layer = Layer::Stern(words);
        let holds = |line: &Cow<'_, [u8]>| {
            lines::stripped(&layer, line).is_some_and(|inner| {
                server::begins_surely(&inner.text) || lines::behind_stamp(&inner.text).is_some()
            })
        };
        if most(&layer) && samples.iter().any(holds) {
            return Some(layer);
        }
    }
    let lines: Vec<_> = samples.iter().filter_map(|line| syslog::Line::read(line)).collect();
    let is_syslog = lines.len() * 2 > samples.len() && lines.iter().any(syslog::Line::is_postgres);
    is_syslog.then_some(Layer::Syslog)
}

/// The beginning of a log that `format` reads, without what is around it.
pub fn head_for<'a>(input: &'a Input<'_>, format: &dyn Format) -> Cow<'a, [u8]> {
    match around_for(input.head(), format) {
        Some((_, inner)) => Cow::Owned(inner),
        None => Cow::Borrowed(trim_mark(input.head())),
    }
}

/// What takes off what is around a log that `format` reads; of syslog's, only the pieces are put together.
pub fn reading(input: &Input<'_>, format: &dyn Format) -> Option<Unwrapping> {
    // Objects that a given layout reads are the log's own lines, whatever is in them.
    let given = input.options.log_format.as_deref();
    if given.is_some_and(|layout| begins_object(input.head()) && access::is_read_by(layout, input.head())) {
        return None;
    }
    let (around, _) = around_for(input.head(), format)?;
    Some(Unwrapping::new(around, Demux::default()))
}

/// What is around a log that `format` reads, and what its beginning is without. Of several programs' logs only those of
/// this format are read.
fn around_for(head: &[u8], format: &dyn Format) -> Option<(Around, Vec<u8>)> {
    let mut around = around(head);
    if around.is_plain() {
        return None;
    }
    if around.sources.len() > 1 {
        let formats = formats(&around, head);
        let is_its =
            |name: &[u8]| formats.iter().any(|(known, found, _)| known == name && *found == format.id());
        let (its, others): (Vec<_>, Vec<_>) = around.sources.iter().cloned().partition(|name| is_its(name));
        if !its.is_empty() {
            let is_log = |name: &Vec<u8>| formats.iter().any(|(known, ..)| known == name);
            (around.sources, around.left_out) = (its, others.into_iter().filter(is_log).collect());
        }
    }
    let inner = all(&around, head);
    (format.detect(&inner) >= SURE).then_some((around, inner))
}

/// The format of each named program's log in `head`, with how many records begin in it.
fn formats(around: &Around, head: &[u8]) -> Vec<(Vec<u8>, &'static str, usize)> {
    let of = |name: &Vec<u8>| {
        let alone = Around { sources: vec![name.clone()], newest_first: false, ..around.clone() };
        let text = all(&alone, head);
        let (score, format) = super::best(&text, |format| format.can_be_wrapped())?;
        let begins = text.split(|&byte| byte == b'\n').filter(|line| server::begins_sql(line)).count();
        (score >= SURE).then(|| (name.clone(), format.id(), begins))
    };
    around.sources.iter().filter_map(of).collect()
}

/// Of several programs' logs in one file, the format of the one that has most records.
pub fn main_format(around: &Around, head: &[u8]) -> Option<&'static dyn Format> {
    let formats = if around.sources.len() > 1 { formats(around, head) } else { Vec::new() };
    let first = formats.first()?.1;
    // Of one format there is nothing to choose.
    if formats.iter().all(|(_, format, _)| *format == first) {
        return None;
    }
    let count = |id: &str| {
        formats.iter().filter(|(_, format, _)| *format == id).map(|(.., count)| count).sum::<usize>()
    };
    let ids = formats.iter().map(|(_, format, _)| *format);
    super::by_id(ids.reduce(|most, id| if count(id) > count(most) { id } else { most })?)
}

/// The beginning of a log without what is around it; `None` for a plain log.
pub fn head(head: &[u8]) -> Option<(Around, Vec<u8>)> {
    let around = around(head);
    if around.is_plain() {
        return None;
    }
    let text = all(&around, head);
    Some((around, text))
}

/// The beginning of a log with syslog's lines as they are, without what is around those.
pub fn before_syslog<'a>(around: &Around, head: &'a [u8]) -> Cow<'a, [u8]> {
    let mut before = around.clone();
    before.layers.retain(|layer| *layer != Layer::Syslog);
    if before.is_plain() { Cow::Borrowed(head) } else { Cow::Owned(all(&before, head)) }
}

fn all(around: &Around, bytes: &[u8]) -> Vec<u8> {
    Unwrapping::new(around.clone(), Demux::default()).all(bytes)
}

/// The record that begins at the first byte of `raw`, without its layers.
pub fn first(raw: &[u8]) -> Cow<'_, [u8]> {
    let is_object = begins_object(raw);
    let line = raw.split_inclusive(|&byte| byte == b'\n').next().unwrap_or_default();
    let is_row = table::layer(raw).is_some();
    let mut around = around(if is_object || is_row || units::begins_pair(raw) { raw } else { line });
    if around.is_plain() {
        return Cow::Borrowed(raw);
    }
    if around.sources.len() > 1 {
        // Of several servers it is the first one's.
        let (mut units, mut input, mut object) = (Units::new(true), raw, Vec::new());
        if let Ok(Some(_)) = units.next(&mut input, &mut object) {
            around.sources = self::around(&object).sources;
        }
    }
    let syslog = around.has_syslog();
    let mut unwrapping = Unwrapping::new(around.clone(), Demux::default());
    // Other processes' lines are among syslog's own.
    if syslog {
        return Cow::Owned(unwrapping.first(raw));
    }
    let text = unwrapping.all(raw);
    let line = server::first_line(&text);
    let begins = marker(line).and_then(|at| severity(&line[at..]));
    if !around.newest_first && begins.is_some_and(|(severity, _)| severity.follows()) {
        // Of a file with the newest first, where a record's DETAIL stands before it.
        around.newest_first = true;
        return Cow::Owned(Unwrapping::new(around, Demux::default()).all(raw));
    }
    Cow::Owned(text)
}

/// Says what was around the log's lines.
pub fn say(unwrapping: &Unwrapping, diagnostics: &mut Diagnostics) {
    let message = format!("the log's lines were taken out of {}", unwrapping.names());
    diagnostics.note(Level::Info, &message, || None);
    match unwrapping.newest_first() {
        Some(true) => {
            let message = "the newest records come first in the file: they were read from its end";
            diagnostics.note(Level::Info, message, || None);
        }
        Some(false) => {
            let message = "the newest records come first in the file, and it is too long to be read from its end: \
                numbers are doubtful; sort it by time and open it again";
            diagnostics.note(Level::Warning, message, || None);
        }
        None => {}
    }
    let left_out = unwrapping.left_out();
    if !left_out.is_empty() {
        let message = format!("only one kind of log is read: that of {left_out} was left out; open it alone");
        diagnostics.note(Level::Warning, &message, || None);
    }
    let (skipped, first) = unwrapping.skipped();
    let message = "lines around the log that have none of its records were skipped";
    diagnostics.note_many(Level::Info, message, skipped, || first);
}

#[cfg(test)]
mod tests;
