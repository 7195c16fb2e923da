"""A gateway in front of a third-party server: `transformers serve` with the toy's weights."""

import subprocess

import ollama
import openai
import pytest

from server import ENVIRONMENT, MARTLET, Server

QUESTION = [{"role": "user", "content": "What is 7 times 8?"}]


class Gateway(Server):
    """In front of one upstream, which is no Martlet."""

    def __init__(self, specification):
        self.upstream = None
        self.process = subprocess.Popen(
            [MARTLET, "gateway", "--upstream", specification, "--port", "0"], env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.url = self._printed_url()


@pytest.fixture(scope="module")
def relay(served):
    # `GET /v1/models` of transformers lists what is in Hugging Face's cache, so the model is named here.
    url, model = served
    relay = Gateway(f"{url},model=toy={model}")
    yield relay
    assert relay.stop() == 0


def test_chats_are_those_of_the_upstream(relay, served):
    url, model = served
    asked = dict(messages=QUESTION, temperature=0, max_tokens=24)
    direct = openai.OpenAI(base_url=url + "/v1", api_key="any", max_retries=0).chat.completions
    ours = openai.OpenAI(base_url=relay.url + "/v1", api_key="any", max_retries=0).chat.completions
    expected, found = direct.create(model=model, **asked), ours.create(model="toy", **asked)
    assert "56" in found.choices[0].message.content == expected.choices[0].message.content
    assert (found.model, found.choices[0].finish_reason) == ("toy", "stop")
    assert found.usage == expected.usage
    chunks = list(ours.create(model="toy", stream=True, stream_options={"include_usage": True}, **asked))
    text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
    assert text == "56" and {chunk.model for chunk in chunks} == {"toy"}
    assert [chunk.usage.completion_tokens for chunk in chunks if chunk.usage][-1] == expected.usage.completion_tokens
    assert relay.settles()["running"] == 0


def test_clients_of_ollama_get_the_same_text(relay):
    client = ollama.Client(host=relay.url)
    for stream in (False, True):
        replies = client.chat("toy", QUESTION, options={"temperature": 0, "num_predict": 24}, stream=stream)
        replies = list(replies) if stream else [replies]
        assert "".join(reply.message.content for reply in replies) == "56"
        assert replies[-1].done_reason == "stop" and replies[-1].prompt_eval_count > 0


def test_what_the_upstream_lacks_is_its_own_error(relay):
    client = openai.OpenAI(base_url=relay.url + "/v1", api_key="any", max_retries=0)
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="toy", input="Hi")
    with pytest.raises(openai.NotFoundError, match="nope"):
        client.chat.completions.create(model="nope", messages=QUESTION)


def test_a_client_that_leaves_is_not_waited_for(relay):
    client = openai.OpenAI(base_url=relay.url + "/v1", api_key="any", max_retries=0)
    stream = client.chat.completions.create(
        model="toy", messages=[{"role": "user", "content": "Tell me a story."}], max_tokens=200, stream=True)
    next(iter(stream))
    stream.close()
    assert relay.settles()["open_streams"] == 0
    again = client.chat.completions.create(model="toy", messages=QUESTION, temperature=0, max_tokens=24)
    assert "56" in again.choices[0].message.content
