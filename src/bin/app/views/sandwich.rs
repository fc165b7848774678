//! A function between those who call it and what it calls: two flame graphs, and the table of functions beside them.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::profile::transform::Turned;
use flamedrop::protocol::{ProfileOverview, Request, Response};
use leptos::prelude::*;

use super::box_card::{BoxCard, spoken};
use super::callers::select_heaviest;
use super::flame::Chart;
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
            let (name, place) = spelt(&detail.row);
            let share = |part: f64| format::percent(part);
            view! {
                <h2>{name}</h2>
                <p class="place">{if place.is_empty() { "built in".to_owned() } else { place }}</p>
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
    let answer = answers(
        document,
        move || {
            let turned = Some(turned(document.function.get()?));
            Some(Request::Tree { hide_imports: document.hides_imports(), turned })
        },
        |response| match response {
            Response::Tree(tree) => Some(Arc::new(tree)),
            _ => None,
        },
    );
    let tree = Signal::derive(move || answer.get().map(|(_, tree)| tree));
    let (zoomed, selected) = (RwSignal::new(None::<u32>), RwSignal::new(None::<u32>));
    // Boxes of another function's tree are others.
    crate::effect::effect(move || {
        tree.track();
        zoomed.set(None);
        selected.set(None);
    });
    let chart = Chart::new(document, tree, zoomed, selected, Signal::stored(drawing), true);
    chart.follow();
    let says = move || {
        let Some(boxes) = chart.boxes.get() else { return format!("{label}: loading") };
        let count = format::count(boxes.len() as i64);
        format!("{label}: {count} boxes. Arrow keys walk them, Enter goes to a box's function.")
    };
    let current = move || match (chart.boxes.get(), selected.get()) {
        (Some(boxes), Some(index)) => spoken(&boxes, index),
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
