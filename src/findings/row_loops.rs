//! Lines in a loop over rows that take, each time, as long as a query: an attribute of an object that is loaded row by row
//! looks like any other. Of files that count how often a line ran.

use super::memory::{place, push_source};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format::{self, Unit as Measured};
use crate::profile::line_table::LineTable;

/// Loops whose body waits.
pub(super) struct RowLoops;

const HITS: Threshold = Threshold {
    key: "hits",
    title: "minimum times that a line runs per call of its function",
    default: 50.0,
    unit: Unit::Count,
    source: "our choice: a page's list has 20 to 100 rows",
};

const EACH: Threshold = Threshold {
    key: "each",
    title: "minimum time each time",
    default: 0.1,
    unit: Unit::Milliseconds,
    source: "our choice: Django takes as long for a query of one row on SQLite in memory; what Python does itself in a line takes \
             a hundredth",
};

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time of a line",
    default: 25.0,
    unit: Unit::Milliseconds,
    source: "our choice: a tenth of 250 ms, which is a quick page",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "row-loop",
    title: "Loops that wait for each row",
    looks_at: LooksAt::Profile,
    thresholds: &[HITS, EACH, TIME],
};

/// Lines that are named one by one.
const LINES: usize = 3;

/// A line in a loop.
pub(super) struct Looped {
    /// Seconds in all.
    time: f64,
    hits: f64,
    /// How often it ran for each call of the function.
    per_call: f64,
}

/// A line that waits in a loop; `None` of others, and where the file does not count.
pub(super) fn in_loop(table: &LineTable, line: usize, settings: &Settings) -> Option<Looped> {
    let time = &table.columns.get(table.column(&[Measured::Seconds, Measured::CpuSeconds])?)?.values;
    let hits = &table.named("Hits")?.values;
    let (own_time, own_hits) = (time[line], hits[line]);
    // Lines of a function are beside each other: those of its file with its name.
    let key = (table.file[line], table.function[line]);
    let of_function = table.of_file(key.0).filter(|&one| table.function[one] == key.1);
    // What runs least often in it, of what ran, runs once a call.
    let calls = of_function.map(|one| hits[one]).filter(|hits| *hits >= 1.0).fold(f64::INFINITY, f64::min);
    let per_call = own_hits / calls;
    let waits = own_time * 1e3 >= settings.get(&ABOUT, &TIME)
        && own_time * 1e3 >= settings.get(&ABOUT, &EACH) * own_hits
        && per_call >= settings.get(&ABOUT, &HITS);
    waits.then_some(Looped { time: own_time, hits: own_hits, per_call })
}

impl Rule for RowLoops {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_of_memory(&self) -> bool {
        true
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, ..) = *case else { return };
        let Some(table) = profile.line_table.as_deref() else { return };
        let mut lines: Vec<(usize, Looped)> =
            (0..table.len()).filter_map(|line| Some((line, in_loop(table, line, settings)?))).collect();
        crate::sort::by(&mut lines, |(_, one), (_, other)| other.time.total_cmp(&one.time));
        lines.truncate(LINES);
        findings.extend(lines.into_iter().map(|(line, looped)| found(table, line, &looped)));
    }
}

fn found(table: &LineTable, line: usize, looped: &Looped) -> Finding {
    let Looped { time, hits, per_call } = *looped;
    let place = place(table, line);
    let mut finding = Finding::new(&ABOUT, place.clone(), String::new());
    let many = format::count(hits as i64);
    finding.title = format!(
        "{place} runs {many} times in a loop and takes {}, {} each time",
        format::seconds(time),
        format::seconds(time / hits)
    );
    finding.at_stake = time * 1e3;
    finding.saving = time * 1e3;
    finding.bound = Bound::AtMost;
    finding.computed =
        "The line's time: what it asks for row by row can be had for all rows at once, in one of these times.".to_owned();
    finding.evidence = vec![
        Evidence::new("line", "The line", Value::Place(place)),
        Evidence::new("time_ms", "Time", Value::Milliseconds(time * 1e3)),
        Evidence::new("each_ms", "Each time", Value::Milliseconds(time * 1e3 / hits)),
        Evidence::new("hits", "Ran", Value::Count(hits as u64)),
        Evidence::new("per_call", "Per call of the function", Value::Count(per_call as u64)),
    ];
    push_source(&mut finding, table, line);
    finding.remedy =
        "It takes as long each time as a query does: an attribute of an object that follows a relation asks the database for \
         each row. Load what the loop needs with the rows (select_related, prefetch_related, annotate), or only the values \
         (values_list), and let the database do what is done with all of them."
            .to_owned();
    finding.code =
        "orders = Order.objects.select_related(\"customer\")\nfor order in orders:\n    order.customer.name  # no query".to_owned();
    finding.confidence = Confidence::Medium;
    finding.doubts =
        "Anything that takes as long looks the same: a file that is read, a template, a function of your own. A log of the \
         queries beside it tells."
            .to_owned();
    finding
}
