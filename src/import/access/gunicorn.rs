//! gunicorn's [access log](https://docs.gunicorn.org/en/stable/settings.html#access-log-format) with times. Stamps are ends; what waits for a worker is in no figure of it.

use super::by_layout;
use super::layout::Server;
use crate::import::{About, Kind};

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "gunicorn-access",
    title: "gunicorn's access log",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "gunicorn --access-logfile - --access-logformat '%(h)s %(l)s %(u)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\" %(L)s %(p)s' site.wsgi
Without %(L)s the log has no durations.";

/// The format.
pub struct Gunicorn;

by_layout!(Gunicorn, ABOUT, &[Server::Gunicorn]);
