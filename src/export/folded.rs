//! Folded stacks, the input of flame graph tools: one line per stack, `frame;frame;frame weight`.
//! <https://github.com/brendangregg/FlameGraph#2-fold-stacks>

use std::io::{self, Write};

use super::stacks::{self, Labels};
use crate::profile::{CallTree, Functions, Unit};

/// Writes the self time of each box of `tree` in microseconds. Six decimals: so the weights add up
/// to the profile's total to a nanosecond even over a hundred thousand stacks. Samples and bytes are whole
/// numbers.
///
/// A frame is `name (file:line)`, with `;` as `:` and line ends as spaces. A merged box is
/// `(12 more)`, with its functions as frames above it. Boxes without time of their own have no line.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(tree: &CallTree, functions: &Functions, unit: Unit, out: &mut dyn Write) -> io::Result<()> {
    let mut labels = Labels::new(functions);
    stacks::each(tree, |stack, seconds| {
        let weight = if unit.is_time() { format!("{:.6}", seconds * 1e6) } else { seconds.to_string() };
        if matches!(weight.as_str(), "0.000000" | "0") {
            // What rounds to nothing would only be a line more.
            return Ok(());
        }
        for (depth, &frame) in stack.iter().enumerate() {
            if depth > 0 {
                out.write_all(b";")?;
            }
            out.write_all(labels.get(frame).as_bytes())?;
        }
        writeln!(out, " {weight}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_are_replaced_weights_keep_their_decimals_and_merged_boxes_their_functions() {
        let (tree, functions) = stacks::tests::example();
        let mut out = Vec::new();
        write(&tree, &functions, Unit::Seconds, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "run (app.py:1);odd name (<a:b>:2) 1500000.000000\n\
             run (app.py:1);(12 more);odd name (<a:b>:2) 0.004000\n\
             run (app.py:1);(12 more) 0.002000\n\
             odd name (<a:b>:2) 250000.000000\n"
        );
    }
}
