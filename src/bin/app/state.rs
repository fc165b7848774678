//! What the page knows: the open documents, which one is looked at, and the settings. Big data is not
//! here: it stays in the workers, and what views asked for lives with the views.

use std::cell::{Cell, RefCell};

use leptos::prelude::*;

use crate::document::OpenDocument;
use crate::editor::EditorChoice;
use crate::judgement::Judging;
use crate::patterns::Patterns;
use crate::sources::Sources;
use crate::{saved, storage};

/// Everything, as one copyable handle; [`state`] gives it anywhere below the app.
#[derive(Clone, Copy)]
pub struct State {
    /// In the order they were opened.
    pub documents: RwSignal<Vec<OpenDocument>>,
    /// Which one is looked at; `None` shows the welcome page.
    pub active: RwSignal<Option<OpenDocument>>,
    /// The theme chosen.
    pub theme: RwSignal<ThemeChoice>,
    /// Whether the system prefers dark.
    pub system_dark: RwSignal<bool>,
    /// Whether opened files are kept in the browser's own storage.
    pub keep_files: RwSignal<bool>,
    /// What the user said to findings.
    pub judging: Judging,
    /// What places in the code open in.
    pub editor: EditorChoice,
    /// Source files that were dropped.
    pub sources: Sources,
    /// The site's own patterns, which logs of requests are read by: the last ones that were dropped.
    pub urls: RwSignal<Option<Patterns>>,
    /// Whether the dialog that saves a page is shown.
    pub sharing: RwSignal<bool>,
    /// Whether the list of keys is shown.
    pub help: RwSignal<bool>,
    /// A short message for the user, read out and shown for a while.
    pub notice: RwSignal<Option<String>>,
    /// Counts up when more files are known as they lie on the disk.
    pub handles: RwSignal<u32>,
    /// What was closed at once and can be had back, as long as the message about it is shown.
    pub closed: RwSignal<Option<Closed>>,
}

/// Documents that were closed at once.
#[derive(Clone)]
pub struct Closed {
    /// All that were open, in their order.
    pub open: Vec<OpenDocument>,
    /// Which of them were closed.
    pub closed: Vec<OpenDocument>,
    /// Which one was looked at.
    pub active: Option<OpenDocument>,
    /// What findings were dismissed, where that was forgotten as well.
    pub dismissed: Vec<String>,
    /// A site's patterns, where they were forgotten as well.
    pub patterns: Option<Patterns>,
}

/// Light, dark, or as the system says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThemeChoice {
    System,
    Light,
    Dark,
}

impl ThemeChoice {
    /// As kept in the settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn from_setting(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::System,
        }
    }

    /// The next one, for a button that goes round.
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

impl State {
    /// Reads the settings.
    pub fn new() -> Self {
        let theme =
            storage::setting("theme").map_or(ThemeChoice::System, |text| ThemeChoice::from_setting(&text));
        // A saved page has its documents in itself, and leaves those of others alone.
        let keep_files = !saved::is_here() && storage::setting("keep-files").is_none_or(|text| text == "yes");
        let state = Self {
            documents: RwSignal::new(Vec::new()),
            active: RwSignal::new(None),
            theme: RwSignal::new(theme),
            system_dark: RwSignal::new(false),
            keep_files: RwSignal::new(keep_files),
            sharing: RwSignal::new(false),
            judging: Judging::from_settings(),
            urls: RwSignal::new(Patterns::kept().filter(|_| keep_files)),
            editor: EditorChoice::from_settings(),
            sources: Sources::new(),
            help: RwSignal::new(false),
            notice: RwSignal::new(None),
            handles: RwSignal::new(0),
            closed: RwSignal::new(None),
        };
        CURRENT.set(Some(state));
        ROOT.set(Owner::current());
        state
    }

    /// Whether the page is dark now.
    pub fn dark(self) -> bool {
        match self.theme.get() {
            ThemeChoice::System => self.system_dark.get(),
            ThemeChoice::Light => false,
            ThemeChoice::Dark => true,
        }
    }

    /// Shows `document`; `None` shows the welcome page.
    pub fn show(self, document: Option<OpenDocument>) {
        if self.active.get_untracked() != document {
            self.active.set(document);
        }
    }

    /// Closes `document`: its worker ends, its memory and its kept copy go.
    pub fn close(self, document: OpenDocument) {
        let documents = self.documents.get_untracked();
        let Some(place) = documents.iter().position(|open| *open == document) else { return };
        self.documents.update(|documents| {
            documents.remove(place);
        });
        if self.active.get_untracked() == Some(document) {
            let left = self.documents.get_untracked();
            self.active.set(left.get(place).or(left.last()).copied());
        }
        document.close();
    }

    /// Closes some documents, and offers them back with a message.
    pub fn close_all(self, documents: Vec<OpenDocument>, dismissed: Vec<String>, text: impl Into<String>) {
        let open = self.documents.get_untracked();
        let active = self.active.get_untracked();
        for document in &documents {
            self.close(*document);
        }
        self.say(text);
        let some = !documents.is_empty() || !dismissed.is_empty();
        self.closed.set(some.then_some(Closed {
            open,
            closed: documents,
            active,
            dismissed,
            patterns: None,
        }));
    }

    /// Tells the user something in passing.
    pub fn say(self, text: impl Into<String>) {
        // What was offered back stood in the message before.
        if self.closed.with_untracked(Option::is_some) {
            self.closed.set(None);
        }
        self.notice.set(Some(text.into()));
    }
}

thread_local! {
    static CURRENT: Cell<Option<State>> = const { Cell::new(None) };
    static ROOT: RefCell<Option<Owner>> = const { RefCell::new(None) };
}

/// Runs `make` so that the signals it makes live as long as the page, whichever view's handler or effect
/// it is called from: those would take them along when they go.
pub fn lasting<T>(make: impl FnOnce() -> T) -> T {
    match ROOT.with_borrow(Clone::clone) {
        Some(root) => root.with(make),
        None => make(),
    }
}

/// The page's state, for what happens outside the views; `None` before there is one.
pub fn current() -> Option<State> {
    CURRENT.get()
}

/// The page's state.
pub fn state() -> State {
    expect_context::<State>()
}
