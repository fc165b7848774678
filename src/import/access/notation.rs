//! Layouts as servers' configurations have them: nginx' `$request_time`, Apache's `%D`, gunicorn's, hypercorn's and Granian's
//! `%(L)s`, uWSGI's `%(msecs)`.

use super::configured;
use super::layout::{Field, Layout, MOST, Server};
use super::roles::Role;
use crate::requests::Moment;

/// The layout of a configuration's format.
///
/// # Errors
/// What is missing in it, as the rest of a sentence.
pub fn parse(notation: &str) -> Result<Layout, String> {
    let text = configured::format_of(notation);
    let text = text.trim().as_bytes();
    let mut fields: Vec<Field> = Vec::new();
    let mut before: Vec<u8> = Vec::new();
    let mut moments: Vec<ApachesMoment> = Vec::new();
    let (mut at, mut server) = (0, None);
    while at < text.len() {
        let rest = &text[at..];
        let found = match rest[0] {
            b'$' => nginx(rest).map(|(name, length)| (name, length, Server::Nginx)),
            b'%' => percent(rest),
            b'\\' if rest.len() > 1 => {
                // As it stands within quotes in a configuration.
                before.push(if rest[1] == b't' { b'\t' } else { rest[1] });
                at += 2;
                continue;
            }
            _ => None,
        };
        let Some((name, length, of)) = found else {
            before.push(rest[0]);
            at += 1;
            continue;
        };
        server.get_or_insert(of);
        // The query follows its path: one field holds both.
        let is_query = matches!((of, name.as_str()), (Server::Apache, "q") | (Server::Gunicorn, "q"))
            || (of == Server::Nginx && matches!(name.as_str(), "is_args" | "args" | "query_string"));
        if is_query
            && matches!(&*before, b"" | b"?")
            && fields.last().is_some_and(|field| field.role == Role::Target)
        {
            before.clear();
            at += length;
            continue;
        }
        // A moment in several pieces is one field: `%{%H:%M:%S}t.%{msec_frac}t %{%z}t`.
        if of == Server::Apache
            && let Some(is_end) = piece_of_moment(&name)
        {
            let is_more =
                fields.last().is_some_and(|field| field.role == Role::Stamp && is_piece(&field.name));
            if is_more && is_joined(&before, &name) {
                if let Some(moment) = moments.last_mut() {
                    moment.step = moment.step.min(step_of_piece(&name));
                }
                before.clear();
                at += length;
                continue;
            }
            moments.push(ApachesMoment { field: fields.len(), is_end, step: step_of_piece(&name) });
        } else if of == Server::Apache && name == "t" {
            moments.push(ApachesMoment { field: fields.len(), is_end: false, step: 1e3 });
        }
        // An address with its host is one field as well.
        if of == Server::Nginx && matches!(name.as_str(), "request_uri" | "uri") && before.is_empty() {
            let is_host = |field: &Field| {
                matches!(
                    field.name.as_str(),
                    "host" | "http_host" | "server_name" | "server_port" | "proxy_host"
                )
            };
            while let Some(field) = fields.pop_if(|field| is_host(field) || field.name == "scheme") {
                before = field.before;
                if field.name == "scheme" || !matches!(&*before, b"://" | b":" | b"") {
                    break;
                }
            }
        }
        if before.is_empty() && !fields.is_empty() {
            return Err(format!("nothing stands between two of its fields, before {name}"));
        }
        if of == Server::Apache && name == "t" {
            before.push(b'[');
        }
        if (of == Server::Gunicorn || of == Server::Uwsgi) && name == "t" {
            before.push(b'[');
        }
        let bracketed = name == "t";
        if name == "p" && of == Server::Gunicorn {
            before.push(b'<');
        }
        let (role, named) = (role(&name, of), name.clone());
        fields.push(Field { before: std::mem::take(&mut before), name: named, role });
        if bracketed {
            before.push(b']');
        }
        if name == "p" && of == Server::Gunicorn {
            before.push(b'>');
        }
        at += length;
        if fields.len() > MOST {
            return Err(format!("it has more than {MOST} fields"));
        }
    }
    let mut layout = Layout {
        fields,
        after: before,
        server: server.unwrap_or(Server::Any),
        moment: Moment::End,
        step: 0.0,
        ambiguous: None,
        has_commas: false,
        is_guessed: false,
        is_given: true,
    };
    keep_finest(&mut layout);
    layout.moment = if keep_one_moment(&mut layout, &moments) {
        Moment::End
    } else {
        layout.server.moment().unwrap_or_default()
    };
    if layout.is_complete() {
        Ok(layout)
    } else {
        Err("a layout needs the request (or its address) and the status".to_owned())
    }
}

/// A moment of Apache's: of the request's beginning, or of its end.
struct ApachesMoment {
    /// The number of its field.
    field: usize,
    is_end: bool,
    /// How fine it is, ms.
    step: f64,
}

/// Leaves the finest of Apache's moments, of equal ones the beginning: what the other end of a request says must not be taken for
/// it. A date stays beside a finer count, for its zone. Whether the one that is left is the end.
fn keep_one_moment(layout: &mut Layout, moments: &[ApachesMoment]) -> bool {
    let best = moments.iter().reduce(|best, one| {
        let is_better = one.step < best.step || one.step == best.step && best.is_end && !one.is_end;
        if is_better { one } else { best }
    });
    let Some(best) = best else { return false };
    let is_count = layout.fields[best.field].role == Role::Epoch;
    for moment in moments.iter().filter(|one| one.is_end != best.is_end) {
        let role = &mut layout.fields[moment.field].role;
        if !(is_count && *role == Role::Stamp) {
            *role = Role::Skip;
        }
    }
    best.is_end
}

/// How fine a piece of a moment is, ms.
fn step_of_piece(name: &str) -> f64 {
    if name.contains("usec") {
        1e-3
    } else if name.contains("msec") {
        1.0
    } else {
        1e3
    }
}

/// Whether a name is a piece of Apache's `%{…}t`, and then whether that is of the request's end.
fn piece_of_moment(name: &str) -> Option<bool> {
    let inner = name.strip_prefix('{')?.strip_suffix("}t")?;
    let (end, inner) = inner.strip_prefix("end:").map_or((false, inner), |inner| (true, inner));
    let inner = inner.strip_prefix("begin:").unwrap_or(inner);
    (inner.contains('%') || matches!(inner, "msec_frac" | "usec_frac" | "sec" | "msec" | "usec"))
        .then_some(end)
}

/// Whether a field begins with a day, so that what follows it is more of its moment.
fn is_piece(name: &str) -> bool {
    piece_of_moment(name).is_some() && (name.contains("%Y") || name.contains("%F"))
}

/// Whether a piece of a moment is one with what is before it, as moments are written.
fn is_joined(between: &[u8], name: &str) -> bool {
    match between {
        b"." | b"," => name.contains("_frac"),
        b"" => true,
        b" " | b"T" => name.contains("%H") || name.contains("%T") || name.contains("%z"),
        _ => false,
    }
}

/// `$name` or `${name}`.
fn nginx(text: &[u8]) -> Option<(String, usize)> {
    let inner = text.get(1..)?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let (braces, inner) = inner.strip_prefix(b"{").map_or((0, inner), |inner| (2, inner));
    let length = inner.iter().position(|byte| !is_name(byte)).unwrap_or(inner.len());
    (length > 0).then(|| (String::from_utf8_lossy(&inner[..length]).into_owned(), 1 + length + braces))
}

/// `%>s`, `%{Referer}i`, `%(L)s`, `%(msecs)`.
fn percent(text: &[u8]) -> Option<(String, usize, Server)> {
    if text.get(1) == Some(&b'(') {
        let end = text.iter().position(|&byte| byte == b')')?;
        let name = String::from_utf8_lossy(&text[2..end]).into_owned();
        // Python's ends with how it is written: s, d, .3f.
        let rest = &text[end + 1..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let python = matches!(rest.get(digits), Some(b's' | b'd' | b'f')) && !is_number_of_uwsgi(&name);
        let length = if python { end + 2 + digits } else { end + 1 };
        let server = match name.as_str() {
            _ if !python => Server::Uwsgi,
            "time" | "addr" | "dt_ms" | "path" => Server::Granian,
            _ => Server::Gunicorn,
        };
        return Some((name, length, server));
    }
    let mut at = 1;
    while matches!(text.get(at), Some(b'<' | b'>' | b'!' | b',' | b'0'..=b'9')) {
        at += 1;
    }
    let mut name = String::new();
    if text.get(at) == Some(&b'{') {
        let end = at + text[at..].iter().position(|&byte| byte == b'}')?;
        name = format!("{{{}}}", String::from_utf8_lossy(&text[at + 1..end]));
        at = end + 1;
    }
    if text.get(at) == Some(&b'^') {
        at += 2;
    }
    let letter = *text.get(at)?;
    letter.is_ascii_alphabetic().then(|| {
        name.push(letter as char);
        (name, at + 1, Server::Apache)
    })
}

/// What uWSGI's formats write a unit behind: the s of `%(msecs)s` would be one.
fn is_number_of_uwsgi(name: &str) -> bool {
    name.starts_with("var.") || matches!(name, "msecs" | "micros" | "tmsecs" | "tmicros" | "secs" | "epoch")
}

/// What is called so by a server.
fn role(name: &str, server: Server) -> Role {
    match (server, name) {
        (Server::Nginx, "remote_addr") => Role::Client,
        (Server::Nginx, "remote_user") => Role::User,
        (Server::Nginx, "time_local" | "time_iso8601") => Role::Stamp,
        (Server::Nginx, "msec") => Role::Epoch,
        (Server::Nginx, "request") => Role::Request,
        (Server::Nginx, "request_method") => Role::Method,
        (Server::Nginx, "request_uri" | "uri") => Role::Target,
        (Server::Nginx, "status") => Role::Status,
        (Server::Nginx, "body_bytes_sent" | "bytes_sent") => Role::Bytes,
        (Server::Nginx, "request_time") => Role::Duration(1e3),
        (Server::Nginx, "upstream_response_time") => Role::Upstream(1e3),
        (Server::Apache, "h" | "a") => Role::Client,
        (Server::Apache, "u") => Role::User,
        (Server::Apache, "t") => Role::Stamp,
        (Server::Apache, "{usec}t" | "{msec}t" | "{sec}t") => Role::Epoch,
        (Server::Apache, "{end:usec}t" | "{end:msec}t" | "{end:sec}t") => Role::Epoch,
        (Server::Apache, "{begin:usec}t" | "{begin:msec}t" | "{begin:sec}t" | "{%s}t") => Role::Epoch,
        (Server::Apache, name) if is_piece(name) => Role::Stamp,
        (Server::Apache, "r") => Role::Request,
        (Server::Apache, "m") => Role::Method,
        (Server::Apache, "U") => Role::Target,
        (Server::Apache, "s") => Role::Status,
        (Server::Apache, "b" | "B" | "O") => Role::Bytes,
        (Server::Apache, "D" | "{us}T") => Role::Duration(1e-3),
        (Server::Apache, "{ms}T") => Role::Duration(1.0),
        (Server::Apache, "T" | "{s}T") => Role::Duration(1e3),
        (Server::Apache, "P") => Role::Worker,
        (Server::Gunicorn, "h") => Role::Client,
        (Server::Gunicorn, "u") => Role::User,
        (Server::Gunicorn, "t") => Role::Stamp,
        (Server::Gunicorn, "r") => Role::Request,
        (Server::Gunicorn, "m") => Role::Method,
        (Server::Gunicorn, "U") => Role::Target,
        (Server::Gunicorn, "s" | "st") => Role::Status,
        (Server::Gunicorn, "b" | "B") => Role::Bytes,
        (Server::Gunicorn, "L" | "T") => Role::Duration(1e3),
        (Server::Gunicorn, "M") => Role::Duration(1.0),
        (Server::Gunicorn, "D") => Role::Duration(1e-3),
        (Server::Gunicorn, "p") => Role::Worker,
        (Server::Granian, "addr") => Role::Client,
        (Server::Granian | Server::Gunicorn, "time") => Role::Stamp,
        (Server::Granian | Server::Gunicorn, "method") => Role::Method,
        (Server::Granian | Server::Gunicorn, "path") => Role::Target,
        (Server::Granian | Server::Gunicorn, "status") => Role::Status,
        (Server::Granian | Server::Gunicorn, "dt_ms") => Role::Duration(1.0),
        (Server::Uwsgi, "addr") => Role::Client,
        (Server::Uwsgi, "user") => Role::User,
        (Server::Uwsgi, "ltime" | "ctime") => Role::Stamp,
        (Server::Uwsgi, "tmsecs" | "tmicros") => Role::Epoch,
        (Server::Uwsgi, "method") => Role::Method,
        (Server::Uwsgi, "uri") => Role::Target,
        (Server::Uwsgi, "status") => Role::Status,
        (Server::Uwsgi, "size" | "rsize") => Role::Bytes,
        (Server::Uwsgi, "msecs") => Role::Duration(1.0),
        (Server::Uwsgi, "micros") => Role::Duration(1e-3),
        (Server::Uwsgi, "secs") => Role::Duration(1e3),
        (Server::Uwsgi, "pid") => Role::Worker,
        _ => Role::Skip,
    }
}

/// Of several durations the finest is read.
fn keep_finest(layout: &mut Layout) {
    let fine = |field: &Field| match (field.role, field.name.as_str()) {
        (Role::Duration(_), "L") => Some(1e-3),
        (Role::Duration(_), "request_time") => Some(1.0),
        (Role::Duration(_), "dt_ms") => Some(1e-3),
        (Role::Duration(unit), _) => Some(unit),
        _ => None,
    };
    let Some(best) = layout.fields.iter().filter_map(fine).reduce(f64::min) else { return };
    let mut found = false;
    for field in &mut layout.fields {
        if let Some(step) = fine(field) {
            if found || step > best {
                field.role = Role::Skip;
            } else {
                found = true;
            }
        }
    }
    layout.step = best;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(notation: &str, line: &str) -> String {
        let layout = match parse(notation) {
            Ok(layout) => layout,
            Err(problem) => return problem,
        };
        match layout.read(line.as_bytes()) {
            Some(seen) => {
                let entry = seen.entry;
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                format!(
                    "{} {} {} {} ms worker {} {:?} step {}",
                    text(entry.method),
                    text(entry.target),
                    entry.status,
                    entry.duration,
                    text(entry.worker),
                    entry.moment,
                    layout.step
                )
            }
            None => "no request".to_owned(),
        }
    }

    #[test]
    fn layouts_in_each_servers_own_notation() {
        let each = [
            (
                "$remote_addr [$time_local] \"$request\" $status ${request_time}s",
                "1.2.3.4 [28/Nov/2026:22:29:57 +0000] \"GET /a HTTP/1.1\" 200 0.228s",
            ),
            (
                "%h %l %u %t \\\"%r\\\" %>s %b %D",
                "::1 - - [28/Nov/2026:22:29:57 +0000] \"GET /a HTTP/1.1\" 200 9 42096",
            ),
            ("%h %t \"%r\" %>s %{ms}T %T", "::1 [28/Nov/2026:22:29:57 +0000] \"GET /a HTTP/1.1\" 200 42 0"),
            (
                "%(h)s %(t)s \"%(r)s\" %(s)s %(L)s %(p)s",
                "::1 [28/Nov/2026:22:29:57 +0000] \"GET /a HTTP/1.1\" 200 0.037800 <12>",
            ),
            (
                "%(addr) [%(ltime)] %(method) %(uri) %(status) %(msecs)ms %(pid)",
                "::1 [28/Nov/2026:22:29:57 +0000] GET /a 200 37ms 12",
            ),
            (
                "%(addr)s [%(time)s] \"%(method)s %(path)s %(protocol)s\" %(status)d %(dt_ms).3f",
                "::1 [2026-11-28 22:29:57 +0000] \"GET /a HTTP/1.1\" 200 37.800",
            ),
            (
                "%h %l %u %t \"%m %U%q %H\" %>s %O %D",
                "::1 - - [28/Nov/2026:22:29:57 +0000] \"GET /a?b=1&c HTTP/1.1\" 200 9 42096",
            ),
            ("%h %t \"%m %U%q %H\" %>s %D", "::1 [28/Nov/2026:22:29:57 +0000] \"GET /a HTTP/1.1\" 200 42096"),
            (
                "$remote_addr [$time_local] \"$request_method $uri$is_args$args\" $status $request_time",
                "::1 [28/Nov/2026:22:29:57 +0000] \"GET /a?b=1\" 200 0.228",
            ),
            (
                "%(h)s %(t)s %(m)s %(U)s?%(q)s %(s)s %(D)s",
                "::1 [28/Nov/2026:22:29:57 +0000] GET /a?b=1 200 37800",
            ),
            ("$status$request", ""),
            ("$remote_addr $status", ""),
        ]
        .map(|(notation, line)| read(notation, line));
        insta::assert_snapshot!(each.join("\n"));
    }
}
