//! `flamedrop findings`: what to fix first, for people or as JSON.

use std::io::{self, Write};

use flamedrop::document::{Content, Document, Level};
use flamedrop::findings::markdown::{confidence, saving, value};
use flamedrop::findings::{self, Digest, Finding, Settings, Summary, Value, pairs};
use flamedrop::format;
use flamedrop::import::{self, Kind};

use super::source::Opened;
use super::table::one_line;

/// A finding and the files it is from.
struct Found {
    files: Vec<String>,
    finding: Finding,
}

/// A file that was judged.
struct Judged {
    name: String,
    kind: Kind,
    digest: Option<Digest>,
    summary: Summary,
}

/// How it went.
pub struct Outcome {
    /// Whether every file could be read.
    pub complete: bool,
    /// Whether a rule that must not find anything did.
    pub failed: bool,
}

/// Judges all files that can be read; pairs of them together.
pub fn run(
    files: &[Opened],
    settings: &Settings,
    json: bool,
    fail_on: &[String],
    out: &mut dyn Write,
) -> io::Result<Outcome> {
    let mut judged: Vec<Judged> = Vec::new();
    let mut found: Vec<Found> = Vec::new();
    let lines = super::Lines { merge_lines: true, ..super::Lines::default() };
    let mut complete = true;
    // What a schema says is asked of it before the first log is judged, wherever it stands.
    let mut settings = settings.clone();
    let is_schema =
        |file: &&Opened| file.source.as_ref().is_ok_and(|source| import::is_schema(source.as_ref()));
    let (schemas, logs): (Vec<&Opened>, Vec<&Opened>) = files.iter().partition(is_schema);
    for file in schemas {
        match super::read(file, &lines).map(|(document, _)| document) {
            Some(Document { content: Content::Schema(schema), .. }) => settings.add_schema(&schema),
            other => complete &= other.is_some(),
        }
    }
    // One at a time: of each only the digest is kept. Findings are about functions, not lines.
    for file in logs {
        let Some((document, _)) = super::read(file, &lines) else {
            complete = false;
            continue;
        };
        for note in document.diagnostics.entries().iter().filter(|note| note.level == Level::Warning) {
            super::complain(&file.label, &note.message);
        }
        let report = findings::judge(&document, &settings);
        let name = document.name.clone();
        found.extend(report.findings.into_iter().map(|finding| Found { files: vec![name.clone()], finding }));
        judged.push(Judged { name, kind: kind(&document), digest: report.digest, summary: report.summary });
    }
    for (profile, log) in partners(&judged) {
        let (Some(Digest::Profile(of_profile)), Some(Digest::Queries(of_log))) =
            (&judged[profile].digest, &judged[log].digest)
        else {
            continue;
        };
        let files = vec![judged[profile].name.clone(), judged[log].name.clone()];
        let report = findings::judge_pair(of_profile, of_log, &settings);
        found.extend(report.findings.into_iter().map(|finding| Found { files: files.clone(), finding }));
    }
    found.sort_by(|a, b| findings::by_weight(&a.finding, &b.finding));
    let failed = found.iter().any(|found| fail_on.contains(&found.finding.rule));
    if json {
        write_json(&found, out)?;
    } else {
        write_text(&judged, &found, out)?;
    }
    Ok(Outcome { complete, failed })
}

fn kind(document: &Document) -> Kind {
    match document.content {
        Content::Profile(_) => Kind::Profile,
        Content::Queries(_) => Kind::Queries,
        Content::Schema(_) => Kind::Schema,
    }
}

/// Profiles and logs that belong together, `(profile, log)`: by their names, or because there is just
/// one of each.
fn partners(judged: &[Judged]) -> Vec<(usize, usize)> {
    if let [first, second] = judged
        && first.kind != second.kind
    {
        return if first.kind == Kind::Profile { vec![(0, 1)] } else { vec![(1, 0)] };
    }
    let documents: Vec<(&str, Kind)> = judged.iter().map(|one| (one.name.as_str(), one.kind)).collect();
    pairs::by_stem(&documents)
        .into_iter()
        .enumerate()
        .filter(|(one, _)| judged[*one].kind == Kind::Profile)
        .filter_map(|(profile, log)| Some((profile, log?)))
        .collect()
}

fn write_json(found: &[Found], out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<serde_json::Value> = found
        .iter()
        .map(|Found { files, finding }| {
            let evidence: serde_json::Map<String, serde_json::Value> =
                finding.evidence.iter().map(|one| (one.key.clone(), json(&one.value))).collect();
            let unit = finding.unit;
            let (of, per) = if unit.is_time() { ("ms", 1.0) } else { (unit.id(), 1e-3) };
            serde_json::json!({
                "rule": finding.rule,
                "title": finding.title,
                "files": files,
                (format!("saving_{of}")): finding.saving * per,
                "saving_is": finding.bound,
                (format!("at_stake_{of}")): finding.at_stake * per,
                "confidence": finding.confidence,
                "computed": finding.computed,
                "evidence": evidence,
                "remedy": finding.remedy,
                "code": finding.code,
                "doubts": finding.doubts,
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &serde_json::json!({ "findings": findings }))?;
    writeln!(out)
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Count(count) => (*count).into(),
        Value::Milliseconds(number) | Value::Amount(number, _) | Value::Share(number) => (*number).into(),
        Value::Text(text) | Value::Sql(text) | Value::Place(text) => text.as_str().into(),
    }
}

fn write_text(judged: &[Judged], found: &[Found], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&str> = judged.iter().map(|one| one.name.as_str()).collect();
    let count = match found.len() {
        0 => "nothing stands out".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{} findings, what matters most first", format::count(count as i64)),
    };
    if !judged.is_empty() {
        writeln!(out, "{}: {count}", one_line(&names.join(", ")))?;
    }
    for Judged { name, summary, .. } in judged {
        picture(name, summary, out)?;
    }
    for (rank, Found { files, finding }) in found.iter().enumerate() {
        writeln!(out, "\n{}. {}", rank + 1, one_line(&finding.title))?;
        writeln!(
            out,
            "   {} · saves {} · confidence {} · {}",
            finding.rule,
            saving(finding),
            confidence(finding.confidence),
            one_line(&files.join(" + ")),
        )?;
        writeln!(out)?;
        for evidence in &finding.evidence {
            writeln!(out, "   {}: {}", evidence.label, one_line(&value(&evidence.value)))?;
        }
        writeln!(out)?;
        paragraph(&finding.remedy, out)?;
        if !finding.code.is_empty() {
            writeln!(out)?;
            for line in finding.code.lines() {
                writeln!(out, "       {}", one_line(line))?;
            }
        }
        writeln!(out)?;
        paragraph(&format!("Saving: {}", finding.computed), out)?;
        paragraph(&format!("Wrong if: {}", finding.doubts), out)?;
    }
    Ok(())
}

/// Layers below this share are not named.
const LEAST: f64 = 0.01;

/// The whole picture of one file, in two lines.
fn picture(name: &str, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    let share = |time: f64| format::percent(time / summary.total);
    if summary.total <= 0.0 {
        return Ok(());
    }
    let layers: Vec<String> = summary
        .layers
        .iter()
        .filter(|(_, time)| *time >= LEAST * summary.total)
        .map(|(layer, time)| format!("{} {}", layer.name(), share(*time)))
        .collect();
    writeln!(out)?;
    if !layers.is_empty() {
        paragraph(&format!("{name}: {}.", layers.join(", ")), out)?;
    }
    let (what, many) = match layers.is_empty() {
        true => ("queries", summary.items.count),
        false => ("functions", summary.items.count),
    };
    paragraph(
        &format!(
            "{name}: {} of {} {what} {} 80 % of {}.",
            format::count(i64::from(summary.vital)),
            format::count(i64::from(many)),
            if summary.vital == 1 { "makes" } else { "make" },
            summary.unit.thousandths(summary.total)
        ),
        out,
    )
}

/// Columns of a paragraph.
const WIDTH: usize = 96;

fn paragraph(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut line = String::from("  ");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH && line.len() > 2 {
            writeln!(out, "{line}")?;
            line = String::from("  ");
        }
        line.push(' ');
        line.push_str(&one_line(word));
    }
    writeln!(out, "{line}")
}
