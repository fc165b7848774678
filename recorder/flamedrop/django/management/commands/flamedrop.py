# Flamedrop. SPDX-License-Identifier: MIT OR Apache-2.0
"""manage.py flamedrop URL: records one request, its profile and its SQL, and opens it."""

import glob
import os
import tempfile

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.test import Client, override_settings

from flamedrop import program

MIDDLEWARE = "flamedrop_recorder.RecorderMiddleware"
SAME = (MIDDLEWARE, "flamedrop.django.RecorderMiddleware")


class Command(BaseCommand):
    help = "Records one request through the test client, its profile and its SQL, and opens it in the browser."

    def add_arguments(self, parser):
        parser.add_argument("url", metavar="URL", help="of this site: /orders/?page=2")
        parser.add_argument("--user", metavar="NAME", help="logs in as this user")
        parser.add_argument("--cold", action="store_true", help="asks once only: with what a first request loads")
        parser.add_argument("--keep", metavar="DIRECTORY", help="writes the recording there, not into a temporary folder")
        parser.add_argument("--output", metavar="FILE", help="writes the page there")
        parser.add_argument("--no-browser", action="store_true", help="writes the page and says where it is")

    def handle(self, url, user=None, cold=False, keep=None, output=None, no_browser=False, **_):
        if not url.startswith("/"):
            raise CommandError("URL is the path of a page of this site: /orders/?page=2")
        directory = os.path.abspath(keep) if keep else tempfile.mkdtemp(prefix="flamedrop-")
        middleware = [name for name in settings.MIDDLEWARE if name not in SAME]
        here = override_settings(
            ALLOWED_HOSTS=[*settings.ALLOWED_HOSTS, "testserver"],
            FLAMEDROP_ALLOW=True,
            FLAMEDROP_DIRECTORY=directory,
            FLAMEDROP_RECORD="asked",
            MIDDLEWARE=[MIDDLEWARE, *middleware],
        )
        before = set(recordings(directory))
        with here:
            client = self.client(user)
            secure = bool(getattr(settings, "SECURE_SSL_REDIRECT", False))
            if not cold:
                client.get(url, secure=secure)
            response = client.get(url, secure=secure, HTTP_X_FLAMEDROP="1")
        files = sorted(set(recordings(directory)) - before)
        if not files:
            raise CommandError("nothing was recorded: a middleware of WSGI answers before Flamedrop's, or failed (above)")
        if response.status_code >= 300:
            to = response.headers.get("Location") if hasattr(response, "headers") else response.get("Location")
            self.stderr.write("flamedrop: the answer is %s%s" % (response.status_code, " to " + to if to else ""))
        arguments = ["--no-browser"] if no_browser else []
        if output:
            arguments += ["--output", output]
        elif not keep:
            arguments += ["--output", os.path.splitext(files[0])[0] + ".html"]
        if program.open_files(files, arguments):
            raise CommandError("the recording, %s, could not be opened" % ", ".join(files))

    def client(self, user):
        # What a view raises is recorded as the answer that a browser gets.
        client = Client(raise_request_exception=False)
        if user is not None:
            model = get_user_model()
            try:
                client.force_login(model._default_manager.get_by_natural_key(user))
            except model.DoesNotExist:
                raise CommandError("there is no user %s" % user) from None
        return client


def recordings(directory):
    return glob.glob(os.path.join(glob.escape(directory), "*.prof")) + glob.glob(
        os.path.join(glob.escape(directory), "*.sql.jsonl")
    )
