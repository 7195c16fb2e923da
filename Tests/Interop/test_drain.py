"""A drain under load: streams that have begun, that wait, and that are still in the system's queue."""

import asyncio
import json
import signal
import urllib.parse

from server import Server

STREAMS = 1000


async def stream(port, opened):
    """The finish reason and whether `[DONE]` came, of one streamed chat."""
    body = json.dumps({
        "messages": [{"role": "user", "content": "Tell me a story."}], "max_tokens": 12, "temperature": 0, "stream": True,
    }).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    opened.release()
    text = (await reader.read()).decode()
    writer.close()
    reasons = [
        choice["finish_reason"] for line in text.splitlines() if line.startswith("data: {")
        for choice in json.loads(line[6:])["choices"] if choice["finish_reason"]]
    return text.split("\r\n", 1)[0], reasons, "data: [DONE]" in text


async def drained_streams(server):
    port = urllib.parse.urlsplit(server.url).port
    opened = asyncio.Semaphore(0)
    streams = [asyncio.create_task(stream(port, opened)) for _ in range(STREAMS)]
    for _ in range(STREAMS):
        await opened.acquire()
    server.process.send_signal(signal.SIGTERM)
    return await asyncio.wait_for(asyncio.gather(*streams), 240)


def test_a_drain_loses_none_of_1000_streams():
    server = Server("--running", "64", "--max-queue", "1000", "--drain-timeout", "240")
    try:
        results = asyncio.run(drained_streams(server))
        assert server.process.wait(30) == 0
    finally:
        server.stop()
    kinds = {(status, tuple(reasons), is_done) for status, reasons, is_done in results}
    assert kinds <= {("HTTP/1.1 200 OK", ("length",), True), ("HTTP/1.1 200 OK", ("stop",), True)}, kinds
    assert len(results) == STREAMS
