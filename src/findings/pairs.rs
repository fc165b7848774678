//! Which files are of the same thing: a profile and a log whose names differ only in their endings.

use crate::import::Kind;

/// What a name may end in without saying what the file is of.
const ENDINGS: &[&str] = &[
    "gz", "zst", "prof", "profile", "pstats", "pstat", "cprof", "cprofile", "stats", "sql", "jsonl",
    "ndjson", "json", "log", "csv", "txt", "queries",
];

/// A name without its folders and endings: `orders` of `tmp/orders.sql.jsonl.gz`.
pub fn stem(name: &str) -> &str {
    let mut stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
    while let Some((rest, ending)) = stem.rsplit_once('.') {
        if rest.is_empty() || !ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(ending)) {
            break;
        }
        stem = rest;
    }
    stem
}

/// Per document its partner's index: a profile and a log with the same stem. Each has at most one;
/// where several fit, those opened last belong together.
pub fn by_stem(documents: &[(&str, Kind)]) -> Vec<Option<usize>> {
    let mut partners: Vec<Option<usize>> = vec![None; documents.len()];
    for profile in (0..documents.len()).rev() {
        if documents[profile].1 != Kind::Profile {
            continue;
        }
        let fits = |log: &usize| {
            documents[*log].1 == Kind::Queries
                && partners[*log].is_none()
                && stem(documents[*log].0) == stem(documents[profile].0)
        };
        if let Some(log) = (0..documents.len()).rev().find(fits) {
            partners[profile] = Some(log);
            partners[log] = Some(profile);
        }
    }
    partners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems() {
        for (name, expected) in [
            ("orders.prof", "orders"),
            ("tmp/orders.sql.jsonl.gz", "orders"),
            (r"C:\tmp\orders.SQL.log", "orders"),
            ("20261123T0925-GET-orders.v2.prof", "20261123T0925-GET-orders.v2"),
            ("postgresql-2026-11-23.log", "postgresql-2026-11-23"),
            ("app", "app"),
            (".prof", ".prof"),
            ("", ""),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }

    #[test]
    fn pairs() {
        use Kind::{Profile, Queries};
        let documents = [
            ("a.prof", Profile),
            ("a.sql.log", Queries),
            ("b.prof", Profile),
            ("a.sql.jsonl", Queries),
            ("c.log", Queries),
            ("a.pstats", Profile),
            ("c.jsonl", Queries),
        ];
        let partners = by_stem(&documents);
        assert_eq!(partners, [Some(1), Some(0), None, Some(5), None, Some(3), None]);
    }
}
