//! The digest of a log.

use super::{Digest, Item, Items, QueriesDigest, shortened};
use crate::findings::pricing::AskedBy;
use crate::findings::{Link, Report};
use crate::profile::Layer;
use crate::queries::{Frame, Origin, QueryLog};

impl QueriesDigest {
    /// The digest of `log`.
    pub fn of(log: &QueryLog) -> Self {
        if let Some(Digest::Queries(digest)) =
            log.results().and_then(Report::kept).and_then(|report| report.digest)
        {
            return digest;
        }
        let items = log.numbers.iter().enumerate().map(|(id, numbers)| (numbers.total, id as u32));
        let recorded = log.requests.iter().filter(|request| request.origin == Origin::Recorded).count();
        Self {
            total: log.total(),
            executions: u32::try_from(log.executions()).unwrap_or(u32::MAX),
            without_duration: log.numbers.iter().map(|numbers| numbers.without_duration).sum(),
            queries: Items::new(items.collect(), |id, time| Item {
                label: shortened(&log.fingerprints[id as usize].text),
                place: String::new(),
                layer: Layer::Database,
                time,
                link: Link::Query(id),
            }),
            requests: log.requests.len() as u32,
            recorded: recorded as u32,
            wall: log.requests.iter().map(|request| request.duration).sum(),
            asked: asked(log),
            prices: Vec::new(),
        }
    }
}

/// How many statements were asked for in each way, and their time.
fn asked(log: &QueryLog) -> Vec<(f64, f64)> {
    let mut asked = vec![(0.0, 0.0); AskedBy::ALL.len()];
    for at in 0..log.statements.len() {
        if let Some((count, time)) = AskedBy::of(log, at).and_then(|by| asked.get_mut(by as usize)) {
            *count += 1.0;
            *time += log.statements.duration[at].max(0.0);
        }
    }
    asked
}

/// The innermost own frame of a statement, if the log has it.
pub(in crate::findings) fn frame(log: &QueryLog, statement: usize) -> Option<Frame> {
    let site = log.statements.site(statement)?;
    log.sites.get(site as usize)?.frames.first().cloned()
}
