//! Folded stacks, the input of flame graph tools: one line per stack, `frame;frame;frame weight`.
//! <https://github.com/brendangregg/FlameGraph#2-fold-stacks>

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::profile::call_tree::MERGED;
use crate::profile::{CallTree, Functions};

/// Writes the self time of each box of `tree` in microseconds. Six decimals: so the weights add up
/// to the profile's total to a nanosecond even over a hundred thousand stacks.
///
/// A frame is `name (file:line)`, with `;` as `:` and line ends as spaces; a merged box is
/// `(12 more)`. Boxes without time of their own have no line.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(tree: &CallTree, functions: &Functions, out: &mut dyn Write) -> io::Result<()> {
    let mut stack = String::new();
    // Where in `stack` the frames of each depth end.
    let mut ends: Vec<usize> = Vec::new();
    for index in 0..tree.len() {
        let depth = tree.depth[index] as usize;
        ends.truncate(depth);
        stack.truncate(ends.last().copied().unwrap_or(0));
        if depth > 0 {
            stack.push(';');
        }
        match tree.function[index] {
            // Writing to a string cannot fail.
            MERGED => _ = write!(stack, "({} more)", tree.calls[index]),
            function => {
                push_frame(&mut stack, functions.name(function));
                stack.push_str(" (");
                push_frame(&mut stack, functions.file(function));
                _ = write!(stack, ":{})", functions.line(function));
            }
        }
        ends.push(stack.len());
        let weight = tree.self_time[index] * 1e6;
        if weight > 0.0 {
            writeln!(out, "{stack} {weight:.6}")?;
        }
    }
    Ok(())
}

/// A part of a frame without what separates frames and lines.
fn push_frame(stack: &mut String, text: &str) {
    stack.extend(text.chars().map(|character| match character {
        ';' => ':',
        '\n' | '\r' => ' ',
        other => other,
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::call_tree::{Certainty, NO_PARENT, NewBox};

    #[test]
    fn separators_in_names_are_replaced_and_weights_keep_their_decimals() {
        let mut functions = Functions::default();
        for (file, line, name) in [("app.py", 1, "run"), ("<a;b>", 2, "odd\nname")] {
            functions.file.push(functions.files.intern(file));
            functions.line.push(line);
            functions.name.push(functions.names.intern(name));
        }
        let new = |function, parent, self_time, calls| NewBox {
            function,
            parent,
            self_time,
            calls,
            certainty: Certainty::Estimated,
            low: 0.0,
            high: 2.0,
        };
        let boxes = [
            new(0, NO_PARENT, 0.0, 1.0),
            new(1, 0, 1.5, 1.0),
            new(MERGED, 0, 0.000_000_1, 12.0),
            new(1, NO_PARENT, 0.25, 1.0),
        ];
        let mut out = Vec::new();
        write(&CallTree::new(true, &boxes), &functions, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "run (app.py:1);odd name (<a:b>:2) 1500000.000000\n\
             run (app.py:1);(12 more) 0.100000\n\
             odd name (<a:b>:2) 250000.000000\n"
        );
    }
}
