//! Recordings that somebody made anew with the tools themselves and that were read wrongly: a test for each kind, of files
//! cut down from those.

mod common;

use std::fmt::Write as _;

use flamedrop::export::speedscope;
use flamedrop::profile::Profile;

fn open(bytes: impl Into<Vec<u8>>) -> (Profile, String) {
    let bytes = bytes.into();
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    let document = common::open(bytes).unwrap_or_else(|error| panic!("{error}: {shown:.200}"));
    let said = common::diagnostics(&document);
    (common::profile(document), said)
}

fn names(profile: &Profile) -> Vec<&str> {
    let functions = &profile.functions;
    (0..functions.len() as u32).map(|id| functions.name(id)).collect()
}

fn labels(profile: &Profile) -> Vec<String> {
    profile.recorded_tree.as_ref().expect("stacks").stacks.labels()
}

/// Name, process, thread and total of each track, the total in thousandths.
fn tracks(profile: &Profile) -> Vec<(&str, Option<u64>, Option<u64>, u64)> {
    let thousandths = |total: f64| (total * 1e3).round() as u64;
    let tracks = profile.tracks().iter();
    tracks
        .map(|track| (track.name.as_str(), track.process, track.thread, thousandths(track.total())))
        .collect()
}

/// What is exported and read again has the same tracks and functions.
fn assert_same_again(profile: &Profile) {
    let mut out = Vec::new();
    speedscope::write("x", profile, &profile.tree(1000), &mut out).expect("written");
    let (again, said) = open(out);
    assert_eq!(said, "");
    assert_eq!(labels(profile), labels(&again));
    let sorted = |profile: &Profile| {
        let mut names: Vec<String> = names(profile).into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names
    };
    assert_eq!(sorted(profile), sorted(&again));
}

/// `--subprocesses`: the parent stands before its child, and the stack is the child's.
#[test]
fn py_spys_children_are_processes() {
    let with_threads = "\
        process 1:\"python a.py\";process 2:\"python b.py\";thread (21): T;f (b.py:1) 3\n\
        process 1:\"python a.py\";process 2:\"python b.py\";thread (2): MainThread;g (b.py:2) 5\n\
        process 1:\"python a.py\";process 3:\"python a.py\";thread (3): MainThread;h (a.py:3) 7\n\
        process 1:\"python a.py\";thread (1): MainThread;k (a.py:4) 11\n\
        process 1:\"python a.py\";thread (11): Thread-1;m (a.py:5) 13\n";
    let (profile, said) = open(with_threads);
    assert_eq!(said, "");
    assert_eq!(names(&profile), ["f", "g", "h", "k", "m"]);
    let mut found = tracks(&profile);
    found.sort_unstable_by_key(|track| (track.1, track.2));
    let track = |name, process, thread, total| (name, Some(process), Some(thread), total);
    assert_eq!(
        found,
        [
            track("python a.py MainThread", 1, 1, 11_000),
            track("python a.py Thread-1", 1, 11, 13_000),
            track("python b.py MainThread", 2, 2, 5000),
            track("python b.py T", 2, 21, 3000),
            track("python a.py MainThread", 3, 3, 7000),
        ]
    );
    assert_same_again(&profile);

    // Without -t; the command of a child has a semicolon, and a child has a child.
    let without = "\
        process 1:\"python a.py\";k (a.py:4) 11\n\
        process 1:\"python a.py\";process 2:\"sh -c b; c\";g (b.py:2) 5\n\
        process 1:\"python a.py\";process 2:\"sh -c b; c\";process 3:\"python c.py\";h (c.py:3) 7\n\
        process 1:\"python a.py\";k (a.py:5) 2\n";
    let (profile, said) = open(without);
    assert_eq!(said, "");
    assert_eq!(names(&profile), ["k", "g", "h"]);
    assert_eq!(
        tracks(&profile),
        [
            ("python a.py", Some(1), None, 13_000),
            ("sh -c b; c", Some(2), None, 5000),
            ("python c.py", Some(3), None, 7000)
        ]
    );
}

/// Without -t the frames say which process it is, and the profiles' names which thread.
#[test]
fn py_spys_profiles_of_processes_are_named_after_their_threads() {
    let profile = |name: &str, samples: &str| {
        format!(
            r#"{{"type":"sampled","name":{name:?},"unit":"seconds","startValue":0.0,"endValue":0.01,"samples":[{samples}],"weights":[0.01]}}"#
        )
    };
    let profiles = [
        profile("Process 1 Thread 1 \"MainThread\"", "[0,2]"),
        profile("Process 2 Thread 2 \"\"", "[0,1,2]"),
        profile("Process 2 Thread 21 \"worker;0\"", "[0,1,3]"),
    ];
    let file = format!(
        r#"{{"$schema":"https://www.speedscope.app/file-format-schema.json","profiles":[{}],"shared":{{"frames":[
        {{"name":"process 1:\"python a.py\"","file":"","line":0}},{{"name":"process 2:\"python b.py\"","file":"","line":0}},
        {{"name":"f","file":"a.py","line":3}},{{"name":"g","file":"b.py","line":4}}]}},"exporter":"py-spy@0.4.3"}}"#,
        profiles.join(",")
    );
    let (profile, said) = open(file);
    assert_eq!(said, "");
    assert_eq!(names(&profile), ["f", "g"]);
    assert_eq!(
        tracks(&profile),
        [
            ("python a.py MainThread", Some(1), Some(1), 10),
            ("python b.py", Some(2), Some(2), 10),
            ("python b.py worker;0", Some(2), Some(21), 10),
        ]
    );
}

/// Forked processes have one thread's number, and the end of a call has the process of the sample after it.
#[test]
fn py_spys_trace_of_forked_processes() {
    let mut events = Vec::new();
    let mut event = |phase: char, name: &str, file: &str, process: u64, at: u64| {
        events.push(format!(
            r#"{{"cat":"py-spy","name":{name:?},"ph":"{phase}","pid":{process},"tid":77,"ts":{at},"args":{{"filename":"{file}","line":1}}}}"#
        ));
    };
    let samples = [(1, "wait"), (2, "child"), (1, "after"), (2, "child")];
    for (at, (process, name)) in samples.into_iter().enumerate() {
        let stack = [
            ("process 1:\"python a.py\"".to_owned(), ""),
            ("process 2:\"python a.py\"".to_owned(), ""),
            (format!("thread ({process}): MainThread"), ""),
            (name.to_owned(), "a.py"),
        ];
        let stack: Vec<_> =
            stack.into_iter().filter(|(name, _)| process == 2 || !name.starts_with("process 2")).collect();
        let (from, next) = (at as u64 * 10_000, samples.get(at + 1).map_or(1, |sample| sample.0));
        stack.iter().for_each(|(name, file)| event('B', name, file, process, from));
        stack.iter().rev().for_each(|(name, file)| event('E', name, file, next, from + 10_000));
    }
    let (profile, said) = open(format!("[{}]", events.join(",\n")));
    assert_eq!(said, "");
    assert_eq!(names(&profile), ["wait", "child", "after"]);
    assert_eq!(
        tracks(&profile),
        [("python a.py MainThread", Some(1), Some(1), 20), ("python a.py MainThread", Some(2), Some(2), 20)]
    );
    assert_same_again(&profile);
}

/// `os.fork` under VizTracer: the child's file begins with what its parent had recorded.
#[test]
fn viztracers_child_repeats_its_parent() {
    // Begin and end in microseconds; a file's times are rounded for itself.
    let before = [("work (a.py:1)", 10, 15), ("work (a.py:1)", 20, 25), ("setup (a.py:5)", 5, 30)];
    let of_parent = [("fork (a.py:7)", 35, 40), ("work (a.py:1)", 50, 60), ("main (a.py:9)", 0, 100)];
    let of_child = [("work (a.py:1)", 45, 48), ("main (a.py:9)", 0, 70)];
    let of_grandchild = [("work (a.py:1)", 60, 61), ("main (a.py:9)", 0, 90)];
    let mut events = vec![
        r#"{"ph":"M","pid":7,"tid":7,"name":"process_name","args":{"name":"MainProcess"}}"#.to_owned(),
        r#"{"ph":"M","pid":8,"tid":7,"name":"process_name","args":{"name":"MainProcess"}}"#.to_owned(),
    ];
    let mut write = |process: u64, shift: f64, calls: &[(&str, u32, u32)]| {
        for (name, from, to) in calls {
            events.push(format!(
                r#"{{"ph":"X","cat":"fee","name":"{name}","pid":{process},"tid":7,"ts":{},"dur":{}}}"#,
                f64::from(*from) + shift,
                to - from
            ));
        }
    };
    // In any order of files.
    write(8, 0.001, &before);
    write(8, 0.0, &of_child);
    write(7, 0.0, &before);
    write(7, 0.0, &of_parent);
    write(9, 0.0, &before);
    write(9, 0.0, &of_child[..1]);
    write(9, 0.0, &of_grandchild);
    let (profile, said) =
        open(format!(r#"{{"traceEvents":[{}],"viztracer_metadata":{{}}}}"#, events.join(",")));
    assert!(said.starts_with("Info: 7 × calls ") && said.contains("forked"), "{said}");
    let work = names(&profile).iter().position(|name| *name == "work").expect("work");
    assert_eq!(profile.functions.calls_of(work as u32), Some(5));
    let total = |process: u64| {
        let track = profile.tracks().iter().find(|track| track.process == Some(process)).expect("a track");
        (track.total() * 1e6).round() as u64
    };
    // What goes on in the child was the parent's until then.
    assert_eq!((total(7), total(8), total(9)), (100, 40, 42));
    assert!((profile.functions.self_time[work] * 1e6 - 24.0).abs() < 1e-3);
}

/// memray adds threads up unless it is told to keep them apart: the thread of a row is that of one allocation.
#[test]
fn memrays_threads_are_there_only_where_they_were_kept_apart() {
    let page = |merged: &str| {
        format!(
            "<!DOCTYPE html>\n<html><title>memray - flamegraph report</title>\n<script>\n\
             const packed_data = {{\"inverted_no_imports_nodes\":{{}},\"nodes\":{{\
             \"children\":[[1,2],[],[]],\"filename\":[0,1,1],\"function\":[0,2,3],\"lineno\":[0,5,9],\
             \"n_allocations\":[3,2,1],\"name\":[0,0,0],\"thread_id\":[0,4,5],\
             \"value\":[3000,2000,1000]}},\"strings\":[\"\",\"a.py\",\"one\",\"two\",\"0x1\",\"0x2 (wk;1)\"],\
             \"unique_threads\":[4,5]}};\n{merged}const memory_records = [[1000,500,0],[1010,600,0]];\n</script></html>"
        )
    };
    let table = |merged: &str| {
        let row = |thread: &str, size: u32| {
            format!(
                r#"{{"allocator":"malloc","n_allocations":1,"size":{size},"stack_trace":"f at a.py:3","tid":"{thread}"}}"#
            )
        };
        format!(
            "<!DOCTYPE html>\n<html><title>memray - table report</title>\n<script>\n\
             const packed_data = [{},{}];\n{merged}const memory_records = [[1000,500,0],[1010,600,0]];\n</script></html>",
            row("0x1", 2000),
            row("0x2 (wk;1)", 1000)
        )
    };
    let csv = "allocator,num_allocations,size,tid,thread_name,stack_trace\nMALLOC,2,2000,1,0x1,one;a.py;5\n\
               MALLOC,1,1000,2,0x2 (wk;1),two;a.py;9\n";
    let (merged, split) = ("const merge_threads = true;\n", "const merge_threads = false;\n");
    for text in [page(merged), page(""), table(merged), csv.to_owned()] {
        let (profile, said) = open(text.as_str());
        assert_eq!(tracks(&profile), [("", None, None, 3_000_000)], "{text}");
        assert!(said.contains("--split-threads"), "{said}");
        assert_eq!(profile.series.is_some(), text.starts_with('<'));
    }
    for text in [page(split), table(split)] {
        let (profile, said) = open(text.as_str());
        assert_eq!(
            tracks(&profile),
            [("", None, Some(1), 2_000_000), ("wk;1", None, Some(2), 1_000_000)],
            "{text}"
        );
        assert!(!said.contains("--split-threads") && profile.series.is_some(), "{said}");
    }
    // Of one thread nothing is lost.
    let (_, said) = open(csv.replace("0x2 (wk;1)", "0x1"));
    assert!(!said.contains("--split-threads"), "{said}");
}

/// Why perf has no function of Python's.
#[test]
fn perf_without_names_of_python() {
    let sample = |frames: &[&str]| {
        let mut text = "python 1823 31291.706464:    2004008 cpu-clock:pppH: \n".to_owned();
        for frame in frames {
            _ = writeln!(text, "\t    7f4a54549e80 {frame}");
        }
        text + "\n"
    };
    let begin = "_start+0x20 (/usr/bin/python3.13)";
    let python = "_PyEval_EvalFrameDefault+0x6f4e (/usr/lib/libpython3.13.so.1.0)";
    let unnamed = sample(&[python, "[unknown] (/tmp/perf-1823.map)", begin]);
    let broken = sample(&[python, "[unknown] ([unknown])"]);
    let whole = sample(&[python, begin]);
    let said = |samples: &[&String]| {
        let text: String = samples.iter().map(|sample| sample.as_str()).collect();
        open(text).1
    };
    assert!(said(&[&whole, &unnamed]).contains("perf inject --jit"));
    assert!(said(&[&broken, &broken, &whole]).contains("-fno-omit-frame-pointer"));
    // A library without them is none too many.
    let few = said(&[&whole, &whole, &broken, &whole, &whole]);
    assert!(few.contains("python was not started with -X perf"), "{few}");
    let named = sample(&["py::f:/srv/a.py+0xa (/tmp/perf-1823.map)", "[unknown] ([unknown])"]);
    assert_eq!(said(&[&named, &broken]), "");
}

/// Every frame of Austin's has its line: what has none is the beginning of a name with a semicolon.
#[test]
fn austins_files_have_semicolons() {
    let (profile, said) = open(
        "# austin: 4.0.0\n# interval: 5000\n# mode: wall\n\
         P1;T0:1;/a.py:main:3;<made up; by exec>:generated:4;<made up; by exec>:generated.<locals>.inner:3 5000\n\
         P1;T0:1;/a.py:main:3;<made; up>:generated:4;:GC: 7000\n",
    );
    assert_eq!(said, "");
    let functions = &profile.functions;
    let all: Vec<(&str, &str)> =
        (0..functions.len() as u32).map(|id| (functions.file(id), functions.name(id))).collect();
    assert_eq!(
        all,
        [
            ("/a.py", "main"),
            ("<made up; by exec>", "generated"),
            ("<made up; by exec>", "generated.<locals>.inner"),
            ("<made; up>", "generated"),
            ("~", "(garbage collection)"),
        ]
    );
}

/// A block of no bytes is a block.
#[test]
fn tracemallocs_blocks_of_no_size() {
    // Snapshot([(0, 64, (("a.py", 3),), 1), (0, 0, (("a.py", 3),), 1), (0, 0, (("a.py", 5),), 1)], 1)
    let snapshot = b"\x80\x04\x95\x96\x00\x00\x00\x00\x00\x00\x00\x8c\x0btracemalloc\x94\x8c\x08Snapshot\x94\x93\x94)\x81\x94}\
\x94(\x8c\x06traces\x94h\x00\x8c\x07_Traces\x94\x93\x94)\x81\x94}\x94\x8c\x07_traces\x94]\x94((K\x00K@\x8c\x04a.py\x94K\x03\
\x86\x94\x85\x94K\x01t\x94(K\x00K\x00h\x0eK\x01t\x94(K\x00K\x00h\x0cK\x05\x86\x94\x85\x94K\x01t\x94esb\x8c\x0ftraceback_limit\
\x94K\x01ub.";
    let (profile, said) = open(snapshot.as_slice());
    assert_eq!((profile.total(), said.as_str()), (64.0, ""));
    let table = profile.line_table.expect("lines");
    let blocks = table.columns.iter().find(|column| column.name == "Blocks").expect("a column");
    assert_eq!((table.line.as_slice(), blocks.values.as_slice()), (&[3, 5][..], &[2.0, 1.0][..]));
}
