//! Opening files: chosen, dropped, pasted, kept from an earlier visit, or the sample.

use flamedrop::import::Members;
use flamedrop::input::zip::Member;
use flamedrop::input::{Part, bundle, rotation};
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DataTransfer, File, FileList, HtmlElement, HtmlInputElement};

use crate::document::OpenDocument;
use crate::state::State;
use crate::storage;
use crate::{embedded, folder, remote, saved, state};

/// The id of the page's file input.
pub const FILE_INPUT: &str = "files";

/// The sample's files, beside the page.
const SAMPLE: [&str; 2] = ["orders.prof", "orders.sql.jsonl"];

/// Opens `blob` as a document of its own, and keeps it if files are kept.
pub fn open(state: State, name: String, blob: Blob) -> OpenDocument {
    let document = add(state, name.clone(), blob.clone());
    if state.keep_files.get_untracked() {
        keep(state, document, name, blob);
    }
    document
}

fn add(state: State, name: String, blob: Blob) -> OpenDocument {
    let document = OpenDocument::start(name, blob);
    state.documents.update(|documents| documents.push(document));
    document
}

fn keep(state: State, document: OpenDocument, name: String, blob: Blob) {
    spawn_local(async move {
        match storage::keep(&name, &blob).await {
            Ok(key) => {
                // It may have been closed, or failed, while it was being stored.
                let open = state.documents.with_untracked(|documents| documents.contains(&document));
                if open && state.keep_files.get_untracked() && !document.has_failed() {
                    document.kept.set_value(Some(key));
                } else {
                    let _ = storage::drop_file(key).await;
                }
            }
            Err(_) => {
                state.say(format!("{name} is open, but this browser will not keep it for the next visit"))
            }
        }
    });
}

/// Opens files that were chosen or dropped.
pub fn open_files(state: State, files: Option<FileList>) {
    let Some(files) = files else { return };
    open_all(state, (0..files.length()).filter_map(|index| files.get(index)));
}

/// Opens files and shows the first of them that can be read. Those that are parts of one log by their
/// names are one document; the worker looks at what is in them.
pub fn open_all(state: State, files: impl Iterator<Item = File>) {
    let files: Vec<File> = files.collect();
    let names: Vec<String> = files.iter().map(File::name).collect();
    let groups = rotation::groups(names.iter().map(String::as_str));
    let together = |group: Vec<usize>| -> File {
        let parts: Vec<&File> = group.iter().map(|&index| &files[index]).collect();
        joined(&parts).unwrap_or_else(|| files[group[0]].clone())
    };
    open_each(state, groups.into_iter().map(together));
}

/// The parts of a log as one file, by reference.
fn joined(parts: &[&File]) -> Option<File> {
    let [first, _, ..] = parts else { return None };
    let table: Vec<(String, u64)> = parts.iter().map(|part| (part.name(), part.size() as u64)).collect();
    let bytes = Array::new();
    for part in parts {
        bytes.push(part);
    }
    bytes.push(&Uint8Array::from(bundle::trailer(&table).as_slice()));
    File::new_with_blob_sequence(&bytes, &rotation::name(&first.name())).ok()
}

/// Opens the files of a document that turned out to be several, in its place.
pub fn take_apart(container: OpenDocument, members: Members) {
    let Some(state) = state::current() else { return };
    // Not at once: its worker is just telling.
    spawn_local(async move {
        let Some(blob) = container.blob.try_get_value().flatten() else { return };
        let Members { files, archive } = members;
        let files: Vec<File> = files.iter().filter_map(|member| member_file(&blob, member)).collect();
        if files.is_empty() {
            container.refuse("the browser cannot take it apart", "Unpack it first.");
            return;
        }
        // Closed meanwhile, it is not to open anything.
        if !state.documents.with_untracked(|documents| documents.contains(&container)) {
            return;
        }
        if archive {
            open_all(state, files.into_iter());
        } else {
            open_each(state, files.into_iter());
        }
        state.close(container);
    });
}

/// Has logs of requests read by a site's patterns, which were opened as if they were a document.
pub fn take_urls(container: OpenDocument, urls: String) {
    let Some(state) = state::current() else { return };
    // Not at once: its worker is just telling.
    spawn_local(async move {
        let name = container.name.get_untracked();
        state.urls.set(Some(urls));
        let open = state.documents.get_untracked().into_iter();
        let logs: Vec<OpenDocument> = open.filter(|open| untrack(|| open.is_requests())).collect();
        if state.active.get_untracked() == Some(container)
            && let Some(&log) = logs.last()
        {
            state.show(Some(log));
        }
        state.close(container);
        state.say(if logs.is_empty() {
            format!("{name} has the site's patterns: open a log of requests, and its routes are these")
        } else {
            format!("Routes are now the patterns of {name}")
        });
        for log in logs {
            log.follow_urls().await;
        }
    });
}

/// Opens the parts of a log each as a document of its own.
pub fn apart(state: State, document: OpenDocument, parts: &[Part]) {
    let Some(blob) = document.blob.get_value() else { return };
    let files = parts.iter().filter_map(|part| member_file(&blob, &Member::from(part.clone())));
    open_each(state, files);
    state.close(document);
}

/// A file in another, by reference.
fn member_file(blob: &Blob, member: &Member) -> Option<File> {
    let Member { name, before, range, after } = member;
    let bytes = blob.slice_with_f64_and_f64(range.start as f64, range.end as f64).ok()?;
    let around = |bytes: &[u8]| Uint8Array::from(bytes);
    let pieces = Array::of3(&around(before), &bytes, &around(after));
    // With its path in the archive: parts of one log are in one folder.
    File::new_with_blob_sequence(&pieces, name).ok()
}

fn open_each(state: State, files: impl Iterator<Item = File>) {
    let opened: Vec<OpenDocument> = files.map(|file| open(state, file.name(), file.into())).collect();
    if let Some(&first) = opened.first() {
        state.show(Some(first));
        prefer_readable(state, opened);
    }
}

/// Of several files, one that cannot be read is not the one to look at while another can.
pub fn prefer_readable(state: State, opened: Vec<OpenDocument>) {
    let prefer = move |done: Option<bool>| {
        // Only until the user goes elsewhere, or all are read.
        let Some(active) = state.active.get().filter(|active| done != Some(true) && opened.contains(active))
        else {
            return true;
        };
        if active.has_failed_now()
            && let Some(&readable) = opened.iter().find(|document| document.overview().is_some())
        {
            state.show(Some(readable));
            return true;
        }
        opened.iter().all(|document| document.is_settled())
    };
    state::lasting(|| Effect::new(prefer));
}

/// Opens what was dropped or pasted: files, folders with what is in them, or else a text.
pub fn open_transfer(state: State, transfer: &DataTransfer) {
    if let Some(entries) = folder::dropped(transfer) {
        folder::open(state, entries);
        return;
    }
    let files = transfer.files();
    if files.as_ref().is_some_and(|files| files.length() > 0) {
        open_files(state, files);
    } else if let Ok(text) = transfer.get_data("text/plain") {
        open_text(state, &text);
    }
}

/// Opens a pasted text.
pub fn open_text(state: State, text: &str) {
    if text.trim().is_empty() {
        state.say("The clipboard has no text");
        return;
    }
    let number = state.documents.with_untracked(|documents| {
        1 + documents.iter().filter(|open| open.name.get_untracked().starts_with("pasted")).count()
    });
    let name = format!("pasted {number}");
    if let Ok(file) = File::new_with_str_sequence(&Array::of1(&text.into()), &name) {
        let document = open(state, name, file.into());
        state.show(Some(document));
    }
}

/// Shows the browser's file dialog.
pub fn choose() {
    let input =
        document().get_element_by_id(FILE_INPUT).and_then(|input| input.dyn_into::<HtmlInputElement>().ok());
    if let Some(input) = input {
        // The same file may be chosen again.
        input.set_value("");
        AsRef::<HtmlElement>::as_ref(&input).click();
    }
}

/// Opens the text on the clipboard; the browser may ask the user first.
pub fn paste_from_clipboard(state: State) {
    spawn_local(async move {
        let text = JsFuture::from(window().navigator().clipboard().read_text()).await;
        match text.ok().and_then(|text| text.as_string()) {
            Some(text) => open_text(state, &text),
            None => state.say("The browser did not allow reading the clipboard: press Ctrl+V or ⌘V instead"),
        }
    });
}

/// Opens the sample.
pub fn sample(state: State) {
    spawn_local(async move {
        let mut first = None;
        for name in SAMPLE {
            let path = format!("samples/{name}");
            let embedded = embedded::bytes(&path)
                .await
                .and_then(|bytes| File::new_with_u8_array_sequence(&Array::of1(&bytes), name).ok());
            let file = match embedded {
                Some(file) => Ok(file.into()),
                None => remote::fetch(&path).await,
            };
            match file {
                Ok(file) => {
                    let document = open(state, name.to_owned(), file);
                    first.get_or_insert(document);
                }
                Err(refusal) => state.say(format!("The sample cannot be opened: {}", refusal.problem)),
            }
        }
        if first.is_some() {
            state.show(first);
        }
    });
}

/// Opens the documents of a saved page in its place.
pub fn unpack(container: OpenDocument, documents: Vec<(String, Vec<u8>)>) {
    let Some(state) = state::current() else { return };
    spawn_local(async move {
        let mut opened = Vec::new();
        for (name, bytes) in documents {
            match saved::unzipped(&name, &bytes).await {
                Some(file) => opened.push(open(state, name, file.into())),
                None => state.say(format!("{name} is damaged and was left out")),
            }
        }
        // Closed meanwhile, it is not to open anything; but nothing that is open is taken away either.
        if state.active.get_untracked() == Some(container)
            && let Some(&first) = opened.first()
        {
            state.show(Some(first));
        }
        state.close(container);
    });
}

/// Opens what was kept from an earlier visit; `then` is told when all is listed.
pub fn restore(state: State, then: impl FnOnce() + 'static) {
    spawn_local(async move {
        for (name, file) in saved::documents().await {
            add(state, name, file);
        }
        if state.keep_files.get_untracked()
            && let Ok(files) = storage::kept().await
        {
            for file in files {
                let document = add(state, file.name, file.blob);
                document.kept.set_value(Some(file.key));
            }
        }
        then();
    });
}

/// Turns keeping on or off. On keeps what is open now; off drops every kept copy.
pub fn set_keeping(state: State, on: bool) {
    state.keep_files.set(on);
    storage::set_setting("keep-files", if on { "yes" } else { "no" });
    if on {
        for document in state.documents.get_untracked() {
            // What came from the host comes from there again.
            if let (false, None, Some(blob)) =
                (document.has_failed(), document.source.get_value(), document.blob.get_value())
            {
                keep(state, document, document.name.get_untracked(), blob);
            }
        }
    } else {
        drop_copies(state, None);
    }
}

/// Closes everything and drops every kept copy, and what is kept of dismissed findings.
pub fn forget(state: State) {
    state.judging.forget();
    for document in state.documents.get_untracked() {
        state.close(document);
    }
    drop_copies(state, Some("All files are closed, and saved copies deleted"));
}

fn drop_copies(state: State, done: Option<&'static str>) {
    for document in state.documents.get_untracked() {
        document.kept.set_value(None);
    }
    spawn_local(async move {
        match storage::forget().await {
            Ok(()) => {
                if let Some(done) = done {
                    state.say(done);
                }
            }
            Err(_) => state.say("This browser's storage cannot be reached: nothing is kept there"),
        }
    });
}
