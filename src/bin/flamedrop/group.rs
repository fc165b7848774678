//! Many recordings: `flamedrop list` says what each took, `flamedrop merge` makes one of them.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flamedrop::brief::Brief;
use flamedrop::brief::order::{Column, order};
use flamedrop::document::{self, Document};
use flamedrop::findings::Settings;
use flamedrop::format::{self, UNKNOWN, Unit};
use flamedrop::import::{self, Kind};
use flamedrop::saved;
use flamedrop::share::{Keep, Strip};

use super::source::{self, Opened};
use super::table::{columns, one_line};
use super::{Lines, complain, read};

/// What to list.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Print everything, unrounded, as JSON.
    #[arg(long)]
    json: bool,
    /// How many recordings to list.
    #[arg(long, value_name = "ROWS", default_value_t = 50, conflicts_with = "json")]
    top: usize,
    /// Files, or folders of files.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

/// What to merge.
#[derive(Debug, clap::Args)]
pub struct Merge {
    /// The file to write: a document of Flamedrop, which every command and the page read.
    #[arg(short, long, value_name = "FILE", default_value = "merged.flamedrop")]
    output: PathBuf,
    /// Profiles, or folders of profiles.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

/// What is in files and folders. What is in folders and is no recording is left out, and counted.
struct Found {
    documents: Vec<Opened>,
    others: usize,
}

/// `output` is not in it: a second run would count the first one's.
fn find(files: &[PathBuf], output: Option<&Path>) -> Found {
    let output = output.and_then(|output| output.canonicalize().ok());
    let mut found = Found { documents: Vec::new(), others: 0 };
    for named in files {
        let is_folder = named.is_dir();
        let within = source::in_folders(std::slice::from_ref(named));
        let is_other = |path: &PathBuf| output.is_none() || path.canonicalize().ok() != output;
        let paths: Vec<PathBuf> = within.into_iter().map(|one| one.path).filter(is_other).collect();
        for opened in source::all(&paths, false) {
            let is_known = opened.source.as_ref().is_ok_and(|source| import::kind(source.as_ref()).is_some());
            if is_folder && !is_known {
                found.others += 1;
            } else {
                found.documents.push(opened);
            }
        }
    }
    found
}

/// Lists recordings, what took longest first; false if one cannot be read.
pub fn list(arguments: &List, out: &mut dyn Write) -> io::Result<bool> {
    let Found { documents, others } = find(&arguments.files, None);
    let lines = Lines { merge_lines: true, ..Lines::default() };
    // One at a time: of each only its line is kept.
    let briefs: Vec<(&str, Brief)> = documents
        .iter()
        .filter_map(|opened| Some((opened.label.as_str(), read(opened, &lines)?.0)))
        .map(|(label, document)| (label, Brief::of(&document)))
        .collect();
    let complete = briefs.len() == documents.len();
    let all: Vec<&Brief> = briefs.iter().map(|(_, brief)| brief).collect();
    let briefs: Vec<&(&str, Brief)> =
        order(&all, Column::Total, true).into_iter().map(|at| &briefs[at as usize]).collect();
    if arguments.json {
        let all: Vec<serde_json::Value> = briefs.iter().map(|(label, brief)| json(label, brief)).collect();
        serde_json::to_writer_pretty(&mut *out, &serde_json::json!({ "recordings": all, "others": others }))?;
        writeln!(out)?;
        return Ok(complete);
    }
    let mut rows: Vec<[String; 5]> = vec![[
        "total".to_owned(),
        "calls".to_owned(),
        "slowest own function".to_owned(),
        String::new(),
        "recording".to_owned(),
    ]];
    for (label, brief) in briefs.iter().take(arguments.top) {
        let (slowest, took) = match brief.slowest() {
            Some(one) => (one_line(&one.name), brief.unit.thousandths(one.time)),
            None => (String::new(), String::new()),
        };
        let name = match &brief.request {
            Some(request) => format!("{request}  ({label})"),
            None => (*label).to_owned(),
        };
        rows.push([
            brief.total.map_or_else(|| UNKNOWN.to_owned(), |total| brief.unit.text(total)),
            brief.count.map_or_else(|| UNKNOWN.to_owned(), |count| format::count(count as i64)),
            slowest,
            took,
            one_line(&name),
        ]);
    }
    if rows.len() > 1 {
        columns(&rows, out)?;
    }
    if briefs.len() > arguments.top {
        writeln!(out, "{} more", format::count((briefs.len() - arguments.top) as i64))?;
    }
    if others > 0 {
        let files = format::counted(others as i64, "file", "files");
        writeln!(out, "{files} in folders: no profile and no log")?;
    }
    Ok(complete)
}

fn json(label: &str, brief: &Brief) -> serde_json::Value {
    let kind = match brief.kind {
        Kind::Profile => "profile",
        Kind::Queries => "log",
        Kind::Schema => "schema",
        Kind::Requests => "requests",
    };
    let verdict = brief.verdict.as_ref();
    let slowest = brief
        .slowest()
        .map(|one| serde_json::json!({ "name": one.name, "place": one.place, "time": one.time / 1e3 }));
    let unit = if brief.kind == Kind::Profile { brief.unit } else { Unit::Seconds };
    serde_json::json!({
        "file": label,
        "name": brief.name,
        "request": brief.request,
        "kind": kind,
        "unit": unit.id(),
        "total": brief.total,
        "count": brief.count,
        "slowest_own": slowest,
        "findings": verdict.map(|verdict| verdict.findings),
        "first_finding": verdict.and_then(|verdict| verdict.first.as_deref()),
    })
}

/// Writes the sum of profiles; false if one cannot be read.
pub fn merge(arguments: &Merge, out: &mut dyn Write) -> io::Result<bool> {
    let lines = Lines { merge_lines: true, ..Lines::default() };
    let Found { documents, .. } = find(&arguments.files, Some(&arguments.output));
    let is_log = |opened: &&Opened| {
        opened.source.as_ref().is_ok_and(|source| {
            matches!(import::kind(source.as_ref()), Some(Kind::Queries | Kind::Schema | Kind::Requests))
        })
    };
    if let Some(log) = documents.iter().find(is_log) {
        complain(&log.label, "it is no profile: only profiles are merged");
        return Ok(false);
    }
    let read: Vec<Document> =
        documents.iter().filter_map(|opened| read(opened, &lines)).map(|(document, _)| document).collect();
    if read.len() < documents.len() {
        return Ok(false);
    }
    let merged = match document::merged(&read.iter().collect::<Vec<&Document>>()) {
        Ok(merged) => merged,
        Err(problem) => {
            eprintln!("flamedrop: {}", one_line(&problem));
            return Ok(false);
        }
    };
    let whole = Strip { literals: false, parameters: false, paths: false };
    let bytes = saved::write(&merged, &whole.in_words(), Keep::Everything, &Settings::default());
    std::fs::write(&arguments.output, bytes)?;
    writeln!(out, "{}: {}", arguments.output.display(), one_line(&merged.name))?;
    Ok(true)
}
