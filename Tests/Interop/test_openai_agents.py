"""OpenAI's Agents SDK, whose models speak Responses: tools, handoffs, output types, both ways to run."""

import pytest
from agents import (
    Agent, ModelSettings, OpenAIProvider, RunConfig, Runner, ToolCallItem, ToolCallOutputItem, function_tool,
    set_tracing_disabled)
from openai import AsyncOpenAI

from server import Server
from structured import QUESTION, Booking

set_tracing_disabled(True)
GREEDY = ModelSettings(temperature=0)
FRANCE = "What is the capital of France?"


@function_tool
def get_weather(city: str) -> str:
    """The weather."""
    return '{"temperature": 3, "sky": "sunny"}'


@pytest.fixture
def config(async_client):
    return RunConfig(model_provider=OpenAIProvider(openai_client=async_client))


@pytest.fixture(params=["whole", "streamed"])
def run(request, config):
    """Runs an agent to its result."""
    async def whole(agent, text):
        return await Runner.run(agent, text, run_config=config)

    async def streamed(agent, text):
        result = Runner.run_streamed(agent, text, run_config=config)
        kinds = [event.type async for event in result.stream_events()]
        assert {"raw_response_event", "run_item_stream_event"} <= set(kinds)
        return result

    return streamed if request.param == "streamed" else whole


async def test_an_agent_answers(run):
    result = await run(Agent("A", instructions="Be brief.", model="toy", model_settings=GREEDY), FRANCE)
    assert "Paris" in result.final_output
    assert result.context_wrapper.usage.output_tokens > 0


async def test_a_tool_is_called_and_its_result_used(run):
    result = await run(Agent("A", model="toy", model_settings=GREEDY, tools=[get_weather]), "What is the weather in Oslo?")
    assert "3" in result.final_output and "sunny" in result.final_output
    assert [type(item) for item in result.new_items[:2]] == [ToolCallItem, ToolCallOutputItem]


async def test_an_agent_hands_off(run, wire):
    answering = Agent("answering", model="toy", model_settings=ModelSettings(temperature=0, max_tokens=16))
    first = Agent(
        "first", model="toy", model_settings=ModelSettings(tool_choice="required", parallel_tool_calls=False),
        handoffs=[answering])
    result = await run(first, FRANCE)
    assert result.last_agent is answering and isinstance(result.final_output, str)
    assert [exchange.status for exchange in wire] == [200, 200]


async def test_an_output_is_of_its_type(run):
    seeded = ModelSettings(extra_body={"seed": 1})
    result = await run(Agent("A", model="toy", model_settings=seeded, output_type=Booking), QUESTION)
    assert isinstance(result.final_output, Booking)


async def test_a_thought_and_its_call_are_sent_back(run):
    settings = ModelSettings(
        temperature=0, reasoning={"effort": "high", "summary": "auto"}, store=False, truncation="auto", top_p=1,
        response_include=["reasoning.encrypted_content"], parallel_tool_calls=False, verbosity="low", metadata={"a": "b"})
    result = await run(
        Agent("A", model="toy", model_settings=settings, tools=[get_weather]), "What is the weather in Oslo?")
    assert isinstance(result.final_output, str) and len(result.raw_responses) in (1, 2)


@pytest.fixture(scope="module")
def lenient():
    """A server that accepts any model name, which no gateway does: by default an agent names OpenAI's newest."""
    server = Server("--any-model", behind_gateway=False)
    yield server
    assert server.stop() == 0


async def test_an_agent_without_a_model_is_answered(lenient, wire):
    async with wire.async_client(lenient.url) as http_client:
        client = AsyncOpenAI(base_url=lenient.url + "/v1", api_key="any", http_client=http_client)
        config = RunConfig(model_provider=OpenAIProvider(openai_client=client), model_settings=GREEDY)
        result = await Runner.run(Agent("A", instructions="Be brief."), FRANCE, run_config=config)
        assert "Paris" in result.final_output
