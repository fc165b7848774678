//! The columns that groups of statements can have, and which ones are chosen.

use flamedrop::format;
use flamedrop::protocol::{GroupColumn as Sort, GroupRow};
use flamedrop::queries::by::By;
use leptos::prelude::*;

use crate::components::cells::Cell;
use crate::components::data_table::{Def, Holds};
use crate::log_view::LogView;
use crate::storage;

/// All of them; the first is always there. A set of them is a bit each.
pub const ALL: &[Def<GroupRow, Sort>] = &[
    Def {
        key: "text",
        label: "Query",
        holds: Holds::Name,
        // Narrower, rows would look the same: what else there is goes out of sight first.
        width: "minmax(min(340px, 62vw), 1fr)",
        hint: "The statement with literals normalised away",
        sort: Some((Sort::Label, false)),
        cell: |row| match row.operation {
            Some(operation) => Cell::Sql(row.label.clone(), operation),
            None => Cell::Text(row.label.clone()),
        },
    },
    Def {
        key: "calls",
        label: "Calls",
        holds: Holds::Numbers,
        width: "80px",
        hint: "How often it ran",
        sort: Some((Sort::Calls, true)),
        cell: |row| Cell::Count(u64::from(row.figures.calls)),
    },
    Def {
        key: "total",
        label: "Total",
        holds: Holds::Totals,
        width: "116px",
        hint: "Sum of its durations, and their share of all",
        sort: Some((Sort::Total, true)),
        cell: |row| timed(row, Cell::Total(row.figures.total, row.share)),
    },
    Def {
        key: "share",
        label: "Share",
        holds: Holds::In("%"),
        width: "72px",
        hint: "Its share of the time of all that is shown",
        sort: None,
        cell: |row| timed(row, Cell::Percent(row.share)),
    },
    Def {
        key: "mean",
        label: "Mean",
        holds: Holds::In("ms"),
        width: "80px",
        hint: "Mean duration",
        sort: Some((Sort::Mean, true)),
        cell: |row| single(row, row.figures.mean),
    },
    Def {
        key: "min",
        label: "Min",
        holds: Holds::In("ms"),
        width: "80px",
        hint: "Its shortest execution",
        sort: Some((Sort::Min, true)),
        cell: |row| single(row, row.figures.min),
    },
    Def {
        key: "p50",
        label: "p50",
        holds: Holds::In("ms"),
        width: "80px",
        hint: "Half of its executions took at most this long (nearest rank)",
        sort: Some((Sort::P50, true)),
        cell: |row| single(row, row.figures.p50),
    },
    Def {
        key: "p95",
        label: "p95",
        holds: Holds::In("ms"),
        width: "80px",
        hint: "95 % of its executions took at most this long",
        sort: Some((Sort::P95, true)),
        cell: |row| single(row, row.figures.p95),
    },
    Def {
        key: "p99",
        label: "p99",
        holds: Holds::In("ms"),
        width: "80px",
        hint: "99 % of its executions took at most this long",
        sort: Some((Sort::P99, true)),
        cell: |row| single(row, row.figures.p99),
    },
    Def {
        key: "max",
        label: "Max",
        holds: Holds::In("ms"),
        width: "80px",
        hint: "Its longest execution",
        sort: Some((Sort::Max, true)),
        cell: |row| single(row, row.figures.max),
    },
    Def {
        key: "deviation",
        label: "Std dev",
        holds: Holds::In("ms"),
        width: "88px",
        hint: "Standard deviation of its durations",
        sort: Some((Sort::Deviation, true)),
        cell: |row| single(row, row.figures.deviation),
    },
    Def {
        key: "variance-to-mean",
        label: "V/M",
        holds: Holds::In("ms"),
        width: "80px",
        hint: "Variance-to-mean ratio: large where it is sometimes quick and sometimes slow",
        sort: Some((Sort::Dispersion, true)),
        cell: |row| single(row, row.figures.dispersion()),
    },
    Def {
        key: "durations",
        label: "Durations",
        holds: Holds::Pictures,
        width: "96px",
        hint: "Its executions by duration, from 1 µs to over 4 s; every bar stands for durations twice as long as the one before",
        sort: None,
        cell: |row| Cell::Histogram(row.classes.clone()),
    },
    Def {
        key: "over-time",
        label: "Over time",
        holds: Holds::Pictures,
        width: "104px",
        hint: "Its executions over time, all rows over the same time",
        sort: None,
        cell: |row| Cell::Curve(row.calls_over_time.clone()),
    },
    Def {
        key: "rows",
        label: "Rows",
        holds: Holds::Numbers,
        width: "84px",
        hint: "Rows it returned or changed, in all",
        sort: Some((Sort::Rows, true)),
        cell: |row| row.figures.rows.map_or(Cell::Unknown, Cell::Count),
    },
    Def {
        key: "rows-examined",
        label: "Rows examined",
        holds: Holds::Numbers,
        width: "118px",
        hint: "Rows the server looked at for it, in all",
        sort: Some((Sort::RowsExamined, true)),
        cell: |row| row.figures.rows_examined.map_or(Cell::Unknown, Cell::Count),
    },
    Def {
        key: "lock-time",
        label: "Lock time",
        holds: Holds::In("ms"),
        width: "100px",
        hint: "Time it waited for locks, in all",
        sort: Some((Sort::LockTime, true)),
        cell: |row| row.figures.lock_time.map_or(Cell::Unknown, Cell::Single),
    },
    Def {
        key: "failed",
        label: "Failed",
        holds: Holds::Numbers,
        width: "72px",
        hint: "Statements that ended in an error, those included that the server logs no duration for",
        sort: Some((Sort::Failed, true)),
        cell: |row| match row.figures.all_failed() {
            0 => Cell::Count(0),
            failed => Cell::Bad(format::count(i64::from(failed))),
        },
    },
    Def {
        key: "parameters",
        label: "Distinct",
        holds: Holds::Numbers,
        width: "84px",
        hint: "How many different queries, parameters included: far fewer than calls means that answers are asked for again",
        sort: Some((Sort::Distinct, true)),
        cell: |row| Cell::Count(u64::from(row.figures.distinct)),
    },
    Def {
        key: "shapes",
        label: "Shapes",
        holds: Holds::Numbers,
        width: "78px",
        hint: "How many different fingerprints",
        sort: Some((Sort::Shapes, true)),
        cell: |row| Cell::Count(u64::from(row.figures.shapes)),
    },
    Def {
        key: "impact",
        label: "Impact",
        holds: Holds::In("%"),
        width: "80px",
        hint: "System impact: the share of the time that one connection would be busy with it",
        sort: None,
        cell: |row| timed(row, Cell::Percent(row.impact / 100.0)),
    },
    Def {
        key: "first",
        label: "First",
        holds: Holds::Moments,
        width: "",
        hint: "When it ran first",
        sort: Some((Sort::First, false)),
        cell: |row| Cell::Start(row.figures.first),
    },
    Def {
        key: "last",
        label: "Last",
        holds: Holds::Moments,
        width: "",
        hint: "When it ran last",
        sort: Some((Sort::Last, true)),
        cell: |row| Cell::Start(row.figures.last),
    },
    Def {
        key: "tables",
        label: "Tables",
        holds: Holds::Words,
        width: "minmax(100px, 0.35fr)",
        hint: "The tables it names",
        sort: Some((Sort::Tables, false)),
        cell: |row| Cell::Quiet(row.tables.join(", ")),
    },
    Def {
        key: "apdex",
        label: "Apdex",
        holds: Holds::Numbers,
        width: "72px",
        hint: "How satisfied users are, 0 to 1: answered within the threshold, within four times it (half), or later or with 5xx",
        sort: Some((Sort::Apdex, false)),
        cell: |row| match row.served.and_then(|served| served.apdex.score()) {
            Some(score) => Cell::Number(score, 2),
            None => Cell::Unknown,
        },
    },
    Def {
        key: "client-errors",
        label: "4xx",
        holds: Holds::Numbers,
        width: "64px",
        hint: "Requests that were answered with an error of the client",
        sort: Some((Sort::ClientErrors, true)),
        cell: |row| Cell::Count(u64::from(row.served.unwrap_or_default().client_errors)),
    },
    Def {
        key: "client-left",
        label: "Left",
        holds: Holds::Numbers,
        width: "64px",
        hint: "Requests whose client left before the answer",
        sort: Some((Sort::Gone, true)),
        cell: |row| Cell::Count(u64::from(row.served.unwrap_or_default().gone)),
    },
    Def {
        key: "bytes",
        label: "Sent",
        holds: Holds::Numbers,
        width: "84px",
        hint: "Bytes of the answers, in all",
        sort: Some((Sort::Bytes, true)),
        cell: |row| match row.served.and_then(|served| served.bytes) {
            Some(bytes) => Cell::Bytes(bytes as f64),
            None => Cell::Unknown,
        },
    },
];

/// What only requests have.
const ONLY_REQUESTS: [&str; 4] = ["apdex", "client-errors", "client-left", "bytes"];

/// What some of them are called of requests.
static OF_REQUESTS: [Def<GroupRow, Sort>; 3] = [
    Def {
        key: "calls",
        label: "Requests",
        holds: Holds::Numbers,
        width: "88px",
        hint: "How many there were",
        sort: Some((Sort::Calls, true)),
        cell: |row| Cell::Count(u64::from(row.figures.calls)),
    },
    Def {
        key: "failed",
        label: "5xx",
        holds: Holds::Numbers,
        width: "64px",
        hint: "Requests that were answered with an error of the site",
        sort: Some((Sort::Failed, true)),
        cell: |row| match row.figures.failed {
            0 => Cell::Count(0),
            failed => Cell::Bad(format::count(i64::from(failed))),
        },
    },
    Def {
        key: "parameters",
        label: "Distinct",
        holds: Holds::Numbers,
        width: "84px",
        hint: "How many different addresses, queries included",
        sort: Some((Sort::Distinct, true)),
        cell: |row| Cell::Count(u64::from(row.figures.distinct)),
    },
];

/// The columns that are there at first.
pub const DEFAULT: u32 = mask(&[0, 1, 2, 3, 4, 7, 9, 12, 13, 23]);

const fn mask(places: &[u32]) -> u32 {
    let (mut mask, mut at) = (0, 0);
    while at < places.len() {
        mask |= 1 << places[at];
        at += 1;
    }
    mask
}

/// Whether a column is of such logs; the choice of columns offers no others.
pub fn is_of(key: &str, requests: bool) -> bool {
    let says_nothing = ["tables", "rows", "rows-examined", "lock-time"].contains(&key) && requests;
    !says_nothing && (requests || !ONLY_REQUESTS.contains(&key))
}

/// The columns of a set, in order; without those that say nothing of groups of this kind.
pub fn chosen(mask: u32, by: By, requests: bool) -> Vec<&'static Def<GroupRow, Sort>> {
    let is_shown = |(at, def): &(usize, &'static Def<GroupRow, Sort>)| {
        // Only fingerprints have their tables with them, and only others are of several shapes.
        let says_nothing = match def.key {
            key if !is_of(key, requests) => true,
            "tables" => by != By::Fingerprint,
            "shapes" => by == By::Fingerprint,
            _ => false,
        };
        // Errors are half of what a route is looked at for.
        let is_first = ["failed", "apdex", "client-errors", "bytes"].contains(&def.key);
        let of_route = requests && mask == DEFAULT && is_first;
        *at == 0 || of_route || (mask >> at & 1 != 0 && !says_nothing)
    };
    let named = |def: &'static Def<GroupRow, Sort>| {
        let of_requests = OF_REQUESTS.iter().find(|other| requests && other.key == def.key);
        of_requests.unwrap_or(def)
    };
    ALL.iter().enumerate().filter(is_shown).map(|(_, def)| named(def)).collect()
}

/// A set of columns as addresses and settings have it: `calls,total`.
pub fn names(mask: u32) -> String {
    let is_in = |(at, _): &(usize, &Def<GroupRow, Sort>)| mask >> at & 1 != 0;
    ALL.iter().enumerate().filter(is_in).map(|(_, def)| def.key).collect::<Vec<_>>().join(",")
}

/// The setting that keeps which columns were chosen.
const COLUMNS: &str = "query-columns";

/// The columns of `log`'s groups; follows them.
pub fn of(log: LogView) -> u32 {
    log.columns.get().unwrap_or_else(|| storage::setting(COLUMNS).map_or(DEFAULT, |kept| from_names(&kept)))
}

/// Chooses the columns of groups, for this visit and the next.
pub fn choose(log: LogView, columns: u32) {
    log.columns.set(Some(columns));
    storage::set_setting(COLUMNS, &names(columns));
}

/// The set that [`names`] wrote; what is not known is left out.
pub fn from_names(text: &str) -> u32 {
    let places = ALL.iter().enumerate().filter(|(_, def)| text.split(',').any(|name| name == def.key));
    places.fold(1, |mask, (at, _)| mask | 1 << at)
}

fn timed(row: &GroupRow, cell: Cell) -> Cell {
    if row.figures.timed() > 0 { cell } else { Cell::Unknown }
}

fn single(row: &GroupRow, time: f64) -> Cell {
    timed(row, Cell::Single(time))
}
