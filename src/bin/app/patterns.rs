//! A site's own patterns (a `urls.py`, or what `manage.py show_urls` printed), which logs of requests are read by: the last
//! ones that were dropped. As open files are, they are kept for the next visit.

use crate::storage;

/// Where they are kept.
const SETTING: &str = "patterns";

/// Longer ones are not kept: local storage is small, and others' settings are in it.
const MOST_KEPT: usize = 1 << 20;

/// The patterns of a site, and what the file was called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patterns {
    /// The file's name.
    pub name: String,
    /// Its text, which the library reads ([`flamedrop::input`]).
    pub text: String,
}

impl Patterns {
    /// Those of the last visit.
    pub fn kept() -> Option<Self> {
        let kept = storage::setting(SETTING)?;
        let (name, text) = kept.split_once('\n')?;
        Some(Self { name: name.to_owned(), text: text.to_owned() })
    }

    /// Keeps them for the next visit.
    pub fn keep(&self) {
        if self.text.len() <= MOST_KEPT {
            storage::set_setting(SETTING, &format!("{}\n{}", self.name.replace('\n', " "), self.text));
        }
    }

    /// Whatever is kept is kept no longer.
    pub fn forget() {
        storage::unset(SETTING);
    }
}
