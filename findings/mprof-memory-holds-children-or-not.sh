#!/usr/bin/env bash
# memory_profiler 0.61.0's MEM lines have the memory of child processes in them or not, and the file does not say which.
#
# `mprof run -M` writes the parent's memory as MEM and each child's as CHLD: both together are what the program takes. With
# `-M -C` the same file has CHLD lines as before, but MEM is the parent with all its children: who adds them up counts the
# children twice. Neither the first line nor the names of the lines differ.
#
# Seen: a parent of some 20 MB with a child that holds 60 MB: MEM of 20 to 40 MB with -M, of 80 and more with -M -C.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check memory_profiler==0.61.0 psutil==7.0.0 setuptools==75.8.0
cd "$work"
cat >app.py <<'PYTHON'
import multiprocessing
import time


def hold():
    kept = bytearray(b"x" * 60_000_000)
    time.sleep(2.5)
    del kept


if __name__ == "__main__":
    child = multiprocessing.Process(target=hold)
    child.start()
    child.join()
PYTHON
for how in -M "-M -C"; do
    # shellcheck disable=SC2086
    venv/bin/mprof run $how -T 0.1 -o "out${how// /}.dat" venv/bin/python app.py >/dev/null
done
venv/bin/python - <<'PYTHON'
def lines(path, kind):
    with open(path, encoding="utf-8") as file:
        return [line.split() for line in file if line.startswith(kind)]


def most(path):
    return max(float(line[1]) for line in lines(path, "MEM "))


alone, together = most("out-M.dat"), most("out-M-C.dat")
held = [max(float(line[2]) for line in lines(path, "CHLD ")) for path in ("out-M.dat", "out-M-C.dat")]
print("MEM:", alone, together, "CHLD:", held)
assert all(child > 60 for child in held), "the child's lines have changed"
assert alone < 50, "with -M alone MEM has the children: the note is out of date"
assert together > alone + 50, "with -M -C MEM has no children: the note is out of date"
PYTHON
