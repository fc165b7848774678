//! The selected shape of a comparison, both sides, and how far the difference is to be trusted.

use flamedrop::export::table::Value;
use flamedrop::format;
use flamedrop::queries::compare::{Compared, FEWEST, Side};
use leptos::prelude::*;

use super::{clearly, to_query};
use crate::components::copy_table::{Sheet, copy_sheet, file_of, number};
use crate::components::data_table::Holds;
use crate::components::edge::Edge;
use crate::components::sql::{CopySql, Sql};
use crate::document::OpenDocument;

/// One time of a side.
type Time = fn(&Side) -> f64;

/// Times of a side, by name.
const TIMES: [(&str, Time); 4] = [
    ("Total", |side| side.total),
    ("Mean", |side| side.mean),
    ("p95", |side| side.p95),
    ("Std dev", |side| side.deviation),
];

/// The selected shape, both sides.
pub fn detail(document: OpenDocument, row: Compared) -> AnyView {
    let known = |side: &Side, time: f64| {
        if side.timed > 0 { format::milliseconds(time) } else { format::UNKNOWN.to_owned() }
    };
    // What adds up is made comparable, as in the table; what is of each execution is as it is.
    let scale = |name: &str| if name == "Total" { row.scale } else { 1.0 };
    let line = |name: &'static str, of: Time| {
        let before = of(&row.before) * scale(name);
        view! { <tr><th>{name}</th><td class="number">{known(&row.before, before)}</td><td class="number">{known(&row.after, of(&row.after))}</td></tr> }
    };
    let requests = untrack(|| document.is_requests());
    let (one, counted) = if requests { ("route", "Requests") } else { ("query", "Calls") };
    let scaled = ((row.scale - 1.0).abs() >= 1e-3).then(|| {
        view! { <p class="hint">{format!("{counted} and total before are scaled × {:.3} to be comparable.", row.scale)}</p> }
    });
    let said = said(&row, if requests { "request" } else { "execution" });
    let said: Vec<_> = said.into_iter().map(|text| view! { <li>{text}</li> }).collect();
    let open = row.fingerprint.is_some().then(|| {
        let row = row.clone();
        view! { <button type="button" class="link" on:click=move |_| to_query(document, &row)>{format!("This {one} in full")}</button> }
    });
    let copy = copy_sheet(file_of(document, "compared"), {
        let row = row.clone();
        move || {
            let mut sheet =
                Sheet::new(&[("what", Holds::Words), ("before", Holds::Numbers), ("after", Holds::Numbers)]);
            let calls = |side: &Side, scale: f64| number(f64::from(side.calls) * scale);
            sheet.push(vec![
                Value::Text(counted.to_ascii_lowercase()),
                calls(&row.before, row.scale),
                calls(&row.after, 1.0),
            ]);
            for (name, of) in TIMES {
                let scale = if name == "Total" { row.scale } else { 1.0 };
                let value = |side: &Side, scale: f64| {
                    if side.timed > 0 { number(of(side) * scale) } else { Value::Nothing }
                };
                let name = Value::Text(format!("{} (ms)", name.to_ascii_lowercase()));
                sheet.push(vec![name, value(&row.before, scale), value(&row.after, 1.0)]);
            }
            sheet
        }
    });
    let failed = (row.before.failed + row.after.failed > 0).then(|| {
        let count = |side: &Side| format::count(i64::from(side.failed));
        view! { <tr><th>{if requests { "5xx" } else { "Failed" }}</th><td class="number">{count(&row.before)}</td><td class="number">{count(&row.after)}</td></tr> }
    });
    let lines: Vec<_> = TIMES.iter().map(|&(name, of)| line(name, of)).collect();
    let name = match requests {
        true => view! { <h2><small>"Route"</small> " " {row.text.clone()}</h2> }.into_any(),
        false => view! {
            <h2>"Query" <CopySql text=row.text.clone() label="Copy fingerprint" /></h2>
            <Sql text=row.text.clone() label="Fingerprint" />
        }
        .into_any(),
    };
    view! {
        <aside class="details" aria-label="Selected comparison">
            <Edge />
            <button type="button" class="close" aria-label="Close details" on:click=move |_| document.log.compared.set(None)>"×"</button>
            <section>
                {name}
                <ul class="said">{said}</ul>
                <div class="heading"><h3>"Both sides"</h3> {copy}</div>
                <table class="items sides">
                    <thead><tr><td></td><th class="number">"Before"</th><th class="number">"After"</th></tr></thead>
                    <tbody>
                        <tr><th>{counted}</th><td class="number">{format::calls(f64::from(row.before.calls) * row.scale)}</td><td class="number">{format::count(i64::from(row.after.calls))}</td></tr>
                        {failed}
                        {lines}
                    </tbody>
                </table>
                {scaled}
                {open}
            </section>
        </aside>
    }
    .into_any()
}

/// How far the difference is to be trusted.
fn said(row: &Compared, one: &str) -> Vec<String> {
    let mut said = Vec::new();
    if row.is_new() {
        said.push("It was not there before.".to_owned());
    } else if row.is_gone() {
        said.push("It is there no more.".to_owned());
    }
    match clearly(row.calls_z) {
        Some(true) => said.push("It runs more often, by more than chance (99 %).".to_owned()),
        Some(false) => said.push("It runs less often, by more than chance (99 %).".to_owned()),
        None => said.push("How often it runs may differ by chance.".to_owned()),
    }
    if row.is_new() || row.is_gone() {
        return said;
    }
    match clearly(row.failed_z) {
        Some(true) => said.push(format!("More of its {one}s fail, by more than chance (99 %).")),
        Some(false) => said.push(format!("Fewer of its {one}s fail, by more than chance (99 %).")),
        None => {}
    }
    match row.mean_change {
        None => said
            .push(format!("Fewer than {FEWEST} {one}s on a side: too few to say whether it became slower.")),
        Some((from, to)) => {
            let signed = |time: f64| format::signed(time, &format::milliseconds(time.abs()));
            said.push(match clearly(row.slower_z) {
                Some(true) => "It became slower, by more than chance (99 %).".to_owned(),
                Some(false) => "It became faster, by more than chance (99 %).".to_owned(),
                None => "Its durations may differ by chance.".to_owned(),
            });
            said.push(format!("Its mean changed by {} to {} (99 % interval).", signed(from), signed(to)));
            said.push(format!(
                "{} {one} after takes longer than one before with a probability of {}.",
                if one.starts_with('e') { "An" } else { "A" },
                format::percent(row.slower)
            ));
        }
    }
    said
}
