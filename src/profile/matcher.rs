//! Finding functions by text: the filter of the table and the search box.

use std::borrow::Cow;

use regex_lite::{Regex, RegexBuilder};

use super::built_in::owner;
use super::home::{Home, home};
use super::transform::package::is_module_of;
use super::{FunctionId, Functions};

/// In front of a text in which capitals matter.
pub const CASE: &str = "case:";
/// In front of a regular expression.
pub const REGEX: &str = "re:";
/// In front of a dotted module or package, after which more may follow: `module:django.db execute`.
pub const MODULE: &str = "module:";

/// Which functions contain a text in their name, file or `file:line`, ignoring case. A whole place
/// as pstats (`file:line(name)`) or folded stacks (`name (file:line)`) spell it fits too.
///
/// [`CASE`], [`REGEX`] and [`MODULE`] in front of the text, in this order, change what it means. A regular expression is
/// looked for in names and in files, and one with a colon or a bracket that stands for itself in `file:line(name)`.
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
    /// A regular expression that has to be looked for in whole places.
    whole: Option<Regex>,
    module: Option<Module>,
    problem: Option<String>,
}

/// Functions of one module.
struct Module {
    /// Per file: whether it is of the module.
    files: Vec<bool>,
    /// Per name: whether a built-in function called so is.
    names: Vec<bool>,
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
    fn new(functions: &Functions, text: &str, fold: Fold) -> Option<Self> {
        let (place, name) = match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            // `file:line(name)`, `name (file:line)`
            Some((before, name)) if is_place(before) => (before, Some(name)),
            Some((name, place)) if is_place(place) => (place, Some(name.trim_end())),
            _ => (text, None),
        };
        let (file, line) = place.rsplit_once(':').filter(|(_, line)| is_number(line))?;
        let ends = |candidate: &str| fold.of(candidate).ends_with(file);
        let is = |candidate: &str, name: &str| fold.of(candidate) == name;
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

/// Whether capitals are made small letters.
#[derive(Clone, Copy)]
struct Fold(bool);

impl Fold {
    fn of(self, text: &str) -> Cow<'_, str> {
        if self.0 { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
    }

    fn finds(self, candidate: &str, text: &str) -> bool {
        if self.0 { contains(candidate, text) } else { candidate.contains(text) }
    }
}

impl<'a> Matcher<'a> {
    /// Prepares the search for `text`; an empty text matches every function, one that is no regular expression and
    /// should be one none: see [`Self::problem`].
    pub fn new(functions: &'a Functions, text: &str) -> Self {
        let (text, case) = marked(text.trim(), CASE);
        let (text, is_regex) = marked(text, REGEX);
        let fold = Fold(!case);
        let (text, module) = match marked(text, MODULE) {
            (rest, true) => {
                let (module, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
                (rest.trim(), (!module.is_empty()).then(|| Module::new(functions, module)))
            }
            (text, false) => (text, None),
        };
        let mut matcher = Self {
            functions,
            names: Vec::new(),
            files: Vec::new(),
            line: None,
            place: None,
            whole: None,
            module,
            problem: None,
        };
        if is_regex && !text.is_empty() {
            matcher.look_for(text, case);
            return matcher;
        }
        let text = fold.of(text);
        let finds = |candidate: &str| fold.finds(candidate, &text);
        matcher.names = functions.names.iter().map(finds).collect();
        matcher.files = functions.files.iter().map(finds).collect();
        matcher.line = (!text.is_empty() && is_number(&text)).then(|| text.clone().into_owned());
        matcher.place = Place::new(functions, &text, fold);
        matcher
    }

    fn look_for(&mut self, expression: &str, case: bool) {
        let functions = self.functions;
        match RegexBuilder::new(expression).case_insensitive(!case).build() {
            Ok(regex) => {
                let finds = |candidate: &str| regex.is_match(candidate);
                self.names = functions.names.iter().map(finds).collect();
                self.files = functions.files.iter().map(finds).collect();
                // Neither is in a name or a file; that of a group is in none either.
                if expression.contains(':') || expression.contains("\\(") {
                    self.whole = Some(regex);
                }
            }
            Err(error) => {
                self.names = vec![false; functions.names.len()];
                self.files = vec![false; functions.files.len()];
                self.problem = Some(error.to_string());
            }
        }
    }

    /// What is wrong with a regular expression.
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether `function` matches.
    pub fn is_match(&self, function: FunctionId) -> bool {
        let index = function as usize;
        let (file, name) = (self.functions.file[index], self.functions.name[index]);
        if let Some(module) = &self.module {
            let is_built_in = self.functions.is_built_in(function);
            let is_in = if is_built_in { module.names[name as usize] } else { module.files[file as usize] };
            if !is_in {
                return false;
            }
        }
        if self.names[name as usize] || self.files[file as usize] {
            return true;
        }
        if let Some(regex) = &self.whole {
            return regex.is_match(&self.functions.place(function));
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

impl Module {
    fn new(functions: &Functions, module: &str) -> Self {
        let is_file = |file: &str| match home(file) {
            Home::Installed(rest) | Home::Standard(rest) | Home::Script(rest) => {
                is_module_of(&rest.replace('\\', "/"), module, false)
            }
            Home::Elsewhere => is_module_of(&file.replace('\\', "/"), module, true),
        };
        let is_name = |name: &str| {
            let owner = owner(name);
            owner.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        Self {
            files: functions.files.iter().map(is_file).collect(),
            names: functions.names.iter().map(is_name).collect(),
        }
    }
}

/// A text without a mark in front, and whether it had it.
fn marked<'t>(text: &'t str, mark: &str) -> (&'t str, bool) {
    text.strip_prefix(mark).map_or((text, false), |rest| (rest.trim_start(), true))
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

    use super::super::Functions;

    fn found(text: &str) -> Vec<u32> {
        let mut functions = Functions::default();
        for (file, line, name) in [
            ("/srv/app/shop/views.py", 12, "Front"),
            ("/srv/app/shop/models.py", 120, "total"),
            ("/venv/lib/python3.12/site-packages/django/db/models/query.py", 7, "get"),
            ("~", 0, "<built-in method time.sleep>"),
            ("/usr/lib/python3.12/json/decoder.py", 3, "decode"),
        ] {
            functions.file.push(functions.files.intern(file));
            functions.line.push(line);
            functions.name.push(functions.names.intern(name));
        }
        super::Matcher::new(&functions, text).matches()
    }

    #[test]
    fn marks_change_what_a_text_means() {
        for (text, expected) in [
            ("front", &[0][..]),
            ("case:front", &[]),
            ("case:Front", &[0]),
            ("case:Views.py:12", &[]),
            ("views.py:12", &[0]),
            ("re:^(front|get)$", &[0, 2]),
            ("case:re:^front$", &[]),
            (r"re:models\.py:12\d", &[1]),
            (r"re:\(get\)", &[2]),
            ("re:(", &[]),
            ("re:", &[0, 1, 2, 3, 4]),
            ("module:django.db", &[2]),
            ("module:django.d", &[]),
            ("module:shop models", &[1]),
            ("module:shop.views", &[0]),
            ("module:time", &[3]),
            ("module:json", &[4]),
            ("re:module:shop ^t", &[1]),
            ("module:", &[0, 1, 2, 3, 4]),
        ] {
            assert_eq!(found(text), expected, "{text}");
        }
        assert!(super::Matcher::new(&Functions::default(), "re:(").problem().is_some());
    }

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
