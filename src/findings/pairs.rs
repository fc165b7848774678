//! Which files are of the same thing: a profile and a log whose names differ only in their endings.

use crate::document::Kind;

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

/// The folder that a name is in; nothing for one that is in none.
pub fn folder(name: &str) -> &str {
    name.rfind(['/', '\\']).map_or("", |end| &name[..end])
}

/// So many things that came at once are a group: a profile, its log and a schema are looked at side by side, of more one
/// looks for those that matter.
const GROUP_FROM: usize = 3;

/// Whether files that came at once are a group, by their names. What is of one thing, as a profile and its log in one
/// folder are, counts once.
pub fn are_a_group<'a>(names: impl Iterator<Item = &'a str>) -> bool {
    let mut things: Vec<(&str, &str)> = Vec::new();
    for name in names {
        let thing = (folder(name), stem(name));
        if !things.contains(&thing) {
            things.push(thing);
        }
        if things.len() >= GROUP_FROM {
            return true;
        }
    }
    false
}

/// What a user said about a document's partner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choice {
    /// Nothing: names decide.
    #[default]
    ByName,
    /// It has none.
    Alone,
    /// It is this document, by its index. It holds if that one was told the same of this one.
    With(usize),
}

/// Per document its partner's index: a profile and a log with the same stem. Each has at most one;
/// where several fit, those opened last belong together.
pub fn by_stem(documents: &[(&str, Kind)]) -> Vec<Option<usize>> {
    by_choice(&documents.iter().map(|&(name, kind)| (name, kind, Choice::ByName)).collect::<Vec<_>>())
}

/// The same, where a user may have said otherwise.
pub fn by_choice(documents: &[(&str, Kind, Choice)]) -> Vec<Option<usize>> {
    let chosen = |document: usize| match documents[document].2 {
        Choice::With(other) => documents
            .get(other)
            .filter(|(_, kind, choice)| *choice == Choice::With(document) && *kind != documents[document].1)
            .map(|_| other),
        Choice::ByName | Choice::Alone => None,
    };
    let mut partners: Vec<Option<usize>> = (0..documents.len()).map(chosen).collect();
    let free = |partners: &[Option<usize>], document: usize| {
        partners[document].is_none() && documents[document].2 != Choice::Alone
    };
    for profile in (0..documents.len()).rev() {
        if documents[profile].1 != Kind::Profile || !free(&partners, profile) {
            continue;
        }
        let fits = |log: &usize| {
            documents[*log].1 == Kind::Queries
                && free(&partners, *log)
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
    fn many_things_are_a_group() {
        let are = |names: &[&str]| are_a_group(names.iter().copied());
        assert!(!are(&[]) && !are(&["a.prof", "a.sql.jsonl", "b.prof", "b.sql.log"]));
        assert!(are(&["a.prof", "b.prof", "c.prof"]));
        // Runs of one program, each in a folder of its own.
        assert!(are(&["1/app.prof", "2/app.prof", "3/app.prof"]));
        assert!(!are(&["1/app.prof", "1/app.log", "2/app.prof"]));
    }

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

    #[test]
    fn what_the_user_says_goes_before_names() {
        use Choice::{Alone, ByName, With};
        use Kind::{Profile, Queries};
        let pairs = |choices: [Choice; 4]| {
            let named = [("a.prof", Profile), ("a.sql", Queries), ("b.log", Queries), ("b.prof", Profile)];
            let documents: Vec<_> =
                named.into_iter().zip(choices).map(|((name, kind), choice)| (name, kind, choice)).collect();
            by_choice(&documents)
        };
        assert_eq!(pairs([ByName; 4]), [Some(1), Some(0), Some(3), Some(2)]);
        assert_eq!(pairs([Alone, ByName, ByName, ByName]), [None, None, Some(3), Some(2)]);
        assert_eq!(pairs([With(2), ByName, With(0), ByName]), [Some(2), None, Some(0), None]);
        // One-sided, with itself, with a document of the same kind, with none that there is: not said.
        assert_eq!(pairs([With(2), ByName, ByName, ByName]), pairs([ByName; 4]));
        assert_eq!(pairs([With(0), With(2), With(1), With(9)]), pairs([ByName; 4]));
    }
}
