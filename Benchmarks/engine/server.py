"""What the way through HTTP costs, and how long a first token takes under load.

    python server.py FOLDER MARTLET ENGINE_BENCH [--weights f32] [--threads 1]

First 1, 8, 32 and 128 streams at once through the server, beside the engine alone, in alternating runs: a prompt of 64
tokens and 64 generated ones each. Then four clients that ask one short question after the other, while a prompt of 900
tokens that nobody has seen before arrives every second.
"""

import argparse
import asyncio
import json
import pathlib
import subprocess
import time

ROUNDS = 3


def prompt(count, stream):
    return [(index * 31 + stream * 1009 + 7) % 50000 for index in range(count)]


async def complete(port, tokens, count):
    """Streams a completion. Returns when each chunk with text came."""
    body = json.dumps({"prompt": tokens, "max_tokens": count, "temperature": 0, "stream": True, "ignore_eos": True})
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
    times = []
    try:
        while line := await asyncio.wait_for(reader.readline(), 120):
            if line.startswith(b"data: [DONE]"):
                return times
            if line.startswith(b"data: "):
                times.append(time.perf_counter())
        raise RuntimeError("the stream was cut off")
    finally:
        writer.close()


async def throughput(port, streams):
    start = time.perf_counter()
    await asyncio.gather(*(complete(port, prompt(64, stream), 64) for stream in range(streams)))
    return streams * 64 / (time.perf_counter() - start)


async def first_tokens(port, seconds):
    end = time.perf_counter() + seconds
    short, long, gaps = [], [], []

    async def ask(number):
        while time.perf_counter() < end:
            start = time.perf_counter()
            times = await complete(port, prompt(16, number), 32)
            number += 4
            short.append(times[0] - start)
            gaps.extend(later - earlier for earlier, later in zip(times, times[1:]))

    async def ask_long():
        running, number = [], 100_000
        while time.perf_counter() < end:
            async def one(number=number):
                start = time.perf_counter()
                long.append((await complete(port, prompt(900, number), 4))[0] - start)
            running.append(asyncio.create_task(one()))
            number += 1
            await asyncio.sleep(1)
        await asyncio.gather(*running)

    await asyncio.gather(ask_long(), *(ask(10_000 + client) for client in range(4)))
    return short, long, gaps


def quantiles(values):
    values = sorted(values)
    return f"p50 {values[len(values) // 2] * 1000:.0f} ms, p99 {values[min(len(values) - 1, len(values) * 99 // 100)] * 1000:.0f} ms"


def serve(arguments, running):
    server = subprocess.Popen(
        [arguments.martlet, "serve", "--model", arguments.folder / "gpt2-124m", "--port", "0", "--weights",
         arguments.weights, "--threads", str(arguments.threads), "--running", str(running), "--kv-memory", "4096"],
        stdout=subprocess.PIPE, text=True)
    return server, int(server.stdout.readline().rsplit(":", 1)[1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("martlet")
    parser.add_argument("bench")
    parser.add_argument("--weights", default="f32")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--streams", type=int, nargs="*", default=[1, 8, 32, 128])
    arguments = parser.parse_args()
    for streams in arguments.streams:
        through, alone = [], []
        for _ in range(ROUNDS):
            # A new server each time: a second round would find its prompts in the cache.
            server, port = serve(arguments, streams)
            try:
                through.append(asyncio.run(throughput(port, streams)))
            finally:
                server.terminate()
                server.wait()
            output = subprocess.run(
                [arguments.bench, "engine", arguments.folder / "gpt2-124m", arguments.weights,
                 str(arguments.threads), str(streams)], check=True, capture_output=True, text=True).stdout
            alone += [float(line.split()[1]) for line in output.split("\n") if line]
        print(f"{streams:3} streams: {max(through):7.1f} tokens/s through HTTP, {max(alone):7.1f} of the engine alone: "
              f"{max(through) / max(alone):.3f}", flush=True)

    server, port = serve(arguments, 32)
    try:
        short, long, gaps = asyncio.run(first_tokens(port, arguments.seconds))
    finally:
        server.terminate()
        server.wait()
    print(f"a 900-token prompt a second, for {arguments.seconds} s:")
    print(f"  first token of {len(short)} short prompts: {quantiles(short)}")
    print(f"  between tokens of these: {quantiles(gaps)}")
    print(f"  first token of {len(long)} long prompts: {quantiles(long)}")


main()
