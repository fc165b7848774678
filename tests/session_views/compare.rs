//! One log beside another, and beside itself.

use flamedrop::protocol::{Answer, Ask, CompareColumn, Page, Request, Response, With};
use flamedrop::queries::compare::Per;
use flamedrop::queries::filter::Filter;
use flamedrop::session::Session;

use super::{LOGS, all, ask, glance, near, open};

fn compared(
    session: &mut Session,
    with: With,
    per: Per,
) -> (Page<flamedrop::queries::compare::Compared>, flamedrop::protocol::Comparison) {
    match ask(session, &Filter::default(), Ask::Compare { with, per, window: all(CompareColumn::Change) }) {
        Answer::Compared(page, comparison) => (page, comparison),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_log_differs_from_itself_in_nothing() {
    for path in LOGS {
        let mut session = open(path);
        let with = With::Filter(Box::default());
        let (page, comparison) = compared(&mut session, with, Per::Time);
        assert_eq!((comparison.new, comparison.gone, comparison.clear), (0, 0, 0), "{path}");
        assert!(page.page.iter().all(|row| row.change() == 0.0 && !row.is_clear()), "{path}");
    }
}

#[test]
fn two_logs_side_by_side() {
    let mut before = open("findings/clean-orders.sql.jsonl");
    let Answer::Shapes(shapes) = ask(&mut before, &Filter::default(), Ask::Shapes) else {
        panic!("no shapes")
    };
    let earlier = glance(&mut before, &Filter::default()).figures;
    let mut after = open("findings/n_plus_one-category.sql.jsonl");
    let later = glance(&mut after, &Filter::default()).figures;
    let gone = Request::View(
        Filter::default(),
        Ask::Compare { with: With::Kept(7), per: Per::Log, window: all(CompareColumn::Change) },
    );
    assert!(matches!(after.answer(&gone), Response::Refused(_)));
    let Answer::Kept(number) = ask(&mut after, &Filter::default(), Ask::Keep(shapes.clone())) else {
        panic!("not kept");
    };
    assert_eq!(ask(&mut after, &Filter::default(), Ask::Keep(shapes)), Answer::Kept(number));
    let (page, comparison) = compared(&mut after, With::Kept(number), Per::Log);
    assert_eq!((comparison.calls_before, comparison.calls_after), (earlier.calls, later.calls));
    let change: f64 = page.page.iter().map(|row| row.change()).sum();
    assert!(near(change, later.total - earlier.total));
    assert_eq!(page.page.iter().map(|row| row.after.calls).sum::<u32>(), later.calls);
    assert_eq!(page.page.iter().map(|row| row.before.calls).sum::<u32>(), earlier.calls);
    assert!(page.page.iter().rev().is_sorted_by_key(|row| row.change()));
}
