"""Tool calls, reasoning, log-probabilities and choices with the openai client."""

import json
import math

import openai
import pytest

WEATHER = [{"role": "user", "content": "What is the weather in Oslo?"}]
TOOLS = [{
    "type": "function",
    "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}]


def test_a_tool_is_called_and_its_result_used(client):
    asked = dict(model="toy", temperature=0, tools=TOOLS)
    first = client.chat.completions.create(messages=WEATHER, **asked).choices[0]
    assert first.finish_reason == "tool_calls" and first.message.content is None
    [call] = first.message.tool_calls
    assert call.type == "function" and call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Oslo"}

    result = {"role": "tool", "tool_call_id": call.id, "content": '{"temperature": 3, "sky": "sunny"}'}
    answer = client.chat.completions.create(messages=[*WEATHER, first.message, result], **asked).choices[0]
    assert answer.finish_reason == "stop"
    assert "3" in answer.message.content and "sunny" in answer.message.content


def test_streamed_tool_calls_equal_those_of_a_complete_reply(client):
    asked = dict(model="toy", temperature=0, tools=TOOLS, messages=WEATHER)
    [whole] = client.chat.completions.create(**asked).choices[0].message.tool_calls
    with client.chat.completions.stream(**asked) as stream:
        done = [event for event in stream if event.type == "tool_calls.function.arguments.done"]
        final = stream.get_final_completion().choices[0]
    assert [event.name for event in done] == ["get_weather"]
    [call] = final.message.tool_calls
    assert (call.function.name, call.function.arguments) == (whole.function.name, whole.function.arguments)
    assert call.id.startswith("call_") and final.finish_reason == "tool_calls"


@pytest.mark.parametrize("choice", ["auto", "none"])
def test_tool_choice_auto_and_none_work(client, choice):
    message = client.chat.completions.create(
        model="toy", temperature=0, tools=TOOLS, tool_choice=choice, messages=WEATHER).choices[0].message
    assert bool(message.tool_calls) == (choice == "auto")


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "get_weather"}}])
def test_a_forced_tool_is_called(client, choice):
    for seed in range(4):
        answer = client.chat.completions.create(
            model="toy", tools=TOOLS, tool_choice=choice, parallel_tool_calls=False, seed=seed, temperature=1.2,
            messages=[{"role": "user", "content": "Tell me a story."}]).choices[0]
        if answer.finish_reason == "length":
            continue
        assert answer.finish_reason == "tool_calls" and answer.message.content is None
        [call] = answer.message.tool_calls
        assert call.function.name == "get_weather"
        assert isinstance(json.loads(call.function.arguments), dict)


def test_reasoning_is_separate_from_the_reply(client):
    asked = dict(
        model="toy", temperature=0, reasoning_effort="high",
        messages=[{"role": "user", "content": "What is 7 times 8?"}])
    whole = client.chat.completions.create(**asked)
    message = whole.choices[0].message
    assert "56" in message.content and "7 times 8" in message.reasoning_content
    assert 0 < whole.usage.completion_tokens_details.reasoning_tokens < whole.usage.completion_tokens
    thought, said = "", ""
    for chunk in client.chat.completions.create(stream=True, **asked):
        delta = chunk.choices[0].delta
        thought += getattr(delta, "reasoning_content", None) or ""
        said += delta.content or ""
    assert (thought, said) == (message.reasoning_content, message.content)


def test_log_probabilities_of_a_chat(client):
    asked = dict(
        model="toy", temperature=0, logprobs=True, top_logprobs=3,
        messages=[{"role": "user", "content": "What is the capital of France?"}])
    choice = client.chat.completions.create(**asked).choices[0]
    entries = choice.logprobs.content
    assert "".join(entry.token for entry in entries) == choice.message.content
    for entry in entries:
        assert bytes(entry.bytes).decode() == entry.token
        assert len(entry.top_logprobs) == 3
        assert entry.logprob == max(other.logprob for other in entry.top_logprobs) <= 0
        assert sum(math.exp(other.logprob) for other in entry.top_logprobs) <= 1 + 1e-6
    streamed = [
        entry for chunk in client.chat.completions.create(stream=True, **asked)
        for entry in (chunk.choices[0].logprobs.content if chunk.choices[0].logprobs else [])]
    assert streamed == entries


def test_a_prompt_is_scored(client):
    asked = dict(model="toy", prompt="Once upon a time", max_tokens=0, echo=True, logprobs=1)
    choice = client.completions.create(**asked).choices[0]
    assert choice.text == "Once upon a time"
    logprobs = choice.logprobs
    assert "".join(logprobs.tokens) == choice.text
    assert logprobs.token_logprobs[0] is None and logprobs.top_logprobs[0] is None
    assert all(value <= 0 for value in logprobs.token_logprobs[1:])
    assert [choice.text[offset:].startswith(token) for token, offset in zip(logprobs.tokens, logprobs.text_offset)]
    assert logprobs.text_offset == sorted(logprobs.text_offset)
    [streamed] = [
        chunk.choices[0] for chunk in client.completions.create(stream=True, **asked) if chunk.choices[0].text]
    assert streamed.text == choice.text and streamed.logprobs == logprobs


def test_choices_are_distinguished(client):
    asked = dict(model="toy", prompt="Once upon a time", n=3, seed=5, temperature=1.5, max_tokens=12)
    whole = client.completions.create(**asked)
    texts = [choice.text for choice in whole.choices]
    assert [choice.index for choice in whole.choices] == [0, 1, 2] and len(set(texts)) > 1
    alone = client.completions.create(**{**asked, "n": 1})
    assert alone.choices[0].text == texts[0]
    streamed = ["", "", ""]
    for chunk in client.completions.create(stream=True, **asked):
        for choice in chunk.choices:
            streamed[choice.index] += choice.text
    assert streamed == texts


def test_a_bias_and_a_stop_token_change_the_reply(client, tokenizer):
    def ask(**more):
        return client.chat.completions.create(
            model="toy", temperature=0, messages=[{"role": "user", "content": "What is the capital of France?"}],
            extra_body={"return_token_ids": True, **more}).choices[0]

    usual = ask().token_ids
    banned = usual[1]
    other = ask(logit_bias={str(banned): -100}).token_ids
    assert other[0] == usual[0] and banned not in other
    stopped = ask(stop_token_ids=[banned])
    assert stopped.message.content == tokenizer.decode(usual[:usual.index(banned)]) and stopped.finish_reason == "stop"


def test_a_prefilled_reply_is_continued(client):
    messages = [
        {"role": "user", "content": "What is the capital of France?"},
        {"role": "assistant", "content": "The capital of France is"}]
    answer = client.chat.completions.create(model="toy", temperature=0, messages=messages)
    assert answer.choices[0].message.content.startswith(" Paris")


async def test_tools_work_asynchronously(async_client):
    answer = await async_client.chat.completions.create(model="toy", temperature=0, tools=TOOLS, messages=WEATHER)
    assert answer.choices[0].message.tool_calls[0].function.name == "get_weather"
