//! Waiting for files to change: by asking again and again, which works on every system and for files on other machines.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// How often files are looked at for changes.
const PERIOD: Duration = Duration::from_millis(500);

/// When a file was changed, and its size; `None` if there is none.
type State = Option<(SystemTime, u64)>;

/// Files as they were when they were last looked at.
pub struct Watch {
    seen: Vec<(PathBuf, State)>,
    /// What has changed, but may still be being written.
    changing: Vec<(PathBuf, State)>,
}

impl Watch {
    /// Looks at files for the first time.
    pub fn new<'a>(paths: impl Iterator<Item = &'a Path>) -> Self {
        Self { seen: states(paths), changing: Vec::new() }
    }

    /// Waits until one of the files that `paths` gives, each time anew, has changed and is as it was half a second before;
    /// gives all that have.
    pub fn changed(&mut self, mut paths: impl FnMut() -> Vec<PathBuf>) -> Vec<PathBuf> {
        loop {
            sleep(PERIOD);
            let settled = self.settled(states(paths().iter().map(PathBuf::as_path)));
            if !settled.is_empty() {
                return settled;
            }
        }
    }

    fn settled(&mut self, now: Vec<(PathBuf, State)>) -> Vec<PathBuf> {
        let (settled, still): (Vec<_>, Vec<_>) = now
            .into_iter()
            .filter(|entry| !self.seen.contains(entry))
            .partition(|entry| self.changing.contains(entry) && entry.1.is_some());
        self.changing = still;
        self.seen.retain(|(path, _)| settled.iter().all(|(other, _)| other != path));
        self.seen.extend(settled.iter().cloned());
        settled.into_iter().map(|(path, _)| path).collect()
    }
}

fn states<'a>(paths: impl Iterator<Item = &'a Path>) -> Vec<(PathBuf, State)> {
    let state = |path: &Path| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    paths.map(|path| (path.to_owned(), state(path))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_changed_once_it_stays_as_it_is() {
        let at = |second: u64, size: u64| Some((SystemTime::UNIX_EPOCH + Duration::from_secs(second), size));
        let now = |state: State| vec![(PathBuf::from("a.py"), state), (PathBuf::from("b.py"), at(1, 1))];
        let mut watch = Watch { seen: now(at(1, 1)), changing: Vec::new() };
        assert!(watch.settled(now(at(1, 1))).is_empty());
        // Written, and written on; then removed, and there again.
        for state in [at(2, 0), at(2, 9), None, None, at(3, 9)] {
            assert!(watch.settled(now(state)).is_empty(), "{state:?}");
        }
        assert_eq!(watch.settled(now(at(3, 9))), [PathBuf::from("a.py")]);
        assert!(watch.settled(now(at(3, 9))).is_empty());
        // A new one.
        let more = || [now(at(3, 9)), vec![(PathBuf::from("c.py"), at(4, 1))]].concat();
        assert!(watch.settled(more()).is_empty());
        assert_eq!(watch.settled(more()), [PathBuf::from("c.py")]);
    }
}
