//! PostgreSQL's log as platforms and collectors hand it out: whatever is around its lines, the executions
//! and events are the same, and texts are found again in the file as it is.

mod common;

use std::fmt::Write;

use flamedrop::document::{Content, Document};
use flamedrop::import;
use flamedrop::input::{MemorySource, Source};
use flamedrop::queries::{EventKind, QueryLog};
use serde_json::json;

fn log(document: &Document) -> &QueryLog {
    match &document.content {
        Content::Queries(log) => log,
        _ => panic!("a profile"),
    }
}

/// A statement as the log has it: text, parameters, fingerprint, ms. An event: what, amount, message.
type Read = (Vec<(String, Option<String>, String, f64)>, Vec<(EventKind, String, String)>);

/// Everything that is read of a log, with its texts out of the file.
fn read(document: &Document, bytes: &[u8]) -> Read {
    let log = log(document);
    let format = import::by_id(document.format).expect("a format");
    let record = |offset: u64, length: u32| {
        let begin = offset as usize;
        bytes.get(begin..begin + length as usize).expect("within the file")
    };
    let statements = (0..log.statements.len()).map(|index| {
        let (offset, length) = (log.statements.offset[index], log.statements.length[index]);
        let text = format.statement_text(record(offset, length));
        let fingerprint = log.fingerprints[log.statements.fingerprint[index] as usize].text.clone();
        let (sql, parameters) = text.map_or((String::new(), None), |text| (text.sql, text.parameters));
        (sql, parameters, fingerprint, log.statements.duration[index])
    });
    let events = (0..log.events.len()).map(|event| {
        let text = format.event_text(record(log.events.offset[event], log.events.length[event]));
        let text = text.unwrap_or_default();
        (log.events.kind[event], format!("{:?}", log.events.amount[event]), format!("{text:?}"))
    });
    let mut statements: Vec<_> = statements.collect();
    let mut events: Vec<_> = events.collect();
    statements.sort_by(|a, b| a.partial_cmp(b).expect("durations"));
    events.sort();
    (statements, events)
}

fn open(bytes: &[u8]) -> Document {
    common::open(bytes).expect("a log")
}

fn sample() -> String {
    String::from_utf8(common::bytes("sql/postgres/pg15.log")).expect("UTF-8")
}

fn gunzipped(path: &str) -> String {
    let mut text = String::new();
    let bytes = common::bytes(path);
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&bytes[..]), &mut text).expect("UTF-8");
    text
}

/// The sample's messages: first lines with those that go with them.
fn messages(text: &str) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for line in text.lines() {
        let follows = ["DETAIL:  ", "STATEMENT:  ", "CONTEXT:  ", "LOCATION:  ", "HINT:  "];
        let goes_on =
            line.starts_with('\t') || follows.iter().any(|word| line.contains(&format!(": {word}")));
        match messages.last_mut() {
            Some(last) if goes_on => {
                last.push('\n');
                last.push_str(line);
            }
            _ => messages.push(line.to_owned()),
        }
    }
    messages
}

fn each_line(text: &str, mut wrap: impl FnMut(&str) -> String) -> String {
    text.lines().map(|line| wrap(line) + "\n").collect()
}

/// What is around the stderr log, by name.
fn wrapped() -> Vec<(&'static str, String)> {
    let text = sample();
    let cut = |line: &str| {
        // A runtime cuts long lines: at a character's end.
        let at = (0..=line.len() / 2).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
        (line[..at].to_owned(), line[at..].to_owned())
    };
    let cri = each_line(&text, |line| {
        if line.len() < 300 {
            return format!("2026-11-23T05:34:54.069123456Z stdout F {line}");
        }
        let (begin, rest) = cut(line);
        format!("2026-11-23T05:34:54.069Z stderr P {begin}\n2026-11-23T05:34:54.069Z stderr F {rest}")
    });
    let docker = each_line(&text, |line| {
        let object =
            |log: String| json!({"log": log, "stream": "stderr", "time": "2026-11-23T05:34:54.069Z"});
        // In the order Docker has them.
        let spelt = |object: serde_json::Value| {
            format!(
                "{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2026-11-23T05:34:54.069Z\"}}",
                object["log"]
            )
        };
        if line.len() < 300 {
            return spelt(object(format!("{line}\n")));
        }
        let (begin, rest) = cut(line);
        format!("{}\n{}", spelt(object(begin)), spelt(object(format!("{rest}\n"))))
    });
    let cloudwatch =
        messages(&text).iter().map(|message| format!("2026-11-23T05:34:54.000Z {message}\n")).collect();
    let tail = messages(&text)
        .iter()
        .map(|message| format!("2026-11-23T05:34:54.000000+00:00 shop.0 {message}\n"))
        .collect();
    let cloud_sql: String = messages(&text)
        .iter()
        .map(|message| {
            let object = json!({"insertId": "s=1", "resource": {"type": "cloudsql_database"}, "textPayload": message, "timestamp": "2026-11-23T05:34:54Z"});
            format!("{object}\n")
        })
        .collect();
    let pretty = {
        let entries: Vec<_> = messages(&text)
            .iter()
            .map(|message| json!({"insertId": "s=1", "textPayload": message}))
            .collect();
        serde_json::to_string_pretty(&entries).expect("JSON")
    };
    let azure: String = messages(&text)
        .iter()
        .map(|message| {
            let object = json!({"category": "PostgreSQLLogs", "properties": {"timestamp": "2026-11-23 05:34:54.069 UTC", "errorLevel": "LOG", "message": message}});
            format!("{object}\n")
        })
        .collect();
    let docker_in_pods = each_line(&docker, |line| format!("2026-11-23T05:34:54.069Z stdout F {line}"));
    vec![
        ("a container runtime", cri),
        ("Docker", docker),
        ("CloudWatch", cloudwatch),
        ("aws logs tail", tail),
        ("Cloud SQL", cloud_sql),
        ("Cloud SQL, spread", pretty),
        ("Azure", azure),
        ("Docker in a container runtime", docker_in_pods),
    ]
}

#[test]
fn whatever_is_around_the_lines_the_log_is_the_same() {
    let plain = sample();
    let expected = read(&open(plain.as_bytes()), plain.as_bytes());
    for (name, text) in wrapped() {
        let document = open(text.as_bytes());
        assert_eq!(document.format, "postgres-stderr", "{name}");
        let said = common::diagnostics(&document);
        assert!(said.contains("the log's lines were taken out of"), "{name}: {said}");
        assert!(!said.contains("not the server's"), "{name}: {said}");
        let found = read(&document, text.as_bytes());
        assert_eq!(found.0.len(), expected.0.len(), "{name}");
        for (found, expected) in found.0.iter().zip(&expected.0) {
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(found.1, expected.1, "{name}");
        assert_eq!(log(&document).inferred, log(&open(plain.as_bytes())).inferred, "{name}");
    }
}

#[test]
fn csv_and_json_are_unwrapped_too() {
    let csv = gunzipped("sql/postgres/pg15.csv.gz");
    let json = gunzipped("sql/postgres/pg15.json.gz");
    let expected = read(&open(csv.as_bytes()), csv.as_bytes());
    let in_pods = each_line(&csv, |line| format!("2026-11-23T05:34:54.069Z stdout F {line}"));
    let names = [
        ("timestamp", "log_time"),
        ("user", "user_name"),
        ("dbname", "database_name"),
        ("pid", "process_id"),
        ("state_code", "sql_state_code"),
        ("statement", "query"),
        ("line_num", "session_line_num"),
        ("ps", "command_tag"),
    ];
    // CloudNativePG: csvlog's names, nothing but texts, empty ones left out.
    let pods = each_line(&json, |line| {
        let entry: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let mut record = serde_json::Map::new();
        for (key, value) in entry.as_object().expect("an object") {
            let name = names.iter().find(|(from, _)| from == key).map_or(key.as_str(), |(_, to)| to);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            match key.as_str() {
                "remote_host" => {
                    let port = entry.get("remote_port").map_or(String::new(), |port| format!(":{port}"));
                    record.insert("connection_from".into(), (text + &port).into());
                }
                "remote_port" => {}
                _ => {
                    record.insert(name.to_owned(), text.into());
                }
            }
        }
        json!({"level": "info", "ts": "2026-11-23T05:34:54Z", "logger": "postgres", "msg": "record", "logging_pod": "shop-1", "record": record}).to_string()
    });
    let other = "{\"level\":\"info\",\"ts\":\"2026-11-23T05:34:54Z\",\"msg\":\"Starting up\",\"logging_pod\":\"shop-1\"}\n";
    for (name, format, text) in [
        ("csv in a container runtime", "postgres-csv", in_pods),
        ("CloudNativePG", "postgres-json", format!("{other}{pods}")),
    ] {
        let document = open(text.as_bytes());
        assert_eq!(document.format, format, "{name}");
        let found = read(&document, text.as_bytes());
        assert_eq!(found, expected, "{name}");
        assert_eq!(log(&document).connections, log(&open(csv.as_bytes())).connections, "{name}");
    }
}

/// As the server hands a message to syslog (`write_syslog` in elog.c): a piece for each line, and lines of
/// more than 900 bytes cut at a blank.
fn pieces(message: &str) -> Vec<String> {
    let mut pieces = Vec::new();
    for line in message.lines() {
        let mut rest = line;
        while rest.len() > 900 {
            let mut at = (0..=900).rev().find(|&at| rest.is_char_boundary(at)).unwrap_or(0);
            if !rest[at..].starts_with(char::is_whitespace)
                && let Some(blank) = rest[..at].rfind(char::is_whitespace)
            {
                at = blank;
            }
            pieces.push(rest[..at].to_owned());
            rest = &rest[at..];
        }
        pieces.push(rest.to_owned());
    }
    pieces
}

/// The sample through syslog, two processes' pieces in turns; `header` is asked with a stamp and a process.
fn through_syslog(header: impl Fn(&str, &str) -> String, prefix: impl Fn(&str) -> String) -> String {
    let mut numbers = std::collections::HashMap::new();
    let mut queue: Vec<(String, Vec<String>)> = Vec::new();
    for message in messages(&sample()) {
        let (stamp, process) = message.split_once(" CET [").expect("a stamp");
        let process = process.split(']').next().unwrap_or_default().to_owned();
        let number: &mut u32 = numbers.entry(process.clone()).or_insert(0);
        *number += 1;
        let head = header(stamp, &process);
        let message: Vec<String> = message
            .lines()
            .map(|line| if line.starts_with('\t') { line.to_owned() } else { prefix(line) })
            .collect();
        let lines = pieces(&message.join("\n"))
            .into_iter()
            .enumerate()
            .map(|(piece, text)| format!("{head}[{number}-{}] {}\n", piece + 1, text.replace('\t', "#011")))
            .collect();
        queue.push((process, lines));
    }
    let mut text = String::new();
    for pair in queue.chunks(2) {
        // A process sends one message after the other.
        if pair.len() == 1 || pair[0].0 == pair[1].0 {
            pair.iter().flat_map(|(_, lines)| lines).for_each(|line| text += line);
            continue;
        }
        for piece in 0..pair[0].1.len().max(pair[1].1.len()) {
            pair.iter().filter_map(|(_, lines)| lines.get(piece)).for_each(|line| text += line);
        }
    }
    text
}

fn bsd(stamp: &str, process: &str) -> String {
    format!("Nov {} {} db1 postgres[{process}]: ", &stamp[8..10], &stamp[11..19])
}

/// The line without stamp and process, as one sets it for syslog.
fn without_time(line: &str) -> String {
    line.split_once("] ").map_or(line, |(_, rest)| rest).to_owned()
}

#[test]
fn syslog_gives_what_stderr_gives() {
    let plain = sample();
    let expected = read(&open(plain.as_bytes()), plain.as_bytes());
    let iso = |stamp: &str, process: &str| {
        format!("{}T{}+01:00 db1 postgres[{process}]: ", &stamp[..10], &stamp[11..])
    };
    let rfc5424 = |stamp: &str, process: &str| {
        format!("<134>1 {}T{}Z db1 postgres {process} - - ", &stamp[..10], &stamp[11..])
    };
    let logplex = |stamp: &str, process: &str| {
        format!("{}T{}+00:00 app[postgres.{process}]: [DATABASE] ", &stamp[..10], &stamp[11..19])
    };
    let cases = [
        ("BSD", through_syslog(bsd, str::to_owned), 1.0),
        ("BSD, times by syslog", through_syslog(bsd, without_time), 1000.0),
        (
            "BSD with a priority",
            through_syslog(|stamp, process| format!("<134>{}", bsd(stamp, process)), without_time),
            1000.0,
        ),
        ("ISO", through_syslog(iso, without_time), 1.0),
        ("RFC 5424", through_syslog(rfc5424, without_time), 1.0),
        ("logplex", through_syslog(logplex, without_time), 1000.0),
    ];
    for (name, text, resolution) in cases {
        let document = open(text.as_bytes());
        assert_eq!(document.format, "postgres-syslog", "{name}");
        let found = read(&document, text.as_bytes());
        assert_eq!(found.0.len(), expected.0.len(), "{name}: {}", common::diagnostics(&document));
        for (found, expected) in found.0.iter().zip(&expected.0) {
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(found.1, expected.1, "{name}");
        let plain = open(plain.as_bytes());
        let processes = |log: &QueryLog| {
            let mut all: Vec<_> = log
                .connections
                .iter()
                .map(|of| (of.process.clone(), of.database.clone(), of.application.clone()))
                .collect();
            all.sort();
            all
        };
        assert_eq!(processes(log(&document)), processes(log(&plain)), "{name}");
        let (first, last) = log(&document).span().expect("a span");
        // Where stamps have no year, a date in the texts tells it.
        assert_eq!(flamedrop::format::date(first), "2026-11-23", "{name}");
        let (plain_first, plain_last) = log(&plain).span().expect("a span");
        assert!(((last - first) - (plain_last - plain_first)).abs() <= resolution, "{name}");
        let inferred = log(&document).inferred.clone().expect("a prefix");
        assert_eq!(inferred.contains("%m [%p]"), name == "BSD", "{name}: {inferred}");
    }
}

/// A source that was changed at some time.
struct Changed(MemorySource, f64);

impl Source for Changed {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn size(&self) -> u64 {
        self.0.size()
    }
    fn open(&self, offset: u64) -> std::io::Result<Box<dyn std::io::Read + '_>> {
        self.0.open(offset)
    }
    fn modified(&self) -> Option<f64> {
        Some(self.1)
    }
}

#[test]
fn years_come_from_the_file_or_its_dates_and_turn_with_december() {
    let line = |stamp: &str, number: u32, sql: &str| {
        format!("{stamp} db1 postgres[77]: [{number}-1] LOG:  duration: 1.000 ms  statement: {sql}\n")
    };
    let text = line("Dec 31 23:59:59", 1, "SELECT 1") + &line("Jan  1 00:00:01", 2, "SELECT 2");
    let dates = |document: &Document| -> Vec<String> {
        log(document).statements.start.iter().map(|&start| flamedrop::format::date(start)).collect()
    };
    // 2026-01-02
    let source = Changed(MemorySource::new("syslog", text.clone()), 1_767_312_000_000.0);
    let document = import::import(&source, &|_| ()).expect("a log");
    assert_eq!(dates(&document), ["2025-12-31", "2026-01-01"]);
    assert!(common::diagnostics(&document).contains("2025 was inferred"));
    let dated = line("Nov 23 06:00:00", 1, "SELECT * FROM t WHERE at < '2024-11-23 05:00'");
    assert_eq!(dates(&open(dated.as_bytes())), ["2024-11-23"]);
    let unknown = open(line("Nov 23 06:00:00", 1, "SELECT 1").as_bytes());
    assert!(common::diagnostics(&unknown).contains("nothing in the file tells it"));
}

#[test]
fn herokus_own_prefix_is_read() {
    let mut text = String::new();
    for (number, sql) in ["SELECT 1", "SELECT 2"].iter().enumerate() {
        let _ = writeln!(
            text,
            "2026-06-05T19:33:14+00:00 app[postgres.1105947]: [YELLOW] [{}-1]  sql_error_code = 00000 time_ms = \"2026-06-05 19:33:14.793 UTC\" \
             pid=\"1991397\" proc_start_time=\"2026-06-05 19:33:12 UTC\" session_id=\"647e3878.1e62e5\" vtid=\"2/0\" tid=\"0\" log_line=\"3\" \
             database=\"shop\" connection_source=\"11.222.33.44(12345)\" user=\"web\" application_name=\"puma: 1 [of 2]\" LOG:  duration: 2405.887 ms  statement: {sql},",
            number + 12
        );
        let _ = writeln!(
            text,
            "2026-06-05T19:33:14+00:00 app[postgres.1105947]: [YELLOW] [{}-2] \tx FROM t",
            number + 12
        );
    }
    let document = open(text.as_bytes());
    let log = log(&document);
    assert_eq!((log.statements.len(), log.fingerprints.len()), (2, 1), "{}", common::diagnostics(&document));
    assert_eq!(log.fingerprints[0].text, "SELECT ?, x FROM t");
    let connection = &log.connections[0];
    assert_eq!((connection.process.as_str(), connection.application.as_str()), ("1991397", "puma: 1 [of 2]"));
}

#[test]
fn azures_single_servers_keep_the_prefix_apart() {
    let line = |level: &str, message: &str, detail: &str| {
        let object = json!({"LogicalServerName": "shop", "category": "PostgreSQLLogs", "properties": {"prefix": "2026-11-23 06:34:54 UTC-5f1e8e4a.7c-", "message": message, "detail": detail, "errorLevel": level, "domain": "postgres-11"}});
        format!("{object}\n")
    };
    let text = line("LOG", "duration: 1.500 ms  execute <unnamed>: SELECT $1\n+ 1", "parameters: $1 = '5'")
        + &line("ERROR", "division by zero", "");
    let document = open(text.as_bytes());
    let found = read(&document, text.as_bytes());
    assert_eq!(
        found.0,
        [("SELECT $1\n+ 1".to_owned(), Some("$1 = '5'".to_owned()), "SELECT ? + ?".to_owned(), 1.5)]
    );
    assert_eq!(log(&document).events.kind, [EventKind::Error]);
    assert_eq!(log(&document).inferred.as_deref(), Some("log_line_prefix = '%t-%c-'"));
}
