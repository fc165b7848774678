//! What is searched for in an open document beside the text itself, and what was found.

use std::sync::Arc;

use flamedrop::profile::matcher::{CASE, REGEX};
use flamedrop::protocol::{ContentOverview, QueryColumn, Request, Response};
use leptos::prelude::*;

use crate::document::{OpenDocument, answers};
use crate::effect::effect;

/// A handle; copies are the same.
#[derive(Clone, Copy)]
pub struct Searching {
    /// Whether capitals matter.
    pub case: RwSignal<bool>,
    /// Whether the text is a regular expression.
    pub regex: RwSignal<bool>,
    /// What was found; `None` without a search.
    pub found: RwSignal<Option<Arc<Found>>>,
    /// Counts the steps from match to match, with the direction of the last: views follow it.
    pub steps: RwSignal<(u32, bool)>,
    /// Which match one is at, of how many, where the view counts them.
    pub place: RwSignal<Option<(u32, u32)>>,
}

/// What a search found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The functions, ascending; none of a log.
    pub functions: Vec<u32>,
    /// How many functions, or queries.
    pub count: u32,
    /// Of a profile, what they have of self and of total time, in its unit.
    pub times: Option<(f64, f64)>,
    /// What is wrong with the text.
    pub problem: Option<String>,
}

impl Found {
    /// Whether a function is one of them.
    pub fn has(&self, function: u32) -> bool {
        self.functions.binary_search(&function).is_ok()
    }
}

impl Searching {
    /// Nothing is.
    pub fn new() -> Self {
        Self {
            case: RwSignal::new(false),
            regex: RwSignal::new(false),
            found: RwSignal::new(None),
            steps: RwSignal::new((0, true)),
            place: RwSignal::new(None),
        }
    }

    /// To the next match, or the one before.
    pub fn step(self, forwards: bool) {
        self.steps.update(|(count, direction)| (*count, *direction) = (*count + 1, forwards));
    }

    /// Has `go` told the direction of each step while the view is there.
    pub fn follow(self, go: impl Fn(bool) + 'static) {
        self.place.set(None);
        let last = StoredValue::new(self.steps.get_untracked().0);
        effect(move || {
            let (count, forwards) = self.steps.get();
            if last.try_get_value().is_some_and(|last| last != count) {
                last.set_value(count);
                go(forwards);
            }
        });
    }

    /// Whether a function was searched for and is none of those; false without a search. Follows it.
    pub fn is_other(self, function: u32) -> bool {
        self.found.with(|found| found.as_ref().is_some_and(|found| !found.has(function)))
    }
}

impl OpenDocument {
    /// The search as the worker reads it; follows it.
    pub fn search_text(self) -> String {
        let text = self.search.get();
        let text = text.trim();
        if text.is_empty() {
            return String::new();
        }
        let mark = |is_set: RwSignal<bool>, mark| if is_set.get() { mark } else { "" };
        format!("{}{}{text}", mark(self.searching.case, CASE), mark(self.searching.regex, REGEX))
    }

    /// Keeps [`Searching::found`] what the search finds, as long as whoever calls it is there.
    pub fn follow_search(self) {
        let found = answers(
            self,
            move || {
                let text = self.search_text();
                // Asked anew for another part of it.
                let overview = self.overview()?;
                match &overview.content {
                    _ if text.is_empty() => None,
                    ContentOverview::Profile(_) => Some(Request::SearchFunctions { text }),
                    ContentOverview::Queries(_) | ContentOverview::Requests(_) => {
                        // Only how many there are: no rows of them.
                        let (sort, filter) = (QueryColumn::Total, self.search.get());
                        Some(Request::Queries {
                            sort,
                            descending: true,
                            filter,
                            first: 0,
                            count: 0,
                            selected: None,
                        })
                    }
                    ContentOverview::Schema(_) => None,
                }
            },
            |response| match response {
                Response::Matches { functions, self_time, total_time, problem } => Some(Found {
                    count: functions.len() as u32,
                    functions,
                    times: Some((self_time, total_time)),
                    problem,
                }),
                Response::Queries { rows, .. } => {
                    Some(Found { functions: Vec::new(), count: rows, times: None, problem: None })
                }
                _ => None,
            },
        );
        effect(move || {
            let found = found.with(|found| found.as_ref().map(|(_, found)| Arc::new(found.clone())));
            self.searching.found.set(found);
        });
    }

    /// Selects the next box of the call tree that was searched for, or the one before.
    pub fn walk_boxes(self, forwards: bool) {
        if self.searching.found.with_untracked(Option::is_some) {
            self.walk_matches(forwards);
        }
    }
}
