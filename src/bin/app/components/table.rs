//! A table that draws only the rows on screen: 100,000 rows scroll as smoothly as ten. Rows are
//! asked for by index; which ones are on screen is told through `window`, so that whoever has the
//! data can fetch just those. With levels it is a tree table.

mod columns;

use std::ops::Range;
use std::sync::Arc;

use leptos::attr::custom::custom_attribute;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use self::columns::{Widths, bring_sorted_into_sight, head, narrow, pixels};
use crate::effect::effect;
use crate::press::LongPress;
use crate::size::observed_size;

pub use self::columns::Column;

/// Height of a row in CSS pixels; `style/table.css` says the same.
const ROW: f64 = 24.0;

/// Rows drawn beyond each edge, so that scrolling by a little shows no blanks.
const MARGIN: u32 = 12;

/// One row on screen.
pub struct Row {
    /// Its cells, one for each column.
    pub cells: Vec<AnyView>,
    /// Faded: not what is searched for.
    pub faint: bool,
}

/// What the user does with rows, by index.
#[derive(Clone)]
pub struct Actions {
    /// A row was reached with the keys (or clicked): selects it. Says no while the row is not there yet;
    /// it is told again once it is.
    pub select: Arc<dyn Fn(u32) -> bool + Send + Sync>,
    /// A row was clicked, where that is more than selecting it.
    pub click: Option<Arc<dyn Fn(u32) + Send + Sync>>,
    /// A row was double-clicked, or Enter was pressed.
    pub open: Arc<dyn Fn(u32) + Send + Sync>,
    /// Space was pressed on a row, where rows can be chosen.
    pub choose: Option<Arc<dyn Fn(u32) + Send + Sync>>,
    /// A column's head was clicked.
    pub sort: Arc<dyn Fn(usize) + Send + Sync>,
    /// In a tree table: open (or close) a row, by the second value.
    pub expand: Arc<dyn Fn(u32, bool) + Send + Sync>,
    /// The other button on a row, a long press, or Shift+F10, where something is to be done then: at CSS pixels of the
    /// window.
    pub menu: Option<Arc<dyn Fn(f64, f64) + Send + Sync>>,
    /// In a tree table: a row's depth from 0, and whether it is open (`None` without children).
    pub branch: Arc<dyn Fn(u32) -> Option<Branch> + Send + Sync>,
}

/// A row's place in a tree table: depth from 0, and whether it is open (`None` without children).
pub type Branch = (u32, Option<bool>);

impl Default for Actions {
    fn default() -> Self {
        Self {
            select: Arc::new(|_| true),
            click: None,
            open: Arc::new(|_| {}),
            choose: None,
            sort: Arc::new(|_| {}),
            expand: Arc::new(|_, _| {}),
            menu: None,
            branch: Arc::new(|_| None),
        }
    }
}

/// The rows to show for a scroll position.
fn visible(scroll_top: f64, height: f64, rows: u32) -> Range<u32> {
    let first = (scroll_top / ROW).floor().max(0.0) as u32;
    let count = (height / ROW).ceil() as u32 + 1;
    first.saturating_sub(MARGIN).min(rows)..first.saturating_add(count).saturating_add(MARGIN).min(rows)
}

/// The table. `label` names it for screen readers; `empty` is shown instead of no rows,
/// once they are `loaded`.
#[component]
pub fn Table(
    label: &'static str,
    columns: Vec<Column>,
    rows: Signal<u32>,
    row: Arc<dyn Fn(u32) -> Option<Row> + Send + Sync>,
    window: RwSignal<Range<u32>>,
    selected: Signal<Option<u32>>,
    actions: Actions,
    #[prop(optional)] tree: bool,
    /// Whether widths of columns can be changed.
    #[prop(optional)]
    resizable: bool,
    #[prop(default = Signal::stored(true))] loaded: Signal<bool>,
    #[prop(into)] empty: String,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let size = observed_size(node);
    let scroll = RwSignal::new(0.0_f64);
    effect(move || {
        let range = visible(scroll.get(), size.get().1, rows.get());
        if window.get_untracked() != range {
            window.set(range);
        }
    });
    // A row that was gone to with the keys before it was there.
    let pending = RwSignal::new(None::<u32>);
    // A new order begins at its top, wherever it puts the selection.
    let reordered = RwSignal::new(false);
    // What is selected elsewhere comes into view here.
    effect(move || {
        if let (Some(index), Some(table)) = (selected.get(), node.get_untracked())
            && pending.get_untracked().is_none()
            && !reordered.get_untracked()
        {
            bring_into_view(&table, index);
            // Rows that came with the selection have no height yet: there is nothing to scroll to.
            if !is_tall_enough(&table, index) {
                request_animation_frame(move || {
                    if selected.try_get_untracked().flatten() == Some(index) {
                        bring_into_view(&table, index);
                    }
                });
            }
        }
        reordered.set(false);
    });
    Effect::new({
        let (row, select) = (Arc::clone(&row), Arc::clone(&actions.select));
        move |_| {
            if let Some(index) = pending.get()
                && row(index).is_some()
                && untrack(|| select(index))
            {
                pending.set(None);
            }
        }
    });
    let go_to = {
        let select = Arc::clone(&actions.select);
        move |index: u32| {
            pending.set(if select(index) { None } else { Some(index) });
            if let Some(table) = node.get_untracked() {
                bring_into_view(&table, index);
            }
        }
    };
    let sort = {
        let sort = Arc::clone(&actions.sort);
        let sort: Arc<dyn Fn(usize) + Send + Sync> = Arc::new(move |column| {
            reordered.set(true);
            if let Some(table) = node.get_untracked() {
                table.set_scroll_top(0);
            }
            sort(column);
        });
        sort
    };

    let id = format!("table-{}", label.to_ascii_lowercase().replace(' ', "-"));
    let widths = Widths::of(&id, resizable);
    let wide: Vec<_> = columns.iter().map(|column| (column.key, column.width)).collect();
    let template = Memo::new(move |_| {
        let widths: Vec<String> = wide.iter().map(|&(key, width)| widths.width(key, width)).collect();
        // Rows are as wide as their columns ask for at least, whatever is in their cells.
        let least: f64 = widths.iter().map(|width| pixels(narrow(width))).sum();
        (widths.join(" "), format!("{least}px"))
    });
    // The column it is sorted by is in sight, also where the table is wider than the screen.
    let sorted: Vec<_> = columns.iter().filter_map(|column| column.sorted).collect();
    if !sorted.is_empty() {
        effect(move || {
            sorted.iter().for_each(|sorted| sorted.track());
            size.track();
            request_animation_frame(move || {
                if let Some(table) = node.try_get_untracked().flatten() {
                    bring_sorted_into_sight(&table);
                }
            });
        });
    }
    // On a narrow screen the leading column is the first, with a width of its own.
    let others = columns.iter().filter(|column| !column.leading).map(|column| narrow(column.width));
    // A name needs room; a moment does not.
    let leading = columns.iter().find(|column| column.leading).map_or("46vw", |column| {
        match pixels(narrow(column.width)) {
            width if width > 0.0 && width < 140.0 => narrow(column.width),
            _ => "46vw",
        }
    });
    let narrow_template = std::iter::once(leading).chain(others).collect::<Vec<_>>().join(" ");
    let narrow_least: f64 =
        columns.iter().filter(|column| !column.leading).map(|column| pixels(narrow(column.width))).sum();
    let count = columns.len();
    let kinds: Vec<(bool, bool)> = columns.iter().map(|column| (column.number, column.leading)).collect();
    let heads: Vec<_> = columns
        .into_iter()
        .enumerate()
        .map(|(index, column)| head(index, column, Arc::clone(&sort), widths))
        .collect();

    let row_id = {
        let id = id.clone();
        move |index: u32| format!("{id}-{index}")
    };
    let active = {
        let row_id = row_id.clone();
        move || {
            let index = selected.get()?;
            window.get().contains(&index).then(|| row_id(index))
        }
    };
    let on_key = {
        let actions = actions.clone();
        move |event: KeyboardEvent| {
            let page = (size.get_untracked().1 / ROW).max(2.0) as u32 - 1;
            let from = pending.get_untracked().or(selected.get_untracked());
            if key(&event, rows.get_untracked(), from, page, &actions, &go_to) {
                event.prevent_default();
                event.stop_propagation();
            }
        }
    };
    let long = LongPress::new();
    let open_menu = {
        let (menu, select) = (actions.menu.clone(), Arc::clone(&actions.select));
        // A row that is pointed at is selected first: the menu is about the selection.
        move |target: Option<web_sys::EventTarget>, x: f64, y: f64| {
            let Some(menu) = &menu else { return false };
            let index = pointed_at(target).or(selected.get_untracked());
            if index.is_some_and(|index| select(index)) {
                menu(x, y);
            }
            true
        }
    };
    let open_menu: Arc<dyn Fn(Option<web_sys::EventTarget>, f64, f64) -> bool + Send + Sync> =
        Arc::new(open_menu);
    let on_menu = {
        let open_menu = Arc::clone(&open_menu);
        move |event: web_sys::MouseEvent| {
            let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
            if open_menu(event.target(), x, y) {
                event.prevent_default();
            }
        }
    };
    let on_down = {
        let open_menu = Arc::clone(&open_menu);
        move |event: web_sys::PointerEvent| {
            let (open_menu, target) = (Arc::clone(&open_menu), event.target());
            long.start(&event, move |x, y| {
                open_menu(target, x, y);
            });
        }
    };
    let on_key = {
        let on_key = on_key.clone();
        move |event: KeyboardEvent| {
            if event.key() == "ContextMenu" || (event.key() == "F10" && event.shift_key()) {
                let table = node.get_untracked().map(|table| table.get_bounding_client_rect());
                let (x, y) = table.map_or((40.0, 40.0), |place| (place.left() + 80.0, place.top() + 60.0));
                if open_menu(None, x, y) {
                    event.prevent_default();
                }
                return;
            }
            on_key(event);
        }
    };
    let drawn = move |index: u32| {
        let (row, kinds) = (Arc::clone(&row), kinds.clone());
        let (branch_level, branch_open) = (Arc::clone(&actions.branch), Arc::clone(&actions.branch));
        let (select, click, open) =
            (Arc::clone(&actions.select), actions.click.clone(), Arc::clone(&actions.open));
        // The data behind an index may change while the row stays.
        let cells = move || {
            let Row { cells, faint } = row(index).unwrap_or_else(|| waiting(count));
            cells
                .into_iter()
                .zip(&kinds)
                .map(|(cell, &(number, leading))| {
                    view! {
                        <div class="cell" class:number=number class:leading=leading class:faint=faint role="gridcell">
                            {cell}
                        </div>
                    }
                })
                .collect::<Vec<_>>()
        };
        view! {
            <div
                class="row"
                role="row"
                id=row_id(index)
                aria-rowindex=(index + 2).to_string()
                aria-selected=move || (selected.get() == Some(index)).to_string()
                aria-expanded=move || branch_open(index).and_then(|(_, open)| open).map(|open| open.to_string())
                style:transform=format!("translateY({}px)", f64::from(index) * ROW)
                on:click=move |_| match &click {
                    Some(click) => click(index),
                    None => {
                        select(index);
                    }
                }
                on:dblclick=move |_| open(index)
            >
                {cells}
            </div>
        }
        // An attribute that leptos does not know.
        .add_any_attr(custom_attribute("aria-level", move || {
            branch_level(index).map(|(level, _)| (level + 1).to_string())
        }))
    };

    view! {
        <div
            class="table"
            role=if tree { "treegrid" } else { "grid" }
            aria-label=label
            aria-rowcount=move || (rows.get() + 1).to_string()
            aria-activedescendant=active
            tabindex="0"
            node_ref=node
            style:--columns=move || template.get().0
            style:--narrow-columns=narrow_template
            style:--least=move || template.get().1
            style:--narrow-least=format!("calc({leading} + {narrow_least}px)")
            on:scroll=move |_| {
                if let Some(table) = node.get_untracked() {
                    scroll.set(f64::from(table.scroll_top()));
                }
            }
            on:keydown=on_key
            on:contextmenu=on_menu
            on:pointerdown=on_down
            on:pointermove=move |event| {
                if event.movement_x().abs() + event.movement_y().abs() > 3 {
                    long.end();
                }
            }
            on:pointerup=move |_| long.end()
            on:pointercancel=move |_| long.end()
        >
            <div class="row head" role="row" aria-rowindex="1">{heads}</div>
            <div class="rows" role="rowgroup" style:height=move || format!("{}px", f64::from(rows.get()) * ROW)>
                <For each=move || window.get() key=|index| *index children=drawn />
            </div>
            <Show when=move || loaded.get() && rows.get() == 0>
                <p class="empty">{empty.clone()}</p>
            </Show>
        </div>
    }
}

/// A row whose data is on its way.
fn waiting(columns: usize) -> Row {
    Row { cells: (0..columns).map(|_| ().into_any()).collect(), faint: true }
}

/// Whether a table is as tall as it is with this row, the head included.
fn is_tall_enough(table: &web_sys::HtmlDivElement, index: u32) -> bool {
    f64::from(table.scroll_height()) >= (f64::from(index) + 2.0) * ROW
}

fn bring_into_view(table: &web_sys::HtmlDivElement, index: u32) {
    // The head covers one row's height at the top.
    let top = f64::from(index) * ROW;
    let (scroll, height) = (f64::from(table.scroll_top()), f64::from(table.client_height()) - ROW);
    if height <= 0.0 {
        return;
    }
    if top < scroll {
        table.set_scroll_top(top as i32);
    } else if top + ROW > scroll + height {
        table.set_scroll_top((top + ROW - height) as i32);
    }
}

/// Handles a key on the table; says whether it did.
fn key(
    event: &KeyboardEvent,
    rows: u32,
    selected: Option<u32>,
    page: u32,
    actions: &Actions,
    go_to: &dyn Fn(u32),
) -> bool {
    if rows == 0 || event.ctrl_key() || event.meta_key() || event.alt_key() || on_button(event) {
        return false;
    }
    let last = rows - 1;
    let branch = |index| untrack(|| (actions.branch)(index));
    let target = match (event.key().as_str(), selected) {
        ("ArrowDown" | "j", None) | ("Home", _) => 0,
        ("ArrowDown" | "j", Some(index)) => (index + 1).min(last),
        ("ArrowUp" | "k", index) => index.unwrap_or(0).saturating_sub(1),
        ("PageDown", index) => index.unwrap_or(0).saturating_add(page).min(last),
        ("PageUp", index) => index.unwrap_or(0).saturating_sub(page),
        ("End", _) => last,
        ("Enter", Some(index)) => {
            (actions.open)(index);
            return true;
        }
        (" ", Some(index)) => {
            let Some(choose) = &actions.choose else { return false };
            choose(index);
            return true;
        }
        ("ArrowRight", Some(index)) => match branch(index) {
            Some((_, Some(false))) => {
                (actions.expand)(index, true);
                return true;
            }
            Some((_, Some(true))) => (index + 1).min(last),
            _ => return false,
        },
        ("ArrowLeft", Some(index)) => match branch(index) {
            Some((_, Some(true))) => {
                (actions.expand)(index, false);
                return true;
            }
            // To the parent: the nearest row above that is less deep.
            Some((level, _)) => {
                let parent =
                    (0..index).rev().find(|&above| branch(above).is_some_and(|(other, _)| other < level));
                parent.unwrap_or(index)
            }
            None => return false,
        },
        _ => return false,
    };
    go_to(target);
    true
}

/// The row that something happened on.
fn pointed_at(target: Option<web_sys::EventTarget>) -> Option<u32> {
    let element = target?.dyn_into::<web_sys::Element>().ok()?;
    let row = element.closest("[role=rowgroup] [aria-rowindex]").ok()??;
    row.get_attribute("aria-rowindex")?.parse::<u32>().ok()?.checked_sub(2)
}

/// Whether the key was pressed on a button in the table, which has its own keys; a box that is ticked has one.
fn on_button(event: &KeyboardEvent) -> bool {
    let element = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    element.is_some_and(|element| match element.tag_name().as_str() {
        "BUTTON" => true,
        "INPUT" => event.key() == " ",
        _ => false,
    })
}
