//! A schema as text: how it crosses from one worker to another, and what a saved document has of it. One line
//! for each thing, its fields between tabs. Code derived for the nested types would be some 20 kB in each of
//! the page's two modules.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Index, Kind, Part, Schema, Table};

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&written(self))
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(read(&String::deserialize(deserializer)?))
    }
}

fn written(schema: &Schema) -> String {
    let mut text = String::new();
    for table in &schema.tables {
        line(&mut text, &["table", &table.name, if table.whole { "whole" } else { "" }]);
        for column in &table.columns {
            line(&mut text, &["column", column]);
        }
        for (columns, other) in &table.foreign_keys {
            line(&mut text, &["refers", other]);
            for column in columns {
                line(&mut text, &["by", column]);
            }
        }
        for index in &table.indexes {
            let kind = match index.kind {
                Kind::Primary => "primary",
                Kind::Unique => "unique",
                Kind::ForeignKey => "foreign",
                Kind::Plain => "index",
            };
            line(
                &mut text,
                &[kind, &index.name, &index.method, index.condition.as_deref().unwrap_or_default()],
            );
            for part in &index.parts {
                match &part.column {
                    Some(column) => line(&mut text, &["part", column, &part.rest]),
                    None => line(&mut text, &["expression", &part.rest]),
                }
            }
            for column in &index.includes {
                line(&mut text, &["includes", column]);
            }
        }
    }
    text
}

/// A field that holds what fields end with is hostile, or a curiosity: it gets a blank.
fn line(text: &mut String, fields: &[&str]) {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            text.push('\t');
        }
        text.extend(field.chars().map(|letter| if matches!(letter, '\t' | '\n') { ' ' } else { letter }));
    }
    text.push('\n');
}

/// What is not known, or stands where it has no sense, is passed over.
fn read(text: &str) -> Schema {
    let mut schema = Schema::default();
    for line in text.split('\n') {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap_or_default();
        let (word, name) = (next(), next().to_owned());
        if word == "table" {
            schema.tables.push(Table { name, whole: next() == "whole", ..Table::default() });
            continue;
        }
        let Some(table) = schema.tables.last_mut() else { continue };
        let kind = match word {
            "column" => {
                table.columns.push(name);
                continue;
            }
            "refers" => {
                table.foreign_keys.push((Vec::new(), name));
                continue;
            }
            "by" => {
                if let Some((columns, _)) = table.foreign_keys.last_mut() {
                    columns.push(name);
                }
                continue;
            }
            "includes" => {
                if let Some(index) = table.indexes.last_mut() {
                    index.includes.push(name);
                }
                continue;
            }
            "part" | "expression" => {
                let part = if word == "part" {
                    Part { column: Some(name), rest: next().to_owned() }
                } else {
                    Part { column: None, rest: name }
                };
                if let Some(index) = table.indexes.last_mut() {
                    index.parts.push(part);
                }
                continue;
            }
            "primary" => Kind::Primary,
            "unique" => Kind::Unique,
            "foreign" => Kind::ForeignKey,
            "index" => Kind::Plain,
            _ => continue,
        };
        let (method, condition) = (next().to_owned(), next().to_owned());
        let condition = (!condition.is_empty()).then_some(condition);
        table.indexes.push(Index { name, kind, method, condition, ..Index::default() });
    }
    schema
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(
            names in prop::collection::vec("[^\t\n]{0,9}", 12), whole in any::<bool>(), kind in 0..4_usize,
        ) {
            let name = |at: usize| names[at].clone();
            let kind = [Kind::Primary, Kind::Unique, Kind::ForeignKey, Kind::Plain][kind];
            let parts = vec![
                Part { column: Some(name(0)), rest: name(1) },
                Part { column: None, rest: name(2) },
            ];
            let condition = Some(name(3)).filter(|text| !text.is_empty());
            let index =
                Index { name: name(4), kind, parts, includes: vec![name(1)], method: name(5), condition };
            let table = Table {
                name: name(6),
                columns: vec![name(7), name(8)],
                indexes: vec![index.clone(), index],
                foreign_keys: vec![(vec![name(9), name(10)], name(11)), (Vec::new(), name(0))],
                whole,
            };
            let schema = Schema { tables: vec![table, Table::default()] };
            prop_assert_eq!(read(&written(&schema)), schema);
        }

        #[test]
        fn any_text_is_read(text in "(table|column|refers|by|part|expression|primary|index|\t|\n|é){0,40}") {
            let _ = read(&text);
        }
    }
}
