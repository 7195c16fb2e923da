"""Outlines, with the server as OpenAI's and as vLLM's."""

from typing import Literal

import outlines
import pytest
from outlines.types import Regex

from structured import QUESTION, Booking


@pytest.mark.parametrize("connect", [outlines.from_openai, outlines.from_vllm])
def test_a_reply_is_of_its_type(random_client, connect):
    ask = outlines.Generator(connect(random_client, "random"), Booking)
    assert isinstance(Booking.model_validate_json(ask(QUESTION)), Booking)
    assert isinstance(Booking.model_validate_json("".join(ask.stream(QUESTION))), Booking)


def test_as_vllm_a_reply_is_a_choice_or_of_a_regular_expression(random_client):
    model = outlines.from_vllm(random_client, "random")
    assert model(QUESTION, Literal["lunch", "dinner"]) in ("lunch", "dinner")
    assert int(model(QUESTION, int)) is not None
    hour, minute = model(QUESTION, Regex("[01][0-9]:[0-5][0-9]")).split(":")
    assert int(hour) < 20 and int(minute) < 60


async def test_the_asynchronous_client_gets_the_same(random_async_client):
    for connect in (outlines.from_openai, outlines.from_vllm):
        reply = await connect(random_async_client, "random")(QUESTION, Booking)
        assert isinstance(Booking.model_validate_json(reply), Booking)
