//! What a statement does and which tables it names. Asked once per fingerprint.

use super::Operation;
use super::lexer::{Dialect, Lexer, TokenKind};

/// The operation of `sql` and its tables, each once, in order of appearance, unquoted, with their
/// schema where it is written. Names of common table expressions and functions are no tables.
pub fn operation_and_tables(sql: &[u8], dialect: Dialect) -> (Operation, Vec<String>) {
    let mut reader = Reader::new(sql, dialect);
    reader.run();
    let Reader { operation, tables, expressions, .. } = reader;
    let tables = tables.into_iter().filter(|table| !expressions.contains(table)).collect();
    (operation.unwrap_or(Operation::Other), tables)
}

/// What the next name would be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Nothing,
    /// A table; a function there is none.
    Table,
    /// A table even before a parenthesis: `INSERT INTO t (a)`.
    Target,
    /// The name of a common table expression.
    Expression,
}

/// One level of parentheses.
#[derive(Clone, Copy)]
struct Level {
    /// Whether a comma leads to another table.
    in_list: bool,
    /// Whether a comma leads to another common table expression.
    in_with: bool,
    /// Whether FROM belongs to a function: `extract(day FROM x)`.
    function: bool,
}

const LEVEL: Level = Level { in_list: false, in_with: false, function: false };

/// More tables than these are not kept: the text may be hostile.
const MOST_TABLES: usize = 256;

/// Deeper parentheses than these are read as one level: the text may be hostile.
const DEEPEST: usize = 256;

struct Reader<'a> {
    lexer: Lexer<'a>,
    levels: Vec<Level>,
    operation: Option<Operation>,
    /// First word of the statement, lower case.
    verb: String,
    /// The word before, lower case; empty after anything else.
    previous: String,
    expect: Expect,
    tables: Vec<String>,
    expressions: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(sql: &'a [u8], dialect: Dialect) -> Self {
        Self {
            lexer: Lexer::new(sql, dialect),
            levels: vec![LEVEL],
            operation: None,
            verb: String::new(),
            previous: String::new(),
            expect: Expect::Nothing,
            tables: Vec::new(),
            expressions: Vec::new(),
        }
    }

    fn run(&mut self) {
        let mut statement_begins = true;
        while let Some(token) = self.lexer.significant() {
            let bytes = self.lexer.bytes(token);
            match token.kind {
                TokenKind::Word => {
                    let word = String::from_utf8_lossy(bytes).to_ascii_lowercase();
                    self.word(&word, std::mem::take(&mut statement_begins));
                    self.previous = word;
                    continue;
                }
                TokenKind::QuotedIdentifier => self.name(unquote(bytes)),
                TokenKind::Punctuation => {
                    statement_begins |= bytes == b";";
                    self.punctuation(bytes);
                }
                TokenKind::Placeholder | TokenKind::Variable | TokenKind::String | TokenKind::Number => {
                    self.expect = Expect::Nothing;
                }
                _ => {}
            }
            self.previous.clear();
        }
    }

    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(LEVEL);
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn punctuation(&mut self, bytes: &[u8]) {
        match bytes {
            b"(" => {
                let function = matches!(
                    self.previous.as_str(),
                    "extract" | "trim" | "substring" | "overlay" | "position"
                );
                if self.levels.len() < DEEPEST {
                    // `FROM (a JOIN b …)`: a table is still due.
                    let in_list = matches!(self.expect, Expect::Table);
                    self.levels.push(Level { in_list, in_with: false, function });
                }
                if self.expect != Expect::Table {
                    self.expect = Expect::Nothing;
                }
            }
            b")" => {
                if self.levels.len() > 1 {
                    self.levels.pop();
                }
                self.expect = Expect::Nothing;
            }
            b"," => {
                let level = *self.level();
                self.expect = if level.in_with {
                    Expect::Expression
                } else if level.in_list {
                    Expect::Table
                } else {
                    Expect::Nothing
                };
            }
            b";" => {
                self.levels.clear();
                self.levels.push(LEVEL);
                self.expect = Expect::Nothing;
                if matches!(self.operation, Some(Operation::Transaction)) {
                    // `BEGIN; UPDATE …; COMMIT` is an UPDATE.
                    self.verb.clear();
                }
            }
            _ => {}
        }
    }

    fn word(&mut self, word: &str, statement_begins: bool) {
        if statement_begins || self.verb == "with" && self.levels.len() == 1 {
            self.verb(word);
        }
        if matches!(self.expect, Expect::Table | Expect::Target) && is_modifier(word) {
            return;
        }
        let previous = self.previous.as_str();
        match word {
            "select" | "values" | "where" | "group" | "order" | "having" | "limit" | "offset" | "union"
            | "intersect" | "except" | "window" | "returning" | "for" => {
                self.level().in_list = false;
                self.level().function = false;
                self.level().in_with = false;
                self.expect = Expect::Nothing;
            }
            "set" if self.expect == Expect::Nothing => self.level().in_list = false,
            "from" => {
                let function = self.levels.last().is_some_and(|level| level.function);
                let elsewhere = function
                    || previous == "distinct"
                    || matches!(self.verb.as_str(), "fetch" | "move" | "copy" | "revoke" | "show");
                if !elsewhere {
                    self.level().in_list = true;
                    self.expect = Expect::Table;
                }
            }
            "join" | "straight_join" => {
                self.expect = Expect::Table;
            }
            "using" if self.verb == "delete" || self.verb == "merge" => {
                // `USING (column)` is none: the parenthesis takes it back.
                if !self.next_is(b"(") {
                    self.level().in_list = true;
                    self.expect = Expect::Table;
                }
            }
            "into" if self.verb != "fetch" => self.expect = Expect::Target,
            "update" if !matches!(previous, "for" | "on" | "do" | "key") => {
                self.level().in_list = true;
                self.expect = Expect::Target;
            }
            "references" => self.expect = Expect::Target,
            "table" if is_definition(&self.verb) => {
                self.level().in_list = self.verb != "alter" && self.verb != "create";
                self.expect = Expect::Target;
            }
            "on" if self.verb == "create" && self.levels.len() == 1 && self.tables.is_empty() => {
                // CREATE INDEX … ON t, CREATE TRIGGER … ON t
                self.expect = Expect::Target;
            }
            "truncate" | "copy" | "vacuum" | "analyze" if statement_begins => {
                self.level().in_list = true;
                self.expect = Expect::Target;
            }
            "with" if statement_begins || previous.is_empty() || matches!(previous, "as" | "explain") => {
                self.level().in_with = true;
                self.expect = Expect::Expression;
            }
            "recursive" if self.expect == Expect::Expression => {}
            "as" if self.level().in_with => self.expect = Expect::Nothing,
            _ => self.name(word.to_owned()),
        }
    }

    fn verb(&mut self, word: &str) {
        let operation = match word {
            "select" | "table" => Operation::Select,
            "values" if self.verb != "with" => Operation::Select,
            "insert" | "replace" => Operation::Insert,
            "update" => Operation::Update,
            "delete" => Operation::Delete,
            "begin" | "start" | "commit" | "end" | "rollback" | "abort" | "savepoint" | "release" => {
                Operation::Transaction
            }
            "create" | "alter" | "drop" | "truncate" | "rename" if self.verb != "with" => Operation::Schema,
            "with" if self.verb != "with" => {
                word.clone_into(&mut self.verb);
                return;
            }
            _ if self.verb == "with" => return,
            _ => Operation::Other,
        };
        // The first statement of several counts, after those that only open a transaction.
        if matches!(self.operation, None | Some(Operation::Transaction))
            && operation != Operation::Transaction
            || self.operation.is_none()
        {
            self.operation = Some(operation);
        }
        word.clone_into(&mut self.verb);
    }

    fn next_is(&self, text: &[u8]) -> bool {
        let mut ahead = self.lexer;
        ahead.significant().is_some_and(|token| ahead.bytes(token) == text)
    }

    /// A name, perhaps the first part of several.
    fn name(&mut self, first: String) {
        let expected = std::mem::replace(&mut self.expect, Expect::Nothing);
        if expected == Expect::Nothing {
            return;
        }
        let mut name = first;
        while expected != Expect::Expression && self.next_is(b".") {
            self.lexer.significant();
            let Some(part) = self.lexer.significant() else { break };
            let bytes = self.lexer.bytes(part);
            name.push('.');
            match part.kind {
                TokenKind::QuotedIdentifier => name.push_str(&unquote(bytes)),
                TokenKind::Word => name.push_str(&String::from_utf8_lossy(bytes).to_ascii_lowercase()),
                _ => return,
            }
        }
        let call = self.next_is(b"(");
        match expected {
            Expect::Expression if self.expressions.len() == MOST_TABLES => {}
            Expect::Expression => self.expressions.push(name),
            Expect::Table if call => {}
            _ if self.tables.len() == MOST_TABLES || self.tables.contains(&name) => {}
            _ => self.tables.push(name),
        }
    }
}

/// Words that may stand between FROM, INTO, UPDATE, TABLE … and the name.
fn is_modifier(word: &str) -> bool {
    matches!(
        word,
        "only"
            | "lateral"
            | "if"
            | "not"
            | "exists"
            | "concurrently"
            | "table"
            | "or"
            | "ignore"
            | "replace"
            | "abort"
            | "fail"
            | "rollback"
            | "low_priority"
            | "high_priority"
            | "delayed"
            | "quick"
            | "verbose"
            | "full"
            | "freeze"
            | "analyze"
            | "temp"
            | "temporary"
            | "unlogged"
    )
}

fn is_definition(verb: &str) -> bool {
    matches!(verb, "create" | "alter" | "drop" | "truncate" | "lock" | "rename" | "table")
}

/// `"a""b"` as `a"b`. A bracket or backtick likewise; cut short, as far as it goes.
pub(crate) fn unquote(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let Some(open) = text.chars().next() else { return String::new() };
    if open == 'U' || open == 'u' {
        return unquote(bytes.get(2..).unwrap_or_default());
    }
    let close = if open == '[' { ']' } else { open };
    let inner = text.get(1..).unwrap_or_default();
    let inner = inner.strip_suffix(close).unwrap_or(inner);
    inner.replace(&format!("{close}{close}"), &close.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(sql: &str) -> String {
        let (operation, tables) = operation_and_tables(sql.as_bytes(), Dialect::guess(sql.as_bytes()));
        format!("{operation:?} {} ‹ {sql}", tables.join(", "))
    }

    #[test]
    fn statements() {
        let each = [
            r#"SELECT "a"."b" FROM "auth_user" "a" INNER JOIN "auth_group" ON (x = y) LEFT OUTER JOIN c USING (id), d WHERE e IN (SELECT f FROM g)"#,
            "SELECT * FROM audit.log, ONLY \"My\".\"Table\" AS t, LATERAL f(1), generate_series(1, 2) a(x)",
            "SELECT extract(day FROM created), trim(both FROM a), x IS DISTINCT FROM y FROM t",
            "SELECT * FROM (SELECT 1 FROM a) q, (b JOIN c ON true)",
            "INSERT INTO \"auth_group\" (\"name\") VALUES ('x') RETURNING \"id\"",
            "INSERT INTO t SELECT a, b FROM u ON CONFLICT DO UPDATE SET a = 1",
            "INSERT OR IGNORE INTO t (a) VALUES (1)",
            "REPLACE INTO `t` VALUES (1)",
            "UPDATE \"t\" SET a = 1, b = 2 FROM u WHERE c",
            "UPDATE a, b SET a.x = b.x",
            "DELETE FROM ONLY t USING u WHERE a",
            "SELECT a FROM t WHERE b FOR UPDATE OF t",
            "WITH x AS (SELECT 1 FROM a), y (n) AS MATERIALIZED (SELECT 2 FROM x) SELECT * FROM x JOIN y ON z JOIN b ON c",
            "WITH d AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM d",
            "BEGIN; UPDATE t SET b='a' WHERE a=1; SELECT pg_sleep(0.8); COMMIT",
            "COMMIT;",
            "CREATE TABLE IF NOT EXISTS t (a int REFERENCES u (id), \"at\" timestamp with time zone NOT NULL)",
            "CREATE INDEX i ON t (a, b)",
            "ALTER TABLE t ADD COLUMN a int, ADD COLUMN b int",
            "DROP TABLE IF EXISTS a, b CASCADE",
            "TRUNCATE a, b",
            "COPY t (a, b) FROM STDIN",
            "FETCH 10 FROM c",
            "SELECT 1 FROM a UNION SELECT 2 FROM b",
            "VALUES (1)",
            "EXPLAIN SELECT * FROM a",
            "(SELECT 1 FROM a) UNION (SELECT 2 FROM b)",
            "DECLARE c CURSOR FOR SELECT * FROM a",
            "SELECT * FROM `a`.`b` STRAIGHT_JOIN `c`",
            "SELECT \"x\" FROM \"we\"\"ird\"",
            "SELECT * FRO",
            "SELECT * FROM",
            "",
        ]
        .map(read);
        insta::assert_snapshot!(each.join("\n"));
    }

    proptest! {
        #[test]
        fn any_words(words in proptest::collection::vec(
            "select|from|with|as|a|b|\\(|\\)|,|;|\\.|update|into|join|\"q\"|'s'|1|using|table|delete|create|on", 0..40)
        ) {
            operation_and_tables(words.join(" ").as_bytes(), Dialect::PostgreSql);
        }
    }
}
