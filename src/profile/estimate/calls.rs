//! Whole calls: never a fraction of one, and of no function more than it has.
//!
//! The calls of a function's boxes are estimates that add up to a number the file gives: of boxes its primitive
//! calls, of recursive leaves the others. They are rounded so that they still do, those with the largest remainders
//! up. A box that is left without any is one of which the number is not known: 0.

use crate::profile::Profile;
use crate::profile::call_tree::{MERGED, NewBox};
use crate::sort;

/// Makes the calls of `boxes` whole.
pub(super) fn count(profile: &Profile, boxes: &mut [NewBox]) {
    let functions = &profile.functions;
    let mut order: Vec<u32> =
        (0..boxes.len() as u32).filter(|&at| boxes[at as usize].function != MERGED).collect();
    let key = |boxes: &[NewBox], at: u32| (boxes[at as usize].function, boxes[at as usize].recursive);
    sort::by(&mut order, |&a, &b| key(boxes, a).cmp(&key(boxes, b)).then(a.cmp(&b)));
    let mut rest: Vec<(f64, u32)> = Vec::new();
    let mut first = 0;
    while let Some(&at) = order.get(first) {
        let of = key(boxes, at);
        let count = order[first..].iter().take_while(|&&other| key(boxes, other) == of).count();
        let (function, recursive) = (of.0 as usize, of.1);
        let (calls, primitive) =
            (functions.calls[function].max(0), functions.primitive_calls[function].max(0));
        let most = if recursive { (calls - primitive).max(0) } else { primitive.min(calls) } as f64;
        let of_function = &order[first..first + count];
        let sum: f64 = of_function.iter().map(|&at| boxes[at as usize].calls.max(0.0)).sum();
        let scale = if sum > most { most / sum } else { 1.0 };
        // What has no box has the rest.
        let mut left = (sum * scale).round();
        rest.clear();
        for &at in of_function {
            let calls = boxes[at as usize].calls.max(0.0) * scale;
            let calls = if calls.is_finite() { calls } else { 0.0 };
            boxes[at as usize].calls = calls.floor();
            left -= calls.floor();
            rest.push((calls - calls.floor(), at));
        }
        sort::by(&mut rest, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for &(_, at) in rest.iter().take(left.max(0.0) as usize) {
            boxes[at as usize].calls += 1.0;
        }
        first += count;
    }
}
