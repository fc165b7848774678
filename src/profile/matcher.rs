//! Finding functions by text: the filter of the table and the search box.

use super::{FunctionId, Functions};

/// Which functions contain a text in their name, file or `file:line`, ignoring case.
///
/// Distinct names and files are looked at once each; after that a function costs two look-ups, so
/// that typing in the search box stays instant with 100,000 functions.
pub struct Matcher<'a> {
    functions: &'a Functions,
    names: Vec<bool>,
    files: Vec<bool>,
    /// The text, if it could be (part of) a line number.
    line: Option<String>,
    /// Files that end with what comes before the text's last colon, and the digits after it.
    place: Option<(Vec<bool>, String)>,
}

impl<'a> Matcher<'a> {
    /// Prepares the search for `text`; an empty text matches every function.
    pub fn new(functions: &'a Functions, text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let contains = |candidate: &str| candidate.to_lowercase().contains(&text);
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let place = text.rsplit_once(':').filter(|(_, line)| is_number(line)).map(|(file, line)| {
            let ends = |candidate: &str| candidate.to_lowercase().ends_with(file);
            (functions.files.iter().map(ends).collect(), line.to_owned())
        });
        Self {
            functions,
            names: functions.names.iter().map(contains).collect(),
            files: functions.files.iter().map(contains).collect(),
            line: (!text.is_empty() && is_number(&text)).then(|| text.clone()),
            place,
        }
    }

    /// Whether `function` matches.
    pub fn is_match(&self, function: FunctionId) -> bool {
        let index = function as usize;
        let file = self.functions.file[index] as usize;
        if self.names[self.functions.name[index] as usize] || self.files[file] {
            return true;
        }
        let line = || self.functions.line[index].to_string();
        self.line.as_ref().is_some_and(|text| line().contains(text.as_str()))
            || self
                .place
                .as_ref()
                .is_some_and(|(files, text)| files[file] && line().starts_with(text.as_str()))
    }

    /// Every function that matches, ascending.
    pub fn matches(&self) -> Vec<FunctionId> {
        (0..self.functions.len() as FunctionId).filter(|&function| self.is_match(function)).collect()
    }
}
