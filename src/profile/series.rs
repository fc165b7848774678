//! What was measured in the course of time: a program's memory, and what happened meanwhile.

use crate::format::Unit;

/// Curves over one axis.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// What lies on the horizontal axis.
    pub axis: Axis,
    /// One per process, or per thing measured; the program itself first.
    pub curves: Vec<Curve>,
    /// What ran from when to when, in the order in which it began.
    pub marks: Vec<Mark>,
    /// How many objects of which kind there were in the end: `class list`, 3.
    pub objects: Vec<(String, i64)>,
}

/// What lies on the horizontal axis.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Axis {
    /// Seconds since the first point.
    #[default]
    Seconds,
    /// Lines that ran, one after the other: how long they took is not known.
    Lines,
}

/// A curve.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curve {
    /// What it is of: `process 30086`.
    pub name: String,
    /// What its values are.
    pub unit: Unit,
    /// Per point: where it lies on the axis, ascending.
    pub at: Vec<f64>,
    /// Per point: what was measured.
    pub value: Vec<f64>,
    /// Per point: what ran, where the file says so; empty where it says it of none.
    pub place: Vec<Option<Place>>,
}

/// A line that ran.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// Its file.
    pub file: String,
    /// Its number.
    pub line: u32,
    /// The function it is in; may be empty.
    pub function: String,
}

/// Something that ran for a while.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mark {
    /// What it is called.
    pub name: String,
    /// From where to where on the axis.
    pub span: (f64, f64),
    /// What was measured at its begin and at its end, in the unit of the first curve.
    pub value: (f64, f64),
}

impl Curve {
    /// The point with the largest value; of equal ones the first.
    pub fn peak(&self) -> Option<usize> {
        let points = (0..self.value.len().min(self.at.len())).filter(|&point| self.value[point].is_finite());
        points.max_by(|&one, &other| self.value[one].total_cmp(&self.value[other]).then(other.cmp(&one)))
    }

    /// What ran at a point, if the file says it.
    pub fn place(&self, point: usize) -> Option<&Place> {
        self.place.get(point)?.as_ref()
    }

    /// How much more there is at the end than at the lowest point before it, and whether it never fell by more than a
    /// tenth of that: what grows until the end. `None` where there are too few points to say it.
    pub fn growth(&self) -> Option<Growth> {
        const FEW: usize = 8;
        if self.value.len() < FEW {
            return None;
        }
        // Starting up is no growth: an interpreter takes its memory at once.
        let settled = &self.value[self.value.len() / FEW..];
        let (first, last) = (*settled.first()?, *settled.last()?);
        let mut highest = first;
        let mut fell: f64 = 0.0;
        for &value in settled {
            highest = highest.max(value);
            fell = fell.max(highest - value);
        }
        Some(Growth { by: last - first, fell })
    }

    /// At most `most` points that keep the shape: of each stretch the lowest and the highest.
    pub fn thinned(&self, most: usize) -> Vec<usize> {
        let count = self.value.len().min(self.at.len());
        if count <= most || most < 4 {
            return (0..count).collect();
        }
        let stretches = most / 2 - 1;
        let mut kept = Vec::with_capacity(most);
        for stretch in 0..stretches {
            let (from, to) = (stretch * count / stretches, (stretch + 1) * count / stretches);
            let by = |&one: &usize, &other: &usize| self.value[one].total_cmp(&self.value[other]);
            if let (Some(low), Some(high)) = ((from..to).min_by(by), (from..to).max_by(by)) {
                kept.extend([low.min(high), low.max(high)]);
            }
        }
        kept.push(count - 1);
        kept.dedup();
        kept
    }
}

/// How a curve grew.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// By how much, in the unit of the curve.
    pub by: f64,
    /// By how much it fell meanwhile at most.
    pub fell: f64,
}

impl Series {
    /// The curve that is the program's own.
    pub fn main(&self) -> Option<&Curve> {
        self.curves.first()
    }

    /// The marks that were open at a place of the axis, the innermost last.
    pub fn open_at(&self, at: f64) -> impl Iterator<Item = &Mark> {
        self.marks.iter().filter(move |mark| mark.span.0 <= at && at <= mark.span.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values: &[f64]) -> Curve {
        let at = (0..values.len()).map(|at| at as f64).collect();
        Curve { unit: Unit::Bytes, at, value: values.to_vec(), ..Curve::default() }
    }

    #[test]
    fn peaks_and_growth() {
        assert_eq!(curve(&[]).peak(), None);
        assert_eq!(curve(&[1.0, 5.0, 5.0, 2.0]).peak(), Some(1));
        assert_eq!(curve(&[1.0, 2.0]).growth(), None);
        let grows = curve(&[0.0, 10.0, 11.0, 12.0, 13.0, 12.5, 14.0, 20.0, 30.0]).growth().unwrap();
        assert_eq!((grows.by, grows.fell), (20.0, 0.5));
    }

    #[test]
    fn fewer_points_keep_the_peak() {
        let mut values: Vec<f64> = (0..10_000).map(|at| f64::from(at % 7)).collect();
        values[4321] = 99.0;
        let curve = curve(&values);
        let kept = curve.thinned(400);
        assert!(kept.len() <= 400 && kept.contains(&4321) && kept.contains(&9999));
        assert!(kept.is_sorted());
    }
}
