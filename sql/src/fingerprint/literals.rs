//! What belongs to a literal besides its own token: the type before it, the casts behind it.

use super::Normaliser;
use super::hash::*;
use crate::lexer::{Dialect, Token, TokenKind};

impl<'a, const TEXT: bool> Normaliser<'a, TEXT> {
    /// MySQL's `_utf8mb4'…'` is a literal as a whole.
    pub(super) fn introduces_string(&self, word: &[u8]) -> bool {
        word.first() == Some(&b'_')
            && self.lexer.dialect() == Dialect::MySql
            && self.peek().is_some_and(|token| token.kind == TokenKind::String)
    }

    /// Reads the string that `word` is the type of, where a value is due, as in `DATE '…'`; false (and
    /// nothing read) if none is next. PostgreSQL has that of any type, MySQL of three:
    /// <https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-CONSTANTS-GENERIC>,
    /// <https://dev.mysql.com/doc/refman/8.4/en/date-and-time-literals.html>.
    pub(super) fn typed_string(&mut self, word: &[u8]) -> bool {
        let has_zone = is_time(word) && self.lexer.may_begin(b'w');
        if !has_zone && !self.lexer.may_begin(b'\'') {
            return false;
        }
        let postgresql = self.lexer.dialect() == Dialect::PostgreSql;
        let any = postgresql && !matches!(key(word), NOT | VARIADIC);
        if !any && !is_time(word) && key(word) != DATE {
            return false;
        }
        let before = self.lexer;
        self.time_zone(word);
        match self.lexer.significant() {
            Some(token) if token.kind == TokenKind::String => self.parameter(token),
            _ => {
                self.lexer = before;
                return false;
            }
        }
        if postgresql && key(word) == INTERVAL {
            self.interval_fields();
        }
        true
    }

    /// A literal or placeholder into the parameters; of a string also the strings it goes on in.
    pub(super) fn parameter(&mut self, token: Token) {
        if token.kind == TokenKind::Placeholder {
            self.has_placeholders = true;
            self.limits.placeholders += 1;
        }
        self.parameters = mix_text(self.parameters, self.lexer.bytes(token));
        while token.kind == TokenKind::String && self.lexer.may_begin(b'\'') {
            let Some(more) =
                self.significant_if(|kind, text| kind == TokenKind::String && text.starts_with(b"'"))
            else {
                break;
            };
            self.parameters = mix_text(self.parameters, more);
        }
    }

    /// PostgreSQL's `INTERVAL '1' DAY TO SECOND`: what is behind the string.
    fn interval_fields(&mut self) {
        while self
            .significant_if(|_, word| matches!(key(word), YEAR | MONTH | DAY | HOUR | MINUTE | SECOND | TO))
            .is_some()
        {}
    }

    /// `WITH TIME ZONE` behind a type that may have it.
    fn time_zone(&mut self, name: &[u8]) {
        if is_time(name) && self.significant_if(|_, word| matches!(key(word), WITH | WITHOUT)).is_some() {
            self.significant_if(|_, word| key(word) == TIME);
            self.significant_if(|_, word| key(word) == ZONE);
        }
    }

    /// Swallows `::type` after a literal, as often as it comes.
    pub(super) fn casts(&mut self) {
        loop {
            let mut ahead = self.lexer;
            match ahead.significant() {
                Some(token) if ahead.bytes(token) == b"::" => {}
                _ => return,
            }
            self.lexer = ahead;
            self.type_name();
        }
    }

    fn type_name(&mut self) {
        let Some(first) =
            self.significant_if(|kind, _| matches!(kind, TokenKind::Word | TokenKind::QuotedIdentifier))
        else {
            return;
        };
        while self.next_is(b".") {
            self.lexer.significant();
            self.lexer.significant();
        }
        match key(first) {
            DOUBLE => {
                self.significant_if(|_, word| word.eq_ignore_ascii_case(b"precision"));
            }
            BIT | CHAR => {
                self.significant_if(|_, word| key(word) == VARYING);
            }
            _ if first.eq_ignore_ascii_case(b"character") => {
                self.significant_if(|_, word| key(word) == VARYING);
            }
            INTERVAL => self.interval_fields(),
            _ => {}
        }
        if self.next_is(b"(") {
            // `(10, 2)`
            while let Some(token) = self.lexer.significant() {
                if self.lexer.bytes(token) == b")" {
                    break;
                }
            }
        }
        self.time_zone(first);
        while self.next_is(b"[") {
            while let Some(token) = self.lexer.significant() {
                if self.lexer.bytes(token) == b"]" {
                    break;
                }
            }
        }
    }

    /// The next token's bytes, and past it, if it is as asked.
    fn significant_if(&mut self, asked: impl Fn(TokenKind, &[u8]) -> bool) -> Option<&'a [u8]> {
        let mut ahead = self.lexer;
        let token = ahead.significant()?;
        let bytes = ahead.bytes(token);
        asked(token.kind, bytes).then(|| {
            self.lexer = ahead;
            bytes
        })
    }
}

/// Whether the type of this name may have a time zone.
fn is_time(name: &[u8]) -> bool {
    key(name) == TIME || name.eq_ignore_ascii_case(b"timestamp")
}
