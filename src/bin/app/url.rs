//! The view's state in the address, and back from it: a link, a reload or the Back button shows the
//! same thing. Ids of functions, boxes and fingerprints follow the order of the file, so the same file
//! gives the same ids again.

mod compare;
mod group;
mod log;

use std::cell::Cell;

use flamedrop::link;
use flamedrop::profile::transform::Transform;
use flamedrop::protocol::{ContentOverview, ExecutionColumn, FunctionColumn, SpanId};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use flamedrop::sort;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;

use crate::document::{OpenDocument, Sort};
use crate::function_table::GROUPINGS;
use crate::remote;
use crate::state::State;
use crate::text;
use crate::view::{Drawing, View};

const FUNCTION_COLUMNS: &[(&str, FunctionColumn)] = &[
    ("ncalls", FunctionColumn::Calls),
    ("tottime", FunctionColumn::SelfTime),
    ("tottime-percall", FunctionColumn::SelfPerCall),
    ("cumtime", FunctionColumn::TotalTime),
    ("cumtime-percall", FunctionColumn::TotalPerCall),
    ("place", FunctionColumn::Place),
];

const EXECUTION_COLUMNS: &[(&str, ExecutionColumn)] =
    &[("start", ExecutionColumn::Start), ("duration", ExecutionColumn::Duration)];

/// What the address says of a document that is to have no partner.
const NO_PARTNER: &str = "-";

/// Where one looks: a change here is a step that Back takes back.
fn place(state: State, document: OpenDocument) -> Vec<(&'static str, String)> {
    let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    let name = name(document);
    // Before and after have the same name, as often as not.
    let same = state.documents.get().into_iter().filter(|open| self::name(*open) == name);
    let nth = same.take_while(|open| *open != document).count();
    // To another function by its callers is a step there; elsewhere a selection is not.
    let stepped = matches!(document.view.get(), View::Callers | View::Sandwich);
    // What was fetched from beside the page: the link brings all of it, whichever is looked at.
    let sources: Vec<String> =
        state.documents.get().into_iter().filter_map(|open| open.source.get_value()).collect();
    let mut places = vec![
        ("open", link::joined(sources.iter().map(String::as_str))),
        ("file", name),
        ("nth", if nth == 0 { String::new() } else { (nth + 1).to_string() }),
        ("view", document.view.get().key().to_owned()),
        ("callers-of", if stepped { number(document.function.get()) } else { String::new() }),
        ("steps", document.narrowing.steps.with(|steps| Transform::texts(steps))),
        ("zoom", number(document.zoomed_box.get())),
        ("query", number(document.fingerprint.get())),
    ];
    let words = document.filter.get().words();
    // A brush is moved, not stepped.
    places.extend(words.into_iter().filter(|word| !is_range(word)).map(|word| (FILTER, word)));
    places.extend(log::place(document.log));
    places
}

/// The name of a file as it will be once it is read: to be read is no step.
fn name(document: OpenDocument) -> String {
    let name = document.name.get();
    name.strip_suffix(".gz").map(str::to_owned).unwrap_or(name)
}

/// What the address says of a filter, once for each of its words.
const FILTER: &str = "only";

/// How a search is meant: `c` where capitals matter, `r` for a regular expression.
fn search_as(document: OpenDocument) -> String {
    let mark = |is_set: RwSignal<bool>, mark| if is_set.get() { mark } else { "" };
    format!("{}{}", mark(document.searching.case, "c"), mark(document.searching.regex, "r"))
}

fn is_range(word: &str) -> bool {
    word.starts_with("range:")
}

/// How one looks at it: a change here only renews the address.
fn manner(state: State, document: OpenDocument) -> Vec<(&'static str, String)> {
    let number = |value: Option<u32>| value.map(|value| value.to_string()).unwrap_or_default();
    let (drawing, lanes) = (document.drawing.get(), document.lanes.get());
    let with = match state.judging.chosen(document) {
        None => String::new(),
        Some(None) => NO_PARTNER.to_owned(),
        Some(Some(id)) => {
            let partner = state.documents.get().into_iter().find(|open| open.id() == id);
            partner.map(|partner| partner.name.get()).unwrap_or_default()
        }
    };
    let range = document.filter.get().words().into_iter().find(|word| is_range(word)).unwrap_or_default();
    let mut manners = vec![
        (FILTER, range),
        ("with", with),
        ("by", if document.by_line.get() { "line".to_owned() } else { String::new() }),
        ("track", document.tracks.with(|tracks| numbers(tracks))),
        ("measure", number(Some(document.measure.get()).filter(|measure| *measure > 0))),
        ("lines-of", number(document.lines_file.get())),
        ("drawing", if drawing == Drawing::Icicle { String::new() } else { drawing.key().to_owned() }),
        ("lanes", if lanes == By::Connection { String::new() } else { lanes.key().to_owned() }),
        (
            "imports",
            document.said_of_imports().map_or("", |hide| if hide { "hidden" } else { "shown" }).to_owned(),
        ),
        ("certain", if document.certain_only.get() { "only".to_owned() } else { String::new() }),
        ("search", document.search.get()),
        ("search-as", search_as(document)),
        ("inverted", if document.narrowing.inverted.get() { "yes".to_owned() } else { String::new() }),
        (
            "function",
            if matches!(document.view.get(), View::Callers | View::Sandwich) {
                String::new()
            } else {
                number(document.function.get())
            },
        ),
        ("box", number(document.selected_box.get())),
        ("statement", number(document.statement.get())),
        ("range", document.time_range.get().map(|range| range_text(document, range)).unwrap_or_default()),
        ("between", document.spans.range.get().map(|range| range_text(document, range)).unwrap_or_default()),
        (
            "span",
            document
                .spans
                .selected
                .get()
                .map(|SpanId { track, span }| format!("{track}.{span}"))
                .unwrap_or_default(),
        ),
        ("sort", sort_text(FUNCTION_COLUMNS, document.function_sort.get(), FunctionColumn::SelfTime)),
        (
            "grouped",
            GROUPINGS
                .iter()
                .find(|(by, ..)| Some(*by) == document.function_table.by.get())
                .map_or(String::new(), |(_, key, _)| (*key).to_owned()),
        ),
        (
            "executions-sort",
            sort_text(EXECUTION_COLUMNS, document.execution_sort.get(), ExecutionColumn::Duration),
        ),
    ];
    manners.extend(compare::place(state, document));
    manners.extend(group::manner(document.group));
    manners.extend(log::manner(document.log));
    manners
}

/// Two moments: of a log milliseconds, to a microsecond; of a profile seconds, to a nanosecond.
fn range_text(document: OpenDocument, (from, to): (f64, f64)) -> String {
    let is_profile =
        document.overview().is_some_and(|overview| matches!(overview.content, ContentOverview::Profile(_)));
    if is_profile { format!("{from:.9}-{to:.9}") } else { format!("{from:.3}-{to:.3}") }
}

fn parsed_range(text: &str) -> Option<(f64, f64)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (text::number(from)?, text::number(to)?);
    (from < to).then_some((from, to))
}

/// `tottime`, or `-tottime` for smallest first; nothing for the default.
fn sort_text<C: Copy + PartialEq>(names: &[(&str, C)], sort: Sort<C>, default: C) -> String {
    if sort == Sort::descending(default) {
        return String::new();
    }
    let name = names.iter().find(|(_, column)| *column == sort.column).map_or("", |(name, _)| name);
    format!("{}{name}", if sort.descending { "" } else { "-" })
}

fn parsed_sort<C: Copy>(names: &[(&str, C)], text: &str) -> Option<Sort<C>> {
    let (name, descending) = text.strip_prefix('-').map_or((text, true), |name| (name, false));
    names.iter().find(|(other, _)| *other == name).map(|&(_, column)| Sort { column, descending })
}

/// Keeps the address up to date with the state, and the state with the address. Call it once the kept
/// files are listed: the address may name one of them.
pub fn follow(state: State) {
    // Not over what was opened while they were being listed.
    if state.active.get_untracked().is_none() {
        apply(state);
    }
    Effect::new(move |previous: Option<(String, String)>| {
        let document = state.active.get();
        let steps = link::encode(document.map(|document| place(state, document)).unwrap_or_default());
        let all = link::encode(
            document
                .map(|document| [place(state, document), manner(state, document)].concat())
                .unwrap_or_default(),
        );
        // The first run, and runs that follow Back, find the address as it should be.
        let address = current();
        if address != all
            && let Ok(history) = window().history()
        {
            let url = format!("#{all}");
            let step = !APPLYING.get() && previous.is_some_and(|(earlier, _)| earlier != steps);
            let _ = if step {
                history.push_state_with_url(&JsValue::NULL, "", Some(&url))
            } else {
                history.replace_state_with_url(&JsValue::NULL, "", Some(&url))
            };
        }
        (steps, all)
    });
    let back = Closure::<dyn FnMut()>::new(move || apply(state));
    let _ = window().add_event_listener_with_callback("popstate", back.as_ref().unchecked_ref());
    // For as long as the page is open.
    back.forget();
}

fn current() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

thread_local! {
    /// Whether the state is being made what the address says: that is no step of its own, even where
    /// the address says what cannot be.
    static APPLYING: Cell<bool> = const { Cell::new(false) };
}

/// Makes the state what the address says.
fn apply(state: State) {
    APPLYING.set(true);
    spawn_local(async {
        // Past the effects that follow.
        TimeoutFuture::new(0).await;
        APPLYING.set(false);
    });
    let listed = remote::open_listed(state, &current());
    let pairs = link::decode(&current());
    let value = |key: &str| pairs.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str());
    let number = |key: &str| value(key).and_then(|text| text.parse::<u32>().ok());
    let Some(name) = value("file") else {
        // An address that names nothing is the welcome page's.
        state.show(listed);
        return;
    };
    let nth = number("nth").unwrap_or(1).max(1) as usize - 1;
    let found = named(state, name, nth);
    let Some(document) = found else {
        // The welcome page stands for it: address and page must not say different things.
        state.show(None);
        state.say(format!("{name} is not open in this browser: drop it here, and the link shows it"));
        return;
    };
    let fits = |view: &View| {
        let views = untrack(|| document.views());
        views.is_empty() || views.contains(view)
    };
    if let Some(view) = value("view").and_then(View::from_key).filter(fits) {
        set(document.view, view);
    }
    // Ids of functions and boxes are those of what is shown.
    document.show_by_line(value("by") == Some("line"));
    document.show_tracks(value("track").map(places).unwrap_or_default());
    document.show_measure(number("measure").unwrap_or(0));
    set(document.lines_file, number("lines-of"));
    document.show_imports_as(match value("imports") {
        Some("hidden") => Some(true),
        Some("shown") => Some(false),
        _ => None,
    });
    match value("with") {
        Some(NO_PARTNER) => state.judging.choose(document, None),
        // An address without it says nothing of partners.
        Some(name) => {
            if let Some(partner) = named(state, name, 0) {
                state.judging.choose(document, Some(partner));
            }
        }
        None => {}
    }
    compare::apply(state, document, &pairs);
    group::apply(document.group, &value);
    set(document.drawing, value("drawing").and_then(Drawing::from_key).unwrap_or(Drawing::Icicle));
    set(document.lanes, value("lanes").and_then(By::from_key).unwrap_or(By::Connection));
    set(document.certain_only, value("certain") == Some("only"));
    document.show_steps(Transform::all_parsed(value("steps").unwrap_or_default()));
    document.invert(value("inverted") == Some("yes"));
    set(document.searching.case, value("search-as").is_some_and(|marks| marks.contains('c')));
    set(document.searching.regex, value("search-as").is_some_and(|marks| marks.contains('r')));
    set(document.search, value("search").unwrap_or_default().to_owned());
    set(document.function, number("callers-of").or_else(|| number("function")));
    set(document.selected_box, number("box"));
    set(document.zoomed_box, number("zoom"));
    set(document.fingerprint, number("query"));
    set(document.statement, number("statement"));
    let words = pairs.iter().filter(|(key, _)| key == FILTER).map(|(_, word)| word.as_str());
    set(document.filter, Filter::from_words(words, text::number));
    set(document.time_range, value("range").and_then(parsed_range));
    document.show_range(value("between").and_then(parsed_range));
    let span = value("span").and_then(|text| text.split_once('.'));
    set(
        document.spans.selected,
        span.and_then(|(track, span)| Some(SpanId { track: track.parse().ok()?, span: span.parse().ok()? })),
    );
    let sort = value("sort").and_then(|text| parsed_sort(FUNCTION_COLUMNS, text));
    set(document.function_sort, sort.unwrap_or(Sort::descending(FunctionColumn::SelfTime)));
    let grouped = GROUPINGS.iter().find(|(_, key, _)| value("grouped") == Some(*key));
    document.function_table.group_by(grouped.map(|(by, ..)| *by));
    log::apply(document.log, |key| value(key).map(str::to_owned));
    let sort = value("executions-sort").and_then(|text| parsed_sort(EXECUTION_COLUMNS, text));
    set(document.execution_sort, sort.unwrap_or(Sort::descending(ExecutionColumn::Duration)));
    state.show(Some(document));
}

/// The document of this name; of several the `nth`, or else the first.
fn named(state: State, name: &str, nth: usize) -> Option<OpenDocument> {
    state.documents.with_untracked(|documents| {
        let same = |open: &&OpenDocument| {
            let kept = open.name.get_untracked();
            kept == name || kept.strip_suffix(".gz") == Some(name)
        };
        let mut equal = documents.iter().filter(same);
        equal.clone().nth(nth).or_else(|| equal.next()).copied()
    })
}

/// `1,3`.
fn numbers(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

/// Places as an address has them: in order, each once.
fn places(text: &str) -> Vec<u32> {
    let mut places: Vec<u32> = text.split(',').filter_map(|place| place.parse().ok()).collect();
    sort::by_key(&mut places, |&place| place);
    places.dedup();
    places
}

fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
