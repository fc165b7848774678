//! memray's table of allocations (`memray transform csv recording.bin`):
//! <https://github.com/bloomberg/memray/blob/main/src/memray/reporters/transform.py>.
//!
//! One line an allocator and a stack, innermost frame first, `function;file;line|function;file;line`. What lived
//! at the peak, unless memray was asked for something else (`--leaks`, `--temporary-allocations`): the file does not say.
//!
//! The thread beside a stack is that of one allocation. memray adds up what several threads allocated on it, as it does for
//! its pages unless they are asked for `--split-threads`.

use super::frame::{NO_FILE, NO_FRAME};
use super::line_stacks::LineStacks;
use super::lines::{Lines, Noted};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::call_tree::NO_PARENT;
use crate::profile::{Track, Unit};

/// memray's csv.
pub struct MemrayCsv;

/// For the registry.
pub static ABOUT: About = About {
    id: "memray-csv",
    title: "memray, csv",
    kind: Kind::Profile,
    how_to_record: "memray run -o app.bin app.py && memray transform csv app.bin\n\
         What lived at the peak, by stack.",
};

const HEAD: &[u8] = b"allocator,num_allocations,size,tid,thread_name,stack_trace";
const LINE_LIMIT: u64 = 16 << 20;
/// What is said of files that do not say which allocations they have.
pub(super) const MAYBE_PEAK: &str = "it is what lived at the peak, unless memray was asked for --leaks or --temporary-allocations: the \
                                     file does not say";
/// What is said of leaks.
pub(super) const LEAKS: &str =
    "it is what was not freed until the end (memray's --leaks); what lived at the peak may be more";
/// What is said of temporary allocations.
pub(super) const TEMPORARY: &str = "it is more than ever lived at once: temporary allocations (memray's --temporary-allocations), of which \
                                    most was freed soon";
const AGAIN: &str = "Write it again: memray transform csv recording.bin";

impl Format for MemrayCsv {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        if super::records::trim_mark(head).starts_with(HEAD) { 100 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut stacks = LineStacks::new(measures());
        let mut tracks = Tracks::default();
        let (mut skipped, mut first, mut is_cut) = (Noted::default(), true, false);
        let mut lines = Lines::new(input, LINE_LIMIT);
        while let Some((number, line)) = lines.next()? {
            if std::mem::take(&mut first) || line.trim_ascii().is_empty() {
                continue;
            }
            let is_whole = line.ends_with(b"\n");
            let line = String::from_utf8_lossy(super::records::trim_end(line));
            if add(&line, &mut stacks, &mut tracks).is_none() {
                match is_whole {
                    true => skipped.note(number),
                    false => is_cut = true,
                }
            }
        }
        let mut diagnostics = Diagnostics::default();
        if is_cut {
            let message = "the file ends in the middle of a line: it was cut short, and what is missing is in no number";
            diagnostics.note(Level::Warning, message, || None);
        }
        skipped.say(
            Level::Warning,
            "lines that have not the columns of the first are left out",
            &mut diagnostics,
        );
        diagnostics.note(Level::Info, MAYBE_PEAK, || None);
        merge_threads(&mut stacks, &mut diagnostics);
        let profile = stacks.finish();
        let profile = profile
            .ok_or_else(|| ImportError::new(self, "no line of it has an allocation", AGAIN).at("line 2"))?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

/// What memray measures.
pub(super) fn measures() -> Vec<(String, Unit)> {
    vec![("Memory".to_owned(), Unit::Bytes), ("Allocations".to_owned(), Unit::Count)]
}

/// Makes one track of threads that are not what was recorded: memray names one of those that allocated on a stack.
pub(super) fn merge_threads(stacks: &mut LineStacks, diagnostics: &mut Diagnostics) {
    if stacks.tracks() > 1 {
        let message = "threads are added up, as memray does unless it is told otherwise: memray flamegraph \
                       --split-threads app.bin writes a page that has them";
        diagnostics.note(Level::Info, message, || None);
    }
    stacks.merge_tracks();
}

/// Names the memory of a profile as what was asked for, not what was held.
pub(super) fn allocated(profile: &mut crate::profile::Profile) {
    let name = |name: &mut String| {
        if let Some(rest) = name.strip_prefix("Memory") {
            *name = format!("Allocated{rest}");
        }
    };
    if let Some(table) = &mut profile.line_table {
        table.columns.iter_mut().for_each(|column| name(&mut column.name));
    }
    if let Some(measures) = &mut profile.measures {
        name(&mut measures.first);
    }
}

/// Threads by what memray calls them.
#[derive(Default)]
pub(super) struct Tracks(rustc_hash::FxHashMap<String, u32>);

impl Tracks {
    /// `0x1`, or `0x2 (name)`.
    pub fn of(&mut self, label: &str, stacks: &mut LineStacks) -> u32 {
        if let Some(&known) = self.0.get(label) {
            return known;
        }
        let (number, name) = label.split_once(" (").unwrap_or((label, ""));
        let thread = number.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let name = name.strip_suffix(')').unwrap_or(name);
        let name = if thread.is_none() { label } else { name };
        let track = stacks.track(Track { name: name.to_owned(), thread, ..Track::default() });
        self.0.insert(label.to_owned(), track);
        track
    }
}

fn add(line: &str, stacks: &mut LineStacks, tracks: &mut Tracks) -> Option<()> {
    let fields = fields(line)?;
    let [_, allocations, size, _, thread, trace] = fields.as_slice() else { return None };
    let (allocations, size): (u64, u64) = (allocations.parse().ok()?, size.parse().ok()?);
    let mut node = NO_PARENT;
    // A bar within a name parts no frames: each has its three parts.
    let mut frames: Vec<(&str, &str, i64)> = Vec::new();
    let mut rest = trace.as_str();
    while !rest.is_empty() {
        let (frame, after) = frame(rest)?;
        frames.push(frame);
        rest = after;
    }
    for &(name, file, line) in frames.iter().rev() {
        let frame = stacks.frame(if file.is_empty() { NO_FILE } else { file }, line, name, 0);
        node = stacks.child(node, frame);
    }
    if node == NO_PARENT {
        let frame = stacks.frame(NO_FILE, 0, NO_FRAME, 0);
        node = stacks.child(NO_PARENT, frame);
    }
    let track = tracks.of(thread, stacks);
    stacks.add(0, track, node, size as f64);
    stacks.add(1, track, node, allocations as f64);
    Some(())
}

/// The frame that `text` begins with, `function;file;line`, and what follows its bar. A file may have both signs in its
/// name: the frame ends at the first bar, or the end, before which a number stands.
fn frame(text: &str) -> Option<((&str, &str, i64), &str)> {
    let ends = text.match_indices('|').map(|(at, _)| at).chain([text.len()]);
    for end in ends {
        let mut parts = text[..end].rsplitn(2, ';');
        let (line, before) = (parts.next()?, parts.next());
        if let (Ok(line), Some((name, file))) =
            (line.parse::<i64>(), before.and_then(|it| it.split_once(';')))
        {
            return Some(((name, file, line.max(0)), text.get(end + 1..).unwrap_or_default()));
        }
    }
    None
}

/// The fields of a line, of which some are in quotes.
fn fields(line: &str) -> Option<Vec<String>> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let field = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let field = rest[..end].to_owned();
                rest = &rest[end..];
                field
            }
            Some(mut quoted) => {
                let mut field = String::new();
                loop {
                    let (text, after) = quoted.split_once('"')?;
                    field.push_str(text);
                    match after.strip_prefix('"') {
                        Some(after) => {
                            field.push('"');
                            quoted = after;
                        }
                        None => {
                            rest = after;
                            break;
                        }
                    }
                }
                field
            }
        };
        fields.push(field);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.is_empty() => return Some(fields),
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_signs_in_names() {
        let read = fields("MALLOC,1,5,2,\"0x2 (a, \"\"b\"\")\",f;a.py;3").unwrap();
        assert_eq!(read[4], "0x2 (a, \"b\")");
        assert_eq!(fields("a,\"b"), None);
        assert_eq!(frame("f;a|b;c.py;3|g;x.py;4"), Some((("f", "a|b;c.py", 3), "g;x.py;4")));
        assert_eq!(frame("f;a.py;x"), None);
    }
}
