//! Logs as people keep them, each of a kind that was once read wrongly: prefixes that begin with what varies, places behind
//! loggers' names, tables of consoles, several programs in one file, literals that hold a line of their own log.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::import;
use flamedrop::input::{MemorySource, Options};
use flamedrop::queries::{EventKind, QueryLog};

fn log(document: &Document) -> &QueryLog {
    let Content::Queries(log) = &document.content else { panic!("no log") };
    log
}

fn read(text: &str) -> (Document, QueryLog) {
    let document = common::open(text.to_owned()).unwrap_or_else(|error| panic!("{error}: {text:.200}"));
    let log = log(&document).clone();
    (document, log)
}

/// Executions, and milliseconds to the microsecond.
fn sums(text: &str) -> (usize, i64) {
    let (_, log) = read(text);
    let total: f64 = log.numbers.iter().map(|numbers| numbers.total).sum();
    (log.statements.len(), (total * 1e3).round() as i64)
}

fn events(log: &QueryLog, kind: EventKind) -> usize {
    log.events.kind.iter().filter(|found| **found == kind).count()
}

fn attempts(log: &QueryLog) -> usize {
    (0..log.events.len()).filter(|&event| log.events.is_attempt(event)).count()
}

/// The text of each statement, read again from the file.
fn texts(text: &str) -> Vec<String> {
    let (document, log) = read(text);
    let format = import::by_id(document.format).expect("a format");
    let each = (0..log.statements.len()).map(|at| {
        let begin = log.statements.offset[at] as usize;
        let record = &text.as_bytes()[begin..begin + log.statements.length[at] as usize];
        format.statement_text(record).expect("a statement").sql
    });
    each.collect()
}

/// A minute of a server with this in front of each line: `%` and a letter are replaced by a session's values or, on lines of
/// the server's own processes, by theirs.
fn server(setting: &str) -> String {
    let line = |second: usize, session: Option<(&str, &str, &str, usize)>, state: &str, text: &str| {
        let (user, database, host, process) = session.unwrap_or(("", "", "", 9));
        let setting = match (session, setting.split_once("%q")) {
            (None, Some((before, _))) => before.to_owned(),
            _ => setting.replace("%q", ""),
        };
        let stamp = format!("2026-11-30 12:40:{second:02}");
        let application = if session.is_some() { "psql" } else { "" };
        let prefix = setting
            .replace("%m", &format!("{stamp}.010 UTC"))
            .replace("%t", &format!("{stamp} UTC"))
            .replace("%p", &process.to_string())
            .replace("%u", user)
            .replace("%d", database)
            .replace("%h", host)
            .replace("%a", application)
            .replace("%l", "7")
            .replace("%e", state);
        format!("{prefix}{text}\n")
    };
    let first = Some(("app", "shop", "10.0.0.5", 101));
    let second = Some(("report", "dwh", "10.9.8.77", 102));
    let select = |at: usize| format!("LOG:  duration: 1.000 ms  statement: SELECT a FROM t WHERE id = {at}");
    let mut text = String::new();
    // More than the lines that are looked at for the guess are of one session.
    for at in 0..400 {
        text += &line(at % 60, first, "00000", &select(at));
    }
    text += &line(1, None, "00000", "LOG:  checkpoint starting: time");
    text += &line(
        2,
        None,
        "00000",
        "LOG:  checkpoint complete: wrote 42 buffers (0.3%); 0 WAL file(s) added, 0 removed, 1 recycled; write=4.1 s, sync=0.0 s, total=4.2 s; sync files=1",
    );
    text += &line(3, second, "42P01", "ERROR:  relation \"nope\" does not exist");
    text += &line(3, second, "42P01", "STATEMENT:  SELECT * FROM nope");
    for at in 0..5 {
        text += &line(at, second, "00000", &select(at));
    }
    text
}

#[test]
fn what_stands_before_the_stamp_varies() {
    for setting in [
        "%m [%p] %q%u@%d ",
        "%h %m [%p] %q%u@%d ",
        "%u@%d %m [%p] ",
        "[%u/%d] %m [%p] ",
        "%h: %m [%p]: ",
        "host=%h %m [%p] ",
        "%q%u@%d %m %p ",
        "%e: %m [%p] ",
        "%a:%e:%m:",
        "%e %t %l ",
        "%a %m [%p] ",
        "%m [%p] %quser=%u,db=%d ",
        "user=%u,db=%d %t [%p] ",
    ] {
        let (document, log) = read(&server(setting));
        let found = (log.statements.len(), attempts(&log), events(&log, EventKind::Checkpoint));
        assert_eq!(found, (405, 1, 1), "{setting:?} {:?}", log.inferred);
        assert_eq!(document.format, "postgres-stderr", "{setting:?}");
    }
    let (_, log) = read(&server("%h %m [%p] %q%u@%d "));
    assert_eq!(log.inferred.as_deref(), Some("log_line_prefix = '%h %m [%p] %u@%d '"));
    let mut clients: Vec<&str> = log.connections.iter().map(|known| known.client.as_str()).collect();
    clients.sort_unstable();
    assert_eq!(clients, ["", "10.0.0.5", "10.9.8.77"]);
}

#[test]
fn padding_is_read_given_or_not() {
    let line = |process: &str, application: &str, rest: &str| {
        format!("2026-11-30 12:36:41.299 UTC [{process:<10}] {application:>20} | LOG:  duration: {rest}\n")
    };
    let text = [
        line("29644", "psql", "17.608 ms  statement: SELECT 1"),
        line("2973", "my app [x] LOG:", "1.351 ms  statement: DROP TABLE a"),
        line("29737", "a name of many characters", "1.315 ms  statement: SELECT 2"),
    ]
    .concat();
    assert_eq!(sums(&text), (3, 20_274));
    let given = |text: &str, setting: &str| {
        let source = MemorySource::new("x", text);
        let options = Options { log_line_prefix: Some(setting.to_owned()), ..Options::default() };
        let (document, _) = import::read(&source, &|_| (), &options).expect("a log");
        let log = log(&document);
        (
            log.statements.len(),
            log.inferred.clone().unwrap_or_default(),
            log.connections[0].application.clone(),
        )
    };
    let setting = "%m [%-10p] %20a | ";
    let shown = format!("log_line_prefix = '{setting}' (as given)");
    assert_eq!(given(&text, setting), (3, shown, "psql".to_owned()));
    let text = "692c3f11.7b0b.12 2026-11-30 12:36:41.299 UTC;app;shop;10.0.0.5(5000);LOG:  duration: 1.000 ms  statement: SELECT 1\n";
    assert_eq!(given(text, "%c.%l %m;%u;%d;%r;").0, 1);
    assert_eq!(sums(text), (1, 1000));
}

#[test]
fn sqlalchemy_with_a_place_behind_the_name() {
    for prefix in [
        "INFO     sqlalchemy.engine.Engine:base.py:1842 ",
        "2026-11-30 12:43:15,953 - sqlalchemy.engine.Engine - INFO - _execute_context:2717 - ",
        "2026-11-30 12:41:49.935 | INFO     | sqlalchemy.engine.base:_execute_context:1842 - ",
        "2026-11-30 12:43:15,953 INFO sqlalchemy.engine.Engine /lib/python3.12/site-packages/sqlalchemy/engine/base.py:1842 ",
        "2026-11-30 12:43:15,953 sqlalchemy.engine.Engine _execute_context INFO: ",
        "2026-11-30 12:43:15,953 INFO sqlalchemy.engine.Engine ",
    ] {
        let select = |how: &str, id: u32| {
            format!(
                "{prefix}SELECT sat.id \nFROM sat \nWHERE sat.id = %(id_1)s\n{prefix}[{how}] {{'id_1': {id}}}\n"
            )
        };
        let text = [
            format!("{prefix}BEGIN (implicit)\n"),
            select("generated in 0.00012s", 0),
            select("cached since 0.01898s ago", 1),
            format!("{prefix}COMMIT\n"),
        ]
        .concat();
        let (_, log) = read(&text);
        assert_eq!(log.statements.len(), 4, "{prefix}");
        assert_eq!(log.fingerprints.len(), 3, "{prefix}");
        let parameters = &log.statements.parameters;
        assert_ne!(parameters[1], parameters[2], "{prefix}");
        assert_eq!(texts(&text)[1], "SELECT sat.id \nFROM sat \nWHERE sat.id = %(id_1)s", "{prefix}");
    }
}

#[test]
fn other_lines_between_sqlalchemy_s_without_its_name() {
    let text = "2026-11-30 12:42:56,117 BEGIN (implicit)\n\
        2026-11-30 12:42:56,118 Starting import of orders\n\
        2026-11-30 12:42:56,118 Select the rows to import\n\
        2026-11-30 12:42:56,119 SELECT sat.id \nFROM sat\n\
        2026-11-30 12:42:56,119 [generated in 0.00012s] {'id_1': 0}\n\
        2026-11-30 12:42:56,120 request 7 done\n\
        2026-11-30 12:42:56,121 COMMIT\n";
    assert_eq!(sums(text).0, 3);
}

const LINE: &str = "2026-11-30 12:35:08.391 UTC [77] app@shop LOG:  duration: 0.419 ms  statement: SELECT a, b FROM t1 WHERE x = 1";

#[test]
fn a_column_of_a_table_holds_the_log() {
    let cloudwatch = "timestamp,message\n\
        1796042108391,\"2026-11-30 12:35:08 UTC:10.0.0.1(5000):app@shop:[27724]:LOG:  duration: 0.419 ms  statement: SELECT a, b FROM t1 WHERE x = 1\"\n\
        1796042108393,\"2026-11-30 12:35:08 UTC:10.0.0.1(5000):app@shop:[27724]:LOG:  duration: 1.944 ms  statement: SELECT \"\"Order\"\".id,\n\t  name\n\tFROM \"\"Order\"\"\"\n\
        1796042108395,\"2026-11-30 12:35:08 UTC:10.0.0.1(5000):app@shop:[27724]:LOG:  temporary file: path \"\"base/pgsql_tmp/pgsql_tmp1.0\"\", size 1138688\"\n";
    let (_, log) = read(cloudwatch);
    assert_eq!((log.statements.len(), events(&log, EventKind::TemporaryFile)), (2, 1));
    assert_eq!(log.events.amount, [1_138_688.0]);
    assert_eq!(
        texts(cloudwatch),
        ["SELECT a, b FROM t1 WHERE x = 1", "SELECT \"Order\".id,\n  name\nFROM \"Order\""]
    );
    let grafana = format!(
        "Time,Line,tsNs,id\n1796042108391,\"{LINE}\",1796042108391000000,1_a\n\
         1796042108392,\"{}\",1796042108392000000,2_a\n1796042108393,\"\tFROM t2\",1796042108393000000,3_a\n",
        LINE.replace("SELECT a, b FROM t1 WHERE x = 1", "SELECT id")
    );
    assert_eq!(texts(&grafana), ["SELECT a, b FROM t1 WHERE x = 1", "SELECT id\nFROM t2"]);
}

fn entry(at: u32) -> String {
    LINE.replace("x = 1", &format!("x = {at}"))
}

#[test]
fn answers_of_elasticsearch_and_loki() {
    let hit = |at: u32| {
        format!(
            "{{\"_index\": \"i\", \"_id\": \"{at}\", \"_source\": {{\"@timestamp\": \"2026-11-30T12:00:00Z\", \"message\": \"{}\"}}}}",
            entry(at)
        )
    };
    let hits = [0, 1, 2].map(hit).join(", ");
    let plain = format!("{{\"took\": 3, \"hits\": {{\"total\": {{\"value\": 3}}, \"hits\": [{hits}]}}}}");
    assert_eq!(sums(&plain), (3, 1257));
    let value: serde_json::Value = serde_json::from_str(&plain).expect("JSON");
    assert_eq!(sums(&serde_json::to_string_pretty(&value).expect("JSON")), (3, 1257));
    assert_eq!(texts(&plain)[2], "SELECT a, b FROM t1 WHERE x = 2");
    let pair = |at: u32| format!("[\"179604210800000000{at}\", \"{}\"]", entry(at));
    let stream = |from: u32| {
        format!(
            "{{\"stream\": {{\"pod\": \"pg-{from}\"}}, \"values\": [{}, {}]}}",
            pair(from),
            pair(from + 1)
        )
    };
    let loki = format!(
        "{{\"status\": \"success\", \"data\": {{\"resultType\": \"streams\", \"result\": [{}, {}], \"stats\": {{\"a\": 1}}}}}}",
        stream(0),
        stream(2)
    );
    assert_eq!(sums(&loki), (4, 1676));
    let value: serde_json::Value = serde_json::from_str(&loki).expect("JSON");
    assert_eq!(sums(&serde_json::to_string_pretty(&value).expect("JSON")), (4, 1676));
    // Those of one moment are in any order.
    let mut found = texts(&loki);
    found.sort();
    let right = [0, 1, 2, 3].map(|at| format!("SELECT a, b FROM t1 WHERE x = {at}"));
    assert_eq!(found, right);
}

#[test]
fn fluent_bit_writes_brackets_around_objects() {
    let new: String = (0..3)
        .map(|at| {
            format!("[{at}] docker.0: [[1796042108.00000000{at}, {{}}], {{\"log\": \"{}\"}}]\n", entry(at))
        })
        .collect();
    assert_eq!(sums(&new), (3, 1257));
    let old: String = (0..3)
        .map(|at| format!("[{at}] docker.0: [1796042108.0, {{\"log\": \"{}\"}}]\n", entry(at)))
        .collect();
    assert_eq!(sums(&old), (3, 1257));
    assert_eq!(texts(&new)[1], "SELECT a, b FROM t1 WHERE x = 1");
}

#[test]
fn several_programs_in_docker_compose_logs() {
    let text = "db-1   | 2026-11-30 12:35:08.393 UTC [27724] app@shop LOG:  duration: 1.944 ms  statement: SELECT id,\n\
        web-1  | (0.001) SELECT 1 FROM auth_user WHERE id = 3; args=(3,); alias=default\n\
        db-1   | \tname\n\
        db-1   | \tFROM orders\n\
        web-1  | INFO django.server \"GET / HTTP/1.1\" 200 5\n\
        db-1   | 2026-11-30 12:35:08.399 UTC [27724] app@shop LOG:  duration: 0.878 ms  statement: SELECT 2\n";
    let (document, log) = read(text);
    assert_eq!((document.format, log.statements.len()), ("postgres-stderr", 2));
    assert!(common::diagnostics(&document).contains("that of web-1 was left out"));
    assert_eq!(log.fingerprints[0].text, "SELECT id, name FROM orders");
    let web = "web-1  | (0.002) SELECT 2; args=(); alias=default\n".repeat(3);
    let (document, log) = read(&format!("{text}{web}"));
    assert_eq!((document.format, log.statements.len()), ("django-log", 4));
    assert!(common::diagnostics(&document).contains("that of db-1 was left out"));
}

#[test]
fn a_line_that_goes_on_reads_like_a_record() {
    let around = |line: &str| format!("2026-11-30T12:35:08.391204000Z stderr F {line}\n");
    let text = [
        around(LINE),
        around(&LINE.replace("SELECT a, b FROM t1 WHERE x = 1", "CREATE TABLE acc(id int,")),
        around("\t  name text, -- LOG:  duration: 5.000 ms  statement: SELECT 'fake'"),
        around("\t  v int)"),
    ]
    .concat();
    assert_eq!(
        texts(&text)[1],
        "CREATE TABLE acc(id int,\n  name text, -- LOG:  duration: 5.000 ms  statement: SELECT 'fake'\n  v int)"
    );
}

#[test]
fn a_plan_within_a_call_is_not_the_call_s_own() {
    let before = "2026-11-30 12:41:01.782 UTC [10987] postgres@postgres ";
    let text = [
        "LOG:  duration: 0.017 ms  bind <unnamed>: SELECT outer_f($1)",
        "LOG:  duration: 0.019 ms  plan:\n\tQuery Text: UPDATE acc SET v=v WHERE id=a\n\tUpdate on acc  (cost=0.00..1.65 rows=0 width=0)",
        "CONTEXT:  SQL statement \"UPDATE acc SET v=v WHERE id=a\"\n\tPL/pgSQL function outer_f(integer) line 1 at SQL statement",
        "LOG:  duration: 3.444 ms  execute <unnamed>: SELECT outer_f($1)",
        "LOG:  duration: 3.442 ms  plan:\n\tQuery Text: SELECT outer_f($1)\n\tResult  (cost=0.00..0.26 rows=1 width=4)",
    ]
    .map(|text| format!("{before}{text}\n"))
    .concat();
    assert_eq!(sums(&text), (1, 3461));
}

#[test]
fn a_process_that_was_killed() {
    let text = "2026-11-30 12:40:15.000 UTC [9] app@shop LOG:  duration: 1.000 ms  statement: SELECT 1\n\
        2026-11-30 12:40:16.000 UTC [5] LOG:  server process (PID 99) was terminated by signal 9: Killed\n\
        2026-11-30 12:40:16.000 UTC [5] DETAIL:  Failed process was running: SELECT boom()\n\
        2026-11-30 12:40:16.001 UTC [5] LOG:  terminating any other active server processes\n";
    let (_, log) = read(text);
    assert_eq!((log.statements.len(), events(&log, EventKind::Error), attempts(&log)), (1, 1, 1));
    assert_eq!(log.event_fingerprint(0).map(|named| named.text.as_str()), Some("SELECT boom()"));
}

/// The same work, logged in two ways.
#[test]
fn what_failed_is_counted_the_same_however_it_is_logged() {
    let before = "2026-11-30 12:35:08.391 UTC [77] app@shop ";
    let lines = |texts: &[&str]| texts.iter().map(|text| format!("{before}{text}\n")).collect::<String>();
    let failure = ["ERROR:  division by zero", "STATEMENT:  SELECT 1/0"];
    let apart = lines(&[
        "LOG:  statement: SELECT 1/0",
        failure[0],
        failure[1],
        "LOG:  statement: SELECT 2",
        "LOG:  duration: 0.100 ms",
    ]);
    let together = lines(&[failure[0], failure[1], "LOG:  duration: 0.100 ms  statement: SELECT 2"]);
    for text in [apart, together] {
        let (document, log) = read(&text);
        assert_eq!((log.statements.len(), attempts(&log)), (1, 1));
        assert!(common::diagnostics(&document).contains("1 × statements failed"));
    }
}

#[test]
fn literals_with_a_line_of_their_own_log() {
    let django = "(0.001) SELECT id FROM t WHERE x = 1; args=(1,); alias=default\n\
        (0.002) SELECT '\n(0.700) SELECT evil; args=None; alias=default\n'; args=None; alias=default\n";
    assert_eq!(sums(django), (2, 3000));
    // A statement that was cut short in a literal takes no other with it.
    assert_eq!(
        sums(
            "(0.001) SELECT 'cut sh\n(0.002) SELECT 2; args=(); alias=default\n(0.003) SELECT 3; args=(); alias=default\n"
        ),
        (3, 6000)
    );
    let begin = "2026-11-30 12:41:34,859 INFO sqlalchemy.engine.Engine ";
    let sqlalchemy = format!(
        "{begin}BEGIN (implicit)\n{begin}SELECT id FROM t WHERE name = '\n{begin}SELECT evil\n'\n{begin}[generated in 0.00015s] {{}}\n"
    );
    assert_eq!(
        texts(&sqlalchemy),
        ["BEGIN", &format!("SELECT id FROM t WHERE name = '\n{begin}SELECT evil\n'")]
    );
    let bare = format!(
        "BEGIN (implicit)\nSELECT id FROM t WHERE name = '\n{begin}SELECT evil\n'\n[generated in 0.00015s] {{}}\n"
    );
    assert_eq!(texts(&bare), ["BEGIN", &format!("SELECT id FROM t WHERE name = '\n{begin}SELECT evil\n'")]);
    let query = "2026-11-30T12:00:00.000000Z\t    8 Query\t";
    let general = format!("{query}SELECT '\n{query}SELECT evil\n'\n{query}SELECT 2\n");
    assert_eq!(texts(&general), [&format!("SELECT '\n{query}SELECT evil\n'"), "SELECT 2"]);
    // One with a quote too many.
    assert_eq!(sums(&format!("{query}SELECT 'a\n{query}SELECT 2\n{query}SELECT 3\n")).0, 3);
}

#[test]
fn django_behind_other_loggers() {
    let text = "DEBUG    django.db.backends:utils.py:151 (0.001) INSERT INTO djt VALUES (%s,%s); args=[(0, 'a')]; alias=default\n\
        INFO     app:dj.py:16 task.retry(7); args=(1,)\n\
        DEBUG    django.db.backends:utils.py:151 (0.000) SELECT name FROM djt; args=[0]; alias=default\n";
    assert_eq!(texts(text), ["INSERT INTO djt VALUES (%s,%s)", "SELECT name FROM djt"]);
    let (document, log) = read(
        "2026-11-30 12:00:00 [debug    ] (0.012) SELECT 1; args=None; alias=default [django.db.backends]\n\
         2026-11-30 12:00:01 [debug    ] (0.022) SELECT 2; args=None; alias=default    [django.db.backends] duration=0.022\n",
    );
    assert_eq!(log.statements.len(), 2);
    assert!(!common::diagnostics(&document).contains("cut short"));
}

#[test]
fn mysql_keeps_empty_lines_and_settings_that_were_sent() {
    let lines = [
        "# Time: 2026-11-30T12:00:01.123456Z",
        "# User@Host: app[app] @  [10.0.0.5]  Id:    12",
        "# Query_time: 0.500000  Lock_time: 0.000100 Rows_sent: 0  Rows_examined: 0",
        "SET timestamp=1796040000;",
        "SELECT 'a",
        "",
        "b' FROM t;",
    ];
    let json: String =
        lines.iter().map(|line| format!("{{\"message\": \"{line}\", \"stream\": \"stdout\"}}\n")).collect();
    assert_eq!(texts(&json), ["SELECT 'a\n\nb' FROM t"]);
    let header = "# User@Host: root[root] @ localhost [127.0.0.1]\n# Thread_id: 3  Schema: shop  QC_hit: No\n\
        # Query_time: 0.000003  Lock_time: 0.000000  Rows_sent: 0  Rows_examined: 0\n# Rows_affected: 0  Bytes_sent: 11\n\
        SET timestamp=1500000000;\n";
    let text = format!(
        "# Time: 170714  2:40:00\n{header}SET timestamp=1500000000;\n{header}SET timestamp=DEFAULT;\n"
    );
    assert_eq!(texts(&text), ["SET timestamp=1500000000", "SET timestamp=DEFAULT"]);
}
