from django.db import models


class Shelf(models.Model):
    name = models.CharField(max_length=50, unique=True)

    class Meta:
        ordering = ["name"]


class Writer(models.Model):
    name = models.CharField(max_length=50)


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name="books")
    writers = models.ManyToManyField(Writer, related_name="books")
    title = models.CharField(max_length=100, db_index=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    printed = models.DateField(null=True)

    def is_old(self):
        return self.printed is None or self.printed.year < 1950


class Review(models.Model):
    book = models.ForeignKey(Book, models.CASCADE)
    stars = models.PositiveSmallIntegerField()
    words = models.TextField(blank=True)
