//! The [common and combined formats](https://httpd.apache.org/docs/2.4/logs.html#accesslog), which many servers write alike: without durations, to the second. Any layout that is given by hand is read here.

use super::by_layout;
use super::layout::Server;
use crate::import::{About, Kind};

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "access-log",
    title: "an access log (common or combined)",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "gunicorn --access-logfile - --access-logformat '%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\" %(L)s %(p)s' site.wsgi; of nginx add $request_time to its log_format, of Apache %D and %T to its LogFormat
The common and the combined format have no durations. Many servers write them: nginx, Apache, gunicorn, Traefik.";

/// The format.
pub struct Combined;

by_layout!(Combined, ABOUT, &[Server::Any, Server::Aiohttp, Server::HaProxy]);
