"""Libraries that send `dimensions` with every embedding request: mem0, LlamaIndex and Haystack."""

import math

import pytest
from openai import BadRequestError

mem0 = pytest.importorskip("mem0", reason="make interop-all installs it")
llama_index = pytest.importorskip("llama_index.embeddings.openai", reason="make interop-all installs it")
haystack = pytest.importorskip("haystack.components.embedders", reason="make interop-all installs it")

from haystack.utils import Secret

TEXTS = ["a red fox", "the wide sea", "the capital of France"]


@pytest.fixture
def url(server):
    return server.url + "/v1"


def test_mem0_remembers_and_finds(url, tmp_path):
    openai = {"model": "toy", "api_key": "any", "openai_base_url": url}
    memory = mem0.Memory.from_config({
        "llm": {"provider": "openai", "config": openai},
        "embedder": {"provider": "openai", "config": {**openai, "embedding_dims": 192}},
        "vector_store": {"provider": "qdrant", "config": {
            "path": str(tmp_path / "qdrant"), "embedding_model_dims": 192, "collection_name": "test"}},
        "history_db_path": str(tmp_path / "history.db")})
    for text in TEXTS:
        memory.add(text, user_id="ada", infer=False)
    found = memory.search("the wide sea", filters={"user_id": "ada"})["results"]
    assert found[0]["memory"] == "the wide sea"
    assert {one["memory"] for one in memory.get_all(filters={"user_id": "ada"})["results"]} == set(TEXTS)


def test_llama_index_embeds(url):
    embed = llama_index.OpenAIEmbedding(
        model_name="toy", api_base=url, api_key="any", dimensions=192, max_retries=0)
    vectors = embed.get_text_embedding_batch(TEXTS)
    assert [len(vector) for vector in vectors] == [192] * 3
    assert math.isclose(vectors[0][0], embed.get_query_embedding(TEXTS[0])[0], rel_tol=1e-6)


def test_haystack_embeds(url):
    embedder = haystack.OpenAITextEmbedder(
        model="toy", api_base_url=url, api_key=Secret.from_token("any"), dimensions=192)
    assert len(embedder.run(TEXTS[0])["embedding"]) == 192


def test_an_unsupported_dimension_is_refused_with_the_supported_one(url):
    embed = llama_index.OpenAIEmbedding(model_name="toy", api_base=url, api_key="any", dimensions=64, max_retries=0)
    with pytest.raises(BadRequestError, match="set it to 192"):
        embed.get_text_embedding(TEXTS[0])
