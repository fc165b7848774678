//! A large log, read in slices by several workers.
//!
//! A slice is a range of the file; what begins in it is its. Whoever reads one looks for the first line that can begin
//! a record, reads record by record, over the end of the range where the last one does not end there, and keeps of each
//! what is the same whatever came before it ([`Batch`]). The batches are taken in in order, which gives the document that
//! reading in one piece gives: sessions, transactions and the clock go on from slice to slice.
//!
//! Where a slice's first record begins is found by reading from a bit before it, which is a guess: a literal may have
//! lines in it that look like records. So a slice is
//! taken in only if it begins where the one before ended; else it is read again from there ([`Merging::wants`]). The
//! first begins where the log does, so all do.
//!
//! There are no threads here: whoever has some shares a [`Plan`] among them.

pub(super) mod kept;

use std::io::{self, Read as _};
use std::ops::Range;

use super::records::{Bounds, Records, shown, trim_mark};
use super::{Format, ImportError, detect, django_json, mysql_slow, open, postgres, wrapped};
use crate::document::Document;
use crate::input::{Input, Options, Places, Source, Wrapping};
use crate::saved;
use kept::Place;

/// A smaller file is read in one piece, bytes: it takes some hundredths of a second.
const LEAST: u64 = 8 * 1024 * 1024;

/// How long slices are, bytes: short enough that at the end none is waited for alone, and much longer than records are.
pub const SLICE: u64 = 2 * 1024 * 1024;

/// From so many bytes before a slice its records are told apart, so that it is not the first of them that is its own:
/// a record's second line may look like a first one.
const LEAD: u64 = 16 * 1024;

/// What is known of a log before it is read.
pub struct Log<'a> {
    /// Its first bytes.
    pub head: &'a [u8],
    /// What the user says about it: [`Options::log_line_prefix`].
    pub log_line_prefix: Option<&'a str>,
}

/// A format that can be read in slices.
pub trait Sliced: Sync {
    /// Reads these records of a log.
    fn batch(&self, records: &mut Records<'_, '_>, log: &Log<'_>) -> io::Result<Batch>;
    /// Begins the document, with what its reader notices before the first record.
    fn begin(&self, log: &Log<'_>) -> Box<dyn Reading>;
}

/// Whether this build reads logs in slices: the command line does. A worker of the page reads alone, and what it does not
/// ask for is not linked.
const ARE_READ_HERE: bool = cfg!(feature = "cli");

/// A format that can be read in slices, in a build that does.
pub(super) fn here(format: &dyn Sliced) -> Option<&dyn Sliced> {
    if ARE_READ_HERE { Some(format) } else { None }
}

/// What was read of the records of a slice.
pub enum Batch {
    /// Of a log of PostgreSQL.
    Postgres(postgres::batch::Batch),
    /// Of MySQL's slow query log.
    Mysql(mysql_slow::batch::Batch),
    /// Of Django's log as JSON.
    Django(django_json::batch::Batch),
}

/// A document on the way.
pub trait Reading {
    /// Takes in the next batch, which is of the same format.
    fn take_in(&mut self, batch: &Batch, place: Place<'_>);
    /// The document.
    fn finish(self: Box<Self>, name: String, format: &'static str) -> Document;
}

/// How a log is read in slices.
pub struct Plan {
    format: &'static dyn Format,
    sliced: &'static dyn Sliced,
    name: String,
    head: Vec<u8>,
    log_line_prefix: Option<String>,
    size: u64,
}

/// A slice that was read.
pub struct Slice {
    bounds: Bounds,
    batch: Batch,
}

impl Plan {
    /// How `source` is read in slices, and where its document's bytes are in it. `None` if it is read in one piece: if it is
    /// small, compressed, several files, of a format that is not read in slices, or if something is around its lines.
    pub fn of(source: &dyn Source, options: &Options) -> Option<(Self, Places)> {
        if source.size() < LEAST { None } else { Self::of_any_size(source, options) }
    }

    /// Like [`Self::of`], of small files as well.
    pub fn of_any_size(source: &dyn Source, options: &Options) -> Option<(Self, Places)> {
        let mut input = open(source, &|_| ()).ok()?;
        input.options = options.clone();
        let places = input.places();
        let is_plain = input.wrapping() == Wrapping::Plain && places.parts().len() == 1;
        if !is_plain || saved::is(input.head()) || options.log_format.is_some() {
            return None;
        }
        let format = detect(input.head())?;
        let sliced = format.slices()?;
        if wrapped::reading(&input, format).is_some() {
            return None;
        }
        let plan = Self {
            format,
            sliced,
            name: input.name().to_owned(),
            head: input.head().to_vec(),
            log_line_prefix: options.log_line_prefix.clone(),
            size: source.size(),
        };
        Some((plan, places))
    }

    /// The log in slices of so many bytes.
    pub fn slices(&self, length: u64) -> impl Iterator<Item = Range<u64>> {
        let (size, length) = (self.size, length.max(1));
        let count = size.div_ceil(length).max(1);
        // What is written to the file meanwhile belongs to the last one.
        (0..count).map(move |at| at * length..if at + 1 == count { u64::MAX } else { (at + 1) * length })
    }

    /// Reads a slice: of `source`, which must be what the plan is for.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(&self, source: &dyn Source, range: Range<u64>) -> Result<Slice, ImportError> {
        let from = range.start.saturating_sub(LEAD);
        self.read_from(source, from, range, from == 0)
    }

    /// Like [`Self::read`], of a slice whose first record is known to begin where it begins: what [`Merging::wants`].
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_again(&self, source: &dyn Source, range: Range<u64>) -> Result<Slice, ImportError> {
        self.read_from(source, range.start, range, true)
    }

    fn read_from(
        &self,
        source: &dyn Source,
        from: u64,
        range: Range<u64>,
        begins: bool,
    ) -> Result<Slice, ImportError> {
        let read = || {
            let mut input = Input::at(source, from)?;
            let mut records = Records::within(&mut input, range.clone(), begins);
            let batch = self.sliced.batch(&mut records, &self.log())?;
            Ok(Slice { bounds: records.bounds(), batch })
        };
        read().map_err(|error: io::Error| ImportError::reading(&error))
    }

    fn log(&self) -> Log<'_> {
        Log { head: &self.head, log_line_prefix: self.log_line_prefix.as_deref() }
    }
}

/// Slices on the way to a document.
pub struct Merging<'a> {
    plan: &'a Plan,
    source: &'a dyn Source,
    reading: Box<dyn Reading>,
    /// Up to where it is read, and how many lines that are.
    end: u64,
    lines: u64,
}

impl<'a> Merging<'a> {
    /// Of no slice yet. `source` is what they are of.
    pub fn new(plan: &'a Plan, source: &'a dyn Source) -> Self {
        Self { plan, source, reading: plan.sliced.begin(&plan.log()), end: 0, lines: 0 }
    }

    /// Where a slice has to begin in place of this one: its range is to be read from there again.
    pub fn wants(&self, slice: &Slice) -> Option<u64> {
        (slice.bounds.begin != self.end).then_some(self.end)
    }

    /// Takes in the next slice, if it [is the one](Self::wants) that is wanted.
    pub fn take_in(&mut self, slice: &Slice) {
        let Slice { bounds, batch } = slice;
        let (lines, source) = (self.lines, self.source);
        self.reading.take_in(batch, &|offset, line| {
            let line = lines + 1 + line.saturating_sub(bounds.first_line);
            Some(format!("line {line}: {}", first(source, offset)))
        });
        self.end = bounds.end;
        self.lines += bounds.lines;
    }

    /// The document, once all slices are taken in.
    pub fn finish(self) -> Document {
        self.reading.finish(self.plan.name.clone(), self.plan.format.id())
    }
}

/// The beginning of the record at `offset`, for a diagnostic.
fn first(source: &dyn Source, offset: u64) -> String {
    // More than what is shown of it, whatever letters these are.
    const ENOUGH: u64 = 1024;
    let mut bytes = Vec::new();
    let read = source.open(offset).and_then(|reader| reader.take(ENOUGH).read_to_end(&mut bytes));
    read.map_or_else(|_| String::new(), |_| shown(trim_mark(&bytes)))
}
