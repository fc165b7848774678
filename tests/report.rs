//! `flamedrop report`: one HTML file that gives its documents back, without what was to be left out.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value as Json;

/// What of the page matters to a report: where its head and its body end.
const PAGE: &str = "<!doctype html>\n<html lang=\"en\" data-starting>\n<head>\n<meta charset=\"utf-8\">\n\
    <title>Flamedrop</title>\n</head>\n<body>\n<script>window.flamedropEmbedded</script>\n</body>\n</html>\n";

fn flamedrop(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flamedrop")).args(arguments).output().expect("the command runs")
}

fn data(name: &str) -> String {
    common::data(name).to_str().expect("UTF-8").to_owned()
}

/// A folder with the page in it.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}"));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("page.html"), PAGE).expect("the page");
    folder
}

/// Writes a report of `files`, and gives its path.
fn report(folder: &Path, options: &[&str], files: &[&str]) -> String {
    let path = |name: &str| folder.join(name).to_str().expect("UTF-8").to_owned();
    let (page, output) = (path("page.html"), path("report.html"));
    let fixed = ["report", "--page", &page, "-o", &output];
    let output_of = flamedrop(&[&fixed[..], options, files].concat());
    assert!(output_of.status.success(), "{}", String::from_utf8_lossy(&output_of.stderr));
    output
}

/// The documents that the command line finds in `files`.
fn documents(files: &[&str]) -> Vec<Json> {
    let output = flamedrop(&[&["summary", "--json"], files].concat());
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    json["documents"].as_array().expect("documents").clone()
}

/// What stays of a document whatever is left out.
fn figures(document: &Json) -> Vec<(String, Json)> {
    ["kind", "format", "name", "total", "calls", "primitive_calls", "executions", "total_ms"]
        .map(|key| (key.to_owned(), document[key].clone()))
        .into()
}

const FILES: [&str; 3] = ["sample/orders.prof", "sample/orders.sql.jsonl", "statistics/second.csv"];

#[test]
fn its_documents_have_the_figures_of_the_files() {
    let files = FILES.map(data);
    let files = files.each_ref().map(String::as_str);
    let expected = documents(&files);
    assert_eq!(expected.len(), 3);
    let folder = folder("figures");
    for options in [&[][..], &["--strip", "literals,parameters,paths"], &["--strip", "nothing"]] {
        let found = documents(&[&report(&folder, options, &files)]);
        let figures_of = |documents: &[Json]| documents.iter().map(figures).collect::<Vec<_>>();
        assert_eq!(figures_of(&found), figures_of(&expected), "{options:?}");
    }
    // As it was, it is as it was.
    let whole = documents(&[&report(&folder, &["--strip", "nothing"], &files)]);
    assert_eq!(whole, expected);
    // What it says of itself, and the view it opens on.
    let text = std::fs::read_to_string(folder.join("report.html")).expect("the report");
    assert!(text.contains("This page contains orders.prof"), "{}", &text[..600.min(text.len())]);
}

#[test]
fn values_are_left_out_if_nothing_else_is_said() {
    let folder = folder("values");
    let log = folder.join("app.sql.jsonl");
    let line = "{\"time\": \"2026-11-23T09:07:26.519Z\", \"name\": \"django.db.backends\", \"duration\": 0.004, \
        \"sql\": \"SELECT a FROM t WHERE b = 'zqsecret' AND c = %s\", \"params\": [\"zqparameter\"]}\n";
    std::fs::write(&log, line.repeat(3)).expect("a log");
    let log = log.to_str().expect("UTF-8");
    assert_eq!(documents(&[log])[0]["executions"], 3);
    let all = |options: &[&str]| {
        let report = report(&folder, options, &[log]);
        let output = flamedrop(&["summary", "--json", &report]);
        let page = std::fs::read(&report).expect("the report");
        String::from_utf8([page, output.stdout].concat()).expect("UTF-8")
    };
    let stripped = all(&[]);
    assert!(!stripped.contains("zqsecret") && !stripped.contains("zqparameter"));
    assert!(all(&["--strip", "nothing"]).contains("zqsecret"));
    let results = all(&["--results-only"]);
    assert!(!results.contains("zqsecret") && results.contains("\"executions\":3"), "{results}");
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_written() {
    let folder = folder("failed");
    let (page, output) = (folder.join("page.html"), folder.join("report.html"));
    let (page, output) = (page.to_str().expect("UTF-8"), output.to_str().expect("UTF-8"));
    let (profile, missing) = (data("sample/orders.prof"), "no-such-file.log");
    let result = flamedrop(&["report", "--page", page, "-o", output, missing, &profile]);
    assert_eq!(result.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&result.stderr).contains(missing));
    assert_eq!(documents(&[output]).len(), 1);
    let nowhere = flamedrop(&["report", "--page", missing, "-o", output, &profile]);
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("the page cannot be read"));
    let both = flamedrop(&["report", "--page", page, "--strip", "nothing,paths", &profile]);
    assert_eq!(both.status.code(), Some(1));
}
