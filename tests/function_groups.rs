//! The functions table by module, package and layer, through a session, on recordings.

mod common;

use flamedrop::input::MemorySource;
use flamedrop::profile::groups::GroupBy;
use flamedrop::profile::transform::Transform;
use flamedrop::protocol::{ContentOverview, FunctionColumn, FunctionGroup, GroupAsk, Request, Response};
use flamedrop::session::Session;

const RECORDINGS: [&str; 4] = [
    "profiles/py-spy-0.4.3.speedscope.json",
    "pstats/3.12.prof",
    "pstats/2.7-profile.prof",
    "shop/shop.prof",
];

fn open(name: &str) -> Session {
    let source = MemorySource::new(name, common::bytes(name));
    Session::open(Box::new(source), &|_| ()).expect("a document")
}

fn ask(by: GroupBy) -> GroupAsk {
    GroupAsk {
        by,
        sort: FunctionColumn::SelfTime,
        descending: true,
        filter: String::new(),
        open: Vec::new(),
        most: u32::MAX,
    }
}

fn groups(session: &mut Session, ask: GroupAsk) -> Vec<FunctionGroup> {
    match session.answer(&Request::FunctionGroups(ask)) {
        Response::FunctionGroups(groups) => groups,
        other => panic!("{other:?}"),
    }
}

#[test]
fn groups_add_up_to_all_there_is() {
    for name in RECORDINGS {
        let mut session = open(name);
        let ContentOverview::Profile(overview) = session.overview().content else { panic!("a profile") };
        for by in [GroupBy::Module, GroupBy::Package, GroupBy::Layer] {
            let all = groups(&mut session, ask(by));
            let own: f64 = all.iter().map(|group| group.self_time).sum();
            assert!((own - overview.total).abs() <= 1e-9 * overview.total, "{name} {by:?}: {own}");
            let functions: u32 = all.iter().map(|group| group.functions).sum();
            assert_eq!(functions, overview.shown_functions, "{name} {by:?}");
            assert!(all.is_sorted_by(|one, other| one.self_time >= other.self_time), "{name} {by:?}");
            for group in &all {
                let within = group.self_time..=overview.total * (1.0 + 1e-9);
                assert!(within.contains(&group.total_time), "{name} {by:?}: {group:?}");
                assert!(!group.is_open && group.rows.is_empty());
            }
            // Their calls as well, where the file has any.
            let calls: Option<i64> = all.iter().map(|group| group.calls).sum();
            assert_eq!(calls, overview.calls, "{name} {by:?}");
        }
    }
}

#[test]
fn an_open_group_has_its_functions() {
    let mut session = open("shop/shop.prof");
    let all = groups(&mut session, ask(GroupBy::Package));
    let django = all.iter().find(|group| group.name == "django").expect("Django");
    let (first, functions) = (django.first, django.functions as usize);
    // The second of several: named by any of its functions.
    let open = groups(&mut session, GroupAsk { open: vec![first], ..ask(GroupBy::Package) });
    let django = open.iter().find(|group| group.is_open).expect("it is open");
    assert_eq!(open.iter().filter(|group| group.is_open).count(), 1);
    assert_eq!((django.name.as_str(), django.rows.len()), ("django", functions));
    assert!(django.rows.iter().all(|row| row.file.contains("/django/")));
    assert!(django.rows.is_sorted_by(|one, other| one.self_time >= other.self_time));
    let few = groups(&mut session, GroupAsk { open: vec![first], most: 3, ..ask(GroupBy::Package) });
    let few = few.iter().find(|group| group.is_open).expect("it is open");
    assert_eq!((few.rows.len(), few.functions as usize), (3, functions));
    // Only what is looked for; by another column, the other way round.
    let filter = "db/models/query.py".to_owned();
    let sort = FunctionColumn::TotalTime;
    let found = groups(
        &mut session,
        GroupAsk { open: vec![first], filter, sort, descending: false, ..ask(GroupBy::Package) },
    );
    let [django] = found.as_slice() else { panic!("{found:?}") };
    assert!(django.rows.iter().all(|row| row.file.ends_with("django/db/models/query.py")));
    assert!(django.rows.is_sorted_by(|one, other| one.total_time <= other.total_time));
    assert_eq!(django.functions as usize, django.rows.len());
}

#[test]
fn groups_are_of_what_steps_leave() {
    let mut session = open("shop/shop.prof");
    let Response::Reread(overview) =
        session.answer(&Request::Transform(vec![Transform::OnlyMine(String::new())]))
    else {
        panic!("a step")
    };
    let ContentOverview::Profile(overview) = overview.content else { panic!("a profile") };
    let all = groups(&mut session, ask(GroupBy::Package));
    let own: f64 = all.iter().map(|group| group.self_time).sum();
    assert!((own - overview.total).abs() <= 1e-6 * overview.total, "{own} of {}", overview.total);
    // Django is one box now, and one function.
    let django = all.iter().find(|group| group.name == "django").expect("Django");
    assert_eq!(django.functions, 1);
}
