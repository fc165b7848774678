//! Files of which only what follows a directory of `sys.path` is left, as py-spy writes them: `re/__init__.py` of Python's,
//! `sqlalchemy/orm/query.py` of a package's, `shop/views.py` of the user's. Then the package alone tells whose it is
//! (`findings/py-spy-raw-drops-directories.sh`).

use super::{Home, SEPARATORS};

/// The home of a file without a root, by its package; [`Home::Elsewhere`] for all others.
pub(super) fn home(file: &str) -> Home<'_> {
    let Some((package, _)) = file.split_once(SEPARATORS) else {
        let module = file.strip_suffix(".py").unwrap_or_default();
        return if is_in(MODULES, module) { Home::Installed(file) } else { Home::Elsewhere };
    };
    if is_in(PYTHONS, package) {
        Home::Standard(file)
    } else if is_in(INSTALLED, package) {
        Home::Installed(file)
    } else {
        Home::Elsewhere
    }
}

/// Whether a package is one that web developers install, by the name it is imported by.
pub(crate) fn is_known_package(name: &str) -> bool {
    is_in(INSTALLED, name) || is_in(MODULES, name)
}

fn is_in(names: &str, name: &str) -> bool {
    !name.is_empty() && names.split(' ').any(|known| known == name)
}

/// The packages among the standard library's modules, from 3.6 to 3.15. An application that calls one of its own so
/// hides Python's.
const PYTHONS: &str = "_pyrepl asyncio collections compression concurrent ctypes curses dbm distutils email encodings \
     ensurepip html http idlelib importlib json lib2to3 logging multiprocessing pathlib pydoc_data re sqlite3 string \
     sysconfig tkinter tomllib unittest urllib venv wsgiref xml xmlrpc zipfile zoneinfo";

/// Packages that web developers install, by the name they are imported by. Others' files are taken for the user's own
/// where their directories are missing.
const INSTALLED: &str = "_pytest OpenSSL MySQLdb PIL aiobotocore aiofiles aiohttp aiomysql aioredis allauth amqp anyio \
     argon2 arrow asgiref asyncpg attr attrs authlib azure babel bcrypt billiard black bleach blinker boto boto3 botocore \
     bottle bs4 cachalot cachetools celery certifi cffi channels channels_redis chardet charset_normalizer cherrypy click \
     cloudpickle compressor constance corsheaders coverage crispy_forms cryptography dask dateutil ddtrace debug_toolbar \
     deepdiff defusedxml django django_celery_beat django_extensions django_filters django_redis dns docutils dramatiq \
     drf_spectacular drf_yasg elastic_transport elasticsearch elasticsearch_dsl email_validator eventlet factory faker \
     falcon fastapi flask flask_login flask_sqlalchemy freezegun geoalchemy2 gevent google graphene graphene_django \
     graphql greenlet grpc gunicorn h11 h2 haystack hiredis html5lib httpcore httptools httpx huey hypercorn hypothesis \
     idna import_export jinja2 jmespath joblib jose jsonschema jwt kafka kombu lark lxml mako markdown markupsafe \
     marshmallow matplotlib modelcluster mongoengine motor mptt msgpack multidict mysql nacl networkx newrelic ninja \
     nltk numpy oauthlib opensearchpy openpyxl opentelemetry orjson oscar packaging pandas passlib peewee phonenumbers \
     pika pip pipeline pkg_resources pluggy polymorphic pony prometheus_client prompt_toolkit propcache psutil psycopg \
     psycopg2 psycopg_pool pyarrow pycparser pydantic pydantic_core pydantic_settings pygments pymongo pymysql pyparsing \
     pyramid pytest pytz qrcode raven redis referencing regex reportlab requests requests_oauthlib requests_toolbelt \
     rest_framework rest_framework_simplejwt rest_framework_swagger reversion rich rq s3transfer sanic scipy sentry_sdk \
     setuptools shapely silk simple_history simplejson sklearn slugify sniffio social_core social_django socketio \
     sorl sphinx sqlalchemy sqlmodel sqlparse starlette storages strawberry stripe structlog taggit tastypie tenacity \
     tinycss2 tornado tortoise toolz tqdm transaction treebeard twisted typer tzlocal unittest_mock urllib3 uvicorn uvloop \
     vine waffle wagtail waitress watchdog watchfiles webob websocket websockets werkzeug whitenoise willow wrapt wsproto \
     wtforms xlrd xlsxwriter yaml yarl zeep zmq zope";

/// The same of packages that are one file.
const MODULES: &str = "cachecontrol decorator mock peewee pep517 png py pyodbc six sqlite_utils tabulate toml \
     typing_extensions typing_inspect xmltodict zipp";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::home;

    #[test]
    fn the_package_tells_whose_a_file_without_a_root_is() {
        for file in ["re/__init__.py", "json/encoder.py", "concurrent/futures/thread.py", "http\\client.py"] {
            assert_eq!(home::home(file), Home::Standard(file));
        }
        for file in ["sqlalchemy/orm/query.py", "django/shortcuts.py", "rest_framework/views.py", "six.py"] {
            assert_eq!(home::home(file), Home::Installed(file));
        }
        // The user's own: packages of other names, scripts, and whatever has a root.
        for file in [
            "shop/views.py",
            "profile/views.py",
            "calendar/models.py",
            "work.py",
            "/srv/json/encoder.py",
            "./re/a.py",
        ] {
            assert_eq!(home::home(file), Home::Elsewhere, "{file}");
        }
    }
}
