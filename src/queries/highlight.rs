//! SQL for reading: tokens with what they are, and a one-line statement laid out on several. Nothing is
//! added to or taken from the text but blanks, so that what is copied off the screen still runs.

use crate::sort;

use super::keywords::is_keyword;
use super::laid_out::breaks;
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

/// Splits `sql` into pieces; a statement of one line is laid out on several.
pub fn pieces(sql: &str) -> Vec<Piece> {
    let text = sql.as_bytes();
    let breaks = if sql.trim().contains('\n') { Vec::new() } else { breaks(sql) };
    let mut breaks = breaks.into_iter().peekable();
    let mut lexer = Lexer::new(text, Dialect::guess(text));
    let mut pieces: Vec<Piece> = Vec::new();
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
        if let Some((_, indent)) = breaks.next_if(|(start, _)| *start == token.start) {
            break_line(&mut pieces, indent);
        }
        // Tokens end at character borders: the lexer's promise.
        push(&mut pieces, kind, &sql[token.range()]);
    }
    pieces
}

/// `sql` as it is laid out for reading.
pub fn formatted(sql: &str) -> String {
    pieces(sql).into_iter().map(|piece| piece.text).collect()
}

/// Ends the line: the blanks at its end become a line break and those the next one begins with.
fn break_line(pieces: &mut Vec<Piece>, indent: usize) {
    if let Some(last) = pieces.last_mut() {
        last.text.truncate(last.text.trim_end_matches([' ', '\t']).len());
    }
    push(pieces, PieceKind::Plain, &format!("\n{:indent$}", ""));
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
        assert_eq!(formatted("SELECT LEFT(a, 2) FROM t"), "SELECT LEFT(a, 2)\nFROM t");
    }

    #[test]
    fn lists_conditions_and_sub_selects_are_laid_out() {
        let sql = r#"SELECT "shop_product"."id", "shop_product"."name", "shop_product"."description", "shop_product"."price", (SELECT COUNT(*) FROM "shop_review" U0 WHERE (U0."product_id" = "shop_product"."id" AND U0."visible")) AS "reviews" FROM "shop_product" INNER JOIN "shop_category" ON ("shop_product"."category_id" = "shop_category"."id" AND "shop_category"."visible") WHERE ("shop_product"."created" BETWEEN $1 AND $2 AND NOT ("shop_product"."hidden" OR "shop_product"."price" > $3) AND CASE WHEN a AND b THEN 1 ELSE 2 END = 1) UNION ALL SELECT 1, 2"#;
        insta::assert_snapshot!(shown(sql));
        let insert = r#"INSERT INTO "shop_order" ("number", "customer_id", "status", "placed", "note", "shipped", "paid") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO UPDATE SET "note" = $8 RETURNING "shop_order"."id""#;
        insta::assert_snapshot!(shown(insert));
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
        fn only_blanks_change(sql in "(\\PC|\\(|SELECT |a AND |FROM b |, ){0,60}") {
            let bare = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&shown(&sql)), bare(&sql));
        }
    }
}
