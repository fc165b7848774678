# Flamedrop's recorder. SPDX-License-Identifier: MIT OR Apache-2.0
"""Records requests of a Django site (3.2 to 6.1, Python 3.8 and later) for Flamedrop.

Copy this file beside manage.py and put it first:

    MIDDLEWARE = ["flamedrop_recorder.RecorderMiddleware", ...]

Then add ?flamedrop to an address, or the header X-Flamedrop to a request, and drop the two files of
flamedrop/ into the page: NAME.prof (cProfile) and NAME.sql.jsonl (the request, then each statement
with its time, parameters, lines of code and templates). What was written is said on the console and in
the response's header X-Flamedrop. FLAMEDROP_RECORD = "all", a setting or an environment variable,
records every request. FLAMEDROP_DIRECTORY is another directory to write to.

A management command is recorded in the same way, without the middleware:

    python -m flamedrop_recorder manage.py COMMAND ...

Parameters are written as they are, so nothing is recorded unless DEBUG or FLAMEDROP_ALLOW is true.
Neither may be on a site that strangers reach: whoever asks can fill the directory.
DEBUG = True itself costs time for every statement: FLAMEDROP_ALLOW = True with DEBUG = False is
nearer to production. Record what is warm: ask for the page once before. The recorder adds about
30 us to a statement (its lines of code are looked up), cProfile adds more to everything.

What cannot be had, and is then said in the record:
- Under ASGI there is no profile: on the event loop it would hold other tasks, and a synchronous
  view runs in another thread. SQL is recorded all the same.
- From Python 3.12 on, cProfile watches all threads. A profile during which another request or
  runserver's autoreload ran is left out: serve with `runserver --noreload --nothreading`. A process
  then has one profiler at a time, so there is none either if another is active.
Not recorded are BEGIN, COMMIT and ROLLBACK, which do not pass Django's execute wrappers, and what
threads run that the view itself starts.
A streamed response is recorded until its end, without what the server does between its parts.
"""

import asyncio
import contextvars
import cProfile
import json
import logging
import os
import platform
import re
import runpy
import sys
import threading
import uuid
from time import perf_counter, strftime, time

import django
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.core.signals import got_request_exception
from django.db import connections
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.db.models.query import QuerySet
from django.db.models.query_utils import DeferredAttribute
from django.dispatch import receiver
from django.http import FileResponse
from django.template.base import Node
from django.utils.decorators import sync_and_async_middleware

try:  # Since asgiref 3.6; asyncio's is deprecated.
    from asgiref.sync import iscoroutinefunction
except ImportError:
    iscoroutinefunction = asyncio.iscoroutinefunction

MANY = 100  # How many parameter sets of an executemany are written.
NO_ASYNC_PROFILE = "no profile: the site is served by ASGI, where requests share a thread"
NOT_ALONE = "no profile: %s ran at the same time, and cProfile watches all threads"
RELOADER = os.path.join("django", "utils", "autoreload.py")

# By which profilers of all threads know them; since Python 3.8.
thread_number = getattr(threading, "get_native_id", lambda: None)

logger = logging.getLogger("flamedrop")
_lock = threading.Lock()
_running = []
# Which request a statement is of, also in the threads and tasks that asgiref and asyncio start.
_current = contextvars.ContextVar("flamedrop", default=None)


@sync_and_async_middleware
def RecorderMiddleware(get_response):
    if not (settings.DEBUG or getattr(settings, "FLAMEDROP_ALLOW", False)):
        raise MiddlewareNotUsed("Flamedrop's recorder needs DEBUG or FLAMEDROP_ALLOW")

    def middleware(request):
        recording = Recording(request)
        if wanted(request):
            recording.begin(True)
        try:
            recording.resume()
            response = get_response(request)
        except BaseException as error:
            recording.pause()
            recording.finish(error=type(error).__name__)
            raise
        recording.pause()
        return recording.answer(response, Stream)

    async def async_middleware(request):
        if not wanted(request):
            return await get_response(request)
        recording = Recording(request)
        # In the thread whose connections the views will use.
        await sync_to_async(recording.begin)(False)
        _current.set(recording.id)
        try:
            response = await get_response(request)
        except BaseException as error:
            await sync_to_async(recording.finish)(error=type(error).__name__)
            raise
        stream = AsyncStream if getattr(response, "is_async", False) else Stream
        return await sync_to_async(recording.answer)(response, stream)

    return async_middleware if iscoroutinefunction(get_response) else middleware


def wanted(request):
    return (
        "flamedrop" in request.GET
        or "HTTP_X_FLAMEDROP" in request.META
        or getattr(settings, "FLAMEDROP_RECORD", os.environ.get("FLAMEDROP_RECORD")) == "all"
    )


def harmless(method):
    """What goes wrong in the recorder is logged; the site works as if it were not there."""

    def guarded(self, *arguments, **named):
        try:
            return method(self, *arguments, **named)
        except Exception:
            self.broken = True
            logger.exception("Flamedrop's recorder failed")

    return guarded


class Recording:
    """One request; without begin(), only that it runs is known, for those that are recorded."""

    everywhere = False  # Whether statements of all threads and tasks are its own.

    def __init__(self, request):
        self.request = request
        self.id = self.error = self.status = self.profiler = self.written = None
        self.connections, self.statements, self.notes = [], [], []
        self.transactions, self.threads = [], {}
        self.broken = self.finished = False
        self.alone = True
        self.start, self.clock = time(), perf_counter()

    @harmless
    def begin(self, profile):
        """Watches the connections of this thread."""
        self.request._flamedrop = self
        self.id = uuid.uuid4().hex
        _current.set(self.id)
        if not profile:
            self.notes.append(NO_ASYNC_PROFILE)
        elif sys.getprofile() is not None:
            self.notes.append("no profile: another profiler is active")
        else:
            self.profiler = cProfile.Profile()
        for connection in connections.all():
            self.add(connection)

    def add(self, connection):
        # Django has each connection used by the thread that made it only.
        self.threads[connection] = thread_number()
        connection.execute_wrappers.append(self.execute)
        self.connections.append(connection)

    def resume(self):
        with _lock:
            for other in _running:
                other.alone = self.alone = False
            _running.append(self)
        if self.profiler is not None:
            try:
                self.profiler.enable()
            except ValueError as error:  # Since 3.12: there can be one in a process.
                self.profiler = None
                self.notes.append("no profile: %s" % error)

    def pause(self):
        if self.profiler is not None:
            self.profiler.disable()
        with _lock:
            if self in _running:
                _running.remove(self)

    def execute(self, execute, sql, params, many, context):
        """Django's execute wrapper. It is in the profile, so it calls next to nothing."""
        if not self.everywhere and _current.get() != self.id:
            return execute(sql, params, many, context)
        error, rows = None, -1
        start = perf_counter()
        try:
            result = execute(sql, params, many, context)
            return result
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            duration = perf_counter() - start
            stack, relation = [], None
            try:
                if error is None:
                    rows = context["cursor"].cursor.rowcount
                frame, orm, queryset = sys._getframe(1), True, None
                while frame is not None:
                    code = frame.f_code
                    place = places[code.co_filename]
                    if place == "own":
                        stack.append((code.co_filename, frame.f_lineno, code.co_name))
                        orm = False
                    elif place == "template":
                        if code.co_name == "render_annotated":
                            stack.append(frame.f_locals["self"])
                        orm = False
                    elif place == "recorder":
                        break
                    elif orm and place == "query" and code.co_name == "prefetch_related_objects":
                        # What prefetches has the hints of a lazy relation, and is none.
                        relation, orm = None, False
                    elif orm and place == "query" and queryset is None:
                        owner = frame.f_locals.get("self")
                        if isinstance(owner, QuerySet):
                            queryset = owner
                            if owner._known_related_objects:
                                relation = "reverse", next(iter(owner._known_related_objects))
                            elif "instance" in owner._hints:
                                # Not the queryset itself: its rows would be kept with it.
                                relation = owner._query, owner._hints["instance"].__class__
                    elif orm and place == "descriptor" and code.co_name == "__get__":
                        relation, orm = ("descriptor", frame.f_locals["self"]), False
                    frame = frame.f_back
            except Exception as problem:
                self.notes.append("a stack is incomplete: %r" % problem)
            connection = context["connection"]
            self.statements.append(
                (start, duration, sql, params, many, rows, error, stack, relation)
                # What waits for the end of a transaction is a new list for each.
                + (connection.alias, connection.vendor, self.threads[connection])
                + (connection.run_on_commit if connection.in_atomic_block else None,)
            )

    def answer(self, response, stream):
        """The response, which is finished now or when it has been streamed."""
        self.status = response.status_code
        streams = response.streaming and not isinstance(response, FileResponse)
        if self.id is None or not streams or not self.watch(response, stream):
            self.finish()
        if self.written is not None:
            # Without the directory: that is nobody's but the developer's.
            response["X-Flamedrop"] = os.path.basename(self.written)
        return response

    @harmless
    def watch(self, response, stream):
        response.streaming_content = stream(self, response.streaming_content)
        return True

    @harmless
    def finish(self, error=None):
        if self.finished:
            return
        self.finished = True
        duration = self.elapsed()
        for connection in self.connections:
            connection.execute_wrappers.remove(self.execute)
        if self.id is None or self.broken:
            return
        if self.profiler is not None and sys.version_info >= (3, 12):
            self.profiler.create_stats()
            reloaders = (file for file, _, _ in self.profiler.stats if file.endswith(RELOADER))
            if not self.alone or next(reloaders, None):
                other = "autoreload" if self.alone else "another request"
                self.notes.append(NOT_ALONE % other)
                self.profiler = None
        self.error = error or self.error
        self.written = self.write(duration)
        self.say(duration)

    def elapsed(self):
        """Since it began, in seconds."""
        return perf_counter() - self.clock

    def say(self, duration):
        sys.stderr.write(
            "Flamedrop: %s%s, %.0f ms, %d statement%s\n"
            % (
                self.written,
                ".prof and .sql.jsonl" if self.profiler is not None else ".sql.jsonl",
                duration * 1000,
                len(self.statements),
                "" if len(self.statements) == 1 else "s",
            )
        )

    def write(self, duration):
        """The files' name without their endings."""
        request, match = self.request, getattr(self.request, "resolver_match", None)
        # As it was asked for, but for the wish to record it.
        query = request.META.get("QUERY_STRING", "").split("&")
        query = "&".join(part for part in query if part.partition("=")[0] != "flamedrop")
        path = request.path + ("?" + query if query else "")
        lines = [line(self.described(*statement)) for statement in self.statements]
        stem, log = self.files()
        with log:
            profile = self.profile(stem)
            head = {"flamedrop": 1, "request": self.id, "method": request.method, "path": path}
            if match is not None:
                head.update(view=match._func_path, route=match.route)
            head.update(status=self.status, start=self.start, duration=duration, profile=profile)
            head.update(python=platform.python_version(), django=django.get_version())
            if self.error:
                head["error"] = self.error
            if self.notes:
                head["notes"] = sorted(set(self.notes))
            log.write(line(head))
            log.writelines(lines)
        return stem

    def files(self):
        """The files' name without their endings, and the one of SQL."""
        return create(self.request.method, self.request.path)

    def profile(self, stem):
        """Writes the profile, if there is one; its name."""
        if self.profiler is None:
            return None
        self.profiler.dump_stats(stem + ".prof")
        return os.path.basename(stem) + ".prof"

    def described(
        self, start, duration, sql, params, many, rows, error, stack, relation, alias, vendor, thread, atomic
    ):
        if hasattr(sql, "as_string"):  # psycopg's composed SQL
            sql = sql.as_string(connections[alias].connection)
        record = {"request": self.id, "start": self.start + (start - self.clock)}
        record.update(duration=duration, sql=str(sql), params=params)
        if many:
            sets = params if isinstance(params, (list, tuple)) else []
            record.update(params=sets[:MANY], many=len(sets))
        if rows >= 0:
            record["rows"] = rows
        record.update(alias=alias, vendor=vendor)
        if thread is not None:
            record["thread"] = thread
        if atomic is not None:
            same = [at for at, other in enumerate(self.transactions, 1) if other is atomic]
            if not same:
                self.transactions.append(atomic)
            record["transaction"] = same[0] if same else len(self.transactions)
        if error:
            record["error"] = error
        record["stack"] = list(entries(stack))
        if relation and str(sql)[:6].upper() == "SELECT":
            try:
                relation = named(*relation)
            except Exception as problem:  # Django's inside may look different one day.
                self.notes.append("a relation is missing: %r" % problem)
            else:
                if relation:
                    record["relation"] = dict(zip(("kind", "name", "accessor"), relation))
        return record


class Stream:
    """The parts of a streamed response, recorded while they are made."""

    def __init__(self, recording, parts):
        self.recording = recording
        self.parts = iter(parts)

    def __iter__(self):
        return self

    def __next__(self):
        _current.set(self.recording.id)
        self.recording.resume()
        try:
            part = next(self.parts)
        except BaseException as error:
            self.recording.pause()
            ended = isinstance(error, StopIteration)
            self.recording.finish(error=None if ended else type(error).__name__)
            raise
        self.recording.pause()
        return part

    def close(self):
        self.recording.finish()


class AsyncStream:
    def __init__(self, recording, parts):
        self.recording = recording
        self.parts = parts.__aiter__()

    def __aiter__(self):
        return self

    async def __anext__(self):
        try:
            return await self.parts.__anext__()
        except BaseException as error:
            ended = isinstance(error, StopAsyncIteration)
            await sync_to_async(self.recording.finish)(
                error=None if ended else type(error).__name__
            )
            raise

    def close(self):
        self.recording.finish()


@receiver(got_request_exception)
def remember_error(request=None, **_):
    """Django turns exceptions into responses before a middleware can see them."""
    recording, error = getattr(request, "_flamedrop", None), sys.exc_info()[0]
    if recording is not None and error is not None:
        recording.error = error.__name__


class Places(dict):
    """Whose code is in a file. Asked for every frame of every statement, worked out once a file."""

    inside = tuple(os.path.dirname(module.__file__) + os.sep for module in (django, os)) + ("<",)
    installed = tuple(os.sep + name + os.sep for name in ("site-packages", "dist-packages"))
    known = {
        Node.render_annotated: "template",
        QuerySet.get: "query",
        DeferredAttribute.__get__: "descriptor",
        ForwardManyToOneDescriptor.__get__: "descriptor",
        Recording.execute: "recorder",
    }

    def __init__(self):
        for function, place in self.known.items():
            self[function.__code__.co_filename] = place

    def __missing__(self, file):
        foreign = file.startswith(self.inside) or any(part in file for part in self.installed)
        self[file] = place = "foreign" if foreign else "own"
        return place


places = Places()


def entries(stack):
    """File, line and function of own code, innermost first; of a template the tag it renders."""
    before = None
    for entry in stack:
        if not isinstance(entry, tuple):
            origin, token = getattr(entry, "origin", None), getattr(entry, "token", None)
            name = str(getattr(origin, "name", "<unknown source>"))
            # Tags around a tag of the same template say nothing new.
            if token is None or name == before or places[name] != "own":
                continue
            form = "{{ %s }}" if token.token_type.name == "VAR" else "{%% %s %%}"
            before, entry = name, (name, token.lineno, form % token.contents[:80])
        else:
            before = None
        yield entry


def named(how, what):
    """Kind, name and accessor of the relation that a SELECT follows."""
    if how == "descriptor":
        if hasattr(what, "related"):
            relation = what.related
            return kind_and_name("reverse", relation.model, relation.get_accessor_name())
        kind = "forward" if hasattr(what, "get_object") else "deferred"
        return kind_and_name(kind, what.field.model, what.field.name)
    if how == "reverse":
        relation = what.remote_field
        return kind_and_name("reverse", relation.model, relation.get_accessor_name())
    tables, options = {join.table_name for join in how.alias_map.values()}, what._meta
    for field in options.many_to_many:
        if field.remote_field.through._meta.db_table in tables:
            return kind_and_name("many_to_many", what, field.name)
    for relation in options.related_objects:
        if relation.many_to_many and relation.through._meta.db_table in tables:
            return kind_and_name("many_to_many", what, relation.get_accessor_name())
    return None


def kind_and_name(kind, model, accessor):
    return kind, "%s.%s" % (model.__name__, accessor), accessor


def create(method, path):
    """A log that is not there yet, named by time, method and path, and its name without ending."""
    directory = str(getattr(settings, "FLAMEDROP_DIRECTORY", "flamedrop"))
    if not os.path.isdir(directory):
        os.makedirs(directory, mode=0o700, exist_ok=True)
        with open(os.path.join(directory, ".gitignore"), "w") as file:
            file.write("*\n")
    words = "-".join(re.findall("[A-Za-z0-9]+", path))[:60].strip("-") or "index"
    method = re.sub("[^A-Z]", "", method.upper()[:10])
    stem = os.path.join(directory, "%s-%s-%s" % (strftime("%Y%m%d-%H%M%S"), method, words))
    for number in range(1, 10000):
        name = stem if number == 1 else "%s-%d" % (stem, number)
        try:
            if not os.path.exists(name + ".prof"):
                log = open(name + ".sql.jsonl", "x", encoding="utf-8", errors="replace")
                return name, log
        except FileExistsError:
            pass
    raise FileExistsError(stem)


def line(record):
    try:
        return json.dumps(record, ensure_ascii=False, allow_nan=False, default=text) + "\n"
    except (TypeError, ValueError):  # Keys or numbers that JSON does not have, or a cycle.
        record["params"] = [repr(record.get("params"))]
        return json.dumps(record, ensure_ascii=False, default=text) + "\n"


def text(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        value = bytes(value)
        long = len(value) > 256
        return "%r and so on, %d bytes" % (value[:64], len(value)) if long else repr(value)
    try:
        return str(value)
    except Exception:
        return object.__repr__(value)


class Command:
    """A management command in the place of a request."""

    method = "COMMAND"

    def __init__(self, words):
        self.path = " ".join(words)
        self.META = {}


class Program(Recording):
    """A whole program in the place of a request, for `flamedrop run`, which makes the profile itself, adds each
    connection, and says when the program began and ended (perf_counter)."""

    everywhere = True

    def __init__(self, words, stem, clock):
        super().__init__(Command(words))
        self.request.method = "PROGRAM"
        self.id = uuid.uuid4().hex
        self.stem = stem
        self.start += clock - self.clock
        self.clock = self.ended = clock

    def elapsed(self):
        return self.ended - self.clock

    def files(self):
        return self.stem, open(self.stem + ".sql.jsonl", "w", encoding="utf-8", errors="replace")

    def profile(self, stem):
        return os.path.basename(stem) + ".prof"

    def say(self, duration):
        pass


def main(arguments):
    """Runs a script, as a rule manage.py, and records the first command that it executes."""
    if not arguments or arguments[0].startswith("-"):
        sys.exit("usage: python -m flamedrop_recorder manage.py COMMAND ...")
    from django.core.management.base import BaseCommand

    execute, begun = BaseCommand.execute, []

    def recorded(self, *positional, **options):
        # A command that another one calls is a part of it.
        if begun:
            return execute(self, *positional, **options)
        recording = Recording(Command([os.path.basename(arguments[0]), *arguments[1:2]]))
        begun.append(recording)
        recording.begin(True)
        error = None
        try:
            recording.resume()
            return execute(self, *positional, **options)
        except BaseException as raised:
            error = type(raised).__name__
            raise
        finally:
            recording.pause()
            recording.finish(error=error)

    BaseCommand.execute = recorded
    sys.argv = list(arguments)
    sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
    runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
