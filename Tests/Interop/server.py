"""Starts `martlet serve` for the tests, on a free loopback port, and if wanted a gateway in front of it."""

import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARTLET = os.environ.get("MARTLET", str(ROOT / ".build/release/martlet"))
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("MARTLET")}


class Server:
    """Runs from construction to `stop`; `url` ends without a slash.

    With `behind_gateway`, clients see a gateway, and the server is its `upstream`, which is None otherwise. With `before`,
    the URL of another server with OpenAI's API, it is a gateway in front of that one.
    """

    # Whether servers are behind a gateway unless their creator says so: `pytest --gateway`.
    behind_gateway = False
    # Options of `martlet serve` that a gateway does not have.
    ENGINE_OPTIONS = {"--model", "--running", "--weights"}

    def __init__(self, *arguments, behind_gateway=None, before=None, patience=30):
        self.upstream, command = None, ["serve", *arguments]
        if before:
            command = ["gateway", "--upstream", f"{before},kind=openai", *arguments]
        elif Server.behind_gateway if behind_gateway is None else behind_gateway:
            self.upstream = Server(*arguments, behind_gateway=False, patience=patience)
            pairs = zip(arguments[::2], arguments[1::2])
            shared = [word for pair in pairs if pair[0] not in Server.ENGINE_OPTIONS for word in pair]
            shared += arguments[len(arguments) // 2 * 2:]
            command = ["gateway", "--upstream", f"{self.upstream.url},kind=martlet", *shared]
        self.process = subprocess.Popen(
            [MARTLET, *command, "--port", "0"], env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        try:
            self.url = self._printed_url()
            self._wait_until_ready(time.monotonic() + patience)
        except BaseException:
            self._kill()
            raise
        # Drain the pipe, so that further output cannot fill it.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def _printed_url(self):
        while line := self.process.stdout.readline():
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                return found[0]
        raise AssertionError(f"martlet ended with {self.process.wait()} before it printed its URL")

    def _wait_until_ready(self, deadline):
        while True:
            try:
                with urllib.request.urlopen(self.url + "/health/ready", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def load(self):
        """The counters of GET /load."""
        with urllib.request.urlopen(self.url + "/load", timeout=5) as reply:
            return json.load(reply)

    def settles(self, patience=10):
        """Waits until nothing runs or waits, at an upstream either, and returns the counters."""
        if self.upstream:
            self.upstream.settles(patience)
        deadline = time.monotonic() + patience
        while True:
            load = self.load()
            if not any(load[key] for key in ("open_streams", "running", "waiting")):
                return load
            assert time.monotonic() < deadline, f"still busy: {load}"
            time.sleep(0.02)

    def stop(self):
        """Ends the server with SIGTERM, and returns its exit code, or that of its upstream if it is not 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=40)
            return self.upstream.stop() or status if self.upstream else status
        except subprocess.TimeoutExpired:
            self._kill()
            raise AssertionError("martlet did not end within 40 s of SIGTERM") from None

    def _kill(self):
        self.process.kill()
        self.process.wait()
        if self.upstream:
            self.upstream._kill()
