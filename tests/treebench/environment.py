"""A Python that has the packages of requirements.txt, kept in the cache between runs."""

import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def cache():
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "flamedrop"
    return Path(os.environ.get("FLAMEDROP_TOOLS") or default)


def python():
    """Its path; made if it is missing or the requirements changed."""
    if sys.version_info < (3, 10):
        sys.exit("The workloads need Python 3.10 or later.")
    directory = cache() / "trees-venv"
    program = directory / "bin" / "python"
    wanted = f"{sys.version}\n{(HERE / 'requirements.txt').read_text()}"
    made = directory / "made-for.txt"
    if not made.exists() or made.read_text() != wanted:
        print(f"Setting up a Python with Django, Jinja, SQLAlchemy … in {directory}", flush=True)
        venv.create(directory, clear=True, with_pip=True)
        install = [program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "-r", HERE / "requirements.txt"], check=True)
        made.write_text(wanted)
    return program


def record(directory, names=()):
    """Records the workloads (all, if none is named) into `directory`."""
    settings = os.environ | {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([python(), HERE, directory, *names], check=True, env=settings)
