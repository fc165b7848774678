//! Memory over time, with the peak named, what ran meanwhile, and what objects were left.

use std::sync::Arc;

use flamedrop::code::is_file;
use flamedrop::format::{self, Unit};
use flamedrop::layout::chart::{self, Across, Data, Kind, Tone};
use flamedrop::layout::time_axis::AxisClock;
use flamedrop::protocol::{Axis, CurveAnswer, Mark, Request, Response, SeriesAnswer};
use leptos::prelude::*;

use crate::components::chart::Chart;
use crate::components::place::way_in;
use crate::document::{OpenDocument, answers};

/// Steps of the chart: each shows the most that was measured in it.
const STEPS: usize = 240;
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// The view.
#[component]
pub fn Memory(document: OpenDocument) -> impl IntoView {
    let answer = answers(
        document,
        || Some(Request::Series),
        |response| match response {
            Response::Series(series) => Some(Arc::<SeriesAnswer>::from(series)),
            _ => None,
        },
    );
    let data = Signal::derive(move || {
        Arc::new(answer.with(|answer| match answer {
            Some((_, series)) => data(series),
            None => Data { across: Across::Lines(1.0), unit: chart::Unit::Mebibytes, series: Vec::new() },
        }))
    });
    let loaded = Memo::new(move |_| answer.with(Option::is_some));
    view! {
        <div class="overview memory-view">
            {move || answer.get().map(|(_, series)| peaks(&series))}
            <Show when=move || loaded.get()>
                <div class="charts wide"><section>
                    <h2>"Memory over time"</h2>
                    <Chart label="Memory over time" data />
                </section></div>
            </Show>
            {move || answer.get().map(|(_, series)| view! { {marks(&series)} {objects(&series.objects)} })}
        </div>
    }
}

/// Where a point lies, in words.
fn place_on(axis: Axis, at: f64) -> String {
    match axis {
        Axis::Seconds => format!("after {}", format::seconds(at)),
        Axis::Lines => format!("at line {} that ran", format::count(at as i64)),
    }
}

/// The peak of each curve, and what ran then.
fn peaks(series: &SeriesAnswer) -> impl IntoView + use<> {
    let (axis, marks) = (series.axis, &series.marks);
    let items: Vec<_> = series
        .curves
        .iter()
        .filter_map(|curve| {
            let point = curve.peak? as usize;
            let (at, value) = (*curve.at.get(point)?, *curve.value.get(point)?);
            let ran = curve.place.get(point).cloned().flatten();
            let place = ran.as_ref().map(|place| {
                let function =
                    if place.function.is_empty() { String::new() } else { format!(" in {}", place.function) };
                format!("{}{function}", format::line(&place.file, i64::from(place.line)))
            });
            let way = ran.filter(|place| is_file(&place.file)).map(|place| way_in(place.file, i64::from(place.line)));
            let running: Vec<&str> = marks
                .iter()
                .filter(|mark| mark.span.0 <= at && at <= mark.span.1)
                .map(|mark| mark.name.as_str())
                .collect();
            let running = (!running.is_empty()).then(|| format!("while {} ran", running.join(", ")));
            let notes: Vec<String> =
                [Some(place_on(axis, at)), place, running].into_iter().flatten().collect();
            let name = format!("Peak of {}", lower(&curve.name));
            Some(view! {
                <div><dt>{name}</dt><dd>{curve.unit.text(value)} <small>{notes.join(", ")}</small> {way}</dd></div>
            })
        })
        .collect();
    view! { <dl class="totals numbers">{items}</dl> }
}

fn lower(name: &str) -> String {
    let mut name = name.to_owned();
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

/// The curves in equal steps, of which each has the most that was measured in it, or what was measured last before it.
fn data(series: &SeriesAnswer) -> Data {
    let ends = |curve: &CurveAnswer| curve.at.last().copied().unwrap_or(0.0);
    let end = series.curves.iter().map(ends).fold(0.0, f64::max);
    let steps = match series.axis {
        Axis::Lines => (end as usize).clamp(1, STEPS),
        Axis::Seconds => STEPS,
    };
    let start = if series.axis == Axis::Lines { 1.0 } else { 0.0 };
    let step = ((end - start + if series.axis == Axis::Lines { 1.0 } else { 0.0 }) / steps as f64).max(1e-6);
    let across = match series.axis {
        Axis::Seconds => Across::Time { from: 0.0, step: step * 1e3, clock: AxisClock::Relative },
        Axis::Lines => Across::Lines(step),
    };
    let tones = [Tone::All, Tone::Slow, Tone::Reads, Tone::Writes];
    // In the order of their peaks above, which have their numbers.
    let mut children =
        ["first child", "second child", "third child", "fourth child", "fifth child"].into_iter();
    let line = |(rank, curve): (usize, &CurveAnswer)| {
        let mut values = vec![f32::NAN; steps];
        for (&at, &value) in curve.at.iter().zip(&curve.value) {
            let place = &mut values[(((at - start) / step).max(0.0) as usize).min(steps - 1)];
            *place = place.max((value / MEBIBYTE) as f32);
        }
        // Between two measurements it is what the one before was.
        let last = ((ends(curve) - start) / step).max(0.0) as usize;
        for at in 1..=last.min(steps - 1) {
            if values[at].is_nan() {
                values[at] = values[at - 1];
            }
        }
        let name = match curve.name.as_str() {
            "Memory" => "memory",
            "Allocated" => "allocated",
            "Resident memory" => "resident memory",
            _ => children.next().unwrap_or("another child"),
        };
        let tone = tones[rank.min(tones.len() - 1)];
        chart::Series { name, tone, kind: Kind::Line, values }
    };
    let lines = series.curves.iter().filter(|curve| curve.unit == Unit::Bytes).enumerate();
    Data { across, unit: chart::Unit::Mebibytes, series: lines.map(line).collect() }
}

/// Functions with their memory at begin and end.
fn marks(series: &SeriesAnswer) -> Option<impl IntoView + use<>> {
    if series.marks.is_empty() {
        return None;
    }
    let unit = series.curves.first().map_or(Unit::Bytes, |curve| curve.unit);
    let row = |mark: &Mark| {
        let Mark { name, span: (from, to), value: (before, after) } = mark;
        let grown = after - before;
        let sign = if grown > 0.0 { "+" } else { "" };
        view! {
            <tr>
                <td>{name.clone()}</td>
                <td class="number">{format::seconds(*from)}</td>
                <td class="number">{format::seconds(to - from)}</td>
                <td class="number">{unit.text(*before)}</td>
                <td class="number">{unit.text(*after)}</td>
                <td class="number">{sign}{unit.text(grown)}</td>
            </tr>
        }
    };
    let rows: Vec<_> = series.marks.iter().map(row).collect();
    Some(view! {
        <section>
            <h2>"Functions"</h2>
            <div class="scroll" tabindex="0" role="group" aria-label="Functions">
                <table class="items">
                    <thead><tr>
                        <th>"Function"</th><th class="number">"From"</th><th class="number">"Duration"</th>
                        <th class="number">"Before"</th><th class="number">"After"</th><th class="number">"Change"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    })
}

/// Objects that were left.
fn objects(objects: &[(String, i64)]) -> Option<impl IntoView + use<>> {
    if objects.is_empty() {
        return None;
    }
    let row = |(kind, count): &(String, i64)| {
        view! { <tr><td>{kind.clone()}</td><td class="number">{format::count(*count)}</td></tr> }
    };
    let rows: Vec<_> = objects.iter().map(row).collect();
    Some(view! {
        <section>
            <h2>"Objects left"</h2>
            <div class="scroll" tabindex="0" role="group" aria-label="Objects left">
                <table class="items">
                    <thead><tr><th>"Class"</th><th class="number">"Count"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    })
}
