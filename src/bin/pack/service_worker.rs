//! The service worker: after one visit the page works offline. It is told every file with its SHA-256,
//! so what it keeps is one version, whole, even when it is installed in the middle of a deployment.

use std::path::Path;
use std::{fs, io};

use sha2::{Digest, Sha256};

use crate::{Error, gallery, html, site};

/// The file's name. It must stay the same from version to version: browsers look for changes in it.
pub const FILE: &str = "sw.js";

const TEXT: &str = include_str!("service_worker.js");

/// `page` with the name of its service worker in it.
///
/// # Errors
/// When the page has no `<meta charset>`.
pub fn name(page: &str) -> Result<String, String> {
    html::insert_meta(page, &format!("<meta name=\"service-worker\" content=\"./{FILE}\">"))
}

/// Writes it, for the finished files in `directory`.
///
/// # Errors
/// When a file cannot be read or written.
pub fn write(directory: &Path) -> Result<(), Error> {
    let mut files = Vec::new();
    for path in site::files(directory)? {
        // What the owner of a site writes is not of any version.
        if path == FILE || path == gallery::FILE {
            continue;
        }
        let digest = hex(&Sha256::digest(fs::read(directory.join(&path))?));
        let path = if path == "index.html" { String::new() } else { path };
        files.push((path, digest));
    }
    fs::write(directory.join(FILE), text(&files))?;
    Ok(())
}

/// The script for these files.
fn text(files: &[(String, String)]) -> String {
    let version: Sha256 = files.iter().fold(Sha256::new(), |hash, (path, digest)| {
        hash.chain_update(path).chain_update("\n").chain_update(digest).chain_update("\n")
    });
    let version = hex(&version.finalize());
    let entries: Vec<String> =
        files.iter().map(|(path, digest)| format!("\n  [{path:?}, \"{digest}\"],")).collect();
    TEXT.replace("/* FILES */", &format!("[{}\n]", entries.concat()))
        .replace("/* VERSION */", version.get(..16).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the page is one that `trunk serve` shows: it changes all the time, and no copy of it should
/// be kept.
pub fn is_served(directory: &Path) -> io::Result<bool> {
    directory.join(crate::live_reload::FILE).try_exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, digest: &str) -> (String, String) {
        (path.to_owned(), digest.to_owned())
    }

    #[test]
    fn it_knows_every_file_and_a_version_that_follows_from_them() {
        let files = [file("", "00ff"), file("app-1a2b3c4d5e6f.js", "abcd")];
        let script = text(&files);
        let list = "new Map([\n  [\"\", \"00ff\"],\n  [\"app-1a2b3c4d5e6f.js\", \"abcd\"],\n]);";
        assert!(script.contains(list), "{script}");
        assert!(!script.contains("/* VERSION */"));
        assert_eq!(text(&files), script);
        for changed in [vec![file("", "00fe"), files[1].clone()], vec![files[0].clone()]] {
            let line = |script: &str| {
                script.lines().find(|line| line.starts_with("const CACHE")).map(ToOwned::to_owned)
            };
            assert_ne!(line(&text(&changed)), line(&script));
        }
    }
}
