import copy
import json
import re
import time

from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, make_password
from django.db.models import Count, Exists, F, OuterRef
from django.http import Http404
from django.shortcuts import render

from library.models import Author, Book, Loan, Option, Review, Visit

SHOWN = 60


def books():
    return Book.objects.order_by("pk")[:SHOWN]


def foreign_key(request, faulty):
    rows = books() if faulty else Book.objects.select_related("author").order_by("pk")[:SHOWN]
    return {"template": "authors.html", "books": rows}


def reverse(request, faulty):
    rows = books() if faulty else Book.objects.prefetch_related("reviews").order_by("pk")[:SHOWN]
    return {"template": "reviews.html", "books": rows}


def many_to_many(request, faulty):
    rows = books() if faulty else Book.objects.prefetch_related("genres").order_by("pk")[:SHOWN]
    return {"template": "genres.html", "books": rows}


def count(request, faulty):
    if faulty:
        return {"template": "lines.html", "lines": [f"{book.title}: {book.reviews.count()}" for book in books()]}
    rows = Book.objects.annotate(many=Count("reviews")).order_by("pk")[:SHOWN]
    return {"template": "lines.html", "lines": [f"{book.title}: {book.many}" for book in rows]}


def exists(request, faulty):
    if faulty:
        lines = [book.title for book in books() if book.reviews.filter(stars=5).exists()]
    else:
        best = Review.objects.filter(book=OuterRef("pk"), stars=5)
        rows = Book.objects.annotate(loved=Exists(best)).order_by("pk")[:SHOWN]
        lines = [book.title for book in rows if book.loved]
    return {"template": "lines.html", "lines": lines}


def currency():
    return Option.objects.get(key="currency").value


def duplicate(request, faulty):
    if faulty:
        return {"template": "lines.html", "lines": [f"{book.price} {currency()}" for book in books()]}
    unit = currency()
    return {"template": "lines.html", "lines": [f"{book.price} {unit}" for book in books()]}


WORDS = ["river", "stone", "winter", "garden", "letter", "shadow", "morning", "harbour"]
ANY_WORD = re.compile("|".join(WORDS))


def mark(text):
    for word in WORDS * 3:
        text = re.sub(rf"\b({word})s?\b", r"<b>\1</b>", text)
    return text


def mark_once(text):
    return ANY_WORD.sub(lambda found: f"<b>{found[0]}</b>", text)


def regex(request, faulty):
    work = mark if faulty else mark_once
    return {"template": "lines.html", "lines": [work(book.summary) for book in books()]}


def similar(rows):
    pairs = []
    for one in rows:
        for other in rows:
            shared = 0
            for word in one:
                if word in other:
                    shared += 1
            if shared > 6:
                pairs.append(shared)
    return pairs


def similar_quickly(rows):
    seen = {}
    for row in rows:
        for word in set(row):
            seen[word] = seen.get(word, 0) + 1
    return [many for many in seen.values() if many > 6]


def nested_loop(request, faulty):
    rows = [book.summary.split() for book in books()]
    pairs = similar(rows) if faulty else similar_quickly(rows)
    return {"template": "lines.html", "lines": [f"{len(pairs)} pairs"]}


RULES = {f"rule {at}": {"weights": list(range(40)), "names": [str(n) for n in range(20)]} for at in range(40)}


def rules(faulty):
    return copy.deepcopy(RULES) if faulty else dict(RULES)


def deep_copy(request, faulty):
    return {"template": "lines.html", "lines": [f"{book.title} {len(rules(faulty))}" for book in books()]}


PRICES = json.dumps({f"book {at}": {"price": at, "tiers": list(range(30))} for at in range(400)})
PARSED = json.loads(PRICES)


def price(at, faulty):
    table = json.loads(PRICES) if faulty else PARSED
    return table[f"book {at}"]["price"]


def parsing_json(request, faulty):
    return {"template": "lines.html", "lines": [f"{price(at, faulty)}" for at in range(SHOWN)]}


RATES = {}


def fetch_rate(faulty):
    """Stands for a call of another server."""
    if faulty or not RATES:
        time.sleep(0.12)
        RATES["eur"] = 1.1
    return RATES["eur"]


def external(request, faulty):
    rate = fetch_rate(faulty)
    return {"template": "lines.html", "lines": [f"{book.price * rate:.2f}" for book in books()]}


def include(request, faulty):
    return {"template": "included.html" if faulty else "inline.html", "numbers": range(900)}


def row_saves(request, faulty):
    visits = list(Visit.objects.order_by("pk")[:40])
    if faulty:
        for visit in visits:
            visit.count += 1
            visit.save()
    else:
        Visit.objects.filter(pk__in=[visit.pk for visit in visits]).update(count=F("count") + 1)
    return {"template": "lines.html", "lines": [visit.path for visit in visits]}


def row_inserts(request, faulty):
    rows = [Loan(code=f"new {at}", days=at) for at in range(40)]
    if faulty:
        for row in rows:
            row.save()
    else:
        Loan.objects.bulk_create(rows)
    return {"template": "lines.html", "lines": [row.code for row in rows]}


def large_result(request, faulty):
    loans = Loan.objects.order_by("pk")[:6000] if faulty else Loan.objects.order_by("pk")[:50]
    days = sum(loan.days for loan in loans)
    return {"template": "lines.html", "lines": [f"{days} days"]}


class Hasher(PBKDF2PasswordHasher):
    """As slow as a server's, not slower: recordings are made many times."""

    iterations = 120_000


SECRET = make_password("let me in", salt="salt", hasher=Hasher())
SESSIONS = {"token": True}


def hashing(request, faulty):
    known = check_password("let me in", SECRET) if faulty else SESSIONS.get("token", False)
    return {"template": "lines.html", "lines": [f"{known}"] + [book.title for book in books()]}


def middleware(request, faulty):
    return {"template": "lines.html", "lines": [request.banner] + [book.title for book in books()]}


def missing_index(request, faulty):
    loans = Loan.objects.filter(code="code 77777") if faulty else Loan.objects.filter(pk=77777)
    return {"template": "lines.html", "lines": [f"{loan.days}" for loan in loans[:5]]}


PAGES = {
    page.__name__: page
    for page in [
        foreign_key, reverse, many_to_many, count, exists, duplicate, regex, nested_loop, deep_copy, parsing_json,
        external, include, row_saves, row_inserts, large_result, hashing, middleware, missing_index,
    ]
}


def page(request, side, name):
    if name not in PAGES or side not in ("fault", "clean"):
        raise Http404
    context = PAGES[name](request, side == "fault")
    return render(request, context.pop("template"), context)
