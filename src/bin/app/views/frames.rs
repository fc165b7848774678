//! Between the halves of a pair: from a function of the profile to the statements that its lines run, and from a
//! statement to the function that ran it.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::profile::Layer;
use flamedrop::protocol::{Caller, CodeAnswer, CodeAsk, CodeFunction, Request, Response, of_callers};
use flamedrop::queries::by::By;
use flamedrop::queries::filter::{Facet, Filter};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::beside::{Halves, halves};
use crate::document::OpenDocument;
use crate::state::{State, state};
use crate::view::View;

/// The lines that a log's statements come from, each with its function of the profile; copies are the same.
#[derive(Clone, Copy)]
pub struct Frames {
    state: State,
    found: RwSignal<Option<Arc<Found>>>,
}

struct Found {
    halves: Halves,
    callers: Vec<Caller>,
    /// Per caller.
    functions: Vec<Option<CodeFunction>>,
}

impl Frames {
    /// Of a document, with the other half of its pair; follows what is open.
    pub fn of(document: OpenDocument) -> Self {
        let state = state();
        let halves = Memo::new(move |_| halves(state, document));
        let found = RwSignal::new(None);
        Effect::new(move |_: Option<()>| {
            let now = halves.get();
            // Lines are other functions than functions are.
            let by_line = now.map(|halves| halves.profile.by_line.get());
            spawn_local(async move {
                let answer = match now {
                    Some(halves) => ask(halves).await,
                    None => None,
                };
                // The view may be gone by now, or ask something else.
                let same = halves.try_get_untracked() == Some(now)
                    && by_line == now.and_then(|halves| halves.profile.by_line.try_get_untracked());
                if same {
                    found.try_set(answer.map(Arc::new));
                }
            });
        });
        Self { state, found }
    }

    /// The way from a function to its statements; nothing where it runs none. A driver's function runs them all.
    pub fn statements(self, function: u32, layer: Layer) -> AnyView {
        let Self { state, found } = self;
        view! {
            {move || {
                let found = found.get()?;
                let own: Vec<&Caller> = found
                    .callers
                    .iter()
                    .zip(&found.functions)
                    .filter(|(_, of)| of.as_ref().is_some_and(|of| of.function == function))
                    .map(|(caller, _)| caller)
                    .collect();
                let all = own.is_empty();
                if found.callers.is_empty() || (all && layer != Layer::Database) {
                    return None;
                }
                let counted: Vec<&Caller> = if all { found.callers.iter().collect() } else { own };
                let count = counted.iter().map(|caller| i64::from(caller.statements)).sum();
                let time = counted.iter().map(|caller| caller.time).sum();
                let text =
                    format!("{}, {}", format::counted(count, "statement", "statements"), format::milliseconds(time));
                let facet = |caller: &&Caller| Facet { by: By::Caller, value: caller.value.clone(), not: false };
                let facets: Vec<Facet> = if all { Vec::new() } else { counted.iter().map(facet).collect() };
                let log = found.halves.log;
                let go = move |_| {
                    log.search.set(String::new());
                    log.fingerprint.set(None);
                    log.filter.set(Filter { facets: facets.clone(), ..Filter::default() });
                    log.show_queries();
                    state.show(Some(log));
                };
                let whose = if all { "All of " } else { "It runs, in " };
                Some(view! {
                    <section aria-label="Statements">
                        <h3>"Statements"</h3>
                        <p class="facts">{whose} {log.name.get()} ": " <button type="button" class="link" on:click=go>{text}</button></p>
                    </section>
                })
            }}
        }
        .into_any()
    }

    /// The way from a statement, by the place it comes from, to its function in the profile; nothing where that is not
    /// in it.
    pub fn function(self, place: String) -> AnyView {
        let Self { state, found } = self;
        view! {
            {move || {
                let found = found.get()?;
                let at = found.callers.iter().position(|caller| caller.value == place)?;
                let CodeFunction { function, name } = found.functions.get(at).cloned().flatten()?;
                let profile = found.halves.profile;
                let go = move |_| {
                    profile.search.set(String::new());
                    profile.lead_to(function);
                    profile.view.set(View::Functions);
                    state.show(Some(profile));
                };
                let text = format!("Show {name} in {}", profile.name.get());
                Some(view! { <button type="button" class="link" on:click=go>{text}</button> })
            }}
        }
        .into_any()
    }
}

/// Asks the one for its lines, and the other for the functions that these are in.
async fn ask(halves: Halves) -> Option<Found> {
    let Some(Response::Code(CodeAnswer::Callers(callers))) =
        halves.log.ask(Request::Code(CodeAsk::Callers)).await
    else {
        return None;
    };
    let stacks = callers.iter().flat_map(|caller| caller.stacks.clone()).collect();
    match halves.profile.ask(Request::Code(CodeAsk::Functions(stacks))).await {
        Some(Response::Code(CodeAnswer::Functions(functions))) => {
            let functions = of_callers(&callers, &functions);
            Some(Found { halves, callers, functions })
        }
        _ => None,
    }
}
