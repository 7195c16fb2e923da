"""Pydantic AI over chat completions, Responses and Anthropic's Messages: its ways to an output type, and its tools."""

import pytest
from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.anthropic import AnthropicModel, AnthropicModelSettings
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel, OpenAIResponsesModelSettings
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

from structured import QUESTION, Notes, Seat, Table

GREEDY = {"temperature": 0}
SEEDED = {"extra_body": {"seed": 1}}


@pytest.fixture
def openai_model(async_client):
    return lambda kind, name: kind(name, provider=OpenAIProvider(openai_client=async_client))


@pytest.fixture
def anthropic_model(async_anthropic):
    # It asks for a schema only of models that it knows to obey one.
    profile = ModelProfile(supports_json_schema_output=True)
    provider = AnthropicProvider(anthropic_client=async_anthropic)
    return lambda kind, name: kind(name, provider=provider, profile=profile)


@pytest.fixture(params=[OpenAIChatModel, OpenAIResponsesModel, AnthropicModel], ids=["chat", "responses", "messages"])
def model(request, openai_model, anthropic_model):
    """Makes the model of a name."""
    make = anthropic_model if request.param is AnthropicModel else openai_model
    return lambda name: make(request.param, name)


@pytest.mark.parametrize("output, kinds", [
    (ToolOutput(Table), Table),
    (NativeOutput(Table), Table),
    ([ToolOutput(Table), ToolOutput(Seat)], (Table, Seat)),
    (NativeOutput([Table, Seat]), (Table, Seat)),
], ids=["tool", "native", "tools", "native union"])
async def test_an_output_is_of_its_type(model, wire, output, kinds):
    agent = Agent(model("toy"), output_type=output, retries=0, model_settings=SEEDED)
    assert isinstance((await agent.run(QUESTION)).output, kinds)
    async with agent.run_stream(QUESTION) as run:
        assert isinstance(await run.get_output(), kinds)
    assert [exchange.status for exchange in wire] == [200, 200]


@pytest.mark.parametrize("kind", [OpenAIChatModel, OpenAIResponsesModel], ids=["chat", "responses"])
async def test_a_prompted_output_is_an_object(openai_model, wire, kind):
    # A model that cannot know its prompt can only write any object. Anthropic's API has no mode for that.
    agent = Agent(openai_model(kind, "toy"), output_type=PromptedOutput(Notes), retries=0, model_settings=SEEDED)
    assert isinstance((await agent.run(QUESTION)).output, Notes)
    async with agent.run_stream(QUESTION) as run:
        assert isinstance(await run.get_output(), Notes)
    assert [exchange.status for exchange in wire] == [200, 200]


async def test_a_tool_is_called_and_its_result_used(model, wire):
    agent = Agent(model("toy"), model_settings=GREEDY)
    cities = []

    @agent.tool_plain
    def get_weather(city: str) -> dict:
        """The weather."""
        cities.append(city)
        return {"temperature": 3, "sky": "sunny"}

    whole = (await agent.run("What is the weather in Oslo?")).output
    assert "sunny" in whole
    async with agent.run_stream("What is the weather in Oslo?") as run:
        assert await run.get_output() == whole
    assert cities == ["Oslo"] * 2 and [exchange.status for exchange in wire] == [200] * 4


@pytest.mark.parametrize("kind, settings", [
    (OpenAIResponsesModel, OpenAIResponsesModelSettings(
        openai_reasoning_effort="high", openai_reasoning_summary="auto", temperature=0)),
    (AnthropicModel, AnthropicModelSettings(
        anthropic_thinking={"type": "enabled", "budget_tokens": 1024}, max_tokens=2048,
        extra_body={"temperature": 0})),
], ids=["responses", "messages"])
async def test_a_thought_is_replayed_with_its_conversation(openai_model, anthropic_model, kind, settings):
    make = anthropic_model if kind is AnthropicModel else openai_model
    agent = Agent(make(kind, "toy"), model_settings=settings)
    first = await agent.run("What is 7 times 8?")
    thought = next(part for part in first.response.parts if part.part_kind == "thinking")
    assert "7 times 8" in thought.content and "56" in first.output
    assert (await agent.run("What is the capital of France?", message_history=first.all_messages())).output
    async with agent.run_stream("What is 7 times 8?") as run:
        assert await run.get_output() == first.output
        assert any(part.part_kind == "thinking" and part.content == thought.content for part in run.response.parts)
