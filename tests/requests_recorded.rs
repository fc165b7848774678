//! Logs that `./dev record requests` makes anew: whatever version of a server it was, they have what the client saw. Every
//! file in tests/data/requests/recorded has its truth beside it; nothing here knows how a server writes.

mod common;

use std::collections::BTreeMap;

use flamedrop::document::Document;
use flamedrop::queries::{Clock, QueryLog};

/// A request as the client saw it.
struct Asked {
    method: String,
    path: String,
    status: u16,
    /// Milliseconds since 1970.
    begun: f64,
    /// How long it took for the client, ms.
    took: f64,
    /// How long its view slept, ms.
    slept: f64,
}

fn truth(text: &str) -> Vec<Asked> {
    let rows = text.lines().skip(1);
    rows.map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, method, path, status, begun, took, slept] = fields[..] else { panic!("{line}") };
        let number = |text: &str| text.parse::<f64>().expect("a number");
        Asked {
            method: method.to_owned(),
            path: path.split('?').next().unwrap_or_default().to_owned(),
            status: status.parse().expect("a status"),
            begun: number(begun) * 1e3,
            took: number(took),
            slept: number(slept),
        }
    })
    .collect()
}

fn open(name: &str) -> (Document, QueryLog) {
    common::requests::served(common::open(common::bytes(&format!("requests/recorded/{name}.log"))), name)
}

/// The recordings by name: server and version.
fn recordings() -> Vec<String> {
    let folder = std::fs::read_dir(common::data("requests/recorded")).expect("the recordings");
    let names = folder.filter_map(|entry| entry.expect("an entry").file_name().into_string().ok());
    let mut names: Vec<String> =
        names.filter_map(|name| name.strip_suffix(".csv").map(str::to_owned)).collect();
    names.sort();
    names
}

/// What requests for a path are grouped by: orders have numbers, and spans of Django name its patterns.
fn route(asked: &Asked, is_named: bool) -> String {
    let path = asked.path.as_str();
    let route = match path {
        _ if path.starts_with("/orders/") && is_named => "/orders/<int:pk>/",
        _ if path.starts_with("/archive/") && is_named => "/archive/(?P<year>[0-9]{4})/",
        _ if path.starts_with("/orders/") => "/orders/{id}/",
        _ if path.starts_with("/archive/") => "/archive/{id}/",
        path => path,
    };
    format!("{} {route}", asked.method)
}

#[test]
fn every_recorded_server_has_what_the_client_saw() {
    let names = recordings();
    // PyPI's at least.
    assert!(names.len() >= 13, "{names:?}");
    for name in names {
        let (document, log) = open(&name);
        let is_named = document.format == "opentelemetry";
        let asked = truth(
            &String::from_utf8(common::bytes(&format!("requests/recorded/{name}.csv"))).expect("UTF-8"),
        );
        let served = log.served.as_deref().expect("what was served");
        let mut expected: BTreeMap<(String, u16), Vec<&Asked>> = BTreeMap::new();
        for asked in &asked {
            expected.entry((route(asked, is_named), asked.status)).or_default().push(asked);
        }
        let mut found: BTreeMap<(String, u16), Vec<usize>> = BTreeMap::new();
        for at in 0..log.statements.len() {
            let route = &log.fingerprints[log.statements.fingerprint[at] as usize].text;
            found.entry((route.clone(), served.status(at))).or_default().push(at);
        }
        let counts = |keys: Vec<(&(String, u16), usize)>| format!("{keys:#?}");
        assert_eq!(
            counts(found.iter().map(|(key, all)| (key, all.len())).collect()),
            counts(expected.iter().map(|(key, all)| (key, all.len())).collect()),
            "{name}"
        );
        let is_timed = served.step > 0.0;
        let sorted = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            values
        };
        for (key, asked) in expected {
            // Requests for one thing may have changed places, where stamps are whole seconds: the shortest is compared with
            // the shortest, the first with the first.
            let of = |column: &[f64]| sorted(found[&key].iter().map(|&at| column[at]).collect());
            let theirs = |of: fn(&Asked) -> f64| sorted(asked.iter().map(|asked| of(asked)).collect());
            let (durations, took) = (of(&log.statements.duration), theirs(|asked| asked.took));
            let (begins, begun) = (of(&log.statements.start), theirs(|asked| asked.begun));
            // A server that logs when it sent the head does not know how long the body took.
            let least = if asked[0].path == "/stream/" { 0.0 } else { asked[0].slept - 1.0 };
            for (duration, took) in durations.iter().zip(&took).filter(|_| is_timed) {
                // Some log after the client has it all.
                let most = took + served.step.max(6.0);
                assert!((least..=most).contains(duration), "{name}: {key:?} took {duration} ms of {took}");
            }
            let longest = took.last().copied().unwrap_or(0.0);
            for (begin, begun) in begins.iter().zip(&begun).filter(|_| log.clock != Clock::Sequence) {
                // Whole seconds, and what a busy machine adds.
                let (early, late) = (-1020.0 - if is_timed { 0.0 } else { longest }, longest + 20.0);
                let after = begin - begun;
                assert!(
                    (early..=late).contains(&after),
                    "{name}: {key:?} begins {after} ms after the client's"
                );
            }
        }
    }
}

/// The same spans by the old names and by the new ones.
#[test]
fn spans_of_servers_are_requests_by_either_convention() {
    let names = recordings();
    let spans: Vec<&String> = names.iter().filter(|name| name.starts_with("spans")).collect();
    assert_eq!(spans.len(), 2, "{spans:?}");
    for name in spans {
        let (document, log) = open(name);
        assert_eq!((document.format, log.statements.len()), ("opentelemetry", 16), "{name}");
        let served = log.served.as_deref().expect("what was served");
        assert_eq!(served.clients, ["", "127.0.0.1"], "{name}");
        assert!(log.statements.duration.iter().all(|duration| duration.is_finite()), "{name}");
        assert!(common::diagnostics(&document).is_empty(), "{name}: {}", common::diagnostics(&document));
    }
}
