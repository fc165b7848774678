//! Which files are parts of one log, by their names: what
//! [logrotate](https://linux.die.net/man/8/logrotate), Python's
//! [handlers](https://docs.python.org/3/library/logging.handlers.html), PostgreSQL's
//! [collector](https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-LOG-FILENAME) and
//! Amazon's RDS call them. Whether they are of one format, and their true order, is said by what is in
//! them.

use super::without_wrapping;

/// A name taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Rotated {
    /// The name without what tells the parts apart.
    stem: String,
    /// Digits of a date and time; the part without is the newest.
    date: Option<String>,
    /// `app.log.3` is older than `app.log.1`, and that than `app.log`.
    number: Option<u32>,
}

impl Rotated {
    fn of(name: &str) -> Self {
        let mut stem = without_wrapping(name).to_owned();
        let mut number = None;
        if let Some((rest, digits)) = stem.rsplit_once('.')
            && (1..=4).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !rest.is_empty()
        {
            number = digits.parse().ok();
            stem.truncate(rest.len());
        }
        let mut date: Option<String> = None;
        if let Some((start, end)) = find_date(&stem).filter(|&(start, end)| !is_recording(&stem, start, end))
        {
            date = Some(stem[start..end].chars().filter(char::is_ascii_alphanumeric).collect());
            // The separator goes with it.
            let separated = stem[..start].ends_with(['-', '_', '.']);
            stem.replace_range(start - usize::from(separated)..end, "");
        }
        // RDS: `….log.2026-11-23.05`, an hour in the number's place.
        if let (Some(date), Some(hour)) = (&mut date, number) {
            date.push_str(&format!("{hour:04}"));
            number = None;
        }
        Self { stem, date, number }
    }
}

/// Whether a name begins with when something was recorded and goes on with what: `20261130-220529-GET-orders.sql.jsonl`. What
/// rotates logs puts their name first; of a log without one, `2026-11-23.log`, nothing but endings follows.
fn is_recording(name: &str, start: usize, end: usize) -> bool {
    let is_first = start == 0 || matches!(name.as_bytes()[start - 1], b'/' | b'\\');
    is_first
        && name[end..].starts_with(['-', '_', ' '])
        && name[end..].contains(|letter: char| letter.is_alphabetic())
}

/// What profiles are called: a log that has its date in common with one was recorded beside it.
const PROFILES: [&str; 6] = ["prof", "profile", "pstats", "pstat", "cprof", "cprofile"];

/// The name up to the end of its date, if it has one.
fn dated(name: &str) -> Option<&str> {
    find_date(name).map(|(_, end)| &name[..end])
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Where in `name` a date is, with the time after it: `2026-11-23`, `20261123`, `2026-11-23_054312`,
/// `2026-11-23-05`, or a weekday.
fn find_date(name: &str) -> Option<(usize, usize)> {
    let bytes = name.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let two = |at: usize| -> Option<u32> {
        (digit(at) && digit(at + 1))
            .then(|| u32::from(bytes[at] - b'0') * 10 + u32::from(bytes[at + 1] - b'0'))
    };
    let separator = |at: usize, of: &[u8]| usize::from(bytes.get(at).is_some_and(|byte| of.contains(byte)));
    for start in 0..bytes.len() {
        if start > 0 && digit(start - 1) || !matches!(two(start), Some(19 | 20)) || two(start + 2).is_none() {
            continue;
        }
        let month = start + 4 + separator(start + 4, b"-_.");
        let day = month + 2 + separator(month + 2, b"-_.");
        if !matches!((two(month), two(day)), (Some(1..=12), Some(1..=31))) {
            continue;
        }
        let mut end = day + 2;
        for of in [b"-_T. ", b"-_:. ", b"-_:. "] {
            let next = end + separator(end, of);
            if two(next).is_none() {
                break;
            }
            end = next + 2;
        }
        // A longer number is none of ours.
        if !digit(end) {
            return Some((start, end));
        }
    }
    let day = WEEKDAYS.iter().find_map(|day| name.find(day).map(|at| (at, at + 3)));
    day.filter(|&(start, end)| {
        start > 0
            && matches!(bytes[start - 1], b'-' | b'_' | b'.')
            && !bytes.get(end).is_some_and(u8::is_ascii_alphanumeric)
    })
}

/// The files in groups, in the order of each group's first one; the parts of a log from the oldest to
/// the newest. Most groups are one file.
pub fn groups<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Vec<usize>> {
    let names: Vec<&str> = names.into_iter().collect();
    let is_profile = |name: &str| {
        without_wrapping(name).rsplit_once('.').is_some_and(|(_, ending)| PROFILES.contains(&ending))
    };
    let mut profiles: Vec<&str> =
        names.iter().filter(|name| is_profile(name)).filter_map(|name| dated(name)).collect();
    profiles.sort_unstable();
    let mut groups: Vec<Vec<(Rotated, usize)>> = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let rotated = Rotated::of(name);
        let is_of_profile = dated(name).is_some_and(|dated| profiles.binary_search(&dated).is_ok());
        let rotated = match is_of_profile {
            true => Rotated { stem: name.to_owned(), date: None, number: None },
            false => rotated,
        };
        let own = groups.iter_mut().find(|group| {
            group[0].0.stem == rotated.stem
                // The same name twice is two files, not one log.
                && group.iter().all(|(other, _)| *other != rotated)
        });
        match own {
            Some(group) => group.push((rotated, index)),
            None => groups.push(vec![(rotated, index)]),
        }
    }
    for group in &mut groups {
        group.sort_by(|(a, _), (b, _)| {
            // No date is after every date; the higher the number, the older.
            let date = |rotated: &Rotated| (rotated.date.is_none(), rotated.date.clone());
            date(a).cmp(&date(b)).then_with(|| b.number.cmp(&a.number))
        });
    }
    groups.into_iter().map(|group| group.into_iter().map(|(_, index)| index).collect()).collect()
}

/// What to call the log that these are parts of: `app.log` of `app.log.1` and `app.log.2.gz`.
pub fn name(part: &str) -> String {
    Rotated::of(part).stem
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grouped(names: &[&str]) -> Vec<Vec<String>> {
        let groups = groups(names.iter().copied());
        groups.iter().map(|group| group.iter().map(|&index| names[index].to_owned()).collect()).collect()
    }

    #[test]
    fn parts_of_one_log_from_the_oldest() {
        for parts in [
            vec!["app.log.10.gz", "app.log.2.gz", "app.log.1", "app.log"],
            vec!["app.log-20261122.gz", "app.log-20261123", "app.log"],
            vec!["app-20261122.log.zst", "app-20261123.log"],
            vec!["app.log.2026-11-22_23", "app.log.2026-11-23_00", "app.log"],
            vec!["postgresql-2026-11-22_000000.csv", "postgresql-2026-11-23_000000.csv"],
            vec!["error/postgresql.log.2026-11-23-0500", "error/postgresql.log.2026-11-23-0600"],
            vec!["mysql-slowquery.log.2026-11-23.05", "mysql-slowquery.log.2026-11-23.11"],
            vec!["logs/2026-11-22.log", "logs/2026-11-23.log"],
            vec!["2026-11-22_000000.log.gz", "2026-11-23_000000.log.gz"],
        ] {
            let mut given = parts.clone();
            given.reverse();
            assert_eq!(grouped(&given), [parts]);
        }
        assert_eq!(grouped(&["postgresql-Mon.log", "postgresql-Tue.log"]).len(), 1);
        assert_eq!(name("postgresql-2026-11-23_000000.log.gz"), "postgresql.log");
        assert_eq!(name("app.log.3"), "app.log");
    }

    #[test]
    fn others_stay_apart() {
        for names in [
            vec!["app.log", "app.sql.jsonl"],
            vec!["web-1.log", "web-2.log"],
            vec!["app.log", "app.log"],
            vec!["2.7.prof", "3.13.prof"],
            vec!["a/app.log", "b/app.log.1"],
            vec!["Monitor.log", "x-Sunny.log"],
            vec!["id-20264711.log", "id-20264712.log"],
            vec!["", "."],
            // What the recorder calls two requests for one address, and what others call a recording and its log.
            vec![
                "20261130-220529-GET-orders.prof",
                "20261130-220529-GET-orders.sql.jsonl",
                "20261130-220530-GET-orders.prof",
                "20261130-220530-GET-orders.sql.jsonl",
            ],
            vec![
                "flamedrop/20261130-220529-GET-orders.sql.jsonl",
                "flamedrop/20261130-220530-GET-orders.sql.jsonl.gz",
            ],
            vec!["2026-11-30_22-05-29_orders.log", "2026-11-30_22-05-30_orders.log"],
            vec![
                "orders-2026-11-30.prof",
                "orders-2026-11-30.sql.log",
                "orders-2026-12-01.prof",
                "orders-2026-12-01.sql.log",
            ],
            vec!["app-20261130.pstats.gz", "app-20261130.log", "app-20261201.log"],
        ] {
            let apart: Vec<Vec<String>> = names.iter().map(|name| vec![(*name).to_owned()]).collect();
            assert_eq!(grouped(&names), apart);
        }
        assert_eq!(
            grouped(&["app.log.1", "x.prof", "app.log"]),
            [vec!["app.log.1", "app.log"], vec!["x.prof"]]
        );
    }

    proptest::proptest! {
        #[test]
        fn no_file_is_lost(names in proptest::collection::vec("[a0-9._Mon-]{0,14}(é)?", 0..12)) {
            let mut all: Vec<usize> = groups(names.iter().map(String::as_str)).concat();
            all.sort_unstable();
            proptest::prop_assert_eq!(all, (0..names.len()).collect::<Vec<_>>());
        }
    }
}
