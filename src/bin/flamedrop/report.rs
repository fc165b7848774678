//! `flamedrop report`: documents and the page that shows them, in one HTML file.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use flate2::Compression;
use flate2::write::GzEncoder;

use flamedrop::document::{Content, Document};
use flamedrop::findings::Settings;
use flamedrop::import;
use flamedrop::input::Source;
use flamedrop::link;
use flamedrop::saved;
use flamedrop::share::page::{self, About};
use flamedrop::share::{self, Keep, Strip};

/// The page in one file.
const PAGE: &str = "flamedrop.html";
/// Names it, where it lies elsewhere.
const VARIABLE: &str = "FLAMEDROP_PAGE";

/// What to write, and how.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The page to put the documents into: flamedrop.html, as `./dev build` makes it. Without this option
    /// it is looked for where the variable FLAMEDROP_PAGE says, beside this program, and in dist/ and in
    /// the current directory.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// What to leave out of the documents.
    #[arg(long, value_name = "WHAT,…", value_delimiter = ',', default_values = ["literals", "parameters"])]
    strip: Vec<What>,
    /// Of SQL logs only the results: no single statements.
    #[arg(long)]
    results_only: bool,
    /// The view to open on, as in the page's address: `view=queries&sort=calls`, or its name alone.
    #[arg(long, value_name = "VIEW", default_value = "findings")]
    view: String,
    /// The file to write; `-` is standard output.
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    output: PathBuf,
    #[command(flatten)]
    files: super::Files,
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
    let has = |what| arguments.strip.contains(&what);
    if has(What::Nothing) && arguments.strip.len() > 1 {
        eprintln!("flamedrop: --strip nothing goes with nothing else");
        return Ok(false);
    }
    let strip =
        Strip { literals: has(What::Literals), parameters: has(What::Parameters), paths: has(What::Paths) };
    let keep = if arguments.results_only { Keep::Results } else { Keep::Everything };
    let Some(shell) = find_page(arguments.page.as_deref()) else { return Ok(false) };

    let mut about = About { strip, keep, ..About::default() };
    let mut elements = Vec::new();
    let mut complete = true;
    for opened in arguments.files.open() {
        match opened.source.and_then(|source| element(source.as_ref(), strip, keep)) {
            Ok((name, what, element)) => {
                about.documents.push((name, what));
                elements.push(element);
            }
            Err(problem) => {
                super::complain(&opened.label, &problem);
                complete = false;
            }
        }
    }
    let Some((first, _)) = about.documents.first() else { return Ok(false) };
    let view = if arguments.view.contains('=') {
        arguments.view.trim_start_matches('#').to_owned()
    } else {
        link::encode([("view", arguments.view.clone())])
    };
    let named = view.split('&').any(|pair| pair.starts_with("file="));
    let file = if named { String::new() } else { link::encode([("file", first.clone())]) + "&" };
    about.fragment = file + &view;

    let (path, text) = shell;
    let (before, after) = match page::halves(&text, &about) {
        Ok(halves) => halves,
        Err(problem) => {
            super::complain(&path.display().to_string(), problem);
            return Ok(false);
        }
    };
    let parts = || [&before].into_iter().chain(&elements).chain([&after]);
    if arguments.output == Path::new("-") {
        for part in parts() {
            out.write_all(part.as_bytes())?;
        }
        return Ok(complete);
    }
    let write = || {
        let mut file = BufWriter::new(File::create(&arguments.output)?);
        for part in parts() {
            file.write_all(part.as_bytes())?;
        }
        file.flush()
    };
    if let Err(error) = write() {
        super::complain(&arguments.output.display().to_string(), &format!("cannot be written: {error}"));
        return Ok(false);
    }
    Ok(complete)
}

/// One document: its name, what it is in words, and its element.
fn element(source: &dyn Source, strip: Strip, keep: Keep) -> Result<(String, String, String), String> {
    let document = import::import(source, &|_| ()).map_err(|error| error.to_string())?;
    let what = in_words(&document);
    let bytes = if strip.is_nothing() && keep == Keep::Everything {
        let mut bytes = Vec::new();
        source
            .open(0)
            .and_then(|mut reader| reader.read_to_end(&mut bytes))
            .map_err(|error| error.to_string())?;
        bytes
    } else {
        let stripped = share::strip(&document, source, strip).map_err(|error| error.to_string())?;
        saved::write(&stripped, &strip.in_words(), keep, &Settings::default())
    };
    let gzip = if bytes.starts_with(&[0x1f, 0x8b]) {
        bytes
    } else {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&bytes).and_then(|()| encoder.finish()).map_err(|error| error.to_string())?
    };
    Ok((document.name.clone(), what, page::element(&document.name, &page::base64(&gzip))))
}

fn in_words(document: &Document) -> String {
    let format = import::by_id(document.format).map_or(saved::TITLE, |format| format.title());
    match document.content {
        Content::Profile(_) => format!("a profile: {format}"),
        Content::Queries(_) => format!("an SQL log: {format}"),
        Content::Schema(_) => "a database's schema".to_owned(),
    }
}

/// The page, and where it was found. Says on standard error how to get one, if there is none.
fn find_page(given: Option<&Path>) -> Option<(PathBuf, String)> {
    if let Some(path) = given {
        return match fs::read_to_string(path) {
            Ok(text) => Some((path.to_owned(), text)),
            Err(error) => {
                super::complain(&path.display().to_string(), &format!("the page cannot be read: {error}"));
                None
            }
        };
    }
    let named = env::var_os(VARIABLE).map(PathBuf::from);
    let beside = env::current_exe().ok().and_then(|program| Some(program.parent()?.join(PAGE)));
    let here = [Path::new("dist").join(PAGE), PathBuf::from(PAGE)];
    let places: Vec<PathBuf> = named.into_iter().chain(beside).chain(here).collect();
    for path in &places {
        if let Ok(text) = fs::read_to_string(path) {
            return Some((path.clone(), text));
        }
    }
    let places: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
    eprintln!(
        "flamedrop: a report needs Flamedrop's page, {PAGE}, which is not at {}. `./dev build` makes it \
         (dist/{PAGE}); then say where it is: --page FILE, or {VARIABLE}=FILE.",
        places.join(", ")
    );
    None
}
