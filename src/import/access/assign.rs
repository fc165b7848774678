//! What the fields of a layout hold: by their names, by their shape, and by how their numbers go together over many lines.

use super::columns::{Columns, is_address};
use super::durations::durations;
use super::fields;
use super::layout::{Field, Layout, Server};
use super::roles::{Role, is_of_upstream, of_name};
use super::servers::server;
use crate::requests::Moment;

/// Gives the fields of `layout` their roles, by what the samples have there.
pub fn assign(layout: &mut Layout, samples: &[&[u8]], head: &[u8]) {
    let mut columns = Columns::of(layout, samples);
    let count = layout.fields.len();
    let Some(request) = (0..count).find(|&at| columns.most(at, |cell| fields::request(cell).is_some()))
    else {
        return;
    };
    layout.fields[request].role = Role::Request;
    let is_status = |cell: &[u8]| fields::status(cell).is_some();
    // An address with quotes or blanks shifts what is behind it: such lines say nothing of the fields.
    // In front of the request a number that is always a status is hardly anything else; behind it, it may be microseconds.
    let is_named = |at: &usize| of_name(&layout.fields[*at].name, false) == Role::Status;
    let status = (0..count)
        .find(|at| is_named(at) && columns.all(*at, is_status))
        .or_else(|| status_before(layout, &columns, request))
        .or_else(|| (request + 1..count).find(|&at| columns.all(at, is_status)))
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
        // Before it: client, who it is by identd, and by the password; unless an address stands elsewhere, as in front of a
        // duration or behind a logger's name.
        let is_word =
            |at: usize| layout.fields[at].before.len() <= 2 && !layout.fields[at].before.ends_with(b"[");
        let address = (0..stamp).find(|&at| columns.all(at, is_address));
        let is_elsewhere =
            |client: usize| address.is_some_and(|at| at != client) && !columns.all(client, is_address);
        if stamp >= 3 && (stamp - 2..stamp).all(is_word) && !is_elsewhere(stamp - 3) {
            layout.fields[stamp - 1].role = Role::User;
            layout.fields[stamp - 3].role = Role::Client;
        } else if let Some(client) = (0..request).find(|&at| columns.all(at, is_address)) {
            layout.fields[client].role = Role::Client;
        }
    }
    let behind = status.map(|status| status.max(request));
    layout.server = server(layout, &columns, (request, behind, stamp), head);
    if let Some(status) = status.filter(|&status| status > request) {
        bytes(layout, &columns, status);
    }
    by_name(layout, &columns);
    if layout.server == Server::HaProxy
        && let Some(at) = status.and_then(|status| haproxy_total(layout, &columns, status))
    {
        layout.fields[at].role = Role::Duration(1.0);
    }
    durations(layout, &columns, behind.unwrap_or(request) + 1);
    layout.moment = layout.server.moment().unwrap_or_else(|| moment(layout, samples));
}

/// The status, where it stands in front of the request: not in brackets, as processes do, and not where it is always the same
/// while one behind the request differs.
fn status_before(layout: &Layout, columns: &Columns<'_>, request: usize) -> Option<usize> {
    let is_plain = |at: usize| {
        let Field { before, name, .. } = &layout.fields[at];
        name.is_empty() && before.last().is_none_or(|&byte| byte == b' ')
    };
    let differs = |at: usize| columns.cells(at).any(|cell| columns.cells(at).next() != Some(cell));
    let at = (0..request).rev().find(|&at| is_plain(at) && columns.all(at, fields::is_known_status))?;
    let behind =
        (request + 1..layout.fields.len()).find(|&behind| columns.all(behind, fields::is_known_status));
    let is_other = behind.is_some_and(|behind| differs(behind) && !differs(at));
    (!is_other).then_some(at)
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

/// Gives fields with names their roles.
pub fn by_name(layout: &mut Layout, columns: &Columns<'_>) {
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
            // An address is a client, whatever a site calls it.
            Role::Worker if columns.cells(at).any(is_address) => match has(layout, Role::Client) {
                true => Role::Skip,
                false => Role::Client,
            },
            Role::Epoch | Role::Stamp if !columns.all(at, |cell| fields::when(cell).is_some()) => Role::Skip,
            Role::Stamp if has(layout, Role::Stamp) => Role::Epoch,
            Role::Duration(_) | Role::Upstream(_) if columns.numbers(at).is_none() => Role::Skip,
            // What is behind a proxy answered so: three digits are no microseconds.
            Role::Duration(_) if layout.fields[at].name == "us" && are_statuses(columns, at) => Role::Skip,
            role => role,
        };
        layout.fields[at].role = role;
    }
}

/// Whether all are statuses, of one application or of several, or dashes.
fn are_statuses(columns: &Columns<'_>, at: usize) -> bool {
    let is_status = |cell: &[u8]| {
        let mut parts = cell.split(|byte| b" ,:".contains(byte)).filter(|part| !part.is_empty());
        parts.all(|part| part == b"-" || fields::is_known_status(part))
    };
    columns.all(at, is_status)
}

/// Where HAProxy's total is behind the status of its
/// [CLF](https://docs.haproxy.org/3.0/configuration.html#8.2.4): `"" "" port ms "frontend" "backend" "server" TR Tw Tc Tr Ta
/// ----`. Milliseconds, -1 for what did not come to pass.
pub fn haproxy_total(layout: &Layout, columns: &Columns<'_>, status: usize) -> Option<usize> {
    let names = status + 6;
    let is_quoted = |at: usize| layout.fields.get(at).is_some_and(|field| field.before.ends_with(b"\""));
    let is_time =
        |cell: &[u8]| cell == b"-1" || fields::whole(cell.strip_prefix(b"+").unwrap_or(cell)).is_some();
    let is_state =
        |cell: &[u8]| cell.len() == 4 && cell.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'-');
    let fits = layout.fields.len() > names + 8
        && (names..names + 3).all(is_quoted)
        && (names + 3..names + 8).all(|at| columns.all(at, is_time))
        && columns.all(names + 8, is_state);
    fits.then_some(names + 7)
}

/// Where nothing tells the server: lines come in the order of their ends. If the stamps run backwards more often than the
/// stamps with the durations added, they are beginnings.
pub fn moment(layout: &Layout, samples: &[&[u8]]) -> Moment {
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
