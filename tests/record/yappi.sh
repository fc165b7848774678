#!/usr/bin/env bash
# What yappi saves as pstats, recursion included: tests/data/yappi/. The paths in it are made up.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/python.sh"
exec "$python" "$here/tools/yappi_stats.py"
