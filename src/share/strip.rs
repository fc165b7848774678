//! The document as it is handed on. Whoever reads this file knows what can be in one: each column is
//! named, and what is not named here is not there.

#![allow(
    clippy::needless_update,
    reason = "what is added to these types later is left out until it is named here"
)]

use std::io;

use rustc_hash::FxHashMap;

use super::events::of_events;
use super::mask::{self, Names};
use super::measured::{of_lines, of_measures, of_series};
use super::{Strip, served, texts};
use crate::document::{Content, Diagnostics, Document, LOGS, Level, PROFILES};
use crate::import;
use crate::input::Source;
use crate::profile::{Functions, Profile, Strings};
use crate::queries::columns::columns;
use crate::queries::fingerprint;
use crate::queries::lexer::Dialect;
use crate::queries::saved::Saved;
use crate::queries::statistics::{Entry, Statistics};
use crate::queries::{
    Clock, Connection, Fingerprint, Frame, NONE, Origin, QueryLog, Relation, Request, Site, Statements,
};
use crate::schema::{Index, Part, Schema, Table};

/// `document` without what `strip` says; `source` is its file, which is asked for the texts that stay.
///
/// # Errors
/// When the file cannot be read again.
pub fn strip(document: &Document, source: &dyn Source, strip: Strip) -> io::Result<Document> {
    let content = match &document.content {
        Content::Profile(profile) if PROFILES => Content::Profile(Box::new(of_profile(profile, strip))),
        Content::Queries(log) if LOGS => {
            Content::Queries(Box::new(of_log(log, document.format, source, strip)?))
        }
        Content::Requests(log) if LOGS => {
            Content::Requests(Box::new(of_log(log, document.format, source, strip)?))
        }
        Content::Schema(schema) if LOGS => Content::Schema(Box::new(of_schema(schema, strip))),
        other => other.clone(),
    };
    let mut diagnostics = Diagnostics::default();
    for entry in document.diagnostics.entries() {
        let message = mask::message(&entry.message);
        diagnostics
            .note_many(entry.level, &message, entry.count, || entry.first.as_deref().and_then(mask::place));
    }
    if !strip.is_nothing() {
        let what = match &document.content {
            Content::Requests(_) => served::in_words(strip),
            _ => strip.in_words(),
        };
        let note = format!("left out before it was saved: {what}");
        diagnostics.note(Level::Info, &note, || None);
    }
    Ok(Document { name: document.name.clone(), format: document.format, content, diagnostics })
}

fn of_profile(profile: &Profile, strip: Strip) -> Profile {
    let Functions {
        files,
        names,
        file,
        line,
        name,
        calls,
        sampled,
        writer,
        primitive_calls,
        self_time,
        total_time,
        cycles,
    } = &profile.functions;
    let mut functions = Functions {
        files: files.clone(),
        names: names.clone(),
        file: file.clone(),
        line: line.clone(),
        name: name.clone(),
        calls: calls.clone(),
        sampled: *sampled,
        writer: *writer,
        primitive_calls: primitive_calls.clone(),
        self_time: self_time.clone(),
        total_time: total_time.clone(),
        cycles: cycles.clone(),
    };
    let mut renamed = Names::default();
    if strip.paths {
        functions.files = Strings::default();
        for file in files.iter() {
            // Each stays a name of its own: the ids stay.
            functions.files.intern(&renamed.file(file));
        }
    }
    Profile {
        unit: profile.unit,
        functions,
        edges: profile.edges.clone(),
        by_line: profile.by_line,
        recorded_tree: profile.recorded_tree.clone().map(|mut recorded| {
            if strip.paths {
                for (number, track) in recorded.stacks.tracks.iter_mut().enumerate() {
                    // A command line is a name as well.
                    if track.name.contains(['/', '\\']) {
                        track.name = format!("track {}", number + 1);
                    }
                }
            }
            recorded
        }),
        // Moments and lengths: when something ran is no name.
        // Of the whole only.
        estimated_tree: None,
        spans: profile.spans.clone(),
        measures: profile.measures.as_ref().map(of_measures),
        line_table: profile.line_table.as_deref().map(|table| Box::new(of_lines(table, strip, &mut renamed))),
        series: profile.series.as_deref().map(|series| Box::new(of_series(series, strip, &mut renamed))),
    }
}

/// Values stand in the conditions and expressions of indexes.
fn of_schema(schema: &Schema, strip: Strip) -> Schema {
    let masked = |text: &str| {
        let text = fingerprint::text(text.as_bytes(), Dialect::guess(text.as_bytes()));
        mask::fingerprint(&text)
    };
    let sql = |text: &str| if strip.literals { masked(text) } else { text.to_owned() };
    let part = |part: &Part| {
        let Part { column, rest } = part;
        // Of a column these are words: DESC, an operator class.
        let rest = if column.is_some() { rest.clone() } else { sql(rest) };
        Part { column: column.clone(), rest }
    };
    let index = |index: &Index| {
        let Index { name, kind, parts, includes, method, condition } = index;
        Index {
            name: name.clone(),
            kind: *kind,
            parts: parts.iter().map(part).collect(),
            includes: includes.clone(),
            method: method.clone(),
            condition: condition.as_deref().map(sql),
        }
    };
    let table = |table: &Table| {
        let Table { name, columns, indexes, foreign_keys, whole } = table;
        Table {
            name: name.clone(),
            columns: columns.clone(),
            indexes: indexes.iter().map(index).collect(),
            foreign_keys: foreign_keys.clone(),
            whole: *whole,
        }
    };
    Schema { tables: schema.tables.iter().map(table).collect() }
}

fn of_log(log: &QueryLog, format: &str, source: &dyn Source, strip: Strip) -> io::Result<QueryLog> {
    let mut names = Names::default();
    let of_requests = log.served.is_some();
    let fingerprints: Vec<Fingerprint> = match of_requests {
        true => {
            let route = |it: &Fingerprint| served::route(&it.text, strip, &mut names);
            let routes = log.fingerprints.iter().map(route);
            routes.map(|text| Fingerprint { text, ..Fingerprint::default() }).collect()
        }
        false => log.fingerprints.iter().map(|fingerprint| of_fingerprint(fingerprint, strip)).collect(),
    };
    let mut connections: Vec<Connection> =
        log.connections.iter().map(|one| of_connection(one, strip, &mut names)).collect();
    if of_requests && strip.parameters {
        // Whoever logged in is a parameter of a request, not the database's user.
        connections.iter_mut().for_each(|one| one.user = names.name("user", &one.user));
    }
    if of_requests && !strip.is_nothing() {
        // Whatever a log calls its workers: addresses are whose they are.
        connections
            .iter_mut()
            .filter(|one| mask::has_address(&one.process))
            .for_each(|one| one.process.clear());
    }
    let sites = log.sites.iter().map(|site| of_site(site, strip, &mut names)).collect();
    let requests = log.requests.iter().enumerate();
    let requests = requests.map(|(at, request)| of_request(request, at, strip, &mut names)).collect();
    let (mut events, said) = of_events(log, import::by_id(format), source, strip, &mut names)?;
    events.unfinished = log.events.unfinished.iter().map(|one| of_fingerprint(one, strip)).collect();
    let saved = match of_requests {
        // A line is all that the server wrote of a request: agents, referers, queries.
        true => Saved::default(),
        false => Saved { events: said, ..of_texts(log, format, source, strip)? },
    };
    Ok(QueryLog {
        fingerprints,
        numbers: log.numbers.clone(),
        connections,
        sites,
        requests,
        statements: of_statements(&log.statements),
        clock: match &log.clock {
            Clock::Sequence => Clock::Sequence,
            Clock::Wall { zone } => Clock::Wall { zone: zone.clone().filter(|zone| is_zone(zone)) },
        },
        // It quotes the file.
        inferred: None,
        events,
        served: log.served.as_deref().map(|served| Box::new(served::of_served(served, strip, &mut names))),
        statistics: log.statistics.as_deref().map(|statistics| Box::new(of_statistics(statistics))),
        saved: Some(Box::new(saved)),
        ..QueryLog::default()
    })
}

/// The counters, without the hash of the user and the database that each is of: likely names could be
/// tried.
fn of_statistics(statistics: &Statistics) -> Statistics {
    let mut numbers: FxHashMap<u64, u64> = FxHashMap::default();
    let entries = statistics.entries.iter().map(|entry| {
        let next = numbers.len() as u64;
        Entry { identity: *numbers.entry(entry.identity).or_insert(next), ..*entry }
    });
    Statistics { source: statistics.source, entries: entries.collect() }
}

/// The columns, without the places in a file that is not handed on. Hashes of parameters could be
/// found out by trying likely values: they become numbers in the order in which they appear.
fn of_statements(statements: &Statements) -> Statements {
    let mut numbers: FxHashMap<u64, u64> = FxHashMap::default();
    let parameters = statements.parameters.iter().map(|&hash| {
        let next = numbers.len() as u64;
        *numbers.entry(hash).or_insert(next)
    });
    Statements {
        start: statements.start.clone(),
        duration: statements.duration.clone(),
        fingerprint: statements.fingerprint.clone(),
        connection: statements.connection.clone(),
        offset: vec![0; statements.len()],
        length: vec![0; statements.len()],
        failed: statements.failed.clone(),
        parameters: parameters.collect(),
        request: statements.request.clone(),
        site: statements.site.clone(),
        rows: statements.rows.clone(),
        rows_examined: statements.rows_examined.clone(),
        transaction: statements.transaction.clone(),
        lock_time: statements.lock_time.clone(),
        ..Statements::default()
    }
}

fn of_texts(log: &QueryLog, format: &str, source: &dyn Source, strip: Strip) -> io::Result<Saved> {
    let mut saved = Saved::default();
    if let Some(results) = log.results() {
        saved.results = Some(results.clone());
        return Ok(saved);
    }
    if strip.literals && strip.parameters {
        return Ok(saved);
    }
    let column = |left_out: bool| if left_out { Vec::new() } else { vec![NONE; log.statements.len()] };
    (saved.sql, saved.parameters) = (column(strip.literals), column(strip.parameters));
    texts::each(log, import::by_id(format), source, |at, text| {
        if let Some(place) = saved.sql.get_mut(at) {
            *place = saved.texts.intern(&text.sql);
        }
        if let (Some(place), Some(parameters)) = (saved.parameters.get_mut(at), text.parameters) {
            *place = saved.texts.intern(&parameters);
        }
    })?;
    Ok(saved)
}

fn of_fingerprint(fingerprint: &Fingerprint, strip: Strip) -> Fingerprint {
    let Fingerprint {
        text,
        operation,
        tables,
        columns: uses,
        longest_list,
        lists,
        largest_offset,
        largest_limit,
        is_mysql,
    } = fingerprint;
    let rows = |number: u64| if strip.literals { leading_digit(number) } else { number };
    let masked = if strip.literals { mask::fingerprint(text) } else { text.clone() };
    // What was taken for a column may have been what is masked.
    let columns = if masked == *text {
        uses.clone()
    } else {
        columns(masked.as_bytes(), Dialect::guess(masked.as_bytes()))
    };
    let tables = tables.iter().map(|table| if strip.literals { mask::table(table) } else { table.clone() });
    Fingerprint {
        tables: tables.collect(),
        text: masked,
        operation: *operation,
        columns,
        // How many there were, not which.
        longest_list: *longest_list,
        lists: *lists,
        largest_offset: rows(*largest_offset),
        largest_limit: rows(*largest_limit),
        is_mysql: *is_mysql,
    }
}

/// 123,457 as 100,000: how far an OFFSET goes is worth knowing, but the number is a literal.
fn leading_digit(number: u64) -> u64 {
    let power = number.checked_ilog10().map_or(1, |digits| 10_u64.pow(digits));
    number / power * power
}

fn of_connection(connection: &Connection, strip: Strip, names: &mut Names) -> Connection {
    let Connection { process, database, user, application, client, thread } = connection;
    // As a profile's tracks have it, which it is told by.
    let thread = *thread;
    if !strip.paths {
        return Connection {
            thread,
            process: process.clone(),
            database: database.clone(),
            user: user.clone(),
            application: application.clone(),
            client: client.clone(),
        };
    }
    Connection {
        process: names.process(process),
        database: names.name("database", database),
        user: names.name("user", user),
        application: names.name("application", application),
        client: names.name("host", client),
        thread,
    }
}

fn of_request(request: &Request, at: usize, strip: Strip, names: &mut Names) -> Request {
    let identified = request.origin == Origin::Identified && request.method.is_empty();
    let path = match (strip.paths, strip.parameters || strip.literals) {
        (false, false) => request.path.clone(),
        _ if request.path.is_empty() => String::new(),
        // An id out of a comment or a log's field: any number will do.
        _ if identified => (at + 1).to_string(),
        (true, _) => names.address(&request.path),
        (false, true) => mask::request_path(&request.path),
    };
    Request {
        method: served::method(&request.method),
        path,
        view: if strip.literals || strip.parameters || strip.paths {
            mask::view(&request.view)
        } else {
            request.view.clone()
        },
        status: request.status,
        start: request.start,
        duration: request.duration,
        statements: request.statements,
        database_time: request.database_time,
        origin: request.origin,
        ..Request::default()
    }
}

fn of_site(site: &Site, strip: Strip, names: &mut Names) -> Site {
    let frame = |frame: &Frame| Frame {
        file: if strip.paths { names.file(&frame.file) } else { frame.file.clone() },
        line: frame.line,
        name: frame.name.clone(),
    };
    Site {
        frames: site.frames.iter().map(frame).collect(),
        relation: site.relation.as_ref().map(|relation| Relation {
            kind: relation.kind,
            name: relation.name.clone(),
            accessor: relation.accessor.clone(),
        }),
    }
}

/// Whether it is a zone's name or offset and nothing else.
fn is_zone(zone: &str) -> bool {
    zone.len() <= 40 && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-:/_".contains(&byte))
}
