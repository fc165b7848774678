//! The dialog in which an editor is chosen, and where a recording's paths lie on this machine.

use flamedrop::code::editor::{self, EDITORS, Mappings, Template};
use leptos::html;
use leptos::prelude::*;

use super::icons;
use crate::editor::{EditorChoice, Kept, OWN_KEY};
use crate::effect::effect;
use crate::state::state;

/// A dialog, shown while [`EditorChoice::asking`] is set.
#[component]
pub fn EditorSettings() -> impl IntoView {
    let choice = state().editor;
    let dialog = NodeRef::<html::Dialog>::new();
    effect(move || {
        let Some(dialog) = dialog.get() else { return };
        if choice.asking.get() {
            if !dialog.open() {
                let _ = dialog.show_modal();
            }
        } else {
            dialog.close();
        }
    });
    view! {
        <dialog class="save-page editor-settings" aria-labelledby="editor-title" node_ref=dialog on:close=move |_| choice.asking.set(false)>
            <header>
                <h2 id="editor-title">"Editor"</h2>
                <button type="button" class="icon" aria-label="Close" on:click=move |_| choice.asking.set(false)>{icons::close()}</button>
            </header>
            {move || choice.asking.get().then(|| view! { <Form choice /> })}
        </dialog>
    }
}

/// What is wrong with what was typed.
fn problem(kept: &Kept) -> Option<String> {
    if kept.key == OWN_KEY
        && let Err(problem) = Template::parse(&kept.own)
    {
        return Some(problem.text());
    }
    let line = Mappings::parse(&kept.paths).err()?;
    Some(format!("“{line}” is no mapping: write /app/ → /home/me/shop/."))
}

/// An address as the choice makes it.
fn example(kept: &Kept) -> Option<String> {
    let offered = EDITORS.iter().find(|editor| editor.key == kept.key).map(|editor| editor.template);
    let template = Template::parse(if kept.key == OWN_KEY { &kept.own } else { offered? }).ok()?;
    let mappings = Mappings::parse(&kept.paths).ok()?;
    editor::address(&template, &mappings, "/app/shop/views.py", 12)
}

#[component]
fn Form(choice: EditorChoice) -> impl IntoView {
    let kept = RwSignal::new(untrack(|| choice.kept()));
    let options: Vec<_> = [("", "None")]
        .into_iter()
        .chain(EDITORS.iter().map(|editor| (editor.key, editor.title)))
        .chain([(OWN_KEY, "Another: an address of your own")])
        .map(|(key, title)| {
            let chosen = move || kept.with(|kept| kept.key == key);
            view! {
                <li><label>
                    <input type="radio" name="editor" prop:checked=chosen on:change=move |_| kept.update(|kept| key.clone_into(&mut kept.key)) />
                    <span>{title}</span>
                </label></li>
            }
        })
        .collect();
    let own = Memo::new(move |_| kept.with(|kept| kept.key == OWN_KEY));
    let said = Memo::new(move |_| kept.with(problem));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if said.get_untracked().is_none() {
            choice.keep(kept.get_untracked());
            choice.asking.set(false);
        }
    };
    view! {
        <form on:submit=save>
            <fieldset>
                <legend>"Places in the code open in"</legend>
                <ul>{options}</ul>
                <Show when=move || own.get()>
                    <label class="typed">
                        <span>"Address, with {path} or {file}, and {line}"</span>
                        <input
                            type="text"
                            spellcheck="false"
                            autocomplete="off"
                            placeholder="vscode://vscode-remote/wsl+Ubuntu{path}:{line}"
                            prop:value=move || kept.with(|kept| kept.own.clone())
                            on:input=move |event| kept.update(|kept| kept.own = event_target_value(&event))
                        />
                    </label>
                </Show>
            </fieldset>
            <fieldset>
                <legend>"Where paths lie on this machine"</legend>
                <label class="typed">
                    <span>"One mapping a line, for containers and other machines"</span>
                    <textarea
                        rows="3"
                        spellcheck="false"
                        placeholder="/app/ → /home/me/shop/"
                        prop:value=move || kept.with(|kept| kept.paths.clone())
                        on:input=move |event| kept.update(|kept| kept.paths = event_target_value(&event))
                    ></textarea>
                </label>
                <p class="hint">"The longest that fits counts. Nothing before the arrow: where relative paths begin."</p>
            </fieldset>
            <p class="in-words" role="status">{move || match (said.get(), kept.with(example)) {
                (Some(problem), _) => problem,
                (None, Some(address)) => format!("/app/shop/views.py:12 opens as {address}"),
                (None, None) => "Places are only copied.".to_owned(),
            }}</p>
            <p class="hint">"It is kept in this browser. No file, link or saved page changes it."</p>
            <p class="actions">
                <button type="submit" class="primary" disabled=move || said.with(Option::is_some)>"Save"</button>
            </p>
        </form>
    }
}
