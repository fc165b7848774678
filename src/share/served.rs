//! A log of requests as it is handed on: who asked is left out with parameters, and so is what looks like a value in an
//! address. Query strings are in no column.

use super::Strip;
use super::mask::{self, Names};
use crate::requests::{Outcome, Served};

/// The columns without the addresses of clients, which become numbers.
pub(super) fn of_served(served: &Served, strip: Strip, names: &mut Names) -> Served {
    let Served { outcome, outcomes, client, clients, bytes, upstream, stamped, step, how_to_time } = served;
    let anonymous = strip.parameters || strip.paths;
    let clients = clients.iter().map(|one| if anonymous { names.name("client", one) } else { one.clone() });
    Served {
        outcome: outcome.clone(),
        outcomes: outcomes
            .iter()
            .map(|one| Outcome { method: method(&one.method), status: one.status })
            .collect(),
        client: client.clone(),
        clients: clients.collect(),
        bytes: bytes.clone(),
        upstream: upstream.clone(),
        stamped: *stamped,
        step: *step,
        how_to_time: how_to_time.clone(),
    }
}

/// What is left out of a log of requests, in words.
pub(super) fn in_words(strip: Strip) -> String {
    let lines = "the lines themselves, with queries, referers and agents";
    let who = if strip.parameters || strip.paths { ", addresses of clients and users" } else { "" };
    let routes = match strip.paths {
        true => ", addresses that were asked for",
        false => ", what looks like a value in addresses that were asked for",
    };
    format!("{lines}{who}{routes}")
}

/// Methods that there are ([IANA](https://www.iana.org/assignments/http-methods/http-methods.xhtml)), and the one by which caches
/// are emptied.
const METHODS: [&str; 24] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "CONNECT",
    "OPTIONS",
    "TRACE",
    "PATCH",
    "QUERY",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "SEARCH",
    "REPORT",
    "ACL",
    "CHECKIN",
    "CHECKOUT",
    "MERGE",
    "PURGE",
];

/// A method that there is; a client may have sent anything, a name as well.
pub(super) fn method(method: &str) -> String {
    if METHODS.contains(&method) { method.to_owned() } else { String::new() }
}

/// A route without what looks like a value in it.
pub(super) fn route(route: &str, strip: Strip, names: &mut Names) -> String {
    if strip.is_nothing() || !route.contains('/') {
        return if strip.is_nothing() || route == "(no address)" {
            route.to_owned()
        } else {
            names.name("route", route)
        };
    }
    let (before, path) = route.split_once(' ').unwrap_or(("", route));
    let path = match strip.paths {
        true => names.address(path),
        false => path.split('/').map(part).collect::<Vec<_>>().join("/"),
    };
    let before = method(before);
    if before.is_empty() { path } else { format!("{before} {path}") }
}

/// A part of a route: what stands for values stays, and what does not look like one.
fn part(part: &str) -> String {
    match part {
        "{id}" | "{uuid}" | "{hex}" | "{date}" | "{slug}" => part.to_owned(),
        _ if is_of_pattern(part) => part.to_owned(),
        // Names of people are joined so: `karl_koch` like `karl-koch`.
        _ if part.trim_matches('_').contains('_') => "…".to_owned(),
        _ => mask::request_path(part),
    }
}

/// Whether it is a part of a site's own pattern: `<int:year>`, `<slug>-<pk>`. An address may hold the same, so what is
/// within and between must be words as well.
fn is_of_pattern(part: &str) -> bool {
    let is_word = |word: &str| {
        let word = word.trim_matches(['-', '.', '_']);
        mask::request_path(word) == word
    };
    let mut rest = part;
    while let Some((before, behind)) = rest.split_once('<') {
        let Some((name, after)) = behind.split_once('>') else { return false };
        if !is_word(before) || name.is_empty() || !name.split(':').all(is_word) {
            return false;
        }
        rest = after;
    }
    rest.len() < part.len() && is_word(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_from_routes_words_stay() {
        let shown = |text: &str, strip| route(text, strip, &mut Names::default());
        let usual = Strip::default();
        assert_eq!(shown("GET /orders/{id}/", usual), "GET /orders/{id}/");
        assert_eq!(shown("GET /user/anna@b.example/x", usual), "GET /user/…/x");
        assert_eq!(shown("GET /sleep/1.6/", usual), "GET /sleep/…/");
        for token in [
            "MTI",
            "QWxhZGRpbjpvcGVu",
            "hKdlPqRstUvWxYzAbCdEfGhI",
            "sk_live_abcdefghi",
            "karl_koch",
            "order_lines",
            "ghp_abcdef",
            "deadbeef",
            "bqxlwz",
            "abcdefabcdefabcdef",
            "averylongwordwithoutdigits",
            "getUsers",
            "NA",
            "eyjhbgci",
        ] {
            assert_eq!(shown(&format!("GET /reset/{token}/"), usual), "GET /reset/…/", "{token}");
        }
        for word in ["orders", "v2", "notifications", "checkout", "api", "feed", "add", "graphql", "css"] {
            assert_eq!(shown(&format!("GET /{word}/"), usual), format!("GET /{word}/"));
        }
        for route in ["/articles/<int:year>/<slug:slug>/", "/<page_slug>-<page_id>/", "/users/<pk>.<format>"]
        {
            assert_eq!(shown(&format!("GET {route}"), usual), format!("GET {route}"));
        }
        for value in ["<tok3n>", "<anna@b.example>", "<>", "<a", "4711-<pk>", "<MTI>"] {
            assert_eq!(shown(&format!("GET /a/{value}/"), usual), "GET /a/…/", "{value}");
        }
        assert_eq!(shown("secret", usual), "route 1");
        assert_eq!(shown("x-secret /a", usual), "/a");
        assert_eq!(shown("KARLKOCH /a", usual), "/a");
        assert_eq!(shown("PROPFIND /a", usual), "PROPFIND /a");
        assert_eq!(shown("GET /a/1.6", Strip::NOTHING), "GET /a/1.6");
        assert_eq!(shown("GET /a/b", Strip { paths: true, ..usual }), "GET /1");
    }
}
