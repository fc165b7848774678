//! One span, however its exporter spells it: OpenTelemetry's console, OTLP/JSON, Jaeger, Zipkin. Their
//! keys do not clash, so one reader takes them all.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::super::stamp;

/// What a span is for its service, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Role {
    /// It answers someone: a request, or a message of a queue.
    Entry,
    /// Anything else.
    #[default]
    Other,
}

/// One span.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Span {
    pub trace: String,
    pub id: String,
    pub parent: Option<String>,
    pub name: String,
    pub role: Role,
    /// Milliseconds since 1970, UTC.
    pub start: f64,
    /// Milliseconds; NaN if the span has no end.
    pub duration: f64,
    pub failed: bool,
    pub attributes: Attributes,
    /// Of the resource, if the span has it with it.
    pub resource: Attributes,
    /// Jaeger: which process of its trace.
    pub process: Option<String>,
}

/// Keys and values, values as text.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    /// The value of the first of these keys that has one that is not empty.
    pub fn get(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| {
            let found = self.0.iter().find(|(name, value)| name == key && !value.is_empty());
            found.map(|(_, value)| value.as_str())
        })
    }

    /// Those whose key begins with `prefix`, without it.
    pub fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(prefix)?, value.as_str())))
    }

    fn push(&mut self, key: String, value: &Value) {
        self.0.push((key, spelt(value)));
    }
}

/// A value as text: OTLP wraps it in an object that names its type.
fn spelt(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        Value::Object(map) if map.len() == 1 => match map.iter().next() {
            Some((key, inner)) if key.ends_with("Value") || key.ends_with("_value") => match inner {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

impl<'de> Deserialize<'de> for Attributes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Attributes;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("attributes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Attributes, A::Error> {
                let mut found = Attributes::default();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    found.push(key, &value);
                }
                Ok(found)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Attributes, A::Error> {
                #[derive(Deserialize)]
                struct Pair {
                    #[serde(default)]
                    key: String,
                    #[serde(default)]
                    value: Value,
                }
                let mut found = Attributes::default();
                while let Some(Pair { key, value }) = list.next_element()? {
                    found.push(key, &value);
                }
                Ok(found)
            }

            fn visit_unit<E>(self) -> Result<Attributes, E> {
                Ok(Attributes::default())
            }
        }
        deserializer.deserialize_any(Read)
    }
}

/// The keys of all four.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    #[serde(alias = "traceId", alias = "traceID")]
    trace_id: Option<String>,
    #[serde(alias = "spanId", alias = "spanID", alias = "id")]
    span_id: Option<String>,
    #[serde(alias = "parentSpanId", alias = "parentSpanID", alias = "parentId", alias = "parent_span_id")]
    parent_id: Option<String>,
    /// OpenTelemetry's console.
    context: Option<Context>,
    /// Jaeger.
    references: Option<Vec<Reference>>,
    #[serde(alias = "operationName")]
    name: Option<String>,
    kind: Option<Value>,
    #[serde(alias = "startTimeUnixNano")]
    start_time_unix_nano: Option<Value>,
    #[serde(alias = "endTimeUnixNano")]
    end_time_unix_nano: Option<Value>,
    start_time: Option<Value>,
    end_time: Option<Value>,
    /// Jaeger's and Zipkin's, microseconds.
    #[serde(alias = "startTime")]
    timestamp: Option<Value>,
    duration: Option<Value>,
    #[serde(alias = "tags")]
    attributes: Attributes,
    status: Option<Value>,
    resource: Option<Resource>,
    #[serde(alias = "localEndpoint")]
    local_endpoint: Option<Endpoint>,
    #[serde(alias = "processID")]
    process_id: Option<String>,
    process: Option<Process>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Context {
    trace_id: Option<String>,
    span_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reference {
    #[serde(rename = "refType")]
    kind: String,
    #[serde(rename = "spanID")]
    span: String,
}

/// A resource of OpenTelemetry.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Resource {
    pub attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    #[serde(rename = "serviceName")]
    service: Option<String>,
}

/// A process of Jaeger.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Process {
    #[serde(rename = "serviceName")]
    service: Option<String>,
    tags: Attributes,
}

impl Process {
    pub fn attributes(self) -> Attributes {
        let mut attributes = self.tags;
        if let Some(service) = self.service {
            attributes.0.insert(0, ("service.name".to_owned(), service));
        }
        attributes
    }
}

/// A whole number that may be written as a text: JavaScript's numbers are too small for nanoseconds.
fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Some(i128::from(whole)),
            None => number.as_f64().filter(|number| number.is_finite()).map(|number| number as i128),
        },
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Nanoseconds since 1970 out of ISO 8601.
fn iso(value: &Value) -> Option<i128> {
    let text = value.as_str()?.as_bytes();
    let stamp = stamp::parse(text, 0)?;
    // Whole seconds and their fraction apart: a double has no room for both.
    let seconds = (stamp.milliseconds / 1000.0).floor();
    let point = text.iter().position(|&byte| byte == b'.');
    let digits = point.map_or(&[][..], |point| text.get(point + 1..stamp.range.end).unwrap_or_default());
    let digits = digits.iter().take(9).take_while(|byte| byte.is_ascii_digit());
    let (nanoseconds, _) = digits
        .fold((0, 100_000_000), |(sum, unit), &digit| (sum + i128::from(digit - b'0') * unit, unit / 10));
    Some(seconds as i128 * 1_000_000_000 + nanoseconds)
}

/// Milliseconds of a difference or an instant in nanoseconds.
fn milliseconds(nanoseconds: i128) -> f64 {
    nanoseconds as f64 / 1e6
}

impl Span {
    /// Reads the object of one span; `None` if it is none.
    pub fn read(record: &str) -> Option<Self> {
        let raw: Raw = serde_json::from_str(record).ok()?;
        let context = raw.context.unwrap_or_default();
        let plain = |id: String| id.strip_prefix("0x").map_or(id.clone(), str::to_owned);
        let trace = plain(context.trace_id.or(raw.trace_id)?);
        let id = plain(context.span_id.or(raw.span_id)?);
        let reference = raw.references.and_then(|references| {
            references
                .into_iter()
                .find(|reference| reference.kind == "CHILD_OF")
                .map(|reference| reference.span)
        });
        let parent = raw.parent_id.or(reference).map(plain);
        let parent = parent.filter(|parent| !parent.bytes().all(|byte| byte == b'0'));
        let instant = |nanoseconds: Option<&Value>, text: Option<&Value>| {
            nanoseconds.and_then(whole).or_else(|| text.and_then(iso))
        };
        let begin = instant(raw.start_time_unix_nano.as_ref(), raw.start_time.as_ref())
            .or_else(|| Some(whole(raw.timestamp.as_ref()?)?.saturating_mul(1000)))?;
        let length = match instant(raw.end_time_unix_nano.as_ref(), raw.end_time.as_ref()) {
            Some(end) => Some(end.saturating_sub(begin)),
            None => raw.duration.as_ref().and_then(whole).map(|duration| duration.saturating_mul(1000)),
        };
        let kind =
            raw.kind.as_ref().map(spelt).or_else(|| raw.attributes.get(&["span.kind"]).map(str::to_owned));
        let kind = kind.unwrap_or_default().to_ascii_uppercase();
        // OTLP's numbers: 2 is a server, 5 a consumer.
        let entry =
            matches!(kind.as_str(), "2" | "5") || kind.ends_with("SERVER") || kind.ends_with("CONSUMER");
        let status =
            raw.status.as_ref().and_then(|status| status.get("code").or_else(|| status.get("status_code")));
        let failed = status.map(spelt).is_some_and(|code| code == "2" || code.ends_with("ERROR"))
            || raw.attributes.get(&["error"]).is_some_and(|error| error != "false")
            || raw.attributes.get(&["otel.status_code"]) == Some("ERROR");
        let mut resource = raw.resource.unwrap_or_default().attributes;
        if let Some(process) = raw.process {
            resource = process.attributes();
        }
        if let Some(service) = raw.local_endpoint.and_then(|endpoint| endpoint.service) {
            resource.0.insert(0, ("service.name".to_owned(), service));
        }
        Some(Self {
            trace,
            id,
            parent,
            name: raw.name.unwrap_or_default(),
            role: if entry { Role::Entry } else { Role::Other },
            start: milliseconds(begin),
            duration: length.filter(|length| *length >= 0).map_or(f64::NAN, milliseconds),
            failed,
            attributes: raw.attributes,
            resource,
            process: raw.process_id,
        })
    }

    /// The SQL, as far as the span has it.
    pub fn statement(&self) -> Option<&str> {
        self.attributes.get(&["db.query.text", "db.statement", "sql.query", "db.sql.text"])
    }

    /// The parameters the text leaves out, if the span has them.
    pub fn parameters(&self) -> Option<String> {
        if let Some(parameters) = self.attributes.get(&["db.statement.parameters", "db.query.parameters"]) {
            return Some(parameters.to_owned()).filter(|parameters| parameters != "()" && parameters != "[]");
        }
        let each: Vec<String> = self
            .attributes
            .below("db.query.parameter.")
            .map(|(key, value)| format!("{key} = {value}"))
            .collect();
        (!each.is_empty()).then(|| each.join(", "))
    }

    /// Which database system, if it is a span of one.
    pub fn system(&self) -> Option<&str> {
        self.attributes.get(&["db.system.name", "db.system", "db.type"])
    }
}
