//! Source files that the user dropped: what documents name is shown from them. They stay files until a line of them is
//! looked at, and are not kept for the next visit.

use std::collections::HashMap;
use std::sync::Arc;

use flamedrop::code::excerpt::LARGEST;
use flamedrop::code::sources::is_source;
use flamedrop::format;
use flamedrop::protocol::{CodeAnswer, CodeAsk, Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;
use web_sys::File;

use crate::document::OpenDocument;
use crate::open;
use crate::state::State;

/// Source files at most; more are a whole environment.
const MOST: usize = 20_000;

/// Texts that are kept: one looks at a few files at a time.
const TEXTS: usize = 12;

/// What was dropped; copies are the same.
#[derive(Clone, Copy)]
pub struct Sources {
    /// How often something was added.
    added: RwSignal<u32>,
    files: StoredValue<Vec<(String, File)>, LocalStorage>,
    /// The texts that were read last, by number of the file.
    texts: StoredValue<Vec<(u32, Arc<str>)>, LocalStorage>,
}

/// Files of a document by path, each with the number of its source.
pub type Matched = Arc<HashMap<String, u32>>;

impl Sources {
    /// None yet.
    pub fn new() -> Self {
        Self {
            added: RwSignal::new(0),
            files: StoredValue::new_local(Vec::new()),
            texts: StoredValue::new_local(Vec::new()),
        }
    }

    /// Takes files that are source, each with its path, and says so.
    pub fn take(self, state: State, files: Vec<(String, File)>) {
        if files.is_empty() {
            return;
        }
        let count = files.len() as i64;
        self.files.update_value(|all| {
            let mut places: HashMap<String, usize> =
                all.iter().enumerate().map(|(at, (path, _))| (path.clone(), at)).collect();
            for (path, file) in files {
                match places.get(&path) {
                    // What is dropped again has changed.
                    Some(&at) => all[at].1 = file,
                    None if all.len() < MOST => {
                        places.insert(path.clone(), all.len());
                        all.push((path, file));
                    }
                    None => {}
                }
            }
        });
        self.texts.update_value(Vec::clear);
        self.added.update(|added| *added += 1);
        let count = format::counted(count, "source file", "source files");
        state.say(if state.documents.with_untracked(Vec::is_empty) {
            format!("{count}: open a profile, and its functions show their lines")
        } else {
            format!("{count}: functions and lines show their code")
        });
    }

    /// Forgets all.
    pub fn forget(self) {
        self.files.update_value(Vec::clear);
        self.texts.update_value(Vec::clear);
        self.added.set(0);
    }

    /// Which files of a document there is source of; follows what is dropped. Asked for when it is first followed.
    pub fn of(self, document: OpenDocument) -> Signal<Option<Matched>> {
        let matched = RwSignal::new(None);
        Effect::new(move |_: Option<()>| {
            let added = self.added.get();
            let is_open = document.overview().is_some();
            if added == 0 || !is_open {
                matched.set(None);
                return;
            }
            let Some(paths) =
                self.files.try_with_value(|files| files.iter().map(|(path, _)| path.clone()).collect())
            else {
                return;
            };
            spawn_local(async move {
                let answer = document.ask(Request::Code(CodeAsk::Sources(paths))).await;
                if let Some(Response::Code(CodeAnswer::Sources(found))) = answer
                    && self.added.try_get_untracked() == Some(added)
                {
                    matched.try_set(Some(Arc::new(found.into_iter().collect())));
                }
            });
        });
        matched.into()
    }

    /// The text of a source file, as far as it is one.
    pub async fn text(self, number: u32) -> Option<Arc<str>> {
        let known = |texts: &Vec<(u32, Arc<str>)>| {
            texts.iter().find(|(of, _)| *of == number).map(|(_, text)| Arc::clone(text))
        };
        if let Some(text) = self.texts.try_with_value(known).flatten() {
            return Some(text);
        }
        let file =
            self.files.try_with_value(|files| files.get(number as usize).map(|(_, file)| file.clone()))??;
        if file.size() > LARGEST as f64 {
            return None;
        }
        let text: Arc<str> = JsFuture::from(file.text()).await.ok()?.as_string()?.into();
        self.texts.try_update_value(|texts| {
            texts.truncate(TEXTS - 1);
            texts.insert(0, (number, Arc::clone(&text)));
        });
        Some(text)
    }
}

/// Takes what is source out of files that were dropped or chosen, and leaves the rest.
pub fn take(state: State, files: Vec<File>) -> Vec<File> {
    let (sources, rest): (Vec<File>, Vec<File>) = files.into_iter().partition(|file| is_source(&file.name()));
    // A script alone, with nothing that it could be the source of: somebody wants it profiled, and is told how.
    let is_alone = sources.len() == 1
        && rest.is_empty()
        && state.documents.with_untracked(|open| open.iter().all(|one| one.has_failed()));
    if is_alone {
        return sources;
    }
    if sources.len() <= FEW {
        for file in sources.iter().cloned() {
            open_patterns(state, file);
        }
    }
    state.sources.take(state, sources.into_iter().map(|file| (path_of(&file), file)).collect());
    rest
}

/// Of so many files each may be a site's patterns, which somebody chose; a whole project is source.
const FEW: usize = 8;

/// Opens a file as a document as well, if it seems to have a site's patterns, which logs of requests are read by.
fn open_patterns(state: State, file: File) {
    if file.size() > LARGEST as f64 {
        return;
    }
    spawn_local(async move {
        let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
        if text.is_some_and(|text| text.contains("urlpatterns")) {
            let document = open::open(state, file.name(), file.into());
            state.show(Some(document));
        }
    });
}

/// A file's path, as far as the browser says it.
fn path_of(file: &File) -> String {
    let path =
        js_sys::Reflect::get(file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
    path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name())
}
