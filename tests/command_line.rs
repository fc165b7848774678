//! The command line as scripts use it: output, messages, exit status.

mod common;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;

fn flamedrop(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the command runs")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flamedrop"));
    command.args(arguments);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn path(name: &str) -> String {
    common::data(name).to_str().expect("UTF-8").to_owned()
}

#[test]
fn json_has_every_number_unrounded() {
    let output = flamedrop(&["summary", "--json", &path("pstats/3.13.prof")]);
    assert!(output.status.success());
    assert_eq!(text(&output.stderr), "");
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    let document = &json["documents"][0];
    let keys: Vec<&String> = document.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        [
            "calls",
            "diagnostics",
            "format",
            "functions",
            "kind",
            "name",
            "primitive_calls",
            "recorded_by",
            "total",
            "unit"
        ]
    );
    assert_eq!(document["name"], "3.13.prof");
    assert_eq!(document["kind"], "profile");
    assert_eq!(document["unit"], "seconds");
    let functions = document["functions"].as_array().expect("functions");
    let find = |name: &str| {
        functions.iter().position(|function| function["name"] == name).expect("the function is there")
    };
    let square = &functions[find("fibonacci")];
    let callers = square["callers"].as_array().expect("callers");
    // An index into the same list.
    let from: Vec<&Json> = callers
        .iter()
        .map(|caller| &functions[caller["function"].as_u64().unwrap() as usize]["name"])
        .collect();
    assert!(from.contains(&&Json::from("fibonacci")) && from.contains(&&Json::from("main")), "{from:?}");
    let caller = callers[0].as_object().expect("an object");
    assert_eq!(caller.keys().collect::<Vec<_>>(), ["calls", "function", "primitive_calls", "self", "total"]);
    // As text, so that no digit is lost on the way: the numbers of Python's own pstats.
    let oracle: Json = serde_json::from_slice(&common::bytes("pstats/3.13.json")).expect("JSON");
    let row = oracle["functions"]
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row[2] == "fibonacci"))
        .expect("the function is there");
    let spelt = |value: &Json| value.as_str().expect("a repr").parse::<f64>().expect("a float");
    let raw = text(&output.stdout);
    let expected = format!(
        "\"name\":\"fibonacci\",\"calls\":{},\"primitive_calls\":{},\"self\":{},\"total\":{},",
        row[3],
        row[4],
        Json::from(spelt(&row[5])),
        Json::from(spelt(&row[6]))
    );
    assert!(raw.contains(&expected), "{expected}");
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_printed() {
    let good = path("pstats/3.13.prof");
    let bad = path("pstats/3.13.json");
    for json in [true, false] {
        let mut arguments = vec!["summary"];
        arguments.extend(json.then_some("--json"));
        arguments.extend([bad.as_str(), &good, "no/such/file", &good]);
        let output = flamedrop(&arguments);
        assert_eq!(output.status.code(), Some(1));
        let errors = text(&output.stderr);
        assert_eq!(errors.lines().count(), 2, "{errors}");
        assert!(
            errors.contains("3.13.json: looks like JSON, but Flamedrop cannot read this format. Supported:"),
            "{errors}"
        );
        assert!(errors.contains("flamedrop: no/such/file: "), "{errors}");
        if json {
            let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!(json["documents"].as_array().map(Vec::len), Some(2));
        } else {
            assert_eq!(text(&output.stdout).matches("3.13.prof").count(), 2);
        }
    }
}

#[test]
fn nothing_readable_is_still_json() {
    let output = flamedrop(&["summary", "--json", "no/such/file"]);
    assert_eq!(output.status.code(), Some(1));
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["documents"].as_array().map(Vec::len), Some(0));
}

#[test]
fn the_table_is_for_people() {
    let output = flamedrop(&["summary", "--top", "4", &path("pstats/3.13.prof")]);
    assert!(output.status.success());
    insta::assert_snapshot!(text(&output.stdout));
}

#[test]
fn folded_stacks_add_up_to_the_total() {
    let output = flamedrop(&["export", "--as", "folded", &path("pstats/3.13.prof")]);
    assert!(output.status.success());
    let mut sum = 0.0;
    for line in text(&output.stdout).lines() {
        let (stack, weight) = line.rsplit_once(' ').expect("a stack and its weight");
        let decimals = weight.rsplit_once('.').map_or(0, |(_, decimals)| decimals.len());
        assert!(decimals >= 3, "{line}");
        sum += weight.parse::<f64>().expect("a number");
        for frame in stack.split(';') {
            let is_function = frame.ends_with(')') && frame.contains(" (");
            assert!(is_function || frame.ends_with(" more)"), "{frame}");
        }
    }
    let profile = common::profile(common::open(common::bytes("pstats/3.13.prof")).expect("a profile"));
    assert!((sum - profile.total() * 1e6).abs() < 1e-3, "{sum}");
}

/// As many microseconds, on shorter stacks.
#[test]
fn stacks_are_exported_without_import_frames() {
    let exported = |arguments: &[&str]| {
        let recording = path("trees/imports.prof.gz");
        let output = flamedrop(&[&["export", "--as", "folded", &recording], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let sum = |stacks: &str| -> f64 {
        let weights = stacks.lines().map(|line| line.rsplit_once(' ').expect("a weight").1);
        weights.map(|weight| weight.parse::<f64>().expect("a number")).sum()
    };
    let (whole, shown) = (exported(&[]), exported(&["--hide-imports"]));
    assert!((sum(&whole) - sum(&shown)).abs() < 1e-2, "{} {}", sum(&whole), sum(&shown));
    assert!(whole.contains("_find_and_load") && !shown.contains("_find_and_load"));
    assert!(shown.contains(";<module> (/usr/lib/python3/email/utils.py:1)"));
}

#[test]
fn tables_are_exported_sorted_filtered_and_cut() {
    let (profile, log) = (path("pstats/3.13.prof"), path("shop/shop.sql.jsonl"));
    let rows = |arguments: &[&str]| -> Vec<Json> {
        let output = flamedrop(&[&["export", "--as", "json"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let number = |row: &Json, key: &str| row[key].as_f64().unwrap_or_else(|| panic!("{key} in {row}"));
    for (arguments, key) in [
        (&[profile.as_str()][..], "self_s"),
        (&["--table", "edges", &profile], "total_s"),
        (&[log.as_str()], "total_ms"),
    ] {
        let found = rows(arguments);
        assert!(found.is_sorted_by(|a, b| number(a, key) >= number(b, key)), "{arguments:?}");
        assert_eq!(rows(&[&["--top", "2"], arguments].concat()), found[..2]);
    }
    let document = common::open(common::bytes("pstats/3.13.prof")).expect("a profile");
    let sum: f64 = rows(&[&profile]).iter().map(|row| number(row, "self_s")).sum();
    assert!((sum - common::profile(document).total()).abs() < 1e-12);
    let edges = rows(&["--table", "edges", "--filter", "fibonacci", &profile]);
    assert!(!edges.is_empty());
    for edge in edges {
        assert!(edge["caller"] == "fibonacci" || edge["callee"] == "fibonacci", "{edge}");
    }
    let queries = rows(&["--filter", "SHOP_ORDERLINE", &log]);
    assert!(!queries.is_empty());
    assert!(queries.iter().all(|row| row["query"].as_str().expect("SQL").contains("shop_orderline")));
    assert_eq!(rows(&["--table", "findings", "--filter", "n-plus-one", &log])[0]["rule"], "n-plus-one");
}

#[test]
fn tables_for_people_and_spreadsheets() {
    let log = path("shop/shop.sql.jsonl");
    let mut shown = String::new();
    for form in ["csv", "markdown"] {
        let output = flamedrop(&["export", "--as", form, "--top", "2", &log]);
        assert!(output.status.success());
        shown += &text(&output.stdout).replace('\r', "␍");
        let output = flamedrop(&["export", "--as", form, "--top", "2", &path("pstats/3.13.prof")]);
        shown += &text(&output.stdout).replace('\r', "␍");
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn what_a_file_has_not_is_not_exported() {
    let (profile, log) = (path("pstats/3.13.prof"), path("shop/shop.sql.jsonl"));
    let flat = path("pstats/without-callers.prof");
    for (arguments, problem) in [
        (["--as", "folded", "--boxes", "10", &flat], "does not say who called whom"),
        (["--as", "callgrind", "-o", "-", &flat], "does not say who called whom"),
        (["--as", "folded", "--boxes", "10", &log], "an SQL log has no call tree"),
        (["--as", "csv", "--table", "edges", &log], "has the tables queries, events and findings"),
        (
            ["--as", "csv", "--table", "queries", &profile],
            "has the tables functions, edges, lines and findings",
        ),
        (["--as", "callgrind", "--top", "3", &profile], "go with --as csv, json or markdown"),
        (["--as", "callgrind", "--hide-imports", "--boxes=9", &profile], "the others have no call tree"),
        (["--as", "csv", "--hide-imports", "--boxes=9", &profile], "the others have no call tree"),
        (["--as", "csv", "-o", "no/such/folder/x.csv", &profile], "cannot be written"),
    ] {
        let output = flamedrop(&[&["export"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(text(&output.stderr).contains(problem), "{}", text(&output.stderr));
    }
}

#[test]
fn an_export_goes_to_a_file() {
    let folder = std::env::temp_dir().join(format!("flamedrop-export-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("3.13.svg");
    let path_of_file = file.to_str().expect("UTF-8");
    let arguments = ["export", "--as", "flamegraph", &path("pstats/3.13.prof"), "-o", path_of_file];
    let output = flamedrop(&arguments);
    let written = std::fs::read_to_string(&file);
    std::fs::remove_dir_all(&folder).expect("it goes");
    assert!(output.status.success() && output.stdout.is_empty(), "{}", text(&output.stderr));
    let written = written.expect("a file");
    assert!(written.starts_with("<?xml") && written.contains("fibonacci (/srv/app/shop/pricing.py:4)"));
}

#[test]
fn standard_input_and_gzip() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&common::bytes("pstats/2.7.prof")).expect("packing");
    let packed = packed.finish().expect("packing");
    let mut child = command(&["summary", "--json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command runs");
    child.stdin.take().expect("a pipe").write_all(&packed).expect("writing");
    let output = child.wait_with_output().expect("the command ends");
    assert!(output.status.success());
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["documents"][0]["format"], "pstats");
}

#[test]
fn wrong_use_is_explained() {
    for arguments in [&["summary"][..], &["export", "--as", "pictures", "x"], &["--wrong"]] {
        let output = flamedrop(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains("--help"), "{}", text(&output.stderr));
    }
    let help = flamedrop(&["--help"]);
    assert!(help.status.success());
    insta::assert_snapshot!(text(&help.stdout));
}

#[test]
fn a_folder_is_all_recordings_in_it() {
    let folder = path("sample");
    let summary = flamedrop(&["summary", "--json", &folder]);
    assert!(summary.status.success(), "{}", text(&summary.stderr));
    let json: Json = serde_json::from_slice(&summary.stdout).expect("JSON");
    let names: Vec<&str> =
        json["documents"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["orders.prof", "orders.sql.jsonl"]);
    // As if they were named.
    let findings = flamedrop(&["findings", "--json", &folder]);
    let files: Vec<String> = names.iter().map(|name| path(&format!("sample/{name}"))).collect();
    let named = flamedrop(&["findings", "--json", &files[0], &files[1]]);
    assert_eq!(findings.stdout, named.stdout);
    assert!(findings.status.success());
    let empty = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("no-recordings");
    std::fs::create_dir_all(&empty).expect("a folder");
    let empty = empty.to_str().expect("UTF-8");
    for command in ["summary", "findings"] {
        let output = flamedrop(&[command, empty]);
        assert_eq!(output.status.code(), Some(1), "{command}");
        let said = text(&output.stderr);
        assert!(said.contains("there is no recording in this folder"), "{command}: {said}");
    }
    // `export` writes one document.
    let output = flamedrop(&["export", "--as", "csv", &folder]);
    assert!(text(&output.stderr).contains("it is a directory"), "{}", text(&output.stderr));
}

#[test]
fn findings_as_json() {
    let files = [path("shop/shop.prof"), path("shop/shop.sql.jsonl")];
    let output = flamedrop(&["findings", "--json", &files[0], &files[1]]);
    assert!(output.status.success());
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = json["findings"].as_array().expect("findings");
    let first = findings.first().expect("the sample has an N+1");
    for key in ["rule", "title", "saving_ms", "at_stake_ms", "confidence", "evidence", "remedy"] {
        assert!(!first[key].is_null(), "{key} is missing");
    }
    assert_eq!(first["rule"], "n-plus-one");
    assert_eq!(first["evidence"]["executions"], 50);
    let saving = first["saving_ms"].as_f64().unwrap();
    let at_stake = first["at_stake_ms"].as_f64().unwrap();
    assert!(0.0 < saving && saving < at_stake);
}

#[test]
fn findings_for_people() {
    let output = flamedrop(&["findings", &path("shop/shop.sql.jsonl")]);
    assert!(output.status.success());
    insta::assert_snapshot!(text(&output.stdout).replace("   \n", "\n"));
}

#[test]
fn findings_set_the_exit_status_when_asked_to() {
    let log = path("shop/shop.sql.jsonl");
    let status = |arguments: &[&str]| flamedrop(arguments).status.code();
    assert_eq!(status(&["findings", &log]), Some(0));
    assert_eq!(status(&["findings", "--fail-on", "slow-statements,n-plus-one", &log]), Some(3));
    assert_eq!(status(&["findings", "--fail-on", "slow-statements", &log]), Some(0));
    let lenient = ["findings", "--fail-on", "n-plus-one", "--set", "n-plus-one.executions=1000", &log];
    assert_eq!(status(&lenient), Some(0));
    // What cannot be read is no pass.
    assert_eq!(status(&["findings", "--fail-on", "slow-statements", &log, "nowhere.log"]), Some(1));
    let wrong = flamedrop(&["findings", "--fail-on", "n+1", &log]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("n-plus-one"));
    let wrong = flamedrop(&["findings", "--set", "n-plus-one.size=3", &log]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("n-plus-one.executions"));
}

#[test]
fn two_states_of_a_servers_statistics_have_a_difference() {
    let (first, second) = (path("statistics/first.csv"), path("statistics/second.csv"));
    let output = flamedrop(&["diff", "--json", &first, &second]);
    assert!(output.status.success());
    assert_eq!(text(&output.stderr), "");
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["name"], "second.csv − first.csv");
    let executions = json["executions"].as_u64().expect("a number");
    let calls: u64 = json["fingerprints"]
        .as_array()
        .expect("queries")
        .iter()
        // What cannot be known of a difference is null.
        .map(|query| (query["calls"].as_u64().expect("calls"), query["p95_ms"].is_null()))
        .map(|(calls, unknown)| if unknown { calls } else { 0 })
        .sum();
    assert_eq!(calls, executions);
    // The same visit twice: as many as in the first.
    let summary = flamedrop(&["summary", "--json", &first]);
    let once: Json = serde_json::from_slice(&summary.stdout).expect("JSON");
    assert_eq!(once["documents"][0]["executions"], executions);
    let table = flamedrop(&["diff", "--top", "2", &first, &second]);
    assert!(
        text(&table.stdout).contains(&format!("in {executions} executions of")),
        "{}",
        text(&table.stdout)
    );

    let back = flamedrop(&["diff", &second, &first]);
    assert!(text(&back.stderr).contains("reset"), "{}", text(&back.stderr));
    let log = path("postgres/client.log");
    let wrong = flamedrop(&["diff", &first, &log]);
    assert!(!wrong.status.success());
    assert!(text(&wrong.stderr).contains("only statistics"), "{}", text(&wrong.stderr));
}

#[test]
fn a_servers_statistics_have_findings() {
    let first = path("statistics/first.csv");
    let output = flamedrop(&["findings", "--json", "--set", "slow-statements.duration=200", &first]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = json["findings"].as_array().expect("findings");
    // Of one query several rules speak, in one finding.
    let all = findings
        .iter()
        .flat_map(|one| std::iter::once(one).chain(one["also"].as_array().expect("a list")))
        .collect::<Vec<_>>();
    let of = |rule: &str| *all.iter().find(|finding| finding["rule"] == rule).expect("a finding");
    // One query takes 236.518091 ms, once.
    let slow = of("slow-statements");
    assert_eq!(slow["evidence"]["mean_ms"], 236.518_091_000_000_03);
    assert!((slow["saving_ms"].as_f64().expect("a number") - 36.518_091).abs() < 1e-6);
    assert_eq!(slow["evidence"]["executions"], 1);
    // What the curve says is no finding, and stands in the summary.
    let summary = &json["summary"][0];
    assert_eq!(summary["items_of_80_percent"], 1);
    let caption = summary["captions"][0].as_str().expect("a sentence");
    assert!(caption.starts_with("1 of ") && caption.contains(" accounts for 80 % of the time"), "{caption}");
    assert_eq!(json["below"], serde_json::json!([]));
}

#[test]
fn what_happened_to_statements_is_counted() {
    let output = flamedrop(&["summary", "--json", &path("sql/postgres/pg15.log")]);
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    let document = &json["documents"][0];
    assert_eq!(document["events"]["error"], 10);
    assert_eq!(document["events"]["statement_timeout"], 1);
    assert_eq!(document["events"]["temporary_file"], 11);
    let of = |list: &str, beginning: &str| {
        let entries = document[list].as_array().expect("a list");
        let is =
            |entry: &&Json| entry["fingerprint"].as_str().is_some_and(|text| text.starts_with(beginning));
        entries.iter().find(is).map(|entry| entry["events"].clone()).unwrap_or_default()
    };
    assert_eq!(
        of("fingerprints", "UPDATE t SET b"),
        serde_json::json!({"lock_wait": 1, "lock_acquired": 1, "plan": 1})
    );
    assert_eq!(of("fingerprints", "COMMIT"), Json::Null);
    assert_eq!(of("unfinished", "SELECT * FROM nosuch"), serde_json::json!({"error": 1}));
    let text = flamedrop(&["summary", &path("sql/postgres/pg15.log")]).stdout;
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(
        text.contains("10 errors, 1 statement timeout, 1 wait for a lock (599 ms), 1 lock acquired"),
        "{text}"
    );
}

#[test]
fn events_are_exported_and_added_up() {
    let log = path("events/temporary-files.log.gz");
    let output = flamedrop(&["export", "--as", "json", "--table", "events", "--filter", "temporary", &log]);
    let rows: Vec<Json> = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(rows.len(), 6);
    for row in &rows {
        assert_eq!((&row["kind"], &row["bytes"]), (&"temporary_file".into(), &4_653_056.into()), "{row}");
        assert_eq!(row["user"], "web");
    }
    let summary = flamedrop(&["summary", "--json", &log]).stdout;
    let summary: Json = serde_json::from_slice(&summary).expect("JSON");
    let groups = summary["documents"][0]["event_groups"].as_array().expect("groups").clone();
    let files = groups.iter().find(|group| group["kind"] == "temporary_file").expect("the files");
    assert_eq!((&files["count"], &files["total_bytes"]), (&6.into(), &(6.0 * 4_653_056.0).into()), "{files}");
    let text = flamedrop(&["summary", &path("events/repeated-errors.log.gz")]).stdout;
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(text.contains("40 statements failed beside these"), "{text}");
}

#[test]
fn log_line_prefix_can_be_given() {
    let log = path("sql/postgres/pg15.log");
    let output = flamedrop(&["summary", "--log-line-prefix", "%m [%p] %q%u@%d/%a %h %Q %e: ", &log]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("in 253 executions") && text.contains("%e: ' (as given)"), "{text}");
    let output = flamedrop(&["summary", "--log-line-prefix", "%t|%u|", &log]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("does not fit: 0 of the first"), "{text}");
}

/// A page with its fault, and without it: what is gone, and what that saved.
#[test]
fn what_a_change_did_is_said() {
    let of = |name: &str, ending: &str| path(&format!("findings/{name}{ending}"));
    let before = [of("n_plus_one", ".prof.gz"), of("n_plus_one", ".sql.jsonl.gz")];
    let after = [of("clean-orders", ".prof.gz"), of("clean-orders", ".sql.jsonl")];
    let all = ["diff", "--json", &before[0], &before[1], &after[0], &after[1]];
    let output = flamedrop(&all);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: Json = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(json["gone"].as_array().expect("a list").len(), 3);
    assert_eq!((&json["left"], &json["new"]), (&serde_json::json!([]), &serde_json::json!([])));
    let number = |key: &str| json[key].as_f64().expect("a number");
    let ratio = number("predicted_ms") / number("saved_ms");
    assert!((0.8..1.25).contains(&ratio), "{json}");
    let shown = flamedrop(&["diff", &before[0], &after[0]]);
    assert!(
        text(&shown.stdout).contains("The findings that are gone were to save"),
        "{}",
        text(&shown.stdout)
    );
    // The same twice: all is left.
    let same = flamedrop(&["diff", &before[1], &before[1]]);
    assert!(
        text(&same.stdout).contains("Left:") && !text(&same.stdout).contains("Gone:"),
        "{}",
        text(&same.stdout)
    );
    let odd = flamedrop(&["diff", &before[0], &before[1], &after[0]]);
    assert!(!odd.status.success() && text(&odd.stderr).contains("before and after"), "{}", text(&odd.stderr));
}

/// What is drawn, or adds times up, needs some; tables have the calls.
#[test]
fn without_times_every_export_of_them_ends_the_same_way() {
    let file = path("pstats/writers/timer-without-unit-all-zero.prof");
    for format in ["folded", "speedscope", "callgrind", "flamegraph"] {
        let output = flamedrop(&["export", "--as", format, &file]);
        assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(1), ""), "{format}");
        assert!(
            text(&output.stderr).contains("the file has no times, so there is nothing to draw"),
            "{format}"
        );
    }
    for format in ["csv", "json", "markdown"] {
        let output = flamedrop(&["export", "--as", format, &file]);
        assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""), "{format}");
        let first = text(&output.stdout).lines().find(|line| line.contains("600")).map(str::to_owned);
        assert!(first.is_some_and(|line| line.contains("isinstance")), "{format}: most calls first");
    }
    let output = flamedrop(&["summary", &file]);
    assert!(
        text(&output.stdout).contains("no times, but 3,403 calls of 16 functions"),
        "{}",
        text(&output.stdout)
    );
}
