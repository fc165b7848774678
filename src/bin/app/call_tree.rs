//! The call tree of an open document: asked for when it is first shown, with import frames or without.

use std::collections::BTreeSet;
use std::sync::Arc;

use flamedrop::profile::transform::Turned;
use flamedrop::protocol::{Again, ContentOverview, Find, Request, Response, Sight, Tree, Walked};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::document::OpenDocument;

/// The tree that is shown, and which one that is. Of a large one there is as much as can be seen: what is zoomed to,
/// selected and open is asked for, and boxes are known by their places in the whole tree.
#[derive(Clone, Copy)]
pub struct ShownTree {
    tree: RwSignal<Option<Arc<Tree>>>,
    asked: StoredValue<bool>,
    /// Whether import frames are hidden; `None` where nobody said so.
    hide_imports: RwSignal<Option<bool>>,
    /// What was asked for last.
    sight: StoredValue<Sight>,
    /// Boxes that stand for several and were opened.
    more: StoredValue<BTreeSet<u32>>,
}

impl ShownTree {
    /// None yet.
    pub fn new() -> Self {
        Self {
            tree: RwSignal::new(None),
            asked: StoredValue::new(false),
            hide_imports: RwSignal::new(None),
            sight: StoredValue::new(Sight::default()),
            more: StoredValue::new(BTreeSet::new()),
        }
    }

    /// The tree that is there now.
    pub fn now(self) -> Option<Arc<Tree>> {
        self.tree.try_get_untracked().flatten()
    }
}

/// A part of a tree's width that is looked at closer: from where to where, and what is wide enough to be seen.
pub type Window = (f64, f64, f64);

/// What of the whole a box has at least that is there anyway.
const ANYWAY: f64 = 1.0 / 4096.0;

/// What has to be asked for before `tree` has all boxes of `window` that can be seen; half as much again on both sides, and
/// twice as close.
pub fn closer(tree: &Tree, (from, to, least): Window) -> Option<Window> {
    let is_there =
        tree.window.is_some_and(|(first, last)| first <= from && to <= last) && tree.least <= least;
    // Sums differ by rounding.
    let is_needed = tree.is_cut() && least < 0.999 * tree.total * ANYWAY && !is_there;
    let margin = (to - from) / 2.0;
    is_needed.then_some((from - margin, to + margin, least / 2.0))
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
                if let Some(tree) = self.ask_tree(which, self.sight()).await
                    && self.which_tree() == which
                {
                    self.set_tree(tree);
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

    async fn ask_tree(self, which: Which, sight: Sight) -> Option<Arc<Tree>> {
        self.shown_tree.sight.try_set_value(sight.clone());
        let turned = which.inverted.then_some(Turned::Inverted);
        match self
            .ask(Request::Tree { hide_imports: which.hide_imports, turned, sight: Some(Box::new(sight)) })
            .await
        {
            Some(Response::Tree(tree)) => Some(Arc::new(tree)),
            _ => None,
        }
    }

    /// Shows a tree. A box that stood for several and was walked to is now one of them.
    fn set_tree(self, tree: Arc<Tree>) {
        let selected = self.selected_box.try_get_untracked().flatten().and_then(|place| tree.at_place(place));
        let function = selected.and_then(|at| tree.function_of(at)).map(|row| row.function);
        self.shown_tree.tree.try_set(Some(tree));
        if let (Some(function), Some(None)) = (function, self.function.try_get_untracked()) {
            self.function.set(Some(function));
        }
    }

    /// What is to be seen beside what is large.
    fn sight(self) -> Sight {
        let shown = self.shown_tree;
        let mut siblings: BTreeSet<u32> = shown.more.try_get_value().unwrap_or_default();
        self.open_boxes
            .try_with_untracked(|open| siblings.extend(open.iter().flatten().map(|place| place + 1)));
        let boxes = [self.zoomed_box, self.selected_box];
        // What is looked at closer stays.
        let (window, least) = shown.now().map_or((None, 0.0), |tree| (tree.window, tree.least));
        Sight {
            window,
            least,
            boxes: boxes.into_iter().filter_map(|place| place.try_get_untracked().flatten()).collect(),
            siblings: siblings.into_iter().collect(),
            search: untrack(|| self.search_text()),
            find: Vec::new(),
        }
    }

    /// Asks for what can be seen and is not there: what is selected, zoomed to, open, in `window` or searched for. Follows
    /// all of these.
    pub fn look(self, window: Option<Window>) {
        let shown = self.shown_tree;
        let (zoomed, selected, text) = (self.zoomed_box.get(), self.selected_box.get(), self.search_text());
        let Some(tree) = self.tree().filter(|tree| tree.is_cut()) else { return };
        let is_small = |place: Option<u32>| {
            place.is_some_and(|place| tree.at_place(place).is_none_or(|at| tree.can_open(at)))
        };
        if let Some(place) = selected.filter(|_| is_small(selected)) {
            shown.more.update_value(|more| {
                more.insert(place);
            });
        }
        let mut sight = self.sight();
        let last = shown.sight.get_value();
        let closer = window.and_then(|window| closer(&tree, window));
        if let Some((from, to, least)) = closer {
            (sight.window, sight.least) = (Some((from, to)), least);
        }
        let is_closed = |place: &u32| {
            let box_of = place.checked_sub(1).and_then(|parent| tree.at_place(parent));
            let is_more = || shown.more.with_value(|more| more.contains(place));
            !last.siblings.contains(place) && (is_more() || box_of.is_some_and(|at| has_more(&tree, at)))
        };
        let is_open = self.open_boxes.with(|_| sight.siblings.iter().any(is_closed));
        let is_wanted = closer.is_some() || is_small(zoomed) || is_small(selected) || is_open;
        if !is_wanted && (text.is_empty() || text == last.search) {
            return;
        }
        sight.search = text;
        if sight == last {
            return;
        }
        let which = self.which_tree();
        spawn_local(async move {
            // Something else is looked at by now.
            if let Some(tree) = self.ask_tree(which, sight.clone()).await
                && self.which_tree() == which
                && shown.sight.try_with_value(|now| *now == sight) == Some(true)
            {
                self.set_tree(tree);
            }
        });
    }

    /// Opens a box that stands for several, by its place.
    pub fn open_more(self, place: u32) {
        self.shown_tree.more.update_value(|more| {
            more.insert(place);
        });
        self.look(None);
    }

    /// Selects the box in which a function has most of its time, which may be too small to be there.
    pub fn find_heaviest(self, function: u32) {
        let which = self.which_tree();
        let mut sight = self.sight();
        sight.find.push(Find::Heaviest(function));
        spawn_local(async move {
            if let Some(tree) = self.ask_tree(which, sight).await
                && self.which_tree() == which
                && self.function.try_get_untracked() == Some(Some(function))
            {
                let found = tree.found.first().copied().flatten();
                self.set_tree(tree);
                self.selected_box.set(found.map(|Again { at, .. }| at));
            }
        });
    }

    /// Selects the next box that the search finds, of all that there are, or the one before.
    pub fn walk_matches(self, forwards: bool) {
        let (which, text) = (self.which_tree(), untrack(|| self.search_text()));
        let (hide_imports, turned) = (which.hide_imports, which.inverted.then_some(Turned::Inverted));
        let from = self.selected_box.get_untracked();
        spawn_local(async move {
            let ask = Request::WalkMatches { hide_imports, turned, text, from, forwards };
            let Some(Response::Walked(Some(Walked { at, function, place, of }))) = self.ask(ask).await else {
                return;
            };
            let is_there = |tree: &Tree| tree.at_place(at).is_some_and(|at| !tree.can_open(at));
            if !self.shown_tree.now().is_some_and(|tree| is_there(&tree)) {
                let mut sight = self.sight();
                sight.boxes.push(at);
                let Some(tree) = self.ask_tree(which, sight).await.filter(|_| self.which_tree() == which)
                else {
                    return;
                };
                self.set_tree(tree);
            }
            // Said first: the picture comes to what is selected while one walks.
            self.searching.place.set(Some((place, of)));
            self.function.set(Some(function));
            self.selected_box.set(Some(at));
        });
    }

    /// Asks for the tree now, where it will be shown next, with what is to be found in it.
    pub async fn ask_tree_now(self, find: Vec<Find>) -> Option<Arc<Tree>> {
        let (shown, which) = (self.shown_tree, self.which_tree());
        shown.asked.set_value(true);
        let tree = self.ask_tree(which, Sight { find, ..self.sight() }).await?;
        if self.which_tree() == which {
            self.set_tree(Arc::clone(&tree));
        }
        Some(tree)
    }

    /// Drops the tree, and what is open in it.
    pub fn forget_tree(self) {
        self.open_boxes.set(None);
        self.shown_tree.tree.set(None);
        self.shown_tree.asked.set_value(false);
        self.shown_tree.more.set_value(BTreeSet::new());
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
        let places = [self.zoomed_box.get_untracked(), self.selected_box.get_untracked()];
        spawn_local(async move {
            let Some(old) = shown.now() else { return };
            // Places are those of the tree before.
            let stack = |place: Option<u32>| {
                Find::Stack(
                    place.and_then(|at| old.at_place(at)).map_or_else(Vec::new, |at| old.stack_of(at)),
                )
            };
            let sight = Sight { find: places.map(stack).to_vec(), ..Sight::default() };
            let Some(tree) = self.ask_tree(which, sight).await else { return };
            // Pressed twice, or something else is shown by now.
            if self.which_tree() != before {
                return;
            }
            let found = |at: usize| tree.found.get(at).copied().flatten();
            let (zoomed, selected) = (found(0), found(1));
            shown.hide_imports.set(Some(which.hide_imports));
            shown.more.set_value(BTreeSet::new());
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
        self.selected_box.set(Some(tree.place_of(selected)));
    }
}

/// Whether not all of what a box called is there.
fn has_more(tree: &Tree, at: u32) -> bool {
    let mut child = at + 1;
    while child < tree.end[at as usize] {
        if tree.can_open(child) {
            return true;
        }
        child = tree.end[child as usize].max(child + 1);
    }
    false
}
