//! How the functions of a profile are looked at: in groups or not, with which columns, and what is open below rows.

use flamedrop::profile::groups::GroupBy;
use leptos::prelude::*;

use crate::storage;

/// The setting that keeps the columns.
const COLUMNS: &str = "function-columns";

/// All columns.
pub const ALL_COLUMNS: u32 = 0xff;

/// What functions can be grouped by, with what the address and the choice call it.
pub const GROUPINGS: [(GroupBy, &str, &str); 3] = [
    (GroupBy::Module, "module", "Module"),
    (GroupBy::Package, "package", "Package"),
    (GroupBy::Layer, "layer", "Layer"),
];

/// A handle; copies are the same.
#[derive(Clone, Copy)]
pub struct FunctionTable {
    /// What functions are grouped by; `None`: they are not.
    pub by: RwSignal<Option<GroupBy>>,
    /// Which columns there are, a bit each; `None`: as they were chosen last.
    pub columns: RwSignal<Option<u32>>,
    /// Which groups are open, each by its first function.
    pub open_groups: RwSignal<Vec<u32>>,
    /// Functions with their callers and callees below them, with their rows where they are not grouped.
    pub open: RwSignal<Vec<(u32, u32)>>,
}

impl FunctionTable {
    /// As it is at first.
    pub fn new() -> Self {
        Self {
            by: RwSignal::new(None),
            columns: RwSignal::new(None),
            open_groups: RwSignal::new(Vec::new()),
            open: RwSignal::new(Vec::new()),
        }
    }

    /// Groups by something else, or no more.
    pub fn group_by(self, by: Option<GroupBy>) {
        if self.by.get_untracked() != by {
            self.close();
            self.open_groups.set(Vec::new());
            self.by.set(by);
        }
    }

    /// Closes what is open below functions: they are in other rows now.
    pub fn close(self) {
        if self.open.with_untracked(|open| !open.is_empty()) {
            self.open.set(Vec::new());
        }
    }

    /// The columns; follows it.
    pub fn shown_columns(self) -> u32 {
        let kept = || storage::setting(COLUMNS).and_then(|kept| kept.parse().ok());
        self.columns.get().or_else(kept).unwrap_or(ALL_COLUMNS)
    }

    /// Shows these columns, in this visit and the next.
    pub fn show_columns(self, columns: u32) {
        self.columns.set(Some(columns));
        storage::set_setting(COLUMNS, &columns.to_string());
    }
}
