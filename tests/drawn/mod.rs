//! Inputs drawn as text, so that a test reads like the picture it checks.

use flamedrop::profile::Layer;
use flamedrop::protocol::{FunctionRow, TimelineColumns, Tree};
use flamedrop::queries::Operation;

/// A call tree out of stacks standing side by side, each a column of one second:
///
/// ```text
/// main main main
/// view view draw
/// sql
/// ```
///
/// Neighbouring columns with the same name under the same parent are one box. A name ending in `?`
/// is estimated; its first letter says the category (`o`wn, `d`atabase, `t`emplates, `n`etwork,
/// `p`ython, else a library). A name that stands below itself is the time of recursive calls.
pub fn tree(drawn: &str) -> Tree {
    let rows: Vec<Vec<&str>> = drawn
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|row| !row.is_empty())
        .collect();
    let columns = rows.first().map_or(0, Vec::len);
    let mut tree = Tree { total: columns as f64, ..Tree::default() };
    // The boxes of the column before, from the root on.
    let mut open: Vec<u32> = Vec::new();
    for column in 0..columns {
        let stack = rows.iter().map_while(|row| row.get(column).copied().filter(|&name| name != "."));
        let mut shared = true;
        let mut depth = 0;
        for name in stack {
            let (bare, estimated) = name.strip_suffix('?').map_or((name, false), |bare| (bare, true));
            shared = shared
                && open.get(depth).is_some_and(|&index| {
                    tree.functions[tree.function[index as usize] as usize].name == bare
                });
            if !shared {
                open.truncate(depth);
                let function = function(&mut tree, bare);
                open.push(tree.function.len() as u32);
                tree.function.push(function);
                tree.parent.push(depth.checked_sub(1).map_or(u32::MAX, |parent| open[parent]));
                tree.depth.push(depth as u32);
                tree.end.push(0);
                let above = &open[..depth];
                tree.recursive.push(above.iter().any(|&index| tree.function[index as usize] == function));
                tree.self_time.push(0.0);
                tree.total_time.push(0.0);
                tree.calls.push(1.0);
                tree.certainty.push(u8::from(estimated));
                tree.estimated |= estimated;
            }
            depth += 1;
        }
        open.truncate(depth);
        for &index in &open {
            tree.total_time[index as usize] += 1.0;
        }
        if let Some(&leaf) = open.last() {
            tree.self_time[leaf as usize] += 1.0;
        }
    }
    for index in 0..tree.function.len() {
        let depth = tree.depth[index];
        let end = tree.depth[index + 1..].iter().position(|&other| other <= depth);
        tree.end[index] = end.map_or(tree.function.len(), |end| index + 1 + end) as u32;
    }
    tree
}

fn function(tree: &mut Tree, name: &str) -> u32 {
    if let Some(known) = tree.functions.iter().position(|row| row.name == name) {
        return known as u32;
    }
    let layer = match name.as_bytes().first() {
        Some(b'o') => Layer::Own,
        Some(b'd') => Layer::Database,
        Some(b't') => Layer::Templates,
        Some(b'n') => Layer::Network,
        Some(b'p') => Layer::Python,
        _ => Layer::Library,
    };
    let number = tree.functions.len() as u32;
    tree.functions.push(FunctionRow {
        // Ids of the profile differ from places in the tree's list, as they do in a real one.
        function: 100 + number,
        file: format!("/srv/shop/{name}.py"),
        line: 10 + i64::from(number),
        name: name.to_owned(),
        layer,
        calls: Some(1),
        primitive_calls: Some(1),
        samples: None,
        self_time: 0.0,
        total_time: 0.0,
        outermost: 0.0,
        is_least: false,
    });
    number
}

/// Statements on lanes, a line each, a character for every millisecond. A letter begins a statement
/// that lasts for the `=` after it; upper case failed. `s`elect, `i`nsert, `u`pdate, `d`elete,
/// `t`ransaction. Lines with the same name are one lane.
///
/// ```text
/// one: s== s=  u
/// two:  i====
/// ```
pub fn timeline(drawn: &str) -> TimelineColumns {
    let mut columns = TimelineColumns {
        texts: ["SELECT 1", "INSERT INTO t", "UPDATE t", "DELETE FROM t", "COMMIT"].map(str::to_owned).into(),
        operations: vec![
            Operation::Select,
            Operation::Insert,
            Operation::Update,
            Operation::Delete,
            Operation::Transaction,
        ],
        ..TimelineColumns::default()
    };
    let mut lanes: Vec<(&str, Vec<Drawn>)> = Vec::new();
    for line in drawn.lines() {
        let Some((name, line)) = line.split_once(':') else { continue };
        let name = name.trim();
        if lanes.last().is_none_or(|(last, _)| *last != name) {
            lanes.push((name, Vec::new()));
        }
        let Some((_, statements)) = lanes.last_mut() else { continue };
        for (start, letter) in line.char_indices() {
            if letter.is_alphabetic() {
                let length = 1 + line[start + 1..].chars().take_while(|&next| next == '=').count();
                statements.push((start as f64, length as f32, letter));
            }
        }
    }
    columns.first.push(0);
    for (name, mut statements) in lanes {
        statements.sort_by(|one, other| one.0.total_cmp(&other.0));
        columns.lanes.push(name.to_owned());
        for (start, duration, letter) in statements {
            columns.statement.push(columns.start.len() as u32);
            columns.start.push(start);
            columns.duration.push(duration);
            let kinds = ['s', 'i', 'u', 'd', 't'];
            let kind = kinds.iter().position(|&kind| kind == letter.to_ascii_lowercase());
            columns.fingerprint.push(kind.unwrap_or(0) as u32);
            columns.failed.push(u8::from(letter.is_uppercase()));
            columns.length = columns.length.max(start + f64::from(duration));
        }
        columns.first.push(columns.start.len() as u32);
    }
    columns
}

/// Start, duration, letter.
type Drawn = (f64, f32, char);
