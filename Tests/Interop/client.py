"""Runs the Swift client against a server, and returns its report."""

import json
import subprocess

from server import ENVIRONMENT, ROOT

CLIENT = ROOT / ".build/release/InteropClient"


def run_client(url, model, question, certificate=None):
    done = subprocess.run(
        [CLIENT, url, model, question, *([certificate] if certificate else [])], env=ENVIRONMENT,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
