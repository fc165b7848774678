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
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
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


def orders():
    """The models of a small shop, and a database with 400 orders."""
    django()
    from django.db import connection, models

    class Customer(models.Model):
        name = models.CharField(max_length=50)
        seen = models.IntegerField(default=0)

        class Meta:
            app_label = "pages"

    class Order(models.Model):
        customer = models.ForeignKey(Customer, models.CASCADE)

        class Meta:
            app_label = "pages"

    with connection.schema_editor() as editor:
        editor.create_model(Customer)
        editor.create_model(Order)
    Customer.objects.bulk_create(Customer(name=f"customer {key}") for key in range(400))
    Order.objects.bulk_create(Order(customer_id=key + 1) for key in range(400))
    return Customer, Order


ROWS = "{% for order in orders %}<li>{{ order.pk }}: {{ order.customer.name }}</li>{% endfor %}"


def relations_in_a_template():
    """The template follows each order's customer: own code runs nothing but the first query."""
    _, order = orders()
    from django.template import Context, Template

    template = Template(ROWS)

    def ask():
        return [len(template.render(Context({"orders": order.objects.all()}))) for _ in range(3)]

    ask()
    return ask


def relations_in_the_query():
    """As it should be: one query, many objects."""
    _, order = orders()

    def names():
        found = []
        for _ in range(4):
            for one in order.objects.select_related("customer"):
                found.append(one.customer.name)
        return found

    names()
    return names


def objects_made_for_one_statement():
    """bulk_create, as it should be: the objects are made one by one nonetheless."""
    customer, _ = orders()

    def fill():
        customer.objects.bulk_create([customer(name=f"new {key}") for key in range(8000)])

    return fill


def creates_in_a_loop():
    customer, _ = orders()

    def fill():
        for key in range(2000):
            customer.objects.create(name=f"new {key}")

    return fill


def saves_in_a_loop():
    customer, _ = orders()

    def count():
        for _ in range(3):
            for one in customer.objects.all():
                one.seen += 1
                one.save()

    return count


def mapped_relations():
    """Lines follow their orders one by one, by SQLAlchemy's mapper."""
    from sqlalchemy import ForeignKey, create_engine, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "orders"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Line(Base):
        __tablename__ = "lines"
        id: Mapped[int] = mapped_column(primary_key=True)
        order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
        order: Mapped[Order] = relationship()

    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Order(id=key) for key in range(1500))
        session.add_all(Line(id=key, order_id=key) for key in range(1500))
        session.commit()

    def sums():
        total = 0
        with Session(engine) as session:
            for line in session.scalars(select(Line)):
                total += line.order.id
        return total

    sums()
    return sums


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
