"""Ollama's API with the Ollama modes of LiteLLM and LangChain."""

import pytest

litellm = pytest.importorskip("litellm", reason="make interop-all installs it")
langchain_ollama = pytest.importorskip("langchain_ollama", reason="make interop-all installs it")

from structured import QUESTION, Booking, Notes

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


@pytest.mark.parametrize("mode", ["ollama_chat/toy", "ollama/toy"])
def test_litellm_chats_streamed_or_not(server, mode):
    asked = dict(model=mode, api_base=server.url, messages=FRANCE, temperature=0)
    whole = litellm.completion(**asked)
    # Without `_chat` LiteLLM uses its own template, on which the toy was not trained.
    assert ("Paris" in whole.choices[0].message.content) == (mode == "ollama_chat/toy")
    assert whole.choices[0].message.content and whole.usage.completion_tokens > 0
    chunks = litellm.completion(stream=True, **asked)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content


def test_litellm_embeds(server):
    data = litellm.embedding(model="ollama/toy", input=["a", "b"], api_base=server.url).data
    assert len(data) == 2 and data[0]["embedding"] != data[1]["embedding"]


def test_langchain_chats_completes_and_embeds(server):
    chat = langchain_ollama.ChatOllama(model="toy", base_url=server.url, temperature=0)
    whole = chat.invoke(FRANCE[0]["content"])
    assert "Paris" in whole.content and whole.usage_metadata["output_tokens"] > 0
    assert "".join(part.content for part in chat.stream(FRANCE[0]["content"])) == whole.content
    llm = langchain_ollama.OllamaLLM(model="toy", base_url=server.url, temperature=0)
    assert "Paris" in llm.invoke(FRANCE[0]["content"])
    first, second = langchain_ollama.OllamaEmbeddings(model="toy", base_url=server.url).embed_documents(["a", "b"])
    assert len(first) == 192 and first != second


def test_langchain_calls_a_tool(server):
    tool = {"type": "function", "function": {"name": "get_weather", "description": "w", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}}}}
    chat = langchain_ollama.ChatOllama(model="toy", base_url=server.url, temperature=0).bind_tools([tool])
    [call] = chat.invoke("What is the weather in Oslo?").tool_calls
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Oslo"})


@pytest.mark.parametrize("method, kind", [("json_schema", Booking), ("json_mode", Notes)])
def test_langchain_gets_structured_output(server, method, kind):
    # Not `function_calling`: Ollama's API cannot force a call.
    chat = langchain_ollama.ChatOllama(model="toy", base_url=server.url)
    assert isinstance(chat.with_structured_output(kind, method=method).invoke(QUESTION), kind)
