//! A schema's columns, one entry for each table.

use super::super::columns::{Damaged, Reader, Writer};
use super::{list, of_length};
use crate::schema::{Index, Kind, Part, Schema, Table};

/// An index, as it is written: its name, what it is for, its parts, its method, its condition.
type SavedIndex = (String, Kind, Vec<(Option<String>, String)>, String, Option<String>);

pub(super) fn write(schema: &Schema, columns: &mut Writer) {
    let index = |index: &Index| -> SavedIndex {
        let Index { name, kind, parts, method, condition } = index.clone();
        (name, kind, parts.into_iter().map(|part| (part.column, part.rest)).collect(), method, condition)
    };
    columns.put("tables.name", &list(&schema.tables, |table| table.name.as_str()));
    columns.put("tables.columns", &list(&schema.tables, |table| table.columns.as_slice()));
    columns.put("tables.indexes", &list(&schema.tables, |table| list(&table.indexes, index)));
    columns.put("tables.foreign_keys", &list(&schema.tables, |table| table.foreign_keys.as_slice()));
    columns.put("tables.whole", &list(&schema.tables, |table| table.whole));
}

pub(super) fn read(columns: &Reader<'_>) -> Result<Schema, Damaged> {
    let names: Vec<String> = columns.take("tables.name")?;
    let of_tables: Vec<Vec<String>> = columns.take("tables.columns")?;
    let indexes: Vec<Vec<SavedIndex>> = columns.take("tables.indexes")?;
    let foreign_keys: Vec<Vec<(Vec<String>, String)>> = columns.take("tables.foreign_keys")?;
    let whole: Vec<bool> = columns.take("tables.whole")?;
    of_length(names.len(), &[of_tables.len(), indexes.len(), foreign_keys.len(), whole.len()])?;
    let index = |(name, kind, parts, method, condition): SavedIndex| {
        let parts = parts.into_iter().map(|(column, rest)| Part { column, rest }).collect();
        Index { name, kind, parts, method, condition }
    };
    let mut tables: Vec<Table> = names.into_iter().map(|name| Table { name, ..Table::default() }).collect();
    let rest = of_tables.into_iter().zip(indexes).zip(foreign_keys).zip(whole);
    for (table, (((columns, indexes), foreign_keys), whole)) in tables.iter_mut().zip(rest) {
        table.columns = columns;
        table.indexes = indexes.into_iter().map(index).collect();
        table.foreign_keys = foreign_keys;
        table.whole = whole;
    }
    Ok(Schema { tables })
}
