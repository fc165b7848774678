//! What a log of requests has beside an SQL log's columns.

use super::columns::{Damaged, Reader, Writer};
use super::{damaged, of_length, within};
use crate::requests::{Moment, Outcome, Served};

pub(super) fn write(served: &Served, columns: &mut Writer) {
    let outcomes: Vec<(&str, u16)> =
        served.outcomes.iter().map(|one| (one.method.as_str(), one.status)).collect();
    columns.put("served.outcomes", &outcomes);
    columns.put("served.outcome", &served.outcome);
    columns.put("served.clients", &served.clients);
    columns.put("served.client", &served.client);
    columns.put("served.bytes", &served.bytes);
    columns.put("served.upstream", &served.upstream);
    columns.put("served.ends", &(served.stamped == Moment::End));
    columns.put("served.step", &served.step);
    columns.put("served.how_to_time", &served.how_to_time);
}

/// Of a log of so many requests.
pub(super) fn read(columns: &Reader<'_>, requests: usize) -> Result<Box<Served>, Damaged> {
    let outcomes: Vec<(String, u16)> = columns.take("served.outcomes")?;
    let served = Served {
        outcome: columns.take("served.outcome")?,
        outcomes: outcomes.into_iter().map(|(method, status)| Outcome { method, status }).collect(),
        client: columns.take("served.client")?,
        clients: columns.take("served.clients")?,
        bytes: columns.take("served.bytes")?,
        upstream: columns.take("served.upstream")?,
        stamped: if columns.take("served.ends")? { Moment::End } else { Moment::Begin },
        step: columns.take("served.step")?,
        how_to_time: columns.take("served.how_to_time")?,
    };
    of_length(requests, &[served.outcome.len(), served.client.len()])?;
    for rare in [served.bytes.len(), served.upstream.len()] {
        of_length(if rare == 0 { 0 } else { requests }, &[rare])?;
    }
    within(&served.client, served.clients.len(), false)?;
    if served.outcome.iter().any(|&outcome| usize::from(outcome) >= served.outcomes.len()) {
        return Err(damaged("it names what it does not have"));
    }
    if !served.step.is_finite() || served.upstream.iter().any(|time| time.is_infinite()) {
        return Err(damaged("a time in it is no number"));
    }
    Ok(Box::new(served))
}
