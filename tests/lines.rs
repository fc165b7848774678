//! What lines of code took, and memory over time: the files of line_profiler, tracemalloc, Scalene, memory_profiler,
//! memray and vprof open with the numbers that the tools themselves have. The recordings: tests/data/profiles/README.md.

mod common;

use flamedrop::document::Document;
use flamedrop::findings::{self, Settings};
use flamedrop::format::Unit;
use flamedrop::input::MemorySource;
use flamedrop::profile::Profile;
use flamedrop::protocol::{ContentOverview, LinesOf, Request, Response};
use flamedrop::session::Session;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

fn document(name: &str) -> Document {
    common::open(common::bytes(&format!("profiles/{name}"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn profile(name: &str) -> Profile {
    common::profile(document(name))
}

/// What a line of the file has of a column.
fn line(profile: &Profile, file: &str, line: u32, column: &str) -> Option<f64> {
    let table = profile.line_table.as_ref().expect("lines");
    let id = (0..table.files.len() as u32).find(|&id| table.files.get(id).ends_with(file)).expect("the file");
    let at = table.of_file(id).find(|&at| table.line[at] == line)?;
    let column = table.columns.iter().find(|one| one.name == column)?;
    Some(column.values[at]).filter(|value| !value.is_nan())
}

/// The sum of a column.
fn sum(profile: &Profile, column: &str) -> f64 {
    let table = profile.line_table.as_ref().expect("lines");
    let column = table.columns.iter().find(|one| one.name == column).expect("the column");
    column.values.iter().filter(|value| !value.is_nan()).sum()
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-6 * one.abs().max(other.abs()).max(1e-3)
}

#[test]
fn line_profiler_of_both_versions() {
    for (name, work, rec) in [
        ("line_profiler-4.1.3.lprof", 0.080_542_172, 0.020_384_932),
        ("line_profiler-5.1.0.lprof", 0.080_622_085, 0.022_717_247),
    ] {
        let profile = profile(name);
        assert!(profile.functions.is_empty() && profile.total() == 0.0);
        // `work` 4 calls, `rec` 4 nested ones, `aw` 3 coroutines, `gen` 4 items.
        assert!(close(line(&profile, "lpw.py", 9, "Time").expect("a time"), work), "{name}");
        assert!(close(line(&profile, "lpw.py", 15, "Time").expect("a time"), rec), "{name}");
        let hits = |at| line(&profile, "lpw.py", at, "Hits");
        assert_eq!(
            (hits(9), hits(15), hits(14), hits(20), hits(24)),
            (Some(4.0), Some(4.0), Some(3.0), Some(3.0), Some(4.0))
        );
        let table = profile.line_table.expect("lines");
        assert_eq!(table.function(0), Some("work"));
    }
}

#[test]
fn tracemalloc_has_lines_and_stacks() {
    let profile = profile("tracemalloc-3.13.0.snapshot");
    assert_eq!((profile.unit, profile.total()), (Unit::Bytes, 5_104_381.0));
    // 100 × 1,000 bytes in line 3, called by line 4, which holds 5,000,000 itself.
    assert_eq!(line(&profile, "tm.py", 3, "Memory"), Some(104_324.0));
    assert_eq!(line(&profile, "tm.py", 3, "Blocks"), Some(102.0));
    assert_eq!(line(&profile, "tm.py", 4, "Memory"), Some(5_000_057.0));
    assert_eq!(line(&profile, "tm.py", 4, "Memory with calls"), Some(5_104_221.0));
    assert_eq!(profile.measures().len(), 2);
    let functions = &profile.functions;
    assert_eq!((functions.len(), functions.name(0)), (2, "line 4"));
}

/// Rows of functions have half of a loop; lines and stacks have all of it.
#[test]
fn scalenes_lines_are_the_truth() {
    let profile = profile("scalene-2.4.0-cpu.json.gz");
    let elapsed = 0.845_540_285_110_473_6;
    assert!(close(profile.total(), elapsed) && close(sum(&profile, "Time"), elapsed));
    // `one` has both halves of its loop: 34.8 % in stacks as in lines.
    let lines: f64 = (1..6).filter_map(|at| line(&profile, "scw2.py", at, "Time")).sum();
    let one =
        (0..profile.functions.len()).find(|&id| profile.functions.name(id as u32) == "one").expect("one");
    assert!((lines / elapsed - 0.348).abs() < 0.001, "{lines}");
    assert!((profile.functions.self_time[one] / lines - 1.0).abs() < 0.01);
    assert_eq!(profile.line_table.as_ref().expect("lines").source(0, 1), Some("def one(n):"));
    let memory = self::profile("scalene-2.4.0-memory.json.gz");
    let peak = |at| line(&memory, "mem.py", at, "Peak memory").map(|bytes| (bytes / MEBIBYTE).round());
    assert_eq!((peak(3), peak(5), peak(7)), (Some(10.0), Some(1.0), Some(1.0)));
    let curve = &memory.series.as_ref().expect("a series").curves[0];
    let top = curve.peak().expect("a peak");
    assert!((curve.value[top] / MEBIBYTE - 25.068).abs() < 0.001);
    let place = curve.place(top).expect("a place");
    assert_eq!((place.file.as_str(), place.line), ("/srv/webap/small/mem.py", 3));
}

/// `big()` holds 30 MiB for 0.3 s.
#[test]
fn memory_profilers_functions_are_marks() {
    let document = document("memory_profiler-0.61.0.dat");
    assert!(common::diagnostics(&document).contains("before a process ran"));
    let profile = common::profile(document);
    let series = profile.series.expect("a series");
    let curve = &series.curves[0];
    let top = curve.peak().expect("a peak");
    assert!((curve.value[top] / MEBIBYTE - 54.464_844).abs() < 1e-6);
    let mark = &series.marks[0];
    assert_eq!(mark.name, "__main__.big");
    assert!((mark.span.1 - mark.span.0 - 0.3187).abs() < 1e-3, "{mark:?}");
    assert!(series.open_at(curve.at[top]).any(|mark| mark.name == "__main__.big"));
    let children = self::profile("memory_profiler-0.61.0-children.dat").series.expect("a series");
    let names: Vec<&str> = children.curves.iter().map(|curve| curve.name.as_str()).collect();
    assert_eq!(names, ["Memory", "process 30086"]);
    assert!((children.curves[1].value[0] / MEBIBYTE - 9.230_469).abs() < 1e-6);
}

/// `g()` holds 50 MiB, which line 6 gives back.
#[test]
fn vprof_has_all_its_modes_in_one_file() {
    let profile = profile("vprof-0.38.cmh.json");
    assert_eq!(profile.functions.len(), 2);
    let series = profile.series.as_ref().expect("mode m");
    let curve = &series.curves[0];
    let top = curve.peak().expect("a peak");
    assert!((curve.value[top] / MEBIBYTE - 63.128_906).abs() < 1e-5);
    let place = curve.place(top).expect("a place");
    assert_eq!((place.line, place.function.as_str(), curve.at[top]), (6, "g", 11.0));
    assert_eq!(series.objects[0], ("function".to_owned(), 2));
    assert!(close(line(&profile, "vpmem.py", 5, "Time").expect("mode h"), 0.027_289_629));
    assert_eq!(line(&profile, "vpmem.py", 2, "Hits"), Some(4.0));
    assert_eq!(profile.line_table.as_ref().expect("mode h").source(0, 6), Some("    del b"));
    let heat = self::profile("vprof-0.38.h.json");
    assert_eq!(line(&heat, "simple.py", 4, "Hits"), Some(80_002.0));
    assert!(heat.functions.is_empty() && heat.series.is_none());
    let memory = self::profile("vprof-0.38.m.json");
    assert!(memory.functions.is_empty() && memory.line_table.is_none() && memory.series.is_some());
}

/// 10 MiB each of main and of a thread, 50 × 1 MiB freed at once, 5,000 × 1,000 bytes: a peak of 26.0 MiB.
#[test]
fn memray_in_all_that_it_writes() {
    for name in [
        "memray-1.20.0.csv",
        "memray-1.20.0-flamegraph-packed_data.json",
        "memray-1.20.0-table-packed_data.json",
        "memray-1.20.0-flamegraph.html.gz",
        "memray-1.20.0-table.html.gz",
        "memray-1.20.0-temporal.html.gz",
    ] {
        let profile = profile(name);
        assert!((profile.total() / MEBIBYTE - 26.0).abs() < 0.05, "{name}: {}", profile.total());
        assert_eq!(line(&profile, "mem.py", 3, "Memory"), Some(20_971_522.0), "{name}");
        assert_eq!(profile.measures()[1].1, Unit::Count, "{name}");
        // None of them was asked for --split-threads.
        assert_eq!(profile.tracks().len(), 1, "{name}");
        let is_page = name.ends_with("html.gz");
        assert_eq!(profile.series.is_some(), is_page, "{name}");
        if let Some(series) = profile.series {
            let curve = &series.curves[0];
            assert_eq!(curve.value[curve.peak().expect("a peak")], 27_288_904.0, "{name}");
        }
        // Nothing is escaped for HTML any more.
        assert!(profile.functions.names.iter().all(|name| !name.contains("&lt;")), "{name}");
    }
    let graph = profile("memray-1.20.0.gprof2dot.json");
    assert_eq!((graph.unit, graph.total()), (Unit::Bytes, 27_245_510.0));
    let stats = document("memray-1.20.0-stats.json");
    let said = common::diagnostics(&stats);
    assert!(said.contains("the peak was 26 MiB") && said.contains("126 MiB in 5,284 allocations"), "{said}");
    let stats = common::profile(stats);
    assert_eq!(line(&stats, "mem.py", 7, "Allocated"), Some(104_857_700.0));
    assert_eq!(line(&stats, "mem.py", 5, "Allocations"), Some(5033.0));
}

#[test]
fn damaged_and_hostile_files_are_explained() {
    let error = |bytes: &[u8]| common::open(bytes).expect_err("no profile").to_string();
    let lprof = common::bytes("profiles/line_profiler-5.1.0.lprof");
    assert!(error(&lprof[..200]).contains("ends in the middle"));
    // A pickle that would run something.
    let evil = b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00\x8c\x0dline_profiler\x94\x8c\x09LineStats\x94\x93\x94cposix\nsystem\n(S'true'\ntR.";
    assert!(error(evil).contains("nothing of it was run"));
    // Of the right class, and nothing in it.
    assert!(
        error(b"\x80\x04\x8c\x0dline_profiler\x8c\x09LineStats\x93)\x81}b.")
            .contains("no line of it has a time")
    );
    let cycle = b"{\"inverted_no_imports_nodes\":{},\"nodes\":{\"children\":[[1],[1]],\"value\":[5,5]},\"strings\":[]}";
    assert!(error(cycle).contains("no tree"));
    assert!(error(b"MEM x 1\nMEM 1 y\n").contains("cannot read this format"));
    let odd =
        common::open("MEM 20.5 100.0\nMEM 31.0 101.0\nMEM 32.0 102.0\nMEM 30.5 nan\nwhat\nCHLD 5 1.0 x\n")
            .expect("a series");
    assert!(common::diagnostics(&odd).contains("3 × lines that are none of mprof's"));
    assert!(
        error(b"{\"alloc_samples\": 0, \"elapsed_time_sec\": 1, \"files\": {}}").contains("no line of it")
    );
}

/// A session shows lines and series, and switches measures; tracks and functions keep their places.
#[test]
fn sessions_answer_about_lines_series_and_measures() {
    let open = |name: &str| {
        let bytes = common::bytes(&format!("profiles/{name}"));
        Session::open(Box::new(MemorySource::new(name, bytes)), &|_| ()).expect("a document")
    };
    let overview = |response: Response| match response {
        Response::Reread(overview) => match overview.content {
            ContentOverview::Profile(profile) => profile,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let mut session = open("ddtrace-4.16.0.zstd.pprof");
    let ContentOverview::Profile(first) = session.overview().content else { panic!("no profile") };
    assert_eq!((first.measure, first.measures.len(), first.has_lines, first.has_series), (0, 8, true, false));
    let memory = overview(session.answer(&Request::Measure(5)));
    assert_eq!((memory.measure, memory.unit, memory.total), (5, Unit::Bytes, 1_871_343_493.0));
    let worker = overview(session.answer(&Request::Tracks(vec![1])));
    assert_eq!((worker.measure, worker.shown_tracks.clone(), worker.unit), (5, vec![1], Unit::Bytes));
    assert!(worker.total < memory.total);
    // Tracks say what they have of what is shown.
    assert!((worker.tracks[1].total - worker.total).abs() < 1.0);
    // Findings and lines are about the whole.
    assert!(matches!(
        session.answer(&Request::Findings { settings: Settings::default() }),
        Response::Findings(_)
    ));
    let Response::Lines(lines) = session.answer(&Request::Lines(LinesOf::Most)) else { panic!("no lines") };
    assert!(lines.files[0].path.ends_with("workload.py") && lines.file == lines.files[0].file);
    let back = overview(session.answer(&Request::Measure(0)));
    assert_eq!((back.measure, back.shown_tracks.clone()), (0, vec![1]));
    let back = overview(session.answer(&Request::Tracks(Vec::new())));
    assert_eq!((back.total, back.shown_tracks.clone()), (first.total, Vec::new()));
    assert!(matches!(session.answer(&Request::Measure(99)), Response::Refused(_)));
    let mut session = open("vprof-0.38.cmh.json");
    let Response::Lines(lines) = session.answer(&Request::Lines(LinesOf::Most)) else { panic!("no lines") };
    assert_eq!((lines.rows.len(), lines.rows[5].line), (10, 6));
    assert_eq!(lines.rows[9].values, [None, None]);
    let Response::Series(series) = session.answer(&Request::Series) else { panic!("no series") };
    assert_eq!((series.curves[0].peak, series.curves[0].at.len()), (Some(10), 12));
    let mut session = open("line_profiler-5.1.0.lprof");
    assert!(matches!(session.answer(&Request::Series), Response::Refused(_)));
}

#[test]
fn findings_about_memory_and_lines() {
    let found = |document: &Document| -> Vec<(String, String)> {
        let report = findings::judge(document, &Settings::default());
        report.findings.into_iter().map(|finding| (finding.rule, finding.title)).collect()
    };
    let memory = found(&document("memray-1.20.0.csv"));
    assert_eq!(memory, [("peak-line".to_owned(), "mem.py:3 holds 20 MiB, 77 % of it".to_owned())]);
    let lines = found(&document("line_profiler-5.1.0.lprof"));
    assert_eq!(lines[0].0, "costly-line");
    assert!(lines[0].1.contains("lpw.py:9 takes 80.6 ms, 98 % of work"), "{lines:?}");
    // One that grows until it ends, and one that gives back what it took.
    let curve = |of: fn(u32) -> f64| -> String {
        (0..40).map(|at| format!("MEM {:.3} {:.1}\n", of(at), 1000.0 + f64::from(at))).collect()
    };
    let grows = found(&common::open(curve(|at| 30.0 + f64::from(at))).expect("a series"));
    assert_eq!(grows[0].0, "memory-growth");
    assert!(grows[0].1.contains("Memory grows by 34 MiB"), "{grows:?}");
    let falls = found(&common::open(curve(|at| 30.0 + f64::from(at % 10) * 4.0)).expect("a series"));
    assert_eq!(falls, []);
    let steady = found(&common::open(curve(|at| if at < 6 { 30.0 } else { 90.0 })).expect("a series"));
    assert_eq!(steady, []);
}

/// Recorded by `./dev record lines`, each beside the same program without the fault.
#[test]
fn loops_that_wait_and_memory_that_is_freed_again() {
    let found = |name: &str| -> Vec<(String, String)> {
        let document = common::open(common::bytes(&format!("lines/{name}"))).expect("a profile");
        let report = findings::judge(&document, &Settings::default());
        report.findings.into_iter().map(|finding| (finding.rule, finding.title)).collect()
    };
    let rows = found("rows.lprof");
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].0, "row-loop");
    assert!(rows[0].1.starts_with("rows.py:44 runs 600 times in a loop and takes "), "{rows:?}");
    assert_eq!(found("rows-clean.lprof"), []);
    let stats = found("churn.memray-stats.json");
    assert_eq!(
        stats,
        [(
            "memory-churn".to_owned(),
            "churn.py:15 allocates 480 MiB and frees it again: at most 12 MiB were held at once".to_owned()
        )]
    );
    // Scalene samples, and knows what the line itself held at once.
    let scalene = found("churn.scalene.json.gz");
    let churns = |found: &[(String, String)]| found.iter().filter(|(rule, _)| rule == "memory-churn").count();
    assert_eq!(churns(&scalene), 1, "{scalene:?}");
    assert!(
        scalene.iter().any(|(_, title)| title.starts_with("/srv/shop/churn.py:15 allocates 4")),
        "{scalene:?}"
    );
    for clean in ["churn-clean.memray-stats.json", "churn-clean.scalene.json.gz"] {
        assert_eq!(churns(&found(clean)), 0, "{clean}");
    }
}

/// What is handed on without paths has no source either: it is the program.
#[test]
fn what_is_handed_on_has_no_source() {
    use flamedrop::share::{self, Strip};
    let bytes = common::bytes("profiles/vprof-0.38.cmh.json");
    let source = MemorySource::new("app.json", bytes.clone());
    let document = common::open(bytes).expect("a profile");
    let of = |strip: Strip| common::profile(share::strip(&document, &source, strip).expect("stripped"));
    let whole = of(Strip { literals: false, parameters: false, paths: false });
    assert_eq!(whole.line_table.expect("lines").source(0, 6), Some("    del b"));
    let stripped = of(Strip { literals: true, parameters: true, paths: true });
    let table = stripped.line_table.expect("lines");
    assert!(table.sources.is_empty());
    assert_eq!(table.files.get(0), "folder1/vpmem.py");
    assert_eq!(table.columns.len(), 2);
    let series = stripped.series.expect("a series");
    assert_eq!(series.curves[0].place.iter().flatten().count(), 12);
}

fn command(arguments: &[&str]) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_flamedrop"))
        .args(arguments)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_command_line_prints_lines_peaks_and_measures() {
    let path = |name: &str| common::data("profiles").join(name).to_str().expect("a path").to_owned();
    let lines = command(&["summary", "--top", "2", &path("line_profiler-5.1.0.lprof")]);
    let rows: Vec<&str> = lines.lines().map(str::trim_end).collect();
    assert_eq!(rows[1], "13 lines of 1 file");
    assert!(
        rows[2].contains("time ms") && rows[2].contains("hits count") && rows[2].ends_with("line"),
        "{lines}"
    );
    assert!(rows[3].contains("80.62") && rows[3].ends_with("../lpw.py:9"), "{lines}");
    let memory = command(&["summary", &path("memory_profiler-0.61.0.dat")]);
    assert!(
        memory.contains("Memory: peak of 54.5 MiB after") && memory.contains("while __main__.big ran"),
        "{memory}"
    );
    let measures = command(&["summary", &path("ddtrace-4.16.0.zstd.pprof")]);
    assert!(measures.contains("  alloc-space: 1.74 GiB"), "{measures}");
    let vprof = path("vprof-0.38.cmh.json");
    let csv = command(&["export", "--as", "csv", "--table", "lines", "--top", "1", &vprof]);
    let csv: Vec<&str> = csv.lines().collect();
    assert_eq!(csv[0], "file,line,function,measure,value,unit,source");
    assert!(csv[1].starts_with("/srv/webap/small/vpmem.py,5,,Time,0.0272896"), "{csv:?}");
    assert!(csv[2].contains(",Hits,1,count,"), "{csv:?}");
    // Without functions it is the table there is.
    let json = command(&["export", "--as", "json", "--top", "1", &path("line_profiler-4.1.3.lprof")]);
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((json[0]["line"].as_i64(), json[0]["function"].as_str()), (Some(9), Some("work")));
    let summary = command(&["summary", "--json", &vprof]);
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    let document = &summary["documents"][0];
    assert_eq!(document["series"][0]["peak"]["line"], 6);
    assert_eq!(document["lines"].as_array().map(Vec::len), Some(9));
}
