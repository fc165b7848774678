//! Folded stacks, the input of flame graph tools: one line per stack, `frame;frame;frame weight`.
//! <https://github.com/brendangregg/FlameGraph#2-fold-stacks>

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::profile::call_tree::MERGED;
use crate::profile::{CallTree, FunctionId, Functions};

/// Writes the self time of each box of `tree` in microseconds. Six decimals: so the weights add up
/// to the profile's total to a nanosecond even over a hundred thousand stacks.
///
/// A frame is `name (file:line)`, with `;` as `:` and line ends as spaces. A merged box is
/// `(12 more)`, with its functions as frames above it, so that other tools' sums by function stay
/// close to the file's. Boxes without time of their own have no line.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(tree: &CallTree, functions: &Functions, out: &mut dyn Write) -> io::Result<()> {
    let mut stack = String::new();
    // Where in `stack` the frames of each depth end.
    let mut ends: Vec<usize> = Vec::new();
    // They are by box, and so is the walk.
    let mut parts = tree.merged.parts.iter().peekable();
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
            function => push_function(&mut stack, functions, function),
        }
        let end = stack.len();
        ends.push(end);
        let mut weight = tree.self_time[index];
        while let Some(part) = parts.next_if(|part| part.merged as usize <= index) {
            stack.push(';');
            push_function(&mut stack, functions, part.function);
            write_line(out, &stack, part.self_time)?;
            stack.truncate(end);
            weight -= part.self_time;
        }
        write_line(out, &stack, weight)?;
    }
    Ok(())
}

fn write_line(out: &mut dyn Write, stack: &str, seconds: f64) -> io::Result<()> {
    let weight = format!("{:.6}", seconds * 1e6);
    // What rounds to nothing would only be a line more.
    if seconds > 0.0 && weight != "0.000000" { writeln!(out, "{stack} {weight}") } else { Ok(()) }
}

fn push_function(stack: &mut String, functions: &Functions, function: FunctionId) {
    push_frame(stack, functions.name(function));
    stack.push_str(" (");
    push_frame(stack, functions.file(function));
    // Writing to a string cannot fail.
    _ = write!(stack, ":{})", functions.line(function));
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
    use crate::profile::call_tree::{Certainty, MergedPart, NO_PARENT, NewBox};

    #[test]
    fn separators_are_replaced_weights_keep_their_decimals_and_merged_boxes_their_functions() {
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
            new(MERGED, 0, 0.000_000_6, 12.0),
            new(1, NO_PARENT, 0.25, 1.0),
        ];
        let parts = [MergedPart { merged: 2, function: 1, self_time: 0.000_000_4 }];
        let mut out = Vec::new();
        write(&CallTree::with_merged(true, &boxes, &parts, Vec::new()), &functions, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "run (app.py:1);odd name (<a:b>:2) 1500000.000000\n\
             run (app.py:1);(12 more);odd name (<a:b>:2) 0.400000\n\
             run (app.py:1);(12 more) 0.200000\n\
             odd name (<a:b>:2) 250000.000000\n"
        );
    }
}
