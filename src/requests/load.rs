//! How much a site bears: Apdex, requests in flight, how busy its workers are.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use super::Class;

/// Counts for [Apdex](https://www.apdex.org/documents/ApdexTechnicalSpecificationV11_000.pdf): requests
/// whose duration is not known are in none of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apdex {
    /// Answered within the threshold, without an error of the site.
    pub satisfied: u32,
    /// Within four times the threshold.
    pub tolerating: u32,
    /// Longer, or answered with 5xx.
    pub frustrated: u32,
}

impl Apdex {
    /// Counts a request of `duration` ms; `threshold` is Apdex's T, ms.
    pub fn add(&mut self, duration: f64, class: Class, threshold: f64) {
        if duration.is_nan() {
            return;
        }
        // An error page may come quickly: nobody is satisfied by it.
        if class == Class::ServerError || duration > 4.0 * threshold {
            self.frustrated += 1;
        } else if duration > threshold {
            self.tolerating += 1;
        } else {
            self.satisfied += 1;
        }
    }

    /// 0 to 1; `None` where nothing is known.
    pub fn score(&self) -> Option<f64> {
        let all = f64::from(self.satisfied) + f64::from(self.tolerating) + f64::from(self.frustrated);
        (all > 0.0).then(|| (f64::from(self.satisfied) + f64::from(self.tolerating) / 2.0) / all)
    }
}

/// The most requests at one time, of beginnings and durations in ms, in the order of their beginnings. Durations that are not
/// known are none.
///
/// Where stamps are coarser than durations, requests of one second seem to begin together: so it is given for
/// stamps of a tenth of a second and finer only, and `None` else.
pub fn most_at_once(requests: impl Iterator<Item = (f64, f64)>, step: f64) -> Option<u32> {
    if step > 100.0 {
        return None;
    }
    // The ends of those that are in flight, the next one first: a log of millions has a few at a time.
    let mut ends: BinaryHeap<Reverse<u64>> = BinaryHeap::new();
    let mut most = 0;
    for (start, duration) in requests {
        if duration > 0.0 && start.is_finite() {
            // One that ends as another begins makes room for it.
            let begun = ordered(start);
            while ends.peek().is_some_and(|Reverse(end)| *end <= begun) {
                ends.pop();
            }
            ends.push(Reverse(ordered(start + duration)));
            most = most.max(ends.len() as u32);
        }
    }
    (most > 0).then_some(most)
}

/// A number that is in the order that `time` has among times.
fn ordered(time: f64) -> u64 {
    let bits = time.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The share of the time that `workers` workers were busy over `span` ms, 0 to 1. `None` where it would be more: then there
/// were more of them than the log names, or requests waited in a proxy's queue.
pub fn utilisation(busy: f64, span: f64, workers: u32) -> Option<f64> {
    (workers > 0 && span > 0.0).then(|| busy / span / f64::from(workers)).filter(|share| *share <= 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apdex_is_its_definition() {
        let mut apdex = Apdex::default();
        for (duration, class) in [
            (500.0, Class::Fine),
            (500.1, Class::Fine),
            (2000.0, Class::ClientError),
            (2000.1, Class::Fine),
            (1.0, Class::ServerError),
            (f64::NAN, Class::Fine),
        ] {
            apdex.add(duration, class, 500.0);
        }
        assert_eq!(apdex, Apdex { satisfied: 1, tolerating: 2, frustrated: 2 });
        assert_eq!(apdex.score(), Some(0.4));
        assert_eq!(Apdex::default().score(), None);
    }

    #[test]
    fn what_follows_is_not_at_once() {
        let requests = [(-3.0, 1.0), (0.0, 10.0), (4.0, 2.0), (10.0, 5.0), (12.0, f64::NAN)];
        assert_eq!(most_at_once(requests.into_iter(), 1.0), Some(2));
        assert_eq!(most_at_once(requests.into_iter(), 1000.0), None);
        assert_eq!(most_at_once([(1.0, f64::NAN)].into_iter(), 1.0), None);
    }

    #[test]
    fn two_workers_that_are_busy_half_of_the_time() {
        assert_eq!(utilisation(1000.0, 1000.0, 2), Some(0.5));
        assert_eq!(utilisation(1000.0, 0.0, 2), None);
        assert_eq!(utilisation(1000.0, 1000.0, 0), None);
        assert_eq!(utilisation(2100.0, 1000.0, 2), None);
    }
}
