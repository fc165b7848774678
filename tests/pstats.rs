//! pstats files of every Python against what that Python's own `pstats.Stats` reads in them, and
//! files by other tools or damaged.

mod common;

use std::collections::BTreeMap;

use common::marshal::{Value, key, numbers, stats};
use flamedrop::profile::call_tree::{Certainty, MERGED};
use flamedrop::profile::{FunctionId, Profile};
use serde_json::Value as Json;

const VERSIONS: [&str; 11] =
    ["2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14", "3.15"];

/// The bits of a float that Python spelt.
fn bits(spelt: &Json) -> u64 {
    spelt.as_str().and_then(|text| text.parse::<f64>().ok()).expect("a float's repr").to_bits()
}

fn identity(profile: &Profile, function: FunctionId) -> (String, i64, String) {
    let functions = &profile.functions;
    (functions.file(function).to_owned(), functions.line(function), functions.name(function).to_owned())
}

fn expected_identity(row: &[Json]) -> (String, i64, String) {
    let text = |index: usize| row[index].as_str().expect("a text").to_owned();
    (text(0), row[1].as_i64().expect("a line"), text(2))
}

/// Compares a file with `NAME.json`. `edge_times`: whether the file has times for callers.
fn equals_pstats(file: &str, oracle: &str, edge_times: bool) {
    let document = common::open(common::bytes(&format!("pstats/{file}.prof"))).expect("a profile");
    assert_eq!(document.format, "pstats");
    let profile = common::profile(document);
    let oracle: Json =
        serde_json::from_slice(&common::bytes(&format!("pstats/{oracle}.json"))).expect("an oracle");
    assert_eq!(profile.calls(), oracle["calls"].as_i64(), "{file}: calls");
    assert_eq!(profile.primitive_calls(), oracle["primitive_calls"].as_i64(), "{file}");
    // Python may add up in another order (that of its dict), so the last digit may differ.
    let total = f64::from_bits(bits(&oracle["total"]));
    assert!((profile.total() - total).abs() <= 1e-12 * total, "{file}: total {}", profile.total());

    let ids: BTreeMap<_, _> =
        (0..profile.functions.len() as FunctionId).map(|id| (identity(&profile, id), id)).collect();
    let rows = oracle["functions"].as_array().expect("rows");
    assert_eq!(ids.len(), rows.len(), "{file}: functions, each once");
    let (functions, edges) = (&profile.functions, &profile.edges);
    let mut seen_edges = 0;
    for row in rows {
        let row = row.as_array().expect("a row");
        let id = *ids.get(&expected_identity(row)).unwrap_or_else(|| panic!("{file}: no {row:?}"));
        let index = id as usize;
        assert_eq!(Some(functions.calls[index]), row[3].as_i64(), "{file}: {row:?}");
        assert_eq!(Some(functions.primitive_calls[index]), row[4].as_i64(), "{file}: {row:?}");
        assert_eq!(functions.self_time[index].to_bits(), bits(&row[5]), "{file}: {row:?}");
        assert_eq!(functions.total_time[index].to_bits(), bits(&row[6]), "{file}: {row:?}");
        let incoming: BTreeMap<_, _> =
            edges.into(id).map(|edge| (identity(&profile, edges.caller[edge]), edge)).collect();
        let callers = row[7].as_array().expect("callers");
        assert_eq!(incoming.len(), callers.len(), "{file}: callers of {row:?}");
        seen_edges += incoming.len();
        for caller in callers {
            let caller = caller.as_array().expect("a caller");
            let edge = incoming[&expected_identity(caller)];
            assert_eq!(Some(edges.calls[edge]), caller[3].as_i64(), "{file}: {caller:?}");
            if edge_times {
                assert_eq!(Some(edges.primitive_calls[edge]), caller[4].as_i64(), "{file}: {caller:?}");
                assert_eq!(edges.self_time[edge].to_bits(), bits(&caller[5]), "{file}: {caller:?}");
                assert_eq!(edges.total_time[edge].to_bits(), bits(&caller[6]), "{file}: {caller:?}");
            }
        }
    }
    assert_eq!(seen_edges, edges.len(), "{file}: edges");
}

#[test]
fn cprofile_of_every_python_equals_its_own_pstats() {
    for version in VERSIONS {
        equals_pstats(version, version, true);
    }
}

#[test]
fn older_marshal_versions_hold_the_same() {
    for version in [0, 2, 3] {
        equals_pstats(&format!("marshal-{version}"), "3.13", true);
    }
}

#[test]
fn profile_in_python_has_counts_but_no_times_of_callers() {
    for version in VERSIONS {
        let name = format!("{version}-profile");
        equals_pstats(&name, &name, false);
        let document = common::open(common::bytes(&format!("pstats/{name}.prof"))).expect("a profile");
        let noted = common::diagnostics(&document);
        assert!(noted.contains("times of callers are estimated"), "{name}: {noted}");
    }
}

#[test]
fn a_clean_file_has_nothing_to_say() {
    let folder = std::fs::read_dir(common::data("trees")).expect("a folder");
    let names = folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".prof.gz")).collect();
    names.push("../shop/shop.prof".to_owned());
    for name in names {
        let document = common::open(common::bytes(&format!("trees/{name}"))).expect("a profile");
        assert_eq!(common::diagnostics(&document), "", "{name}");
    }
}

/// Files in which Python itself wrote numbers that do not agree, and some in which it did not.
#[test]
fn contradictions_are_noticed_with_their_cause() {
    let folder = std::fs::read_dir(common::data("pstats/contradictions")).expect("a folder");
    let names = folder.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<_> = names.collect();
    names.sort();
    let mut text = String::new();
    for name in names {
        let document =
            common::open(common::bytes(&format!("pstats/contradictions/{name}"))).expect("a profile");
        text.push_str(&format!("# {name}\n{}", common::diagnostics(&document)));
    }
    // Every Python's recording of the program in tests/record/pstats/workload.py has two lambdas on one
    // line and code that was compiled twice.
    for version in VERSIONS {
        let document = common::open(common::bytes(&format!("pstats/{version}.prof"))).expect("a profile");
        text.push_str(&format!("# {version}\n{}", common::diagnostics(&document)));
    }
    // Numbers that no profiler wrote.
    let caller = || key("a.py", 9, "caller");
    let edited = vec![
        (key("a.py", 1, "f"), numbers(2, 2, 1.0, 1.0, vec![(caller(), tuple![3, 3, 2.0, 2.0])])),
        (caller(), numbers(1, 1, 0.5, 2.5, vec![])),
    ];
    let document = common::open(stats(edited)).expect("a profile");
    text.push_str(&format!("# edited\n{}", common::diagnostics(&document)));
    insta::assert_snapshot!(text);
}

/// A profile as people can read it: own numbers, then callers.
fn dump(profile: &Profile) -> String {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let mut lines = Vec::new();
    for id in 0..functions.len() as FunctionId {
        let index = id as usize;
        let (file, line, name) = identity(profile, id);
        let mut text = format!(
            "{file}:{line} {name}\n    {}/{} calls, {:?} self, {:?} total\n",
            functions.calls[index],
            functions.primitive_calls[index],
            functions.self_time[index],
            functions.total_time[index]
        );
        for edge in edges.into(id) {
            let (file, line, name) = identity(profile, edges.caller[edge]);
            text.push_str(&format!(
                "    from {file}:{line} {name}: {}/{} calls, {:?} self, {:?} total\n",
                edges.calls[edge], edges.primitive_calls[edge], edges.self_time[edge], edges.total_time[edge]
            ));
        }
        lines.push(text);
    }
    lines.concat()
}

#[test]
fn a_dump_a_human_can_read() {
    for version in ["2.7", "3.13"] {
        let document = common::open(common::bytes(&format!("pstats/{version}.prof"))).expect("a profile");
        let noted = common::diagnostics(&document);
        insta::assert_snapshot!(version, noted + &dump(&common::profile(document)));
    }
}

#[test]
fn names_that_look_alike_stay_apart() {
    // In Latin-1 and in UTF-8, the same text for people: two functions all the same.
    let name = |bytes: &[u8]| tuple![Value::Bytes(b"a.py".to_vec()), 1, Value::Bytes(bytes.to_vec())];
    let document = common::open(stats(vec![
        (name(b"caf\xe9"), numbers(1, 1, 1.0, 1.0, vec![])),
        (name("café".as_bytes()), numbers(1, 2, 2.0, 2.0, vec![(name(b"caf\xe9"), tuple![2, 1, 2.0, 2.0])])),
    ]))
    .expect("a profile");
    assert!(common::diagnostics(&document).contains("Latin-1"));
    let profile = common::profile(document);
    assert_eq!(profile.functions.self_time, [1.0, 2.0]);
    assert_eq!(profile.edges.caller, [0]);
}

#[test]
fn counts_of_more_than_31_bits() {
    let large = Value::Long(vec![0x7fff, 0x7fff, 0x7fff], false);
    let document = common::open(stats(vec![(
        key("a.py", 1, "f"),
        tuple![large.clone(), large, 1.0, 1.0, Value::Dict(vec![])],
    )]));
    let profile = common::profile(document.expect("a profile"));
    assert_eq!(profile.functions.calls, [(1 << 45) - 1]);

    let huge = Value::Long(vec![1, 0, 0, 0, 0, 0, 1], false);
    let error =
        common::open(stats(vec![(key("a.py", 1, "f"), tuple![huge, 1, 1.0, 1.0, Value::Dict(vec![])])]))
            .expect_err("no profile");
    insta::assert_snapshot!(error, @"looks like cProfile / pstats, but a number of calls has more than 64 bits in the entry that begins at byte 1. It is a marshalled dict of Python, but not one that cProfile wrote: record again, with cProfile.");
}

#[test]
fn other_tools_files_are_read_and_their_difference_is_said() {
    let one = |numbers: Value| vec![(key("a.py", 1, "f"), numbers)];
    let caller = || key("a.py", 9, "caller");
    let sampled = vec![
        (tuple!["__sampled__"], Value::True),
        (key("a.py", 1, "f"), numbers(3, 7, 0.3, 0.7, vec![(caller(), 4.into())])),
        (caller(), numbers(0, 7, 0.0, 0.7, vec![])),
    ];
    let cases = [
        ("sampled", sampled),
        (
            "pyinstrument",
            one(numbers(-1, -1, 1.0, 1.0, vec![(key("a.py", 1, "f"), tuple![-1, -1, 1.0, 1.0])])),
        ),
        ("yappi", one(numbers(5, 3, 1.0, 1.0, vec![]))),
        (
            "merged by old pstats",
            one(numbers(2, 2, 1.0, 1.0, vec![(caller(), tuple![1, 1, 0.25, 0.5, 1, 1, 0.75, 0.5])])),
        ),
        ("not finite", one(numbers(1, 1, f64::NAN, f64::INFINITY, vec![]))),
        ("negative", one(numbers(1, 1, -0.5, 1.0, vec![]))),
        ("3.12.0", one(numbers(0, 118, 1.0, 0.0, vec![]))),
        ("whole times", one(tuple![1, 1, 0, 0, Value::Dict(vec![])])),
        (
            "twice",
            vec![
                (
                    key("a.py", 1, "f"),
                    numbers(1, 1, 1.0, 1.0, vec![(key("a.py", 1, "f"), tuple![1, 1, 1.0, 1.0])]),
                ),
                (key("a.py", 1, "f"), numbers(2, 2, 2.0, 2.0, vec![])),
            ],
        ),
        (
            "something else in it",
            vec![(key("a.py", 1, "f"), numbers(1, 1, 1.0, 1.0, vec![])), ("comment".into(), Value::None)],
        ),
    ];
    let mut text = String::new();
    for (name, rows) in cases {
        let document = common::open(stats(rows)).unwrap_or_else(|error| panic!("{name}: {error}"));
        text.push_str(&format!("# {name}\n{}", common::diagnostics(&document)));
        text.push_str(&dump(&common::profile(document)));
    }
    insta::assert_snapshot!(text);
}

/// Written by Python's own collector; by function it is as if the stacks had been counted.
#[test]
fn sampled_lines_make_functions() {
    let document = common::open(common::bytes("pstats/3.15-sampled.prof")).expect("a profile");
    let noted = common::diagnostics(&document);
    let by_line = common::profile(document);
    let functions = flamedrop::profile::lines::merged(&by_line);
    assert!((functions.total() - by_line.total()).abs() < 1e-12);
    insta::assert_snapshot!(noted + &dump(&functions));
}

#[test]
fn errors_name_the_place_and_what_to_try() {
    let whole = common::bytes("pstats/3.13.prof");
    let mangled: Vec<u8> =
        whole.iter().flat_map(|&byte| if byte == b'\n' { vec![b'\r', b'\n'] } else { vec![byte] }).collect();
    let mut flipped = whole.clone();
    let tuple = flipped.windows(2).rposition(|pair| pair == b")\x05").expect("an entry");
    flipped[tuple] = 0x55;
    let entry = |value: Value| stats(vec![(key("a.py", 1, "f"), value)]);
    let nested = (0..3000).fold(Value::None, |inner, _| Value::Tuple(vec![inner]));
    let cases = [
        ("cut", whole[..2000].to_vec()),
        ("copied as text", mangled),
        ("a byte changed", flipped),
        ("empty", b"{0".to_vec()),
        ("three numbers", entry(tuple![1, 1, Value::Dict(vec![])])),
        ("callers in a tuple", entry(tuple![1, 1, 0.5, 0.5, tuple![]])),
        ("a text for a count", entry(tuple!["one", 1, 0.5, 0.5, Value::Dict(vec![])])),
        ("half a call", entry(tuple![1, 1.5, 0.5, 0.5, Value::Dict(vec![])])),
        ("none for a time", entry(tuple![1, 1, Value::None, 0.5, Value::Dict(vec![])])),
        (
            "three numbers of a caller",
            entry(numbers(1, 1, 0.5, 0.5, vec![(key("a.py", 2, "g"), tuple![1, 1, 0.5])])),
        ),
        ("a caller that is none", entry(numbers(1, 1, 0.5, 0.5, vec![("g".into(), tuple![1, 1, 0.5, 0.5])]))),
        ("too deep", entry(nested)),
        ("a reference to nothing", entry(Value::Reference(7))),
    ];
    let mut text = String::new();
    for (name, bytes) in cases {
        let error = match common::open(bytes) {
            Err(error) => error.to_string(),
            Ok(document) => panic!("{name}: {}", dump(&common::profile(document))),
        };
        text.push_str(&format!("# {name}\n{error}\n"));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn shared_objects_are_followed() {
    // Python writes an object it has written before as a reference: keys, and numbers too.
    let flagged = |value: Value| Value::Flagged(Box::new(value));
    let rows = Value::Dict(vec![
        (flagged(key("a.py", 1, "f")), tuple![1, 1, 0.5, 1.0, Value::Dict(vec![])]),
        (
            key("a.py", 2, "g"),
            tuple![
                1,
                1,
                0.25,
                0.25,
                Value::Dict(vec![(Value::Reference(0), flagged(tuple![1, 1, 0.25, 0.25]))])
            ],
        ),
        (
            key("a.py", 3, "h"),
            tuple![1, 1, 0.25, 0.25, Value::Dict(vec![(Value::Reference(0), Value::Reference(1))])],
        ),
    ]);
    let profile = common::profile(common::open(common::marshal::dump(&rows)).expect("a profile"));
    assert_eq!(profile.edges.caller, [0, 0]);
    assert_eq!(profile.edges.callee, [1, 2]);
    assert_eq!(profile.edges.total_time, [0.25, 0.25]);
}

#[test]
fn shared_objects_cannot_multiply() {
    // One dict of callers, named by every function: a small file with millions of edges.
    let callers = (0..2000).map(|line| (key("a", line, ""), tuple![1, 1, 0.0, 0.0])).collect();
    let mut rows =
        vec![(key("a", 0, ""), tuple![1, 1, 0.0, 0.0, Value::Flagged(Box::new(Value::Dict(callers)))])];
    for line in 0..2000 {
        rows.push((key("b", line, ""), tuple![1, 1, 0.0, 0.0, Value::Reference(0)]));
    }
    let error = common::open(stats(rows)).expect_err("no profile");
    assert!(error.problem.contains("more callers than it has bytes"), "{error}");
}

#[test]
fn an_object_within_itself_is_no_trap() {
    // `r 0` is the dict that is being read; `r 1` the tuple it stands in.
    for reference in [0, 1] {
        let inner = Value::Flagged(Box::new(tuple![1, 1, 0.5, 0.5, Value::Reference(reference)]));
        let whole = Value::Flagged(Box::new(Value::Dict(vec![(key("a.py", 1, "f"), inner)])));
        let error = common::open(common::marshal::dump(&whole)).expect_err("no profile");
        assert!(error.problem.contains("callers are no dict"), "{error}");
    }
}

/// `main` calls `a`, which calls `b`, which calls `a` again, and so on: 0.3 s of 0.4, of which the file has each twice.
#[test]
fn pyinstruments_recursion_through_others_counts_once() {
    let unknown = |own: f64, total: f64| tuple![-1, -1, own, total];
    let row = |own, total, callers| numbers(-1, -1, own, total, callers);
    let [main, a, b, burn] = ["main", "a", "b", "burn"].map(|name| key("rec.py", 1, name));
    let document = common::open(stats(vec![
        (main.clone(), row(0.0, 0.4, vec![])),
        (a.clone(), row(0.0, 0.6, vec![(main.clone(), unknown(0.0, 0.3)), (b.clone(), unknown(0.0, 0.3))])),
        (b.clone(), row(0.0, 0.6, vec![(a, unknown(0.0, 0.6))])),
        (burn, row(0.4, 0.4, vec![(b, unknown(0.3, 0.3)), (main, unknown(0.1, 0.1))])),
    ]))
    .expect("a profile");
    let said = common::diagnostics(&document);
    assert!(said.contains("2 × functions call themselves, or each other in turn"), "{said}");
    let profile = common::profile(document);
    let outermost: Vec<String> = (0..4).map(|id| format!("{:.3}", profile.outermost_total(id))).collect();
    assert_eq!(outermost, ["0.400", "0.300", "0.300", "0.400"]);
}

/// Numbers that pyinstrument 5.1 wrote of `main` calling `rec`, which calls itself three deep before it
/// calls `burn`: no counts, and the time of `rec` is that of all its calls.
#[test]
fn pyinstruments_recursion_is_folded() {
    let unknown = |own: f64, total: f64| tuple![-1, -1, own, total];
    let row = |own, total, callers| numbers(-1, -1, own, total, callers);
    let [module, main, rec, burn] = ["<module>", "main", "rec", "burn"].map(|name| key("rec.py", 1, name));
    let document = common::open(stats(vec![
        (module.clone(), row(0.0, 0.4, vec![])),
        (main.clone(), row(0.0, 0.4, vec![(module, unknown(0.0, 0.4))])),
        (
            rec.clone(),
            row(0.0, 1.05, vec![(main.clone(), unknown(0.0, 0.3)), (rec.clone(), unknown(0.0, 0.75))]),
        ),
        (burn, row(0.4, 0.4, vec![(rec, unknown(0.3, 0.3)), (main, unknown(0.1, 0.1))])),
    ]))
    .expect("a profile");
    assert!(common::diagnostics(&document).contains("once per level"));
    let profile = common::profile(document);
    let tree = profile.tree(100);
    assert_eq!(tree.contradiction, 0.0);
    let boxes = tree.function.iter().zip(&tree.total_time).zip(&tree.certainty);
    let boxes: Vec<String> = boxes
        .map(|((&function, total), certainty)| {
            format!("{} {total:.3} {certainty}", profile.functions.name(function))
        })
        .collect();
    assert_eq!(boxes, ["<module> 0.400 0", "main 0.400 0", "rec 0.300 0", "burn 0.300 1", "burn 0.100 0"]);
    // The table keeps what the file says.
    assert_eq!(profile.functions.total_time[2], 1.05);
}

/// The counts are those of the calls that were made: 21 of `down`, one of them from outside.
#[test]
fn yappis_counts_are_put_right() {
    let document = common::open(common::bytes("yappi/recursive.prof")).expect("a profile");
    let notes: Vec<_> = document.diagnostics.entries().iter().map(|note| note.message.clone()).collect();
    assert_eq!(notes, ["yappi writes all calls and primitive calls the other way round: they are put right"]);
    let profile = common::profile(document);
    let functions = &profile.functions;
    let mut counts: Vec<_> = (0..functions.len())
        .map(|id| (functions.name(id as u32).to_owned(), functions.calls[id], functions.primitive_calls[id]))
        .collect();
    counts.sort();
    assert_eq!(counts, [("down".into(), 21, 1), ("main".into(), 1, 1), ("tree".into(), 31, 1)]);
    // Calls over edges add up to them: yappi has those in pstats' order.
    for id in 0..functions.len() as u32 {
        let edges = flamedrop::profile::Edges::into(&profile.edges, id);
        if !edges.is_empty() {
            let (calls, primitive): (i64, i64) = edges
                .map(|edge| (profile.edges.calls[edge], profile.edges.primitive_calls[edge]))
                .fold((0, 0), |sum, edge| (sum.0 + edge.0, sum.1 + edge.1));
            assert_eq!(
                (calls, primitive),
                (functions.calls[id as usize], functions.primitive_calls[id as usize])
            );
        }
    }
}

/// A script below `exec`, what it imports below it, and what that imports below that: imports use `exec` as well, so
/// each function on the way is called below itself.
#[test]
fn a_scripts_imports_are_certain() {
    let profile =
        common::profile(common::open(common::bytes("pstats/script-imports.prof")).expect("a profile"));
    let tree = profile.tree(10_000);
    let functions = &profile.functions;
    let module = |file: &str| {
        let is_module = |&at: &usize| {
            let function = tree.function[at];
            tree.function[at] != MERGED
                && functions.name(function) == "<module>"
                && functions.file(function).ends_with(file)
        };
        let boxes: Vec<usize> = (0..tree.len()).filter(is_module).collect();
        assert_eq!(boxes.len(), 1, "{file} ran once");
        boxes[0]
    };
    let (script, outer, inner) = (module("report.py"), module("sales.py"), module("prices.py"));
    for at in [script, outer, inner] {
        let total = functions.total_time[tree.function[at] as usize];
        assert_eq!(tree.certainty[at], Certainty::Exact as u8, "box {at}");
        assert!((tree.total_time[at] - total).abs() <= 1e-9 * profile.total(), "box {at}");
    }
    let is_around = |outer: usize, inner: usize| (outer..tree.end[outer] as usize).contains(&inner);
    assert!(is_around(script, outer) && is_around(outer, inner));
    // The machinery between the two is there for the first import only.
    assert_eq!(tree.parent[inner] as usize, outer);
    assert!(tree.certain_share() > 0.98, "{}", tree.certain_share());
}

#[test]
fn a_file_without_callers_has_no_tree() {
    let document = common::open(common::bytes("pstats/without-callers.prof")).expect("a profile");
    assert!(common::diagnostics(&document).contains("names no callers"));
    let profile = common::profile(document);
    assert!(!profile.has_callers() && profile.tree(10_000).is_empty());
    // A file whose functions call nothing has none to name.
    let leaf = stats(vec![(key("app.py", 1, "f"), numbers(1, 1, 0.5, 0.5, vec![]))]);
    let profile = common::profile(common::open(leaf).expect("a profile"));
    assert!(profile.has_callers() && profile.tree(10_000).len() == 1);
}
