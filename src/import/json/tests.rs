use super::*;
use crate::input::{HEAD_BYTES, MemorySource};
use proptest::prelude::*;

/// All tokens as text; the fault, if there is one.
fn tokens(text: &[u8]) -> Result<String, String> {
    let source = MemorySource::new("x", text);
    let mut input = Input::open(&source, &|_| ()).unwrap();
    let mut json = Json::new(&mut input);
    let mut out = String::new();
    let mut levels = Vec::new();
    let mut walk = || -> Read<()> {
        loop {
            match json.peek()? {
                Next::Object => {
                    json.object()?;
                    levels.push(true);
                    out += "{";
                }
                Next::Array => {
                    json.array()?;
                    levels.push(false);
                    out += "[";
                }
                Next::Text => out += &format!("{:?} ", json.text()?.unwrap()),
                Next::Number => out += &format!("{} ", json.number()?.unwrap()),
                Next::Word => out += &format!("{:?} ", json.truth()?),
            }
            loop {
                let more = match levels.last() {
                    None => return Ok(()),
                    Some(true) => json.key()?.map(|key| out += &format!("{key}=")).is_some(),
                    Some(false) => json.item()?,
                };
                if more {
                    break;
                }
                out += if levels.pop() == Some(true) { "}" } else { "]" };
            }
        }
    };
    match walk() {
        Ok(()) => Ok(out),
        Err(Fault::Cut(at)) => Err(format!("cut at {at}")),
        Err(Fault::Syntax(at, problem)) => Err(format!("{problem} at {at}")),
        Err(Fault::Reading(error)) => Err(error.to_string()),
    }
}

#[test]
fn values_are_read() {
    let text =
        br#" {"a": [1, -2.5e3, "x\"\u00e9\ud83d\ude00\n"], "b": {}, "c": [true, null, NaN, -Infinity]} "#;
    assert_eq!(tokens(text).unwrap(), "{a=[1 -2500 \"x\\\"é😀\\n\" ]b={}c=[Some(true) None NaN -inf ]}");
}

#[test]
fn tokens_across_the_end_of_a_buffer_are_whole() {
    let text = r#"{"key": [12345, -1.5e3, "text\u00e9 é", true, null, NaN], "é": {"a":1.25}, "b" : "x" }"#;
    let whole = tokens(text.as_bytes()).unwrap();
    for cut in 0..=text.len() {
        // The head is a buffer of its own.
        let mut padded = vec![b' '; HEAD_BYTES - cut];
        padded.extend_from_slice(text.as_bytes());
        assert_eq!(tokens(&padded).unwrap(), whole, "{cut}");
    }
}

#[test]
fn what_is_behind_the_last_token_is_left() {
    let source = MemorySource::new("x", "[1, 2] rest");
    let mut input = Input::open(&source, &|_| ()).unwrap();
    let mut json = Json::new(&mut input);
    json.skip().unwrap();
    let mut rest = String::new();
    json.leave().read_line(&mut rest).unwrap();
    assert_eq!(rest, " rest");
}

#[test]
fn faults_have_their_place() {
    assert_eq!(tokens(b"[1, 2"), Err("cut at 5".to_owned()));
    assert_eq!(tokens(b"{\"a\" 1}"), Err("a key has no value at 5".to_owned()));
    assert_eq!(tokens(b"[1 2]"), Err("an array's items are not parted by commas at 3".to_owned()));
    assert_eq!(tokens(b"[--]"), Err("a number is none at 3".to_owned()));
    assert_eq!(tokens(b"\"\\x\""), Err("a backslash stands before what it cannot at 3".to_owned()));
}

#[test]
fn depth_is_no_recursion() {
    let text = format!("{}{}", "[".repeat(300_000), "]".repeat(300_000));
    assert_eq!(tokens(text.as_bytes()).unwrap(), text);
    let source = MemorySource::new("x", text.as_bytes());
    let mut input = Input::open(&source, &|_| ()).unwrap();
    let mut json = Json::new(&mut input);
    json.skip().unwrap();
    assert_eq!(json.position(), 600_000);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = tokens(&bytes);
    }

    #[test]
    fn texts_come_back(text in "\\PC{0,30}") {
        let json = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(tokens(json.as_bytes()).unwrap(), format!("{text:?} "));
    }
}
