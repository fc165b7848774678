//! Texts looked for in a log: in queries and their examples at once, in every statement by reading the file
//! again.

mod common;

use flamedrop::input::MemorySource;
use flamedrop::protocol::{Answer, Ask, EventColumn, EventView, Request, Response, Window};
use flamedrop::queries::filter::Filter;
use flamedrop::session::Session;

/// Logs of every kind: with literals, with parameters apart, with plans.
const LOGS: [&str; 6] = [
    "sql/postgres/pg15.log",
    "sql/django/postgresql_json.log",
    "sql/django/sqlite_bare.log",
    "shop/shop.sql.jsonl",
    "silk/dumpdata.json",
    "mysql/mariadb-10.11.slow.log",
];

fn open(path: &str) -> Session {
    Session::open(Box::new(MemorySource::new(path, common::bytes(path))), &|_| ()).expect(path)
}

fn ask(session: &mut Session, filter: &Filter, ask: Ask) -> Answer {
    match session.answer(&Request::View(filter.clone(), ask)) {
        Response::View(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// How many statements a filter lets through.
fn calls(session: &mut Session, filter: &Filter) -> u32 {
    match ask(session, filter, Ask::Glance) {
        Answer::Glance(glance) => glance.figures.calls,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_only_an_example_says_finds_its_query_at_once() {
    let mut tried = 0;
    for path in LOGS {
        let mut session = open(path);
        for fingerprint in 0..40 {
            let Response::Query(detail) = session.answer(&Request::Query { fingerprint }) else { break };
            let Some(example) = detail.example else { continue };
            let own = format!("{} {}", example.sql, example.parameters.unwrap_or_default());
            let is_value =
                |word: &&str| word.len() > 3 && !detail.text.to_lowercase().contains(&word.to_lowercase());
            let Some(value) = own.split(|c: char| !c.is_ascii_alphanumeric()).find(is_value) else {
                continue;
            };
            let filter = Filter { text: value.to_uppercase(), ..Filter::default() };
            assert!(calls(&mut session, &filter) >= detail.row.calls, "{path} {value}");
            tried += 1;
        }
        let nothing = Filter { text: "no such text".to_owned(), ..Filter::default() };
        assert_eq!(calls(&mut session, &nothing), 0, "{path}");
    }
    assert!(tried > 10, "{tried}");
}

/// Searches every text for this one, to the end.
fn search(session: &mut Session, text: &str) {
    let mut begin = true;
    loop {
        let ask_for = Ask::Search { text: text.to_owned(), begin };
        begin = false;
        match ask(session, &Filter::default(), ask_for) {
            Answer::Searched { done, all, .. } if done == all => return,
            Answer::Searched { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// The events that a filter lets through, but for plans.
fn events(session: &mut Session, filter: &Filter) -> Vec<u32> {
    let window =
        Window { sort: EventColumn::First, descending: false, first: 0, count: 10_000, selected: None };
    match ask(session, filter, Ask::EventList { class: None, within: None, window }) {
        Answer::EventList(page) => page.page.into_iter().map(|row| row.event).collect(),
        other => panic!("{other:?}"),
    }
}

fn event(session: &mut Session, event: u32) -> EventView {
    match ask(session, &Filter::default(), Ask::Event { event }) {
        Answer::Event(view) => *view,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_is_found_in_all_that_is_said_of_an_event() {
    // What only a search of the file finds: details, hints, contexts.
    let mut hidden = 0;
    for path in ["events/trouble.log.gz", "events/postgres-18-locks.log.gz", "mysql/mariadb-10.11.slow.log"] {
        let mut session = open(path);
        let all = events(&mut session, &Filter::default());
        let mut tried = 0;
        for &one in all.iter().step_by(all.len() / 8 + 1) {
            let EventView { detail, .. } = event(&mut session, one);
            let said = [Some(detail.message), detail.detail, detail.hint, detail.context];
            for words in said.into_iter().flatten() {
                // Of a line: what a text's end says is nowhere but in the file.
                let Some(line) = words.lines().rfind(|line| line.trim().len() > 8) else { continue };
                let text = line.trim().to_uppercase();
                let filter = Filter { text: text.clone(), all_texts: true, ..Filter::default() };
                hidden += usize::from(!events(&mut session, &filter).contains(&one));
                search(&mut session, &text);
                let found = events(&mut session, &filter);
                assert!(found.contains(&one), "{path} {text}: {found:?}");
                tried += 1;
            }
        }
        assert_eq!(tried == 0, all.is_empty(), "{path}");
        search(&mut session, "no such text");
        let filter = Filter { text: "no such text".to_owned(), all_texts: true, ..Filter::default() };
        assert_eq!(events(&mut session, &filter), [0; 0], "{path}");
    }
    assert!(hidden > 4, "{hidden}");
}

#[test]
fn a_text_is_found_in_every_statement() {
    for path in LOGS {
        let mut session = open(path);
        let count = calls(&mut session, &Filter::default());
        let texts: Vec<[String; 3]> = (0..count)
            .map(|statement| match session.answer(&Request::Statement { statement }) {
                Response::Statement(detail) => {
                    let plan = detail.plan.map(|plan| plan.text).unwrap_or_default();
                    [detail.sql, detail.parameters.unwrap_or_default(), plan]
                        .map(|text| text.to_ascii_lowercase())
                }
                other => panic!("{other:?}"),
            })
            .collect();
        for text in ["1", "Where", "Seq Scan", "no such text"] {
            let wanted = text.to_ascii_lowercase();
            let has = |texts: &&[String; 3]| texts.iter().any(|text| text.contains(&wanted));
            let expected = texts.iter().filter(has).count() as u32;
            let filter = Filter { text: text.to_owned(), all_texts: true, ..Filter::default() };
            // Before it was searched nothing is found; after it all is.
            assert_eq!(calls(&mut session, &filter), 0);
            let mut begin = true;
            loop {
                let ask_for = Ask::Search { text: text.to_owned(), begin };
                begin = false;
                let Answer::Searched { done, all, found } = ask(&mut session, &Filter::default(), ask_for)
                else {
                    panic!("not searched");
                };
                if done == all {
                    assert_eq!((all >= count, found), (true, expected), "{path} {text}");
                    break;
                }
            }
            assert_eq!(calls(&mut session, &filter), expected, "{path} {text}");
        }
    }
}
