//! The statements of the log beside the profile, under the frames that ran them: asked of the log's worker, said of, and
//! led to.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::layout::flame_chart::Statements;
use flamedrop::protocol::{Answer, Ask, Request, Response};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::Chart;
use super::card::{Listed, listed_details};
use crate::beside::{Halves, halves};
use crate::components::legend::OperationLegend;
use crate::components::time_range::moment;
use crate::document::OpenDocument;
use crate::effect::{effect, follow};
use crate::state::state;
use crate::views::statement_card;

/// How the chart and its statements came together, or why not, below the chart.
#[component]
pub fn Together(chart: Chart) -> impl IntoView {
    let text = move || {
        let halves = chart.halves.get()?;
        let name = halves.log.name.get();
        Some(match halves.alignment()? {
            Ok(alignment) => {
                let told = chart.statements.with(|all| all.as_ref().is_none_or(|all| all.are_told()));
                let told = if told { "" } else { "; which thread ran them is not known of all" };
                format!("Statements of {name} are put {}{told}.", alignment.text())
            }
            Err(apart) => format!("Statements of {name} cannot stand here: {}.", apart.text()),
        })
    };
    // Made anew for other statements, not for another text.
    let operations = Memo::new(move |_| {
        chart.statements.with(|all| {
            let columns = all.as_ref()?.timeline.columns();
            let of = |fingerprint: &u32| columns.operations.get(*fingerprint as usize).copied();
            let failed = columns.failed.iter().any(|&failed| failed != 0);
            Some((columns.fingerprint.iter().filter_map(of).collect::<Vec<_>>(), failed))
        })
    });
    view! {
        {move || operations.get().map(|(operations, failed)| view! { <OperationLegend operations failed theme=chart.theme /> })}
        {move || text().map(|text| view! { <p class="caption">{text}</p> })}
    }
}

/// What is said of the statement under the pointer.
pub fn card(chart: Chart, place: u32) -> Option<AnyView> {
    let statements = chart.statements.get()?;
    let at = chart.overview.with_value(|spans| moment(statements.moments(place).0, spans, chart.unit));
    let said = statement_card::statement(&statements.timeline, place);
    Some(
        view! { {said} <p class="note">{format!("{at} in the profile; click: its executions")}</p> }
            .into_any(),
    )
}

/// The statements on screen as a table, made while it is open.
#[component]
pub fn OnScreen(chart: Chart) -> impl IntoView {
    let rows = move || {
        let (statements, view) = (chart.statements.get()?, chart.view.get());
        let timeline = &statements.timeline;
        let mut shown: Vec<u32> = (0..timeline.columns().start.len() as u32)
            .filter(|&place| {
                let (from, to) = statements.moments(place);
                from < view.to && to > view.from
            })
            .collect();
        flamedrop::sort::by(&mut shown, |&a, &b| {
            (timeline.end(b) - timeline.start(b)).total_cmp(&(timeline.end(a) - timeline.start(a)))
        });
        Some((statements, shown))
    };
    let row = move |statements: &Statements, place: u32| {
        let timeline = &statements.timeline;
        let lane = timeline.columns().lanes.get(timeline.lane_of(place)).cloned().unwrap_or_default();
        let (start, _) = statements.moments(place);
        let start = chart.overview.with_value(|spans| moment(start, spans, chart.unit));
        let text = statement_card::text(timeline, place);
        let took = format::milliseconds(timeline.end(place) - timeline.start(place));
        view! {
            <tr>
                <td><button type="button" class="link" on:click=move |_| chart.open_statement(place)>{text}</button></td>
                <td>{lane}</td>
                <td class="number">{start}</td>
                <td class="number">{took}</td>
            </tr>
        }
        .into_any()
    };
    let is_there =
        move || chart.statements.with(|all| all.as_ref().is_some_and(|all| !all.timeline.is_empty()));
    view! {
        <Show when=is_there>
            {listed_details(
                "Statements on screen",
                &["Statement", "Connection", "Start", "Duration"],
                Arc::new(move || {
                    let Some((statements, shown)) = rows() else { return Vec::new() };
                    shown.into_iter().take(Listed::MOST).map(|place| row(&statements, place)).collect()
                }),
            )}
        </Show>
    }
}

/// The way from the selected execution of a log to its moment in the profile beside it; nothing where the two have no
/// common axis.
pub fn moment_link(document: OpenDocument) -> AnyView {
    let state = state();
    let beside = Memo::new(move |_| {
        halves(state, document)
            .filter(|halves| halves.log == document && matches!(halves.alignment(), Some(Ok(_))))
    });
    view! {
        {move || {
            let (statement, halves) = (document.statement.get()?, beside.get()?);
            let text = format!("Show in the flame chart of {}", halves.profile.name.get());
            Some(view! {
                <button type="button" class="link" on:click=move |_| halves.lead_to(state, statement)>{text}</button>
            })
        }}
    }
    .into_any()
}

/// Statements that ran while the profile did.
async fn ask(halves: Halves) -> Option<Arc<Statements>> {
    let alignment = untrack(|| halves.alignment())?.ok()?;
    let spans = untrack(|| halves.profile.spans_overview())?;
    let filter = Filter { range: Some(alignment.part_of_log()), ..Filter::default() };
    match halves.log.ask(Request::View(filter, Ask::Timeline { lanes: By::Connection })).await {
        Some(Response::View(Answer::Timeline(columns))) => {
            Some(Arc::new(Statements::new(columns, alignment, &spans)))
        }
        _ => None,
    }
}

impl Chart {
    /// Keeps the rows of statements what the log beside the profile says.
    pub(super) fn follow_statements(self) {
        effect(move || {
            let now = self.halves.get();
            if let Some(halves) = now {
                // Another reading of either.
                halves.log.status.track();
            }
            spawn_local(async move {
                let found = match now {
                    Some(halves) => ask(halves).await,
                    None => None,
                };
                // The view may be gone by now, or ask something else.
                if self.halves.try_get_untracked() == Some(now) {
                    self.take_statements(found);
                }
            });
        });
    }

    fn take_statements(self, found: Option<Arc<Statements>>) {
        let tracks = self.frames.get_value();
        let tracks = match &found {
            Some(statements) => Arc::new((*tracks).clone().with(statements)),
            None => tracks,
        };
        self.statements.set(found);
        self.tracks.set(tracks);
        let spans = self.document.spans;
        let Some((statement, leading)) =
            self.document.statement.get_untracked().zip(spans.leading.try_get_value())
        else {
            return;
        };
        spans.leading.set_value(false);
        if !leading {
            return;
        }
        match self.place_of(statement) {
            Some(place) => self.go_to_statement(place, true),
            None => state_says("That statement ran at no time of the profile"),
        }
    }

    fn place_of(self, statement: u32) -> Option<u32> {
        self.statements.with_untracked(|all| all.as_ref()?.place_of(statement))
    }

    /// The selected statement, by its place.
    pub(super) fn current_statement(self) -> Option<u32> {
        let statement = self.document.statement.get()?;
        self.statements.with(|all| all.as_ref()?.place_of(statement))
    }

    /// The statement under the pointer, by its place.
    pub(super) fn over_statement(self) -> Option<u32> {
        let (x, y) = self.hover.get()?;
        let (view, tracks) = (self.view.get(), self.tracks.get());
        self.statements.with(|all| view.statement_at(&tracks, all.as_ref()?, x, y))
    }

    /// Selects a statement and has it on screen; `near`: with little around it.
    fn go_to_statement(self, place: u32, near: bool) {
        let Some(statements) = self.statements.get_untracked() else { return };
        self.hover.set(None);
        self.document.spans.selected.set(None);
        self.document.statement.set(statements.timeline.columns().statement.get(place as usize).copied());
        let (tracks, mut view) = (self.tracks(), self.view.get_untracked());
        if near {
            let (from, to) = statements.moments(place);
            let around = ((to - from) * 4.0).max(tracks.length * 0.01);
            view = view.between(&tracks, from - around, to + around);
        }
        self.fly(view.revealing_statement(&tracks, &statements, place));
    }

    /// To the statement that began next, or before.
    pub(super) fn step_statement(self, forwards: bool) {
        let Some(statements) = self.statements.get_untracked() else { return };
        let here = untrack(|| self.current_statement());
        let start = self.selected().map_or_else(|| self.view.get_untracked().from, |detail| detail.start);
        if let Some(place) = statements.step(here.ok_or(start), forwards) {
            self.go_to_statement(place, false);
        }
    }

    /// Shows a statement among the executions of its query.
    pub(super) fn open_statement(self, place: u32) {
        let (Some(halves), Some(statements)) = (self.halves.get_untracked(), self.statements.get_untracked())
        else {
            return;
        };
        let columns = statements.timeline.columns();
        let at = place as usize;
        if let (Some(&statement), Some(&fingerprint)) =
            (columns.statement.get(at), columns.fingerprint.get(at))
        {
            self.document.statement.set(Some(statement));
            halves.open_statement(state(), (statement, statements.timeline.start(place)), fingerprint);
        }
    }

    /// What the selected statement is, for screen readers.
    pub(super) fn spoken_statement(self) -> Option<String> {
        let place = self.current_statement()?;
        self.statements.with(|all| {
            Some(format!("{} Enter: its executions.", statement_card::spoken(&all.as_ref()?.timeline, place)))
        })
    }

    /// Follows what the picture has of statements.
    pub(super) fn watch_statements(self) {
        self.statements.track();
        self.tracks.track();
        follow(self.halves);
        self.document.statement.track();
    }
}

fn state_says(text: &str) {
    if let Some(state) = crate::state::current() {
        state.say(text);
    }
}
