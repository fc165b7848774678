//! Tokens of JSON that lie whole in a buffer and are plain: what is not is read piece by piece.

use crate::import::decimal::decimal;

/// Whether a byte is of a number or a word.
#[inline]
pub(super) fn is_of_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

/// The number that `bytes` begin with, and how long it is; `None` where it is none, or goes on behind their end.
#[inline]
pub(super) fn plain_number(bytes: &[u8]) -> Option<(f64, usize)> {
    // Most are whole and short.
    let mut whole = 0_u64;
    let mut length = 0;
    while let Some(digit @ b'0'..=b'9') = bytes.get(length)
        && length < 15
    {
        whole = whole * 10 + u64::from(digit - b'0');
        length += 1;
    }
    if length > 0 && !is_of_word(bytes.get(length)?) {
        return Some((whole as f64, length));
    }
    let length = length + bytes[length..].iter().take(64).position(|byte| !is_of_word(byte))?;
    // `NaN` and the infinities are words of Python's, which are spelt in one way.
    let text = &bytes[..length];
    let is_number = matches!(text, [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..]);
    is_number.then(|| decimal(text)).flatten().map(|number| (number, length))
}

/// How long the text is that `bytes` begin with, quotes not counted; `None` where it has backslashes or is not ASCII, or
/// goes on behind their end.
#[inline]
pub(super) fn plain_text(bytes: &[u8]) -> Option<usize> {
    let text = bytes.get(1..)?;
    let length = memchr::memchr2(b'"', b'\\', text)?;
    (text[length] == b'"' && text[..length].is_ascii()).then_some(length)
}
