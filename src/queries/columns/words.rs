//! What SQL's own words do.

use super::super::lexer::TokenKind;
use super::super::tables::unquote;
use super::level::{Clause, Kind};
use super::operand::{Comparison, Operand, Pattern};
use super::reader::Reader;

impl Reader<'_> {
    /// Whether `word` was one of SQL's own here.
    pub(super) fn keyword(&mut self, word: &str) -> bool {
        let (clause, is_query, has_tables) = {
            let level = self.level();
            (level.clause, level.kind == Kind::Query, level.has_tables())
        };
        match word {
            "select" if is_query => self.clause(Clause::Select),
            "with" if is_query && clause == Clause::Other => self.clause(Clause::With),
            "update" | "delete" | "insert" | "merge" | "replace"
                if is_query && matches!(clause, Clause::Other | Clause::With) =>
            {
                self.clause(if word == "update" { Clause::Table } else { Clause::Other });
            }
            "from" if is_query => self.clause(Clause::Table),
            // `EXTRACT(YEAR FROM column)`
            "from" => {
                let level = self.level();
                if matches!(&level.kind, Kind::Function(name) if name == "EXTRACT" || name == "TRIM") {
                    level.left = None;
                }
            }
            "using" if has_tables && matches!(clause, Clause::From | Clause::Condition) => {
                if self.skip_if("(") {
                    self.clause(Clause::From);
                    self.below += usize::from(!self.open(Kind::Using, Clause::Other));
                } else {
                    self.clause(Clause::Table);
                }
            }
            "use" | "force" | "ignore"
                if clause == Clause::From && (self.skip_if("index") || self.skip_if("key")) => {}
            "partition" if clause == Clause::From && self.next_is("(") => {}
            "tablesample" if clause == Clause::From => drop(self.identifier()),
            "join" | "straight_join" if has_tables => self.clause(Clause::Table),
            "on" if has_tables && clause == Clause::From => {
                let other = self.next_is("conflict") || self.next_is("duplicate");
                self.clause(if other { Clause::Other } else { Clause::Condition });
            }
            "where" if is_query => {
                self.clause(Clause::Condition);
                self.block_mut().filters = true;
            }
            "set" if is_query && matches!(clause, Clause::From | Clause::Other) => self.clause(Clause::Other),
            "group" if is_query && self.next_is("by") => self.clause(Clause::Group),
            "order" if is_query && self.next_is("by") => {
                // A UNION is sorted as a whole.
                let other = self.level().is_union;
                self.clause(if other { Clause::Other } else { Clause::Order });
            }
            "having" | "limit" | "offset" | "window" | "returning" | "for" | "fetch" | "values"
                if is_query =>
            {
                self.clause(Clause::Other);
                self.block_mut().limited |= matches!(word, "limit" | "fetch");
            }
            "union" | "intersect" | "except" if is_query => self.next_block(true),
            "left" | "right" | "inner" | "full" | "cross" | "natural" | "outer"
                if has_tables && matches!(clause, Clause::From | Clause::Condition) && !self.next_is("(") =>
            {
                // The condition before it ends here.
                self.clause(Clause::From);
                self.level().optional |= matches!(word, "left" | "full");
            }
            "only" | "lateral" if clause == Clause::Table => {}
            "and" if self.level().between => self.level().between = false,
            "and" | "or" if is_query && clause != Clause::Condition => self.take(Operand::Other),
            "and" => self.end_item(),
            "or" => {
                self.end_item();
                self.level().has_or = true;
            }
            "not" => self.level().not ^= true,
            "in" => self.compare(Comparison::In),
            "any" | "some" | "all" if self.level().comparison == Some(Comparison::Equal) => {
                self.level().comparison = Some(Comparison::In);
            }
            "like" => self.compare(Comparison::Like),
            "ilike" => self.compare(Comparison::FoldedLike),
            "similar" | "regexp" | "rlike" | "glob" | "match" if self.level().left.is_some() => {
                self.compare(Comparison::Operator(""));
            }
            "between" => {
                self.compare(Comparison::Range);
                self.level().between = true;
            }
            "is" => self.is(),
            "isnull" => self.compare(Comparison::Null),
            "case" => drop(self.open(Kind::Case, Clause::Other)),
            "end" if self.level().kind == Kind::Case => self.close(),
            "array" if self.next_is("[") => {
                let mut depth = 0_usize;
                while let Some(token) = self.lexer.significant() {
                    match self.lexer.bytes(token) {
                        b"[" => depth += 1,
                        b"]" if depth <= 1 => break,
                        b"]" => depth -= 1,
                        _ => {}
                    }
                }
                self.take(Operand::Value(Pattern::Unknown));
            }
            "asc" | "nulls" if clause == Clause::Order => {
                if word == "nulls" {
                    self.level().nulls_first = Some(self.next_is("first"));
                    self.lexer.significant();
                }
            }
            "desc" if clause == Clause::Order => self.level().descending = true,
            "as" if clause == Clause::Select && is_query => {
                if let Some(name) = self.identifier() {
                    self.level().name = Some(name);
                }
            }
            // `CAST(a AS date)`, `WITH x AS MATERIALIZED (…)`
            "as" => {
                if matches!(self.level().kind, Kind::Function(_)) {
                    self.cast();
                }
            }
            "at" if self.next_is("time") => {
                // AT TIME ZONE
                self.lexer.significant();
                self.lexer.significant();
                self.level().operator = "AT TIME ZONE".to_owned();
            }
            "collate" | "escape" => drop(self.lexer.significant()),
            "interval" if clause == Clause::Condition => {
                // `INTERVAL '1 day'`, `INTERVAL 3 DAY`
                self.lexer.significant();
                let is_unit = |word: &str| {
                    matches!(
                        word,
                        "microsecond" | "second" | "minute" | "hour" | "day" | "week" | "month" | "year"
                    )
                };
                let before = self.lexer;
                if !self.identifier().is_some_and(|word| is_unit(&word)) {
                    self.lexer = before;
                }
                self.take(Operand::Value(Pattern::Unknown));
            }
            "date" | "timestamp" | "time" | "timestamptz"
                if self.peek().is_some_and(|token| token.kind == TokenKind::String) => {}
            "null" | "true" | "false" | "default" | "current_timestamp" | "current_date" | "current_time"
            | "localtimestamp" => self.take(Operand::Value(Pattern::Unknown)),
            "by" | "distinct" | "exists" | "binary" | "recursive" | "materialized" | "ignore" => {}
            // SIMILAR TO
            "to" if self.level().comparison.is_some() => {}
            _ => return false,
        }
        true
    }

    /// `::type`, `AS type`: text stays text, everything else is another value.
    pub(super) fn cast(&mut self) {
        let Some(name) = self.identifier() else { return };
        let is_text = matches!(name.as_str(), "text" | "varchar" | "char" | "bpchar" | "citext");
        let level = self.level();
        let side = if level.comparison.is_some() { &mut level.right } else { &mut level.left };
        if !is_text && let Some(operand) = side.take() {
            *side = Some(operand.within(&format!("::{name}")));
        }
        let continued = match name.as_str() {
            "double" => "precision",
            "character" | "bit" => "varying",
            _ => "",
        };
        self.skip_if(continued);
        if matches!(name.as_str(), "timestamp" | "time") && (self.skip_if("with") || self.skip_if("without"))
        {
            self.skip_if("time");
            self.skip_if("zone");
        }
        if self.next_is("(") || self.next_is("[") {
            // `numeric(10, 2)`, `integer[]`
            while let Some(token) = self.lexer.significant() {
                if matches!(self.lexer.bytes(token), b")" | b"]") {
                    break;
                }
            }
        }
    }

    pub(super) fn compare(&mut self, comparison: Comparison) {
        self.level().comparison = Some(comparison);
        self.level().operator.clear();
    }

    pub(super) fn is(&mut self) {
        let not = self.skip_if("not");
        self.level().not ^= not;
        if self.skip_if("null") {
            self.compare(Comparison::Null);
        } else if self.skip_if("distinct") {
            self.skip_if("from");
            self.level().not ^= true;
            self.compare(Comparison::Equal);
        } else {
            // IS TRUE
            self.compare(Comparison::Equal);
        }
    }

    /// The next token, if it is a name.
    pub(super) fn identifier(&mut self) -> Option<String> {
        let mut ahead = self.lexer;
        let token = ahead.significant()?;
        let name = match token.kind {
            TokenKind::QuotedIdentifier => unquote(ahead.bytes(token)),
            TokenKind::Word => String::from_utf8_lossy(ahead.bytes(token)).to_ascii_lowercase(),
            _ => return None,
        };
        self.lexer = ahead;
        Some(name)
    }
}
