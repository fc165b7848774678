//! What is shown with no document open: where to drop, how to record, what is read, what is promised.

use flamedrop::import::{CATALOGUE, Kind};
use leptos::prelude::*;

use super::copy::CopyButton;
use super::recorder::Recorder;
use crate::open;
use crate::state::state;

/// The welcome page.
#[component]
pub fn Welcome() -> impl IntoView {
    let state = state();
    view! {
        <main class="welcome"><div>
            <section class="drop" aria-labelledby="welcome-title">
                <h2 id="welcome-title">"Drop a Python profile and an SQL log"</h2>
                <p>"See where the time went: cProfile and pstats files, Django and PostgreSQL logs. Several at once, gzipped or not."</p>
                <p class="actions">
                    <button type="button" class="primary" on:click=move |_| open::choose()>"Choose files…"</button>
                    <button type="button" on:click=move |_| open::paste_from_clipboard(state)>"Paste"</button>
                    <button type="button" on:click=move |_| open::sample(state)>"Try it"</button>
                </p>
                <p class="hint">"Try it opens a real recording: one request of a small Django shop, its profile and its SQL log. There is an N+1 in it."</p>
            </section>
            <section class="promise" aria-labelledby="promise-title">
                <h2 id="promise-title">"Nothing leaves this page"</h2>
                <p>
                    "There is no server. Files are read by this tab, and the page is forbidden to talk to any other host. "
                    "What you open stays in this browser's own storage until you close it, so that a reload loses nothing."
                </p>
                <Keeping />
            </section>
            <section aria-labelledby="both-title">
                <h2 id="both-title">"Record both at once"</h2>
                <p class="hint">"A middleware for Django writes one request's profile and its SQL log, which open here as a pair."</p>
                <Recorder />
            </section>
            <section aria-labelledby="record-title">
                <h2 id="record-title">"Other ways to record"</h2>
                <ul class="formats">{recordings()}</ul>
            </section>
        </div></main>
    }
}

/// The switch for keeping files, and the button that drops them all.
#[component]
pub fn Keeping() -> impl IntoView {
    let state = state();
    view! {
        <p class="keeping">
            <label>
                <input
                    type="checkbox"
                    prop:checked=move || state.keep_files.get()
                    on:change=move |event| open::set_keeping(state, event_target_checked(&event))
                />
                "Keep opened files in this browser"
            </label>
            <button type="button" on:click=move |_| open::forget(state)>"Forget"</button>
        </p>
    }
}

fn recordings() -> Vec<impl IntoView> {
    CATALOGUE
        .iter()
        // That is what "Record both at once" says.
        .filter(|format| format.id != "flamedrop-recorder")
        .map(|format| {
            let kind = match format.kind {
                Kind::Profile => "Profile",
                Kind::Queries => "SQL log",
            };
            // The first line is a command or a setting to copy; the rest explains.
            let (command, notes) = format.how_to_record.split_once('\n').unwrap_or((format.how_to_record, ""));
            view! {
                <li>
                    <h3>{format.title} <small>{kind}</small></h3>
                    <p class="command"><code>{command}</code> <CopyButton text=command.to_owned() label="Copy" /></p>
                    <p class="note">{notes}</p>
                </li>
            }
        })
        .collect()
}
