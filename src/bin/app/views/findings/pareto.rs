//! The Pareto curve of code and SQL: a picture to walk, and the same as a table.

use std::sync::Arc;

use flamedrop::draw::pareto::{ParetoState, is_query, item_fill, paint};
use flamedrop::draw::{Measure, Scene, Theme};
use flamedrop::findings::Link;
use flamedrop::findings::digest::{Item, Items};
use flamedrop::format;
use flamedrop::layout::pareto::Pareto;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::canvas::{Canvas, Gesture, Surface};
use crate::components::card::Card;
use crate::components::legend::css;
use crate::state::State;

/// Rows of the table, beyond those that make 80 %.
const ROWS: usize = 20;

/// What a curve is of.
pub struct Shown {
    /// What takes time.
    pub items: Items,
    /// What their times are thousandths of.
    pub unit: format::Unit,
    /// How many of the largest make [`flamedrop::findings::summary::VITAL_SHARE`] of it.
    pub vital: usize,
    /// What the curve says, in a sentence.
    pub sentence: String,
    /// Whether functions may be among the items.
    pub functions: bool,
    /// What the items that are no functions are, if there may be such: queries, or routes.
    pub others: Option<&'static str>,
    /// Goes to where an item is seen.
    pub go: Box<dyn Fn(Link) + Send + Sync>,
}

/// Everything the picture is made of; copies are the same.
#[derive(Clone, Copy)]
struct Curve {
    shown: StoredValue<Arc<Shown>>,
    surface: RwSignal<Surface>,
    /// Where the pointer is, over an item.
    hover: RwSignal<Option<(f64, f64)>>,
    /// Rank of what the keyboard is at.
    current: RwSignal<Option<u32>>,
    theme: Signal<Theme>,
}

/// Picture, sentence and table.
pub fn pareto_curve(state: State, shown: Shown) -> AnyView {
    if shown.items.largest.is_empty() {
        return view! { <p class="hint">"Nothing here has a duration."</p> }.into_any();
    }
    let shown = Arc::new(shown);
    let surface = RwSignal::new(Surface { width: 0.0, height: 0.0, pixel_ratio: 1.0 });
    let curve = Curve {
        shown: StoredValue::new(Arc::clone(&shown)),
        surface,
        hover: RwSignal::new(None),
        current: RwSignal::new(None),
        theme: Signal::derive(move || if state.dark() { Theme::DARK } else { Theme::LIGHT }),
    };
    let sentence = shown.sentence.clone();
    let label = format!(
        "Pareto curve: {sentence} Arrow keys walk it, Enter goes to the item; the table beneath it says the same."
    );
    let functions = shown.functions;
    let legend = shown.others.map(|kind| {
        let colour = move || css(curve.theme.get().query().fill);
        view! { <li><span class="key square" style:background-color=colour aria-hidden="true"></span>{kind}</li> }
    });
    let card = move || {
        let shown = curve.shown.try_get_value()?;
        let rank = curve.over(&shown)?;
        let item = shown.items.largest.get(rank)?;
        let (time, share, sum) = numbers(&shown, rank);
        Some(view! {
            <p class="name sql-line">{item.label.clone()}</p>
            <p class="note">{item.place.clone()}</p>
            <table>
                <tr><th>{match kind_of(&shown, item) { "route" => "All requests", "query" => "All executions", _ => "Self time" }}</th><td>{time}</td></tr>
                <tr><th>"Share"</th><td>{share}</td></tr>
                <tr><th>"With all larger"</th><td>{sum}</td></tr>
            </table>
        })
    };
    let place = curve.hover.into();
    view! {
        <p class="vital">{sentence}</p>
        <div class="pareto">
            <Canvas
                label
                description="Pareto curve"
                watch=move || curve.watch()
                paint=move |_, measure| curve.paint(measure)
                gesture=move |gesture| curve.on_gesture(gesture)
                key=move |event| curve.on_key(event)
                wheels=false
                surface
                pointing=Signal::derive(move || curve.hover.with(Option::is_some))
            >
                <Card place surface>{card}</Card>
            </Canvas>
            <ul class="legend" aria-label="Marks">
                {functions.then(|| view! { <li><span class="key round" aria-hidden="true"></span>"function, by its layer"</li> })}
                {legend}
            </ul>
            <p class="visually-hidden" aria-live="polite">{move || curve.spoken()}</p>
        </div>
        <details class="fold small"><summary>"As a table"</summary>{table(curve, &shown)}</details>
    }
    .into_any()
}

/// The last three parts of a path: the first ones are the same for all.
fn tail(place: &str) -> String {
    match place.rmatch_indices(['/', '\\']).nth(2) {
        Some((at, _)) => format!("…{}", place.get(at..).unwrap_or(place)),
        None => place.to_owned(),
    }
}

/// An item's time, its share, and the share of all up to it.
fn numbers(shown: &Shown, rank: usize) -> (String, String, String) {
    let items = &shown.items;
    let time = items.largest.get(rank).map_or(0.0, |item| item.time);
    let sum: f64 = items.largest.iter().take(rank + 1).map(|item| item.time).sum();
    (shown.unit.thousandths(time), format::percent(time / items.total), format::percent(sum / items.total))
}

/// What kind of thing an item is.
fn kind_of(shown: &Shown, item: &Item) -> &'static str {
    shown.others.filter(|_| is_query(item)).unwrap_or("function")
}

fn table(curve: Curve, shown: &Arc<Shown>) -> AnyView {
    let items = &shown.items;
    let most = shown.vital.max(ROWS);
    let rows: Vec<_> = items
        .largest
        .iter()
        .take(most)
        .enumerate()
        .map(|(rank, item)| {
            let (time, share, sum) = numbers(shown, rank);
            let (link, kind, shown) = (item.link, kind_of(shown, item), Arc::clone(shown));
            let colour = {
                let item = item.clone();
                move || css(item_fill(&curve.theme.get(), &item).fill)
            };
            let shape = if is_query(item) { "key square" } else { "key round" };
            view! {
                <tr>
                    <td class="number">{rank + 1}</td>
                    <td class="item"><span>
                        <span class=shape style:background-color=colour aria-hidden="true"></span>
                        <button type="button" class="link" title=item.label.clone() on:click=move |_| (shown.go)(link)>{item.label.clone()}</button>
                        <span class="place" title=item.place.clone()>{tail(&item.place)}</span>
                    </span></td>
                    <td>{kind}</td>
                    <td class="number">{time}</td>
                    <td class="number">{share}</td>
                    <td class="number">{sum}</td>
                </tr>
            }
        })
        .collect();
    let more = (items.count as usize).saturating_sub(rows.len());
    let more = (more > 0).then(|| {
        view! { <p class="hint">{format!("{} more are smaller.", format::count(more as i64))}</p> }
    });
    let largest = match (shown.functions, shown.others) {
        (true, Some("query")) => "Largest functions and queries",
        (true, _) => "Largest functions",
        (false, Some("route")) => "Largest routes",
        (false, _) => "Largest queries",
    };
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=largest>
            <table class="items">
                <thead><tr><th class="number">"#"</th><th>"What"</th><th>"Kind"</th><th class="number">"Time"</th><th class="number">"Share"</th><th class="number">"Sum"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {more}
    }
    .into_any()
}

impl Curve {
    fn chart(self, shown: &Shown) -> Pareto {
        let Surface { width, height, .. } = self.surface.get();
        Pareto::new(&shown.items, width, height)
    }

    /// Rank of what the pointer is over.
    fn over(self, shown: &Shown) -> Option<usize> {
        let (x, y) = self.hover.get()?;
        self.chart(shown).hit(x, y)
    }

    fn watch(self) {
        self.hover.track();
        self.current.track();
        self.theme.track();
    }

    fn paint(self, measure: &dyn Measure) -> Option<Scene> {
        let shown = self.shown.try_get_value()?;
        let marks = ParetoState {
            vital: shown.vital,
            hover: self.over(&shown),
            current: self.current.get().map(|rank| rank as usize),
        };
        Some(paint(&self.chart(&shown), &shown.items, &marks, &self.theme.get(), measure))
    }

    fn on_gesture(self, gesture: Gesture) {
        let hit = |x, y| untrack(|| self.chart(&*self.shown.try_get_value()?).hit(x, y));
        match gesture {
            Gesture::Hover { x, y } => {
                let over = hit(x, y).map(|_| (x, y));
                if over.is_some() || self.hover.with_untracked(Option::is_some) {
                    self.hover.set(over);
                }
            }
            Gesture::Click { x, y } => {
                if let Some(rank) = hit(x, y) {
                    self.go(rank);
                }
            }
            Gesture::Leave => self.hover.set(None),
            Gesture::Drag { .. }
            | Gesture::Drop
            | Gesture::Zoom { .. }
            | Gesture::DoubleClick
            | Gesture::Menu { .. } => {}
        }
    }

    fn on_key(self, event: &KeyboardEvent) -> bool {
        let columns =
            untrack(|| self.shown.try_get_value().map_or(0, |shown| self.chart(&shown).columns.len()));
        let Some(last) = (columns as u32).checked_sub(1) else { return false };
        let current = self.current.get_untracked();
        let next = match event.key().as_str() {
            "ArrowRight" => current.map_or(0, |rank| (rank + 1).min(last)),
            "ArrowLeft" => current.map_or(0, |rank| rank.saturating_sub(1)),
            "Home" => 0,
            "End" => last,
            "Enter" => {
                if let Some(rank) = current {
                    self.go(rank as usize);
                }
                return current.is_some();
            }
            "Escape" if current.is_some() => {
                self.current.set(None);
                return true;
            }
            _ => return false,
        };
        self.current.set(Some(next));
        true
    }

    fn go(self, rank: usize) {
        if let Some(shown) = self.shown.try_get_value()
            && let Some(item) = shown.items.largest.get(rank)
        {
            (shown.go)(item.link);
        }
    }

    fn spoken(self) -> Option<String> {
        let rank = self.current.get()? as usize;
        let shown = self.shown.try_get_value()?;
        let item: &Item = shown.items.largest.get(rank)?;
        let (time, share, sum) = numbers(&shown, rank);
        let kind = kind_of(&shown, item);
        Some(format!("{}: {kind} {}. {time}, {share}; {sum} with all larger ones.", rank + 1, item.label))
    }
}
