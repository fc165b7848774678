//! The views a document has, and their names: on the tabs, and in the address.

use flamedrop::protocol::{ContentOverview, Overview, ProfileOverview, QueriesOverview};
use flamedrop::queries::EventKind;
use flamedrop::queries::events::EventTotal;

/// A view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    Findings,
    Flame,
    FlameChart,
    CallTree,
    Functions,
    Sandwich,
    Callers,
    Lines,
    Memory,
    Overview,
    Timeline,
    Queries,
    Tables,
    Requests,
    Events,
    Compare,
    Recordings,
}

impl View {
    /// The views of a group of recordings.
    pub const OF_GROUP: [Self; 2] = [Self::Recordings, Self::Functions];

    /// The views of a document, in the order of its tabs.
    pub fn of(overview: &Overview) -> Vec<Self> {
        match overview.content {
            ContentOverview::Profile(ref profile) => Self::of_profile(profile),
            ContentOverview::Queries(ref log) => {
                let events = has_events(overview, log).then_some(Self::Events);
                [Self::Findings, Self::Overview, Self::Timeline, Self::Queries, Self::Tables, Self::Requests]
                    .into_iter()
                    .chain(events)
                    .chain([Self::Compare])
                    .collect()
            }
            ContentOverview::Requests(_) => {
                vec![Self::Overview, Self::Queries, Self::Requests, Self::Timeline, Self::Compare]
            }
            ContentOverview::Schema(_) => vec![Self::Tables],
        }
    }

    /// Of a profile: those of functions, of lines and of memory over time, as far as the file has each.
    fn of_profile(profile: &ProfileOverview) -> Vec<Self> {
        let has_functions = profile.functions > 0 || !(profile.has_lines || profile.has_series);
        let each = [
            (Self::Findings, true),
            (Self::Flame, has_functions),
            (Self::FlameChart, profile.spans.is_some()),
            (Self::CallTree, has_functions),
            (Self::Functions, has_functions),
            (Self::Sandwich, has_functions),
            (Self::Callers, has_functions),
            (Self::Lines, profile.has_lines),
            (Self::Memory, profile.has_series),
            (Self::Compare, profile.functions > 0),
        ];
        each.into_iter().filter(|(_, is_there)| *is_there).map(|(view, _)| view).collect()
    }

    /// What its tab says.
    pub fn title(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Flame => "Flame graph",
            Self::FlameChart => "Flame chart",
            Self::CallTree => "Call tree",
            Self::Functions => "Functions",
            Self::Sandwich => "Sandwich",
            Self::Callers => "Callers and callees",
            Self::Lines => "Lines",
            Self::Memory => "Memory",
            Self::Overview => "Overview",
            Self::Timeline => "Timeline",
            Self::Queries => "Queries",
            Self::Tables => "Tables",
            Self::Requests => "Requests",
            Self::Events => "Events",
            Self::Compare => "Compare",
            Self::Recordings => "Recordings",
        }
    }

    /// What its tab says of a document.
    pub fn title_of(self, overview: &Overview) -> &'static str {
        match (self, &overview.content) {
            // What statements are grouped by at first is a query, what requests are a route.
            (Self::Queries, ContentOverview::Requests(_)) => "Routes",
            _ => self.title(),
        }
    }

    /// What the address says.
    pub fn key(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Flame => "flame-graph",
            Self::FlameChart => "flame-chart",
            Self::CallTree => "call-tree",
            Self::Functions => "functions",
            Self::Sandwich => "sandwich",
            Self::Callers => "callers",
            Self::Lines => "lines",
            Self::Memory => "memory",
            Self::Overview => "overview",
            Self::Timeline => "timeline",
            Self::Queries => "queries",
            Self::Tables => "tables",
            Self::Requests => "requests",
            Self::Events => "events",
            Self::Compare => "compare",
            Self::Recordings => "recordings",
        }
    }

    /// The view the address names.
    pub fn from_key(key: &str) -> Option<Self> {
        const ALL: [View; 17] = [
            View::Findings,
            View::Flame,
            View::FlameChart,
            View::CallTree,
            View::Functions,
            View::Sandwich,
            View::Callers,
            View::Lines,
            View::Memory,
            View::Overview,
            View::Timeline,
            View::Queries,
            View::Tables,
            View::Requests,
            View::Events,
            View::Compare,
            View::Recordings,
        ];
        ALL.into_iter().find(|view| view.key() == key)
    }
}

/// Whether a log has a view of its events: servers' logs do, also where nothing happened.
fn has_events(overview: &Overview, log: &QueriesOverview) -> bool {
    let is_event = |total: &EventTotal| total.kind != EventKind::Plan;
    log.events.iter().any(is_event) || overview.format.starts_with("postgres-")
}

/// How the call tree is drawn in the flame graph's view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Drawing {
    /// Roots on top.
    Icicle,
    /// Roots at the bottom.
    Flame,
    /// Rings around a centre.
    Sunburst,
}

impl Drawing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Icicle, Self::Flame, Self::Sunburst];

    /// What its button says.
    pub fn title(self) -> &'static str {
        match self {
            Self::Icicle => "Icicle",
            Self::Flame => "Flame",
            Self::Sunburst => "Sunburst",
        }
    }

    /// What the address says.
    pub fn key(self) -> &'static str {
        match self {
            Self::Icicle => "icicle",
            Self::Flame => "flame",
            Self::Sunburst => "sunburst",
        }
    }

    /// The drawing the address names.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|drawing| drawing.key() == key)
    }
}
