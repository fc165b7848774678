//! Files that no format reads: what they are all the same, so that the user knows which file it was
//! and what to do with it. By their first bytes, as `file` does:
//! <https://en.wikipedia.org/wiki/List_of_file_signatures>.

use crate::input::tar;

/// What is text of which no more is known.
pub const TEXT: &str = "a text file";

/// What a file is, and what to do with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Foreign {
    /// As the rest of "looks like …".
    pub what: &'static str,
    /// Whole sentences; may be empty.
    pub advice: &'static str,
}

const UNPACK: &str = "Unpack it and drop what is in it.";

const PICTURE: &str =
    "Drop the recording itself, not a picture of it. To make one: python -m cProfile -o app.prof app.py";

const RECORD: &str = "Record a profile of it and drop that: python -m cProfile -o app.prof app.py";

const MEMRAY: &str = "Only memray itself reads it. Write it as csv: memray transform csv recording.bin, or as a page: memray \
                      flamegraph recording.bin";

/// First bytes, what they begin, and what to do.
const SIGNATURES: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "a ZIP archive", UNPACK),
    (b"PK\x05\x06", "an empty ZIP archive", ""),
    (b"\xfd7zXZ\x00", "an xz archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", PICTURE),
    (b"\xff\xd8\xff", "a JPEG picture", PICTURE),
    (b"GIF8", "a GIF picture", PICTURE),
    (b"RIFF", "a WebP picture or a sound", PICTURE),
    (b"%PDF-", "a PDF", PICTURE),
    (
        b"SQLite format 3\x00",
        "an SQLite database",
        "Drop a log of its statements, or its schema: sqlite3 app.db .schema > schema.sql",
    ),
    (b"\x7fELF", "a program", "Record a profile of it and drop that."),
    (b"\xca\xfe\xba\xbe", "a Java class", ""),
    (b"\xac\xed\x00\x05", "a serialised Java object", ""),
    (b"MOJ", "a binary recording of Austin", "Write it as text: mojo2austin recording.mojo app.austin"),
    (b"memray\0", "a recording of memray", MEMRAY),
    // Five words of eight bytes: 0, 3, 0, how often, 0.
    (
        &[0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        "gperftools' profile of the CPU",
        PROTO,
    ),
];

/// What stands in a pickle, what it is then, and what to do: names of classes stand in it as they are.
const PICKLES: &[(&[u8], &str, &str)] = &[
    (
        b"YFuncStats",
        "yappi's own statistics",
        "Write them as pstats: yappi.get_func_stats().save(\"app.prof\", type=\"pstat\")",
    ),
    (
        b"pstats",
        "a pickled pstats.Stats",
        "Write it as Python itself does, in place of pickle.dump: stats.dump_stats(\"app.prof\")",
    ),
    (
        b"tracemalloc",
        "a pickle of tracemalloc's statistics",
        "Write the snapshot itself: tracemalloc.take_snapshot().dump(\"app.snapshot\")",
    ),
    (
        b"line_profiler",
        "line_profiler's statistics in an old kind of pickle",
        "Write them as line_profiler does: profile.dump_stats(\"app.lprof\"), or kernprof -l app.py",
    ),
    // Keys of cProfile's dict.
    (
        b".py",
        "a pickled dict of statistics",
        "Write it as Python itself does, in place of pickle.dump: marshal.dump(stats, file), or dump_stats(\"app.prof\") \
         of the profiler",
    ),
];

/// What stands in a web page that another tool made, which tool, and what to do.
const PAGES: &[(&[u8], &str, &str)] = &[
    (
        b"pyinstrument",
        "pyinstrument's web page",
        "Write the profile as pstats: pyinstrument -r pstats -o app.prof app.py (or of the last session: pyinstrument \
         --load-prev ID -r pstats -o app.prof)",
    ),
    (
        b"Tachyon Profiler",
        "a heat map page of Python 3.15's sampling profiler",
        "Write the recording itself: python -m profiling.sampling run --binary -o app.bin app.py",
    ),
    (
        b"memray",
        "memray's web page",
        "Write the recording as csv: memray transform csv recording.bin, or as a flame graph: memray flamegraph recording.bin",
    ),
    (b"scalene", "Scalene's web page", "Write the profile as JSON: scalene run -o app.json app.py"),
    (b"viztracer", "VizTracer's web page", "Write the trace as JSON: viztracer -o result.json app.py"),
    (
        b"flamedrop",
        "a page of Flamedrop without documents",
        "Open it in the browser. A page that was saved with its documents has them in it.",
    ),
];

const PROTO: &str =
    "Write it as a protocol buffer: go tool pprof -proto program profile > app.pb (gperftools: pprof -proto)";

const GO: &str = "Fetch it without ?debug=1; of gperftools or with addresses alone: go tool pprof -proto program profile > app.pb";

/// First words of texts, or of texts with binary behind, what they begin, and what to do.
const BEGINNINGS: &[(&[u8], &str, &str)] = &[
    (b"heap profile: ", "a heap profile in pprof's old text format", GO),
    (b"goroutine profile: ", "a list of Go's goroutines", GO),
    (b"--- contention", "a profile of waiting in pprof's old text format", GO),
    (b"--- mutex:", "a profile of locks in pprof's old text format", GO),
    (b"--- threadz", "a list of threads in pprof's old text format", PROTO),
    (b"--- symbol", "a profile with symbols in pprof's old format", PROTO),
    (
        b"CMDLINE ",
        "a file of mprof without measurements",
        "The program ended at once, or mprof was stopped. Record again: mprof run app.py",
    ),
];

/// Words that a printed report has all of, whose it is, and what to do.
const PRINTED: &[(&[&[u8]], &str, &str)] = &[
    (
        &[b"was called by...", b"<-"],
        "a table of callers that pstats printed",
        "Numbers in it are rounded. Write the profile itself: python -m cProfile -o app.prof app.py",
    ),
    (
        &[b"called...", b"->", b"ncalls"],
        "a table of callees that pstats printed",
        "Numbers in it are rounded. Write the profile itself: python -m cProfile -o app.prof app.py",
    ),
    (
        &[b"Timer unit: ", b"Line #", b"% Time"],
        "a table that line_profiler printed",
        "Drop the file that it was made of: kernprof -l app.py writes app.py.lprof",
    ),
    (
        &[b"Line #", b"Mem usage", b"Increment"],
        "a table that memory_profiler printed",
        "Numbers in it are rounded. Record memory over time: mprof run app.py writes mprofile_….dat",
    ),
    (
        &[b"Total allocations:", b"Peak memory usage:"],
        "statistics that memray printed",
        "Write them as JSON: memray stats --json recording.bin, or all allocations: memray transform csv recording.bin",
    ),
    (
        &["┃ Location".as_bytes(), b"Own"],
        "a table that memray printed",
        "Numbers in it are rounded. Write the allocations: memray transform csv recording.bin",
    ),
    (
        &[b"flat%", b"sum%", b"cum%"],
        "a table that pprof printed",
        "Drop the profile that it was made of, or write it: go tool pprof -proto program profile > app.pb",
    ),
    (
        &[b"Recorded: ", b"Samples: ", b"Duration: ", b"CPU time: "],
        "a report that pyinstrument printed",
        "Write the profile itself: pyinstrument -r json -o app.json app.py (or of the last session: pyinstrument --load-prev \
         ID -r json -o app.json)",
    ),
    (
        &[b"name ", b"ncall ", b"tsub ", b"ttot ", b"tavg"],
        "a table that yappi printed",
        "Write the statistics as pstats: yappi.get_func_stats().save(\"app.prof\", type=\"pstat\")",
    ),
    (
        &[b"name ", b"id ", b"tid ", b"ttot ", b"scnt"],
        "a table of threads that yappi printed",
        "Write the functions of each thread as pstats: yappi.get_func_stats(ctx_id=thread.id).save(\"app.prof\", \
         type=\"pstat\")",
    ),
];

/// Names `head`, if anything can be said of it.
pub(super) fn name(head: &[u8]) -> Option<Foreign> {
    let foreign = |what, advice| Some(Foreign { what, advice });
    let among = |table: &'static [(&'static [u8], &'static str, &'static str)]| {
        let known = table.iter().find(|(word, ..)| memchr::memmem::find(head, word).is_some());
        known.map(|&(_, what, advice)| Foreign { what, advice })
    };
    if let Some(&(_, what, advice)) = SIGNATURES.iter().find(|(bytes, ..)| head.starts_with(bytes)) {
        return foreign(what, advice);
    }
    if let [0x04, 0x22, 0x4d, 0x18, ..] = head {
        // memray compresses its recordings, of which the head is left readable.
        let is_memray = memchr::memmem::find(head, b"memray").is_some();
        return if is_memray {
            foreign("a recording of memray", MEMRAY)
        } else {
            foreign("an LZ4 archive", UNPACK)
        };
    }
    if tar::is_empty(head) {
        return foreign(
            "an empty tar archive, or nothing but zeros",
            "Copy the file again, or make the archive again.",
        );
    }
    if tar::is_archive(head) {
        return foreign("a tar archive", UNPACK);
    }
    // A pickle of protocol 2 to 5 begins with PROTO and ends its first opcode within the head; the older ones begin with
    // a class or a dict in a text.
    if let [0x80, 2..=5, ..] = head {
        return among(PICKLES).or(foreign("a pickle", ""));
    }
    if head.starts_with(b"ccopy_reg\n") || head.starts_with(b"c__builtin__\n") || head.starts_with(b"(dp0\n")
    {
        return among(PICKLES).or(foreign("a pickle", ""));
    }
    if let Some(&(_, what, advice)) = BEGINNINGS.iter().find(|(words, ..)| head.starts_with(words)) {
        return foreign(what, advice);
    }
    if head.contains(&0) {
        return foreign("a binary file", "");
    }
    let text = head.trim_ascii_start();
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let begins = |word: &[u8]| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let holds = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    if begins(b"<!doctype html") || begins(b"<html") {
        among(PAGES).or(foreign("a web page", "Save the file itself, not the page that shows it."))
    } else if begins(b"<") && holds(b"<svg") {
        foreign(
            "an SVG picture",
            "Drop the recording itself, not a picture of it (py-spy record -f speedscope).",
        )
    } else if begins(b"<") {
        foreign("XML", "")
    } else if text.trim_ascii_end() == b"{}" {
        foreign(
            "an empty JSON object",
            "Scalene writes that of a program that ends too soon. Let it run for some seconds: scalene run -o app.json app.py",
        )
    } else if is_raw_gecko(text) {
        foreign(
            "Firefox's own recording, before its profiler worked on it",
            "Open it in https://profiler.firefox.com, save it from there, and drop that.",
        )
    } else if begins(b"{") || begins(b"[") {
        foreign("JSON", "")
    } else if begins(b"# Time:") || holds(b"\n# Query_time: ") {
        foreign("a MySQL slow log", "")
    } else if is_printed_table(text) {
        foreign(
            "a table that cProfile or pstats printed",
            "Numbers in it are rounded, and who called whom is missing. Write the profile itself: python -m cProfile -o \
             app.prof app.py",
        )
    } else if let Some(&(_, what, advice)) =
        PRINTED.iter().find(|(words, ..)| words.iter().all(|word| holds(word)))
    {
        foreign(what, advice)
    } else if is_python(text) {
        foreign("a Python program", RECORD)
    } else if !text.is_empty() && std::str::from_utf8(&text[..text.len().min(64)]).is_ok() {
        foreign(TEXT, "")
    } else {
        None
    }
}

/// What Firefox itself writes: rows with a schema, where its profiler's files have columns.
pub(super) fn is_raw_gecko(text: &[u8]) -> bool {
    let holds = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    text.starts_with(b"{")
        && [&b"\"stackTable\""[..], b"\"frameTable\"", b"\"schema\"", b"\"data\""].into_iter().all(holds)
        && !holds(b"\"preprocessedProfileVersion\"")
}

/// What `pstats.Stats.print_stats` prints: `12 function calls in 0.001 seconds`, and a table.
fn is_printed_table(text: &[u8]) -> bool {
    let holds = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    holds(b"ncalls  tottime  percall  cumtime")
        || (holds(b" function calls")
            && holds(b" in ")
            && holds(b" seconds")
            && holds(b"filename:lineno(function)"))
}

/// Whether a text is a program in Python: its first lines that are no comments say so, or several of all.
fn is_python(text: &[u8]) -> bool {
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    if first.starts_with(b"#!") && memchr::memmem::find(first, b"python").is_some() {
        return true;
    }
    let starts = |line: &[u8]| {
        const BEGINS: &[&[u8]] =
            &[b"import ", b"from ", b"def ", b"class ", b"async def ", b"@", b"if __name__"];
        BEGINS.iter().any(|word| line.starts_with(word))
    };
    let is_statement = |line: &[u8]| {
        let words = line.trim_ascii_end();
        match () {
            () if line.starts_with(b"from ") => memchr::memmem::find(line, b" import ").is_some(),
            () if line.starts_with(b"import ") => words.get(7..).is_some_and(|names| {
                names.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._, ".contains(byte))
            }),
            () if line.starts_with(b"@") => true,
            () => words.ends_with(b":") || words.ends_with(b"("),
        }
    };
    let lines = text.split(|&byte| byte == b'\n').take(200);
    lines.filter(|line| starts(line) && is_statement(line)).count() >= 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reports_of_other_tools_get_advice() {
        let tree = "\n  _     ._   __/__   _ _  _  _ _/_   Recorded: 21:05:30  Samples:  98\n \
                    /_//_/// /_\\ / //_// / //_'/ //     Duration: 6.170     CPU time: 0.370\n";
        for (head, what) in [
            (&b"\x04\x22\x4d\x18\x40\xc0\x15\x2c\x00\x00\xf9\x05memray\x00\x0c"[..], "a recording of memray"),
            (b"\x04\x22\x4d\x18\x40\xc0\x15\x2c\x00", "an LZ4 archive"),
            (
                b"Timer unit: 1e-06 s\n\nTotal time: 1.72 s\nFile: lp.py\nFunction: inner at line 2\n\n\
                  Line #      Hits         Time  Per Hit   % Time  Line Contents\n",
                "a table that line_profiler printed",
            ),
            (tree.as_bytes(), "a report that pyinstrument printed"),
            (
                b"\nClock type: WALL\nOrdered by: tsub, desc\n\nname      ncall   tsub      ttot      tavg      \n",
                "a table that yappi printed",
            ),
            (
                b"\nname           id     tid              ttot      scnt        \n",
                "a table of threads that yappi printed",
            ),
            (
                b"   Random listing order was used\n\nFunction            was called by...\n    ncalls  tottime  cumtime\n\
                  <string>:1(<module>)    <-       1    0.000    0.003  {built-in method builtins.exec}\n",
                "a table of callers that pstats printed",
            ),
            (&[0; 1024], "an empty tar archive, or nothing but zeros"),
        ] {
            let named = name(head);
            assert_eq!(named.map(|foreign| foreign.what), Some(what));
            assert!(named.is_some_and(|foreign| !foreign.advice.is_empty()), "{what}");
        }
    }

    #[test]
    fn common_files_are_named() {
        let named = |head: &[u8]| name(head).map(|foreign| foreign.what);
        assert_eq!(named(b"PK\x03\x04\x14\x00"), Some("a ZIP archive"));
        assert_eq!(named(b"\x89PNG\r\n\x1a\n\x00"), Some("a PNG picture"));
        assert_eq!(named(b"\x80\x04\x95\x0b"), Some("a pickle"));
        assert_eq!(named(b"\n <!DOCTYPE HTML><title>x</title>"), Some("a web page"));
        assert_eq!(named(b"{\"a\": 1}"), Some("JSON"));
        assert_eq!(named(b"Dear diary"), Some("a text file"));
        assert_eq!(named(b"from the diary: nothing was written\n"), Some("a text file"));
        assert_eq!(
            named(b"# a comment\nimport time, json\n\ndef work():\n    pass\n"),
            Some("a Python program")
        );
        assert_eq!(named(b"#!/usr/bin/env python3\nprint(1)\n"), Some("a Python program"));
        let table = b"         12 function calls in 0.001 seconds\n\n   ncalls  tottime  percall  cumtime  percall filename:lineno(function)\n";
        assert_eq!(named(table), Some("a table that cProfile or pstats printed"));
        assert_eq!(named(b"\x80\x04\x95\x8c\x05yappi\x94\x8c\x0aYFuncStats"), Some("yappi's own statistics"));
        assert_eq!(
            named(b"<!DOCTYPE html><script>var pyinstrumentHTMLRenderer"),
            Some("pyinstrument's web page")
        );
        assert_eq!(named(b"\x00\x01\x02"), Some("a binary file"));
        assert_eq!(named(b""), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(head in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = name(&head);
        }
    }
}
