//! Places in the code: what a file and a line are on the user's own machine. Which of the source files that the user
//! gave a profile's path means ([`sources`]), what stands there ([`excerpt`]), and the address by which an editor opens
//! it ([`editor`]).

pub mod editor;
pub mod excerpt;
pub mod sources;

use crate::format;

/// A line of a file, as a document names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its path.
    pub file: String,
    /// From 1; 0 where only the file is known.
    pub line: u32,
    /// The function there, empty where it is not known.
    pub function: String,
}

impl Place {
    /// Reads what tools print and this library says: `orders.py:27(orders)`, `orders.py:27`; `None` of what is none,
    /// such as a built-in function's name.
    pub fn parse(text: &str) -> Option<Self> {
        // The first one with a number behind it: a drive has a colon as well, and so may a name in brackets.
        for (at, _) in text.match_indices(':') {
            let rest = &text[at + 1..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let function = match &rest[digits..] {
                "" => "",
                named => match named.strip_prefix('(').and_then(|named| named.strip_suffix(')')) {
                    Some(function) => function,
                    None => continue,
                },
            };
            let file = &text[..at];
            if let Ok(line) = rest[..digits].parse()
                && is_file(file)
            {
                return Some(Self { file: file.to_owned(), line, function: function.to_owned() });
            }
        }
        None
    }
}

/// Whether `path` can name a file: not a built-in function's `~`, code without one (`<string>`,
/// `<frozen importlib._bootstrap>`), or a notebook's cell.
pub fn is_file(path: &str) -> bool {
    !path.is_empty()
        && path != "~"
        && !path.starts_with('<')
        && !format::is_cell(path)
        && !path.chars().any(char::is_control)
}

/// A path in one way of writing: with slashes, without `./` in front.
fn slashed(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut rest = path.as_str();
    while let Some(after) = rest.strip_prefix("./") {
        rest = after.trim_start_matches('/');
    }
    rest.to_owned()
}

/// Whether a path with slashes begins with a drive: `C:/`.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        let place = |text: &str| {
            Place::parse(text).map(|place| format!("{}|{}|{}", place.file, place.line, place.function))
        };
        for (text, expected) in [
            ("orders.py:27(orders)", "orders.py|27|orders"),
            ("/app/shop/views.py:3", "/app/shop/views.py|3|"),
            (r"C:\shop\views.py:3(<lambda>)", r"C:\shop\views.py|3|<lambda>"),
            ("a:1.py:7(f)", "a:1.py|7|f"),
            ("views.py:9(Shop.total)", "views.py|9|Shop.total"),
        ] {
            assert_eq!(place(text).as_deref(), Some(expected), "{text}");
        }
        for none in [
            "",
            "{built-in method time.sleep}",
            "<string>:1(<module>)",
            "~:0(<method 'x'>)",
            "cell 3:1(f)",
            "cell 3, line 5",
            "views.py:",
            "views.py:x(f)",
            "views.py:3 and more",
            "views.py:99999999999(f)",
            "a\u{7}b.py:1(f)",
        ] {
            assert_eq!(place(none), None, "{none}");
        }
    }
}
