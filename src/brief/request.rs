//! Which request a recording is of, as its file's name says. Who names files after requests:
//!
//! * Flamedrop's recorder: `20261128-224237-GET-books-12.prof`, and `…-GET-books-12-2.prof` of the second within a second
//!   (`recorder/flamedrop_recorder.py`); what is no letter or digit of the path is a dash.
//! * werkzeug's `ProfilerMiddleware`: `GET.books.12.31ms.1764487957.prof`
//!   ([`filename_format`](https://werkzeug.palletsprojects.com/en/stable/middleware/profiler/)).
//! * django-extensions' `runprofileserver`: `books.12.000031ms.1764487957.prof`
//!   ([docs](https://django-extensions.readthedocs.io/en/latest/runprofileserver.html)); no method.
//! * django-silk: `books_12_0b2f….prof`, slug and the request's number, a UUID
//!   ([`SILKY_PYTHON_PROFILER_EXTENDED_FILE_NAME`](https://github.com/jazzband/django-silk#profiling)); no method.
//!
//! werkzeug and django-extensions take a path from WSGI, where the bytes of its UTF-8 are letters of Latin-1: `größe` is
//! `grÃ¶Ã\u{9f}e` then.
//!
//! All of them write a path's slashes as something that may have been in the path as well, so what is read is near it.

use crate::findings::pairs;

/// Methods as HTTP has them.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];

/// `GET /books/12`, or `/books/12` where the name has no method; `None` where the name is of no request.
pub fn of_name(name: &str) -> Option<String> {
    let whole = restored(name);
    let name = whole.as_deref().unwrap_or(name);
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    // A log of the same request has other endings.
    let stem = base.split_once(".prof").map_or_else(|| pairs::stem(base), |(stem, _)| stem);
    recorded(stem).or_else(|| dotted(stem)).or_else(|| slug(stem))
}

/// The text whose bytes of UTF-8 are the letters of `name`; `None` where they are none, or are letters as they should be.
fn restored(name: &str) -> Option<String> {
    if name.is_ascii() {
        return None;
    }
    let bytes: Option<Vec<u8>> = name.chars().map(|letter| u8::try_from(letter).ok()).collect();
    String::from_utf8(bytes?).ok()
}

fn with_method(method: Option<&str>, parts: &[&str]) -> String {
    let path = parts.join("/");
    match method {
        Some(method) => format!("{method} /{path}"),
        None => format!("/{path}"),
    }
}

/// `20261128-224237-GET-books-12`.
fn recorded(stem: &str) -> Option<String> {
    let mut parts = stem.split('-');
    let is_number = |part: Option<&str>, digits: usize| {
        part.is_some_and(|part| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if !is_number(parts.next(), 8) || !is_number(parts.next(), 6) {
        return None;
    }
    let method = parts.next().filter(|method| METHODS.contains(method))?;
    let rest: Vec<&str> = parts.collect();
    Some(match rest.as_slice() {
        ["index"] | [] => format!("{method} /"),
        rest => with_method(Some(method), rest),
    })
}

/// `GET.books.12.31ms.1764487957`, with or without the method.
fn dotted(stem: &str) -> Option<String> {
    let (rest, time) = stem.rsplit_once('.')?;
    let (rest, took) = rest.rsplit_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(time) || !took.strip_suffix("ms").is_some_and(is_number) {
        return None;
    }
    let mut parts: Vec<&str> = rest.split('.').collect();
    let method = parts.first().copied().filter(|first| METHODS.contains(first));
    if method.is_some() {
        parts.remove(0);
    }
    if parts == ["root"] {
        parts.clear();
    }
    Some(with_method(method, &parts))
}

/// `books_12_0b2f1a3c-….`
fn slug(stem: &str) -> Option<String> {
    let (path, id) = stem.rsplit_once('_')?;
    let is_uuid = id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    is_uuid.then(|| with_method(None, &path.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::of_name;

    #[test]
    fn names_of_requests_are_read() {
        for (name, request) in [
            ("flamedrop/20261128-224237-GET-books-12.prof", Some("GET /books/12")),
            ("20261128-224237-POST-index.prof.gz", Some("POST /")),
            ("20261128-224237-books.prof", None),
            ("20261128-224237-GET-private.sql.jsonl", Some("GET /private")),
            ("20261128-224237-GET-books-12-2.sql.jsonl.gz", Some("GET /books/12/2")),
            ("GET.books.12.31ms.1764487957.sql.log", Some("GET /books/12")),
            ("GET.books.12.31ms.1764487957.prof", Some("GET /books/12")),
            ("GET.root.4ms.1764487957.prof", Some("GET /")),
            ("books.12.000031ms.1764487957.prof", Some("/books/12")),
            ("root.000031ms.1764487957.prof", Some("/")),
            ("books_12_0b2f1a3c-9a0e-4f0f-8c55-0c9f4b8f2c11.prof", Some("/books/12")),
            ("0b2f1a3c-9a0e-4f0f-8c55-0c9f4b8f2c11.prof", None),
            ("GET.gr\u{c3}\u{b6}\u{c3}\u{9f}e.50.31ms.1764487957.prof", Some("GET /größe/50")),
            ("gr\u{c3}\u{b6}\u{c3}\u{9f}e.000031ms.1764487957.prof", Some("/größe")),
            ("GET.größe.31ms.1764487957.prof", Some("GET /größe")),
            ("GET.Ã.31ms.1764487957.prof", Some("GET /Ã")),
            ("test_checkout.prof", None),
            ("app.prof", None),
            ("", None),
        ] {
            assert_eq!(of_name(name).as_deref(), request, "{name}");
        }
    }
}
