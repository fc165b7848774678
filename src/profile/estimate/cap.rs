//! No function has more than the file says.
//!
//! Where the boxes are not those that there were, no times fit. What a function's boxes or leaves then have too much is
//! others', of which it is not known whose: it goes to the nearest box around that has room for it, as time that is
//! not known further. Self times keep to the file exactly, total times as far as that moves little.

use super::expand::{Expansion, NO_EDGE, Omitted};
use super::fit::Fit;
use crate::profile::call_tree::{MERGED, NO_PARENT};

/// Rounds at most: what is moved can be too much where it comes to.
const ROUNDS: usize = 8;

/// By how much boxes may exceed their function's total, as a share: the first with which little is moved, and then
/// less as long as little is moved.
const EXCESS: [f64; 7] = [0.0, 0.01, 0.03, 0.1, 0.3, 1.0, f64::INFINITY];

/// How often less is tried.
const HALVINGS: usize = 4;

/// Little: a share of all time.
const LITTLE: f64 = 0.05;

/// Errors below this share of all time are rounding.
const ROUNDING: f64 = 1e-12;

impl Fit<'_> {
    /// Moves what is too much, and writes all times into `grown`, of which this is.
    pub(super) fn cap(&mut self, grown: &mut Expansion) {
        let before = self.seconds.clone();
        let mut little = LITTLE * self.graph.seconds();
        let last = EXCESS.len() - 1;
        let mut first = if self.totals_hold() { 0 } else { last };
        if self.cap_to(grown, EXCESS[first], &before) > little && first < last {
            // What is moved for self times' sake is moved anyway.
            little += self.cap_to(grown, EXCESS[last], &before);
            first += 1;
            while self.cap_to(grown, EXCESS[first], &before) > little && first < last {
                first += 1;
            }
        }
        if let (Some(&too_little), Some(&enough)) = (EXCESS.get(first.wrapping_sub(1)), EXCESS.get(first))
            && enough.is_finite()
        {
            let (mut low, mut high) = (too_little, enough);
            let mut best = self.seconds.clone();
            for _ in 0..HALVINGS {
                let middle = (low + high) / 2.0;
                if self.cap_to(grown, middle, &before) <= little {
                    high = middle;
                    best.clone_from(&self.seconds);
                } else {
                    low = middle;
                }
            }
            self.seconds = best;
        }
        self.cap_leaves(grown);
        self.write(grown);
    }

    /// Moves so much of `before` that no function has more than its total and this share of it. Returns how many
    /// seconds are where it is not known whose they are.
    fn cap_to(&mut self, grown: &Expansion, excess: f64, before: &[f64]) -> f64 {
        self.seconds.copy_from_slice(before);
        for _ in 0..ROUNDS {
            let moved = self.cap_leaves(grown) + self.cap_boxes(grown, excess);
            if moved <= ROUNDING * self.graph.seconds() {
                break;
            }
        }
        self.spare.iter().map(|&slot| self.seconds[slot as usize]).sum()
    }

    /// Returns how many seconds were moved.
    fn cap_boxes(&mut self, grown: &Expansion, excess: f64) -> f64 {
        let totals = self.totals();
        let most = |function: usize| self.graph.total[function] * (1.0 + excess);
        let least = ROUNDING * self.graph.seconds();
        let full: Vec<bool> =
            totals.iter().enumerate().map(|(function, total)| *total > most(function) + least).collect();
        let holders = self.holders(&full, grown);
        let mut moved = 0.0;
        for (index, made) in grown.made.iter().enumerate() {
            let function = made.function as usize;
            if !full[function] || self.proven[index] {
                continue;
            }
            // What is proven inside stays.
            let (from, to) = (self.boxes[index].0 as usize, self.boxes[index].1 as usize);
            let region = self.region[self.spare[index] as usize];
            let is_open = |slot: usize| self.region[slot] == region;
            let have: f64 = (from..to).map(|slot| self.seconds[slot]).sum();
            let open: f64 = (from..to).filter(|&slot| is_open(slot)).map(|slot| self.seconds[slot]).sum();
            let wanted = have * (1.0 - most(function) / totals[function]);
            let by = if open > 0.0 { (wanted / open).clamp(0.0, 1.0) } else { 0.0 };
            let mut removed = 0.0;
            for slot in from..to {
                if self.region[slot] == region {
                    let part = self.seconds[slot] * by;
                    self.seconds[slot] -= part;
                    removed += part;
                }
            }
            self.seconds[self.spare[holders[index] as usize] as usize] += removed;
            moved += removed;
        }
        moved
    }

    /// Returns how many seconds were moved.
    fn cap_leaves(&mut self, grown: &Expansion) -> f64 {
        let own = &self.graph.flow.function_own;
        let least = ROUNDING * self.graph.seconds();
        let totals = self.totals();
        let full: Vec<bool> =
            totals.iter().zip(&self.graph.total).map(|(found, total)| *found > total + least).collect();
        let holders = self.holders(&full, grown);
        let found = self.owns();
        let mut moved = 0.0;
        for (leaf, &slot) in grown.leaves.iter().zip(&self.leaf) {
            let function = leaf.function as usize;
            if found[function] > own[function] {
                let seconds = &mut self.seconds[slot as usize];
                let removed = *seconds * (1.0 - own[function] / found[function]);
                *seconds -= removed;
                self.seconds[self.spare[holders[leaf.at as usize] as usize] as usize] += removed;
                moved += removed;
            }
        }
        moved
    }

    /// Per box: the nearest one, itself or around it, of a function that is not `full`, or whose time is proven.
    fn holders(&self, full: &[bool], grown: &Expansion) -> Vec<u32> {
        let roots = grown.made.len() as u32;
        let mut holders: Vec<u32> = Vec::with_capacity(grown.made.len());
        for (index, made) in grown.made.iter().enumerate() {
            let around = holders.get(made.parent as usize).copied().unwrap_or(roots);
            let has_room = !full[made.function as usize] || self.proven[index];
            holders.push(if has_room { index as u32 } else { around });
        }
        holders
    }

    fn write(&self, grown: &mut Expansion) {
        let seconds = |slot: &u32| self.seconds[*slot as usize];
        for (leaf, slot) in grown.leaves.iter_mut().zip(&self.leaf) {
            leaf.seconds = seconds(slot);
        }
        let boxes = grown.made.len();
        for (omitted, &slot) in grown.omitted.iter_mut().zip(&self.omitted) {
            let (guess, now) = (self.guess[slot as usize], self.seconds[slot as usize]);
            omitted.seconds *= if guess > 0.0 { now / guess } else { 0.0 };
        }
        let least = ROUNDING * self.graph.seconds();
        let spare = self.spare.iter().enumerate().filter(|(_, slot)| seconds(slot) > least);
        grown.omitted.extend(spare.map(|(at, slot)| Omitted {
            parent: if at < boxes { at as u32 } else { NO_PARENT },
            function: MERGED,
            edge: NO_EDGE,
            seconds: seconds(slot),
            own: 0.0,
            count: 1,
        }));
        self.cap_omitted(grown);
    }

    /// What is omitted has no more of a function itself than its leaves leave.
    fn cap_omitted(&self, grown: &mut Expansion) {
        let own = &self.graph.flow.function_own;
        let found = self.owns();
        let mut omitted_own = vec![0.0; own.len()];
        for omitted in &mut grown.omitted {
            omitted.own = omitted.own.min(omitted.seconds);
            match omitted_own.get_mut(omitted.function as usize) {
                Some(sum) => *sum += omitted.own,
                None => omitted.own = 0.0,
            }
        }
        for omitted in &mut grown.omitted {
            let function = omitted.function as usize;
            let Some(&sum) = omitted_own.get(function) else { continue };
            let room = (own[function] - found[function]).max(0.0);
            if sum > room {
                omitted.own *= room / sum;
            }
        }
    }
}
