//! Profiles read one after the other by a worker of their own, which keeps what they are together and nothing else.

use flamedrop::protocol::{GatherAnswer, GatherAsk, GatheredOverview, Message, Request, Response};
use js_sys::{Array, Uint8Array};
use web_sys::Blob;

use crate::bridge::Event;
use crate::reader::Reader;

/// What was read of some profiles.
pub struct Read {
    /// All that was added, as a whole.
    pub overview: GatheredOverview,
    /// Which were added, by their places among those that were asked for.
    pub added: Vec<usize>,
    /// Why the others were not: sentences.
    pub left_out: Vec<String>,
}

/// Has `reader` read profiles, each with its name; `told` hears how many are done.
///
/// # Errors
/// When its worker ended on the way: a sentence that says so.
pub async fn read(
    reader: &Reader,
    profiles: Vec<(String, Blob)>,
    told: impl Fn(usize),
) -> Result<Read, String> {
    let mut read = Read { overview: GatheredOverview::default(), added: Vec::new(), left_out: Vec::new() };
    for (place, (name, blob)) in profiles.into_iter().enumerate() {
        match reader.read(&name, blob, false).await {
            Some(Event::Message(message)) => match *message {
                Message::Opened(_) => {
                    match reader.ask(&Request::Gather(GatherAsk::Add { name: name.clone() })).await {
                        Some(Response::Gathered(GatherAnswer::Added(overview)))
                            if overview.recordings as usize == read.added.len() + 1 =>
                        {
                            read.overview = overview;
                            read.added.push(place);
                        }
                        Some(Response::Refused(problem)) => read.left_out.push(problem),
                        _ => return Err(stopped(&name)),
                    }
                }
                Message::Failed(failure) => read.left_out.push(format!("{name}: {}", failure.problem)),
                _ => return Err(stopped(&name)),
            },
            Some(Event::Broken(_)) | None => return Err(stopped(&name)),
        }
        told(place + 1);
    }
    Ok(read)
}

fn stopped(name: &str) -> String {
    format!("The worker stopped while it read {name}")
}

/// The sum of profiles, each with its name, as a file.
///
/// # Errors
/// When one is no profile or measures something different, or it cannot be done: a sentence that says so.
pub async fn merged(profiles: Vec<(String, Blob)>, told: impl Fn(usize)) -> Result<Blob, String> {
    let reader = Reader::default();
    let read = read(&reader, profiles, told).await?;
    if let Some(problem) = read.left_out.into_iter().next() {
        return Err(problem);
    }
    match reader.ask(&Request::Gather(GatherAsk::Merge)).await {
        Some(Response::Shared(bytes)) => {
            let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
            Blob::new_with_u8_array_sequence(&parts).map_err(|_| "The browser has no room for it".to_owned())
        }
        Some(Response::Refused(problem)) => Err(problem),
        _ => Err("The worker stopped while it merged".to_owned()),
    }
}
