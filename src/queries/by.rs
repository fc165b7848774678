//! What statements can be grouped, filtered and put on lanes by.
//!
//! Every statement has exactly one key of each kind, so that the sums over any grouping equal the
//! total. For tables that means: a statement belongs to the first table it names (the one it selects
//! FROM or writes to). The table view counts it for each ([`super::table_use`]).

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::highlight::brief;
use super::{Connection, NONE, Operation, QueryLog};
use crate::requests::Served;

/// A kind of group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum By {
    /// The fingerprint.
    #[default]
    Fingerprint,
    /// The first table it names.
    Table,
    /// What it does.
    Operation,
    /// The connection's application name.
    Application,
    /// The database user.
    User,
    /// The client's host.
    Host,
    /// The database.
    Database,
    /// The connection.
    Connection,
    /// The request.
    Request,
    /// The request's view.
    View,
    /// The line of code it comes from, else the view its comment names.
    Caller,
    /// Of requests: `GET`, `POST`.
    Method,
    /// Of requests: what they were answered with.
    Status,
}

/// What the group of statements without a key is called, by kind.
const NO_KEY: &str = "(not logged)";

impl By {
    /// All kinds, in the order in which they are offered.
    pub const ALL: [Self; 13] = [
        Self::Fingerprint,
        Self::Table,
        Self::Operation,
        Self::Method,
        Self::Status,
        Self::View,
        Self::Request,
        Self::Caller,
        Self::Application,
        Self::User,
        Self::Host,
        Self::Database,
        Self::Connection,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Fingerprint => "Query",
            Self::Table => "Table",
            Self::Operation => "Operation",
            Self::Application => "Application",
            Self::User => "User",
            Self::Host => "Host",
            Self::Database => "Database",
            Self::Connection => "Connection",
            Self::Request => "Request",
            Self::View => "View",
            Self::Caller => "Caller",
            Self::Method => "Method",
            Self::Status => "Status",
        }
    }

    /// Its name in addresses: its title in lower case.
    pub fn key(self) -> &'static str {
        match self {
            Self::Fingerprint => "query",
            Self::Table => "table",
            Self::Operation => "operation",
            Self::Application => "application",
            Self::User => "user",
            Self::Host => "host",
            Self::Database => "database",
            Self::Connection => "connection",
            Self::Request => "request",
            Self::View => "view",
            Self::Caller => "caller",
            Self::Method => "method",
            Self::Status => "status",
        }
    }

    /// The kind of this [`Self::key`].
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.key() == key)
    }

    /// What it is called in a log of requests.
    pub fn title_of_requests(self) -> &'static str {
        match self {
            Self::Fingerprint => "Route",
            Self::Host => "Client",
            Self::Connection => "Worker",
            by => by.title(),
        }
    }

    /// Whether requests that a server logged can be told apart by it.
    pub fn is_of_requests(self) -> bool {
        matches!(
            self,
            Self::Fingerprint | Self::Method | Self::Status | Self::Host | Self::User | Self::Connection
        )
    }

    /// Whether its keys are numbers of the log, and not names: such a key means nothing in another log.
    pub fn is_numbered(self) -> bool {
        matches!(self, Self::Fingerprint | Self::Connection | Self::Request)
    }
}

impl Operation {
    /// As it is written in SQL, or in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Transaction => "TRANSACTION",
            Self::Schema => "SCHEMA",
            Self::Other => "OTHER",
        }
    }

    /// Whether it changes rows.
    pub fn is_write(self) -> bool {
        matches!(self, Self::Insert | Self::Update | Self::Delete)
    }
}

/// Every statement's key of one kind.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    /// Of what kind.
    pub by: By,
    /// Per statement.
    pub of: Vec<u32>,
    /// Per event of the log ([`super::Events`]): that of its statement; without one, what it says itself.
    pub of_event: Vec<u32>,
    /// How many keys there are; not every one need have a statement.
    pub count: usize,
    /// Per key its name; empty for kinds that are numbered.
    names: Vec<String>,
    /// Of requests: per key the fingerprint of most time, where some request has no name of its own.
    heaviest: Vec<u32>,
}

/// Names, each once, numbered in the order in which they come.
#[derive(Default)]
struct Names<'a> {
    ids: FxHashMap<Cow<'a, str>, u32>,
    names: Vec<String>,
}

impl<'a> Names<'a> {
    fn id(&mut self, name: impl Into<Cow<'a, str>>) -> u32 {
        let name = name.into();
        if let Some(&id) = self.ids.get(&name) {
            return id;
        }
        let id = self.names.len() as u32;
        self.names.push(name.clone().into_owned());
        self.ids.insert(name, id);
        id
    }
}

impl Keys {
    /// The keys of `log`.
    pub fn new(log: &QueryLog, by: By) -> Self {
        if let Some(served) = log.served.as_deref()
            && !matches!(by, By::Fingerprint | By::Connection | By::User)
        {
            return Self::of_requests(log, served, by);
        }
        let (statements, events) = (&log.statements, &log.events);
        let mut names = Names::default();
        // Of statements and of events: what they go through, and the key of each of that; of what events have none of,
        // the last one.
        let through = |bases: [&[u32]; 2], keys: &[u32], none: u32| {
            bases.map(|bases| -> Vec<u32> {
                bases.iter().map(|&base| keys.get(base as usize).copied().unwrap_or(none)).collect()
            })
        };
        let fingerprints = [&statements.fingerprint[..], &events.fingerprint[..]];
        let connections = [&statements.connection[..], &events.connection[..]];
        let mut by_connection = |of: fn(&Connection) -> &str| {
            let keys: Vec<u32> = log.connections.iter().map(|connection| names.id(of(connection))).collect();
            through(connections, &keys, 0)
        };
        let all_fingerprints = || log.fingerprints.iter().chain(&events.unfinished);
        let fingerprint_count = log.fingerprints.len() + events.unfinished.len();
        let [of, mut of_event] = match by {
            By::Fingerprint => {
                let none = fingerprint_count as u32;
                let of_event = events.fingerprint.iter().map(|&id| id.min(none)).collect();
                [statements.fingerprint.clone(), of_event]
            }
            By::Connection => [statements.connection.clone(), events.connection.clone()],
            By::Request => {
                let none = log.requests.len() as u32;
                let of_event = super::events::requests(log).into_iter().map(|id| id.min(none)).collect();
                [statements.request.clone(), of_event]
            }
            By::Application => by_connection(|connection| &connection.application),
            By::User => by_connection(|connection| &connection.user),
            By::Host => by_connection(|connection| &connection.client),
            By::Database => by_connection(|connection| &connection.database),
            By::Table => {
                let first = |tables: &'_ [String]| tables.first().cloned().unwrap_or_default();
                let keys: Vec<u32> = all_fingerprints().map(|print| names.id(first(&print.tables))).collect();
                let none = if events.is_empty() { 0 } else { names.id("") };
                through(fingerprints, &keys, none)
            }
            // Statements have none of requests'.
            By::Method | By::Status => {
                [vec![names.id(""); statements.len()], vec![names.id(""); events.len()]]
            }
            By::Operation => {
                let keys: Vec<u32> =
                    all_fingerprints().map(|print| names.id(print.operation.name())).collect();
                let none = if events.is_empty() { 0 } else { names.id("") };
                through(fingerprints, &keys, none)
            }
            By::View => {
                let keys: Vec<u32> =
                    log.requests.iter().map(|request| names.id(request.view.as_str())).collect();
                let none = if events.is_empty() { 0 } else { names.id("") };
                through([&statements.request, &super::events::requests(log)], &keys, none)
            }
            By::Caller => {
                let views: Vec<u32> =
                    log.requests.iter().map(|request| names.id(request.view.as_str())).collect();
                let sites: Vec<u32> = log
                    .sites
                    .iter()
                    .map(|site| match site.frames.first() {
                        Some(frame) => names.id(frame.place()),
                        None => NONE,
                    })
                    .collect();
                let of: Vec<u32> = (0..statements.len())
                    .map(|at| {
                        let site = statements.site(at).map_or(NONE, |site| sites[site as usize]);
                        if site == NONE { views[statements.request[at] as usize] } else { site }
                    })
                    .collect();
                let none = if events.is_empty() { 0 } else { names.id("") };
                let requests = super::events::requests(log);
                let places = events.statement.iter().zip(&requests).map(|(&statement, &request)| {
                    let own = of.get(statement as usize).copied();
                    own.or_else(|| views.get(request as usize).copied()).unwrap_or(none)
                });
                let of_event = places.collect();
                [of, of_event]
            }
        };
        if by == By::Table {
            for (event, key) in of_event.iter_mut().enumerate() {
                if let Some(table) = super::events::vacuumed_table(events, event) {
                    *key = names.id(table.to_owned());
                }
            }
        }
        let count = match by {
            By::Fingerprint => fingerprint_count + 1,
            By::Connection => log.connections.len(),
            By::Request => log.requests.len() + 1,
            _ => names.names.len(),
        };
        let heaviest = if by == By::Request { heaviest(log) } else { Vec::new() };
        Self { by, of, of_event, count, names: names.names, heaviest }
    }

    /// Those of a log of requests that are in [`Served`]; of kinds that requests do not have there is one.
    fn of_requests(log: &QueryLog, served: &Served, by: By) -> Self {
        let mut names = Names::default();
        let of = match by {
            By::Host => {
                let keys: Vec<u32> = served.clients.iter().map(|client| names.id(client.as_str())).collect();
                served.client.iter().map(|&client| keys.get(client as usize).copied().unwrap_or(0)).collect()
            }
            By::Method | By::Status => {
                let keys: Vec<u32> = served
                    .outcomes
                    .iter()
                    .map(|outcome| match (by, outcome.status) {
                        (By::Method, _) => names.id(outcome.method.as_str()),
                        (_, 0) => names.id(""),
                        (_, status) => names.id(status.to_string()),
                    })
                    .collect();
                let of = served.outcome.iter();
                of.map(|&outcome| keys.get(usize::from(outcome)).copied().unwrap_or(0)).collect()
            }
            _ => vec![names.id(""); log.statements.len()],
        };
        let count = names.names.len();
        Self { by, of, of_event: Vec::new(), count, names: names.names, heaviest: Vec::new() }
    }

    /// What a filter names the key by: its name, empty for what is not logged; or its number.
    pub fn value(&self, key: u32) -> Cow<'_, str> {
        if self.by.is_numbered() {
            key.to_string().into()
        } else {
            self.names.get(key as usize).map_or("", String::as_str).into()
        }
    }

    /// The key a filter names.
    pub fn find(&self, value: &str) -> Option<u32> {
        if self.by.is_numbered() {
            value.parse().ok().filter(|&key: &u32| (key as usize) < self.count)
        } else {
            self.names.iter().position(|name| name == value).map(|key| key as u32)
        }
    }

    /// What the key is called.
    pub fn label(&self, log: &QueryLog, key: u32) -> String {
        match self.by {
            By::Fingerprint => log.any_fingerprint(key).map_or_else(
                || "(no statement)".to_owned(),
                |it| if log.served.is_some() { it.text.clone() } else { brief(&it.text) },
            ),
            By::Connection if log.served.is_some() && log.connections.len() == 1 => "all requests".to_owned(),
            By::Request if key as usize >= log.requests.len() => "(no request)".to_owned(),
            By::Connection => log.connections.get(key as usize).map_or_else(String::new, Connection::title),
            By::Request => match log.requests.get(key as usize).map(super::Request::title) {
                Some(title) if !title.is_empty() => title,
                _ => {
                    let number = format!("request {}", u64::from(key) + 1);
                    let heaviest = self.heaviest.get(key as usize).copied().unwrap_or(NONE);
                    match log.fingerprints.get(heaviest as usize) {
                        Some(query) => format!("{} ({number})", brief(&query.text)),
                        None => number,
                    }
                }
            },
            By::Table if self.value(key).is_empty() => "(no table)".to_owned(),
            _ => match self.value(key) {
                name if name.is_empty() => NO_KEY.to_owned(),
                name => name.into_owned(),
            },
        }
    }
}

/// Per request the fingerprint that takes most of its time, transactions left out where there is another, or [`NONE`];
/// nothing if all requests have names.
fn heaviest(log: &QueryLog) -> Vec<u32> {
    if log.requests.iter().all(|request| !request.title().is_empty()) {
        return Vec::new();
    }
    let (first, order) = log.by_request();
    let statements = &log.statements;
    let mut times: FxHashMap<u32, f64> = FxHashMap::default();
    let of = |bounds: &[u32]| {
        times.clear();
        let mut best = (NONE, f64::NEG_INFINITY);
        for &at in &order[bounds[0] as usize..bounds[1] as usize] {
            let at = at as usize;
            let fingerprint = statements.fingerprint[at];
            let is_transaction = log.fingerprints[fingerprint as usize].operation == Operation::Transaction;
            let time = times.entry(fingerprint).or_insert(if is_transaction { -1e12 } else { 0.0 });
            *time += statements.duration[at].max(0.0);
            if *time > best.1 {
                best = (fingerprint, *time);
            }
        }
        best.0
    };
    first.windows(2).map(of).collect()
}

/// Before the number of a lane.
const LANE: &str = "lane ";

impl Connection {
    /// The process of what a recording has in place of connections: requests that ran at the same time have
    /// lanes of their own.
    pub fn lane(number: usize) -> String {
        format!("{LANE}{number}")
    }

    /// Whether a process is such a lane: `lane 2`.
    pub fn is_lane(process: &str) -> bool {
        let number = process.strip_prefix(LANE).unwrap_or_default();
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    }

    /// Whether it is known by a process that serves it.
    pub fn is_of_a_server(&self) -> bool {
        !self.process.is_empty() && !Self::is_lane(&self.process)
    }

    /// What it is called: `pid 31499 · shop`.
    pub fn title(&self) -> String {
        let process = self.process.as_str();
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let process = match process.split_once('/') {
            Some((process, thread)) if is_number(process) => format!("pid {process}, thread {thread}"),
            _ if is_number(process) => format!("pid {process}"),
            _ => process.to_owned(),
        };
        let parts = [process.as_str(), self.database.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        if parts.is_empty() { "all statements".to_owned() } else { parts.join(" · ") }
    }
}
