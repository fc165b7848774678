"""What `pstats.Stats.add` makes of several recordings: `added.py FILE... > added.json`."""

import json
import pstats
import sys

stats = pstats.Stats(sys.argv[1])
for name in sys.argv[2:]:
    stats.add(name)
functions = []
for (file, line, name), (primitive, calls, own, total, callers) in sorted(stats.stats.items()):
    edges = [[list(caller), list(numbers)] for caller, numbers in sorted(callers.items())]
    functions.append([file, line, name, primitive, calls, own, total, edges])
json.dump(functions, sys.stdout)
print()
