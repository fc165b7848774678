//! A log, or what the filter leaves of it, at a glance: totals, curves over time, and the queries that
//! make most of the time.

use std::sync::Arc;

use flamedrop::findings::Link;
use flamedrop::findings::digest::{Item, Items};
use flamedrop::findings::summary::VITAL_SHARE;
use flamedrop::format;
use flamedrop::layout::chart::{Across, Data, Kind, Series, Tone, Unit};
use flamedrop::layout::time_axis::AxisClock;
use flamedrop::profile::Layer;
use flamedrop::protocol::{
    Answer, Ask, EventGlance, GroupColumn, GroupRow, QueriesOverview, Request, Response, Window,
};
use flamedrop::queries::by::By;
use flamedrop::queries::events::{EventFigures, EventTotal};
use flamedrop::queries::overview::Glance;
use leptos::prelude::*;

use super::findings::pareto::{Shown, pareto_curve};
use crate::components::chart::Chart;
use crate::document::{OpenDocument, answers};
use crate::log_view::THRESHOLD;
use crate::state::state;
use crate::view::View;

/// Queries of the curve that are shown one by one.
const LARGEST: u32 = 200;

/// The view.
#[component]
pub fn Overview(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let glance = glance_of(document);
    let queries = largest(document);
    let origin = overview.span.map_or(0.0, |(first, _)| first);
    let clock = if overview.wall_clock { AxisClock::Wall(origin) } else { AxisClock::Relative };
    // Charts follow the data; they are made once.
    let data = move |make: fn(&Glance, Across) -> Data| {
        Signal::derive(move || {
            Arc::new(glance.with(|glance| match glance {
                Some((_, glance)) => {
                    let series = &glance.series;
                    make(glance, Across::Time { from: series.from, step: series.step, clock })
                }
                None => Data { across: Across::Durations(0), unit: Unit::Count, series: Vec::new() },
            }))
        })
    };
    let loaded = move || glance.with(Option::is_some);
    let empty =
        move || glance.with(|glance| glance.as_ref().is_some_and(|(_, glance)| !has_statements(glance)));
    let some = Memo::new(move |_| loaded() && !empty());
    let failures = Memo::new(move |_| {
        glance.with(|glance| glance.as_ref().is_some_and(|(_, glance)| glance.figures.all_failed() > 0))
    });
    let state = state();
    let curve = move || {
        let answer = queries.get()?.1;
        let (rows, shapes, total) = &*answer;
        Some(pareto_curve(state, shown(document, rows, *shapes, *total, ("query", "queries"))))
    };
    let timed = overview.wall_clock;
    let statistics = overview.statistics;
    let has_events = !overview.events.is_empty();
    view! {
        <div class="overview">
            {move || empty().then(|| view! { <p class="empty">"No statement fits the filter."</p> })}
            {move || glance.get().filter(|(_, glance)| has_statements(glance)).map(|(_, glance)| totals(&glance))}
            {has_events.then(|| view! { <EventTotals document /> })}
            <Show when=move || some.get()>
                // A server's statistics have no single statements that charts could count.
                <div class="charts" hidden=statistics>
                    <section>
                        <h2>"Statements over time"</h2>
                        <Chart label="Statements over time" data=data(calls) />
                    </section>
                    <section>
                        <h2>"Response time"</h2>
                        <Chart label="Response time" data=data(latency) />
                    </section>
                    {timed.then(|| view! {
                        <section>
                            <h2>"Concurrent statements"</h2>
                            <Chart label="Concurrent statements" data=data(concurrency) />
                        </section>
                    })}
                    <section>
                        <h2>"How long statements take"</h2>
                        <Chart label="How long statements take" data=data(|glance, _| Data::durations(&glance.classes)) />
                    </section>
                    <Show when=move || failures.get()>
                        <section>
                            <h2>"Failed statements over time"</h2>
                            <Chart label="Failed statements over time" data=data(failed) />
                        </section>
                    </Show>
                </div>
                <section class="pictures">
                    <h2>"Queries by total time"</h2>
                    {curve}
                </section>
            </Show>
        </div>
    }
}

/// What the filter leaves, at a glance; asked anew with the filter.
pub fn glance_of(document: OpenDocument) -> RwSignal<Option<(Request, Arc<Glance>)>> {
    answers(
        document,
        move || Some(document.through_filter(Ask::Glance)),
        |response| match response {
            Response::View(Answer::Glance(glance)) => Some(Arc::<Glance>::from(glance)),
            _ => None,
        },
    )
}

/// The queries (of requests: the routes) that make most of the time, how many there are, and what all take, ms.
pub type Largest = Arc<(Vec<GroupRow>, u32, f64)>;

/// Those of what the filter leaves.
pub fn largest(document: OpenDocument) -> RwSignal<Option<(Request, Largest)>> {
    answers(
        document,
        move || {
            let window = Window {
                sort: GroupColumn::Total,
                descending: true,
                first: 0,
                count: LARGEST,
                selected: None,
            };
            Some(document.through_filter(Ask::Groups {
                by: By::Fingerprint,
                window,
                charts: false,
                threshold: THRESHOLD,
            }))
        },
        |response| match response {
            Response::View(Answer::Groups(page, whole)) => {
                // Of those that ran to their end.
                Some(Arc::new((page.page, whole.shapes, whole.total)))
            }
            _ => None,
        },
    )
}

/// Whether any statement is looked at, also one that only failed.
fn has_statements(glance: &Glance) -> bool {
    glance.figures.calls > 0 || glance.figures.attempts > 0
}

/// What else the log says of the time and the statements that are looked at; each leads to its events.
#[component]
fn EventTotals(document: OpenDocument) -> impl IntoView {
    let glance = answers(
        document,
        move || Some(document.through_filter(Ask::EventGlance)),
        |response| match response {
            Response::View(Answer::EventGlance(glance)) => Some(Arc::<EventGlance>::from(glance)),
            _ => None,
        },
    );
    move || {
        let (_, glance) = glance.get()?;
        if glance.kinds.is_empty() {
            return None;
        }
        let items: Vec<_> = glance
            .kinds
            .iter()
            .map(|&(kind, figures)| {
                let EventFigures { count, amount, largest, known, .. } = figures;
                let text = EventTotal { kind, count, amount, largest, known }.text();
                view! {
                    <li><button type="button" class="link" on:click=move |_| {
                        document.log.show_events(kind.class());
                        document.view.set(View::Events);
                    }>{text}</button></li>
                }
            })
            .collect();
        Some(
            view! { <section class="event-totals"><h2>"What else the log says"</h2><ul>{items}</ul></section> },
        )
    }
}

/// The numbers.
fn totals(glance: &Glance) -> AnyView {
    let figures = &glance.figures;
    let known = figures.timed() > 0;
    let time = |value: f64| if known { format::milliseconds(value) } else { format::UNKNOWN.to_owned() };
    let count = |value: u32| format::count(i64::from(value));
    let share = |part: u32| format::percent(f64::from(part) / f64::from(figures.calls.max(1)));
    let mut numbers = vec![
        ("Statements", count(figures.calls), String::new()),
        ("Different queries", count(figures.shapes), String::new()),
        ("Time in the database", time(figures.total), String::new()),
    ];
    if glance.timed && glance.span > 0.0 {
        let seconds = glance.span / 1e3;
        let rate = f64::from(figures.calls) / seconds;
        numbers.push(("Span", format::milliseconds(glance.span), String::new()));
        numbers.push((
            "Throughput",
            format!("{} /s", format::mean(rate)),
            format!("{} a minute", format::mean(rate * 60.0)),
        ));
        let busy = figures.total / glance.span;
        numbers.push(("Average concurrency", format::mean(busy), String::new()));
    }
    numbers.extend([
        ("Mean", time(figures.mean), String::new()),
        ("p50", time(figures.p50), String::new()),
        ("p95", time(figures.p95), String::new()),
        ("p99", time(figures.p99), String::new()),
        ("Reads", count(glance.reads), format!("{}, {}", share(glance.reads), time(glance.read_time))),
        ("Writes", count(glance.writes), format!("{}, {}", share(glance.writes), time(glance.write_time))),
        ("Failed", count(figures.all_failed()), format::percent(figures.failed_share())),
        ("Requests", count(glance.requests), String::new()),
        ("Connections", count(glance.connections), String::new()),
    ]);
    let numbers: Vec<_> = numbers
        .into_iter()
        .map(|(name, value, note)| {
            let note = (!note.is_empty()).then(|| view! { " " <small>{note}</small> });
            view! { <div><dt>{name}</dt><dd>{value}{note}</dd></div> }
        })
        .collect();
    view! { <dl class="numbers totals">{numbers}</dl> }.into_any()
}

/// A series of a chart.
pub fn series(name: &'static str, tone: Tone, kind: Kind, values: impl Iterator<Item = f32>) -> Series {
    Series { name, tone, kind, values: values.collect() }
}

fn counts(values: &[u32]) -> impl Iterator<Item = f32> {
    values.iter().map(|&count| count as f32)
}

fn calls(glance: &Glance, across: Across) -> Data {
    let all = &glance.series;
    let others =
        (0..all.calls.len()).map(|step| (all.calls[step] - all.reads[step] - all.writes[step]) as f32);
    Data {
        across,
        unit: Unit::Count,
        series: vec![
            series("reads", Tone::Reads, Kind::Bars, counts(&all.reads)),
            series("writes", Tone::Writes, Kind::Bars, counts(&all.writes)),
            series("others", Tone::All, Kind::Bars, others),
        ],
    }
}

/// How long it took, over time.
pub fn latency(glance: &Glance, across: Across) -> Data {
    Data {
        across,
        unit: Unit::Milliseconds,
        series: vec![
            series("p50", Tone::Usual, Kind::Line, glance.series.p50.iter().copied()),
            series("p95", Tone::Slow, Kind::Line, glance.series.p95.iter().copied()),
        ],
    }
}

/// How many ran at the same time, over time.
pub fn concurrency(glance: &Glance, across: Across) -> Data {
    let values = glance.series.concurrency.iter().copied();
    Data { across, unit: Unit::Mean, series: vec![series("at the same time", Tone::All, Kind::Bars, values)] }
}

fn failed(glance: &Glance, across: Across) -> Data {
    Data {
        across,
        unit: Unit::Count,
        series: vec![series("failed", Tone::Failed, Kind::Bars, all_failed(&glance.series))],
    }
}

/// Executions that failed, and what failed without one.
fn all_failed(series: &flamedrop::queries::overview::Series) -> impl Iterator<Item = f32> {
    series.failed.iter().zip(&series.attempts).map(|(&failed, &attempts)| (failed + attempts) as f32)
}

/// The Pareto curve of the queries: `rows` are the largest of `shapes`.
pub(super) fn shown(
    document: OpenDocument,
    rows: &[GroupRow],
    shapes: u32,
    total: f64,
    (thing, things): (&'static str, &str),
) -> Shown {
    let largest = rows.iter().filter(|row| row.figures.total > 0.0).map(|row| Item {
        label: row.label.clone(),
        place: String::new(),
        layer: Layer::Database,
        time: row.figures.total,
        link: Link::Query(row.key),
    });
    let items = Items { largest: largest.collect(), count: shapes, total };
    let (vital, sum) = items.vital(VITAL_SHARE);
    // Where not all are shown one by one, it can be less.
    let share = if sum >= VITAL_SHARE * total { VITAL_SHARE } else { sum / total };
    let sentence = format!(
        "{} of {} {things} {} {} of the time.",
        format::count(vital as i64),
        format::count(i64::from(shapes)),
        if vital == 1 { "makes" } else { "make" },
        format::percent(share)
    );
    Shown {
        items,
        unit: format::Unit::Seconds,
        vital,
        sentence,
        functions: false,
        others: Some(thing),
        go: Box::new(move |link| {
            if let Link::Query(fingerprint) = link {
                document.statement.set(None);
                document.fingerprint.set(Some(fingerprint));
                document.view.set(View::Queries);
            }
        }),
    }
}
