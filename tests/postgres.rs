//! PostgreSQL's stderr log: how executions are counted, each rule on a log of a few lines; and what is
//! said when there is nothing to count.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::queries::QueryLog;

/// Lines behind the default prefix, all of one session; a line that begins with a tab continues.
fn open(lines: &[&str]) -> Document {
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        if !line.starts_with('\t') {
            text += &format!("2026-11-23 06:34:54.{:03} CET [77] shop_web@shop ", index * 10);
        }
        text += line;
        text.push('\n');
    }
    common::open(text).expect("a log")
}

fn log(document: &Document) -> &QueryLog {
    match &document.content {
        Content::Queries(log) => log,
        _ => panic!("a profile"),
    }
}

/// `text duration`, one per execution, in order.
fn executions(document: &Document) -> Vec<String> {
    let log = log(document);
    let statements = &log.statements;
    let line = |index: usize| {
        let failed = if statements.failed[index] == 1 { " failed" } else { "" };
        let text = &log.fingerprints[statements.fingerprint[index] as usize].text;
        format!("{text} {:.3}{failed}", statements.duration[index])
    };
    (0..statements.len()).map(line).collect()
}

#[test]
fn parse_and_bind_are_time_of_their_execute() {
    let document = open(&[
        "LOG:  duration: 0.100 ms  parse S_1: SELECT $1",
        "LOG:  duration: 0.020 ms  bind S_1: SELECT $1",
        "DETAIL:  parameters: $1 = '1'",
        "LOG:  duration: 0.003 ms  execute S_1: SELECT $1",
        "DETAIL:  parameters: $1 = '1'",
        "LOG:  duration: 0.020 ms  bind S_1/C_2: SELECT $1",
        "LOG:  duration: 0.003 ms  execute S_1/C_2: SELECT $1",
        "DETAIL:  Parameters: $1 = '2'",
        "LOG:  duration: 0.004 ms  execute fetch from S_1/C_2: SELECT $1",
    ]);
    assert_eq!(executions(&document), ["SELECT ? 0.123", "SELECT ? 0.027"]);
    let parameters = &log(&document).statements.parameters;
    assert_ne!(parameters[0], parameters[1]);
}

#[test]
fn a_parse_belongs_to_the_statement_of_its_name() {
    let document = open(&[
        "LOG:  duration: 5.000 ms  parse one: SELECT a",
        "LOG:  duration: 0.100 ms  parse two: SELECT b",
        "LOG:  duration: 0.020 ms  bind two: SELECT b",
        "LOG:  duration: 0.003 ms  execute two: SELECT b",
        "LOG:  duration: 0.020 ms  bind one: SELECT a",
        "LOG:  duration: 0.003 ms  execute one: SELECT a",
    ]);
    assert_eq!(executions(&document), ["SELECT b 0.123", "SELECT a 5.023"]);
}

#[test]
fn texts_pair_with_the_bare_duration_after_them() {
    let document = open(&[
        "LOG:  statement: SELECT a",
        "LOG:  duration: 1.500 ms",
        "LOG:  duration: 0.100 ms",
        "LOG:  duration: 0.020 ms",
        "LOG:  execute <unnamed>: SELECT b",
        "DETAIL:  parameters: $1 = '5'",
        "LOG:  duration: 0.003 ms",
        "LOG:  duration: 0.700 ms",
    ]);
    assert_eq!(executions(&document), ["SELECT a 1.500", "SELECT b 0.123", "(text not logged) 0.700"]);
}

/// As asyncpg's cursor writes it with log_statement = all and log_duration = on.
#[test]
fn texts_of_fetches_are_time_of_what_opened_the_portal() {
    let document = open(&[
        "LOG:  duration: 0.100 ms",
        "LOG:  duration: 0.020 ms",
        "LOG:  execute __asyncpg_stmt_1__/__asyncpg_portal_2__: SELECT id FROM ord LIMIT 500",
        "LOG:  duration: 0.300 ms",
        "LOG:  execute fetch from __asyncpg_stmt_1__/__asyncpg_portal_2__: SELECT id FROM ord LIMIT 500",
        "LOG:  duration: 0.200 ms",
        "LOG:  execute fetch from __asyncpg_stmt_1__/__asyncpg_portal_2__: SELECT id FROM ord LIMIT 500",
        "LOG:  duration: 0.200 ms",
        "LOG:  statement: COMMIT",
        "LOG:  duration: 0.050 ms",
    ]);
    assert_eq!(executions(&document), ["SELECT id FROM ord LIMIT ? 0.820", "COMMIT 0.050"]);
}

#[test]
fn texts_without_durations_are_executions_without_duration() {
    let document = open(&[
        "LOG:  statement: SELECT a",
        "LOG:  statement: SELECT b",
        "ERROR:  x",
        "STATEMENT:  SELECT b",
    ]);
    assert_eq!(executions(&document), ["SELECT a NaN"]);
    insta::assert_snapshot!("texts_only", common::diagnostics(&document));
}

#[test]
fn what_failed_is_no_execution() {
    let document = open(&[
        "LOG:  duration: 0.100 ms  parse <unnamed>: SELECT 1/$1",
        "ERROR:  division by zero",
        "CONTEXT:  unnamed portal with parameters: $1 = '0'",
        "STATEMENT:  SELECT 1/$1",
        "LOG:  duration: 0.003 ms  execute <unnamed>: SELECT 2",
    ]);
    // Nor does the failed statement's parse count for the next one.
    assert_eq!(executions(&document), ["SELECT ? 0.003"]);
}

#[test]
fn plans_count_only_where_there_is_nothing_else() {
    let plan = [
        "LOG:  duration: 5.000 ms  plan:",
        "\tQuery Text: SELECT a",
        "\t  FROM b",
        "\tSeq Scan on b  (cost=0.00..0.01 rows=1 width=4)",
    ];
    let document = open(&plan);
    assert_eq!(executions(&document), ["SELECT a FROM b 5.000"]);
    let with_statement =
        [&plan[..], &["LOG:  duration: 5.100 ms  statement: SELECT a", "\t  FROM b"]].concat();
    assert_eq!(executions(&open(&with_statement)), ["SELECT a FROM b 5.100"]);
}

#[test]
fn sessions_do_not_mix() {
    let lines = "2026-11-23 06:34:54.000 CET [1] LOG:  statement: SELECT a\n\
        2026-11-23 06:34:54.001 CET [2] LOG:  statement: SELECT b\n\
        2026-11-23 06:34:54.002 CET [1] LOG:  duration: 1.000 ms\n\
        2026-11-23 06:34:54.003 CET [2] LOG:  duration: 2.000 ms\n";
    let document = common::open(lines).expect("a log");
    assert_eq!(executions(&document), ["SELECT a 1.000", "SELECT b 2.000"]);
    assert_eq!(log(&document).connections.len(), 2);
}

#[test]
fn any_prefix_gives_the_same_executions() {
    let sample = String::from_utf8(common::bytes("sql/postgres/pg15.log")).expect("UTF-8");
    let expected = common::open(sample.clone()).expect("a log");
    let replace = |stamp: fn(&str) -> String, session: fn(&[&str]) -> String| {
        let mut text = String::new();
        for line in sample.lines() {
            // `2026-11-23 06:33:39.557 CET [30035] user@db/application host query state: `
            match line.split_once("] ").filter(|_| line.starts_with("2026-")) {
                None => text += line,
                Some((head, rest)) => {
                    let (time, process) = head.split_once(" [").expect("a pid");
                    let at = ["LOG:  ", "ERROR:  ", "DETAIL:  ", "STATEMENT:  ", "CONTEXT:  ", "LOCATION:  "]
                        .iter()
                        .filter_map(|word| rest.find(word))
                        .min()
                        .expect("a severity");
                    let (user, more) = rest[..at].split_once('@').unwrap_or_default();
                    let (database, more) = more.split_once('/').unwrap_or_default();
                    let application = more.split(['[', '1']).next().unwrap_or_default().trim();
                    text += &stamp(time);
                    text += &session(&[process, user, database, application]);
                    text += &rest[at..];
                }
            }
            text.push('\n');
        }
        common::open(text).expect("a log")
    };
    let same = |time: &str| time.to_owned();
    let seconds = |time: &str| format!("{} CET", &time[..19]);
    let cases = [
        ("%m [%p] ", replace(same, |who| format!(" [{}] ", who[0]))),
        (
            "%t [%p]: user=%u,db=%d,app=%a,client=%h ",
            replace(seconds, |who| {
                format!(" [{}]: user={},db={},app={},client=::1 ", who[0], who[1], who[2], who[3])
            }),
        ),
        (
            "%t:%r:%u@%d:[%p]:",
            replace(seconds, |who| match who[1] {
                "" => format!("::@:[{}]:", who[0]),
                user => format!(":10.0.0.7(5432):{user}@{}:[{}]:", who[2], who[0]),
            }),
        ),
    ];
    for (setting, document) in cases {
        assert_eq!(log(&document).inferred, Some(format!("log_line_prefix = '{setting}'")));
        let (mut found, mut wanted) = (executions(&document), executions(&expected));
        // A stamp in whole seconds tells less of the order.
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{setting}");
    }
}

#[test]
fn spoilt_copies_read_the_same() {
    let sample = common::bytes("sql/postgres/pg15.log");
    let text = String::from_utf8(sample.clone()).expect("UTF-8");
    let expected = executions(&common::open(sample.clone()).expect("a log"));
    let windows = text.replace('\n', "\r\n").into_bytes();
    let marked = [b"\xef\xbb\xbf", &sample[..]].concat();
    let foreign = [b"pg_ctl: starting\nrsync: x\0y\xff\n", &sample[..]].concat();
    let blanks = text.replace('\t', "        ").into_bytes();
    for (name, bytes) in [("windows", windows), ("marked", marked), ("foreign", foreign), ("blanks", blanks)]
    {
        let document = common::open(bytes).expect("a log");
        assert_eq!(document.format, "postgres-stderr");
        for (found, wanted) in executions(&document).iter().zip(&expected) {
            assert_eq!(found, wanted, "{name}");
        }
        assert_eq!(log(&document).statements.len(), expected.len(), "{name}");
    }
}

#[test]
fn no_executions_never_come_without_a_reason() {
    let cases = [
        (
            "nothing logged",
            open(&["LOG:  checkpoint starting: time", "LOG:  disconnection: session time: 0:00:00.1"]),
        ),
        ("French", open(&["LOG:  durée : 0.361 ms, instruction : SELECT 1", "LOG:  durée : 0.361 ms"])),
        ("only durations", open(&["LOG:  duration: 0.361 ms"])),
        ("Russian", open(&["СООБЩЕНИЕ:  продолжительность: 0.361 мс, оператор: SELECT 1"])),
    ];
    let said: String =
        cases.iter().map(|(name, document)| format!("{name}:\n{}", common::diagnostics(document))).collect();
    insta::assert_snapshot!(said);
}

#[test]
fn the_other_formats_read_spoilt_copies_the_same() {
    use std::io::Read;
    for name in ["csv", "json", "syslog"] {
        let mut sample = Vec::new();
        let packed = common::bytes(&format!("postgres/events.{name}.gz"));
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut sample).expect("gzip");
        let expected = executions(&common::open(sample.clone()).expect("a log"));
        assert!(expected.len() > 30, "{name}");
        let windows = String::from_utf8(sample.clone()).expect("UTF-8").replace('\n', "\r\n").into_bytes();
        let marked = [b"\xef\xbb\xbf", &sample[..]].concat();
        let foreign = [b"pg_ctl: starting\nrsync: x\0y\xff\n", &sample[..], b"\0\0\xff\n"].concat();
        // The last record ends in the middle, the first one begins there.
        let last_line = sample[..sample.len() - 1].iter().rposition(|&byte| byte == b'\n').expect("lines");
        let cut = sample[..last_line + 20].to_vec();
        let first_line = sample.iter().position(|&byte| byte == b'\n').expect("lines");
        let headless = sample[first_line / 2..].to_vec();
        for (how, bytes) in [
            ("windows", windows),
            ("marked", marked),
            ("foreign", foreign),
            ("cut", cut),
            ("headless", headless),
        ] {
            let document = common::open(bytes).unwrap_or_else(|error| panic!("{name}, {how}: {error}"));
            assert!(document.format.ends_with(name), "{name}, {how}: {}", document.format);
            assert_eq!(executions(&document), expected, "{name}, {how}");
        }
    }
}

#[test]
fn two_statements_in_one_message_are_one_execution() {
    let document = open(&["LOG:  duration: 2.000 ms  statement: UPDATE t SET a = 1; SELECT 2"]);
    assert_eq!(executions(&document), ["UPDATE t SET a = ?; SELECT ? 2.000"]);
}

#[test]
fn statements_stay_in_order_when_daylight_saving_time_ends() {
    let line = |stamp: &str, sql: &str| format!("{stamp} [77] LOG:  duration: 1.000 ms  statement: {sql}\n");
    let text = line("2026-10-25 02:59:59.000 CEST", "SELECT a")
        + &line("2026-10-25 02:00:01.000 CET", "SELECT b")
        + &line("2026-10-25 02:59:59.000 CET", "SELECT c");
    let document = common::open(text).expect("a log");
    assert_eq!(executions(&document), ["SELECT a 1.000", "SELECT b 1.000", "SELECT c 1.000"]);
    let starts = &log(&document).statements.start;
    assert_eq!((starts[1] - starts[0], starts[2] - starts[0]), (2000.0, 3_600_000.0));
    insta::assert_snapshot!("daylight_saving_time", common::diagnostics(&document));
}
