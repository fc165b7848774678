//! The README says what the code says: its table of formats comes from the registry, its usage from
//! the command line. `./dev record readme` writes both anew.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

use flamedrop::import::{CATALOGUE, Kind};

/// `text` with what stands between the two comments of `name` replaced.
fn with_section(text: &str, name: &str, content: &str) -> String {
    let begin = text.find(&format!("<!-- {name}: ")).expect("the section begins");
    let begin = begin + text[begin..].find("-->\n").expect("the comment ends") + "-->\n".len();
    let end = text.find(&format!("<!-- end of {name} -->")).expect("the section ends");
    format!("{}{content}{}", &text[..begin], &text[end..])
}

fn formats() -> String {
    let mut table = "| format | holds | how to record | id |\n|---|---|---|---|\n".to_owned();
    for format in CATALOGUE {
        let kind = match format.kind {
            Kind::Profile => "a profile",
            Kind::Queries => "SQL statements",
            Kind::Schema => "tables and indexes",
            Kind::Requests => "requests",
        };
        let how = format.how_to_record.replace('|', "\\|").replace('<', "&lt;").replace('\n', "<br>");
        table += &format!("| {} | {kind} | {how} | `{}` |\n", format.title, format.id);
    }
    table
}

fn usage() -> String {
    let mut text = String::from("```text\n");
    for command in
        ["open", "run", "publish", "findings", "summary", "diff", "list", "merge", "export", "report"]
    {
        let output =
            Command::new(env!("CARGO_BIN_EXE_flamedrop")).args([command, "-h"]).output().expect("it runs");
        assert!(output.status.success());
        text += &String::from_utf8_lossy(&output.stdout);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n```\n"
}

#[test]
fn the_readme_is_current() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let found = fs::read_to_string(&path).unwrap();
    let current = with_section(&with_section(&found, "formats", &formats()), "usage", &usage());
    if env::var_os("FLAMEDROP_WRITE_README").is_some() {
        fs::write(&path, current).unwrap();
    } else {
        assert!(found == current, "README.md is stale: run ./dev record readme");
    }
}
