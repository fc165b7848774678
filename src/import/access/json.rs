//! Access logs as JSON, an object on each line: nginx' `log_format escape=json`, Apache's, gunicorn's and what others write
//! by a template. Which key is what is known by its name and by its values.

use rustc_hash::FxHashMap;

use super::assign::moment_of;
use super::columns::is_address;
use super::fields::{self, When};
use super::layout::{Odd, Seen, duration, is_of_another_unit, lines, worker};
use super::pairs::{Value, each_pair, pairs, unescaped};
use super::roles::{self, Role};
use super::{Line, Lines, by_lines};
use crate::document::{Diagnostics, LOGS, Level};
use crate::format;
use crate::import::wrapped::syslog;
use crate::import::{About, Kind};
use crate::queries::served::Entry;
use crate::requests::Moment;
use crate::sort;

/// What there is to say about it.
pub static ABOUT: About =
    About { id: "access-json", title: "an access log as JSON", kind: Kind::Requests, how_to_record: RECORD };

const RECORD: &str = "log_format json escape=json '{\"msec\":\"$msec\",\"request\":\"$request\",\"status\":\"$status\",\"bytes\":\"$body_bytes_sent\",\"request_time\":\"$request_time\",\"upstream_response_time\":\"$upstream_response_time\"}';
Other servers' likewise: keys are known by their names; a duration's key names its unit (duration_ms), or it has a point.";

/// The format.
pub struct AccessJson;

/// How sure it is: less than formats that know their server.
const SURE: u8 = 70;

by_lines!(
    AccessJson,
    ABOUT,
    detect,
    is_line,
    |head: &[u8]| Box::new(Keys::of(head)) as Box<dyn Lines>,
    false
);

fn detect(head: &[u8]) -> u8 {
    if !LOGS {
        // What its keys are, the build that reads it finds out.
        return if is_foreign(head) { 0 } else { super::share_of_lines(head, SURE, names_a_request) };
    }
    let keys = Keys::of(head);
    let is_request =
        |line: &[u8]| matches!(keys.read(line, &mut Vec::new()), Line::Request(seen) if is_whole(&seen));
    if is_foreign(head) { 0 } else { super::share_of_lines(head, SURE, is_request) }
}

/// The object that a line is, or has behind syslog's header (`<134>Dec  1 10:37:02 haproxy[77]: {"ts":…`): what servers send to
/// syslog by themselves, and collectors write to a file.
fn object(line: &[u8]) -> &[u8] {
    const HEADER: usize = 120;
    let is_header = |byte: &u8| *byte == b'<' || byte.is_ascii_digit() || byte.is_ascii_uppercase();
    if line.first() != Some(&b'{')
        && line.first().is_some_and(is_header)
        && let Some(at) = memchr::memmem::find(&line[..line.len().min(HEADER)], b": {")
        && syslog::is_header(&line[..at + 2])
    {
        return &line[at + 2..];
    }
    line
}

/// Whether an object has a status and an address by the names of its keys.
fn names_a_request(line: &[u8]) -> bool {
    let mut has = (false, false);
    let line = object(line);
    each_pair(line, |key, _| match std::str::from_utf8(key).map(|key| roles::of_path(key, false)) {
        Ok(Role::Status) => has.0 = true,
        Ok(Role::Request | Role::Target) => has.1 = true,
        _ if key == b"response" => has.0 = true,
        _ => {}
    });
    line.first() == Some(&b'{') && has == (true, true)
}

/// Whether it is a request beyond doubt: other objects have a status as well.
fn is_whole(seen: &Seen<'_>) -> bool {
    let Entry { target, status, stamp, duration, .. } = seen.entry;
    let is_address = target.first().is_some_and(|byte| b"/h*".contains(byte));
    (is_address || target.is_empty() && status == 400)
        && status >= 100
        && !(stamp.is_nan() && duration.is_nan())
}

/// Whether other formats know more of such objects.
fn is_foreign(head: &[u8]) -> bool {
    let first = lines(head).next().unwrap_or_default();
    pairs(object(first)).any(|(key, value)| match key {
        b"sql" | b"DownstreamStatus" | b"statements" | b"queries" => true,
        // ECS has an object of that name.
        b"event" => !matches!(value, Value::Nested(_)),
        _ => false,
    })
}

/// Whether a line is such an object.
pub fn is_line(line: &[u8]) -> bool {
    if !LOGS {
        return names_a_request(line);
    }
    object(line).first() == Some(&b'{') && {
        let keys = Keys::of(line);
        matches!(keys.read(line, &mut Vec::new()), Line::Request(seen) if is_whole(&seen))
    }
}

/// What the keys of a log are.
pub(super) struct Keys {
    roles: Vec<(Vec<u8>, Role)>,
    moment: Moment,
    step: f64,
    /// A key that may be a duration without a unit, and the median of its values.
    ambiguous: Option<(String, f64)>,
    /// Whether the duration's key does not name its unit, and its numbers have a point.
    is_guessed: bool,
    /// Whether some are of objects within the object.
    is_nested: bool,
}

/// More keys than that are no template's.
const MOST_KEYS: usize = 1024;

/// What a key is, by its name, the values it has in the beginning, and the keys beside it.
fn role_of(name: &str, values: &[&[u8]], has_upstream: bool, names: &[&[u8]]) -> Role {
    let has = |name: &str| names.contains(&name.as_bytes());
    let are = |is: &dyn Fn(&[u8]) -> bool| values.iter().filter(|value| is(value)).count() * 2 > values.len();
    let is_status = |value: &[u8]| fields::status(value).is_some_and(|status| status >= 100);
    match roles::of_path(name, has_upstream) {
        // `%D` is so called in the template that many copied, with `%f` and `%a` beside it.
        Role::Worker if name == "process" && has("filename") && has("remoteIP") => Role::Duration(1e-3),
        Role::Worker if values.iter().any(|value| is_address(value)) => Role::Skip,
        // What was asked for only: `"verb":"GET","request":"/a"`.
        Role::Request if are(&|value| value.starts_with(b"/") || value.starts_with(b"\\/")) => Role::Target,
        Role::Status if !are(&is_status) => Role::Skip,
        // What is behind a proxy answered so: three digits are no microseconds.
        Role::Duration(_)
            if name == "us" && values.iter().all(|value| is_status(value) || *value == b"-") =>
        {
            Role::Skip
        }
        Role::Skip if name == "response" && are(&is_status) => Role::Status,
        // pino-http's is in milliseconds.
        Role::Skip if name == "responseTime" && has("req.method") && has("res.statusCode") => {
            Role::Duration(1.0)
        }
        role => role,
    }
}

/// What may be read, with how fine it is.
type Candidate<'a> = (&'a [u8], Role, f64);

/// The finest; of equal ones the first.
fn finest<'a>(found: &[Candidate<'a>]) -> Option<Candidate<'a>> {
    found.iter().copied().reduce(|best, one| if one.2 < best.2 { one } else { best })
}

impl Keys {
    /// Of the log that begins so.
    pub(super) fn of(head: &[u8]) -> Self {
        let objects = lines(head).map(object).filter(|line| line.first() == Some(&b'{'));
        let samples: Vec<&[u8]> = objects.take(60).collect();
        let mut values: FxHashMap<Vec<u8>, Vec<&[u8]>> = FxHashMap::default();
        let mut names: Vec<Vec<u8>> = Vec::new();
        for sample in &samples {
            each_pair(sample, |key, value| {
                if names.len() >= MOST_KEYS && !values.contains_key(key) {
                    return;
                }
                let known = values.entry(key.to_vec()).or_insert_with(|| {
                    names.push(key.to_vec());
                    Vec::new()
                });
                if !matches!(value, Value::Nested(_)) {
                    known.push(value.bytes());
                }
            });
        }
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        let has_upstream = names.iter().any(|name| roles::is_of_upstream(&String::from_utf8_lossy(name)));
        let mut keys = Self {
            roles: Vec::new(),
            moment: Moment::End,
            step: 0.0,
            ambiguous: None,
            is_guessed: false,
            is_nested: false,
        };
        let (mut stamps, mut durations) = (Vec::new(), Vec::new());
        let mut guessed: Vec<&[u8]> = Vec::new();
        for &name in &names {
            let (text, values) = (String::from_utf8_lossy(name), &values[name]);
            let digits = values.iter().filter_map(|value| fields::decimal(value)).map(|(_, digits)| digits);
            let digits = digits.max().unwrap_or(0);
            match role_of(&text, values, has_upstream, &names) {
                Role::Skip if roles::is_duration_of_path(&text) => {
                    if values.iter().any(|value| fields::with_unit(value).is_some()) {
                        durations.push((name, Role::DurationWithUnit, 1e-3));
                    } else if digits > 0 {
                        guessed.push(name);
                        durations.push((name, Role::Duration(1e3), 1e3 / 10_f64.powi(digits as i32)));
                    } else {
                        let mut known: Vec<f64> =
                            values.iter().filter_map(|value| fields::times(value, 1.0)).collect();
                        sort::floats(&mut known);
                        keys.ambiguous =
                            known.get(known.len() / 2).map(|median| (text.clone().into_owned(), *median));
                    }
                }
                Role::Skip => {}
                Role::Stamp | Role::Epoch | Role::Again => {
                    let steps = values.iter().filter_map(|value| fields::when(value)).map(|when| when.step);
                    if let Some(step) = steps.reduce(f64::min) {
                        stamps.push((name, Role::Stamp, step));
                    }
                }
                Role::Duration(unit) if values.iter().any(|value| fields::decimal(value).is_some()) => {
                    durations.push((name, Role::Duration(unit), unit / 10_f64.powi(digits as i32)));
                }
                Role::Duration(_) => {}
                role if keys.roles.iter().any(|(_, known)| *known == role) => {}
                role => keys.roles.push((name.to_vec(), role)),
            }
        }
        keys.roles.extend(finest(&stamps).map(|(name, role, _)| (name.to_vec(), role)));
        if let Some((name, role, step)) = finest(&durations) {
            keys.roles.push((name.to_vec(), role));
            (keys.step, keys.ambiguous) = (step, None);
            keys.is_guessed = guessed.contains(&name);
        }
        // Some write the names with their points.
        keys.is_nested = keys.roles.iter().any(|(name, _)| name.contains(&b'.'));
        // HAProxy's own names: its %tr is when the request's first byte came.
        keys.moment = if keys.has(b"Ta") || keys.has(b"tr") {
            Moment::Begin
        } else if has_upstream || keys.has(b"request_time") || keys.has(b"msec") {
            Moment::End
        } else {
            let mut scratch = Vec::new();
            let mut times = Vec::new();
            for sample in &samples {
                scratch.clear();
                if let Line::Request(seen) = keys.read(sample, &mut scratch) {
                    times.push((seen.entry.stamp, seen.entry.duration));
                }
            }
            moment_of(times.into_iter())
        };
        keys
    }

    fn has(&self, name: &[u8]) -> bool {
        self.roles.iter().any(|(key, _)| key == name)
    }
}

impl Lines for Keys {
    fn read<'l>(&self, line: &'l [u8], scratch: &'l mut Vec<u8>) -> Line<'l> {
        let line = object(line);
        let mut seen =
            Seen { entry: Entry { moment: self.moment, ..Entry::default() }, zone: b"", odd: None };
        let entry = &mut seen.entry;
        let (mut request, mut target, mut has_status): (Option<&[u8]>, Option<&[u8]>, bool) =
            (None, None, false);
        let mut is_other = false;
        let mut take = |key: &[u8], value: Value<'l>| {
            let Some((_, role)) = self.roles.iter().find(|(known, _)| known == key) else { return };
            let value = value.bytes();
            match *role {
                Role::Stamp | Role::Epoch | Role::Again => {
                    if let Some(When { milliseconds, zone, .. }) = fields::when(value) {
                        (entry.stamp, seen.zone) = (milliseconds, zone);
                    }
                }
                Role::Request => request = Some(value),
                Role::Target => target = Some(value),
                Role::Method => entry.method = if fields::is_method(value) { value } else { b"" },
                Role::Status => match fields::status(value) {
                    Some(status) => (entry.status, has_status) = (status, true),
                    None => is_other = true,
                },
                Role::Bytes => entry.bytes = fields::whole(value),
                Role::Client => entry.client = fields::without_port(fields::known(value)),
                Role::User => entry.user = fields::known(value),
                Role::Worker => entry.worker = worker(fields::without_angles(value)),
                Role::Duration(_) if self.is_guessed && is_of_another_unit(value) => {
                    seen.odd = Some(Odd::Unit)
                }
                Role::Duration(unit) => (entry.duration, seen.odd) = duration(value, unit),
                Role::DurationWithUnit => {
                    let found =
                        fields::with_unit(value).and_then(|(number, unit)| fields::times(number, unit));
                    entry.duration = found.unwrap_or(f64::NAN);
                }
                Role::Upstream(unit) => entry.upstream = fields::sum_of_list(value, unit).unwrap_or(f64::NAN),
                Role::Skip => {}
            }
        };
        if self.is_nested {
            each_pair(line, take);
        } else {
            pairs(line).for_each(|(key, value)| take(key, value));
        }
        if is_other {
            return Line::Other;
        }
        match (request, target) {
            (Some(request), _) if has_status => {
                (entry.method, entry.target) =
                    fields::request(unescaped(request, scratch)).unwrap_or_default();
            }
            (None, Some(target)) if has_status => entry.target = unescaped(target, scratch),
            _ => return Line::Other,
        }
        Line::Request(seen)
    }

    fn times(&self) -> (Moment, f64) {
        (self.moment, self.step)
    }

    fn is_guessed(&self) -> bool {
        self.is_guessed
    }

    fn is_ambiguous(&self) -> bool {
        self.ambiguous.is_some()
    }

    fn inferred(&self) -> Option<String> {
        let of =
            |(key, role): &(Vec<u8>, Role)| format!("{} = {}", String::from_utf8_lossy(key), role.in_words());
        Some(format!("keys: {}", self.roles.iter().map(of).collect::<Vec<_>>().join(", ")))
    }

    fn say(&self, diagnostics: &mut Diagnostics) {
        let Some((name, median)) = &self.ambiguous else { return };
        let guess = |unit: f64| format::milliseconds(median * unit);
        let message = format!(
            "\"{name}\" may be how long requests took, but its unit cannot be told: half of them would take {} or more if it is \
             microseconds, {} if milliseconds, {} if seconds. Durations are left out; name the unit in the key ({name}_ms)",
            guess(1e-3),
            guess(1.0),
            guess(1e3)
        );
        diagnostics.note(Level::Warning, &message, || None);
    }
}
