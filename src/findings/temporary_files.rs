//! Temporary files: sorts and hashes that do not fit into `work_mem`.

use rustc_hash::FxHashMap;

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::{EventClass, EventKind, NONE, QueryLog};
use crate::sort;

/// See the module.
pub(super) struct TemporaryFiles;

const FILES: Threshold = Threshold {
    key: "files",
    title: "minimum temporary files",
    default: 5.0,
    unit: Unit::Count,
    source: "our choice: a report now and then may well use the disk",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "temporary-files",
    title: "Temporary files",
    looks_at: LooksAt::Queries,
    thresholds: &[FILES],
};

/// Bytes of memory that a sort or a hash needs for each byte it writes to disk. Measured on PostgreSQL 15: sorts of wide
/// rows 1.1, of 100 bytes 1.6, of 36 bytes 2.4, of single integers 4.4; hashes 1.0 to 3.1.
const MEMORY: f64 = 3.0;

/// What of the statements a setting should keep in memory; for the rest it costs more than it gives.
const MOST: f64 = 0.9;

/// The largest setting that is proposed for all, bytes: each sort of each connection may take so much.
const LARGEST: f64 = 256.0 * MEGABYTE;

const MEGABYTE: f64 = 1024.0 * 1024.0;

/// Bytes a millisecond that the disk at least writes and reads: a small cloud volume's 125 MB/s.
const DISK: f64 = 125_000.0;

impl Rule for TemporaryFiles {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let events = &log.events;
        let files: Vec<usize> =
            (0..events.len()).filter(|&event| events.kind[event] == EventKind::TemporaryFile).collect();
        if files.is_empty() || (files.len() as f64) < settings.get(&ABOUT, &FILES) {
            return;
        }
        let written = written(log, &files);
        let total: f64 = written.iter().map(|one| one.bytes).sum();
        let largest = files.iter().map(|&file| events.amount[file]).fold(0.0, f64::max);
        let needed: Vec<f64> = written.iter().map(|one| one.bytes * MEMORY).collect();
        let setting = setting(&needed);
        let kept = share(&needed, setting);
        let at_stake: f64 = written.iter().map(|one| one.duration).sum();
        let saving: f64 = written.iter().map(|one| (2.0 * one.bytes / DISK).min(one.duration)).sum();
        let mut finding = Finding::new(
            &ABOUT,
            "all".to_owned(),
            format!(
                "{}, {} in all: work_mem is too small",
                format::counted(files.len() as i64, "temporary file", "temporary files"),
                format::bytes(total as u64)
            ),
        );
        finding.at_stake = at_stake;
        finding.saving = saving;
        finding.bound = Bound::AtMost;
        finding.confidence = if total >= 100.0 * MEGABYTE { Confidence::High } else { Confidence::Medium };
        finding.computed = format!(
            "Writing and reading {} at 125 MB/s, but for each statement no more than it took.",
            format::bytes(total as u64)
        );
        finding.evidence = vec![
            evidence::count("files", "Temporary files", files.len() as u64)
                .at(Link::Events(EventClass::TemporaryFiles)),
            evidence::count("statements", "Statements that wrote them", written.len() as u64),
            bytes("bytes", "Written in all", total),
            bytes("largest", "The largest file", largest),
            Evidence::new("work_mem", "work_mem that would do", Value::Text(megabytes(setting))),
            Evidence::new("kept", "Statements it keeps in memory", Value::share(kept, 1.0)),
        ];
        for (key, factor) in [("kept_quarter", 0.25), ("kept_four", 4.0)] {
            let other = setting * factor;
            if other >= MEGABYTE && share(&needed, other) != kept {
                let label = format!("With {}", megabytes(other));
                finding.evidence.push(Evidence::new(key, &label, Value::share(share(&needed, other), 1.0)));
            }
        }
        finding.evidence.extend(queries(log, &written));
        finding.remedy = format!(
            "Give the role that runs these queries more memory: ALTER ROLE … SET work_mem = '{0}', or SET LOCAL \
             work_mem in the transaction of a report. For all roles it is the memory of every sort and hash of every \
             connection at once, so see that the server has it. Fewer columns (.only(), .values()) and fewer rows make \
             smaller sorts; an index in the order of ORDER BY needs none.",
            megabytes(setting)
        );
        finding.code = format!(
            "with transaction.atomic(), connection.cursor() as cursor:\n    \
             cursor.execute(\"SET LOCAL work_mem = '{}'\")\n    rows = list(report)",
            megabytes(setting)
        );
        finding.doubts = "A sort in memory takes one to four times the bytes of its file, three are reckoned with here; \
                          a parallel query writes a file for each worker, and each gets work_mem of its own. Files that \
                          stay in the system's cache cost less than a disk's time. Cursors (.iterator()) and \
                          temporary tables write files that work_mem does not spare."
            .to_owned();
        findings.push(finding);
    }
}

/// What a statement wrote.
struct Written {
    /// Its query, or [`NONE`].
    query: u32,
    bytes: f64,
    /// Milliseconds, 0 if unknown.
    duration: f64,
}

/// Files by their statements, in order; a file whose statement is not known stands for itself.
fn written(log: &QueryLog, files: &[usize]) -> Vec<Written> {
    let events = &log.events;
    let mut written: Vec<Written> = Vec::new();
    let mut places: FxHashMap<u32, usize> = FxHashMap::default();
    for &file in files {
        let statement = events.statement[file];
        let next = written.len();
        let place = if statement == NONE { next } else { *places.entry(statement).or_insert(next) };
        if place == next {
            let duration = if statement == NONE { 0.0 } else { evidence::duration(log, statement) };
            written.push(Written { query: events.fingerprint[file], bytes: 0.0, duration });
        }
        written[place].bytes += events.amount[file].max(0.0);
    }
    written
}

/// The smallest power of two, from a megabyte on, that keeps [`MOST`] of them in memory; at most [`LARGEST`].
fn setting(needed: &[f64]) -> f64 {
    let mut setting = MEGABYTE;
    while setting < LARGEST && share(needed, setting) < MOST {
        setting *= 2.0;
    }
    setting
}

/// Of what needs so much memory, what `setting` has room for: 0 to 1.
fn share(needed: &[f64], setting: f64) -> f64 {
    let kept = needed.iter().filter(|&&needed| needed <= setting).count();
    kept as f64 / needed.len().max(1) as f64
}

/// As the server's settings spell it: `16MB`.
fn megabytes(bytes: f64) -> String {
    format!("{}MB", (bytes / MEGABYTE).round())
}

fn bytes(key: &str, label: &str, value: f64) -> Evidence {
    Evidence::new(key, label, Value::Text(format::bytes(value.max(0.0) as u64)))
}

/// The queries that wrote most, at most three.
fn queries(log: &QueryLog, written: &[Written]) -> Vec<Evidence> {
    let mut all: FxHashMap<u32, f64> = FxHashMap::default();
    for one in written.iter().filter(|one| one.query != NONE) {
        *all.entry(one.query).or_default() += one.bytes;
    }
    let mut all: Vec<(u32, f64)> = all.into_iter().collect();
    sort::by(&mut all, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    all.truncate(3);
    let of = |(rank, (query, bytes)): (usize, (u32, f64))| {
        let label = format!("{} by", format::bytes(bytes as u64));
        evidence::query(log, &format!("query_{}", rank + 1), &label, query)
    };
    all.into_iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_setting_that_keeps_most() {
        let needed: Vec<f64> = (1..=10).map(|megabytes| f64::from(megabytes) * MEGABYTE).collect();
        assert_eq!(megabytes(setting(&needed)), "16MB");
        assert_eq!(megabytes(setting(&needed[..9])), "16MB");
        assert_eq!(megabytes(setting(&needed[..8])), "8MB");
        assert_eq!(megabytes(setting(&[1e12])), "256MB");
        assert_eq!(share(&needed, 4.0 * MEGABYTE), 0.4);
        assert_eq!(share(&[], 1.0), 0.0);
    }
}
