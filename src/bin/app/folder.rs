//! Folders that are dropped: every recording in them is opened, and what is none is only counted.

use flamedrop::format;
use js_sys::{Array, Promise};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry,
};

use crate::document::{OpenDocument, Status};
use crate::open;
use crate::state::{self, State};
use crate::text::natural;

/// So many files are opened at most: each has a worker of its own.
const MOST: usize = 60;

/// So many are looked at: a home directory is no recording.
const LOOKED_AT: usize = 5_000;

/// Folders that hold no recordings of anybody's.
const LEFT_OUT: [&str; 3] = ["node_modules", "__pycache__", "site-packages"];

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
        let mut files = Vec::new();
        let mut folders = entries;
        // The last one first; nothing recurses over the depth of folders.
        folders.reverse();
        while let Some(entry) = folders.pop() {
            if files.len() >= LOOKED_AT {
                break;
            }
            let name = entry.name();
            if entry.is_file() {
                if !name.starts_with('.')
                    && let Some(file) = file_of(entry.unchecked_into()).await
                {
                    files.push(file);
                }
            } else if !name.starts_with('.') && !LEFT_OUT.contains(&name.as_str()) {
                let mut within = entries_of(&entry.unchecked_into()).await;
                within.sort_by_cached_key(|entry| natural(&entry.name()));
                within.reverse();
                folders.append(&mut within);
            }
        }
        if files.is_empty() {
            state.say("There are no files in the folder");
            return;
        }
        let more = files.len().saturating_sub(MOST);
        files.truncate(MOST);
        let before = state.documents.get_untracked();
        open::open_all(state, files.into_iter());
        let opened: Vec<OpenDocument> =
            state.documents.get_untracked().into_iter().filter(|one| !before.contains(one)).collect();
        settle(state, opened, more);
    });
}

/// Closes those that turn out to be no recordings, once all are read, and says how many.
fn settle(state: State, opened: Vec<OpenDocument>, more: usize) {
    let done = StoredValue::new(false);
    let check = move |_: Option<()>| {
        if done.get_value() || !opened.iter().all(|document| document.is_settled()) {
            return;
        }
        done.set_value(true);
        let is_none = |document: &&OpenDocument| {
            document
                .status
                .with(|status| matches!(status, Status::Failed(failure) if !failure.supported.is_empty()))
        };
        let none: Vec<OpenDocument> = opened.iter().filter(is_none).copied().collect();
        let count = |count: usize| format::counted(count as i64, "file", "files");
        // Where nothing was a recording, the errors say why.
        if none.len() == opened.len() {
            return;
        }
        for document in &none {
            state.close(*document);
        }
        let mut said = Vec::new();
        if !none.is_empty() {
            said.push(format!("{} in the folder: no profile and no log", count(none.len())));
        }
        if more > 0 {
            said.push(format!("{} more were not opened: drop them in parts", count(more)));
        }
        if !said.is_empty() {
            state.say(said.join(". "));
        }
    };
    state::lasting(|| Effect::new(check));
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
