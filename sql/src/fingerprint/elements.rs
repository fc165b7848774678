//! Lists of equal expressions: `IN (CAST(1 AS date), CAST(2 AS date))`, `ARRAY[lower('a'), lower('b')]`. The
//! first is written, those like it are read over.

use super::Normaliser;
use super::hash::*;
use crate::lexer::{Lexer, TokenKind};

/// A list whose first element is no plain value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements {
    /// Depth of parentheses around its elements.
    pub depth: u32,
    /// Hash of the first one's tokens.
    hash: u64,
}

/// A longer element is not compared, tokens: each is read twice, and lists may be in lists.
const LONGEST: usize = 64;

/// One element of a list.
struct Element<'a> {
    /// Hash of its tokens, all values being one.
    hash: u64,
    /// Where what ends it begins.
    end: usize,
    /// What ends it: a comma or a bracket.
    ended_by: &'a [u8],
}

impl<'a, const TEXT: bool> Normaliser<'a, TEXT> {
    /// Before the first element of a list.
    pub(super) fn begin_elements(&mut self) {
        let first = element(self.lexer).filter(|first| first.ended_by == b",");
        self.elements = first.map(|first| Elements { depth: self.depth, hash: first.hash });
    }

    /// After the comma behind the first element: reads over those that are like it, false if the next is not.
    pub(super) fn skip_elements(&mut self) -> bool {
        let Some(elements) = self.elements.take() else { return false };
        let mut skipped = 0;
        while let Some(next) = element(self.lexer).filter(|next| next.hash == elements.hash) {
            skipped += 1;
            loop {
                let before = self.lexer;
                match self.lexer.significant() {
                    Some(token) if token.start < next.end => {
                        if is_value(token.kind) {
                            self.parameter(token);
                        }
                    }
                    _ => {
                        self.lexer = before;
                        break;
                    }
                }
            }
            let mut ahead = self.lexer;
            let more = ahead.significant().is_some_and(|token| ahead.bytes(token) == b",");
            if !more {
                break;
            }
            // Another comma: read over only with what follows it.
            if element(ahead).is_none_or(|after| after.hash != elements.hash) {
                break;
            }
            self.lexer = ahead;
        }
        self.list = self.list.max(skipped + 1);
        skipped > 0
    }
}

fn is_value(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::String | TokenKind::Number | TokenKind::Placeholder)
}

/// The element that begins where `lexer` is; none if it is a subquery, too long, or cut short.
fn element(mut lexer: Lexer<'_>) -> Option<Element<'_>> {
    let (mut hash, mut depth, mut operand) = (SEED, 0_u32, true);
    for count in 0..LONGEST {
        let token = lexer.significant()?;
        let bytes = lexer.bytes(token);
        let word = if token.kind == TokenKind::Word { key(bytes) } else { 0 };
        match bytes {
            _ if count == 0 && matches!(word, SELECT | WITH | VALUES | TABLE) => return None,
            b";" => return None,
            b"," | b")" | b"]" if depth == 0 => {
                return (count > 0).then_some(Element { hash, end: token.start, ended_by: bytes });
            }
            b"(" | b"[" => depth += 1,
            b")" | b"]" => depth -= 1,
            _ => {}
        }
        let sign = operand && matches!(bytes, b"-" | b"+");
        if is_value(token.kind) || operand && matches!(word, NULL | TRUE | FALSE) {
            hash = mix(hash, 1);
        } else if token.kind == TokenKind::Word {
            hash = mix_text(hash, &bytes.to_ascii_lowercase());
        } else if !sign {
            hash = mix_text(hash, bytes);
        }
        operand = sign
            || token.kind == TokenKind::Operator
            || matches!(bytes, b"(" | b"[" | b",")
            || matches!(word, AND | OR | NOT | WHEN | THEN | ELSE);
    }
    None
}
