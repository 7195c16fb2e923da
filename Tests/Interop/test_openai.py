"""The official openai client, as an application would use it."""

import math
import struct

import openai
import pytest

TALE = "Once upon a time"
FRANCE = [{"role": "user", "content": "What is the capital of France?"}]


def single(values):
    """Values rounded to 32-bit floats, as they are transmitted."""
    return list(struct.unpack(f"<{len(values)}f", struct.pack(f"<{len(values)}f", *values)))


def test_models_are_listed_and_retrieved(client):
    models = client.models.list().data
    assert "toy" in [model.id for model in models]
    assert client.models.retrieve("toy") == next(model for model in models if model.id == "toy")


def test_a_prompt_is_completed_equally_streamed_or_not(client, tokenizer):
    asked = dict(model="toy", prompt=TALE, max_tokens=12, temperature=0)
    whole = client.completions.create(**asked)
    assert whole.choices[0].text and whole.choices[0].finish_reason == "length"
    assert whole.usage.prompt_tokens == len(tokenizer.encode(TALE).ids)
    assert (whole.usage.completion_tokens, whole.usage.total_tokens) == (12, whole.usage.prompt_tokens + 12)

    *chunks, last = client.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    assert "".join(chunk.choices[0].text for chunk in chunks) == whole.choices[0].text
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["length"]
    assert all(chunk.usage is None for chunk in chunks)
    assert last.choices == [] and last.usage == whole.usage


def test_the_four_forms_of_a_prompt_are_equivalent(client, tokenizer):
    def texts(prompt):
        choices = client.completions.create(model="toy", prompt=prompt, max_tokens=6, temperature=0).choices
        assert [choice.index for choice in choices] == list(range(len(choices)))
        return [choice.text for choice in choices]

    tale, two = texts(TALE), texts("The capital of")
    assert texts(tokenizer.encode(TALE).ids) == tale
    assert texts([TALE, "The capital of"]) == tale + two
    assert texts([tokenizer.encode(TALE).ids, tokenizer.encode("The capital of").ids]) == tale + two


def test_streamed_prompts_keep_their_index(client):
    asked = dict(model="toy", prompt=[TALE, "The capital of"], max_tokens=6, temperature=0)
    whole = client.completions.create(**asked)
    texts, ends = ["", ""], [0, 0]
    for chunk in client.completions.create(**asked, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.text
            ends[choice.index] += choice.finish_reason is not None
    assert texts == [choice.text for choice in whole.choices]
    assert ends == [1, 1]


def test_the_capital_of_france_is_paris_streamed_or_not(client):
    asked = dict(model="toy", messages=FRANCE, temperature=0, max_completion_tokens=40)
    whole = client.chat.completions.create(**asked)
    assert "Paris" in whole.choices[0].message.content
    assert whole.choices[0].finish_reason == "stop"
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens

    *chunks, last = client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant"] + [None] * (len(chunks) - 1)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert last.choices == [] and last.usage == whole.usage


def test_usage_is_streamed_only_on_request(client):
    chunks = list(client.chat.completions.create(model="toy", messages=FRANCE, max_tokens=8, stream=True))
    assert all(chunk.choices and "usage" not in chunk.model_fields_set for chunk in chunks)


def test_the_stream_helper_reaches_its_final_completion(client):
    with client.chat.completions.stream(
            model="toy", messages=FRANCE, temperature=0, stream_options={"include_usage": True}) as stream:
        text = "".join(event.delta for event in stream if event.type == "content.delta")
        final = stream.get_final_completion()
    assert "Paris" in text and final.choices[0].message.content == text
    assert final.choices[0].message.role == "assistant"
    assert final.choices[0].finish_reason == "stop" and final.usage.completion_tokens > 0


def test_a_stop_string_ends_the_text_before_it(client):
    asked = dict(model="toy", messages=FRANCE, temperature=0)
    stopped = client.chat.completions.create(**asked, stop=["Paris"]).choices[0]
    full = client.chat.completions.create(**asked).choices[0].message.content
    assert stopped.message.content == full[:full.index("Paris")] and stopped.finish_reason == "stop"


def test_a_seed_reproduces_its_sample(client):
    def sample(seed):
        asked = dict(model="toy", prompt=TALE, max_tokens=24, temperature=1.5)
        return client.completions.create(**asked, seed=seed).choices[0].text

    first = sample(1)
    assert sample(1) == first
    assert any(sample(seed) != first for seed in (2, 3, 4))


def test_embeddings_are_equal_in_both_encodings(client, tokenizer):
    default = client.embeddings.create(model="toy", input="a red fox").data[0].embedding
    floats = client.embeddings.create(model="toy", input="a red fox", encoding_format="float").data[0].embedding
    assert single(floats) == single(default)
    assert math.isclose(math.hypot(*floats), 1, abs_tol=1e-3)

    ids = tokenizer.encode("a red fox").ids
    for shape in (["a red fox"], ids, [ids]):
        assert single(client.embeddings.create(model="toy", input=shape).data[0].embedding) == single(default)


def test_embeddings_keep_the_order_of_their_inputs(client):
    both = client.embeddings.create(model="toy", input=["a red fox", "the sea"])
    alone = client.embeddings.create(model="toy", input="the sea")
    assert [item.index for item in both.data] == [0, 1]
    assert single(both.data[1].embedding) == single(alone.data[0].embedding)
    assert both.usage.prompt_tokens > alone.usage.prompt_tokens


def test_an_unknown_model_is_not_found(client, wire):
    for ask in (
            lambda: client.chat.completions.create(model="nobody", messages=FRANCE),
            lambda: client.chat.completions.create(model="nobody", messages=FRANCE, stream=True),
            lambda: client.completions.create(model="nobody", prompt=TALE),
            lambda: client.embeddings.create(model="nobody", input="x"),
            lambda: client.models.retrieve("nobody")):
        with pytest.raises(openai.NotFoundError) as caught:
            ask()
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    assert len(wire) == 5


@pytest.mark.parametrize("param, fields", [
    ("temperature", {"temperature": 3}),
    ("temperature", {"extra_body": {"temperature": "hot"}}),
    ("top_p", {"top_p": 1.5}),
    ("max_completion_tokens", {"max_completion_tokens": -1}),
    ("messages", {"messages": []}),
])
@pytest.mark.parametrize("stream", [False, True])
def test_a_bad_field_is_named(client, param, fields, stream):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": "toy", "messages": FRANCE, "stream": stream} | fields)
    assert caught.value.param == param
    assert caught.value.type == "invalid_request_error"


def test_an_unimplemented_endpoint_is_501_and_not_retried(client, wire):
    for ask in (
            lambda: client.moderations.create(input="Hello"),
            lambda: client.images.generate(prompt="a martlet")):
        with pytest.raises(openai.InternalServerError) as caught:
            ask()
        assert (caught.value.status_code, caught.value.code, caught.value.type) == (501, *["not_implemented"] * 2)
    assert [exchange.status for exchange in wire] == [501] * 2


def test_an_abandoned_stream_stops_the_generation(client, server):
    replies, length = 32, 200
    before = server.settles()["generated_tokens"]
    stream = client.completions.create(
        model="toy", prompt=[TALE] * replies, max_tokens=length, temperature=2, stream=True,
        extra_body={"ignore_eos": True})
    next(stream), next(stream)
    stream.close()
    left = server.load()["generated_tokens"]
    after = server.settles()["generated_tokens"]
    assert after - left <= 2 * replies
    assert after - before < replies * length


async def test_the_async_client_lists_completes_chats_and_embeds(async_client):
    assert [model.id async for model in async_client.models.list()] == ["toy"]
    whole = await async_client.completions.create(model="toy", prompt=TALE, max_tokens=8, temperature=0)
    text = ""
    async for chunk in await async_client.completions.create(
            model="toy", prompt=TALE, max_tokens=8, temperature=0, stream=True):
        text += chunk.choices[0].text
    assert text == whole.choices[0].text

    async with async_client.chat.completions.stream(model="toy", messages=FRANCE, temperature=0) as stream:
        final = await stream.get_final_completion()
    assert "Paris" in final.choices[0].message.content
    answer = await async_client.chat.completions.create(model="toy", messages=FRANCE, temperature=0)
    assert answer.choices[0].message.content == final.choices[0].message.content

    default = await async_client.embeddings.create(model="toy", input="a red fox")
    floats = await async_client.embeddings.create(model="toy", input="a red fox", encoding_format="float")
    assert single(default.data[0].embedding) == single(floats.data[0].embedding)


async def test_the_async_client_gets_the_same_errors(async_client):
    with pytest.raises(openai.NotFoundError):
        await async_client.chat.completions.create(model="nobody", messages=FRANCE)
    with pytest.raises(openai.BadRequestError) as caught:
        await async_client.chat.completions.create(model="toy", messages=FRANCE, temperature=3)
    assert caught.value.param == "temperature"


async def test_an_abandoned_async_stream_leaves_nothing_open(async_client, server):
    async with async_client.chat.completions.stream(model="toy", messages=FRANCE) as stream:
        async for _ in stream:
            break
    assert server.settles()["open_streams"] == 0
