"""Lists orders with their customers, of Django's ORM on SQLite in memory. As it is, each row asks for its customer; with
`clean` the query joins them."""

import sys

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()

from django.db import connection, models  # noqa: E402


class Customer(models.Model):
    name = models.CharField(max_length=80)

    class Meta:
        app_label = "shop"


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)

    class Meta:
        app_label = "shop"


try:
    profile
except NameError:

    def profile(function):
        return function


@profile
def names(orders):
    found = []
    for order in orders:
        customer = order.customer
        found.append(customer.name)
    return found


def main(clean):
    with connection.schema_editor() as editor:
        editor.create_model(Customer)
        editor.create_model(Order)
    Customer.objects.bulk_create(Customer(name=f"customer {at}") for at in range(600))
    Order.objects.bulk_create(Order(customer_id=at + 1) for at in range(600))
    orders = Order.objects.all()
    return names(list(orders.select_related("customer") if clean else orders))


if __name__ == "__main__":
    print(len(main("clean" in sys.argv[1:])))
