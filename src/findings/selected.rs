//! What a SELECT asks for and by which conditions, and which table another statement is for, out of its fingerprint's text.

use std::ops::Range;

use crate::queries::keywords::is_keyword;
use crate::queries::lexer::{Dialect, Lexer, TokenKind};
use crate::queries::tables::unquote;

/// A text in its tokens.
pub(super) struct Tokens<'a> {
    all: Vec<(TokenKind, &'a str)>,
    /// Per `(` the place of its `)`, or the end; per other token its own place.
    closed: Vec<usize>,
}

/// A column that SELECT's own list has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selected {
    /// What stands before the dot: its table, or another name for it.
    pub table: Option<String>,
    /// `*` for all of them.
    pub name: String,
    /// Whether an item is the column itself, rather than made of it.
    pub is_itself: bool,
}

impl<'a> Tokens<'a> {
    pub fn of(text: &'a str) -> Self {
        let mut lexer = Lexer::new(text.as_bytes(), Dialect::guess(text.as_bytes()));
        let mut all = Vec::new();
        let (mut closed, mut open) = (Vec::new(), Vec::new());
        while let Some(token) = lexer.significant() {
            let at = all.len();
            closed.push(at);
            let bytes = text.get(token.start..token.end).unwrap_or_default();
            match bytes {
                "(" => open.push(at),
                ")" => {
                    if let Some(place) = open.pop().and_then(|opened: usize| closed.get_mut(opened)) {
                        *place = at;
                    }
                }
                _ => {}
            }
            all.push((token.kind, bytes));
        }
        for opened in open {
            closed[opened] = all.len();
        }
        Self { all, closed }
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.all.get(at).is_some_and(|(_, bytes)| bytes.eq_ignore_ascii_case(text))
    }

    fn is_any(&self, at: usize, texts: &[&str]) -> bool {
        texts.iter().any(|text| self.is(at, text))
    }

    /// The places of `range` outside all parentheses; of these the opening one alone.
    fn outside(&self, range: Range<usize>) -> impl Iterator<Item = usize> {
        let mut next = range.start;
        std::iter::from_fn(move || {
            let at = next;
            next = self.closed.get(at)? + 1;
            (at < range.end).then_some(at)
        })
    }

    fn find(&self, range: Range<usize>, words: &[&str]) -> Option<usize> {
        self.outside(range).find(|&at| self.is_any(at, words))
    }

    /// A name, whole, that begins here: its parts, and the place after it.
    fn name(&self, at: usize) -> Option<(Vec<String>, usize)> {
        let part = |at: usize| match *self.all.get(at)? {
            (TokenKind::QuotedIdentifier, bytes) => Some(unquote(bytes.as_bytes())),
            (TokenKind::Word, bytes) if !is_keyword(bytes.as_bytes()) => Some(bytes.to_owned()),
            _ => None,
        };
        let (mut parts, mut end) = (vec![part(at)?], at + 1);
        while self.is(end, ".") {
            // After a dot no word is a keyword.
            let (kind, bytes) = *self.all.get(end + 1)?;
            let quoted = kind == TokenKind::QuotedIdentifier;
            parts.push(if quoted { unquote(bytes.as_bytes()) } else { bytes.to_owned() });
            end += 2;
        }
        Some((parts, end))
    }

    /// The places of SELECT's own list, without SELECT and its FROM.
    fn list(&self) -> Option<Range<usize>> {
        let all = 0..self.all.len();
        let first = self.find(all.clone(), &["SELECT"])? + 1;
        Some(first..self.find(first..all.end, &["FROM"]).unwrap_or(all.end))
    }

    /// Whether it selects rows as they are: not those of a group, and none left out as they are equal.
    pub fn has_rows(&self) -> bool {
        self.list().is_some_and(|list| {
            let rest = list.end..self.all.len();
            !self.is(list.start, "DISTINCT")
                && self.find(rest, &["GROUP", "UNION", "INTERSECT", "EXCEPT"]).is_none()
        }) && self.selected().iter().any(|column| column.is_itself)
    }

    /// Whether a value ends before this place: what follows is its name.
    fn ends_before(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|before| self.all.get(before));
        before.is_some_and(|(kind, bytes)| match kind {
            TokenKind::QuotedIdentifier => true,
            TokenKind::Word => bytes.eq_ignore_ascii_case("AS") || !is_keyword(bytes.as_bytes()),
            _ => *bytes == ")",
        })
    }

    /// The columns in SELECT's own list, whatever is made of them.
    pub fn selected(&self) -> Vec<Selected> {
        let Some(list) = self.list() else { return Vec::new() };
        let items: Vec<usize> = std::iter::once(list.start)
            .chain(
                self.outside(list.clone()).filter(|&at| self.is_any(at, &[",", "DISTINCT"])).map(|at| at + 1),
            )
            .collect();
        let mut selected = Vec::new();
        let mut at = list.start;
        while at < list.end {
            let begins = items.binary_search(&at).is_ok();
            if begins && self.is(at, "*") {
                selected.push(Selected { table: None, name: "*".to_owned(), is_itself: true });
            }
            let Some((mut parts, end)) = self.name(at) else {
                at += 1;
                continue;
            };
            let is_column = !self.is(end, "(") && !self.ends_before(at);
            if is_column && let Some(name) = parts.pop() {
                let ends = end >= list.end || self.is_any(end, &[",", "AS"]) || self.name(end).is_some();
                let table = (!parts.is_empty()).then(|| parts.join("."));
                selected.push(Selected { table, name, is_itself: begins && ends });
            }
            at = end;
        }
        selected
    }

    /// The columns within the parentheses of the first `function`, each once, with what stands before their dots;
    /// of a cast the type is none.
    pub fn columns_within(&self, function: &str) -> Vec<(String, String)> {
        let mut columns: Vec<(String, String)> = Vec::new();
        let open = (1..self.all.len()).find(|&at| self.is(at, "(") && self.is(at - 1, function));
        let Some(open) = open else { return columns };
        let mut at = open + 1;
        while at < self.closed[open] {
            let Some((mut parts, end)) = self.name(at) else {
                at += 1;
                continue;
            };
            if !self.is(end, "(")
                && !self.is(at - 1, "::")
                && let Some(column) = parts.pop()
                && let column = (parts.join("."), column)
                && !columns.contains(&column)
            {
                columns.push(column);
            }
            at = end;
        }
        columns
    }

    /// What `table` is called, if not by its name: `shop_product_tags T3`.
    pub fn aliases(&self, table: &str) -> Vec<String> {
        let mut aliases = Vec::new();
        for at in 1..self.all.len() {
            if !self.is_any(at - 1, &["FROM", "JOIN", ",", "("]) {
                continue;
            }
            if let Some((parts, end)) = self.name(at)
                && parts.join(".") == table
            {
                let end = if self.is(end, "AS") { end + 1 } else { end };
                aliases.extend(self.name(end).map(|(parts, _)| parts.concat()));
            }
        }
        aliases
    }

    /// The table after the first INSERT, UPDATE, DELETE or MERGE outside all parentheses.
    pub fn target(&self) -> Option<String> {
        let mut at = self.find(0..self.all.len(), &["INSERT", "UPDATE", "DELETE", "MERGE"])? + 1;
        while self.is_any(at, &["INTO", "FROM", "ONLY"]) {
            at += 1;
        }
        self.name(at).map(|(parts, _)| parts.join("."))
    }

    /// The conditions of its own WHERE, all of which a row fits.
    pub fn conditions(&self) -> Vec<String> {
        let end = self.all.len();
        let Some(first) = self.find(0..end, &["WHERE"]) else { return Vec::new() };
        let after = ["GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "WINDOW", "UNION", ";"];
        let mut open = Vec::new();
        open.push(first + 1..self.find(first + 1..end, &after).unwrap_or(end));
        let mut conditions = Vec::new();
        while let Some(range) = open.pop() {
            if range.is_empty() {
                continue;
            }
            if self.is(range.start, "(") && self.closed[range.start] + 1 == range.end {
                open.push(range.start + 1..range.end - 1);
                continue;
            }
            let either = self.find(range.clone(), &["OR", "XOR", "||"]).is_some();
            let (mut from, mut between) = (range.start, false);
            let mut parts = Vec::new();
            for at in self.outside(range.clone()).filter(|_| !either) {
                between |= self.is(at, "BETWEEN");
                // BETWEEN has an AND of its own.
                if self.is_any(at, &["AND", "&&"]) && !std::mem::take(&mut between) {
                    parts.push(from..at);
                    from = at + 1;
                }
            }
            if parts.is_empty() {
                let words: Vec<&str> = self.all[range].iter().map(|(_, bytes)| *bytes).collect();
                conditions.push(words.join(" "));
            } else {
                parts.push(from..range.end);
                open.extend(parts);
            }
        }
        conditions
    }
}

/// Whether rows that fit `condition` may fit `wide` as well, whatever the values are.
pub(super) fn fits(condition: &str, wide: &str) -> bool {
    // What a condition says of its subject, and what says no more of it.
    let narrower: [(&str, &[&str]); 5] = [
        (" IN ( ? )", &[" = ?"]),
        (" > ?", &[" >= ?", " = ?", " BETWEEN ? AND ?"]),
        (" >= ?", &[" > ?", " = ?", " BETWEEN ? AND ?"]),
        (" < ?", &[" <= ?", " = ?", " BETWEEN ? AND ?"]),
        (" <= ?", &[" < ?", " = ?", " BETWEEN ? AND ?"]),
    ];
    condition == wide
        || narrower.iter().any(|(of_wide, others)| {
            let subject = wide.strip_suffix(of_wide);
            // NOT and OR turn it round.
            let subject = subject.filter(|subject| !subject.starts_with("NOT ") && !subject.contains(" OR "));
            subject
                .zip(condition.strip_prefix(subject.unwrap_or_default()))
                .is_some_and(|(_, said)| others.contains(&said))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_the_list() {
        let each = [
            r#"SELECT ("p"."a_id") AS "x", "t"."id", t.b name, UPPER("t"."c"), COUNT(*) FROM "t""#,
            "SELECT *, t.*, COUNT(DISTINCT t.a) FROM t",
            "SELECT DISTINCT a, b + 1, (SELECT c FROM u) AS d FROM t",
            "WITH q AS (SELECT z FROM y) SELECT q.z FROM q",
            "SELECT ? AS a",
            "SELECT",
            "",
        ]
        .map(|sql| {
            let tokens = Tokens::of(sql);
            let one = |column: &Selected| {
                let table = column.table.as_deref().map_or(String::new(), |table| format!("{table}."));
                format!("{table}{}{}", column.name, if column.is_itself { "" } else { "~" })
            };
            let all: Vec<String> = tokens.selected().iter().map(one).collect();
            format!("{sql}\n    {} {}", all.join(" "), tokens.has_rows())
        });
        insta::assert_snapshot!(each.join("\n"));
    }

    #[test]
    fn conditions_that_all_rows_fit() {
        let each = [
            r#"SELECT 1 FROM t WHERE ("t"."a" = ? AND ("t"."b" BETWEEN ? AND ? AND NOT ("t"."c" = ?)) AND (d = ? OR e = ?)) ORDER BY a"#,
            "SELECT 1 FROM t WHERE a = ? AND b = ? OR c = ?",
            "SELECT (SELECT 1 FROM u WHERE a = ?) FROM t WHERE EXISTS(SELECT 1 FROM v WHERE b = ?) LIMIT ?",
            "SELECT 1 FROM t WHERE ((a = ?",
            "SELECT 1 FROM t WHERE",
            "SELECT 1 FROM t",
        ]
        .map(|sql| {
            let mut all = Tokens::of(sql).conditions();
            all.sort();
            format!("{sql}\n    {}", all.join("\n    "))
        });
        insta::assert_snapshot!(each.join("\n"));
    }

    #[test]
    fn names_of_a_table() {
        let sql = "SELECT 1 FROM shop_a x JOIN s.b AS y ON x.id = y.id, s.b, s.b T5";
        let tokens = Tokens::of(sql);
        assert_eq!(tokens.aliases("shop_a"), ["x"]);
        assert_eq!(tokens.aliases("s.b"), ["y", "T5"]);
        assert_eq!(tokens.aliases("x"), [""; 0]);
    }

    #[test]
    fn narrower_conditions() {
        for (condition, wide, expected) in [
            ("a = ?", "a = ?", true),
            ("a = ?", "a IN ( ? )", true),
            ("a IN ( ? )", "a = ?", false),
            ("a > ?", "a >= ?", true),
            ("a < ?", "a >= ?", false),
            ("a BETWEEN ? AND ?", "a <= ?", true),
            ("b = ?", "a IN ( ? )", false),
            ("NOT a = ?", "NOT a IN ( ? )", false),
            ("x = ? OR a = ?", "x = ? OR a IN ( ? )", false),
        ] {
            assert_eq!(fits(condition, wide), expected, "{condition} in {wide}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "(SELECT |FROM |WHERE |\"a\"|\"|\\.|a_id|= ?|\\(|\\)|AND |BETWEEN |OR |,|\\*|é| ){0,40}") {
            let tokens = Tokens::of(&text);
            let _ = (tokens.has_rows(), tokens.selected(), tokens.conditions(), tokens.aliases("a"));
        }
    }
}
