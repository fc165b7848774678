//! Files and standard input as sources: archives as the files in them, the parts of a rotated log as
//! one.

use std::fs::{DirEntry, File, ReadDir};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::UNIX_EPOCH;

use flamedrop::import::{self, Together};
use flamedrop::input::zip::Member;
use flamedrop::input::{Composite, MemorySource, Source, rotation};
use flamedrop::share::page;
use flamedrop::text::natural;

/// One document to be.
#[derive(Clone)]
pub struct Opened {
    /// What to call it in messages.
    pub label: String,
    /// Its bytes, or why there are none.
    pub source: Result<Rc<dyn Source>, String>,
    /// Whether it is a document by itself, whatever its name: one of a saved page.
    whole: bool,
    /// The site's own patterns, if such a file was given beside it.
    pub urls: Option<Rc<Urls>>,
}

/// A site's patterns ([`import::urls`]).
pub struct Urls {
    /// What their file is called.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Takes the site's patterns out of these files: they are no document, but say how the others are read.
fn beside(mut opened: Vec<Opened>) -> Vec<Opened> {
    let text = |opened: &Opened| import::urls::text(opened.source.as_ref().ok()?.as_ref()).ok().flatten();
    let found = opened.iter().enumerate().find_map(|(at, one)| Some((at, text(one)?)));
    // Alone they say nothing, and it is told that they cannot be read.
    if let Some((at, text)) = found.filter(|_| opened.len() > 1) {
        let name = opened.remove(at).name().unwrap_or_default().to_owned();
        let urls = Rc::new(Urls { name, text });
        opened.iter_mut().for_each(|opened| opened.urls = Some(Rc::clone(&urls)));
    }
    opened
}

/// The documents in `files`, in their order. Parts of one log are one document, unless they are to stay
/// `apart`.
pub fn all(files: &[PathBuf], apart: bool) -> Vec<Opened> {
    let opened: Vec<Opened> = files.iter().flat_map(|path| members(path)).collect();
    let opened = beside(opened);
    if apart || opened.iter().any(|opened| opened.whole) {
        return opened;
    }
    let groups = rotation::groups(opened.iter().map(|opened| opened.label.as_str()));
    groups.into_iter().flat_map(|group| together(&opened, &group)).collect()
}

/// A file that is named, or one in a folder that is.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// The folder that was named in place of it.
    folder: Option<PathBuf>,
}

/// `paths` with the files in folders, and in folders in these, in the place of folders; in natural order. What is hidden, and
/// where links lead, is not looked at.
pub fn in_folders(paths: &[PathBuf]) -> Vec<Found> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(Found { path: path.clone(), folder: None });
            continue;
        }
        let is_file = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
        let shown = below(path.clone(), |folder| !is_hidden(folder)).filter(|entry| !is_hidden(entry));
        let mut files: Vec<PathBuf> = shown.filter(is_file).map(|entry| entry.path()).collect();
        files.sort_by_cached_key(|file| natural(&file.to_string_lossy()));
        found.extend(files.into_iter().map(|file| Found { path: file, folder: Some(path.clone()) }));
    }
    found
}

/// Whether its name begins with a dot.
pub fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

/// What is in a folder and in those below it that `enters` says yes to, but for folders. What cannot be read is empty.
pub fn below(folder: PathBuf, enters: impl Fn(&DirEntry) -> bool) -> impl Iterator<Item = DirEntry> {
    let mut folders = vec![folder];
    let mut entries: Option<ReadDir> = None;
    std::iter::from_fn(move || {
        loop {
            match entries.as_mut().and_then(Iterator::next) {
                Some(Ok(entry)) if entry.file_type().is_ok_and(|kind| kind.is_dir()) => {
                    folders.extend(enters(&entry).then(|| entry.path()));
                }
                Some(Ok(entry)) => return Some(entry),
                Some(Err(_)) => {}
                None => entries = std::fs::read_dir(folders.pop()?).ok(),
            }
        }
    })
}

/// The documents in `found`, as [`all`] has them, and how many files of each folder hold none: those are no recordings,
/// or empty, and nobody named them.
pub fn known(found: &[Found], apart: bool) -> (Vec<Opened>, Vec<(PathBuf, usize)>) {
    let mut paths = Vec::new();
    let mut passed_over: Vec<(PathBuf, usize)> = Vec::new();
    for found in found {
        let Some(folder) = &found.folder else {
            paths.push(found.path.clone());
            continue;
        };
        let is_known =
            |opened: &Opened| opened.source.as_ref().is_ok_and(|source| import::is_known(source.as_ref()));
        if members(&found.path).iter().any(is_known) {
            paths.push(found.path.clone());
        } else {
            match passed_over.iter_mut().find(|(other, _)| other == folder) {
                Some((_, count)) => *count += 1,
                None => passed_over.push((folder.clone(), 1)),
            }
        }
    }
    (all(&paths, apart), passed_over)
}

/// Says how many files of folders were left out, since they are no recordings.
pub fn say_passed_over(passed_over: &[(PathBuf, usize)]) {
    for (folder, count) in passed_over {
        let files = if *count == 1 { "1 file is".to_owned() } else { format!("{count} files are") };
        super::complain(&folder.display().to_string(), &format!("{files} no recording, and left out"));
    }
}

/// The documents in files, and in folders all recordings; of folders without any it is an error that there is none.
pub fn all_in_folders(paths: &[PathBuf], apart: bool) -> Vec<Opened> {
    let (mut opened, passed_over) = known(&in_folders(paths), apart);
    say_passed_over(&passed_over);
    for folder in paths.iter().filter(|path| path.is_dir()) {
        if !opened.iter().any(|opened| Path::new(&opened.label).starts_with(folder)) {
            let source = Err("there is no recording in this folder".to_owned());
            opened.push(Opened { label: folder.display().to_string(), source, whole: true, urls: None });
        }
    }
    opened
}

/// What documents are called among each other: their names, with the folders that not all of them are in.
pub fn names(opened: &[Opened]) -> Vec<String> {
    let paths: Vec<Vec<&str>> = opened.iter().map(|opened| parts(opened.path())).collect();
    let folders = |path: &[&str]| path.len().saturating_sub(1);
    let mut common = paths.first().map_or(0, |path| folders(path));
    for path in &paths {
        let same = path.iter().zip(&paths[0]).take_while(|(one, other)| one == other).count();
        common = common.min(same).min(folders(path));
    }
    paths.iter().map(|path| path[common..].join("/")).collect()
}

/// The folders and the name in a path.
fn parts(path: &str) -> Vec<&str> {
    let is_separator = |letter| letter == '/' || cfg!(windows) && letter == '\\';
    path.split(is_separator).filter(|part| !part.is_empty() && *part != ".").collect()
}

/// What to call what is in these files and folders: as the only one of them, or by their number.
pub fn name_of_all(paths: &[PathBuf], count: usize) -> String {
    match paths {
        [only] if only != Path::new("-") => {
            // `.` and `..` have names as well.
            let whole = only.canonicalize();
            name_of(whole.as_deref().unwrap_or(only))
        }
        _ => format!("{count} files"),
    }
}

/// The one document in a file; of several that of this name.
pub fn one(path: &Path, name: Option<&str>) -> Opened {
    let mut members = members(path);
    if members.len() == 1 {
        return members.swap_remove(0);
    }
    let names: Vec<String> = members.iter().filter_map(|member| Some(member.name()?.to_owned())).collect();
    members.retain(|member| name.is_some() && member.name() == name);
    match members.pop() {
        Some(only) if members.is_empty() => only,
        _ => Opened {
            label: path.display().to_string(),
            source: Err(format!(
                "it holds several documents; say which one: --document NAME, of {}",
                names.join(", ")
            )),
            whole: true,
            urls: None,
        },
    }
}

impl Opened {
    /// What was said of it by the files beside it.
    pub fn options(&self) -> import::Options {
        import::Options {
            urls: self.urls.as_ref().map(|urls| urls.text.clone()),
            ..import::Options::default()
        }
    }

    /// Where it is, with the archives it is in; of standard input what it is called.
    fn path(&self) -> &str {
        if self.label == "-" { self.name().unwrap_or(&self.label) } else { &self.label }
    }

    /// The folder it is in, as it was named; empty if that is the current one.
    pub fn folder(&self) -> String {
        let mut parts = parts(self.path());
        parts.pop();
        parts.join("/")
    }

    fn name(&self) -> Option<&str> {
        self.source.as_ref().ok().map(|source| source.name())
    }
}

/// What is in one file.
fn members(path: &Path) -> Vec<Opened> {
    let label = path.display().to_string();
    let failed =
        |error: String| vec![Opened { label: label.clone(), source: Err(error), whole: true, urls: None }];
    let source: Rc<dyn Source> = match open(path) {
        Ok(source) => source.into(),
        Err(error) => return failed(error.to_string()),
    };
    let inside =
        |name: &str, source, whole| Opened { label: format!("{label}/{name}"), source, whole, urls: None };
    match page::documents(source.as_ref()) {
        Ok(None) => {}
        Ok(Some(documents)) => {
            let within = documents.into_iter().flat_map(|document| {
                let source: Rc<dyn Source> = match page::unzipped(&document) {
                    Ok(source) => Rc::new(source),
                    Err(error) => return vec![inside(document.name(), Err(error.to_string()), true)],
                };
                match import::members(source.as_ref()) {
                    Ok(Some(members)) if members.together == Together::Group => {
                        let of = |member: &Member| -> Rc<dyn Source> { Rc::new(member.source(&source)) };
                        let named = |member: &Member| format!("{}/{}", document.name(), member.name);
                        let files = members.files.iter();
                        files.map(|member| inside(&named(member), Ok(of(member)), true)).collect()
                    }
                    _ => vec![inside(document.name(), Ok(source), true)],
                }
            });
            return within.collect();
        }
        Err(error) => return failed(import::ImportError::reading(&error).to_string()),
    }
    match import::members(source.as_ref()) {
        Ok(None) => vec![Opened { label, source: Ok(source), whole: false, urls: None }],
        Ok(Some(members)) => members
            .files
            .into_iter()
            .map(|member| {
                let source: Rc<dyn Source> = Rc::new(member.source(&source));
                inside(&member.name, Ok(source), false)
            })
            .collect(),
        Err(error) => failed(error.to_string()),
    }
}

/// These of `opened` as one log, if they are parts of one.
fn together(opened: &[Opened], group: &[usize]) -> Vec<Opened> {
    let sources: Vec<Rc<dyn Source>> =
        group.iter().filter_map(|&index| opened[index].source.clone().ok()).collect();
    if let (true, [first, .., _]) = (sources.len() == group.len(), &sources[..]) {
        let name = rotation::name(first.name());
        let bundle = Composite::bundle(name, sources.clone());
        if matches!(import::members(&bundle), Ok(None)) {
            let label = rotation::name(&opened[group[0]].label);
            let urls = opened[group[0]].urls.clone();
            return vec![Opened { label, source: Ok(Rc::new(bundle)), whole: false, urls }];
        }
    }
    // In the order they were given.
    let mut order = group.to_vec();
    order.sort_unstable();
    order.iter().map(|&index| opened[index].clone()).collect()
}

/// Opens a file by path; `-` is standard input, which is read whole, since a source can be read
/// more than once.
fn open(path: &Path) -> io::Result<Box<dyn Source>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(Box::new(MemorySource::new("standard input", bytes)));
    }
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory; name a file in it"));
    }
    if !metadata.is_file() {
        // A pipe (`<(…)`) can be read once only.
        return Ok(Box::new(MemorySource::new(name_of(path), std::fs::read(path)?)));
    }
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    Ok(Box::new(FileSource {
        path: path.to_owned(),
        name: name_of(path),
        size: metadata.len(),
        modified: modified.map(|since| since.as_secs_f64() * 1000.0),
    }))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

struct FileSource {
    path: PathBuf,
    name: String,
    size: u64,
    modified: Option<f64>,
}

impl Source for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn modified(&self) -> Option<f64> {
        self.modified
    }

    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }

    fn shared(&self) -> Option<&(dyn Source + Sync)> {
        Some(self)
    }
}
