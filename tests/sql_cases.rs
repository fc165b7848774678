//! Small logs that are easily read wrongly, and what is right: tests/data/cases. Each stands for a kind.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::import;
use flamedrop::input::{Input, MemorySource, Options};
use flamedrop::queries::QueryLog;

/// A file, its format, and its queries with each execution's milliseconds (`NAN` where they are not known).
type Case = (&'static str, &'static str, &'static [(&'static str, &'static [f64])]);

const NAN: f64 = f64::NAN;

const ORDER: &str = "SELECT id FROM orders WHERE id = ?";
const CUSTOMER: &str = "SELECT * FROM customers WHERE id = ?";

const CASES: &[Case] = &[
    ("azure-detail-apart.json", "postgres-stderr", &[(CUSTOMER, &[1.611; 3])]),
    ("azure-n-plus-one-as-text.log", "postgres-stderr", &[(CUSTOMER, &[1.611; 14])]),
    ("azure-n-plus-one.json", "postgres-stderr", &[(CUSTOMER, &[1.611; 14])]),
    (
        "django-executemany-generator.txt",
        "connection-queries",
        &[("INSERT INTO t VALUES (?, ?)", &[2.0, 3.0])],
    ),
    ("django-utf16.log", "django-log", &[("SELECT * FROM shop_order WHERE id = ?", &[2.0, 3.0])]),
    (
        "heroku-drain-token.log",
        "postgres-syslog",
        &[
            (
                "UPDATE \"shops\" SET open_count = (SELECT COUNT(id) FROM orders WHERE orders.shop_id = shops.id)",
                &[85756.273],
            ),
            ("SELECT id FROM shops WHERE id = ?", &[120.5]),
        ],
    ),
    ("mysql-administrator-command-after-set.log", "mysql-slow", &[(ORDER, &[0.3])]),
    ("mysql-administrator-command-first.log", "mysql-slow", &[("SHOW global variables", &[2002.916])]),
    ("mysql-cloudsql.json", "mysql-slow", &[(ORDER, &[500.0, 700.0])]),
    ("mysql-general-5.0.log", "mysql-general", &[(ORDER, &[NAN]), ("SELECT ?", &[NAN])]),
    (
        "mysql-log-short-format.log",
        "mysql-slow",
        &[(ORDER, &[500.0, 600.0]), ("SELECT name FROM customers WHERE id = ?", &[700.0])],
    ),
    ("mysql-one-line.log", "mysql-slow", &[(ORDER, &[500.0, 700.0])]),
    (
        "mysql-percona-line-without-hash.log",
        "mysql-slow",
        &[("SELECT status, COUNT(*) FROM orders GROUP BY status", &[0.2, 0.3])],
    ),
    ("mysql-use-statement.log", "mysql-slow", &[("USE `shop`", &[0.558]), (ORDER, &[0.3])]),
    (
        "mysql-user-variables.log",
        "mysql-slow",
        &[
            ("SET @tax = ?", &[1000.0]),
            ("SET @name = ?", &[2000.0]),
            ("SELECT @a := id FROM orders", &[3000.0]),
            ("SELECT @b := id FROM orders", &[4000.0]),
        ],
    ),
    (
        "mysql-value-rows.log",
        "mysql-slow",
        &[
            ("INSERT INTO t(a, b) value(?, ?)", &[1000.0, 2000.0]),
            ("SELECT * FROM (SELECT ? UNION ALL SELECT ?) x", &[3000.0, 4000.0]),
        ],
    ),
    (
        "mysql-versioned-comments.log",
        "mysql-slow",
        &[
            ("ALTER TABLE `orders` enable keys", &[4000.0]),
            (
                "CREATE definer = `shop` @ `%` TRIGGER stamp before INSERT ON orders FOR each ROW SET new.created = now()",
                &[2000.0],
            ),
        ],
    ),
    ("mysql-wrapped-query-time.log", "mysql-slow", &[(ORDER, &[NAN, NAN, 100.0])]),
    (
        "mysql97-general-query-with-no-calls.log",
        "mysql-general",
        &[
            ("SELECT COUNT(*) FROM t a, t b, t c WHERE a.n + b.n + c.n > ?", &[NAN]),
            ("SET max_execution_time = ?", &[NAN]),
            ("SELECT * FROM nope", &[NAN]),
            ("PREPARE s1 FROM...", &[NAN]),
            ("SET @a = ?, @b = ?", &[NAN]),
            ("SELECT a FROM t WHERE id = ? AND n < ?", &[NAN]),
            ("DEALLOCATE PREPARE ?", &[NAN]),
            ("DROP procedure IF EXISTS p1", &[NAN]),
        ],
    ),
    (
        "mysql97-slow-admin.log",
        "mysql-slow",
        &[
            ("GRANT ALL privileges ON *.* TO ? @ ?", &[19.848]),
            ("SET @@session.autocommit = off", &[0.15]),
            ("SELECT a FROM t WHERE id = ? AND a <> ?", &[0.315]),
        ],
    ),
    ("pg-auto-explain-nested.log", "postgres-stderr", &[("SELECT slowpay()", &[203.732])]),
    (
        "pg-bind-alone.log",
        "postgres-stderr",
        &[
            ("SELECT id FROM orders WHERE region = tax_region() AND customer <> ?", &[88.33, 81.602, 81.606]),
            ("SELECT id FROM customers WHERE id = ?", &[60.0]),
        ],
    ),
    ("pg-chinese.csv", "postgres-csv", &[(ORDER, &[0.446, 0.063, 0.053])]),
    (
        "pg-command-tag-prefix.log",
        "postgres-stderr",
        &[
            (ORDER, &[0.762, 0.191, 0.144]),
            ("UPDATE orders SET paid = ? WHERE id = ?", &[0.514]),
            ("SELECT customer FROM orders WHERE id = ?", &[0.218]),
        ],
    ),
    (
        "pg-docker-compose.log",
        "postgres-stderr",
        &[
            ("SELECT id, customer FROM orders WHERE id = ?", &[1.03]),
            ("SELECT id, customer FROM archived_orders WHERE customer = ?", &[2.0]),
            ("SELECT ? FROM orders", &[3.0]),
        ],
    ),
    (
        "pg-in-list-of-casts.log",
        "postgres-stderr",
        &[("SELECT id FROM orders WHERE day IN (CAST(? AS date))", &[1.0, 2.0, 3.0, 4.0])],
    ),
    ("pg-journalctl-json.json", "postgres-stderr", &[(ORDER, &[1.03, 2.0])]),
    (
        "pg-literal-with-log-line.csv",
        "postgres-csv",
        &[
            (ORDER, &[0.493, 0.059, 0.052, 0.103, 0.055, 0.05]),
            ("INSERT INTO orders VALUES (?, ?, ?)", &[0.138]),
        ],
    ),
    (
        "pg-literal-with-log-line.json",
        "postgres-json",
        &[
            (ORDER, &[0.493, 0.059, 0.052, 0.103, 0.055, 0.05]),
            ("INSERT INTO orders VALUES (?, ?, ?)", &[0.138]),
        ],
    ),
    (
        "pg-prefix-without-blank.log",
        "postgres-stderr",
        &[
            ("UPDATE orders SET paid = ? WHERE id = ?", &[0.74, 0.176]),
            ("SELECT COUNT(*) FROM orders", &[0.192]),
        ],
    ),
    ("pg-unknown-name-in-prefix.log", "postgres-stderr", &[("SELECT ? FROM a", &[10.0, 20.0, 30.0])]),
    (
        "pg18-asyncpg-portal-fetch.log",
        "postgres-stderr",
        &[("BEGIN", &[0.029]), ("SELECT * FROM t WHERE id <= ? AND id > ?", &[0.597]), ("COMMIT", &[0.025])],
    ),
];

fn log(document: &Document) -> &QueryLog {
    match &document.content {
        Content::Queries(log) => log,
        _ => panic!("no log"),
    }
}

fn open(file: &str) -> Document {
    common::open(common::bytes(&format!("cases/{file}"))).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The queries with their executions' milliseconds.
fn executions(log: &QueryLog) -> Vec<(String, Vec<f64>)> {
    let mut found: Vec<(String, Vec<f64>)> =
        log.fingerprints.iter().map(|known| (known.text.clone(), Vec::new())).collect();
    for (&fingerprint, &duration) in log.statements.fingerprint.iter().zip(&log.statements.duration) {
        found[fingerprint as usize].1.push((duration * 1e6).round() / 1e6);
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn every_case_has_its_executions() {
    let mut wrong = Vec::new();
    for &(file, format, queries) in CASES {
        let document = open(file);
        let mut expected: Vec<(String, Vec<f64>)> =
            queries.iter().map(|(text, durations)| ((*text).to_owned(), durations.to_vec())).collect();
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        let found = executions(log(&document));
        if document.format != format || format!("{found:?}") != format!("{expected:?}") {
            wrong.push(format!("{file} by {}:\n   {found:?}\nnot {expected:?}", document.format));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_case_is_forgotten() {
    for entry in std::fs::read_dir(common::data("cases")).expect("the cases") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        let elsewhere = name.starts_with("sqlalchemy") || name == "README.md";
        assert!(elsewhere || CASES.iter().any(|(file, ..)| *file == name), "{name}");
    }
}

#[test]
fn messages_of_sqlalchemy_are_statements_or_their_parameters() {
    for (file, count) in
        [("sqlalchemy21-echo-token-insertmany.log", 40), ("sqlalchemy21-echo-no-name.log", 38)]
    {
        let document = open(file);
        let log = log(&document);
        assert_eq!((document.format, log.statements.len()), ("sqlalchemy", count), "{file}");
        let texts: Vec<&str> = log.fingerprints.iter().map(|known| known.text.as_str()).collect();
        assert!(
            !texts.iter().any(|text| text.contains("insertmanyvalues") || text.contains("req")),
            "{texts:?}"
        );
        let inserts = |table: &str| {
            let begin = format!("INSERT INTO {table}");
            let known = log.fingerprints.iter().zip(&log.numbers);
            known
                .filter(|(known, _)| known.text.starts_with(&begin))
                .map(|(_, numbers)| numbers.calls)
                .sum::<u32>()
        };
        assert_eq!((inserts("sa_a"), inserts("sa_c")), (3, 3), "{file}");
    }
}

/// The prefix is guessed right, and given it is as well.
#[test]
fn a_prefix_without_a_blank_can_be_given() {
    for setting in ["%m [%p] %u@%d", "%m [%p] %q%u@%d"] {
        let source = MemorySource::new("unknown", common::bytes("cases/pg-prefix-without-blank.log"));
        let options = Options { log_line_prefix: Some(setting.to_owned()), ..Options::default() };
        let (document, _) = import::read(&source, &|_| (), &options).expect("a log");
        let log = log(&document);
        assert_eq!(log.statements.len(), 3);
        let connection = &log.connections[0];
        assert_eq!((connection.user.as_str(), connection.database.as_str()), ("shop", "shop"), "{setting}");
        assert_eq!(common::diagnostics(&document), "");
    }
}

/// `detail` holds the parameters, so that fourteen executions are fourteen different ones.
#[test]
fn what_stands_beside_a_message_belongs_to_it() {
    let distinct = |file: &str| {
        let document = open(file);
        let mut parameters = log(&document).statements.parameters.clone();
        parameters.sort_unstable();
        parameters.dedup();
        parameters.len()
    };
    assert_eq!(distinct("azure-n-plus-one.json"), 14);
    assert_eq!(distinct("azure-n-plus-one-as-text.log"), 14);
    assert_eq!(distinct("azure-detail-apart.json"), 3);
}

#[test]
fn times_that_no_statement_takes_are_unknown_and_said() {
    let document = open("mysql-wrapped-query-time.log");
    assert!(common::diagnostics(&document).contains("Warning: 3 × times that no statement can take"));
    let log = log(&document);
    assert!(log.statements.start.iter().all(|start| *start > 1.7e12), "{:?}", log.statements.start);
    assert_eq!(log.statements.lock_time(2), None);
}

/// What a file is does not depend on how its lines end.
#[test]
fn line_ends_of_windows_make_no_difference() {
    for &(file, format, _) in CASES {
        let bytes = common::bytes(&format!("cases/{file}"));
        if bytes.starts_with(&[0xff, 0xfe]) {
            continue;
        }
        let text = String::from_utf8(bytes).expect("UTF-8");
        let document =
            common::open(text.replace('\n', "\r\n")).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_eq!(document.format, format, "{file}");
        let (plain, other) = (open(file), executions(log(&document)));
        assert_eq!(format!("{:?}", executions(log(&plain))), format!("{other:?}"), "{file}");
    }
}

/// PostgreSQL's CSV as spreadsheets write it anew.
#[test]
fn columns_may_be_divided_by_semicolons_or_tabs() {
    let text = String::from_utf8(common::bytes("cases/pg-literal-with-log-line.csv")).expect("UTF-8");
    let expected = executions(log(&common::open(text.as_bytes()).expect("a log")));
    for divider in [";", "\t"] {
        let lines = text.lines().map(|line| {
            // Commas in quotes stay.
            let parts: Vec<String> = line
                .split('"')
                .enumerate()
                .map(|(at, part)| if at % 2 == 0 { part.replace(',', divider) } else { part.to_owned() })
                .collect();
            parts.join("\"") + "\n"
        });
        let document = common::open(lines.collect::<String>()).expect("a log");
        assert_eq!(document.format, "postgres-csv");
        assert_eq!(executions(log(&document)), expected, "{divider:?}");
    }
}

/// What is compressed and cut short is read as far as it goes, and that is said.
#[test]
fn a_cut_archive_is_read_with_a_warning() {
    use std::io::Write as _;
    let text = common::bytes("cases/azure-n-plus-one-as-text.log").repeat(200);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&text).expect("packing");
    let packed = packed.finish().expect("packing");
    let document = common::open(&packed[..packed.len() / 2]).expect("a log");
    assert!(log(&document).statements.len() > 500);
    assert!(common::diagnostics(&document).contains("Warning: 1 × what is compressed ends in the middle"));
    let input_of = |bytes: &[u8]| {
        let source = MemorySource::new("x", bytes);
        Input::open(&source, &|_| ()).is_ok_and(|input| input.is_cut_short())
    };
    assert!(!input_of(&packed));
}

/// A client that prepares and does not run is none; where only what is slow is logged, it did run.
#[test]
fn a_parse_alone_is_an_execution_only_above_a_threshold() {
    let line = |milliseconds: &str, what: &str| {
        format!("2026-11-20 10:00:00.000 UTC [77] a@b LOG:  duration: {milliseconds} ms  {what}\n")
    };
    let count = |text: String| {
        let document = common::open(text).expect("a log");
        executions(log(&document))
            .into_iter()
            .map(|(text, durations)| (text, durations.len()))
            .collect::<Vec<_>>()
    };
    let a = ("SELECT a FROM t".to_owned(), 1);
    let b = ("SELECT b FROM t".to_owned(), 1);
    let slow = line("120.000", "parse S_1: SELECT a FROM t") + &line("150.000", "statement: SELECT b FROM t");
    assert_eq!(count(slow), [a.clone(), b.clone()]);
    let all = line("0.120", "parse S_1: SELECT a FROM t") + &line("0.050", "statement: SELECT b FROM t");
    assert_eq!(count(all), [b]);
    // Parsed twice, then run: once.
    let twice = line("0.1", "parse S_1: SELECT a FROM t")
        + &line("0.1", "parse S_1: SELECT a FROM t")
        + &line("0.1", "bind S_1: SELECT a FROM t")
        + &line("0.1", "execute S_1: SELECT a FROM t");
    assert_eq!(count(twice), [a]);
}
