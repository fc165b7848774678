//! Opening files: chosen, dropped, pasted, kept from an earlier visit, or the sample.

use flamedrop::findings::pairs;
use flamedrop::import::{Members, Together};
use flamedrop::input::zip::Member;
use flamedrop::input::{Part, bundle, rotation};
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, DataTransfer, File, FileList, HtmlElement, HtmlInputElement};

use crate::document::OpenDocument;
use crate::patterns::Patterns;
use crate::state::{Closed, State};
use crate::storage;
use crate::{embedded, folder, group, handles, remote, saved, sources, state};

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

/// Keeps a document's file in the browser.
pub fn keep(state: State, document: OpenDocument, name: String, blob: Blob) {
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

/// Opens files: few of them each as a document, many as a group.
pub fn open_all(state: State, files: impl Iterator<Item = File>) {
    let files = sources::take(state, files.collect());
    let files: Vec<(String, File)> = files.into_iter().map(|file| (file.name(), file)).collect();
    if files.is_empty() {
        return;
    }
    let name = format!("{} files", files.len());
    open_named(state, name, files);
}

/// Opens files, each with the name it is known by, and shows the first of them that can be read. Those that are parts of
/// one log by their names are one document; the worker looks at what is in them. Many are a group, called `name`.
pub fn open_named(state: State, name: String, files: Vec<(String, File)>) {
    let files = together(files);
    if are_a_group(&files) {
        group::open_as(state, name, files);
    } else {
        open_each(state, files.into_iter().map(|(_, file)| file));
    }
}

/// Whether they are of many things: a profile and its log are of one.
fn are_a_group(files: &[(String, File)]) -> bool {
    pairs::are_a_group(files.iter().map(|(name, _)| name.as_str()))
}

/// Files as they are opened: the parts of one log, by their names, are one.
pub fn together(files: Vec<(String, File)>) -> Vec<(String, File)> {
    let groups = rotation::groups(files.iter().map(|(name, _)| name.as_str()));
    let one = |group: Vec<usize>| -> Option<(String, File)> {
        let parts: Vec<&(String, File)> = group.iter().map(|&index| &files[index]).collect();
        joined(&parts).or_else(|| parts.first().map(|&part| part.clone()))
    };
    groups.into_iter().filter_map(one).collect()
}

/// The parts of a log as one file, by reference.
fn joined(parts: &[&(String, File)]) -> Option<(String, File)> {
    let [(first, file), _, ..] = parts else { return None };
    let table: Vec<(String, u64)> = parts.iter().map(|(_, part)| (part.name(), part.size() as u64)).collect();
    let bytes = Array::new();
    for (_, part) in parts {
        bytes.push(part);
    }
    bytes.push(&Uint8Array::from(bundle::trailer(&table).as_slice()));
    let joined = File::new_with_blob_sequence(&bytes, &rotation::name(&file.name())).ok()?;
    Some((rotation::name(first), joined))
}

/// Opens the files of a document that turned out to be several, in its place: many become a group, which it then is.
pub fn take_apart(container: OpenDocument, members: Members) {
    let Some(state) = state::current() else { return };
    // Not at once: its worker is just telling.
    spawn_local(async move {
        let Some(blob) = container.blob.try_get_value().flatten() else { return };
        let Members { files, others, refused, together: how } = members;
        let within = |members: &[Member]| -> Vec<(String, File)> {
            let file = |member: &Member| Some((member.name.clone(), member_file(&blob, member)?));
            members.iter().filter_map(file).collect()
        };
        let mut files = within(&files);
        if files.is_empty() {
            container.refuse("the browser cannot take it apart", "Unpack it first.");
            return;
        }
        // Closed meanwhile, it is not to open anything.
        if !state.documents.with_untracked(|documents| documents.contains(&container)) {
            return;
        }
        if how == Together::Archive {
            files = together(files);
        }
        if how == Together::Group || how == Together::Archive && are_a_group(&files) {
            files.extend(within(&others));
            group::become_one(state, container, files, refused);
            return;
        }
        open_each(state, files.into_iter().map(|(_, file)| file));
        state.close(container);
    });
}

/// Has logs of requests read by a site's patterns, which were opened as if they were a document.
pub fn take_urls(container: OpenDocument, urls: String) {
    let Some(state) = state::current() else { return };
    // Not at once: its worker is just telling.
    spawn_local(async move {
        let name = container.name.get_untracked();
        know_patterns(state, Patterns { name: name.clone(), text: urls });
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

/// From now on logs of requests are read by these patterns, in the next visit as well if files are kept.
pub fn know_patterns(state: State, patterns: Patterns) {
    if state.keep_files.get_untracked() {
        patterns.keep();
    }
    state.urls.set(Some(patterns));
}

/// Has logs of requests read by what the addresses in them show again.
pub fn leave_urls(state: State) {
    Patterns::forget();
    let Some(Patterns { name, .. }) = state.urls.get_untracked() else { return };
    state.urls.set(None);
    state.say(format!("Routes are no longer the patterns of {name}"));
    spawn_local(async move {
        for log in state.documents.get_untracked() {
            if untrack(|| log.is_requests()) {
                log.follow_urls().await;
            }
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
pub fn member_file(blob: &Blob, member: &Member) -> Option<File> {
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
    handles::note(transfer, move || state.handles.update(|count| *count += 1));
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
        state.urls.with_untracked(|patterns| patterns.iter().for_each(Patterns::keep));
        for document in state.documents.get_untracked() {
            // What came from the host comes from there again.
            if let (false, None, Some(blob)) =
                (document.has_failed(), document.source.get_value(), document.blob.get_value())
            {
                keep(state, document, document.name.get_untracked(), blob);
            }
        }
    } else {
        Patterns::forget();
        drop_copies(state);
    }
}

/// Closes everything and drops every kept copy, once that is confirmed, and what is kept of dismissed findings. As long as it is said it can be had
/// back: what is open in the page outlives its copies.
pub fn forget(state: State) {
    let question = "Delete all files saved in this browser, and close those that are open?";
    if !window().confirm_with_message(question).unwrap_or(true) {
        return;
    }
    let dismissed = state.judging.forget();
    Patterns::forget();
    state.sources.forget();
    let all = state.documents.get_untracked();
    for document in &all {
        document.kept.set_value(None);
    }
    state.close_all(all, dismissed, "All files are closed, and saved copies deleted");
    let patterns = state.urls.get_untracked();
    state.urls.set(None);
    state.closed.update(|closed| {
        if let Some(closed) = closed {
            closed.patterns = patterns;
        }
    });
    delete_copies(state);
}

/// Opens again what was closed at once, as it was looked at.
pub fn undo_closing(state: State) {
    let Some(Closed { open, closed, active, dismissed, patterns }) = state.closed.get_untracked() else {
        return;
    };
    state.closed.set(None);
    state.notice.set(None);
    state.judging.dismiss_again(&dismissed);
    if let Some(patterns) = patterns {
        know_patterns(state, patterns);
    }
    // Where they stood; what was opened since comes last.
    let now = state.documents.get_untracked();
    let since = now.iter().copied().filter(|one| !open.contains(one));
    let back = |one: &&OpenDocument| closed.contains(one) || now.contains(one);
    let all: Vec<OpenDocument> = open.iter().filter(back).copied().chain(since).collect();
    state.documents.set(all);
    for document in closed {
        group::open_again(state, document);
        if state.keep_files.get_untracked()
            && !document.has_failed()
            && let (None, Some(blob)) = (document.source.get_value(), document.blob.get_value())
        {
            keep(state, document, document.name.get_untracked(), blob);
        }
    }
    if active.is_some() {
        state.show(active);
    }
}

fn drop_copies(state: State) {
    for document in state.documents.get_untracked() {
        document.kept.set_value(None);
    }
    delete_copies(state);
}

fn delete_copies(state: State) {
    spawn_local(async move {
        if storage::forget().await.is_err() {
            state.say("This browser's storage cannot be reached: nothing is kept there");
        }
    });
}
