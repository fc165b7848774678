//! The pass over the tokens: clauses, parentheses, predicates.

use super::super::lexer::{Dialect, Lexer, Token, TokenKind};
use super::super::tables::unquote;
use super::level::{Clause, DEEPEST, Kind, Level, MOST, Output, Scope, Source, Use};
use super::operand::{Column, Comparison, Operand, Pattern};
use super::{Sort, Usage};

pub(super) struct Reader<'a> {
    pub(super) lexer: Lexer<'a>,
    levels: Vec<Level>,
    /// Parentheses below [`DEEPEST`].
    pub(super) below: usize,
    mentions: u32,
    pub scopes: Vec<Scope>,
    pub uses: Vec<Use>,
    /// Names of common table expressions.
    pub expressions: Vec<String>,
}

impl<'a> Reader<'a> {
    pub fn new(sql: &'a [u8], dialect: Dialect) -> Self {
        Self {
            lexer: Lexer::new(sql, dialect),
            levels: vec![Level::new(Kind::Query, Clause::Other, 0, 0)],
            below: 0,
            mentions: 0,
            scopes: vec![Scope::default()],
            uses: Vec::new(),
            expressions: Vec::new(),
        }
    }

    pub fn run(&mut self) {
        while let Some(token) = self.lexer.significant() {
            let bytes = self.lexer.bytes(token);
            if self.below > 0 {
                match bytes {
                    b"(" => self.below += 1,
                    b")" => self.below -= 1,
                    _ => {}
                }
                continue;
            }
            match token.kind {
                TokenKind::Word => {
                    let word = String::from_utf8_lossy(bytes).to_ascii_lowercase();
                    if !self.keyword(&word) {
                        self.name(word);
                    }
                }
                TokenKind::QuotedIdentifier => self.name(unquote(bytes)),
                TokenKind::Punctuation => self.punctuation(bytes),
                TokenKind::String => self.take(Operand::string(bytes)),
                TokenKind::Number => self.take(Operand::Number(String::from_utf8_lossy(bytes).into_owned())),
                TokenKind::Placeholder if bytes == b"?" && self.asks_for_keys() => {
                    self.compare(Comparison::Operator("?"));
                }
                TokenKind::Placeholder | TokenKind::Variable => self.take(Operand::Value(Pattern::Unknown)),
                TokenKind::Operator => self.operator(bytes),
                _ => {}
            }
        }
        while self.levels.len() > 1 {
            self.close();
        }
        self.end_clause();
    }

    pub(super) fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::new(Kind::Query, Clause::Other, 0, 0));
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// The query block of the level.
    pub(super) fn block_mut(&mut self) -> &mut Scope {
        let last = self.scopes.len().saturating_sub(1);
        let scope = (self.level().scope as usize).min(last);
        &mut self.scopes[scope]
    }

    pub(super) fn take(&mut self, operand: Operand) {
        let level = self.level();
        if level.clause == Clause::Table {
            level.clause = Clause::From;
        }
        if level.clause != Clause::From {
            level.take(operand);
        }
    }

    /// Whether `?` asks jsonb for a key here: a placeholder never follows a column.
    fn asks_for_keys(&mut self) -> bool {
        let dialect = self.lexer.dialect();
        let level = self.level();
        dialect == Dialect::PostgreSql
            && level.clause == Clause::Condition
            && matches!(level.left, Some(Operand::Column(_)))
            && level.comparison.is_none()
            && level.operator.is_empty()
    }

    pub(super) fn peek(&self) -> Option<Token> {
        self.lexer.clone().significant()
    }

    pub(super) fn next_is(&self, text: &str) -> bool {
        self.peek().is_some_and(|token| self.lexer.bytes(token).eq_ignore_ascii_case(text.as_bytes()))
    }

    pub(super) fn skip_if(&mut self, text: &str) -> bool {
        let found = self.next_is(text);
        if found {
            self.lexer.significant();
        }
        found
    }

    // --- clauses -----------------------------------------------------------------------------------

    /// Ends the predicate and the clause of the level, and begins another.
    pub(super) fn clause(&mut self, clause: Clause) {
        self.end_clause();
        let first = self.uses.len();
        let level = self.level();
        level.clause = clause;
        (level.first, level.place) = (first, 0);
    }

    pub(super) fn end_clause(&mut self) {
        self.end_item();
        let level = self.level();
        let (first, has_or) = (level.first, std::mem::take(&mut level.has_or));
        if has_or {
            for one in self.uses.iter_mut().skip(first) {
                one.either = true;
            }
        }
    }

    /// Ends a predicate, or an item of a list.
    pub(super) fn end_item(&mut self) {
        let scope = self.level().scope;
        let level = self.level();
        let (left, right) = (level.left.take(), level.right.take());
        let comparison = level.comparison.take();
        let negated = std::mem::take(&mut level.not) ^ level.negated;
        let descending = std::mem::take(&mut level.descending);
        let nulls_first = level.nulls_first.take();
        let sort = Sort { place: level.place, nulls_first, limited: false };
        level.place += 1;
        let name = level.name.take();
        level.between = false;
        level.operator.clear();
        let clause = level.clause;
        match (clause, &level.kind) {
            (_, Kind::Passed | Kind::Case) => {}
            (_, Kind::Function(_)) => level.argue(left),
            (Clause::Condition, Kind::Plain) if level.is_list => level.argue(left),
            (_, Kind::Using) => {
                if let Some(Operand::Column(column)) = left {
                    self.by_name(column, scope);
                }
            }
            (Clause::Condition, _) => self.predicate(left, comparison, right, negated, scope),
            (Clause::Select, Kind::Query) => {
                let column = match left {
                    Some(Operand::Column(column)) if comparison.is_none() => Some(column),
                    _ => None,
                };
                if let Some(scope) = self.scopes.get_mut(scope as usize)
                    && scope.outputs.len() < MOST
                {
                    scope.outputs.push(Output { name, column });
                }
            }
            (Clause::Group | Clause::Order, Kind::Query) => {
                let usage = match (clause, descending) {
                    (Clause::Group, _) => Usage::Group,
                    (_, false) => Usage::Ascending,
                    (_, true) => Usage::Descending,
                };
                let column = match left {
                    Some(Operand::Column(column)) if comparison.is_none() => column,
                    Some(Operand::Number(name)) => {
                        Column { table: None, name, function: None, is_position: true }
                    }
                    _ => return,
                };
                let sort = (clause == Clause::Order).then_some(sort);
                self.used(Use { sort, ..Use::new(column, usage, scope) });
            }
            _ => {}
        }
    }

    pub(super) fn predicate(
        &mut self,
        left: Option<Operand>,
        comparison: Option<Comparison>,
        right: Option<Operand>,
        negated: bool,
        scope: u32,
    ) {
        let Some(comparison) = comparison else {
            // `WHERE active`
            if let Some(Operand::Column(column)) = left
                && column.function.is_none()
            {
                self.used(Use::new(column, Usage::Equal, scope));
            }
            return;
        };
        let of_right = comparison.usage(left.as_ref(), negated);
        let of_left = comparison.usage(right.as_ref(), negated);
        let column = |side: &Option<Operand>| match side {
            Some(Operand::Column(column)) => Some(column.clone()),
            _ => None,
        };
        // `5 = ANY (column)`: no index of the column finds one of its elements.
        let right = right.filter(|_| comparison != Comparison::In);
        let (left, right) = (column(&left), column(&right));
        for (one, other, usage) in [(&left, &right, of_left), (&right, &left, of_right)] {
            if let Some(mut column) = one.clone() {
                match (comparison, &column.function) {
                    (Comparison::FoldedLike, None) => column.function = Some("ILIKE".to_owned()),
                    // Whatever else is inside: Django puts a COALESCE there.
                    (Comparison::Operator("@@"), Some(_)) => column.function = Some("TO_TSVECTOR".to_owned()),
                    (Comparison::Operator(sign), None) if !sign.is_empty() => {
                        column.function = Some(sign.to_owned());
                    }
                    _ => {}
                }
                let partner = other.clone().filter(|_| usage == Usage::Join);
                self.used(Use { partner, ..Use::new(column, usage, scope) });
            }
        }
    }

    /// `USING (a)`: the column of the last two tables.
    pub(super) fn by_name(&mut self, column: Column, scope: u32) {
        let Some(block) = self.scopes.get(scope as usize) else { return };
        let called = |source: &Source| source.alias.clone().or_else(|| source.table.clone());
        let [.., one, other] = block.sources.as_slice() else { return };
        let sides = [called(one), called(other)].map(|table| Column { table, ..column.clone() });
        for (at, column) in sides.iter().enumerate() {
            let partner = Some(sides[1 - at].clone());
            self.used(Use { partner, ..Use::new(column.clone(), Usage::Join, scope) });
        }
    }

    pub(super) fn used(&mut self, mut one: Use) {
        if self.uses.len() < MOST {
            one.filters = self.scopes.get(one.scope as usize).is_some_and(|scope| scope.filters);
            self.uses.push(one);
        }
    }

    /// A block that follows another on the same level: UNION, the next statement.
    pub(super) fn next_block(&mut self, is_union: bool) {
        self.clause(Clause::Other);
        let here = self.level().scope as usize;
        let parent = self.scopes.get(here).and_then(|scope| scope.parent);
        let scope = self.block(parent);
        let level = self.level();
        (level.scope, level.is_union) = (scope, is_union);
    }

    pub(super) fn block(&mut self, parent: Option<u32>) -> u32 {
        if self.scopes.len() < MOST {
            self.scopes.push(Scope { parent, ..Scope::default() });
        }
        self.scopes.len() as u32 - 1
    }

    // --- names -------------------------------------------------------------------------------------

    /// A name, perhaps the first part of several.
    pub(super) fn name(&mut self, first: String) {
        let mut parts = vec![first];
        while self.next_is(".") {
            self.lexer.significant();
            match self.identifier() {
                Some(part) => parts.push(part),
                // `t.*`
                None => return,
            }
        }
        let call = self.next_is("(");
        let level = self.level();
        match level.clause {
            Clause::With => {
                let is_name = self.level().kind == Kind::Query && self.expressions.len() < MOST;
                self.expressions.extend(parts.pop().filter(|_| is_name));
            }
            Clause::Table => {
                let table = (!call).then(|| parts.join("."));
                self.source(table);
                self.level().clause = Clause::From;
            }
            // `USE INDEX (i)`, `PARTITION (p)`
            Clause::From if level.kind == Kind::Passed => {}
            Clause::From => {
                // An alias, unless it has one or is a join's word.
                let scope = self.level().scope as usize;
                if let Some(source) = self.scopes.get_mut(scope).and_then(|scope| scope.sources.last_mut()) {
                    source.alias = source.alias.take().or_else(|| parts.pop());
                }
            }
            _ if call => {
                let name = parts.pop().unwrap_or_default().to_ascii_uppercase();
                self.lexer.significant();
                // `OVER (…)` and `FILTER (…)` follow a function.
                let kind = if matches!(name.as_str(), "OVER" | "FILTER" | "GROUP") {
                    Kind::Passed
                } else {
                    Kind::Function(name)
                };
                self.open_or_query(kind);
            }
            _ => {
                let name = parts.pop().unwrap_or_default();
                let column = Column { table: parts.pop(), name, function: None, is_position: false };
                self.level().take(Operand::Column(column));
            }
        }
    }

    pub(super) fn source(&mut self, table: Option<String>) {
        let scope = self.level().scope as usize;
        let mention = self.mentions;
        let optional = std::mem::take(&mut self.level().optional);
        if let Some(scope) = self.scopes.get_mut(scope)
            && scope.sources.len() < MOST
        {
            scope.sources.push(Source { table, alias: None, mention, optional });
            self.mentions += 1;
        }
    }

    // --- the rest ----------------------------------------------------------------------------------

    pub(super) fn operator(&mut self, bytes: &[u8]) {
        match bytes {
            b"::" => self.cast(),
            b"*" if self.level().left.is_none() => {}
            b"&&" if self.lexer.dialect() == Dialect::MySql => drop(self.keyword("and")),
            _ => match Comparison::of(bytes) {
                // In a fingerprint's text `?` stands for a value.
                Some(_) if bytes == b"?" => self.take(Operand::Value(Pattern::Unknown)),
                Some(comparison) => self.compare(comparison),
                None => self.level().operator = String::from_utf8_lossy(bytes).into_owned(),
            },
        }
    }

    pub(super) fn punctuation(&mut self, bytes: &[u8]) {
        match bytes {
            b"(" => {
                let level = self.level();
                let kind = match level.clause {
                    Clause::Table => Kind::Tables,
                    Clause::From | Clause::With | Clause::Other => Kind::Passed,
                    Clause::Condition
                        if level.left.is_some()
                            && level.comparison.is_none()
                            && level.operator.is_empty() =>
                    {
                        Kind::Passed
                    }
                    _ => Kind::Plain,
                };
                self.open_or_query(kind);
            }
            b")" => {
                while self.levels.len() > 2 && self.level().kind == Kind::Case {
                    self.close();
                }
                if self.levels.len() > 1 {
                    self.close();
                }
            }
            b"," => {
                let level = self.level();
                level.is_list |= level.kind != Kind::Query;
                let tables = matches!(level.clause, Clause::From | Clause::Table | Clause::Condition)
                    && level.has_tables();
                self.end_item();
                if tables {
                    self.clause(Clause::Table);
                }
            }
            b";" => {
                while self.levels.len() > 1 {
                    self.close();
                }
                self.next_block(false);
            }
            _ => {}
        }
    }

    /// At an opening parenthesis: a subquery, or what `kind` says.
    pub(super) fn open_or_query(&mut self, kind: Kind) {
        let query = ["select", "with", "values", "insert", "update", "delete"];
        let (scope, clause) = (self.level().scope, self.level().clause);
        let opened = if query.iter().any(|word| self.next_is(word)) {
            if kind == Kind::Tables {
                self.source(None);
                self.level().clause = Clause::From;
            }
            let block = self.block(Some(scope));
            let first = self.uses.len();
            let fits = self.levels.len() < DEEPEST;
            if fits {
                self.levels.push(Level::new(Kind::Query, Clause::Other, block, first));
            }
            fits
        } else if kind == Kind::Tables {
            self.level().clause = Clause::From;
            self.open(Kind::Tables, Clause::Table)
        } else {
            self.open(kind, clause)
        };
        self.below += usize::from(!opened);
    }

    /// Whether there was room for it.
    pub(super) fn open(&mut self, kind: Kind, clause: Clause) -> bool {
        if self.levels.len() >= DEEPEST {
            return false;
        }
        let first = self.uses.len();
        let level = self.level();
        // `a = (…)` is not negated as a whole; `NOT (…)` is.
        let outer = level.comparison.is_none() && kind == Kind::Plain;
        let negated = outer && (std::mem::take(&mut level.not) ^ level.negated);
        let scope = level.scope;
        self.levels.push(Level { negated, ..Level::new(kind, clause, scope, first) });
        true
    }

    /// Leaves a level: what it was is an operand of the one around.
    pub(super) fn close(&mut self) {
        let level = self.level();
        // After AND or OR it is one predicate of several, which ends here.
        let is_one = level.comparison.is_none() && !level.is_list && level.place == 0;
        let only = if is_one { level.left.clone() } else { None };
        let was_plain = level.kind == Kind::Plain;
        if was_plain && only.is_some() {
            // `(a.b)`: the predicate is the outer one's.
            let level = self.level();
            (level.left, level.not) = (None, false);
        }
        self.end_clause();
        let Some(level) = self.levels.pop() else { return };
        let operand = match level.kind {
            Kind::Tables | Kind::Using => return,
            Kind::Passed | Kind::Case => match self.level().left {
                Some(_) => return,
                None => Operand::Other,
            },
            Kind::Query => Operand::Value(Pattern::Unknown),
            // Of a row the first column decides: `(created, id) < (…)`.
            Kind::Plain => only.or(level.argument).unwrap_or(Operand::Other),
            Kind::Function(name) => {
                level.argument.map_or(Operand::Value(Pattern::Unknown), |one| one.within(&name))
            }
        };
        let outer = self.level();
        if !matches!(outer.clause, Clause::From | Clause::Table | Clause::With) {
            outer.take(operand);
        }
    }
}
