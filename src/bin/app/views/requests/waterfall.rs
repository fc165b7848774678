//! One request, statement by statement: when each ran, and how long nothing did.

use std::sync::Arc;

use flamedrop::draw::Theme;
use flamedrop::draw::waterfall::paint;
use flamedrop::export::table::Value;
use flamedrop::findings::waste::Role;
use flamedrop::format;
use flamedrop::protocol::{Answer, Ask, Request, Response, Waterfall, WaterfallStep};
use flamedrop::queries::by::By;
use leptos::prelude::*;

use crate::components::cells::{Cell, SINGLE, Units};
use crate::components::copy_table::{Sheet, copy_sheet, file_of, number};
use crate::components::data_table::Holds;
use crate::components::sql::operation_class;
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::{OpenDocument, answers};
use crate::log_view::{filter, only};
use crate::save::save_text;
use crate::state::state;

/// Width of the picture that is saved, CSS pixels.
const PICTURE: f64 = 1200.0;

/// A request's statements.
#[component]
pub fn WaterfallOf(document: OpenDocument, request: u32, units: Units) -> impl IntoView {
    let answer = answers(
        document,
        move || Some(Request::View(filter(document), Ask::Waterfall { request })),
        |response| match response {
            Response::View(Answer::Waterfall(waterfall)) => Some(Arc::new(*waterfall)),
            _ => None,
        },
    );
    view! {
        <section class="waterfall" aria-label="Selected request">
            {move || answer.get().map(|(_, waterfall)| shown(document, waterfall, units))}
        </section>
    }
}

fn shown(document: OpenDocument, waterfall: Arc<Waterfall>, units: Units) -> AnyView {
    let row = &waterfall.row;
    let usage = &row.usage;
    let many = |count: u32, one: &str, more: &str| {
        format!("{} {}", format::count(i64::from(count)), if count == 1 { one } else { more })
    };
    let mut facts = vec![
        units.start(row.start),
        many(waterfall.statements, "statement", "statements"),
        format!("{} in the database", format::milliseconds(usage.database_time)),
    ];
    if units.wall_clock {
        facts.push(format!("{} wall time", format::milliseconds(usage.wall)));
        facts.push(format!("{} outside the database", format::milliseconds(waterfall.outside)));
    }
    if usage.loops > 0 {
        facts.push(format!("{} in loops", many(usage.loops, "statement", "statements")));
    }
    if usage.repeated > 0 {
        facts.push(many(usage.repeated, "repeats another", "repeat another"));
    }
    if row.inferred {
        facts.push("where it begins and ends is inferred".to_owned());
    }
    let shown = waterfall.steps.len() as u32;
    if shown < waterfall.statements {
        facts.push(format!("the first {} are shown", format::count(i64::from(shown))));
    }
    let steps = {
        let waterfall = Arc::clone(&waterfall);
        move |index: u32| waterfall.steps.get(index as usize).cloned()
    };
    let last = waterfall.steps.iter().map(end).fold(0.0, f64::max);
    let length = last.max(if units.wall_clock { usage.wall } else { 0.0 }).max(1e-6);
    let place_of = {
        let waterfall = Arc::clone(&waterfall);
        move |statement: u32| waterfall.steps.iter().position(|step| step.statement == statement)
    };
    let selected = Signal::derive(move || Some(place_of(document.statement.get()?)? as u32));
    let row_of = {
        let steps = steps.clone();
        move |index: u32| steps(index).map(|step| Row { cells: cells(&step, length, units), faint: false })
    };
    let actions = Actions {
        select: Arc::new({
            let steps = steps.clone();
            move |index| {
                if let Some(step) = steps(index) {
                    document.fingerprint.set(Some(step.fingerprint));
                    document.statement.set(Some(step.statement));
                }
                true
            }
        }),
        // Enter goes to its query.
        open: Arc::new(move |index| {
            if let Some(step) = steps(index) {
                document.statement.set(None);
                document.fingerprint.set(Some(step.fingerprint));
                document.show_queries();
            }
        }),
        ..Actions::default()
    };
    let columns = vec![
        Column::text("Statement", "minmax(190px, 1fr)", "The query, in order of start").leading(),
        Column::text(
            "When it ran",
            "minmax(220px, 1.4fr)",
            "Where in the request it ran; the line before it is time in which no statement of it did",
        ),
        Column::number("Gap", "ms", "84px", "Time before it in which no statement of the request ran"),
        Column::number("Start", "ms", "90px", "Since the request began"),
        Column::number("Duration", "ms", "92px", "How long it took"),
        Column::text(
            "Role",
            "92px",
            "Whether it is part of a loop, or repeats another statement of the request",
        ),
        Column::text("Place", "minmax(110px, 0.6fr)", "The line of code it comes from"),
    ];
    let count = Signal::stored(shown);
    let copy = copy_sheet(file_of(document, "request"), {
        let waterfall = Arc::clone(&waterfall);
        move || sheet(&waterfall)
    });
    let save = {
        let (waterfall, state) = (Arc::clone(&waterfall), state());
        move |_| {
            let theme = if state.dark() { Theme::DARK } else { Theme::LIGHT };
            let measure = flamedrop::draw::measure::table();
            let scene = paint(&waterfall, length, PICTURE, &theme, &measure);
            let name = format!("{}.svg", file_of(document, "request"));
            save_text(&name, flamedrop::draw::svg::write(&scene, &waterfall.row.label));
        }
    };
    let (request, name) = (row.usage.request, row.view.clone());
    let only_view = (!name.is_empty()).then(|| {
        let name = name.clone();
        view! {
            <button type="button" class="link" title=name.clone() on:click=move |_| only(document, By::View, name.clone())>
                "Only requests of this view"
            </button>
        }
    });
    let window = RwSignal::new(0..0);
    view! {
        <header>
            <h2>{row.label.clone()}</h2>
            <p class="facts">{facts.join(" · ")}</p>
            <div class="deeds">
                <button type="button" class="link" on:click=move |_| only(document, By::Request, request.to_string())>"Only this request"</button>
                {only_view}
                {copy}
                <button type="button" class="link" on:click=save>"Save as SVG"</button>
            </div>
            <button type="button" class="icon" aria-label="Close the request" on:click=move |_| {
                document.statement.set(None);
                document.log.request.set(None);
            }>"×"</button>
        </header>
        <Table label="Statements of the request" columns rows=count row=Arc::new(row_of) window selected actions empty="It has no statements." />
    }
    .into_any()
}

fn sheet(waterfall: &Waterfall) -> Sheet {
    let mut sheet = Sheet::new(&[
        ("statement", Holds::Name),
        ("start", Holds::Totals),
        ("duration", Holds::Totals),
        ("gap", Holds::Totals),
        ("role", Holds::Words),
        ("failed", Holds::Words),
        ("place", Holds::Words),
    ]);
    for step in &waterfall.steps {
        let text = |text: &str| if text.is_empty() { Value::Nothing } else { Value::Text(text.to_owned()) };
        sheet.push(vec![
            Value::Code(step.text.clone()),
            number(step.start),
            number(step.duration),
            number(step.gap),
            text(role_name(step.role)),
            text(if step.failed { "failed" } else { "" }),
            text(&step.place),
        ]);
    }
    sheet
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Single => "",
        Role::Loop => "in a loop",
        Role::Repeat => "repeats",
    }
}

/// A place, of which the end is seen: paths begin alike.
fn place(place: String) -> AnyView {
    view! { <span class="function" title=place.clone()><span class="file"><bdi>{place.clone()}</bdi></span></span> }.into_any()
}

fn end(step: &WaterfallStep) -> f64 {
    step.start + if step.duration.is_nan() { 0.0 } else { step.duration }
}

fn cells(step: &WaterfallStep, length: f64, units: Units) -> Vec<AnyView> {
    let at = |time: f64| (time / length * 1000.0).clamp(0.0, 1000.0);
    let (left, right) = (at(step.start), at(end(step)));
    let gap = at(step.start - step.gap);
    // What is too short for the picture is seen all the same.
    let bar = format!("M{left:.2} 4h{:.2}v10h-{:.2}z", (right - left).max(1.5), (right - left).max(1.5));
    let line = format!("M{gap:.2} 8.5H{left:.2}v1H{gap:.2}z");
    let class = if step.failed { "failed" } else { operation_class(step.operation) };
    let role = Cell::Text(role_name(step.role).to_owned());
    let number =
        |time: f64| if time.is_nan() { format::UNKNOWN.to_owned() } else { SINGLE.milliseconds(time) };
    vec![
        Cell::Sql(step.text.clone(), step.operation).view(units),
        view! {
            <svg class="spark ran" viewBox="0 0 1000 18" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <path class="gap" d=line></path>
                <path class=class d=bar></path>
            </svg>
        }
        .into_any(),
        if step.gap > 0.0 { number(step.gap) } else { String::new() }.into_any(),
        number(step.start).into_any(),
        if step.failed { Cell::Bad(format!("{} failed", number(step.duration))).view(units) } else { number(step.duration).into_any() },
        role.view(units),
        place(step.place.clone()),
    ]
}
