"""Out of pgBadger's report as JSON (standard input) the numbers that tests compare with (standard output)."""
import json
import sys

report = json.load(sys.stdin)


def part(name):
    value = report[name]
    return value.get("postgres", value)


errors = {}
for entry in part("error_info").values():
    for state in set(entry["sqlstate"]):
        errors[state] = errors.get(state, 0) + entry["count"]
sessions = part("session_info")
numbers = {
    "queries": part("overall_stat")["queries_number"],
    "levels": {level: part("logs_type").get(level, 0) for level in ("ERROR", "FATAL", "PANIC", "WARNING")},
    "locks": {kind: entry["count"] for kind, entry in part("lock_info").items()},
    "lock_time_ms": sum(entry["duration"] for entry in part("lock_info").values()),
    "temporary_files": part("tempfile_info"),
    "connections": part("connection_info")["count"],
    "connections_by_user": part("connection_info")["user"],
    "sessions": sessions["count"],
    "session_time_ms": sessions["duration"],
    "sessions_by_application": {name: entry["count"] for name, entry in sessions["app"].items()},
    "vacuums": {
        name: {"count": entry["vacuums"], "removed": entry["tuples"]["removed"], "kept": entry["tuples"]["notremovable"]}
        for name, entry in part("autovacuum_info")["tables"].items()
    },
    "analyzes": {name: entry["analyzes"] for name, entry in part("autoanalyze_info")["tables"].items()},
    "errors_by_state": errors,
}
json.dump(numbers, sys.stdout, indent=1, sort_keys=True)
print()
