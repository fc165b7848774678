//! `flamedrop diff`: what a change did, for people, as JSON, and for CI.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flamedrop::document::{self, Content, Document};
use flamedrop::export::json;
use flamedrop::format::{self, UNKNOWN};
use flamedrop::import::{self, Kind};
use flamedrop::profile::compare::{Changed, Comparison, Numbers, Outline};

use super::source::{self, Opened};
use super::table::{columns, one_line};
use super::{Lines, complain, findings, read, requests, table};

/// The arguments.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print everything, unrounded, as JSON.
    #[arg(long)]
    json: bool,
    /// How many functions or queries to list.
    #[arg(long, value_name = "ROWS", default_value_t = 20, conflicts_with = "json")]
    top: usize,
    /// Compare functions by their times, or by their shares of all time: of runs that took different inputs.
    #[arg(long, value_enum, default_value_t = By::Time)]
    by: By,
    /// Exit with status 3 if what was recorded after takes this much longer in all, the profiler's own time included; where
    /// each side has several recordings, by more than chance.
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    fail_on: Option<f64>,
    /// The earlier files, then as many later ones; or two folders. `-` is standard input.
    #[arg(required = true, num_args = 2.., value_name = "BEFORE… AFTER…")]
    files: Vec<PathBuf>,
}

/// By what functions are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// As they are.
    Time,
    /// As shares of all time.
    Share,
}

/// `10%` or `10` as 0.1.
fn percent(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_end_matches('%').trim();
    match number.parse::<f64>() {
        Ok(percent) if percent >= 0.0 && percent.is_finite() => Ok(percent / 100.0),
        _ => Err(format!("{text} is not a percentage: 10%, say")),
    }
}

/// How it went.
pub struct Outcome {
    /// Whether every file could be read.
    pub complete: bool,
    /// Whether it takes longer than it may.
    pub failed: bool,
}

/// Compares the files.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Outcome> {
    let Some((before, after)) = sides(&arguments.files) else {
        eprintln!(
            "flamedrop: {} files are no recordings before and after a change: give as many of each, those before first, or two folders",
            arguments.files.len()
        );
        return Ok(Outcome { complete: false, failed: false });
    };
    if let ([before], [after]) = (before.as_slice(), after.as_slice())
        && let Some(complete) = statistics(before, after, arguments, out)?
    {
        return Ok(Outcome { complete, failed: false });
    }
    let Some((earlier, later)) = outlines(&before).zip(outlines(&after)) else {
        return Ok(Outcome { complete: false, failed: false });
    };
    const NOTHING: Outcome = Outcome { complete: false, failed: false };
    for (side, when) in [(&before, "before"), (&after, "after")] {
        if side.is_empty() {
            eprintln!("flamedrop: there is nothing that was recorded {when} the change");
            return Ok(NOTHING);
        }
        // What cannot be read is no time of 0.
        for opened in side {
            if let Err(problem) = opened.source.as_ref().map(|source| import::kind(source.as_ref())) {
                complain(&opened.label, problem);
                return Ok(NOTHING);
            }
        }
    }
    let comparison = match Comparison::new(&earlier, &later) {
        Ok(comparison) => Some(comparison),
        // Logs alone have no functions.
        Err(_) if earlier.is_empty() && later.is_empty() => None,
        Err(problem) => {
            eprintln!("flamedrop: {}", one_line(&problem));
            return Ok(NOTHING);
        }
    };
    let scale = comparison.as_ref().map_or(1.0, |comparison| match arguments.by {
        By::Time => 1.0,
        By::Share => comparison.by_share(),
    });
    let functions = comparison.as_ref().filter(|_| arguments.json).map(|all| functions_json(all, scale));
    let complete = findings::diff(&before, &after, functions, arguments.json, out)?;
    if let Some(comparison) = comparison.as_ref().filter(|_| !arguments.json) {
        write(comparison, scale, arguments.top, out)?;
    }
    let failed = match (arguments.fail_on, &comparison) {
        (Some(most), Some(comparison)) => takes_longer(comparison, most),
        _ => false,
    };
    Ok(Outcome { complete, failed })
}

/// Whether what was recorded after takes longer than it may, which is said on standard error.
fn takes_longer(comparison: &Comparison, most: f64) -> bool {
    let (before, after) = (comparison.before.total, comparison.after.total);
    let failed = comparison.clear != Some(false) && after > before * (1.0 + most);
    if failed {
        let more = match before > 0.0 {
            true => format!(": {:.1} % more", (after / before - 1.0) * 100.0),
            false => String::new(),
        };
        eprintln!(
            "flamedrop: the profile has {} before and {} after{more}, where {:.1} % are allowed",
            comparison.unit.text(before),
            comparison.unit.text(after),
            most * 100.0
        );
    }
    failed
}

/// What was recorded before, and what after.
fn sides(files: &[PathBuf]) -> Option<(Vec<Opened>, Vec<Opened>)> {
    let open = |files: &[PathBuf]| source::all(files, false);
    if let [before, after] = files {
        let side = |one: &Path| {
            let found = source::in_folders(&[one.to_owned()]);
            open(&found.into_iter().map(|found| found.path).collect::<Vec<PathBuf>>())
        };
        return Some((side(before), side(after)));
    }
    let (before, after) = files.split_at(files.len() / 2);
    (before.len() == after.len()).then(|| (open(before), open(after)))
}

/// Prints what lies between two states of a server's statistics, or two logs of requests, if they are such: whether that
/// can be said.
fn statistics(
    before: &Opened,
    after: &Opened,
    arguments: &Arguments,
    out: &mut dyn Write,
) -> io::Result<Option<bool>> {
    let is_log = |opened: &Opened| {
        let kind = opened.source.as_ref().ok().and_then(|source| import::kind(source.as_ref()));
        matches!(kind, Some(Kind::Queries | Kind::Requests))
    };
    if !is_log(before) && !is_log(after) {
        return Ok(None);
    }
    let whole = Lines::default();
    let (Some((first, _)), Some((second, source))) = (read(before, &whole), read(after, &whole)) else {
        return Ok(Some(false));
    };
    if let (Content::Requests(earlier), Content::Requests(later)) = (&first.content, &second.content) {
        requests::diff((&first.name, earlier), (&second.name, later), arguments.json, arguments.top, out)?;
        return Ok(Some(true));
    }
    let is_statistics = |document: &Document| match &document.content {
        Content::Queries(log) => log.statistics.is_some(),
        Content::Profile(_) | Content::Schema(_) | Content::Requests(_) => false,
    };
    if !is_statistics(&first) && !is_statistics(&second) {
        return Ok(None);
    }
    let document = match document::between(&first, &second) {
        Ok(document) => document,
        Err(problem) => {
            complain(&after.label, &problem);
            return Ok(Some(false));
        }
    };
    for note in document.diagnostics.entries() {
        let first = note.first.as_ref().map(|first| format!(", first of {first}")).unwrap_or_default();
        complain(&after.label, &format!("{} × {}{first}", note.count, note.message));
    }
    if arguments.json {
        json::write(&document, source.as_ref(), out)?;
        out.write_all(b"\n")?;
    } else {
        table::write(&document, arguments.top, out)?;
    }
    Ok(Some(true))
}

/// The profiles of a side; `None` if one cannot be read.
fn outlines(files: &[Opened]) -> Option<Vec<Outline>> {
    let lines = Lines { merge_lines: true, ..Lines::default() };
    let is_profile = |opened: &&Opened| {
        // What cannot be opened is complained of when it is read.
        opened.source.as_ref().map_or(true, |source| import::kind(source.as_ref()) == Some(Kind::Profile))
    };
    let mut outlines = Vec::new();
    for opened in files.iter().filter(is_profile) {
        let (document, _) = read(opened, &lines)?;
        if let Content::Profile(profile) = &document.content {
            // Of the command line's comparison only functions are printed.
            outlines.push(Outline::of(&document.name, profile, &Default::default()));
        }
    }
    Some(outlines)
}

/// Functions, by how much their self times changed.
fn write(comparison: &Comparison, scale: f64, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    let order: Vec<&Changed> = comparison
        .by_change(scale)
        .into_iter()
        .map(|at| &comparison.functions[at as usize])
        .filter(|one| one.self_change(scale) != 0.0 || one.calls_change().is_some_and(|change| change != 0.0))
        .take(rows)
        .collect();
    let count = |side: &[String]| format::counted(side.len() as i64, "recording", "recordings");
    writeln!(out)?;
    if comparison.before.names.len() + comparison.after.names.len() > 2 {
        let range = |side: &flamedrop::profile::compare::Side| {
            let (least, most) = side.range;
            if least == most {
                return comparison.unit.text(least);
            }
            format!("{} to {}", comparison.unit.text(least), comparison.unit.text(most))
        };
        let (before, after) = (&comparison.before, &comparison.after);
        writeln!(
            out,
            "{} before ({}), {} after ({}){}",
            count(&before.names),
            range(before),
            count(&after.names),
            range(after),
            match comparison.clear {
                Some(false) => ": the difference is not significant",
                Some(true) => ": the difference is significant",
                None => "",
            }
        )?;
    }
    if scale != 1.0 {
        writeln!(out, "Times before are multiplied by {scale:.3}: shares are compared.")?;
    }
    let (new, gone) = comparison.new_and_gone();
    if rows == 0 {
        return Ok(());
    }
    if order.is_empty() {
        return writeln!(out, "No function takes more or less time than before.");
    }
    writeln!(
        out,
        "Functions by change of self time; {} new, {} gone",
        format::count(new as i64),
        format::count(gone as i64)
    )?;
    let largest = |of: &dyn Fn(&Numbers) -> f64| {
        order
            .iter()
            .flat_map(|one| [one.before.as_ref().map(|side| of(side) * scale), one.after.as_ref().map(of)])
            .flatten()
            .fold(0.0, f64::max)
    };
    let selves = comparison.unit.column(largest(&|numbers| numbers.self_time));
    let totals = comparison.unit.column(largest(&|numbers| numbers.total_time));
    let mut lines: Vec<[String; 6]> = vec![[
        format!("change {}", selves.unit.symbol()),
        format!("self {}", selves.unit.symbol()),
        format!("total {}", totals.unit.symbol()),
        "calls".to_owned(),
        String::new(),
        "function".to_owned(),
    ]];
    for one in order {
        // Times of the earlier side are scaled, its calls are not.
        let times = |column: format::TimeColumn, of: fn(&Numbers) -> f64| {
            let before = one
                .before
                .as_ref()
                .map_or_else(|| UNKNOWN.to_owned(), |side| column.seconds(of(side) * scale));
            let after =
                one.after.as_ref().map_or_else(|| UNKNOWN.to_owned(), |side| column.seconds(of(side)));
            format!("{before} → {after}")
        };
        let calls = |side: &Option<Numbers>| {
            side.as_ref().and_then(|side| side.calls).map_or_else(|| UNKNOWN.to_owned(), format::calls)
        };
        let (before, after) = (calls(&one.before), calls(&one.after));
        let calls = if before == after { after } else { format!("{before} → {after}") };
        let change = one.self_change(scale);
        let sign = if change > 0.0 { "+" } else { "" };
        lines.push([
            format!("{sign}{}", selves.seconds(change)),
            times(selves, |numbers| numbers.self_time),
            times(totals, |numbers| numbers.total_time),
            calls,
            match (one.before.is_none(), one.after.is_none(), one.self_clear) {
                (_, _, Some(false)) => "not significant",
                (true, ..) => "new",
                (_, true, _) => "gone",
                _ => "",
            }
            .to_owned(),
            one_line(&format::pstats_place(&one.file, one.line, &one.name)),
        ]);
    }
    columns(&lines, out)
}

/// All functions of both sides.
fn functions_json(comparison: &Comparison, scale: f64) -> serde_json::Value {
    let numbers = |side: &Option<Numbers>| {
        side.as_ref().map(|side| {
            serde_json::json!({ "calls": side.calls, "self": side.self_time, "total": side.total_time })
        })
    };
    let function = |at: u32| {
        let one = &comparison.functions[at as usize];
        serde_json::json!({
            "file": one.file,
            "line": one.line,
            "name": one.name,
            "before": numbers(&one.before),
            "after": numbers(&one.after),
            "self_change": one.self_change(scale),
            "total_change": one.total_change(scale),
            "self_significant": one.self_clear,
            "total_significant": one.total_clear,
        })
    };
    let side = |side: &flamedrop::profile::compare::Side| serde_json::json!({ "files": side.names, "total": side.total, "least": side.range.0, "most": side.range.1 });
    serde_json::json!({
        "unit": comparison.unit.id(),
        "before": side(&comparison.before),
        "after": side(&comparison.after),
        "significant": comparison.clear,
        "scale": scale,
        "functions": comparison.by_change(scale).into_iter().map(function).collect::<Vec<_>>(),
    })
}
