//! Guesses a log's `log_line_prefix` from its first lines: candidates are the settings people use and
//! what single lines look like; the one that reads most lines wins.

use super::super::records::trim_end;
use super::languages;
use super::model::models;
use super::prefix::{ClockCache, Field, Prefix, severity};

/// Settings in use, the more telling first.
static KNOWN: &[&str] = &[
    "%m [%p] ",
    "%m [%p] %q%u@%d ",
    "%t [%p]: user=%u,db=%d,app=%a,client=%h ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%t:%r:%u@%d:[%p]:",
    "%m [%p] %q[user=%u,db=%d,app=%a] ",
    "%m [%p]: [%l-1] db=%d,user=%u ",
    "%m [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%t-%c-",
    // Heroku's.
    " sql_error_code = %e time_ms = \"%m\" pid=\"%p\" proc_start_time=\"%s\" session_id=\"%c\" vtid=\"%v\" \
     tid=\"%x\" log_line=\"%l\" database=\"%d\" connection_source=\"%r\" user=\"%u\" application_name=\"%a\" ",
    "%t [%p-%l] %q%u@%d ",
    "< %m > ",
    "",
];

/// How many lines are tried.
const SAMPLES: usize = 300;

/// How many different candidates they may give.
const MODELS: usize = 40;

/// How many lines decide where `%q` would stand.
const FEW: usize = 60;

/// There are no more escapes than these that a setting could sensibly have.
const MOST_ESCAPES: usize = 24;

/// Where the severity begins in a line, if it has one: after anything that is no letter, or right behind the value of
/// a prefix that ends without a blank.
pub fn marker(line: &[u8]) -> Option<usize> {
    let line = line.get(..line.len().min(1024))?;
    let english = memchr::memmem::find_iter(line, b":  ").find_map(|colon| {
        let word = line[..colon].iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let start = colon - word;
        if is_padded(&line[start..]) {
            return None;
        }
        severity(&line[start..]).map(|_| start).or_else(|| glued(line, colon))
    });
    english.or_else(|| languages::marker(line))
}

/// Whether a level stands here as uvicorn writes it: filled with blanks to ten bytes. PostgreSQL writes two.
fn is_padded(text: &[u8]) -> bool {
    [&b"INFO:     "[..], b"ERROR:    "]
        .iter()
        .any(|level| text.starts_with(level) && text.get(level.len()) != Some(&b' '))
}

/// The severities that follow a value without a blank: `shop@shopLOG:  `.
fn glued(line: &[u8], colon: usize) -> Option<usize> {
    const NAMES: [&[u8]; 8] =
        [b"LOG", b"ERROR", b"FATAL", b"WARNING", b"DETAIL", b"STATEMENT", b"CONTEXT", b"HINT"];
    const MESSAGES: [&[u8]; 4] = [b"duration: ", b"statement: ", b"execute ", b"parameters: "];
    let before = &line[..colon];
    let name = NAMES.into_iter().find(|name| before.ends_with(name))?;
    let start = colon - name.len();
    // `CATALOG:  ` is a word of its own, unless what follows is a server's.
    let ends_value = !before[..start].last()?.is_ascii_uppercase();
    let message = line[colon + 3..].to_ascii_lowercase();
    let known = || name == b"STATEMENT" || MESSAGES.iter().any(|begin| message.starts_with(begin));
    (ends_value || known()).then_some(start)
}

/// What was guessed.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// The prefix.
    pub prefix: Prefix,
    /// How many of the tried lines it reads.
    pub fits: usize,
    /// How many were tried.
    pub tried: usize,
}

/// Lines, and where their severity begins.
fn samples(head: &[u8]) -> Vec<(&[u8], usize)> {
    head.split(|&byte| byte == b'\n')
        .map(trim_end)
        .filter(|line| line.first().is_some_and(|&byte| byte != b'\t'))
        .filter_map(|line| Some((line, marker(line)?)))
        .take(SAMPLES)
        .collect()
}

/// A prefix the user gives, and how many lines of `head` it reads.
pub fn judge(prefix: Prefix, head: &[u8]) -> Guess {
    let samples = samples(head);
    Guess { fits: rank(&prefix, &samples).fits, tried: samples.len(), prefix }
}

/// The prefix that reads most lines of `head`; `None` without any line of a server.
pub fn infer(head: &[u8]) -> Option<Guess> {
    let samples = samples(head);
    if let Some(prefix) = named(&samples) {
        let prefix = prefix.with_hidden_stop();
        return Some(Guess { prefix, fits: samples.len(), tried: samples.len() });
    }
    let mut candidates: Vec<Prefix> = KNOWN.iter().map(|setting| Prefix::new(setting)).collect();
    for &(line, end) in &samples {
        if candidates.len() >= KNOWN.len() + MODELS {
            break;
        }
        for model in models(&line[..end]) {
            if model.escapes() <= MOST_ESCAPES && !candidates.contains(&model) {
                candidates.push(model);
            }
        }
    }
    // Perhaps only the lines of the server's own processes do not fit.
    let few: Vec<_> = samples.iter().copied().step_by(samples.len().div_ceil(FEW).max(1)).collect();
    for index in KNOWN.len()..candidates.len() {
        if rank(&candidates[index], &few).fits < few.len() {
            candidates.extend(best(candidates[index].with_stop(), &few));
        }
    }
    let prefix = best(candidates, &samples).filter(|_| !samples.is_empty())?;
    // The server's own processes may write their first line behind these.
    let prefix = only_constant(prefix, &samples).with_hidden_stop();
    Some(Guess { fits: rank(&prefix, &samples).fits, prefix, tried: samples.len() })
}

/// A setting in use that reads every line by the names before its values: no guess is better, even
/// when an application's name (`shop web, front`) looks like several values.
fn named(samples: &[(&[u8], usize)]) -> Option<Prefix> {
    KNOWN
        .iter()
        // What only some lines have to show (`%q`) is no evidence.
        .filter(|setting| setting.contains("user=") && !setting.contains("%q"))
        .map(|setting| Prefix::new(setting))
        .find(|prefix| !samples.is_empty() && rank(prefix, samples).fits == samples.len())
}

/// The prefix with what changes within a process taken for no user and no database: a session has one of each, and
/// is known by them. It may be the command (`%i`), or anything.
fn only_constant(prefix: Prefix, samples: &[(&[u8], usize)]) -> Prefix {
    let mut clock = ClockCache::default();
    let mut seen: Vec<(&[u8], [&[u8]; 2])> = Vec::new();
    let mut changes = [false; 2];
    for &(line, _) in samples {
        let Some(found) = prefix.read(line, &mut clock) else { continue };
        let of = |field| found.field(field).of(line);
        let process = if of(Field::Process).is_empty() { of(Field::Session) } else { of(Field::Process) };
        if process.is_empty() {
            continue;
        }
        let values = [of(Field::User), of(Field::Database)];
        match seen.iter_mut().find(|known| known.0 == process) {
            None => seen.push((process, values)),
            Some((_, known)) => {
                for ((known, value), changes) in known.iter_mut().zip(values).zip(&mut changes) {
                    let is_known = |value: &[u8]| !value.is_empty() && !languages::is_nobody(value);
                    if !is_known(known) {
                        *known = value;
                    } else {
                        *changes |= is_known(value) && *known != value;
                    }
                }
            }
        }
    }
    let unwanted = [b'u', b'd'].into_iter().zip(changes).filter(|(_, changes)| *changes);
    unwanted.fold(prefix, |prefix, (letter, _)| prefix.without(letter))
}

/// How good a prefix is: greater is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// Lines it reads as they are.
    fits: usize,
    /// Values that are not understood.
    unknown: std::cmp::Reverse<usize>,
    /// Names and addresses with blanks or separators in them: rather several fields taken for one.
    unclean: std::cmp::Reverse<usize>,
    /// Of equal ones the simplest.
    escapes: std::cmp::Reverse<usize>,
}

/// Ranks `prefix` by `samples`: lines, and where their severity begins.
fn rank(prefix: &Prefix, samples: &[(&[u8], usize)]) -> Rank {
    let mut clock = ClockCache::default();
    let (mut fits, mut unclean) = (0, 0);
    for &(line, marker) in samples {
        let Some(found) = prefix.read(line, &mut clock) else { continue };
        if severity(&line[marker..]).is_some_and(|(_, length)| found.message == marker + length) {
            fits += 1;
            let unclean_of = |field: Field, separators: &[u8], weight: usize| {
                let has = found.field(field).of(line).iter().any(|byte| separators.contains(byte));
                usize::from(has) * weight
            };
            for field in [Field::Application, Field::Client, Field::None] {
                unclean += unclean_of(field, b" @,=|", 1);
            }
            // What is odd is rather the application's name, which may be anything, than one of these two.
            for field in [Field::User, Field::Database] {
                unclean += unclean_of(field, b" @,=|/", 2);
            }
        }
    }
    Rank {
        fits,
        unknown: std::cmp::Reverse(usize::from(prefix.has(b'?'))),
        unclean: std::cmp::Reverse(unclean),
        escapes: std::cmp::Reverse(prefix.escapes()),
    }
}

/// The first of the highest rank.
fn best(candidates: Vec<Prefix>, samples: &[(&[u8], usize)]) -> Option<Prefix> {
    let mut best: Option<(Rank, Prefix)> = None;
    for candidate in candidates {
        let rank = rank(&candidate, samples);
        if best.as_ref().is_none_or(|(most, _)| rank > *most) {
            best = Some((rank, candidate));
        }
    }
    best.map(|(_, prefix)| prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(lines: &[&str]) -> String {
        infer(lines.join("\n").as_bytes()).map_or("nothing".into(), |guess| {
            format!("{:?} {}/{}", guess.prefix.to_string(), guess.fits, guess.tried)
        })
    }

    #[test]
    fn settings_are_found_again() {
        let each = [
            guess(&["2026-11-23 06:33:39.557 CET [30035] LOG:  starting"]),
            guess(&[
                "2026-11-23 06:33:39.557 CET [30035] LOG:  starting",
                "2026-11-23 06:33:39.687 CET [30050] postgres@shop LOG:  x",
            ]),
            guess(&[
                "2026-11-23 06:33:39.557 CET [30035] LOG:  starting",
                "2026-11-23 06:33:39.627 CET [30050] [unknown]@[unknown]/[unknown] [local] 0 00000: LOG:  x",
                "2026-11-23 06:33:39.687 CET [30050] postgres@postgres/psql [local] -443234074765910261 00000: LOG:  x",
                "2026-11-23 06:34:54.069 CET [31499] postgres@shop/my app, v2 127.0.0.1 -1882571151077686728 00000: LOG:  x",
            ]),
            guess(&[
                "2026-08-17 06:00:00 UTC [12889]: user=shop_web,db=shop,app=gunicorn,client=10.0.2.11 LOG:  x",
                "2026-08-17 06:00:00 UTC [12889]: user=,db=,app=,client= LOG:  x",
            ]),
            guess(&["2026-08-17 06:00:00 UTC [12889]: [7-1] user=shop_web,db=shop LOG:  x"]),
            guess(&[
                "2026-08-17 06:00:00 UTC:10.0.0.1(5432):shop_web@shop:[12889]:LOG:  x",
                "2026-08-17 06:00:00 UTC::@:[12889]:LOG:  x",
            ]),
            guess(&["1795412019.557 68a1c0de.7b0b 12 LOG:  x", "1795412019.558 68a1c0de.7b0b 13 LOG:  x"]),
            guess(&[
                "db-1  | 2026-08-17 06:00:00.123 UTC [1] LOG:  x",
                "db-1  | 2026-08-17 06:00:00.123 UTC [44] STATEMENT:  x",
            ]),
            guess(&[
                "2026-08-17 06:00:00 UTC app=web front db=shop pid=77 xid=0 LOG:  x",
                "2026-08-17 06:00:00 UTC app=web db=shop pid=77 xid=12 LOG:  x",
            ]),
            // Without a blank at the end, with names nobody knows, with what a process does.
            guess(&[
                "2026-08-17 06:00:00.123 UTC [44] shop@shopLOG:  x",
                "2026-08-17 06:00:00.123 UTC [44] shop@shopSTATEMENT:  x",
            ]),
            guess(&[
                "2026-08-17 06:00:00 UTC [44] usr=shop,zz=7,appli=76ae13 LOG:  x",
                "2026-08-17 06:00:00 UTC [44] usr=shop,zz=81b,appli=8a LOG:  x",
            ]),
            guess(&[
                "2026-08-17 06:00:00.123 UTC [44] idle LOG:  x",
                "2026-08-17 06:00:00.123 UTC [44] CREATE TABLE LOG:  x",
            ]),
            guess(&[
                "2026-08-17 06:00:00.123 UTC [44] one two LOG:  x",
                "2026-08-17 06:00:00.123 UTC [44] three two LOG:  x",
            ]),
            guess(&[
                "2026-08-17 06:00:00.123 UTC [44] shop@shop ОШИБКА:  x",
                "2026-08-17 06:00:00.123 UTC [44] shop@shop ОПЕРАТОР:  x",
            ]),
            // Of servers that speak other languages.
            guess(&[
                "2026-11-23 06:34:54.069 UTC [77] [unbekannt]@[unbekannt] LOG:  x",
                "2026-11-23 06:34:54.069 UTC [77] shop_web@shop LOG:  x",
            ]),
            guess(&[
                "2026-11-23 06:34:54.069 UTC [77] [н/д]@[н/д]/[н/д] СООБЩЕНИЕ:  x",
                "2026-11-23 06:34:54.069 UTC [77] shop_web@shop/[н/д] СООБЩЕНИЕ:  x",
                "2026-11-23 06:34:54.069 UTC [77] shop_web@shop/shop: web, v2 [x] СООБЩЕНИЕ:  x",
            ]),
            // In a language that nobody translates PostgreSQL into now.
            guess(&[
                "2026-11-23 06:34:54.069 UTC [77] [nieznany]@[nieznany] DZIENNIK:  x",
                "2026-11-23 06:34:54.069 UTC [77] shop_web@shop DZIENNIK:  x",
            ]),
            // Users and databases have names without slashes; applications have any.
            guess(&[
                "2026-11-23 06:34:54.069 UTC [70] LOG:  x",
                "2026-11-23 06:34:54.069 UTC [77] [unknown]@[unknown]/[unknown] LOG:  x",
                "2026-11-23 06:34:54.069 UTC [77] shop_web@shop/[unknown] LOG:  x",
                "2026-11-23 06:34:54.069 UTC [77] shop_web@shop/shop: web, v2 [x] LOG:  x",
            ]),
            guess(&["[77] LOG:  x"]),
            guess(&["LOG:  x"]),
            guess(&["nothing of a server"]),
        ];
        insta::assert_snapshot!(each.join("\n"));
    }
}
