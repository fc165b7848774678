//! Logs of requests without quotes: by tabs, bars, semicolons, labels, blanks.

mod common;

use common::requests::{durations, lines, open, time};
use flamedrop::queries::QueryLog;

const TEN: f64 = 36_000_000.0;

/// When the request of 10:00:`at` began, in ms of its day.
fn begins(log: &QueryLog, at: usize) -> f64 {
    log.statements.start[at].rem_euclid(86_400_000.0)
}

fn statuses(log: &QueryLog) -> Vec<u16> {
    let served = log.served.as_deref().expect("what was served");
    (0..log.statements.len()).map(|at| served.status(at)).collect()
}

fn routes(log: &QueryLog) -> Vec<&str> {
    log.fingerprints.iter().map(|it| it.text.as_str()).collect()
}

fn status(at: u32) -> u32 {
    if at % 10 == 3 { 404 } else { 200 }
}

#[test]
fn layouts_without_quotes() {
    let took = |at: u32| f64::from(at % 7 + 1) / 1000.0;
    let day = |at: u32| format!("20/Nov/2026:{} +0000", time(at));
    let iso = |at: u32| format!("2026-11-20T{}+00:00", time(at));
    let each: [(&str, &dyn Fn(u32) -> String); 9] = [
        ("tabs", &|at| format!("10.0.0.9\t{}\tGET\t/cart/\t{}\t{:.3}", iso(at), status(at), took(at))),
        ("tabs and a host", &|at| {
            format!("10.0.0.9\t{}\tGET\thttp://example.com/cart/\t{}\t{:.3}", iso(at), status(at), took(at))
        }),
        ("bars", &|at| {
            format!(
                "{} | 10.0.0.9 | GET /cart/ HTTP/1.1 | {} | {:.3} | agent; x",
                iso(at),
                status(at),
                took(at)
            )
        }),
        ("bars and quotes", &|at| {
            format!("[{}]|\"GET /cart/ HTTP/1.1\"|{}|{:.3}|\"an agent\"", day(at), status(at), took(at))
        }),
        ("semicolons", &|at| format!("{};10.0.0.9;GET;/cart/;{};{:.3}", iso(at), status(at), took(at))),
        ("labels and tabs", &|at| {
            format!(
                "time:[{}]\thost:10.0.0.9\treq:GET /cart/ HTTP/1.1\tstatus:{}\tsize:512\treqtime:{:.3}\tua:curl/8 (x)",
                day(at),
                status(at),
                took(at)
            )
        }),
        ("labels, microseconds in front", &|at| {
            format!(
                "reqtime_microsec:{}\ttime:{}\tmethod:GET\turi:/cart/\tstatus:{}\tsize:512\treferer:-",
                took(at) * 1e6,
                iso(at),
                status(at)
            )
        }),
        ("names and blanks", &|at| {
            format!(
                "time={} method=GET path=/cart/ status={} duration_ms={}",
                iso(at),
                status(at),
                took(at) * 1e3
            )
        }),
        ("blanks", &|at| {
            format!("10.0.0.9 [{}] GET /cart/ HTTP/1.1 {} 512 {:.3}", day(at), status(at), took(at))
        }),
    ];
    for (what, line) in each {
        let text = lines(40, line);
        let (document, log) = open(&text);
        assert_eq!(document.format, "access-fields", "{what}");
        assert_eq!(log.statements.len(), 40, "{what}");
        assert_eq!(statuses(&log), (0..40).map(|at| status(at) as u16).collect::<Vec<_>>(), "{what}");
        for (at, duration) in durations(&log).into_iter().enumerate() {
            assert!((duration - took(at as u32) * 1e3).abs() < 1e-9, "{what}: {duration} of line {at}");
            let begin = TEN + at as f64 * 1e3;
            // Stamps are ends where nothing says else.
            assert!((begin - begins(&log, at)).abs() <= 7.0, "{what}: {}", begins(&log, at));
        }
        assert!(
            routes(&log).iter().all(|route| route.starts_with("GET ") && route.ends_with("/cart/")),
            "{what}"
        );
    }
}

#[test]
fn the_duration_may_stand_in_front() {
    let (_, log) =
        open(&lines(40, |at| format!("1795168{at:03}.258 0.01{} 200 GET /cart/ 10.0.0.9", at % 7)));
    assert_eq!(log.statements.len(), 40);
    assert_eq!(durations(&log)[..3], [10.0, 11.0, 12.0]);
}

#[test]
fn a_whole_number_is_no_duration_and_is_doubted() {
    let (document, log) = open(&lines(40, |at| {
        format!("[20/Nov/2026:{} +0000] 10.0.0.9 http GET /cart/ 200 {} {}", time(at), 5 + at % 3, 381 + at)
    }));
    assert!(durations(&log).iter().all(|duration| duration.is_nan()));
    let notices = common::diagnostics(&document);
    // Of the number that is in question, not of the bytes.
    assert!(notices.contains("half of them would take 40") && notices.contains("--log-format"), "{notices}");
}

#[test]
fn a_line_of_another_layout_is_told() {
    let text = lines(40, |at| format!("2026-11-20T{}Z\tGET\t/cart/\t200\t0.010", time(at)))
        + "2026-11-20T10:01:00Z GET /cart/ 200\nstarted\n";
    let (document, log) = open(&text);
    assert_eq!(log.statements.len(), 40);
    let notices = common::diagnostics(&document);
    assert!(
        notices.contains("requests of another layout") && notices.contains("no requests were skipped"),
        "{notices}"
    );
}

#[test]
fn containers_log_them_too() {
    let (document, log) = open(&lines(40, |at| {
        format!(
            "{{\"log\":\"time:2026-11-20T{}Z\\tmethod:GET\\turi:/cart/\\tstatus:200\\treqtime:0.012\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-20T{}.5Z\"}}",
            time(at),
            time(at)
        )
    }));
    assert_eq!((document.format, log.statements.len()), ("access-fields", 40));
    assert_eq!(durations(&log)[0], 12.0);
}

#[test]
fn what_is_hardly_a_log_of_requests_is_none() {
    for line in [
        // An application's lines that mention one.
        "2026-11-20T10:00:00Z INFO asked the service: GET /cart/ took 12 tries",
        // A table.
        "GET\t/cart/\t200\t0.010",
    ] {
        assert!(common::open(format!("{line}\n").repeat(30).into_bytes()).is_err(), "{line}");
    }
    // SQL whose texts hold such lines stays SQL.
    let text = lines(30, |at| {
        format!(
            "2026-11-20 {} UTC [7] LOG:  duration: 1.5 ms  statement: INSERT INTO log VALUES ('2026-11-20T10:00:00Z GET /cart/ 200')",
            time(at)
        )
    });
    let document = common::open(text.into_bytes()).expect("a log of SQL");
    assert!(document.format.starts_with("postgres"), "{}", document.format);
}
