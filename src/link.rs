//! A view's state as the text after `#` in the page's address: `view=functions&sort=self`. Keys are
//! ours and plain; values may be anything and are percent-encoded.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What may not stand bare in a fragment's value: RFC 3986's fragment set less `&`, `=`, `+` and `%`,
/// which separate here or mean something to others.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'`');

/// Joins `pairs` in their order; empty values are left out.
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut text = String::new();
    for (key, value) in pairs {
        if value.is_empty() {
            continue;
        }
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(key);
        text.push('=');
        text.extend(utf8_percent_encode(&value, ENCODED));
    }
    text
}

/// Splits what [`encode`] joined; anything else in the address is kept as far as it makes pairs.
pub fn decode(fragment: &str) -> Vec<(String, String)> {
    fragment
        .trim_start_matches('#')
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (key.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_reads_like_what_it_says() {
        let link =
            encode([("file", "app 1.prof".into()), ("view", "functions".into()), ("search", String::new())]);
        assert_eq!(link, "file=app%201.prof&view=functions");
    }

    #[test]
    fn foreign_fragments_do_no_harm() {
        assert_eq!(decode("#"), []);
        assert_eq!(decode("#section-2"), []);
        assert_eq!(
            decode("#view=%ff&&=&x"),
            [("view".into(), "\u{fffd}".into()), (String::new(), String::new())]
        );
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(values in prop::collection::vec("\\PC{1,20}", 0..6)) {
            let pairs: Vec<(&str, String)> = ["a", "b", "c", "d", "e", "f"].into_iter().zip(values).collect();
            let decoded = decode(&format!("#{}", encode(pairs.clone())));
            let expected: Vec<(String, String)> = pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            prop_assert_eq!(decoded, expected);
        }
    }
}
