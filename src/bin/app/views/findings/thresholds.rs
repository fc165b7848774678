//! When rules speak up: every threshold with its unit, its default and where that comes from.

use flamedrop::findings::settings::{self, Threshold, Unit};
use flamedrop::findings::{About, CATALOGUE};
use leptos::prelude::*;

use crate::state::State;
use crate::text::number;

/// All thresholds back to their defaults.
pub fn reset(state: State) {
    state.judging.set_thresholds(|settings| *settings = settings::Settings::default());
}

/// The disclosure with all rules.
pub fn thresholds(state: State) -> AnyView {
    let rules: Vec<_> = CATALOGUE
        .iter()
        .filter(|about| !about.thresholds.is_empty())
        .map(|&about| {
            let rows: Vec<_> =
                about.thresholds.iter().map(|threshold| row(state, about, threshold)).collect();
            view! { <section class="rule"><h3>{about.title}</h3><ul>{rows}</ul></section> }
        })
        .collect();
    let changed = move || state.judging.changed_thresholds() > 0;
    view! {
        <details class="fold thresholds">
            <summary><h2>"Thresholds"</h2></summary>
            <p class="hint">"A change is kept in this browser, for all files."</p>
            {rules}
            <p class="actions"><button type="button" disabled=move || !changed() on:click=move |_| reset(state)>"Reset all"</button></p>
        </details>
    }
    .into_any()
}

fn row(state: State, about: &'static About, threshold: &'static Threshold) -> AnyView {
    let name = settings::name(about, threshold);
    // Shares are typed as per cent.
    let (unit, factor) = match threshold.unit {
        Unit::Count => ("", 1.0),
        Unit::Milliseconds => ("ms", 1.0),
        Unit::Share => ("%", 100.0),
    };
    let spelt = move |value: f64| {
        // Without what binary fractions add.
        ((value * factor * 1e6).round() / 1e6).to_string()
    };
    let shown = move || spelt(state.judging.thresholds().get(about, threshold));
    let changed = move || shown() != spelt(threshold.default);
    let set = {
        let name = name.clone();
        move |value: Option<f64>| {
            state.judging.set_thresholds(|settings| {
                let value = value.filter(|value| *value != threshold.default);
                // What is no value stays as it was.
                let _ = settings.set(&name, value);
            });
        }
    };
    let typed = {
        let set = set.clone();
        move |event: web_sys::Event| {
            let input: web_sys::HtmlInputElement = event_target(&event);
            match number(&input.value()) {
                Some(value) if value >= 0.0 => set(Some(value / factor)),
                _ => input.set_value(&untrack(shown)),
            }
        }
    };
    let default = format!(
        "Default {}{}{unit} ({}).",
        spelt(threshold.default),
        if unit.is_empty() { "" } else { " " },
        threshold.source
    );
    view! {
        <li>
            <label for=name.clone()>{threshold.title}</label>
            <span class="field"><input type="number" id=name.clone() min="0" step="any" prop:value=shown on:change=typed /> {unit}</span>
            <button type="button" class="link" disabled=move || !changed() on:click=move |_| set(None) aria-label=format!("Reset: {}", threshold.title)>"Reset"</button>
            <small>{default}</small>
        </li>
    }
    .into_any()
}
