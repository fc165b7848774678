//! Large logs are read in slices: wherever they are cut, the document is that of reading in one piece.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use flamedrop::import::slices::{Merging, Plan};
use flamedrop::import::{self, Options};
use flamedrop::input::{Input, MemorySource};
use proptest::prelude::*;

/// A recording that can be read in slices.
struct Log {
    name: String,
    bytes: Vec<u8>,
}

/// Longer ones are cut, bytes: they are read hundreds of times.
const MOST: usize = 300_000;

static LOGS: LazyLock<Vec<Log>> = LazyLock::new(|| {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    let mut logs = Vec::new();
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stored = MemorySource::new(name.clone(), fs::read(&path).expect("a recording"));
        let Ok(mut input) = Input::open(&stored, &|_| ()) else { continue };
        let Ok(mut bytes) = input.read_all(u64::from(u32::MAX)) else { continue };
        bytes.truncate(MOST);
        if Plan::of_any_size(&source(&bytes), &Options::default()).is_some() {
            logs.push(Log { name, bytes });
        }
    }
    logs
});

fn source(bytes: &[u8]) -> MemorySource {
    MemorySource::new("a.log", bytes)
}

fn in_one_piece(bytes: &[u8]) -> String {
    let document = import::import(&source(bytes), &|_| ());
    format!("{:?}", document.expect("a log"))
}

/// The document of these slices, and how many of them had to be read again.
fn in_slices(bytes: &[u8], slices: impl Fn(&Plan) -> Vec<Range<u64>>) -> (String, usize) {
    let source = source(bytes);
    let (plan, _) = Plan::of_any_size(&source, &Options::default()).expect("it can be read in slices");
    let mut merging = Merging::new(&plan, &source);
    let mut again = 0;
    for range in slices(&plan) {
        let mut slice = plan.read(&source, range.clone()).expect("a slice");
        if let Some(begin) = merging.wants(&slice) {
            slice = plan.read_again(&source, begin..range.end).expect("a slice");
            assert_eq!(merging.wants(&slice), None);
            again += 1;
        }
        merging.take_in(&slice);
    }
    (format!("{:?}", merging.finish()), again)
}

/// The ranges between these places.
fn between(cuts: &[usize]) -> Vec<Range<u64>> {
    let mut cuts: Vec<u64> = cuts.iter().map(|&cut| cut as u64).collect();
    cuts.sort_unstable();
    let begins = [0].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([u64::MAX]);
    begins.zip(ends).map(|(begin, end)| begin..end).collect()
}

/// Says where two documents part, rather than printing both.
fn same(sliced: &str, whole: &str, what: &str) -> Result<(), String> {
    if sliced == whole {
        return Ok(());
    }
    let at = sliced.bytes().zip(whole.bytes()).take_while(|(one, other)| one == other).count();
    let around = |text: &str| {
        String::from_utf8_lossy(
            &text.as_bytes()[at.saturating_sub(200).min(text.len())..(at + 100).min(text.len())],
        )
        .into_owned()
    };
    Err(format!("{what}: in slices\n{}\nin one piece\n{}", around(sliced), around(whole)))
}

/// What may happen to a log.
#[derive(Debug, Clone)]
enum Damage {
    /// Lines end as Windows ends them.
    CarriageReturns,
    /// A byte order mark in front.
    Mark,
    /// It ends here.
    Cut(usize),
    /// So many bytes are missing.
    Missing(usize, usize),
    /// Bytes of it stand in another place of it as well.
    Planted(usize, usize, usize),
    /// Another byte.
    Byte(usize, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || any::<prop::sample::Index>().prop_map(|index| index.index(MOST));
    prop_oneof![
        Just(Damage::CarriageReturns),
        Just(Damage::Mark),
        at().prop_map(Damage::Cut),
        (at(), 1_usize..2000).prop_map(|(at, length)| Damage::Missing(at, length)),
        (at(), at(), 1_usize..3000).prop_map(|(from, to, length)| Damage::Planted(from, to, length)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
    ]
}

fn damaged(bytes: &[u8], damages: &[Damage]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for damage in damages {
        let place = |at: usize| at % bytes.len().max(1);
        let range = |at: usize, length: usize| place(at)..(place(at) + length).min(bytes.len());
        match *damage {
            Damage::CarriageReturns => {
                bytes = bytes.split(|&byte| byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
            }
            Damage::Mark => drop(bytes.splice(..0, *b"\xef\xbb\xbf")),
            Damage::Cut(at) => bytes.truncate(place(at)),
            Damage::Missing(at, length) => drop(bytes.drain(range(at, length))),
            Damage::Planted(from, to, length) => {
                let planted = bytes[range(from, length)].to_vec();
                let to = place(to);
                drop(bytes.splice(to..to, planted));
            }
            Damage::Byte(at, byte) => {
                let at = place(at);
                if let Some(old) = bytes.get_mut(at) {
                    *old = byte;
                }
            }
        }
    }
    bytes
}

#[test]
fn there_are_logs_of_each_format() {
    let names = [
        "client.log",
        "client.csv",
        "client.json",
        "events.log.gz",
        "prepared.log.gz",
        "ten.mariadb.slow.log",
        "shop.sql.jsonl",
    ];
    for name in names {
        assert!(LOGS.iter().any(|log| log.name == name), "{name} is not read in slices");
    }
    println!("{} logs", LOGS.len());
}

#[test]
fn slices_of_some_lines_and_of_no_line() {
    for log in LOGS.iter() {
        let whole = in_one_piece(&log.bytes);
        for length in [150, 1_000, 20_000] {
            let (sliced, _) = in_slices(&log.bytes, |plan| plan.slices(length).collect());
            same(&sliced, &whole, &log.name).unwrap_or_else(|difference| panic!("{difference}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn any_cuts_give_the_same_document(
        which in any::<prop::sample::Index>(),
        cuts in prop::collection::vec(0..MOST, 0..8),
        damages in prop::collection::vec(damage(), 0..4),
    ) {
        let log = which.get(&LOGS);
        let bytes = damaged(&log.bytes, &damages);
        let cuts: Vec<usize> = cuts.iter().map(|cut| cut % bytes.len().max(1)).collect();
        // What was damaged may be no log any more.
        if Plan::of_any_size(&source(&bytes), &Options::default()).is_some() {
            let (sliced, _) = in_slices(&bytes, |_| between(&cuts));
            let whole = in_one_piece(&bytes);
            same(&sliced, &whole, &log.name).map_err(TestCaseError::fail)?;
        }
    }
}

/// A literal has so many lines in it that look like records that a slice begins with one.
#[test]
fn a_slice_that_begins_within_a_record_is_read_again() {
    let record = |sql: &str| {
        format!(
            "# Time: 2026-08-17T06:00:00.067973Z\n# User@Host: root[root] @ localhost []  Id:     7\n\
             # Query_time: 0.000490  Lock_time: 0.000002 Rows_sent: 1  Rows_examined: 1\n\
             SET timestamp=1786946400;\n{sql};\n"
        )
    };
    let planted = record("SELECT never").repeat(200);
    let log = [
        record("SELECT 1"),
        record(&format!("SELECT '\n{planted}'")),
        record("SELECT 2"),
        record("SELECT 3"),
    ]
    .concat();
    let whole = in_one_piece(log.as_bytes());
    let cut = log.rfind("never").expect("it is planted");
    let (sliced, again) = in_slices(log.as_bytes(), |_| between(&[cut]));
    same(&sliced, &whole, "planted").unwrap_or_else(|difference| panic!("{difference}"));
    assert_eq!(again, 1);
}

/// Two files that each have a mark, put together.
#[test]
fn a_log_behind_two_byte_order_marks_is_read() {
    for log in LOGS.iter() {
        let bytes = damaged(&log.bytes, &[Damage::Mark, Damage::Mark]);
        let read = import::import(&source(&bytes), &|_| ());
        assert!(read.is_ok(), "{}: {read:?}", log.name);
    }
}

/// A log's slices begin where they seem to: none is read again.
#[test]
fn slices_are_read_once() {
    for log in LOGS.iter().filter(|log| log.bytes.len() > 100_000) {
        let (_, again) = in_slices(&log.bytes, |plan| plan.slices(20_000).collect());
        assert_eq!(again, 0, "{}", log.name);
    }
}

/// The command line says the same of a large log with any number of threads.
#[test]
fn threads_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["client.log", "ten.mariadb.slow.log", "shop.sql.jsonl"] {
        let log = LOGS.iter().find(|log| log.name == name).expect(name);
        let path = folder.path().join(name);
        let count = 9_000_000 / log.bytes.len() + 1;
        fs::write(&path, log.bytes.repeat(count)).expect("written");
        let said = |jobs: &str| {
            let output = Command::new(env!("CARGO_BIN_EXE_flamedrop"))
                .args(["summary", "--json", "--jobs", jobs])
                .arg(&path)
                .output()
                .expect("it runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let one = said("1");
        same(&said("3"), &one, name).unwrap_or_else(|difference| panic!("{difference}"));
    }
}
