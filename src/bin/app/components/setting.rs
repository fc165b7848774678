//! What the user says of a log's lines, in the server's own words, in place of the guess: `log_line_prefix`, or the layout of
//! a log of requests.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::document::OpenDocument;
use crate::state::state;

/// What is said.
#[derive(Clone, Copy, PartialEq)]
pub enum Setting {
    /// PostgreSQL's `log_line_prefix`.
    Prefix,
    /// The layout of a log of requests.
    Layout,
    /// The same, of a file that could not be read without.
    LayoutOfUnread,
}

/// Takes the server's own setting instead of the guess, and reads the file again.
#[component]
pub fn SettingForm(document: OpenDocument, setting: Setting) -> impl IntoView {
    let typed = RwSignal::new(document.layout().unwrap_or_default());
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let text = typed.get_untracked();
        let text = match setting {
            Setting::Prefix => value_of(&text),
            Setting::Layout | Setting::LayoutOfUnread => text.trim().to_owned(),
        };
        if text.trim().is_empty() {
            return;
        }
        if setting == Setting::LayoutOfUnread {
            document.read_as(text);
            return;
        }
        let state = state();
        spawn_local(async move {
            match document.reread(text).await {
                Ok(()) if setting == Setting::Layout => state.say("Read again with this layout".to_owned()),
                Ok(()) => state.say("Read again with this log_line_prefix".to_owned()),
                Err(problem) => state.say(problem),
            }
        });
    };
    let label = match setting {
        Setting::Prefix => "Not right? Paste log_line_prefix (SHOW log_line_prefix)",
        Setting::Layout => {
            "Not right? Paste the layout out of the server's configuration (log_format, LogFormat, --access-logformat)"
        }
        Setting::LayoutOfUnread => {
            "If it is a log of requests: paste the layout out of the server's configuration (log_format, LogFormat, --access-logformat)"
        }
    };
    let on_input = move |event: web_sys::Event| typed.set(event_target_value(&event));
    let field = match setting {
        Setting::Prefix => view! {
            <input id="setting" type="text" autocomplete="off" spellcheck="false" placeholder="%m [%p] %q%u@%d "
                prop:value=typed on:input=on_input />
        }
        .into_any(),
        // Configurations have it on several lines.
        Setting::Layout | Setting::LayoutOfUnread => view! {
            <textarea id="setting" rows="2" autocomplete="off" spellcheck="false" placeholder="%h %l %u %t \"%r\" %>s %b %D"
                prop:value=typed on:input=on_input></textarea>
        }
        .into_any(),
    };
    view! {
        <form class="prefix" on:submit=submit>
            <label for="setting">{label}</label>
            {field}
            <button type="submit">"Read again"</button>
        </form>
    }
}

/// The setting's value, also out of a line of postgresql.conf: what is in quotes.
fn value_of(text: &str) -> String {
    let value =
        text.trim_start().strip_prefix("log_line_prefix").map(|rest| rest.trim_start_matches([' ', '=']));
    let value = value.unwrap_or(text);
    match value.split_once('\'').and_then(|(before, rest)| Some((before, rest.rsplit_once('\'')?.0))) {
        Some((before, inner)) if before.trim().is_empty() => inner.replace("''", "'"),
        _ => value.to_owned(),
    }
}
