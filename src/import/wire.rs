//! Numbers in few bytes, as binary recordings write them: [LEB128](https://en.wikipedia.org/wiki/LEB128), and what
//! Protocol Buffers put around it (<https://protobuf.dev/programming-guides/encoding/>). Nothing is allocated by what a
//! file says.

use std::io::{self, BufRead};

/// Why it cannot be read on.
#[derive(Debug)]
pub enum Fault {
    /// It ends in the middle, at this byte.
    Cut(u64),
    /// At this byte there is something else than there should be.
    Damaged(u64, &'static str),
    /// Reading failed.
    Reading(io::Error),
}

impl Fault {
    /// The error of a format; `advice` for a file that is cut or damaged.
    pub fn of(self, format: &dyn super::Format, advice: &str) -> super::ImportError {
        let byte = |at: u64| format!("byte {}", crate::format::count(i64::try_from(at).unwrap_or(i64::MAX)));
        match self {
            Self::Cut(at) => {
                super::ImportError::new(format, "the file ends in the middle", advice).at(byte(at))
            }
            Self::Damaged(at, problem) => super::ImportError::new(format, problem, advice).at(byte(at)),
            Self::Reading(error) => super::ImportError::reading(&error),
        }
    }
}

/// Reads bytes and numbers, and knows where it is.
pub struct Wire<R> {
    input: R,
    at: u64,
    /// Why the buffer could not be filled when it was looked into: said by the byte that is missing. What unpacks may
    /// say it once only.
    failed: Option<io::Error>,
}

impl<R: BufRead> Wire<R> {
    /// From the start of `input`, which is at byte `at` of the file.
    pub fn new(input: R, at: u64) -> Self {
        Self { input, at, failed: None }
    }

    /// The byte that comes next, counted from the start of the file.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// The bytes that come next, as far as they lie in the buffer; none where that cannot be filled.
    #[inline]
    pub fn at_hand(&mut self) -> &[u8] {
        match self.input.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) => {
                self.failed = Some(error);
                &[]
            }
        }
    }

    /// Passes over so many of [`Self::at_hand`].
    #[inline]
    pub fn pass(&mut self, length: usize) {
        self.input.consume(length);
        self.at += length as u64;
    }

    /// The next byte; `None` at the end.
    #[inline]
    pub fn next(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            let bytes = match self.failed.take() {
                Some(error) => Err(error),
                None => self.input.fill_buf(),
            };
            match bytes {
                Ok([]) => return Ok(None),
                Ok([first, ..]) => {
                    let first = *first;
                    self.input.consume(1);
                    self.at += 1;
                    return Ok(Some(first));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(Fault::Cut(self.at));
                }
                Err(error) => return Err(Fault::Reading(error)),
            }
        }
    }

    /// A byte that must be there.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, Fault> {
        self.next()?.ok_or(Fault::Cut(self.at))
    }

    /// As many bytes as are wanted.
    pub fn exact<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        if let Some(there) = self.at_hand().first_chunk() {
            bytes = *there;
            self.pass(N);
            return Ok(bytes);
        }
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }

    /// A number, seven bits a byte, the lowest first.
    #[inline]
    pub fn number(&mut self) -> Result<u64, Fault> {
        if let Some((number, length)) = plain_number(self.at_hand()) {
            self.pass(length);
            return Ok(number);
        }
        let start = self.at;
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Fault::Damaged(start, "a number does not end"))
    }

    /// The next number as an index.
    pub fn index(&mut self) -> Result<u32, Fault> {
        let start = self.at;
        u32::try_from(self.number()?).map_err(|_| Fault::Damaged(start, "a number is too large"))
    }

    /// A number with a sign, which is its lowest bit (zigzag).
    pub fn signed(&mut self) -> Result<i64, Fault> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// Bytes up to a zero, which is passed over; at most `limit`.
    pub fn text(&mut self, limit: usize) -> Result<String, Fault> {
        let start = self.at;
        let mut bytes = Vec::new();
        loop {
            let there = self.at_hand();
            let end = memchr::memchr(0, there);
            let length = end.unwrap_or(there.len());
            if bytes.len() + length > limit {
                return Err(Fault::Damaged(start, "a text does not end"));
            }
            bytes.extend_from_slice(&there[..length]);
            self.pass(length);
            // Its zero, or what lies behind the buffer's end.
            match self.byte()? {
                0 => return Ok(String::from_utf8_lossy(&bytes).into_owned()),
                _ if bytes.len() >= limit => return Err(Fault::Damaged(start, "a text does not end")),
                byte => bytes.push(byte),
            }
        }
    }
}

/// The number that `bytes` begin with, and how many it takes; `None` where it does not end in them.
#[inline]
fn plain_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0_u64;
    for (at, &byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Some((number, at + 1));
        }
    }
    None
}

/// A value of Protocol Buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A number.
    Number(u64),
    /// Bytes: a text, a message, numbers.
    Bytes(&'a [u8]),
    /// Four or eight bytes, of which nothing here is made.
    Fixed,
}

/// The fields of a message: numbers of fields and their values. Ends with an error where one is damaged.
pub struct Fields<'a> {
    rest: &'a [u8],
    at: u64,
    failed: bool,
}

impl<'a> Fields<'a> {
    /// Of `message`, which begins at byte `at` of the file.
    pub fn new(message: &'a [u8], at: u64) -> Self {
        Self { rest: message, at, failed: false }
    }

    /// The byte of the file that comes next.
    pub fn position(&self) -> u64 {
        self.at
    }

    fn read(&mut self) -> Result<(u64, Value<'a>), Fault> {
        let mut wire = Wire::new(self.rest, self.at);
        let tag = wire.number()?;
        let (field, kind) = (tag >> 3, tag & 7);
        let skip = |bytes: u64, wire: &mut Wire<&'a [u8]>| {
            let count = usize::try_from(bytes).unwrap_or(usize::MAX);
            let Some((value, rest)) = wire.input.split_at_checked(count) else {
                return Err(Fault::Cut(wire.at + wire.input.len() as u64));
            };
            wire.input = rest;
            wire.at += bytes;
            Ok(value)
        };
        let value = match kind {
            0 => Value::Number(wire.number()?),
            1 => skip(8, &mut wire).map(|_| Value::Fixed)?,
            2 => {
                let count = wire.number()?;
                Value::Bytes(skip(count, &mut wire)?)
            }
            5 => skip(4, &mut wire).map(|_| Value::Fixed)?,
            _ => return Err(Fault::Damaged(self.at, "there is a field of no known kind")),
        };
        if field == 0 {
            return Err(Fault::Damaged(self.at, "there is a field without a number"));
        }
        (self.rest, self.at) = (wire.input, wire.at);
        Ok((field, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, Value<'a>), Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.failed {
            return None;
        }
        let read = self.read();
        self.failed = read.is_err();
        Some(read)
    }
}

/// The numbers of a field that may be repeated, packed or each for itself.
pub fn each(value: Value<'_>, at: u64, mut visit: impl FnMut(u64)) -> Result<(), Fault> {
    match value {
        Value::Number(number) => visit(number),
        Value::Bytes(bytes) => {
            let mut wire = Wire::new(bytes, at);
            while !wire.input.is_empty() {
                visit(wire.number()?);
            }
        }
        Value::Fixed => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_and_signs() {
        let mut wire = Wire::new(&[0x7f, 0x80, 0x01, 0x01, 0x02, b'a', 0][..], 10);
        assert_eq!((wire.number().unwrap(), wire.number().unwrap()), (127, 128));
        assert_eq!((wire.signed().unwrap(), wire.signed().unwrap()), (-1, 1));
        assert_eq!((wire.text(9).unwrap(), wire.position()), ("a".to_owned(), 17));
        assert!(matches!(wire.byte(), Err(Fault::Cut(17))));
        assert!(matches!(Wire::new(&[0xff; 20][..], 3).number(), Err(Fault::Damaged(3, _))));
    }

    /// Says once that something is wrong, and from then on that it ended.
    struct FailsOnce(bool);

    impl io::Read for FailsOnce {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            match std::mem::replace(&mut self.0, true) {
                true => Ok(0),
                false => Err(io::ErrorKind::InvalidData.into()),
            }
        }
    }

    #[test]
    fn what_is_said_once_is_not_lost() {
        let wire = || Wire::new(io::BufReader::new(FailsOnce(false)), 0);
        assert!(matches!(wire().number(), Err(Fault::Reading(_))));
        assert!(matches!(wire().exact::<4>(), Err(Fault::Reading(_))));
        assert!(matches!(wire().text(9), Err(Fault::Reading(_))));
    }

    #[test]
    fn fields_are_bounded_by_what_is_there() {
        let message = [0x08, 0x05, 0x12, 0x02, b'h', b'i', 0x12, 0xff, 0xff, 0xff, 0xff, 0x0f];
        let mut fields = Fields::new(&message, 0);
        assert!(matches!(fields.next(), Some(Ok((1, Value::Number(5))))));
        assert!(matches!(fields.next(), Some(Ok((2, Value::Bytes(b"hi"))))));
        assert!(matches!(fields.next(), Some(Err(Fault::Cut(_)))));
        assert!(fields.next().is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            for field in Fields::new(&bytes, 0).flatten() {
                let _ = each(field.1, 0, |_| {});
            }
        }
    }
}
