//! What profilers write that is easily read as something else: each test is such a file, cut down.

mod common;

use std::fmt::Write as _;

use flamedrop::export::{callgrind, speedscope};
use flamedrop::profile::Profile;

fn open(text: &str) -> (Profile, String) {
    let document = common::open(text).unwrap_or_else(|error| panic!("{error}: {:.200}", text));
    let said = common::diagnostics(&document);
    (common::profile(document), said)
}

fn names(profile: &Profile) -> Vec<&str> {
    let functions = &profile.functions;
    (0..functions.len() as u32).map(|id| functions.name(id)).collect()
}

/// Name, process, thread and total of each track.
fn tracks(profile: &Profile) -> Vec<(String, Option<u64>, Option<u64>, f64)> {
    let stacks = &profile.recorded_tree.as_ref().expect("stacks").stacks;
    let total = |track: &flamedrop::profile::Track| track.weights.iter().map(|weight| weight.value).sum();
    stacks
        .tracks
        .iter()
        .map(|track| (track.name.clone(), track.process, track.thread, total(track)))
        .collect()
}

/// `(name, self, total)` of the function of this name.
fn times(profile: &Profile, name: &str) -> (f64, f64) {
    let functions = &profile.functions;
    let id = (0..functions.len()).find(|&id| functions.name(id as u32) == name);
    let id = id.unwrap_or_else(|| panic!("no {name}"));
    (functions.self_time[id], functions.total_time[id])
}

#[test]
fn a_single_stack_is_a_collapsed_file() {
    for (text, total) in [
        ("main (a.py:1);b (a.py:2) 104\n 12\n", 116.0),
        ("<module> (a.py:1) 104\n 12\n", 116.0),
        ("main (a.py:1);b (a.py:2) 104", 104.0),
        (" 12\nmain (a.py:1);b (a.py:2) 104\n", 116.0),
        ("thread (7);main (a.py:1) 3\nthread (0) 1\n", 4.0),
    ] {
        let (profile, said) = open(text);
        assert_eq!((profile.total(), said.as_str()), (total, ""), "{text}");
    }
    for text in [" 12\n 13\n", " 12\n 13\n 14\na;b 1\n", "12\n"] {
        assert!(common::open(text).is_err(), "{text:?} has no stacks");
    }
}

#[test]
fn stacks_longer_than_the_head_are_collapsed_stacks() {
    let recursion =
        |frame: &dyn Fn(usize) -> String| (0..3000).map(|at| frame(at % 7)).collect::<Vec<_>>().join(";");
    let long = recursion(&|at| format!("rec (/srv/webapp/project/package/module.py:{at})"));
    assert!(long.len() > 100_000);
    for (head, stack, number, unit, total) in [
        ("", long.as_str(), "5", "samples", 8.0),
        // Without a line's end, and with one of Windows, and a mark at its begin.
        ("\u{feff}", long.as_str(), "5", "samples", 8.0),
        (" 2\n", long.as_str(), "5", "samples", 10.0),
        // What the number is cannot be seen in the head.
        ("", long.as_str(), "5.000000", "seconds", 8e-6),
        (
            "# austin: 3.7.0\n# mode: wall\n",
            &format!("P1;T2;{}", recursion(&|at| format!("/srv/webapp/project/module.py:rec:{at}"))),
            "5",
            "seconds",
            8e-6,
        ),
        ("", &recursion(&|at| format!("a_function_without_any_place_{at}")), "5", "samples", 8.0),
    ] {
        let three = if number.len() > 1 { "3.000000" } else { "3" };
        let text =
            format!("{head}{stack} {number}\r\n{stack};{} {three}", stack.rsplit(';').next().unwrap_or(""));
        let (profile, said) = open(&text);
        assert_eq!((profile.unit.id(), said.as_str()), (unit, ""));
        assert!((profile.total() - total).abs() < 1e-12, "{}", profile.total());
    }
    let lines: String = (0..4000).fold(String::new(), |mut text, at| {
        _ = write!(text, "var a{at}={at};if(a{at}){{b()}};");
        text
    });
    assert!(common::open(lines.as_str()).is_err(), "a program on one line");
}

/// py-spy -t in its JSON formats: what its outermost frames name are tracks, as in its raw format.
#[test]
fn py_spys_threads_are_no_functions() {
    let frame = |name: &str, file: &str, phase: char, thread: u64, at: u32| {
        format!(
            r#"{{"args":{{"filename":"{file}","line":3}},"cat":"py-spy","name":{name:?},"ph":"{phase}","pid":7,"tid":{thread},"ts":{at}}}"#
        )
    };
    let mut events = Vec::new();
    for (root, thread, from, to) in [
        ("thread (7)", 14_057, 0, 10),
        ("thread (7): MainThread", 14_057, 10, 40),
        ("thread (8): wk;0 ü", 14_058, 20, 40),
    ] {
        events.push(frame(root, "", 'B', thread, from));
        events.push(frame("work", "a.py", 'B', thread, from));
        events.push(frame("work", "a.py", 'E', thread, to));
        events.push(frame(root, "", 'E', thread, to));
    }
    events.push(frame("thread (0)", "", 'B', 0, 15));
    events.push(frame("thread (0)", "", 'E', 0, 20));
    let (profile, said) = open(&format!("[{}]", events.join(",")));
    assert_eq!(said, "");
    assert_eq!(names(&profile), ["work", "(no frame)"]);
    let found = tracks(&profile);
    let expected = [("MainThread", 7, 40e-6), ("wk;0 ü", 8, 20e-6), ("", 0, 5e-6)];
    assert_eq!(found.len(), 3, "{found:?}");
    for ((name, process, thread, total), (right, number, sum)) in found.iter().zip(expected) {
        assert_eq!((name.as_str(), *process, *thread), (right, Some(7), Some(number)));
        assert!((total - sum).abs() < 1e-12, "{name}: {total}");
    }

    let speedscope = r#"{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[
        {"type":"sampled","name":"Thread 0 \"\"","unit":"seconds","startValue":0.0,"endValue":0.005,"samples":[[4]],"weights":[0.005]},
        {"type":"sampled","name":"Thread 7 \"\"","unit":"seconds","startValue":0.0,"endValue":0.04,"samples":[[0,3],[1,3]],"weights":[0.01,0.03]},
        {"type":"sampled","name":"Process 9 Thread 8 \"wk;0 ü\"","unit":"seconds","startValue":0.0,"endValue":0.02,"samples":[[5,2,3]],"weights":[0.02]}],
        "shared":{"frames":[{"name":"thread (7)","file":"","line":0},{"name":"thread (7): MainThread","file":"","line":0},
        {"name":"thread (8): wk;0 ü","file":"","line":0},{"name":"work","file":"a.py","line":3},{"name":"thread (0)","file":"","line":0},
        {"name":"process 9:\"python a.py\"","file":"","line":0}]},"activeProfileIndex":null,"exporter":"py-spy@0.4.3"}"#;
    let (profile, said) = open(speedscope);
    assert_eq!(said, "");
    let mut of_file = names(&profile);
    of_file.sort_unstable();
    assert!(
        of_file.iter().all(|name| !name.starts_with("thread (") && !name.starts_with("process ")),
        "{of_file:?}"
    );
    assert_eq!(
        tracks(&profile),
        [
            ("MainThread".to_owned(), None, Some(7), 0.04),
            (String::new(), None, Some(0), 0.005),
            ("python a.py wk;0 ü".to_owned(), Some(9), Some(8), 0.02),
        ]
    );
    // Another tool's functions of that name stay.
    let (profile, _) = open(&speedscope.replace("py-spy@0.4.3", "other"));
    assert!(names(&profile).contains(&"thread (7)"));
}

fn exported(profile: &Profile) -> String {
    let mut out = Vec::new();
    speedscope::write("x", profile, &profile.tree(1000), &mut out).expect("written");
    String::from_utf8(out).expect("text")
}

/// Each stack's weight, whatever the order.
fn stacks_of(profile: &Profile) -> Vec<(usize, String, u64)> {
    let stacks = &profile.recorded_tree.as_ref().expect("stacks").stacks;
    let mut all = Vec::new();
    for (track, of) in stacks.tracks.iter().enumerate() {
        for weight in &of.weights {
            let (mut node, mut depth, mut ends) = (weight.node, 0, String::new());
            while node != u32::MAX {
                if depth < 3 {
                    ends = format!("{ends};{}", profile.functions.name(stacks.function[node as usize]));
                }
                (node, depth) = (stacks.parent[node as usize], depth + 1);
            }
            all.push((track, format!("{depth}{ends}"), (weight.value * 1e9).round() as u64));
        }
    }
    all.sort();
    all
}

/// Samples of a recursion each repeat the one before: the file would be as long as the square of its depth.
#[test]
fn deep_stacks_are_exported_as_events() {
    let deep = |depth: usize, thread: u32| {
        let frames = (0..depth).map(|at| format!("f{} (a.py:1)", at % 5)).collect::<Vec<_>>().join(";");
        format!("thread ({thread});{frames}")
    };
    let mut text = String::new();
    for depth in 1..=1600 {
        _ = writeln!(text, "{} {}", deep(depth, 1), depth % 3 + 1);
    }
    _ = writeln!(text, "thread (1);other (b.py:1) 2\nthread (2);other (b.py:1) 7");
    let (before, _) = open(&text);
    let written = exported(&before);
    assert!(written.len() < 400_000, "{}", written.len());
    let json: serde_json::Value = serde_json::from_str(&written).expect("JSON");
    let kinds = |json: &serde_json::Value| -> Vec<String> {
        let profiles = json["profiles"].as_array().expect("profiles");
        profiles.iter().map(|profile| profile["type"].as_str().expect("a type").to_owned()).collect()
    };
    // The other thread is as it always was.
    assert_eq!(kinds(&json), ["evented", "sampled"]);
    let events = json["profiles"][0]["events"].as_array().expect("events");
    let of = |kind: &str| events.iter().filter(|event| event["type"] == kind).count();
    assert_eq!((of("O"), of("C")), (1601, 1601));
    assert_eq!(events.last().expect("an event")["at"], json["profiles"][0]["endValue"]);
    let (after, said) = open(&written);
    assert_eq!(said, "");
    assert_eq!((before.unit, before.total()), (after.unit, after.total()));
    assert_eq!(stacks_of(&before), stacks_of(&after));
    let labels = |profile: &Profile| profile.recorded_tree.as_ref().expect("stacks").stacks.labels();
    assert_eq!(labels(&before), labels(&after));
}

/// What is left out, or taken for something else, is said.
#[test]
fn partial_reads_are_said() {
    let speedscope = |samples: &str| {
        format!(
            r#"{{"$schema": "https://www.speedscope.app/file-format-schema.json", "shared": {{"frames": [{{"name": "a"}}, {{"name": "b"}}]}}, "profiles": [{{"type": "sampled", "name": "p", "unit": "seconds", "startValue": 0, "endValue": 1, "samples": [{samples}, [0, 1]], "weights": [1, 2]}}]}}"#
        )
    };
    let vprof = r#"{"c": {"objectName": "a.py", "sampleInterval": 0.001, "runTime": 0, "callStats": {"stack": ["<module>", "a.py", 1], "children": [], "sampleCount": 3}, "totalSamples": 3}}"#;
    let yappi = "version: 1\ncreator: yappi\n\nevents: Ticks\n\nfl=(1) a.py\nfl=(2) b.py\nfn=(1) f a.py:1\nfn=(2) g b.py:1\n\n";
    let callgrind = |rest: &str| format!("{yappi}fl=(1)\nfn=(1)\n1 50\n{rest}");
    for (text, total, message) in [
        (
            r#"{"traceEvents":[{"ph":"X","name":"a (x.py:1)","ts":1,"dur":1e308,"pid":1,"tid":1},{"ph":"X","name":"b (x.py:2)","ts":2,"dur":5,"pid":1,"tid":1}]}"#.to_owned(),
            5e-6,
            "Warning: 1 × events without a time, or with one that is none or too large, are left out",
        ),
        (
            "main (a.py:1);f (a.py:2) 1e308\nmain (a.py:1);g (a.py:3) 5\nmain (a.py:1);h (a.py:3) 1e308\n".to_owned(),
            5.0,
            "Warning: 2 × stacks with a weight that is negative, too large or no number are left out (line 1)",
        ),
        (speedscope("[0.5]"), 2.0, "Warning: 1 × samples and events with a frame that is no number of one"),
        (speedscope("[-1]"), 2.0, "Warning: 1 × samples and events with a frame that is no number of one"),
        (speedscope("[0, null]"), 2.0, "Warning: 1 × samples and events with a frame that is no number of one"),
        (vprof.to_owned(), 3.0, "Warning: 1 × the file does not say how long it ran"),
        (callgrind("cfl=(2)\ncfn=(2)\ncalls=1 0\n0 20\n"), 50e-6, "Warning: 1 × functions are named but what they took is missing"),
        (callgrind("\nfl=(2)\nfn=(2)\n1 1").replace("yappi", "other").replace("Ticks", "us"), 51e-6, "Warning: 1 × the file ends in the middle of a line"),
        (
            "import time: self [us] | cumulative | imported package\nimport time:       10 |         10 | a\nimport time:       30 |         30 |     c\nimport time:       20 |         50 |   b\n".to_owned(),
            60e-6,
            "Warning: 1 × imports end the file whose importers are missing",
        ),
        (
            "import time:       10 |         10 | a\nimport time:       30 |         30 | colle".to_owned(),
            40e-6,
            "Warning: 1 × the file ends in the middle of a line",
        ),
    ] {
        let (profile, said) = open(&text);
        assert!((profile.total() - total).abs() < 1e-12, "{} {text}", profile.total());
        assert!(said.starts_with(message) && said.lines().count() == 1, "{said:?} {text}");
    }
    // And nothing is where nothing is missing.
    for whole in [
        callgrind("\nfl=(2)\nfn=(2)\n1 1\n"),
        "import time:       30 |         30 |   b\nimport time:       10 |         40 | a\n".to_owned(),
    ] {
        assert_eq!(open(&whole).1, "", "{whole}");
    }
    // A compressed profile that ends in the middle.
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(&common::bytes("pstats/3.13.prof")).expect("written");
    let packed = packed.finish().expect("packed");
    for end in [packed.len() / 2, packed.len() - 4, 12] {
        let error = common::open(&packed[..end]).expect_err("cut short").to_string();
        assert!(error.contains("copy the file again"), "{error}");
    }
}

#[test]
fn callgrind_exports_of_samples_and_bytes_come_back() {
    for text in [
        "main (a.py:1);f (a.py:2) 3\nmain (a.py:1) 2\n",
        "# austin: 4.0.0\n# mode: memory\nP1;T0:1;a.py:main:1;a.py:f:2 300\nP1;T0:1;a.py:main:1 20\n",
    ] {
        let (before, _) = open(text);
        let mut out = Vec::new();
        callgrind::write("x", &before, &mut out).expect("written");
        let (after, said) = open(std::str::from_utf8(&out).expect("text"));
        assert_eq!((before.unit, before.total(), ""), (after.unit, after.total(), said.as_str()));
        assert_eq!(times(&before, "main"), times(&after, "main"));
        // Nobody counted calls, neither before nor after.
        assert_eq!((before.calls(), after.calls()), (None, None));
    }
    assert!(common::open("# callgrind format\nevents: Ir\n\nfl=a\nfn=f\n1 5\n").is_err());
}

/// yappi's file of a template that renders another: what is called from within its own circle only is neither begun by
/// the program nor as long as all calls of it. `nodes` calls `each`, which calls `nodes`; `page` began it.
#[test]
fn recursion_over_several_functions_has_its_outermost_time() {
    let function = |id: u32, own: u32, calls: &[(u32, u32, u32)]| {
        let mut text = format!("\nfl=({id})\nfn=({id})\n1 {own}\n");
        for (callee, count, took) in calls {
            _ = write!(text, "cfl=({callee})\ncfn=({callee})\ncalls={count} 0\n0 {took}\n");
        }
        text
    };
    let names = ["page", "nodes", "annotated", "each", "leaf"];
    let mut text = "version: 1\ncreator: yappi\n\nevents: Ticks\n\n".to_owned();
    for (id, name) in names.iter().enumerate() {
        _ = write!(text, "fl=({id}) t.py\nfn=({id}) {name} t.py:{}\n", id + 1);
    }
    // page 1000 µs: nodes 990, in which annotated 980, in which each 960, in which annotated again 700.
    text += &function(0, 10, &[(1, 1, 990)]);
    text += &function(1, 30, &[(2, 6, 980)]);
    text += &function(2, 60, &[(3, 18, 960)]);
    text += &function(3, 100, &[(2, 12, 700), (1, 5, 650), (4, 9, 800)]);
    text += &function(4, 800, &[]);
    let (profile, said) = open(&text);
    assert_eq!(said, "");
    for (name, calls, primitive, total) in [
        ("page", 1, 1, 1000e-6),
        ("nodes", 6, 1, 990e-6),
        ("annotated", 18, 6, 980e-6),
        ("each", 18, 18, 960e-6),
        ("leaf", 9, 9, 800e-6),
    ] {
        let functions = &profile.functions;
        let id = (0..functions.len() as u32).find(|&id| functions.name(id) == name).expect("a function");
        assert_eq!(
            (functions.calls_of(id), functions.primitive_calls_of(id)),
            (Some(calls), Some(primitive)),
            "{name}"
        );
        assert!((times(&profile, name).1 - total).abs() < 1e-12, "{name} {:?}", times(&profile, name));
    }
    // A circle that nobody else calls begins with what took longest.
    let (profile, _) = open(
        "version: 1\ncreator: yappi\nevents: Ticks\nfl=(1) a.py\nfl=(2) a.py\nfn=(1) even a.py:1\nfn=(2) odd a.py:5\n\n\
         fl=(1)\nfn=(1)\n1 60\ncfl=(2)\ncfn=(2)\ncalls=5 0\n0 90\n\nfl=(2)\nfn=(2)\n1 40\ncfl=(1)\ncfn=(1)\ncalls=4 0\n0 50\n",
    );
    assert_eq!((profile.functions.calls_of(0), profile.functions.calls_of(1)), (Some(5), Some(5)));
    assert!(
        (times(&profile, "even").1 - 100e-6).abs() < 1e-12
            && (times(&profile, "odd").1 - 90e-6).abs() < 1e-12
    );
}

/// `viztracer --log_async`: a task's calls are within those of the thread whose event loop made its steps.
#[test]
fn tasks_are_not_counted_twice() {
    let event = |name: &str, thread: u64, at: u32, duration: u32| {
        format!(
            r#"{{"ph":"X","cat":"fee","name":"{name}","pid":7,"tid":{thread},"ts":{at},"dur":{duration}}}"#
        )
    };
    let named = |thread: u64, name: &str| {
        format!(r#"{{"ph":"M","pid":7,"tid":{thread},"name":"thread_name","args":{{"name":"{name}"}}}}"#)
    };
    let events = [
        named(7, "MainThread"),
        named(7_789_696, "Task-1"),
        named(7_789_872, "worker"),
        named(9, "Thread-1"),
        event("sleep (a.py:9)", 7_789_696, 20, 10),
        event("view (a.py:5)", 7_789_696, 11, 38),
        event("_contextvars.Context.run", 7, 10, 40),
        event("view (a.py:5)", 7_789_872, 61, 9),
        event("_contextvars.Context.run", 7, 60, 10),
        event("view (a.py:5)", 7_789_696, 80, 5),
        event("Handle._run (/usr/lib/python3.11/asyncio/events.py:78)", 7, 79, 8),
        event("run (a.py:1)", 7, 0, 100),
        event("work (b.py:1)", 9, 15, 60),
    ];
    let (profile, said) = open(&format!(r#"{{"traceEvents":[{}]}}"#, events.join(",")));
    assert_eq!(said, "");
    let found: Vec<(String, f64)> =
        tracks(&profile).into_iter().map(|(name, .., total)| (name, (total * 1e6).round())).collect();
    assert_eq!(
        found,
        [
            ("MainThread".to_owned(), 48.0),
            ("Task-1".to_owned(), 43.0),
            ("worker".to_owned(), 9.0),
            ("Thread-1".to_owned(), 60.0)
        ]
    );
    // 100 µs of the thread with the loop, 60 of the other.
    assert!((profile.total() - 160e-6).abs() < 1e-12, "{}", profile.total());
    assert!((times(&profile, "view").1 - 52e-6).abs() < 1e-12);
    assert!((times(&profile, "run").0 - 42e-6).abs() < 1e-12, "{:?}", times(&profile, "run"));
}

#[test]
fn what_importtime_times_is_imports() {
    use flamedrop::profile::layer::{Layer, Layers};
    let (profile, _) = open(
        "import time:       30 |         30 |     django.template.base\nimport time:       10 |         40 |   django.template\n\
         import time:       50 |         50 |   urllib.request\nimport time:       10 |        100 | shop.views\n",
    );
    let layers = Layers::of(&profile);
    let imports = layers.time[Layer::Imports as usize];
    assert!((imports - profile.total()).abs() < 1e-12, "{:?}", layers.time);
}
