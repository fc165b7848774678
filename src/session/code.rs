//! Answers about places in the code: which source files are meant, and which functions of a profile are the lines that a
//! log's statements come from.

use rustc_hash::FxHashMap;

use crate::code::sources::matched;
use crate::document::{Content, Document};
use crate::profile::home::base_name;
use crate::profile::{FunctionId, Functions, Profile};
use crate::protocol::{Caller, CodeAnswer, CodeAsk, CodeFunction, CodeLine, Response};
use crate::queries::{Frame, QueryLog};
use crate::sort;

/// Lines of code that statements come from, of which a page is told.
const CALLERS: usize = 2000;

/// Stacks of one line, and lines of one stack: what is called from everywhere is nobody's, and views are not deep.
const STACKS: usize = 16;
const FRAMES: usize = 12;

/// Answers `ask` about `document`.
pub(super) fn answer(document: &Document, ask: &CodeAsk) -> Response {
    let answer = match (&document.content, ask) {
        (content, CodeAsk::Sources(sources)) => CodeAnswer::Sources(sources_of(content, sources)),
        (Content::Queries(log), CodeAsk::Callers) => CodeAnswer::Callers(callers(log)),
        (Content::Profile(profile), CodeAsk::Functions(stacks)) => {
            let functions = &profile.functions;
            let named = |function| CodeFunction { function, name: functions.name(function).to_owned() };
            let found = functions_of(functions, stacks).into_iter().map(|function| function.map(named));
            CodeAnswer::Functions(found.collect())
        }
        _ => return Response::Refused("this document has no such places".to_owned()),
    };
    Response::Code(answer)
}

fn sources_of(content: &Content, sources: &[String]) -> Vec<(String, u32)> {
    let mut files: Vec<&str> = match content {
        Content::Profile(profile) => files_of(profile),
        Content::Queries(log) => {
            log.sites.iter().flat_map(|site| &site.frames).map(|frame| frame.file.as_str()).collect()
        }
        Content::Requests(_) | Content::Schema(_) => Vec::new(),
    };
    sort::by(&mut files, Ord::cmp);
    files.dedup();
    let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
    let found = matched(&files, &sources);
    files.into_iter().zip(found).filter_map(|(file, source)| Some((file.to_owned(), source?))).collect()
}

fn files_of(profile: &Profile) -> Vec<&str> {
    let functions = &profile.functions.files;
    let mut files: Vec<&str> = (0..functions.len() as u32).map(|file| functions.get(file)).collect();
    if let Some(table) = &profile.line_table {
        files.extend((0..table.files.len() as u32).map(|file| table.files.get(file)));
    }
    if let Some(series) = &profile.series {
        let places = series.curves.iter().flat_map(|curve| curve.place.iter().flatten());
        files.extend(places.map(|place| place.file.as_str()));
    }
    files
}

/// The user's own lines that run statements.
fn callers(log: &QueryLog) -> Vec<Caller> {
    let statements = &log.statements;
    let mut uses: FxHashMap<u32, (u32, f64)> = FxHashMap::default();
    for at in 0..statements.len() {
        if let Some(site) = statements.site(at) {
            let (count, time) = uses.entry(site).or_default();
            *count += 1;
            *time += Some(statements.duration[at]).filter(|time| time.is_finite()).unwrap_or(0.0);
        }
    }
    // Sites differ in what is above them, too: those of one line are one.
    let mut by_line: FxHashMap<String, Caller> = FxHashMap::default();
    let mut order: Vec<(u32, (u32, f64))> = uses.into_iter().collect();
    sort::by_number(&mut order, |(site, _)| *site);
    for (site, (statements, time)) in order {
        let Some(frames) = log.sites.get(site as usize).map(|site| &site.frames) else { continue };
        let Some(innermost) = frames.first() else { continue };
        let caller = by_line.entry(innermost.place()).or_insert_with_key(|value| Caller {
            stacks: Vec::new(),
            value: value.clone(),
            statements: 0,
            time: 0.0,
        });
        caller.statements += statements;
        caller.time += time;
        let stack: Vec<CodeLine> = frames.iter().take(FRAMES).map(line_of).collect();
        if caller.stacks.len() < STACKS && !caller.stacks.contains(&stack) {
            caller.stacks.push(stack);
        }
    }
    let mut all: Vec<Caller> = by_line.into_values().collect();
    sort::by(&mut all, |one, other| {
        other.time.total_cmp(&one.time).then_with(|| one.value.cmp(&other.value))
    });
    all.truncate(CALLERS);
    all
}

fn line_of(frame: &Frame) -> CodeLine {
    CodeLine { file: frame.file.clone(), line: frame.line, name: frame.name.clone() }
}

/// The function of each stack that its innermost line is in, of those that the profile has (it has none of templates):
/// of those with the name, in that file, the one that begins last before the line.
fn functions_of(functions: &Functions, stacks: &[Vec<CodeLine>]) -> Vec<Option<FunctionId>> {
    let mut wanted: FxHashMap<(&str, &str), Vec<FunctionId>> = FxHashMap::default();
    for line in stacks.iter().flatten() {
        wanted.insert((base_name(&line.file), last_name(&line.name)), Vec::new());
    }
    for id in 0..functions.len() as FunctionId {
        let key = (base_name(functions.file(id)), last_name(functions.name(id)));
        if let Some(found) = wanted.get_mut(&key) {
            found.push(id);
        }
    }
    let function = |line: &CodeLine| {
        let named = wanted.get(&(base_name(&line.file), last_name(&line.name)))?;
        let begins_before = |id: &FunctionId| functions.line(*id) <= i64::from(line.line);
        let of = |is_same: &dyn Fn(FunctionId) -> bool| {
            let same = named.iter().copied().filter(|&id| is_same(id)).filter(begins_before);
            same.max_by_key(|&id| functions.line(id))
        };
        // The file of its very path first: of two sites on one machine each has a `views.py`.
        let its_own = of(&|id| functions.file(id) == line.file);
        its_own.or_else(|| of(&|id| matched(&[functions.file(id)], &[&line.file])[0].is_some()))
    };
    stacks.iter().map(|stack| stack.iter().find_map(function)).collect()
}

/// `total` of `Shop.total`: some tools write the one, some the other.
fn last_name(name: &str) -> &str {
    if name.starts_with('<') { name } else { name.rsplit('.').next().unwrap_or(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_in_the_function_that_begins_before_them() {
        let mut functions = Functions::default();
        for (file, line, name) in [
            ("/app/shop/models.py", 10, "total"),
            ("/app/shop/models.py", 40, "total"),
            ("/app/blog/models.py", 5, "total"),
            ("/app/shop/models.py", 60, "Order.paid"),
        ] {
            functions.file.push(functions.files.intern(file));
            functions.name.push(functions.names.intern(name));
            functions.line.push(line);
        }
        let line =
            |file: &str, line, name: &str| CodeLine { file: file.to_owned(), line, name: name.to_owned() };
        let stacks = [
            vec![line("/app/shop/models.py", 12, "total")],
            vec![line("/app/shop/models.py", 41, "total")],
            vec![line("/app/shop/models.py", 9, "total")],
            vec![line("/srv/shop/models.py", 70, "paid")],
            vec![line("/app/blog/models.py", 5, "total")],
            vec![line("/app/shop/views.py", 5, "total")],
            vec![line("/app/page.html", 3, "{{ order.total }}"), line("/app/shop/models.py", 12, "total")],
            vec![],
        ];
        assert_eq!(
            functions_of(&functions, &stacks),
            [Some(0), Some(1), None, Some(3), Some(2), None, Some(0), None]
        );
    }
}
