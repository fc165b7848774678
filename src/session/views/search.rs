//! Looks for a text in every statement's own text, in slices: between two of them the worker hears
//! whether the search goes on.

use std::io;

use memchr::memmem::Finder;

use super::Look;
use crate::import;
use crate::protocol::Answer;
use crate::session::queries::Texts;
use crate::sort;

/// Bytes of the file that are read at once; some tens of milliseconds in the page.
const SLICE: u64 = 4 << 20;

/// A search, as far as it is.
pub(super) struct Search {
    text: String,
    /// Statements in order of their place in the file.
    order: Vec<u32>,
    /// How many were looked at.
    done: usize,
    /// Those found; in order once it is through.
    found: Vec<u32>,
}

impl Search {
    /// Where `text` was found, ascending; `None` if that was not searched to its end.
    pub(super) fn found(&self, text: &str) -> Option<&[u32]> {
        (self.text == text && self.done == self.order.len()).then_some(&self.found)
    }
}

impl Look<'_> {
    pub(super) fn search(&mut self, texts: &Texts<'_>, text: &str, begin: bool) -> io::Result<Answer> {
        let (log, statements) = (self.log, &self.log.statements);
        let known = self.state.search.take().filter(|search| search.text == text && !begin);
        let mut search = known.unwrap_or_else(|| {
            let offset = |at: u32| statements.offset[at as usize];
            let order = sort::order(statements.len(), &mut |a, b| offset(a).cmp(&offset(b)));
            Search { text: text.to_owned(), order, done: 0, found: Vec::new() }
        });
        let end = |at: u32| statements.offset[at as usize] + u64::from(statements.length[at as usize]);
        let rest = &search.order[search.done..];
        if let Some(&first) = rest.first() {
            let from = statements.offset[first as usize];
            // At least one, however long it is.
            let count = rest.iter().take_while(|&&at| end(at) - from <= SLICE).count().max(1);
            let slice = &rest[..count];
            let to = slice.iter().map(|&at| end(at)).max().unwrap_or(from);
            let bytes = texts.bytes(from, (to - from).min(u64::from(u32::MAX)) as u32)?;
            let wanted = text.to_ascii_lowercase();
            let finder = Finder::new(&wanted);
            let has = |text: &str| finder.find(text.to_ascii_lowercase().as_bytes()).is_some();
            let format = import::by_id(texts.format);
            for &at in slice {
                let start = (statements.offset[at as usize] - from) as usize;
                let length = statements.length[at as usize] as usize;
                let record = bytes.get(start..).unwrap_or_default();
                let record = &record[..length.min(record.len())];
                let is_found = match format.and_then(|format| format.statement_text(record)) {
                    Some(text) => has(&text.sql) || text.parameters.as_deref().is_some_and(has),
                    None => has(&log.fingerprints[statements.fingerprint[at as usize] as usize].text),
                };
                if is_found {
                    search.found.push(at);
                }
            }
            search.done += count;
        }
        let (done, all) = (search.done as u32, search.order.len() as u32);
        let found = search.found.len() as u32;
        if done == all {
            sort::ids(&mut search.found, &mut |a, b| a.cmp(&b));
            // What was selected before by this text knew nothing of it.
            self.state.selections.retain(|(filter, _)| !(filter.all_texts && filter.text == text));
            self.state.forget_rows();
        }
        self.state.search = Some(search);
        Ok(Answer::Searched { done, all, found })
    }
}
