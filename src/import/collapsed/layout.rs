//! How one file of collapsed stacks is written: what its frames look like, and what its numbers are.

use super::super::records::{trim_end, trim_mark};
use crate::document::{Diagnostics, Level};
use crate::profile::Unit;

/// Lines that are looked at.
const LINES: usize = 200;

/// How frames are spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// `name (file:line)`.
    Brackets,
    /// `file:name:line`.
    Colons,
    /// The same of Austin, where every frame has its line.
    Austin,
    /// Names alone.
    Names,
}

/// What the numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// How often a stack was seen.
    Samples,
    /// Microseconds of the clock.
    Microseconds,
    /// Microseconds of the processor.
    CpuMicroseconds,
    /// Bytes.
    Bytes,
    /// Microseconds, whether it was idle, bytes: `5012,0,4096`.
    Full,
    /// A number before and one after.
    Difference,
}

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    pub style: Style,
    pub measure: Measure,
    austin: bool,
    /// Whether Austin said what it measures.
    said: bool,
    /// Whether a line with a stack was looked at.
    pub is_known: bool,
}

impl Layout {
    /// By the first lines.
    pub fn of(head: &[u8]) -> Self {
        let mut layout = Self {
            style: Style::Names,
            measure: Measure::Samples,
            austin: false,
            said: false,
            is_known: false,
        };
        layout.look(lines_of(head));
        layout
    }

    /// By one line that is whole, where none of the head was: a recursion's stack can be longer than that.
    pub fn look_at(&mut self, line: &[u8]) {
        self.look(std::iter::once(line));
    }

    fn look<'a>(&mut self, looked_at: impl Iterator<Item = &'a [u8]>) {
        let (mut brackets, mut colons, mut differences, mut own, mut lines) = (0, 0, 0, 0, 0);
        for line in looked_at {
            if line.starts_with(b"# ") && self.header(line) {
                continue;
            }
            let Some((stack, number)) = last_number(line).filter(|(stack, _)| !stack.is_empty()) else {
                continue;
            };
            lines += 1;
            self.austin |= is_austin(stack);
            match style(stack) {
                Style::Brackets => brackets += 1,
                Style::Colons | Style::Austin => colons += 1,
                Style::Names => {}
            }
            differences += usize::from(last_number(stack).is_some_and(|(rest, _)| !rest.is_empty()));
            own += usize::from(has_six_decimals(number));
        }
        self.is_known = lines > 0;
        self.style = match () {
            () if brackets > colons => Style::Brackets,
            () if colons > 0 && self.austin => Style::Austin,
            () if colons > 0 => Style::Colons,
            () => Style::Names,
        };
        if !self.said && lines > 0 {
            self.measure = match () {
                () if self.austin => Measure::Microseconds,
                () if differences == lines => Measure::Difference,
                () if own == lines => Measure::Microseconds,
                () => Measure::Samples,
            };
        }
    }

    /// Takes in a line `# key: value`; whether it is one.
    pub fn header(&mut self, line: &[u8]) -> bool {
        let Some(at) = memchr::memchr(b':', line) else { return false };
        let (key, value) = (line[2.min(at)..at].trim_ascii(), line[at + 1..].trim_ascii());
        self.austin |= key == b"austin";
        if key == b"mode" {
            self.said = true;
            self.measure = match value {
                b"cpu" => Measure::CpuMicroseconds,
                b"memory" => Measure::Bytes,
                b"full" => Measure::Full,
                _ => Measure::Microseconds,
            };
        }
        !key.contains(&b';') && !key.contains(&b' ')
    }

    /// The stack of a line, and its numbers; `None` where it has none. One that is no number is not one.
    pub fn weights<'a>(&self, line: &'a [u8]) -> Option<(&'a [u8], [Option<f64>; 2])> {
        let (stack, number) = last_number(line)?;
        Some(match self.measure {
            Measure::Difference => {
                let (stack, before) = last_number(stack)?;
                (stack, [parsed(before), parsed(number)])
            }
            // mojo2austin leaves one of the three.
            Measure::Full => {
                let first = number.split(|&byte| byte == b',').next().unwrap_or(number);
                (stack, [parsed(first), None])
            }
            _ => (stack, [parsed(number), None]),
        })
    }

    /// What the profile measures.
    pub fn unit(&self) -> Unit {
        match self.measure {
            Measure::Samples | Measure::Difference => Unit::Samples,
            Measure::Microseconds | Measure::Full => Unit::Seconds,
            Measure::CpuMicroseconds => Unit::CpuSeconds,
            Measure::Bytes => Unit::Bytes,
        }
    }

    /// What a number is to be multiplied by.
    pub fn scale(&self) -> f64 {
        if self.unit().is_time() { 1e-6 } else { 1.0 }
    }

    /// What the user should know of how it was read.
    pub fn diagnose(&self, diagnostics: &mut Diagnostics) {
        let message = match self.measure {
            Measure::Full => {
                "Austin measured time, idleness and memory: what is shown is time on the wall clock, idle or not"
            }
            Measure::Difference => {
                "each line has two numbers, before and after: they are a track each, and all tracks are their sum"
            }
            Measure::Microseconds if self.austin && !self.said => {
                "Austin's head is missing, which says what it measured: the numbers are taken for microseconds"
            }
            _ => return,
        };
        diagnostics.note(Level::Info, message, || None);
    }
}

fn lines_of(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let whole = match memchr::memrchr(b'\n', head) {
        // The last line may be cut.
        Some(end) if head.len() >= crate::input::HEAD_BYTES => &head[..end],
        None if head.len() >= crate::input::HEAD_BYTES => &[],
        _ => head,
    };
    let lines = trim_mark(whole).split(|&byte| byte == b'\n').map(trim_end);
    lines.filter(|line| !line.trim_ascii().is_empty()).take(LINES)
}

/// How sure it is that these are collapsed stacks.
pub(super) fn score(head: &[u8]) -> u8 {
    if head.contains(&0) {
        return 0;
    }
    let (mut lines, mut stacks, mut styled, mut parted, mut frameless) = (0_u32, 0_u32, 0_u32, 0_u32, 0_u32);
    for line in lines_of(head) {
        if line.starts_with(b"# ") && line.contains(&b':') {
            continue;
        }
        lines += 1;
        let Some((stack, number)) = last_number(line) else { continue };
        if parsed(number).is_none() && !number.contains(&b',') {
            continue;
        }
        if stack.is_empty() {
            // py-spy's of threads in which no Python ran: it says nothing of how frames are spelt.
            frameless += 1;
            continue;
        }
        stacks += 1;
        styled += u32::from(has_root(stack) || style(stack) != Style::Names);
        // SQL has its semicolons at ends and before spaces.
        let parts = memchr::memchr_iter(b';', stack)
            .filter(|&at| stack.get(at + 1).is_some_and(|&next| next != b' '));
        parted += u32::from(parts.count() > 0);
    }
    if lines == frameless {
        return cut_line(head).map_or(0, score_of_cut);
    }
    // One damaged line is none too many, where there are many.
    if stacks == 0 || frameless > stacks || (stacks + frameless) * 10 < lines * 9 {
        return 0;
    }
    if styled * 2 > stacks && (parted * 2 > stacks || styled == stacks) {
        85
    } else if parted * 2 > stacks {
        55
    } else {
        0
    }
}

fn has_root(stack: &[u8]) -> bool {
    is_austin(stack) || stack.starts_with(b"tid:") || stack.starts_with(b"thread (")
}

/// The line that a head is filled by, behind lines of a head of the format's own.
fn cut_line(head: &[u8]) -> Option<&[u8]> {
    if head.len() < crate::input::HEAD_BYTES {
        return None;
    }
    let begin = memchr::memrchr(b'\n', head).map_or(0, |end| end + 1);
    Some(trim_mark(&head[begin..]))
}

/// How sure it is that this is the beginning of a stack: a recursion a thousand deep is longer than the head.
fn score_of_cut(line: &[u8]) -> u8 {
    /// A line as long as this has as many frames, of any spelling.
    const FEWEST: usize = 50;
    let Some(end) = memchr::memrchr(b';', line) else { return 0 };
    let (mut frames, mut styled, mut odd) = (0_usize, 0_usize, 0_usize);
    for frame in line[..end].split(|&byte| byte == b';') {
        frames += 1;
        styled += usize::from(style(frame) != Style::Names);
        // Programs and statements on one line have these, and spaces behind their semicolons.
        let is_odd = |byte: &u8| matches!(byte, b'=' | b'{' | b'}' | b'"' | b'\'');
        odd += usize::from(frame.is_empty() || frame.starts_with(b" ") || frame.iter().any(is_odd));
    }
    match () {
        () if frames < FEWEST => 0,
        () if styled * 2 > frames => 85,
        () if odd * 10 < frames => 55,
        () => 0,
    }
}

/// Austin's `P30504;T0:30504`.
fn is_austin(stack: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let Some(rest) = stack.strip_prefix(b"P") else { return false };
    let count = digits(rest);
    count > 0
        && rest[count..]
            .strip_prefix(b";T")
            .is_some_and(|thread| thread.first().is_some_and(u8::is_ascii_hexdigit))
}

/// The spelling of the last frame.
fn style(stack: &[u8]) -> Style {
    if stack.ends_with(b")") && memchr::memmem::find(stack, b" (").is_some() {
        let inside = memchr::memmem::rfind(stack, b" (").map_or(stack, |at| &stack[at..stack.len() - 1]);
        if ends_in_line(inside) || inside.contains(&b'.') {
            return Style::Brackets;
        }
    }
    let last = memchr::memrchr(b';', stack).map_or(stack, |at| &stack[at + 1..]);
    if ends_in_line(last) && memchr::memchr_iter(b':', last).count() > 1 {
        return Style::Colons;
    }
    Style::Names
}

/// Whether it ends in `:12`.
pub(super) fn ends_in_line(text: &[u8]) -> bool {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && text.len() > digits + 1 && text[text.len() - digits - 1] == b':'
}

/// What is before the last space, and what is after it, if that begins like a number.
fn last_number(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr2(b' ', b'\t', line)?;
    let (stack, number) = (line[..at].trim_ascii_end(), &line[at + 1..]);
    let first = *number.first()?;
    let is_number = first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.');
    let is_none = number.eq_ignore_ascii_case(b"nan") || number.eq_ignore_ascii_case(b"inf");
    let rest_fits =
        number.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b',' | b'-' | b'+'));
    ((is_number || is_none) && rest_fits).then_some((stack, number))
}

fn parsed(number: &[u8]) -> Option<f64> {
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// As our own export writes microseconds.
fn has_six_decimals(number: &[u8]) -> bool {
    let point = number.iter().position(|&byte| byte == b'.');
    point.is_some_and(|point| number.len() == point + 7)
}
