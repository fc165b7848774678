//! A file read anew: it was recorded again, and one looks at what one looked at. View, filter and settings stay as they are;
//! functions and steps are found again as in a comparison, wherever their lines moved to.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::profile::compare::Outline;
use flamedrop::profile::transform::Transform;
use flamedrop::protocol::{
    CompareAnswer, CompareAsk, ComparedOverview, ContentOverview, Overview, Request, Response,
};
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::Blob;

use crate::document::OpenDocument;
use crate::state::State;
use crate::{handles, open, remote};

/// Whether a document's file can be had as it is by now; follows when handles became known.
pub fn can(state: State, document: OpenDocument) -> bool {
    state.handles.track();
    document.source.with_value(Option::is_some)
        || document.blob.with_value(|blob| blob.as_ref().is_some_and(handles::has))
}

/// What was looked at in a reading, and the reading in short.
struct Before {
    overview: Arc<Overview>,
    outline: Option<Outline>,
    function: Option<u32>,
    steps: Vec<Transform>,
    /// The selected query, with its text.
    query: Option<(u32, String)>,
}

/// Reads a document's file as it is by now, and says what changed.
pub fn read(state: State, document: OpenDocument) {
    if !untrack(|| can(state, document)) {
        state.say("This browser cannot read the file again: drop it here once more");
        return;
    }
    spawn_local(async move {
        let name = document.name.get_untracked();
        let file = match file_now(document).await {
            Ok(Some(file)) => file,
            Ok(None) => return state.say(format!("{name} has not changed")),
            Err(()) => {
                return state.say(format!("{name} cannot be read again: it was moved, or is not readable"));
            }
        };
        let before = before(document).await;
        // Ids are those of the reading before.
        document.function.set(None);
        document.selected_box.set(None);
        document.zoomed_box.set(None);
        document.fingerprint.set(None);
        document.statement.set(None);
        document.narrowing.steps.set(Vec::new());
        document.read_anew(file);
        let Some(before) = before else { return };
        document.once_settled(move || spawn_local(after(state, document, before)));
    });
}

/// `None` where it has not changed.
async fn file_now(document: OpenDocument) -> Result<Option<Blob>, ()> {
    if let Some(source) = document.source.get_value() {
        return remote::fetch(&source).await.map(Some).map_err(drop);
    }
    let blob = document.blob.get_value().ok_or(())?;
    Ok(handles::now(&blob).await.map_err(drop)?.map(Into::into))
}

async fn before(document: OpenDocument) -> Option<Before> {
    let overview = untrack(|| document.overview())?;
    let mut before = Before {
        overview,
        outline: None,
        function: document.function.get_untracked(),
        steps: document.narrowing.steps.get_untracked(),
        query: None,
    };
    match before.overview.content {
        ContentOverview::Profile(_) => {
            let ask = CompareAsk::Outline { hide_imports: false };
            if let Some(Response::Compare(CompareAnswer::Outline(outline))) =
                document.ask(Request::Compare(ask)).await
            {
                before.outline = Some(*outline);
            }
        }
        ContentOverview::Queries(_) | ContentOverview::Requests(_) => {
            if let Some(fingerprint) = document.fingerprint.get_untracked() {
                before.query = text_of(document, fingerprint).await.map(|text| (fingerprint, text));
            }
        }
        ContentOverview::Schema(_) => {}
    }
    Some(before)
}

async fn text_of(document: OpenDocument, fingerprint: u32) -> Option<String> {
    match document.ask(Request::Query { fingerprint }).await {
        Some(Response::Query(query)) => Some(query.text),
        _ => None,
    }
}

/// Finds again what was looked at, and says what changed.
async fn after(state: State, document: OpenDocument, before: Before) {
    // What cannot be read says so itself.
    let Some(overview) = untrack(|| document.overview()) else { return };
    let name = overview.name.clone();
    // The copy in the browser is of the reading before.
    if document.kept.with_value(Option::is_some)
        && let Some(blob) = document.blob.get_value()
    {
        document.drop_kept();
        open::keep(state, document, name.clone(), blob);
    }
    if let Some(outline) = &before.outline {
        let functions: Vec<u32> = before.function.into_iter().chain(ids(&before.steps)).collect();
        let ask = CompareAsk::Again { before: outline.clone(), functions: functions.clone() };
        if let Some(Response::Compare(CompareAnswer::Again(compared, now))) =
            document.ask(Request::Compare(ask)).await
        {
            let id = |function: u32| {
                let place = functions.iter().position(|other| *other == function)?;
                now.get(place).copied().flatten()
            };
            // Later steps build on earlier ones.
            let steps: Vec<Transform> = before.steps.iter().map_while(|step| step.with_ids(&id)).collect();
            let lost = before.steps.len() - steps.len();
            document.show_steps(steps);
            if let Some(function) = before.function.and_then(id) {
                document.select_function(function);
            }
            state.say(format!("{name} was read again: {}", changes(&compared, lost)));
            return;
        }
    }
    if let Some((fingerprint, text)) = &before.query
        && text_of(document, *fingerprint).await.as_ref() == Some(text)
    {
        document.fingerprint.set(Some(*fingerprint));
    }
    let said = match (&before.overview.content, &overview.content) {
        (ContentOverview::Queries(old), ContentOverview::Queries(new))
        | (ContentOverview::Requests(old), ContentOverview::Requests(new)) => format!(
            "{name} was read again: {} → {} executions, {} → {}",
            format::count(old.executions.into()),
            format::count(new.executions.into()),
            format::milliseconds(old.total),
            format::milliseconds(new.total)
        ),
        _ => format!("{name} was read again"),
    };
    state.say(said);
}

/// The functions that steps are about.
fn ids(steps: &[Transform]) -> Vec<u32> {
    let of = |step: &Transform| match step {
        Transform::FocusStack(path) | Transform::MergeStack(path) => path.functions.clone(),
        _ => step.function().into_iter().collect(),
    };
    steps.iter().flat_map(of).collect()
}

fn changes(compared: &ComparedOverview, lost: usize) -> String {
    let (before, after) = (compared.before.total, compared.after.total);
    let unit = compared.unit;
    let mut said = format!("{} → {}", unit.text(before), unit.text(after));
    if before > 0.0 && after != before {
        let sign = if after > before { "+" } else { "−" };
        said.push_str(&format!(" ({sign}{})", format::percent(((after - before) / before).abs())));
    }
    if compared.new + compared.gone > 0 {
        said.push_str(&format!(
            ", {} new, {} gone",
            format::counted(compared.new.into(), "function", "functions"),
            format::count(compared.gone.into())
        ));
    }
    if lost > 0 {
        said.push_str(&format!(
            ". {} undone: what they are about is gone",
            format::counted(lost as i64, "step was", "steps were")
        ));
    }
    said
}
