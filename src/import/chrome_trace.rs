//! Chrome's trace events, of VizTracer and py-spy:
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.
//!
//! `{"traceEvents": […]}`, or the list alone, whose end may be missing. An event of phase `X` is whole, with its
//! duration; `B` begins one that `E` ends; `M` names processes and threads. Times are microseconds.
//!
//! - [VizTracer](https://github.com/gaogaotiantian/viztracer): an `X` is a call, `func (file:line)`; events are in
//!   the order of their ends. What did not fit into its buffer is gone, and only `overflow` says so. A forked
//!   child has its parent's thread number in another process, and its file repeats what the parent had recorded until then. With `--log_async` a task is a thread of its own, while
//!   its calls happened within those of the thread that the event loop is in.
//!   Its times are the machine's since it was started; what a program saves itself (`VizTracer.save`, but not the command
//!   line) says in `baseTimeNanoseconds` what added to them is the time of day.
//! - [py-spy](https://github.com/benfred/py-spy/blob/master/src/chrometrace.rs): a `B` and an `E` for each run of a
//!   *line*, so their number is no number of calls; file and line are arguments.
//!   An `E` has the process of the thread's next sample, which of forked processes is any that has the thread's number.
//!   With `-t` and `-s` the outermost are none: `thread (N): name` and `process N:"command"`.
//!
//! What else a trace can hold (counters, flows, asynchronous and instant events) takes no time of a thread.

mod events;
mod forks;
mod lanes;
mod quick;

use super::beginning::Beginning;
use super::json::{Fault, Json};
use super::waiting::{Importing, now};
use super::{About, Format, ImportError, Kind};
use crate::document::{Content, Diagnostics, Document, Level};
use crate::input::Input;
use events::Reading;

/// The format.
pub struct ChromeTrace;

/// For the registry.
pub static ABOUT: About = About {
    id: "chrome-trace",
    title: "Chrome trace (VizTracer, py-spy)",
    kind: Kind::Profile,
    how_to_record: "viztracer -o app.trace.json -- app.py\n\
         Also py-spy record -f chrometrace. VizTracer records every call: short runs, or --min_duration.",
};

const RECORD_AGAIN: &str = "Record again: viztracer -o app.trace.json -- app.py";

impl Format for ChromeTrace {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn detect(&self, head: &[u8]) -> u8 {
        let text = Beginning::of(head);
        let has_events = text.holds(b"\"ph\"") && text.holds(b"\"ts\"") && text.holds(b"\"pid\"");
        match text.first() {
            Some(b'{') if text.holds(b"\"traceEvents\"") => 90,
            Some(b'[') if has_events => 85,
            _ => 0,
        }
    }

    fn import(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        now(self.import_waiting(input))
    }

    fn import_waiting<'a>(&'a self, input: &'a mut Input<'_>) -> Importing<'a> {
        Box::pin(self.read(input))
    }
}

impl ChromeTrace {
    async fn read(&self, input: &mut Input<'_>) -> Result<Document, ImportError> {
        let name = input.name().to_owned();
        let mut json = Json::new(input);
        let mut diagnostics = Diagnostics::default();
        let mut reading = Reading::default();
        if let Err(fault) = read(&mut json, &mut reading).await {
            match fault {
                // The end of the list is optional, so that a program can be killed while it writes.
                Fault::Cut(at) if reading.has_events() => {
                    let place =
                        format!("byte {}", crate::format::count(i64::try_from(at).unwrap_or(i64::MAX)));
                    let message = "the file ends in the middle: what is before is read";
                    let level = if reading.is_between_events { Level::Info } else { Level::Warning };
                    diagnostics.note(level, message, || Some(place));
                }
                fault => return Err(fault.of(self, RECORD_AGAIN)),
            }
        }
        let profile = reading
            .profile(&mut diagnostics)
            .ok_or_else(|| ImportError::new(self, "no event of it has a duration", RECORD_AGAIN))?;
        Ok(Document { name, format: self.id(), content: Content::Profile(Box::new(profile)), diagnostics })
    }
}

async fn read(json: &mut Json<'_, '_>, reading: &mut Reading) -> Result<(), Fault> {
    if json.peek()? == super::json::Next::Array {
        return reading.list(json).await;
    }
    if !json.object()? {
        return Ok(());
    }
    while let Some(key) = json.key()? {
        match key {
            "traceEvents" => reading.list(json).await?,
            "viztracer_metadata" => {
                if json.object()? {
                    while let Some(key) = json.key()? {
                        match key {
                            "overflow" => reading.overflow |= json.truth()?.unwrap_or(false),
                            "baseTimeNanoseconds" => reading.base = json.number()?,
                            _ => json.skip()?,
                        }
                    }
                }
            }
            // The sources, among others.
            _ => json.skip()?,
        }
    }
    Ok(())
}
