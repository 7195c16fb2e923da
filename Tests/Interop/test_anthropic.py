"""The official anthropic client, as an application would use it."""

import anthropic as package
import pytest
from anthropic import beta_tool

from structured import MESSAGES, Table

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
OSLO = [{"role": "user", "content": "What is the weather in Oslo?"}]
SEVEN = [{"role": "user", "content": "What is 7 times 8?"}]
WEATHER = {"name": "get_weather", "description": "The weather.", "input_schema": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}
GREEDY = {"model": "toy", "max_tokens": 40, "extra_body": {"temperature": 0}}
THINKING = {**GREEDY, "max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}}


@beta_tool
def get_weather(city: str) -> str:
    """The weather.

    Args:
        city: Where.
    """
    return '{"temperature": 3, "sky": "sunny"}'


def total_input(usage):
    return usage.input_tokens + (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)


def test_models_are_listed_in_pages_and_retrieved(random_anthropic):
    models = list(random_anthropic.models.list())
    assert [model.id for model in models] == ["toy", "random"]
    assert list(random_anthropic.models.list(limit=1)) == models
    assert random_anthropic.models.list(after_id="toy").data == models[1:]
    assert random_anthropic.models.list(before_id="random").data == models[:1]
    assert random_anthropic.models.retrieve("random") == models[1]
    assert [model.id for model in random_anthropic.beta.models.list()] == ["toy", "random"]


def test_a_message_is_answered_equally_streamed_or_not(anthropic):
    whole = anthropic.messages.create(messages=FRANCE, **GREEDY)
    assert [block.type for block in whole.content] == ["text"] and "Paris" in whole.content[0].text
    assert (whole.stop_reason, whole.stop_sequence) == ("end_turn", None) and whole.usage.output_tokens > 0
    events = list(anthropic.messages.create(messages=FRANCE, stream=True, **GREEDY))
    assert events[0].type == "message_start" and events[-1].type == "message_stop"
    with anthropic.messages.stream(messages=FRANCE, **GREEDY) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == final.content[0].text == whole.content[0].text
    assert (final.stop_reason, final.usage.output_tokens) == (whole.stop_reason, whole.usage.output_tokens)
    assert total_input(final.usage) == total_input(whole.usage)


def test_the_forms_of_a_conversation_are_equivalent(anthropic):
    def ask(messages, **more):
        message = anthropic.messages.create(messages=messages, **GREEDY, **more)
        return message.content[0].text, total_input(message.usage)

    cached = {"type": "ephemeral"}
    plain = ask(FRANCE, system="Be brief.")
    blocks = [{"role": "user", "content": [{"type": "text", "text": FRANCE[0]["content"], "cache_control": cached}]}]
    assert ask(blocks, system=[{"type": "text", "text": "Be brief.", "cache_control": cached}]) == plain
    assert "Paris" in plain[0] and plain != ask(FRANCE)


def test_counted_tokens_are_those_of_the_message(anthropic):
    for more in ({}, {"system": "Be brief."}, {"tools": [WEATHER]}):
        counted = anthropic.messages.count_tokens(model="toy", messages=OSLO, **more).input_tokens
        assert counted == total_input(anthropic.messages.create(messages=OSLO, **GREEDY, **more).usage)
        assert counted == anthropic.beta.messages.count_tokens(model="toy", messages=OSLO, **more).input_tokens


@pytest.mark.parametrize("stream", [False, True])
def test_stop_reasons_say_why(anthropic, stream):
    def ask(**more):
        asked = {**GREEDY, "messages": FRANCE, **more}
        if not stream:
            return anthropic.messages.create(**asked)
        with anthropic.messages.stream(**asked) as running:
            return running.get_final_message()

    full = ask().content[0].text
    stopped = ask(stop_sequences=["nowhere", "Paris"])
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", "Paris")
    assert stopped.content[0].text == full[:full.index("Paris")]
    cut = ask(max_tokens=3)
    assert (cut.stop_reason, cut.usage.output_tokens) == ("max_tokens", 3)
    assert full.startswith(cut.content[0].text)


def test_a_thought_comes_first_and_is_replayed(anthropic):
    whole = anthropic.messages.create(messages=SEVEN, **THINKING)
    thought, text = whole.content
    assert "7 times 8" in thought.thinking and thought.signature and "56" in text.text
    with anthropic.messages.stream(messages=SEVEN, **THINKING) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_message()
    assert [block.model_dump(exclude={"signature"}) for block in final.content] == [
        block.model_dump(exclude={"signature"}) for block in whole.content]
    assert kinds.index("thinking") < kinds.index("signature") < kinds.index("text")
    history = [*SEVEN, {"role": "assistant", "content": whole.content}, *FRANCE]
    assert anthropic.messages.create(messages=history, **THINKING).content


def test_a_tool_is_called_and_its_result_used(anthropic):
    first = anthropic.messages.create(messages=OSLO, tools=[WEATHER], **GREEDY)
    [call] = first.content
    assert (first.stop_reason, call.name, call.input) == ("tool_use", "get_weather", {"city": "Oslo"})
    with anthropic.messages.stream(messages=OSLO, tools=[WEATHER], **GREEDY) as stream:
        assert stream.get_final_message().content[0].input == call.input
    result = {"type": "tool_result", "tool_use_id": call.id, "content": get_weather.call({"city": "Oslo"})}
    answer = anthropic.messages.create(
        messages=[*OSLO, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}],
        tools=[WEATHER], **GREEDY)
    assert answer.stop_reason == "end_turn"
    assert "3" in answer.content[0].text and "sunny" in answer.content[0].text


def test_a_call_cut_by_its_limit_is_not_a_tool_use(anthropic):
    asked = {**GREEDY, "messages": OSLO, "tools": [WEATHER], "tool_choice": {"type": "any"}, "max_tokens": 18}
    whole = anthropic.messages.create(**asked)
    with anthropic.messages.stream(**asked) as stream:
        final = stream.get_final_message()
    for message in (whole, final):
        assert (message.stop_reason, [block.type for block in message.content]) == ("max_tokens", ["tool_use"])


@pytest.mark.parametrize("stream", [False, True])
def test_the_tool_runner_continues_without_a_thread(anthropic, wire, stream):
    runner = anthropic.beta.messages.tool_runner(messages=OSLO, tools=[get_weather], stream=stream, **GREEDY)
    replies = [reply.get_final_message() if stream else reply for reply in runner]
    assert [reply.stop_reason for reply in replies] == ["tool_use", "end_turn"]
    assert "sunny" in replies[-1].content[0].text
    # The first request asks for a thread, which the server does not have; the client repeats it in full.
    assert [exchange.status for exchange in wire] == [400, 200, 200]


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "get_weather"}])
def test_a_forced_tool_is_called_once(anthropic, choice):
    message = anthropic.messages.create(
        model="toy", max_tokens=400, messages=MESSAGES, tools=[WEATHER],
        tool_choice={**choice, "disable_parallel_tool_use": True}, extra_body={"seed": 3})
    [call] = message.content
    assert message.stop_reason == "tool_use" and isinstance(call.input["city"], str)


def test_replies_are_of_their_type(anthropic):
    asked = dict(model="toy", max_tokens=1000, messages=MESSAGES, output_format=Table, extra_body={"seed": 1})
    whole = anthropic.messages.parse(**asked)
    assert isinstance(whole.parsed_output, Table) and whole.stop_reason == "end_turn"
    with anthropic.messages.stream(**asked) as stream:
        assert stream.get_final_message().parsed_output == whole.parsed_output


async def test_the_asynchronous_client_gets_the_same(async_anthropic):
    reply = await async_anthropic.messages.parse(
        model="toy", max_tokens=1000, messages=MESSAGES, output_format=Table, extra_body={"seed": 1})
    assert isinstance(reply.parsed_output, Table)
    async with async_anthropic.messages.stream(messages=FRANCE, **GREEDY) as stream:
        assert "Paris" in await stream.get_final_text()


def test_a_prefilled_reply_is_continued(anthropic):
    message = anthropic.messages.create(
        messages=[*FRANCE, {"role": "assistant", "content": "The capital of France is"}], **GREEDY)
    assert message.content[0].text.startswith(" Paris")


def test_a_seed_reproduces_its_sample(anthropic):
    def sample(seed):
        asked = {**GREEDY, "extra_body": {"temperature": 1, "seed": seed}}
        messages = [{"role": "user", "content": "Tell me a story about a dog."}]
        return anthropic.messages.create(messages=messages, **asked).content

    first = sample(1)
    assert sample(1) == first
    assert any(sample(seed) != first for seed in (2, 3, 4, 5))


def test_betas_and_hints_are_accepted(anthropic):
    message = anthropic.beta.messages.create(
        messages=FRANCE, betas=["context-management-2025-06-27", "not-yet-known-2030-01-01"],
        cache_control={"type": "ephemeral"}, metadata={"user_id": "u"}, service_tier="auto",
        output_config={"effort": "low"}, thinking={"type": "disabled"}, **GREEDY)
    assert "Paris" in message.content[0].text


def image(data):
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


@pytest.mark.parametrize("kind, status, more", [
    (package.NotFoundError, 404, {"model": "nobody"}),
    (package.BadRequestError, 400, {"messages": []}),
    (package.BadRequestError, 400, {"max_tokens": 0}),
    (package.BadRequestError, 400, {"extra_body": {"temperature": 3}}),
    (package.BadRequestError, 400, {"thinking": {"type": "enabled", "budget_tokens": 1023}, "max_tokens": 2000}),
    (package.BadRequestError, 400, {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1024}),
    (package.BadRequestError, 400, {"messages": [{"role": "user", "content": [image("iVBORw0KGgo=")]}]}),
    (package.BadRequestError, 400, {"messages": [{"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "toolu_unknown", "content": "x"}]}]}),
])
@pytest.mark.parametrize("stream", [False, True])
def test_a_bad_request_has_a_precise_error(anthropic, wire, kind, status, more, stream):
    with pytest.raises(kind) as caught:
        anthropic.messages.create(**{**GREEDY, "messages": FRANCE, "stream": stream, **more})
    error = caught.value
    assert error.status_code == status and error.request_id and error.api_message
    assert error.type == ("not_found_error" if status == 404 else "invalid_request_error")
    assert len(wire) == 1


def test_an_abandoned_stream_leaves_nothing_open(anthropic, server):
    with anthropic.messages.stream(messages=FRANCE, **GREEDY) as stream:
        next(iter(stream))
    assert server.settles()["open_streams"] == 0
