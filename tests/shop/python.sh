# Sourced by the scripts that record: sets `python`, a Python that has what the shop needs, and
# `shop`, the shop's directory. The venv is kept in the cache between runs.

shop=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${FLAMEDROP_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/flamedrop}

# Django 5.2 runs on 3.10 and later; the committed recordings were made with 3.12.
find_python() {
    local version
    for version in 3.12 3.13 3.11 3.10; do
        if command -v "python$version" >/dev/null && "python$version" -c '' 2>/dev/null; then
            command -v "python$version"
            return
        fi
        # pyenv's shims answer only for the version chosen: look behind them.
        local pyenv
        for pyenv in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$version"*/bin/python3; do
            if [[ -x $pyenv ]]; then
                echo "$pyenv"
                return
            fi
        done
    done
    echo "The shop needs Python 3.10 or later (3.12 for recordings like the committed ones)." >&2
    return 1
}

venv=$cache/shop-venv
python=$venv/bin/python
if ! cmp -s "$shop/requirements.txt" "$venv/requirements.txt"; then
    echo "Setting up the shop's Python (Django, psycopg, python-json-logger) in $venv" >&2
    "$(find_python)" -m venv --clear "$venv"
    "$python" -m pip install --quiet --disable-pip-version-check -r "$shop/requirements.txt" >&2
    cp "$shop/requirements.txt" "$venv/requirements.txt"
fi

# Nothing is written beside the sources, and no setting of the caller's gets into a recording.
export PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
unset SHOP_FAULTS SHOP_SQLITE SHOP_ROUND_TRIP SHOP_POSTGRES_PORT SHOP_MYSQL_PORT SHOP_SERVER_SIDE_BINDING SHOP_PREPARE_THRESHOLD SHOP_CACHALOT
unset DJANGO_SETTINGS_MODULE PGOPTIONS PGSERVICE PGPASSFILE
