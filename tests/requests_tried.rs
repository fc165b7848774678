//! Logs of requests that somebody tried and that were read wrongly: a test for each kind, with lines written for it.

mod common;

use common::requests::{durations, lines, open, served, time};
use flamedrop::document::Document;
use flamedrop::import;
use flamedrop::input::{MemorySource, Options};
use flamedrop::queries::{Clock, QueryLog};
use flamedrop::requests::Class;

fn open_as(notation: &str, text: &str) -> (Document, QueryLog) {
    let source = MemorySource::new("access.log", text.as_bytes().to_vec());
    let options = Options { log_format: Some(notation.to_owned()), ..Options::default() };
    let read = import::read(&source, &|_| (), &options).map(|(document, _)| document);
    served(read, &format!("{notation}: {text}"))
}

fn common(at: u32, rest: &str) -> String {
    format!("10.0.0.9 - - [20/Nov/2026:{} +0000] \"GET /shoes/{at} HTTP/1.1\" {rest}", time(at))
}

fn has_none(log: &QueryLog) -> bool {
    durations(log).iter().all(|duration| duration.is_nan())
}

fn statuses(log: &QueryLog) -> Vec<u16> {
    let served = log.served.as_deref().expect("what was served");
    (0..log.statements.len()).map(|at| served.status(at)).collect()
}

fn routes(log: &QueryLog) -> Vec<&str> {
    log.fingerprints.iter().map(|it| it.text.as_str()).collect()
}

fn workers(log: &QueryLog) -> Vec<&str> {
    log.connections.iter().map(|it| it.process.as_str()).collect()
}

fn notices(document: &Document) -> String {
    common::diagnostics(document)
}

/// The hour, minute, second and fraction of the first request's beginning, as ms of its day.
fn first_of_day(log: &QueryLog) -> f64 {
    log.statements.start[0].rem_euclid(86_400_000.0)
}

const TEN: f64 = 36_000_000.0;

#[test]
fn uvicorns_start_is_no_line_of_postgresqls() {
    let own = |at: u32| match at {
        0 => "INFO:     Started server process [7]".to_owned(),
        1 => "INFO:     Application startup complete.".to_owned(),
        39 => "ERROR:    Exception in ASGI application".to_owned(),
        _ => format!("INFO:     10.0.0.9:50111 - \"GET /shoes/{at} HTTP/1.1\" 200 OK"),
    };
    let docker = lines(40, |at| format!("2026-11-20T{}.250000000Z {}", time(at), own(at)));
    let container = lines(40, |at| format!("2026-11-20T{}.250000000Z stderr F {}", time(at), own(at)));
    let python = lines(40, |at| format!("2026-11-20 {},250 {}", time(at), own(at)));
    for text in [docker, container, python] {
        let (document, log) = open(&text);
        assert_eq!(document.format, "uvicorn-access", "{text:.200}");
        assert_eq!(log.statements.len(), 37, "{text:.200}");
        assert_eq!(first_of_day(&log), TEN + 2250.0, "{text:.200}");
        let zone = if text.contains('Z') { Some("UTC".to_owned()) } else { None };
        assert_eq!(log.clock, Clock::Wall { zone });
    }
}

fn caddy(at: u32, stamp: &str, duration: &str) -> String {
    format!(
        "{{\"level\":\"info\",{stamp},\"logger\":\"http.log.access.log0\",\"msg\":\"handled request\",\"request\":{{\"method\":\"GET\",\
         \"uri\":\"/shoes/{at}\",\"proto\":\"HTTP/2.0\"}},\"duration\":{duration},\"size\":5,\"status\":200}}"
    )
}

#[test]
fn caddys_durations_and_times_are_what_its_configuration_says() {
    let seconds = "\"ts\":1795168800.5";
    let of = |duration: &str| {
        let text = lines(10, |at| caddy(at, seconds, duration));
        let (document, log) = open(&text);
        assert_eq!(document.format, "caddy-access");
        (durations(&log)[0], notices(&document))
    };
    assert_eq!(of("0.0475").0, 47.5);
    assert_eq!(of("\"4.76128ms\"").0, 4.76128);
    assert_eq!(of("\"1m2.5s\"").0, 62_500.0);
    assert_eq!(of("\"250µs\"").0, 0.25);
    let (took, said) = of("4761280");
    assert!((took - 4.76128).abs() < 1e-9 && said.contains("nanoseconds"), "{took}: {said}");
    let (took, said) = of("101");
    assert!(took.is_nan() && said.contains("duration_format"), "{took}: {said}");
    // Whole seconds among such with a point are seconds.
    let text = lines(10, |at| caddy(at, seconds, if at == 3 { "1" } else { "0.5" }));
    assert_eq!(durations(&open(&text).1).iter().copied().fold(0.0, f64::max), 1000.0);
    for (stamp, milliseconds) in [
        ("\"ts\":1795168800500.25", 500.25),
        ("\"ts\":1795168800500000000", 500.0),
        ("\"when\":\"2026/11/20 10:00:00.500\"", 500.0),
        ("\"time\":\"2026-11-20T10:00:00.500Z\"", 500.0),
        ("\"ts\":\"20/Nov/2026:10:00:00 +0000\"", 0.0),
    ] {
        let text = lines(10, |at| caddy(at, stamp, "\"0s\""));
        assert_eq!(first_of_day(&open(&text).1), TEN + milliseconds, "{stamp}");
    }
}

#[test]
fn haproxys_request_ends_with_its_quote() {
    let of = |before: &str, behind: &str| {
        lines(20, |at| {
            format!(
                "{before}127.0.0.1:41000 [20/Nov/2026:{}.250] fe app/one 0/0/0/13/13 200 215 - - ---- 1/1/0/0/0 0/0 \"GET /cart/ HTTP/1.1\"{behind}",
                time(at)
            )
        })
    };
    for before in [
        "",
        "<134>Nov 20 10:00:00 edge haproxy[7]: ",
        "<134>1 2026-11-20T10:00:00Z edge haproxy 7 - [origin x=\"1\"] ",
    ] {
        for behind in ["", " -", " 0.250 -", " \"curl\""] {
            let (document, log) = open(&of(before, behind));
            assert_eq!(document.format, "haproxy-log", "{before}{behind}");
            assert_eq!(routes(&log), ["GET /cart/"], "{before}{behind}");
        }
    }
}

#[test]
fn what_a_client_sends_is_no_log() {
    let line = "10.0.0.9 - - [20/Nov/2026:10:00:00 +0000] \\\"GET /planted HTTP/1.1\\\" 500 12";
    for key in [
        "ua",
        "user-agent",
        "user_agent",
        "http_user_agent",
        "userAgent",
        "referer",
        "Referrer",
        "http_referer",
    ] {
        let text = lines(40, |at| {
            let agent = if at % 2 == 1 { line } else { "curl" };
            format!("{{\"level\":\"info\",\"msg\":\"order packed\",\"n\":{at},\"{key}\":\"{agent}\"}}")
        });
        assert!(common::open(text.as_bytes()).is_err(), "{key}");
    }
    let nested = lines(40, |at| {
        format!(
            "{{\"level\":30,\"n\":{at},\"req\":{{\"headers\":{{\"x-note\":\"{line}\"}}}},\"msg\":\"order packed\"}}"
        )
    });
    assert!(common::open(nested.as_bytes()).is_err());
    // A layout that reads the file's own lines is not of what is within them.
    let text = lines(40, |at| {
        let agent = if at == 1 { line } else { "curl" };
        format!(
            "{{\"time\":\"2026-11-20T{}+00:00\",\"req\":\"GET /shoes/{at}\",\"st\":200,\"rt\":0.250,\"note\":\"{agent}\"}}",
            time(at)
        )
    });
    let notation = "{\"time\":\"$time_iso8601\",\"req\":\"$request_method $request_uri\",\"st\":$status,\"rt\":$request_time,\"note\":\"$http_x_note\"}";
    let (_, log) = open_as(notation, &text);
    assert_eq!((log.statements.len(), durations(&log)[0]), (40, 250.0));
    assert_eq!(routes(&log), ["GET /shoes/{id}"]);
}

#[test]
fn a_websocket_is_no_answer_and_its_life_no_response_time() {
    let daphne = lines(40, |at| {
        let (request, answer) = match at % 4 {
            0 => ("WSCONNECTING /live/", "- -"),
            1 => ("WSCONNECT /live/", "- -"),
            2 => ("WSDISCONNECT /live/", "- -"),
            _ => ("GET /shoes/", "200 512"),
        };
        format!("10.0.0.9:50111 - - [20/Nov/2026:{}] \"{request}\" {answer}", time(at))
    });
    let (document, log) = open(&daphne);
    assert_eq!((document.format, log.statements.len()), ("daphne-access", 10));
    assert_eq!(routes(&log), ["GET /shoes/"]);
    assert!(!notices(&document).contains("another layout"), "{}", notices(&document));
    let nginx = lines(40, |at| {
        let answer =
            if at == 7 { "101 512 \"-\" \"Mozilla\" 3600.123" } else { "200 512 \"-\" \"Mozilla\" 0.250" };
        common(at, answer)
    });
    let (_, log) = open(&nginx);
    assert_eq!(durations(&log).iter().filter(|duration| duration.is_nan()).count(), 1);
    assert_eq!(durations(&log).iter().copied().fold(0.0, f64::max), 250.0);
    assert_eq!((Class::of(101).title(), Class::of(200).title()), ("1xx", "2xx"));
}

#[test]
fn a_status_may_stand_in_front_of_the_request() {
    let took = |at: u32| 101 + at * 8;
    let each: [&dyn Fn(u32) -> String; 4] = [
        &|at| format!("[20/Nov/2026:{} +0000] 10.0.0.9 200 \"GET /cart/ HTTP/1.1\" {}", time(at), took(at)),
        &|at| {
            format!(
                "10.0.0.9 - - [20/Nov/2026:{} +0000] 200 \"GET /cart/ HTTP/1.1\" {} \"curl\"",
                time(at),
                took(at)
            )
        },
        &|at| format!("10.0.0.9 200 [20/Nov/2026:{} +0000] \"GET /cart/ HTTP/1.1\" 404", time(at)),
        &|at| {
            format!(
                "10.0.0.9 200 [20/Nov/2026:{} +0000] \"GET /cart/ HTTP/1.1\" {}",
                time(at),
                9096 + took(at)
            )
        },
    ];
    for (number, line) in each.into_iter().enumerate() {
        let (_, log) = open(&lines(60, line));
        assert_eq!(statuses(&log), vec![200; 60], "{number}");
        assert!(has_none(&log), "{number}: a unit that cannot be told is not guessed");
        assert_eq!(first_of_day(&log), TEN, "{number}");
    }
    // Behind the request it stays one where a fraction of a second is in front.
    let (_, log) = open(&lines(60, |at| {
        format!("20/Nov/2026:{} {} \"GET /cart/ HTTP/1.1\" 404 9096 118", time(at), 150 + at * 7)
    }));
    assert_eq!(statuses(&log), vec![404; 60]);
}

#[test]
fn traefiks_milliseconds_have_its_names_in_front() {
    let (document, log) = open(&lines(30, |at| common(at, &format!("200 5 \"-\" \"curl\" {}ms", at * 20))));
    assert_ne!(document.format, "traefik-access");
    assert_eq!(durations(&log)[3], 60.0);
    let (document, log) = open(&lines(30, |at| {
        common(at, &format!("200 5 \"-\" \"-\" {at} \"web@file\" \"http://10.0.0.1:80\" {}ms", at * 20))
    }));
    assert_eq!((document.format, durations(&log)[3]), ("traefik-access", 60.0));
}

#[test]
fn a_list_of_times_is_the_applications_and_one_field() {
    for text in [
        lines(60, |at| common(at, if at == 0 { "200 5 0.001, 0.100 0.120" } else { "200 5 0.110 0.110" })),
        lines(60, |at| common(at, if at == 0 { "200 5 0.120 0.001, 0.100" } else { "200 5 0.110 0.110" })),
        lines(60, |at| common(at, if at == 0 { "200 5 0.001 : 0.100 0.120" } else { "200 5 0.110 0.110" })),
    ] {
        let (document, log) = open(&text);
        assert_eq!(document.format, "nginx-access");
        let served = log.served.as_deref().expect("what was served");
        let at = (0..60).find(|&at| durations(&log)[at] == 120.0).unwrap_or_else(|| panic!("{text:.200}"));
        let upstream = served.upstream_of(at).expect("the application's");
        assert!((upstream - 101.0).abs() < 1e-3, "{upstream}");
        assert_eq!(durations(&log).iter().filter(|&&took| took == 110.0).count(), 59);
    }
}

#[test]
fn a_ratio_is_no_duration() {
    for line in [
        "200 512 \"-\" \"curl\" 0.250 2.10",
        "200 512 \"-\" \"curl\" 2.10 0.250",
        "200 512 \"-\" \"curl\" \"2.10\" 0.250",
    ] {
        let (_, log) =
            open(&lines(60, |at| common(at, &line.replace("2.10", &format!("{}.{:02}", 2 + at % 5, at)))));
        assert!(durations(&log).iter().all(|&took| took == 250.0), "{line}: {:?}", durations(&log));
    }
    let (document, log) =
        open(&lines(60, |at| common(at, &format!("200 512 \"-\" \"curl\" 2.{:02}", at + 10))));
    assert!(has_none(&log));
    assert!(notices(&document).contains("unit cannot be told"), "{}", notices(&document));
}

#[test]
fn the_classic_load_balancers_times_are_the_whole() {
    let text = lines(20, |at| {
        format!(
            "2026-11-20T{}.186641Z shop-lb 10.0.0.9:2817 10.0.0.1:80 0.000073 0.101048 0.000057 200 200 0 29 \
             \"GET http://www.example.com:80/cart/ HTTP/1.1\" \"curl \\\"x\\\"\" - -",
            time(at)
        )
    });
    let (document, log) = open(&text);
    assert_eq!((document.format, log.statements.len()), ("aws-alb", 20));
    assert!((durations(&log)[0] - 101.178).abs() < 1e-9, "{}", durations(&log)[0]);
    assert!((first_of_day(&log) - TEN - 186.641).abs() < 1e-3);
    assert_eq!(routes(&log), ["GET /cart/"]);
}

#[test]
fn agents_in_the_load_balancers_log_may_have_quotes() {
    let text = lines(20, |at| {
        format!(
            "https 2026-11-20T{0}.186641Z app/shop/50dc6 10.0.0.9:2817 10.0.0.1:80 0.001 0.090 0.000 200 200 34 366 \
             \"GET https://www.example.com:443/cart/ HTTP/2.0\" \"curl \\\"x\\\" y\" - - arn:aws:targetgroup/t/73 \"Root=1-5\" \"-\" \"-\" 0 \
             2026-11-20T{0}.086000Z \"forward\" \"-\" \"-\" \"10.0.0.1:80\" \"200\" \"-\" \"-\" TID_1",
            time(at)
        )
    });
    let (document, log) = open(&text);
    assert_eq!((document.format, log.statements.len()), ("aws-alb", 20));
    assert_eq!(durations(&log)[0], 101.0);
}

#[test]
fn a_duration_in_quotes_is_one() {
    let (document, log) =
        open(&lines(60, |at| common(at, &format!("200 512 \"-\" \"curl\" \"0.{}\"", 100 + at))));
    assert_eq!((document.format, durations(&log)[3]), ("nginx-access", 103.0));
    // An agent is none, whatever it calls itself.
    let (_, log) = open(&lines(60, |at| common(at, "200 512 \"-\" \"7.1\"")));
    assert!(has_none(&log));
}

#[test]
fn lists_of_addresses_and_single_ones_are_of_one_layout() {
    for first in [0, 1, 30] {
        let text = lines(60, |at| {
            let client = if (at < 30) == (first == 0) && at % 3 != first {
                "203.0.113.7, 10.1.2.3"
            } else {
                "203.0.113.8"
            };
            format!(
                "{client} - - [20/Nov/2026:{} +0000] \"GET /cart/ HTTP/1.1\" 200 5 \"-\" \"x\" 0.{}",
                time(at),
                100 + at
            )
        });
        let (_, log) = open(&text);
        assert_eq!(log.statements.len(), 60, "{first}");
        assert_eq!(durations(&log)[59], 159.0, "{first}");
    }
}

#[test]
fn uwsgi_says_how_it_sent_and_what_it_is_asked_to_say_before() {
    for before in [
        "",
        "{address space usage: 2 bytes/2MB} {rss usage: 3 bytes/3MB} ",
        "www.example.com ",
        "www.example.com:8000 ",
    ] {
        for sent in ["", " via sendfile()", " via route()", " via offload()"] {
            let text = lines(20, |at| {
                format!(
                    "{before}[pid: 12|app: 0|req: {at}/{at}] 10.0.0.9 () {{40 vars in 500 bytes}} [Fri Nov 20 {} 2026] GET /cart/ => generated \
                     12 bytes in 37 msecs{sent} (HTTP/1.1 200) 4 headers in 100 bytes (1 switches on core 0)",
                    time(at)
                )
            });
            let (document, log) = open(&text);
            assert_eq!((document.format, log.statements.len()), ("uwsgi-log", 20), "{before}{sent}");
            assert_eq!((durations(&log)[0], statuses(&log)[0]), (37.0, 200), "{before}{sent}");
            assert_eq!(workers(&log), ["12"], "{before}{sent}");
        }
    }
}

#[test]
fn syslogs_priority_hides_nothing() {
    for before in [
        "<190>Nov 20 10:00:00 edge nginx: ",
        "<190>Nov 20 10:00:00 edge nginx[12]: ",
        "<190>1 2026-11-20T10:00:00.003Z edge nginx 123 - - ",
    ] {
        let text = lines(60, |at| {
            before.to_owned() + &common(at, &format!("200 512 \"-\" \"curl\" 0.{}", 100 + at))
        });
        let (_, log) = open(&text);
        assert_eq!((log.statements.len(), durations(&log)[59]), (60, 159.0), "{before}");
        assert_eq!(
            log.served.as_deref().map(|served| served.clients.join(" ")).as_deref(),
            Some(" 10.0.0.9"),
            "{before}"
        );
    }
}

#[test]
fn djangos_verbose_lines_say_when() {
    let text = lines(30, |at| {
        format!("INFO 2026-11-20 {},250 basehttp 123 140 \"GET /cart/ HTTP/1.1\" 200 1234", time(at))
    });
    let (_, log) = open(&text);
    assert_eq!((log.statements.len(), first_of_day(&log)), (30, TEN + 250.0));
    assert!(has_none(&log));
}

#[test]
fn names_say_units() {
    for (name, value, took) in [
        ("time_ms", "250", 250.0),
        ("latency_us", "250000", 250.0),
        ("elapsed_seconds", "0.25", 250.0),
        ("duration_ns", "250000000", 250.0),
    ] {
        let (_, log) = open(&lines(60, |at| common(at, &format!("200 512 \"-\" \"curl\" {name}={value}"))));
        assert!((durations(&log)[0] - took).abs() < 1e-9, "{name}");
    }
    let json = |key: &str, value: &str| {
        let text = lines(60, |at| {
            format!(
                "{{\"time\":\"2026-11-20T{}Z\",\"method\":\"GET\",\"path\":\"/cart/\",\"status\":200,\"{key}\":{value}}}",
                time(at)
            )
        });
        let (document, log) = open(&text);
        (durations(&log)[0], notices(&document))
    };
    for (key, value) in [
        ("latency_ms", "250"),
        ("took_us", "250000"),
        ("durationMs", "250"),
        ("responseTimeMs", "250"),
        ("process_time_s", "0.25"),
    ] {
        assert!((json(key, value).0 - 250.0).abs() < 1e-9, "{key}");
    }
    for key in ["responseTime", "response_time", "latency"] {
        let (took, said) = json(key, "250");
        assert!(took.is_nan() && said.contains("unit cannot be told") && said.contains(key), "{key}: {said}");
    }
}

#[test]
fn gunicorns_worker_may_be_in_brackets() {
    let text = lines(60, |at| {
        format!(
            "[[20/Nov/2026:{} +0000]] [<3125{}>] ::1 \"GET /cart/ HTTP/1.1\" 200 5 0.005630",
            time(at),
            at % 2
        )
    });
    let (_, log) = open(&text);
    assert_eq!(workers(&log), ["31250", "31251"]);
    assert_eq!((durations(&log)[0], first_of_day(&log).round()), (5.63, TEN - 6.0));
}

#[test]
fn a_layout_that_is_given_is_read_as_its_server_writes_it() {
    let stamp = |at: u32| format!("20/Nov/2026:{} +0000", time(at));
    type Lines<'a> = &'a dyn Fn(u32) -> String;
    let each: [(&str, Lines<'_>, f64, f64); 11] = [
        (
            "$remote_addr $time_iso8601 $request_method $host$request_uri $status $request_time",
            &|at| format!("10.0.0.9 2026-11-20T{}+00:00 GET example.com/cart/ 200 0.038", time(at)),
            38.0,
            0.0,
        ),
        (
            "%(h)s %(l)s %(l)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\" %(D)s",
            &|at| {
                format!(
                    "[2026-11-20 {} +0000] [31345] [INFO] 10.0.0.9:34766 - - [{}] \"GET /cart/ 1.1\" 200 5 \"-\" \"curl\" 37800",
                    time(at),
                    stamp(at)
                )
            },
            37.8,
            0.0,
        ),
        (
            "%(time)s %(addr)s %(method)s %(path)s %(query_string)s %(status)d %(dt_ms).3f",
            &|at| format!("2026-11-20 {} +0000 10.0.0.9 GET /cart/  200 37.800", time(at)),
            37.8,
            0.0,
        ),
        (
            "%(t)s|%(r)s|%(s)s|%(b)s|%(D)s|%(T)s",
            &|at| format!("[{}]|GET /cart/ HTTP/1.1|200|5|37800|0", stamp(at)),
            37.8,
            0.0,
        ),
        (
            "$remote_addr\\t$time_iso8601\\t$request_method\\t$scheme://$host$request_uri\\t$status\\t$request_time",
            &|at| {
                format!("10.0.0.9\t2026-11-20T{}+00:00\tGET\thttp://example.com/cart/\t200\t0.038", time(at))
            },
            38.0,
            0.0,
        ),
        (
            "%{%Y-%m-%dT%H:%M:%S}t.%{usec_frac}t %a %>s \"%m %U%q %H\" %{us}T",
            &|at| format!("2026-11-20T{}.250000 10.0.0.9 200 \"GET /cart/ HTTP/1.1\" 37800", time(at)),
            37.8,
            250.0,
        ),
        (
            "%h %l %u [%{%d/%b/%Y:%H:%M:%S}t.%{msec_frac}t %{%z}t] \"%r\" %>s %D",
            &|at| {
                format!("10.0.0.9 - - [20/Nov/2026:{}.250 +0000] \"GET /cart/ HTTP/1.1\" 200 37800", time(at))
            },
            37.8,
            250.0,
        ),
        (
            "%{end:%d/%b/%Y:%H:%M:%S}t %{end:msec_frac}t \"%r\" %s %D",
            &|at| format!("20/Nov/2026:{} 250 \"GET /cart/ HTTP/1.1\" 200 37800", time(at)),
            37.8,
            -37.8,
        ),
        (
            "{\"t\":\"%{%Y-%m-%dT%H:%M:%S%z}t\",\"m\":\"%m\",\"u\":\"%U\",\"q\":\"%q\",\"s\":%>s,\"d\":%D,\"ua\":\"%{User-Agent}i\"}",
            &|at| {
                format!(
                    "{{\"t\":\"2026-11-20T{}+0000\",\"m\":\"GET\",\"u\":\"/cart/\",\"q\":\"\",\"s\":200,\"d\":37800,\"ua\":\"curl\"}}",
                    time(at)
                )
            },
            37.8,
            0.0,
        ),
        (
            "%(L)s %(s)s %(m)s %(U)s %(q)s %(t)s \"%(a)s\" %({x-forwarded-for}i)s %(B)s",
            &|at| format!("0.037800 200 GET /cart/  [{}] \"curl\" 203.0.113.7, 10.1.2.3 5", stamp(at)),
            37.8,
            -37.8,
        ),
        ("%t\\t%r\\t%>s\\t%D", &|at| format!("[{}]\tGET /cart/ HTTP/1.1\t200\t37800", stamp(at)), 37.8, 0.0),
    ];
    for (notation, line, took, begins) in each {
        let (_, log) = open_as(notation, &lines(20, line));
        assert_eq!(log.statements.len(), 20, "{notation}");
        assert!((durations(&log)[0] - took).abs() < 1e-6, "{notation}: {}", durations(&log)[0]);
        assert!(routes(&log)[0].ends_with("/cart/"), "{notation}: {:?}", routes(&log));
        let stamped = log.served.as_deref().map(|served| served.stamped);
        let own = (first_of_day(&log) - TEN) as i64;
        assert!(own == begins as i64 || own == -(took as i64), "{notation}: {own} {stamped:?}");
        assert_eq!(statuses(&log)[0], 200, "{notation}");
        let served = log.served.as_deref().expect("what was served");
        if notation.contains("%(B)s") {
            assert_eq!(served.bytes_of(0), Some(5));
        }
    }
}

#[test]
fn a_log_of_requests_that_cannot_be_read_says_how_it_could() {
    let each: [&dyn Fn(u32) -> String; 3] = [
        // Nothing says when.
        &|at| format!("ip=10.0.0.9 method=GET path=\"/cart/{at}\" status=200 size=5 took_us=369 pid=<31237>"),
        // Nothing says when in one place.
        &|at| format!("2026-11-20\t{}\tGET\thttp://example.com/cart/\t200\t0.010", time(at)),
        // Between commas.
        &|at| format!("2026-11-20T{}+00:00,GET,/cart/,200,0.010", time(at)),
    ];
    for line in each {
        let text = lines(30, line);
        let error = common::open(text.as_bytes()).expect_err("a layout that is not known").to_string();
        assert!(error.contains("--log-format"), "{text:.100}: {error}");
    }
    let error = common::open("just words\n".repeat(30).into_bytes()).expect_err("no log").to_string();
    assert!(!error.contains("--log-format"), "{error}");
}

#[test]
fn the_hour_that_clocks_skip_is_no_silence() {
    // The 29th of March 2026, in a zone that the log does not name.
    let text = lines(720, |at| {
        let seconds = 3600 + at * 10 + if at >= 360 { 3600 } else { 0 };
        let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!(
            "[pid: 12|app: 0|req: {at}/{at}] 10.0.0.9 () {{40 vars in 500 bytes}} [Sun Mar 29 {time} 2026] GET /cart/ => generated 12 bytes in \
             37 msecs (HTTP/1.1 200) 4 headers in 100 bytes (1 switches on core 0)"
        )
    });
    let (document, log) = open(&text);
    let (first, last) = log.span().expect("a span");
    assert!((last - first - 7_190_000.0).abs() < 1000.0, "{}", last - first);
    assert!(notices(&document).contains("sprang forward"), "{}", notices(&document));
}
