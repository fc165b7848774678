//! What the fields of a layout hold: by their names, by their shape, and by how their numbers go together over many lines.
//! Units are known by name, by the digits behind a point, or by two fields that say the same in different units; where
//! nothing says it, a number is no duration.

use super::fields;
use super::layout::{Layout, MOST, Server};
use crate::requests::Moment;
use crate::sort;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Role {
    /// Nothing that is asked for.
    Skip,
    /// When.
    Stamp,
    /// The same again, finer perhaps, counted from 1970.
    Epoch,
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
            Self::Stamp => "time".to_owned(),
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
        | "date" | "ltime" | "tr" | "start" | "start_time" | "StartUTC" => Role::Stamp,
        "msec" | "tmsec" | "tmsecs" | "epoch" => Role::Epoch,
        "request" | "req" | "r" | "request_line" => Role::Request,
        "m" | "method" | "verb" | "request_method" | "http_method" | "RequestMethod" => Role::Method,
        "u" | "U" | "uri" | "url" | "path" | "request_uri" | "request_path" | "target" | "RequestPath" => {
            Role::Target
        }
        "s" | "st" | "ST" | "status" | "status_code" | "code" | "http_status" | "response_status"
        | "DownstreamStatus" => Role::Status,
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
        "rt" | "request_time" | "L" | "seconds" | "duration_s" | "duration_seconds" | "request_time_s"
        | "secs" => Role::Duration(1e3),
        "D" | "micros" | "usec" | "usecs" | "duration_us" | "microseconds" | "request_time_us" => {
            Role::Duration(1e-3)
        }
        "us" if !has_upstream => Role::Duration(1e-3),
        "M" | "ms" | "msecs" | "duration_ms" | "response_time_ms" | "elapsed_ms" | "request_time_ms"
        | "took_ms" | "Ta" | "milliseconds" => Role::Duration(1.0),
        "duration_ns" | "nanoseconds" => Role::Duration(1e-6),
        "T" => Role::Duration(1e3),
        "urt" | "upstream_response_time" | "upstream_time" => Role::Upstream(1e3),
        _ => Role::Skip,
    }
}

/// Whether a name is of what is behind a proxy.
pub fn is_of_upstream(name: &str) -> bool {
    matches!(name, "urt" | "uct" | "uht") || name.starts_with("upstream")
}

/// Gives the fields of `layout` their roles, by what the samples have there.
pub fn assign(layout: &mut Layout, samples: &[&[u8]], head: &[u8]) {
    let mut rows: Vec<[&[u8]; MOST]> = Vec::new();
    for sample in samples {
        let mut cells: [&[u8]; MOST] = [b""; MOST];
        if layout.cells(sample, &mut cells) {
            rows.push(cells);
        }
    }
    let mut columns = Columns { rows };
    let count = layout.fields.len();
    let Some(request) = (0..count).find(|&at| columns.most(at, |cell| fields::request(cell).is_some()))
    else {
        return;
    };
    layout.fields[request].role = Role::Request;
    let is_status = |cell: &[u8]| fields::status(cell).is_some();
    // An address with quotes or blanks shifts what is behind it: such lines say nothing of the fields.
    let status = (request + 1..count)
        .find(|&at| columns.all(at, is_status))
        .or_else(|| (request + 1..count).find(|&at| columns.most(at, is_status)));
    if let Some(status) = status {
        layout.fields[status].role = Role::Status;
        columns.rows.retain(|row| is_status(row[status]));
    }
    let is_stamp = |at: usize| {
        layout.fields[at].before.ends_with(b"[") && columns.all(at, |cell| fields::when(cell).is_some())
    };
    // Of two the one of the request itself: the other is that of the logger around it.
    let is_bare = |at: usize| columns.all(at, |cell| fields::when(cell).is_some());
    let stamp = (0..request)
        .rev()
        .find(|&at| is_stamp(at))
        .or_else(|| (request..count).find(|&at| is_stamp(at)))
        .or_else(|| (0..request).rev().find(|&at| is_bare(at)));
    if let Some(stamp) = stamp {
        layout.fields[stamp].role = Role::Stamp;
        // Before it: client, who it is by identd, and by the password.
        let is_word =
            |at: usize| layout.fields[at].before.len() <= 2 && !layout.fields[at].before.ends_with(b"[");
        if stamp >= 3 && (stamp - 2..stamp).all(is_word) {
            layout.fields[stamp - 1].role = Role::User;
            layout.fields[stamp - 3].role = Role::Client;
        } else if let Some(client) = (0..request).find(|&at| columns.all(at, is_address)) {
            layout.fields[client].role = Role::Client;
        }
    }
    layout.server = server(layout, &columns, (request, status, stamp), head);
    if let Some(status) = status {
        bytes(layout, &columns, status);
    }
    by_name(layout, &columns);
    durations(layout, &columns, status.unwrap_or(request));
    layout.moment = layout.server.moment().unwrap_or_else(|| moment(layout, samples));
}

/// Where the answer's bytes are: behind the status, in the common format and in what servers write by themselves. Elsewhere a
/// number may be anything (`$request_length`). Behind the status it may be written again (`%s %>s`).
fn bytes(layout: &mut Layout, columns: &Columns<'_>, status: usize) {
    let is_common = layout.fields.iter().any(|field| field.role == Role::User);
    if !is_common && matches!(layout.server, Server::Any | Server::Nginx | Server::Apache) {
        return;
    }
    let is_bytes = |cell: &[u8]| cell == b"-" || fields::whole(cell).is_some();
    let is_status = |cell: &[u8]| cell != b"-" && fields::status(cell).is_some_and(|status| status >= 100);
    let again = columns.all(status + 1, is_status)
        && columns.rows.iter().filter(|row| row[status] == row[status + 1]).count() * 2 > columns.rows.len();
    let at = if again { status + 2 } else { status + 1 };
    if layout.fields.get(at).is_some_and(|field| field.name.is_empty()) && columns.all(at, is_bytes) {
        layout.fields[at].role = Role::Bytes;
    }
}

/// An IP address, with a port perhaps.
fn is_address(cell: &[u8]) -> bool {
    let bare = fields::without_port(cell);
    bare.len() >= 3
        && bare.iter().all(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte))
        && bare.contains(&b'.') | bare.contains(&b':')
}

/// The cells of the samples.
struct Columns<'a> {
    rows: Vec<[&'a [u8]; MOST]>,
}

impl<'a> Columns<'a> {
    fn cells(&self, at: usize) -> impl Iterator<Item = &'a [u8]> {
        self.rows.iter().map(move |row| row[at])
    }

    /// Whether all are so; of many, one in twenty may be odd.
    fn all(&self, at: usize, is: impl Fn(&[u8]) -> bool) -> bool {
        let odd = self.cells(at).filter(|cell| !is(cell)).count();
        !self.rows.is_empty() && odd * 20 <= self.rows.len()
    }

    fn most(&self, at: usize, is: impl Fn(&[u8]) -> bool) -> bool {
        self.cells(at).filter(|cell| is(cell)).count() * 2 > self.rows.len()
    }

    /// Those of a column that are numbers, and NaN for `-`; `None` if more than one in twenty is neither.
    fn numbers(&self, at: usize) -> Option<Vec<f64>> {
        let mut numbers = Vec::with_capacity(self.rows.len());
        let mut odd = 0;
        for cell in self.cells(at) {
            match fields::sum_of_list(cell, 1.0) {
                Some(number) => numbers.push(number),
                None if cell.is_empty() || cell.iter().all(|byte| b"-, :".contains(byte)) => {
                    numbers.push(f64::NAN)
                }
                None => {
                    odd += 1;
                    numbers.push(f64::NAN);
                }
            }
        }
        if odd * 20 > self.rows.len() {
            return None;
        }
        numbers.iter().any(|number| !number.is_nan()).then_some(numbers)
    }

    /// The most digits behind a point.
    fn digits(&self, at: usize) -> u32 {
        let of = |cell: &[u8]| {
            let last = cell.rsplit(|byte| b" ,:".contains(byte)).next().unwrap_or_default();
            fields::decimal(last).map_or(0, |(_, digits)| digits)
        };
        self.cells(at).map(of).max().unwrap_or(0)
    }
}

/// Who writes such lines.
fn server(
    layout: &Layout,
    columns: &Columns<'_>,
    (request, status, stamp): (usize, Option<usize>, Option<usize>),
    head: &[u8],
) -> Server {
    let named = |name: &str| layout.fields.iter().any(|field| field.name == name);
    let any = |is: &dyn Fn(&[u8]) -> bool| {
        columns.rows.iter().any(|row| row[..layout.fields.len()].iter().any(|cell| is(cell)))
    };
    let ends_so = |cell: &[u8], word: &[u8]| fields::without_colours(cell).ends_with(word);
    let without_protocol = columns.all(request, |cell| memchr::memmem::find(cell, b" HTTP/").is_none());
    let stamp_cell = stamp.and_then(|at| columns.cells(at).next()).unwrap_or_default();
    if memchr::memmem::find(head, b"*** Starting uWSGI ").is_some() {
        return Server::Uwsgi;
    }
    if named("urt")
        || named("uct")
        || named("upstream_response_time")
        || any(&|cell| memchr::memmem::find(cell, b"\\x22").is_some())
    {
        return Server::Nginx;
    }
    // `[2026-11-28 22:29:57 +0000] 127.0.0.1 - "GET / HTTP/1.1" 200 37.800`, whole: other servers' stamps may be in brackets
    // as well.
    let is_granian_stamp = stamp.is_some_and(|at| at < 2)
        && stamp_cell.get(4) == Some(&b'-')
        && stamp_cell.get(10) == Some(&b' ')
        && fields::when(stamp_cell).is_some_and(|when| !when.zone.is_empty());
    // Its milliseconds come right behind the status.
    let is_timed = status
        .is_some_and(|at| at == request + 1 && at + 1 < layout.fields.len() && columns.digits(at + 1) == 3);
    if is_granian_stamp && is_timed {
        return Server::Granian;
    }
    let unzoned = fields::when(stamp_cell).is_some_and(|when| when.zone.is_empty());
    if unzoned && stamp_cell.get(11) == Some(&b' ') {
        return if stamp == Some(0) { Server::Runserver } else { Server::Werkzeug };
    }
    if without_protocol
        && columns
            .all(request, |cell| ends_so(cell, b" 1.1") || ends_so(cell, b" 2") || ends_so(cell, b" 1.0"))
    {
        return Server::Hypercorn;
    }
    if unzoned && without_protocol {
        return Server::Daphne;
    }
    let tail = status.map_or(0, |status| status + 2)..layout.fields.len();
    let mut bare = tail.clone().filter(|&at| !layout.fields[at].before.ends_with(b"\""));
    if tail.clone().any(|at| {
        layout.fields[at].name.is_empty()
            && columns.all(at, |cell| cell.ends_with(b"ms") && fields::with_unit(cell).is_some())
    }) {
        return Server::Traefik;
    }
    let in_angles = |at: usize| {
        layout.fields[at].before.ends_with(b"<") && columns.all(at, |cell| fields::whole(cell).is_some())
    };
    if tail.clone().any(in_angles) || ["L", "D", "M"].into_iter().all(named) {
        return Server::Gunicorn;
    }
    let decimals =
        bare.find_map(|at| columns.numbers(at).map(|_| columns.digits(at)).filter(|&digits| digits > 0));
    match decimals {
        Some(3) => Server::Nginx,
        Some(6) => Server::Gunicorn,
        _ => Server::Any,
    }
}

/// Gives fields with names their roles.
fn by_name(layout: &mut Layout, columns: &Columns<'_>) {
    let has_upstream = layout.fields.iter().any(|field| is_of_upstream(&field.name));
    for at in 0..layout.fields.len() {
        if layout.fields[at].role != Role::Skip || layout.fields[at].name.is_empty() {
            continue;
        }
        let has = |layout: &Layout, role: Role| layout.fields.iter().any(|field| field.role == role);
        let role = match of_name(&layout.fields[at].name, has_upstream) {
            // The request line has them.
            Role::Method | Role::Target | Role::Request | Role::Status => Role::Skip,
            Role::Bytes if has(layout, Role::Bytes) => Role::Skip,
            Role::Client if has(layout, Role::Client) => Role::Skip,
            Role::Epoch | Role::Stamp if !columns.all(at, |cell| fields::when(cell).is_some()) => Role::Skip,
            Role::Stamp if has(layout, Role::Stamp) => Role::Epoch,
            Role::Duration(_) | Role::Upstream(_) if columns.numbers(at).is_none() => Role::Skip,
            role => role,
        };
        layout.fields[at].role = role;
    }
}

/// Chooses the field of the duration, with its unit.
fn durations(layout: &mut Layout, columns: &Columns<'_>, after: usize) {
    let in_angles = |layout: &Layout, at: usize| layout.fields[at].before.ends_with(b"<");
    let unnamed: Vec<usize> = (after + 1..layout.fields.len())
        .filter(|&at| layout.fields[at].role == Role::Skip && !layout.fields[at].before.ends_with(b"\""))
        .filter(|&at| layout.fields[at].name.is_empty())
        .collect();
    let mut numbers: Vec<(usize, Vec<f64>)> = Vec::new();
    for &at in &unnamed {
        if in_angles(layout, at) {
            layout.fields[at].role = Role::Worker;
        } else if columns.all(at, |cell| fields::when(cell).is_some()) {
            layout.fields[at].role = Role::Epoch;
        } else if let Some(values) = columns.numbers(at) {
            numbers.push((at, values));
        }
    }
    // Only the finest of the moments is read: others would win by coming later.
    let step = |at: usize| {
        columns.cells(at).filter_map(fields::when).map(|when| when.step).fold(f64::INFINITY, f64::min)
    };
    let epochs: Vec<usize> =
        (0..layout.fields.len()).filter(|&at| layout.fields[at].role == Role::Epoch).collect();
    let finest = epochs.iter().copied().min_by(|&a, &b| step(a).total_cmp(&step(b)));
    for at in epochs {
        if Some(at) != finest {
            layout.fields[at].role = Role::Skip;
        }
    }
    // With its unit behind it, the finest one.
    let with_unit = (after + 1..layout.fields.len()).filter(|&at| {
        layout.fields[at].role == Role::Skip
            && columns.all(at, |cell| fields::with_unit(cell).is_some() || cell == b"-")
            && columns.cells(at).any(|cell| cell != b"-")
    });
    let unit = |at: usize| {
        columns.cells(at).find_map(|cell| fields::with_unit(cell).map(|(_, unit)| unit)).unwrap_or(1e9)
    };
    if let Some(at) = with_unit.min_by(|&a, &b| unit(a).total_cmp(&unit(b))) {
        forget(layout);
        layout.fields[at].role = Role::DurationWithUnit;
        layout.step = unit(at)
            / 10_f64.powi(
                columns
                    .cells(at)
                    .filter_map(fields::with_unit)
                    .filter_map(|(number, _)| fields::decimal(number))
                    .map(|(_, digits)| digits)
                    .max()
                    .unwrap_or(0) as i32,
            );
        return;
    }
    // Named ones: the finest.
    let named: Vec<(usize, f64)> = (0..layout.fields.len())
        .filter_map(|at| match layout.fields[at].role {
            Role::Duration(unit) => Some((at, unit)),
            _ => None,
        })
        .collect();
    if !named.is_empty() {
        let fine = |&(at, unit): &(usize, f64)| unit / 10_f64.powi(columns.digits(at) as i32);
        let best = named.iter().copied().min_by(|a, b| fine(a).total_cmp(&fine(b)));
        for (at, _) in &named {
            layout.fields[*at].role = Role::Skip;
        }
        if let Some((at, unit)) = best {
            layout.fields[at].role = Role::Duration(unit);
            layout.step = fine(&(at, unit));
        }
        return;
    }
    by_shape(layout, columns, numbers);
}

fn forget(layout: &mut Layout) {
    for field in &mut layout.fields {
        if matches!(field.role, Role::Duration(_) | Role::DurationWithUnit) {
            field.role = Role::Skip;
        }
    }
}

/// The unit that stands behind all numbers of a field, in a word of its own (`50.000 ms`), in ms.
fn unit_behind(layout: &Layout, columns: &Columns<'_>, at: usize) -> Option<f64> {
    let next = layout.fields.get(at + 1)?;
    let unit = fields::unit_of(columns.cells(at + 1).next()?)?;
    let is_same = |cell: &[u8]| fields::unit_of(cell) == Some(unit);
    (next.before == b" " && columns.all(at + 1, is_same)).then_some(unit)
}

/// Of the fields with a point, the one that is the request's; the others are the application's. That is `-` where the
/// application was not asked, and rounded by itself, it may be a step longer: only what is more than that is longer.
fn of_request(decimals: &[(usize, &Vec<f64>)], step: f64) -> usize {
    let unknown = |values: &[f64]| values.iter().filter(|value| value.is_nan()).count();
    let fewest = decimals.iter().map(|(_, values)| unknown(values)).min().unwrap_or(0);
    let mut best = 0;
    let mut found = false;
    for (place, (_, values)) in decimals.iter().enumerate() {
        if unknown(values) > fewest {
            continue;
        }
        let longer = |a: &[f64], b: &[f64]| a.iter().zip(b).filter(|(a, b)| **a > **b + 2.5 * step).count();
        if !found || longer(values, decimals[best].1) > longer(decimals[best].1, values) {
            (best, found) = (place, true);
        }
    }
    best
}

/// Numbers without names: those with a point are seconds (of Granian milliseconds); whole ones where two fields say the
/// same in different units.
fn by_shape(layout: &mut Layout, columns: &Columns<'_>, numbers: Vec<(usize, Vec<f64>)>) {
    let said = numbers.iter().find_map(|(at, _)| Some((*at, unit_behind(layout, columns, *at)?)));
    if let Some((at, unit)) = said {
        layout.fields[at].role = Role::Duration(unit);
        layout.step = unit / 10_f64.powi(columns.digits(at) as i32);
        return;
    }
    let unit = if layout.server == Server::Granian { 1.0 } else { 1e3 };
    let mut decimals: Vec<(usize, &Vec<f64>)> =
        numbers.iter().filter(|(at, _)| columns.digits(*at) > 0).map(|(at, values)| (*at, values)).collect();
    if !decimals.is_empty() {
        // What a request took is more than what the application took for it.
        let step = 1.0 / 10_f64.powi(columns.digits(decimals[0].0) as i32);
        let (at, _) = decimals.remove(of_request(&decimals, step));
        layout.fields[at].role = Role::Duration(unit);
        layout.step = unit / 10_f64.powi(columns.digits(at) as i32);
        layout.is_guessed = layout.server != Server::Granian;
        let sum = |values: &[f64]| values.iter().filter(|value| !value.is_nan()).sum::<f64>();
        let longest = decimals.iter().max_by(|a, b| sum(a.1).total_cmp(&sum(b.1)));
        if let Some((upstream, _)) = longest
            && layout.server == Server::Nginx
        {
            layout.fields[*upstream].role = Role::Upstream(1e3);
        }
        return;
    }
    let ratio = |a: &[f64], b: &[f64], by: f64| {
        let known = a.iter().zip(b).filter(|(a, b)| !a.is_nan() && !b.is_nan());
        known.clone().any(|(a, _)| *a >= by) && known.clone().all(|(a, b)| (a / by).trunc() == *b)
    };
    let microseconds = numbers.iter().find(|(_, fine)| {
        let has = |by: f64| numbers.iter().any(|(_, coarse)| ratio(fine, coarse, by));
        // Only microseconds have a millionth part that is logged: whole seconds.
        has(1e6) || (layout.server == Server::Gunicorn && has(1e3))
    });
    if let Some((at, _)) = microseconds {
        layout.fields[*at].role = Role::Duration(1e-3);
        layout.step = 1e-3;
        if layout.server == Server::Any {
            layout.server = Server::Apache;
        }
        return;
    }
    // A number that differs from line to line may be one: it is said, not taken.
    let varies = |values: &[f64]| values.iter().any(|value| *value != values[0]);
    if let Some((_, values)) = numbers.iter().find(|(_, values)| values.len() > 1 && varies(values)) {
        let mut known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
        sort::floats(&mut known);
        layout.ambiguous = known.get(known.len() / 2).copied();
    }
}

/// Where nothing tells the server: lines come in the order of their ends. If the stamps run backwards more often than the
/// stamps with the durations added, they are beginnings.
fn moment(layout: &Layout, samples: &[&[u8]]) -> Moment {
    let seen = samples.iter().filter_map(|sample| layout.read(sample));
    moment_of(seen.map(|seen| (seen.entry.stamp, seen.entry.duration)))
}

/// The same of stamps and durations in the order of the file, ms.
pub fn moment_of(lines: impl Iterator<Item = (f64, f64)>) -> Moment {
    let lines: Vec<(f64, f64)> =
        lines.filter(|(stamp, duration)| !stamp.is_nan() && !duration.is_nan()).collect();
    // Stamps that are cut to seconds are early by up to one.
    let step = if lines.iter().all(|(stamp, _)| stamp % 1000.0 == 0.0) { 1000.0 } else { 1.0 };
    let (mut begins, mut ends) = (0_u32, 0_u32);
    let mut before: Option<(f64, f64)> = None;
    for (stamp, duration) in lines {
        if let Some((start, end)) = before {
            begins += u32::from(stamp < start);
            ends += u32::from(stamp + duration < end - step);
        }
        before = Some((stamp, stamp + duration));
    }
    if begins > 0 && begins > ends { Moment::Begin } else { Moment::End }
}
