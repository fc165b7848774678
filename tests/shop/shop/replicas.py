"""Reads from a replica, as the documentation of Django's routers has it, but that who has just written
reads from the primary for a while.
"""

import time
from contextvars import ContextVar

from django.conf import settings
from django.db import transaction

from .faults import fault

# Until when, by the clock of the epoch, in the visitor's browser.
COOKIE = "written"

pinned = ContextVar("pinned", default=False)


class Router:
    def db_for_read(self, model, **hints):
        if fault("one_server") or pinned.get():
            return "default"
        return "default" if transaction.get_connection("default").in_atomic_block else "replica"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, one, other, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return db == "default"


class PinningMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        until = float(request.COOKIES.get(COOKIE, 0))
        token = pinned.set(request.method == "POST" or time.time() < until)
        try:
            response = self.get_response(request)
        finally:
            pinned.reset(token)
        if request.method == "POST" or request.session.modified:
            response.set_cookie(COOKIE, time.time() + settings.SHOP_LAG)
        return response
