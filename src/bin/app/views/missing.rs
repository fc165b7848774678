//! What stands for a view where the file has nothing for it: what is missing, and how to record it.

use leptos::prelude::*;

use crate::view::View;

/// In place of a view of single statements, where only the results were saved.
#[component]
pub fn NotSaved(view: View) -> impl IntoView {
    view! {
        <div class="not-saved">
            <h2>{format!("{} is not in this file", view.title())}</h2>
            <p>"It was saved with the results of the log only, and this view shows single statements."</p>
            <p>"Findings and Queries have all their numbers."</p>
        </div>
    }
}

/// What stands for the views that need to know who called whom.
#[component]
pub fn NoCallers(view: View) -> impl IntoView {
    view! {
        <div class="not-saved">
            <h2>{format!("No {} in this file", view.title().to_lowercase())}</h2>
            <p>"It says how long each function took, not who called it."</p>
            <p>
                "Record it again with callers: " <code>"cProfile.Profile()"</code> " without "
                <code>"subcalls=False"</code> ", or " <code>"python -m cProfile -o app.prof app.py"</code> "."
            </p>
            <p>"Functions has all its numbers."</p>
        </div>
    }
}

/// What stands for the views that draw times.
#[component]
pub fn NoTimes(view: View) -> impl IntoView {
    view! {
        <div class="not-saved">
            <h2>{format!("No {} in this file", view.title().to_lowercase())}</h2>
            <p>"It has no times: nothing ran while it was recorded, or its timer gave whole numbers without a unit."</p>
            <p>
                "A timer of nanoseconds needs its unit: " <code>"cProfile.Profile(time.perf_counter_ns, 1e-9)"</code> "."
            </p>
            <p>"Functions has the calls."</p>
        </div>
    }
}
