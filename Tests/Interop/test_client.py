"""The Swift client against Martlet's own server, directly and through nginx with TLS, in HTTP/1.1 and HTTP/2.

Checklist rows S0-13, S0-src-11 and S0-src-26: TLS for complete and streamed replies, on connections that are kept alive.
"""

import http.server
import threading

import pytest

from client import run_client
from nginx import Nginx

QUESTION = "What is 7 times 8?"


@pytest.fixture(params=["plain", "tls", "tls and http2"])
def address(request, server, tmp_path):
    """A URL, and the certificate that the client must trust."""
    if request.param == "plain":
        yield server.url, None
        return
    nginx = Nginx(tmp_path, server.url, http2=request.param == "tls and http2")
    yield nginx.url, nginx.certificate
    nginx.stop()
    lines = nginx.log.read_text().splitlines()
    version = "HTTP/2.0" if request.param == "tls and http2" else "HTTP/1.1"
    assert lines and all(version in line for line in lines)
    # 32 requests are concurrent; HTTP/2 multiplexes them on one connection.
    connections = {line.split()[-1] for line in lines}
    assert len(connections) < (8 if version == "HTTP/2.0" else len(lines))


def test_every_call_of_the_client(address, client):
    report = run_client(address[0], "toy", QUESTION, address[1])
    expected = client.chat.completions.create(
        model="toy", temperature=0, max_tokens=24, messages=[{"role": "user", "content": QUESTION}])
    text = expected.choices[0].message.content
    usage = [expected.usage.prompt_tokens, expected.usage.completion_tokens]
    assert report["models"] == ["toy"]
    assert report["chat"] == {"content": text, "finish": "stop", "usage": usage}
    pieces = report["stream"].pop("pieces")
    assert report["stream"] == report["chat"]
    assert pieces >= 1
    assert report["concurrent"] == [text]
    assert report["abandoned"] == text
    assert report["complete"]
    assert report["embed"][0] == report["embed"][1] > 0
    assert (report["unknown"]["error"], report["unknown"]["status"]) == ("model_not_found", 404)
    if address[1]:
        assert report["untrusted"]["error"] == "connection", "an untrusted certificate is refused"
    else:
        assert report["untrusted"] == text


@pytest.fixture
def sized():
    """A server with `/big`, 20 MB, and `/small`."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            body = b"x" * (20_000_000 if self.path == "/big" else 10)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("http2", [False, True])
def test_an_unread_stream_does_not_block_others(sized, http2, tmp_path):
    nginx = Nginx(tmp_path, sized, http2)
    try:
        assert run_client(nginx.url, "paused", "", nginx.certificate) == [10, 20_000_000]
    finally:
        nginx.stop()
    assert ("HTTP/2.0" in nginx.log.read_text()) == http2
