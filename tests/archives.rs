//! Compressed files, archives and the parts of rotated logs.

mod common;

use std::io::Write as _;
use std::process::Command;
use std::rc::Rc;

use flamedrop::document::{Content, Document};
use flamedrop::import::{self, Together};
use flamedrop::input::{Composite, MemorySource, Source};
use flamedrop::protocol::{Request, Response};
use flamedrop::queries::QueryLog;
use flamedrop::session::Session;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::Value as Json;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec(bytes, CompressionLevel::Fastest)
}

fn memory(name: &str, bytes: impl Into<Vec<u8>>) -> Rc<dyn Source> {
    Rc::new(MemorySource::new(name, bytes))
}

fn log(document: &Document) -> &QueryLog {
    match &document.content {
        Content::Queries(log) => log,
        _ => panic!("no log"),
    }
}

/// Cuts after a line's end, at about these shares of the whole.
fn cut(bytes: &[u8], shares: [f64; 2]) -> [&[u8]; 3] {
    let at = shares.map(|share| {
        let from = (share * bytes.len() as f64) as usize;
        from + memchr::memchr(b'\n', &bytes[from..]).map_or(bytes.len() - from, |end| end + 1)
    });
    [&bytes[..at[0]], &bytes[at[0]..at[1]], &bytes[at[1]..]]
}

#[test]
fn a_profile_in_zstd() {
    let source = MemorySource::new("3.13.prof.zst", zstd(&common::bytes("pstats/3.13.prof")));
    let document = import::import(&source, &|_| ()).expect("a profile");
    assert_eq!((document.name.as_str(), document.format), ("3.13.prof", "pstats"));
}

/// Wherever it was rotated, in the middle of a record or of a parse, bind and execute.
#[test]
fn the_parts_of_a_rotated_log_are_one_log() {
    for name in [
        "postgres/client.log",
        "postgres/client.csv",
        "postgres/client.json",
        "postgres/paired.log",
        "mysql/mariadb-10.11.slow.log",
        "sql/django/postgresql_plain.log",
    ] {
        let whole = common::bytes(name);
        let mut session =
            Session::open(Box::new(MemorySource::new("app.log", whole.clone())), &|_| ()).expect("a log");
        let expected = log(session.document()).clone();
        for shares in [[0.3, 0.6], [0.34, 0.35], [0.5, 0.51], [0.02, 0.98]] {
            let [a, b, c] = cut(&whole, shares);
            // In the wrong order: their times and names tell.
            let files =
                vec![memory("app.log", c), memory("app.log.1", zstd(b)), memory("app.log.2.gz", gzip(a))];
            let bundle = Composite::bundle("app.log", files);
            assert_eq!(import::members(&bundle), Ok(None));
            let mut joined = Session::open(Box::new(bundle), &|_| ()).expect("a log");
            let document = joined.document();
            assert_eq!(document.name, "app.log");
            let said = document.diagnostics.entries().last().expect("it is said");
            let order = "3 files are read as one log, in order of time: app.log.2.gz, app.log.1, app.log";
            assert_eq!(said.message, order, "{name} {shares:?}");
            let found = log(document);
            assert_eq!(found.fingerprints, expected.fingerprints, "{name} {shares:?}");
            assert_eq!(found.numbers, expected.numbers);
            assert_eq!(found.connections, expected.connections);
            assert_eq!(found.statements.request, expected.statements.request);
            for statement in (0..expected.statements.len() as u32).step_by(31) {
                let request = Request::Statement { statement };
                let (Response::Statement(found), Response::Statement(expected)) =
                    (joined.answer(&request), session.answer(&request))
                else {
                    panic!("no statement")
                };
                assert_eq!(found, expected);
            }
        }
    }
}

#[test]
fn files_that_are_no_parts_of_one_log_stay_apart() {
    let files = vec![
        memory("app.log", common::bytes("sql/postgres/pg15.log")),
        memory("app.log.1", common::bytes("sql/django/postgresql_plain.log")),
    ];
    let bundle: Rc<dyn Source> = Rc::new(Composite::bundle("app.log", files));
    let members = import::members(bundle.as_ref()).expect("files").expect("two");
    assert_eq!(members.together, Together::Parts);
    let formats: Vec<&str> = members
        .files
        .iter()
        .map(|member| import::import(&member.source(&bundle), &|_| ()).expect("a log").format)
        .collect();
    assert_eq!(formats, ["postgres-stderr", "django-log"]);
    // Profiles do not follow each other.
    let profile = || common::bytes("pstats/3.13.prof");
    let files = vec![memory("a-2026-11-22.prof", profile()), memory("a-2026-11-23.prof", profile())];
    assert_eq!(
        import::members(&Composite::bundle("a.prof", files)).expect("files").map(|all| all.files.len()),
        Some(2)
    );
}

/// As `zcat` gives it: a log that was not copied to its end, or is damaged in the middle.
#[test]
fn what_is_there_of_a_log_that_is_cut_short_is_read() {
    // Larger than a block of zstd.
    let whole = common::bytes("postgres/client.log").repeat(20);
    let open = |bytes: Vec<u8>| import::import(&MemorySource::new("app.log.gz", bytes), &|_| ());
    let all = log(&open(whole.clone()).expect("a log")).statements.len();
    for packed in [gzip(&whole), zstd(&whole)] {
        assert_eq!(
            common::diagnostics(&open(packed.clone()).expect("a log")).matches("compressed").count(),
            0
        );
        for share in [0.5, 0.9] {
            let cut = (packed.len() as f64 * share) as usize;
            let document = open(packed[..cut].to_vec()).expect("a part of the log");
            let found = log(&document).statements.len();
            assert!(found > all / 4 && found < all, "{found} of {all}");
            let said = common::diagnostics(&document);
            assert!(said.contains("what is compressed ends in the middle"), "{said}");
            let mut damaged = packed.clone();
            for byte in &mut damaged[cut..cut + 40] {
                *byte = !*byte;
            }
            let document = open(damaged).expect("a part of the log");
            let said = common::diagnostics(&document);
            assert!(said.contains("what is compressed is damaged"), "{said}");
            // What is there can be looked at.
            let mut session =
                Session::open(Box::new(MemorySource::new("a.gz", packed[..cut].to_vec())), &|_| ())
                    .expect("a log");
            let statement = found as u32 - 2;
            assert!(matches!(session.answer(&Request::Statement { statement }), Response::Statement(_)));
        }
    }
    // Half a profile is none.
    let packed = gzip(&common::bytes("pstats/3.13.prof"));
    let error = open(packed[..packed.len() / 2].to_vec()).expect_err("no profile");
    assert!(error.problem.contains("cut short"), "{error}");
}

#[test]
fn the_command_line_reads_what_is_in_a_tar_archive() {
    let (first, second) =
        (common::bytes("sql/django/postgresql_plain.log"), common::bytes("pstats/3.13.prof"));
    let folder = Folder::new("tar", &[("a.log", &first), ("b.prof", &second), ("notes.txt", b"Dear diary")]);
    for (archive, flags) in [("all.tar", "-cf"), ("all.tar.gz", "-czf")] {
        let mut tar = Command::new("tar");
        let status =
            tar.current_dir(&folder.0).args([flags, archive, "a.log", "b.prof", "notes.txt"]).status();
        assert!(status.expect("tar runs").success());
        let (json, errors) = folder.run(&["summary", "--json", archive]);
        assert_eq!(errors, "");
        let documents = json["documents"].as_array().expect("documents");
        let names: Vec<&Json> = documents.iter().map(|document| &document["name"]).collect();
        assert_eq!(names, ["a.log", "b.prof"], "{archive}");
    }
}

/// Files in a folder of their own, which goes with it.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str, files: &[(&str, &[u8])]) -> Self {
        let path = std::env::temp_dir().join(format!("flamedrop-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        for (name, bytes) in files {
            std::fs::write(path.join(name), bytes).expect("a file");
        }
        Self(path)
    }

    /// Runs the command in it.
    fn run(&self, arguments: &[&str]) -> (Json, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_flamedrop"))
            .current_dir(&self.0)
            .args(arguments)
            .output()
            .expect("the command runs");
        let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (json, String::from_utf8(output.stderr).expect("UTF-8"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_command_line_joins_the_parts_of_a_log_and_says_so() {
    let whole = common::bytes("postgres/client.log");
    let [a, b, c] = cut(&whole, [0.3, 0.6]);
    let (b, other) = (gzip(b), common::bytes("sql/django/postgresql_plain.log"));
    let folder = Folder::new(
        "rotated",
        &[("app.log.2", a), ("app.log.1.gz", &b), ("app.log", c), ("django.log", &other)],
    );
    let files = ["app.log", "app.log.1.gz", "app.log.2", "django.log"];
    let (json, errors) = folder.run(&[&["summary", "--json"][..], &files].concat());
    assert_eq!(errors, "");
    let documents = json["documents"].as_array().expect("documents");
    let names: Vec<&Json> = documents.iter().map(|document| &document["name"]).collect();
    assert_eq!(names, ["app.log", "django.log"]);
    let executions = |document: &Json| document["executions"].as_u64().expect("a number");
    let source = MemorySource::new("app.log", whole.clone());
    let document = import::import(&source, &|_| ()).expect("a log");
    assert_eq!(executions(&documents[0]), log(&document).statements.len() as u64);
    let said = documents[0]["diagnostics"].to_string();
    assert!(said.contains("app.log.2, app.log.1.gz, app.log"), "{said}");
    assert!(documents[0]["fingerprints"][0]["example"].is_string());
    let (json, _) = folder.run(&[&["summary", "--json", "--apart"][..], &files].concat());
    assert_eq!(json["documents"].as_array().map(Vec::len), Some(4));
}

#[test]
fn the_command_line_reads_what_is_in_an_archive() {
    if Command::new("zip").arg("-v").output().is_err() {
        eprintln!("SKIPPED: zip is not installed");
        return;
    }
    let (first, second) =
        (common::bytes("sql/django/postgresql_plain.log"), common::bytes("pstats/3.13.prof"));
    let folder =
        Folder::new("archive", &[("a.log", &first), ("b.prof", &second), ("notes.txt", b"Dear diary")]);
    let mut zip = Command::new("zip");
    let status = zip.current_dir(&folder.0).args(["-q", "all.zip", "a.log", "b.prof", "notes.txt"]).status();
    assert!(status.expect("zip runs").success());
    let (json, errors) = folder.run(&["summary", "--json", "all.zip"]);
    assert_eq!(errors, "");
    let documents = json["documents"].as_array().expect("documents");
    let names: Vec<&Json> = documents.iter().map(|document| &document["name"]).collect();
    assert_eq!(names, ["a.log", "b.prof"]);
    let mut zip = Command::new("zip");
    let status = zip.current_dir(&folder.0).args(["-q", "notes.zip", "notes.txt"]).status();
    assert!(status.expect("zip runs").success());
    let (_, errors) = folder.run(&["summary", "--json", "notes.zip"]);
    assert!(errors.contains("a ZIP archive, but there is no profile and no log in it"), "{errors}");
}
