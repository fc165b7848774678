//! How a caller's time is given to its callees.

use super::{Column, HALVINGS};

/// Gives `time` to the columns, none more than it has: gamma variables given their sum, x = guess / (1 + θ each).
/// Long calls get callees that last long.
pub(super) fn fill(columns: &mut [Column], time: f64) {
    let top = columns.iter().map(|column| column.each).fold(0.0, f64::max);
    let top = if top > 0.0 { top } else { 1.0 };
    // 1 + θ each = 1 − r + d r, with r = each / top and d = 1 + θ top > 0.
    let value = |column: &Column, d: f64| {
        let part = column.each / top;
        (column.guess / (1.0 - part + d * part)).min(column.most)
    };
    let sum = |columns: &[Column], d: f64| -> f64 { columns.iter().map(|column| value(column, d)).sum() };
    let (mut low, mut high) = (1.0_f64, 1.0_f64);
    if sum(columns, 1.0) > time {
        while sum(columns, high) > time && high < 1e15 {
            (low, high) = (high, high * 8.0);
        }
    } else {
        while sum(columns, low) < time && low > 1e-15 {
            (low, high) = (low / 8.0, low);
        }
    }
    for _ in 0..HALVINGS {
        let middle = (low * high).sqrt();
        if sum(columns, middle) > time {
            low = middle;
        } else {
            high = middle;
        }
    }
    let mut given = 0.0;
    let mut room = 0.0;
    for column in columns.iter_mut() {
        column.given = value(column, low);
        given += column.given;
        room += column.most - column.given;
    }
    if given >= time {
        columns.iter_mut().for_each(|column| column.given *= time / given);
    } else if room > 0.0 {
        // Only the longest could take it.
        let part = (time - given) / room;
        columns.iter_mut().for_each(|column| column.given += (column.most - column.given) * part);
    }
}
