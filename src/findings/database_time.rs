//! The profile's database time against the log's: what the ORM and the driver add to what the
//! database takes.

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    heaviest,
};
use crate::format;
use crate::profile::Layer;

/// See the module.
pub(super) struct DatabaseTime;

const TIME: Threshold = Threshold {
    key: "time",
    title: "the ORM and the driver add at least so much",
    default: 100.0,
    unit: Unit::Milliseconds,
    source: "Sentry asks 100 ms of savings that are worth a word",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "and at least this share of the profile",
    default: 0.3,
    unit: Unit::Share,
    source: "our own: a page of objects that are all shown spends about a fifth on making them",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "database-time",
    title: "What the ORM adds to the database's time",
    looks_at: LooksAt::Both,
    thresholds: &[TIME, SHARE],
};

impl Rule for DatabaseTime {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Pair(profile, log) = *case else { return };
        let layer = profile.layers.get(Layer::Database as usize).copied().unwrap_or(0.0);
        // What the log accounts for cannot be more than executing took, if it is of the same run.
        let waited = profile.execute.as_ref().map_or(0.0, |execute| execute.time.min(log.total));
        let added = layer - waited;
        if profile.total <= 0.0
            || added < settings.get(&ABOUT, &TIME)
            || added < settings.get(&ABOUT, &SHARE) * profile.total
        {
            return;
        }
        let mut evidence = vec![
            Evidence::new("orm_ms", "The ORM and the driver", Value::Milliseconds(added)),
            Evidence::new("log_ms", "Statements, by the log", Value::Milliseconds(log.total)),
            Evidence::new("layer_ms", "The whole layer, by the profile", Value::Milliseconds(layer)),
            Evidence::new("share", "Share of the profile", Value::Share(added / profile.total)),
            Evidence::new("statements", "Statements", Value::Count(u64::from(log.executions))),
        ];
        let mut same = true;
        if let Some(execute) = &profile.execute {
            evidence.push(
                Evidence::new("execute", "Statements run through", Value::Place(execute.place.clone()))
                    .at(Link::Function(execute.function)),
            );
            let calls = execute.calls.max(0) as f64;
            same = (calls - f64::from(log.executions)).abs() <= 0.2 * calls.max(5.0);
        }
        let layer_items = profile.functions.largest.iter().filter(|item| item.layer == Layer::Database);
        evidence.extend(heaviest(profile.unit, layer_items.take(3)));
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: String::new(),
            title: format!(
                "The ORM takes {}, the database itself {}",
                format::milliseconds(added),
                format::milliseconds(log.total)
            ),
            at_stake: added,
            saving: added,
            bound: Bound::AtMost,
            computed: format!(
                "The database layer takes {} of the profile; {} of it are the statements that the log has. The \
                 rest builds queries and objects.",
                format::milliseconds(layer),
                format::milliseconds(waited),
            ),
            evidence,
            remedy: "Queries and rows cost more in Python than in the database. If one query runs for each row, \
                     mend that first. Then load fewer (paginate, filter), load \
                     narrower ones (.only(), .values_list() makes no objects), and let the database sum, count \
                     and group (aggregate, annotate)."
                .to_owned(),
            code: "queryset.values_list(\"id\", \"name\")         # tuples in place of objects\n\
                   queryset.aggregate(total=Sum(\"amount\"))   # one number in place of all rows"
                .to_owned(),
            confidence: if same { Confidence::Medium } else { Confidence::Low },
            doubts: if same {
                "cProfile slows the ORM, which makes many small calls, more than the database; without it the \
                 difference is smaller."
                    .to_owned()
            } else {
                "The profile and the log do not have the same number of statements: they may be of different \
                 requests. cProfile slows the ORM more than the database."
                    .to_owned()
            },
        });
    }
}
