//! Imports that are worth putting off: what `python -X importtime` shows of a start. A package that takes a large part of
//! all imports, and a module of the user's that computes while it is loaded.

use std::collections::BTreeMap;

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    share,
};
use crate::format;
use crate::profile::call_tree::{CallTree, MERGED, NO_PARENT};
use crate::profile::home::{is_known_package, is_pythons};
use crate::profile::{FunctionId, Profile, Writer};
use crate::sort;

/// See the module.
pub(super) struct SlowImports;

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time of an import, with all it imports",
    default: 50.0,
    unit: Unit::Milliseconds,
    source: "our choice: a command that starts in a twentieth of a second more is felt in a terminal",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "minimum share of all imports",
    default: 0.1,
    unit: Unit::Share,
    source: "our choice: below a tenth there is more to gain elsewhere",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "slow-imports",
    title: "Imports to put off",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, SHARE],
};

/// What every request needs: it has to be imported sometime.
const FRAMEWORKS: &[&str] = &[
    "asgiref",
    "celery",
    "django",
    "fastapi",
    "flask",
    "gunicorn",
    "rest_framework",
    "sqlalchemy",
    "starlette",
    "uvicorn",
    "werkzeug",
];

impl Rule for SlowImports {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, ..) = *case else { return };
        if profile.functions.writer != Writer::ImportTime {
            return;
        }
        let Some(recorded) = &profile.recorded_tree else { return };
        let all = profile.total() * 1e3;
        let least = settings.get(&ABOUT, &TIME).max(settings.get(&ABOUT, &SHARE) * all);
        let slow = slow(profile, &recorded.tree);
        findings.extend(slow.iter().filter(|one| one.time >= least).map(|one| finding(profile, one, all)));
    }
}

/// An import that takes long.
struct Slow<'a> {
    /// A package, or a module that computes.
    name: &'a str,
    /// The module itself, and what imported it first, if that is a module.
    module: FunctionId,
    importer: Option<FunctionId>,
    /// Milliseconds.
    time: f64,
    /// Whether it is the module's own code.
    computes: bool,
}

/// The first part of a module's name.
fn package(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// What takes long: of packages known for libraries the outermost ones, frameworks aside; of other modules what they do
/// themselves.
fn slow<'a>(profile: &'a Profile, tree: &CallTree) -> Vec<Slow<'a>> {
    let functions = &profile.functions;
    let name = |at: usize| match tree.function[at] {
        MERGED => "",
        function => functions.name(function),
    };
    let is_library = |at: usize| {
        let package = package(name(at));
        is_known_package(package) && !FRAMEWORKS.contains(&package)
    };
    // Per box the library that it is within, by the box at which that begins.
    let mut within: Vec<u32> = vec![NO_PARENT; tree.function.len()];
    let mut libraries: BTreeMap<&str, Slow<'a>> = BTreeMap::new();
    let mut found: Vec<Slow<'a>> = Vec::new();
    for at in 0..tree.function.len() {
        let parent = tree.parent[at];
        let importer =
            (parent != NO_PARENT).then(|| tree.function[parent as usize]).filter(|id| *id != MERGED);
        let outer = if parent == NO_PARENT { NO_PARENT } else { within[parent as usize] };
        within[at] = outer;
        if outer != NO_PARENT || name(at).is_empty() {
            continue;
        }
        let module = tree.function[at];
        if is_library(at) {
            within[at] = at as u32;
            let package = package(name(at));
            let time = tree.total_time[at] * 1e3;
            let slow = Slow { name: package, module, importer, time: 0.0, computes: false };
            libraries.entry(package).or_insert(slow).time += time;
        } else if !is_pythons(package(name(at))) && !is_known_package(package(name(at))) {
            let time = tree.self_time[at] * 1e3;
            found.push(Slow { name: name(at), module, importer, time, computes: true });
        }
    }
    found.extend(libraries.into_values());
    sort::by(&mut found, |a, b| b.time.total_cmp(&a.time).then_with(|| a.name.cmp(b.name)));
    found
}

fn finding(profile: &Profile, slow: &Slow<'_>, all: f64) -> Finding {
    let Slow { name, module, importer, time, computes } = *slow;
    let functions = &profile.functions;
    let part = format::percent(share(time, all));
    let text = profile.unit.thousandths(time);
    let title = match (computes, importer) {
        (true, _) => format!("{name} takes {text} while it is imported, {part} of all imports"),
        (false, Some(importer)) => {
            format!(
                "Importing {name} takes {text}, {part} of all imports: first by {}",
                functions.name(importer)
            )
        }
        (false, None) => format!("Importing {name} takes {text}, {part} of all imports"),
    };
    let mut finding = Finding::new(&ABOUT, name.to_owned(), title);
    (finding.at_stake, finding.saving, finding.bound) = (time, time, Bound::AtMost);
    finding.evidence = vec![
        Evidence::new("module", "The module", Value::Text(functions.name(module).to_owned()))
            .at(Link::Function(module)),
        Evidence::new(
            "import_ms",
            if computes { "Its own code" } else { "With all it imports" },
            Value::Milliseconds(time),
        ),
        Evidence::new("share", "Share of all imports", Value::share(time, all)),
    ];
    if let Some(importer) = importer {
        let importer_name = Value::Text(functions.name(importer).to_owned());
        finding
            .evidence
            .push(Evidence::new("importer", "First imported by", importer_name).at(Link::Function(importer)));
    }
    if computes {
        finding.computed = "The time of the module's own code, without what it imports.".to_owned();
        finding.remedy =
            "It works while it is loaded: reads files, compiles expressions, builds tables, asks others. Do \
                          that when it is first asked for, and keep the result."
                .to_owned();
        finding.code =
            "@functools.cache\ndef table():\n    return build()  # at the first call, not at import"
                .to_owned();
    } else {
        finding.computed =
            "The package and all that was first imported by it. What others import as well has to be loaded all the same."
                .to_owned();
        finding.remedy = "Where not every run needs it, import it inside the function that does: commands, tests and workers \
                          that never call that start sooner. Python 3.15 has lazy imports for whole modules."
            .to_owned();
        finding.code = format!("def report(rows):\n    import {name}  # first needed here");
    }
    finding.confidence = if computes { Confidence::Medium } else { Confidence::Low };
    finding.doubts = "What every request needs only moves from the start to the first request. A first run also reads and \
                      compiles files that a later one has in its cache: record twice."
        .to_owned();
    finding
}
