"""Context overflows with clients that match the error's text."""

import pytest

litellm = pytest.importorskip("litellm", reason="make interop-all installs it")

LONG = "7 " * 5050
MESSAGES = [{"role": "user", "content": LONG}]


@pytest.fixture
def asked(server):
    return dict(model="openai/toy", api_base=server.url + "/v1", api_key="any")


@pytest.mark.parametrize("stream", [False, True])
def test_litellm_knows_messages_that_are_too_long(asked, stream):
    with pytest.raises(litellm.ContextWindowExceededError, match="your messages resulted in"):
        litellm.completion(messages=MESSAGES, stream=stream, **asked)


def test_litellm_knows_a_prompt_and_an_input_that_are_too_long(asked):
    with pytest.raises(litellm.ContextWindowExceededError, match="in the input for embedding generation"):
        litellm.embedding(input=[LONG], **asked)
    asked["model"] = "text-completion-openai/toy"
    with pytest.raises(litellm.ContextWindowExceededError, match="in your prompt; 4 for the completion"):
        litellm.text_completion(prompt=LONG, max_tokens=4, **asked)


def test_litellm_falls_back_to_the_model_for_long_contexts(asked):
    def deployment(name, **more):
        return {"model_name": name, "litellm_params": {**asked, **more}}
    router = litellm.Router(
        model_list=[deployment("short"), deployment("long", mock_response="from the long one")],
        context_window_fallbacks=[{"short": ["long"]}], num_retries=0)
    answer = router.completion(model="short", messages=MESSAGES)
    assert answer.choices[0].message.content == "from the long one"
    # Other errors do not fall back.
    with pytest.raises(litellm.BadRequestError, match="response_format"):
        router.completion(model="short", messages=[{"role": "user", "content": "Hi"}],
                          response_format={"type": "xml"})


def test_litellm_gets_a_reply_from_ollamas_api_with_any_length_of_history(server):
    history = [{"role": role, "content": LONG} for role in ["user", "assistant"]]
    france = {"role": "user", "content": "What is the capital of France?"}
    answer = litellm.completion(
        model="ollama_chat/toy", api_base=server.url, messages=[*history, france], temperature=0)
    assert "Paris" in answer.choices[0].message.content
