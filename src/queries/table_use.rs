//! What is done to each table. A statement counts for every table it names: as a write for the one it
//! changes, as a read for the others. So counts over tables exceed the log's; the shares of time, where
//! each of a statement's tables has an equal part, add up to the total less statements without tables.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::columns::Usage;
use super::figures::Groups;
use super::filter::Selection;
use super::overview::Steps;
use super::{ColumnUse, QueryLog};
use crate::sort;

/// What is done to one table. Milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableUse {
    /// Its number, the same under every filter.
    pub id: u32,
    /// Its name, with its schema where statements write it.
    pub table: String,
    /// Statements that read it.
    pub reads: u32,
    /// Statements that change it.
    pub writes: u32,
    /// Time of those that read it.
    pub read_time: f64,
    /// Time of those that change it.
    pub write_time: f64,
    /// Its equal part of the time of every statement that names it.
    pub share_time: f64,
    /// Rows that reads returned, in all; `None` if the log does not say.
    pub rows_read: Option<u64>,
    /// Rows that were changed, in all; `None` if the log does not say.
    pub rows_written: Option<u64>,
    /// How many fingerprints name it.
    pub shapes: u32,
    /// Reads per step of time.
    pub reads_over_time: Vec<u32>,
    /// Writes per step of time.
    pub writes_over_time: Vec<u32>,
}

impl TableUse {
    /// Time of all statements that name it.
    pub fn time(&self) -> f64 {
        self.read_time + self.write_time
    }
}

/// What each table of `selection` is used for, in order of first use.
pub fn table_use(log: &QueryLog, selection: &Selection, steps: Steps) -> Vec<TableUse> {
    let statements = &log.statements;
    let (origin, _) = log.span().unwrap_or_default();
    let mut tables: Vec<TableUse> = Vec::new();
    let mut ids: FxHashMap<&str, u32> = FxHashMap::default();
    for table in log.fingerprints.iter().flat_map(|fingerprint| &fingerprint.tables) {
        let next = ids.len() as u32;
        ids.entry(table).or_insert(next);
    }
    let mut places: Vec<Option<u32>> = vec![None; ids.len()];
    // Per fingerprint: its tables' places; made when it is first seen.
    let mut of_fingerprint: Vec<Option<Vec<u32>>> = vec![None; log.fingerprints.len()];
    for at in selection.iter() {
        let id = statements.fingerprint[at] as usize;
        let fingerprint = &log.fingerprints[id];
        let named = of_fingerprint[id].get_or_insert_with(|| {
            let named = fingerprint.tables.iter().map(|table| {
                let id = ids[table.as_str()];
                *places[id as usize].get_or_insert_with(|| {
                    tables.push(TableUse {
                        id,
                        table: table.clone(),
                        reads_over_time: vec![0; steps.count],
                        writes_over_time: vec![0; steps.count],
                        ..TableUse::default()
                    });
                    tables.len() as u32 - 1
                })
            });
            let named: Vec<u32> = named.collect();
            for &table in &named {
                tables[table as usize].shapes += 1;
            }
            named
        });
        if named.is_empty() {
            continue;
        }
        let duration = statements.duration[at].max(0.0);
        let rows = statements.rows(at).map(u64::from);
        let step = steps.of(statements.start[at] - origin);
        let part = duration / named.len() as f64;
        for (place, &table) in named.iter().enumerate() {
            let table = &mut tables[table as usize];
            table.share_time += part;
            // The target comes first: INSERT INTO t SELECT … FROM u.
            if fingerprint.operation.is_write() && place == 0 {
                table.writes += 1;
                table.write_time += duration;
                table.writes_over_time[step] += 1;
                add(&mut table.rows_written, rows);
            } else {
                table.reads += 1;
                table.read_time += duration;
                table.reads_over_time[step] += 1;
                // What a statement returns or changes are its first table's rows.
                if place == 0 {
                    add(&mut table.rows_read, rows);
                }
            }
        }
    }
    tables
}

fn add(sum: &mut Option<u64>, rows: Option<u64>) {
    if let Some(rows) = rows {
        *sum = Some(sum.unwrap_or(0) + rows);
    }
}

/// How much a column is used in one way. Milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ColumnTotal {
    /// Its table; `None` where several come into question.
    pub table: Option<String>,
    /// Its name.
    pub column: String,
    /// How it is used.
    pub usage: Usage,
    /// The function or operator it stands in, if any.
    pub function: Option<String>,
    /// Executions that use it so.
    pub calls: u32,
    /// Their time, each in full: it is not divided among columns.
    pub time: f64,
    /// How many fingerprints use it so.
    pub shapes: u32,
}

/// What the columns of `groups` (of fingerprints) are used for, of one table or of all; those of most
/// time first.
pub fn column_totals(log: &QueryLog, groups: &Groups, table: Option<&str>) -> Vec<ColumnTotal> {
    type Key<'a> = (Option<&'a str>, &'a str, Usage, Option<&'a str>);
    let mut totals: Vec<ColumnTotal> = Vec::new();
    let mut ids: FxHashMap<Key<'_>, (usize, u32)> = FxHashMap::default();
    for (&key, figures) in groups.keys.iter().zip(&groups.figures) {
        let Some(fingerprint) = log.fingerprints.get(key as usize) else { continue };
        let uses = fingerprint.columns.iter();
        for one in uses.filter(|one| table.is_none() || one.table.as_deref() == table) {
            let ColumnUse { table, column, usage, function, .. } = one;
            let next = totals.len();
            let id = (table.as_deref(), column.as_str(), *usage, function.as_deref());
            let (place, last) = ids.entry(id).or_insert_with(|| {
                totals.push(ColumnTotal {
                    table: table.clone(),
                    column: column.clone(),
                    usage: *usage,
                    function: function.clone(),
                    calls: 0,
                    time: 0.0,
                    shapes: 0,
                });
                (next, super::NONE)
            });
            // Twice in one statement is once.
            if *last != key {
                *last = key;
                let total = &mut totals[*place];
                total.calls += figures.calls;
                total.time += figures.total;
                total.shapes += 1;
            }
        }
    }
    sort::by(&mut totals, |a, b| {
        b.time.total_cmp(&a.time).then(b.calls.cmp(&a.calls)).then_with(|| a.column.cmp(&b.column))
    });
    totals
}
