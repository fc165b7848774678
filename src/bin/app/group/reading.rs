//! The reading of a group: for the numbers of each file, and after all of these for what rules say of it.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use flamedrop::brief::Brief;
use flamedrop::import::Members;
use flamedrop::protocol::{Message, Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{Blob, File};

use super::{GroupState, Known, not};
use crate::bridge::Event;
use crate::document::OpenDocument;
use crate::patterns::Patterns;
use crate::reader::Reader;
use crate::state::State;
use crate::{judgement, open, saved};

/// So many workers read the recordings of a group.
const AT_ONCE: usize = 2;

/// A file that is read next.
struct Next {
    id: u32,
    name: String,
    file: Blob,
    /// Whether its numbers are known, and only its verdict is missing.
    is_known: bool,
}

impl GroupState {
    /// The next file that is to be read; for its verdict if nothing else is to be read.
    fn next(self) -> Option<Next> {
        let id = self.waiting.try_update_value(VecDeque::pop_front)?;
        let is_known = id.is_none();
        let id = id.or_else(|| self.unjudged.try_update_value(VecDeque::pop_front)?)?;
        let name =
            self.members.with_untracked(|members| members.get(id as usize).map(|one| one.name.clone()))?;
        Some(Next { id, name, file: self.file(id)?, is_known })
    }

    /// Whether others are to be read for their numbers.
    fn others_wait(self) -> bool {
        self.waiting.with_value(|waiting| !waiting.is_empty())
    }

    /// The numbers of one file more are known, or that it has none; of the last one they are told.
    fn count_known(self) {
        let left = self.unknown.try_update_value(|unknown| {
            *unknown = unknown.saturating_sub(1);
            *unknown
        });
        if left == Some(0) {
            self.tell();
        }
    }
}

/// Reads what is to be read; `done` is told at the end, unless others are at it.
pub(super) fn read(state: State, document: OpenDocument, done: impl Fn() + 'static) {
    let group = document.group;
    let done = Rc::new(done);
    for _ in group.reading.get_value()..AT_ONCE {
        group.reading.update_value(|reading| *reading += 1);
        let done = Rc::clone(&done);
        spawn_local(async move {
            read_waiting(state, group).await;
            let left = group.reading.try_update_value(|reading| {
                *reading -= 1;
                *reading
            });
            let is_open = state.documents.with_untracked(|documents| documents.contains(&document));
            if left == Some(0) && is_open {
                group.tell();
                done();
            }
        });
    }
}

/// Reads with one worker what nobody has read yet.
async fn read_waiting(state: State, group: GroupState) {
    let reader = Rc::new(Reader::default());
    group.readers.update_value(|readers| readers.push(Rc::clone(&reader)));
    while let Some(Next { id, name, file, is_known }) = group.next() {
        if !is_known {
            group.know(id, Known::Reading);
        }
        // Of the last one both at once.
        let is_judged = is_known || !group.others_wait();
        let Some(event) = reader.read(&name, file.clone(), !is_judged).await else { return };
        let known = match event {
            Event::Broken(text) => not(&format!("its worker stopped ({text})")),
            Event::Message(message) => match *message {
                Message::Brief(brief) => {
                    group.unjudged.try_update_value(|all| all.push_back(id));
                    Known::Recording(Arc::new(Brief { name: name.clone(), ..*brief }))
                }
                Message::Opened(_) => {
                    let settings = Some(untrack(|| judgement::settings(state)));
                    match reader.ask(&Request::Brief { settings }).await {
                        Some(Response::Brief(brief)) => {
                            Known::Recording(Arc::new(Brief { name: name.clone(), ..*brief }))
                        }
                        Some(Response::Refused(problem)) => not(&problem),
                        _ => not("its worker stopped"),
                    }
                }
                Message::Failed(failure) => Known::Not(Arc::new(failure)),
                Message::Panicked(text) => not(&format!("Flamedrop itself failed on it ({text})")),
                Message::Members(members) => {
                    let Members { files, others, refused, .. } = members;
                    let within = files.iter().chain(&others);
                    let parts = within.filter_map(|part| open::member_file(&file, part));
                    let named = |part: File| (format!("{name}/{}", part.name()), part);
                    group.add(open::together(parts.map(named).collect()));
                    group.add_refused(refused);
                    Known::Apart
                }
                Message::Contents(documents) => {
                    let mut within = Vec::new();
                    for (of, bytes) in documents {
                        if let Some(file) = saved::unzipped(&of, &bytes).await {
                            within.push((format!("{name}/{of}"), file));
                        }
                    }
                    group.add(within);
                    Known::Apart
                }
                Message::Urls(urls) => {
                    open::know_patterns(state, Patterns { name: name.clone(), text: urls });
                    not("it has the site's patterns: routes of logs of requests are these")
                }
                _ => not("its worker does not answer"),
            },
        };
        group.know(id, known);
        if !is_known {
            group.count_known();
        }
    }
    reader.end();
}
