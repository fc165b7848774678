//! Memory that a line asks for and gives back, again and again. Few files say what was freed; but what a line allocated in
//! the whole run, less the most that was ever held at once, must have been.

use super::memory::{is_allocated, of_memory, peak_of, place, push_source};
use super::{About, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value};
use crate::format::{self, Unit as Measured};
use crate::profile::Profile;
use crate::profile::line_table::LineTable;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Allocations that are freed at once.
pub(super) struct MemoryChurn;

const FREED: Threshold = Threshold {
    key: "freed",
    title: "minimum memory that a line frees again, MiB",
    default: 64.0,
    unit: Unit::Count,
    source: "our choice: to copy so much takes tens of milliseconds",
};

const TIMES: Threshold = Threshold {
    key: "times",
    title: "minimum times that it is more than was held at once",
    default: 5.0,
    unit: Unit::Count,
    source: "our choice: a buffer that is made anew a few times is no loop",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "memory-churn",
    title: "Memory that is freed and asked for again",
    looks_at: LooksAt::Profile,
    thresholds: &[FREED, TIMES],
};

/// What a line asked for, and the most that can have been held of it at once. Bytes.
pub(super) struct Churn {
    allocated: f64,
    held: f64,
}

/// What a line frees again; `None` where that is not much, or the file does not tell.
pub(super) fn churn(profile: &Profile, table: &LineTable, line: usize, settings: &Settings) -> Option<Churn> {
    let column = table
        .columns
        .iter()
        .find(|column| column.unit == Measured::Bytes && column.adds_up && is_allocated(&column.name))?;
    let allocated = column.values[line];
    // Its own peak, where that is known (Scalene), or else all that the program held.
    let own = table.named("Peak memory").map(|column| column.values[line]).filter(|peak| *peak > 0.0);
    let held = own.or_else(|| peak_of(profile)).filter(|held| *held > 0.0)?;
    let is_much = allocated - held >= settings.get(&ABOUT, &FREED) * MEBIBYTE
        && allocated >= settings.get(&ABOUT, &TIMES) * held;
    is_much.then_some(Churn { allocated, held })
}

impl Rule for MemoryChurn {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_of_memory(&self) -> bool {
        true
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, ..) = *case else { return };
        let Some(table) = profile.line_table.as_deref() else { return };
        // The line that frees most speaks for those that call it and those it calls.
        let all = (0..table.len()).filter_map(|line| Some((line, churn(profile, table, line, settings)?)));
        let most = all.max_by(|(_, one), (_, other)| one.allocated.total_cmp(&other.allocated));
        let Some((line, Churn { allocated, held })) = most else { return };
        let place = place(table, line);
        let freed = allocated - held;
        let mut finding = of_memory(&ABOUT, place.clone(), freed);
        let amount = |bytes| Measured::Bytes.text(bytes);
        finding.title = format!(
            "{place} allocates {} and frees it again: at most {} were held at once",
            amount(allocated),
            amount(held)
        );
        finding.computed =
            "What the line asked for in the whole run, less the most that was held at once: so much was given back, and \
             asked for again."
                .to_owned();
        finding.evidence = vec![
            Evidence::new("line", "The line", Value::Place(place)),
            Evidence::new("allocated_bytes", "Allocated", Value::Amount(allocated, Measured::Bytes)),
            Evidence::new("held_bytes", "Held at once, at most", Value::Amount(held, Measured::Bytes)),
        ];
        let counts = table.named("Allocations");
        if let Some(count) = counts.map(|column| column.values[line]).filter(|count| *count >= 1.0) {
            finding.evidence.push(Evidence::new("allocations", "Allocations", Value::Count(count as u64)));
        }
        push_source(&mut finding, table, line);
        finding.remedy =
            "Take it out of the loop: make the buffer once and fill it anew (readinto, out=, a slice of it), read and join in \
             pieces, and pass on a view or an iterator where a copy is made of all."
                .to_owned();
        finding.code =
            "buffer = bytearray(SIZE)  # once\nfor part in parts:\n    part.readinto(buffer)".to_owned();
        finding.confidence = Confidence::Medium;
        finding.doubts = format!(
            "It costs time, not memory: the peak stays at {}. What is small and short-lived Python gives out quickly.",
            format::bytes(held as u64)
        );
        findings.push(finding);
    }
}
