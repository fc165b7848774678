from django.contrib.auth.models import AbstractUser
from django.db import models


class Customer(AbstractUser):
    city = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, default="GB")
    currency = models.CharField(max_length=3, default="GBP")

    def __str__(self):
        return self.get_full_name() or self.username
