//! The columns of a table: what their heads say, how they are sorted, and how wide they are. Widths can be changed with the
//! pointer and the keys, and stay for the next visit.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDivElement, KeyboardEvent, PointerEvent};

use crate::storage;

/// The narrowest a column gets, CSS pixels.
const LEAST: f64 = 48.0;

/// The widest.
const MOST: f64 = 2000.0;

/// A key changes a width by so much, CSS pixels.
const STEP: f64 = 16.0;

/// One column.
#[derive(Clone)]
pub struct Column {
    /// What its head says.
    pub label: &'static str,
    /// The unit of its cells, if they have one.
    pub unit: &'static str,
    /// What it means, in a sentence.
    pub hint: &'static str,
    /// Its width in CSS grid's terms.
    pub width: &'static str,
    /// Whether it holds numbers, which stand to the right.
    pub number: bool,
    /// What a row is about: on a narrow screen it comes first and stays while the others scroll.
    pub leading: bool,
    /// What its width is kept under; no two columns of a table have the same.
    pub key: &'static str,
    /// How it is sorted now: `Some(descending)`; `None` when by another column.
    pub sorted: Option<Signal<Option<bool>>>,
}

impl Column {
    /// A column of texts that takes `width`.
    pub fn text(label: &'static str, width: &'static str, hint: &'static str) -> Self {
        Self { label, unit: "", hint, width, number: false, leading: false, key: label, sorted: None }
    }

    /// A column of numbers.
    pub fn number(label: &'static str, unit: &'static str, width: &'static str, hint: &'static str) -> Self {
        Self { label, unit, hint, width, number: true, leading: false, key: label, sorted: None }
    }

    /// The same, leading on a narrow screen.
    #[must_use]
    pub fn leading(mut self) -> Self {
        self.leading = true;
        self
    }

    /// The same, of a table in which another one has the same label.
    #[must_use]
    pub fn keyed(mut self, key: &'static str) -> Self {
        self.key = key;
        self
    }

    /// The same, sortable: `direction` gives `Some(descending)` while it is sorted by.
    #[must_use]
    pub fn sortable(mut self, direction: impl Fn() -> Option<bool> + Send + Sync + 'static) -> Self {
        self.sorted = Some(Signal::derive(direction));
        self
    }
}

/// The widths that the user gave columns of a table.
#[derive(Clone, Copy)]
pub(super) struct Widths {
    /// By the columns' keys.
    given: RwSignal<Vec<(String, f64)>>,
    /// The setting that keeps them; `None` where they cannot be changed.
    setting: StoredValue<Option<String>>,
}

impl Widths {
    /// Those of the last visit, of the table with this id.
    pub fn of(id: &str, resizable: bool) -> Self {
        let setting = resizable.then(|| format!("widths-{id}"));
        let kept = setting.as_ref().and_then(|setting| storage::setting(setting)).unwrap_or_default();
        let given = kept.split(' ').filter_map(|pair| {
            let (key, width) = pair.split_once('=')?;
            let width = crate::text::number(width).filter(|width| width.is_finite())?;
            Some((key.to_owned(), width.clamp(LEAST, MOST)))
        });
        Self { given: RwSignal::new(given.collect()), setting: StoredValue::new(setting) }
    }

    /// The width of a column in CSS grid's terms; follows it.
    pub fn width(self, key: &str, width: &str) -> String {
        let given =
            self.given.with(|given| given.iter().find(|(other, _)| other == key).map(|(_, width)| *width));
        given.map_or_else(|| width.to_owned(), |width| format!("{width:.0}px"))
    }

    fn set(self, key: &'static str, width: Option<f64>) {
        self.given.update(|given| {
            given.retain(|(other, _)| other != key);
            given.extend(width.map(|width| (key.to_owned(), width.clamp(LEAST, MOST))));
        });
        self.setting.with_value(|setting| {
            if let Some(setting) = setting {
                let pairs = self.given.with_untracked(|given| {
                    given.iter().map(|(key, width)| format!("{key}={width:.0}")).collect::<Vec<_>>().join(" ")
                });
                storage::set_setting(setting, &pairs);
            }
        });
    }

    /// The edge of a column, which is moved; nothing where widths stay.
    fn edge(self, key: &'static str, label: &'static str) -> Option<AnyView> {
        if self.setting.with_value(Option::is_none) {
            return None;
        }
        let from = StoredValue::new(None::<f64>);
        let node = NodeRef::<html::Span>::new();
        let cell = move || node.get_untracked().and_then(|edge| edge.parent_element());
        let now = RwSignal::new(0.0_f64);
        let set = move |width: f64| {
            now.set(width.clamp(LEAST, MOST));
            self.set(key, Some(width));
        };
        let on_key = move |event: KeyboardEvent| {
            let by = match event.key().as_str() {
                "ArrowLeft" => -STEP,
                "ArrowRight" => STEP,
                // As it was at first.
                "Home" => {
                    event.prevent_default();
                    event.stop_propagation();
                    return self.set(key, None);
                }
                _ => return,
            };
            if let Some(cell) = cell() {
                event.prevent_default();
                event.stop_propagation();
                set(cell.get_bounding_client_rect().width() + by);
            }
        };
        let on_move = move |event: PointerEvent| {
            if let Some(left) = from.get_value() {
                set(f64::from(event.client_x()) - left);
            }
        };
        let edge = view! {
            <span
                class="column-edge"
                role="separator"
                aria-orientation="vertical"
                aria-label=format!("Width of {label}")
                aria-valuemin=LEAST.to_string()
                aria-valuemax=MOST.to_string()
                aria-valuenow=move || format!("{:.0}", now.get())
                tabindex="0"
                title="Drag, or use the arrow keys, to change the width; Home or a double click for the first one"
                node_ref=node
                on:focus=move |_| {
                    if let Some(cell) = cell() {
                        now.set(cell.get_bounding_client_rect().width());
                    }
                }
                on:pointerdown=move |event: PointerEvent| {
                    event.stop_propagation();
                    if let (Some(edge), Some(cell)) = (node.get_untracked(), cell()) {
                        let _ = edge.set_pointer_capture(event.pointer_id());
                        from.set_value(Some(cell.get_bounding_client_rect().left()));
                    }
                }
                on:pointermove=on_move
                on:pointerup=move |_| from.set_value(None)
                on:pointercancel=move |_| from.set_value(None)
                on:dblclick=move |_| self.set(key, None)
                on:click=move |event| event.stop_propagation()
                on:keydown=on_key
            ></span>
        };
        Some(edge.into_any())
    }
}

/// The head of one column.
pub(super) fn head(
    index: usize,
    column: Column,
    sort: Arc<dyn Fn(usize) + Send + Sync>,
    widths: Widths,
) -> AnyView {
    let Column { label, unit, hint, number, leading, key, sorted, .. } = column;
    let unit = (!unit.is_empty()).then(|| view! { <span class="unit">{unit}</span> });
    let edge = widths.edge(key, label);
    let Some(sorted) = sorted else {
        return view! { <div class="cell" class:number=number class:leading=leading role="columnheader" title=hint>{label}{unit}{edge}</div> }.into_any();
    };
    let direction =
        move || sorted.get().map(|descending| if descending { "descending" } else { "ascending" });
    let arrow = move || sorted.get().map_or("", |descending| if descending { "▾" } else { "▴" });
    view! {
        <div class="cell" class:number=number class:leading=leading role="columnheader" aria-sort=direction>
            <button type="button" title=hint on:click=move |_| sort(index)>
                {label}
                {unit}
                <span class="arrow" aria-hidden="true">{arrow}</span>
            </button>
            {edge}
        </div>
    }
    .into_any()
}

/// Scrolls a table sideways as far as it takes to see the column that it is sorted by, beside the one that stays.
pub(super) fn bring_sorted_into_sight(table: &HtmlDivElement) {
    let find = |what: &str| table.query_selector(what).ok().flatten();
    let Some(cell) = find(".head [aria-sort]") else { return };
    let place = |element: &Element| {
        let place = element.get_bounding_client_rect();
        (place.left(), place.right())
    };
    let (left, right) = place(&cell);
    let (mut from, to) = place(table.unchecked_ref());
    if let Some(leading) = find(".head .leading").filter(|leading| *leading != cell) {
        let (left, right) = place(&leading);
        if left <= from + 1.0 {
            from = right;
        }
    }
    let by = if right > to { (right - to).min(left - from) } else { (left - from).min(0.0) };
    if by.abs() >= 1.0 {
        table.set_scroll_left(table.scroll_left() + by.ceil() as i32);
    }
}

/// A column's width on a narrow screen: what it may grow to is for wide ones.
pub(super) fn narrow(width: &str) -> &str {
    width.strip_prefix("minmax(").and_then(|range| range.split_once(',')).map_or(width, |(least, _)| least)
}

/// The number in a width such as `120px`.
pub(super) fn pixels(width: &str) -> f64 {
    width.trim_end_matches("px").parse().unwrap_or(0.0)
}
