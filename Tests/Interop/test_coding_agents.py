"""Requests as Codex and Claude Code send them. What a model makes of them is scripted; what reaches it is checked."""

import json

import pytest

from scripted import ScriptedServer
from server import Server

# Some 4,000 tokens.
INSTRUCTIONS = "You are a coding agent in a terminal. Read before you write, and run the tests after a change. " * 100
PATCH = "*** Begin Patch\n*** Update File: a.txt\n@@\n-old\n+new \"quoted\"\n*** End Patch"

# What chat completions know; other members would be another API's.
CHAT_MEMBERS = {
    "model", "messages", "tools", "tool_choice", "parallel_tool_calls", "stream", "stream_options", "max_tokens",
    "temperature", "top_p", "top_k", "seed", "stop", "reasoning_effort", "chat_template_kwargs", "prompt_cache_key",
    "user", "metadata", "service_tier", "store", "verbosity", "safety_identifier", "response_format"}


@pytest.fixture(scope="module")
def gateway():
    """A scripted model, and a gateway with all APIs in front of it."""
    script = ScriptedServer()
    server = Server(before=script.url)
    yield script, server
    assert server.stop() == 0
    script.stop()


@pytest.fixture
def script(gateway):
    script, _ = gateway
    script.replies, script.requests = [], []
    return script


@pytest.fixture
def agent(gateway, script, wire):
    with wire.client(gateway[1].url) as client:
        yield client


def names(tools):
    return [tool["function"]["name"] for tool in tools]


# MARK: Codex

SHELL = {"type": "function", "name": "shell", "description": "Runs a command.", "strict": False, "parameters": {
    "type": "object", "properties": {
        "command": {"type": "array", "items": {"type": "string"}}, "workdir": {"type": "string"},
        "timeout_ms": {"type": "number"}},
    "required": ["command"], "additionalProperties": False}}
APPLY_PATCH = {"type": "custom", "name": "apply_patch", "description": "Changes files.", "format": {
    "type": "grammar", "syntax": "lark", "definition": "start: \"*** Begin Patch\" LF line+ \"*** End Patch\"\n"
    "line: /[^\\n]*/ LF\n%import common.LF"}}
HOSTED = [
    {"type": "web_search", "external_web_access": False}, {"type": "local_shell"},
    {"type": "namespace", "name": "browser", "description": "A browser.", "tools": [
        {"type": "function", "name": "open", "strict": False, "parameters": {"type": "object", "properties": {}}}]}]


def said(role, text):
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


def codex(input, **more):
    """The twelve members of its requests."""
    return {
        "model": "scripted", "instructions": INSTRUCTIONS, "input": input, "tools": [SHELL, APPLY_PATCH, *HOSTED],
        "tool_choice": "auto", "parallel_tool_calls": True, "reasoning": {"effort": "medium", "summary": "auto"},
        "store": False, "stream": True, "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "019a-session", "client_metadata": {"installation": "i"}, **more}


QUESTION = [
    said("developer", "The sandbox is read-only."), said("user", "The folder is /src."), said("user", "Fix the test.")]


def run_codex(agent, wire, input, **more):
    """The events and the final response of a streamed request."""
    headers = {"accept": "text/event-stream", "originator": "codex_cli_rs", "session_id": "019a-session"}
    response = agent.post("/v1/responses", json=codex(input, **more), headers=headers)
    assert response.status_code == 200, response.text
    frames = [frame for frame in response.text.split("\n\n") if frame and not frame.startswith(":")]
    return response, [json.loads(frame.split("\ndata: ", 1)[1]) for frame in frames]


def test_codex_gets_a_thought_a_text_and_both_kinds_of_calls(agent, script, wire):
    script.replies = [{
        "reasoning": "I read the file first.", "text": "I change the file.",
        "calls": [("shell", '{"command":["ls"]}'), ("apply_patch", json.dumps({"input": PATCH}))]}]
    response, events = run_codex(agent, wire, QUESTION)
    assert events[-1]["type"] == "response.completed"
    done = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    assert [item["type"] for item in done] == ["reasoning", "message", "function_call", "custom_tool_call"]
    thought, text, call, patch = done
    assert thought["summary"] == [{"type": "summary_text", "text": "I read the file first."}]
    assert thought["encrypted_content"] and text["content"][0]["text"] == "I change the file."
    assert (call["name"], call["arguments"]) == ("shell", '{"command":["ls"]}')
    assert (patch["name"], patch["input"]) == ("apply_patch", PATCH)
    deltas = [event["delta"] for event in events if event["type"] == "response.custom_tool_call_input.delta"]
    assert "".join(deltas) == PATCH
    assert set(response.headers["x-martlet-ignored-tools"].split(", ")) == {"web_search", "local_shell", "namespace"}
    usage = events[-1]["response"]["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (5000, 30)

    [asked] = script.requests
    assert asked.keys() <= CHAT_MEMBERS, asked.keys() - CHAT_MEMBERS
    assert [one["role"] for one in asked["messages"]] == ["system", "system", "user", "user"]
    assert asked["messages"][0]["content"] == INSTRUCTIONS and asked["reasoning_effort"] == "medium"
    assert names(asked["tools"]) == ["shell", "apply_patch"]
    assert asked["tools"][0]["function"]["parameters"] == SHELL["parameters"]
    free = asked["tools"][1]["function"]["parameters"]
    assert list(free["properties"]) == free["required"] == ["input"]


def test_codex_gets_its_history_into_the_model(agent, script, wire):
    script.replies = [
        {"reasoning": "I read the file first.", "text": "I change the file.",
         "calls": [("shell", '{"command":["ls"]}'), ("apply_patch", json.dumps({"input": PATCH}))]},
        {"text": "Done."}]
    _, events = run_codex(agent, wire, QUESTION)
    output = events[-1]["response"]["output"]
    calls = [item["call_id"] for item in output[2:]]
    results = [
        {"type": "function_call_output", "call_id": calls[0], "output": "a.txt"},
        {"type": "custom_tool_call_output", "call_id": calls[1], "output": [{"type": "input_text", "text": "Patched."}]}]
    # It sends thoughts back by their encrypted content only.
    thought = {"type": "reasoning", "summary": output[0]["summary"], "content": None,
               "encrypted_content": output[0]["encrypted_content"]}
    _, events = run_codex(agent, wire, [*QUESTION, thought, *output[1:], *results])
    assert [item["type"] for item in events[-1]["response"]["output"]] == ["message"]
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == "Done."

    assistant, first, second = script.requests[1]["messages"][4:]
    assert (assistant["role"], assistant["content"]) == ("assistant", "I change the file.")
    assert assistant["reasoning_content"] == "I read the file first."
    assert [one["function"]["name"] for one in assistant["tool_calls"]] == ["shell", "apply_patch"]
    assert json.loads(assistant["tool_calls"][1]["function"]["arguments"]) == {"input": PATCH}
    for result, call, text in ((first, calls[0], "a.txt"), (second, calls[1], "Patched.")):
        assert (result["role"], result["tool_call_id"], result["content"]) == ("tool", call, text)


def test_codex_fits_into_the_toys_context(server, wire):
    with wire.client(server.url) as client:
        _, events = run_codex(client, wire, QUESTION, model="toy", max_output_tokens=16)
    response = events[-1]["response"]
    assert response["status"] in ("completed", "incomplete")
    assert response["usage"]["input_tokens"] > 2000 and response["usage"]["output_tokens"] <= 16


# MARK: Claude Code

CACHED = {"type": "ephemeral"}
BASH = {"name": "Bash", "description": "Runs a command.", "input_schema": {
    "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
    "properties": {"command": {"type": "string"}, "timeout": {"type": "number"}}, "required": ["command"],
    "additionalProperties": False}}
READ = {"name": "Read", "description": "Reads a file.", "input_schema": {
    "type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}, "cache_control": CACHED}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
CLAUDE_HEADERS = {
    "anthropic-version": "2023-06-01", "x-api-key": "any", "x-app": "cli",
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14,not-yet-known-2030-01-01"}


def words(text, **more):
    return {"type": "text", "text": text, **more}


HISTORY = [
    {"role": "user", "content": [words("<reminder>Be careful.</reminder>"), words("Fix the test.", cache_control=CACHED)]},
    {"role": "assistant", "content": [
        {"type": "thinking", "thinking": "I read the file first.", "signature": "c2lnbmF0dXJl"},
        words("I look."),
        {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a.txt"}},
        {"type": "tool_use", "id": "toolu_2", "name": "Bash", "input": {"command": "make"}}]},
    {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": "old"},
        {"type": "tool_result", "tool_use_id": "toolu_2", "is_error": True, "content": [words("No rule.")]},
        words("<reminder>Go on.</reminder>", cache_control=CACHED)]}]


def claude(**more):
    return {
        "model": "scripted", "max_tokens": 32_000, "system": [words("You are a coding agent."), words(
            INSTRUCTIONS, cache_control=CACHED)],
        "messages": HISTORY, "tools": [BASH, READ, SEARCH], "thinking": {"type": "enabled", "budget_tokens": 31_999},
        "metadata": {"user_id": "user_1"}, "temperature": 1, "stream": True,
        "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}, **more}


def test_claude_code_gets_a_thought_a_text_and_a_call(agent, script, wire):
    script.replies = [{
        "reasoning": "The rule is missing.", "text": "I write a rule.", "calls": [("Bash", '{"command": "cat Makefile"}')]}]
    response = agent.post("/v1/messages?beta=true", json=claude(), headers=CLAUDE_HEADERS)
    assert response.status_code == 200, response.text
    message = wire[-1].dialect.message
    assert [block["type"] for block in message["content"]] == ["thinking", "text", "tool_use"]
    thought, text, call = message["content"]
    assert (thought["thinking"], text["text"]) == ("The rule is missing.", "I write a rule.")
    assert (call["name"], call["input"]) == ("Bash", {"command": "cat Makefile"})
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("tool_use", 30)
    assert response.headers["x-martlet-ignored-tools"] == "web_search_20250305"

    [asked] = script.requests
    assert asked.keys() <= CHAT_MEMBERS, asked.keys() - CHAT_MEMBERS
    assert names(asked["tools"]) == ["Bash", "Read"] and asked["max_tokens"] == 32_000
    assert asked["tools"][0]["function"]["parameters"] == BASH["input_schema"]
    system, user, assistant, first, second, last = asked["messages"]
    assert system["role"] == "system" and "You are a coding agent." in str(system["content"])
    assert INSTRUCTIONS.strip() in str(system["content"]).replace("\\n", "\n")
    assert user["role"] == "user" and "Fix the test." in str(user["content"])
    assert assistant["role"] == "assistant" and "I look." in str(assistant["content"])
    assert assistant["reasoning_content"] == "I read the file first."
    assert [(one["id"], one["function"]["name"]) for one in assistant["tool_calls"]] == [
        ("toolu_1", "Read"), ("toolu_2", "Bash")]
    for result, call, text in ((first, "toolu_1", "old"), (second, "toolu_2", "No rule.")):
        assert (result["role"], result["tool_call_id"]) == ("tool", call) and text in str(result["content"])
    assert last["role"] == "user" and "Go on." in str(last["content"])


def test_claude_code_counts_the_tokens_that_it_then_uses(server, wire):
    with wire.client(server.url) as client:
        asked = claude(model="toy", max_tokens=2048, thinking={"type": "enabled", "budget_tokens": 1024})
        counted = {key: asked[key] for key in ("model", "system", "messages", "tools", "thinking")}
        count = client.post("/v1/messages/count_tokens?beta=true", json=counted, headers=CLAUDE_HEADERS)
        assert count.status_code == 200, count.text
        asked |= {"max_tokens": 16, "thinking": {"type": "disabled"}}
        response = client.post("/v1/messages?beta=true", json=asked, headers=CLAUDE_HEADERS)
        assert response.status_code == 200, response.text
    usage = wire[-1].dialect.message["usage"]
    total = usage["input_tokens"] + usage.get("cache_read_input_tokens", 0)
    assert 2000 < total <= count.json()["input_tokens"]
