"""Processor time per received token, of three clients in alternating rounds. Arguments: the folder of the programs."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = Path(sys.argv[1])
READERS = {
    "martlet": [PROGRAMS / "MartletReader"],
    "async-http-client": [PROGRAMS / "AsyncHTTPClientReader"],
    "openai (Python)": [sys.executable, HERE / "openai_reader.py"],
}
ROUNDS = 3
# Streams at once, tokens of each, microseconds between two.
LOADS = [(1, 20000, 0), (16, 2000, 0), (64, 200, 10000), (256, 50, 20000)]


def measure(load, reader):
    streams, tokens, pause = load
    server = subprocess.Popen(
        [PROGRAMS / "StreamServer", str(tokens), str(pause)], stdout=subprocess.PIPE, text=True)
    try:
        url = f"http://127.0.0.1:{int(server.stdout.readline())}"
        said = subprocess.run(
            [*reader, url, str(streams)], check=True, capture_output=True, text=True, timeout=300).stdout.split()
    finally:
        server.kill()
        server.wait()
    assert int(said[0]) == streams * tokens, f"{said[0]} tokens of {streams * tokens}"
    return float(said[1])


print(f"{'streams, tokens each, a token every':40}" + "".join(f"{name:>20}" for name in READERS))
for load in LOADS:
    best = dict.fromkeys(READERS, float("inf"))
    for _ in range(ROUNDS):
        for name, reader in READERS.items():
            best[name] = min(best[name], measure(load, reader))
    streams, tokens, pause = load
    pace = f"{pause / 1000:g} ms" if pause else "as fast as it goes"
    print(f"{f'{streams}, {tokens}, {pace}':40}" + "".join(f"{cost:>17.1f} us" for cost in best.values()), flush=True)
