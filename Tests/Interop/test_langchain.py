"""LangChain's OpenAI integration, configured with the server's URL only."""

import openai
import pytest
import tiktoken
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from structured import QUESTION as BOOK
from structured import Booking, Notes

QUESTION = "What is the capital of France?"


@pytest.fixture
def chat(client, async_client):
    return ChatOpenAI(
        model="toy", base_url=str(client.base_url), api_key="any", temperature=0,
        http_client=client._client, http_async_client=async_client._client)


def test_invoke_returns_usage(chat):
    answer = chat.invoke([("system", "You are a helpful assistant."), ("human", QUESTION)])
    assert "Paris" in answer.content
    assert answer.response_metadata["finish_reason"] == "stop"
    assert answer.usage_metadata["output_tokens"] > 0


def test_stream_equals_invoke(chat):
    chunks = [chunk.content for chunk in chat.stream(QUESTION)]
    assert sum(map(bool, chunks)) > 1
    assert "".join(chunks) == chat.invoke(QUESTION).content


async def test_astream_equals_ainvoke(chat):
    chunks = [chunk.content async for chunk in chat.astream(QUESTION)]
    assert "".join(chunks) == (await chat.ainvoke(QUESTION)).content


def test_embeddings_distinguish_documents(client):
    embeddings = OpenAIEmbeddings(
        model="toy", base_url=str(client.base_url), api_key="any", check_embedding_ctx_length=False,
        http_client=client._client)
    fox, sea = embeddings.embed_documents(["a red fox", "the sea"])
    assert fox != sea
    assert embeddings.embed_query("a red fox") == pytest.approx(fox, abs=1e-6)


class OtherVocabulary:
    """Replaces the encoding that LangChain would download: its ids are meaningless to the server's model."""

    def encode(self, text, **_):
        return [90_000 + byte for byte in text.encode()]

    encode_ordinary = encode


def test_the_error_for_default_embeddings_names_the_setting(client, monkeypatch):
    monkeypatch.setattr(tiktoken, "encoding_for_model", lambda _: OtherVocabulary())
    monkeypatch.setattr(tiktoken, "get_encoding", lambda _: OtherVocabulary())
    embeddings = OpenAIEmbeddings(
        model="toy", base_url=str(client.base_url), api_key="any", http_client=client._client)
    with pytest.raises(openai.BadRequestError, match="check_embedding_ctx_length=False"):
        embeddings.embed_query("a red fox")


def test_a_bound_tool_is_called(chat):
    def get_weather(city: str) -> str:
        """The weather in a city."""

    answer = chat.bind_tools([get_weather]).invoke("What is the weather in Oslo?")
    [call] = answer.tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Oslo"})


def test_streamed_tool_calls_add_up(chat):
    def get_weather(city: str) -> str:
        """The weather in a city."""

    total = None
    for chunk in chat.bind_tools([get_weather]).stream("What is the weather in Oslo?"):
        total = chunk if total is None else total + chunk
    assert [(call["name"], call["args"]) for call in total.tool_calls] == [("get_weather", {"city": "Oslo"})]


@pytest.mark.parametrize("method, strict, kind", [
    ("json_schema", None, Booking), ("json_schema", True, Booking), ("function_calling", None, Booking),
    ("function_calling", True, Booking), ("json_mode", None, Notes)])
async def test_structured_output_is_of_its_type(client, async_client, method, strict, kind):
    chat = ChatOpenAI(
        model="toy", base_url=str(client.base_url), api_key="any", seed=1,
        http_client=client._client, http_async_client=async_client._client)
    chat = chat.with_structured_output(kind, method=method, strict=strict)
    assert isinstance(chat.invoke(BOOK), kind)
    assert isinstance(await chat.ainvoke(BOOK), kind)
    assert isinstance([*chat.stream(BOOK)][-1], kind)
