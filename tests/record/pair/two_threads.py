"""A site of two views, asked by two threads at once under VizTracer, with its SQL recorded by the recorder: a profile and a
log of one and the same run, both with the time of day. usage: two_threads.py PROFILE.json FOLDER, which SQL is written to."""

import os
import sys
import tempfile
import threading
import time

import django
from django.conf import settings
from django.db import connection, connections, models
from django.http import JsonResponse
from django.test import Client
from django.urls import path
from viztracer import VizTracer

DATABASE = os.path.join(tempfile.mkdtemp(), "shop.sqlite3")
settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE}},
    FLAMEDROP_ALLOW=True,
    FLAMEDROP_DIRECTORY=sys.argv[2],
    MIDDLEWARE=["flamedrop_recorder.RecorderMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of no use",
)
django.setup()


class Customer(models.Model):
    name = models.TextField()

    class Meta:
        app_label = "shop"


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    total = models.IntegerField()

    class Meta:
        app_label = "shop"


def orders(request):
    """A query for each order's customer."""
    return JsonResponse({"orders": [order.customer.name for order in Order.objects.all()[:12]]})


def report(request):
    """Waits between two queries, as for another service."""
    best = Order.objects.order_by("-total").values_list("total", flat=True)[:50]
    largest = list(best)
    time.sleep(0.02)
    return JsonResponse({"largest": largest, "customers": Customer.objects.count()})


urlpatterns = [path("orders/", orders), path("report/", report)]


def ask(address):
    assert Client().get(address + "?flamedrop").status_code == 200
    connections.close_all()


def main():
    with connection.schema_editor() as editor:
        editor.create_model(Customer)
        editor.create_model(Order)
    customers = Customer.objects.bulk_create(Customer(name="Ann %d" % at) for at in range(30))
    Order.objects.bulk_create(Order(customer=customers[at % 30], total=at * 7 % 101) for at in range(300))
    connections.close_all()
    for address in ("/orders/", "/report/"):  # What is imported and compiled at first.
        ask(address)
    for name in os.listdir(sys.argv[2]):
        os.remove(os.path.join(sys.argv[2], name))
    tracer = VizTracer(
        output_file=sys.argv[1], verbose=0, file_info=False, ignore_frozen=True, min_duration=40, max_stack_depth=40
    )
    tracer.start()
    other = threading.Thread(target=ask, args=("/report/",))
    other.start()
    ask("/orders/")
    other.join()
    tracer.stop()
    tracer.save()


main()
