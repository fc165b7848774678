//! Questions about logs of requests: all views of one filter have the same numbers, and what is handed on has none of who
//! asked.

mod common;

use flamedrop::document::Content;
use flamedrop::export::table::Form;
use flamedrop::findings::Settings;
use flamedrop::input::MemorySource;
use flamedrop::protocol::{
    Answer, Ask, CompareColumn, ContentOverview, ExecutionColumn, Export, GroupColumn, QueryColumn, Request,
    RequestColumn, Response, Window, With,
};
use flamedrop::queries::by::By;
use flamedrop::queries::compare::Per;
use flamedrop::queries::filter::{Facet, Filter};
use flamedrop::requests::Class;
use flamedrop::saved::Keep;
use flamedrop::session::Session;
use flamedrop::share::Strip;

fn session(bytes: Vec<u8>) -> Session {
    Session::open(Box::new(MemorySource::new("access.log", bytes)), &|_| ()).expect("a session")
}

fn view(session: &mut Session, filter: &Filter, ask: Ask) -> Answer {
    match session.answer(&Request::View(filter.clone(), ask)) {
        Response::View(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn window<C>(sort: C) -> Window<C> {
    Window { sort, descending: true, first: 0, count: 1000, selected: None }
}

#[test]
fn every_grouping_adds_up_to_the_whole() {
    let mut session = session(common::bytes("requests/gunicorn-27.0.1-gthread-atoms.log"));
    let ContentOverview::Requests(overview) = session.overview().content else {
        panic!("no log of requests")
    };
    assert_eq!(overview.executions, 28);
    let all = Filter::default();
    let failed = Filter { failed: true, ..Filter::default() };
    let missing = Filter {
        facets: vec![Facet { by: By::Status, value: "404".to_owned(), not: false }],
        ..Filter::default()
    };
    for (filter, count) in [(all, 28), (failed, 1), (missing, 1)] {
        let Answer::Kinds(kinds) = view(&mut session, &filter, Ask::Kinds) else { panic!("no kinds") };
        let names: Vec<&str> = kinds.iter().map(|(by, _)| by.title_of_requests()).collect();
        assert_eq!(names, ["Route", "Method", "Status", "Client", "Worker"], "{filter:?}");
        for (by, groups) in kinds {
            let ask = Ask::Groups { by, window: window(GroupColumn::Total), charts: true, threshold: 500.0 };
            let Answer::Groups(page, whole) = view(&mut session, &filter, ask) else { panic!("no groups") };
            assert_eq!((page.rows, whole.calls), (groups, count), "{by:?} {filter:?}");
            assert_eq!(page.page.iter().map(|row| row.figures.calls).sum::<u32>(), count, "{by:?}");
            assert_eq!(page.page.iter().flat_map(|row| &row.calls_over_time).sum::<u32>(), count, "{by:?}");
            let served: Vec<_> = page.page.iter().filter_map(|row| row.served).collect();
            assert_eq!(served.len(), page.page.len(), "{by:?}");
            let errors = served.iter().map(|served| served.client_errors).sum::<u32>();
            assert_eq!(errors, u32::from(!filter.failed), "{by:?} {filter:?}: one page was not found");
            let satisfied = served.iter().map(|served| served.apdex.satisfied).sum::<u32>();
            assert_eq!(satisfied, if filter.failed { 0 } else { count - u32::from(count == 28) }, "{by:?}");
            assert!(served.iter().all(|served| served.bytes.is_some()), "{by:?}");
            // A route is no SQL.
            assert!(page.page.iter().all(|row| row.operation.is_none()));
        }
        let Answer::Site(site) =
            view(&mut session, &filter, Ask::Site { threshold: 100.0, workers: Some(2) })
        else {
            panic!("no site")
        };
        assert_eq!((site.requests, site.classes.iter().sum::<u32>()), (count, count));
        assert_eq!(site.curves.classes.iter().flatten().sum::<u32>(), count);
        assert_eq!(site.curves.durations.iter().sum::<u32>(), count);
        assert_eq!(site.workers, 1);
        let Answer::Executions(page) =
            view(&mut session, &filter, Ask::Executions(window(ExecutionColumn::Duration)))
        else {
            panic!("no requests")
        };
        assert_eq!(page.rows, count);
        assert!(page.page.windows(2).all(|pair| pair[0].duration >= pair[1].duration));
        let Answer::Timeline(columns) = view(&mut session, &filter, Ask::Timeline { lanes: By::Connection })
        else {
            panic!("no timeline")
        };
        assert_eq!(columns.statement.len() as u32, count);
        assert!(columns.texts.iter().any(|text| text == "GET /slow/"));
        let Answer::Glance(glance) = view(&mut session, &filter, Ask::Glance) else { panic!("no glance") };
        assert_eq!(glance.figures.calls, count);
        let with = With::Filter(Box::default());
        let ask = Ask::Compare { with, per: Per::Request, window: window(CompareColumn::Change) };
        let Answer::Compared(_, sides) = view(&mut session, &filter, ask) else { panic!("not compared") };
        assert_eq!((sides.calls_before, sides.calls_after), (28, count));
    }
}

#[test]
fn a_site_is_judged_by_what_it_answered() {
    let mut session = session(common::bytes("requests/joint/nginx-1.31.3-timed.log"));
    let Answer::Site(site) =
        view(&mut session, &Filter::default(), Ask::Site { threshold: 100.0, workers: None })
    else {
        panic!("no site")
    };
    assert_eq!(site.classes[Class::Gone as usize], 1);
    // /boom/, 504 and 502.
    assert_eq!(site.classes[Class::ServerError as usize], 3);
    assert_eq!(site.apdex.satisfied + site.apdex.tolerating + site.apdex.frustrated, 39);
    assert_eq!(site.workers, 0);
    assert_eq!(site.utilisation, None);
    // Four /mid/ at once, and what was on its way.
    assert!(site.most_at_once.is_some_and(|most| (4..=6).contains(&most)), "{:?}", site.most_at_once);
    // Four seconds: nothing can be said of outages.
    assert!(site.outages.is_empty() && site.availability == 1.0);
}

#[test]
fn what_has_no_meaning_for_requests_is_refused() {
    let mut session = session(common::bytes("requests/granian-2.8.9-wsgi.log"));
    let tables = Ask::Columns { table: None };
    let requests = Ask::Requests { by_view: false, threshold: 500.0, window: window(RequestColumn::Start) };
    for ask in [tables, requests, Ask::Waterfall { request: 0 }] {
        let answer = session.answer(&Request::View(Filter::default(), ask.clone()));
        assert!(matches!(answer, Response::Refused(_)), "{ask:?}: {answer:?}");
    }
    let Response::Statement(detail) = session.answer(&Request::Statement { statement: 0 }) else {
        panic!("no line")
    };
    assert!(detail.sql.starts_with("[2026-11-28 22:31:03 +0000] 127.0.0.1 - \"GET /fast/"), "{}", detail.sql);
}

#[test]
fn what_is_handed_on_says_nothing_of_who_asked() {
    let planted = [
        "203.0.113.77",
        "anna",
        "tok3n",
        "4711",
        "pl4nted-agent",
        "http://referer.example/",
        "b0b@mail.example",
    ];
    let text = "203.0.113.77 - anna [28/Nov/2026:22:44:01 +0000] \"GET /orders/4711/?token=tok3n HTTP/1.1\" 200 9 \
        \"http://referer.example/\" \"pl4nted-agent\" 0.037800 <12>\n\
        203.0.113.77 - - [28/Nov/2026:22:44:02 +0000] \"GET /users/b0b@mail.example/ HTTP/1.1\" 500 9 \"-\" \"x\" 0.237800 <12>\n\
        203.0.113.77 - - [28/Nov/2026:22:44:03 +0000] \"PLANTED-METHOD /orders/ HTTP/1.1\" 404 9 \"-\" \"x\" 0.137800 <13>\n";
    let mut session = session(text.as_bytes().to_vec());
    let share = |session: &mut Session, strip| {
        let ask = Request::Share { strip, keep: Keep::Everything, settings: Settings::default() };
        match session.answer(&ask) {
            Response::Shared(file) => file,
            other => panic!("{other:?}"),
        }
    };
    let has = |file: &[u8], word: &str| file.windows(word.len()).any(|part| part == word.as_bytes());
    let file = share(&mut session, Strip::default());
    for word in planted {
        assert!(!has(&file, word), "{word} is handed on");
    }
    assert!(!has(&file, "PLANTED"));
    assert!(has(&file, "GET /orders/{id}/"), "routes stay");
    // With names as well.
    let file = share(&mut session, Strip { paths: true, ..Strip::default() });
    assert!(!has(&file, "orders") && !has(&file, "203.0.113.77"));
    // The numbers are the same, and all views answer.
    let file = share(&mut session, Strip::default());
    let mut again = self::session(file);
    let (Content::Requests(before), Content::Requests(after)) =
        (&session.document().content, &again.document().content)
    else {
        panic!("no log of requests")
    };
    assert_eq!(before.statements.start, after.statements.start);
    assert_eq!(before.statements.duration, after.statements.duration);
    let (before, after) =
        (before.served.as_deref().expect("served"), after.served.as_deref().expect("served"));
    assert_eq!((&before.outcome, &before.bytes, before.step), (&after.outcome, &after.bytes, after.step));
    let site = |session: &mut Session| {
        view(session, &Filter::default(), Ask::Site { threshold: 100.0, workers: None })
    };
    assert_eq!(site(&mut session), site(&mut again));
    // Nothing left out: it is all there, but for what is in no column.
    let file = share(&mut session, Strip::NOTHING);
    assert!(has(&file, "203.0.113.77") && has(&file, "anna") && !has(&file, "tok3n"));
}

#[test]
fn damaged_files_of_ours_are_refused() {
    let mut session = session(common::bytes("requests/haproxy-3.0.11-httplog.log"));
    let ask = Request::Share { strip: Strip::NOTHING, keep: Keep::Everything, settings: Settings::default() };
    let Response::Shared(file) = session.answer(&ask) else { panic!("not shared") };
    for at in (0..file.len()).step_by(7) {
        let mut damaged = file.clone();
        damaged[at] ^= 0x15;
        let opened = Session::open(Box::new(MemorySource::new("x", damaged)), &|_| ());
        if let Ok(mut session) = opened {
            // Whatever it is now, it answers.
            let _ = session
                .answer(&Request::View(Filter::default(), Ask::Site { threshold: 100.0, workers: None }));
            let _ = session.answer(&Request::View(Filter::default(), Ask::Glance));
        }
    }
}

#[test]
fn the_page_writes_routes() {
    let mut session = session(common::bytes("requests/uwsgi-2.0.31-log-micros.log"));
    let export = Export::Queries {
        sort: QueryColumn::Total,
        descending: true,
        filter: String::new(),
        form: Form::Csv,
    };
    let Response::Exported(file) = session.answer(&Request::Export(export)) else {
        panic!("nothing written")
    };
    let text = String::from_utf8(file).expect("UTF-8");
    let mut lines = text.lines();
    assert!(
        lines.next().is_some_and(|head| head.starts_with("route,requests,requests per minute,total (ms)")),
        "{text}"
    );
    assert!(lines.next().is_some_and(|row| row.starts_with("GET /slow/,4,")), "{text}");
}

/// What is looked for in addresses is found as people write it, in routes and their examples at once, in every line by reading
/// the file again.
#[test]
fn addresses_are_found_as_people_write_them() {
    let line = |second: u32, target: &str| {
        format!(
            "10.0.0.1 - - [01/Dec/2026:10:00:{second:02} +0000] \"GET {target} HTTP/1.1\" 200 {second} \"-\" \"-\" 0.{second:03}\n"
        )
    };
    let mut log = String::new();
    for at in 0..10 {
        log.push_str(&line(at, &format!("/menu/?q={at}")));
        log.push_str(&line(at, "/caf%C3%A9/"));
        log.push_str(&line(at, if at == 3 { "/menu/?q=gar%C3%A7on" } else { "/menu/" }));
    }
    let mut session = session(log.into_bytes());
    let calls = |session: &mut Session, filter: &Filter| match view(session, filter, Ask::Glance) {
        Answer::Glance(glance) => glance.figures.calls,
        other => panic!("{other:?}"),
    };
    for (text, count) in [("café", 10), ("caf%c3%a9", 10), ("menu", 20), ("garçon", 0)] {
        let filter = Filter { text: text.to_owned(), ..Filter::default() };
        assert_eq!(calls(&mut session, &filter), count, "{text}");
    }
    for (text, count) in [("café", 10), ("garçon", 1), ("?q=", 11), ("gar%c3%a7on", 1)] {
        while !matches!(
            view(&mut session, &Filter::default(), Ask::Search { text: text.to_owned(), begin: false }),
            Answer::Searched { done, all, .. } if done == all
        ) {}
        let filter = Filter { text: text.to_owned(), all_texts: true, ..Filter::default() };
        assert_eq!(calls(&mut session, &filter), count, "{text}");
    }
}

/// A load balancer's probe is answered while the site is not.
#[test]
fn an_outage_is_seen_beside_probes() {
    let line = |second: u32, target: &str, status: u32| {
        let (minute, rest) = (second / 60, second % 60);
        format!(
            "10.0.0.1 - - [01/Dec/2026:10:{minute:02}:{rest:02} +0000] \"GET {target} HTTP/1.1\" {status} 5 \"-\" \"-\" 0.010\n"
        )
    };
    let site = |probe: &str| {
        let mut log = String::new();
        for second in (0..1800).step_by(5) {
            let is_down = (600..720).contains(&second);
            log.push_str(&line(second, "/shop/", if is_down { 502 } else { 200 }));
            log.push_str(&line(second, probe, 200));
        }
        let mut session = session(log.into_bytes());
        match view(&mut session, &Filter::default(), Ask::Site { threshold: 100.0, workers: None }) {
            Answer::Site(site) => site,
            other => panic!("{other:?}"),
        }
    };
    let probed = site("/healthz");
    let [outage] = probed.outages[..] else { panic!("{:?}", probed.outages) };
    assert_eq!((outage.length, outage.failed, probed.requests), (120_000.0, 24, 720));
    assert!(probed.availability < 0.94, "{}", probed.availability);
    assert!(site("/cart/").outages.is_empty());
}
