import asyncio
import threading

from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.views import View

from .models import Author, Book, Cover, Tag

meeting = threading.Barrier(2)


def templates(request):
    books = Book.objects.order_by("pk")
    return render(request, "library/books.html", {"books": books})


def relations(request):
    author = Author.objects.order_by("pk")[0]
    books = list(author.books.filter(title__startswith="Book"))
    list(books[0].tags.all())
    tag = Tag.objects.get(name="red")
    tag.books.count()
    cover = Cover.objects.get()
    book = cover.book
    book = Book.objects.get(pk=book.pk)
    book.cover.colour
    author = Author.objects.defer("biography")[0]
    author.biography
    list(Book.objects.prefetch_related("tags", "author"))
    list(author.books.prefetch_related("tags"))
    Author.objects.filter(books__tags__name="red").exists()
    author.books.update(title="Book 1")
    return HttpResponse("done")


def statements(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s, %s, %s", [b"\x00\xff", float("nan"), "süß 100 %"])
        cursor.execute("SELECT %s", [b"x" * 1000])
        cursor.execute("SELECT 1")
        cursor.executemany(
            "INSERT INTO library_tag (name) VALUES (%s)", [(str(n),) for n in range(150)]
        )
    with transaction.atomic():
        Tag.objects.create(name="in a transaction")
    try:
        with transaction.atomic():
            Book.objects.create(title="Book 1", author_id=1)
    except IntegrityError:
        pass
    return HttpResponse("done")


@transaction.atomic
def tag_twice(name):
    Tag.objects.create(name=f"{name} 1")
    with transaction.atomic():
        Tag.objects.create(name=f"{name} 2")


def transactions(request):
    tag_twice("a")
    tag_twice("b")
    Tag.objects.count()
    try:
        with transaction.atomic():
            Tag.objects.count()
            raise ValueError("rolled back")
    except ValueError:
        pass
    tag_twice("c")
    return HttpResponse("done")


def fails(request):
    Tag.objects.count()
    raise ValueError("as it should")


def stream(request):
    def rows():
        for book in Book.objects.order_by("pk"):
            yield book.author.name
        if "fail" in request.GET:
            raise KeyError("midway")

    return StreamingHttpResponse(rows())


def meet(request):
    """Two requests that surely run at the same time."""
    Tag.objects.filter(name=request.GET["name"]).exists()
    meeting.wait(20)
    Tag.objects.filter(name=request.GET["name"]).exists()
    meeting.wait(20)
    return HttpResponse(request.GET["name"])


async def asynchronous(request):
    from asgiref.sync import sync_to_async

    for _ in range(3):
        await sync_to_async(Tag.objects.filter(name=request.GET.get("name", "")).exists)()
        await asyncio.sleep(0.01)
    return HttpResponse("done")


async def asynchronous_stream(request):
    from asgiref.sync import sync_to_async

    async def rows():
        for _ in range(2):
            yield str(await sync_to_async(Tag.objects.count)())

    return StreamingHttpResponse(rows())


class Page(View):
    def get(self, request, number):
        return HttpResponse(str(Tag.objects.count()))


urlpatterns = [
    path("templates/", templates),
    path("relations/", relations),
    path("statements/", statements),
    path("transactions/", transactions),
    path("fails/", fails),
    path("stream/", stream),
    path("meet/", meet),
    path("async/", asynchronous),
    path("async-stream/", asynchronous_stream),
    path("page/<int:number>/", Page.as_view()),
]
