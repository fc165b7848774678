//! Many recordings of which a worker reads one after the other: their lines, their functions, their sum.

mod common;

use std::rc::Rc;

use flamedrop::brief::Brief;
use flamedrop::findings::Settings;
use flamedrop::import::waiting::now;
use flamedrop::import::{self, Kind, Options, Together};
use flamedrop::input::{MemorySource, Source, bundle};
use flamedrop::protocol::{
    GatherAnswer, GatherAsk, GatheredOverview, RankedColumn, RankedFunction, Request, Response, decode,
    encode,
};
use flamedrop::session::{Gathered, Session};

#[test]
fn what_is_read_for_its_sums_alone_has_the_same() {
    let mut profiles = 0;
    for path in common::files() {
        let bytes = std::fs::read(&path).expect("a file");
        let source = MemorySource::new("a", bytes);
        let read = |sums_only| {
            let options = Options { sums_only, ..Options::default() };
            let read = now(Session::open_waiting(Box::new(source.clone()), options, &|_| ()));
            read.map(|session| Brief::unjudged(session.document())).map_err(|error| error.to_string())
        };
        let whole = read(false);
        profiles += u32::from(whole.as_ref().is_ok_and(|brief| brief.kind == Kind::Profile));
        assert_eq!(read(true), whole, "{}", path.display());
    }
    assert!(profiles > 50, "{profiles} profiles");
}

/// A worker: what it has open, and what it gathered.
#[derive(Default)]
struct Worker {
    gathered: Gathered,
    open: Option<Session>,
}

impl Worker {
    fn open(&mut self, name: &str, file: &str) {
        let source = MemorySource::new(name, common::bytes(file));
        self.open = Some(Session::open(Box::new(source), &|_| ()).expect("a recording"));
    }

    /// Over the wire, as a worker is asked.
    fn ask(&mut self, ask: GatherAsk) -> Response {
        let Request::Gather(ask) =
            decode(&encode(&Request::Gather(ask)).expect("encoding")).expect("decoding")
        else {
            panic!("another request")
        };
        let response = self.gathered.answer(&ask, &mut self.open);
        decode(&encode(&response).expect("encoding")).expect("decoding")
    }

    fn add(&mut self, name: &str, file: &str) -> Result<GatheredOverview, String> {
        self.open(name, file);
        match self.ask(GatherAsk::Add { name: name.to_owned() }) {
            Response::Gathered(GatherAnswer::Added(overview)) => Ok(overview),
            Response::Refused(problem) => Err(problem),
            other => panic!("{other:?}"),
        }
    }

    fn functions(&mut self, sort: RankedColumn, filter: &str) -> (u32, Vec<RankedFunction>) {
        let ask = GatherAsk::Functions {
            sort,
            descending: sort != RankedColumn::Place,
            filter: filter.to_owned(),
            first: 0,
            count: 1000,
            selected: None,
        };
        match self.ask(ask) {
            Response::Gathered(GatherAnswer::Functions(rows, page, _)) => (rows, page),
            other => panic!("{other:?}"),
        }
    }
}

const RUNS: [&str; 3] = ["before-1", "before-2", "before-3"];

#[test]
fn functions_are_ranked_over_all_recordings() {
    let mut worker = Worker::default();
    let mut last = GatheredOverview::default();
    let mut totals = Vec::new();
    for name in RUNS {
        last = worker.add(name, &format!("compare/{name}.prof")).expect("a profile");
        totals
            .push(common::profile(common::open(common::bytes(&format!("compare/{name}.prof"))).expect(name)));
    }
    assert_eq!(last.recordings, 3);
    let all: f64 = totals.iter().map(|profile| profile.total()).sum();
    assert!((last.total - all).abs() < 1e-9, "{} {all}", last.total);
    let (rows, page) = worker.functions(RankedColumn::SelfTime, "");
    assert_eq!(rows, last.functions);
    let find = &page[0];
    assert_eq!((find.name.as_str(), find.recordings, find.calls), ("find", 3, Some(2400)));
    let own: Vec<f64> = totals
        .iter()
        .map(|profile| {
            let id = profile.functions.find(&find.file, find.line, &find.name).expect("it is there");
            profile.functions.self_time[id as usize]
        })
        .collect();
    assert!((find.self_time - own.iter().sum::<f64>()).abs() < 1e-9);
    // Where it took most.
    let (place, most) = find.most;
    assert_eq!(own.iter().copied().fold(0.0, f64::max), most);
    assert_eq!(own[place as usize], most);
    assert_eq!(last.longest.0, find.self_time);
    // Sorted as asked, and only what is looked for.
    assert!(page.windows(2).all(|pair| pair[0].self_time >= pair[1].self_time));
    let (_, by_total) = worker.functions(RankedColumn::TotalTime, "");
    assert!(by_total.windows(2).all(|pair| pair[0].total_time >= pair[1].total_time));
    let (few, found) = worker.functions(RankedColumn::Place, "stock.py");
    assert!(few < rows && found.iter().all(|row| row.file.ends_with("stock.py")), "{found:?}");
}

/// A function that only some recordings have is counted in those.
#[test]
fn recordings_are_counted_by_function() {
    let mut worker = Worker::default();
    for name in ["before-1", "after-1", "after-2"] {
        worker.add(name, &format!("compare/{name}.prof")).expect("a profile");
    }
    let (_, page) = worker.functions(RankedColumn::Recordings, "sleep");
    assert_eq!(page.iter().map(|row| row.recordings).max(), Some(2), "{page:?}");
    // What is new in the second recording took nothing in the first.
    assert!(page.iter().all(|row| row.most.0 > 0 || row.recordings == 3), "{page:?}");
}

/// One after the other they add up to what they are together, and what is none of them changes nothing.
#[test]
fn a_worker_merges_one_after_the_other() {
    let mut worker = Worker::default();
    worker.add("before-1", "compare/before-1.prof").expect("a profile");
    let log = worker.add("shop.sql.jsonl", "shop/shop.sql.jsonl").expect_err("a log");
    assert!(log.contains("no profile"), "{log}");
    let samples = worker.add("samples", "profiles/py-spy-0.4.3.raw.txt.gz").expect_err("samples");
    assert!(samples.contains("something different"), "{samples}");
    worker.add("before-2", "compare/before-2.prof").expect("a profile");
    assert_eq!(worker.add("before-3", "compare/before-3.prof").expect("a profile").recordings, 3);
    let Response::Shared(bytes) = worker.ask(GatherAsk::Merge) else { panic!("not merged") };
    let document = common::open(bytes).expect("a document");
    assert_eq!(document.name, "3 profiles merged");
    let merged = common::profile(document);
    let find = merged.functions.find("/home/ada/shop/stock.py", 20, "find").expect("it is there");
    assert_eq!(merged.functions.calls[find as usize], 2400);
    // It begins anew.
    assert_eq!(worker.add("before-1", "compare/before-1.prof").expect("a profile").recordings, 1);
    let Response::Refused(problem) = worker.ask(GatherAsk::Merge) else { panic!("merged") };
    assert!(problem.contains("two or more"), "{problem}");
}

#[test]
fn stacks_stay_stacks_as_long_as_all_have_some() {
    let mut worker = Worker::default();
    let name = "profiles/py-spy-0.4.3.raw.txt.gz";
    worker.add("one", name).expect("samples");
    worker.add("other", name).expect("samples");
    let Response::Shared(bytes) = worker.ask(GatherAsk::Merge) else { panic!("not merged") };
    let merged = common::profile(common::open(bytes).expect("a document"));
    let one = common::profile(common::open(common::bytes(name)).expect(name));
    assert!(merged.recorded_tree.is_some());
    assert!((merged.total() - 2.0 * one.total()).abs() < 1e-9);
    assert_eq!(merged.calls(), None);
}

/// Nothing is open: neither to add, nor to merge.
#[test]
fn nothing_was_gathered() {
    let mut worker = Worker::default();
    let Response::Refused(problem) = worker.ask(GatherAsk::Add { name: "a.prof".into() }) else {
        panic!("added")
    };
    assert_eq!(problem, "a.prof is not open");
    assert!(matches!(worker.ask(GatherAsk::Merge), Response::Refused(_)));
    assert_eq!(worker.functions(RankedColumn::Calls, "").0, 0);
}

#[test]
fn a_session_says_in_one_line_what_it_has_open() {
    let mut worker = Worker::default();
    let ask = |worker: &mut Worker, settings: Option<Settings>| {
        let request = Request::Brief { settings };
        match worker.open.as_mut().expect("a session").answer(&request) {
            Response::Brief(brief) => *brief,
            other => panic!("{other:?}"),
        }
    };
    worker.open("GET.stock.31ms.1764487957.prof", "compare/before-1.prof");
    let judged = |worker: &mut Worker, settings: Settings| {
        let numbers = ask(worker, None);
        assert_eq!(numbers.verdict, None, "numbers alone");
        let brief = ask(worker, Some(settings));
        assert_eq!(Brief { verdict: None, ..brief.clone() }, numbers);
        brief
    };
    let profile = judged(&mut worker, Settings::default());
    assert_eq!(profile.request.as_deref(), Some("GET /stock"));
    assert_eq!((profile.kind, profile.count), (Kind::Profile, Some(122_715)));
    assert_eq!(profile.slowest().expect("an own function").name, "find");
    worker.open("shop.sql.jsonl", "shop/shop.sql.jsonl");
    let log = judged(&mut worker, Settings::default());
    assert_eq!(log.kind, Kind::Queries);
    let all = log.verdict.expect("asked for");
    assert!(all.findings > 0 && all.first.is_some(), "{all:?}");
    // Thresholds are the user's.
    let mut none = Settings::default();
    none.set("n-plus-one.executions", Some(1e6)).expect("a threshold");
    assert!(judged(&mut worker, none).verdict.expect("asked for").findings < all.findings);
}

/// Files put together to a group are apart again, also those of which one log could be made.
#[test]
fn a_group_is_kept_as_one_file() {
    let names = ["app.log", "app.log.1", "notes.txt"];
    let files: Vec<Vec<u8>> = vec![
        common::bytes("sql/postgres/pg15.log"),
        common::bytes("sql/postgres/pg15.log"),
        b"Nothing helped.".to_vec(),
    ];
    let table: Vec<(String, u64)> =
        names.iter().zip(&files).map(|(name, file)| ((*name).to_owned(), file.len() as u64)).collect();
    let bytes = [files.concat(), bundle::group_trailer(&table)].concat();
    let source: Rc<dyn Source> = Rc::new(MemorySource::new("3 files", bytes));
    let members = import::members(source.as_ref()).expect("files").expect("several");
    assert_eq!(members.together, Together::Group);
    let found: Vec<&str> = members.files.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(found, names);
    assert!(import::import(&members.files[1].source(&source), &|_| ()).is_ok());
    assert!(import::import(&members.files[2].source(&source), &|_| ()).is_err());
}
