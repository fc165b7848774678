//! The call tree of an open document: asked for when it is first shown, with import frames or without.

use std::sync::Arc;

use flamedrop::profile::transform::Turned;
use flamedrop::protocol::{Again, ContentOverview, Request, Response, Tree};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::document::OpenDocument;

/// The tree that is shown, and which one that is.
#[derive(Clone, Copy)]
pub struct ShownTree {
    tree: RwSignal<Option<Arc<Tree>>>,
    asked: StoredValue<bool>,
    /// Whether import frames are hidden; `None` where nobody said so.
    hide_imports: RwSignal<Option<bool>>,
}

impl ShownTree {
    /// None yet.
    pub fn new() -> Self {
        Self { tree: RwSignal::new(None), asked: StoredValue::new(false), hide_imports: RwSignal::new(None) }
    }

    /// The tree that is there now.
    pub fn now(self) -> Option<Arc<Tree>> {
        self.tree.try_get_untracked().flatten()
    }
}

/// Which tree it is: ids of boxes of the one are none of another.
#[derive(Clone, Copy, PartialEq)]
struct Which {
    by_line: bool,
    hide_imports: bool,
    inverted: bool,
    steps: usize,
}

impl OpenDocument {
    /// The call tree: asked for on the first call, there some milliseconds later.
    pub fn tree(self) -> Option<Arc<Tree>> {
        let shown = self.shown_tree;
        if !shown.asked.get_value() {
            shown.asked.set_value(true);
            let which = self.which_tree();
            spawn_local(async move {
                if let Some(tree) = self.ask_tree(which).await
                    && self.which_tree() == which
                {
                    shown.tree.try_set(Some(tree));
                }
            });
        }
        shown.tree.get()
    }

    fn which_tree(self) -> Which {
        Which {
            by_line: self.by_line.get_untracked(),
            hide_imports: untrack(|| self.hides_imports()),
            inverted: self.narrowing.inverted.get_untracked(),
            steps: self.narrowing.steps.with_untracked(Vec::len),
        }
    }

    async fn ask_tree(self, which: Which) -> Option<Arc<Tree>> {
        self.ask_turned(which.hide_imports, which.inverted.then_some(Turned::Inverted)).await
    }

    /// The call tree, or what it is when it is turned over.
    pub async fn ask_turned(self, hide_imports: bool, turned: Option<Turned>) -> Option<Arc<Tree>> {
        match self.ask(Request::Tree { hide_imports, turned }).await {
            Some(Response::Tree(tree)) => Some(Arc::new(tree)),
            _ => None,
        }
    }

    /// Asks for the tree now, where it will be shown next.
    pub async fn ask_tree_now(self) -> Option<Arc<Tree>> {
        let (shown, which) = (self.shown_tree, self.which_tree());
        shown.asked.set_value(true);
        let tree = self.ask_tree(which).await?;
        if self.which_tree() == which {
            shown.tree.try_set(Some(Arc::clone(&tree)));
        }
        Some(tree)
    }

    /// Drops the tree, and what is open in it.
    pub fn forget_tree(self) {
        self.open_boxes.set(None);
        self.shown_tree.tree.set(None);
        self.shown_tree.asked.set_value(false);
    }

    /// Whether import frames are hidden; follows it.
    pub fn hides_imports(self) -> bool {
        self.shown_tree.hide_imports.get().unwrap_or_else(|| self.hides_imports_itself())
    }

    /// What [`Self::hides_imports`] is if nobody says otherwise.
    fn hides_imports_itself(self) -> bool {
        self.overview().is_some_and(
            |overview| matches!(&overview.content, ContentOverview::Profile(profile) if profile.many_imports),
        )
    }

    /// What was said of import frames, where that is not as they would be anyway; follows it.
    pub fn said_of_imports(self) -> Option<bool> {
        let itself = self.hides_imports_itself();
        self.shown_tree.hide_imports.get().filter(|&hide| hide != itself)
    }

    /// Hides import frames or shows them, `None` as is best; what is selected is said anew.
    pub fn show_imports_as(self, hide: Option<bool>) {
        let before = self.which_tree();
        if self.shown_tree.hide_imports.get_untracked() != hide {
            self.shown_tree.hide_imports.set(hide);
        }
        if self.which_tree() != before {
            self.forget_tree();
        }
    }

    /// Hides import frames, or shows them again. What was zoomed to and selected stays so, as far as it is in both
    /// trees.
    pub fn toggle_imports(self) {
        let (before, shown) = (self.which_tree(), self.shown_tree);
        let which = Which { hide_imports: !before.hide_imports, ..before };
        spawn_local(async move {
            let Some(tree) = self.ask_tree(which).await else { return };
            // Pressed twice, or something else is shown by now.
            let Some(old) = shown.tree.get_untracked().filter(|_| self.which_tree() == before) else {
                return;
            };
            let again = |at: Option<u32>| at.and_then(|at| tree.again(&old, at));
            let zoomed = again(self.zoomed_box.get_untracked());
            let selected = again(self.selected_box.get_untracked());
            shown.hide_imports.set(Some(which.hide_imports));
            self.open_boxes.set(None);
            self.zoomed_box.set(zoomed.map(|Again { at, .. }| at));
            // Its function stays selected where it has no box.
            self.selected_box.set(selected.filter(|again| again.is_it).map(|Again { at, .. }| at));
            shown.tree.set(Some(tree));
        });
    }

    /// Selects a box of the call tree, and with it its function; "(n more)" has none.
    pub fn select_box(self, tree: &Tree, selected: u32) {
        self.function.set(tree.function_of(selected).map(|row| row.function));
        self.selected_box.set(Some(selected));
    }
}
