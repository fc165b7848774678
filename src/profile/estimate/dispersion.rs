//! Which caller's time goes to which callee, for a function with several of each.
//!
//! The file gives how much time comes from each caller and how much goes to each callee, not the
//! table between. In proportion (the maximum-entropy table) a slow caller would be slow in
//! everything. But a call lasts longer than its like because something *variable* below it did: a
//! cache that missed, a query that ran; not because `isinstance` was called more slowly. So each
//! function gets a dispersion, and callers whose calls last longer than usual get more of the
//! callees that vary.

use super::conservation::Flow;
use crate::profile::FunctionId;

/// Tables with more cells than this are left in proportion.
const CELLS: usize = 20_000;

/// Rounds of fitting a table.
const ROUNDS: usize = 100;

/// Per function: what is known about how long its calls last.
#[derive(Debug)]
pub(super) struct Durations {
    /// Mean, seconds.
    mean: Vec<f64>,
    /// E\[T²\]/E\[T\], seconds, when own times are exponential and callees are called a
    /// Poisson number of times.
    dispersion: Vec<f64>,
}

impl Durations {
    /// Of all functions, callees first.
    pub fn of(flow: &Flow<'_>) -> Self {
        let count = flow.function_own.len();
        let mut result = Self { mean: vec![0.0; count], dispersion: vec![0.0; count] };
        for component in 0..flow.components.len() as u32 {
            let members = flow.components.members(component);
            for &member in members {
                let here = member as usize;
                let mean = (flow.flow[here] + flow.function_own[here]) / flow.function_calls[here].max(1.0);
                result.mean[here] = mean;
                result.dispersion[here] = mean;
            }
            // A member's dispersion depends on the others': a fixed point, near enough after a few.
            let rounds = if members.len() > 1 { 20 } else { 1 };
            for _ in 0..rounds {
                for &member in members {
                    result.dispersion[member as usize] = result.step(flow, component, member);
                }
            }
        }
        result
    }

    fn step(&self, flow: &Flow<'_>, component: u32, function: FunctionId) -> f64 {
        let here = function as usize;
        let mean = self.mean[here];
        if mean <= 0.0 {
            return 0.0;
        }
        let calls = flow.function_calls[here].max(1.0);
        let edges = &flow.profile.edges;
        let mut variance = (flow.function_own[here] / calls).powi(2);
        for &edge in edges.out_of(function) {
            let callee = edges.callee[edge as usize];
            let spread = if flow.components.component[callee as usize] == component {
                self.dispersion[callee as usize]
            } else {
                self.of_edge(flow, edge as usize)
            };
            variance += flow.inclusive(edge as usize) * spread / calls;
        }
        mean + variance / mean
    }

    /// Dispersion of the calls over one edge: the callee's, scaled to their mean.
    fn of_edge(&self, flow: &Flow<'_>, edge: usize) -> f64 {
        let callee = flow.profile.edges.callee[edge] as usize;
        if self.mean[callee] > 0.0 && flow.calls[edge] > 0.0 {
            self.dispersion[callee] * (flow.inclusive(edge) / flow.calls[edge]) / self.mean[callee]
        } else {
            0.0
        }
    }
}

/// Per caller and callee of one function: how many times its share in proportion a callee gets.
#[derive(Debug, Default)]
pub(super) struct Affinities {
    /// Incoming edges, ascending; roots after them as [`ROOT`].
    rows: Vec<u32>,
    columns: usize,
    /// By row, then by place in `out_of`. Empty if everything is in proportion.
    factors: Vec<f64>,
}

/// Stands for the calls nobody made, where an incoming edge is asked for.
pub(super) const ROOT: u32 = u32::MAX;

impl Affinities {
    /// The factor for time that came in over `row` and goes out over the callee at `place`.
    pub fn factor(&self, row: u32, place: usize) -> f64 {
        match self.rows.binary_search(&row) {
            Ok(found) => self.factors.get(found * self.columns + place).copied().unwrap_or(1.0),
            Err(_) => 1.0,
        }
    }

    /// Of a function that is not in a cycle.
    pub fn of(flow: &Flow<'_>, durations: &Durations, function: FunctionId) -> Self {
        let edges = &flow.profile.edges;
        // (row, calls, seconds below)
        let mut rows: Vec<(u32, f64, f64)> = edges
            .into(function)
            .filter(|&edge| flow.below[edge] > 0.0)
            .map(|edge| (edge as u32, flow.calls[edge], flow.below[edge]))
            .collect();
        if let Ok(root) =
            flow.roots.binary_search_by_key(&order(flow, function), |root| order(flow, root.function))
            && flow.roots[root].below > 0.0
        {
            rows.push((ROOT, flow.roots[root].calls, flow.roots[root].below));
        }
        let columns = edges.out_of(function);
        // (place, seconds, dispersion)
        let items: Vec<(usize, f64, f64)> = columns
            .iter()
            .enumerate()
            .map(|(place, &edge)| {
                (place, flow.inclusive(edge as usize), durations.of_edge(flow, edge as usize))
            })
            .filter(|item| item.1 > 0.0)
            .collect();
        if rows.len() < 2 || items.len() < 2 || rows.len() * items.len() > CELLS {
            return Self::default();
        }
        let table = fit(&rows, &items);
        let below: f64 = items.iter().map(|item| item.1).sum();
        let mut factors = vec![1.0; rows.len() * columns.len()];
        for (row, cells) in table.chunks(items.len()).enumerate() {
            for (item, &cell) in items.iter().zip(cells) {
                let proportional = rows[row].2 * item.1 / below;
                factors[row * columns.len() + item.0] = cell / proportional;
            }
        }
        Self { rows: rows.iter().map(|row| row.0).collect(), columns: columns.len(), factors }
    }
}

/// Roots come in the order of components, then of members: a key to search them by.
fn order(flow: &Flow<'_>, function: FunctionId) -> (u32, u32) {
    (flow.components.component[function as usize], flow.components.position[function as usize])
}

/// The table with the margins of `rows` and `items`, by rows.
fn fit(rows: &[(u32, f64, f64)], items: &[(usize, f64, f64)]) -> Vec<f64> {
    let width = items.len();
    let seconds: f64 = items.iter().map(|item| item.1).sum();
    let below: f64 = rows.iter().map(|row| row.2).sum();
    let calls: f64 = rows.iter().map(|row| row.1).sum::<f64>().max(1.0);
    let largest = items.iter().map(|item| item.2).fold(0.0, f64::max);
    let scales: Vec<f64> =
        items.iter().map(|item| if largest > 0.0 { (item.2 / largest).max(1e-9) } else { 1.0 }).collect();
    let wanted: Vec<f64> = items.iter().map(|item| item.1 / seconds * below).collect();
    let mut weights = vec![1.0; width];
    let mut table = vec![0.0; rows.len() * width];
    let mut guess = vec![0.0; width];
    // Tilt the rows, scale the columns.
    for _ in 0..ROUNDS {
        for (row, cells) in rows.iter().zip(table.chunks_mut(width)) {
            for ((guess, wanted), weight) in guess.iter_mut().zip(&wanted).zip(&weights) {
                *guess = wanted * weight * row.1 / calls;
            }
            tilt(&guess, &scales, row.2, cells);
        }
        let steps = missing(&table, &wanted);
        let error = steps.iter().map(|step| (step - 1.0).abs()).fold(0.0, f64::max);
        for (weight, step) in weights.iter_mut().zip(&steps) {
            *weight *= step;
        }
        if error < 1e-9 {
            break;
        }
    }
    // What is left of the error: plain proportional fitting.
    for _ in 0..ROUNDS {
        let steps = missing(&table, &wanted);
        if steps.iter().all(|step| (step - 1.0).abs() < 1e-10) {
            break;
        }
        for (row, cells) in rows.iter().zip(table.chunks_mut(width)) {
            for (cell, step) in cells.iter_mut().zip(&steps) {
                *cell *= step;
            }
            scale_to(cells, row.2);
        }
    }
    table
}

/// Per column: what to multiply it by.
fn missing(table: &[f64], wanted: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; wanted.len()];
    for cells in table.chunks(wanted.len()) {
        for (sum, cell) in sums.iter_mut().zip(cells) {
            *sum += cell;
        }
    }
    wanted.iter().zip(&sums).map(|(wanted, sum)| if *sum > 0.0 { wanted / sum } else { 1.0 }).collect()
}

fn scale_to(cells: &mut [f64], total: f64) {
    let sum: f64 = cells.iter().sum();
    if sum > 0.0 {
        cells.iter_mut().for_each(|cell| *cell *= total / sum);
    } else {
        let each = total / cells.len().max(1) as f64;
        cells.fill(each);
    }
}

/// Gamma variables with means `guess` and scales `scales`, given that they sum to `total`, have
/// their mode at guess / (1 + θ scale). Newton for θ, from the side where it is monotone.
fn tilt(guess: &[f64], scales: &[f64], total: f64, cells: &mut [f64]) {
    let start = guess
        .iter()
        .zip(scales)
        .map(|(guess, scale)| (guess / total - 1.0) / scale)
        .fold(f64::NEG_INFINITY, f64::max);
    let mut theta = start.max(1e-12 - 1.0);
    for _ in 0..40 {
        let (mut sum, mut slope) = (0.0, 0.0);
        for (guess, scale) in guess.iter().zip(scales) {
            let factor = 1.0 / (1.0 + theta * scale);
            sum += guess * factor;
            slope += guess * scale * factor * factor;
        }
        if sum - total < 1e-10 * total || slope <= 0.0 {
            break;
        }
        theta += (sum - total) / slope;
    }
    for ((cell, guess), scale) in cells.iter_mut().zip(guess).zip(scales) {
        *cell = guess / (1.0 + theta * scale);
    }
    scale_to(cells, total);
}
