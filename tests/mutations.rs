//! Whatever was done to a recording: no reader panics, runs on, or takes memory out of proportion to the
//! file. Every recording of every format under tests/data, plain and wrapped.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::Write as _;
use std::rc::Rc;

use flamedrop::import;
use flamedrop::input::{Composite, Input, MemorySource, Source};
use flamedrop::protocol::{ContentOverview, Request};
use flamedrop::session::Session;
use proptest::prelude::*;
use proptest::sample::Index;

thread_local! {
    /// Bytes this thread has, and the most it had.
    static LIVE: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

/// Counts what each thread has allocated.
struct Counting;

fn count(bytes: isize) {
    // A thread that is going away has no count any more.
    let _ = LIVE.try_with(|live| {
        let (now, most) = live.get();
        live.set((now + bytes, most.max(now + bytes)));
    });
}

// SAFETY: everything is the system's allocator's; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both may exist for a moment.
        count(size as isize);
        count(-(layout.size() as isize));
        // SAFETY: as the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that `run` had beyond what was there before, bytes.
fn peak(run: impl FnOnce()) -> usize {
    let (before, _) = LIVE.get();
    LIVE.set((before, before));
    run();
    (LIVE.get().1 - before).max(0) as usize
}

/// Buffers, whatever the size of the file.
const BASE: usize = 8 * 1024 * 1024;

/// Then so many bytes for each of the file: a call graph of one-letter names takes about that.
const PER_BYTE: usize = 100;

/// More of a log says no more.
const LOG_BYTES: usize = 40_000;

/// The unwrapped bytes of every recording, the formats in turn.
fn samples() -> Vec<Vec<u8>> {
    let mut samples = Vec::new();
    for path in common::files() {
        let source = MemorySource::new("x", std::fs::read(&path).expect("a file"));
        let mut input = Input::open(&source, &|_| ()).expect("a file");
        if let Some(format) = import::detect(input.head()) {
            let mut bytes = input.read_all(u64::MAX - 1).expect("its bytes");
            if format.id() != "pstats" {
                bytes.truncate(LOG_BYTES);
            }
            // Large profiles are more of the same.
            if bytes.len() < 200_000 {
                samples.push((format.id(), path, bytes));
            }
        }
    }
    samples.sort();
    let formats: std::collections::BTreeSet<&str> = samples.iter().map(|sample| sample.0).collect();
    assert!(formats.len() >= 9, "recordings of every format: {formats:?}");
    samples.into_iter().map(|sample| sample.2).collect()
}

/// What a page asks of a document first.
fn use_it(source: Box<dyn Source>) {
    if let Ok(Some(members)) = import::members(source.as_ref()) {
        let source: Rc<dyn Source> = source.into();
        for member in members.files {
            use_it(Box::new(member.source(&source)));
        }
        return;
    }
    let Ok(mut session) = Session::open(source, &|_| ()) else { return };
    if let ContentOverview::Queries(log) = session.overview().content {
        for statement in [0, log.executions / 2, log.executions.wrapping_sub(1)] {
            session.answer(&Request::Statement { statement });
        }
    }
}

fn assert_modest(bytes: Vec<u8>) -> Result<(), TestCaseError> {
    let allowed = BASE + PER_BYTE * bytes.len();
    let length = bytes.len();
    let peak = peak(|| use_it(Box::new(MemorySource::new("unknown", bytes))));
    prop_assert!(peak <= allowed, "{peak} bytes for a file of {length}");
    Ok(())
}

/// What befalls a file.
#[derive(Debug, Clone)]
enum Mutation {
    Set(Index, u8),
    Cut(Index, Index),
    Repeat(Index, Index, u8),
    Splice(Index, Index, Index),
    Insert(Index, &'static str, u32),
    Number(Index, &'static str),
}

const INSERTED: [&str; 14] = [
    "[",
    "{\"a\":",
    "(",
    "\"",
    "'",
    "\n",
    "\t",
    "\0",
    "/*",
    "$a$",
    "\u{feff}",
    "IN (",
    "; args=(",
    "# Time: 1",
];

const NUMBERS: [&str; 9] = [
    "99999999999999999999999999",
    "-1",
    "1e999",
    "NaN",
    "0.0000000000000000001",
    "4294967295",
    "65536",
    "",
    "-0",
];

fn mutation() -> impl Strategy<Value = Mutation> {
    let index = any::<Index>;
    prop_oneof![
        4 => (index(), any::<u8>()).prop_map(|(at, byte)| Mutation::Set(at, byte)),
        2 => (index(), index()).prop_map(|(from, to)| Mutation::Cut(from, to)),
        1 => (index(), index(), 2..9_u8).prop_map(|(from, to, times)| Mutation::Repeat(from, to, times)),
        2 => (index(), index(), index()).prop_map(|(at, other, from)| Mutation::Splice(at, other, from)),
        3 => (index(), prop::sample::select(&INSERTED[..]), prop_oneof![3 => 1..5_u32, 1 => 3_000..9_000_u32])
            .prop_map(|(at, text, times)| Mutation::Insert(at, text, times)),
        3 => (index(), prop::sample::select(&NUMBERS[..])).prop_map(|(at, text)| Mutation::Number(at, text)),
    ]
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>, samples: &[Vec<u8>]) {
        let place = |index: &Index, length: usize| index.index(length + 1);
        let range = |a: &Index, b: &Index, length: usize| {
            let (a, b) = (place(a, length), place(b, length));
            a.min(b)..a.max(b)
        };
        match self {
            Self::Set(at, byte) => {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = *byte;
                }
            }
            Self::Cut(from, to) => drop(bytes.drain(range(from, to, bytes.len()))),
            Self::Repeat(from, to, times) => {
                let range = range(from, to, bytes.len());
                let range = range.start..range.end.min(range.start + 10_000);
                let end = range.end;
                let more = bytes[range].repeat(usize::from(*times));
                bytes.splice(end..end, more);
            }
            Self::Splice(at, other, from) => {
                let other = &samples[other.index(samples.len())];
                bytes.truncate(place(at, bytes.len()));
                bytes.extend_from_slice(&other[place(from, other.len())..]);
            }
            Self::Insert(at, text, times) => {
                let at = place(at, bytes.len());
                bytes.splice(at..at, text.repeat(*times as usize).into_bytes());
            }
            Self::Number(at, text) => {
                let from = place(at, bytes.len());
                let Some(start) = bytes[from..].iter().position(u8::is_ascii_digit) else { return };
                let start = from + start;
                let digits = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                bytes.splice(start..start + digits, text.bytes());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_recordings_are_survived_in_modest_memory(
        which in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        thread_local!(static SAMPLES: Vec<Vec<u8>> = samples());
        SAMPLES.with(|samples| {
            let mut bytes = samples[which.index(samples.len())].clone();
            for mutation in &mutations {
                mutation.apply(&mut bytes, samples);
            }
            assert_modest(bytes)
        })?;
    }

    /// Damage to what is around a file, not in it.
    #[test]
    fn mutated_wrappings_are_survived_in_modest_memory(
        which in any::<Index>(),
        kind in 0..3_u8,
        mutations in prop::collection::vec(mutation(), 0..4),
    ) {
        thread_local!(static SAMPLES: Vec<Vec<u8>> = samples());
        SAMPLES.with(|samples| {
            let text = &samples[which.index(samples.len())];
            let mut wrapped = match kind {
                0 => gzip(text),
                1 => ruzstd::encoding::compress_to_vec(&text[..], ruzstd::encoding::CompressionLevel::Fastest),
                _ => {
                    let half = text.len() / 2;
                    let part = |name: &str, bytes: &[u8]| -> Rc<dyn Source> {
                        Rc::new(MemorySource::new(name, bytes))
                    };
                    let parts = vec![part("a.log.1", &text[..half]), part("a.log", &gzip(&text[half..]))];
                    let mut bytes = Vec::new();
                    let bundle = Composite::bundle("a.log", parts);
                    std::io::Read::read_to_end(&mut bundle.open(0).expect("memory"), &mut bytes).expect("memory");
                    bytes
                }
            };
            for mutation in &mutations {
                mutation.apply(&mut wrapped, samples);
            }
            // Unwrapped, it is as large as the recording; zstd may say that it refers further back.
            let allowed = 2 * BASE + PER_BYTE * text.len().max(wrapped.len()) + 64 * 1024 * 1024;
            let peak = peak(|| use_it(Box::new(MemorySource::new("unknown", wrapped))));
            prop_assert!(peak <= allowed, "{peak} bytes for {}", text.len());
            Ok(())
        })?;
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

/// One value nested as deeply as a file can, in every format that has nesting.
#[test]
fn depth_is_no_danger() {
    let depth = 200_000;
    for (before, open) in [
        ("{\"sql\": \"SELECT 1\", \"duration\": 0.1, \"params\": ", "["),
        ("{\"duration\": 0.1, \"sql\": \"SELECT 1\", \"extra\": ", "{\"extra\": "),
        ("[{\"model\": \"silk.request\", \"pk\": \"1\", \"fields\": ", "{\"a\": "),
        ("{\"timestamp\":\"2026-11-23 05:34:15.244 UTC\",\"error_severity\":\"LOG\",\"x\":", "["),
        ("2026-11-23 05:34:15.244 UTC [1] LOG:  duration: 1.000 ms  statement: SELECT ", "("),
        ("2026-11-23 05:34:15.244 UTC [1] LOG:  duration: 1.000 ms  statement: SELECT ", "/*"),
        ("2026-11-23 05:34:15.244 UTC [1] LOG:  duration: 1.000 ms  statement: SELECT a IN ", "(("),
        ("2026-11-23 05:34:15.244 UTC [1] LOG:  duration: 1.000 ms  statement: ", "SELECT 1 UNION "),
        ("(0.001) SELECT 1; args=", "("),
        ("", "["),
        ("", "(\u{1}"),
    ] {
        assert_modest(format!("{before}{}", open.repeat(depth)).into_bytes()).expect("modest");
    }
}
