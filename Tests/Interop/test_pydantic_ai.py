"""Pydantic AI's three ways to an output type."""

import pytest
from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

from structured import QUESTION, Booking, Guest, Notes


@pytest.fixture
def model(random_async_client):
    return OpenAIChatModel("random", provider=OpenAIProvider(openai_client=random_async_client))


@pytest.mark.parametrize("output, kinds", [
    (ToolOutput(Booking), Booking),
    (NativeOutput(Booking), Booking),
    # A model that cannot know its prompt can only write any object.
    (PromptedOutput(Notes), Notes),
    ([ToolOutput(Booking), ToolOutput(Guest)], (Booking, Guest)),
    (NativeOutput([Booking, Guest]), (Booking, Guest)),
], ids=["tool", "native", "prompted", "tools", "native union"])
async def test_an_output_is_of_its_type(model, wire, output, kinds):
    agent = Agent(model, output_type=output, retries=0)
    assert isinstance((await agent.run(QUESTION)).output, kinds)
    async with agent.run_stream(QUESTION) as run:
        assert isinstance(await run.get_output(), kinds)
    assert [exchange.status for exchange in wire] == [200, 200]
