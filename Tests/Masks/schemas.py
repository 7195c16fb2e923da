"""Schemas as applications write them, and those at the edges of keywords."""


def record(required=None, **properties):
    return {
        "type": "object", "properties": properties, "additionalProperties": False,
        "required": list(properties) if required is None else required}


TEXT, WHOLE, REAL, FLAG, NOTHING = (
    {"type": name} for name in ("string", "integer", "number", "boolean", "null"))

TYPES = [
    True, {}, TEXT, WHOLE, REAL, FLAG, NOTHING, {"type": "array"}, {"type": "object"}, {"type": ["string", "null"]},
    {"type": ["integer", "string", "boolean"]}, {"enum": ["red", "green", "blue"]}, {"enum": [1, 2.5, "1", None, True]},
    {"const": "only"}, {"const": [1, {"a": "b"}, []]}, {"const": {"b": 1, "a": [None]}}, {"enum": ["a", "ab", "abc", ""]},
    {"enum": ["\"", "\\", "/", "é", "\t", "\u2028", "\U0001F600"]}, {"enum": [0, -1, 10, 100, 1e3, 0.001]},
    {"type": "string", "enum": ["a", 1, "b"]}, {"title": "T", "description": "D", "default": 1, "type": "integer"},
    {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/s", "type": "boolean"},
    {"$comment": "C", "examples": [1], "deprecated": True, "readOnly": True, "writeOnly": False, "type": "null"},
]

STRINGS = [TEXT | keywords for keywords in [
    {"minLength": 1}, {"maxLength": 0}, {"maxLength": 1}, {"minLength": 3, "maxLength": 3}, {"maxLength": 50},
    {"minLength": 30, "maxLength": 60}, {"pattern": ""}, {"pattern": "^$"}, {"pattern": "a"}, {"pattern": "^a"},
    {"pattern": "a$"}, {"pattern": "^a$|^b"}, {"pattern": "^(yes|no|maybe)$"}, {"pattern": "^[A-Z]{2}-\\d{4}$"},
    {"pattern": "^[^\"\\\\]*$"}, {"pattern": "^\\\\\"$"}, {"pattern": "^\\s+$"}, {"pattern": "^\\S\\D\\W$"},
    {"pattern": "^[\\u0000-\\u001f]+$"}, {"pattern": "^é+$"}, {"pattern": "^[à-ü]{1,4}$"}, {"pattern": "^(ab|a)*b?$"},
    {"pattern": "^(?:a(?:b(?:c)?)?)?$"}, {"pattern": "^[0-9a-f]{8}$"}, {"pattern": "^a{0,3}b{2,}$"}, {"pattern": "^.*x.*$"},
    {"pattern": "^\\+?[0-9 ]{3,12}$"}, {"pattern": "^[a-z]+(-[a-z]+)*$"}, {"pattern": "^/[^/]+/$"},
    {"pattern": "b", "maxLength": 3}, {"pattern": "^a*$", "minLength": 4}, {"pattern": "a.c", "minLength": 2, "maxLength": 5},
    {"format": "date"}, {"format": "time"}, {"format": "date-time"}, {"format": "duration"}, {"format": "email"},
    {"format": "hostname"}, {"format": "ipv4"}, {"format": "ipv6"}, {"format": "uuid"}, {"format": "uri"},
    {"format": "date", "pattern": "^20"}, {"format": "uuid", "pattern": "^[0-9a-f-]+$"}, {"format": "ipv4", "maxLength": 8},
    {"format": "email", "maxLength": 20}, {"format": "hostname", "maxLength": 10},
]]

NUMBERS = [
    WHOLE | {"minimum": 0}, WHOLE | {"maximum": 0}, WHOLE | {"minimum": 5, "maximum": 5}, WHOLE | {"minimum": -7, "maximum": 130},
    WHOLE | {"exclusiveMinimum": 0, "exclusiveMaximum": 3}, WHOLE | {"minimum": 999, "maximum": 10001},
    WHOLE | {"minimum": -1000000, "maximum": -999}, WHOLE | {"minimum": 1.5, "maximum": 4.5},
    WHOLE | {"multipleOf": 3}, WHOLE | {"multipleOf": 7, "minimum": 10, "maximum": 99}, WHOLE | {"multipleOf": 100},
    WHOLE | {"minimum": 12345678901234, "maximum": 12345678909999}, REAL | {"minimum": 0, "maximum": 1},
    REAL | {"exclusiveMinimum": 0, "exclusiveMaximum": 1}, REAL | {"minimum": -0.5, "maximum": 0.25}, REAL | {"minimum": 0.001},
    REAL | {"maximum": -0.001}, REAL | {"exclusiveMaximum": 100}, REAL | {"minimum": -273.15}, REAL | {"multipleOf": 0.01},
    REAL | {"multipleOf": 0.5, "minimum": -1, "maximum": 1}, REAL | {"multipleOf": 2.5}, REAL | {"minimum": 1e2, "maximum": 1.5e3},
    {"type": ["integer", "null"], "minimum": 1, "maximum": 10}, {"type": ["number", "string"], "maximum": 9.99},
]

ARRAYS = [
    {"type": "array", "items": WHOLE}, {"type": "array", "items": TEXT, "minItems": 1}, {"type": "array", "maxItems": 0},
    {"type": "array", "items": FLAG, "minItems": 2, "maxItems": 4}, {"type": "array", "items": {"type": "array", "items": REAL}},
    {"type": "array", "prefixItems": [WHOLE, TEXT], "items": False}, {"type": "array", "prefixItems": [WHOLE, TEXT]},
    {"type": "array", "prefixItems": [WHOLE, TEXT], "items": False, "minItems": 2},
    {"type": "array", "prefixItems": [FLAG], "items": NOTHING, "maxItems": 3},
    {"type": "array", "prefixItems": [FLAG, FLAG, FLAG], "minItems": 1, "maxItems": 2},
    {"type": "array", "items": False}, {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 10, "maxItems": 20},
    {"type": ["array", "null"], "items": record(a=WHOLE)}, {"type": "array", "items": {"type": ["array", "integer"]}},
]

OBJECTS = [
    record(), record(a=WHOLE), record(name=TEXT, age=WHOLE | {"minimum": 0}), record(a=WHOLE, b=TEXT, required=[]),
    record(a=WHOLE, b=TEXT, c=FLAG, required=["b"]), record(a=WHOLE, b=TEXT, c=FLAG, required=["a", "c"]),
    record(a={"type": ["string", "null"]}, b=record(c=record(d=FLAG))), record(a={"type": "array", "items": record(b=WHOLE)}),
    {"type": "object", "properties": {"é\"\n": WHOLE, "": TEXT, " ": FLAG}, "additionalProperties": False},
    {"type": "object", "properties": {"a": WHOLE, "ab": WHOLE, "abc": WHOLE}, "additionalProperties": False},
    {"type": "object", "properties": {"a": WHOLE, "ab": TEXT}}, {"type": "object", "properties": {"a": WHOLE}, "required": ["a"]},
    {"type": "object", "properties": {"a": WHOLE}, "required": ["z", "a"], "additionalProperties": TEXT},
    {"type": "object", "properties": {"a": False}}, {"type": "object", "properties": {"a": False}, "additionalProperties": WHOLE},
    {"type": "object", "additionalProperties": WHOLE}, {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}},
    {"type": "object", "additionalProperties": FLAG, "minProperties": 1}, {"type": "object", "maxProperties": 0},
    {"type": "object", "additionalProperties": NOTHING, "minProperties": 2, "maxProperties": 3},
    {"type": "object", "required": ["a", "b"], "properties": {"a": WHOLE, "b": WHOLE}, "maxProperties": 3},
    {"type": "object", "required": ["a"], "properties": {"a": WHOLE}, "minProperties": 2, "additionalProperties": NOTHING},
    {"type": "object", "patternProperties": {"^x-": TEXT}, "additionalProperties": False},
    {"type": "object", "patternProperties": {"^[a-z]{1,3}$": WHOLE}}, {"type": "object", "patternProperties": {"^[0-9]+$": NOTHING}},
    {"type": "object", "patternProperties": {"^a": WHOLE, "^b": TEXT}, "additionalProperties": FLAG},
    {"type": "object", "properties": {"id": WHOLE}, "patternProperties": {"^x-": TEXT}, "required": ["id"],
     "additionalProperties": False},
    {"type": "object", "patternProperties": {"^[ab]$": NOTHING}, "additionalProperties": False, "minProperties": 1},
]

NODE = record(value=WHOLE, next={"anyOf": [{"$ref": "#/$defs/node"}, NOTHING]})
TREE = record(name=TEXT | {"maxLength": 4}, children={"type": "array", "items": {"$ref": "#"}}, required=["name"])

COMPOSED = [
    {"anyOf": [WHOLE, TEXT]}, {"anyOf": [record(a=WHOLE), record(b=TEXT)]}, {"anyOf": [record(a=WHOLE), record(a=TEXT)]},
    {"anyOf": [record(a=WHOLE, b=WHOLE), record(a=WHOLE, c=WHOLE), NOTHING]}, {"anyOf": [{"const": "a"}, {"const": "ab"}, TEXT]},
    {"anyOf": [{"type": "array", "items": WHOLE}, {"type": "array", "items": TEXT}]}, {"anyOf": [False, WHOLE, True]},
    {"anyOf": [WHOLE | {"maximum": 5}, WHOLE | {"minimum": 100}]}, {"anyOf": [{"enum": [1, 2]}, {"enum": [2, 3, "x"]}]},
    {"allOf": [TEXT, {"minLength": 2}, {"maxLength": 3}]}, {"allOf": [{"pattern": "a"}, {"pattern": "b"}], "type": "string"},
    {"allOf": [{"type": ["integer", "string"]}, {"type": ["integer", "null"]}]}, {"allOf": [REAL, {"minimum": 1}, {"maximum": 2}]},
    {"allOf": [{"type": "object", "properties": {"a": WHOLE}}, {"properties": {"b": TEXT}, "required": ["a", "b"]}]},
    {"allOf": [{"type": "object", "properties": {"a": {"minimum": 3}}}, {"properties": {"a": {"type": "integer", "maximum": 6}},
                                                                      "required": ["a"]}]},
    {"allOf": [{"type": "array", "items": WHOLE}, {"minItems": 1}, {"maxItems": 2}]}, {"allOf": [{"enum": [1, 2, 3]}, {"enum": [2, 3, 4]}]},
    {"oneOf": [WHOLE, TEXT]}, {"oneOf": [{"const": 1}, {"const": 2}, {"const": "1"}]},
    {"oneOf": [record(kind={"const": "a"}, x=WHOLE), record(kind={"const": "b"}, y=TEXT)]},
    {"oneOf": [record(kind={"enum": ["a", "b"]}), record(kind={"const": "c"}, y=TEXT), NOTHING]},
    {"$ref": "#/$defs/a", "$defs": {"a": WHOLE}}, {"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/b"}, "b": TEXT}},
    {"$ref": "#/$defs/node", "$defs": {"node": NODE}}, TREE, {"$ref": "#/$defs/a", "minimum": 3, "$defs": {"a": WHOLE}},
    {"type": "array", "items": {"$ref": "#/$defs/x%25y"}, "$defs": {"x%y": FLAG}},
    {"properties": {"a": {"$ref": "#/$defs/t"}, "b": {"$ref": "#/$defs/t"}}, "$defs": {"t": {"enum": ["x", "y"]}}, "type": "object"},
    {"anyOf": [{"$ref": "#/$defs/l"}, {"$ref": "#/$defs/o"}], "$defs": {
        "l": {"type": "array", "items": {"$ref": "#/$defs/o"}}, "o": {"type": "object", "additionalProperties": {"$ref": "#/$defs/l"}}}},
    {"type": "array", "items": {"anyOf": [record(name={"const": "f"}, parameters=record(x=WHOLE)),
                                          record(name={"const": "g"}, parameters=record(y=TEXT))]}, "minItems": 1},
]

# What llguidance does not compile.
MARTLETS = [
    {"not": WHOLE}, {"type": "string", "not": {"const": "a"}}, {"type": "integer", "not": {"minimum": 3}},
    {"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": True}, {"type": "array", "items": FLAG, "uniqueItems": True, "minItems": 2},
    {"type": "object", "properties": {"a": {"enum": ["x", "y"]}, "b": {}}, "required": ["a", "b"], "if": {"properties": {"a": {"const": "x"}}},
     "then": {"properties": {"b": WHOLE}}, "else": {"properties": {"b": TEXT}}},
    {"oneOf": [WHOLE | {"minimum": 0}, WHOLE | {"maximum": 5}]}, {"oneOf": [{"type": "string", "maxLength": 3}, {"pattern": "^a"}]},
    {"type": "object", "patternProperties": {"^a": WHOLE, "b$": {"minimum": 2}}}, TEXT | {"format": "json-pointer"},
    TEXT | {"format": "uri-reference"}, {"type": "string", "pattern": "^(?!a)[a-c]{2}$"}, {"type": "string", "pattern": "^(?=.*b)[a-c]{1,3}$"},
    {"$ref": "#here", "$defs": {"n": {"$anchor": "here", "type": "integer"}}}, {"x-order": 1, "type": "integer"},
    {"type": "object", "properties": {"a": WHOLE, "b": WHOLE, "c": WHOLE}, "minProperties": 1, "maxProperties": 2},
    {"contentEncoding": "base64", "contentMediaType": "text/plain", "contentSchema": {}, "type": "string"},
    {"discriminator": {"propertyName": "k"}, "externalDocs": {}, "xml": {}, "example": 1, "$vocabulary": {}, "type": "null"},
]

SCHEMAS = {
    f"{name} {number}": schema
    for name, group in [("types", TYPES), ("strings", STRINGS), ("numbers", NUMBERS), ("arrays", ARRAYS), ("objects", OBJECTS),
                        ("composed", COMPOSED), ("Martlet's", MARTLETS)]
    for number, schema in enumerate(group)
}
