//! What `flamedrop publish` makes of files: recordings with titles of their own, beside those that a site has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use flamedrop::findings::pairs;
use flamedrop::share::gallery::{self, Recording};
use flamedrop::share::report::{self, Part};

/// Where recordings lie in the site.
pub const FOLDER: &str = "recordings";

/// A document that is to be published.
pub struct Published {
    /// What it is called among the others, with the folders that tell it from them.
    pub name: String,
    /// The folder that it was named in; empty if that is the current one.
    pub folder: String,
    /// The document.
    pub part: Part,
}

/// Documents that are one recording.
struct Together {
    /// What it is to be called.
    title: String,
    /// Its title with the folder, where another one has that title.
    in_folder: Option<String>,
    documents: Vec<Published>,
}

/// What becomes of a site.
pub struct Plan {
    /// What is listed anew, or otherwise than before.
    pub entries: Vec<Recording>,
    /// Files to be written: their paths in the site, with `/`, and what is in them.
    pub files: Vec<(String, Vec<u8>)>,
    /// A line for each recording: what it is called, and why.
    pub said: Vec<String>,
}

/// Puts documents beside the recordings that `listed` has of the site in `to`. With a title all are one recording, which
/// takes the place of one of that title. Without one nothing that is there is lost: another recording of a name gets a
/// number, and the same one again stays what it is.
pub fn plan(
    documents: Vec<Published>,
    title: Option<&str>,
    note: Option<&str>,
    listed: &[Recording],
    to: &Path,
) -> Plan {
    let mut plan = Plan { entries: Vec::new(), files: Vec::new(), said: Vec::new() };
    let all = match title {
        Some(title) => vec![Together { title: title.to_owned(), in_folder: None, documents }],
        None => by_name(documents),
    };
    let note = note.map(str::to_owned);
    for together in all {
        let files = files(&together.documents, title.unwrap_or(&together.title));
        if title.is_none()
            && let Some(same) = listed.iter().find(|entry| has_all(entry, &files, to))
        {
            plan.said.push(format!("{}: is there already, as it was", same.title));
            if note.is_some() {
                plan.entries.push(Recording { note: note.clone(), ..same.clone() });
            }
            continue;
        }
        let with_title = |title: &str| listed.iter().find(|entry| entry.title == title);
        let is_taken = |plan: &Plan, title: &str| {
            let grows = |entry: &Recording| is_all_in(entry, &files, to);
            plan.entries.iter().any(|entry| entry.title == title)
                || with_title(title).is_some_and(|entry| !grows(entry))
        };
        let free = if title.is_some() || !is_taken(&plan, &together.title) {
            together.title.clone()
        } else {
            let numbered = (2_u32..).map(|number| format!("{} {number}", together.title));
            let mut others = together.in_folder.clone().into_iter().chain(numbered);
            others.find(|title| !is_taken(&plan, title)).unwrap_or_else(|| together.title.clone())
        };
        plan.said.push(if free != together.title {
            format!("{free}: “{}” is another recording, which stays", together.title)
        } else if with_title(&free).is_some() {
            format!("{free}: in place of the one of this title")
        } else {
            free.clone()
        });
        let folder = folder(&free, listed, &plan.entries);
        let path = |name: &str| format!("{FOLDER}/{folder}/{name}");
        plan.entries.push(Recording {
            files: files.iter().map(|(name, _)| path(name)).collect(),
            title: free,
            note: note.clone(),
        });
        plan.files.extend(files.into_iter().map(|(name, content)| (path(&name), content)));
    }
    plan
}

/// Documents as recordings: those of one name are one, unless several of a kind are in several folders. Those are told
/// apart by as much of the folders as it takes.
fn by_name(documents: Vec<Published>) -> Vec<Together> {
    let mut stems: Vec<(String, Vec<Published>)> = Vec::new();
    for document in documents {
        let stem = pairs::stem(&document.part.name).to_owned();
        match stems.iter_mut().find(|(other, _)| *other == stem) {
            Some((_, all)) => all.push(document),
            None => stems.push((stem, vec![document])),
        }
    }
    let mut recordings = Vec::new();
    for (stem, all) in stems {
        let titled = |folder: &str| if folder.is_empty() { stem.clone() } else { format!("{folder}/{stem}") };
        let folders: BTreeSet<String> = all.iter().map(|document| document.folder.clone()).collect();
        let repeats = all.iter().enumerate().any(|(at, one)| {
            all[..at].iter().any(|other| other.part.kind == one.part.kind && other.folder != one.folder)
        });
        if !repeats {
            let in_folder = folders.first().filter(|folder| folders.len() == 1 && !folder.is_empty());
            let in_folder = in_folder.map(|folder| titled(end(folder, 1)));
            recordings.push(Together { title: stem, in_folder, documents: all });
            continue;
        }
        let ends = |count: usize| folders.iter().map(|folder| end(folder, count)).collect::<BTreeSet<_>>();
        let longest = folders.iter().map(|folder| folder.split('/').count()).max().unwrap_or(1);
        let count = (1..longest).find(|&count| ends(count).len() == folders.len()).unwrap_or(longest);
        let mut by_folder: Vec<(String, Vec<Published>)> = Vec::new();
        for document in all {
            match by_folder.iter_mut().find(|(folder, _)| *folder == document.folder) {
                Some((_, all)) => all.push(document),
                None => by_folder.push((document.folder.clone(), vec![document])),
            }
        }
        let together = |(folder, documents): (String, Vec<Published>)| Together {
            title: titled(end(&folder, count)),
            in_folder: None,
            documents,
        };
        recordings.extend(by_folder.into_iter().map(together));
    }
    recordings
}

/// The last so many folders of a path.
fn end(folder: &str, count: usize) -> &str {
    match folder.rmatch_indices('/').nth(count.saturating_sub(1)) {
        Some((at, _)) => &folder[at + 1..],
        None => folder,
    }
}

/// The files of a recording, by name. Those of many things are one file, which the page shows as a group.
fn files(documents: &[Published], title: &str) -> Vec<(String, Vec<u8>)> {
    if pairs::are_a_group(documents.iter().map(|document| document.name.as_str())) {
        let parts: Vec<(String, &Part)> =
            documents.iter().map(|document| (document.name.clone(), &document.part)).collect();
        if let Some(bytes) = report::group(&parts) {
            return vec![(gallery::folder(title) + ".flamedrop", bytes)];
        }
    }
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for document in documents {
        let content = document.part.gzip.clone();
        let short = file_name(&document.part.name);
        let repeats = |name: &String| files.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        if files.iter().any(|(_, other)| *other == content) && repeats(&short) {
            continue;
        }
        let numbered = (2_u32..).map(|number| format!("{number}-{short}"));
        let mut names = [short.clone(), file_name(&document.name)].into_iter().chain(numbered);
        let name = names.find(|name| !repeats(name)).unwrap_or(short);
        files.push((name, content));
    }
    files
}

/// A document's name as that of a file, which is gzipped.
fn file_name(name: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "-_.".contains(letter);
    let name: String = name.chars().map(|letter| if plain(letter) { letter } else { '-' }).collect();
    let name = name.trim_start_matches('.');
    if name.ends_with(".gz") { name.to_owned() } else { format!("{name}.gz") }
}

/// A folder for a recording that no other has: titles may differ in less than the names of their folders.
fn folder(title: &str, listed: &[Recording], planned: &[Recording]) -> String {
    let plain = gallery::folder(title);
    let is_others = |folder: &str| {
        let beginning = format!("{FOLDER}/{folder}/");
        let others = listed.iter().chain(planned).filter(|entry| entry.title != title);
        others.flat_map(|entry| &entry.files).any(|file| file.to_lowercase().starts_with(&beginning))
    };
    let numbered = (2_u32..).map(|number| format!("{plain}-{number}"));
    let mut names = std::iter::once(plain.clone()).chain(numbered);
    names.find(|name| !is_others(name)).unwrap_or(plain)
}

/// Whether each of these is a file of a recording, byte for byte.
fn has_all(entry: &Recording, files: &[(String, Vec<u8>)], to: &Path) -> bool {
    files.iter().all(|(_, content)| entry.files.iter().any(|file| is(&to.join(file), content)))
}

/// Whether each file of a recording is one of these, by its name and byte for byte.
fn is_all_in(entry: &Recording, files: &[(String, Vec<u8>)], to: &Path) -> bool {
    entry.files.iter().all(|file| {
        let named = |name: &str| file.rsplit('/').next() == Some(name);
        files.iter().any(|(name, content)| named(name) && is(&to.join(file), content))
    })
}

fn is(path: &Path, content: &[u8]) -> bool {
    // Most differ in their length already, and are not read.
    fs::metadata(path).is_ok_and(|metadata| metadata.len() == content.len() as u64)
        && fs::read(path).is_ok_and(|bytes| bytes == content)
}
