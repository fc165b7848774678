"""Records one case of turns.py with VizTracer: NAME DIRECTORY."""

import re
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import turns  # noqa: E402
from viztracer import VizTracer  # noqa: E402

VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
PLACES = [
    (f"{HERE}/", "/srv/shop/"),
    (f"{sysconfig.get_path('purelib')}/", f"/srv/venv/lib/{VERSION}/site-packages/"),
    (f"{sysconfig.get_path('stdlib')}/", f"/usr/lib/{VERSION}/"),
]

name, target = sys.argv[1:]
with turns.Server() as server:
    if work := turns.WITH_THREADS.get(name):
        case = turns.with_threads(work)
        # What is imported when it is first needed is another case.
        case(server.address)
        arguments = (server.address,)
    else:
        case, arguments = getattr(turns, name), ()
        case()
    # Shorter calls would be thousands, and say nothing here.
    tracer = VizTracer(verbose=0, ignore_frozen=True, min_duration=10 if arguments else 0, max_stack_depth=40)
    tracer.start()
    case(*arguments)
    tracer.stop()
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "trace.json")
    tracer.save(str(file))
    text = file.read_text()
for real, neutral in PLACES:
    text = text.replace(real, neutral)
# The sources, which nobody reads.
text = re.sub(r', "file_info": .*', "}", text, flags=re.S)
Path(target, f"{name}.trace.json").write_text(text)
