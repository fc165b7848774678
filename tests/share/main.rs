//! What is handed on has equal numbers in every view, and nothing of what was left out of it.

#[path = "../common/mod.rs"]
mod common;
mod planted;

use std::path::PathBuf;

use flamedrop::findings::{Digest, Report, Settings};
use flamedrop::input::{MemorySource, Source};
use flamedrop::protocol::{
    Answer, Ask, ContentOverview, EventColumn, EventDetail, EventRow, ExecutionColumn, FunctionColumn,
    Overview, PlanDetail, QueryColumn, Request, Response, Window,
};
use flamedrop::queries::EventClass;
use flamedrop::queries::by::By;
use flamedrop::queries::events::EventBy;
use flamedrop::queries::filter::Filter;
use flamedrop::saved;
use flamedrop::session::Session;
use flamedrop::share::{Keep, Strip};
use planted::{NAMES, PLANTED, contains, planted};

/// A recording of each kind and format.
fn recordings() -> Vec<PathBuf> {
    let names = [
        "pstats/2.7.prof",
        "pstats/3.13.prof",
        "pstats/3.15-sampled.prof",
        "profiles/vprof-0.38.cmh.json",
        "profiles/austin-4.0.0-full.mojo",
        "sample/orders.sql.jsonl",
        "findings/duplicates.sql.jsonl",
        "findings/payment.sql.jsonl",
        "findings/n_plus_one-category.sql.jsonl",
        "shop/shop.sql.log",
        "sql/django/sqlite_plain.log",
        "sql/django/postgresql_struct.log",
        "silk/dumpdata.json",
        "mysql/mariadb-10.11.slow.log",
        "postgres/client.csv",
        "postgres/server.json.gz",
        "postgres/paired.log",
        "postgres/events.json.gz",
        "events/trouble.log.gz",
        "statistics/second.csv",
        "schema/sqlite.sql",
    ];
    names.map(common::data).into()
}

fn open_path(path: &std::path::Path) -> Option<Session> {
    let name = path.file_name()?.to_str()?;
    open(name, std::fs::read(path).ok()?)
}

fn open(name: &str, bytes: Vec<u8>) -> Option<Session> {
    let source: Box<dyn Source> = Box::new(MemorySource::new(name, bytes));
    Session::open(source, &|_| ()).ok()
}

fn share(session: &mut Session, strip: Strip, keep: Keep) -> Vec<u8> {
    match session.answer(&Request::Share { strip, keep, settings: Settings::default() }) {
        Response::Shared(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

fn reopened(session: &mut Session, strip: Strip, keep: Keep) -> Session {
    let bytes = share(session, strip, keep);
    assert!(saved::is(&bytes));
    open("saved.flamedrop", bytes).expect("what was saved can be read")
}

/// All that is left out, and combinations of it.
fn strips() -> [Strip; 5] {
    [
        Strip::NOTHING,
        Strip::default(),
        Strip { literals: true, parameters: true, paths: true },
        Strip { literals: false, parameters: true, paths: false },
        Strip { literals: true, parameters: false, paths: false },
    ]
}

/// What the page asks of a document, every view of it.
fn questions(overview: &Overview) -> Vec<Request> {
    let (filter, first, count, selected) = (String::new(), 0, u32::MAX, None);
    let mut questions = Vec::new();
    match &overview.content {
        ContentOverview::Profile(profile) => {
            for sort in [
                FunctionColumn::Calls,
                FunctionColumn::SelfTime,
                FunctionColumn::SelfPerCall,
                FunctionColumn::TotalTime,
                FunctionColumn::TotalPerCall,
            ] {
                let filter = filter.clone();
                questions.push(Request::Functions { sort, descending: true, filter, first, count, selected });
            }
            questions.extend((0..profile.functions.min(30)).map(|function| Request::Function { function }));
            questions.push(Request::Tree { hide_imports: false, turned: None, sight: None });
        }
        ContentOverview::Queries(log) => {
            for sort in [
                QueryColumn::Calls,
                QueryColumn::Total,
                QueryColumn::Mean,
                QueryColumn::P50,
                QueryColumn::P95,
                QueryColumn::P99,
                QueryColumn::Max,
            ] {
                let filter = filter.clone();
                questions.push(Request::Queries { sort, descending: true, filter, first, count, selected });
            }
            for fingerprint in (0..log.fingerprints).take(12) {
                questions.push(Request::Query { fingerprint });
                for sort in [ExecutionColumn::Start, ExecutionColumn::Duration] {
                    let window = Window { sort, descending: true, first, count, selected };
                    let ask = Ask::GroupExecutions { by: By::Fingerprint, key: fingerprint, window };
                    questions.push(Request::View(Filter::default(), ask));
                }
            }
            let window = |sort| Window { sort, descending: true, first, count, selected };
            questions.push(Request::View(Filter::default(), Ask::EventGlance));
            for by in EventBy::ALL {
                let window = window(EventColumn::Count);
                let ask = Ask::EventGroups { class: None, by, within: None, window };
                questions.push(Request::View(Filter::default(), ask));
            }
            for class in EventClass::ALL {
                for sort in
                    [EventColumn::First, EventColumn::Amount, EventColumn::KeptDead, EventColumn::Sync]
                {
                    let ask = Ask::EventList { class: Some(class), within: None, window: window(sort) };
                    questions.push(Request::View(Filter::default(), ask));
                }
            }
            let events: u32 = log.events.iter().map(|total| total.count).sum();
            let events = (0..events.min(80)).map(|event| Ask::Event { event });
            questions.extend(events.map(|ask| Request::View(Filter::default(), ask)));
            let timeline = Ask::Timeline { lanes: By::Connection };
            questions.push(Request::View(Filter::default(), timeline));
            questions.extend((0..log.executions.min(30)).map(|statement| Request::Statement { statement }));
        }
        // tests/requests_session.rs asks about requests.
        ContentOverview::Schema(_) | ContentOverview::Requests(_) => {
            questions.push(Request::Findings { settings: Settings::default() });
        }
    }
    questions
}

/// The answer without the texts that may have been left out of it, as text: NaN is equal to itself there.
fn numbers(response: Response, strip: Strip) -> String {
    let mut response = response;
    match &mut response {
        Response::Functions { page, .. } if strip.paths => {
            page.iter_mut().for_each(|row| row.file.clear());
        }
        Response::Function(detail) if strip.paths => {
            detail.row.file.clear();
            detail.callers.iter_mut().chain(&mut detail.callees).for_each(|row| row.file.clear());
        }
        Response::Tree(tree) if strip.paths => tree.functions.iter_mut().for_each(|row| row.file.clear()),
        Response::Query(detail) => {
            if let Some(example) = &mut detail.example {
                statement(example, strip);
            }
            told(&mut detail.first_events, detail.plan.as_deref_mut(), strip);
        }
        Response::View(Answer::Executions(page)) if strip.paths => {
            page.page.iter_mut().for_each(|row| row.connection.clear());
        }
        Response::View(Answer::Timeline(timeline)) if strip.paths => {
            timeline.lanes.iter_mut().for_each(String::clear);
        }
        Response::Statement(detail) => statement(detail, strip),
        Response::View(Answer::EventGroups(page, _)) if !strip.is_nothing() => {
            for row in &mut page.page {
                row.label.clear();
                row.value = None;
            }
        }
        Response::View(Answer::EventList(page)) if !strip.is_nothing() => {
            page.page.iter_mut().for_each(event_row);
        }
        Response::View(Answer::Event(view)) => {
            told(std::slice::from_mut(&mut view.detail), None, strip);
            if !strip.is_nothing() {
                event_row(&mut view.row);
            }
        }
        _ => {}
    }
    format!("{response:?}")
}

/// Names and the server's words may have been left out.
fn event_row(row: &mut EventRow) {
    for text in [&mut row.message, &mut row.connection, &mut row.user, &mut row.application, &mut row.host] {
        text.clear();
    }
}

fn statement(detail: &mut flamedrop::protocol::StatementDetail, strip: Strip) {
    if strip.literals {
        detail.sql.clear();
    }
    if strip.parameters {
        detail.parameters = None;
    }
    if strip.paths {
        detail.connection.clear();
        detail.place.clear();
    }
    told(&mut detail.events, detail.plan.as_deref_mut(), strip);
}

/// What happened stays, in fewer words; of plans all figures stay.
fn told(events: &mut [EventDetail], plan: Option<&mut PlanDetail>, strip: Strip) {
    if strip.is_nothing() {
        return;
    }
    for event in events {
        event.message.clear();
        (event.detail, event.hint, event.context, event.named) = (None, None, None, None);
        if strip.paths {
            event.holders = None;
        }
    }
    if let Some(plan) = plan {
        plan.text.clear();
        plan.plan.iter_mut().flat_map(|plan| &mut plan.nodes).for_each(|node| node.details.clear());
    }
}

fn overview(session: &Session) -> Overview {
    let mut overview = session.overview();
    // They may quote the file.
    overview.diagnostics.clear();
    if let ContentOverview::Queries(log) = &mut overview.content {
        log.inferred = None;
    }
    overview
}

fn report(session: &mut Session) -> Report {
    match session.answer(&Request::Findings { settings: Settings::default() }) {
        Response::Findings(report) => report,
        other => panic!("{other:?}"),
    }
}

/// What rules found, without texts.
fn found(report: &Report) -> Vec<String> {
    let numbers = |value: &flamedrop::findings::Value| match value {
        flamedrop::findings::Value::Text(_)
        | flamedrop::findings::Value::Sql(_)
        | flamedrop::findings::Value::Place(_) => String::new(),
        value => format!("{value:?}"),
    };
    report
        .findings
        .iter()
        .map(|finding| {
            let evidence = finding.evidence.iter().map(|one| (&one.key, numbers(&one.value), one.link));
            let evidence: Vec<_> = evidence.collect();
            format!(
                "{} {} {} {:?} {:?} {evidence:?}",
                finding.rule, finding.saving, finding.at_stake, finding.bound, finding.confidence
            )
        })
        .collect()
}

#[test]
fn what_is_handed_on_has_equal_numbers_in_every_view() {
    for path in recordings() {
        let mut original = open_path(&path).expect("it was opened before");
        let expected = overview(&original);
        let expected_report = report(&mut original);
        let is_profile = matches!(expected.content, ContentOverview::Profile(_));
        for strip in strips().into_iter().filter(|strip| !is_profile || strip.is_nothing() || strip.paths) {
            let mut copy = reopened(&mut original, strip, Keep::Everything);
            let at = format!("{} {strip:?}", path.display());
            assert_eq!(format!("{:?}", overview(&copy)), format!("{expected:?}"), "{at}");
            for question in questions(&expected) {
                assert_eq!(
                    numbers(copy.answer(&question), strip),
                    numbers(original.answer(&question), strip),
                    "{at} {question:?}"
                );
            }
            assert_eq!(found(&report(&mut copy)), found(&expected_report), "{at}");
            if strip.is_nothing() {
                // NaN is equal to itself there.
                assert_eq!(format!("{:?}", report(&mut copy)), format!("{expected_report:?}"), "{at}");
            }
        }
    }
}

#[test]
fn results_alone_have_equal_numbers_in_the_views_they_have() {
    for path in recordings() {
        let mut original = open_path(&path).expect("it was opened before");
        let mut expected = overview(&original);
        let expected_report = report(&mut original);
        let strip = Strip::default();
        let mut copy = reopened(&mut original, strip, Keep::Results);
        if let ContentOverview::Queries(log) = &mut expected.content {
            // Statistics have no single statements to leave out.
            log.results_only = !log.statistics;
            // Events are of single statements.
            log.events.clear();
            log.attempts = 0;
            if log.results_only {
                (log.views, log.statuses, log.known_requests) = (false, false, false);
                // Single statements say how fine their stamps are.
                log.grain = 1e-3;
            }
        }
        assert_eq!(format!("{:?}", overview(&copy)), format!("{expected:?}"), "{}", path.display());
        assert_eq!(found(&report(&mut copy)), found(&expected_report), "{}", path.display());
        let mut refused = 0;
        for question in questions(&expected) {
            if matches!(original.answer(&question), Response::Refused(_)) {
                // Statistics have no statements.
                continue;
            }
            let answer = match copy.answer(&question) {
                Response::Refused(why) => {
                    assert!(why.contains("single statements were not saved"), "{why}");
                    refused += 1;
                    continue;
                }
                answer => answer,
            };
            let mut wanted = original.answer(&question);
            if let (Response::Query(wanted), ContentOverview::Queries(_)) = (&mut wanted, &expected.content) {
                // One statement out of many, and what happened to them.
                wanted.example = None;
                wanted.events.clear();
                wanted.first_events.clear();
                wanted.plan = None;
            }
            assert_eq!(numbers(answer, strip), numbers(wanted, strip), "{} {question:?}", path.display());
        }
        let is_log = matches!(expected.content,
            ContentOverview::Queries(ref log) if log.executions > 0 && !log.statistics);
        assert_eq!(refused > 0, is_log, "{}", path.display());
        // Handed on once more.
        let mut again = reopened(&mut copy, strip, Keep::Everything);
        assert_eq!(format!("{:?}", overview(&again)), format!("{:?}", overview(&copy)));
        assert_eq!(format!("{:?}", report(&mut again)), format!("{:?}", report(&mut copy)));
    }
}

#[test]
fn a_saved_log_is_searched_as_its_file() {
    let found = |session: &mut Session, text: &str| {
        let mut begin = true;
        loop {
            let ask = Ask::Search { text: text.to_owned(), begin };
            match session.answer(&Request::View(Filter::default(), ask)) {
                Response::View(Answer::Searched { done, all, found }) if done == all => return found,
                Response::View(Answer::Searched { .. }) => begin = false,
                other => panic!("{other:?}"),
            }
        }
    };
    let mut original = open_path(&common::data("postgres/events.json.gz")).expect("a log");
    let nothing = Strip { literals: false, parameters: false, paths: false };
    let mut whole = reopened(&mut original, nothing, Keep::Everything);
    let mut stripped = reopened(&mut original, Strip::default(), Keep::Everything);
    for text in ["scan on", "select", "wal", "no such text"] {
        assert_eq!(found(&mut whole, text), found(&mut original, text), "{text}");
    }
    // Of plans, what they do is left; of texts, what fingerprints say.
    assert_eq!(found(&mut stripped, "scan on"), found(&mut original, "scan on"));
    assert!(found(&mut original, "scan on") > 0);
}

#[test]
fn a_pair_is_judged_as_before() {
    let mut profile = open("orders.prof", common::bytes("sample/orders.prof")).expect("a profile");
    let mut log = open("orders.sql.jsonl", common::bytes("sample/orders.sql.jsonl")).expect("a log");
    let pair = |profile: &mut Session, log: &mut Session| {
        let Some(other @ Digest::Profile(_)) = report(profile).digest else { panic!("no digest") };
        match log.answer(&Request::PairFindings { settings: Settings::default(), other }) {
            Response::Findings(report) => report,
            other => panic!("{other:?}"),
        }
    };
    let expected = pair(&mut profile, &mut log);
    for keep in [Keep::Everything, Keep::Results] {
        let strip = Strip::default();
        let (mut profile, mut log) = (reopened(&mut profile, strip, keep), reopened(&mut log, strip, keep));
        assert_eq!(pair(&mut profile, &mut log), expected, "{keep:?}");
    }
}

#[test]
fn lines_stay_lines() {
    let mut original =
        open("sampled.prof", common::bytes("pstats/3.15-sampled.prof")).expect("a sampled profile");
    // Whatever is shown at the moment.
    for by_line in [false, true] {
        original.answer(&Request::ByLine(by_line));
        let mut copy = reopened(&mut original, Strip::default(), Keep::Everything);
        for by_line in [true, false] {
            assert_eq!(copy.answer(&Request::ByLine(by_line)), Response::ByLine(by_line));
            original.answer(&Request::ByLine(by_line));
            for question in questions(&copy.overview()) {
                assert_eq!(copy.answer(&question), original.answer(&question));
            }
        }
    }
}

#[test]
fn nothing_that_was_left_out_is_in_the_file() {
    let mut planted_somewhere = Vec::new();
    for (format, text) in planted() {
        let mut session = open("db.log", text.clone().into_bytes()).unwrap_or_else(|| panic!("{format}"));
        let overview = session.overview();
        assert_eq!(overview.format, format);
        let ContentOverview::Queries(log) = &overview.content else { panic!("{format} is a log") };
        assert!(log.executions >= 2, "{format}: {}", log.executions);
        planted_somewhere.extend(PLANTED.iter().filter(|secret| contains(text.as_bytes(), secret)));
        planted_somewhere.extend(NAMES.iter().filter(|secret| contains(text.as_bytes(), secret)));
        for keep in [Keep::Everything, Keep::Results] {
            let file = share(&mut session, Strip::default(), keep);
            for secret in PLANTED {
                assert!(
                    !contains(&file, secret),
                    "{format} {keep:?}: {secret} is left in {}",
                    String::from_utf8_lossy(&file)
                );
            }
            let all = share(&mut session, Strip { paths: true, ..Strip::default() }, keep);
            for secret in PLANTED.iter().chain(NAMES) {
                assert!(!contains(&all, secret), "{format} {keep:?}: {secret} is left in it");
            }
        }
        // The test would see it, if it were there.
        let whole = share(&mut session, Strip::NOTHING, Keep::Everything);
        assert!(contains(&whole, "zqstring"), "{format}");
    }
    for secret in PLANTED.iter().chain(NAMES) {
        assert!(planted_somewhere.contains(&secret), "{secret} is planted nowhere");
    }
}

#[test]
fn paths_are_left_out_of_a_profile() {
    let mut session = open("orders.prof", common::bytes("sample/orders.prof")).expect("a profile");
    let file = share(&mut session, Strip { paths: true, ..Strip::default() }, Keep::Everything);
    for path in ["/srv/", "/usr/", "/home/", "venv"] {
        assert!(!contains(&file, path), "{path}");
    }
    assert!(contains(&file, "django/db/models/query.py"));
    assert!(contains(&share(&mut session, Strip::default(), Keep::Everything), "/srv/"));
}

/// Equal parameters stay equal, but nothing tells which they were: numbers in the order of appearance.
#[test]
fn parameters_are_numbered() {
    let log = |values: [u32; 3]| {
        values.map(|value| format!("2026-11-23 09:25:36,120 DEBUG django.db.backends (0.001) SELECT a FROM t WHERE b = {value}; args=(); alias=default\n")).concat()
    };
    let file = |values| {
        share(
            &mut open("a.log", log(values).into_bytes()).expect("a log"),
            Strip::default(),
            Keep::Everything,
        )
    };
    assert_eq!(file([17, 18, 17]), file([40, 39, 40]));
    assert_ne!(file([17, 18, 17]), file([17, 18, 18]));
}

#[test]
fn a_damaged_file_is_an_error_not_a_panic() {
    for name in ["pstats/3.13.prof", "sql/django/sqlite_plain.log"] {
        let mut session = open(name, common::bytes(name)).expect("a document");
        for keep in [Keep::Everything, Keep::Results] {
            let file = share(&mut session, Strip::default(), keep);
            for cut in (1..file.len()).step_by(file.len() / 40) {
                assert!(open("cut", file[..cut].to_vec()).is_none(), "{name} cut at {cut}");
            }
            for at in (saved::MAGIC.len()..file.len()).step_by(file.len() / 120) {
                let mut damaged = file.clone();
                damaged[at] = !damaged[at];
                if let Some(mut session) = open("damaged", damaged) {
                    for question in questions(&session.overview()).into_iter().take(6) {
                        session.answer(&question);
                    }
                }
            }
        }
    }
    let error =
        flamedrop::import::import(&MemorySource::new("x", b"flamedrop-document 1\nx\n".to_vec()), &|_| ());
    insta::assert_snapshot!(error.unwrap_err().to_string());
}

/// For people who look into it.
#[test]
fn the_file_says_what_it_is() {
    let mut session = open("db.log", planted().remove(0).1.into_bytes()).expect("a log");
    let file = share(&mut session, Strip::default(), Keep::Results);
    let head = String::from_utf8_lossy(&file[..160]);
    let head: Vec<&str> = head.lines().take(2).collect();
    insta::assert_snapshot!(head.join("\n"));
}
