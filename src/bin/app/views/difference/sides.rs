//! Which recordings are compared.

use leptos::prelude::*;

use crate::comparison::{Side, others};
use crate::document::OpenDocument;
use crate::state::state;

/// The recording from before the change, and where several runs of the same are open, on which side each is.
#[component]
pub fn Sides(document: OpenDocument) -> impl IntoView {
    let state = state();
    let comparison = document.comparison;
    let open = Memo::new(move |_| {
        others(state, document).into_iter().map(|other| (other.id(), other.name.get())).collect::<Vec<_>>()
    });
    let by_id = move |id: u32| others(state, document).into_iter().find(|other| other.id() == id);
    let before = move || {
        let sides = comparison.sides.get();
        let mut all = sides.iter().filter(|(_, side)| *side == Side::Before).map(|(id, _)| *id);
        (all.next(), all.count())
    };
    let options = move || {
        let (chosen, _) = before();
        let none = view! { <option value="" selected=chosen.is_none()>"choose…"</option> };
        let option = |(id, name): (u32, String)| {
            view! { <option value=id.to_string() selected=chosen == Some(id)>{name}</option> }
        };
        (none, open.get().into_iter().map(option).collect::<Vec<_>>())
    };
    let choose = move |event: web_sys::Event| {
        let chosen = event_target_value(&event).parse::<u32>().ok();
        let after = |sides: &mut Vec<(u32, Side)>| {
            sides.retain(|(id, side)| *side == Side::After && Some(*id) != chosen);
            sides.extend(chosen.map(|id| (id, Side::Before)));
        };
        comparison.sides.update(after);
    };
    let more = move || {
        (open.with(Vec::len) > 1).then(|| {
            let row = move |(id, name): (u32, String)| {
                let side = move || by_id(id).and_then(|other| comparison.side_of(other));
                let option = move |value: &'static str, text: &'static str, which: Option<Side>| {
                    view! { <option value=value selected=move || side() == which>{text}</option> }
                };
                let put = move |event: web_sys::Event| {
                    let side = match event_target_value(&event).as_str() {
                        "before" => Some(Side::Before),
                        "after" => Some(Side::After),
                        _ => None,
                    };
                    if let Some(other) = untrack(|| by_id(id)) {
                        comparison.put(other, side);
                    }
                };
                view! {
                    <li>
                        <label>
                            <span class="cut" title=name.clone()>{name.clone()}</span>
                            <select on:change=put>
                                {option("none", "not compared", None)}
                                {option("before", "before", Some(Side::Before))}
                                {option("after", "after", Some(Side::After))}
                            </select>
                        </label>
                    </li>
                }
            };
            let rows: Vec<_> = open.get().into_iter().map(row).collect();
            view! {
                <details class="recordings">
                    <summary>"Several runs"</summary>
                    <div>
                        <p class="hint">
                            "Several runs of each side say what is chance. This profile is one of those after the change."
                        </p>
                        <ul>{rows}</ul>
                    </div>
                </details>
            }
        })
    };
    view! {
        <label class="choice">
            "Before: "
            <select on:change=choose>{options}</select>
        </label>
        {move || before().1.checked_sub(1).map(|more| view! { <span class="choice">{format!("and {} more", more + 1)}</span> })}
        {more}
    }
}
