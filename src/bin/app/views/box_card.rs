//! What is said about a box: in the card beside the pointer, and to screen readers.

use std::sync::Arc;

use flamedrop::draw::flame::MORE;
use flamedrop::format;
use flamedrop::layout::boxes::{Boxes, Run};
use flamedrop::profile::call_tree::Certainty;
use flamedrop::profile::transform::Turned;
use flamedrop::protocol::Tree;
use leptos::prelude::*;

use super::functions::{layer_class, spelt};
use crate::canvas::Surface;
use crate::components::card::Card;

/// Functions of a merged box in the card.
const NAMED: usize = 6;

/// What the pointer is over, and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Over {
    /// A box, or several small ones.
    pub run: Run,
    /// CSS pixels on the canvas.
    pub x: f64,
    /// CSS pixels on the canvas.
    pub y: f64,
}

impl Over {
    /// The box, if it is a single one.
    pub fn single(self) -> Option<u32> {
        (self.run.count == 1).then_some(self.run.first)
    }
}

/// The card beside the pointer.
#[component]
pub fn BoxCard(boxes: Arc<Boxes>, over: RwSignal<Option<Over>>, surface: RwSignal<Surface>) -> impl IntoView {
    // The tree's, not the file's: it may have what the file lost.
    let total = boxes.total();
    let place = Signal::derive(move || over.get().map(|over| (over.x, over.y)));
    // Made anew for another box, not for another place.
    let run = Memo::new(move |_| over.get().map(|over| over.run));
    view! {
        <Card place surface>
            {move || run.get().map(|run| if run.count > 1 { several(&boxes, &run, total) } else { single(&boxes, run.first, total) })}
        </Card>
    }
}

fn several(boxes: &Boxes, run: &Run, total: f64) -> AnyView {
    let unit = boxes.tree().unit;
    let width = run.right - run.left;
    let count = format::count(i64::from(run.count));
    view! {
        <p class="name">{format!("{count} small boxes")}</p>
        <p class="note">{format!("{} together, {}; click to zoom", unit.text(width), format::percent(width / total))}</p>
    }
    .into_any()
}

fn single(boxes: &Boxes, index: u32, total: f64) -> AnyView {
    let tree = boxes.tree();
    let at = index as usize;
    let (total_time, self_time) = (tree.total_time[at], tree.self_time[at]);
    let (calls, samples) = (tree.calls_of(index), tree.samples_of(index));
    let (Some(row), Some((name, place))) = (boxes.function(index), boxed(tree, index)) else {
        return merged(boxes, index, total);
    };
    let unit = tree.unit;
    let recursive = tree.is_recursive(index);
    let per_call = |seconds: f64| {
        calls.map_or(String::new(), |calls| format!("{} per call", unit.text(seconds / calls)))
    };
    // Of what called it: a caller that is no time has no shares.
    let parent = boxes.parent(index).map(|parent| tree.total_time[parent as usize]).filter(|&all| all > 0.0);
    let (direction, tree_is_turned) = match tree.turned {
        None | Some(Turned::Callees(_)) => ("caller", false),
        Some(_) => ("callee", true),
    };
    let of_parent = parent.map(|all| format!("{} of the {direction}", format::percent(total_time / all)));
    let number = |label: &'static str, value: String, share: String, each: String| {
        view! { <tr><th>{label}</th><td>{value}</td><td>{share}</td><td>{each}</td></tr> }
    };
    view! {
        <p class="name"><span class=format!("swatch {}", layer_class(row))></span>{name}</p>
        <p class="place">{place}{row.is_module().then(|| format!(" {}", row.name))}</p>
        <table>
            {(!recursive).then(|| number("Total", unit.text(total_time), format::percent(total_time / total), per_call(total_time)))}
            {of_parent.map(|share| view! { <tr><th></th><td colspan="3">{share}</td></tr> })}
            {(!tree_is_turned).then(|| number("Self", unit.text(self_time), format::percent(self_time / total), per_call(self_time)))}
            {calls.map(|calls| number("Calls", format::calls(calls), String::new(), String::new()))}
            {samples.map(|samples| number("Samples", format::calls(samples), String::new(), String::new()))}
        </table>
        {recursive.then(|| view! { <p class="note">{RECURSIVE}</p> })}
        {certainty(boxes, index).map(|text| view! { <p class="note">{text}</p> })}
    }
    .into_any()
}

/// What the time of recursive calls is.
pub const RECURSIVE: &str =
    "Recursive calls: the function is on this stack already. What they call stands beside them.";

/// A box's name and place; `None` of "(n more)".
pub fn boxed(tree: &Tree, at: u32) -> Option<(String, String)> {
    let (_, place) = spelt(tree.function_of(at)?);
    Some((tree.label_of(at)?.into_owned(), place))
}

/// "(n more)": the functions it stands for.
fn merged(boxes: &Boxes, index: u32, total: f64) -> AnyView {
    let tree = boxes.tree();
    let unit = tree.unit;
    let split = tree.split_of(index, NAMED);
    let seconds = tree.total_time.get(index as usize).copied().unwrap_or_default();
    let rows: Vec<_> = split
        .named
        .iter()
        .filter_map(|part| Some((tree.functions.get(part.function as usize)?, part.self_time)))
        .map(|(row, seconds)| {
            view! { <tr><th>{spelt(row).0}</th><td>{unit.text(seconds)}</td></tr> }
        })
        .collect();
    let rest = (split.rest > 0.0).then(|| {
        view! { <tr><th><em>{others(split.others)}</em></th><td>{unit.text(split.rest)}</td></tr> }
    });
    view! {
        <p class="name">{more(tree, index)}</p>
        <p class="note">{format!("Small boxes, {} together, {}; self times, estimated", unit.text(seconds), format::percent(seconds / total))}</p>
        <table>{rows}{rest}</table>
    }
    .into_any()
}

/// `(12 more)`.
pub fn more(tree: &Tree, index: u32) -> String {
    match tree.calls.get(index as usize) {
        Some(&boxes) if boxes >= 1.0 => format!("({} more)", format::calls(boxes)),
        _ => MORE.to_owned(),
    }
}

/// What the functions of a merged box that are not listed are called.
pub fn others(count: u32) -> String {
    match count {
        0 => "what they call".to_owned(),
        1 => "1 other, and what all call".to_owned(),
        _ => format!("{} others, and what all call", format::count(i64::from(count))),
    }
}

/// How well the numbers are known; nothing for a tree that was recorded.
fn certainty(boxes: &Boxes, index: u32) -> Option<String> {
    let tree = boxes.tree();
    if !tree.estimated {
        return None;
    }
    let at = index as usize;
    if tree.certainty.get(at) == Some(&(Certainty::Exact as u8)) {
        return Some("On this stack: exact".to_owned());
    }
    let unit = tree.unit;
    let total = unit.text(tree.total_time[at]);
    let width = tree.high.get(at).zip(tree.low.get(at)).map(|(high, low)| high - low);
    // Own time of hidden boxes is in it that might be elsewhere.
    if width.is_some_and(|width| width <= 1e-9 * tree.total) {
        return Some("On this stack: total exact, self estimated".to_owned());
    }
    Some(match (tree.low.get(at), tree.high.get(at)) {
        (Some(&low), Some(&high)) if high > 0.0 => {
            format!("On this stack ≈ {total} (between {} and {})", unit.text(low), unit.text(high))
        }
        _ => format!("On this stack ≈ {total}, estimated"),
    })
}

/// A box in one sentence.
pub fn spoken(boxes: &Boxes, index: u32) -> String {
    let tree = boxes.tree();
    let at = index as usize;
    let (Some(&total_time), Some(&self_time)) = (tree.total_time.get(at), tree.self_time.get(at)) else {
        return String::new();
    };
    let unit = tree.unit;
    let name = boxed(tree, index).map_or_else(
        || more(tree, index),
        |(name, place)| if place.is_empty() { name } else { format!("{name}, {place}") },
    );
    let recursive = if tree.is_recursive(index) { format!(" {RECURSIVE}") } else { String::new() };
    let own = if tree.turned.is_some() { String::new() } else { format!("Self {}. ", unit.text(self_time)) };
    format!(
        "{name}. Total {}, {}. {own}Level {}.{recursive}",
        unit.text(total_time),
        format::percent(total_time / boxes.total()),
        boxes.depth(index) + 1
    )
}
