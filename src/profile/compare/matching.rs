//! Which function of one recording is which of another, wherever each ran: lines move, another machine has another
//! install path, another Python another standard library.
//!
//! Files come first. One is another's if both lie at the same place among installed packages or in the standard library, or
//! if their paths are the same; what is left goes by the longest common end of the path, and by the functions that both
//! have. Within two such files, functions of one name are the same; where a name occurs more than once (`__init__`,
//! `<lambda>`), those that were called as often as before are, if all were, then those that moved by as many lines as their
//! neighbours did, then those in the same order.

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::profile::home::{Home, SEPARATORS, base_name, home};
use crate::sort;

/// A function as far as it can be known again.
#[derive(Debug, Clone, PartialEq)]
pub struct Known<'a> {
    /// File path, `~` for a built-in function.
    pub file: &'a str,
    /// First line, 0 for a built-in function.
    pub line: i64,
    /// Name.
    pub name: Cow<'a, str>,
    /// How often it was called, where the recording counts calls.
    pub calls: Option<f64>,
}

/// No function.
pub(super) const NONE: u32 = u32::MAX;

/// For each of `there`, which of `here` it is, or [`NONE`]. No two are the same.
pub(super) fn matching(here: &[Known<'_>], there: &[Known<'_>]) -> Vec<u32> {
    let (ours, theirs) = (Files::of(here), Files::of(there));
    let files = same_files(&ours, here, &theirs, there);
    let mut result = vec![NONE; there.len()];
    for (other, &file) in files.iter().enumerate() {
        if file != NONE {
            same_functions(
                here,
                &ours.functions[file as usize],
                there,
                &theirs.functions[other],
                &mut result,
            );
        }
    }
    result
}

/// The files of a recording.
struct Files<'a> {
    paths: Vec<&'a str>,
    /// Per file: its functions.
    functions: Vec<Vec<u32>>,
}

impl<'a> Files<'a> {
    fn of(all: &'a [Known<'_>]) -> Self {
        let mut places: FxHashMap<&str, u32> = FxHashMap::default();
        let mut files = Self { paths: Vec::new(), functions: Vec::new() };
        for (at, known) in all.iter().enumerate() {
            let path = known.file;
            let place = *places.entry(path).or_insert(files.paths.len() as u32);
            if place as usize == files.paths.len() {
                files.paths.push(path);
                files.functions.push(Vec::new());
            }
            files.functions[place as usize].push(at as u32);
        }
        files
    }

    fn names<'b>(&self, file: u32, all: &'b [Known<'_>]) -> FxHashSet<&'b str> {
        self.functions[file as usize].iter().map(|&at| &*all[at as usize].name).collect()
    }
}

/// For each file of `theirs` that of `ours`, or [`NONE`].
fn same_files(ours: &Files<'_>, here: &[Known<'_>], theirs: &Files<'_>, there: &[Known<'_>]) -> Vec<u32> {
    let mut result = vec![NONE; theirs.paths.len()];
    let mut taken = vec![false; ours.paths.len()];
    let known: FxHashMap<&str, u32> = ours.paths.iter().copied().zip(0..).collect();
    for (other, path) in theirs.paths.iter().enumerate() {
        if let Some(&file) = known.get(path) {
            (result[other], taken[file as usize]) = (file, true);
        }
    }
    let mut places: FxHashMap<Place<'_>, u32> = FxHashMap::default();
    for (file, path) in (0_u32..).zip(&ours.paths).filter(|(file, _)| !taken[*file as usize]) {
        places.entry(Place::of(path)).or_insert(file);
    }
    for (other, path) in theirs.paths.iter().enumerate() {
        if result[other] == NONE
            && let Some(&file) = places.get(&Place::of(path))
            && !taken[file as usize]
        {
            (result[other], taken[file as usize]) = (file, true);
        }
    }
    let mut by_name: FxHashMap<&str, Vec<u32>> = FxHashMap::default();
    for (file, path) in (0_u32..).zip(&ours.paths).filter(|(file, _)| !taken[*file as usize]) {
        by_name.entry(base_name(path)).or_default().push(file);
    }
    let mut likely = Vec::new();
    for (other, path) in (0_u32..).zip(&theirs.paths).filter(|(other, _)| result[*other as usize] == NONE) {
        let Some(files) = by_name.get(base_name(path)) else { continue };
        let names = theirs.names(other, there);
        for &file in files {
            let common = ours.names(file, here).intersection(&names).count();
            let fewest = names.len().min(ours.names(file, here).len());
            let parts = common_end(ours.paths[file as usize], path);
            // A name of a file alone says little: every package has an `__init__.py`, every application its `models.py`.
            if common > 0 && (parts > 1 || 2 * common >= fewest) {
                likely.push((parts, common, file, other));
            }
        }
    }
    sort::by(&mut likely, |one, another| {
        (another.0, another.1).cmp(&(one.0, one.1)).then((one.2, one.3).cmp(&(another.2, another.3)))
    });
    for (_, _, file, other) in likely {
        if result[other as usize] == NONE && !taken[file as usize] {
            (result[other as usize], taken[file as usize]) = (file, true);
        }
    }
    result
}

/// How many directories and names two paths have in common, from their ends.
fn common_end(one: &str, other: &str) -> usize {
    one.rsplit(SEPARATORS).zip(other.rsplit(SEPARATORS)).take_while(|(one, other)| one == other).count()
}

/// Where a file lies, on whatever machine.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Place<'a> {
    /// In the standard library or among packages: the module's path, which a package and a module of that name share
    /// (`re.py` became `re/__init__.py`).
    Library(Cow<'a, str>),
    /// A command of an environment.
    Script(&'a str),
    /// The user's own file, by its path.
    Own(&'a str),
}

impl<'a> Place<'a> {
    fn of(file: &'a str) -> Self {
        // From Python 3.11 on `os` and others are frozen into the interpreter; before that they were files.
        if let Some(module) = file.strip_prefix("<frozen ").and_then(|rest| rest.strip_suffix('>')) {
            return Self::Library(Cow::Owned(module.replace('.', "/")));
        }
        match home(file) {
            Home::Installed(rest) | Home::Standard(rest) => Self::Library(renamed(module(rest))),
            Home::Script(name) => Self::Script(name),
            Home::Elsewhere => Self::Own(file),
        }
    }
}

/// The module that a module of the standard library has become: those of regular expressions moved into `re` in Python
/// 3.11.
fn renamed(module: Cow<'_, str>) -> Cow<'_, str> {
    match &*module {
        "sre_parse" => Cow::Borrowed("re/_parser"),
        "sre_compile" => Cow::Borrowed("re/_compiler"),
        "sre_constants" => Cow::Borrowed("re/_constants"),
        _ => module,
    }
}

/// `re` for `re.py` and `re/__init__.py`.
fn module(path: &str) -> Cow<'_, str> {
    let path: Cow<'_, str> =
        if path.contains('\\') { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) };
    let end = |path: &str| {
        let short = path.strip_suffix(".py").unwrap_or(path);
        short.strip_suffix("/__init__").unwrap_or(short).len()
    };
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(&path[..end(path)]),
        Cow::Owned(mut path) => {
            path.truncate(end(&path));
            Cow::Owned(path)
        }
    }
}

/// A name without the address of an object in it, which no two runs have in common:
/// `<function SQLiteCursorWrapper.execute at 0x7f2c9cb0fe0>`.
fn without_address(name: &str) -> Cow<'_, str> {
    const BEFORE: &str = " at 0x";
    let Some(at) = memchr::memmem::find(name.as_bytes(), BEFORE.as_bytes()) else {
        return Cow::Borrowed(name);
    };
    let rest = name[at + BEFORE.len()..].trim_start_matches(|each: char| each.is_ascii_hexdigit());
    Cow::Owned(format!("{}{rest}", &name[..at]))
}

/// Functions of one name, here and there, by line.
type Same = (Vec<(i64, u32)>, Vec<(i64, u32)>);

/// Within two files that are one.
fn same_functions(here: &[Known<'_>], ours: &[u32], there: &[Known<'_>], theirs: &[u32], result: &mut [u32]) {
    let mut by_name: FxHashMap<Cow<'_, str>, Same> = FxHashMap::default();
    for &at in ours {
        let known = &here[at as usize];
        by_name.entry(without_address(&known.name)).or_default().0.push((known.line, at));
    }
    for &at in theirs {
        let known = &there[at as usize];
        by_name.entry(without_address(&known.name)).or_default().1.push((known.line, at));
    }
    // By how many lines what is there only once moved.
    let mut moved: Vec<(i64, i64)> = Vec::new();
    let mut several: Vec<Same> = Vec::new();
    for (_, (mut one, mut other)) in by_name {
        match (one.as_slice(), other.as_slice()) {
            ([(line, at)], [(now, then)]) => {
                result[*then as usize] = *at;
                moved.push((*line, now.saturating_sub(*line)));
            }
            ([], _) | (_, []) => {}
            _ => {
                sort::by(&mut one, Ord::cmp);
                sort::by(&mut other, Ord::cmp);
                several.push((one, other));
            }
        }
    }
    sort::by(&mut moved, Ord::cmp);
    for (one, other) in several {
        if !by_calls(here, &one, there, &other, result) {
            by_lines(&one, other, &moved, result);
        }
    }
}

/// Functions of one name where as many were called exactly as often as before, each another number of times: classes that
/// changed places. Says whether they are.
fn by_calls(
    here: &[Known<'_>],
    one: &[(i64, u32)],
    there: &[Known<'_>],
    other: &[(i64, u32)],
    result: &mut [u32],
) -> bool {
    let counted = |all: &[Known<'_>], some: &[(i64, u32)]| -> Option<Vec<(u64, u32)>> {
        // What is called once or twice is so by chance.
        let count = |&(_, at): &(i64, u32)| {
            all[at as usize].calls.filter(|calls| *calls > 2.0).map(|calls| (calls.to_bits(), at))
        };
        let mut counted: Vec<_> = some.iter().map(count).collect::<Option<_>>()?;
        sort::by(&mut counted, Ord::cmp);
        counted.windows(2).all(|two| two[0].0 != two[1].0).then_some(counted)
    };
    let Some((one, other)) = counted(here, one).zip(counted(there, other)) else { return false };
    let is_same = one.iter().map(|(calls, _)| calls).eq(other.iter().map(|(calls, _)| calls));
    if is_same {
        for ((_, at), (_, then)) in one.into_iter().zip(other) {
            result[then as usize] = at;
        }
    }
    is_same
}

/// Functions of one name: those that moved as their neighbours did, then those in the same order.
fn by_lines(one: &[(i64, u32)], mut other: Vec<(i64, u32)>, moved: &[(i64, i64)], result: &mut [u32]) {
    let expected = |line: i64| {
        let after = moved.partition_point(|(from, _)| *from <= line);
        let by = after.checked_sub(1).and_then(|at| moved.get(at)).or_else(|| moved.first());
        line.saturating_add(by.map_or(0, |(_, by)| *by))
    };
    let mut left = Vec::new();
    for &(line, at) in one {
        match other.iter().position(|(now, _)| *now == expected(line)) {
            Some(place) => result[other.remove(place).1 as usize] = at,
            None => left.push((line, at)),
        }
    }
    if left.len() == other.len() {
        for ((_, at), (_, then)) in left.into_iter().zip(other) {
            result[then as usize] = at;
        }
        return;
    }
    // Some are new or gone: the nearest pairs first.
    let mut pairs: Vec<(i64, u32, u32)> = Vec::new();
    for &(line, at) in &left {
        pairs.extend(
            other.iter().map(|&(now, then)| (now.saturating_sub(expected(line)).saturating_abs(), at, then)),
        );
    }
    sort::by(&mut pairs, Ord::cmp);
    let mut taken = FxHashSet::default();
    for (_, at, then) in pairs {
        if result[then as usize] == NONE && taken.insert(at) {
            result[then as usize] = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(all: &[(&'static str, i64, &'static str)]) -> Vec<Known<'static>> {
        let one = |&(file, line, name): &(&'static str, i64, &'static str)| Known {
            file,
            line,
            name: name.into(),
            calls: None,
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn classes_that_changed_places_are_known_by_their_calls() {
        let counted = |all: &[(&'static str, i64, &'static str, f64)]| -> Vec<Known<'static>> {
            let one = |&(file, line, name, calls): &(&'static str, i64, &'static str, f64)| Known {
                file,
                line,
                name: name.into(),
                calls: Some(calls),
            };
            all.iter().map(one).collect()
        };
        let before = counted(&[("m.py", 2, "__init__", 120.0), ("m.py", 9, "__init__", 477.0)]);
        let swapped = counted(&[("m.py", 2, "__init__", 477.0), ("m.py", 9, "__init__", 120.0)]);
        assert_eq!(matching(&before, &swapped), [1, 0]);
        // Called as often as each other, or another number of times than before: they stand in the same order.
        let others = counted(&[("m.py", 2, "__init__", 477.0), ("m.py", 9, "__init__", 121.0)]);
        assert_eq!(matching(&before, &others), [0, 1]);
        let twins = counted(&[("m.py", 2, "__init__", 120.0), ("m.py", 9, "__init__", 120.0)]);
        assert_eq!(matching(&twins, &twins), [0, 1]);
    }

    #[track_caller]
    fn assert(
        here: &[(&'static str, i64, &'static str)],
        there: &[(&'static str, i64, &'static str)],
        are: &[u32],
    ) {
        assert_eq!(matching(&known(here), &known(there)), are);
    }

    #[test]
    fn lines_move() {
        assert(
            &[("a.py", 1, "f"), ("a.py", 9, "g"), ("~", 0, "<built-in method time.sleep>")],
            &[
                ("~", 0, "<built-in method time.sleep>"),
                ("a.py", 30, "g"),
                ("a.py", 3, "f"),
                ("a.py", 8, "h"),
            ],
            &[2, 1, 0, NONE],
        );
    }

    #[test]
    fn addresses_are_no_names() {
        assert(
            &[
                ("~", 0, "<function execute at 0x7fc2e9cb0fe0>"),
                ("~", 0, "<function close at 0x7fc2e9cb0f00>"),
            ],
            &[("~", 0, "<function close at 0x10>"), ("~", 0, "<function execute at 0x11a>")],
            &[1, 0],
        );
    }

    #[test]
    fn another_path_and_another_python() {
        assert(
            &[
                ("/home/me/shop/books/views.py", 4, "index"),
                ("/home/me/shop/orders/views.py", 4, "index"),
                ("/usr/lib/python3.10/re.py", 251, "compile"),
                ("/usr/lib/python3.10/os.py", 674, "__getitem__"),
                ("/usr/lib/python3.10/sre_parse.py", 500, "_parse"),
                ("/home/me/venv/lib/python3.10/site-packages/django/db/models/query.py", 290, "__iter__"),
            ],
            &[
                ("/srv/app/orders/views.py", 5, "index"),
                ("/opt/py/lib/python3.13/site-packages/django/db/models/query.py", 371, "__iter__"),
                ("/opt/py/lib/python3.13/re/__init__.py", 232, "compile"),
                ("<frozen os>", 680, "__getitem__"),
                ("/opt/py/lib/python3.13/re/_parser.py", 517, "_parse"),
                ("/srv/app/books/views.py", 5, "index"),
            ],
            &[1, 5, 2, 3, 4, 0],
        );
    }

    #[test]
    fn files_of_one_name_are_not_one_file() {
        // Each application has its models.
        assert(
            &[("/a/books/models.py", 3, "save"), ("/a/books/models.py", 9, "total")],
            &[("/a/stock/models.py", 3, "count"), ("/a/stock/models.py", 20, "reserve")],
            &[NONE, NONE],
        );
    }

    #[test]
    fn of_functions_of_one_name_those_that_moved_as_their_neighbours_did() {
        // A class was put in front of two others: three of one name where two were.
        assert(
            &[("a.py", 10, "f"), ("a.py", 12, "__init__"), ("a.py", 30, "g"), ("a.py", 32, "__init__")],
            &[
                ("a.py", 12, "__init__"),
                ("a.py", 60, "f"),
                ("a.py", 62, "__init__"),
                ("a.py", 80, "g"),
                ("a.py", 82, "__init__"),
            ],
            &[NONE, 0, 1, 2, 3],
        );
        // As many as before, moved by different numbers of lines: the order.
        assert(
            &[("a.py", 5, "<lambda>"), ("a.py", 9, "<lambda>")],
            &[("a.py", 8, "<lambda>"), ("a.py", 40, "<lambda>")],
            &[0, 1],
        );
    }
}
