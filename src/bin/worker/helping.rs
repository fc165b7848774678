//! Reading slices of a log for another worker, whose helper this one is (`helpers`).

use std::cell::RefCell;
use std::io::{self, Read};
use std::ops::Range;

use flamedrop::import::Options;
use flamedrop::import::slices::Plan;
use flamedrop::input::Source;
use web_sys::Blob;

use crate::blob::BlobSource;

thread_local! {
    /// The log, and how it is read in slices; a helper has one.
    static LOG: RefCell<Option<(BlobSource, Plan)>> = const { RefCell::new(None) };
}

/// The slice of `blob` in this range, for the worker that asks; nothing if it cannot be read.
pub fn read(blob: Blob, range: Range<u64>) -> Option<Vec<u8>> {
    LOG.with_borrow_mut(|log| {
        if log.is_none() {
            let source = BlobSource::new(blob, || ());
            // As it has been made by the worker that asks.
            let (plan, _) = Plan::of(&source, &Options::default())?;
            *log = Some((source, plan));
        }
        let (source, plan) = log.as_ref()?;
        plan.read(&InSlices(source), range).ok()?.to_bytes()
    })
}

/// A blob of which slices are read: each at once, and nothing ahead.
pub struct InSlices<'a>(pub &'a BlobSource);

impl Source for InSlices<'_> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn size(&self) -> u64 {
        self.0.size()
    }

    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        self.0.open_slice(offset)
    }
}
