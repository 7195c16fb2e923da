"""Outlines, with the server as OpenAI's and as vLLM's."""

from typing import Literal

import outlines
import pytest
from outlines.types import Regex

from structured import QUESTION, Booking


@pytest.mark.parametrize("connect", [outlines.from_openai, outlines.from_vllm])
def test_a_reply_is_of_its_type(client, connect):
    ask = outlines.Generator(connect(client, "toy"), Booking)
    assert isinstance(Booking.model_validate_json(ask(QUESTION)), Booking)
    assert isinstance(Booking.model_validate_json("".join(ask.stream(QUESTION))), Booking)


def test_as_vllm_a_reply_is_a_choice_or_of_a_regular_expression(client):
    model = outlines.from_vllm(client, "toy")
    assert model(QUESTION, Literal["lunch", "dinner"]) in ("lunch", "dinner")
    assert int(model(QUESTION, int)) is not None
    hour, minute = model(QUESTION, Regex("[01][0-9]:[0-5][0-9]")).split(":")
    assert int(hour) < 20 and int(minute) < 60


async def test_the_asynchronous_client_gets_the_same(async_client):
    for connect in (outlines.from_openai, outlines.from_vllm):
        reply = await connect(async_client, "toy")(QUESTION, Booking)
        assert isinstance(Booking.model_validate_json(reply), Booking)
