//! PostgreSQL's log as syslog has it (`log_destination = 'syslog'`), and as Heroku's logplex does: the
//! lines of its stderr log in pieces ([`super::wrapped::syslog`]).
//!
//! <https://www.postgresql.org/docs/current/runtime-config-logging.html#GUC-SYSLOG-FACILITY>

use super::postgres::prefix::Prefix;
use super::postgres_stderr::{PostgresStderr, Wanted, import_lines};
use super::waiting::{Importing, now};
use super::wrapped::syslog::{Demux, Lent, lent, year};
use super::wrapped::{self, Unwrapping};
use super::{About, EventText, Format, ImportError, Kind, StatementText};
use crate::document::Document;
use crate::input::Input;

/// PostgreSQL's log in syslog.
pub struct PostgresSyslog;

const RECORD: &str = "ALTER SYSTEM SET log_destination = 'syslog'; SELECT pg_reload_conf();\n\
    With log_min_duration_statement = 0. Stamps without a year and to the second tell less: log_line_prefix = \
    '%m [%p] ' keeps the server's own.";

/// For the registry.
pub static ABOUT: About = About {
    id: "postgres-syslog",
    title: "PostgreSQL's log in syslog",
    kind: Kind::Queries,
    how_to_record: RECORD,
};

impl Format for PostgresSyslog {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn is_lines(&self) -> bool {
        true
    }

    fn detect(&self, head: &[u8]) -> u8 {
        match wrapped::head(head) {
            Some((around, head)) if around.has_syslog() => {
                PostgresStderr::sure(&head).map_or(0, |(score, _)| score)
            }
            _ => 0,
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        now(self.import_waiting(input))
    }

    fn import_waiting<'a>(&'a self, input: &'a mut Input<'_>) -> Importing<'a> {
        Box::pin(async move {
            let head = input.head();
            let around = wrapped::around(head);
            let lent = match &input.options.log_line_prefix {
                Some(setting) => {
                    let own = Prefix::new(setting);
                    let time = ![b'm', b't', b'n'].into_iter().any(|letter| own.has(letter));
                    Lent { time, process: !own.has_process() }
                }
                None => lent(&wrapped::before_syslog(&around, head)),
            };
            let year = year(&wrapped::before_syslog(&around, head), input.modified());
            let demux = || Demux::new(lent, year);
            // The prefix is what stands there when the header has lent its part.
            let mut sample = Unwrapping::new(around.clone(), demux());
            let sample = sample.all(head);
            let wanted = Wanted { head: sample, lent, known_year: year.is_some() };
            import_lines(input, self.id(), Some(Unwrapping::new(around, demux())), Some(wanted)).await
        })
    }

    fn statement_text(&self, record: &[u8]) -> Option<StatementText> {
        PostgresStderr.statement_text(record)
    }

    fn event_text(&self, record: &[u8]) -> Option<EventText> {
        PostgresStderr.event_text(record)
    }
}
