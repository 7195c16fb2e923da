"""Records the exchanges of any client with a server, without what differs between two exchanges of the same."""

import http.client
import http.server
import re
import threading
import urllib.parse

# Ids, times and durations, what depends on earlier requests, and the tokens of a prompt at the start of a message, when a
# gateway does not know them yet.
VARYING = [
    (rb'("type":"message_start".*?"usage":).*', rb"\1"), (rb'("input_tokens":\s?)\d+(?=,"cache)', rb"\g<1>0"),
    (rb'("cache_read_input_tokens":\s?)\d+', rb"\g<1>0"),
    (rb'("cached_tokens":\s?)\d+', rb"\g<1>0"),
    (rb'("(?:id|tool_call_id|created_at)":\s?)"[^"]*"', rb'\1""'),
    (rb'("(?:created|created_at|completed_at|\w+_duration)":\s?)\d+', rb"\g<1>0"),
    (rb"\b(chatcmpl|cmpl|req|call|resp|msg|rs|fc|ctc|toolu)[-_][0-9A-Za-z]+", rb"\1"),
]
# Ollama's token ids of a conversation, which a gateway does not have.
CONTEXT = re.compile(r'"context":\[[\d,]*\],')
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "date"}


def choice(event):
    """The number of an event's choice; those that concern all come last."""
    found = re.search(r'"choices":\s?\[\{.*?"index":\s?(\d+)', event)
    return int(found[1]) if found else 1 << 20


def stable(body):
    """The lines of a body, of a stream by choice: which of several comes first is up to the server."""
    for pattern, replacement in VARYING:
        body = re.sub(pattern, replacement, body)
    events = body.decode().split("\n\n")
    return "\n\n".join(sorted(events, key=choice)).splitlines(keepends=True)


class Recorder:
    """A proxy from construction to `stop`. `exchanges` has method, path, the request's body, status, content type and the
    lines of the response's body for each exchange."""

    def __init__(self, url):
        address = urllib.parse.urlsplit(url)
        self.exchanges = exchanges = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def relay(self):
                request = self.rfile.read(int(self.headers.get("content-length", 0)))
                upstream = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
                fields = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                upstream.request(self.command, self.path, request, fields)
                response = upstream.getresponse()
                body = response.read()
                upstream.close()
                exchanges.append((
                    self.command, self.path, stable(request), response.status, response.headers["content-type"],
                    stable(body)))
                self.send_response(response.status)
                for name, value in response.getheaders():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = relay

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def recorded(url, use):
    """The exchanges of a client whose server has the URL."""
    recorder = Recorder(url)
    try:
        use(recorder.url)
    finally:
        recorder.stop()
    # A gateway does not know what `show` says of a model.
    return [exchange for exchange in recorder.exchanges if exchange[1] != "/api/show"]


def assert_same(server, use, atleast):
    """Checks that `use`, given a server's URL, gets the same from the server through its gateway as directly."""
    direct, relayed = recorded(server.upstream.url, use), recorded(server.url, use)
    assert len(direct) >= atleast
    for expected, got in zip(direct, relayed, strict=True):
        assert got[:-1] == expected[:-1]
        assert got[-1] == [CONTEXT.sub("", line) for line in expected[-1]], expected[:3]
