//! What templates cost: rendering them, and parsing them again on every request.

use super::layers::TIME;
use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    heaviest,
};
use crate::format;
use crate::profile::{FunctionId, Layer};

/// See the module.
pub(super) struct Templates;

const SHARE: Threshold = Threshold {
    key: "share",
    title: "and templates take at least this share",
    default: 0.2,
    unit: Unit::Share,
    source: "our own: a page that is mostly text may well spend a tenth on it",
};

const PARSING: Threshold = Threshold {
    key: "parsing",
    title: "or parsing them, whatever the profile's length, takes at least",
    default: 10.0,
    unit: Unit::Milliseconds,
    source: "our own: with the cached loader none is parsed after the first request",
};

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "templates",
    title: "Templates",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, SHARE, PARSING],
};

impl Rule for Templates {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, _, digest) = *case else { return };
        let functions = &profile.functions;
        let total = profile.total() * 1e3;
        let time = layers.seconds(Layer::Templates) * 1e3;
        let compile = (0..functions.len() as FunctionId).find(|&id| {
            functions.name(id) == "compile_nodelist"
                && functions.file(id).replace('\\', "/").ends_with("/django/template/base.py")
        });
        let parsing = compile.map_or(0.0, |id| functions.total_time[id as usize] * 1e3);
        let parses = parsing >= settings.get(&ABOUT, &PARSING) && parsing > 0.0;
        let renders = total >= settings.get(&ABOUT, &TIME) && time >= settings.get(&ABOUT, &SHARE) * total;
        if !parses && !renders || time <= 0.0 {
            return;
        }
        let at_stake = time.max(parsing);
        let saving = if renders { at_stake } else { parsing };
        let mut shown = vec![
            Evidence::new("templates_ms", "In templates themselves", Value::Milliseconds(time)),
            Evidence::new("share", "Share of the profile", Value::Share(time / total)),
        ];
        if let Some(id) = compile {
            shown.push(
                Evidence::new("parsing_ms", "Parsing them", Value::Milliseconds(parsing))
                    .at(Link::Function(id)),
            );
        }
        let own = digest.functions.largest.iter().filter(|item| item.layer == Layer::Templates);
        shown.extend(heaviest(own.take(3)));
        findings.push(Finding {
            rule: ABOUT.id.to_owned(),
            key: if renders { "rendering" } else { "parsing" }.to_owned(),
            title: if renders {
                format!("Templates take {}, {} of the profile", format::milliseconds(time), format::percent(time / total))
            } else {
                format!("Templates are parsed during the request: {}", format::milliseconds(parsing))
            },
            at_stake,
            saving,
            bound: Bound::AtMost,
            computed: "The self time of all template functions, without the queries and filters they call."
                .to_owned(),
            evidence: shown,
            remedy: if parses {
                "Use the cached loader: it is the default unless loaders are set, or DEBUG is on before Django 4.1. \
                 Then cache fragments, and paginate."
            } else {
                "Show less (paginate), cache fragments that are the same for many, take {% include %} and template \
                 tags out of long loops, and compute in the view."
            }
            .to_owned(),
            code: if parses {
                "\"loaders\": [(\"django.template.loaders.cached.Loader\", [\n    \
                 \"django.template.loaders.filesystem.Loader\",\n    \
                 \"django.template.loaders.app_directories.Loader\",\n])]"
            } else {
                "{% load cache %}\n{% cache 600 orders request.user.pk page.number %} … {% endcache %}"
            }
            .to_owned(),
            confidence: Confidence::Medium,
            doubts: "A profiler makes templates slower than they are: they make many small calls. The first \
                     request of a process parses its templates in any case."
                .to_owned(),
        });
    }
}
