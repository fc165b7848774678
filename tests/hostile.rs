//! A hostile name stays text: names of functions, paths and SQL that are markup, formulas, separators
//! or control characters somewhere, through every export, judged by a reader of each format.

mod common;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::Command;

use common::marshal::{key, numbers, stats};
use flamedrop::document::{Content, Document};
use flamedrop::draw::colours::FunctionFills;
use flamedrop::draw::flame::{self, TreeState};
use flamedrop::draw::{Theme, measure, svg};
use flamedrop::export::table::{self, Form};
use flamedrop::export::{callgrind, flamegraph_svg, folded, json, speedscope};
use flamedrop::findings::{self, Finding, Settings, markdown};
use flamedrop::format;
use flamedrop::import;
use flamedrop::input::MemorySource;
use flamedrop::layout::boxes::Boxes;
use flamedrop::layout::flame::Viewport;
use flamedrop::profile::{CallTree, Profile, estimate, line_table};
use flamedrop::protocol::{Request, Response};
use flamedrop::queries::QueryLog;
use flamedrop::session::Session;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value as Json;

const HOSTILE: [&str; 22] = [
    "</script><img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "]]><svg onload=alert(1)>",
    "-->\"'><b>",
    "&lt;b&gt;&amp;",
    "two\nlines\r\nand\u{2028}more",
    "nul\0escape\u{1b}[31m\u{85}",
    "\u{202e}turned\u{2066}\u{200f}",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1+1",
    "-2+3",
    "\t=1",
    "a;b 12 34",
    "# 5",
    "(3)",
    "calls=1 2",
    "`code` *bold* [link](javascript:alert(1))",
    "\\`x` |\\| pipes ||",
    "\"quoted\",\"twice\"",
    "",
    " ",
];

/// A profile in which every one of them is the name of a function and the path of another.
fn profile_document() -> Vec<u8> {
    let root = || key("app.py", 1, "main");
    let mut rows = vec![(root(), numbers(1, 1, 0.0, 1.0, Vec::new()))];
    for (at, name) in HOSTILE.iter().enumerate() {
        let time = 0.001 * (at + 1) as f64;
        let file = HOSTILE[(at + 7) % HOSTILE.len()];
        let callers = vec![(root(), tuple![1, 1, time, time])];
        rows.push((key(file, at as i64, name), numbers(1, 1, time, time, callers)));
    }
    stats(rows)
}

/// A log in which every one is a table, a column, a literal and a comment, often enough to be found.
fn log_document() -> Vec<u8> {
    let mut log = String::new();
    for name in HOSTILE {
        let quoted = name.replace('"', "\"\"");
        let literal = name.replace('\'', "''");
        for id in 0..12 {
            let sql = format!(
                "SELECT \"{quoted}\".\"{quoted}\" FROM \"{quoted}\" WHERE \"id\" = {id} AND \"x\" = '{literal}'"
            );
            let line = serde_json::json!({
                "levelname": "DEBUG", "name": "django.db.backends", "message": sql,
                "duration": 0.5, "sql": sql, "params": [], "alias": name,
            });
            log += &format!("{line}\n");
        }
    }
    log.into_bytes()
}

struct Opened {
    document: Document,
    source: MemorySource,
}

fn open(bytes: Vec<u8>) -> Opened {
    let source = MemorySource::new(HOSTILE[0], bytes);
    Opened { document: import::import(&source, &|_| ()).expect("it opens"), source }
}

fn profile(opened: &Opened) -> &Profile {
    match &opened.document.content {
        Content::Profile(profile) => profile,
        _ => panic!("a log"),
    }
}

fn log(opened: &Opened) -> &QueryLog {
    match &opened.document.content {
        Content::Queries(log) => log,
        _ => panic!("a profile"),
    }
}

fn text(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> String {
    let mut out = Vec::new();
    write(&mut out).expect("it is written");
    String::from_utf8(out).expect("UTF-8")
}

fn tree(profile: &Profile) -> CallTree {
    estimate::estimate(profile, 10_000)
}

/// Every table there is, with a name; whole.
fn tables(form: Form) -> Vec<(&'static str, usize, String)> {
    let (of_profile, of_log) = (open(profile_document()), open(log_document()));
    let (profile, log) = (profile(&of_profile), log(&of_log));
    let functions: Vec<u32> = (0..profile.functions.len() as u32).collect();
    let edges: Vec<usize> = (0..profile.edges.len()).collect();
    let queries: Vec<u32> = (0..log.fingerprints.len() as u32).collect();
    let findings = all_findings(&of_profile, &of_log);
    let findings: Vec<&Finding> = findings.iter().collect();
    let mut lines = line_table::Builder::new(&[("=cmd|'", format::Unit::Seconds, true)]);
    for (at, name) in HOSTILE.iter().enumerate() {
        let place = lines.line(name, at as i64 + 1, Some(HOSTILE[(at + 7) % HOSTILE.len()])).expect("a line");
        lines.add(place, 0, 1.0);
        lines.source(name, vec![(at as u32 + 1, HOSTILE[(at + 3) % HOSTILE.len()].to_owned())]);
    }
    let lines = lines.finish();
    let numbers: Vec<(usize, usize)> = (0..lines.len()).map(|at| (at, 0)).collect();
    vec![
        ("lines", numbers.len(), text(|out| table::lines(&lines, &numbers, form, out))),
        ("functions", functions.len(), text(|out| table::functions(profile, &functions, form, out))),
        ("edges", edges.len(), text(|out| table::edges(profile, &edges, form, out))),
        ("queries", queries.len(), text(|out| table::queries(log, &queries, form, out))),
        ("findings", findings.len(), text(|out| table::findings(&findings, form, out))),
    ]
}

fn all_findings(profile: &Opened, log: &Opened) -> Vec<Finding> {
    let mut found = findings::judge(&profile.document, &Settings::default()).findings;
    let of_log = findings::judge(&log.document, &Settings::default()).findings;
    assert!(of_log.iter().any(|finding| finding.rule == "n-plus-one"), "{of_log:?}");
    found.extend(of_log);
    found
}

/// Texts that are in `HOSTILE` and would do something where `what` is read.
fn assert_plain(text: &str, what: &str) {
    let odd = |character: &char| character.is_control() && *character != '\n';
    assert_eq!(text.chars().find(odd), None, "{what}");
}

#[test]
fn folded_stacks_have_one_line_for_each() {
    let opened = open(profile_document());
    let profile = profile(&opened);
    let stacks = text(|out| folded::write(&tree(profile), &profile.functions, profile.unit, out));
    assert_plain(&stacks, "folded");
    assert_eq!(stacks.lines().count(), HOSTILE.len());
    let mut sum = 0.0;
    for line in stacks.lines() {
        let (stack, weight) = line.rsplit_once(' ').unwrap();
        assert_eq!(stack.split(';').count(), 2, "{line}");
        assert!(stack.ends_with(')'), "{line}");
        sum += weight.parse::<f64>().unwrap();
    }
    assert!((sum - profile.total() * 1e6).abs() < 1e-3);
}

#[test]
fn json_has_every_name_as_it_is() {
    let opened = open(profile_document());
    let profile = profile(&opened);
    let export = text(|out| speedscope::write(HOSTILE[0], profile, &tree(profile), out));
    let export: Json = serde_json::from_str(&export).unwrap();
    let names = |rows: &Json, key: &str| -> BTreeSet<String> {
        rows.as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
    };
    let all: BTreeSet<String> =
        HOSTILE.iter().map(|&name| name.to_owned()).chain(["main".to_owned()]).collect();
    assert_eq!(names(&export["shared"]["frames"], "name"), all);
    assert_eq!(export["name"], HOSTILE[0]);
    let summary = text(|out| json::write(&opened.document, &opened.source, out));
    assert_eq!(names(&serde_json::from_str::<Json>(&summary).unwrap()["functions"], "name"), all);
    for (table, rows, text) in tables(Form::Json) {
        let json: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(json.as_array().unwrap().len(), rows, "{table}");
        if table == "functions" {
            assert_eq!(names(&json, "function"), all);
        }
    }
}

#[test]
fn callgrind_has_nothing_but_its_own_lines() {
    let opened = open(profile_document());
    let profile = profile(&opened);
    let export = text(|out| callgrind::write(HOSTILE[5], profile, out));
    assert_plain(&export, "callgrind");
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_numbers = |text: &str| text.split(' ').count() == 2 && text.split(' ').all(is_number);
    let mut names = BTreeSet::new();
    let mut body = false;
    for line in export.lines() {
        body = body || line.starts_with("fl=");
        if !body || line.is_empty() || line.starts_with("totals: ") {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            assert!(is_numbers(line), "{line}");
            continue;
        };
        match key {
            "calls" => assert!(is_numbers(value), "{line}"),
            "fl" | "fn" | "cfi" | "cfn" => {
                let (id, name) = value.split_once(' ').unwrap_or((value, "-"));
                assert!(
                    id.starts_with('(') && id.ends_with(')') && is_number(&id[1..id.len() - 1]),
                    "{line}"
                );
                assert!(!name.trim().is_empty(), "{line}");
                if key.ends_with("fn") && name != "-" {
                    assert!(names.insert(name.to_owned()), "{name} twice");
                }
            }
            _ => panic!("{line}"),
        }
    }
    assert_eq!(names.len(), profile.functions.len());
}

#[test]
fn pictures_have_no_markup_but_their_own() {
    let opened = open(profile_document());
    let profile = profile(&opened);
    let interactive =
        text(|out| flamegraph_svg::write(HOSTILE[0], &tree(profile), &profile.functions, profile.unit, out));
    assert!(interactive.contains("CDDL"));
    let total = format!("total_samples=\"{}\"", (profile.total() * 1e9).round());
    assert!(interactive.contains(&total), "{total}");
    let source = Box::new(MemorySource::new("hostile", profile_document()));
    let mut session = Session::open(source, &|_| ()).unwrap();
    let Response::Tree(tree) =
        session.answer(&Request::Tree { hide_imports: false, turned: None, sight: None })
    else {
        panic!("no tree")
    };
    let boxes = Boxes::new(tree);
    let fills = FunctionFills::new(boxes.tree(), &Theme::LIGHT);
    let view = Viewport::whole(&boxes, 20_000.0, 400.0, 1.0);
    let scene = flame::paint(&boxes, &view, &TreeState::default(), &fills, &Theme::LIGHT, &measure::table());
    let exact = svg::write(&scene, HOSTILE[0]);
    for (what, picture) in [("interactive", interactive), ("exact", exact)] {
        assert_plain(&picture, what);
        let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
        let parsed = roxmltree::Document::parse_with_options(&picture, options).unwrap();
        let elements: BTreeSet<&str> = parsed
            .descendants()
            .filter(|node| node.is_element())
            .map(|node| node.tag_name().name())
            .collect();
        let known = [
            "svg",
            "defs",
            "g",
            "linearGradient",
            "path",
            "pattern",
            "rect",
            "script",
            "stop",
            "style",
            "text",
            "title",
        ];
        assert!(elements.iter().all(|element| known.contains(element)), "{what}: {elements:?}");
        let scripts = parsed.descendants().filter(|node| node.has_tag_name("script")).count();
        assert_eq!(scripts, usize::from(what == "interactive"));
        for node in parsed.descendants() {
            for attribute in node.attributes() {
                let own = attribute.name() == "onload" && attribute.value() == "init(evt)";
                assert!(own || !attribute.name().starts_with("on"), "{what}: {attribute:?}");
                assert!(!attribute.value().contains("alert"), "{what}: {attribute:?}");
            }
        }
        let seen = parsed.descendants().any(|node| node.text().is_some_and(|text| text.contains(HOSTILE[0])));
        assert!(seen, "{what}: the name is not there");
    }
}

/// The cells of a text of RFC 4180.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = vec![String::new()];
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let last = row.last_mut().expect("a cell");
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => last.push('"'),
            '"' => {
                assert!(quoted || last.is_empty(), "a quote within {last}");
                quoted = !quoted;
            }
            ',' if !quoted => row.push(String::new()),
            '\r' if !quoted => {
                assert_eq!(characters.next(), Some('\n'));
                rows.push(std::mem::replace(&mut row, vec![String::new()]));
            }
            '\n' if !quoted => panic!("a line end within a cell"),
            other => last.push(other),
        }
    }
    assert_eq!(row, [""], "the last line does not end");
    rows
}

#[test]
fn csv_has_no_formula() {
    for (table, rows, text) in tables(Form::Csv) {
        let read = read_csv(&text);
        assert_eq!(read.len(), rows + 1, "{table}");
        for row in &read {
            assert_eq!(row.len(), read[0].len(), "{table}: {row:?}");
            for cell in row {
                let runs =
                    cell.trim_start().starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
                assert!(!runs, "{table}: {cell}");
                assert!(!cell.contains(['\0', '\u{1b}']), "{table}: {cell}");
            }
        }
        if table == "functions" {
            let names: BTreeSet<&str> =
                read[1..].iter().map(|row| row[6].strip_prefix('\'').unwrap_or(&row[6])).collect();
            let kept = HOSTILE.iter().filter(|name| names.contains(**name)).count();
            // All but the one with control characters.
            assert_eq!(kept, HOSTILE.len() - 1, "{names:?}");
        }
    }
}

#[test]
fn markdown_has_tables_and_nothing_else() {
    for (table, rows, text) in tables(Form::Markdown) {
        assert_plain(&text, table);
        assert_eq!(text.lines().count(), rows + 2, "{table}");
        let columns = text.lines().next().unwrap().matches(" |").count();
        let mut cells: Vec<String> = Vec::new();
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
            match event {
                Event::Start(Tag::TableCell) => cells.push(String::new()),
                Event::Start(Tag::Table(_) | Tag::TableHead | Tag::TableRow) | Event::End(_) => {}
                Event::Code(text) | Event::Text(text) => *cells.last_mut().expect("a cell") += &text,
                other => panic!("{table}: {other:?}"),
            }
        }
        assert_eq!(cells.len(), columns * (rows + 1), "{table}");
        if table == "functions" {
            let names: BTreeSet<&str> = cells.chunks(columns).map(|row| row[6].trim()).collect();
            for name in HOSTILE {
                let odd = |character: char| {
                    character.is_control() || ('\u{202a}'..='\u{2069}').contains(&character)
                };
                let lines = name.replace(['\t', '\n', '\r', '\u{85}', '\u{2028}'], " ");
                let expected = lines.replace(odd, "\u{fffd}");
                assert!(names.contains(expected.trim()), "{expected:?} is not among {names:?}");
            }
        }
    }
}

#[test]
fn the_terminal_is_not_steered() {
    let folder = std::env::temp_dir().join(format!("flamedrop-hostile-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let files = [folder.join("a.prof"), folder.join("b.jsonl")];
    std::fs::write(&files[0], profile_document()).expect("a file");
    std::fs::write(&files[1], log_document()).expect("a file");
    let outputs = ["summary", "findings"].map(|command| {
        Command::new(env!("CARGO_BIN_EXE_flamedrop")).arg(command).args(&files).output().expect("it runs")
    });
    std::fs::remove_dir_all(&folder).expect("it goes");
    for output in outputs {
        assert!(output.status.success());
        for bytes in [output.stdout, output.stderr] {
            assert_plain(&String::from_utf8(bytes).expect("UTF-8"), "the terminal");
        }
    }
}

#[test]
fn a_finding_copied_as_an_issue_has_no_markup_of_its_names() {
    let (profile, log) = (open(profile_document()), open(log_document()));
    for finding in all_findings(&profile, &log) {
        for event in Parser::new(&markdown::issue(&finding)) {
            let markup = matches!(
                event,
                Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. })
            );
            assert!(!markup, "{event:?}");
        }
    }
}
