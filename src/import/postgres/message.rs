//! The messages that tell of executions: `duration: 0.361 ms  bind _pg3_0: SELECT …`
//! ([`postgres.c`](https://github.com/postgres/postgres/blob/master/src/backend/tcop/postgres.c)).

use memchr::memmem;

use super::languages;
use super::server;
use crate::queries::EventKind;

/// What a message of severity LOG says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Message<'a> {
    /// A duration in ms, and what it is of.
    Duration(f64, Step<'a>),
    /// A text without a duration, logged before it runs.
    Text(Step<'a>),
    /// Something else that happens to a statement, with its milliseconds or bytes.
    Event(EventKind, f64),
    /// A checkpoint starts; its cause is in the text.
    CheckpointStarts,
    /// The session ends, after so many ms (NaN if it does not say).
    Disconnection(f64),
    /// A duration in another language, of what is not understood.
    Foreign(&'static str),
    /// Anything else.
    Other,
}

/// A step of a statement's execution. A step of the extended protocol carries the name of its
/// prepared statement, with that of its portal behind a slash if that has one, and the text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step<'a> {
    /// A duration only.
    Bare,
    /// Simple protocol.
    Statement(&'a [u8]),
    /// Extended protocol, first step.
    Parse(&'a [u8], &'a [u8]),
    /// Extended protocol, second step.
    Bind(&'a [u8], &'a [u8]),
    /// Extended protocol, third step.
    Execute(&'a [u8], &'a [u8]),
    /// More rows of a portal that was executed before.
    Fetch(&'a [u8], &'a [u8]),
    /// auto_explain's plan, in whichever spelling; its query's text is in it
    /// ([`plan::query_text`](crate::queries::plan::query_text)).
    Plan(&'a [u8]),
}

/// Reads a message (without its prefix and severity).
pub fn read(message: &[u8]) -> Message<'_> {
    let message = without_state(message);
    if let Some(rest) = message.strip_prefix(b"duration: ") {
        return duration(rest).unwrap_or(Message::Other);
    }
    match message.first() {
        Some(b's' | b'e') if let Some(step) = step(message) => Message::Text(step),
        Some(b't') if message.starts_with(b"temporary file: ") => temporary_file(message)
            .map_or(Message::Other, |bytes| Message::Event(EventKind::TemporaryFile, bytes)),
        Some(b'p') if message.starts_with(b"process ") => {
            lock(message).or_else(|| server::read(message)).unwrap_or(Message::Other)
        }
        _ => server::read(message).unwrap_or_else(|| languages::read(message)),
    }
}

/// A message without the SQLSTATE that log_error_verbosity = verbose puts before it.
pub fn without_state(message: &[u8]) -> &[u8] {
    let is_state = |state: &[u8]| state.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    match message.get(..7) {
        Some(start) if start.ends_with(b": ") && is_state(&start[..5]) => &message[7..],
        _ => message,
    }
}

fn duration(rest: &[u8]) -> Option<Message<'_>> {
    let (milliseconds, length) = number(rest)?;
    let rest = rest.get(length..)?.strip_prefix(b" ms")?;
    let rest = match rest.strip_prefix(b"  ") {
        Some(rest) => rest,
        None => return rest.trim_ascii().is_empty().then_some(Message::Duration(milliseconds, Step::Bare)),
    };
    // PostgresPro puts `rows: 1 size: 10 bytes  ` between.
    let rest = match rest.strip_prefix(b"rows: ") {
        Some(_) => &rest[memmem::find(&rest[..rest.len().min(100)], b" bytes  ")? + 8..],
        None => rest,
    };
    if let Some(plan) = rest.strip_prefix(b"plan:") {
        return Some(Message::Duration(milliseconds, Step::Plan(plan)));
    }
    step(rest).map(|step| Message::Duration(milliseconds, step))
}

/// `12.345`, as ms, and its length.
#[inline]
pub(super) fn number(text: &[u8]) -> Option<(f64, usize)> {
    let mut value = 0_u64;
    let mut scale = None;
    for (index, &byte) in text.iter().enumerate() {
        match byte {
            // Fifteen digits are exact.
            b'0'..=b'9' if index < 16 => {
                value = value * 10 + u64::from(byte - b'0');
                scale = scale.map(|scale: i32| scale + 1);
            }
            b'.' if scale.is_none() && index > 0 => scale = Some(0),
            b' ' if index > 0 => {
                // Dividing exact numbers rounds once: the nearest to what is written.
                return Some((value as f64 / 10_f64.powi(scale.unwrap_or(0)), index));
            }
            _ => return None,
        }
    }
    None
}

/// `statement: …`, `execute name: …`, …
fn step(text: &[u8]) -> Option<Step<'_>> {
    if let Some(sql) = text.strip_prefix(b"statement: ") {
        return Some(Step::Statement(sql));
    }
    // A statement whose text begins on the next line.
    if let Some(sql) = text.strip_prefix(b"statement:") {
        return Some(Step::Statement(sql));
    }
    let named = |rest: &'static [u8]| {
        let rest = text.strip_prefix(rest)?;
        let colon = memmem::find(&rest[..rest.len().min(300)], b": ")
            .or_else(|| memmem::find(&rest[..rest.len().min(300)], b":"))?;
        Some((&rest[..colon], rest[colon + 1..].strip_prefix(b" ").unwrap_or_default()))
    };
    if let Some((name, sql)) = named(b"execute fetch from ").or_else(|| named(b"execute from fetch ")) {
        return Some(Step::Fetch(name, sql));
    }
    if let Some((name, sql)) = named(b"execute ") {
        return Some(Step::Execute(name, sql));
    }
    if let Some((name, sql)) = named(b"bind ") {
        return Some(Step::Bind(name, sql));
    }
    named(b"parse ").or_else(|| named(b"prepare ")).map(|(name, sql)| Step::Parse(name, sql))
}

/// Bytes of `temporary file: path "base/pgsql_tmp/pgsql_tmp30926.1", size 712704`.
fn temporary_file(message: &[u8]) -> Option<f64> {
    let size = memmem::rfind(message, b", size ")? + 7;
    std::str::from_utf8(message[size..].trim_ascii()).ok()?.parse::<u64>().ok().map(|bytes| bytes as f64)
}

/// `process 31430 still waiting for ShareLock on transaction 780 after 200.098 ms`
/// ([`proc.c`](https://github.com/postgres/postgres/blob/master/src/backend/storage/lmgr/proc.c)).
fn lock(message: &[u8]) -> Option<Message<'static>> {
    let line = message.split(|&byte| byte == b'\n').next()?;
    let rest = line.strip_prefix(b"process ")?;
    let rest = rest[rest.iter().take_while(|byte| byte.is_ascii_digit()).count()..].strip_prefix(b" ")?;
    let kind = if rest.starts_with(b"still waiting for ")
        || rest.starts_with(b"avoided deadlock for ")
        || rest.starts_with(b"detected deadlock while waiting for ")
        || rest.starts_with(b"failed to acquire ")
    {
        EventKind::LockWait
    } else if rest.starts_with(b"acquired ") {
        EventKind::LockAcquired
    } else {
        return None;
    };
    let after = memmem::rfind(rest, b" after ")? + 7;
    let (milliseconds, _) = number(&rest[after..])?;
    Some(Message::Event(kind, milliseconds))
}

/// What an error says of its statement. The server's words are asked, as one SQLSTATE (57014) stands for
/// several reasons; where they are in another language, the SQLSTATE is.
pub fn error(message: &[u8], state: &[u8]) -> EventKind {
    let message = without_state(message);
    match message.strip_prefix(b"canceling statement due to ") {
        Some(reason) if reason.starts_with(b"statement timeout") => EventKind::StatementTimeout,
        Some(reason) if reason.starts_with(b"lock timeout") => EventKind::LockTimeout,
        Some(reason) if reason.starts_with(b"user request") => EventKind::Cancelled,
        Some(reason) if reason.starts_with(b"conflict with recovery") => EventKind::RecoveryConflict,
        None if message.starts_with(b"terminating connection due to conflict with recovery") => {
            EventKind::RecoveryConflict
        }
        None if [&b"25P03"[..], b"25P04", b"57P05"].contains(&state)
            || (message.starts_with(b"terminating connection due to ")
                && memmem::find(message, b" timeout").is_some()) =>
        {
            EventKind::SessionTimeout
        }
        None if [&b"57P01"[..], b"57P02"].contains(&state)
            || message.starts_with(b"terminating connection ")
            || message.starts_with(b"connection to client lost") =>
        {
            EventKind::Terminated
        }
        None if message.starts_with(b"canceling autovacuum task") => EventKind::Cancelled,
        // What did not wait (NOWAIT) has the same SQLSTATE.
        None if state == b"55P03" && !message.starts_with(b"could not obtain lock") => EventKind::LockTimeout,
        _ if message.starts_with(b"deadlock detected") || state == b"40P01" => EventKind::Deadlock,
        _ if state == b"57014" => EventKind::Cancelled,
        _ => EventKind::Error,
    }
}

/// The process that holds the lock an event's DETAIL speaks of: `Process holding the lock: 31419. Wait
/// queue: 31430.`, `Processes holding the lock: 1, 2. Wait …`
pub fn holders(detail: &str) -> Option<&str> {
    let rest = detail
        .strip_prefix("Process holding the lock: ")
        .or_else(|| detail.strip_prefix("Processes holding the lock: "))?;
    rest.split('.').next().filter(|holders| !holders.is_empty())
}

/// Whether a CONTEXT says that its event happened within another statement: not if it only names the portal, whose
/// parameters `log_parameter_max_length_on_error` adds.
pub fn is_nested(context: &[u8]) -> bool {
    const PORTAL: [&[u8]; 2] = [b"unnamed portal with parameters: ", b"portal \""];
    let is_portal = |context: &[u8]| PORTAL.iter().any(|portal| context.starts_with(portal));
    let is_foreign = || languages::english(context).is_some_and(|english| is_portal(&english.text));
    !context.is_empty() && !is_portal(context) && !is_foreign()
}

/// The parameters of a DETAIL, if it is about them.
pub fn parameters(detail: &[u8]) -> Option<&[u8]> {
    let english = detail.strip_prefix(b"parameters: ").or_else(|| detail.strip_prefix(b"Parameters: "));
    english.or_else(|| languages::parameters(detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let each = [
            "duration: 0.361 ms  bind _pg3_0: SELECT 1",
            "duration: 0.361 ms  parse <unnamed>: SELECT 1",
            "duration: 1234567.031 ms  execute S_1/C_2: SELECT ': '",
            "duration: 0.1 ms  execute fetch from S_1: SELECT 1",
            "duration: 803.621 ms  statement: BEGIN; COMMIT\n",
            "duration: 1.307 ms  statement: \n\tSELECT\n",
            "duration: 1 ms\n",
            "duration: 0.341 ms",
            "duration: 60.800 ms  plan:\n\tQuery Text: SELECT\n\t 1\n\tResult  (cost=0.00..0.01 rows=1)",
            "duration: 1.088 ms  plan:\n\t{\n\t  \"Query Text\": \"x\"",
            "duration: 0.5 ms  rows: 1 size: 10 bytes  statement: SELECT 1",
            "00000: duration: 0.5 ms  statement: SELECT 1",
            "statement: SELECT 1",
            "execute <unnamed>: SELECT $1",
            "disconnection: session time: 0:00:00.077",
            "durée : 0.361 ms, lien _pg3_0 : SELECT 1",
            "Dauer: 0.361 ms  Anweisung: SELECT 1",
            "Dauer: 0.361 ms  irgendwas: SELECT 1",
            "checkpoint starting: immediate",
            "temporary file: path \"base/pgsql_tmp/pgsql_tmp1.0\", size 712704\n",
            "temporary file: path \"x\"",
            "process 31430 still waiting for ShareLock on transaction 780 after 200.098 ms\n",
            "process 31430 acquired AccessExclusiveLock on relation 16384 of database 5 after 599.383 ms",
            "process 7 detected deadlock while waiting for ShareLock on transaction 5 after 1000.1 ms",
            "process 7 exited",
            "duration: x ms",
            "duration: . ms",
            "duration: 1",
            "execute",
            "",
        ]
        .map(|message| format!("{message:?}\n   {}", spell(read(message.as_bytes()))));
        insta::assert_snapshot!(each.join("\n"));
    }

    #[test]
    fn errors() {
        let each = [
            ("canceling statement due to statement timeout", ""),
            ("57014: canceling statement due to user request", ""),
            ("canceling statement due to lock timeout", "55P03"),
            ("deadlock detected", ""),
            ("Verklemmung entdeckt", "40P01"),
            ("annulation de la requête", "57014"),
            ("division by zero", "22012"),
            ("limite de espera", "55P03"),
            ("could not obtain lock on row in relation \"t\"", "55P03"),
        ]
        .map(|(message, state)| error(message.as_bytes(), state.as_bytes()));
        use EventKind::{Cancelled, Deadlock, Error, LockTimeout, StatementTimeout};
        assert_eq!(
            each,
            [
                StatementTimeout,
                Cancelled,
                LockTimeout,
                Deadlock,
                Deadlock,
                Cancelled,
                Error,
                LockTimeout,
                Error
            ]
        );
        assert_eq!(holders("Process holding the lock: 31419. Wait queue: 31430."), Some("31419"));
        assert_eq!(holders("Processes holding the lock: 1, 2. Wait queue: 3."), Some("1, 2"));
        assert_eq!(holders("Key (name)=(a) already exists."), None);
    }

    fn spell(message: Message<'_>) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let step = |step: Step<'_>| match step {
            Step::Bare => "bare".into(),
            Step::Statement(sql) => format!("statement {:?}", text(sql)),
            Step::Parse(name, sql) => format!("parse {} {:?}", text(name), text(sql)),
            Step::Bind(name, sql) => format!("bind {} {:?}", text(name), text(sql)),
            Step::Execute(name, sql) => format!("execute {} {:?}", text(name), text(sql)),
            Step::Fetch(name, sql) => format!("fetch {} {:?}", text(name), text(sql)),
            Step::Plan(plan) => format!("plan {:?}", text(plan)),
        };
        match message {
            Message::Duration(milliseconds, of) => format!("{milliseconds} ms {}", step(of)),
            Message::Text(of) => format!("text {}", step(of)),
            other => format!("{other:?}"),
        }
    }
}
