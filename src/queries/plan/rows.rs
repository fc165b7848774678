//! Plans as rows of numbers and names: SQLite's and, in the traditional form, MySQL's and MariaDB's.
//!
//! SQLite: `3 0 0 SEARCH t USING INDEX t_a (a=?)`, its id, its parent's, a number of no use
//! (<https://www.sqlite.org/eqp.html>). MySQL: `1 SIMPLE t ALL NULL NULL NULL NULL 2 Using where`, with a
//! line of column names in a slow log (`log_slow_verbosity=explain`), by position where django-silk joined
//! the values with blanks
//! (<https://dev.mysql.com/doc/refman/8.4/en/explain-output.html>,
//! <https://mariadb.com/kb/en/explain-in-the-slow-query-log/>).

use super::{MOST_NODES, Node, Plan};

/// What a plan of several rows without one above them is called.
const ROOT: &str = "Query plan";

/// Reads such rows; `None` if the text begins with anything else.
pub(super) fn parse(text: &str) -> Option<Plan> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).peekable();
    let first = *lines.peek()?;
    let root = Node { name: ROOT.to_owned(), ..Node::default() };
    let mut plan = Plan { nodes: vec![root], ..Plan::default() };
    if sqlite_row(first).is_some() {
        // Ids of rows so far, by index of their node.
        let mut ids: Vec<i64> = vec![0];
        for line in lines.take(MOST_NODES) {
            let Some((id, above, node)) = sqlite_row(line) else {
                plan.notes.push(line.to_owned());
                continue;
            };
            let above = ids.iter().rposition(|known| *known == above).unwrap_or(0);
            ids.push(id);
            add(&mut plan, above, node);
        }
        return Some(plan);
    }
    let names: Option<Vec<&str>> =
        first.starts_with("id\tselect_type\t").then(|| first.split('\t').collect());
    if names.is_some() {
        lines.next();
    } else {
        blank_row(first)?;
    }
    for line in lines.take(MOST_NODES) {
        let node = match &names {
            Some(names) => names_row(names, line),
            None => blank_row(line),
        };
        match node {
            Some(node) => add(&mut plan, 0, node),
            None => plan.notes.push(line.to_owned()),
        }
    }
    Some(plan)
}

fn add(plan: &mut Plan, above: usize, node: Node) {
    let depth = plan.nodes.get(above).map_or(0, |above| above.depth + 1);
    plan.nodes.push(Node { depth, parent: Some(above as u32), ..node });
}

/// A row of SQLite's: its id, its parent's, and what it says.
fn sqlite_row(line: &str) -> Option<(i64, i64, Node)> {
    let mut parts = line.splitn(4, ' ');
    let mut number = || parts.next()?.parse::<i64>().ok();
    let (id, above, _) = (number()?, number()?, number()?);
    let says = parts.next()?;
    let mut words = says.split(' ');
    let verb = words.next()?;
    if !verb.starts_with(|first: char| first.is_ascii_uppercase()) {
        return None;
    }
    let mut node = Node::default();
    if matches!(verb, "SCAN" | "SEARCH") {
        // Before 3.36 `SCAN TABLE t`.
        let relation = words.find(|word| !matches!(*word, "TABLE" | "SUBQUERY"));
        node.name = match says.contains("USING COVERING INDEX") {
            true => format!("{verb} (covering index)"),
            false => verb.to_owned(),
        };
        node.relation = relation.map(str::to_owned);
        let after = |mark: &str| says.split_once(mark)?.1.split(' ').next();
        node.index = after(" USING COVERING INDEX ").or_else(|| after(" USING INDEX ")).map(str::to_owned);
        if says.contains("INTEGER PRIMARY KEY") {
            node.index = Some("INTEGER PRIMARY KEY".to_owned());
        }
        if let Some((_, condition)) = says.split_once(" (") {
            node.details.push(format!("Condition: {}", condition.trim_end_matches(')')));
        }
    } else {
        says.clone_into(&mut node.name);
    }
    Some((id, above, node))
}

/// MySQL's words for how a table is read, as people say it.
fn access(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "ALL" => "Full table scan",
        "index" => "Full index scan",
        "range" => "Index range scan",
        "ref" | "ref_or_null" => "Index lookup",
        "eq_ref" => "Single-row index lookup",
        "const" | "system" => "Constant row",
        "fulltext" => "Full-text search",
        "hash_ALL" | "hash_index" => "Hash join",
        "index_merge" => "Index merge",
        "unique_subquery" | "index_subquery" => "Index lookup for a subquery",
        _ => return None,
    })
}

/// What MySQL calls parts of a statement, longest first.
const SELECTS: &[&str] = &[
    "DEPENDENT SUBQUERY",
    "DEPENDENT UNION",
    "DEPENDENT DERIVED",
    "UNCACHEABLE SUBQUERY",
    "UNCACHEABLE UNION",
    "UNION RESULT",
    "SIMPLE",
    "PRIMARY",
    "UNION",
    "SUBQUERY",
    "DERIVED",
    "LATERAL DERIVED",
    "MATERIALIZED",
    "INSERT",
    "UPDATE",
    "DELETE",
    "REPLACE",
];

const NOTHING: [&str; 3] = ["NULL", "None", ""];

/// A row of values below names, both apart by tabs.
fn names_row(names: &[&str], line: &str) -> Option<Node> {
    let values: Vec<&str> = line.split('\t').collect();
    let value = |name: &str| {
        let at = names.iter().position(|known| *known == name)?;
        values.get(at).copied().filter(|value| !NOTHING.contains(value))
    };
    let select = value("select_type")?;
    let mut node = Node {
        relation: value("table").map(str::to_owned),
        index: value("key").map(str::to_owned),
        estimated_rows: value("rows").and_then(|rows| rows.parse().ok()),
        rows: value("r_rows").and_then(|rows| rows.parse().ok()),
        ..Node::default()
    };
    let extra = value("Extra");
    named(&mut node, select, value("type"), extra);
    for (name, label) in [
        ("possible_keys", "Possible keys"),
        ("key_len", "Key length"),
        ("ref", "Compared with"),
        ("filtered", "Expected to pass, %"),
        ("r_filtered", "Passed, %"),
    ] {
        node.details.extend(value(name).map(|value| format!("{label}: {value}")));
    }
    node.details.extend(extra.map(|extra| format!("Extra: {extra}")));
    Some(node)
}

/// A row of values apart by blanks, of which only the first few and the table can be told.
fn blank_row(line: &str) -> Option<Node> {
    let (id, rest) = line.split_once(' ')?;
    if id.parse::<u32>().is_err() && id != "None" {
        return None;
    }
    let select = SELECTS.iter().find(|select| rest.starts_with(**select))?;
    let rest = rest.get(select.len()..)?.strip_prefix(' ')?;
    let mut words = rest.split(' ');
    let table = words.next().filter(|table| !NOTHING.contains(table));
    // In MySQL the partitions are in between.
    let kind = words.clone().take(2).find(|word| access(word).is_some());
    let mut node = Node { relation: table.map(str::to_owned), ..Node::default() };
    named(&mut node, select, kind, None);
    node.details.push(line.to_owned());
    Some(node)
}

fn named(node: &mut Node, select: &str, kind: Option<&str>, extra: Option<&str>) {
    let name = kind.and_then(access).or(kind).or(extra).unwrap_or("No table");
    name.clone_into(&mut node.name);
    node.role = (!matches!(select, "SIMPLE" | "PRIMARY")).then(|| select.to_owned());
}
