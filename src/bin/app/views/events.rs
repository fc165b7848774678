//! What else a log says: errors, locks, temporary files, checkpoints, autovacuum, connections; in groups, one by one,
//! over time, and beside them the selected one in full.

mod columns;
mod detail;

use std::sync::Arc;

use flamedrop::format;
use flamedrop::layout::chart::{Across, Data, Kind, Series, Tone, Unit};
use flamedrop::layout::time_axis::AxisClock;
use flamedrop::protocol::{
    Answer, Ask, EventGlance, EventGroupRow, EventRow, QueriesOverview, Request, Response, Window,
};
use flamedrop::queries::EventClass;
use flamedrop::queries::events::{EventBy, EventTotal};
use leptos::prelude::*;

use self::detail::EventDetails;
use crate::components::cells::Units;
use crate::components::chart::Chart;
use crate::components::copy_table::{Whole, copy_table};
use crate::components::data_table::{Setup, data_table};
use crate::components::paged::{self, Asked, Paged};
use crate::document::{OpenDocument, Sort, answers};
use crate::log_view::filter;

pub use self::columns::{GROUPS, SINGLE};

/// How a server is told to log what is not there.
const NONE_LOGGED: &str = "Nothing but statements is in this log. PostgreSQL writes the rest with log_lock_waits = on, \
    log_temp_files = 0, log_checkpoints = on, log_autovacuum_min_duration = 0, log_connections = on and \
    log_disconnections = on; MySQL's slow log has errors with log_slow_extra = ON.";

/// The classes that a log has events of, in the order in which they are offered.
pub fn classes(overview: &QueriesOverview) -> Vec<EventClass> {
    let has = |class: &EventClass| {
        *class != EventClass::Plans && overview.events.iter().any(|total| total.kind.class() == *class)
    };
    EventClass::ALL.into_iter().filter(has).collect()
}

/// The view.
#[component]
pub fn Events(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let units = Units::of(&overview);
    let offered = classes(&overview);
    if offered.is_empty() {
        return view! { <p class="empty">{NONE_LOGGED}</p> }.into_any();
    }
    let log = document.log;
    let first = offered.first().copied().unwrap_or_default();
    let known = offered.clone();
    // What the address says, if the log has it.
    let class =
        Memo::new(move |_| log.event_class.get().filter(|class| known.contains(class)).unwrap_or(first));
    let glance = answers(
        document,
        move || Some(Request::View(filter(document), Ask::EventGlance)),
        |response| match response {
            Response::View(Answer::EventGlance(glance)) => Some(Arc::<EventGlance>::from(glance)),
            _ => None,
        },
    );
    let count = move |class: EventClass| {
        glance.with(|glance| {
            let (_, glance) = glance.as_ref()?;
            let of_class = glance.kinds.iter().filter(|(kind, _)| kind.class() == class);
            Some(of_class.map(|(_, figures)| figures.count).sum::<u32>())
        })
    };
    let switch: Vec<_> = offered
        .iter()
        .map(|&one| {
            let counted = move || count(one).map(|count| format!(" {}", format::count(i64::from(count))));
            view! {
                <button type="button" aria-pressed=move || (class.get() == one).to_string() on:click=move |_| log.show_events(one)>
                    {one.title()} <small>{counted}</small>
                </button>
            }
        })
        .collect();
    let origin = overview.span.map_or(0.0, |(first, _)| first);
    let clock = if overview.wall_clock { AxisClock::Wall(origin) } else { AxisClock::Relative };
    let chart = Signal::derive(move || {
        Arc::new(glance.with(|glance| match glance {
            Some((_, glance)) => over_time(glance, class.get(), clock),
            None => Data { across: Across::Durations(0), unit: Unit::Count, series: Vec::new() },
        }))
    });
    let said = move || {
        glance.with(|glance| {
            let (_, glance) = glance.as_ref()?;
            let of_class = glance.kinds.iter().filter(|(kind, _)| kind.class() == class.get());
            let totals = of_class.map(|(kind, figures)| {
                let &flamedrop::queries::events::EventFigures { count, amount, largest, known, .. } = figures;
                EventTotal { kind: *kind, count, amount, largest, known }.text()
            });
            let totals: Vec<String> = totals.collect();
            Some(if totals.is_empty() { "none".to_owned() } else { totals.join(" · ") })
        })
    };
    let some = Memo::new(move |_| count(class.get()).is_some_and(|count| count > 0));
    let timed = overview.wall_clock;
    view! {
        <div class="split">
            <div class="listing events-view">
                <div class="view-bar"><div class="switch wraps" role="group" aria-label="Kinds of events">{switch}</div></div>
                <div class="view-bar">
                    <GroupBy document class />
                    {copy(document, class, units)}
                    <p class="sum" aria-live="polite">{said}</p>
                </div>
                <Show when=move || timed && some.get()>
                    <div class="events-chart"><Chart label="Events over time" data=chart /></div>
                </Show>
                <div class="stacked">
                    {move || groups_table(document, class.get(), log.event_by.get(), units)}
                    <section class="waterfall" aria-label="Single events">
                        <header>
                            <h2>"One by one"</h2>
                            <Within document />
                        </header>
                        {move || single_table(document, class.get(), units)}
                    </section>
                </div>
            </div>
            <Show when=move || log.event.get().is_some()>
                <EventDetails document units />
            </Show>
        </div>
    }
    .into_any()
}

fn over_time(glance: &EventGlance, class: EventClass, clock: AxisClock) -> Data {
    let counts = glance.over_time.iter().find(|(of, _)| *of == class);
    let values =
        counts.map_or_else(Vec::new, |(_, counts)| counts.iter().map(|&count| count as f32).collect());
    let tone = match class {
        EventClass::Errors | EventClass::Cancelled => Tone::Failed,
        _ => Tone::All,
    };
    Data {
        across: Across::Time { from: glance.from, step: glance.step, clock },
        unit: Unit::Count,
        series: vec![Series { name: "events", tone, kind: Kind::Bars, values }],
    }
}

fn groups_question(document: OpenDocument, class: EventClass, asked: Asked) -> Request {
    let Asked { first, count, selected } = asked;
    let log = document.log;
    let Sort { column, descending } = log.event_group_sort.get();
    let window = Window { sort: column, descending, first, count, selected };
    let ask = Ask::EventGroups { class: Some(class), by: log.event_by.get(), within: None, window };
    Request::View(filter(document), ask)
}

fn pick_groups(response: Response) -> Option<paged::Answer<EventGroupRow>> {
    match response {
        Response::View(Answer::EventGroups(page, _)) => Some((page.rows, page.page, page.selected)),
        _ => None,
    }
}

fn groups_table(document: OpenDocument, class: EventClass, by: EventBy, units: Units) -> AnyView {
    let log = document.log;
    let paged = Paged::new(
        document,
        log.event_group.into(),
        |row: &EventGroupRow| row.key,
        move |asked| Some(groups_question(document, class, asked)),
        pick_groups,
    );
    let select = move |row: EventGroupRow| {
        // Once more shows all again.
        let same = log.event_group.get_untracked() == Some(row.key);
        log.event.set(None);
        log.event_group.set((!same).then_some(row.key));
        log.event_group_name.set(row.label);
    };
    data_table(Setup {
        label: "Events in groups",
        heading: Some(heading(class, by)),
        columns: columns::groups(class),
        paged,
        sort: log.event_group_sort,
        units,
        select: Arc::new(select),
        open: Arc::new(select),
        empty: "No event of this kind fits the filter.".to_owned(),
    })
}

/// What a class's messages are called.
fn heading(class: EventClass, by: EventBy) -> &'static str {
    match (class, by) {
        (EventClass::Vacuum, EventBy::Message) => "Table",
        (EventClass::Checkpoints, EventBy::Message) => "Cause",
        (EventClass::Locks, EventBy::Message) => "Lock",
        _ => by.title(),
    }
}

fn single_question(document: OpenDocument, class: EventClass, asked: Asked) -> Request {
    let Asked { first, count, selected } = asked;
    let log = document.log;
    let Sort { column, descending } = log.event_sort.get();
    let window = Window { sort: column, descending, first, count, selected };
    let within = log.event_group.get().map(|key| (log.event_by.get(), key));
    Request::View(filter(document), Ask::EventList { class: Some(class), within, window })
}

fn pick_single(response: Response) -> Option<paged::Answer<EventRow>> {
    match response {
        Response::View(Answer::EventList(page)) => Some((page.rows, page.page, page.selected)),
        _ => None,
    }
}

fn single_table(document: OpenDocument, class: EventClass, units: Units) -> AnyView {
    let log = document.log;
    let paged = Paged::new(
        document,
        log.event.into(),
        |row: &EventRow| row.event,
        move |asked| Some(single_question(document, class, asked)),
        pick_single,
    );
    let select = move |row: EventRow| log.event.set(Some(row.event));
    data_table(Setup {
        label: "Single events",
        heading: None,
        columns: columns::single(class),
        paged,
        sort: log.event_sort,
        units,
        select: Arc::new(select),
        open: Arc::new(select),
        empty: "No event of this kind fits the filter.".to_owned(),
    })
}

/// The menu that copies or saves single events.
fn copy(document: OpenDocument, class: Memo<EventClass>, units: Units) -> AnyView {
    copy_table(
        document,
        "events",
        units,
        Whole {
            request: Arc::new(move || {
                let asked = Asked { first: 0, count: u32::MAX, selected: None };
                Some(single_question(document, class.get(), asked))
            }),
            pick: pick_single,
            columns: Arc::new(move || columns::single(class.get())),
        },
    )
}

/// Says which group the single events are of, and lets it go.
#[component]
fn Within(document: OpenDocument) -> impl IntoView {
    let log = document.log;
    move || {
        log.event_group.get().map(|_| {
            // A link does not say what it is called.
            let name = Some(log.event_group_name.get()).filter(|name| !name.is_empty());
            let name = name.unwrap_or_else(|| "only the selected row".to_owned());
            view! {
                <button type="button" class="chip" title=name.clone() on:click=move |_| log.event_group.set(None)>
                    {name.chars().take(60).collect::<String>()} <span aria-hidden="true">"×"</span>
                    <span class="visually-hidden">": show all"</span>
                </button>
            }
        })
    }
}

/// The choice of what events are grouped by: what tells them apart.
#[component]
fn GroupBy(document: OpenDocument, class: Memo<EventClass>) -> impl IntoView {
    let log = document.log;
    let kinds = answers(
        document,
        move || Some(Request::View(filter(document), Ask::EventKinds { class: Some(class.get()) })),
        |response| match response {
            Response::View(Answer::EventKinds(kinds)) => Some(kinds),
            _ => None,
        },
    );
    // What is chosen is offered, whatever there is.
    let offered = Memo::new(move |_| {
        let mut kinds = kinds.get().map(|(_, kinds)| kinds).unwrap_or_default();
        let by = log.event_by.get();
        if !kinds.iter().any(|(kind, _)| *kind == by) {
            kinds.push((by, 0));
        }
        kinds
    });
    let options = move || {
        let option = |(by, count): (EventBy, u32)| {
            let count =
                if count == 0 { String::new() } else { format!(" ({})", format::count(i64::from(count))) };
            let name = heading(class.get(), by);
            view! { <option value=by.key() selected=log.event_by.get_untracked() == by>{name} {count}</option> }
        };
        offered.get().into_iter().map(option).collect::<Vec<_>>()
    };
    view! {
        <label class="choice">
            "Group by "
            <select
                prop:value=move || { offered.track(); log.event_by.get().key() }
                on:change=move |event| {
                    if let Some(by) = EventBy::from_key(&event_target_value(&event)) {
                        log.event_group.set(None);
                        log.event_by.set(by);
                    }
                }
            >
                {options}
            </select>
        </label>
    }
}
