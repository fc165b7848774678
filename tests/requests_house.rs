//! Layouts that sites and servers' handbooks have beside the usual ones: a test for each kind that was read wrongly, with lines
//! written for it.

mod common;

use common::requests::{durations, lines, open, time};
use flamedrop::document::Document;
use flamedrop::requests::Moment;

/// What is said of a log.
fn said(document: &Document) -> String {
    document.diagnostics.entries().iter().map(|entry| entry.message.clone()).collect::<Vec<_>>().join("\n")
}

/// How long the request on line `at` took, ms.
fn took(at: u32) -> f64 {
    f64::from(16 + 7 * (at % 40))
}

#[test]
fn what_an_application_answered_is_no_duration() {
    // NGINX Amplify's own layout, whose us is $upstream_status.
    let text = lines(40, |at| {
        let (took, status) = (took(at) / 1e3, if at % 9 == 4 { "-" } else { "200" });
        format!(
            "127.0.0.1 - - [01/Dec/2026:{} +0000] \"GET /fast/ HTTP/1.1\" 200 13 \"-\" \"curl/7.88.1\" \"-\" \"shop.example\" sn=\"\" rt={took:.3} ua=\"127.0.0.1:9001\" us=\"{status}\" ut=\"{:.3}\" ul=\"3\" cs=-",
            time(at),
            took / 2.0
        )
    });
    let (_, log) = open(&text);
    for (at, duration) in durations(&log).into_iter().enumerate() {
        assert!((duration - took(at as u32)).abs() < 1e-6, "{duration}");
    }
    let served = log.served.as_deref().unwrap();
    assert!((served.upstream[0] - took(0) as f32 / 2.0).abs() < 1e-3);
    // A microsecond count is one still.
    let text = lines(40, |at| {
        format!(
            "127.0.0.1 - - [01/Dec/2026:{} +0000] \"GET / HTTP/1.1\" 200 13 us={}",
            time(at),
            took(at) * 1e3
        )
    });
    assert_eq!(durations(&open(&text).1)[3], took(3));
}

#[test]
fn aiohttp_stamps_beginnings() {
    let text = lines(30, |at| {
        format!(
            "2026-12-01 {},569 INFO aiohttp.access: 10.0.0.{at} [01/Dec/2026:{} +0000] \"GET /fast/ HTTP/1.1\" 200 154 \"-\" \"curl/7.88.1\" {:.6}",
            time(at),
            time(at),
            took(at) / 1e3
        )
    });
    let (_, log) = open(&text);
    let served = log.served.as_deref().unwrap();
    assert_eq!(served.stamped, Moment::Begin);
    assert_eq!(served.clients[1..4], ["10.0.0.0", "10.0.0.1", "10.0.0.2"]);
    assert!((durations(&log)[2] - took(2)).abs() < 1e-6);
    assert_eq!(log.statements.start[0].rem_euclid(1000.0), 0.0);
}

#[test]
fn keys_of_json_that_are_written_in_one_word() {
    let text = lines(30, |at| {
        format!(
            "{{\"@timestamp\":\"2026-12-01T{}+00:00\",\"client\":\"127.0.0.1\",\"size\":0,\"responsetime\":{:.3},\"upstreamtime\":\"0.001\",\"url\":\"/fast/\",\"status\":\"200\",\"method\":\"GET\"}}",
            time(at),
            took(at) / 1e3
        )
    });
    let (_, log) = open(&text);
    assert!((durations(&log)[5] - took(5)).abs() < 1e-6);
    assert!((log.served.as_deref().unwrap().upstream[5] - 1.0).abs() < 1e-3);
    // python-json-logger's own name for the time.
    let text = lines(30, |at| {
        format!(
            "{{\"asctime\": \"2026-12-01 {},043\", \"levelname\": \"INFO\", \"process\": 650, \"message\": \"request finished\", \"method\": \"GET\", \"path\": \"/fast/\", \"status_code\": 200, \"process_time\": {:.6}}}",
            time(at),
            took(at) / 1e3
        )
    });
    let (_, log) = open(&text);
    assert!(log.span().is_some_and(|(first, last)| last > first && first > 1e12));
    assert!((durations(&log)[5] - took(5)).abs() < 1e-6);
    // A whole number says no unit: it is asked for.
    let text = lines(30, |at| {
        format!(
            "{{\"remote_ip\":\"127.0.0.1\",\"response_code\":\"200\",\"request_method\":\"GET\",\"request_path\":\"/fast/\",\"request_timetaken\":\"{}\",\"response_length\":\"3\",\"t\":\"[01/Dec/2026:{} +0000]\"}}",
            took(at) * 1e3,
            time(at)
        )
    });
    let (document, log) = open(&text);
    assert!(durations(&log).iter().all(|duration| duration.is_nan()));
    assert!(said(&document).contains("\"request_timetaken\" may be how long"), "{}", said(&document));
}

#[test]
fn apaches_seconds_and_microseconds_with_a_stroke() {
    for (front, behind) in [("", ""), ("**", "**")] {
        let text = lines(40, |at| {
            let micros = (took(at) * 1e3) as u32 + if at == 11 { 3_000_000 } else { 0 };
            format!(
                "127.0.0.1 - - [01/Dec/2026:{} +0000] \"GET /fast/ HTTP/1.1\" 200 3 \"-\" \"curl/7.88.1\" {front}{}/{micros}{behind}",
                time(at),
                micros / 1_000_000
            )
        });
        let (_, log) = open(&text);
        let mut found = durations(&log);
        found.sort_by(f64::total_cmp);
        assert_eq!((found[0], found[39]), (16.0, took(11) + 3000.0), "{front}");
    }
}

#[test]
fn a_number_whose_unit_is_not_said_is_asked_for_wherever_it_stands() {
    // In front, between the client and its names: no client.
    let text = lines(40, |at| {
        format!(
            "127.0.0.1 {} - - [01/Dec/2026:{} +0000] \"GET /fast/ HTTP/1.1\" 200 3",
            took(at) * 1e3,
            time(at)
        )
    });
    let (document, log) = open(&text);
    assert_eq!(log.served.as_deref().unwrap().clients, ["", "127.0.0.1"]);
    assert!(said(&document).contains("its unit cannot be told"), "{}", said(&document));
    // Behind bytes that came and went.
    let text = lines(40, |at| {
        format!(
            "127.0.0.1 - - [01/Dec/2026:{} +0000] \"GET /fast/ HTTP/1.1\" 200 3 \"-\" \"curl/7.88.1\" {} {} {}",
            time(at),
            83 + at % 5,
            142 + at % 7,
            took(at) * 1e3
        )
    });
    let said = said(&open(&text).0);
    assert!(said.contains("half of them would take 15") && said.contains("if it is microseconds"), "{said}");
}

#[test]
fn haproxy_in_the_common_format_and_as_json_behind_syslogs_header() {
    for header in ["", "<134>Dec  1 10:37:06 haproxy[19080]: ", "Dec  1 10:37:06 haproxy[19080]: "] {
        let text = lines(40, |at| {
            let total = took(at);
            format!(
                "{header}127.0.0.1 - - [01/Dec/2026:{} +0000] \"GET /fast/ HTTP/1.1\" 200 145 \"\" \"\" {} {} \"c\" \"app\" \"s1\" 0 0 -1 {} {total} ---- 1 1 0 0 0 0 0 \"\" \"\"",
                time(at),
                40_000 + 17 * at,
                (at * 37) % 1000,
                (total / 2.0).floor()
            )
        });
        let (_, log) = open(&text);
        assert_eq!(durations(&log)[7], took(7), "{header}");
        assert_eq!(log.served.as_deref().unwrap().stamped, Moment::Begin, "{header}");
        let text = lines(40, |at| {
            format!(
                "{header}{{\"ts\":\"01/Dec/2026:{}.083\",\"ci\":\"127.0.0.1\",\"method\":\"GET\",\"uri\":\"\\/fast\\/\",\"status\":200,\"bytes\":145,\"Ta\":{}}}",
                time(at),
                took(at)
            )
        });
        let (_, log) = open(&text);
        assert_eq!(durations(&log)[7], took(7), "{header}");
        assert_eq!(log.fingerprints[0].text, "GET /fast/", "{header}");
    }
}

#[test]
fn tornado_and_jupyter() {
    type Front = fn(&str) -> String;
    let fronts: [(Front, bool); 4] = [
        (|time| format!("[I 261201 {time} web:2591] 200"), true),
        (|time| format!("[W 2026-12-01 {time}.250 ServerApp] 404"), true),
        (|time| format!("2026-12-01 {time},250 INFO tornado.access 200"), true),
        (|_| "INFO:tornado.access:200".to_owned(), false),
    ];
    for (front, is_timed) in fronts {
        let text = lines(30, |at| {
            format!("{} GET /fast/?page={at} (ann@10.0.0.7) {:.2}ms", front(&time(at)), took(at))
        });
        let (document, log) = open(&text);
        assert_eq!(document.format, "tornado-access");
        assert_eq!(durations(&log)[9], took(9), "{text}");
        assert_eq!(log.fingerprints[0].text, "GET /fast/");
        assert_eq!(log.served.as_deref().unwrap().clients, ["", "10.0.0.7"]);
        let span = log.span().map_or(0.0, |(first, last)| last - first);
        assert_eq!(span > 1000.0 && log.statements.start[0] > 1e12, is_timed, "{text}");
    }
}

#[test]
fn caddys_console() {
    let text = lines(30, |at| {
        format!(
            "2026/12/01 {}.436\t\u{1b}[34mINFO\u{1b}[0m\thttp.log.access.log1\thandled request\t{{\"request\": {{\"remote_ip\": \"127.0.0.1\", \"method\": \"GET\", \"uri\": \"/fast/\"}}, \"duration\": {:.9}, \"size\": 3, \"status\": 200}}",
            time(at),
            took(at) / 1e3
        )
    });
    let (document, log) = open(&text);
    assert_eq!(document.format, "caddy-access");
    assert!((durations(&log)[9] - took(9)).abs() < 1e-6);
    assert!(log.statements.start[0] > 1e12);
}

#[test]
fn times_in_parentheses() {
    let text = lines(40, |at| {
        let upstream = if at % 9 == 4 { "-".to_owned() } else { format!("{:.3}", took(at) / 2e3) };
        format!(
            "127.0.0.1 [01/Dec/2026:{} +0000] shop.example \"GET /fast/ HTTP/1.1\" 200 183 \"curl/7.88.1\" ({:.3}) [{upstream}] 3 1",
            time(at),
            took(at) / 1e3
        )
    });
    let (_, log) = open(&text);
    for (at, duration) in durations(&log).into_iter().enumerate() {
        assert!((duration - took(at as u32)).abs() < 1e-6, "{at} {duration}");
    }
}

#[test]
fn stamps_of_whole_seconds_say_nothing_within_one() {
    use flamedrop::queries::filter::Selection;
    use flamedrop::queries::overview::bound;
    use flamedrop::queries::site::site;
    // Three at a time, each of 40 ms, all stamped when they ended.
    let text = lines(60, |at| {
        format!(
            "127.0.0.1 - - [01/Dec/2026:{} +0000] \"GET / HTTP/1.1\" 200 13 \"-\" \"curl\" {}",
            time(at / 12),
            if at % 12 == 0 { "0.000" } else { "0.040" }
        )
    });
    let (_, log) = open(&text);
    let site = site(&log, &Selection::all(log.statements.len()), None, 500.0, None);
    assert_eq!(site.curves.step, 1000.0);
    // What is written as 0 took less than a millisecond, and is with what took one.
    let first =
        site.curves.durations.iter().position(|&count| count > 0).map_or(0.0, |class| bound(class % 24));
    assert_eq!(first, 1.0);
}
