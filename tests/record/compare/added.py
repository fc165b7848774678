"""What `pstats.Stats.add` makes of several recordings: `added.py FILE... > added.json`."""

import json
import pstats
import sys

stats = pstats.Stats(sys.argv[1])
for name in sys.argv[2:]:
    stats.add(name)


def is_odd(function):
    return any(0xD800 <= ord(each) < 0xE000 for each in function[0] + function[2])


functions = []
skipped = 0
for (file, line, name), (primitive, calls, own, total, callers) in sorted(stats.stats.items()):
    edges = [[list(caller), list(numbers)] for caller, numbers in sorted(callers.items()) if not is_odd(caller)]
    if is_odd((file, line, name)):
        # No text in any encoding: it is counted, and that is all.
        skipped += 1
        continue
    functions.append([file, line, name, primitive, calls, own, total, edges])
json.dump({"functions": functions, "skipped": skipped}, sys.stdout)
print()
