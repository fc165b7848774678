//! Access logs that put no request in quotes, or no status behind it: fields that are set apart by tabs, bars, semicolons or
//! blanks, with labels in front of them (`status:200`, `method=GET`) or without. Of those with labels
//! [LTSV](http://ltsv.org/) is a convention. Sites write them by a `log_format` of their own, so only lines that say when,
//! what and how it ended are taken for one.

use super::assign::{by_name, moment};
use super::columns::{Columns, is_address};
use super::durations::durations;
use super::fields;
use super::layout::{self, Field, Layout, MOST, Server};
use super::roles::{Role, is_of_upstream, of_name};
use super::{SEVERAL, has_time, of_requests};
use crate::document::LOGS;
use crate::import::{About, Kind};

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "access-fields",
    title: "an access log without quotes (LTSV, tabs, bars)",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "nginx: log_format ltsv 'time:$time_iso8601\\thost:$remote_addr\\tmethod:$request_method\\turi:$request_uri\\tstatus:$status\\tsize:$body_bytes_sent\\treqtime:$request_time';
gunicorn --access-logfile - --access-logformat $'time:%(t)s\\tmethod:%(m)s\\turi:%(U)s\\tstatus:%(s)s\\treqtime:%(L)s' site.wsgi";

/// The format.
pub struct Unquoted;

of_requests!(Unquoted, ABOUT, detect, has_request, true, super::import_by_layout);

/// How sure it is: less than all that know the server, also among an application's own lines.
const SURE: u8 = 60;

/// What sets fields apart, blanks aside.
const SEPARATORS: [u8; 3] = *b"\t|;";

const METHODS: [&[u8]; 7] = [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"];

fn detect(head: &[u8]) -> u8 {
    let are_requests = are_most(head, has_request);
    if !are_requests || !LOGS {
        return if are_requests { SURE } else { 0 };
    }
    let Some(layout) = worked_out(head) else { return 0 };
    if are_most(head, |line| layout.read(line).is_some()) { SURE } else { 0 }
}

/// Whether most lines are so from the first one on that is: what a server says of itself when it starts (uWSGI's some forty lines)
/// stands in front of the first request.
pub(super) fn are_most(head: &[u8], is: impl Fn(&[u8]) -> bool) -> bool {
    let before = layout::lines(head).take_while(|line| !is(line)).count();
    let (mut all, mut found) = (0, 0);
    for line in layout::lines(head).skip(before).take(100) {
        all += 1;
        found += usize::from(is(line));
    }
    let are_enough = before == 0 || found >= SEVERAL && found * 12 >= before;
    found > 0 && found * 4 >= all * 3 && are_enough
}

/// What stands behind a label, `status:` or `method=`; all of what has none.
fn without_label(word: &[u8]) -> &[u8] {
    label(word).map_or(word, |length| &word[length + 1..])
}

/// How long the label is that `cell` begins with, if it does.
fn label(cell: &[u8]) -> Option<usize> {
    let is_in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.@".contains(byte);
    let length = cell.iter().position(|byte| !is_in_name(byte))?;
    let is_label = length > 0 && cell[0].is_ascii_alphabetic() && b":=".contains(&cell[length]);
    // `https://…` is an address, and so is a host with its port: `shop.example:8000/cart/`.
    let behind = cell.get(length + 1..).unwrap_or_default();
    let port = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let has_port = port > 0 && behind.get(port) == Some(&b'/');
    (is_label && !behind.starts_with(b"//") && !has_port).then_some(length)
}

fn is_method(cell: &[u8]) -> bool {
    METHODS.contains(&cell)
}

/// A path, an address, or a host with a path behind it (`$host$request_uri`).
pub(super) fn is_target(cell: &[u8]) -> bool {
    fields::without_host(cell).starts_with(b"/")
        || cell.starts_with(b"http://")
        || cell.starts_with(b"https://")
}

/// Whether a line has a method, behind it an address, a status, and says when.
pub fn has_request(line: &[u8]) -> bool {
    if line.first() == Some(&b'{') {
        return false;
    }
    let words =
        || line.split(|byte| b" \t|;\"".contains(byte)).map(without_label).map(|word| word.trim_ascii());
    let mut behind = words().skip_while(|word| !is_method(word));
    behind.next().is_some() && behind.any(is_target) && words().any(fields::is_known_status) && has_time(line)
}

/// The layout of the log that begins so.
pub fn worked_out(head: &[u8]) -> Option<Layout> {
    let lines = || layout::lines(head).filter(|line| has_request(line)).take(100);
    let separator = SEPARATORS.into_iter().find(|&separator| {
        let has = |line: &&[u8]| memchr::memchr_iter(separator, line).count() >= 3;
        lines().filter(has).count() * 4 >= lines().count() * 3
    });
    let pattern = |line: &[u8]| match separator {
        Some(separator) => pattern(line, separator),
        None => layout::pattern(line),
    };
    let layout = Layout::worked_out(head, has_request, pattern, assign)?;
    let has = |wanted: &[Role]| layout.fields.iter().any(|field| wanted.contains(&field.role));
    (has(&[Role::Request, Role::Method]) && has(&[Role::Stamp])).then_some(layout)
}

/// The pattern that a line has by itself whose fields are set apart by `separator`: labels, quotes and brackets around a value
/// stay.
fn pattern(line: &[u8], separator: u8) -> Option<Layout> {
    let mut fields: Vec<Field> = Vec::new();
    let mut before: Vec<u8> = Vec::new();
    for (number, cell) in line.split(|&byte| byte == separator).enumerate() {
        if number > 0 {
            before.push(separator);
        }
        let blanks = cell.len() - cell.trim_ascii_start().len();
        before.extend_from_slice(&cell[..blanks]);
        let value = cell.trim_ascii();
        let name = label(value).map_or(&b""[..], |length| &value[..length]);
        let mut inner = value;
        if !name.is_empty() {
            inner = &value[name.len() + 1..];
            before.extend_from_slice(&value[..=name.len()]);
        }
        let close = match inner {
            [b'"', .., b'"'] => &b"\""[..],
            [b'[', .., b']'] => b"]",
            _ => b"",
        };
        before.extend_from_slice(&inner[..close.len()]);
        let name = String::from_utf8_lossy(name).into_owned();
        fields.push(Field { before: std::mem::take(&mut before), name, role: Role::Skip });
        if fields.len() >= MOST {
            return None;
        }
        before.extend_from_slice(close);
        before.extend_from_slice(&cell[blanks + value.len()..]);
    }
    Some(Layout::plain(fields, before))
}

/// Gives the fields of `layout` their roles, by what the samples have there.
fn assign(layout: &mut Layout, samples: &[&[u8]]) {
    let columns = Columns::of(layout, samples);
    let count = layout.fields.len();
    // Some leave the protocol out: `"$request_method $host$request_uri"`.
    let is_line = |cell: &[u8]| {
        fields::request(cell).is_some_and(|(method, target)| {
            fields::has_protocol(cell) || is_method(method) && is_target(target)
        })
    };
    let request = match (0..count).find(|&at| columns.all(at, is_line)) {
        Some(request) => {
            layout.fields[request].role = Role::Request;
            request
        }
        None => {
            let method = (0..count).find(|&at| columns.all(at, is_method));
            let target = method.and_then(|method| (method + 1..count).find(|&at| columns.all(at, is_target)));
            let (Some(method), Some(target)) = (method, target) else { return };
            layout.fields[method].role = Role::Method;
            layout.fields[target].role = Role::Target;
            target
        }
    };
    let is_named = |at: usize| of_name(&layout.fields[at].name, false) == Role::Status;
    let is_status = |at: usize| columns.all(at, fields::is_known_status);
    let status = (0..count)
        .find(|&at| is_named(at) && is_status(at))
        .or_else(|| (request + 1..count).chain((0..request).rev()).find(|&at| is_status(at)));
    let Some(status) = status else { return };
    layout.fields[status].role = Role::Status;
    let is_moment = |at: &usize| columns.all(*at, |cell| fields::when(cell).is_some());
    // Of two dates the one of the request itself: the other is that of the logger around it.
    let is_date = |at: &usize| is_moment(at) && !columns.most(*at, fields::is_count);
    let stamp = (0..request).rev().find(is_date).or_else(|| (0..count).find(is_moment));
    let Some(stamp) = stamp else { return };
    layout.fields[stamp].role = Role::Stamp;
    let is_free = |layout: &Layout, at: usize| layout.fields[at].role == Role::Skip;
    if let Some(client) = (0..count).find(|&at| is_free(layout, at) && columns.all(at, is_address)) {
        layout.fields[client].role = Role::Client;
    }
    by_name(layout, &columns);
    durations(layout, &columns, 0);
    if layout.fields.iter().any(|field| is_of_upstream(&field.name) && field.name != "apptime") {
        layout.server = Server::Nginx;
    }
    layout.moment = layout.server.moment().unwrap_or_else(|| moment(layout, samples));
}
