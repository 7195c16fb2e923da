"""Clients get the same from a server through a gateway as directly: every line of every response, but ids and times."""

import anthropic
import ollama
import openai
import pytest
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

from recorder import assert_same
from structured import Guest, Notes

FRANCE = [{"role": "user", "content": "What is the capital of France?"}]
OSLO = [{"role": "user", "content": "What is the weather in Oslo?"}]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "w", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
GREEDY = {"temperature": 0, "num_predict": 24}


def with_openai(url):
    client = openai.OpenAI(base_url=url + "/v1", api_key="any", max_retries=0)
    chat, text = client.chat.completions.create, client.completions.create
    asked = dict(model="toy", temperature=0, max_tokens=24)
    for stream in ({}, {"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}):
        for more in (
                {"messages": FRANCE}, {"messages": OSLO, "tools": TOOLS}, {"messages": FRANCE, "n": 3},
                {"messages": OSLO, "tools": TOOLS, "tool_choice": "required"},
                {"messages": FRANCE, "logprobs": True, "top_logprobs": 3}, {"messages": FRANCE, "stop": ["Paris"]},
                {"messages": FRANCE, "reasoning_effort": "high"},
                {"messages": FRANCE, "response_format": {"type": "json_object"}}):
            list(chat(**asked, **stream, **more))
        for more in (
                {"prompt": "Once upon a time"}, {"prompt": ["One", "Two"], "n": 2}, {"prompt": [5, 6, 7], "logprobs": 2},
                {"prompt": "Once", "echo": True, "logprobs": 1}):
            list(text(**asked, **stream, **more))
    for more in ({}, {"encoding_format": "float"}):
        client.embeddings.create(model="toy", input=["a red fox", "the sea"], **more)
    for ask in (
            lambda: chat(model="toy", messages=[]), lambda: chat(model="toy", messages=FRANCE, temperature=9),
            lambda: chat(model="toy", messages=FRANCE, max_tokens=9999, stream=True, n=0),
            lambda: text(model="toy", prompt=[5] * 5000), lambda: client.embeddings.create(model="toy", input=[]),
            lambda: client.moderations.create(input="Hello")):
        with pytest.raises(openai.APIStatusError):
            ask()


def with_responses(url):
    client = openai.OpenAI(base_url=url + "/v1", api_key="any", max_retries=0)
    asked = dict(model="toy", temperature=0, max_output_tokens=24)
    tool = {"type": "function", "name": "get_weather", "parameters": TOOLS[0]["function"]["parameters"]}
    question = FRANCE[0]["content"]
    for stream in ({}, {"stream": True}):
        for more in (
                {"input": question}, {"input": OSLO, "tools": [tool]}, {"input": OSLO, "tools": [tool, {"type": "web_search"}]},
                {"input": OSLO, "tools": [{"type": "custom", "name": "patch"}], "tool_choice": "required"},
                {"input": question, "top_logprobs": 3, "include": ["message.output_text.logprobs"]},
                {"input": question, "reasoning": {"effort": "high"}}, {"input": question, "extra_body": {"stop": ["Paris"]}},
                {"input": question, "text": {"format": {"type": "json_object"}}}):
            list(client.responses.create(**asked, **stream, **more))
    for more in ({"input": []}, {"input": question, "temperature": 9}, {"input": question, "previous_response_id": "resp_1"}):
        with pytest.raises(openai.BadRequestError):
            client.responses.create(model="toy", **more)


def with_anthropic(url):
    client = anthropic.Anthropic(base_url=url, api_key="any", max_retries=0)
    asked = dict(model="toy", max_tokens=24, extra_body={"temperature": 0})
    tool = {"name": "get_weather", "input_schema": TOOLS[0]["function"]["parameters"]}
    for stream in ({}, {"stream": True}):
        for more in (
                {"messages": FRANCE}, {"messages": OSLO, "tools": [tool]},
                {"messages": FRANCE, "max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}},
                {"messages": FRANCE, "output_config": {"format": {
                    "type": "json_schema", "schema": {**Guest.model_json_schema(), "additionalProperties": False}}}}):
            list(client.messages.create(**{**asked, **stream, **more}))
    for more in ({"messages": []}, {"messages": FRANCE, "max_tokens": 0}):
        with pytest.raises(anthropic.BadRequestError):
            client.messages.create(**{**asked, **more})


def with_ollama(url):
    client = ollama.Client(host=url)
    for stream in (False, True):
        for more in (
                {"messages": FRANCE}, {"messages": OSLO, "tools": TOOLS}, {"messages": FRANCE, "think": True},
                {"messages": FRANCE, "logprobs": True, "top_logprobs": 2}, {"messages": FRANCE, "format": "json"},
                {"messages": FRANCE, "format": Notes.model_json_schema()}):
            list(client.chat("toy", options=GREEDY, stream=stream, **more))
        list(client.generate("toy", "Once upon a time", raw=True, options=GREEDY, stream=stream))
    client.embed("toy", ["a red fox", "the sea"])
    client.embeddings("toy", "the sea")
    for ask in (
            lambda: client.chat("toy", FRANCE, options={"temperature": "hot"}),
            lambda: client.chat("toy", FRANCE, format={"type": "string", "pattern": "("}),
            lambda: client.generate("toy", "a", template="b"), lambda: client.chat("nope", FRANCE)):
        with pytest.raises(ollama.ResponseError):
            ask()


def with_langchain(url):
    chat = ChatOpenAI(model="toy", base_url=url + "/v1", api_key="any", temperature=0, max_tokens=24)
    for model in (chat, chat.bind(logprobs=True), chat.bind_tools(TOOLS), chat.with_structured_output(Guest)):
        for ask in (lambda: model.invoke(OSLO[0]["content"]), lambda: list(model.stream(OSLO[0]["content"]))):
            try:
                ask()
            except (ValueError, openai.LengthFinishReasonError):
                pass  # 24 tokens may not be a whole guest.
    OpenAIEmbeddings(
        model="toy", base_url=url + "/v1", api_key="any", check_embedding_ctx_length=False).embed_documents(["a", "b"])


def test_openai_gets_the_same(behind_gateway):
    assert_same(behind_gateway, with_openai, 40)


def test_ollama_gets_the_same(behind_gateway):
    assert_same(behind_gateway, with_ollama, 20)


def test_responses_are_the_same(behind_gateway):
    assert_same(behind_gateway, with_responses, 19)


def test_messages_are_the_same(behind_gateway):
    assert_same(behind_gateway, with_anthropic, 10)


def test_langchain_gets_the_same(behind_gateway):
    assert_same(behind_gateway, with_langchain, 9)
