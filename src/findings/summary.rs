//! The whole picture: the layers, and the Pareto curve of code and SQL.

use serde::{Deserialize, Serialize};

use super::digest::{Item, Items, ProfileDigest, QueriesDigest};
use super::{Below, Bound, Link, share};
use crate::format;
use crate::profile::Layer;
use crate::sort;

/// The share of the time that "the vital few" make: Pareto's 80 %.
pub const VITAL_SHARE: f64 = 0.8;

/// The share of a profile below which a layer is not named.
const LEAST_LAYER: f64 = 1e-3;

/// What the findings are a part of. Times are milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// What times are thousandths of.
    pub unit: crate::format::Unit,
    /// All time of the profile; of a log without one, of its statements.
    pub total: f64,
    /// The profiler's own time in that, about; 0 for a log alone.
    pub profiler: f64,
    /// Time per layer, largest first, without empty ones; empty for a log alone.
    pub layers: Vec<(Layer, f64)>,
    /// The layer that limits throughput first; see [`Summary::of_profile`].
    pub bottleneck: Option<Layer>,
    /// Functions by self time and queries by the time of their executions, together.
    pub items: Items,
    /// How many of the items make 80 % of the time.
    pub vital: u32,
    /// How many of these are queries.
    pub vital_queries: u32,
    /// Statements in the log.
    pub executions: u32,
    /// Time of all statements.
    pub database_time: f64,
    /// Requests in the log, recorded or inferred.
    pub requests: u32,
    /// Of a profile the user's own function that takes most without the other own functions it calls.
    pub slowest: Option<Slowest>,
}

/// An own function, and what it takes without the other own functions that it calls.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slowest {
    /// Its name, of the code of a module its file.
    pub name: String,
    /// `file:line`.
    pub place: String,
    /// Thousandths of the unit.
    pub time: f64,
}

impl Summary {
    /// Of a profile alone. The bottleneck is the layer with most time: as long as a worker serves one
    /// request at a time, as Django's do, a second of waiting takes as much throughput as a second of
    /// computing. "Other libraries" and "Python itself" can be it as well.
    pub fn of_profile(digest: &ProfileDigest) -> Self {
        let mut layers: Vec<(Layer, f64)> = Layer::ALL
            .into_iter()
            .zip(digest.layers.iter().copied())
            .filter(|(_, time)| *time > 0.0)
            .collect();
        sort::by(&mut layers, |a, b| b.1.total_cmp(&a.1));
        Self {
            unit: digest.unit,
            total: digest.total,
            profiler: digest.python() * (1.0 - digest.unprofiled()),
            bottleneck: layers.first().map(|(layer, _)| *layer),
            layers,
            ..Self::default()
        }
        .with(digest.functions.clone())
    }

    /// Of a log alone.
    pub fn of_queries(digest: &QueriesDigest) -> Self {
        Self {
            total: digest.total,
            executions: digest.executions,
            database_time: digest.total,
            requests: digest.requests,
            ..Self::default()
        }
        .with(digest.queries.clone())
    }

    /// Of both. The queries take the place of the functions that waited for them: of the driver's
    /// self time as much as the log accounts for goes.
    pub fn of_pair(profile: &ProfileDigest, log: &QueriesDigest) -> Self {
        let waited: f64 = profile.driver.iter().map(|(_, time)| time).sum();
        let accounted = if waited > 0.0 { (log.total / waited).min(1.0) } else { 0.0 };
        let within = |item: &Item| {
            let own = |(function, _): &&(u32, f64)| item.link == Link::Function(*function);
            profile.driver.iter().find(own).map_or(0.0, |(_, time)| *time)
        };
        let mut largest = profile.functions.largest.clone();
        let mut kept = profile.functions.total;
        for item in &mut largest {
            let accounted = within(item).min(item.time) * accounted;
            kept -= accounted;
            item.time -= accounted;
        }
        largest.retain(|item| item.time > 0.0);
        let gone = (profile.functions.largest.len() - largest.len()) as u32;
        largest.extend(log.queries.largest.iter().cloned());
        sort::by(&mut largest, |a, b| b.time.total_cmp(&a.time));
        // What was lessened may now be smaller than what is not kept one by one.
        let floor = profile.functions.floor().max(log.queries.floor());
        largest.retain(|item| item.time >= floor);
        let items = Items {
            largest,
            count: profile.functions.count - gone + log.queries.count,
            total: kept + log.queries.total,
        };
        Self {
            executions: log.executions,
            database_time: log.total,
            requests: log.requests,
            ..Self::of_profile(profile)
        }
        .with(items)
    }

    /// The layer that takes most, or without layers the query; for when no rule has anything to say.
    pub(super) fn largest(&self) -> Option<Below> {
        // What cannot be told is no cause.
        let told = self.layers.iter().find(|(layer, _)| *layer != Layer::Untold);
        let (title, saving) = match (told, self.items.largest.first()) {
            (Some((layer, time)), _) => {
                (format!("{}, {}", layer.title(), format::percent(share(*time, self.total))), *time)
            }
            (None, Some(item)) => (format!("{}, {}", item.label, format::milliseconds(item.time)), item.time),
            (None, None) => return None,
        };
        (saving > 0.0).then_some(Below { rule: String::new(), title, saving, bound: Bound::AtMost })
    }

    /// What it is the whole of, in a word.
    pub fn noun(&self) -> &'static str {
        match self.unit {
            format::Unit::Bytes => "memory",
            format::Unit::Count => "total",
            _ => "time",
        }
    }

    /// The layers that are worth naming: below a thousandth they are noise.
    pub fn named_layers(&self) -> impl Iterator<Item = (Layer, f64)> + Clone + '_ {
        let whole: f64 = self.layers.iter().map(|(_, time)| time).sum();
        self.layers.iter().copied().filter(move |(_, time)| *time >= LEAST_LAYER * whole)
    }

    /// What the bar of layers says, in a sentence; nothing for a log alone.
    pub fn most(&self) -> Option<String> {
        let (layer, time) = self.layers.first()?;
        let whole: f64 = self.layers.iter().map(|(_, time)| time).sum();
        let share = format::percent(share(*time, whole));
        Some(match layer {
            Layer::Untold => format!(
                "Where {share} of the {} goes cannot be told: the file does not say whose code it is.",
                self.noun()
            ),
            layer if self.unit == format::Unit::Count => format!("Most goes to {}: {share}.", layer.name()),
            layer => format!("Most {} goes to {}: {share}.", self.noun(), layer.name()),
        })
    }

    /// What the curve says, in a sentence: `7 of 412 functions and queries account for 80 % of the time.`
    pub fn vital_few(&self, functions: bool, queries: bool) -> String {
        let items = &self.items;
        let (count, sum) = items.vital(VITAL_SHARE);
        let things = match (functions, queries) {
            (true, true) => "functions and queries",
            (true, false) => "functions",
            (false, _) => "queries",
        };
        let whole = self.noun();
        // Where not all are known one by one, it can be less.
        let made = if sum >= VITAL_SHARE * items.total { VITAL_SHARE } else { share(sum, items.total) };
        let of_queries = match (functions && queries, self.vital_queries) {
            (false, _) => String::new(),
            (true, 0) => "; none of them is a query".to_owned(),
            (true, 1) => "; one of them is a query".to_owned(),
            (true, many) => format!("; {many} of them are queries"),
        };
        format!(
            "{} of {} {things} {} {} of the {whole}{of_queries}.",
            format::count(count as i64),
            format::count(i64::from(items.count)),
            if count == 1 { "accounts for" } else { "account for" },
            format::percent(made),
        )
    }

    fn with(mut self, items: Items) -> Self {
        let (vital, _) = items.vital(VITAL_SHARE);
        self.vital = vital as u32;
        let queries = |item: &&Item| matches!(item.link, Link::Query(_));
        self.vital_queries = items.largest.iter().take(vital).filter(queries).count() as u32;
        self.items = items;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(times: &[f64], more: u32, link: fn(u32) -> Link) -> Items {
        let item = |(id, &time): (usize, &f64)| Item {
            label: id.to_string(),
            place: String::new(),
            layer: Layer::Database,
            time,
            link: link(id as u32),
        };
        Items {
            largest: times.iter().enumerate().map(item).collect(),
            count: times.len() as u32 + more,
            total: times.iter().sum::<f64>() + f64::from(more),
        }
    }

    #[test]
    fn queries_take_the_place_of_the_driver_that_waited_for_them() {
        let profile = |more| ProfileDigest {
            total: 21.0,
            functions: items(&[10.0, 6.0, 5.0], more, Link::Function),
            driver: vec![(0, 10.0)],
            ..ProfileDigest::default()
        };
        let log = QueriesDigest {
            total: 9.0,
            queries: items(&[8.0, 1.0], 0, Link::Query),
            ..QueriesDigest::default()
        };
        let times = |summary: &Summary| {
            summary.items.largest.iter().map(|item| (item.time * 1e6).round() / 1e6).collect::<Vec<_>>()
        };
        let all = Summary::of_pair(&profile(0), &log);
        assert_eq!(times(&all), [8.0, 6.0, 5.0, 1.0, 1.0]);
        assert_eq!((all.items.count, all.vital, all.vital_queries), (5, 3, 1));
        assert!((all.items.total - 21.0).abs() < 1e-9);
        // A function that is not kept one by one may take up to 5 ms: nothing smaller is said to come next.
        let some = Summary::of_pair(&profile(2), &log);
        assert_eq!((times(&some), some.items.count), (vec![8.0, 6.0, 5.0], 7));
    }
}
