//! A view's state as the text after `#` in the page's address: `view=functions&sort=self`. Keys are
//! ours and plain; values may be anything and are percent-encoded.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What an address calls the views of the page, under `view`.
pub const VIEWS: [&str; 17] = [
    "findings",
    "flame-graph",
    "flame-chart",
    "call-tree",
    "functions",
    "sandwich",
    "callers",
    "lines",
    "memory",
    "overview",
    "timeline",
    "queries",
    "tables",
    "requests",
    "events",
    "compare",
    "recordings",
];

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

/// The items of a list under `key`: separated by commas, each encoded on its own, so that a comma of its
/// own is `%2C`.
pub fn list(fragment: &str, key: &str) -> Vec<String> {
    fragment
        .trim_start_matches('#')
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(|(name, _)| *name == key)
        .flat_map(|(_, items)| items.split(','))
        .filter(|item| !item.is_empty())
        .map(|item| percent_decode_str(item).decode_utf8_lossy().into_owned())
        .collect()
}

/// A value for [`encode`] of which [`list`] makes `items` again. They are references to files
/// ([RFC 3986](https://www.rfc-editor.org/rfc/rfc3986#section-4.1)), in which a comma may as well be `%2C`.
pub fn joined<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    items.into_iter().map(|item| item.replace(',', "%2C")).collect::<Vec<_>>().join(",")
}

/// A reference to a file as one writes it: what would end it in an address is encoded.
pub fn reference(item: &str) -> String {
    item.replace('#', "%23").replace(' ', "%20").replace(',', "%2C")
}

/// What a file is called that is to be had at `reference`.
pub fn file_name(reference: &str) -> String {
    let path = reference.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or_default();
    let name = percent_decode_str(name).decode_utf8_lossy().into_owned();
    if name.is_empty() { reference.to_owned() } else { name }
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

    #[test]
    fn files_are_listed_as_people_write_them() {
        assert_eq!(
            list("#open=profiles/a.prof,logs/b.log.gz&view=queries", "open"),
            ["profiles/a.prof", "logs/b.log.gz"]
        );
        assert_eq!(list("#open=a%20b.prof,c%2Cd.prof,,", "open"), ["a b.prof", "c,d.prof"]);
        assert_eq!(list("#view=queries", "open"), [""; 0]);
    }

    #[test]
    fn a_list_comes_back_from_an_address() {
        let items = ["p/a 1.prof", "c,d.log.gz", "é#.prof"].map(reference);
        let address = encode([("open", joined(items.iter().map(String::as_str)))]);
        assert_eq!(address, "open=p/a%25201.prof,c%252Cd.log.gz,%C3%A9%2523.prof");
        assert_eq!(list(&address, "open"), items);
    }

    #[test]
    fn a_file_s_name_is_the_last_of_its_path() {
        for (reference, name) in [
            ("profiles/a.prof", "a.prof"),
            ("../a%20b.log.gz?token=1/2", "a b.log.gz"),
            ("https://elsewhere.example/x/y.prof#z", "y.prof"),
            ("profiles/", "profiles"),
            ("?", "?"),
        ] {
            assert_eq!(file_name(reference), name);
        }
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
