//! Groups of statements: rows, and one in full.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::{Look, page, sorted};
use crate::protocol::{Answer, GroupColumn, GroupDetail, GroupRow, ParameterSet, Window};
use crate::queries::by::{By, Keys};
use crate::queries::figures::{Figures, Groups, add_attempts, groups, of_statistics, sum_of_statistics};
use crate::queries::filter::{Filter, Selection};
use crate::queries::overview::{CLASSES, Series, Steps, class, extent, finest, series};
use crate::queries::site::step_of_stamps;
use crate::queries::{NONE, QueryLog};
use crate::requests::route_use::{RouteUse, route_use};
use crate::session::queries::{ROW_TEXT, cut};
use crate::sort;

/// Steps of a row's curve over time.
const SPARK: usize = 40;

/// Rows of a detail's short tables.
const SHORT: usize = 12;

/// Makes rows out of groups.
struct Rows<'a> {
    log: &'a QueryLog,
    keys: &'a Keys,
    groups: &'a Groups,
    /// Of each key, what its requests were answered with; empty of SQL.
    uses: &'a [RouteUse],
    /// Of all groups, ms.
    total: f64,
    /// Of the time that is looked at, ms.
    span: f64,
}

impl Rows<'_> {
    fn row(&self, place: u32) -> GroupRow {
        let (key, figures) = (self.groups.keys[place as usize], self.groups.figures[place as usize]);
        let fingerprint = match self.keys.by {
            // A route is no SQL.
            By::Fingerprint if self.log.served.is_none() => self.log.any_fingerprint(key),
            _ => None,
        };
        GroupRow {
            key,
            value: self.keys.value(key).into_owned(),
            label: cut(&self.keys.label(self.log, key), ROW_TEXT),
            operation: fingerprint.map(|fingerprint| fingerprint.operation),
            tables: fingerprint.map_or(Vec::new(), |fingerprint| fingerprint.tables.clone()),
            figures,
            share: if self.total > 0.0 { figures.total / self.total } else { 0.0 },
            impact: figures.impact(self.span),
            served: self.uses.get(key as usize).copied(),
            classes: Vec::new(),
            calls_over_time: Vec::new(),
        }
    }
}

impl Look<'_> {
    fn groups(&mut self, filter: &Filter, by: By) -> Rc<Groups> {
        if self.log.has_only_numbers() {
            // Nothing but the queries is known of them.
            let log = self.log;
            let groups = || match by {
                By::Fingerprint => Rc::new(of_statistics(log, &filter.text)),
                _ => Rc::default(),
            };
            return Rc::clone(self.state.groups.get((filter.clone(), by), groups));
        }
        let (selection, keys) = (self.selection(filter), self.keys(by));
        let events = self.event_selection(filter);
        let (log, order) = (self.log, &self.state.order);
        Rc::clone(self.state.groups.get((filter.clone(), by), || {
            let mut groups = groups(log, order, &selection, &keys.of, keys.count);
            add_attempts(log, &events, &keys.of_event, &mut groups);
            Rc::new(groups)
        }))
    }

    /// What the requests of each key were answered with; nothing of SQL.
    fn uses(&mut self, filter: &Filter, by: By, threshold: f64) -> Rc<Vec<RouteUse>> {
        let Some(served) = self.log.served.as_deref() else { return Rc::default() };
        let (selection, keys) = (self.selection(filter), self.keys(by));
        let durations = &self.log.statements.duration;
        let made =
            || Rc::new(route_use(served, selection.iter(), &keys.of, durations, keys.count, threshold));
        Rc::clone(self.state.route_uses.get((filter.clone(), by, threshold), made))
    }

    /// The fingerprints that were executed.
    pub(super) fn fingerprints(&mut self, filter: &Filter) -> Rc<Groups> {
        let all = self.groups(filter, By::Fingerprint);
        if all.figures.iter().all(|figures| figures.calls > 0) {
            return all;
        }
        let executed = || {
            let pairs = all.keys.iter().zip(&all.figures).filter(|(_, figures)| figures.calls > 0);
            let (keys, figures) = pairs.map(|(&key, &figures)| (key, figures)).unzip();
            Rc::new(Groups { keys, figures })
        };
        Rc::clone(self.state.fingerprints.get(filter.clone(), executed))
    }

    pub(super) fn group_rows(
        &mut self,
        filter: &Filter,
        (by, threshold): (By, f64),
        window: &Window<GroupColumn>,
        charts: bool,
    ) -> Answer {
        let (selection, keys) = (self.selection(filter), self.keys(by));
        let groups = self.groups(filter, by);
        let uses = self.uses(filter, by, threshold);
        let log = self.log;
        let all = if log.has_only_numbers() { sum_of_statistics(&groups) } else { self.whole(filter) };
        let (from, to) = extent(log, filter.range);
        let sort = (filter.clone(), (by, threshold), window.sort, window.descending);
        let order = self
            .state
            .group_order
            .get(sort, || in_order(log, &keys, (&groups, &uses), window.sort, window.descending));
        let rows = Rows { log, keys: &keys, groups: &groups, uses: &uses, total: all.total, span: to - from };
        let mut page = page(order, window, |place| groups.keys[place as usize], |place| rows.row(place));
        if charts {
            chart(log, &selection, &keys, Steps::even(from, to, SPARK), &mut page.page);
        }
        Answer::Groups(page, Box::new(all))
    }

    /// A query of a server's statistics, without what only statements can say.
    fn statistics_detail(&mut self, filter: &Filter, by: By, key: u32) -> Option<GroupDetail> {
        let groups = self.groups(filter, by);
        let place = groups.keys.iter().position(|&known| known == key)?;
        let keys = self.keys(by);
        let total = sum_of_statistics(&groups).total;
        let rows = Rows { log: self.log, keys: &keys, groups: &groups, uses: &[], total, span: 0.0 };
        Some(GroupDetail {
            text: self.log.fingerprints.get(key as usize)?.text.clone(),
            series: Series::default(),
            parameters: Vec::new(),
            callers: Vec::new(),
            queries: Vec::new(),
            slowest: None,
            row: rows.row(place as u32),
        })
    }

    /// The statements of a group.
    pub(super) fn within(&mut self, filter: &Filter, by: By, key: u32) -> Selection {
        let (selection, keys) = (self.selection(filter), self.keys(by));
        let length = self.log.statements.len();
        Selection::from_fn(0..length, length, |at| keys.of[at] == key && selection.contains(at))
    }

    pub(super) fn group_detail(
        &mut self,
        filter: &Filter,
        (by, threshold): (By, f64),
        key: u32,
    ) -> Option<GroupDetail> {
        if self.log.has_only_numbers() {
            return self.statistics_detail(filter, by, key);
        }
        let keys = self.keys(by);
        let log = self.log;
        let (within, events) = (self.within(filter, by, key), self.event_selection(filter));
        let of_group = |event: usize| events.contains(event) && keys.of_event[event] == key;
        let events = Selection::from_fn(0..log.events.len(), log.events.len(), of_group);
        let all = self.whole(filter);
        let (from, to) = extent(log, filter.range);
        let mut own = groups(log, &self.state.order, &within, &keys.of, keys.count);
        add_attempts(log, &events, &keys.of_event, &mut own);
        if own.keys.is_empty() {
            return None;
        }
        let uses = self.uses(filter, by, threshold);
        let rows = Rows { log, keys: &keys, groups: &own, uses: &uses, total: all.total, span: to - from };
        let mut row = [rows.row(0)];
        chart(log, &within, &keys, Steps::even(from, to, SPARK), &mut row);
        let [row] = row;
        let text = match by {
            By::Fingerprint => log.any_fingerprint(key).map(|it| it.text.clone())?,
            _ => keys.label(log, key),
        };
        let slowest =
            self.state.order.by_duration(log).iter().rev().find(|&&at| within.contains(at as usize));
        let slowest = slowest.copied().or_else(|| within.iter().next().map(|at| at as u32));
        let callers = if by == By::Caller {
            Vec::new()
        } else {
            self.longest(&within, By::Caller, row.figures, to - from)
        };
        let queries = if by == By::Fingerprint {
            Vec::new()
        } else {
            self.longest(&within, By::Fingerprint, row.figures, to - from)
        };
        Some(GroupDetail {
            text,
            series: series(
                log,
                &self.state.order,
                (&within, &events),
                Steps::of_stamps(from, to, step_of_stamps(log)),
            ),
            parameters: if by == By::Fingerprint { parameters(log, &within) } else { Vec::new() },
            callers,
            queries,
            slowest,
            row,
        })
    }

    /// The groups of `within` that take longest, at most [`SHORT`]; shares are of `whole`.
    fn longest(&mut self, within: &Selection, by: By, whole: Figures, span: f64) -> Vec<GroupRow> {
        let keys = self.keys(by);
        let groups = groups(self.log, &self.state.order, within, &keys.of, keys.count);
        let order = in_order(self.log, &keys, (&groups, &[]), GroupColumn::Total, true);
        let rows = Rows { log: self.log, keys: &keys, groups: &groups, uses: &[], total: whole.total, span };
        order.iter().take(SHORT).map(|&place| rows.row(place)).collect()
    }
}

fn in_order(
    log: &QueryLog,
    keys: &Keys,
    (groups, uses): (&Groups, &[RouteUse]),
    column: GroupColumn,
    descending: bool,
) -> Vec<u32> {
    let count = groups.keys.len();
    let used = |place: u32| uses.get(groups.keys[place as usize] as usize).copied().unwrap_or_default();
    let by_use =
        |of: fn(RouteUse) -> f64| sorted(count, descending, &|a, b| of(used(a)).total_cmp(&of(used(b))));
    let figures = |place: u32| &groups.figures[place as usize];
    let by_count =
        |of: fn(&Figures) -> u64| sorted(count, descending, &|a, b| of(figures(a)).cmp(&of(figures(b))));
    // What a server does not count is less than anything.
    let known = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
    let by_time = |of: fn(&Figures) -> f64| {
        sorted(count, descending, &|a, b| known(of(figures(a))).total_cmp(&known(of(figures(b)))))
    };
    match column {
        GroupColumn::Label => {
            let labels: Vec<String> = groups.keys.iter().map(|&key| keys.label(log, key)).collect();
            sorted(count, descending, &|a, b| labels[a as usize].cmp(&labels[b as usize]))
        }
        GroupColumn::Tables => {
            let none = Vec::new();
            let tables = |place: u32| match keys.by {
                By::Fingerprint => {
                    log.any_fingerprint(groups.keys[place as usize]).map_or(&none, |it| &it.tables)
                }
                _ => &none,
            };
            sorted(count, descending, &|a, b| tables(a).cmp(tables(b)))
        }
        GroupColumn::Calls => by_count(|it| u64::from(it.calls)),
        GroupColumn::Failed => by_count(|it| u64::from(it.all_failed())),
        // Unknown is less than none.
        GroupColumn::Rows => by_count(|it| it.rows.map_or(0, |rows| rows.saturating_add(1))),
        GroupColumn::RowsExamined => by_count(|it| it.rows_examined.map_or(0, |rows| rows.saturating_add(1))),
        GroupColumn::LockTime => by_time(|it| it.lock_time.unwrap_or(-1.0)),
        GroupColumn::Distinct => by_count(|it| u64::from(it.distinct)),
        GroupColumn::Shapes => by_count(|it| u64::from(it.shapes)),
        GroupColumn::Total => by_time(|it| it.total),
        GroupColumn::Min => by_time(|it| it.min),
        GroupColumn::Mean => by_time(|it| it.mean),
        GroupColumn::P50 => by_time(|it| it.p50),
        GroupColumn::P95 => by_time(|it| it.p95),
        GroupColumn::P99 => by_time(|it| it.p99),
        GroupColumn::Max => by_time(|it| it.max),
        GroupColumn::Deviation => by_time(|it| it.deviation),
        GroupColumn::Dispersion => by_time(Figures::dispersion),
        GroupColumn::First => by_time(|it| it.first),
        GroupColumn::Last => by_time(|it| it.last),
        // Unknown is less than anything, as elsewhere.
        GroupColumn::Apdex => by_use(|it| it.apdex.score().unwrap_or(-1.0)),
        GroupColumn::ClientErrors => by_use(|it| f64::from(it.client_errors)),
        GroupColumn::Gone => by_use(|it| f64::from(it.gone)),
        GroupColumn::Bytes => by_use(|it| it.bytes.map_or(-1.0, |bytes| bytes as f64)),
    }
}

/// Gives rows their histograms and curves, all in one walk.
fn chart(log: &QueryLog, selection: &Selection, keys: &Keys, steps: Steps, rows: &mut [GroupRow]) {
    let (origin, _) = log.span().unwrap_or_default();
    let (mut slots, least) = (vec![NONE; keys.count], finest(log));
    for (slot, row) in rows.iter_mut().enumerate() {
        slots[row.key as usize] = slot as u32;
        row.classes = vec![0; CLASSES];
        row.calls_over_time = vec![0; steps.count];
    }
    let statements = &log.statements;
    for at in selection.iter() {
        if let Some(row) = rows.get_mut(slots[keys.of[at] as usize] as usize) {
            let duration = statements.duration[at];
            if !duration.is_nan() {
                row.classes[class(duration.max(least))] += 1;
            }
            row.calls_over_time[steps.of(statements.start[at] - origin)] += 1;
        }
    }
}

/// The parameter sets that were used most, at most [`SHORT`].
fn parameters(log: &QueryLog, within: &Selection) -> Vec<ParameterSet> {
    let statements = &log.statements;
    let mut sets: FxHashMap<u64, (ParameterSet, f64)> = FxHashMap::default();
    for at in within.iter() {
        // An unknown duration is slower than none, but not than a known one.
        let duration = statements.duration[at].max(-1.0);
        let (set, slowest) = sets
            .entry(statements.parameters[at])
            .or_insert((ParameterSet { calls: 0, total: 0.0, statement: at as u32 }, f64::NEG_INFINITY));
        set.calls += 1;
        set.total += duration.max(0.0);
        if duration > *slowest {
            *slowest = duration;
            set.statement = at as u32;
        }
    }
    let mut sets: Vec<ParameterSet> = sets.into_values().map(|(set, _)| set).collect();
    sort::by(&mut sets, |a, b| {
        b.calls.cmp(&a.calls).then(b.total.total_cmp(&a.total)).then(a.statement.cmp(&b.statement))
    });
    sets.truncate(SHORT);
    sets
}
