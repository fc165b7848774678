//! What a log of requests says beside when each began and how long it took: answers, clients, bytes.
//!
//! A request log is a log of executions like an SQL log: a request is what a statement is there, its
//! route is the fingerprint, its worker the connection. So filters, tables, curves and comparisons are the
//! same code. What only requests have is [`Served`], in columns beside theirs, and the questions that only
//! a site has: [`availability`] and [`load`].

pub mod availability;
pub mod load;
pub mod patterns;
pub mod route;
pub mod route_use;

use serde::{Deserialize, Serialize};

/// In a column of numbers: unknown.
pub const UNKNOWN: u32 = u32::MAX;

/// What the time on a line of the log means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Moment {
    /// When the request began.
    Begin,
    /// When it was answered and logged: a request that took long began that much earlier.
    #[default]
    End,
}

/// What a request was answered with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Outcome {
    /// `GET`; empty if the log does not say, or if it was none.
    pub method: String,
    /// HTTP status; 0 if there was none, as when the client left before the answer.
    pub status: u16,
}

/// Statuses by what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// 1xx: a websocket's 101, which is no answer yet.
    Informational,
    /// 2xx.
    Fine,
    /// 3xx.
    Redirect,
    /// 4xx: the client's mistake.
    ClientError,
    /// The client left before it was answered: nginx's, Caddy's and Traefik's 499, ALB's 460, or no status.
    Gone,
    /// 5xx: the site's fault.
    ServerError,
}

impl Class {
    /// All, in the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Informational, Self::Fine, Self::Redirect, Self::ClientError, Self::Gone, Self::ServerError];

    /// Of a status; 0 is none.
    pub fn of(status: u16) -> Self {
        match status {
            0 | 460 | 499 => Self::Gone,
            100..=199 => Self::Informational,
            300..=399 => Self::Redirect,
            400..=499 => Self::ClientError,
            500.. => Self::ServerError,
            _ => Self::Fine,
        }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Informational => "1xx",
            Self::Fine => "2xx",
            Self::Redirect => "3xx",
            Self::ClientError => "4xx",
            Self::Gone => "client left",
            Self::ServerError => "5xx",
        }
    }
}

/// What a request log has beside starts, durations and routes: columns of one entry per request, in the order
/// of the requests; about 10 bytes each.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Served {
    /// Index into [`Self::outcomes`].
    pub outcome: Vec<u16>,
    /// Every method with its status, each once.
    pub outcomes: Vec<Outcome>,
    /// Index into [`Self::clients`].
    pub client: Vec<u32>,
    /// Addresses of clients as the server saw them, each once; the first is empty: unknown.
    pub clients: Vec<String>,
    /// Bytes of the answer as the server counts them (with headers or without), at most 4 GB, or [`UNKNOWN`].
    pub bytes: Vec<u32>,
    /// Milliseconds that the application behind a proxy took, NaN where unknown; empty if the log has none at all.
    pub upstream: Vec<f32>,
    /// What the log's stamps are.
    pub stamped: Moment,
    /// How fine durations are logged, ms; 0 if there are none.
    pub step: f64,
    /// How to log durations with this server, if the log has none: the line of its configuration.
    pub how_to_time: Option<String>,
}

impl Served {
    /// What a request was answered with.
    pub fn outcome_of(&self, request: usize) -> Option<&Outcome> {
        self.outcomes.get(usize::from(*self.outcome.get(request)?))
    }

    /// The status of a request, 0 for none.
    pub fn status(&self, request: usize) -> u16 {
        self.outcome_of(request).map_or(0, |outcome| outcome.status)
    }

    /// The class of each of [`Self::outcomes`].
    pub fn classes(&self) -> Vec<Class> {
        self.outcomes.iter().map(|outcome| Class::of(outcome.status)).collect()
    }

    /// Bytes of a request's answer, if the log has them.
    pub fn bytes_of(&self, request: usize) -> Option<u32> {
        self.bytes.get(request).copied().filter(|&bytes| bytes != UNKNOWN)
    }

    /// Milliseconds that the application behind the proxy took, if the log has it.
    pub fn upstream_of(&self, request: usize) -> Option<f32> {
        self.upstream.get(request).copied().filter(|time| !time.is_nan())
    }
}
