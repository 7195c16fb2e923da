"""A server with chat completions whose replies are scripted, for a gateway in front of it."""

import http.server
import json
import threading


def pieces(text, length=7):
    return [text[start:start + length] for start in range(0, len(text), length)]


def deltas(reply):
    """The deltas of a reply with `reasoning`, `text` and `calls`, as (name, arguments)."""
    yield {"role": "assistant", "content": ""}
    for name, key in (("reasoning", "reasoning_content"), ("text", "content")):
        for piece in pieces(reply.get(name, "")):
            yield {key: piece}
    for index, (name, arguments) in enumerate(reply.get("calls", [])):
        yield {"tool_calls": [{
            "index": index, "id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": ""}}]}
        for piece in pieces(arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def message(reply):
    calls = [
        {"id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for index, (name, arguments) in enumerate(reply.get("calls", []))]
    found = {"role": "assistant", "content": reply.get("text"), "reasoning_content": reply.get("reasoning")}
    return {**found, "tool_calls": calls} if calls else found


class ScriptedServer:
    """Serves the model `scripted` from construction to `stop`: each chat takes the next of `replies`. `requests` has the
    bodies that it received."""

    USAGE = {"prompt_tokens": 5000, "completion_tokens": 30, "total_tokens": 5030}

    def __init__(self):
        self.replies, self.requests = [], []
        script = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send("application/json", json.dumps({"object": "list", "data": [
                    {"id": "scripted", "object": "model", "created": 0, "owned_by": "test"}]}))

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                script.requests.append(body)
                reply = script.replies.pop(0)
                if body.get("stream"):
                    self.send("text/event-stream", "".join(f"data: {one}\n\n" for one in script.events(reply)))
                else:
                    self.send("application/json", json.dumps(script.completion(reply)))

            def send(self, kind, text):
                data = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def end(reply):
        return "tool_calls" if reply.get("calls") else "stop"

    def events(self, reply):
        common = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "scripted"}
        for delta in deltas(reply):
            yield json.dumps({**common, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        yield json.dumps({**common, "choices": [{"index": 0, "delta": {}, "finish_reason": self.end(reply)}]})
        yield json.dumps({**common, "choices": [], "usage": self.USAGE})
        yield "[DONE]"

    def completion(self, reply):
        choice = {"index": 0, "message": message(reply), "finish_reason": self.end(reply)}
        return {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "scripted", "choices": [choice],
                "usage": self.USAGE}

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
