//! SQL for reading: tokens with what they are, and the breaks that lay a one-line statement out by
//! its clauses. Nothing is added to or taken from the text but the blanks before a clause, so that
//! what is copied off the screen still runs.

use super::keywords::is_keyword;
use super::lexer::{Dialect, Lexer, TokenKind};

/// What a piece of SQL is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PieceKind {
    /// `SELECT`, `IS`, …
    Keyword,
    /// A string literal.
    String,
    /// A number.
    Number,
    /// `%s`, `$1`, `?`, …
    Placeholder,
    /// A comment.
    Comment,
    /// Names, operators, blanks.
    Plain,
}

/// A run of SQL of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub kind: PieceKind,
    /// The text.
    pub text: String,
}

/// Words a clause begins with; a line of its own each, when the statement has no lines of its own.
/// `JOIN` is reached through what may stand before it.
const CLAUSES: [&[u8]; 18] = [
    b"FROM",
    b"WHERE",
    b"GROUP",
    b"HAVING",
    b"ORDER",
    b"LIMIT",
    b"OFFSET",
    b"UNION",
    b"INTERSECT",
    b"EXCEPT",
    b"INNER",
    b"LEFT",
    b"RIGHT",
    b"CROSS",
    b"VALUES",
    b"SET",
    b"RETURNING",
    b"JOIN",
];

/// Words after which `JOIN` (or `OUTER`) goes on with the clause they began.
const JOIN_PREFIXES: [&[u8]; 7] = [b"INNER", b"LEFT", b"RIGHT", b"CROSS", b"FULL", b"OUTER", b"NATURAL"];

/// Splits `sql` into pieces; a statement of one line gets a line break before each clause outside of
/// parentheses.
pub fn pieces(sql: &str) -> Vec<Piece> {
    let text = sql.as_bytes();
    let lay_out = !sql.trim().contains('\n');
    let mut lexer = Lexer::new(text, Dialect::guess(text));
    let mut pieces: Vec<Piece> = Vec::new();
    let mut depth = 0_usize;
    let mut previous_word: &[u8] = b"";
    while let Some(token) = lexer.next() {
        let bytes = lexer.bytes(token);
        let kind = match token.kind {
            TokenKind::Word if is_keyword(bytes) => PieceKind::Keyword,
            TokenKind::String => PieceKind::String,
            TokenKind::Number => PieceKind::Number,
            TokenKind::Placeholder => PieceKind::Placeholder,
            TokenKind::Comment => PieceKind::Comment,
            _ => PieceKind::Plain,
        };
        match bytes {
            b"(" => depth += 1,
            b")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if lay_out && depth == 0 && kind == PieceKind::Keyword && begins_clause(bytes, previous_word) {
            break_line(&mut pieces);
        }
        if kind == PieceKind::Keyword {
            previous_word = bytes;
        }
        // Tokens end at character borders: the lexer's promise.
        push(&mut pieces, kind, &sql[token.range()]);
    }
    pieces
}

fn begins_clause(word: &[u8], previous: &[u8]) -> bool {
    let is = |other: &&[u8]| word.eq_ignore_ascii_case(other);
    let after = |words: &[&[u8]]| words.iter().any(|other| previous.eq_ignore_ascii_case(other));
    match word {
        _ if !CLAUSES.iter().any(is) => false,
        _ if word.eq_ignore_ascii_case(b"JOIN") => !after(&JOIN_PREFIXES),
        // `DELETE FROM`, `IS DISTINCT FROM`.
        _ if word.eq_ignore_ascii_case(b"FROM") => !after(&[b"DELETE", b"DISTINCT"]),
        // `SET x = 1` by itself begins the statement; `ON UPDATE SET NULL` is no clause.
        _ if word.eq_ignore_ascii_case(b"SET") => !previous.is_empty() && !after(&[b"ON"]),
        // The functions left() and right() have no keyword before them that a join could follow.
        _ => true,
    }
}

/// Ends the line: the blanks at its end become a line break. Nothing happens at the very start.
fn break_line(pieces: &mut Vec<Piece>) {
    if let Some(last) = pieces.last_mut() {
        let kept = last.text.trim_end_matches([' ', '\t']).len();
        if kept < last.text.len() {
            last.text.truncate(kept);
            push(pieces, PieceKind::Plain, "\n");
        }
    }
}

fn push(pieces: &mut Vec<Piece>, kind: PieceKind, text: &str) {
    match pieces.last_mut() {
        Some(last) if last.kind == kind => last.text.push_str(text),
        _ => pieces.push(Piece { kind, text: text.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(sql: &str) -> String {
        pieces(sql).iter().map(|piece| piece.text.as_str()).collect()
    }

    #[test]
    fn one_line_is_laid_out_by_its_clauses() {
        let sql = r#"SELECT "a"."id" FROM "a" LEFT OUTER JOIN "b" ON ("a"."id" = "b"."a_id") WHERE "a"."x" IN (SELECT 1 FROM "c") ORDER BY 1 LIMIT 21"#;
        insta::assert_snapshot!(shown(sql), @r#"
        SELECT "a"."id"
        FROM "a"
        LEFT OUTER JOIN "b" ON ("a"."id" = "b"."a_id")
        WHERE "a"."x" IN (SELECT 1 FROM "c")
        ORDER BY 1
        LIMIT 21
        "#);
        assert_eq!(
            shown("DELETE FROM \"a\" WHERE x IS DISTINCT FROM 2"),
            "DELETE FROM \"a\"\nWHERE x IS DISTINCT FROM 2"
        );
        assert_eq!(shown("SET search_path TO x"), "SET search_path TO x");
    }

    #[test]
    fn lines_of_its_own_stay() {
        let sql = "SELECT 1\n  FROM t WHERE x = 2";
        assert_eq!(shown(sql), sql);
    }

    #[test]
    fn words_literals_and_comments_are_told_apart() {
        let kinds: Vec<_> = pieces("SELECT 'FROM', $1 -- WHERE\n")
            .into_iter()
            .map(|piece| (piece.kind, piece.text))
            .collect();
        assert!(kinds.contains(&(PieceKind::Keyword, "SELECT".into())));
        assert!(kinds.contains(&(PieceKind::String, "'FROM'".into())));
        assert!(kinds.contains(&(PieceKind::Placeholder, "$1".into())));
        assert!(kinds.iter().any(|(kind, text)| *kind == PieceKind::Comment && text.starts_with("-- WHERE")));
    }

    proptest! {
        #[test]
        fn only_blanks_change(sql in "\\PC{0,60}") {
            let bare = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&shown(&sql)), bare(&sql));
        }
    }
}
