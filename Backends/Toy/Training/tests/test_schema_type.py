"""Types of JSON Schemas, which Swift writes by the same rules."""

import unittest

from schema_type import LIMIT, signature, type_name


class SchemaTypeTests(unittest.TestCase):
    def test_types(self):
        cases = [
            ({"type": "string"}, "string"), ({"type": ["string", "null"]}, "string | null"), ({}, "any"), (True, "any"), ({"type": "object"}, "object"),
            ({"const": 3}, "3"), ({"enum": ["a", 1]}, '"a" | 1'), ({"type": "array", "items": {"type": "number"}}, "number[]"), ({"type": "array"}, "any[]"),
            ({"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}, "(string | null)[]"),
            ({"anyOf": [{"type": "string"}, {"type": "string"}]}, "string"), ({"allOf": [{"type": "integer"}]}, "integer"),
            ({"type": "object", "properties": {"a": {"type": "object", "properties": {"b": {"type": "boolean"}}}}, "required": ["a"]}, "{a: {b?: boolean}}"),
            ({"$ref": "#/$defs/P", "$defs": {"P": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}}}, "{x: integer}"),
            ({"$ref": "#/$defs/a~1b~0", "$defs": {"a/b~": {"type": "null"}}}, "null"),
            ({"$ref": "https://example.com/x"}, "any"), ({"$ref": "#/$defs/none"}, "any"),
        ]
        for schema, expected in cases:
            self.assertEqual(type_name(schema), expected)

    def test_one_type_of_several_may_have_properties(self):
        schema = {"type": ["object", "null"], "properties": {"a": {"type": "string"}}}
        self.assertEqual(type_name(schema), "{a?: string} | null")

    def test_what_is_not_a_schema_is_any(self):
        for schema in [{"type": "float"}, {"type": []}, {"type": [["string"]]}, {"anyOf": []}, {"enum": []}, {"type": {}}, None, [], "string"]:
            self.assertEqual(type_name(schema), "any")
        self.assertEqual(type_name({"properties": {"a": {}}, "required": True}), "{a?: any}")

    def test_the_depth_is_limited(self):
        node = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
        self.assertEqual(type_name(node), "{next: {next: {next: any}}}")
        deep = {"type": "null"}
        for _ in range(20_000):
            deep = {"type": "array", "items": deep}
        self.assertEqual(type_name(deep), "any" + 6 * "[]")

    def test_references_to_references_do_not_multiply(self):
        names = "abcdef"
        schema = {"$defs": {name: {"properties": {f"{name}{i}": {"$ref": f"#/$defs/{next}"} for i in range(100)}} for name, next in zip(names, names[1:])},
                  "properties": {f"_{i}": {"$ref": "#/$defs/a"} for i in range(100)}}
        self.assertLess(len(type_name(schema)), 3 * LIMIT)
        kinds = {"$defs": {name: {"type": ["object"] * 100, "properties": {"x": {"$ref": f"#/$defs/{next}"}}} for name, next in zip(names, names[1:])},
                 "$ref": "#/$defs/a"}
        self.assertLess(len(type_name(kinds)), 3 * LIMIT)
        self.assertLess(len(type_name({"$defs": {"a": {"enum": ["x" * 1_000]}}, "anyOf": [{"type": "array", "items": {"$ref": "#/$defs/a"}}] * 1_000})), 3 * LIMIT)

    def test_after_the_limit_every_type_is_any(self):
        properties = {f"name{i}": {"type": "integer"} for i in range(10_000)}
        written = signature({"type": "object", "properties": properties})
        self.assertTrue(written.startswith("(name0?: integer, name1?: integer, "))
        self.assertTrue(written.endswith(", name9998?: any, name9999?: any)"))
        self.assertLess(written.index("any"), 1.5 * LIMIT)


if __name__ == "__main__":
    unittest.main()
