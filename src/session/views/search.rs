//! Looks for a text in every statement's own text and in its plans, in slices: between two of them the
//! worker hears whether the search goes on.

use std::io;

use memchr::memmem::Finder;

use super::Look;
use crate::import;
use crate::protocol::Answer;
use crate::queries::{EventKind, NONE, QueryLog};
use crate::session::queries::Texts;
use crate::sort;

/// Bytes of the file that are read at once; some tens of milliseconds in the page.
const SLICE: u64 = 4 << 20;

/// A search, as far as it is.
pub(super) struct Search {
    text: String,
    /// What is looked through, in order of its place in the file.
    order: Vec<Record>,
    /// How many were looked at.
    done: usize,
    /// Statements found; in order, each once, when it is through.
    found: Vec<u32>,
}

/// A part of the file.
struct Record {
    offset: u64,
    length: u32,
    /// Whose it is.
    statement: u32,
    /// The event that is the statement's plan, if it is not its text.
    plan: Option<u32>,
}

impl Record {
    fn end(&self) -> u64 {
        self.offset + u64::from(self.length)
    }
}

/// Everything in the file that has a text of a statement.
fn records(log: &QueryLog) -> Vec<Record> {
    let (statements, events) = (&log.statements, &log.events);
    let texts = (0..statements.len()).map(|at| Record {
        offset: statements.offset[at],
        length: statements.length[at],
        statement: at as u32,
        plan: None,
    });
    let plans = (0..events.len())
        .filter(|&event| events.kind[event] == EventKind::Plan && events.statement[event] != NONE)
        .map(|event| Record {
            offset: events.offset[event],
            length: events.length[event],
            statement: events.statement[event],
            plan: Some(event as u32),
        });
    let mut records: Vec<Record> = texts.chain(plans).collect();
    sort::by(&mut records, |a, b| a.offset.cmp(&b.offset));
    records
}

impl Search {
    /// Where `text` was found, ascending; `None` if that was not searched to its end.
    pub(super) fn found(&self, text: &str) -> Option<&[u32]> {
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
            found: Vec::new(),
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
                let at = record.statement;
                let is_found = if let Some(event) = record.plan {
                    let text = match &log.saved {
                        Some(saved) => saved.events.get(event as usize).cloned(),
                        None => format.and_then(|format| format.event_text(part)),
                    };
                    text.and_then(|text| text.plan).as_deref().is_some_and(has)
                } else {
                    let text = match &log.saved {
                        Some(saved) => Some(saved.text(at as usize, log)),
                        None => format.and_then(|format| format.statement_text(part)),
                    };
                    match text {
                        Some(text) => has(&text.sql) || text.parameters.as_deref().is_some_and(has),
                        None => has(&log.fingerprints[log.statements.fingerprint[at as usize] as usize].text),
                    }
                };
                if is_found {
                    search.found.push(at);
                }
            }
            search.done += count;
        }
        let (done, all) = (search.done as u32, search.order.len() as u32);
        if done == all {
            sort::ids(&mut search.found, &mut |a, b| a.cmp(&b));
            search.found.dedup();
            // What was selected before by this text knew nothing of it.
            self.state.selections.retain(|(filter, _)| !(filter.all_texts && filter.text == text));
            self.state.forget_rows();
        }
        let found = search.found.len() as u32;
        self.state.search = Some(search);
        Ok(Answer::Searched { done, all, found })
    }
}
