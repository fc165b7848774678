from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=40)


class Genre(models.Model):
    name = models.CharField(max_length=40)


class Book(models.Model):
    title = models.CharField(max_length=120)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    genres = models.ManyToManyField(Genre)
    summary = models.TextField()
    price = models.IntegerField()


class Review(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="reviews")
    stars = models.IntegerField()
    text = models.CharField(max_length=200)


class Loan(models.Model):
    """Many of them, with a code that people look for."""

    code = models.CharField(max_length=16)
    days = models.IntegerField()


class Option(models.Model):
    """What the site's owner can change."""

    key = models.CharField(max_length=40, unique=True)
    value = models.CharField(max_length=80)


class Visit(models.Model):
    path = models.CharField(max_length=80)
    count = models.IntegerField(default=0)
