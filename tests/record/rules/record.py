"""Records one case: NAME DIRECTORY. Each in a process of its own, so that none finds what another imported."""

import cProfile
import marshal
import pstats
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "shop")]

from shop.recording import NeutralPaths, dump_stats, profiled  # noqa: E402

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
PLACES = [
    (f"{HERE}/", "/srv/shop/"),
    (f"{sysconfig.get_path('purelib')}/", f"/srv/venv/lib/{VERSION}/site-packages/"),
    (f"{sysconfig.get_path('scripts')}/", "/srv/venv/bin/"),
    (f"{sysconfig.get_path('stdlib')}/", f"/usr/lib/{VERSION}/"),
]


def of_module(*arguments):
    """What `python -m cProfile` writes, which profiles its own start as well."""
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run([sys.executable, "-m", "cProfile", "-o", file.name, *arguments], check=True, cwd=HERE)
        return marshal.load(file)


def script():
    return of_module("script.py")


def pytest():
    return of_module("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_articles.py")


def stripped():
    """As programs save it that only want a short table."""
    import pages

    profile = cProfile.Profile()
    profile.runcall(pages.django_template_anew())
    return pstats.Stats(profile).strip_dirs().stats


def stats(name):
    import articles
    import pages

    if case := globals().get(name):
        return case()
    if make := getattr(pages, name, None):
        return profiled(make())[1]
    case = getattr(articles, name)
    if not name.startswith("imports"):
        # What libraries import when they are first used is another case.
        case()
    return profiled(case)[1]


name, target = sys.argv[1:]
dump_stats(stats(name), Path(target, f"{name}.prof"), NeutralPaths(PLACES))
