//! A sorted table whose rows the worker has: windows of it are asked for as they come into view, and
//! where the selected row is, wherever that may be.

use std::ops::Range;

use flamedrop::protocol::{CompareAsk, GatherAsk, Request, Response};
use leptos::prelude::*;

use crate::document::{OpenDocument, answers};
use crate::effect::effect;

/// Rows are asked for in blocks of this many, so that scrolling by a line asks nothing.
const BLOCK: u32 = 64;

/// What a question asks for: rows `first..first + count`, and the rank of a row by its id.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// First row.
    pub first: u32,
    /// How many.
    pub count: u32,
    /// The selected id, where its rank is not known yet.
    pub selected: Option<u32>,
}

/// An answer: rows in all, those asked for, and the rank of the selected one.
pub type Answer<R> = (u32, Vec<R>, Option<u32>);

/// A window into the worker's table.
pub struct Paged<R: Send + Sync + 'static> {
    answer: RwSignal<Option<(Request, Answer<R>)>>,
    selected: Signal<Option<u32>>,
    id: fn(&R) -> u32,
    /// The rows on screen, as the table says.
    pub window: RwSignal<Range<u32>>,
}

impl<R: Send + Sync> Clone for Paged<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Send + Sync> Copy for Paged<R> {}

impl<R: Clone + Send + Sync> Paged<R> {
    /// Asks `question` of `document` whenever the window, the selection or what it reads changes. `id` is
    /// what `selected` names a row by.
    pub fn new(
        document: OpenDocument,
        selected: Signal<Option<u32>>,
        id: fn(&R) -> u32,
        question: impl Fn(Asked) -> Option<Request> + 'static,
        pick: fn(Response) -> Option<Answer<R>>,
    ) -> Self {
        let window = RwSignal::new(0..BLOCK);
        // What is on screen needs no rank: asking for it again would draw all rows anew.
        let elsewhere = RwSignal::new(None);
        let answer = answers(
            document,
            move || {
                let (start, end) = window.with(|range| (range.start, range.end.max(1)));
                let first = start / BLOCK * BLOCK;
                question(Asked {
                    first,
                    count: end.div_ceil(BLOCK) * BLOCK - first,
                    selected: elsewhere.get(),
                })
            },
            pick,
        );
        let paged = Self { answer, selected, id, window };
        effect(move || {
            let wanted = selected.get();
            let here = answer.with(|answer| paged.place(answer.as_ref(), wanted).is_some());
            if !here && elsewhere.get_untracked() != wanted {
                elsewhere.set(wanted);
            }
        });
        paged
    }

    /// Whether anything was answered yet.
    pub fn loaded(self) -> Signal<bool> {
        Signal::derive(move || self.answer.with(Option::is_some))
    }

    /// How many rows there are.
    pub fn rows(self) -> Signal<u32> {
        Signal::derive(move || self.answer.with(|answer| answer.as_ref().map_or(0, |(_, (rows, ..))| *rows)))
    }

    /// The row of a rank, if it is there.
    pub fn at(self, index: u32) -> Option<R> {
        self.answer.with(|answer| {
            let (request, (_, page, _)) = answer.as_ref()?;
            page.get(index.checked_sub(first(request))? as usize).cloned()
        })
    }

    /// The rank of the selected row.
    pub fn selected_row(self) -> Signal<Option<u32>> {
        Signal::derive(move || {
            let wanted = self.selected.get();
            self.answer.with(|answer| self.place(answer.as_ref(), wanted))
        })
    }

    fn place(self, answer: Option<&(Request, Answer<R>)>, wanted: Option<u32>) -> Option<u32> {
        let (wanted, (request, (_, page, rank))) = (wanted?, answer?);
        match page.iter().position(|row| (self.id)(row) == wanted) {
            Some(place) => Some(first(request) + place as u32),
            None if asked(request) == Some(wanted) => *rank,
            None => None,
        }
    }
}

fn first(request: &Request) -> u32 {
    match request {
        Request::Functions { first, .. } | Request::Queries { first, .. } => *first,
        Request::View(_, ask) => ask.place().map_or(0, |(first, _)| first),
        Request::Compare(CompareAsk::Functions { first, .. })
        | Request::Gather(GatherAsk::Functions { first, .. }) => *first,
        _ => 0,
    }
}

fn asked(request: &Request) -> Option<u32> {
    match request {
        Request::Functions { selected, .. } | Request::Queries { selected, .. } => *selected,
        Request::View(_, ask) => ask.place().and_then(|(_, selected)| selected),
        Request::Compare(CompareAsk::Functions { selected, .. })
        | Request::Gather(GatherAsk::Functions { selected, .. }) => *selected,
        _ => None,
    }
}
