//! Spans in time order, as columns of all tracks one after the other.

use super::columns::{Damaged, Reader, Writer};
use super::{damaged, list, of_length};
use crate::profile::Stacks;
use crate::profile::spans::{Columns, ELSEWHERE, SpanTrack, Spans};

pub(super) fn write(spans: &Spans, columns: &mut Writer) {
    let all: Vec<_> = spans.tracks.iter().map(SpanTrack::columns).collect();
    columns.put("spans.clock", &spans.clock);
    columns.put("spans.beginning", &spans.beginning);
    columns.put("spans.rows", &list(&all, |(.., first)| *first));
    columns.put("spans.start", &joined(&all, |(start, ..)| start));
    columns.put("spans.end", &joined(&all, |(_, end, ..)| end));
    columns.put("spans.node", &joined(&all, |(_, _, node, ..)| node));
    columns.put("spans.own", &joined(&all, |(_, _, _, own, _)| own));
}

fn joined<T: Copy>(all: &[Columns<'_>], of: impl for<'a> Fn(&Columns<'a>) -> &'a [T]) -> Vec<T> {
    all.iter().flat_map(|columns| of(columns).iter().copied()).collect()
}

/// `None` where none were saved.
pub(super) fn read(columns: &Reader<'_>, stacks: &Stacks) -> Result<Option<Box<Spans>>, Damaged> {
    let rows: Vec<Vec<u32>> = columns.take("spans.rows")?;
    if rows.is_empty() {
        return Ok(None);
    }
    of_length(stacks.tracks.len(), &[rows.len()])?;
    let mut start: Vec<f64> = columns.take("spans.start")?;
    let mut end: Vec<f64> = columns.take("spans.end")?;
    let mut node: Vec<u32> = columns.take("spans.node")?;
    let mut own: Vec<f64> = columns.take("spans.own")?;
    of_length(start.len(), &[end.len(), node.len()])?;
    of_length(if own.is_empty() { 0 } else { start.len() }, &[own.len()])?;
    if node.iter().any(|&node| node != ELSEWHERE && node as usize >= stacks.function.len()) {
        return Err(damaged("it names what it does not have"));
    }
    let mut tracks = Vec::with_capacity(rows.len());
    // From the last to the first, so that each is split off at its end.
    for first in rows.into_iter().rev() {
        let count = first.last().map_or(0, |&last| last as usize);
        let at = start.len().checked_sub(count).ok_or_else(|| damaged("its spans are not all there"))?;
        let moments = (start.split_off(at), end.split_off(at));
        let own = if own.is_empty() { Vec::new() } else { own.split_off(at) };
        tracks.push(SpanTrack::new(moments, node.split_off(at), own, first).map_err(damaged)?);
    }
    if !start.is_empty() {
        return Err(damaged("its spans are of no track"));
    }
    tracks.reverse();
    let beginning = columns.take::<Option<f64>>("spans.beginning")?.filter(|beginning| beginning.is_finite());
    Ok(Some(Box::new(Spans { clock: columns.take("spans.clock")?, beginning, tracks })))
}
