//! MySQL's and MariaDB's slow query log: real files, and every variant of the headers.

mod common;

use flamedrop::document::{Content, Document};
use flamedrop::queries::{Clock, QueryLog};

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

#[test]
fn a_general_log_is_refused_by_name() {
    let problem = common::open(&b"Time                 Id Command    Argument\n261123  5:36:13\t     3 Connect\troot@localhost on  using Socket\n\t\t     3 Query\tselect version()\n"[..])
        .expect_err("no durations in it")
        .to_string();
    assert!(problem.contains("general"), "{problem}");
}
