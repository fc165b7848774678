//! `flamedrop open`: a page with the documents in it, in the browser.

use std::io::{self, Write};
use std::path::PathBuf;

use flate2::Compression;

use flamedrop::findings::pairs;
use flamedrop::share::report::Report;
use flamedrop::share::{Keep, Strip};

use super::watch::Watch;
use super::{browser, page, report, source, temporary};

/// What to open, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Open again what changes, until Ctrl-C. In folders also what is new.
    #[arg(long)]
    watch: bool,
    /// Only write the page, and say where it is.
    #[arg(long)]
    no_browser: bool,
    /// The page to write, in place of a temporary file.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The view to open on, as in the page's address: `view=queries&sort=calls`, or its name alone.
    #[arg(long, value_name = "VIEW", default_value = "findings", value_parser = page::view)]
    view: String,
    /// Read the parts of a rotated log each as a log of its own.
    #[arg(long)]
    apart: bool,
    #[command(flatten)]
    page: page::Page,
    /// Files to open, or folders of files; `-` is standard input.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

/// Opens the files; false if one of them, or the page, cannot be read.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<bool> {
    let Some(shell) = arguments.page.find() else { return Ok(false) };
    let found = source::in_folders(&arguments.files);
    let complete = show(arguments, &shell, &found, out)?;
    if !arguments.watch {
        return Ok(complete);
    }
    let mut watch = Watch::new(found.iter().map(|found| found.path.as_path()));
    loop {
        let paths = || source::in_folders(&arguments.files).into_iter().map(|found| found.path).collect();
        let changed = watch.changed(paths);
        let found = source::in_folders(&arguments.files).into_iter();
        show(
            arguments,
            &shell,
            &found.filter(|found| changed.contains(&found.path)).collect::<Vec<_>>(),
            out,
        )?;
    }
}

/// Writes a page with these files in it, and shows it; false if one cannot be read.
fn show(
    arguments: &Arguments,
    shell: &page::Shell,
    found: &[source::Found],
    out: &mut dyn Write,
) -> io::Result<bool> {
    // What is nobody else's is not left out, and time counts more than size.
    let (strip, level) = (Strip::NOTHING, Compression::fast());
    let mut pages = Report::new(strip, Keep::Everything);
    let (opened, passed_over) = source::known(found, arguments.apart);
    source::say_passed_over(&passed_over);
    if opened.is_empty() {
        eprintln!("flamedrop: there is nothing to open");
        return Ok(false);
    }
    let name = source::name_of_all(&arguments.files, opened.len());
    let complete = report::fill(&mut pages, opened, &name, strip, Keep::Everything, level);
    pages.open_on(&arguments.view);
    let name = pages.names().next().map(|name| pairs::stem(name).to_owned());
    let (Some(name), Some(parts)) = (name, shell.with(pages)) else { return Ok(false) };
    let path = match &arguments.output {
        Some(path) => path.clone(),
        None => match in_temporary_folder(&name) {
            Ok(path) => path,
            Err(problem) => {
                eprintln!("flamedrop: {problem}");
                return Ok(false);
            }
        },
    };
    if !report::write(&parts, &path) {
        return Ok(false);
    }
    let path = std::path::absolute(&path)?;
    if !arguments.no_browser && browser::open(&path) {
        writeln!(out, "Opened {}", path.display())?;
    } else {
        writeln!(out, "{}", path.display())?;
        if !arguments.no_browser {
            eprintln!(
                "flamedrop: there is no browser here. The page is one file: copy it to where there is one, and open it."
            );
        }
    }
    out.flush()?;
    Ok(complete)
}

/// A file in a folder that others cannot read. It stays for a while: the browser may read it later.
fn in_temporary_folder(name: &str) -> Result<PathBuf, String> {
    let name: String = name
        .chars()
        .take(100)
        .map(|letter| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' })
        .collect();
    Ok(temporary::folder()?.join(name.trim_start_matches(['-', '.']).to_owned() + ".html"))
}
