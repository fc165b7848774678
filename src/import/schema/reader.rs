//! Statements that make and change tables, one after the other.

use memchr::memmem;
use rustc_hash::FxHashMap;

use super::statement::{Token, Tokens};
use crate::queries::lexer::{Dialect, Lexer, TokenKind};
use crate::schema::{Index, Kind, Schema, Table};

/// Longer statements are rows, or hostile.
const LONGEST: usize = 200_000;

/// Tables as they are after the statements read so far.
pub(super) struct Reader<'a> {
    text: &'a [u8],
    dialect: Dialect,
    tables: Vec<Table>,
    /// By lower-case name.
    places: FxHashMap<String, usize>,
    /// The table of an index, by lower-case name: it is dropped without naming one.
    owners: FxHashMap<String, usize>,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        // Comments before it may hold anything.
        let first = [b"CREATE TABLE".as_slice(), b"CREATE ", b"ALTER "].into_iter();
        let first = first.filter_map(|word| memmem::find(text, word)).next().unwrap_or(0);
        Self {
            text,
            dialect: Dialect::guess(&text[first..]),
            tables: Vec::new(),
            places: FxHashMap::default(),
            owners: FxHashMap::default(),
        }
    }

    /// Reads all statements; whether the last one ends within parentheses. (The mysql client shows some
    /// without a semicolon.)
    pub fn run(&mut self) -> bool {
        let text = self.text;
        let mut at = 0;
        let mut tokens: Vec<Token> = Vec::new();
        while at < text.len() {
            let rest = &text[at..];
            let mut lexer = Lexer::new(rest, self.dialect);
            tokens.clear();
            // What is no definition is passed over without keeping it: a dump may have rows.
            let (mut kept, mut ended) = (true, None);
            while let Some(token) = lexer.significant() {
                let bytes = lexer.bytes(token);
                if token.kind == TokenKind::Punctuation && bytes == b";" {
                    ended = Some(token.end);
                    break;
                }
                if tokens.is_empty() && kept {
                    if bytes == b"\\" {
                        // A command of psql's takes its line.
                        let line = memchr::memchr(b'\n', &rest[token.start..]);
                        ended = Some(line.map_or(rest.len(), |line| token.start + line + 1));
                        break;
                    }
                    kept = [b"create".as_slice(), b"alter", b"drop", b"rename", b"copy"]
                        .iter()
                        .any(|word| bytes.eq_ignore_ascii_case(word));
                }
                if kept && tokens.len() < LONGEST {
                    tokens.push((token.kind, at + token.start..at + token.end));
                }
            }
            let statement = Tokens { text, tokens: &tokens };
            at = match ended {
                // Rows follow, up to a line of their own.
                Some(end) if statement.is_at(0, "copy") => {
                    let rows = memmem::find(&rest[end..], b"\n\\.");
                    rows.map_or(text.len(), |rows| at + end + rows + 3)
                }
                Some(end) => at + end,
                None => text.len(),
            };
            self.statement(statement);
            if ended.is_none() {
                return statement.is_open();
            }
        }
        false
    }

    /// The tables there are in the end.
    pub fn finish(self) -> Schema {
        let mut tables: Vec<Table> = self.tables.into_iter().filter(|table| !table.name.is_empty()).collect();
        if self.dialect == Dialect::MySql {
            for table in &mut tables {
                // InnoDB makes the index that a foreign key needs, unless there is one.
                for (columns, _) in table.foreign_keys.clone() {
                    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
                    if table.serving(&names, 0).is_none() {
                        let parts = columns.iter().map(|column| crate::schema::Part {
                            column: Some(column.clone()),
                            rest: String::new(),
                        });
                        table.indexes.push(Index {
                            kind: Kind::ForeignKey,
                            parts: parts.collect(),
                            ..Index::default()
                        });
                    }
                }
            }
        }
        Schema { tables }
    }

    fn statement(&mut self, mut tokens: Tokens<'_>) {
        if tokens.take(&["create"]) {
            self.create(tokens);
        } else if tokens.take_all(&["alter", "table"]) {
            tokens.take_all(&["if", "exists"]);
            tokens.take(&["only"]);
            if let Some(name) = tokens.name() {
                self.alter(&name, tokens);
            }
        } else if tokens.take_all(&["alter", "index"]) {
            tokens.take_all(&["if", "exists"]);
            let from = tokens.name();
            if let (Some(from), true, Some(to)) = (from, tokens.take_all(&["rename", "to"]), tokens.name()) {
                self.rename_index(&from, to);
            }
        } else if tokens.take_all(&["drop", "table"]) {
            tokens.take_all(&["if", "exists"]);
            for mut item in tokens.split() {
                if let Some(place) =
                    item.name().and_then(|name| self.places.remove(&name.to_ascii_lowercase()))
                {
                    self.tables[place] = Table::default();
                }
            }
        } else if tokens.take_all(&["drop", "index"]) {
            tokens.take(&["concurrently"]);
            tokens.take_all(&["if", "exists"]);
            for mut item in tokens.split() {
                if let Some(name) = item.name() {
                    let on = if item.take(&["on"]) { item.name() } else { None };
                    self.drop_index(&name, on.as_deref());
                }
            }
        } else if tokens.take_all(&["rename", "table"]) {
            for mut item in tokens.split() {
                if let (Some(from), true, Some(to)) = (item.name(), item.take(&["to"]), item.name()) {
                    self.rename(&from, to);
                }
            }
        }
    }

    /// The table of this name; one that was not made here begins empty.
    fn place(&mut self, name: &str) -> usize {
        *self.places.entry(name.to_ascii_lowercase()).or_insert_with(|| {
            self.tables.push(Table { name: name.to_owned(), ..Table::default() });
            self.tables.len() - 1
        })
    }

    fn rename(&mut self, from: &str, to: String) {
        if let Some(place) = self.places.remove(&from.to_ascii_lowercase()) {
            if let Some(replaced) = self.places.insert(to.to_ascii_lowercase(), place) {
                self.tables[replaced] = Table::default();
            }
            self.tables[place].name = to;
        }
    }

    fn add_index(&mut self, place: usize, index: Index) {
        if index.parts.is_empty() {
            return;
        }
        if !index.name.is_empty() {
            self.owners.insert(index.name.to_ascii_lowercase(), place);
        }
        self.tables[place].indexes.push(index);
    }

    fn drop_index(&mut self, name: &str, table: Option<&str>) {
        let name = bare(name);
        let place = match table {
            Some(table) => self.places.get(&table.to_ascii_lowercase()).copied(),
            None => self.owners.remove(&name.to_ascii_lowercase()),
        };
        if let Some(place) = place {
            self.tables[place].indexes.retain(|index| !index.name.eq_ignore_ascii_case(name));
        }
    }

    fn rename_index(&mut self, from: &str, to: String) {
        let from = bare(from);
        if let Some(place) = self.owners.remove(&from.to_ascii_lowercase()) {
            self.owners.insert(to.to_ascii_lowercase(), place);
            for index in &mut self.tables[place].indexes {
                if index.name.eq_ignore_ascii_case(from) {
                    index.name.clone_from(&to);
                }
            }
        }
    }

    fn create(&mut self, mut tokens: Tokens<'_>) {
        let mut kind = Kind::Plain;
        let mut method = String::new();
        loop {
            if tokens.take(&["unique"]) {
                kind = Kind::Unique;
            } else if let Some(word) = other_method(&mut tokens) {
                method = word;
            } else if !tokens.take(&[
                "temp",
                "temporary",
                "unlogged",
                "global",
                "local",
                "foreign",
                "or",
                "replace",
            ]) {
                break;
            }
        }
        if tokens.take(&["table"]) {
            tokens.take_all(&["if", "not", "exists"]);
            let Some(name) = tokens.name() else { return };
            let place = self.place(&name);
            self.tables[place] = Table { name, ..Table::default() };
            // A partition, or CREATE TABLE … AS: what it has is not said.
            if let Some(elements) = tokens.parentheses() {
                self.tables[place].whole = true;
                for element in elements.split() {
                    self.element(place, element);
                }
            }
        } else if tokens.take(&["index"]) {
            tokens.take(&["concurrently"]);
            tokens.take_all(&["if", "not", "exists"]);
            let name = if tokens.is_at(0, "on") { String::new() } else { tokens.name().unwrap_or_default() };
            let mut index = Index { name: bare(&name).to_owned(), kind, method, ..Index::default() };
            using(&mut tokens, &mut index);
            if !tokens.take(&["on"]) {
                return;
            }
            tokens.take(&["only"]);
            let Some(table) = tokens.name() else { return };
            using(&mut tokens, &mut index);
            parts(&mut tokens, &mut index);
            if tokens.find(&["where"]) {
                tokens.skip();
                index.condition = Some(tokens.expression());
            }
            let place = self.place(&table);
            self.add_index(place, index);
        }
    }

    /// A column or a constraint of CREATE TABLE, or what ALTER TABLE adds.
    fn element(&mut self, place: usize, mut tokens: Tokens<'_>) {
        let mut index = Index::default();
        if tokens.take(&["constraint"]) && !tokens.is_at(0, "primary") && !tokens.is_at(0, "unique") {
            index.name = tokens.word().unwrap_or_default();
        }
        if tokens.take_all(&["primary", "key"]) {
            index.kind = Kind::Primary;
        } else if tokens.take(&["unique"]) {
            index.kind = Kind::Unique;
            tokens.take(&["key", "index"]);
        } else if tokens.take_all(&["foreign", "key"]) {
            if !tokens.is_at(0, "(") {
                tokens.skip();
            }
            let columns = tokens.parentheses().map(Tokens::columns).unwrap_or_default();
            if tokens.take(&["references"]) {
                let other = tokens.name().unwrap_or_default();
                self.tables[place].foreign_keys.push((columns, other));
            }
            return;
        } else {
            // Elsewhere these words may be columns' names.
            let mysql = self.dialect == Dialect::MySql;
            index.method = mysql.then(|| other_method(&mut tokens)).flatten().unwrap_or_default();
            let is_index = mysql && tokens.take(&["key", "index"]);
            let none = ["check", "exclude", "like"].iter().any(|word| tokens.is_at(0, word));
            if none || (tokens.is_at(0, "period") && tokens.is_at(1, "for")) {
                return;
            }
            if !is_index && index.method.is_empty() {
                return self.column(place, tokens);
            }
        }
        tokens.take_all(&["nulls", "not", "distinct"]);
        if !tokens.is_at(0, "(") && !tokens.is_at(0, "using") {
            let name = tokens.word();
            if index.name.is_empty() {
                index.name = name.unwrap_or_default();
            }
        }
        using(&mut tokens, &mut index);
        parts(&mut tokens, &mut index);
        self.add_index(place, index);
    }

    fn column(&mut self, place: usize, mut tokens: Tokens<'_>) {
        let Some(name) = tokens.word() else { return };
        let part = crate::schema::Part { column: Some(name.clone()), rest: String::new() };
        self.tables[place].columns.push(name.clone());
        while tokens.find(&["primary", "unique", "references", "constraint"]) {
            if tokens.take(&["constraint"]) {
                tokens.skip();
            } else if tokens.take(&["references"]) {
                let other = tokens.name().unwrap_or_default();
                self.tables[place].foreign_keys.push((vec![name.clone()], other));
            } else {
                let kind = if tokens.is_at(0, "primary") { Kind::Primary } else { Kind::Unique };
                tokens.skip();
                self.add_index(place, Index { kind, parts: vec![part.clone()], ..Index::default() });
            }
        }
    }

    fn alter(&mut self, name: &str, tokens: Tokens<'_>) {
        let mut name = name.to_owned();
        for mut action in tokens.split() {
            if action.take_all(&["rename", "to"]) || action.take_all(&["rename", "as"]) {
                if let Some(to) = action.name() {
                    self.rename(&name, to.clone());
                    name = to;
                }
                continue;
            }
            if action.take(&["add"]) {
                let place = self.place(&name);
                action.take(&["column"]);
                action.take_all(&["if", "not", "exists"]);
                self.element(place, action);
            } else if let Some(&place) = self.places.get(&name.to_ascii_lowercase()) {
                self.change(place, action);
            }
        }
    }

    /// What ALTER TABLE drops and renames.
    fn change(&mut self, place: usize, mut action: Tokens<'_>) {
        if action.take(&["drop"]) {
            if action.take_all(&["primary", "key"]) {
                self.tables[place].indexes.retain(|index| index.kind != Kind::Primary);
            } else if action.take_all(&["foreign", "key"]) {
            } else if action.take(&["constraint", "index", "key"]) {
                action.take_all(&["if", "exists"]);
                if let Some(name) = action.word() {
                    let table = self.tables[place].name.clone();
                    self.drop_index(&name, Some(&table));
                }
            } else {
                action.take(&["column"]);
                action.take_all(&["if", "exists"]);
                let Some(name) = action.word() else { return };
                let table = &mut self.tables[place];
                table.columns.retain(|column| *column != name);
                table.foreign_keys.retain(|(columns, _)| !columns.contains(&name));
                table
                    .indexes
                    .retain(|index| index.parts.iter().all(|part| part.column.as_ref() != Some(&name)));
            }
        } else if action.take(&["rename"]) {
            let what = action.peek().unwrap_or_default();
            let index = action.take(&["constraint", "index", "key"]);
            if !index {
                action.take(&["column"]);
            }
            if let (Some(from), true, Some(to)) = (action.word(), action.take(&["to"]), action.word()) {
                if index && what != "column" {
                    self.rename_index(&from, to);
                } else {
                    self.rename_column(place, &from, &to);
                }
            }
        } else if action.take(&["change"]) {
            action.take(&["column"]);
            if let (Some(from), Some(to)) = (action.word(), action.word()) {
                self.rename_column(place, &from, &to);
            }
        }
    }

    fn rename_column(&mut self, place: usize, from: &str, to: &str) {
        let table = &mut self.tables[place];
        let parts = table.indexes.iter_mut().flat_map(|index| &mut index.parts);
        let names = parts.filter_map(|part| part.column.as_mut());
        let foreign = table.foreign_keys.iter_mut().flat_map(|(columns, _)| columns);
        for name in table.columns.iter_mut().chain(names).chain(foreign) {
            if name == from {
                to.clone_into(name);
            }
        }
    }
}

/// `FULLTEXT`, `SPATIAL`: what MySQL says before KEY.
fn other_method(tokens: &mut Tokens<'_>) -> Option<String> {
    let word = tokens.peek();
    tokens.take(&["fulltext", "spatial"]).then_some(word).flatten()
}

/// `USING gin`: which kind of index it is.
fn using(tokens: &mut Tokens<'_>, index: &mut Index) {
    if tokens.take(&["using"]) {
        index.method = tokens.word().unwrap_or_default();
        if index.method == "btree" {
            index.method.clear();
        }
    }
}

fn parts(tokens: &mut Tokens<'_>, index: &mut Index) {
    if let Some(list) = tokens.parentheses() {
        index.parts = list.split().filter(|item| !item.is_empty()).map(Tokens::part).collect();
    }
    if tokens.take(&["include"]) {
        index.includes = tokens.parentheses().map(Tokens::columns).unwrap_or_default();
    }
}

/// An index's name without its schema.
fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
