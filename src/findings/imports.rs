//! Imports at run time: modules that are found and loaded while a request waits.

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;
use crate::profile::call_tree::{MERGED, NO_PARENT};
use crate::profile::{CallTree, FunctionId, Layer, Layers, Profile};
use crate::sort;

/// See the module.
pub(super) struct Imports;

const TIME: Threshold = Threshold {
    key: "time",
    title: "loading modules takes at least so long",
    default: 10.0,
    unit: Unit::Milliseconds,
    source: "our own: a module that is loaded already costs microseconds, one that is not some milliseconds",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "and at least this share of the profile",
    default: 0.05,
    unit: Unit::Share,
    source: "our own: one part in twenty",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "run-time-imports",
    title: "Imports at run time",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, SHARE],
};

/// Importing functions named one by one.
const NAMED: usize = 3;

/// Of the modules that profiling and starting a script brings along, the profile's own root is one:
/// a script is no request.
const SCRIPT: &str = "<module>";

impl Rule for Imports {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, tree, _) = *case else { return };
        let functions = &profile.functions;
        // Every module that is really loaded passes here; one that is loaded already does not.
        let loads = (0..functions.len() as FunctionId)
            .filter(|&id| functions.name(id) == "_load_unlocked" && layers.layer(id) == Layer::Imports);
        let Some(load) = loads.max_by_key(|&id| functions.calls[id as usize]) else { return };
        let total = profile.total() * 1e3;
        let time = functions.total_time[load as usize] * 1e3;
        if time < settings.get(&ABOUT, &TIME) || time < settings.get(&ABOUT, &SHARE) * total {
            return;
        }
        let importers = importers(profile, layers, tree, load);
        // A script imports when it starts, as it should.
        if importers.is_empty() {
            return;
        }
        let time: f64 = importers.iter().map(|(_, time)| time).sum::<f64>().min(time);
        if time < settings.get(&ABOUT, &TIME) || time < settings.get(&ABOUT, &SHARE) * total {
            return;
        }
        let modules = functions.calls[load as usize].max(0) as u64;
        let mut evidence = vec![
            Evidence::new("modules", "Modules loaded", Value::Count(modules)).at(Link::Function(load)),
            Evidence::new("import_ms", "Time to load them", Value::Milliseconds(time)),
            Evidence::new("share", "Share of the profile", Value::Share(time / total)),
        ];
        for (rank, &(function, time)) in importers.iter().take(NAMED).enumerate() {
            let label = format!("≈ {} of imports by", format::milliseconds(time));
            evidence.push(
                Evidence::new(
                    &format!("importer_{}", rank + 1),
                    &label,
                    Value::Place(functions.place(function)),
                )
                .at(Link::Function(function)),
            );
        }
        let first = functions.name(importers[0].0);
        let own = layers.layer(importers[0].0) == Layer::Own;
        findings.push(Finding {
            rule: ABOUT.id.to_owned(),
            key: functions.place(importers[0].0),
            title: format!(
                "{modules} {} loaded while {first} runs: {}",
                if modules == 1 { "module is" } else { "modules are" },
                format::milliseconds(time)
            ),
            at_stake: time,
            saving: time,
            bound: Bound::Estimate,
            computed: format!(
                "importlib's _load_unlocked and all below it, where a function imports: {}. It comes once in \
                 each process, on the first request that gets there.",
                format::milliseconds(time)
            ),
            evidence,
            remedy: if own {
                "Import at the top of the module, so that the process loads it before it serves; with gunicorn \
                 --preload once for all workers. Where the import is there to break a cycle, move what both \
                 modules need into a third."
            } else {
                "A library loads them when they are first needed. Have each worker ask for such a page before \
                 it serves (gunicorn's post_worker_init), or import what is loaded here at the top of a module \
                 of your own; with gunicorn --preload that is once for all workers."
            }
            .to_owned(),
            code: if own {
                "# at the top of the module, not inside the function\nimport heavy".to_owned()
            } else {
                String::new()
            },
            confidence: if own { Confidence::Medium } else { Confidence::Low },
            doubts: "Only the first request of each process pays. If the profile is of a process that had just \
                     started, of a script or of the test runner, this is as it should be."
                .to_owned(),
        });
    }
}

/// The functions in whose body modules are loaded, with milliseconds; not modules that import others.
fn importers(
    profile: &Profile,
    layers: &Layers,
    tree: &CallTree,
    load: FunctionId,
) -> Vec<(FunctionId, f64)> {
    let functions = &profile.functions;
    let mut times = vec![0.0; functions.len()];
    for at in 0..tree.len() {
        if tree.function[at] != load {
            continue;
        }
        // Up to the first function that is neither the import machinery nor a built-in one.
        let mut up = tree.parent[at];
        while up != NO_PARENT {
            let function = tree.function[up as usize];
            if function == load || function == MERGED {
                // Loaded by a module that is being loaded: counted with that one.
                break;
            }
            let machinery = layers.layer(function) == Layer::Imports
                || matches!(functions.file(function), "~" | "")
                || functions.file(function).ends_with("importlib/__init__.py");
            if !machinery {
                if functions.name(function) != SCRIPT {
                    times[function as usize] += tree.total_time[at] * 1e3;
                }
                break;
            }
            up = tree.parent[up as usize];
        }
    }
    let mut importers: Vec<(FunctionId, f64)> = times
        .into_iter()
        .enumerate()
        .filter(|(_, time)| *time > 0.0)
        .map(|(function, time)| (function as FunctionId, time))
        .collect();
    sort::by(&mut importers, |a, b| b.1.total_cmp(&a.1));
    importers
}
