//! `gallery.json`: what the owner of a site lists for its visitors. An empty one is written, so that
//! there is something to fill in, and so that no page asks for what is not there.

use std::path::Path;
use std::{fs, io};

/// The file's name.
pub const FILE: &str = "gallery.json";

const EMPTY: &str = "{\"recordings\": []}\n";

/// Writes the empty one.
///
/// # Errors
/// When it cannot be written.
pub fn write(directory: &Path) -> io::Result<()> {
    fs::write(directory.join(FILE), EMPTY)
}
