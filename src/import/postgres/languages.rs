//! What a server writes that speaks another language than English (`lc_messages`): names of severities, and the
//! messages that tell of executions. Words are those of the servers' own message catalogues
//! ([`src/backend/po`](https://github.com/postgres/postgres/tree/master/src/backend/po)), which differ in
//! blanks, colons and the order of words as well.

mod catalogue;
mod words;

use memchr::memchr_iter;

use super::message::{self, Message, Step};
use super::prefix::Severity;
pub use catalogue::{english, english_lines};
use words::Label::{self, After, Before};
use words::{LANGUAGES, Language, UNKNOWN};

impl Language {
    fn severity_named(&self, name: &[u8]) -> Option<Severity> {
        let is = |word: &str| word.as_bytes() == name;
        let any = |words: &[&str]| words.iter().any(|word| is(word));
        if any(self.log) {
            Some(Severity::Log)
        } else if any(self.warning) {
            Some(Severity::Warning)
        } else if any(self.error) {
            Some(Severity::Error)
        } else if is(self.detail) {
            Some(Severity::Detail)
        } else if is(self.statement) {
            Some(Severity::Statement)
        } else if is(self.context) {
            Some(Severity::Context)
        } else {
            any(self.other).then_some(Severity::Other)
        }
    }
}

/// The longest name of a severity, bytes.
const LONGEST: usize = 40;

/// The severity of this name in some language.
pub fn severity_named(name: &[u8]) -> Option<Severity> {
    // Cheap to say of nearly all texts: names begin with a capital, or beyond ASCII.
    let first = name.first()?;
    if name.len() > LONGEST || !(first.is_ascii_uppercase() || *first >= 0x80) {
        return None;
    }
    LANGUAGES.iter().find_map(|language| language.severity_named(name))
}

/// The severity that is spelt at the start of `text` in some language, and where its message begins. French has a
/// blank before the colon, Korean's and Russian's catalogues forget some behind it.
pub fn severity(text: &[u8]) -> Option<(Severity, usize)> {
    let first = text.first()?;
    if !(first.is_ascii_uppercase() || *first >= 0x80) {
        return None;
    }
    let colon = text.iter().take(LONGEST + 1).position(|&byte| byte == b':')?;
    let severity = severity_named(text[..colon].strip_suffix(b" ").unwrap_or(&text[..colon]))?;
    let blanks = text[colon + 1..].iter().take(2).take_while(|&&byte| byte == b' ').count();
    Some((severity, colon + 1 + blanks))
}

/// Whether this stands where a line has no such name yet: the server's `[unknown]`, in whichever language.
pub fn is_unknown(name: &[u8]) -> bool {
    unknown(name).is_some_and(|length| length == name.len())
}

/// The length of the server's `[unknown]` at the beginning of `text`, in whichever language.
pub fn unknown(text: &[u8]) -> Option<usize> {
    text.strip_prefix(b"[")?;
    UNKNOWN.iter().find(|word| text.starts_with(word.as_bytes())).map(|word| word.len())
}

/// Whether a user or database of this name is none: no translation is asked, as the older ones' words are in no list,
/// and nothing else in brackets is the whole of such a name.
pub fn is_nobody(name: &[u8]) -> bool {
    let inner = name.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]"));
    inner.is_some_and(|inner| !inner.is_empty() && !inner.iter().any(|byte| b"[] ".contains(byte)))
}

/// Whether a line of this name is a hint.
pub fn is_hint(name: &[u8]) -> bool {
    // The first of each language's other words.
    name == b"HINT"
        || LANGUAGES.iter().any(|language| language.other.first().is_some_and(|hint| hint.as_bytes() == name))
}

/// Where the severity begins in a line, if it has one in some language.
pub fn marker(line: &[u8]) -> Option<usize> {
    let colons = memchr_iter(b':', line).take(24);
    colons.into_iter().find_map(|colon| {
        let before = line[..colon].strip_suffix(b" ").unwrap_or(&line[..colon]);
        // Names may have a blank in them; the longest that fits is it.
        let from = before.len().saturating_sub(LONGEST);
        (from..before.len()).find(|&start| {
            let begins = start == 0 || !before[start - 1].is_ascii_alphanumeric() && before[start - 1] < 0x80;
            begins && severity_named(&before[start..]).is_some()
        })
    })
}

/// Reads a message in another language than English: a duration, or a text without one.
pub fn read(message: &[u8]) -> Message<'_> {
    let Some(first) = message.first() else { return Message::Other };
    if !first.is_ascii_alphabetic() && *first < 0x80 {
        return Message::Other;
    }
    for language in LANGUAGES {
        let rest = language.duration.iter().find_map(|word| message.strip_prefix(word.as_bytes()));
        if let Some((milliseconds, rest)) = rest.and_then(number) {
            // The unit, `ms` in most alphabets, and what divides it from the rest.
            let unit = rest.iter().take(16).take_while(|byte| !b" ,\n\r".contains(byte)).count();
            let rest = rest[unit..].strip_prefix(b",").unwrap_or(&rest[unit..]).trim_ascii_start();
            if rest.is_empty() {
                return Message::Duration(milliseconds, Step::Bare);
            }
            return match language.step(rest) {
                Some(step) => Message::Duration(milliseconds, step),
                None => Message::Foreign(language.name),
            };
        }
    }
    LANGUAGES.iter().find_map(|language| language.whole_text(message)).map_or(Message::Other, Message::Text)
}

/// The language, in English, of a message that begins with a duration; `None` if that is English.
pub fn of_duration(message: &[u8]) -> Option<&'static str> {
    let has =
        |language: &&Language| language.duration.iter().any(|word| message.starts_with(word.as_bytes()));
    if message.starts_with(b"duration: ") {
        None
    } else {
        LANGUAGES.iter().find(has).map(|language| language.name)
    }
}

/// The parameters of a DETAIL in another language, if it is about them.
pub fn parameters(detail: &[u8]) -> Option<&[u8]> {
    // `$1 = '5'` is near its beginning.
    memchr::memchr(b'$', detail.get(..60.min(detail.len()))?)?;
    LANGUAGES.iter().flat_map(|language| language.parameters).find_map(|word| {
        let rest = detail.strip_prefix(word.as_bytes())?;
        rest.strip_prefix(b" ").unwrap_or(rest).strip_prefix(b": ")
    })
}

/// The number behind a duration's word, and what follows the blank after it.
fn number(rest: &[u8]) -> Option<(f64, &[u8])> {
    // Swedish's has no colon.
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let rest = rest.strip_prefix(b":").unwrap_or(rest);
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let (milliseconds, length) = message::number(rest)?;
    Some((milliseconds, &rest[length + 1..]))
}

impl Language {
    /// What stands behind the duration.
    fn step<'a>(&self, text: &'a [u8]) -> Option<Step<'a>> {
        for word in self.text {
            if let Some(sql) = text.strip_prefix(word.as_bytes()).and_then(after_colon) {
                return Some(Step::Statement(sql));
            }
        }
        let (label, sql) = divided(text)?;
        let named = |place: Label| -> Option<&'a [u8]> {
            let name = match place {
                Before(word) => label.strip_prefix(word.as_bytes())?,
                After(word) => label.strip_suffix(word.as_bytes())?,
            };
            Some(name.trim_ascii())
        };
        if let Some(name) = named(Before(self.fetch)) {
            Some(Step::Fetch(name, sql))
        } else if let Some(name) = named(Before(self.execute)) {
            Some(Step::Execute(name, sql))
        } else if let Some(name) = named(self.bind) {
            Some(Step::Bind(name, sql))
        } else {
            named(self.parse).map(|name| Step::Parse(name, sql))
        }
    }

    /// A text that log_statement wrote: what says only "text:" is told by its severity's words and is SQL.
    fn whole_text<'a>(&self, text: &'a [u8]) -> Option<Step<'a>> {
        match self.step(text)? {
            step @ (Step::Statement(_) | Step::Execute(..) | Step::Fetch(..)) => Some(step),
            _ => None,
        }
    }
}

/// `: SQL` or ` : SQL`.
fn after_colon(rest: &[u8]) -> Option<&[u8]> {
    let rest = rest.strip_prefix(b" ").unwrap_or(rest).strip_prefix(b":")?;
    Some(rest.strip_prefix(b" ").unwrap_or(rest))
}

/// A step's label and its SQL: what is before the first colon and a blank that stands behind a name, and what is after
/// them.
fn divided(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let beginning = &text[..text.len().min(300)];
    let mut colons = memchr::memmem::find_iter(beginning, b": ");
    let mut colon = colons.next()?;
    // Spanish: `parse: S_1: SELECT`
    if &text[..colon] == b"parse" {
        colon = colons.next()?;
    }
    Some((text[..colon].trim_ascii_end(), &text[colon + 2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_every_language() {
        let each = [
            "Dauer: 0.361 ms",
            "Dauer: 0.361 ms  Anweisung: SELECT 1",
            "Dauer: 0.361 ms  Ausführen Fetch von S_1/C_2: SELECT 1",
            "duración: 0.361 ms  parse: <unnamed>: SELECT 'a: b'",
            "duración: 0.361 ms  ejecutar <unnamed>: SELECT 1",
            "durée : 0.361 ms, instruction : SELECT 1",
            "durée : 0.361 ms, lien _pg3_0 : SELECT ': '",
            "durée : 0.361 ms  exécute _pg3_0: SELECT 1",
            "durata: 0.361 ms  esecuzione di fetch da <unnamed>: SELECT 1",
            "期間: 0.361 ミリ秒  パースS_1 : SELECT 1",
            "期間: 0.361 ミリ秒  文: SELECT 1",
            "ხანგრძლივობა: 0.361 მწმ  S_1-ის დამუშავება: SELECT 1",
            "ხანგრძლივობა: 0.361 მწმs  გაშვება S_1: SELECT 1",
            "실행시간: 0.361 ms  <unnamed> 접속: SELECT 1",
            "수행시간: 0.361 ms  쿼리실행 <unnamed>: SELECT 1",
            "продолжительность: 0.361 мс, сообщение Bind S_1: SELECT 1",
            "продолжительность: 0.361 мс  выполнение S_1: SELECT 1",
            "varaktighet 0.361 ms",
            "varaktighet: 0.361 ms  kör S_1: SELECT 1",
            "тривалість: 0.361 мс, оператор: SELECT 1",
            "执行时间: 0.361 ms 绑定S_1: SELECT 1",
            "执行时间: 0.361 ms 执行FETCH操作S_1: SELECT 1",
            "执行时间: 0.361 ms 执行<unnamed>: SELECT 1",
            "czas trwania: 0.361 ms  wyrażenie: SELECT 1",
            "Dauer: 0.361 ms  etwas anderes",
            "语句: SELECT 1",
            "Anweisung: SELECT 1",
            "Ausführen S_1: SELECT 1",
            "Anweisung",
            "",
        ]
        .map(|message| format!("{message}\n   {:?}", shown(read(message.as_bytes()))));
        insta::assert_snapshot!(each.join("\n"));
    }

    fn shown(message: Message<'_>) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let step = |step: Step<'_>| match step {
            Step::Bare => "bare".to_owned(),
            Step::Statement(sql) => format!("statement {}", text(sql)),
            Step::Parse(name, sql) => format!("parse {} {}", text(name), text(sql)),
            Step::Bind(name, sql) => format!("bind {} {}", text(name), text(sql)),
            Step::Execute(name, sql) => format!("execute {} {}", text(name), text(sql)),
            Step::Fetch(name, sql) => format!("fetch {} {}", text(name), text(sql)),
            Step::Plan(plan) => format!("plan {}", text(plan)),
        };
        match message {
            Message::Duration(milliseconds, of) => format!("{milliseconds} ms {}", step(of)),
            Message::Text(of) => format!("text {}", step(of)),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn severities_of_every_language() {
        for (line, severity) in [
            ("INSTRUCTION :  SELECT 1", Severity::Statement),
            ("DÉTAIL:  paramètres : $1 = '1'", Severity::Detail),
            ("СООБЩЕНИЕ:  x", Severity::Log),
            ("명령 구문:  SELECT 1", Severity::Statement),
            ("쿼리:SELECT 1", Severity::Other),
            ("ВАЖНО:  x", Severity::Error),
            ("上下文:  x", Severity::Context),
        ] {
            let found = super::severity(line.as_bytes()).map(|(severity, _)| severity);
            assert_eq!(found, Some(severity), "{line}");
            let prefixed = format!("2026-11-20 10:00:00.000 UTC [77] {line}");
            assert_eq!(marker(prefixed.as_bytes()), Some(33), "{line}");
        }
        assert_eq!(severity(b"Note:  x"), None);
        assert_eq!(parameters("Параметры: $1 = '1'".as_bytes()), Some(&b"$1 = '1'"[..]));
        assert_eq!(parameters("paramètres : $1 = '1'".as_bytes()), Some(&b"$1 = '1'"[..]));
        for name in ["[unknown]", "[н/д]", "[알수없음]"] {
            assert!(is_unknown(name.as_bytes()) && is_nobody(name.as_bytes()), "{name}");
        }
        assert!(!is_unknown(b"[worker]") && is_nobody("[nieznany]".as_bytes()));
        assert!(!is_nobody(b"[]") && !is_nobody(b"[a] [b]") && !is_nobody(b"shop"));
        assert_eq!(parameters("Schlüssel (name)=($1) existiert".as_bytes()), None);
    }
}
