"""Sends a case over a socket and reads what comes back, byte for byte."""

import re
import socket
import threading

PATIENCE = 30


class Closed(Exception):
    """The connection ended within a response."""


class Reader:
    """Buffered reading that knows how much HTTP a response consists of."""

    def __init__(self, connection):
        self.connection, self.buffer = connection, b""

    def more(self):
        data = self.connection.recv(65536)
        if not data:
            raise Closed
        self.buffer += data

    def until(self, mark):
        while mark not in self.buffer:
            self.more()
        found, self.buffer = self.buffer.split(mark, 1)
        return found + mark

    def exactly(self, count):
        while len(self.buffer) < count:
            self.more()
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found

    def rest(self):
        try:
            while True:
                self.more()
        except Closed:
            found, self.buffer = self.buffer, b""
            return found


class Response:
    """The head as it came, the content without its framing, and the chunks that it came in, if it was chunked."""

    def __init__(self, head):
        self.head, self.content, self.chunks = head, b"", None

    def field(self, name):
        found = re.search(rb"(?mi)^" + name + rb":[ \t]*(.*?)\r$", self.head)
        return found[1] if found else None

    @property
    def status(self):
        return int(self.head[9:12])


def read_response(reader, is_head):
    response = Response(reader.until(b"\r\n\r\n"))
    if is_head or response.status in (204, 304) or response.status < 200:
        return response
    if (response.field(b"Transfer-Encoding") or b"").lower() == b"chunked":
        response.chunks = []
        while True:
            size = int(reader.until(b"\r\n"), 16)
            data = reader.exactly(size + 2)
            if data[-2:] != b"\r\n":
                raise Closed
            if size == 0:
                break
            response.chunks.append(data[:-2])
        response.content = b"".join(response.chunks)
    elif (length := response.field(b"Content-Length")) is not None:
        response.content = reader.exactly(int(length))
    else:
        response.content = reader.rest()
    return response


def send(connection, data, pieces):
    """Sends all of it, or what a server that refuses the rest takes."""
    try:
        for start in range(0, len(data), pieces or len(data) or 1):
            connection.sendall(data[start:start + (pieces or len(data))])
    except OSError:
        pass


def exchange(port, case):
    """The responses, and how the connection ended: "open" until the client closed it, or what went wrong."""
    responses, heads = [], list(case.heads)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        reader = Reader(connection)

        def read():
            response = read_response(reader, heads[0])
            if response.status >= 200:
                heads.pop(0)
            responses.append(response)

        sender = None
        try:
            for step in case.steps:
                if isinstance(step, dict):
                    for _ in range(step["read"]):
                        read()
                else:
                    # Beside the reading: both could wait for each other.
                    sender = threading.Thread(target=send, args=(connection, step, case.pieces))
                    sender.start()
                    if step is not case.steps[-1]:
                        sender.join()
            while heads:
                read()
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            extra = reader.rest()
            end = f"extra bytes: {extra!r}" if extra else "nothing more"
        except Closed:
            end = f"closed within a response, after {reader.buffer!r}" if reader.buffer else "closed without a response"
        except TimeoutError:
            end = f"no end within {PATIENCE} s, after {reader.buffer!r}"
        except ConnectionError as error:
            end = f"{type(error).__name__}, after {reader.buffer!r}"
        except (ValueError, IndexError):
            end = f"malformed response, before {reader.buffer!r}"
        finally:
            if sender:
                sender.join(PATIENCE)
    return responses, end
