//! Logs of requests by real servers, held against what the client that asked measured: tests/data/requests has a log for
//! each server and, in truth/, when each request was begun and how long it took for the client. What was asked and how the
//! servers were configured is in its README.

mod common;

use std::collections::BTreeMap;

use flamedrop::document::{Content, Document};
use flamedrop::import::{self, Options};
use flamedrop::input::MemorySource;
use flamedrop::queries::{Clock, QueryLog};
use flamedrop::requests::Moment;

fn open(path: &str) -> (Document, QueryLog) {
    common::requests::served(common::open(common::bytes(&format!("requests/{path}"))), path)
}

/// A request as the client saw it.
#[derive(Debug, Clone)]
struct Asked {
    method: String,
    path: String,
    /// `None` where the client closed before the answer.
    status: Option<u16>,
    /// Seconds since 1970.
    start: f64,
    milliseconds: f64,
}

fn truth(name: &str) -> Vec<Asked> {
    let text = String::from_utf8(common::bytes(&format!("requests/{name}.csv"))).expect("UTF-8");
    let rows = text.lines().skip(1).filter(|line| !line.is_empty());
    rows.map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, method, path, status, start, milliseconds, _] = fields[..] else { panic!("{line}") };
        Asked {
            method: method.to_owned(),
            path: path.split([' ', '?']).next().unwrap_or_default().to_owned(),
            status: status.parse().ok(),
            start: start.parse().expect("a start"),
            milliseconds: milliseconds.parse().expect("a duration"),
        }
    })
    .collect()
}

/// How a line says how long its request took, ms: read here by other means than by the readers.
#[derive(Debug, Clone, Copy)]
enum Took {
    /// Not at all.
    Nowhere,
    /// Behind this text, up to this one, in so many ms each.
    Behind(&'static str, &'static str, f64),
    /// The field of this number from the end, in so many ms each.
    FromTheEnd(usize, f64),
}

impl Took {
    fn of(self, line: &str) -> Option<f64> {
        let number = |text: &str, unit: f64| text.parse::<f64>().ok().map(|value| value * unit);
        match self {
            Self::Nowhere => None,
            Self::Behind(before, after, unit) => {
                let rest = &line[line.rfind(before)? + before.len()..];
                number(&rest[..rest.find(after).unwrap_or(rest.len())], unit)
            }
            Self::FromTheEnd(place, unit) => {
                let field = line.split(' ').rev().nth(place)?;
                number(field.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()), unit)
            }
        }
    }
}

struct Case {
    file: &'static str,
    format: &'static str,
    truth: &'static str,
    took: Took,
    /// How fine moments are, ms.
    moments: f64,
    moment: Moment,
    /// What the request whose client left was answered with; `None`: there is no line.
    gone: Option<u16>,
    /// Requests after those of the truth.
    more: &'static [(&'static str, &'static str, u16)],
}

const PROXIES: &[(&str, &str, u16)] =
    &[("GET", "/sleep/1.6/", 200), ("POST", "/body/", 200), ("GET", "/fast/", 200), ("GET", "/big/", 200)];
const HAPROXY: &[(&str, &str, u16)] = &[
    ("GET", "/sleep/1.6/", 200),
    ("POST", "/body/", 200),
    ("GET", "/fast/", 200),
    ("GET", "/big/", 200),
    ("GET", "/x", 503),
];
const NONE: &[(&str, &str, u16)] = &[];
const L: Took = Took::Behind(" L=", " ", 1e3);

fn case(file: &'static str, format: &'static str, truth: &'static str) -> Case {
    Case {
        file,
        format,
        truth,
        took: Took::Nowhere,
        moments: 1000.0,
        moment: Moment::End,
        gone: Some(200),
        more: NONE,
    }
}

fn cases() -> Vec<Case> {
    use Moment::Begin;
    let gunicorn = |file, truth| Case { took: L, ..case(file, "gunicorn-access", truth) };
    let uwsgi = |file, truth| Case { moment: Begin, ..case(file, "uwsgi-log", truth) };
    let apache = |file, format| Case { moment: Begin, more: PROXIES, ..case(file, format, "apache-2.4.71") };
    let granian = |file, truth| Case {
        moment: Begin,
        took: Took::FromTheEnd(0, 1.0),
        ..case(file, "granian-access", truth)
    };
    vec![
        case("gunicorn-27.0.1-default.log", "access-log", "gunicorn-27.0.1-default"),
        gunicorn("gunicorn-27.0.1-sync-atoms.log", "gunicorn-27.0.1-sync-atoms"),
        gunicorn("gunicorn-27.0.1-gthread-atoms.log", "gunicorn-27.0.1-gthread-atoms"),
        gunicorn("gunicorn-27.0.1-gevent-atoms.log", "gunicorn-27.0.1-gevent-atoms"),
        Case { gone: Some(500), ..gunicorn("gunicorn-27.0.1-asgi-atoms.log", "gunicorn-27.0.1-asgi-atoms") },
        Case {
            took: Took::Behind("\"seconds\":", ",", 1e3),
            ..case("gunicorn-27.0.1-json.log", "access-json", "gunicorn-27.0.1-json")
        },
        Case {
            took: Took::Behind(" bytes in ", " ", 1.0),
            ..uwsgi("uwsgi-2.0.31-default.log", "uwsgi-2.0.31-default")
        },
        Case {
            took: Took::Behind(" bytes in ", " ", 1e-3),
            ..uwsgi("uwsgi-2.0.31-log-micros.log", "uwsgi-2.0.31-log-micros")
        },
        Case {
            took: Took::Behind(" bytes in ", " ", 1e-3),
            ..uwsgi("uwsgi-2.0.31-json-encoder.log", "uwsgi-2.0.31-json-encoder")
        },
        Case {
            took: Took::Behind("ms ", "us", 1e-3),
            moments: 1.0,
            ..uwsgi("uwsgi-2.0.31-log-format.log", "uwsgi-2.0.31-log-format")
        },
        Case {
            gone: None,
            moments: f64::INFINITY,
            ..case("uvicorn-0.54.0-access.log", "uvicorn-access", "uvicorn-0.54.0-access")
        },
        Case {
            gone: Some(0),
            ..case("hypercorn-0.18.0-default.log", "hypercorn-access", "hypercorn-0.18.0-default")
        },
        Case {
            gone: Some(0),
            took: L,
            ..case("hypercorn-0.18.0-atoms.log", "hypercorn-access", "hypercorn-0.18.0-atoms")
        },
        Case { gone: None, ..case("daphne-4.2.3-access.log", "daphne-access", "daphne-4.2.3-access") },
        granian("granian-2.8.9-wsgi.log", "granian-2.8.9-wsgi"),
        Case { gone: Some(500), ..granian("granian-2.8.9-asgi.log", "granian-2.8.9-asgi") },
        Case {
            took: Took::FromTheEnd(1, 1.0),
            ..granian("granian-2.8.9-custom.log", "granian-2.8.9-custom")
        },
        Case { gone: None, ..case("django-6.1.3-runserver.log", "runserver-log", "django-6.1.3-runserver") },
        case("werkzeug-3.1.9-run_simple.log", "runserver-log", "werkzeug-3.1.9-run_simple"),
        // Without durations it makes no difference what the stamps are.
        Case { moment: Moment::End, ..apache("apache-2.4.71-combined.log", "access-log") },
        Case { took: Took::FromTheEnd(7, 1e-3), ..apache("apache-2.4.71-timed.log", "apache-access") },
        Case {
            took: Took::Behind("\"us\":", ",", 1e-3),
            moments: 1.0,
            ..apache("apache-2.4.71-json.log", "access-json")
        },
        Case {
            took: Took::Behind("/", " ", 1.0),
            moments: 1.0,
            moment: Begin,
            more: HAPROXY,
            ..case("haproxy-3.0.11-httplog.log", "haproxy-log", "haproxy-3.0.11-httplog")
        },
        Case {
            took: Took::Behind("\"Ta\":", ",", 1.0),
            moments: 1.0,
            moment: Begin,
            more: PROXIES,
            ..case("haproxy-3.0.11-json.log", "access-json", "haproxy-3.0.11-json")
        },
        Case {
            took: Took::Behind("\"duration\":", ",", 1e3),
            moments: 1.0,
            gone: Some(499),
            more: PROXIES,
            ..case("caddy-2.11.7-json.log", "caddy-access", "caddy-2.11.7-json")
        },
        Case {
            took: Took::Behind("\"Duration\":", ",", 1e-6),
            moments: 1.0,
            moment: Begin,
            gone: Some(499),
            more: PROXIES,
            ..case("traefik-3.7.15-json.log", "traefik-access", "traefik-3.7.15-json")
        },
        Case {
            took: Took::FromTheEnd(0, 1.0),
            moment: Begin,
            gone: Some(499),
            more: PROXIES,
            ..case("traefik-3.7.15-common.log", "traefik-access", "traefik-3.7.15-common")
        },
        case("django-structlog-11.0.0-gunicorn-access.log", "access-log", "django-structlog-11.0.0"),
        Case {
            moments: 1.0,
            moment: Begin,
            ..case("django-structlog-11.0.0-json.jsonl", "django-structlog", "django-structlog-11.0.0")
        },
        Case {
            moments: 1.0,
            moment: Begin,
            ..case("django-structlog-11.0.0-keyvalue.log", "django-structlog", "django-structlog-11.0.0")
        },
    ]
}

/// Milliseconds of the zone of a log.
fn offset(log: &QueryLog) -> f64 {
    let Clock::Wall { zone: Some(zone) } = &log.clock else { return 0.0 };
    let Some(sign) = ["+", "-"].into_iter().find(|sign| zone.starts_with(sign)) else { return 0.0 };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes): (f64, f64) =
        (digits[..2].parse().expect("digits"), digits[2..].parse().expect("digits"));
    (hours * 60.0 + minutes) * 60_000.0 * if sign == "-" { -1.0 } else { 1.0 }
}

#[test]
fn servers_logs_say_what_the_client_saw() {
    for case in cases() {
        let file = case.file;
        let (document, log) = open(file);
        assert_eq!(document.format, case.format, "{file}");
        let served = log.served.as_deref().expect("what was served");
        assert_eq!(served.stamped, case.moment, "{file}: what stamps are");
        let text = String::from_utf8(common::bytes(&format!("requests/{file}"))).expect("UTF-8");

        // Every request of the client, and what came after; nothing else.
        let mut expected: BTreeMap<(String, u16), Vec<Option<Asked>>> = BTreeMap::new();
        for asked in truth(&format!("truth/{}", case.truth)) {
            let Some(status) = asked.status.or(case.gone) else { continue };
            let route = format!("{} {}", asked.method, asked.path);
            expected.entry((route, status)).or_default().push(Some(asked));
        }
        for (method, path, status) in case.more {
            expected.entry((format!("{method} {path}"), *status)).or_default().push(None);
        }
        let mut found: BTreeMap<(String, u16), Vec<usize>> = BTreeMap::new();
        for at in 0..log.statements.len() {
            let route = &log.fingerprints[log.statements.fingerprint[at] as usize].text;
            found.entry((route.clone(), served.status(at))).or_default().push(at);
        }
        let counts = |of: &BTreeMap<(String, u16), usize>| format!("{of:#?}");
        let wanted = expected.iter().map(|(key, all)| (key.clone(), all.len())).collect();
        let got = found.iter().map(|(key, all)| (key.clone(), all.len())).collect();
        assert_eq!(counts(&got), counts(&wanted), "{file}: requests by route and status");

        // Durations are those of the lines.
        for at in 0..log.statements.len() {
            let (begin, length) = (log.statements.offset[at] as usize, log.statements.length[at] as usize);
            let line = text[begin..begin + length].trim_end();
            let duration = log.statements.duration[at];
            if case.format == "django-structlog" {
                assert!(duration > 0.0, "{file}: {line}");
                continue;
            }
            let line = if case.format == "haproxy-log" {
                &line[..line.find(" - - ").expect("cookies")]
            } else {
                line
            };
            let line = match case.format {
                // Only the whole of the five times.
                "haproxy-log" => line.rsplitn(3, ' ').nth(2).map(|line| format!("{line} ")).expect("times"),
                _ => line.to_owned(),
            };
            match case.took.of(&line) {
                Some(wanted) => assert!(
                    (duration - wanted).abs() < 1e-9 * wanted.max(1.0),
                    "{file}: {duration} of {line}"
                ),
                None => assert!(duration.is_nan(), "{file}: {duration} of {line}"),
            }
        }

        // Beginnings are the client's, as fine as the log says.
        if case.moments.is_infinite() {
            assert_eq!(log.clock, Clock::Sequence, "{file}");
            continue;
        }
        for (key, asked) in expected {
            let asked: Vec<Asked> = asked.into_iter().flatten().collect();
            // What came after the client's own is later.
            for (asked, &at) in asked.iter().zip(&found[&key]) {
                let begin = log.statements.start[at] - offset(&log) - asked.start * 1e3;
                let duration = log.statements.duration[at];
                let duration = if duration.is_nan() { 0.0 } else { duration };
                // Requests that began together may change places, and a busy machine is late.
                let (early, late) =
                    (-case.moments - 20.0, (asked.milliseconds - duration).max(0.0) + case.moments + 20.0);
                let late = if case.took.of("").is_none() && case.moments >= 1000.0 {
                    late + asked.milliseconds
                } else {
                    late
                };
                assert!(
                    (early..=late).contains(&begin),
                    "{file}: {key:?} begins {begin} ms after the client's ({early} to {late})"
                );
            }
        }
    }
}

#[test]
fn nginx_and_gunicorn_of_one_run() {
    let asked = truth("joint/truth");
    for (file, format, count, moments) in [
        ("nginx-1.31.3-timed.log", "nginx-access", 39, 1.0),
        ("nginx-1.31.3-json.log", "access-json", 39, 1.0),
        ("nginx-1.31.3-json-unquoted.log", "access-json", 39, 1.0),
        ("nginx-1.31.3-combined.log", "nginx-access", 39, 1000.0),
        ("gunicorn-27.0.1.log", "gunicorn-access", 38, 1000.0),
    ] {
        let (document, log) = open(&format!("joint/{file}"));
        assert_eq!((document.format, log.statements.len()), (format, count), "{file}");
        let served = log.served.as_deref().expect("what was served");
        assert_eq!(served.stamped, Moment::End, "{file}");
        // Nothing was out of order: the first is the client's first.
        let begin = log.statements.start[0] - asked[0].start * 1e3;
        let late = asked[0].milliseconds + moments;
        assert!((-moments - 5.0..=late).contains(&begin), "{file}: {begin}");
        if file.contains("combined") {
            assert!(log.statements.duration.iter().all(|duration| duration.is_nan()));
            continue;
        }
        let gone = (0..count).find(|&at| served.status(at) == 499);
        assert_eq!(gone.is_some(), file.starts_with("nginx"), "{file}");
        if let Some(gone) = gone {
            assert_eq!(log.statements.duration[gone], 51.0, "{file}");
        }
        if file.starts_with("nginx") {
            // Of two tries both count: 0.000, 0.061; an internal redirect: 0.005 : 0.019.
            let upstream = |path: &str| {
                let at = (0..count).find(|&at| {
                    log.fingerprints[log.statements.fingerprint[at] as usize].text.ends_with(path)
                });
                served.upstream_of(at.expect(path))
            };
            assert_eq!(upstream("/retry/mid/"), Some(61.0), "{file}");
            assert_eq!(upstream("/fallback/missing/"), Some(24.0), "{file}");
            assert_eq!(upstream("/static/a.css"), None, "{file}");
        }
        let slow = log.statements.duration.iter().copied().fold(0.0, f64::max);
        // The one that nginx was told to send slowly.
        assert_eq!(slow == 510.0, file.starts_with("nginx"), "{file}: {slow}");
    }
}

#[test]
fn what_clouds_write_after_their_documents() {
    let (document, log) = open("aws-alb-WRITTEN-BY-HAND.log");
    let served = log.served.as_deref().expect("what was served");
    assert_eq!(document.format, "aws-alb");
    let rows = |log: &QueryLog| -> Vec<(String, u16, f64)> {
        let served = log.served.as_deref().expect("what was served");
        (0..log.statements.len())
            .map(|at| {
                let route = log.fingerprints[log.statements.fingerprint[at] as usize].text.clone();
                (route, served.status(at), log.statements.duration[at])
            })
            .collect()
    };
    assert_eq!(
        rows(&log),
        [
            ("GET /slow/".to_owned(), 200, 205.0),
            ("GET /mid/".to_owned(), 200, 184.0),
            ("GET /sleep/{id}/".to_owned(), 504, 60_002.0),
            ("GET /redir/".to_owned(), 302, 13.0),
            ("GET /slow/".to_owned(), 460, 50.0),
            ("(no address)".to_owned(), 400, 10.0),
        ]
    );
    assert_eq!(
        (0..6).map(|at| served.upstream_of(at)).collect::<Vec<_>>(),
        [Some(204.0), Some(61.0), None, Some(13.0), None, None]
    );
    let (document, log) = open("heroku-router-WRITTEN-BY-HAND.log");
    assert_eq!(document.format, "heroku-router");
    let mut rows = rows(&log);
    assert_eq!(rows.len(), 5);
    let without =
        rows.iter().position(|row| row.0 == "GET /fast/").map(|at| rows.remove(at)).expect("no dyno");
    assert!(without.1 == 503 && without.2.is_nan());
    rows.sort_by(|a, b| a.2.total_cmp(&b.2));
    assert_eq!(
        rows,
        [
            ("GET /search/".to_owned(), 200, 14.0),
            ("GET /slow/".to_owned(), 499, 51.0),
            ("GET /slow/".to_owned(), 200, 205.0),
            ("GET /sleep/{id}/".to_owned(), 503, 30_001.0),
        ]
    );
}

#[test]
fn a_unit_that_cannot_be_told_is_not_guessed() {
    let line = |second: u32, took: u32| {
        format!("127.0.0.1 - - [28/Nov/2026:22:44:{second:02} +0000] \"GET /a HTTP/1.1\" 200 9 {took}\n")
    };
    let text: String = (0..30).map(|at| line(at, 20_000 + at * 317)).collect();
    let document = common::open(text.as_bytes()).expect("a document");
    let Content::Requests(log) = &document.content else { panic!("{}", document.format) };
    assert!(log.statements.duration.iter().all(|duration| duration.is_nan()));
    let said = common::diagnostics(&document);
    assert!(
        said.contains("its unit cannot be told") && said.contains("24.8 ms") && said.contains("24.8 s"),
        "{said}"
    );
    // Said by hand, it is known.
    let source = MemorySource::new("unknown", text);
    let options =
        Options { log_format: Some("%h %l %u %t \"%r\" %>s %b %D".to_owned()), ..Options::default() };
    let (document, _) = import::read(&source, &|_| (), &options).expect("a document");
    let Content::Requests(log) = &document.content else { panic!("{}", document.format) };
    assert_eq!(log.statements.duration[0], 20.0);
    assert_eq!(log.served.as_deref().map(|served| served.stamped), Some(Moment::Begin));
}

#[test]
fn two_numbers_that_say_the_same_tell_their_unit() {
    let line = |second: u32, took: u32| {
        format!(
            "127.0.0.1 - - [28/Nov/2026:22:44:{second:02} +0000] \"GET /a HTTP/1.1\" 200 9 {} {took}\n",
            took / 1_000_000
        )
    };
    let text: String = (0..30).map(|at| line(at, 20_000 + at * 31_700 * 7)).collect();
    let document = common::open(text.as_bytes()).expect("a document");
    let Content::Requests(log) = &document.content else { panic!("{}", document.format) };
    assert_eq!((document.format, log.statements.duration[0]), ("apache-access", 20.0));
}

#[test]
fn logs_without_durations_say_how_to_have_them() {
    for file in ["gunicorn-27.0.1-default.log", "daphne-4.2.3-access.log", "uvicorn-0.54.0-access.log"] {
        let (document, log) = open(file);
        let served = log.served.as_deref().expect("what was served");
        assert_eq!(served.step, 0.0, "{file}");
        let said = common::diagnostics(&document);
        let cannot = file.starts_with("daphne");
        assert!(said.contains(if cannot { "Daphne cannot log durations" } else { "To log it: " }), "{said}");
        assert_eq!(served.how_to_time.is_none(), cannot, "{file}");
    }
}

#[test]
fn other_lines_are_counted_and_bad_ones_do_no_harm() {
    let text = "[2026-11-28 22:44:00 +0000] [1] [INFO] Starting gunicorn 27.0.1\n\
        127.0.0.1 - - [28/Nov/2026:22:44:01 +0000] \"GET /a HTTP/1.1\" 200 9 \"-\" \"x\" 0.037800 <12>\n\
        127.0.0.1 - - [28/Nov/2026:22:44:02 +0000] \"GET /b HTTP/1.1\" 200 9 \"-\" \"L=0.1 \\\" \\\\\" 0.038800 <12>\n\
        Traceback (most recent call last):\n\
        127.0.0.1 [28/Nov/2026:22:44:03 +0000] \"GET /d HTTP/1.1\" 200\n\
        127.0.0.1 - - [28/Nov/2026:22:44:03 +0000] \"GET /c HT\n";
    let document = common::open(text).expect("a document");
    let Content::Requests(log) = &document.content else { panic!("{}", document.format) };
    assert_eq!((document.format, log.statements.len()), ("gunicorn-access", 2));
    assert_eq!(log.statements.duration, [37.8, 38.8]);
    assert_eq!(log.connections[0].process, "12");
    let said = common::diagnostics(&document);
    assert!(said.contains("3 × lines that are no requests were skipped"), "{said}");
    assert!(said.contains("Warning: 1 × requests of another layout"), "{said}");
}
