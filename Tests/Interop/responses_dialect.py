"""What OpenAI's Responses look like on the wire, by OpenAI's schema and by the types of its package."""

import json
import re

from openai.types.responses import Response, ResponseItemList, ResponseStreamEvent
from openai.types.responses.input_token_count_response import InputTokenCountResponse

from chat_dialect import OPENAI
from validation import PackageType, Schema, counting, members_by_type

RESPONSES = Schema("responses.json")

# What the schema or the open specification of Responses has and the package does not declare.
KNOWN = {
    ("Response", "store"), ("Response", "presence_penalty"), ("Response", "frequency_penalty"),
    ("ResponseFunctionCallArgumentsDoneEvent", "name"),
}
RESPONSE = PackageType(Response, KNOWN)
COUNT = PackageType(InputTokenCountResponse)
ITEMS = PackageType(ResponseItemList)
EVENTS = {name: PackageType(kind, KNOWN) for name, kind in members_by_type(ResponseStreamEvent).items()}
EVENT_SCHEMAS = {
    RESPONSES.components["schemas"][name]["properties"]["type"]["enum"][0]: name
    for name in (member["$ref"].rpartition("/")[2]
                 for member in RESPONSES.components["schemas"]["ResponseStreamEvent"]["anyOf"])}

# Every member of a response, null where it is unknown.
MEMBERS = set(
    "id object created_at completed_at status error incomplete_details model previous_response_id instructions output "
    "tools tool_choice truncation parallel_tool_calls text top_p temperature top_logprobs reasoning usage "
    "max_output_tokens max_tool_calls background service_tier metadata safety_identifier prompt_cache_key".split())

# What a stream begins with: the events that follow each other.
FIRST = {
    None: {"response.created"}, "response.created": {"response.queued", "response.in_progress"},
    "response.queued": {"response.in_progress"}}
BEGINNING = set().union(*FIRST.values())
LAST = {"response.completed", "response.incomplete", "response.failed"}


def response_faults(response):
    yield from RESPONSES.faults("Response", response)
    yield from RESPONSE.faults(json.dumps(response))
    if missing := MEMBERS - response.keys():
        yield f"a response without {sorted(missing)}"


class ResponsesDialect:
    """Checks one response, and its events in order."""

    is_checked = True

    def __init__(self, url):
        self.path = url.path
        self.items, self.done, self.before, self.last = {}, {}, None, None
        # A stream that continues another begins behind that one's last event.
        after = url.params.get("starting_after")
        self.resumed = after is not None
        self.number = int(after) + 1 if self.resumed else 0

    def body(self, text):
        body = json.loads(text)
        if self.path.endswith("/input_tokens"):
            return counting(COUNT.faults(text))
        if self.path.endswith("/input_items"):
            return counting(ITEMS.faults(text))
        if "deleted" in body:
            return counting([] if body == {"id": body["id"], "object": "response", "deleted": True} else [f"deleted: {body}"])
        return counting(response_faults(body))

    def error(self, text, headers):
        return counting(OPENAI.faults("ErrorResponse", json.loads(text)))

    def event(self, name, data):
        event = json.loads(data)
        kind = event.get("type")
        if name != kind:
            yield f"the event {name} has the type {kind}"
        if self.last:
            yield f"{kind} after {self.last}"
        if kind not in EVENTS:
            yield f"an unknown event {kind}"
            return
        if event.get("sequence_number") != self.number:
            yield f"{kind} has the number {event.get('sequence_number')} instead of {self.number}"
        if not self.resumed and (kind not in FIRST.get(self.before, {kind}) or kind in BEGINNING and self.before not in FIRST):
            yield f"{kind} follows {self.before}"
        self.number, self.before = self.number + 1, kind
        found = counting(self.content(kind, event, data))
        yield from found or self.order(kind, event)
        self.last = kind if kind in LAST or kind == "error" else None

    def content(self, kind, event, data):
        yield from EVENTS[kind].faults(data)
        if "response" in event:
            yield from response_faults(event["response"])
        else:
            yield from RESPONSES.faults(EVENT_SCHEMAS[kind], event)

    def order(self, kind, event):
        """Items come one after the other; deltas add up to what is done; the end repeats all items."""
        if self.resumed:
            return
        index = event.get("output_index")
        if kind == "response.output_item.added":
            if index != len(self.items) or len(self.done) != len(self.items):
                yield f"item {index} is added after {len(self.items)} of which {len(self.done)} are done"
            self.items[index] = {"id": event["item"].get("id"), "texts": {}}
        elif index is not None and (index not in self.items or index in self.done):
            yield f"{kind} of item {index}, which is not open"
        elif kind == "response.output_item.done":
            self.done[index] = event["item"]
            if event["item"].get("id") != self.items[index]["id"]:
                yield f"item {index} changed its id"
        elif index is not None:
            yield from self.part(kind, event, self.items[index])
        elif kind in LAST and event["response"]["output"] != list(self.done.values()):
            yield f"{kind} repeats other items than those that are done"

    def part(self, kind, event, item):
        if event["item_id"] != item["id"]:
            yield f"{kind} has the id of another item"
        texts = item["texts"]
        key = (kind.rpartition(".")[0], event.get("content_index"), event.get("summary_index"))
        if kind.endswith(".delta"):
            texts[key] = texts.get(key, "") + event["delta"]
        elif kind.endswith(".done") and "part" not in event:
            text = next(event[name] for name in ("text", "arguments", "input", "refusal") if name in event)
            if texts.get(key, "") != text:
                yield f"{kind} is {text[:200]!r}, its deltas are {texts.get(key)!r}"

    def end(self):
        if self.last is None:
            yield "ended before the end of the response"


def is_responses(path):
    return re.fullmatch(r"(/v1)?/responses(/.*)?", path) is not None
