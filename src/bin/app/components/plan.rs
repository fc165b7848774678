//! A query plan as a tree table.

use flamedrop::format::{self, TimeColumn};
use flamedrop::protocol::PlanDetail;
use flamedrop::queries::plan::{Buffers, Node, Plan, Spelling};
use leptos::prelude::*;

use super::copy::CopyButton;

/// The plan, and as the server wrote it.
#[component]
pub fn PlanTable(detail: PlanDetail) -> impl IntoView {
    let PlanDetail { duration, plan, text, spelling, .. } = detail;
    let note = match (&plan, spelling) {
        (Some(_), _) => None,
        (None, Spelling::Xml) => Some("It is in XML, which is shown as it is."),
        (None, Spelling::Yaml) => Some("It is in YAML, which is shown as it is."),
        (None, _) => Some("It could not be read as a tree and is shown as it is."),
    };
    let is_tree = plan.is_some();
    let notes = plan.as_ref().map(|plan| plan.notes.join(" · ")).filter(|notes| !notes.is_empty());
    view! {
        <section class="plan">
            <h3>"Plan" <small>{format::milliseconds(duration)}</small> <CopyButton text=text.clone() label="Copy plan" /></h3>
            {note.map(|note| view! { <p class="facts">{note}</p> })}
            {plan.map(tree)}
            {notes.map(|notes| view! { <p class="facts">{notes}</p> })}
            <details open=!is_tree>
                <summary>"As logged"</summary>
                <pre class="parameters" tabindex="0" role="group" aria-label="Plan as logged">{text}</pre>
            </details>
        </section>
    }
}

fn tree(plan: Plan) -> AnyView {
    let longest = plan.nodes.iter().filter_map(|node| node.total).fold(0.0, f64::max);
    let times = TimeColumn::for_milliseconds(longest);
    let unit = times.unit.symbol();
    let costliest = plan.costliest;
    let rows: Vec<_> = plan
        .nodes
        .iter()
        .enumerate()
        .map(|(index, node)| row(node, times, costliest == Some(index as u32)))
        .collect();
    view! {
        <div class="plan-table" tabindex="0" role="group" aria-label="Plan">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Node"</th>
                        <th scope="col" title="Time in the node alone, all of its runs together">{format!("Self {unit}")}</th>
                        <th scope="col" title="Time in the node and below">{format!("Total {unit}")}</th>
                        <th scope="col" title="Rows it gave, each time it ran">"Rows"</th>
                        <th scope="col" title="Rows the planner expected">"Expected"</th>
                        <th scope="col" title="How often it ran">"Loops"</th>
                        <th scope="col" title="Rows it read and threw away, each time it ran">"Removed"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Nodes deeper than this are not indented further: the panel is narrow.
const DEEPEST: u32 = 12;

fn row(node: &Node, times: TimeColumn, costliest: bool) -> AnyView {
    let time = |value: Option<f64>| {
        value.map_or_else(|| format::UNKNOWN.to_owned(), |value| times.milliseconds(value))
    };
    let count = |value: Option<f64>| value.map_or_else(|| format::UNKNOWN.to_owned(), format::calls);
    // The planner was wrong by an order of magnitude.
    let wrong = match (node.rows, node.estimated_rows) {
        (Some(rows), Some(estimated)) if node.loops != Some(0.0) => {
            let (less, more) = (rows.min(estimated).max(1.0), rows.max(estimated).max(1.0));
            more >= less * 10.0
        }
        _ => false,
    };
    let mut works_on = String::new();
    if let Some(relation) = &node.relation {
        works_on += &format!(" on {relation}");
    }
    if let Some(index) = &node.index {
        works_on += &format!(" by {index}");
    }
    let mut details = node.details.clone();
    if let Some(buffers) = &node.buffers {
        details.push(blocks(buffers));
    }
    let details: Vec<_> =
        details.into_iter().map(|line| view! { <span class="detail">{line}</span> }).collect();
    let never = node.loops == Some(0.0);
    view! {
        <tr class:costliest=costliest class:never=never>
            <th scope="row">
                <div style:padding-left=format!("{}px", node.depth.min(DEEPEST) * 12)>
                    {node.role.clone().map(|role| view! { <small>{role}" "</small> })}
                    <span class="name">{node.name.clone()}</span>
                    {works_on}
                    {costliest.then(|| view! { <em>"costliest"</em> })}
                    {never.then(|| view! { <em>"never ran"</em> })}
                    {details}
                </div>
            </th>
            <td>{time(node.self_time)}</td>
            <td>{time(node.total)}</td>
            <td class:wrong=wrong>{count(node.rows)}</td>
            <td class:wrong=wrong>{count(node.estimated_rows)}</td>
            <td>{count(node.loops)}</td>
            <td>{count(node.removed)}</td>
        </tr>
    }
    .into_any()
}

/// `Blocks: 207 in memory, 3 read`
fn blocks(buffers: &Buffers) -> String {
    let parts = [
        (buffers.hit, "in memory"),
        (buffers.read, "read"),
        (buffers.dirtied, "changed"),
        (buffers.written, "written"),
        (buffers.temporary_read, "read from temporary files"),
        (buffers.temporary_written, "written to temporary files"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", format::count(count as i64)))
        .collect();
    format!("Blocks: {}", parts.join(", "))
}
