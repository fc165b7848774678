//! Texts of Python 2 and 3 for people.

/// A text for people, and whether its encoding had to be guessed. UTF-8 is taken as it is; lone
/// surrogates (undecodable file names) are spelt `\udc80`, as Python's `backslashreplace` does;
/// other bytes, which only Python 2 writes, are read as Latin-1.
pub fn decode(bytes: &[u8]) -> (String, bool) {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        let error = match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return (text, false);
            }
            Err(error) => error,
        };
        let (valid, invalid) = rest.split_at(error.valid_up_to());
        text.push_str(std::str::from_utf8(valid).unwrap_or_default());
        let [0xed, second @ 0xa0..=0xbf, third @ 0x80..=0xbf, after @ ..] = invalid else {
            return (bytes.iter().copied().map(char::from).collect(), true);
        };
        let unit = 0xd000 | u32::from(second & 0x3f) << 6 | u32::from(third & 0x3f);
        text.push_str(&format!("\\u{unit:04x}"));
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn utf_8_surrogates_and_latin_1() {
        for (bytes, text, guessed) in [
            (&b""[..], "", false),
            ("größe".as_bytes(), "größe", false),
            // What Python writes for `latin-\udce9.py`, and for two of them.
            (b"latin-\xed\xb3\xa9.py", "latin-\\udce9.py", false),
            (b"\xed\xa0\x80\xed\xbf\xbf", "\\ud800\\udfff", false),
            (b"caf\xe9", "café", true),
            (b"\xc3\xa9\xe9", "Ã©é", true),
            // A surrogate that is cut is none.
            (b"\xed\xa0", "í\u{a0}", true),
        ] {
            assert_eq!(decode(bytes), (text.to_owned(), guessed), "{bytes:?}");
        }
    }
}
