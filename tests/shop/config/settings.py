"""Settings of the shop. What a recording or a test changes comes from the environment:

SHOP_FAULTS                which faults are on, e.g. ``n_plus_one,duplicates`` (see shop/faults.py)
SHOP_SQLITE                the SQLite file, if not shop.sqlite3 beside manage.py
SHOP_ROUND_TRIP            milliseconds that SQLite waits before each statement, like a server far away
SHOP_POSTGRES_PORT         use PostgreSQL on this loopback port instead
SHOP_SERVER_SIDE_BINDING   1: psycopg binds parameters on the server
SHOP_MYSQL_PORT            use MySQL or MariaDB on this loopback port instead
SHOP_CACHALOT              1: django-cachalot is installed
SHOP_REPLICA_PORT          PostgreSQL's streaming replica, on this loopback port
SHOP_PREPARE_THRESHOLD     psycopg prepares what it has executed so often (never, if not set)
"""

import os
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
# Where a Django developer would have copied it beside manage.py.
sys.path.append(str(BASE_DIR.parents[1] / "recorder"))

SECRET_KEY = "for recordings and tests only"
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "shop",
]

# django-cachalot, to measure what a cache of the database's answers saves.
if os.environ.get("SHOP_CACHALOT") == "1":
    INSTALLED_APPS.append("cachalot")
CACHALOT_DATABASES = ["default"]
CACHALOT_USE_UNSUPPORTED_DATABASE = True  # `latency` is SQLite.

FLAMEDROP_ALLOW = True

MIDDLEWARE = [
    "flamedrop_recorder.RecorderMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "shop.middleware.LastSeenMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "shop.loaders.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context_processors.menu",
                "shop.context_processors.basket",
            ],
        },
    },
]

SHOP_ROUND_TRIP = float(os.environ.get("SHOP_ROUND_TRIP", 0))
PREPARE_THRESHOLD = os.environ.get("SHOP_PREPARE_THRESHOLD")

if "SHOP_POSTGRES_PORT" in os.environ:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "shop",
            "USER": "shop_web",
            "HOST": "127.0.0.1",
            "PORT": os.environ["SHOP_POSTGRES_PORT"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "application_name": "shop web, front",
                "server_side_binding": os.environ.get("SHOP_SERVER_SIDE_BINDING") == "1",
                "prepare_threshold": PREPARE_THRESHOLD and int(PREPARE_THRESHOLD),
            },
        },
    }
    if "SHOP_REPLICA_PORT" in os.environ:
        DATABASES["replica"] = DATABASES["default"] | {"PORT": os.environ["SHOP_REPLICA_PORT"]}
        DATABASE_ROUTERS = ["shop.replicas.Router"]
        # Before the session is looked up.
        MIDDLEWARE.insert(1, "shop.replicas.PinningMiddleware")
elif "SHOP_MYSQL_PORT" in os.environ:
    import pymysql

    # Django knows mysqlclient only, and asks for its version; that one needs a C compiler.
    pymysql.version_info = (2, 2, 7, "final", 0)
    pymysql.install_as_MySQLdb()
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.mysql",
            "NAME": "shop",
            "USER": "shop_web",
            "HOST": "127.0.0.1",
            "PORT": os.environ["SHOP_MYSQL_PORT"],
            "CONN_MAX_AGE": None,
        },
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "latency" if SHOP_ROUND_TRIP else "django.db.backends.sqlite3",
            "NAME": os.environ.get("SHOP_SQLITE", BASE_DIR / "shop.sqlite3"),
            "CONN_MAX_AGE": None,
        },
    }

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "shop.Customer"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "front"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"

# Seconds after a write in which its visitor reads from the primary.
SHOP_LAG = 1
# Seconds that a payment takes where it is no fault: for measuring beside it.
SHOP_PAYMENT = 0
# Whether product cards read their tags from a copy in the product's row (visits makes it).
SHOP_DENORMALISED = False
SHOP_FAULTS = frozenset(filter(None, os.environ.get("SHOP_FAULTS", "").split(",")))
