//! Documents that go into a page: what each is, what is left out of it, its bytes.

use std::borrow::Borrow;
use std::io::{self, Read as _, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::page::{self, About};
use super::{Keep, Strip};
use crate::document::{Content, Document};
use crate::findings::Settings;
use crate::import::{self, Kind};
use crate::input::{Source, bundle};
use crate::link;
use crate::saved;

/// A document as it is handed on.
#[derive(Debug)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// What it is, in words: `a profile: cProfile / pstats`.
    pub what: String,
    /// What it holds; `None` if it only says how others are read.
    pub kind: Option<Kind>,
    /// The file, gzipped: as it is, if nothing is left out of it, else in our own format.
    pub gzip: Vec<u8>,
}

/// `document`, which was read from `source`, without what is to be left out. `level` is how small it becomes, and how long that takes.
///
/// # Errors
/// When it cannot be read, in words.
pub fn part(
    document: Document,
    source: &dyn Source,
    strip: Strip,
    keep: Keep,
    level: Compression,
) -> Result<Part, String> {
    let bytes = if strip.is_nothing() && keep == Keep::Everything {
        let mut bytes = Vec::new();
        source
            .open(0)
            .and_then(|mut reader| reader.read_to_end(&mut bytes))
            .map_err(|error| error.to_string())?;
        bytes
    } else {
        let stripped = super::strip(&document, source, strip).map_err(|error| error.to_string())?;
        saved::write(&stripped, &strip.in_words(), keep, &Settings::default())
    };
    let gzip = if bytes.starts_with(&[0x1f, 0x8b]) { bytes } else { gzipped(&bytes, level)? };
    Ok(Part { what: in_words(&document), kind: Some(document.content.kind()), name: document.name, gzip })
}

/// A site's patterns ([`import::urls`]), for logs that are handed on as they are: the page reads both.
///
/// # Errors
/// When they cannot be compressed.
pub fn patterns(name: &str, text: &str, level: Compression) -> Result<Part, String> {
    let gzip = gzipped(text.as_bytes(), level)?;
    Ok(Part { what: "a site's patterns".to_owned(), kind: None, name: name.to_owned(), gzip })
}

/// Documents, each with the name it has among them, as one file, which the page shows as a group: a table of recordings.
/// `None` if their names are longer than what is read of them.
pub fn group<P: Borrow<Part>>(parts: &[(String, P)]) -> Option<Vec<u8>> {
    let table: Vec<(String, u64)> =
        parts.iter().map(|(name, part)| (name.clone(), part.borrow().gzip.len() as u64)).collect();
    let trailer = bundle::group_trailer(&table);
    if !bundle::is_read(&trailer) {
        return None;
    }
    let mut bytes = Vec::new();
    parts.iter().for_each(|(_, part)| bytes.extend_from_slice(&part.borrow().gzip));
    bytes.extend_from_slice(&trailer);
    Some(bytes)
}

fn gzipped(bytes: &[u8], level: Compression) -> Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|error| error.to_string())
}

fn in_words(document: &Document) -> String {
    let format = import::by_id(document.format).map_or(saved::TITLE, |format| format.title());
    match document.content {
        Content::Profile(_) => format!("a profile: {format}"),
        Content::Queries(_) => format!("an SQL log: {format}"),
        Content::Requests(_) => format!("a log of requests: {format}"),
        Content::Schema(_) => "a database's schema".to_owned(),
    }
}

/// A page with documents in it, in the making.
#[derive(Debug, Default)]
pub struct Report {
    about: About,
    elements: Vec<String>,
    /// Whether the first document is a group.
    begins_with_group: bool,
}

/// The views that a group has; the first is what it opens on.
const OF_GROUP: [&str; 2] = ["recordings", "functions"];

impl Report {
    /// One that says that this was left out.
    pub fn new(strip: Strip, keep: Keep) -> Self {
        Self { about: About { strip, keep, ..About::default() }, ..Self::default() }
    }

    /// Puts a document into it.
    pub fn add(&mut self, part: Part) {
        self.elements.push(page::element(&part.name, &page::base64(&part.gzip)));
        self.about.documents.push((part.name, part.what));
    }

    /// Puts a [`group`] of so many recordings into it.
    ///
    /// # Errors
    /// When it cannot be compressed, in words.
    pub fn add_group(&mut self, name: &str, bytes: &[u8], recordings: usize) -> Result<(), String> {
        // What is in it is compressed already.
        let gzip = gzipped(bytes, Compression::none())?;
        self.begins_with_group |= self.elements.is_empty();
        let what = format!("{recordings} recordings");
        self.add(Part { name: name.to_owned(), what, kind: None, gzip });
        Ok(())
    }

    /// The names of the documents in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.about.documents.iter().map(|(name, _)| name.as_str())
    }

    /// What the page opens on: a view as in the page's address (`view=queries&sort=calls`), or its name alone. Of the
    /// first document, unless it names one.
    pub fn open_on(&mut self, view: &str) {
        let view = if view.contains('=') {
            view.trim_start_matches('#').to_owned()
        } else {
            let view = if self.begins_with_group && !OF_GROUP.contains(&view) { OF_GROUP[0] } else { view };
            link::encode([("view", view.to_owned())])
        };
        let named = view.split('&').any(|pair| pair.starts_with("file="));
        let file = match self.names().next() {
            Some(first) if !named => link::encode([("file", first.to_owned())]) + "&",
            _ => String::new(),
        };
        self.about.fragment = file + &view;
    }

    /// The text of the page: `shell`, Flamedrop's page in one file, with the documents in it. In parts.
    ///
    /// # Errors
    /// When `shell` is something else: in words, as the rest of a sentence.
    pub fn parts(self, shell: &str) -> Result<Vec<String>, &'static str> {
        let (before, after) = page::halves(shell, &self.about)?;
        let mut parts = vec![before];
        parts.extend(self.elements);
        parts.push(after);
        Ok(parts)
    }
}

/// Writes the parts of a text.
///
/// # Errors
/// When that fails.
pub fn write(parts: &[String], out: &mut dyn Write) -> io::Result<()> {
    parts.iter().try_for_each(|part| out.write_all(part.as_bytes()))?;
    out.flush()
}
