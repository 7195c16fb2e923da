"""instructor's modes."""

import pytest
from openai import AsyncOpenAI, OpenAI

instructor = pytest.importorskip("instructor", reason="make interop-all installs it")

from structured import MESSAGES, Booking, Guest, Notes


@pytest.mark.parametrize("mode, kind", [
    (instructor.Mode.TOOLS, Booking), (instructor.Mode.TOOLS_STRICT, Booking), (instructor.Mode.JSON_SCHEMA, Booking),
    (instructor.Mode.JSON, Notes)])
async def test_a_response_is_of_its_type(server, mode, kind):
    where = dict(base_url=server.url + "/v1", api_key="any", max_retries=0)
    asked = dict(model="toy", messages=MESSAGES, response_model=kind, max_retries=0)
    assert isinstance(instructor.from_openai(OpenAI(**where), mode=mode).create(**asked), kind)
    assert isinstance(await instructor.from_openai(AsyncOpenAI(**where), mode=mode).create(**asked), kind)


@pytest.mark.parametrize("mode", [instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA])
def test_a_partial_response_ends_as_its_type(server, mode):
    client = OpenAI(base_url=server.url + "/v1", api_key="any", max_retries=0)
    parts = [*instructor.from_openai(client, mode=mode).create_partial(
        model="toy", messages=MESSAGES, response_model=Guest, max_retries=0)]
    assert len(parts) > 1 and isinstance(Guest.model_validate(parts[-1].model_dump()), Guest)
