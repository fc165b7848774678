"""Records each page of the library with its fault and without it, and measures both without profiler and recorder:
DIRECTORY/NAME.*, DIRECTORY/clean-NAME.*, DIRECTORY/measured.json. Names of pages may follow: only those."""

import gc
import json
import marshal
import os
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
# The round trip is the shop's, which profiles show as a driver that waits.
sys.path[:0] = [str(HERE), str(ROOT / "recorder"), str(ROOT / "tests" / "shop")]

import django  # noqa: E402
from django.conf import settings  # noqa: E402

port = os.environ.get("PAGES_POSTGRES_PORT")
database = {"ENGINE": "latency", "NAME": os.environ.get("PAGES_SQLITE", ":memory:")}
if port:
    database = {"ENGINE": "django.db.backends.postgresql", "NAME": "library", "USER": "postgres"}
    database.update(HOST="127.0.0.1", PORT=port, CONN_MAX_AGE=None)
settings.configure(
    SECRET_KEY="recorded",
    # Milliseconds to a database in the same data centre: SQLite answers in microseconds.
    SHOP_ROUND_TRIP=1.0,
    ALLOWED_HOSTS=["*"],
    FLAMEDROP_ALLOW=True,
    ROOT_URLCONF="library.urls",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "library"],
    MIDDLEWARE=["flamedrop_recorder.RecorderMiddleware", "library.banner.BannerMiddleware"],
    PASSWORD_HASHERS=["library.views.Hasher"],
    DATABASES={"default": database},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [HERE / "library" / "templates"],
        }
    ],
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.test import Client, override_settings  # noqa: E402

from library import views  # noqa: E402
from library.models import Author, Book, Genre, Loan, Option, Review, Visit  # noqa: E402

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
PLACES = [
    (f"{ROOT}/recorder/", "/srv/library/"),
    (f"{HERE}/", "/srv/library/"),
    (f"{ROOT}/tests/shop/latency/", f"/srv/venv/lib/{VERSION}/site-packages/latency/"),
    (f"{sysconfig.get_path('purelib')}/", f"/srv/venv/lib/{VERSION}/site-packages/"),
    (f"{sysconfig.get_path('stdlib')}/", f"/usr/lib/{VERSION}/"),
]

def neutral(file):
    for prefix, place in PLACES:
        if file.startswith(prefix):
            return place + file.removeprefix(prefix)
    return file


def seed():
    call_command("migrate", run_syncdb=True, verbosity=0)
    words = views.WORDS + ["light", "house", "bridge", "silence", "summer", "road", "glass", "paper"]
    authors = Author.objects.bulk_create(Author(name=f"Author {at}", country="NZ") for at in range(60))
    genres = Genre.objects.bulk_create(Genre(name=f"Genre {at}") for at in range(8))
    summary = lambda at: " ".join(words[(at * 7 + n * n) % len(words)] for n in range(60))  # noqa: E731
    rows = (
        Book(title=f"Book {at}", author=authors[at], summary=summary(at), price=10 + at) for at in range(60)
    )
    books = Book.objects.bulk_create(rows)
    for at, book in enumerate(books):
        book.genres.set([genres[at % 8], genres[(at + 3) % 8]])
    Review.objects.bulk_create(
        Review(book=book, stars=1 + (at + n) % 5, text="Read it.") for at, book in enumerate(books) for n in range(4)
    )
    Visit.objects.bulk_create(Visit(path=f"/{at}/") for at in range(40))
    Option.objects.bulk_create([Option(key="banner", value="Open on Sunday"), Option(key="currency", value="NZD")])
    loans = (Loan(code=f"code {at}", days=at % 30) for at in range(600_000))
    Loan.objects.bulk_create(loans, batch_size=5000)


def ask(side, name, **headers):
    gc.collect()
    start = time.perf_counter()
    response = Client().get(f"/{side}/{name}/", headers=headers)
    duration = time.perf_counter() - start
    assert response.status_code == 200, (side, name, response.status_code)
    return duration * 1000


def record(side, name, directory):
    with override_settings(FLAMEDROP_DIRECTORY=directory):
        ask(side, name, **{"X-Flamedrop": "1"})


def keep_fastest(directory, target):
    attempts = []
    for path in Path(directory).glob("*.sql.jsonl"):
        head, *statements = map(json.loads, path.read_text("utf-8").splitlines())
        attempts.append((head["duration"], str(path), head, statements))
    _, path, head, statements = min(attempts, key=lambda attempt: attempt[:2])
    known = {}

    def function(key):
        return known.setdefault(key, (neutral(key[0]), *key[1:]))

    stats = marshal.loads(Path(path.removesuffix(".sql.jsonl") + ".prof").read_bytes())
    stats = {
        function(key): (*numbers, {function(caller): edge for caller, edge in callers.items()})
        for key, (*numbers, callers) in stats.items()
    }
    Path(f"{target}.prof").write_bytes(marshal.dumps(stats))
    head["profile"] = f"{target.name}.prof"
    for statement in statements:
        statement["stack"] = [[neutral(file), *rest] for file, *rest in statement["stack"]]
    lines = [json.dumps(each, ensure_ascii=False) + "\n" for each in [head, *statements]]
    Path(f"{target}.sql.jsonl").write_text("".join(lines), "utf-8")


def main(directory, *names):
    seed()
    runs = int(os.environ.get("PAGES_RUNS", 15))
    file = Path(directory, os.environ.get("PAGES_MEASURED", "measured.json"))
    measured = {each["name"]: each for each in json.loads(file.read_text())} if names and file.exists() else {}
    for name in names or views.PAGES:
        times = {"fault": [], "clean": []}
        with tempfile.TemporaryDirectory() as work:
            for side in times:
                ask(side, name)
                ask(side, name)
            # In turn, so that a busy moment meets all of them.
            for _ in range(runs):
                for side in times:
                    times[side].append(ask(side, name))
                    record(side, name, f"{work}/{side}")
            keep_fastest(f"{work}/fault", Path(directory, name))
            keep_fastest(f"{work}/clean", Path(directory, f"clean-{name}"))
        # What is recorded is the fastest as well.
        fastest = {side: min(all) for side, all in times.items()}
        measured[name] = {
            "name": name,
            "fault_ms": round(fastest["fault"], 2),
            "clean_ms": round(fastest["clean"], 2),
            "saved_ms": round(fastest["fault"] - fastest["clean"], 2),
        }
        print(json.dumps(measured[name]))
    lines = ",\n".join(f" {json.dumps(each)}" for each in measured.values())
    file.write_text(f"[\n{lines}\n]\n")


if sys.argv[1:] == ["--names"]:
    print(" ".join(views.PAGES))
else:
    main(*sys.argv[1:])
