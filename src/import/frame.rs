//! Frames as tools spell them in one text: `name (file:line)`, `file:name:line`, a name alone.

/// A frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelt<'a> {
    /// `~` where the text has none.
    pub file: &'a str,
    /// 0 where the text has none.
    pub line: i64,
    /// What was running.
    pub name: &'a str,
}

/// What stands for a file where there is none, as in pstats.
pub const NO_FILE: &str = "~";

/// The frame of stacks that no Python function is on: time of a thread outside of any.
pub(crate) use crate::profile::built_in::NO_FRAME;

/// `text` in whichever spelling it is.
pub fn spelt(text: &str) -> Spelt<'_> {
    of_perf(text).or_else(|| in_brackets(text)).or_else(|| with_colons(text)).unwrap_or(Spelt {
        file: NO_FILE,
        line: 0,
        name: text,
    })
}

/// `name (file:line)`, of native functions `name (library)`: py-spy's, viztracer's and our own.
pub fn in_brackets(text: &str) -> Option<Spelt<'_>> {
    let inside = text.strip_suffix(')')?;
    // The last one: a name may have brackets as well, a path may not begin in one.
    let at = inside.rfind(" (").filter(|&at| at > 0)?;
    let (name, place) = (&inside[..at], &inside[at + 2..]);
    if place.is_empty() {
        return None;
    }
    Some(match place.rsplit_once(':').and_then(|(file, line)| Some((file, number(line)?))) {
        Some((file, line)) if !file.is_empty() => Spelt { file, line, name },
        _ => Spelt { file: place, line: 0, name },
    })
}

/// `py::name:file`: what Python calls its functions for perf. A name may hold colons within `<…>`, a path none.
pub fn of_perf(text: &str) -> Option<Spelt<'_>> {
    let (name, file) = text.strip_prefix("py::")?.rsplit_once(':')?;
    (!name.is_empty() && !file.is_empty()).then_some(Spelt { file, line: 0, name })
}

/// `file:name:line`: Austin's and Python 3.15's. A path can have colons too, so it is read from the end.
pub fn with_colons(text: &str) -> Option<Spelt<'_>> {
    if text == ":GC:" {
        return Some(Spelt { file: NO_FILE, line: 0, name: "(garbage collection)" });
    }
    let (rest, line) = text.rsplit_once(':')?;
    let line = number(line)?;
    let (file, name) = rest.rsplit_once(':')?;
    (!file.is_empty() && !name.is_empty()).then_some(Spelt { file, line, name })
}

fn number(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for (text, file, line, name) in [
            ("main (workload.py:114)", "workload.py", 114, "main"),
            ("<lambda> (<frozen x>:3)", "<frozen x>", 3, "<lambda>"),
            ("zlib_compress (zlibmodule.c.h:90)", "zlibmodule.c.h", 90, "zlib_compress"),
            ("0x7f99 (libc.so.6)", "libc.so.6", 0, "0x7f99"),
            ("odd (name) (C:\\a b\\c.py:7)", "C:\\a b\\c.py", 7, "odd (name)"),
            ("workload.py:Space.method:66", "workload.py", 66, "Space.method"),
            ("C:\\x.py:f:1", "C:\\x.py", 1, "f"),
            ("<task>:Task-1:0", "<task>", 0, "Task-1"),
            ("py::A.f:/srv/a.py", "/srv/a.py", 0, "A.f"),
            ("py::g:<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>", 0, "g"),
            ("<native>", "~", 0, "<native>"),
            (":GC:", "~", 0, "(garbage collection)"),
            ("builtins.sum", "~", 0, "builtins.sum"),
            ("std::vec", "~", 0, "std::vec"),
            ("(12 more)", "~", 0, "(12 more)"),
            ("f ()", "~", 0, "f ()"),
            ("", "~", 0, ""),
        ] {
            assert_eq!(spelt(text), Spelt { file, line, name }, "{text}");
        }
    }
}
