//! Memory and lines: the line that holds most at the peak, memory that grows until the end, and the line that takes most of
//! a function. What is measured here is no call tree, so each finding names a line and leaves the numbers to its view.

use super::memory_churn::churn;
use super::row_loops::in_loop;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value, share,
};
use crate::format::{self, Unit as Measured};
use crate::profile::Profile;
use crate::profile::line_table::LineTable;
use crate::profile::series::{Axis, Curve, Series};

/// What of an interpreter nobody can help, bytes; and what a finding has to hold at least.
const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Memory that a line holds.
pub(super) struct PeakLine;

const MEMORY: Threshold = Threshold {
    key: "memory",
    title: "minimum memory of a line, MiB",
    default: 4.0,
    unit: Unit::Count,
    source: "our choice: an interpreter with Django takes ten times as much",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "minimum share of all memory",
    default: 0.2,
    unit: Unit::Share,
    source: "our choice: below a fifth there is more to gain elsewhere",
};

/// For the registry.
pub(super) static PEAK_ABOUT: About = About {
    id: "peak-line",
    title: "Lines that hold most memory",
    looks_at: LooksAt::Profile,
    thresholds: &[MEMORY, SHARE],
};

impl Rule for PeakLine {
    fn about(&self) -> &'static About {
        &PEAK_ABOUT
    }

    fn is_of_memory(&self) -> bool {
        true
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, ..) = *case else { return };
        let Some(table) = profile.line_table.as_deref() else { return };
        let Some(at) = memory_column(table) else { return };
        let column = &table.columns[at];
        let Some(line) = table.most(at) else { return };
        let bytes = column.values[line];
        // Most of it was given back at once, which another rule says.
        if is_allocated(&column.name) && churn(profile, table, line, settings).is_some() {
            return;
        }
        let all = if column.adds_up { column.of(0..table.len()) } else { peak_of(profile) };
        let whole = all.filter(|all| *all >= bytes);
        let least = settings.get(&PEAK_ABOUT, &MEMORY) * MEBIBYTE;
        let part = whole.map(|whole| share(bytes, whole));
        if bytes < least || part.is_some_and(|part| part < settings.get(&PEAK_ABOUT, &SHARE)) {
            return;
        }
        let place = place(table, line);
        let is_freed = is_allocated(&column.name);
        let mut finding = of_memory(&PEAK_ABOUT, place.clone(), bytes);
        let share = part.map(|part| format!(", {} of it", format::percent(part))).unwrap_or_default();
        let verb = if is_freed { "allocates" } else { "holds" };
        finding.title = format!("{place} {verb} {}{share}", Measured::Bytes.text(bytes));
        finding.computed = match is_freed {
            true => {
                "What the line itself asked for in the whole run. What was freed since is in it, so it never held more, \
                 and may have held far less."
            }
            false => "What the line itself asked for and had not given back: it cannot be more.",
        }
        .to_owned();
        finding.evidence.push(Evidence::new("line", "The line", Value::Place(place)));
        finding.evidence.push(Evidence::new("memory_bytes", "Memory", Value::Amount(bytes, Measured::Bytes)));
        if let Some(part) = part {
            finding.evidence.push(Evidence::new("share", "Share of all memory", Value::Share(part)));
        }
        push_source(&mut finding, table, line);
        finding.remedy = "Ask whether all of it has to be there at once: go through rows with iterator() or in chunks, read \
                          files and answers piece by piece, and let go of what is no longer used."
            .to_owned();
        finding.doubts = match is_freed {
            true => "The file says what was allocated, not what was held: memory that is freed at once costs time, not memory.",
            false => "It is what lived when it was measured: a cache that is meant to be there looks the same.",
        }
        .to_owned();
        if is_freed {
            finding.confidence = Confidence::Low;
        }
        findings.push(finding);
    }
}

/// Memory that never falls.
pub(super) struct MemoryGrowth;

const GROWN: Threshold = Threshold {
    key: "growth",
    title: "minimum growth, MiB",
    default: 8.0,
    unit: Unit::Count,
    source: "our choice: less is what allocators keep for later",
};

/// For the registry.
pub(super) static GROWTH_ABOUT: About = About {
    id: "memory-growth",
    title: "Memory that grows until the end",
    looks_at: LooksAt::Profile,
    thresholds: &[GROWN],
};

/// Memory that falls by more than this part of its growth is given back.
const GIVEN_BACK: f64 = 0.1;

impl Rule for MemoryGrowth {
    fn about(&self) -> &'static About {
        &GROWTH_ABOUT
    }

    fn is_of_memory(&self) -> bool {
        true
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, ..) = *case else { return };
        let Some(series) = profile.series.as_deref() else { return };
        let curves = series.curves.iter().filter(|curve| curve.unit == Measured::Bytes);
        let least = settings.get(&GROWTH_ABOUT, &GROWN) * MEBIBYTE;
        findings.extend(curves.filter_map(|curve| growth(series, curve, least)));
    }
}

fn growth(series: &Series, curve: &Curve, least: f64) -> Option<Finding> {
    let growth = curve.growth()?;
    // What rises once, as when a page is loaded, is none: it goes on in the last quarter too.
    let quarter = curve.value.len() - curve.value.len() / 4;
    let late = curve.value.last()? - curve.value.get(quarter.min(curve.value.len() - 1))?;
    if growth.by < least || growth.fell > GIVEN_BACK * growth.by || late < growth.by / 20.0 {
        return None;
    }
    let (first, last) = (*curve.at.first()?, *curve.at.last()?);
    let mut finding = of_memory(&GROWTH_ABOUT, curve.name.clone(), growth.by);
    let grown = Measured::Bytes.text(growth.by);
    let span = match series.axis {
        Axis::Seconds => format::seconds(last - first),
        Axis::Lines => format!("{} lines", format::count((last - first) as i64)),
    };
    finding.title = format!("Memory grows by {grown} in {span} and does not fall");
    finding.computed = "The last measurement less the one after the start.".to_owned();
    finding.evidence = vec![
        Evidence::new("growth_bytes", "Growth", Value::Amount(growth.by, Measured::Bytes)),
        Evidence::new("fell_bytes", "Fell at most by", Value::Amount(growth.fell, Measured::Bytes)),
    ];
    finding.remedy =
        "Compare two snapshots a while apart, and look at the lines that have more in the second: lists and \
                      dicts of modules and classes, caches without a limit, references in closures."
            .to_owned();
    finding.code =
        "tracemalloc.start(25)\n# …\ntracemalloc.take_snapshot().dump(\"later.snapshot\")".to_owned();
    finding.confidence = Confidence::Low;
    finding.doubts =
        "A program that fills a cache, or works on ever more data, looks the same; so does one that was recorded for a \
         short time."
            .to_owned();
    Some(finding)
}

/// Lines that take most of their function.
pub(super) struct CostlyLine;

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time of a line",
    default: 25.0,
    unit: Unit::Milliseconds,
    source: "our choice: a tenth of 250 ms, which is a quick page",
};

const OF_FUNCTION: Threshold = Threshold {
    key: "share",
    title: "minimum share of its function or file",
    default: 0.5,
    unit: Unit::Share,
    source: "our choice: a line that takes half is where to look",
};

/// For the registry.
pub(super) static LINE_ABOUT: About = About {
    id: "costly-line",
    title: "Lines that take most of their function",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, OF_FUNCTION],
};

/// Lines that are named one by one.
const LINES: usize = 3;

impl Rule for CostlyLine {
    fn about(&self) -> &'static About {
        &LINE_ABOUT
    }

    fn is_of_memory(&self) -> bool {
        true
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, ..) = *case else { return };
        let Some(table) = profile.line_table.as_deref() else { return };
        // Where there are stacks of functions, the rules about those say it better.
        if profile.recorded_tree.is_some() {
            return;
        }
        let Some(at) = table.column(&[Measured::Seconds, Measured::CpuSeconds]) else { return };
        let values = &table.columns[at].values;
        let least = settings.get(&LINE_ABOUT, &TIME) / 1e3;
        let mut lines: Vec<usize> = (0..values.len()).filter(|&line| values[line] >= least).collect();
        crate::sort::by(&mut lines, |&one, &other| values[other].total_cmp(&values[one]));
        for line in lines.into_iter().take(LINES) {
            let key = (table.file[line], table.function[line]);
            let same = (0..values.len()).filter(|&one| (table.file[one], table.function[one]) == key);
            let all: f64 = same.map(|one| values[one]).filter(|value| !value.is_nan()).sum();
            let part = share(values[line], all);
            // What waits in a loop is said by another rule, with what helps there.
            if part >= settings.get(&LINE_ABOUT, &OF_FUNCTION) && in_loop(table, line, settings).is_none() {
                findings.push(costly(table, line, at, part));
            }
        }
    }
}

fn costly(table: &LineTable, line: usize, column: usize, part: f64) -> Finding {
    let seconds = table.columns[column].values[line];
    let place = place(table, line);
    let (within, of_what) = match table.function(line) {
        Some(function) => (function.to_owned(), "Share of the function"),
        None => ("its file".to_owned(), "Share of the file"),
    };
    let mut finding = Finding::new(&LINE_ABOUT, place.clone(), String::new());
    finding.title =
        format!("{place} takes {}, {} of {within}", format::seconds(seconds), format::percent(part));
    finding.at_stake = seconds * 1e3;
    finding.saving = seconds * 1e3;
    finding.bound = Bound::AtMost;
    finding.computed = "The line's time: a fix in it can save up to all of that.".to_owned();
    finding.evidence = vec![
        Evidence::new("line", "The line", Value::Place(place)),
        Evidence::new("time_ms", "Time", Value::Milliseconds(seconds * 1e3)),
        Evidence::new("share", of_what, Value::Share(part)),
    ];
    let hits = table.named("Hits").map(|column| column.values[line]);
    let hits = hits.filter(|hits| *hits >= 1.0);
    if let Some(hits) = hits {
        finding.evidence.push(Evidence::new("hits", "Ran", Value::Count(hits as u64)));
    }
    push_source(&mut finding, table, line);
    finding.remedy = match hits {
        Some(hits) if hits > 1000.0 => {
            "It runs often: do its work once for all rows, take out of the loop what does not change in it, or let the \
             database or a library's own loop do it."
        }
        _ => {
            "It takes long each time it runs: look at what it calls, and whether it waits for a database, a file or the \
             network."
        }
    }
    .to_owned();
    finding.doubts = "Measuring each line makes short ones look longer than they are.".to_owned();
    finding
}

/// The column of memory that is held: what adds up before what does not; else of memory that was allocated.
fn memory_column(table: &LineTable) -> Option<usize> {
    let find = |adds_up: bool, allocated: bool| {
        table.columns.iter().position(|column| {
            column.unit == Measured::Bytes
                && column.adds_up == adds_up
                && is_allocated(&column.name) == allocated
                && !column.name.starts_with("Copied")
        })
    };
    // Of stacks the first adds up; Scalene's peak of each line does not.
    find(true, false).or_else(|| find(false, false)).or_else(|| find(true, true))
}

/// Whether a column has what was allocated, of which some was freed: Austin's, Scalene's, pprof's `alloc_space`.
pub(super) fn is_allocated(name: &str) -> bool {
    name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("alloc"))
}

/// The peak of the program, if it is known.
pub(super) fn peak_of(profile: &Profile) -> Option<f64> {
    let curve = profile.series.as_ref().and_then(|series| series.main());
    let of_curve = curve.and_then(|curve| curve.peak().map(|point| curve.value[point]));
    of_curve.or(profile.line_table.as_ref()?.peak)
}

/// A finding about bytes, whose saving is at most all of them.
pub(super) fn of_memory(about: &'static About, key: String, bytes: f64) -> Finding {
    let mut finding = Finding::new(about, key, String::new());
    finding.unit = Measured::Bytes;
    finding.at_stake = bytes * 1e3;
    finding.saving = bytes * 1e3;
    finding.bound = Bound::AtMost;
    finding
}

/// `views.py:12`, with its folder.
pub(super) fn place(table: &LineTable, line: usize) -> String {
    format::line(table.files.get(table.file[line]), i64::from(table.line[line]))
}

pub(super) fn push_source(finding: &mut Finding, table: &LineTable, line: usize) {
    if let Some(text) =
        table.source(table.file[line], table.line[line]).map(str::trim).filter(|text| !text.is_empty())
    {
        finding.evidence.push(Evidence::new("source", "It says", Value::Text(text.to_owned())));
    }
}
