//! Some lines of a source file: what stands around a function's first line.

/// Lines before the one that is meant, and from it on.
const BEFORE: usize = 2;
const AFTER: usize = 12;

/// So many lines below the first one a function's name is looked for: decorators come before it.
const DECORATED: usize = 20;

/// Bytes of a line that are kept: what is longer is data.
const LONGEST: usize = 400;

/// Bytes of a source file; a longer one is none that people read.
pub const LARGEST: usize = 8 << 20;

/// Lines of a file around one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Number of the first one, from 1.
    pub first: u32,
    /// What they say, without their ends.
    pub lines: Vec<String>,
    /// Whether the file seems to be of another version than the recording: it has no such line, or the function is not
    /// there.
    pub is_other: bool,
}

/// The lines around line `line` (from 1) of `text`, where `function` begins, if it has a name; `None` of an empty text.
pub fn around(text: &str, line: u32, function: &str) -> Option<Excerpt> {
    let at = (line.max(1) - 1) as usize;
    let first = at.saturating_sub(BEFORE);
    let mut lines: Vec<&str> = lines(text).skip(first).take(at - first + AFTER.max(DECORATED)).collect();
    if lines.is_empty() {
        let is_empty = text.trim().is_empty();
        return (!is_empty).then(|| Excerpt { first: line.max(1), lines: Vec::new(), is_other: true });
    }
    let below = lines.get(at - first..).unwrap_or(&[]);
    let is_other = below.is_empty() || !begins_here(below, function);
    lines.truncate(at - first + AFTER);
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    Some(Excerpt { first: first as u32 + 1, lines: lines.into_iter().map(kept).collect(), is_other })
}

/// The lines of a text, as Python counts them.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    // A byte order mark is none of the first line's.
    text.strip_prefix('\u{feff}').unwrap_or(text).lines()
}

/// A line as it is shown.
pub fn kept(line: &str) -> String {
    match line.char_indices().find(|(at, _)| *at >= LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// Whether a function of this name can begin in the first of these lines. What has no name of its own always can.
fn begins_here(lines: &[&str], function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or(function);
    let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    if !is_name {
        return true;
    }
    let defines = |line: &&str| {
        ["def ", "class "].iter().any(|word| {
            let after = line.find(word).map(|at| line[at + word.len()..].trim_start());
            let rest = after.and_then(|after| after.strip_prefix(name));
            rest.is_some_and(|rest| {
                !rest.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            })
        })
    };
    let is_decorated = lines.first().is_some_and(|line| line.trim_start().starts_with('@'));
    lines.iter().take(if is_decorated { DECORATED } else { 1 }).any(defines)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "import x\n\n\n@cache\n@login(\n    next=1,\n)\ndef view(request):\n    return 1\n\nasync def \
                        other(): pass\n\nclass Shop:\n    total = lambda self: 0\n";

    #[test]
    fn lines_around_a_function() {
        let excerpt = around(CODE, 4, "view").expect("lines");
        assert_eq!((excerpt.first, excerpt.is_other), (2, false));
        assert_eq!(excerpt.lines[2], "@cache");
        assert_eq!(excerpt.lines.last().map(String::as_str), Some("    total = lambda self: 0"));
        let last = around(CODE, 14, "<lambda>").expect("lines");
        assert_eq!((last.first, last.lines.len(), last.is_other), (12, 3, false));
    }

    #[test]
    fn another_version_is_said() {
        for (line, name, is_other) in [
            (8, "view", false),
            (4, "Shop.view", false),
            (9, "view", true),
            (11, "other", false),
            (11, "othe", true),
            (13, "Shop", false),
            (1, "<module>", false),
            (300, "view", true),
        ] {
            assert_eq!(around(CODE, line, name).expect("lines").is_other, is_other, "{line} {name}");
        }
        assert_eq!(around(CODE, 300, "view").expect("none").lines.len(), 0);
        assert_eq!(around("", 1, "view"), None);
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let text = format!("x = '{}'\n", "ü".repeat(1000));
        let excerpt = around(&text, 1, "").expect("lines");
        assert!(excerpt.lines[0].ends_with('…') && excerpt.lines[0].len() < LONGEST + 8);
        assert_eq!(around("\u{feff}def f(): 1\n", 1, "f").expect("lines").lines, ["def f(): 1"]);
    }
}
