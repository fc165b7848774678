//! Packages: what a function that is not the user's own belongs to, and what counts as own.

use std::borrow::Cow;

use super::super::built_in::owner;
use super::super::category::{self, Category};
use super::super::home::{Home, SEPARATORS, home};
use super::super::{FunctionId, Functions};

/// The package of code that belongs to none: made at run time, or of the interpreter.
const PYTHON: &str = "Python";

/// A package, or a module of the standard library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package<'a> {
    /// `django`, `json`, `time`.
    pub name: Cow<'a, str>,
    /// Where it lies: the path up to its name. `~` where its functions have no file.
    pub file: &'a str,
}

/// The package of a function: `None` of the user's own code, wherever that may lie.
pub fn of(functions: &Functions, function: FunctionId) -> Option<Package<'_>> {
    let file = functions.file(function);
    if functions.is_built_in(function) {
        let name = functions.known_name(function);
        // `list` is a type in no module, and so is `len`; `_sqlite3` is what `sqlite3` is made of.
        let module =
            owner(&name).split_once('.').map(|(module, _)| module.trim_start_matches('_').to_owned());
        let name = module.filter(|module| !module.is_empty()).map_or(Cow::Borrowed("builtins"), Cow::Owned);
        return Some(Package { name, file: "~" });
    }
    match home(file) {
        Home::Installed(rest) | Home::Standard(rest) | Home::Script(rest) => {
            let part = rest.split(SEPARATORS).next().unwrap_or(rest);
            let stem = part.split_once('.').map_or(part, |(stem, _)| stem);
            let until = file.len() - rest.len() + part.len();
            let name = if stem.is_empty() { PYTHON } else { stem };
            Some(Package { name: Cow::Borrowed(name), file: &file[..until] })
        }
        Home::Elsewhere => match category::classify(file, functions.name(function)) {
            Category::Own | Category::Templates => None,
            _ => Some(Package { name: Cow::Borrowed(PYTHON), file: "~" }),
        },
    }
}

/// What the box of a function's package is called, and where that lies: of the user's own code its folder.
pub fn named(functions: &Functions, function: FunctionId) -> (String, String) {
    named_by(of(functions, function), functions, function)
}

/// The same where the package of the function is known.
pub(super) fn named_by(
    package: Option<Package<'_>>,
    functions: &Functions,
    function: FunctionId,
) -> (String, String) {
    if let Some(package) = package {
        return (package.name.into_owned(), package.file.to_owned());
    }
    let file = functions.file(function);
    let folder = &file[..file.rfind(SEPARATORS).unwrap_or(file.len())];
    let name = folder.rsplit(SEPARATORS).next().unwrap_or(folder);
    (if name.is_empty() { file } else { name }.to_owned(), folder.to_owned())
}

/// Whether what [`named`] says of a function could be `name`, which is far quicker told: but for what has no package of its
/// own, names of packages are parts of paths.
pub(super) fn could_be(functions: &Functions, function: FunctionId, name: &str) -> bool {
    name == PYTHON || functions.is_built_in(function) || functions.file(function).contains(name)
}

/// What is own code beside, or though, it lies where it does: words with spaces between. `django.contrib` or a part of
/// a path, `/srv/libs/`, makes what lies there own; with `!` in front it does not count as own.
#[derive(Debug, Clone, Default)]
pub struct Mine {
    /// In the order in which they were written: the last that fits counts.
    words: Vec<(String, bool)>,
}

impl Mine {
    /// Reads what the user wrote.
    pub fn new(text: &str) -> Self {
        let words = text.split([' ', ',', ';']).filter(|word| !word.is_empty());
        let word = |word: &str| match word.strip_prefix('!') {
            Some(word) => (word.replace('\\', "/"), false),
            None => (word.replace('\\', "/"), true),
        };
        Self { words: words.map(word).filter(|(word, _)| !word.is_empty()).collect() }
    }

    /// Whether a function is the user's own.
    pub fn has(&self, functions: &Functions, function: FunctionId) -> bool {
        self.says(functions, function, of(functions, function).is_none())
    }

    /// The same where it is known whether it lies where own code does.
    pub(super) fn says(&self, functions: &Functions, function: FunctionId, itself: bool) -> bool {
        if self.words.is_empty() {
            return itself;
        }
        let file = functions.file(function);
        let path = file.replace('\\', "/");
        let fits = |word: &str| {
            if word.contains('/') {
                return path.contains(word);
            }
            let within = match home(file) {
                Home::Installed(rest) | Home::Standard(rest) | Home::Script(rest) => rest.replace('\\', "/"),
                Home::Elsewhere => path.clone(),
            };
            is_module_of(&within, word, matches!(home(file), Home::Elsewhere))
        };
        let said = self.words.iter().rev().find(|(word, _)| fits(word));
        said.map_or(itself, |(_, is_mine)| *is_mine)
    }
}

/// Whether a path is the dotted module `word` or lies in it; `anywhere`: where packages begin is not known.
pub(in crate::profile) fn is_module_of(path: &str, word: &str, anywhere: bool) -> bool {
    let word = word.replace('.', "/");
    let begins = |path: &str| {
        path.strip_prefix(word.as_str()).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || rest.starts_with(".py") || rest.starts_with(".so")
        })
    };
    begins(path)
        || (anywhere && path.char_indices().any(|(at, letter)| letter == '/' && begins(&path[at + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn functions(all: &[(&str, i64, &str)]) -> Functions {
        let mut functions = Functions::default();
        for (file, line, name) in all {
            functions.file.push(functions.files.intern(file));
            functions.line.push(*line);
            functions.name.push(functions.names.intern(name));
        }
        functions
    }

    #[test]
    fn packages_are_named_by_where_files_lie() {
        let functions = functions(&[
            ("/srv/venv/lib/python3.12/site-packages/django/db/models/query.py", 1, "get"),
            ("/usr/lib/python3.12/json/decoder.py", 1, "decode"),
            ("/usr/lib/python3.12/random.py", 1, "choice"),
            ("~", 0, "<built-in method time.sleep>"),
            ("~", 0, "<method 'execute' of 'sqlite3.Cursor' objects>"),
            ("/srv/app/shop/views.py", 3, "front"),
            ("<string>", 1, "__init__"),
            ("C:\\shop\\venv\\Lib\\site-packages\\requests\\api.py", 1, "get"),
        ]);
        let all = 0..functions.len() as FunctionId;
        assert!(all.clone().all(|function| could_be(&functions, function, &named(&functions, function).0)));
        let packages: Vec<_> = all.map(|function| of(&functions, function)).collect();
        let names: Vec<Option<(&str, &str)>> = packages
            .iter()
            .map(|package| package.as_ref().map(|package| (package.name.as_ref(), package.file)))
            .collect();
        assert_eq!(
            names,
            [
                Some(("django", "/srv/venv/lib/python3.12/site-packages/django")),
                Some(("json", "/usr/lib/python3.12/json")),
                Some(("random", "/usr/lib/python3.12/random.py")),
                Some(("time", "~")),
                Some(("sqlite3", "~")),
                None,
                Some(("Python", "~")),
                Some(("requests", "C:\\shop\\venv\\Lib\\site-packages\\requests")),
            ]
        );
    }

    #[test]
    fn what_is_mine_can_be_said() {
        let functions = functions(&[
            ("/srv/app/shop/views.py", 3, "front"),
            ("/srv/app/shop/tests/test_views.py", 3, "test"),
            ("/srv/venv/lib/python3.12/site-packages/django/contrib/admin/sites.py", 1, "index"),
            ("/srv/venv/lib/python3.12/site-packages/djangorm/contrib.py", 1, "index"),
            ("/srv/venv/lib/python3.12/site-packages/django/contrib/auth/views.py", 1, "login"),
        ]);
        let mine = |text: &str| {
            let mine = Mine::new(text);
            (0..functions.len() as FunctionId).filter(|&one| mine.has(&functions, one)).collect::<Vec<_>>()
        };
        assert_eq!(mine(""), [0, 1]);
        assert_eq!(mine("django.contrib"), [0, 1, 2, 4]);
        assert_eq!(mine("django.contrib, !django.contrib.auth"), [0, 1, 2]);
        assert_eq!(mine("!shop.tests"), [0]);
        assert_eq!(mine("!/app/ site-packages/djangorm/"), [3]);
    }
}
