//! One open document and the answers about it: a worker's whole brain, tested natively.

use crate::document::Document;
use crate::import::{self, ImportError};
use crate::input::{Progress, Source};
use crate::protocol::{Failure, Request, Response};

/// One open document.
pub struct Session {
    document: Document,
    source: Box<dyn Source>,
}

impl Session {
    /// Reads `source`.
    ///
    /// # Errors
    /// When no format can read it.
    pub fn open(source: Box<dyn Source>, progress: &dyn Fn(Progress)) -> Result<Self, ImportError> {
        let document = import::import(source.as_ref(), progress)?;
        Ok(Self { document, source })
    }

    /// The document.
    pub fn document(&self) -> &Document {
        &self.document
    }

    /// Answers one request.
    pub fn answer(&mut self, request: &Request) -> Response {
        let _ = (&self.source, &self.document.content, request);
        Response::Refused(String::new())
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
