//! Routes that differ in a name of which there are many (`red-shoe`, `blue-shoe`) are one, at any depth.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::queries::fingerprint::{SEED, mix, mix_text};
use crate::requests::route;

/// So many siblings with names like slugs (`red-shoe`) are one route.
const SLUGS: u32 = 50;

/// So many siblings are, whatever they look like.
const MANY: u32 = 300;

/// Makes one route of those that differ in a name of which there are many, at any depth: each of `routes` is what it is in the
/// end. Where many are only such as were not found, these are one route, and the site's own stay; and so do words that are asked
/// for often. `answered` counts requests of each for something that is there; `is_given` are those that are not made of
/// addresses. Says whether any became another.
pub fn fold(routes: &mut [String], answered: &[u32], is_given: &[bool]) -> bool {
    let deepest = routes.iter().map(|it| it.split('/').count()).max().unwrap_or(0).min(16);
    let mut folded = false;
    for depth in 1..deepest {
        let free = |at: usize| !is_given[at];
        let keys = |parent: &str, segment: &str| {
            let family = mix_text(SEED, parent.as_bytes());
            (family, mix_text(mix(family, 1), segment.as_bytes()))
        };
        let mut requests: FxHashMap<u64, u32> = FxHashMap::default();
        let counted = routes.iter().zip(answered).enumerate().filter(|(at, _)| free(*at));
        for (_, (route, count)) in counted {
            let Some((parent, segment, _)) = at_depth(route, depth) else { continue };
            *requests.entry(keys(parent, segment).1).or_default() += count;
        }
        let mut families: FxHashMap<u64, Family> = FxHashMap::default();
        let mut seen: FxHashSet<u64> = FxHashSet::default();
        for (_, route) in routes.iter().enumerate().filter(|(at, _)| free(*at)) {
            let Some((parent, segment, _)) = at_depth(route, depth) else { continue };
            let (family, member) = keys(parent, segment);
            if seen.insert(member) {
                let count = requests.get(&member).copied().unwrap_or(0);
                families.entry(family).or_default().add(is_slug(segment), count);
            }
        }
        families.retain(|_, family| family.all.are_many() || family.found.are_many());
        if families.is_empty() {
            continue;
        }
        folded = true;
        for (_, route) in routes.iter_mut().enumerate().filter(|(at, _)| free(*at)) {
            let Some((parent, segment, rest)) = at_depth(route, depth) else { continue };
            let (family, member) = keys(parent, segment);
            let count = requests.get(&member).copied().unwrap_or(0);
            let folds = families.get(&family).is_some_and(|family| family.folds(segment, count));
            if folds && !segment.is_empty() && !segment.starts_with('{') {
                let one = route::with_slug(&route.as_bytes()[..parent.len() + segment.len()]);
                *route = format!("{}{rest}", String::from_utf8_lossy(&one));
            }
        }
    }
    folded
}

/// How many names, and how many of them look like slugs.
#[derive(Debug, Clone, Copy, Default)]
struct Names {
    all: u32,
    slugs: u32,
}

impl Names {
    fn are_many(self) -> bool {
        self.all > MANY || (self.slugs > SLUGS && self.slugs * 5 > self.all * 3)
    }
}

/// The names in one place.
#[derive(Debug, Clone, Copy, Default)]
struct Family {
    all: Names,
    /// Those that were found.
    found: Names,
    /// Requests for these.
    requests: u32,
}

impl Family {
    /// A name, and how many requests found it.
    fn add(&mut self, is_slug: bool, count: u32) {
        let add = |names: &mut Names| {
            names.all += 1;
            names.slugs += u32::from(is_slug);
        };
        add(&mut self.all);
        if count > 0 {
            add(&mut self.found);
        }
        self.requests = self.requests.saturating_add(count);
    }

    /// Whether a name that so many requests found is one of many.
    fn folds(&self, segment: &str, count: u32) -> bool {
        if count == 0 {
            return true;
        }
        // A word that every fiftieth request is for is a view.
        let is_often = !is_slug(segment) && count > 1 && u64::from(count) * 50 >= u64::from(self.requests);
        self.found.are_many() && !is_often
    }
}

/// A route's segment of this number, with what is before and behind it.
fn at_depth(route: &str, depth: usize) -> Option<(&str, &str, &str)> {
    let (slash, _) = route.match_indices('/').nth(depth - 1)?;
    let begin = slash + 1;
    let end = route[begin..].find('/').map_or(route.len(), |at| begin + at);
    Some((&route[..begin], &route[begin..end], &route[end..]))
}

/// Whether it looks like words made into a part of an address, or like a file.
fn is_slug(segment: &str) -> bool {
    segment.contains(['-', '.', '_', '%']) || segment.bytes().any(|byte| byte.is_ascii_digit())
}
