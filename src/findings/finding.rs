//! Something worth fixing: what it is, what it rests on, and how sure that is.

use serde::{Deserialize, Serialize};

use super::{About, Price, cards, share};
use crate::format;
use crate::queries::EventClass;
use crate::queries::fingerprint::lasting;

/// Something worth fixing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// [`About::id`] of the rule.
    pub rule: String,
    /// What tells it from the rule's other findings, the same in every recording of the same code.
    pub key: String,
    /// What is wrong, in plain words, as a heading.
    pub title: String,
    /// What [`Self::at_stake`] and [`Self::saving`] are thousandths of.
    pub unit: format::Unit,
    /// Milliseconds in all spent on it; of a profile of samples, thousandths of them.
    pub at_stake: f64,
    /// Milliseconds in all that a fix would save; of a profile of samples, thousandths of them.
    pub saving: f64,
    /// What kind of number [`Self::saving`] is.
    pub bound: Bound,
    /// How the saving was computed, as a sentence.
    pub computed: String,
    /// The numbers it rests on.
    pub evidence: Vec<Evidence>,
    /// What to do, in Django's terms: whole sentences.
    pub remedy: String,
    /// A few lines of code that do it; empty if there is nothing to type.
    pub code: String,
    /// How sure it is that this is what it looks like.
    pub confidence: Confidence,
    /// What would make it wrong: whole sentences.
    pub doubts: String,
    /// What other rules say of the same cause, the cheapest and likeliest remedy first. Their savings are not on top
    /// of this one, and none of them has others in turn.
    pub also: Vec<Finding>,
    /// What its statements cost, which a profile of the same request tells better than the log alone.
    pub price: Option<Price>,
}

/// What kind of number a saving is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// What is to be expected.
    Estimate,
    /// It cannot be more; how much of it can be had depends on the code.
    AtMost,
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It may well be something else.
    Low,
    /// It looks like it.
    Medium,
    /// The file leaves little doubt.
    High,
}

/// A number or text that a finding rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Its name in JSON: `executions`, `total_ms`.
    pub key: String,
    /// What it is, in words.
    pub label: String,
    /// What it says.
    pub value: Value,
    /// Where in the views it is seen.
    pub link: Option<Link>,
}

/// A value, with its unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// How many.
    Count(u64),
    /// Milliseconds.
    Milliseconds(f64),
    /// A share, 0 to 1.
    Share(f64),
    /// A text for people.
    Text(String),
    /// SQL, whole.
    Sql(String),
    /// A place in code: `views.py:12(orders)`.
    Place(String),
    /// What a profile measures that is no time. The last: files that were saved know values by their order.
    Amount(f64, format::Unit),
}

/// What a view can show of it. Functions are the profile's, all others the log's.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Link {
    /// A function, by its id.
    Function(u32),
    /// A fingerprint, by its id.
    Query(u32),
    /// A statement, by its index.
    Statement(u32),
    /// A stretch of the timeline: first and last millisecond since the log's first start.
    Range(f64, f64),
    /// The events of a class. The last: files that were saved know links by their order.
    Events(EventClass),
}

impl Finding {
    /// A finding of the rule `about` that says nothing yet: its numbers are milliseconds.
    pub(super) fn new(about: &About, key: String, title: String) -> Self {
        Self {
            rule: about.id.to_owned(),
            key,
            title,
            unit: format::Unit::Seconds,
            at_stake: 0.0,
            saving: 0.0,
            bound: Bound::AtMost,
            computed: String::new(),
            evidence: Vec::new(),
            remedy: String::new(),
            code: String::new(),
            confidence: Confidence::Medium,
            doubts: String::new(),
            also: Vec::new(),
            price: None,
        }
    }

    /// What it is remembered by, in this recording and in others of the same code: its rule, and a hash
    /// of its key. A key may hold SQL, which is not kept where the user does not keep files.
    pub fn mark(&self) -> String {
        format!("{}:{:016x}", self.rule, lasting(self.key.as_bytes()))
    }

    /// Makes what the rules call milliseconds the profile's own unit.
    pub(super) fn take_unit(&mut self, unit: format::Unit) {
        // A finding about memory has its own.
        if self.unit != format::Unit::Seconds {
            return;
        }
        self.unit = unit;
        if unit.is_time() {
            return;
        }
        for evidence in &mut self.evidence {
            if let Value::Milliseconds(value) = evidence.value {
                evidence.value = Value::Amount(value / 1e3, unit);
                if let Some(key) = evidence.key.strip_suffix("_ms") {
                    evidence.key = format!("{key}_{}", unit.id());
                }
            }
        }
    }

    /// It, and what other rules say of the same cause.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.also)
    }

    /// What it is worth looking at: the saving, less where it is doubtful or only a bound, and less where the
    /// remedy is another server or a cache of everything, which come after what is cheap.
    pub(super) fn weight(&self) -> f64 {
        let sure = match self.confidence {
            Confidence::High => 1.0,
            Confidence::Medium => 0.7,
            Confidence::Low => 0.4,
        };
        let bound = match self.bound {
            Bound::Estimate => 1.0,
            Bound::AtMost => 0.5,
        };
        let late = if cards::comes_late(&self.rule) { 0.2 } else { 1.0 };
        // Memory cannot be held against time: a gibibyte comes as high as a second.
        let kind = if self.unit == format::Unit::Bytes { 1.0 / (1024.0 * 1024.0 * 1e3) } else { 1.0 };
        self.saving * sure * bound * late * kind
    }
}

impl Value {
    /// The share of `part` in `whole`, which is neither more than all nor less than nothing, whatever a file that
    /// contradicts itself says.
    pub fn share(part: f64, whole: f64) -> Self {
        Self::Share(share(part, whole))
    }
}

impl Evidence {
    /// Evidence without a link.
    pub fn new(key: &str, label: &str, value: Value) -> Self {
        Self { key: key.to_owned(), label: label.to_owned(), value, link: None }
    }

    /// The same, seen in a view.
    #[must_use]
    pub fn at(mut self, link: Link) -> Self {
        self.link = Some(link);
        self
    }
}
