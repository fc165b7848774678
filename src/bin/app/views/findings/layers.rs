//! The layers of a profile as one bar, with the largest named.

use flamedrop::draw::Theme;
use flamedrop::findings::Summary;
use flamedrop::format;
use leptos::prelude::*;

use crate::components::legend::css;
use crate::state::State;

/// Nothing for a log alone: it has no layers.
pub fn layers_bar(state: State, summary: &Summary) -> AnyView {
    if summary.layers.is_empty() {
        return ().into_any();
    }
    let unit = summary.unit;
    let theme = move || if state.dark() { Theme::DARK } else { Theme::LIGHT };
    let whole: f64 = summary.layers.iter().map(|(_, time)| time).sum();
    let bottleneck = summary.most();
    // One unit for the column, so that its numbers can be compared by eye.
    let column = unit.column(summary.layers.iter().map(|(_, time)| time / 1e3).fold(0.0, f64::max));
    let segments: Vec<_> = summary
        .named_layers()
        .map(|(layer, time)| {
            let colour = move || css(theme().layer(layer).fill);
            let width = format!("{:.3}%", time / whole * 100.0);
            let title = format!("{}: {}", layer.title(), unit.thousandths(time));
            view! { <span style:width=width style:background-color=colour title=title></span> }
        })
        .collect();
    let rows: Vec<_> = summary
        .named_layers()
        .map(|(layer, time)| {
            let colour = move || css(theme().layer(layer).fill);
            view! {
                <li>
                    <span class="key" style:background-color=colour aria-hidden="true"></span>
                    <span class="name">{layer.title()}</span>
                    <span class="value">{format!("{} {}", column.milliseconds(time), column.unit.symbol())}</span>
                    <span class="percent">{format::percent(time / whole)}</span>
                </li>
            }
        })
        .collect();
    view! {
        <p class="bottleneck">{bottleneck}</p>
        <div class="layers" aria-hidden="true">{segments}</div>
        <ul class="layers-legend" aria-label="Layers">{rows}</ul>
    }
    .into_any()
}
