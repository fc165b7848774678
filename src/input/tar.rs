//! What is in a tar archive, each file as a file of its own:
//! [POSIX's ustar and pax](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06), and
//! [GNU's long names](https://www.gnu.org/software/tar/manual/html_node/Standard.html).
//!
//! Of a plain archive the members are bytes of it, by reference. One in gzip or zstd has to be unwrapped to find them:
//! they are held in memory, up to [`MOST_UNWRAPPED`].

use std::io::{self, Read};

use super::zip::{Archive, MOST_MEMBERS, Member};
use super::{Input, Source, Wrapping};

/// Bytes of a header, and what contents are padded to.
const BLOCK: usize = 512;

/// A compressed archive of more is refused, bytes.
pub const MOST_UNWRAPPED: u64 = 256 * 1024 * 1024;

/// A longer name is none, bytes.
const LONGEST_NAME: u64 = 64 * 1024;

/// Whether `head` begins a tar archive: the checksum of its first header is right, which is true of one text in
/// thousands of millions.
pub fn is_archive(head: &[u8]) -> bool {
    head.first_chunk::<BLOCK>().is_some_and(|block| Header::read(block).is_some())
}

/// Whether a file begins as an archive without members does: with the two blocks of zeros that end one.
pub fn is_empty(head: &[u8]) -> bool {
    head.get(..2 * BLOCK).is_some_and(|blocks| blocks.iter().all(|&byte| byte == 0))
}

/// What is in `source`; `None` if it is no tar archive.
///
/// # Errors
/// When it cannot be read; of kind [`io::ErrorKind::UnexpectedEof`] when a member is cut short,
/// [`io::ErrorKind::QuotaExceeded`] when it has too much in it.
pub fn archive(source: &dyn Source) -> io::Result<Option<Archive>> {
    let mut input = match Input::open(source, &|_| ()) {
        Ok(input) => input,
        // Whoever reads it says why.
        Err(_) => return Ok(None),
    };
    if !is_archive(input.head()) {
        return Ok(None);
    }
    if input.wrapping() == Wrapping::Plain {
        plain(source).map(Some)
    } else {
        unwrapped(&mut input).map(Some)
    }
}

/// Members as bytes of the archive.
fn plain(source: &dyn Source) -> io::Result<Archive> {
    let mut walk = Walk::default();
    let mut at = 0_u64;
    while at + BLOCK as u64 <= source.size() {
        let block = super::read_stored(source, at, BLOCK as u64)?;
        let Some(header) = block.first_chunk::<BLOCK>().and_then(Header::read) else { break };
        let start = at + BLOCK as u64;
        let end = start.checked_add(header.size).filter(|end| *end <= source.size()).ok_or_else(cut)?;
        match header.kind {
            Kind::File => {
                let name = walk.name(&header);
                if header.size > 0 {
                    walk.add(Member { name, before: Vec::new(), range: start..end, after: Vec::new() })?;
                }
            }
            Kind::LongName | Kind::Pax => {
                let bytes = super::read_stored(source, start, header.size.min(LONGEST_NAME))?;
                walk.take_name(header.kind, &bytes);
            }
            Kind::Other => walk.long_name = None,
        }
        at = padded(end - start).and_then(|length| start.checked_add(length)).ok_or_else(cut)?;
    }
    Ok(walk.archive)
}

/// Members as bytes of their own.
fn unwrapped(input: &mut Input<'_>) -> io::Result<Archive> {
    let mut walk = Walk::default();
    let mut all = 0_u64;
    let mut block = [0; BLOCK];
    while input.read_exact(&mut block).is_ok() {
        let Some(header) = Header::read(&block) else { break };
        all = all.saturating_add(header.size);
        if all > MOST_UNWRAPPED {
            let problem = format!("it unpacks to more than {}", crate::format::bytes(MOST_UNWRAPPED));
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, problem));
        }
        let mut bytes = Vec::new();
        input.by_ref().take(header.size).read_to_end(&mut bytes)?;
        if (bytes.len() as u64) < header.size {
            return Err(cut());
        }
        let padding = padded(header.size).ok_or_else(cut)? - header.size;
        io::copy(&mut input.by_ref().take(padding), &mut io::sink())?;
        match header.kind {
            Kind::File => {
                let name = walk.name(&header);
                if !bytes.is_empty() {
                    walk.add(Member { name, before: bytes, range: 0..0, after: Vec::new() })?;
                }
            }
            Kind::LongName | Kind::Pax => walk.take_name(header.kind, &bytes),
            Kind::Other => walk.long_name = None,
        }
    }
    Ok(walk.archive)
}

fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it is cut short")
}

/// `length` up to the next block.
fn padded(length: u64) -> Option<u64> {
    length.checked_add(BLOCK as u64 - 1).map(|length| length / BLOCK as u64 * BLOCK as u64)
}

/// What was found so far.
#[derive(Default)]
struct Walk {
    archive: Archive,
    /// The next member's name, where it does not fit into its header.
    long_name: Option<String>,
}

impl Walk {
    fn name(&mut self, header: &Header) -> String {
        self.long_name.take().unwrap_or_else(|| header.name.clone())
    }

    fn take_name(&mut self, kind: Kind, bytes: &[u8]) {
        let name = match kind {
            Kind::Pax => pax_path(bytes),
            _ => Some(text(bytes)),
        };
        self.long_name = name.or(self.long_name.take());
    }

    fn add(&mut self, member: Member) -> io::Result<()> {
        // What macOS adds for each file.
        let base = member.name.rsplit('/').next().unwrap_or_default();
        if base.starts_with("._") {
            return Ok(());
        }
        if self.archive.members.len() == MOST_MEMBERS {
            let problem = format!("it has more than {MOST_MEMBERS} files in it");
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, problem));
        }
        self.archive.members.push(member);
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    /// GNU's: the contents are the next member's name.
    LongName,
    /// Records of which one may be the next member's path.
    Pax,
    /// A folder, a link, a device.
    Other,
}

struct Header {
    name: String,
    size: u64,
    kind: Kind,
}

impl Header {
    /// `None` of what is no header: the zeros at the end, or another file.
    fn read(block: &[u8; BLOCK]) -> Option<Self> {
        let said = octal(&block[148..156])?;
        // The checksum is of the block with blanks in its place.
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(at, &byte)| u64::from(if (148..156).contains(&at) { b' ' } else { byte }))
            .sum();
        if said != sum || block[0] == 0 {
            return None;
        }
        let name = text(&block[..100]);
        let prefix = if &block[257..263] == b"ustar\0" { text(&block[345..500]) } else { String::new() };
        let kind = match block[156] {
            b'0' | 0 | b'7' => Kind::File,
            b'L' => Kind::LongName,
            b'x' => Kind::Pax,
            _ => Kind::Other,
        };
        let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        Some(Self { name, size: number(&block[124..136])?, kind })
    }
}

/// Up to the first zero.
fn text(bytes: &[u8]) -> String {
    let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// Octal digits between blanks and zeros.
fn octal(bytes: &[u8]) -> Option<u64> {
    let digits = bytes.trim_ascii_start();
    let end = digits.iter().position(|byte| !(b'0'..=b'7').contains(byte)).unwrap_or(digits.len());
    let is_end = |byte: &u8| matches!(byte, 0 | b' ');
    if end == 0 || !digits[end..].iter().all(is_end) {
        return None;
    }
    digits[..end]
        .iter()
        .try_fold(0_u64, |sum, &digit| sum.checked_mul(8)?.checked_add(u64::from(digit - b'0')))
}

/// [`octal`], or GNU's binary for files of 8 GB and more.
fn number(bytes: &[u8]) -> Option<u64> {
    match bytes.split_first() {
        Some((0x80, rest)) => {
            rest.iter().try_fold(0_u64, |sum, &byte| sum.checked_mul(256)?.checked_add(u64::from(byte)))
        }
        _ => octal(bytes),
    }
}

/// `path` out of records `LENGTH KEY=VALUE\n`.
fn pax_path(mut bytes: &[u8]) -> Option<String> {
    let mut path = None;
    while let Some(blank) = memchr::memchr(b' ', bytes) {
        let length: usize = std::str::from_utf8(&bytes[..blank]).ok()?.parse().ok()?;
        let record = bytes.get(blank + 1..length)?;
        if let Some(value) = record.strip_prefix(b"path=") {
            path = Some(String::from_utf8_lossy(value.strip_suffix(b"\n").unwrap_or(value)).into_owned());
        }
        bytes = bytes.get(length..)?;
    }
    path
}

#[cfg(test)]
pub(super) mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::input::MemorySource;

    /// A header as tar writes it, and the contents.
    fn entry(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut block = [0_u8; BLOCK];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..108].copy_from_slice(b"0000644\0");
        block[124..136].copy_from_slice(format!("{:011o}\0", content.len()).as_bytes());
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[148..156].copy_from_slice(b"        ");
        let sum: u64 = block.iter().map(|&byte| u64::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let mut bytes = block.to_vec();
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }

    /// A tar archive of files, with the zeros at its end.
    pub fn archive_of(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes: Vec<u8> =
            files.iter().flat_map(|(name, content)| entry(name, b'0', content)).collect();
        bytes.resize(bytes.len() + 2 * BLOCK, 0);
        bytes
    }

    fn contents(bytes: Vec<u8>) -> Vec<(String, String)> {
        let source: Rc<dyn Source> = Rc::new(MemorySource::new("x.tar", bytes));
        let archive = super::archive(source.as_ref()).unwrap().expect("an archive");
        let read = |member: &Member| {
            let source = member.source(&source);
            let bytes = Input::open(&source, &|_| ()).unwrap().read_all(1 << 20).unwrap();
            (member.name.clone(), String::from_utf8_lossy(&bytes).into_owned())
        };
        archive.members.iter().map(read).collect()
    }

    #[test]
    fn members_are_files_of_their_own() {
        let long = format!("logs/{}.log", "a".repeat(120));
        let pax = format!("{} path={long}\n", long.len() + 10);
        let mut bytes = [
            entry("logs/", b'5', b""),
            entry("logs/a.log", b'0', b"one\n"),
            entry("././@LongLink", b'L', format!("{long}\0").as_bytes()),
            entry("cut short", b'0', b"two"),
            entry("pax", b'x', pax.as_bytes()),
            entry("cut short", b'0', b"three"),
            entry("logs/._a.log", b'0', b"x"),
            entry("empty", b'0', b""),
        ]
        .concat();
        bytes.resize(bytes.len() + 2 * BLOCK, 0);
        let expected = [("logs/a.log", "one\n"), (&long, "two"), (&long, "three")]
            .map(|(name, content)| (name.to_owned(), content.to_owned()));
        assert_eq!(contents(bytes.clone()), expected);
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut packed, &bytes).unwrap();
        assert_eq!(contents(packed.finish().unwrap()), expected);
    }

    #[test]
    fn a_member_that_is_cut_short_is_an_error() {
        let bytes = archive_of(&[("a.log", &b"one\n".repeat(500))]);
        let source = MemorySource::new("x.tar", &bytes[..1000]);
        assert_eq!(super::archive(&source).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert!(super::archive(&MemorySource::new("x", "Dear diary")).unwrap().is_none());
        assert!(super::archive(&MemorySource::new("x", vec![0; 2048])).unwrap().is_none());
    }
}
