//! The Pareto curve: items by their time, largest first, each on the shoulders of those before it.

use crate::findings::digest::Items;

/// Left of the columns: the texts of the axis.
pub const GUTTER: f64 = 44.0;
/// Above the columns: a line of text.
pub const HEAD: f64 = 20.0;
/// Beneath the columns: a line of text.
pub const FOOT: f64 = 22.0;

/// The share of all time after which items are not shown one by one, if enough are.
const SHOWN_SHARE: f64 = 0.9;
/// So many are shown if there are so many, whatever their share.
const LEAST: usize = 12;
/// The narrowest column, CSS pixels.
const NARROWEST: f64 = 4.0;
/// The widest column, CSS pixels.
const WIDEST: f64 = 44.0;

/// One item's column: a step of the curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// Left edge, CSS pixels.
    pub left: f64,
    /// Width with the gap to the next, CSS pixels.
    pub width: f64,
    /// Share of all time in the items before it, 0 to 1.
    pub from: f64,
    /// The same with it.
    pub to: f64,
}

/// Where everything is on a surface.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Pareto {
    /// Of the items that are shown one by one, in their order.
    pub columns: Vec<Column>,
    /// How many items there are beyond them.
    pub rest: u32,
    /// Width of the surface, CSS pixels.
    pub width: f64,
    /// Height of the surface, CSS pixels.
    pub height: f64,
}

impl Pareto {
    /// As many columns as are worth it, and fit.
    pub fn new(items: &Items, width: f64, height: f64) -> Self {
        let room = (width - GUTTER).max(0.0);
        let fit = (room / NARROWEST) as usize;
        let mut columns = Vec::new();
        let mut sum = 0.0;
        for item in items.largest.iter().take(fit) {
            if columns.len() >= LEAST && sum >= SHOWN_SHARE * items.total {
                break;
            }
            let from = sum;
            sum += item.time;
            let share =
                |time: f64| if items.total > 0.0 { (time / items.total).clamp(0.0, 1.0) } else { 0.0 };
            columns.push(Column { left: 0.0, width: 0.0, from: share(from), to: share(sum) });
        }
        let each = if columns.is_empty() { 0.0 } else { (room / columns.len() as f64).min(WIDEST) };
        for (rank, column) in columns.iter_mut().enumerate() {
            column.left = GUTTER + rank as f64 * each;
            column.width = each;
        }
        let rest = items.count.saturating_sub(columns.len() as u32);
        Self { columns, rest, width, height }
    }

    /// The height of a share, CSS pixels from the top.
    pub fn y_of(&self, share: f64) -> f64 {
        let plot = (self.height - HEAD - FOOT).max(0.0);
        HEAD + (1.0 - share) * plot
    }

    /// The item in whose column a point is.
    pub fn hit(&self, x: f64, y: f64) -> Option<usize> {
        let column = self.columns.first()?;
        if x < GUTTER || y < HEAD || y > self.height || column.width <= 0.0 {
            return None;
        }
        let rank = ((x - GUTTER) / column.width) as usize;
        (rank < self.columns.len()).then_some(rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Link;
    use crate::findings::digest::Item;
    use crate::profile::Layer;
    use proptest::prelude::*;

    fn items(times: &[f64]) -> Items {
        let item = |(id, &time): (usize, &f64)| Item {
            label: String::new(),
            place: String::new(),
            layer: Layer::Own,
            time,
            link: Link::Function(id as u32),
        };
        Items {
            largest: times.iter().enumerate().map(item).collect(),
            count: times.len() as u32,
            total: times.iter().sum(),
        }
    }

    #[test]
    fn the_long_tail_is_a_number() {
        let mut times = vec![90.0];
        times.extend([0.1; 100]);
        let chart = Pareto::new(&items(&times), 1000.0, 200.0);
        assert_eq!((chart.columns.len(), chart.rest), (LEAST, 101 - LEAST as u32));
        assert!((chart.columns[0].to - 0.9).abs() < 1e-9);
        assert_eq!(Pareto::new(&items(&[]), 1000.0, 200.0).columns, []);
        assert_eq!(Pareto::new(&items(&[1.0]), 0.0, 0.0).rest, 1);
    }

    proptest! {
        #[test]
        fn columns_stand_on_each_other_and_are_found(
            mut times in prop::collection::vec(0.001..1000.0_f64, 0..200),
            width in 0.0..2000.0_f64,
        ) {
            times.sort_by(|a, b| b.total_cmp(a));
            let chart = Pareto::new(&items(&times), width, 240.0);
            prop_assert_eq!(chart.columns.len() + chart.rest as usize, times.len());
            for (rank, column) in chart.columns.iter().enumerate() {
                prop_assert!(column.from <= column.to && column.to <= 1.0);
                prop_assert!(column.left + column.width <= width + 1e-6);
                if rank > 0 {
                    prop_assert_eq!(column.from, chart.columns[rank - 1].to);
                }
                prop_assert_eq!(chart.hit(column.left + column.width / 2.0, 100.0), Some(rank));
            }
            prop_assert_eq!(chart.hit(GUTTER - 1.0, 100.0), None);
            prop_assert_eq!(chart.hit(width + 1.0, 100.0), None);
        }
    }
}
