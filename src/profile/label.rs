//! What functions are called where they stand alone, away from their file.

use std::borrow::Cow;

use super::home::base_name;
use super::imports::{last_two, module_label};
use crate::format;

/// Names that many functions have, and that say nothing without the file.
const UNTELLING: &[&str] = &["<lambda>", "<listcomp>", "<dictcomp>", "<setcomp>", "<genexpr>", "__init__"];

/// Whether a function leads with its file where it is named: there are many that are called so.
pub fn leads_with_file(file: &str, name: &str) -> bool {
    !matches!(file, "~" | "") && UNTELLING.contains(&name)
}

/// What a function is called where it stands alone: the code of a module by its file, what has a name that says nothing
/// with its file and line in front, `models.py:12 <lambda>`, all others by [`format::short_name`].
pub fn label<'a>(file: &'a str, line: i64, name: &'a str) -> Cow<'a, str> {
    if let Some(module) = module_label(file, name) {
        return module;
    }
    if !leads_with_file(file, name) {
        return format::short_name(file, name);
    }
    // A package's own file says nothing without the package.
    let base = match base_name(file) {
        "__init__.py" => last_two(file),
        base => base,
    };
    Cow::Owned(match line {
        ..=0 => format!("{base} {name}"),
        line => format!("{} {name}", format::line(base, line)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_have_their_file_in_front() {
        for (file, line, name, expected) in [
            ("/srv/app/shop/models.py", 12, "<lambda>", "models.py:12 <lambda>"),
            ("/srv/app/shop/models.py", 12, "<listcomp>", "models.py:12 <listcomp>"),
            ("C:\\shop\\shop\\models.py", 7, "__init__", "models.py:7 __init__"),
            ("/srv/app/shop/__init__.py", 3, "<genexpr>", "shop/__init__.py:3 <genexpr>"),
            ("<string>", 1, "__init__", "<string>:1 __init__"),
            ("cell 3", 2, "<lambda>", "cell 3, line 2 <lambda>"),
            ("models.py", 0, "<lambda>", "models.py <lambda>"),
            ("/srv/app/shop/models.py", 1, "<module>", "shop/models.py"),
            ("/srv/app/shop/models.py", 12, "total", "total"),
            // These say whose they are.
            ("/srv/app/shop/models.py", 12, "Order.__init__", "Order.__init__"),
            ("/srv/app/shop/models.py", 12, "front.<locals>.<lambda>", "front.<locals>.<lambda>"),
            ("~", 0, "<built-in method builtins.len>", "{built-in method builtins.len}"),
        ] {
            assert_eq!(label(file, line, name), expected, "{file}:{line}({name})");
        }
    }
}
