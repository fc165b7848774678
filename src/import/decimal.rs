//! A decimal number in a log's line. The standard library's parser reads any number correctly; logs write a few digits
//! with a point among them, five times per statement, and those are read in a quarter of the time.

/// The number, as `str::parse` reads it; `None` where that is an error.
#[inline]
pub(super) fn decimal(text: &[u8]) -> Option<f64> {
    let read = match text {
        [b'-', digits @ ..] => plain(digits).map(|number| -number),
        _ => plain(text),
    };
    read.or_else(|| std::str::from_utf8(text).ok()?.parse().ok())
}

/// Of at most fifteen digits with one point at most: the number without the point is exact, so is the power of ten, and
/// the quotient of two exact numbers is rounded once.
#[inline]
fn plain(text: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] =
        [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    if text.len() > POWERS.len() {
        return None;
    }
    let mut value = 0_u64;
    let mut point = None;
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let behind = point.map_or(0, |point| text.len() - point - 1);
    let digits = text.len() - usize::from(point.is_some());
    ((1..POWERS.len()).contains(&digits)).then(|| value as f64 / POWERS[behind])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<u64> {
        text.parse::<f64>().ok().map(f64::to_bits)
    }

    #[test]
    fn what_is_no_plain_number_is_read_as_well() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "1e-5",
            "-1",
            "-0",
            "-",
            "--1",
            "-.5",
            "+1",
            "inf",
            "1.2.3",
            "1795412173.123456789",
            "1 ",
            "0",
        ] {
            assert_eq!(decimal(text.as_bytes()).map(f64::to_bits), parsed(text), "{text}");
        }
        assert_eq!(decimal(b"\xff"), None);
    }

    proptest::proptest! {
        #[test]
        fn every_number_is_what_the_standard_library_reads(text in "-?[0-9]{0,12}[.]?[0-9]{0,9}") {
            proptest::prop_assert_eq!(decimal(text.as_bytes()).map(f64::to_bits), parsed(&text));
        }
    }
}
