use super::*;
use crate::input::{Input, MemorySource};
use proptest::prelude::*;

fn by_tokens(text: &str) -> Option<(Event<'static>, u64)> {
    let source = MemorySource::new("x", text.as_bytes());
    let mut input = Input::open(&source, &|_| ()).expect("an input");
    let mut json = Json::new(&mut input);
    let event = read(&mut json).ok()??;
    Some((event, json.position()))
}

/// What is read in the buffer is what the reader of tokens reads.
fn agrees(text: &str) -> bool {
    let Some((event, length)) = quick::event(text.as_bytes()) else { return false };
    assert!(event.duration.is_none_or(|duration| !duration.is_nan()) || text.contains("dur"));
    let (expected, end) = by_tokens(text).unwrap_or_else(|| panic!("no event: {text}"));
    assert_eq!(length as u64, end, "{text}");
    // What is not equal to itself.
    let without = |event: Event<'_>| format!("{event:?}");
    assert_eq!(without(event), without(expected), "{text}");
    true
}

#[test]
fn plain_events_are_read_where_they_lie() {
    for text in [
        r#"{"pid": 1, "tid": 2, "ts": 10.5, "ph": "X", "cat": "fee", "dur": 3.25, "name": "f (a.py:3)"},"#,
        r#"{"ph":"M","pid":"a","tid":18446744073709551615,"name":"thread_name","args":{"name":"T"}} "#,
        r#"{ "ph" : "B" , "args" : { "filename" : "C:\\a\\b.py" , "line" : 7 , "deep" : [ { "a" : [ ] } , { } ] } } "#,
        r#"{"ph": null, "name": 3, "ts": "x", "dur": [1, {"a": true}], "args": "none"}"#,
        r#"{"args": {"line": 1.5, "name": null, "filename": 3}, "ts": -1e3}"#,
        "{}",
    ] {
        assert!(agrees(text), "{text}");
    }
}

#[test]
fn what_is_not_plain_is_left_to_the_reader_of_tokens() {
    for text in [
        "",
        "{",
        "[1]",
        r#"{"ph": "X", "ts": 1"#,
        r#"{"ph": "\u0058"}"#,
        r#"{"p\u0068": "X"}"#,
        r#"{"ts": NaN}"#,
        r#"{"ts": 1 2}"#,
        r#"{"ts": 1,}"#,
        r#"{"ts": --1}"#,
        r#"{"a": [1 2]}"#,
        r#"{"a": {"b" 1}}"#,
        r#"{"a": tru}"#,
    ] {
        assert_eq!(quick::event(text.as_bytes()), None, "{text}");
    }
    let deep = format!(r#"{{"a": {}{}}}"#, "[".repeat(80), "]".repeat(80));
    assert_eq!(quick::event(deep.as_bytes()), None);
}

proptest! {
    #[test]
    fn both_readers_read_the_same(
        pieces in prop::collection::vec(
            prop::sample::select(vec![
                r#"{"#, r#"}"#, r#"["#, r#"]"#, r#","#, r#":"#, r#" "#, r#""ph""#, r#""X""#, r#""args""#, r#""name""#, r#""line""#, r#""ts""#, r#""dur""#, r#""tid""#, r#"1"#, r#"2.5"#, r#"-3"#, r#"1e2"#, r#"true"#, r#"null"#, r#"NaN"#, r#""a\\b""#, r#""\u00e9""#, r#""é""#, r#""ph":"X","#, r#""ts":1,"#, r#""args":{"#, r#""line":4,"#, r#"}}"#,
            ]),
            0..14,
        ),
    ) {
        let text = format!("{{{} ", pieces.concat());
        agrees(&text);
    }
}
