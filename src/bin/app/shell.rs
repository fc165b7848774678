//! What surrounds the views: the bar with documents and search, the tabs, the states of a document
//! that is not open (yet), and the events of the whole window.

use std::sync::Arc;

use flamedrop::format;
use flamedrop::protocol::{ContentOverview, Failure, Overview};
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::*;

use crate::beside;
use crate::components::documents::Documents;
use crate::components::edge;
use crate::components::editor_settings::EditorSettings;
use crate::components::filter_bar::FilterBar;
use crate::components::help::Help;
use crate::components::icons;
use crate::components::lines::LinesSwitch;
use crate::components::measures::MeasureSelector;
use crate::components::menu::FunctionMenu;
use crate::components::notices::Notices;
use crate::components::save_page::SavePage;
use crate::components::saved_note::SavedNote;
use crate::components::search::Search;
use crate::components::setting::{Setting, SettingForm};
use crate::components::share::Share;
use crate::components::status::StatusLine;
use crate::components::steps::Steps;
use crate::components::tab_list::TabList;
use crate::components::time_range::TimeRange;
use crate::components::tracks::TrackSelector;
use crate::components::view_tabs::{ViewTabs, tab_id};
use crate::components::welcome::Welcome;
use crate::document::{OpenDocument, Status};
use crate::effect::effect;
use crate::gallery;
use crate::keys;
use crate::offline;
use crate::open;
use crate::program::{For, program};
use crate::state::{State, ThemeChoice, state};
use crate::url;
use crate::view::View;
use crate::views::call_tree::CallTreeTable;
use crate::views::callers::Callers;
use crate::views::compare::Compare;
use crate::views::details::FunctionDetails;
use crate::views::difference::Difference;
use crate::views::events::Events;
use crate::views::findings::Findings;
use crate::views::flame::FlameGraph;
use crate::views::flame_chart::FlameChart;
use crate::views::functions::FunctionsView;
use crate::views::group::{RankedFunctions, Recordings};
use crate::views::lines::Lines;
use crate::views::memory::Memory;
use crate::views::missing::{NoCallers, NoTimes, NotSaved};
use crate::views::overview::Overview as LogOverview;
use crate::views::queries::Queries;
use crate::views::requests::Requests;
use crate::views::sandwich::Sandwich;
use crate::views::schema::SchemaTables;
use crate::views::single_requests::SingleRequests;
use crate::views::site::SiteOverview;
use crate::views::tables::Tables;
use crate::views::timeline::Timeline;
use crate::welcome;

fn follow(state: State) {
    url::follow(state);
    beside::follow(state);
}

/// The whole page.
#[component]
pub fn App() -> impl IntoView {
    let state = State::new();
    provide_context(state);
    follow_system_theme(state);
    let waiting = welcome::take_over(state);
    let owner = Owner::current();
    open::restore(state, move || {
        match owner {
            // The effects that follow the address belong to the app, though they start later.
            Some(owner) => owner.with(|| follow(state)),
            None => follow(state),
        }
        waiting.go_on(state);
        gallery::show(state);
        offline::register();
        // Before it is needed: the first file need not wait for it, nor be without it offline.
        spawn_local(async {
            for which in For::ALL {
                let _ = program(which).await;
            }
        });
    });
    effect(move || {
        let theme = if state.dark() { "dark" } else { "light" };
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("data-theme", theme);
        }
    });
    effect(move || {
        document().set_title(&match state.active.get() {
            Some(active) => format!("{} – Flamedrop", active.name.get()),
            None => "Flamedrop".to_owned(),
        });
    });
    edge::restore();
    let dragging = watch_window(state);

    view! {
        <Bar />
        <SavedNote />
        {move || match state.active.get() {
            None => view! { <Welcome /> }.into_any(),
            Some(document) => view! { <Shown document /> }.into_any(),
        }}
        <div class="drop-here" class:shown=move || dragging.get() aria-hidden="true">"Drop files anywhere"</div>
        <Notices />
        <Help />
        <SavePage />
        <EditorSettings />
    }
}

fn follow_system_theme(state: State) {
    let Ok(Some(query)) = window().match_media("(prefers-color-scheme: dark)") else { return };
    state.system_dark.set(query.matches());
    let followed = query.clone();
    let changed = Closure::<dyn FnMut()>::new(move || state.system_dark.set(followed.matches()));
    query.set_onchange(Some(changed.as_ref().unchecked_ref()));
    // For as long as the page is open.
    changed.forget();
}

/// Keys, drops and pastes anywhere; gives whether something is being dragged over the page.
fn watch_window(state: State) -> RwSignal<bool> {
    let dragging = RwSignal::new(false);
    window_event_listener(ev::keydown, move |event| keys::on_key(state, &event));
    window_event_listener(ev::dragover, move |event| {
        event.prevent_default();
        if !dragging.get_untracked() {
            dragging.set(true);
        }
    });
    window_event_listener(ev::dragleave, move |event| {
        // Leaving an element for another one inside the window is not leaving.
        if event.related_target().is_none() {
            dragging.set(false);
        }
    });
    window_event_listener(ev::drop, move |event| {
        event.prevent_default();
        dragging.set(false);
        if let Some(transfer) = event.data_transfer() {
            open::open_transfer(state, &transfer);
        }
    });
    window_event_listener(ev::paste, move |event| {
        let event: &web_sys::ClipboardEvent = event.unchecked_ref();
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok());
        if let (None, Some(transfer)) = (target, event.clipboard_data()) {
            event.prevent_default();
            open::open_transfer(state, &transfer);
        }
    });
    dragging
}

/// The bar on top.
#[component]
fn Bar() -> impl IntoView {
    let state = state();
    let theme_icon = move || match state.theme.get() {
        ThemeChoice::System => icons::contrast().into_any(),
        ThemeChoice::Light => icons::sun().into_any(),
        ThemeChoice::Dark => icons::moon().into_any(),
    };
    let theme_label = move || match state.theme.get() {
        ThemeChoice::System => "Theme: system",
        ThemeChoice::Light => "Theme: light",
        ThemeChoice::Dark => "Theme: dark",
    };
    view! {
        <header class="bar">
            <h1>
                <button type="button" class="brand" title="Welcome page" on:click=move |_| state.show(None)>
                    {icons::mark()} <span>"Flamedrop"</span>
                </button>
            </h1>
            <nav class="files" aria-label="Open files">
                <Documents />
                <TabList />
                <button type="button" class="open" title="Open files (o)" data-action="choose">
                    {icons::plus()} <span>"Open"</span>
                </button>
            </nav>
            <Search />
            <div class="tools">
                <Share />
                <button type="button" class="icon" title=theme_label aria-label=theme_label data-action="theme">
                    {theme_icon}
                </button>
                <button type="button" class="icon" title="Keys (?)" aria-label="Keys" data-action="keys">"?"</button>
            </div>
        </header>
    }
}

/// The document looked at, in whatever state it is.
#[component]
fn Shown(document: OpenDocument) -> impl IntoView {
    move || match document.status.get() {
        Status::Reading { .. } => view! { <Reading document /> }.into_any(),
        Status::Failed(failure) => view! { <Failed document failure /> }.into_any(),
        Status::Open(overview) => view! { <Open document overview /> }.into_any(),
        Status::Group => view! { <OpenGroup document /> }.into_any(),
    }
}

/// Many recordings.
#[component]
fn OpenGroup(document: OpenDocument) -> impl IntoView {
    let content = move || match document.view.get() {
        View::Functions => view! { <RankedFunctions document /> }.into_any(),
        _ => view! { <Recordings document /> }.into_any(),
    };
    keys::focus_view();
    view! {
        <main class="opened">
            <div class="views-bar">
                <ViewTabs document />
            </div>
            <div class="shown" id="view" role="tabpanel" aria-labelledby=move || tab_id(document, document.view.get())>
                <div class="view">{content}</div>
            </div>
        </main>
    }
}

#[component]
fn Reading(document: OpenDocument) -> impl IntoView {
    let state = state();
    let progress = move || match document.status.get() {
        Status::Reading { read, size } => (read, size),
        _ => (0, 0),
    };
    let text = move || {
        let (read, size) = progress();
        format!("{} of {}", format::bytes(read), format::bytes(size))
    };
    view! {
        <main class="state">
            <h2>{move || format!("Reading {}", document.name.get())}</h2>
            <progress
                aria-label="Reading"
                max=move || progress().1.to_string()
                value=move || progress().0.to_string()
            ></progress>
            <p class="numbers">{text}</p>
            <button type="button" on:click=move |_| state.close(document)>"Cancel"</button>
        </main>
    }
}

#[component]
fn Failed(document: OpenDocument, failure: Failure) -> impl IntoView {
    let state = state();
    let Failure { looked_like, place, problem, advice, supported, may_have_layout } = failure;
    view! {
        <main class="state failed"><div role="alert">
            <h2>{move || format!("{} could not be read", document.name.get())}</h2>
            <dl>
                {looked_like.map(|format| view! { <div><dt>"Looks like"</dt><dd>{format}</dd></div> })}
                <div><dt>"Problem"</dt><dd>{problem}</dd></div>
                {place.map(|place| view! { <div><dt>"Place"</dt><dd>{place}</dd></div> })}
                {(!advice.is_empty()).then(|| view! { <div><dt>"Try"</dt><dd>{advice}</dd></div> })}
                {(!supported.is_empty()).then(|| view! {
                    <div>
                        <dt>"Supported"</dt>
                        <dd><ul>{supported.into_iter().map(|line| view! { <li>{line}</li> }).collect::<Vec<_>>()}</ul></dd>
                    </div>
                })}
            </dl>
            {may_have_layout.then(|| view! { <SettingForm document setting=Setting::LayoutOfUnread /> })}
            <p class="actions">
                <button type="button" on:click=move |_| open::choose()>"Choose another file…"</button>
                <button type="button" on:click=move |_| state.close(document)>"Close"</button>
            </p>
        </div></main>
    }
}

#[component]
fn Open(document: OpenDocument, overview: Arc<Overview>) -> impl IntoView {
    let content = {
        let overview = Arc::clone(&overview);
        move || {
            // What is shown of lines is not what is shown of functions.
            document.by_line.track();
            match (&overview.content, document.view.get()) {
                (_, View::Findings) => view! { <Findings document /> }.into_any(),
                (ContentOverview::Schema(_), _) => view! { <SchemaTables document /> }.into_any(),
                (ContentOverview::Queries(log), view) if log.results_only && view != View::Queries => {
                    view! { <NotSaved view /> }.into_any()
                }
                (ContentOverview::Profile(profile), view) => {
                    let profile = profile.clone();
                    match view {
                        View::Compare => view! { <Difference document /> }.into_any(),
                        View::Lines => view! { <Lines document /> }.into_any(),
                        View::Memory => view! { <Memory document /> }.into_any(),
                        View::Flame | View::CallTree | View::Callers | View::Sandwich
                            if !profile.has_callers =>
                        {
                            view! { <NoCallers view /> }.into_any()
                        }
                        View::Flame | View::CallTree | View::Sandwich if !profile.has_times => {
                            view! { <NoTimes view /> }.into_any()
                        }
                        View::FlameChart => view! { <FlameChart document overview=profile /> }.into_any(),
                        View::CallTree => view! { <CallTreeTable document overview=profile /> }.into_any(),
                        View::Functions => view! { <FunctionsView document overview=profile /> }.into_any(),
                        View::Sandwich => view! { <Sandwich document overview=profile /> }.into_any(),
                        View::Callers => view! { <Callers document overview=profile /> }.into_any(),
                        _ => view! { <FlameGraph document /> }.into_any(),
                    }
                }
                (ContentOverview::Requests(log), view) => {
                    let log = log.clone();
                    match view {
                        View::Queries => view! { <Queries document overview=log /> }.into_any(),
                        View::Requests => view! { <SingleRequests document overview=log /> }.into_any(),
                        View::Timeline => view! { <Timeline document overview=log /> }.into_any(),
                        View::Compare => view! { <Compare document overview=log /> }.into_any(),
                        _ => view! { <SiteOverview document overview=log /> }.into_any(),
                    }
                }
                (ContentOverview::Queries(log), view) => {
                    let log = log.clone();
                    match view {
                        View::Overview => view! { <LogOverview document overview=log /> }.into_any(),
                        View::Queries => view! { <Queries document overview=log /> }.into_any(),
                        View::Tables => view! { <Tables document overview=log /> }.into_any(),
                        View::Requests => view! { <Requests document overview=log /> }.into_any(),
                        View::Events => view! { <Events document overview=log /> }.into_any(),
                        View::Compare => view! { <Compare document overview=log /> }.into_any(),
                        _ => view! { <Timeline document overview=log /> }.into_any(),
                    }
                }
            }
        }
    };
    let filter = match &overview.content {
        ContentOverview::Queries(log) | ContentOverview::Requests(log) => {
            let log = log.clone();
            // Findings are about all of it. From view to view the bar stays, and with it what one began.
            let shown = Memo::new(move |_| document.view.get() != View::Findings);
            Some(move || {
                shown.get().then(|| {
                    let overview = log.clone();
                    view! { <FilterBar document overview /> }
                })
            })
        }
        ContentOverview::Profile(_) | ContentOverview::Schema(_) => None,
    };
    let by_line = matches!(&overview.content, ContentOverview::Profile(profile) if profile.by_line);
    let by_line = by_line.then(|| view! { <LinesSwitch document /> });
    let tracks = match &overview.content {
        ContentOverview::Profile(profile) if !profile.tracks.is_empty() => {
            let overview = profile.clone();
            // Findings are about all of them.
            let shown = Memo::new(move |_| document.view.get() != View::Findings);
            Some(move || {
                shown.get().then(|| {
                    let overview = overview.clone();
                    view! { <TrackSelector document overview /> }
                })
            })
        }
        _ => None,
    };
    let range = match &overview.content {
        ContentOverview::Profile(profile) => {
            let overview = profile.clone();
            Some(view! { <TimeRange document overview /> })
        }
        _ => None,
    };
    let measures = match &overview.content {
        ContentOverview::Profile(profile) if !profile.measures.is_empty() => {
            let overview = profile.clone();
            // Findings are about the first, lines and memory about all.
            let of_functions = |view| !matches!(view, View::Findings | View::Lines | View::Memory);
            let shown = Memo::new(move |_| of_functions(document.view.get()));
            Some(move || {
                shown.get().then(|| {
                    let overview = overview.clone();
                    view! { <MeasureSelector document overview /> }
                })
            })
        }
        _ => None,
    };
    let steps = match &overview.content {
        ContentOverview::Profile(profile) => {
            let overview = profile.clone();
            Some(view! { <Steps document overview /> })
        }
        _ => None,
    };
    // What is opened has the keyboard, and what a step has made anew.
    keys::focus_view();
    let side = match &overview.content {
        ContentOverview::Profile(profile) => {
            let profile = profile.clone();
            Some(move || {
                document.by_line.track();
                // Callers are about the selection already, findings about everything.
                (!matches!(
                    document.view.get(),
                    View::Callers | View::Sandwich | View::Findings | View::Memory | View::Compare
                ))
                .then(|| view! { <FunctionDetails document overview=profile.clone() /> })
            })
        }
        ContentOverview::Queries(_) | ContentOverview::Requests(_) | ContentOverview::Schema(_) => None,
    };
    view! {
        <main class="opened">
            <div class="views-bar">
                <ViewTabs document />
                {tracks}
                {range}
                {measures}
                {by_line}
            </div>
            {filter}
            {steps}
            <div class="shown" id="view" role="tabpanel" aria-labelledby=move || tab_id(document, document.view.get())>
                <div class="view">{content}</div>
                {side}
            </div>
            <FunctionMenu />
        </main>
        {move || {
            document.by_line.track();
            view! { <StatusLine document overview=Arc::clone(&overview) /> }
        }}
    }
}
