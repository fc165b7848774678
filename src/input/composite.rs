//! A source made of others' bytes, as a browser's `new Blob([…])` is: no byte is copied.

use std::io::{self, Read};
use std::ops::Range;
use std::rc::Rc;

use super::Source;

/// Bytes of a composite.
#[derive(Clone)]
pub enum Piece {
    /// These.
    Bytes(Vec<u8>),
    /// Those of another source.
    Of(Rc<dyn Source>, Range<u64>),
}

impl Piece {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Of(_, range) => range.end.saturating_sub(range.start),
        }
    }
}

/// Pieces end to end.
pub struct Composite {
    name: String,
    pieces: Vec<Piece>,
}

impl Composite {
    /// Names `pieces`.
    pub fn new(name: impl Into<String>, pieces: Vec<Piece>) -> Self {
        Self { name: name.into(), pieces }
    }

    /// Puts whole files together as a bundle: see [`super::bundle`].
    pub fn bundle(name: impl Into<String>, files: Vec<Rc<dyn Source>>) -> Self {
        let table: Vec<(String, u64)> =
            files.iter().map(|file| (file.name().to_owned(), file.size())).collect();
        let mut pieces: Vec<Piece> = files
            .into_iter()
            .map(|file| {
                let size = file.size();
                Piece::Of(file, 0..size)
            })
            .collect();
        pieces.push(Piece::Bytes(super::bundle::trailer(&table)));
        Self::new(name, pieces)
    }
}

impl Source for Composite {
    fn name(&self) -> &str {
        &self.name
    }

    fn size(&self) -> u64 {
        self.pieces.iter().map(Piece::length).sum()
    }

    /// When the youngest of them was.
    fn modified(&self) -> Option<f64> {
        let times = self.pieces.iter().filter_map(|piece| match piece {
            Piece::Bytes(_) => None,
            Piece::Of(source, _) => source.modified(),
        });
        times.reduce(f64::max)
    }

    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        let mut skip = offset;
        let mut at = 0;
        while let Some(piece) = self.pieces.get(at).filter(|piece| piece.length() <= skip) {
            skip -= piece.length();
            at += 1;
        }
        Ok(Box::new(Reader { pieces: &self.pieces[at..], skip, current: None }))
    }
}

struct Reader<'a> {
    pieces: &'a [Piece],
    /// Bytes of the next piece to pass over.
    skip: u64,
    current: Option<Box<dyn Read + 'a>>,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !buffer.is_empty() {
            if let Some(current) = &mut self.current {
                match current.read(buffer)? {
                    0 => self.current = None,
                    count => return Ok(count),
                }
            }
            let Some((piece, rest)) = self.pieces.split_first() else { break };
            self.pieces = rest;
            let skip = std::mem::take(&mut self.skip);
            self.current = Some(match piece {
                Piece::Bytes(bytes) => Box::new(&bytes[(skip as usize).min(bytes.len())..]),
                Piece::Of(source, range) => {
                    let start = (range.start + skip).min(range.end);
                    Box::new(source.open(start)?.take(range.end - start))
                }
            });
        }
        Ok(0)
    }
}
