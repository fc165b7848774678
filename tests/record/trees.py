#!/usr/bin/env python3
# Workloads as pstats and as the call trees that were really there, into tests/data/trees/.
# Their scores change with them: run the tests with BLESS=1 afterwards, and look at what changed.

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "treebench"))
sys.dont_write_bytecode = True

import environment
import workloads

names = sys.argv[1:] or [name for name in workloads.ALL if name not in workloads.LARGE]
environment.record(TESTS / "data" / "trees", names)
