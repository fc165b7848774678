//! A log of requests, or what the filter leaves of it, as a site is judged: response times, throughput, errors,
//! availability, load, and the routes that make most of the time.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::layout::chart::{Across, Data, Kind, Tone, Unit};
use flamedrop::layout::time_axis::AxisClock;
use flamedrop::protocol::{Answer, Ask, QueriesOverview, Response};
use flamedrop::queries::overview::Glance;
use flamedrop::queries::site::Site;
use flamedrop::requests::Class;
use flamedrop::requests::availability::{Cause, Outage, SHORTEST};
use leptos::prelude::*;

use super::findings::pareto::pareto_curve;
use super::overview::{concurrency, glance_of, largest, latency, series, shown};
use crate::components::chart::Chart;
use crate::document::{OpenDocument, answers};
use crate::state::state;
use crate::text::{self, start_text};

/// The view.
#[component]
pub fn SiteOverview(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let log = document.log;
    let glance = glance_of(document);
    let site = answers(
        document,
        move || {
            let (threshold, workers) = (log.threshold.get(), log.workers.get());
            Some(document.through_filter(Ask::Site { threshold, workers }))
        },
        |response| match response {
            Response::View(Answer::Site(site)) => Some(Arc::<Site>::from(site)),
            _ => None,
        },
    );
    let routes = largest(document);
    let origin = overview.span.map_or(0.0, |(first, _)| first);
    let wall_clock = overview.wall_clock;
    let clock = if wall_clock { AxisClock::Wall(origin) } else { AxisClock::Relative };
    let none = || Data { across: Across::Durations(0), unit: Unit::Count, series: Vec::new() };
    // Charts follow the data; they are made once.
    let of_glance = move |make: fn(&Glance, Across) -> Data| {
        Signal::derive(move || {
            Arc::new(glance.with(|glance| match glance {
                Some((_, glance)) => {
                    make(glance, Across::Time { from: glance.series.from, step: glance.series.step, clock })
                }
                None => none(),
            }))
        })
    };
    let of_site = move |make: fn(&Site, Across) -> Data| {
        Signal::derive(move || {
            Arc::new(site.with(|site| match site {
                Some((_, site)) => {
                    make(site, Across::Time { from: site.curves.from, step: site.curves.step, clock })
                }
                None => none(),
            }))
        })
    };
    let has_requests = |site: &Site| site.requests > 0;
    let empty = move || site.with(|site| site.as_ref().is_some_and(|(_, site)| !has_requests(site)));
    let some =
        Memo::new(move |_| site.with(|site| site.as_ref().is_some_and(|(_, site)| has_requests(site))));
    let timed = Memo::new(move |_| {
        glance.with(|glance| glance.as_ref().is_some_and(|(_, glance)| glance.figures.timed() > 0))
    });
    let state = state();
    let curve = move || {
        let answer = routes.get()?.1;
        let (rows, shapes, total) = &*answer;
        Some(pareto_curve(state, shown(document, rows, *shapes, *total, ("route", "routes"))))
    };
    let how = overview.how_to_time.clone().filter(|_| overview.without_duration == overview.executions);
    view! {
        <div class="overview">
            {move || empty().then(|| view! { <p class="empty">"No request fits the filter."</p> })}
            {move || {
                let (_, glance) = glance.get()?;
                let (_, site) = site.get()?;
                has_requests(&site).then(|| totals(&glance, &site, wall_clock))
            }}
            {how.map(|how| view! {
                <p class="hint">"The log does not say how long requests took. To log it: " <code>{how}</code></p>
            })}
            <Show when=move || some.get()>
                <Choices document timed />
                {move || site.get().and_then(|(_, site)| outages(&site.outages, wall_clock))}
                <div class="charts">
                    {wall_clock.then(|| view! {
                        <section>
                            <h2>"Requests over time"</h2>
                            <Chart label="Requests over time" data=of_site(throughput) />
                        </section>
                    })}
                    <Show when=move || timed.get()>
                        // Without a clock nothing is over time.
                        {wall_clock.then(|| view! {
                            <section>
                                <h2>"Response time"</h2>
                                <Chart label="Response time" data=of_glance(latency) />
                            </section>
                            <section>
                                <h2>"Response times over time"</h2>
                                <Chart label="Response times over time" data=of_site(heat) />
                            </section>
                            <section>
                                <h2>"Requests in flight"</h2>
                                <Chart label="Requests in flight" data=of_glance(concurrency) />
                            </section>
                        })}
                        <section>
                            <h2>"How long requests take"</h2>
                            <Chart label="How long requests take" data=of_glance(|glance, _| Data::durations(&glance.classes)) />
                        </section>
                    </Show>
                </div>
                <Show when=move || timed.get()>
                    <section class="pictures">
                        <h2>"Routes by total time"</h2>
                        {curve}
                    </section>
                </Show>
            </Show>
        </div>
    }
}

/// What numbers depend on: Apdex's threshold, and how many workers there are.
#[component]
fn Choices(document: OpenDocument, timed: Memo<bool>) -> impl IntoView {
    let log = document.log;
    view! {
        <div class="view-bar" hidden=move || !timed.get()>
            <label class="choice">
                "Apdex threshold "
                <input
                    type="number"
                    min="1"
                    step="any"
                    prop:value=move || log.threshold.get().to_string()
                    on:change=move |event| {
                        let ms = text::number(&event_target_value(&event));
                        if let Some(ms) = ms.filter(|ms| ms.is_finite() && *ms > 0.0) {
                            log.threshold.set(ms);
                        }
                    }
                />
                " ms"
            </label>
            <label class="choice">
                "Workers "
                <input
                    type="number"
                    min="1"
                    step="1"
                    placeholder="auto"
                    title="How many workers there are: as many as the log names, if nothing is said"
                    prop:value=move || log.workers.get().map(|workers| workers.to_string()).unwrap_or_default()
                    on:change=move |event| {
                        let workers = event_target_value(&event).parse().ok().filter(|&workers: &u32| workers > 0);
                        log.workers.set(workers);
                    }
                />
            </label>
        </div>
    }
}

/// When the site was down, each with its beginning and length.
fn outages(outages: &[Outage], wall_clock: bool) -> Option<AnyView> {
    if outages.is_empty() {
        return None;
    }
    let rows: Vec<_> = outages
        .iter()
        .map(|outage| {
            let why = match outage.cause {
                Cause::Errors => {
                    format!("{} answers, all of them 5xx", format::count(i64::from(outage.failed)))
                }
                Cause::Silence => format!("no request: inferred, by chance with p = {:.0e}", outage.chance),
            };
            view! {
                <tr>
                    <td>{start_text(outage.from, wall_clock)}</td>
                    <td class="number">{format::milliseconds(outage.length)}</td>
                    <td class="words">{why}</td>
                </tr>
            }
        })
        .collect();
    Some(
        view! {
            <section>
                <h2>"Outages"</h2>
                <table class="items">
                    <thead><tr><th>"Beginning"</th><th class="number">"Length"</th><th>"Why"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
        .into_any(),
    )
}

/// The numbers.
fn totals(glance: &Glance, site: &Site, wall_clock: bool) -> AnyView {
    let figures = &glance.figures;
    let known = figures.timed() > 0;
    let time = |value: f64| if known { format::milliseconds(value) } else { format::UNKNOWN.to_owned() };
    let count = |value: u32| format::count(i64::from(value));
    let of_class = |class: Class| {
        let of = site.classes[class as usize];
        (count(of), format::percent(f64::from(of) / f64::from(site.requests.max(1))))
    };
    let mut numbers = vec![("Requests", count(site.requests), String::new())];
    if wall_clock && site.span > 0.0 {
        let rate = f64::from(site.requests) / site.span * 60_000.0;
        numbers.push(("Throughput", format!("{} a minute", format::mean(rate)), String::new()));
        numbers.push(("Span", format::milliseconds(site.span), String::new()));
    }
    numbers.extend([
        ("p50", time(figures.p50), String::new()),
        ("p95", time(figures.p95), String::new()),
        ("p99", time(figures.p99), String::new()),
    ]);
    if let Some(score) = site.apdex.score() {
        numbers.push(("Apdex", format!("{score:.2}"), String::new()));
    }
    for (name, class) in
        [("5xx", Class::ServerError), ("4xx", Class::ClientError), ("Client left", Class::Gone)]
    {
        let (of, share) = of_class(class);
        numbers.push((name, of, share));
    }
    // An outage is a minute or more.
    let is_short = site.span < SHORTEST;
    if wall_clock && site.span > 0.0 {
        let note = match site.outages.len() {
            0 if is_short => "too short for an outage".to_owned(),
            0 => "no outage of a minute".to_owned(),
            outages => format::counted(outages as i64, "outage", "outages"),
        };
        let share = match is_short {
            true => format::UNKNOWN.to_owned(),
            false => format!("{:.3} %", site.availability * 100.0),
        };
        numbers.push(("Availability", share, note));
    }
    if let Some(concurrency) = site.concurrency {
        let most = site.most_at_once.map(|most| format!("{} at most", count(most))).unwrap_or_default();
        numbers.push(("In flight", format::mean(concurrency), most));
    }
    if let Some(busy) = site.utilisation {
        let note = if site.workers > 0 {
            format!("{} logged", format::counted(i64::from(site.workers), "worker", "workers"))
        } else {
            String::new()
        };
        numbers.push(("Utilisation", format::percent(busy), note));
    }
    if let Some(bytes) = site.bytes {
        numbers.push(("Sent", format::bytes(bytes), String::new()));
    }
    numbers.push(("Routes", count(figures.shapes), String::new()));
    let numbers: Vec<_> = numbers
        .into_iter()
        .map(|(name, value, note)| {
            let note = (!note.is_empty()).then(|| view! { " " <small>{note}</small> });
            view! { <div><dt>{name}</dt><dd>{value}{note}</dd></div> }
        })
        .collect();
    view! { <dl class="numbers totals">{numbers}</dl> }.into_any()
}

fn heat(site: &Site, across: Across) -> Data {
    Data::heat(across, &site.curves.durations)
}

fn throughput(site: &Site, across: Across) -> Data {
    let of = |classes: &[Class]| -> Vec<f32> {
        let steps = site.curves.classes.first().map_or(0, Vec::len);
        let at =
            |step: usize| classes.iter().map(|&class| site.curves.classes[class as usize][step] as f32).sum();
        (0..steps).map(at).collect()
    };
    let each = [
        ("1xx to 3xx", Tone::All, of(&[Class::Informational, Class::Fine, Class::Redirect])),
        ("4xx", Tone::Writes, of(&[Class::ClientError])),
        ("client left", Tone::Reads, of(&[Class::Gone])),
        ("5xx", Tone::Failed, of(&[Class::ServerError])),
    ];
    let there =
        each.into_iter().filter(|(_, tone, values)| *tone == Tone::All || values.iter().any(|&it| it > 0.0));
    Data {
        across,
        unit: Unit::Count,
        series: there
            .map(|(name, tone, values)| series(name, tone, Kind::Bars, values.into_iter()))
            .collect(),
    }
}
