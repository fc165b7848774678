//! Logs of requests that are easily read wrongly, each of a kind: what their columns are, what is odd in a line, what their
//! stamps are.

mod common;

use common::requests::{durations, lines, open, time};
use flamedrop::queries::filter::Selection;
use flamedrop::queries::site::{Site, site};
use flamedrop::queries::{Clock, QueryLog};

fn common(at: u32, request: &str, rest: &str) -> String {
    format!("10.0.0.9 - - [20/Nov/2026:{} +0000] \"{request}\" {rest}", time(at))
}

fn judged(log: &QueryLog) -> Site {
    site(log, &Selection::all(log.statements.len()), None, 500.0, None)
}

fn longest(log: &QueryLog) -> f64 {
    durations(log).into_iter().fold(0.0, f64::max)
}

#[test]
fn the_column_that_is_sometimes_a_dash_is_the_applications() {
    for swapped in [false, true] {
        // The application's time is rounded by itself, and often a millisecond longer; what nginx serves alone comes late.
        let text = lines(500, |at| {
            let (own, application) = match at {
                300.. if at % 20 == 0 => ("30.000".to_owned(), "-".to_owned()),
                _ => (format!("0.{:03}", 50 + at % 90), format!("0.{:03}", 51 + at % 90)),
            };
            let both = if swapped { format!("{application} {own}") } else { format!("{own} {application}") };
            common(at, "GET /app HTTP/1.1", &format!("200 512 \"-\" \"curl\" {both}"))
        });
        let (document, log) = open(&text);
        assert_eq!(document.format, "nginx-access");
        assert!(log.statements.duration.iter().all(|duration| !duration.is_nan()));
        assert_eq!(longest(&log), 30_000.0, "{swapped}");
        assert_eq!(durations(&log).iter().filter(|&&duration| duration == 30_000.0).count(), 10);
        let served = log.served.as_deref().expect("what was served");
        let at = (0..500).find(|&at| log.statements.duration[at] == 50.0).expect("the first");
        assert_eq!(served.upstream_of(at), Some(51.0), "{swapped}");
    }
}

#[test]
fn requests_keep_their_time_if_the_dash_comes_after_the_beginning() {
    // The beginning is looked at up to 64 kB.
    let text = lines(1500, |at| {
        let both = if at > 1400 {
            "30.000 -".to_owned()
        } else {
            format!("0.{0:03} 0.{1:03}", 50 + at % 90, 51 + at % 90)
        };
        common(at, "GET /app HTTP/1.1", &format!("200 512 \"-\" \"curl\" {both}"))
    });
    assert_eq!(longest(&open(&text).1), 30_000.0);
}

#[test]
fn one_odd_line_is_one_odd_line() {
    for odd in
        ["GET /search/say \"hi\" now", "GET /a b/\"q\"", "GET /q\"uo\"te", "GET /a \" b", "GET / x\" 200 \"/"]
    {
        for at_line in [0, 5] {
            let with = |at: u32| if at == at_line { odd.to_owned() } else { "GET /x".to_owned() };
            let granian = lines(60, |at| {
                format!(
                    "[2026-11-20 {} +0000] 127.0.0.1 - \"{} HTTP/1.1\" 200 {}.011",
                    time(at),
                    with(at),
                    50 + at
                )
            });
            let hypercorn = lines(60, |at| {
                common(at, &format!("{} 1.1", with(at)), &format!("200 - \"-\" \"curl\" 0.0{}1527", 10 + at))
            });
            let werkzeug = lines(60, |at| {
                format!("127.0.0.1 - - [20/Nov/2026 {}] \"{} HTTP/1.1\" 200 -", time(at), with(at))
            });
            for (text, format) in
                [(granian, "granian-access"), (hypercorn, "hypercorn-access"), (werkzeug, "runserver-log")]
            {
                let (document, log) = open(&text);
                assert_eq!(document.format, format, "{odd}");
                assert!(log.statements.len() >= 59, "{odd}: {}", log.statements.len());
                if format == "granian-access" {
                    assert_eq!(longest(&log), 109.011, "{odd}");
                }
            }
        }
    }
    // What is odd is read, not only passed over.
    let text = lines(30, |at| {
        let request = if at == 7 { "GET /say/\"hi\" now HTTP/1.1" } else { "GET /x HTTP/1.1" };
        common(at, request, "200 512 \"-\" \"curl\" 0.050")
    });
    let (_, log) = open(&text);
    assert!(
        log.fingerprints.iter().any(|route| route.text == "GET /say/\"hi\" now"),
        "{:?}",
        log.fingerprints
    );
}

#[test]
fn agents_with_quotes_that_nothing_escapes_keep_the_durations() {
    let agents = ["Moz \"q\" [x] 5.0 (a; b)", "-", "5\" screen", "curl"];
    for first in 0..agents.len() {
        let text = lines(40, |at| {
            let agent = agents[(first + at as usize) % agents.len()];
            common(at, "GET /x 1.1", &format!("200 - \"http://r/ a\" \"{agent}\" 0.051527"))
        });
        let (document, log) = open(&text);
        assert_eq!((document.format, log.statements.len()), ("hypercorn-access", 40));
        assert!(durations(&log).iter().all(|duration| *duration == 51.527), "{first}: {:?}", durations(&log));
    }
}

#[test]
fn stamps_of_iso_8601_in_brackets_do_not_make_a_server() {
    let one = lines(60, |at| {
        format!("[2026-11-20T{}+00:00] 10.0.0.9 - \"GET /x HTTP/1.1\" 200 0.{}50", time(at), at % 9)
    });
    let other = lines(60, |at| {
        format!(
            "10.0.0.9 - - [2026-11-20T{}+00:00] \"GET /x HTTP/2.0\" 200 512 \"-\" \"curl\" 0.{}50",
            time(at),
            at % 9
        )
    });
    for text in [one, other] {
        let (document, log) = open(&text);
        assert_ne!(document.format, "granian-access");
        assert_eq!(longest(&log), 850.0);
    }
}

#[test]
fn a_unit_behind_a_number_is_its_unit() {
    for (unit, milliseconds) in [("ms", 59.25), ("µs", 0.05925), ("us", 0.05925), ("s", 59_250.0)] {
        for blank in ["", " "] {
            let text =
                lines(10, |at| common(at, "GET /x HTTP/1.1", &format!("200 512 - 5{at}.250{blank}{unit}")));
            let (document, log) = open(&text);
            assert!(
                (longest(&log) - milliseconds).abs() < 1e-9,
                "{unit}: {} {}",
                document.format,
                longest(&log)
            );
            assert!(!common::diagnostics(&document).contains("may be milliseconds"));
        }
    }
}

#[test]
fn seconds_that_are_hardly_any_are_doubted() {
    let text =
        lines(60, |at| common(at * 3, "GET /x HTTP/1.1", &format!("200 512 \"-\" \"curl\" {}.250", 50 + at)));
    let json = lines(60, |at| {
        format!(
            "{{\"timestamp\": \"2026-11-20T{}Z\", \"method\": \"GET\", \"path\": \"/x\", \"status\": 200, \"duration\": {}.25}}",
            time(at * 3),
            50 + at
        )
    });
    for text in [text, json] {
        let said = common::diagnostics(&open(&text).0);
        assert!(
            said.contains("may be milliseconds") && said.contains("80.2 s") && said.contains("80.2 ms"),
            "{said}"
        );
        assert!(said.contains("in flight on average"), "{said}");
    }
    // A slow site is no doubtful one.
    let slow = lines(60, |at| common(at * 3, "GET /x HTTP/1.1", "200 512 \"-\" \"curl\" 2.500"));
    assert!(!common::diagnostics(&open(&slow).0).contains("may be milliseconds"));
}

#[test]
fn durations_whose_kind_changes_are_left_out_and_it_is_said() {
    let took = |at: u32| if at < 50 { "0.102188" } else { "102188" };
    let text =
        lines(100, |at| common(at, "GET /x HTTP/1.1", &format!("200 512 \"-\" \"curl\" {}", took(at))));
    // The beginning that tells the layout is larger than that: what is seldom is odd.
    let text = lines(2000, |at| common(at, "GET /x HTTP/1.1", "200 512 \"-\" \"curl\" 0.102188")) + &text;
    let json = lines(100, |at| {
        format!(
            "{{\"time\": \"2026-11-20T{}Z\", \"method\": \"GET\", \"path\": \"/x\", \"status\": 200, \"duration\": {}}}",
            time(at),
            if at < 80 { "0.5" } else { "500" }
        )
    });
    for (text, odd, most) in [(text, 50, 102.188), (json, 20, 500.0)] {
        let (document, log) = open(&text);
        let said = common::diagnostics(&document);
        assert!(said.contains(&format!("Warning: {odd} × durations that have no point")), "{said}");
        assert_eq!(longest(&log), most);
    }
}

#[test]
fn a_logs_own_first_column_stays() {
    for rest in ["200 512 0.050", "200 512 \"-\" \"curl\" rt=0.050"] {
        let text =
            lines(60, |at| format!("2026-11-20T{}+00:00 10.0.0.9 \"GET /x/{at} HTTP/1.1\" {rest}", time(at)));
        let (document, log) = open(&text);
        assert!(matches!(log.clock, Clock::Wall { .. }), "{rest}");
        assert_eq!((document.format, log.statements.len(), longest(&log)), ("nginx-access", 60, 50.0));
        assert!(!common::diagnostics(&document).contains("docker logs"));
    }
    // What docker logs -t puts before lines with a time is taken off as ever.
    let text = lines(60, |at| {
        let line = common(at, "GET /x HTTP/1.1", "200 512 \"-\" \"curl\" 0.050");
        format!("2026-11-20T{}.123456789Z {line}", time(at))
    });
    assert!(common::diagnostics(&open(&text).0).contains("docker logs"));
}

#[test]
fn without_a_clock_nothing_is_at_a_time() {
    let text = lines(60, |at| {
        format!("10.0.0.9 \"GET /x HTTP/1.1\" 200 512 \"-\" \"curl\" pid=7 rt=0.{}50", at % 9)
    });
    let (_, log) = open(&text);
    assert_eq!(log.clock, Clock::Sequence);
    let judged = judged(&log);
    assert_eq!((judged.concurrency, judged.most_at_once, judged.utilisation), (None, None, None));
}

#[test]
fn bytes_are_those_of_the_answer() {
    let bytes = |text: &str| open(text).1.served.as_deref().and_then(|served| served.bytes_of(0));
    let twice = lines(60, |at| common(at, "GET /x HTTP/1.1", &format!("200 200 12{} 140 72922", at % 9)));
    assert_eq!(bytes(&twice), Some(120));
    let of_request = lines(60, |at| {
        format!("127.0.0.1 [2026-11-30T{}+00:00] \"GET /x HTTP/1.1\" 200 12{} 0.068", time(at), at % 9)
    });
    assert_eq!(bytes(&of_request), None);
    assert_eq!(bytes(&lines(9, |at| common(at, "GET /x HTTP/1.1", "200 512"))), Some(512));
}

#[test]
fn dynos_are_no_workers_and_nobody_is_busier_than_always() {
    let text = lines(60, |at| {
        format!(
            "2026-11-20T{}.500000+00:00 heroku[router]: at=info method=GET path=\"/p\" host=x request_id=8 fwd=\"2.0.0.4\" \
             dyno=web.1 connect=1ms service=30000ms status=200 bytes=1548 protocol=https",
            time(at)
        )
    });
    let of = judged(&open(&text).1);
    assert_eq!((of.workers, of.utilisation), (0, None));
    let text = lines(60, |at| common(at, "GET /x HTTP/1.1", "200 512 \"-\" \"curl\" 30.000000 <7>"));
    let of = judged(&open(&text).1);
    assert_eq!((of.workers, of.utilisation), (1, None));
}

#[test]
fn requests_among_other_lines_make_a_log_of_requests() {
    let request = common(0, "GET /x HTTP/1.1", "200 512 \"-\" \"curl\" 0.050");
    let chatter = lines(2, |at| format!("[2026-11-20 10:00:00 +0000] [7] [INFO] something {at}"));
    let traceback = "Internal Server Error: /x\nTraceback (most recent call last):\nValueError: x";
    for between in [chatter.trim_end(), traceback] {
        let text = lines(20, |_| format!("{request}\n{between}"));
        let (document, log) = open(&text);
        assert_eq!(log.statements.len(), 20);
        assert!(common::diagnostics(&document).contains("lines that are no requests were skipped"));
    }
    let error = common::open(lines(20, |at| format!("x{at};GET;/a;HTTP HTTP/1.1;200")).as_bytes())
        .expect_err("no layout")
        .to_string();
    assert!(error.contains("--log-format"), "{error}");
}

#[test]
fn days_that_there_are_not_and_statuses_that_are_none() {
    let text = lines(30, |at| {
        let day = if at == 9 { "31/Feb" } else { "20/Nov" };
        let status = if at == 11 { 742 } else { 200 };
        format!(
            "10.0.0.9 - - [{day}/2026:{} +0000] \"GET /x HTTP/1.1\" {status} 512 \"-\" \"curl\" 0.050",
            time(at)
        )
    });
    let (_, log) = open(&text);
    assert_eq!(log.statements.len(), 28);
    assert!(log.span().is_some_and(|(first, last)| last - first < 60_000.0));
}
