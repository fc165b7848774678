//! When calls ran, as an open document knows it: what the flame chart has asked for, what is selected in it, and the
//! part of the time that all views are about.

use std::sync::Arc;

use flamedrop::layout::flame_chart::{Boxes, Statements};
use flamedrop::protocol::{
    ContentOverview, FunctionRow, Request, Response, SpanAnswer, SpanAsk, SpanDetail, SpanId, SpansOverview,
};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::document::{OpenDocument, Status};

/// A handle; copies are the same.
#[derive(Clone, Copy)]
pub struct SpanState {
    /// The part of the time that all views are about; `None` for all of it.
    pub range: RwSignal<Option<(f64, f64)>>,
    /// The selected span.
    pub selected: RwSignal<Option<SpanId>>,
    /// What is known of it: soon after it was selected.
    pub detail: RwSignal<Option<SpanDetail>>,
    /// What the chart shows; the next visit of the view finds it.
    pub boxes: RwSignal<Option<Arc<Boxes>>>,
    /// The statements that ran meanwhile, of the log beside it; the next visit of the view finds them.
    pub statements: RwSignal<Option<Arc<Statements>>>,
    /// Whether the chart has the keyboard once it was made anew.
    pub refocus: StoredValue<bool>,
    /// Whether the chart is to go to the selected statement, once it knows when that ran.
    pub leading: StoredValue<bool>,
    functions: RwSignal<Option<Arc<Vec<FunctionRow>>>>,
    asked: StoredValue<bool>,
}

impl SpanState {
    /// Nothing yet.
    pub fn new() -> Self {
        Self {
            range: RwSignal::new(None),
            selected: RwSignal::new(None),
            detail: RwSignal::new(None),
            boxes: RwSignal::new(None),
            statements: RwSignal::new(None),
            refocus: StoredValue::new(false),
            leading: StoredValue::new(false),
            functions: RwSignal::new(None),
            asked: StoredValue::new(false),
        }
    }

    /// Drops what was asked for.
    pub fn forget(self) {
        self.boxes.set(None);
        self.statements.set(None);
        self.functions.set(None);
        self.asked.set_value(false);
    }
}

impl OpenDocument {
    /// Every function, by id: asked for on the first call, there some milliseconds later.
    pub fn span_functions(self) -> Option<Arc<Vec<FunctionRow>>> {
        let spans = self.spans;
        if !spans.asked.get_value() {
            spans.asked.set_value(true);
            spawn_local(async move {
                if let Some(SpanAnswer::Functions(rows)) = self.ask_spans(SpanAsk::Functions).await {
                    spans.functions.try_set(Some(Arc::new(rows)));
                }
            });
        }
        spans.functions.get()
    }

    /// Asks the worker about spans.
    pub async fn ask_spans(self, ask: SpanAsk) -> Option<SpanAnswer> {
        match self.ask(Request::Spans(ask)).await {
            Some(Response::Spans(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Selects a span, and with it its function.
    pub fn select_span(self, detail: SpanDetail) {
        if let Some(function) = detail.function {
            self.select_function(function);
        }
        let id = detail.id;
        self.spans.detail.set(Some(detail));
        self.spans.selected.set(Some(id));
    }

    /// What the file says of when its calls ran; `None` where it says nothing, or is not open.
    pub fn spans_overview(self) -> Option<SpansOverview> {
        self.overview().and_then(|overview| match &overview.content {
            ContentOverview::Profile(profile) => profile.spans.clone(),
            _ => None,
        })
    }

    /// Has all views be about a part of the time, or all of it. Functions keep their ids, boxes do not.
    pub fn show_range(self, range: Option<(f64, f64)>) {
        if self.spans.range.get_untracked() != range {
            self.spans.range.set(range);
            self.ask_range();
        }
    }

    /// Has the worker show the range that is to be shown, if it shows another.
    pub fn ask_range(self) {
        let Some(shown) = untrack(|| self.spans_overview()) else { return };
        let range = self.spans.range.get_untracked();
        if shown.range == range {
            return;
        }
        spawn_local(async move {
            match self.ask(Request::Range(range)).await {
                Some(Response::Reread(overview)) if self.spans.range.try_get_untracked() == Some(range) => {
                    self.selected_box.set(None);
                    self.zoomed_box.set(None);
                    self.forget_tree();
                    // Last: the views are made anew.
                    self.status.set(Status::Open(Arc::new(*overview)));
                }
                Some(Response::Refused(_)) => self.spans.range.set(None),
                _ => {}
            }
        });
    }
}
