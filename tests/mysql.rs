//! MySQL's and MariaDB's logs: real files beside what others count in them, and every variant of the
//! headers.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use flamedrop::document::{Content, Document};
use flamedrop::queries::lexer::Dialect;
use flamedrop::queries::{Clock, QueryLog, fingerprint, plan};

fn read(text: &[u8]) -> (Document, QueryLog) {
    let document = common::open(text).expect("a log");
    let Content::Queries(log) = &document.content else { panic!("a profile") };
    let log = (**log).clone();
    (document, log)
}

/// One statement a line.
fn shown(text: &[u8]) -> String {
    let (document, log) = read(text);
    let statements = &log.statements;
    let mut shown = format!("{:?}\n{}", log.clock, common::diagnostics(&document));
    for at in 0..statements.len() {
        let connection = &log.connections[statements.connection[at] as usize];
        shown += &format!(
            "{:.3} + {:.3} ms, {} ms locked, {:?} of {:?} rows, {} {}@{} {}{}: {}\n",
            statements.start[at],
            statements.duration[at],
            statements.lock_time(at).map_or("-".into(), |time| format!("{time:.3}")),
            statements.rows(at),
            statements.rows_examined(at),
            connection.process,
            connection.user,
            connection.client,
            connection.database,
            if statements.failed[at] == 1 { " failed" } else { "" },
            log.fingerprints[statements.fingerprint[at] as usize].text,
        );
    }
    shown
}

/// Recorded together with MariaDB's general log, which has the same 21 queries; it has EXECUTE besides
/// what that runs.
#[test]
fn mariadb_counts_what_ran() {
    let (document, log) = read(&common::bytes("mysql/mariadb-10.11.slow.log"));
    assert_eq!(common::diagnostics(&document), "");
    assert_eq!(log.statements.len(), 21);
    assert_eq!(log.clock, Clock::Wall { zone: Some("UTC".to_owned()) });
    insta::assert_snapshot!(shown(&common::bytes("mysql/mariadb-10.11.slow.log")));
}

#[test]
fn plans_of_a_verbose_slow_log_belong_to_their_statements() {
    let bytes = common::bytes("mysql/mariadb-10.11.slow.log");
    let (_, log) = read(&bytes);
    let format = flamedrop::import::by_id("mysql-slow").expect("the format");
    assert!(!log.events.is_empty());
    for (event, &statement) in log.events.statement.iter().enumerate() {
        let record = &bytes[log.events.offset[event] as usize..][..log.events.length[event] as usize];
        let text = format.event_text(record).and_then(|text| text.plan).expect("a plan");
        let plan = plan::parse(&text).expect("that can be read");
        let sql = format.statement_text(record).expect("its statement").sql;
        assert_eq!(log.events.fingerprint[event], log.statements.fingerprint[statement as usize]);
        for relation in plan.nodes.iter().filter_map(|node| node.relation.as_deref()) {
            assert!(sql.contains(relation), "{relation} in {sql}");
        }
    }
}

#[test]
fn headers_of_every_version() {
    let log = r"/usr/sbin/mysqld, Version: 8.0.39 (MySQL Community Server - GPL). started with:
Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock
Time                 Id Command    Argument
# Time: 2026-08-17T06:00:00.024136Z
# User@Host: shop_web[shop_web] @ web1.lan [10.0.2.11]  Id: 12889
# Schema: shop  Last_errno: 0  Killed: 0
# Query_time: 0.000490  Lock_time: 0.000155  Rows_sent: 1  Rows_examined: 1  Rows_affected: 0
#   InnoDB_IO_r_ops: 0  InnoDB_IO_r_bytes: 0
SET timestamp=1786946400;
SELECT 1 FROM t WHERE a = 'x;
# Time: 2026-08-17T06:00:09.000000Z
# User@Host: fake[fake] @ fake [1.2.3.4]  Id: 1
# Query_time: 9.0  Lock_time: 0 Rows_sent: 1  Rows_examined: 1
';
# Time: 2026-08-17T06:00:00.500000Z
# User@Host: [] @  [10.0.2.12]  Id:     7
# Query_time: 0.250000  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0 Thread_id: 7 Errno: 1062 Killed: 0 Start: 2026-08-17T06:00:00.250000Z End: 2026-08-17T06:00:00.500000Z
use `shop`;
SET last_insert_id=5,timestamp=1786946400;
INSERT INTO t VALUES (1);
# User@Host: root[root] @ localhost []  Id: 8
# Query_time: 0.000010  Lock_time: 0.000000 Rows_sent: 0  Rows_examined: 0
# administrator command: Quit;
/usr/sbin/mysqld, Version: 8.0.39 (MySQL Community Server - GPL). started with:
Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock
Time                 Id Command    Argument
# Time: 2026-08-17T06:00:02.000000Z
# User@Host: root[root] @ localhost []  Id: 9
# Query_time: 1.5  Lock_time: 0.0  Rows_sent: 3  Rows_examined: 9
SET timestamp=1786946400;
select *
  from t -- no semicolon";
    insta::assert_snapshot!(shown(log.as_bytes()));
}

#[test]
fn seconds_of_old_servers() {
    let log = "\
# Time: 071015 21:43:52
# User@Host: root[root] @ localhost []
# Query_time: 2  Lock_time: 0  Rows_sent: 1  Rows_examined: 0
use test;
select sleep(2) from n;
# User@Host: root[root] @ localhost []
# Query_time: 0  Lock_time: 0  Rows_sent: 1  Rows_examined: 0
select 1;
# Time: 071018  1:02:03 # User@Host: [SQL_SLAVE] @  []
# Query_time: 1  Lock_time: 0  Rows_sent: 0  Rows_examined: 0
update a set b = 'it''s \\' quoted';
";
    insta::assert_snapshot!(shown(log.as_bytes()));
}

/// Recorded with the slow log above.
#[test]
fn a_general_log_has_what_ran_without_durations() {
    let bytes = common::bytes("mysql/mariadb-10.11.general.log");
    let (_, log) = read(&bytes);
    assert_eq!(log.clock, Clock::Wall { zone: None });
    insta::assert_snapshot!(shown(&bytes));
}

#[test]
fn stamps_and_commands_of_a_new_server() {
    let log = "/usr/sbin/mysqld, Version: 8.0.39 (MySQL Community Server - GPL). started with:\r
Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock
Time                 Id Command    Argument
2026-08-17T06:00:00.024136Z\t   12 Connect\tshop_web@web1.lan on shop using SSL/TLS
2026-08-17T06:00:00.024500Z\t   12 Query\tSELECT 1 FROM t WHERE a = 'not closed
2026-08-17T06:00:00.024700Z\t   13 Connect\tAccess denied for user 'x'@'y' (using password: YES)
2026-08-17T06:00:00.025000Z\t   12 Prepare\tSELECT * FROM t WHERE a = ?
2026-08-17T06:00:00.025100Z\t   12 Execute\tSELECT * FROM t WHERE a = 5
2026-08-17T06:00:00.025150Z\t   12 Close stmt\t
2026-08-17T06:00:00.025200Z\t   12 Query\tEXECUTE s USING @x
2026-08-17T06:00:00.025210Z\t   13 Query\t/* c */ UPDATE t
\t SET a = 'x\t 3 Query'
2026-08-17T06:00:00.025220Z\t   12 Execute\tSELECT * FROM t WHERE a = 6
2026-08-17T06:00:00.025300Z\t   12 Query\texecute nosuch
2026-08-17T06:00:00.025400Z\t   12 Quit\t
2026-08-17T06:00:00.0";
    insta::assert_snapshot!(shown(log.as_bytes()));
}

/// As MariaDB 10.11 writes it without log_slow_disabled_statements: each Query_time is since the CALL began.
#[test]
fn statements_of_a_routine_are_time_of_its_call() {
    let record = |time: &str, more: &str, sql: &str| {
        format!(
            "# User@Host: web[web] @ localhost []\n# Thread_id: 4  Schema: shop  QC_hit: No\n\
             # Query_time: {time}  Lock_time: 0.000251  Rows_sent: 0  Rows_examined: 0\n\
             # Rows_affected: 1  Bytes_sent: 0\n{more}SET timestamp=1795986077;\n{sql};\n"
        )
    };
    let log = [
        record("0.004838", "# Stored_routine: shop.p1\n", "insert into o(s) values( NAME_CONST('i',0))"),
        record("0.018895", "# Stored_routine: shop.p1\n", "insert into o(s) values( NAME_CONST('i',1))"),
        record("0.018940", "", "CALL p1(2)"),
    ];
    let (document, log) = read(log.concat().as_bytes());
    assert_eq!(log.executions(), 1);
    assert!((log.total() - 18.94).abs() < 1e-9, "{}", log.total());
    let said = common::diagnostics(&document);
    assert!(said.contains("2 × statements of stored procedures"), "{said}");
}

/// MySQL writes who comes and then that they may not, under one number; MariaDB only that they may not.
#[test]
fn a_general_log_has_connections_and_who_was_refused() {
    let log = "Time                 Id Command    Argument
2026-08-17T06:00:00.000000Z\t   12 Connect\tshop_web@web1.lan on shop using SSL/TLS
2026-08-17T06:00:00.100000Z\t   13 Connect\tbob@web2.lan on shop using TCP/IP
2026-08-17T06:00:00.200000Z\t   13 Connect\tAccess denied for user 'bob'@'web2.lan' (using password: YES)
2026-08-17T06:00:00.300000Z\t   14 Connect\tAccess denied for user 'eve'@'web3.lan' (using password: NO)
2026-08-17T06:00:01.000000Z\t   12 Query\tSELECT 1
2026-08-17T06:00:02.500000Z\t   12 Quit\t
";
    let (document, log) = read(log.as_bytes());
    let events: Vec<_> = (0..log.events.len())
        .map(|at| {
            let connection = &log.connections[log.events.connection[at] as usize];
            (
                log.events.kind[at],
                connection.process.as_str(),
                connection.user.as_str(),
                log.events.amount[at],
            )
        })
        .collect();
    assert_eq!(
        format!("{events:?}"),
        concat!(
            r#"[(Connected, "12", "shop_web", NaN), (Refused, "13", "bob", NaN), (Refused, "14", "", NaN), "#,
            r#"(Disconnected, "12", "shop_web", 2500.0)]"#
        )
    );
    let format = flamedrop::import::by_id(document.format).expect("its format");
    let record = b"2026-08-17T06:00:00.300000Z\t   14 Connect\tAccess denied for user 'eve'@'web3.lan'\n";
    let text = format.event_text(record).expect("a text");
    assert_eq!(text.message, "Connect Access denied for user 'eve'@'web3.lan'");
}

/// The log of `tests/record/mysql.sh`, unpacked.
fn shop(name: &str) -> Vec<u8> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    let packed = common::bytes(&format!("mysql/shop.{name}.log.gz"));
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).expect("gzip");
    bytes
}

/// Calls by fingerprint.
fn calls(log: &QueryLog) -> BTreeMap<String, u64> {
    let texts = log.fingerprints.iter().map(|fingerprint| fingerprint.text.clone());
    texts.zip(log.numbers.iter().map(|numbers| u64::from(numbers.calls))).collect()
}

/// Where two counts differ.
fn differences(ours: &BTreeMap<String, u64>, theirs: &BTreeMap<String, u64>) -> String {
    let texts: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    texts
        .into_iter()
        .filter(|text| ours.get(*text) != theirs.get(*text))
        .map(|text| format!("{:?} here, {:?} there: {text}\n", ours.get(text), theirs.get(text)))
        .collect()
}

/// One class of pt-query-digest: how many queries it put there, and the one it shows.
#[derive(serde::Deserialize)]
struct Class {
    calls: u64,
    example: String,
}

/// Its classes and our fingerprints are cut by different rules, so its examples go through ours: what it
/// splits is added up, and what it lumps together is found missing. That is a LIMIT with and without an
/// OFFSET, for which its rule is written down (`fingerprint` in pt-query-digest); here they are two.
#[test]
fn calls_of_every_fingerprint_equal_pt_query_digests() {
    let classes: Vec<Class> =
        serde_json::from_slice(&common::bytes("mysql/shop.pt-query-digest.json")).expect("JSON");
    let mut theirs: BTreeMap<String, u64> = BTreeMap::new();
    for class in classes {
        let text = fingerprint::text(class.example.as_bytes(), Dialect::MySql);
        *theirs.entry(text.replace(" OFFSET ?", "")).or_default() += class.calls;
    }
    let (_, log) = read(&shop("slow"));
    let mut ours: BTreeMap<String, u64> = BTreeMap::new();
    for (text, calls) in calls(&log) {
        *ours.entry(text.replace(" OFFSET ?", "")).or_default() += calls;
    }
    assert_eq!(differences(&ours, &theirs), "");
    assert!(log.statements.len() > 500 && log.numbers.iter().all(|numbers| numbers.without_duration == 0));
}

/// Both logs were on for the same statements of the same connections.
#[test]
fn the_general_log_has_the_slow_logs_statements() {
    let (slow, general) = (read(&shop("slow")).1, read(&shop("general")).1);
    assert_eq!(differences(&calls(&general), &calls(&slow)), "");
    let lanes = |log: &QueryLog| {
        let lane = |at: &flamedrop::queries::Connection| {
            (at.process.clone(), at.user.clone(), at.database.clone(), at.client.clone())
        };
        let mut lanes: Vec<_> = log.connections.iter().map(lane).collect();
        lanes.sort();
        lanes
    };
    assert_eq!(lanes(&general), lanes(&slow));
}

/// Errors, timeouts, kills and warnings that a record's header tells of; see `mysql_slow/notes.rs`.
#[test]
fn what_happened_is_in_the_header() {
    let text = "# Time: 2026-11-28T22:45:19.837142Z\n\
        # User@Host: d[d] @ localhost [127.0.0.1]  Id:    10\n\
        # Query_time: 0.162090  Lock_time: 0.000007 Rows_sent: 0  Rows_examined: 3029 Thread_id: 10 Errno: 3024 Killed: 0 Bytes_received: 61\n\
        SET timestamp=1795905919;\nselect count(*) from t a, t b;\n\
        # Time: 2026-11-28T22:45:19.838335Z\n\
        # User@Host: d[d] @ localhost [127.0.0.1]  Id:    10\n\
        # Query_time: 0.000727  Lock_time: 0.000008 Rows_sent: 0  Rows_examined: 0 Thread_id: 10 Errno: 1146 Killed: 0\n\
        SET timestamp=1795905919;\nselect * from nope;\n\
        # Time: 2026-11-28T22:45:20.838335Z\n\
        # User@Host: d[d] @ localhost [127.0.0.1]  Id:    10\n\
        # Query_time: 0.000727  Lock_time: 0.000008 Rows_sent: 0  Rows_examined: 0\n\
        # Warnings\n# Note 1305 PROCEDURE shop.p1 does not exist\n\
        SET timestamp=1795905920;\ndrop procedure if exists p1;\n";
    let document = common::open(text).expect("a log");
    let flamedrop::document::Content::Queries(log) = &document.content else { panic!("no log") };
    let events = &log.events;
    let told: Vec<String> = (0..events.len())
        .map(|event| {
            let state = events.state(event).unwrap_or("-");
            format!(
                "{:?} {state} {} of {}",
                events.kind[event],
                events.message(event),
                events.statement[event]
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "StatementTimeout HY000 error 3024: maximum statement execution time exceeded of 0",
            "Error 42S02 error 1146: table does not exist of 1",
            "Warning - Note ? PROCEDURE shop.p1 does not exist of 2",
        ]
    );
}
