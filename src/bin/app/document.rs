//! One open document as the page sees it: its worker, how far it is, and what is selected in it.

use std::cell::Cell;
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use flamedrop::findings::{Digest, Report, Settings};
use flamedrop::import::Kind;
use flamedrop::layout::timeline::Timeline;
use flamedrop::protocol::{
    Ask, ContentOverview, ExecutionColumn, Failure, FunctionColumn, FunctionDetail, Message, Overview,
    Request, Response,
};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::Filter;
use flamedrop::schema::Schema;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::Blob;

use crate::bridge::{Bridge, Event};
use crate::call_tree::ShownTree;
use crate::comparison::ComparisonState;
use crate::function_table::FunctionTable;
use crate::group::GroupState;
use crate::log_view::LogView;
use crate::narrowing::Narrowing;
use crate::open;
use crate::program::For;
use crate::searching::Searching;
use crate::spans::SpanState;
use crate::state::{self, lasting};
use crate::storage;
use crate::view::{Drawing, View};

/// How far a document is.
#[derive(Clone, PartialEq)]
pub enum Status {
    /// Being read: stored bytes so far, and in all.
    Reading { read: u64, size: u64 },
    /// Open.
    Open(Arc<Overview>),
    /// Many recordings: [`OpenDocument::group`] has them.
    Group,
    /// Not readable.
    Failed(Failure),
}

/// How a table is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort<C> {
    /// By which column.
    pub column: C,
    /// Largest first.
    pub descending: bool,
}

impl<C: Copy + PartialEq> Sort<C> {
    /// Largest first by `column`.
    pub fn descending(column: C) -> Self {
        Self { column, descending: true }
    }

    /// What a click on `column`'s head makes of it: the same column turns round, another starts with
    /// its `first` direction.
    #[must_use]
    pub fn clicked(self, column: C, first_descending: bool) -> Self {
        if self.column == column {
            Self { column, descending: !self.descending }
        } else {
            Self { column, descending: first_descending }
        }
    }
}

/// Never used twice in a visit: a late answer must not find a new document under an old id.
static NEXT_ID: AtomicU32 = AtomicU32::new(0);

/// A handle; copies are the same document. Its signals belong to no view, so they outlive every one.
#[derive(Clone, Copy)]
pub struct OpenDocument {
    id: u32,
    /// The file's name; without `.gz` once it is open.
    pub name: RwSignal<String>,
    /// How far it is.
    pub status: RwSignal<Status>,
    /// Which view is shown.
    pub view: RwSignal<View>,
    /// How the flame graph is drawn.
    pub drawing: RwSignal<Drawing>,
    /// What the search box says.
    pub search: RwSignal<String>,
    /// The selected function: one selection for all views.
    pub function: RwSignal<Option<u32>>,
    /// The selected box of the call tree; its function is the selected function.
    pub selected_box: RwSignal<Option<u32>>,
    /// The box the flame graph is zoomed to.
    pub zoomed_box: RwSignal<Option<u32>>,
    /// Whether lines are shown as the file has them, and not put together to functions.
    pub by_line: RwSignal<bool>,
    /// What the worker was told of that last.
    told_by_line: StoredValue<bool>,
    /// Which of the profile's tracks are shown, in order; none stand for all.
    pub tracks: RwSignal<Vec<u32>>,
    /// When its calls ran, if it is a profile that says so.
    pub spans: SpanState,
    /// What it is compared with, if it is a profile.
    pub comparison: ComparisonState,
    /// How it is narrowed, if it is a profile.
    pub narrowing: Narrowing,
    /// What the search box says beside its text.
    pub searching: Searching,
    /// Which of the profile's measures is shown; 0 is the first.
    pub measure: RwSignal<u32>,
    /// The file whose lines are shown; `None` for that of the selected function, or the one that has most.
    pub lines_file: RwSignal<Option<u32>>,
    /// Which boxes are open in the call tree; `None` before it was first shown.
    pub open_boxes: RwSignal<Option<HashSet<u32>>>,
    /// Whether only the certain boxes of the flame graph stand out.
    pub certain_only: RwSignal<bool>,
    /// The selected fingerprint.
    pub fingerprint: RwSignal<Option<u32>>,
    /// The selected statement.
    pub statement: RwSignal<Option<u32>>,
    /// What the timeline's lanes are.
    pub lanes: RwSignal<By>,
    /// Which statements all views of a log are about, but for the text: that is [`Self::search`].
    pub filter: RwSignal<Filter>,
    /// Part of the timeline on screen, ms since its origin, or of the flame chart's time; `None` for all.
    pub time_range: RwSignal<Option<(f64, f64)>>,
    /// How the functions table is looked at beside that.
    pub function_table: FunctionTable,
    /// How the functions table is sorted.
    pub function_sort: RwSignal<Sort<FunctionColumn>>,
    /// How a log is looked at.
    pub log: LogView,
    /// How the list of executions is sorted.
    pub execution_sort: RwSignal<Sort<ExecutionColumn>>,
    /// The timeline that was shown last, and the question it answers.
    pub timeline: StoredValue<Option<(Request, Arc<Timeline>)>>,
    /// What it says of a database, if it is a schema: there soon after it was opened.
    pub schema: RwSignal<Option<Arc<Schema>>>,
    /// The call tree.
    pub shown_tree: ShownTree,
    /// Its recordings, if it is a group.
    pub group: GroupState,
    report: StoredValue<Option<(Settings, Arc<Report>)>>,
    bridge: StoredValue<Option<Rc<Bridge>>, LocalStorage>,
    /// The reference it was fetched by, relative to the page; such a file is not kept: the address
    /// brings it back.
    pub source: StoredValue<Option<String>>,
    /// Key of the kept copy.
    pub kept: StoredValue<Option<u32>>,
    /// The file itself, to keep it later or read it again.
    pub blob: StoredValue<Option<Blob>, LocalStorage>,
    /// The layout of a log of requests, where the user gave it before it could be read.
    layout: StoredValue<Option<String>>,
}

impl PartialEq for OpenDocument {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl OpenDocument {
    /// Starts reading `blob` under `name`.
    pub fn start(name: String, blob: Blob) -> Self {
        let document = Self::new(name, None);
        document.read(blob);
        document
    }

    /// A document whose file is being fetched from `source`: [`Self::read`] or [`Self::refuse`] follows.
    pub fn coming(name: String, source: String) -> Self {
        Self::new(name, Some(source))
    }

    /// A group of the files that `blob` is made of: what it holds is told to [`Self::group`].
    pub fn group_of(name: String, blob: Blob) -> Self {
        let document = Self::new(name, None);
        document.blob.set_value(Some(blob));
        document.status.set(Status::Group);
        document.view.set(View::Recordings);
        document
    }

    fn new(name: String, source: Option<String>) -> Self {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        lasting(|| Self {
            id,
            name: RwSignal::new(name),
            status: RwSignal::new(Status::Reading { read: 0, size: 0 }),
            view: RwSignal::new(View::Findings),
            drawing: RwSignal::new(Drawing::Icicle),
            search: RwSignal::new(String::new()),
            function: RwSignal::new(None),
            selected_box: RwSignal::new(None),
            zoomed_box: RwSignal::new(None),
            by_line: RwSignal::new(false),
            told_by_line: StoredValue::new(false),
            tracks: RwSignal::new(Vec::new()),
            spans: SpanState::new(),
            comparison: ComparisonState::new(),
            narrowing: Narrowing::new(),
            searching: Searching::new(),
            measure: RwSignal::new(0),
            lines_file: RwSignal::new(None),
            open_boxes: RwSignal::new(None),
            certain_only: RwSignal::new(false),
            fingerprint: RwSignal::new(None),
            statement: RwSignal::new(None),
            lanes: RwSignal::new(By::Connection),
            filter: RwSignal::new(Filter::default()),
            time_range: RwSignal::new(None),
            function_table: FunctionTable::new(),
            function_sort: RwSignal::new(Sort::descending(FunctionColumn::SelfTime)),
            log: LogView::new(),
            execution_sort: RwSignal::new(Sort::descending(ExecutionColumn::Duration)),
            timeline: StoredValue::new(None),
            schema: RwSignal::new(None),
            shown_tree: ShownTree::new(),
            group: GroupState::new(),
            report: StoredValue::new(None),
            bridge: StoredValue::new_local(None),
            source: StoredValue::new(source),
            kept: StoredValue::new(None),
            blob: StoredValue::new_local(None),
            layout: StoredValue::new(None),
        })
    }

    /// Starts reading its file.
    pub fn read(self, blob: Blob) {
        self.status.set(Status::Reading { read: 0, size: blob.size() as u64 });
        self.blob.set_value(Some(blob.clone()));
        let layout = self.layout.get_value();
        let first = match layout {
            Some(_) => For::kind(Kind::Requests),
            None => For::likely(&self.name.get_untracked()),
        };
        let bridge = Bridge::start_with(blob, layout, first, move |event| self.hear(event));
        self.bridge.set_value(Some(Rc::new(bridge)));
    }

    /// Reads its file, which could not be read, as a log of requests of this layout.
    pub fn read_as(self, layout: String) {
        let Some(blob) = self.blob.get_value() else { return };
        self.layout.set_value(Some(layout));
        self.read_anew(blob);
    }

    /// The layout that its lines were read by, if it was said before they could be.
    pub fn layout(self) -> Option<String> {
        self.layout.get_value()
    }

    /// Reads its file once more, with another worker; what is looked at stays as far as it is there.
    pub fn read_anew(self, blob: Blob) {
        // The worker that is new shows functions, whatever the one before showed.
        self.told_by_line.set_value(false);
        self.forget_tree();
        self.spans.forget();
        self.comparison.forget();
        self.timeline.set_value(None);
        self.report.set_value(None);
        self.read(blob);
    }

    /// Its file could not be had.
    pub fn refuse(self, problem: &str, advice: &str) {
        self.fail(problem, advice);
    }

    /// Distinguishes it from all others of this visit.
    pub fn id(self) -> u32 {
        self.id
    }

    fn hear(self, event: Event) {
        match event {
            Event::Message(message) => self.hear_message(*message),
            // After a panic the browser reports the trap as well; the first word stands.
            Event::Broken(text) => {
                if !matches!(self.status.get_untracked(), Status::Failed(_)) {
                    self.fail(&format!("its worker stopped ({text})"), RELOAD);
                }
            }
        }
    }

    fn hear_message(self, message: Message) {
        match message {
            Message::Progress { read, size } => self.status.set(Status::Reading { read, size }),
            Message::Opened(overview) => {
                self.name.set(overview.name.clone());
                if !View::of(&overview).contains(&self.view.get_untracked()) {
                    self.view.set(View::of(&overview)[0]);
                }
                if matches!(overview.content, ContentOverview::Schema(_)) {
                    spawn_local(self.ask_schema());
                }
                if matches!(overview.content, ContentOverview::Requests(_)) {
                    self.log.adding.set(By::Status);
                    if state::current().is_some_and(|state| state.urls.with_untracked(Option::is_some)) {
                        spawn_local(self.follow_urls());
                    }
                }
                self.status.set(Status::Open(Arc::new(overview)));
                // The address may have named one while the file was read.
                self.ask_tracks();
                self.ask_range();
                self.ask_measure();
                self.ask_steps(false);
            }
            Message::Contents(documents) => open::unpack(self, documents),
            Message::Members(members) => open::take_apart(self, members),
            Message::Urls(urls) => open::take_urls(self, urls),
            Message::Failed(failure) => self.end(failure),
            Message::Panicked(text) => {
                self.fail(&format!("Flamedrop itself failed on it ({text})"), REPORT);
            }
            Message::Ready | Message::Elsewhere(_) | Message::Brief(_) | Message::Answer(..) => {}
        }
    }

    fn fail(self, problem: &str, advice: &str) {
        self.end(Failure {
            looked_like: None,
            place: None,
            problem: problem.into(),
            advice: advice.into(),
            supported: Vec::new(),
            may_have_layout: false,
        });
    }

    fn end(self, failure: Failure) {
        self.status.set(Status::Failed(failure));
        self.stop();
        // A file that cannot be read is not worth keeping: it would fail again on every visit.
        self.drop_kept();
    }

    /// Ends its worker, which has done its work.
    pub fn let_go(self) {
        self.stop();
    }

    /// From here on a worker answers for it that read something for it.
    pub fn be_served_by(self, bridge: Option<Rc<Bridge>>) {
        self.bridge.try_set_value(bridge);
    }

    fn stop(self) {
        // The bridge may be the one calling: it goes once this call is over.
        let bridge = self.bridge.try_update_value(Option::take).flatten();
        spawn_local(async move { drop(bridge) });
    }

    /// Drops its kept copy.
    pub fn drop_kept(self) {
        if let Some(key) = self.kept.try_update_value(Option::take).flatten() {
            spawn_local(async move {
                let _ = storage::drop_file(key).await;
            });
        }
    }

    /// Ends its worker and drops its kept copy.
    pub fn close(self) {
        self.stop();
        self.drop_kept();
        self.forget_tree();
        self.spans.forget();
        self.group.end();
        self.timeline.set_value(None);
        self.report.set_value(None);
    }

    /// What it holds, once it is open.
    pub fn overview(self) -> Option<Arc<Overview>> {
        match self.status.get() {
            Status::Open(overview) => Some(overview),
            _ => None,
        }
    }

    /// Whether it is a group of recordings; follows it.
    pub fn is_group(self) -> bool {
        self.status.with(|status| matches!(status, Status::Group))
    }

    /// Its views, once it is open; follows it.
    pub fn views(self) -> Vec<View> {
        self.status.with(|status| match status {
            Status::Open(overview) => View::of(overview),
            Status::Group => View::OF_GROUP.to_vec(),
            Status::Reading { .. } | Status::Failed(_) => Vec::new(),
        })
    }

    /// Whether it is a log of requests; follows it.
    pub fn is_requests(self) -> bool {
        self.status.with(|status| {
            matches!(status, Status::Open(overview) if matches!(overview.content, ContentOverview::Requests(_)))
        })
    }

    /// Whether it was read, or could not be; follows it.
    pub fn is_settled(self) -> bool {
        self.status.with(|status| !matches!(status, Status::Reading { .. }))
    }

    /// Does something once it is read, or could not be; whatever view it is asked from.
    pub fn once_settled(self, act: impl FnOnce() + 'static) {
        let act = Cell::new(Some(act));
        lasting(|| {
            Effect::new(move |_: Option<()>| {
                if self.is_settled()
                    && let Some(act) = act.take()
                {
                    untrack(act);
                }
            })
        });
    }

    /// Whether it could not be read; follows it.
    pub fn has_failed_now(self) -> bool {
        self.status.with(|status| matches!(status, Status::Failed(_)))
    }

    /// Whether it could not be read.
    pub fn has_failed(self) -> bool {
        self.status.with_untracked(|status| matches!(status, Status::Failed(_)))
    }

    /// Asks its worker. `None` when the worker is gone.
    pub async fn ask(self, request: Request) -> Option<Response> {
        let bridge = self.bridge.try_get_value().flatten()?;
        let by_line = self.by_line.get_untracked();
        if by_line != self.told_by_line.get_value() {
            self.told_by_line.set_value(by_line);
            // It answers in order: this holds for the request as well.
            drop(bridge.ask(&Request::ByLine(by_line)));
        }
        let answer = bridge.ask(&request);
        // The worker must not be kept alive by a question to it.
        drop(bridge);
        answer.await
    }

    /// What the rules find in it alone; asked again only with other thresholds. `None` when the worker is
    /// gone.
    pub async fn findings(self, settings: &Settings) -> Option<Arc<Report>> {
        if let Some((known, report)) = self.report.try_get_value().flatten()
            && known == *settings
        {
            return Some(report);
        }
        let Some(Response::Findings(report)) =
            self.ask(Request::Findings { settings: settings.clone() }).await
        else {
            return None;
        };
        let report = Arc::new(report);
        self.report.try_set_value(Some((settings.clone(), Arc::clone(&report))));
        Some(report)
    }

    /// Findings of logs need the schema, whether it is looked at or not.
    async fn ask_schema(self) {
        if let Some(report) = self.findings(&Settings::default()).await
            && let Some(Digest::Schema(schema)) = &report.digest
        {
            self.schema.try_set(Some(Arc::new(schema.clone())));
        }
    }

    /// Reads the file once more with this `log_line_prefix`; what was selected is of the reading before.
    /// Gives what is wrong with it.
    pub async fn reread(self, log_line_prefix: String) -> Result<(), String> {
        self.read_again(Request::Reread { log_line_prefix: Some(log_line_prefix) }).await
    }

    /// Reads a log of requests once more, by the site's own patterns, or by none if there are none.
    pub async fn follow_urls(self) {
        let Some(state) = state::current() else { return };
        let urls = state.urls.get_untracked().map(|patterns| patterns.text);
        if let Err(problem) = self.read_again(Request::Urls(urls)).await {
            state.say(problem);
        }
    }

    async fn read_again(self, how: Request) -> Result<(), String> {
        match self.ask(how).await {
            Some(Response::Reread(overview)) => {
                self.fingerprint.set(None);
                self.statement.set(None);
                self.time_range.set(None);
                self.timeline.set_value(None);
                self.report.set_value(None);
                // Last: the views are made anew.
                self.status.set(Status::Open(Arc::new(*overview)));
                Ok(())
            }
            Some(Response::Refused(problem)) => Err(problem),
            _ => Ok(()),
        }
    }

    /// Which statements all views of a log are about; follows it.
    pub fn asked(self) -> Filter {
        let mut filter = self.filter.get();
        self.search.with(|search| search.trim().clone_into(&mut filter.text));
        filter
    }

    /// The question about those statements; follows the filter.
    pub fn through_filter(self, ask: Ask) -> Request {
        Request::View(self.asked(), ask)
    }

    /// Shows lines, or functions; what is selected in the one is nothing in the other.
    pub fn show_by_line(self, by_line: bool) {
        if self.by_line.get_untracked() == by_line {
            return;
        }
        self.function.set(None);
        self.selected_box.set(None);
        self.zoomed_box.set(None);
        // The worker takes them back itself.
        self.narrowing.steps.set(Vec::new());
        self.forget_tree();
        // Last: the views are made anew.
        self.by_line.set(by_line);
        self.ask_steps(false);
    }

    /// Shows some of the profile's tracks, in order, or all. Functions keep their ids, boxes do not.
    pub fn show_tracks(self, tracks: Vec<u32>) {
        if self.tracks.with_untracked(|shown| *shown != tracks) {
            self.tracks.set(tracks);
            self.ask_tracks();
        }
    }

    /// Has the worker show the tracks that are to be shown, if it shows others.
    fn ask_tracks(self) {
        let shown = untrack(|| self.overview()).map(|overview| match &overview.content {
            ContentOverview::Profile(profile) => profile.shown_tracks.clone(),
            _ => Vec::new(),
        });
        let tracks = self.tracks.get_untracked();
        if shown.is_none_or(|shown| shown == tracks) {
            return;
        }
        spawn_local(async move {
            match self.ask(Request::Tracks(tracks.clone())).await {
                Some(Response::Reread(overview)) if self.tracks.try_get_untracked() == Some(tracks) => {
                    self.selected_box.set(None);
                    self.zoomed_box.set(None);
                    self.forget_tree();
                    // Last: the views are made anew.
                    self.status.set(Status::Open(Arc::new(*overview)));
                }
                Some(Response::Refused(_)) => self.tracks.set(Vec::new()),
                _ => {}
            }
        });
    }

    /// Shows one of the profile's measures. Functions and boxes keep their ids as far as they are in it.
    pub fn show_measure(self, measure: u32) {
        if self.measure.get_untracked() != measure {
            self.measure.set(measure);
            self.ask_measure();
        }
    }

    /// Has the worker show the measure that is to be shown, if it shows another.
    fn ask_measure(self) {
        let shown = untrack(|| self.overview()).map(|overview| match &overview.content {
            ContentOverview::Profile(profile) => profile.measure,
            _ => 0,
        });
        let measure = self.measure.get_untracked();
        if shown.is_none_or(|shown| shown == measure) {
            return;
        }
        spawn_local(async move {
            match self.ask(Request::Measure(measure)).await {
                Some(Response::Reread(overview)) if self.measure.try_get_untracked() == Some(measure) => {
                    self.selected_box.set(None);
                    self.zoomed_box.set(None);
                    self.forget_tree();
                    // Last: the views are made anew.
                    self.status.set(Status::Open(Arc::new(*overview)));
                }
                Some(Response::Refused(_)) => self.measure.set(0),
                _ => {}
            }
        });
    }

    /// Shows the queries of a log, one by one: the selected one is there, whatever they were grouped by.
    pub fn show_queries(self) {
        self.log.group_by(By::Fingerprint);
        self.view.set(View::Queries);
    }

    /// Selects a function in every view; the box selection goes unless it is one of this function.
    pub fn select_function(self, function: u32) {
        if self.function.get_untracked() != Some(function) {
            self.selected_box.set(None);
            self.function.set(Some(function));
        }
    }
}

/// An answer that follows a question: asked again whenever `question` changes; answers to older
/// questions are dropped, and the last answer stays on screen, with its question, until the next is there.
pub fn answers<T: Send + Sync + 'static>(
    document: OpenDocument,
    question: impl Fn() -> Option<Request> + 'static,
    pick: impl Fn(Response) -> Option<T> + Copy + 'static,
) -> RwSignal<Option<(Request, T)>> {
    let answer = RwSignal::new(None);
    let latest = StoredValue::new(0_u64);
    Effect::new(move |previous: Option<Option<Request>>| {
        let asked = question();
        if previous.as_ref() != Some(&asked) {
            let Some(number) = latest.try_update_value(|number| {
                *number += 1;
                *number
            }) else {
                return asked;
            };
            match asked.clone() {
                None => answer.set(None),
                Some(request) => spawn_local(async move {
                    let picked = document.ask(request.clone()).await.and_then(pick);
                    // The view may be gone by now, and its signals with it.
                    if latest.try_get_value() == Some(number) {
                        answer.try_set(picked.map(|picked| (request, picked)));
                    }
                }),
            }
        }
        asked
    });
    answer
}

/// The selected function with its callers and callees; `None` without a selection.
pub fn selected_function(document: OpenDocument) -> Signal<Option<Arc<FunctionDetail>>> {
    let detail = answers(
        document,
        move || document.function.get().map(|function| Request::Function { function }),
        |response| match response {
            Response::Function(detail) => Some(Arc::new(detail)),
            _ => None,
        },
    );
    Signal::derive(move || detail.get().map(|(_, detail)| detail))
}

const RELOAD: &str = "Reload the page and open the file again.";
const REPORT: &str = "Other files are not affected. Please report it with a file that shows it.";
