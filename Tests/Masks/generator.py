"""Seeded schemas: one for each pair of keywords, and larger ones."""

import itertools
import random

STRINGS, NUMBERS, OBJECTS, ARRAYS = ["string"], ["number"], ["object"], ["array"]

# The keywords with the types that they are about; none for those of all types.
KEYWORDS = {
    "type": [], "enum": [], "const": [], "$ref": [], "allOf": [], "anyOf": [], "oneOf": [], "not": [], "if": [],
    "pattern": STRINGS, "format": STRINGS, "minLength": STRINGS, "maxLength": STRINGS,
    "minimum": NUMBERS, "exclusiveMinimum": NUMBERS, "maximum": NUMBERS, "exclusiveMaximum": NUMBERS,
    "multipleOf": NUMBERS,
    "properties": OBJECTS, "patternProperties": OBJECTS, "additionalProperties": OBJECTS, "required": OBJECTS,
    "minProperties": OBJECTS, "maxProperties": OBJECTS,
    "prefixItems": ARRAYS, "items": ARRAYS, "minItems": ARRAYS, "maxItems": ARRAYS, "uniqueItems": ARRAYS,
}
PAIRS = list(itertools.combinations(KEYWORDS, 2))

FORMATS = ["date", "time", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri", "uri-reference",
           "json-pointer"]
PATTERNS = ["^[a-c]+$", "b", "^a", "c$", "^(a|bc)*$", "^[^a]{1,3}$", "^\\d{2,4}$", "x?y+", "^\\w+@\\w+$", "é|\\n", "^.{2}$"]
NAME_PATTERNS = ["^a", "^[ab]$", "b$", "^x-", "^[0-9]+$"]
VALUES = [None, True, False, 0, 1, 5, -2, 2.5, "", "a", "b", "abc", "é\n\"", [], [1], ["a", None], {}, {"a": 1}, {"b": "a"}]
NAMES = ["a", "b", "c", "ab", "x-1", "é"]


class Generator:
    def __init__(self, seed):
        self.source = random.Random(seed)

    def choice(self, options):
        return self.source.choice(options)

    def chance(self, probability):
        return self.source.random() < probability

    # Keywords

    def keyword(self, name, depth):
        """The keyword, with those that it needs, as a schema."""
        source = self.source
        match name:
            case "type":
                types = ["null", "boolean", "string", "integer", "number", "array", "object"]
                return {name: source.choice(types) if self.chance(0.5) else source.sample(types, source.randint(2, 4))}
            case "enum": return {name: source.sample(VALUES, source.randint(1, 6))}
            case "const": return {name: source.choice(VALUES)}
            case "$ref":
                place, key = source.choice([("$defs", "n"), ("definitions", "a/b")])
                pointer = f"#/{place}/{key.replace('/', '~1')}"
                if place == "$defs" and self.chance(0.3):
                    return {name: "#here", place: {key: {"$anchor": "here"} | self.schema(depth - 1, plain=True)}}
                return {name: pointer, place: {key: self.schema(depth - 1, plain=True)}}
            case "allOf": return {name: [self.schema(depth - 1) for _ in range(source.randint(1, 2))]}
            case "anyOf": return {name: [self.schema(depth - 1) for _ in range(source.randint(2, 3))]}
            case "oneOf": return {name: self.distinct(depth) if self.chance(0.7) else [self.small(), self.small()]}
            case "not": return {name: self.small()}
            case "if":
                result = {name: self.small()}
                for branch in source.choice([["then"], ["else"], ["then", "else"]]):
                    result[branch] = self.schema(depth - 1)
                return result
            case "pattern": return {name: source.choice(PATTERNS)}
            case "format": return {name: source.choice(FORMATS)}
            case "minLength": return {name: source.choice([0, 1, 2, 5])}
            case "maxLength": return {name: source.choice([0, 2, 6, 40])}
            case "minimum" | "exclusiveMinimum": return {name: source.choice([0, -3, 1, 12, -0.5, 2.25, -120])}
            case "maximum" | "exclusiveMaximum": return {name: source.choice([0, 7, 100, 12.5, 99.75, -0.5, 20000])}
            case "multipleOf": return {name: source.choice([1, 2, 3, 7, 0.5, 0.25, 10, 0.01])}
            case "properties": return {name: {key: self.schema(depth - 1) for key in self.names(1, 3)}}
            case "patternProperties":
                patterns = source.sample(NAME_PATTERNS, source.choice([1, 1, 2]))
                return {name: {pattern: self.schema(depth - 1) for pattern in patterns}}
            case "additionalProperties": return {name: source.choice([False, False, True, self.schema(depth - 1)])}
            case "required": return {name: self.names(1, 2)}
            case "minProperties": return {name: source.choice([0, 1, 2])}
            case "maxProperties": return {name: source.choice([1, 2, 4])}
            case "prefixItems": return {name: [self.schema(depth - 1) for _ in range(source.randint(1, 3))]}
            case "items": return {name: source.choice([False, True, *[self.schema(depth - 1) for _ in range(5)]])}
            case "minItems": return {name: source.choice([0, 1, 2, 3])}
            case "maxItems": return {name: source.choice([0, 1, 3, 6])}
            case "uniqueItems": return {name: True} | ({} if self.chance(0.1) else {"items": {"enum": self.source.sample(VALUES, 4)}})
        raise KeyError(name)

    def names(self, least, most):
        return self.source.sample(NAMES, self.source.randint(least, most))

    # Schemas

    def small(self):
        """Without other schemas but in properties."""
        source = self.source
        return source.choice([
            {"type": source.choice(["null", "string", "integer", "array", "object", "boolean"])},
            {"const": source.choice(VALUES[:13])}, {"enum": source.sample(VALUES[:13], 2)},
            {"type": "string", "maxLength": source.randint(0, 3)}, {"pattern": source.choice(PATTERNS)},
            {"minimum": source.randint(-5, 5)}, {"type": "integer", "multipleOf": source.randint(2, 5)},
            {"required": self.names(1, 1)}, {"minItems": source.randint(1, 3)}, {"maxProperties": 1},
            {"properties": {source.choice(NAMES): {"const": source.choice(VALUES[:13])}}, "required": self.names(1, 1)},
        ])

    def distinct(self, depth):
        """Schemas of which a value satisfies one at most."""
        source = self.source
        if self.chance(0.4):
            return [{"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^b"}, {"type": "integer"}]
        return [
            {"type": "object", "properties": {"k": {"const": kind}, source.choice(NAMES): self.schema(depth - 1)},
             "required": ["k"]} for kind in source.sample(["a", "b", "c", 1], 2)]

    def schema(self, depth, plain=False):
        """One or more keywords of a type, or an applicator."""
        source = self.source
        if depth <= 0:
            return source.choice([
                {"type": "integer"}, {"type": "string"}, {"type": "boolean"}, {"type": "null"}, {"type": "number"},
                {"const": source.choice(VALUES)}, {"type": "string", "maxLength": 3}, {"enum": ["a", "b", 1]},
                {"type": "integer", "minimum": 0, "maximum": 20}, {"type": "string", "pattern": "^[ab]+$"}])
        if not plain and self.chance(0.15):
            return self.keyword(source.choice(["allOf", "anyOf", "oneOf"]), depth)
        kind = source.choice(["string", "number", "integer", "array", "object", "object"])
        of = {"integer": "number"}.get(kind, kind)
        keywords = [name for name, types in KEYWORDS.items() if of in types]
        result = {"type": kind}
        for name in source.sample(keywords, source.randint(0, 3)):
            result |= self.keyword(name, depth)
        return result

    def pair(self, first, second):
        """Both keywords, in most cases with the types that they are about."""
        result = {}
        types = sorted(set(KEYWORDS[first]) | set(KEYWORDS[second]))
        if types and "type" not in (first, second) and self.chance(0.7):
            result["type"] = types[0] if len(types) == 1 else types
        for name in (first, second):
            added = self.keyword(name, 2)
            for place in ("$defs", "definitions"):
                if place in added and place in result:
                    added[place] = result[place] | added[place]
            result |= {key: value for key, value in added.items() if key not in result or key == name}
        return result


def generated(seeds):
    """By name, a schema for each pair and seed, and larger ones."""
    result = {}
    for seed in seeds:
        generator = Generator(seed)
        for first, second in PAIRS:
            result[f"{first} and {second}, {seed}"] = generator.pair(first, second)
        for number in range(100):
            result[f"large {number}, {seed}"] = generator.schema(3)
    return result
