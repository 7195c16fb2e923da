"""How a reply is judged. A check is exact where the answer is exact, and asks for words where several answers are right."""

import json
import re
from dataclasses import dataclass, field

WORD = re.compile(r"[^\W_]+")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
DOES_NOT_KNOW = re.compile(r"\b(do not know|don't know|cannot|can't|not able|too small|small model|no idea)\b", re.I)


def words(text):
    """A text as a string of lower-case words between single spaces, to find whole words in."""
    return " " + " ".join(WORD.findall(text.lower())) + " "


def normal(text):
    """A text without case, outer quotes and a final full stop."""
    return text.strip().strip('"').rstrip(".!").strip().lower()


class Check:
    def passes(self, reply):
        """Whether a `reply.Reply` is right."""
        raise NotImplementedError


@dataclass
class Number(Check):
    """The last number of the text is `value`, and there is no call."""
    value: float

    def passes(self, reply):
        found = NUMBER.findall(reply.text.replace("\u2212", "-").replace(" - ", " minus "))
        return not reply.calls and bool(found) and float(found[-1]) == self.value


@dataclass
class Exact(Check):
    """The text is `value`; unless it `matches_case`, case and a final full stop do not matter."""
    value: str
    matches_case: bool = False

    def passes(self, reply):
        if self.matches_case:
            return reply.text.strip().rstrip(".") == self.value.rstrip(".") and not reply.calls
        return normal(reply.text) == normal(self.value) and not reply.calls


@dataclass
class Contains(Check):
    """The text has all of `needed` as whole words, some one of each tuple, and none of `excluded`; at most `words`."""
    needed: list
    excluded: list = field(default_factory=list)
    longest: int = 60

    def passes(self, reply):
        text = words(reply.text)
        some = all(any(words(one) in text for one in ([part] if isinstance(part, str) else part)) for part in self.needed)
        return some and not reply.calls and not any(words(part) in text for part in self.excluded) \
            and len(text.split()) <= self.longest


@dataclass
class Sequence(Check):
    """The words of the text, or with `within` of its last line, are `items` in this order, and no others beside `and`."""
    items: list

    def passes(self, reply):
        text = reply.text.split(":")[-1]
        return [word for word in words(text).split() if word != "and"] == [str(item).lower() for item in self.items]


@dataclass
class OneOf(Check):
    """The text begins with one of `openings` as whole words, or has one of `anywhere`."""
    openings: tuple = ()
    anywhere: tuple = ()

    def passes(self, reply):
        text = words(reply.text)
        return not reply.calls and (any(text.startswith(words(opening)) for opening in self.openings)
                                    or any(words(part) in text for part in self.anywhere))


@dataclass
class Choices(Check):
    """A list of `count` different members of `members`."""
    members: list
    count: int

    def passes(self, reply):
        text = words(reply.text.split(":")[-1]).split()
        chosen = [word for word in text if word != "and"]
        return len(chosen) == len(set(chosen)) == self.count and set(chosen) <= {member.lower() for member in self.members}


@dataclass
class Ignorance(Check):
    """The text says that the model does not know, or that it is small, and calls nothing."""

    def passes(self, reply):
        return bool(DOES_NOT_KNOW.search(reply.text)) and not reply.calls


@dataclass
class Calls(Check):
    """The calls are `calls`, (name, arguments) in any order. Strings are compared without case.

    With `names_only` the arguments do not matter.
    """
    calls: list
    names_only: bool = False

    def passes(self, reply):
        def key(call):
            name, arguments = call
            return name if self.names_only else (name, json.dumps(arguments, sort_keys=True).lower())
        return sorted(map(str, map(key, reply.calls))) == sorted(map(str, map(key, self.calls)))


@dataclass
class Values(Check):
    """The text is a JSON object that is valid against `schema` and, with `values`, has these; strings without case."""
    schema: dict
    values: dict | None = None

    def passes(self, reply):
        try:
            value = json.loads(reply.text)
        except ValueError:
            return False
        if not valid(value, self.schema):
            return False
        return self.values is None or all(_same(value.get(name), wanted) for name, wanted in self.values.items())


def _same(value, wanted):
    return json.dumps(value, sort_keys=True).lower() == json.dumps(wanted, sort_keys=True).lower()


def valid(value, schema):
    """Validity against the keywords that the corpus uses: type, enum, items, properties, required, additionalProperties."""
    kind = schema.get("type")
    if "enum" in schema and value not in schema["enum"]:
        return False
    if kind == "object":
        properties = schema.get("properties", {})
        return isinstance(value, dict) and all(name in value for name in schema.get("required", [])) \
            and (schema.get("additionalProperties", True) is not False or all(name in properties for name in value)) \
            and all(valid(value[name], properties[name]) for name in value if name in properties)
    if kind == "array":
        return isinstance(value, list) and all(valid(item, schema.get("items", {})) for item in value)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    tests = {"string": isinstance(value, str), "boolean": isinstance(value, bool), "null": value is None,
             "number": is_number, "integer": is_number and float(value).is_integer()}
    return tests.get(kind, True)


@dataclass
class Story(Check):
    """Between `shortest` and `longest` sentences, and all of `kept` in the text."""
    kept: list
    shortest: int
    longest: int

    def passes(self, reply):
        sentences = len(re.findall(r"[.!?](?:\s|$)", reply.text))
        text = words(reply.text)
        return self.shortest <= sentences <= self.longest and all(words(part) in text for part in self.kept)


@dataclass
class Thought(Check):
    """There is a thought, its last number or word is that of the answer, and the answer passes `answer`."""
    answer: Check

    def passes(self, reply):
        if not reply.thought or not self.answer.passes(reply):
            return False
        return words(reply.text).split()[-1] in words(reply.thought).split()


@dataclass
class Not(Check):
    """A check of skills that the model has: it must not say that it does not know."""

    def passes(self, reply):
        return not DOES_NOT_KNOW.search(reply.text)
