//! Functions as sentences name them.

use crate::format::{self, capitalised};
use crate::profile::home::{Home, base_name, home, lies_in};
use crate::profile::imports::MODULE;
use crate::profile::{FunctionId, Functions, Profile};

/// Built-in functions that ask a generator for its items, and call nothing else.
const ITERATING: &[&str] =
    &["all", "any", "deque.extend", "dict.update", "list.extend", "set.update", "str.join", "sum"];

/// `prices`; of a library's function `dumps (json)`; of a built-in function `time.sleep`, `list.index`, `sum`; of
/// one without a name what it is, and where: `a lambda (prices.py:12)`.
pub(super) fn spoken(functions: &Functions, id: FunctionId) -> String {
    let (file, name) = functions.known_as(id);
    if functions.is_built_in(id) {
        return built_in(&name);
    }
    let what = match &*name {
        "<genexpr>" => "a generator expression",
        "<lambda>" => "a lambda",
        "<listcomp>" => "a list comprehension",
        "<dictcomp>" => "a dict comprehension",
        "<setcomp>" => "a set comprehension",
        MODULE => "the top level of",
        _ => {
            return match home(file) {
                Home::Installed(rest) | Home::Standard(rest) => {
                    let package = rest.split(['/', '\\', '.']).next().unwrap_or(rest);
                    format!("{name} ({package})")
                }
                Home::Script(_) | Home::Elsewhere => name.into_owned(),
            };
        }
    };
    let base = base_name(file);
    if name == MODULE { format!("{what} {base}") } else { format!("{what} ({base}:{})", functions.line(id)) }
}

/// [`spoken`] at the beginning of a sentence, where a name keeps its case.
pub(super) fn titled(functions: &Functions, id: FunctionId) -> String {
    let spoken = spoken(functions, id);
    if functions.known_name(id).starts_with('<') { capitalised(&spoken) } else { spoken }
}

/// A function that another calls, as code names it: `re.sub`, `html.escape`, `list.index`, `find_price`.
pub(super) fn called(functions: &Functions, id: FunctionId) -> String {
    let (file, name) = functions.known_as(id);
    if functions.is_built_in(id) || name.starts_with('<') {
        return spoken(functions, id);
    }
    match home(file) {
        Home::Installed(rest) | Home::Standard(rest) => {
            let rest = rest.strip_suffix("/__init__.py").unwrap_or(rest);
            let stem = base_name(rest);
            format!("{}.{name}", stem.strip_suffix(".py").unwrap_or(stem))
        }
        Home::Script(_) | Home::Elsewhere => name.into_owned(),
    }
}

/// A function and its line, at the beginning of a sentence: `slugify (views.py:4)`.
pub(super) fn located(functions: &Functions, id: FunctionId) -> String {
    let titled = titled(functions, id);
    if titled.ends_with(')') || functions.name(id) == MODULE || functions.is_built_in(id) {
        return titled;
    }
    format!("{titled} ({})", format::line(base_name(functions.file(id)), functions.line(id)))
}

/// `<method 'index' of 'list' objects>` as `list.index`, `<built-in method builtins.sum>` as `sum`.
fn built_in(name: &str) -> String {
    let inner = name.trim_matches(['<', '>', '{', '}']);
    if let Some((method, class)) = inner.strip_prefix("method '").and_then(|rest| rest.split_once("' of '")) {
        let class = class.split('\'').next().unwrap_or(class);
        return format!("{class}.{method}");
    }
    let plain = inner.strip_prefix("built-in method ").unwrap_or(inner);
    plain.strip_prefix("builtins.").unwrap_or(plain).to_owned()
}

/// Whether it has a name that code can be written with: not `<lambda>`, not `__init__`.
pub(super) fn is_named(name: &str) -> bool {
    !name.starts_with('<') && !name.starts_with("__")
}

/// Whether it is known for a generator, whose calls are the items it gives: a profiler counts each time it is
/// resumed.
pub(super) fn is_generator(profile: &Profile, id: FunctionId) -> bool {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let iterates = |caller: FunctionId| {
        functions.is_built_in(caller) && ITERATING.contains(&built_in(&functions.known_name(caller)).as_str())
    };
    let name = functions.known_name(id);
    name == "<genexpr>"
        || (matches!(&*name, "__iter__" | "_iterator" | "iterator" | "results_iter")
            && lies_in(
                functions.file(id),
                &["django/db/models/query.py", "django/db/models/sql/compiler.py"],
            ))
        || (matches!(&*name, "iterrows" | "itertuples")
            && lies_in(functions.file(id), &["pandas/core/frame.py"]))
        || edges.into(id).any(|edge| iterates(edges.caller[edge]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_functions() {
        for (name, expected) in [
            ("<method 'index' of 'list' objects>", "list.index"),
            ("<built-in method builtins.sum>", "sum"),
            ("<built-in method time.sleep>", "time.sleep"),
            ("<time.sleep>", "time.sleep"),
            (
                "<built-in method __new__ of type object at 0x7f0000000000>",
                "__new__ of type object at 0x7f0000000000",
            ),
            ("len", "len"),
        ] {
            assert_eq!(built_in(name), expected);
        }
    }
}
