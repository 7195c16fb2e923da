"""What Anthropic's Messages look like on the wire, by the types of its package."""

import json
import re

from anthropic.types import Message, MessageTokensCount, ModelInfo, RawMessageStreamEvent
from anthropic.types.shared import ErrorResponse

from validation import PackageType, counting, members_by_type

MESSAGE = PackageType(Message)
MODEL = PackageType(ModelInfo)
COUNT = PackageType(MessageTokensCount)
# The package's types of errors have no `details`, which its exceptions read, and no name for 413.
ERROR = PackageType(ErrorResponse, {("InvalidRequestErrorObject", "details")})
EVENTS = {name: PackageType(kind) for name, kind in members_by_type(RawMessageStreamEvent).items()}
DELTAS = {"text": {"text_delta"}, "thinking": {"thinking_delta", "signature_delta"}, "tool_use": {"input_json_delta"}}


class MessagesDialect:
    """Checks one response, and its events in order."""

    is_checked = True

    def __init__(self, url):
        self.path = url.path
        self.message, self.open, self.input, self.last = None, None, "", None
        # The call whose arguments a limit has cut.
        self.cut = None

    def body(self, text):
        if self.path.endswith("/count_tokens"):
            return counting(COUNT.faults(text))
        if self.path.endswith("/models"):
            return counting(self.models(json.loads(text)))
        return counting((MODEL if "/models/" in self.path else MESSAGE).faults(text))

    def models(self, page):
        if page.keys() != {"data", "has_more", "first_id", "last_id"}:
            yield f"a page with {sorted(page)}"
        for model in page["data"]:
            yield from MODEL.faults(json.dumps(model))

    def error(self, text, headers):
        body = json.loads(text)
        # A request that is refused by its head has no id yet when its error is written.
        if "request-id" not in headers or body.get("request_id", headers["request-id"]) != headers["request-id"]:
            yield f"request-id {headers.get('request-id')}, and {body.get('request_id')} in the body"
        if body["error"]["type"] != "request_too_large":
            yield from counting(ERROR.faults(text))

    def event(self, name, data):
        event = json.loads(data)
        kind = event.get("type")
        if name != kind:
            yield f"the event {name} has the type {kind}"
        if self.last in ("message_stop", "error"):
            yield f"{kind} after {self.last}"
        if (self.last is None) != (kind == "message_start") and kind != "error":
            yield f"{kind} after {self.last}"
        self.last = kind
        if kind == "error":
            yield from counting(ERROR.faults(data))
        elif kind == "ping":
            yield from counting([] if event == {"type": "ping"} else [f"a ping {event}"])
        elif kind not in EVENTS:
            yield f"an unknown event {kind}"
        elif found := counting(EVENTS[kind].faults(data)):
            yield from found
        elif self.message or kind == "message_start":
            yield from getattr(self, kind)(event)

    def message_start(self, event):
        self.message = event["message"]
        for name, empty in (("content", []), ("stop_reason", None), ("stop_sequence", None)):
            if self.message.get(name, ...) != empty:
                yield f"message_start has {name} {self.message.get(name)!r}"

    def content_block_start(self, event):
        content = self.message["content"]
        if self.open is not None or event["index"] != len(content) or self.message["stop_reason"] or self.cut:
            yield f"block {event['index']} starts after {len(content)} blocks"
        content.append(event["content_block"])
        self.open, self.input = event["index"], ""

    def content_block_delta(self, event):
        if event["index"] != self.open:
            yield f"a delta of block {event['index']}, block {self.open} is open"
            return
        block, delta = self.message["content"][-1], event["delta"]
        if delta["type"] not in DELTAS.get(block["type"], ()):
            yield f"{delta['type']} in a block {block['type']}"
        elif delta["type"] == "input_json_delta":
            self.input += delta["partial_json"]
        elif delta["type"] == "signature_delta":
            block["signature"] = delta["signature"]
        else:
            block[block["type"]] += delta[block["type"]]
            if block.get("signature"):
                yield "a thought continues after its signature"

    def content_block_stop(self, event):
        if event["index"] != self.open:
            yield f"block {event['index']} stops, block {self.open} is open"
            return
        block = self.message["content"][-1]
        if block["type"] == "thinking" and not block["signature"]:
            yield "a thought without a signature"
        if block["type"] == "tool_use":
            try:
                block["input"] = json.loads(self.input or "{}")
            except ValueError:
                self.cut = block
        self.open = None

    def message_delta(self, event):
        if self.open is not None or self.message["stop_reason"]:
            yield "message_delta before the end of the blocks, or twice"
        if self.cut and event["delta"]["stop_reason"] not in ("max_tokens", "model_context_window_exceeded"):
            yield f"a call whose arguments are no JSON: {self.input[:200]!r}"
        self.message |= event["delta"]
        self.message["usage"] |= event["usage"]

    def message_stop(self, event):
        if not self.message["stop_reason"]:
            yield "message_stop without a stop_reason"
        yield from MESSAGE.faults(json.dumps(self.message))

    def end(self):
        if self.last not in ("message_stop", "error"):
            yield f"ended with {self.last}"


def is_messages(path, headers):
    return re.match(r"(/v1)?/messages", path) is not None or "anthropic-version" in headers
