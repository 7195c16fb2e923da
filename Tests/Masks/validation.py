"""JSON Schema's meaning as the package jsonschema has it (draft 2020-12), with exact numbers and ECMA-262's patterns."""

import json
import re
from decimal import Decimal

from jsonschema import Draft202012Validator, ValidationError, validators

# Keywords whose value is a schema, a list of schemas, or schemas by name.
ONE = {"additionalProperties", "items", "not", "if", "then", "else"}
LIST = {"allOf", "anyOf", "oneOf", "prefixItems"}
NAMED = {"properties", "patternProperties", "$defs", "definitions"}

SPACE = r"\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def parse(text):
    """Bytes as a value; ValueError for text that is not JSON, and for a name that an object has twice."""
    def members(pairs):
        if len({name for name, _ in pairs}) < len(pairs):
            raise DuplicateName
        return dict(pairs)
    return json.loads(text.decode(), parse_float=number, parse_int=number, parse_constant=refuse, object_pairs_hook=members)


class DuplicateName(ValueError):
    pass


def number(text):
    """An integer without a decimal point and an exponent, which are the only ones that are quick."""
    mantissa, _, power = text.lower().partition("e")
    if len(power.lstrip("+-0")) > 5:
        # Only numbers without bounds have an exponent: the size does not matter.
        text = f"{mantissa}e{power[:1].strip('0123456789')}99999"
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def refuse(name):
    raise ValueError(name)


def python_pattern(pattern):
    """A pattern of ECMA-262 for `re`."""
    result, position, in_class = "", 0, False
    while position < len(pattern):
        letter = pattern[position]
        escape = pattern[position:position + 2] if letter == "\\" else None
        if escape in ("\\d", "\\w", "\\s"):
            letters = {"\\d": "0-9", "\\w": "A-Za-z0-9_", "\\s": SPACE}[escape]
            result += letters if in_class else f"[{letters}]"
        elif escape in ("\\D", "\\W", "\\S") and not in_class:
            letters = {"\\D": "0-9", "\\W": "A-Za-z0-9_", "\\S": SPACE}[escape]
            result += f"[^{letters}]"
        elif escape == "\\/":
            result += "/"
        elif escape:
            result += escape
        elif letter == "[":
            in_class = True
            result += letter
        elif letter == "]":
            in_class = False
            result += letter
        elif letter == "$" and not in_class:
            result += r"\Z"
        elif letter == "." and not in_class:
            result += r"[^\n\r\u2028\u2029]"
        else:
            result += letter
        position += 2 if escape else 1
    return result.replace("(?<", "(?P<")


def translated(schema):
    """A schema with Python's patterns, and decimal numbers for those with a fraction."""
    if not isinstance(schema, dict):
        return schema
    result = {}
    for name, value in schema.items():
        if name in ONE:
            value = translated(value)
        elif name in LIST:
            value = [translated(part) for part in value]
        elif name in NAMED:
            key = python_pattern if name == "patternProperties" else str
            value = {key(member): translated(part) for member, part in value.items()}
        elif name == "pattern":
            value = python_pattern(value)
        result[name] = value
    return result


def is_integer(_, value):
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or isinstance(value, Decimal) and value == value.to_integral_value()


def is_number(_, value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def multiple_of(validator, divisor, value, schema):
    if is_number(None, value) and not is_multiple(value, divisor):
        yield ValidationError(f"{value} is not a multiple of {divisor}")


def is_multiple(value, divisor):
    """Exactly, also with large exponents."""
    (_, digits, power), (_, divisor_digits, divisor_power) = Decimal(value).as_tuple(), Decimal(divisor).as_tuple()
    value, divisor = int("".join(map(str, digits))), int("".join(map(str, divisor_digits)))
    shift = power - divisor_power
    if shift >= 0:
        return value * pow(10, shift, divisor) % divisor == 0
    return value == 0 or -shift <= len(digits) and value % (divisor * 10 ** -shift) == 0


TYPES = Draft202012Validator.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": is_number})
Exact = validators.extend(Draft202012Validator, {"multipleOf": multiple_of}, type_checker=TYPES)


class Validator:
    def __init__(self, schema):
        exact = json.loads(json.dumps(schema, ensure_ascii=False), parse_float=Decimal)
        self.validator = Exact(translated(exact), format_checker=Draft202012Validator.FORMAT_CHECKER)

    def accepts(self, value):
        return self.validator.is_valid(value)

    def errors(self, value):
        return self.validator.iter_errors(value)
