"""The `llm` command line, with the server as an extra OpenAI model."""

import os
import subprocess
import sys

import pytest

MODELS = """
- model_id: toy-chat
  model_name: toy
  api_base: {url}/v1
- model_id: toy-text
  model_name: toy
  api_base: {url}/v1
  completion: true
"""


@pytest.fixture
def llm(server, tmp_path):
    (tmp_path / "extra-openai-models.yaml").write_text(MODELS.format(url=server.url))

    def run(*arguments):
        environment = {**os.environ, "LLM_USER_PATH": str(tmp_path), "OPENAI_API_KEY": "any"}
        done = subprocess.run(
            [sys.executable, "-m", "llm", *arguments], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("streaming", [[], ["--no-stream"]])
def test_a_chat_replies(llm, streaming):
    answer = llm("-m", "toy-chat", "-o", "temperature", "0", *streaming, "What is the capital of France?")
    assert "Paris" in answer


def test_a_text_is_completed(llm):
    assert llm("-m", "toy-text", "-o", "temperature", "0", "-o", "max_tokens", "8", "Once upon a").startswith(" time")
