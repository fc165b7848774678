//! Which server writes lines of a layout.

use super::assign::haproxy_total;
use super::columns::Columns;
use super::fields;
use super::layout::{Layout, Server};

/// Who writes such lines.
pub fn server(
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
    if super::uwsgi::has_start(head) {
        return Server::Uwsgi;
    }
    // The logger's name, as Python's logging puts it in front.
    if memchr::memmem::find(head, b"aiohttp.access").is_some() {
        return Server::Aiohttp;
    }
    if status.is_some_and(|status| haproxy_total(layout, columns, status).is_some()) {
        return Server::HaProxy;
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
    let mut bare =
        tail.clone().filter(|&at| !layout.fields[at].before.ends_with(b"\"") || columns.are_times(at));
    // Its number of the request, the router and the server stand before its milliseconds.
    let is_quoted = |at: usize| layout.fields[at].before.ends_with(b"\"");
    let has_names = |at: usize| {
        at >= tail.start + 3
            && is_quoted(at - 1)
            && is_quoted(at - 2)
            && !is_quoted(at - 3)
            && columns.all(at - 3, |cell| fields::whole(cell).is_some())
    };
    if tail.clone().any(|at| {
        layout.fields[at].name.is_empty()
            && has_names(at)
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
