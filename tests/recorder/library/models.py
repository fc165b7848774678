from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=80)
    biography = models.TextField(default="")


class Tag(models.Model):
    name = models.CharField(max_length=80)


class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag, related_name="books")
    title = models.CharField(max_length=80, unique=True)

    def author_name(self):
        return self.author.name


class Cover(models.Model):
    book = models.OneToOneField(Book, models.CASCADE, related_name="cover")
    colour = models.CharField(max_length=80)
