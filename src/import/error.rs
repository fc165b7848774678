//! Why a file cannot be read: what it looked like, where, and what to try.

use std::io;

use super::*;

/// A file that could not be read: what it looked like, where it broke, what to try.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{problem}{}.{}{}", looked_like.map(|title| format!("looks like {title}, but ")).unwrap_or_default(), place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default(), with_blank(advice), with_blank(&supported_in_words(supported)))]
pub struct ImportError {
    /// [`Format::title`] of what it looked like, or what else it is; `None` if like nothing known.
    pub looked_like: Option<&'static str>,
    /// Where: `byte 1,024`, `line 7`.
    pub place: Option<String>,
    /// What is wrong there, as the rest of a sentence.
    pub problem: String,
    /// What the user can try: whole sentences.
    pub advice: String,
    /// What can be read, in a few lines, where nothing better can be said.
    pub supported: &'static [&'static str],
    /// What it holds, if only another build reads that ([`Kind::is_read_here`]).
    pub elsewhere: Option<Kind>,
}

/// A sentence after another.
fn with_blank(sentence: &str) -> String {
    if sentence.is_empty() { String::new() } else { format!(" {sentence}") }
}

fn supported_in_words(supported: &[&str]) -> String {
    if supported.is_empty() { String::new() } else { format!("Supported: {}.", supported.join("; ")) }
}

/// What a log looks like whose layout cannot be told.
pub(super) const UNTOLD_LAYOUT: &str = "a log of requests";

/// What a file looks like of which no more is known.
const COMPRESSED: &str = "a compressed file";

impl ImportError {
    /// An error of `format`.
    pub fn new(format: &dyn Format, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            looked_like: Some(format.title()),
            place: None,
            problem: problem.into(),
            advice: advice.into(),
            supported: &[],
            elsewhere: None,
        }
    }

    /// Whether a log of requests may be behind it that can be read once its layout is given: nothing else is known of it, or
    /// it looked like one.
    pub fn may_have_layout(&self) -> bool {
        match self.looked_like {
            None => !self.supported.is_empty(),
            Some(title) => {
                [UNTOLD_LAYOUT, foreign::TEXT].contains(&title)
                    || CATALOGUE.iter().any(|about| about.kind == Kind::Requests && about.title == title)
            }
        }
    }

    /// The same error of a compressed file that ends in the middle: that is why, whatever else it may have been.
    pub(super) fn of_cut_file(mut self) -> Self {
        "What is compressed ends in the middle: copy the file again, or record it again."
            .clone_into(&mut self.advice);
        self
    }

    /// The same error of a compressed file of which too little is there to tell what it is.
    pub(super) fn of_too_little(self) -> Self {
        Self {
            looked_like: self.looked_like.or(Some(COMPRESSED)),
            problem: "too little of it is there to tell what it is".to_owned(),
            supported: &[],
            ..self.of_cut_file()
        }
    }

    /// What another build reads.
    pub(super) fn elsewhere(kind: Kind) -> Self {
        Self {
            looked_like: None,
            place: None,
            problem: "another build of Flamedrop reads it".to_owned(),
            advice: String::new(),
            supported: &[],
            elsewhere: Some(kind),
        }
    }

    /// The same error at a place.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Reading itself failed.
    pub fn reading(error: &io::Error) -> Self {
        use io::ErrorKind::{InvalidData, InvalidInput, QuotaExceeded, UnexpectedEof};
        let (looked_like, advice) = match error.kind() {
            InvalidInput | InvalidData | UnexpectedEof => (
                Some(COMPRESSED),
                "What is compressed is damaged or cut short: copy the file again, or unpack it first.",
            ),
            QuotaExceeded => (Some(COMPRESSED), "If it is what you think it is, unpack it first."),
            _ => (
                None,
                "If it is a folder, drop the files in it. Otherwise it may have been moved, changed or deleted: choose it again.",
            ),
        };
        Self {
            looked_like,
            place: None,
            problem: format!("the file cannot be read ({error})"),
            advice: advice.to_owned(),
            supported: &[],
            elsewhere: None,
        }
    }
}
