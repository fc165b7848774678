//! Where spans that overlap are shown.

use rustc_hash::FxHashMap;

use crate::queries::NONE;

/// Lanes of one service at most: a trace does not say on which connection a statement ran.
const LANES: usize = 64;

/// Requests of one service that run at the same time are shown beside each other: each has the first
/// lane that is free, as connections of a pool are handed out.
#[derive(Default)]
pub(super) struct Lanes {
    /// Per service and lane: the request on it and when it is free.
    busy: FxHashMap<u32, Vec<(u32, f64)>>,
}

impl Lanes {
    pub(super) fn place(&mut self, service: u32, request: u32, start: f64, end: f64) -> u32 {
        let lanes = self.busy.entry(service).or_default();
        let own = |lane: &(u32, f64)| request != NONE && lane.0 == request;
        let free = |lane: &(u32, f64)| lane.1 <= start;
        let place = lanes.iter().position(own).or_else(|| lanes.iter().position(free));
        let place = match place {
            Some(place) => place,
            None if lanes.len() < LANES => {
                lanes.push((request, end));
                lanes.len() - 1
            }
            None => LANES - 1,
        };
        lanes[place] = (request, lanes[place].1.max(end));
        place as u32
    }
}
