//! Requests: rows, and one statement by statement.

use std::rc::Rc;

use super::{Look, page, sorted};
use crate::findings::waste::waste;
use crate::protocol::{Answer, RequestColumn, RequestRow, Waterfall, WaterfallStep, Window};
use crate::queries::by::By;
use crate::queries::filter::{Filter, Selection};
use crate::queries::highlight::brief;
use crate::queries::request_use::{RequestUse, request_use};
use crate::session::queries::{BAR_TEXT, cut};

/// Statements of a waterfall, at most: a request that is longer was inferred wrongly, or is a job.
const STEPS: usize = 10_000;

impl Look<'_> {
    pub(super) fn request_rows(
        &mut self,
        filter: &Filter,
        by_view: bool,
        threshold: f64,
        window: &Window<RequestColumn>,
    ) -> Answer {
        let (selection, views) = (self.selection(filter), self.keys(By::View));
        let (requests, events) = (self.keys(By::Request), self.event_selection(filter));
        let log = self.log;
        let (_, wastes) = self.state.waste.get_or_init(|| waste(log));
        let uses = Rc::clone(self.state.requests.get((filter.clone(), by_view, threshold), || {
            // Views are keys of statements; here they are wanted of requests.
            let mut view_of = vec![0; log.requests.len()];
            for (&request, &view) in log.statements.request.iter().zip(&views.of) {
                view_of[request as usize] = view;
            }
            let views = by_view.then_some((view_of.as_slice(), views.count));
            let attempts = events.iter().filter(|&event| log.events.is_attempt(event));
            let attempts = attempts.map(|event| requests.of_event[event]);
            Rc::new(request_use(log, &selection, attempts, wastes, threshold, views))
        }));
        let row = |place: u32| {
            let usage = uses[place as usize].clone();
            let request = &log.requests[usage.request as usize];
            let label = match (by_view, request.view.is_empty()) {
                (true, false) => request.view.clone(),
                (true, true) => "(no view)".to_owned(),
                _ => requests.label(log, usage.request),
            };
            RequestRow {
                label,
                view: request.view.clone(),
                status: if by_view { 0 } else { request.status },
                start: request.start,
                inferred: request.origin.is_inferred(),
                usage,
            }
        };
        let key = (filter.clone(), (by_view, threshold), window.sort, window.descending);
        let order = self.state.request_order.get(key, || {
            let by_count = |of: fn(&RequestUse) -> u32| {
                sorted(uses.len(), window.descending, &|a, b| {
                    of(&uses[a as usize]).cmp(&of(&uses[b as usize]))
                })
            };
            let by_time = |of: &dyn Fn(&RequestUse) -> f64| {
                sorted(uses.len(), window.descending, &|a, b| {
                    of(&uses[a as usize]).total_cmp(&of(&uses[b as usize]))
                })
            };
            match window.sort {
                RequestColumn::Start => by_time(&|it| log.requests[it.request as usize].start),
                RequestColumn::Label => {
                    let labels: Vec<String> = (0..uses.len() as u32).map(|place| row(place).label).collect();
                    sorted(uses.len(), window.descending, &|a, b| labels[a as usize].cmp(&labels[b as usize]))
                }
                RequestColumn::Requests => by_count(|it| it.requests),
                RequestColumn::Statements => by_count(|it| it.statements),
                RequestColumn::Loops => by_count(|it| it.loops),
                RequestColumn::Repeated => by_count(|it| it.repeated),
                RequestColumn::Failed => by_count(|it| it.failed + it.attempts),
                RequestColumn::DatabaseTime => by_time(&|it| it.database_time),
                RequestColumn::Wall => by_time(&|it| it.wall),
                RequestColumn::WallP50 => by_time(&|it| it.wall_p50),
                RequestColumn::WallP95 => by_time(&|it| it.wall_p95),
                RequestColumn::Apdex => by_time(&RequestUse::apdex),
            }
        });
        Answer::Requests(page(order, window, |place| uses[place as usize].request, row))
    }

    pub(super) fn waterfall(&mut self, request: u32) -> Waterfall {
        let keys = self.keys(By::Request);
        let log = self.log;
        let (roles, wastes) = self.state.waste.get_or_init(|| waste(log));
        let statements = &log.statements;
        let known = &log.requests[request as usize];
        let own =
            Selection::from_fn(0..statements.len(), statements.len(), |at| statements.request[at] == request);
        let events = 0..log.events.len();
        let attempts = events.filter(|&event| log.events.is_attempt(event));
        let attempts = attempts.map(|event| keys.of_event[event]).filter(|&of| of == request);
        let mut usage = request_use(log, &own, attempts, wastes, f64::INFINITY, None);
        let usage =
            usage.pop().unwrap_or_else(|| RequestUse { request, requests: 1, ..RequestUse::default() });
        let mut end = known.start;
        let mut outside = 0.0;
        let mut steps = Vec::new();
        for at in own.iter() {
            let gap = (statements.start[at] - end).max(0.0);
            outside += gap;
            end = end.max(statements.end(at));
            if steps.len() == STEPS {
                continue;
            }
            let fingerprint = &log.fingerprints[statements.fingerprint[at] as usize];
            steps.push(WaterfallStep {
                statement: at as u32,
                fingerprint: statements.fingerprint[at],
                text: cut(&brief(&fingerprint.text), BAR_TEXT),
                operation: fingerprint.operation,
                start: statements.start[at] - known.start,
                duration: statements.duration[at],
                gap,
                failed: statements.failed[at] != 0,
                role: roles[at],
                place: log.place(at),
            });
        }
        outside += (known.start + known.duration - end).max(0.0);
        Waterfall {
            row: RequestRow {
                label: keys.label(log, request),
                view: known.view.clone(),
                status: known.status,
                start: known.start,
                inferred: known.origin.is_inferred(),
                usage,
            },
            steps,
            statements: own.len() as u32,
            outside,
        }
    }
}
