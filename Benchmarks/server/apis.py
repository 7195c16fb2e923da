#!/usr/bin/env python3
"""What a streamed token costs in each API, in processor time of the user mode.

    apis.py BENCH_SERVER [--rounds 8] [--tokens 256]

One scripted server answers a second of each API's load in turn. A figure is the median over the rounds; the ratio is that
of the medians to chat completions.
"""

import argparse
import json
import os
import re
import signal
import statistics
import subprocess
import tempfile
from pathlib import Path

TICK = 1e6 / os.sysconf("SC_CLK_TCK")  # microseconds
MESSAGES = [{"role": "user", "content": "Hi"}]
LOADS = {
    "/v1/chat/completions": {"messages": MESSAGES, "stream": True},
    "/v1/responses": {"input": "Hi", "stream": True},
    "/v1/messages": {"messages": MESSAGES, "max_tokens": 100_000, "stream": True},
    "/api/chat": {"messages": MESSAGES},
}


def user_time(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) * TICK


def requests_of(port, path, body, seconds):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
                     f"wrk.body = [[{json.dumps({'model': 'scripted'} | body)}]]\n")
        script.flush()
        output = subprocess.run(
            ["wrk", "-t1", "-c8", f"-d{seconds}s", "--timeout", "30s", "-s", script.name,
             f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True, timeout=seconds + 60).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"{path}: {output}")
    return int(re.search(r"(\d+) requests in", output)[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=256)
    arguments = parser.parse_args()
    process = subprocess.Popen([arguments.binary, "stream", str(arguments.tokens)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    figures = {path: [] for path in LOADS}
    try:
        found = next((match for line in process.stdout if (match := re.search(r"127\.0\.0\.1:(\d+)", line))), None)
        if not found:
            raise SystemExit(f"{arguments.binary} did not start")
        for path, body in LOADS.items():
            requests_of(found[1], path, body, 1)
        for _ in range(arguments.rounds):
            for path, body in LOADS.items():
                before = user_time(process)
                count = requests_of(found[1], path, body, 1)
                figures[path].append((user_time(process) - before) / count / arguments.tokens)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    first = statistics.median(figures["/v1/chat/completions"])
    print(f"{'user time of a token':24} {'ns':>8} {'ratio':>7}")
    for path, values in figures.items():
        median = statistics.median(values)
        print(f"{path:24} {median * 1000:8.0f} {median / first:7.2f}")


if __name__ == "__main__":
    main()
