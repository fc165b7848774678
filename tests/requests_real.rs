//! Logs that real servers wrote and that were read wrongly: a test for each kind, with lines written for it.

mod common;

use common::requests::{durations, lines, open, served, time};
use flamedrop::import;
use flamedrop::input::{MemorySource, Options};
use flamedrop::queries::QueryLog;
use flamedrop::queries::filter::Selection;
use flamedrop::queries::site::site;
use flamedrop::requests::Moment;

#[test]
fn a_version_of_http_or_a_setting_is_no_duration() {
    let took = |at: u32| 3_000 + 977 * (at % 40);
    for version in ["1.1", "2", "1.0", "3.0", "0.5", "1.25"] {
        let text = lines(60, |at| {
            // Both of HTTP/1.1 and of HTTP/2 ask for one site.
            let version = if version == "2" && at % 3 == 0 { "1.1" } else { version };
            format!(
                "[20/Nov/2026:{} +0530] 127.0.0.1:35914 http {version} GET \"/warm\" 200 1005 0.{:06}",
                time(at),
                took(at)
            )
        });
        let (_, log) = open(&text);
        for (at, duration) in durations(&log).into_iter().enumerate() {
            assert_eq!(duration, f64::from(took(at as u32)) / 1e3, "{version}");
        }
    }
    // Alone it is none either.
    let text =
        lines(20, |at| format!("[20/Nov/2026:{} +0530] 127.0.0.1 http 1.1 GET \"/warm\" 200 1005", time(at)));
    assert!(durations(&open(&text).1).iter().all(|duration| duration.is_nan()));
    // Where every request took as long, that is how long.
    let text = lines(20, |at| {
        format!("127.0.0.1 - - [20/Nov/2026:{} +0530] \"GET /warm HTTP/1.1\" 200 1005 0.050", time(at))
    });
    assert!(durations(&open(&text).1).iter().all(|duration| *duration == 50.0));
}

/// When requests begin, ms of the day on the log's clock.
fn begins(log: &QueryLog) -> Vec<f64> {
    log.statements.start.iter().map(|start| start.rem_euclid(86_400_000.0)).collect()
}

const TEN: f64 = 36_000_000.0;

#[test]
fn a_zone_is_applied_once_where_a_line_has_two_moments() {
    for own in ["[20/Nov/2026:10:00:40 +0530]", "[20/Nov/2026:10:00:40]", "2026-11-20T10:00:40+05:30"] {
        let text = lines(30, |at| {
            format!(
                "[2026-11-20 10:00:40 +0530] [31596] [INFO] {own} ::1:50158 http GET \"/warm\" 200 1005 0.0{}3797",
                10 + at
            )
        });
        let (_, log) = open(&text);
        assert!((begins(&log)[0] - (TEN + 40_000.0 - 39.3797)).abs() < 1e-3, "{own}: {}", begins(&log)[0]);
        let layout = log.inferred.clone().unwrap_or_default();
        assert!(!layout.contains("1970"), "{layout}");
    }
    // A finer one is read on the clock of the other, whichever zone it is in.
    for (fine, zone) in [("1795149040.250", "+0530"), ("2026-11-20T04:30:40.250Z", "+0530")] {
        let text = lines(30, |_| {
            format!(
                "::1 - - [20/Nov/2026:10:00:40 {zone}] \"GET /warm HTTP/1.1\" 200 5 \"-\" \"-\" {fine} 0.250"
            )
        });
        assert_eq!(begins(&open(&text).1)[0], TEN + 40_000.0, "{fine}");
    }
}

/// Of a log whose layout is given.
fn open_as(notation: &str, text: &str) -> QueryLog {
    let source = MemorySource::new("access.log", text.as_bytes().to_vec());
    let options = Options { log_format: Some(notation.to_owned()), ..Options::default() };
    let read = import::read(&source, &|_| (), &options).map(|(document, _)| document);
    served(read, &format!("{notation}: {text}")).1
}

#[test]
fn apaches_beginnings_and_ends_are_told_apart() {
    let date = "%d/%b/%Y:%H:%M:%S";
    let day = "20/Nov/2026";
    // The request began at 10:00:40.100 and took 250 ms.
    let begin = seconds_since_1970(40) * 1000 + 12_600_000 + 100;
    let end = begin + 250;
    let each = [
        (format!("%{{begin:{date} %z}}t %{{end:msec}}t"), format!("{day}:10:00:40 -0330 {end}"), 100.0),
        (format!("%{{end:msec}}t %{{begin:{date} %z}}t"), format!("{end} {day}:10:00:40 -0330"), 100.0),
        (format!("%{{begin:{date} %z}}t %{{end:sec}}t"), format!("{day}:10:00:40 -0330 {}", end / 1000), 0.0),
        (
            format!("%{{begin:{date}}}t.%{{begin:msec_frac}}t %{{end:{date}}}t.%{{end:msec_frac}}t"),
            format!("{day}:10:00:40.100 {day}:10:00:40.350"),
            100.0,
        ),
        (
            format!("%{{end:{date}}}t.%{{end:msec_frac}}t %{{begin:{date}}}t"),
            format!("{day}:10:00:40.350 {day}:10:00:40"),
            100.0,
        ),
        (
            format!("%{{end:msec}}t %{{begin:msec}}t [%{{{date} %z}}t]"),
            format!("{end} {begin} [{day}:10:00:40 -0330]"),
            100.0,
        ),
        (format!("%t %{{end:{date} %z}}t"), format!("[{day}:10:00:40 -0330] {day}:10:00:41 -0330"), 0.0),
    ];
    for (moments, written, expected) in each {
        let notation = format!("%h %l %u {moments} \"%r\" %s->%>s %b **%T/%D**");
        let text = lines(20, |_| format!("::1 - - {written} \"GET /warm HTTP/1.1\" 200->200 5 **0/250000**"));
        let log = open_as(&notation, &text);
        assert!(
            (begins(&log)[0] - (TEN + 40_000.0 + expected)).abs() < 1e-3,
            "{moments}: {}",
            begins(&log)[0] - TEN
        );
    }
}

/// Of ten o'clock of the day of these logs in UTC, and so many seconds.
fn seconds_since_1970(seconds: i64) -> i64 {
    1_795_168_800 + seconds
}

#[test]
fn an_address_is_a_client_wherever_it_stands() {
    let clients = ["unix:", "2001:db8::77", "203.0.113.77", "203.0.113.78:4711", "[2001:db8::78]:80"];
    let client = |at: u32| clients[at as usize % clients.len()];
    let stamp = |at: u32| format!("[20/Nov/2026:{} +0000]", time(at));
    let each: [&dyn Fn(u32) -> String; 5] = [
        &|at| format!("{} <{}> (0.024/0.024 s) HTTP/1.1 GET /sleep -> 200", stamp(at), client(at)),
        &|at| {
            format!(
                "10.0.0.1 - - {} \"GET /a HTTP/1.1\" 200 5 \"-\" \"ua\" 0.110 <{}>",
                stamp(at),
                client(at)
            )
        },
        &|at| {
            format!(
                "10.0.0.1 - - {} \"GET /a HTTP/1.1\" 200 5 \"-\" \"ua\" 0.110 worker={}",
                stamp(at),
                client(at)
            )
        },
        &|at| {
            format!(
                "time:{}\tworker:{}\tmethod:GET\turi:/a\tstatus:200\treqtime:0.110",
                stamp(at),
                client(at)
            )
        },
        &|at| {
            format!(
                "{{\"time\":\"2026-11-20T{}Z\",\"worker\":\"{}\",\"request\":\"GET /a HTTP/1.1\",\"status\":200,\"rt\":0.11}}",
                time(at),
                client(at)
            )
        },
    ];
    for line in each {
        let text = lines(40, line);
        let (_, log) = open(&text);
        let workers: Vec<_> = log.connections.iter().map(|one| one.process.as_str()).collect();
        assert!(workers.iter().all(|worker| worker.is_empty()), "{workers:?}: {:.120}", text);
    }
    // Of workers that are, none is lost.
    let text = lines(40, |at| {
        format!("10.0.0.1 - - {} \"GET /a HTTP/1.1\" 200 5 \"-\" \"ua\" 0.110 <{}>", stamp(at), 12 + at % 2)
    });
    let workers: Vec<_> = open(&text).1.connections.iter().map(|one| one.process.clone()).collect();
    assert_eq!(workers, ["12", "13"]);
}

#[test]
fn a_websocket_does_not_make_stamps_finer() {
    for (odd, took) in [(101, "3600.123"), (200, "-"), (499, "-")] {
        let text = lines(60, |at| {
            let (status, duration) =
                if at == 30 { (odd, took.to_owned()) } else { (200, format!("0.0{}", 10 + at)) };
            format!(
                "10.0.0.9 - - [20/Nov/2026:10:00:40 +0000] \"GET /a HTTP/1.1\" {status} 5 \"-\" \"ua\" {duration}"
            )
        });
        let (_, log) = open(&text);
        assert_eq!(durations(&log).iter().filter(|duration| duration.is_nan()).count(), 1);
        let site = site(&log, &Selection::all(log.statements.len()), None, 500.0, None);
        assert_eq!(site.most_at_once, None, "{odd}");
    }
}

#[test]
fn what_a_server_says_when_it_starts_hides_no_request() {
    let uwsgi = "*** Starting uWSGI 2.0.31 (64bit) on [Fri Nov 20 10:00:00 2026] ***\n\
        compiled with version: 12.2.0 on 01 November 2026 01:06:41\n\
        detected number of CPU cores: 2\n\
        *** WARNING: you are running uWSGI as root !!! (use the --uid flag) *** \n";
    let uwsgi = uwsgi.to_owned()
        + &lines(44, |at| format!("uwsgi socket {at} bound to TCP address 127.0.0.1:8811 fd 3"));
    let request = |at: u32| {
        format!(
            "{}ms 200 GET /users/{at}/ [20/Nov/2026:{} +0000] 10.0.0.9 wid=1 pid=31548 \"curl/8.1\"",
            10 + at,
            time(at)
        )
    };
    let (document, log) = open(&(uwsgi + &lines(12, request) + "worker 1 buried after 1 seconds\n"));
    assert_eq!((document.format, log.statements.len()), ("uwsgi-log", 12));
    assert_eq!(log.served.as_deref().map(|served| served.stamped), Some(Moment::Begin));
    assert_eq!(durations(&log)[0], 10.0);
    let other =
        lines(40, |at| format!("Starting worker {at} of the site, listening at http://127.0.0.1:8000"));
    let (document, log) = open(&(other + &lines(12, request)));
    assert_eq!((document.format, log.statements.len()), ("access-fields", 12));
    // A text with a few lines of a log in it is none.
    let prose = lines(100, |at| format!("Chapter {at}, in which the site is asked for nothing."));
    assert!(common::open(prose + &lines(6, request)).is_err());
}

#[test]
fn a_number_that_may_be_a_duration_is_found_wherever_it_stands() {
    let stamp = |at: u32| format!("[20/Nov/2026:{} +0000]", time(at));
    // Seconds in front of the request.
    let text = lines(40, |at| {
        format!("0.0{} 200 {} 10.0.0.9 \"GET /a HTTP/1.1\" 10{} \"curl\"", 10 + at, stamp(at), 10 + at % 30)
    });
    let (_, log) = open(&text);
    assert_eq!((durations(&log)[0], durations(&log).len()), (10.0, 40));
    // With its unit in front of it, the referer is none.
    let text = lines(40, |at| {
        let referer = if at == 7 { "5s" } else { "-" };
        format!("{}ms {} 10.0.0.9 \"GET /a HTTP/1.1\" 200 1005 {referer}", 10 + at, stamp(at))
    });
    assert_eq!(durations(&open(&text).1)[0], 10.0);
    // Whole numbers: it is said, of the right one, and nobody is told to log what is logged.
    let took = |at: u32| 20_000 + at * 100;
    let each: [&dyn Fn(u32) -> String; 3] = [
        &|at| format!("{}|10.0.0.9|{}|GET /a HTTP/1.1|200|10{}|-|curl|-", took(at), stamp(at), 10 + at % 30),
        &|at| {
            format!(
                "10.0.0.9 - - {} \"GET /a HTTP/1.1\" 200 10{} \"-\" \"curl\" {}",
                stamp(at),
                10 + at,
                took(at)
            )
        },
        &|at| {
            format!(
                "{{\"time\":\"2026-11-20T{}Z\",\"request\":\"GET /a HTTP/1.1\",\"status\":200,\"took\":{}}}",
                time(at),
                took(at)
            )
        },
    ];
    for line in each {
        let text = lines(41, line);
        let (document, log) = open(&text);
        assert!(durations(&log).iter().all(|duration| duration.is_nan()));
        let notices = common::diagnostics(&document);
        assert!(notices.contains("22 ms or more if it is microseconds"), "{notices}: {text:.100}");
        assert!(!notices.contains("does not say how long"), "{notices}");
        assert_eq!(log.served.as_deref().and_then(|served| served.how_to_time.as_deref()), None);
    }
}

#[test]
fn a_layout_that_changes_on_the_way_is_read_on_with() {
    let old = |at: u32| {
        format!(
            "10.0.0.9 - - [20/Nov/2026:{} +0000] \"GET /p/{at}/ HTTP/1.1\" 200 500 \"-\" \"ua\"",
            time(at)
        )
    };
    let new = |at: u32| format!("{} 0.0{}", old(at), 10 + at % 90);
    let newest = |at: u32| {
        format!("[20/Nov/2026:{} +0000] 200 rt=0.0{} \"GET /p/{at}/ HTTP/1.1\"", time(at), 10 + at % 90)
    };
    let text = |changes: &[u32], count: u32| {
        lines(count, |at| match changes.iter().filter(|&&change| at >= change).count() {
            0 => old(at),
            1 => new(at),
            _ => newest(at),
        })
    };
    // The beginning that tells the first layout is 64 kB.
    for (changes, count) in [(&[1000][..], 2000), (&[30], 200), (&[1000, 1500], 2000), (&[90], 100)] {
        let (document, log) = open(&text(changes, count));
        let notices = common::diagnostics(&document);
        assert_eq!(log.statements.len(), count as usize, "{notices}");
        let timed = durations(&log).iter().filter(|duration| !duration.is_nan()).count();
        assert_eq!(timed, (count - changes[0]) as usize, "{notices}");
        assert_eq!(log.served.as_deref().map(|served| served.step), Some(1.0));
        assert!(!notices.contains("were skipped"), "{notices}");
        assert!(notices.contains("the layout of requests changes: from line "), "{notices}");
        assert!(!notices.contains("does not say how long"), "{notices}");
        // Where each is in the file is known: its line is read again.
        let last = log.statements.offset.iter().max().copied();
        assert_eq!(last, text(changes, count).trim_end().rfind('\n').map(|at| at as u64 + 1));
    }
    // By turns two servers may have logged the same requests.
    let (_, log) = open(&lines(200, |at| if at % 2 == 0 { old(at) } else { new(at) }));
    assert_eq!(log.statements.len(), 100);
    // A few lines tell nothing.
    let (document, log) = open(&lines(103, |at| if at < 100 { old(at) } else { newest(at) }));
    assert_eq!(log.statements.len(), 100);
    assert!(common::diagnostics(&document).contains("requests of another layout"));
}

#[test]
fn a_layout_may_be_given_with_its_directive() {
    let text = lines(20, |at| {
        format!("10.0.0.9 - - [20/Nov/2026:{} +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"ua\" 37800", time(at))
    });
    for notation in [
        "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\" %D\" combined",
        "CustomLog logs/access_log \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\" %D\"",
        "access_log_format = '%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\" %(D)s'",
        "'%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" %D'",
    ] {
        assert_eq!(durations(&open_as(notation, &text))[0], 37.8, "{notation}");
    }
    let text = text.replace("37800", "0.038");
    let directive = "log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n    \
        '$status $body_bytes_sent \"$http_referer\" '\n    '\"$http_user_agent\" $request_time';";
    for notation in
        [directive.to_owned(), directive.replace('\n', ""), directive.replace("main", "main escape=default")]
    {
        assert_eq!(durations(&open_as(&notation, &text))[0], 38.0, "{notation}");
    }
}

#[test]
fn a_layout_that_is_wrong_is_told_where() {
    let line = "10.0.0.9 - - [20/Nov/2026:10:00:40 +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"ua\" 0.038\n";
    let each = [
        (
            "$remote_addr - $remote_user [$time_local] \"$request\" rt=$request_time $status",
            "behind $request the format has `\" rt=`",
        ),
        ("[$time_local] \"$request\" $status", "the format begins with `[`, the line with `10.0.0.9"),
        ("%h %l %u %t %>s \"%r\"", "%s is a status, the line has `\"GET"),
        (
            "$remote_addr - $remote_user [$time_local] \"$status\" $request $request_time",
            "$status is a status, the line has `GET /a",
        ),
        ("$remote_addr - $remote_user [$time_local] \"$request\" $status;", "the format ends with `;`"),
    ];
    for (notation, part) in each {
        let source =
            MemorySource::new("access.log", ("worker started\n".to_owned() + &line.repeat(20)).into_bytes());
        let options = Options { log_format: Some(notation.to_owned()), ..Options::default() };
        let error = import::read(&source, &|_| (), &options).expect_err(notation).to_string();
        assert!(error.contains("Line 2: ") && error.contains(part), "{notation}: {error}");
        assert!(!error.contains("--log-format"), "{error}");
    }
}

#[test]
fn objects_within_objects_are_read() {
    let stamp = |at: u32| format!("2026-11-20T{}.250Z", time(at));
    let took = |at: u32| 10 + at;
    type Lines<'a> = &'a dyn Fn(u32) -> String;
    let each: [(&str, Lines<'_>); 9] = [
        ("ECS", &|at| {
            format!(
                r#"{{"@timestamp":"{}","http":{{"request":{{"method":"GET"}},"response":{{"status_code":404,"body":{{"bytes":5}}}}}},"url":{{"path":"/p/{at}/"}},"event":{{"duration":{}}}}}"#,
                stamp(at),
                took(at) * 1_000_000
            )
        }),
        ("ECS with points", &|at| {
            format!(
                r#"{{"@timestamp":"{}","http.request.method":"GET","http.response.status_code":404,"http.response.body.bytes":5,"url.path":"/p/{at}/","event.duration":{}}}"#,
                stamp(at),
                took(at) * 1_000_000
            )
        }),
        ("pino", &|at| {
            format!(
                r#"{{"level":30,"time":{}250,"pid":7,"req":{{"id":1,"method":"GET","url":"/p/{at}/","headers":{{"host":"x"}}}},"res":{{"statusCode":404,"headers":{{"content-length":"5"}}}},"responseTime":{},"msg":"request completed"}}"#,
                1_795_168_800 + at,
                took(at)
            )
        }),
        ("Google", &|at| {
            format!(
                r#"{{"insertId":"x","httpRequest":{{"requestMethod":"GET","requestUrl":"https://shop.example/p/{at}/?a=b","status":404,"responseSize":"5","remoteIp":"10.0.0.9","latency":"0.0{}s"}},"timestamp":"{}"}}"#,
                took(at),
                stamp(at)
            )
        }),
        ("express", &|at| {
            format!(
                r#"{{"timestamp":"{}","level":"info","method":"GET","url":"/p/{at}/","statusCode":404,"duration_ms":{}}}"#,
                stamp(at),
                took(at)
            )
        }),
        ("request and response", &|at| {
            format!(
                r#"{{"time":"{}","verb":"GET","request":"/p/{at}/","response":404,"time_taken":0.0{}}}"#,
                stamp(at),
                took(at)
            )
        }),
        ("nginx", &|at| {
            format!(
                r#"{{"time":"{}","http":{{"request":{{"method":"GET","uri":"/p/{at}/","ua":""}},"response":{{"status":404,"bytes":5}}}},"duration":0.0{},"upstream":{{"time":"0.001","addr":"unix:/run/g.sock"}}}}"#,
                stamp(at),
                took(at)
            )
        }),
        ("gunicorn", &|at| {
            format!(
                r#"{{"timestamp":"[20/Nov/2026:{} +0000]","pid":"<31574>","request":{{"line":"GET /p/{at}/ HTTP/1.1","agent":"curl"}},"response":{{"status":"404","length":"5","time":"0.0{}0000"}}}}"#,
                time(at),
                took(at)
            )
        }),
        ("Apache", &|at| {
            format!(
                r#"{{ "time":"{}", "process":"{}", "filename":"proxy:http://127.0.0.1/p/{at}/", "remoteIP":"10.0.0.9", "host":"localhost", "request":"/p/{at}/", "query":"", "method":"GET", "status":"404", "userAgent":"curl", "referer":"-" }}"#,
                stamp(at),
                took(at) * 1000
            )
        }),
    ];
    for (what, line) in each {
        let (document, log) = open(&lines(40, line));
        assert_eq!((document.format, log.statements.len()), ("access-json", 40), "{what}");
        let mut took: Vec<f64> = durations(&log);
        took.sort_by(f64::total_cmp);
        assert!((took[0] - 10.0).abs() < 1e-6 && (took[39] - 49.0).abs() < 1e-6, "{what}: {took:?}");
        let served = log.served.as_deref().expect("what was served");
        assert_eq!(served.status(0), 404, "{what}");
        assert!(log.fingerprints.iter().all(|route| route.text.starts_with("GET /p/")), "{what}");
        assert!(log.connections.iter().all(|one| !one.process.contains("000")), "{what}");
    }
}

#[test]
fn durations_that_are_no_numbers_are_told_of() {
    let log = |took: &dyn Fn(u32) -> String| {
        open(&lines(60, |at| {
            format!(
                "10.0.0.9 - - [20/Nov/2026:{} +0000] \"GET /a HTTP/1.1\" 200 5 \"-\" \"ua\" {}",
                time(at),
                took(at)
            )
        }))
    };
    let unread = "below zero or no numbers";
    let (document, read) =
        log(&|at| if at % 10 == 0 { "-0.012".to_owned() } else { format!("0.0{}", 10 + at % 90) });
    assert_eq!(durations(&read).iter().filter(|duration| duration.is_nan()).count(), 6);
    assert!(common::diagnostics(&document).contains(&format!("6 × durations that are {unread}")));
    // As Python and Go write small ones.
    let (document, read) =
        log(&|at| if at % 10 == 0 { "5e-05".to_owned() } else { format!("0.0{}1527", 10 + at % 90) });
    assert_eq!(durations(&read).iter().filter(|duration| **duration == 0.05).count(), 6);
    assert!(!common::diagnostics(&document).contains(unread));
    let (document, read) = log(&|at| format!("0,0{}", 10 + at % 90));
    assert!(durations(&read).iter().all(|duration| duration.is_nan()));
    assert!(common::diagnostics(&document).contains("a comma in place of the point"));
    // A dash is no number that is missed.
    let (document, _) = log(&|at| if at % 10 == 0 { "-".to_owned() } else { format!("0.0{}", 10 + at % 90) });
    assert!(!common::diagnostics(&document).contains(unread));
}

#[test]
fn a_request_may_have_its_host_and_no_protocol() {
    let text = lines(40, |at| {
        let host = ["127.0.0.1", "localhost", "shop.example:8000"][at as usize % 3];
        format!(
            "10.0.0.9 [2026-11-20T{}+05:30] 200 \"GET {host}/users/{at}/?a=b.c/d\" rt=0.0{} uct=\"0.000\" urt=\"0.009\"",
            time(at),
            10 + at
        )
    });
    let (_, log) = open(&text);
    assert_eq!((log.statements.len(), durations(&log)[0]), (40, 10.0));
    let routes: Vec<_> = log.fingerprints.iter().map(|route| route.text.as_str()).collect();
    assert_eq!(routes, ["GET /users/{id}/"]);
    // What is not read says what to do.
    for line in [
        "10:00:01 200 11.81 GET shop.example/warm 127.0.0.1",
        "20/Nov/2026:10:00:00,127.0.0.1,GET,\"/sleep/20\",200,86,0.024",
    ] {
        let error =
            common::open((line.to_owned() + "\n").repeat(30).into_bytes()).expect_err(line).to_string();
        assert!(error.contains("--log-format") && error.contains("field"), "{error}");
    }
}
