//! What is said of pstats files follows from which tool wrote them: recordings by each, with what the program did.

mod common;

use flamedrop::document::{Document, Level};
use flamedrop::findings::{self, Report, Settings};
use flamedrop::format::percent;
use flamedrop::input::MemorySource;
use flamedrop::profile::{FunctionId, Layer, Layers, Profile, Writer};
use flamedrop::protocol::{FunctionColumn, FunctionRow, Request, Response};
use flamedrop::session::Session;

fn read(name: &str) -> Document {
    common::open(common::bytes(&format!("pstats/writers/{name}")))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

struct Case {
    profile: Profile,
    layers: Layers,
    report: Report,
    notes: String,
}

fn case(name: &str) -> Case {
    let document = read(name);
    let notes = common::diagnostics(&document);
    let mut profile = common::profile(document);
    if profile.by_line {
        profile = flamedrop::profile::lines::merged(&profile);
    }
    let report = findings::judge_profile(&profile, &Settings::default());
    Case { layers: Layers::of(&profile), report, notes, profile }
}

impl Case {
    fn find(&self, name: &str) -> FunctionId {
        let functions = &self.profile.functions;
        (0..functions.len() as FunctionId)
            .find(|&id| functions.known_name(id) == name)
            .unwrap_or_else(|| panic!("no {name}"))
    }

    /// Share of all time in a layer.
    fn share(&self, layer: Layer) -> f64 {
        self.layers.seconds(layer) / self.profile.total()
    }

    /// Everything that is said: findings with their remedies and doubts, and notes.
    fn said(&self) -> String {
        let mut text = self.notes.clone();
        for finding in self.report.findings.iter().flat_map(|finding| finding.all()) {
            text.push_str(&format!(
                "{}\n{}\n{}\n{}\n",
                finding.title, finding.remedy, finding.doubts, finding.computed
            ));
            for evidence in &finding.evidence {
                text.push_str(&format!("{} {:?}\n", evidence.label, evidence.value));
            }
        }
        text
    }

    fn titles(&self) -> Vec<&str> {
        self.report.findings.iter().map(|finding| finding.title.as_str()).collect()
    }
}

#[test]
fn who_wrote_a_file_is_found_from_its_content() {
    for (name, expected) in [
        ("yappi-builtins.prof.gz", Writer::Yappi),
        ("yappi-nap.prof", Writer::Yappi),
        ("yappi-builtins-nap.prof", Writer::Yappi),
        ("yappi-cpu-nap.prof", Writer::Yappi),
        ("yappi-builtins-tasks.prof.gz", Writer::Yappi),
        ("yappi-wall.prof", Writer::Yappi),
        ("yappi-cpu.prof", Writer::Yappi),
        ("yappi-asyncio-wall.prof.gz", Writer::Yappi),
        ("yappi-builtins-by-cprofile.prof.gz", Writer::CProfile),
        ("cprofile-gevent.prof.gz", Writer::CProfile),
        ("only-disable.prof", Writer::CProfile),
        ("profile-module-wall.prof", Writer::Profile),
        ("profile-chores.prof", Writer::Profile),
        ("pyinstrument-levels.prof", Writer::Pyinstrument),
        ("pyinstrument.prof", Writer::Pyinstrument),
        ("sampling.prof.gz", Writer::Sampling),
    ] {
        assert_eq!(common::profile(read(name)).functions.writer, expected, "{name}");
    }
    for version in ["2.7", "3.6", "3.13", "3.15"] {
        let writer = |name: String| {
            common::profile(common::open(common::bytes(&name)).expect("a profile")).functions.writer
        };
        assert_eq!(writer(format!("pstats/{version}.prof")), Writer::CProfile, "{version}");
        assert_eq!(writer(format!("pstats/{version}-profile.prof")), Writer::Profile, "{version}");
    }
}

/// The same program by cProfile: serialisation 34, waiting 33, own 23, database 5.3 %.
#[test]
fn yappis_built_in_functions_are_told() {
    let (yappi, cprofile) = (case("yappi-builtins.prof.gz"), case("yappi-builtins-by-cprofile.prof.gz"));
    for (layer, expected) in
        [(Layer::Serialisation, 0.34), (Layer::Waiting, 0.33), (Layer::Own, 0.23), (Layer::Database, 0.053)]
    {
        assert!(
            (cprofile.share(layer) - expected).abs() < 0.006,
            "{layer:?} {}",
            percent(cprofile.share(layer))
        );
    }
    for layer in Layer::ALL {
        let apart = (yappi.share(layer) - cprofile.share(layer)).abs();
        assert!(
            apart <= 0.03,
            "{layer:?} {} {}",
            percent(yappi.share(layer)),
            percent(cprofile.share(layer))
        );
    }
    for case in [&yappi, &cprofile] {
        let hottest: Vec<&str> =
            case.titles().into_iter().filter(|title| title.starts_with("rank (f2.py:3) takes")).collect();
        assert!(matches!(hottest[..], [title] if title.contains("sorted")), "{:?}", case.titles());
        let waits: Vec<&str> =
            case.titles().into_iter().filter(|title| title.contains("wait (f2.py:4) waits")).collect();
        assert!(matches!(waits[..], [title] if title.contains("time.sleep 3 times")), "{:?}", case.titles());
    }
    assert!(!yappi.said().contains("cProfile"), "{}", yappi.said());
    // They stay as the file has them.
    let functions = &yappi.profile.functions;
    let sleep = functions.find("time", 0, "sleep").expect("as yappi has it");
    assert!(functions.is_built_in(sleep));
    assert_eq!(functions.place(sleep), "time:0(sleep)");
}

/// 0.1 s burnt, 0.3 s asleep and 20 sorts: without built-in functions 0.15 s are in self times.
#[test]
fn yappis_hidden_c_code_is_shown() {
    let case = case("yappi-nap.prof");
    let code = case.find("<C code>");
    let (functions, edges) = (&case.profile.functions, &case.profile.edges);
    let main = functions.total_time[case.find("main") as usize];
    assert!((case.profile.total() - main).abs() < 1e-4, "{} {main}", case.profile.total());
    let of = |name: &str| {
        let caller = case.find(name);
        let mut into = flamedrop::profile::Edges::into(edges, code);
        into.find(|&edge| edges.caller[edge] == caller).map_or(0.0, |edge| edges.total_time[edge])
    };
    assert!((0.29..0.35).contains(&of("nap")), "{}", of("nap"));
    assert!(of("sorter") > 0.01);
    assert_eq!(functions.calls_of(code), None);
    assert!(case.notes.contains("yappi recorded no built-in functions"), "{}", case.notes);
    let nap = case
        .report
        .findings
        .iter()
        .find(|finding| finding.title.starts_with("nap (nap.py:14)"))
        .expect("nap");
    assert!(
        nap.remedy.contains("does not say what it is") && nap.code == "yappi.start(builtins=True)",
        "{nap:?}"
    );
    // In the tree it is below who called it.
    let tree = case.profile.tree(100);
    let below: Vec<String> = (0..tree.len())
        .filter(|&at| tree.function[at] == code)
        .map(|at| functions.name(tree.function[tree.parent[at] as usize]).to_owned())
        .collect();
    assert!(below.contains(&"nap".to_owned()) && below.contains(&"sorter".to_owned()), "{below:?}");
    // What has its built-in functions hides nothing.
    let whole = self::case("yappi-builtins-nap.prof");
    assert!(!whole.notes.contains("no built-in functions"), "{}", whole.notes);
    assert!((0.29..0.36).contains(&whole.layers.seconds(Layer::Waiting)));
}

/// A run of 0.3 s, in which three tasks sleep 0.2, 0.3 and 0.3 s, and a fourth waits for them.
#[test]
fn yappis_suspended_coroutines_wait() {
    let case = case("yappi-asyncio-wall.prof.gz");
    assert!(case.share(Layer::Waiting) > 0.97, "{}", percent(case.share(Layer::Waiting)));
    assert!(case.notes.contains("waits of tasks overlap"), "{}", case.notes);
    let said = case.said();
    assert!(!said.contains("look for loops") && !said.contains("Look for loops"), "{said}");
    assert!(!case.titles().iter().any(|title| title.contains(" takes ")), "{:?}", case.titles());
    // What waits by itself names nobody; and no fix saves more than the run lasted.
    assert!(case.titles().contains(&"main (ya.py:3) waits 602 ms, 43 %"), "{:?}", case.titles());
    assert_eq!(said.matches("no more than the longest call lasted, 303 ms").count(), 2, "{said}");
    // Where the loop's built-in functions are recorded, tasks are below them.
    let again = self::case("yappi-builtins-tasks.prof.gz");
    assert!(again.share(Layer::Waiting) > 0.97, "{}", percent(again.share(Layer::Waiting)));
    assert!(again.notes.contains("waits of tasks overlap"), "{}", again.notes);
}

#[test]
fn bare_names_of_profile_are_told() {
    let case = case("profile-module-wall.prof");
    assert_eq!(percent(case.share(Layer::Waiting)), "46 %");
    assert!(case.share(Layer::Database) > 0.04, "executemany and execute");
    assert!(
        case.titles().iter().any(|title| title.starts_with("wait (f2.py:4) waits 361 ms")),
        "{:?}",
        case.titles()
    );
    let again = self::case("profile-chores.prof");
    assert!(
        (again.layers.seconds(Layer::Waiting) - 0.36).abs() < 0.03,
        "{}",
        again.layers.seconds(Layer::Waiting)
    );
}

/// Three greenlets: none calls itself, and the hub's `sleep` is waiting.
#[test]
fn greenlets_wait_and_are_named_as_the_cause() {
    for name in ["cprofile-gevent.prof.gz", "cprofile-greenlets.prof.gz"] {
        let case = case(name);
        assert!(
            case.notes.contains("greenlets (gevent) were recorded as one thread"),
            "{name}: {}",
            case.notes
        );
        assert!(case.notes.contains("look like recursion"), "{name}");
        let sleep = case.find("sleep");
        assert_eq!(case.layers.layer(sleep), Layer::Waiting, "{name}");
        assert!(!case.said().contains("threads since"), "{name}: {}", case.said());
    }
}

#[test]
fn event_loops_wait_and_are_not_called_too_often() {
    let case = case("asyncio-waits.prof.gz");
    assert!((0.92..0.95).contains(&case.share(Layer::Waiting)), "{}", percent(case.share(Layer::Waiting)));
    let said = case.said();
    assert!(!said.contains("takes epoll") && !said.contains("called often"), "{said}");
    assert!(
        !case.report.findings.iter().any(|finding| finding.rule == "exploding-calls"),
        "{:?}",
        case.titles()
    );
}

/// Two threads, 40 calls of `burn`, none within another; Python 3.13 writes five outermost ones.
#[test]
fn threads_since_3_12_are_no_recursion() {
    let case = case("cprofile-threads.prof");
    assert!(case.notes.contains("threads were recorded as if they were one"), "{}", case.notes);
    assert!(case.notes.contains("calls at the same time look like recursion"), "{}", case.notes);
}

/// `rec` lasted 0.3 of 0.4 s; the file has 1.05 s, once for each level.
#[test]
fn pyinstrument_has_no_calls_and_recursion_counts_once() {
    let case = case("pyinstrument-levels.prof");
    let rec = case.find("rec");
    let functions = &case.profile.functions;
    assert!(functions.total_time[rec as usize] > 1.0);
    let outermost = case.profile.outermost_total(rec);
    assert!((0.29..0.32).contains(&outermost), "{outermost}");
    assert_eq!(case.profile.calls(), None);
    assert_eq!((functions.calls_of(rec), functions.primitive_calls_of(rec)), (None, None));
    assert!(case.notes.contains("once per level"), "{}", case.notes);
    let said = case.said();
    assert!(!said.contains("called often") && !said.contains("-1"), "{said}");
    // What it waits for is told.
    let whole = self::case("pyinstrument.prof");
    let join =
        whole.profile.functions.find("<built-in>", 0, "_ThreadHandle.join").expect("as pyinstrument has it");
    assert_eq!(whole.layers.layer(join), Layer::Waiting);
    let poll = whole.profile.functions.find("<built-in>", 0, "epoll.poll").expect("as pyinstrument has it");
    assert_eq!(whole.layers.layer(poll), Layer::Waiting);
}

/// 2,144 samples, 1,381 of them in `burn`; about 600 below `a`.
#[test]
fn a_sampler_has_samples_and_no_calls() {
    let case = case("sampling.prof.gz");
    let functions = &case.profile.functions;
    let burn = case.find("burn");
    assert_eq!(case.profile.calls(), None);
    assert_eq!(case.profile.samples(), Some(2144));
    let (own, all) = functions.samples_of(burn).expect("samples");
    assert_eq!((own, all), (1381, 1381));
    assert!((590..=610).contains(&functions.samples_of(case.find("a")).expect("samples").1));
    let said = case.said();
    for word in ["called often", "cProfile", "overhead", "Calls", " times by", "generator"] {
        assert!(!said.contains(word), "{word}: {said}");
    }
    // `Thread.join` and `epoll.poll` are in C, which is not sampled.
    assert!(case.share(Layer::Waiting) > 0.15, "{}", percent(case.share(Layer::Waiting)));
    let mut json = Vec::new();
    let document = read("sampling.prof.gz");
    let source = MemorySource::new("x", Vec::new());
    flamedrop::export::json::write(&document, &source, &mut json).expect("writing to memory");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["samples"], 2144);
    assert_eq!(json["calls"], serde_json::Value::Null);
    assert!(json["functions"][0]["samples"].is_number() && json["functions"][0]["calls"].is_null());
}

/// As betas of 3.12 wrote rows: 118 calls, none of them primitive, no total.
#[test]
fn a_lost_total_is_at_least_the_self_time() {
    let case = case("zero-primitive-calls.prof");
    let infer = case.find("infer");
    assert!(case.profile.functions.total_is_lost(infer));
    assert!(case.notes.contains("total times are unknown, at least the self time"), "{}", case.notes);
    let mut json = Vec::new();
    let source = MemorySource::new("x", Vec::new());
    flamedrop::export::json::write(&read("zero-primitive-calls.prof"), &source, &mut json)
        .expect("writing to memory");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let row = &json["functions"][infer as usize];
    assert_eq!((&row["total"], &row["total_at_least"]), (&serde_json::Value::Null, &serde_json::json!(0.3)));
}

#[test]
fn a_timer_without_a_unit_leaves_calls() {
    let case = case("timer-without-unit-all-zero.prof");
    assert!(!case.profile.has_times());
    assert_eq!(case.profile.calls(), Some(3403));
    assert!(case.notes.contains("calls but no times"), "{}", case.notes);
    assert!(case.report.findings.is_empty());
}

#[test]
fn nothing_but_the_profilers_own_disable() {
    let document = read("only-disable.prof");
    assert_eq!(document.diagnostics.entries()[0].level, Level::Warning);
    assert!(common::diagnostics(&document).contains("nothing but the profiler's own disable() was recorded"));
    assert!(case("only-disable.prof").report.findings.is_empty());
}

/// `top` has 3 s itself of a total of 1.5 s, since the clock went back within `leaf`.
#[test]
fn a_clock_that_went_back_gives_no_share_and_no_finding() {
    let case = case("clock-set-back-total-positive.prof");
    assert!((case.profile.total() - 1.5).abs() < 1e-9);
    assert!(case.notes.contains("the clock was set back"), "{}", case.notes);
    assert_eq!(case.titles(), Vec::<&str>::new());
    // Exports have no negative times; their sum is the same.
    let tree = case.profile.tree(100);
    assert!((tree.self_time.iter().sum::<f64>() - 1.5).abs() < 1e-9, "{:?}", tree.self_time);
    let mut callgrind = Vec::new();
    flamedrop::export::callgrind::write("x", &case.profile, &mut callgrind).expect("writing to memory");
    assert!(String::from_utf8(callgrind).expect("UTF-8").contains("summary: 1500000000"));
    // A self time that is more than all has no share.
    let rows = rows("clock-set-back-total-positive.prof");
    let top = rows.iter().find(|row| row.name == "top").expect("top");
    assert_eq!((top.self_time, percent(top.self_share(1.5)).as_str()), (3.0, "–"));
}

/// The functions as the page gets them.
fn rows(name: &str) -> Vec<FunctionRow> {
    let source = MemorySource::new("x.prof", common::bytes(&format!("pstats/writers/{name}")));
    let mut session = Session::open(Box::new(source), &|_| ()).expect("a profile");
    let request = Request::Functions {
        sort: FunctionColumn::SelfTime,
        descending: true,
        filter: String::new(),
        first: 0,
        count: 100,
        selected: None,
    };
    match session.answer(&request) {
        Response::Functions { page, .. } => page,
        _ => panic!("no functions"),
    }
}

#[test]
fn the_page_counts_each_moment_once_and_says_at_least() {
    let rec = rows("pyinstrument-levels.prof").into_iter().find(|row| row.name == "rec").expect("rec");
    assert!(rec.total_time > 1.0 && (0.7..0.8).contains(&rec.total_share(0.404)), "{rec:?}");
    assert_eq!((rec.calls, rec.counts().as_str()), (None, "–"));
    let infer = rows("zero-primitive-calls.prof").into_iter().find(|row| row.name == "infer").expect("infer");
    assert_eq!(infer.total_text(flamedrop::format::Unit::Seconds), "at least 300 ms");
    assert_eq!(percent(infer.total_share(1.0)), "–");
    let burn = rows("sampling.prof.gz").into_iter().find(|row| row.name == "burn").expect("burn");
    assert_eq!((burn.calls, burn.samples, burn.counts().as_str()), (None, Some((1381, 1381)), "1,381"));
    let sleep = rows("yappi-builtins.prof.gz").into_iter().find(|row| row.name == "sleep").expect("sleep");
    assert_eq!((sleep.file.as_str(), sleep.layer), ("time", Layer::Waiting));
}

/// main 73.49 ms; `cached` has 60.26 of it, `logged` 13.19.
#[test]
fn generated_wrappers_stay_apart() {
    let case = case("decorator-library-collision.prof");
    let tree = case.profile.tree(1000);
    let total = |name: &str| {
        let id = case.find(name);
        (0..tree.len()).filter(|&at| tree.function[at] == id).map(|at| tree.total_time[at] * 1e3).sum::<f64>()
    };
    assert!((total("main") - 73.49).abs() < 0.005, "{}", total("main"));
    assert!((total("cached") - 60.26).abs() < 0.01 && (total("logged") - 13.19).abs() < 0.01);
}

/// A program of two packages that lost their directories: two modules `__init__.py`, each run once.
#[test]
fn without_directories_layers_cannot_be_told_and_merged_functions_are_noticed() {
    let case = case("stripped.prof.gz");
    assert!(case.share(Layer::Untold) > 0.3, "{}", percent(case.share(Layer::Untold)));
    assert_eq!(case.layers.seconds(Layer::Own), 0.0);
    assert!(case.notes.contains("whose code it is cannot be told"), "{}", case.notes);
    assert!(case.notes.contains("functions of several files are one"), "{}", case.notes);
    let most = case.report.summary.most().expect("a profile");
    assert!(!most.starts_with("Most time goes to cannot"), "{most}");
}
