//! A function between those who call it and what it calls: two flame graphs, and the table of functions beside them.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::profile::transform::Turned;
use flamedrop::protocol::{ProfileOverview, Request, Response, Sight};
use leptos::prelude::*;

use super::box_card::{BoxCard, spoken};
use super::callers::select_heaviest;
use super::details::place_line;
use super::flame::{Chart, Closer};
use super::functions::{Functions, spelt};
use crate::canvas::Canvas;
use crate::document::{OpenDocument, answers, selected_function};
use crate::view::Drawing;

/// The view.
#[component]
pub fn Sandwich(document: OpenDocument, overview: ProfileOverview) -> impl IntoView {
    select_heaviest(document);
    let detail = selected_function(document);
    let (unit, total) = (overview.unit, overview.total);
    let middle = move || {
        detail.get().map(|detail| {
            let (name, _) = spelt(&detail.row);
            let share = |part: f64| format::percent(part);
            view! {
                <h2>{name}</h2>
                <p class="place">{place_line(&detail.row)}</p>
                <p class="times">
                    {format!("Total {}, {}", detail.row.total_text(unit), share(detail.row.total_share(total)))}
                    " · "
                    {format!("Self {}, {}", unit.text(detail.row.self_time), share(detail.row.self_share(total)))}
                </p>
            }
        })
    };
    view! {
        <div class="sandwich">
            <div class="beside"><Functions document overview brief=true /></div>
            <div class="halves">
                <Half document label="Callers" turned=Turned::Callers drawing=Drawing::Flame is_main=false />
                <header class="summary">{middle}</header>
                <Half document label="Callees" turned=Turned::Callees drawing=Drawing::Icicle is_main=true />
            </div>
        </div>
    }
}

/// Callers above, or callees below.
#[component]
fn Half(
    document: OpenDocument,
    label: &'static str,
    turned: fn(u32) -> Turned,
    drawing: Drawing,
    is_main: bool,
) -> impl IntoView {
    let sight = RwSignal::new((None::<u32>, Sight::default()));
    let answer = answers(
        document,
        move || {
            let function = document.function.get()?;
            let turned = Some(turned(function));
            // What was seen of another function's is of no use.
            let sight = sight
                .with(|(of, sight)| if *of == Some(function) { sight.clone() } else { Sight::default() });
            Some(Request::Tree {
                hide_imports: document.hides_imports(),
                turned,
                sight: Some(Box::new(sight)),
            })
        },
        |response| match response {
            Response::Tree(tree) => Some(Arc::new(tree)),
            _ => None,
        },
    );
    let tree = Signal::derive(move || answer.get().map(|(_, tree)| tree));
    let (zoomed, selected) = (RwSignal::new(None::<u32>), RwSignal::new(None::<u32>));
    // Boxes of another function's tree are others.
    let of = StoredValue::new(None::<(Option<Turned>, u32)>);
    crate::effect::effect(move || {
        let now = tree.with(|tree| tree.as_ref().map(|tree| (tree.turned, tree.boxes)));
        if of.get_value() != now {
            of.set_value(now);
            zoomed.set(None);
            selected.set(None);
        }
    });
    let closer = Some(Closer { sight, document });
    let chart = Chart::new(document, tree, zoomed, selected, Signal::stored(drawing), closer);
    chart.follow();
    let says = move || {
        let Some(boxes) = chart.boxes.get() else { return format!("{label}: loading") };
        let count = format::count(i64::from(boxes.tree().boxes));
        format!("{label}: {count} boxes. Arrow keys walk them, Enter goes to a box's function.")
    };
    let current = move || match (chart.boxes.get(), selected.get()) {
        (Some(boxes), Some(place)) => {
            boxes.tree().at_place(place).map_or_else(String::new, |index| spoken(&boxes, index))
        }
        _ => String::new(),
    };
    view! {
        <section class="half" aria-label=label>
            <h2>{label}</h2>
            <Canvas
                label=Signal::derive(says)
                description="flame graph"
                watch=move || chart.watch()
                paint=move |surface, measure| chart.paint(surface, measure)
                gesture=move |gesture| chart.on_gesture(gesture)
                key=move |event| chart.on_key(event)
                is_main
                surface=chart.surface
                pointing=Signal::derive(move || chart.hover.with(Option::is_some))
            >
                {move || chart.boxes.get().map(|boxes| view! { <BoxCard boxes over=chart.hover surface=chart.surface /> })}
            </Canvas>
            <p class="visually-hidden" aria-live="polite">{current}</p>
        </section>
    }
}
