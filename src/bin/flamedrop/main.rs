//! Flamedrop on the command line: the same library as the page, for terminals and CI.

mod browser;
mod diff;
mod export;
mod findings;
mod group;
mod jobs;
mod measured;
mod open;
mod page;
mod publish;
mod recordings;
mod report;
mod requests;
mod run;
#[cfg(feature = "embed")]
mod site;
mod source;
mod table;
mod temporary;
mod watch;

use std::env;
use std::io::{self, BufWriter, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use flamedrop::document::{Content, Document};
use flamedrop::export::json;
use flamedrop::findings::{CATALOGUE, Settings};
use flamedrop::import;
use flamedrop::input::Source;
use flamedrop::profile::lines;

use self::source::Opened;

const EXAMPLES: &str = "\
Examples:
  flamedrop run app.py                       Record a script and open it
  flamedrop open app.prof app.sql.jsonl      Open recordings in the browser
  flamedrop summary app.prof db.log          Print the functions and queries that took longest
  flamedrop findings app.prof app.sql.jsonl  Say what to fix first, by both together
  flamedrop findings --fail-on n-plus-one,duplicates app.sql.jsonl
  flamedrop summary --json app.prof | jq '.documents[0].functions | max_by(.self)'
  flamedrop export --as folded app.prof | inferno-flamegraph > app.svg
  flamedrop report app.prof app.sql.jsonl -o report.html";

/// See where the time of a Python program and its SQL went.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the numbers of profiles and SQL logs.
    ///
    /// Formats are recognised by content, whatever the file is called. gzip and zstd are unwrapped, each
    /// file in a ZIP or tar archive is one of its own, and the parts of a rotated log (app.log, app.log.1,
    /// app.log.2.gz) are read as one log. A file that cannot be read is reported on standard error, the
    /// others are still printed, and the exit status is 1.
    Summary {
        /// Print everything, unrounded, as JSON.
        #[arg(long)]
        json: bool,
        /// How many functions or queries to list.
        #[arg(long, value_name = "ROWS", default_value_t = 20, conflicts_with = "json")]
        top: usize,
        #[command(flatten)]
        lines: Lines,
        #[command(flatten)]
        files: Files,
    },
    /// Say what to fix first, and what it would save.
    ///
    /// Each profile and each log is judged by itself; a profile and a log that belong together also as a
    /// pair: those whose names differ only in their endings (app.prof, app.sql.jsonl), or the only two
    /// that are given. A database's schema among the files (pg_dump --schema-only) tells the logs' findings
    /// which indexes there are.
    ///
    /// The exit status is 3 if a rule of --fail-on found something, 1 if a file could not be read.
    Findings {
        /// Print everything, unrounded, as JSON.
        #[arg(long)]
        json: bool,
        /// Exit with status 3 if one of these rules finds something.
        #[arg(long, value_name = "RULE,…", value_delimiter = ',', value_parser = rules())]
        fail_on: Vec<String>,
        /// Set a threshold: n-plus-one.executions=10.
        #[arg(long, value_name = "RULE.THRESHOLD=VALUE", value_parser = threshold)]
        set: Vec<(String, f64)>,
        #[command(flatten)]
        files: Files,
    },
    /// Print what a change did, or what happened between two states of a server's statistics.
    ///
    /// Of recordings before and after a change (a profile each, a log each, or a profile and a log each, those
    /// before first): which findings are gone, left and new, what was saved beside what was predicted, and which
    /// functions take more or less than before, wherever they are by now. Several profiles on a side are runs of the same:
    /// their spread says what is significant. Of two logs
    /// of requests: what became of each route, with chance told apart. Of two
    /// exports of pg_stat_statements, or two of MySQL's statement digests, of one server: the calls
    /// and times of the second that the first does not have yet; counters that were reset in between are
    /// reported on standard error.
    Diff(diff::Arguments),
    /// List recordings: what each took, its slowest function of your own, and the request it is of by its name.
    ///
    /// Of folders every file is listed that is a profile or a log, what took longest first.
    List(group::List),
    /// Make one profile of several: what each function took in all of them, added as `pstats.Stats.add` does.
    ///
    /// Recorded stacks stay apart by the file they are from.
    Merge(group::Merge),
    /// Write a profile in another tool's format, or a table of a profile or a log.
    Export(export::Arguments),
    /// Write documents and the page that shows them into one HTML file, which opens by double-click.
    ///
    /// Values in SQL and parameters are left out of it, if not said otherwise; all numbers stay. Its
    /// documents come back from it: it can be dropped on Flamedrop, and given to every command in place
    /// of the files.
    Report(report::Arguments),
    /// Open recordings in the browser: the page, with them in it, as one file.
    ///
    /// Files are read as they are, nothing is left out, and nothing leaves this machine. Where there is no browser
    /// (over SSH, in containers) it is said where the page is.
    Open(open::Arguments),
    /// Run a script or a module under cProfile, and open the recording.
    ///
    /// The program runs as `python` itself would run it, with its arguments, and ends with its exit status. The profile
    /// has none of the profiler's own frames. Where the program uses Django, its SQL is recorded as well.
    Run(run::Arguments),
    /// Write the page as a site with a gallery of recordings, for any static host.
    ///
    /// Values in SQL and parameters are left out, if not said otherwise; all numbers stay. What was published
    /// into the folder before stays: the same recording again changes nothing, another one of its name gets a number. Only one
    /// that has the title of --title is replaced. The site needs a web server: browsers load no page of several files from
    /// the disk.
    Publish(publish::Arguments),
}

#[derive(Debug, Clone, Default, clap::Args)]
struct Lines {
    /// Put the lines of Python 3.15's sampling profiler together to functions. Other files have
    /// functions already.
    #[arg(long)]
    merge_lines: bool,
    /// PostgreSQL's log_line_prefix, where the guess is wrong: '%m [%p] %q%u@%d '.
    #[arg(long, value_name = "SETTING")]
    log_line_prefix: Option<String>,
    /// The layout of an access log in its server's own notation (nginx, Apache, gunicorn, uWSGI, …), where the guess is wrong
    /// or a unit cannot be told: '%h %l %u %t "%r" %>s %b %D'.
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// The site's own patterns, to group requests by: what manage.py show_urls printed, or a urls.py. The same without this
    /// option, if the file is among those to be read.
    #[arg(long, value_name = "FILE")]
    urls: Option<PathBuf>,
}

impl Lines {
    /// The site's own patterns: those of the option, or of a file beside the log.
    fn patterns(&self, opened: &Opened) -> Result<Option<String>, String> {
        let Some(path) = &self.urls else {
            return Ok(opened.urls.as_ref().map(|urls| urls.text.clone()));
        };
        let text =
            std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Ok(Some(String::from_utf8_lossy(&text).into_owned()))
    }
}

#[derive(Debug, clap::Args)]
struct Files {
    /// Read the parts of a rotated log each as a log of its own.
    #[arg(long)]
    apart: bool,
    /// Read a large log of SQL with so many threads; without this option as many as there are cores, at most four.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Files to read, or folders of files; `-` is standard input.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

impl Files {
    fn open(&self) -> Vec<Opened> {
        if let Some(jobs) = self.jobs {
            jobs::set(jobs);
        }
        source::all_in_folders(&self.files, self.apart)
    }
}

/// The names of the rules.
fn rules() -> PossibleValuesParser {
    PossibleValuesParser::new(CATALOGUE.iter().map(|about| PossibleValue::new(about.id).help(about.title)))
}

/// `RULE.THRESHOLD=VALUE`, if there is such a threshold.
fn threshold(text: &str) -> Result<(String, f64), String> {
    let (name, value) = text.split_once('=').ok_or("RULE.THRESHOLD=VALUE is missing its =")?;
    let value: f64 = value.parse().map_err(|_| format!("{value} is no number"))?;
    Settings::default().set(name, Some(value))?;
    Ok((name.to_owned(), value))
}

/// The exit status when a rule that must not find anything did.
const FOUND: u8 = 3;

fn main() -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut found = false;
    let arguments = Arguments::try_parse().unwrap_or_else(|error| refuse(&error));
    let result = match arguments.command {
        Command::Findings { json, fail_on, set, files } => {
            let mut settings = Settings::default();
            for (name, value) in set {
                // Checked when it was parsed.
                let _ = settings.set(&name, Some(value));
            }
            findings::run(&files.open(), &settings, json, &fail_on, &mut out).map(|outcome| {
                found = outcome.failed;
                outcome.complete
            })
        }
        Command::Summary { json: true, files, lines, .. } => summary_json(&files.open(), &lines, &mut out),
        Command::Summary { json: false, files, lines, top } => summary(&files.open(), top, &lines, &mut out),
        Command::Diff(arguments) => diff::run(&arguments, &mut out).map(|outcome| {
            found = outcome.failed;
            outcome.complete
        }),
        Command::List(arguments) => group::list(&arguments, &mut out),
        Command::Merge(arguments) => group::merge(&arguments, &mut out),
        Command::Export(arguments) => export::run(&arguments, &mut out),
        Command::Report(arguments) => report::run(&arguments, &mut out),
        Command::Open(arguments) => open::run(&arguments, &mut out),
        Command::Publish(arguments) => publish::run(&arguments, &mut out),
        Command::Run(arguments) => {
            drop(out);
            return run::run(&arguments);
        }
    };
    match result.and_then(|complete| out.flush().map(|()| complete)) {
        Ok(_) if found => ExitCode::from(FOUND),
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Whoever reads has seen enough: `flamedrop summary … | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flamedrop: cannot write the output: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong with the arguments, or the help that was asked for, and ends. Who gives a file only is told the command.
fn refuse(error: &clap::Error) -> ! {
    let first = env::args().nth(1).filter(|first| Path::new(first).exists());
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(file) = first
    {
        let command = if is_script(&file) { "run" } else { "open" };
        let file = table::one_line(&file);
        eprintln!(
            "flamedrop: {file} is no command; did you mean `flamedrop {command} {file}`? `flamedrop --help` lists all"
        );
        std::process::exit(2);
    }
    error.exit()
}

/// Whether it is a Python script, by its name.
fn is_script(file: &str) -> bool {
    let extension = Path::new(file).extension();
    extension.is_some_and(|extension| extension == "py" || extension == "pyw") && Path::new(file).is_file()
}

/// Reads what is to be one document; says on standard error why, if it cannot be read.
fn read(opened: &Opened, lines: &Lines) -> Option<(Document, Rc<dyn Source>)> {
    let result = opened.source.clone().and_then(|source| {
        let options = import::Options {
            log_line_prefix: lines.log_line_prefix.clone(),
            log_format: lines.log_format.clone(),
            urls: lines.patterns(opened)?,
            sums_only: false,
        };
        let mut document = jobs::read(source.as_ref(), &options).map_err(|error| error.to_string())?;
        if let Content::Profile(profile) = &mut document.content
            && lines.merge_lines
            && profile.by_line
        {
            **profile = lines::merged(profile);
        }
        Ok((document, source))
    });
    result.map_err(|error| complain(&opened.label, &error)).ok()
}

fn complain(file: &str, problem: &str) {
    // It may quote the file.
    let file = table::one_line(file);
    // Those of a site may be read beside a log, and are no program.
    if is_script(&file) && !file.ends_with("urls.py") {
        eprintln!(
            "flamedrop: {file}: it is a Python script, not a recording. To record it and open that: flamedrop run {file}"
        );
        return;
    }
    let asked = env::args().nth(1);
    let has_layout = asked.is_some_and(|command| command == "summary" || command == "export");
    let hint = if problem.contains(LAYOUT) && !has_layout { ELSEWHERE } else { "" };
    eprintln!("flamedrop: {file}: {}{hint}", table::one_line(problem));
}

/// The option that says the layout of an access log.
const LAYOUT: &str = "--log-format";

/// Which commands have that.
const ELSEWHERE: &str = " (`flamedrop summary` and `flamedrop export` have this option)";

/// Prints all that can be read; false if something could not.
fn summary_json(files: &[Opened], lines: &Lines, out: &mut dyn Write) -> io::Result<bool> {
    let mut printed = 0;
    out.write_all(b"{\"documents\": [")?;
    // One at a time, so that many large files need the memory of one.
    for (document, source) in files.iter().filter_map(|file| read(file, lines)) {
        out.write_all(if printed > 0 { b",\n" } else { b"\n" })?;
        json::write(&document, source.as_ref(), out)?;
        printed += 1;
    }
    out.write_all(b"\n]}\n")?;
    Ok(printed == files.len())
}

fn summary(files: &[Opened], top: usize, lines: &Lines, out: &mut dyn Write) -> io::Result<bool> {
    let mut printed = 0;
    for (document, _) in files.iter().filter_map(|file| read(file, lines)) {
        if printed > 0 {
            out.write_all(b"\n")?;
        }
        table::write(&document, top, out)?;
        printed += 1;
    }
    Ok(printed == files.len())
}
