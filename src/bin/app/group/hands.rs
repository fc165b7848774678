//! What is done with the recordings of a group: one is opened, two are compared, any are merged, the functions of all are
//! ranked.

use std::rc::Rc;

use flamedrop::findings::pairs;
use flamedrop::format::{Unit, counted};
use flamedrop::import::Kind;
use flamedrop::protocol::{Request, Response};
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::Blob;

use super::{GroupState, Member, Ranking};
use crate::comparison::Side;
use crate::document::OpenDocument;
use crate::log_view::Against;
use crate::reader::Reader;
use crate::state::State;
use crate::view::View;
use crate::{gather, open};

/// Opens a recording of a group as whoever looks for it wants it: a profile with the log of the same run, a log with its profile.
pub fn open_with_partner(state: State, document: OpenDocument, id: u32) {
    if let Some(partner) = partner(document.group, id) {
        open_member(state, document, partner);
    }
    open_member(state, document, id);
}

/// The other half of a recording's pair, in the same folder of the group.
fn partner(group: GroupState, id: u32) -> Option<u32> {
    group.members.with_untracked(|members| {
        let folder = pairs::folder(&members.get(id as usize)?.name);
        let known: Vec<(u32, &Member, Kind)> = (0..)
            .zip(members)
            .filter(|(_, member)| pairs::folder(&member.name) == folder)
            .filter_map(|(id, member)| Some((id, member, member.brief()?.kind)))
            .collect();
        let named: Vec<(&str, Kind)> =
            known.iter().map(|(_, member, kind)| (member.name.as_str(), *kind)).collect();
        let own = known.iter().position(|(of, ..)| *of == id)?;
        let partner = (*pairs::by_stem(&named).get(own)?)?;
        known.get(partner).map(|(id, ..)| *id)
    })
}

/// Opens a recording of a group in a tab of its own, or shows the one it has.
pub fn open_member(state: State, document: OpenDocument, id: u32) -> Option<OpenDocument> {
    let group = document.group;
    let open = state.documents.get_untracked();
    let known =
        group.opened.with_value(|opened| opened.iter().find(|(of, _)| *of == id).map(|(_, one)| *one));
    if let Some(known) = known.filter(|known| open.contains(known)) {
        state.show(Some(known));
        return Some(known);
    }
    let member = untrack(|| group.member(id))?;
    member.brief()?;
    let base = member.name.rsplit(['/', '\\']).next().unwrap_or(&member.name).to_owned();
    let opened = open::open(state, base, group.file(id)?);
    group.opened.update_value(|all| {
        all.retain(|(of, _)| *of != id);
        all.push((id, opened));
    });
    state.show(Some(opened));
    Some(opened)
}

/// Opens two recordings of a group, the later one with the earlier one beside it.
pub fn compare(state: State, document: OpenDocument, [before, after]: [u32; 2]) {
    let (Some(before), Some(after)) =
        (open_member(state, document, before), open_member(state, document, after))
    else {
        return;
    };
    after.comparison.put(before, Some(Side::Before));
    after.log.against.set(Against::Log(before.name.get_untracked()));
    after.view.set(View::Compare);
}

/// Opens the profiles of both sides of a change, the first of those after it last, with all others beside it.
pub fn compare_sides(state: State, document: OpenDocument, before: &[u32], after: &[u32]) {
    let open_all = |ids: &[u32], side: Side| -> Vec<(OpenDocument, Side)> {
        ids.iter().filter_map(|&id| Some((open_member(state, document, id)?, side))).collect()
    };
    let Some((&first, others)) = after.split_first() else { return };
    let mut beside = open_all(before, Side::Before);
    beside.extend(open_all(others, Side::After));
    let Some(shown) = open_member(state, document, first) else { return };
    for (other, side) in beside {
        shown.comparison.put(other, Some(side));
    }
    shown.view.set(View::Compare);
}

/// Opens the sum of some profiles of a group.
pub fn merge(state: State, document: OpenDocument, ids: &[u32]) {
    let group = document.group;
    let profiles: Vec<(String, Blob)> =
        ids.iter().filter_map(|&id| Some((untrack(|| group.member(id))?.name, group.file(id)?))).collect();
    if group.merging.with_untracked(Option::is_some) {
        return;
    }
    let all = profiles.len();
    group.merging.set(Some((0, all)));
    spawn_local(async move {
        let merged = gather::merged(profiles, |done| {
            group.merging.try_set(Some((done, all)));
        })
        .await;
        group.merging.try_set(None);
        match merged {
            Ok(blob) => {
                let opened = open::open(state, format!("{all} profiles merged"), blob);
                state.show(Some(opened));
            }
            Err(problem) => state.say(problem),
        }
    });
}

/// Reads the profiles of a group for the functions of all of them. The worker that has these is the document's then.
pub fn rank(document: OpenDocument) {
    let group = document.group;
    let members = group.members.get_untracked();
    // What most of them measure: seconds and bytes have no sum.
    let unit_of = |member: &Member| member.brief().filter(|_| member.is_profile()).map(|brief| brief.unit);
    let units: Vec<Unit> = members.iter().filter_map(unit_of).collect();
    let count = |unit: Unit| units.iter().filter(|other| **other == unit).count();
    let Some(unit) = units.iter().copied().max_by_key(|unit| (count(*unit), u8::MAX - unit.rank())) else {
        group.ranking.set(Ranking::Not("None of them is a profile: only profiles have functions".to_owned()));
        return;
    };
    let is_one = |id: &u32| members.get(*id as usize).and_then(unit_of) == Some(unit);
    let ids: Vec<u32> = (0..members.len() as u32).filter(is_one).collect();
    let others = units.len() - ids.len();
    let profiles: Vec<(String, Blob)> =
        ids.iter().filter_map(|&id| Some((members[id as usize].name.clone(), group.file(id)?))).collect();
    let all = profiles.len();
    group.ranking.set(Ranking::Reading(0, all));
    let reader = Rc::new(Reader::default());
    group.readers.update_value(|readers| readers.push(Rc::clone(&reader)));
    spawn_local(async move {
        let read = gather::read(&reader, profiles, |done| {
            group.ranking.try_set(Ranking::Reading(done, all));
        })
        .await;
        let ranking = match read {
            Ok(read) if read.added.is_empty() => {
                Ranking::Not(read.left_out.into_iter().next().unwrap_or_default())
            }
            Ok(gather::Read { overview, added, mut left_out }) => {
                if others > 0 {
                    let what = counted(others as i64, "profile measures", "profiles measure");
                    left_out.push(format!("{what} something different"));
                }
                document.be_served_by(reader.bridge());
                let added = added.into_iter().filter_map(|place| ids.get(place).copied()).collect();
                Ranking::There(overview, added, left_out)
            }
            Err(problem) => Ranking::Not(problem),
        };
        group.ranking.try_set(ranking);
    });
}

/// Opens the recording of a group in which a function took most, with the function selected.
pub fn lead_to(state: State, document: OpenDocument, id: u32, (file, line, name): (String, i64, String)) {
    let Some(opened) = open_member(state, document, id) else { return };
    opened.view.set(View::Functions);
    opened.once_settled(move || {
        spawn_local(async move {
            let request = Request::FindFunction { file, line, name };
            if let Some(Response::FoundFunction(Some(function))) = opened.ask(request).await {
                opened.select_function(function);
            }
        });
    });
}
