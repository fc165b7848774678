//! SQL that Django's tools print to the terminal: debug-toolbar's
//! [`debugsqlshell`](https://django-debug-toolbar.readthedocs.io/en/latest/commands.html), whose statements
//! end in `[0.40ms]`, and django-extensions'
//! [`runserver_plus --print-sql`](https://django-extensions.readthedocs.io/en/latest/runserver_plus.html) and
//! `shell_plus --print-sql`, where `Execution time: 0.000400s [Database: default]` follows, in colours.
//!
//! What else a terminal shows is passed over; the line a server prints of a request names those before it.

use memchr::{memchr, memmem};

use super::assert_queries::begins_sql;
use super::records::{RECORD_LIMIT, Records, trim_end, trim_mark};
use super::{About, Format, ImportError, Kind, StatementText, offset_in};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::{Category, category};
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, Frame, LogBuilder, NONE, Origin, Request, Site};

/// SQL as printed by Django's tools.
pub struct PrintSql;

const RECORD: &str = "python manage.py runserver_plus --print-sql-location --nothreading 2>&1 | tee sql.log\n\
    Of django-extensions; also shell_plus --print-sql, and debug-toolbar's debugsqlshell. Without times of day.";

/// For the registry.
pub static ABOUT: About = About {
    id: "django-print-sql",
    title: "SQL printed by runserver_plus, shell_plus or debugsqlshell",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// More own frames are not kept.
const FRAMES: usize = 20;

impl Format for PrintSql {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let mut began = false;
        for line in trim_mark(head).split(|&byte| byte == b'\n') {
            let bare = plain(line);
            if execution_time(&bare).is_some() {
                return 88;
            }
            began |= begins_sql(&bare);
            if began && bracketed(&bare).is_some() {
                return 75;
            }
        }
        0
    }

    fn begins(&self, head: &[u8]) -> usize {
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n');
        let is_first = |line: &&[u8]| {
            let bare = plain(line);
            begins_sql(&bare) || execution_time(&bare).is_some()
        };
        lines.find(is_first).map_or(0, |line| offset_in(head, line))
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut reader = Reader::default();
        let mut records = Records::new(input);
        while let Some(line) = records.next(|_, _| false).map_err(|error| ImportError::reading(&error))? {
            if line.cut {
                let problem = "lines longer than 64 MB were cut";
                reader.diagnostics.note(Level::Warning, problem, || line.place());
            }
            reader.line(&plain(trim_mark(line.bytes)), line.offset, line.bytes.len());
        }
        Ok(reader.finish(name, self.id()))
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let text = plain(trim_mark(record));
        let text = text.trim_ascii();
        let sql = bracketed(text).map_or(text, |(sql, _)| sql);
        Some(StatementText { sql: String::from_utf8_lossy(sql).into_owned(), parameters: None })
    }
}

/// A text without the terminal's colours: `ESC [ … m`.
fn plain(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = trim_end(text);
    while let Some(at) = memmem::find(rest, b"\x1b[") {
        plain.extend_from_slice(&rest[..at]);
        let after = &rest[at + 2..];
        let end = after.iter().position(|byte| !byte.is_ascii_digit() && *byte != b';');
        // The letter that ends the sequence goes with it.
        rest = end.map_or(&[][..], |end| after.get(end + 1..).unwrap_or_default());
    }
    plain.extend_from_slice(rest);
    plain
}

/// `SELECT 1 [0.40ms]`: the SQL and the milliseconds.
fn bracketed(line: &[u8]) -> Option<(&[u8], f64)> {
    let inner = line.strip_suffix(b"ms]")?;
    let open = inner.iter().rposition(|&byte| byte == b'[')?;
    let digits = str::from_utf8(&inner[open + 1..]).ok()?;
    let two = digits.split_once('.').is_some_and(|(whole, part)| {
        part.len() == 2 && [whole, part].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let value = digits.parse().ok().filter(|_| two)?;
    Some((inner[..open].strip_suffix(b" ")?, value))
}

/// `Execution time: 0.000705s [Database: default]`: milliseconds and the alias. Before version 1.8 of
/// django-extensions without the database.
fn execution_time(line: &[u8]) -> Option<(f64, String)> {
    let rest = line.strip_prefix(b"Execution time: ")?;
    let end = memchr(b's', rest)?;
    let seconds: f64 = str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    let database = memmem::find(rest, b"[Database: ").map_or(&[][..], |at| {
        let name = &rest[at + b"[Database: ".len()..];
        &name[..memchr(b']', name).unwrap_or(name.len())]
    });
    let value = seconds * 1000.0;
    (value.is_finite() && value >= 0.0).then(|| (value, String::from_utf8_lossy(database).into_owned()))
}

/// The line of Django's or werkzeug's server: `[date] "GET /orders/ HTTP/1.1" 200 5120`.
fn served(line: &[u8]) -> Option<Request> {
    let text = str::from_utf8(line).ok()?;
    let (_, rest) = text.split_once('"')?;
    let (asked, rest) = rest.split_once('"')?;
    let mut words = asked.split(' ');
    let (method, path, version) = (words.next()?, words.next()?, words.next()?);
    let status = rest.split_whitespace().next()?.parse().ok()?;
    let known = version.starts_with("HTTP/") && method.bytes().all(|byte| byte.is_ascii_uppercase());
    known.then(|| Request {
        method: method.to_owned(),
        path: path.to_owned(),
        status,
        origin: Origin::Identified,
        ..Request::default()
    })
}

/// `  File "/srv/shop/views.py", line 15, in view`, if that is the user's own.
fn frame(line: &[u8]) -> Option<Frame> {
    let line = str::from_utf8(line).ok()?;
    let (file, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
    let (number, name) = rest.split_once(", in ")?;
    let own = category::classify(file, name) == Category::Own;
    own.then(|| Some(Frame { file: file.to_owned(), line: number.parse().ok()?, name: name.to_owned() }))?
}

#[derive(Default)]
struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    /// The statement so far: where it begins, how long its record is, and its text.
    current: Option<(u64, usize, Vec<u8>)>,
    /// Statements whose request is not known yet.
    waiting: Vec<Statement>,
    /// Inside a stack: its own frames, outermost first.
    stack: Option<Vec<Frame>>,
    requests: u64,
}

impl Reader {
    fn line(&mut self, line: &[u8], offset: u64, length: usize) {
        if let Some(stack) = &mut self.stack {
            // It ends with a blank line.
            if !line.trim_ascii().is_empty() {
                stack.extend(frame(line));
                return;
            }
            self.end_of_stack();
            return;
        }
        if let Some((duration, database)) = execution_time(line) {
            self.end(duration, &database, false);
        } else if line == b"Location of SQL Call:" {
            self.stack = Some(Vec::new());
        } else if let Some(request) = served(line) {
            self.drop_current();
            self.requests += 1;
            let id = self.builder.request(&self.requests.to_le_bytes(), || request);
            self.flush(id);
        } else {
            match &mut self.current {
                Some((_, whole, text)) if text.len() < RECORD_LIMIT => {
                    *whole += length;
                    text.push(b'\n');
                    text.extend_from_slice(line);
                }
                Some(_) => {}
                None if begins_sql(line) => self.current = Some((offset, length, line.to_vec())),
                None => return,
            }
            if let Some((_, duration)) = bracketed(line) {
                self.end(duration, "", true);
            }
        }
    }

    /// The statement is whole; with a `bracket` its time is at its own end.
    fn end(&mut self, duration: f64, database: &str, bracket: bool) {
        let Some((offset, whole, text)) = self.current.take() else {
            // django-extensions prints what Django could not say as well.
            let problem = "times without a statement were skipped";
            self.diagnostics.note(Level::Info, problem, || None);
            return;
        };
        let text = text.trim_ascii();
        let sql = if bracket { bracketed(text).map_or(text, |(sql, _)| sql) } else { text };
        let recognised = self.builder.fingerprint(sql, Dialect::guess(sql), None);
        let connection = self.builder.connection(&[database.as_bytes()], || Connection {
            database: database.to_owned(),
            ..Connection::default()
        });
        self.waiting.push(Statement {
            duration,
            offset,
            length: u32::try_from(whole).unwrap_or(u32::MAX),
            ..Statement::new(recognised, connection)
        });
    }

    fn end_of_stack(&mut self) {
        let mut frames = self.stack.take().unwrap_or_default();
        frames.reverse();
        frames.truncate(FRAMES);
        if !frames.is_empty() {
            let site = self.builder.site(Site { frames, relation: None });
            if let Some(last) = self.waiting.last_mut() {
                last.site = site;
            }
        }
    }

    fn drop_current(&mut self) {
        if let Some((offset, ..)) = self.current.take() {
            let problem = "statements without their time were skipped";
            self.diagnostics.note(Level::Info, problem, || Some(format!("byte {offset}")));
        }
    }

    fn flush(&mut self, request: u32) {
        for statement in self.waiting.drain(..) {
            self.builder.push(Statement { request, ..statement });
        }
    }

    fn finish(mut self, name: String, format: &'static str) -> Document {
        if self.stack.is_some() {
            self.end_of_stack();
        }
        self.drop_current();
        self.flush(NONE);
        let Self { builder, mut diagnostics, .. } = self;
        let (level, problem) = if builder.is_empty() {
            (
                Level::Warning,
                "no statement in it: runserver_plus prints them only with --print-sql, and DEBUG = True",
            )
        } else {
            (Level::Info, "the output has no times of day: statements are laid end to end, in their order")
        };
        diagnostics.note(level, problem, || None);
        let log = builder.finish(Clock::Sequence, None);
        Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
    }
}
