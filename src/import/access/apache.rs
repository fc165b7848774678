//! Apache's [access log](https://httpd.apache.org/docs/2.4/mod/mod_log_config.html) with times. `%t` is the beginning; `%D` is microseconds, `%T` seconds, cut off.

use super::by_layout;
use super::layout::Server;
use crate::import::{About, Kind};

/// What there is to say about it.
pub static ABOUT: About =
    About { id: "apache-access", title: "Apache's access log", kind: Kind::Requests, how_to_record: RECORD };

const RECORD: &str = "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\" %D %T\" timed\nCustomLog logs/access.log timed\nWith %D and %T both, the units are told by the log itself.";

/// The format.
pub struct Apache;

by_layout!(Apache, ABOUT, &[Server::Apache]);
