"""Writes messages.json: JSON Schemas of what a Messages API returns, from the types of the `anthropic` package."""

import importlib.metadata
import json
import pathlib

import pydantic
from anthropic import types

# The parts of a union that a server without hosted tools can return.
KEPT = {
    "ContentBlock": {"TextBlock", "ThinkingBlock", "ToolUseBlock"},
    "RawContentBlockDelta": {"TextDelta", "ThinkingDelta", "SignatureDelta", "InputJSONDelta"},
}
ROOTS = {
    "Message": types.Message,
    "Event": types.RawMessageStreamEvent,
    "TokenCount": types.MessageTokensCount,
    "Model": types.ModelInfo,
}
# The package has no types for these. The list is its `SyncPage`, the error is the schema in Anthropic's API reference.
OWN = {
    "ModelList": {
        "type": "object",
        "required": ["data", "has_more", "first_id", "last_id"],
        "additionalProperties": False,
        "properties": {
            "data": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}},
            "has_more": {"type": "boolean"},
            "first_id": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "last_id": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    },
    "Error": {
        "type": "object",
        "required": ["type", "error"],
        "additionalProperties": False,
        "properties": {
            "type": {"const": "error"},
            "request_id": {"type": "string"},
            "error": {
                "type": "object",
                "required": ["type", "message"],
                "additionalProperties": False,
                "properties": {
                    "message": {"type": "string"},
                    "details": {
                        "type": "object",
                        "required": ["error_code"],
                        "additionalProperties": False,
                        "properties": {
                            "error_code": {"type": "string"},
                            "unsupported": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                    "type": {
                        "enum": [
                            "invalid_request_error", "authentication_error", "billing_error", "permission_error",
                            "not_found_error", "request_too_large", "rate_limit_error", "timeout_error",
                            "api_error", "overloaded_error",
                        ]
                    },
                },
            },
        },
    },
    "Ping": {
        "type": "object",
        "required": ["type"],
        "additionalProperties": False,
        "properties": {"type": {"const": "ping"}},
    },
}


def reduced(node):
    """Without words, closed to other members, and with the kept parts of unions only."""
    if isinstance(node, list):
        return [reduced(element) for element in node]
    if not isinstance(node, dict):
        return node
    properties = "properties" in node
    result = {}
    for key, value in node.items():
        if key == "properties":
            result[key] = {name: reduced(schema) for name, schema in value.items()}
        elif key not in ("title", "description", "default", "discriminator"):
            result[key] = reduced(value)
    if properties:
        result["additionalProperties"] = False
    for union in ("anyOf", "oneOf"):
        names = {part.get("$ref", "").rsplit("/", 1)[-1] for part in result.get(union, [])}
        for kept in KEPT.values():
            if kept <= names:
                result[union] = [p for p in result[union] if p["$ref"].rsplit("/", 1)[-1] in kept]
    return result


def references(node):
    if isinstance(node, list):
        return set().union(*map(references, node)) if node else set()
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"].rsplit("/", 1)[-1]} if "$ref" in node else set()
    return own.union(*map(references, node.values()))


def main():
    schemas = {}
    for name, kind in ROOTS.items():
        schema = pydantic.TypeAdapter(kind).json_schema(ref_template="#/components/schemas/{model}")
        schemas.update({key: reduced(value) for key, value in schema.pop("$defs", {}).items()})
        schemas[name] = reduced(schema)
    schemas.update(OWN)
    needed, fresh = set(), set(ROOTS) | set(OWN)
    while fresh:
        needed |= fresh
        fresh = set().union(*(references(schemas[name]) for name in fresh)) - needed
    document = {
        "info": {"title": "anthropic", "version": importlib.metadata.version("anthropic")},
        "components": {"schemas": {name: schemas[name] for name in sorted(needed)}},
    }
    path = pathlib.Path(__file__).with_name("messages.json")
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


main()
