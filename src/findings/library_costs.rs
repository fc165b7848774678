//! What libraries are known to cost: deep copies, JSON, logging, password hashing, static files.

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
};
use crate::format;
use crate::profile::{FunctionId, Profile};
use crate::sort;

/// See the module.
pub(super) struct LibraryCosts;

const SHARE: Threshold = Threshold {
    key: "share",
    title: "one of them takes at least this share of the profile",
    default: 0.1,
    unit: Unit::Share,
    source: "our own: below a tenth there is more to gain elsewhere",
};

const TIME: Threshold = Threshold {
    key: "time",
    title: "and so long (a static file: any time)",
    default: 20.0,
    unit: Unit::Milliseconds,
    source: "our own: a tenth of 200 ms, which is a quick page",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "library-costs",
    title: "Costly library calls",
    looks_at: LooksAt::Profile,
    thresholds: &[SHARE, TIME],
};

/// One thing that libraries do.
struct Known {
    key: &'static str,
    what: &'static str,
    /// Functions that do it, by the end of their file and their name; none calls another of them.
    functions: &'static [(&'static str, &'static str)],
    remedy: &'static str,
    code: &'static str,
    doubts: &'static str,
}

static ALL: &[Known] = &[
    Known {
        key: "deepcopy",
        what: "Copying deeply",
        functions: &[("/copy.py", "deepcopy")],
        remedy: "Share what nobody changes, copy one level (dict(x), list(x), copy.copy) where one level is changed, \
                 or make the object anew. Forms and querysets copy themselves deeply: make fewer of them.",
        code: "rules = {**RULES, \"rounding\": rounding}  # in place of copy.deepcopy(RULES)",
        doubts: "A library may need the copy.",
    },
    Known {
        key: "json",
        what: "Reading and writing JSON",
        functions: &[
            ("/json/__init__.py", "loads"),
            ("/json/__init__.py", "dumps"),
            ("/json/__init__.py", "load"),
            ("/json/__init__.py", "dump"),
        ],
        remedy: "Parse once and keep the result (at module level, functools.cache), read and write less of it, or use \
                 a compiled library such as orjson.",
        code: "@functools.cache\ndef price_list():\n    return json.loads(PATH.read_text())",
        doubts: "For an API, JSON may be what the request is for.",
    },
    Known {
        key: "logging",
        what: "Logging",
        functions: &[("/logging/__init__.py", "_log")],
        remedy: "Log less in loops and raise the level; pass arguments (log.debug(\"%s\", x)) in place of formatted \
                 text; let a QueueHandler write in another thread.",
        code: "logging.getLogger(\"shop.prices\").setLevel(logging.WARNING)",
        doubts: "A profiler makes logging slower than it is: it makes many small calls.",
    },
    Known {
        key: "hashing",
        what: "Hashing passwords",
        functions: &[
            ("/contrib/auth/hashers.py", "check_password"),
            ("/contrib/auth/hashers.py", "make_password"),
            ("/contrib/auth/hashers.py", "acheck_password"),
        ],
        remedy: "A password is hashed slowly on purpose: check it at the log-in, and know the visitor by a session or a \
                 token afterwards (APIs: a token that is looked up, not basic authentication). Tests use \
                 MD5PasswordHasher.",
        code: "# settings of the tests\nPASSWORD_HASHERS = [\"django.contrib.auth.hashers.MD5PasswordHasher\"]",
        doubts: "At a log-in this is as it should be.",
    },
    Known {
        key: "static",
        what: "Serving a file",
        functions: &[("/django/views/static.py", "serve"), ("/contrib/staticfiles/handlers.py", "serve")],
        remedy: "Let the web server or a CDN serve files, or WhiteNoise in front of Django's middleware: a worker that \
                 sends a style sheet serves no page.",
        code: "MIDDLEWARE = [\"django.middleware.security.SecurityMiddleware\", \
               \"whitenoise.middleware.WhiteNoiseMiddleware\", …]",
        doubts: "In development this is how it works.",
    },
];

impl Rule for LibraryCosts {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, ..) = *case else { return };
        let total = profile.total() * 1e3;
        for known in ALL {
            let found: Vec<FunctionId> = functions(profile, known).collect();
            // A request for a file would not reach Django at all.
            let is_file = known.key == "static" && !found.is_empty();
            let own: f64 = found.iter().map(|&id| profile.functions.total_time[id as usize] * 1e3).sum();
            let time = if is_file { total } else { own };
            let least = settings.get(&ABOUT, &TIME).max(settings.get(&ABOUT, &SHARE) * total);
            if time > 0.0 && (time >= least || is_file) {
                findings.push(finding(profile, known, &found, time.min(total), total));
            }
        }
    }
}

fn functions<'a>(profile: &'a Profile, known: &'a Known) -> impl Iterator<Item = FunctionId> + 'a {
    let functions = &profile.functions;
    (0..functions.len() as FunctionId).filter(move |&id| {
        let is = |(file, name): &(&str, &str)| {
            functions.name(id) == *name && functions.file(id).replace('\\', "/").ends_with(file)
        };
        known.functions.iter().any(is)
    })
}

/// Callers named one by one.
const CALLERS: usize = 3;

fn finding(profile: &Profile, known: &Known, found: &[FunctionId], time: f64, total: f64) -> Finding {
    let (functions, edges) = (&profile.functions, &profile.edges);
    let share = time / (profile.total() * 1e3);
    let calls: i64 = found.iter().map(|&id| functions.primitive_calls[id as usize].max(0)).sum();
    let mut shown = vec![
        Evidence::new("total_ms", "Its time", Value::Milliseconds(time)),
        Evidence::new("share", "Share of the profile", Value::Share(share)),
        Evidence::new("calls", "Calls", Value::Count(calls as u64)),
    ];
    if let Some(&heaviest) = found
        .iter()
        .max_by(|&&a, &&b| functions.total_time[a as usize].total_cmp(&functions.total_time[b as usize]))
    {
        shown.push(
            Evidence::new("function", "The function", Value::Place(functions.place(heaviest)))
                .at(Link::Function(heaviest)),
        );
    }
    let mut callers: Vec<usize> = found
        .iter()
        .flat_map(|&id| {
            // Not the recursion within the module.
            let file = functions.file(id);
            edges.into(id).filter(move |&edge| functions.file(edges.caller[edge]) != file)
        })
        .collect();
    sort::by(&mut callers, |&a, &b| edges.total_time[b].total_cmp(&edges.total_time[a]));
    // What it made is thrown away where it was called: a third of what parsing JSON costs.
    let mut thrown_away: Vec<FunctionId> = callers.iter().map(|&edge| edges.caller[edge]).collect();
    sort::by_number(&mut thrown_away, |caller| *caller);
    thrown_away.dedup();
    let around: f64 = thrown_away.iter().map(|&id| functions.self_time[id as usize].max(0.0) * 1e3).sum();
    let saving = (time + around).min(total);
    for (rank, &edge) in callers.iter().take(CALLERS).enumerate() {
        let caller = edges.caller[edge];
        let label = format!("{} for", format::milliseconds(edges.total_time[edge] * 1e3));
        shown.push(
            Evidence::new(&format!("caller_{}", rank + 1), &label, Value::Place(functions.place(caller)))
                .at(Link::Function(caller)),
        );
    }
    Finding {
        rule: ABOUT.id.to_owned(),
        key: known.key.to_owned(),
        title: format!(
            "{} takes {}, {} of the profile",
            known.what,
            format::milliseconds(time),
            format::percent(share)
        ),
        at_stake: saving,
        saving,
        bound: Bound::AtMost,
        computed:
            "Its time with all it calls (for a file, the whole request), and its callers' own, in which what it \
             made is thrown away; a fix saves at most all of it."
                .to_owned(),
        evidence: shown,
        remedy: known.remedy.to_owned(),
        code: known.code.to_owned(),
        confidence: Confidence::Medium,
        doubts: known.doubts.to_owned(),
    }
}
