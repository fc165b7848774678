//! Statements as columns, on lanes.

use crate::protocol::TimelineColumns;
use crate::queries::by::{By, Keys};
use crate::queries::filter::Selection;
use crate::queries::highlight::brief;
use crate::queries::{Clock, NONE, QueryLog};
use crate::session::queries::{BAR_TEXT, cut, zone};

/// The statements of `selection`; lanes are keys, in the order of their first statement, those of
/// fingerprints by their time: what runs again and again shows as a lane full of small statements.
/// `some` says that others are filtered out.
pub(super) fn columns(log: &QueryLog, selection: &Selection, keys: &Keys, some: bool) -> TimelineColumns {
    let statements = &log.statements;
    // Of lanes: key, statements, and time in ms.
    let mut found: Vec<(u32, u32, f64)> = Vec::new();
    let mut lane_of = vec![NONE; keys.count];
    for at in selection.iter() {
        let key = keys.of[at];
        let lane = &mut lane_of[key as usize];
        if *lane == NONE {
            *lane = found.len() as u32;
            found.push((key, 0, 0.0));
        }
        let (_, count, time) = &mut found[*lane as usize];
        *count += 1;
        *time += statements.duration[at].max(0.0);
    }
    if keys.by == By::Fingerprint {
        found.sort_by(|a, b| b.2.total_cmp(&a.2).then(b.1.cmp(&a.1)).then(a.0.cmp(&b.0)));
        for (lane, (key, ..)) in found.iter().enumerate() {
            lane_of[*key as usize] = lane as u32;
        }
    }
    let threads = if keys.by == By::Connection {
        found.iter().map(|(key, ..)| log.connections.get(*key as usize)?.thread).collect()
    } else {
        Vec::new()
    };
    let lanes = found.iter().map(|(key, ..)| cut(&keys.label(log, *key), BAR_TEXT)).collect();
    let mut first = vec![0];
    for (_, count, _) in found {
        first.push(first.last().copied().unwrap_or(0) + count);
    }
    let mut next = first.clone();
    let mut order = vec![0_u32; selection.len()];
    for at in selection.iter() {
        let place = &mut next[lane_of[keys.of[at] as usize] as usize];
        order[*place as usize] = at as u32;
        *place += 1;
    }
    let (origin, end) = log.span().unwrap_or_default();
    let duration = |index: u32| statements.duration[index as usize];
    TimelineColumns {
        lanes,
        threads,
        first,
        start: order.iter().map(|&index| statements.start[index as usize] - origin).collect(),
        duration: order.iter().map(|&index| duration(index) as f32).collect(),
        fingerprint: order.iter().map(|&index| statements.fingerprint[index as usize]).collect(),
        failed: order.iter().map(|&index| statements.failed[index as usize]).collect(),
        statement: order,
        origin,
        length: end - origin,
        wall_clock: matches!(log.clock, Clock::Wall { .. }),
        zone: zone(&log.clock),
        texts: log
            .fingerprints
            .iter()
            .map(
                |it| {
                    if log.served.is_some() {
                        cut(&it.text, BAR_TEXT)
                    } else {
                        cut(&brief(&it.text), BAR_TEXT)
                    }
                },
            )
            .collect(),
        operations: log.fingerprints.iter().map(|fingerprint| fingerprint.operation).collect(),
        without_gaps: some || keys.by == By::Fingerprint,
    }
}
