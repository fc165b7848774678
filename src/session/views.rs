//! Answers about the statements of a log that a filter lets through.
//!
//! What is made for one question is remembered for the next of the same filter; what does not depend on
//! filters is made once.

mod compare;
mod events;
mod examples;
mod groups;
mod requests;
mod search;
mod timeline;

use std::cell::OnceCell;
use std::cmp::Ordering;
use std::rc::Rc;

use super::queries::{Texts, execution};
use crate::findings::waste::Role;
use crate::protocol::{
    Answer, Ask, ExecutionColumn, GroupColumn, Page, RequestColumn, Response, TableColumn, Window,
};
use crate::queries::QueryLog;
use crate::queries::by::{By, Keys};
use crate::queries::compare::Shapes;
use crate::queries::events::{EventGroups, select_events};
use crate::queries::figures::{Figures, Groups, Order, whole};
use crate::queries::filter::{Filter, OwnTexts, Selection, select};
use crate::queries::overview::{Glance, Steps, extent, glance, glance_of_statistics, seen};
use crate::queries::request_use::{RequestUse, Waste};
use crate::queries::site::site;
use crate::queries::table_use::{TableUse, column_totals, table_use};
use crate::requests::route_use::RouteUse;
use crate::sort;

/// Of more statements not everything is kept that may be asked for again.
const MANY: usize = 1 << 20;

/// Selections that are remembered: one's views, and what it is compared with.
const SELECTIONS: usize = 4;

/// What is remembered.
#[derive(Default)]
pub(super) struct State {
    order: Order,
    keys: Vec<Rc<Keys>>,
    waste: OnceCell<(Vec<Role>, Vec<Waste>)>,
    /// The one used last is last.
    selections: Vec<(Filter, Rc<Selection>)>,
    event_selections: Memory<Filter, Rc<Selection>>,
    event_groups: Memory<events::Grouped, Rc<EventGroups>>,
    event_group_order: Memory<events::GroupOrder, Vec<u32>>,
    event_order: Memory<events::ListOrder, Vec<u32>>,
    wholes: Memory<Filter, Figures>,
    glances: Memory<Filter, Glance>,
    kinds: Memory<Filter, Vec<(By, u32)>>,
    groups: Memory<(Filter, By), Rc<Groups>>,
    fingerprints: Memory<Filter, Rc<Groups>>,
    group_order: Memory<Sorted<(By, f64), GroupColumn>, Vec<u32>>,
    route_uses: Memory<(Filter, By, f64), Rc<Vec<RouteUse>>>,
    executions: Memory<Sorted<Option<Group>, ExecutionColumn>, Vec<u32>>,
    tables: Memory<(Filter, u32), Rc<Vec<TableUse>>>,
    table_order: Memory<Sorted<(), TableColumn>, Vec<u32>>,
    requests: Memory<(Filter, bool, f64), Rc<Vec<RequestUse>>>,
    request_order: Memory<Sorted<(bool, f64), RequestColumn>, Vec<u32>>,
    compared: compare::State,
    kept: Vec<(u32, Rc<Shapes>)>,
    search: Option<search::Search>,
    /// Made when a text is first looked for.
    examples: OnceCell<Vec<String>>,
}

/// What was made lately, and for what; the one used last is last.
struct Memory<K, T>(Vec<(K, T)>);

/// How much a memory holds: several parts of the page ask about one filter at a time.
const KEPT: usize = 3;

/// One group: of what kind, and its key.
type Group = (By, u32);

/// Rows of a filter in an order: what they are rows of, column, whether descending.
type Sorted<W, C> = (Filter, W, C, bool);

impl<K, T> Default for Memory<K, T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: PartialEq, T> Memory<K, T> {
    /// What is known for `key`.
    fn known(&self, key: &K) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, made)| made)
    }

    /// What is known for `key`; made if nothing is.
    fn get(&mut self, key: K, make: impl FnOnce() -> T) -> &T {
        let entry = match self.0.iter().position(|(known, _)| *known == key) {
            Some(place) => self.0.remove(place),
            None => (key, make()),
        };
        if self.0.len() == KEPT {
            self.0.remove(0);
        }
        self.0.push(entry);
        let last = self.0.len() - 1;
        &self.0[last].1
    }
}

/// A log with what is remembered of it.
struct Look<'a> {
    log: &'a QueryLog,
    state: &'a mut State,
}

/// Answers one question; `texts` is where statements' own texts are read again.
pub(super) fn answer(
    log: &QueryLog,
    texts: &Texts<'_>,
    state: &mut State,
    filter: &Filter,
    ask: &Ask,
) -> Response {
    if !filter.text.is_empty() {
        state.examples.get_or_init(|| examples::examples(log, texts));
    }
    let mut look = Look { log, state };
    let answer = match ask {
        Ask::Requests { .. } | Ask::Tables { .. } | Ask::Columns { .. } if log.served.is_some() => {
            return Response::Refused("a log of requests has no statements".to_owned());
        }
        Ask::Site { .. } if log.served.is_none() => {
            return Response::Refused("an SQL log has no requests that a server logged".to_owned());
        }
        Ask::Site { threshold, workers } => {
            let selection = look.selection(filter);
            Answer::Site(Box::new(site(log, &selection, filter.range, *threshold, *workers)))
        }
        Ask::Glance if log.has_only_numbers() => {
            let groups = look.fingerprints(filter);
            Answer::Glance(Box::new(glance_of_statistics(log, &groups)))
        }
        Ask::Glance => {
            let (selection, shapes) = (look.selection(filter), look.fingerprints(filter));
            let (events, figures) = (look.event_selection(filter), look.whole(filter));
            let requests = look.keys(By::Request);
            let order = &look.state.order;
            let made = || {
                let both = (&*selection, &*events);
                glance(log, order, both, filter.range, figures, &shapes, &requests.of_event)
            };
            Answer::Glance(Box::new(look.state.glances.get(filter.clone(), made).clone()))
        }
        Ask::Kinds => Answer::Kinds(look.kinds(filter)),
        Ask::Labels => Answer::Labels(look.labels(filter)),
        Ask::Groups { by, window, charts, threshold } => {
            look.group_rows(filter, (*by, *threshold), window, *charts)
        }
        Ask::Group { by, key, threshold } => {
            Answer::Group(look.group_detail(filter, (*by, *threshold), *key).map(Box::new))
        }
        Ask::Executions(window) => look.executions(filter, None, window),
        Ask::GroupExecutions { by, key, window } => look.executions(filter, Some((*by, *key)), window),
        Ask::Tables { window, steps } => look.tables(filter, window, *steps),
        Ask::Columns { table } => {
            let groups = look.fingerprints(filter);
            Answer::Columns(column_totals(log, &groups, table.as_deref()))
        }
        Ask::Requests { by_view, threshold, window } => {
            look.request_rows(filter, *by_view, *threshold, window)
        }
        Ask::Waterfall { request } if (*request as usize) < log.requests.len() => {
            Answer::Waterfall(Box::new(look.waterfall(*request)))
        }
        Ask::Waterfall { request } => {
            return Response::Refused(format!("the log has no request number {request}"));
        }
        Ask::Timeline { lanes } => {
            let (selection, keys) = (look.selection(filter), look.keys(*lanes));
            let whole = Filter { range: None, ..filter.clone() }.is_all();
            Answer::Timeline(timeline::columns(log, &selection, &keys, !whole))
        }
        Ask::EventGlance => Answer::EventGlance(Box::new(look.event_glance(filter))),
        Ask::EventKinds { class } => Answer::EventKinds(look.event_kinds(filter, *class)),
        Ask::EventGroups { class, by, within, window } => {
            look.event_group_rows(filter, (*class, *by, *within), window)
        }
        Ask::EventList { class, within, window } => look.event_list(filter, *class, *within, window),
        Ask::Event { event } if (*event as usize) < log.events.len() => {
            Answer::Event(Box::new(look.event(texts, *event)))
        }
        Ask::Event { event } => return Response::Refused(format!("the log has no event number {event}")),
        Ask::Shapes => Answer::Shapes(Box::new(look.shapes(filter))),
        Ask::Keep(shapes) => Answer::Kept(look.keep(shapes)),
        Ask::Compare { with, per, window } => match look.compare(filter, with, *per, window) {
            Some(answer) => answer,
            None => return Response::Refused("what is compared with is not there any more".to_owned()),
        },
        Ask::Search { text, begin } => match look.search(texts, text, *begin) {
            Ok(answer) => answer,
            Err(error) => return Response::Refused(format!("the file cannot be read again: {error}")),
        },
    };
    Response::View(answer)
}

impl State {
    /// Forgets what was made of selections.
    fn forget_rows(&mut self) {
        self.event_selections = Memory::default();
        self.event_groups = Memory::default();
        self.event_group_order = Memory::default();
        self.event_order = Memory::default();
        self.fingerprints = Memory::default();
        self.wholes = Memory::default();
        self.glances = Memory::default();
        self.kinds = Memory::default();
        self.groups = Memory::default();
        self.group_order = Memory::default();
        self.route_uses = Memory::default();
        self.executions = Memory::default();
        self.tables = Memory::default();
        self.table_order = Memory::default();
        self.requests = Memory::default();
        self.request_order = Memory::default();
    }
}

impl Look<'_> {
    /// The statements' keys of a kind.
    fn keys(&mut self, by: By) -> Rc<Keys> {
        if let Some(known) = self.state.keys.iter().find(|keys| keys.by == by) {
            return Rc::clone(known);
        }
        let keys = Rc::new(Keys::new(self.log, by));
        self.state.keys.push(Rc::clone(&keys));
        keys
    }

    /// The same where it is asked for all kinds one after the other. Of a log of millions they are not all kept: each takes
    /// 4 bytes a statement, and eight of them would be half as much as all else that is known of it.
    fn keys_for_once(&mut self, by: By) -> Rc<Keys> {
        let is_known = self.state.keys.iter().any(|keys| keys.by == by);
        match is_known || self.log.statements.len() <= MANY {
            true => self.keys(by),
            false => Rc::new(Keys::new(self.log, by)),
        }
    }

    /// The statements of a filter.
    fn selection(&mut self, filter: &Filter) -> Rc<Selection> {
        let known = self.state.selections.iter().position(|(known, _)| known == filter);
        let (filter, selection) = match known {
            Some(place) => self.state.selections.remove(place),
            None => {
                (filter.clone(), self.made(filter, |log, filter, keys, own| select(log, filter, keys, own)))
            }
        };
        if self.state.selections.len() == SELECTIONS {
            self.state.selections.remove(0);
        }
        self.state.selections.push((filter, Rc::clone(&selection)));
        selection
    }

    /// What `select` lets through, given the keys that the filter names and what is known of texts.
    fn made(
        &mut self,
        filter: &Filter,
        select: impl for<'k> FnOnce(&'k QueryLog, &Filter, &dyn Fn(By) -> &'k Keys, OwnTexts<'k>) -> Selection,
    ) -> Rc<Selection> {
        for facet in &filter.facets {
            self.keys(facet.by);
        }
        let state = &*self.state;
        let found = state.search.as_ref().and_then(|search| search.found(&filter.text));
        // All that facets name were made above.
        let nothing = Keys::default();
        let keys = |by| state.keys.iter().find(|keys| keys.by == by).map_or(&nothing, Rc::as_ref);
        let examples = state.examples.get().map_or(&[][..], Vec::as_slice);
        Rc::new(select(self.log, filter, &keys, OwnTexts { found, examples }))
    }

    /// The events of a filter.
    fn event_selection(&mut self, filter: &Filter) -> Rc<Selection> {
        if let Some(known) = self.state.event_selections.known(filter) {
            return Rc::clone(known);
        }
        let made = self.made(filter, |log, filter, keys, own| select_events(log, filter, keys, own));
        Rc::clone(self.state.event_selections.get(filter.clone(), || made))
    }

    /// The figures of all statements of a filter.
    fn whole(&mut self, filter: &Filter) -> Figures {
        let (selection, events) = (self.selection(filter), self.event_selection(filter));
        let (log, order) = (self.log, &self.state.order);
        *self.state.wholes.get(filter.clone(), || whole(log, order, &selection, &events))
    }

    fn executions(
        &mut self,
        filter: &Filter,
        group: Option<Group>,
        window: &Window<ExecutionColumn>,
    ) -> Answer {
        let selection = match group {
            None => self.selection(filter),
            Some((by, key)) => Rc::new(self.within(filter, by, key)),
        };
        let (log, statements) = (self.log, &self.log.statements);
        let order =
            self.state.executions.get((filter.clone(), group, window.sort, window.descending), || {
                match window.sort {
                    // They are in order of start.
                    ExecutionColumn::Start => {
                        let mut order: Vec<u32> = selection.iter().map(|at| at as u32).collect();
                        if window.descending {
                            order.reverse();
                        }
                        order
                    }
                    ExecutionColumn::Duration => {
                        let by_duration = self.state.order.by_duration(log);
                        let mut order: Vec<u32> = by_duration
                            .iter()
                            .copied()
                            .filter(|&at| selection.contains(at as usize))
                            .collect();
                        if window.descending {
                            order.reverse();
                        }
                        // Unknown durations come last either way.
                        let unknown = selection.iter().filter(|&at| statements.duration[at].is_nan());
                        order.extend(unknown.map(|at| at as u32));
                        order
                    }
                }
            });
        Answer::Executions(page(order, window, |at| at, |at| execution(log, at)))
    }

    fn tables(&mut self, filter: &Filter, window: &Window<TableColumn>, steps: u32) -> Answer {
        let selection = self.selection(filter);
        let log = self.log;
        let (from, to) = extent(log, filter.range);
        let uses = Rc::clone(self.state.tables.get((filter.clone(), steps), || {
            Rc::new(table_use(log, &selection, Steps::even(from, to, steps.clamp(1, 400) as usize)))
        }));
        let key = (filter.clone(), (), window.sort, window.descending);
        let order = self.state.table_order.get(key, || {
            sorted(uses.len(), window.descending, &|a, b| {
                let (a, b) = (&uses[a as usize], &uses[b as usize]);
                match window.sort {
                    TableColumn::Table => a.table.cmp(&b.table),
                    TableColumn::Reads => a.reads.cmp(&b.reads),
                    TableColumn::Writes => a.writes.cmp(&b.writes),
                    TableColumn::ReadTime => a.read_time.total_cmp(&b.read_time),
                    TableColumn::WriteTime => a.write_time.total_cmp(&b.write_time),
                    TableColumn::Time => a.time().total_cmp(&b.time()),
                    TableColumn::Share => a.share_time.total_cmp(&b.share_time),
                    TableColumn::RowsRead => a.rows_read.cmp(&b.rows_read),
                    TableColumn::RowsWritten => a.rows_written.cmp(&b.rows_written),
                    TableColumn::Shapes => a.shapes.cmp(&b.shapes),
                }
            })
        });
        let total = self.state.order.total(log, &selection);
        Answer::Tables(page(order, window, |at| uses[at as usize].id, |at| uses[at as usize].clone()), total)
    }

    /// What the filter's facets are called.
    fn labels(&mut self, filter: &Filter) -> Vec<String> {
        let facets = filter.facets.iter().map(|facet| {
            let keys = self.keys(facet.by);
            match keys.find(&facet.value) {
                Some(key) => keys.label(self.log, key),
                // A table that is no statement's first; or nothing of this log.
                None => facet.value.clone(),
            }
        });
        facets.collect()
    }

    /// Kinds that tell statements apart, with how many groups of each have statements.
    fn kinds(&mut self, filter: &Filter) -> Vec<(By, u32)> {
        // Every choice of a kind asks, and each kind is a walk over the statements.
        if let Some(known) = self.state.kinds.known(filter) {
            return known.clone();
        }
        let selection = self.selection(filter);
        let events = self.event_selection(filter);
        let attempts: Vec<usize> = events.iter().filter(|&event| self.log.events.is_attempt(event)).collect();
        let requests = self.log.served.is_some();
        let kinds = By::ALL.into_iter().filter(|by| !requests || by.is_of_requests());
        let all = kinds.map(|by| {
            let keys = self.keys_for_once(by);
            let mut seen = seen(&selection, &keys.of, keys.count);
            for &event in &attempts {
                seen[keys.of_event[event] as usize] = true;
            }
            (by, seen.iter().filter(|&&seen| seen).count() as u32, keys)
        });
        let kinds: Vec<(By, u32)> = all
            .filter(|(_, _, keys)| keys.count > 1 || !keys.value(0).is_empty())
            .map(|(by, count, _)| (by, count))
            .collect();
        self.state.kinds.get(filter.clone(), || kinds).clone()
    }
}

/// The numbers below `count` in order; equal ones stay in theirs either way.
fn sorted(count: usize, descending: bool, compare: &dyn Fn(u32, u32) -> Ordering) -> Vec<u32> {
    sort::order(count, &mut |a, b| {
        let ordering = compare(a, b);
        if descending { ordering.reverse() } else { ordering }
    })
}

/// The part of `order` that `window` asks for.
fn page<C, R>(order: &[u32], window: &Window<C>, id: impl Fn(u32) -> u32, row: impl Fn(u32) -> R) -> Page<R> {
    let start = (window.first as usize).min(order.len());
    let end = start.saturating_add(window.count as usize).min(order.len());
    let selected = window.selected.and_then(|selected| order.iter().position(|&at| id(at) == selected));
    Page {
        rows: order.len() as u32,
        page: order[start..end].iter().map(|&at| row(at)).collect(),
        selected: selected.map(|place| place as u32),
    }
}
