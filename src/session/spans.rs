//! Answers about spans in time order.

use crate::profile::Profile;
use crate::profile::layer::Asked;
use crate::profile::matcher::Matcher;
use crate::profile::spans::window::Matches;
use crate::profile::spans::{ELSEWHERE, SpanTrack, Spans};
use crate::protocol::{
    Activity, Response, SpanAnswer, SpanAsk, SpanBoxes, SpanDetail, SpanId, SpanStep, SpanWindow,
    SpansOverview,
};

/// What is remembered from one request to the next.
#[derive(Default)]
pub(super) struct State {
    found: Option<(String, Matches)>,
}

/// The most boxes of an answer: more than any screen has pixels for. Only who asks for a pixel of no time gets so many.
const MOST: usize = 1 << 20;

/// What the page knows before it asks.
pub(super) fn overview(whole: &Profile, range: Option<(f64, f64)>) -> Option<SpansOverview> {
    let spans = whole.spans.as_ref()?;
    let stacks = &whole.recorded_tree.as_ref()?.stacks;
    let labels = stacks.labels();
    Some(SpansOverview {
        clock: spans.clock,
        beginning: spans.beginning,
        length: spans.length(),
        count: spans.len() as u64,
        tracks: labels.into_iter().zip(spans.tracks.iter().map(SpanTrack::depths)).collect(),
        threads: stacks.tracks.iter().map(|track| track.thread).collect(),
        range,
    })
}

/// Answers one question; `whole` is the profile of all tracks and all of the time.
pub(super) fn answer(whole: &Profile, state: &mut State, ask: &SpanAsk) -> Response {
    let Some(spans) = whole.spans.as_deref() else {
        return Response::Refused("this document does not say when its calls ran".to_owned());
    };
    Response::Spans(match ask {
        SpanAsk::Functions => {
            let layers = Asked::of(whole);
            let all = 0..whole.functions.len() as u32;
            let row = |function| super::profile::row(whole, layers.layer(whole, function), function);
            SpanAnswer::Functions(all.map(row).collect())
        }
        SpanAsk::Window(window) => {
            SpanAnswer::Window(boxes(whole, spans, state.matches(whole, spans, &window.search), window))
        }
        SpanAsk::Activity { steps, search } => {
            SpanAnswer::Activity(activity(spans, state.matches(whole, spans, search), *steps))
        }
        SpanAsk::Span(id) => SpanAnswer::Span(detail(whole, spans, *id)),
        SpanAsk::Step(id, step) => {
            SpanAnswer::Span(self::step(spans, *id, *step).and_then(|id| detail(whole, spans, id)))
        }
        SpanAsk::Find { search, track, moment, forwards } => {
            let found = state
                .matches(whole, spans, search)
                .and_then(|matches| find(spans, matches, (*track as usize, *moment), *forwards));
            SpanAnswer::Span(found.and_then(|id| detail(whole, spans, id)))
        }
    })
}

impl State {
    /// Which spans `text` finds; `None` without a text.
    fn matches(&mut self, whole: &Profile, spans: &Spans, text: &str) -> Option<&Matches> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if self.found.as_ref().is_none_or(|(of, _)| of != text) {
            let functions = Matcher::new(&whole.functions, text).matches();
            let is_found = |function: u32| functions.binary_search(&function).is_ok();
            let matches = Matches::new(&spans.tracks, |node| whole.function_of_node(node), is_found);
            self.found = Some((text.to_owned(), matches));
        }
        self.found.as_ref().map(|(_, matches)| matches)
    }
}

fn boxes(whole: &Profile, spans: &Spans, matches: Option<&Matches>, window: &SpanWindow) -> SpanBoxes {
    let mut boxes = SpanBoxes::default();
    for &(index, first, end) in &window.rows {
        let Some(track) = spans.tracks.get(index as usize) else { continue };
        for depth in first..end.min(track.depths()) {
            for run in track.runs(depth, window.from, window.to, window.least.max(0.0)) {
                if boxes.span.len() == MOST {
                    return boxes;
                }
                let node = track.node(track.longest(&run));
                boxes.track.push(index);
                boxes.depth.push(depth);
                boxes.span.push(run.first as u32);
                boxes.count.push(run.count as u32);
                boxes.start.push(run.start);
                boxes.end.push(run.end);
                boxes.busy.push(run.busy);
                boxes.own.push(if run.count == 1 { track.own(run.first) } else { f64::NAN });
                boxes.function.push(whole.function_of_node(node).unwrap_or(ELSEWHERE));
                if let Some(matches) = matches {
                    boxes.matches.push(matches.of(index as usize, run.first, run.count));
                }
            }
        }
    }
    boxes
}

fn activity(spans: &Spans, matches: Option<&Matches>, steps: u32) -> Activity {
    // No screen has more pixels.
    let steps = steps.clamp(1, 1 << 14);
    let length = spans.length();
    let step = length / f64::from(steps);
    let found = |at: u32| {
        let (from, to) = (f64::from(at) * step, f64::from(at + 1) * step);
        let tracks = spans.tracks.iter().enumerate();
        matches.is_some_and(|matches| {
            tracks.into_iter().any(|(index, track)| matches.any(index, track, from, to))
        })
    };
    Activity {
        depth: spans.tracks.iter().map(|track| track.depth_over_time(steps, length)).collect(),
        found: matches.map(|_| (0..steps).map(found).collect()).unwrap_or_default(),
        matches: matches.map(Matches::count),
    }
}

fn track_of(spans: &Spans, id: SpanId) -> Option<&SpanTrack> {
    spans.tracks.get(id.track as usize).filter(|track| (id.span as usize) < track.len())
}

fn detail(whole: &Profile, spans: &Spans, id: SpanId) -> Option<SpanDetail> {
    let track = track_of(spans, id)?;
    let span = id.span as usize;
    Some(SpanDetail {
        id,
        depth: track.depth_of(span),
        start: track.start(span),
        end: track.end(span),
        own: track.own(span),
        function: whole.function_of_node(track.node(span)),
    })
}

fn step(spans: &Spans, id: SpanId, step: SpanStep) -> Option<SpanId> {
    let track = track_of(spans, id)?;
    let from = id.span as usize;
    let to = match step {
        SpanStep::Caller => track.parent(from),
        SpanStep::Callee => track.first_child(from),
        SpanStep::Before => track.previous(from),
        SpanStep::After => track.next(from),
    };
    to.map(|span| SpanId { track: id.track, span: span as u32 })
}

fn find(spans: &Spans, matches: &Matches, (track, moment): (usize, f64), forwards: bool) -> Option<SpanId> {
    let count = spans.tracks.len();
    // The other tracks from their beginning or end; last the first one's own beginning.
    (0..=count).find_map(|step| {
        let at = if forwards { track + step } else { track + count * 2 - step } % count.max(1);
        let moment = match (step, forwards) {
            (0, _) => moment,
            (_, true) => f64::NEG_INFINITY,
            (_, false) => f64::INFINITY,
        };
        let span = matches.next(at, spans.tracks.get(at)?, moment, forwards)?;
        Some(SpanId { track: at as u32, span: span as u32 })
    })
}
