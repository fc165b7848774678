//! Splits SQL into tokens: for fingerprints, and for highlighting in the page.
//!
//! Total: the ranges of the tokens follow each other and cover the whole text, whatever it is, cut
//! short or not SQL at all. Bytes from 0x80 on are letters, so a token never ends inside a character.
//! The rules are those of the servers' own lexers:
//! [PostgreSQL](https://www.postgresql.org/docs/current/sql-syntax-lexical.html),
//! [MySQL](https://dev.mysql.com/doc/refman/8.4/en/language-structure.html),
//! [SQLite](https://www.sqlite.org/c3ref/complete.html).

use std::ops::Range;

use memchr::{memchr, memchr2, memchr3, memmem};

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// PostgreSQL, and anything near the standard.
    #[default]
    PostgreSql,
    /// MySQL and MariaDB: backslashes in strings, `"…"` is a string, `#` begins a comment.
    MySql,
    /// SQLite: `[…]` is an identifier.
    Sqlite,
}

impl Dialect {
    /// Guesses from the first quote of a text that may be anyone's: Django quotes every identifier,
    /// with backticks only for MySQL.
    pub fn guess(text: &[u8]) -> Self {
        match memchr3(b'`', b'"', b'\'', text).map(|at| text[at]) {
            Some(b'`') => Self::MySql,
            _ => Self::PostgreSql,
        }
    }
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Blanks and line ends.
    Whitespace,
    /// `-- …`, `/* … */`, in MySQL `# …`. Of MySQL's `/*!50003 … */` only the marks around it: the server runs
    /// what is between them.
    Comment,
    /// A keyword or an unquoted identifier: see [`super::keywords::is_keyword`].
    Word,
    /// `"…"`, `` `…` ``, in SQLite `[…]`.
    QuotedIdentifier,
    /// `'…'`, `E'…'`, `$tag$…$tag$`, in MySQL `"…"`.
    String,
    /// `12`, `1e5`, `.5`, `0xff`.
    Number,
    /// `%s`, `%(name)s`, `?`, `$1`, `:name`, in SQLite `@name`.
    Placeholder,
    /// MySQL's `@name`: a name of the session's, not a value.
    Variable,
    /// `=`, `<>`, `::`, `->>`, …
    Operator,
    /// One of `( ) , ; . [ ] { }`.
    Punctuation,
    /// A byte that means nothing in SQL.
    Unknown,
}

/// One token: its kind and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Token {
    /// Its bytes' range.
    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

/// The tokens of a text. Copying one and reading on is how callers look ahead.
#[derive(Debug, Clone, Copy)]
pub struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    dialect: Dialect,
}

/// Byte classes.
const OTHER: u8 = 0;
const SPACE: u8 = 1;
const LETTER: u8 = 2;
const DIGIT: u8 = 3;
const OPERATOR: u8 = 4;
const PUNCTUATION: u8 = 5;
const QUOTE: u8 = 6;
const DOLLAR: u8 = 7;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => SPACE,
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | 0x80..=0xff => LETTER,
            b'0'..=b'9' => DIGIT,
            b'+' | b'-' | b'*' | b'/' | b'<' | b'>' | b'=' | b'~' | b'!' | b'@' | b'#' | b'%' | b'^'
            | b'&' | b'|' | b'?' | b':' => OPERATOR,
            b'(' | b')' | b',' | b';' | b'.' | b'[' | b']' | b'{' | b'}' => PUNCTUATION,
            b'\'' | b'"' | b'`' => QUOTE,
            b'$' => DOLLAR,
            _ => OTHER,
        };
        byte += 1;
    }
    classes
}

fn class(byte: u8) -> u8 {
    CLASS[byte as usize]
}

fn continues_word(byte: u8) -> bool {
    matches!(class(byte), LETTER | DIGIT | DOLLAR)
}

impl<'a> Lexer<'a> {
    /// Begins at the start of `text`.
    pub fn new(text: &'a [u8], dialect: Dialect) -> Self {
        Self { text, at: 0, dialect }
    }

    /// The bytes of `token`.
    pub fn bytes(&self, token: Token) -> &'a [u8] {
        &self.text[token.start..token.end]
    }

    /// Whose SQL it reads.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether the next token may begin with `byte`, without reading on: a cheap look ahead. It may if a
    /// comment is in between.
    #[inline]
    pub fn may_begin(&self, byte: u8) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let next = rest.iter().copied().find(|&next| class(next) != SPACE).unwrap_or(0);
        next.eq_ignore_ascii_case(&byte) || matches!(next, b'-' | b'/' | b'#')
    }

    #[inline(always)]
    fn advance(&mut self) -> Option<Token> {
        let start = self.at;
        let first = *self.text.get(start)?;
        let (kind, end) = match class(first) {
            LETTER => self.word(start),
            SPACE => {
                let mut end = start + 1;
                while let Some(&byte) = self.text.get(end)
                    && class(byte) == SPACE
                {
                    end += 1;
                }
                (TokenKind::Whitespace, end)
            }
            QUOTE => self.quoted(start),
            PUNCTUATION => match first {
                b'.' if self.byte(start + 1).is_ascii_digit() => self.number(start),
                b'[' if self.dialect == Dialect::Sqlite => {
                    let close = memchr(b']', &self.text[start..]);
                    (TokenKind::QuotedIdentifier, close.map_or(self.text.len(), |at| start + at + 1))
                }
                _ => (TokenKind::Punctuation, start + 1),
            },
            DIGIT => self.number(start),
            OPERATOR => self.operator(start),
            DOLLAR => self.dollar(start),
            _ => (TokenKind::Unknown, start + 1),
        };
        self.at = end;
        Some(Token { kind, start, end })
    }

    /// The next token that is neither blank nor comment.
    pub fn significant(&mut self) -> Option<Token> {
        self.significant_inlined()
    }

    /// The same within the caller, whatever it weighs: for the loop that reads all of every text.
    #[inline(always)]
    pub fn significant_inlined(&mut self) -> Option<Token> {
        // Most blanks are a single space: not worth a token.
        while let Some(&byte) = self.text.get(self.at)
            && class(byte) == SPACE
        {
            self.at += 1;
        }
        loop {
            let token = self.advance()?;
            if !matches!(token.kind, TokenKind::Whitespace | TokenKind::Comment) {
                return Some(token);
            }
        }
    }

    fn byte(&self, at: usize) -> u8 {
        // No rule asks for NUL, so it can stand for the end.
        self.text.get(at).copied().unwrap_or(0)
    }

    /// First byte from `at` on that does not continue a word.
    #[inline]
    fn word_end(&self, mut at: usize) -> usize {
        while let Some(&byte) = self.text.get(at)
            && continues_word(byte)
        {
            at += 1;
        }
        at
    }

    fn word(&self, start: usize) -> (TokenKind, usize) {
        let end = self.word_end(start + 1);
        let next = self.byte(end);
        if next == b'\'' {
            // A string's prefix; MySQL's `_utf8mb4'…'` stays two tokens.
            let escapes = match &self.text[start..end] {
                b"e" | b"E" if self.dialect == Dialect::PostgreSql => Some(true),
                b"b" | b"B" | b"x" | b"X" | b"n" | b"N" => Some(self.dialect == Dialect::MySql),
                _ => None,
            };
            if let Some(escapes) = escapes {
                return (TokenKind::String, self.quoted_end(end + 1, b'\'', escapes));
            }
        } else if next == b'&' && matches!(&self.text[start..end], b"u" | b"U") {
            match self.byte(end + 1) {
                b'\'' => return (TokenKind::String, self.quoted_end(end + 2, b'\'', false)),
                b'"' => return (TokenKind::QuotedIdentifier, self.quoted_end(end + 2, b'"', false)),
                _ => {}
            }
        }
        (TokenKind::Word, end)
    }

    /// One past the closing `quote`; a doubled one does not close. Without one, the end of the text.
    #[inline]
    fn quoted_end(&self, mut at: usize, quote: u8, escapes: bool) -> usize {
        loop {
            let rest = self.text.get(at..).unwrap_or_default();
            let found = if escapes { memchr2(quote, b'\\', rest) } else { memchr(quote, rest) };
            let Some(found) = found else { return self.text.len() };
            at += found + 1;
            if escapes && rest[found] == b'\\' {
                // The escaped character cannot close; past the end is the end.
                at = (at + 1).min(self.text.len());
            } else if self.byte(at) == quote {
                at += 1;
            } else {
                return at;
            }
        }
    }

    fn number(&self, start: usize) -> (TokenKind, usize) {
        let digits = |mut at: usize| {
            while matches!(self.byte(at), b'0'..=b'9' | b'_') {
                at += 1;
            }
            at
        };
        if self.byte(start) == b'0' && matches!(self.byte(start + 1) | 0x20, b'x' | b'b' | b'o') {
            let mut end = start + 2;
            while self.byte(end).is_ascii_hexdigit() || self.byte(end) == b'_' {
                end += 1;
            }
            if end > start + 2 {
                return (TokenKind::Number, end);
            }
        }
        let mut end = digits(start);
        if self.byte(end) == b'.' && self.byte(end + 1) != b'.' {
            end = digits(end + 1);
        }
        if self.byte(end) | 0x20 == b'e' {
            let sign = usize::from(matches!(self.byte(end + 1), b'+' | b'-'));
            if self.byte(end + 1 + sign).is_ascii_digit() {
                end = digits(end + 1 + sign);
            }
        }
        if self.dialect == Dialect::MySql && class(self.byte(end)) == LETTER {
            // MySQL's identifiers may begin with a digit.
            return (TokenKind::Word, self.word_end(end));
        }
        (TokenKind::Number, end)
    }

    fn dollar(&self, start: usize) -> (TokenKind, usize) {
        let mut end = start + 1;
        if self.byte(end).is_ascii_digit() {
            while self.byte(end).is_ascii_digit() {
                end += 1;
            }
            return (TokenKind::Placeholder, end);
        }
        match self.dialect {
            Dialect::MySql => (TokenKind::Word, self.word_end(end)),
            Dialect::Sqlite => match self.word_end(end) {
                after if after > end => (TokenKind::Placeholder, after),
                _ => (TokenKind::Unknown, end),
            },
            Dialect::PostgreSql => {
                while matches!(class(self.byte(end)), LETTER | DIGIT) {
                    end += 1;
                }
                if self.byte(end) != b'$' {
                    return (TokenKind::Unknown, start + 1);
                }
                let tag = &self.text[start..=end];
                let body = end + 1;
                let close = memmem::find(&self.text[body..], tag);
                (TokenKind::String, close.map_or(self.text.len(), |at| body + at + tag.len()))
            }
        }
    }

    /// The placeholder that begins at `at` with an operator's character, if one does: its end.
    fn placeholder_end(&self, at: usize) -> Option<usize> {
        let next = self.byte(at + 1);
        match self.byte(at) {
            b'%' if next == b's' && !continues_word(self.byte(at + 2)) => Some(at + 2),
            b'%' if next == b'(' => {
                let close = memchr(b')', self.text.get(at + 2..at + 130.min(self.text.len() - at))?)?;
                let end = at + 2 + close + 1;
                (self.byte(end) == b's').then_some(end + 1)
            }
            b'?' => {
                // `?|` and `?&` ask jsonb for keys; `? ||` is a placeholder and a concatenation.
                let operator = self.dialect == Dialect::PostgreSql
                    && matches!(next, b'|' | b'&')
                    && self.byte(at + 2) != next;
                let mut end = at + 1;
                while self.dialect == Dialect::Sqlite && self.byte(end).is_ascii_digit() {
                    end += 1;
                }
                (!operator).then_some(end)
            }
            b':' if matches!(class(next), LETTER | DIGIT) && (at == 0 || self.byte(at - 1) != b':') => {
                Some(self.word_end(at + 1))
            }
            b'@' if self.dialect == Dialect::Sqlite && class(next) == LETTER => Some(self.word_end(at + 1)),
            _ => None,
        }
    }

    fn begins_comment(&self, at: usize) -> bool {
        match (self.byte(at), self.byte(at + 1)) {
            (b'/', b'*') => true,
            (b'-', b'-') => {
                // MySQL wants a blank after it: `5--3` is a subtraction there.
                self.dialect != Dialect::MySql
                    || self.text.get(at + 2).is_none_or(|&byte| class(byte) == SPACE)
            }
            (b'#', _) => self.dialect == Dialect::MySql,
            _ => false,
        }
    }

    /// Whether MySQL's versioned comment ends at `at`.
    fn ends_versioned(&self, at: usize) -> bool {
        self.dialect == Dialect::MySql
            && self.byte(at) == b'*'
            && self.byte(at + 1) == b'/'
            // `2*/* two */3`
            && self.byte(at + 2) != b'*'
    }

    /// The variable of MySQL's that begins at `at`, if one does: its end. In `'shop'@'%'` it is a host.
    fn variable_end(&self, at: usize) -> Option<usize> {
        if self.dialect != Dialect::MySql || self.byte(at) != b'@' {
            return None;
        }
        let next = self.byte(at + 1);
        if class(next) == LETTER {
            return Some(self.word_end(at + 1));
        }
        let before = at.checked_sub(1).map_or(b' ', |before| self.byte(before));
        let begins = !continues_word(before) && class(before) != QUOTE;
        (begins && class(next) == QUOTE).then(|| self.quoted_end(at + 2, next, next != b'`'))
    }

    fn comment_end(&self, start: usize) -> usize {
        if self.byte(start) != b'/' {
            return memchr(b'\n', &self.text[start..]).map_or(self.text.len(), |at| start + at);
        }
        if self.dialect == Dialect::MySql {
            // `/*!50003 …`, MariaDB's `/*M!100100 …`: https://dev.mysql.com/doc/refman/8.4/en/comments.html
            let mark = usize::from(self.byte(start + 2) == b'M');
            if self.byte(start + 2 + mark) == b'!' {
                let digits = start + 3 + mark;
                let version = self.text.get(digits..).unwrap_or_default().iter().take(6);
                return digits + version.take_while(|byte| byte.is_ascii_digit()).count();
            }
        }
        let nested = self.dialect == Dialect::PostgreSql;
        let mut depth = 1_u32;
        let mut at = start + 2;
        while let Some(found) = memchr2(b'*', b'/', self.text.get(at..).unwrap_or_default()) {
            at += found;
            match (self.byte(at), self.byte(at + 1)) {
                (b'*', b'/') => {
                    at += 2;
                    depth -= 1;
                    if depth == 0 {
                        return at;
                    }
                }
                (b'/', b'*') if nested => {
                    at += 2;
                    depth += 1;
                }
                _ => at += 1,
            }
        }
        self.text.len()
    }

    fn operator(&self, start: usize) -> (TokenKind, usize) {
        if self.begins_comment(start) {
            return (TokenKind::Comment, self.comment_end(start));
        }
        if self.ends_versioned(start) {
            return (TokenKind::Comment, start + 2);
        }
        if let Some(end) = self.placeholder_end(start) {
            return (TokenKind::Placeholder, end);
        }
        if let Some(end) = self.variable_end(start) {
            return (TokenKind::Variable, end);
        }
        let first = self.byte(start);
        if first == b':' {
            let long = matches!(self.byte(start + 1), b':' | b'=');
            return (TokenKind::Operator, start + 1 + usize::from(long));
        }
        if first == b'@' && self.byte(start + 1) == b'@' && class(self.byte(start + 2)) == LETTER {
            // MySQL's system variables.
            if self.dialect == Dialect::MySql {
                return (TokenKind::Word, self.word_end(start + 2));
            }
        }
        let mut end = start + 1;
        while class(self.byte(end)) == OPERATOR
            && self.byte(end) != b':'
            && !self.begins_comment(end)
            && !self.ends_versioned(end)
            && self.placeholder_end(end).is_none()
            && self.variable_end(end).is_none()
        {
            end += 1;
        }
        // PostgreSQL's rule: an operator ends in a sign only if it has one of these too, so that
        // `a=-1` is `a = -1`.
        while end > start + 1
            && matches!(self.byte(end - 1), b'+' | b'-')
            && !self.text[start..end]
                .iter()
                .any(|byte| matches!(byte, b'~' | b'!' | b'@' | b'#' | b'%' | b'^' | b'&' | b'|' | b'?'))
        {
            end -= 1;
        }
        (TokenKind::Operator, end)
    }

    fn quoted(&self, start: usize) -> (TokenKind, usize) {
        let quote = self.byte(start);
        let mysql = self.dialect == Dialect::MySql;
        let kind = match quote {
            b'\'' => TokenKind::String,
            b'"' if mysql => TokenKind::String,
            _ => TokenKind::QuotedIdentifier,
        };
        let escapes = mysql && kind == TokenKind::String;
        (kind, self.quoted_end(start + 1, quote, escapes))
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        self.advance()
    }
}

#[cfg(test)]
mod tests;
