"""Ollama's own client, configured with the server's URL."""

import json

import pytest
from ollama import AsyncClient, Client, ResponseError

from server import ROOT
from structured import MESSAGES, QUESTION, Booking, Guest, Notes

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
GREEDY = {"temperature": 0}
CONTEXT = json.loads((ROOT / "Backends/Toy/CToyModel/toy/config.json").read_text())["n_positions"]


@pytest.fixture
def ollama(server):
    return Client(host=server.url)


def get_weather(city: str) -> str:
    """Tells the weather.

    Args:
        city: where
    """


def test_models_are_listed_shown_and_running(ollama, server):
    if server.upstream:
        # A gateway knows no more than the names.
        assert [model.model for model in [*ollama.list().models, *ollama.ps().models]] == ["toy:latest"] * 2
        assert {"completion", "tools", "thinking", "embedding"} <= set(ollama.show("toy").capabilities)
        return
    [model] = ollama.list().models
    assert model.model == "toy:latest" and model.details.family == "gpt2" and model.size > 0
    [running] = ollama.ps().models
    assert running.model == "toy:latest" and running.context_length == CONTEXT
    shown = ollama.show("toy")
    assert shown.capabilities == ["completion", "tools", "thinking", "embedding"]
    assert shown.modelinfo["gpt2.context_length"] == CONTEXT


def test_a_chat_replies_streamed_or_not(ollama):
    whole = ollama.chat("toy", FRANCE, options=GREEDY)
    assert "Paris" in whole.message.content and whole.done_reason == "stop"
    assert whole.eval_count > 0 and whole.total_duration >= whole.eval_duration > 0
    parts = list(ollama.chat("toy:latest", FRANCE, options=GREEDY, stream=True))
    assert len(parts) > 2 and parts[-1].done and parts[-1].eval_count == whole.eval_count
    assert "".join(part.message.content for part in parts) == whole.message.content


def test_generate_replies_complete_streamed_and_raw(ollama, server):
    whole = ollama.generate("toy", FRANCE[0]["content"], options=GREEDY)
    # A gateway has no token ids.
    assert "Paris" in whole.response and bool(whole.context) != bool(server.upstream)
    parts = list(ollama.generate("toy", FRANCE[0]["content"], options=GREEDY, stream=True))
    assert "".join(part.response for part in parts) == whole.response and parts[-1].context == whole.context
    raw = ollama.generate("toy", "Once upon a time", raw=True, options={**GREEDY, "num_predict": 5})
    assert raw.eval_count == 5 and raw.done_reason == "length"
    assert ollama.generate("toy", "", keep_alive=0).done_reason == "unload"


def test_a_seed_reproduces_its_text(ollama):
    def ask(seed):
        return ollama.generate(
            "toy", "Once upon a time", raw=True, options={"seed": seed, "temperature": 1.5, "num_predict": 20}).response
    assert ask(7) == ask(7) != ask(8)


def test_one_or_several_texts_are_embedded(ollama):
    one = ollama.embed("toy", "a red fox")
    many = ollama.embed("toy", ["a red fox", "the sea"])
    assert one.embeddings[0] == many.embeddings[0] != many.embeddings[1]
    assert ollama.embeddings("toy", "the sea").embedding == many.embeddings[1]
    assert many.prompt_eval_count > one.prompt_eval_count > 0


def test_a_tool_is_called_and_its_result_used(ollama):
    messages = [{"role": "user", "content": "What is the weather in Oslo?"}]
    answer = ollama.chat("toy", messages, tools=[get_weather], options=GREEDY).message
    [call] = answer.tool_calls
    assert call.function.name == "get_weather" and call.function.arguments == {"city": "Oslo"}
    streamed = [part.message.tool_calls for part in
                ollama.chat("toy", messages, tools=[get_weather], options=GREEDY, stream=True)]
    assert [calls[0].function for calls in streamed if calls] == [call.function]
    messages += [answer, {"role": "tool", "tool_name": "get_weather", "content": "sunny, 20 degrees"}]
    assert "sunny" in ollama.chat("toy", messages, tools=[get_weather], options=GREEDY).message.content


def test_reasoning_is_separate(ollama):
    message = ollama.chat(
        "toy", [{"role": "user", "content": "What is 7 times 8?"}], think=True, options=GREEDY).message
    assert "56" in message.content and "7 times 8" in message.thinking


def test_a_format_makes_every_reply_valid(ollama):
    guest = ollama.chat("toy", MESSAGES, format=Guest.model_json_schema(), options=GREEDY).message.content
    assert Guest.model_validate_json(guest).name
    schema = Booking.model_json_schema()
    assert Booking.model_validate_json(ollama.chat("toy", MESSAGES, format=schema).message.content).meal
    assert Booking.model_validate_json(ollama.generate("toy", QUESTION, format=schema).response).meal
    streamed = "".join(part.message.content for part in ollama.chat("toy", MESSAGES, format=schema, stream=True))
    assert Booking.model_validate_json(streamed).meal
    assert isinstance(Notes.model_validate_json(ollama.chat("toy", MESSAGES, format="json").message.content), Notes)


async def test_the_asynchronous_client_gets_the_same(server, ollama):
    client = AsyncClient(host=server.url)
    parts = [part.message.content async for part in await client.chat("toy", FRANCE, options=GREEDY, stream=True)]
    assert "".join(parts) == ollama.chat("toy", FRANCE, options=GREEDY).message.content


@pytest.mark.parametrize("ask, status, words", [
    (lambda it: it.chat("nope", FRANCE), 404, 'model "nope" not found'),
    (lambda it: list(it.chat("nope", FRANCE, stream=True)), 404, 'model "nope" not found'),
    (lambda it: it.chat("toy", FRANCE, format={"type": "string", "pattern": "("}), 400, "`format`"),
    (lambda it: it.chat("toy", FRANCE, options={"temperature": "hot"}), 400, "`options.temperature`"),
    (lambda it: it.chat("toy", [{"role": "user", "content": "a", "images": [b"abc"]}]), 400, "image"),
    (lambda it: it.generate("toy", "a", template="b"), 400, "`template`"),
    (lambda it: it.pull("toy"), 501, "/api/pull"),
    (lambda it: it.delete("toy"), 501, "/api/delete"),
])
def test_an_error_names_the_remedy(ollama, ask, status, words):
    with pytest.raises(ResponseError) as error:
        ask(ollama)
    assert error.value.status_code == status and words in error.value.error
