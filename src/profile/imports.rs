//! Python's import system in a profile: the modules that ran, and the functions between one module and the next
//! that it imports.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::by_file::ByFile;
use super::call_tree::{CallTree, MERGED, NO_PARENT};
use super::category::of_module;
use super::hide::Hidden;
use super::home::{Home, SEPARATORS, home, lies_in};
use super::{FunctionId, Functions, Profile};

/// The name of a module's own code, outside of its functions and classes.
pub const MODULE: &str = "<module>";

/// Built-in functions and packages that find, compile and load modules.
const SYSTEM: &[(&str, ())] = &[
    ("importlib", ()),
    ("imp", ()),
    ("_imp", ()),
    ("pkgutil", ()),
    ("zipimport", ()),
    ("builtins.__import__", ()),
    // Python 2's, and `profile`'s.
    ("__import__", ()),
    ("marshal.loads", ()),
];

/// Of those, what lies between a module and the one that it imports whichever way it does. The rest of them is
/// called by name: `importlib.metadata`, `importlib.resources`, `pkgutil.walk_packages`.
const MACHINERY: &[(&str, ())] =
    &[("_imp", ()), ("builtins.__import__", ()), ("__import__", ()), ("marshal.loads", ())];

/// Files of it: compiled into the interpreter they are frozen, `<frozen importlib._bootstrap>`.
const FILES: &[&str] =
    &["importlib/__init__.py", "importlib/_bootstrap.py", "importlib/_bootstrap_external.py", "imp.py"];

/// What stands for the import system's own code, where no file of it is named.
pub(super) const SYSTEM_FILE: &str = "<frozen importlib>";

/// What runs code that it is given: a module's, as the import system does, or whatever a program wrote.
const RUNNERS: &[(&str, ())] =
    &[("builtins.exec", ()), ("exec", ()), ("builtins.execfile", ()), ("execfile", ())];

/// Whether the function `name` in `file` is part of Python's import system.
pub(super) fn is_of_system(file: &str, name: &str) -> bool {
    file.starts_with("<frozen importlib")
        || file.starts_with("<frozen zipimport")
        || of_module(SYSTEM, file, name).is_some()
}

/// Whether the function `name` in `file` is what an import passes through.
pub(super) fn is_machinery(file: &str, name: &str) -> bool {
    // `importlib` is itself a module that is imported.
    name != MODULE
        && (file.starts_with("<frozen importlib._bootstrap")
            || file.starts_with("<frozen zipimport")
            || of_module(MACHINERY, file, name).is_some()
            || lies_in(file, FILES))
}

/// Whether it runs code that it is given.
pub(super) fn is_runner(file: &str, name: &str) -> bool {
    matches!(file, "~" | "") && of_module(RUNNERS, file, name).is_some()
}

/// Whether it is the code of a module that lies in a file, or is part of the interpreter.
pub fn is_module(file: &str, name: &str) -> bool {
    name == MODULE && (!file.starts_with('<') || file.starts_with("<frozen "))
}

/// What the code of a module is called, `None` for any other function: its file, from where packages lie or, of
/// the user's own code, with its directory. `django/db/models/query.py`, `shop/views.py`.
pub fn module_label<'a>(file: &'a str, name: &str) -> Option<Cow<'a, str>> {
    if !is_module(file, name) {
        return None;
    }
    let label = match home(file) {
        Home::Installed(rest) | Home::Standard(rest) | Home::Script(rest) => rest,
        Home::Elsewhere => last_two(file),
    };
    Some(if label.contains('\\') { Cow::Owned(label.replace('\\', "/")) } else { Cow::Borrowed(label) })
}

/// A path as people know it: from where packages lie, or the standard library; of the user's own code whole.
/// `django/db/models/query.py`, `random.py`.
pub fn short_path(file: &str) -> Cow<'_, str> {
    let short = match home(file) {
        Home::Installed(rest) | Home::Standard(rest) | Home::Script(rest) => rest,
        Home::Elsewhere => return Cow::Borrowed(file),
    };
    if short.contains('\\') { Cow::Owned(short.replace('\\', "/")) } else { Cow::Borrowed(short) }
}

/// The last two parts of a path: they say enough where there is little room.
pub fn last_two(path: &str) -> &str {
    let mut separators = path.rmatch_indices(SEPARATORS).map(|(index, _)| index + 1);
    &path[separators.nth(1).unwrap_or(0)..]
}

/// A [`module_label`] with one directory less in front; `None` where it would no longer say which module:
/// `models/__init__.py`, `query.py`.
pub fn shorter_label(label: &str) -> Option<&str> {
    let (_, rest) = label.split_once('/')?;
    (rest != "__init__.py").then_some(rest)
}

/// From so many modules on, what lies between them is most of what a tree shows.
const MANY: usize = 10;

/// Which functions of a profile are Python's import system. What is made of the profile has the same ones.
#[derive(Debug, Clone)]
pub struct Machinery {
    /// Per function.
    of: Vec<bool>,
    /// See [`Self::has_many_modules`].
    many: bool,
}

impl Machinery {
    /// That of some functions.
    pub fn of(functions: &Functions) -> Self {
        // But for a module's own code it is the file that says it, and there are far fewer of them.
        let mut by_file = ByFile::of(functions);
        let of: Vec<bool> = (0..functions.len() as FunctionId)
            .map(|id| {
                let is_one = |id| {
                    let (file, name) = functions.known_as(id);
                    is_machinery(file, &name)
                };
                by_file.get(functions, id, |name| name.ends_with(MODULE), is_one)
            })
            .collect();
        let modules = (0..functions.len() as FunctionId)
            .filter(|&id| is_module(functions.file(id), functions.name(id)))
            .map(|id| functions.file[id as usize]);
        // A sampled file has a function for each line of a module.
        let many = of.contains(&true) && modules.collect::<FxHashSet<u32>>().len() >= MANY;
        Self { of, many }
    }

    /// Whether so many modules were imported that a tree is easier to read without what lies between them.
    pub fn has_many_modules(&self) -> bool {
        self.many
    }

    /// Whether `function` is part of it. Boxes that steps make of packages, which are functions behind the others, are not.
    fn has(&self, function: FunctionId) -> bool {
        self.of.get(function as usize).copied().unwrap_or(false)
    }
}

/// The imports of a profile.
#[derive(Debug)]
pub struct Imports<'a> {
    profile: &'a Profile,
    machinery: Cow<'a, Machinery>,
}

impl<'a> Imports<'a> {
    /// Those of `profile`.
    pub fn of(profile: &'a Profile) -> Self {
        Self { profile, machinery: Cow::Owned(Machinery::of(&profile.functions)) }
    }

    /// Those of `profile`, or of what was made of it, whose machinery is known.
    pub fn with(profile: &'a Profile, machinery: &'a Machinery) -> Self {
        Self { profile, machinery: Cow::Borrowed(machinery) }
    }

    /// What of `tree` only imports: `None` if there is nothing of that kind. What remains is the modules, each
    /// below the one that imported it, and what their code calls.
    ///
    /// Hidden are the import system's own functions; built-in functions where they call them; and
    /// what runs code, where it is that of a module.
    pub fn hidden(&self, tree: &CallTree) -> Option<Hidden> {
        if !self.machinery.of.contains(&true) {
            return None;
        }
        let mut walk = Walk::of(self, tree);
        for at in 0..tree.len() {
            walk.step(at);
        }
        let Walk { hidden, found, .. } = walk;
        found.then_some(hidden)
    }
}

/// One walk over a tree, a box at a time.
struct Walk<'a> {
    imports: &'a Imports<'a>,
    tree: &'a CallTree,
    hidden: Hidden,
    /// Whether any of the import system's functions are in it.
    found: bool,
    /// The stack's functions that may stand on it once more without a box, and whether they are hidden, with their
    /// depths.
    repeating: Vec<(u32, FunctionId, bool)>,
    /// Per function: how many of those call it that are seen, and that are hidden.
    callers: Vec<[u32; 2]>,
    /// Functions of merged boxes that were walked over.
    parts: usize,
}

impl<'a> Walk<'a> {
    fn of(imports: &'a Imports<'a>, tree: &'a CallTree) -> Self {
        Self {
            imports,
            tree,
            hidden: Hidden {
                boxes: Vec::with_capacity(tree.len()),
                parts: Vec::with_capacity(tree.merged.parts.len()),
            },
            found: false,
            repeating: Vec::new(),
            callers: vec![[0; 2]; imports.profile.functions.len()],
            parts: 0,
        }
    }

    fn step(&mut self, at: usize) {
        let tree = self.tree;
        while let Some(&(_, function, hidden)) =
            self.repeating.last().filter(|(depth, ..)| *depth >= tree.depth[at])
        {
            self.repeating.pop();
            self.count(function, hidden, |callers| *callers -= 1);
        }
        let (function, parent) = (tree.function[at], tree.parent[at]);
        let hidden = function != MERGED && (self.is_hidden(function, parent) || self.runs_a_module(at));
        self.hidden.boxes.push(hidden);
        if function == MERGED {
            self.step_over_parts(at);
            return;
        }
        let functions = &self.imports.profile.functions;
        if functions.calls[function as usize] > functions.primitive_calls[function as usize] {
            self.repeating.push((tree.depth[at], function, hidden));
            self.count(function, hidden, |callers| *callers += 1);
        }
    }

    fn step_over_parts(&mut self, at: usize) {
        while let Some(part) =
            self.tree.merged.parts.get(self.parts).filter(|part| part.merged as usize <= at)
        {
            self.parts += 1;
            let hidden = self.is_hidden(part.function, self.tree.parent[at]);
            self.hidden.parts.push(hidden);
        }
    }

    /// Changes the number of callers on the stack of all that `function` calls.
    fn count(&mut self, function: FunctionId, hidden: bool, change: impl Fn(&mut u32)) {
        let edges = &self.imports.profile.edges;
        for &edge in edges.out_of(function) {
            change(&mut self.callers[edges.callee[edge as usize] as usize][usize::from(hidden)]);
        }
    }

    /// Whether `function`, called by the box `parent`, is the import system's, or works for it.
    fn is_hidden(&mut self, function: FunctionId, parent: u32) -> bool {
        if self.imports.machinery.has(function) {
            self.found = true;
            return true;
        }
        if parent == NO_PARENT || !self.imports.profile.functions.is_built_in(function) {
            return false;
        }
        if self.hidden.boxes[parent as usize] {
            return true;
        }
        // What it stands below need not call it: in between may be whatever is on the stack already, which has no
        // box there again. Modules are not: they run once.
        let [seen, hidden] = self.callers[function as usize];
        hidden > 0 && seen == 0 && !self.calls(self.tree.function[parent as usize], function)
    }

    fn calls(&self, caller: FunctionId, callee: FunctionId) -> bool {
        if caller == MERGED {
            return false;
        }
        let edges = &self.imports.profile.edges;
        let (into, out_of) = (edges.into(callee), edges.out_of(caller));
        if into.len() < out_of.len() {
            edges.caller[into].contains(&caller)
        } else {
            out_of.iter().any(|&edge| edges.callee[edge as usize] == callee)
        }
    }

    /// Whether the box `at` runs the code of a module, of one at least.
    fn runs_a_module(&self, at: usize) -> bool {
        let (tree, functions) = (self.tree, &self.imports.profile.functions);
        let (file, name) = functions.known_as(tree.function[at]);
        if !is_runner(file, &name) {
            return false;
        }
        let is_module = |&id: &FunctionId| id != MERGED && is_module(functions.file(id), functions.name(id));
        let mut below = at + 1;
        while below < tree.end[at] as usize {
            if is_module(&tree.function[below]) {
                return true;
            }
            below = (tree.end[below] as usize).max(below + 1);
        }
        false
    }
}

#[cfg(test)]
mod tests;
