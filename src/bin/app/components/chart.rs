//! A chart of a log: a picture to walk, and the same as a table.

use std::borrow::Cow;
use std::sync::Arc;

use flamedrop::draw::chart::{colour, paint};
use flamedrop::draw::heat::shade;
use flamedrop::draw::{Measure, Scene, Theme};
use flamedrop::export::table::Value;
use flamedrop::format;
use flamedrop::layout::chart::{Chart as Layout, Data, Kind, Tone, Unit};
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::card::Card;
use super::legend::css;
use crate::canvas::{Canvas, Gesture, Surface};
use crate::components::copy_table::{Sheet, copy_sheet, number};
use crate::components::data_table::Holds;
use crate::save::save_text;
use crate::state::state;

/// Everything the picture is made of; copies are the same.
#[derive(Clone, Copy)]
struct Picture {
    data: Signal<Arc<Data>>,
    surface: RwSignal<Surface>,
    /// Where the pointer is.
    hover: RwSignal<Option<(f64, f64)>>,
    /// The step the keyboard is at.
    current: RwSignal<Option<usize>>,
    theme: Signal<Theme>,
}

/// The chart of `data`, called `label`.
#[component]
pub fn Chart(label: &'static str, #[prop(into)] data: Signal<Arc<Data>>) -> impl IntoView {
    let state = state();
    let picture = Picture {
        data,
        surface: RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 }),
        hover: RwSignal::new(None),
        current: RwSignal::new(None),
        theme: Signal::derive(move || if state.dark() { Theme::DARK } else { Theme::LIGHT }),
    };
    let surface = picture.surface;
    let legend = move || {
        data.with(|data| {
            if let Some(most) = data.fullest() {
                return Some(shades(most as u32, picture.theme));
            }
            let entries = data.series.iter().map(|series| {
                let tone = series.tone;
                let fill = move || css(colour(&picture.theme.get(), tone));
                let shape = if series.kind == Kind::Bars { "key square" } else { "key" };
                view! { <li><span class=shape style:background-color=fill aria-hidden="true"></span>{series.title()}</li> }
            });
            let entries: Vec<_> = entries.collect();
            (entries.len() > 1).then(|| view! { <ul class="legend" aria-label="Colours">{entries}</ul> }.into_any())
        })
    };
    let card = move || {
        let at = picture.over()?;
        let rows = data.with(|data| told(data, at));
        let row =
            picture.over_row().map(|row| data.with(|data| data.series.get(row).map(|series| series.title())));
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(name, value)| {
                let is_here = row.as_ref().is_some_and(|row| row.as_ref() == Some(&name));
                view! { <tr class:here=is_here><th>{name}</th><td>{value}</td></tr> }
            })
            .collect();
        Some(view! {
            <p class="name">{data.with(|data| data.step_name(at))}</p>
            <table>{rows}</table>
        })
    };
    let shown = RwSignal::new(false);
    view! {
        <div class="chart">
            <Canvas
                label=Signal::derive(move || format!("{label}. Arrow keys walk it; the table beneath it says the same."))
                description="chart"
                watch=move || picture.watch()
                paint=move |surface, measure| Some(picture.paint(surface, measure))
                gesture=move |gesture| picture.on_gesture(gesture)
                key=move |event| picture.on_key(event)
                wheels=false
                is_main=false
                surface
                pointing=Signal::stored(false)
            >
                <Card place=picture.hover.into() surface>{card}</Card>
            </Canvas>
            {legend}
            <p class="visually-hidden" aria-live="polite">{move || picture.spoken()}</p>
            <div class="under">
            <details class="fold small" on:toggle=move |event| {
                let details: web_sys::Element = event_target(&event);
                shown.set(details.has_attribute("open"));
            }>
                <summary>"As a table"</summary>
                {move || shown.get().then(|| data.with(|data| table(label, data)))}
            </details>
            {move || shown.get().then(|| copy_sheet(file_name(label), move || data.with(|data| sheet(data))))}
            <button type="button" class="link" aria-label=format!("{label}: save as SVG") on:click=move |_| picture.save(label)>"Save as SVG"</button>
            </div>
        </div>
    }
}

/// The values of a step, by name.
fn values(data: &Data, at: usize) -> impl Iterator<Item = (Cow<'static, str>, String)> + '_ {
    let value = move |of: &[f32]| data.unit.text(of.get(at).map_or(f64::NAN, |&value| f64::from(value)));
    data.series.iter().map(move |series| (series.title(), value(&series.values)))
}

/// What is said of a step: of cells those that have something, the slowest first, as they stand.
fn told(data: &Data, at: usize) -> Vec<(Cow<'static, str>, String)> {
    if data.fullest().is_none() {
        return values(data, at).collect();
    }
    let has = data.series.iter().map(|series| series.values.get(at).is_some_and(|&value| value > 0.0));
    let mut there: Vec<_> =
        values(data, at).zip(has).filter(|(_, has)| *has).map(|(value, _)| value).collect();
    there.reverse();
    there
}

/// What the colours of cells mean: one, the fullest, and what is between.
fn shades(most: u32, theme: Signal<Theme>) -> AnyView {
    let mut counts = vec![1, most / 4, most];
    counts.retain(|&count| count > 0);
    counts.dedup();
    let entries: Vec<_> = counts
        .into_iter()
        .map(|count| {
            let fill = move || css(shade(&theme.get(), Tone::All, count, most));
            let text = format::counted(i64::from(count), "request", "requests");
            view! { <li><span class="key square" style:background-color=fill aria-hidden="true"></span>{text}</li> }
        })
        .collect();
    view! { <ul class="legend" aria-label="Colours">{entries}</ul> }.into_any()
}

/// `statements-over-time`
fn file_name(label: &str) -> String {
    label.to_ascii_lowercase().replace(' ', "-")
}

/// The steps that have something.
fn steps(data: &Data) -> impl Iterator<Item = usize> + '_ {
    (0..data.steps()).filter(|at| {
        data.series.iter().any(|series| series.values.get(*at).is_some_and(|value| *value > 0.0))
    })
}

/// What cells hold, one after the other: when, how long it took, how many.
fn cells(data: &Data) -> impl Iterator<Item = (String, Cow<'static, str>, f32)> + '_ {
    steps(data).flat_map(move |at| {
        let rows =
            data.series.iter().map(move |series| (series, series.values.get(at).copied().unwrap_or(0.0)));
        let there = rows.filter(|(_, value)| *value > 0.0);
        there.map(move |(series, value)| (data.step_name(at), series.title(), value))
    })
}

fn sheet(data: &Data) -> Sheet {
    if data.fullest().is_some() {
        let mut sheet =
            Sheet::new(&[("from", Holds::Words), ("took", Holds::Words), ("requests", Holds::Numbers)]);
        for (from, took, count) in cells(data) {
            sheet.push(vec![Value::Text(from), Value::Text(took.into_owned()), number(f64::from(count))]);
        }
        return sheet;
    }
    let holds = if data.unit == Unit::Milliseconds { Holds::Totals } else { Holds::Numbers };
    let mut columns = vec![("from", Holds::Words)];
    columns.extend(data.series.iter().map(|series| (series.name, holds)));
    let mut sheet = Sheet::new(&columns);
    for at in steps(data) {
        let value = |values: &[f32]| values.get(at).map_or(f64::NAN, |&value| f64::from(value));
        let mut row = vec![Value::Text(data.step_name(at))];
        row.extend(data.series.iter().map(|series| number(value(&series.values))));
        sheet.push(row);
    }
    sheet
}

fn table(label: &'static str, data: &Data) -> AnyView {
    if data.fullest().is_some() {
        let rows = cells(data).map(|(from, took, count)| {
            view! { <tr><td>{from}</td><td>{took}</td><td class="number">{data.unit.text(f64::from(count))}</td></tr> }.into_any()
        });
        let heads = view! { <th>"Took"</th><th class="number">"Requests"</th> }.into_any();
        return table_of(label, heads, rows.collect());
    }
    let heads: Vec<_> =
        data.series.iter().map(|series| view! { <th class="number">{series.name}</th> }).collect();
    let rows: Vec<_> = steps(data)
        .map(|at| {
            let cells: Vec<_> =
                values(data, at).map(|(_, value)| view! { <td class="number">{value}</td> }).collect();
            view! { <tr><td>{data.step_name(at)}</td>{cells}</tr> }.into_any()
        })
        .collect();
    table_of(label, heads.into_any(), rows)
}

fn table_of(label: &'static str, heads: AnyView, rows: Vec<AnyView>) -> AnyView {
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=label>
            <table class="items">
                <thead><tr><th>"From"</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

impl Picture {
    fn layout(self, surface: Surface) -> Layout {
        self.data.with(|data| Layout::new(data, surface.width, surface.height))
    }

    fn over(self) -> Option<usize> {
        let (x, _) = self.hover.get()?;
        self.layout(self.surface.get()).hit(x)
    }

    /// The row of cells under the pointer.
    fn over_row(self) -> Option<usize> {
        let (_, y) = self.hover.get()?;
        self.data.with(|data| data.fullest())?;
        self.layout(self.surface.get()).row(y)
    }

    fn watch(self) {
        self.data.track();
        self.hover.track();
        self.current.track();
        self.theme.track();
    }

    fn paint(self, surface: Surface, measure: &dyn Measure) -> Scene {
        let marked = self.over().or(self.current.get());
        self.data.with(|data| paint(&self.layout(surface), data, marked, &self.theme.get(), measure))
    }

    /// As large as it is on screen.
    fn save(self, label: &str) {
        let surface = self.surface.get_untracked();
        let scene = untrack(|| {
            self.data.with(|data| {
                paint(
                    &self.layout(surface),
                    data,
                    None,
                    &self.theme.get(),
                    &flamedrop::draw::measure::table(),
                )
            })
        });
        let name = format!("{}.svg", file_name(label));
        save_text(&name, flamedrop::draw::svg::write(&scene, label));
    }

    fn on_gesture(self, gesture: Gesture) {
        match gesture {
            Gesture::Hover { x, y } => self.hover.set(Some((x, y))),
            Gesture::Leave => self.hover.set(None),
            Gesture::Click { x, .. } => {
                let at = self.layout(self.surface.get_untracked()).hit(x);
                self.current.set(at);
            }
            Gesture::Drag { .. }
            | Gesture::Drop
            | Gesture::Zoom { .. }
            | Gesture::DoubleClick
            | Gesture::Menu { .. } => {}
        }
    }

    fn on_key(self, event: &KeyboardEvent) -> bool {
        let Some(last) = self.data.with_untracked(|data| data.steps()).checked_sub(1) else { return false };
        let current = self.current.get_untracked();
        let next = match event.key().as_str() {
            "ArrowRight" => current.map_or(0, |at| (at + 1).min(last)),
            "ArrowLeft" => current.map_or(last, |at| at.saturating_sub(1)),
            "Home" => 0,
            "End" => last,
            "Escape" if current.is_some() => {
                self.current.set(None);
                return true;
            }
            _ => return false,
        };
        self.current.set(Some(next));
        true
    }

    fn spoken(self) -> Option<String> {
        let at = self.current.get()?;
        self.data.with(|data| {
            let values: Vec<String> =
                told(data, at).into_iter().map(|(name, value)| format!("{value} {name}")).collect();
            if values.is_empty() {
                return Some(format!("{}: nothing.", data.step_name(at)));
            }
            Some(format!("{}: {}.", data.step_name(at), values.join(", ")))
        })
    }
}
