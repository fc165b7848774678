//! Looks for a text in every statement's own text, in its plans and in what the log says of every event, in slices:
//! between two of them the worker hears whether the search goes on.

use std::io;

use memchr::memmem::Finder;

use super::Look;
use crate::import;
use crate::protocol::Answer;
use crate::queries::filter::Found;
use crate::queries::{EventKind, EventText, NONE, QueryLog};
use crate::session::queries::Texts;
use crate::sort;
use crate::text::percent_decoded;

/// Bytes of the file that are read at once; some tens of milliseconds in the page.
const SLICE: u64 = 4 << 20;

/// A search, as far as it is.
pub(super) struct Search {
    text: String,
    /// What is looked through, in order of its place in the file.
    order: Vec<Record>,
    /// How many were looked at.
    done: usize,
    /// What was found; in order, each once, when it is through.
    found: Found,
}

/// A part of the file.
struct Record {
    offset: u64,
    length: u32,
    of: Of,
}

/// Whose text a part of the file is.
#[derive(Clone, Copy)]
enum Of {
    Statement(u32),
    Event(u32),
}

impl Record {
    fn end(&self) -> u64 {
        self.offset + u64::from(self.length)
    }
}

/// Everything in the file that has a text.
fn records(log: &QueryLog) -> Vec<Record> {
    let (statements, events) = (&log.statements, &log.events);
    let texts = (0..statements.len()).map(|at| Record {
        offset: statements.offset[at],
        length: statements.length[at],
        of: Of::Statement(at as u32),
    });
    let told = (0..events.len()).map(|event| Record {
        offset: events.offset[event],
        length: events.length[event],
        of: Of::Event(event as u32),
    });
    let mut records: Vec<Record> = texts.chain(told).collect();
    sort::by(&mut records, |a, b| a.offset.cmp(&b.offset));
    records
}

/// Whether the log says it of the event, in any of its words.
fn says(text: &EventText, has: impl Fn(&str) -> bool) -> bool {
    let EventText { message, detail, hint, context, statement, holders, plan } = text;
    has(message)
        || [detail, hint, context, statement, holders, plan].into_iter().flatten().any(|part| has(part))
}

impl Search {
    /// Where `text` was found; `None` if that was not searched to its end.
    pub(super) fn found(&self, text: &str) -> Option<&Found> {
        (self.text == text && self.done == self.order.len()).then_some(&self.found)
    }
}

impl Look<'_> {
    pub(super) fn search(&mut self, texts: &Texts<'_>, text: &str, begin: bool) -> io::Result<Answer> {
        let log = self.log;
        let known = self.state.search.take().filter(|search| search.text == text && !begin);
        let mut search = known.unwrap_or_else(|| Search {
            text: text.to_owned(),
            order: records(log),
            done: 0,
            found: Found::default(),
        });
        let rest = &search.order[search.done..];
        if let Some(first) = rest.first() {
            let from = first.offset;
            // At least one, however long it is.
            let count = rest.iter().take_while(|record| record.end() - from <= SLICE).count().max(1);
            let slice = &rest[..count];
            let to = slice.iter().map(Record::end).max().unwrap_or(from);
            // A saved log has its texts in itself, and no places in a file.
            let bytes = match log.saved {
                Some(_) => Vec::new(),
                None => texts.bytes(from, (to - from).min(u64::from(u32::MAX)) as u32)?,
            };
            let wanted = text.to_ascii_lowercase();
            let finder = Finder::new(&wanted);
            let has = |text: &str| finder.find(text.to_ascii_lowercase().as_bytes()).is_some();
            let format = import::by_id(texts.format);
            for record in slice {
                let part = bytes.get((record.offset - from) as usize..).unwrap_or_default();
                let part = &part[..(record.length as usize).min(part.len())];
                match record.of {
                    Of::Statement(at) => {
                        let text = match &log.saved {
                            Some(saved) => Some(saved.text(at as usize, log)),
                            None => format.and_then(|format| format.statement_text(part)),
                        };
                        let is_found = match text {
                            Some(text) => {
                                has(&text.sql)
                                    || text.parameters.as_deref().is_some_and(has)
                                    || (log.served.is_some()
                                        && percent_decoded(&text.sql).is_some_and(|decoded| has(&decoded)))
                            }
                            None => {
                                has(&log.fingerprints[log.statements.fingerprint[at as usize] as usize].text)
                            }
                        };
                        if is_found {
                            search.found.statements.push(at);
                        }
                    }
                    Of::Event(event) => {
                        let text = match &log.saved {
                            Some(saved) => saved.events.get(event as usize).cloned(),
                            None => format.and_then(|format| format.event_text(part)),
                        };
                        let Some(text) = text else { continue };
                        if says(&text, has) {
                            search.found.events.push(event);
                        }
                        let (kind, of) =
                            (log.events.kind[event as usize], log.events.statement[event as usize]);
                        if kind == EventKind::Plan && of != NONE && text.plan.as_deref().is_some_and(has) {
                            search.found.statements.push(of);
                        }
                    }
                }
            }
            search.done += count;
        }
        let (done, all) = (search.done as u32, search.order.len() as u32);
        if done == all {
            let Found { statements, events } = &mut search.found;
            for found in [statements, events] {
                sort::ids(found, &mut |a, b| a.cmp(&b));
                found.dedup();
            }
            // What was selected before by this text knew nothing of it.
            self.state.selections.retain(|(filter, _)| !(filter.all_texts && filter.text == text));
            self.state.forget_rows();
        }
        let found = search.found.statements.len() as u32;
        self.state.search = Some(search);
        Ok(Answer::Searched { done, all, found })
    }
}
