//! `flamedrop publish`: the page as a site with a gallery of recordings.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;

use flamedrop::findings::pairs;
use flamedrop::share::gallery::{self, Recording};
use flamedrop::share::report::{self, Part};

use super::{page, source};

/// Where recordings lie in the site.
const FOLDER: &str = "recordings";
/// What a site of ours has.
const INDEX: &str = "index.html";

/// What to publish, and where.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder of the site. It is made where there is none; in a site that is there all recordings stay.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// What to call them: all files are one recording. Without this option each name without its endings is one.
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
    // By their titles, in the order in which they are named.
    let mut recordings: Vec<(String, Vec<Part>)> = Vec::new();
    let (opened, _) = source::known(&source::in_folders(&arguments.files), arguments.apart);
    for opened in opened {
        let options = opened.options();
        let part = opened
            .source
            .and_then(|source| report::part(source.as_ref(), &options, strip, keep, Compression::best()));
        match part {
            Ok(part) => {
                let title = arguments.title.clone().unwrap_or_else(|| pairs::stem(&part.name).to_owned());
                match recordings.iter_mut().find(|(other, _)| *other == title) {
                    Some((_, parts)) => parts.push(part),
                    None => recordings.push((title, vec![part])),
                }
            }
            Err(problem) => {
                super::complain(&opened.label, &problem);
                complete = false;
            }
        }
    }
    if recordings.is_empty() {
        return Ok(false);
    }
    let note = arguments.note.as_deref();
    match publish(&arguments.to, arguments.site.as_deref(), &recordings, note) {
        Ok(()) => {
            writeln!(out, "{}", arguments.to.display())?;
            Ok(complete)
        }
        Err(problem) => {
            super::complain(&arguments.to.display().to_string(), &problem);
            Ok(false)
        }
    }
}

fn publish(
    to: &Path,
    site: Option<&Path>,
    recordings: &[(String, Vec<Part>)],
    note: Option<&str>,
) -> Result<(), String> {
    let words = |error: io::Error| error.to_string();
    let taken = fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some());
    let is_ours = || fs::read_to_string(to.join(INDEX)).is_ok_and(|page| page.contains("<title>Flamedrop"));
    if taken && !is_ours() {
        return Err(
            "something else is in this folder; name an empty one, or one that was published before".into()
        );
    }
    let listed = to.join(gallery::FILE);
    let before = match fs::read_to_string(&listed) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => "{}".to_owned(),
        Err(error) => return Err(format!("{}: {error}", gallery::FILE)),
    };
    let mut entries = Vec::new();
    let mut files: BTreeMap<PathBuf, &[u8]> = BTreeMap::new();
    for (title, parts) in recordings {
        let folder = gallery::folder(title);
        let mut entry =
            Recording { title: title.clone(), note: note.map(str::to_owned), ..Recording::default() };
        for part in parts {
            let mut name = file_name(&part.name);
            while files.contains_key(&Path::new(FOLDER).join(&folder).join(&name)) {
                name.insert(0, '_');
            }
            entry.files.push(format!("{FOLDER}/{folder}/{name}"));
            files.insert(Path::new(FOLDER).join(&folder).join(name), &part.gzip);
        }
        entries.push(entry);
    }
    // Before anything is written: it may be no gallery.
    let after =
        gallery::with(&before, &entries).map_err(|problem| format!("{}: {problem}", gallery::FILE))?;

    fs::create_dir_all(to).map_err(words)?;
    write_site(site, to)?;
    for (path, content) in files {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap_or(to)).map_err(words)?;
        fs::write(&path, content).map_err(words)?;
    }
    fs::write(listed, after).map_err(words)
}

/// A document's name as that of a file, which is gzipped.
fn file_name(name: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    let name: String = name.chars().map(|letter| if plain(letter) { letter } else { '-' }).collect();
    let name = name.trim_start_matches('.');
    if name.ends_with(".gz") { name.to_owned() } else { format!("{name}.gz") }
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
