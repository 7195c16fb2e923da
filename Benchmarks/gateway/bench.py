#!/usr/bin/env python3
"""What a gateway costs: processor time, latency and memory, beside nginx's proxy_pass and LiteLLM's proxy.

    bench.py MARTLET BENCH_SERVER [--litellm PROGRAM] [--rounds 5] [--streams 64 512]

All of them stand in front of the same scripted server and get the same load in turns: complete chats, streams of 16 tokens
without a delay, and streams of 100 tokens with 10 ms between them. The processor time is that of the gateway's processes, in
both modes, and the figure the median of its rounds. Then streams of 20 tokens, 100 ms apart, are opened within a second: the
time to the first token is compared with that of the server itself, and the resident memory with that before. One worker, one
loop, one process each, without an access log.
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

TICK = 1e6 / os.sysconf("SC_CLK_TCK")  # microseconds
BODY = '{"model":"scripted","messages":[{"role":"user","content":"Hi"}]%s}'
STREAM = ',"stream":true,"stream_options":{"include_usage":true}'
LOADS = {"complete": ("tokens", "", 32, 1), "stream": ("tokens", STREAM, 32, 1), "token": ("paced 100 10", STREAM, 64, 100)}
NGINX = """worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/log; events {{ worker_connections 16384; }}
http {{ access_log off; upstream u {{ server 127.0.0.1:{upstream}; keepalive 1024; }}
 client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
 scgi_temp_path {folder};
 server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://u; proxy_http_version 1.1; proxy_buffering off;
  proxy_set_header Connection ""; proxy_set_header Host localhost; }} }} }}
"""
LITELLM = """model_list:
  - model_name: scripted
    litellm_params: {{model: openai/scripted, api_base: "http://127.0.0.1:{upstream}/v1", api_key: none}}
general_settings: {{dangerously_permit_weak_or_unset_master_key: true}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Program:
    """A server with its child processes."""

    def __init__(self, stack, port, command, **options):
        self.port = port
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **({"stdout": subprocess.DEVNULL} | options))
        stack.callback(self.stop)

    def wait_until_ready(self):
        for _ in range(600):
            if self.process.poll() is not None:
                raise SystemExit(f"{self.process.args[0]} ended with {self.process.returncode}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"{self.process.args[0]} does not listen")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def processes(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [self.process.pid, *map(int, children)]

    def processor_time(self):
        times = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in self.processes()]
        return sum(int(fields[11]) + int(fields[12]) for fields in times) * TICK

    def memory(self):
        """Kilobytes."""
        texts = [Path(f"/proc/{pid}/status").read_text() for pid in self.processes()]
        return sum(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) for text in texts)


def start_upstream(stack, binary, arguments):
    program = Program(stack, 0, [binary, *arguments.split()], stdout=subprocess.PIPE, text=True)
    found = next((match for line in program.process.stdout if (match := re.search(r"127\.0\.0\.1:(\d+)", line))), None)
    if not found:
        raise SystemExit(f"{binary} did not start")
    program.port = int(found[1])
    return program


def start_gateways(stack, arguments, upstream):
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    gateways = {}

    def configure(name, text):
        port = free_port()
        path = Path(folder, name)
        path.write_text(text.format(folder=folder, upstream=upstream.port, port=port))
        return port, str(path)

    port, path = configure("nginx.conf", NGINX)
    gateways["nginx"] = Program(stack, port, ["nginx", "-c", path, "-p", folder])
    port = free_port()
    gateways["Martlet"] = Program(
        stack, port, [arguments.martlet, "gateway", "--upstream", f"http://127.0.0.1:{upstream.port},kind=martlet",
                      "--port", str(port), "--loops", "1"])
    if arguments.litellm:
        port, path = configure("litellm.yaml", LITELLM)
        gateways["LiteLLM"] = Program(
            stack, port, [arguments.litellm, "--config", path, "--port", str(port), "--host", "127.0.0.1"], cwd=folder)
    return {name: gateway.wait_until_ready() for name, gateway in gateways.items()}


def measure(gateway, members, connections, script, seconds):
    """Microseconds of processor time for each request."""
    Path(script).write_text('wrk.method="POST"; wrk.headers["Content-Type"]="application/json"; wrk.body=[[%s]]' % (
        BODY % members))
    before = gateway.processor_time()
    output = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "-s", script,
         f"http://127.0.0.1:{gateway.port}/v1/chat/completions"], capture_output=True, text=True, check=True).stdout
    count = int(re.search(r"(\d+) requests in", output)[1])
    if "Non-2xx" in output or not count:
        raise SystemExit(output)
    return (gateway.processor_time() - before) / count


def compare_processor_time(arguments, script):
    for load, (server, members, connections, parts) in LOADS.items():
        with ExitStack() as stack:
            upstream = start_upstream(stack, arguments.bench_server, server)
            gateways = start_gateways(stack, arguments, upstream)
            figures = {name: [] for name in gateways}
            for turn in range(arguments.rounds + 1):
                for name, gateway in gateways.items():
                    # LiteLLM does not get through more.
                    some = 4 if name == "LiteLLM" else connections
                    cost = measure(gateway, members, some, script, 4 if parts > 1 else 2) / parts
                    if turn:  # the first one warms up
                        figures[name].append(cost)
        medians = {name: statistics.median(costs) for name, costs in figures.items()}
        for name, costs in figures.items():
            print(f"{load}: {name} {medians[name]:.1f} us ({min(costs):.1f} to {max(costs):.1f}), "
                  f"{medians[name] / medians['nginx']:.2f} of nginx", flush=True)


async def stream(port, delay, times):
    """Opens a stream after a delay, and reads it to its end."""
    await asyncio.sleep(delay)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = BODY % STREAM
    writer.write((f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}").encode())
    start, seen, first = time.perf_counter(), b"", None
    while part := await reader.read(65536):
        seen = seen[-4096:] + part
        if first is None and b"token 0" in seen:
            first = time.perf_counter() - start
    writer.close()
    if first is None or b"[DONE]" not in seen:
        raise SystemExit(f"a stream is not complete: {seen[-200:]}")
    times.append(first * 1000)


async def open_streams(port, count, watch):
    times = []
    tasks = [asyncio.create_task(stream(port, index / count, times)) for index in range(count)]
    await asyncio.sleep(1.8)
    peak = watch() if watch else 0
    await asyncio.gather(*tasks)
    return times, peak


def compare_streams(arguments):
    for count in arguments.streams:
        with ExitStack() as stack:
            upstream = start_upstream(stack, arguments.bench_server, "paced 20 100")
            gateways = start_gateways(stack, arguments, upstream)
            targets = {"directly": upstream} | gateways
            base = None
            for name, target in targets.items():
                if name == "LiteLLM" and count > 512:
                    continue
                asyncio.run(open_streams(target.port, min(count, 16), None))
                before = target.memory()
                times, peak = asyncio.run(open_streams(target.port, count, target.memory))
                low, high = statistics.median(times), statistics.quantiles(times, n=100)[98]
                base = base or (low, high)
                print(f"{count} streams: {name} {low:.1f} ms to the first token, p99 {high:.1f} "
                      f"({low - base[0]:+.1f}, {high - base[1]:+.1f}), {(peak - before) / count:.1f} KB each", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("martlet")
    parser.add_argument("bench_server")
    parser.add_argument("--litellm", help="the program of LiteLLM's proxy, which is left out otherwise")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--streams", type=int, nargs="*", default=[64, 512])
    arguments = parser.parse_args()
    if not shutil.which("nginx"):
        raise SystemExit("nginx is not installed")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        compare_processor_time(arguments, script.name)
    compare_streams(arguments)


if __name__ == "__main__":
    main()
