//! What a change did: the findings of a recording before it against those of one after it.

use super::{Finding, Summary};
use crate::format::Unit;
use crate::profile::home::base_name;

/// The findings that went, stayed and came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes<'a> {
    /// Found before only: what a fix was for, if there was one.
    pub gone: Vec<&'a Finding>,
    /// Found in both: before, after.
    pub left: Vec<(&'a Finding, &'a Finding)>,
    /// Found after only.
    pub new: Vec<&'a Finding>,
}

impl<'a> Changes<'a> {
    /// Findings are the same if their rule and key are: the same cause in the same code. Of what is left over, those are
    /// that only the directories of their file tell apart, and its lines: the program was installed elsewhere.
    pub fn between(before: &'a [Finding], after: &'a [Finding]) -> Self {
        let mut changes = Self::default();
        let mut matched = vec![false; after.len()];
        let mut same: Vec<Option<usize>> = Vec::with_capacity(before.len());
        for finding in before {
            let mark = finding.mark();
            let at = (0..after.len()).find(|&at| !matched[at] && after[at].mark() == mark);
            if let Some(at) = at {
                matched[at] = true;
            }
            same.push(at);
        }
        for (place, finding) in before.iter().enumerate() {
            if same[place].is_some() {
                continue;
            }
            let Some(moved) = without_directories(&finding.key) else { continue };
            let is_it = |other: &Finding| {
                other.rule == finding.rule && without_directories(&other.key).as_deref() == Some(&*moved)
            };
            let is_alone = before.iter().enumerate().all(|(at, other)| at == place || !is_it(other));
            let mut others = (0..after.len()).filter(|&at| !matched[at] && is_it(&after[at]));
            if let (Some(at), None, true) = (others.next(), others.next(), is_alone) {
                matched[at] = true;
                same[place] = Some(at);
            }
        }
        for (finding, at) in before.iter().zip(same) {
            match at {
                Some(at) => changes.left.push((finding, &after[at])),
                None => changes.gone.push(finding),
            }
        }
        changes.new = after.iter().zip(matched).filter(|(_, matched)| !matched).map(|(one, _)| one).collect();
        changes
    }

    /// What all of it took and what was to be saved, in one sentence. `before` and `after` are what [`time`] gives, of
    /// recordings in `unit`; `corrected` says whether a profiler's own time was taken off.
    pub fn sentence(&self, before: f64, after: f64, unit: Unit, corrected: bool) -> String {
        // Lines and curves do not add up to anything.
        let has_none = before <= 0.0 && after <= 0.0;
        let (less, change) =
            if after <= before { ("less", before - after) } else { ("more", after - before) };
        let [before, after, change, predicted] =
            [before, after, change, self.predicted()].map(|amount| unit.thousandths(amount));
        let saved = match self.gone.len() {
            0 => "No finding is gone.".to_owned(),
            1 => format!("The finding that is gone was to save {predicted}."),
            _ => format!("The findings that are gone were to save {predicted}."),
        };
        if has_none {
            return format!("Neither has a total to compare: they have lines, or memory over time. {saved}");
        }
        let without = if corrected { ", without the profiler's own time" } else { "" };
        format!("{before} before, {after} after{without}: {change} {less}. {saved}")
    }

    /// What the fixes of the findings that went were to save, thousandths of the unit.
    pub fn predicted(&self) -> f64 {
        self.gone.iter().map(|finding| finding.saving).sum()
    }
}

/// A key that begins with a place in code, without the directories and lines of its file: `views.py(orders)` of
/// `/srv/shop/views.py:12(orders)`; nothing for others.
fn without_directories(key: &str) -> Option<String> {
    let (file, name) = key.split_once('(')?;
    let file = match file.rsplit_once(':') {
        Some((before, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => before,
        _ => file,
    };
    let is_python = file.ends_with(".py") || file.ends_with(".pyc");
    is_python.then(|| format!("{}({name}", base_name(file)))
}

/// Of these recordings together: what all of it took without the profiler's own time, thousandths of the unit.
pub fn time<'a>(summaries: impl Iterator<Item = &'a Summary>) -> f64 {
    summaries.map(|summary| (summary.total - summary.profiler).max(0.0)).sum()
}

/// Whether [`time`] takes off anything.
pub fn is_corrected<'a>(mut summaries: impl Iterator<Item = &'a Summary>) -> bool {
    summaries.any(|summary| summary.profiler > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::{Bound, Confidence};

    fn finding(rule: &str, key: &str, saving: f64) -> Finding {
        Finding {
            unit: crate::format::Unit::Seconds,
            rule: rule.to_owned(),
            key: key.to_owned(),
            title: String::new(),
            at_stake: saving,
            saving,
            bound: Bound::Estimate,
            computed: String::new(),
            evidence: Vec::new(),
            remedy: String::new(),
            code: String::new(),
            confidence: Confidence::High,
            doubts: String::new(),
            also: Vec::new(),
            price: None,
        }
    }

    #[test]
    fn findings_go_stay_and_come() {
        let before = [
            finding("n-plus-one", "a", 100.0),
            finding("n-plus-one", "b", 20.0),
            finding("duplicates", "a", 5.0),
        ];
        let after = [finding("n-plus-one", "b", 18.0), finding("hottest-function", "f", 30.0)];
        let changes = Changes::between(&before, &after);
        assert_eq!(changes.gone, [&before[0], &before[2]]);
        assert_eq!(changes.left, [(&before[1], &after[0])]);
        assert_eq!(changes.new, [&after[1]]);
        assert_eq!(changes.predicted(), 105.0);
        assert_eq!(
            changes.sentence(550.0, 445.0, Unit::Seconds, false),
            "550 ms before, 445 ms after: 105 ms less. The findings that are gone were to save 105 ms."
        );
        assert_eq!(Changes::between(&[], &[]), Changes::default());
    }

    #[test]
    fn a_program_that_was_installed_elsewhere_has_the_same_findings() {
        let before = [
            finding("hottest-function", "/srv/shop/views.py(orders)", 30.0),
            finding("run-time-imports", "/srv/shop/apps.py:12(ready)", 20.0),
            finding("hottest-function", "/srv/a/models.py(save)", 9.0),
            finding("hottest-function", "/srv/b/models.py(save)", 8.0),
        ];
        let after = [
            finding("hottest-function", r"C:\shop\models.py(save)", 9.0),
            finding("run-time-imports", r"C:\shop\apps.py:14(ready)", 20.0),
            finding("hottest-function", r"C:\shop\views.py(orders)", 28.0),
            finding("exploding-calls", r"C:\shop\views.py(orders)", 28.0),
        ];
        let changes = Changes::between(&before, &after);
        assert_eq!(changes.left, [(&before[0], &after[2]), (&before[1], &after[1])]);
        // Which of two it is cannot be told.
        assert_eq!(changes.gone, [&before[2], &before[3]]);
        assert_eq!(changes.new, [&after[0], &after[3]]);
    }
}
