//! What requests for each route were answered with.

use serde::{Deserialize, Serialize};

use super::load::Apdex;
use super::{Class, Served};

/// Of one route, or of any group of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct RouteUse {
    /// How satisfied its users are.
    pub apdex: Apdex,
    /// 4xx.
    pub client_errors: u32,
    /// 5xx.
    pub server_errors: u32,
    /// Clients that left before the answer.
    pub gone: u32,
    /// Bytes in all; `None` if the log does not say.
    pub bytes: Option<u64>,
}

/// Of groups below `count`, by these `requests`: `group` and `duration` (ms) are of each request of the log, `threshold` is
/// Apdex's T, ms.
pub fn route_use(
    served: &Served,
    requests: impl Iterator<Item = usize>,
    group: &[u32],
    duration: &[f64],
    count: usize,
    threshold: f64,
) -> Vec<RouteUse> {
    let classes = served.classes();
    let mut uses = vec![RouteUse::default(); count];
    for at in requests {
        let (Some(&group), Some(&duration)) = (group.get(at), duration.get(at)) else { continue };
        let Some(of_group) = uses.get_mut(group as usize) else { continue };
        let outcome = served.outcome.get(at).map_or(usize::MAX, |&outcome| usize::from(outcome));
        let class = classes.get(outcome).copied().unwrap_or(Class::Gone);
        of_group.apdex.add(duration, class, threshold);
        of_group.client_errors += u32::from(class == Class::ClientError);
        of_group.server_errors += u32::from(class == Class::ServerError);
        of_group.gone += u32::from(class == Class::Gone);
        if let Some(bytes) = served.bytes_of(at) {
            *of_group.bytes.get_or_insert(0) += u64::from(bytes);
        }
    }
    uses
}
