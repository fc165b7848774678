"""Pages of Django and Flask with what the rules about profiles speak of."""

import tempfile
from pathlib import Path
from wsgiref.util import setup_testing_defaults

LINES = [{"name": f"article {key}", "price": key * 1.19} for key in range(300)]
TEXT = "{% for line in lines %}<li>{{ line.name|upper }}: {{ line.price|floatformat:2 }}</li>{% endfor %}"
JINJA = "{% for line in lines %}<li>{{ line.name|upper }}: {{ '%.2f'|format(line.price) }}</li>{% endfor %}"


def django():
    from django.conf import settings

    if settings.configured:
        return
    static = tempfile.mkdtemp()
    Path(static, "style.css").write_text("body { margin: 0 }\n" * 1000)
    settings.configure(
        DEBUG=True,
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        STATIC=static,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    )
    import django

    django.setup()


def sums(request):
    from django.http import HttpResponse

    return HttpResponse(str(sum([number * 3 % 7 for number in range(40_000)])))


def style(request):
    from django.conf import settings
    from django.views.static import serve

    return serve(request, "style.css", document_root=settings.STATIC)


def template_anew(request):
    """A template made of text in the view, for each request."""
    from django.http import HttpResponse
    from django.template import Context, Template

    return HttpResponse(Template(TEXT * 40).render(Context({"lines": LINES[:5]})))


def url_patterns():
    from django.urls import path

    return [path("sums", sums), path("style.css", style), path("template", template_anew)]


class Patterns:
    """Django reads them when the first request comes."""

    def __iter__(self):
        return iter(url_patterns())

    def __reversed__(self):
        return reversed(url_patterns())


urlpatterns = Patterns()


def requests(*paths):
    """A function that asks Django for these."""
    django()
    from django.core.handlers.wsgi import WSGIHandler

    handler = WSGIHandler()

    def ask():
        for path in paths:
            environ = {"PATH_INFO": path}
            setup_testing_defaults(environ)
            response = handler(environ, lambda status, headers: None)
            list(response)
            response.close()

    # What the first request of a process loads is not what is recorded.
    ask()
    return ask


def static_among_pages():
    return requests(*["/sums"] * 40, "/style.css")


def static_alone():
    return requests("/style.css")


def django_template_anew():
    return requests(*["/template"] * 5)


def flask(*paths):
    """A function that asks a Flask application for these."""
    from flask import Flask, jsonify, render_template_string

    app = Flask("shop", static_folder=tempfile.mkdtemp(), static_url_path="/static")
    Path(app.static_folder, "style.css").write_text("body { margin: 0 }\n" * 1000)
    app.add_url_rule("/prices", view_func=lambda: jsonify(LINES * 20), endpoint="prices")
    app.add_url_rule("/sums", view_func=lambda: str(sum([n * 3 % 7 for n in range(40_000)])), endpoint="sums")
    app.add_url_rule(
        "/template", view_func=lambda: render_template_string(JINJA, lines=LINES * 20), endpoint="template"
    )

    def anew():
        import jinja2

        return jinja2.Environment(autoescape=True).from_string(JINJA * 20).render(lines=LINES[:5])

    app.add_url_rule("/anew", view_func=anew, endpoint="anew")
    client = app.test_client()

    def ask():
        for path in paths:
            client.get(path).close()

    ask()
    return ask


def flask_json():
    return flask(*["/prices"] * 10)


def flask_static():
    return flask(*["/sums"] * 40, "/static/style.css")


def jinja_rendered():
    return flask(*["/template"] * 30)


def jinja_anew():
    return flask(*["/anew"] * 5)


def start_django():
    """Sets Django up for the first time in the process, as each worker and each command does."""
    from django.conf import settings

    settings.configure(INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"])
    import django

    return django.setup
