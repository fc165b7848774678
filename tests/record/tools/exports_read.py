"""See exports.sh."""

import json
import pathlib
import subprocess

import gprof2dot

root = pathlib.Path(__file__).parents[3]
out = root / "tests/data/exports"
out.mkdir(exist_ok=True)
recording = root / "tests/data/pstats/3.13.prof"
export = out / "3.13.callgrind"
command = ["cargo", "run", "--quiet", "--", "export", "--as", "callgrind", recording]
export.write_bytes(subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE).stdout)

with export.open(encoding="utf-8") as lines:
    profile = gprof2dot.CallgrindParser(lines).parse()
functions = {
    function.name: {
        "self": int(function[gprof2dot.SAMPLES]),
        "calls": {
            profile.functions[call.callee_id].name: [call[gprof2dot.CALLS], int(call[gprof2dot.SAMPLES2])]
            for call in sorted(function.calls.values(), key=lambda call: call.callee_id)
        },
    }
    for function in sorted(profile.functions.values(), key=lambda function: function.name)
}
read = {"total": int(profile[gprof2dot.SAMPLES]), "functions": functions}
(out / "3.13.gprof2dot.json").write_text(json.dumps(read, indent=1) + "\n", encoding="utf-8")
