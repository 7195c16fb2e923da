#!/usr/bin/env python3
"""What a noisy user costs a quiet one, in time to the first token.

    bench.py BENCH_SERVER MARTLET [--seconds 20] [--rounds 2] [--only scripted|engine]

Two keys of one server: the noisy one sends 20 times the requests of the other, and both together three times what the
server can do. The quiet key's requests are the same with the other and alone, at the same times, in the same server.
"""

import argparse
import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

CHAT = {"messages": [{"role": "user", "content": "Hi"}], "stream": True}
REPLY = {"prompt": list(range(300, 316)), "max_tokens": 32, "temperature": 0, "ignore_eos": True, "stream": True}
NOISE = 20
OVERLOAD = 3


def start(command, environment):
    process = subprocess.Popen(command, env=os.environ | environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    found = next((match for line in process.stdout if (match := re.search(r"127\.0\.0\.1:(\d+)", line))), None)
    if not found:
        sys.exit(f"{command[0]} did not start")
    return process, int(found[1])


class Key:
    """Sends the requests of one key, each on a connection that is free."""

    def __init__(self, name, port, path, body):
        content = json.dumps(body)
        self.request = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {name}\r\n"
                        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n{content}").encode()
        self.port = port
        self.free = []
        self.times = []
        self.refused = 0

    async def send(self):
        reader, writer = self.free.pop() if self.free else await asyncio.open_connection("127.0.0.1", self.port)
        start = time.perf_counter()
        writer.write(self.request)
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"HTTP/1.1 200"):
            # The head of a stream leaves with its first bytes, or alone after seconds.
            await reader.readuntil(b"data: ")
            self.times.append(time.perf_counter() - start)
            await reader.readuntil(b"\r\n0\r\n\r\n")
        else:
            if not head.startswith(b"HTTP/1.1 429"):
                sys.exit(head.decode())
            self.refused += 1
            await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
        self.free.append((reader, writer))

    async def send_at(self, arrivals, begin):
        tasks = []
        for arrival in arrivals:
            delay = begin + arrival - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
            tasks.append(asyncio.create_task(self.send()))
        return tasks

    def close(self):
        for _, writer in self.free:
            writer.close()


def arrivals(rate, seconds, seed):
    """The times of a Poisson process."""
    generator, now, times = random.Random(seed), 0.0, []
    while (now := now + generator.expovariate(rate)) < seconds:
        times.append(now)
    return times


async def capacity(port, path, body, seconds=4):
    """Requests per second with as many clients as keep every place busy."""
    key, end = Key("noisy", port, path, body), time.perf_counter() + seconds

    async def client():
        while time.perf_counter() < end:
            await key.send()

    await asyncio.gather(*(client() for _ in range(64)))
    key.close()
    return len(key.times) / seconds


async def measure(port, path, body, rates, seconds, seed):
    """The times of the quiet key, and how many requests of each were refused; rates by key."""
    keys = {name: Key(name, port, path, body) for name in rates}
    begin = time.perf_counter() + 0.1
    sent = await asyncio.gather(*(
        keys[name].send_at(arrivals(rate, seconds, f"{name} {seed}"), begin) for name, rate in rates.items()))
    await asyncio.gather(*(task for tasks in sent for task in tasks))
    for key in keys.values():
        key.close()
    return keys["quiet"].times, {name: (len(key.times), key.refused) for name, key in keys.items()}


def percentile(times, part):
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] * 1000


async def compare(name, port, path, body, known_rate, arguments):
    rate = known_rate or await capacity(port, path, body)
    quiet = OVERLOAD * rate / (NOISE + 1)
    print(f"{name}: {rate:.0f} requests/s; the quiet key sends {quiet:.1f}/s, the noisy one {quiet * NOISE:.0f}/s")
    ratios = []
    for number in range(arguments.rounds):
        alone, _ = await measure(port, path, body, {"quiet": quiet}, arguments.seconds, number)
        both, counts = await measure(
            port, path, body, {"quiet": quiet, "noisy": quiet * NOISE}, arguments.seconds, number)
        figures = [percentile(times, part) for times in (alone, both) for part in (0.5, 0.99)]
        ratios.append(figures[3] / figures[1])
        print("  quiet alone: median {:.1f} ms, p99 {:.1f} ms; beside the other: median {:.1f} ms, p99 {:.1f} ms"
              .format(*figures) + f"; p99 ratio {ratios[-1]:.2f}; served and refused: "
              + ", ".join(f"{key} {served}+{refused}" for key, (served, refused) in counts.items()))
    print(f"{name}: p99 of the quiet key beside the noisy one, over alone: {min(ratios):.2f} to {max(ratios):.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench_server")
    parser.add_argument("martlet")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", choices=["scripted", "engine"])
    arguments = parser.parse_args()
    servers = {
        "scripted": ([arguments.bench_server], {}, "/v1/chat/completions", CHAT, 8 / 0.05),
        "engine": ([arguments.martlet, "serve", "--port", "0", "--loops", "1", "--threads", "1", "--running", "8"],
                   {"MARTLET_API_KEY": "quiet,noisy"}, "/v1/completions", REPLY, None),
    }
    for name, (command, environment, path, body, rate) in servers.items():
        if arguments.only not in (None, name):
            continue
        process, port = start(command, environment)
        try:
            asyncio.run(compare(name, port, path, body, rate, arguments))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


if __name__ == "__main__":
    main()
