//! Sorting that is in the WebAssembly once.
//!
//! The standard library's sorts are compiled anew for each type of items and each comparison, 5 to 10 kB
//! every time; for the worker that was a fifth of its module. Here the items' places are sorted, by one
//! sort that calls the comparison through a pointer. Everything in the library sorts by these, but what
//! runs natively only.

use std::cmp::Ordering;

/// Sorts ids, stable.
pub fn ids(ids: &mut [u32], compare: &mut dyn FnMut(u32, u32) -> Ordering) {
    ids.sort_by(|&a, &b| compare(a, b));
}

/// The ids below `count` in ascending order by `compare`; equal ones stay ascending.
pub fn order(count: usize, compare: &mut dyn FnMut(u32, u32) -> Ordering) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count as u32).collect();
    ids(&mut order, compare);
    order
}

/// Sorts items, stable. There are at most `u32::MAX` of them: more do not fit into the page's memory.
pub fn by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = order(items.len(), &mut |a, b| compare(&items[a as usize], &items[b as usize]));
    permute(order, &mut |a, b| items.swap(a, b));
}

/// As [`by`], by a key.
pub fn by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    by(items, |a, b| key(a).cmp(&key(b)));
}

/// The places below `count`, ascending by a number each; equal ones stay ascending. Quicker than [`order`].
pub fn order_by_number(count: usize, number: impl Fn(usize) -> u32) -> Vec<u32> {
    let mut keys: Vec<u64> = (0..count).map(|place| u64::from(number(place)) << 32 | place as u64).collect();
    numbers(&mut keys);
    keys.into_iter().map(|key| key as u32).collect()
}

/// Sorts items by a number each, stable. Quicker than [`by_key`].
pub fn by_number<T>(items: &mut [T], number: impl Fn(&T) -> u32) {
    let order = order_by_number(items.len(), |place| number(&items[place]));
    permute(order, &mut |a, b| items.swap(a, b));
}

/// Sorts numbers, ascending. Ascending runs are found and merged.
#[expect(clippy::stable_sort_primitive, reason = "the unstable sort does not merge runs")]
pub fn numbers(numbers: &mut [u64]) {
    numbers.sort();
}

/// Bits that are in the order of [`f64::total_cmp`].
fn ordered_bits(float: f64) -> u64 {
    let bits = float.to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// Sorts ids by [`f64::total_cmp`] of a number each, stable either way. Far quicker than [`ids`]: mostly the first half of a
/// number tells them apart, and fits beside the id's place into one number to sort.
pub fn ids_by_float(order: &mut [u32], number: &dyn Fn(u32) -> f64, descending: bool) {
    let bits = |id: u32| if descending { !ordered_bits(number(id)) } else { ordered_bits(number(id)) };
    let mut keys: Vec<u64> =
        order.iter().zip(0_u64..).map(|(&id, place)| bits(id) >> 32 << 32 | place).collect();
    numbers(&mut keys);
    let sorted: Vec<u32> = keys.iter().map(|&key| order[key as u32 as usize]).collect();
    order.copy_from_slice(&sorted);
    let mut first = 0;
    for same in keys.chunk_by(|one, other| one >> 32 == other >> 32) {
        if same.len() > 1 {
            ids(&mut order[first..first + same.len()], &mut |a, b| bits(a).cmp(&bits(b)));
        }
        first += same.len();
    }
}

/// The places of times in ascending order, by [`f64::total_cmp`]; equal ones stay as they are. Times that are nearly in
/// order are put there by insertion: of lines that are written at the ends of what they tell of, each began after most of
/// those before it.
pub fn order_of_times(times: &[f64]) -> Vec<u32> {
    by_insertion(times)
        .unwrap_or_else(|| order(times.len(), &mut |a, b| times[a as usize].total_cmp(&times[b as usize])))
}

/// `None` where that takes more steps than sorting.
fn by_insertion(times: &[f64]) -> Option<Vec<u32>> {
    let mut steps = times.len() * 16;
    let mut order: Vec<u32> = Vec::with_capacity(times.len());
    for (at, &time) in times.iter().enumerate() {
        let mut place = at;
        order.push(at as u32);
        while place > 0 && times[order[place - 1] as usize].total_cmp(&time).is_gt() {
            order[place] = order[place - 1];
            place -= 1;
            steps = steps.checked_sub(1)?;
        }
        order[place] = at as u32;
    }
    Some(order)
}

/// Sorts by [`f64::total_cmp`], ascending. Ascending runs are found and merged.
pub fn floats(floats: &mut [f64]) {
    // As `total_cmp` does it: the bits of floats are in order once the negative ones are turned round.
    let mut keys: Vec<u64> = floats.iter().map(|&float| ordered_bits(float)).collect();
    numbers(&mut keys);
    for (float, key) in floats.iter_mut().zip(keys) {
        *float = f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key });
    }
}

/// Puts at each place what stands at `order[place]`, by swaps alone.
fn permute(mut order: Vec<u32>, swap: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        let mut place = start;
        loop {
            // A place that is done is where it belongs.
            let from = std::mem::replace(&mut order[place], place as u32) as usize;
            if from == start {
                break;
            }
            swap(place, from);
            place = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn insertion_is_sorting_where_little_is_out_of_order() {
        let times: Vec<f64> = (0..500_u32).map(|at| f64::from(at + at * 7919 % 13)).collect();
        let sorted = super::order(times.len(), &mut |a, b| times[a as usize].total_cmp(&times[b as usize]));
        assert_eq!(super::by_insertion(&times), Some(sorted.clone()));
        assert_eq!(super::order_of_times(&times), sorted);
        let reversed: Vec<f64> = (0..500_u32).rev().map(f64::from).collect();
        assert_eq!(super::by_insertion(&reversed), None);
        assert_eq!(super::order_of_times(&reversed), (0..500).rev().collect::<Vec<_>>());
        assert_eq!(super::by_insertion(&[]), Some(Vec::new()));
    }

    proptest! {
        #[test]
        fn items_are_sorted_as_by_the_standard_library(
            items in prop::collection::vec((0_u8..20, any::<u16>()), 0..200),
        ) {
            let (mut own, mut standard) = (items.clone(), items);
            super::by_key(&mut own, |item| item.0);
            standard.sort_by_key(|item| item.0);
            prop_assert_eq!(&own, &standard);
            super::by_number(&mut own, |item| u32::from(item.1 % 7));
            standard.sort_by_key(|item| item.1 % 7);
            prop_assert_eq!(&own, &standard);
            super::by(&mut own, |a, b| b.1.cmp(&a.1));
            standard.sort_by_key(|item| std::cmp::Reverse(item.1));
            prop_assert_eq!(own, standard);
        }

        #[test]
        fn floats_are_sorted_as_by_total_cmp(bits in prop::collection::vec(any::<u64>(), 0..200)) {
            let mut own: Vec<f64> = bits.into_iter().map(f64::from_bits).collect();
            own.extend([0.0, -0.0, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.5, 1.5]);
            let mut standard = own.clone();
            super::floats(&mut own);
            standard.sort_by(f64::total_cmp);
            let bits = |floats: &[f64]| floats.iter().map(|float| float.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&own), bits(&standard));
        }
    }

    proptest! {
        #[test]
        fn ids_are_sorted_by_their_numbers(
            numbers in prop::collection::vec(
                prop_oneof![Just(0.0), Just(-0.0), Just(f64::NEG_INFINITY), 0.0..1e-9_f64, 1.0..1.000_001_f64, any::<f64>()],
                0..200,
            ),
            descending in any::<bool>(),
        ) {
            let mut own: Vec<u32> = (0..numbers.len() as u32).rev().collect();
            let mut standard = own.clone();
            super::ids_by_float(&mut own, &|id| numbers[id as usize], descending);
            standard.sort_by(|&a, &b| {
                let ordering = numbers[a as usize].total_cmp(&numbers[b as usize]);
                if descending { ordering.reverse() } else { ordering }
            });
            prop_assert_eq!(own, standard);
        }
    }

    #[test]
    fn equal_ids_keep_their_order() {
        assert_eq!(super::order(7, &mut |a, b| (a % 3).cmp(&(b % 3))), [0, 3, 6, 1, 4, 2, 5]);
    }
}
