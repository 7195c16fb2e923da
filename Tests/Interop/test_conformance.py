"""The seven cases of the open specification of Responses (openresponses), each with the whole schema instead of parts.

Every body and event is also validated by the fixture `wire`.
"""

import json

import pytest

TOOL = {
    "type": "function", "name": "get_weather", "description": "Get the current weather for a city", "strict": True,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"],
                   "additionalProperties": False}}


def message(role, text):
    return {"type": "message", "role": role, "content": text}


def create(http, **body):
    response = http.post("/v1/responses", json={"model": "toy", "temperature": 0, **body})
    assert response.status_code == 200, response.text
    return response


def completed(response):
    assert response["object"] == "response" and response["status"] == "completed" and response["error"] is None
    assert response["output"] and all(item["status"] == "completed" for item in response["output"])
    return response["output"]


def events(response):
    assert response.headers["content-type"].startswith("text/event-stream")
    frames = [frame for frame in response.text.split("\n\n") if frame and not frame.startswith(":")]
    return [json.loads(frame.split("\ndata: ", 1)[1]) for frame in frames]


def test_basic_response(http):
    [item] = completed(create(http, input=[message("user", "What is the capital of France?")]).json())
    assert (item["type"], item["role"]) == ("message", "assistant") and "Paris" in item["content"][0]["text"]


def test_streaming_response(http):
    asked = [message("user", "Count from 1 to 5.")]
    streamed = events(create(http, input=asked, stream=True))
    [item] = completed(streamed[-1]["response"])
    assert (streamed[0]["type"], streamed[-1]["type"]) == ("response.created", "response.completed")
    deltas = [event["delta"] for event in streamed if event["type"] == "response.output_text.delta"]
    assert len(deltas) > 1 and "".join(deltas) == item["content"][0]["text"]


def test_system_prompt(http):
    asked = [message("system", "Be brief."), message("user", "What is the capital of France?")]
    [item] = completed(create(http, input=asked).json())
    assert "Paris" in item["content"][0]["text"]


def test_tool_calling(http):
    [call] = completed(create(http, input=[message("user", "What is the weather in Oslo?")], tools=[TOOL]).json())
    assert (call["type"], call["name"]) == ("function_call", "get_weather") and call["call_id"]
    assert json.loads(call["arguments"]) == {"city": "Oslo"}


def test_tool_calling_streaming(http):
    asked = [message("user", "What is the weather in Oslo?")]
    streamed = events(create(http, input=asked, tools=[TOOL], stream=True))
    [call] = completed(streamed[-1]["response"])
    kinds = [event["type"] for event in streamed]
    assert kinds[2] == "response.output_item.added" and kinds[-2] == "response.output_item.done"
    assert set(kinds[3:-3]) == {"response.function_call_arguments.delta"}
    assert kinds[-3] == "response.function_call_arguments.done" and streamed[-3]["arguments"] == call["arguments"]


@pytest.mark.parametrize("stream", [False, True])
def test_image_input_is_declared_unsupported(http, stream):
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    asked = {"type": "message", "role": "user", "content": [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": f"data:image/png;base64,{pixel}"}]}
    response = http.post("/v1/responses", json={"model": "toy", "input": [asked], "stream": stream})
    error = response.json()["error"]
    assert (response.status_code, error["type"]) == (400, "invalid_request_error")
    assert error["param"] == "input[0].content[1].type"
    assert "image" in error["message"]


def test_multi_turn(http):
    asked = [
        message("user", "What is the capital of France?"), message("assistant", "The capital of France is Paris."),
        message("user", "What is 7 times 8?")]
    first = create(http, input=asked[:1]).json()
    [item] = completed(create(http, input=asked).json())
    assert item["type"] == "message" and item["content"][0]["text"]
    # What a response had as output is input as it is.
    [same] = completed(create(http, input=[asked[0], *first["output"], asked[2]]).json())
    assert same["content"][0]["text"] == item["content"][0]["text"]
