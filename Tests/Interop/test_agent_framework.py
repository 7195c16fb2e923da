"""Microsoft's Agent Framework, whose OpenAI client speaks Responses."""

import pytest
from agent_framework import Agent, tool
from agent_framework.openai import OpenAIChatClient

from structured import QUESTION, Booking

FRANCE = "What is the capital of France?"
# By default it leaves the conversation to the server, which keeps none.
STATELESS = {"store": False, "temperature": 0}


@tool
def get_weather(city: str) -> str:
    """The weather."""
    return '{"temperature": 3, "sky": "sunny"}'


@pytest.fixture
def agent(async_client):
    def make(model, **options):
        return Agent(client=OpenAIChatClient(model=model, async_client=async_client), **options)
    return make


async def ask(agent, text, stream, **options):
    """The final response, whole or from its updates."""
    running = agent.run(text, stream=stream, options={**STATELESS, **options})
    if not stream:
        return await running
    async for _ in running:
        pass
    return await running.get_final_response()


@pytest.mark.parametrize("stream", [False, True])
async def test_an_agent_answers(agent, stream):
    reply = await ask(agent("toy", instructions="Be brief."), FRANCE, stream)
    assert "Paris" in reply.text and reply.usage_details["output_token_count"] > 0


@pytest.mark.parametrize("stream", [False, True])
async def test_a_tool_is_called_and_its_result_used(agent, wire, stream):
    reply = await ask(agent("toy", tools=[get_weather]), "What is the weather in Oslo?", stream)
    assert "sunny" in reply.text and [exchange.status for exchange in wire] == [200, 200]


async def test_an_output_is_of_its_type(agent):
    reply = await ask(agent("toy"), QUESTION, False, response_format=Booking)
    assert isinstance(reply.value, Booking)


async def test_a_session_sends_its_history(agent, wire):
    toy = agent("toy")
    session = toy.create_session()
    for _ in range(2):
        assert (await toy.run(FRANCE, session=session, options=STATELESS)).text
    assert [exchange.status for exchange in wire] == [200, 200]
