"""What a server generates under a schema is valid, or cut at its limit: at temperature 1.5, from random weights and the toy."""

import collections
import concurrent.futures
import json
import random
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

import differences
from validation import Validator

sys.path.append(str(Path(__file__).resolve().parent.parent / "Interop"))
from random_model import TOY, write_random_model  # noqa: E402
from server import Server  # noqa: E402


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("random")
    write_random_model(folder)
    server = Server("--model", f"{folder},id=random", "--model", f"{TOY},id=toy")
    yield server
    assert server.stop() == 0


def ask(server, body):
    request = urllib.request.Request(
        f"{server.url}/v1/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=300) as response:
            return json.load(response)["choices"][0]
    except urllib.error.HTTPError as error:
        return {"finish_reason": error.code, "message": json.load(error)}


def tool(schema):
    """A function whose argument is a value of the schema."""
    parameters = {"type": "object", "properties": {"value": schema}, "required": ["value"], "additionalProperties": False}
    return {"type": "function", "function": {"name": "save", "parameters": parameters}}


def generate(server, name, schema, seed):
    """How a generation ended, and its fault if it has one."""
    chance = random.Random(f"{name} {seed}")
    body = {"model": chance.choice(["random", "toy"]), "temperature": 1.5, "max_tokens": 160, "seed": chance.randrange(2**31),
            "messages": [{"role": "user", "content": chance.choice(["Go on.", "What is 3 plus 4?"])}]}
    # In a function's parameters, references would lead elsewhere.
    is_root = any(keyword in json.dumps(schema) for keyword in ('"$ref"', '"$id"'))
    way = "format" if is_root else chance.choice(["format", "required", "auto", "both"])
    if way in ("format", "both"):
        body["response_format"] = {"type": "json_schema", "json_schema": {"name": "value", "schema": schema}}
    if way != "format":
        body |= {"tools": [tool(schema)], "tool_choice": "required" if way == "required" else "auto"}
    choice = ask(server, body)
    reason, message = choice["finish_reason"], choice["message"]
    calls = message.get("tool_calls") or []
    texts = []
    if reason == "tool_calls":
        texts = [(call["function"]["arguments"], tool(schema)["function"]["parameters"]) for call in calls]
    elif reason == "stop" and way in ("format", "both"):
        texts = [(message["content"], schema)]
    is_right = reason in ("stop", "tool_calls", "length") and (way != "required" or reason != "stop")
    if reason == "tool_calls":
        is_right = is_right and calls and all(call["function"]["name"] == "save" for call in calls)
    is_right = is_right and all(
        differences.is_valid(text.encode(), Validator(demanded)) for text, demanded in texts)
    return f"{way}: {reason}", None if is_right else (name, schema, body, choice)


def test_generations_are_valid(server, corpus, generations, count):
    # A request's schema is an object.
    names = sorted(name for name, schema in corpus.compiled.items() if isinstance(schema, dict))
    chance = random.Random(15)
    jobs = [(name, corpus.compiled[name], number) for number, name in enumerate(chance.choices(names, k=generations))]
    ends, faults = collections.Counter(), []
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        for end, fault in pool.map(lambda job: generate(server, *job), jobs):
            ends[end] += 1
            if fault:
                faults.append(fault)
    count.update(ends)
    assert not faults, "\n\n".join(map(str, faults[:10]))
    assert sum(number for end, number in ends.items() if not end.endswith("length")) > generations / 3
