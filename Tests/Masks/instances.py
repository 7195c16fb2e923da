"""Values near what a schema permits: some valid, some not."""

import copy
import random
from decimal import Decimal

STRINGS = ["", "a", "b", "ab", "abc", "aaaa", "yy", "xy", "é", "\n", "\"", "\\", "\x7f", "\U0001F600\U0001F600", "a@b", "x-1", "12", "1234"]
FORMATTED = [
    "2024-02-29", "2023-02-29", "2024-12-31", "0001-01-01", "12:30:00Z", "23:59:59.123456789+01:00", "24:00:00Z", "12:30:00",
    "2024-02-29T12:30:00Z", "2024-02-29T12:30:00.5-05:30", "2024-02-30T12:30:00Z", "P1D", "PT5M", "P1Y2M3DT4H5M6S", "P2W", "P", "PT",
    "user@example.com", "a.b+c@d-e.org", "@x", "x@", "localhost", "a-b.example", "-a", "a-", "10.0.0.1", "256.1.1.1", "::", "::1",
    "fe80::1:2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "::ffff:1.2.3.4", "123e4567-e89b-12d3-a456-426614174000",
    "123E4567-E89B-12D3-A456-426614174000", "https://example.com/a?b=c#d", "urn:isbn:1", "http://[::1]:80/", "a/b?c", "//x/y", "../z",
    "http://a b", "", "/", "/a/~0~1", "/~2", "a/b",
]
NUMBERS = [
    0, 1, -1, 2, 3, 5, 7, 10, 12, 13, 14, 20, 99, 100, 101, 130, 999, 1000, 20000, -2, -3, -120, -121, Decimal("0.5"), Decimal("-0.5"),
    Decimal("0.25"), Decimal("2.25"), Decimal("2.5"), Decimal("12.5"), Decimal("99.75"), Decimal("99.76"), Decimal("0.01"),
    Decimal("0.001"), Decimal("-0.001"), Decimal("1e2"), Decimal("1.0"), Decimal("-273.15"), Decimal("1e-3"), 12345678905555,
]
SCALARS = [None, True, False]
NAMES = ["a", "b", "c", "ab", "ba", "x-1", "é", "k", "id", "1", "12", "", "name", "é\"\n"]


class Instances:
    def __init__(self, schema, seed):
        self.source = random.Random(seed)
        self.schema = schema
        # What the schema itself mentions.
        self.names, self.values = list(NAMES), []
        self.visit(schema)

    def visit(self, schema):
        if isinstance(schema, list):
            for part in schema:
                self.visit(part)
        if isinstance(schema, dict):
            for keyword in ("properties", "$defs", "definitions"):
                if isinstance(schema.get(keyword), dict):
                    self.names += [*schema[keyword]] * 2
            if isinstance(schema.get("required"), list):
                self.names += schema["required"] * 2
            self.values += [exact(value) for value in schema.get("enum", [])] if isinstance(schema.get("enum"), list) else []
            if "const" in schema:
                self.values.append(exact(schema["const"]))
            for value in schema.values():
                self.visit(value)

    def value(self, depth=3):
        source = self.source
        if self.values and source.random() < 0.2:
            return copy.deepcopy(source.choice(self.values))
        kind = source.randrange(6 if depth > 0 else 4)
        match kind:
            case 0: return source.choice(SCALARS)
            case 1: return source.choice(NUMBERS)
            case 2: return source.choice(STRINGS)
            case 3: return source.choice(FORMATTED + STRINGS)
            case 4: return [self.value(depth - 1) for _ in range(source.choice([0, 1, 1, 2, 3]))]
        return {source.choice(self.names): self.value(depth - 1) for _ in range(source.choice([0, 1, 1, 2, 3]))}

    def guided(self, schema, depth=4):
        """What satisfies many of a schema's keywords."""
        source = self.source
        if not isinstance(schema, dict) or depth < 0 or source.random() < 0.05:
            return self.value(1)
        if "enum" in schema:
            return exact(source.choice(schema["enum"]))
        if "const" in schema:
            return exact(schema["const"])
        if "$ref" in schema and source.random() < 0.8:
            return self.guided(self.target(schema["$ref"]), depth - 1)
        parts = [part for name in ("allOf", "anyOf", "oneOf") for part in schema.get(name, [])]
        parts += [schema[name] for name in ("then", "else", "if") if name in schema]
        if parts and source.random() < (0.4 if "type" in schema else 0.8):
            merged = {**schema, **part} if isinstance(part := source.choice(parts), dict) else schema
            return self.guided({name: value for name, value in merged.items() if name not in
                                ("allOf", "anyOf", "oneOf", "then", "else", "if")}, depth - 1)
        types = schema.get("type", ["object" if "properties" in schema or "required" in schema else "array" if "items" in schema else None])
        match source.choice(types) if isinstance(types, list) else types:
            case "object": return self.object(schema, depth)
            case "array":
                prefix, items = schema.get("prefixItems", []), schema.get("items", True)
                count = source.choice([0, 1, 2, 3, schema.get("minItems", 0), len(prefix)])
                return [self.guided(prefix[index] if index < len(prefix) else items, depth - 1) for index in range(count)]
            case "string": return source.choice(FORMATTED if "format" in schema else STRINGS)
            case "integer" | "number": return source.choice(NUMBERS)
            case "boolean": return source.choice([True, False])
            case "null": return None
        return self.value(2)

    def object(self, schema, depth):
        source = self.source
        result = {}
        for name, part in schema.get("properties", {}).items():
            if name in schema.get("required", []) or source.random() < 0.5:
                result[name] = self.guided(part, depth - 1)
        for name in schema.get("required", []):
            result.setdefault(name, self.value(1))
        for _ in range(source.choice([0, 0, 1, 2])):
            result.setdefault(source.choice(self.names), self.guided(schema.get("additionalProperties", True), depth - 1))
        return result

    def target(self, reference):
        value = self.schema
        if not reference.startswith("#/"):
            return True
        for part in reference[2:].split("/"):
            value = value[part.replace("%25", "%").replace("~1", "/").replace("~0", "~")]
        return value

    def changed(self, value):
        """The value with one change somewhere."""
        source = self.source
        value = copy.deepcopy(value)
        if isinstance(value, dict) and value and source.random() < 0.8:
            name = source.choice(list(value))
            match source.randrange(3):
                case 0: del value[name]
                case 1: value[source.choice(self.names)] = self.value(1)
                case _: value[name] = self.changed(value[name])
            return value
        if isinstance(value, list) and value and source.random() < 0.8:
            index = source.randrange(len(value))
            match source.randrange(4):
                case 0: del value[index]
                case 1: value.append(copy.deepcopy(source.choice(value)))
                case 2: value.insert(index, self.value(1))
                case _: value[index] = self.changed(value[index])
            return value
        if isinstance(value, str) and value:
            position = source.randrange(len(value))
            return source.choice([value[:position] + value[position + 1:], value + value[position], value[:position]])
        if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and abs(value) < 10 ** 12:
            return value + source.choice([1, -1, Decimal("0.5"), 10])
        return self.value(1)


def exact(value):
    """With decimal numbers."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, list):
        return [exact(part) for part in value]
    if isinstance(value, dict):
        return {name: exact(part) for name, part in value.items()}
    return value
