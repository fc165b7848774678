//! `flamedrop publish`: the page as a site with a gallery of recordings.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;

use flamedrop::share::gallery;

use super::recordings::{self, Published};
use super::{page, source, table};

/// What a site of ours has.
const INDEX: &str = "index.html";

/// What to publish, and where.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder of the site. It is made where there is none; in a site that is there all recordings stay, and another one
    /// of the same name gets a number.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// What to call them: all files are one recording, in place of one that has this title. Without this option each name
    /// without its endings is one, and those in different folders are told apart by these.
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// What is to be seen in them.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The site to publish: dist/, as `./dev build` makes it. Without this option it is the one within this program.
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    #[command(flatten)]
    leave_out: super::report::LeaveOut,
    /// Read the parts of a rotated log each as a log of its own.
    #[arg(long)]
    apart: bool,
    /// Files to publish, or folders of files; `-` is standard input.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
}

/// Writes the site; false if a file cannot be read or the site cannot be written.
pub fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<bool> {
    let Some((strip, keep)) = arguments.leave_out.what() else { return Ok(false) };
    let mut complete = true;
    // In the order in which they are named.
    let mut documents: Vec<Published> = Vec::new();
    let opened = source::all_in_folders(&arguments.files, arguments.apart);
    let names = source::names(&opened);
    for (opened, name) in opened.into_iter().zip(names) {
        let (options, folder) = (opened.options(), opened.folder());
        let part = opened.source.and_then(|source| {
            super::report::part(source.as_ref(), &options, strip, keep, Compression::best())
        });
        match part {
            Ok(part) => documents.push(Published { name, folder, part }),
            Err(problem) => {
                super::complain(&opened.label, &problem);
                complete = false;
            }
        }
    }
    if documents.is_empty() {
        return Ok(false);
    }
    match publish(arguments, documents) {
        Ok(said) => {
            let to = arguments.to.display().to_string();
            writeln!(out, "{to}")?;
            for line in said.iter().take(MOST_SAID) {
                writeln!(out, "  {}", table::one_line(line))?;
            }
            if said.len() > MOST_SAID {
                writeln!(out, "  and {} more", said.len() - MOST_SAID)?;
            }
            let folder = if to.contains(' ') { format!("\"{to}\"") } else { to };
            writeln!(
                out,
                "A web server has to serve it. To look at it here: python -m http.server -d {folder}"
            )?;
            writeln!(out, "and then http://localhost:8000/ in the browser.")?;
            Ok(complete)
        }
        Err(problem) => {
            super::complain(&arguments.to.display().to_string(), &problem);
            Ok(false)
        }
    }
}

/// So many recordings are told of, line by line.
const MOST_SAID: usize = 20;

/// Writes the site; a line for each recording.
fn publish(arguments: &Arguments, documents: Vec<Published>) -> Result<Vec<String>, String> {
    let to = arguments.to.as_path();
    let words = |error: io::Error| error.to_string();
    let taken = fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some());
    let is_ours = || fs::read_to_string(to.join(INDEX)).is_ok_and(|page| page.contains("<title>Flamedrop"));
    if taken && !is_ours() {
        return Err(
            "something else is in this folder; name an empty one, or one that was published before".into()
        );
    }
    let list = to.join(gallery::FILE);
    let before = match fs::read_to_string(&list) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => "{}".to_owned(),
        Err(error) => return Err(format!("{}: {error}", gallery::FILE)),
    };
    // Before anything is written: it may be no gallery.
    let of_gallery = |problem| format!("{}: {problem}", gallery::FILE);
    let listed = gallery::listed(&before).map_err(of_gallery)?;
    let (title, note) = (arguments.title.as_deref(), arguments.note.as_deref());
    let plan = recordings::plan(documents, title, note, &listed, to);
    let after = gallery::with(&before, &plan.entries).map_err(of_gallery)?;

    fs::create_dir_all(to).map_err(words)?;
    write_site(arguments.site.as_deref(), to)?;
    for (path, content) in plan.files {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap_or(to)).map_err(words)?;
        fs::write(&path, content).map_err(words)?;
    }
    fs::write(list, after).map_err(words)?;
    Ok(plan.said)
}

/// Writes the page's own files. Those of an older version stay: who has that open may still ask for them.
fn write_site(site: Option<&Path>, to: &Path) -> Result<(), String> {
    let Some(site) = site else {
        return match page::write_site(to) {
            Ok(true) => Ok(()),
            Ok(false) => copy(Path::new("dist"), to).map_err(|error| {
                format!("no site to publish: `./dev build` makes it (dist/); then say where it is: --site DIR ({error})")
            }),
            Err(error) => Err(error.to_string()),
        };
    };
    copy(site, to).map_err(|error| format!("the site in {} cannot be copied: {error}", site.display()))
}

/// Copies a site: files, and folders of files.
fn copy(site: &Path, to: &Path) -> io::Result<()> {
    if !site.join(INDEX).is_file() {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("there is no {INDEX}")));
    }
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        fs::create_dir_all(to.join(&folder))?;
        for entry in fs::read_dir(site.join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else {
                fs::copy(site.join(&path), to.join(&path))?;
            }
        }
    }
    Ok(())
}
