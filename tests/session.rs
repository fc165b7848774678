//! A profile's session: what the page asks, and what it is told.

mod common;

use common::marshal::{Value, key, numbers, stats};
use flamedrop::input::{MemorySource, Source};
use flamedrop::profile::Layer;
use flamedrop::protocol::{
    Ask, ContentOverview, FunctionColumn, FunctionDetail, FunctionRow, Request, Response, Tree, decode,
    encode,
};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use flamedrop::session::Session;

fn open(bytes: Vec<u8>) -> Session {
    let source: Box<dyn Source> = Box::new(MemorySource::new("app.prof", bytes));
    Session::open(source, &|_| ()).expect("a profile")
}

/// ```text
/// handle 1 call, 1.0 self, 10.0 total
/// ├ query 4 calls, 2.0 self, 6.0 total (of 8 calls, 9.0 total)
/// │ └ execute 8 calls, 5.0
/// └ render 2/1 calls, 1.0 self, 3.0 total
///   └ query 4 calls, 1.0 self, 3.0 total
/// ```
fn shop() -> Session {
    let handle = || key("/srv/app/shop/Views.py", 10, "handle");
    let render = || key("/srv/app/venv/lib/python3.12/site-packages/jinja2/environment.py", 1200, "render");
    let query = || key("/srv/app/shop/models.py", 12, "query");
    let execute = || key("~", 0, "<method 'execute' of 'sqlite3.Cursor' objects>");
    open(stats(vec![
        (execute(), numbers(8, 8, 5.0, 5.0, vec![(query(), tuple![8, 8, 5.0, 5.0])])),
        (handle(), numbers(1, 1, 1.0, 10.0, vec![])),
        (
            query(),
            numbers(
                8,
                8,
                3.0,
                8.0,
                vec![(handle(), tuple![4, 4, 2.0, 6.0]), (render(), tuple![4, 4, 1.0, 2.0])],
            ),
        ),
        (
            render(),
            numbers(
                1,
                2,
                1.0,
                3.0,
                vec![(handle(), tuple![1, 1, 0.5, 3.0]), (render(), tuple![1, 1, 0.5, 1.0])],
            ),
        ),
    ]))
}

/// Asks as the page does: through bytes.
fn ask(session: &mut Session, request: &Request) -> Response {
    let request: Request = decode(&encode(request).expect("encoding")).expect("decoding");
    let response = session.answer(&request);
    let again: Response = decode(&encode(&response).expect("encoding")).expect("decoding");
    assert_eq!(response, again);
    response
}

fn table(session: &mut Session, sort: FunctionColumn, descending: bool, filter: &str) -> Vec<FunctionRow> {
    let filter = filter.to_owned();
    match ask(session, &Request::Functions { sort, descending, filter, first: 0, count: 100, selected: None })
    {
        Response::Functions { rows, page, .. } => {
            assert_eq!(rows as usize, page.len());
            page
        }
        other => panic!("{other:?}"),
    }
}

fn names(rows: &[FunctionRow]) -> Vec<&str> {
    rows.iter().map(|row| row.name.split('\'').nth(1).unwrap_or(&row.name)).collect()
}

#[test]
fn the_overview_has_the_totals() {
    let overview = shop().overview();
    assert_eq!(overview.name, "app.prof");
    assert_eq!((overview.format.as_str(), overview.format_title.as_str()), ("pstats", "cProfile / pstats"));
    assert_eq!(overview.diagnostics, []);
    let ContentOverview::Profile(profile) = overview.content else { panic!("a profile") };
    assert_eq!((profile.functions, profile.edges), (4, 5));
    assert_eq!((profile.calls, profile.primitive_calls), (Some(19), Some(18)));
    assert_eq!(profile.total, 10.0);
    assert!(profile.tree_estimated);
}

#[test]
fn every_column_sorts_both_ways() {
    let mut session = shop();
    for (column, ascending) in [
        (FunctionColumn::Calls, ["handle", "render", "execute", "query"]),
        (FunctionColumn::SelfTime, ["handle", "render", "query", "execute"]),
        (FunctionColumn::TotalTime, ["render", "execute", "query", "handle"]),
        (FunctionColumn::SelfPerCall, ["query", "render", "execute", "handle"]),
        (FunctionColumn::TotalPerCall, ["execute", "query", "render", "handle"]),
        // By file, line, name, as text: capitals first, `~` last.
        (FunctionColumn::Place, ["handle", "query", "render", "execute"]),
    ] {
        let rows = table(&mut session, column, false, "");
        assert_eq!(names(&rows), ascending, "{column:?}");
        let rows = table(&mut session, column, true, "");
        let up: Vec<f64> = rows.iter().map(|row| value(row, column)).collect();
        assert!(up.is_sorted_by(|a, b| a >= b), "{column:?}: {up:?}");
    }
    // Equals stay in the file's order, whichever way is sorted.
    let first = |rows: &[FunctionRow]| rows[0].name.clone();
    let descending = table(&mut session, FunctionColumn::Calls, true, "");
    assert_eq!(first(&descending), "<method 'execute' of 'sqlite3.Cursor' objects>");
}

fn value(row: &FunctionRow, column: FunctionColumn) -> f64 {
    match column {
        FunctionColumn::Calls => row.calls.unwrap_or(-1) as f64,
        FunctionColumn::SelfTime => row.self_time,
        FunctionColumn::TotalTime => row.total_time,
        FunctionColumn::SelfPerCall => row.self_time / row.calls.unwrap_or(-1) as f64,
        FunctionColumn::TotalPerCall => row.total_time / row.primitive_calls.unwrap_or(-1) as f64,
        FunctionColumn::Place => 0.0,
    }
}

#[test]
fn the_filter_looks_at_name_file_and_line_whatever_the_case() {
    let mut session = shop();
    let found = |session: &mut Session, filter: &str| {
        let rows = table(session, FunctionColumn::Place, false, filter);
        names(&rows).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found(&mut session, "RENDER"), ["render"]);
    assert_eq!(found(&mut session, "views"), ["handle"]);
    assert_eq!(found(&mut session, "/shop/"), ["handle", "query"]);
    assert_eq!(found(&mut session, "models.py:12"), ["query"]);
    assert_eq!(found(&mut session, "views.py:1"), ["handle"]);
    assert_eq!(found(&mut session, "views.py:2"), [""; 0]);
    assert_eq!(found(&mut session, "12"), ["query", "render"]);
    assert_eq!(found(&mut session, ":1200"), ["render"]);
    assert_eq!(found(&mut session, " sqlite3 "), ["execute"]);
    assert_eq!(found(&mut session, "models.py:12(query)"), ["query"]);
    assert_eq!(found(&mut session, "query (/srv/app/shop/models.py:12)"), ["query"]);
    assert_eq!(found(&mut session, "nothing"), [""; 0]);
}

#[test]
fn windows_of_the_table() {
    let mut session = shop();
    let mut window = |first, count| {
        let request = Request::Functions {
            sort: FunctionColumn::SelfTime,
            descending: true,
            filter: String::new(),
            first,
            count,
            selected: None,
        };
        match ask(&mut session, &request) {
            Response::Functions { rows: 4, page, .. } => {
                names(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(window(1, 2), ["query", "handle"]);
    assert_eq!(window(3, 2), ["render"]);
    assert_eq!(window(4, 2), [""; 0]);
    assert_eq!(window(u32::MAX, u32::MAX), [""; 0]);
}

#[test]
fn the_selected_function_has_a_row_wherever_it_is() {
    let mut session = shop();
    let mut rank = |filter: &str, selected| {
        let request = Request::Functions {
            sort: FunctionColumn::SelfTime,
            descending: true,
            filter: filter.to_owned(),
            first: 0,
            count: 1,
            selected,
        };
        match ask(&mut session, &request) {
            Response::Functions { page, selected, .. } => (page.first().map(|row| row.function), selected),
            other => panic!("{other:?}"),
        }
    };
    let (first, _) = rank("", None);
    assert_eq!(rank("", first).1, Some(0));
    let ranks: std::collections::BTreeSet<_> = (0..4).map(|function| rank("", Some(function)).1).collect();
    assert_eq!(ranks, (0..4).map(Some).collect(), "each function has a row of its own");
    assert_eq!(rank("no such name", first).1, None, "filtered out");
}

#[test]
fn callers_and_callees_have_the_edges_numbers() {
    let mut session = shop();
    let Response::Function(FunctionDetail { row, callers, callees }) =
        ask(&mut session, &Request::Function { function: 3 })
    else {
        panic!("a function")
    };
    assert_eq!((row.name.as_str(), row.layer, row.calls), ("render", Layer::Templates, Some(2)));
    let number = |row: &FunctionRow| (row.function, row.calls.unwrap_or(-1), row.self_time, row.total_time);
    assert_eq!(callers.iter().map(number).collect::<Vec<_>>(), [(1, 1, 0.5, 3.0), (3, 1, 0.5, 1.0)]);
    assert_eq!(callees.iter().map(number).collect::<Vec<_>>(), [(2, 4, 1.0, 2.0), (3, 1, 0.5, 1.0)]);
    assert_eq!(callees[0].layer, Layer::Own);

    let refused = ask(&mut session, &Request::Function { function: 4 });
    assert!(matches!(refused, Response::Refused(_)));
}

#[test]
fn links_find_their_function_again() {
    let mut session = shop();
    let mut find = |file: &str, line, name: &str| {
        let request = Request::FindFunction { file: file.to_owned(), line, name: name.to_owned() };
        ask(&mut session, &request)
    };
    assert_eq!(find("/srv/app/shop/models.py", 12, "query"), Response::FoundFunction(Some(2)));
    assert_eq!(find("/srv/app/shop/models.py", 13, "query"), Response::FoundFunction(None));
    assert_eq!(find("/srv/app/shop/models.py", 12, "gone"), Response::FoundFunction(None));
}

#[test]
fn search_counts_what_it_found() {
    let mut session = shop();
    let answer = ask(&mut session, &Request::SearchFunctions { text: "/SHOP/".to_owned() });
    let Response::Matches { functions, self_time, total_time, problem: None } = answer else {
        panic!("{answer:?}")
    };
    assert_eq!((functions, self_time), (vec![1, 2], 4.0));
    assert!(total_time > 4.0 && total_time <= 10.0, "{total_time}");
}

#[test]
fn the_tree_names_its_functions_and_keeps_the_total() {
    let mut session = shop();
    let Response::Tree(tree) =
        ask(&mut session, &Request::Tree { hide_imports: false, turned: None, sight: None })
    else {
        panic!("a tree")
    };
    let Tree { estimated, ref function, ref functions, total, .. } = tree;
    assert!(estimated);
    assert!((total - 10.0).abs() < 1e-9, "{total}");
    let mut stacks = String::new();
    for (index, &function) in function.iter().enumerate() {
        let row = &functions[function as usize];
        let indent = "  ".repeat(tree.depth[index] as usize);
        let (own, all) = (tree.self_time[index], tree.total_time[index]);
        stacks.push_str(&format!("{indent}{} {own:.3} {all:.3}\n", row.name));
    }
    insta::assert_snapshot!(stacks);
}

#[test]
fn merged_boxes_name_their_functions() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/trees/django_orm.prof.gz");
    let source = MemorySource::new("django_orm.prof.gz", std::fs::read(path).expect("the recording"));
    let mut session = Session::open(Box::new(source), &|_| ()).expect("a profile");
    let Response::Tree(tree) =
        ask(&mut session, &Request::Tree { hide_imports: false, turned: None, sight: None })
    else {
        panic!("a tree")
    };
    let mut named = 0;
    for at in 0..tree.function.len() as u32 {
        let parts = tree.merged_in(at);
        if tree.function[at as usize] != u32::MAX {
            assert!(parts.is_empty(), "box {at} is no merged one");
            continue;
        }
        named += usize::from(!parts.is_empty());
        assert!(parts.len() as f64 <= tree.calls[at as usize], "more functions than boxes in {at}");
        assert!(parts.is_sorted_by(|one, other| one.self_time >= other.self_time));
        let sum: f64 = parts.iter().map(|part| part.self_time).sum();
        assert!(sum <= tree.self_time[at as usize] * (1.0 + 1e-9), "box {at} has less than its functions");
        assert!(parts.iter().all(|part| (part.function as usize) < tree.functions.len()));
    }
    assert!(named > 100, "{named} merged boxes with names");
}

/// Estimated once, shown with import frames or without.
#[test]
fn import_frames_are_hidden_where_that_is_asked_for() {
    let recording = |name: &str| {
        let path = format!("{}/tests/data/trees/{name}.prof.gz", env!("CARGO_MANIFEST_DIR"));
        let source = MemorySource::new("imports.prof.gz", std::fs::read(path).expect("the recording"));
        Session::open(Box::new(source), &|_| ()).expect("a profile")
    };
    let many = |session: &Session| match session.overview().content {
        ContentOverview::Profile(profile) => profile.many_imports,
        _ => panic!("a profile"),
    };
    let mut session = recording("imports");
    assert!(many(&session) && !many(&recording("archives")) && !many(&recording("generators")));
    let mut tree =
        |hide_imports| match ask(&mut session, &Request::Tree { hide_imports, turned: None, sight: None }) {
            Response::Tree(tree) => tree,
            other => panic!("{other:?}"),
        };
    let (whole, shown) = (tree(false), tree(true));
    assert_eq!(whole, tree(false));
    assert!(whole.has_imports && shown.has_imports && shown.function.len() < whole.function.len());
    assert!((whole.total - shown.total).abs() < 1e-9 && shown.contradiction == whole.contradiction);
    let is_frame = |row: &FunctionRow| row.file.starts_with("<frozen importlib._bootstrap");
    assert!(whole.functions.iter().any(is_frame) && !shown.functions.iter().any(is_frame));
    // A module is named by its file.
    let modules: Vec<String> =
        shown.functions.iter().filter(|row| row.is_module()).map(|row| row.label().into_owned()).collect();
    assert!(modules.iter().any(|label| label == "email/utils.py"), "{modules:?}");
    let Response::Tree(other) =
        ask(&mut shop(), &Request::Tree { hide_imports: true, turned: None, sight: None })
    else {
        panic!("a tree")
    };
    assert!(!other.has_imports && other.function.len() > 3);
}

/// The sampling profiler of Python 3.15 writes lines; the page begins with functions.
#[test]
fn lines_are_functions_until_lines_are_asked_for() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/pstats/3.15-sampled.prof");
    let mut session = open(std::fs::read(path).expect("the recording"));
    let ContentOverview::Profile(overview) = session.overview().content else { panic!("a profile") };
    assert!(overview.by_line);
    let text = |session: &mut Session| {
        let rows = table(session, FunctionColumn::TotalTime, true, "report.py");
        let row = |row: &FunctionRow| {
            // Samples are no calls.
            assert_eq!((row.calls, row.primitive_calls), (None, None));
            format!("{}:{} {:.3} s self, {:.3} s total\n", row.name, row.line, row.self_time, row.total_time)
        };
        let text: String = rows.iter().map(row).collect();
        let Response::Tree(tree) =
            ask(session, &Request::Tree { hide_imports: false, turned: None, sight: None })
        else {
            panic!("a tree")
        };
        format!("{text}{} boxes, {:.3} s\n", tree.function.len(), tree.total)
    };
    let functions = text(&mut session);
    assert_eq!(ask(&mut session, &Request::ByLine(true)), Response::ByLine(true));
    let lines = text(&mut session);
    assert_eq!(ask(&mut session, &Request::ByLine(false)), Response::ByLine(false));
    assert_eq!(text(&mut session), functions);
    insta::assert_snapshot!(format!("{functions}\n{lines}"));
    // A file of functions has no lines.
    assert!(matches!(ask(&mut shop(), &Request::ByLine(true)), Response::Refused(_)));
}

#[test]
fn a_profile_refuses_what_is_asked_of_logs() {
    let mut session = shop();
    let timeline = Ask::Timeline { lanes: By::Connection };
    assert!(matches!(ask(&mut session, &Request::View(Filter::default(), timeline)), Response::Refused(_)));
    assert!(matches!(ask(&mut session, &Request::Statement { statement: 0 }), Response::Refused(_)));
}

#[test]
fn counts_that_are_unknown_do_not_sort_first() {
    let function =
        |name: &str, calls: i64| (key("a.py", 1, name), tuple![calls, calls, 1.0, 1.0, Value::Dict(vec![])]);
    let mut session = open(stats(vec![function("unknown", -1), function("none", 0), function("one", 1)]));
    let rows = table(&mut session, FunctionColumn::SelfPerCall, true, "");
    assert_eq!(names(&rows), ["one", "unknown", "none"]);
}
