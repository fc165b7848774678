//! One group of statements in full: its text and figures, how long its executions take and when they
//! run, its parameters, who runs it, what it runs, and every single execution.

use std::collections::BTreeMap;
use std::sync::Arc;

use flamedrop::export::table::Value;
use flamedrop::format;
use flamedrop::layout::chart::{Across, Data, Kind, Series, Tone, Unit};
use flamedrop::layout::time_axis::AxisClock;
use flamedrop::protocol::{
    Answer, Ask, GroupDetail, GroupRow, ParameterSet, Request, Response, StatementDetail,
};
use flamedrop::queries::by::By;
use flamedrop::queries::overview;
use leptos::prelude::*;

use super::executions::{copy_executions, executions};
use super::happened::Happened;
use super::{select_group, selected_group};
use crate::components::cells::{Cell, Units};
use crate::components::chart::Chart;
use crate::components::copy_table::{Sheet, copy_sheet, file_of, number};
use crate::components::data_table::Holds;
use crate::components::edge::Edge;
use crate::components::place::place_of;
use crate::components::plan::PlanTable;
use crate::components::sql::{CopySql, Sql};
use crate::document::{OpenDocument, answers};
use crate::log_view::{filter, title};
use crate::view::View;
use crate::views::flame_chart::moment_link;
use crate::views::frames::Frames;

/// The panel of the selected group; with the whole width it is a page.
#[component]
pub fn Detail(document: OpenDocument, units: Units, statistics: bool) -> impl IntoView {
    let log = document.log;
    let selected = selected_group(document);
    let frames = Frames::of(document);
    let detail = answers(
        document,
        move || {
            let key = selected.get()?;
            Some(Request::View(
                filter(document),
                Ask::Group { by: log.by.get(), key, threshold: log.threshold.get() },
            ))
        },
        |response| match response {
            Response::View(Answer::Group(detail)) => Some(detail.map(|detail| Arc::new(*detail))),
            _ => None,
        },
    );
    let origin = move || {
        document.overview().and_then(|overview| match &overview.content {
            flamedrop::protocol::ContentOverview::Queries(log)
            | flamedrop::protocol::ContentOverview::Requests(log) => log.span.map(|(first, _)| first),
            _ => None,
        })
    };
    let body = move || {
        detail.get().map(|(_, detail)| match detail {
            Some(detail) => body(document, &detail, units, untrack(origin).unwrap_or_default(), frames),
            None => view! { <p class="empty">"None of the statements shown is of this one."</p> }.into_any(),
        })
    };
    let copy = copy_executions(document, units);
    let requests = untrack(|| document.is_requests());
    let label = move || match (log.by.get() == By::Fingerprint, requests) {
        (true, false) => "Selected query",
        (true, true) => "Selected route",
        (false, _) => "Selected group",
    };
    view! {
        <aside class="details group" aria-label=label>
            <Edge />
            <div class="corner">
                <button
                    type="button"
                    class="icon"
                    aria-pressed=move || log.wide.get().to_string()
                    aria-label="Whole width"
                    title="Whole width (Enter on the row; Esc for both)"
                    on:click=move |_| log.wide.update(|wide| *wide = !*wide)
                >
                    "⤢"
                </button>
                <button type="button" class="icon" aria-label="Close details" on:click=move |_| {
                    log.wide.set(false);
                    select_group(document, None);
                }>"×"</button>
            </div>
            {body}
            {if statistics {
                view! { <p class="facts">"A server's statistics: numbers since its last reset, without single executions."</p> }.into_any()
            } else {
                view! {
                    <section class="executions" aria-labelledby="executions-title">
                        <div class="heading"><h3 id="executions-title">{if requests { "Requests" } else { "Executions" }}</h3> {copy}</div>
                        {moment_link(document)}
                        {move || {
                            // Another kind of group has other keys.
                            log.by.track();
                            executions(document, units)
                        }}
                    </section>
                }
                .into_any()
            }}
        </aside>
    }
}

fn body(
    document: OpenDocument,
    detail: &Arc<GroupDetail>,
    units: Units,
    origin: f64,
    frames: Frames,
) -> AnyView {
    let by = document.log.by.get_untracked();
    let requests = untrack(|| document.is_requests());
    let heading = if by == By::Fingerprint && !requests {
        view! {
            <h2>"Query" <CopySql text=detail.text.clone() label="Copy fingerprint" /></h2>
            <Sql text=detail.text.clone() label="Fingerprint" />
            <p class="facts">{variety(detail)} {tables(&detail.row)}</p>
        }
        .into_any()
    } else {
        let ways = (by == By::Caller).then(|| {
            let place = place_of(&detail.text)?;
            Some(view! { <p class="place">{place}</p> {frames.function(detail.text.clone())} })
        });
        view! { <h2><small>{title(requests, by)}</small> " " {detail.text.clone()}</h2> {ways.flatten()} }
            .into_any()
    };
    let axis = if units.wall_clock { AxisClock::Wall(origin) } else { AxisClock::Relative };
    let chart = |title: &'static str, label: &'static str, data: Data| {
        view! { <section><h3>{title}</h3><Chart label data=Signal::stored(Arc::new(data)) /></section> }
    };
    // A server's statistics have no single statements.
    let has_starts = !detail.series.calls.is_empty();
    let timed = has_starts && detail.row.figures.timed() > 0;
    let durations = timed.then(|| match requests {
        true => chart("How long requests take", "Requests by duration", Data::durations(&detail.row.classes)),
        false => {
            chart("How long executions take", "Executions by duration", Data::durations(&detail.row.classes))
        }
    });
    let starts = has_starts.then(|| match requests {
        true => chart("When they come", "Requests over time", counts(&detail.series, axis)),
        false => chart("When they run", "Executions over time", counts(&detail.series, axis)),
    });
    let times = timed
        .then(|| chart("How long they take over time", "Durations over time", times(&detail.series, axis)));
    let slowest = detail.slowest.map(|statement| view! { <Slowest document statement units requests /> });
    let (key, value) = (detail.row.key, detail.row.value.clone());
    let happened =
        (!units_only(detail) && !requests).then(|| view! { <Happened document by key value units /> });
    let plan = (by == By::Fingerprint && !requests && detail.row.figures.calls > 0)
        .then(|| view! { <SlowestPlan document fingerprint=key /> });
    view! {
        <section class="lead">
            {heading}
            {numbers(&detail.row, units, requests)}
        </section>
        {durations}
        {starts}
        {times}
        {happened}
        {slowest}
        {plan}
        {(!requests).then(|| parameters(document, detail))}
        {(!requests).then(|| callers(document, by, detail, units))}
        {queries(document, detail, units)}
    }
    .into_any()
}

fn tables(row: &GroupRow) -> Option<String> {
    (!row.tables.is_empty()).then(|| format!(" · {}", row.tables.join(", ")))
}

fn variety(detail: &GroupDetail) -> String {
    let figures = &detail.row.figures;
    match (figures.distinct, figures.calls) {
        (0, _) => "parameters are not counted".to_owned(),
        (_, 1) => "ran once".to_owned(),
        (_, 0) => "never ran to its end".to_owned(),
        (1, _) => "always the same parameters".to_owned(),
        (distinct, calls) if distinct == calls => "all parameters distinct".to_owned(),
        (distinct, _) => format!("{} different parameter sets", format::count(i64::from(distinct))),
    }
}

fn numbers(row: &GroupRow, units: Units, requests: bool) -> AnyView {
    let figures = &row.figures;
    let count = |value: u64| format::count(value as i64);
    let mut facts: Vec<(&'static str, String)> =
        vec![(if requests { "Requests" } else { "Calls" }, count(u64::from(figures.calls)))];
    if figures.timed() > 0 {
        for (name, time) in [
            ("Total", figures.total),
            ("Mean", figures.mean),
            ("Min", figures.min),
            ("p50", figures.p50),
            ("p95", figures.p95),
            ("p99", figures.p99),
            ("Max", figures.max),
            ("Std dev", figures.deviation),
            ("V/M", figures.dispersion()),
        ] {
            facts.push((name, format::milliseconds(time)));
        }
        facts.insert(2, ("Share", format::percent(row.share)));
        facts.push(("Impact", format::percent(row.impact / 100.0)));
    }
    if let Some(rows) = figures.rows {
        facts.push(("Rows", count(rows)));
    }
    if let Some(rows) = figures.rows_examined {
        facts.push(("Rows examined", count(rows)));
    }
    if let Some(time) = figures.lock_time {
        facts.push(("Lock time", format::milliseconds(time)));
    }
    if figures.all_failed() > 0 {
        facts.push((if requests { "5xx" } else { "Failed" }, count(u64::from(figures.all_failed()))));
    }
    if let Some(served) = row.served {
        if let Some(score) = served.apdex.score() {
            facts.push(("Apdex", format!("{score:.2}")));
        }
        if served.client_errors > 0 {
            facts.push(("4xx", count(u64::from(served.client_errors))));
        }
        if served.gone > 0 {
            facts.push(("Client left", count(u64::from(served.gone))));
        }
        if let Some(bytes) = served.bytes {
            facts.push(("Sent", format::bytes(bytes)));
        }
    }
    if figures.shapes > 1 {
        facts.push(("Shapes", count(u64::from(figures.shapes))));
    }
    if figures.distinct > 0 {
        facts.push(("Distinct", count(u64::from(figures.distinct))));
    }
    if !figures.first.is_nan() {
        facts.push(("First", units.start(figures.first)));
        facts.push(("Last", units.start(figures.last)));
    }
    let facts: Vec<_> =
        facts.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }).collect();
    view! { <dl class="numbers">{facts}</dl> }.into_any()
}

fn floats(values: &[u32]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

/// Executions over time: reads, writes, and what is neither.
fn counts(series: &overview::Series, clock: AxisClock) -> Data {
    let others: Vec<f32> = series
        .calls
        .iter()
        .zip(series.reads.iter().zip(&series.writes))
        .map(|(&calls, (&reads, &writes))| calls.saturating_sub(reads + writes) as f32)
        .collect();
    let all = [
        ("reads", Tone::Reads, floats(&series.reads)),
        ("writes", Tone::Writes, floats(&series.writes)),
        ("others", Tone::All, others),
    ];
    let is_there = |values: &[f32]| values.iter().any(|&value| value > 0.0);
    let bars = all.into_iter().filter(|(_, _, values)| is_there(values));
    let mut shown: Vec<Series> =
        bars.map(|(name, tone, values)| Series { name, tone, kind: Kind::Bars, values }).collect();
    let pairs = series.failed.iter().zip(&series.attempts);
    let failed: Vec<f32> = pairs.map(|(&failed, &attempts)| (failed + attempts) as f32).collect();
    if is_there(&failed) {
        shown.push(Series { name: "failed", tone: Tone::Failed, kind: Kind::Line, values: failed });
    }
    Data {
        across: Across::Time { from: series.from, step: series.step, clock },
        unit: Unit::Count,
        series: shown,
    }
}

/// Durations over time.
fn times(series: &overview::Series, clock: AxisClock) -> Data {
    let line = |name, tone, values: &[f32]| Series { name, tone, kind: Kind::Line, values: values.to_vec() };
    Data {
        across: Across::Time { from: series.from, step: series.step, clock },
        unit: Unit::Milliseconds,
        series: vec![line("p50", Tone::Usual, &series.p50), line("p95", Tone::Slow, &series.p95)],
    }
}

/// A statement's own text, whenever it is there.
fn text_of(document: OpenDocument, statement: u32) -> Signal<Option<Arc<StatementDetail>>> {
    let detail = answers(
        document,
        move || Some(Request::Statement { statement }),
        |response| match response {
            Response::Statement(detail) => Some(Arc::new(detail)),
            _ => None,
        },
    );
    Signal::derive(move || detail.get().map(|(_, detail)| detail))
}

#[component]
fn Slowest(document: OpenDocument, statement: u32, units: Units, requests: bool) -> impl IntoView {
    let detail = text_of(document, statement);
    move || {
        detail.get().map(|detail| {
            let parameters = detail.parameters.clone().map(|parameters| {
                view! { <h3>"Parameters"</h3> <pre class="parameters" tabindex="0">{parameters}</pre> }
            });
            let sql = detail.sql.clone();
            let own = match requests {
                true => view! { <pre class="parameters" tabindex="0">{sql}</pre> }.into_any(),
                false => view! { <Sql text=sql label="Slowest execution" /> }.into_any(),
            };
            view! {
                <section>
                    <h3>{if requests { "Slowest request" } else { "Slowest execution" }} <small>{format::milliseconds(detail.duration)} " at " {units.start(detail.start)}</small> {(!requests).then(|| view! { <CopySql text=detail.sql.clone() label="Copy SQL" /> })}</h3>
                    {own}
                    {parameters}
                    <button type="button" class="link" on:click=move |_| {
                        document.statement.set(Some(statement));
                        document.view.set(View::Timeline);
                    }>"Show on the timeline"</button>
                </section>
            }
        })
    }
}

/// Whether nothing but numbers is known of it: then there are no events.
fn units_only(detail: &GroupDetail) -> bool {
    detail.series.calls.is_empty()
}

/// The plan of the slowest execution that has one.
#[component]
fn SlowestPlan(document: OpenDocument, fingerprint: u32) -> impl IntoView {
    let detail = answers(
        document,
        move || Some(Request::Query { fingerprint }),
        |response| match response {
            Response::Query(detail) => Some(Arc::new(detail)),
            _ => None,
        },
    );
    move || {
        let (_, detail) = detail.get()?;
        detail.plan.clone().map(|detail| view! { <PlanTable detail=*detail /> })
    }
}

/// The parameters it ran with most often.
fn parameters(document: OpenDocument, detail: &GroupDetail) -> Option<AnyView> {
    let figures = &detail.row.figures;
    // Every one different: none says more than another.
    let repeated = figures.distinct < figures.calls && figures.distinct > 1;
    if !repeated || detail.parameters.is_empty() {
        return None;
    }
    let shown = detail.parameters.len() as u32;
    // By statement: what the buttons say, which is read from the file.
    let texts = StoredValue::new(BTreeMap::<u32, String>::new());
    let sets = detail.parameters.clone();
    let copy = copy_sheet(file_of(document, "parameters"), move || {
        let mut sheet =
            Sheet::new(&[("calls", Holds::Numbers), ("time", Holds::Totals), ("parameters", Holds::Words)]);
        for set in &sets {
            let text = texts.with_value(|texts| texts.get(&set.statement).cloned());
            let text = text.map_or(Value::Nothing, Value::Text);
            sheet.push(vec![Value::Count(i64::from(set.calls)), number(set.total), text]);
        }
        sheet
    });
    let rows: Vec<_> = detail
        .parameters
        .iter()
        .map(|&ParameterSet { calls, total, statement }| {
            view! {
                <tr>
                    <td class="number">{format::count(i64::from(calls))}</td>
                    <td class="number">{format::milliseconds(total)}</td>
                    <td class="code"><ParametersOf document statement texts /></td>
                </tr>
            }
        })
        .collect();
    let more = (figures.distinct > shown).then(|| {
        let more = format::count(i64::from(figures.distinct - shown));
        view! { <p class="hint">{format!("{more} more ran less often.")}</p> }
    });
    Some(
        view! {
            <section>
                <div class="heading"><h3>"Parameters it ran with most often"</h3> {copy}</div>
                <table class="items">
                    <thead><tr><th class="number">"Calls"</th><th class="number">"Time"</th><th>"Parameters"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                {more}
            </section>
        }
        .into_any(),
    )
}

#[component]
fn ParametersOf(
    document: OpenDocument,
    statement: u32,
    texts: StoredValue<BTreeMap<u32, String>>,
) -> impl IntoView {
    let detail = text_of(document, statement);
    let text = move || {
        let detail = detail.get()?;
        // Where they stand in the text itself, the text is what there is.
        let text = detail.parameters.clone().unwrap_or_else(|| detail.sql.clone());
        texts.update_value(|texts| {
            texts.insert(statement, text.clone());
        });
        Some(text)
    };
    view! { <button type="button" class="link" title="Show it on the timeline" on:click=move |_| {
        document.statement.set(Some(statement));
        document.view.set(View::Timeline);
    }><code>{text}</code></button> }
}

/// A short table of groups of another kind, each of which leads to its own.
fn short_table(
    document: OpenDocument,
    title: &'static str,
    by: By,
    groups: &[GroupRow],
    units: Units,
) -> AnyView {
    let rows: Vec<_> = groups
        .iter()
        .map(|row| {
            let key = row.key;
            let name = match row.operation {
                Some(operation) => Cell::Sql(row.label.clone(), operation).view(units),
                None => row.label.clone().into_any(),
            };
            let figures = row.figures;
            view! {
                <tr>
                    <td class="item"><button type="button" class="link" on:click=move |_| {
                        document.log.group_by(by);
                        select_group(document, Some(key));
                    }>{name}</button></td>
                    <td class="number">{format::count(i64::from(figures.calls))}</td>
                    <td class="number">{if figures.timed() > 0 { format::milliseconds(figures.total) } else { format::UNKNOWN.to_owned() }}</td>
                    <td class="number">{if figures.timed() > 0 { format::percent(row.share) } else { format::UNKNOWN.to_owned() }}</td>
                </tr>
            }
        })
        .collect();
    let kept = groups.to_vec();
    let copy =
        copy_sheet(file_of(document, title.to_ascii_lowercase().replace(' ', "-").as_str()), move || {
            let mut sheet = Sheet::new(&[
                (by.key(), Holds::Name),
                ("calls", Holds::Numbers),
                ("time", Holds::Totals),
                ("share", Holds::Numbers),
            ]);
            for row in &kept {
                let label = row.label.clone();
                let name = if by == By::Fingerprint { Value::Code(label) } else { Value::Text(label) };
                let timed =
                    |value: f64| if row.figures.timed() > 0 { Value::Number(value) } else { Value::Nothing };
                let calls = Value::Count(i64::from(row.figures.calls));
                sheet.push(vec![name, calls, timed(row.figures.total), timed(row.share)]);
            }
            sheet
        });
    view! {
        <section>
            <div class="heading"><h3>{title}</h3> {copy}</div>
            <table class="items">
                <thead><tr><th>{crate::log_view::title(untrack(|| document.is_requests()), by)}</th><th class="number">"Calls"</th><th class="number">"Time"</th><th class="number">"Share"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any()
}

fn callers(document: OpenDocument, by: By, detail: &GroupDetail, units: Units) -> Option<AnyView> {
    if by == By::Caller || detail.callers.is_empty() {
        return None;
    }
    let unknown = detail.callers.iter().all(|caller| caller.value.is_empty());
    Some(if unknown {
        view! { <section><h3>"Who runs it"</h3><p class="hint">"The log does not say: it has neither stacks nor comments that name a view. Django's sqlcommenter and Flamedrop's recorder add them."</p></section> }.into_any()
    } else {
        short_table(document, "Who runs it", By::Caller, &detail.callers, units)
    })
}

fn queries(document: OpenDocument, detail: &GroupDetail, units: Units) -> Option<AnyView> {
    (!detail.queries.is_empty())
        .then(|| short_table(document, "What it runs", By::Fingerprint, &detail.queries, units))
}
