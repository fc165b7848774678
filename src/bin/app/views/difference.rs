//! A profile beside others of the same program: what a change did to each function, as a table and as a flame graph.

mod graph;
mod sides;
mod table;

use flamedrop::draw::difference::signed;
use flamedrop::format;
use flamedrop::protocol::ComparedOverview;
use leptos::prelude::*;

use self::graph::Graph;
use self::sides::Sides;
use self::table::Functions;
use crate::comparison::{Compared, Picture, Side, follow};
use crate::components::switch::switch_buttons;
use crate::document::OpenDocument;
use crate::state::state;

/// The view.
#[component]
pub fn Difference(document: OpenDocument) -> impl IntoView {
    let comparison = document.comparison;
    follow(state(), document);
    let compared = comparison.compared;
    // Not made anew for what is only sorted or selected.
    let there = Memo::new(move |_| match compared.get() {
        Compared::There(number, overview) => Some((number, overview)),
        _ => None,
    });
    let content = move || match there.get() {
        None => {
            let text = compared.with(|compared| match compared {
                Compared::Nothing => NOTHING.to_owned(),
                Compared::Not(problem) => problem.clone(),
                Compared::Waiting | Compared::There(..) => String::new(),
            });
            view! { <p class="empty">{text}</p> }.into_any()
        }
        Some((_, overview)) => match comparison.picture.get() {
            Picture::Table => view! { <Functions document overview=*overview /> }.into_any(),
            Picture::Graph => view! { <Graph document overview=*overview /> }.into_any(),
        },
    };
    let said = move || there.get().map(|(_, overview)| sentence(&overview, comparison.by_share.get()));
    let choices = move || {
        there.get().map(|_| {
            let pictures = switch_buttons([Picture::Table, Picture::Graph], comparison.picture, |picture| match picture {
                Picture::Table => "Functions",
                Picture::Graph => "Flame graph",
            });
            view! {
                <div class="switch" role="group" aria-label="Show">{pictures}</div>
                <label class="choice">
                    "Compare "
                    <select on:change=move |event| comparison.by_share.set(event_target_value(&event) == "share")>
                        <option value="time" selected=move || !comparison.by_share.get()>"as measured"</option>
                        <option value="share" selected=move || comparison.by_share.get()>"shares of all"</option>
                    </select>
                </label>
            }
        })
    };
    let proportions = move || {
        (comparison.picture.get() == Picture::Graph && there.with(Option::is_some)).then(|| {
            let buttons =
                switch_buttons([Side::Before, Side::After], comparison.proportions, |side| match side {
                    Side::Before => "Before",
                    Side::After => "After",
                });
            view! {
                <span class="choice">"Proportions "</span>
                <div class="switch" role="group" aria-label="In the proportions of">{buttons}</div>
            }
        })
    };
    view! {
        <div class="difference">
            <div class="view-bar">
                <Sides document />
                {choices}
                {proportions}
                <p class="sum" role="status">{said}</p>
            </div>
            {content}
        </div>
    }
}

const NOTHING: &str = "Choose a recording of the same program from before the change. Every open profile can be chosen: \
                       drop it here as well.";

/// Both sides in a sentence.
fn sentence(overview: &ComparedOverview, by_share: bool) -> String {
    let (before, after) = (overview.before.total, overview.after.total);
    let unit = overview.unit;
    let change = after - before;
    let share = if before > 0.0 {
        format!(" ({})", signed(format::percent((change / before).abs()), change))
    } else {
        String::new()
    };
    let runs = |names: &[String]| match names.len() {
        1 => String::new(),
        count => format!(" on average of {count}"),
    };
    let chance = match overview.clear {
        Some(false) => ", not significant",
        _ => "",
    };
    let scaled = if by_share && (overview.by_share - 1.0).abs() > 1e-3 {
        format!(" Times before × {:.3}.", overview.by_share)
    } else {
        String::new()
    };
    format!(
        "{}{} before, {}{} after: {}{share}{chance}. {} new, {} gone.{scaled}",
        unit.text(before),
        runs(&overview.before.names),
        unit.text(after),
        runs(&overview.after.names),
        signed(unit.text(change.abs()), change),
        format::count(i64::from(overview.new)),
        format::count(i64::from(overview.gone)),
    )
}
