//! What a span of a server says of its request, by the names of either convention.

use super::span::Span;
use crate::queries::{Origin, Request};

/// Path and query that a span of a server is about, if it says so.
pub(super) fn target(span: &Span) -> Option<String> {
    let get = |keys: &[&str]| span.attributes.get(keys);
    let path = get(&["http.target", "url.path"]).map(str::to_owned).or_else(|| {
        let url = get(&["url.full", "http.url"])?;
        let after = url.split_once("://").map_or(url, |(_, rest)| rest);
        Some(after.find('/').map_or("/", |at| &after[at..]).to_owned())
    });
    match (path, get(&["url.query"])) {
        (Some(path), Some(query)) if !path.contains('?') => Some(format!("{path}?{query}")),
        (path, _) => path,
    }
}

/// The request that a span of a server, or a root, records.
pub(super) fn request(span: &Span) -> Request {
    let get = |keys: &[&str]| span.attributes.get(keys);
    let method = get(&["http.request.method", "http.method"]).unwrap_or_default().to_owned();
    let path = target(span).unwrap_or_default();
    let view = get(&["http.route", "code.function.name", "code.function"]);
    let has_name = method.is_empty() || path.is_empty();
    Request {
        view: view.unwrap_or(if has_name { &span.name } else { "" }).to_owned(),
        status: get(&["http.response.status_code", "http.status_code"])
            .and_then(|status| status.parse().ok())
            .unwrap_or(0),
        start: span.start,
        duration: if span.duration.is_nan() { 0.0 } else { span.duration },
        // Without its end, its bounds are those of its statements.
        origin: if span.duration.is_nan() { Origin::Identified } else { Origin::Recorded },
        method,
        path,
        ..Request::default()
    }
}
