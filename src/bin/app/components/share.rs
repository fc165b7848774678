//! The menu "Share": what can be handed on of what is open.

use flamedrop::export::table::Form;
use flamedrop::protocol::{ContentOverview, Export, Overview, QueryColumn};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, Node};

use super::icons;
use crate::canvas;
use crate::document::{OpenDocument, Sort};
use crate::judgement;
use crate::save::{self, ExportAs};
use crate::state::{State, state};
use crate::view::View;

/// Id of the menu.
const MENU: &str = "share-menu";

/// The button and its menu.
#[component]
pub fn Share() -> impl IntoView {
    let state = state();
    let open = RwSignal::new(false);
    let place = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    let usable = move || {
        state.documents.with(|documents| documents.iter().any(|document| document.overview().is_some()))
    };
    let close = move || {
        open.set(false);
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    window_event_listener(leptos::ev::pointerdown, move |event| {
        let inside = event
            .target()
            .and_then(|target| target.dyn_into::<Node>().ok())
            .zip(place.get_untracked())
            .is_some_and(|(target, place)| place.contains(Some(&target)));
        if open.get_untracked() && !inside {
            open.set(false);
        }
    });
    let items = move || {
        let item = move |label: String, act: Box<dyn Fn()>| {
            view! {
                <button type="button" role="menuitem" tabindex="-1" on:click=move |_| {
                    close();
                    act();
                }>{label}</button>
            }
        };
        let mut items =
            vec![item("Save as page…".to_owned(), Box::new(move || state.sharing.set(true))).into_any()];
        if let Some((document, overview)) =
            state.active.get().and_then(|document| Some((document, document.overview()?)))
        {
            items.push(view! { <div role="separator"></div> }.into_any());
            for (label, what) in exports(state, document, &overview) {
                let act = Box::new(move || save::export(state, document, what.clone()));
                items.push(item(label, act).into_any());
            }
            if canvas::on_screen().is_some() {
                items.push(
                    item("Picture as SVG".to_owned(), Box::new(move || save::picture(state, document)))
                        .into_any(),
                );
                for (label, copied) in [("Picture as PNG", false), ("Copy picture as PNG", true)] {
                    let act = Box::new(move || save::picture_as_png(state, document, copied));
                    items.push(item(label.to_owned(), act).into_any());
                }
            }
        }
        items
    };
    let on_key = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => Some(1),
            "ArrowUp" => Some(-1),
            "Home" => Some(i32::MIN),
            "End" => Some(i32::MAX),
            "Escape" if open.get_untracked() => {
                close();
                event.stop_propagation();
                None
            }
            "Tab" => {
                open.set(false);
                None
            }
            _ => None,
        };
        if let Some(step) = step {
            event.prevent_default();
            event.stop_propagation();
            open.set(true);
            focus(step);
        }
    };
    view! {
        <div class="share" node_ref=place on:keydown=on_key>
            <button
                type="button"
                class="share-button"
                node_ref=button
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-controls=MENU
                disabled=move || !usable()
                title="Save as page, export"
                on:click=move |event| {
                    open.update(|open| *open = !*open);
                    // From the keyboard.
                    if event.detail() == 0 && open.get_untracked() {
                        focus(i32::MIN);
                    }
                }
            >
                <span>"Share"</span>
                {icons::down()}
            </button>
            <div class="menu" role="menu" id=MENU aria-label="Share" hidden=move || !open.get()>
                // As it was when it was opened: what is made anew below a focused item takes the focus away.
                {move || open.get().then(|| untrack(items))}
            </div>
        </div>
    }
}

/// What can be written of the document, as it is shown.
fn exports(state: State, document: OpenDocument, overview: &Overview) -> Vec<(String, ExportAs)> {
    let mut exports = Vec::new();
    let filter = document.search_text();
    let mut table = |what: &str, endings: [&'static str; 2], of: &dyn Fn(Form) -> Export| {
        for (label, form, ending) in [
            ("CSV", Form::Csv, endings[0]),
            ("JSON", Form::Json, endings[1]),
            ("Markdown", Form::Markdown, ""),
        ] {
            let copied = form == Form::Markdown;
            let label = if copied { format!("Copy {what} as {label}") } else { format!("{what} as {label}") };
            // At the head of a line.
            let label = label[..1].to_ascii_uppercase() + &label[1..];
            exports.push((label, ExportAs { export: of(form), ending, copied }));
        }
    };
    match (&overview.content, document.view.get()) {
        (ContentOverview::Schema(_), _) => {}
        (_, View::Findings) => {
            let settings = judgement::settings(state);
            table("findings", [".findings.csv", ".findings.json"], &|form| Export::Findings {
                settings: settings.clone(),
                form,
            });
        }
        (ContentOverview::Profile(_), View::Callers) => {
            if let Some(function) = document.function.get() {
                table("callers and callees", [".callers.csv", ".callers.json"], &|form| Export::Neighbours {
                    function,
                    form,
                });
            }
        }
        (ContentOverview::Profile(_), _) => {
            let Sort { column: sort, descending } = document.function_sort.get();
            table("functions", [".functions.csv", ".functions.json"], &|form| Export::Functions {
                sort,
                descending,
                filter: filter.clone(),
                form,
            });
        }
        (ContentOverview::Requests(_), _) => {
            table("routes", [".routes.csv", ".routes.json"], &|form| Export::Queries {
                sort: QueryColumn::Total,
                descending: true,
                filter: filter.clone(),
                form,
            });
        }
        (ContentOverview::Queries(_), _) => {
            // As it is grouped and sorted, the table's own menu writes it.
            table("queries", [".queries.csv", ".queries.json"], &|form| Export::Queries {
                sort: QueryColumn::Total,
                descending: true,
                filter: filter.clone(),
                form,
            });
        }
    }
    if matches!(overview.content, ContentOverview::Profile(_)) {
        for (label, export, ending) in [
            ("Profile for speedscope", Export::Speedscope, ".speedscope.json"),
            ("Profile as folded stacks", Export::Folded, ".folded.txt"),
            ("Profile for KCachegrind", Export::Callgrind, ".callgrind"),
        ] {
            exports.push((label.to_owned(), ExportAs { export, ending, copied: false }));
        }
    }
    exports
}

/// Focuses the item so many steps on; the first or last for the smallest or largest number.
fn focus(step: i32) {
    leptos::task::spawn_local(async move {
        // Once the menu is there.
        gloo_timers::future::TimeoutFuture::new(0).await;
        let items: Vec<HtmlElement> = crate::embedded::elements("#share-menu [role=menuitem]")
            .into_iter()
            .filter_map(|item| item.dyn_into().ok())
            .collect();
        if items.is_empty() {
            return;
        }
        let active = document().active_element();
        let now =
            items.iter().position(|item| Some(AsRef::<web_sys::Element>::as_ref(item)) == active.as_ref());
        let last = items.len() - 1;
        let next = match (step, now) {
            (i32::MAX, _) => last,
            (1, Some(now)) => {
                if now == last {
                    0
                } else {
                    now + 1
                }
            }
            (-1, Some(now)) => {
                if now == 0 {
                    last
                } else {
                    now - 1
                }
            }
            (-1, None) => last,
            _ => 0,
        };
        let _ = items[next].focus();
    });
}
