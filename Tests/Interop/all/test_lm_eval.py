"""lm_eval's local-completions against its own Hugging Face model, on the toy's weights."""

import json
import random
import shutil

import pytest

lm_eval = pytest.importorskip("lm_eval", reason="make interop-all installs it")

from lm_eval.api.instance import Instance
from lm_eval.models.huggingface import HFLM
from lm_eval.models.openai_completions import LocalCompletionsAPI

from server import ROOT, Server

WORDS = "the a dog cat ball park was little liked to run and it found one day sun red 12 7 Oslo . , !".split()


def instances(kind, pairs):
    return [
        Instance(request_type=kind, doc={}, arguments=pair, idx=index, metadata=("local", index, 1))
        for index, pair in enumerate(pairs)]


@pytest.fixture(scope="module")
def server():
    """With the numbers of transformers."""
    server = Server("--weights", "f32")
    yield server
    assert server.stop() == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The embedded model as transformers loads it."""
    folder = tmp_path_factory.mktemp("toy")
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        shutil.copy(ROOT / "Backends/Toy/CToyModel/toy" / name, folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|endoftext|>", "model_max_length": 256}))
    return folder


@pytest.fixture(scope="module")
def reference(folder):
    return HFLM(pretrained=str(folder), device="cpu", dtype="float32", batch_size=1)


@pytest.fixture(params=[True, False], ids=["token ids", "texts"])
def local(request, server, folder):
    return LocalCompletionsAPI(
        base_url=server.url + "/v1/completions", model="toy", tokenizer_backend="huggingface", tokenizer=str(folder),
        tokenized_requests=request.param, batch_size=4 if request.param else 1, max_length=255)


@pytest.fixture(scope="module")
def pairs():
    chance = random.Random(7)
    return [
        (" ".join(chance.choices(WORDS, k=chance.randint(1, 30))), " " + " ".join(chance.choices(WORDS, k=chance.randint(1, 8))))
        for _ in range(100)]


def test_log_likelihoods_are_those_of_transformers(local, reference, pairs):
    ours = local.loglikelihood(instances("loglikelihood", pairs))
    theirs = reference.loglikelihood(instances("loglikelihood", pairs))
    worst = max(abs(a - b) for (a, _), (b, _) in zip(ours, theirs))
    print(f"lm_eval: {len(pairs)} log-likelihoods, largest difference {worst:.2e}")
    assert worst < 1e-4
    assert [greedy for _, greedy in ours] == [greedy for _, greedy in theirs]


def test_generations_are_those_of_transformers(local, reference, pairs):
    asked = [(context, {"until": ["."], "max_gen_toks": 16, "temperature": 0}) for context, _ in pairs[:20]]
    ours = local.generate_until(instances("generate_until", asked))
    theirs = reference.generate_until(instances("generate_until", [
        (context, {"until": ["."], "max_gen_toks": 16, "do_sample": False}) for context, _ in pairs[:20]]))
    assert ours == theirs
