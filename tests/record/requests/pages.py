# A site whose views take a known time, in one file, for WSGI and ASGI servers. With RECORD=structlog it logs by
# django-structlog, with RECORD=spans its spans go to the file SPANS.

import os
import sys
import time

import django
from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path, re_path

RECORD = os.environ.get("RECORD", "")

middleware = []
if RECORD == "structlog":
    import structlog

    middleware = ["django_structlog.middlewares.RequestMiddleware"]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(open(os.environ["STRUCTLOG"], "a", buffering=1)),
    )

settings.configure(
    SECRET_KEY="x",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=middleware,
    INSTALLED_APPS=["django_structlog"] if RECORD == "structlog" else [],
    TIME_ZONE="UTC",
    USE_TZ=True,
    DEBUG=False,
    DEBUG_PROPAGATE_EXCEPTIONS=False,
)

if RECORD == "spans":
    from opentelemetry import trace
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=open(os.environ["SPANS"], "a", buffering=1))))
    trace.set_tracer_provider(provider)
    DjangoInstrumentor().instrument()

django.setup()


def takes(milliseconds, status=200):
    def view(request, *arguments, **named):
        time.sleep(milliseconds / 1000)
        return HttpResponse(b"x" * 20, status=status)

    return view


def boom(request):
    raise ValueError("as planned")


def stream(request):
    def parts():
        for _ in range(5):
            time.sleep(0.02)
            yield b"part\n"

    return StreamingHttpResponse(parts())


urlpatterns = [
    path("fast/", takes(10)),
    path("mid/", takes(50)),
    path("slow/", takes(200)),
    path("orders/<int:pk>/", takes(20)),
    re_path(r"^archive/(?P<year>[0-9]{4})/$", takes(20)),
    path("order/", takes(20, 201)),
    path("boom/", boom),
    path("redir/", lambda request: HttpResponseRedirect("/fast/")),
    path("stream/", stream),
]

if "runserver" in sys.argv:
    from django.core.management import execute_from_command_line

    # Else it says that it is not for production, by no log.
    execute_from_command_line(sys.argv)
else:
    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application

    wsgi = get_wsgi_application()
    asgi = get_asgi_application()

if __name__ == "__main__" and "werkzeug" in sys.argv:
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", int(sys.argv[-1]), wsgi, threaded=True)
