//! Granian's [access log](https://github.com/emmett-framework/granian#access-log-format). Stamps are beginnings, durations are in milliseconds.

use super::by_layout;
use super::layout::Server;
use crate::import::{About, Kind};

/// What there is to say about it.
pub static ABOUT: About = About {
    id: "granian-access",
    title: "Granian's access log",
    kind: Kind::Requests,
    how_to_record: RECORD,
};

const RECORD: &str = "granian --access-log --interface wsgi site.wsgi";

/// The format.
pub struct Granian;

by_layout!(Granian, ABOUT, &[Server::Granian]);
