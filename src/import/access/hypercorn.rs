//! hypercorn's [access log](https://hypercorn.readthedocs.io/en/latest/how_to_guides/logging.html). Stamps are ends; the request line has the protocol's number only; quotes in agents are not escaped; a client that left has no status.

use super::by_layout;
use super::layout::Server;
use crate::import::{About, Kind};

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "hypercorn-access",
    title: "hypercorn's access log",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "hypercorn --access-logfile - --access-logformat '%(h)s %(l)s %(l)s %(t)s \"%(r)s\" %(s)s %(b)s \"%(f)s\" \"%(a)s\" L=%(L)s p=%(p)s' site.asgi";

/// The format.
pub struct Hypercorn;

by_layout!(Hypercorn, ABOUT, &[Server::Hypercorn]);
