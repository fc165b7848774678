"""Sets the site up before it is recorded: a shop with books, and a reader who has been there."""

import datetime
import os

os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"

import django

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from shop.models import Book, Shelf, Writer

call_command("migrate", run_syncdb=True, verbosity=0)
writers = [Writer.objects.create(name=f"writer {n}") for n in range(5)]
for n in range(4):
    shelf = Shelf.objects.create(name=f"shelf {n}")
    for m in range(n * 3):
        day = datetime.date(1900 + m * 20, 5, m + 1)
        book = Book.objects.create(shelf=shelf, title=f"A long title, number {m}", price=m, printed=day)
        book.writers.set(writers[: m % 4])
        book.review_set.create(stars=m % 6, words="Good.\nRead it.")

client = Client()
client.force_login(User.objects.create_user("reader"))


def get(path):
    response = client.get(path)
    assert response.status_code == 200, response


get("/shelves/")
get("/books/1/")
