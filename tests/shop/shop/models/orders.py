from decimal import Decimal

from django.conf import settings
from django.db import models

from .catalogue import Product


class ExchangeRate(models.Model):
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=10, decimal_places=5)

    def __str__(self):
        return f"{self.currency} {self.rate}"


class OrderQuerySet(models.QuerySet):
    def for_list(self):
        """With all that a row of an order list shows."""
        return self.select_related("customer").prefetch_related("lines__product")

    def summary(self):
        """Orders and revenue by status."""
        revenue = models.Sum(
            models.F("lines__quantity") * models.F("lines__price"),
            output_field=models.DecimalField(max_digits=12, decimal_places=2),
        )
        return (
            self.values("status")
            .annotate(orders=models.Count("pk", distinct=True), revenue=revenue)
            .order_by("status")
        )


class Order(models.Model):
    class Status(models.TextChoices):
        NEW = "new"
        PAID = "paid"
        SHIPPED = "shipped"
        CANCELLED = "cancelled"

    customer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="orders")
    number = models.CharField(max_length=20, unique=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.NEW)
    placed = models.DateTimeField()
    note = models.TextField(blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed", "-pk"]

    def __str__(self):
        return self.number

    @property
    def total(self):
        return sum((line.amount for line in self.lines.all()), Decimal(0))


class OrderLine(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="lines")
    quantity = models.PositiveSmallIntegerField()
    price = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.quantity} × {self.product}"

    @property
    def amount(self):
        return self.quantity * self.price
