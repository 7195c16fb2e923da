"""What differs between Martlet's masks and llguidance's, and why: each difference belongs to one of these classes.

A difference is judged by whole documents that begin with it. `judge` names the class of a document that one side permits
and the other does not; a document that belongs to none fails the test.
"""

import itertools
import re
from dataclasses import dataclass

import canonical
import validation

UNSOUND, NARROWER, REFERENCE_NARROWER = "llguidance unsound", "Martlet narrower", "llguidance narrower"


@dataclass(frozen=True)
class Class:
    kind: str
    reason: str
    # An example: what one side permits and the other does not.
    schema: object
    document: str


CLASSES = {
    "repeated name": Class(
        UNSOUND, "llguidance repeats the names of members",
        {"type": "object", "additionalProperties": {"type": "null"}}, '{"a":null,"a":null}'),
    "leap second": Class(
        UNSOUND, "the second 60, at any time of any day", {"type": "string", "format": "time"}, '"11:36:60Z"'),
    "no such day": Class(
        UNSOUND, "29 February in any year, and the year 0", {"type": "string", "format": "date"}, '"1150-02-29"'),
    "long host name": Class(
        UNSOUND, "names of hosts have 253 characters at most", {"type": "string", "format": "hostname"},
        '"' + ".".join(["a" * 50] * 5) + '"'),
    "next line": Class(
        UNSOUND, "`\\s` does not match U+0085 in ECMA-262", {"type": "string", "pattern": "^\\s$"}, '"\x85"'),
    "minus zero below 0": Class(
        UNSOUND, "-0 is not less than 0", {"type": "number", "minimum": -0.5, "exclusiveMaximum": 0}, "-0"),
    "line terminator": Class(
        UNSOUND, "`.` does not match a carriage return in ECMA-262", {"type": "string", "pattern": "^.$"}, r'"\r"'),
    "escaped punctuation": Class(
        UNSOUND, "a quotation mark or a backslash that a pattern excludes, beside escapes that it permits",
        {"type": "string", "pattern": "^[\\u0000-\\u001f]$"}, r'"\""'),
    "escaped name": Class(
        UNSOUND, "the name of a further member may have any escapes, also against the patterns of the object", {
            "type": "object", "patternProperties": {"^a": {"type": "null"}}}, r'{"\u00610":1}'),
    "escape": Class(
        NARROWER, "Martlet escapes in a string what JSON requires, and DEL, each in one way",
        {"type": "string"}, r'"\u000a"'),
    "key order": Class(
        NARROWER, "the members of an object have one order", {
            "anyOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["c"]}],
            "required": ["b"]}, '{"c":1,"b":1}'),
    "time": Class(
        NARROWER, "the T and Z of a time are upper case, and its seconds have nine decimal places at most",
        {"type": "string", "format": "date-time"}, '"2024-02-29t11:36:30Z"'),
    "duration": Class(
        NARROWER, "a duration has no gaps between its units (RFC 3339 appendix A), and 16 digits at most", {"type": "string", "format": "duration"},
        '"P10000000000000000W"'),
    "mail": Class(
        NARROWER, "an e-mail address is a name of at most 64 characters, an @ and the name of a host",
        {"type": "string", "format": "email"}, '"a@[10.0.0.1]"'),
    "minus zero": Class(
        REFERENCE_NARROWER, "llguidance leaves out -0 in ranges and multiples", {"type": "integer", "minimum": 0}, "-0"),
    "zeros": Class(
        REFERENCE_NARROWER, "llguidance leaves out zeros after the point of a multiple",
        {"type": "number", "multipleOf": 2}, "4.0"),
    "short fraction": Class(
        REFERENCE_NARROWER, "llguidance writes as many decimal places as a divisor or a bound has",
        {"type": "number", "multipleOf": 0.25}, "0.5"),
    "fraction": Class(
        REFERENCE_NARROWER, "llguidance leaves out some multiples with a fraction, however they are written",
        {"type": "number", "multipleOf": 0.25, "maximum": 100}, "-0.5"),
    "white space": Class(
        REFERENCE_NARROWER, "`\\s` matches U+FEFF in ECMA-262", {"type": "string", "pattern": "^\\s$"}, '"\ufeff"'),
    "IPv4 in IPv6": Class(
        REFERENCE_NARROWER, "the last 32 bits of an IPv6 address may be an IPv4 address",
        {"type": "string", "format": "ipv6"}, '"::f:10.0.0.1"'),
}

# Schemas that llguidance does not compile: what its sentence has, and an example.
NOT_COMPILED = {
    "Unimplemented keys": {"not": {"type": "null"}},
    "Unknown format": {"type": "string", "format": "uri-reference"},
    "oneOf constraints are not supported": {"oneOf": [{"type": "integer", "minimum": 0}, {"type": "integer", "maximum": 5}]},
    "min/maxProperties only supported": {"type": "object", "properties": {"a": {}}, "maxProperties": 1},
    "are not disjoint": {"type": "object", "patternProperties": {"^a": {"type": "null"}, "b$": {"type": "integer"}}},
    "regex parse error": {"type": "string", "pattern": "^(?!a)"},
    "Unable to determine if regex is empty": {"type": "string", "pattern": "x?y+", "format": "ipv6", "minLength": 5},
    "Unsatisfiable schema": {"type": "string", "const": 1},
}


DOT = validation.python_pattern(".")


def leaves(error):
    if not error.context:
        yield error
    for part in error.context or ():
        yield from leaves(part)


def invalid(error):
    """The class of a document that llguidance permits and that is not valid, of one error; nil if there is none."""
    text, keyword, expected = error.instance, error.validator, error.validator_value
    if keyword == "format" and isinstance(text, str):
        if expected in ("time", "date-time") and re.search(r":60(\D|$)", text):
            return "leap second"
        if expected in ("date", "date-time") and (text.startswith("0000") or text[4:10] == "-02-29"):
            return "no such day"
        if expected == "hostname" and len(text) > 253:
            return "long host name"
    if keyword == "pattern" and re.search(r'["\\]', text):
        return "escaped punctuation"
    if keyword == "pattern" and "\x85" in text:
        return "next line"
    if keyword == "exclusiveMaximum" and text == 0:
        return "minus zero below 0"
    if keyword == "pattern" and DOT in expected and re.search("[\n\r\u2028\u2029]", text):
        return "line terminator"
    return None


STRING = r'"(?:[^"\\]|\\.)*"'

def shorter_seconds(text):
    return re.sub(r"(:\d\d\.\d{9})\d+", r"\1", re.sub(r"(\d)[zt](?=[\d\"])", lambda match: match[0].upper(), text))


def full_duration(text):
    def full(match):
        short = re.sub(r"(\d{16})\d+", r"\1", match[0])
        return re.sub(r"(H)(\d+S)", r"\g<1>0M\2", re.sub(r"(Y)(\d+D)", r"\g<1>0M\2", re.sub(r'(\d)(?=[T"])', r"\1D", short)))
    return re.sub(r'"P[0-9YMWDTHS]+"', full, text)


def plain_address(text):
    def plain(match):
        return f'"a@{"b" * min(60, max(1, len(match[0]) - 4))}"'
    return re.sub(r'"[^"@]*@(?:[^"\\]|\\.)*"', plain, text)


# Rewritings of a text, by the class of a difference that they remove.
NARROWINGS = [
    ("time", shorter_seconds), ("duration", full_duration), ("mail", plain_address),
]
REFERENCE_NARROWINGS = [
    ("minus zero", lambda text: re.sub(STRING + r"|-0(?=[,}\]]|$)", lambda m: "0" if m[0] == "-0" else m[0], text)),
    ("zeros", lambda text: re.sub(
        STRING + r"|(-?\d+)\.0+(?!\d)|(-?\d+\.\d*?)0+(?!\d)", lambda m: m[1] or m[2] or m[0], text)),
    ("short fraction", lambda text: re.sub(
        STRING + r"|(-?\d+\.\d)(?!\d)", lambda m: m[1] + "0" if m[1] else m[0], text)),
    ("fraction", lambda text: re.sub(
        STRING + r"|(-?\d+)\.\d+", lambda m: str(int(m[1]) + (m[1] != "-0")) if m[1] else m[0], text)),
    ("white space", lambda text: text.replace("\ufeff", " ")),
    ("IPv4 in IPv6", lambda text: re.sub(
        r"(:)(\d+\.){3}\d+\"", r'\g<1>0:0"', text)),
]


def judge(document, validator, follows, accepts):
    """The class of a document that llguidance permits and Martlet does not; nil if it has none.

    `follows` says whether Martlet permits the beginning of a text, `accepts` a whole one.
    """
    try:
        value = validation.parse(document)
    except validation.DuplicateName:
        return "repeated name"
    written = document.decode()
    strings = re.finditer(STRING, written)
    escaped = [string for string in strings if canonical.string(validation.parse(string[0].encode())) != string[0]]
    errors = list(validator.errors(value))
    if errors:
        if any(written[string.end():].startswith(":") for string in escaped):
            return "escaped name"
        classes = [invalid(leaf) for error in errors for leaf in leaves(error)]
        return next(filter(None, classes), None)
    text = canonical.write(value)
    if accepts(text):
        return "escape" if escaped else None
    if is_arranged(value, follows, accepts):
        return "key order"
    for name, rewriting in NARROWINGS:
        rewritten = rewriting(text)
        if rewritten != text and (accepts(rewritten) or is_arranged(validation.parse(rewritten.encode()), follows, accepts)):
            return name
        text = rewritten
    return None


def is_valid(document, validator):
    try:
        return validator.accepts(validation.parse(document))
    except validation.DuplicateName:
        return False


def is_arranged(value, follows, accepts, limit=600):
    """Whether the value is permitted with the members of its objects in some order; false if that is hard to find."""
    # Names that are known come first, and those that a pattern lists are short.
    for is_reversed in (False, True):
        if accepts(canonical.write(value, lambda names: sorted(sorted(names, reverse=is_reversed), key=len))):
            return True
    left = limit

    def some(beginnings):
        nonlocal left
        left -= 1
        return follows(beginnings) if left > 0 else [False] * len(beginnings)

    return any(accepts(text) for text in itertools.islice(canonical.arrangements(value, some), 50))


def judge_own(document, validator, follows, accepts):
    """The class of a document that Martlet permits and llguidance does not; nil if it has none.

    `follows` and `accepts` ask llguidance.
    """
    value = validation.parse(document)
    if any(validator.errors(value)):
        return None
    text = document.decode()
    for name, rewriting in REFERENCE_NARROWINGS:
        rewritten = rewriting(text)
        if rewritten != text and accepts(rewritten):
            return name
        text = rewritten
    return "key order" if is_arranged(value, follows, accepts) else None
