#!/usr/bin/env python3
"""What each feature of operation costs a streamed chat of 16 tokens, in processor time.

    features.py BENCH_SERVER [--rounds 12]

Scripted servers without features, with each of them and with all run at once, two processes of each kind. In each round
they get a second of the same load one after the other. A figure is the median, over rounds and processes, of the difference
to the server without features in the same round, with the quartiles.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

KINDS = [[], ["keys"], ["log"], ["metrics"], ["events"], ["keys", "log", "metrics", "events"]]
TICK = 1e6 / os.sysconf("SC_CLK_TCK")  # microseconds
SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer the-key-of-the-measurement"
wrk.body = [[{"model":"scripted","messages":[{"role":"user","content":"Hi"}],"stream":true}]]
"""


class Server:
    def __init__(self, stack, binary, features, script):
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.process = subprocess.Popen(
            [binary, "tokens", *features], env=os.environ | {"TMPDIR": folder}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        stack.callback(self.stop)
        lines = iter(self.process.stdout)
        found = next((match for line in lines if (match := re.search(r"127\.0\.0\.1:(\d+)", line))), None)
        if not found:
            raise SystemExit(f"{binary} did not start with {features}")
        self.command = ["wrk", "-t1", "-c16", "-d1s", "-s", script, f"http://127.0.0.1:{found[1]}/v1/chat/completions"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)

    def times(self):
        """Microseconds in user mode of all threads, of the loop's, and of both modes on the loop."""
        total, loop, both = 0, 0, 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            name, _, rest = task.joinpath("stat").read_text().rpartition(")")
            user = int(rest.split()[11]) * TICK
            total += user
            if "martlet-loop" in name:
                loop += user
                both += int(task.joinpath("schedstat").read_text().split()[0]) / 1000
        return total, loop, both

    def measure(self):
        """Microseconds for each request under a second of load."""
        before = self.times()
        output = subprocess.run(self.command, capture_output=True, text=True, check=True).stdout
        if "Non-2xx" in output:
            raise SystemExit(output)
        count = int(re.search(r"(\d+) requests in", output)[1])
        return [(after - start) / count for after, start in zip(self.times(), before)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=12)
    arguments = parser.parse_args()
    figures = {"+".join(kind): [] for kind in KINDS}
    with ExitStack() as stack:
        script = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".lua"))
        script.write(SCRIPT)
        script.flush()
        groups = [[Server(stack, arguments.binary, kind, script.name) for kind in KINDS] for _ in range(2)]
        for group in groups:
            for server in group:
                server.measure()
        for _ in range(arguments.rounds):
            for group in groups:
                base, *others = [server.measure() for server in group]
                figures[""].append(base)
                for kind, costs in zip(KINDS[1:], others):
                    figures["+".join(kind)].append([new - old for new, old in zip(costs, base)])
    for kind, rows in figures.items():
        sign = "+" if kind else ""
        texts = []
        for column in zip(*rows):
            low, middle, high = statistics.quantiles(column, n=4)
            texts.append(f"{middle:{sign}.1f} us ({low:{sign}.1f} to {high:{sign}.1f})")
        print(f"{kind or 'without'}: {texts[0]} of user time; on the loop {texts[1]}; with the system {texts[2]}")


if __name__ == "__main__":
    main()
