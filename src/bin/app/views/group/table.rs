//! The table of recordings: what each took, where, and what was found in it.

use std::sync::Arc;

use flamedrop::brief::Brief;
use flamedrop::brief::order::Column as SortBy;
use flamedrop::format::{self, TimeColumn, UNKNOWN, Unit};
use flamedrop::import::Kind;
use leptos::prelude::*;

use crate::components::cells::share_cell;
use crate::components::table::{Actions, Column, Row, Table};
use crate::document::OpenDocument;
use crate::group::{self, Member};
use crate::state::state;

/// What each column is sorted by, and whether largest first at first.
const SORTS: [Option<(SortBy, bool)>; 7] = [
    Some((SortBy::Name, false)),
    Some((SortBy::Total, true)),
    Some((SortBy::Count, true)),
    Some((SortBy::Slowest, true)),
    None,
    Some((SortBy::Findings, true)),
    None,
];

/// What the numbers of a column are written in: one unit where all have one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Written {
    unit: Option<(Unit, TimeColumn)>,
    largest: f64,
}

impl Written {
    fn of(values: impl Iterator<Item = (Unit, f64)>) -> Self {
        let (mut unit, mut largest, mut mixed) = (None::<Unit>, 0.0_f64, false);
        for (of, value) in values {
            mixed |= unit.is_some_and(|unit| unit.rank() != of.rank());
            unit = unit.or(Some(of));
            largest = largest.max(value);
        }
        Self { unit: unit.filter(|_| !mixed).map(|unit| (unit, unit.column(largest))), largest }
    }

    fn text(self, unit: Unit, value: f64) -> String {
        match self.unit {
            Some((_, column)) => column.seconds(value),
            None => unit.text(value),
        }
    }

    fn symbol(self) -> &'static str {
        self.unit.map_or("", |(_, column)| column.unit.symbol())
    }

    /// How much of the largest a value is, where they have one unit.
    fn share(self, value: f64) -> f64 {
        if self.unit.is_some() && self.largest > 0.0 { value / self.largest } else { 0.0 }
    }
}

/// The table.
#[component]
pub fn RecordingsTable(document: OpenDocument) -> impl IntoView {
    let group = document.group;
    let written = Memo::new(move |_| {
        group.members.with(|members| {
            let briefs = || members.iter().filter_map(Member::brief);
            let totals = Written::of(briefs().filter_map(|brief| Some((brief.unit, brief.total?))));
            let slowest = |brief: &Arc<Brief>| Some((brief.unit, brief.slowest()?.time / 1e3));
            (totals, Written::of(briefs().filter_map(slowest)))
        })
    });
    // Units stand in the heads: these are made anew with them only.
    move || {
        let (totals, slowest) = written.get();
        table(document, totals, slowest)
    }
}

fn table(document: OpenDocument, totals: Written, slowest: Written) -> AnyView {
    let state = state();
    let group = document.group;
    let listed = Memo::new(move |_| document.search.with(|search| group.listed(search)));
    let id = move |index: u32| listed.with(|listed| listed.get(index as usize).copied());
    let selected = Signal::derive(move || {
        let selected = group.selected.get()?;
        listed.with(|listed| listed.iter().position(|id| *id == selected).map(|place| place as u32))
    });
    let direction = move |column: SortBy| {
        move || {
            let sort = group.sort.get();
            (sort.column == column).then_some(sort.descending)
        }
    };
    let columns = vec![
        Column::text(
            "recording",
            "minmax(240px, 1fr)",
            "The request it is of, as its name says, and the name",
        )
        .leading()
        .sortable(direction(SortBy::Name)),
        Column::number(
            "total",
            totals.symbol(),
            "112px",
            "All time of the profile, or of the log's statements",
        )
        .sortable(direction(SortBy::Total)),
        Column::number(
            "calls",
            "",
            "96px",
            "Calls of a profile, samples where it has no calls, statements of a log",
        )
        .sortable(direction(SortBy::Count)),
        Column::number(
            "slowest own",
            slowest.symbol(),
            "124px",
            "What your own function takes that takes most, without the other own functions it calls",
        )
        .sortable(direction(SortBy::Slowest)),
        Column::text("slowest own function", "minmax(150px, 0.7fr)", "Which function that is"),
        Column::number("findings", "", "92px", "How many findings it has")
            .sortable(direction(SortBy::Findings)),
        Column::text("first finding", "minmax(180px, 1fr)", "The finding that matters most"),
    ];
    let row = move |index: u32| {
        let id = id(index)?;
        let member = group.member(id)?;
        let name = name_cell(document, id, &member);
        let Some(brief) = member.brief() else {
            let cells = std::iter::once(name).chain((0..6).map(|_| ().into_any())).collect();
            return Some(Row { cells, faint: true });
        };
        Some(Row { cells: cells(brief, totals, slowest, name), faint: false })
    };
    let window = RwSignal::new(0..0);
    let actions = Actions {
        select: Arc::new(move |index| match untrack(|| id(index)) {
            Some(id) => {
                group.selected.set(Some(id));
                true
            }
            None => false,
        }),
        open: Arc::new(move |index| {
            if let Some(id) = untrack(|| id(index)) {
                group::open_with_partner(state, document, id);
            }
        }),
        choose: Some(Arc::new(move |index| {
            if let Some(id) = untrack(|| id(index)) {
                group.toggle(id);
            }
        })),
        sort: Arc::new(move |index| {
            if let Some(&Some((column, first_descending))) = SORTS.get(index) {
                group.sort.update(|sort| *sort = sort.clicked(column, first_descending));
            }
        }),
        ..Actions::default()
    };
    view! {
        <Table
            label="Recordings"
            columns
            rows=Signal::derive(move || listed.with(Vec::len) as u32)
            row=Arc::new(row)
            window
            selected
            actions
            empty="No recording matches the search."
        />
    }
    .into_any()
}

fn cells(brief: &Brief, totals: Written, slowest: Written, name: AnyView) -> Vec<AnyView> {
    let total = match brief.total {
        Some(total) => share_cell(totals.text(brief.unit, total), totals.share(total)),
        None => UNKNOWN.into_any(),
    };
    let count = brief.count.map_or_else(|| UNKNOWN.to_owned(), |count| format::count(count as i64));
    let (took, function) = match brief.slowest() {
        Some(one) => {
            let function = view! { <span class="text" title=one.place.clone()>{one.name.clone()}</span> };
            (slowest.text(brief.unit, one.time / 1e3), function.into_any())
        }
        // What is not judged yet is left blank.
        None => (brief.verdict.as_ref().map_or("", |_| UNKNOWN).to_owned(), ().into_any()),
    };
    let verdict = brief.verdict.as_ref();
    let first = verdict.and_then(|verdict| verdict.first.clone()).map(|title| {
        let whole = title.clone();
        view! { <span class="text" title=whole>{title}</span> }
    });
    let findings = verdict.map_or_else(String::new, |verdict| format::count(i64::from(verdict.findings)));
    vec![name, total, count.into_any(), took.into_any(), function, findings.into_any(), first.into_any()]
}

/// A box to choose it by, the request or the name, and beside a request the name.
fn name_cell(document: OpenDocument, id: u32, member: &Member) -> AnyView {
    let group = document.group;
    let label = member.label().to_owned();
    let file = (label != member.name).then(|| view! { <span class="file">{member.name.clone()}</span> });
    let kind = member.brief().map_or("", |brief| match brief.kind {
        Kind::Profile => "",
        Kind::Queries => "SQL",
        Kind::Requests => "requests",
        Kind::Schema => "schema",
    });
    let kind = (!kind.is_empty()).then(|| view! { <span class="mark">{kind}</span> });
    let is_before = Memo::new(move |_| group.before.with(|before| before.contains(&id)));
    let side = move || is_before.get().then(|| view! { <span class="mark">"before"</span> });
    let box_of = member.brief().is_some().then(|| {
        view! {
            <input
                type="checkbox"
                tabindex="-1"
                aria-label=format!("Choose {label}")
                prop:checked=move || group.chosen.with(|chosen| chosen.contains(&id))
                on:change=move |_| group.toggle(id)
                on:dblclick=move |event| event.stop_propagation()
            />
        }
    });
    view! {
        <span class="recording" title=member.name.clone()>
            {box_of}
            {kind}
            {side}
            <span class="name">{label}</span>
            {file}
        </span>
    }
    .into_any()
}
