"""smolagents' OpenAI model: a response format, and the tools of its agents."""

import json

import pytest
from smolagents import ActionStep, CodeAgent, OpenAIModel, ToolCallingAgent, tool

from structured import MESSAGES, QUESTION, Booking

BOOKING = {"type": "json_schema", "json_schema": {
    "name": "Booking", "schema": {**Booking.model_json_schema(), "additionalProperties": False}}}


@tool
def book(day: str, guests: int) -> str:
    """Books a table.

    Args:
        day: when
        guests: how many
    """


@pytest.fixture
def model(client):
    return OpenAIModel(
        "toy", api_base=str(client.base_url), api_key="any",
        client_kwargs={"http_client": client._client})


def test_a_reply_has_the_schema_streamed_or_not(model):
    whole = model.generate(MESSAGES, response_format=BOOKING).content
    assert isinstance(Booking.model_validate_json(whole), Booking)
    parts = model.generate_stream(MESSAGES, response_format=BOOKING)
    assert isinstance(Booking.model_validate_json("".join(part.content or "" for part in parts)), Booking)


def test_a_tool_is_called_with_the_arguments_it_requires(model):
    calls = model.generate(MESSAGES, tools_to_call_from=[book]).tool_calls
    assert calls
    for call in calls:
        arguments = json.loads(call.function.arguments)
        assert call.function.name == "book"
        assert isinstance(arguments["day"], str) and isinstance(arguments["guests"], int)


def test_every_step_of_an_agent_calls_its_tools(model):
    agent = ToolCallingAgent([book], model, max_steps=2, verbosity_level=0)
    agent.run(QUESTION)
    steps = [step for step in agent.memory.steps if isinstance(step, ActionStep)][:2]
    assert steps
    for step in steps:
        assert step.model_output_message.tool_calls
        for call in step.model_output_message.tool_calls:
            assert call.function.name in agent.tools and isinstance(call.function.arguments, dict)


def test_a_step_of_a_code_agent_is_a_thought_and_code(model):
    agent = CodeAgent([], model, max_steps=1, verbosity_level=0, use_structured_outputs_internally=True)
    agent.run(QUESTION)
    step = next(step for step in agent.memory.steps if isinstance(step, ActionStep))
    written = json.loads(step.model_output)
    assert written.keys() == {"thought", "code"} and step.code_action == written["code"]
