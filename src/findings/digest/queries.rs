//! The digest of a log.

use rustc_hash::FxHashMap;

use super::{Digest, Gap, Item, Items, PLACES, QueriesDigest, StatementSite, shortened};
use crate::findings::Link;
use crate::profile::Layer;
use crate::queries::{Clock, Frame, Operation, Origin, QueryLog};
use crate::sort;

impl QueriesDigest {
    /// The digest of `log`.
    pub fn of(log: &QueryLog) -> Self {
        if let Some(Digest::Queries(digest)) =
            log.results().and_then(|results| results.report.digest.as_ref())
        {
            return digest.clone();
        }
        let items = log.numbers.iter().enumerate().map(|(id, numbers)| (numbers.total, id as u32));
        let (gaps, outside) = gaps(log);
        let (sites, sited) = statement_sites(log);
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
            gaps,
            outside,
            sites,
            sited,
        }
    }
}

/// The longest gaps, and the sum of all.
fn gaps(log: &QueryLog) -> (Vec<Gap>, f64) {
    if log.clock == Clock::Sequence {
        // Laid end to end: nothing is known of what lay between.
        return (Vec::new(), 0.0);
    }
    /// A gap by the statements around it; `usize::MAX` for none.
    struct Bare {
        time: f64,
        from: f64,
        request: u32,
        after: usize,
        before: usize,
    }
    const NO: usize = usize::MAX;
    let statements = &log.statements;
    let mut ends: Vec<(f64, usize)> = log.requests.iter().map(|request| (request.start, NO)).collect();
    let mut longest: Vec<Bare> = Vec::new();
    let mut total = 0.0;
    let mut add = |gap: Bare| {
        if gap.time <= 0.0 {
            return;
        }
        total += gap.time;
        longest.push(gap);
        if longest.len() >= 4 * PLACES {
            sort::by(&mut longest, |a, b| b.time.total_cmp(&a.time));
            longest.truncate(PLACES);
        }
    };
    for at in 0..statements.len() {
        let request = statements.request[at];
        // BEGIN and COMMIT are the database's time as well; what is around them is not.
        let (end, after) = ends[request as usize];
        add(Bare { time: statements.start[at] - end, from: end, request, after, before: at });
        let this = statements.end(at);
        if this >= end {
            ends[request as usize] = (this, at);
        }
    }
    for (id, request) in log.requests.iter().enumerate() {
        if request.origin == Origin::Recorded {
            let (end, after) = ends[id];
            let time = request.start + request.duration - end;
            add(Bare { time, from: end, request: id as u32, after, before: NO });
        }
    }
    sort::by(&mut longest, |a, b| b.time.total_cmp(&a.time));
    longest.truncate(PLACES);
    let origin = log.span().map_or(0.0, |(first, _)| first);
    let text = |at: usize| {
        let fingerprint = *statements.fingerprint.get(at)?;
        Some(shortened(&log.fingerprints[fingerprint as usize].text))
    };
    let gaps = longest.iter().map(|gap| Gap {
        time: gap.time,
        request: log.requests[gap.request as usize].title(),
        from: gap.from - origin,
        after: text(gap.after),
        before: text(gap.before),
        after_frame: frame(log, gap.after),
        before_frame: frame(log, gap.before),
    });
    (gaps.collect(), total)
}

/// The innermost own frame of a statement, if the log has it.
pub(in crate::findings) fn frame(log: &QueryLog, statement: usize) -> Option<Frame> {
    let site = log.statements.site(statement)?;
    log.sites.get(site as usize)?.frames.first().cloned()
}

/// Lines of code by the time of their statements, and the time of all that have one.
fn statement_sites(log: &QueryLog) -> (Vec<StatementSite>, f64) {
    let statements = &log.statements;
    // Per line: executions, time, and time per query.
    type Line = (u32, f64, FxHashMap<u32, f64>);
    let mut lines: FxHashMap<&Frame, Line> = FxHashMap::default();
    let mut sited = 0.0;
    for at in 0..statements.len() {
        let fingerprint = statements.fingerprint[at];
        if log.fingerprints[fingerprint as usize].operation == Operation::Transaction {
            continue;
        }
        let site = statements.site(at).and_then(|site| log.sites.get(site as usize));
        let Some(frame) = site.and_then(|site| site.frames.first()) else { continue };
        let duration = statements.duration[at].max(0.0);
        let (executions, time, queries) = lines.entry(frame).or_default();
        *executions += 1;
        *time += duration;
        *queries.entry(fingerprint).or_default() += duration;
        sited += duration;
    }
    let mut sites: Vec<(&Frame, Line)> = lines.into_iter().collect();
    sort::by(&mut sites, |(frame, a), (other, b)| {
        b.1.total_cmp(&a.1).then_with(|| (&frame.file, frame.line).cmp(&(&other.file, other.line)))
    });
    let sites = sites.into_iter().take(PLACES).map(|(frame, (executions, time, queries))| {
        let query = queries.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let query = query.map_or(0, |(query, _)| query);
        let text = shortened(&log.fingerprints[query as usize].text);
        StatementSite { frame: frame.clone(), executions, time, query, text }
    });
    (sites.collect(), sited)
}
