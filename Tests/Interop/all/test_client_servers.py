"""The Swift client against a third-party server: `transformers serve` with the toy's weights, behind nginx."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from client import run_client
from nginx import Nginx
from server import ROOT

TOY = ROOT / "Backends/Toy/CToyModel/toy"
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """`transformers serve`, and the name of its model."""
    folder = tmp_path_factory.mktemp("toy")
    for file in TOY.iterdir():
        shutil.copy(file, folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "GPT2Tokenizer", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>",
        "model_max_length": 256, "chat_template": TEMPLATE}))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [Path(sys.executable).parent / "transformers", "serve", folder, "--host", "127.0.0.1", "--port", str(port),
         "--device", "cpu"],
        env={**os.environ, "HF_HUB_OFFLINE": "1"}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 120
        while True:
            assert process.poll() is None and time.monotonic() < end, "transformers serve does not start"
            try:
                urllib.request.urlopen(f"{url}/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield url, str(folder)
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("version", ["plain", "tls", "tls and http2"])
def test_transformers_own_server(served, server, version, tmp_path):
    url, model = served
    nginx = None if version == "plain" else Nginx(tmp_path, url, http2=version == "tls and http2")
    try:
        report = run_client(
            nginx.url if nginx else url, model, "What is 7 times 8?", nginx.certificate if nginx else None)
    finally:
        if nginx:
            nginx.stop()
    # Martlet gives the same reply with the same weights; transformers also counts the end token.
    ours = run_client(server.url, "toy", "What is 7 times 8?")
    assert report["chat"]["content"] == report["stream"]["content"] == ours["chat"]["content"] == "56"
    assert report["chat"]["finish"] == report["stream"]["finish"] == "stop"
    assert report["chat"]["usage"] == report["stream"]["usage"]
    assert report["chat"]["usage"][0] == ours["chat"]["usage"][0]
    assert report["concurrent"] == ["56"]
    assert report["abandoned"] == "56"
    # Only `max_tokens` ends this text.
    assert report["complete"][:40] == ours["complete"][:40]
    # Unsupported endpoints and unknown models are errors with the right reason.
    assert report["embed"]["status"] == 404
    assert report["unknown"]["error"] == "format_error"
