//! What holds for every format and every recorded file of it: told by content, cut anywhere, damaged
//! anywhere.

mod common;

use std::path::{Path, PathBuf};

use flamedrop::document::{Content, Document};
use flamedrop::findings::Settings;
use flamedrop::import::{self, FORMATS, ImportError};
use flamedrop::input::{Input, MemorySource};
use flamedrop::saved::{self, Keep};
use proptest::prelude::*;

/// Every recording under tests/data whose format can be told from where it lies.
fn recordings() -> Vec<(PathBuf, &'static str)> {
    let with_format = |path: PathBuf| format_of(&path).map(|format| (path, format));
    let found: Vec<_> = common::files().into_iter().filter_map(with_format).collect();
    assert!(found.len() > 20, "the recordings are there");
    found
}

/// What a recording's place and name say it is; `None` for oracles and for formats still to come.
fn format_of(path: &Path) -> Option<&'static str> {
    let folder = path.parent()?.file_name()?.to_str()?;
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let id = match (folder, stem.rsplit_once('.')?) {
        // tests/sql_cases.rs and tests/sql_servers.rs know what these are.
        ("cases" | "servers", _) => return None,
        ("truth", _) | ("requests", (_, "md")) | ("joint", (_, "csv")) => return None,
        ("requests" | "joint", (stem, _)) => return Some(of_requests(stem)),
        // Many, packed, and of the same format as those in pstats/: read by tests/trees.rs.
        ("trees", _) => return None,
        // Packed too: the rules' tests read them.
        ("findings" | "pages" | "rules", (_, "prof")) => return None,
        (_, (_, "prof")) => "pstats",
        ("lines", (_, "lprof")) => "line-profiler",
        ("lines", (stem, _)) if stem.ends_with(".scalene") => "scalene",
        ("lines", _) => "memray-stats",
        ("profiles", (_, "md")) => return None,
        ("profiles", ("memray-1.20.0-stats", _)) => "memray-stats",
        ("profiles", ("memray-1.20.0.gprof2dot", _)) => "gprof2dot",
        ("profiles", ("memray-1.20.0", "csv")) => "memray-csv",
        ("profiles", (stem, _)) if stem.starts_with("memray") && !stem.ends_with("speedscope") => {
            "memray-page"
        }
        ("profiles", (_, "pprof")) => "pprof",
        ("profiles", (_, "mojo")) => "austin-mojo",
        ("profiles", (_, "bin")) => "tachyon",
        ("profiles", (_, "lprof")) => "line-profiler",
        ("profiles", (_, "snapshot")) => "tracemalloc",
        ("profiles", (_, "dat")) => "memory-profiler",
        ("profiles", (stem, "jsonl")) if stem.starts_with("tachyon") => "tachyon-jsonl",
        ("profiles", (stem, _)) if stem.ends_with(".gecko") => "firefox",
        ("profiles", (stem, _)) if stem.ends_with("embedded_data") => "tachyon-flamegraph",
        ("profiles", (stem, _)) if stem.starts_with("scalene") => "scalene",
        ("profiles", (stem, _)) if stem.ends_with("speedscope") => "speedscope",
        ("profiles", (stem, _)) if stem.starts_with("viztracer") || stem.ends_with("chrometrace") => {
            "chrome-trace"
        }
        ("profiles", (stem, _)) if stem.starts_with("pyinstrument") => "pyinstrument",
        ("profiles", (stem, _)) if stem.starts_with("vprof") => "vprof",
        ("profiles", (stem, _)) if stem.starts_with("importtime") => "importtime",
        ("profiles", (stem, _)) if stem.starts_with("perf") => "perf-script",
        ("profiles", (_, "callgrind")) => "callgrind",
        ("profiles", _) => "collapsed",
        ("findings" | "pages" | "sample" | "pair", (_, "jsonl")) => "flamedrop-recorder",
        ("tools", (stem, _))
            if ["otel", "otlp", "jaeger", "zipkin"].iter().any(|word| stem.starts_with(word)) =>
        {
            "opentelemetry"
        }
        ("tools", (stem, "txt")) if stem.starts_with("asserts") => "assert-num-queries",
        ("tools", ("connection_queries", _)) => "connection-queries",
        ("tools", (_, "txt")) => "django-print-sql",
        ("tools", (stem, "log")) if stem.starts_with("sqlalchemy") => "sqlalchemy",
        ("schema", (_, "sql" | "txt")) => "schema",
        ("statistics", _) => "pg-stat-statements",
        ("mysql", (stem, _)) if stem.starts_with("digests") => "mysql-digests",
        (_, (_, "jsonl")) => "django-json",
        ("django", (stem, "log")) if stem.ends_with("_json") || stem.ends_with("_struct") => "django-json",
        ("django" | "shop", (_, "log")) => "django-log",
        ("postgres" | "findings", (_, "log")) => "postgres-stderr",
        ("mysql", (stem, "log")) if stem.ends_with(".general") => "mysql-general",
        ("mysql", (_, "log")) => "mysql-slow",
        ("silk", (_, "json")) | ("tools", ("silk", _)) => "django-silk",
        ("tools", (stem, _)) if stem.starts_with("toolbar") => "django-debug-toolbar",
        ("postgres", (_, "syslog")) => "postgres-syslog",
        ("postgres", (_, "csv")) => "postgres-csv",
        ("postgres", (stem, "json")) if !stem.ends_with(".statements") => "postgres-json",
        _ => return None,
    };
    import::by_id(id).map(|format| format.id())
}

/// The format of a log of requests.
fn of_requests(stem: &str) -> &'static str {
    let begins = [
        ("gunicorn-27.0.1-default", "access-log"),
        ("gunicorn-27.0.1-json", "access-json"),
        ("gunicorn", "gunicorn-access"),
        ("uwsgi", "uwsgi-log"),
        ("nginx-1.31.3-json", "access-json"),
        ("nginx", "nginx-access"),
        ("apache-2.4.71-combined", "access-log"),
        ("apache-2.4.71-json", "access-json"),
        ("apache", "apache-access"),
        ("granian", "granian-access"),
        ("uvicorn", "uvicorn-access"),
        ("hypercorn", "hypercorn-access"),
        ("daphne", "daphne-access"),
        ("haproxy-3.0.11-json", "access-json"),
        ("haproxy", "haproxy-log"),
        ("caddy", "caddy-access"),
        ("traefik-3.7.15-genericclf", "access-log"),
        ("traefik", "traefik-access"),
        ("django-structlog-11.0.0-gunicorn-access", "access-log"),
        ("django-structlog", "django-structlog"),
        ("aws-alb", "aws-alb"),
        ("heroku", "heroku-router"),
    ];
    begins.into_iter().find(|(begin, _)| stem.starts_with(begin)).map_or("runserver-log", |(_, id)| id)
}

/// The page gives a file to the worker that reads its kind, by its head alone.
#[test]
fn the_head_says_what_a_file_holds() {
    let kind = |content: &Content| match content {
        Content::Profile(_) => import::Kind::Profile,
        Content::Queries(_) => import::Kind::Queries,
        Content::Schema(_) => import::Kind::Schema,
        Content::Requests(_) => import::Kind::Requests,
    };
    for (path, _) in recordings() {
        let source = MemorySource::new("a file", std::fs::read(&path).expect("a recording"));
        let document = import::import(&source, &|_| ()).expect("read");
        assert_eq!(import::kind(&source), Some(kind(&document.content)), "{}", path.display());
        // As the page saves it, under a name that says something else.
        let named = Document { name: "a profile. Left out: an SQL log: a schema".to_owned(), ..document };
        for keep in [Keep::Everything, Keep::Results] {
            let saved = saved::write(&named, "paths", keep, &Settings::default());
            let source = MemorySource::new("saved", saved);
            assert_eq!(import::kind(&source), Some(kind(&named.content)), "{}, saved", path.display());
        }
    }
    assert_eq!(import::kind(&MemorySource::new("nothing", "")), None);
    assert_eq!(import::kind(&MemorySource::new("damaged", saved::MAGIC)), None);
}

/// A document's numbers, to compare two readings.
fn digest(document: &Document, source: &MemorySource) -> String {
    let mut out = Vec::new();
    flamedrop::export::json::write(document, source, &mut out).expect("writing to memory");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn recordings_are_told_by_content_not_by_name() {
    for (path, format) in recordings() {
        let source = MemorySource::new("unknown", std::fs::read(&path).expect("a recording"));
        let input = Input::open(&source, &|_| ()).expect("a head");
        let head = input.head();
        let best = import::detect(head).map(|format| format.id());
        assert_eq!(best, Some(format), "{}", path.display());
    }
}

#[test]
fn gzip_makes_no_difference() {
    use std::io::Write as _;
    for (path, _) in recordings() {
        let bytes = std::fs::read(&path).expect("a recording");
        // Nor is one wrapping within the other.
        if bytes.starts_with(&[0x1f, 0x8b]) || bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            continue;
        }
        let plain_source = MemorySource::new("unknown", bytes.clone());
        let plain = import::import(&plain_source, &|_| ()).expect("a document");
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&bytes).expect("packing");
        let source = MemorySource::new("unknown.gz", packed.finish().expect("packing"));
        let unpacked = import::import(&source, &|_| ()).expect("a document");
        assert_eq!(digest(&plain, &plain_source), digest(&unpacked, &source), "{}", path.display());
    }
}

/// A result for damaged bytes: a document, or an error that helps.
fn is_clear(result: Result<Document, ImportError>) -> Result<(), String> {
    match result {
        Ok(document) => match &document.content {
            // Whatever the numbers are, they must be usable.
            Content::Profile(profile) => {
                let tree = flamedrop::profile::estimate::estimate(profile, 500);
                let finite = tree.total_time.iter().all(|time| time.is_finite() && *time >= 0.0);
                if finite { Ok(()) } else { Err("a tree with impossible times".to_owned()) }
            }
            Content::Queries(_) | Content::Schema(_) | Content::Requests(_) => Ok(()),
        },
        Err(error) if error.problem.is_empty() || (error.advice.is_empty() && error.supported.is_empty()) => {
            Err(format!("an error that does not help: {error:?}"))
        }
        Err(_) => Ok(()),
    }
}

#[test]
fn every_truncation_gives_a_document_or_a_clear_error() {
    for (index, (path, format)) in recordings().into_iter().enumerate() {
        let bytes = std::fs::read(&path).expect("a recording");
        // Each cut is read from the start, so not every one of every file; but the recordings of
        // one format are alike, and each begins one byte further: together they are cut everywhere.
        let step = (bytes.len() / if format == "pstats" { 300 } else { 30 }).max(7);
        for end in (index % step..bytes.len()).step_by(step) {
            let result = common::open(&bytes[..end]);
            if format == "pstats" {
                let error = result.as_ref().expect_err("a cut profile is none");
                let begun = end > 12;
                assert!(!begun || error.looked_like.is_some(), "{} at {end}: {error}", path.display());
                // What is compressed may end before anything comes out of it.
                let has_place = error.place.is_some() || bytes.starts_with(&[0x1f, 0x8b]);
                assert!(!begun || has_place, "{} at {end}: {error}", path.display());
            }
            is_clear(result).unwrap_or_else(|error| panic!("{} at {end}: {error}", path.display()));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_gives_a_document_or_a_clear_error(
        which in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let recordings = recordings();
        let (path, _) = &recordings[which.index(recordings.len())];
        let mut bytes = std::fs::read(path).expect("a recording");
        bytes.truncate(200_000);
        for (place, value) in &damage {
            let place = place.index(bytes.len());
            bytes[place] = *value;
        }
        is_clear(common::open(bytes)).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn what_is_no_format_is_said_to_be_none() {
    let others: [&[u8]; 14] = [
        b"",
        b"{",
        b"{}",
        b"{\"a\": 1}",
        b"{(\"a.py\", 1, \"f\"): (1, 1, 0.5, 0.5, {})}",
        // Pickles of protocols 0 and 4, Java serialisation, a class file, an ELF, a zip, a PNG.
        b"(dp0\nS'a'\np1\nI1\ns.",
        b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01a\x94K\x01s.",
        b"\xac\xed\x00\x05sr\x00\x11java.util.HashMap",
        b"\xca\xfe\xba\xbe\x00\x00\x00\x34",
        b"\x7fELF\x02\x01\x01\x00",
        b"PK\x03\x04\x14\x00\x00\x00",
        b"\x89PNG\r\n\x1a\n",
        // Other marshalled things: a list, a dict of texts.
        b"[\x02\x00\x00\x00i\x01\x00\x00\x00i\x02\x00\x00\x00",
        b"\xfb\xda\x01ai\x01\x00\x00\x000",
    ];
    for other in others {
        assert!(import::detect(other).is_none(), "{:?}", String::from_utf8_lossy(other));
        let error = common::open(other).expect_err("no document");
        let format =
            error.looked_like.and_then(|title| FORMATS.iter().find(|format| format.title() == title));
        assert!(
            format.is_none()
                && !(error.advice.is_empty()
                    && error.supported.is_empty()
                    && !error.problem.contains("empty")),
            "{error}"
        );
    }
}
