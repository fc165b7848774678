//! Which statements are looked at. Every answer about a log is about those of one [`Filter`], totals
//! included.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::by::{By, Keys};
use super::{Operation, QueryLog};
use crate::text::percent_decoded;

/// Which statements; the default is all of them. All that is said must hold.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// Those that start in `from <= t < to`, milliseconds since the log's first start
    /// ([`QueryLog::span`]); a range that reaches the log's end includes it. Neighbouring ranges share
    /// no statement.
    pub range: Option<(f64, f64)>,
    /// Values of one kind are alternatives; kinds must all hold.
    pub facets: Vec<Facet>,
    /// Those that took at least so long, ms.
    pub shortest: Option<f64>,
    /// Those that took at most so long, ms.
    pub longest: Option<f64>,
    /// Only those that ended in an error.
    pub failed: bool,
    /// Those whose fingerprint or tables contain this, ignoring case. With [`Self::all_texts`], those
    /// whose own text does. Of events: what they say, or what their statement has.
    pub text: String,
    /// Whether [`Self::text`] is looked for in every statement's own text, parameters and plans and in all that the
    /// log says of events, which must have been searched before: the file is read again for it.
    pub all_texts: bool,
}

/// One value statements are to have, or not to have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facet {
    /// Of which kind. By [`By::Table`], statements that name the table anywhere.
    pub by: By,
    /// [`Keys::value`].
    pub value: String,
    /// Whether statements with it are left out instead.
    pub not: bool,
}

impl Filter {
    /// Whether it lets everything through.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// What it says, one word for each thing, for addresses: `range:0-1500`, `table:auth_user`,
    /// `not-user:shop`, `took:10-`, `failed`, `all-texts`. [`Self::text`] is not among them.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some((from, to)) = self.range {
            words.push(format!("range:{from}-{to}"));
        }
        for Facet { by, value, not } in &self.facets {
            words.push(format!("{}{}:{value}", if *not { "not-" } else { "" }, by.key()));
        }
        if self.shortest.is_some() || self.longest.is_some() {
            let edge = |edge: Option<f64>| edge.map(|edge| edge.to_string()).unwrap_or_default();
            words.push(format!("took:{}-{}", edge(self.shortest), edge(self.longest)));
        }
        if self.failed {
            words.push("failed".to_owned());
        }
        if self.all_texts {
            words.push("all-texts".to_owned());
        }
        words
    }

    /// What [`Self::words`] says. Words that mean nothing are left out: an address may be of another
    /// version, or by hand. `number` reads a number: the page has the browser do it, since the standard
    /// library's way is 10 kB in it.
    pub fn from_words<'a>(
        words: impl IntoIterator<Item = &'a str>,
        number: impl Fn(&str) -> Option<f64>,
    ) -> Self {
        let mut filter = Self::default();
        let number = |text: &str| number(text).filter(|number| number.is_finite());
        for word in words {
            let (key, value) = word.split_once(':').unwrap_or((word, ""));
            match (key, value.split_once('-')) {
                ("range", Some((from, to))) => {
                    filter.range = number(from).zip(number(to)).filter(|(from, to)| from < to);
                }
                ("took", Some((shortest, longest))) => {
                    (filter.shortest, filter.longest) = (number(shortest), number(longest));
                }
                ("failed", _) => filter.failed = true,
                ("all-texts", _) => filter.all_texts = true,
                _ => {
                    let (not, key) = key.strip_prefix("not-").map_or((false, key), |key| (true, key));
                    if let Some(by) = By::from_key(key) {
                        filter.facets.push(Facet { by, value: value.to_owned(), not });
                    }
                }
            }
        }
        filter
    }

    /// Adds the facet, or takes it away if it is there; the opposite one goes.
    pub fn toggle(&mut self, facet: Facet) {
        let same = |other: &Facet| other.by == facet.by && other.value == facet.value;
        let was = self.facets.contains(&facet);
        self.facets.retain(|other| !same(other));
        if !was {
            self.facets.push(facet);
        }
    }
}

/// A set of statements.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    words: Vec<u64>,
    count: u32,
}

impl Selection {
    /// Every statement of `length`.
    pub fn all(length: usize) -> Self {
        Self::from_fn(0..length, length, |_| true)
    }

    /// Those of `range` that `is_in`, out of `length`.
    pub fn from_fn(
        range: std::ops::Range<usize>,
        length: usize,
        mut is_in: impl FnMut(usize) -> bool,
    ) -> Self {
        let mut words = vec![0_u64; length.div_ceil(64)];
        let mut count = 0;
        for at in range {
            let yes = is_in(at);
            words[at / 64] |= u64::from(yes) << (at % 64);
            count += u32::from(yes);
        }
        Self { words, count }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether the statement is one of them.
    pub fn contains(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 != 0)
    }

    /// Their indices, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(place, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros() as usize;
                    left &= left - 1;
                    place * 64 + bit
                })
            })
        })
    }
}

/// What is wanted of one kind, per key.
pub(super) struct Wanted<'a> {
    pub keys: &'a Keys,
    pub is_wanted: Vec<bool>,
}

impl<'a> Wanted<'a> {
    /// What the facets of `filter` want of each kind they name, but for tables, of which a statement has several.
    pub fn of(filter: &Filter, keys: impl Fn(By) -> &'a Keys) -> Vec<Self> {
        let mut kinds: FxHashMap<By, Vec<&Facet>> = FxHashMap::default();
        for facet in filter.facets.iter().filter(|facet| facet.by != By::Table) {
            kinds.entry(facet.by).or_default().push(facet);
        }
        kinds
            .into_iter()
            .map(|(by, facets)| {
                let keys = keys(by);
                let mut is_wanted = vec![facets.iter().all(|facet| facet.not); keys.count];
                for facet in facets {
                    if let Some(key) = keys.find(&facet.value) {
                        is_wanted[key as usize] = !facet.not;
                    }
                }
                Self { keys, is_wanted }
            })
            .collect()
    }
}

/// Where a text was found, in ascending order.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The statements that have it in their own text or plan.
    pub statements: Vec<u32>,
    /// The events that have it in what the log says of them.
    pub events: Vec<u32>,
}

/// What is known of statements' own texts.
#[derive(Debug, Clone, Copy, Default)]
pub struct OwnTexts<'a> {
    /// Where [`Filter::text`] was found, if all were searched.
    pub found: Option<&'a Found>,
    /// Per fingerprint: one of its texts, in lower case; of an address as it is and decoded. Those behind the end have none.
    pub examples: &'a [String],
}

/// The statements of `filter`. `keys` gives the keys of a kind.
pub fn select<'a>(
    log: &QueryLog,
    filter: &Filter,
    keys: impl Fn(By) -> &'a Keys,
    own: OwnTexts<'_>,
) -> Selection {
    let statements = &log.statements;
    let length = statements.len();
    let (origin, end) = log.span().unwrap_or_default();
    let range = match filter.range {
        None => 0..length,
        Some((from, to)) => {
            let place = |time: f64| statements.start.partition_point(|&start| start - origin < time);
            let last = if to >= end - origin { length } else { place(to) };
            place(from).min(last)..last
        }
    };
    // What is asked of fingerprints, in one: tables and texts are theirs.
    let text = filter.text.to_lowercase();
    let tables: Vec<&Facet> = filter.facets.iter().filter(|facet| facet.by == By::Table).collect();
    let fingerprints: Vec<bool> = log
        .fingerprints
        .iter()
        .enumerate()
        .map(|(id, fingerprint)| {
            let has = |facet: &&&Facet| match facet.value.as_str() {
                "" => fingerprint.tables.is_empty(),
                table => fingerprint.tables.iter().any(|other| other == table),
            };
            let mut wanted = tables.iter().filter(|facet| !facet.not).peekable();
            let contains = |other: &str| {
                let has = |text: &str, wanted: &str| text.to_lowercase().contains(wanted);
                has(other, &text)
                    || (log.served.is_some()
                        && percent_decoded(other).is_some_and(|decoded| has(&decoded, &text)))
            };
            (wanted.peek().is_none() || wanted.any(|facet| has(&facet)))
                && !tables.iter().filter(|facet| facet.not).any(|facet| has(&facet))
                && (text.is_empty()
                    || filter.all_texts
                    || contains(&fingerprint.text)
                    || fingerprint.tables.iter().any(|table| contains(table))
                    || own.examples.get(id).is_some_and(|example| example.contains(&text)))
        })
        .collect();
    let wanted = Wanted::of(filter, keys);
    let in_texts =
        (filter.all_texts && !text.is_empty()).then(|| own.found.map_or(&[][..], |found| &found.statements));
    let (shortest, longest) =
        (filter.shortest.unwrap_or(f64::NEG_INFINITY), filter.longest.unwrap_or(f64::INFINITY));
    let by_duration = filter.shortest.is_some() || filter.longest.is_some();
    Selection::from_fn(range, length, |at| {
        let duration = statements.duration[at];
        fingerprints[statements.fingerprint[at] as usize]
            && (!filter.failed || statements.failed[at] != 0)
            // Unknown durations are in no bounds.
            && (!by_duration || (duration >= shortest && duration <= longest))
            && wanted.iter().all(|wanted| wanted.is_wanted[wanted.keys.of[at] as usize])
            && in_texts.is_none_or(|found| found.binary_search(&(at as u32)).is_ok())
    })
}

/// Whether statements of this kind read, write, or do neither.
pub fn reads(operation: Operation) -> bool {
    operation == Operation::Select
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Option<f64> {
        text.parse().ok()
    }

    #[test]
    fn an_address_says_it_in_words() {
        let filter = Filter {
            range: Some((0.0, 1500.25)),
            facets: vec![
                Facet { by: By::Table, value: "auth_user".to_owned(), not: false },
                Facet { by: By::User, value: "a:b-c".to_owned(), not: true },
                Facet { by: By::Application, value: String::new(), not: false },
            ],
            shortest: Some(0.5),
            failed: true,
            ..Filter::default()
        };
        assert_eq!(
            filter.words(),
            ["range:0-1500.25", "table:auth_user", "not-user:a:b-c", "application:", "took:0.5-", "failed"]
        );
        let strange = ["range:5-1", "range:x", "nothing:1", "took:", "", "took:-NaN", "not-:x"];
        assert_eq!(Filter::from_words(strange, number), Filter::default());
    }

    #[test]
    fn a_facet_goes_as_it_came() {
        let facet = |not| Facet { by: By::Table, value: "a".to_owned(), not };
        let mut filter = Filter::default();
        filter.toggle(facet(false));
        filter.toggle(facet(true));
        assert_eq!(filter.facets, [facet(true)]);
        filter.toggle(facet(true));
        assert!(filter.is_all());
    }

    proptest! {
        #[test]
        fn words_come_back(
            range in proptest::option::of((0.0..1e9_f64, 1e9..1e12_f64)),
            facets in proptest::collection::vec((0..By::ALL.len(), ".{0,12}", any::<bool>()), 0..5),
            bounds in (proptest::option::of(0.0..1e6_f64), proptest::option::of(0.0..1e6_f64)),
            failed: bool,
        ) {
            let facets = facets.into_iter().map(|(by, value, not)| Facet { by: By::ALL[by], value, not });
            let (shortest, longest) = bounds;
            let filter = Filter { range, facets: facets.collect(), shortest, longest, failed, ..Filter::default() };
            let words = filter.words();
            prop_assert_eq!(Filter::from_words(words.iter().map(String::as_str), number), filter);
        }
    }
}
