//! The views a document has, and their names: on the tabs, and in the address.

use flamedrop::protocol::{ContentOverview, Overview};

/// A view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    Findings,
    Flame,
    CallTree,
    Functions,
    Callers,
    Timeline,
    Queries,
    Tables,
    Requests,
    Compare,
}

impl View {
    /// The views of a document, in the order of its tabs.
    pub fn of(overview: &Overview) -> &'static [Self] {
        match overview.content {
            ContentOverview::Profile(_) => {
                &[Self::Findings, Self::Flame, Self::CallTree, Self::Functions, Self::Callers]
            }
            ContentOverview::Queries(_) => {
                &[Self::Findings, Self::Timeline, Self::Queries, Self::Tables, Self::Requests, Self::Compare]
            }
        }
    }

    /// What its tab says.
    pub fn title(self) -> &'static str {
        match self {
            Self::Findings => "Findings",
            Self::Flame => "Flame graph",
            Self::CallTree => "Call tree",
            Self::Functions => "Functions",
            Self::Callers => "Callers and callees",
            Self::Timeline => "Timeline",
            Self::Queries => "Queries",
            Self::Tables => "Tables",
            Self::Requests => "Requests",
            Self::Compare => "Compare",
        }
    }

    /// What the address says.
    pub fn key(self) -> &'static str {
        match self {
            Self::Findings => "findings",
            Self::Flame => "flame-graph",
            Self::CallTree => "call-tree",
            Self::Functions => "functions",
            Self::Callers => "callers",
            Self::Timeline => "timeline",
            Self::Queries => "queries",
            Self::Tables => "tables",
            Self::Requests => "requests",
            Self::Compare => "compare",
        }
    }

    /// The view the address names.
    pub fn from_key(key: &str) -> Option<Self> {
        const ALL: [View; 10] = [
            View::Findings,
            View::Flame,
            View::CallTree,
            View::Functions,
            View::Callers,
            View::Timeline,
            View::Queries,
            View::Tables,
            View::Requests,
            View::Compare,
        ];
        ALL.into_iter().find(|view| view.key() == key)
    }
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

/// What the timeline's lanes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lanes {
    /// Connections, or what the log has of them.
    Connections,
    /// Fingerprints.
    Queries,
}

impl Lanes {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Connections, Self::Queries];

    /// What its button says.
    pub fn title(self) -> &'static str {
        match self {
            Self::Connections => "By connection",
            Self::Queries => "By query",
        }
    }

    /// What the address says.
    pub fn key(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Queries => "queries",
        }
    }

    /// The lanes the address names.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lanes| lanes.key() == key)
    }
}
