//! Fingerprints and their columns, in columns.

use super::columns::{Damaged, Reader, Writer};
use super::{list, of_length};
use crate::queries::{ColumnUse, Fingerprint, Operation, Sort, Usage};

/// [`ColumnUse`], field by field.
type SavedUse = (Option<String>, String, Usage, Option<String>, u32, bool, Option<(String, String)>);

/// What was added to it later.
type SavedDetail = (bool, Option<Sort>);

pub(super) fn write(name: &str, fingerprints: &[Fingerprint], columns: &mut Writer) {
    let column = |of: &str| format!("{name}.{of}");
    columns.put(&column("text"), &list(fingerprints, |one| one.text.as_str()));
    columns.put(&column("operation"), &list(fingerprints, |one| one.operation));
    columns.put(&column("longest_list"), &list(fingerprints, |one| one.longest_list));
    columns.put(&column("lists"), &list(fingerprints, |one| one.lists));
    columns.put(&column("largest_offset"), &list(fingerprints, |one| one.largest_offset));
    columns.put(&column("largest_limit"), &list(fingerprints, |one| one.largest_limit));
    columns.put(&column("is_mysql"), &list(fingerprints, |one| one.is_mysql));
    columns.put(&column("tables"), &list(fingerprints, |one| one.tables.as_slice()));
    columns.put(&column("columns"), &list(fingerprints, |one| list(&one.columns, saved)));
    let details = |one: &Fingerprint| list(&one.columns, |used| (used.given, used.sort));
    columns.put(&column("column_details"), &list(fingerprints, details));
}

fn saved(used: &ColumnUse) -> SavedUse {
    let ColumnUse { table, column, usage, function, mention, either, partner, .. } = used.clone();
    (table, column, usage, function, mention, either, partner)
}

pub(super) fn read(name: &str, columns: &Reader<'_>) -> Result<Vec<Fingerprint>, Damaged> {
    let column = |of: &str| format!("{name}.{of}");
    let texts: Vec<String> = columns.take(&column("text"))?;
    let operations: Vec<Operation> = columns.take(&column("operation"))?;
    let tables: Vec<Vec<String>> = columns.take(&column("tables"))?;
    let mut uses: Vec<Vec<SavedUse>> = columns.take(&column("columns"))?;
    let mut details: Vec<Vec<SavedDetail>> = columns.take(&column("column_details"))?;
    let mut longest_lists: Vec<u32> = columns.take(&column("longest_list"))?;
    let mut lists: Vec<u32> = columns.take(&column("lists"))?;
    let mut offsets: Vec<u64> = columns.take(&column("largest_offset"))?;
    let mut limits: Vec<u64> = columns.take(&column("largest_limit"))?;
    let mut is_mysql: Vec<bool> = columns.take(&column("is_mysql"))?;
    uses.resize(texts.len(), Vec::new());
    details.resize(texts.len(), Vec::new());
    longest_lists.resize(texts.len(), 0);
    lists.resize(texts.len(), 0);
    offsets.resize(texts.len(), 0);
    limits.resize(texts.len(), 0);
    is_mysql.resize(texts.len(), false);
    of_length(texts.len(), &[operations.len(), tables.len()])?;
    let of_use = |(saved, detail): (SavedUse, SavedDetail)| {
        let ((table, column, usage, function, mention, either, partner), (given, sort)) = (saved, detail);
        ColumnUse { table, column, usage, function, mention, either, partner, given, sort }
    };
    let rows = texts.into_iter().zip(operations).zip(tables).zip(uses.into_iter().zip(details));
    let numbers = longest_lists.into_iter().zip(lists).zip(offsets.into_iter().zip(limits).zip(is_mysql));
    Ok(rows
        .zip(numbers)
        .map(|((((text, operation), tables), (uses, mut details)), numbers)| {
            let ((longest_list, lists), ((largest_offset, largest_limit), is_mysql)) = numbers;
            details.resize(uses.len(), SavedDetail::default());
            let columns = uses.into_iter().zip(details).map(of_use).collect();
            Fingerprint {
                text,
                operation,
                tables,
                columns,
                longest_list,
                lists,
                largest_offset,
                largest_limit,
                is_mysql,
            }
        })
        .collect())
}
