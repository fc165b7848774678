//! line_profiler's file (`kernprof -l app.py`): <https://github.com/pyutils/line_profiler>.
//!
//! A pickle of `LineStats`: `timings`, per function (its file, the line of its first decorator, its name) a list of lines,
//! hits and time, and `unit`, seconds of one. The class's module is another in 4.1 and 5.1. A line's time has all that it
//! called in it; of a function that calls itself it adds up to more than the clock's, and what waits in `await` is none.

use super::pickle::{self, Pickle};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use crate::profile::{Profile, Unit, line_table};

/// line_profiler's.
pub struct LineProfiler;

/// For the registry.
pub static ABOUT: About = About {
    id: "line-profiler",
    title: "line_profiler",
    kind: Kind::Profile,
    how_to_record: "kernprof -l app.py\n\
         Times and hits of each line of the functions with @profile; app.py.lprof.",
};

const LIMIT: u64 = 1 << 30;
/// kernprof measures what has its decorator, and only what is called.
const DECORATE: &str = "Put @profile on the functions whose lines are to be timed, see that they are called, and record again: \
                        kernprof -l app.py";
const AGAIN: &str = "Record again: kernprof -l app.py";

impl Format for LineProfiler {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let holds = |word: &[u8]| memchr::memmem::find(head, word).is_some();
        if pickle::is(head) && holds(b"LineStats") && holds(b"line_profiler") { 98 } else { 0 }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let bytes = input.read_all(LIMIT).map_err(|error| ImportError::reading(&error))?;
        let pickle = pickle::read(&bytes).map_err(|fault| fault.of(self, AGAIN))?;
        let mut diagnostics = Diagnostics::default();
        let timings = pickle.attribute(pickle.root(), "timings").and_then(|timings| pickle.entries(timings));
        if timings.is_some_and(|functions| functions.is_empty()) {
            return Err(ImportError::new(self, "no function was to be measured", DECORATE));
        }
        let table = table(&pickle, &mut diagnostics);
        let table = table.ok_or_else(|| ImportError::new(self, "no line of it has a time", DECORATE))?;
        let message = "a line's time has what it called in it: lines of several functions do not add up";
        diagnostics.note(Level::Info, message, || None);
        let profile = Profile { line_table: Some(Box::new(table)), ..Profile::default() };
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

fn table(pickle: &Pickle<'_>, diagnostics: &mut Diagnostics) -> Option<line_table::LineTable> {
    let root = pickle.root();
    pickle.class(root).filter(|class| class.ends_with(".LineStats"))?;
    let timings = pickle.attribute(root, "timings")?;
    let unit = pickle.attribute(root, "unit").and_then(|unit| pickle.number(unit));
    let unit = unit.filter(|unit| *unit > 0.0 && *unit <= 1.0).unwrap_or_else(|| {
        let message = "the file does not say what its times are: they are taken as microseconds";
        diagnostics.note(Level::Warning, message, || None);
        1e-6
    });
    let columns = [("Time", Unit::Seconds, false), ("Hits", Unit::Count, true)];
    let mut builder = line_table::Builder::new(&columns);
    let mut bad = 0;
    for &(function, lines) in pickle.entries(timings)? {
        let Some([file, _, name]) = pickle.items(function) else {
            bad += 1;
            continue;
        };
        let (Some(file), Some(name)) = (pickle.text(*file), pickle.text(*name)) else {
            bad += 1;
            continue;
        };
        for &line in pickle.items(lines).unwrap_or_default() {
            let row = pickle.items(line).and_then(|row| match row {
                [line, hits, time, ..] => {
                    Some((pickle.whole(*line)?, pickle.number(*hits)?, pickle.number(*time)?))
                }
                _ => None,
            });
            let place =
                row.and_then(|(line, hits, time)| Some((builder.line(file, line, Some(name))?, hits, time)));
            let added = place.is_some_and(|(place, hits, time)| {
                builder.add(place, 0, time * unit) & builder.add(place, 1, hits)
            });
            bad += u64::from(!added);
        }
    }
    let message = "lines whose number, hits or time is none are left out";
    diagnostics.note_many(Level::Warning, message, bad, || None);
    if builder.is_empty() { None } else { Some(builder.finish()) }
}
