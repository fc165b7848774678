//! The columns of events, in groups and one by one: each class has its own.

use flamedrop::protocol::{EventColumn as Sort, EventGroupRow, EventRow};
use flamedrop::queries::events::Facts;
use flamedrop::queries::{EventClass, Operation};

use crate::components::cells::Cell;
use crate::components::data_table::{Def, Holds};

/// Columns of groups: [`groups`] says which a class has.
pub const GROUPS: &[Def<EventGroupRow, Sort>] = &[
    Def {
        key: "label",
        label: "Message",
        holds: Holds::Name,
        width: "minmax(220px, 1fr)",
        hint: "What the events of a row have in common",
        sort: Some((Sort::Label, false)),
        cell: |row| Cell::Text(row.label.clone()),
    },
    Def {
        key: "count",
        label: "Events",
        holds: Holds::Numbers,
        width: "80px",
        hint: "How many there are",
        sort: Some((Sort::Count, true)),
        cell: |row| Cell::Count(u64::from(row.figures.count)),
    },
    Def {
        key: "share",
        label: "Share",
        holds: Holds::In("%"),
        width: "72px",
        hint: "Of all events shown",
        sort: None,
        cell: |row| Cell::Percent(row.share),
    },
    Def {
        key: "bytes",
        label: "Written",
        holds: Holds::Numbers,
        width: "96px",
        hint: "Bytes written in all",
        sort: Some((Sort::Amount, true)),
        cell: |row| known(row, Cell::Bytes(row.figures.amount)),
    },
    Def {
        key: "largest-file",
        label: "Largest",
        holds: Holds::Numbers,
        width: "96px",
        hint: "The largest file",
        sort: Some((Sort::Largest, true)),
        cell: |row| known(row, Cell::Bytes(row.figures.largest)),
    },
    Def {
        key: "time",
        label: "Time",
        holds: Holds::In("ms"),
        width: "112px",
        hint: "How long they took, or were waited for, together",
        sort: Some((Sort::Amount, true)),
        cell: |row| known(row, Cell::Single(row.figures.amount)),
    },
    Def {
        key: "longest",
        label: "Longest",
        holds: Holds::In("ms"),
        width: "104px",
        hint: "The longest of them",
        sort: Some((Sort::Largest, true)),
        cell: |row| known(row, Cell::Single(row.figures.largest)),
    },
    Def {
        key: "over-time",
        label: "Over time",
        holds: Holds::Pictures,
        width: "104px",
        hint: "Events over time, all rows over the same time",
        sort: None,
        cell: |row| Cell::Curve(row.over_time.clone()),
    },
    Def {
        key: "first",
        label: "First",
        holds: Holds::Moments,
        width: "",
        hint: "When it happened first",
        sort: Some((Sort::First, false)),
        cell: |row| Cell::Start(row.figures.first),
    },
    Def {
        key: "last",
        label: "Last",
        holds: Holds::Moments,
        width: "",
        hint: "When it happened last",
        sort: Some((Sort::Last, true)),
        cell: |row| Cell::Start(row.figures.last),
    },
];

fn known(row: &EventGroupRow, cell: Cell) -> Cell {
    if row.figures.known > 0 { cell } else { Cell::Unknown }
}

/// The columns of a class's groups.
pub fn groups(class: EventClass) -> Vec<&'static Def<EventGroupRow, Sort>> {
    let left_out: &[&str] = match class {
        EventClass::TemporaryFiles => &["time", "longest"],
        EventClass::Errors | EventClass::Cancelled | EventClass::Warnings | EventClass::Plans => {
            &["bytes", "largest-file", "time", "longest"]
        }
        _ => &["bytes", "largest-file"],
    };
    GROUPS.iter().filter(|def| !left_out.contains(&def.key)).collect()
}

/// Columns of single events: [`single`] says which a class has.
pub const SINGLE: &[Def<EventRow, Sort>] = &[
    Def {
        key: "time",
        label: "Time",
        holds: Holds::Moments,
        width: "leading",
        hint: "When it was logged",
        sort: Some((Sort::First, false)),
        cell: |row| Cell::Start(row.time),
    },
    Def {
        key: "kind",
        label: "Kind",
        holds: Holds::Words,
        width: "150px",
        hint: "What happened",
        sort: None,
        cell: |row| {
            let name = row.kind.names().0.to_owned();
            if row.kind.ends_statement() { Cell::Bad(name) } else { Cell::Text(name) }
        },
    },
    Def {
        key: "message",
        label: "Message",
        holds: Holds::Words,
        width: "minmax(160px, 1.2fr)",
        hint: "What the server says, in short",
        sort: Some((Sort::Label, false)),
        cell: |row| Cell::Text(row.message.clone()),
    },
    Def {
        key: "table",
        label: "Table",
        holds: Holds::Words,
        width: "minmax(140px, 1fr)",
        hint: "Database, schema and table",
        sort: Some((Sort::Label, false)),
        cell: |row| Cell::Text(row.message.clone()),
    },
    Def {
        key: "cause",
        label: "Cause",
        holds: Holds::Words,
        width: "minmax(110px, 1fr)",
        hint: "Why it started: time (checkpoint_timeout), wal (max_wal_size), a command, the end of recovery",
        sort: Some((Sort::Label, false)),
        cell: |row| Cell::Text(row.message.clone()),
    },
    Def {
        key: "lock",
        label: "Lock",
        holds: Holds::Words,
        width: "minmax(150px, 0.8fr)",
        hint: "What it waits for",
        sort: Some((Sort::Label, false)),
        cell: |row| Cell::Text(row.message.clone()),
    },
    Def {
        key: "sqlstate",
        label: "SQLSTATE",
        holds: Holds::Words,
        width: "84px",
        hint: "The kind of error as the standard numbers it",
        sort: None,
        cell: |row| row.state.clone().map_or(Cell::Unknown, Cell::Text),
    },
    Def {
        key: "bytes",
        label: "Size",
        holds: Holds::Numbers,
        width: "88px",
        hint: "Size of the file",
        sort: Some((Sort::Amount, true)),
        cell: |row| if row.amount.is_nan() { Cell::Unknown } else { Cell::Bytes(row.amount) },
    },
    Def {
        key: "took",
        label: "Took",
        holds: Holds::In("ms"),
        width: "104px",
        hint: "How long it took, or was waited for",
        sort: Some((Sort::Amount, true)),
        cell: |row| if row.amount.is_nan() { Cell::Unknown } else { Cell::Single(row.amount) },
    },
    Def {
        key: "waits",
        label: "Waits",
        holds: Holds::Words,
        width: "80px",
        hint: "The process that waits",
        sort: None,
        cell: |row| match &row.facts {
            Some(Facts::Lock(lock)) if lock.waiter > 0 => Cell::Text(lock.waiter.to_string()),
            _ => Cell::Unknown,
        },
    },
    Def {
        key: "holds",
        label: "Holds",
        holds: Holds::Words,
        width: "84px",
        hint: "The processes that hold the lock",
        sort: None,
        cell: |row| match &row.facts {
            Some(Facts::Lock(lock)) => processes(&lock.holders),
            _ => Cell::Unknown,
        },
    },
    Def {
        key: "queue",
        label: "Queue",
        holds: Holds::Numbers,
        width: "68px",
        hint: "How many wait for the lock",
        sort: None,
        cell: |row| match &row.facts {
            Some(Facts::Lock(lock)) => Cell::Count(lock.queue.len() as u64),
            _ => Cell::Unknown,
        },
    },
    Def {
        key: "pages-written",
        label: "Pages",
        holds: Holds::Numbers,
        width: "80px",
        hint: "Pages that were written",
        sort: Some((Sort::Buffers, true)),
        cell: |row| match &row.facts {
            Some(Facts::Checkpoint(checkpoint)) => Cell::Count(checkpoint.buffers),
            _ => Cell::Unknown,
        },
    },
    Def {
        key: "sync",
        label: "Sync",
        holds: Holds::In("ms"),
        width: "80px",
        hint: "Time to make the disk keep it",
        sort: Some((Sort::Sync, true)),
        cell: |row| match &row.facts {
            Some(Facts::Checkpoint(checkpoint)) if !checkpoint.sync.is_nan() => Cell::Single(checkpoint.sync),
            _ => Cell::Unknown,
        },
    },
    Def {
        key: "distance",
        label: "WAL",
        holds: Holds::Numbers,
        width: "88px",
        hint: "WAL since the checkpoint before",
        sort: Some((Sort::Distance, true)),
        cell: |row| match &row.facts {
            Some(Facts::Checkpoint(checkpoint)) if !checkpoint.distance.is_nan() => {
                Cell::Bytes(checkpoint.distance)
            }
            _ => Cell::Unknown,
        },
    },
    Def {
        key: "dead-kept",
        label: "Dead kept",
        holds: Holds::Numbers,
        width: "92px",
        hint: "Dead rows that had to stay, as a transaction may still see them",
        sort: Some((Sort::KeptDead, true)),
        cell: |row| match &row.facts {
            Some(Facts::Vacuum(vacuum)) => Cell::Count(vacuum.kept_dead),
            _ => Cell::Unknown,
        },
    },
    Def {
        key: "removed",
        label: "Removed",
        holds: Holds::Numbers,
        width: "92px",
        hint: "Dead rows that were removed",
        sort: Some((Sort::Removed, true)),
        cell: |row| match &row.facts {
            Some(Facts::Vacuum(vacuum)) => Cell::Count(vacuum.removed),
            _ => Cell::Unknown,
        },
    },
    Def {
        key: "pages",
        label: "Pages",
        holds: Holds::Numbers,
        width: "80px",
        hint: "Pages of the table",
        sort: Some((Sort::Pages, true)),
        cell: |row| match &row.facts {
            Some(Facts::Vacuum(vacuum)) => Cell::Count(vacuum.pages),
            _ => Cell::Unknown,
        },
    },
    Def {
        key: "query",
        label: "Query",
        holds: Holds::Words,
        width: "minmax(160px, 1.2fr)",
        hint: "The statement it happened to, with literals normalised away",
        sort: Some((Sort::Query, false)),
        cell: |row| match &row.query {
            Some((_, text)) => Cell::Sql(text.clone(), Operation::Other),
            None => Cell::Unknown,
        },
    },
    Def {
        key: "user",
        label: "User",
        holds: Holds::Words,
        width: "96px",
        hint: "Database user",
        sort: None,
        cell: |row| words(&row.user),
    },
    Def {
        key: "application",
        label: "Application",
        holds: Holds::Words,
        width: "110px",
        hint: "The name the client gives itself",
        sort: None,
        cell: |row| words(&row.application),
    },
    Def {
        key: "host",
        label: "Host",
        holds: Holds::Words,
        width: "110px",
        hint: "Where the client is",
        sort: None,
        cell: |row| words(&row.host),
    },
];

fn words(text: &str) -> Cell {
    if text.is_empty() { Cell::Unknown } else { Cell::Quiet(text.to_owned()) }
}

fn processes(processes: &[u32]) -> Cell {
    match processes {
        [] => Cell::Unknown,
        [one] => Cell::Text(one.to_string()),
        [one, rest @ ..] => Cell::Text(format!("{one} +{}", rest.len())),
    }
}

/// The columns of a class's single events.
pub fn single(class: EventClass) -> Vec<&'static Def<EventRow, Sort>> {
    let keys: &[&str] = match class {
        EventClass::Errors | EventClass::Warnings | EventClass::Plans => {
            &["time", "message", "sqlstate", "query", "user", "application", "host"]
        }
        EventClass::Cancelled => &["time", "kind", "message", "query", "user", "application", "host"],
        EventClass::Locks => &["time", "kind", "lock", "took", "waits", "holds", "queue", "query"],
        EventClass::TemporaryFiles => &["time", "bytes", "query", "user", "application", "host"],
        EventClass::Checkpoints => &["time", "cause", "pages-written", "took", "sync", "distance"],
        EventClass::Vacuum => &["time", "kind", "table", "took", "dead-kept", "removed", "pages"],
        EventClass::Connections => &["time", "kind", "message", "took", "user", "application", "host"],
    };
    keys.iter().filter_map(|key| SINGLE.iter().find(|def| def.key == *key)).collect()
}
