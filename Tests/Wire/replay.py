#!/usr/bin/env python3
"""Replays the corpus against two binaries, and prints each difference in what they answer.

    replay.py OLD NEW [--only TEXT] [--show]

The status is 1 if there is a difference that `differences.jsonl` does not list, or if the corpus leaves something out
that docs/compatibility.md lists. `--only` keeps the cases with TEXT in their names; `--show` prints what NEW answers.
"""

import argparse
import difflib
import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import corpus
import coverage
from exchange import exchange
from transcript import lines

FOLDER = Path(__file__).resolve().parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MARTLET")}


class Server:
    """A `martlet serve` on a free port of the loopback, until `stop`."""

    def __init__(self, binary, flags):
        self.process = subprocess.Popen(
            [binary, "serve", "--port", "0", "--threads", "1", *flags], env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.port = int(found[1])
                break
        else:
            raise SystemExit(f"{binary} serve {' '.join(flags)} did not start: {self.process.stderr.read()}")
        for pipe in (self.process.stdout, self.process.stderr):
            threading.Thread(target=pipe.read, daemon=True).start()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def answers(binary, cases):
    """The transcript of each case, by its name; one server for each set of flags."""
    result = {}
    for flags in dict.fromkeys(case.flags for case in cases):
        server = Server(binary, flags)
        try:
            for case in cases:
                if case.flags == flags:
                    result[case.name] = lines(*exchange(server.port, case), case.is_interleaved)
        finally:
            server.stop()
    return result


def both(binaries, cases):
    """The answers of both binaries, which run beside each other."""
    results = [None] * len(binaries)

    def replay(index):
        results[index] = answers(binaries[index], cases)

    threads = [threading.Thread(target=replay, args=(index,)) for index in range(len(binaries))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if None in results:
        raise SystemExit("a replay was cut off")
    return results


def intended(path):
    """The listed differences: `{"case": name with *, "old": text, "new": text, "why": sentence}`, where what the old
    binary answers becomes what the new one does once each `old` is replaced by `new`."""
    if not path.exists():
        return []
    listed = [json.loads(line) for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    for entry in listed:
        if not entry.get("why", "").endswith("."):
            raise SystemExit(f"{path}: {entry.get('case')}: `why` must be a sentence")
    return listed


def replaced(name, transcript, listed):
    text = "\n".join(transcript)
    for entry in listed:
        if re.fullmatch(".*".join(map(re.escape, entry["case"].split("*"))), name):
            text = text.replace(entry["old"], entry["new"])
    return text.split("\n")


def compare(cases, old, new, listed):
    """Prints what differs; the number of cases that differ without being listed, and of those that are."""
    different = meant = 0
    for case in cases:
        before, after = old[case.name], new[case.name]
        if before == after:
            continue
        if replaced(case.name, before, listed) == after:
            meant += 1
            continue
        different += 1
        flags = f" ({' '.join(case.flags)})" if case.flags else ""
        print(f"✘ {case.name}{flags}")
        for line in list(difflib.unified_diff(before, after, "old", "new", lineterm="", n=1))[2:]:
            print(f"    {line[:2000]}")
    return different, meant


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("--only", default="")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--corpus", type=Path, default=corpus.FOLDER)
    parser.add_argument("--differences", type=Path, default=FOLDER / "differences.jsonl")
    arguments = parser.parse_args()
    cases = corpus.read(arguments.corpus)
    missing = list(coverage.missing(cases)) if arguments.corpus == corpus.FOLDER else []
    cases = [case for case in cases if arguments.only in case.name]
    for what in missing:
        print(f"✘ not in the corpus: {what}")
    listed = intended(arguments.differences)
    old, new = both([arguments.old, arguments.new], cases)
    if arguments.show:
        for case in cases:
            print(f"● {case.name}")
            print("\n".join(f"    {line}" for line in new[case.name]))
    different, meant = compare(cases, old, new, listed)
    print(f"wire: {len(cases)} requests, {different} answered differently"
          + (f", {meant} as {arguments.differences.name} lists" if meant else ""))
    return 1 if different or missing else 0


if __name__ == "__main__":
    sys.exit(main())
