"""Records the traffic between any client and the server, and validates every response against OpenAI's schema."""

import json
import re

import httpx2
from jsonschema import Draft202012Validator

from server import ROOT

COMPONENTS = json.loads((ROOT / "Tests/Fixtures/openai/openapi.json").read_text())["components"]

# (path, schema of a complete response, schema of a streamed chunk)
SCHEMAS = [
    (r"/v1/models", "ListModelsResponse", None),
    (r"/v1/models/.+", "Model", None),
    (r"/v1/completions", "CreateCompletionResponse", "CreateCompletionResponse"),
    (r"/v1/chat/completions", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"),
    (r"/v1/embeddings", "CreateEmbeddingResponse", None),
]

VALIDATORS = {
    name: Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": COMPONENTS})
    for _, *names in SCHEMAS for name in [*names, "ErrorResponse"] if name}


# The number of valid and invalid bodies.
counted = {True: 0, False: 0}


def faults_of(schema, text):
    """The violations of the schema by `text`; any JSON is valid for None."""
    found = list(faults_of_body(schema, text))
    counted[not found] += 1
    return found


def faults_of_body(schema, text):
    try:
        body = json.loads(text)
    except ValueError as error:
        return [f"{error}: {text[:200]!r}"]
    found = VALIDATORS[schema].iter_errors(body) if schema else []
    return [f"not a {schema}: {error.json_path}: {error.message[:200]}" for error in found]


class Exchange:
    """One request and the bytes of its response, validated as they arrive."""

    def __init__(self, request, response):
        self.method, self.path, self.status = request.method, request.url.path, response.status_code
        self.headers = response.headers
        self.whole, self.chunk = next(
            (names for pattern, *names in SCHEMAS if re.fullmatch(pattern, self.path)), (None, None))
        self.streamed = self.headers.get("content-type", "").startswith("text/event-stream")
        self.faults, self.buffer, self.chunks, self.done, self.same = [], b"", 0, False, None
        if "x-request-id" not in self.headers:
            self.fault("no x-request-id")

    def fault(self, what):
        self.faults.append(f"{self.method} {self.path} {self.status}: {what}")

    def feed(self, data):
        self.buffer += data
        while self.streamed and b"\n\n" in self.buffer:
            event, self.buffer = self.buffer.split(b"\n\n", 1)
            self.event(event)

    def event(self, event):
        if event.startswith(b":") and b"\n" not in event:
            return
        if self.done:
            self.fault(f"after [DONE]: {event[:200]!r}")
        elif not event.startswith(b"data: ") or re.search(rb"[\r\n]", event):
            self.fault(f"not one data line: {event[:200]!r}")
        elif event == b"data: [DONE]":
            self.done = True
        else:
            self.data(event.removeprefix(b"data: "))

    def data(self, text):
        self.chunks += 1
        schema = "ErrorResponse" if text.startswith(b'{"error"') else self.chunk
        found = faults_of(schema, text)
        for what in found:
            self.fault(what)
        if found or schema == "ErrorResponse":
            return
        chunk = json.loads(text)
        same = [chunk[key] for key in ("id", "created", "model", "object")]
        if same != (self.same or same):
            self.fault(f"id, created, model or object changed: {self.same} {same}")
        self.same = same

    def end(self):
        if self.streamed:
            if self.buffer or not self.done:
                self.fault(f"ended before [DONE], with {self.buffer[:200]!r}")
        elif self.method != "HEAD" and (self.whole or self.status >= 400):
            for what in faults_of("ErrorResponse" if self.status >= 400 else self.whole, self.buffer):
                self.fault(what)


class Wire(list):
    """The exchanges of one test."""

    def watch(self, request, response):
        self.append(Exchange(request, response))
        return self[-1]

    @property
    def faults(self):
        return [fault for exchange in self for fault in exchange.faults]

    def client(self, url, **options):
        return httpx2.Client(base_url=url, transport=Transport(self), **options)

    def async_client(self, url, **options):
        return httpx2.AsyncClient(base_url=url, transport=AsyncTransport(self), **options)


class Transport(httpx2.HTTPTransport):

    def __init__(self, wire):
        super().__init__(trust_env=False)
        self.wire = wire

    def handle_request(self, request):
        response = super().handle_request(request)
        response.stream = Stream(response.stream, self.wire.watch(request, response))
        return response


class AsyncTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, wire):
        super().__init__(trust_env=False)
        self.wire = wire

    async def handle_async_request(self, request):
        response = await super().handle_async_request(request)
        response.stream = AsyncStream(response.stream, self.wire.watch(request, response))
        return response


class Stream(httpx2.SyncByteStream):
    def __init__(self, stream, exchange):
        self.stream, self.exchange = stream, exchange

    def __iter__(self):
        for data in self.stream:
            self.exchange.feed(data)
            yield data
        self.exchange.end()

    def close(self):
        self.stream.close()


class AsyncStream(httpx2.AsyncByteStream):
    def __init__(self, stream, exchange):
        self.stream, self.exchange = stream, exchange

    async def __aiter__(self):
        async for data in self.stream:
            self.exchange.feed(data)
            yield data
        self.exchange.end()

    async def aclose(self):
        await self.stream.aclose()
