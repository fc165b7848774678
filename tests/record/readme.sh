#!/usr/bin/env bash
# The README's table of formats, out of the registry, and its usage, out of the command line.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
FLAMEDROP_WRITE_README=1 cargo test --quiet --test readme
git diff --stat -- README.md
