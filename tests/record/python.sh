# Sourced by scripts here that record with tools the shop itself does not need: after
# tests/shop/python.sh, sets `python` to a Python that has them (requirements.txt).

requirements=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/requirements.txt
venv=$cache/record-venv
python=$venv/bin/python
if ! cmp -s "$requirements" "$venv/requirements.txt"; then
    echo "Setting up a Python with what is recorded here (requirements.txt) in $venv" >&2
    "$(find_python)" -m venv --clear "$venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2
    cp "$requirements" "$venv/requirements.txt"
fi
