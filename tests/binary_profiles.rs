//! Binary recordings, and what else Python 3.15's profiler, Austin, pprof and Firefox's profiler write, open with the
//! numbers that the tools themselves have. The recordings: tests/data/profiles/README.md.

mod common;

use flamedrop::document::Document;
use flamedrop::format::Unit;
use flamedrop::profile::Profile;

fn document(name: &str) -> Document {
    common::open(common::bytes(&format!("profiles/{name}"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn profile(name: &str) -> Profile {
    common::profile(document(name))
}

/// Self and total of the functions of this name.
fn numbers(profile: &Profile, name: &str) -> (f64, f64) {
    let functions = &profile.functions;
    let ids = (0..functions.len() as u32).filter(|&id| functions.name(id) == name);
    ids.fold((0.0, 0.0), |(own, total), id| {
        (own + functions.self_time[id as usize], total + functions.total_time[id as usize])
    })
}

/// What a line has of a column.
fn line(profile: &Profile, file: &str, line: u32, column: &str) -> Option<f64> {
    let table = profile.line_table.as_ref()?;
    let id = (0..table.files.len() as u32).find(|&id| table.files.get(id).ends_with(file))?;
    let at = table.of_file(id).find(|&at| table.line[at] == line)?;
    let column = table.columns.iter().find(|one| one.name == column)?;
    Some(column.values[at]).filter(|value| !value.is_nan())
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(other.abs()).max(1e-3)
}

/// Name, unit and sum of each measure; the sum in whole thousandths.
fn said_of_measures(profile: &Profile) -> Vec<(String, Unit, f64)> {
    let measures = profile.measures().into_iter();
    measures.map(|(name, unit, total)| (name.to_owned(), unit, (total * 1e3).round() / 1e3)).collect()
}

fn measure(name: &str, unit: Unit, total: f64) -> (String, Unit, f64) {
    (name.to_owned(), unit, total)
}

/// `a` burns 3 of 6.85 units, all of it in `burn` (line 22 to 27).
#[test]
fn python_315s_sampling_profiler_in_all_its_formats() {
    let document = self::document("tachyon-3.15.2.bin");
    assert_eq!((document.format, common::diagnostics(&document).as_str()), ("tachyon", ""));
    let binary = common::profile(document);
    // The header says 2,041 samples.
    assert_eq!(
        said_of_measures(&binary),
        [
            measure("Samples", Unit::Samples, 2041.0),
            measure("Time", Unit::Seconds, 2.048),
            measure("With the GIL", Unit::Samples, 1551.0),
        ]
    );
    assert_eq!((numbers(&binary, "a"), numbers(&binary, "burn")), ((0.0, 601.0), (1379.0, 1379.0)));
    assert_eq!(
        line(&binary, "workload.py", 26, "Samples with calls"),
        line(&binary, "workload.py", 26, "Samples")
    );
    // Each by the tool's own numbers of the run that made it.
    for (name, total, a, burn) in [
        ("tachyon-3.15.2.jsonl", 2021.0, 600.0, 1381.0),
        ("tachyon-3.15.2.gecko.json.gz", 2128.0, 602.0, 1380.0),
        ("tachyon-3.15.2-flamegraph-embedded_data.json.gz", 2112.0, 600.0, 1381.0),
    ] {
        let profile = profile(name);
        assert_eq!((profile.total(), profile.unit), (total, Unit::Samples), "{name}");
        assert_eq!(numbers(&profile, "a"), (0.0, a), "{name}");
        assert_eq!(numbers(&profile, "burn"), (burn, burn), "{name}");
        let lines: f64 = (22..28).filter_map(|at| line(&profile, "workload.py", at, "Samples")).sum();
        assert_eq!(lines, burn, "{name}");
        assert_eq!(profile.has_callers(), name.ends_with("json.gz"), "{name}");
    }
    let page = self::document("tachyon-3.15.2-flamegraph-embedded_data.json.gz");
    assert!(common::diagnostics(&page).contains("28 samples in functions that the page leaves out"));
    let page = common::profile(page);
    let table = page.line_table.as_ref().expect("lines");
    let file = table.files.id("/disc/t15/workload.py").expect("a file");
    assert_eq!(table.source(file, 12), Some("import asyncio"));
}

/// Within the tool's own page they are behind the scripts it brings.
#[test]
fn what_stands_in_a_page_is_what_was_taken_out() {
    let data = common::bytes("profiles/tachyon-3.15.2-flamegraph-embedded_data.json.gz");
    let mut json = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(data.as_slice()), &mut json)
        .expect("text");
    let script = "var d3 = {}; // const EMBEDDED = ".repeat(10_000);
    let page = format!(
        "<!doctype html>\n<html><head><title>Tachyon Profiler - Flamegraph Report</title><script>{script}</script></head>\
         <body><script>\nconst EMBEDDED_DATA = {json};\n</script></body></html>"
    );
    let document = common::open(page).expect("a profile");
    assert_eq!((document.format, common::profile(document).total()), ("tachyon-flamegraph", 2112.0));
    let empty = "<!doctype html><title>Tachyon Profiler - Flamegraph Report</title><body></body>";
    let error = common::open(empty).expect_err("no data");
    assert!(error.problem.contains("no data") && error.advice.contains("--flamegraph"), "{error}");
}

#[test]
fn austins_binary_is_its_text() {
    // Versions 1, 2 and 3 of the format, the last as two releases write it; totals by mojo2austin.
    for (name, total) in [
        ("austin-3.4.1.mojo", 0.690_210),
        ("austin-3.5.0.mojo", 1.027_781),
        ("austin-3.7.0.mojo", 1.250_542),
        ("austin-4.0.0.mojo", 1.484_265),
    ] {
        let profile = profile(name);
        assert!(close(profile.total(), total), "{name}: {}", profile.total());
        assert_eq!(profile.tracks().len(), 2, "{name}");
        // The main thread has the process's number.
        let main = &profile.tracks()[0];
        assert_eq!(main.process, main.thread, "{name}");
    }
    // mojo2austin is the oracle: the same stacks with the same time.
    let (binary, text) = (profile("austin-4.0.0.mojo"), profile("austin-4.0.0-mojo2austin-2.4.0.austin.gz"));
    assert!(close(binary.total(), text.total()));
    for name in ["a", "b", "burn", "main", "fib", "<module>"] {
        let (one, other) = (numbers(&binary, name), numbers(&text, name));
        assert!(close(one.0, other.0) && close(one.1, other.1), "{name}: {one:?} {other:?}");
    }
    let full = document("austin-4.0.0-full.mojo");
    assert!(common::diagnostics(&full).contains("3.89 MiB that were freed are left out"));
    assert_eq!(
        said_of_measures(&common::profile(full)),
        [
            measure("Wall time", Unit::Seconds, 1.497),
            measure("CPU time", Unit::CpuSeconds, 1.236),
            measure("Allocated", Unit::Bytes, 27_176_960.0),
        ]
    );
    let collecting = profile("austin-4.0.0-gc.mojo");
    assert_eq!(said_of_measures(&collecting)[1], measure("In garbage collection", Unit::Seconds, 0.009));
}

#[test]
fn pprof_has_its_values_as_measures() {
    // What austin2pprof made of the file above; not compressed, microseconds with the Greek letter.
    let austin = profile("austin2pprof-2.4.0.pprof");
    assert!(close(austin.total(), 1.484_265) && austin.unit == Unit::Seconds);
    assert!(close(numbers(&austin, "a").1, 0.300_864));
    let pyroscope = profile("pyroscope-io-1.4.0.pprof");
    assert_eq!(pyroscope.unit, Unit::CpuSeconds);
    // a:b is 3:1.
    let (a, b) = (numbers(&pyroscope, "a").1, numbers(&pyroscope, "b").1);
    assert!((a / b - 3.0).abs() < 0.1, "{a} {b}");
    // Compressed with zstd; of 19 values 7 are something, and what is waited is one more.
    let ddtrace = profile("ddtrace-4.16.0.zstd.pprof");
    let names: Vec<String> = said_of_measures(&ddtrace).into_iter().map(|measure| measure.0).collect();
    assert_eq!(
        names,
        [
            "wall-time",
            "cpu-time",
            "cpu-samples",
            "wall-samples",
            "exception-samples",
            "alloc-space",
            "alloc-samples",
            "wall-time less cpu-time"
        ]
    );
    let labels: Vec<(String, Option<u64>)> =
        ddtrace.tracks().iter().map(|track| (track.label(), track.thread)).collect();
    assert_eq!(
        labels,
        [
            ("MainThread".to_owned(), Some(139_953_097_395_072)),
            ("worker-1".to_owned(), Some(139_952_766_752_448))
        ]
    );
    // a burns 0.6 s.
    assert!((numbers(&ddtrace, "a").1 - 0.6).abs() < 0.01);
    let allocated = ddtrace.of_measure(5).expect("a measure");
    assert_eq!((allocated.unit, allocated.total()), (Unit::Bytes, 1_871_343_493.0));
    assert_eq!(allocated.tracks().len(), 2);
    let worker = ddtrace.of_measure(1).and_then(|cpu| cpu.of_tracks(&[1])).expect("a track of a measure");
    assert!(worker.total() > 0.3 && worker.total() < 0.5, "{}", worker.total());
}

/// A measure is a document's own when it is exported and read again.
#[test]
fn measures_lines_and_series_come_back_from_a_saved_document() {
    use flamedrop::findings::Settings;
    use flamedrop::saved;
    use flamedrop::share::Keep;
    for name in [
        "ddtrace-4.16.0.zstd.pprof",
        "vprof-0.38.cmh.json",
        "memory_profiler-0.61.0.dat",
        "scalene-2.4.0-cpu.json.gz",
    ] {
        let before = document(name);
        let bytes = saved::write(&before, "", Keep::Everything, &Settings::default());
        let after = common::profile(common::open(bytes).unwrap_or_else(|error| panic!("{name}: {error}")));
        let before = common::profile(before);
        assert_eq!(before.measures(), after.measures(), "{name}");
        assert_eq!(before.series, after.series, "{name}");
        let lines = |profile: &Profile| {
            let table = profile.line_table.as_deref()?;
            let columns: Vec<String> = table.columns.iter().map(|column| format!("{column:?}")).collect();
            Some((columns, table.line.clone(), table.function.clone(), table.sources.clone()))
        };
        assert_eq!(lines(&before), lines(&after), "{name}");
    }
}

/// Numbers that a hostile or damaged file may have are no reason to fail, and take no memory.
#[test]
fn hostile_binaries_are_refused() {
    let bytes = common::bytes("profiles/tachyon-3.15.2.bin");
    let refused = |bytes: Vec<u8>| common::open(bytes).expect_err("no profile").to_string();
    assert!(refused(bytes[..5000].to_vec()).contains("does not end where it says"));
    let with = |at: usize, four: [u8; 4]| {
        let mut bytes = bytes.clone();
        bytes[at..at + 4].copy_from_slice(&four);
        bytes
    };
    assert!(refused(with(4, [9, 0, 0, 0])).contains("version 9"));
    assert!(refused(with(56, [7, 0, 0, 0])).contains("compressed in way 7"));
    assert!(refused(with(40, [0xff; 4])).contains("tables are not where it says"));
    // Four billion texts.
    let end = bytes.len();
    assert!(refused(with(end - 32, [0xff; 4])).contains("ends in the middle"));
    assert!(refused(with(end - 28, [0xff; 4])).contains("byte"));
    // Not compressed, though it says it is.
    let mut plain = with(56, [1, 0, 0, 0]);
    plain[64..80].fill(0);
    assert!(refused(plain).contains("cannot be unpacked"));
    let mojo = common::bytes("profiles/austin-4.0.0.mojo");
    let mut newer = mojo.clone();
    // What Austin's next version may write.
    newer[3] = 4;
    let said = refused(newer);
    assert!(said.contains("version 4") && said.contains("mojo2austin"), "{said}");
    let cut = common::open(&mojo[..mojo.len() / 2]).expect("what is before is read");
    assert!(common::diagnostics(&cut).contains("ends in the middle"));
    // A million frames of a stack that is not there.
    let pprof = [0x0a, 4, 8, 1, 16, 2, 0x12, 0xff, 0xff, 0xff, 0xff, 0x0f];
    assert!(refused(pprof.to_vec()).contains("ends in the middle"));
}

/// line_profiler and tracemalloc pickle with the highest protocol of their Python, 2 and more. What was pickled by hand with
/// 0 or 1 says how it is written instead.
#[test]
fn pickles_of_the_first_protocols_say_what_to_write() {
    let beginnings = ["_reconstructor\np0\n(", "_reconstructor\nq\0("];
    let classes = [
        ("cline_profiler._line_profiler\nLineStats\n", "dump_stats"),
        ("ctracemalloc\nSnapshot\n", "take_snapshot().dump("),
    ];
    for beginning in beginnings {
        for (class, advice) in classes {
            let pickle = format!("ccopy_reg\n{beginning}{class}");
            let said = common::open(pickle).expect_err("no profile").to_string();
            assert!(said.contains(advice), "{said}");
        }
    }
}

/// Samples that are compressed inside, and the same that are not.
#[test]
fn tachyon_plain_and_of_the_other_byte_order() {
    let bytes = common::bytes("profiles/tachyon-3.15.2.bin");
    let eight = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight"));
    let (strings, frames) = (eight(40) as usize, eight(48) as usize);
    let mut samples = Vec::new();
    let mut stream = ruzstd::decoding::StreamingDecoder::new(&bytes[64..strings]).expect("zstd");
    std::io::Read::read_to_end(&mut stream, &mut samples).expect("unpacked");
    let mut plain = bytes[..64].to_vec();
    plain.extend_from_slice(&samples);
    plain.extend_from_slice(&bytes[strings..]);
    plain[40..48].copy_from_slice(&(64 + samples.len() as u64).to_le_bytes());
    plain[48..56].copy_from_slice(&((64 + samples.len() + frames - strings) as u64).to_le_bytes());
    plain[56..60].fill(0);
    let (end, length) = (plain.len(), plain.len() as u64);
    plain[end - 24..end - 16].copy_from_slice(&length.to_le_bytes());
    let profile = common::profile(common::open(plain.clone()).expect("a profile"));
    assert_eq!((profile.total(), numbers(&profile, "a")), (2041.0, (0.0, 601.0)));
    // A machine with the largest byte first: every number of fixed size is turned round.
    let mut turned = plain;
    for range in [0..4, 4..8, 12..20, 20..28, 28..36, 36..40, 40..48, 48..56, 56..60, 60..64] {
        turned[range].reverse();
    }
    for range in [end - 32..end - 28, end - 28..end - 24, end - 24..end - 16] {
        turned[range].reverse();
    }
    // Threads' numbers within samples stay as they are, so they read as others; the stacks are the same.
    let turned = common::profile(common::open(turned).expect("a profile"));
    assert_eq!((turned.total(), numbers(&turned, "a")), (2041.0, (0.0, 601.0)));
}
