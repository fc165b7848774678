//! What is read from and written to each table over time, as a picture to walk.

use std::sync::Arc;

use flamedrop::draw::heat::{Heat, most, paint, shade};
use flamedrop::draw::{Measure, Scene, Theme};
use flamedrop::export::table::Value;
use flamedrop::format;
use flamedrop::layout::chart::Tone;
use flamedrop::layout::time_axis::AxisClock;
use flamedrop::queries::table_use::TableUse;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::{STEPS, TableRow, pick, question, to_queries};
use crate::canvas::{Canvas, Gesture, Surface};
use crate::components::card::Card;
use crate::components::cells::Units;
use crate::components::copy_table::{Sheet, copy_sheet, file_of};
use crate::components::data_table::Holds;
use crate::components::legend::css;
use crate::components::paged::Asked;
use crate::document::{OpenDocument, answers};
use crate::log_view::filter;
use crate::save::save_text;
use crate::state::state;
use crate::text::start_text;

/// Tables that are shown, those that the table would have first.
const MOST: u32 = 80;

/// Everything the picture is made of; copies are the same.
#[derive(Clone, Copy)]
struct Matrix {
    document: OpenDocument,
    rows: RwSignal<Option<Arc<Vec<TableRow>>>>,
    /// First and last moment of the log.
    span: (f64, f64),
    wall_clock: bool,
    surface: RwSignal<Surface>,
    hover: RwSignal<Option<(f64, f64)>>,
    /// The cell the keyboard is at.
    current: RwSignal<Option<(usize, usize)>>,
    theme: Signal<Theme>,
}

/// The picture; `rows` is told what it shows.
#[component]
pub fn MatrixOf(
    document: OpenDocument,
    units: Units,
    span: (f64, f64),
    rows: RwSignal<Option<Arc<Vec<TableRow>>>>,
    /// What is said instead of no rows.
    empty: String,
) -> impl IntoView {
    let state = state();
    let answer = answers(
        document,
        move || Some(question(document, Asked { first: 0, count: MOST, selected: None })),
        |response| pick(response).map(|(all, rows, _)| (all, Arc::new(rows))),
    );
    crate::effect::effect(move || {
        if let Some((_, (_, shown))) = answer.get() {
            rows.set(Some(shown));
        }
    });
    let matrix = Matrix {
        document,
        rows,
        span,
        wall_clock: units.wall_clock,
        surface: RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 }),
        hover: RwSignal::new(None),
        current: RwSignal::new(None),
        theme: Signal::derive(move || if state.dark() { Theme::DARK } else { Theme::LIGHT }),
    };
    let surface = matrix.surface;
    let count = move || matrix.rows.with(|rows| rows.as_ref().map_or(0, |rows| rows.len()));
    let height = move || format!("{}px", matrix.heat().height());
    let more = move || {
        let all = answer.get()?.1.0;
        let more = all.saturating_sub(MOST);
        (more > 0).then(|| {
            let more = format::count(i64::from(more));
            view! { <p class="hint">{format!("{more} more tables are in the table: its order says which come first.")}</p> }
        })
    };
    let legend = move || {
        let most = matrix.tables(most);
        let tone = move |tone: Tone, name: &'static str| {
            let steps: Vec<_> = [1, most / 30, most / 5, most]
                .into_iter()
                .filter(|&count| count > 0)
                .map(|count| {
                    let fill = move || css(shade(&matrix.theme.get(), tone, count, most));
                    view! { <span class="key square" style:background-color=fill aria-hidden="true"></span> }
                })
                .collect();
            view! { <li>{steps} {name}</li> }
        };
        let scale = format!(
            "darker is more, up to {} in {}",
            format::count(i64::from(most)),
            format::milliseconds(matrix.heat().step)
        );
        view! {
            <ul class="legend" aria-label="Colours">
                {tone(Tone::Reads, "reads, above")} {tone(Tone::Writes, "writes, beneath")} <li>{scale}</li>
            </ul>
        }
    };
    let copy = copy_sheet(file_of(document, "tables-over-time"), move || matrix.sheet());
    view! {
        <div class="matrix">
            <Show when=move || { count() > 0 } fallback=move || matrix.rows.get().map(|_| view! { <p class="empty">{empty.clone()}</p> })>
                <div class="matrix-scroll">
                    <div class="matrix-picture" style:height=height>
                        <Canvas
                            label="Reads and writes of each table over time. Arrow keys walk it, Enter shows the table's queries; the table has the sums."
                            description="heat map"
                            watch=move || matrix.watch()
                            paint=move |surface, measure| Some(matrix.paint(surface, measure))
                            gesture=move |gesture| matrix.on_gesture(gesture)
                            key=move |event| matrix.on_key(event)
                            wheels=false
                            is_main=false
                            surface
                            pointing=Signal::derive(move || matrix.hover.get().is_some())
                        >
                            <Card place=matrix.hover.into() surface>{move || matrix.card()}</Card>
                        </Canvas>
                    </div>
                    {more}
                </div>
            </Show>
            <div class="under">
                {legend}
                {copy}
                <button type="button" class="link" aria-label="Tables over time: save as SVG" on:click=move |_| matrix.save()>"Save as SVG"</button>
            </div>
            <p class="visually-hidden" aria-live="polite">{move || matrix.current.get().and_then(|(row, step)| matrix.spoken(row, step))}</p>
        </div>
    }
}

impl Matrix {
    fn heat(self) -> Heat {
        let (first, last) = self.span;
        let length = last - first;
        // The worker's steps are even over what is looked at.
        let (from, to) = filter(self.document).range.unwrap_or((0.0, length));
        let (from, to) = (from.clamp(0.0, length), to.clamp(0.0, length));
        Heat {
            width: self.surface.get().width,
            rows: self.rows.with(|rows| rows.as_ref().map_or(0, |rows| rows.len())),
            steps: STEPS as usize,
            from,
            step: (to - from).max(1e-3) / f64::from(STEPS),
            clock: if self.wall_clock { AxisClock::Wall(first) } else { AxisClock::Relative },
        }
    }

    fn tables<T>(self, with: impl FnOnce(&[&TableUse]) -> T) -> T {
        self.rows.with(|rows| {
            let rows = rows.as_ref().map_or(&[][..], |rows| rows.as_slice());
            with(&rows.iter().map(|row| &row.usage).collect::<Vec<_>>())
        })
    }

    fn watch(self) {
        self.rows.track();
        self.hover.track();
        self.current.track();
        self.theme.track();
        self.document.log.table.track();
    }

    fn paint(self, _: Surface, measure: &dyn Measure) -> Scene {
        let over = self.hover.get().and_then(|(x, y)| self.heat().hit(x, y));
        let over = over.and_then(|(row, step)| Some((row, step?)));
        let marked = over.or(self.current.get());
        let selected = self.document.log.table.get();
        self.tables(|tables| paint(&self.heat(), tables, selected, marked, &self.theme.get(), measure))
    }

    fn save(self) {
        let heat = untrack(|| self.heat());
        let measure = flamedrop::draw::measure::table();
        let scene =
            untrack(|| self.tables(|tables| paint(&heat, tables, None, None, &self.theme.get(), &measure)));
        let name = format!("{}.svg", file_of(self.document, "tables-over-time"));
        save_text(&name, flamedrop::draw::svg::write(&scene, "Reads and writes of each table over time"));
    }

    fn id(self, row: usize) -> Option<u32> {
        self.tables(|tables| tables.get(row).map(|table| table.id))
    }

    fn on_gesture(self, gesture: Gesture) {
        match gesture {
            Gesture::Hover { x, y } => {
                let heat = untrack(|| self.heat());
                self.hover.set(heat.hit(x, y).map(|_| (x, y)));
            }
            Gesture::Leave => self.hover.set(None),
            Gesture::Click { x, y } => {
                if let Some((row, step)) = untrack(|| self.heat()).hit(x, y) {
                    self.current.set(step.map(|step| (row, step)));
                    self.document.log.table.set(untrack(|| self.id(row)));
                }
            }
            Gesture::Drag { .. }
            | Gesture::Drop
            | Gesture::Zoom { .. }
            | Gesture::DoubleClick
            | Gesture::Menu { .. } => {}
        }
    }

    fn on_key(self, event: &KeyboardEvent) -> bool {
        let heat = untrack(|| self.heat());
        let (Some(last_row), last) = (heat.rows.checked_sub(1), heat.steps.saturating_sub(1)) else {
            return false;
        };
        let (row, step) =
            self.current.get_untracked().map_or((0, 0), |(row, step)| (row.min(last_row), step));
        let begins = self.current.get_untracked().is_none();
        let next = match event.key().as_str() {
            "ArrowRight" | "ArrowLeft" | "ArrowDown" | "ArrowUp" if begins => (0, 0),
            "ArrowRight" => (row, (step + 1).min(last)),
            "ArrowLeft" => (row, step.saturating_sub(1)),
            "ArrowDown" => ((row + 1).min(last_row), step),
            "ArrowUp" => (row.saturating_sub(1), step),
            "Home" => (row, 0),
            "End" => (row, last),
            "Enter" if !begins => {
                let name = untrack(|| self.tables(|tables| tables.get(row).map(|table| table.table.clone())));
                if let Some(name) = name {
                    to_queries(self.document, name);
                }
                return true;
            }
            "Escape" if !begins => {
                self.current.set(None);
                return true;
            }
            _ => return false,
        };
        self.current.set(Some(next));
        self.document.log.table.set(untrack(|| self.id(next.0)));
        true
    }

    fn step_name(self, step: usize) -> String {
        let heat = self.heat();
        let from = heat.from + heat.step * step as f64;
        format!(
            "{} from {}",
            format::milliseconds(heat.step),
            start_text(self.span.0 + from, self.wall_clock)
        )
    }

    fn card(self) -> Option<AnyView> {
        let (x, y) = self.hover.get()?;
        let (row, step) = self.heat().hit(x, y)?;
        let number = |name: &'static str, count: u32| {
            view! { <tr><th>{name}</th><td>{format::count(i64::from(count))}</td></tr> }
        };
        self.tables(|tables| {
            let table = tables.get(row)?;
            let of =
                |counts: &[u32], all: u32| step.map_or(all, |step| counts.get(step).copied().unwrap_or(0));
            Some(
                view! {
                    <p class="name">{table.table.clone()}</p>
                    {step.map(|step| view! { <p class="note">{self.step_name(step)}</p> })}
                    <table>
                        {number("Reads", of(&table.reads_over_time, table.reads))}
                        {number("Writes", of(&table.writes_over_time, table.writes))}
                    </table>
                }
                .into_any(),
            )
        })
    }

    fn spoken(self, row: usize, step: usize) -> Option<String> {
        self.tables(|tables| {
            let table = tables.get(row)?;
            let (reads, writes) = (table.reads_over_time.get(step)?, table.writes_over_time.get(step)?);
            Some(format!("{}, {}: {reads} reads, {writes} writes.", table.table, self.step_name(step)))
        })
    }

    fn sheet(self) -> Sheet {
        let mut sheet = Sheet::new(&[
            ("table", Holds::Name),
            ("from", Holds::Totals),
            ("reads", Holds::Numbers),
            ("writes", Holds::Numbers),
        ]);
        let heat = self.heat();
        self.tables(|tables| {
            for table in tables {
                for (step, (&reads, &writes)) in
                    table.reads_over_time.iter().zip(&table.writes_over_time).enumerate()
                {
                    if reads + writes > 0 {
                        sheet.push(vec![
                            Value::Text(table.table.clone()),
                            Value::Number(heat.from + heat.step * step as f64),
                            Value::Count(i64::from(reads)),
                            Value::Count(i64::from(writes)),
                        ]);
                    }
                }
            }
        });
        sheet
    }
}
