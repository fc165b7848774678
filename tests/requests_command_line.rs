//! What the command line says of logs of requests.

mod common;

use std::process::Command;

fn flamedrop(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_flamedrop")).args(arguments).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn file(name: &str) -> String {
    common::data(&format!("requests/{name}")).display().to_string()
}

#[test]
fn summaries() {
    let of = |name: &str| flamedrop(&["summary", "--top", "6", &file(name)]);
    let all =
        ["joint/nginx-1.31.3-timed.log", "gunicorn-27.0.1-gthread-atoms.log", "daphne-4.2.3-access.log"]
            .map(of);
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn summaries_as_json_have_the_same_numbers() {
    let text = flamedrop(&["summary", "--json", &file("joint/nginx-1.31.3-timed.log")]);
    let summary: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let log = &summary["documents"][0];
    assert_eq!((log["kind"].as_str(), log["requests"].as_u64()), (Some("requests"), Some(39)));
    assert_eq!(log["server_errors"].as_u64(), Some(3));
    assert_eq!(log["start"].as_str(), Some("2026-11-28T22:29:57.768Z"));
    let routes = log["routes"].as_array().expect("routes");
    assert_eq!(routes.iter().filter_map(|route| route["requests"].as_u64()).sum::<u64>(), 39);
    let total = log["total_ms"].as_f64().expect("a total");
    assert!((routes.iter().filter_map(|route| route["total_ms"].as_f64()).sum::<f64>() - total).abs() < 1e-6);
    assert_eq!(log["slowest"][0]["duration_ms"].as_f64(), Some(510.0));
}

#[test]
fn tables() {
    let routes = flamedrop(&["export", "--as", "csv", "--top", "3", &file("granian-2.8.9-wsgi.log")]);
    let single = flamedrop(&[
        "export",
        "--as",
        "csv",
        "--table",
        "requests",
        "--top",
        "3",
        &file("caddy-2.11.7-json.log"),
    ]);
    insta::assert_snapshot!(format!("{routes}\n{single}"));
}

#[test]
fn two_logs_side_by_side() {
    let (before, after) = (file("gunicorn-27.0.1-sync-atoms.log"), file("gunicorn-27.0.1-gthread-atoms.log"));
    let text = flamedrop(&["diff", "--top", "4", &before, &after]);
    assert!(text.starts_with("before: gunicorn-27.0.1-sync-atoms.log (28 requests in "), "{text}");
    assert!(text.contains("GET /slow/") && text.contains("not significant"), "{text}");
}
