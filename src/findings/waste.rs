//! Statements that need not have been, as the rules for loops and duplicates see them at their default
//! thresholds: what the views of requests mark.

use super::Settings;
use super::groups::{each_group, is_read};
use super::n_plus_one::is_loop;
use crate::queries::QueryLog;
use crate::queries::request_use::Waste;
use crate::sort;

/// What a statement is within its request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Role {
    /// Nothing special.
    #[default]
    Single,
    /// One round of a loop over rows.
    Loop,
    /// The same as an earlier one, parameters included.
    Repeat,
}

/// Every statement's role, and per request how many there are of each.
pub fn waste(log: &QueryLog) -> (Vec<Role>, Vec<Waste>) {
    let settings = Settings::default();
    let mut roles = vec![Role::Single; log.statements.len()];
    let mut wastes = vec![Waste::default(); log.requests.len()];
    let mut equal: Vec<(u64, u32)> = Vec::new();
    each_group(log, |group| {
        if !is_read(&log.fingerprints[group.fingerprint as usize]) {
            return;
        }
        let waste = &mut wastes[group.request as usize];
        if is_loop(group, &settings) {
            waste.loops += group.statements.len() as u32;
            for &at in group.statements {
                roles[at as usize] = Role::Loop;
            }
            return;
        }
        equal.clear();
        equal.extend(group.statements.iter().map(|&at| (log.statements.parameters[at as usize], at)));
        sort::by(&mut equal, Ord::cmp);
        for pair in equal.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            waste.repeated += 1;
            roles[pair[1].1 as usize] = Role::Repeat;
        }
    });
    (roles, wastes)
}
