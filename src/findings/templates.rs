//! What templates cost: rendering them, and parsing them again on every request.

use super::{
    About, Bound, Case, Confidence, Evidence, Finding, Link, LooksAt, Rule, Settings, Threshold, Unit, Value,
    heaviest, share,
};
use crate::format;
use crate::profile::category::classify;
use crate::profile::home::{Home, home, lies_in};
use crate::profile::{Category, FunctionId, Layer, Profile};

/// See the module.
pub(super) struct Templates;

const TIME: Threshold = Threshold {
    key: "time",
    title: "minimum time",
    default: 60.0,
    unit: Unit::Milliseconds,
    source: "our choice: a fifth of 300 ms, below which django-cachalot's documentation calls no page worth the trouble",
};

const SHARE: Threshold = Threshold {
    key: "share",
    title: "minimum share of the profile",
    default: 0.2,
    unit: Unit::Share,
    source: "our choice: a page that is mostly text may well spend a tenth on it",
};

const PARSING: Threshold = Threshold {
    key: "parsing",
    title: "or minimum time of parsing",
    default: 10.0,
    unit: Unit::Milliseconds,
    source: "our choice: with the cached loader none is parsed after the first request",
};

const INCLUDES: Threshold = Threshold {
    key: "includes",
    title: "or minimum includes per request, with that share and a third of that time",
    default: 100.0,
    unit: Unit::Count,
    source: "our choice: a page's frame includes a dozen; a hundred are a loop",
};

/// What includes take a loop's finding needs, of [`TIME`].
const OF_TIME: f64 = 1.0 / 3.0;

/// For the registry.
pub(super) static ABOUT: About = About {
    id: "templates",
    title: "Templates",
    looks_at: LooksAt::Profile,
    thresholds: &[TIME, SHARE, PARSING, INCLUDES],
};

/// A template engine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    Django,
    Jinja,
}

/// What parsing templates takes in a profile, ms.
struct Parsing {
    engine: Engine,
    /// The function that does it.
    function: FunctionId,
    time: f64,
    /// Of templates that are given as text rather than by a name.
    of_text: f64,
}

impl Parsing {
    /// Of the engine that takes most.
    fn of(profile: &Profile) -> Option<Self> {
        let functions = &profile.functions;
        let is = |id: FunctionId, places: &[&str], name: &str| {
            functions.known_name(id) == name && lies_in(functions.file(id), places)
        };
        let all = (0..functions.len() as FunctionId).filter_map(|function| {
            let engine = if is(function, &["django/template/base.py"], "compile_nodelist") {
                Engine::Django
            } else if is(function, &["jinja2/environment.py"], "compile") {
                Engine::Jinja
            } else {
                return None;
            };
            let time = functions.total_time[function as usize] * 1e3;
            let of_text = engine.of_text(profile, function).min(time);
            Some(Self { engine, function, time, of_text })
        });
        // Django's report of an error is a template as well, which is not the user's.
        let reported: f64 = (0..functions.len() as FunctionId)
            .filter(|&id| functions.known_name(id).starts_with("get_traceback_"))
            .filter(|&id| lies_in(functions.file(id), &["django/views/debug.py"]))
            .map(|id| functions.total_time[id as usize] * 1e3)
            .sum();
        all.filter(|parsing| parsing.time > 2.0 * reported).max_by(|a, b| a.time.total_cmp(&b.time))
    }
}

impl Engine {
    /// Milliseconds in which `parse` works for callers that have the template as text.
    fn of_text(self, profile: &Profile, parse: FunctionId) -> f64 {
        let (functions, edges) = (&profile.functions, &profile.edges);
        let sum = |callee: FunctionId, loaders: &[&str]| -> f64 {
            let by_others = |&edge: &usize| !lies_in(functions.file(edges.caller[edge]), loaders);
            edges.into(callee).filter(by_others).map(|edge| edges.total_time[edge].max(0.0) * 1e3).sum()
        };
        match self {
            // `Template.__init__` stands between.
            Self::Django => edges
                .into(parse)
                .map(|edge| edges.caller[edge])
                .filter(|&caller| functions.known_name(caller) == "__init__")
                .map(|template| sum(template, &["django/template/loaders/"]))
                .sum(),
            Self::Jinja => sum(parse, &["jinja2/loaders.py"]),
        }
    }

    /// The one whose own functions, templates included, take most.
    fn that_renders(profile: &Profile) -> Self {
        let functions = &profile.functions;
        let (mut django, mut jinja) = (0.0, 0.0);
        for id in 0..functions.len() as FunctionId {
            let (file, time) = (functions.file(id), functions.self_time[id as usize]);
            if lies_in(file, &["django/template/"]) {
                django += time;
            } else if lies_in(file, &["jinja2/"])
                || (matches!(home(file), Home::Elsewhere)
                    && classify(file, &functions.known_name(id)) == Category::Templates)
            {
                jinja += time;
            }
        }
        if jinja > django { Self::Jinja } else { Self::Django }
    }

    /// What helps against parsing, of texts or of named templates; and code.
    fn parses(self, of_text: bool) -> (&'static str, &'static str) {
        match (self, of_text) {
            (Self::Django, true) => (
                "A template that is made of text is parsed each time: make it once, at module level, or put it into a \
                 file, where the cached loader keeps it.",
                "LABEL = Template(\"…\")  # once, at module level\nLABEL.render(Context({\"order\": order}))",
            ),
            (Self::Django, false) => (
                "Use the cached loader: it is the default unless loaders are set, or DEBUG is on before Django 4.1.",
                "\"loaders\": [(\"django.template.loaders.cached.Loader\", [\n    \
                 \"django.template.loaders.filesystem.Loader\",\n    \
                 \"django.template.loaders.app_directories.Loader\",\n])]",
            ),
            (Self::Jinja, true) => (
                "from_string() and render_template_string() compile the text each time: make the template once, at \
                 module level, or put it into a file and get it by its name, which keeps it.",
                "LABEL = environment.from_string(\"…\")  # once, at module level\nLABEL.render(order=order)",
            ),
            (Self::Jinja, false) => (
                "Keep one Environment for the whole process: it keeps the templates it has compiled (cache_size, 400 \
                 of them). Turn auto_reload off in production; a bytecode cache spares new processes the compiling.",
                "environment = Environment(\n    loader=FileSystemLoader(\"templates\"),\n    auto_reload=False,\n    \
                 bytecode_cache=FileSystemBytecodeCache(),\n)  # once, at module level",
            ),
        }
    }

    /// What helps against rendering, and code.
    fn renders(self) -> (&'static str, &'static str) {
        match self {
            Self::Django => (
                "Show less (paginate), cache fragments that are the same for many, take {% include %} and template \
                 tags out of long loops, and compute in the view.",
                "{% load cache %}\n{% cache 600 orders request.user.pk page.number %} … {% endcache %}",
            ),
            Self::Jinja => (
                "Show less (paginate), cache what was rendered for many, take {% include %} and macros out of long \
                 loops, and compute in the view.",
                "html = cache.get(key)\nif html is None:\n    html = template.render(orders=page)\n    \
                 cache.set(key, html, 600)",
            ),
        }
    }
}

/// What helps against rendering where it is not Django that renders, and code.
pub(super) fn of_other_engine(profile: &Profile) -> Option<(&'static str, &'static str)> {
    let engine = Engine::that_renders(profile);
    (engine != Engine::Django).then(|| engine.renders())
}

/// Templates that others include (`{% include %}`), a template each time.
struct Included {
    calls: i64,
    /// With all that they render, ms.
    time: f64,
    /// Django's function that renders what is included.
    function: FunctionId,
}

impl Included {
    /// By the edge from the tag to the template that it renders.
    fn of(profile: &Profile) -> Option<Self> {
        let (functions, edges) = (&profile.functions, &profile.edges);
        let is = |id: FunctionId, file: &str| {
            functions.known_name(id) == "render" && lies_in(functions.file(id), &[file])
        };
        let all = (0..edges.len()).filter(|&edge| {
            is(edges.caller[edge], "django/template/loader_tags.py")
                && is(edges.callee[edge], "django/template/base.py")
        });
        let most = all.max_by_key(|&edge| edges.calls[edge])?;
        let function = edges.caller[most];
        Some(Self {
            calls: edges.calls[most],
            time: functions.total_time[function as usize].max(edges.total_time[most]).max(0.0) * 1e3,
            function,
        })
    }

    /// `templates` and `total`: what all templates take in themselves, and the profile, ms.
    fn finding(self, profile: &Profile, templates: f64, total: f64) -> Finding {
        // What the included templates ask for and call is not theirs.
        let time = self.time.min(templates).min(total);
        let count = format::count(self.calls);
        Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: "includes".to_owned(),
            title: format!(
                "Templates are included {count} times: {}, {}",
                format::milliseconds(time),
                format::percent((time / total).clamp(0.0, 1.0))
            ),
            at_stake: time,
            saving: time,
            bound: Bound::AtMost,
            computed: "What the tag and the templates it includes take, in templates' own functions; rendered in place \
                       they take a part of it."
                .to_owned(),
            evidence: vec![
                Evidence::new("includes", "Included", Value::Count(self.calls.max(0) as u64)),
                Evidence::new("included_ms", "With all they ask for", Value::Milliseconds(self.time)),
                Evidence::new("share", "Share of the profile", Value::share(time, total)),
                Evidence::new("function", "Included by", Value::Place(profile.functions.place(self.function)))
                    .at(Link::Function(self.function)),
            ],
            remedy: "Put the loop into the included template, so that it is included once, or write its lines in place \
                     of {% include %}: each one looks its template up and makes a context of its own."
                .to_owned(),
            code: "{% include \"rows.html\" with rows=page %}  {# the loop is in rows.html #}".to_owned(),
            confidence: Confidence::Medium,
            doubts: "A profiler makes templates slower than they are: they make many small calls.".to_owned(),
            also: Vec::new(),
            price: None,
        }
    }
}

impl Rule for Templates {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
        let Case::Profile(profile, layers, _, digest, _) = *case else { return };
        let total = profile.total() * 1e3;
        let time = layers.seconds(Layer::Templates) * 1e3;
        let parsed = Parsing::of(profile);
        let parsing = parsed.as_ref().map_or(0.0, |parsed| parsed.time);
        let parses = parsing >= settings.get(&ABOUT, &PARSING) && parsing > 0.0;
        let renders = time >= settings.get(&ABOUT, &TIME) && time >= settings.get(&ABOUT, &SHARE) * total;
        if let Some(included) = Included::of(profile)
            && included.calls as f64 >= settings.get(&ABOUT, &INCLUDES)
            && !parses
            && included.time >= OF_TIME * settings.get(&ABOUT, &TIME)
            && included.time >= settings.get(&ABOUT, &SHARE) * total
            && included.time > 0.0
        {
            findings.push(included.finding(profile, time, total));
            return;
        }
        if !parses && !renders || time <= 0.0 {
            return;
        }
        let saving = if renders { time.max(parsing) } else { parsing };
        let mut shown = vec![
            Evidence::new("templates_ms", "In templates themselves", Value::Milliseconds(time)),
            Evidence::new("share", "Share of the profile", Value::share(time, total)),
        ];
        if let Some(parsed) = &parsed {
            shown.push(
                Evidence::new("parsing_ms", "Parsing them", Value::Milliseconds(parsing))
                    .at(Link::Function(parsed.function)),
            );
        }
        let own = digest.functions.largest.iter().filter(|item| item.layer == Layer::Templates);
        shown.extend(heaviest(profile.unit, own.take(3)));
        let rendering = Engine::that_renders(profile).renders();
        let (remedy, code) = match &parsed {
            Some(parsed) if parses => {
                let (remedy, code) = parsed.engine.parses(parsed.of_text > parsed.time / 2.0);
                if renders {
                    // What takes more comes first.
                    if parsing > time / 4.0 {
                        (format!("{remedy} {}", rendering.0), code)
                    } else {
                        (format!("{} {remedy}", rendering.0), rendering.1)
                    }
                } else {
                    (remedy.to_owned(), code)
                }
            }
            _ => (rendering.0.to_owned(), rendering.1),
        };
        findings.push(Finding {
            unit: crate::format::Unit::Seconds,
            rule: ABOUT.id.to_owned(),
            key: if renders { "rendering" } else { "parsing" }.to_owned(),
            title: if renders {
                format!("Templates take {}, {} of the profile", profile.unit.thousandths(time), format::percent(share(time, total)))
            } else {
                format!("Templates are parsed during the request: {}", profile.unit.thousandths(parsing))
            },
            at_stake: saving,
            saving,
            bound: Bound::AtMost,
            computed: if renders {
                "The self time of all template functions, without the queries and filters they call; or what parsing \
                 takes, if that is more."
            } else {
                "What parsing takes, with all it calls: templates that are kept are parsed once in each process."
            }
            .to_owned(),
            evidence: shown,
            remedy,
            code: code.to_owned(),
            confidence: Confidence::Medium,
            doubts: "A profiler makes templates slower than they are: they make many small calls. The first \
                     request of a process parses its templates in any case."
                .to_owned(),
            also: Vec::new(),
            price: None,
        });
    }
}
