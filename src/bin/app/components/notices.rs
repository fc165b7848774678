//! Short messages in passing: read out by screen readers, on screen for a few seconds.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::effect::effect;
use crate::open;
use crate::state::state;

const SHOWN_MILLISECONDS: u32 = 4_000;

/// With something to press in it, it is shown longer: it has to be read, and reached by key.
const OFFERED_MILLISECONDS: u32 = 12_000;

/// Where [`crate::state::State::say`] is heard.
#[component]
pub fn Notices() -> impl IntoView {
    let state = state();
    let latest = StoredValue::new(0_u32);
    effect(move || {
        if state.notice.with(Option::is_some) {
            latest.update_value(|number| *number += 1);
            let number = latest.get_value();
            spawn_local(async move {
                TimeoutFuture::new(SHOWN_MILLISECONDS).await;
                if state.closed.with_untracked(Option::is_some) {
                    TimeoutFuture::new(OFFERED_MILLISECONDS - SHOWN_MILLISECONDS).await;
                }
                // A newer message gets its own time.
                if latest.get_value() == number {
                    state.notice.set(None);
                    state.closed.set(None);
                }
            });
        }
    });
    view! {
        <div class="notice" role="status" class:shown=move || state.notice.with(Option::is_some)>
            {move || state.notice.get()}
            <Show when=move || state.closed.with(Option::is_some)>
                <button type="button" class="undo" on:click=move |_| open::undo_closing(state)>"Undo"</button>
            </Show>
        </div>
    }
}
