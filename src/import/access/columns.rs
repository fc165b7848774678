//! The cells of a log's first lines by field, and what can be said of all of one.

use super::fields;
use super::layout::{Layout, MOST};

/// The cells of the samples.
pub struct Columns<'a> {
    /// A sample each.
    pub rows: Vec<[&'a [u8]; MOST]>,
}

impl<'a> Columns<'a> {
    /// Those of the samples that are of this shape.
    pub fn of(layout: &Layout, samples: &[&'a [u8]]) -> Self {
        let mut rows = Vec::with_capacity(samples.len());
        for sample in samples {
            let mut cells: [&[u8]; MOST] = [b""; MOST];
            if layout.cells(sample, &mut cells) {
                rows.push(cells);
            }
        }
        Self { rows }
    }

    /// Those of one field.
    pub fn cells(&self, at: usize) -> impl Iterator<Item = &'a [u8]> {
        self.rows.iter().map(move |row| row[at])
    }

    /// Whether all are so; of many, one in twenty may be odd.
    pub fn all(&self, at: usize, is: impl Fn(&[u8]) -> bool) -> bool {
        let odd = self.cells(at).filter(|cell| !is(cell)).count();
        !self.rows.is_empty() && odd * 20 <= self.rows.len()
    }

    /// Whether more than half are so.
    pub fn most(&self, at: usize, is: impl Fn(&[u8]) -> bool) -> bool {
        self.cells(at).filter(|cell| is(cell)).count() * 2 > self.rows.len()
    }

    /// Those of a column that are numbers, and NaN for `-`; `None` if more than one in twenty is neither.
    pub fn numbers(&self, at: usize) -> Option<Vec<f64>> {
        let mut numbers = Vec::with_capacity(self.rows.len());
        let mut odd = 0;
        for cell in self.cells(at) {
            match fields::sum_of_list(cell, 1.0) {
                Some(number) => numbers.push(number),
                None if cell.is_empty() || cell.iter().all(|byte| b"-, :".contains(byte)) => {
                    numbers.push(f64::NAN)
                }
                // Where a clock is set back.
                None if cell.first() == Some(&b'-') && fields::times(&cell[1..], 1.0).is_some() => {
                    numbers.push(f64::NAN);
                }
                None => {
                    odd += 1;
                    numbers.push(f64::NAN);
                }
            }
        }
        if odd * 20 > self.rows.len() {
            return None;
        }
        numbers.iter().any(|number| !number.is_nan()).then_some(numbers)
    }

    /// Whether they are seconds to the milli- or microsecond, with a point in each: what may be in quotes besides.
    pub fn are_times(&self, at: usize) -> bool {
        let is_time = |cell: &[u8]| {
            let mut parts = cell.split(|byte| b", :".contains(byte)).filter(|part| !part.is_empty());
            parts.all(|part| {
                part == b"-" || fields::decimal(part).is_some_and(|(_, digits)| matches!(digits, 3 | 6))
            })
        };
        self.all(at, is_time) && self.digits(at) > 0
    }

    /// Whether each has two digits behind its point: nginx' `$gzip_ratio`; its times have three.
    pub fn are_ratios(&self, at: usize) -> bool {
        let digits = |cell: &[u8]| fields::decimal(cell).map(|(_, digits)| digits);
        self.cells(at).any(|cell| digits(cell) == Some(2))
            && self.cells(at).all(|cell| cell == b"-" || digits(cell) == Some(2))
    }

    /// Whether they are numbers with a comma for their point, as some tools write them: `0,024`.
    pub fn have_commas(&self, at: usize) -> bool {
        let is_so = |cell: &[u8]| match memchr::memchr(b',', cell) {
            Some(comma) => {
                fields::whole(&cell[..comma]).is_some()
                    && fields::whole(&cell[comma + 1..]).is_some()
                    && cell.len() - comma <= 10
            }
            None => false,
        };
        self.all(at, |cell| is_so(cell) || cell == b"-") && self.cells(at).any(is_so)
    }

    /// Whether they are versions of HTTP: of a field of its own, `1.1`, which is as long as no request takes.
    pub fn are_protocols(&self, at: usize) -> bool {
        self.all(at, |cell| matches!(cell, b"1.0" | b"1.1" | b"2" | b"2.0" | b"3" | b"3.0" | b"-"))
    }

    /// Whether there are several, and all the same.
    pub fn are_one(&self, at: usize) -> bool {
        let first = self.cells(at).next();
        self.rows.len() > 1 && self.cells(at).all(|cell| Some(cell) == first)
    }

    /// Whether some are lists: of the applications that were asked one after the other.
    pub fn has_lists(&self, at: usize) -> bool {
        self.cells(at).any(|cell| memchr::memchr(b' ', cell).is_some())
    }

    /// The most digits behind a point.
    pub fn digits(&self, at: usize) -> u32 {
        let of = |cell: &[u8]| {
            let last = cell.rsplit(|byte| b" ,:".contains(byte)).next().unwrap_or_default();
            // An exponent says nothing of how fine the others are.
            let is_plain = !last.iter().any(|byte| b"eE".contains(byte));
            if is_plain { fields::decimal(last).map_or(0, |(_, digits)| digits) } else { 0 }
        };
        self.cells(at).map(of).max().unwrap_or(0)
    }
}

/// An IP address, with a port perhaps, or what nginx writes of a client that came by a socket of the machine.
pub fn is_address(cell: &[u8]) -> bool {
    let bare = fields::without_port(cell);
    if bare == b"unix:" {
        return true;
    }
    let count = |wanted: u8| bare.iter().filter(|&&byte| byte == wanted).count();
    match count(b':') {
        0 => count(b'.') == 3 && bare.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.'),
        // Times of the day have two.
        colons => {
            (colons > 2 || memchr::memmem::find(bare, b"::").is_some())
                && bare.iter().all(|byte| byte.is_ascii_hexdigit() || b".:".contains(byte))
        }
    }
}
