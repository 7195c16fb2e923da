"""LangChain's OpenAI integration, pointed at the server and nothing else."""

import pytest
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

QUESTION = "What is the capital of France?"


@pytest.fixture
def chat(client, async_client):
    return ChatOpenAI(
        model="toy", base_url=str(client.base_url), api_key="any", temperature=0,
        http_client=client._client, http_async_client=async_client._client)


def test_invoke_answers_with_usage(chat):
    answer = chat.invoke([("system", "You are a helpful assistant."), ("human", QUESTION)])
    assert "Paris" in answer.content
    assert answer.response_metadata["finish_reason"] == "stop"
    assert answer.usage_metadata["output_tokens"] > 0


def test_stream_says_what_invoke_says(chat):
    chunks = [chunk.content for chunk in chat.stream(QUESTION)]
    assert sum(map(bool, chunks)) > 1
    assert "".join(chunks) == chat.invoke(QUESTION).content


async def test_astream_says_what_ainvoke_says(chat):
    chunks = [chunk.content async for chunk in chat.astream(QUESTION)]
    assert "".join(chunks) == (await chat.ainvoke(QUESTION)).content


def test_embeddings_tell_documents_apart(client):
    embeddings = OpenAIEmbeddings(
        model="toy", base_url=str(client.base_url), api_key="any", check_embedding_ctx_length=False,
        http_client=client._client)
    fox, sea = embeddings.embed_documents(["a red fox", "the sea"])
    assert fox != sea
    assert embeddings.embed_query("a red fox") == pytest.approx(fox, abs=1e-6)
