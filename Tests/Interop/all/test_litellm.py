"""LiteLLM, with the server as an OpenAI-compatible provider."""

import json

import pytest

litellm = pytest.importorskip("litellm", reason="make interop-all installs it")

from recorder import assert_same
from structured import MESSAGES, Booking, Seat

TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}]
FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
OSLO = [{"role": "user", "content": "What is the weather in Oslo?"}]


@pytest.fixture
def asked(server):
    return dict(model="openai/toy", api_base=server.url + "/v1", api_key="any", temperature=0)


def test_a_chat_replies_streamed_or_not(asked):
    whole = litellm.completion(messages=FRANCE, **asked)
    assert "Paris" in whole.choices[0].message.content and whole.usage.total_tokens > 0
    chunks = litellm.completion(messages=FRANCE, stream=True, **asked)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content


def test_a_tool_is_called_streamed_or_not(asked):
    messages = OSLO
    [call] = litellm.completion(messages=messages, tools=TOOLS, **asked).choices[0].message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Oslo"})
    chunks = list(litellm.completion(messages=messages, tools=TOOLS, stream=True, **asked))
    built = litellm.stream_chunk_builder(chunks, messages=messages)
    [streamed] = built.choices[0].message.tool_calls
    assert (streamed.function.name, streamed.function.arguments) == (call.function.name, call.function.arguments)


def test_reasoning_is_separate(asked):
    message = litellm.completion(
        messages=[{"role": "user", "content": "What is 7 times 8?"}],
        extra_body={"reasoning_effort": "high"}, **asked).choices[0].message
    assert "56" in message.content and "7 times 8" in message.reasoning_content


def test_a_text_is_completed(asked):
    asked["model"] = "text-completion-openai/toy"
    answer = litellm.text_completion(prompt="Once upon a", max_tokens=4, **asked)
    assert answer.choices[0].text.startswith(" time")


def test_texts_are_embedded(asked):
    del asked["temperature"]
    vectors = [item["embedding"] for item in litellm.embedding(input=["a red fox", "the sea"], **asked).data]
    assert len(vectors) == 2 and len(vectors[0]) == 192 and vectors[0] != vectors[1]


def test_an_error_keeps_its_message(asked):
    with pytest.raises(litellm.BadRequestError, match="response_format"):
        litellm.completion(messages=FRANCE, response_format={"type": "xml"}, **asked)


def test_a_response_format_makes_a_reply_valid(server):
    asked = dict(model="openai/toy", api_base=server.url + "/v1", api_key="any", messages=MESSAGES)
    reply = litellm.completion(response_format=Booking, **asked).choices[0].message.content
    assert Booking.model_validate_json(reply).meal
    anything = litellm.completion(response_format={"type": "json_object"}, **asked).choices[0].message.content
    assert isinstance(json.loads(anything), dict)
    asked.update(model="ollama_chat/toy", api_base=server.url)
    reply = litellm.completion(response_format=Booking, **asked).choices[0].message.content
    assert Booking.model_validate_json(reply).meal


RESPONSE_TOOLS = [{"type": "function", **TOOLS[0]["function"]}]


def test_responses_answer_streamed_or_not(asked):
    whole = litellm.responses(input=FRANCE[0]["content"], **asked)
    assert "Paris" in whole.output[0].content[0].text and whole.status == "completed"
    events = [*litellm.responses(input=FRANCE[0]["content"], stream=True, **asked)]
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == (
        whole.output[0].content[0].text)
    assert events[-1].type == "response.completed"


def test_a_tool_of_responses_is_called_and_its_result_used(asked):
    first = litellm.responses(input=OSLO, tools=RESPONSE_TOOLS, **asked)
    [call] = first.output
    assert (call.name, json.loads(call.arguments)) == ("get_weather", {"city": "Oslo"})
    result = {"type": "function_call_output", "call_id": call.call_id, "output": '{"temperature": 3, "sky": "sunny"}'}
    answer = litellm.responses(input=[*OSLO, call.model_dump(exclude_none=True), result], tools=RESPONSE_TOOLS, **asked)
    assert "sunny" in answer.output[0].content[0].text


def test_responses_are_of_a_type(server):
    asked = dict(model="openai/toy", api_base=server.url + "/v1", api_key="any")
    text = litellm.responses(input=MESSAGES, text_format=Booking, **asked).output[0].content[0].text
    assert Booking.model_validate_json(text).meal


@pytest.fixture
def anthropic_asked(server):
    return dict(model="anthropic/toy", api_base=server.url, api_key="any", temperature=0)


def test_messages_answer_streamed_or_not(anthropic_asked):
    whole = litellm.completion(messages=FRANCE, **anthropic_asked)
    assert "Paris" in whole.choices[0].message.content and whole.usage.total_tokens > 0
    chunks = litellm.completion(messages=FRANCE, stream=True, **anthropic_asked)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content


def test_a_tool_of_messages_is_called_and_its_result_used(anthropic_asked):
    first = litellm.completion(messages=OSLO, tools=TOOLS, **anthropic_asked).choices[0].message
    [call] = first.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Oslo"})
    result = {"role": "tool", "tool_call_id": call.id, "content": '{"temperature": 3, "sky": "sunny"}'}
    answer = litellm.completion(messages=[*OSLO, first, result], tools=TOOLS, **anthropic_asked)
    assert "sunny" in answer.choices[0].message.content


def test_a_thought_of_messages_is_separate(anthropic_asked):
    message = litellm.completion(
        messages=[{"role": "user", "content": "What is 7 times 8?"}], max_tokens=2048,
        thinking={"type": "enabled", "budget_tokens": 1024}, allowed_openai_params=["thinking"],
        **anthropic_asked).choices[0].message
    assert "56" in message.content and "7 times 8" in message.reasoning_content


def test_a_response_format_of_messages_makes_a_reply_valid(server):
    reply = litellm.completion(
        model="anthropic/toy", api_base=server.url, api_key="any", messages=MESSAGES,
        response_format=Seat).choices[0].message.content
    # A schema with references is refused: LiteLLM writes them as `/$defs/name`, without their `#`.
    assert isinstance(Seat.model_validate_json(reply), Seat)


async def test_the_form_of_messages_is_kept(anthropic_asked):
    message = await litellm.anthropic.messages.acreate(messages=FRANCE, max_tokens=40, **anthropic_asked)
    assert message["type"] == "message" and "Paris" in message["content"][0]["text"]


def ask_everything(url):
    for model, base in (("openai/toy", url + "/v1"), ("ollama_chat/toy", url)):
        asked = dict(model=model, api_base=base, api_key="any", temperature=0, max_tokens=24)
        for more in ({"messages": FRANCE}, {"messages": OSLO, "tools": TOOLS}):
            litellm.completion(**asked, **more)
            list(litellm.completion(**asked, **more, stream=True))
    litellm.embedding(model="openai/toy", api_base=url + "/v1", api_key="any", input=["a red fox", "the sea"])


def test_a_gateway_changes_nothing(behind_gateway):
    assert_same(behind_gateway, ask_everything, 9)
