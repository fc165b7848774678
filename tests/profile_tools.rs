//! What tools of PyPI write when programs sleep, wait and import: time counts where it was spent, whichever tool
//! recorded it. Each test is such a file, cut down.

mod common;

use common::marshal::{key, numbers, stats};
use flamedrop::document::Document;
use flamedrop::findings::{self, Settings};
use flamedrop::profile::{Layer, Layers, Profile, Unit};

fn open(bytes: impl Into<Vec<u8>>) -> Document {
    common::open(bytes).unwrap_or_else(|error| panic!("{error}"))
}

fn profile(bytes: impl Into<Vec<u8>>) -> Profile {
    common::profile(open(bytes))
}

/// Seconds of a layer.
fn seconds(profile: &Profile, layer: Layer) -> f64 {
    Layers::of(profile).seconds(layer)
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

/// `time.sleep` and friends have bare names in pyinstrument's files, and are in `<built-in>`.
#[test]
fn built_in_functions_of_pyinstrument_are_known_in_all_its_formats() {
    let leaves = [
        ("sleep", 1.0),
        ("lock.acquire", 0.5),
        ("epoll.poll", 0.25),
        ("Cursor.fetchall", 2.0),
        ("Connection.execute", 4.0),
    ];
    let json = {
        let leaf = |(name, time): (&str, f64)| {
            format!(
                r#"{{"function":"{name}","file_path":"<built-in>","line_no":0,"time":{time},"children":[]}}"#
            )
        };
        let children = leaves.map(leaf).join(",");
        format!(
            r#"{{"start_time":1.0,"duration":7.75,"sample_count":99,"root_frame":{{"function":"main","file_path":"/srv/app.py","line_no":1,"time":7.75,"children":[{children}]}}}}"#
        )
    };
    let session = {
        let record = |(name, time): (&str, f64)| {
            format!(
                r#"[["MainThread\u0000<thread>\u00007","main\u0000/srv/app.py\u00001","{name}\u0000<built-in>\u00000"],{time}]"#
            )
        };
        let records = leaves.map(record).join(",");
        format!(r#"{{"duration":7.75,"sample_count":99,"start_call_stack":[],"frame_records":[{records}]}}"#)
    };
    let speedscope = {
        let mut frame = 0;
        let frames =
            leaves.map(|(name, _)| format!(r#"{{"name":"{name}","file":"<built-in>","line":0}}"#)).join(",");
        let samples = leaves.map(|_| {
            frame += 1;
            format!("[0,{frame}]")
        });
        let (samples, weights) = (samples.join(","), leaves.map(|(_, time)| time.to_string()).join(","));
        format!(
            r#"{{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"pyinstrument","profiles":[{{"type":"sampled","name":"p","unit":"seconds","startValue":0,"endValue":7.75,"samples":[{samples}],"weights":[{weights}]}}],"shared":{{"frames":[{{"name":"main","file":"/srv/app.py","line":1}},{frames}]}}}}"#
        )
    };
    for text in [json, session, speedscope] {
        let profile = profile(text.as_str());
        let (waiting, database) = (seconds(&profile, Layer::Waiting), seconds(&profile, Layer::Database));
        assert!(close(waiting, 1.75) && close(database, 6.0), "{waiting} {database}: {text}");
        let mut again = Vec::new();
        flamedrop::export::speedscope::write("x", &profile, &profile.tree(1000), &mut again)
            .expect("written");
        let again = common::profile(open(again));
        assert!(close(seconds(&again, Layer::Waiting), 1.75), "as exported");
    }
}

/// Python's `profile` counts what the processor does, so a second under `sleep` is another thread's.
#[test]
fn pythons_own_profile_has_a_processors_clock() {
    let sleep = ("", 0, "sleep");
    let file = stats(vec![
        (key("/srv/app.py", 1, "poll"), numbers(1, 1, 0.1, 1.1, vec![])),
        (key("/usr/lib/python3.12/threading.py", 973, "start"), numbers(1, 1, 0.0, 0.0, vec![])),
        (
            key(sleep.0, sleep.1, sleep.2),
            numbers(10, 10, 1.0, 1.0, vec![(key("/srv/app.py", 1, "poll"), 10.into())]),
        ),
    ]);
    let document = open(file);
    let said = common::diagnostics(&document);
    assert!(said.contains("the processor's time") && said.contains("python -m cProfile"), "{said}");
    let titles: Vec<String> = findings::judge(&document, &Settings::default())
        .findings
        .into_iter()
        .map(|finding| format!("{} {}", finding.rule, finding.title))
        .collect();
    assert!(
        !titles.iter().any(|title| title.starts_with("external-waits") || title.contains("wait")),
        "{titles:?}"
    );
    let profile = common::profile(document);
    assert_eq!((profile.unit, seconds(&profile, Layer::Waiting)), (Unit::CpuSeconds, 0.0));
}

/// `read` of files is called by importlib for each module, by subprocess for pipes.
#[test]
fn only_what_reads_a_pipe_waits() {
    let importlib = || key("<frozen importlib._bootstrap_external>", 1062, "get_data");
    let subprocess = || key("/usr/lib/python3.12/subprocess.py", 2030, "_communicate");
    let read = |name: &str, callers: Vec<(common::marshal::Value, f64)>| {
        let all: f64 = callers.iter().map(|(_, time)| time).sum();
        let calls = callers.len() as i64 * 10;
        let edges =
            callers.into_iter().map(|(caller, time)| (caller, tuple![10_i64, 10_i64, time, time])).collect();
        (key("~", 0, name), numbers(calls, calls, all, all, edges))
    };
    let file = stats(vec![
        (importlib(), numbers(10, 10, 0.0, 1.0, vec![])),
        (subprocess(), numbers(10, 10, 0.0, 2.0, vec![])),
        read(
            "<method 'read' of '_io.BufferedReader' objects>",
            vec![(importlib(), 0.5), (subprocess(), 1.0)],
        ),
        read("<built-in method posix.read>", vec![(subprocess(), 1.0)]),
        read("<method 'readinto' of '_io.FileIO' objects>", vec![(importlib(), 0.5)]),
    ]);
    let profile = profile(file);
    let (waiting, imports) = (seconds(&profile, Layer::Waiting), seconds(&profile, Layer::Imports));
    assert!(close(waiting, 2.0) && close(imports, 1.0), "{waiting} {imports}");
}

/// py-spy --native has addresses below what waits.
#[test]
fn machine_code_without_a_name_waits_for_what_called_it() {
    let lock = "lock_PyThread_acquire_lock (libpython3.12.so.1.0);PyThread_acquire_lock_timed (libpython3.12.so.1.0)";
    let wait = "main (app.py:16);Thread._wait_for_tstate_lock (/usr/lib/python3.12/threading.py:1153)";
    let text = format!(
        "{wait};{lock};0x7f0bbcaaed90 (libc.so.6);0x7f0bbcaa3f16 (libc.so.6) 12\n\
         main (app.py:16);wait (/usr/lib/python3.12/threading.py:3);0x7f0bbcaaed91 (libc.so.6) 5\n\
         main (app.py:16);select_epoll_poll_impl (selectmodule.c:1623) 3\n\
         main (app.py:16);deflate (libz.so.1);0x7f0bbcaaed92 (libz.so.1) 7\n\
         main (app.py:16);deflate (libz.so.1);0x7f0bbcaa3f16 (libc.so.6) 4\n"
    );
    let profile = profile(text.as_str());
    assert!(close(seconds(&profile, Layer::Waiting), 20.0), "{}", seconds(&profile, Layer::Waiting));
    assert!(close(seconds(&profile, Layer::Python), 11.0), "{}", seconds(&profile, Layer::Python));
}

/// py-spy -s on a process that is not Python's: nothing but the process.
#[test]
fn time_without_any_function_cannot_be_told() {
    let profile = profile(
        "process 8:\"python\";main (app.py:1);f (app.py:3) 5\nprocess 8:\"python\";main (app.py:1) 5\nprocess 7:\"sh\" 30\n",
    );
    assert!(close(seconds(&profile, Layer::Untold), 30.0), "{}", seconds(&profile, Layer::Untold));
}

/// yappi's callgrind files have threads and tasks that nobody called, and edges of 0 calls.
#[test]
fn calls_that_cannot_be_are_absent() {
    let text = "version: 1\ncreator: pyprof2calltree\nevents: ns\n\
                fl=a.py\nfn=main\n1 1000\ncfn=f\ncalls=3 2\n1 500\n\
                fn=f\n2 500\ncfn=g\ncalls=0 3\n2 100\n\
                fn=g\n3 100\n";
    let document = open(text);
    let said = common::diagnostics(&document);
    assert!(said.contains("called 0 times"), "{said}");
    let profile = common::profile(document);
    let functions = &profile.functions;
    for id in 0..functions.len() as u32 {
        let (calls, primitive) = (functions.calls_of(id), functions.primitive_calls_of(id));
        assert!(primitive <= calls, "{}: {primitive:?} of {calls:?}", functions.name(id));
        assert_ne!(calls, Some(0), "{} has time", functions.name(id));
    }
    let g = functions.find("a.py", 3, "g").expect("g");
    assert_eq!(functions.calls_of(g), None);
}

fn judged(document: &Document, rule: &str) -> Vec<findings::Finding> {
    let all = findings::judge(document, &Settings::default()).findings;
    all.into_iter().filter(|finding| finding.rule == rule).collect()
}

/// Threads wait side by side, and a worker without tasks has nothing to do.
#[test]
fn threads_that_wait_save_no_more_than_the_run_lasted() {
    let thread = |number: u32, stack: &str, time: f64| {
        format!(
            r#"{{"type":"sampled","name":"Thread {number} \"t{number}\"","unit":"seconds","startValue":0,"endValue":{time},"samples":[[{stack}]],"weights":[{time}]}}"#
        )
    };
    // main: sleep; three threads: run, fetch, sleep; one: run, worker, get, wait, acquire.
    let profiles = [
        thread(1, "0", 5.0),
        thread(2, "1,2,3", 5.0),
        thread(3, "1,2,3", 5.0),
        thread(4, "1,2,3", 5.0),
        thread(5, "1,4,5,6,7", 5.0),
    ];
    let frames = [
        ("main", "/srv/app.py", 1),
        ("run", "/usr/lib/python3.12/threading.py", 999),
        ("fetch", "/srv/app.py", 9),
        ("sleep", "/usr/lib/python3.12/asyncio/tasks.py", 3),
        ("worker", "/srv/app.py", 20),
        ("get", "/usr/lib/python3.12/queue.py", 171),
        ("wait", "/usr/lib/python3.12/threading.py", 355),
        ("_wait_for_tstate_lock", "/usr/lib/python3.12/threading.py", 1153),
    ];
    let frames =
        frames.map(|(name, file, line)| format!(r#"{{"name":"{name}","file":"{file}","line":{line}}}"#));
    let text = format!(
        r#"{{"$schema":"https://www.speedscope.app/file-format-schema.json","exporter":"py-spy@0.4.3","profiles":[{}],"shared":{{"frames":[{}]}}}}"#,
        profiles.join(","),
        frames.join(",")
    );
    let document = open(text.as_str());
    let found = judged(&document, "external-waits");
    let titles: Vec<&str> = found.iter().map(|finding| finding.title.as_str()).collect();
    assert_eq!(found.len(), 1, "a worker's queue is none: {titles:?}");
    assert!(found[0].title.starts_with("fetch"), "{titles:?}");
    assert!(close(found[0].at_stake, 15_000.0) && close(found[0].saving, 5000.0), "{:?}", found[0].saving);
    assert!(found[0].computed.contains("5 threads"), "{}", found[0].computed);
}

/// What sqlite3 does for `execute` it may do in `fetchall` only.
#[test]
fn waiting_for_a_driver_is_that_of_all_its_functions() {
    let (execute, fetch) =
        ("<method 'execute' of 'sqlite3.Cursor' objects>", "<method 'fetchall' of 'sqlite3.Cursor' objects>");
    let report = || key("/srv/app.py", 1, "report");
    let of = |name: &str, time: f64| {
        (key("~", 0, name), numbers(2, 2, time, time, vec![(report(), tuple![2_i64, 2_i64, time, time])]))
    };
    let file = stats(vec![(report(), numbers(1, 1, 0.1, 2.1, vec![])), of(execute, 0.5), of(fetch, 1.5)]);
    let found = judged(&open(file), "slow-statements");
    assert_eq!(found.len(), 1);
    assert!(close(found[0].at_stake, 2000.0), "{}", found[0].at_stake);
    assert!(found[0].title.contains("in 2 statements"), "{}", found[0].title);
}

/// A dozen samples are no measurement.
#[test]
fn few_samples_say_little() {
    for (samples, expected) in [(12, true), (1200, false)] {
        let text = format!("main (/srv/app.py:1);busy (/srv/app.py:5) {samples}\n");
        let found = findings::judge(&open(text.as_str()), &Settings::default()).findings;
        assert!(!found.is_empty());
        for finding in found {
            assert_eq!(finding.doubts.contains("12 samples in all"), expected, "{}", finding.doubts);
            assert!(!expected || finding.confidence == findings::Confidence::Low);
        }
    }
}
