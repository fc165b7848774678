//! What a function belongs to, by its file and name: own code, or one of the layers of a Python web
//! application. Colours mean these.
//!
//! Where a package lies says whether it is installed, part of Python or the user's own; what it is
//! called says which layer, by one table.

use serde::{Deserialize, Serialize};

use super::built_in::{is_of_a_package, owner};
use super::home::{Home, SEPARATORS, base_name, home};
use super::imports::MODULE;
use super::native::{UNKNOWN, is_native};

/// A layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Category {
    /// The user's own code.
    Own,
    /// An installed package not named below.
    Library,
    /// Database driver and ORM.
    Database,
    /// Template engines.
    Templates,
    /// Sockets, HTTP, TLS.
    Network,
    /// Python's own machinery: built-in functions and the standard library.
    Python,
}

use Category::{Database, Library, Network, Own, Python, Templates};

/// Modules and packages, installed or Python's own, by dotted name: the first that fits counts, and
/// with it all below.
const LAYERS: &[(&str, Category)] = &[
    // Django.
    ("django.db", Database),
    ("django.contrib.postgres", Database),
    ("django.contrib.gis.db", Database),
    ("django.template", Templates),
    ("django.templatetags", Templates),
    ("django.forms.renderers", Templates),
    ("django.core.servers", Network),
    // Databases: ORMs and drivers, compiled ones too.
    // Since Python 3.12, calls by `super()` are recorded a second time, as a function without a file.
    ("SQLiteCursorWrapper", Database),
    ("MySQLdb", Database),
    ("_mysql", Database),
    ("_sqlite3", Database),
    ("aiomysql", Database),
    ("aiopg", Database),
    ("aiosqlite", Database),
    ("alembic", Database),
    ("asyncmy", Database),
    ("asyncpg", Database),
    ("cassandra", Database),
    ("clickhouse_connect", Database),
    ("clickhouse_driver", Database),
    ("cx_Oracle", Database),
    ("duckdb", Database),
    ("_duckdb", Database),
    ("elastic_transport", Database),
    ("elasticsearch", Database),
    ("hiredis", Database),
    ("mongoengine", Database),
    ("motor", Database),
    ("mysql", Database),
    ("_mysql_connector", Database),
    ("oracledb", Database),
    ("peewee", Database),
    ("playhouse", Database),
    ("pony", Database),
    ("psycopg", Database),
    ("psycopg2", Database),
    ("psycopg_binary", Database),
    ("psycopg_c", Database),
    ("psycopg_pool", Database),
    ("pymongo", Database),
    ("pymssql", Database),
    ("pymysql", Database),
    ("pyodbc", Database),
    ("redis", Database),
    ("sqlalchemy", Database),
    ("sqlite3", Database),
    ("sqlmodel", Database),
    ("tortoise", Database),
    // Template engines.
    ("chameleon", Templates),
    ("crispy_forms", Templates),
    ("django_components", Templates),
    ("django_jinja", Templates),
    ("genshi", Templates),
    ("jinja2", Templates),
    ("mako", Templates),
    ("markupsafe", Templates),
    ("tornado.template", Templates),
    // Network: servers, clients, protocols.
    ("OpenSSL", Network),
    ("_socket", Network),
    ("_ssl", Network),
    ("aiohttp", Network),
    ("amqp", Network),
    ("asyncio.proactor_events", Network),
    ("asyncio.selector_events", Network),
    ("asyncio.sslproto", Network),
    ("asyncio.streams", Network),
    ("boto3", Network),
    ("botocore", Network),
    ("daphne", Network),
    ("dns", Network),
    ("ftplib", Network),
    ("gevent._socket3", Network),
    ("gevent._socketcommon", Network),
    ("gevent._ssl3", Network),
    ("gevent.baseserver", Network),
    ("gevent.pywsgi", Network),
    ("gevent.server", Network),
    ("gevent.ssl", Network),
    ("grpc", Network),
    ("gunicorn", Network),
    ("h11", Network),
    ("h2", Network),
    ("hpack", Network),
    ("http", Network),
    ("httpcore", Network),
    ("httplib", Network),
    ("httplib2", Network),
    ("httptools", Network),
    ("httpx", Network),
    ("hypercorn", Network),
    ("imaplib", Network),
    ("kombu", Network),
    ("paramiko", Network),
    ("pika", Network),
    ("poplib", Network),
    ("requests", Network),
    ("s3transfer", Network),
    ("smtplib", Network),
    ("socket", Network),
    ("socketserver", Network),
    ("SocketServer", Network),
    ("ssl", Network),
    ("tornado", Network),
    ("twisted", Network),
    // Takes addresses apart; waits for nobody.
    ("urllib.parse", Python),
    ("urllib", Network),
    ("urllib2", Network),
    ("urllib3", Network),
    ("uvicorn", Network),
    ("waitress", Network),
    ("websockets", Network),
    ("wsgiref", Network),
    ("wsproto", Network),
    ("xmlrpc", Network),
    ("zmq", Network),
    // Compiled packages whose functions have no file to tell by.
    ("PIL", Library),
    ("_argon2_cffi_bindings", Library),
    ("_bcrypt", Library),
    // OpenSSL: a password takes it as long as it is told to.
    ("_hashlib", Library),
    ("_pydantic_core", Library),
    ("bcrypt", Library),
    ("cryptography", Library),
    ("lxml", Library),
    ("msgpack", Library),
    ("numpy", Library),
    ("orjson", Library),
    ("pandas", Library),
    ("pyarrow", Library),
    ("pydantic_core", Library),
    ("scipy", Library),
    ("simplejson", Library),
    ("torch", Library),
    ("ujson", Library),
    ("yaml", Library),
];

/// Endings of template files: what Jinja compiles keeps the template's file name.
const TEMPLATE_ENDINGS: &[&str] = &[".html", ".htm", ".j2", ".jinja", ".jinja2", ".mako", ".djhtml"];

/// The layer of the function `name` in `file`.
pub fn classify(file: &str, name: &str) -> Category {
    match file {
        // cProfile's and `profile`'s places of built-in functions.
        "~" | "" => {
            let others = if is_of_a_package(name) { Library } else { Python };
            look_up(LAYERS, owner(name).split('.')).unwrap_or(others)
        }
        "<template>" => Templates,
        "<stdin>" | "<console>" => Own,
        _ if file.starts_with('<') => generated(file),
        // Of a notebook: nobody installed it, and whatever its functions are called.
        _ if crate::format::is_cell(file) => Own,
        _ => in_file(file, name),
    }
}

/// Code that was made at run time or is part of the interpreter: `<frozen importlib._bootstrap>`,
/// `<string>` (named tuples, data classes), `<attrs generated init …>`.
fn generated(file: &str) -> Category {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| file.starts_with(prefix));
    if begins(&["<ipython-input", "<doctest", "<timeit", "<cell"]) {
        Own
    } else if begins(&["<attrs generated", "<decorator-gen", "<__array_function__", "<lambdifygenerated"]) {
        Library
    } else {
        Python
    }
}

/// Whether Jinja made this function, of a template that is no HTML (`mail/welcome.txt`), or Mako, of any
/// (`page_html`, `memory:0x7f…`, `page.html.py`).
fn is_template(file: &str, name: &str) -> bool {
    let base = base_name(file);
    let ending = base.rsplit_once('.').map(|(_, ending)| ending);
    let is_text = ending.is_some_and(|ending| !ending.starts_with("py"));
    let of_mako = ending.is_none() || file.starts_with("memory:") || base.ends_with(".html.py");
    (is_text && (matches!(name, "root" | "macro") || name.starts_with("block_")))
        || (of_mako && name.starts_with("render_"))
}

/// Whether for functions of this name, in a file, it matters that they are called so: else [`classify`] says of all names
/// in a file the same.
pub(super) fn name_matters(name: &str) -> bool {
    matches!(name, "root" | "macro" | MODULE | UNKNOWN)
        || name.starts_with("block_")
        || name.starts_with("render_")
}

/// Flamedrop's own recorder.
const RECORDER: &str = "flamedrop_recorder.py";

fn in_file(file: &str, name: &str) -> Category {
    if TEMPLATE_ENDINGS.iter().any(|ending| file.ends_with(ending)) || is_template(file, name) {
        return Templates;
    }
    // It is copied beside the user's own code, but watches it.
    if base_name(file) == RECORDER {
        return Library;
    }
    match home(file) {
        // What an installer wrote has no functions.
        Home::Script(_) if name != MODULE => Own,
        Home::Installed(rest) | Home::Script(rest) => look_up(LAYERS, modules(rest)).unwrap_or(Library),
        Home::Standard(rest) => look_up(LAYERS, modules(rest)).unwrap_or(Python),
        Home::Elsewhere if is_native(file, name) => Python,
        Home::Elsewhere => Own,
    }
}

/// The dotted name of a file's module, part by part.
fn modules(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.split(SEPARATORS).map(|part| part.split_once('.').map_or(part, |(stem, _)| stem))
}

/// Database drivers: below them nothing but the wait for the database is left.
const DRIVERS: &[(&str, ())] = &[
    // Since Python 3.12, calls by `super()` are recorded a second time, as a function without a file.
    ("SQLiteCursorWrapper", ()),
    ("MySQLdb", ()),
    ("_mysql", ()),
    ("_mysql_connector", ()),
    ("_sqlite3", ()),
    ("aiomysql", ()),
    ("aiopg", ()),
    ("aiosqlite", ()),
    ("asyncmy", ()),
    ("asyncpg", ()),
    ("cx_Oracle", ()),
    ("mysql", ()),
    ("oracledb", ()),
    ("psycopg", ()),
    ("psycopg2", ()),
    ("psycopg_binary", ()),
    ("psycopg_c", ()),
    ("pymssql", ()),
    ("pymysql", ()),
    ("pyodbc", ()),
    ("sqlite3", ()),
];

/// Whether the function `name` in `file` is a database driver's.
pub fn is_driver(file: &str, name: &str) -> bool {
    of_module(DRIVERS, file, name).is_some()
}

/// What `table` says of the module of the function `name` in `file`; nothing for the user's own code.
pub(super) fn of_module<T: Copy>(table: &[(&str, T)], file: &str, name: &str) -> Option<T> {
    match file {
        "~" | "" => look_up(table, owner(name).split('.')),
        _ => match home(file) {
            Home::Installed(rest) | Home::Standard(rest) => look_up(table, modules(rest)),
            Home::Script(_) | Home::Elsewhere => None,
        },
    }
}

/// What `table` says of a module, given part by part: the first entry that fits.
fn look_up<'a, T: Copy>(table: &[(&str, T)], module: impl Iterator<Item = &'a str> + Clone) -> Option<T> {
    let first = module.clone().next()?;
    let fits = |name: &str| {
        // Most entries differ in the first part.
        name.starts_with(first)
            && name
                .split('.')
                .zip(module.clone().map(Some).chain(std::iter::repeat(None)))
                .all(|(a, b)| Some(a) == b)
    };
    table.iter().find(|(name, _)| fits(name)).map(|(_, found)| *found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "/srv/app/venv/lib/python3.12/site-packages/";

    #[test]
    fn installed_packages() {
        for (path, expected) in [
            ("django/db/models/query.py", Database),
            ("django/db/backends/sqlite3/base.py", Database),
            ("django/contrib/postgres/search.py", Database),
            ("django/template/base.py", Templates),
            ("django/templatetags/i18n.py", Templates),
            ("django/core/handlers/base.py", Library),
            ("django/dbfiles.py", Library),
            ("django/core/servers/basehttp.py", Network),
            ("sqlalchemy/orm/query.py", Database),
            ("psycopg/cursor.py", Database),
            ("psycopg2/extras.py", Database),
            ("psycopg_extra/cursor.py", Library),
            ("peewee.py", Database),
            ("jinja2/environment.py", Templates),
            ("markupsafe/__init__.py", Templates),
            ("requests/sessions.py", Network),
            ("urllib3/connectionpool.py", Network),
            ("tornado/template.py", Templates),
            ("tornado/web.py", Network),
            ("rest_framework/serializers.py", Library),
            ("six.py", Library),
            ("Django-5.2-py3.12.egg/django/db/models/base.py", Database),
        ] {
            assert_eq!(classify(&format!("{SITE}{path}"), "f"), expected, "{path}");
            let debian = format!("/usr/lib/python3/dist-packages/{path}");
            assert_eq!(classify(&debian, "f"), expected, "{debian}");
            let windows = format!("C:\\shop\\venv\\Lib\\site-packages\\{}", path.replace('/', "\\"));
            assert_eq!(classify(&windows, "f"), expected, "{windows}");
        }
        assert_eq!(
            classify("/root/.pex/wheels/a1/Django-5.2-py3-none-any.whl/django/db/utils.py", "f"),
            Database
        );
        for script in [
            "/srv/app/venv/bin/django-admin",
            "/usr/local/bin/pytest",
            "/home/me/.local/bin/pytest",
            "/home/me/.pyenv/versions/3.12.1/bin/pytest",
            "C:\\shop\\venv\\Scripts\\django-admin",
        ] {
            assert_eq!(classify(script, "<module>"), Library, "{script}");
        }
        assert_eq!(classify("/srv/app/venv/bin/gunicorn", "<module>"), Network);
        assert_eq!(classify("/usr/local/bin/report", "main"), Own);
        for (file, expected) in [
            ("/srv/app/vendor/django/db/models/query.py", Database),
            ("/var/task/django/core/handlers/base.py", Library),
            ("C:\\app\\libs\\django\\db\\backends\\utils.py", Database),
        ] {
            assert_eq!(classify(file, "f"), expected, "{file}");
        }
        // AWS Lambda's layers, and PEP 582.
        assert_eq!(classify("/opt/python/requests/api.py", "get"), Network);
        assert_eq!(classify("/srv/app/__pypackages__/3.12/lib/django/db/utils.py", "f"), Database);
    }

    #[test]
    fn the_standard_library() {
        for (path, expected) in [
            ("json/decoder.py", Python),
            ("asyncio/base_events.py", Python),
            ("asyncio/selector_events.py", Network),
            ("importlib/_bootstrap.py", Python),
            ("sqlite3/dbapi2.py", Database),
            ("ssl.py", Network),
            ("socket.py", Network),
            ("http/client.py", Network),
            ("html/parser.py", Python),
            ("urllib/parse.py", Python),
            ("urllib/request.py", Network),
            ("re/_compiler.py", Python),
        ] {
            for root in [
                "/usr/lib/python3.12/",
                "/root/.pyenv/versions/3.12.1/lib/python3.12/",
                "/Library/Frameworks/Python.framework/Versions/3.13/lib/python3.13/",
                "/lib/python314.zip/",
                "/opt/pypy/lib/pypy3.10/",
                "C:\\Users\\me\\AppData\\Local\\Programs\\Python\\Python312\\Lib\\",
                "C:\\ProgramData\\miniconda3\\Lib\\",
                "C:\\Python27\\lib\\",
                "c:\\users\\me\\appdata\\local\\programs\\python\\python37\\lib\\",
                "C:\\Users\\me\\anaconda3\\envs\\shop\\lib\\",
                "C:\\Users\\me\\.pyenv\\pyenv-win\\versions\\3.11.4\\Lib\\",
                "C:\\hostedtoolcache\\windows\\Python\\3.11.4\\x64\\Lib\\",
                "C:\\Users\\me\\scoop\\apps\\python\\current\\Lib\\",
                "D:/Tools/Py39/Lib/",
                "/usr/local/lib/python3.13t/",
            ] {
                let file = format!("{root}{path}");
                assert_eq!(classify(&file, "f"), expected, "{file}");
            }
        }
        // Without their directories, by strip_dirs(): of a package's modules nothing is left to tell by.
        for (file, expected) in [("copy.py", Python), ("socket.py", Network), ("decoder.py", Own)] {
            assert_eq!(classify(file, "f"), expected, "{file}");
        }
        for file in ["<frozen importlib._bootstrap>", "<string>", "<frozen os>"] {
            assert_eq!(classify(file, "f"), Python, "{file}");
        }
    }

    #[test]
    fn built_in_functions() {
        for (name, expected) in [
            ("<method 'execute' of 'sqlite3.Cursor' objects>", Database),
            ("<built-in method fetchall of sqlite3.Cursor object at 0x7f0000000000>", Database),
            ("<method 'execute' of 'psycopg2.extensions.cursor' objects>", Database),
            ("<built-in method _sqlite3.connect>", Database),
            ("<method 'query' of '_mysql.connection' objects>", Database),
            ("<function SQLiteCursorWrapper.execute at 0x7f0000000000>", Database),
            ("<function Thing.method at 0x7f0000000000>", Python),
            ("<built-in method time.sleep>", Python),
            ("<time.sleep>", Python),
            ("{built-in method builtins.len}", Python),
            ("<len>", Python),
            ("len", Python),
            ("<method 'append' of 'list' objects>", Python),
            ("<built-in method __new__ of type object at 0x7f0000000000>", Python),
            ("<method 'recv_into' of '_socket.socket' objects>", Network),
            ("<built-in method _socket.getaddrinfo>", Network),
            ("<method 'do_handshake' of '_ssl._SSLSocket' objects>", Network),
            // Subprocesses and event loops wait by it as well.
            ("<method 'poll' of 'select.epoll' objects>", Python),
            ("<built-in method _hashlib.scrypt>", Library),
            ("<built-in method markupsafe._speedups._escape_inner>", Templates),
            ("<built-in method numpy.array>", Library),
            ("<method 'reduce' of 'numpy.ufunc' objects>", Library),
            ("<built-in method black.main>", Library),
            ("<method 'get' of 'multidict._multidict.MultiDict' objects>", Library),
            ("<method 'popleft' of 'collections.deque' objects>", Python),
            ("<built-in method __new__ of type object at 0x7f0000000000>", Python),
        ] {
            assert_eq!(classify("~", name), expected, "{name}");
            assert_eq!(classify("", name), expected, "{name}");
        }
    }

    #[test]
    fn own_code_and_templates() {
        for file in [
            "/srv/app/shop/views.py",
            "shop/models.py",
            "manage.py",
            "C:\\shop\\shop\\views.py",
            "/srv/app/lib/pricing.py",
            "/srv/app/django/db/models.py",
            "/srv/app/bin/import.py",
            "/srv/app/bin/report",
            "/srv/lib/python3-services/orders.py",
            "C:\\shop\\lib\\pricing.py",
            "C:\\shop\\lib\\calendar.py",
            "C:\\code\\python\\lib\\pricing.py",
            "/srv/app/templates/root.py",
            "/usr/local/bin/report",
            "<stdin>",
            "<ipython-input-3-0a1b>",
        ] {
            assert_eq!(classify(file, "f"), Own, "{file}");
        }
        for file in ["/srv/app/templates/list.html", "<template>", "mail/welcome.j2"] {
            assert_eq!(classify(file, "root"), Templates, "{file}");
        }
        assert_eq!(classify("/srv/app/templates/mail/welcome.txt", "root"), Templates);
        assert_eq!(classify("mail/welcome.txt", "block_body"), Templates);
        assert_eq!(classify("/srv/app/shop/root.py", "root"), Own);
        for file in ["page_html", "memory:0x7f00", "/tmp/mako/page.html.py"] {
            assert_eq!(classify(file, "render_body"), Templates, "{file}");
        }
        assert_eq!(classify("/srv/app/shop/render.py", "render_body"), Own);
        assert_eq!(classify("/srv/app/flamedrop_recorder.py", "execute"), Library);
        assert_eq!(classify("cell 3", "render_all"), Own);
        assert_eq!(classify("<attrs generated init shop.models.Line>", "__init__"), Library);
    }
}
