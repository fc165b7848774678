#!/usr/bin/env python3
"""What PostgreSQL's server says in other languages, out of the catalogues it is installed with: printed as
src/import/postgres/languages/messages.txt. English is the key, as in the server's source.

    ./dev record messages

In a line of that file `%a` is any text, `%A` a number, of whichever letter; `%%` is a percent sign and `\\n` a line's end.
A translation that may have its values in another order keeps their letters.
"""

import glob
import gettext
import re
import sys

CHECKPOINT = (
    " complete: wrote %d buffers (%.1f%%); %d WAL file(s) added, %d removed, %d recycled; write=%ld.%03d s, "
    "sync=%ld.%03d s, total=%ld.%03d s; sync files=%d, longest=%ld.%03d s, average=%ld.%03d s; distance=%d kB, "
    "estimate=%d kB"
)
MESSAGES = [
    # What happens to statements.
    "deadlock detected",
    "canceling statement due to statement timeout",
    "canceling statement due to lock timeout",
    "canceling statement due to user request",
    "canceling statement due to conflict with recovery",
    "canceling autovacuum task",
    "could not obtain lock on relation \"%s\"",
    "could not obtain lock on row in relation \"%s\"",
    "process %d still waiting for %s on %s after %ld.%03d ms",
    "process %d avoided deadlock for %s on %s by rearranging queue order after %ld.%03d ms",
    "process %d detected deadlock while waiting for %s on %s after %ld.%03d ms",
    "process %d failed to acquire %s on %s after %ld.%03d ms",
    "process %d acquired %s on %s after %ld.%03d ms",
    "temporary file: path \"%s\", size %lu",
    # Locks.
    "Process %d: %s",
    "relation %u of database %u",
    "extension of relation %u of database %u",
    "tuple (%u,%u) of relation %u of database %u",
    "transaction %u",
    "virtual transaction %d/%u",
    "advisory lock [%u,%u,%u,%u]",
    # Sessions.
    "connection received: host=%s",
    "connection authorized: user=%s",
    "replication connection authorized: user=%s",
    "disconnection: session time: %d:%02d:%02d.%03d user=%s database=%s host=%s%s%s",
    "terminating connection due to administrator command",
    "terminating connection due to conflict with recovery",
    "terminating connection due to idle-in-transaction timeout",
    "terminating connection due to idle-session timeout",
    "terminating connection because of crash of another server process",
    "connection to client lost",
    # Refused ones.
    "password authentication failed for user \"%s\"",
    "Peer authentication failed for user \"%s\"",
    "Ident authentication failed for user \"%s\"",
    "sorry, too many clients already",
    "remaining connection slots are reserved for non-replication superuser connections",
    "too many connections for database \"%s\"",
    "too many connections for role \"%s\"",
    "no pg_hba.conf entry for host \"%s\", user \"%s\", database \"%s\", %s",
    "pg_hba.conf rejects connection for host \"%s\", user \"%s\", database \"%s\", %s",
    "the database system is starting up",
    "the database system is shutting down",
    "the database system is in recovery mode",
    "database \"%s\" does not exist",
    "role \"%s\" does not exist",
    "role \"%s\" is not permitted to log in",
    "permission denied for database %s",
    # The server.
    "checkpoint starting:%s%s%s%s%s%s%s%s",
    "restartpoint starting:%s%s%s%s%s%s%s%s",
    "checkpoint" + CHECKPOINT,
    "restartpoint" + CHECKPOINT,
    ("checkpoints are occurring too frequently (%d second apart)",
     "checkpoints are occurring too frequently (%d seconds apart)"),
    "recovery still waiting after %ld.%03d ms: %s",
    "automatic vacuum of table \"%s.%s.%s\": index scans: %d\n",
    "automatic aggressive vacuum of table \"%s.%s.%s\": index scans: %d\n",
    "automatic vacuum to prevent wraparound of table \"%s.%s.%s\": index scans: %d\n",
    "automatic analyze of table \"%s.%s.%s\"\n",
    "pages: %u removed, %u remain, %u scanned (%.2f%% of total)\n",
    "tuples: %lld removed, %lld remain, %lld are dead but not yet removable\n",
    "system usage: %s",
    "CPU: user: %d.%02d s, system: %d.%02d s, elapsed: %d.%02d s",
    # Parameters of what failed.
    "portal \"%s\" with parameters: %s",
    "unnamed portal with parameters: %s",
]

VALUE = re.compile(r"%(?:(\d+)\$)?0?[\d.]*(?:ll|l)?([sduf%])")


def template(text, whole):
    """A message of gettext with letters for its values, which are counted as they stand in English."""
    text = text.removesuffix("\n")
    if whole:
        # What newer versions say more.
        text += "%s"
    parts, at, number = [], 0, 0
    for found in VALUE.finditer(text):
        parts.append(text[at:found.start()])
        at = found.end()
        position, kind = found.groups()
        if kind == "%":
            parts.append("%%")
            continue
        index = int(position) - 1 if position else number
        number += 1
        # Fractions are texts: a number is digits only.
        parts.append(("s" if kind in "sf" else "d", index))
    parts.append(text[at:])
    shown, before = "", False
    for part in parts:
        if part == "":
            continue
        if isinstance(part, str):
            shown, before = shown + part, False
        elif not (before and part[0] == "s"):
            # Texts side by side are one.
            letter = chr((ord("a") if part[0] == "s" else ord("A")) + part[1])
            shown, before = shown + "%" + letter, part[0] == "s"
    return shown.replace("\n", "\\n")


def main():
    version = sorted(glob.glob("/usr/share/locale/de/LC_MESSAGES/postgres-*.mo"))[-1].split("-")[-1]
    catalogues = {}
    for path in sorted(glob.glob(f"/usr/share/locale/*/LC_MESSAGES/postgres-{version}")):
        with open(path, "rb") as file:
            catalogues[path.split("/")[4]] = gettext.GNUTranslations(file)
    print(f"# Made by tests/record/messages.py of PostgreSQL {version.removesuffix('.mo')}'s catalogues.")
    for message in MESSAGES:
        plural = isinstance(message, tuple)
        english = message[1] if plural else message
        whole = CHECKPOINT in english
        print("=" + template(english, whole))
        for language, catalogue in catalogues.items():
            said = {catalogue.ngettext(*message, count) for count in (1, 2, 5)} if plural else {catalogue.gettext(message)}
            for text in sorted(said):
                if text != english and not (plural and text in message):
                    print(f"{language} {template(text, whole)}")


if __name__ == "__main__":
    sys.exit(main())
