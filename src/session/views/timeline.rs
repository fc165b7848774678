//! Statements as columns, on lanes.

use crate::protocol::TimelineColumns;
use crate::queries::by::Keys;
use crate::queries::filter::Selection;
use crate::queries::highlight::brief;
use crate::queries::{Clock, NONE, QueryLog};
use crate::session::queries::{BAR_TEXT, cut, zone};

/// The statements of `selection`; lanes are keys, in the order of their first statement.
pub(in crate::session) fn columns(log: &QueryLog, selection: &Selection, keys: &Keys) -> TimelineColumns {
    let statements = &log.statements;
    let mut lane_of = vec![NONE; keys.count];
    let mut lanes = Vec::new();
    let mut counts = Vec::new();
    for at in selection.iter() {
        let key = keys.of[at];
        let lane = &mut lane_of[key as usize];
        if *lane == NONE {
            *lane = lanes.len() as u32;
            lanes.push(cut(&keys.label(log, key), BAR_TEXT));
            counts.push(0_u32);
        }
        counts[*lane as usize] += 1;
    }
    let mut first = vec![0];
    for count in counts {
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
        texts: log.fingerprints.iter().map(|fingerprint| cut(&brief(&fingerprint.text), BAR_TEXT)).collect(),
        operations: log.fingerprints.iter().map(|fingerprint| fingerprint.operation).collect(),
    }
}
