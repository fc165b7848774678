//! One text per query, so that what is looked for is found in values as well, at once.

use crate::queries::{NONE, QueryLog};
use crate::session::queries::Texts;
use crate::sort;
use crate::text::percent_decoded;

/// So many queries have one, those with most time first: each is read from the file.
const MOST: usize = 500;

/// Per fingerprint: SQL and parameters of its slowest execution, in lower case; empty where there is none,
/// or it cannot be read.
pub(super) fn examples(log: &QueryLog, texts: &Texts<'_>) -> Vec<String> {
    let slowest = log.slowest();
    let total = |fingerprint: u32| log.numbers.get(fingerprint as usize).map_or(0.0, |numbers| numbers.total);
    let mut order: Vec<u32> = (0..slowest.len() as u32).collect();
    sort::ids(&mut order, &mut |a, b| total(b).total_cmp(&total(a)));
    let mut examples = vec![String::new(); slowest.len()];
    for fingerprint in order.into_iter().take(MOST) {
        let at = slowest[fingerprint as usize];
        if let Some(text) = (at != NONE).then(|| texts.text(log, at as usize)).and_then(Result::ok).flatten()
        {
            let parameters = text.parameters.unwrap_or_default();
            let decoded =
                log.served.is_some().then(|| percent_decoded(&text.sql)).flatten().unwrap_or_default();
            examples[fingerprint as usize] = format!("{}\n{parameters}\n{decoded}", text.sql).to_lowercase();
        }
    }
    examples
}
