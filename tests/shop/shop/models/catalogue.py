from django.conf import settings
from django.db import models
from django.db.models import Count
from django.db.models.expressions import RawSQL
from django.urls import reverse


class Category(models.Model):
    name = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    parent = models.ForeignKey(
        "self", models.CASCADE, related_name="children", null=True, blank=True
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("category", args=[self.slug])


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class ProductQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def for_cards(self):
        """With all that a product card shows."""
        if settings.SHOP_DENORMALISED:
            copies = {"tag_names": RawSQL("tag_names", ()), "similar": RawSQL("similar", ())}
            return (
                self.select_related("category").prefetch_related("images").annotate(**copies)
            )
        return self.select_related("category").prefetch_related("tags", "images")


class Product(models.Model):
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    tags = models.ManyToManyField(Tag, related_name="products", blank=True)
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    sku = models.CharField(max_length=20)
    description = models.TextField(blank=True)
    price = models.DecimalField(max_digits=8, decimal_places=2)
    stock = models.IntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created = models.DateTimeField()

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering = ["-created", "pk"]

    def __str__(self):
        return self.name

    def shown_tags(self):
        """The names, as a card shows them."""
        if settings.SHOP_DENORMALISED:
            return self.tag_names.split("|") if self.tag_names else []
        return self.tags.all()

    def related(self):
        """Those with the most tags in common."""
        if settings.SHOP_DENORMALISED:
            keys = [int(key) for key in self.similar.split("|") if key]
            found = Product.objects.active().in_bulk(keys)
            return [found[key] for key in keys if key in found]
        return (
            Product.objects.active()
            .filter(tags__in=self.tags.all())
            .exclude(pk=self.pk)
            .annotate(shared=Count("pk"))
            .order_by("-shared", "pk")[:4]
        )

    def get_absolute_url(self):
        return reverse("product", args=[self.slug])


class Image(models.Model):
    product = models.ForeignKey(Product, models.CASCADE, related_name="images")
    path = models.CharField(max_length=200)
    alt = models.CharField(max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]

    def __str__(self):
        return self.path


class Review(models.Model):
    product = models.ForeignKey(Product, models.CASCADE, related_name="reviews")
    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reviews")
    rating = models.PositiveSmallIntegerField()
    text = models.TextField()
    created = models.DateTimeField()

    class Meta:
        ordering = ["-created"]

    def __str__(self):
        return f"{self.rating}/5"
