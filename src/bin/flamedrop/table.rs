//! `summary` for people: totals and the largest entries as a table.

use std::io::{self, Write};

use flamedrop::document::{Content, Document, Level};
use flamedrop::export::text;
use flamedrop::format::{self, TimeColumn};
use flamedrop::import;
use flamedrop::profile::Profile;
use flamedrop::queries::QueryLog;
use flamedrop::schema::Schema;

use super::{measured, requests};

/// Writes the totals of `document`, its first `rows` functions or queries and its diagnostics.
pub fn write(document: &Document, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}  ({})", one_line(&document.name), title(document))?;
    match &document.content {
        Content::Profile(profile) => profile_table(profile, rows, out)?,
        Content::Queries(log) => queries_table(log, rows, out)?,
        Content::Requests(log) => requests::write(log, rows, out)?,
        Content::Schema(schema) => schema_table(schema, rows, out)?,
    }
    for entry in document.diagnostics.entries() {
        let level = match entry.level {
            Level::Info => "note",
            Level::Warning => "warning",
        };
        write!(out, "{level}: {}", entry.message)?;
        if entry.count > 1 {
            write!(out, " ({} times)", format::count(entry.count as i64))?;
        }
        match &entry.first {
            Some(first) => writeln!(out, "; first: {}", one_line(first))?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}

/// The format as people say it; of a pstats file by another tool than cProfile, which tool that was.
fn title(document: &Document) -> String {
    match &document.content {
        Content::Profile(profile) if let Some(tool) = profile.functions.writer.other() => {
            format!("pstats by {tool}")
        }
        _ => import::by_id(document.format).map_or(document.format, |format| format.title()).to_owned(),
    }
}

/// Tables with their keys and indexes.
fn schema_table(schema: &Schema, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    let (columns, indexes) = schema.counts();
    writeln!(
        out,
        "{}, {}, {}",
        format::counted(schema.tables.len() as i64, "table", "tables"),
        format::counted(i64::from(columns), "column", "columns"),
        format::counted(i64::from(indexes), "index", "indexes")
    )?;
    for table in schema.tables.iter().take(rows) {
        let columns = format::counted(table.columns.len() as i64, "column", "columns");
        writeln!(out, "\n{}: {columns}", one_line(&table.name))?;
        for index in &table.indexes {
            let by = table.redundant().into_iter().find(|(one, _)| std::ptr::eq(*one, index));
            let note = by.map(|(_, by)| format!("  (superfluous: see {})", by.text())).unwrap_or_default();
            writeln!(out, "  {}", one_line(&format!("{}{note}", index.text())))?;
        }
    }
    Ok(())
}

/// pstats' columns, by self time.
fn profile_table(profile: &Profile, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    let functions = &profile.functions;
    if functions.is_empty() && (profile.line_table.is_some() || profile.series.is_some()) {
        return measured::write(profile, rows, out);
    }
    let total = profile.total();
    let timed = profile.has_times();
    match timed {
        true => write!(out, "{} in", profile.unit.text(total))?,
        false => write!(out, "no times, but")?,
    }
    if let Some(samples) = profile.samples() {
        write!(out, " {} of", format::counted(samples, "sample", "samples"))?;
    }
    if let Some(calls) = profile.calls() {
        write!(out, " {}", format::counted(calls, "call", "calls"))?;
        if let Some(primitive) = profile.primitive_calls().filter(|&primitive| primitive != calls) {
            write!(out, " ({} primitive)", format::count(primitive))?;
        }
        write!(out, " of")?;
    }
    writeln!(out, " {}", format::counted(functions.len() as i64, "function", "functions"))?;
    let labels = profile.recorded_tree.as_ref().map(|recorded| recorded.stacks.labels()).unwrap_or_default();
    if labels.len() > 1 {
        for (label, track) in labels.iter().zip(profile.tracks()) {
            writeln!(out, "  {}: {}", one_line(label), profile.unit.text(track.total()))?;
        }
    }
    measured::write(profile, rows, out)?;
    let mut order: Vec<u32> = (0..functions.len() as u32).collect();
    let self_time = |id: u32| functions.self_time[id as usize];
    let counts = |id: u32| functions.calls[id as usize];
    order.sort_by(|&a, &b| match timed {
        true => self_time(b).total_cmp(&self_time(a)),
        false => counts(b).cmp(&counts(a)),
    });
    order.truncate(rows);
    let largest = |times: &[f64]| order.iter().map(|&id| times[id as usize]).fold(0.0, f64::max);
    let selves = profile.unit.column(largest(&functions.self_time));
    let totals = profile.unit.column(largest(&functions.total_time));
    let mut lines: Vec<[String; 5]> = vec![[
        if functions.sampled { "samples" } else { "calls" }.to_owned(),
        format!("self {}", selves.unit.symbol()),
        "%".to_owned(),
        format!("total {}", totals.unit.symbol()),
        "function".to_owned(),
    ]];
    for &id in &order {
        let index = id as usize;
        // More than all, or less than nothing, is no share: the clock was set back.
        let share = self_time(id) / total;
        let share = if (0.0..=1.0 + 1e-6).contains(&share) { share } else { f64::NAN };
        let known = |text: String| if timed { text } else { format::UNKNOWN.to_owned() };
        let lasted = match functions.total_is_lost(id) {
            true => format!("≥ {}", totals.seconds(self_time(id))),
            false => totals.seconds(functions.total_time[index]),
        };
        lines.push([
            match functions.samples_of(id) {
                Some((own, all)) if own != all => format!("{}/{}", format::count(all), format::count(own)),
                Some((_, all)) => format::count(all),
                None => format::recursive_calls(functions.calls_of(id), functions.primitive_calls_of(id)),
            },
            known(selves.seconds(self_time(id))),
            format::percent_cell(share),
            known(lasted),
            one_line(&functions.place(id)),
        ]);
    }
    columns(&lines, out)
}

/// Fingerprints, by total time.
fn queries_table(log: &QueryLog, rows: usize, out: &mut dyn Write) -> io::Result<()> {
    let numbers = &log.numbers;
    let total: f64 = numbers.iter().map(|numbers| numbers.total).sum();
    let executions =
        format::counted(log.executions().try_into().unwrap_or(i64::MAX), "execution", "executions");
    let distinct = format::counted(numbers.len() as i64, "distinct query", "distinct queries");
    // What the log does not say is unknown, not nothing.
    match numbers.iter().any(|numbers| numbers.timed() > 0) {
        true => writeln!(out, "{} in {executions} of {distinct}", format::milliseconds(total))?,
        false => writeln!(out, "{executions} of {distinct}, without durations")?,
    }
    let attempts = (0..log.events.len()).filter(|&event| log.events.is_attempt(event)).count() as i64;
    if attempts > 0 {
        let failed = format::counted(attempts, "statement", "statements");
        writeln!(out, "{failed} failed beside these: the server logs no duration for them")?;
    }
    let events = log.events.totals();
    if !events.is_empty() {
        let events: Vec<String> = events.iter().map(|total| total.text()).collect();
        writeln!(out, "{}", events.join(", "))?;
    }
    if let Some(inferred) = &log.inferred {
        writeln!(out, "{}", one_line(inferred))?;
    }
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[b].by_weight(&numbers[a]));
    order.truncate(rows);
    let largest = order.iter().map(|&index| numbers[index].total).fold(0.0, f64::max);
    let slowest = order.iter().map(|&index| numbers[index].max).fold(0.0, f64::max);
    let (totals, singles) = (TimeColumn::for_milliseconds(largest), TimeColumn::for_milliseconds(slowest));
    let single = singles.unit.symbol();
    let mut lines: Vec<[String; 7]> = vec![[
        "calls".to_owned(),
        format!("total {}", totals.unit.symbol()),
        "%".to_owned(),
        format!("mean {single}"),
        format!("p95 {single}"),
        format!("max {single}"),
        "query".to_owned(),
    ]];
    for index in order {
        let numbers = &numbers[index];
        let known = |text: String| if numbers.timed() > 0 { text } else { format::UNKNOWN.to_owned() };
        lines.push([
            format::count(i64::from(numbers.calls)),
            known(totals.milliseconds(numbers.total)),
            known(format::percent_cell(if total > 0.0 { numbers.total / total } else { 0.0 })),
            known(singles.milliseconds(numbers.mean)),
            known(singles.milliseconds(numbers.p95)),
            known(singles.milliseconds(numbers.max)),
            shortened(&one_line(&log.fingerprints[index].text)),
        ]);
    }
    columns(&lines, out)
}

/// At most so many characters that a table stays one; `--json` has the whole text.
fn shortened(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Right-aligned columns, but for the last.
pub(crate) fn columns<const N: usize>(lines: &[[String; N]], out: &mut dyn Write) -> io::Result<()> {
    let mut widths = [0; N];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for line in lines {
        for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
            if column + 1 < N {
                write!(out, "{cell:>width$}  ")?;
            } else {
                writeln!(out, "{cell}")?;
            }
        }
    }
    Ok(())
}

/// A text without control characters: a file's names must not steer a terminal.
pub(crate) fn one_line(text: &str) -> String {
    text::one_line(text).collect()
}
