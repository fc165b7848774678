//! Zstandard ([RFC 8878](https://www.rfc-editor.org/rfc/rfc8878)), one frame or several.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::counted::Counted;

/// The bytes a frame begins with.
pub const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A frame that refers further back than this is refused, bytes: that much memory it needs. `zstd`
/// itself stays under 8 MB up to level 19.
const WINDOW: u64 = 64 * 1024 * 1024;

/// Unwraps what `stored` gives.
pub(super) struct Zstd<R> {
    stored: Counted<R>,
    decoder: FrameDecoder,
    inside: bool,
    first: bool,
    /// What stopped it, once everything before was given.
    failed: Option<io::Error>,
}

impl<R: BufRead> Zstd<R> {
    /// From the start of a frame, which is at byte `at`.
    pub fn new(stored: R, at: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(WINDOW);
        Self { stored: Counted::new(stored, at), decoder, inside: false, first: true, failed: None }
    }

    /// The stored byte at which the next frame begins; `None` inside of one.
    pub fn checkpoint(&self) -> Option<u64> {
        (!self.inside).then_some(self.stored.consumed)
    }

    /// Begins the next frame; whether there is one.
    fn begin(&mut self) -> io::Result<bool> {
        while self.stored.peek()?.is_some() || self.first {
            self.first = false;
            match self.decoder.reset(&mut self.stored) {
                Ok(()) => {
                    self.inside = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.stored.skip(length.into())?,
                Err(_) if self.stored.peek()?.is_none() => return Err(io::ErrorKind::UnexpectedEof.into()),
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(false)
    }

    /// After the last byte of a frame.
    fn end(&mut self) -> io::Result<()> {
        self.inside = false;
        let (said, found) = (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum());
        match (said, found) {
            (Some(said), Some(found)) if said != found => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum is another"))
            }
            _ => Ok(()),
        }
    }
}

fn failed(error: FrameDecoderError) -> io::Error {
    let text = error.to_string();
    match error {
        FrameDecoderError::WindowSizeTooBig { .. } => io::Error::new(io::ErrorKind::QuotaExceeded, text),
        _ => io::Error::new(io::ErrorKind::InvalidData, text),
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() && (self.inside || self.begin()?) {
            let count = self.decoder.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            if self.decoder.is_finished() {
                match self.failed.take() {
                    Some(error) => return Err(error),
                    None => self.end()?,
                }
            } else {
                let one = || BlockDecodingStrategy::UptoBlocks(1);
                if let Err(error) = self.decoder.decode_blocks(&mut self.stored, one()) {
                    let is_cut = matches!(self.stored.peek(), Ok(None));
                    let error = if is_cut { io::ErrorKind::UnexpectedEof.into() } else { failed(error) };
                    // A block is decoded once it is read whole, so what came before is right. The decoder holds it back
                    // as long as later blocks may refer to it: it gets a last block, of no bytes.
                    let mut last: &[u8] = &[1, 0, 0, 0, 0, 0, 0];
                    if self.decoder.decode_blocks(&mut last, one()).is_err() {
                        return Err(error);
                    }
                    self.failed = Some(error);
                }
            }
        }
        Ok(0)
    }
}
