//! The messages that tell of executions: `duration: 0.361 ms  bind _pg3_0: SELECT …`
//! ([`postgres.c`](https://github.com/postgres/postgres/blob/master/src/backend/tcop/postgres.c)).

use memchr::memmem;

/// What a message of severity LOG says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Message<'a> {
    /// A duration in ms, and what it is of.
    Duration(f64, Step<'a>),
    /// A text without a duration, logged before it runs.
    Text(Step<'a>),
    /// The session ends.
    Disconnection,
    /// A duration in another language.
    Foreign(&'static str),
    /// Anything else.
    Other,
}

/// A step of a statement's execution. A step of the extended protocol carries the name of its
/// prepared statement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step<'a> {
    /// A duration only.
    Bare,
    /// Simple protocol.
    Statement(&'a [u8]),
    /// Extended protocol, first step.
    Parse(&'a [u8]),
    /// Extended protocol, second step.
    Bind(&'a [u8]),
    /// Extended protocol, third step: name and text.
    Execute(&'a [u8], &'a [u8]),
    /// More rows of a portal that was executed before: name and text.
    Fetch(&'a [u8], &'a [u8]),
    /// auto_explain's plan, with its query's text if it is plain.
    Plan(Option<&'a [u8]>),
}

/// How other languages say "duration", with what is after it; from the servers' translations.
static FOREIGN: &[(&str, &str)] = &[
    ("durée", "French"),
    ("Dauer", "German"),
    ("duración", "Spanish"),
    ("duração", "Portuguese"),
    ("durata", "Italian"),
    ("продолжительность", "Russian"),
    ("тривалість", "Ukrainian"),
    ("czas trwania", "Polish"),
    ("trvání", "Czech"),
    ("varaktighet", "Swedish"),
    ("süre", "Turkish"),
    ("期間", "Japanese"),
    ("执行时间", "Chinese"),
    ("持續時間", "Chinese"),
    ("작업시간", "Korean"),
];

/// Reads a message (without its prefix and severity).
pub fn read(message: &[u8]) -> Message<'_> {
    // With log_error_verbosity = verbose, the SQLSTATE stands before.
    let message = match message.get(..7) {
        Some(state) if state.ends_with(b": ") && state[..5].iter().all(|byte| byte.is_ascii_digit()) => {
            &message[7..]
        }
        _ => message,
    };
    if let Some(rest) = message.strip_prefix(b"duration: ") {
        return duration(rest).unwrap_or(Message::Other);
    }
    match message.first() {
        Some(b's' | b'e') => step(message).map_or(Message::Other, Message::Text),
        Some(b'd') if message.starts_with(b"disconnection: ") => Message::Disconnection,
        _ => foreign(message),
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
        return Some(Message::Duration(milliseconds, Step::Plan(query_text(plan))));
    }
    step(rest).map(|step| Message::Duration(milliseconds, step))
}

/// `12.345`, as ms, and its length.
#[inline]
fn number(text: &[u8]) -> Option<(f64, usize)> {
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
        // `statement/portal`
        let name = rest[..colon].split(|&byte| byte == b'/').next().unwrap_or_default();
        Some((name, rest[colon + 1..].strip_prefix(b" ").unwrap_or_default()))
    };
    if let Some((name, sql)) = named(b"execute fetch from ").or_else(|| named(b"execute from fetch ")) {
        return Some(Step::Fetch(name, sql));
    }
    if let Some((name, sql)) = named(b"execute ") {
        return Some(Step::Execute(name, sql));
    }
    if let Some((name, _)) = named(b"bind ") {
        return Some(Step::Bind(name));
    }
    named(b"parse ").or_else(|| named(b"prepare ")).map(|(name, _)| Step::Parse(name))
}

/// `Query Text: …` of a plan in text format: up to the line of the first node.
fn query_text(plan: &[u8]) -> Option<&[u8]> {
    let plan = plan.trim_ascii_start().strip_prefix(b"Query Text: ")?;
    let end = memmem::find(plan, b"  (cost=").unwrap_or(plan.len());
    let end = plan[..end].iter().rposition(|&byte| byte == b'\n').unwrap_or(end);
    let end = memmem::find(&plan[..end], b"\n\tQuery Parameters: ").unwrap_or(end);
    Some(&plan[..end])
}

fn foreign(message: &[u8]) -> Message<'_> {
    let beginning = &message[..message.len().min(60)];
    if !beginning.iter().any(u8::is_ascii_digit) || !beginning.contains(&b'.') {
        return Message::Other;
    }
    let language = FOREIGN.iter().find(|(word, _)| message.starts_with(word.as_bytes()));
    language.map_or(Message::Other, |&(_, language)| Message::Foreign(language))
}

/// The parameters of a DETAIL, if it is about them.
pub fn parameters(detail: &[u8]) -> Option<&[u8]> {
    detail.strip_prefix(b"parameters: ").or_else(|| detail.strip_prefix(b"Parameters: "))
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
            "checkpoint starting: immediate",
            "duration: x ms",
            "duration: . ms",
            "duration: 1",
            "execute",
            "",
        ]
        .map(|message| format!("{message:?}\n   {}", spell(read(message.as_bytes()))));
        insta::assert_snapshot!(each.join("\n"));
    }

    fn spell(message: Message<'_>) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let step = |step: Step<'_>| match step {
            Step::Bare => "bare".into(),
            Step::Statement(sql) => format!("statement {:?}", text(sql)),
            Step::Parse(name) => format!("parse {}", text(name)),
            Step::Bind(name) => format!("bind {}", text(name)),
            Step::Execute(name, sql) => format!("execute {} {:?}", text(name), text(sql)),
            Step::Fetch(name, sql) => format!("fetch {} {:?}", text(name), text(sql)),
            Step::Plan(sql) => format!("plan {:?}", sql.map(text)),
        };
        match message {
            Message::Duration(milliseconds, of) => format!("{milliseconds} ms {}", step(of)),
            Message::Text(of) => format!("text {}", step(of)),
            other => format!("{other:?}"),
        }
    }
}
