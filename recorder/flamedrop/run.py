# Flamedrop's `run`. SPDX-License-Identifier: MIT OR Apache-2.0
"""Runs a script or a module under cProfile as `python` itself would, and opens the recording.

    python run.py [--flamedrop PROGRAM] [--scratch DIRECTORY] [--keep DIRECTORY] [--no-browser] SCRIPT | -m MODULE [ARGUMENT ...]

Standard library only, Python 3.8 and later: `flamedrop run` hands this file to whichever Python the program needs. Its
syntax is that of all Pythons, so that an older one says what it needs.
The program sees itself as `__main__`, with its own arguments and path; it ends with its own exit status and
traceback. The profile has its frames only: none of this file, of runpy or of cProfile. Where the program uses Django,
its SQL is recorded beside the profile by flamedrop_recorder.py, as of a request.
"""

import sys

if sys.version_info < (3, 8):
    import os
    import shutil

    # What was put into a folder for this run.
    if "--scratch" in sys.argv[1:-1]:
        shutil.rmtree(sys.argv[sys.argv.index("--scratch") + 1], ignore_errors=True)
    sys.exit("flamedrop run: it needs Python 3.8 or newer, and %s is %d.%d" % ((sys.executable,) + sys.version_info[:2]))

import builtins
import cProfile
import errno
import functools
import importlib.machinery
import importlib.util
import io
import marshal
import os
import re
import subprocess
import tempfile
import threading
import types
from time import perf_counter

# The module that defines what Django's connections have in common.
CONNECTIONS = "django.db.backends.base.base"
RECORDER = "flamedrop_recorder.py"
# A word of its own in Python 2.
run_code = getattr(builtins, "exec")
# Processes that take less, in seconds, are not what a program spends its time with.
LONG = 0.1
USAGE = "usage: flamedrop run [OPTIONS] SCRIPT | -m MODULE [ARGUMENT ...]"


class Options:
    def __init__(self, arguments):
        self.program = self.scratch = self.keep = None
        self.browser, self.module = True, False
        rest = list(arguments)
        while rest and rest[0].startswith("-"):
            word = rest.pop(0)
            if word == "--no-browser":
                self.browser = False
            elif word in ("--flamedrop", "--scratch", "--keep") and rest:
                setattr(self, "program" if word == "--flamedrop" else word[2:], rest.pop(0))
            elif word.startswith("--keep="):
                self.keep = word[len("--keep=") :]
            elif word == "-m":
                self.module = True
                break
            elif word == "--":
                break
            else:
                sys.exit("flamedrop run: there is no option %s\n%s" % (word, USAGE))
        if not rest:
            sys.exit(USAGE)
        self.words = rest


# --- What runs -------------------------------------------------------------------------------------------------------


def main_module(code, **attributes):
    """The module that the program is, in place of this one."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__builtins__=builtins, __annotations__={}, **attributes)
    if sys.version_info >= (3, 14):  # Where annotations are made when they are asked for.
        del module.__dict__["__annotations__"]
    return module, code


def script(path):
    """The main module of a file, a folder or an archive, as `python PATH` finds it."""
    if sys.version_info >= (3, 9):
        path = os.path.abspath(path)
    if os.path.isdir(path) or not is_source(path):
        sys.path[0] = path
        finder = importlib.machinery.PathFinder
        spec = finder.find_spec("__main__", [path])
        if spec is not None and spec.loader is not None:
            return of_spec(spec, "__main__")
        if os.path.isdir(path):
            sys.exit("%s: can't find '__main__' module in %r" % (sys.executable, path))
    else:
        begin_path(os.path.dirname(os.path.realpath(path)))
    try:
        with io.open_code(path) as file:
            content = file.read()
    except OSError as error:
        # The words and the status of Python itself.
        sys.stderr.write(
            "%s: can't open file %r: [Errno %s] %s\n" % (sys.executable, path, error.errno, error.strerror)
        )
        sys.exit(2)
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    code = compile(content, path, "exec", dont_inherit=True)
    return main_module(
        code, __file__=path, __cached__=None, __doc__=None, __loader__=loader, __package__=None, __spec__=None
    )


def begin_path(folder):
    """What is looked through first; with `python -P` there is no such folder."""
    if not getattr(sys.flags, "safe_path", False):
        sys.path[0] = folder


def is_source(path):
    """Whether it is a file that is no archive: those begin with what is no Python."""
    try:
        with open(path, "rb") as file:
            return file.read(4) != b"PK\3\4"
    except OSError:
        return True


def module(name):
    """The main module of `python -m NAME`."""
    # Other than for a script: where the caller is.
    begin_path(os.getcwd())
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            name += ".__main__"
            spec = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        sys.exit(
            "%s: Error while finding module specification for %r (ModuleNotFoundError: %s)"
            % (sys.executable, name, error)
        )
    if spec is None or spec.loader is None:
        sys.exit("%s: No module named %s" % (sys.executable, name))
    sys.argv[0] = spec.origin
    return of_spec(spec, name)


def of_spec(spec, name):
    code = spec.loader.get_code(name)
    if code is None:
        sys.exit("%s: No code object available for %s" % (sys.executable, name))
    return main_module(
        code,
        __file__=spec.origin,
        __cached__=spec.cached,
        __doc__=None,
        __loader__=spec.loader,
        __package__=spec.parent,
        __spec__=spec,
    )


# --- Its SQL ---------------------------------------------------------------------------------------------------------


class Statements:
    """Records the SQL of a program from the first connection of Django's on. Without Django: nothing."""

    def __init__(self, words, stem, source):
        self.words, self.stem = words, stem
        self.recording = self.code = None
        self.began = self.ended = perf_counter()
        self.recorder = types.ModuleType("flamedrop_recorder")
        if source and importlib.util.find_spec("django") is not None:
            self.recorder.__file__, text = source
            # Now, as the profile would have it else.
            self.code = compile(text, self.recorder.__file__, "exec", dont_inherit=True)
            known = sys.modules.get(CONNECTIONS)
            if known is None:
                sys.meta_path.insert(0, self)
            else:  # Imported for the package that -m names.
                self.listen(known.BaseDatabaseWrapper)

    def find_spec(self, name, path=None, target=None):
        """Waits for the module that defines connections, to hear of each."""
        if name != CONNECTIONS:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            loader, execute = spec.loader, spec.loader.exec_module

            def exec_module(module):
                execute(module)
                self.listen(module.BaseDatabaseWrapper)

            loader.exec_module = exec_module
        return spec

    def listen(self, connection_class):
        initialise = connection_class.__init__

        @functools.wraps(initialise)
        def __init__(connection, *arguments, **named):
            initialise(connection, *arguments, **named)
            self.add(connection)

        connection_class.__init__ = __init__

    def add(self, connection):
        if self.recording is None:
            functools.partial(run_code, self.code, self.recorder.__dict__)()
            self.recording = self.recorder.Program(self.words, self.stem, self.began)
            self.recorder.places[__file__] = "foreign"
        self.recording.add(connection)

    def finish(self, error):
        """Writes what was recorded; whether there was anything."""
        if self.recording is None or not self.recording.statements:
            return False
        self.recording.ended = self.ended
        self.recording.finish(error=error)
        return self.recording.written is not None


def recorder_source():
    """The recorder's path and text: beside this file, or, as it is installed, a folder above."""
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in (here, os.path.dirname(here)):
        path = os.path.join(folder, RECORDER)
        try:
            with io.open_code(path) as file:
                return path, file.read()
        except OSError:
            pass
    return None


# --- The profile -----------------------------------------------------------------------------------------------------


def without(stats, files):
    """pstats' numbers without the functions of these files: what they called was called by their callers, and what
    time they took themselves is their callers'. No total changes."""
    for key in [key for key in stats if key[0] in files]:
        _, _, own, _, callers = stats.pop(key)
        callers = {caller: edge for caller, edge in callers.items() if caller in stats}
        whole = sum(edge[3] for edge in callers.values())
        shares = {caller: edge[3] / whole if whole else 1 / len(callers) for caller, edge in callers.items()}
        for caller, share in shares.items():
            cc, nc, tt, ct, of_caller = stats[caller]
            stats[caller] = cc, nc, tt + own * share, ct, of_caller
        for _, _, _, _, of_callee in stats.values():
            edge = of_callee.pop(key, None)
            for caller, share in shares.items() if edge else ():
                before = of_callee.get(caller, (0, 0, 0, 0))
                of_callee[caller] = tuple(have + part(more, share) for have, more in zip(before, edge))
    return stats


def part(value, share):
    """Of a count a whole number, of a time as much as it is."""
    return round(value * share) if isinstance(value, int) else value * share


# --- Together --------------------------------------------------------------------------------------------------------


def main(arguments):
    options = Options(arguments)
    sql = recorder_source()
    if options.scratch:
        clear(options.scratch, options.keep)
    # It has a place of its own, whatever folder the program goes to.
    directory = os.path.abspath(options.keep or options.scratch or tempfile.mkdtemp(prefix="flamedrop-"))
    try:
        os.makedirs(directory, exist_ok=True)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as problem:
        # Before the program has run for nothing.
        sys.exit("flamedrop run: the recording cannot be kept in %s: %s" % (directory, problem.strerror))
    words = options.words
    sys.argv[:] = words
    try:
        found, code = module(words[0]) if options.module else script(words[0])
    except BaseException as problem:
        # There will be no recording.
        if not options.keep and not os.listdir(directory):
            os.rmdir(directory)
        again(problem)
    stem = free(os.path.join(directory, name_of(words[0], options.module)))
    statements = Statements([os.path.basename(words[0])] + words[1:2], stem, sql)
    if is_reloaded(words, options.module):
        sys.stderr.write(
            "flamedrop: runserver runs the site in a process of its own, to reload it, and only the one that watches is "
            "recorded: add --noreload --nothreading\n"
        )
    # What pickle, multiprocessing and unittest look for; this one must live on, its globals are this function's.
    this = sys.modules.get("__main__")
    sys.modules["__main__"] = found
    process, error = os.getpid(), None
    profile = cProfile.Profile()
    # A partial object is no function of C, and so calls nothing that a profile would hold.
    execute = functools.partial(run_code, code, found.__dict__)
    begin, end = functools.partial(profile.enable), functools.partial(profile.disable)
    others, finished = Others(), []

    def finish(error):
        if os.getpid() == process and not finished:
            finished.append(True)
            statements.ended = perf_counter()
            # What the program printed comes first.
            flush()
            show(options, profile, statements, stem, error)
            others.say()

    def at_once(status, really=os._exit):
        """os._exit, which runs nothing that was to run at the end: so the recording is written here."""
        if os.getpid() == process:
            if threading.current_thread() is threading.main_thread():
                end()
                finish(None)
            elif not finished:
                sys.stderr.write("flamedrop: nothing was recorded: a thread ended the program by os._exit\n")
            # Nothing else does, and before Python 3.9 a pipe is not written to line by line.
            sys.stderr.flush()
        really(status)

    os._exit = at_once
    statements.began = perf_counter()
    try:
        begin()
    except ValueError as problem:  # Since 3.12: there can be one profiler in a process.
        sys.exit("flamedrop run: no profile: %s" % problem)
    try:
        try:
            execute()
        finally:
            end()
    except BaseException as raised:
        error = raised
    if error is None or isinstance(error, SystemExit):
        finish(error)
    if error is not None:
        again(error, finish)
    return this


class Others:
    """What runs beside the program's own thread, and so is not in the profile."""

    def __init__(self):
        self.threads = 0
        if sys.version_info < (3, 12):  # From then on cProfile records all threads.
            threading.setprofile(self.count)

    def count(self, *_):
        """The first event of a new thread."""
        sys.setprofile(None)
        self.threads += 1

    def say(self):
        if self.threads:
            sys.stderr.write(
                "flamedrop: the profile is without %s: before Python 3.12, cProfile records the first thread only\n"
                % ("another thread" if self.threads == 1 else "%d other threads" % self.threads)
            )
        # Of those that have ended, and were waited for.
        took = sum(os.times()[2:4])
        if took >= LONG:
            sys.stderr.write(
                "flamedrop: the profile is without the processes that the program started, which computed for %.1f s\n"
                % took
            )


def is_reloaded(words, is_module):
    """Whether it is Django's runserver with its reloader, which is another process."""
    name = words[0] if is_module else os.path.basename(words[0])
    command = words[1:2]
    return (
        name in ("manage.py", "django", "django-admin", "django-admin.py", "manage")
        and command in (["runserver"], ["runserver_plus"])
        and "--noreload" not in words
        and not {"-h", "--help"}.intersection(words)
    )


def free(stem):
    """A name that no earlier recording has."""
    number, name = 1, stem
    while os.path.lexists(name + ".prof") or os.path.lexists(name + ".sql.jsonl"):
        number += 1
        name = "%s-%d" % (stem, number)
    return name


def clear(scratch, keep):
    """Takes away what was put into a folder for this run: this file and the recorder; also the folder, if the recording
    goes elsewhere."""
    for name in (os.path.basename(__file__), RECORDER):
        os.remove(os.path.join(scratch, name))
    if keep:
        os.rmdir(scratch)


def name_of(word, is_module):
    name = word if is_module else os.path.splitext(os.path.basename(os.path.abspath(word)))[0]
    return re.sub(r"[^\w.-]+", "-", name) or "program"


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # Closed, or replaced by what cannot.
            pass


def show(options, profile, statements, stem, error):
    """Writes the recording and opens it. What goes wrong here is said, and changes nothing of how the program ends."""
    try:
        profile.create_stats()
        own = {__file__, statements.recorder.__dict__.get("__file__")}
        stats = without(profile.stats, own)
        with open(stem + ".prof", "wb") as file:
            marshal.dump(stats, file)
        files = [stem + ".prof"]
        if statements.finish(None if error is None else type(error).__name__):
            files.append(stem + ".sql.jsonl")
        if options.keep or options.program is None:
            sys.stderr.write("flamedrop: recorded %s\n" % " and ".join(files))
        if options.program is not None:
            command = [options.program, "open", "--view", "flame-graph" if len(files) == 1 else "findings"]
            command += [] if options.browser else ["--no-browser"]
            if not options.keep:
                command += ["--output", stem + ".html"]
            flush()
            subprocess.call(command + files, stdin=subprocess.DEVNULL, stdout=2)
    except Exception as problem:
        sys.stderr.write("flamedrop: the recording failed: %r\n" % problem)


def again(error, then=None):
    """Ends as the program ended: Python itself then prints the traceback, which has the program's frames only. What is to
    be done after that is called with the error."""
    if not isinstance(error, SystemExit):
        printed, hook = error.__traceback__, sys.excepthook
        # Also without those that find a module: the program is not to blame for them.
        ours = (__file__, "<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>")
        while printed is not None and printed.tb_frame.f_code.co_filename in ours:
            printed = printed.tb_next

        def excepthook(kind, value, _):
            try:
                hook(kind, value.with_traceback(printed), printed)
            finally:
                if then is not None:
                    then(error)

        sys.excepthook = excepthook
    raise error


if __name__ == "__main__":
    main(sys.argv[1:])
