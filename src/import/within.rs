//! Data that stand within a web page, behind the assignment of a script: where reports keep their numbers.

use std::io::{self, BufRead};

use super::beginning::Beginning;
use crate::input::Input;

/// Whether a text begins a web page.
pub fn is_page(head: &[u8]) -> bool {
    let text = Beginning::of(head);
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    begins(b"<!doctype html") || begins(b"<html")
}

/// Reads on until `mark` was passed; false where it is not in the rest.
///
/// # Errors
/// When reading fails.
pub fn skip_to(input: &mut Input<'_>, mark: &[u8]) -> io::Result<bool> {
    Ok(skip_to_either(input, [mark, mark])?.is_some())
}

/// Reads on until one of two marks was passed: its place among them; `None` where neither is in the rest.
///
/// # Errors
/// When reading fails.
pub fn skip_to_either(input: &mut Input<'_>, marks: [&[u8]; 2]) -> io::Result<Option<usize>> {
    let [Some(&one), Some(&other)] = marks.map(<[u8]>::last) else { return Ok(Some(0)) };
    let longest = marks.iter().map(|mark| mark.len()).max().unwrap_or(0);
    // The bytes before, as far as a mark may have begun in them.
    let mut before: Vec<u8> = Vec::new();
    loop {
        let bytes = match input.fill_buf() {
            Ok([]) => return Ok(None),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let found = memchr::memchr2(one, other, bytes);
        let end = found.map_or(bytes.len(), |at| at + 1);
        before.extend_from_slice(&bytes[..end]);
        input.consume(end);
        if found.is_some()
            && let Some(at) = marks.iter().position(|mark| before.ends_with(mark))
        {
            return Ok(Some(at));
        }
        let keep = before.len().saturating_sub(longest);
        before.drain(..keep);
    }
}

/// `text` without the references by which reports keep names from being markup.
pub fn unescaped(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    // The ampersand last: `&amp;lt;` is the text `&lt;`.
    let named =
        [("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'")];
    let text = named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::MemorySource;

    #[test]
    fn marks_are_found_wherever_they_are() {
        let long = format!("{}const data = const data = {{}}", "x = y; ".repeat(20_000));
        let source = MemorySource::new("x", long.into_bytes());
        let mut input = Input::open(&source, &|_| ()).unwrap();
        assert!(skip_to(&mut input, b"const data = ").unwrap());
        let mut rest = String::new();
        input.read_line(&mut rest).unwrap();
        assert_eq!(rest, "const data = {}");
        assert!(!skip_to(&mut input, b"x").unwrap());
    }

    #[test]
    fn references() {
        assert_eq!(unescaped("&lt;module&gt; &amp;lt; &#34;"), "<module> &lt; \"");
    }
}
