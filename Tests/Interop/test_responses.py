"""OpenAI's Responses with the official openai client."""

import json

import openai
import pytest

FRANCE = "What is the capital of France?"
OSLO = "What is the weather in Oslo?"
SEVEN = "What is 7 times 8?"
WEATHER = {"type": "function", "name": "get_weather", "description": "The weather.", "strict": True, "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}}
GREEDY = {"model": "toy", "temperature": 0}


def streamed(client, **asked):
    """The last response of a stream, completed or not."""
    return [*client.responses.create(stream=True, **asked)][-1].response


def without_ids(output):
    """Items as they were sent, but for their ids, and for what the client parsed."""
    left_out = {"id": True, "call_id": True, "encrypted_content": True, "parsed_arguments": True}
    return [
        item.model_dump(exclude_unset=True, exclude={
            **left_out, **({"content": {"__all__": {"parsed"}}} if item.type == "message" else {})})
        for item in output]


def test_a_text_is_answered_equally_streamed_or_not(client):
    whole = client.responses.create(input=FRANCE, **GREEDY)
    assert "Paris" in whole.output_text and whole.status == "completed"
    assert whole.usage.total_tokens == whole.usage.input_tokens + whole.usage.output_tokens > 0
    with client.responses.stream(input=FRANCE, **GREEDY) as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text == whole.output_text
    assert without_ids(final.output) == without_ids(whole.output)
    assert final.usage.output_tokens == whole.usage.output_tokens


def test_the_forms_of_an_input_are_equivalent(client):
    def ask(input, **more):
        response = client.responses.create(input=input, **GREEDY, **more)
        return response.output_text, response.usage.input_tokens

    plain = ask(FRANCE)
    assert ask([{"role": "user", "content": FRANCE}]) == plain
    parts = [{"type": "input_text", "text": FRANCE}]
    assert ask([{"type": "message", "role": "user", "content": parts}]) == plain
    brief = ask(FRANCE, instructions="Be brief.")
    assert brief == ask([{"role": "system", "content": "Be brief."}, {"role": "user", "content": parts}])
    assert brief == ask([{"role": "developer", "content": "Be brief."}, {"role": "user", "content": parts}])
    assert brief[1] > plain[1]


def test_counted_tokens_are_those_of_the_response(client):
    for more in ({}, {"instructions": "Be brief."}, {"tools": [WEATHER]}):
        counted = client.responses.input_tokens.count(model="toy", input=OSLO, **more)
        assert counted.input_tokens == client.responses.create(input=OSLO, **GREEDY, **more).usage.input_tokens


def test_a_tool_is_called_and_its_result_used(client):
    first = client.responses.create(input=OSLO, tools=[WEATHER], **GREEDY)
    [call] = first.output
    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "get_weather", {"city": "Oslo"})
    with client.responses.stream(input=OSLO, tools=[WEATHER], **GREEDY) as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert "response.function_call_arguments.done" in kinds
    assert without_ids(final.output) == without_ids(first.output)
    result = {"type": "function_call_output", "call_id": call.call_id, "output": '{"temperature": 3, "sky": "sunny"}'}
    answer = client.responses.create(
        input=[{"role": "user", "content": OSLO}, *first.output, result], tools=[WEATHER], **GREEDY)
    assert "3" in answer.output_text and "sunny" in answer.output_text


@pytest.mark.parametrize("choice, called", [
    ("none", False), ("auto", True), ("required", True), ({"type": "function", "name": "get_weather"}, True),
    ({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "get_weather"}]}, True)])
def test_every_form_of_tool_choice_works(client, choice, called):
    response = client.responses.create(
        input=OSLO, tools=[WEATHER], tool_choice=choice, parallel_tool_calls=False, **GREEDY)
    assert [item.type for item in response.output] == (["function_call"] if called else ["message"])


def test_a_custom_tool_is_called_with_free_text(client):
    tools = [{"type": "custom", "name": "patch", "description": "Changes files."}]
    asked = dict(model="toy", input="Change it.", tools=tools, max_output_tokens=800, extra_body={"seed": 2})
    for choice in ("required", {"type": "custom", "name": "patch"}):
        whole = client.responses.create(tool_choice=choice, parallel_tool_calls=False, **asked)
        [call] = whole.output
        assert (call.type, call.name) == ("custom_tool_call", "patch") and isinstance(call.input, str)
        last = streamed(client, tool_choice=choice, parallel_tool_calls=False, **asked)
        assert without_ids(last.output) == without_ids(whole.output)


def test_hosted_tools_are_left_out_and_reported(client):
    tools = [WEATHER, {"type": "web_search"}, {"type": "local_shell"}]
    response = client.responses.with_raw_response.create(input=OSLO, tools=tools, **GREEDY)
    assert set(response.headers["x-martlet-ignored-tools"].split(", ")) == {"web_search", "local_shell"}
    assert [item.type for item in response.parse().output] == ["function_call"]
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(input=OSLO, tools=tools, tool_choice={"type": "web_search"}, **GREEDY)
    assert caught.value.param == "tool_choice.type"


def test_a_thought_comes_as_text_or_summary_and_is_replayed(client):
    asked = dict(input=SEVEN, **GREEDY, include=["reasoning.encrypted_content"], store=False)
    whole = client.responses.create(reasoning={"effort": "high"}, **asked)
    thought, message = whole.output
    assert "7 times 8" in thought.content[0].text and thought.summary == [] and thought.encrypted_content
    assert "56" in message.content[0].text and whole.usage.output_tokens_details.reasoning_tokens > 0
    summarized = client.responses.create(reasoning={"effort": "high", "summary": "auto"}, **asked)
    assert summarized.output[0].summary[0].text == thought.content[0].text and not summarized.output[0].content
    for reasoning, reply in (({"effort": "high"}, whole), ({"effort": "high", "summary": "auto"}, summarized)):
        with client.responses.stream(reasoning=reasoning, **asked) as stream:
            final = stream.get_final_response()
        assert without_ids(final.output) == without_ids(reply.output)

    def continued(thought):
        history = [{"role": "user", "content": SEVEN}, *thought, message, {"role": "user", "content": FRANCE}]
        response = client.responses.create(input=history, **GREEDY)
        return response.output_text, response.usage.input_tokens

    encrypted = {"type": "reasoning", "id": thought.id, "summary": [], "encrypted_content": thought.encrypted_content}
    assert continued([encrypted]) == continued([thought])


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_cut_by_its_limit_is_incomplete(client, stream):
    asked = dict(input=FRANCE, max_output_tokens=3, **GREEDY)
    response = streamed(client, **asked) if stream else client.responses.create(**asked)
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.output[0].status == "incomplete" and response.usage.output_tokens == 3


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_cut_by_its_limit_is_incomplete(client, stream):
    asked = dict(input=OSLO, tools=[WEATHER], tool_choice="required", max_output_tokens=22, **GREEDY)
    response = streamed(client, **asked) if stream else client.responses.create(**asked)
    [call] = response.output
    assert (response.status, call.type, call.status) == ("incomplete", "function_call", "incomplete")


def test_log_probabilities_are_included_on_request(client):
    asked = dict(input=FRANCE, top_logprobs=2, include=["message.output_text.logprobs"], **GREEDY)
    [part] = client.responses.create(**asked).output[0].content
    assert "".join(entry.token for entry in part.logprobs) == part.text
    assert all(len(entry.top_logprobs) == 2 for entry in part.logprobs)
    [same] = streamed(client, **asked).output[0].content
    assert same == part


def test_a_seed_and_a_stop_string_are_accepted(client):
    def sample(seed):
        return client.responses.create(
            model="toy", input="Tell me a story about a dog.", max_output_tokens=24,
            extra_body={"seed": seed}).output_text

    first = sample(1)
    assert sample(1) == first
    assert any(sample(seed) != first for seed in (2, 3, 4, 5))
    stopped = client.responses.create(input=FRANCE, extra_body={"stop": ["Paris"]}, **GREEDY)
    assert stopped.status == "completed" and "capital" in stopped.output_text and "Paris" not in stopped.output_text


def test_what_was_asked_is_repeated(client):
    response = client.responses.create(
        input=FRANCE, instructions="Be brief.", metadata={"a": "b"}, max_output_tokens=20, top_p=0.5, tools=[WEATHER],
        tool_choice="none", parallel_tool_calls=False, text={"verbosity": "low"}, truncation="auto",
        reasoning={"effort": "none"}, prompt_cache_key="k", safety_identifier="s", store=False, user="u", **GREEDY)
    assert (response.instructions, response.metadata, response.max_output_tokens) == ("Be brief.", {"a": "b"}, 20)
    assert (response.temperature, response.top_p, response.truncation) == (0, 0.5, "auto")
    assert [tool.name for tool in response.tools] == ["get_weather"] and response.tool_choice == "none"
    assert response.parallel_tool_calls is False and response.text.format.type == "text"
    assert response.prompt_cache_key == "k" and response.safety_identifier == "s"


@pytest.mark.parametrize("param, fields", [
    ("previous_response_id", {"previous_response_id": "resp_1"}),
    ("background", {"background": True}),
    ("conversation", {"conversation": "conv_1"}),
    ("temperature", {"temperature": 3}),
    ("input", {"input": []}),
    ("max_output_tokens", {"max_output_tokens": 0}),
    ("input[0].content[0].type", {"input": [{"role": "user", "content": [
        {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo=", "detail": "auto"}]}]}),
])
@pytest.mark.parametrize("stream", [False, True])
def test_a_bad_field_is_named(client, param, fields, stream):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(**{"model": "toy", "input": FRANCE, "stream": stream} | fields)
    assert caught.value.param == param and caught.value.type == "invalid_request_error"


def test_unknown_models_and_responses_are_not_found(client):
    for ask in (
            lambda: client.responses.create(model="nobody", input=FRANCE),
            lambda: client.responses.create(model="nobody", input=FRANCE, stream=True),
            lambda: client.responses.create(input=[{"type": "item_reference", "id": "msg_1"}], **GREEDY),
            lambda: client.responses.retrieve("resp_1")):
        with pytest.raises(openai.NotFoundError):
            ask()


async def test_the_asynchronous_client_gets_the_same(async_client):
    async with async_client.responses.stream(input=FRANCE, **GREEDY) as stream:
        final = await stream.get_final_response()
    assert (await async_client.responses.create(input=FRANCE, **GREEDY)).output_text == final.output_text


def test_an_abandoned_stream_leaves_nothing_open(client, server):
    with client.responses.stream(input=FRANCE, **GREEDY) as stream:
        next(iter(stream))
    assert server.settles()["open_streams"] == 0
