//! What to fix first: rules that look at a profile, at a log, or at both together.
//!
//! A rule sees one document whole ([`Case::Profile`], [`Case::Queries`]), or the digests of a profile
//! and a log of the same thing ([`judge_pair`]): the two are in different workers, so what crosses is
//! small. Adding a rule is one file under `src/findings/`, one line in [`RULES`], and fixtures with
//! the fault and without it.

mod asked;
mod boxes;
mod cards;
mod caveats;
pub mod changes;
mod connections;
mod counted_rows;
mod database_cache;
mod dead_rows;
mod deadlocks;
mod denormalise;
pub mod digest;
mod duplicates;
mod event_times;
mod evidence;
mod exploding_calls;
mod expressions;
mod external_waits;
mod finding;
mod forced_checkpoints;
mod groups;
mod hottest_function;
mod imports;
mod index_candidates;
mod index_columns;
mod judging;
mod large_results;
mod library_costs;
mod lock_queues;
mod lookups;
pub mod markdown;
mod memory;
mod memory_churn;
mod n_plus_one;
mod naming;
mod outermost;
mod own_use;
pub mod pairs;
pub mod pricing;
mod read_replicas;
mod refused_connections;
mod remedies;
mod repeated_errors;
mod repeated_work;
mod replay;
mod row_loops;
mod row_writes;
mod selected;
mod sequential;
mod sessions;
pub mod settings;
mod shape;
mod slow_imports;
mod slow_statements;
mod slow_writes;
mod statement_timeouts;
pub mod summary;
mod templates;
mod temporary_files;
#[cfg(test)]
mod tests;
pub mod together;
mod transactions;
mod unindexable;
mod waits_in_turn;
pub mod waste;

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::document::{Content, Document, LOGS, PROFILES};
use crate::format;
use crate::profile::{CallTree, Layers, Profile};
use crate::queries::QueryLog;
use crate::queries::saved::Results;
use crate::sort;

use digest::Item;
pub use digest::{Digest, ProfileDigest, QueriesDigest};
pub use finding::{Bound, Confidence, Evidence, Finding, Link, Value};
pub use judging::{Judging, judge_queries};
use own_use::{OwnUses, own_use};
pub use pricing::{Paired, Price};
pub use settings::{Settings, Threshold, Unit};
pub use summary::Summary;

/// What a user is told about a rule.
#[derive(Debug, PartialEq)]
pub struct About {
    /// Stable, lower-case identifier: `n-plus-one`.
    pub id: &'static str,
    /// What it finds, as a heading.
    pub title: &'static str,
    /// What it looks at.
    pub looks_at: LooksAt,
    /// When it speaks up.
    pub thresholds: &'static [Threshold],
}

/// What a rule needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksAt {
    /// A profile.
    Profile,
    /// An SQL log.
    Queries,
    /// A profile or an SQL log: whichever shows it.
    Either,
}

impl LooksAt {
    /// Whether this build reads what it looks at.
    const fn is_read_here(self) -> bool {
        match self {
            Self::Profile => PROFILES,
            Self::Queries => LOGS,
            Self::Either => true,
        }
    }
}

/// What a rule is shown.
#[derive(Debug, Clone, Copy)]
pub enum Case<'a> {
    /// A profile, the layers of its functions, its call tree, its digest, and what its own functions cost.
    Profile(&'a Profile, &'a Layers, &'a CallTree, &'a ProfileDigest, &'a OwnUses),
    /// A log and its digest.
    Queries(&'a QueryLog, &'a QueriesDigest),
}

/// One rule.
pub trait Rule: Sync {
    /// What there is to say about it.
    fn about(&self) -> &'static About;
    /// Whether it looks at memory or at lines, and so has something to say of a profile that measures no time.
    fn is_of_memory(&self) -> bool {
        false
    }
    /// Adds what it finds. A rule is silent about a case it does not look at.
    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>);
}

/// A rule about documents that another build reads.
struct Silent(&'static About);

impl Rule for Silent {
    fn about(&self) -> &'static About {
        self.0
    }

    fn judge(&self, _: &Case<'_>, _: &Settings, _: &mut Vec<Finding>) {}
}

/// Makes the registry and its catalogue out of one list.
macro_rules! rules {
    ($($rule:path: $about:path,)*) => {
        /// Every rule.
        pub static RULES: &[&dyn Rule] =
            &[$(if $about.looks_at.is_read_here() { &$rule } else { &Silent(&$about) }),*];
        /// What there is to say about each of [`RULES`]; the page names only this.
        pub static CATALOGUE: &[&About] = &[$(&$about),*];
    };
}

rules! {
    n_plus_one::NPlusOne: n_plus_one::ABOUT,
    duplicates::Duplicates: duplicates::ABOUT,
    slow_statements::SlowStatements: slow_statements::ABOUT,
    row_writes::RowWrites: row_writes::ABOUT,
    counted_rows::CountedRows: counted_rows::ABOUT,
    large_results::LargeResults: large_results::ABOUT,
    index_candidates::IndexCandidates: index_candidates::ABOUT,
    unindexable::Unindexable: unindexable::ABOUT,
    database_cache::DatabaseCache: database_cache::ABOUT,
    sessions::Sessions: sessions::ABOUT,
    denormalise::Denormalise: denormalise::ABOUT,
    read_replicas::ReadReplicas: read_replicas::ABOUT,
    transactions::Transactions: transactions::ABOUT,
    slow_writes::SlowWrites: slow_writes::ABOUT,
    connections::Connections: connections::ABOUT,
    sequential::Sequential: sequential::ABOUT,
    temporary_files::TemporaryFiles: temporary_files::ABOUT,
    lock_queues::LockQueues: lock_queues::ABOUT,
    deadlocks::Deadlocks: deadlocks::ABOUT,
    statement_timeouts::StatementTimeouts: statement_timeouts::ABOUT,
    repeated_errors::RepeatedErrors: repeated_errors::ABOUT,
    refused_connections::RefusedConnections: refused_connections::ABOUT,
    forced_checkpoints::ForcedCheckpoints: forced_checkpoints::ABOUT,
    dead_rows::DeadRows: dead_rows::ABOUT,
    hottest_function::HottestFunction: hottest_function::ABOUT,
    external_waits::ExternalWaits: external_waits::ABOUT,
    waits_in_turn::WaitsInTurn: waits_in_turn::ABOUT,
    imports::Imports: imports::ABOUT,
    library_costs::LibraryCosts: library_costs::ABOUT,
    templates::Templates: templates::ABOUT,
    exploding_calls::ExplodingCalls: exploding_calls::ABOUT,
    repeated_work::RepeatedWork: repeated_work::ABOUT,
    slow_imports::SlowImports: slow_imports::ABOUT,
    memory::PeakLine: memory::PEAK_ABOUT,
    memory::MemoryGrowth: memory::GROWTH_ABOUT,
    memory::CostlyLine: memory::LINE_ABOUT,
    memory_churn::MemoryChurn: memory_churn::ABOUT,
    row_loops::RowLoops: row_loops::ABOUT,
}

/// All that was found in one document, or in a pair.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What matters most first.
    pub findings: Vec<Finding>,
    /// The whole picture the findings are a part of.
    pub summary: Summary,
    /// What a pair's judgement needs of the document; of a pair none.
    pub digest: Option<Digest>,
    /// Of a pair: what the log's findings cost by the profile, by [`Finding::mark`].
    pub prices: Vec<(String, Paired)>,
    /// Where nothing passes its threshold: what comes nearest, or takes most.
    pub below: Option<Below>,
}

impl Report {
    /// As it is kept with a log without statements.
    pub fn to_bytes(&self) -> Vec<u8> {
        // It does not fail for data in memory; postcard's signature allows for it.
        postcard::to_stdvec(self).unwrap_or_default()
    }

    /// What [`Self::to_bytes`] gave, of a log that was saved as results only.
    pub fn kept(results: &Results) -> Option<Self> {
        postcard::from_bytes(&results.judgement).ok()
    }
}

/// The largest cause that passes no threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Below {
    /// [`About::id`] of the rule; empty where no rule has anything to say and a layer is named.
    pub rule: String,
    /// What it says.
    pub title: String,
    /// Milliseconds that could be saved.
    pub saving: f64,
    /// What kind of number that is.
    pub bound: Bound,
}

/// The share of `part` in `whole`, 0 to 1.
pub(crate) fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
}

/// Functions by their self time, as evidence: `function_1`, `function_2`, …
fn heaviest<'a>(unit: format::Unit, items: impl Iterator<Item = &'a Item>) -> impl Iterator<Item = Evidence> {
    items.enumerate().map(move |(rank, item)| {
        let text = if item.place.is_empty() {
            item.label.clone()
        } else {
            format!("{} ({})", item.label, item.place)
        };
        let label = format!("{} in", unit.thousandths(item.time));
        Evidence::new(&format!("function_{}", rank + 1), &label, Value::Place(text)).at(item.link)
    })
}

/// The order in which findings are shown: what matters most first.
pub fn by_weight(a: &Finding, b: &Finding) -> Ordering {
    b.weight().total_cmp(&a.weight())
}

/// Judges one document.
pub fn judge(document: &Document, settings: &Settings) -> Report {
    match &document.content {
        Content::Profile(profile) if PROFILES => judge_profile(profile, settings),
        Content::Queries(log) if LOGS => judge_queries(log, settings),
        // No rule looks at requests yet.
        Content::Profile(_) | Content::Queries(_) | Content::Requests(_) => Report::default(),
        // It says what others' findings need.
        Content::Schema(schema) => {
            Report { digest: Some(Digest::Schema((**schema).clone())), ..Report::default() }
        }
    }
}

/// Judges a profile.
pub fn judge_profile(profile: &Profile, settings: &Settings) -> Report {
    let layers = Layers::of(profile);
    let tree = profile.tree(digest::TREE_BUDGET);
    let uses = own_use(profile, &layers, &tree);
    let digest = ProfileDigest::with(profile, &layers, &uses);
    let case = Case::Profile(profile, &layers, &tree, &digest, &uses);
    // Most rules are about time; a share of samples is a share of time.
    let is_timed = !matches!(profile.unit, format::Unit::Bytes | format::Unit::Count);
    let mut findings = run(&case, settings, |rule| is_timed || rule.is_of_memory());
    caveats::add(profile, &mut findings);
    sort::by(&mut findings, by_weight);
    findings.iter_mut().for_each(|finding| finding.take_unit(profile.unit));
    let slowest = own_use::slowest(&uses, &profile.functions);
    let summary = Summary { slowest, ..Summary::of_profile(&digest) };
    let below = match profile.unit {
        format::Unit::Bytes | format::Unit::Count => None,
        // Lines and memory alone have no layers.
        _ if profile.functions.is_empty() => None,
        _ => below(&case, settings, &findings, &summary),
    };
    Report { findings, summary, digest: Some(Digest::Profile(digest)), below, ..Report::default() }
}

/// Judges what a profile and a log of the same thing say together: what the log's findings cost by the profile.
/// Their own findings are not repeated: see [`together`].
pub fn judge_pair(profile: &ProfileDigest, log: &QueriesDigest) -> Report {
    if !profile.unit.is_time() {
        // How long a sample lasts is not known: it cannot be held against a log's milliseconds.
        return Report { summary: Summary::of_profile(profile), ..Report::default() };
    }
    let price = |(mark, price): &(String, Price)| (mark.clone(), price.paired(profile, log));
    Report {
        prices: log.prices.iter().map(price).collect(),
        summary: Summary::of_pair(profile, log),
        ..Report::default()
    }
}

fn run(case: &Case<'_>, settings: &Settings, asked: impl Fn(&dyn Rule) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for &rule in RULES.iter().filter(|rule| asked(**rule)) {
        rule.judge(case, settings, &mut findings);
    }
    if let Case::Profile(profile, ..) = case {
        caveats::drop_wrong(profile, &mut findings);
    }
    arranged(findings)
}

/// What the rules found, one card for each cause, what matters most first.
fn arranged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut findings = cards::of(findings);
    sort::by(&mut findings, by_weight);
    findings
}

/// What comes nearest to a threshold, if nothing passes one.
fn below(case: &Case<'_>, settings: &Settings, findings: &[Finding], summary: &Summary) -> Option<Below> {
    if !findings.is_empty() {
        return None;
    }
    let nearest = run(case, &settings.without_least(), |rule| !rule.is_of_memory())
        .into_iter()
        .find(|finding| finding.saving > 0.0);
    match nearest {
        Some(Finding { rule, title, saving, bound, .. }) => Some(Below { rule, title, saving, bound }),
        None => summary.largest(),
    }
}
