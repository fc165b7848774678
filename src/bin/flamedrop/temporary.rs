//! Temporary folders for pages and recordings. A browser may read a page again long after it was opened (a reload, a
//! restored session), so a folder stays for a week, and a later run takes it away: not every system clears its own.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
#[cfg(test)]
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How the names of all of them begin, those of the Python package's included.
const PREFIX: &str = "flamedrop-";

/// Says where they are.
const VARIABLE: &str = if cfg!(windows) { "TMP" } else { "TMPDIR" };

/// How long they stay.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is written into them. A folder with anything else in it is not touched.
const ENDINGS: [&str; 4] = ["html", "prof", "jsonl", "py"];

/// A fresh folder that others cannot read. Earlier ones are taken away if they are old.
///
/// # Errors
/// When there is nowhere to make one: in words.
#[expect(clippy::disallowed_methods, reason = "a native program has a clock")]
pub fn folder() -> Result<PathBuf, String> {
    let mut problem = None;
    let fresh = places().into_iter().find_map(|place| {
        match tempfile::Builder::new().prefix(PREFIX).tempdir_in(&place) {
            Ok(fresh) => Some(fresh.keep()),
            Err(error) => {
                // The first one is what was asked for.
                problem.get_or_insert(format!(
                    "there is no folder for temporary files ({}: {error}); name one with the variable {VARIABLE}",
                    place.display()
                ));
                None
            }
        }
    });
    let fresh = fresh.ok_or_else(|| problem.unwrap_or_default())?;
    if let (Some(parent), Ok(own)) = (fresh.parent(), fs::symlink_metadata(&fresh)) {
        clear(parent, &own, SystemTime::now());
    }
    Ok(fresh)
}

/// Where temporary folders may be, as Python's tempfile has it: where the system says, or else where there mostly is room,
/// or here.
fn places() -> Vec<PathBuf> {
    let usual: &[&str] = if cfg!(windows) { &[] } else { &["/tmp", "/var/tmp", "/usr/tmp"] };
    let here = std::env::current_dir().ok();
    std::iter::once(std::env::temp_dir()).chain(usual.iter().map(PathBuf::from)).chain(here).collect()
}

/// Takes away what was left in `parent` a week before `now` by whom `own` belongs to. What cannot be is left: it is
/// in nobody's way.
fn clear(parent: &Path, own: &Metadata, now: SystemTime) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let Ok(metadata) = fs::symlink_metadata(entry.path()) else { continue };
        let is_old = |metadata: &Metadata| {
            metadata.modified().is_ok_and(|at| now.duration_since(at).is_ok_and(|age| age > KEPT))
        };
        if !metadata.is_dir() || !is_old(&metadata) || !same_owner(&metadata, own) {
            continue;
        }
        let Ok(files) = fs::read_dir(entry.path()) else { continue };
        let files: Vec<_> = files.flatten().collect();
        let is_ours = |file: &fs::DirEntry| {
            let ending = file.path().extension().and_then(OsStr::to_str).map(str::to_owned);
            ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
                && fs::symlink_metadata(file.path()).is_ok_and(|it| it.is_file() && is_old(&it))
        };
        if files.iter().all(is_ours) {
            for file in &files {
                let _ = fs::remove_file(file.path());
            }
            let _ = fs::remove_dir(entry.path());
        }
    }
}

#[cfg(unix)]
fn same_owner(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    one.uid() == other.uid()
}

/// Elsewhere each user has a folder for temporary files of their own.
#[cfg(not(unix))]
fn same_owner(_: &Metadata, _: &Metadata) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a native program has a clock")]
    #[test]
    fn only_old_folders_of_pages_are_taken_away() -> io::Result<()> {
        let parent = tempfile::tempdir()?;
        let folder = |name: &str, files: &[&str]| -> io::Result<PathBuf> {
            let folder = parent.path().join(name);
            fs::create_dir(&folder)?;
            for file in files {
                fs::write(folder.join(file), "")?;
            }
            Ok(folder)
        };
        let page = folder("flamedrop-aB3", &["app.html", "app.prof", "app.sql.jsonl"])?;
        let foreign = folder("flamedrop-notes", &["app.html", "notes.txt"])?;
        let other = folder("other-aB3", &["app.html"])?;
        let deep = folder("flamedrop-deep", &[])?;
        fs::create_dir(deep.join("more.html"))?;
        fs::write(parent.path().join("flamedrop-file"), "")?;
        let own = fs::symlink_metadata(&page)?;

        clear(parent.path(), &own, SystemTime::now() + KEPT / 2);
        assert!(page.exists(), "it is not a week old");
        clear(parent.path(), &own, SystemTime::now() + KEPT * 2);
        assert!(!page.exists(), "it is old");
        for left in [foreign, other, deep, parent.path().join("flamedrop-file")] {
            assert!(left.exists(), "{} is somebody else's", left.display());
        }
        Ok(())
    }

    #[test]
    fn a_fresh_folder_is_empty_and_ones_own() -> io::Result<()> {
        let fresh = folder().map_err(io::Error::other)?;
        assert_eq!(fs::read_dir(&fresh)?.count(), 0);
        fs::remove_dir(fresh)
    }
}
