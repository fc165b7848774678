//! `gallery.json`: what the welcome page of a site lists. docs/sharing.md describes it.

use serde_json::{Map, Value, json};

/// The file's name.
pub const FILE: &str = "gallery.json";

const RECORDINGS: &str = "recordings";

/// One recording that is listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// What it is called; a gallery has one of a title.
    pub title: String,
    /// Where its files lie, relative to the page, with `/`.
    pub files: Vec<String>,
    /// What is to be seen in it.
    pub note: Option<String>,
}

/// What `gallery`, the text of the file, lists; entries that somebody wrote otherwise are passed over.
///
/// # Errors
/// When it is no gallery: in words, as the rest of a sentence.
pub fn listed(gallery: &str) -> Result<Vec<Recording>, String> {
    let whole: Map<String, Value> =
        serde_json::from_str(gallery).map_err(|error| format!("it is no gallery: {error}"))?;
    let Some(listed) = whole.get(RECORDINGS) else { return Ok(Vec::new()) };
    let listed = listed.as_array().ok_or("it is no gallery: its recordings are no list")?;
    let entry = |entry: &Value| {
        let files = entry["files"].as_array().map(Vec::as_slice).unwrap_or_default();
        Some(Recording {
            title: entry["title"].as_str()?.to_owned(),
            files: files.iter().filter_map(|file| file.as_str().map(str::to_owned)).collect(),
            note: entry["note"].as_str().map(str::to_owned),
        })
    };
    Ok(listed.iter().filter_map(entry).collect())
}

/// `gallery`, the text of the file, with these as well. One of the same title has its place; all others, and whatever
/// else is in the file, stay.
///
/// # Errors
/// When it is no gallery: in words, as the rest of a sentence.
pub fn with(gallery: &str, recordings: &[Recording]) -> Result<String, String> {
    let mut whole: Map<String, Value> =
        serde_json::from_str(gallery).map_err(|error| format!("it is no gallery: {error}"))?;
    let listed = whole.entry(RECORDINGS).or_insert_with(|| json!([]));
    let listed = listed.as_array_mut().ok_or("it is no gallery: its recordings are no list")?;
    for recording in recordings {
        let mut entry = json!({"title": recording.title, "files": recording.files});
        if let Some(note) = &recording.note {
            entry["note"] = note.as_str().into();
        }
        match listed.iter_mut().find(|other| other["title"] == recording.title.as_str()) {
            Some(other) => *other = entry,
            None => listed.push(entry),
        }
    }
    serde_json::to_string_pretty(&whole).map(|text| text + "\n").map_err(|error| error.to_string())
}

/// `title` as a folder's name: letters, digits and single hyphens. Not empty.
pub fn folder(title: &str) -> String {
    let words = title.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let name = words.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    if name.is_empty() { "recording".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(title: &str, note: Option<&str>) -> Recording {
        let file = format!("recordings/{}/a.prof.gz", folder(title));
        Recording { title: title.to_owned(), files: vec![file], note: note.map(str::to_owned) }
    }

    #[test]
    fn what_is_listed_stays_and_a_title_is_listed_once() {
        let first = with("{\"recordings\": []}", &[recording("Orders, before", None)]).unwrap();
        let own = first.replacen('{', "{\"owner\": \"shop\",", 1);
        let second = with(&own, &[recording("After", Some("1 query"))]).unwrap();
        let third = with(&second, &[recording("Orders, before", Some("An N+1"))]).unwrap();
        let value: Value = serde_json::from_str(&third).unwrap();
        assert_eq!(
            value,
            json!({"owner": "shop", "recordings": [
                {"title": "Orders, before", "files": ["recordings/orders-before/a.prof.gz"], "note": "An N+1"},
                {"title": "After", "files": ["recordings/after/a.prof.gz"], "note": "1 query"},
            ]})
        );
        let all = [recording("Orders, before", Some("An N+1")), recording("After", Some("1 query"))];
        assert_eq!(listed(&third).unwrap(), all);
        assert_eq!(listed("{}").unwrap(), []);
    }

    #[test]
    fn what_is_no_gallery_is_left_alone() {
        for text in ["", "[]", "{", "{\"recordings\": 1}"] {
            assert!(with(text, &[]).is_err() && listed(text).is_err(), "{text}");
        }
    }

    #[test]
    fn folders_are_one_plain_word() {
        for (title, name) in [("../../etc", "etc"), ("Größe  & Zeit/1", "größe-zeit-1"), ("…", "recording")]
        {
            assert_eq!(folder(title), name);
        }
    }
}
