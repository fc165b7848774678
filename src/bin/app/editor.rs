//! The editor that places in the code open in: what the user chose, which the browser keeps. Nothing that comes from
//! elsewhere sets it, no address, no file and no saved page: a link is only ever the user's own.

use flamedrop::code::editor::{self, EDITORS, Editor, Mappings, Template};
use leptos::prelude::*;

use crate::storage;

const EDITOR: &str = "editor";
const OWN: &str = "editor-address";
const PATHS: &str = "editor-paths";

/// What is chosen; copies are the same.
#[derive(Clone, Copy)]
pub struct EditorChoice {
    /// Whether the dialog is shown in which it is chosen.
    pub asking: RwSignal<bool>,
    kept: RwSignal<Kept>,
}

/// As it is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kept {
    /// The editor's key, [`OWN_KEY`], or nothing.
    pub key: String,
    /// The user's own template.
    pub own: String,
    /// Mappings, one per line.
    pub paths: String,
}

/// Stands for the user's own template.
pub const OWN_KEY: &str = "own";

impl Kept {
    /// The editor that is offered by this name.
    fn offered(&self) -> Option<&'static Editor> {
        EDITORS.iter().find(|editor| editor.key == self.key)
    }

    /// By what addresses are made; `None` while nothing, or nothing valid, is chosen.
    fn template(&self) -> Option<Template> {
        let text = if self.key == OWN_KEY { self.own.as_str() } else { self.offered()?.template };
        Template::parse(text).ok()
    }
}

impl EditorChoice {
    /// What was kept from earlier visits.
    pub fn from_settings() -> Self {
        let word = |name| storage::setting(name).unwrap_or_default();
        let kept = Kept { key: word(EDITOR), own: word(OWN), paths: word(PATHS) };
        Self { asking: RwSignal::new(false), kept: RwSignal::new(kept) }
    }

    /// What is chosen; follows it.
    pub fn kept(self) -> Kept {
        self.kept.get()
    }

    /// Chooses, and keeps it.
    pub fn keep(self, kept: Kept) {
        storage::set_setting(EDITOR, &kept.key);
        storage::set_setting(OWN, &kept.own);
        storage::set_setting(PATHS, &kept.paths);
        self.kept.set(kept);
    }

    /// What the chosen editor is called; `None` while there is none. Follows it.
    pub fn title(self) -> Option<&'static str> {
        self.kept.with(|kept| {
            kept.template()?;
            Some(kept.offered().map_or("the editor", |editor| editor.title))
        })
    }

    /// The address by which it opens a line; `None` while there is no editor, or no way to know where the file lies.
    /// Follows the choice.
    pub fn address(self, file: &str, line: i64) -> Option<String> {
        let line = u32::try_from(line).unwrap_or(0);
        self.kept.with(|kept| {
            let mappings = Mappings::parse(&kept.paths).unwrap_or_default();
            editor::address(&kept.template()?, &mappings, file, line)
        })
    }

    /// Opens a line in the editor, or the dialog where that cannot be.
    pub fn open(self, file: &str, line: i64) {
        match untrack(|| self.address(file, line)) {
            // A scheme of the library's list: nothing else leaves it.
            Some(address) => {
                let _ = window().location().set_href(&address);
            }
            None => self.asking.set(true),
        }
    }
}
