"""Structured output with the openai client: its typed replies and its typed tools."""

import openai
import pytest

from structured import MESSAGES, Booking, Guest


def test_the_toy_replies_as_a_type(client):
    message = client.chat.completions.parse(model="toy", messages=MESSAGES, response_format=Guest).choices[0].message
    assert isinstance(message.parsed, Guest)


@pytest.mark.parametrize("seed", range(4))
def test_random_weights_reply_as_a_type_streamed_or_not(random_client, seed):
    asked = dict(model="random", messages=MESSAGES, response_format=Booking, seed=seed)
    whole = random_client.chat.completions.parse(**asked).choices[0]
    assert whole.finish_reason == "stop" and isinstance(whole.message.parsed, Booking)
    with random_client.chat.completions.stream(**asked) as stream:
        final = stream.until_done().get_final_completion().choices[0]
    assert final.message.parsed == whole.message.parsed


@pytest.mark.parametrize("choice", ["required", {"type": "function", "function": {"name": "Booking"}}])
def test_random_weights_call_a_typed_tool_streamed_or_not(random_client, choice):
    asked = dict(
        model="random", messages=MESSAGES, tools=[openai.pydantic_function_tool(Booking)], tool_choice=choice,
        parallel_tool_calls=False, seed=1)
    whole = random_client.chat.completions.parse(**asked).choices[0]
    [call] = whole.message.tool_calls
    assert whole.finish_reason == "tool_calls" and isinstance(call.function.parsed_arguments, Booking)
    with random_client.chat.completions.stream(**asked) as stream:
        [streamed] = stream.until_done().get_final_completion().choices[0].message.tool_calls
    assert streamed.function.parsed_arguments == call.function.parsed_arguments


def test_required_tools_are_called_with_the_arguments_of_their_type(random_client):
    tools = [openai.pydantic_function_tool(kind) for kind in (Booking, Guest)]
    for seed in range(4):
        calls = random_client.chat.completions.parse(
            model="random", messages=MESSAGES, tools=tools, tool_choice="required", seed=seed,
        ).choices[0].message.tool_calls
        assert calls
        for call in calls:
            assert type(call.function.parsed_arguments).__name__ == call.function.name


async def test_the_asynchronous_client_gets_the_same(random_async_client):
    answer = await random_async_client.chat.completions.parse(
        model="random", messages=MESSAGES, response_format=Booking)
    assert isinstance(answer.choices[0].message.parsed, Booking)


@pytest.mark.parametrize("seed", range(2))
def test_a_response_is_of_its_type_streamed_or_not(random_client, seed):
    asked = dict(
        model="random", input=MESSAGES, text_format=Booking, extra_body={"seed": seed})
    whole = random_client.responses.parse(**asked)
    assert whole.status == "completed" and isinstance(whole.output_parsed, Booking)
    with random_client.responses.stream(**asked) as stream:
        assert stream.get_final_response().output_parsed == whole.output_parsed


def test_a_typed_tool_of_a_response_is_called_streamed_or_not(random_client):
    tool = {"type": "function", **openai.pydantic_function_tool(Booking)["function"]}
    asked = dict(
        model="random", input=MESSAGES, tools=[tool], tool_choice="required", parallel_tool_calls=False,
        extra_body={"seed": 1})
    [call] = random_client.responses.parse(**asked).output
    assert isinstance(Booking.model_validate(call.parsed_arguments), Booking)
    with random_client.responses.stream(**asked) as stream:
        [streamed] = stream.get_final_response().output
    assert streamed.arguments == call.arguments
