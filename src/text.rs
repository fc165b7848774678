//! Text out of files, for formats in which not every character is text.

/// `text` in one line, for formats of lines and for terminals: ends of lines as spaces, what else steers
/// a terminal or breaks a reader (escape, NUL) as U+FFFD.
pub fn one_line(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().map(|character| match character {
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => ' ',
        character if character.is_control() => char::REPLACEMENT_CHARACTER,
        // No characters, and not allowed in XML.
        '\u{fffe}' | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        character => character,
    })
}

/// Whether `character` turns the direction of what comes after it, which in a line of a table is the
/// other cells: <https://trojansource.codes>.
pub(crate) fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What `text` reads as with its percent-encoded letters decoded (`%C3%A9` is `é`), as people write addresses; `None` if it
/// has none of them.
pub fn percent_decoded(text: &str) -> Option<String> {
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
    (decoded != text).then(|| decoded.into_owned())
}

/// A key by which run2 comes before run10, whichever letters are capitals.
pub fn natural(name: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|each: char| each.is_ascii_digit()).unwrap_or(rest.len());
        let (text, after) = rest.split_at(digits);
        let end = after.find(|each: char| !each.is_ascii_digit()).unwrap_or(after.len());
        let (number, after) = after.split_at(end);
        parts.push((text.to_lowercase(), number.parse().unwrap_or(u64::MAX)));
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_in_names_are_numbers() {
        let mut names = ["run10.prof", "Run1.prof", "run2.prof", "run.prof", "2-run.prof", "10-run.prof"];
        names.sort_by_cached_key(|name| natural(name));
        assert_eq!(names, ["2-run.prof", "10-run.prof", "Run1.prof", "run2.prof", "run10.prof", "run.prof"]);
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        assert_eq!(percent_decoded("GET /caf%C3%A9/?q=a%20b").as_deref(), Some("GET /café/?q=a b"));
        assert_eq!(percent_decoded("GET /menu/?off=5%"), None);
    }

    proptest! {
        #[test]
        fn one_line_is_one(text in any::<String>()) {
            let line: String = one_line(&text).collect();
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert_eq!(line.chars().count(), text.chars().count());
        }
    }
}
