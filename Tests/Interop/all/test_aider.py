"""aider, which pins its own LiteLLM, in a separate venv."""

import os
import subprocess
from pathlib import Path

import pytest

AIDER = os.environ.get("AIDER", "")
pytestmark = pytest.mark.skipif(not Path(AIDER).is_file(), reason="make interop-all installs it, for Python below 3.13")


@pytest.fixture
def ask(server, tmp_path):
    """Has aider reply to one message in an empty folder. Its downloads fail at an unreachable proxy."""
    def ask(text):
        (tmp_path / "message").write_text(text)
        environment = {
            "HOME": str(tmp_path), "PATH": os.environ["PATH"], "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
        options = [
            "--model", "openai/toy", "--openai-api-base", server.url + "/v1", "--openai-api-key", "any",
            "--message-file", "message", "--chat-mode", "ask", "--no-git", "--yes-always", "--map-tokens", "0",
            "--no-show-model-warnings", "--no-show-release-notes", "--no-check-update", "--analytics-disable",
            "--no-pretty"]
        return subprocess.run(
            [AIDER, *options], cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=300).stdout
    return ask


@pytest.mark.timeout(360)
def test_a_message_gets_a_reply(ask):
    shown = ask("What is the capital of France?")
    assert "Tokens: " in shown and "received." in shown, shown
    assert "litellm." not in shown and "token limit" not in shown, shown


@pytest.mark.timeout(360)
def test_a_message_longer_than_the_context_is_a_token_limit_and_not_retried(ask):
    shown = ask("7 " * 5050)
    assert "hit a token limit" in shown, shown
    assert "Retrying in" not in shown, shown
