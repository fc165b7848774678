//! The recorder for Django: how to have it, one request's profile and SQL at once.

use leptos::prelude::*;

use super::copy::{CopyButton, copy};

/// The whole file, to be copied.
const RECORDER: &str = include_str!("../../../../recorder/flamedrop_recorder.py");

const MIDDLEWARE: &str = r#"MIDDLEWARE = ["flamedrop_recorder.RecorderMiddleware", *MIDDLEWARE]"#;
const SERVE: &str = "python manage.py runserver --noreload --nothreading";
const ADDRESS: &str = "curl 'http://127.0.0.1:8000/orders/?flamedrop'";

/// Three steps.
#[component]
pub fn Recorder() -> impl IntoView {
    let command = |text: &'static str| {
        view! { <p class="command"><code>{text}</code> <CopyButton text=text.to_owned() label="Copy" /></p> }
    };
    view! {
        <ol class="steps">
            <li>
                <p>"Save the recorder beside manage.py as " <code>"flamedrop_recorder.py"</code> ": one file, for Django 3.2 to 6.0."</p>
                <p><button type="button" on:click=|_| copy(RECORDER.to_owned())>"Copy flamedrop_recorder.py"</button></p>
            </li>
            <li>
                <p>"Put it first, at the end of settings.py. It records only while DEBUG or FLAMEDROP_ALLOW is true."</p>
                {command(MIDDLEWARE)}
            </li>
            <li>
                <p>"Serve with one thread: from Python 3.12 on cProfile watches all of them."</p>
                {command(SERVE)}
            </li>
            <li>
                <p>
                    "Ask for a page twice, the second time with " <code>"?flamedrop"</code> ", and drop both files of the directory flamedrop/ here: "
                    "the profile, and every statement with its parameters and the lines of code it comes from."
                </p>
                {command(ADDRESS)}
            </li>
        </ol>
    }
}
