//! What [Django's runserver](https://docs.djangoproject.com/en/6.0/ref/django-admin/#runserver) and [Werkzeug](https://werkzeug.palletsprojects.com/en/stable/serving/) print of requests. Stamps are ends, without a zone; Werkzeug writes terminal colours within the quotes.

use super::by_layout;
use super::layout::Server;
use crate::import::{About, Kind};

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "runserver-log",
    title: "the log of runserver and Werkzeug",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "python manage.py runserver 2> requests.log
Development servers do not log durations: django-structlog, or gunicorn with %(L)s, does.";

/// The format.
pub struct Werkzeug;

by_layout!(Werkzeug, ABOUT, &[Server::Runserver, Server::Werkzeug]);
