//! What stands in the fields of access logs: times, durations, request lines. Nothing here allocates: it is called for
//! every line.

use memchr::memchr;

use crate::import::stamp;

/// A moment as a field says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct When<'a> {
    /// Milliseconds since 1970-01-01T00:00 on the clock that wrote it, whatever its zone.
    pub milliseconds: f64,
    /// The step of that clock, ms, by its digits.
    pub step: f64,
    /// The zone as it is written; `UTC` for what counts from 1970; empty if it is not said.
    pub zone: &'a [u8],
}

const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

fn month(name: &[u8]) -> Option<i64> {
    let at = MONTHS.chunks_exact(3).position(|month| month == name)?;
    Some(at as i64 + 1)
}

/// The number that digits spell.
pub fn whole(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter()
        .try_fold(0_u64, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u64::from(byte - b'0')))
}

/// Days since 1970 of a date that there is: not of the 31st of February.
fn day(year: i64, month: i64, day: i64) -> Option<i64> {
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let first = (1..=12).contains(&month).then(|| stamp::days(year, month, 1))?;
    (1..=stamp::days(next.0, next.1, 1) - first).contains(&day).then_some(first + day - 1)
}

fn small(text: &[u8], at: usize, length: usize) -> Option<i64> {
    whole(text.get(at..at + length)?).map(|value| value as i64)
}

/// Reads a moment: Apache's `28/Nov/2026:22:29:57 +0000` (also with a fraction, or a blank before the time), ISO 8601, C's
/// `Sat Nov 28 22:49:46 2026`, seconds, milli-, micro- or nanoseconds since 1970; in brackets or without.
pub fn when(text: &[u8]) -> Option<When<'_>> {
    let text = text.strip_prefix(b"[").map_or(text, |inner| inner.strip_suffix(b"]").unwrap_or(inner));
    let (milliseconds, time, rest) = match (text.get(2)?, text.get(4)?, text.get(7)) {
        (b'/', ..) => {
            let day = day(small(text, 7, 4)?, month(text.get(3..6)?)?, small(text, 0, 2)?)?;
            let time = stamp::time(text, 12)?;
            (day as f64 * 86_400_000.0, time, text.get(time.end..)?)
        }
        (_, b'-', Some(b'-')) | (_, b'/', Some(b'/')) => {
            let day = day(small(text, 0, 4)?, small(text, 5, 2)?, small(text, 8, 2)?)?;
            let time = stamp::time(text, 11)?;
            (day as f64 * 86_400_000.0, time, text.get(time.end..)?)
        }
        (_, _, Some(b' ')) if text.get(3) == Some(&b' ') => {
            let date = text.get(8..10).map(|day| if day[0] == b' ' { &day[1..] } else { day })?;
            let day = day(small(text, 20, 4)?, month(text.get(4..7)?)?, whole(date)? as i64)?;
            let time = stamp::time(text, 11)?;
            (day as f64 * 86_400_000.0, time, &b""[..])
        }
        _ => return since_1970(text),
    };
    let zone = rest.strip_prefix(b" ").unwrap_or(rest);
    let is_zone = match zone {
        b"Z" | b"UTC" => true,
        [b'+' | b'-', digits @ ..] => {
            digits.len() >= 2 && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b':')
        }
        _ => false,
    };
    let zone = match zone {
        b"Z" | b"+0000" | b"+00:00" | b"+00" => b"UTC",
        zone if is_zone => zone,
        _ => b"",
    };
    Some(When { milliseconds: milliseconds + time.milliseconds, step: time.resolution, zone })
}

/// Whether it is a number that counts from 1970, and no date.
pub fn is_count(text: &[u8]) -> bool {
    since_1970(text).is_some()
}

/// Where a moment ends that begins at `at` with its day, `2026-11-28 22:29:57,123 +0000`, with a `T` between, or as Apache has it,
/// `28/Nov/2026:22:29:57 +0000`: blanks within it are none between fields. `None` where no such moment begins.
pub fn end_of_moment(line: &[u8], at: usize) -> Option<usize> {
    let text = line.get(at..).filter(|text| text.len() >= 19)?;
    let is_day = matches!(text[4], b'-' | b'/')
        && text[7] == text[4]
        && matches!(text[10], b' ' | b'T')
        && text[13] == b':'
        && text[..4].iter().all(u8::is_ascii_digit);
    let is_apaches = text[2] == b'/' && text[6] == b'/' && text[11] == b':' && month(&text[3..6]).is_some();
    let time = if is_apaches { 12 } else { 11 };
    if !(is_day || is_apaches) || stamp::time(text, time).is_none() {
        return None;
    }
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"]|".contains(byte);
    let word = |from: usize| text[from..].iter().position(ends).map_or(text.len(), |length| from + length);
    let end = word(time);
    if text[10] == b'T' || text.get(end) != Some(&b' ') {
        return Some(at + end);
    }
    let zone = word(end + 1);
    let is_zone = match &text[end + 1..zone] {
        b"UTC" | b"Z" => true,
        [b'+' | b'-', digits @ ..] => {
            digits.len() >= 4 && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b':')
        }
        _ => false,
    };
    Some(at + if is_zone { zone } else { end })
}

/// `1795904997.996`, `1795906174372`.
fn since_1970(text: &[u8]) -> Option<When<'_>> {
    let point = memchr(b'.', text).unwrap_or(text.len());
    let (milliseconds, step) = match point {
        10 => {
            let (value, digits) = decimal(text)?;
            (value * 1e3, 1e3 / 10_f64.powi(digits as i32))
        }
        13 => decimal(text).map(|(value, digits)| (value, 1.0 / 10_f64.powi(digits as i32)))?,
        16 => (whole(text)? as f64 / 1e3, 1e-3),
        19 => (whole(text)? as f64 / 1e6, 1e-3),
        _ => return None,
    };
    // From 2001 on: other numbers of so many digits are no moments.
    (milliseconds > 1e12).then_some(When { milliseconds, step, zone: b"UTC" })
}

/// Milliseconds of a zone's offset from UTC: `-0600`, `+02:00`; 0 for others.
pub fn offset(zone: &[u8]) -> f64 {
    let (sign, digits) = match zone {
        [b'+', digits @ ..] => (1.0, digits),
        [b'-', digits @ ..] => (-1.0, digits),
        _ => return 0.0,
    };
    let hours = digits.get(..2).and_then(whole).unwrap_or(0) as f64;
    let minutes =
        digits.get(2..).map_or(0, |rest| whole(rest.strip_prefix(b":").unwrap_or(rest)).unwrap_or(0)) as f64;
    sign * (hours * 60.0 + minutes) * 60_000.0
}

/// A number without a sign, and how many digits stand after its point. Floats as Go writes them (`5.1e-05`) as well.
pub fn decimal(text: &[u8]) -> Option<(f64, u32)> {
    let mut value = 0_u64;
    let mut digits = None;
    if text.is_empty() || text.len() > 40 {
        return None;
    }
    for &byte in text {
        match byte {
            b'0'..=b'9' if value < 100_000_000_000_000_000 => {
                value = value * 10 + u64::from(byte - b'0');
                digits = digits.map(|digits: u32| digits + 1);
            }
            // No clock is that fine.
            b'0'..=b'9' if digits.is_some() => {}
            b'.' if digits.is_none() => digits = Some(0),
            b'e' | b'E' if value > 0 => {
                let value: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
                return value.is_finite().then_some((value, 9));
            }
            _ => return None,
        }
    }
    if text == b"." {
        return None;
    }
    let digits = digits.unwrap_or(0);
    Some((value as f64 / 10_f64.powi(digits as i32), digits))
}

/// Milliseconds of a number of so many ms each: 0.228 of 1000 is 228, exactly.
pub fn times(text: &[u8], unit: f64) -> Option<f64> {
    let point = memchr(b'.', text);
    match point {
        None => match whole(text) {
            Some(value) => Some(scaled(value, unit, 0)),
            // `5e-05`.
            None => decimal(text).map(|(value, _)| value * unit),
        },
        Some(at) => {
            let digits = text.len() - at - 1;
            if text.len() > 17 || digits == 0 {
                return decimal(text).map(|(value, _)| value * unit);
            }
            let mut value = 0_u64;
            for (place, &byte) in text.iter().enumerate() {
                if place == at {
                    continue;
                }
                if !byte.is_ascii_digit() {
                    return decimal(text).map(|(value, _)| value * unit);
                }
                value = value * 10 + u64::from(byte - b'0');
            }
            Some(scaled(value, unit, digits))
        }
    }
}

/// Divided where it gets smaller: a thousandth is no number of binary digits.
fn scaled(value: u64, unit: f64, digits: usize) -> f64 {
    let power = POWERS.get(digits).copied().unwrap_or(1e16);
    if unit >= 1.0 { value as f64 * unit / power } else { value as f64 / (power / unit).round() }
}

const POWERS: [f64; 17] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];

/// Milliseconds of nginx's lists of times, in seconds: `0.000, 0.014`, `0.005 : 0.019`; `-` for none.
pub fn sum_of_list(text: &[u8], unit: f64) -> Option<f64> {
    if memchr(b' ', text).is_none() {
        return times(text, unit);
    }
    let parts = text.split(|byte| b",: ".contains(byte)).filter(|part| !part.is_empty());
    parts.filter_map(|part| times(part, unit)).reduce(|a, b| a + b)
}

/// A duration that says its unit: `18ms`, `25585us`, `1.5s`. Its number and the unit in ms.
pub fn with_unit(text: &[u8]) -> Option<(&[u8], f64)> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
    if end == 0 {
        return None;
    }
    let unit = match &text[end..] {
        b"msecs" => 1.0,
        b"micros" => 1e-3,
        b"secs" => 1e3,
        unit => unit_of(unit)?,
    };
    Some((&text[..end], unit))
}

/// Milliseconds of a duration as Go writes it: `4.76128ms`, `1m2.5s`, `1h0m3s`.
pub fn of_go(text: &[u8]) -> Option<f64> {
    let (mut sum, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let digits = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.')?;
        let (number, after) = rest.split_at(digits);
        let length = after.iter().position(u8::is_ascii_digit).unwrap_or(after.len());
        let unit = match &after[..length] {
            b"h" => 3_600_000.0,
            b"m" => 60_000.0,
            word => unit_of(word)?,
        };
        sum += times(number, unit)?;
        rest = &after[length..];
    }
    (!text.is_empty()).then_some(sum)
}

/// Milliseconds of what a word behind a number says.
pub fn unit_of(word: &[u8]) -> Option<f64> {
    match word {
        b"ms" => Some(1.0),
        b"us" => Some(1e-3),
        // The sign for micro, and the Greek letter.
        word if word == "µs".as_bytes() || word == "μs".as_bytes() => Some(1e-3),
        b"ns" => Some(1e-6),
        b"s" => Some(1e3),
        _ => None,
    }
}

/// `text` without the terminal colours that may be around it.
pub fn without_colours(text: &[u8]) -> &[u8] {
    let mut text = text;
    while let Some(rest) = text.strip_prefix(b"\x1b[") {
        let Some(end) = memchr(b'm', rest) else { break };
        text = &rest[end + 1..];
    }
    while text.last() == Some(&b'm') {
        let Some(begin) = memchr::memrchr(0x1b, text) else { break };
        let inside = &text[begin + 1..text.len() - 1];
        if inside.first() != Some(&b'[')
            || !inside[1..].iter().all(|byte| byte.is_ascii_digit() || *byte == b';')
        {
            break;
        }
        text = &text[..begin];
    }
    text
}

/// Method and target of `GET /fast/?a=1 HTTP/1.1`; also without a protocol, or with the protocol's number only. `None` for
/// what is no request line.
pub fn request(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = without_colours(line);
    let method = &line[..memchr(b' ', line)?];
    if !is_method(method) {
        return None;
    }
    let rest = &line[method.len() + 1..];
    let target = match memchr::memrchr(b' ', rest) {
        Some(at) if is_protocol(&rest[at + 1..]) => &rest[..at],
        _ => rest,
    };
    (!target.is_empty()).then_some((method, target))
}

/// Methods are words in capitals ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-methods)).
pub fn is_method(text: &[u8]) -> bool {
    (3..=20).contains(&text.len())
        && text.iter().all(|byte| byte.is_ascii_uppercase() || b"-_".contains(byte))
        && text[0].is_ascii_uppercase()
}

/// Whether it is what daphne logs of a websocket's beginning or end, which is no request.
pub fn is_event(line: &[u8]) -> bool {
    let line = without_colours(line);
    if line.first() != Some(&b'W') {
        return false;
    }
    [&b"WSCONNECTING "[..], b"WSCONNECT ", b"WSREJECT ", b"WSDISCONNECT "]
        .iter()
        .any(|event| line.starts_with(event))
}

/// Whether a request's line ends with a protocol.
pub fn has_protocol(line: &[u8]) -> bool {
    let line = without_colours(line);
    memchr::memrchr(b' ', line).is_some_and(|at| is_protocol(&line[at + 1..]))
}

fn is_protocol(text: &[u8]) -> bool {
    text.starts_with(b"HTTP/") || matches!(text, b"1.0" | b"1.1" | b"2" | b"2.0" | b"3")
}

/// `200`; 0 for `-` and what else servers write for none. `None` for what is no status, as
/// [RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-15) has them: 100 to 599.
pub fn status(text: &[u8]) -> Option<u16> {
    match text {
        [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
            Some(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'))
        }
        b"-" | b"0" | b"000" | b"-1" => Some(0),
        _ => None,
    }
}

/// An address without the port behind it: `127.0.0.1:60252`, `[::1]:80`.
pub fn without_port(address: &[u8]) -> &[u8] {
    let Some(colon) = memchr::memrchr(b':', address) else { return address };
    let digits = &address[colon + 1..];
    let is_port = !digits.is_empty() && digits.len() <= 5 && digits.iter().all(u8::is_ascii_digit);
    // Of IPv6 without brackets the last part is no port.
    let one = memchr(b':', address) == Some(colon);
    if is_port && one {
        return &address[..colon];
    }
    let bracketed = address.first() == Some(&b'[') && colon > 1 && address[colon - 1] == b']';
    if is_port && bracketed { &address[1..colon - 1] } else { address }
}

/// An address without the host in front of it that no scheme announces: `shop.test:8000/cart/`, as `$host$request_uri` is.
pub fn without_host(address: &[u8]) -> &[u8] {
    let Some(slash) = memchr(b'/', address) else { return address };
    let (host, path) = address.split_at(slash);
    let is_host = host == b"localhost" || host.iter().any(|byte| b".:".contains(byte));
    if is_host && !path.starts_with(b"//") { path } else { address }
}

/// A worker as gunicorn writes it, `<31256>`, without what is around its number.
pub fn without_angles(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"<").and_then(|text| text.strip_suffix(b">")).unwrap_or(text)
}

/// Whether a status is one that servers answer with: registered
/// ([IANA](https://www.iana.org/assignments/http-status-codes/http-status-codes.xhtml)), or known of proxies.
pub fn is_known_status(text: &[u8]) -> bool {
    matches!(
        status(text),
        Some(
            100..=103
            | 200..=208
            | 226
            | 300..=308
            | 400..=418
            | 420..=426
            | 428
            | 429
            | 431
            | 440
            | 444
            | 449..=451
            | 460
            | 463
            | 464
            | 494..=499
            | 500..=511
            | 520..=530
            | 561
            | 598
            | 599,
        )
    )
}

/// A field's text, if it is not the dash for nothing.
pub fn known(text: &[u8]) -> &[u8] {
    if text == b"-" { b"" } else { text }
}

#[cfg(test)]
mod tests;
