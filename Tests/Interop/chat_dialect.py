"""What OpenAI's completions, chat completions, models and embeddings look like on the wire."""

import json
import re

from validation import Schema, counting

OPENAI = Schema("openapi.json")

# (path, schema of a complete response, schema of a streamed chunk)
SCHEMAS = [
    (r"/v1/models", "ListModelsResponse", None),
    (r"/v1/models/.+", "Model", None),
    (r"/v1/completions", "CreateCompletionResponse", "CreateCompletionResponse"),
    (r"/v1/chat/completions", "CreateChatCompletionResponse", "CreateChatCompletionStreamResponse"),
    (r"/v1/embeddings", "CreateEmbeddingResponse", None),
]


class ChatDialect:
    """Checks one response, and its events in order."""

    def __init__(self, url):
        self.whole, self.chunk = next(
            (names for pattern, *names in SCHEMAS if re.fullmatch(pattern, url.path)), (None, None))
        self.done, self.same = False, None

    @property
    def is_checked(self):
        return self.whole is not None

    def body(self, text):
        return counting(OPENAI.faults(self.whole, json.loads(text)))

    def error(self, text, headers):
        return counting(OPENAI.faults("ErrorResponse", json.loads(text)))

    def event(self, name, data):
        if self.done:
            yield f"after [DONE]: {data[:200]!r}"
        elif name is not None:
            yield f"an event with the name {name}"
        elif data == b"[DONE]":
            self.done = True
        else:
            yield from self.data(json.loads(data))

    def data(self, chunk):
        schema = "ErrorResponse" if "error" in chunk else self.chunk
        found = counting(OPENAI.faults(schema, chunk))
        yield from found
        if found or schema == "ErrorResponse":
            return
        same = [chunk[key] for key in ("id", "created", "model", "object")]
        if same != (self.same or same):
            yield f"id, created, model or object changed: {self.same} {same}"
        self.same = same

    def end(self):
        if not self.done:
            yield "ended before [DONE]"
