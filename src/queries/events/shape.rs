//! A server's message without what differs from one time to the next: as fingerprints are to statements.

/// Words before a name in quotes; what other quotes hold is a value.
const BEFORE_NAMES: &[&str] = &[
    "column",
    "constraint",
    "cursor",
    "database",
    "domain",
    "extension",
    "function",
    "index",
    "language",
    "name",
    "object",
    "operator",
    "parameter",
    "partition",
    "policy",
    "procedure",
    "publication",
    "relation",
    "role",
    "rule",
    "schema",
    "sequence",
    "server",
    "slot",
    "statement",
    "subscription",
    "table",
    "tablespace",
    "trigger",
    "type",
    "user",
    "view",
];

/// Characters of a shape, at most: messages may quote whole statements.
const LONGEST: usize = 200;

/// The message's first line, its numbers as `?` and its values as `"?"`; names of constraints, tables and
/// their like stay. `at character 8`, which PostgreSQL's stderr log adds and its others do not, goes.
pub fn shape(message: &str) -> String {
    let line = message.trim_start().lines().next().unwrap_or_default().trim_end();
    let line = match line.rfind(" at character ") {
        Some(at) if line[at + 14..].bytes().all(|byte| byte.is_ascii_digit()) => &line[..at],
        _ => line,
    };
    let mut shape = String::with_capacity(line.len().min(LONGEST));
    let mut letters = line.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, letter)) = letters.next() {
        if shape.len() >= LONGEST {
            shape.push('…');
            break;
        }
        match letter {
            '"' => {
                let rest = &line[at + 1..];
                let Some(length) = rest.find('"') else {
                    // Cut within.
                    shape.push_str("\"?\"");
                    break;
                };
                let word = line[..at].trim_end().rsplit(' ').next().unwrap_or_default();
                let is_name = BEFORE_NAMES.contains(&word);
                shape.push('"');
                shape.push_str(if is_name { rest.get(..length).unwrap_or_default() } else { "?" });
                shape.push('"');
                while letters.next_if(|&(next, _)| next <= at + 1 + length).is_some() {}
            }
            // Not within a name: `int4`, `utf8`, `0x3f` is a number.
            '0'..='9' if !before.is_alphanumeric() && before != '_' => {
                while letters
                    .next_if(|&(_, next)| next.is_ascii_alphanumeric() || next == '.' || next == ',')
                    .is_some()
                {}
                shape.push('?');
            }
            letter => shape.push(letter),
        }
        before = letter;
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_names_stay() {
        for (message, expected) in [
            (
                "duplicate key value violates unique constraint \"items_pkey\"",
                "duplicate key value violates unique constraint \"items_pkey\"",
            ),
            (
                "invalid input syntax for type integer: \"anna\" at character 8",
                "invalid input syntax for type integer: \"?\"",
            ),
            ("column \"no2such\" does not exist at character 8", "column \"no2such\" does not exist"),
            (
                "invalid byte sequence for encoding \"UTF8\": 0xff 0x3f",
                "invalid byte sequence for encoding \"?\": ? ?",
            ),
            ("value 3000.5 is out of range for type int4", "value ? is out of range for type int4"),
            ("division by zero\n\tmore", "division by zero"),
            ("unterminated quoted string at or near \"'anna", "unterminated quoted string at or near \"?\""),
            ("", ""),
        ] {
            assert_eq!(shape(message), expected);
        }
        assert!(shape(&"é ".repeat(400)).len() < 220);
    }
}
