//! Plans as JSON: `{"Query Text": "…", "Plan": {"Node Type": "Limit", …, "Plans": [{…}]}}`, alone or in
//! an array. Read with a stack of our own: a plan may be nested as deeply as its sender likes.

use super::{Actual, Buffers, MOST_NODES, Node, Plan};

/// A piece of JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    Open(u8),
    Close,
    /// With its quotes.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Word(&'a str),
}

struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | b':')) {
            self.at += 1;
        }
        let begin = self.at;
        match *bytes.get(begin)? {
            open @ (b'{' | b'[') => {
                self.at += 1;
                Some(Token::Open(open))
            }
            b'}' | b']' => {
                self.at += 1;
                Some(Token::Close)
            }
            b'"' => {
                self.at = begin + quoted(&bytes[begin..])?;
                self.text.get(begin..self.at).map(Token::Text)
            }
            _ => {
                let word = bytes[begin..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
                self.at = begin + word.count();
                let word = self.text.get(begin..self.at).filter(|word| !word.is_empty())?;
                Some(Token::Word(word))
            }
        }
    }
}

/// How long the string is that `text` begins with, quotes included.
fn quoted(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The string that `text` begins with.
pub(super) fn string(text: &[u8]) -> Option<String> {
    let text = text.get(..quoted(text)?)?;
    // Raw line ends and tabs are no JSON, but a log's own indentation may have put them there.
    let text = String::from_utf8_lossy(text);
    serde_json::from_str(&text).ok()
}

/// What one is in.
enum Frame {
    /// A node.
    Node(u32, Facts),
    /// The array of a node's inputs, or the one around the plan.
    Nodes(Option<u32>),
    /// The object around the plan.
    Around,
    /// Anything else: of a node, what it is called, and its texts.
    Other(Option<u32>, String, Vec<String>),
}

/// What is put together when a node is complete.
#[derive(Default)]
struct Facts {
    actual: Actual,
    buffers: Option<Buffers>,
    join: Option<String>,
    strategy: Option<String>,
    partial: Option<String>,
    parallel: bool,
    operation: Option<String>,
    backward: bool,
}

pub(super) fn parse(text: &str) -> Option<Plan> {
    let mut plan = Plan::default();
    let mut frames: Vec<Frame> = Vec::new();
    let mut key: Option<String> = None;
    for token in (Tokens { text, at: 0 }) {
        let in_object = matches!(frames.last(), Some(Frame::Node(..) | Frame::Around))
            || matches!(frames.last(), Some(Frame::Other(_, name, _)) if name.is_empty());
        match token {
            Token::Text(spelt) if in_object && key.is_none() => {
                key = Some(serde_json::from_str(spelt).ok()?);
            }
            Token::Text(spelt) => {
                let value: String = serde_json::from_str(spelt).ok()?;
                take(&mut plan, &mut frames, key.take(), &value);
            }
            Token::Word(word) => take(&mut plan, &mut frames, key.take(), word),
            Token::Open(open) => {
                let name = key.take().unwrap_or_default();
                let frame = match (frames.last(), open) {
                    (None, b'[') => Frame::Nodes(None),
                    (None | Some(Frame::Nodes(None)), b'{') => Frame::Around,
                    (Some(Frame::Around), b'{') if name == "Plan" => new_node(&mut plan, None)?,
                    (Some(Frame::Node(node, _)), b'[') if name == "Plans" => Frame::Nodes(Some(*node)),
                    (Some(Frame::Nodes(parent @ Some(_))), b'{') => new_node(&mut plan, *parent)?,
                    (Some(Frame::Node(node, _)), b'[') => Frame::Other(Some(*node), name, Vec::new()),
                    // Objects in what is read over have keys, too: an empty name says so.
                    (Some(_), b'{') => Frame::Other(None, String::new(), Vec::new()),
                    (Some(_), _) => Frame::Other(None, "[".to_owned(), Vec::new()),
                    _ => return None,
                };
                frames.push(frame);
            }
            Token::Close => {
                key = None;
                match frames.pop()? {
                    Frame::Node(index, facts) => finish(plan.nodes.get_mut(index as usize)?, facts),
                    Frame::Other(Some(node), name, texts) if !texts.is_empty() => {
                        let line = format!("{name}: {}", texts.join(", "));
                        plan.nodes.get_mut(node as usize)?.details.push(line);
                    }
                    _ => {}
                }
                if frames.is_empty() {
                    break;
                }
            }
        }
    }
    // A plan that was cut is read as far as it goes.
    while let Some(frame) = frames.pop() {
        if let Frame::Node(index, facts) = frame {
            finish(plan.nodes.get_mut(index as usize)?, facts);
        }
    }
    plan.nodes.first().is_some_and(|node| !node.name.is_empty()).then_some(plan)
}

fn new_node(plan: &mut Plan, parent: Option<u32>) -> Option<Frame> {
    let index = plan.nodes.len();
    if index >= MOST_NODES {
        return None;
    }
    let depth = parent.and_then(|parent| plan.nodes.get(parent as usize)).map_or(0, |above| above.depth + 1);
    plan.nodes.push(Node { parent, depth, ..Node::default() });
    Some(Frame::Node(index as u32, Facts::default()))
}

/// Takes in a plain value.
fn take(plan: &mut Plan, frames: &mut [Frame], key: Option<String>, value: &str) {
    match (frames.last_mut(), key) {
        (Some(Frame::Node(index, facts)), Some(key)) => {
            if let Some(node) = plan.nodes.get_mut(*index as usize) {
                property(node, facts, &key, value);
            }
        }
        (Some(Frame::Around), Some(key)) if key != "Query Text" => {
            let unit = if key.ends_with(" Time") { " ms" } else { "" };
            plan.notes.push(format!("{key}: {value}{unit}"));
        }
        (Some(Frame::Other(Some(_), _, texts)), _) => texts.push(value.to_owned()),
        _ => {}
    }
}

fn property(node: &mut Node, facts: &mut Facts, key: &str, value: &str) {
    let number = || value.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    let text = || Some(value.to_owned());
    match key {
        "Node Type" => node.name = value.to_owned(),
        "Relation Name" | "Function Name" | "CTE Name" | "Tuplestore Name" => node.relation = text(),
        "Alias" if node.relation.is_none() => node.relation = text(),
        "Index Name" => node.index = text(),
        "Join Type" => facts.join = text(),
        "Strategy" => facts.strategy = text(),
        "Partial Mode" => facts.partial = text(),
        "Operation" => facts.operation = text(),
        "Parallel Aware" => facts.parallel = value == "true",
        "Scan Direction" => facts.backward = value == "Backward",
        "Subplan Name" => node.role = Some(value.split(" (returns").next().unwrap_or(value).to_owned()),
        "Total Cost" => node.cost = number(),
        "Plan Rows" => node.estimated_rows = number(),
        "Actual Total Time" => {
            facts.actual.time = number();
        }
        "Actual Rows" => facts.actual.rows = number(),
        "Actual Loops" => facts.actual.loops = number(),
        "Alias"
        | "Schema"
        | "Startup Cost"
        | "Plan Width"
        | "Actual Startup Time"
        | "Parent Relationship"
        | "Async Capable"
        | "Inner Unique"
        | "Disabled" => {}
        _ => {
            if let Some((kind, name)) = key.strip_suffix(" Blocks").and_then(|key| key.split_once(' ')) {
                let count = value.parse().unwrap_or(0);
                let buffers = facts.buffers.get_or_insert_with(Buffers::default);
                buffers.set(&kind.to_ascii_lowercase(), &name.to_ascii_lowercase(), count);
            } else {
                node.add(&format!("{key}: {value}"));
            }
        }
    }
}

/// Names the node as the text format does, and settles its figures.
fn finish(node: &mut Node, facts: Facts) {
    node.set_actual(facts.actual);
    if let Some(buffers) = facts.buffers.filter(|buffers| *buffers != Buffers::default()) {
        node.buffers = Some(buffers);
    }
    let mut name = std::mem::take(&mut node.name);
    match name.as_str() {
        "Aggregate" => {
            name = match facts.strategy.as_deref() {
                Some("Sorted") => "GroupAggregate",
                Some("Hashed") => "HashAggregate",
                Some("Mixed") => "MixedAggregate",
                _ => "Aggregate",
            }
            .to_owned();
        }
        "ModifyTable" => name = facts.operation.clone().unwrap_or(name),
        "Bitmap Index Scan" => node.relation = None,
        _ => {}
    }
    if let Some(join) = facts.join.filter(|join| join != "Inner") {
        name = match name.strip_suffix(" Join") {
            Some(kind) => format!("{kind} {join} Join"),
            None => format!("{name} {join} Join"),
        };
    }
    if let Some(partial @ ("Partial" | "Finalize")) = facts.partial.as_deref() {
        name = format!("{partial} {name}");
    }
    if facts.backward {
        name.push_str(" Backward");
    }
    if facts.parallel {
        name = format!("Parallel {name}");
    }
    node.name = name;
}
