//! Server lines in JSON: whichever field holds them, and what stands beside it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::key::Key;
use super::super::postgres::infer::marker;
use super::super::postgres::prefix::severity;
use super::super::records::trim_end;
use super::{Inner, Layer, server};

/// Objects within objects that are looked into.
const DEPTH: u32 = 6;

/// What is looked for in an object.
#[derive(Default)]
struct Found<'a> {
    /// The key whose value is the server's text.
    key: &'a str,
    text: Option<&'a RawValue>,
    /// The same where it is empty: a line of a statement may be.
    empty: Option<&'a RawValue>,
    /// Beside it: DETAIL, HINT, CONTEXT, STATEMENT.
    parts: [Option<&'a RawValue>; 4],
    /// The object that has error_severity, and whether that is the outermost one.
    record: Option<&'a RawValue>,
    /// Supabase's name for the message.
    event_message: Option<&'a RawValue>,
    prefix: Option<&'a RawValue>,
    error_level: Option<&'a RawValue>,
    /// journald's number of the process that wrote, and when: microseconds since 1970.
    process: Option<&'a RawValue>,
    time: Option<&'a RawValue>,
    /// What the line comes from: container, pod, stream.
    source: Vec<u8>,
}

/// Keys whose values say which of several programs a line is of.
const SOURCES: [&str; 12] = [
    "container_name",
    "container_id",
    "containerName",
    "CONTAINER_NAME",
    "pod_name",
    "podName",
    "pod",
    "logStreamName",
    "logStream",
    "_SYSTEMD_UNIT",
    "SYSLOG_IDENTIFIER",
    "database_id",
];

const LONGEST_SOURCE: usize = 1000;

const PARTS: [&str; 4] = ["DETAIL", "HINT", "CONTEXT", "STATEMENT"];

struct Walk<'f, 'a> {
    found: &'f mut Found<'a>,
    /// The object itself.
    whole: &'a RawValue,
    depth: u32,
}

impl<'a> Visitor<'a> for Walk<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { found, whole, depth } = self;
        let mut parts = [None; 4];
        let mut is_here = false;
        while let Some(Key(key)) = map.next_key()? {
            let value: &'a RawValue = map.next_value()?;
            if key == found.key && found.text.is_none() && value.get() != "\"\"" {
                (found.text, is_here) = (Some(value), true);
                continue;
            }
            if key == found.key {
                found.empty = found.empty.or(Some(value));
            }
            match key.as_ref() {
                "detail" => parts[0] = Some(value),
                "hint" => parts[1] = Some(value),
                "context" => parts[2] = Some(value),
                "statement" | "query" => parts[3] = Some(value),
                "error_severity" => found.record = found.record.or(Some(whole)),
                "event_message" => found.event_message = Some(value),
                "prefix" => found.prefix = Some(value),
                "errorLevel" => found.error_level = Some(value),
                "_PID" | "SYSLOG_PID" => found.process = Some(value),
                "__REALTIME_TIMESTAMP" => found.time = Some(value),
                "time" if found.key == "log" => found.time = Some(value),
                key if SOURCES.contains(&key) && found.source.len() < LONGEST_SOURCE => {
                    found.source.extend_from_slice(value.get().as_bytes());
                }
                _ => {}
            }
            within(found, value, depth + 1);
        }
        if is_here {
            found.parts = parts;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { found, depth, .. } = self;
        // Of a list of many (Supabase's `parsed` has one) only the first can be meant.
        if let Some(value) = seq.next_element::<&'a RawValue>()? {
            within(found, value, depth + 1);
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

fn within<'a>(found: &mut Found<'a>, value: &'a RawValue, depth: u32) {
    let text = value.get();
    // A list of numbers is none of these: journald's bytes.
    let has_objects =
        text.starts_with('{') || text.starts_with('[') && text[1..].trim_start().starts_with(['{', '[']);
    if depth < DEPTH && has_objects {
        let walk = Walk { found, whole: value, depth };
        let mut deserializer = serde_json::Deserializer::from_str(text);
        // What cannot be read there is not the server's.
        let _ = match text.starts_with('{') {
            true => deserializer.deserialize_map(walk),
            false => deserializer.deserialize_seq(walk),
        };
    }
}

fn found<'a>(object: &'a str, key: &'a str) -> Option<Found<'a>> {
    let whole: &RawValue = serde_json::from_str(object.trim()).ok()?;
    let mut found = Found { key, ..Found::default() };
    within(&mut found, whole, 0);
    Some(found)
}

/// The text of a JSON string; of journald also a list of bytes, which is how it writes what is not printable.
fn text(value: &RawValue) -> Option<Cow<'_, [u8]>> {
    if value.get().starts_with('[') {
        return serde_json::from_str::<Vec<u8>>(value.get()).ok().map(Cow::Owned);
    }
    let inner = value.get().strip_prefix('"')?.strip_suffix('"')?;
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner.as_bytes()));
    }
    serde_json::from_str::<String>(value.get()).ok().map(|text| Cow::Owned(text.into_bytes()))
}

/// What wraps the server's lines in these objects; `None` if they are the server's own, or none of them.
pub fn layer(objects: &[Cow<'_, [u8]>]) -> Option<Layer> {
    objects.iter().take(super::SAMPLES).find_map(|object| layer_of(object, objects))
}

fn layer_of(object: &[u8], all: &[Cow<'_, [u8]>]) -> Option<Layer> {
    let object = String::from_utf8_lossy(object);
    let found = found(&object, "MESSAGE")?;
    let value: serde_json::Value = serde_json::from_str(object.trim()).ok()?;
    if let Some(record) = found.record {
        let is_outermost = value.get("error_severity").is_some();
        let is_server = record.get().contains("\"message\"") && found.event_message.is_none();
        return (!(is_outermost && is_server)).then_some(Layer::Record);
    }
    if is_insights(&value) {
        return Some(Layer::Insights);
    }
    if found.error_level.is_some() && found.prefix.is_some() {
        return Some(Layer::Azure);
    }
    if let Some(message) = found.text.and_then(text) {
        // syslog's pieces have numbers: `[5-1] `.
        let numbered = found.process.is_some() && is_numbered(&message);
        return (numbered || server::begins(&message)).then_some(Layer::Journal { numbered });
    }
    let is_docker = is_docker(&value);
    let key = match is_docker {
        true => {
            let text = value.get("log").and_then(serde_json::Value::as_str);
            text.filter(|text| server::begins(text.as_bytes())).map(|_| "log".to_owned())?
        }
        false => key_of(&value)?,
    };
    if is_docker && value.get("time").is_some() {
        let texts = all.iter().take(super::SAMPLES);
        let wants = |object: &Cow<'_, [u8]>| {
            let object = String::from_utf8_lossy(object);
            let text = self::found(&object, "log").and_then(|found| Some(text(found.text?)?.into_owned()));
            text.is_some_and(|text| server::is_request_that_wants_time(trim_end(&text)))
        };
        return Some(Layer::Docker { lent: texts.into_iter().any(wants) });
    }
    // What collectors made of Docker's may have lost the line ends.
    let texts = all.iter().take(super::SAMPLES).filter_map(|object| {
        let object = String::from_utf8_lossy(object).into_owned();
        self::found(&object, &key).and_then(|found| text(found.text?).map(|text| text.ends_with(b"\n")))
    });
    let ends: Vec<bool> = texts.collect();
    // Docker ends whole lines, and cuts long ones.
    let partial = key == "log" && ends.iter().any(|&ends| ends);
    Some(if partial { Layer::Docker { lent: false } } else { Layer::Text(key.into()) })
}

/// Whether an object is a line of Docker's own files: those end whole lines, and cut long ones.
fn is_docker(value: &serde_json::Value) -> bool {
    const KEYS: [&str; 4] = ["log", "stream", "time", "attrs"];
    let map = value.as_object();
    map.is_some_and(|map| {
        map.contains_key("log")
            && map.contains_key("stream")
            && map.keys().all(|key| KEYS.contains(&key.as_str()))
    })
}

/// Whether an object is one field of a row: `{"field":"@message","value":"…"}`, as the results of a query of CloudWatch
/// Logs Insights have it.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ResultField.html>
fn is_insights(value: &serde_json::Value) -> bool {
    let field = value.get("field").and_then(serde_json::Value::as_str);
    let is_pair = value.as_object().is_some_and(|map| map.len() == 2 && map.contains_key("value"));
    is_pair && field.is_some_and(|field| field.starts_with('@'))
}

/// `[5-1] ` at the beginning of a syslog message.
fn is_numbered(text: &[u8]) -> bool {
    let Some(inner) = text.strip_prefix(b"[") else { return false };
    let Some(end) = inner.iter().take(24).position(|&byte| byte == b']') else { return false };
    inner[..end].contains(&b'-') && inner[..end].iter().all(|byte| byte.is_ascii_digit() || *byte == b'-')
}

/// Whether a field holds what a client sent: that may read like any log's line, and is none.
fn is_of_client(key: &str) -> bool {
    const SENT: [&str; 18] = [
        "ua",
        "agent",
        "useragent",
        "httpuseragent",
        "referer",
        "referrer",
        "httpreferer",
        "httpreferrer",
        "headers",
        "requestheaders",
        "reqheaders",
        "cookie",
        "httpcookie",
        "xforwardedfor",
        "httpxforwardedfor",
        "query",
        "querystring",
        "requestbody",
    ];
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect();
    SENT.contains(&&*plain)
}

/// The key of the field that holds a server's line.
fn key_of(value: &serde_json::Value) -> Option<String> {
    let mut open = vec![(value, 0)];
    while let Some((value, depth)) = open.pop() {
        match value {
            serde_json::Value::Object(map) => {
                for (key, value) in map {
                    match value {
                        _ if is_of_client(key) => {}
                        serde_json::Value::String(text) if server::begins(text.as_bytes()) => {
                            return Some(key.clone());
                        }
                        _ if depth < DEPTH => open.push((value, depth + 1)),
                        _ => {}
                    }
                }
            }
            serde_json::Value::Array(values) => open.extend(values.first().map(|value| (value, depth + 1))),
            _ => {}
        }
    }
    None
}

/// What an object holds of the log; `None` if nothing.
pub fn stripped(layer: &Layer, object: &[u8]) -> Option<Inner<'static>> {
    let object = String::from_utf8_lossy(object);
    let inner = |text: Vec<u8>, partial: bool, found: Found<'_>| {
        Some(Inner { text: Cow::Owned(text), partial, source: Cow::Owned(found.source) })
    };
    match layer {
        Layer::Insights => {
            let value: serde_json::Value = serde_json::from_str(object.trim()).ok()?;
            let is_message = value.get("field").and_then(serde_json::Value::as_str) == Some("@message");
            let text = value.get("value").and_then(serde_json::Value::as_str).filter(|_| is_message)?;
            let text = with_parts(text.as_bytes(), &[None, None, None, None]);
            inner(text, false, Found::default())
        }
        Layer::Docker { lent } => {
            let found = found(&object, "log")?;
            let own = text(found.text?)?.into_owned();
            let partial = !own.ends_with(b"\n");
            let time = found
                .time
                .filter(|_| *lent && server::is_request_that_wants_time(trim_end(&own)))
                .and_then(text);
            let whole = match time {
                Some(time) => {
                    let mut whole = super::lines::with_time(&time, trim_end(&own)).into_owned();
                    whole.push(b'\n');
                    whole
                }
                None => own,
            };
            inner(whole, partial, found)
        }
        Layer::Text(key) => {
            let found = found(&object, key)?;
            let text = text(found.text.or(found.empty)?)?;
            let parts = found.parts.map(|part| part.and_then(self::text));
            inner(with_parts(&text, &parts), false, found)
        }
        Layer::Azure => {
            let found = found(&object, "message")?;
            let mut line = text(found.prefix?)?.into_owned();
            line.extend_from_slice(&text(found.error_level?)?);
            line.extend_from_slice(b":  ");
            line.extend_from_slice(&text(found.text?)?);
            let parts = found.parts.map(|part| part.and_then(text));
            inner(with_parts(&line, &parts), false, found)
        }
        Layer::Record => {
            let found = found(&object, "")?;
            inner(record(&found)?, false, found)
        }
        Layer::Journal { numbered } => {
            let found = found(&object, "MESSAGE")?;
            let message = text(found.text?)?;
            let text = if *numbered { syslog_line(&found, &message) } else { message.into_owned() };
            inner(text, false, found)
        }
        _ => None,
    }
}

/// A journal's entry of a message that was sent to syslog, as syslog's files have it.
fn syslog_line(found: &Found<'_>, message: &[u8]) -> Vec<u8> {
    let number = |value: Option<&RawValue>| {
        value
            .and_then(text)
            .and_then(|text| String::from_utf8_lossy(&text).parse::<f64>().ok())
            .unwrap_or(0.0)
    };
    let milliseconds = number(found.time) / 1000.0;
    let (date, time) = (crate::format::date(milliseconds), crate::format::time_of_day(milliseconds));
    let mut line = format!("{date}T{time}Z journal postgres[{}]: ", number(found.process)).into_bytes();
    line.extend_from_slice(message);
    line
}

/// The server's record within a platform's, on one line; with the message where that stands outside of it.
fn record(found: &Found<'_>) -> Option<Vec<u8>> {
    let record = found.record?.get();
    let message = found.event_message.filter(|_| !record.contains("\"message\""));
    if message.is_none() && !record.contains('\n') {
        return Some(record.as_bytes().to_vec());
    }
    let mut value: serde_json::Value = serde_json::from_str(record).ok()?;
    if let (Some(message), Some(map)) = (message, value.as_object_mut()) {
        map.insert("message".to_owned(), serde_json::from_str(message.get()).ok()?);
    }
    serde_json::to_vec(&value).ok()
}

/// The line of a pair of Loki's: `["1796042108000000000","2026-11-30 …"]`, perhaps with labels behind it.
pub fn pair(text: &[u8]) -> Option<Inner<'static>> {
    let text = String::from_utf8_lossy(text);
    let parts: Vec<&RawValue> = serde_json::from_str(text.trim()).ok()?;
    let line = self::text(parts.get(1)?)?;
    let text = with_parts(&line, &[None, None, None, None]);
    Some(Inner { text: Cow::Owned(text), partial: false, source: Cow::Borrowed(b"") })
}

/// Whether such a pair holds a server's record.
pub fn is_pair_of_server(text: &[u8]) -> bool {
    pair(text).is_some_and(|inner| server::begins(&inner.text))
}

/// A message of several lines, those that go on indented as PostgreSQL does, and its parts on lines of their own.
pub fn with_parts(text: &[u8], parts: &[Option<Cow<'_, [u8]>>; 4]) -> Vec<u8> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let first = server::first_line(text);
    let Some(at) = marker(first).filter(|_| first.first() != Some(&b'{')) else {
        return text.to_vec();
    };
    let prefix = &first[..at];
    let goes_with = |line: &[u8]| {
        let found = marker(line).and_then(|at| severity(&line[at..]));
        found.is_some_and(|(severity, _)| severity.follows())
            && line.starts_with(&prefix[..prefix.len().min(10)])
    };
    let mut result = Vec::with_capacity(text.len());
    for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
        if index > 0 {
            result.push(b'\n');
            if line.first() != Some(&b'\t') && !goes_with(line) {
                result.push(b'\t');
            }
        }
        result.extend_from_slice(line);
    }
    for (part, name) in parts.iter().zip(PARTS) {
        let Some(part) = part.as_ref().filter(|part| !part.is_empty()) else { continue };
        let line = [prefix, name.as_bytes(), b":  "].concat();
        if memchr::memmem::find(&result, &line).is_none() {
            result.push(b'\n');
            result.extend_from_slice(&line);
            for (index, more) in part.split(|&byte| byte == b'\n').enumerate() {
                if index > 0 {
                    result.extend_from_slice(b"\n\t");
                }
                result.extend_from_slice(more);
            }
        }
    }
    result
}
