"""JSON as Martlet spells it: compact, with its escapes, and numbers without exponents and trailing zeros."""

from decimal import Decimal

SHORT = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
ESCAPED = {code: f"\\u{code:04x}" for code in [*range(32), 127]} | SHORT


def string(text):
    return '"' + text.translate(ESCAPED) + '"'


def number(value):
    if isinstance(value, int):
        return str(value)
    sign, digits, power = value.as_tuple()
    if value == 0:
        return "0"
    digits = "".join(map(str, digits)).lstrip("0")
    while digits.endswith("0"):
        digits, power = digits[:-1], power + 1
    if power >= 0:
        digits += "0" * power
    else:
        digits = digits.rjust(1 - power, "0")
        digits = f"{digits[:power]}.{digits[power:]}"
    return "-" * sign + digits


def write(value, order=lambda names: names):
    """`order` puts the names of an object's members in an order."""
    match value:
        case None: return "null"
        case bool(): return "true" if value else "false"
        case int() | Decimal(): return number(value)
        case str(): return string(value)
        case list(): return "[" + ",".join(write(element, order) for element in value) + "]"
        case dict():
            members = (string(name) + ":" + write(value[name], order) for name in order(list(value)))
            return "{" + ",".join(members) + "}"
    raise TypeError(type(value))


def arrangements(value, follows, text=""):
    """The texts of a value with the members of its objects in orders in which they can be written, likely ones first.

    `follows` says which texts are beginnings of what can be written.
    """
    if isinstance(value, list):
        text += "["
        for index, element in enumerate(value):
            text = next(arrangements(element, follows, text + ("," if index else "")), None)
            if text is None:
                return
        yield text + "]"
    elif isinstance(value, dict):
        yield from with_members(value, list(value), follows, text + "{")
    else:
        yield text + write(value)


def with_members(value, missing, follows, text):
    if not missing:
        yield text + "}"
        return
    comma = "," if len(missing) < len(value) else ""
    ends = kept({name: f"{text}{comma}{string(name)}:" for name in missing}, follows)
    ends = {name: next(arrangements(value[name], follows, end), None) for name, end in ends.items()}
    ends = kept({name: end for name, end in ends.items() if end is not None}, follows)
    # First the member after which most others can be written.
    further = [(first, f"{end},{string(second)}:") for first, end in ends.items() for second in missing if second != first]
    counts = dict.fromkeys(ends, 0)
    for (first, _), is_possible in zip(further, follows([end for _, end in further])):
        counts[first] += is_possible
    for name in sorted(ends, key=counts.get, reverse=True):
        yield from with_members(value, [other for other in missing if other != name], follows, ends[name])


def kept(texts, follows):
    return {name: text for (name, text), is_kept in zip(texts.items(), follows(list(texts.values()))) if is_kept}
