//! What makes two statements the same query: a hash of the normalised tokens, and their text.
//!
//! The rules, all applied while reading, so that the usual case (a fingerprint seen before) only
//! hashes and allocates nothing:
//! - literals and placeholders, signs, types and casts included (`-1`, `'…'::timestamptz`, `DATE '…'`,
//!   `%s`, `$1`, NULL, TRUE, FALSE where a value stands), are one `?`: so Django's log, with or without
//!   interpolation, and the server's give one fingerprint;
//! - `IN (1, 2, 3)` is `IN (?)`, `ARRAY[1, 2]` is `ARRAY[?]`; of several rows of VALUES (or of a row
//!   list after IN) the first is kept; of repeated equal `UNION` branches, two, in subqueries as well; of
//!   equal expressions in a list (`IN (CAST(1 AS date), CAST(2 AS date))`), one;
//! - ASC goes: it is the default;
//! - comments and blanks go, and a last `;`;
//! - unquoted words ignore case, quoted identifiers keep everything, and digits always stay:
//!   `users_2009` is not `users_2010`;
//! - names that clients make up go: savepoints, cursors, `pg_temp_3`.
//!
//! A text cut short is normalised as far as it goes. The text of a fingerprint is a function of the
//! same tokens the hash sees (keywords in capitals, other words small, blanks by rule), so that it
//! does not depend on which statement was met first.

mod elements;
mod hash;
mod limits;
mod literals;
mod names;
mod output;

use self::elements::Elements;
use self::hash::*;
use self::limits::Limits;
use self::names::{Names, names_of, temporary_schema};
use self::output::Output;
use super::lexer::{Dialect, Lexer, Token, TokenKind};

pub use self::hash::{SEED, lasting, mix, mix_text};
pub use self::limits::Offset;

/// Longest text kept of a fingerprint, bytes; the hash covers all of it.
pub const TEXT_LIMIT: usize = 16 * 1024;

/// What one statement is, without its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Equal for statements of one fingerprint.
    pub hash: u64,
    /// Hash of the literals, in order.
    pub parameters: u64,
    /// Whether the text leaves values out: then the logged parameters matter.
    pub has_placeholders: bool,
    /// Elements of its longest list after IN, or rows after VALUES.
    pub list: u32,
    /// Rows it passes over.
    pub offset: Offset,
    /// Rows it asks for.
    pub limit: Offset,
}

/// Reads `sql` and gives its hashes.
pub fn shape(sql: &[u8], dialect: Dialect) -> Shape {
    let mut normaliser = Normaliser::<false>::new(sql, dialect);
    normaliser.run();
    normaliser.shape()
}

/// The normalised text of `sql`.
pub fn text(sql: &[u8], dialect: Dialect) -> String {
    let mut normaliser = Normaliser::<true>::new(sql, dialect);
    normaliser.run();
    let mut text = normaliser.out.text;
    if text.len() > TEXT_LIMIT {
        let end = (0..=TEXT_LIMIT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

struct Normaliser<'a, const TEXT: bool> {
    lexer: Lexer<'a>,
    out: Output<TEXT>,
    parameters: u64,
    has_placeholders: bool,
    depth: u32,
    /// Whether a value is due, so that `-` is a sign and NULL a value.
    operand: bool,
    /// Whether the statement's first word is still to come.
    head: bool,
    names: Names,
    list: u32,
    limits: Limits,
    /// Depth inside the parentheses of a row list's first row.
    rows: Option<u32>,
    /// The list whose first element is being written.
    elements: Option<Elements>,
}

impl<'a, const TEXT: bool> Normaliser<'a, TEXT> {
    fn new(sql: &'a [u8], dialect: Dialect) -> Self {
        Self {
            lexer: Lexer::new(sql, dialect),
            out: Output::new(),
            parameters: SEED,
            has_placeholders: false,
            depth: 0,
            operand: true,
            head: true,
            names: Names::None,
            list: 0,
            limits: Limits::default(),
            rows: None,
            elements: None,
        }
    }

    fn shape(&self) -> Shape {
        Shape {
            hash: self.out.whole,
            parameters: self.parameters,
            has_placeholders: self.has_placeholders,
            list: self.list,
            offset: self.limits.offset,
            limit: self.limits.limit,
        }
    }

    fn run(&mut self) {
        while let Some(token) = self.lexer.significant_inlined() {
            let bytes = self.lexer.bytes(token);
            match token.kind {
                TokenKind::Word => self.word(bytes),
                TokenKind::QuotedIdentifier => self.quoted(bytes),
                TokenKind::String | TokenKind::Number | TokenKind::Placeholder => self.value(token),
                TokenKind::Punctuation => self.punctuation(bytes),
                TokenKind::Operator => self.operator(bytes),
                TokenKind::Variable => {
                    self.out.word(bytes);
                    self.operand = false;
                }
                _ => self.out.operator(bytes),
            }
        }
        self.out.finish();
    }

    fn peek(&self) -> Option<Token> {
        self.lexer.clone().significant()
    }

    fn next_is(&self, text: &[u8]) -> bool {
        self.peek().is_some_and(|token| self.lexer.bytes(token) == text)
    }

    /// Whether a subquery, or one in parentheses of its own, is next.
    #[inline]
    fn subquery_follows(&self) -> bool {
        let may_begin = |byte| self.lexer.may_begin(byte);
        (may_begin(b's') || may_begin(b'w') || may_begin(b'('))
            && self.peek().is_some_and(|token| {
                let bytes = self.lexer.bytes(token);
                bytes == b"(" || matches!(key(bytes), SELECT | WITH)
            })
    }

    fn word(&mut self, bytes: &[u8]) {
        let word = key(bytes);
        self.limits.word(word);
        let first = self.head;
        if self.head {
            self.head = false;
            self.names = names_of(word, bytes);
        } else if self.names != Names::None && self.name(word, bytes) {
            return;
        }
        match word {
            IN => {
                self.out.word(bytes);
                self.operand = true;
                self.list_after_in();
            }
            ARRAY => {
                self.out.word(bytes);
                self.operand = true;
                if self.next_is(b"[") {
                    self.lexer.significant();
                    self.out.punctuation(b'[');
                    self.values();
                }
            }
            VALUES => {
                self.out.word(bytes);
                self.operand = true;
                self.rows = Some(self.depth + 1);
            }
            // MySQL's other spelling of VALUES; elsewhere a name.
            VALUE if self.next_is(b"(") => {
                self.out.word(bytes);
                self.operand = true;
                self.rows = Some(self.depth + 1);
            }
            ASC if !self.operand => {}
            UNION if self.depth == self.out.level() => {
                self.out.begin_branch(bytes);
                if let Some(next) = self.peek()
                    && matches!(key(self.lexer.bytes(next)), ALL | DISTINCT)
                {
                    self.lexer.significant();
                    self.out.word(self.lexer.bytes(next));
                }
                self.out.branch_begun();
                self.operand = true;
            }
            ORDER | LIMIT | OFFSET | FETCH if self.depth == self.out.level() => {
                self.out.end_branches();
                self.out.word(bytes);
                self.operand = true;
            }
            NULL | TRUE | FALSE if self.operand => {
                self.parameters = mix(self.parameters, word);
                self.casts();
                self.out.value();
                self.operand = false;
            }
            SELECT | WHERE | AND | OR | WHEN | THEN | ELSE | BETWEEN | LIKE | BY | ON | CASE | HAVING
            | ALL | DISTINCT | RETURN | ORDER | LIMIT | OFFSET | UNION => {
                self.out.word(bytes);
                self.operand = true;
            }
            _ => {
                if self.operand && !first && self.typed_string(bytes) {
                    self.casts();
                    self.out.value();
                    self.operand = false;
                    return;
                }
                self.operand = false;
                if self.introduces_string(bytes) {
                    return;
                }
                match temporary_schema(bytes) {
                    Some(schema) => self.out.word(schema),
                    None => self.out.word(bytes),
                }
            }
        }
    }

    fn quoted(&mut self, bytes: &[u8]) {
        if self.names != Names::None && self.name(0, bytes) {
            return;
        }
        self.operand = false;
        match temporary_schema(bytes.get(1..bytes.len().saturating_sub(1)).unwrap_or_default()) {
            Some(schema) => self.out.word(schema),
            None => self.out.quoted(bytes),
        }
    }

    /// A literal or placeholder, with its casts.
    fn value(&mut self, token: Token) {
        self.limits.value(self.lexer.bytes(token));
        self.parameter(token);
        self.casts();
        self.out.value();
        self.operand = false;
    }

    fn operator(&mut self, bytes: &[u8]) {
        match bytes {
            b"-" | b"+" if self.operand => {
                if self.peek().is_some_and(|token| token.kind == TokenKind::Number) {
                    // The sign of a literal: part of the parameters only.
                    self.parameters = mix_text(self.parameters, bytes);
                    return;
                }
                self.out.operator(bytes);
            }
            b"*" => {
                // `SELECT *`, `COUNT(*)` stand for a value, `a * b` does not.
                self.operand = !self.operand;
                self.out.operator(bytes);
            }
            b"::" => {
                self.operand = false;
                self.out.operator(bytes);
            }
            _ => {
                self.operand = true;
                self.out.operator(bytes);
            }
        }
    }

    fn punctuation(&mut self, bytes: &[u8]) {
        let byte = bytes.first().copied().unwrap_or_default();
        self.limits.punctuation(byte);
        match byte {
            b'(' => {
                self.depth += 1;
                self.operand = true;
                self.out.punctuation(byte);
                if self.subquery_follows() {
                    self.out.begin_subquery(self.depth);
                }
            }
            b',' if self.elements.is_some_and(|elements| elements.depth == self.depth) => {
                if !self.skip_elements() {
                    self.operand = true;
                    self.out.punctuation(byte);
                }
            }
            b')' => {
                if self.depth > 0 && self.out.level() == self.depth {
                    self.out.end_subquery();
                }
                if self.elements.is_some_and(|elements| elements.depth == self.depth) {
                    self.elements = None;
                }
                self.out.punctuation(byte);
                self.operand = false;
                if self.rows == Some(self.depth) {
                    self.rows = None;
                    self.skip_rows();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            b';' => {
                while self.next_is(b";") {
                    self.lexer.significant();
                }
                self.out.end_subqueries();
                self.elements = None;
                if self.peek().is_some() {
                    self.out.end_branches();
                    self.out.punctuation(byte);
                }
                self.depth = 0;
                self.head = true;
                self.names = Names::None;
                self.operand = true;
            }
            _ => {
                if byte == b']' && self.elements.is_some_and(|elements| elements.depth == self.depth) {
                    self.elements = None;
                }
                self.operand = !matches!(byte, b'.' | b']' | b'}');
                self.out.punctuation(byte);
            }
        }
    }

    fn list_after_in(&mut self) {
        let before = (self.lexer, self.parameters, self.has_placeholders, self.limits.placeholders);
        if self.plain_value() {
            // psycopg's `IN %s` with a tuple is sent as a list.
            self.out.punctuation(b'(');
            self.out.value();
            self.out.punctuation(b')');
            self.operand = false;
            return;
        }
        (self.lexer, self.parameters, self.has_placeholders, self.limits.placeholders) = before;
        let mut ahead = self.lexer;
        if ahead.significant().is_some_and(|token| ahead.bytes(token) == b"(") {
            self.lexer = ahead;
            self.depth += 1;
            self.out.punctuation(b'(');
            if let Some(inner) = ahead.significant()
                && ahead.bytes(inner) == b"("
            {
                let subquery = ahead
                    .significant()
                    .is_some_and(|token| matches!(key(ahead.bytes(token)), SELECT | WITH | VALUES));
                self.rows = (!subquery).then_some(self.depth + 1);
                if subquery {
                    self.out.begin_subquery(self.depth);
                }
            } else if self.subquery_follows() {
                self.out.begin_subquery(self.depth);
            } else {
                self.values();
            }
        }
    }

    /// A list of values from after its opening bracket: one `?` for all of them. Whatever is not a
    /// plain value is left to the main loop.
    fn values(&mut self) {
        let mut before_comma = None;
        let mut count = 0;
        loop {
            let before = (self.lexer, self.parameters, self.has_placeholders, self.limits.placeholders);
            let plain = self.plain_value();
            let mut after = self.lexer;
            let next = after.significant().map(|token| after.bytes(token));
            match next {
                None | Some(b")" | b"]" | b",") if plain => {
                    count += 1;
                    self.list = self.list.max(count);
                    if before_comma.is_none() {
                        self.out.value();
                        self.operand = false;
                    }
                    if next != Some(b",") {
                        return;
                    }
                    before_comma = Some(self.lexer);
                    self.lexer = after;
                }
                _ => {
                    (self.lexer, self.parameters, self.has_placeholders, self.limits.placeholders) = before;
                    match before_comma {
                        Some(lexer) => self.lexer = lexer,
                        None => self.begin_elements(),
                    }
                    return;
                }
            }
        }
    }

    /// Reads a literal or placeholder with sign and casts; false (and somewhere on) if none is next.
    fn plain_value(&mut self) -> bool {
        let Some(mut token) = self.lexer.significant() else { return false };
        let bytes = self.lexer.bytes(token);
        match token.kind {
            TokenKind::String | TokenKind::Number | TokenKind::Placeholder => {}
            TokenKind::Operator if matches!(bytes, b"-" | b"+") => match self.lexer.significant() {
                Some(number) if number.kind == TokenKind::Number => {
                    self.parameters = mix_text(self.parameters, bytes);
                    token = number;
                }
                _ => return false,
            },
            TokenKind::Word if matches!(key(bytes), NULL | TRUE | FALSE) => {}
            TokenKind::Word if self.introduces_string(bytes) => match self.lexer.significant() {
                Some(string) => token = string,
                None => return false,
            },
            TokenKind::Word if self.typed_string(bytes) => {
                self.casts();
                return true;
            }
            _ => return false,
        }
        self.parameter(token);
        self.casts();
        true
    }

    /// After the first row of a row list: swallows `, (…)` as often as it comes.
    fn skip_rows(&mut self) {
        for rows in 1.. {
            self.list = self.list.max(rows);
            let mut ahead = self.lexer;
            let mut next = || ahead.significant().map(|token| ahead.bytes(token));
            if next() != Some(b",") {
                return;
            }
            match next() {
                Some(b"(") => {}
                Some(word) if key(word) == ROW && next() == Some(b"(") => {}
                _ => return,
            }
            self.lexer = ahead;
            let mut depth = 1_u32;
            while depth > 0 {
                let Some(token) = self.lexer.significant() else { return };
                match token.kind {
                    TokenKind::String | TokenKind::Number | TokenKind::Placeholder => self.parameter(token),
                    TokenKind::Punctuation => match self.lexer.bytes(token) {
                        b"(" => depth += 1,
                        b")" => depth -= 1,
                        _ => {}
                    },
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
