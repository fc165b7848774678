//! Files that are more than one document, or parts of one: archives and rotated logs.

use std::io;

use serde::{Deserialize, Serialize};

use super::{Format, ImportError, detect};
use crate::document::{Content, Document};
use crate::input::zip::{self, Archive, Member};
use crate::input::{Input, MemorySource, Part, Source, bundle, rotation, tar};
use crate::queries::Clock;

/// Files that came as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// Each that some format knows.
    pub files: Vec<Member>,
    /// What else is in an archive and is a file, named as it is there.
    pub others: Vec<Member>,
    /// What in an archive cannot be unpacked: its name, and why.
    pub refused: Vec<(String, String)>,
    /// How they came together.
    pub together: Together,
}

/// How several files came to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Together {
    /// They were in an archive: some may be parts of one log.
    Archive,
    /// They were taken for parts of one log, and are not.
    Parts,
    /// They are the recordings of a group.
    Group,
}

/// The files `source` is made of, each to be opened as one of its own; `None` if it is one document: a
/// file, or the parts of one log.
///
/// # Errors
/// When it is an archive that cannot be read, or with nothing in it that can.
pub fn members(source: &dyn Source) -> Result<Option<Members>, ImportError> {
    if let Some(archive) = zip::archive(source).map_err(|error| of_archive(ZIP, &error))? {
        return in_archive(source, ZIP, archive).map(Some);
    }
    if let Some(archive) = tar::archive(source).map_err(|error| of_archive(TAR, &error))? {
        return in_archive(source, TAR, archive).map(Some);
    }
    if let Some(files) = bundle::group(source).map_err(|error| ImportError::reading(&error))? {
        return Ok(Some(Members::of(files, Together::Group)));
    }
    let Some(parts) = bundle::parts(source).map_err(|error| ImportError::reading(&error))? else {
        return Ok(None);
    };
    // A part may begin in the middle of a record and be too short for more: only the first must be known.
    let in_order = in_order(source, parts.clone());
    let heads: Vec<Vec<u8>> = in_order.iter().map(|part| head(source, part).unwrap_or_default()).collect();
    let formats: Vec<Option<&'static dyn Format>> = heads.iter().map(|head| detect(head)).collect();
    let first = formats.first().copied().flatten().filter(|format| format.can_be_joined());
    let fits = |format: &&'static dyn Format| first.is_some_and(|first| first.id() == format.id());
    if first.is_some() && formats.iter().flatten().all(fits) {
        return Ok(None);
    }
    Ok(Some(Members::of(parts, Together::Parts)))
}

impl Members {
    fn of(parts: Vec<Part>, together: Together) -> Self {
        let files = parts.into_iter().map(Member::from).collect();
        Self { files, others: Vec::new(), refused: Vec::new(), together }
    }
}

const ZIP: &str = "a ZIP archive";
const TAR: &str = "a tar archive";

/// What an archive has only because of the system it was made on.
fn is_of_system(name: &str) -> bool {
    name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX")
}

/// An archive's files, those that can be read apart from the others.
fn in_archive(source: &dyn Source, kind: &'static str, archive: Archive) -> Result<Members, ImportError> {
    let Archive { members, refused } = archive;
    let mut failed = None;
    let (mut files, mut others, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for member in members {
        match knows(source, &member) {
            Ok(true) => files.push(member),
            Ok(false) if is_of_system(&member.name) => {}
            Ok(false) => others.push(member),
            Err(error) => {
                unread.push((member.name, error.to_string()));
                failed = Some(error);
            }
        }
    }
    match (files.is_empty(), refused.first(), failed) {
        (false, ..) => {
            let refused = refused.into_iter().map(|(name, reason)| (name, reason.to_owned()));
            let refused = refused.chain(unread).collect();
            Ok(Members { files, others, refused, together: Together::Archive })
        }
        (true, Some((name, reason)), _) => Err(archive_error(
            kind,
            format!("nothing in it can be read: {name} {reason}"),
            "Unpack it and drop what is in it.",
        )),
        (true, None, Some(error)) => Err(of_archive(kind, &error)),
        (true, None, None) => Err(ImportError {
            supported: super::SUPPORTED,
            ..archive_error(kind, "there is no profile and no log in it", "")
        }),
    }
}

/// Whether some format knows what is in `member`.
fn knows(source: &dyn Source, member: &Member) -> io::Result<bool> {
    // The bytes around it are needed to unwrap it.
    let around = Around { source, member };
    let head = Input::open(&around, &|_| ())?.head().to_vec();
    Ok(detect(&head).is_some())
}

/// A member of a source that is only borrowed.
struct Around<'a> {
    source: &'a dyn Source,
    member: &'a Member,
}

impl Source for Around<'_> {
    fn name(&self) -> &str {
        &self.member.name
    }

    fn size(&self) -> u64 {
        let Member { before, range, after, .. } = self.member;
        before.len() as u64 + (range.end - range.start) + after.len() as u64
    }

    fn open(&self, offset: u64) -> io::Result<Box<dyn io::Read + '_>> {
        use io::Read as _;
        let Member { before, range, after, .. } = self.member;
        let inner = self.source.open(range.start)?.take(range.end - range.start);
        let mut all = (&before[..]).chain(inner).chain(&after[..]);
        io::copy(&mut all.by_ref().take(offset), &mut io::sink())?;
        Ok(Box::new(all))
    }
}

fn archive_error(kind: &'static str, problem: impl Into<String>, advice: &str) -> ImportError {
    ImportError {
        looked_like: Some(kind),
        place: None,
        problem: problem.into(),
        advice: advice.to_owned(),
        supported: &[],
        elsewhere: None,
    }
}

fn of_archive(kind: &'static str, error: &io::Error) -> ImportError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
            archive_error(kind, error.to_string(), "Copy the archive again: it may not have come over whole.")
        }
        io::ErrorKind::QuotaExceeded => {
            archive_error(kind, error.to_string(), "Unpack it and drop those that matter.")
        }
        _ => ImportError::reading(error),
    }
}

/// The first unwrapped bytes of a part.
fn head(source: &dyn Source, part: &Part) -> io::Result<Vec<u8>> {
    Ok(Input::open_parts(source, vec![part.clone()], &|_| ())?.head().to_vec())
}

/// Some logs write whole seconds, ms; parts closer than that are in the order of their names.
const TOLERANCE: f64 = 2000.0;

/// The parts in order of time: as their names say, unless the first statements say otherwise (a folder of
/// one log a weekday).
pub(super) fn in_order(source: &dyn Source, parts: Vec<Part>) -> Vec<Part> {
    let by_name = rotation::groups(parts.iter().map(|part| part.name.as_str())).concat();
    let parts: Vec<Part> = by_name.into_iter().map(|index| parts[index].clone()).collect();
    let first = |part: &Part| -> Option<f64> {
        let head = head(source, part).ok()?;
        let format = detect(&head)?;
        // To the last whole line.
        let end = memchr::memrchr(b'\n', &head).map_or(head.len(), |at| at + 1);
        let memory = MemorySource::new(&part.name, &head[..end]);
        let Document { content: Content::Queries(log) | Content::Requests(log), .. } =
            format.import(&mut Input::open(&memory, &|_| ()).ok()?).ok()?
        else {
            return None;
        };
        if log.clock == Clock::Sequence {
            return None;
        }
        (0..log.statements.len()).map(|at| log.statements.end(at)).min_by(f64::total_cmp)
    };
    let times: Option<Vec<f64>> = parts.iter().map(first).collect();
    let Some(times) = times.filter(|times| times.windows(2).any(|pair| pair[1] < pair[0] - TOLERANCE)) else {
        return parts;
    };
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|&a, &b| times[a].total_cmp(&times[b]));
    order.into_iter().map(|index| parts[index].clone()).collect()
}
