"""A JSON Schema as a type, in the words of the card (Backends/Toy/README.md, "Template").

A schema comes from a client, so its size is bounded: what is read and written for it is counted in characters, and a type that
begins after the limit is `any`. Without that, references to references would double with each step.
"""

import json

MAXIMUM_DEPTH = 5
LIMIT = 4_000  # characters
NAMES = ("string", "integer", "number", "boolean", "null")


def type_name(schema):
    """The type of a schema, `{name: string, tags?: string[], kind: "a" | "b"}`. Keywords beyond that are left out."""
    return _Writer(schema).type(schema, 0)


def signature(parameters):
    """The properties of a tool's parameters in the same form, in parentheses."""
    return _Writer(parameters).members(parameters, 0, "()")


class _Writer:
    """Writes types within one schema."""

    def __init__(self, root):
        self.root, self.count = root, 0

    def type(self, schema, depth):
        if not isinstance(schema, dict) or depth > MAXIMUM_DEPTH or self.is_full():
            return self.counted("any")
        if isinstance(schema.get("$ref"), str):
            return self.type(self.resolved(self.counted(schema["$ref"])), depth + 1)
        if "const" in schema:
            return self.value(schema["const"])
        if values := _elements(schema, "enum"):
            return " | ".join(self.value(value) for value in values)
        if options := _elements(schema, "anyOf") or _elements(schema, "oneOf"):
            return _union(self.type(option, depth + 1) for option in options)
        if len(options := _elements(schema, "allOf")) == 1:
            return self.type(options[0], depth + 1)
        if kinds := _elements(schema, "type"):
            return _union(self.kind(kind, schema, depth) for kind in kinds)
        return self.kind(schema.get("type"), schema, depth)

    def kind(self, kind, schema, depth):
        """A schema as one of its `type`s."""
        if self.is_full():
            return self.counted("any")
        if kind == "array":
            item = self.type(schema.get("items"), depth + 1)
            return f"({item})[]" if " | " in item else f"{item}[]"
        if kind == "object" or kind is None and "properties" in schema:
            return self.members(schema, depth)
        return self.counted(kind if kind in NAMES else "any")

    def members(self, schema, depth, brackets="{}"):
        """The properties of an object, `name?` where one is not required."""
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties:
            return self.counted("object") if brackets == "{}" else brackets
        required = _elements(schema, "required")
        self.count += len(required)
        names = {name for name in required if isinstance(name, str)}
        listed = (self.counted(f"{name}{'' if name in names else '?'}: ") + self.type(value, depth + 1) for name, value in properties.items())
        return brackets[0] + ", ".join(listed) + brackets[1]

    def value(self, value):
        return self.counted(json.dumps(value, ensure_ascii=False))

    def resolved(self, reference):
        """The schema at a reference such as `#/$defs/Name`; None if there is none."""
        first, *parts = reference.split("/")
        schema = self.root if first == "#" else None
        for part in parts:
            schema = schema.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(schema, dict) else None
        return schema

    def is_full(self):
        return self.count > LIMIT

    def counted(self, text):
        self.count += len(text)
        return text


def _elements(schema, keyword):
    """The elements of a keyword; none if it is not a list."""
    return schema[keyword] if isinstance(schema.get(keyword), list) else []


def _union(names):
    return " | ".join(dict.fromkeys(names))
