"""Records the traffic between any client and the server, and validates every response."""

import re

import httpx2

from chat_dialect import ChatDialect
from messages_dialect import MessagesDialect, is_messages
from responses_dialect import ResponsesDialect, is_responses


def dialect_of(url, headers):
    """The checks of a response to a request with the URL and the headers."""
    if is_messages(url.path, headers):
        return MessagesDialect(url)
    return ResponsesDialect(url) if is_responses(url.path) else ChatDialect(url)


class Exchange:
    """One request and the bytes of its response, validated as they arrive."""

    def __init__(self, request, response):
        self.method, self.path, self.status = request.method, request.url.path, response.status_code
        self.headers = response.headers
        self.dialect = dialect_of(request.url, request.headers)
        self.streamed = self.headers.get("content-type", "").startswith("text/event-stream")
        self.faults, self.buffer, self.events = [], b"", []
        if "x-request-id" not in self.headers:
            self.fault(["no x-request-id"])

    def fault(self, found):
        self.faults += [f"{self.method} {self.path} {self.status}: {what}" for what in found]

    def feed(self, data):
        self.buffer += data
        while self.streamed and b"\n\n" in self.buffer:
            event, self.buffer = self.buffer.split(b"\n\n", 1)
            self.event(event)

    def event(self, event):
        if event.startswith(b":") and b"\n" not in event:
            return
        framed = re.fullmatch(rb"(?:event: ([\w.]+)\n)?data: ([^\r\n]+)", event)
        if not framed:
            self.fault([f"not one data line: {event[:200]!r}"])
            return
        name = framed[1].decode() if framed[1] else None
        self.events.append(name)
        try:
            self.fault(self.dialect.event(name, framed[2]))
        except ValueError as error:
            self.fault([f"{error}: {event[:200]!r}"])

    def end(self):
        if self.streamed:
            if self.buffer:
                self.fault([f"ended with {self.buffer[:200]!r}"])
            self.fault(self.dialect.end())
        elif self.method != "HEAD" and (self.dialect.is_checked or self.status >= 400):
            try:
                self.fault(
                    self.dialect.error(self.buffer, self.headers) if self.status >= 400
                    else self.dialect.body(self.buffer))
            except ValueError as error:
                self.fault([f"{error}: {self.buffer[:200]!r}"])


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
