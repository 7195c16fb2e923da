"""The checks of Responses and Messages themselves: a valid stream has no faults, and each change of it has one."""

import copy
import json

import httpx2
import pytest

from messages_dialect import MessagesDialect
from responses_dialect import ResponsesDialect
from validation import counted


@pytest.fixture(autouse=True)
def uncounted():
    """Keeps these bodies out of the counts of the summary."""
    before = dict(counted)
    yield
    counted.update(before)


PART = {"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}
ITEM = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [PART]}
USAGE = {
    "input_tokens": 1, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": 1,
    "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2}
RESPONSE = {
    "id": "resp_1", "object": "response", "created_at": 1, "completed_at": 2, "status": "completed", "error": None,
    "incomplete_details": None, "model": "toy", "previous_response_id": None, "instructions": None, "output": [ITEM],
    "tools": [], "tool_choice": "auto", "truncation": "disabled", "parallel_tool_calls": True,
    "text": {"format": {"type": "text"}}, "top_p": 1, "temperature": 1, "top_logprobs": 0,
    "reasoning": {"effort": None, "summary": None}, "usage": USAGE, "max_output_tokens": None, "max_tool_calls": None,
    "background": False, "service_tier": "default", "metadata": {}, "safety_identifier": None,
    "prompt_cache_key": None}
BEGUN = {**RESPONSE, "status": "in_progress", "output": [], "completed_at": None, "usage": None}
AT = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
RESPONSES = [{**event, "sequence_number": number} for number, event in enumerate([
    {"type": "response.created", "response": BEGUN}, {"type": "response.in_progress", "response": BEGUN},
    {"type": "response.output_item.added", "output_index": 0, "item": {**ITEM, "status": "in_progress", "content": []}},
    {"type": "response.content_part.added", **AT, "part": {**PART, "text": ""}},
    {"type": "response.output_text.delta", **AT, "delta": "H", "logprobs": []},
    {"type": "response.output_text.delta", **AT, "delta": "i", "logprobs": []},
    {"type": "response.output_text.done", **AT, "text": "Hi", "logprobs": []},
    {"type": "response.content_part.done", **AT, "part": PART},
    {"type": "response.output_item.done", "output_index": 0, "item": ITEM},
    {"type": "response.completed", "response": RESPONSE}])]

MESSAGE = {
    "id": "msg_1", "type": "message", "role": "assistant", "model": "toy", "content": [], "stop_reason": None,
    "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 0}}
MESSAGES = [
    {"type": "message_start", "message": MESSAGE}, {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "So."}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2ln"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"}]
# Messages do not repeat what their deltas add up to.
OPTIONAL = {"ping", "content_block_delta"}


def faults(events):
    is_message = any(event["type"].startswith("message") for event in events)
    dialect = (MessagesDialect if is_message else ResponsesDialect)(httpx2.URL("http://host/v1/any"))
    found = [fault for event in copy.deepcopy(events) for fault in dialect.event(event["type"], json.dumps(event))]
    return [*found, *dialect.end()]


STREAMS = pytest.mark.parametrize("events", [RESPONSES, MESSAGES], ids=["responses", "messages"])


@STREAMS
def test_a_valid_stream_has_no_faults(events):
    assert faults(events) == []


@STREAMS
def test_a_missing_or_repeated_event_is_a_fault(events):
    for index, event in enumerate(events):
        if event["type"] not in OPTIONAL:
            assert faults(events[:index] + events[index + 1:]), event
            assert faults(events[:index + 1] + events[index:]), event


@STREAMS
def test_a_missing_or_unknown_member_is_a_fault(events):
    for index, event in enumerate(events):
        for name in event:
            less = {key: value for key, value in event.items() if key != name}
            if name != "type":
                assert faults([*events[:index], less, *events[index + 1:]]), (event, name)
        assert faults([*events[:index], {**event, "not_a_member": 1}, *events[index + 1:]]), event


def test_a_missing_or_unknown_member_of_a_response_is_a_fault():
    for name in RESPONSE:
        less = {key: value for key, value in RESPONSE.items() if key != name}
        assert ResponsesDialect(httpx2.URL("http://host/v1/responses")).body(json.dumps(less)), name
    more = {**RESPONSE, "output": [{**ITEM, "not_a_member": 1}]}
    assert ResponsesDialect(httpx2.URL("http://host/v1/responses")).body(json.dumps(more))


def test_deltas_that_do_not_add_up_are_a_fault():
    for index, change in ((4, {"delta": "h"}), (6, {"text": "hi"}), (4, {"output_index": 1}), (5, {"item_id": "msg_2"})):
        assert faults([*RESPONSES[:index], {**RESPONSES[index], **change}, *RESPONSES[index + 1:]]), change


def test_a_thought_needs_a_signature_at_its_end():
    assert faults([*MESSAGES[:4], *MESSAGES[5:]])
    assert faults([*MESSAGES[:3], MESSAGES[4], MESSAGES[3], *MESSAGES[5:]])
