//! A key of a JSON object, borrowed from the text where nothing in it is escaped. A `Cow` that serde reads by itself is
//! always a copy, and a log has ten keys a line.

use std::borrow::Cow;

use serde::Deserialize;

/// A key.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(super) struct Key<'a>(#[serde(borrow)] pub Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_escaped_is_a_copy() {
        let plain: Key<'_> = serde_json::from_str("\"duration\"").expect("a key");
        assert!(matches!(plain.0, Cow::Borrowed("duration")));
        let escaped: Key<'_> = serde_json::from_str("\"dura\\u0074ion\"").expect("a key");
        assert_eq!(escaped.0, "duration");
    }
}
