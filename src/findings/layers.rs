//! The bottleneck: the layer that takes most of the time, if one stands out.

use super::boxes::{Boxes, is_save};
use super::digest::ProfileDigest;
use super::imports::AtRunTime;
use super::library_costs::is_hashing;
use super::remedies::{Statements, of_layer as of_layer_remedy};
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    evidence,
};
use crate::format;
use crate::profile::home::lies_in;
use crate::profile::{FunctionId, Layer, Profile};

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

/// Callers that ask for less than this share of the layer explain nothing.
const WORTH_NAMING: f64 = 0.1;

impl Rule for Bottleneck {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, tree, digest) = *case else { return };
        let functions = &profile.functions;
        // A server that waits for its next visitor loses nothing.
        let idle: f64 = layers.idle.iter().map(|(_, seconds)| seconds * 1e3).sum();
        let total = profile.total() * 1e3 - idle;
        let of_layer = |layer: Layer| {
            let time = layers.seconds(layer) * 1e3;
            if layer == Layer::Waiting { time - idle } else { time }
        };
        let Some((layer, time)) =
            Layer::ALL.into_iter().map(|layer| (layer, of_layer(layer))).max_by(|a, b| a.1.total_cmp(&b.1))
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
        let heaviest = layers.heaviest(functions, layer);
        // That is a finding of its own, whose advice is better.
        let hashes = |&(id, most): &(FunctionId, f64)| most * 2.0 > time && is_hashing(functions, id);
        if heaviest.first().is_some_and(hashes) {
            return;
        }
        let mut shown = vec![
            Evidence::new("layer", "The layer", Value::Text(layer.title())),
            Evidence::new("layer_ms", "Its time", Value::Milliseconds(time)),
            Evidence::new("share", "Share of the profile", Value::Share(time / total)),
            Evidence::new(
                "total_ms",
                if idle > 0.0 { "The profile without its idle time" } else { "The whole profile" },
                Value::Milliseconds(total),
            ),
        ];
        if idle > 0.0 {
            shown.push(Evidence::new(
                "idle_ms",
                "Left out, waiting for requests or tasks",
                Value::Milliseconds(idle),
            ));
        }
        let mut statements = Statements::default();
        if layer == Layer::Database {
            let (executes, relations) = (executes(profile, digest), relations(profile));
            let counted = |key: &str, label: &str, (function, calls): (FunctionId, i64)| {
                Evidence::new(key, label, Value::Count(calls as u64)).at(Link::Function(function))
            };
            statements = Statements {
                count: executes.map(|(_, calls)| calls),
                relations: relations.is_some(),
                saves: saving(profile) * 2.0 > time,
            };
            shown.extend(executes.map(|found| counted("statements", "Statements", found)));
            shown.extend(relations.map(|found| counted("relations", "Relations followed one by one", found)));
        }
        shown.extend(evidence::functions(profile, "function", &heaviest, |time| format!("{time} in")));
        if layer != Layer::Own {
            let mut sites = Boxes::of(profile, layers, tree).sites(tree, functions.len(), layer);
            sites.retain(|(_, site)| *site >= WORTH_NAMING * time);
            let about = if tree.estimated { "≈ " } else { "" };
            let called_for = |time: &str| format!("{about}{time} called for by");
            shown.extend(evidence::functions(profile, "caller", &sites, called_for));
        }
        let starts = layer == Layer::Imports
            && AtRunTime::of(profile, layers).is_none_or(|at_run_time| at_run_time.time < time / 2.0);
        let sleeps = |&(id, _): &(FunctionId, f64)| functions.name(id).contains("time.sleep");
        let (remedy, code) = match of_layer_remedy(layer, profile, statements) {
            _ if starts => STARTING,
            (remedy, _) if layer == Layer::Waiting && heaviest.first().is_some_and(sleeps) => {
                (remedy, "done.wait(timeout=3)  # in place of: while not ready(): time.sleep(0.1)")
            }
            remedy => remedy,
        };
        let times = total / (total - time).max(f64::MIN_POSITIVE);
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: layer.title(),
            title: format!(
                "The bottleneck: {}, {} of the {}time",
                layer.name(),
                format::percent(time / total),
                if idle > 0.0 { "busy " } else { "" }
            ),
            at_stake: time,
            saving: time,
            bound: Bound::AtMost,
            computed: format!(
                "Without this layer the profile would be {} long in place of {}{}",
                profile.unit.thousandths((total - time).max(0.0)),
                profile.unit.thousandths(total),
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
            evidence: shown,
            remedy: remedy.to_owned(),
            code: code.to_owned(),
            confidence: Confidence::Medium,
            doubts: if layer == Layer::Waiting {
                "Where one thread waits another may work, and an event loop or a worker that waits for the next \
                 task has nothing to do, as it should be."
            } else if profile.calls().is_none() {
                "What is seen in samples is a share, the surer the more there are. Functions are assigned by the \
                 package they lie in."
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

/// The function that executes statements, and how many.
fn executes(profile: &Profile, digest: &ProfileDigest) -> Option<(FunctionId, i64)> {
    let functions = &profile.functions;
    // What SQLAlchemy's sessions write of themselves does not pass `Session.execute`.
    let by_engine = most_called(profile, |name, file| {
        matches!(name, "do_execute" | "do_execute_no_params")
            && lies_in(file, &["sqlalchemy/engine/default.py"])
    });
    let by_digest = digest.execute.as_ref().map(|execute| execute.function);
    by_engine
        .into_iter()
        .chain(by_digest)
        .map(|id| (id, functions.calls_of(id).unwrap_or(0)))
        .filter(|(_, calls)| *calls > 0)
        .max_by_key(|(_, calls)| *calls)
}

/// Relations that were followed from one object at a time, each by a statement, where there are many.
fn relations(profile: &Profile) -> Option<(FunctionId, i64)> {
    const MANY: i64 = 10;
    let most = most_called(profile, |name, file| match name {
        "get_object" => lies_in(file, &["django/db/models/fields/related_descriptors.py"]),
        "_emit_lazyload" => lies_in(file, &["sqlalchemy/orm/strategies.py"]),
        "get_rel_instance" => lies_in(file, &["peewee.py"]),
        _ => false,
    })?;
    Some((most, profile.functions.calls_of(most).unwrap_or(0))).filter(|(_, calls)| *calls >= MANY)
}

/// Milliseconds in which objects are saved one by one, many of them.
fn saving(profile: &Profile) -> f64 {
    const MANY: i64 = 20;
    let functions = &profile.functions;
    let save = most_called(profile, |name, file| is_save(file, name));
    save.filter(|&id| functions.calls_of(id).unwrap_or(0) >= MANY)
        .map_or(0.0, |id| functions.total_time[id as usize] * 1e3)
}

fn most_called(profile: &Profile, is: impl Fn(&str, &str) -> bool) -> Option<FunctionId> {
    let functions = &profile.functions;
    (0..functions.len() as FunctionId)
        .filter(|&id| is(functions.name(id), functions.file(id)))
        .max_by_key(|&id| functions.calls_of(id).unwrap_or(0))
}
