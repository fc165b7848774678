//! Files that no format reads: what they are all the same, so that the user knows which file it was
//! and what to do with it. By their first bytes, as `file` does:
//! <https://en.wikipedia.org/wiki/List_of_file_signatures>.

/// What a file is, and what to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign {
    /// As the rest of "looks like …".
    pub what: &'static str,
    /// Whole sentences; may be empty.
    pub advice: &'static str,
}

const UNPACK: &str = "Unpack it and drop what is in it.";

/// First bytes, what they begin, and what to do.
const SIGNATURES: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "a ZIP archive", UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", ""),
    (b"\xfd7zXZ\x00", "an xz archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", ""),
    (b"\xff\xd8\xff", "a JPEG picture", ""),
    (b"GIF8", "a GIF picture", ""),
    (b"%PDF-", "a PDF", ""),
    (b"SQLite format 3\x00", "an SQLite database", ""),
    (b"\x7fELF", "a program", ""),
    (b"\xca\xfe\xba\xbe", "a Java class", ""),
    (b"\xac\xed\x00\x05", "a serialised Java object", ""),
    (b"TACH", "a Tachyon recording", "Write it as pstats: python -m profiling.sampling replay --pstats."),
];

/// Names `head`, if anything can be said of it.
pub(super) fn name(head: &[u8]) -> Option<Foreign> {
    if let Some(&(_, what, advice)) = SIGNATURES.iter().find(|(bytes, ..)| head.starts_with(bytes)) {
        return Some(Foreign { what, advice });
    }
    // A pickle of protocol 2 to 5 begins with PROTO and ends its first opcode within the head.
    if let [0x80, 2..=5, ..] = head {
        return Some(Foreign { what: "a pickle", advice: "" });
    }
    if head.contains(&0) {
        return Some(Foreign { what: "a binary file", advice: "" });
    }
    let text = head.trim_ascii_start();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let holds = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    let foreign = |what, advice| Some(Foreign { what, advice });
    if begins(b"<!doctype html") || begins(b"<html") {
        foreign("a web page", "Save the file itself, not the page that shows it.")
    } else if begins(b"<") {
        foreign("XML", "")
    } else if begins(b"{") || begins(b"[") {
        foreign("JSON", "")
    } else if begins(b"# Time:") || holds(b"\n# Query_time: ") {
        foreign("a MySQL slow log", "")
    } else if !text.is_empty() && std::str::from_utf8(&text[..text.len().min(64)]).is_ok() {
        foreign("a text file", "")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_files_are_named() {
        let named = |head: &[u8]| name(head).map(|foreign| foreign.what);
        assert_eq!(named(b"PK\x03\x04\x14\x00"), Some("a ZIP archive"));
        assert_eq!(named(b"\x89PNG\r\n\x1a\n\x00"), Some("a PNG picture"));
        assert_eq!(named(b"\x80\x04\x95\x0b"), Some("a pickle"));
        assert_eq!(named(b"\n <!DOCTYPE HTML><title>x</title>"), Some("a web page"));
        assert_eq!(named(b"{\"a\": 1}"), Some("JSON"));
        assert_eq!(named(b"Dear diary"), Some("a text file"));
        assert_eq!(named(b"\x00\x01\x02"), Some("a binary file"));
        assert_eq!(named(b""), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(head in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = name(&head);
        }
    }
}
