//! Where in the stored bytes the unwrapped ones are, so that a text is found again without unwrapping
//! everything before it.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use miniz_oxide::inflate::stream::InflateState;

use super::Source;
use super::bundle::Part;
use super::parts::Parts;

/// Checkpoints kept at most; of gzip each is 43 kB.
const MOST: usize = 128;

/// Unwrapped bytes between two checkpoints at first.
const FIRST_STEP: u64 = 1024 * 1024;

/// A place reading can go on from.
#[derive(Clone)]
pub(super) struct Checkpoint {
    /// Index of its part.
    pub part: usize,
    /// Unwrapped bytes before it, those of earlier parts included.
    pub unwrapped: u64,
    /// Stored bytes of its part before it.
    pub stored: u64,
    pub state: State,
}

/// What is needed to go on.
#[derive(Clone)]
pub(super) enum State {
    /// A part begins here, or a frame of zstd: nothing.
    Fresh,
    /// gzip: what may be referred to, and the codes.
    Inflate(Box<InflateState>),
    /// UTF-16: whether it is big endian.
    Utf16(bool),
}

/// Where a compressed part could not be unwrapped any further: what comes before is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The part's name.
    pub part: String,
    /// Unwrapped bytes of it before.
    pub unwrapped: u64,
    /// Whether it simply ends, as a file that was not copied to its end does.
    pub is_cut: bool,
    /// What is wrong, in words.
    pub problem: String,
}

impl Damage {
    /// As an error, for what cannot do with a part.
    pub(super) fn error(&self) -> io::Error {
        let kind = if self.is_cut { io::ErrorKind::UnexpectedEof } else { io::ErrorKind::InvalidData };
        io::Error::new(kind, self.problem.clone())
    }
}

/// The parts of a source and checkpoints in them, learned while it was read once.
///
/// At first a checkpoint is due after each megabyte; when there are too many, every other one goes and
/// the step doubles. So a log of any size costs at most 5.5 MB, and a text in it at most a 64th of the
/// time the whole took.
#[derive(Clone, Default)]
pub struct Places {
    pub(super) parts: Vec<Part>,
    checkpoints: Vec<Checkpoint>,
    step: u64,
    pub(super) damage: Vec<Damage>,
}

impl Places {
    /// Before anything is known.
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self { parts, checkpoints: Vec::new(), step: FIRST_STEP, damage: Vec::new() }
    }

    /// With checkpoints as close as this.
    #[cfg(test)]
    pub(super) fn with_step(parts: Vec<Part>, step: u64) -> Self {
        Self { parts, checkpoints: Vec::new(), step, damage: Vec::new() }
    }

    #[cfg(test)]
    pub(super) fn checkpoints(&self) -> usize {
        self.checkpoints.len()
    }

    /// What the file was put together from, in order of time; one part if it was not.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Compressed parts that are damaged or cut short.
    pub fn damage(&self) -> &[Damage] {
        &self.damage
    }

    /// Whether the place after so many unwrapped bytes is worth a checkpoint.
    pub(super) fn is_due(&self, unwrapped: u64) -> bool {
        self.checkpoints.last().is_none_or(|last| unwrapped >= last.unwrapped + self.step)
    }

    /// Keeps a checkpoint after the last one. Where parts begin is always kept.
    pub(super) fn keep(&mut self, checkpoint: Checkpoint) {
        let inside = |checkpoint: &Checkpoint| checkpoint.stored > 0;
        if self.checkpoints.iter().filter(|one| inside(one)).count() >= MOST {
            let mut number = 0;
            self.checkpoints.retain(|one| {
                number += u32::from(inside(one));
                !inside(one) || number % 2 == 0
            });
            self.step *= 2;
        }
        self.checkpoints.push(checkpoint);
    }

    /// The last checkpoint that is not behind `offset`.
    pub(super) fn before(&self, offset: u64) -> Option<&Checkpoint> {
        let after = self.checkpoints.partition_point(|checkpoint| checkpoint.unwrapped <= offset);
        self.checkpoints.get(after.checked_sub(1)?)
    }

    /// Reads `length` unwrapped bytes at `offset` of `source`, which these places are of; fewer if it
    /// ends before.
    ///
    /// # Errors
    /// When the source cannot be read, or is no longer what it was.
    pub fn read(&self, source: &dyn Source, offset: u64, length: u32) -> io::Result<Vec<u8>> {
        let mut parts = Parts::resume(source, Rc::new(RefCell::new(self.clone_for(offset))), offset)?;
        let mut bytes = Vec::new();
        (&mut parts).take(u64::from(length)).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Only what reading at `offset` needs.
    fn clone_for(&self, offset: u64) -> Self {
        let checkpoints = self.before(offset).cloned().into_iter().collect();
        Self { parts: self.parts.clone(), checkpoints, step: u64::MAX, damage: Vec::new() }
    }
}

impl std::fmt::Debug for Places {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { parts, checkpoints, step, damage } = self;
        write!(formatter, "{parts:?}, {} checkpoints, one each {step} bytes, {damage:?}", checkpoints.len())
    }
}
