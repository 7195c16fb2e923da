"""The Swift client against a server that nobody here wrote: transformers' own, with the toy's weights, behind nginx."""

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

from client import ask_everything
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
            assert process.poll() is None and time.monotonic() < end, "transformers serve does not come up"
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
        told = ask_everything(
            nginx.url if nginx else url, model, "What is 7 times 8?", nginx.certificate if nginx else None)
    finally:
        if nginx:
            nginx.stop()
    # The same weights through Martlet give the same answer; transformers counts the end's token too.
    ours = ask_everything(server.url, "toy", "What is 7 times 8?")
    assert told["chat"]["content"] == told["stream"]["content"] == ours["chat"]["content"] == "56"
    assert told["chat"]["finish"] == told["stream"]["finish"] == "stop"
    assert told["chat"]["usage"] == told["stream"]["usage"]
    assert told["chat"]["usage"][0] == ours["chat"]["usage"][0]
    assert told["together"] == ["56"]
    assert told["left"] == "56"
    # `max_tokens` is the only thing that ends this text.
    assert told["complete"][:40] == ours["complete"][:40]
    # What it cannot do, and what it does not know, are errors of their kind.
    assert told["embed"]["status"] == 404
    assert told["unknown"]["error"] == "format_error"
