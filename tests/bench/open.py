#!/usr/bin/env python3
# How long from the command to the browser, with a real Django profile: `flamedrop open` of the installed wheel beside
# snakeviz, in turn. snakeviz is also asked for its page, as the browser would: it is a server.
#
# usage: ./dev bench open (after ./dev wheel)

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from measure import ROOT

SNAKEVIZ = "snakeviz==2.2.2"
PROFILE = ROOT / "tests" / "data" / "shop" / "shop.prof"
TIMES = 9


def environment(folder):
    """Both, as pip installs them."""
    (wheel,) = (ROOT / "target" / "wheels").glob("flamedrop-*.whl")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel, SNAKEVIZ]
    subprocess.run([folder / "bin" / "python", *install], check=True)
    return folder / "bin"


class Browser:
    """Writes down what it is asked for, and when."""

    def __init__(self, folder):
        self.path, self.asked = folder / "browser.sh", folder / "asked"
        self.path.write_text(f'#!/bin/sh\necho "$(date +%s.%N) $1" > "{self.asked}.new"\nmv "{self.asked}.new" "{self.asked}"\n')
        self.path.chmod(0o755)

    def wait(self):
        while not self.asked.exists():
            time.sleep(0.001)
        at, address = self.asked.read_text().split()
        self.asked.unlink()
        return float(at), address


def once(command, browser, page):
    """Seconds until the browser is called, and until the page is there."""
    started = time.time()
    process = subprocess.Popen(
        [str(word) for word in command],
        env={**os.environ, "BROWSER": f"{browser.path} %s"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    at, address = browser.wait()
    if page:
        while True:
            try:
                assert b"<html" in urllib.request.urlopen(address).read()
                break
            except OSError:
                time.sleep(0.001)
    else:
        assert b"flamedrop-saved" in Path(address.removeprefix("file://")).read_bytes()
    there = time.time()
    process.terminate() if page else process.wait()
    process.wait()
    return at - started, there - started


def main():
    with tempfile.TemporaryDirectory() as work:
        programs = environment(Path(work, "venv"))
        browser = Browser(Path(work))
        os.environ["TMPDIR"] = work
        commands = {
            "flamedrop open": ([programs / "flamedrop", "open", PROFILE], False),
            "snakeviz": ([programs / "snakeviz", PROFILE], True),
        }
        runs = {name: [] for name in commands}
        for _ in range(TIMES):
            for name, (command, page) in commands.items():
                runs[name].append(once(command, browser, page))
        print(f"{PROFILE.name}, {PROFILE.stat().st_size} bytes; median of {TIMES}, seconds until")
        print(f"{'':16} browser called   page there")
        for name, times in runs.items():
            called, there = (statistics.median(column) for column in zip(*times))
            print(f"{name:16} {called:14.3f} {there:12.3f}")


main()
