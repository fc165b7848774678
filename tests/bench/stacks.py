"""Opens a large file of collapsed stacks natively and in the page, beside npm's speedscope in the same browser.

usage: ./dev bench stacks [MEGABYTES] [TIMES]

The page is that of dist/ (./dev build). Both pages are served on localhost and opened in the same Chromium; time is
from the choice of the file to its numbers, or its picture, on screen; memory is the most that any of the browser's
renderers had resident. The samples that each says it has are checked against the file's before anything is timed.
"""

import json
import subprocess
import sys
from pathlib import Path

from measure import INPUTS, ROOT, build, measure

HERE = Path(__file__).resolve().parent


def samples_of(path):
    with open(path, encoding="ascii") as file:
        return sum(int(line.rsplit(" ", 1)[1]) for line in file)


def in_browser(which, path, times):
    command = ["node", str(HERE / "stacks.mjs"), which, str(path), str(times)]
    answer = subprocess.run(command, cwd=ROOT / "tests" / "e2e", stdout=subprocess.PIPE, check=True).stdout
    return json.loads(answer)


def main():
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    INPUTS.mkdir(parents=True, exist_ok=True)
    path = INPUTS / f"stacks-{megabytes}.collapsed"
    if not path.exists():
        subprocess.run([sys.executable, str(HERE / "make_stacks.py"), str(megabytes), str(path)], check=True)
    samples = samples_of(path)
    print(f"{path.name}: {path.stat().st_size / 1e6:.0f} MB, {samples:,} samples")

    flamedrop = build()
    summary = subprocess.run([flamedrop, "summary", "--top", "1", str(path)], stdout=subprocess.PIPE, text=True, check=True)
    if f"{samples:,} samples" not in summary.stdout:
        sys.exit(f"flamedrop found other samples:\n{summary.stdout}")
    native = measure("flamedrop", [flamedrop, "summary", "--top", "1", str(path)], times=3)
    print(f"flamedrop summary: {native.wall:.2f} s, {native.peak_mb:.0f} MB")

    ours = in_browser("flamedrop", path, times)
    if f"{samples:,} samples" not in " ".join(ours["totals"]):
        sys.exit(f"the page found other samples: {ours['totals']}")
    print(f"Flamedrop's page: {ours['seconds']:.2f} s, its flame graph {ours['picture']:.2f} s later; {ours['megabytes']:.0f} MB")
    peer = in_browser("speedscope", path, times)
    print(f"speedscope's page: {peer['seconds']:.2f} s, left heavy {peer['picture']:.2f} s later; {peer['megabytes']:.0f} MB")
    print(
        f"{(peer['seconds'] + peer['picture']) / (ours['seconds'] + ours['picture']):.1f} times as fast, "
        f"with {ours['megabytes'] / peer['megabytes']:.2f} of the memory"
    )


if __name__ == "__main__":
    main()
