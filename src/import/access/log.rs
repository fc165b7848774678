//! A log of requests, read line by line.

use super::further::{Further, Kept, Reading};
use super::{DAPHNE_ABOUT, HOW_TO_GIVE, Line, Lines, WERKZEUG_ABOUT, plausible};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::format;
use crate::import::records::{Records, shown};
use crate::import::waiting::Importing;
use crate::import::{Format, ImportError, urls};
use crate::input::{Input, Wrapping};
use crate::queries::served::ServedBuilder;
use crate::requests::patterns::Patterns;

/// So many requests say how long lines are.
const ENOUGH: usize = 1024;

/// Why a layout that is given reads no line: of the first one that is a request's, else of the first one.
#[derive(Default)]
struct Wrong {
    why: Option<String>,
    is_of_request: bool,
}

impl Wrong {
    fn see(&mut self, lines: &dyn Lines, line: &[u8], number: u64, is_request: bool) {
        if self.is_of_request || self.why.is_some() && !is_request {
            return;
        }
        self.is_of_request = is_request;
        if let Some(why) = lines.misfit(line) {
            self.why =
                Some(format!("none of its lines is of the layout that is given. Line {number}: {why}"));
        }
    }
}

/// Reads a log line by line.
pub(super) fn read<'a>(
    format: &'a dyn Format,
    input: &'a mut Input<'_>,
    lines: Box<dyn Lines>,
) -> Importing<'a> {
    Box::pin(async move {
        let name = input.name().to_owned();
        let is_given = input.options.log_format.is_some();
        let patterns = match input.options.urls.as_deref().map(urls::read) {
            None => Patterns::default(),
            Some(Ok(patterns)) => patterns,
            Some(Err(problem)) => {
                let problem = format!("the site's patterns cannot be read: {problem}");
                let advice = "Give the output of manage.py show_urls, or the site's urls.py.";
                return Err(ImportError::new(format, problem, advice));
            }
        };
        let mut reading = Reading::with(patterns);
        let mut open: rustc_hash::FxHashMap<Vec<u8>, (usize, f64)> = rustc_hash::FxHashMap::default();
        let mut further = Further::default();
        let mut wrong = Wrong::default();
        let mut scratch = Vec::new();
        // What is compressed does not say how much there is.
        let size = if input.wrapping() == Wrapping::Plain { input.stored_size() } else { 0 };
        let mut records = Records::of(input, format);
        lines.say(&mut reading.diagnostics);
        while let Some(record) =
            records.ready().await.next(|_, _| false).map_err(|error| ImportError::reading(&error))?
        {
            let Some(line) = record.whole_line(&mut reading.diagnostics) else { continue };
            let place = || Some(format!("line {}: {}", record.line, shown(line)));
            scratch.clear();
            let (mut seen, begun, ended) = match lines.read(line, &mut scratch) {
                Line::Request(seen) => {
                    further.pass(&*lines, &mut reading);
                    (seen, None, None)
                }
                Line::Begun(seen, id) => (seen, Some(id), None),
                Line::Ended(seen, id) => (seen, None, Some(id)),
                Line::Other if lines.is_request(line) => match further.read(line) {
                    Some(seen) => (seen, None, None),
                    None => {
                        wrong.see(&*lines, line, record.line, true);
                        let kept = Kept::of(line, (record.line, record.offset, record.length));
                        further.keep(kept, &*lines, &mut reading);
                        continue;
                    }
                },
                Line::Other => {
                    wrong.see(&*lines, line, record.line, false);
                    reading.diagnostics.note(Level::Info, "lines that are no requests were skipped", place);
                    continue;
                }
            };
            reading.place(&mut seen, (record.offset, record.length), place);
            let entry = &mut seen.entry;
            if let Some(id) = ended {
                if let Some((at, start)) = open.remove(id) {
                    reading.builder.finish_request(at, entry.status, (entry.stamp - start).max(0.0));
                    continue;
                }
                reading.diagnostics.note(
                    Level::Info,
                    "requests whose beginning is not in the log have no duration",
                    place,
                );
            }
            if !reading.builder.has_room() {
                reading.builder.expect(expected(reading.builder.len(), entry.offset, size));
            }
            let at = reading.builder.push(entry);
            if let Some(id) = begun {
                open.insert(id.to_vec(), (at, entry.stamp));
            }
        }
        further.finish(&*lines, &mut reading);
        let Reading { builder, mut diagnostics, zone, .. } = reading;
        records.diagnose(&mut diagnostics);
        let unfinished = open.len() as u64;
        diagnostics.note_many(
            Level::Info,
            "requests whose end is not in the log have neither status nor duration",
            unfinished,
            || None,
        );
        if builder.is_empty() {
            let problem = wrong.why.unwrap_or_else(|| "none of its lines is a request".to_owned());
            let advice = match is_given {
                true => {
                    "Give the layout that the server had when it wrote this log, as its configuration has it."
                }
                false => HOW_TO_GIVE,
            };
            return Err(ImportError::new(format, problem, advice));
        }
        say_of_patterns(&builder, &mut diagnostics);
        // Who logs durations already need not be told how: the unit is asked for.
        let is_ambiguous = lines.is_ambiguous() || further.is_ambiguous();
        let (how, cannot) = if is_ambiguous { ("", "") } else { how_to_time(format) };
        let log = builder.finish(zone, further.inferred(&*lines), further.times(&*lines), how);
        if lines.is_guessed() || further.is_guessed() {
            plausible::say(&log, &mut diagnostics);
        }
        let served = log.served.as_deref();
        if served.is_some_and(|served| served.step == 0.0) && !is_ambiguous {
            let message = match served.and_then(|served| served.how_to_time.as_deref()) {
                Some(how) => format!("the log does not say how long requests took. To log it: {how}"),
                None => format!("the log does not say how long requests took. {cannot}"),
            };
            diagnostics.note(Level::Info, &message, || None);
        }
        Ok(Document { name, format: format.id(), content: Content::Requests(Box::new(log)), diagnostics })
    })
}

/// How many requests the site's own patterns are of.
fn say_of_patterns(builder: &ServedBuilder, diagnostics: &mut Diagnostics) {
    let (fitting, patterns) = builder.fitting();
    if patterns == 0 {
        return;
    }
    let count = |count: usize| format::count(count as i64);
    let patterns = format::counted(patterns as i64, "pattern", "patterns");
    let (level, message) = match fitting {
        0 => (
            Level::Warning,
            format!("no request fits one of the site's {patterns}: are they of another site?"),
        ),
        fitting => (
            Level::Info,
            format!(
                "routes are the site's own: {} of {} requests fit one of its {patterns}",
                count(fitting as usize),
                count(builder.len())
            ),
        ),
    };
    diagnostics.note(level, &message, || None);
}

/// How to log durations with a format's server, which is the first line of how to record such logs; or, of servers that
/// cannot, what the notes say of it.
fn how_to_time(format: &dyn Format) -> (&'static str, &'static str) {
    let (how, notes) =
        format.about().how_to_record.split_once('\n').unwrap_or((format.about().how_to_record, ""));
    match [DAPHNE_ABOUT.id, WERKZEUG_ABOUT.id].contains(&format.id()) {
        true => ("", notes),
        false => (how, notes),
    }
}

/// How many requests a log of `size` bytes has that has had so many in the first `read` bytes. A few more: lines grow with
/// addresses and times.
fn expected(requests: usize, read: u64, size: u64) -> usize {
    if requests < ENOUGH || read == 0 || size <= read {
        return 0;
    }
    (requests as f64 * (size as f64 / read as f64) * 1.01) as usize + 1
}
