//! Texts that came just before. A program that sends its values apart sends the same text again and again, as all send
//! `BEGIN`: to compare it takes a tenth of what it takes to read it as SQL. Where values stand in the texts hardly one
//! comes twice, and it is not worth asking; that is noticed.

use crate::queries::fingerprint::Shape;
use crate::queries::lexer::Dialect;

/// How many texts are remembered; a later one takes the place of one before it.
const SLOTS: usize = 1 << 9;

/// Longer ones are not, bytes: all together are a few MB at most.
const LONGEST: usize = 2048;

/// After so many texts it is decided whether to go on asking.
const WINDOW: u32 = 4096;

/// Where fewer than one in so many was known, the next ones are not looked for: to ask and to remember takes about a third
/// of what reading takes.
const WORTH: u32 = 6;

/// For how many windows.
const PAUSE: u32 = 64;

/// What was found out about a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub shape: Shape,
    pub fingerprint: u32,
    pub tags: u32,
}

#[derive(Debug)]
struct Slot {
    text: Vec<u8>,
    dialect: Dialect,
    known: Known,
}

/// Texts that came just before.
#[derive(Debug, Default)]
pub(super) struct Recent {
    slots: Vec<Option<Slot>>,
    asked: u32,
    found: u32,
    /// How many more texts are not looked for.
    paused: u32,
}

/// Where a text is put, if it is to be remembered.
#[derive(Debug)]
pub(super) struct Place(Option<usize>);

impl Recent {
    /// What is known of a text, or the place to put it once it is.
    #[inline]
    pub fn find(&mut self, sql: &[u8], dialect: Dialect) -> Result<Known, Place> {
        if self.paused > 0 {
            self.paused -= 1;
            return Err(Place(None));
        }
        if self.asked == WINDOW {
            if self.found * WORTH < self.asked {
                self.paused = WINDOW * PAUSE;
            }
            (self.asked, self.found) = (0, 0);
        }
        self.asked += 1;
        if sql.len() > LONGEST {
            return Err(Place(None));
        }
        let place = place(sql);
        match self.slots.get(place) {
            Some(Some(slot)) if slot.text == sql && slot.dialect == dialect => {
                self.found += 1;
                Ok(slot.known)
            }
            _ => Err(Place(Some(place))),
        }
    }

    /// Remembers what was found out about the text that [`Self::find`] gave this place.
    pub fn put(&mut self, Place(place): Place, sql: &[u8], dialect: Dialect, known: Known) {
        let Some(place) = place else { return };
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        match &mut self.slots[place] {
            Some(slot) => {
                slot.text.clear();
                slot.text.extend_from_slice(sql);
                (slot.dialect, slot.known) = (dialect, known);
            }
            slot => *slot = Some(Slot { text: sql.to_vec(), dialect, known }),
        }
    }
}

/// A place for a text, by its length and some of its bytes: which text is there is compared anyway.
#[inline]
fn place(sql: &[u8]) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let word = |at: usize| {
        let mut word = [0; 8];
        let bytes = &sql[at..sql.len().min(at + 8)];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_le_bytes(word)
    };
    let last = sql.len().saturating_sub(8);
    // The end, where values stand, and where texts of one beginning part.
    let words = [word(last), word(last / 2), word(last / 4), word(last / 4 * 3), word(last / 8 * 7)];
    let sum = words.iter().enumerate().fold(sql.len() as u64, |sum, (index, word)| {
        sum.wrapping_add((word ^ (word >> 29)).wrapping_mul(FACTOR.rotate_left(12 * index as u32) | 1))
    });
    (sum.wrapping_mul(FACTOR) >> 40) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queries::fingerprint;
    use crate::queries::statements::LogBuilder;

    fn known(sql: &[u8]) -> Known {
        Known { shape: fingerprint::shape(sql, Dialect::PostgreSql), fingerprint: 0, tags: 0 }
    }

    #[test]
    fn a_text_is_known_the_second_time_and_in_its_dialect() {
        let mut recent = Recent::default();
        let sql = b"SELECT \"a\" FROM b WHERE c = $1";
        let place = recent.find(sql, Dialect::PostgreSql).expect_err("new");
        recent.put(place, sql, Dialect::PostgreSql, known(sql));
        assert!(recent.find(sql, Dialect::PostgreSql).is_ok());
        assert!(recent.find(sql, Dialect::MySql).is_err());
        assert!(recent.find(&sql[1..], Dialect::PostgreSql).is_err());
    }

    #[test]
    fn where_no_text_comes_twice_none_is_looked_for_until_later() {
        let mut recent = Recent::default();
        let mut ask = |sql: &str| match recent.find(sql.as_bytes(), Dialect::PostgreSql) {
            Ok(_) => true,
            Err(place) => {
                recent.put(place, sql.as_bytes(), Dialect::PostgreSql, known(sql.as_bytes()));
                false
            }
        };
        for number in 0..=WINDOW {
            ask(&format!("SELECT {number}"));
        }
        assert!(!ask("SELECT 'again'") && !ask("SELECT 'again'"));
        for number in 0..WINDOW * PAUSE {
            ask(&format!("SELECT {number}"));
        }
        assert!(!ask("SELECT 'again'") && ask("SELECT 'again'"));
    }

    /// Lists, offsets and values that the log keeps apart are counted each time, whether the text is known or not.
    #[test]
    fn what_is_known_counts_as_what_is_new() {
        let texts: [&[u8]; 4] = [
            b"SELECT * FROM a WHERE b IN (1, 2, 3)",
            b"SELECT * FROM a WHERE b = $1 LIMIT 5 OFFSET $2",
            b"/* view='x' */ SELECT 1",
            b"SELECT * FROM a WHERE b IN (1)",
        ];
        let logged: [Option<&[u8]>; 2] = [None, Some(b"$1 = '7', $2 = '40'")];
        let mut builder = LogBuilder::default();
        for turn in 0..40 {
            let (sql, logged) = (texts[turn % 4], logged[turn / 4 % 2]);
            let recognised = builder.fingerprint(sql, Dialect::PostgreSql, logged);
            let mut fresh = LogBuilder::default();
            let first = fresh.fingerprint(sql, Dialect::PostgreSql, logged);
            assert_eq!(recognised.parameters, first.parameters, "{turn}");
            assert_eq!(recognised.tags == crate::queries::NONE, first.tags == crate::queries::NONE, "{turn}");
        }
        let fingerprints = &builder.log.fingerprints;
        assert_eq!(fingerprints.len(), 3);
        assert_eq!((fingerprints[0].longest_list, fingerprints[0].lists), (3, 10));
        assert_eq!(fingerprints[1].largest_offset, 40);
    }
}
