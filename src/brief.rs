//! A recording in one line: what tells it from the others of a folder, and which of them to look at first.

pub mod order;
pub mod request;

use serde::{Deserialize, Serialize};

use crate::document::{Content, Document, LOGS, PROFILES};
use crate::findings::summary::Slowest;
use crate::findings::{self, Settings};
use crate::format::Unit;
use crate::import::Kind;

/// A recording in one line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// Its name.
    pub name: String,
    /// The request it is of, as far as its name says: see [`request`].
    pub request: Option<String>,
    /// What it holds.
    pub kind: Kind,
    /// What [`Self::total`] is.
    pub unit: Unit,
    /// All time of a profile, or of a log's statements; `None` where it has none.
    pub total: Option<f64>,
    /// Calls of a profile, or statements of a log; `None` where it does not say.
    pub count: Option<u64>,
    /// What it was judged to be; `None` while nobody asked.
    pub verdict: Option<Verdict>,
}

/// What rules say of a recording. To make it takes longer than to read the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Of a profile the user's own function that takes most without the other own functions it calls.
    pub slowest: Option<Slowest>,
    /// How many findings it has.
    pub findings: u32,
    /// The title of the first, which is what matters most.
    pub first: Option<String>,
}

impl Brief {
    /// The line of a document, judged with the default thresholds.
    pub fn of(document: &Document) -> Self {
        Self::with(document, &Settings::default())
    }

    /// The line of a document, judged with these thresholds.
    pub fn with(document: &Document, settings: &Settings) -> Self {
        let report = findings::judge(document, settings);
        let verdict = Verdict {
            slowest: report.summary.slowest,
            findings: report.findings.len() as u32,
            first: report.findings.first().map(|finding| finding.title.clone()),
        };
        Self { verdict: Some(verdict), ..Self::unjudged(document) }
    }

    /// What [`Verdict::slowest`] is, where it is known.
    pub fn slowest(&self) -> Option<&Slowest> {
        self.verdict.as_ref()?.slowest.as_ref()
    }

    /// The line of a document as far as its numbers go.
    pub fn unjudged(document: &Document) -> Self {
        let brief = Self {
            name: document.name.clone(),
            request: request::of_name(&document.name),
            kind: Kind::Schema,
            unit: Unit::Seconds,
            total: None,
            count: None,
            verdict: None,
        };
        match &document.content {
            Content::Profile(profile) if PROFILES => Self {
                kind: Kind::Profile,
                unit: profile.unit,
                total: profile.has_times().then(|| profile.total()),
                count: profile.calls().or_else(|| profile.samples()).and_then(|count| count.try_into().ok()),
                ..brief
            },
            Content::Queries(log) | Content::Requests(log) if LOGS => Self {
                kind: document.content.kind(),
                total: log
                    .numbers
                    .iter()
                    .any(|numbers| numbers.timed() > 0)
                    .then(|| log.numbers.iter().map(|numbers| numbers.total).sum::<f64>() / 1e3),
                count: Some(log.executions()),
                ..brief
            },
            Content::Profile(_) | Content::Queries(_) | Content::Schema(_) | Content::Requests(_) => brief,
        }
    }
}
