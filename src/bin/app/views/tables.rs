//! The tables of the database: what is read from and written to each, when, and by which columns.

mod matrix;

use std::sync::Arc;

use flamedrop::export::table::Value;
use flamedrop::format;
use flamedrop::layout::chart::{Across, Data, Kind, Series, Tone, Unit};
use flamedrop::layout::time_axis::AxisClock;
use flamedrop::protocol::{Answer, Ask, QueriesOverview, Request, Response, TableColumn as SortBy, Window};
use flamedrop::queries::by::By;
use flamedrop::queries::columns::Usage;
use flamedrop::queries::table_use::{ColumnTotal, TableUse};
use leptos::prelude::*;

use self::matrix::MatrixOf;
use crate::components::cells::{Cell, Units};
use crate::components::chart::Chart;
use crate::components::copy_table::{self, Sheet, Whole, copy_sheet, copy_table, file_of};
use crate::components::data_table::{Def, Holds, Setup, data_table};
use crate::components::paged::{self, Asked, Paged};
use crate::components::switch::switch_buttons;
use crate::document::{OpenDocument, Sort, answers};
use crate::log_view::{STATISTICS, filter, only};

/// Steps of time in a table's row and in its chart.
const STEPS: u32 = 60;

/// A table, and what its part is of.
#[derive(Clone)]
pub struct TableRow {
    usage: TableUse,
    /// Of the time of all statements.
    total: f64,
}

/// Columns of tables.
pub const COLUMNS: &[Def<TableRow, SortBy>] = &[
    Def {
        key: "table",
        label: "Table",
        holds: Holds::Name,
        width: "minmax(160px, 1fr)",
        hint: "The table, with its schema where statements write it",
        sort: Some((SortBy::Table, false)),
        cell: |row| Cell::Text(row.usage.table.clone()),
    },
    Def {
        key: "reads",
        label: "Reads",
        holds: Holds::Numbers,
        width: "80px",
        hint: "Statements that read it",
        sort: Some((SortBy::Reads, true)),
        cell: |row| Cell::Count(u64::from(row.usage.reads)),
    },
    Def {
        key: "writes",
        label: "Writes",
        holds: Holds::Numbers,
        width: "80px",
        hint: "Statements that change it",
        sort: Some((SortBy::Writes, true)),
        cell: |row| Cell::Count(u64::from(row.usage.writes)),
    },
    Def {
        key: "share",
        label: "Share of time",
        holds: Holds::Totals,
        width: "116px",
        hint: "Its equal part of the time of every statement that names it: these add up to the time of all statements that name a table",
        sort: Some((SortBy::Share, true)),
        cell: |row| {
            let share = if row.total > 0.0 { row.usage.share_time / row.total } else { 0.0 };
            timed(row, Cell::Total(row.usage.share_time, share))
        },
    },
    Def {
        key: "read-time",
        label: "Read time",
        holds: Holds::Totals,
        width: "112px",
        hint: "Time of the statements that read it, each in full",
        sort: Some((SortBy::ReadTime, true)),
        cell: |row| timed(row, Cell::Total(row.usage.read_time, 0.0)),
    },
    Def {
        key: "write-time",
        label: "Write time",
        holds: Holds::Totals,
        width: "112px",
        hint: "Time of the statements that change it, each in full",
        sort: Some((SortBy::WriteTime, true)),
        cell: |row| timed(row, Cell::Total(row.usage.write_time, 0.0)),
    },
    Def {
        key: "time",
        label: "Total time",
        holds: Holds::Totals,
        width: "100px",
        hint: "Time of all statements that name it, each in full",
        sort: Some((SortBy::Time, true)),
        cell: |row| timed(row, Cell::Total(row.usage.time(), 0.0)),
    },
    Def {
        key: "over-time",
        label: "Reads and writes over time",
        holds: Holds::Pictures,
        width: "minmax(200px, 1fr)",
        hint: "Reads above the line, writes beneath it; all tables over the same time",
        sort: None,
        cell: |row| Cell::ReadsWrites(row.usage.reads_over_time.clone(), row.usage.writes_over_time.clone()),
    },
    Def {
        key: "rows-read",
        label: "Rows read",
        holds: Holds::Numbers,
        width: "94px",
        hint: "Rows that reads returned, in all",
        sort: Some((SortBy::RowsRead, true)),
        cell: |row| row.usage.rows_read.map_or(Cell::Unknown, Cell::Count),
    },
    Def {
        key: "rows-written",
        label: "Rows written",
        holds: Holds::Numbers,
        width: "106px",
        hint: "Rows that were changed, in all",
        sort: Some((SortBy::RowsWritten, true)),
        cell: |row| row.usage.rows_written.map_or(Cell::Unknown, Cell::Count),
    },
    Def {
        key: "shapes",
        label: "Shapes",
        holds: Holds::Numbers,
        width: "78px",
        hint: "How many fingerprints name it",
        sort: Some((SortBy::Shapes, true)),
        cell: |row| Cell::Count(u64::from(row.usage.shapes)),
    },
];

fn timed(row: &TableRow, cell: Cell) -> Cell {
    if row.total > 0.0 { cell } else { Cell::Unknown }
}

/// The tables of a log.
#[component]
pub fn Tables(document: OpenDocument, overview: QueriesOverview) -> impl IntoView {
    let units = Units::of(&overview);
    let log = document.log;
    let sort = log.table_sort;
    let span = overview.span.unwrap_or_default();
    let paged = Paged::new(
        document,
        log.table.into(),
        |row: &TableRow| row.usage.id,
        move |asked| Some(question(document, asked)),
        pick,
    );
    let copy = copy_table(
        document,
        "tables",
        units,
        Whole {
            request: Arc::new(move || {
                Some(question(document, Asked { first: 0, count: u32::MAX, selected: None }))
            }),
            pick,
            columns: Arc::new(|| COLUMNS.iter().collect()),
        },
    );
    let empty = if overview.statistics { STATISTICS } else { "None of the statements shown names a table." };
    let table = move || {
        data_table(Setup {
            label: "Tables",
            heading: None,
            columns: COLUMNS.iter().collect(),
            paged,
            sort,
            units,
            select: Arc::new(move |row: TableRow| log.table.set(Some(row.usage.id))),
            open: Arc::new(move |row: TableRow| {
                log.table.set(Some(row.usage.id));
                to_queries(document, row.usage.table);
            }),
            empty: empty.to_owned(),
        })
    };
    let switch = switch_buttons([false, true], log.matrix, |matrix| match matrix {
        false => "Table",
        true => "Over time",
    });
    // What the picture shows: also there one is selected.
    let drawn = RwSignal::new(None::<Arc<Vec<TableRow>>>);
    // The last answer that has it stays, while rows are on their way.
    let selected = Memo::new_with_compare(
        move |known: Option<&Option<TableRow>>| {
            let id = log.table.get()?;
            let place = paged.selected_row().get();
            let row = place.and_then(|place| paged.at(place));
            let row = row.or_else(|| {
                drawn.with(|drawn| drawn.as_ref()?.iter().find(|row| row.usage.id == id).cloned())
            });
            row.or_else(|| known.cloned().flatten().filter(|row| row.usage.id == id))
        },
        |old, new| match (old, new) {
            (Some(Some(old)), Some(Some(new))) => old.usage != new.usage || old.total != new.total,
            (old, new) => old.is_some_and(Option::is_some) || new.is_some_and(Option::is_some),
        },
    );
    view! {
        <div class="split">
            <div class="listing">
                <div class="view-bar">
                    <div class="switch" role="group" aria-label="Shown as">{switch}</div>
                    <div hidden=move || log.matrix.get()>{copy}</div>
                    <p class="sum">"A statement counts for every table it names; its part of the time is divided among them."</p>
                </div>
                {move || if log.matrix.get() {
                    view! { <MatrixOf document units span rows=drawn empty=empty.to_owned() /> }.into_any()
                } else {
                    table()
                }}
            </div>
            {move || selected.get().map(|row| view! { <Detail document row units span /> })}
        </div>
    }
}

fn question(document: OpenDocument, asked: Asked) -> Request {
    let Asked { first, count, selected } = asked;
    let Sort { column, descending } = document.log.table_sort.get();
    let window = Window { sort: column, descending, first, count, selected };
    Request::View(filter(document), Ask::Tables { window, steps: STEPS })
}

fn pick(response: Response) -> Option<paged::Answer<TableRow>> {
    match response {
        Response::View(Answer::Tables(page, total)) => {
            let rows = page.page.into_iter().map(|usage| TableRow { usage, total }).collect();
            Some((page.rows, rows, page.selected))
        }
        _ => None,
    }
}

/// The queries of a table.
fn to_queries(document: OpenDocument, table: String) {
    only(document, By::Table, table);
    document.show_queries();
}

#[component]
fn Detail(document: OpenDocument, row: TableRow, units: Units, span: (f64, f64)) -> impl IntoView {
    let usage = row.usage;
    let table = usage.table.clone();
    let columns = answers(
        document,
        {
            let table = table.clone();
            move || Some(Request::View(filter(document), Ask::Columns { table: Some(table.clone()) }))
        },
        |response| match response {
            Response::View(Answer::Columns(columns)) => Some(columns),
            _ => None,
        },
    );
    let number = |name: &'static str, value: String| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let count = |value: u64| format::count(value as i64);
    let rows = |value: Option<u64>| value.map_or_else(|| format::UNKNOWN.to_owned(), count);
    let (first, last) = span;
    let clock = if units.wall_clock { AxisClock::Wall(first) } else { AxisClock::Relative };
    // The worker's steps are even over what is looked at.
    let (from, to) = untrack(|| filter(document)).range.unwrap_or((0.0, last - first));
    let (from, to) = (from.clamp(0.0, last - first), to.clamp(0.0, last - first));
    let step = (to - from).max(1e-3) / f64::from(STEPS);
    let floats = |values: &[u32]| values.iter().map(|&value| value as f32).collect::<Vec<f32>>();
    let bars = |name, tone, values: &[u32]| Series { name, tone, kind: Kind::Bars, values: floats(values) };
    let data = Data {
        across: Across::Time { from, step, clock },
        unit: Unit::Count,
        series: vec![
            bars("reads", Tone::Reads, &usage.reads_over_time),
            bars("writes", Tone::Writes, &usage.writes_over_time),
        ],
    };
    let heading = table.clone();
    let copy = copy_sheet(file_of(document, &format!("{table}.columns")), move || {
        let mut sheet = Sheet::new(&[
            ("column", Holds::Name),
            ("function", Holds::Words),
            ("usage", Holds::Words),
            ("calls", Holds::Numbers),
            ("time", Holds::Totals),
            ("shapes", Holds::Numbers),
        ]);
        for column in columns.get().map(|(_, columns)| columns).unwrap_or_default() {
            sheet.push(vec![
                Value::Text(column.column),
                column.function.map_or(Value::Nothing, Value::Text),
                Value::Text(used(column.usage).to_owned()),
                Value::Count(i64::from(column.calls)),
                copy_table::number(column.time),
                Value::Count(i64::from(column.shapes)),
            ]);
        }
        sheet
    });
    view! {
        <aside class="details" aria-label="Selected table">
            <button type="button" class="close" aria-label="Close details" on:click=move |_| document.log.table.set(None)>"×"</button>
            <section>
                <h2>{heading}</h2>
                <dl class="numbers">
                    {number("Reads", count(u64::from(usage.reads)))}
                    {number("Writes", count(u64::from(usage.writes)))}
                    {number("Read time", format::milliseconds(usage.read_time))}
                    {number("Write time", format::milliseconds(usage.write_time))}
                    {number("Rows read", rows(usage.rows_read))}
                    {number("Rows written", rows(usage.rows_written))}
                    {number("Shapes", count(u64::from(usage.shapes)))}
                </dl>
                <button type="button" class="link" on:click=move |_| to_queries(document, table.clone())>"Its queries"</button>
            </section>
            <section>
                <h3>"Reads and writes over time"</h3>
                <Chart label="Reads and writes over time" data=Signal::stored(Arc::new(data)) />
            </section>
            <section>
                <div class="heading"><h3>"Columns in WHERE, JOIN, GROUP BY and ORDER BY"</h3> {copy}</div>
                {move || columns.get().map(|(_, columns)| columns_table(&columns))}
            </section>
        </aside>
    }
}

fn columns_table(columns: &[ColumnTotal]) -> AnyView {
    if columns.is_empty() {
        return view! { <p class="hint">"The statements shown name none of its columns there."</p> }
            .into_any();
    }
    let rows: Vec<_> = columns
        .iter()
        .map(|column| {
            let name = match &column.function {
                Some(function) => format!("{} in {function}", column.column),
                None => column.column.clone(),
            };
            view! {
                <tr>
                    <td class="code"><code>{name}</code></td>
                    <td>{used(column.usage)}</td>
                    <td class="number">{format::count(i64::from(column.calls))}</td>
                    <td class="number">{format::milliseconds(column.time)}</td>
                    <td class="number">{format::count(i64::from(column.shapes))}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Columns of the table">
            <table class="items">
                <thead><tr><th>"Column"</th><th>"Used for"</th><th class="number">"Calls"</th><th class="number">"Time"</th><th class="number">"Shapes"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A use of a column in SQL's words.
fn used(usage: Usage) -> &'static str {
    match usage {
        Usage::Equal => "WHERE =",
        Usage::In => "WHERE IN",
        Usage::Join => "JOIN",
        Usage::Null => "WHERE IS NULL",
        Usage::Range => "WHERE < >",
        Usage::LikePrefix => "LIKE 'x%'",
        Usage::LikeAnywhere => "LIKE '%x'",
        Usage::LikeUnknown => "LIKE ?",
        Usage::Unequal => "WHERE <>",
        Usage::Operator => "WHERE, other operator",
        Usage::Group => "GROUP BY",
        Usage::Ascending => "ORDER BY",
        Usage::Descending => "ORDER BY … DESC",
    }
}
