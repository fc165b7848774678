//! daphne's [access log](https://github.com/django/daphne/blob/main/daphne/access.py). Stamps are ends, without a zone; there are no durations.

use super::by_layout;
use super::layout::Server;
use crate::import::{About, Kind};

/// What there is to say about it.
pub static ABOUT: About =
    About { id: "daphne-access", title: "daphne's access log", kind: Kind::Requests, how_to_record: RECORD };

const RECORD: &str = "daphne --access-log access.log site.asgi:application
Daphne cannot log durations: a server in front of it can (nginx's $request_time), or django-structlog within it.";

/// The format.
pub struct Daphne;

by_layout!(Daphne, ABOUT, &[Server::Daphne]);
