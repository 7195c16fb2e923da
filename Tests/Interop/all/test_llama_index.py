"""LlamaIndex's structured LLM, by response format and by strict tools."""

import pytest

openai_like = pytest.importorskip("llama_index.llms.openai_like", reason="make interop-all installs it")

from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate

from structured import QUESTION, Booking, Guest


@pytest.fixture
def llm(server, options):
    return openai_like.OpenAILike(
        model="toy", api_base=server.url + "/v1", api_key="any", is_chat_model=True, context_window=8_192,
        max_retries=0, **options)


WAYS = pytest.mark.parametrize("options, kind", [
    ({"should_use_structured_outputs": True}, Booking),
    # Without `strict` it sends `"strict": false`, which frees the arguments; with it, only schemas without nested ones
    # follow OpenAI's rules.
    ({"is_function_calling_model": True, "strict": True}, Guest),
], ids=["response format", "tool"])


@WAYS
async def test_a_structured_llm_replies_as_its_type(llm, kind):
    structured = llm.as_structured_llm(kind)
    asked = [ChatMessage(role="user", content=QUESTION)]
    assert isinstance(structured.chat(asked).raw, kind)
    assert isinstance(structured.complete(QUESTION).raw, kind)
    assert isinstance((await structured.achat(asked)).raw, kind)


@WAYS
async def test_a_structured_prediction_is_of_its_type(llm, kind):
    assert isinstance(llm.structured_predict(kind, PromptTemplate(QUESTION)), kind)
    assert isinstance(await llm.astructured_predict(kind, PromptTemplate(QUESTION)), kind)
