#!/usr/bin/env python3
"""What a request and a token cost two servers, in processor time.

    bench.py OLD NEW [--rounds 2] [--seconds 3] [--only TEXT]

Both serve the embedded toy, in turn and in one run, on a processor of their own; the clients have another. A figure is
the least of its rounds. The wall clock counts only for the last lines, where both figures of a ratio are of one server.
"""

import argparse
import json
import os
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

CLIENTS, SERVER = 0, 1
TICK = 1e6 / os.sysconf("SC_CLK_TCK")  # microseconds
IDS = list(range(300, 316))
REPLY = {"messages": [{"role": "user", "content": "What is the capital of France?"}], "max_tokens": 16,
         "temperature": 0, "ignore_eos": True}
STREAM = {"prompt": IDS, "max_tokens": 64, "temperature": 0, "ignore_eos": True, "stream": True}
PACED = STREAM | {"max_tokens": 200}
# (name, path, body, connections, what is counted)
LOADS = [
    ("GET /health", "/health", None, 16, "request"),
    ("GET /v1/models", "/v1/models", None, 16, "request"),
    ("a chat of 16 tokens, whole", "/v1/chat/completions", REPLY, 8, "request"),
    ("8 streams of 64 tokens", "/v1/completions", STREAM, 8, "token"),
    ("256 streams, read every 50 ms", "/v1/completions", PACED, 256, "token"),
]


class Server:
    def __init__(self, binary):
        self.process = subprocess.Popen(
            ["taskset", "-c", str(SERVER), binary, "serve", "--port", "0", "--threads", "1", "--loops", "1",
             "--running", "256"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        found = next((match for line in self.process.stdout if (match := re.search(r"127\.0\.0\.1:(\d+)", line))), None)
        if not found:
            raise SystemExit(f"{binary} did not start")
        self.port = int(found[1])

    def processor_time(self):
        """Microseconds in user mode, and in the kernel, of all threads so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) * TICK, int(fields[12]) * TICK

    def generated_tokens(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/load", timeout=10) as response:
            return json.load(response)["generated_tokens"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def wrk(port, path, body, connections, seconds):
    """Requests that were answered."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if body:
            script.write(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
                         f"wrk.body = [[{json.dumps(body)}]]\n")
            script.flush()
        output = subprocess.run(
            ["taskset", "-c", str(CLIENTS), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s",
             "-s", script.name, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"{path}: {output}")
    return int(re.search(r"(\d+) requests in", output)[1])


def read_paced(port, path, body, connections):
    """Reads one stream on each connection, at most 4 KiB of it every 50 ms."""
    content = json.dumps(body)
    request = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
               f"Content-Length: {len(content)}\r\n\r\n{content}").encode()
    ends = {}
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
            connection.sendall(request)
            connection.setblocking(False)
            selector.register(connection, selectors.EVENT_READ)
            ends[connection] = b""
        while selector.get_map():
            time.sleep(0.05)
            for key, _ in selector.select(30) or sys.exit("a stream stands still"):
                data = key.fileobj.recv(4096)
                ends[key.fileobj] = (ends[key.fileobj] + data)[-64:]
                if not data or ends[key.fileobj].endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n"):
                    if not data:
                        sys.exit("a stream was cut off")
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
    return connections


def measure(server, load, seconds):
    """Microseconds in user mode and in the kernel for what the load counts, and requests per second."""
    _, path, body, connections, counted = load
    is_paced = connections > 100
    if not is_paced:
        wrk(server.port, path, body, connections, 1)
    tokens, before, start = server.generated_tokens(), server.processor_time(), time.monotonic()
    if is_paced:
        requests = read_paced(server.port, path, body, connections)
    else:
        requests = wrk(server.port, path, body, connections, seconds)
    wall, after = time.monotonic() - start, server.processor_time()
    count = requests if counted == "request" else server.generated_tokens() - tokens
    return (after[0] - before[0]) / count, (after[1] - before[1]) / count, requests / wall


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--only", default="", help="the loads whose names contain this")
    arguments = parser.parse_args()
    loads = [load for load in LOADS if arguments.only in load[0]] or sys.exit("--only: no load has such a name")
    if os.cpu_count() < 2:
        sys.exit("bench-wire needs two processors: one for the server, one for its clients")
    os.sched_setaffinity(0, {CLIENTS})
    servers = {}
    rounds = {"old": [[] for _ in loads], "new": [[] for _ in loads]}
    try:
        for name in rounds:
            servers[name] = Server(getattr(arguments, name))
        for index, load in enumerate(loads):
            # The one that waits costs nothing meanwhile.
            for _ in range(arguments.rounds):
                for name, server in servers.items():
                    rounds[name][index].append(measure(server, load, arguments.seconds))
            print(f"{load[0]}: measured", file=sys.stderr, flush=True)
    finally:
        for server in servers.values():
            server.stop()

    def best(name, load, figure):
        return min(map(figure, rounds[name][load]))

    print(f"{'microseconds of processor time per':36} {'old (user)':>18} {'new (user)':>18} "
          f"{'new/old':>8} {'(user)':>8}")
    for load, (title, *_, counted) in enumerate(loads):
        total = [best(name, load, lambda figures: figures[0] + figures[1]) for name in rounds]
        user = [best(name, load, lambda figures: figures[0]) for name in rounds]
        shown = [f"{both:9.2f} ({mine:6.2f})" for both, mine in zip(total, user)]
        print(f"{counted + ', ' + title:36} {shown[0]:>18} {shown[1]:>18} {total[1] / total[0]:8.3f} "
              f"{user[1] / user[0]:8.3f}")
    for name in rounds if loads == LOADS else ():
        health, models = (max(figures[2] for figures in rounds[name][load]) for load in (0, 1))
        print(f"{name}: GET /v1/models at {models / health:.3f} of the requests per second of GET /health")


if __name__ == "__main__":
    main()
