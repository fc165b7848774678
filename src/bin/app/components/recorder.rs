//! The recorder for Django: how to have it, one request's profile and SQL at once.

use leptos::prelude::*;

use super::welcome::Taken;
use crate::welcome;

/// Three steps, as on the welcome page.
#[component]
pub fn Recorder() -> impl IntoView {
    view! { <Taken element=welcome::recorder_steps() /> }
}
