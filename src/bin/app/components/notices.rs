//! Short messages in passing: read out by screen readers, on screen for a few seconds.

use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::effect::effect;
use crate::state::state;

const SHOWN_MILLISECONDS: u32 = 4_000;

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
                // A newer message gets its own time.
                if latest.get_value() == number {
                    state.notice.set(None);
                }
            });
        }
    });
    view! {
        <div class="notice" role="status" class:shown=move || state.notice.with(Option::is_some)>
            {move || state.notice.get()}
        </div>
    }
}
