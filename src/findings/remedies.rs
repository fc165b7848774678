//! What helps against much time in a layer, in the words of the libraries that a profile shows.

use super::templates::of_other_engine;
use crate::profile::{Layer, Profile};

/// Whole sentences, and code, which may be empty.
pub(super) type Remedy = (&'static str, &'static str);

/// Which library talks to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mapper {
    Django,
    SqlAlchemy,
    Peewee,
    None,
}

/// What a profile says of its statements.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Statements {
    /// How many there were, if that is known.
    pub count: Option<i64>,
    /// Whether relations were followed one by one.
    pub relations: bool,
    /// Whether most of the database layer's time is for objects that are saved one by one.
    pub saves: bool,
}

/// So few statements are not what takes the time.
const FEW: i64 = 20;

impl Mapper {
    fn of(profile: &Profile) -> Self {
        if profile.ran(&["django/db/models/"]) {
            Self::Django
        } else if profile.ran(&["sqlalchemy/orm/"]) {
            Self::SqlAlchemy
        } else if profile.ran(&["peewee.py"]) {
            Self::Peewee
        } else {
            Self::None
        }
    }
}

/// What helps where most of the time is in `layer`.
pub(super) fn of_layer(layer: Layer, profile: &Profile, statements: Statements) -> Remedy {
    match layer {
        Layer::Database => of_database(profile, statements),
        Layer::Templates => of_other_engine(profile).unwrap_or((
            "Let templates do less: compute in the view, use the cached loader (the default unless loaders \
             are set), cache fragments that are the same for many, avoid {% include %} in long loops, and \
             paginate.",
            "{% load cache %}\n{% cache 600 sidebar request.LANGUAGE_CODE %} … {% endcache %}",
        )),
        Layer::Serialisation if profile.ran(&["rest_framework/", "django/core/serializers/"]) => (
            "Serialise less: paginate, leave out fields, give plain dicts (queryset.values()) to JsonResponse \
             in place of a serialiser per object, or use a compiled encoder (orjson).",
            "return JsonResponse(list(queryset.values(\"id\", \"name\")), safe=False)",
        ),
        Layer::Serialisation => (
            "Read and write less: fewer rows and fields, and what is the same for many only once, kept as text. A \
             compiled library does the same quicker (orjson, lxml, yaml.CSafeLoader, msgpack).",
            "",
        ),
        Layer::Network if profile.ran(&["smtplib.py"]) && !profile.ran(CLIENTS) => (
            "Mail is sent while somebody waits: send many over one connection, and from a task.",
            if profile.ran(&["django/core/mail/"]) {
                "connection = mail.get_connection()\nconnection.send_messages(messages)  # one connection for all"
            } else {
                "with smtplib.SMTP(host) as connection:\n    for message in messages:\n        \
                 connection.send_message(message)"
            },
        ),
        Layer::Network => (
            "The request waits for other servers: set short timeouts, reuse connections, ask in parallel, cache the \
             answers, or move the call into a task.",
            if profile.ran(&["httpx/"]) {
                "client = httpx.Client(timeout=3)  # once per process\nclient.get(url)"
            } else if profile.ran(CLIENTS) {
                "session = requests.Session()  # once per process\nsession.get(url, timeout=(1, 3))"
            } else {
                ""
            },
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
            "",
        ),
        Layer::Library => (
            "The time is in installed packages: see which of the own functions calls them most (callers of \
             the heaviest function). First reduce how often they are called, then make them faster.",
            "",
        ),
        Layer::Untold if !profile.is_stripped() => (
            "The sampler saw threads or processes without any function of Python's: programs of another language, or processes \
             that it could not look into. Record the Python process alone, with the rights to see it, or leave those out.",
            "py-spy record --pid PID -f speedscope -o app.speedscope.json",
        ),
        Layer::Untold => (
            "Record again, and save with dump_stats() before strip_dirs(): with the directories of the files it can be told \
             whose code takes the time.",
            "profiler.dump_stats(\"app.prof\")",
        ),
        Layer::Python => (
            "The time is in the standard library: see who calls the heaviest functions. copy.deepcopy, \
             datetime parsing, decimal and logging are the usual ones; do the work once and keep the result.",
            "",
        ),
        Layer::Own if !profile.ran(&["django/", "sqlalchemy/", "peewee.py"]) => (
            "The time is in your own code: look at its slowest functions first. Do the work once in place of \
             once per row, and use a set or dict for look-ups.",
            "",
        ),
        Layer::Own => (
            "The time is in your own code: look at its slowest functions first. Do the work once in place of \
             once per row, use a set or dict for look-ups, let the database sum and sort.",
            "",
        ),
    }
}

/// What asks other servers by HTTP.
const CLIENTS: &[&str] =
    &["requests/", "urllib3/", "httpx/", "http/client.py", "httplib.py", "urllib/request.py"];

fn of_database(profile: &Profile, statements: Statements) -> Remedy {
    let Statements { count, relations, saves } = statements;
    if saves {
        return of_saves(profile);
    }
    let few = count.is_some_and(|count| count <= FEW);
    match Mapper::of(profile) {
        Mapper::Django if profile.ran(&["django/db/migrations/executor.py"]) => (
            "Migrations ran: squash them (squashmigrations), and keep the database of tests (--keepdb, \
             --reuse-db).",
            "",
        ),
        Mapper::Django if relations => (
            "Relations are followed from one object at a time, each by a statement: they belong into the query \
             (select_related to one, prefetch_related to many). Look at the findings of the SQL log, or record one \
             beside the profile.",
            "queryset.select_related(\"customer\").prefetch_related(\"lines\")",
        ),
        Mapper::Django if few => (
            "Few statements, many objects: load fewer rows and columns. Where rows are only read, .values_list() or \
             .only() saves making objects; sums belong into the database (aggregate, annotate); iterator() saves \
             memory, not time.",
            "queryset.values_list(\"id\", \"name\")\nqueryset.aggregate(total=Sum(\"amount\"))",
        ),
        Mapper::Django => (
            "Run fewer statements and load fewer objects: look at the findings of the SQL log, or record one \
             beside the profile. What a loop asks one by one, one query finds (in_bulk, filter(pk__in=…)). Where rows \
             are only read, .values_list() or .only() saves making objects; sums belong into the database (aggregate, \
             annotate).",
            "queryset.in_bulk(ids)\nqueryset.values_list(\"id\", \"name\")\nqueryset.aggregate(total=Sum(\"amount\"))",
        ),
        Mapper::SqlAlchemy if relations => (
            "Relations are followed from one object at a time, each by a statement: they belong into the query \
             (selectinload, joinedload).",
            "select(Order).options(selectinload(Order.lines))",
        ),
        Mapper::SqlAlchemy => (
            "Run fewer statements and load fewer objects. Where rows are only read, select the columns alone; sums \
             belong into the database (func.sum); many rows are inserted at once.",
            "select(Order.id, Order.name)\nsession.execute(insert(Line), rows)",
        ),
        Mapper::Peewee if relations => (
            "Relations are followed from one object at a time, each by a statement: they belong into the query (join, \
             prefetch).",
            "Order.select(Order, Customer).join(Customer)",
        ),
        Mapper::Peewee | Mapper::None => (
            "Run fewer statements: ask for many rows at once (a join, WHERE id IN (…)), read only the columns that \
             are used, and let the database sum and sort. Look at the findings of an SQL log.",
            "",
        ),
    }
}

/// What helps where objects are saved one by one.
pub(super) fn of_saves(profile: &Profile) -> Remedy {
    match Mapper::of(profile) {
        Mapper::Django => (
            "Objects are saved one by one: write many at once (bulk_create, bulk_update, or update() with F()); what has \
             to be one by one in one transaction.atomic(), which commits once.",
            "Product.objects.bulk_create(products)\nProduct.objects.bulk_update(products, [\"price\"])",
        ),
        _ => (
            "Rows are written one by one: write many at once, in one transaction.",
            "cursor.executemany(\"INSERT INTO line VALUES (?, ?)\", rows)",
        ),
    }
}

/// What helps where a loop calls `callee`, which runs statements.
pub(super) fn of_statements_in_a_loop(profile: &Profile, callee: &str) -> Remedy {
    // By SQL of one's own, whatever else the library does.
    let mapper = if callee.contains("execute") { Mapper::None } else { Mapper::of(profile) };
    match mapper {
        Mapper::Django => (
            "Each of these calls runs statements. Relations that a loop follows belong into the query: select_related \
             to one, prefetch_related to many; what is asked one by one, one query finds (in_bulk). Rows that are written \
             one by one: bulk_create, bulk_update, or update() with F(), in one transaction.atomic(), which commits once.",
            "queryset.select_related(\"customer\").prefetch_related(\"lines\")\n\
             Product.objects.bulk_update(products, [\"price\"])",
        ),
        Mapper::SqlAlchemy => (
            "Each of these calls runs statements. Relations that a loop follows belong into the query (selectinload, \
             joinedload); rows are inserted and updated many at once, in one transaction.",
            "select(Order).options(selectinload(Order.lines))\nsession.execute(insert(Line), rows)",
        ),
        Mapper::Peewee => (
            "Each of these calls runs statements. Relations that a loop follows belong into the query (join, prefetch); \
             rows are written many at once, in one transaction.",
            "Order.select(Order, Customer).join(Customer)\nLine.insert_many(rows).execute()",
        ),
        Mapper::None => (
            "Each of these calls runs statements. Ask for many rows at once (a join, WHERE id IN (…)); write many with \
             executemany, in one transaction.",
            "",
        ),
    }
}
