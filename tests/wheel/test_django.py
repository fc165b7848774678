"""Django with the wheel: `flamedrop run` records SQL, the middleware and `manage.py flamedrop` requests."""

import re
import unittest

import django

from support import Desk, names_of, roots

SETTINGS = """\
import os
from pathlib import Path

ALLOWED_HOSTS = ["shop.example"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parent / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "flamedrop.django",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
FLAMEDROP_ALLOW = "DENY" not in os.environ
if "OWN_MIDDLEWARE" in os.environ:
    MIDDLEWARE.insert(0, "flamedrop.django.RecorderMiddleware")
ROOT_URLCONF = "urls"
SECRET_KEY = "for tests only"
USE_TZ = True
"""

URLS = """\
from django.contrib.auth.models import Group
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path

def groups(request):
    names = [Group.objects.get(pk=pk).name for pk in Group.objects.values_list("pk", flat=True)]
    return HttpResponse(" ".join([request.user.get_username(), *names]))

def broken(request):
    raise ValueError("as it was meant")

urlpatterns = [
    path("groups/", groups),
    path("moved/", lambda request: HttpResponseRedirect("/groups/")),
    path("broken/", broken),
]
"""

MANAGE = """\
import os, sys
from django.core.management import execute_from_command_line
if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    execute_from_command_line(sys.argv)
"""

SCRIPT = """\
import os, threading
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
import django
django.setup()
from django.contrib.auth.models import Group

def count():
    return Group.objects.count()

def each():
    for pk in Group.objects.values_list("pk", flat=True):
        Group.objects.get(pk=pk)

each()
thread = threading.Thread(target=count)
thread.start()
thread.join()
print(count())
"""


class Site(Desk):
    def setUp(self):
        super().setUp()
        self.write("settings.py", SETTINGS)
        self.write("urls.py", URLS)
        self.write("manage.py", MANAGE)
        self.python("manage.py", "migrate", "-v0")
        filled = (
            "from django.contrib.auth.models import Group, User; "
            "[Group.objects.create(name=name) for name in 'abc']; User.objects.create_user('ada')"
        )
        self.python("manage.py", "shell", "-c", filled)

    def read(self, page):
        """The profile and the log in a page."""
        profile, log = sorted(self.documents(page), key=lambda document: document["kind"])
        self.assertEqual((profile["kind"], log["kind"]), ("profile", "queries"))
        return profile, log


class Run(Site):
    def test_a_script_that_sets_django_up_has_its_sql(self):
        self.write("report.py", SCRIPT)
        output, _ = self.flamedrop("run", "report.py")
        self.assertEqual(output, "3\n")
        (page,) = self.opened()
        profile, log = self.read(page)
        self.assertEqual((profile["name"], log["name"]), ("report.prof", "report.sql.jsonl"))
        # One that lists, one for each, and two that count: one of them in a thread.
        self.assertEqual(log["executions"], 6)
        self.assertIn("view=findings", page.read_text("utf-8")[:4000])
        # The recorder is in between, and not in the profile; what it called has callers.
        files = {file for file, _ in names_of(profile)}
        self.assertFalse([file for file in files if re.search("flamedrop_recorder|run[.]py", file)])
        unknown = {name for name in roots(profile)} - {"<module>"}
        self.assertFalse({name for name in unknown if "execute" in name}, unknown)

    def test_lines_of_code_are_the_programs(self):
        self.write("report.py", SCRIPT)
        self.flamedrop("run", "--keep", "kept", "--no-browser", "report.py")
        lines = (self.folder / "kept/report.sql.jsonl").read_text("utf-8")
        self.assertIn('"report.py", 11, "each"', lines.replace(str(self.folder) + "/", ""))
        self.assertNotIn("run.py", lines)

    def test_a_command_has_its_sql(self):
        self.flamedrop("run", "manage.py", "shell", "-c", "from django.contrib.auth.models import User; User.objects.get()")
        profile, log = self.read(*self.opened())
        self.assertEqual((profile["name"], log["executions"]), ("manage.prof", 1))

    def test_a_program_without_sql_has_a_profile_only(self):
        self.flamedrop("run", "manage.py", "check")
        self.assertEqual(self.names(*self.opened()), ["manage.prof"])


class Command(Site):
    def test_one_request_is_recorded_and_opened(self):
        self.python("manage.py", "flamedrop", "/groups/?page=2")
        profile, log = self.read(*self.opened())
        self.assertEqual(log["executions"], 4)
        self.assertTrue(any(name == "groups" for _, name in names_of(profile)))
        # Nothing is left in the project.
        self.assertFalse((self.folder / "flamedrop").exists())

    def test_as_a_user(self):
        self.python("manage.py", "flamedrop", "/groups/", "--user", "ada", "--cold")
        _, log = self.read(*self.opened())
        # The session and the user as well.
        self.assertEqual(log["executions"], 6)
        _, said = self.python("manage.py", "flamedrop", "/groups/", "--user", "bob", status=1)
        self.assertIn("there is no user bob", said)

    def test_beside_the_middleware_of_the_settings(self):
        self.environment["OWN_MIDDLEWARE"] = "yes"
        self.python("manage.py", "flamedrop", "/groups/", "--keep", "kept")
        _, log = self.read(*self.opened())
        self.assertEqual(log["executions"], 4)
        self.assertEqual(len(list((self.folder / "kept").glob("*.prof"))), 1)

    def test_answers_that_are_none(self):
        _, said = self.python("manage.py", "flamedrop", "/moved/")
        self.assertIn("the answer is 302 to /groups/", said)
        _, said = self.python("manage.py", "flamedrop", "/broken/")
        self.assertIn("the answer is 500", said)
        _, said = self.python("manage.py", "flamedrop", "groups", status=1)
        self.assertIn("URL is the path", said)


class Middleware(Site):
    ASK = (
        "from django.test import Client; "
        "response = Client(SERVER_NAME='shop.example').get('/groups/?flamedrop'); "
        "print(response.get('X-Flamedrop'))"
    )

    def test_it_records_what_asks_for_it(self):
        self.environment["OWN_MIDDLEWARE"] = "yes"
        output, _ = self.python("manage.py", "shell", "-c", self.ASK)
        stem = self.folder / "flamedrop" / output.strip().splitlines()[-1]
        self.assertEqual(len(self.names("%s.prof" % stem, "%s.sql.jsonl" % stem)), 2)

    def test_it_is_not_there_where_it_may_not_be(self):
        self.environment.update(OWN_MIDDLEWARE="yes", DENY="yes")
        output, _ = self.python("manage.py", "shell", "-c", self.ASK)
        self.assertEqual(output.strip().splitlines()[-1], "None")
        self.assertFalse((self.folder / "flamedrop").exists())


if __name__ == "__main__":
    print("With Django", django.get_version())
    unittest.main()
