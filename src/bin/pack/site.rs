//! The files of the built site.

use std::fs;
use std::io;
use std::path::Path;

/// The paths of all files in `directory` and below, relative to it, with `/`, sorted.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(directory: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    // Folders still to look into.
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(directory.join(&folder))? {
            let entry = entry?;
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push(path + "/");
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
