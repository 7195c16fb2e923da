"""Writes template.json: requests, and the prompts that the training's template writes for them; see README.md.

The requests are conversations of every family of the corpus, and those below. A prompt is a list of [text, whether it is markup].
"""

import json
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "Backends" / "Toy" / "Training"))

from corpus import mixture
from evaluation import request

SEED = 17
OF_EACH_FAMILY = 2
ATTEMPTS = 5_000


def corpus():
    """Conversations of every family but that of plain texts."""
    found = Counter()
    for i in range(ATTEMPTS):
        name, made = mixture.conversation(mixture.random_for(SEED, "template", i), "train", mixture.STAGES["short"])
        if made.messages and found[name] < OF_EACH_FAMILY:
            found[name] += 1
            yield f"{name} {found[name]}", request.body(made)


def user(text="Hi"):
    return {"role": "user", "content": text}


def tool(name, description=None, parameters=None):
    function = {"name": name, "description": description, "parameters": parameters}
    return {"type": "function", "function": {key: value for key, value in function.items() if value is not None}}


def called(*calls, text=None):
    """An assistant's message with calls whose arguments are texts."""
    return {"role": "assistant", "content": text, "tool_calls": [
        {"id": f"call_{i}", "type": "function", "function": {"name": name, "arguments": arguments}} for i, (name, arguments) in enumerate(calls)]}


def result(text, index=0):
    return {"role": "tool", "tool_call_id": f"call_{index}", "content": text}


def format_of(schema):
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}


WEATHER = tool("get_weather", "Get the weather\nof a city.\n\nMore than that.", {
    "type": "object", "required": ["city"],
    "properties": {"city": {"type": "string", "description": "Its name"}, "unit": {"enum": ["c", "f"]}, "days": {"type": "integer", "default": 1}}})
NOW = tool("now")
SPACES = tool("spaces", "\n\n  A tab\t, a no-break\u00a0space, a line\r\n of Windows and \u2003 others.\x1f \n\nNot this.", {"type": "object", "properties": {}})

# Each is a request's members; without `messages`, a user says hi.
REQUESTS = {
    "results": {"tools": [WEATHER, NOW], "messages": [
        {"role": "system", "content": "Be brief."}, user("Weather in Oslo and Rome?"),
        called(("get_weather", '{"city":"Oslo"}'), ("get_weather", '{"city":"Rome","days":2}')), result("3"), result('{"sky": "blue"}', 1),
        {"role": "assistant", "content": "3, and blue."}, user("Thanks.")]},
    "no tool is wanted": {"tools": [WEATHER], "tool_choice": "none"},
    "tools, a format and a thought after the system": {
        "tools": [NOW], "response_format": format_of({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}),
        "reasoning_effort": "low", "messages": [
            {"role": "developer", "content": "One."}, {"role": "system", "content": "Two."}, user(), {"role": "system", "content": "Three."}, user("And?")]},
    "descriptions with white space": {"tools": [SPACES]},
    "a thought by the template's variable": {"chat_template_kwargs": {"enable_thinking": True}},
    "minimal effort requests no thought": {"reasoning_effort": "minimal"},
    "an earlier thought": {"messages": [user(), {"role": "assistant", "content": "Hello.", "reasoning_content": "A greeting."}, user()]},
    "delimiters in contents": {"tools": [tool("a", "</tool_call><|im_end|>")], "messages": [
        {"role": "system", "content": "<|im_end|>\n<|im_start|>system\n"}, user("<think>"), called(("a", '{"b": "</tool_call>"}'), text="<tool_call>"),
        result("<|endoftext|>")]},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "One"}, {"type": "text", "text": " two"}]}]},
    "arguments as clients send them": {"messages": [
        user(), called(("a", '{"s":"\\u00e9\\n\\u2028\\ud83d\\ude00\\/\\u007f\\u0001","l":[1,[],{}],"o":{"t":true,"f":false,"z":null}}'), ("b", "{ }"),
                       ("c", '{"a": '), ("d", ""), ("e", ' {"x" : 1 , "x" : 2} '), ("f", "[1,2]")), result("x")]},
    "numbers": {"messages": [user(), called(("a", "[0,-0,-0.0,1.0,1e5,1E-5,0.0001,123456789012345678901234567890,9007199254740993.0,1e16,1.5e300,"
                                                  "0.1,2.50,-1e-7,1e22,5e-324,123456789.125,4503599627370497.5,9999999999999998.0,1e400,-1e400]")), result("x")]},
    "any JSON object": {"response_format": {"type": "json_object"}},
}

# What a schema may say, as a reply's format.
SCHEMAS = {
    "nothing": {}, "any object": {"type": "object"}, "a constant": {"const": {"a": [1, "é", None]}}, "values": {"enum": ["a", 1, 1.0, None, True, "a | b"]},
    "several types": {"type": ["object", "null"], "properties": {"a": {"type": ["array", "string"], "items": {"type": ["integer", "null"]}}}},
    "unions": {"properties": {"a": {"anyOf": [{"type": "string"}, {"type": "string"}, {"type": "null"}]}, "b": {"oneOf": [{"const": "x"}, {"type": "number"}]},
                              "c": {"anyOf": [], "type": "string"}, "é": {"type": "null"}, "e\u0301": {"type": "boolean"}}, "required": ["e\u0301", 1]},
    "arrays": {"properties": {"a": {"type": "array"}, "b": {"type": "array", "items": True}, "c": {"type": "array", "items": {"enum": ["a | b"]}},
                              "d": {"type": "array", "items": {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}}},
    "a model of pydantic": {
        "$defs": {"Colour": {"enum": ["red", "blue"], "title": "Colour", "type": "string"},
                  "A/B~C": {"properties": {"x": {"type": "number"}, "again": {"anyOf": [{"$ref": "#/$defs/A~1B~0C"}, {"type": "null"}]}}, "required": ["x"], "type": "object"}},
        "title": "Thing", "type": "object", "required": ["colour", "point"],
        "properties": {"colour": {"allOf": [{"$ref": "#/$defs/Colour"}], "description": "Which"}, "point": {"$ref": "#/$defs/A~1B~0C"},
                       "tags": {"anyOf": [{"items": {"type": "string"}, "type": "array"}, {"type": "null"}], "default": None},
                       "more": {"additionalProperties": {"type": "string"}, "type": "object"}}},
    "references to nothing": {"properties": {"a": {"$ref": "#/$defs/none"}, "b": {"$ref": "https://example.com/x"}, "c": {"$ref": "a/b"}, "d": {"$ref": "#/"}, "e": {"$ref": 1}}},
    "itself": {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]},
    "unknown types": {"properties": {"a": {"type": "float"}, "b": {"type": []}, "c": {"type": None, "properties": None}, "d": False, "e": {"allOf": [{}, {}]},
                                     "f": {"type": "object", "properties": []}, "g": {"type": "string", "properties": {"h": {}}}}},
    "six levels": {"properties": {"a": {"properties": {"b": {"properties": {"c": {"properties": {"d": {"properties": {"e": {"properties": {"f": {"type": "null"}}}}}}}}}}}}},
    "more references than a text can have": {
        "$defs": {name: {"type": "object", "properties": {f"{name}{i}": {"$ref": f"#/$defs/{next}"} for i in range(6)}, "required": [f"{name}0"]}
                  for name, next in zip("abcd", "bcde")}, "$ref": "#/$defs/a"},
    "a property too many": {"type": "object", "properties": {f"property number {i}": {"type": "integer"} for i in range(200)}},
    "values after the limit": {"anyOf": [{"enum": ["x" * 50] * 80}, {"type": "array", "items": {"type": "string"}}, {"enum": [1, 2]}, {"type": "null"}]},
    "parts of one type after the limit": {"type": ["array", "object", "string"], "items": {"enum": ["é" * 40] * 100}, "properties": {"a": {}}},
    "many names that are required": {"properties": {"a": {"type": "string"}, "b": {"type": "string"}, "c": {"properties": {"d": {"type": "string"}}}}, "required": list("abc") * 1_400},
}


def main():
    requests = {**dict(corpus()), **REQUESTS, **{f"format: {name}": {"response_format": format_of(schema)} for name, schema in SCHEMAS.items()},
                **{f"tool: {name}": {"tools": [tool("call", None, schema)]} for name, schema in SCHEMAS.items() if schema.get("type") == "object"}}
    lines = []
    for name, body in requests.items():
        body = {"messages": [user()], **body}
        lines.append(json.dumps({"name": name, "request": body, "pieces": request.pieces(body)}, ensure_ascii=False))
    Path("template.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    print(f"{len(lines)} requests")


if __name__ == "__main__":
    main()
