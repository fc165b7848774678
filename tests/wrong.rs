//! Files that are no recordings, or not yet one: what they are is said, and the command that makes the right one.

mod common;

use std::rc::Rc;

use flamedrop::import::{self, ImportError, Together};
use flamedrop::input::{MemorySource, Source};

fn refused(bytes: &[u8]) -> ImportError {
    match common::open(bytes) {
        Err(error) => error,
        Ok(document) => panic!("{} was read", document.format),
    }
}

#[test]
fn wrong_files_get_the_command_that_makes_the_right_one() {
    const RECORD: &str = "python -m cProfile -o app.prof app.py";
    let data = |name: &str| common::bytes(&format!("wrong/{name}"));
    for (bytes, looks_like, command) in [
        (data("printed-table.txt"), "a table that cProfile or pstats printed", RECORD),
        (data("app.py"), "a Python program", RECORD),
        (data("yappi.ystat"), "yappi's own statistics", "save(\"app.prof\", type=\"pstat\")"),
        (data("stats.pickle"), "a pickled dict of statistics", "dump_stats(\"app.prof\")"),
        (data("pyinstrument.html"), "pyinstrument's web page", "pyinstrument -r pstats -o app.prof app.py"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR".to_vec(), "a PNG picture", RECORD),
        (
            b"\x04\x22\x4d\x18\x40\xc0\x15\x2c\x00\x00\xf9\x05memray\x00\x0c".to_vec(),
            "a recording of memray",
            "memray transform csv recording.bin",
        ),
    ] {
        let error = refused(&bytes);
        assert_eq!(error.looked_like, Some(looks_like));
        assert!(error.advice.contains(command), "{looks_like}: {}", error.advice);
        assert!(error.supported.is_empty(), "{looks_like}: what to do is known");
        assert!(error.to_string().len() < 400, "{error}");
    }
    let empty = refused(b"");
    assert_eq!(empty.problem, "the file is empty");
    assert!(empty.advice.contains(RECORD), "{}", empty.advice);
}

#[test]
fn what_is_supported_is_a_short_list() {
    let error = refused(b"Dear diary, nothing happened today.");
    assert_eq!((error.problem.as_str(), error.advice.as_str()), ("Flamedrop cannot read this format", ""));
    assert!((2..=5).contains(&error.supported.len()));
    assert!(error.supported.iter().all(|line| line.len() < 120));
}

/// One profile in a compressed tar archive.
#[test]
fn a_tar_archive_is_opened() {
    let source: Rc<dyn Source> =
        Rc::new(MemorySource::new("profile.tar.gz", common::bytes("wrong/profile-in.tar.gz")));
    let members = import::members(source.as_ref()).expect("an archive").expect("one with files");
    assert_eq!(members.together, Together::Archive);
    let names: Vec<&str> = members.files.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["G-multiple-roots.prof"]);
    let document = import::import(&members.files[0].source(&source), &|_| ()).expect("a profile");
    assert_eq!((document.format, document.name.as_str()), ("pstats", "G-multiple-roots.prof"));
}
