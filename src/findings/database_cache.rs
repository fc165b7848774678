//! What a cache of the database's answers would save: the log is played again with
//! [django-cachalot](https://django-cachalot.readthedocs.io/)'s invalidation by table.

use super::pricing;
use super::replay::{self, Outcome, Parts};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::queries::QueryLog;
use crate::sort;

/// See the module.
pub(super) struct DatabaseCache;

const HITS: Threshold = Threshold {
    key: "hits",
    title: "minimum share of reads that the cache would answer",
    default: 0.3,
    unit: Unit::Share,
    source: "our choice: each miss costs a tenth more, each hit saves six sevenths (django-cachalot)",
};

const SAVING: Threshold = Threshold {
    key: "saving",
    title: "minimum saving",
    default: 300.0,
    unit: Unit::Milliseconds,
    source: "as django-cachalot's documentation: pages below 300 ms are not worth the trouble",
};

const WRITES: Threshold = Threshold {
    key: "writes",
    title: "maximum writes per minute of a table",
    default: 50.0,
    unit: Unit::Count,
    source: "as django-cachalot's documentation",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "database-cache",
    title: "Database cache",
    looks_at: LooksAt::Queries,
    thresholds: &[HITS, SAVING, WRITES],
};

/// A hit is about seven times faster, the first execution about a tenth slower: django-cachalot's own
/// [benchmark](https://django-cachalot.readthedocs.io/en/latest/benchmark.html).
const SAVED_BY_HIT: f64 = 6.0 / 7.0;
const LOST_BY_MISS: f64 = 0.1;

/// What of the gap behind a read a hit saves as well: fetching the rows through cursor and driver. The query is built
/// and objects are made in any case. A third, by tests/data/findings/visits.json.
const FETCHING: f64 = 1.0 / 3.0;

/// Tables shown one by one.
const SHOWN: usize = 5;

#[derive(Default, Clone)]
struct Table {
    hits: u64,
    reads: u64,
    writes: u64,
    saved: f64,
    /// Saved by all reads that name the table, whichever comes first in them.
    all: f64,
    is_read: bool,
    /// Whether it is written too often.
    is_busy: bool,
}

impl Rule for DatabaseCache {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Queries(log, _) = *case else { return };
        let parts = Parts::of(log);
        let outcomes = replay::cache(log, &parts);
        let minutes = evidence::minutes(log).unwrap_or(1.0);
        let mut tables = vec![Table::default(); parts.tables.len()];
        for (&fingerprint, outcome) in log.statements.fingerprint.iter().zip(&outcomes) {
            if *outcome == Outcome::Write {
                for &table in &parts.of[fingerprint as usize].written {
                    tables[table as usize].writes += 1;
                }
            }
        }
        let often = settings.get(&ABOUT, &WRITES) * minutes;
        for table in &mut tables {
            table.is_busy = table.writes as f64 > often;
        }
        let behind = pricing::behind(log);
        let mut all = Table::default();
        let mut at_stake = 0.0;
        for (at, outcome) in outcomes.iter().enumerate() {
            let part = &parts.of[log.statements.fingerprint[at] as usize];
            if !matches!(outcome, Outcome::Away | Outcome::Stays) {
                continue;
            }
            for &table in &part.tables {
                tables[table as usize].is_read = true;
            }
            if part.tables.iter().any(|&table| tables[table as usize].is_busy) {
                continue;
            }
            let time = evidence::duration(log, at as u32);
            let hit = *outcome == Outcome::Away;
            let fetching = FETCHING * behind[at];
            let saved = if hit { SAVED_BY_HIT * time + fetching } else { -LOST_BY_MISS * time };
            at_stake += time + fetching;
            for &table in &part.tables {
                tables[table as usize].all += saved;
            }
            // A join counts for its first table.
            let own = part.tables.first().and_then(|&table| tables.get_mut(table as usize));
            for count in own.into_iter().chain([&mut all]) {
                count.reads += 1;
                count.hits += u64::from(hit);
                count.saved += saved;
            }
        }
        let share = all.hits as f64 / all.reads.max(1) as f64;
        if share < settings.get(&ABOUT, &HITS) || all.saved < settings.get(&ABOUT, &SAVING) {
            return;
        }
        findings.push(finding(log, &parts, &tables, (&all, at_stake, minutes)));
    }
}

fn finding(
    log: &QueryLog,
    parts: &Parts<'_>,
    tables: &[Table],
    (all, at_stake, minutes): (&Table, f64, f64),
) -> Finding {
    let share = all.hits as f64 / all.reads.max(1) as f64;
    let mut shown = vec![
        Evidence::new("hit_rate", "Reads the cache would answer", Value::Share(share)),
        evidence::count("hits", "These are", all.hits),
        evidence::count("reads", "Of all reads", all.reads),
        evidence::time("reads_ms", "Time of these reads", at_stake),
    ];
    let mut order: Vec<usize> = (0..tables.len()).filter(|&table| tables[table].saved != 0.0).collect();
    sort::by(&mut order, |&a, &b| tables[b].saved.total_cmp(&tables[a].saved));
    let describe = |table: usize| {
        let Table { hits, reads, writes, saved, .. } = &tables[table];
        let rate = format::percent(*hits as f64 / (*reads).max(1) as f64);
        let writes = match *writes {
            0 => "never written".to_owned(),
            writes => format!("{:.1} writes a minute", writes as f64 / minutes),
        };
        Value::Text(match *saved > 0.0 {
            true => format!("{} saved, {rate} of reads, {writes}", format::milliseconds(*saved)),
            false => format!("would not pay: {rate} of reads, {writes}"),
        })
    };
    let first = order.iter().take(SHOWN).copied();
    let not = order.iter().skip(SHOWN).rev().copied().filter(|&table| tables[table].saved < 0.0).take(2);
    for (rank, table) in first.chain(not).enumerate() {
        shown.push(Evidence::new(&format!("table_{}", rank + 1), parts.tables[table], describe(table)));
    }
    if let Some(query) = log.numbers.iter().enumerate().max_by(|a, b| a.1.total.total_cmp(&b.1.total)) {
        shown.push(evidence::query(log, "query", "The costliest query", query.0 as u32));
    }
    // A join is cached only if all of its tables may be: those that do not pay are named, not those that do.
    let mut names: Vec<String> = (0..tables.len())
        .filter(|&table| tables[table].all < 0.0 || (tables[table].is_busy && tables[table].is_read))
        .map(|table| format!("\"{}\"", parts.tables[table]))
        .collect();
    names.sort_unstable();
    let left_out = match names.as_slice() {
        [] => String::new(),
        names => {
            format!(
                "\nCACHALOT_UNCACHABLE_TABLES = frozenset({{\"django_migrations\", {}}})",
                names.join(", ")
            )
        }
    };
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: "all".to_owned(),
        title: format!("A cache of the database's answers would serve {} of the reads", format::percent(share)),
        at_stake,
        saving: all.saved.min(at_stake),
        bound: Bound::Estimate,
        computed: "The log was played again: an answer is kept for equal SQL with equal parameters until one of \
                   its tables is written. A hit takes a seventh of the query's time, a miss a tenth more, as \
                   django-cachalot measures itself; a third of the gap behind each hit is added, in which its rows \
                   were fetched."
            .to_owned(),
        evidence: shown,
        remedy: "Cache what many requests share where it is made (a template fragment, cache.get_or_set), or all \
                 answers with django-cachalot, for the tables that pay."
            .to_owned(),
        code: format!("INSTALLED_APPS += [\"cachalot\"]{left_out}"),
        confidence: Confidence::Medium,
        doubts: "The cache has room for all answers here, and is as near as the database or nearer. Where others \
                 write to the database the log must hold their writes as well. Answers that depend on the time \
                 of day are seldom asked twice."
            .to_owned(),
        also: Vec::new(),
        price: None,
    }
}
