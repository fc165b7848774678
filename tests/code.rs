//! Places in the code: which source files a document's paths mean, and which functions of a profile are the lines that its
//! log's statements come from; on a profile and a log of one request of the shop.

mod common;

use flamedrop::document::Content;
use flamedrop::input::MemorySource;
use flamedrop::protocol::{
    Caller, CodeAnswer, CodeAsk, CodeFunction, CodeLine, Request, Response, decode, encode, of_callers,
};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::{Facet, Filter};
use flamedrop::session::Session;

fn open(name: &str) -> Session {
    let source = MemorySource::new(name, common::bytes(name));
    Session::open(Box::new(source), &|_| ()).expect("a document")
}

fn ask(session: &mut Session, ask: CodeAsk) -> CodeAnswer {
    let request: Request = decode(&encode(&Request::Code(ask)).expect("encoding")).expect("decoding");
    match session.answer(&request) {
        Response::Code(answer) => answer,
        other => panic!("{other:?}"),
    }
}

fn callers(log: &mut Session) -> Vec<Caller> {
    match ask(log, CodeAsk::Callers) {
        CodeAnswer::Callers(callers) => callers,
        other => panic!("{other:?}"),
    }
}

#[test]
fn statements_lead_to_the_functions_that_run_them_and_back() {
    let (mut profile, mut log) = (open("sample/orders.prof"), open("sample/orders.sql.jsonl"));
    let callers = callers(&mut log);
    let stacks: Vec<Vec<CodeLine>> = callers.iter().flat_map(|caller| caller.stacks.clone()).collect();
    let CodeAnswer::Functions(found) = ask(&mut profile, CodeAsk::Functions(stacks)) else {
        panic!("functions")
    };
    let found = of_callers(&callers, &found);
    let Content::Profile(content) = &profile.document().content else { panic!("a profile") };
    let function_of = |value: &str| {
        let at = callers.iter().position(|caller| caller.value == value).expect("a caller");
        let CodeFunction { function, name } = found[at].clone()?;
        let functions = &content.functions;
        assert_eq!(functions.name(function), name);
        Some(format!("{}:{} {name}", functions.file(function), functions.line(function)))
    };
    // The user's own function, the method below a template, and the view around one.
    for (value, expected) in [
        ("/srv/shop/shop/views/ordering.py:27(orders)", "/srv/shop/shop/views/ordering.py:18 orders"),
        ("/srv/shop/shop/models/orders.py:58(total)", "/srv/shop/shop/models/orders.py:56 total"),
        ("/srv/shop/shop/pricing.py:31(rate)", "/srv/shop/shop/pricing.py:26 rate"),
        (
            "/srv/shop/templates/shop/_order.html:3({{ order.customer.get_full_name }})",
            "/srv/shop/shop/views/ordering.py:18 orders",
        ),
    ] {
        assert_eq!(function_of(value).as_deref(), Some(expected), "{value}");
    }
    let view =
        callers.iter().find(|caller| caller.value.ends_with("ordering.py:27(orders)")).expect("a view");
    // As many statements as a filter by the caller lets through.
    let Content::Queries(content) = &log.document().content else { panic!("a log") };
    let with_site = (0..content.statements.len()).filter(|&at| !content.place(at).is_empty()).count();
    assert_eq!(callers.iter().map(|caller| caller.statements as usize).sum::<usize>(), with_site);
    let filter = Filter {
        facets: vec![Facet { by: By::Caller, value: view.value.clone(), not: false }],
        ..Filter::default()
    };
    let ran = (0..content.statements.len()).filter(|&at| content.place(at) == view.value).count();
    assert_eq!(ran, view.statements as usize);
    assert_eq!(filter.words(), [format!("caller:{}", view.value)]);
}

#[test]
fn sources_are_those_that_the_document_names() {
    let sources = ["shop/shop/views/ordering.py", "shop/shop/models/orders.py", "shop/shop/views/reports.py"];
    for name in ["sample/orders.prof", "sample/orders.sql.jsonl"] {
        let mut session = open(name);
        let asked = CodeAsk::Sources(sources.map(str::to_owned).to_vec());
        let CodeAnswer::Sources(found) = ask(&mut session, asked) else { panic!("sources") };
        assert!(found.contains(&("/srv/shop/shop/views/ordering.py".to_owned(), 0)), "{name}: {found:?}");
        assert!(found.iter().all(|(file, source)| file.ends_with(sources[*source as usize])), "{found:?}");
    }
}
