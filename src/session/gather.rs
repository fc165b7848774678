//! Many recordings of which one worker reads one after the other, so that no two of them are in memory: what their
//! functions take over all of them, and their sum.

use super::{Session, queries, written};
use crate::document::{Content, Document, Merging, PROFILES};
use crate::profile::matcher::Matcher;
use crate::profile::{FunctionId, Functions, layer};
use crate::protocol::{GatherAnswer, GatherAsk, GatheredOverview, RankedColumn, RankedFunction, Response};
use crate::sort;

/// What was gathered.
#[derive(Default)]
pub struct Gathered {
    merging: Merging,
    /// Time of all recordings.
    total: f64,
    /// Per function: in how many recordings it is.
    recordings: Vec<u32>,
    /// Per function: the recording in which it took most itself, and how long.
    most: Vec<(u32, f64)>,
    order: Option<(Order, Vec<FunctionId>)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Order {
    sort: RankedColumn,
    descending: bool,
    filter: String,
}

impl Gathered {
    /// Answers one question; `open` is what the worker has open.
    pub fn answer(&mut self, ask: &GatherAsk, open: &mut Option<Session>) -> Response {
        if !PROFILES {
            return Response::Refused(super::READ_ELSEWHERE.to_owned());
        }
        match ask {
            GatherAsk::Add { name } => {
                let Some(session) = open.take() else {
                    return Response::Refused(format!("{name} is not open"));
                };
                match self.add(Document { name: name.clone(), ..session.into_document() }) {
                    Ok(()) => Response::Gathered(GatherAnswer::Added(self.overview())),
                    Err(problem) => Response::Refused(problem),
                }
            }
            GatherAsk::Functions { sort, descending, filter, first, count, selected } => {
                let wanted = Order { sort: *sort, descending: *descending, filter: filter.clone() };
                if self.order.as_ref().is_none_or(|(known, _)| *known != wanted) {
                    let order = self.order(&wanted);
                    self.order = Some((wanted, order));
                }
                let order = self.order.as_ref().map_or(&[] as &[u32], |(_, order)| order);
                let start = (*first as usize).min(order.len());
                let end = start.saturating_add(*count as usize).min(order.len());
                Response::Gathered(GatherAnswer::Functions(
                    order.len() as u32,
                    order[start..end].iter().map(|&function| self.row(function)).collect(),
                    queries::rank(order, *selected),
                ))
            }
            GatherAsk::Merge => written(std::mem::take(self).merging.finish()),
        }
    }

    fn add(&mut self, document: Document) -> Result<(), String> {
        let ids = self.merging.add(&document)?;
        let Content::Profile(profile) = &document.content else { return Ok(()) };
        let recording = self.merging.names().len() as u32 - 1;
        let all = self.functions().len();
        self.recordings.resize(all, 0);
        self.most.resize(all, (recording, 0.0));
        for (&id, &own) in ids.iter().zip(&profile.functions.self_time) {
            let id = id as usize;
            self.recordings[id] += 1;
            if own > self.most[id].1 {
                self.most[id] = (recording, own);
            }
        }
        self.total += profile.total();
        self.order = None;
        Ok(())
    }

    fn functions(&self) -> &Functions {
        self.merging.sum().functions()
    }

    fn overview(&self) -> GatheredOverview {
        let functions = self.functions();
        let longest = |times: &[f64]| times.iter().copied().fold(0.0, f64::max);
        GatheredOverview {
            unit: self.merging.sum().unit().unwrap_or_default(),
            recordings: self.merging.names().len() as u32,
            functions: functions.len() as u32,
            total: self.total,
            longest: (longest(&functions.self_time), longest(&functions.total_time)),
            most: self.most.iter().map(|(_, own)| *own).fold(0.0, f64::max),
            has_calls: (0..functions.len()).any(|at| functions.calls_of(at as FunctionId).is_some()),
        }
    }

    fn row(&self, function: FunctionId) -> RankedFunction {
        let (functions, at) = (self.functions(), function as usize);
        let (file, name) = (functions.file(function), functions.name(function));
        RankedFunction {
            function,
            file: file.to_owned(),
            line: functions.line[at],
            name: name.to_owned(),
            layer: layer::classify(file, name),
            calls: functions.calls_of(function),
            self_time: functions.self_time[at],
            total_time: functions.total_time[at],
            recordings: self.recordings[at],
            most: self.most[at],
        }
    }

    fn order(&self, wanted: &Order) -> Vec<FunctionId> {
        let functions = self.functions();
        let mut order = Matcher::new(functions, &wanted.filter).matches();
        let number = |function: u32| {
            let at = function as usize;
            match wanted.sort {
                RankedColumn::SelfTime | RankedColumn::Place => functions.self_time[at],
                RankedColumn::TotalTime => functions.total_time[at],
                RankedColumn::Calls => functions.calls_of(function).unwrap_or(-1) as f64,
                RankedColumn::Recordings => f64::from(self.recordings[at]),
                RankedColumn::Most => self.most[at].1,
            }
        };
        if wanted.sort != RankedColumn::Place {
            sort::ids_by_float(&mut order, &number, wanted.descending);
            return order;
        }
        let key = |function: u32| {
            (functions.file(function), functions.line[function as usize], functions.name(function))
        };
        sort::ids(&mut order, &mut |one, other| {
            let ordering = key(one).cmp(&key(other));
            if wanted.descending { ordering.reverse() } else { ordering }
        });
        order
    }
}
