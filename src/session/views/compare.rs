//! The statements of a filter beside others.

use std::rc::Rc;

use super::{Look, Memory, Sorted, page, sorted};
use crate::protocol::{Answer, CompareColumn, Comparison, Window, With};
use crate::queries::compare::{Compared, Per, Shapes, compare};
use crate::queries::filter::Filter;
use crate::queries::overview::extent;

/// Other sides that are kept: the one shown, and the one before it.
const KEPT: usize = 2;

/// What is remembered of comparisons.
#[derive(Default)]
pub(super) struct State {
    rows: Memory<(Filter, With, Per), Rc<Both>>,
    order: Memory<Sorted<(With, Per), CompareColumn>, Vec<u32>>,
    /// The number of what is kept next.
    next: u32,
}

/// Both sides: row by row, and in sum.
struct Both {
    rows: Vec<Compared>,
    summary: Comparison,
}

impl Look<'_> {
    pub(super) fn shapes(&mut self, filter: &Filter) -> Shapes {
        let (selection, groups) = (self.selection(filter), self.fingerprints(filter));
        let (from, to) = extent(self.log, filter.range);
        Shapes::new(String::new(), self.log, &selection, to - from, &groups)
    }

    pub(super) fn keep(&mut self, shapes: &Shapes) -> u32 {
        // What is shown already keeps its number, and with it what was computed.
        if let Some((number, _)) = self.state.kept.iter().find(|(_, known)| **known == *shapes) {
            return *number;
        }
        if self.state.kept.len() == KEPT {
            self.state.kept.remove(0);
        }
        let number = self.state.compared.next;
        self.state.compared.next += 1;
        self.state.kept.push((number, Rc::new(shapes.clone())));
        number
    }

    /// `None` if what is compared with is not there.
    pub(super) fn compare(
        &mut self,
        filter: &Filter,
        with: &With,
        per: Per,
        window: &Window<CompareColumn>,
    ) -> Option<Answer> {
        let key = (filter.clone(), with.clone(), per);
        let both = match self.state.compared.rows.known(&key) {
            Some(both) => Rc::clone(both),
            None => {
                let before = match with {
                    With::Filter(other) => Rc::new(self.shapes(other)),
                    With::Kept(number) => {
                        Rc::clone(&self.state.kept.iter().find(|(known, _)| known == number)?.1)
                    }
                };
                let after = self.shapes(filter);
                let rows = compare(&before, &after, per);
                let summary = summary(&before, &after, &rows, per);
                let both = Rc::new(Both { rows, summary });
                Rc::clone(self.state.compared.rows.get(key, || both))
            }
        };
        let Both { rows, summary } = &*both;
        let key = (filter.clone(), (with.clone(), per), window.sort, window.descending);
        let order = self.state.compared.order.get(key, || {
            let at = |place: u32| &rows[place as usize];
            let by = |of: fn(&Compared) -> f64| {
                sorted(rows.len(), window.descending, &|a, b| of(at(a)).total_cmp(&of(at(b))))
            };
            match window.sort {
                CompareColumn::Text => {
                    sorted(rows.len(), window.descending, &|a, b| at(a).text.cmp(&at(b).text))
                }
                CompareColumn::Change => by(Compared::change),
                CompareColumn::Calls => {
                    by(|it| f64::from(it.after.calls) - f64::from(it.before.calls) * it.scale)
                }
                CompareColumn::Mean => by(|it| it.after.mean - it.before.mean),
                CompareColumn::P95 => by(|it| it.after.p95 - it.before.p95),
                CompareColumn::Before => by(|it| it.before.total),
                CompareColumn::After => by(|it| it.after.total),
            }
        });
        let page = page(order, window, |place| place, |place| rows[place as usize].clone());
        Some(Answer::Compared(page, summary.clone()))
    }
}

fn summary(before: &Shapes, after: &Shapes, rows: &[Compared], per: Per) -> Comparison {
    let total = |side: &Shapes| side.shapes.iter().map(|shape| shape.side.total).sum();
    let calls = |side: &Shapes| side.shapes.iter().map(|shape| shape.side.calls).sum();
    let count = |is: fn(&Compared) -> bool| rows.iter().filter(|row| is(row)).count() as u32;
    Comparison {
        name: before.name.clone(),
        before: total(before),
        after: total(after),
        calls_before: calls(before),
        calls_after: calls(after),
        scale: before.scale(after, per),
        new: count(Compared::is_new),
        gone: count(Compared::is_gone),
        clear: count(|row| !row.is_new() && !row.is_gone() && row.is_clear()),
    }
}
