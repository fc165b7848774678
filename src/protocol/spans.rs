//! What is asked and said of spans in time order. Moments are those of [`crate::profile::spans::Spans`].

use serde::{Deserialize, Serialize};

use super::FunctionRow;
use crate::profile::spans::Clock;

/// A question about spans. It is about all tracks, whatever the other views are shown of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SpanAsk {
    /// Every function, in the order of ids.
    Functions,
    /// What is on screen.
    Window(SpanWindow),
    /// How deep the stacks are over all of the time.
    Activity {
        /// In so many parts of it.
        steps: u32,
        /// Which parts have a span whose function this finds; empty for none.
        search: String,
    },
    /// One span.
    Span(SpanId),
    /// The span a step away from another.
    Step(SpanId, SpanStep),
    /// The next span that a search finds, before or after a moment of a track, and of the tracks after (before) it where
    /// that one has no more.
    Find {
        /// The text.
        search: String,
        /// The track.
        track: u32,
        /// The moment.
        moment: f64,
        /// After it, or before.
        forwards: bool,
    },
}

/// A span: its track, and its place among the track's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SpanId {
    /// The track.
    pub track: u32,
    /// The place.
    pub span: u32,
}

/// From one span to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpanStep {
    /// To the one that called it.
    Caller,
    /// To the first that it called.
    Callee,
    /// To the one before, at its depth.
    Before,
    /// To the one after, at its depth.
    After,
}

/// A part of the time, and of the rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanWindow {
    /// From when.
    pub from: f64,
    /// To when.
    pub to: f64,
    /// How long a pixel is: shorter spans are put together.
    pub least: f64,
    /// Tracks, and from which depth to which (not included).
    pub rows: Vec<(u32, u32, u32)>,
    /// Spans whose function this finds are marked; empty for none.
    pub search: String,
}

/// Answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SpanAnswer {
    /// To [`SpanAsk::Functions`].
    Functions(Vec<FunctionRow>),
    /// To [`SpanAsk::Window`].
    Window(SpanBoxes),
    /// To [`SpanAsk::Activity`].
    Activity(Activity),
    /// To the others.
    Span(Option<SpanDetail>),
}

/// What is on screen, as columns: by track and depth, within a depth in order of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpanBoxes {
    /// Per box: its track.
    pub track: Vec<u32>,
    /// Per box: its depth.
    pub depth: Vec<u32>,
    /// Per box: its first span.
    pub span: Vec<u32>,
    /// Per box: how many spans, which are less than a pixel each if they are several.
    pub count: Vec<u32>,
    /// Per box: when it begins.
    pub start: Vec<f64>,
    /// Per box: when it ends.
    pub end: Vec<f64>,
    /// Per box: the sum of its spans.
    pub busy: Vec<f64>,
    /// Per box: what was measured in the span itself, in the profile's unit; not a number for several.
    pub own: Vec<f64>,
    /// Per box: the function, of several that of the longest; [`u32::MAX`] where another track has what ran.
    pub function: Vec<u32>,
    /// Per box: how many of its spans the search found; empty without one.
    pub matches: Vec<u32>,
}

/// How deep the stacks are over time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Per track, per part of the time: the mean depth.
    pub depth: Vec<Vec<f32>>,
    /// Per part of the time: whether the search found something in it; empty without one.
    pub found: Vec<bool>,
    /// How many spans the search found, if there is one.
    pub matches: Option<u64>,
}

/// One span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanDetail {
    /// Which.
    pub id: SpanId,
    /// Its depth.
    pub depth: u32,
    /// When it begins.
    pub start: f64,
    /// When it ends.
    pub end: f64,
    /// What was measured in itself, in the profile's unit.
    pub own: f64,
    /// Its function; `None` where another track has what ran.
    pub function: Option<u32>,
}

/// What the page knows of spans before it asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpansOverview {
    /// What moments are.
    pub clock: Clock,
    /// When the first span begins, by the clock on the wall: see [`crate::profile::Spans::beginning`].
    pub beginning: Option<f64>,
    /// When the last span ends; the first begins at 0.
    pub length: f64,
    /// How many there are.
    pub count: u64,
    /// Per track: what it is called, and how many depths it has.
    pub tracks: Vec<(String, u32)>,
    /// Per track: its thread's number, if the file has it.
    pub threads: Vec<Option<u64>>,
    /// Which part of the time all views are about, if not all of it: see [`super::Request::Range`].
    pub range: Option<(f64, f64)>,
}
