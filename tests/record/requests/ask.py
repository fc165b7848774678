# Starts a server, asks it, and writes down what the client saw: for each request method, path, status, when it was begun
# (seconds since 1970), how long it took (ms), and how long the view slept (ms). The server is told to end, so that all is
# logged.
#
# usage: ask.py PORT TRUTH.csv COMMAND…

import http.client
import signal
import subprocess
import sys
import threading
import time

# Method, path, and how long its view sleeps, ms.
IN_TURN = [
    ("GET", "/fast/", 10),
    ("GET", "/mid/?q=a%20b&page=2", 50),
    ("GET", "/slow/", 200),
    ("HEAD", "/fast/", 10),
    ("GET", "/missing/", 0),
    ("GET", "/boom/", 0),
    ("GET", "/redir/", 0),
    ("POST", "/order/", 20),
    ("GET", "/orders/4711/", 20),
    ("GET", "/orders/4712/", 20),
    ("GET", "/archive/2003/", 20),
    ("GET", "/stream/", 100),
    ("GET", "/fast/", 10),
]
AT_ONCE = [("GET", "/slow/", 200), ("GET", "/mid/", 50), ("GET", "/fast/?a=1", 10)]


def ask(port, method, path, slept, rows):
    begun, clock = time.time(), time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"User-Agent": 'asks "quotes"', "Connection": "close"}
    connection.request(method, path, body=b"x=1" if method == "POST" else None, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    took = (time.perf_counter() - clock) * 1000
    connection.close()
    rows.append((begun, f"{method},{path},{answer.status},{begun:.6f},{took:.1f},{slept}"))
    return len(body)


def wait_for(port, server):
    import socket

    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
        if server.poll() is not None:
            sys.exit(f"{server.args[0]} ended with {server.returncode}")
    sys.exit(f"{server.args[0]} does not listen")


def main():
    port, truth, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    server = subprocess.Popen(command)
    try:
        wait_for(port, server)
        time.sleep(0.5)
        rows = []
        for method, path, slept in IN_TURN:
            ask(port, method, path, slept, rows)
        threads = [threading.Thread(target=ask, args=(port, *one, rows)) for one in AT_ONCE]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0.5)
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
    with open(truth, "w", encoding="ascii") as file:
        file.write("id,method,path,status,start_epoch,client_ms,view_ms\n")
        for number, (_, row) in enumerate(sorted(rows), 1):
            file.write(f"r-{number:03},{row}\n")


if __name__ == "__main__":
    main()
