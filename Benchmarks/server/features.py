#!/usr/bin/env python3
"""What each feature of operation costs a streamed chat of 16 tokens, in processor time.

    features.py BENCH_SERVER [--rounds 6] [--seconds 3]

In each round a scripted server without features and one with each of them serve the same load, one after the other. A
figure is the median over the rounds of the difference to the server without features in the same round.
"""

import argparse
import os
import re
import signal
import statistics
import subprocess
import tempfile
from pathlib import Path

FEATURES = [["keys"], ["log"], ["metrics"], ["events"], ["keys", "log", "metrics", "events"]]
TICK = 1e6 / os.sysconf("SC_CLK_TCK")  # microseconds
SCRIPT = """wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer the-key-of-the-measurement"
wrk.body = [[{"model":"scripted","messages":[{"role":"user","content":"Hi"}],"stream":true}]]
"""


def user_time(pid):
    """Microseconds in user mode of all threads, of the loop's, and of both modes on the loop."""
    total, loop, both = 0, 0, 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        name, _, rest = task.joinpath("stat").read_text().rpartition(")")
        user, system = (int(field) * TICK for field in rest.split()[11:13])
        total += user
        if "martlet-loop" in name:
            loop += user
            both += int(task.joinpath("schedstat").read_text().split()[0]) / 1000
    return total, loop, both


def measure(binary, features, script, seconds):
    """Microseconds for each request."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen([binary, "tokens", *features], env=os.environ | {"TMPDIR": folder},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        found = next((match for line in process.stdout if (match := re.search(r"127\.0\.0\.1:(\d+)", line))), None)
        if not found:
            raise SystemExit(f"{binary} did not start with {features}")

        def load(duration):
            command = ["wrk", "-t1", "-c16", f"-d{duration}s", "-s", script, f"http://127.0.0.1:{found[1]}/v1/chat/completions"]
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            if "Non-2xx" in output:
                raise SystemExit(output)
            return int(re.search(r"(\d+) requests in", output)[1])

        try:
            load(1)
            before = user_time(process.pid)
            count = load(seconds)
            return [(after - start) / count for after, start in zip(user_time(process.pid), before)]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=int, default=3)
    arguments = parser.parse_args()
    differences = {tuple(features): [] for features in FEATURES}
    bases = []
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT)
        script.flush()
        for _ in range(arguments.rounds):
            for features in FEATURES:
                base = measure(arguments.binary, [], script.name, arguments.seconds)
                costs = measure(arguments.binary, features, script.name, arguments.seconds)
                bases.append(base)
                differences[tuple(features)].append([new - old for new, old in zip(costs, base)])
    base = [statistics.median(column) for column in zip(*bases)]
    print(f"without: {base[0]:.1f} us of user time, {base[1]:.1f} on the loop; {base[2]:.1f} on the loop with the system")
    for features, rounds in differences.items():
        user, loop, both = ([round(value, 1) for value in sorted(column)] for column in zip(*rounds))
        print(f"{'+'.join(features)}: {statistics.median(user):+.1f} us of user time {user}; "
              f"on the loop {statistics.median(loop):+.1f} {loop}; with the system {statistics.median(both):+.1f} {both}")


if __name__ == "__main__":
    main()
