//! `summary --json`: a document's numbers, unrounded, in a shape that is kept stable. Written as it
//! is walked: no second copy of the document is made.

mod measured;
mod profile;
mod queries;
pub mod requests;

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::document::{Content, Diagnostics, Document};
use crate::import;
use crate::input::Source;
use crate::schema::{Index, Table};

/// Writes `document` as one JSON object; `source` is what it was read from, where a log's texts are
/// read again.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(document: &Document, source: &dyn Source, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(out, &Summary { document, source }).map_err(io::Error::from)
}

struct Summary<'a> {
    document: &'a Document,
    source: &'a dyn Source,
}

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let document = self.document;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &document.name)?;
        map.serialize_entry("format", document.format)?;
        match &document.content {
            Content::Profile(profile) => profile::entries(profile, &mut map)?,
            Content::Queries(log) => {
                let format = import::by_id(document.format);
                queries::entries(log, format, self.source, &mut map)?;
            }
            Content::Requests(log) => requests::entries(log, &mut map)?,
            Content::Schema(schema) => map.serialize_entry("tables", &Tables(&schema.tables))?,
        }
        map.serialize_entry("diagnostics", &AllDiagnostics(&document.diagnostics))?;
        map.end()
    }
}

struct Tables<'a>(&'a [Table]);

impl Serialize for Tables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|table| TableEntry {
            name: &table.name,
            columns: &table.columns,
            indexes: table.indexes.iter().map(Index::text).collect(),
            superfluous: table.redundant().into_iter().map(|(index, _)| index.text()).collect(),
        }))
    }
}

#[derive(serde::Serialize)]
struct TableEntry<'a> {
    name: &'a str,
    columns: &'a [String],
    indexes: Vec<String>,
    superfluous: Vec<String>,
}

struct AllDiagnostics<'a>(&'a Diagnostics);

impl Serialize for AllDiagnostics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.entries().iter().map(|entry| Diagnostic {
            level: entry.level,
            message: &entry.message,
            count: entry.count,
        }))
    }
}

#[derive(serde::Serialize)]
struct Diagnostic<'a> {
    level: crate::document::Level,
    message: &'a str,
    count: u64,
}
