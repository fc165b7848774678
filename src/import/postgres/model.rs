//! What `log_line_prefix` would have written a line's beginning, as far as one line can tell.

use super::super::stamp;
use super::languages;
use super::prefix::Prefix;

/// The settings that would write `prefix`, as far as can be told from one line.
pub fn models(prefix: &[u8]) -> Vec<Prefix> {
    let stamp = stamp::find(prefix).map_or(0, |stamp| stamp.range.start);
    let (before, rest) = prefix.split_at(stamp);
    // A container's name was put there by something else.
    if before.is_empty() || before.ends_with(b"| ") {
        return vec![model(prefix, stamp, Prefix::of(before))];
    }
    let parsed = model(prefix, 0, Prefix::default());
    // An application may be called anything: `my app, v2 2026-…`.
    let ends = before.iter().rev().take_while(|byte| b" :;,]|-".contains(byte)).count();
    let name = &before[..before.len() - ends];
    if name.is_empty() || !parsed.has(b'?') {
        return vec![parsed];
    }
    let mut whole = Prefix::default();
    whole.escape(b'a');
    whole.literal(&before[name.len()..]);
    vec![parsed, model(rest, 0, whole)]
}

/// The setting that would write `prefix` from `begin` on, after what is in `result`.
fn model(prefix: &[u8], begin: usize, mut result: Prefix) -> Prefix {
    let stamp = stamp::find(&prefix[begin..]).map_or(0, |stamp| begin + stamp.range.start);
    let has_process_behind =
        prefix[stamp..].windows(2).any(|pair| pair[0] == b'[' && pair[1].is_ascii_digit());
    let mut at = begin;
    let mut name: &[u8] = b"";
    // How many blanks the next value has before it, and how long the last one is.
    let mut pads: i16 = 0;
    let mut last = 0;
    while let Some(&byte) = prefix.get(at) {
        let rest = &prefix[at..];
        let (letter, length) = if let Some(stamp) = stamp::parse(prefix, at) {
            time(prefix, at, stamp.resolution, &result)
        } else if let Some((letter, length)) = value(rest, name, &result) {
            match letter {
                // What a collector counts: the process is behind the stamp.
                b'p' if at < stamp && has_process_behind && name.is_empty() => (b'l', length),
                // A name alone is no user's, which goes with a database.
                b'u' if at < stamp
                    && name.is_empty()
                    && prefix.get(at + length..stamp).is_some_and(is_alone) =>
                {
                    (if rest[..length].contains(&b'.') { b'h' } else { b'a' }, length)
                }
                letter => (letter, length),
            }
        } else if let Some(blanks) = padding(rest, &result) {
            // `%-10p`, `%20a`: as many blanks as a value is short of.
            let width = |length: usize| i16::try_from(length).unwrap_or(i16::MAX);
            match result.ends_with_escape() {
                true => result.pad_last(-width(last + blanks)),
                false => pads = width(blanks),
            }
            at += blanks;
            continue;
        } else {
            // `[%l-1]`: the last number is always the same.
            let fixed = byte == b'-' && result.has(b'l') && rest.get(2) == Some(&b']');
            let length = if fixed { 2 } else { 1 };
            result.literal(&rest[..length]);
            if byte != b' ' {
                name = b"";
            }
            at += length;
            continue;
        };
        if length > 0 && matches!(prefix.get(at + length), Some(b'=')) && rest[..length].iter().all(is_name) {
            // A name before its value.
            result.literal(&rest[..=length]);
            name = &rest[..length];
            at += length + 1;
            if prefix.get(at).is_none_or(|byte| b" ,;]".contains(byte)) {
                // Without a value: lines of the server's own processes.
                result.escape(letter_of(name).unwrap_or(b'?'));
                name = b"";
            }
            continue;
        }
        result.escape(letter);
        if pads > 0 {
            result.pad_last(pads.saturating_add(i16::try_from(length).unwrap_or(0)));
            pads = 0;
        }
        last = length;
        name = b"";
        at += length;
    }
    result
}

/// Whether no other name follows: `@` and `/` go with one that may be missing.
fn is_alone(behind: &[u8]) -> bool {
    !behind.iter().any(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80)
        && !matches!(behind.first(), Some(b'@' | b'/'))
}

/// How many blanks of padding `text` begins with, if they are more than one that separates.
fn padding(text: &[u8], before: &Prefix) -> Option<usize> {
    let blanks = text.iter().take_while(|&&byte| byte == b' ').count();
    let next = text.get(blanks).copied().unwrap_or(b' ');
    let begins_value =
        next.is_ascii_alphanumeric() || next >= 0x80 || languages::unknown(&text[blanks..]).is_some();
    let closes = before.ends_with_escape() && (blanks > 1 && !begins_value || matches!(next, b']' | b')'));
    // The one that separates stays.
    (blanks > 0 && (closes || blanks > 1 && before.ends_with_blank() && begins_value)).then_some(blanks)
}

fn is_name(byte: &u8) -> bool {
    byte.is_ascii_alphabetic() || *byte == b'_'
}

/// `%m`, `%t` or, after one of them, `%s`; with its zone.
fn time(prefix: &[u8], at: usize, resolution: f64, before: &Prefix) -> (u8, usize) {
    let end = at + if resolution < 1000.0 { 23 } else { 19 };
    let zone = prefix.get(end + 1..).unwrap_or_default();
    let letters = zone.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let offset = zone.iter().take_while(|byte| byte.is_ascii_digit() || b"+-".contains(byte)).count();
    let zone = match letters.max(offset) {
        0 => 0,
        length => length + 1,
    };
    let letter = match resolution < 1000.0 {
        _ if before.has(b'm') || before.has(b't') => b's',
        true => b'm',
        false => b't',
    };
    (letter, end - at + zone)
}

/// The escape that a name announces: `user=`.
fn letter_of(name: &[u8]) -> Option<u8> {
    Some(match name.to_ascii_lowercase().as_slice() {
        b"user" | b"usr" | b"u" | b"username" => b'u',
        b"db" | b"database" | b"dbname" | b"d" => b'd',
        b"app" | b"application" | b"appname" | b"application_name" | b"a" => b'a',
        b"client" | b"host" | b"h" | b"remote" | b"ip" | b"client_ip" => b'h',
        b"pid" | b"p" | b"process" => b'p',
        b"session" | b"sess" | b"sid" | b"session_id" => b'c',
        b"xid" | b"txid" | b"trans" => b'x',
        b"vxid" => b'v',
        b"line" | b"l" | b"n" | b"num" => b'l',
        b"state" | b"sqlstate" | b"e" | b"code" => b'e',
        b"cmd" | b"tag" | b"command" => b'i',
        b"qid" | b"queryid" | b"query_id" => b'Q',
        b"backend" | b"type" | b"backend_type" => b'b',
        name if name.starts_with(b"app") => b'a',
        _ => return None,
    })
}

/// The escape and length of what `text` begins with, after a name or none.
fn value(text: &[u8], name: &[u8], before: &Prefix) -> Option<(u8, usize)> {
    let run = |asked: fn(&u8) -> bool| text.iter().take_while(|byte| asked(byte)).count();
    if !name.is_empty() {
        // Whatever the name says: no part of a value is the same in every line.
        let letter = letter_of(name).unwrap_or(b'?');
        // Up to the next name, or the end.
        let length = text.iter().take_while(|byte| !b",; ])".contains(byte)).count();
        let address = letter == b'h' && text[..length].ends_with(b")");
        return Some((if address { b'r' } else { letter }, length.max(1)));
    }
    let word = run(|byte| !b" ,;:/@[]()<>|=".contains(byte));
    let digits = run(u8::is_ascii_digit);
    if text.starts_with(b"[local]") {
        return Some((b'h', 7));
    }
    if let Some(length) = languages::unknown(text) {
        return Some((next_name(text, length, before), length));
    }
    if digits == 10 && text.get(10) == Some(&b'.') {
        return Some((b'n', 14.min(text.len())));
    }
    let hex = run(u8::is_ascii_hexdigit);
    if hex == 8 && text.get(8) == Some(&b'.') {
        let more = text[9..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        return Some((b'c', 9 + more));
    }
    if digits > 0 && text.get(digits) == Some(&b'/') {
        return Some((b'v', run(|byte| byte.is_ascii_digit() || *byte == b'/')));
    }
    let address = run(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte));
    let groups = text[..address].iter().filter(|&&byte| byte == b'.').count();
    let colons = text[..address].iter().filter(|&&byte| byte == b':').count();
    if groups == 3 && digits > 0 || colons > 1 && address > digits + 1 {
        // A port in parentheses, or a colon that only separates.
        let ends = text[..address].ends_with(b":") && (groups == 3 || !text[..address].ends_with(b"::"));
        let length = address - usize::from(ends);
        let port =
            text[length..].iter().take_while(|byte| byte.is_ascii_digit() || b"()".contains(byte)).count();
        return Some(if port > 2 { (b'r', length + port) } else { (b'h', length) });
    }
    if text.first() == Some(&b'-') && text.get(1).is_some_and(u8::is_ascii_digit) {
        // `[7-1]`: the minus separates; a query's id comes after a blank.
        return (word > 8).then_some((b'Q', word));
    }
    if word == 5 && text[..5].iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()) {
        // No process has the number 00000, and none has letters in it.
        let is_mixed = (1..5).contains(&text[..5].iter().filter(|byte| byte.is_ascii_digit()).count());
        if before.has(b'p') || is_mixed || text.starts_with(b"00000") {
            return Some((b'e', 5));
        }
    }
    if digits > 0 && (digits == word || text.get(digits) == Some(&b'-')) {
        let letter = match () {
            () if !before.has(b'p') && !before.has(b'c') => b'p',
            () if digits > 9 => b'Q',
            () if !before.has(b'l') => b'l',
            () => b'x',
        };
        return Some((letter, digits));
    }
    if is_command(&text[..word]) && !before.has(b'i') && text.get(word) != Some(&b'@') {
        return Some((b'i', word));
    }
    let letters =
        text.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_' || *byte >= 0x80);
    if letters {
        return Some((next_name(text, word, before), word));
    }
    // `76ae13`: digits and letters, of whatever.
    (word > digits && digits > 0).then_some((b'?', word))
}

/// Whether a word is what a process says it does (`%i`): `idle`, or the first of a command's words.
fn is_command(word: &[u8]) -> bool {
    const COMMANDS: [&[u8]; 37] = [
        b"idle",
        b"authentication",
        b"startup",
        b"initializing",
        b"SELECT",
        b"INSERT",
        b"UPDATE",
        b"DELETE",
        b"MERGE",
        b"PARSE",
        b"BIND",
        b"EXECUTE",
        b"BEGIN",
        b"COMMIT",
        b"ROLLBACK",
        b"SAVEPOINT",
        b"RELEASE",
        b"FETCH",
        b"MOVE",
        b"CLOSE",
        b"DECLARE",
        b"PREPARE",
        b"DEALLOCATE",
        b"COPY",
        b"SET",
        b"SHOW",
        b"RESET",
        b"CREATE",
        b"ALTER",
        b"DROP",
        b"TRUNCATE",
        b"ANALYZE",
        b"VACUUM",
        b"EXPLAIN",
        b"CALL",
        b"LISTEN",
        b"DISCARD",
    ];
    COMMANDS.contains(&word)
}

/// Which of user, database and application a bare word is.
fn next_name(text: &[u8], length: usize, before: &Prefix) -> u8 {
    match (before.has(b'u'), before.has(b'd'), before.has(b'a')) {
        (false, ..) if text.get(length) == Some(&b'@') => b'u',
        (true, false, _) => b'd',
        (false, false, _) => b'u',
        (_, _, false) => b'a',
        _ => b'?',
    }
}
