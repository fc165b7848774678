//! What a test prints when it ran another number of queries than it expected: Django's
//! [`assertNumQueries`](https://docs.djangoproject.com/en/stable/topics/testing/tools/#django.test.TransactionTestCase.assertNumQueries)
//! (`_AssertNumQueriesContext` in `django/test/testcases.py`) and pytest-django's
//! [`django_assert_num_queries`](https://pytest-django.readthedocs.io/en/latest/helpers.html) (`fixtures.py`),
//! within whatever the test runner prints around them.
//!
//! There are no times at all. Each failed assertion is a request: what one test ran.

use memchr::memmem;

use super::mysql_slow::is_open;
use super::records::{RECORD_LIMIT, Records, shown, trim_end, trim_mark};
use super::{About, Format, ImportError, Kind, StatementText, offset_in};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::queries::lexer::Dialect;
use crate::queries::statements::Statement;
use crate::queries::{Clock, Connection, LogBuilder, Origin, Request};

/// The output of failed assertions about queries.
pub struct AssertQueries;

const RECORD: &str = "with self.assertNumQueries(0):\n\
    Paste what the failed test prints: Django's assertNumQueries, or pytest-django's \
    django_assert_num_queries with -v. It has no times: counts, N+1 and duplicates are found.";

/// For the registry.
pub static ABOUT: About = About {
    id: "assert-num-queries",
    title: "assertNumQueries' output",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

/// So many numbers within a literal are believed.
const DOUBTS: u32 = 64;

/// Failed assertions that are named one by one.
const NAMED: u64 = 20;

impl Format for AssertQueries {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let lines = || trim_mark(head).split(|&byte| byte == b'\n');
        if lines().any(|line| matches!(Counts::of(line), Some(Counts { pytest: false, .. })))
            && memmem::find(head, b"Captured queries were:").is_some()
        {
            return 96;
        }
        if lines().any(|line| Counts::of(line).is_some()) { 90 } else { 0 }
    }

    fn begins(&self, head: &[u8]) -> usize {
        let mut lines = trim_mark(head).split(|&byte| byte == b'\n');
        let place = |line: &[u8]| {
            let words: [&[u8]; 2] = [b" queries executed", b"Expected to perform "];
            let within = words.into_iter().filter_map(|words| memmem::find(line, words)).min().unwrap_or(0);
            offset_in(head, line) + within
        };
        lines.find(|line| Counts::of(line).is_some()).map_or(0, place)
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
            reader.line(trim_mark(line.bytes), line.offset, line.bytes.len());
        }
        Ok(reader.finish(name, self.id()))
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        let sql = unmarked(record);
        Some(StatementText {
            sql: String::from_utf8_lossy(number(&sql).map_or(&sql[..], |(_, sql)| sql)).into_owned(),
            parameters: None,
        })
    }
}

/// `3 != 1 : 3 queries executed, 1 expected`, or `Expected to perform 1 queries but 3 were done`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Counts {
    executed: u64,
    expected: u64,
    /// Whether fewer would have been right as well.
    at_most: bool,
    pytest: bool,
}

impl Counts {
    fn of(line: &[u8]) -> Option<Self> {
        if let Some(at) = memmem::find(line, b" queries executed, ") {
            let executed = last_number(&line[..at])?;
            let (expected, rest) = first_number(&line[at + b" queries executed, ".len()..])?;
            return rest.starts_with(b" expected").then_some(Self {
                executed,
                expected,
                at_most: false,
                pytest: false,
            });
        }
        let at = memmem::find(line, b"Expected to perform ")?;
        let (expected, rest) = first_number(&line[at + b"Expected to perform ".len()..])?;
        let rest = rest.strip_prefix(b" queries ")?;
        let (rest, at_most) = match rest.strip_prefix(b"or less ") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (executed, rest) = first_number(rest.strip_prefix(b"but ")?)?;
        let done = rest.starts_with(b" was done") || rest.starts_with(b" were done");
        done.then_some(Self { executed, expected, at_most, pytest: true })
    }
}

fn first_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take(18).take_while(|byte| byte.is_ascii_digit()).count();
    let value = str::from_utf8(&text[..digits]).ok()?.parse().ok()?;
    Some((value, &text[digits..]))
}

fn last_number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().rev().take(18).take_while(|byte| byte.is_ascii_digit()).count();
    str::from_utf8(&text[text.len() - digits..]).ok()?.parse().ok()
}

/// The mark pytest puts before each line of an error: `E` and blanks.
fn mark(line: &[u8]) -> &[u8] {
    if !line.starts_with(b"E ") {
        return b"";
    }
    let blanks = line[1..].iter().take_while(|&&byte| byte == b' ').count();
    &line[..1 + blanks]
}

/// The lines of a record without pytest's mark.
fn unmarked(record: &[u8]) -> Vec<u8> {
    let mark = mark(record);
    let text = record.trim_ascii_end();
    if mark.is_empty() {
        return text.to_vec();
    }
    let lines = text.split(|&byte| byte == b'\n');
    let bare: Vec<&[u8]> = lines.map(|line| line.strip_prefix(mark).unwrap_or(line)).collect();
    bare.join(&b'\n').trim_ascii().to_vec()
}

/// `12. SELECT …`
fn number(line: &[u8]) -> Option<(u64, &[u8])> {
    let (value, rest) = first_number(line)?;
    Some((value, rest.strip_prefix(b". ")?))
}

/// Whether a line begins a statement: what Django's own log may hold.
pub(super) fn begins_sql(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 28] = [
        b"SELECT",
        b"INSERT",
        b"UPDATE",
        b"DELETE",
        b"BEGIN",
        b"COMMIT",
        b"ROLLBACK",
        b"SAVEPOINT",
        b"RELEASE",
        b"WITH",
        b"CREATE",
        b"ALTER",
        b"DROP",
        b"SET",
        b"PRAGMA",
        b"EXPLAIN",
        b"DECLARE",
        b"FETCH",
        b"CLOSE",
        b"LOCK",
        b"SHOW",
        b"TRUNCATE",
        b"CALL",
        b"VALUES",
        b"REPLACE",
        b"START",
        b"MERGE",
        b"ANALYZE",
    ];
    let line = line.strip_prefix(b"(").unwrap_or(line);
    WORDS.iter().any(|word| {
        line.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
            && !line.get(word.len()).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    })
}

/// Where in the output one is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Between assertions.
    Outside,
    /// After the counts: the list is to come.
    Announced,
    /// In a list of numbered statements, so many of which have begun.
    Numbered(u64),
    /// In a list of statements without numbers, each on a line (Django before 2.1).
    Lines,
    /// In pytest-django's list, with blank lines between; whether the last line was one.
    Paragraphs(bool),
}

struct Reader {
    builder: LogBuilder,
    diagnostics: Diagnostics,
    state: State,
    counts: Counts,
    /// Statements of this assertion so far.
    found: u64,
    request: u32,
    mark: Vec<u8>,
    /// The statement so far: where it begins, and its lines.
    current: Option<(u64, usize, Vec<u8>)>,
    /// The test whose output this is.
    test: String,
    assertions: u64,
    /// Numbers within the statement so far that were taken for part of a literal.
    doubts: u32,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            builder: LogBuilder::default(),
            diagnostics: Diagnostics::default(),
            state: State::Outside,
            counts: Counts { executed: 0, expected: 0, at_most: false, pytest: false },
            found: 0,
            request: 0,
            mark: Vec::new(),
            current: None,
            test: String::new(),
            assertions: 0,
            doubts: 0,
        }
    }
}

impl Reader {
    fn line(&mut self, line: &[u8], offset: u64, length: usize) {
        if let Some(counts) = Counts::of(line) {
            self.end();
            self.begin(counts, line);
            return;
        }
        let text = trim_end(line);
        if self.state == State::Outside {
            self.name(text);
            return;
        }
        let bare = match text.strip_prefix(self.mark.as_slice()) {
            Some(bare) => bare,
            // An empty line of the error has its mark without the blanks.
            None if text.trim_ascii_end() == b"E" => b"",
            None => {
                self.end();
                self.name(text);
                return;
            }
        };
        self.listed(bare, line, offset, length);
    }

    /// One line within an assertion's message.
    fn listed(&mut self, bare: &[u8], line: &[u8], offset: u64, length: usize) {
        match self.state {
            State::Outside => {}
            State::Announced => match bare {
                b"Captured queries were:" => self.state = State::Numbered(0),
                b"Queries:" if self.counts.pytest => self.state = State::Paragraphs(true),
                _ => {}
            },
            State::Numbered(count) => match number(bare) {
                Some((value, _))
                    if value == count + 1 && value <= self.counts.executed && !self.is_in_text() =>
                {
                    self.start(line, offset, length);
                    self.state = State::Numbered(value);
                }
                _ if count == 0 && self.counts.executed > 0 && begins_sql(bare) => {
                    self.state = State::Lines;
                    self.start(line, offset, length);
                }
                // The list is whole, and what follows it in unittest's output begins with a blank line.
                _ if count >= self.counts.executed && (bare.trim_ascii().is_empty() || ends(bare)) => {
                    self.end()
                }
                _ => self.go_on(line, length),
            },
            State::Lines => {
                if self.found < self.counts.executed && begins_sql(bare) {
                    self.start(line, offset, length);
                } else if bare.trim_ascii().is_empty() || ends(bare) {
                    self.end();
                } else {
                    self.go_on(line, length);
                }
            }
            State::Paragraphs(after_blank) => {
                if bare.trim_ascii().is_empty() {
                    self.state = State::Paragraphs(true);
                } else if after_blank && self.found < self.counts.executed && begins_sql(bare) {
                    self.start(line, offset, length);
                    self.state = State::Paragraphs(false);
                } else if bare != b"========" {
                    self.go_on(line, length);
                    self.state = State::Paragraphs(false);
                }
            }
        }
    }

    /// The name of the test, as a runner prints it before its output.
    fn name(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let unittest = text.strip_prefix("FAIL: ").or_else(|| text.strip_prefix("ERROR: "));
        let pytest = || {
            let inner = text.strip_prefix("___")?.strip_suffix("___")?.trim_matches('_').trim();
            (!inner.is_empty()).then_some(inner)
        };
        if let Some(name) = unittest.map(|name| name.split(" (").next().unwrap_or(name)).or_else(pytest) {
            name.trim().clone_into(&mut self.test);
        }
    }

    fn begin(&mut self, counts: Counts, line: &[u8]) {
        self.assertions += 1;
        self.counts = counts;
        self.found = 0;
        self.state = State::Announced;
        self.mark = mark(line).to_vec();
        let at_most = if counts.at_most { "at most " } else { "" };
        let said = format!(
            "{}{} {}, {at_most}{} expected",
            if self.test.is_empty() { String::new() } else { format!("{}: ", self.test) },
            counts.executed,
            if counts.executed == 1 { "query" } else { "queries" },
            counts.expected,
        );
        if self.assertions <= NAMED {
            self.diagnostics.note(Level::Info, &said, || None);
        }
        let request = Request { view: said, origin: Origin::Identified, ..Request::default() };
        self.request = self.builder.request(&self.assertions.to_le_bytes(), || request);
        if memmem::find(line, b"(add -v option").is_some() {
            self.diagnostics.note(
                Level::Warning,
                "pytest shows the queries only with -v: run it again with that",
                || Some(shown(line)),
            );
            self.found = counts.executed;
        }
    }

    fn start(&mut self, line: &[u8], offset: u64, length: usize) {
        self.push();
        self.found += 1;
        self.doubts = 0;
        self.current = Some((offset, length, line.to_vec()));
    }

    /// Whether a quote is open at the end of the statement so far: what looks like the next one's number is
    /// part of a literal then.
    fn is_in_text(&mut self) -> bool {
        let Some((_, _, record)) = &self.current else { return false };
        // Damaged texts have a quote too many: they must not be searched again for each line.
        if self.doubts >= DOUBTS {
            return false;
        }
        let text = unmarked(record);
        let sql = number(&text).map_or(&text[..], |(_, sql)| sql);
        let open = is_open(sql, Dialect::guess(sql));
        self.doubts += u32::from(open);
        open
    }

    fn go_on(&mut self, line: &[u8], length: usize) {
        if let Some((_, whole, text)) = &mut self.current
            && text.len() < RECORD_LIMIT
        {
            *whole += length;
            text.extend_from_slice(line);
        }
    }

    /// The statement is whole.
    fn push(&mut self) {
        let Some((offset, length, record)) = self.current.take() else { return };
        let text = unmarked(&record);
        let sql = number(&text).map_or(&text[..], |(_, sql)| sql);
        let recognised = self.builder.fingerprint(sql, Dialect::guess(sql), None);
        let connection = self.builder.connection(&[], Connection::default);
        self.builder.push(Statement {
            offset,
            length: u32::try_from(length).unwrap_or(u32::MAX),
            request: self.request,
            ..Statement::new(recognised, connection)
        });
    }

    /// The assertion's message is over.
    fn end(&mut self) {
        self.push();
        if self.state != State::Outside && self.found < self.counts.executed {
            let test = self.test.clone();
            self.diagnostics.note_many(
                Level::Warning,
                "queries are missing: the output is cut short",
                self.counts.executed - self.found,
                || (!test.is_empty()).then_some(test),
            );
        }
        self.state = State::Outside;
    }

    fn finish(mut self, name: String, format: &'static str) -> Document {
        self.end();
        let Self { builder, mut diagnostics, assertions, .. } = self;
        if assertions > NAMED {
            diagnostics.note_many(Level::Info, "more failed assertions", assertions - NAMED, || None);
        }
        if builder.is_empty() {
            diagnostics.note(
                Level::Warning,
                "no statement in it: paste the whole message, with the list below “Captured queries were:”, of a \
                 test that ran any",
                || None,
            );
        } else {
            diagnostics.note(
                Level::Info,
                "tests print no times: statements are in their order only. The log of django.db.backends has them",
                || None,
            );
        }
        let log = builder.finish(Clock::Sequence, None);
        Document { name, format, content: Content::Queries(Box::new(log)), diagnostics }
    }
}

/// Lines that runners print after a message.
fn ends(line: &[u8]) -> bool {
    [&b"===="[..], b"----", b"____"].iter().any(|rule| line.starts_with(rule))
}
