//! Many recordings in one tab: a line of each, read by few workers that are let go once all are read. Only what is looked at
//! has a worker; the file of a recording that is opened is read again.

mod hands;
mod reading;

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flamedrop::brief::Brief;
use flamedrop::brief::order::{Column, order};
use flamedrop::import::Kind;
use flamedrop::input::bundle;
use flamedrop::protocol::{Failure, GatheredOverview, RankedColumn};
use flamedrop::text::natural;
use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{Blob, File};

pub use self::hands::{compare, compare_sides, lead_to, merge, open_with_partner, rank};
use self::reading::read;
use crate::document::{OpenDocument, Sort, Status};
use crate::reader::Reader;
use crate::state::{State, lasting};
use crate::text::lower;
use crate::view::View;
use crate::{judgement, open};

/// So long news of files are gathered before they are told: a table that is drawn for each of thirty files takes as long as
/// reading them, on the same processors. The first are told sooner, and the last at once.
const FIRST: Duration = Duration::from_millis(100);
const TOGETHER: Duration = Duration::from_millis(500);

/// What is known of a file of a group.
#[derive(Clone, PartialEq)]
pub enum Known {
    /// Nothing yet.
    Waiting,
    /// It is being read.
    Reading,
    /// It is a recording.
    Recording(Arc<Brief>),
    /// It is none, or cannot be read, and why.
    Not(Arc<Failure>),
    /// It was several files, which are in the group in its place.
    Apart,
}

/// A file of a group.
#[derive(Clone, PartialEq)]
pub struct Member {
    /// Its name, with the folders it is in.
    pub name: String,
    /// What is known of it.
    pub known: Known,
}

impl Member {
    /// Its line, if it is a recording.
    pub fn brief(&self) -> Option<&Arc<Brief>> {
        match &self.known {
            Known::Recording(brief) => Some(brief),
            _ => None,
        }
    }

    /// What it is listed under: the request it is of, or its name.
    pub fn label(&self) -> &str {
        self.brief().and_then(|brief| brief.request.as_deref()).unwrap_or(&self.name)
    }

    fn is_profile(&self) -> bool {
        self.brief().is_some_and(|brief| brief.kind == Kind::Profile)
    }

    fn is_waited_for(&self) -> bool {
        matches!(self.known, Known::Waiting | Known::Reading)
    }

    /// Whether any of what is said of it contains a text in lower case.
    fn contains(&self, text: &str) -> bool {
        let said = |text: &str, of: &str| lower(of).contains(text);
        said(text, &self.name)
            || self.brief().is_some_and(|brief| {
                let slowest = brief.slowest().map(|slowest| slowest.name.as_str());
                let first = brief.verdict.as_ref().and_then(|verdict| verdict.first.as_deref());
                let all = [brief.request.as_deref(), slowest, first];
                all.into_iter().flatten().any(|of| said(text, of))
            })
    }
}

/// How far the functions of all recordings are.
#[derive(Clone, PartialEq)]
pub enum Ranking {
    /// Nobody asked.
    NotAsked,
    /// So many profiles of so many were read.
    Reading(usize, usize),
    /// There: what they are together, which members they are, and why others are left out.
    There(GatheredOverview, Vec<u32>, Vec<String>),
    /// It cannot be had, and why.
    Not(String),
}

/// So many recordings are on one side of a comparison at most: each is opened.
const MOST_COMPARED: usize = 12;

/// The recordings of a group, as an open document knows them; of any other document there are none. Copies are the same.
#[derive(Clone, Copy)]
pub struct GroupState {
    /// All its files, in the order they came in.
    pub members: RwSignal<Vec<Member>>,
    /// How recordings are sorted.
    pub sort: RwSignal<Sort<Column>>,
    /// The row one is at, by its member.
    pub selected: RwSignal<Option<u32>>,
    /// Those that are chosen, by member, in the order in which they were.
    pub chosen: RwSignal<Vec<u32>>,
    /// Those that were set aside as recorded before a change, to be compared with others.
    pub before: RwSignal<Vec<u32>>,
    /// How far merging is: so many of so many.
    pub merging: RwSignal<Option<(usize, usize)>>,
    /// The functions of all.
    pub ranking: RwSignal<Ranking>,
    /// How these are sorted.
    pub ranked_sort: RwSignal<Sort<RankedColumn>>,
    /// The selected one of these.
    pub ranked_selected: RwSignal<Option<u32>>,
    files: StoredValue<Vec<Blob>, LocalStorage>,
    /// What is to be read for its numbers, and after all of these for its verdict. That takes longer: what took longest is seen
    /// before.
    waiting: StoredValue<VecDeque<u32>>,
    unjudged: StoredValue<VecDeque<u32>>,
    /// So many workers are at it.
    reading: StoredValue<usize>,
    /// What was found out and is not told yet.
    news: StoredValue<Vec<(u32, Known)>>,
    /// Of how many files nothing is known yet.
    unknown: StoredValue<usize>,
    /// Whether anything was told.
    was_told: StoredValue<bool>,
    readers: StoredValue<Vec<Rc<Reader>>, LocalStorage>,
    opened: StoredValue<Vec<(u32, OpenDocument)>>,
}

impl GroupState {
    /// Of no group.
    pub fn new() -> Self {
        Self {
            members: RwSignal::new(Vec::new()),
            sort: RwSignal::new(Sort::descending(Column::Total)),
            selected: RwSignal::new(None),
            chosen: RwSignal::new(Vec::new()),
            before: RwSignal::new(Vec::new()),
            merging: RwSignal::new(None),
            ranking: RwSignal::new(Ranking::NotAsked),
            ranked_sort: RwSignal::new(Sort::descending(RankedColumn::SelfTime)),
            ranked_selected: RwSignal::new(None),
            files: StoredValue::new_local(Vec::new()),
            waiting: StoredValue::new(VecDeque::new()),
            unjudged: StoredValue::new(VecDeque::new()),
            reading: StoredValue::new(0),
            news: StoredValue::new(Vec::new()),
            unknown: StoredValue::new(0),
            was_told: StoredValue::new(false),
            readers: StoredValue::new_local(Vec::new()),
            opened: StoredValue::new(Vec::new()),
        }
    }

    /// One of its files.
    pub fn member(self, id: u32) -> Option<Member> {
        self.members.with(|members| members.get(id as usize).cloned())
    }

    /// How many files are read, and how many there are; follows it.
    pub fn progress(self) -> (usize, usize) {
        self.members.with(|members| {
            let waiting = members.iter().filter(|member| member.is_waited_for()).count();
            (members.len() - waiting, members.len())
        })
    }

    /// Whether all are read; follows it.
    pub fn is_settled(self) -> bool {
        let (done, of) = self.progress();
        done == of
    }

    /// The recordings in their order, those that contain `text`; behind them what is still to be read. Follows both.
    pub fn listed(self, text: &str) -> Vec<u32> {
        let text = lower(text.trim());
        let Sort { column, descending } = self.sort.get();
        self.members.with(|members| {
            let found: Vec<usize> = (0..members.len()).filter(|&at| members[at].contains(&text)).collect();
            let known: Vec<(usize, &Brief)> =
                found.iter().filter_map(|&at| Some((at, &**members[at].brief()?))).collect();
            let briefs: Vec<&Brief> = known.iter().map(|(_, brief)| *brief).collect();
            let sorted = order(&briefs, column, descending).into_iter().map(|place| known[place as usize].0);
            let mut coming: Vec<usize> =
                found.iter().copied().filter(|&at| members[at].is_waited_for()).collect();
            coming.sort_by_cached_key(|&at| natural(&members[at].name));
            sorted.chain(coming).map(|at| at as u32).collect()
        })
    }

    /// Chooses a recording, or takes it back.
    pub fn toggle(self, id: u32) {
        if untrack(|| self.member(id)).is_none_or(|member| member.brief().is_none()) {
            return;
        }
        self.chosen.update(|chosen| match chosen.iter().position(|one| *one == id) {
            Some(place) => drop(chosen.remove(place)),
            None => chosen.push(id),
        });
    }

    /// The chosen profiles, or where none is chosen all; follows both.
    pub fn profiles(self) -> Vec<u32> {
        let chosen = self.chosen.get();
        self.members.with(|members| {
            let is_profile = |id: &u32| members.get(*id as usize).is_some_and(Member::is_profile);
            match chosen.is_empty() {
                true => (0..members.len() as u32).filter(is_profile).collect(),
                false => chosen.into_iter().filter(is_profile).collect(),
            }
        })
    }

    /// The two that are chosen, if they can be compared: the one that was recorded first comes first. Follows it.
    pub fn two(self) -> Option<[u32; 2]> {
        let [one, other] = self.chosen.get().try_into().ok()?;
        let kind = |id: u32| self.member(id)?.brief().map(|brief| (brief.kind, brief.unit));
        if kind(one)? != kind(other)? || kind(one)?.0 == Kind::Schema {
            return None;
        }
        let name = |id: u32| self.member(id).map(|member| natural(&member.name)).unwrap_or_default();
        let (of_one, of_other) = (name(one), name(other));
        // Names that differ in numbers only say which came first, also of copies, which are all of the same time.
        let words = |name: &[(String, u64)]| name.iter().map(|(word, _)| word.clone()).collect::<Vec<_>>();
        let is_later = match words(&of_one) == words(&of_other) {
            true => of_one > of_other,
            false => (self.modified(one), of_one) > (self.modified(other), of_other),
        };
        Some(if is_later { [other, one] } else { [one, other] })
    }

    /// The chosen ones, if they can be one side of a comparison: profiles that measure the same as each other, and as those set
    /// aside, of which they are none. Each has a tab then, so they are few. Follows all of it.
    pub fn side(self) -> Option<Vec<u32>> {
        let chosen = self.chosen.get();
        let unit = |id: &u32| {
            let member = self.member(*id).filter(Member::is_profile)?;
            member.brief().map(|brief| brief.unit)
        };
        let before = self.before.get();
        let first = before.first().or(chosen.first()).and_then(unit)?;
        let is_one = |id: &u32| !before.contains(id) && unit(id) == Some(first);
        let fits = !chosen.is_empty() && chosen.len() <= MOST_COMPARED && chosen.iter().all(is_one);
        fits.then_some(chosen)
    }

    /// When a file was last changed, ms since 1970; 0 where the browser does not know.
    fn modified(self, id: u32) -> f64 {
        let file = self.file(id);
        js_sys::Reflect::get(&file.into(), &"lastModified".into())
            .ok()
            .and_then(|time| time.as_f64())
            .unwrap_or(0.0)
    }

    fn file(self, id: u32) -> Option<Blob> {
        self.files.with_value(|files| files.get(id as usize).cloned())
    }

    fn add(self, files: Vec<(String, File)>) {
        let first = self.members.with_untracked(Vec::len) as u32;
        self.waiting.update_value(|waiting| waiting.extend(first..first + files.len() as u32));
        self.unknown.update_value(|unknown| *unknown += files.len());
        self.files.update_value(|all| all.extend(files.iter().map(|(_, file)| Blob::from(file.clone()))));
        let members = files.into_iter().map(|(name, _)| Member { name, known: Known::Waiting });
        self.members.update(|all| all.extend(members));
    }

    /// Lists what cannot be had, and why.
    fn add_refused(self, refused: Vec<(String, String)>) {
        if refused.is_empty() {
            return;
        }
        // Nothing is read of it: any file stands for it.
        let Ok(nothing) = Blob::new() else { return };
        self.files.update_value(|all| all.extend(refused.iter().map(|_| nothing.clone())));
        let members = refused.into_iter().map(|(name, reason)| Member { name, known: not(&reason) });
        self.members.update(|all| all.extend(members));
    }

    fn know(self, id: u32, known: Known) {
        let is_first = self.news.try_update_value(|news| {
            news.push((id, known));
            news.len() == 1
        });
        if is_first == Some(true) {
            let was_told = self.was_told.try_update_value(|was_told| std::mem::replace(was_told, true));
            set_timeout(move || self.tell(), if was_told == Some(true) { TOGETHER } else { FIRST });
        }
    }

    /// Tells what was found out.
    fn tell(self) {
        let news = self.news.try_update_value(std::mem::take).unwrap_or_default();
        if news.is_empty() {
            return;
        }
        self.members.try_update(|members| {
            for (id, known) in news {
                if let Some(member) = members.get_mut(id as usize) {
                    member.known = known;
                }
            }
        });
    }

    /// The files of which this is so.
    fn those(self, is_one: impl Fn(&Member) -> bool) -> Vec<u32> {
        self.members.with_untracked(|members| {
            let found = (0..).zip(members).filter(|(_, member)| is_one(member));
            found.map(|(id, _)| id).collect()
        })
    }

    /// How many recordings were judged, and how many there are; follows it.
    pub fn judged(self) -> (usize, usize) {
        self.members.with(|members| {
            let briefs = || members.iter().filter_map(Member::brief);
            (briefs().filter(|brief| brief.verdict.is_some()).count(), briefs().count())
        })
    }

    /// All recordings are to be judged anew: the old verdicts stand meanwhile.
    fn judge_anew(self) {
        let ids = self.those(|member| member.brief().is_some());
        self.unjudged.set_value(ids.into());
    }

    /// Ends what reads it.
    pub fn end(self) {
        self.tell();
        self.waiting.update_value(VecDeque::clear);
        self.unjudged.update_value(VecDeque::clear);
        let readers = self.readers.try_update_value(std::mem::take).unwrap_or_default();
        // One of them may be calling.
        spawn_local(async move {
            for reader in readers {
                reader.end();
            }
        });
    }
}

fn not(problem: &str) -> Known {
    Known::Not(Arc::new(Failure {
        looked_like: None,
        place: None,
        problem: problem.to_owned(),
        advice: String::new(),
        supported: Vec::new(),
        may_have_layout: false,
    }))
}

/// Opens files as a group, which is called `name`.
pub fn open_as(state: State, name: String, files: Vec<(String, File)>) {
    let Some(blob) = as_one(&name, &files) else {
        state.say("The browser has no room for so many files");
        return;
    };
    let document = OpenDocument::group_of(name.clone(), blob.clone());
    state.documents.update(|documents| documents.push(document));
    state.show(Some(document));
    fill(state, document, files, Vec::new(), move || {
        // Only now: to write a copy of all files would hold up their reading.
        if state.keep_files.get_untracked() {
            open::keep(state, document, name.clone(), blob.clone());
        }
    });
}

/// The files as one, by reference: it is kept in the browser and taken apart again as an archive is.
fn as_one(name: &str, files: &[(String, File)]) -> Option<Blob> {
    let table: Vec<(String, u64)> =
        files.iter().map(|(name, file)| (name.clone(), file.size() as u64)).collect();
    let parts = Array::new();
    for (_, file) in files {
        parts.push(file);
    }
    parts.push(&Uint8Array::from(bundle::group_trailer(&table).as_slice()));
    File::new_with_blob_sequence(&parts, name).ok().map(Into::into)
}

/// Makes a document a group of what turned out to be in its file.
pub fn become_one(
    state: State,
    document: OpenDocument,
    files: Vec<(String, File)>,
    refused: Vec<(String, String)>,
) {
    document.status.set(Status::Group);
    document.let_go();
    if !document.views().contains(&document.view.get_untracked()) {
        document.view.set(View::Recordings);
    }
    fill(state, document, files, refused, || {});
}

/// Opens a document again that was closed: its file is read anew, of a group what was not read yet.
pub fn open_again(state: State, document: OpenDocument) {
    if !untrack(|| document.is_group()) {
        if let Some(blob) = document.blob.get_value() {
            document.read_anew(blob);
        }
        return;
    }
    let group = document.group;
    let waiting = group.those(Member::is_waited_for);
    group.waiting.update_value(|all| all.extend(waiting));
    let unjudged = group.those(|member| member.brief().is_some_and(|brief| brief.verdict.is_none()));
    group.unjudged.update_value(|all| all.extend(unjudged));
    // The worker that had them is gone.
    group.ranking.set(Ranking::NotAsked);
    read(state, document, || {});
}

/// Reads the files of a group; `done` is told once all are read.
fn fill(
    state: State,
    document: OpenDocument,
    files: Vec<(String, File)>,
    refused: Vec<(String, String)>,
    done: impl Fn() + 'static,
) {
    let group = document.group;
    group.add(files);
    group.add_refused(refused);
    read(state, document, done);
    lasting(|| {
        let thresholds = Memo::new(move |_| judgement::settings(state));
        Effect::watch(
            move || thresholds.get(),
            move |_, _, _| {
                if state.documents.with_untracked(|documents| documents.contains(&document)) {
                    group.judge_anew();
                    read(state, document, || {});
                }
            },
            false,
        );
    });
}
