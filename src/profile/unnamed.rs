//! Machine code without a symbol, below what waits: `py-spy --native` has the address `0x7f0bbcaaed90` in libc below
//! `PyThread_acquire_lock_timed`, and nothing else says that a thread sleeps there.

use rustc_hash::FxHashMap;

use super::layer::Layer;
use super::native::is_unnamed;
use super::{FunctionId, Profile};

/// Addresses below one another that are followed.
const DEEPEST: usize = 8;

/// Per function without a symbol that is called by what waits: the share of its own time in which it does, 0 to 1, by
/// edges. `layers` are the functions' layers by their place alone.
pub(super) fn waiting(profile: &Profile, layers: &[Layer]) -> FxHashMap<FunctionId, f64> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let is_it = |&id: &FunctionId| {
        layers[id as usize] != Layer::Waiting && is_unnamed(functions.file(id), functions.name(id))
    };
    let ids: Vec<FunctionId> = (0..functions.len() as FunctionId).filter(is_it).collect();
    let mut shares: FxHashMap<FunctionId, f64> = ids.iter().map(|&id| (id, 0.0)).collect();
    for _ in 0..DEEPEST {
        let mut changed = false;
        for &id in &ids {
            let (mut all, mut waits) = (0.0, 0.0);
            for edge in edges.into(id) {
                let (caller, time) = (edges.caller[edge], edges.total_time[edge].max(0.0));
                let share = match layers[caller as usize] {
                    Layer::Waiting => 1.0,
                    // Itself among them: what is on the stack twice is whatever it was called for.
                    _ if caller == id => continue,
                    _ => shares.get(&caller).copied().unwrap_or(0.0),
                };
                all += time;
                waits += time * share;
            }
            if all > 0.0 {
                changed |= shares.insert(id, waits / all) != Some(waits / all);
            }
        }
        if !changed {
            break;
        }
    }
    shares.retain(|_, share| *share > 0.0);
    shares
}
