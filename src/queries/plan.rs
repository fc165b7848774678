//! Query plans as PostgreSQL prints them (`EXPLAIN`, `auto_explain`): a tree of nodes with estimates
//! and, where the statement ran, what it really took. MySQL's tree is spelt like it; the rows of MySQL,
//! MariaDB and SQLite are in [`rows`].
//! <https://www.postgresql.org/docs/current/using-explain.html>
//!
//! Text and JSON are read into a tree; XML and YAML are recognised and stay text.

mod json;
mod rows;
mod text;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A plan: nodes in depth-first order, parents before children.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The nodes; the first one is the root.
    pub nodes: Vec<Node>,
    /// Index of the node with the longest self time, if times are known.
    pub costliest: Option<u32>,
    /// What is said of the whole plan: planning time, triggers, JIT.
    pub notes: Vec<String>,
}

/// One step of a plan.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// How many nodes are above it.
    pub depth: u32,
    /// Index of the node above it; `None` for the root.
    pub parent: Option<u32>,
    /// What it is to the node above, if it is no plain input: `InitPlan 1`, `SubPlan 2`, `CTE totals`.
    pub role: Option<String>,
    /// What it does: `Index Scan`, `Hash Left Join`.
    pub name: String,
    /// The table, function or CTE it reads or writes, without quotes.
    pub relation: Option<String>,
    /// The index it uses.
    pub index: Option<String>,
    /// Rows the planner expected, each time it runs.
    pub estimated_rows: Option<f64>,
    /// The planner's cost of all of its rows, in its own unit.
    pub cost: Option<f64>,
    /// Rows it gave, each time it ran (a mean).
    pub rows: Option<f64>,
    /// How often it ran; 0 if never. `None` if the plan was not run.
    pub loops: Option<f64>,
    /// Milliseconds in it and below, all runs together. Below a Gather the mean of its processes, which
    /// run side by side.
    pub total: Option<f64>,
    /// Milliseconds in it alone.
    pub self_time: Option<f64>,
    /// Rows it read and threw away, each time it ran: `Rows Removed by Filter` and its kin.
    pub removed: Option<f64>,
    /// Blocks it and those below touched.
    pub buffers: Option<Buffers>,
    /// Everything else that is said of it, line by line: `Index Cond: (id = 1)`.
    pub details: Vec<String>,
}

/// Blocks (of 8 kB, as a rule) of shared buffers and of temporary files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buffers {
    /// Found in shared buffers.
    pub hit: u64,
    /// Read from the system.
    pub read: u64,
    /// Changed.
    pub dirtied: u64,
    /// Written by the statement itself.
    pub written: u64,
    /// Read from temporary files.
    pub temporary_read: u64,
    /// Written to temporary files.
    pub temporary_written: u64,
}

/// How a plan is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spelling {
    /// Indented lines.
    Text,
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// YAML.
    Yaml,
}

/// More nodes than these are not read: a plan of a thousand partitions has some thousands.
const MOST_NODES: usize = 100_000;

/// How `text` spells a plan. Anything that is none of the others is taken for text.
pub fn spelling(text: &str) -> Spelling {
    let text = text.trim_start();
    if text.starts_with(['{', '[']) {
        Spelling::Json
    } else if text.starts_with('<') {
        Spelling::Xml
    } else if text.starts_with("Query Text: \"") || text.starts_with("- Plan:") || text.starts_with("Plan:") {
        Spelling::Yaml
    } else {
        Spelling::Text
    }
}

/// Reads a plan in text or JSON, with or without the query's text before it; `None` if it is neither.
pub fn parse(plan: &str) -> Option<Plan> {
    let mut plan = match spelling(plan) {
        Spelling::Text => rows::parse(plan).or_else(|| text::parse(plan))?,
        Spelling::Json => json::parse(plan)?,
        Spelling::Xml | Spelling::Yaml => return None,
    };
    plan.settle();
    Some(plan)
}

/// Whether `text` is rows of SQLite, MySQL or MariaDB.
pub fn is_rows(text: &str) -> bool {
    rows::parse(text).is_some()
}

/// A plan in text from its first node on; `None` if there is no telling where that is.
pub fn without_query(plan: &str) -> Option<&str> {
    text::nodes(plan)
}

/// The query's text that auto_explain writes before the plan, in any of its four spellings.
pub fn query_text(plan: &[u8]) -> Option<Cow<'_, [u8]>> {
    let plan = plan.trim_ascii_start();
    if let Some(rest) = plan.strip_prefix(b"Query Text: ") {
        if rest.first() == Some(&b'"') {
            // YAML, which quotes as JSON does. Text of a query seldom begins with a quote.
            if let Some(text) = json::string(rest) {
                return Some(Cow::Owned(text.into_bytes()));
            }
        }
        return Some(Cow::Borrowed(text::before_the_first_node(rest)));
    }
    if plan.first() == Some(&b'{') {
        let rest = plan.get(1..)?.trim_ascii_start().strip_prefix(b"\"Query Text\":")?;
        return json::string(rest.trim_ascii_start()).map(|text| Cow::Owned(text.into_bytes()));
    }
    let begin = memchr::memmem::find(plan.get(..plan.len().min(300))?, b"<Query-Text>")? + 12;
    let rest = &plan[begin..];
    let end = memchr::memmem::find(rest, b"</Query-Text>")?;
    let mut text = String::from_utf8_lossy(&rest[..end]).into_owned();
    for (escape, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
        text = text.replace(escape, character);
    }
    Some(Cow::Owned(text.into_bytes()))
}

/// What a reader knows of a node's times before they are settled.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Actual {
    /// Milliseconds until all rows of one run were there.
    time: Option<f64>,
    rows: Option<f64>,
    loops: Option<f64>,
}

impl Node {
    fn set_actual(&mut self, actual: Actual) {
        self.rows = actual.rows;
        self.loops = actual.loops;
        self.total = match (actual.time, actual.loops) {
            (Some(time), Some(loops)) => Some(time * loops),
            _ => None,
        };
    }

    /// Adds a line about it; takes in what has a column of its own.
    fn add(&mut self, line: &str) {
        if let Some((name, value)) = line.split_once(": ")
            && name.starts_with("Rows Removed by ")
            && let Ok(rows) = value.trim().parse::<f64>()
        {
            *self.removed.get_or_insert(0.0) += rows;
            if name == "Rows Removed by Filter" {
                return;
            }
        }
        if let Some(buffers) = line.strip_prefix("Buffers: ") {
            self.buffers = Some(Buffers::read(buffers));
            return;
        }
        self.details.push(line.to_owned());
    }
}

impl Buffers {
    /// `shared hit=3 read=1, temp read=223 written=292`
    fn read(text: &str) -> Self {
        let mut buffers = Self::default();
        let mut kind = "";
        for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
            match word.split_once('=') {
                None => kind = word,
                Some((name, count)) => {
                    if let Ok(count) = count.parse() {
                        buffers.set(kind, name, count);
                    }
                }
            }
        }
        buffers
    }

    /// Takes in one number: `shared`, `hit`.
    fn set(&mut self, kind: &str, name: &str, count: u64) {
        let place = match (kind, name) {
            ("shared", "hit") => &mut self.hit,
            ("shared", "read") => &mut self.read,
            ("shared", "dirtied") => &mut self.dirtied,
            ("shared", "written") => &mut self.written,
            ("temp", "read") => &mut self.temporary_read,
            ("temp", "written") => &mut self.temporary_written,
            // Local buffers are those of temporary tables.
            (_, "hit") => &mut self.hit,
            (_, "read") => &mut self.read,
            _ => return,
        };
        *place = place.saturating_add(count);
    }
}

impl Plan {
    /// Works out total and self times, once all nodes are known.
    ///
    /// A node's time is that of one run, children included
    /// ([EXPLAIN](https://www.postgresql.org/docs/current/using-explain.html#USING-EXPLAIN-ANALYZE)).
    /// Runs below a Gather are those of all its processes: divided by their number, they take as long
    /// as the Gather waits. What a CTE takes is part of the CTE Scan that reads it first, not of the node
    /// it is printed below.
    fn settle(&mut self) {
        let count = self.nodes.len();
        // Processes each node runs in.
        let mut processes = vec![1.0_f64; count];
        for index in 0..count {
            let node = &self.nodes[index];
            let Some(parent) = node.parent.map(|parent| parent as usize) else { continue };
            let above = &self.nodes[parent];
            processes[index] = if above.name.starts_with("Gather") {
                let launched = above
                    .details
                    .iter()
                    .find_map(|line| line.strip_prefix("Workers Launched: ")?.trim().parse::<f64>().ok());
                launched.unwrap_or(0.0) + 1.0
            } else {
                processes[parent]
            };
            // A node that ran once ran in one of them only.
            if let (Some(loops), Some(total)) = (node.loops, node.total)
                && loops > 1.0
            {
                self.nodes[index].total = Some(total / processes[index].min(loops));
            }
        }
        let mut below = vec![0.0_f64; count];
        let mut of_cte: Vec<(String, f64)> = Vec::new();
        for node in &self.nodes {
            let (Some(parent), Some(total)) = (node.parent, node.total) else { continue };
            match node.role.as_deref().and_then(|role| role.strip_prefix("CTE ")) {
                Some(name) => of_cte.push((name.to_owned(), total)),
                None => below[parent as usize] += total,
            }
        }
        for (index, node) in self.nodes.iter_mut().enumerate() {
            if node.name.ends_with("CTE Scan")
                && let Some(relation) = &node.relation
                && let Some(at) = of_cte.iter().position(|(name, _)| name == relation)
            {
                below[index] += of_cte.swap_remove(at).1;
            }
            // Times are rounded to a microsecond, and those of many runs are means of it.
            node.self_time = node.total.map(|total| (total - below[index]).max(0.0));
        }
        let mut costliest: Option<(f64, u32)> = None;
        for (index, node) in self.nodes.iter().enumerate() {
            if let Some(time) = node.self_time
                && costliest.is_none_or(|(most, _)| time > most)
            {
                costliest = Some((time, index as u32));
            }
        }
        // None, if all are without any time.
        self.costliest = costliest.filter(|&(time, _)| time > 0.0).map(|(_, index)| index);
    }
}

#[cfg(test)]
mod tests;
