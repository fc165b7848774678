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

/// `text` with its middle left out where it has more than so many characters: names of files differ at either end.
pub fn middle(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most || most == 0 {
        return text.to_owned();
    }
    // The end has the ending as well, and is the longer part.
    let behind = most / 2;
    let ahead = most - 1 - behind;
    let begin = text.chars().take(ahead);
    begin.chain(std::iter::once('…')).chain(text.chars().skip(count - behind)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_line_is_one(text in any::<String>()) {
            let line: String = one_line(&text).collect();
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert_eq!(line.chars().count(), text.chars().count());
        }
    }

    #[test]
    fn a_long_name_keeps_both_ends() {
        assert_eq!(middle("20261130T0925-GET-orders-before.prof", 27), "20261130T0925…s-before.prof");
        assert_eq!(middle("20261130T0925-GET-orders-after.prof", 27), "20261130T0925…rs-after.prof");
        assert_eq!(middle("orders.prof", 27), "orders.prof");
        assert_eq!(middle("äöüäöü", 4), "ä…öü");
        assert_eq!(middle("abc", 1), "…");
        assert_eq!(middle("", 0), "");
    }
}
