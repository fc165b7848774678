//! gzip ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)), one member or several, that can be left
//! and taken up again in the middle: what flate2's readers do not offer.

use std::io::{self, BufRead, Read};

use crc32fast::Hasher;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::counted::Counted;

/// The bytes a member begins with.
pub const MAGIC: [u8; 2] = [0x1f, 0x8b];

const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;

/// Where in a stream the reader is.
enum Stage {
    /// Before a member: whether it is the first.
    Header(bool),
    Body,
    Trailer,
    End,
}

/// Unwraps what `stored` gives.
pub(super) struct Gzip<R> {
    stored: Counted<R>,
    state: Box<InflateState>,
    stage: Stage,
    /// Of the member so far; `None` if it was not read from its start.
    check: Option<Hasher>,
}

impl<R: BufRead> Gzip<R> {
    /// From the start.
    pub fn new(stored: R) -> Self {
        Self {
            stored: Counted::new(stored, 0),
            state: InflateState::new_boxed(DataFormat::Raw),
            stage: Stage::Header(true),
            check: None,
        }
    }

    /// From where [`Self::checkpoint`] was: `stored` begins at its byte.
    pub fn resume(stored: R, at: u64, state: Box<InflateState>) -> Self {
        Self { stored: Counted::new(stored, at), state, stage: Stage::Body, check: None }
    }

    /// The stored byte the reader is at and all it needs to go on from there; `None` between members.
    pub fn checkpoint(&self) -> Option<(u64, Box<InflateState>)> {
        matches!(self.stage, Stage::Body).then(|| (self.stored.consumed, self.state.clone()))
    }

    fn header(&mut self) -> io::Result<()> {
        let [first, second, method, flags, ..] = self.stored.array::<10>()?;
        if [first, second] != MAGIC || method != 8 {
            return Err(damaged("no gzip member begins where one should"));
        }
        if flags & EXTRA != 0 {
            let length = u16::from_le_bytes(self.stored.array()?);
            self.stored.skip(length.into())?;
        }
        for field in [NAME, COMMENT] {
            while flags & field != 0 && self.stored.array()? != [0] {}
        }
        if flags & HEADER_CRC != 0 {
            self.stored.skip(2)?;
        }
        self.state.reset(DataFormat::Raw);
        self.check = Some(Hasher::new());
        self.stage = Stage::Body;
        Ok(())
    }

    fn body(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let input = self.stored.fill_buf()?;
        let ended = input.is_empty();
        let result = inflate(&mut self.state, input, buffer, MZFlush::None);
        self.stored.consume(result.bytes_consumed);
        if let Some(check) = &mut self.check {
            check.update(&buffer[..result.bytes_written]);
        }
        match result.status {
            Ok(MZStatus::StreamEnd) => self.stage = Stage::Trailer,
            Ok(_) if result.bytes_written == 0 && ended => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
            Err(MZError::Buf) if ended => return Err(io::ErrorKind::UnexpectedEof.into()),
            Err(_) => return Err(damaged("what is compressed is damaged")),
        }
        Ok(result.bytes_written)
    }

    fn trailer(&mut self) -> io::Result<()> {
        let check = u32::from_le_bytes(self.stored.array()?);
        let _length: [u8; 4] = self.stored.array()?;
        if self.check.take().is_some_and(|found| found.finalize() != check) {
            return Err(damaged("the checksum is another"));
        }
        self.stage = Stage::Header(false);
        Ok(())
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            match self.stage {
                Stage::Header(first) => match self.stored.peek()? {
                    // What follows the last member and is none (tapes are padded with zeros) is passed
                    // over, as gzip does.
                    next if !first && next != Some(MAGIC[0]) => self.stage = Stage::End,
                    _ => self.header()?,
                },
                Stage::Body => match self.body(buffer)? {
                    0 => {}
                    count => return Ok(count),
                },
                Stage::Trailer => self.trailer()?,
                Stage::End => break,
            }
        }
        Ok(0)
    }
}
