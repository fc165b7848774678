//! One finding: a line, and behind it everything it rests on.

use std::sync::Arc;

use flamedrop::code::Place;
use flamedrop::findings::markdown::{confidence, issue, saving, value};
use flamedrop::findings::together::Source;
use flamedrop::findings::{CATALOGUE, Confidence, Evidence, Finding, Value};
use leptos::prelude::*;

use crate::clipboard::copy;
use crate::components::copy::CopyButton;
use crate::components::place::{place_or_text, way_in};
use crate::components::sql::Sql;
use crate::judgement::Judged;
use crate::state::{State, state};
use crate::text::lower;

/// Characters of SQL that are shown before "Show all".
const BRIEF: usize = 260;

/// One of the findings; copies are the same.
#[derive(Clone)]
pub struct Entry {
    /// What it is of.
    pub judged: Arc<Judged>,
    /// Which.
    pub index: usize,
    /// [`Finding::mark`].
    pub mark: String,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.judged, &other.judged) && self.index == other.index
    }
}

impl Entry {
    /// Tells it from all others; another judgement's are others.
    pub fn key(&self) -> (usize, usize) {
        (Arc::as_ptr(&self.judged) as usize, self.index)
    }

    fn get(&self) -> Option<&(Finding, Source)> {
        self.judged.findings.get(self.index)
    }

    /// Whether `text` (in lower case) is in its title or its evidence.
    pub fn says(&self, text: &str) -> bool {
        let Some((finding, _)) = self.get() else { return false };
        lower(&finding.title).contains(text)
            || finding.rule.contains(text)
            || finding.evidence.iter().any(|one| lower(&value(&one.value)).contains(text))
    }
}

/// What is wrong and what it is worth, in a line that opens.
pub fn finding_item(entry: Entry) -> AnyView {
    let Some((finding, source)) = entry.get() else { return ().into_any() };
    let about = CATALOGUE.iter().find(|about| about.id == finding.rule);
    let total = entry.judged.summary.total;
    let share = if total > 0.0 { (finding.saving / total).clamp(0.0, 1.0) } else { 0.0 };
    let open = RwSignal::new(false);
    let toggled = move |event: web_sys::Event| {
        let details: web_sys::Element = event_target(&event);
        open.set(details.has_attribute("open"));
    };
    let worth = saving(finding);
    let (saved, of) = worth.split_at(worth.find(" of ").unwrap_or(worth.len()));
    let sure = format!("{} confidence", confidence(finding.confidence));
    let level = match finding.confidence {
        Confidence::High => "sure high",
        Confidence::Medium => "sure medium",
        Confidence::Low => "sure low",
    };
    let files = entry.judged.files(*source);
    let (title, saves, of) = (finding.title.clone(), saved.to_owned(), of.to_owned());
    view! {
        <li class="finding">
            <details on:toggle=toggled>
                <summary>
                    <span class="what">
                        <h3>{title}</h3>
                        <span class="about">{about.map(|about| about.title)} " · " {files}</span>
                    </span>
                    <span class="worth">
                        <span class="saves"><strong>{saves}</strong> {of}</span>
                        <span class="meter" aria-hidden="true"><span style:width=format!("{:.1}%", share * 100.0)></span></span>
                        <span class=level>{sure}</span>
                    </span>
                </summary>
                {move || open.get().then(|| body(&entry))}
            </details>
        </li>
    }
    .into_any()
}

fn body(entry: &Entry) -> AnyView {
    let state = state();
    let Some((finding, _)) = entry.get() else { return ().into_any() };
    let judged = &entry.judged;
    let is_number = |one: &&Evidence| {
        matches!(one.value, Value::Count(_) | Value::Milliseconds(_) | Value::Amount(..) | Value::Share(_))
    };
    let shown = |one: &Evidence| evidence(state, judged, one);
    let numbers: Vec<_> = finding.evidence.iter().filter(is_number).map(shown).collect();
    let texts: Vec<_> = finding.evidence.iter().filter(|one| !is_number(one)).map(shown).collect();
    let code = (!finding.code.is_empty()).then(|| {
        let code = finding.code.clone();
        view! {
            <div class="code"><pre tabindex="0" role="group" aria-label="Code"><code>{code.clone()}</code></pre> <CopyButton text=code label="Copy code" /></div>
        }
    });
    let also: Vec<_> = finding
        .also
        .iter()
        .map(|also| {
            let code = also.code.clone();
            let code = (!code.is_empty()).then(|| {
                view! { <div class="code"><pre tabindex="0" role="group" aria-label="Code"><code>{code}</code></pre></div> }
            });
            view! { <p>"Or: " <strong>{also.title.clone()}</strong> ". " {also.remedy.clone()}</p> {code} }
        })
        .collect();
    let markdown = issue(finding);
    let judging = state.judging;
    let mark = entry.mark.clone();
    let dismissed = untrack(|| judging.is_dismissed(&mark));
    view! {
        <div class="inside">
            <h4>"What to do"</h4>
            <p>{finding.remedy.clone()}</p>
            {code}
            {also}
            <h4>"Evidence"</h4>
            <dl class="evidence">{numbers}</dl>
            <dl class="evidence texts">{texts}</dl>
            <h4>"How the saving was computed"</h4>
            <p>{finding.computed.clone()}</p>
            <h4>"When this is wrong"</h4>
            <p>{finding.doubts.clone()}</p>
            <p class="actions">
                <button type="button" on:click=move |_| copy(markdown.clone())>"Copy as Markdown issue"</button>
                <button type="button" on:click=move |_| judging.dismiss(&mark, !dismissed)>{if dismissed { "Restore" } else { "Dismiss" }}</button>
            </p>
        </div>
    }
    .into_any()
}

fn evidence(state: State, judged: &Arc<Judged>, one: &Evidence) -> AnyView {
    let go = one.link.map(|link| {
        let judged = Arc::clone(judged);
        (format!("Show in {}", Judged::place(link).title()), move || judged.go(state, link))
    });
    let text = value(&one.value);
    let is_code = matches!(one.value, Value::Place(_));
    let content = match (&one.value, go) {
        (Value::Sql(sql), go) => {
            let go = go.map(|(title, go)| {
                view! { <button type="button" class="link" on:click=move |_| go()>{title}</button> }
            });
            view! { {brief_sql(sql.clone())} {go} }.into_any()
        }
        (_, Some((title, go))) => {
            let way = is_code.then(|| Place::parse(&text)).flatten();
            let way = way.map(|place| way_in(place.file, i64::from(place.line)));
            view! { <button type="button" class="link" class:code=is_code title=title on:click=move |_| go()>{text}</button> " " {way} }
                .into_any()
        }
        (Value::Place(_), None) => view! { <code>{place_or_text(&text)}</code> }.into_any(),
        (_, None) => text.into_any(),
    };
    view! { <div><dt>{one.label.clone()}</dt><dd>{content}</dd></div> }.into_any()
}

/// SQL, cut where it is long.
fn brief_sql(text: String) -> AnyView {
    let cut = text.char_indices().nth(BRIEF).map(|(at, _)| at);
    // Between words.
    let cut = cut.map(|cut| text.get(..cut).and_then(|text| text.rfind(' ')).unwrap_or(cut));
    let Some(cut) = cut else { return view! { <Sql text label="SQL" /> }.into_any() };
    let all = RwSignal::new(false);
    let shown = move || {
        let shown =
            if all.get() { text.clone() } else { format!("{} …", text.get(..cut).unwrap_or(&text)) };
        view! { <Sql text=shown label="SQL" /> }
    };
    view! {
        {shown}
        <button type="button" class="link more" on:click=move |_| all.update(|all| *all = !*all)>
            {move || if all.get() { "Show less" } else { "Show all" }}
        </button>
        " "
    }
    .into_any()
}
