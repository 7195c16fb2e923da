"""The Swift client against a third-party server: `transformers serve` with the toy's weights, behind nginx."""

import pytest

from client import run_client
from nginx import Nginx


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
