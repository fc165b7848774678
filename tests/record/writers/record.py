"""record.py TOOL PROGRAM FILE: runs main() of PROGRAM under TOOL and writes a pstats file."""
import importlib
import sys
import time

tool, program, file = sys.argv[1:]
main = importlib.import_module(program).main
if tool.startswith("yappi"):
    import yappi

    yappi.set_clock_type("cpu" if tool == "yappi-cpu" else "wall")
    yappi.start(builtins=tool == "yappi-builtins")
    main()
    yappi.stop()
    yappi.get_func_stats().save(file, type="pstat")
elif tool == "profile":
    import profile

    recording = profile.Profile(time.perf_counter)
    recording.runcall(main)
    recording.dump_stats(file)
else:
    import cProfile

    recording = cProfile.Profile()
    recording.runcall(main)
    recording.dump_stats(file)
