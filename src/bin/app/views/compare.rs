//! Two logs, or two ranges of one, side by side: what is new or gone, what runs more often or takes
//! longer, and how far to trust that.

mod between;
mod detail;
mod sides;

use std::sync::Arc;

use flamedrop::format;
use flamedrop::protocol::{
    Answer, Ask, CompareColumn as SortBy, Comparison, ContentOverview, QueriesOverview, Request, Response,
    Window,
};
use flamedrop::queries::compare::{CLEAR, Compared, FEWEST, Per, Side};
use leptos::prelude::*;

use self::between::Between;
use self::detail::detail;
use self::sides::{Sides, sides};
use crate::components::cells::{Cell, Units};
use crate::components::copy_table::{Whole, copy_table};
use crate::components::data_table::{Def, Holds, Setup, data_table};
use crate::components::paged::{self, Asked, Paged};
use crate::document::{OpenDocument, Sort, answers};
use crate::effect::effect;
use crate::log_view::{Against, filter};
use crate::state::state;

/// Columns of comparisons.
pub const COLUMNS: &[Def<Compared, SortBy>] = &[
    Def {
        key: "query",
        label: "Query",
        holds: Holds::Name,
        width: "minmax(220px, 1fr)",
        hint: "The statement with literals normalised away",
        sort: Some((SortBy::Text, false)),
        // A route is no SQL.
        cell: |row| match row.text.split_once(" /") {
            Some((method, _)) if method.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                Cell::Text(row.text.clone())
            }
            _ => Cell::Sql(flamedrop::queries::highlight::brief(&row.text), row.operation),
        },
    },
    Def {
        key: "change",
        label: "Change",
        holds: Holds::Totals,
        width: "104px",
        hint: "What it costs more (or less) in all, with what was before made comparable",
        sort: Some((SortBy::Change, true)),
        cell: |row| {
            if row.before.timed + row.after.timed > 0 {
                Cell::Change(row.change(), row.is_clear())
            } else {
                Cell::Unknown
            }
        },
    },
    Def {
        key: "verdict",
        label: "What changed",
        holds: Holds::Words,
        width: "150px",
        hint: "What changed significantly (99 %): durations by the Mann-Whitney U test, how often as Poisson rates, errors by their share",
        sort: None,
        cell: |row| Cell::Text(verdict(row)),
    },
    Def {
        key: CALLS,
        label: "Calls",
        holds: Holds::Pairs(["calls before", "calls after"], None),
        width: "140px",
        hint: "Executions before (made comparable) and after",
        sort: Some((SortBy::Calls, true)),
        cell: counts,
    },
    Def {
        key: REQUESTS,
        label: "Requests",
        holds: Holds::Pairs(["requests before", "requests after"], None),
        width: "140px",
        hint: "Requests before (made comparable) and after",
        sort: Some((SortBy::Calls, true)),
        cell: counts,
    },
    Def {
        key: FAILED,
        label: "5xx",
        holds: Holds::Pairs(["5xx before", "5xx after"], None),
        width: "110px",
        hint: "Requests that were answered with an error of the site, before (as they are) and after; coloured where their share changed significantly (99 %)",
        sort: None,
        cell: |row| {
            let side = |side: &Side| Box::new(Cell::Count(u64::from(side.failed)));
            Cell::Pair(side(&row.before), side(&row.after), clearly(row.failed_z))
        },
    },
    Def {
        key: "mean",
        label: "Mean",
        holds: Holds::Pairs(["mean before", "mean after"], Some("ms")),
        width: "150px",
        hint: "Mean duration before and after",
        sort: Some((SortBy::Mean, true)),
        cell: |row| durations(row, |side| side.mean),
    },
    Def {
        key: "p95",
        label: "p95",
        holds: Holds::Pairs(["p95 before", "p95 after"], Some("ms")),
        width: "150px",
        hint: "95 % took at most this long, before and after",
        sort: Some((SortBy::P95, true)),
        cell: |row| durations(row, |side| side.p95),
    },
    Def {
        key: "before",
        label: "Total before",
        holds: Holds::Totals,
        width: "116px",
        hint: "Sum of durations before, made comparable",
        sort: Some((SortBy::Before, true)),
        cell: |row| total(row.before, row.scale),
    },
    Def {
        key: "after",
        label: "Total after",
        holds: Holds::Totals,
        width: "110px",
        hint: "Sum of durations after",
        sort: Some((SortBy::After, true)),
        cell: |row| total(row.after, 1.0),
    },
];

const CALLS: &str = "calls";
const REQUESTS: &str = "requests";
const FAILED: &str = "5xx";

/// The columns of a log of requests, or of statements.
fn columns(requests: bool) -> Vec<&'static Def<Compared, SortBy>> {
    let others: &[&str] = if requests { &[CALLS] } else { &[REQUESTS, FAILED] };
    COLUMNS.iter().filter(|def| !others.contains(&def.key)).collect()
}

fn counts(row: &Compared) -> Cell {
    let before = Cell::Calls(f64::from(row.before.calls) * row.scale);
    let after = Cell::Count(u64::from(row.after.calls));
    Cell::Pair(Box::new(before), Box::new(after), clearly(row.calls_z))
}

fn total(side: Side, scale: f64) -> Cell {
    if side.timed > 0 { Cell::Total(side.total * scale, 0.0) } else { Cell::Unknown }
}

fn durations(row: &Compared, of: fn(&Side) -> f64) -> Cell {
    let cell = |side: &Side| Box::new(if side.timed > 0 { Cell::Single(of(side)) } else { Cell::Unknown });
    Cell::Pair(cell(&row.before), cell(&row.after), clearly(row.slower_z))
}

/// Whether it is worse, or better, by more than chance.
fn clearly(z: f64) -> Option<bool> {
    (z.abs() >= CLEAR).then_some(z > 0.0)
}

/// What changed, in two words; or why that cannot be said.
fn verdict(row: &Compared) -> String {
    let few = if row.calls_z.abs() < CLEAR { ", only a few" } else { "" };
    if row.is_new() {
        return format!("new{few}");
    }
    if row.is_gone() {
        return format!("gone{few}");
    }
    let failing = clearly(row.failed_z).map(|worse| if worse { "more errors" } else { "fewer errors" });
    let slower = clearly(row.slower_z).map(|worse| if worse { "slower" } else { "faster" });
    let oftener = clearly(row.calls_z).map(|worse| if worse { "more often" } else { "less often" });
    let changes: Vec<&str> = [failing, slower, oftener].into_iter().flatten().collect();
    match changes.as_slice() {
        [_, ..] => changes.join(", "),
        [] if row.before.timed < FEWEST || row.after.timed < FEWEST => "too few to say".to_owned(),
        [] => "not significant".to_owned(),
    }
}

/// The comparison of a log.
#[component]
pub fn Compare(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    if overview.statistics {
        return view! { <Between document /> }.into_any();
    }
    let units = Units::of(&overview);
    let requests = untrack(|| document.is_requests());
    let log = document.log;
    let state = state();
    let sides = sides(state, document, overview.clone(), units);
    // Laid end to end, the length of a log says nothing.
    let timed = overview.wall_clock;
    let per = Memo::new(move |_| match log.per.get() {
        Per::Time if !timed => Per::Log,
        per => per,
    });
    let summary = answers(
        document,
        move || {
            question(
                &sides.get(),
                per.get(),
                Window { sort: SortBy::Change, descending: true, first: 0, count: 0, selected: None },
            )
        },
        |response| match response {
            Response::View(Answer::Compared(page, comparison)) => Some((page.rows, comparison)),
            _ => None,
        },
    );
    // Places are those of one comparison.
    effect({
        let last = StoredValue::new(None);
        move || {
            let now = sides.get();
            if matches!(now, Sides::Both { .. }) {
                let other =
                    last.with_value(|last: &Option<Sides>| last.as_ref().is_some_and(|last| *last != now));
                if other {
                    log.compared.set(None);
                }
                last.set_value(Some(now));
            }
        }
    });
    let sort = log.compare_sort;
    let ask = move |Asked { first, count, selected }: Asked| {
        let Sort { column, descending } = sort.get();
        let window = Window { sort: column, descending, first, count, selected };
        question(&sides.get(), per.get(), window)
    };
    let paged = Paged::new(document, log.compared.into(), |row: &Compared| row.place, ask, pick);
    let copy = copy_table(
        document,
        "comparison",
        units,
        Whole {
            request: Arc::new(move || ask(Asked { first: 0, count: u32::MAX, selected: None })),
            pick,
            columns: Arc::new(move || columns(requests)),
        },
    );
    let table = move || {
        data_table(Setup {
            label: "Comparison",
            heading: requests.then_some("Route"),
            columns: columns(requests),
            paged,
            sort,
            units,
            select: Arc::new(move |row: Compared| log.compared.set(Some(row.place))),
            open: Arc::new(move |row: Compared| {
                log.compared.set(Some(row.place));
                to_query(document, &row);
            }),
            empty: format!("Neither side has {}.", if requests { "requests" } else { "statements" }),
        })
    };
    let none = Memo::new(move |_| match sides.get() {
        Sides::None(why) => Some(why),
        _ => None,
    });
    let content = move || match none.get() {
        Some(why) => view! { <p class="empty">{why}</p> }.into_any(),
        None => table(),
    };
    let selected = Memo::new_with_compare(
        move |known: Option<&Option<Compared>>| {
            let place = log.compared.get()?;
            let row = paged.selected_row().get().and_then(|rank| paged.at(rank));
            row.or_else(|| known.cloned().flatten().filter(|row| row.place == place))
        },
        |old, new| old.map(Option::as_ref) != new.map(Option::as_ref),
    );
    let said = move || {
        summary.with(|summary| {
            let (_, (_, comparison)) = summary.as_ref()?;
            let Sides::Both { names, .. } = sides.get() else { return None };
            Some(sentence(comparison, &names, per.get(), requests))
        })
    };
    view! {
        <div class="split">
            <div class="listing">
                <div class="view-bar">
                    <Choices document timed per=per.into() />
                    {copy}
                    <p class="sum" role="status">{said}</p>
                </div>
                {content}
            </div>
            {move || selected.get().map(|row| detail(document, row))}
        </div>
    }
    .into_any()
}

fn pick(response: Response) -> Option<paged::Answer<Compared>> {
    match response {
        Response::View(Answer::Compared(page, _)) => Some((page.rows, page.page, page.selected)),
        _ => None,
    }
}

fn question(sides: &Sides, per: Per, window: Window<SortBy>) -> Option<Request> {
    match sides {
        Sides::Both { before, after, .. } => {
            Some(Request::View(after.clone(), Ask::Compare { with: before.clone(), per, window }))
        }
        _ => None,
    }
}

/// What is compared with what, and by what it is made comparable.
#[component]
fn Choices(document: OpenDocument, timed: bool, per: Signal<Per>) -> impl IntoView {
    let log = document.log;
    let state = state();
    let others = Memo::new(move |_| {
        let is_log = |open: &OpenDocument| {
            *open != document
                && open.overview().is_some_and(|overview| match overview.content {
                    ContentOverview::Queries(_) => !document.is_requests(),
                    ContentOverview::Requests(_) => document.is_requests(),
                    _ => false,
                })
        };
        let others = state.documents.get().into_iter().filter(is_log);
        others.map(|open| open.name.get()).collect::<Vec<String>>()
    });
    let value = move || match log.against.get() {
        Against::Nothing => String::new(),
        Against::Earlier => "earlier".to_owned(),
        Against::Range(..) => "range".to_owned(),
        Against::Log(name) => format!("log:{name}"),
    };
    let options = move || {
        let chosen = value();
        let halves = match filter(document).range {
            Some(_) => "what was as long before it, in this log",
            None => "first half of this log",
        };
        let mut all = vec![(String::new(), "choose…".to_owned()), ("earlier".to_owned(), halves.to_owned())];
        if let Against::Range(from, to) = log.against.get() {
            let (from, to) = (format::milliseconds(from), format::milliseconds(to));
            all.push(("range".to_owned(), format!("{from} to {to} of this log")));
        }
        let mut names = others.get();
        if let Against::Log(name) = log.against.get()
            && !names.contains(&name)
        {
            names.push(name);
        }
        all.extend(names.into_iter().map(|name| (format!("log:{name}"), name)));
        let option = |(value, text): (String, String)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{text}</option> }
        };
        all.into_iter().map(option).collect::<Vec<_>>()
    };
    let brushed = move || {
        filter(document).range.map(|(from, to)| {
            view! { <button type="button" on:click=move |_| log.against.set(Against::Range(from, to))>"Compare with the range shown"</button> }
        })
    };
    let pers = move || {
        let mut all = vec![(Per::Log, "log", "as they are")];
        if timed {
            all.insert(0, (Per::Time, "time", "per time"));
        }
        all.push((Per::Request, "request", "per request"));
        let option = |(one, key, text)| view! { <option value=key selected=per.get() == one>{text}</option> };
        all.into_iter().map(option).collect::<Vec<_>>()
    };
    view! {
        <label class="choice">
            "Before: "
            <select on:change=move |event| {
                let value = event_target_value(&event);
                match value.strip_prefix("log:") {
                    Some(name) => log.against.set(Against::Log(name.to_owned())),
                    None if value == "earlier" => log.against.set(Against::Earlier),
                    None if value.is_empty() => log.against.set(Against::Nothing),
                    None => {}
                }
            }>{options}</select>
        </label>
        {brushed}
        <label class="choice">
            "Totals "
            <select on:change=move |event| log.per.set(match event_target_value(&event).as_str() {
                "request" => Per::Request,
                "log" => Per::Log,
                _ => Per::Time,
            })>{pers}</select>
        </label>
    }
}

/// Both sides in a sentence.
fn sentence(comparison: &Comparison, [before, after]: &[String; 2], per: Per, requests: bool) -> String {
    let calls = |count: u32| format::count(i64::from(count));
    let scaled = match per {
        Per::Log => String::new(),
        _ if (comparison.scale - 1.0).abs() < 1e-3 => String::new(),
        _ => format!(", scaled × {:.3}", comparison.scale),
    };
    let scale = if scaled.is_empty() { 1.0 } else { comparison.scale };
    let many = if requests { "requests" } else { "calls" };
    let mut text = format!(
        "Before, {before}: {} in {} {many}{scaled}. After, {after}: {} in {} {many}.",
        format::milliseconds(comparison.before * scale),
        format::calls(f64::from(comparison.calls_before) * scale),
        format::milliseconds(comparison.after),
        calls(comparison.calls_after),
    );
    text.push_str(&format!(
        " {} new, {} gone, {} significant.",
        comparison.new, comparison.gone, comparison.clear
    ));
    text
}

fn to_query(document: OpenDocument, row: &Compared) {
    if let Some(fingerprint) = row.fingerprint {
        document.statement.set(None);
        document.fingerprint.set(Some(fingerprint));
        document.show_queries();
    }
}
