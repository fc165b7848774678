//! Documents in other tools' formats, and their tables as they are shown: what the command line writes.

use std::io;

use super::{profile, queries};
use crate::document::{Content, Document, LOGS, PROFILES};
use crate::export::{callgrind, folded, speedscope, table};
use crate::findings;
use crate::protocol::Export;

/// Boxes of an estimated call tree: the command line's default.
const BOXES: usize = 10_000;

/// Apdex's threshold, ms: the command line's default.
const APDEX: f64 = 500.0;

/// The file. `None` where the document has no such thing.
pub(super) fn write(document: &Document, export: &Export) -> Option<io::Result<Vec<u8>>> {
    let mut out = Vec::new();
    let name = &document.name;
    let written = match (&document.content, export) {
        (Content::Profile(_), _) if !PROFILES => return None,
        (Content::Queries(_) | Content::Requests(_), _) if !LOGS => return None,
        (Content::Profile(profile), Export::Folded | Export::Speedscope | Export::Callgrind)
            if !profile.has_callers() || !profile.has_times() =>
        {
            return None;
        }
        (Content::Profile(profile), Export::Folded) => {
            folded::write(&profile.tree(BOXES), &profile.functions, profile.unit, &mut out)
        }
        (Content::Profile(profile), Export::Speedscope) => {
            speedscope::write(name, profile, &profile.tree(BOXES), &mut out)
        }
        (Content::Profile(profile), Export::Callgrind) => callgrind::write(name, profile, &mut out),
        (Content::Profile(profile), Export::Functions { sort, descending, filter, form }) => {
            let order = profile::order(&profile.functions, *sort, *descending, filter);
            table::functions(profile, &order, *form, &mut out)
        }
        (Content::Profile(profile), Export::Neighbours { function, form })
            if (*function as usize) < profile.functions.len() =>
        {
            let edges = &profile.edges;
            let mut order: Vec<usize> = edges.into(*function).collect();
            let out_of = edges.out_of(*function).iter().map(|&edge| edge as usize);
            // A call of itself is both.
            order.extend(out_of.filter(|&edge| edges.callee[edge] != *function));
            order.sort_by(|&a, &b| edges.total_time[b].total_cmp(&edges.total_time[a]));
            table::edges(profile, &order, *form, &mut out)
        }
        (Content::Queries(log), Export::Queries { sort, descending, filter, form }) => {
            let order = queries::order(log, *sort, *descending, filter);
            table::queries(log, &order, *form, &mut out)
        }
        (Content::Requests(log), Export::Queries { sort, descending, filter, form }) => {
            let order = queries::order(log, *sort, *descending, filter);
            table::routes(log, &order, APDEX, *form, &mut out)
        }
        (_, Export::Findings { settings, form }) => {
            let found = findings::judge(document, settings).findings;
            table::findings(&found.iter().collect::<Vec<_>>(), *form, &mut out)
        }
        _ => return None,
    };
    Some(written.map(|()| out))
}
