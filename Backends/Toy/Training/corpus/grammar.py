"""Phrasings from alternatives, and the split between what is trained on and what is kept for evaluation.

A source such as `(What is|What's|Tell me) the capital of {country}(?|, please?)` is expanded at random. A phrasing is the
whole expansion with its slots still open: one in ten of them, chosen by a checksum, is never trained on, although each of
its words is.
"""

import re
import zlib
from functools import lru_cache

TRAIN, TEST = "train", "test"
HELD_OUT = 10  # one in so many
ATTEMPTS = 2_000
SLOT = re.compile(r"\{(\w+)\}")


def belongs(key, split):
    """Whether a phrasing or a content is in a split."""
    return (zlib.crc32(key.encode()) % HELD_OUT == 0) == (split == TEST)


def draw(rng, split, make, key=str):
    """The first of `make()`'s values that is in the split."""
    for _ in range(ATTEMPTS):
        value = make()
        if belongs(key(value), split):
            return value
    raise ValueError(f"no value for {split} in {ATTEMPTS} attempts: {key(make())}")


@lru_cache(maxsize=None)
def _parsed(source):
    tree, end = _alternatives(source, 0)
    if end != len(source):
        raise ValueError(f"unbalanced parentheses: {source}")
    return tree


def _alternatives(source, start):
    """Alternatives, each a list of texts and nested alternatives, from `start` to a closing parenthesis or the end."""
    options, parts, text, i = [], [], "", start
    while i < len(source) and source[i] != ")":
        if source[i] == "(":
            nested, i = _alternatives(source, i + 1)
            if i >= len(source):
                raise ValueError(f"unbalanced parentheses: {source}")
            parts, text = parts + [text, nested], ""
        elif source[i] == "|":
            options, parts, text = options + [parts + [text]], [], ""
        else:
            text += source[i]
        i += 1
    return options + [parts + [text]], i


def _expanded(rng, options):
    chosen = options[int(rng.random() * len(options))]
    return "".join(part if isinstance(part, str) else _expanded(rng, part) for part in chosen)


def fill(text, slots):
    """A text with its slots filled. A slot's value is not searched for slots."""
    return SLOT.sub(lambda match: str(slots[match[1]]), text)


def say(rng, source, **slots):
    """A phrasing of what is not held out, such as an answer."""
    return fill(_expanded(rng, _parsed(source)), slots)


def ask(rng, split, source, **slots):
    """A phrasing of the split."""
    return fill(draw(rng, split, lambda: _expanded(rng, _parsed(source))), slots)


def count(source):
    """How many expansions a source has."""
    def options(tree):
        return sum(_product(part) for part in tree)

    def _product(parts):
        total = 1
        for part in parts:
            total *= 1 if isinstance(part, str) else options(part)
        return total
    return options(_parsed(source))


def a(word):
    """A word with its indefinite article."""
    return ("an " if word[0].lower() in "aeiou" else "a ") + word


def listed(words, last="and"):
    """`x`, `x and y`, `x, y and z`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def capitalized(text):
    return text[:1].upper() + text[1:]


def request(thing):
    """The source of a question for something, or of an order to give it."""
    return ("(What is|What's|Can you tell me|Could you tell me|Do you know|Quick question: what is|May I ask what is|"
            "And what is) " + thing +
            "(?|?||, please?)|(Tell me|Name|Give me|Say|I want to know|I would like to know|I need to know|"
            "Please tell me|Please give me) " +
            thing + "(.|.||, please.)")
