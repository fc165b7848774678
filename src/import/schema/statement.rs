//! One statement's tokens, and what is read off them.

use std::ops::Range;

use crate::queries::lexer::TokenKind;
use crate::queries::tables::unquote;
use crate::schema::Part;

/// A token with its kind.
pub(super) type Token = (TokenKind, Range<usize>);

/// Tokens of a statement, or of a part of it; reading takes from its front.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'a> {
    pub text: &'a [u8],
    pub tokens: &'a [Token],
}

impl<'a> Tokens<'a> {
    fn bytes(&self, at: usize) -> &'a [u8] {
        self.tokens.get(at).map_or(&[][..], |(_, range)| &self.text[range.clone()])
    }

    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Whether the token at `at` is this keyword or sign.
    pub fn is_at(&self, at: usize, word: &str) -> bool {
        let quoted = self.tokens.get(at).is_none_or(|(kind, _)| *kind == TokenKind::QuotedIdentifier);
        !quoted && self.bytes(at).eq_ignore_ascii_case(word.as_bytes())
    }

    /// Takes the next token if it is one of `words`.
    pub fn take(&mut self, words: &[&str]) -> bool {
        let found = words.iter().any(|word| self.is_at(0, word));
        if found {
            self.skip();
        }
        found
    }

    /// Takes these words if they come next, all of them.
    pub fn take_all(&mut self, words: &[&str]) -> bool {
        let found = words.iter().enumerate().all(|(at, word)| self.is_at(at, word));
        if found {
            self.tokens = &self.tokens[words.len()..];
        }
        found
    }

    pub fn skip(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    /// Takes a name, with its schema.
    pub fn name(&mut self) -> Option<String> {
        let mut name = self.word()?;
        while self.is_at(0, ".") {
            self.skip();
            name.push('.');
            name.push_str(&self.word()?);
        }
        Some(match name.strip_prefix("public.") {
            Some(bare) => bare.to_owned(),
            None => name,
        })
    }

    /// Takes one name.
    pub fn word(&mut self) -> Option<String> {
        let word = self.peek()?;
        self.skip();
        Some(word)
    }

    /// The name that comes next.
    pub fn peek(&self) -> Option<String> {
        match self.tokens.first()?.0 {
            TokenKind::QuotedIdentifier => Some(unquote(self.bytes(0))),
            TokenKind::Word => Some(String::from_utf8_lossy(self.bytes(0)).to_ascii_lowercase()),
            _ => None,
        }
    }

    /// Takes what stands in the parentheses that come next.
    pub fn parentheses(&mut self) -> Option<Self> {
        if !self.is_at(0, "(") {
            return None;
        }
        let mut depth = 0_usize;
        for at in 0..self.tokens.len() {
            if self.is_at(at, "(") {
                depth += 1;
            } else if self.is_at(at, ")") {
                depth -= 1;
                if depth == 0 {
                    let inner = Self { tokens: &self.tokens[1..at], ..*self };
                    self.tokens = &self.tokens[at + 1..];
                    return Some(inner);
                }
            }
        }
        // Cut short: as far as it goes.
        let inner = Self { tokens: &self.tokens[1..], ..*self };
        self.tokens = &[];
        Some(inner)
    }

    /// Whether there are more parentheses opened than closed.
    pub fn is_open(&self) -> bool {
        let count = |sign: &str| (0..self.tokens.len()).filter(|&at| self.is_at(at, sign)).count();
        count("(") > count(")")
    }

    /// What stands between the commas outside parentheses.
    pub fn split(self) -> impl Iterator<Item = Self> {
        let (mut left, mut done) = (self, self.is_empty());
        std::iter::from_fn(move || {
            if done {
                return None;
            }
            let mut depth = 0_usize;
            for at in 0..left.tokens.len() {
                match left.bytes(at) {
                    b"(" => depth += 1,
                    b")" => depth = depth.saturating_sub(1),
                    b"," if depth == 0 => {
                        let item = Self { tokens: &left.tokens[..at], ..left };
                        left.tokens = &left.tokens[at + 1..];
                        return Some(item);
                    }
                    _ => {}
                }
            }
            done = true;
            Some(left)
        })
    }

    /// Goes to the next of `words` outside parentheses; whether there is one.
    pub fn find(&mut self, words: &[&str]) -> bool {
        let mut depth = 0_usize;
        for at in 0..self.tokens.len() {
            match self.bytes(at) {
                b"(" => depth += 1,
                b")" => depth = depth.saturating_sub(1),
                _ if depth == 0 && words.iter().any(|word| self.is_at(at, word)) => {
                    self.tokens = &self.tokens[at..];
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    /// As it is written, on one line.
    pub fn sql(&self) -> String {
        let (Some((_, first)), Some((_, last))) = (self.tokens.first(), self.tokens.last()) else {
            return String::new();
        };
        let text = String::from_utf8_lossy(&self.text[first.start..last.end]);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The same without the parentheses around it.
    pub fn expression(&self) -> String {
        bare(self.sql())
    }

    /// A list of columns.
    pub fn columns(self) -> Vec<String> {
        self.split().filter_map(|mut item| item.word()).collect()
    }

    /// A column or an expression of an index.
    pub fn part(mut self) -> Part {
        let whole = self;
        let Some(column) = self.word() else { return Part { column: None, rest: whole.expression() } };
        // `path(20)`: so many characters of it; `upper(name)`: an expression.
        let prefix = matches!(self.tokens, [_, (TokenKind::Number, _), _, ..]) && self.is_at(0, "(");
        let first = self.tokens.first().map(|(kind, _)| *kind);
        let plain = prefix || matches!(first, None | Some(TokenKind::Word | TokenKind::QuotedIdentifier));
        if !plain {
            return Part { column: None, rest: whole.expression() };
        }
        // Ascending is what it is without a word.
        let rest = self.sql();
        let rest = rest.strip_suffix("ASC").or_else(|| rest.strip_suffix("asc")).unwrap_or(&rest);
        Part { column: Some(column), rest: rest.trim_end().to_owned() }
    }
}

/// An expression without the parentheses around it.
fn bare(text: String) -> String {
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')'));
    let mut depth = 0_i32;
    let balanced = inner.is_some_and(|inner| {
        inner.bytes().all(|byte| {
            depth += i32::from(byte == b'(') - i32::from(byte == b')');
            depth >= 0
        })
    });
    match inner {
        Some(inner) if balanced => inner.to_owned(),
        _ => text,
    }
}
