//! Events: at a glance, in groups, one by one.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Look, page, sorted};
use crate::protocol::{Answer, EventColumn, EventGlance, EventGroupRow, EventRow, EventView, Window};
use crate::queries::by::By;
use crate::queries::events::{
    EventBy, EventClass, EventFigures, EventGroups, EventKind, Facts, event_groups, event_key, moment,
};
use crate::queries::filter::{Filter, Selection};
use crate::queries::highlight::brief;
use crate::queries::locks;
use crate::queries::overview::{Steps, extent};
use crate::queries::{NONE, QueryLog};
use crate::session::queries::{ROW_TEXT, Texts, cut, told};

/// Steps of a row's curve over time.
const SPARK: usize = 40;

/// Statements of a lock's holders that are told, at most.
const MEANWHILE: usize = 50;

/// Which events are grouped, and by what.
pub(super) type Grouped = (Filter, Option<EventClass>, EventBy, Option<(By, u32)>);
/// The same, and how they are sorted.
pub(super) type GroupOrder = (Grouped, EventColumn, bool);
/// Which single events, and how they are sorted.
pub(super) type ListOrder = (Filter, Option<EventClass>, Option<(EventBy, u32)>, EventColumn, bool);

impl Look<'_> {
    pub(super) fn event_glance(&mut self, filter: &Filter) -> EventGlance {
        let (log, events) = (self.log, self.event_selection(filter));
        let (from, to) = extent(log, filter.range);
        let steps = Steps::round(from, to);
        let (origin, _) = log.span().unwrap_or_default();
        let mut glance = EventGlance { from: steps.from, step: steps.step, ..EventGlance::default() };
        let mut over_time = vec![Vec::new(); EventClass::ALL.len()];
        for event in events.iter() {
            let class = log.events.kind[event].class();
            if class == EventClass::Plans {
                continue;
            }
            let counts: &mut Vec<u32> = &mut over_time[class as usize];
            counts.resize(steps.count, 0);
            counts[steps.of(moment(log, event, origin))] += 1;
            glance.count += 1;
        }
        let classes = EventClass::ALL.into_iter();
        glance.over_time = classes
            .map(|class| (class, std::mem::take(&mut over_time[class as usize])))
            .filter(|(_, counts)| !counts.is_empty())
            .collect();
        for kind in EventKind::ALL.into_iter().filter(|kind| kind.class() != EventClass::Plans) {
            let of_kind = |event: usize| events.contains(event) && log.events.kind[event] == kind;
            let length = log.events.len();
            let selection = Selection::from_fn(0..length, length, of_kind);
            if !selection.is_empty() {
                glance.kinds.push((kind, EventFigures::of(log, &selection, None)));
            }
        }
        glance
    }

    /// What tells events apart, with how many groups there are of each.
    pub(super) fn event_kinds(&mut self, filter: &Filter, class: Option<EventClass>) -> Vec<(EventBy, u32)> {
        let all = EventBy::ALL.into_iter().map(|by| {
            let groups = self.event_groups(&(filter.clone(), class, by, None));
            let is_told = match groups.values.as_slice() {
                // One group that has a name says something as well.
                [Some(value)] => {
                    !value.is_empty() && groups.labels.iter().any(|label| !label.starts_with('('))
                }
                [None] => !groups.labels[0].starts_with('('),
                _ => true,
            };
            (by, groups.keys.len() as u32, is_told)
        });
        let told = all.filter(|&(_, count, is_told)| count > 0 && is_told);
        told.map(|(by, count, _)| (by, count)).collect()
    }

    fn event_groups(&mut self, asked: &Grouped) -> Rc<EventGroups> {
        if let Some(known) = self.state.event_groups.known(asked) {
            return Rc::clone(known);
        }
        let (filter, class, by, within) = asked;
        let (log, mut events) = (self.log, self.event_selection(filter));
        if let Some((of, key)) = within {
            let keys = self.keys(*of);
            let length = log.events.len();
            let is_in = |event: usize| events.contains(event) && keys.of_event[event] == *key;
            events = Rc::new(Selection::from_fn(0..length, length, is_in));
        }
        let keys = match by {
            EventBy::Of(by) => Some(self.keys(*by)),
            _ => None,
        };
        let (from, to) = extent(log, filter.range);
        let steps = Steps::even(from, to, SPARK);
        let made = Rc::new(event_groups(log, &events, *class, *by, keys.as_deref(), steps));
        Rc::clone(self.state.event_groups.get(asked.clone(), || made))
    }

    pub(super) fn event_group_rows(
        &mut self,
        filter: &Filter,
        (class, by, within): (Option<EventClass>, EventBy, Option<(By, u32)>),
        window: &Window<EventColumn>,
    ) -> Answer {
        let asked = (filter.clone(), class, by, within);
        let groups = self.event_groups(&asked);
        let mut whole = EventFigures { first: f64::NAN, last: f64::NAN, ..EventFigures::default() };
        for figures in &groups.figures {
            whole.count += figures.count;
            whole.failed += figures.failed;
            whole.amount += figures.amount;
            whole.largest = whole.largest.max(figures.largest);
            whole.known += figures.known;
            (whole.first, whole.last) = (whole.first.min(figures.first), whole.last.max(figures.last));
        }
        let key = (asked, window.sort, window.descending);
        let order = self.state.event_group_order.get(key, || {
            sorted(groups.keys.len(), window.descending, &|a, b| {
                let (a, b) = (a as usize, b as usize);
                let (left, right) = (&groups.figures[a], &groups.figures[b]);
                match window.sort {
                    EventColumn::Label | EventColumn::Query => groups.labels[a].cmp(&groups.labels[b]),
                    EventColumn::Amount => left.amount.total_cmp(&right.amount),
                    EventColumn::Largest => left.largest.total_cmp(&right.largest),
                    EventColumn::First => left.first.total_cmp(&right.first),
                    EventColumn::Last => left.last.total_cmp(&right.last),
                    _ => left.count.cmp(&right.count),
                }
            })
        });
        let row = |place: u32| {
            let place = place as usize;
            let figures = groups.figures[place];
            EventGroupRow {
                key: groups.keys[place],
                label: cut(&groups.labels[place], ROW_TEXT),
                value: groups.values[place].clone(),
                figures,
                share: f64::from(figures.count) / f64::from(whole.count.max(1)),
                over_time: groups.over_time[place].clone(),
            }
        };
        Answer::EventGroups(page(order, window, |place| groups.keys[place as usize], row), whole)
    }

    pub(super) fn event_list(
        &mut self,
        filter: &Filter,
        class: Option<EventClass>,
        within: Option<(EventBy, u32)>,
        window: &Window<EventColumn>,
    ) -> Answer {
        let (log, selection) = (self.log, self.event_selection(filter));
        let keys = match within {
            Some((EventBy::Of(by), _)) => Some(self.keys(by)),
            _ => None,
        };
        let key = (filter.clone(), class, within, window.sort, window.descending);
        let order = self.state.event_order.get(key, || {
            let is_wanted = |event: usize| {
                let of = log.events.kind[event].class();
                class.map_or(of != EventClass::Plans, |class| class == of)
                    && within.is_none_or(|(by, key)| event_key(log, by, keys.as_deref(), event) == key)
            };
            let mut order: Vec<u32> =
                selection.iter().filter(|&event| is_wanted(event)).map(|event| event as u32).collect();
            crate::sort::ids(&mut order, &mut |a, b| {
                let ordering = compare(log, window.sort, a as usize, b as usize);
                let ordering = if window.descending { ordering.reverse() } else { ordering };
                ordering.then(a.cmp(&b))
            });
            order
        });
        Answer::EventList(page(order, window, |event| event, |event| row(log, event as usize)))
    }

    pub(super) fn event(&mut self, texts: &Texts<'_>, event: u32) -> EventView {
        let (log, at) = (self.log, event as usize);
        let text = |fingerprint: u32| {
            log.any_fingerprint(fingerprint).map_or_else(String::new, |found| found.text.clone())
        };
        let mut view = EventView {
            row: row(log, at),
            detail: told(log, texts, at),
            parts: Vec::new(),
            meanwhile: Vec::new(),
            idle: f64::NAN,
        };
        match &view.row.facts {
            Some(Facts::Deadlock(deadlock)) => {
                view.parts = deadlock
                    .parts
                    .iter()
                    .map(|&(process, query)| {
                        (process, Some(query).filter(|&query| query != NONE), text(query))
                    })
                    .collect();
            }
            Some(Facts::Lock(lock)) => {
                let held =
                    locks::Holders::new(log).meanwhile(lock, log.events.time[at], log.events.amount[at]);
                view.idle = held.idle;
                view.meanwhile = held.statements;
                view.meanwhile.truncate(MEANWHILE);
            }
            _ => {}
        }
        view
    }
}

fn row(log: &QueryLog, event: usize) -> EventRow {
    let events = &log.events;
    let connection = log.connections.get(events.connection[event] as usize).cloned().unwrap_or_default();
    let fingerprint = events.fingerprint[event];
    EventRow {
        event: event as u32,
        kind: events.kind[event],
        time: events.time[event],
        message: cut(events.message(event), ROW_TEXT),
        state: events.state(event).map(str::to_owned),
        query: log.any_fingerprint(fingerprint).map(|it| (fingerprint, cut(&brief(&it.text), ROW_TEXT))),
        statement: Some(events.statement[event]).filter(|&statement| statement != NONE),
        connection: connection.title(),
        user: connection.user,
        application: connection.application,
        host: connection.client,
        amount: events.amount_of(event),
        facts: events.facts(event),
    }
}

fn compare(log: &QueryLog, column: EventColumn, a: usize, b: usize) -> Ordering {
    let events = &log.events;
    // What is not known is less than anything.
    let known = |value: f64| if value.is_nan() { f64::NEG_INFINITY } else { value };
    let by = |of: &dyn Fn(usize) -> f64| known(of(a)).total_cmp(&known(of(b)));
    let checkpoint = |event: usize| match events.facts(event) {
        Some(Facts::Checkpoint(checkpoint)) => Some(checkpoint),
        _ => None,
    };
    let vacuum = |event: usize| match events.facts(event) {
        Some(Facts::Vacuum(vacuum)) => Some(vacuum),
        _ => None,
    };
    match column {
        EventColumn::Label => events.message(a).cmp(events.message(b)),
        EventColumn::Count => a.cmp(&b),
        EventColumn::Amount | EventColumn::Largest => by(&|event| events.amount_of(event)),
        EventColumn::First | EventColumn::Last => by(&|event| events.time[event]),
        EventColumn::Query => {
            let text = |event: usize| log.event_fingerprint(event).map_or("", |it| it.text.as_str());
            text(a).cmp(text(b))
        }
        EventColumn::Buffers => by(&|event| checkpoint(event).map_or(f64::NAN, |found| found.buffers as f64)),
        EventColumn::Distance => by(&|event| checkpoint(event).map_or(f64::NAN, |found| found.distance)),
        EventColumn::Sync => by(&|event| checkpoint(event).map_or(f64::NAN, |found| found.sync)),
        EventColumn::KeptDead => by(&|event| vacuum(event).map_or(f64::NAN, |found| found.kept_dead as f64)),
        EventColumn::Removed => by(&|event| vacuum(event).map_or(f64::NAN, |found| found.removed as f64)),
        EventColumn::Pages => by(&|event| vacuum(event).map_or(f64::NAN, |found| found.pages as f64)),
    }
}
