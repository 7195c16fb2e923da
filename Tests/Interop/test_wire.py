"""The wire: statuses, headers, exact frames, and connections."""

import json

import pytest

FRANCE = {"model": "toy", "messages": [{"role": "user", "content": "What is the capital of France?"}], "temperature": 0}
STREAM = FRANCE | {"stream": True}


def port(response):
    """The client's end of the connection that carried a response."""
    return response.extensions["network_stream"].get_extra_info("client_addr")[1]


def events(text):
    assert text.endswith("data: [DONE]\n\n")
    frames = [frame for frame in text.split("\n\n") if frame and not frame.startswith(":")]
    return [json.loads(frame.removeprefix("data: ")) for frame in frames[:-1]]


def error(response):
    return response.json()["error"]


@pytest.mark.parametrize("path", ["/", "/health", "/health/ready", "/version", "/load"])
def test_operational_endpoints_respond(http, path):
    assert http.get(path).status_code == 200


def test_the_root_has_one_line_and_head_has_no_body(http):
    root = http.get("/")
    assert root.headers["content-type"].startswith("text/plain") and len(root.text.splitlines()) == 1
    head = http.head("/")
    assert (head.status_code, head.content) == (200, b"")


def test_load_counts(http):
    load = http.get("/load").json()
    for key in ("open_connections", "open_streams", "tasks", "waiting", "running", "generated_tokens"):
        assert isinstance(load[key], int), key
    assert load["open_connections"] >= 1


@pytest.mark.parametrize("path", ["/v1/models", "/v1//models", "/v1/models/"])
def test_extra_slashes_in_the_path_are_tolerated(http, path):
    assert [model["id"] for model in http.get(path).json()["data"]] == ["toy"]


def test_a_request_id_is_echoed_or_generated(http):
    assert http.get("/health", headers={"x-request-id": "mine-42"}).headers["x-request-id"] == "mine-42"
    first, second = (http.get("/health").headers["x-request-id"] for _ in range(2))
    assert first != second


def test_a_stream_has_headers_that_no_proxy_buffers(http):
    headers = http.post("/v1/chat/completions", json=STREAM).headers
    assert headers["content-type"].startswith("text/event-stream")
    assert headers["cache-control"] == "no-cache"
    assert headers["x-accel-buffering"] == "no"


def test_chat_frames_equal_openais(http):
    first, *middle, last = events(http.post("/v1/chat/completions", json=STREAM).text)
    assert first["choices"] == [
        {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}]
    for chunk in middle:
        assert list(chunk["choices"][0]["delta"]) == ["content"] and chunk["choices"][0]["finish_reason"] is None
    assert last["choices"] == [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}]
    assert not any("usage" in chunk for chunk in (first, *middle, last))


def test_requested_usage_is_null_until_the_last_frame(http):
    *chunks, last = events(
        http.post("/v1/chat/completions", json=STREAM | {"stream_options": {"include_usage": True}}).text)
    assert all(chunk["usage"] is None for chunk in chunks)
    assert last["choices"] == [] and last["usage"]["total_tokens"] > 0


def test_a_complete_reply_has_the_keys_that_strict_clients_require(http):
    choice = http.post("/v1/chat/completions", json=FRANCE).json()["choices"][0]
    assert choice["logprobs"] is None and choice["message"]["refusal"] is None
    assert http.post("/v1/completions", json={"model": "toy", "prompt": "Hi"}).json()["choices"][0]["logprobs"] is None


def test_ids_differ_between_requests(http):
    ids = {http.post("/v1/chat/completions", json=FRANCE).json()["id"] for _ in range(3)}
    assert len(ids) == 3 and all(id.startswith("chatcmpl-") for id in ids)


def test_a_connection_is_kept_alive_after_a_stream_and_after_an_error(http):
    ports = {
        port(http.post("/v1/chat/completions", json=STREAM)),
        port(http.post("/v1/chat/completions", json=STREAM | {"model": "nobody"})),
        port(http.post("/v1/completions", json={"model": "toy", "prompt": "Hi", "stream": True})),
        port(http.get("/v1/models"))}
    assert len(ports) == 1


def test_harmless_and_unknown_fields_are_accepted(http):
    extras = {"user": "u", "metadata": {"a": "b"}, "store": False, "n": 1, "tools": [], "logit_bias": {},
              "frequency_penalty": 0, "response_format": {"type": "text"}, "stop": None, "not_a_field": {"x": []},
              "stream_options": None, "parallel_tool_calls": True, "service_tier": "auto"}
    assert http.post("/v1/chat/completions", json=FRANCE | extras).status_code == 200


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"model":"toy",}', b'{"model":"\xff"}', b'"toy"'])
def test_a_body_that_is_not_a_json_object_is_400(http, content):
    response = http.post("/v1/chat/completions", content=content)
    assert response.status_code == 400 and error(response)["type"] == "invalid_request_error"


@pytest.mark.parametrize("path, param", [
    ("/v1/chat/completions", "messages"), ("/v1/completions", "prompt"), ("/v1/embeddings", "input")])
def test_a_missing_field_is_named(http, path, param):
    response = http.post(path, json={"model": "toy"})
    assert (response.status_code, error(response)["param"]) == (400, param)


@pytest.mark.parametrize("path, body", [
    ("/v1/completions", {"prompt": [10**6]}), ("/v1/completions", {"prompt": [-1]}),
    ("/v1/completions", {"prompt": []}),
    ("/v1/embeddings", {"input": [10**6]}), ("/v1/embeddings", {"input": []})])
def test_empty_input_and_ids_outside_the_vocabulary_are_400(http, path, body):
    response = http.post(path, json={"model": "toy"} | body)
    assert response.status_code == 400 and error(response)["param"].removesuffix("[0]") in body


def test_a_prompt_longer_than_the_context_is_400(http):
    response = http.post("/v1/completions", json={"model": "toy", "prompt": [5] * 5000, "stream": True})
    assert (response.status_code, error(response)["code"]) == (400, "context_length_exceeded")


def test_an_unknown_path_is_404_and_a_wrong_method_405(http):
    assert http.get("/v1/nothing").status_code == 404
    wrong = http.put("/v1/chat/completions")
    assert wrong.status_code == 405 and "POST" in wrong.headers["allow"]


def test_501_has_x_should_retry_false(http):
    response = http.post("/v1/moderations", json={"model": "toy", "input": "Hello"})
    assert response.status_code == 501 and response.headers["x-should-retry"] == "false"
