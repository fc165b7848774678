//! One open document and the answers about it: a worker's whole brain, tested natively.
//!
//! The session only opens and dispatches; each kind of document has its half: [`profile`],
//! [`queries`]; what is asked of either is in [`findings`].

mod findings;
mod profile;
mod queries;

use crate::document::{Content, Document};
use crate::import::{self, ImportError};
use crate::input::{Progress, Source};
use crate::protocol::{ContentOverview, Failure, Overview, Request, Response};

/// One open document.
pub struct Session {
    document: Document,
    source: Box<dyn Source>,
    /// What the halves remember from one request to the next.
    profile: profile::State,
    queries: queries::State,
    findings: findings::State,
}

impl Session {
    /// Reads `source`.
    ///
    /// # Errors
    /// When no format can read it.
    pub fn open(source: Box<dyn Source>, progress: &dyn Fn(Progress)) -> Result<Self, ImportError> {
        let document = import::import(source.as_ref(), progress)?;
        Ok(Self {
            document,
            source,
            profile: profile::State::default(),
            queries: queries::State::default(),
            findings: findings::State::default(),
        })
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// What the page shows before it asks anything.
    pub fn overview(&self) -> Overview {
        let document = &self.document;
        let content = match &document.content {
            Content::Profile(profile) => ContentOverview::Profile(profile::overview(profile)),
            Content::Queries(log) => ContentOverview::Queries(queries::overview(log)),
        };
        Overview {
            name: document.name.clone(),
            format: document.format.to_owned(),
            format_title: import::by_id(document.format)
                .map_or(document.format, |format| format.title())
                .to_owned(),
            content,
            diagnostics: document.diagnostics.entries().to_vec(),
        }
    }

    /// Answers one request.
    pub fn answer(&mut self, request: &Request) -> Response {
        match request {
            Request::Findings { settings } => {
                return findings::alone(&self.document, &mut self.findings, settings);
            }
            Request::PairFindings { settings, other } => {
                return findings::pair(&self.document, &mut self.findings, settings, other);
            }
            _ => {}
        }
        match &self.document.content {
            Content::Profile(profile) => profile::answer(profile, &mut self.profile, request),
            Content::Queries(log) => {
                queries::answer(log, self.document.format, self.source.as_ref(), &mut self.queries, request)
            }
        }
    }
}

impl From<&ImportError> for Failure {
    fn from(error: &ImportError) -> Self {
        Self {
            looked_like: error.looked_like.map(str::to_owned),
            place: error.place.clone(),
            problem: error.problem.clone(),
            advice: error.advice.clone(),
        }
    }
}
