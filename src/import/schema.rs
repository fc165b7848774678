//! A database's schema as its tools write it:
//! [`pg_dump --schema-only`](https://www.postgresql.org/docs/current/app-pgdump.html),
//! [`SHOW CREATE TABLE`](https://dev.mysql.com/doc/refman/8.4/en/show-create-table.html) as the mysql client
//! shows it, `mysqldump --no-data`, [`sqlite3 .schema`](https://sqlite.org/cli.html) and Django's
//! [`sqlmigrate`](https://docs.djangoproject.com/en/5.2/ref/django-admin/#sqlmigrate), also of many migrations in
//! a row.

mod reader;
mod statement;

use std::borrow::Cow;

use memchr::memmem;

use self::reader::Reader;
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;

/// See the module.
pub struct SchemaFile;

/// For the registry.
pub static ABOUT: About = About {
    id: "schema",
    title: "A database's schema",
    kind: Kind::Schema,
    how_to_record: "pg_dump --schema-only shop > schema.sql\n\
        Or mysqldump --no-data shop, sqlite3 shop.db .schema, manage.py sqlmigrate shop 0001. Dropped beside \
        an SQL log, its findings know which indexes there are.",
};

/// Schemas are far shorter; dumps with their data are not.
const LIMIT: u64 = 64 << 20;

impl Format for SchemaFile {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let text = String::from_utf8_lossy(head).to_ascii_lowercase();
        let lines = || text.lines().map(str::trim_start);
        let dump = ["-- postgresql database dump", "-- mysql dump", "-- mariadb dump"];
        if lines().take(5).any(|line| dump.iter().any(|word| line.starts_with(word))) {
            return 90;
        }
        let begins = |line: &str, words: &[&str]| words.iter().any(|word| line.starts_with(word));
        // What may stand before the first definition, and nothing else.
        let passed = |line: &&str| {
            line.is_empty()
                || begins(line, &["--", "/*", "\\", "begin", "set ", "pragma ", "use ", "lock ", "start "])
                || begins(
                    line,
                    &[
                        "select pg_catalog.set_config",
                        "***",
                        "+--",
                        "| table ",
                        "table\tcreate table",
                        "table: ",
                    ],
                )
        };
        match lines().find(|line| !passed(line)) {
            Some(line) if begins(line, DEFINITIONS) || shown(line.as_bytes()).is_some() => 70,
            _ => 0,
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let bytes = input.read_all(LIMIT).map_err(|error| match error.kind() {
            std::io::ErrorKind::FileTooLarge => ImportError::new(
                self,
                "it is longer than 64 MB",
                "Dump the definitions only: pg_dump --schema-only, mysqldump --no-data.",
            ),
            _ => ImportError::reading(&error),
        })?;
        let text = plain(&bytes);
        let mut reader = Reader::new(&text);
        let cut = reader.run();
        let schema = reader.finish();
        if schema.tables.is_empty() {
            let advice =
                "Dump the whole schema: pg_dump --schema-only, mysqldump --no-data, sqlite3 .schema.";
            return Err(ImportError::new(self, "no table is made in it", advice));
        }
        let mut diagnostics = Diagnostics::default();
        if cut {
            diagnostics.note(Level::Warning, "its last statement is cut short", || None);
        }
        let partly = schema.tables.iter().filter(|table| !table.whole);
        let first = partly.clone().next().map(|table| table.name.clone());
        let note = "tables are changed but not made in it: what else they have is not known";
        diagnostics.note_many(Level::Info, note, partly.count() as u64, || first);
        Ok(Document { name, format: self.id(), content: Content::Schema(Box::new(schema)), diagnostics })
    }
}

/// What a file may begin with.
const DEFINITIONS: &[&str] = &[
    "create table",
    "create temp",
    "create unlogged",
    "create index",
    "create unique index",
    "create database",
    "create schema",
    "create extension",
    "create type",
    "create sequence",
    "create function",
    "alter table",
    "drop table if exists",
    "create virtual table",
];

/// Where the statement begins in a line of the mysql client: after `Create Table: `, a tab or a frame.
fn shown(line: &[u8]) -> Option<usize> {
    let at = memmem::find(line, b"CREATE TABLE ").or_else(|| memmem::find(line, b"create table "))?;
    let before = &line[..at];
    (before.ends_with(b"\t")
        || before.ends_with(b"Table: ")
        || before.ends_with(b"table: ")
        || before.ends_with(b"| "))
    .then_some(at)
}

/// The statements alone, each with an end, of what the mysql client shows; else the text as it is.
fn plain(text: &[u8]) -> Cow<'_, [u8]> {
    let lines = || text.split_inclusive(|&byte| byte == b'\n');
    if !lines().any(|line| shown(line).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    for line in lines() {
        let starts = |words: &[&[u8]]| words.iter().any(|word| line.starts_with(word));
        match shown(line) {
            Some(at) => {
                plain.extend_from_slice(b";\n");
                let escaped = line[..at].ends_with(b"\t");
                let mut bytes = line[at..].iter();
                while let Some(&byte) = bytes.next() {
                    if escaped && byte == b'\\' {
                        // Batch mode writes a line end as \n, and a backslash twice.
                        plain.push(match bytes.next() {
                            Some(b'n') => b'\n',
                            Some(b't') => b'\t',
                            Some(&other) => other,
                            None => b'\\',
                        });
                    } else {
                        plain.push(byte);
                    }
                }
            }
            None if starts(&[b"***", b"+--", b"| Table ", b"Table\tCreate"]) => {
                plain.extend_from_slice(b";\n")
            }
            None => plain.extend_from_slice(line),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests;
