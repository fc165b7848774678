//! Spans of servers as a log of requests: where a file has no SQL, they are what it is about.
//!
//! What attributes are called: <https://opentelemetry.io/docs/specs/semconv/http/http-spans/>, and before that was stable
//! ([what changed](https://opentelemetry.io/docs/specs/semconv/non-normative/http-migration/)).

use super::request::target;
use super::span::{Attributes, Role, Span};
use crate::queries::QueryLog;
use crate::queries::served::{Entry, ServedBuilder};
use crate::requests::Moment;

/// Spans say nanoseconds: ms.
const STEP: f64 = 1e-6;

/// Collects requests in the order of the file.
#[derive(Default)]
pub(super) struct Served(ServedBuilder);

impl Served {
    /// With the site's own patterns, for spans that name no route.
    pub fn new(builder: ServedBuilder) -> Self {
        Self(builder)
    }

    /// Adds what a server answered over HTTP; other spans are none of it.
    pub fn add(&mut self, span: &Span, offset: u64, length: u32, resource: &Attributes) {
        let get = |keys: &[&str]| span.attributes.get(keys).unwrap_or_default();
        let method = get(&["http.request.method", "http.method"]);
        let status = get(&["http.response.status_code", "http.status_code"]);
        if span.role != Role::Entry || (method.is_empty() && status.is_empty()) {
            return;
        }
        let target = target(span).unwrap_or_default();
        let route = get(&["http.route"]);
        // What is written for any other, of which the client's own word is elsewhere.
        let method = if method == "_OTHER" { get(&["http.request.method_original"]) } else { method };
        let client = get(&[
            "client.address",
            "http.client_ip",
            "network.peer.address",
            "net.sock.peer.addr",
            "net.peer.ip",
        ]);
        let process = span.attributes.get(&["process.pid"]).or_else(|| resource.get(&["process.pid"]));
        let worker = process.or_else(|| resource.get(&["service.instance.id"])).unwrap_or_default();
        let bytes = get(&["http.response.body.size", "http.response.size", "http.response_content_length"]);
        self.0.push(&Entry {
            stamp: span.start,
            moment: Moment::Begin,
            duration: span.duration,
            method: method.as_bytes(),
            target: target.as_bytes(),
            route: plain(route).as_bytes(),
            status: status.parse().ok().filter(|status| (100..600).contains(status)).unwrap_or(0),
            bytes: bytes.parse().ok(),
            client: client.as_bytes(),
            worker: worker.as_bytes(),
            user: get(&["user.name", "enduser.id"]).as_bytes(),
            offset,
            length,
            ..Entry::default()
        });
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The log; UTC, as spans are.
    pub fn finish(self) -> QueryLog {
        self.0.finish(Some("UTC".to_owned()), None, (Moment::Begin, STEP), "")
    }
}

/// A route without the marks of a regular expression, which Django's instrumentation leaves in it: `^articles/$`.
fn plain(route: &str) -> &str {
    let route = route.strip_prefix('^').unwrap_or(route);
    route.strip_suffix('$').unwrap_or(route)
}
