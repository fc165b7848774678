//! speedscope's own format: <https://www.speedscope.app/file-format-schema.json>, explained in
//! <https://github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources>.

mod events;

use std::borrow::Cow;
use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use self::events::{Event, Events};
use super::stacks::{self, Frame, Nanoseconds};
use crate::profile::{self, CallTree, Functions, Recorded, Unit};

/// Writes the call tree of `profile` as sampled profiles: each stack is a sample, whose weight is its self time.
/// Recorded stacks are written as they are, each track as a profile of its own, so that Flamedrop reads the same
/// again; `tree` is written where they are not recorded, or where boxes of it are hidden.
///
/// Where frames are so many below each other that the samples would be much longer than what they say, each repeating
/// the one before, an evented profile is written in place of a sampled one: the same stacks, as frames that open and
/// close.
///
/// Weights of times are whole nanoseconds, so that they add up exactly in any order: to the profile's total,
/// rounded. Built-in functions (file `~`) have neither file nor line; a merged box is the frame
/// `(12 more)`.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(name: &str, profile: &profile::Profile, tree: &CallTree, out: &mut dyn Write) -> io::Result<()> {
    let recorded = profile.recorded_tree.as_ref().filter(|recorded| recorded.tree.len() == tree.len());
    let sources: Vec<Source<'_>> = match recorded {
        Some(Recorded { stacks, .. }) => {
            let labels = stacks.labels();
            let sources = stacks.tracks.iter().zip(labels);
            sources.map(|(track, label)| Source::new(label, Stacked::Track(stacks, track))).collect()
        }
        None => vec![Source::new(name.to_owned(), Stacked::Tree(tree))],
    };
    // A track alone that has no name is the profile.
    let sources: Vec<Source<'_>> = match <[Source<'_>; 1]>::try_from(sources) {
        Ok([one]) if profile.tracks().first().is_none_or(|track| track.name.is_empty()) => {
            vec![Source { name: name.to_owned(), ..one }]
        }
        Ok([one]) => vec![one],
        Err(several) => several,
    };
    let unit = profile.unit;
    let mut frames = Frames::default();
    let mut totals = Vec::with_capacity(sources.len());
    for source in &sources {
        let mut total = 0;
        if source.is_deep() {
            events::each::<io::Error>(source, unit, |event| {
                match event {
                    Event::Open(frame, _) => frames.add(frame),
                    Event::Close(_, at) => total = at,
                }
                Ok(())
            })?;
        } else {
            source.samples::<io::Error>(unit, |stack, weight| {
                stack.iter().for_each(|&frame| frames.add(frame));
                total += weight;
                Ok(())
            })?;
        }
        totals.push(total);
    }
    let document = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        shared: Shared { frames: AllFrames { frames: &frames, functions: &profile.functions } },
        profiles: sources
            .iter()
            .zip(&totals)
            .map(|(source, &total)| Profile {
                kind: if source.is_deep() { "evented" } else { "sampled" },
                name: &source.name,
                unit: match unit {
                    Unit::Seconds | Unit::CpuSeconds => "nanoseconds",
                    Unit::Samples | Unit::Count => "none",
                    Unit::Bytes => "bytes",
                },
                start_value: 0,
                end_value: total,
                samples: (!source.is_deep()).then_some(Samples { source, unit, frames: &frames }),
                weights: (!source.is_deep()).then_some(Weights { source, unit }),
                events: source.is_deep().then_some(Events { source, unit, frames: &frames }),
            })
            .collect(),
        name,
        active_profile_index: 0,
        flamedrop: (unit == Unit::CpuSeconds).then_some(Own { unit: unit.id() }),
        exporter: concat!("flamedrop@", env!("CARGO_PKG_VERSION")),
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

/// What one profile of the file is made of.
struct Source<'a> {
    name: String,
    stacks: Stacked<'a>,
    /// See [`Source::is_deep`].
    is_deep: bool,
}

enum Stacked<'a> {
    Tree(&'a CallTree),
    Track(&'a profile::Stacks, &'a profile::Track),
}

/// Frames of all samples that are few, however often they are repeated: some megabytes.
const FEW_FRAMES: u64 = 1_000_000;

/// So many frames for each event are many.
const REPEATED: u64 = 8;

impl<'a> Source<'a> {
    fn new(name: String, stacks: Stacked<'a>) -> Self {
        let (frames, events) = events::lengths(&stacks);
        Self { name, stacks, is_deep: frames > FEW_FRAMES && frames / REPEATED > events }
    }

    /// Whether it is written as events.
    fn is_deep(&self) -> bool {
        self.is_deep
    }
    /// Stacks with whole weights, without those that have none.
    fn samples<E>(&self, unit: Unit, mut visit: impl FnMut(&[Frame], u64) -> Result<(), E>) -> Result<(), E> {
        let mut rounding = Nanoseconds::default();
        let mut each = |stack: &[Frame], value: f64| match rounding.next(if unit.is_time() {
            value
        } else {
            value / 1e9
        }) {
            0 => Ok(()),
            weight => visit(stack, weight),
        };
        match self.stacks {
            Stacked::Tree(tree) => stacks::each(tree, each),
            Stacked::Track(stacks, track) => {
                let mut frames = Vec::new();
                stacks.each(track, |stack, weight| {
                    frames.clear();
                    frames.extend(stack.iter().map(|&function| Frame::Function(function)));
                    each(&frames, weight.value)
                })
            }
        }
    }
}

/// The frames that occur, in the order in which they first do.
#[derive(Default)]
struct Frames {
    order: Vec<Frame>,
    index: FxHashMap<Frame, u32>,
}

impl Frames {
    fn add(&mut self, frame: Frame) {
        let order = &mut self.order;
        self.index.entry(frame).or_insert_with(|| {
            order.push(frame);
            order.len() as u32 - 1
        });
    }
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(rename = "$schema")]
    schema: &'a str,
    shared: Shared<'a>,
    profiles: Vec<Profile<'a>>,
    name: &'a str,
    #[serde(rename = "activeProfileIndex")]
    active_profile_index: u32,
    exporter: &'a str,
    /// What the format has no word for; others pass over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    flamedrop: Option<Own>,
}

#[derive(Serialize)]
struct Own {
    unit: &'static str,
}

#[derive(Serialize)]
struct Shared<'a> {
    frames: AllFrames<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    name: &'a str,
    unit: &'a str,
    start_value: u64,
    end_value: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples: Option<Samples<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weights: Option<Weights<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Events<'a>>,
}

struct AllFrames<'a> {
    frames: &'a Frames,
    functions: &'a Functions,
}

impl Serialize for AllFrames<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let functions = self.functions;
        serializer.collect_seq(self.frames.order.iter().map(|&frame| match frame {
            Frame::More(boxes) => {
                FrameEntry { name: Cow::Owned(format!("({boxes} more)")), file: None, line: None }
            }
            Frame::Function(function) => {
                let (file, line) = (functions.file(function), functions.line(function));
                let has_place = file != "~" && !file.is_empty();
                FrameEntry {
                    name: Cow::Borrowed(functions.name(function)),
                    file: has_place.then_some(file),
                    line: has_place.then_some(line),
                }
            }
        }))
    }
}

#[derive(Serialize)]
struct FrameEntry<'a> {
    name: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<i64>,
}

struct Samples<'a> {
    source: &'a Source<'a>,
    unit: Unit,
    frames: &'a Frames,
}

impl Serialize for Samples<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        let mut stack_ids: Vec<u32> = Vec::new();
        self.source.samples(self.unit, |stack, _| {
            stack_ids.clear();
            stack_ids.extend(stack.iter().filter_map(|frame| self.frames.index.get(frame)));
            sequence.serialize_element(&stack_ids)
        })?;
        sequence.end()
    }
}

struct Weights<'a> {
    source: &'a Source<'a>,
    unit: Unit,
}

impl Serialize for Weights<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        self.source.samples(self.unit, |_, weight| sequence.serialize_element(&weight))?;
        sequence.end()
    }
}
