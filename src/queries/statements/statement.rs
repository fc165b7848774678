//! One statement as a reader found it, and what its text is recognised by.

use crate::queries::NONE;

/// One statement as a reader found it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statement {
    /// End on the log's clock, ms, as written: cut to [`Self::resolution`]. NaN if the log has no times.
    pub end: f64,
    /// The clock's step, ms: the true end is less than this after [`Self::end`].
    pub resolution: f64,
    /// Milliseconds; NaN if unknown.
    pub duration: f64,
    /// Id from [`fingerprint`](super::LogBuilder::fingerprint) or [`without_text`](super::LogBuilder::without_text).
    pub fingerprint: u32,
    /// Id from [`connection`](super::LogBuilder::connection).
    pub connection: u32,
    /// Byte at which its record begins.
    pub offset: u64,
    /// Bytes of its record.
    pub length: u32,
    /// Whether it ended in an error.
    pub failed: bool,
    /// Hash of its parameters.
    pub parameters: u64,
    /// Id from [`request`](super::LogBuilder::request), or [`NONE`]: then it is inferred.
    pub request: u32,
    /// What the tags in its comment say: [`Recognised::tags`], or [`NONE`].
    pub tags: u32,
    /// Id from [`site`](super::LogBuilder::site), or [`NONE`].
    pub site: u32,
    /// Rows it returned or changed, or [`NONE`].
    pub rows: u32,
    /// Rows it looked at, or [`NONE`].
    pub rows_examined: u32,
    /// Which transaction of its request it is in, or [`NONE`].
    pub transaction: u32,
    /// Milliseconds it waited for locks, part of the duration; NaN if unknown.
    pub lock_time: f64,
}

/// What a statement's text is recognised by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognised {
    /// Its fingerprint's id.
    pub fingerprint: u32,
    /// Hash of its parameters.
    pub parameters: u64,
    /// Id of its comment's tags, [`NONE`] without.
    pub tags: u32,
}

impl Statement {
    /// A statement of which nothing but its text and its connection is known.
    pub fn new(recognised: Recognised, connection: u32) -> Self {
        let Recognised { fingerprint, parameters, tags } = recognised;
        Self {
            end: f64::NAN,
            resolution: 0.0,
            duration: f64::NAN,
            fingerprint,
            connection,
            offset: 0,
            length: 0,
            failed: false,
            parameters,
            request: NONE,
            tags,
            site: NONE,
            rows: NONE,
            rows_examined: NONE,
            transaction: NONE,
            lock_time: f64::NAN,
        }
    }
}
