//! SQL for reading: tokens with what they are, and the breaks that lay a one-line statement out by
//! its clauses. Nothing is added to or taken from the text but the blanks before a clause, so that
//! what is copied off the screen still runs.

use crate::sort;

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

/// Column lists up to this many bytes are short enough to stay.
const SHORT_LIST: usize = 36;

/// `sql` in one line with its long column lists as `…`: what tells Django's statements apart is what
/// comes after their columns.
pub fn brief(sql: &str) -> String {
    let text = sql.as_bytes();
    let mut lexer = Lexer::new(text, Dialect::guess(text));
    // Where a list may be left out: from after SELECT (or the bracket after INSERT INTO t) to before FROM.
    let mut lists: Vec<(usize, usize)> = Vec::new();
    let mut open: Vec<Option<usize>> = vec![None];
    let (mut inserting, mut depth) = (false, 0_usize);
    while let Some(token) = lexer.significant() {
        let bytes = lexer.bytes(token);
        let word = |other: &[u8]| token.kind == TokenKind::Word && bytes.eq_ignore_ascii_case(other);
        if word(b"SELECT") {
            if let Some(list) = open.last_mut() {
                *list = Some(token.end);
            }
            inserting = false;
        } else if word(b"FROM") {
            if let Some(start) = open.last_mut().and_then(Option::take) {
                lists.push((start, token.start));
            }
        } else if word(b"INSERT") {
            inserting = true;
        } else if word(b"VALUES") {
            inserting = false;
        } else if bytes == b"(" {
            depth += 1;
            open.push(if inserting && depth == 1 { Some(token.end) } else { None });
        } else if bytes == b")" {
            depth = depth.saturating_sub(1);
            let list = if open.len() > 1 { open.pop().flatten() } else { None };
            if let Some(start) = list.filter(|_| inserting) {
                lists.push((start, token.start));
                inserting = false;
            }
        }
    }
    let mut result = String::new();
    let mut at = 0;
    sort::by(&mut lists, Ord::cmp);
    for (start, end) in lists {
        if start < at || end - start <= SHORT_LIST {
            continue;
        }
        result.push_str(&sql[at..start]);
        // Beside a word the mark stands alone, in brackets it fills them.
        result.push_str(if sql[..start].ends_with('(') { "…" } else { " … " });
        at = end;
    }
    result.push_str(&sql[at..]);
    result.split_whitespace().collect::<Vec<_>>().join(" ")
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
    fn long_column_lists_are_left_out() {
        let columns = "\"shop_order\".\"id\", \"shop_order\".\"customer_id\", \"shop_order\".\"status\"";
        assert_eq!(
            brief(&format!("SELECT {columns} FROM \"shop_order\"\n WHERE \"id\" = ?")),
            "SELECT … FROM \"shop_order\" WHERE \"id\" = ?"
        );
        assert_eq!(
            brief(&format!("SELECT 1 FROM a WHERE x IN (SELECT {columns} FROM b)")),
            "SELECT 1 FROM a WHERE x IN (SELECT … FROM b)"
        );
        assert_eq!(
            brief(&format!("INSERT INTO \"shop_order\" ({columns}) VALUES (?, ?, ?)")),
            "INSERT INTO \"shop_order\" (…) VALUES (?, ?, ?)"
        );
        assert_eq!(brief("SELECT COUNT(*) AS c FROM t"), "SELECT COUNT(*) AS c FROM t");
        assert_eq!(brief("COMMIT"), "COMMIT");
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
        fn any_text_has_a_brief_form(sql in "[a-z(), \n'\"é]{0,40}(SELECT|FROM|INSERT|VALUES|\\)){0,3}[a-zé, ()]{0,50}(FROM|\\))?[a-z ]{0,9}") {
            let brief = brief(&sql);
            prop_assert!(!brief.contains('\n'));
            prop_assert!(brief.len() <= sql.len() + 8);
        }

        #[test]
        fn only_blanks_change(sql in "\\PC{0,60}") {
            let bare = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&shown(&sql)), bare(&sql));
        }
    }
}
