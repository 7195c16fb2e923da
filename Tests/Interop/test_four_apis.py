"""The same conversation with the same sampling through chat completions, Responses, Messages and Ollama's API gives the
same thoughts, texts, calls and ends, whole and streamed."""

import json

import pytest
from ollama import Client

from structured import Guest

SCHEMA = {**Guest.model_json_schema(), "additionalProperties": False}
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}

# What is asked, in no API's words. `limit` counts tokens.
CASES = {
    "text": dict(question="What is the capital of France?"),
    "system": dict(question="What is the capital of France?", system="Be brief."),
    "story": dict(question="Tell me a story.", limit=40),
    "thought": dict(question="What is 7 times 8?", thinks=True, limit=2048),
    "call": dict(question="What is the weather in Oslo?", tool="get_weather"),
    "schema": dict(question="Who comes?", schema=SCHEMA),
    "stop": dict(question="What is the capital of France?", stop="Paris"),
    "limit": dict(question="Count from 1 to 5.", limit=5),
}
GREEDY = {"temperature": 0.0, "seed": 1}
SAMPLED = {"temperature": 0.9, "top_p": 0.95, "seed": 11}


def answer(end, text="", thought="", calls=()):
    return {"end": end, "text": text, "thought": thought, "calls": list(calls)}


def through_chat(client, case, sampling, stream):
    messages = [{"role": "system", "content": case["system"]}] if "system" in case else []
    asked = dict(model="toy", messages=[*messages, {"role": "user", "content": case["question"]}], **sampling)
    asked["max_tokens"] = case.get("limit", 64)
    if "tool" in case:
        asked["tools"] = [{"type": "function", "function": {"name": case["tool"], "parameters": PARAMETERS}}]
    if "schema" in case:
        asked["response_format"] = {
            "type": "json_schema", "json_schema": {"name": "guest", "schema": case["schema"], "strict": True}}
    if "stop" in case:
        asked["stop"] = [case["stop"]]
    if case.get("thinks"):
        asked["reasoning_effort"] = "high"
    if not stream:
        choice = client.chat.completions.create(**asked).choices[0]
        message = choice.message
        calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
        thought = getattr(message, "reasoning_content", None) or ""
        return answer(choice.finish_reason, message.content or "", thought, calls)
    end, parts, thought, calls = None, "", "", []
    for chunk in client.chat.completions.create(stream=True, **asked):
        delta = chunk.choices[0].delta
        end = chunk.choices[0].finish_reason or end
        parts += delta.content or ""
        thought += getattr(delta, "reasoning_content", None) or ""
        for call in delta.tool_calls or []:
            if call.function.name:
                calls.append([call.function.name, ""])
            calls[-1][1] += call.function.arguments or ""
    return answer(end, parts, thought, [(name, json.loads(arguments)) for name, arguments in calls])


def through_responses(client, case, sampling, stream):
    asked = dict(model="toy", input=case["question"], max_output_tokens=case.get("limit", 64), **sampling)
    asked["extra_body"] = {"seed": asked.pop("seed")}
    if "system" in case:
        asked["instructions"] = case["system"]
    if "tool" in case:
        asked["tools"] = [{"type": "function", "name": case["tool"], "parameters": PARAMETERS}]
    if "schema" in case:
        asked["text"] = {
            "format": {"type": "json_schema", "name": "guest", "schema": case["schema"], "strict": True}}
    if "stop" in case:
        asked["extra_body"]["stop"] = [case["stop"]]
    if case.get("thinks"):
        asked["reasoning"] = {"effort": "high"}
    response = [*client.responses.create(stream=True, **asked)][-1].response if stream else (
        client.responses.create(**asked))
    thought = "".join(part.text for item in response.output if item.type == "reasoning" for part in item.content or [])
    calls = [(item.name, json.loads(item.arguments)) for item in response.output if item.type == "function_call"]
    end = "length" if response.status == "incomplete" else "tool_calls" if calls else "stop"
    return answer(end, response.output_text, thought, calls)


def through_messages(anthropic, case, sampling, stream):
    asked = dict(model="toy", messages=[{"role": "user", "content": case["question"]}], extra_body=sampling)
    asked["max_tokens"] = case.get("limit", 64)
    if "system" in case:
        asked["system"] = case["system"]
    if "tool" in case:
        asked["tools"] = [{"name": case["tool"], "input_schema": PARAMETERS}]
    if "schema" in case:
        asked["output_config"] = {"format": {"type": "json_schema", "schema": case["schema"]}}
    if "stop" in case:
        asked["stop_sequences"] = [case["stop"]]
    if case.get("thinks"):
        asked["thinking"] = {"type": "enabled", "budget_tokens": 1024}
    if stream:
        with anthropic.messages.stream(**asked) as running:
            message = running.get_final_message()
    else:
        message = anthropic.messages.create(**asked)
    ends = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}
    blocks = {kind: [block for block in message.content if block.type == kind] for kind in ("thinking", "text", "tool_use")}
    assert sum(map(len, blocks.values())) == len(message.content)
    return answer(
        ends[message.stop_reason], "".join(block.text for block in blocks["text"]),
        "".join(block.thinking for block in blocks["thinking"]),
        [(block.name, block.input) for block in blocks["tool_use"]])


def through_ollama(ollama, case, sampling, stream):
    messages = [{"role": "system", "content": case["system"]}] if "system" in case else []
    options = {**sampling, "num_predict": case.get("limit", 64)}
    if "stop" in case:
        options["stop"] = [case["stop"]]
    asked = dict(
        model="toy", messages=[*messages, {"role": "user", "content": case["question"]}], options=options,
        format=case.get("schema"), think=case.get("thinks"), stream=stream)
    if "tool" in case:
        asked["tools"] = [{"type": "function", "function": {"name": case["tool"], "parameters": PARAMETERS}}]
    parts = [*ollama.chat(**asked)] if stream else [ollama.chat(**asked)]
    calls = [(call.function.name, dict(call.function.arguments))
             for part in parts for call in part.message.tool_calls or []]
    end = parts[-1].done_reason
    return answer(
        "tool_calls" if calls and end == "stop" else end, "".join(part.message.content or "" for part in parts),
        "".join(part.message.thinking or "" for part in parts), calls)


@pytest.fixture
def apis(client, anthropic, server):
    ollama = Client(host=server.url)
    return {
        "chat": lambda *asked: through_chat(client, *asked),
        "responses": lambda *asked: through_responses(client, *asked),
        "messages": lambda *asked: through_messages(anthropic, *asked),
        "ollama": lambda *asked: through_ollama(ollama, *asked),
    }


@pytest.mark.parametrize("sampling", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("name", CASES)
def test_a_conversation_has_the_same_answer(apis, name, sampling):
    case = CASES[name]
    first, *others = [
        (api, stream, through(case, sampling, stream)) for api, through in apis.items() for stream in (False, True)]
    for other in others:
        assert other[2] == first[2], f"{other[:2]} differs from {first[:2]}"
    if sampling is GREEDY:
        expected = {
            "text": {"end": "stop"}, "thought": {"end": "stop", "text": "7 times 8 is 56."},
            "call": {"end": "tool_calls", "calls": [("get_weather", {"city": "Oslo"})]}, "limit": {"end": "length"},
        }.get(name, {})
        assert {key: first[2][key] for key in expected} == expected
        assert name != "text" or "Paris" in first[2]["text"]
