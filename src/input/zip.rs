//! What is in a ZIP archive
//! ([APPNOTE](https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT)), each file as a file of its
//! own without unpacking it: what deflate compressed becomes gzip by ten bytes before it and eight
//! after, all of which the archive's directory knows.

use std::io;
use std::ops::Range;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::{Composite, Part, Piece, Source, read_stored};

/// A file in another: these bytes of it, with some before and some after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its path in the archive.
    pub name: String,
    /// Bytes to put before.
    pub before: Vec<u8>,
    /// Bytes of the archive.
    pub range: Range<u64>,
    /// Bytes to put after.
    pub after: Vec<u8>,
}

impl From<Part> for Member {
    /// A part as it is, with nothing around it.
    fn from(part: Part) -> Self {
        Self { name: part.name, before: Vec::new(), range: part.range, after: Vec::new() }
    }
}

impl Member {
    /// The member as a source.
    pub fn source(&self, archive: &Rc<dyn Source>) -> Composite {
        let pieces = [
            Piece::Bytes(self.before.clone()),
            Piece::Of(Rc::clone(archive), self.range.clone()),
            Piece::Bytes(self.after.clone()),
        ];
        Composite::new(&self.name, pieces.into())
    }
}

/// An archive's files.
#[derive(Debug, Default)]
pub struct Archive {
    /// Those that can be read.
    pub members: Vec<Member>,
    /// Names of those that cannot, with the reason.
    pub refused: Vec<(String, &'static str)>,
}

const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";

/// The end of an archive is this far from that of its file at most: its own 22 bytes, a comment, and
/// the locator before it.
const TAIL: u64 = 22 + 65_535 + 20;

/// A larger directory is refused, bytes: some 100,000 files.
const LARGEST_DIRECTORY: u64 = 16 * 1024 * 1024;

/// More members are refused.
pub const MOST_MEMBERS: usize = 1000;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;
const ZSTD: u16 = 93;

/// Whether `head` begins an archive.
pub fn is_archive(head: &[u8]) -> bool {
    head.starts_with(LOCAL) || head.starts_with(END)
}

/// What is in `source`; `None` if it is no archive.
///
/// # Errors
/// When it cannot be read; of kind [`io::ErrorKind::InvalidData`] when its directory is damaged or
/// missing, as it is at the end of the file, [`io::ErrorKind::QuotaExceeded`] when it has too much in it.
pub fn archive(source: &dyn Source) -> io::Result<Option<Archive>> {
    if !is_archive(&read_stored(source, 0, 4)?) {
        return Ok(None);
    }
    let directory = directory(source)?;
    let mut archive = Archive::default();
    let mut rest = &directory[..];
    while rest.starts_with(CENTRAL) {
        let entry = Entry::read(rest).ok_or_else(damaged)?;
        rest = rest.get(entry.length..).ok_or_else(damaged)?;
        // Folders, and what macOS adds for each file.
        if entry.name.ends_with('/') || entry.name.starts_with("__MACOSX/") || entry.size == 0 {
            continue;
        }
        if archive.members.len() + archive.refused.len() == MOST_MEMBERS {
            let problem = format!("it has more than {MOST_MEMBERS} files in it");
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, problem));
        }
        match entry.member(source)? {
            Ok(member) => archive.members.push(member),
            Err(reason) => archive.refused.push((entry.name, reason)),
        }
    }
    Ok(Some(archive))
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "its directory is damaged or cut off")
}

/// The bytes of the central directory.
fn directory(source: &dyn Source) -> io::Result<Vec<u8>> {
    let tail_start = source.size().saturating_sub(TAIL);
    let tail = read_stored(source, tail_start, TAIL)?;
    let end = memchr::memmem::rfind_iter(&tail, END)
        .find(|&at| {
            let comment = u16_at(&tail, at + 20).map(usize::from);
            comment.is_some_and(|comment| at + 22 + comment == tail.len())
        })
        .ok_or_else(damaged)?;
    let size = u32_at(&tail, end + 12).ok_or_else(damaged)?;
    let offset = u32_at(&tail, end + 16).ok_or_else(damaged)?;
    let (mut size, mut offset) = (u64::from(size), u64::from(offset));
    let locator = end.checked_sub(20).and_then(|at| tail.get(at..)).filter(|at| at.starts_with(LOCATOR_64));
    if let Some(locator) = locator {
        let at = u64_at(locator, 8).ok_or_else(damaged)?;
        let end = read_stored(source, at, 56)?;
        if !end.starts_with(END_64) {
            return Err(damaged());
        }
        size = u64_at(&end, 40).ok_or_else(damaged)?;
        offset = u64_at(&end, 48).ok_or_else(damaged)?;
    }
    if size > LARGEST_DIRECTORY {
        return Err(io::Error::new(io::ErrorKind::QuotaExceeded, "it has too many files in it"));
    }
    let directory = read_stored(source, offset, size)?;
    if directory.len() as u64 != size || !(size == 0 || directory.starts_with(CENTRAL)) {
        return Err(damaged());
    }
    Ok(directory)
}

/// One entry of the directory.
struct Entry {
    name: String,
    encrypted: bool,
    method: u16,
    check: u32,
    compressed: u64,
    size: u64,
    local: u64,
    /// Bytes of the entry itself.
    length: usize,
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<Self> {
        let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(bytes, at).map(usize::from));
        let (name_end, extra_end) = (46 + name?, 46 + name? + extra?);
        let mut entry = Self {
            name: String::from_utf8_lossy(bytes.get(46..name_end)?).into_owned(),
            encrypted: u16_at(bytes, 8)? & 1 != 0,
            method: u16_at(bytes, 10)?,
            check: u32_at(bytes, 16)?,
            compressed: u32_at(bytes, 20)?.into(),
            size: u32_at(bytes, 24)?.into(),
            local: u32_at(bytes, 42)?.into(),
            length: extra_end + comment?,
        };
        entry.read_extra(bytes.get(name_end..extra_end)?);
        Some(entry)
    }

    /// What does not fit into 32 bits.
    fn read_extra(&mut self, mut extra: &[u8]) {
        while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
            let Some(mut field) = extra.get(4..4 + usize::from(length)) else { return };
            extra = &extra[4 + usize::from(length)..];
            if id != 1 {
                continue;
            }
            for value in [&mut self.size, &mut self.compressed, &mut self.local] {
                if *value == u64::from(u32::MAX)
                    && let Some((bytes, rest)) = field.split_first_chunk()
                {
                    *value = u64::from_le_bytes(*bytes);
                    field = rest;
                }
            }
        }
    }

    /// The member, or why it cannot be read.
    fn member(&self, source: &dyn Source) -> io::Result<Result<Member, &'static str>> {
        if self.encrypted {
            return Ok(Err("is encrypted"));
        }
        let (before, after) = match self.method {
            STORED | ZSTD => Default::default(),
            DEFLATED => {
                let length = (self.size as u32).to_le_bytes();
                let trailer = [self.check.to_le_bytes(), length].concat();
                (vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], trailer)
            }
            _ => return Ok(Err("is compressed in a way that is not read")),
        };
        let header = read_stored(source, self.local, 30)?;
        let lengths = (u16_at(&header, 26), u16_at(&header, 28));
        let (LOCAL, (Some(name), Some(extra))) = (header.get(..4).unwrap_or_default(), lengths) else {
            return Ok(Err("is not where the directory says"));
        };
        let start = self.local + 30 + u64::from(name) + u64::from(extra);
        match start.checked_add(self.compressed).filter(|end| *end <= source.size()) {
            Some(end) => Ok(Ok(Member { name: self.name.clone(), before, range: start..end, after })),
            None => Ok(Err("is cut short")),
        }
    }
}

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    chunk(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    chunk(bytes, at).map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    chunk(bytes, at).map(u64::from_le_bytes)
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::input::{Input, MemorySource};

    /// A ZIP archive of `(name, content, whether to compress it)`.
    pub fn archive(files: &[(&str, &[u8], bool)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut directory = Vec::new();
        for (name, content, compress) in files {
            let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            packed.write_all(content).unwrap();
            let packed = if *compress { packed.finish().unwrap() } else { content.to_vec() };
            let mut fields = vec![20, 0, 0, 0, if *compress { 8 } else { 0 }, 0, 0, 0, 0, 0];
            fields.extend_from_slice(&crc32fast::hash(content).to_le_bytes());
            fields.extend_from_slice(&(packed.len() as u32).to_le_bytes());
            fields.extend_from_slice(&(content.len() as u32).to_le_bytes());
            fields.extend_from_slice(&(name.len() as u16).to_le_bytes());
            let offset = bytes.len() as u32;
            bytes.extend_from_slice(&[LOCAL, &fields, &[0, 0], name.as_bytes(), &packed].concat());
            let offset = offset.to_le_bytes();
            directory.extend_from_slice(
                &[CENTRAL, &[20, 0], &fields, &[0; 12], &offset, name.as_bytes()].concat(),
            );
        }
        let (size, offset) = (directory.len() as u32, bytes.len() as u32);
        bytes.extend_from_slice(&directory);
        bytes
            .extend_from_slice(&[END, &[0; 8], &size.to_le_bytes(), &offset.to_le_bytes(), &[0, 0]].concat());
        bytes
    }

    fn contents(bytes: Vec<u8>) -> io::Result<Vec<(String, String)>> {
        let source: Rc<dyn Source> = Rc::new(MemorySource::new("x.zip", bytes));
        let Some(Archive { members, refused }) = super::archive(source.as_ref())? else {
            panic!("no archive")
        };
        assert_eq!(refused, []);
        let read = |member: &Member| {
            let source = member.source(&source);
            let bytes = Input::open(&source, &|_| ())?.read_all(1 << 20)?;
            Ok((member.name.clone(), String::from_utf8_lossy(&bytes).into_owned()))
        };
        members.iter().map(read).collect()
    }

    #[test]
    fn members_are_files_of_their_own() {
        let bytes = archive(&[
            ("logs/", b"", false),
            ("logs/a.log", &b"one\n".repeat(1000), true),
            ("__MACOSX/logs/._a.log", b"x", false),
            ("logs/b.log", b"two", false),
        ]);
        let read = contents(bytes).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0], ("logs/a.log".to_owned(), "one\n".repeat(1000)));
        assert_eq!(read[1], ("logs/b.log".to_owned(), "two".to_owned()));
    }

    #[test]
    fn an_archive_without_its_end_is_damaged() {
        let bytes = archive(&[("a.log", b"one", true)]);
        for cut in [4, 30, bytes.len() - 30, bytes.len() - 1] {
            let error = contents(bytes[..cut].to_vec()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }
}
