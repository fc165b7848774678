//! Where lines of SQL break, so that a statement of one line is read at a glance: clauses on lines of
//! their own, sub-selects indented, conditions beneath each other, long lists filled line by line.

use super::keywords::is_keyword;
use super::lexer::{Dialect, Lexer, Token, TokenKind};

/// Lists go on in the next line beyond this column: it is what the panel beside a table has room for.
const WIDTH: usize = 58;

/// Sub-selects and conditions up to this many bytes stay in their line.
const SHORT: usize = 48;

/// Blanks of one level.
const STEP: usize = 2;

/// Levels beyond this are not indented further: generated SQL nests deeper than a panel is wide.
const DEEPEST: usize = 12;

/// Words a clause begins with. `JOIN` is reached through what may stand before it.
const CLAUSES: [&str; 20] = [
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "INNER",
    "LEFT",
    "RIGHT",
    "CROSS",
    "VALUES",
    "SET",
    "RETURNING",
    "JOIN",
    "WINDOW",
];

/// Words after which `JOIN` (or `OUTER`) goes on with the clause they began.
const JOIN_PREFIXES: [&str; 7] = ["INNER", "LEFT", "RIGHT", "CROSS", "FULL", "OUTER", "NATURAL"];

/// A bracket, or the statement itself.
struct Frame {
    /// Whether clauses are told apart in it: the statement, and sub-selects that are long enough.
    is_block: bool,
    /// Whether its conditions stand beneath each other.
    breaks_conditions: bool,
    /// Blanks its own lines begin with; what goes on is a step further.
    indent: usize,
    /// Open `CASE`s: their conditions stay.
    cases: usize,
    /// Whether the next `AND` is of `BETWEEN`.
    between: bool,
}

/// The tokens of a text, each with its significant neighbours in reach.
struct Text<'a> {
    sql: &'a [u8],
    tokens: Vec<Token>,
    /// Per token: for a bracket that opens, the one that closes it (or the end).
    closing: Vec<usize>,
}

impl<'a> Text<'a> {
    fn new(sql: &'a str) -> Self {
        let sql = sql.as_bytes();
        let tokens: Vec<Token> = Lexer::new(sql, Dialect::guess(sql)).collect();
        let mut closing = vec![tokens.len(); tokens.len()];
        let mut open = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            match &sql[token.range()] {
                b"(" => open.push(at),
                b")" => {
                    if let Some(opened) = open.pop() {
                        closing[opened] = at;
                    }
                }
                _ => {}
            }
        }
        Self { sql, tokens, closing }
    }

    fn bytes(&self, at: usize) -> &'a [u8] {
        self.tokens.get(at).map_or(b"", |token| &self.sql[token.range()])
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word)
            && self.bytes(at).eq_ignore_ascii_case(word.as_bytes())
    }

    /// The next token after `at` that is no blank.
    fn next(&self, at: usize) -> usize {
        (at + 1..self.tokens.len())
            .find(|&at| self.tokens[at].kind != TokenKind::Whitespace)
            .unwrap_or(self.tokens.len())
    }

    /// Bytes from one token up to another.
    fn length(&self, from: usize, to: usize) -> usize {
        let start = |at: usize| self.tokens.get(at).map_or(self.sql.len(), |token| token.start);
        start(to).saturating_sub(start(from))
    }

    /// Walks what is in no bracket of its own from `at` on, for as long as `goes_on`; gives where it
    /// stopped. A bracket is one step.
    fn walk(&self, mut at: usize, mut goes_on: impl FnMut(usize) -> bool) -> usize {
        while at < self.tokens.len() && self.bytes(at) != b")" && goes_on(at) {
            at = if self.bytes(at) == b"(" { self.closing[at] + 1 } else { at + 1 };
        }
        at.min(self.tokens.len())
    }

    /// Whether what begins at `at` and ends before `end` has `AND` or `OR` of its own, and is long.
    fn is_long_condition(&self, at: usize, end: usize) -> bool {
        let joins = |at: usize| self.is_word(at, "AND") || self.is_word(at, "OR");
        self.length(at, end) > SHORT && self.walk(at, |at| at < end && !joins(at)) < end
    }
}

/// Where a line begins in `sql`: the byte it begins with, and the blanks before it. What stands before it
/// is a blank, or a bracket.
pub(super) fn breaks(sql: &str) -> Vec<(usize, usize)> {
    let text = Text::new(sql);
    let mut breaks = Vec::new();
    let mut frames =
        vec![Frame { is_block: true, breaks_conditions: false, indent: 0, cases: 0, between: false }];
    // Where the line began that goes on, and the blanks before it.
    let mut line = (0, 0);
    let mut previous: &[u8] = b"";
    let mut fresh = true;
    for (at, token) in text.tokens.iter().enumerate() {
        if token.kind == TokenKind::Whitespace {
            continue;
        }
        let depth = frames.len() - 1;
        let Some(frame) = frames.last_mut() else { return breaks };
        let bytes = text.bytes(at);
        let (line_start, line_indent) = line;
        let mut begin = |indent: usize| {
            line = (token.start, indent);
            breaks.push(line);
        };
        let step = |levels: usize| levels.min(DEEPEST) * STEP;
        let is = |word: &str| text.is_word(at, word);
        let keyword = token.kind == TokenKind::Word && is_keyword(bytes);
        if keyword && frame.is_block && begins_clause(&text, at, previous) && previous != b";" {
            // Nothing goes before the first word of all.
            if !fresh {
                begin(step(frame.indent));
            }
            let goes_on = |other: usize| {
                other == at
                    || !is_keyword(text.bytes(other))
                    || text.is_word(other, "JOIN")
                    || !CLAUSES.iter().any(|clause| text.is_word(other, clause))
            };
            let end = text.walk(at, goes_on);
            frame.breaks_conditions = text.is_long_condition(at, end)
                // `ON` and its condition are more than a line holds.
                || text.length(at, end) > WIDTH;
        } else if keyword && is("CASE") {
            frame.cases += 1;
        } else if keyword && is("END") {
            frame.cases = frame.cases.saturating_sub(1);
        } else if keyword && is("BETWEEN") {
            frame.between = true;
        } else if keyword && is("AND") && frame.between {
            frame.between = false;
        } else if keyword
            && frame.breaks_conditions
            && frame.cases == 0
            && (is("AND") || is("OR") || (is("ON") && frame.is_block))
        {
            begin(step(frame.indent + 1));
        } else if bytes == b")" && depth > 0 {
            if frame.is_block {
                let indent = step(frame.indent - 1);
                begin(indent);
            }
            frames.pop();
        } else if bytes == b"(" {
            let first = text.next(at);
            let end = text.closing[at];
            let is_select = text.is_word(first, "SELECT") || text.is_word(first, "WITH");
            let is_block = is_select && text.length(at, end) > SHORT;
            let breaks_conditions = !is_select && text.is_long_condition(first, end);
            // From where the line of the bracket begins.
            let indent = line_indent / STEP + usize::from(is_block);
            frames.push(Frame { is_block, breaks_conditions, indent, cases: 0, between: false });
            if is_block {
                let begin_at = text.tokens.get(first).map_or(sql.len(), |token| token.start);
                line = (begin_at, step(indent));
                breaks.push(line);
                fresh = true;
                previous = bytes;
                continue;
            }
        } else if !fresh && previous == b";" && depth == 0 {
            begin(0);
        } else if !fresh && previous == b"," {
            // Up to the next comma, or what ends the list.
            let end = text.walk(at, |other| text.bytes(other) != b",");
            if line_indent + token.start.saturating_sub(line_start) + text.length(at, end).min(WIDTH) > WIDTH
            {
                begin(step(frame.indent + 1));
            }
        }
        fresh = false;
        previous = if keyword || token.kind == TokenKind::Punctuation { bytes } else { b"x" };
    }
    breaks
}

fn begins_clause(text: &Text<'_>, at: usize, previous: &[u8]) -> bool {
    let word = |other: &str| text.is_word(at, other);
    let after = |words: &[&str]| words.iter().any(|other| previous.eq_ignore_ascii_case(other.as_bytes()));
    let next = text.next(at);
    if word("ON") && (text.is_word(next, "CONFLICT") || text.is_word(next, "DUPLICATE")) {
        return true;
    }
    if !CLAUSES.iter().any(|clause| word(clause)) {
        return false;
    }
    match () {
        () if word("JOIN") => !after(&JOIN_PREFIXES),
        // `DELETE FROM`, `IS DISTINCT FROM`.
        () if word("FROM") => !after(&["DELETE", "DISTINCT"]),
        // `SET x = 1` by itself begins the statement; `ON UPDATE SET NULL` is no clause.
        () if word("SET") => !previous.is_empty() && !after(&["ON", "UPDATE"]),
        // The functions left() and right().
        () if word("LEFT") || word("RIGHT") => text.bytes(next) != b"(",
        () => true,
    }
}
