//! Where a stack's root and its frames end.
//!
//! Tools write the `;` of a file's or a thread's name as it is. But a frame that has a place has it at its end
//! (`(file:line)`, `:line`), so what has none yet goes on behind the `;`, if its place follows soon.

use super::layout::{Style, ends_in_line};

/// A name with more `;` than this is several frames.
const MOST_JOINED: usize = 8;

/// Whose stack it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::import) struct Root {
    pub process: Option<u64>,
    pub thread: Option<u64>,
    pub name: String,
}

/// The root of `stack` and where it ends (0 if there is none).
pub(super) fn root(stack: &[u8], style: Style) -> (usize, Root) {
    let mut root = Root::default();
    let mut end = 0;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // py-spy -s: process 12:"python manage.py; echo"; a parent stands before its child, whose stack it is.
    while let Some((number, command)) = process(stack.get(below(end)..).unwrap_or_default()) {
        let close = command.strip_prefix(b"\"").and_then(|command| {
            let closed = memchr::memmem::find(command, b"\";").map(|at| at + 1);
            closed.or_else(|| command.ends_with(b"\"").then_some(command.len()))
        });
        let length = close.map_or_else(|| piece(command, 0), |close| close + 1);
        let quoted = &command[..length];
        let name = quoted.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")).unwrap_or(quoted);
        (root.process, root.name) = (Some(number), text(name));
        end = stack.len() - command.len() + length;
    }
    if end == 0
        && let Some(rest) = stack.strip_prefix(b"P")
        && let (Some(process), rest) = number(rest)
        && let Some(thread) = rest.strip_prefix(b";T")
    {
        let length = piece(thread, 0);
        let thread = &thread[..length];
        // Of Austin 4 the interpreter comes first.
        let id = memchr::memrchr(b':', thread).map_or(thread, |at| &thread[at + 1..]);
        root.process = Some(process);
        root.thread = whole(id);
        if root.thread.is_none() {
            root.name = text(id);
        }
        return (stack.len() - rest.len() + 2 + length, root);
    }
    let begin = below(end).min(stack.len());
    let rest = &stack[begin..];
    if let Some(id) = rest.strip_prefix(b"tid:") {
        let length = piece(id, 0);
        root.thread = whole(&id[..length]);
        if root.thread.is_some() {
            end = begin + 4 + length;
        }
    } else if let Some(id) = rest.strip_prefix(b"thread (") {
        let close = memchr::memchr(b')', id).filter(|&close| close <= piece(id, 0));
        if let Some(close) = close {
            root.thread = whole(&id[..close]);
            let after = begin + 8 + close + 1;
            let mut last = piece(stack, after);
            if stack.get(after) == Some(&b':') {
                // Frames have brackets: what has none is still the name.
                while style == Style::Brackets && last < stack.len() {
                    let next = piece(stack, last + 1);
                    if stack[last + 1..next].ends_with(b")")
                        || memchr::memmem::find(&stack[last + 1..next], b" (").is_some()
                    {
                        break;
                    }
                    last = next;
                }
                let thread = text(stack[after + 1..last].trim_ascii());
                root.name = match root.name.is_empty() {
                    true => thread,
                    false => format!("{} {thread}", root.name),
                };
            }
            end = last;
        }
    }
    (end, root)
}

/// Where what follows a root begins that ends at `end`, which is 0 where there is none.
fn below(end: usize) -> usize {
    if end > 0 { end + 1 } else { 0 }
}

/// The number of a process, and what its command begins.
fn process(text: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = number(text.strip_prefix(b"process ")?);
    Some((number?, rest.strip_prefix(b":")?))
}

/// Whether a root goes on in `rest`, which follows one: a process's child, or its thread.
pub(super) fn goes_on(rest: &[u8]) -> bool {
    rest.strip_prefix(b";").is_some_and(|rest| rest.starts_with(b"thread (") || process(rest).is_some())
}

/// The root that a frame is which has no place, where frames come one by one: py-spy writes the same frames in its
/// JSON formats, `process 12:"command"` and `thread (12): name`.
pub(in crate::import) fn root_of_frame(name: &str) -> Option<Root> {
    if let Some((process, command)) = name.strip_prefix("process ").and_then(|rest| rest.split_once(':'))
        && let Some(process) = whole(process.as_bytes())
        && let Some(command) = command.strip_prefix('"').and_then(|command| command.strip_suffix('"'))
    {
        return Some(Root { process: Some(process), thread: None, name: command.to_owned() });
    }
    let (thread, rest) = name.strip_prefix("thread (")?.split_once(')')?;
    let thread = Some(whole(thread.as_bytes())?);
    match rest.strip_prefix(':') {
        Some(name) => Some(Root { process: None, thread, name: name.trim().to_owned() }),
        None => rest.is_empty().then(|| Root { process: None, thread, name: String::new() }),
    }
}

impl Root {
    /// What a root below this one says of the same stack. A process below another is its child, whose stack it is.
    pub(in crate::import) fn and(&self, below: &Self) -> Self {
        if below.process.is_some() {
            return below.clone();
        }
        let name = match (self.name.as_str(), below.name.as_str()) {
            ("", name) | (name, "") => name.to_owned(),
            (one, other) => format!("{one} {other}"),
        };
        Self { process: below.process.or(self.process), thread: below.thread.or(self.thread), name }
    }
}

/// Where the frame that begins at `begin` ends, and whether that is sure.
pub(super) fn frame(stack: &[u8], begin: usize, style: Style) -> (usize, bool) {
    let first = piece(stack, begin);
    if is_whole(&stack[begin..first], style) {
        return (first, true);
    }
    let mut end = first;
    for _ in 0..MOST_JOINED {
        if end >= stack.len() {
            break;
        }
        let next = piece(stack, end + 1);
        if closes(&stack[begin..next], &stack[end + 1..next], style) {
            return (next, true);
        }
        end = next;
    }
    (first, false)
}

fn is_whole(frame: &[u8], style: Style) -> bool {
    match style {
        Style::Names => true,
        Style::Brackets => frame.ends_with(b")") || memchr::memmem::find(frame, b" (").is_none(),
        // `:GC:` is its garbage collector.
        Style::Austin => ends_in_line(frame) || (frame.starts_with(b":") && frame.ends_with(b":")),
        Style::Colons => {
            ends_in_line(frame)
                || frame == b":GC:"
                || (frame.starts_with(b"<") && frame.ends_with(b">"))
                || !frame.iter().any(|byte| matches!(byte, b'/' | b'\\' | b'.'))
        }
    }
}

/// Whether `frame` ends with the place it lacked; `last` is what was joined last.
fn closes(frame: &[u8], last: &[u8], style: Style) -> bool {
    match style {
        Style::Names => true,
        // A whole frame of its own is no end of another.
        Style::Brackets => last.ends_with(b")") && memchr::memmem::find(last, b" (").is_none(),
        Style::Colons | Style::Austin => ends_in_line(frame),
    }
}

/// Where the piece that begins at `begin` ends.
fn piece(stack: &[u8], begin: usize) -> usize {
    let begin = begin.min(stack.len());
    memchr::memchr(b';', &stack[begin..]).map_or(stack.len(), |at| begin + at)
}

fn number(text: &[u8]) -> (Option<u64>, &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (whole(&text[..digits]), &text[digits..])
}

/// A number, decimal or with `0x`.
fn whole(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(stack: &str, style: Style) -> Vec<String> {
        let bytes = stack.as_bytes();
        let (mut at, root) = root(bytes, style);
        let mut frames = vec![format!(
            "{} {} {:?}",
            root.process.map_or_else(|| "-".to_owned(), |number| number.to_string()),
            root.thread.map_or_else(|| "-".to_owned(), |number| number.to_string()),
            root.name
        )];
        while at < bytes.len() {
            let begin = if bytes[at] == b';' { at + 1 } else { at };
            at = frame(bytes, begin, style).0;
            frames.push(stack[begin..at].to_owned());
        }
        frames
    }

    #[test]
    fn roots_and_frames() {
        let brackets = |stack| frames(stack, Style::Brackets);
        assert_eq!(brackets("<module> (a.py:1);f (a.py:2)"), ["- - \"\"", "<module> (a.py:1)", "f (a.py:2)"]);
        assert_eq!(brackets("thread (7);f (a.py:2)"), ["- 7 \"\"", "f (a.py:2)"]);
        assert_eq!(brackets("thread (7): wk;1 x;f (a.py:2)"), ["- 7 \"wk;1 x\"", "f (a.py:2)"]);
        assert_eq!(
            brackets("process 3:\"sh -c a; b\";thread (0x10): main;f (a;b.py:2);g (c.so)"),
            ["3 16 \"sh -c a; b main\"", "f (a;b.py:2)", "g (c.so)"]
        );
        assert_eq!(
            brackets("process 3:\"a\";process 4:\"b; c\";thread (4): T;f (a.py:2)"),
            ["4 4 \"b; c T\"", "f (a.py:2)"]
        );
        assert_eq!(brackets("process 3:\"a\";process 4:\"b\";f (a.py:2)"), ["4 - \"b\"", "f (a.py:2)"]);
        assert_eq!(brackets("process 3:\"a\";process 4:\"b\""), ["4 - \"b\""]);
        let colons = |stack| frames(stack, Style::Colons);
        assert_eq!(colons("tid:9;<native>;a.py:f:1;:GC:"), ["- 9 \"\"", "<native>", "a.py:f:1", ":GC:"]);
        assert_eq!(colons("P1;T0:2;/a;b/c.py:f:1;d.py:g:2"), ["1 2 \"\"", "/a;b/c.py:f:1", "d.py:g:2"]);
        assert_eq!(colons("P1;T0:2"), ["1 2 \"\""]);
        let austin = |stack| frames(stack, Style::Austin);
        assert_eq!(
            austin("P1;T0:2;a.py:f:1;<made; by;exec>:g:2;:GC:"),
            ["1 2 \"\"", "a.py:f:1", "<made; by;exec>:g:2", ":GC:"]
        );
        assert_eq!(frames("a;b", Style::Names), ["- - \"\"", "a", "b"]);
        assert_eq!(brackets("f (a;b;c"), ["- - \"\"", "f (a", "b", "c"]);
    }
}
