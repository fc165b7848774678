//! What a SELECT asks for, out of its fingerprint: enough to name the remedy.

use crate::format::capitalised;
use crate::queries::lexer::{Dialect, Lexer, TokenKind};
use crate::queries::{Fingerprint, Operation};

/// The shape of a SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// One row of `table` by its key: `.get(pk=…)`, or a foreign key that is followed.
    ByKey { table: String },
    /// The rows of `table` whose `column` names one other row: the other side of a foreign key.
    ByForeignKey { table: String, column: String },
    /// Rows of `table` over the table `through`: many to many.
    ManyToMany { table: String, through: String },
    /// How many, or whether any.
    Counted { table: String },
    /// Something else.
    Other,
}

/// The shape of `fingerprint`.
pub(super) fn shape(fingerprint: &Fingerprint) -> Shape {
    if fingerprint.operation != Operation::Select {
        return Shape::Other;
    }
    let [table, joined @ ..] = fingerprint.tables.as_slice() else { return Shape::Other };
    let table = table.clone();
    let Clauses { counted, equal, others, joins } = Clauses::of(&fingerprint.text);
    if counted {
        return Shape::Counted { table };
    }
    let [column] = equal.as_slice() else { return Shape::Other };
    match (joins, joined) {
        (0, []) if !others && is_key(&column.name, &table) => Shape::ByKey { table },
        (0, []) if is_foreign_key(&column.name) => Shape::ByForeignKey { table, column: column.name.clone() },
        (1, [through]) if is_foreign_key(&column.name) && column.table.as_ref() == Some(through) => {
            Shape::ManyToMany { table, through: through.clone() }
        }
        _ => Shape::Other,
    }
}

/// `id`, `pk`, `uuid`, `session_key`, `order_pkid`: what rows are told apart by. Django cannot be asked
/// from here; what ends in `_id` is a foreign key unless it is named after its own table.
fn is_key(column: &str, table: &str) -> bool {
    let column = column.to_ascii_lowercase();
    let own = column.strip_suffix("_id").is_some_and(|stem| {
        table.to_ascii_lowercase().trim_end_matches('s').ends_with(stem.trim_end_matches('s'))
    });
    own || matches!(column.as_str(), "id" | "pk" | "uuid" | "guid" | "slug" | "code" | "key")
        || column.ends_with("_key")
        || column.ends_with("_ptr_id")
}

fn is_foreign_key(column: &str) -> bool {
    column.to_ascii_lowercase().ends_with("_id")
}

/// Whether rows of `source` can be what a query of `shape` runs for, by the names that Django gives:
/// a row that is fetched by its key is named in the source's `…_id`, and a row's `order_id` names one
/// of the source's.
pub(super) fn source_fits(shape: &Shape, source: &Fingerprint) -> bool {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    let names_table = |column: &str, table: &str| {
        let stem = column.strip_suffix("_id").map(plain).filter(|stem| stem.len() > 1);
        stem.is_some_and(|stem| {
            let table = plain(table);
            table.ends_with(&stem) || table.strip_suffix('s').is_some_and(|table| table.ends_with(&stem))
        })
    };
    let own = source.tables.first();
    match shape {
        Shape::ByKey { table } => source
            .text
            .split(|letter: char| !letter.is_alphanumeric() && letter != '_')
            .any(|word| names_table(word, table)),
        Shape::ByForeignKey { column, .. } => own.is_some_and(|own| names_table(column, own)),
        Shape::ManyToMany { through, .. } => own.is_some_and(|own| plain(through).contains(&plain(own))),
        Shape::Counted { .. } | Shape::Other => false,
    }
}

/// A column in a condition.
#[derive(Debug, PartialEq, Eq)]
struct Column {
    table: Option<String>,
    name: String,
}

/// What of the clauses matters.
#[derive(Debug, Default)]
struct Clauses {
    /// SELECT COUNT(…), SELECT 1 … LIMIT: rows are counted or looked for, not read.
    counted: bool,
    /// Columns in `column = ?` of the outer WHERE.
    equal: Vec<Column>,
    /// Whether the outer WHERE has other conditions.
    others: bool,
    joins: usize,
}

impl Clauses {
    fn of(text: &str) -> Self {
        let mut clauses = Self::default();
        let mut lexer = Lexer::new(text.as_bytes(), Dialect::guess(text.as_bytes()));
        let (mut depth, mut in_where, mut in_head) = (0_usize, false, true);
        let mut head = Vec::new();
        // The names just read, `table . column`, and whether `=` followed them.
        let (mut names, mut equals): (Vec<String>, bool) = (Vec::new(), false);
        let mut conditions = 0_usize;
        while let Some(token) = lexer.significant() {
            let bytes = lexer.bytes(token);
            let word = String::from_utf8_lossy(bytes).to_ascii_uppercase();
            if in_head && depth == 0 && token.kind == TokenKind::Word && head.len() < 4 {
                head.push(word.clone());
            }
            match (token.kind, word.as_str()) {
                (TokenKind::Punctuation, "(") => depth += 1,
                (TokenKind::Punctuation, ")") => depth = depth.saturating_sub(1),
                (TokenKind::Word, "FROM") if depth == 0 => in_head = false,
                (TokenKind::Word, "JOIN") if depth == 0 => clauses.joins += 1,
                (TokenKind::Word, "WHERE") if depth == 0 => (in_where, conditions) = (true, 1),
                (TokenKind::Word, "GROUP" | "ORDER" | "LIMIT" | "HAVING" | "UNION" | "FOR") if depth == 0 => {
                    in_where = false;
                }
                (TokenKind::Word, "AND" | "OR") if in_where => conditions += 1,
                (TokenKind::QuotedIdentifier, _) => {
                    names.push(String::from_utf8_lossy(&bytes[1..bytes.len().max(2) - 1]).into_owned());
                    continue;
                }
                (TokenKind::Word, _) if in_where => {
                    names.push(String::from_utf8_lossy(bytes).into_owned());
                    continue;
                }
                (TokenKind::Punctuation, ".") => continue,
                (TokenKind::Operator, "=") if in_where => {
                    equals = true;
                    continue;
                }
                (TokenKind::Placeholder, _) | (TokenKind::Operator, "?") if in_where && equals => {
                    if let Some(name) = names.pop() {
                        clauses.equal.push(Column { table: names.pop(), name });
                    }
                }
                _ => {}
            }
            names.clear();
            equals = false;
        }
        clauses.others = conditions > clauses.equal.len();
        clauses.counted = matches!(head.get(1).map(String::as_str), Some("COUNT" | "EXISTS"))
            || text.starts_with("SELECT ? AS");
        clauses
    }
}

/// The model a table probably belongs to: `shop_orderline` of the app `shop` is `Orderline`.
pub(super) fn model(table: &str) -> String {
    let name = table.rsplit('.').next().unwrap_or(table);
    let name = name.split_once('_').map_or(name, |(_, model)| model);
    name.split('_').map(capitalised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::fingerprint;
    use crate::queries::tables::operation_and_tables;

    #[test]
    fn shapes_that_the_orm_makes() {
        let each = [
            r#"SELECT "shop_customer"."id", "shop_customer"."name" FROM "shop_customer" WHERE "shop_customer"."id" = 4 LIMIT 21"#,
            r#"SELECT `t`.`id` FROM `t` WHERE `t`.`uuid` = 'a' LIMIT 21"#,
            r#"SELECT "l"."id" FROM "l" WHERE "l"."order_id" = 2985 ORDER BY "l"."id" ASC"#,
            r#"SELECT "l"."id" FROM "l" WHERE ("l"."order_id" = 2985 AND "l"."shown") ORDER BY "l"."id" ASC"#,
            r#"SELECT "shop_order"."order_id" FROM "shop_orders" WHERE "shop_orders"."order_id" = 1"#,
            r#"SELECT "shop_tag"."id" FROM "shop_tag" INNER JOIN "shop_product_tags" ON ("shop_tag"."id" = "shop_product_tags"."tag_id") WHERE "shop_product_tags"."product_id" = 5"#,
            r#"SELECT COUNT(*) AS "__count" FROM "shop_line" WHERE "shop_line"."order_id" = 5"#,
            r#"SELECT 1 AS "a" FROM "shop_line" WHERE "shop_line"."order_id" = 5 LIMIT 1"#,
            r#"SELECT "a"."id" FROM "a" WHERE "a"."id" IN (1, 2, 3)"#,
            r#"SELECT "a"."id" FROM "a" WHERE ("a"."id" = 1 AND "a"."name" = 'x')"#,
            r#"SELECT "a"."id" FROM "a" WHERE "a"."name" = UPPER('x')"#,
            "SELECT id FROM a WHERE id = $1",
            "SELECT a FROM b WHERE c = (SELECT 1 FROM d WHERE id = 3)",
            "UPDATE a SET b = 1 WHERE id = 3",
            "SELECT 1",
            "",
        ]
        .map(|sql| {
            let (operation, tables) = operation_and_tables(sql.as_bytes(), Dialect::PostgreSql);
            let text = fingerprint::text(sql.as_bytes(), Dialect::guess(sql.as_bytes()));
            format!("{sql}\n    {:?}", shape(&Fingerprint { text, operation, tables, ..Fingerprint::default() }))
        });
        insta::assert_snapshot!(each.join("\n"));
    }

    #[test]
    fn models_of_tables() {
        assert_eq!(model("shop_order_line"), "OrderLine");
        assert_eq!(model("auth_user"), "User");
        assert_eq!(model("public.shop_orderline"), "Orderline");
        assert_eq!(model("orders"), "Orders");
        assert_eq!(model(""), "");
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_shape(text in "(SELECT |FROM |WHERE |\"a\"|\"|\\.|a_id|= ?|\\(|\\)|JOIN |é| ){0,30}") {
            let (operation, tables) = operation_and_tables(text.as_bytes(), Dialect::PostgreSql);
            let fingerprint = Fingerprint { text, operation, tables, ..Fingerprint::default() };
            let shape = shape(&fingerprint);
            let _ = source_fits(&shape, &fingerprint);
        }
    }
}
