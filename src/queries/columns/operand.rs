//! One side of a predicate.

use super::Usage;

/// A column as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// What stands before its last dot: a table or an alias.
    pub table: Option<String>,
    pub name: String,
    /// What it stands in.
    pub function: Option<String>,
    /// Whether it is a number in ORDER BY or GROUP BY.
    pub is_position: bool,
}

/// How a LIKE's pattern begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    Letter,
    Wildcard,
    Unknown,
}

/// One side of a predicate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    Column(Column),
    Value(Pattern),
    /// A number: in ORDER BY it may be a position.
    Number(String),
    /// What is neither.
    Other,
}

impl Operand {
    /// A string's bytes, quotes and prefix included.
    pub fn string(bytes: &[u8]) -> Self {
        let quote = bytes.iter().position(|byte| matches!(byte, b'\'' | b'"'));
        Self::Value(match quote.and_then(|at| bytes.get(at + 1)) {
            Some(b'%' | b'_') => Pattern::Wildcard,
            Some(_) => Pattern::Letter,
            None => Pattern::Unknown,
        })
    }

    /// This and what follows it, with `operator` between them.
    pub fn and(self, next: Self, operator: &str) -> Self {
        match (self, next) {
            (Self::Column(column), _) | (_, Self::Column(column)) => Self::Column(column).within(operator),
            // `'%' || value`: the beginning counts.
            (Self::Value(pattern), _) => Self::Value(pattern),
            (Self::Number(_), Self::Number(_) | Self::Value(_)) => Self::Value(Pattern::Unknown),
            _ => Self::Other,
        }
    }

    /// The same, as an argument of `function`; the innermost is kept, but for what only moves a time to
    /// another zone.
    pub fn within(self, function: &str) -> Self {
        match self {
            Self::Column(mut column) => {
                if matches!(
                    column.function.as_deref(),
                    None | Some("AT TIME ZONE" | "CONVERT_TZ" | "TIMEZONE")
                ) {
                    column.function = Some(function.to_owned());
                }
                Self::Column(column)
            }
            Self::Number(_) => Self::Value(Pattern::Unknown),
            other => other,
        }
    }
}

/// What stands between the two sides of a predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Range,
    In,
    Like,
    /// ILIKE.
    FoldedLike,
    Null,
    /// With its text, if an inverted index serves it.
    Operator(&'static str),
}

impl Comparison {
    /// Of an operator's text.
    pub fn of(operator: &[u8]) -> Option<Self> {
        Some(match operator {
            b"=" | b"<=>" | b"==" => Self::Equal,
            b"<>" | b"!=" => Self::Unequal,
            b"<" | b">" | b"<=" | b">=" => Self::Range,
            b"~~" => Self::Like,
            b"~~*" => Self::FoldedLike,
            b"@@" => Self::Operator("@@"),
            b"@>" => Self::Operator("@>"),
            b"<@" => Self::Operator("<@"),
            b"&&" => Self::Operator("&&"),
            b"?" => Self::Operator("?"),
            b"?|" => Self::Operator("?|"),
            b"?&" => Self::Operator("?&"),
            b"@?" => Self::Operator("@?"),
            b"~" | b"~*" | b"!~" | b"!~*" | b"!~~" | b"!~~*" | b"-|-" | b"<->" => Self::Operator(""),
            _ => return None,
        })
    }

    /// What it makes of a column, with `other` on the other side.
    pub fn usage(self, other: Option<&Operand>, negated: bool) -> Usage {
        let usage = match (self, other) {
            (Self::Equal, Some(Operand::Column(_))) => Usage::Join,
            (Self::Equal, _) => Usage::Equal,
            (Self::Unequal, _) => Usage::Unequal,
            (Self::Range, _) => Usage::Range,
            (Self::In, _) => Usage::In,
            (Self::Like | Self::FoldedLike, Some(Operand::Value(Pattern::Letter))) => Usage::LikePrefix,
            (Self::Like | Self::FoldedLike, Some(Operand::Value(Pattern::Wildcard))) => Usage::LikeAnywhere,
            (Self::Like | Self::FoldedLike, _) => Usage::LikeUnknown,
            (Self::Null, _) => Usage::Null,
            (Self::Operator(_), _) => Usage::Operator,
        };
        match usage {
            Usage::Range => usage,
            Usage::Unequal if negated => Usage::Equal,
            _ if negated => Usage::Unequal,
            _ => usage,
        }
    }
}
