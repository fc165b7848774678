//! Flamedrop's own format: a document, without the file it was read from.
//!
//! Two lines for people, an empty line, then [columns by name](columns):
//!
//! ```text
//! flamedrop-document 1
//! orders.sql.jsonl: an SQL log. Left out: SQL literals and comments, parameters.
//!
//! ```

#![allow(
    clippy::needless_update,
    reason = "what is added to these types later is left out until it is named here"
)]

mod columns;
mod events;
mod fingerprints;
mod measured;
mod profile;
mod results;
mod served;
mod spans;

use serde::{Deserialize, Serialize};

use self::columns::{Damaged, Reader, Writer};
use crate::document::{Content, Diagnostic, Diagnostics, Document, Kind, LOGS, Level, PROFILES};
use crate::findings::{Report, Settings};
use crate::profile::Strings;
use crate::queries::digest;
use crate::queries::saved::{Results, Saved};
use crate::queries::statistics::{Entry, SOURCES, Statistics};
use crate::queries::{Clock, Connection, Frame, NONE, Origin, QueryLog, Relation, Request, Site, Statements};
use crate::text::one_line;

/// What such a file begins with. A version that could not read this one's columns would be another number.
pub const MAGIC: &[u8] = b"flamedrop-document 1\n";

/// What it is called where a title is due.
pub const TITLE: &str = "a document saved by Flamedrop";

/// [`Document::format`] of a document whose own format is not known (any more).
pub const ID: &str = "flamedrop-document";

/// Largest file that is read, bytes.
pub(crate) const LIMIT: u64 = 1 << 30;

/// How much of documents is handed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Keep {
    /// All of it.
    #[default]
    Everything,
    /// Of logs no single statement, only what they add up to. Profiles are sums already.
    Results,
}

/// Writes `document`. `left_out` says for people what of it is left out, as [`crate::share::strip()`] did. `settings` are
/// the thresholds that results are judged with.
pub fn write(document: &Document, left_out: &str, keep: Keep, settings: &Settings) -> Vec<u8> {
    let mut columns = Writer::default();
    columns.put("name", &document.name);
    columns.put("format", document.format);
    let diagnostics: Vec<_> = document
        .diagnostics
        .entries()
        .iter()
        .map(|Diagnostic { level, message, count, first }| (*level == Level::Warning, message, count, first))
        .collect();
    columns.put("diagnostics", &diagnostics);
    let what = match &document.content {
        Content::Profile(profile) => {
            if PROFILES {
                profile::write(profile, &mut columns);
            }
            A_PROFILE
        }
        Content::Queries(log) => {
            if LOGS {
                write_log(log, keep, settings, &mut columns);
            }
            if keep == Keep::Results || log.results().is_some() || log.statistics.is_some() {
                RESULTS
            } else {
                A_LOG
            }
        }
        Content::Requests(log) => {
            if LOGS {
                // Its routes are a few, and its columns small: there are no results apart.
                write_log(log, Keep::Everything, settings, &mut columns);
            }
            REQUESTS
        }
        Content::Schema(schema) => {
            columns.put("kind", &KIND_SCHEMA);
            columns.put("schema", schema);
            A_SCHEMA
        }
    };
    let left_out = if left_out.is_empty() { "nothing" } else { left_out };
    let mut file = MAGIC.to_vec();
    let about = format!("{}: {what}. Left out: {left_out}.", document.name);
    file.extend_from_slice(one_line(&about).collect::<String>().as_bytes());
    file.extend_from_slice(b"\n\n");
    file.extend_from_slice(&columns.finish());
    file
}

fn write_strings(name: &str, strings: &Strings, columns: &mut Writer) {
    columns.put(name, &strings.iter().collect::<Vec<_>>());
}

fn write_log(log: &QueryLog, keep: Keep, settings: &Settings, columns: &mut Writer) {
    columns.put("kind", if log.served.is_some() { &KIND_REQUESTS } else { &KIND_QUERIES });
    let (wall_clock, zone) = match &log.clock {
        Clock::Sequence => (false, None),
        Clock::Wall { zone } => (true, zone.as_deref()),
    };
    columns.put("wall_clock", &wall_clock);
    columns.put("zone", &zone);
    fingerprints::write("fingerprints", &log.fingerprints, columns);
    write_connections(&log.connections, columns);
    if let Some(results) = log.results() {
        return results::write(log, results, columns);
    }
    // They are results already.
    if let Some(statistics) = &log.statistics {
        columns.put("statistics.source", statistics.source);
        columns.put("statistics.entries", &statistics.entries);
        columns.put("statistics.inferred", &log.inferred);
        return;
    }
    if keep == Keep::Results {
        return results::write(log, &results::of(log, settings), columns);
    }
    write_requests(&log.requests, columns);
    columns.put("sites.frames", &list(&log.sites, |site| list(&site.frames, frame)));
    columns.put("sites.relation", &list(&log.sites, |site| site.relation.as_ref().map(relation)));
    let statements = &log.statements;
    columns.put("statements.start", &statements.start);
    columns.put("statements.duration", &statements.duration);
    columns.put("statements.fingerprint", &statements.fingerprint);
    columns.put("statements.connection", &statements.connection);
    columns.put("statements.failed", &statements.failed);
    columns.put("statements.parameters", &statements.parameters);
    columns.put("statements.request", &statements.request);
    columns.put("statements.site", &statements.site);
    columns.put("statements.rows", &statements.rows);
    columns.put("statements.rows_examined", &statements.rows_examined);
    columns.put("statements.transaction", &statements.transaction);
    columns.put("statements.lock_time", &statements.lock_time);
    if let Some(saved) = &log.saved {
        write_strings("texts", &saved.texts, columns);
        columns.put("statements.sql", &saved.sql);
        columns.put("statements.parameters_text", &saved.parameters);
    }
    if let Some(served) = &log.served {
        served::write(served, columns);
    }
    events::write(log, columns);
}

fn write_connections(connections: &[Connection], columns: &mut Writer) {
    columns.put("connections.process", &list(connections, |one| one.process.as_str()));
    columns.put("connections.database", &list(connections, |one| one.database.as_str()));
    columns.put("connections.user", &list(connections, |one| one.user.as_str()));
    columns.put("connections.application", &list(connections, |one| one.application.as_str()));
    columns.put("connections.client", &list(connections, |one| one.client.as_str()));
    columns.put("connections.thread", &list(connections, |one| one.thread));
}

fn write_requests(requests: &[Request], columns: &mut Writer) {
    columns.put("requests.method", &list(requests, |one| one.method.as_str()));
    columns.put("requests.path", &list(requests, |one| one.path.as_str()));
    columns.put("requests.view", &list(requests, |one| one.view.as_str()));
    columns.put("requests.status", &list(requests, |one| one.status));
    columns.put("requests.start", &list(requests, |one| one.start));
    columns.put("requests.duration", &list(requests, |one| one.duration));
    columns.put("requests.statements", &list(requests, |one| one.statements));
    columns.put("requests.database_time", &list(requests, |one| one.database_time));
    columns.put("requests.origin", &list(requests, |one| one.origin));
}

fn list<'a, T, R>(rows: &'a [T], of: impl FnMut(&'a T) -> R) -> Vec<R> {
    rows.iter().map(of).collect()
}

fn frame(frame: &Frame) -> (&str, u32, &str) {
    (&frame.file, frame.line, &frame.name)
}

fn relation(relation: &Relation) -> (crate::queries::RelationKind, &str, &str) {
    (relation.kind, &relation.name, &relation.accessor)
}

const A_PROFILE: &str = "a profile";
const A_LOG: &str = "an SQL log";
const RESULTS: &str = "the results of an SQL log, without single statements";
const A_SCHEMA: &str = "a schema";
const REQUESTS: &str = "a log of requests";

const KIND_PROFILE: u8 = 1;
const KIND_QUERIES: u8 = 2;
const KIND_SCHEMA: u8 = 3;
const KIND_REQUESTS: u8 = 4;

/// Whether `head` begins such a file.
pub fn is(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// What the file that `head` begins holds, as its line for people says: behind a name that may hold anything.
pub fn kind(head: &[u8]) -> Option<Kind> {
    let line = head.strip_prefix(MAGIC).and_then(|rest| rest.split(|&byte| byte == b'\n').next())?;
    let about = &line[..memchr::memmem::rfind(line, b". Left out: ")?];
    let said = [
        (Kind::Profile, A_PROFILE),
        (Kind::Schema, A_SCHEMA),
        (Kind::Queries, A_LOG),
        (Kind::Queries, RESULTS),
        (Kind::Requests, REQUESTS),
    ];
    said.into_iter().find(|(_, what)| about.ends_with(what.as_bytes())).map(|(kind, _)| kind)
}

/// Reads what [`write()`] wrote. `format` gives the id that a format of this version has, of what was written then.
///
/// # Errors
/// What is wrong, as the rest of a sentence, when it is damaged or cut short.
pub fn read(bytes: &[u8], format: &dyn Fn(&str) -> Option<&'static str>) -> Result<Document, String> {
    read_document(bytes, format).map_err(|Damaged(problem)| problem)
}

fn read_document(bytes: &[u8], format: &dyn Fn(&str) -> Option<&'static str>) -> Result<Document, Damaged> {
    let start = memchr::memmem::find(bytes, b"\n\n").ok_or_else(|| damaged("it is cut short"))? + 2;
    let columns = Reader::new(&bytes[start..])?;
    let content = match columns.take::<u8>("kind")? {
        KIND_PROFILE if PROFILES => Content::Profile(Box::new(profile::read(&columns)?)),
        KIND_QUERIES if LOGS => Content::Queries(Box::new(read_log(&columns, false)?)),
        KIND_REQUESTS if LOGS => Content::Requests(Box::new(read_log(&columns, true)?)),
        KIND_SCHEMA => Content::Schema(Box::new(columns.take("schema")?)),
        _ => return Err(damaged("it holds what this version does not know")),
    };
    let mut diagnostics = Diagnostics::default();
    for (warning, message, count, first) in
        columns.take::<Vec<(bool, String, u64, Option<String>)>>("diagnostics")?
    {
        let level = if warning { Level::Warning } else { Level::Info };
        diagnostics.note_many(level, &message, count, || first);
    }
    Ok(Document {
        name: columns.take("name")?,
        format: format(columns.take("format")?).unwrap_or(ID),
        content,
        diagnostics,
    })
}

fn damaged(problem: &str) -> Damaged {
    Damaged(problem.to_owned())
}

/// Whether all these columns have this many entries.
fn of_length(rows: usize, lengths: &[usize]) -> Result<(), Damaged> {
    if lengths.iter().all(|&length| length == rows) {
        Ok(())
    } else {
        Err(damaged("its columns are of different lengths"))
    }
}

/// Whether all ids are below `count`, or are [`NONE`] where that is allowed.
fn within(ids: &[u32], count: usize, or_none: bool) -> Result<(), Damaged> {
    if ids.iter().all(|&id| (id as usize) < count || (or_none && id == NONE)) {
        Ok(())
    } else {
        Err(damaged("it names what it does not have"))
    }
}

fn finite(columns: &[&[f64]]) -> Result<(), Damaged> {
    if columns.iter().all(|column| column.iter().all(|value| value.is_finite())) {
        Ok(())
    } else {
        Err(damaged("a time in it is no number"))
    }
}

fn read_strings(name: &str, columns: &Reader<'_>) -> Result<Strings, Damaged> {
    let mut strings = Strings::default();
    for (id, text) in columns.take::<Vec<&str>>(name)?.into_iter().enumerate() {
        if strings.intern(text) as usize != id {
            return Err(Damaged(format!("its column {name} has a text twice")));
        }
    }
    Ok(strings)
}

fn read_log(columns: &Reader<'_>, of_requests: bool) -> Result<QueryLog, Damaged> {
    let zone: Option<String> = columns.take("zone")?;
    let mut log = QueryLog {
        fingerprints: fingerprints::read("fingerprints", columns)?,
        connections: read_connections(columns)?,
        clock: if columns.take("wall_clock")? { Clock::Wall { zone } } else { Clock::Sequence },
        ..QueryLog::default()
    };
    let source: String = columns.take("statistics.source")?;
    if let Some(source) = SOURCES.iter().find(|known| **known == source) {
        let entries: Vec<Entry> = columns.take("statistics.entries")?;
        within(&list(&entries, |entry| entry.fingerprint), log.fingerprints.len(), false)?;
        let statistics = Statistics { source, entries };
        return Ok(QueryLog::of_statistics(
            statistics,
            log.fingerprints,
            columns.take("statistics.inferred")?,
        ));
    }
    let mut saved = Saved::default();
    if let Some(executions) = columns.take::<Option<u32>>("results.executions")? {
        log.numbers = results::read_numbers(columns)?;
        let results = Results {
            executions,
            span: columns.take("results.span")?,
            // An earlier version kept other things under "results.report".
            judgement: columns
                .take::<Option<Report>>("results.judgement")?
                .ok_or_else(|| damaged("it has no findings that this version knows"))?
                .to_bytes(),
        };
        of_length(log.fingerprints.len(), &[log.numbers.len()])?;
        saved.results = Some(results);
    } else {
        log.requests = read_requests(columns)?;
        log.sites = read_sites(columns)?;
        log.statements = read_statements(columns, &log, of_requests)?;
        if of_requests {
            log.served = Some(served::read(columns, log.statements.len())?);
        }
        log.numbers = digest::numbers(&log);
        saved.texts = read_strings("texts", columns)?;
        saved.sql = columns.take("statements.sql")?;
        saved.parameters = columns.take("statements.parameters_text")?;
        for ids in [&saved.sql, &saved.parameters] {
            within(ids, saved.texts.len(), true)?;
        }
        (log.events, saved.events) = events::read(columns, &log)?;
    }
    log.saved = Some(Box::new(saved));
    Ok(log)
}

fn read_connections(columns: &Reader<'_>) -> Result<Vec<Connection>, Damaged> {
    let process: Vec<String> = columns.take("connections.process")?;
    let database: Vec<String> = columns.take("connections.database")?;
    let user: Vec<String> = columns.take("connections.user")?;
    let application: Vec<String> = columns.take("connections.application")?;
    let client: Vec<String> = columns.take("connections.client")?;
    let thread: Vec<Option<u64>> = columns.take("connections.thread")?;
    of_length(process.len(), &[database.len(), user.len(), application.len(), client.len()])?;
    let rows = process.into_iter().zip(database).zip(user).zip(application).zip(client);
    Ok(rows
        .enumerate()
        .map(|(at, ((((process, database), user), application), client))| Connection {
            process,
            database,
            user,
            application,
            client,
            // Earlier versions had none.
            thread: thread.get(at).copied().flatten(),
        })
        .collect())
}

fn read_requests(columns: &Reader<'_>) -> Result<Vec<Request>, Damaged> {
    let method: Vec<String> = columns.take("requests.method")?;
    let path: Vec<String> = columns.take("requests.path")?;
    let view: Vec<String> = columns.take("requests.view")?;
    let status: Vec<u16> = columns.take("requests.status")?;
    let start: Vec<f64> = columns.take("requests.start")?;
    let duration: Vec<f64> = columns.take("requests.duration")?;
    let statements: Vec<u32> = columns.take("requests.statements")?;
    let database_time: Vec<f64> = columns.take("requests.database_time")?;
    let origin: Vec<Origin> = columns.take("requests.origin")?;
    let lengths = [
        path.len(),
        view.len(),
        status.len(),
        start.len(),
        duration.len(),
        statements.len(),
        database_time.len(),
        origin.len(),
    ];
    of_length(method.len(), &lengths)?;
    finite(&[&start, &duration, &database_time])?;
    let rows = method.into_iter().zip(path).zip(view).enumerate();
    Ok(rows
        .map(|(at, ((method, path), view))| Request {
            method,
            path,
            view,
            status: status[at],
            start: start[at],
            duration: duration[at],
            statements: statements[at],
            database_time: database_time[at],
            origin: origin[at],
            ..Request::default()
        })
        .collect())
}

fn read_sites(columns: &Reader<'_>) -> Result<Vec<Site>, Damaged> {
    let frames: Vec<Vec<(String, u32, String)>> = columns.take("sites.frames")?;
    let relations: Vec<Option<(crate::queries::RelationKind, String, String)>> =
        columns.take("sites.relation")?;
    of_length(frames.len(), &[relations.len()])?;
    let site = |(frames, relation): (Vec<(String, u32, String)>, Option<_>)| Site {
        frames: frames.into_iter().map(|(file, line, name)| Frame { file, line, name }).collect(),
        relation: relation.map(|(kind, name, accessor)| Relation { kind, name, accessor }),
    };
    Ok(frames.into_iter().zip(relations).map(site).collect())
}

fn read_statements(columns: &Reader<'_>, log: &QueryLog, of_requests: bool) -> Result<Statements, Damaged> {
    let start: Vec<f64> = columns.take("statements.start")?;
    let count = start.len();
    let statements = Statements {
        start,
        duration: columns.take("statements.duration")?,
        fingerprint: columns.take("statements.fingerprint")?,
        connection: columns.take("statements.connection")?,
        offset: vec![0; count],
        length: vec![0; count],
        failed: columns.take("statements.failed")?,
        parameters: columns.take("statements.parameters")?,
        request: columns.take("statements.request")?,
        site: columns.take("statements.site")?,
        rows: columns.take("statements.rows")?,
        rows_examined: columns.take("statements.rows_examined")?,
        transaction: columns.take("statements.transaction")?,
        lock_time: columns.take("statements.lock_time")?,
        ..Statements::default()
    };
    let Statements {
        start,
        duration,
        fingerprint,
        connection,
        failed,
        parameters,
        request,
        site,
        rows,
        transaction,
        ..
    } = &statements;
    let lengths = [duration.len(), fingerprint.len(), connection.len(), failed.len(), parameters.len()];
    of_length(count, &lengths)?;
    of_length(if of_requests { 0 } else { count }, &[request.len()])?;
    let rare = [
        site.len(),
        rows.len(),
        statements.rows_examined.len(),
        transaction.len(),
        statements.lock_time.len(),
    ];
    for rare in rare {
        of_length(if rare == 0 { 0 } else { count }, &[rare])?;
    }
    within(fingerprint, log.fingerprints.len(), false)?;
    within(connection, log.connections.len(), false)?;
    within(request, log.requests.len(), false)?;
    within(site, log.sites.len(), true)?;
    finite(&[start])?;
    if duration.iter().chain(&statements.lock_time).any(|time| time.is_infinite()) {
        return Err(damaged("a time in it is no number"));
    }
    if !start.is_sorted() {
        return Err(damaged("its statements are not in order"));
    }
    Ok(statements)
}
