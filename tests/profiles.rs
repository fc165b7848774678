//! What other profilers record opens with the numbers that the tools themselves have.
//!
//! Recordings and the truth of their workloads: tests/data/profiles/README.md.

mod common;

use std::fmt::Write as _;
use std::io::Read as _;

use flamedrop::document::{Content, Document};
use flamedrop::export::speedscope;
use flamedrop::format::Unit;
use flamedrop::import::ImportError;
use flamedrop::profile::Profile;
use flamedrop::profile::call_tree::CallTree;

fn document(name: &str) -> Document {
    common::open(common::bytes(&format!("profiles/{name}"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn profile(name: &str) -> Profile {
    common::profile(document(name))
}

/// The file's text, unpacked.
fn text(name: &str) -> String {
    let bytes = common::bytes(&format!("profiles/{name}"));
    let mut text = String::new();
    match name.ends_with(".gz") {
        true => {
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map(drop).expect("text")
        }
        false => text.push_str(std::str::from_utf8(&bytes).expect("text")),
    }
    text
}

/// Every recording that opens.
fn names() -> Vec<String> {
    let entries = std::fs::read_dir(common::data("profiles")).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names.filter(|name| !name.ends_with(".md")).collect();
    names.sort();
    assert!(names.len() > 30, "the recordings are there");
    names
}

/// Self and total of the function of this name; of several, of all of them.
fn numbers(profile: &Profile, name: &str) -> (f64, f64) {
    let functions = &profile.functions;
    let ids = (0..functions.len() as u32).filter(|&id| functions.name(id) == name);
    ids.fold((0.0, 0.0), |(own, total), id| {
        (own + functions.self_time[id as usize], total + functions.total_time[id as usize])
    })
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1e-3)
}

/// What a human can judge: the unit, the tracks, and where most is.
#[test]
fn recordings_read_well() {
    let mut out = String::new();
    for name in names() {
        let document = document(&name);
        let _ = writeln!(out, "== {name}: {}", document.format);
        out += &common::diagnostics(&document);
        let profile = common::profile(document);
        let unit = profile.unit;
        let functions = &profile.functions;
        let calls = profile.calls().map_or("no calls".to_owned(), |calls| format!("{calls} calls"));
        let boxes = profile.recorded_tree.as_ref().map_or(0, |recorded| recorded.tree.len());
        let _ = writeln!(
            out,
            "{} {}, {calls}, {} functions, {} edges, {boxes} boxes",
            profile.total(),
            unit.id(),
            functions.len(),
            profile.edges.len()
        );
        if let Some(recorded) = &profile.recorded_tree {
            for (label, track) in recorded.stacks.labels().iter().zip(profile.tracks()) {
                let _ = writeln!(out, "  track {label}: {} from {:?}", unit.text(track.total()), track.start);
            }
        }
        let mut order: Vec<u32> = (0..functions.len() as u32).collect();
        order.sort_by(|&a, &b| functions.self_time[b as usize].total_cmp(&functions.self_time[a as usize]));
        for &id in order.iter().take(4) {
            let (own, total) = (functions.self_time[id as usize], functions.total_time[id as usize]);
            let calls = functions.calls_of(id).map_or(String::new(), |calls| format!(" {calls}×"));
            let _ =
                writeln!(out, "  {} of {}{calls} {}", unit.text(own), unit.text(total), functions.place(id));
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn counts_are_absent_where_a_tool_only_samples() {
    for name in names() {
        let profile = profile(&name);
        let counts = ["viztracer", "importtime", "pyprof2calltree", "yappi", "vprof-0.38.p"];
        let counted = counts.iter().any(|tool| name.starts_with(tool));
        if profile.functions.is_empty() {
            continue;
        }
        assert_eq!(profile.calls().is_some(), counted, "{name}");
        for id in 0..profile.functions.len() as u32 {
            assert_eq!(profile.functions.calls_of(id).is_some(), counted, "{name}");
        }
    }
}

/// What holds for every recorded profile: all of its numbers are sums of its stacks.
#[test]
fn functions_edges_and_tree_are_sums_of_the_stacks() {
    for name in names() {
        let profile = profile(&name);
        let Some(recorded) = &profile.recorded_tree else { continue };
        let functions = &profile.functions;
        let tree = &recorded.tree;
        assert!(close(tree.total(), profile.total()), "{name}");
        let tracks: f64 = profile.tracks().iter().map(|track| track.total()).sum();
        assert!(close(tracks, profile.total()), "{name}");
        let by_tree = tree.self_by_function(functions.len()).into_iter().zip(&functions.self_time);
        assert!(by_tree.clone().all(|(one, &other)| close(one, other)), "{name}: self");
        let by_tree = tree.total_by_function(functions.len()).into_iter().zip(&functions.total_time);
        assert!(by_tree.clone().all(|(one, &other)| close(one, other)), "{name}: total");
        // Naively, stack by stack.
        let mut own = vec![0.0; functions.len()];
        let mut total = vec![0.0; functions.len()];
        for track in profile.tracks() {
            recorded
                .stacks
                .each::<()>(track, |stack, weight| {
                    own[*stack.last().expect("a frame") as usize] += weight.value;
                    let mut seen: Vec<u32> = stack.to_vec();
                    seen.sort_unstable();
                    seen.dedup();
                    seen.iter().for_each(|&id| total[id as usize] += weight.value);
                    Ok(())
                })
                .expect("nothing fails");
        }
        assert!(own.iter().zip(&functions.self_time).all(|(&one, &other)| close(one, other)), "{name}");
        assert!(total.iter().zip(&functions.total_time).all(|(&one, &other)| close(one, other)), "{name}");
    }
}

/// The numbers of lines whose frames hold one that begins with `frame`, and of all lines.
fn lines_with(text: &str, frame: &str) -> (f64, f64) {
    let mut sums = (0.0, 0.0);
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (stack, number) = line.rsplit_once(' ').expect("a number");
        let number: f64 = number.split(',').next().and_then(|number| number.parse().ok()).expect("a number");
        if number > 0.0 {
            sums.1 += number;
            if stack.split(';').any(|one| one.contains(frame)) {
                sums.0 += number;
            }
        }
    }
    sums
}

#[test]
fn collapsed_stacks_have_the_sums_of_their_lines() {
    for (name, a, unit, scale, truth) in [
        ("py-spy-0.4.3.raw.txt.gz", ";a (workload.py:", Unit::Samples, 1.0, 139.0),
        ("py-spy-0.4.3-threads.raw.txt.gz", ";a (workload.py:", Unit::Samples, 1.0, 130.0),
        ("tachyon-3.15.2.collapsed.gz", "workload.py:a:", Unit::Samples, 1.0, 2083.0),
        ("austin-3.7.0.austin.gz", "workload.py:a:", Unit::Seconds, 1e-6, 1.388_870),
        ("austin-3.7.0-full.austin.gz", "workload.py:a:", Unit::Seconds, 1e-6, 1.245_319),
        ("austin-3.7.0-memory.austin.gz", "workload.py:a:", Unit::Bytes, 1.0, 14_557_184.0),
        ("austin-4.0.0-mojo2austin-2.4.0.austin.gz", "workload.py:a:", Unit::Seconds, 1e-6, 1.484_265),
    ] {
        let profile = profile(name);
        assert_eq!(profile.unit, unit, "{name}");
        let (of_a, all) = lines_with(&text(name), a.trim_start_matches(';'));
        assert!(close(profile.total(), all * scale) && close(profile.total(), truth), "{name}");
        let (_, total) = numbers(&profile, "a");
        // Frames that only end in "a (workload.py" are another's.
        if !a.starts_with(';') {
            assert!(close(total, of_a * scale), "{name}: {total} {of_a}");
        }
    }
    let tachyon = profile("tachyon-3.15.2.collapsed.gz");
    assert_eq!(numbers(&tachyon, "a"), (0.0, 600.0));
    assert_eq!(numbers(&tachyon, "burn"), (1405.0, 1405.0));
    let py_spy = profile("py-spy-0.4.3.raw.txt.gz");
    assert_eq!(numbers(&py_spy, "a"), (0.0, 32.0));
    assert_eq!(numbers(&py_spy, "burn"), (95.0, 95.0));
}

#[test]
fn a_thread_under_two_names_is_one() {
    let profile = profile("py-spy-0.4.3-threads.raw.txt.gz");
    let tracks: Vec<(&str, Option<u64>, f64)> =
        profile.tracks().iter().map(|track| (track.name.as_str(), track.thread, track.total())).collect();
    assert_eq!(tracks[0].0, "MainThread");
    assert_eq!(tracks.len(), 2);
    assert_eq!(tracks[1], ("worker-1", Some(30443), 16.0));
    // What the file calls "thread (30430)" is 113 of its 114 samples.
    assert_eq!((tracks[0].1, tracks[0].2), (Some(30430), 114.0));
}

#[test]
fn speedscope_files_have_the_sums_of_their_weights() {
    let profile = profile("py-spy-0.4.3.speedscope.json");
    let tracks: Vec<(&str, Option<u64>)> =
        profile.tracks().iter().map(|track| (track.name.as_str(), track.thread)).collect();
    assert_eq!(tracks, [("MainThread", Some(30461)), ("worker-1", Some(30471))]);
    assert!(close(profile.tracks()[0].total(), 0.65) && close(profile.tracks()[1].total(), 0.24));
    for name in [
        "py-spy-0.4.3.speedscope.json",
        "austin2speedscope-2.4.0.speedscope.json.gz",
        "memray-1.20.0.speedscope.json",
        "pyinstrument-5.1.3.speedscope.json",
    ] {
        let json: serde_json::Value = serde_json::from_str(&text(name)).expect("JSON");
        let mut sum = 0.0;
        let profile = self::profile(name);
        for one in json["profiles"].as_array().expect("profiles") {
            let unit = one["unit"].as_str().expect("a unit");
            if (unit == "none") != (profile.unit == Unit::Samples) {
                continue;
            }
            let scale = if unit == "microseconds" { 1e-6 } else { 1.0 };
            sum += match one["weights"].as_array() {
                Some(weights) => weights.iter().filter_map(serde_json::Value::as_f64).sum::<f64>() * scale,
                None => one["endValue"].as_f64().expect("an end"),
            };
        }
        // pyinstrument's endValue is a little after its last event.
        assert!((profile.total() - sum).abs() < 0.005 * sum, "{name}: {} {sum}", profile.total());
    }
}

#[test]
fn memray_knows_the_peak() {
    // 10 MiB of main, 10 MiB of the thread, one of 50 × 1 MiB that are freed at once, 5,000 × 1,000 bytes.
    let profile = profile("memray-1.20.0.speedscope.json");
    assert_eq!(profile.unit, Unit::Bytes);
    assert!((profile.total() / (1 << 20) as f64 - 26.0).abs() < 0.05, "{}", profile.total());
    assert!((numbers(&profile, "alloc_big").0 - 20.0 * (1 << 20) as f64).abs() < 1e3);
}

#[test]
fn what_a_tool_lost_is_said() {
    let document = document("pyinstrument-5.1.3-lost-program.speedscope.json");
    assert!(common::diagnostics(&document).contains("the stacks hold 12.9 ms of the 1.05 s"));
}

#[test]
fn pyinstrument_has_the_times_of_its_own_report() {
    let profile = profile("pyinstrument-5.1.3.json");
    assert!((profile.total() - 0.640_809).abs() < 1e-5, "{}", profile.total());
    let (_, main) = numbers(&profile, "main");
    assert!((main - 0.607_751).abs() < 1e-5, "{main}");
    assert!((numbers(&profile, "a").1 - 0.149_599).abs() < 1e-5);
    // Its [self] is time of the frame above it.
    assert_eq!(numbers(&profile, "[self]"), (0.0, 0.0));
    let session = self::profile("pyinstrument-5.1.3.session.gz");
    let json: serde_json::Value = serde_json::from_str(&text("pyinstrument-5.1.3.session.gz")).expect("JSON");
    let records = json["frame_records"].as_array().expect("samples");
    let sum: f64 = records.iter().filter_map(|record| record[1].as_f64()).sum();
    assert!(close(session.total(), sum));
    assert_eq!(session.tracks()[0].name, "MainThread");
    assert_eq!(session.tracks()[0].thread, Some(140_232_075_545_472));
}

#[test]
fn viztracer_counts_calls_and_py_spy_does_not() {
    let profile = profile("viztracer-1.1.1.json.gz");
    let calls = |name: &str| {
        let functions = &profile.functions;
        let id = (0..functions.len() as u32).find(|&id| functions.name(id) == name).expect("a function");
        (functions.calls_of(id), functions.primitive_calls_of(id))
    };
    assert_eq!(calls("burn"), (Some(2), Some(2)));
    assert_eq!(calls("fib"), (Some(465), Some(1)));
    assert_eq!(calls("builtins.sorted"), (Some(1), Some(1)));
    assert!((numbers(&profile, "burn").0 - 0.005_447_02).abs() < 1e-9);
    let py_spy = self::profile("py-spy-0.4.3.chrometrace.json.gz");
    assert_eq!(py_spy.calls(), None);
    // 3 of the 6.85 units that are burnt on the main thread.
    let main = py_spy.of_tracks(&[0]).expect("a track");
    let (_, a) = numbers(&main, "a");
    let (_, b) = numbers(&main, "b");
    // Four samples of b, so within a third.
    assert!((a / b - 3.0).abs() < 1.2, "{a} {b}");
}

#[test]
fn threads_processes_and_forks_are_tracks() {
    let labels = |name: &str| profile(name).recorded_tree.expect("stacks").stacks.labels();
    // It names the other thread, Dummy-1, but has no event of it.
    assert_eq!(labels("viztracer-1.1.1-threads.json"), ["MainThread"]);
    assert_eq!(
        labels("viztracer-1.1.1-fork.json"),
        ["python -c: MainThread", "MainProcess: MainThread", "kid: MainThread"]
    );
    assert_eq!(labels("tachyon-3.15.2-all-threads.collapsed.gz"), ["thread 29252", "thread 29541"]);
}

#[test]
fn imports_add_up() {
    let profile = profile("importtime-3.13.0.txt");
    let sum: f64 = text("importtime-3.13.0.txt")
        .lines()
        .filter_map(|line| line.strip_prefix("import time:")?.split('|').next()?.trim().parse::<f64>().ok())
        .sum();
    assert!(close(profile.total(), sum / 1e6));
    // Each line is rounded to a microsecond.
    assert!((numbers(&profile, "json").1 - 0.020_132).abs() < 5e-5);
    assert!((numbers(&profile, "site").1 - 0.010_601).abs() < 5e-5);
    // json imports json.decoder, which imports re: an exact tree.
    let tree = profile.tree(1);
    let box_of = |name: &str| {
        let at =
            (0..tree.len()).find(|&at| profile.functions.name(tree.function[at]) == name).expect("a box");
        (at as u32, tree.depth[at])
    };
    let (json, decoder, re) = (box_of("json"), box_of("json.decoder"), box_of("re"));
    assert_eq!((json.1, decoder.1, re.1), (0, 1, 2));
    assert_eq!(tree.parent[decoder.0 as usize], json.0);
    // Cached ones are left out, and said to be.
    let document = document("importtime2-3.15.2.txt");
    assert!(common::diagnostics(&document).contains("159 × imports that were answered from sys.modules"));
    assert!((numbers(&common::profile(document), "json").1 - 0.063_486).abs() < 5e-5);
}

#[test]
fn callgrind_files_have_pstats_numbers() {
    let profile = profile("yappi-1.7.6-wall.callgrind");
    let functions = &profile.functions;
    let of =
        |name: &str| (0..functions.len() as u32).find(|&id| functions.name(id) == name).expect("a function");
    // burn 7 calls, gen 5 items, fib 177/1.
    assert_eq!(functions.calls_of(of("burn")), Some(7));
    assert_eq!(
        (functions.calls_of(of("fib")), functions.primitive_calls_of(of("fib"))),
        (Some(177), Some(1))
    );
    assert!(profile.recorded_tree.is_none());
    let tree = profile.tree(1000);
    assert!(tree.estimated && close(tree.total(), profile.total()));
    let profile = self::profile("pyprof2calltree-1.4.5.callgrind.gz");
    let functions = &profile.functions;
    let of =
        |name: &str| (0..functions.len() as u32).find(|&id| functions.name(id) == name).expect("a function");
    assert_eq!(functions.calls_of(of("burn")), Some(2));
    assert_eq!(
        (functions.calls_of(of("fib")), functions.primitive_calls_of(of("fib"))),
        (Some(465), Some(1))
    );
    assert_eq!(functions.file(of("<built-in method marshal.loads>")), "~");
}

#[test]
fn our_own_callgrind_export_comes_back() {
    let before = common::profile(common::open(common::bytes("pstats/3.13.prof")).expect("a profile"));
    let mut out = Vec::new();
    flamedrop::export::callgrind::write("x", &before, &mut out).expect("written");
    let after = common::profile(common::open(out).expect("a profile"));
    assert!((before.total() - after.total()).abs() < 1e-6);
    assert_eq!(before.edges.len(), after.edges.len());
    assert_eq!(before.functions.len(), after.functions.len());
}

#[test]
fn vprofs_samples_share_its_run_time() {
    let profile = profile("vprof-0.38-workload.c.json.gz");
    let json: serde_json::Value = serde_json::from_str(&text("vprof-0.38-workload.c.json.gz")).expect("JSON");
    let run_time = json["c"]["runTime"].as_f64().expect("a time");
    assert!(close(profile.total(), run_time), "{} {run_time}", profile.total());
    let profile = self::profile("vprof-0.38.p.json");
    assert_eq!((profile.calls(), profile.primitive_calls()), (Some(472), Some(8)));
    let error = common::open("{\"c\": {\"objectName\": \"x\", \"callStats\": {}}}").expect_err("nothing");
    assert_eq!(error.looked_like, Some("vprof"));
    assert!(error.problem.contains("lines or memory") && error.advice.contains("vprof -c c"), "{error}");
}

/// Inferno's own collapser of the same text is the oracle.
#[test]
fn perf_has_infernos_stacks() {
    use inferno::collapse::Collapse as _;
    for name in ["perf-6.1-python3.15.2-Xperf.script.txt.gz", "perf-6.1-python3.15.2-Xperf_jit.script.txt.gz"]
    {
        let text = text(name);
        let mut options = inferno::collapse::perf::Options::default();
        options.nthreads = 1;
        let mut out = Vec::new();
        inferno::collapse::perf::Folder::from(options)
            .collapse(text.as_bytes(), &mut out)
            .expect("collapsed");
        let out = String::from_utf8(out).expect("text");
        let (of_burn, samples) = lines_with(&out, "py::burn:");
        let profile = profile(name);
        // The period of cpu-clock is nanoseconds.
        assert_eq!(profile.unit, Unit::CpuSeconds, "{name}");
        assert!(close(profile.total(), samples / 1e9), "{name}");
        let (_, total) = numbers(&profile, "burn");
        assert!(total > 0.0 && close(total, of_burn / 1e9), "{name}: {total} {of_burn}");
    }
}

/// What is written for speedscope and read again is the same profile.
#[test]
fn speedscope_export_comes_back() {
    for name in names() {
        let before = profile(&name);
        if before.recorded_tree.is_none() {
            continue;
        }
        let mut out = Vec::new();
        speedscope::write(&name, &before, &before.tree(1), &mut out).expect("written");
        let after = common::profile(common::open(out).unwrap_or_else(|error| panic!("{name}: {error}")));
        assert_eq!(before.unit, after.unit, "{name}");
        assert!((before.total() - after.total()).abs() <= 1e-9 * before.total().max(1.0), "{name}");
        let tracks = |profile: &Profile| -> Vec<String> {
            let labels =
                profile.recorded_tree.as_ref().map(|recorded| recorded.stacks.labels()).unwrap_or_default();
            if labels.len() > 1 { labels } else { Vec::new() }
        };
        assert_eq!(tracks(&before), tracks(&after), "{name}");
        assert_eq!(stacks(&before), stacks(&after), "{name}");
    }
}

/// Every stack with its weight in whole nanoseconds, samples or bytes, track by track.
fn stacks(profile: &Profile) -> Vec<String> {
    let recorded = profile.recorded_tree.as_ref().expect("stacks");
    let functions = &profile.functions;
    let mut lines = Vec::new();
    for (number, track) in recorded.stacks.tracks.iter().enumerate() {
        recorded
            .stacks
            .each::<()>(track, |stack, weight| {
                let frames: Vec<String> = stack.iter().map(|&id| functions.place(id)).collect();
                // A nanosecond may go to the next stack: what one is rounded by, the next one gets.
                let weight = match profile.unit.is_time() {
                    true => format!("{:.0}", weight.value * 1e7),
                    false => weight.value.to_string(),
                };
                if weight != "0" {
                    lines.push(format!("{number} {} {weight}", frames.join(";")));
                }
                Ok(())
            })
            .expect("nothing fails");
    }
    lines.sort();
    lines
}

/// What a document says is wrong with it, or the error.
fn said(text: &str) -> String {
    match common::open(text) {
        Ok(document) => {
            let notes = common::diagnostics(&document);
            let Content::Profile(profile) = document.content else { return "no profile".to_owned() };
            let tree: &CallTree = &profile.tree(1000);
            assert!(tree.total_time.iter().all(|time| time.is_finite() && *time >= 0.0));
            format!("{} {}\n{notes}", profile.total(), profile.unit.id())
        }
        Err(error) => {
            assert!(!error.advice.is_empty());
            let error: ImportError = error;
            format!("{error}\n").replace(&error.advice, "…")
        }
    }
}

#[test]
fn damaged_and_hostile_files_are_explained() {
    let speedscope = |frames: &str, profile: &str| {
        format!(
            "{{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\"shared\":{{\"frames\":[{frames}]}},\
             \"profiles\":[{{\"name\":\"p\",{profile}}}]}}"
        )
    };
    let frames = "{\"name\":\"a\"},{\"name\":\"b\"}";
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let nested = |depth: usize| {
        let open = "{\"function\":\"f\",\"time\":1.0,\"children\":[".repeat(depth);
        format!("{{\"duration\":1.0,\"root_frame\":{open}{}}}", "]}".repeat(depth))
    };
    let mut out = String::new();
    for (what, text) in [
        ("a negative weight", "a;b 3\na;b -2\na;c nan\na;c inf\n".to_owned()),
        ("a line without a number", format!("{}oops\n", "main (a.py:1);f (a.py:2) 3\n".repeat(20))),
        ("a semicolon in a path", "main (a;b.py:1);f (a;b.py:2) 3\n".to_owned()),
        ("two numbers a line", "a;b 3 5\na;c 1 0\n".to_owned()),
        ("our own microseconds", "a (x.py:1);b (x.py:2) 1500000.000000\n".to_owned()),
        ("weights of speedscope", speedscope(frames, "\"type\":\"sampled\",\"unit\":\"seconds\",\"samples\":[[0],[0,1],[],[1]],\"weights\":[NaN,-1,2,Infinity]")),
        ("too few weights", speedscope(frames, "\"type\":\"sampled\",\"unit\":\"none\",\"samples\":[[0],[0,1]],\"weights\":[1]")),
        ("a frame that is not there", speedscope(frames, "\"type\":\"sampled\",\"unit\":\"none\",\"samples\":[[0,4000000000]],\"weights\":[1]")),
        ("events that go back and do not match", speedscope(frames, "\"type\":\"evented\",\"unit\":\"milliseconds\",\"startValue\":0,\"endValue\":10,\"events\":[{\"type\":\"O\",\"at\":0,\"frame\":0},{\"type\":\"O\",\"at\":4,\"frame\":1},{\"type\":\"C\",\"at\":3,\"frame\":1},{\"type\":\"C\",\"at\":5,\"frame\":1}]")),
        ("deep JSON within", speedscope(frames, &format!("\"x\":{deep},\"type\":\"sampled\",\"unit\":\"none\",\"samples\":[[0]],\"weights\":[2]"))),
        ("a cut file", speedscope(frames, "\"type\":\"sampled\",\"unit\":\"none\",\"samples\":[[0]],\"weights\":[2]")[..180].to_owned()),
        ("a very deep tree of frames", nested(50_000)),
        ("a tree of frames that is cut", nested(50)[..900].to_owned()),
        ("an unterminated list of events", "[{\"ph\":\"X\",\"ts\":1,\"dur\":5,\"pid\":1,\"tid\":1,\"name\":\"f\"},\n".to_owned()),
        ("a list cut in an event", "[{\"ph\":\"X\",\"ts\":1,\"dur\":5,\"pid\":1,\"tid\":1,\"name\":\"f\"},{\"ph\":\"X\",\"ts\":".to_owned()),
        ("events that do not match", "[{\"ph\":\"E\",\"ts\":1,\"pid\":1,\"tid\":1},{\"ph\":\"B\",\"ts\":2,\"pid\":1,\"tid\":1,\"name\":\"f\"},{\"ph\":\"B\",\"ts\":NaN,\"pid\":1,\"tid\":1,\"name\":\"g\"},{\"ph\":\"X\",\"ts\":3,\"dur\":-1,\"pid\":1,\"tid\":1,\"name\":\"g\"},{\"ph\":\"E\",\"ts\":9,\"pid\":1,\"tid\":1},{\"ph\":\"C\",\"ts\":9,\"pid\":1,\"tid\":1,\"name\":\"n\"}]".to_owned()),
        ("calls that cross", "{\"traceEvents\":[{\"ph\":\"X\",\"ts\":0,\"dur\":10,\"pid\":1,\"tid\":1,\"name\":\"f\"},{\"ph\":\"X\",\"ts\":5,\"dur\":10,\"pid\":1,\"tid\":1,\"name\":\"g\"}]}".to_owned()),
        ("a callgrind file of instructions", "events: Ir\nfl=a.py\nfn=f\n1 5\n".to_owned()),
        ("a callgrind file that is cut", "events: ns\nfl=a.py\nfn=f\n1 5\ncfn=g\ncalls=1 2\n".to_owned()),
        ("a callgrind call of nothing", "events: ns\nfl=a.py\nfn=f\n1 5\ncalls=1 2\n1 3\n".to_owned()),
        ("imports with damage", "import time:       245 |        245 |   a\nimport time: x | 3 | b\nhello\nimport time:       5 |        250 | b\n".to_owned()),
    ] {
        let _ = writeln!(out, "== {what}\n{}", said(&text));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn semicolons_in_paths_part_no_frames() {
    let profile = common::profile(common::open("main (a;b.py:1);f (a;b.py:2) 3\n").expect("a profile"));
    assert_eq!(profile.functions.file(0), "a;b.py");
    assert_eq!(numbers(&profile, "main"), (0.0, 3.0));
    assert_eq!(numbers(&profile, "f"), (3.0, 3.0));
}
