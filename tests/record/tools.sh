#!/usr/bin/env bash
# What Django's tools and their neighbours write of a few pages of the shop, on SQLite: debug-toolbar's
# and silk's dumpdata, assertNumQueries in unittest and pytest, connection.queries, debugsqlshell and
# runserver_plus --print-sql, structlog and python-json-logger, OpenTelemetry in four forms; and
# SQLAlchemy's echo. Names of forms may follow: only those.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/python.sh"
target=$here/../data/tools

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target"
export SHOP_SQLITE=$work/shop.sqlite3 PYTHONPATH=$here:$shop TOOLS_WORK=$work
cd "$shop"
"$python" manage.py migrate --verbosity 0
"$python" manage.py seed
if [[ $# = 0 ]]; then
    set -- toolbar silk asserts queries print_sql debugsqlshell json_loggers opentelemetry sqlalchemy_echo
fi
for form in "$@"; do
    # Each in a process of its own: the tools patch what they watch.
    "$python" "$here/tools/forms.py" "$form" "$target"
done
# No recording names directories of the machine it was made on.
library=$("$python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
sed -i -e "s|$venv/lib|/srv/venv/lib|g" -e "s|$shop|/srv/shop|g" -e "s|$work|/srv/work|g" \
    -e "s|$here/tools|/srv/tools|g" -e "s|$library|/usr/lib/python3.12|g" $(find "$target" -type f ! -name '*.gz')
# What is longer is kept packed.
find "$target" -type f -size +40k ! -name '*.gz' -exec gzip --best --no-name --force {} +
chmod 644 "$target"/*
cd "$target"
for file in *; do
    printf '%s: %d bytes, %d gzipped\n' "$file" "$(wc -c <"$file")" "$(gzip -9c "$file" | wc -c)"
done
