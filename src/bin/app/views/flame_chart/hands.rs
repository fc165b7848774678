//! What pointers and keys do on the flame chart.

use std::collections::VecDeque;

use flamedrop::layout::flame_chart::{AXIS_HEIGHT, Boxes};
use flamedrop::protocol::{SpanAnswer, SpanAsk, SpanDetail, SpanId, SpanStep};
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::KeyboardEvent;

use super::Chart;
use crate::canvas::Gesture;
use crate::clipboard::copy;
use crate::views::functions::spelt;

/// Two clicks on one span within so many milliseconds zoom to it.
const DOUBLE: f64 = 400.0;

/// What the hand began.
#[derive(Clone, Copy)]
pub struct Hands {
    /// The span that was clicked last, and when.
    clicked: StoredValue<Option<(SpanId, f64)>>,
    /// Steps that wait for the answer to the one before; `None` while there is none.
    steps: StoredValue<Option<VecDeque<SpanStep>>>,
}

impl Hands {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { clicked: StoredValue::new(None), steps: StoredValue::new(None) }
    }
}

/// A key moves by this share of what is on screen.
const KEY: f64 = 0.15;

/// A box that is a single span, as the worker would say it.
pub fn detail_of(boxes: &Boxes, at: usize) -> Option<SpanDetail> {
    let columns = &boxes.columns;
    (columns.count[at] == 1).then(|| SpanDetail {
        id: SpanId { track: columns.track[at], span: columns.span[at] },
        depth: columns.depth[at],
        start: columns.start[at],
        end: columns.end[at],
        own: columns.own[at],
        function: (columns.function[at] != u32::MAX).then_some(columns.function[at]),
    })
}

impl Chart {
    pub(super) fn on_gesture(self, gesture: Gesture) {
        let tracks = self.tracks();
        let view = self.view.get_untracked();
        match gesture {
            Gesture::Hover { x, y } => self.hover.set(Some((x, y))),
            Gesture::Leave => self.hover.set(None),
            Gesture::Click { x, y } if y < AXIS_HEIGHT => {
                // Outside of what is looked at: everything again.
                let moment = view.moment_within(&tracks, x);
                let inside = |(from, to): (f64, f64)| (from..=to).contains(&moment);
                if self.document.spans.range.get_untracked().is_some_and(|range| !inside(range)) {
                    self.document.show_range(None);
                }
            }
            Gesture::Click { x, y } => self.click(x, y),
            Gesture::Drag { x, from, from_y, .. } if from_y < AXIS_HEIGHT && from != x => {
                let (one, other) = (view.moment_within(&tracks, from), view.moment_within(&tracks, x));
                self.hover.set(None);
                self.drawn.set(Some((one.min(other), one.max(other))));
            }
            // The views follow now: each change makes the profile anew.
            Gesture::Drop => {
                if let Some((from, to)) = self.drawn.get_untracked().filter(|(from, to)| from < to) {
                    self.show_range((from, to));
                }
            }
            Gesture::Drag { dx, dy, .. } => {
                self.hover.set(None);
                self.set_view(view.dragged(&tracks, dx, dy));
            }
            // The second click zooms already.
            Gesture::DoubleClick | Gesture::Menu { .. } => {}
            Gesture::Zoom { x, factor, .. } => {
                self.hover.set(None);
                self.set_view(view.zoomed_about(&tracks, x, factor));
            }
        }
    }

    fn click(self, x: f64, y: f64) {
        let (tracks, view) = (self.tracks(), self.view.get_untracked());
        let statement = self.statements.with_untracked(|all| view.statement_at(&tracks, all.as_ref()?, x, y));
        if let Some(place) = statement {
            self.open_statement(place);
            return;
        }
        let hit = self.boxes.get_untracked().and_then(|boxes| {
            let at = boxes.hit(&tracks, &view, x, y)?;
            Some((boxes, at))
        });
        let Some((boxes, at)) = hit else {
            self.document.spans.selected.set(None);
            return;
        };
        let Some(detail) = detail_of(&boxes, at) else {
            // Several small ones: closer.
            let (from, to) = (boxes.columns.start[at], boxes.columns.end[at]);
            let around = (to - from) * 0.1;
            self.fly(view.between(&tracks, from - around, to + around));
            return;
        };
        let now = window().performance().map_or(0.0, |clock| clock.now());
        let last = self.hands.clicked.get_value();
        self.hands.clicked.set_value(Some((detail.id, now)));
        if last.is_some_and(|(id, at)| id == detail.id && now - at < DOUBLE) {
            self.fly(view.between(&tracks, detail.start, detail.end));
        }
        self.select(detail);
    }

    pub(super) fn on_key(self, event: &KeyboardEvent) -> bool {
        let (tracks, view) = (self.tracks(), self.view.get_untracked());
        let by = view.width * KEY;
        match event.key().as_str() {
            "ArrowLeft" | "ArrowRight" if event.shift_key() => {
                let by = if event.key() == "ArrowLeft" { by } else { -by };
                self.set_view(view.dragged(&tracks, by, 0.0));
            }
            "a" => self.set_view(view.dragged(&tracks, by, 0.0)),
            "d" => self.set_view(view.dragged(&tracks, -by, 0.0)),
            "ArrowUp" => self.go(SpanStep::Caller),
            "ArrowDown" => self.go(SpanStep::Callee),
            "ArrowLeft" => self.go(SpanStep::Before),
            "ArrowRight" => self.go(SpanStep::After),
            "PageDown" => self.set_view(view.dragged(&tracks, 0.0, -view.height / 2.0)),
            "PageUp" => self.set_view(view.dragged(&tracks, 0.0, view.height / 2.0)),
            "+" | "=" | "w" => self.zoom(0.5),
            "-" | "_" | "s" => self.zoom(2.0),
            "0" => self.zoom_out(),
            "n" => self.find(true),
            "p" => self.find(false),
            "r" => {
                if view.is_whole(&tracks) {
                    return false;
                }
                // The view is made anew; who is at the keyboard stays in it.
                self.document.spans.refocus.set_value(true);
                self.filter();
            }
            "q" => self.step_statement(true),
            "Q" => self.step_statement(false),
            "Enter" if untrack(|| self.current_statement()).is_some() => {
                if let Some(place) = untrack(|| self.current_statement()) {
                    self.open_statement(place);
                }
            }
            "Escape" if untrack(|| self.current_statement()).is_some() => self.document.statement.set(None),
            "Enter" | " " => {
                let Some(detail) = self.selected() else { return false };
                self.fly(view.between(&tracks, detail.start, detail.end));
            }
            "c" => {
                let Some(function) = self.selected().and_then(|detail| detail.function) else { return false };
                let Some(rows) = untrack(|| self.document.span_functions()) else { return false };
                let Some(row) = rows.get(function as usize) else { return false };
                let (name, place) = spelt(row);
                copy(if place.is_empty() { name } else { place });
            }
            "Escape" if !view.is_whole(&tracks) => self.zoom_out(),
            _ => return false,
        }
        true
    }

    /// The selected span.
    pub(super) fn selected(self) -> Option<SpanDetail> {
        let id = self.document.spans.selected.get_untracked()?;
        self.document.spans.detail.get_untracked().filter(|detail| detail.id == id)
    }

    /// Moves the keyboard's span; the first step goes to the first one on screen.
    fn go(self, step: SpanStep) {
        self.hover.set(None);
        let Some(from) = self.selected() else {
            let (tracks, view) = (self.tracks(), self.view.get_untracked());
            let first = self.boxes.get_untracked().and_then(|boxes| {
                view.rows(&tracks, 0.0).into_iter().find_map(|(track, first, end)| {
                    (first..end)
                        .flat_map(|depth| boxes.row(track, depth, view.from, view.to))
                        .find_map(|at| detail_of(&boxes, at))
                })
            });
            if let Some(first) = first {
                self.select(first);
            }
            return;
        };
        // Keys come faster than answers.
        let waits = self.hands.steps.try_update_value(|steps| match steps {
            Some(steps) => {
                steps.push_back(step);
                true
            }
            None => {
                *steps = Some(VecDeque::from([step]));
                false
            }
        });
        if waits == Some(false) {
            spawn_local(self.walk(from.id));
        }
    }

    /// Goes all steps that wait, and those that come meanwhile.
    async fn walk(self, mut from: SpanId) {
        while let Some(step) = self
            .hands
            .steps
            .try_update_value(|steps| {
                let next = steps.as_mut().and_then(VecDeque::pop_front);
                if next.is_none() {
                    *steps = None;
                }
                next
            })
            .flatten()
        {
            if let Some(SpanAnswer::Span(Some(detail))) = self.document.ask_spans(SpanAsk::Step(from, step)).await
                // The view may be gone by now.
                && self.view.try_get_untracked().is_some()
            {
                from = detail.id;
                self.select(detail);
            }
        }
    }

    /// To the next match, or the last one.
    pub(super) fn find(self, forwards: bool) {
        let search = untrack(|| self.document.search_text());
        if search.is_empty() {
            return;
        }
        let view = self.view.get_untracked();
        let (track, moment) = match self.selected() {
            Some(detail) => (detail.id.track, detail.start),
            None => (self.tracks().shown().first().map_or(0, |track| track.index), view.from),
        };
        self.ask_and_select(SpanAsk::Find { search, track, moment, forwards });
    }

    fn ask_and_select(self, ask: SpanAsk) {
        spawn_local(async move {
            if let Some(SpanAnswer::Span(Some(detail))) = self.document.ask_spans(ask).await
                // The view may be gone by now.
                && self.view.try_get_untracked().is_some()
                && self.tracks().of(detail.id.track).is_some()
            {
                self.select(detail);
            }
        });
    }
}
