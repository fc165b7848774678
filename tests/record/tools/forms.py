"""Writes one form of recording: FORM DIRECTORY. Each function below is a form."""

import contextlib
import io
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
TARGET = Path(sys.argv[2])


def django(apps=(), middleware=(), **more):
    """The shop's settings with these applications and middlewares, and DEBUG on."""
    import config.settings as shop

    from django.conf import settings

    chosen = {name: getattr(shop, name) for name in dir(shop) if name.isupper()}
    chosen["INSTALLED_APPS"] = [*shop.INSTALLED_APPS, *apps]
    without = "flamedrop_recorder.RecorderMiddleware"
    chosen["MIDDLEWARE"] = [*middleware, *(each for each in shop.MIDDLEWARE if each != without)]
    settings.configure(**{**chosen, "DEBUG": True, "INTERNAL_IPS": ["127.0.0.1"], **more})
    import django

    django.setup()


def manage(*arguments, **options):
    from django.core.management import call_command

    call_command(*arguments, **options)


def visit(*urls, faults=("n_plus_one",)):
    from django.test import Client, override_settings
    from shop.models import Customer

    client = Client()
    client.force_login(Customer.objects.get(username="customer7"))
    with override_settings(SHOP_FAULTS=frozenset(faults)):
        for url in urls:
            client.get(url)


def toolbar():
    django(
        apps=["django.contrib.staticfiles", "debug_toolbar"],
        middleware=["debug_toolbar.middleware.DebugToolbarMiddleware"],
        ROOT_URLCONF="toolbar_urls",
        STATIC_URL="static/",
        DEBUG_TOOLBAR_CONFIG={
            "TOOLBAR_STORE_CLASS": "debug_toolbar.store.DatabaseStore",
            "IS_RUNNING_TESTS": False,
            "SHOW_TOOLBAR_CALLBACK": lambda request: True,
        },
        # Those of no use here make the recording long.
        DEBUG_TOOLBAR_PANELS=[
            f"debug_toolbar.panels.{name}"
            for name in [
                "history.HistoryPanel",
                "timer.TimerPanel",
                "headers.HeadersPanel",
                "request.RequestPanel",
                "sql.SQLPanel",
                "cache.CachePanel",
            ]
        ],
    )
    manage("migrate", "debug_toolbar", verbosity=0)
    visit("/search/?q=walnut+lamp", "/orders/", "/nothing/")
    manage("dumpdata", "debug_toolbar", indent=1, output=TARGET / "toolbar.json")


def silk():
    django(
        apps=["silk"],
        middleware=["silk.middleware.SilkyMiddleware"],
        ROOT_URLCONF="silk_urls",
        SILKY_ANALYZE_QUERIES=True,
        SILKY_MAX_RESPONSE_BODY_SIZE=0,
    )
    manage("migrate", "silk", verbosity=0)
    visit("/orders/", "/nothing/")
    manage("dumpdata", "silk", indent=1, output=TARGET / "silk.json")


def asserts():
    """Tests that fail, as their runners print them."""
    tests = Path(__file__).parent / "failing_tests.py"
    here = dict(os.environ, PYTHONPATH=f"{tests.parent}:{os.environ['PYTHONPATH']}")
    run = dict(env=here, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    unittest = [sys.executable, "manage.py", "test", "failing_tests", "--noinput"]
    pytest = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--nomigrations", str(tests)]
    for name, command in {"unittest": unittest, "pytest": pytest}.items():
        (TARGET / f"asserts_{name}.txt").write_text(subprocess.run(command, **run).stdout, "utf-8")


def queries():
    """`connection.queries`, as the shell shows it and as json.dumps writes it."""
    django()
    from django.db import connection, reset_queries

    reset_queries()
    visit("/search/?q=it's+a+lamp")
    (TARGET / "connection_queries.txt").write_text(f"{connection.queries!r}\n", "utf-8")
    (TARGET / "connection_queries.json").write_text(json.dumps(connection.queries, indent=1), "utf-8")


def print_sql():
    django(apps=["django_extensions"])
    from django_extensions.management.debug_cursor import monkey_patch_cursordebugwrapper

    for name, location in {"print_sql": False, "print_sql_location": True}.items():
        text = io.StringIO()
        with contextlib.redirect_stdout(text), monkey_patch_cursordebugwrapper(
            print_sql=True, print_sql_location=location, truncate=None, logger=lambda line: print(line, file=text)
        ):
            visit("/search/?q=walnut+lamp" if not location else "/")
        (TARGET / f"{name}.txt").write_text(text.getvalue(), "utf-8")


def debugsqlshell():
    django(apps=["django.contrib.staticfiles", "debug_toolbar"], STATIC_URL="static/")
    from django.db import connection

    text = io.StringIO()
    import debug_toolbar.management.commands.debugsqlshell  # patches the cursors

    connection.close()
    connection.force_debug_cursor = True
    with contextlib.redirect_stdout(text):
        visit("/search/?q=walnut+lamp")
    (TARGET / "debugsqlshell.txt").write_text(text.getvalue(), "utf-8")


def json_loggers():
    """python-json-logger and structlog, with what their users rename."""
    django()
    import structlog
    from pythonjsonlogger.json import JsonFormatter

    structlog.contextvars.bind_contextvars(request_id="5f0c", user_id=7)
    stamped = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.contextvars.merge_contextvars,
        structlog.processors.CallsiteParameterAdder(
            {structlog.processors.CallsiteParameter.PROCESS, structlog.processors.CallsiteParameter.THREAD_NAME}
        ),
    ]

    def processors(*last):
        done = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
        return structlog.stdlib.ProcessorFormatter(processors=done, foreign_pre_chain=stamped)

    render = structlog.processors.JSONRenderer()
    rename = structlog.processors.EventRenamer
    forms = {
        "structlog_iso": processors(structlog.processors.TimeStamper(fmt="iso"), render),
        "structlog_epoch": processors(
            structlog.processors.TimeStamper(key="ts"), rename("msg"), render
        ),
        "structlog_local": processors(
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S.%f", utc=False, key="@timestamp"),
            rename("message", replace_by="_event"),
            structlog.processors.dict_tracebacks,
            render,
        ),
        "jsonlogger": JsonFormatter(
            "%(asctime)s %(levelname)s %(name)s %(process)d %(thread)d %(message)s",
            rename_fields={"levelname": "severity", "asctime": "time", "name": "logger"},
            static_fields={"service": "shop"},
        ),
        "jsonlogger_prefix": JsonFormatter(
            "{created}{levelname}{name}{message}", style="{", timestamp="@timestamp"
        ),
    }
    logger = logging.getLogger("django.db.backends")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    for name, formatter in forms.items():
        handler = logging.FileHandler(TARGET / f"{name}.jsonl", "w", "utf-8")
        handler.setFormatter(formatter)
        logger.addHandler(handler)
    visit("/search/?q=walnut+lamp")


def opentelemetry():
    """Spans of Django and its database, printed, and as the exporters encode them."""
    os.environ["OTEL_SERVICE_NAME"] = "shop"
    os.environ.pop("OTEL_SEMCONV_STABILITY_OPT_IN", None)
    if len(sys.argv) < 4:
        # What attributes are called is settled when a process starts.
        for conventions in ["", "http,database"]:
            subprocess.run([sys.executable, __file__, *sys.argv[1:], conventions], check=True)
        return
    new = sys.argv[3]
    if new:
        os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = new
    from google.protobuf.json_format import MessageToDict
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
    from opentelemetry.exporter.zipkin.encoder import Protocol  # noqa: F401 (the package is there)
    from opentelemetry.exporter.zipkin.json.v2 import JsonV2Encoder
    from opentelemetry.exporter.zipkin.node_endpoint import NodeEndpoint
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.sqlite3 import SQLite3Instrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    printed, kept = io.StringIO(), InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=printed)))
    provider.add_span_processor(SimpleSpanProcessor(kept))
    trace.set_tracer_provider(provider)
    SQLite3Instrumentor().instrument()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    DjangoInstrumentor().instrument()
    import django

    django.setup()
    visit("/search/?q=walnut+lamp", "/orders/", "/nothing/")
    spans = kept.get_finished_spans()
    suffix = "new" if new else "old"
    (TARGET / f"otel_console_{suffix}.json").write_text(printed.getvalue(), "utf-8")
    # OTLP's JSON has ids in hexadecimal, not as Protobuf's own JSON has bytes:
    # https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
    document = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
    import base64

    for resource in document["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                for key in ["traceId", "spanId", "parentSpanId"]:
                    if key in span:
                        span[key] = base64.b64decode(span[key]).hex()
    if not new:
        # As the collector's file exporter does, one export a line.
        halves = [document, MessageToDict(encode_spans(spans[:0]), use_integers_for_enums=True)]
        lines = [json.dumps(half, separators=(",", ":")) for half in halves]
        (TARGET / "otlp_old.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        zipkin = JsonV2Encoder().serialize(spans, NodeEndpoint())
        (TARGET / "zipkin_old.json").write_text(zipkin, "utf-8")
    else:
        (TARGET / "otlp_new.json").write_text(json.dumps(document, indent=1), "utf-8")
        (TARGET / "jaeger_new.json").write_text(json.dumps(jaeger(document), indent=1), "utf-8")


def jaeger(document):
    """What Jaeger's page gives as JSON (its model/json), of the same spans."""

    def value(any_value):
        (kind, value), = any_value.items()
        kinds = {"stringValue": "string", "intValue": "int64", "boolValue": "bool", "doubleValue": "float64"}
        return kinds.get(kind, "string"), int(value) if kind == "intValue" else value

    def tags(attributes):
        each = ((one["key"], *value(one["value"])) for one in attributes)
        return [{"key": key, "type": kind, "value": what} for key, kind, what in each]

    traces = {}
    for resource in document["resourceSpans"]:
        attributes = resource["resource"]["attributes"]
        service = next(one["value"]["stringValue"] for one in attributes if one["key"] == "service.name")
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                trace = traces.setdefault(
                    span["traceId"],
                    {
                        "traceID": span["traceId"],
                        "spans": [],
                        "processes": {"p1": {"serviceName": service, "tags": tags(attributes)}},
                        "warnings": None,
                    },
                )
                start, end = (int(span[key]) for key in ["startTimeUnixNano", "endTimeUnixNano"])
                parent = span.get("parentSpanId")
                references = [{"refType": "CHILD_OF", "traceID": span["traceId"], "spanID": parent}]
                trace["spans"].append(
                    {
                        "traceID": span["traceId"],
                        "spanID": span["spanId"],
                        "operationName": span["name"],
                        "references": references if parent else [],
                        "startTime": start // 1000,
                        "duration": (end - start) // 1000,
                        "tags": tags(span.get("attributes", [])),
                        "logs": [],
                        "processID": "p1",
                        "warnings": None,
                    }
                )
    return {"data": list(traces.values()), "total": 0, "limit": 0, "offset": 0, "errors": None}


def sqlalchemy_echo():
    """echo=True under a root handler: without one of its own, so that no line comes twice; and with."""
    import sqlalchemy as sa

    def work(engine):
        metadata = sa.MetaData()
        table = sa.Table("t", metadata, sa.Column("a", sa.Integer, primary_key=True), sa.Column("b", sa.Text))
        metadata.drop_all(engine)
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(table.insert(), [{"a": n, "b": f"x\ny'{n}"} for n in range(3)])
            connection.execute(table.insert(), [{"a": n, "b": "long"} for n in range(10, 310)])
            for n in range(3):
                connection.execute(sa.select(table).where(table.c.a == n, table.c.b != "z")).all()
            connection.execute(sa.text("SELECT\n  count(*)\nFROM t WHERE b = 'x'")).all()
        with contextlib.suppress(sa.exc.IntegrityError), engine.begin() as connection:
            connection.execute(table.insert(), {"a": 1, "b": None})

    for name, echo, form in [
        ("sqlalchemy", False, "%(asctime)s %(levelname)s %(name)s %(message)s"),
        ("sqlalchemy_twice", True, "%(asctime)s %(levelname)s %(name)s %(message)s"),
        ("sqlalchemy_bare", False, "%(levelname)s:%(name)s:%(message)s"),
    ]:
        root, out = logging.getLogger(), io.StringIO()
        handler = logging.StreamHandler(out)
        handler.setFormatter(logging.Formatter(form))
        root.handlers = [handler]
        logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)
        with contextlib.redirect_stdout(out):
            if echo:
                # The one it adds itself, before the engine looks for one.
                root.handlers = []
            engine = sa.create_engine("sqlite://", echo=echo, poolclass=sa.pool.StaticPool)
            root.handlers = [handler]
            work(engine)
        (TARGET / f"{name}.log").write_text(out.getvalue(), "utf-8")
        logging.getLogger("sqlalchemy.engine.Engine").handlers = []


globals()[sys.argv[1]]()
