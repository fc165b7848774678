//! Plans without the values that conditions compare with; their nodes, rows and times stay.

use crate::queries::lexer::{Dialect, Lexer, TokenKind};
use crate::queries::plan::{self, Spelling};

/// Lines of a plan's text whose numbers are the plan's own.
const OWN: &[&str] = &[
    "Batches: ",
    "Buckets: ",
    "Buffers: ",
    "Disk Usage: ",
    "Execution ",
    "Full-sort Groups: ",
    "Functions: ",
    "Heap Blocks: ",
    "Heap Fetches: ",
    "Hits: ",
    "I/O Timings: ",
    "Index Searches: ",
    "JIT:",
    "Memory",
    "Options: ",
    "Peak Memory",
    "Planning",
    "Pre-sorted Groups: ",
    "Query Identifier: ",
    "Rows Removed by ",
    "Sort Method: ",
    "Storage: ",
    "Timing: ",
    "Total runtime",
    "Trigger ",
    "WAL: ",
    "Worker ",
    "Workers ",
];

/// Lines that name what a node is to the one above.
const ROLES: &[&str] = &["InitPlan ", "SubPlan ", "CTE "];

/// Keys of a plan in JSON whose texts are names, not expressions.
const NAMES: &[&str] = &[
    "Node Type",
    "Parent Relationship",
    "Relation Name",
    "Schema",
    "Alias",
    "Index Name",
    "CTE Name",
    "Subplan Name",
    "Function Name",
    "Join Type",
    "Scan Direction",
    "Strategy",
    "Partial Mode",
    "Operation",
    "Sort Method",
    "Sort Space Type",
    "Trigger Name",
    "Constraint Name",
    "Relation",
    "Command",
];

/// `text` with its values as `?` and without the query's text before it; `None` if it is spelt in a way
/// that is not read.
pub fn plan(text: &str) -> Option<String> {
    match plan::spelling(text) {
        Spelling::Xml | Spelling::Yaml => None,
        Spelling::Json => json(text),
        // SQLite and MySQL's rows name no values.
        Spelling::Text if plan::is_rows(text) => Some(text.to_owned()),
        Spelling::Text => {
            let nodes = plan::without_query(text)?;
            Some(whole_lines(nodes).iter().map(|text| line(text)).collect::<Vec<_>>().join("\n"))
        }
    }
}

/// The lines of a plan, those that a literal with a line end in it is on put together.
fn whole_lines(nodes: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut open = false;
    for line in nodes.lines() {
        match lines.last_mut().filter(|_| open) {
            Some(last) => {
                last.push('\n');
                last.push_str(line);
            }
            None => lines.push(line.to_owned()),
        }
        // A quote within a literal is doubled.
        open ^= line.bytes().filter(|&byte| byte == b'\'').count() % 2 == 1;
    }
    lines
}

fn line(line: &str) -> String {
    let content = line.trim_start();
    let starts = |with: &[&str]| with.iter().any(|start| content.starts_with(start));
    if starts(OWN) || starts(ROLES) && !content.contains(['\'', ':']) {
        return line.to_owned();
    }
    let figures = ["  (cost=", "  (actual ", "  (never "].iter().filter_map(|mark| line.find(mark)).min();
    let (says, figures) = line.split_at(figures.unwrap_or(line.len()));
    expression(says) + figures
}

/// An expression of SQL with its literals as `?`.
fn expression(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    for token in Lexer::new(text.as_bytes(), Dialect::PostgreSql) {
        masked.push_str(match token.kind {
            TokenKind::String | TokenKind::Number => "?",
            TokenKind::Comment => "",
            _ => text.get(token.range()).unwrap_or_default(),
        });
    }
    masked
}

fn json(text: &str) -> Option<String> {
    let mut value: serde_json::Value = serde_json::from_str(text.trim()).ok()?;
    // With its own stack: a plan may be nested as deep as its reader allows.
    let mut open: Vec<(Option<String>, &mut serde_json::Value)> = vec![(None, &mut value)];
    while let Some((key, value)) = open.pop() {
        match value {
            serde_json::Value::String(text) => {
                let key = key.as_deref().unwrap_or_default();
                if key == "Query Text" || key == "Query Parameters" {
                    text.clear();
                } else if !NAMES.contains(&key) {
                    *text = expression(text);
                }
            }
            serde_json::Value::Array(values) => {
                open.extend(values.iter_mut().map(|value| (key.clone(), value)));
            }
            serde_json::Value::Object(values) => {
                open.extend(values.iter_mut().map(|(key, value)| (Some(key.clone()), value)));
            }
            _ => {}
        }
    }
    serde_json::to_string_pretty(&value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_and_figures_stay() {
        let text = "Query Text: SELECT 'zq' FROM t\n\tQuery Parameters: $1 = 'zq'\n\t\
            Limit  (cost=0.00..8.50 rows=1 width=16) (actual time=0.5..0.6 rows=1 loops=1)\n\t  \
            Buffers: shared hit=3 read=1\n\t  InitPlan 1 (returns $0)\n\t    \
            ->  Result  (cost=0.00..0.01 rows=1 width=4) (never executed)\n\t  \
            ->  Index Scan using \"t_7\" on t  (cost=0.29..8.30 rows=1 width=38) (actual time=0.1..0.2 rows=1 loops=1)\n\t        \
            Index Cond: ((a = 731) AND (\"b 2\" = 'zq'::text))\n\t        Rows Removed by Filter: 12\n\t\
            Planning Time: 0.100 ms";
        let masked = plan(text).expect("a plan");
        insta::assert_snapshot!(masked);
        let read = |text: &str| plan::parse(text).expect("a plan");
        let (mut whole, less) = (read(text), read(&masked));
        for (node, other) in whole.nodes.iter_mut().zip(&less.nodes) {
            node.details.clone_from(&other.details);
        }
        assert_eq!(whole, less);
    }

    #[test]
    fn a_value_of_several_lines_goes_as_a_whole() {
        let text = "Seq Scan on t  (cost=0.00..8.50 rows=1 width=16)\n  \
            Filter: ((a = 'one\nzq ''two'' zq\nthree'::text) AND (b = 5))\n  ->  Result  (cost=0.00..0.01 rows=1 width=4)";
        let expected = "Seq Scan on t  (cost=0.00..8.50 rows=1 width=16)\n  \
            Filter: ((a = ?::text) AND (b = ?))\n  ->  Result  (cost=0.00..0.01 rows=1 width=4)";
        assert_eq!(plan(text).as_deref(), Some(expected));
    }

    #[test]
    fn in_json() {
        let text = r#"{"Query Text": "SELECT 'zq'", "Plan": {"Node Type": "Seq Scan", "Relation Name": "t_7",
            "Plan Rows": 5, "Filter": "(a = 731)", "Output": ["a", "'zq'::text"],
            "Plans": [{"Node Type": "Result", "Plan Rows": 1}]}}"#;
        insta::assert_snapshot!(plan(text).expect("a plan"));
        assert_eq!(plan("<explain><Query-Text>SELECT 'zq'</Query-Text></explain>"), None);
        assert_eq!(plan("{\"Query Text\": \"SELECT 'zq"), None);
        assert_eq!(plan("2 0 0 SCAN t").as_deref(), Some("2 0 0 SCAN t"));
    }
}
