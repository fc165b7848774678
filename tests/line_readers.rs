//! What profilers of memory and lines write that is easily read as something else: each test is such a file, cut down.

mod common;

use flamedrop::findings::{self, Settings};
use flamedrop::format::Unit;
use flamedrop::profile::Profile;

fn open(bytes: impl Into<Vec<u8>>) -> (Profile, String) {
    let document = common::open(bytes).unwrap_or_else(|error| panic!("{error}"));
    let said = common::diagnostics(&document);
    (common::profile(document), said)
}

fn refused(bytes: impl Into<Vec<u8>>) -> String {
    match common::open(bytes) {
        Err(error) => error.to_string(),
        Ok(document) => panic!("{} was read", document.format),
    }
}

/// Name, line where it begins, self and total of each function, by name.
fn functions(profile: &Profile) -> Vec<(&str, i64, f64, f64)> {
    let functions = &profile.functions;
    let row = |id: u32| {
        let at = id as usize;
        (functions.name(id), functions.line[at], functions.self_time[at], functions.total_time[at])
    };
    let mut rows: Vec<_> = (0..functions.len() as u32).map(row).collect();
    rows.sort_by(|one, other| one.0.cmp(other.0));
    rows
}

fn titles(bytes: impl Into<Vec<u8>>) -> Vec<String> {
    let document = common::open(bytes).unwrap_or_else(|error| panic!("{error}"));
    let report = findings::judge(&document, &Settings::default());
    report.findings.into_iter().map(|finding| finding.title).collect()
}

/// memray's page of `main` (line 5) that calls `leaf` (line 10, twice the bytes of `other`), which `other` is beside.
fn memray(title: &str, inverted: bool, bytes: u64) -> String {
    let (mark, function) = if inverted { ("\"children\":[[]]", "[0,2,3,4,3]") } else { ("", "[0,3,2,3,4]") };
    let (line, one, two) = (if inverted { "[0,10,5,20,5]" } else { "[0,5,10,5,20]" }, bytes, 2 * bytes);
    format!(
        "<!DOCTYPE html>\n<html><title>memray - {title}</title>\nPeak memory usage: 4.2 MB<br>\n<script>\n\
         const packed_data = {{\"inverted_no_imports_nodes\":{{{mark}}},\"nodes\":{{\
         \"children\":[[1,3],[2],[],[4],[]],\"filename\":[0,1,1,1,1],\"function\":{function},\"lineno\":{line},\
         \"n_allocations\":[3,2,2,1,1],\"name\":[0,0,0,0,0],\"thread_id\":[0,5,5,5,5],\
         \"value\":[{},{two},{two},{one},{one}]}},\"strings\":[\"\",\"a.py\",\"leaf\",\"main\",\"other\",\"0x1\"]}};\n\
         const memory_records = [[1000,500,0],[1010,600,0]];\n</script></html>",
        one + two
    )
}

#[test]
fn an_inverted_page_is_turned_over() {
    let (upright, _) = open(memray("flamegraph report", false, 100));
    let (turned, _) = open(memray("inverted flamegraph report", true, 100));
    assert_eq!(
        functions(&upright),
        [("leaf", 10, 200.0, 200.0), ("main", 5, 0.0, 300.0), ("other", 20, 100.0, 100.0)]
    );
    assert_eq!(functions(&turned), functions(&upright));
    let lines = |profile: &Profile| {
        let table = profile.line_table.as_ref().expect("lines");
        let at = table.line.iter().position(|line| *line == 10).expect("line 10");
        table.columns[0].values[at]
    };
    assert_eq!((lines(&turned), lines(&upright)), (200.0, 200.0));
    // It ends before anything is measured twice: no curve of nothing, and no function for what has no frame.
    let series = upright.series.expect("a series");
    let names: Vec<&str> = series.curves.iter().map(|curve| curve.name.as_str()).collect();
    assert_eq!(names, ["Resident memory"]);
}

#[test]
fn memray_says_of_which_allocations_it_is_where_it_is_known() {
    let said = |page: String| open(page).1;
    assert!(said(memray("flamegraph report", false, 100)).contains("the file does not say"));
    let leaks = said(memray("flamegraph report (memory leaks)", false, 100));
    assert!(leaks.contains("what was not freed until the end") && !leaks.contains("peak,"), "{leaks}");
    // 24 MiB, of which never more than 4.2 MB lived at once.
    let page = memray("flamegraph report", false, 8 << 20);
    let temporary = said(page.clone());
    assert!(temporary.contains("temporary allocations"), "{temporary}");
    assert_eq!(titles(page), ["a.py:10 allocates 16 MiB, 67 % of it"]);
    assert_eq!(
        titles(memray("flamegraph report (memory leaks)", false, 8 << 20)),
        ["a.py:10 holds 16 MiB, 67 % of it"]
    );
    let csv = "allocator,num_allocations,size,tid,thread_name,stack_trace\nMALLOC,1,5,2,0x2,f;a.py;3\n";
    assert!(open(csv).1.contains("unless memray was asked for --leaks or --temporary-allocations"));
}

#[test]
fn leaks_by_time_are_what_was_never_freed() {
    let page = memray("temporal flamegraph report (memory leaks)", false, 100);
    // As --temporal --leaks writes it: no peaks, and intervals of which those without an end leaked.
    let intervals = "\"high_water_mark_by_snapshot\":null,\"intervals\":[[3,null,2,2,70],[0,5,2,9,900],[1,null,4,1,30]],\"strings\"";
    let (profile, said) = open(page.replace("\"strings\"", intervals));
    assert_eq!(profile.total(), 100.0);
    assert_eq!(
        functions(&profile),
        [("leaf", 10, 70.0, 70.0), ("main", 5, 0.0, 100.0), ("other", 20, 30.0, 30.0)]
    );
    assert!(said.contains("never freed"), "{said}");
}

#[test]
fn a_csv_of_memrays_that_is_cut_says_so() {
    let csv = "allocator,num_allocations,size,tid,thread_name,stack_trace\nMALLOC,1,5,2,0x2,f;a.py;3\n";
    assert!(!open(csv).1.contains("cut short"));
    for cut in ["MALLOC,1,6", "MALLOC,1,6,2,0x2,f;a."] {
        let (profile, said) = open(format!("{csv}{cut}"));
        assert_eq!(profile.total(), 5.0, "{cut}");
        assert!(said.contains("cut short"), "{cut}: {said}");
    }
}

const NUMBERS: &str = "\"n_peak_mb\":0,\"n_malloc_mb\":0,\"n_copy_mb_s\":0,\"n_mallocs\":0";

fn row(line: &str, number: u32, shares: [f64; 3]) -> String {
    let [python, native, system] = shares;
    format!(
        "{{\"line\":\"{line}\",\"lineno\":{number},\"n_cpu_percent_python\":{python},\"n_cpu_percent_c\":{native},\
         \"n_sys_percent\":{system},{NUMBERS}}}"
    )
}

fn scalene(stacks: &str, lines: &str, functions: &str) -> String {
    format!(
        "{{\"alloc_samples\":0,\"elapsed_time_sec\":2.0,\"samples\":[[500000000,1.0],[1500000000,3.0]],\"stacks\":{stacks},\
         \"files\":{{\"a.py\":{{\"functions\":[{functions}],\"lines\":[{lines}]}}}}}}"
    )
}

/// Scalene 1.5 of a program with `@profile`: no time of any line, stacks as lists, and of one function only.
#[test]
fn scalenes_functions_are_read_where_lines_have_nothing() {
    let rows = [row("main", 34, [10.0, 5.0, 60.0]), row("Shop.worker", 23, [15.0, 0.0, 10.0])].join(",");
    let stacks = "[[[[\"a.py\",\"Shop.worker\",27]],[14,0.1,0.15,0.25]]]";
    let (profile, said) = open(scalene(stacks, &row("x", 27, [0.0; 3]), &rows));
    assert_eq!(functions(&profile), [("Shop.worker", 23, 0.5, 0.5), ("main", 34, 1.5, 1.5)]);
    assert!(said.contains("stacks of 25 % of the time only"), "{said}");
    let measures: Vec<(&str, f64)> =
        profile.measures().into_iter().map(|(name, _, total)| (name, (total * 1e3).round())).collect();
    assert_eq!(
        measures,
        [
            ("Time", 2000.0),
            ("Time in Python", 500.0),
            ("Time in native code", 100.0),
            ("Time in the system", 1400.0)
        ]
    );
    let (profile, said) = open(scalene("[]", &row("x", 27, [0.0; 3]), &rows));
    assert!((profile.total() - 2.0).abs() < 1e-9 && said.contains("has no stacks"), "{said}");
}

/// What stacks have of Python and native code has the system's time in it: lines have the split.
#[test]
fn scalenes_stacks_have_one_time_and_places_of_functions() {
    let stacks =
        "[[[\"a.py main:40;\",\"a.py Shop.work:27;\"],{\"python_time\":0.1,\"c_time\":0.9,\"count\":3}]]";
    let rows = [row("main", 34, [0.0; 3]), row("Shop.work", 23, [20.0, 30.0, 50.0])].join(",");
    let (profile, said) = open(scalene(stacks, &row("x", 27, [20.0, 30.0, 50.0]), &rows));
    assert_eq!(functions(&profile), [("Shop.work", 23, 2.0, 2.0), ("main", 34, 0.0, 2.0)]);
    assert_eq!((profile.unit, profile.measures().len(), said.as_str()), (Unit::Seconds, 0, ""));
    // Moments count from the start of the run, not from the first one.
    let series = profile.series.expect("a series");
    assert_eq!(series.curves[0].at, [0.5, 1.5]);
    let half = stacks.replace("0.9", "0.7");
    let (_, said) = open(scalene(&half, &row("x", 27, [20.0, 30.0, 50.0]), &rows));
    assert!(said.contains("stacks have 80 % of the time that lines have"), "{said}");
}

/// A field with bytes, and one with a number below 128, of a protocol buffer.
fn bytes(field: u8, bytes: &[u8]) -> Vec<u8> {
    [&[field << 3 | 2, bytes.len() as u8], bytes].concat()
}

fn pprof(types: &[[&str; 2]], values: &[u8]) -> Vec<u8> {
    let mut texts = vec!["", "leaf", "a.go"];
    let mut file = Vec::new();
    for kind in types {
        file.extend(bytes(1, &[8, texts.len() as u8, 16, texts.len() as u8 + 1]));
        texts.extend(kind);
    }
    if !values.is_empty() {
        file.extend(bytes(2, &[bytes(1, &[1]), bytes(2, values)].concat()));
    }
    file.extend(bytes(4, &[vec![8, 1], bytes(4, &[8, 1, 16, 11])].concat()));
    file.extend(bytes(5, &[8, 1, 16, 1, 32, 2, 40, 10]));
    file.extend(texts.iter().flat_map(|text| bytes(6, text.as_bytes())));
    file
}

/// Go writes what was allocated before what is held, and names no default: the last is meant.
#[test]
fn pprofs_last_type_is_shown_first() {
    let heap = [
        ["alloc_objects", "count"],
        ["alloc_space", "bytes"],
        ["inuse_objects", "count"],
        ["inuse_space", "bytes"],
    ];
    let (profile, _) = open(pprof(&heap, &[9, 100, 1, 70]));
    assert_eq!((profile.unit, profile.total()), (Unit::Bytes, 70.0));
    assert_eq!(profile.measures()[0].0, "inuse_space");
    // Of times the clock's stays first.
    let (profile, _) =
        open(pprof(&[["wall", "seconds"], ["delay", "seconds"], ["locks", "count"]], &[5, 2, 3]));
    assert_eq!((profile.measures()[0].0, profile.total()), ("wall", 5.0));
    let (profile, _) = open(pprof(&[["wall", "minutes"]], &[2]));
    assert_eq!((profile.unit, profile.total()), (Unit::Seconds, 120.0));
    // What was allocated is not what is held.
    let allocated = pprof(&[["alloc_space", "gigabytes"]], &[1]);
    assert_eq!(titles(allocated), ["a.go:11 allocates 1 GiB, 100 % of it"]);
}

#[test]
fn pprof_that_is_cut_or_idle_is_no_profile() {
    let whole = pprof(&[["cpu", "nanoseconds"]], &[6]);
    assert!(open(whole.clone()).0.total() > 0.0);
    let first_text = whole.windows(2).position(|two| two == [0x32, 0]).expect("texts");
    for end in [first_text, first_text + 2] {
        assert!(refused(&whole[..end]).contains("ends in the middle"), "{end}");
    }
    let idle = refused(pprof(&[["cpu", "nanoseconds"]], &[]));
    assert!(idle.contains("nothing ran") && !idle.contains("damaged"), "{idle}");
}

/// Files of two runs have the same numbers for other texts.
#[test]
fn tachyons_runs_have_numbers_of_their_own() {
    let run = |id: &str, name: &str, v: u32, tables: [&str; 4]| {
        let [string_table, strings, frame_table, frames] = tables;
        let head = |kind: &str| format!("{{\"type\":\"{kind}\",\"v\":{v},\"run_id\":\"{id}\",");
        [
            format!("{}\"sample_interval_usec\":1000}}", head("meta")),
            format!(
                "{}\"{strings}\":[{{\"str_id\":1,\"value\":\"{name}\"}},{{\"str_id\":2,\"value\":\"a.py\"}}]}}",
                head(string_table)
            ),
            format!(
                "{}\"{frames}\":[{{\"frame_id\":1,\"path_str_id\":2,\"func_str_id\":1,\"line\":5}}]}}",
                head(frame_table)
            ),
            format!(
                "{}\"samples_total\":10,\"entries\":[{{\"frame_id\":1,\"self\":10,\"cumulative\":10}}]}}",
                head("agg")
            ),
            format!("{}\"samples_total\":10}}\n", head("end")),
        ]
        .join("\n")
    };
    let now = ["string_table", "strings", "frame_table", "frames"];
    let (profile, said) = open(run("a", "one", 1, now) + &run("b", "two", 1, now));
    assert_eq!(functions(&profile), [("one", 5, 10.0, 10.0), ("two", 5, 10.0, 10.0)]);
    assert!(said.contains("the file has 2 runs"), "{said}");
    let (profile, said) = open(run("a", "one", 1, ["str_def", "defs", "frame_def", "defs"]));
    assert_eq!((profile.total(), said.contains("newer")), (10.0, false));
    assert!(open(run("a", "one", 2, now)).1.contains("a newer version"));
}

#[test]
fn what_measured_nothing_says_what_to_do() {
    // A pickle of LineStats with `timings` empty.
    let none = b"\x80\x04\x8c\x0dline_profiler\x8c\x09LineStats\x93)\x81}(\x8c\x07timings}\x8c\x04unitG>\xb0\xc6\xf7\xa0\xb5\xed\x8dub.";
    let error = refused(&none[..]);
    assert!(error.contains("no function was to be measured") && error.contains("Put @profile on"), "{error}");
    // The last time has lost its digits.
    let cut = "MEM 20.5 1796000000.0\nMEM 31.0 1796000001.0\nMEM 30.0 1796000002.0\nMEM 24.574219 17960";
    let (profile, said) = open(cut);
    assert_eq!(profile.series.expect("a series").curves[0].at, [0.0, 1.0, 2.0]);
    assert!(said.contains("cut short"), "{said}");
}

#[test]
fn what_is_not_read_is_named_with_the_command_that_makes_what_is() {
    let gecko = "{\"meta\":{},\"threads\":[{\"samples\":{\"schema\":{\"stack\":0},\"data\":[[1]]},\"stackTable\":{\"schema\":\
                 {\"prefix\":0},\"data\":[]},\"frameTable\":{\"schema\":{},\"data\":[]}}]}";
    let cpu: Vec<u8> =
        [0_u64, 3, 0, 10_000, 0, 3, 2, 0x4001].iter().flat_map(|word| word.to_le_bytes()).collect();
    for (file, command) in [
        (&b"heap profile:      3:  1500 [    10:   9000] @ heap/1\n     2:   1000 @ 0x4001\n"[..], "-proto"),
        (b"goroutine profile: total 3\n2 @ 0x4001 0x4002\n", "?debug=1"),
        (b"--- contentionz 1 ---\ncycles/second = 1\n", "-proto"),
        (b"--- threadz 1 ---\n", "-proto"),
        (b"--- symbol\nbinary=/bin/x\n--- profile\n\0\0\0\0", "-proto"),
        (&cpu, "-proto"),
        (gecko.as_bytes(), "https://profiler.firefox.com"),
        (b"{}", "scalene run -o app.json app.py"),
        (b"CMDLINE python a.py\n", "mprof run app.py"),
        (b"Line #    Mem usage    Increment  Occurrences   Line Contents\n=====\n", "mprof run app.py"),
        (
            "\u{1f4cf} Total allocations:\n\t35\n\n\u{1f4c8} Peak memory usage:\n\t40.797MB\n".as_bytes(),
            "memray stats --json",
        ),
        (b"File: x\nType: cpu\n      flat  flat%   sum%        cum   cum%\n", "go tool pprof -proto"),
        (b"\x80\x04]\x8c\x0btracemalloc\x8c\x09Statistic\x93)\x81.", "take_snapshot().dump("),
        (
            b"ccopy_reg\n_reconstructor\np0\n(cline_profiler.line_profiler\nLineStats\np1\n",
            "kernprof -l app.py",
        ),
    ] {
        let error = refused(file);
        assert!(error.contains("looks like") && error.contains(command), "{error}");
        assert!(!error.contains("Supported") && !error.contains("a text file"), "{error}");
    }
}

fn command(arguments: &[&str]) -> (String, bool) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_flamedrop"))
        .args(arguments)
        .output()
        .expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&said).into_owned(), output.status.success())
}

/// Lines and curves add up to nothing, and are no stacks.
#[test]
fn the_command_line_says_no_zeros_of_what_has_no_total() {
    let path = |name: &str| common::data(&format!("profiles/{name}")).display().to_string();
    let (old, new) = (path("line_profiler-4.1.3.lprof"), path("line_profiler-5.1.0.lprof"));
    let (said, _) = command(&["diff", &old, &new]);
    assert!(said.contains("Neither has a total to compare") && !said.contains("0 s"), "{said}");
    let (said, done) = command(&["export", "--as", "folded", &old]);
    assert!(!done && said.contains("no stacks of functions"), "{said}");
    let (said, done) = command(&["export", "--as", "csv", &path("memory_profiler-0.61.0.dat")]);
    assert!(!done && said.contains("memory over time"), "{said}");
    let (said, _) = command(&["findings", &path("memray-1.20.0.csv")]);
    assert!(said.contains("80 % of the memory") && !said.contains("of the time"), "{said}");
}
