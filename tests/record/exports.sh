#!/usr/bin/env bash
# A callgrind export and what gprof2dot reads in it: tests/data/exports/.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../shop/python.sh"
source "$here/python.sh"
exec "$python" "$here/tools/exports_read.py"
