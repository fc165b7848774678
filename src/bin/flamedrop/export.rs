//! `flamedrop export`: a document in another tool's format, or one of its tables.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::ValueEnum;

use flamedrop::document::{Content, Document};
use flamedrop::export::table::{self, Form};
use flamedrop::export::{callgrind, flamegraph_svg, folded, speedscope};
use flamedrop::findings::{self, Finding, Settings};
use flamedrop::profile::imports::Imports;
use flamedrop::profile::matcher::Matcher;
use flamedrop::profile::{CallTree, Functions, LineTable, Profile};
use flamedrop::queries::{EventKind, QueryLog};

use super::{Lines, source};

/// What to write, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The format to write.
    #[arg(long = "as", value_name = "FORMAT")]
    format: Format,
    /// Which table csv, json and markdown write: functions of a profile, queries of an SQL log and routes
    /// of a log of requests, if not said otherwise.
    #[arg(long, value_name = "TABLE")]
    table: Option<Table>,
    /// Only rows of functions or queries that contain this: in the name, the file (`views.py:12`), the
    /// SQL, the tables, the finding.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// How many rows of the table to write.
    #[arg(long, value_name = "ROWS")]
    top: Option<usize>,
    /// How many boxes an estimated call tree may have.
    #[arg(long, value_name = "BOXES", default_value_t = 10_000)]
    boxes: usize,
    /// Without the frames of Python's import system: each module stands below the one that imported it. For
    /// folded, speedscope and flamegraph.
    #[arg(long)]
    hide_imports: bool,
    #[command(flatten)]
    lines: Lines,
    /// Of a saved page or an archive that holds several documents: the one to export.
    #[arg(long, value_name = "NAME")]
    document: Option<String>,
    /// The file to write, instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The file to read; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Apdex's threshold, ms: what New Relic begins with.
const APDEX: f64 = 500.0;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// `frame;frame;frame microseconds`, one line per stack of the (for pstats: estimated) call
    /// tree; for flamegraph.pl, inferno, speedscope.
    Folded,
    /// The call tree for https://www.speedscope.app.
    Speedscope,
    /// Functions and who called whom, nothing estimated; for KCachegrind, QCachegrind, gprof2dot.
    Callgrind,
    /// inferno's interactive SVG of the call tree, in one file.
    Flamegraph,
    /// A table for spreadsheets; no name in it is a formula.
    Csv,
    /// A table as an array of objects.
    Json,
    /// A table for an issue or a pull request.
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Table {
    /// Functions of a profile, by self time.
    Functions,
    /// Who called whom in a profile, by total time: callers and callees of the functions of --filter.
    Edges,
    /// Queries of a log, by total time.
    Queries,
    /// Routes of a log of requests, by total time.
    Routes,
    /// Single requests of such a log, slowest first; --filter looks at routes.
    Requests,
    /// Lines of code, the one with most of the first measure first: a row for each number of a line.
    Lines,
    /// What else a log says, in the order of the file: errors, waits for locks, temporary files, checkpoints, …;
    /// --filter looks at messages, kinds and queries.
    Events,
    /// What to fix first, in a profile or in a log.
    Findings,
}

/// Writes the export; false if the file cannot be read, or has not what the format needs.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<bool> {
    let label = arguments.file.display().to_string();
    let opened = source::one(&arguments.file, arguments.document.as_deref());
    let Some((document, _)) = super::read(&opened, &arguments.lines) else { return Ok(false) };
    let export = match Export::of(arguments, &document) {
        Ok(export) => export,
        Err(problem) => {
            super::complain(&label, problem);
            return Ok(false);
        }
    };
    match &arguments.output {
        None => export.write(&document.name, out)?,
        Some(path) => {
            let write = || {
                let mut file = BufWriter::new(File::create(path)?);
                export.write(&document.name, &mut file)?;
                file.flush()
            };
            if let Err(error) = write() {
                super::complain(&path.display().to_string(), &format!("cannot be written: {error}"));
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// What is written.
enum Export<'a> {
    Folded(&'a Profile, Cow<'a, CallTree>),
    Speedscope(&'a Profile, Cow<'a, CallTree>),
    Callgrind(&'a Profile),
    Flamegraph(&'a Profile, Cow<'a, CallTree>),
    Functions(&'a Profile, Vec<u32>, Form),
    Edges(&'a Profile, Vec<usize>, Form),
    Lines(&'a LineTable, Vec<(usize, usize)>, Form),
    Queries(&'a QueryLog, Vec<u32>, Form),
    Routes(&'a QueryLog, Vec<u32>, Form),
    Requests(&'a QueryLog, Vec<u32>, Form),
    Events(&'a QueryLog, Vec<u32>, Form),
    Findings(Vec<Finding>, Form),
}

impl<'a> Export<'a> {
    fn of(arguments: &Arguments, document: &'a Document) -> Result<Self, &'static str> {
        let form = match arguments.format {
            Format::Csv => Some(Form::Csv),
            Format::Json => Some(Form::Json),
            Format::Markdown => Some(Form::Markdown),
            Format::Folded | Format::Speedscope | Format::Callgrind | Format::Flamegraph => None,
        };
        let filter = arguments.filter.as_deref().unwrap_or_default();
        let top = arguments.top.unwrap_or(usize::MAX);
        let Some(form) = form else {
            if arguments.table.is_some() || arguments.filter.is_some() || arguments.top.is_some() {
                return Err("--table, --filter and --top go with --as csv, json or markdown.");
            }
            let profile = match &document.content {
                Content::Profile(profile) => profile,
                Content::Requests(_) => {
                    return Err(
                        "a log of requests has no call tree; export its routes as csv, json or markdown.",
                    );
                }
                Content::Queries(_) => {
                    return Err("an SQL log has no call tree; export it as csv, json or markdown.");
                }
                Content::Schema(_) => return Err("a schema has no call tree; see flamedrop summary --json."),
            };
            if arguments.hide_imports && matches!(arguments.format, Format::Callgrind) {
                return Err(NO_TREE);
            }
            if !profile.has_callers() {
                return Err(NO_CALLERS);
            }
            if profile.functions.is_empty() && (profile.line_table.is_some() || profile.series.is_some()) {
                return Err(NO_STACKS);
            }
            if !profile.has_times() {
                return Err(NO_TIMES);
            }
            let tree = || tree(profile, arguments);
            return Ok(match arguments.format {
                Format::Speedscope => Self::Speedscope(profile, tree()),
                Format::Callgrind => Self::Callgrind(profile),
                Format::Flamegraph => Self::Flamegraph(profile, tree()),
                _ => Self::Folded(profile, tree()),
            });
        };
        if arguments.hide_imports {
            return Err(NO_TREE);
        }
        if arguments.table == Some(Table::Findings) {
            let mut findings = findings::judge(document, &Settings::default()).findings;
            findings.retain(|finding| contains(&finding.title, filter) || contains(&finding.rule, filter));
            findings.truncate(top);
            return Ok(Self::Findings(findings, form));
        }
        match (&document.content, arguments.table) {
            (Content::Profile(profile), table)
                if table == Some(Table::Lines)
                    || (table.is_none() && profile.functions.is_empty() && profile.line_table.is_some()) =>
            {
                match &profile.line_table {
                    Some(table) => Ok(Self::Lines(table, numbers(table, filter, top), form)),
                    None => Err("the file has no numbers of lines."),
                }
            }
            (Content::Profile(profile), None) if profile.functions.is_empty() && profile.series.is_some() => {
                Err(
                    "the file has memory over time, of which there is no table; see flamedrop summary --json.",
                )
            }
            (Content::Profile(profile), None | Some(Table::Functions)) => {
                Ok(Self::Functions(profile, first(functions(profile, filter), top), form))
            }
            (Content::Profile(profile), Some(Table::Edges)) => {
                Ok(Self::Edges(profile, first(edges(profile, filter), top), form))
            }
            (Content::Queries(log), None | Some(Table::Queries)) => {
                Ok(Self::Queries(log, first(queries(log, filter), top), form))
            }
            (Content::Queries(log), Some(Table::Events)) => {
                Ok(Self::Events(log, first(events(log, filter), top), form))
            }
            (Content::Requests(log), None | Some(Table::Routes)) => {
                Ok(Self::Routes(log, first(queries(log, filter), top), form))
            }
            (Content::Requests(log), Some(Table::Requests)) => {
                Ok(Self::Requests(log, first(requests(log, filter), top), form))
            }
            (Content::Requests(_), _) => Err("a log of requests has the tables routes and requests."),
            (Content::Profile(_), _) => Err("a profile has the tables functions, edges, lines and findings."),
            (Content::Queries(_), _) => Err("an SQL log has the tables queries, events and findings."),
            (Content::Schema(_), _) => Err("a schema has no table to export; see flamedrop summary --json."),
        }
    }

    fn write(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Folded(profile, tree) => folded::write(tree, &profile.functions, profile.unit, out),
            Self::Speedscope(profile, tree) => speedscope::write(name, profile, tree, out),
            Self::Callgrind(profile) => callgrind::write(name, profile, out),
            Self::Flamegraph(profile, tree) => {
                flamegraph_svg::write(name, tree, &profile.functions, profile.unit, out)
            }
            Self::Functions(profile, order, form) => table::functions(profile, order, *form, out),
            Self::Edges(profile, order, form) => table::edges(profile, order, *form, out),
            Self::Lines(lines, order, form) => table::lines(lines, order, *form, out),
            Self::Routes(log, order, form) => table::routes(log, order, APDEX, *form, out),
            Self::Requests(log, order, form) => table::requests(log, order, *form, out),
            Self::Queries(log, order, form) => table::queries(log, order, *form, out),
            Self::Events(log, order, form) => table::events(log, order, *form, out),
            Self::Findings(findings, form) => {
                table::findings(&findings.iter().collect::<Vec<_>>(), *form, out)
            }
        }
    }
}

/// What is said where it is not known who called whom.
const NO_CALLERS: &str = "the file does not say who called whom, so there is no call tree; record it with callers \
                          (cProfile without subcalls=False, vprof -c c in place of p), or export it as csv, json or \
                          markdown.";

/// What is said where nothing took any time.
const NO_TIMES: &str = "the file has no times, so there is nothing to draw; its calls can be exported as csv, json or \
                        markdown.";

/// What is said of numbers of lines and of memory over time alone.
const NO_STACKS: &str = "the file has no stacks of functions, so there is nothing to draw; lines can be exported as csv, json \
                         or markdown.";

/// What is said where imports are to be hidden, and there is no tree.
const NO_TREE: &str =
    "--hide-imports goes with --as folded, speedscope or flamegraph: the others have no call tree.";

fn tree<'a>(profile: &'a Profile, arguments: &Arguments) -> Cow<'a, CallTree> {
    let tree = profile.tree(arguments.boxes);
    let hidden = arguments.hide_imports.then(|| Imports::of(profile).hidden(&tree)).flatten();
    hidden.map(|hidden| Cow::Owned(tree.without(&hidden))).unwrap_or(tree)
}

fn first<T>(mut rows: Vec<T>, top: usize) -> Vec<T> {
    rows.truncate(top);
    rows
}

fn contains(text: &str, filter: &str) -> bool {
    text.to_lowercase().contains(&filter.to_lowercase())
}

/// Largest self time first, or most calls where there are no times.
fn functions(profile: &Profile, filter: &str) -> Vec<u32> {
    let mut order = Matcher::new(&profile.functions, filter).matches();
    let Functions { self_time, calls, .. } = &profile.functions;
    let timed = profile.has_times();
    order.sort_by(|&a, &b| match timed {
        true => self_time[b as usize].total_cmp(&self_time[a as usize]),
        false => calls[b as usize].cmp(&calls[a as usize]),
    });
    order
}

/// Of lines with most of the first column each number: places of lines and columns.
fn numbers(table: &LineTable, filter: &str, top: usize) -> Vec<(usize, usize)> {
    let matches = |at: &usize| {
        let file = table.files.get(table.file[*at]);
        let place = flamedrop::format::line(file, i64::from(table.line[*at]));
        contains(file, filter)
            || contains(&place, filter)
            || table.function(*at).is_some_and(|name| contains(name, filter))
    };
    let mut lines: Vec<usize> = (0..table.len()).filter(matches).collect();
    let first = |at: usize| {
        let value = table.columns.first().map_or(0.0, |column| column.values[at]);
        if value.is_nan() { -1.0 } else { value }
    };
    lines.sort_by(|&one, &other| first(other).total_cmp(&first(one)));
    lines.truncate(top);
    let known = |at: usize| {
        let columns = 0..table.columns.len();
        columns
            .filter(move |&column| !table.columns[column].values[at].is_nan())
            .map(move |column| (at, column))
    };
    lines.into_iter().flat_map(known).collect()
}

/// Largest total time first.
fn edges(profile: &Profile, filter: &str) -> Vec<usize> {
    let edges = &profile.edges;
    let matcher = Matcher::new(&profile.functions, filter);
    let matches =
        |&edge: &usize| matcher.is_match(edges.caller[edge]) || matcher.is_match(edges.callee[edge]);
    let mut order: Vec<usize> = (0..edges.len()).filter(matches).collect();
    order.sort_by(|&a, &b| edges.total_time[b].total_cmp(&edges.total_time[a]));
    order
}

/// Largest total time first.
fn queries(log: &QueryLog, filter: &str) -> Vec<u32> {
    let matches = |&id: &u32| {
        let fingerprint = &log.fingerprints[id as usize];
        contains(&fingerprint.text, filter) || fingerprint.tables.iter().any(|table| contains(table, filter))
    };
    let mut order: Vec<u32> = (0..log.fingerprints.len() as u32).filter(matches).collect();
    order.sort_by(|&a, &b| log.numbers[b as usize].total.total_cmp(&log.numbers[a as usize].total));
    order
}

/// Slowest first, those whose duration is not known last; of those whose route fits.
fn requests(log: &QueryLog, filter: &str) -> Vec<u32> {
    let fits: Vec<bool> = log.fingerprints.iter().map(|route| contains(&route.text, filter)).collect();
    let statements = &log.statements;
    let mut order: Vec<u32> = (0..statements.len() as u32)
        .filter(|&at| fits.get(statements.fingerprint[at as usize] as usize) == Some(&true))
        .collect();
    let duration = |at: u32| statements.duration[at as usize].max(-1.0);
    order.sort_by(|&a, &b| duration(b).total_cmp(&duration(a)));
    order
}

/// Events of a log, without plans, in the order of the file.
fn events(log: &QueryLog, filter: &str) -> Vec<u32> {
    let events = &log.events;
    let matches = |&event: &u32| {
        let at = event as usize;
        events.kind[at] != EventKind::Plan
            && (contains(events.message(at), filter)
                || contains(&events.kind[at].key(), filter)
                || log.event_fingerprint(at).is_some_and(|it| contains(&it.text, filter)))
    };
    (0..events.len() as u32).filter(matches).collect()
}
