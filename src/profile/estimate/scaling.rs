//! Times that have to balance: the nearest to a guess, in relative entropy, such that for every
//! member of a cycle what comes in is what has to.

use crate::sort;

/// Cyclic projections before Newton's method takes over; most components need fewer.
const SWEEPS: usize = 60;

/// Newton steps at most. A time that has to vanish shrinks by a factor of e at each.
const STEPS: usize = 60;

/// Conjugate gradients for each Newton step, at most.
const CONJUGATE: usize = 100;

/// Visits of open times in one component at most, so that a huge one cannot hang.
const VISITS: usize = 60_000_000;

/// An error below this share of all time is none.
const CLOSE: f64 = 1e-11;

/// What has to vanish stops at this share of all time, so that it can come back.
const LEAST: f64 = 1e-16;

/// A time that the file leaves open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Open {
    /// An edge inside the component between two different functions that is nested in itself, or
    /// the index of one of several roots.
    pub place: usize,
    /// The caller; [`NOBODY`] for a root.
    pub from: u32,
    /// The callee.
    pub to: u32,
    /// Seconds beyond the outermost activations; of a root, seconds below it.
    pub seconds: f64,
}

/// Calls roots.
pub(super) const NOBODY: u32 = u32::MAX;

/// Makes "in − out" of each member what it needs, by a factor for each member. Returns what is left
/// of the error: nothing but rounding, unless no times fulfil it.
pub(super) fn project(open: &mut [Open], need: &[f64], scale: f64) -> f64 {
    let graph = Graph::of(open, need, scale * LEAST);
    let mut error = f64::INFINITY;
    for _ in 0..SWEEPS {
        error = graph.sweep(open);
        if error < CLOSE * scale {
            return 0.0;
        }
    }
    let steps = STEPS.min(VISITS / (open.len() + need.len()).max(1) / CONJUGATE + 1);
    for _ in 0..steps {
        if !graph.newton(open) {
            break;
        }
        error = graph.sweep(open);
        if error < CLOSE * scale {
            break;
        }
    }
    if error < 1e-6 * scale { 0.0 } else { error / 2.0 }
}

/// Open times by their ends.
struct Graph<'a> {
    need: &'a [f64],
    incoming: Index,
    outgoing: Index,
    /// Seconds below which no time falls.
    least: f64,
}

impl<'a> Graph<'a> {
    fn of(open: &[Open], need: &'a [f64], least: f64) -> Self {
        let size = need.len();
        Self {
            need,
            incoming: Index::of(size, open, |open| open.to),
            outgoing: Index::of(size, open, |open| open.from),
            least,
        }
    }

    /// What comes into `member`, and what goes out.
    fn sums(&self, open: &[Open], member: usize) -> (f64, f64) {
        let sum = |places: &[u32]| places.iter().map(|&place| open[place as usize].seconds).sum();
        (sum(self.incoming.of_member(member)), sum(self.outgoing.of_member(member)))
    }

    /// One cyclic projection for each member: its incoming times are multiplied by t, its outgoing
    /// ones divided. Returns the error met on the way.
    fn sweep(&self, open: &mut [Open]) -> f64 {
        let mut error = 0.0;
        for (member, &need) in self.need.iter().enumerate() {
            let (come, go) = self.sums(open, member);
            error += (come - go - need).abs();
            let factor = if come > 0.0 {
                let root = (need * need + 4.0 * come * go).sqrt();
                // The same root of come t² − need t − go, without cancellation for a negative need.
                if need >= 0.0 { (need + root) / (2.0 * come) } else { 2.0 * go / (root - need) }
            } else if go > 0.0 {
                // Nothing comes in: without need, what goes out has to vanish.
                if need < 0.0 { -go / need } else { 1e6 }
            } else {
                continue;
            };
            let factor = factor.clamp(1e-6, 1e6);
            for &place in self.incoming.of_member(member) {
                let seconds = &mut open[place as usize].seconds;
                *seconds = (*seconds * factor).max(self.least);
            }
            for &place in self.outgoing.of_member(member) {
                let seconds = &mut open[place as usize].seconds;
                *seconds = (*seconds / factor).max(self.least);
            }
        }
        error
    }

    /// One step of Newton's method for the logarithms of all factors at once, where sweeps converge
    /// slowly (long cycles, times that have to vanish). Its matrix is a graph's Laplacian, solved by
    /// conjugate gradients. Whether there was anything to do.
    fn newton(&self, open: &mut [Open]) -> bool {
        let size = self.need.len();
        let mut residual = vec![0.0; size];
        let mut diagonal = vec![1.0; size];
        for member in 0..size {
            let (come, go) = self.sums(open, member);
            if come + go > 0.0 {
                let error = self.need[member] - (come - go);
                // Rounding has no solution to be found.
                residual[member] = if error.abs() > 100.0 * self.least { error } else { 0.0 };
                diagonal[member] = come + go;
            }
        }
        let product = |vector: &[f64], open: &[Open]| -> Vec<f64> {
            let mut result = vec![0.0; size];
            for open in open {
                let difference = vector[open.to as usize] - vector.get(open.from as usize).unwrap_or(&0.0);
                result[open.to as usize] += open.seconds * difference;
                if let Some(from) = result.get_mut(open.from as usize) {
                    *from -= open.seconds * difference;
                }
            }
            result
        };
        let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| a * b).sum() };
        let mut solution = vec![0.0; size];
        let mut scaled: Vec<f64> = residual.iter().zip(&diagonal).map(|(value, by)| value / by).collect();
        let mut direction = scaled.clone();
        let mut energy = dot(&residual, &scaled);
        let goal = energy * 1e-16;
        for _ in 0..CONJUGATE {
            if energy <= goal || !energy.is_finite() {
                break;
            }
            let image = product(&direction, open);
            let curvature = dot(&direction, &image);
            if curvature <= 0.0 {
                break;
            }
            let length = energy / curvature;
            if !length.is_finite() {
                break;
            }
            for index in 0..size {
                solution[index] += length * direction[index];
                residual[index] -= length * image[index];
                scaled[index] = residual[index] / diagonal[index];
            }
            let next = dot(&residual, &scaled);
            for (direction, scaled) in direction.iter_mut().zip(&scaled) {
                *direction = scaled + next / energy * *direction;
            }
            energy = next;
        }
        let largest = solution.iter().fold(0.0_f64, |most, step| most.max(step.abs()));
        if largest <= 0.0 || !largest.is_finite() {
            return false;
        }
        // Far from the solution the quadratic model is too bold.
        let damping = (4.0 / largest).min(1.0);
        for open in open.iter_mut() {
            let difference = solution[open.to as usize] - solution.get(open.from as usize).unwrap_or(&0.0);
            let factor = libm::exp((damping * difference).clamp(-20.0, 20.0));
            open.seconds = (open.seconds * factor).max(self.least);
        }
        true
    }
}

/// Places of open times by one of their ends.
struct Index {
    first: Vec<u32>,
    places: Vec<u32>,
}

impl Index {
    fn of(size: usize, open: &[Open], end: impl Fn(&Open) -> u32) -> Self {
        let places = sort::order_by_number(open.len(), |place| end(&open[place]));
        let mut first = vec![0_u32; size + 1];
        for open in open.iter().filter(|open| end(open) != NOBODY) {
            first[end(open) as usize + 1] += 1;
        }
        for member in 0..size {
            first[member + 1] += first[member];
        }
        Self { first, places }
    }

    fn of_member(&self, member: usize) -> &[u32] {
        &self.places[self.first[member] as usize..self.first[member + 1] as usize]
    }
}
