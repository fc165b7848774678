//! What a record's header says beside numbers: the statement's error, that it was killed, the warnings it left.
//!
//! `Errno` and `Killed` are [MySQL 8's](https://dev.mysql.com/doc/refman/8.4/en/slow-query-log.html)
//! (`log_slow_extra`), `Last_errno` is Percona Server's; lines after `# Warnings` are
//! [MariaDB's](https://mariadb.com/kb/en/log_slow_verbosity-system-variable/) (`log_slow_verbosity = warnings`).

use memchr::memmem;

use crate::import::EventText;
use crate::queries::events::{Event, EventKind, SqlState, shape};
use crate::queries::statements::Statement;
use crate::queries::{LogBuilder, NONE};

/// Errors that sites meet: number, SQLSTATE, what it is
/// ([all of them](https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html)).
const ERRORS: &[(u32, &str, &str)] = &[
    (1022, "23000", "duplicate key"),
    (1045, "28000", "access denied"),
    (1048, "23000", "column cannot be null"),
    (1049, "42000", "unknown database"),
    (1054, "42S22", "unknown column"),
    (1062, "23000", "duplicate entry"),
    (1064, "42000", "syntax error"),
    (1146, "42S02", "table does not exist"),
    (1205, "HY000", "lock wait timeout exceeded"),
    (1213, "40001", "deadlock found"),
    (1264, "22003", "value out of range"),
    (1292, "22007", "incorrect value"),
    (1317, "70100", "query execution was interrupted"),
    (1364, "HY000", "field has no default value"),
    (1366, "HY000", "incorrect string value"),
    (1406, "22001", "data too long for column"),
    (1451, "23000", "a row is referenced by a foreign key"),
    (1452, "23000", "a foreign key names no row"),
    (1969, "70100", "max_statement_time exceeded"),
    (3024, "HY000", "maximum statement execution time exceeded"),
];

/// What a header says.
#[derive(Debug, Default, PartialEq)]
struct Notes {
    error: Option<u32>,
    killed: bool,
    /// `Note 1305 PROCEDURE shop.p1 does not exist`
    warnings: Vec<String>,
}

impl Notes {
    fn of(record: &[u8]) -> Self {
        let mut notes = Self::default();
        let mut warned = false;
        for line in record.split(|&byte| byte == b'\n') {
            let Some(line) = line.strip_prefix(b"#") else { break };
            let line = line.trim_ascii();
            if line == b"Warnings" {
                warned = true;
                continue;
            }
            let levels: [&[u8]; 3] = [b"Note ", b"Warning ", b"Error "];
            if warned && levels.iter().any(|level| line.starts_with(level)) {
                notes.warnings.push(String::from_utf8_lossy(line).into_owned());
                continue;
            }
            let number = |name: &[u8]| {
                let rest = &line[memmem::find(line, name)? + name.len()..];
                let rest = rest.trim_ascii_start();
                let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
                std::str::from_utf8(&rest[..digits]).ok()?.parse::<u32>().ok().filter(|&number| number != 0)
            };
            // `Last_errno:` as well.
            notes.error = notes.error.or_else(|| number(b"rrno:"));
            notes.killed |= number(b"Killed:").is_some();
        }
        notes
    }

    fn kind(&self) -> Option<EventKind> {
        Some(match (self.error, self.killed) {
            (Some(1205), _) => EventKind::LockTimeout,
            (Some(1213), _) => EventKind::Deadlock,
            (Some(1969 | 3024), _) => EventKind::StatementTimeout,
            (Some(1317), _) | (_, true) => EventKind::Cancelled,
            (Some(_), false) => EventKind::Error,
            (None, false) => return None,
        })
    }

    /// Its error in words: `error 1146: table does not exist`.
    fn words(&self) -> String {
        match self.error {
            Some(number) => match ERRORS.iter().find(|(known, ..)| *known == number) {
                Some((_, _, words)) => format!("error {number}: {words}"),
                None => format!("error {number}"),
            },
            None => "killed".to_owned(),
        }
    }

    fn state(&self) -> SqlState {
        let known = ERRORS.iter().find(|(number, ..)| Some(*number) == self.error);
        known.and_then(|(_, state, _)| state.as_bytes().try_into().ok()).unwrap_or_default()
    }
}

/// Adds what the header of `record` says of the statement `at` (by its index in the order of the file).
pub(super) fn add(builder: &mut LogBuilder, at: usize, statement: &Statement, record: &[u8]) {
    let notes = Notes::of(record);
    let mut events = Vec::new();
    if let Some(kind) = notes.kind() {
        events.push((kind, notes.words(), notes.state()));
    }
    for warning in &notes.warnings {
        events.push((EventKind::Warning, shape(warning), SqlState::default()));
    }
    for (kind, message, state) in events {
        let message = builder.message(message);
        let event = builder.event(Event {
            kind,
            time: statement.end,
            connection: statement.connection,
            fingerprint: NONE,
            amount: f64::NAN,
            state,
            message,
            offset: statement.offset,
            length: statement.length,
        });
        builder.attach(event, at);
    }
}

/// What the header says in words; `None` if it says nothing.
pub(super) fn text(record: &[u8]) -> Option<EventText> {
    let notes = Notes::of(record);
    let message = match (notes.kind(), notes.warnings.first()) {
        (Some(_), _) => notes.words(),
        (None, Some(first)) => first.clone(),
        (None, None) => return None,
    };
    let others = notes.warnings.iter().filter(|warning| **warning != message);
    let others = others.map(String::as_str).collect::<Vec<_>>().join("\n");
    Some(EventText { message, detail: Some(others).filter(|text| !text.is_empty()), ..EventText::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let error = b"# User@Host: d[d] @ localhost [127.0.0.1]  Id: 10\n# Query_time: 0.1  Lock_time: 0.0 Rows_sent: 0 Rows_examined: 0 Thread_id: 10 Errno: 3024 Killed: 0 Bytes_sent: 44\nselect 1 # Errno: 9;\n";
        let notes = Notes::of(error);
        assert_eq!((notes.kind(), notes.error), (Some(EventKind::StatementTimeout), Some(3024)));
        assert_eq!(notes.words(), "error 3024: maximum statement execution time exceeded");
        let percona = b"# Schema: shop  Last_errno: 1146  Killed: 0\nselect 1;\n";
        assert_eq!(Notes::of(percona).kind(), Some(EventKind::Error));
        let killed = b"# Schema: shop  Last_errno: 0  Killed: 1\nselect 1;\n";
        assert_eq!(Notes::of(killed).kind(), Some(EventKind::Cancelled));
        let warned = b"# Rows_affected: 0  Bytes_sent: 11\n# Warnings\n# Note 1305 PROCEDURE shop.p1 does not exist\ndrop procedure p1;\n";
        let notes = Notes::of(warned);
        assert_eq!((notes.kind(), notes.warnings.len()), (None, 1));
        assert_eq!(
            text(warned).map(|text| text.message).as_deref(),
            Some("Note 1305 PROCEDURE shop.p1 does not exist")
        );
        assert_eq!(text(b"# Query_time: 1\nselect 1;"), None);
    }
}
