//! Bytes that come later: the same document, however long they take. And a verdict in parts is that of one go.

use std::cell::Cell;
use std::io::{self, Read};
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use flamedrop::findings::Settings;
use flamedrop::import::{self, Options};
use flamedrop::input::{MemorySource, Source};
use flamedrop::protocol::{Request, Response};
use flamedrop::session::Session;
use proptest::prelude::*;

/// A source whose bytes come in pieces: after each, so many askings are answered with "not yet".
struct Slow {
    bytes: Vec<u8>,
    piece: usize,
    delay: u32,
    /// How far it is read, and how much has come.
    read: Cell<usize>,
    here: Cell<usize>,
    waits: Cell<u32>,
    /// How often somebody waited.
    waited: Cell<u32>,
}

impl Slow {
    fn new(bytes: Vec<u8>, piece: usize, delay: u32) -> Self {
        let cell = || Cell::new(0);
        Self {
            bytes,
            piece,
            delay,
            read: Cell::new(0),
            here: Cell::new(piece),
            waits: cell(),
            waited: cell(),
        }
    }
}

impl Source for Slow {
    fn name(&self) -> &str {
        "slow.log"
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + '_>> {
        self.read.set(offset as usize);
        Ok(Box::new(Reading(self)))
    }

    fn is_coming(&self) -> bool {
        if self.here.get() >= self.bytes.len() || self.read.get() < self.here.get() {
            return false;
        }
        if self.waits.get() == self.delay {
            self.waits.set(0);
            self.here.set(self.here.get() + self.piece);
            return false;
        }
        self.waits.set(self.waits.get() + 1);
        self.waited.set(self.waited.get() + 1);
        true
    }
}

struct Reading<'a>(&'a Slow);

impl Read for Reading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let source = self.0;
        let at = source.read.get();
        // Whoever does not wait gets it all the same.
        let end = if at < source.here.get() { source.here.get() } else { at + 1000 };
        let rest = &source.bytes[at..end.min(source.bytes.len())];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        source.read.set(at + count);
        Ok(count)
    }
}

/// The recording, several times over: longer than what readers have at hand.
fn log(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    std::fs::read(path).expect("a recording").repeat(4)
}

const LOGS: &[&str] = &[
    "postgres/client.log",
    "postgres/client.csv",
    "postgres/client.json",
    "servers/ten.mariadb.slow.log",
    "servers/ten.mariadb.general.log",
    "shop/shop.sql.jsonl",
];

/// A trace of many calls, as VizTracer writes it: one list, which is read event by event.
fn trace() -> Vec<u8> {
    let call = |at: u32| {
        let (thread, name) = (1 + at % 2, at % 97);
        format!(
            r#"{{"ph":"X","cat":"fee","pid":7,"tid":{thread},"ts":{},"dur":{}.5,"name":"f{name} (/srv/app.py:{name})"}}"#,
            at * 10,
            1 + at % 5,
        )
    };
    let calls: Vec<String> = (0..8_000).map(call).collect();
    format!(r#"{{"traceEvents":[{}],"viztracer_metadata":{{"version":"1.1.1"}}}}"#, calls.join(",\n"))
        .into_bytes()
}

fn read(source: &Slow) -> (String, u32) {
    let (progress, options) = (|_| (), Options::default());
    let mut reading = pin!(import::read_waiting(source, &progress, &options));
    let mut polls = 0;
    let document = loop {
        polls += 1;
        if let Poll::Ready(read) = reading.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            break read.expect("a log").0;
        }
    };
    (format!("{document:?}"), polls)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn what_comes_in_pieces_is_the_same(which in 0..=LOGS.len(), piece in 20_000_usize..200_000, delay in 0_u32..3) {
        let bytes = LOGS.get(which).map_or_else(trace, |name| log(name));
        let at_once = import::import(&MemorySource::new("slow.log", bytes.clone()), &|_| ()).expect("a log");
        let source = Slow::new(bytes, piece, delay);
        let (document, polls) = read(&source);
        prop_assert_eq!(document, format!("{at_once:?}"));
        // It gave way each time, and never else.
        prop_assert_eq!(polls, source.waited.get() + 1);
    }
}

#[test]
fn readers_of_long_logs_wait() {
    let source = Slow::new(trace(), 50_000, 1);
    let (_, polls) = read(&source);
    assert!(polls > 2, "a trace: polled {polls} times");
    for name in ["postgres/client.log", "postgres/client.csv", "postgres/client.json", "shop/shop.sql.jsonl"]
    {
        let source = Slow::new(log(name), 50_000, 1);
        let (_, polls) = read(&source);
        assert!(polls > 2, "{name}: polled {polls} times");
    }
}

#[test]
fn a_verdict_in_parts_is_that_of_one_go() {
    let open = || {
        let source = MemorySource::new("shop.sql.jsonl", log("shop/shop.sql.jsonl"));
        Session::open(Box::new(source), &|_| ()).expect("a log")
    };
    let question = |settings: &Settings| Request::Findings { settings: settings.clone() };
    let (usual, mut other) = (Settings::default(), Settings::default());
    other.set("n-plus-one.executions", Some(3.0)).expect("a threshold");
    let expected = [&usual, &other].map(|settings| open().answer(&question(settings)));

    let mut session = open();
    let (usual, other) = (question(&usual), question(&other));
    let mut parts = 0;
    while session.work_on(&usual) {
        parts += 1;
        // Views in between change nothing.
        assert!(!session.work_on(&Request::ByLine(true)));
        assert!(!matches!(session.answer(&Request::ByLine(true)), Response::Findings(_)));
    }
    assert!(parts > 10, "{parts} parts");
    assert_eq!(session.answer(&usual), expected[0]);
    assert!(!session.work_on(&usual), "it is known");
    // Other thresholds in the middle of a judgement.
    assert!(session.work_on(&other));
    assert_eq!(session.answer(&usual), expected[0]);
    assert_eq!(session.answer(&other), expected[1]);
}
