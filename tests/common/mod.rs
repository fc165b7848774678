//! What several test files need.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod desk;
pub mod marshal;
pub mod requests;

use std::path::{Path, PathBuf};

use flamedrop::document::{Content, Document};
use flamedrop::import::{self, ImportError};
use flamedrop::input::MemorySource;
use flamedrop::profile::Profile;

/// A path under tests/data.
pub fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(path)
}

/// The bytes of a file under tests/data.
pub fn bytes(path: &str) -> Vec<u8> {
    std::fs::read(data(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file under tests/data, by path.
pub fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![data("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

/// Opens bytes whose name says nothing.
pub fn open(bytes: impl Into<Vec<u8>>) -> Result<Document, ImportError> {
    import::import(&MemorySource::new("unknown", bytes), &|_| ())
}

/// The profile of a document.
pub fn profile(document: Document) -> Profile {
    match document.content {
        Content::Profile(profile) => *profile,
        _ => panic!("a log, not a profile"),
    }
}

/// The document's diagnostics, one per line.
pub fn diagnostics(document: &Document) -> String {
    let line = |entry: &flamedrop::document::Diagnostic| {
        let first = entry.first.as_deref().map(|first| format!(" ({first})")).unwrap_or_default();
        format!("{:?}: {} × {}{first}\n", entry.level, entry.count, entry.message)
    };
    document.diagnostics.entries().iter().map(line).collect()
}
