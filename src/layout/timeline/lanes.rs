//! Other lanes for the same statements.

use crate::protocol::TimelineColumns;
use crate::sort;

/// A lane for every fingerprint, the one that took the most time on top: what runs again and again
/// shows as a lane full of small statements.
pub fn by_query(columns: &TimelineColumns) -> TimelineColumns {
    let count = columns.texts.len();
    let mut time = vec![0.0; count];
    let mut calls = vec![0_u32; count];
    for (place, &fingerprint) in columns.fingerprint.iter().enumerate() {
        if let (Some(time), Some(calls)) =
            (time.get_mut(fingerprint as usize), calls.get_mut(fingerprint as usize))
        {
            // NaN, where the log does not say, counts as nothing.
            *time += f64::from(columns.duration[place]).max(0.0);
            *calls += 1;
        }
    }
    let mut order: Vec<usize> = (0..count).filter(|&fingerprint| calls[fingerprint] > 0).collect();
    sort::by(&mut order, |&one, &other| {
        time[other].total_cmp(&time[one]).then(calls[other].cmp(&calls[one])).then(one.cmp(&other))
    });
    let mut lane_of = vec![usize::MAX; count];
    let mut first = vec![0_u32];
    for (lane, &fingerprint) in order.iter().enumerate() {
        lane_of[fingerprint] = lane;
        first.push(first[lane] + calls[fingerprint]);
    }
    // Lanes of connections are merged in order of start, then dealt out again.
    let places = sort::order(columns.start.len(), &mut |one, other| {
        columns.start[one as usize].total_cmp(&columns.start[other as usize])
    });
    let mut next = first.clone();
    let mut dealt = vec![0_u32; first.last().copied().unwrap_or(0) as usize];
    for place in places {
        let fingerprint = columns.fingerprint[place as usize] as usize;
        if let Some(&lane) = lane_of.get(fingerprint)
            && let Some(free) = next.get_mut(lane)
        {
            dealt[*free as usize] = place;
            *free += 1;
        }
    }
    let dealt = || dealt.iter().map(|&place| place as usize);
    TimelineColumns {
        lanes: order.iter().map(|&fingerprint| columns.texts[fingerprint].clone()).collect(),
        first,
        statement: dealt().map(|place| columns.statement[place]).collect(),
        start: dealt().map(|place| columns.start[place]).collect(),
        duration: dealt().map(|place| columns.duration[place]).collect(),
        fingerprint: dealt().map(|place| columns.fingerprint[place]).collect(),
        failed: dealt().map(|place| columns.failed[place]).collect(),
        origin: columns.origin,
        length: columns.length,
        wall_clock: columns.wall_clock,
        zone: columns.zone.clone(),
        texts: columns.texts.clone(),
        operations: columns.operations.clone(),
    }
}
