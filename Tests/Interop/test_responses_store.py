"""Stored responses (`--responses-store`): continuing, retrieving, streaming again, deleting, background."""

import time

import openai
import pytest
from agent_framework import Agent as FrameworkAgent, tool
from agent_framework.openai import OpenAIChatClient
from agents import Agent, ModelSettings, OpenAIProvider, RunConfig, Runner
from openai import AsyncOpenAI, OpenAI

from server import Server

FRANCE = "What is the capital of France?"
SEVEN = "What is 7 times 8?"
GREEDY = {"model": "toy", "temperature": 0}


@pytest.fixture(scope="module")
def storing():
    server = Server("--responses-store", "16M")
    yield server
    assert server.stop() == 0


@pytest.fixture
def client(storing, wire):
    with wire.client(storing.url) as http_client:
        yield OpenAI(base_url=storing.url + "/v1", api_key="any", http_client=http_client, max_retries=0)


@pytest.fixture
async def async_client(storing, wire):
    async with wire.async_client(storing.url) as http_client:
        yield AsyncOpenAI(base_url=storing.url + "/v1", api_key="any", http_client=http_client, max_retries=0)


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_is_continued_by_its_id(client, stream):
    first = client.responses.create(input=FRANCE, instructions="Be brief.", **GREEDY)
    assert first.store is not False
    history = [{"role": "user", "content": FRANCE}, *first.output, {"role": "user", "content": SEVEN}]
    expected = client.responses.create(input=history, store=False, **GREEDY)
    if stream:
        with client.responses.stream(input=SEVEN, previous_response_id=first.id, **GREEDY) as running:
            second = running.get_final_response()
    else:
        second = client.responses.create(input=SEVEN, previous_response_id=first.id, **GREEDY)
    # Instructions are not carried over.
    assert (second.output_text, second.usage.input_tokens) == (expected.output_text, expected.usage.input_tokens)
    assert second.previous_response_id == first.id
    third = client.responses.create(input=FRANCE, previous_response_id=second.id, **GREEDY)
    assert third.usage.input_tokens > second.usage.input_tokens


def test_a_response_is_retrieved(client):
    created = client.responses.create(input=FRANCE, **GREEDY)
    assert client.responses.retrieve(created.id) == created
    streamed = [*client.responses.create(input=FRANCE, stream=True, **GREEDY)][-1].response
    assert client.responses.retrieve(streamed.id) == streamed


def test_a_stream_in_the_background_is_read_again(client):
    created = [*client.responses.create(input=FRANCE, stream=True, background=True, **GREEDY)]
    final = created[-1].response
    assert final.background and final.status == "completed"
    assert client.responses.retrieve(final.id) == final
    assert [*client.responses.retrieve(final.id, stream=True)] == created
    assert [*client.responses.retrieve(final.id, stream=True, starting_after=4)] == created[5:]
    with pytest.raises(openai.BadRequestError):
        client.responses.retrieve(client.responses.create(input=FRANCE, **GREEDY).id, stream=True)


def test_the_input_of_a_response_is_listed(client):
    first = client.responses.create(input=FRANCE, **GREEDY)
    second = client.responses.create(input=SEVEN, previous_response_id=first.id, **GREEDY)
    newest = client.responses.input_items.list(second.id).data
    assert newest[0].content[0].text == SEVEN
    oldest = client.responses.input_items.list(second.id, order="asc").data
    assert [item.id for item in oldest] == [item.id for item in newest][::-1]
    assert [item.id for item in client.responses.input_items.list(second.id, limit=1)] == [item.id for item in newest]


def test_an_item_is_referred_to_by_its_id(client):
    first = client.responses.create(input=FRANCE, **GREEDY)
    [item] = first.output
    question = {"role": "user", "content": FRANCE}

    def ask(item):
        response = client.responses.create(input=[question, item, {"role": "user", "content": SEVEN}], **GREEDY)
        return response.output_text, response.usage.input_tokens

    assert ask({"type": "item_reference", "id": item.id}) == ask(item)


def test_what_is_deleted_or_was_not_stored_is_not_found(client):
    deleted, unstored = (client.responses.create(input=FRANCE, store=store, **GREEDY).id for store in (True, False))
    client.responses.delete(deleted)
    for id in (deleted, unstored, "resp_unknown"):
        for ask in (
                client.responses.retrieve, client.responses.delete, client.responses.input_items.list,
                client.responses.cancel):
            with pytest.raises(openai.NotFoundError):
                ask(id)
        with pytest.raises(openai.APIStatusError) as caught:
            client.responses.create(input=SEVEN, previous_response_id=id, **GREEDY)
        assert caught.value.status_code in (400, 404) and caught.value.param == "previous_response_id"


def settled(client, response, patience=30):
    """The response when it is neither queued nor in progress."""
    deadline = time.monotonic() + patience
    while response.status in ("queued", "in_progress"):
        assert time.monotonic() < deadline, f"still {response.status}"
        time.sleep(0.02)
        response = client.responses.retrieve(response.id)
    return response


def test_a_response_is_made_in_the_background(client):
    started = client.responses.create(input=FRANCE, background=True, **GREEDY)
    assert started.background and started.status in ("queued", "in_progress", "completed")
    final = settled(client, started)
    assert final.status == "completed" and "Paris" in final.output_text
    # What is complete cannot be cancelled any more.
    try:
        assert client.responses.cancel(final.id).status == "completed"
    except openai.BadRequestError as error:
        assert error.type == "invalid_request_error"


def test_a_background_response_is_cancelled(client, storing):
    started = client.responses.create(
        model="toy", input="Tell me a story.", background=True, extra_body={"ignore_eos": True})
    client.responses.cancel(started.id)
    assert settled(client, started).status in ("cancelled", "completed")
    assert storing.settles()["open_streams"] == 0


@tool
def get_weather(city: str) -> str:
    """The weather."""
    return '{"temperature": 3, "sky": "sunny"}'


@pytest.mark.parametrize("stream", [False, True])
async def test_agent_framework_leaves_the_conversation_to_the_server(async_client, wire, stream):
    agent = FrameworkAgent(client=OpenAIChatClient(model="toy", async_client=async_client), tools=[get_weather])
    running = agent.run("What is the weather in Oslo?", stream=stream, options={"temperature": 0})
    if stream:
        async for _ in running:
            pass
        running = running.get_final_response()
    assert "sunny" in (await running).text and [exchange.status for exchange in wire] == [200, 200]


async def test_openai_agents_continue_by_id(async_client):
    config = RunConfig(model_provider=OpenAIProvider(openai_client=async_client), tracing_disabled=True)
    agent = Agent("A", model="toy", model_settings=ModelSettings(temperature=0))
    first = await Runner.run(agent, FRANCE, run_config=config)
    second = await Runner.run(agent, SEVEN, run_config=config, previous_response_id=first.last_response_id)
    assert second.context_wrapper.usage.input_tokens > first.context_wrapper.usage.input_tokens
