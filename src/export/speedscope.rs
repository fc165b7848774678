//! speedscope's own format: <https://www.speedscope.app/file-format-schema.json>, explained in
//! <https://github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources>.

use std::borrow::Cow;
use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

use super::stacks::{self, Frame, Nanoseconds};
use crate::profile::{CallTree, Functions};

/// Writes `tree` as a sampled profile: each stack is a sample, whose weight is its self time.
///
/// Weights are whole nanoseconds, so that they add up exactly in any order: to the profile's total,
/// rounded. Built-in functions (file `~`) have neither file nor line; a merged box is the frame
/// `(12 more)`.
///
/// # Errors
/// When `out` cannot be written.
pub fn write(name: &str, tree: &CallTree, functions: &Functions, out: &mut dyn Write) -> io::Result<()> {
    let mut frames = Frames::default();
    let mut total = 0;
    samples::<io::Error>(tree, |stack, weight| {
        stack.iter().for_each(|&frame| frames.add(frame));
        total += weight;
        Ok(())
    })?;
    let document = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        shared: Shared { frames: AllFrames { frames: &frames, functions } },
        profiles: [Profile {
            kind: "sampled",
            name,
            unit: "nanoseconds",
            start_value: 0,
            end_value: total,
            samples: Samples { tree, frames: &frames },
            weights: Weights(tree),
        }],
        name,
        active_profile_index: 0,
        exporter: concat!("flamedrop@", env!("CARGO_PKG_VERSION")),
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

/// Stacks with whole nanoseconds, without those that have none.
fn samples<E>(tree: &CallTree, mut visit: impl FnMut(&[Frame], u64) -> Result<(), E>) -> Result<(), E> {
    let mut rounding = Nanoseconds::default();
    stacks::each(tree, |stack, seconds| match rounding.next(seconds) {
        0 => Ok(()),
        weight => visit(stack, weight),
    })
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
    profiles: [Profile<'a>; 1],
    name: &'a str,
    #[serde(rename = "activeProfileIndex")]
    active_profile_index: u32,
    exporter: &'a str,
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
    samples: Samples<'a>,
    weights: Weights<'a>,
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
    tree: &'a CallTree,
    frames: &'a Frames,
}

impl Serialize for Samples<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        let mut stack_ids: Vec<u32> = Vec::new();
        samples(self.tree, |stack, _| {
            stack_ids.clear();
            stack_ids.extend(stack.iter().filter_map(|frame| self.frames.index.get(frame)));
            sequence.serialize_element(&stack_ids)
        })?;
        sequence.end()
    }
}

struct Weights<'a>(&'a CallTree);

impl Serialize for Weights<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        samples(self.0, |_, weight| sequence.serialize_element(&weight))?;
        sequence.end()
    }
}
