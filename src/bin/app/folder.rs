//! Folders that are dropped: all that is in them is opened, few files each by itself, more as a group.

use flamedrop::code::sources::is_source;
use flamedrop::format;
use js_sys::{Array, Promise};
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry,
};

use crate::open;
use crate::state::State;
use flamedrop::text::natural;

/// So many files are looked at: a home directory is no recording.
const LOOKED_AT: usize = 5_000;

/// Folders that hold no recordings of anybody's.
const LEFT_OUT: [&str; 3] = ["node_modules", "__pycache__", "site-packages"];

/// Endings of what stands beside source in projects, and is never a recording there.
const OF_PROJECTS: [&str; 32] = [
    "cfg", "css", "env", "gif", "html", "ico", "in", "ini", "ipynb", "jpeg", "jpg", "js", "lock", "map",
    "md", "mo", "mjs", "pdf", "png", "po", "pyc", "rst", "scss", "sh", "sqlite3", "svg", "toml", "ts",
    "woff", "woff2", "yaml", "yml",
];

/// What was dropped, if a folder is among it. To be asked while the drop is handled: after that it is empty.
pub fn dropped(transfer: &DataTransfer) -> Option<Vec<FileSystemEntry>> {
    let items = transfer.items();
    let entry = |at: u32| items.get(at)?.webkit_get_as_entry().ok().flatten();
    let entries: Vec<FileSystemEntry> = (0..items.length()).filter_map(entry).collect();
    entries.iter().any(FileSystemEntry::is_directory).then_some(entries)
}

/// Opens what is in `entries`, folders with all that is in them.
pub fn open(state: State, entries: Vec<FileSystemEntry>) {
    spawn_local(async move {
        // What is dropped alone is what the names of all that is in it begin with.
        let alone = match entries.as_slice() {
            [one] if one.is_directory() => Some(one.name()),
            _ => None,
        };
        let within = alone.as_ref().map(|name| format!("/{name}/"));
        let mut files: Vec<(String, File)> = Vec::new();
        let mut source = Vec::new();
        let mut folders = entries;
        // The last one first; nothing recurses over the depth of folders.
        folders.reverse();
        let mut more = false;
        while let Some(entry) = folders.pop() {
            if files.len() + source.len() >= LOOKED_AT {
                more = true;
                break;
            }
            let name = entry.name();
            if entry.is_file() {
                let path = entry.full_path();
                if name.starts_with('.') {
                    continue;
                }
                let Some(file) = file_of(entry.unchecked_into()).await else { continue };
                if is_source(&name) {
                    source.push((path.trim_start_matches('/').to_owned(), file));
                } else {
                    let path = match &within {
                        Some(folder) => path.strip_prefix(folder.as_str()).unwrap_or(&path),
                        None => path.trim_start_matches('/'),
                    };
                    files.push((path.to_owned(), file));
                }
            } else if !name.starts_with('.') && !LEFT_OUT.contains(&name.as_str()) {
                let mut within = entries_of(&entry.unchecked_into()).await;
                within.sort_by_cached_key(|entry| natural(&entry.name()));
                within.reverse();
                folders.append(&mut within);
            }
        }
        if files.is_empty() && source.is_empty() {
            state.say("There are no files in the folder");
            return;
        }
        if !source.is_empty() {
            // A project: its templates and pictures are no recordings, and one wants its source, not a list of them.
            files.retain(|(path, _)| !is_of_a_project(path));
        }
        state.sources.take(state, source);
        if more {
            state.say(format!(
                "Only the first {} files are looked at: drop the folder in parts",
                format::count(LOOKED_AT as i64)
            ));
        }
        if files.is_empty() {
            return;
        }
        let name = alone.unwrap_or_else(|| format!("{} files", files.len()));
        open::open_named(state, name, files);
    });
}

/// Whether a file is what stands beside source in projects, by the end of its name.
fn is_of_a_project(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, ending)) => OF_PROJECTS.contains(&ending),
        None => true,
    }
}

async fn file_of(entry: FileSystemFileEntry) -> Option<File> {
    let promise =
        Promise::new(&mut |resolve, reject| entry.file_with_callback_and_callback(&resolve, &reject));
    JsFuture::from(promise).await.ok()?.dyn_into().ok()
}

/// All that is in a folder: a reader gives a part at a time (a hundred, in Chromium), until nothing is left.
async fn entries_of(folder: &FileSystemDirectoryEntry) -> Vec<FileSystemEntry> {
    let reader: FileSystemDirectoryReader = folder.create_reader();
    let mut all = Vec::new();
    while all.len() < LOOKED_AT {
        let promise = Promise::new(&mut |resolve, reject| {
            // What it throws is what it rejects with as well.
            let _ = reader.read_entries_with_callback_and_callback(&resolve, &reject);
        });
        let Ok(part) = JsFuture::from(promise).await else { break };
        let part: Vec<FileSystemEntry> = Array::from(&part).iter().map(JsCast::unchecked_into).collect();
        if part.is_empty() {
            break;
        }
        all.extend(part);
    }
    all
}
