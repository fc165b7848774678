//! The bottleneck: the layer that takes most of the time, if one stands out.

use super::digest::sites;
use super::imports::AtRunTime;
use super::templates::of_other_engine;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    heaviest,
};
use crate::format;
use crate::profile::Layer;

/// See the module.
pub(super) struct Bottleneck;

/// Rules about a whole profile are silent about quick ones.
pub(super) const TIME: Threshold = Threshold {
    key: "time",
    title: "the profile is at least so long",
    default: 300.0,
    unit: Unit::Milliseconds,
    source: "django-cachalot's documentation: pages below 300 ms are not worth the trouble",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "and one layer takes at least this share",
    default: 0.4,
    unit: Unit::Share,
    source: "our own: with ten layers, 40 % in one stands out",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "bottleneck",
    title: "The layer that limits throughput",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, SHARE],
};

/// Times as many requests: more than can be believed of one fix is not spelt out.
const MANY: f64 = 20.0;

/// Functions named one by one.
const NAMED: usize = 3;

impl Rule for Bottleneck {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, tree, digest) = *case else { return };
        let (functions, total) = (&profile.functions, profile.total() * 1e3);
        let Some((layer, time)) = Layer::ALL
            .into_iter()
            .map(|layer| (layer, layers.seconds(layer) * 1e3))
            .max_by(|a, b| a.1.total_cmp(&b.1))
        else {
            return;
        };
        if total < settings.get(&ABOUT, &TIME) || time < settings.get(&ABOUT, &SHARE) * total {
            return;
        }
        // Without its directories nothing tells one's own code from a library's.
        if layer == Layer::Library && layers.stripped {
            return;
        }
        let mut evidence = vec![
            Evidence::new("layer", "The layer", Value::Text(layer.title())),
            Evidence::new("layer_ms", "Its time", Value::Milliseconds(time)),
            Evidence::new("share", "Share of the profile", Value::Share(time / total)),
            Evidence::new("total_ms", "The whole profile", Value::Milliseconds(total)),
        ];
        evidence
            .extend(heaviest(digest.functions.largest.iter().filter(|item| item.layer == layer).take(NAMED)));
        if layer != Layer::Own {
            for (rank, site) in sites(profile, layers, tree, layer).iter().take(NAMED).enumerate() {
                let about = if tree.estimated { "≈ " } else { "" };
                let label = format!("{about}{} called for by", format::milliseconds(site.time));
                evidence.push(
                    Evidence::new(
                        &format!("caller_{}", rank + 1),
                        &label,
                        Value::Place(functions.place(site.function)),
                    )
                    .at(Link::Function(site.function)),
                );
            }
        }
        let starts = layer == Layer::Imports
            && AtRunTime::of(profile, layers).is_none_or(|at_run_time| at_run_time.time < time / 2.0);
        let sleeps = evidence.iter().any(|one| {
            one.key == "function_1"
                && matches!(&one.value, Value::Place(place) if place.contains("time.sleep"))
        });
        let (remedy, code) = match layer {
            _ if starts => STARTING,
            Layer::Templates => of_other_engine(profile).unwrap_or(remedy(layer)),
            Layer::Waiting if !sleeps => (remedy(layer).0, ""),
            _ => remedy(layer),
        };
        let times = total / (total - time).max(f64::MIN_POSITIVE);
        findings.push(Finding {
            rule: ABOUT.id.to_owned(),
            key: layer.title(),
            title: format!(
                "The bottleneck: {}, {} of the time",
                layer.name(),
                format::percent(time / total)
            ),
            at_stake: time,
            saving: time,
            bound: Bound::AtMost,
            computed: format!(
                "Without this layer the profile would be {} long in place of {}{}",
                format::milliseconds((total - time).max(0.0)),
                format::milliseconds(total),
                if starts {
                    ".".to_owned()
                } else if times > MANY {
                    format!(
                        "; a worker that serves one request at a time would serve more than {MANY:.0} times as many."
                    )
                } else {
                    format!("; a worker that serves one request at a time would serve {times:.1} times as many.")
                },
            ),
            evidence,
            remedy: remedy.to_owned(),
            code: code.to_owned(),
            confidence: Confidence::Medium,
            doubts: if layer == Layer::Waiting {
                "Where one thread waits another may work, and an event loop or a worker that waits for the next \
                 task has nothing to do, as it should be."
            } else {
                "cProfile slows down code that makes many small calls more than code that waits or runs in C: the \
                 layer's true share may be smaller. Functions are assigned by the package they lie in."
            }
            .to_owned(),
        });
    }
}

/// What helps against a slow start.
const STARTING: (&str, &str) = (
    "This is mostly the start of the process, not a request: python -X importtime lists the modules with the time \
     each takes. Leave out applications that are not used, import what only some commands need within them, and \
     start workers before they are needed (gunicorn --preload loads once for all).",
    "python -X importtime -c \"import shop.wsgi\" 2> imports.txt",
);

/// What helps against much time in a layer.
fn remedy(layer: Layer) -> (&'static str, &'static str) {
    match layer {
        Layer::Database => (
            "Run fewer statements and load fewer objects: look at the findings of the SQL log, or record one \
             beside the profile. Where rows are only read, .values_list() or .only() saves making objects; \
             sums belong into the database (aggregate, annotate); iterator() saves memory, not time.",
            "queryset.values_list(\"id\", \"name\")\nqueryset.aggregate(total=Sum(\"amount\"))",
        ),
        Layer::Templates => (
            "Let templates do less: compute in the view, use the cached loader (the default unless loaders \
             are set), cache fragments that are the same for many, avoid {% include %} in long loops, and \
             paginate.",
            "{% load cache %}\n{% cache 600 sidebar request.LANGUAGE_CODE %} … {% endcache %}",
        ),
        Layer::Serialisation => (
            "Serialise less: paginate, leave out fields, give plain dicts (queryset.values()) to JsonResponse \
             in place of a serialiser per object, or use a compiled encoder (orjson).",
            "return JsonResponse(list(queryset.values(\"id\", \"name\")), safe=False)",
        ),
        Layer::Network => (
            "The request waits for other servers: set short timeouts, reuse connections (requests.Session), \
             ask in parallel, cache the answers, or move the call into a task.",
            "session = requests.Session()  # once per process\nsession.get(url, timeout=(1, 3))",
        ),
        Layer::Regex => (
            "Compile expressions once, at module level; replace those that only look for a fixed text by `in`, \
             str.startswith or str.replace; join many alternatives into one expression.",
            "WORD = re.compile(r\"…\")  # module level\nWORD.sub(mark, text)",
        ),
        Layer::Imports => (
            "Modules are imported while a request waits: import them when the process starts (at module level, \
             or in AppConfig.ready), and warm up workers before they serve.",
            "# at the top of the module, not inside the function\nimport heavy",
        ),
        Layer::Waiting => (
            "The time is spent asleep, or waiting for another thread, another process, or events that tasks of an \
             event loop have asked for: see who waits, and what for. Wait for the event itself in place of sleeping \
             and looking again, let things that wait for nothing of each other run side by side, and give long work \
             to a task queue.",
            "done.wait(timeout=3)  # in place of: while not ready(): time.sleep(0.1)",
        ),
        Layer::Library => (
            "The time is in installed packages: see which of the own functions calls them most (callers of \
             the heaviest function), and call them less often or with less.",
            "",
        ),
        Layer::Python => (
            "The time is in the standard library: see who calls the heaviest functions. copy.deepcopy, \
             datetime parsing, decimal and logging are the usual ones; do the work once and keep the result.",
            "@functools.lru_cache(maxsize=None)\ndef price_list(): …",
        ),
        Layer::Own => (
            "The time is in your own code: look at its hottest functions first. Do the work once in place of \
             once per row, use a set or dict for look-ups, let the database sum and sort.",
            "",
        ),
    }
}
