"""Masks of keywords that llguidance lacks, compared with all texts that are permitted, one by one."""

import itertools
import random

import vocabularies
from canonical import string
from probe import Refused
from validation import Validator
from vocabularies import ids

# Schemas with few values, which are then restricted further.
MEMBERS = {"a": ["x", "y", 1], "b": [True, False], "c": [None, "x"]}
SMALL = {
    "string": ({"type": "string", "pattern": "^[ab]{0,3}$"},
               ["".join(letters) for count in range(4) for letters in itertools.product("ab", repeat=count)]),
    "integer": ({"type": "integer", "minimum": -3, "maximum": 12}, list(range(-3, 13))),
    "array": ({"type": "array", "items": {"enum": [0, 1, "a", [1], None]}, "maxItems": 3},
              [list(items) for count in range(4) for items in itertools.product([0, 1, "a", [1], None], repeat=count)]),
    "object": ({"type": "object", "properties": {name: {"enum": values} for name, values in MEMBERS.items()},
                "additionalProperties": False},
               [{name: value for name, value in zip(MEMBERS, values) if value != "absent"}
                for values in itertools.product(*([*values, "absent"] for values in MEMBERS.values()))]),
}

PARTS = {
    "string": [{"const": "ab"}, {"enum": ["", "a", "bb"]}, {"minLength": 2}, {"maxLength": 1}, {"pattern": "^a"}, {"pattern": "b$"},
               {"pattern": "^(?!ab)"}, {"pattern": "^(?=.*ba)"}, {"type": "integer"}],
    "integer": [{"const": 0}, {"enum": [1, 5, 12]}, {"minimum": 4}, {"exclusiveMaximum": 7}, {"multipleOf": 3}, {"multipleOf": 2},
                {"type": "string"}, {"minimum": 1.5, "maximum": 9}],
    "array": [{"minItems": 2}, {"maxItems": 1}, {"uniqueItems": True}, {"uniqueItems": True, "minItems": 3}, {"type": "null"}],
    "object": [{"required": ["a"]}, {"required": ["b", "c"]}, {"properties": {"a": {"const": "x"}}},
               {"properties": {"a": {"const": 1}, "b": {"const": True}}, "required": ["a"]}, {"minProperties": 2}, {"maxProperties": 1},
               {"properties": {"c": {"type": "null"}}, "required": ["c"]}, {"properties": {"b": False}}],
}
POSITIVE = {
    "array": [{"items": {"type": "integer"}}, {"prefixItems": [{"const": "a"}]}, {"prefixItems": [True, {"type": "array"}], "items": False}],
    "object": [{"patternProperties": {"^[ab]$": {"type": ["string", "boolean"]}}}, {"patternProperties": {"c": False}}],
    "string": [], "integer": [],
}


def restrictions(kind, source):
    """Keywords that llguidance lacks, or does not combine."""
    def part():
        return source.choice(PARTS[kind])
    match source.randrange(6):
        case 0: return {"not": part()}
        case 1: return {"if": part(), "then": part(), "else": part()}
        case 2: return {"if": part(), source.choice(["then", "else"]): source.choice(PARTS[kind] + POSITIVE[kind])}
        case 3: return {"oneOf": source.sample(PARTS[kind], source.choice([2, 2, 3]))}
        case 4: return {"anyOf": [{"not": part()}, part()], "allOf": [source.choice(PARTS[kind] + POSITIVE[kind])]}
        case _: return {"not": {"anyOf": [part(), {"not": part()}]}}


def spellings(value):
    """The texts of a value: one space or none after each comma and colon, and zero with a sign or without."""
    if isinstance(value, bool) or value is None:
        return [{True: "true", False: "false", None: "null"}[value]]
    if isinstance(value, int):
        return ["0", "-0"] if value == 0 else [str(value)]
    if isinstance(value, str):
        return [string(value)]
    if isinstance(value, list):
        parts = [spellings(element) for element in value]
        return ["[" + text + "]" for text in joined(parts)]
    parts = [[f"{string(name)}:{space}{text}" for space in ("", " ") for text in spellings(part)] for name, part in value.items()]
    return ["{" + text + "}" for text in joined(parts)]


def joined(parts):
    if not parts:
        return [""]
    rest = joined(parts[1:])
    separators = [",", ", "] if len(parts) > 1 else [""]
    return [first + separator + second for first in parts[0] for separator in separators for second in rest]


def test_masks_are_those_of_all_texts(probe, texts, count):
    vocabulary = vocabularies.synthetic()
    number = probe.vocabulary(vocabulary)
    faults = []
    for kind, (base, values) in SMALL.items():
        for index in range(100):
            source = random.Random(f"{kind} {index}")
            schema = base | restrictions(kind, source)
            validator = Validator(schema)
            valid = [value for value in values if validator.accepts(value)]
            try:
                constraint = probe.compile(schema)
            except Refused as refusal:
                if valid and "unsatisfiable" in refusal.kind:
                    faults.append((schema, str(refusal)))
                count[f"schemas {'without values' if not valid else 'refused'}"] += 1
                continue
            if not valid:
                faults.append((schema, "is compiled, but nothing satisfies it"))
                continue
            count["schemas"] += 1
            whole = {text.encode() for value in valid for text in spellings(value)}
            whole = {text for text, is_complete in zip(sorted(whole), followed(constraint, whole)) if is_complete or b"-0" not in text}
            beginnings = {text[:end] for text in whole for end in range(len(text) + 1)}
            for seed in range(texts):
                walk(constraint.start(number), vocabulary, whole, beginnings, random.Random(f"{seed} {index}"), schema, faults, count)
    assert not faults, "\n".join(map(str, faults[:20]))


def followed(constraint, texts):
    return [is_complete for _, is_complete in constraint.follow(sorted(texts))]


def walk(text, vocabulary, whole, beginnings, source, schema, faults, count):
    """Writes one text, and compares the mask of each step."""
    written = b""
    while True:
        count["steps"] += 1
        expected = vocabulary.end_mask if written in whole else 0
        for token, spelled in enumerate(vocabulary.tokens):
            if spelled and token not in vocabulary.ends | vocabulary.specials and written + spelled in beginnings:
                expected |= 1 << token
        if text.mask != expected:
            different = [vocabulary.tokens[token] for token in ids(text.mask ^ expected)]
            faults.append((schema, written, different[:5]))
            break
        token = source.choice(list(ids(text.mask)))
        if token in vocabulary.ends:
            break
        written += vocabulary.tokens[token]
        text.advance(token)
    text.close()
