//! Sentences keep to docs/glossary.md: wordings that were given up do not come back.

use std::fs;
use std::path::{Path, PathBuf};

/// What is not said any more, as it would stand in a text of the page or the command line.
const GIVEN_UP: &[&str] = &[
    "\"What it rests on\"",
    "What would make this wrong",
    "When rules speak up",
    "Calls that explode",
    "Which queries make the time",
    "\"Its part\"",
    "\"Both\"",
    "\"In loops\"",
    "\"Only it\"",
    "\"All but it\"",
    "\"Walk\"",
    "\"Walk faster\"",
    "Copy laid out",
    "Search all texts",
    "Fade the rest",
    "paler, hatched",
    "as the system says",
    "at least so many",
    "at least so long",
    "at least so often",
    "our own: ",
    "charges every call",
    "generator counts as",
    "one or two would do",
    "\"With parameters of their own",
    "Requests with it",
    "probably loops over",
    "never the same parameters",
    "what was before, in this log",
    "to be comparable\"",
    "changed by more than chance",
    "may be chance",
    "not to be relied on",
    "saves at most",
    "too small to show",
    "no format Flamedrop reads",
    "It reads {",
    "that the file lost",
    "Nothing in it took any time",
    "There is no text to open",
    "closed and forgotten",
    "Put it first, at the end",
    "Serve with one thread",
    "Ask for a page twice",
    "judged together",
    "ended in an error; the server",
    "limits throughput first",
    "are paid for",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn wordings_that_were_given_up_do_not_come_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("index.html"), root.join("README.md")];
    sources(&root.join("src"), &mut files);
    let mut found = String::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a text");
        for (number, line) in text.lines().enumerate() {
            // Comments are for who reads the code.
            if line.trim_start().starts_with("//") {
                continue;
            }
            for wording in GIVEN_UP.iter().filter(|wording| line.contains(**wording)) {
                found.push_str(&format!("{}:{}: {wording}\n", file.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "docs/glossary.md says what to write instead of\n{found}");
}
