"""Workloads out of packages (requirements.txt). Each sets itself up and returns what to run."""

import functools


@functools.cache
def django():
    """A Django project in memory: a site with users in groups."""
    import sys
    import types

    from django.conf import settings

    urls = types.ModuleType("site_urls")
    sys.modules["site_urls"] = urls
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        ROOT_URLCONF="site_urls",
        SECRET_KEY="not a secret",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    )
    import django

    django.setup()
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command
    from django.http import HttpResponse, JsonResponse
    from django.template import engines
    from django.urls import path

    call_command("migrate", verbosity=0)
    groups = [Group.objects.create(name=f"group {n}") for n in range(4)]
    for n in range(25):
        user = User.objects.create(username=f"user{n}", email=f"user{n}@example.org")
        user.groups.set(groups[: n % 4])

    template = engines["django"].from_string(
        "{% for user in users %}<li>{{ user.username|title }} {{ user.email|urlize }}"
        "{% for group in user.groups.all %}{{ group.name|upper }}{% endfor %}</li>{% endfor %}"
    )

    def as_json(request):
        users = User.objects.prefetch_related("groups").order_by("username")
        return JsonResponse({user.username: [group.name for group in user.groups.all()] for user in users})

    def as_page(request):
        # One query for each user, as sites have it before somebody looks.
        return HttpResponse(template.render({"users": User.objects.filter(is_active=True)}))

    urls.urlpatterns = [path("json/", as_json), path("page/", as_page)]


def django_requests():
    """Two views through the middleware, one of them with a query for each row."""
    django()
    from django.test import Client

    client = Client()

    def run():
        for path in ("/json/", "/page/", "/json/", "/missing/"):
            client.get(path)

    return run


def django_orm():
    """Queries of many shapes, written, counted, compared, prefetched."""
    django()
    from django.contrib.auth.models import Group, User
    from django.db.models import Count, F, Q
    from django.db.models.functions import Lower

    def run():
        for n in range(4):
            User.objects.filter(Q(username__contains=n) | Q(groups__name__startswith="group")).distinct().count()
        list(User.objects.annotate(n=Count("groups"), low=Lower("username")).filter(n__gt=F("id") - 30))
        for user in User.objects.select_related(None).prefetch_related("groups__permissions")[:15]:
            user.groups.all()
        User.objects.bulk_create([User(username=f"more{n}") for n in range(30)])
        User.objects.filter(username__startswith="more").update(first_name=Lower("username"))
        User.objects.filter(username__startswith="more").delete()
        list(Group.objects.exclude(user__isnull=True).values_list("name", "user__username"))

    return run


def django_templates():
    """Inheritance, filters, loops and conditions of Django's template engine."""
    django()
    from django.template import engines

    template = engines["django"].from_string(
        "{% for row in rows %}{% if row.ok and not row.hidden %}<b>{{ row.name|title|truncatechars:20 }}</b>"
        "{% elif row.n > 50 %}{{ row.n|floatformat:2 }}{% else %}{% firstof row.no row.name %}{% endif %}"
        "{% with twice=row.n %}{{ twice|add:'2' }}{% endwith %}{% cycle 'a' 'b' %}"
        "{% for tag in row.tags %}{{ forloop.counter }}{{ tag|escape|upper }}{% endfor %}{% endfor %}"
    )
    rows = [
        {"ok": n % 3, "hidden": n % 7 == 0, "name": f"name <{n}>", "n": n * 1.5, "tags": ["x", "y"][: n % 3]}
        for n in range(120)
    ]
    return lambda: template.render({"rows": rows})


def django_forms():
    """Forms and formsets: fields, validation, errors, widgets rendered through templates."""
    django()
    from django import forms

    class Person(forms.Form):
        name = forms.CharField(max_length=20)
        email = forms.EmailField()
        age = forms.IntegerField(min_value=0, required=False)
        kind = forms.ChoiceField(choices=[(n, f"kind {n}") for n in range(8)])
        birthday = forms.DateField(required=False, widget=forms.SelectDateWidget)

        def clean_name(self):
            return self.cleaned_data["name"].strip()

    def run():
        people = forms.formset_factory(Person, extra=4)
        data = {"form-TOTAL_FORMS": "6", "form-INITIAL_FORMS": "0"}
        for n in range(6):
            data |= {f"form-{n}-name": "x" * n * 6, f"form-{n}-email": "a@b.example" if n % 2 else "no"}
            data |= {f"form-{n}-age": str(n - 2), f"form-{n}-kind": str(n)}
        bound = people(data)
        bound.is_valid()
        bound.errors
        str(bound)
        str(people())

    return run


def sqlalchemy_orm():
    """Mapped classes, a unit of work, joins and lazy loading."""
    from sqlalchemy import ForeignKey, String, create_engine, func, select
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship

    class Base(DeclarativeBase):
        pass

    class Author(Base):
        __tablename__ = "author"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str] = mapped_column(String(30))
        books: Mapped[list["Book"]] = relationship(back_populates="author")

    class Book(Base):
        __tablename__ = "book"
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
        author: Mapped[Author] = relationship(back_populates="books")

    def run():
        engine = create_engine("sqlite://")
        Base.metadata.create_all(engine)
        with Session(engine) as session:
            for n in range(20):
                session.add(Author(name=f"author {n}", books=[Book(title=f"book {n}.{m}") for m in range(3)]))
            session.commit()
            for author in session.scalars(select(Author).where(Author.name.like("%1%"))):
                [book.title for book in author.books]
            session.scalars(select(Book).options(joinedload(Book.author)).order_by(Book.title)).all()
            counted = select(Author.name, func.count(Book.id)).join(Book).group_by(Author.id)
            session.execute(counted.having(func.count(Book.id) > 1)).all()
            session.query(Book).filter(Book.author.has(name="author 3")).delete()
            session.commit()

    return run


def jinja():
    """Compiling and rendering Jinja templates: a lexer, a parser, a code generator, macros."""
    import jinja2

    templates = {
        "base": "<title>{% block title %}{% endblock %}</title>{% block body %}{% endblock %}",
        "page": "{% extends 'base' %}{% from 'macros' import field %}{% block title %}{{ title|upper }}{% endblock %}"
        "{% block body %}{% for row in rows if row.n is odd %}{{ field(row.name, row.n * 2 + 1) }}"
        "{% else %}none{% endfor %}{% set total = rows|map(attribute='n')|sum %}{{ total }}{% endblock %}",
        "macros": "{% macro field(name, value='') %}<i>{{ name|e }}={{ value|default(0)|int }}</i>{% endmacro %}",
    }

    def run():
        environment = jinja2.Environment(loader=jinja2.DictLoader(templates), autoescape=True)
        rows = [{"name": f"<{n}>", "n": n} for n in range(60)]
        for _ in range(4):
            environment.get_template("page").render(title="rows", rows=rows)

    return run


def mako():
    """Compiling and rendering Mako templates."""
    from mako.lookup import TemplateLookup

    def run():
        lookup = TemplateLookup()
        lookup.put_string("base", "<html>${self.body()} ${next.title()}</html>")
        lookup.put_string(
            "page",
            "<%inherit file='base'/><%def name='title()'>A page</%def><%def name='cell(n)'>${n|h}</%def>\n"
            "% for row in rows:\n  % if row % 3:\n  ${cell(row * 2)}\n  % else:\n  <b>${str(row) + '<'|h,trim}</b>\n"
            "  % endif\n% endfor\n",
        )
        for _ in range(3):
            lookup.get_template("page").render(rows=range(50))

    return run


def sql_formatting():
    """Splitting, parsing and indenting SQL with sqlparse."""
    import sqlparse

    statement = (
        "select a.id, count(*) as n, case when b.x > 3 then 'big' else 'small' end from a left join b on a.id = "
        "b.a_id and b.y in (1, 2, 3) where exists (select 1 from c where c.id = a.id and (c.z is null or c.z < 5)) "
        "group by a.id having count(*) > 1 order by n desc limit 10; update a set x = x + 1 where id = 7;"
    )

    def run():
        for n in range(3):
            sqlparse.format(statement.replace("7", str(n)), reindent=True, keyword_case="upper")
        [str(token) for parsed in sqlparse.parse(statement) for token in parsed.flatten()]

    return run
