//! What is handed on has equal numbers in every view, and nothing of what was left out of it.

mod common;

use std::io::Read as _;
use std::path::PathBuf;

use flamedrop::findings::{Digest, Report, Settings};
use flamedrop::input::{MemorySource, Source};
use flamedrop::protocol::{
    Answer, Ask, ContentOverview, EventDetail, ExecutionColumn, FunctionColumn, Overview, PlanDetail,
    QueryColumn, Request, Response, Window,
};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use flamedrop::session::Session;
use flamedrop::share::{Keep, Strip, saved};

/// A recording of each kind and format.
fn recordings() -> Vec<PathBuf> {
    let names = [
        "pstats/2.7.prof",
        "pstats/3.13.prof",
        "pstats/3.15-sampled.prof",
        "sample/orders.sql.jsonl",
        "findings/duplicates.sql.jsonl",
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
            questions.push(Request::Tree);
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
            let timeline = Ask::Timeline { lanes: By::Connection };
            questions.push(Request::View(Filter::default(), timeline));
            questions.extend((0..log.executions.min(30)).map(|statement| Request::Statement { statement }));
        }
        ContentOverview::Schema(_) => questions.push(Request::Findings { settings: Settings::default() }),
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
        _ => {}
    }
    format!("{response:?}")
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

/// Unique texts, one for each kind of place a value can stand in.
const PLANTED: &[&str] = &[
    "zqstring",
    "zqescape",
    "zqdollar",
    "zqunicode",
    "zqhexa",
    "zqdouble",
    "zqcomment",
    "zqtag",
    "zqtrace",
    "zqdash",
    "zqparameter",
    "zqdetail",
    "zqcontext",
    "zqhint",
    "zqstatement",
    "zqerror",
    "zqplan",
    "zqquery",
    "zqpath7",
    "zqset",
    "zqbody",
    "zqheader",
    "zqargs",
    "zqnotice",
    "zqcopy",
    "731946825",
    "73.1946825",
    "7a71686578",
];

/// Further ones that are names, which only leaving out paths leaves out.
const NAMES: &[&str] = &["zqfolder", "zquser", "zqdatabase", "zqapplication", "zqhost", "zqslug"];

const SQL: &str = "SELECT a FROM orders WHERE b = 'zqstring' AND c = E'zq\\'escape zqescape' AND d = $x$zqdollar$x$ \
    AND e = U&'zqunicode' AND f = X'7a71686578' AND g > 731946825 AND h < -73.1946825 AND i LIKE '%zqhexa%' \
    /* zqcomment */ AND j IN ('zqstring', 'zqdouble') -- zqdash\n\
    /*route='orders/zqtag-91/',traceparent='00-zqtrace00000000000000000000000000-00f067aa0ba902b7-01'*/";

/// What an interpolating client logs where a string is in double quotes.
const DOUBLE: &str =
    "SELECT a FROM orders WHERE b = \"zqdouble\" AND c IN (\"zqstring\", \"zqhexa\") LIMIT 731946825";

fn json(text: &str) -> String {
    serde_json::to_string(text).expect("a string")
}

/// Logs of every format, full of planted texts.
fn planted() -> Vec<(&'static str, String)> {
    let one_line = SQL.replace('\n', " ");
    let time = |second: u32| format!("2026-11-23 09:07:{second:02}.519 UTC");
    let tail = "[77] zquser@zqdatabase app=zqapplication host=zqhost";
    let mut stderr = String::new();
    for (second, text) in [
        format!("LOG:  duration: 1.568 ms  statement: {SQL}"),
        format!("LOG:  duration: 0.1 ms  execute <unnamed>: SELECT a FROM orders WHERE b = $1 AND c = 'zqstring'\n\
            {} {tail} DETAIL:  parameters: $1 = 'zqparameter', $2 = '731946825'", time(2)),
        "LOG:  duration: 0.2 ms  statement: SET application_name = zqset".to_owned(),
        "LOG:  duration: 0.2 ms  statement: COPY orders (a) FROM STDIN; -- zqcopy".to_owned(),
        format!("LOG:  duration: 0.3 ms  statement: {DOUBLE}"),
        format!("ERROR:  duplicate key value violates \"zqerror\"\n{0} {tail} DETAIL:  Key (a)=(zqdetail) already exists.\n\
            {0} {tail} HINT:  zqhint\n{0} {tail} CONTEXT:  SQL statement \"zqcontext\"\n\
            {0} {tail} STATEMENT:  INSERT INTO orders VALUES ('zqstatement')", time(6)),
        "LOG:  duration: 9.9 ms  plan:\n\tQuery Text: SELECT a FROM orders WHERE b = 'zqstring'\n\
            \tSeq Scan on orders  (cost=0.00..1.00 rows=1 width=4)\n\t  Filter: (b = 'zqplan'::text)".to_owned(),
        "NOTICE:  zqnotice".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        stderr += &format!("{} {tail} {text}\n", time(second as u32 + 1));
    }
    let csv_field = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let csv_row = |line: u32, level: &str, message: &str, detail: &str, rest: &str| {
        format!(
            "{0},\"zquser\",\"zqdatabase\",77,\"zqhost:5000\",6b04024e.6f79,{line},\"SELECT\",2026-11-23 09:07:26 UTC,3/5,0,{level},00000,{1},{2},{rest},\"zqapplication\",\"client backend\",,0\n",
            time(line),
            csv_field(message),
            csv_field(detail)
        )
    };
    let csv = csv_row(1, "LOG", &format!("duration: 1.568 ms  statement: {SQL}"), "", ",,,,,,")
        + &csv_row(
            2,
            "LOG",
            "duration: 0.1 ms  execute <unnamed>: SELECT a FROM orders WHERE b = $1",
            "parameters: $1 = 'zqparameter'",
            ",,,,,,",
        )
        + &csv_row(
            3,
            "ERROR",
            "zqerror",
            "Key (a)=(zqdetail)",
            "\"zqhint\",,,\"zqcontext\",\"INSERT INTO orders VALUES ('zqstatement')\",,",
        )
        + &csv_row(4, "LOG", &format!("duration: 0.3 ms  statement: {DOUBLE}"), "", ",,,,,,");
    let pg_json = |message: &str, more: &str| {
        format!(
            "{{\"timestamp\":\"{}\",\"user\":\"zquser\",\"dbname\":\"zqdatabase\",\"pid\":77,\"remote_host\":\"zqhost\",\"session_id\":\"6b04024e.6f79\",\"line_num\":1,\"error_severity\":\"LOG\",\"message\":{}{more},\"application_name\":\"zqapplication\",\"backend_type\":\"client backend\",\"query_id\":0}}\n",
            time(4),
            json(message)
        )
    };
    let postgres_json = pg_json(&format!("duration: 1.568 ms  statement: {SQL}"), "")
        + &pg_json("duration: 0.1 ms  execute <unnamed>: SELECT a FROM orders WHERE b = $1", ",\"detail\":\"parameters: $1 = 'zqparameter'\"")
        + &pg_json("zqerror", ",\"detail\":\"zqdetail\",\"hint\":\"zqhint\",\"context\":\"zqcontext\",\"statement\":\"INSERT INTO orders VALUES ('zqstatement')\"").replace("\"LOG\"", "\"ERROR\"");
    let slow = "# Time: 2026-11-23T05:36:13.000000Z\n# User@Host: zquser[zquser] @ zqhost [10.0.0.1]  Id:     8\n\
         # Query_time: 0.000131  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0\nuse zqdatabase;\nSET timestamp=1795412173;\n\
         SELECT a FROM orders WHERE b = 'zqstring' AND c = \"zqdouble\" AND d = 731946825 AND e = x'7a71686578' # zqcomment\n ;\n\
         # Time: 2026-11-23T05:36:14.000000Z\n# User@Host: zquser[zquser] @ zqhost [10.0.0.1]  Id:     8\n\
         # Query_time: 0.000131  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 0\nSET timestamp=1795412174;\n\
         INSERT INTO orders VALUES ('zq\\'escape zqescape', 73.1946825) /* zqcomment */;\n".to_owned();
    let django = [one_line.as_str(), DOUBLE]
        .map(|sql| format!("2026-11-23 09:25:36,120 DEBUG django.db.backends (0.001) {sql}; args=('zqargs', 731946825); alias=default\n"))
        .concat()
        + "2026-11-23 09:25:37,120 ERROR django.request zqerror: zqnotice\n";
    let django_json = [SQL, DOUBLE]
        .map(|sql| {
            format!(
                "{{\"levelname\": \"DEBUG\", \"name\": \"django.db.backends\", \"message\": {}, \"duration\": 0.0007, \"sql\": {}, \"params\": [\"zqparameter\", 731946825], \"alias\": \"default\"}}\n",
                json(&format!("(0.001) {sql}; args=('zqargs',); alias=default")), json(sql)
            )
        })
        .concat()
        + "{\"levelname\": \"ERROR\", \"name\": \"other\", \"message\": \"zqerror\"}\n";
    let silk = format!(
        "[{{\"model\": \"silk.request\", \"pk\": \"c2fa5ca7\", \"fields\": {{\"path\": \"/orders/zqpath7/zqslug/\", \"query_params\": \"{{\\\"q\\\": \\\"zqquery\\\"}}\", \"raw_body\": \"zqbody\", \"body\": \"zqbody\", \"method\": \"GET\", \"start_time\": \"2026-11-23T05:56:04.429Z\", \"view_name\": \"orders\", \"end_time\": \"2026-11-23T05:56:04.435Z\", \"time_taken\": 6.2, \"encoded_headers\": \"zqheader\", \"num_sql_queries\": 2}}}},\n\
         {{\"model\": \"silk.sqlquery\", \"pk\": 1, \"fields\": {{\"query\": {}, \"start_time\": \"2026-11-23T05:56:04.432Z\", \"end_time\": \"2026-11-23T05:56:04.433Z\", \"time_taken\": 0.259, \"identifier\": 1, \"request\": \"c2fa5ca7\", \"traceback\": \"  File \\\"/home/zqfolder/shop/views.py\\\", line 12, in orders\\n    Order.objects.get(name='zqcontext')\\n\"}}}},\n\
         {{\"model\": \"silk.sqlquery\", \"pk\": 2, \"fields\": {{\"query\": {}, \"start_time\": \"2026-11-23T05:56:04.433Z\", \"end_time\": \"2026-11-23T05:56:04.434Z\", \"time_taken\": 0.2, \"identifier\": 1, \"request\": \"c2fa5ca7\", \"traceback\": \"\"}}}},\n\
         {{\"model\": \"other.thing\", \"pk\": 2, \"fields\": {{\"path\": \"zqnotice\"}}}}]\n",
        json(SQL),
        json(DOUBLE)
    );
    let statement = |sql: &str, more: &str| {
        format!(
            "{{\"request\": \"ab8f\", \"start\": 1795438713.25, \"duration\": 0.0006, \"sql\": {}, \"params\": [\"zqparameter\", 731946825], \"rows\": 1, \"alias\": \"default\", \"vendor\": \"postgresql\", \"stack\": [[\"/home/zqfolder/shop/views.py\", 19, \"orders\"]]{more}}}\n",
            json(sql)
        )
    };
    let recorder = "{\"flamedrop\": 1, \"request\": \"ab8f\", \"method\": \"GET\", \"path\": \"/orders/zqpath7/zqslug/?token=zqquery\", \"view\": \"shop.views.orders\", \"route\": \"orders/\", \"status\": 200, \"start\": 1795438713.25, \"duration\": 0.2, \"notes\": [\"'zqnotice' was seen\"]}\n".to_owned()
        + &statement(SQL, "")
        + &statement(DOUBLE, ", \"error\": \"zqerror\"").replace("postgresql", "sqlite")
        + "zqerror {\n";
    vec![
        ("postgres-stderr", stderr),
        ("postgres-csv", csv),
        ("postgres-json", postgres_json),
        ("mysql-slow", slow),
        ("django-log", django),
        ("django-json", django_json),
        ("django-silk", silk),
        ("flamedrop-recorder", recorder),
    ]
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
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
    let mut head = String::new();
    file.as_slice().take(160).read_to_string(&mut head).unwrap_or_default();
    let head: Vec<&str> = head.lines().take(2).collect();
    insta::assert_snapshot!(head.join("\n"));
}
