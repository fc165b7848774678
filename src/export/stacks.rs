//! A call tree as stacks with their self times: what formats of sampling tools hold.

use std::fmt::Write as _;

use super::text::one_line;
use crate::profile::call_tree::MERGED;
use crate::profile::{CallTree, FunctionId, Functions};

/// One frame of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Frame {
    /// A function.
    Function(FunctionId),
    /// A merged box, and how many boxes it stands for.
    More(u64),
}

/// Calls `visit` with each stack of `tree`, outermost frame first, and the seconds spent in the last
/// frame itself; depth first, the largest box of each first.
///
/// Recursive calls are a frame again, `a;b;a`, as other tools would have seen them.
///
/// The functions of a merged box are frames above it, so that other tools' sums by function stay close
/// to the file's; what the box has beyond them is its own.
///
/// # Errors
/// The first that `visit` gives.
pub(super) fn each<E>(
    tree: &CallTree,
    mut visit: impl FnMut(&[Frame], f64) -> Result<(), E>,
) -> Result<(), E> {
    let mut stack = Vec::new();
    // They are by box, and so is the walk.
    let mut parts = tree.merged.parts.iter().peekable();
    for index in 0..tree.len() {
        stack.truncate(tree.depth[index] as usize);
        stack.push(match tree.function[index] {
            MERGED => Frame::More(tree.calls[index] as u64),
            function => Frame::Function(function),
        });
        let mut own = tree.self_time[index];
        while let Some(part) = parts.next_if(|part| part.merged as usize <= index) {
            stack.push(Frame::Function(part.function));
            visit(&stack, part.self_time)?;
            stack.pop();
            own -= part.self_time;
        }
        if own > 0.0 {
            visit(&stack, own)?;
        }
    }
    Ok(())
}

/// Makes whole nanoseconds of seconds that come one after the other, such that they add up to the
/// rounded sum: what one is rounded by, the next one gets.
#[derive(Debug, Default)]
pub(super) struct Nanoseconds {
    /// Seconds so far, and the part of them that the sum is too short for (Neumaier's summation).
    sum: f64,
    lost: f64,
    /// Nanoseconds so far.
    given: u64,
}

impl Nanoseconds {
    /// The next one.
    pub(super) fn next(&mut self, seconds: f64) -> u64 {
        let sum = self.sum + seconds;
        self.lost += if self.sum.abs() >= seconds.abs() {
            (self.sum - sum) + seconds
        } else {
            (seconds - sum) + self.sum
        };
        self.sum = sum;
        let next = nanoseconds(self.sum + self.lost).saturating_sub(self.given);
        self.given += next;
        next
    }
}

/// Seconds as whole nanoseconds; nothing for what is negative or no number.
pub(super) fn nanoseconds(seconds: f64) -> u64 {
    // The cast saturates, and makes 0 of NaN.
    (seconds * 1e9).round() as u64
}

/// Labels of frames, each made once.
pub(super) struct Labels<'a> {
    functions: &'a Functions,
    known: Vec<Option<String>>,
    /// The last of [`Frame::More`].
    more: String,
}

impl<'a> Labels<'a> {
    pub(super) fn new(functions: &'a Functions) -> Self {
        Self { functions, known: vec![None; functions.len()], more: String::new() }
    }

    /// `name (file:line)`, with `;` as `:`, since it separates frames, and in one line; a merged box is
    /// `(12 more)`.
    pub(super) fn get(&mut self, frame: Frame) -> &str {
        let functions = self.functions;
        match frame {
            Frame::More(boxes) => {
                self.more.clear();
                // Writing to a string cannot fail.
                _ = write!(self.more, "({boxes} more)");
                &self.more
            }
            Frame::Function(function) => match self.known.get_mut(function as usize) {
                Some(known) => known.get_or_insert_with(|| label(functions, function)),
                None => "",
            },
        }
    }
}

fn label(functions: &Functions, function: FunctionId) -> String {
    let (name, file) = (functions.name(function), functions.file(function));
    let mut label = String::with_capacity(name.len() + file.len() + 12);
    let without_separator = |character| if character == ';' { ':' } else { character };
    label.extend(one_line(name).map(without_separator));
    label.push_str(" (");
    label.extend(one_line(file).map(without_separator));
    // Writing to a string cannot fail.
    _ = write!(label, ":{})", functions.line(function));
    label
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::profile::call_tree::{Certainty, MergedPart, NO_PARENT, NewBox};
    use proptest::prelude::*;

    /// A tree with a merged box and with names that formats must not take for their own.
    pub(in crate::export) fn example() -> (CallTree, Functions) {
        let mut functions = Functions::default();
        for (file, line, name) in [("app.py", 1, "run"), ("<a;b>", 2, "odd\nname")] {
            functions.file.push(functions.files.intern(file));
            functions.line.push(line);
            functions.name.push(functions.names.intern(name));
        }
        let new = |function, parent, self_time, calls| NewBox {
            function,
            parent,
            recursive: false,
            self_time,
            calls,
            certainty: Certainty::Estimated,
            low: 0.0,
            high: 2.0,
        };
        let boxes = [
            new(0, NO_PARENT, 0.0, 1.0),
            new(1, 0, 1.5, 1.0),
            new(MERGED, 0, 0.000_000_006, 12.0),
            new(1, NO_PARENT, 0.25, 1.0),
        ];
        let parts = [MergedPart { merged: 2, function: 1, self_time: 0.000_000_004, total_time: 0.0 }];
        (CallTree::with_merged(true, &boxes, &parts, Vec::new()), functions)
    }

    #[test]
    fn merged_boxes_keep_their_functions() {
        let (tree, _) = example();
        let mut stacks = Vec::new();
        each::<()>(&tree, |stack, seconds| {
            stacks.push((stack.to_vec(), format!("{:.3}", seconds * 1e9)));
            Ok(())
        })
        .unwrap();
        let (run, odd, more) = (Frame::Function(0), Frame::Function(1), Frame::More(12));
        assert_eq!(
            stacks,
            [
                (vec![run, odd], "1500000000.000".to_owned()),
                (vec![run, more, odd], "4.000".to_owned()),
                (vec![run, more], "2.000".to_owned()),
                (vec![odd], "250000000.000".to_owned()),
            ]
        );
    }

    #[test]
    fn recursive_calls_are_frames_as_on_the_stack() {
        let new = |function, parent, recursive| NewBox {
            function,
            parent,
            recursive,
            self_time: 1.0,
            calls: 1.0,
            certainty: Certainty::Estimated,
            low: 0.0,
            high: 9.0,
        };
        let boxes = [new(0, NO_PARENT, false), new(1, 0, false), new(0, 1, true), new(2, 1, false)];
        let tree = CallTree::new(true, &boxes);
        let mut stacks = Vec::new();
        each::<()>(&tree, |stack, _| {
            stacks.push(stack.to_vec());
            Ok(())
        })
        .unwrap();
        let [a, b, c] = [0, 1, 2].map(Frame::Function);
        assert_eq!(stacks, [vec![a], vec![a, b], vec![a, b, a], vec![a, b, c]]);
    }

    proptest! {
        #[test]
        fn whole_nanoseconds_add_up(times in proptest::collection::vec(0.0..1e-3_f64, 0..200)) {
            let mut rounding = Nanoseconds::default();
            let mut sum = 0;
            for &time in &times {
                let nanoseconds = rounding.next(time);
                prop_assert!((nanoseconds as f64 - time * 1e9).abs() <= 1.001);
                sum += nanoseconds;
            }
            let exact: f64 = times.iter().sum();
            prop_assert!((sum as f64 - exact * 1e9).abs() <= 0.501, "{sum} for {exact}");
        }
    }
}
