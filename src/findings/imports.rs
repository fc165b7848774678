//! Imports at run time: modules that are found and loaded while a request waits.

use rustc_hash::FxHashMap;

use super::naming::spoken;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::profile::home::lies_in;
use crate::profile::imports::MODULE;
use crate::profile::{FunctionId, Layer, Layers, Profile};
use crate::sort;

/// See the module.
pub(super) struct Imports;

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time of loading modules",
    default: 10.0,
    unit: Unit::Milliseconds,
    source: "our choice: a module that is loaded already costs microseconds, one that is not some milliseconds",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "minimum share of the profile",
    default: 0.05,
    unit: Unit::Share,
    source: "our choice: one part in twenty",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "run-time-imports",
    title: "Imports at run time",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, SHARE],
};

/// From this share on one function stands for all.
const ALONE: f64 = 0.9;

/// A script's own code lasts at least this share of its profile.
const WHOLE: f64 = 0.9;

impl Rule for Imports {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, ..) = *case else { return };
        let functions = &profile.functions;
        let Some(AtRunTime { importers, time, load }) = AtRunTime::of(profile, layers) else { return };
        let total = profile.total() * 1e3;
        // A script imports when it starts, as it should.
        if importers.is_empty()
            || time < settings.get(&ABOUT, &TIME)
            || time < settings.get(&ABOUT, &SHARE) * total
        {
            return;
        }
        let mut shown = Vec::new();
        if let Some(modules) = functions.calls_of(load) {
            let modules = Value::Count(modules as u64);
            shown.push(Evidence::new("modules", "Modules loaded, in all", modules).at(Link::Function(load)));
        }
        shown.extend([
            Evidence::new("import_ms", "Time to load them", Value::Milliseconds(time)),
            Evidence::new("share", "Share of the profile", Value::share(time, total)),
        ]);
        let by = |time: &str| format!("{time} of imports by");
        shown.extend(evidence::functions(profile, "importer", &importers, by));
        let first = spoken(functions, importers[0].0);
        let alone = importers[0].1 >= ALONE * time;
        let own = layers.layer(importers[0].0) == Layer::Own;
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: functions.place(importers[0].0),
            title: if alone {
                format!("Modules are loaded while {first} runs: {}", profile.unit.thousandths(time))
            } else {
                format!("Modules are loaded while functions run, most by {first}: {}", profile.unit.thousandths(time))
            },
            at_stake: time,
            saving: time,
            bound: Bound::Estimate,
            computed: format!(
                "The import machinery and all below it, where a function calls it: {}. It comes once in each \
                 process, on the first request that gets there.",
                profile.unit.thousandths(time)
            ),
            evidence: shown,
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
            also: Vec::new(),
            price: None,
        });
    }
}

/// What loads modules while functions run, not while a process starts.
pub(super) struct AtRunTime {
    /// The functions in whose body that is, with milliseconds, most first.
    pub importers: Vec<(FunctionId, f64)>,
    /// Milliseconds of all.
    pub time: f64,
    /// importlib's function that every module passes that is really loaded.
    load: FunctionId,
}

/// importlib's functions that code calls, or an `import` statement does.
const ENTRIES: &[&str] = &[
    "_find_and_load",
    "_gcd_import",
    "_handle_fromlist",
    "import_module",
    "__import__",
    "builtins.__import__",
];

/// Django's own that only pass on what is to be imported.
const PASSING_ON: &str = "django/utils/module_loading.py";

/// What runs when a process starts, by where it lies among packages or in the standard library: it imports as it
/// should.
const STARTING: &[&str] = &[
    "_pytest/",
    "celery/",
    "django/__init__.py",
    "django/apps/",
    "django/conf/",
    "django/core/asgi.py",
    "django/core/management/",
    "django/core/wsgi.py",
    "flask/cli.py",
    "gunicorn/",
    "pkgutil.py",
    "pluggy/",
    "pytest/",
    "runpy.py",
    "site.py",
    "unittest/",
    "uvicorn/",
];

/// What only the start of a process calls of that.
const STARTS: &[&str] = &[
    "_run_code",
    "_run_module_as_main",
    "console_main",
    "execute_from_command_line",
    "main",
    "populate",
    "setup",
];

impl AtRunTime {
    /// By the recorded edges into the import machinery: how modules import each other is for no call tree to
    /// tell, all pass the same few functions.
    pub fn of(profile: &Profile, layers: &Layers) -> Option<Self> {
        // Without directories the start of a process cannot be told.
        if layers.stripped {
            return None;
        }
        let (functions, edges) = (&profile.functions, &profile.edges);
        // Every module that is really loaded passes here; one that is loaded already does not.
        let load = (0..functions.len() as FunctionId)
            .filter(|&id| functions.known_name(id) == "_load_unlocked" && layers.layer(id) == Layer::Imports)
            .max_by_key(|&id| functions.calls_of(id))?;
        let is_entry: Vec<bool> =
            (0..functions.len() as FunctionId).map(|id| is_entry(profile, layers, id)).collect();
        // Where the start of the process is recorded, what libraries load belongs to it.
        let started = (0..functions.len() as FunctionId).any(|id| {
            let is_script = functions.name(id) == MODULE
                && layers.layer(id) == Layer::Own
                && functions.total_time[id as usize] >= WHOLE * profile.total();
            let (file, name) = functions.known_as(id);
            is_script || is_start(file, &name)
        });
        let running = running(profile, layers);
        let mut times: FxHashMap<FunctionId, f64> = FxHashMap::default();
        for edge in 0..edges.len() {
            let (caller, callee) = (edges.caller[edge], edges.callee[edge]);
            let passes = is_entry[caller as usize]
                || layers.layer(caller) == Layer::Imports
                || functions.is_built_in(caller);
            let counts = !started || layers.layer(caller) == Layer::Own;
            if is_entry[callee as usize]
                && counts
                && !passes
                && running[caller as usize]
                && !starts(profile, caller)
            {
                *times.entry(caller).or_default() += edges.total_time[edge].max(0.0) * 1e3;
            }
        }
        let mut importers: Vec<(FunctionId, f64)> =
            times.into_iter().filter(|(_, time)| *time > 0.0).collect();
        sort::by(&mut importers, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        // What a function imports may run another that imports.
        let all = functions.total_time[load as usize] * 1e3;
        let time = importers.iter().map(|(_, time)| time).sum::<f64>().min(all);
        Some(Self { importers, time, load })
    }
}

fn is_entry(profile: &Profile, layers: &Layers, id: FunctionId) -> bool {
    let (file, name) = profile.functions.known_as(id);
    let known = |entry: &&str| name == *entry || name.trim_end_matches('>').ends_with(&format!(" {entry}"));
    (layers.layer(id) == Layer::Imports && ENTRIES.iter().any(known))
        || (matches!(&*name, "cached_import" | "import_string") && lies_in(file, &[PASSING_ON]))
}

/// Whether it starts a process, and does nothing else.
fn is_start(file: &str, name: &str) -> bool {
    is_frozen_start(file) || (STARTS.contains(&name) && lies_in(file, STARTING))
}

/// What is part of the interpreter and starts scripts and modules.
fn is_frozen_start(file: &str) -> bool {
    file.starts_with("<frozen runpy") || file.starts_with("<frozen site")
}

/// Whether a function runs when its module is loaded or a process starts.
fn starts(profile: &Profile, id: FunctionId) -> bool {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let (file, name) = functions.known_as(id);
    // `main()` of a script; what a module calls while it is loaded.
    let called_by_modules = || {
        let mut callers = edges.into(id).map(|edge| functions.name(edges.caller[edge])).peekable();
        callers.peek().is_some() && callers.all(|caller| caller == MODULE)
    };
    let load_middleware = name == "load_middleware" && lies_in(file, &["django/core/handlers/base.py"]);
    name == MODULE
        || load_middleware
        || is_frozen_start(file)
        || lies_in(file, STARTING)
        // `AppConfig.ready`.
        || (name == "ready" && file.ends_with("apps.py"))
        || called_by_modules()
}

/// Per function whether it runs for a function of the user's, or nobody is known to have called it. A library's that only
/// modules call while they are loaded, directly or by others, belongs to the start of the process.
fn running(profile: &Profile, layers: &Layers) -> Vec<bool> {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let loads = |id: FunctionId| functions.name(id) == MODULE || layers.layer(id) == Layer::Imports;
    let is_called = |id: FunctionId| edges.into(id).any(|edge| edges.caller[edge] != id);
    let mut next: Vec<FunctionId> = (0..functions.len() as FunctionId)
        .filter(|&id| !loads(id) && (layers.layer(id) == Layer::Own || !is_called(id)))
        .collect();
    let mut running = vec![false; functions.len()];
    for &id in &next {
        running[id as usize] = true;
    }
    while let Some(id) = next.pop() {
        for &edge in edges.out_of(id) {
            let callee = edges.callee[edge as usize];
            if !running[callee as usize] && !loads(callee) {
                running[callee as usize] = true;
                next.push(callee);
            }
        }
    }
    running
}
