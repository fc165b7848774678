#!/usr/bin/env bash
# A site's patterns as django-extensions' show_urls prints them in each of its formats: tests/data/requests/urls, with the
# urls.py they are of.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
requirements=$here/urls/requirements.txt
venv=$cache/urls-venv
python=$venv/bin/python
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    echo "Setting up a Python with django-extensions (urls/requirements.txt) in $venv" >&2
    "$(find_python)" -m venv --clear "$venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$venv/requirements.txt"
fi
target=$here/../data/requests/urls
mkdir -p "$target"
cd "$here/urls"
export DJANGO_SETTINGS_MODULE=settings
for format in dense verbose table aligned json pretty-json; do
    "$python" -m django show_urls --skip-checks --no-color --pythonpath . --format "$format" >"$target/$format.txt"
done
cp urls.py "$target/urls.py.txt"
wc -l "$target"/*
