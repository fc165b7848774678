//! Builds the log of a server's requests, in the order of the file: a request is a statement whose fingerprint is its
//! route and whose connection is its worker.

mod slugs;

use rustc_hash::{FxHashMap, FxHashSet};

use super::digest;
use super::fingerprint::{SEED, mix, mix_text};
use super::statements::arrange;
use super::{Clock, Connection, Fingerprint, QueryLog};
use crate::requests::patterns::Patterns;
use crate::requests::route::{self, MOST_SIBLINGS};
use crate::requests::{Class, Moment, Outcome, Served, UNKNOWN};
use crate::sort;

/// More outcomes than this are no longer told apart: methods may be anything that a client sends.
const MOST_OUTCOMES: usize = 4096;

/// So many addresses are remembered with the pattern that they fit, and so many routes are made by patterns or by what the
/// log calls them.
const MOST_ADDRESSES: usize = 1 << 16;
const MOST_GIVEN: usize = 20_000;

/// One request as a line says it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// The line's time, ms on the log's clock; NaN if it has none.
    pub stamp: f64,
    /// What that is.
    pub moment: Moment,
    /// Milliseconds; NaN if unknown.
    pub duration: f64,
    /// `GET`; empty if unknown.
    pub method: &'a [u8],
    /// The path and what follows it.
    pub target: &'a [u8],
    /// What the log itself calls its route (`articles/<int:year>/`); empty if it does not.
    pub route: &'a [u8],
    /// HTTP status, 0 for none.
    pub status: u16,
    /// Bytes of the answer, if the line says so.
    pub bytes: Option<u64>,
    /// Who asked; empty if unknown.
    pub client: &'a [u8],
    /// The process or thread that answered; empty if unknown.
    pub worker: &'a [u8],
    /// The user that the server knows; empty if none.
    pub user: &'a [u8],
    /// Milliseconds that the application behind a proxy took; NaN if unknown.
    pub upstream: f64,
    /// Byte of the unwrapped file at which its record begins.
    pub offset: u64,
    /// Bytes of its record.
    pub length: u32,
}

impl Default for Entry<'_> {
    fn default() -> Self {
        Self {
            stamp: f64::NAN,
            moment: Moment::End,
            duration: f64::NAN,
            method: b"",
            target: b"",
            route: b"",
            status: 0,
            bytes: None,
            client: b"",
            worker: b"",
            user: b"",
            upstream: f64::NAN,
            offset: 0,
            length: 0,
        }
    }
}

/// Collects requests.
#[derive(Debug)]
pub struct ServedBuilder {
    log: QueryLog,
    served: Served,
    routes: FxHashMap<u64, u32>,
    /// Per path how many different segments come next, and all of these; what was not found is counted by itself.
    siblings: FxHashMap<u64, u32>,
    segments: FxHashSet<u64>,
    outcomes: FxHashMap<u64, u16>,
    clients: FxHashMap<u64, u32>,
    workers: FxHashMap<u64, u32>,
    /// The site's own patterns, the routes of addresses that were seen lately (`None`: fits no pattern), the routes that are
    /// not made of addresses, and how many requests are for these.
    patterns: Patterns,
    addresses: FxHashMap<u64, Option<u32>>,
    given: FxHashSet<u32>,
    fitting: u32,
    /// A route that is being put together.
    scratch: Vec<u8>,
    /// Whether any line had a time.
    timed: bool,
}

impl Default for ServedBuilder {
    fn default() -> Self {
        let clients = [(SEED, 0)].into_iter().collect();
        Self {
            log: QueryLog::default(),
            served: Served { clients: vec![String::new()], ..Served::default() },
            routes: FxHashMap::default(),
            siblings: FxHashMap::default(),
            segments: FxHashSet::default(),
            outcomes: FxHashMap::default(),
            clients,
            workers: FxHashMap::default(),
            patterns: Patterns::default(),
            addresses: FxHashMap::default(),
            given: FxHashSet::default(),
            fitting: 0,
            scratch: Vec::new(),
            timed: false,
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl ServedBuilder {
    /// With the site's own patterns.
    pub fn with(patterns: Patterns) -> Self {
        Self { patterns, ..Self::default() }
    }

    /// How many of the requests fit one of the patterns, and how many of these there are.
    pub fn fitting(&self) -> (u32, usize) {
        (self.fitting, self.patterns.len())
    }

    /// How many requests there are so far.
    pub fn len(&self) -> usize {
        self.log.statements.len()
    }

    /// Whether there are none so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether there is room for another request without growing.
    pub fn has_room(&self) -> bool {
        self.len() < self.log.statements.start.capacity()
    }

    /// Makes room for so many requests in all, and for a ninth more than there are at least: a column that doubles has half of a
    /// large log's memory for nothing, and its old half beside it.
    pub fn expect(&mut self, requests: usize) {
        let count = self.len();
        let more = requests.saturating_sub(count).max(count / 8).max(256);
        let columns = &mut self.log.statements;
        columns.start.reserve_exact(more);
        columns.duration.reserve_exact(more);
        columns.fingerprint.reserve_exact(more);
        columns.connection.reserve_exact(more);
        columns.offset.reserve_exact(more);
        columns.length.reserve_exact(more);
        columns.failed.reserve_exact(more);
        columns.parameters.reserve_exact(more);
        self.served.outcome.reserve_exact(more);
        self.served.client.reserve_exact(more);
        self.served.bytes.reserve_exact(more);
    }

    /// Adds a request, in the order of the file; gives its index in that order.
    pub fn push(&mut self, entry: &Entry<'_>) -> usize {
        let duration = if entry.duration.is_nan() { 0.0 } else { entry.duration };
        let start = match entry.moment {
            Moment::Begin => entry.stamp,
            Moment::End => entry.stamp - duration,
        };
        self.timed |= !start.is_nan();
        let route = match self.given_route(entry) {
            Some(route) => {
                self.fitting += 1;
                route
            }
            None => self.route(entry.method, entry.target, is_miss(entry.status)),
        };
        let outcome = self.outcome(entry);
        let (client, worker) = (self.client(entry.client), self.worker(entry.worker, entry.user));
        let columns = &mut self.log.statements;
        let at = columns.start.len();
        columns.start.push(start);
        columns.duration.push(response_time(entry.status, entry.duration));
        columns.fingerprint.push(route);
        columns.connection.push(worker);
        columns.offset.push(entry.offset);
        columns.length.push(entry.length);
        columns.failed.push(u8::from(Class::of(entry.status) == Class::ServerError));
        columns.parameters.push(mix_text(SEED, entry.target));
        self.served.outcome.push(outcome);
        self.served.client.push(client);
        let bytes =
            entry.bytes.map_or(UNKNOWN, |bytes| u32::try_from(bytes).unwrap_or(UNKNOWN).min(UNKNOWN - 1));
        self.served.bytes.push(bytes);
        if !entry.upstream.is_nan() {
            let upstream = &mut self.served.upstream;
            if upstream.len() == upstream.capacity() {
                upstream.reserve_exact(columns.start.capacity() - upstream.len());
            }
            upstream.resize(at, f32::NAN);
            self.served.upstream.push(entry.upstream as f32);
        }
        at
    }

    /// A request, by its index in the order of the file, turned out to have been answered so, and to have taken so long.
    pub fn finish_request(&mut self, at: usize, status: u16, duration: f64) {
        let Some(outcome) = self.served.outcome.get(at) else { return };
        let method =
            self.served.outcomes.get(usize::from(*outcome)).map_or_else(String::new, |it| it.method.clone());
        let outcome = self.outcome(&Entry { method: method.as_bytes(), status, ..Entry::default() });
        self.served.outcome[at] = outcome;
        self.log.statements.failed[at] = u8::from(Class::of(status) == Class::ServerError);
        self.log.statements.duration[at] = response_time(status, duration);
    }

    fn outcome(&mut self, entry: &Entry<'_>) -> u16 {
        let key = mix(mix_text(SEED, entry.method), u64::from(entry.status));
        if let Some(&known) = self.outcomes.get(&key) {
            return known;
        }
        let full = self.served.outcomes.len() >= MOST_OUTCOMES;
        let method = if full { String::new() } else { text(entry.method) };
        let outcome = Outcome { method, status: entry.status };
        let place = self.served.outcomes.iter().position(|other| *other == outcome).unwrap_or_else(|| {
            self.served.outcomes.push(outcome);
            self.served.outcomes.len() - 1
        });
        let place = u16::try_from(place).unwrap_or(u16::MAX);
        if !full {
            self.outcomes.insert(key, place);
        }
        place
    }

    fn client(&mut self, client: &[u8]) -> u32 {
        let clients = &mut self.served.clients;
        *self.clients.entry(mix_text(SEED, client)).or_insert_with(|| {
            if client.is_empty() {
                return 0;
            }
            clients.push(text(client));
            clients.len() as u32 - 1
        })
    }

    fn worker(&mut self, worker: &[u8], user: &[u8]) -> u32 {
        let connections = &mut self.log.connections;
        *self.workers.entry(mix_text(mix(mix_text(SEED, worker), 1), user)).or_insert_with(|| {
            connections.push(Connection { process: text(worker), user: text(user), ..Connection::default() });
            connections.len() as u32 - 1
        })
    }

    /// The route of a request that the log names, or whose address fits a pattern of the site.
    fn given_route(&mut self, entry: &Entry<'_>) -> Option<u32> {
        if entry.route.is_empty() && self.patterns.is_empty() {
            return None;
        }
        let missed = is_miss(entry.status);
        let address = if entry.route.is_empty() { route::path(entry.target) } else { entry.route };
        let kind = u64::from(missed) + 2 * u64::from(entry.route.is_empty());
        let key = mix_text(mix(mix_text(SEED, entry.method), kind), address);
        if let Some(&known) = self.addresses.get(&key) {
            return known;
        }
        if self.addresses.len() >= MOST_ADDRESSES {
            self.addresses.clear();
        }
        let found = match entry.route {
            [] => {
                let found = self.patterns.find(entry.target, missed);
                found.map(|found| self.patterns.name(found).to_owned())
            }
            named if named.first() == Some(&b'/') => Some(text(named)),
            named => Some(format!("/{}", text(named))),
        };
        let route = found.filter(|_| self.given.len() < MOST_GIVEN).map(|found| {
            let blank = if entry.method.is_empty() { "" } else { " " };
            let name = format!("{}{blank}{found}", text(entry.method));
            let fingerprints = &mut self.log.fingerprints;
            let route = *self.routes.entry(mix_text(SEED, name.as_bytes())).or_insert_with(|| {
                fingerprints.push(Fingerprint { text: name, ..Fingerprint::default() });
                fingerprints.len() as u32 - 1
            });
            self.given.insert(route);
            route
        });
        self.addresses.insert(key, route);
        route
    }

    fn route(&mut self, method: &[u8], target: &[u8], missed: bool) -> u32 {
        let mut route = std::mem::take(&mut self.scratch);
        route.clear();
        route.extend_from_slice(method);
        if !method.is_empty() && !target.is_empty() {
            route.push(b' ');
        }
        route::write(target, &mut route);
        let known = self.routes.get(&mix_text(SEED, &route)).copied();
        let id = known.unwrap_or_else(|| self.new_route(&route, missed));
        self.scratch = route;
        id
    }

    /// The route of an address that was not seen before. Where very many came after the same path, it is one of these;
    /// scanners ask for very many that there are not, and leave the site's own their place.
    fn new_route(&mut self, whole: &[u8], missed: bool) -> u32 {
        let mut route: Vec<u8> = Vec::with_capacity(whole.len());
        for (at, segment) in whole.split(|&byte| byte == b'/').enumerate() {
            if at > 0 {
                route.push(b'/');
            }
            let parent = mix_text(SEED, &route);
            if self.segments.contains(&mix_text(mix(parent, 1), segment)) || segment.is_empty() {
                route.extend_from_slice(segment);
                continue;
            }
            let count = self.siblings.entry(mix(parent, u64::from(missed))).or_default();
            if *count < MOST_SIBLINGS {
                *count += 1;
                self.segments.insert(mix_text(mix(parent, 1), segment));
                route.extend_from_slice(segment);
            } else {
                route.extend_from_slice(route::SLUG);
            }
        }
        let fingerprints = &mut self.log.fingerprints;
        *self.routes.entry(mix_text(SEED, &route)).or_insert_with(|| {
            let name = if route.is_empty() { "(no address)".to_owned() } else { text(&route) };
            fingerprints.push(Fingerprint { text: name, ..Fingerprint::default() });
            fingerprints.len() as u32 - 1
        })
    }

    /// Puts the requests in order of their beginnings. `stamped` is what the lines' stamps are, `step` how fine durations
    /// are, ms, `how_to_time` how to log them with this server where it does not.
    pub fn finish(
        mut self,
        zone: Option<String>,
        inferred: Option<String>,
        (stamped, step): (Moment, f64),
        how_to_time: &str,
    ) -> QueryLog {
        self.fold_slugs();
        let (columns, served) = (&mut self.log.statements, &mut self.served);
        let count = columns.start.len();
        if !served.upstream.is_empty() {
            served.upstream.resize(count, f32::NAN);
        }
        if served.bytes.iter().all(|&bytes| bytes == UNKNOWN) {
            served.bytes.clear();
        }
        let mut previous = 0.0;
        for start in &mut columns.start {
            if start.is_nan() {
                *start = previous;
            }
            previous = *start;
        }
        if !columns.start.is_sorted() {
            let order = sort::order_of_times(&columns.start);
            arrange(&mut columns.start, &order);
            arrange(&mut columns.duration, &order);
            arrange(&mut columns.fingerprint, &order);
            arrange(&mut columns.connection, &order);
            arrange(&mut columns.offset, &order);
            arrange(&mut columns.length, &order);
            arrange(&mut columns.failed, &order);
            arrange(&mut columns.parameters, &order);
            arrange(&mut served.outcome, &order);
            arrange(&mut served.client, &order);
            if !served.bytes.is_empty() {
                arrange(&mut served.bytes, &order);
            }
            if !served.upstream.is_empty() {
                arrange(&mut served.upstream, &order);
            }
        }
        served.stamped = stamped;
        let has_durations = columns.duration.iter().any(|duration| !duration.is_nan());
        served.step = if has_durations { step } else { 0.0 };
        if !has_durations && !how_to_time.is_empty() {
            served.how_to_time = Some(how_to_time.to_owned());
        }
        self.log.clock = if self.timed { Clock::Wall { zone } } else { Clock::Sequence };
        self.log.inferred = inferred;
        self.log.served = Some(Box::new(self.served));
        self.log.numbers = digest::numbers(&self.log);
        self.log
    }

    /// How many requests for each route were for something that is there.
    fn answered(&self) -> Vec<u32> {
        let mut counts = vec![0; self.log.fingerprints.len()];
        for (&route, &outcome) in self.log.statements.fingerprint.iter().zip(&self.served.outcome) {
            let missed = self.served.outcomes.get(usize::from(outcome)).is_some_and(|it| is_miss(it.status));
            counts[route as usize] += u32::from(!missed);
        }
        counts
    }

    /// Makes one route of those that differ in a name of which there are many ([`slugs`]).
    fn fold_slugs(&mut self) {
        let answered = self.answered();
        let mut routes: Vec<String> = self.log.fingerprints.iter().map(|it| it.text.clone()).collect();
        // What a pattern says is no name of an object.
        let is_given: Vec<bool> = (0..routes.len() as u32).map(|route| self.given.contains(&route)).collect();
        if !slugs::fold(&mut routes, &answered, &is_given) {
            return;
        }
        let mut ids: FxHashMap<&str, u32> = FxHashMap::default();
        let mut kept: Vec<&str> = Vec::new();
        let of: Vec<u32> = routes
            .iter()
            .map(|route| {
                *ids.entry(route).or_insert_with(|| {
                    kept.push(route);
                    kept.len() as u32 - 1
                })
            })
            .collect();
        let fingerprint = |text: &&str| Fingerprint { text: (*text).to_owned(), ..Fingerprint::default() };
        self.log.fingerprints = kept.iter().map(fingerprint).collect();
        for route in &mut self.log.statements.fingerprint {
            *route = of[*route as usize];
        }
    }
}

/// Whether what was asked for is not there, or no request at all.
fn is_miss(status: u16) -> bool {
    matches!(status, 400 | 404 | 405 | 410)
}

/// How long an answer took, ms: how long a websocket lived (101) is no response time.
fn response_time(status: u16, duration: f64) -> f64 {
    if status == 101 { f64::NAN } else { duration }
}

#[cfg(test)]
mod tests;
