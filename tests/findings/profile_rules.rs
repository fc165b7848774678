//! Rules about profiles, on programs that do one thing each (tests/record/rules): `./dev record rules` makes
//! the recordings. A name says what the program does.

use std::fmt::Write as _;
use std::fs;

use flamedrop::document::{Content, Document};
use flamedrop::findings::{self, Finding, Settings, Value};
use flamedrop::import;
use flamedrop::input::MemorySource;

use super::{as_read, common, fit_together};

fn open(name: &str) -> Document {
    let file = format!("{name}.{}.gz", if TRACES.contains(&name) { "trace.json" } else { "prof" });
    let bytes = common::bytes(&format!("rules/{file}"));
    import::import(&MemorySource::new(&file, bytes), &|_| ())
        .unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// What was traced by VizTracer (tests/record/rules/turns.py), since only the order of time shows it.
const TRACES: &[&str] = &[
    "ask_at_once",
    "ask_in_turn",
    "ask_once",
    "ask_under_a_lock",
    "poll_for_the_other",
    "report_again_and_again",
    "report_of_a_generator",
    "report_of_parts",
    "report_once",
    "wait_for_the_other",
];

fn judged(name: &str) -> Vec<Finding> {
    findings::judge(&open(name), &Settings::default()).findings
}

fn found(name: &str, rule: &str) -> Finding {
    let all = judged(name);
    let titles: Vec<String> = all.iter().map(|finding| finding.title.clone()).collect();
    all.into_iter()
        .find(|finding| finding.rule == rule)
        .unwrap_or_else(|| panic!("{name}: {rule} says nothing; found {titles:?}"))
}

fn is_silent(name: &str, rule: &str) {
    let titles: Vec<String> =
        judged(name).into_iter().filter(|one| one.rule == rule).map(|one| one.title).collect();
    assert!(titles.is_empty(), "{name}: {titles:?}");
}

fn number(finding: &Finding, key: &str) -> f64 {
    match finding.evidence.iter().find(|one| one.key == key).map(|one| &one.value) {
        Some(Value::Milliseconds(number) | Value::Share(number)) => *number,
        Some(Value::Count(count)) => *count as f64,
        other => panic!("{key}: {other:?}"),
    }
}

/// Places and texts of its evidence, in one.
fn texts(finding: &Finding) -> String {
    let text = |value: &Value| match value {
        Value::Place(text) | Value::Text(text) => text.clone(),
        _ => String::new(),
    };
    finding.evidence.iter().map(|one| text(&one.value)).collect::<Vec<_>>().join("\n")
}

fn total(name: &str) -> f64 {
    match open(name).content {
        Content::Profile(profile) => profile.total() * 1e3,
        _ => panic!("{name} is no profile"),
    }
}

#[test]
fn findings_of_programs_read_well() {
    let mut names: Vec<String> = fs::read_dir(common::data("rules"))
        .expect("the recordings")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .map(|file| file.split('.').next().unwrap_or_default().to_owned())
        .collect();
    names.sort();
    let mut text = String::new();
    for name in names {
        let found = judged(&name);
        fit_together(&name, &found);
        let _ = writeln!(text, "{name}");
        text += &as_read(found);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn who_waits_is_named_with_what_for() {
    for (name, waits) in [
        ("wait_for_stock", "time.sleep"),
        ("wait_for_worker", "_thread.lock"),
        ("run_program", "run_program"),
        ("check_output", "check_output"),
        ("lock_file", "fcntl"),
        ("read_pipe", "read_pipe"),
        ("use_pool", "posix.read"),
        ("run_loop", "run_loop"),
    ] {
        let finding = found(name, "external-waits");
        assert!(finding.title.contains(" waits "), "{name}: {}", finding.title);
        assert!(texts(&finding).contains(waits), "{name}: {}", texts(&finding));
        assert!(finding.saving > 0.5 * total(name), "{name}: {}", finding.saving);
        is_silent(name, "hottest-function");
    }
}

#[test]
fn a_driver_that_waits_in_pythons_sockets_waits_for_the_database() {
    let layer = |name: &str| findings::judge(&open(name), &Settings::default()).summary.most().unwrap();
    assert!(layer("ask_database").contains("database driver and ORM"), "{}", layer("ask_database"));
    is_silent("ask_database", "external-waits");
    assert!(layer("ask_server").contains("network"), "{}", layer("ask_server"));
    assert!(found("ask_server", "external-waits").title.starts_with("ask_server (articles.py:"));
}

#[test]
fn a_server_that_waits_for_its_next_request_loses_nothing() {
    let titles: Vec<String> = judged("idle_server").into_iter().map(|finding| finding.title).collect();
    assert!(titles.is_empty(), "{titles:?}");
}

#[test]
fn what_a_server_does_is_told_from_its_waiting() {
    let sleeps = found("sleepy_server", "external-waits");
    assert!(sleeps.title.contains("time.sleep"), "{}", sleeps.title);
    // What the server waits for its next visitor is the larger part of the profile.
    assert!(sleeps.saving < total("sleepy_server") / 2.0, "{}", sleeps.saving);
    assert!(number(&sleeps, "share") > 0.5, "{}", sleeps.title);
}

#[test]
fn what_runs_no_statements_is_not_said_to() {
    for name in ["relations_in_the_query", "objects_made_for_one_statement"] {
        is_silent(name, "n-plus-one");
        for finding in judged(name) {
            assert!(!finding.remedy.contains("runs statements"), "{name}: {}", finding.remedy);
            assert!(!finding.code.contains("select_related"), "{name}: {}", finding.code);
        }
    }
    let created = found("creates_in_a_loop", "row-writes");
    assert!(created.code.contains("bulk_create"), "{}", created.code);
    is_silent("creates_in_a_loop", "exploding-calls");
}

#[test]
fn what_is_asked_for_is_no_more_than_there_is() {
    for name in ["relations_in_a_template", "saves_in_a_loop", "mapped_relations", "creates_in_a_loop"] {
        let all = judged(name);
        let sum: f64 = all
            .iter()
            .filter(|one| matches!(&*one.rule, "n-plus-one" | "row-writes"))
            .map(|one| one.at_stake)
            .sum();
        assert!(sum > 0.5 * total(name) && sum <= total(name), "{name}: {sum} of {}", total(name));
    }
}

#[test]
fn relations_are_followed_by_statements() {
    let template = found("relations_in_a_template", "n-plus-one");
    assert!((1100.0..1205.0).contains(&number(&template, "statements")), "{}", template.title);
    assert!(template.code.starts_with("queryset.select_related("), "{}", template.code);
    let mapped = found("mapped_relations", "n-plus-one");
    assert!((1400.0..1505.0).contains(&number(&mapped, "statements")), "{}", mapped.title);
    assert!(mapped.code.contains("selectinload"), "{}", mapped.code);
}

#[test]
fn a_loop_of_statements_is_no_search_in_a_list() {
    let saves = found("saves_in_a_loop", "row-writes");
    assert!(saves.remedy.contains("bulk_create"), "{}", saves.remedy);
    for name in ["saves_in_a_loop", "mapped_relations"] {
        is_silent(name, "exploding-calls");
    }
    let printed = found("print_many", "hottest-function");
    assert!(printed.code.starts_with("print("), "{}", printed.code);
    // Logging is a finding of its own.
    for name in ["log_with_structlog", "log_with_loguru", "deep_copies"] {
        is_silent(name, "exploding-calls");
    }
}

#[test]
fn json_is_read_or_written() {
    for (name, code) in [
        ("read_prices", "@functools.cache"),
        ("flask_json", "Response(orjson.dumps"),
        ("encode_prices", "orjson.dumps(data)  #"),
    ] {
        assert!(found(name, "library-costs").code.starts_with(code), "{name}");
    }
}

#[test]
fn of_functions_that_call_each_other_the_outermost_counts() {
    // `json.load` calls `loads`, Flask's provider calls `dumps`.
    for name in ["read_prices", "flask_json", "encode_prices", "encode_simply"] {
        let json = found(name, "library-costs");
        assert!(number(&json, "total_ms") < total(name), "{name}: {}", json.title);
    }
    assert_eq!(number(&found("read_prices", "library-costs"), "calls"), 61.0);
    assert_eq!(number(&found("flask_json", "library-costs"), "calls"), 10.0);
}

#[test]
fn a_loop_beside_a_costly_call_is_none_of_its_costs() {
    let json = found("read_prices_between_sums", "library-costs");
    assert!(json.saving <= 2.0 * number(&json, "total_ms"), "{}", json.saving);
    assert!(json.saving < 0.5 * total("read_prices_between_sums"));
}

#[test]
fn passwords_are_known_by_any_librarys_hashing() {
    for name in ["hash_plainly", "hash_scrypt", "hash_bcrypt", "hash_argon2", "hash_werkzeug"] {
        let hashing = found(name, "library-costs");
        assert_eq!(hashing.key, "hashing", "{name}");
        assert!(number(&hashing, "share") > 0.9, "{name}: {}", hashing.title);
        assert!(hashing.code.is_empty(), "{name} is not Django: {}", hashing.code);
        is_silent(name, "hottest-function");
    }
}

#[test]
fn logging_is_known_by_other_libraries_and_when_it_is_off() {
    for (name, code) in [
        ("log_nothing", "logging.getLogger"),
        ("log_with_structlog", "structlog.configure"),
        ("log_with_loguru", "logger.remove"),
    ] {
        let logging = found(name, "library-costs");
        assert_eq!(logging.key, "logging", "{name}");
        assert!(logging.code.starts_with(code), "{name}: {}", logging.code);
    }
}

#[test]
fn a_file_among_pages_costs_its_own_request() {
    let alone = found("static_alone", "library-costs");
    assert!(number(&alone, "share") > 0.99, "{}", alone.title);
    for (name, code) in [("static_among_pages", "MIDDLEWARE"), ("flask_static", "app.wsgi_app")] {
        let among = found(name, "library-costs");
        assert_eq!(among.key, "static");
        assert!(number(&among, "share") < 0.05, "{name}: {}", among.title);
        assert!(among.code.starts_with(code), "{name}: {}", among.code);
    }
}

#[test]
fn what_functions_import_is_told_from_what_a_start_does() {
    // `python -m cProfile` runs the script by exec(), by which modules are loaded as well.
    for (name, importer) in
        [("script", "imports_late"), ("imports_late", "imports_late"), ("imports_later", "imports_later")]
    {
        let imports = found(name, "run-time-imports");
        assert!(imports.title.contains(importer), "{name}: {}", imports.title);
        assert!(texts(&imports).contains(importer), "{name}: {}", texts(&imports));
        assert!(imports.saving < total(name), "{name}");
    }
    for name in ["start_django", "pytest"] {
        is_silent(name, "run-time-imports");
    }
}

#[test]
fn generators_are_not_called() {
    let generated = found("numbers_generated", "hottest-function");
    assert!(generated.title.contains("1,000,001 items"), "{}", generated.title);
    assert!(generated.code.is_empty(), "{}", generated.code);
    // What is written within a function is a part of it.
    let expression = found("sum_expression", "hottest-function");
    assert!(expression.title.starts_with("sum_expression (articles.py:"), "{}", expression.title);
    assert!(expression.code.is_empty(), "{}", expression.code);
}

#[test]
fn small_built_in_functions_do_not_explode() {
    is_silent("append_numbers", "exploding-calls");
    // One cause, one card.
    let all = super::flat(judged("search_list"));
    let search = all.iter().find(|one| one.rule == "exploding-calls").expect("in the card");
    assert!(search.title.ends_with("calls list.index 3,000 times in one call"), "{}", search.title);
    let hottest = found("search_list", "hottest-function");
    assert!(hottest.title.ends_with(": list.index 3,000 times"), "{}", hottest.title);
    assert!(hottest.code.starts_with("by_key = {"), "{}", hottest.code);
}

#[test]
fn templates_are_told_by_engine_and_source() {
    for (name, code) in [
        ("django_template_anew", "LABEL = Template("),
        ("jinja_anew", "LABEL = environment.from_string("),
        ("jinja_rendered", "html = cache.get(key)"),
    ] {
        let templates = found(name, "templates");
        assert!(templates.code.starts_with(code), "{name}: {}", templates.code);
        assert!(!templates.remedy.contains("cached loader:"), "{name}: {}", templates.remedy);
    }
}

#[test]
fn without_directories_no_code_is_known_to_be_own() {
    let document = open("stripped");
    let noted = |document: &Document| {
        document.diagnostics.entries().iter().any(|entry| entry.message.contains("strip_dirs"))
    };
    assert!(noted(&document), "{:?}", document.diagnostics.entries());
    assert!(!noted(&open("django_template_anew")));
    for rule in ["hottest-function", "exploding-calls", "external-waits"] {
        is_silent("stripped", rule);
    }
}

/// py-spy writes of each file what follows a directory of `sys.path`.
#[test]
fn of_py_spys_stacks_it_is_known_whose_code_is() {
    let raw = "thread (1): MainThread;<module> (thr.py:8);main (thr.py:6) 30\n\
               thread (1): MainThread;<module> (thr.py:8);main (thr.py:7);sub (re/__init__.py:185);filter (re/__init__.py:322) 25\n\
               thread (1): MainThread;<module> (thr.py:8);load (shop/views.py:7);all (sqlalchemy/orm/query.py:9) 9\n\
               thread (2): T;Thread._bootstrap (threading.py:1002);Thread.run (threading.py:982);spin (thr.py:4) 128\n";
    let document =
        import::import(&MemorySource::new("thr.raw", raw.as_bytes().to_vec()), &|_| ()).expect("stacks");
    let Content::Profile(profile) = &document.content else { panic!("a profile") };
    let layers = flamedrop::profile::Layers::of(profile);
    let seconds = |layer| layers.time[layer as usize];
    use flamedrop::profile::Layer;
    assert_eq!(seconds(Layer::Untold), 0.0);
    assert_eq!(seconds(Layer::Own), 158.0);
    assert_eq!(seconds(Layer::Regex), 25.0);
    assert_eq!(seconds(Layer::Database), 9.0);
    let report = findings::judge(&document, &Settings::default());
    assert!(
        report.findings[0].title.starts_with("spin (thr.py:4) takes 128 samples"),
        "{}",
        report.findings[0].title
    );
}

/// Samples have no number of statements: that a relation is followed for a third of the time is what can be said.
#[test]
fn relations_are_found_in_samples() {
    let raw = "<module> (run.py:3);report (shop/views.py:12);__get__ (django/db/models/fields/related_descriptors.py:237);get_object (django/db/models/fields/related_descriptors.py:180);get (django/db/models/query.py:633);execute (django/db/backends/sqlite3/base.py:360) 35\n\
               <module> (run.py:3);report (shop/views.py:14) 65\n";
    let document =
        import::import(&MemorySource::new("run.raw", raw.as_bytes().to_vec()), &|_| ()).expect("stacks");
    let found = findings::judge(&document, &Settings::default()).findings;
    let loops: Vec<&str> = found
        .iter()
        .filter(|finding| finding.rule == "n-plus-one")
        .map(|finding| finding.title.as_str())
        .collect();
    assert_eq!(loops, ["report (views.py:12) follows relations row by row, as it seems: 35 samples, 35 %"]);
    let number = |finding: &Finding| finding.evidence.iter().any(|one| one.key == "statements");
    assert!(!found.iter().any(number), "none is known");
}

/// All that the rules say of it, those in a card of another one as well.
fn said(name: &str, rule: &str) -> Option<Finding> {
    super::flat(judged(name)).into_iter().find(|finding| finding.rule == rule)
}

#[test]
fn waits_in_turn_are_told_from_waits_side_by_side() {
    let in_turn = said("ask_in_turn", "waits-in-turn").expect("waits");
    assert!(
        in_turn.title.starts_with("price (turns.py:") && in_turn.title.contains(" waits 6 times in turn, "),
        "{}",
        in_turn.title
    );
    assert!(in_turn.title.ends_with(" while 4 other threads are idle"), "{}", in_turn.title);
    assert!(in_turn.code.contains("executor.map(price, "), "{}", in_turn.code);
    // Six waits of 60 ms, of which one is left.
    assert!((360.0..600.0).contains(&in_turn.at_stake), "{}", in_turn.at_stake);
    assert!((290.0..500.0).contains(&in_turn.saving), "{}", in_turn.saving);
    let locked = said("ask_under_a_lock", "waits-in-turn").expect("waits");
    assert!(locked.title.ends_with(" while 4 other threads wait for it"), "{}", locked.title);
    assert!(locked.code.contains("with LOCK:"), "{}", locked.code);
    for name in ["ask_at_once", "ask_once", "wait_for_the_other", "poll_for_the_other"] {
        assert_eq!(said(name, "waits-in-turn"), None, "{name}");
    }
}

#[test]
fn the_same_work_again_is_told_from_other_work() {
    let again = said("report_again_and_again", "repeated-work").expect("repeated work");
    assert!(
        again.title.starts_with("report_again_and_again runs totals 5 times in a row, "),
        "{}",
        again.title
    );
    assert_eq!((number(&again, "calls"), number(&again, "below")), (5.0, 5.0));
    assert!((0.7..0.85).contains(&number(&again, "share")), "{}", number(&again, "share"));
    for name in ["report_once", "report_of_parts", "report_of_a_generator"] {
        assert_eq!(said(name, "repeated-work"), None, "{name}");
    }
}

/// Every recording in order of time that is there: who waits in turn and who does the same again was looked at, one by one.
#[test]
fn findings_in_order_of_time_are_those_that_were_judged() {
    let mut found = Vec::new();
    // Other folders have sums, logs and schemas only.
    for folder in ["profiles", "rules", "exports", "tools", "compare"] {
        for entry in fs::read_dir(common::data(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                continue;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let bytes = fs::read(&path).expect("a file");
            let Ok(document) = import::import(&MemorySource::new(&name, bytes), &|_| ()) else { continue };
            if matches!(&document.content, Content::Profile(profile) if profile.spans.is_some()) {
                let all = super::flat(findings::judge(&document, &Settings::default()).findings);
                let rules = ["waits-in-turn", "repeated-work"];
                let of_time = all.iter().filter(|one| rules.contains(&&*one.rule));
                found.extend(of_time.map(|one| (name.clone(), one.rule.clone())));
            }
        }
    }
    found.sort();
    let found: Vec<(&str, &str)> = found.iter().map(|(name, rule)| (&**name, &**rule)).collect();
    let expected = [
        ("ask_in_turn.trace.json.gz", "waits-in-turn"),
        ("ask_under_a_lock.trace.json.gz", "waits-in-turn"),
        ("report_again_and_again.trace.json.gz", "repeated-work"),
    ];
    assert_eq!(found, expected);
}

/// `./dev record imports`: a program that loads pandas and builds a table at its start, and puts both off.
#[test]
fn imports_that_can_be_put_off_are_named() {
    let found = |name: &str| {
        let bytes = common::bytes(&format!("imports/{name}.txt.gz"));
        let document = import::import(&MemorySource::new(name, bytes), &|_| ()).expect("imports");
        findings::judge(&document, &Settings::default()).findings
    };
    let with = found("start");
    let said: Vec<(&str, String)> =
        with.iter().map(|finding| (&*finding.rule, super::without_times(&finding.title))).collect();
    let expected = [
        ("slow-imports", "Importing pandas takes # ms, # % of all imports: first by shop.report"),
        ("slow-imports", "shop.prices takes # ms while it is imported, # % of all imports"),
    ];
    let mut sorted: Vec<(&str, &str)> = said.iter().map(|(rule, title)| (*rule, &**title)).collect();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert!(with.iter().any(|finding| finding.code.contains("import pandas  # first needed here")));
    assert!(found("clean-start").is_empty());
}
