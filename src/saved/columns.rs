//! Columns by name, one after the other: the body of a saved document.
//!
//! Each is its name, its length and its bytes, which are [postcard](https://postcard.jamesmunns.com)'s.
//! A reader takes the columns it knows. So one can be added without a new version: an older file
//! lacks it, an older reader passes over it. The first says how many bytes the others are, so that a file
//! that was cut between two is known from one that lacks them; the oldest files do not have it.

use serde::{Deserialize, Serialize};

/// The first column: the bytes after it.
const LENGTH: &str = "length";

/// Columns being written.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Adds a column.
    pub(super) fn put<T: Serialize + ?Sized>(&mut self, name: &str, column: &T) {
        // Neither fails for data in memory; postcard's signatures allow for it.
        let Ok(column) = postcard::to_stdvec(column) else { return };
        for part in [name.as_bytes(), &column] {
            if let Ok(length) = postcard::to_stdvec(&(part.len() as u64)) {
                self.bytes.extend_from_slice(&length);
                self.bytes.extend_from_slice(part);
            }
        }
    }

    /// All of them.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut whole = Self::default();
        whole.put(LENGTH, &(self.bytes.len() as u64));
        whole.bytes.extend_from_slice(&self.bytes);
        whole.bytes
    }
}

/// Columns that were read.
pub(super) struct Reader<'a> {
    columns: Vec<(&'a [u8], &'a [u8])>,
}

/// A column that is not what it should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damaged(pub(super) String);

impl<'a> Reader<'a> {
    /// Finds the columns in `bytes`.
    pub(super) fn new(mut bytes: &'a [u8]) -> Result<Self, Damaged> {
        let mut columns = Vec::new();
        while !bytes.is_empty() {
            let cut = || Damaged("it is cut short".to_owned());
            let name = part(&mut bytes).ok_or_else(cut)?;
            let column = part(&mut bytes).ok_or_else(cut)?;
            if name == LENGTH.as_bytes() && postcard::from_bytes(column) != Ok(bytes.len() as u64) {
                return Err(cut());
            }
            columns.push((name, column));
        }
        Ok(Self { columns })
    }

    /// The column `name`; what [`Default`] says if it is not there.
    pub(super) fn take<T: Deserialize<'a> + Default>(&self, name: &str) -> Result<T, Damaged> {
        let Some((_, bytes)) = self.columns.iter().find(|(other, _)| *other == name.as_bytes()) else {
            return Ok(T::default());
        };
        match postcard::take_from_bytes(bytes) {
            Ok((column, [])) => Ok(column),
            _ => Err(Damaged(format!("its column {name} is damaged"))),
        }
    }
}

/// A length and as many bytes.
fn part<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = postcard::take_from_bytes::<u64>(bytes).ok()?;
    let (part, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each cut, also one between two columns, is known; a file without the first column is read.
    #[test]
    fn a_cut_anywhere_is_known() {
        let mut writer = Writer::default();
        writer.put("a", &1_u32);
        writer.put("b", &2_u32);
        let old = writer.bytes.clone();
        let bytes = writer.finish();
        for cut in 1..bytes.len() {
            assert!(Reader::new(&bytes[..cut]).is_err(), "{cut}");
        }
        for bytes in [old, bytes] {
            assert_eq!(Reader::new(&bytes).unwrap().take::<u32>("b"), Ok(2));
        }
    }

    #[test]
    fn known_columns_are_taken_others_passed_over() {
        let mut writer = Writer::default();
        writer.put("later", "something a newer version writes");
        writer.put("durations", [1.5, f64::INFINITY].as_slice());
        let bytes = writer.finish();
        let reader = Reader::new(&bytes).unwrap();
        assert_eq!(reader.take::<Vec<f64>>("durations").unwrap(), [1.5, f64::INFINITY]);
        assert_eq!(reader.take::<Vec<f64>>("missing").unwrap(), [0.0; 0]);
        let wrong = reader.take::<Vec<String>>("durations");
        assert_eq!(wrong, Err(Damaged("its column durations is damaged".into())));
        assert_eq!(Reader::new(&bytes[..bytes.len() - 1]).err(), Some(Damaged("it is cut short".into())));
        assert!(Reader::new(&[0xff; 40]).is_err());
    }
}
