//! What a field of a line, or a key of JSON, may hold, and which names say so. A name says the unit as well, or nothing does.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Role {
    /// Nothing that is asked for.
    Skip,
    /// When.
    Stamp,
    /// The same again, finer perhaps, counted from 1970.
    Epoch,
    /// The same again as a date.
    Again,
    /// `GET /fast/ HTTP/1.1`.
    Request,
    Method,
    /// Path and query.
    Target,
    Status,
    Bytes,
    Client,
    User,
    Worker,
    /// How long it took, each of so many ms.
    Duration(f64),
    /// The same with a unit behind the number.
    DurationWithUnit,
    /// How long the application behind a proxy took.
    Upstream(f64),
}

impl Role {
    /// As people read it.
    pub fn in_words(self) -> String {
        let unit = |unit: f64| match unit {
            1e3 => "s",
            1.0 => "ms",
            1e-3 => "µs",
            _ => "ns",
        };
        match self {
            Self::Skip => "…".to_owned(),
            Self::Stamp | Self::Again => "time".to_owned(),
            Self::Epoch => "seconds since 1970".to_owned(),
            Self::Request => "request".to_owned(),
            Self::Method => "method".to_owned(),
            Self::Target => "address".to_owned(),
            Self::Status => "status".to_owned(),
            Self::Bytes => "bytes".to_owned(),
            Self::Client => "client".to_owned(),
            Self::User => "user".to_owned(),
            Self::Worker => "worker".to_owned(),
            Self::Duration(of) => format!("duration ({})", unit(of)),
            Self::DurationWithUnit => "duration with unit".to_owned(),
            Self::Upstream(of) => format!("upstream duration ({})", unit(of)),
        }
    }
}

/// What is called so, in a line or as a key of JSON. `has_upstream` says that the log names what is behind a proxy: there
/// `us` is a status.
pub fn of_name(name: &str, has_upstream: bool) -> Role {
    match name {
        "time" | "ts" | "t" | "timestamp" | "@timestamp" | "time_local" | "time_iso8601" | "datetime"
        | "date" | "ltime" | "tr" | "start" | "start_time" | "StartUTC" | "asctime" => Role::Stamp,
        "msec" | "tmsec" | "tmsecs" | "epoch" => Role::Epoch,
        "request" | "req" | "r" | "request_line" => Role::Request,
        "m" | "method" | "verb" | "request_method" | "http_method" | "RequestMethod" => Role::Method,
        "u" | "U" | "uri" | "url" | "path" | "request_uri" | "request_path" | "target" | "RequestPath" => {
            Role::Target
        }
        "s" | "st" | "ST" | "status" | "status_code" | "statusCode" | "code" | "http_status"
        | "response_status" | "response_code" | "DownstreamStatus" => Role::Status,
        "b"
        | "B"
        | "bytes"
        | "bytes_sent"
        | "body_bytes_sent"
        | "size"
        | "response_length"
        | "content_length"
        | "DownstreamContentSize" => Role::Bytes,
        "h" | "remote" | "remote_addr" | "remote_ip" | "client" | "client_ip" | "clientip" | "ip"
        | "addr" | "ClientHost" => Role::Client,
        "remote_user" | "user" | "ClientUsername" => Role::User,
        "p" | "pid" | "process" | "worker" | "dyno" => Role::Worker,
        "rt" | "request_time" | "reqtime" | "L" | "seconds" | "duration_s" | "duration_seconds"
        | "request_time_s" | "secs" => Role::Duration(1e3),
        "D" | "micros" | "usec" | "usecs" | "duration_us" | "microseconds" | "request_time_us" => {
            Role::Duration(1e-3)
        }
        "us" if !has_upstream => Role::Duration(1e-3),
        "M" | "ms" | "msecs" | "duration_ms" | "response_time_ms" | "elapsed_ms" | "request_time_ms"
        | "took_ms" | "Ta" | "milliseconds" => Role::Duration(1.0),
        "duration_ns" | "nanoseconds" => Role::Duration(1e-6),
        "T" => Role::Duration(1e3),
        "urt"
        | "ut"
        | "upstream_response_time"
        | "upstream_time"
        | "upstreamtime"
        | "upstream_responsetime"
        | "apptime" => Role::Upstream(1e3),
        name => of_unit(name),
    }
}

/// What a value of an object within an object is, by its name and the names around it: `http.request.method` of
/// [ECS](https://www.elastic.co/guide/en/ecs/current/ecs-http.html), `req.url` of pino, `httpRequest.requestUrl` of
/// [Google](https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#httprequest), and what sites put together so.
pub fn of_path(path: &str, has_upstream: bool) -> Role {
    let Some((around, name)) = path.rsplit_once('.') else { return of_name(path, has_upstream) };
    match path {
        "event.duration" => return Role::Duration(1e-6),
        "url.path" | "url.original" => return Role::Target,
        "client.ip" | "client.address" | "source.ip" | "source.address" => return Role::Client,
        "user.name" => return Role::User,
        "process.pid" => return Role::Worker,
        "http.response.body.bytes" | "http.response.bytes" => return Role::Bytes,
        _ => {}
    }
    let within = innermost(around);
    if within.starts_with("upstream") {
        return if matches!(name, "time" | "response_time") { Role::Upstream(1e3) } else { Role::Skip };
    }
    let (is_asked, is_answer) = (is_of_request(&within), is_of_response(&within));
    match &*plain(name) {
        "method" | "verb" | "request_method" if is_asked => Role::Method,
        "url" | "uri" | "path" | "target" | "request_url" | "request_uri" | "request_path" if is_asked => {
            Role::Target
        }
        "line" | "request_line" if is_asked => Role::Request,
        "remote_ip" | "remote_addr" | "remote_address" | "client_ip" | "ip" if is_asked => Role::Client,
        "status" | "status_code" if is_answer || is_asked => Role::Status,
        "bytes" | "length" | "size" | "content_length" | "bytes_sent" | "body_bytes_sent" if is_answer => {
            Role::Bytes
        }
        "response_size" if is_asked => Role::Bytes,
        _ if is_asked || is_answer => of_unit(name),
        _ => Role::Skip,
    }
}

/// Whether a value within an object is how long a request took, in a unit that its name does not say.
pub fn is_duration_of_path(path: &str) -> bool {
    let Some((around, name)) = path.rsplit_once('.') else { return is_duration(path) };
    let within = innermost(around);
    let is_answer = is_of_response(&within);
    (is_of_request(&within) || is_answer) && is_duration(name) || is_answer && name == "time"
}

/// The name of the object that a value is in itself, of the names of all around it.
fn innermost(around: &str) -> String {
    plain(around.rsplit('.').next().unwrap_or_default())
}

fn is_of_request(within: &str) -> bool {
    matches!(within, "request" | "req" | "http_request" | "http")
}

fn is_of_response(within: &str) -> bool {
    matches!(within, "response" | "res" | "http_response")
}

/// A duration whose name is a word for one with its unit behind: `time_ms`, `latency_us`, `durationMs`.
fn of_unit(name: &str) -> Role {
    let plain = plain(name);
    let Some((word, unit)) = plain.rsplit_once('_') else { return Role::Skip };
    let unit = match unit {
        "ms" | "msec" | "msecs" | "millis" | "milliseconds" => 1.0,
        "us" | "usec" | "usecs" | "micros" | "microsec" | "microseconds" => 1e-3,
        "ns" | "nanos" | "nanoseconds" => 1e-6,
        "s" | "sec" | "secs" | "seconds" => 1e3,
        _ => return Role::Skip,
    };
    if matches!(word, "time" | "dt") || is_duration(word) { Role::Duration(unit) } else { Role::Skip }
}

/// A name in small letters with `_` between its words: `responseTime` is `response_time`.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && plain.ends_with(|before: char| before.is_ascii_lowercase()) {
            plain.push('_');
        }
        plain.push(if letter == '-' { '_' } else { letter.to_ascii_lowercase() });
    }
    plain
}

/// Whether a name is of how long a request took, in a unit that it does not say: with something between its words or nothing.
pub fn is_duration(name: &str) -> bool {
    let letters: String = plain(name).chars().filter(|letter| *letter != '_').collect();
    matches!(
        &*letters,
        "duration"
            | "elapsed"
            | "responsetime"
            | "latency"
            | "took"
            | "timetaken"
            | "requesttimetaken"
            | "requestduration"
            | "responseduration"
            | "processingtime"
            | "elapsedtime"
            | "totaltime"
            | "processtime"
            | "requesttime"
            | "reqtime"
    )
}

/// Whether a name is of what is behind a proxy.
pub fn is_of_upstream(name: &str) -> bool {
    matches!(name, "urt" | "uct" | "uht" | "ut" | "apptime") || name.starts_with("upstream")
}
