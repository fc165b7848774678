from django.contrib import messages
from django.db.models import Avg, Count
from django.shortcuts import get_object_or_404, render

from .models import Book, Shelf


def shelves(request):
    found = Shelf.objects.annotate(count=Count("books")).filter(count__gt=0).prefetch_related("books__writers")
    return render(request, "shelves.html", {"shelves": found})


def book(request, number):
    found = get_object_or_404(Book.objects.select_related("shelf"), pk=number)
    if found.is_old():
        messages.info(request, "Handle with care")
    stars = found.review_set.aggregate(Avg("stars"))
    return render(request, "book.html", {"book": found, **stars})
