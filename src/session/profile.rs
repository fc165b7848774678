//! Answers about a profile.

mod groups;
mod tree;

use std::cell::OnceCell;
use std::rc::Rc;

use crate::profile::imports::{Imports, Machinery};
use crate::profile::layer::Asked;
use crate::profile::matcher::Matcher;
use crate::profile::{CallTree, FunctionId, Functions, Layer, Profile, Track};
use crate::protocol::{
    FunctionColumn, FunctionDetail, FunctionRow, ProfileOverview, Request, Response, TrackOverview,
};
use crate::sort;

pub(super) use tree::{BUDGET, boxes};

/// What is remembered from one request to the next: scrolling asks for many windows of one order.
#[derive(Debug, Default)]
pub(super) struct State {
    order: Option<(OrderKey, Vec<FunctionId>)>,
    /// The call tree with all its boxes, if it is estimated: that takes far longer than hiding some.
    tree: Option<CallTree>,
    /// What trees were asked for.
    asked: tree::Asked,
    /// What was searched for, and what was found.
    searched: Option<(String, Rc<Vec<FunctionId>>)>,
    /// What functions belong to, which is the colour they have. Steps change nothing of it.
    layers: Option<Rc<Asked>>,
    /// What of it is Python's import system: nor of that.
    machinery: OnceCell<Rc<Machinery>>,
}

/// A profile as it is shown.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    /// What steps leave.
    pub profile: &'a Profile,
    /// What they began with: whatever they leave out, a function stays what it is.
    pub base: &'a Profile,
}

impl Shown<'_> {
    /// What a function belongs to, by what is known of it.
    fn layer(&self, layers: &Asked, function: FunctionId) -> Layer {
        let is_of_base = (function as usize) < self.base.functions.len();
        layers.layer(if is_of_base { self.base } else { self.profile }, function)
    }

    fn row(&self, layers: &Asked, function: FunctionId) -> FunctionRow {
        row(self.profile, self.layer(layers, function), function)
    }
}

impl State {
    fn layers(&mut self, base: &Profile) -> Rc<Asked> {
        Rc::clone(self.layers.get_or_insert_with(|| Rc::new(Asked::of(base))))
    }

    /// What is still known after other steps of the same part.
    pub(super) fn after_steps(&mut self) -> Self {
        let Self { layers, machinery, .. } = std::mem::take(self);
        Self { layers, machinery, ..Self::default() }
    }

    /// The import system in `base`.
    fn machinery(&self, base: &Profile) -> Rc<Machinery> {
        Rc::clone(self.machinery.get_or_init(|| Rc::new(Machinery::of(&base.functions))))
    }

    /// The call tree of `profile`.
    fn tree<'a>(&'a mut self, profile: &'a Profile) -> &'a CallTree {
        match (&profile.recorded_tree, &profile.estimated_tree) {
            (Some(recorded), _) => &recorded.tree,
            (None, Some(tree)) => tree,
            (None, None) => self.tree.get_or_insert_with(|| profile.tree(BUDGET).into_owned()),
        }
    }

    /// The functions that a search finds, ascending: trees are asked for again and again while it stays.
    fn matches(&mut self, functions: &Functions, text: &str) -> Rc<Vec<FunctionId>> {
        match &self.searched {
            Some((known, matches)) if known == text => Rc::clone(matches),
            _ => {
                let matches = Rc::new(Matcher::new(functions, text).matches());
                self.searched = Some((text.to_owned(), Rc::clone(&matches)));
                matches
            }
        }
    }

    /// The estimated tree, if it is there.
    pub(super) fn take_tree(&mut self) -> Option<CallTree> {
        self.tree.take()
    }

    /// What [`Self::take_tree`] took, of the same profile.
    pub(super) fn give_tree(&mut self, tree: Option<CallTree>) {
        self.tree = tree;
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct OrderKey {
    sort: FunctionColumn,
    descending: bool,
    filter: String,
}

/// The profile's totals.
pub(super) fn overview(shown: Shown<'_>, state: &State) -> ProfileOverview {
    let Shown { profile, base } = shown;
    ProfileOverview {
        unit: profile.unit,
        functions: profile.functions.len() as u32,
        shown_functions: (0..profile.functions.len() as FunctionId)
            .filter(|&id| is_shown(profile, id))
            .count() as u32,
        edges: profile.edges.len() as u32,
        calls: profile.calls(),
        primitive_calls: profile.primitive_calls(),
        samples: profile.samples(),
        has_times: profile.has_times(),
        longest_call: longest_call(&profile.functions),
        total: profile.total(),
        tree_estimated: profile.recorded_tree.is_none(),
        has_callers: profile.has_callers(),
        by_line: false,
        tracks: Vec::new(),
        shown_tracks: Vec::new(),
        spans: None,
        measures: Vec::new(),
        measure: 0,
        has_lines: false,
        has_series: false,
        steps: Vec::new(),
        whole_total: profile.total(),
        many_imports: state.machinery(base).has_many_modules(),
    }
}

/// The longest total time by primitive calls, seconds.
fn longest_call(functions: &Functions) -> f64 {
    let calls = functions.total_time.iter().zip(&functions.primitive_calls).filter(|(_, calls)| **calls > 0);
    calls.map(|(time, &calls)| time / calls as f64).fold(0.0, f64::max)
}

/// What the file keeps apart, with what each has of a measure; nothing where it has one track only.
pub(super) fn tracks(profile: &Profile, measure: u32) -> Vec<TrackOverview> {
    let Some(recorded) = profile.recorded_tree.as_ref().filter(|recorded| recorded.stacks.tracks.len() > 1)
    else {
        return Vec::new();
    };
    let other = measure.checked_sub(1).zip(profile.measures.as_ref());
    let other = other.and_then(|(at, measures)| measures.others.get(at as usize));
    let total = |at: usize, track: &Track| match other {
        None => track.total(),
        Some(other) => other.weights.get(at).into_iter().flatten().map(|weight| weight.value).sum(),
    };
    let labels = recorded.stacks.labels().into_iter();
    labels
        .zip(recorded.stacks.tracks.iter().enumerate())
        .map(|(label, (at, track))| TrackOverview { label, total: total(at, track) })
        .collect()
}

/// The call tree, without import frames if they are to be hidden.
pub(super) fn tree(profile: &Profile, state: &mut State, hide_imports: bool) -> CallTree {
    let tree = state.tree(profile);
    match Imports::of(profile).hidden(tree).filter(|_| hide_imports) {
        Some(hidden) => tree.without(&hidden),
        None => tree.clone(),
    }
}

/// Answers one request.
pub(super) fn answer(shown: Shown<'_>, state: &mut State, request: &Request) -> Response {
    let Shown { profile, base } = shown;
    let functions = &profile.functions;
    match request {
        Request::Functions { sort, descending, filter, first, count, selected } => {
            let key = OrderKey { sort: *sort, descending: *descending, filter: filter.clone() };
            let layers = state.layers(base);
            let order = ordered(profile, state, key);
            let start = (*first as usize).min(order.len());
            let end = start.saturating_add(*count as usize).min(order.len());
            Response::Functions {
                rows: order.len() as u32,
                page: order[start..end].iter().map(|&function| shown.row(&layers, function)).collect(),
                selected: super::queries::rank(order, *selected),
            }
        }
        Request::FunctionGroups(ask) => {
            let layers = state.layers(base);
            Response::FunctionGroups(groups::answer(shown, &layers, state.tree(profile), ask))
        }
        Request::Function { function } if (*function as usize) < functions.len() => {
            Response::Function(detail(shown, &state.layers(base), *function))
        }
        Request::Function { function } => {
            Response::Refused(format!("the profile has no function number {function}"))
        }
        Request::FindFunction { file, line, name } => {
            Response::FoundFunction(functions.find(file, *line, name))
        }
        Request::Tree { hide_imports, turned, sight } => {
            let (layers, machinery) = (state.layers(base), state.machinery(base));
            let row = |function| shown.row(&layers, function);
            let which = tree::Which { hide_imports: *hide_imports, turned: *turned };
            let sight = sight.as_deref();
            let matches = match sight {
                Some(sight) if !sight.search.is_empty() => state.matches(functions, &sight.search),
                _ => Rc::default(),
            };
            let mut asked = std::mem::take(&mut state.asked);
            let of = (profile, &*machinery, state.tree(profile));
            let answer = tree::answer(of, &mut asked, which, sight, &matches, row);
            state.asked = asked;
            Response::Tree(answer)
        }
        Request::WalkMatches { hide_imports, turned, text, from, forwards } => {
            let (matches, machinery) = (state.matches(functions, text), state.machinery(base));
            let which = tree::Which { hide_imports: *hide_imports, turned: *turned };
            let mut asked = std::mem::take(&mut state.asked);
            let of = (profile, &*machinery, state.tree(profile));
            let walked = tree::walked(of, &mut asked, which, &matches, *from, *forwards);
            state.asked = asked;
            Response::Walked(walked)
        }
        Request::SearchFunctions { text } => {
            let matcher = Matcher::new(functions, text);
            let matches = matcher.matches();
            let self_time: f64 = matches.iter().map(|&function| functions.self_time[function as usize]).sum();
            let total_time = match matches.is_empty() {
                true => 0.0,
                false => state.tree(profile).total_of_any(functions.len(), &matches).max(self_time),
            };
            let problem = matcher.problem().map(str::to_owned);
            Response::Matches { functions: matches, self_time, total_time, problem }
        }
        Request::ByLine(_)
        | Request::Tracks(_)
        | Request::Range(_)
        | Request::Transform(_)
        | Request::Spans(_)
        | Request::Measure(_)
        | Request::Compare(_)
        | Request::Lines(_)
        | Request::Series
        | Request::Code(_)
        | Request::Reread { .. }
        | Request::Urls(_)
        | Request::Queries { .. }
        | Request::Query { .. }
        | Request::Statement { .. }
        | Request::View(..)
        | Request::Findings { .. }
        | Request::PairFindings { .. }
        | Request::Export(_)
        | Request::Between(_)
        | Request::Brief { .. }
        | Request::Gather(_)
        | Request::Share { .. } => Response::Refused("this document is a profile".to_owned()),
    }
}

/// The filtered, sorted functions: remembered, or made now.
fn ordered<'a>(profile: &Profile, state: &'a mut State, key: OrderKey) -> &'a [FunctionId] {
    if state.order.as_ref().is_none_or(|(known, _)| *known != key) {
        let functions = &profile.functions;
        let mut order = Matcher::new(functions, &key.filter).matches();
        order.retain(|&function| is_shown(profile, function));
        sort(functions, &mut order, key.sort, key.descending);
        state.order = Some((key, order));
    }
    state.order.as_ref().map_or(&[], |(_, order)| order)
}

/// Whether a function is in the table. Of one track of several, or where something was left out, those that are not in it
/// have nothing.
fn is_shown(profile: &Profile, function: FunctionId) -> bool {
    let (functions, at) = (&profile.functions, function as usize);
    (profile.recorded_tree.is_none() && profile.estimated_tree.is_none())
        || functions.total_time[at] > 0.0
        || functions.calls[at] > 0
}

/// The filtered functions, sorted by a column.
pub(super) fn order(
    functions: &Functions,
    column: FunctionColumn,
    descending: bool,
    filter: &str,
) -> Vec<FunctionId> {
    let mut order = Matcher::new(functions, filter).matches();
    sort(functions, &mut order, column, descending);
    order
}

/// Sorts ids by a column; functions that are equal there stay in the file's order either way.
fn sort(functions: &Functions, order: &mut [FunctionId], column: FunctionColumn, descending: bool) {
    let number: &dyn Fn(usize) -> f64 = match column {
        FunctionColumn::Calls => &|at: usize| functions.calls[at] as f64,
        FunctionColumn::SelfTime => &|at: usize| functions.self_time[at],
        FunctionColumn::TotalTime => &|at: usize| match functions.total_is_lost(at as FunctionId) {
            true => functions.total_time[at].max(functions.self_time[at]),
            false => functions.total_time[at],
        },
        FunctionColumn::SelfPerCall => &|at: usize| per_call(functions.self_time[at], functions.calls[at]),
        FunctionColumn::TotalPerCall => {
            &|at: usize| per_call(functions.total_time[at], functions.primitive_calls[at])
        }
        FunctionColumn::Place => {
            // Ranks once per distinct file, so that the sort itself compares numbers; names where these are the same.
            let files = functions.files.ranks();
            let place = |id: FunctionId| (files[functions.file[id as usize] as usize], functions.line(id));
            sort::ids(order, &mut |a, b| {
                let names = || functions.name(a).cmp(functions.name(b));
                let ordering = place(a).cmp(&place(b)).then_with(names);
                if descending { ordering.reverse() } else { ordering }
            });
            return;
        }
    };
    sort::ids_by_float(order, &|id| number(id as usize), descending);
}

/// Time by call; a function without (known) calls sorts below all others.
fn per_call(time: f64, calls: i64) -> f64 {
    if calls > 0 { time / calls as f64 } else { f64::NEG_INFINITY }
}

/// A function's own numbers.
pub(super) fn row(profile: &Profile, layer: Layer, function: FunctionId) -> FunctionRow {
    let functions = &profile.functions;
    let index = function as usize;
    let is_least = functions.total_is_lost(function);
    FunctionRow {
        function,
        file: functions.file(function).to_owned(),
        line: functions.line[index],
        name: functions.name(function).to_owned(),
        layer,
        calls: functions.calls_of(function),
        primitive_calls: functions.primitive_calls_of(function),
        samples: functions.samples_of(function),
        self_time: functions.self_time[index],
        total_time: if is_least { functions.self_time[index] } else { functions.total_time[index] },
        outermost: profile.outermost_total(function),
        is_least,
    }
}

/// A function with its callers and callees, whose numbers are those of the edges.
fn detail(shown: Shown<'_>, layers: &Asked, function: FunctionId) -> FunctionDetail {
    let profile = shown.profile;
    let edges = &profile.edges;
    let neighbour = |edge: usize, other: FunctionId| FunctionRow {
        calls: profile.edge_calls(edge),
        primitive_calls: profile.edge_primitive_calls(edge),
        // Of samples over an edge the file does not say which ended there.
        samples: profile.functions.sampled.then(|| (edges.calls[edge].max(0), edges.calls[edge].max(0))),
        self_time: edges.self_time[edge],
        total_time: edges.total_time[edge],
        outermost: edges.total_time[edge],
        is_least: false,
        ..shown.row(layers, other)
    };
    let mut callers: Vec<FunctionRow> =
        edges.into(function).map(|edge| neighbour(edge, edges.caller[edge])).collect();
    let mut callees: Vec<FunctionRow> = edges
        .out_of(function)
        .iter()
        .map(|&edge| neighbour(edge as usize, edges.callee[edge as usize]))
        .collect();
    for rows in [&mut callers, &mut callees] {
        sort::by(rows, |a, b| b.total_time.total_cmp(&a.total_time));
    }
    FunctionDetail { row: shown.row(layers, function), callers, callees }
}
