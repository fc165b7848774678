//! What libraries are known to cost: deep copies, JSON, logging, password hashing, static files.
//!
//! Of functions that call each other (`json.load` and `loads`) only the outermost counts, by the call tree.

use super::naming::spoken;
use super::outermost::Outermost;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence, share,
};
use crate::format;
use crate::profile::home::{Home, home, lies_in};
use crate::profile::{CallTree, FunctionId, Functions, Profile};

/// See the module.
pub(super) struct LibraryCosts;

const SHARE: Threshold = Threshold::TENTH_OF_PROFILE;

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time (of a static file: any)",
    default: 20.0,
    unit: Unit::Milliseconds,
    source: "our choice: a tenth of 200 ms, which is a quick page",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "library-costs",
    title: "Costly library calls",
    looks_at: LooksAt::Profile,
    thresholds: &[SHARE, TIME],
};

/// Functions of one file, by where it lies among packages or in the standard library; of built-in ones
/// (`~`) how their modules and names end.
type Place = (&'static str, &'static [&'static str]);

/// One thing that libraries do.
struct Known {
    key: &'static str,
    what: &'static str,
    /// Functions that do it; one may call another.
    functions: &'static [Place],
    remedy: &'static str,
    /// By the package whose functions were called; the first that fits.
    code: &'static [(&'static str, &'static str)],
    doubts: &'static str,
}

/// The methods of loggers.
const LEVELS: &[&str] =
    &["_log", "critical", "debug", "error", "exception", "info", "log", "warn", "warning"];

/// [`Known::key`] of what is read and written in ways of their own.
const JSON_KEY: &str = "json";

const JSON: &[&str] = &["dump", "dumps", "load", "loads"];

static ALL: &[Known] = &[
    Known {
        key: "deepcopy",
        what: "Copying deeply",
        functions: &[("copy.py", &["deepcopy"])],
        remedy: "Share what nobody changes, copy one level (dict(x), list(x), copy.copy) where one level is changed, \
                 or make the object anew. Forms and querysets copy themselves deeply: make fewer of them.",
        code: &[("", "rules = {**RULES, \"rounding\": rounding}  # in place of copy.deepcopy(RULES)")],
        doubts: "A library may need the copy.",
    },
    Known {
        key: JSON_KEY,
        what: "Reading and writing JSON",
        functions: &[
            ("json/__init__.py", JSON),
            ("json/encoder.py", &["encode", "iterencode"]),
            ("json/decoder.py", &["decode", "raw_decode"]),
            ("simplejson/__init__.py", JSON),
            ("simplejson/encoder.py", &["encode", "iterencode"]),
            ("simplejson/decoder.py", &["decode", "raw_decode"]),
        ],
        // See `of_json`.
        remedy: "",
        code: &[],
        doubts: "For an API, JSON may be what the request is for.",
    },
    Known {
        key: "logging",
        what: "Logging",
        functions: &[
            ("logging/__init__.py", LEVELS),
            ("loguru/_logger.py", LEVELS),
            ("structlog/_base.py", &["_proxy_to_logger"]),
            ("structlog/_native.py", &["meth"]),
            ("structlog/stdlib.py", LEVELS),
        ],
        remedy: "Log less in loops and raise the level; pass arguments (log.debug(\"%s\", x)) in place of formatted \
                 text; let a QueueHandler write in another thread. Calls below the level cost as well: ask \
                 log.isEnabledFor() once, before the loop.",
        code: &[
            ("loguru", "logger.remove()\nlogger.add(sys.stderr, level=\"WARNING\", enqueue=True)"),
            (
                "structlog",
                "structlog.configure(\n    \
                 wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),\n    \
                 cache_logger_on_first_use=True,\n)",
            ),
            ("", "logging.getLogger(\"shop.prices\").setLevel(logging.WARNING)"),
        ],
        doubts: "A profiler makes logging slower than it is: it makes many small calls.",
    },
    Known {
        key: "hashing",
        what: "Hashing passwords",
        functions: &[
            ("django/contrib/auth/hashers.py", &["acheck_password", "check_password", "make_password"]),
            ("werkzeug/security.py", &["check_password_hash", "generate_password_hash"]),
            ("passlib/context.py", &["hash", "verify"]),
            ("argon2/_password_hasher.py", &["hash", "verify"]),
            ("bcrypt/__init__.py", &["checkpw", "hashpw"]),
            (
                "~",
                &[
                    "_hashlib.pbkdf2_hmac",
                    "_hashlib.scrypt",
                    "_bcrypt.checkpw",
                    "_bcrypt.hashpw",
                    "_ffi.argon2_hash",
                    "_ffi.argon2_verify",
                ],
            ),
        ],
        remedy: "A password is hashed slowly on purpose: check it at the log-in, and know the visitor by a session or a \
                 token afterwards (APIs: a token that is looked up, not basic authentication). Tests use a quick \
                 hasher (Django: MD5PasswordHasher; bcrypt: four rounds).",
        code: &[(
            "django",
            "# settings of the tests\nPASSWORD_HASHERS = [\"django.contrib.auth.hashers.MD5PasswordHasher\"]",
        )],
        doubts: "At a log-in this is as it should be. Keys are derived from secrets in the same way.",
    },
    Known {
        key: STATIC,
        what: "Serving a file",
        functions: &[
            ("django/views/static.py", &["serve"]),
            ("django/contrib/staticfiles/handlers.py", &["serve"]),
            ("flask/app.py", &["send_static_file"]),
            ("flask/blueprints.py", &["send_static_file"]),
            ("flask/helpers.py", &["send_static_file"]),
            ("flask/scaffold.py", &["send_static_file"]),
        ],
        remedy: "Let the web server or a CDN serve files, or WhiteNoise in front of the application: a worker that \
                 sends a style sheet serves no page.",
        code: &[
            ("flask", "app.wsgi_app = WhiteNoise(app.wsgi_app, root=\"static/\", prefix=\"static/\")"),
            (
                "",
                "MIDDLEWARE = [\"django.middleware.security.SecurityMiddleware\", \
                 \"whitenoise.middleware.WhiteNoiseMiddleware\", …]",
            ),
        ],
        doubts: "In development this is how it works.",
    },
];

/// [`Known::key`] of what costs the whole request around it.
const STATIC: &str = "static";

/// What finds and calls a view, once for each request.
const REQUESTS: &[Place] = &[
    ("django/core/handlers/base.py", &["_get_response", "_get_response_async"]),
    ("flask/app.py", &["dispatch_request"]),
];

impl Rule for LibraryCosts {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, tree, ..) = *case else { return };
        let total = profile.total() * 1e3;
        for known in ALL {
            let found = functions(&profile.functions, known.functions);
            if found.is_empty() {
                continue;
            }
            let outermost = Outermost::of(profile, layers, tree, &found);
            let is_file = known.key == STATIC;
            let time =
                if is_file { of_requests(profile, &found, &outermost) } else { outermost.time }.min(total);
            let least = settings.get(&ABOUT, &TIME).max(settings.get(&ABOUT, &SHARE) * total);
            if time > 0.0 && (time >= least || is_file) {
                findings.push(finding(profile, tree, known, &found, &outermost, time));
            }
        }
    }
}

/// Whether it is any of these functions, whose costs are a finding of their own.
pub(super) fn is_known(all: &Functions, id: FunctionId) -> bool {
    ALL.iter().any(|known| is_one_of(all, id, known.functions))
}

/// The functions in these places.
fn functions(functions: &Functions, places: &[Place]) -> Vec<FunctionId> {
    (0..functions.len() as FunctionId).filter(|&id| is_one_of(functions, id, places)).collect()
}

fn is_one_of(functions: &Functions, id: FunctionId, places: &[Place]) -> bool {
    let (known, name) = functions.known_as(id);
    places.iter().any(|(file, names)| match known {
        "~" | "" => *file == "~" && names.iter().any(|ending| name.trim_end_matches('>').ends_with(ending)),
        path => names.contains(&&*name) && lies_in(path, &[file]),
    })
}

/// What the requests for files take, ms: none of them would reach the application. The way to the view is the
/// same for every request.
fn of_requests(profile: &Profile, found: &[FunctionId], outermost: &Outermost) -> f64 {
    let total = profile.total() * 1e3;
    let (functions, requests) = (&profile.functions, functions(&profile.functions, REQUESTS));
    let calls =
        |ids: &[FunctionId]| -> i64 { ids.iter().map(|&id| functions.calls_of(id).unwrap_or(0)).sum() };
    let (files, all) = (calls(found), calls(&requests));
    match all {
        0 if outermost.time < total / 2.0 => outermost.time,
        _ if files >= all => total,
        _ => {
            let views: f64 = requests.iter().map(|&id| functions.total_time[id as usize] * 1e3).sum();
            outermost.time + (total - views).max(0.0) * files as f64 / all as f64
        }
    }
}

fn heaviest(functions: &Functions, found: &[FunctionId]) -> Option<FunctionId> {
    let time = |id: FunctionId| functions.total_time[id as usize];
    found.iter().copied().max_by(|&a, &b| time(a).total_cmp(&time(b)))
}

/// The code for the package that was called.
fn code(functions: &Functions, known: &Known, found: &[FunctionId]) -> &'static str {
    let of_package = |package: &str| {
        package.is_empty()
            || found.iter().any(|&id| match home(functions.file(id)) {
                Home::Installed(rest) => rest.starts_with(package),
                _ => functions.file(id).contains(package),
            })
    };
    known.code.iter().find(|(package, _)| of_package(package)).map_or("", |(_, code)| code)
}

/// What helps against much JSON, by the function that takes most; `of_rows`: the ORM decodes a JSONField.
fn of_json(profile: &Profile, function: &str, of_rows: bool) -> (&'static str, &'static str) {
    let writes = function.starts_with("dump") || function.ends_with("encode");
    match (writes, of_rows) {
        (true, _) => (
            "Write less of it (fewer rows and fields, paginate), keep what is the same for many as text, or use a \
             compiled library such as orjson.",
            if profile.ran(&["flask/"]) {
                "Response(orjson.dumps(data), mimetype=\"application/json\")"
            } else if profile.ran(&["django/http/"]) {
                "HttpResponse(orjson.dumps(data), content_type=\"application/json\")"
            } else {
                "orjson.dumps(data)  # bytes, in place of json.dumps(data).encode()"
            },
        ),
        (false, true) => (
            "Each row that is loaded has its JSON decoded: leave the column out where it is not used (defer, only, \
             values_list), or ask for the keys that are needed.",
            "queryset.defer(\"data\")\nqueryset.values_list(\"id\", \"data__state\")",
        ),
        (false, false) => (
            "Parse once and keep the result (at module level, functools.cache), read less of it, or use a compiled \
             library such as orjson.",
            "@functools.cache\ndef price_list():\n    return json.loads(PATH.read_text())",
        ),
    }
}

fn finding(
    profile: &Profile,
    tree: &CallTree,
    known: &Known,
    found: &[FunctionId],
    outermost: &Outermost,
    time: f64,
) -> Finding {
    let functions = &profile.functions;
    let total = profile.total() * 1e3;
    let mut shown = vec![
        Evidence::new("total_ms", "Its time", Value::Milliseconds(time)),
        Evidence::new("share", "Share of the profile", Value::share(time, total)),
    ];
    if profile.calls().is_some() {
        shown.push(Evidence::new("calls", "Calls", Value::Count(outermost.calls.round() as u64)));
    }
    let heaviest = heaviest(functions, found);
    if let Some(heaviest) = heaviest {
        shown.push(
            Evidence::new("function", "The function", Value::Place(functions.place(heaviest)))
                .at(Link::Function(heaviest)),
        );
    }
    let about = if tree.estimated { "≈ " } else { "" };
    let called_for = |time: &str| format!("{about}{time} for");
    shown.extend(evidence::functions(profile, "caller", &outermost.callers(), called_for));
    let is_file = known.key == STATIC;
    // What it made is thrown away where it was called: a third of what parsing JSON costs.
    let saving = if is_file { time } else { (time + outermost.around(functions)).min(total) };
    let (remedy, code) = match heaviest {
        Some(id) if known.key == JSON_KEY => {
            of_json(profile, &functions.known_name(id), outermost.is_called_by(functions, "from_db_value"))
        }
        _ => (known.remedy, code(functions, known, found)),
    };
    // Who it is for, if it is one function of the user's own.
    let callers = outermost.callers();
    let is_own = |id: FunctionId| {
        !functions.is_built_in(id) && matches!(home(functions.file(id)), Home::Script(_) | Home::Elsewhere)
    };
    let asks = callers.first().filter(|(id, own)| !is_file && is_own(*id) && own * 2.0 > time);
    Finding {
        unit: crate::format::Unit::Seconds,
        rule: ABOUT.id.to_owned(),
        key: known.key.to_owned(),
        title: format!(
            "{}{} takes {}, {} of the profile",
            known.what,
            asks.map_or(String::new(), |(id, _)| format!(" for {}", spoken(functions, *id))),
            profile.unit.thousandths(time),
            format::percent(share(time, total))
        ),
        at_stake: saving,
        saving,
        bound: Bound::AtMost,
        computed: if is_file {
            "The time of serving files, with what every request takes on its way to the view: the application \
             would be asked for none of them."
        } else {
            "Its time with all it calls, and as much again of its callers' own at most, in which what it made is \
             thrown away; a fix can save up to all of it."
        }
        .to_owned(),
        evidence: shown,
        remedy: remedy.to_owned(),
        code: code.to_owned(),
        confidence: Confidence::Medium,
        doubts: known.doubts.to_owned(),
        also: Vec::new(),
        price: None,
    }
}
