//! Forked processes of VizTracer: the child's file begins with all that its parent had recorded before the fork, under the
//! child's process and the parent's thread.

use super::events::Ids;
use super::lanes::{Call, Lane};

/// Leaves what is repeated out of the lanes of children, and says how many calls it was.
pub(super) fn leave_out_repeated(lanes: &mut [Lane], ids: &[Ids]) -> u64 {
    let mut order: Vec<usize> = (0..lanes.len()).filter(|&lane| ids[lane].0.number().is_some()).collect();
    // Of one thread the process that it was made in comes first: a main thread has its process's number, and a child a
    // later one than its parent.
    let rank = |lane: usize| {
        let (process, thread) = (ids[lane].0.number(), ids[lane].1.number());
        (thread, process != thread, process)
    };
    crate::sort::by(&mut order, |&one, &other| rank(one).cmp(&rank(other)));
    let mut repeated = 0;
    for of_thread in order.chunk_by(|&one, &other| ids[one].1 == ids[other].1) {
        let Some((&first, children)) = of_thread.split_first().filter(|(_, children)| !children.is_empty())
        else {
            continue;
        };
        let mut known: Vec<Call> = lanes[first].calls().collect();
        for &child in children {
            crate::sort::by(&mut known, |one, other| one.cmp(other));
            repeated += lanes[child].leave_out_repeated(&known);
            known.extend(lanes[child].calls());
        }
    }
    repeated
}
