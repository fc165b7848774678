//! A finding as the text of an issue.

use std::fmt::Write as _;

use super::{Bound, CATALOGUE, Confidence, Finding, Value};
use crate::format;
use crate::text::{one_line, turns_direction};

/// What a fix is worth, in words: `saves ≈ 48 ms of 50 ms`, `could save up to 48 ms of 50 ms`; where that is all of it,
/// `could save up to 48 ms`.
pub fn saving(finding: &Finding) -> String {
    if finding.at_stake <= 0.0 {
        return "saves a time that the log does not tell".to_owned();
    }
    let of = finding.unit.thousandths(finding.at_stake);
    let saving = finding.unit.thousandths(finding.saving);
    match finding.bound {
        Bound::Estimate => format!("saves ≈ {saving} of {of}"),
        Bound::AtMost if saving == of => format!("could save up to {saving}"),
        Bound::AtMost => format!("could save up to {saving} of {of}"),
    }
}

/// A confidence in words.
pub fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

/// A value as text.
pub fn value(value: &Value) -> String {
    match value {
        Value::Count(count) => format::count(i64::try_from(*count).unwrap_or(i64::MAX)),
        Value::Milliseconds(time) => format::milliseconds(*time),
        Value::Amount(amount, unit) => unit.text(*amount),
        Value::Share(share) => format::percent(*share),
        Value::Text(text) | Value::Sql(text) | Value::Place(text) => text.clone(),
    }
}

/// `finding` as Markdown: a heading, the numbers, the remedy, the doubts. Names and SQL are in code
/// spans and blocks that they cannot end.
pub fn issue(finding: &Finding) -> String {
    let rule = CATALOGUE.iter().find(|about| about.id == finding.rule).map_or("", |about| about.title);
    let mut text = format!("# {}\n\n", escaped(&finding.title));
    let _ = writeln!(
        text,
        "{} (confidence: {}). {}\n",
        format::capitalised(&saving(finding)),
        confidence(finding.confidence),
        escaped(&finding.computed),
    );
    text += "## Evidence\n\n";
    for evidence in &finding.evidence {
        match &evidence.value {
            Value::Sql(sql) => {
                let _ = writeln!(text, "- {}:\n\n{}\n", escaped(&evidence.label), block(sql, "sql", "  "));
            }
            Value::Place(place) => {
                let _ = writeln!(text, "- {}: {}", escaped(&evidence.label), span(place));
            }
            other => {
                let _ = writeln!(text, "- {}: {}", escaped(&evidence.label), escaped(&value(other)));
            }
        }
    }
    let _ = writeln!(text, "\n## Remedy\n\n{}", escaped(&finding.remedy));
    if !finding.code.is_empty() {
        let _ = writeln!(text, "\n{}", block(&finding.code, "python", ""));
    }
    for also in &finding.also {
        let _ = writeln!(text, "\nOr: {}. {}", escaped(&also.title), escaped(&also.remedy));
        if !also.code.is_empty() {
            let _ = writeln!(text, "\n{}", block(&also.code, "python", ""));
        }
    }
    let _ = writeln!(text, "\n## When this is wrong\n\n{}", escaped(&finding.doubts));
    let _ = writeln!(text, "\n*Found by Flamedrop: {rule} (`{}`)*", finding.rule);
    text
}

/// Text in which nothing is markup, in one line.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in one_line(text) {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&') {
            escaped.push('\\');
        }
        escaped.push(if turns_direction(letter) { char::REPLACEMENT_CHARACTER } else { letter });
    }
    escaped
}

/// More backticks than the text has in a row.
fn fence(text: &str, least: usize) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(least))
}

/// Code within a line.
pub(crate) fn span(text: &str) -> String {
    let fence = fence(text, 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    let line: String = one_line(text)
        .map(|letter| if turns_direction(letter) { char::REPLACEMENT_CHARACTER } else { letter })
        .collect();
    format!("{fence}{pad}{line}{pad}{fence}")
}

fn block(text: &str, language: &str, indent: &str) -> String {
    let fence = fence(text, 3);
    let mut block = format!("{indent}{fence}{language}\n");
    for line in text.lines() {
        let _ = writeln!(block, "{indent}{line}");
    }
    block + indent + &fence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Evidence;

    #[test]
    fn nothing_in_a_finding_is_markup() {
        let finding = Finding {
            unit: crate::format::Unit::Seconds,
            rule: "n-plus-one".into(),
            key: String::new(),
            title: "GET /<img onerror=x>/ asks _twice_\n# no heading".into(),
            at_stake: 50.0,
            saving: 48.0,
            bound: Bound::Estimate,
            computed: "2 * 24 ms.".into(),
            evidence: vec![
                Evidence::new("executions", "Executions", Value::Count(1234)),
                Evidence::new("query", "The query", Value::Sql("SELECT '```'\nFROM `t`".into())),
                Evidence::new("place", "The line", Value::Place("a`b.py:1(<lambda>)".into())),
            ],
            remedy: "Use [prefetch](x).".into(),
            code: "a = 1\nb = \"```\"".into(),
            confidence: Confidence::High,
            doubts: "None.".into(),
            also: Vec::new(),
            price: None,
        };
        insta::assert_snapshot!(issue(&finding));
    }
}
