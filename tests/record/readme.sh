#!/usr/bin/env bash
# The README's table of formats, out of the registry, and its usage, out of the command line; the rules'
# thresholds and the savings they predict in docs/findings.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
FLAMEDROP_WRITE_README=1 cargo test --quiet --test readme --test findings
git diff --stat -- README.md docs/findings.md
