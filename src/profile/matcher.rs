//! Finding functions by text: the filter of the table and the search box.

use super::{FunctionId, Functions};

/// Which functions contain a text in their name, file or `file:line`, ignoring case. A whole place
/// as pstats (`file:line(name)`) or folded stacks (`name (file:line)`) spell it fits too.
///
/// Distinct names and files are looked at once each; after that a function costs two look-ups, so
/// that typing in the search box stays instant with 100,000 functions.
pub struct Matcher<'a> {
    functions: &'a Functions,
    names: Vec<bool>,
    files: Vec<bool>,
    /// The text, if it could be (part of) a line number.
    line: Option<String>,
    place: Option<Place>,
}

/// A text that ends in a colon and digits, taken apart.
struct Place {
    /// Per file: whether it ends with what comes before the colon.
    files: Vec<bool>,
    /// What the line begins with; all of it, if a name is given.
    line: String,
    /// Per name: whether it is the one given.
    names: Option<Vec<bool>>,
}

impl Place {
    fn new(functions: &Functions, text: &str) -> Option<Self> {
        let (place, name) = match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            // `file:line(name)`, `name (file:line)`
            Some((before, name)) if is_place(before) => (before, Some(name)),
            Some((name, place)) if is_place(place) => (place, Some(name.trim_end())),
            _ => (text, None),
        };
        let (file, line) = place.rsplit_once(':').filter(|(_, line)| is_number(line))?;
        let ends = |candidate: &str| candidate.to_lowercase().ends_with(file);
        let is = |candidate: &str, name: &str| candidate.to_lowercase() == name;
        Some(Self {
            files: functions.files.iter().map(ends).collect(),
            line: line.to_owned(),
            names: name.map(|name| functions.names.iter().map(|candidate| is(candidate, name)).collect()),
        })
    }

    fn is_match(&self, file: u32, line: &str, name: u32) -> bool {
        self.files[file as usize]
            && match &self.names {
                Some(names) => names[name as usize] && line == self.line,
                None => line.starts_with(&self.line),
            }
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_place(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(_, line)| !line.is_empty() && is_number(line))
}

impl<'a> Matcher<'a> {
    /// Prepares the search for `text`; an empty text matches every function.
    pub fn new(functions: &'a Functions, text: &str) -> Self {
        let text = text.trim().to_lowercase();
        let contains = |candidate: &str| contains(candidate, &text);
        Self {
            functions,
            names: functions.names.iter().map(contains).collect(),
            files: functions.files.iter().map(contains).collect(),
            line: (!text.is_empty() && is_number(&text)).then(|| text.clone()),
            place: Place::new(functions, &text),
        }
    }

    /// Whether `function` matches.
    pub fn is_match(&self, function: FunctionId) -> bool {
        let index = function as usize;
        let (file, name) = (self.functions.file[index], self.functions.name[index]);
        if self.names[name as usize] || self.files[file as usize] {
            return true;
        }
        if self.line.is_none() && self.place.is_none() {
            return false;
        }
        let line = self.functions.line[index].to_string();
        self.line.as_ref().is_some_and(|text| line.contains(text.as_str()))
            || self.place.as_ref().is_some_and(|place| place.is_match(file, &line, name))
    }

    /// Every function that matches, ascending.
    pub fn matches(&self) -> Vec<FunctionId> {
        (0..self.functions.len() as FunctionId).filter(|&function| self.is_match(function)).collect()
    }
}

/// Whether `candidate` contains `text`, which is in lower case, ignoring case.
fn contains(candidate: &str, text: &str) -> bool {
    let (haystack, needle) = (candidate.as_bytes(), text.as_bytes());
    let Some(&first) = needle.first() else { return true };
    if !candidate.is_ascii() {
        return candidate.to_lowercase().contains(text);
    }
    // Nearly every path and name: no copy in lower case is needed.
    memchr::memchr2_iter(first, first.to_ascii_uppercase(), haystack).any(|place| {
        haystack[place..].get(..needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn case_does_not_matter() {
        for (candidate, text, found) in [
            ("Django/Template/base.py", "template/B", true),
            ("Django/Template/base.py", "templates", false),
            ("GRÖSSE", "größe", false),
            ("Größe", "GRÖß", true),
            ("", "", true),
            ("", "a", false),
            ("aaab", "aab", true),
        ] {
            assert_eq!(super::contains(candidate, &text.to_lowercase()), found, "{candidate} {text}");
        }
    }

    proptest! {
        #[test]
        fn it_is_the_same_as_comparing_in_lower_case(candidate in "[aAbB./é]{0,8}", text in "[abB.é]{0,3}") {
            let text = text.to_lowercase();
            prop_assert_eq!(super::contains(&candidate, &text), candidate.to_lowercase().contains(&text));
        }
    }
}
