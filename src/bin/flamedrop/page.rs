//! Where the page is that documents are put into, and the site that is published: within this program, if it was built
//! with the feature `embed`, else beside it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flamedrop::link;
use flamedrop::share::report::Report;

/// The page in one file.
pub const PAGE: &str = "flamedrop.html";
/// Names it, where it lies elsewhere.
const VARIABLE: &str = "FLAMEDROP_PAGE";

/// The option that names the page.
#[derive(Debug, clap::Args)]
pub struct Page {
    /// The page to put the documents into: flamedrop.html, as `./dev build` makes it. Without this option
    /// it is the one where the variable FLAMEDROP_PAGE says, within this program, or else beside it, in dist/ or in
    /// the current directory.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

/// The page's text, and what to call it.
pub struct Shell {
    label: String,
    text: String,
}

impl Shell {
    /// The page with a report's documents in it, in parts. `None`, and said, if there are none in it or the page is
    /// another one.
    pub fn with(&self, report: Report) -> Option<Vec<String>> {
        report.names().next()?;
        report.parts(&self.text).map_err(|problem| super::complain(&self.label, problem)).ok()
    }
}

impl Page {
    /// Finds the page. Says on standard error how to get one, if there is none.
    pub fn find(&self) -> Option<Shell> {
        if let Some(path) = &self.page {
            return match read(path) {
                Ok(shell) => Some(shell),
                Err(error) => {
                    let problem = format!("the page cannot be read: {error}");
                    super::complain(&path.display().to_string(), &problem);
                    None
                }
            };
        }
        let named = env::var_os(VARIABLE).map(PathBuf::from);
        if let Some(shell) = named.as_ref().and_then(|path| read(path).ok()) {
            return Some(shell);
        }
        if let Some(text) = within(PAGE) {
            return Some(Shell { label: "the page in this program".to_owned(), text });
        }
        let beside = env::current_exe().ok().and_then(|program| Some(program.parent()?.join(PAGE)));
        let here = [Path::new("dist").join(PAGE), PathBuf::from(PAGE)];
        let places: Vec<PathBuf> = named.into_iter().chain(beside).chain(here).collect();
        if let Some(shell) = places.iter().find_map(|path| read(path).ok()) {
            return Some(shell);
        }
        let places: Vec<String> = places.iter().map(|path| path.display().to_string()).collect();
        eprintln!(
            "flamedrop: this needs Flamedrop's page, {PAGE}, which is not at {}. `./dev build` makes it \
             (dist/{PAGE}); then say where it is: --page FILE, or {VARIABLE}=FILE.",
            places.join(", ")
        );
        None
    }
}

/// A view as the page's address says it, or its name alone, if there is such a view.
///
/// # Errors
/// When there is none: in words, with those that there are.
pub fn view(text: &str) -> Result<String, String> {
    let names = if text.contains('=') {
        let pairs = link::decode(text).into_iter();
        pairs.filter(|(key, _)| key == "view").map(|(_, value)| value).collect()
    } else {
        vec![text.to_owned()]
    };
    match names.iter().find(|name| !link::VIEWS.contains(&name.as_str())) {
        Some(_) => Err(format!("the views are {}", link::VIEWS.join(", "))),
        None => Ok(text.to_owned()),
    }
}

fn read(path: &Path) -> io::Result<Shell> {
    Ok(Shell { label: path.display().to_string(), text: fs::read_to_string(path)? })
}

#[cfg(feature = "embed")]
fn within(name: &str) -> Option<String> {
    super::site::text(name).map(str::to_owned)
}

#[cfg(not(feature = "embed"))]
fn within(_: &str) -> Option<String> {
    None
}

/// Writes the site that is within this program into a folder; whether there is one.
///
/// # Errors
/// When it cannot be written.
#[cfg(feature = "embed")]
pub fn write_site(folder: &Path) -> io::Result<bool> {
    super::site::write(folder).map(|()| true)
}

/// The same: there is none.
#[cfg(not(feature = "embed"))]
pub fn write_site(_: &Path) -> io::Result<bool> {
    Ok(false)
}
