//! `flamedrop report`: documents and the page that shows them, in one HTML file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flate2::Compression;

use flamedrop::findings::pairs;
use flamedrop::import::Options;
use flamedrop::input::Source;
use flamedrop::share::report::{self, Part, Report};
use flamedrop::share::{Keep, Strip};

use super::jobs;
use super::page;
use super::source::{self, Opened};

/// What to write, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    page: page::Page,
    #[command(flatten)]
    leave_out: LeaveOut,
    /// The view to open on, as in the page's address: `view=queries&sort=calls`, or its name alone.
    #[arg(long, value_name = "VIEW", default_value = "findings", value_parser = page::view)]
    view: String,
    /// The file to write; `-` is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
    #[command(flatten)]
    files: super::Files,
}

/// What is left out before documents are handed on.
#[derive(Debug, clap::Args)]
pub struct LeaveOut {
    /// What to leave out of the documents.
    #[arg(long, value_name = "WHAT,…", value_delimiter = ',', default_values = ["literals", "parameters"])]
    strip: Vec<What>,
    /// Of SQL logs only the results: no single statements.
    #[arg(long)]
    results_only: bool,
}

impl LeaveOut {
    /// The same for the library; `None`, and said, if it contradicts itself.
    pub fn what(&self) -> Option<(Strip, Keep)> {
        let has = |what| self.strip.contains(&what);
        if has(What::Nothing) && self.strip.len() > 1 {
            eprintln!("flamedrop: --strip nothing goes with nothing else");
            return None;
        }
        let strip = Strip {
            literals: has(What::Literals),
            parameters: has(What::Parameters),
            paths: has(What::Paths),
        };
        Some((strip, if self.results_only { Keep::Results } else { Keep::Everything }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Values in SQL texts, and comments.
    Literals,
    /// Parameters, and what looks like a value in the addresses of requests.
    Parameters,
    /// Where files lie; addresses of requests; names of hosts, users, databases and applications.
    Paths,
    /// Leave nothing out: the files as they are.
    Nothing,
}

/// Writes the report; false if a file or the page cannot be read.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<bool> {
    let Some((strip, keep)) = arguments.leave_out.what() else { return Ok(false) };
    let Some(shell) = arguments.page.find() else { return Ok(false) };
    let mut report = Report::new(strip, keep);
    let opened = arguments.files.open();
    let name = source::name_of_all(&arguments.files.files, opened.len());
    let complete = fill(&mut report, opened, &name, strip, keep, Compression::best());
    report.open_on(&arguments.view);
    let Some(parts) = shell.with(report) else { return Ok(false) };
    if arguments.output == Path::new("-") {
        report::write(&parts, out)?;
        return Ok(complete);
    }
    let written = write(&parts, &arguments.output);
    if written {
        writeln!(out, "{}", arguments.output.display())?;
    }
    Ok(written && complete)
}

/// Puts documents into a report, many as a group, which is called `name`; false, and said, if one cannot be read.
pub fn fill(
    report: &mut Report,
    opened: Vec<Opened>,
    name: &str,
    strip: Strip,
    keep: Keep,
    level: Compression,
) -> bool {
    let mut complete = true;
    // What is not left out is read again in the page, by what it was read by here.
    let urls = opened.iter().find_map(|opened| opened.urls.clone()).filter(|_| strip.is_nothing());
    let names = source::names(&opened);
    let mut parts: Vec<(String, Part)> = Vec::new();
    for (opened, name) in opened.into_iter().zip(names) {
        let options = opened.options();
        match opened.source.and_then(|source| part(source.as_ref(), &options, strip, keep, level)) {
            Ok(part) => parts.push((name, part)),
            Err(problem) => {
                super::complain(&opened.label, &problem);
                complete = false;
            }
        }
    }
    if let Some(Ok(part)) = urls.map(|urls| report::patterns(&urls.name, &urls.text, level)) {
        report.add(part);
    }
    let are_a_group = pairs::are_a_group(parts.iter().map(|(name, _)| name.as_str()));
    match are_a_group.then(|| report::group(&parts)).flatten() {
        Some(bytes) => {
            if let Err(problem) = report.add_group(name, &bytes, parts.len()) {
                super::complain(name, &problem);
                complete = false;
            }
        }
        None => parts.into_iter().for_each(|(_, part)| report.add(part)),
    }
    complete
}

/// Reads what is to be a document of a page, and leaves out what is to be left out.
pub fn part(
    source: &dyn Source,
    options: &Options,
    strip: Strip,
    keep: Keep,
    level: Compression,
) -> Result<Part, String> {
    let document = jobs::read(source, options).map_err(|error| error.to_string())?;
    report::part(document, source, strip, keep, level)
}

/// Writes a page into a file; false, and said, if that cannot be.
pub fn write(parts: &[String], path: &Path) -> bool {
    let written = File::create(path).and_then(|file| report::write(parts, &mut BufWriter::new(file)));
    written
        .map_err(|error| super::complain(&path.display().to_string(), &format!("cannot be written: {error}")))
        .is_ok()
}
