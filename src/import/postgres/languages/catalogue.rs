//! Messages in other languages, turned back into the English that the server's source has them in: what is read of
//! messages is known in English only.
//!
//! `messages.txt` is made from the catalogues that PostgreSQL is installed with (tests/record/messages.py). Lines that
//! begin with `=` are English; those below are what it is in each language. `%a` is any text up to what follows,
//! `%A` digits, of whichever letter; a translation may have them in another order.

use std::sync::LazyLock;

use memchr::memmem;

static MESSAGES: &str = include_str!("messages.txt");

/// One message in one language.
struct Message {
    language: &'static str,
    english: Vec<Piece>,
    said: Vec<Piece>,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Vec<u8>),
    /// Of the value of this number; whether it consists of digits.
    Value(usize, bool),
}

/// A message in English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translated {
    pub text: Vec<u8>,
    /// The language it was in, in English.
    pub language: &'static str,
}

/// The most values of a message: letters of the alphabet.
const VALUES: usize = 26;

/// Longer messages are none of these.
const LONGEST: usize = 8192;

static CATALOGUE: LazyLock<Vec<Message>> = LazyLock::new(|| {
    let mut english = Vec::new();
    let mut messages = Vec::new();
    for line in MESSAGES.lines() {
        match line.split_at_checked(1) {
            Some(("=", text)) => english = pieces(text),
            Some(("#", _)) | None => {}
            Some(_) => {
                if let Some((code, said)) = line.split_once(' ')
                    && let Some(language) = language(code)
                {
                    messages.push(Message { language, english: english.clone(), said: pieces(said) });
                }
            }
        }
    }
    messages
});

/// What a catalogue's language is called.
fn language(code: &str) -> Option<&'static str> {
    Some(match code {
        "de" => "German",
        "es" => "Spanish",
        "fr" => "French",
        "it" => "Italian",
        "ja" => "Japanese",
        "ka" => "Georgian",
        "ko" => "Korean",
        "ru" => "Russian",
        "sv" => "Swedish",
        "uk" => "Ukrainian",
        "zh_CN" => "Chinese",
        _ => return None,
    })
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut bytes = text.as_bytes().iter();
    while let Some(&byte) = bytes.next() {
        let value = match (byte, bytes.as_slice().first()) {
            (b'%', Some(b'%')) => None,
            (b'%', Some(&letter)) if letter.is_ascii_alphabetic() => {
                let first = if letter.is_ascii_uppercase() { b'A' } else { b'a' };
                Some(Piece::Value(usize::from(letter - first), letter.is_ascii_uppercase()))
            }
            (b'\\', Some(b'n')) => {
                bytes.next();
                literal.push(b'\n');
                continue;
            }
            _ => {
                literal.push(byte);
                continue;
            }
        };
        bytes.next();
        match value {
            None => literal.push(b'%'),
            Some(value) => {
                if !literal.is_empty() {
                    pieces.push(Piece::Literal(std::mem::take(&mut literal)));
                }
                pieces.push(value);
            }
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    pieces
}

/// A message of another language in English, if it is known; lines of it that are not stay as they are.
pub fn english(message: &[u8]) -> Option<Translated> {
    let message = message.trim_ascii_end();
    if message.is_empty() || message.len() > LONGEST {
        return None;
    }
    // As it was before the server indented its lines.
    let text = String::from_utf8_lossy(message).replace("\r\n", "\n").replace("\n\t", "\n").into_bytes();
    let (language, mut result, length) = CATALOGUE.iter().find_map(|known| {
        let (result, length) = known.read(&text, true)?;
        Some((known.language, result, length))
    })?;
    for line in text.get(length..).unwrap_or_default().split(|&byte| byte == b'\n').skip(1) {
        result.extend_from_slice(b"\n\t");
        result.extend_from_slice(&english_line(line, language));
    }
    Some(Translated { text: result, language })
}

/// The lines of a DETAIL in English, as far as they are known in this language.
pub fn english_lines(detail: &[u8], language: &str) -> Vec<u8> {
    let lines = detail.split(|&byte| byte == b'\n').map(|line| {
        let (indent, line) = line.split_at(usize::from(line.first() == Some(&b'\t')));
        [indent, &english_line(line, language)].concat()
    });
    lines.collect::<Vec<_>>().join(&b'\n')
}

fn english_line(line: &[u8], language: &str) -> Vec<u8> {
    let mut known = CATALOGUE.iter().filter(|known| known.language == language);
    let found = known.find_map(|known| known.read(line, true).filter(|(_, length)| *length == line.len()));
    found.map_or_else(|| line.to_vec(), |(text, _)| text)
}

impl Message {
    /// What this message is in English and how long it is in `text`, which must begin with it and have a line end
    /// behind it; values that are messages themselves (what a lock is on) as well if they are `outer`.
    fn read(&self, text: &[u8], outer: bool) -> Option<(Vec<u8>, usize)> {
        // Nearly all are told apart by their first words.
        if let Some(Piece::Literal(first)) = self.said.first()
            && !text.starts_with(first)
        {
            return None;
        }
        let mut values: [&[u8]; VALUES] = [b""; VALUES];
        let mut at = 0;
        for (index, piece) in self.said.iter().enumerate() {
            let rest = text.get(at..)?;
            match piece {
                Piece::Literal(literal) => {
                    rest.strip_prefix(literal.as_slice())?;
                    at += literal.len();
                }
                Piece::Value(number, is_number) => {
                    let length = match (is_number, self.said.get(index + 1)) {
                        (true, _) => rest.iter().take_while(|byte| byte.is_ascii_digit()).count(),
                        (false, Some(Piece::Literal(next))) => memmem::find(rest, next)?,
                        (false, _) => memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
                    };
                    if *is_number && length == 0 {
                        return None;
                    }
                    *values.get_mut(*number)? = &rest[..length];
                    at += length;
                }
            }
        }
        if text.get(at).is_some_and(|&byte| byte != b'\n') {
            return None;
        }
        let mut english = Vec::with_capacity(at);
        for piece in &self.english {
            match piece {
                Piece::Literal(literal) => english.extend_from_slice(literal),
                Piece::Value(number, is_number) => {
                    let value = values.get(*number).copied().unwrap_or_default();
                    let inner = if outer && !is_number { self.inner(value) } else { None };
                    english.extend_from_slice(inner.as_deref().unwrap_or(value));
                }
            }
        }
        Some((english, at))
    }

    /// A value that is a message itself.
    fn inner(&self, value: &[u8]) -> Option<Vec<u8>> {
        let mut same = CATALOGUE.iter().filter(|known| known.language == self.language);
        same.find_map(|known| known.read(value, false).filter(|(_, length)| *length == value.len()))
            .map(|(text, _)| text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_english_again() {
        let each = [
            "Verklemmung (Deadlock) entdeckt",
            "Prozess 3904 wartet immer noch auf ShareLock-Sperre auf Transaktion 1005 nach 200,195 ms",
            "le processus 405 a détecté un verrou mortel alors qu'il était en attente de\n\tShareLock sur transaction 873 après 200.085 ms",
            "процесс 812 получил в режиме ShareLock блокировку \"транзакция 929\" через 712.379 мс",
            "Checkpoint beginnt: immediate force wait",
            "체크포인트 작업완료: 6개(0.1%) 버퍼 씀; 0개 WAL 파일 추가됨, 0개 지웠음, 0개 재활용; 쓰기시간: 0.001 s, 동기화시간: 0.001 s, 전체시간: 0.001 s; 동기화 파일 개수: 0, 최장시간: 0.000 s, 평균시간: 0.000 s; 실제작업량: 4 kB, 예상한작업량: 4 kB",
            "temporäre Datei: Pfad »base/pgsql_tmp/pgsql_tmp3876.0«, Größe 1638400",
            "отключение: время сеанса: 0:00:01.326 пользователь=postgres база данных=postgres компьютер=127.0.0.1 port=35420",
            "automatisches Vacuum der Tabelle »a.b.c«: Index-Scans: 1\n\tSeiten: 0 entfernt, 5 verbleiben, 5 gescannt (100.00% der Gesamtzahl)\n\tetwas\n\tSystembenutzung: CPU: Benutzer: 0,06 s, System: 0,02 s, verstrichen: 1,25 s",
            "Verklemmung (Deadlock) entdeckt und mehr",
            "deadlock detected",
            "",
        ]
        .map(|message| {
            let found = english(message.as_bytes());
            let shown = found.map(|found| format!("{}: {}", found.language, String::from_utf8_lossy(&found.text)));
            format!("{message}\n   {}", shown.unwrap_or_else(|| "-".to_owned()))
        });
        insta::assert_snapshot!(each.join("\n"));
        let detail = "Prozess 5 wartet auf x\n\tProzess 5: update t\n\t\t set n=2".as_bytes();
        let found = english_lines(detail, "German");
        assert_eq!(found, b"Prozess 5 wartet auf x\n\tProcess 5: update t\n\t\t set n=2");
    }

    /// A value is named in both, or it is lost: but for a user or host that a language does not name.
    #[test]
    fn every_value_of_a_message_is_said() {
        for known in CATALOGUE.iter() {
            for piece in &known.said {
                assert!(
                    matches!(piece, Piece::Literal(_)) || known.english.contains(piece),
                    "{}: {:?}",
                    known.language,
                    known.said
                );
            }
        }
        assert!(CATALOGUE.len() > 500);
    }
}
