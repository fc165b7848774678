//! Logs of requests: what came of one, and lines as servers write them.

use flamedrop::document::{Content, Document};
use flamedrop::import::ImportError;
use flamedrop::queries::QueryLog;

/// A document that is a log of requests, beside it. `what` says in a failure what was read.
pub fn served(read: Result<Document, ImportError>, what: &str) -> (Document, QueryLog) {
    let document = read.unwrap_or_else(|error| panic!("{error}: {what:.300}"));
    let Content::Requests(log) = &document.content else {
        panic!("{} is no log of requests: {what:.300}", document.format)
    };
    let log = (**log).clone();
    (document, log)
}

/// The same of a text.
pub fn open(text: &str) -> (Document, QueryLog) {
    served(super::open(text), text)
}

/// So many lines.
pub fn lines(count: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).map(|at| line(at) + "\n").collect()
}

/// `10:00:00` and so many seconds.
pub fn time(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", 10 + seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Of each request, ms; NaN where the log does not say.
pub fn durations(log: &QueryLog) -> Vec<f64> {
    log.statements.duration.clone()
}
