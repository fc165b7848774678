//! Plans as indented lines: `  ->  Seq Scan on t  (cost=0.00..35.50 rows=2550 width=4) (actual …)`.

use super::{Actual, MOST_NODES, Node, Plan};

/// A query's text up to the line of the plan's first node.
pub(super) fn before_the_first_node(text: &[u8]) -> &[u8] {
    let find = |needle: &[u8]| memchr::memmem::find(text, needle);
    let node = [find(b"  (cost="), find(b"  (actual ")].into_iter().flatten().min();
    let end = node.unwrap_or(text.len());
    // Without costs and times the first node is told by nothing but its line: leave it in.
    let end = match node {
        Some(_) => text[..end].iter().rposition(|&byte| byte == b'\n').unwrap_or(end),
        None => end,
    };
    let parameters = memchr::memmem::rfind(&text[..end], b"\nQuery Parameters: ")
        .or_else(|| memchr::memmem::rfind(&text[..end], b"\n\tQuery Parameters: "));
    &text[..parameters.unwrap_or(end)]
}

/// One open node: how far its name is indented.
struct Open {
    indent: usize,
    node: u32,
}

/// The plan without the query's text before it.
pub(super) fn nodes(text: &str) -> Option<&str> {
    let Some(rest) = text.trim_start().strip_prefix("Query Text: ") else { return Some(text) };
    let skip = before_the_first_node(rest.as_bytes()).len();
    let rest = rest.get(skip..)?.trim_start_matches('\n');
    // Its parameters may be of several lines: the plan begins with its first node.
    let node = rest.find("  (cost=").or_else(|| rest.find("  (actual "))?;
    let line = rest.get(..node)?.rfind('\n').map_or(0, |at| at + 1);
    rest.get(line..)
}

pub(super) fn parse(text: &str) -> Option<Plan> {
    let text = nodes(text)?;
    let mut plan = Plan::default();
    let mut open: Vec<Open> = Vec::new();
    let mut role: Option<(usize, String)> = None;
    for line in text.lines() {
        let line = line.trim_end();
        let content = line.trim_start();
        if content.is_empty() {
            continue;
        }
        let indent = line.len() - content.len();
        let arrow = content.strip_prefix("->").map(|rest| rest.trim_start());
        let body = arrow.unwrap_or(content);
        let figures =
            body.find("  (cost=").or_else(|| body.find("  (actual ")).or_else(|| body.find("  (never "));
        let is_node = arrow.is_some()
            || figures.is_some() && plan.nodes.is_empty()
            || role.is_some() && figures.is_some();
        if is_node {
            if plan.nodes.len() >= MOST_NODES {
                return None;
            }
            while open.last().is_some_and(|open| open.indent >= indent) {
                open.pop();
            }
            let parent = open.last().map(|open| open.node);
            if parent.is_none() && !plan.nodes.is_empty() {
                // A second root: another plan follows, of another statement.
                return Some(plan);
            }
            let mut node = node(body, figures);
            node.parent = parent;
            node.depth =
                parent.and_then(|parent| plan.nodes.get(parent as usize)).map_or(0, |above| above.depth + 1);
            node.role = role.take().map(|(_, role)| role);
            open.push(Open { indent, node: plan.nodes.len() as u32 });
            plan.nodes.push(node);
            continue;
        }
        let Some(root) = open.first() else {
            // What stands before the first node is no plan.
            return None;
        };
        if indent <= root.indent && is_note(content) {
            plan.notes.push(content.to_owned());
        } else if !plan.notes.is_empty() {
            // Below a note: the figures of JIT, of a trigger.
            plan.notes.push(content.to_owned());
        } else if is_role(content) {
            role = Some((indent, content.split(" (returns").next().unwrap_or(content).to_owned()));
        } else if let Some(node) = open.last().and_then(|open| plan.nodes.get_mut(open.node as usize)) {
            node.add(content);
        }
    }
    (!plan.nodes.is_empty()).then_some(plan)
}

/// What is said below the whole tree.
fn is_note(line: &str) -> bool {
    [
        "Planning",
        "Execution Time",
        "Execution time",
        "Total runtime",
        "JIT:",
        "Trigger ",
        "Query Identifier",
        "Settings:",
        "Serialization:",
    ]
    .iter()
    .any(|name| line.starts_with(name))
}

/// What a node is to the one above it, on a line of its own.
fn is_role(line: &str) -> bool {
    let numbered = |word: &str| {
        line.strip_prefix(word).is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    // `CTE totals`, but not a property's `CTE Name: …`.
    numbered("InitPlan ") || numbered("SubPlan ") || line.starts_with("CTE ") && !line.contains(": ")
}

/// `Index Scan using t_pkey on t  (cost=0.29..8.30 rows=1 width=38) (actual time=0.016..0.023 rows=1
/// loops=1)`
fn node(body: &str, figures: Option<usize>) -> Node {
    let (head, figures) = body.split_at(figures.unwrap_or(body.len()));
    let mut node = Node::default();
    named(head.trim(), &mut node);
    let mut actual = Actual::default();
    for part in figures.split('(').skip(1) {
        let part = part.split(')').next().unwrap_or_default();
        if part == "never executed" {
            actual.loops = Some(0.0);
            actual.time = Some(0.0);
            continue;
        }
        let is_actual = part.starts_with("actual ");
        for word in part.split(' ') {
            let Some((name, value)) = word.split_once('=') else { continue };
            let last = value.rsplit("..").next().unwrap_or_default();
            let number = last.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
            match (name, is_actual) {
                ("cost", _) => node.cost = number,
                ("time", true) => actual.time = number,
                ("rows", true) => actual.rows = number,
                ("rows", false) => node.estimated_rows = number,
                ("loops", true) => actual.loops = number,
                _ => {}
            }
        }
    }
    node.set_actual(actual);
    node
}

/// The name of a node and what it works on.
fn named(head: &str, node: &mut Node) {
    let (head, relation) = match head.split_once(" on ") {
        Some((head, relation)) => (head, Some(relation)),
        None => (head, None),
    };
    let (name, index) = match head.split_once(" using ") {
        Some((name, index)) => (name, Some(index)),
        None => (head, None),
    };
    node.name = name.to_owned();
    // MySQL names the table first: `Index lookup on t using t_a (a=1)`.
    let index = index.or_else(|| relation?.split_once(" using ")?.1.split(" (").next());
    node.index = index.map(unquoted);
    let relation = relation.map(first_name);
    if name == "Bitmap Index Scan" {
        node.index = relation;
    } else {
        node.relation = relation;
    }
}

/// `public.t` of `public.t t1`; `my table` of `"my table" x`.
fn first_name(text: &str) -> String {
    let mut quoted = false;
    let end = text.find(|character: char| {
        if character == '"' {
            quoted = !quoted;
        }
        character == ' ' && !quoted
    });
    unquoted(&text[..end.unwrap_or(text.len())])
}

fn unquoted(name: &str) -> String {
    name.replace('"', "")
}
