//! `flamedrop findings`: what to fix first, for people or as JSON.

use std::io::{self, Write};

use flamedrop::document::{Content, Document, Level};
use flamedrop::findings::changes::{Changes, is_corrected, time};
use flamedrop::findings::markdown::{confidence, saving, value};
use flamedrop::findings::together::{Source, together};
use flamedrop::findings::{self, Below, Digest, Finding, Report, Settings, Summary, Value, pairs};
use flamedrop::format::{self, Unit};
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
    report: Report,
}

/// What the findings of a file, or of a pair of files, are a part of.
struct Whole {
    files: Vec<String>,
    kinds: (bool, bool),
    summary: Summary,
    below: Option<Below>,
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
    let All { wholes, found, complete } = judge(files, settings);
    let failed = found.iter().any(|found| found.finding.all().any(|one| fail_on.contains(&one.rule)));
    if json {
        write_json(&wholes, &found, out)?;
    } else {
        write_text(&wholes, &found, out)?;
    }
    Ok(Outcome { complete, failed })
}

/// All that was found in some files.
struct All {
    wholes: Vec<Whole>,
    /// What matters most first.
    found: Vec<Found>,
    /// Whether every file could be read.
    complete: bool,
}

fn judge(files: &[Opened], settings: &Settings) -> All {
    let mut judged: Vec<Judged> = Vec::new();
    let mut found: Vec<Found> = Vec::new();
    let lines = super::Lines { merge_lines: true, ..super::Lines::default() };
    let mut complete = true;
    // What a schema says is asked of it before the first log is judged, wherever it stands.
    let mut settings = settings.clone();
    let is_schema = |file: &&Opened| {
        file.source.as_ref().is_ok_and(|source| import::kind(source.as_ref()) == Some(Kind::Schema))
    };
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
        judged.push(Judged { name: document.name.clone(), kind: kind(&document), report });
    }
    let mut wholes: Vec<Whole> = Vec::new();
    let pairs = partners(&judged);
    for &(profile, log) in &pairs {
        let (profile, log) = (&judged[profile], &judged[log]);
        let (Some(Digest::Profile(of_profile)), Some(Digest::Queries(of_log))) =
            (&profile.report.digest, &log.report.digest)
        else {
            continue;
        };
        let pair = findings::judge_pair(of_profile, of_log);
        let all = together(&profile.report, &log.report, &pair);
        let files = |source: Source| match source {
            Source::Profile => vec![profile.name.clone()],
            Source::Log => vec![log.name.clone()],
            Source::Both => vec![profile.name.clone(), log.name.clone()],
        };
        found.extend(
            all.findings.into_iter().map(|(finding, source)| Found { files: files(source), finding }),
        );
        wholes.push(Whole {
            files: files(Source::Both),
            kinds: (true, true),
            summary: all.summary,
            below: all.below,
        });
    }
    for (at, Judged { name, kind, report }) in judged.into_iter().enumerate() {
        if pairs.iter().any(|&(profile, log)| profile == at || log == at) {
            continue;
        }
        let files = vec![name];
        found.extend(report.findings.into_iter().map(|finding| Found { files: files.clone(), finding }));
        wholes.push(Whole {
            files,
            kinds: (kind == Kind::Profile, kind == Kind::Queries),
            summary: report.summary,
            below: report.below,
        });
    }
    found.sort_by(|a, b| findings::by_weight(&a.finding, &b.finding));
    All { wholes, found, complete }
}

/// What a change did: files recorded before it against files recorded after it; false if one cannot be read. Of several
/// recordings on a side the times are means, and findings are those of the first. As JSON with the `functions` that were
/// compared, if there are any.
pub fn diff(
    before: &[Opened],
    after: &[Opened],
    functions: Option<serde_json::Value>,
    json: bool,
    out: &mut dyn Write,
) -> io::Result<bool> {
    let settings = Settings::default();
    let (before, after) = (judge(before, &settings), judge(after, &settings));
    let complete = before.complete && after.complete;
    let findings = |all: All| -> (Vec<Finding>, Vec<Whole>) {
        // Of runs of the same each would have the same findings, each priced by chance.
        let first = all.wholes.first().map(|whole| whole.files.clone()).unwrap_or_default();
        let is_first = |found: &Found| found.files.iter().all(|file| first.contains(file));
        let found = all.found.into_iter().filter(is_first).map(|found| found.finding);
        (found.collect(), all.wholes)
    };
    let ((before, earlier), (after, later)) = (findings(before), findings(after));
    let changes = Changes::between(&before, &after);
    // Of a pair or a profile the time without the profiler.
    let took =
        |wholes: &[Whole]| time(wholes.iter().map(|whole| &whole.summary)) / wholes.len().max(1) as f64;
    let (from, to) = (took(&earlier), took(&later));
    let corrected = is_corrected(earlier.iter().chain(&later).map(|whole| &whole.summary));
    let unit = later.first().map_or(Unit::Seconds, |whole| whole.summary.unit);
    if json {
        let (of, per) = suffix(unit);
        let list = |all: &[&Finding]| all.iter().map(|one| finding_json(one)).collect::<serde_json::Value>();
        let left = |(before, after): &(&Finding, &Finding)| serde_json::json!({ "before": finding_json(before), "after": finding_json(after) });
        // Lines and curves have no total.
        let has_total = from > 0.0 || to > 0.0;
        let total = |amount: f64| has_total.then_some(amount * per);
        let all = serde_json::json!({
            (format!("before_{of}")): total(from),
            (format!("after_{of}")): total(to),
            (format!("saved_{of}")): total(from - to),
            (format!("predicted_{of}")): changes.predicted() * per,
            "gone": list(&changes.gone),
            "left": changes.left.iter().map(left).collect::<Vec<_>>(),
            "new": list(&changes.new),
            "compared": functions,
        });
        serde_json::to_writer_pretty(&mut *out, &all)?;
        writeln!(out)?;
        return Ok(complete);
    }
    writeln!(out, "{}", changes.sentence(from, to, unit, corrected))?;
    for (heading, all) in [("Gone", &changes.gone), ("New", &changes.new)] {
        if !all.is_empty() {
            writeln!(out, "\n{heading}:")?;
        }
        for finding in all {
            paragraph(&format!("{} ({})", finding.title, saving(finding)), out)?;
        }
    }
    if !changes.left.is_empty() {
        writeln!(out, "\nLeft:")?;
    }
    for (before, after) in &changes.left {
        paragraph(&format!("{} ({}; before: {})", after.title, saving(after), saving(before)), out)?;
    }
    Ok(complete)
}

fn kind(document: &Document) -> Kind {
    match document.content {
        Content::Profile(_) => Kind::Profile,
        Content::Queries(_) => Kind::Queries,
        Content::Schema(_) => Kind::Schema,
        Content::Requests(_) => Kind::Requests,
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

fn write_json(wholes: &[Whole], found: &[Found], out: &mut dyn Write) -> io::Result<()> {
    let findings: Vec<serde_json::Value> = found
        .iter()
        .map(|Found { files, finding }| {
            let mut object = finding_json(finding);
            object["files"] = files.as_slice().into();
            object["also"] = finding.also.iter().map(finding_json).collect();
            object
        })
        .collect();
    let summary: Vec<serde_json::Value> = wholes.iter().map(summary_json).collect();
    let below = |whole: &Whole| {
        let below = whole.below.as_ref()?;
        let (of, per) = suffix(whole.summary.unit);
        Some(serde_json::json!({
            "files": whole.files,
            "rule": (!below.rule.is_empty()).then_some(&below.rule),
            "title": below.title,
            (format!("saving_{of}")): below.saving * per,
            "saving_is": below.bound,
        }))
    };
    let below: Vec<serde_json::Value> = wholes.iter().filter_map(below).collect();
    let all = serde_json::json!({ "summary": summary, "findings": findings, "below": below });
    serde_json::to_writer_pretty(&mut *out, &all)?;
    writeln!(out)
}

/// A finding, without what other rules say of its cause.
fn finding_json(finding: &Finding) -> serde_json::Value {
    let (of, per) = suffix(finding.unit);
    let evidence: serde_json::Map<String, serde_json::Value> = (finding.evidence.iter())
        .map(|one| match (&one.value, one.key.strip_suffix("_ms")) {
            (Value::Milliseconds(amount), Some(key)) => (format!("{key}_{of}"), (amount * per).into()),
            (value, _) => (one.key.clone(), json(value)),
        })
        .collect();
    serde_json::json!({
        "rule": finding.rule,
        "title": finding.title,
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
}

/// How names of numbers in JSON end, and what thousandths of the unit are multiplied by there.
fn suffix(unit: Unit) -> (&'static str, f64) {
    if unit.is_time() { ("ms", 1.0) } else { (unit.id(), 1e-3) }
}

/// The whole of a file or a pair: what the bar, the curve and the request say.
fn summary_json(whole: &Whole) -> serde_json::Value {
    let Whole { files, kinds: (profile, log), summary, .. } = whole;
    let (of, per) = suffix(summary.unit);
    let layer = |&(layer, time): &(flamedrop::profile::Layer, f64)| {
        serde_json::json!({
            "layer": layer,
            (format!("total_{of}")): time * per,
            "share": if summary.total > 0.0 { (time / summary.total).clamp(0.0, 1.0) } else { 0.0 },
        })
    };
    serde_json::json!({
        "files": files,
        (format!("total_{of}")): summary.total * per,
        "layers": summary.layers.iter().map(layer).collect::<Vec<_>>(),
        "bottleneck": summary.bottleneck,
        "items": summary.items.count,
        "items_of_80_percent": summary.vital,
        "queries_of_80_percent": summary.vital_queries,
        "statements": summary.executions,
        "database_ms": summary.database_time,
        "requests": summary.requests,
        "captions": captions(summary, *profile, *log),
    })
}

/// What the bar of layers and the curve say, as sentences.
fn captions(summary: &Summary, profile: bool, log: bool) -> Vec<String> {
    let curve = (summary.items.total > 0.0).then(|| summary.vital_few(profile, log));
    summary.most().into_iter().chain(curve).collect()
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Count(count) => (*count).into(),
        Value::Milliseconds(number) | Value::Amount(number, _) | Value::Share(number) => (*number).into(),
        Value::Text(text) | Value::Sql(text) | Value::Place(text) => text.as_str().into(),
    }
}

fn write_text(wholes: &[Whole], found: &[Found], out: &mut dyn Write) -> io::Result<()> {
    let names: Vec<&str> = wholes.iter().flat_map(|one| &one.files).map(String::as_str).collect();
    // Rules look at profiles and at SQL; what a log of requests says is in its summary.
    let only_requests = wholes.iter().all(|whole| whole.kinds == (false, false));
    let count = match found.len() {
        0 if only_requests => {
            "no rule looks at logs of requests: flamedrop summary has their errors, routes and outages"
                .to_owned()
        }
        0 => "nothing stands out".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{} findings, what matters most first", format::count(count as i64)),
    };
    if !wholes.is_empty() {
        writeln!(out, "{}: {count}", one_line(&names.join(", ")))?;
    }
    for whole in wholes {
        picture(whole, out)?;
    }
    for (rank, Found { files, finding }) in found.iter().enumerate() {
        writeln!(out, "\n{}. {}", rank + 1, one_line(&finding.title))?;
        writeln!(
            out,
            "   {} · {} · confidence {} · {}",
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
        for also in &finding.also {
            writeln!(out)?;
            paragraph(&format!("Or: {}. {}", also.title, also.remedy), out)?;
            for line in also.code.lines() {
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

/// The whole picture of one file or pair, in a few lines.
fn picture(whole: &Whole, out: &mut dyn Write) -> io::Result<()> {
    let Whole { files, kinds: (profile, log), summary, below } = whole;
    let name = files.join(" + ");
    let share = |time: f64| format::percent((time / summary.total).clamp(0.0, 1.0));
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
    if summary.items.total > 0.0 {
        let total = summary.unit.thousandths(summary.total);
        paragraph(&format!("{name}: total {total}. {}", summary.vital_few(*profile, *log)), out)?;
    }
    if let Some(below) = below {
        paragraph(&format!("Below the thresholds: {}.", below.title), out)?;
    }
    Ok(())
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
