"""Listens where syslog does and writes what comes as rsyslog's traditional file format has it.

python3 syslog.py FILE: datagrams of /dev/log (RFC 3164 as glibc's syslog(3) sends them, without a host) become
lines with one; control characters are escaped as rsyslog does ($EscapeControlCharactersOnReceive).
"""

import os
import re
import signal
import socket
import sys

PATH = "/dev/log"
HOST = "db1"

if os.path.exists(PATH):
    sys.exit(f"{PATH} exists: something listens there already")
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(PATH)
os.chmod(PATH, 0o666)
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
try:
    with open(sys.argv[1], "wb", buffering=0) as out:
        while True:
            datagram = listener.recv(65536).rstrip(b"\n\0")
            found = re.match(rb"<\d+>(\w{3} [ \d]\d \d\d:\d\d:\d\d) (.*)", datagram, re.DOTALL)
            if not found or not found[2].startswith(b"postgres["):
                continue
            text = re.sub(rb"[\x00-\x1f\x7f]", lambda match: b"#%03o" % match[0][0], found[2])
            out.write(found[1] + b" " + HOST.encode() + b" " + text + b"\n")
except KeyboardInterrupt:
    pass
finally:
    os.unlink(PATH)
