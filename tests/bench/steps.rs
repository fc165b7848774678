//! How long a session takes to answer what the page asks after a step, an inversion, a sandwich or a search, natively:
//! `./dev bench steps`. Answers are encoded as they are posted. What they say is checked before it is timed.
#![expect(clippy::disallowed_methods, reason = "a native program has a clock")]

use std::hint::black_box;
use std::time::Instant;

use flamedrop::input::MemorySource;
use flamedrop::profile::transform::{Path, Transform, Turned};
use flamedrop::protocol::{self, ContentOverview, FunctionColumn, Request, Response, Tree};
use flamedrop::session::Session;

/// The page's first window of a table.
const ROWS: u32 = 60;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().expect("usage: steps FILE [ROUNDS]");
    let rounds: usize = arguments.next().map_or(5, |text| text.parse().expect("how often"));
    let bytes = std::fs::read(&path).expect("a file");
    let before = Instant::now();
    let mut session = Session::open(Box::new(MemorySource::new(&path, bytes)), &|_| ()).expect("a document");
    println!("open                     {:8.1} ms", since(before));
    let alone = resident();
    let before = Instant::now();
    let whole = tree(&mut session, None);
    println!("call tree, first         {:8.1} ms, {} boxes", since(before), whole.function.len());
    println!("functions, first         {:8.1} ms", timed(&mut session, &table()).0);
    println!("resident: opened {alone:.0} MB, with its tree {:.0} MB", resident());
    let functions = heaviest_path(&whole);
    let middle = functions[functions.len() / 2];
    let path = Path { functions: functions[..=functions.len() / 2].to_vec(), without_imports: false };

    println!("\nms, medians of {rounds}       step    tree   table    function    undo   (KB of the tree)");
    let steps: [(&str, Transform); 10] = [
        ("focus on a function", Transform::FocusFunction(middle)),
        ("focus on a box", Transform::FocusStack(path.clone())),
        ("merge a function", Transform::MergeFunction(middle)),
        ("merge a box", Transform::MergeStack(path)),
        ("drop", Transform::Drop(middle)),
        ("collapse callees", Transform::CollapseCallees(middle)),
        ("collapse a package", Transform::CollapsePackage(middle)),
        ("only my code", Transform::OnlyMine(String::new())),
        ("collapse recursion", Transform::CollapseRecursion(middle)),
        ("hide below 1 %", Transform::HideBelow(1.0)),
    ];
    for (name, step) in steps {
        let mut times: [Vec<f64>; 5] = Default::default();
        let mut size = 0;
        for _ in 0..rounds {
            let (time, response) = timed(&mut session, &Request::Transform(vec![step.clone()]));
            let Response::Reread(overview) = response else { panic!("{name}: {response:?}") };
            let ContentOverview::Profile(profile) = overview.content else { panic!("a profile") };
            times[0].push(time);
            let (time, response) = timed(&mut session, &ask_tree(None));
            size = protocol::encode(&response).expect("bytes").len();
            let Response::Tree(tree) = response else { panic!("a tree") };
            let close = (tree.total - profile.total).abs() <= 1e-6 * profile.whole_total;
            assert!(close, "{name}: {} for {}", tree.total, profile.total);
            times[1].push(time);
            times[2].push(timed(&mut session, &table()).0);
            times[3].push(timed(&mut session, &Request::Function { function: middle }).0);
            times[4].push(timed(&mut session, &Request::Transform(Vec::new())).0);
        }
        let [step, tree, table, function, undo] = times.map(median);
        println!("{name:24} {step:8.1}{tree:8.1}{table:8.1}{function:12.1}{undo:8.1}   {}", size / 1000);
    }
    let asks = [
        ("the tree again", ask_tree(None)),
        ("inverted", ask_tree(Some(Turned::Inverted))),
        ("callers of it", ask_tree(Some(Turned::Callers(middle)))),
        ("callees of it", ask_tree(Some(Turned::Callees(middle)))),
        ("a function's neighbours", Request::Function { function: middle }),
        ("search", Request::SearchFunctions { text: "resolve".to_owned() }),
        ("search, place", Request::SearchFunctions { text: "s_42.py:1".to_owned() }),
        ("search, module", Request::SearchFunctions { text: "module:django.db".to_owned() }),
    ];
    println!();
    for (name, ask) in asks {
        let (mut times, mut size) = (Vec::new(), 0);
        for _ in 0..rounds {
            let (time, response) = timed(&mut session, &ask);
            size = protocol::encode(&response).expect("bytes").len();
            times.push(time);
        }
        println!("{name:24} {:8.1} ms   ({} KB)", median(times), size / 1000);
    }
    let (mut sorted, mut filtered) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let descending = round % 2 == 0;
        sorted.push(timed(&mut session, &ask_table(FunctionColumn::Calls, descending, "")).0);
        filtered.push(timed(&mut session, &ask_table(FunctionColumn::Place, descending, "model")).0);
    }
    println!("{:24} {:8.1} ms", "table, sorted anew", median(sorted));
    println!("{:24} {:8.1} ms", "table, filtered by place", median(filtered));
    timed(&mut session, &Request::Transform(vec![Transform::OnlyMine(String::new())]));
    tree(&mut session, None);
    println!("resident: after a step {:.0} MB, at most {:.0} MB", resident(), status("VmHWM"));
}

fn ask_tree(turned: Option<Turned>) -> Request {
    Request::Tree { hide_imports: false, turned, sight: Some(Box::default()) }
}

fn ask_table(sort: FunctionColumn, descending: bool, filter: &str) -> Request {
    Request::Functions { sort, descending, filter: filter.to_owned(), first: 0, count: ROWS, selected: None }
}

fn table() -> Request {
    ask_table(FunctionColumn::SelfTime, true, "")
}

fn tree(session: &mut Session, turned: Option<Turned>) -> Tree {
    match timed(session, &ask_tree(turned)).1 {
        Response::Tree(tree) => tree,
        other => panic!("{other:?}"),
    }
}

/// The answer, and milliseconds until it could be posted.
fn timed(session: &mut Session, request: &Request) -> (f64, Response) {
    let before = Instant::now();
    let response = session.answer(request);
    black_box(protocol::encode(&response)).expect("bytes");
    (since(before), response)
}

fn since(before: Instant) -> f64 {
    before.elapsed().as_secs_f64() * 1e3
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The functions of the heaviest stack, from its root down as far as boxes are named.
fn heaviest_path(tree: &Tree) -> Vec<u32> {
    let mut functions = Vec::new();
    let mut at = 0_u32;
    while let Some(row) = tree.function_of(at).filter(|_| !tree.is_recursive(at)) {
        functions.push(row.function);
        if tree.end[at as usize] <= at + 1 {
            break;
        }
        at += 1;
    }
    functions
}

/// Megabytes that are resident now; 0 where the system does not say.
fn resident() -> f64 {
    status("VmRSS")
}

fn status(what: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(what));
    let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    number.map_or(0.0, |kilobytes| kilobytes / 1e3)
}
