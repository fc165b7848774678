//! An interactive SVG of the call tree, drawn by [inferno](https://github.com/jonhoo/inferno), the
//! port of <https://github.com/brendangregg/FlameGraph>: zoom, search, and nothing but one file.

use std::fmt::Write as _;
use std::io::{self, Write};

use inferno::flamegraph::color::MultiPalette;
use inferno::flamegraph::{Options, Palette, from_lines};

use super::stacks::{self, Labels, Nanoseconds};
use super::text::one_line;
use crate::profile::{CallTree, Functions, Unit};

/// Stays in the picture: its script and its looks are inferno's.
const NOTICE: &str = "written by Flamedrop. The script and the style in this file are those of inferno \
    (https://github.com/jonhoo/inferno), ported from FlameGraph (https://github.com/brendangregg/FlameGraph, \
    copyright 2016 Netflix, Inc., 2011 Joyent, Inc., 2011 Brendan Gregg). They are under the Common \
    Development and Distribution License (CDDL), version 1.0: https://opensource.org/license/cddl-1-0";

/// Writes `tree` under the title `name`. Boxes narrower than a hundredth of a percent are left out, as
/// inferno does.
///
/// # Errors
/// When `out` cannot be written, or when there is no time in the tree: that cannot be drawn.
pub fn write(
    name: &str,
    tree: &CallTree,
    functions: &Functions,
    unit: Unit,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut options = Options::default();
    options.title = one_line(name).collect();
    options.subtitle = tree.estimated.then(|| "stacks are estimated: the profile has none".to_owned());
    options.notes = NOTICE.to_owned();
    options.colors = Palette::Multi(MultiPalette::Python);
    // By name, so that the same profile gives the same picture.
    options.deterministic = true;
    // Weights are whole numbers there.
    if unit.is_time() {
        options.factor = 1e-3;
    }
    options.count_name = match unit {
        Unit::Seconds | Unit::CpuSeconds => "µs",
        Unit::Samples => "samples",
        Unit::Count => "count",
        Unit::Bytes => "bytes",
    }
    .to_owned();
    let lines = lines(tree, functions, unit);
    from_lines(&mut options, lines.iter().map(String::as_str), out)
}

/// Folded stacks with whole nanoseconds, samples or bytes.
fn lines(tree: &CallTree, functions: &Functions, unit: Unit) -> Vec<String> {
    let mut labels = Labels::new(functions);
    let mut rounding = Nanoseconds::default();
    let mut lines = Vec::new();
    // Nothing here fails.
    let _ = stacks::each::<()>(tree, |stack, seconds| {
        let weight = rounding.next(if unit.is_time() { seconds } else { seconds / 1e9 });
        if weight > 0 {
            let mut line = String::new();
            for (depth, &frame) in stack.iter().enumerate() {
                if depth > 0 {
                    line.push(';');
                }
                line.push_str(labels.get(frame));
            }
            let _ = write!(line, " {weight}");
            // What begins like this is a comment there.
            if line.trim_start().starts_with("# ") {
                line = line.replacen('#', "＃", 1);
            }
            lines.push(line);
        }
        Ok(())
    });
    lines
}
