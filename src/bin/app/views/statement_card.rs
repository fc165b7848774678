//! What is said about a statement: in the card beside the pointer, in the panel, and to screen readers.

use std::sync::Arc;

use flamedrop::findings::waste::Role;
use flamedrop::format;
use flamedrop::layout::timeline::{Gap, Timeline as Lanes, Viewport};
use flamedrop::protocol::{Answer, Ask, Request, Response, StatementDetail, Waterfall};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use leptos::prelude::*;

use super::flame_chart::moment_link;
use super::frames::Frames;
use crate::canvas::Surface;
use crate::components::card::Card;
use crate::components::edge::Edge;
use crate::components::events::Events;
use crate::components::place::place_or_text;
use crate::components::plan::PlanTable;
use crate::components::sql::{CopySql, Sql};
use crate::document::{OpenDocument, answers};
use crate::log_view::only;
use crate::text::start_text;

/// What the pointer is over, and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Over {
    what: What,
    /// CSS pixels on the canvas.
    x: f64,
    /// CSS pixels on the canvas.
    y: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    /// A statement, by its place in the columns.
    Statement(u32),
    /// Nothing ran on this lane.
    Gap(Gap),
}

impl Over {
    /// What is at a point.
    pub fn at(lanes: &Lanes, view: &Viewport, x: f64, y: f64) -> Option<Self> {
        let what = match view.hit(lanes, x, y) {
            Some(place) => What::Statement(place),
            None => What::Gap(view.gap_at(lanes, x, y)?),
        };
        Some(Self { what, x, y })
    }

    /// The statement, by its place in the columns.
    pub fn statement(self) -> Option<u32> {
        match self.what {
            What::Statement(place) => Some(place),
            What::Gap(_) => None,
        }
    }

    /// Whether it is a statement, not a gap.
    pub fn is_statement(self) -> bool {
        self.statement().is_some()
    }
}

/// The card beside the pointer.
#[component]
pub fn StatementCard(
    lanes: Arc<Lanes>,
    over: RwSignal<Option<Over>>,
    surface: RwSignal<Surface>,
) -> impl IntoView {
    let place = Signal::derive(move || over.get().map(|over| (over.x, over.y)));
    // Made anew for another statement, not for another place.
    let what = Memo::new(move |_| over.get().map(|over| over.what));
    view! {
        <Card place surface>
            {move || what.get().map(|what| match what {
                What::Statement(place) => statement(&lanes, place),
                What::Gap(gap) => view! {
                    <p class="name">{format!("{} without a statement", format::milliseconds(gap.right - gap.left))}</p>
                    <p class="note">{lane_name(&lanes, gap.before)}</p>
                }.into_any(),
            })}
        </Card>
    }
}

fn lane_name(lanes: &Lanes, place: u32) -> String {
    lanes.columns().lanes.get(lanes.lane_of(place)).cloned().unwrap_or_default()
}

/// Its text in brief.
pub fn text(lanes: &Lanes, place: u32) -> String {
    let columns = lanes.columns();
    let fingerprint = columns.fingerprint.get(place as usize).copied().unwrap_or_default();
    columns.texts.get(fingerprint as usize).cloned().unwrap_or_default()
}

fn duration(lanes: &Lanes, place: u32) -> String {
    match lanes.columns().duration.get(place as usize) {
        Some(duration) if !duration.is_nan() => format::milliseconds(f64::from(*duration)),
        _ => "not in the log".to_owned(),
    }
}

fn failed(lanes: &Lanes, place: u32) -> bool {
    lanes.columns().failed.get(place as usize).is_some_and(|&failed| failed != 0)
}

/// What a card says of it.
pub fn statement(lanes: &Lanes, place: u32) -> AnyView {
    let columns = lanes.columns();
    let start = start_text(columns.origin + lanes.start(place), columns.wall_clock);
    let gap = lanes.gap_before(place).map(|gap| {
        view! { <tr><th>"Gap before"</th><td>{format::milliseconds(gap.right - gap.left)}</td></tr> }
    });
    view! {
        <p class="name sql-line">{text(lanes, place)}</p>
        <table>
            <tr><th>"Duration"</th><td>{duration(lanes, place)}</td></tr>
            <tr><th>"Start"</th><td>{start}</td></tr>
            {gap}
        </table>
        <p class="note">{lane_name(lanes, place)} {failed(lanes, place).then_some(" · failed")}</p>
    }
    .into_any()
}

/// A statement in one sentence.
pub fn spoken(lanes: &Lanes, place: u32) -> String {
    let columns = lanes.columns();
    let (text, lane) = (text(lanes, place), lane_name(lanes, place));
    // A query's lane has its text for a name.
    let lane = if lane == text { String::new() } else { format!(", on {lane}") };
    format!(
        "{text}. Duration {}, at {}{lane}.{}",
        duration(lanes, place),
        start_text(columns.origin + lanes.start(place), columns.wall_clock),
        if failed(lanes, place) { " Failed." } else { "" }
    )
}

/// The panel of the selected statement: its SQL as logged, its parameters, its time.
#[component]
pub fn StatementDetails(document: OpenDocument, wall_clock: bool) -> impl IntoView {
    let detail = answers(
        document,
        move || document.statement.get().map(|statement| Request::Statement { statement }),
        |response| match response {
            Response::Statement(detail) => Some(Arc::new(detail)),
            _ => None,
        },
    );
    let siblings = answers(
        document,
        move || {
            let request = detail.get()?.1.request;
            if request == flamedrop::queries::NONE {
                return None;
            }
            Some(Request::View(Filter::default(), Ask::Waterfall { request }))
        },
        |response| match response {
            Response::View(Answer::Waterfall(waterfall)) => Some(Arc::from(waterfall)),
            _ => None,
        },
    );
    let frames = Frames::of(document);
    view! {
        <aside class="details" aria-label="Selected statement">
            <Edge />
            <button type="button" class="close" aria-label="Close details" on:click=move |_| {
                document.statement.set(None);
                document.fingerprint.set(None);
            }>"×"</button>
            {move || detail.get().map(|(_, detail)| body(document, &detail, wall_clock, frames))}
            {move || siblings.get().map(|(_, waterfall)| request(document, &waterfall))}
        </aside>
    }
}

fn body(document: OpenDocument, detail: &StatementDetail, wall_clock: bool, frames: Frames) -> AnyView {
    let number = |label: &'static str, value: String| view! { <div><dt>{label}</dt><dd>{value}</dd></div> };
    let parameters = detail.parameters.clone().map(|parameters| {
        view! { <h3>"Parameters"</h3> <pre class="parameters" tabindex="0">{parameters}</pre> }
    });
    let requests = untrack(|| document.is_requests());
    let sql = detail.sql.clone();
    let (name, own, all) = match requests {
        true => {
            let line = view! { <pre class="parameters" tabindex="0">{sql}</pre> }.into_any();
            ("Request", line, "All requests for this route")
        }
        false => {
            let text = view! { <Sql text=sql label="Statement" /> }.into_any();
            ("Statement", text, "All executions of this query")
        }
    };
    view! {
        <section>
            <h2>{name} {(!requests).then(|| view! { <CopySql text=detail.sql.clone() label="Copy SQL" /> })}</h2>
            {own}
            {parameters}
            <dl class="numbers">
                {number("Duration", format::milliseconds(detail.duration))}
                {number("Start", start_text(detail.start, wall_clock))}
                {detail.gap_before.map(|gap| number("Gap before", format::milliseconds(gap)))}
                {(!detail.connection.is_empty()).then(|| number(if requests { "Worker" } else { "Connection" }, detail.connection.clone()))}
                {(!detail.place.is_empty()).then(|| view! { <div><dt>"Caller"</dt><dd class="place" title=detail.place.clone()>{place_or_text(&detail.place)}</dd></div> })}
                {detail.failed.then(|| number("Result", "failed".to_owned()))}
            </dl>
            <button type="button" class="link" on:click=move |_| document.show_queries()>
                {all}
            </button>
            " "
            {frames.function(detail.place.clone())}
            " "
            {moment_link(document)}
        </section>
        <Events events=detail.events.clone() more=detail.more_events />
        {detail.plan.clone().map(|detail| view! { <PlanTable detail=*detail /> })}
    }
    .into_any()
}

/// Statements of a request that are listed around the selected one, to either side.
const AROUND: usize = 60;

/// What else ran for the same request, one after the other, with the time between.
fn request(document: OpenDocument, waterfall: &Waterfall) -> AnyView {
    let row = &waterfall.row;
    let current = document.statement.get();
    let place = waterfall.steps.iter().position(|step| Some(step.statement) == current).unwrap_or(0);
    let shown = place.saturating_sub(AROUND)..(place + AROUND + 1).min(waterfall.steps.len());
    let left = waterfall.steps.len() - shown.len();
    let steps = waterfall.steps[shown].iter().map(|step| {
        let statement = step.statement;
        let gap = (step.gap > 0.0).then(|| {
            view! { <li class="gap">{format!("{} outside the database", format::milliseconds(step.gap))}</li> }
        });
        let role = match step.role {
            Role::Single => None,
            Role::Loop => Some(" · in a loop"),
            Role::Repeat => Some(" · repeated"),
        };
        view! {
            {gap}
            <li>
                <button type="button" class="sibling" aria-current=(Some(statement) == current).to_string() title=step.text.clone() on:click=move |_| document.statement.set(Some(statement))>
                    <code>{step.text.clone()}</code>
                    <span class="numbers">{format::milliseconds(step.duration)} {role} {step.failed.then_some(" · failed")}</span>
                </button>
            </li>
        }
    });
    let steps: Vec<_> = steps.collect();
    let facts = format!(
        "{} · {} in the database · {} outside{}",
        format::counted(i64::from(waterfall.statements), "statement", "statements"),
        format::milliseconds(row.usage.database_time),
        format::milliseconds(waterfall.outside),
        if row.inferred { " · inferred" } else { "" }
    );
    let request = row.usage.request;
    view! {
        <section class="siblings">
            <h3>{row.label.clone()}</h3>
            <p class="facts">{facts}</p>
            <button type="button" class="link" on:click=move |_| only(document, By::Request, request.to_string())>"Only this request"</button>
            <ol>{steps}</ol>
            {(left > 0).then(|| view! { <p class="facts">{format!("and {left} more")}</p> })}
        </section>
    }
    .into_any()
}
