//! What a server counted itself, exported: PostgreSQL's
//! [pg_stat_statements](https://www.postgresql.org/docs/current/pgstatstatements.html) of versions 9.4 to 18,
//! and MySQL's and MariaDB's
//! [`events_statements_summary_by_digest`](https://dev.mysql.com/doc/refman/8.4/en/performance-schema-statement-digests.html).
//! As CSV, tab-separated, JSON, or as psql and mysql show it; columns in any order, left out or renamed as
//! the versions did.

mod table;

use std::borrow::Cow;
use std::io::BufRead as _;

use self::table::Table;
use super::records::{RECORD_LIMIT, shown};
use super::{About, Format, ImportError, Kind, stamp};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::fingerprint::{SEED, mix, mix_text};
use crate::queries::lexer::Dialect;
use crate::queries::statistics::{Counters, Entry, SOURCES, Statistics};
use crate::queries::{Clock, LogBuilder, QueryLog};

/// pg_stat_statements, exported.
pub struct PgStatStatements;

/// MySQL's statement digests, exported.
pub struct MysqlDigests;

const PG_RECORD: &str = "psql -c \"\\copy (SELECT * FROM pg_stat_statements) TO 'statements.csv' CSV HEADER\"\n\
    Numbers per query since the last reset, no single statements; two of them give what happened in between \
    (flamedrop diff). psql's own output and JSON are read as well.";

const MYSQL_RECORD: &str = "mysql --batch -e 'SELECT * FROM performance_schema.events_statements_summary_by_digest' > digests.tsv\n\
    Numbers per query since the last start or TRUNCATE, no single statements; two of them give what happened in \
    between (flamedrop diff). MariaDB needs performance_schema = ON.";

/// For the registry.
pub static PG_ABOUT: About = About {
    id: "pg-stat-statements",
    title: "pg_stat_statements, exported",
    kind: Kind::Queries,
    how_to_record: PG_RECORD,
};

/// For the registry.
pub static MYSQL_ABOUT: About = About {
    id: "mysql-digests",
    title: "MySQL's and MariaDB's statement digests, exported",
    kind: Kind::Queries,
    how_to_record: MYSQL_RECORD,
};

/// Columns that hold SQL.
const FREE: &[&str] = &["query", "digest_text", "query_sample_text"];

/// What users without the right to see a query see of it.
const HIDDEN: &str = "<insufficient privilege>";

/// A view and how its columns are called.
#[derive(Clone, Copy, PartialEq)]
enum View {
    PgStatStatements,
    MysqlDigests,
}

impl View {
    /// Whether the head has its columns.
    fn detect(self, head: &[u8]) -> u8 {
        // Names of columns stand at the beginning, but for JSON and a line for each column.
        let mut end = head.len().min(16 * 1024);
        while end > 0 && end < head.len() && !head[end - 1].is_ascii() {
            end -= 1;
        }
        let text = String::from_utf8_lossy(&head[..end]).to_ascii_lowercase();
        let has = |word: &str| {
            text.match_indices(word).any(|(at, _)| {
                let around = [text[..at].bytes().next_back(), text[at + word.len()..].bytes().next()];
                around.into_iter().flatten().all(|byte| !byte.is_ascii_alphanumeric() && byte != b'_')
            })
        };
        match self {
            Self::PgStatStatements => {
                let time =
                    ["total_exec_time", "total_time", "mean_exec_time", "mean_time"].into_iter().any(has);
                let first = text.trim_start_matches('\u{feff}').trim_start();
                // Another log may quote a question about the view.
                let table = [
                    "query", "calls", "user", "db", "queryid", "toplevel", "total", "mean", "rolname",
                    "datname", "usename", "\"", "[", "{", "-[", " ", "+-", "|",
                ];
                let begins = table.iter().any(|word| first.starts_with(word)) || text.starts_with(' ');
                if time && has("calls") && has("query") && begins && !has("log:") { 87 } else { 0 }
            }
            Self::MysqlDigests => {
                if has("digest_text") && has("count_star") && has("sum_timer_wait") {
                    94
                } else {
                    0
                }
            }
        }
    }

    /// Where the first name of a column stands.
    fn begins(self, head: &[u8]) -> usize {
        let names: &[&[u8]] = match self {
            Self::PgStatStatements => &[b"calls", b"query", b"total_exec_time", b"total_time", b"userid"],
            Self::MysqlDigests => {
                &[b"digest_text", b"count_star", b"sum_timer_wait", b"schema_name", b"digest"]
            }
        };
        let text = head.to_ascii_lowercase();
        names.iter().filter_map(|name| memchr::memmem::find(&text, name)).min().unwrap_or(0)
    }

    fn source(self) -> &'static str {
        match self {
            Self::PgStatStatements => SOURCES[0],
            Self::MysqlDigests => SOURCES[1],
        }
    }

    fn import(self, format: &dyn Format, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut text = Vec::new();
        loop {
            let bytes = input.fill_buf().map_err(|error| ImportError::reading(&error))?;
            let count = bytes.len();
            if count == 0 {
                break;
            }
            if text.len() + count > RECORD_LIMIT {
                let advice =
                    "The server keeps a few thousand queries: export the view once, not many times in a row.";
                return Err(ImportError::new(format, "it is longer than 64 MB", advice));
            }
            text.extend_from_slice(bytes);
            input.consume(count);
        }
        let table = table::read(&text, FREE);
        let mut diagnostics = Diagnostics::default();
        let damaged = "rows that are damaged or cut short were skipped";
        diagnostics.note_many(Level::Warning, damaged, table.damaged, || None);
        let log = match self {
            Self::PgStatStatements => postgres(format, &table, &mut diagnostics)?,
            Self::MysqlDigests => mysql(format, &table, &mut diagnostics)?,
        };
        if log.fingerprints.is_empty() {
            let problem = match self {
                Self::PgStatStatements => {
                    "no query in it: the extension counts once it is in shared_preload_libraries and was made with \
                     CREATE EXTENSION pg_stat_statements"
                }
                Self::MysqlDigests => "no query in it: the server counts with performance_schema = ON",
            };
            diagnostics.note(Level::Warning, problem, || None);
        }
        Ok(Document { name, format: format.id(), content: Content::Queries(Box::new(log)), diagnostics })
    }
}

impl Format for PgStatStatements {
    fn about(&self) -> &'static About {
        &PG_ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        View::PgStatStatements.detect(head)
    }

    fn begins(&self, head: &[u8]) -> usize {
        View::PgStatStatements.begins(head)
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        View::PgStatStatements.import(self, input)
    }
}

impl Format for MysqlDigests {
    fn about(&self) -> &'static About {
        &MYSQL_ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        View::MysqlDigests.detect(head)
    }

    fn begins(&self, head: &[u8]) -> usize {
        View::MysqlDigests.begins(head)
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        View::MysqlDigests.import(self, input)
    }
}

/// One row by the names of its columns.
struct Cells<'a> {
    table: &'a Table,
    row: &'a table::Row,
}

impl Cells<'_> {
    fn text(&self, names: &[&str]) -> Option<&str> {
        self.row.get(self.table.column(names)?)?.as_deref()
    }

    fn number(&self, names: &[&str]) -> Option<f64> {
        let text = self.text(names)?.trim();
        let value = text.parse().ok().or_else(|| {
            // A decimal comma, as some tools write it where the machine has one.
            let point = text.replace(',', ".");
            (text.matches(',').count() == 1).then(|| point.parse().ok()).flatten()
        });
        value.filter(|value: &f64| value.is_finite() && *value >= 0.0)
    }

    /// A time in ms, of a column in `unit` ms; NaN if there is none.
    fn time(&self, names: &[&str], unit: f64) -> f64 {
        self.number(names).map_or(f64::NAN, |value| value * unit)
    }

    fn count(&self, names: &[&str]) -> Option<u64> {
        let text = self.text(names)?.trim();
        // Sums of numeric type may be written with a point.
        text.parse().ok().or_else(|| self.number(names).map(|value| value as u64))
    }

    /// Hash of these columns.
    fn identity(&self, names: &[&str]) -> u64 {
        names
            .iter()
            .fold(SEED, |hash, name| mix(mix_text(hash, self.text(&[name]).unwrap_or("\u{0}").as_bytes()), 1))
    }
}

/// The error for a table without a column that is needed.
fn missing(format: &dyn Format, column: &str) -> ImportError {
    let advice = format!("Export the whole view (SELECT *), {column} included.");
    ImportError::new(format, format!("it has no column {column}"), advice)
}

fn postgres(
    format: &dyn Format,
    table: &Table,
    diagnostics: &mut Diagnostics,
) -> Result<QueryLog, ImportError> {
    let has = |names: &[&str]| table.column(names).is_some();
    if !has(&["query"]) {
        return Err(missing(format, "query"));
    }
    if !has(&["calls"]) {
        return Err(missing(format, "calls"));
    }
    const TOTAL: &[&str] = &["total_exec_time", "total_time"];
    const MEAN: &[&str] = &["mean_exec_time", "mean_time"];
    if !has(TOTAL) && !has(MEAN) {
        return Err(missing(format, "total_exec_time"));
    }
    let mut builder = LogBuilder::default();
    let mut entries = Vec::new();
    for row in &table.rows {
        let cells = Cells { table, row };
        let query = cells.text(&["query"]).unwrap_or_default();
        let Some(calls) = cells.count(&["calls"]) else {
            diagnostics.note(Level::Warning, "rows without a number of calls were skipped", || {
                Some(shown(query.as_bytes()))
            });
            continue;
        };
        let fingerprint = if query == HIDDEN || query.is_empty() {
            let problem = "queries of other users are hidden: connect as one with the role pg_read_all_stats";
            diagnostics.note(Level::Warning, problem, || None);
            builder.without_text().fingerprint
        } else {
            builder.fingerprint(query.as_bytes(), Dialect::PostgreSql, None).fingerprint
        };
        let mean = cells.time(MEAN, 1.0);
        let total = cells.number(TOTAL).unwrap_or(mean * calls as f64);
        let counters = Counters {
            calls,
            total: if total.is_nan() { 0.0 } else { total },
            min: cells.time(&["min_exec_time", "min_time"], 1.0),
            max: cells.time(&["max_exec_time", "max_time"], 1.0),
            stddev: cells.time(&["stddev_exec_time", "stddev_time"], 1.0),
            rows: cells.count(&["rows"]),
            ..Counters::default()
        };
        // Without the id, the text tells entries apart as well.
        let id = if has(&["queryid"]) { "queryid" } else { "query" };
        let identity = cells.identity(&["userid", "usename", "rolname", "dbid", "datname", "toplevel", id]);
        entries.push(Entry { identity, fingerprint, counters });
    }
    let inferred = format!("pg_stat_statements of {}", postgres_version(table));
    Ok(finish(builder, entries, View::PgStatStatements.source(), inferred, diagnostics))
}

/// Which versions have these columns: the last that a version added or renamed decides.
fn postgres_version(table: &Table) -> &'static str {
    let has = |name: &str| table.column(&[name]).is_some();
    if has("wal_buffers_full") || has("parallel_workers_launched") {
        "PostgreSQL 18"
    } else if has("stats_since") || has("shared_blk_read_time") {
        "PostgreSQL 17"
    } else if has("jit_functions") || has("temp_blk_read_time") {
        "PostgreSQL 15 or 16"
    } else if has("toplevel") {
        "PostgreSQL 14"
    } else if has("total_exec_time") || has("total_plan_time") {
        "PostgreSQL 13 or later"
    } else if has("min_time") {
        "PostgreSQL 9.5 to 12"
    } else {
        "PostgreSQL 12 or earlier"
    }
}

/// Timers count picoseconds.
const PICOSECOND: f64 = 1e-9;

fn mysql(format: &dyn Format, table: &Table, diagnostics: &mut Diagnostics) -> Result<QueryLog, ImportError> {
    for column in ["digest_text", "count_star", "sum_timer_wait"] {
        if table.column(&[column]).is_none() {
            return Err(missing(format, &column.to_ascii_uppercase()));
        }
    }
    let mut builder = LogBuilder::default();
    let mut entries = Vec::new();
    for row in &table.rows {
        let cells = Cells { table, row };
        let Some(calls) = cells.count(&["count_star"]) else {
            let problem = "rows without a number of calls were skipped";
            diagnostics.note(Level::Warning, problem, || {
                cells.text(&["digest_text"]).map(|text| shown(text.as_bytes()))
            });
            continue;
        };
        let fingerprint = match cells.text(&["digest_text"]) {
            Some(digest) => builder.fingerprint(plain(digest).as_bytes(), Dialect::MySql, None).fingerprint,
            None => {
                let problem =
                    "queries beyond performance_schema_digests_size are counted together, without a text";
                diagnostics.note(Level::Warning, problem, || None);
                builder.without_text().fingerprint
            }
        };
        let seen = |name: &str| Some(stamp::parse(cells.text(&[name])?.as_bytes(), 0)?.milliseconds);
        let (sent, affected) = (cells.count(&["sum_rows_sent"]), cells.count(&["sum_rows_affected"]));
        let counters = Counters {
            calls,
            failed: cells.count(&["sum_errors"]).unwrap_or(0).min(calls),
            total: cells.number(&["sum_timer_wait"]).unwrap_or(0.0) * PICOSECOND,
            min: cells.time(&["min_timer_wait"], PICOSECOND),
            max: cells.time(&["max_timer_wait"], PICOSECOND),
            p95: cells.time(&["quantile_95"], PICOSECOND),
            p99: cells.time(&["quantile_99"], PICOSECOND),
            rows: sent.zip(affected).map(|(sent, affected)| sent.saturating_add(affected)).or(sent),
            rows_examined: cells.count(&["sum_rows_examined"]),
            lock_time: cells.number(&["sum_lock_time"]).map(|time| time * PICOSECOND),
            seen: seen("first_seen").zip(seen("last_seen")),
            ..Counters::default()
        };
        let id = if table.column(&["digest"]).is_some() { "digest" } else { "digest_text" };
        entries.push(Entry { identity: cells.identity(&["schema_name", id]), fingerprint, counters });
    }
    let version = if table.column(&["quantile_95"]).is_some() {
        "MySQL 8 or later"
    } else {
        "MariaDB, or MySQL before 8"
    };
    let inferred = format!("events_statements_summary_by_digest of {version}");
    Ok(finish(builder, entries, View::MysqlDigests.source(), inferred, diagnostics))
}

/// A digest's text as one would write it: lists are `(...)` there, and rows `(...) /* , ... */`.
fn plain(digest: &str) -> Cow<'_, str> {
    if digest.contains("...") { digest.replace("...", "?").into() } else { digest.into() }
}

fn finish(
    builder: LogBuilder,
    entries: Vec<Entry>,
    source: &'static str,
    inferred: String,
    diagnostics: &mut Diagnostics,
) -> QueryLog {
    let many = entries.iter().filter(|entry| entry.counters.calls > u64::from(u32::MAX)).count();
    let problem = "more than 4,294,967,295 executions are shown as that many; their times are exact";
    diagnostics.note_many(Level::Warning, problem, many as u64, || None);
    let fingerprints = builder.finish(Clock::Sequence, None).fingerprints;
    QueryLog::of_statistics(Statistics { source, entries }, fingerprints, Some(inferred))
}
