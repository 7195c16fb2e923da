"""Instructions that have nothing to do with the question: roles, rules, Markdown, descriptions of tools and formats, examples.

A small model meets such text in front of every question that an agent framework sends. It is made of our own sentences.
"""

import json

from corpus import words
from corpus.common_words import prose
from corpus.grammar import capitalized, say
from corpus.noise_sentences import CODE, ENDINGS, EXAMPLES, FORMATS, GOALS, HEADINGS, INTRODUCTIONS, LIMITS, REFERENCES, RULES, STEPS, TOOLS, TOPICS

PARAGRAPHS = [RULES, STEPS, LIMITS, TOPICS, GOALS, FORMATS, TOOLS, REFERENCES]


def _slots(rng, split):
    return {"n": words.name(rng, split), "w": words.word(rng, split), "v": words.word(rng, split), "t": rng.choice(words.PLAIN), "u": rng.choice(words.PLAIN),
            "i": words.identifier(rng, split), "c": rng.randint(2, 20), "thing": rng.choice(words.THINGS), "bar": "|", "open": "(", "close": ")"}


def sentence(rng, split, source):
    return say(rng, rng.choice(source), **_slots(rng, split))


def introduction(rng, split):
    return sentence(rng, split, INTRODUCTIONS)


def _paragraph(rng, split):
    kinds = rng.sample(PARAGRAPHS, 2)
    return " ".join(sentence(rng, split, rng.choice(kinds)) for _ in range(rng.randint(1, 4)))


def _bullets(rng, split):
    source, mark = rng.choice(PARAGRAPHS), rng.choice(["- ", "* ", "  - ", "\u2022 "])
    return "\n".join(mark + sentence(rng, split, source) for _ in range(rng.randint(2, 6)))


def _numbered(rng, split):
    source = rng.choice([STEPS, RULES, GOALS])
    return "\n".join(f"{i + 1}{rng.choice('..)')} {sentence(rng, split, source)}" for i in range(rng.randint(2, 6)))


def _heading(rng, split):
    text = sentence(rng, split, HEADINGS)
    return rng.choice(["# {}", "## {}", "### {}", "**{}**", "{}:", "<{}>", "=== {} ===", "[{}]"]).replace("{}", text)


def _tool_list(rng, split):
    """Tools as a framework without native calls would describe them; they are text, and cannot be called."""
    lines = [rng.choice(["You have access to these tools:", "Available tools:", "The following functions can be used:", "Tools:"])]
    for _ in range(rng.randint(1, 4)):
        name, key = f"{words.word(rng, split)}_{words.word(rng, split, (1, 2))}", words.word(rng, split, (1, 2))
        about = sentence(rng, split, TOOLS)
        lines.append(rng.choice([f"- {name}({key}: str) -> str: {about}", f"{name}: {about}", f"Tool Name: {name}\nTool Arguments: {{'{key}': {{'type': 'string'}}}}\n"
                                 f"Tool Description: {about}", f"def {name}({key}: string) -> string:\n    \"\"\"{about}\n\n    Args:\n        {key}: The {key}.\n    \"\"\"",
                                 json.dumps({"type": "function", "function": {"name": name, "description": about, "parameters": {
                                     "type": "object", "properties": {key: {"type": "string", "description": f"The {key}"}}, "required": [key]}}})]))
    return "\n".join(lines)


def _json_block(rng, split):
    """An example of a format that nobody asks for, or a schema."""
    keys = [words.word(rng, split, (1, 2)) for _ in range(rng.randint(1, 3))]
    if rng.random() < 0.5:
        value = {key: rng.choice([words.word(rng, split), rng.randint(0, 99), True, [words.word(rng, split)]]) for key in keys}
    else:
        value = {"$defs": {capitalized(keys[0]): {"type": "object", "properties": {"value": {"type": "integer", "description": "The value"}}, "additionalProperties": False}},
                 "properties": {key: {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": capitalized(key)} for key in keys},
                 "required": keys, "title": capitalized(words.word(rng, split)), "type": "object"}
    text = json.dumps(value, indent=rng.choice([None, 2, 4]))
    return rng.choice(["```json\n{}\n```", "```\n{}\n```", "{}", "For example:\n{}", "Example of a "
                                                                                     "record:\n```\n{}\n```"]).replace("{}", text)


def _example(rng, split):
    return sentence(rng, split, EXAMPLES)


def _prose(rng, split):
    return prose(rng, rng.randint(8, 60))


def _code(rng, split):
    """A block of code about nothing, as agents that write code are shown."""
    lines = [sentence(rng, split, CODE) for _ in range(rng.randint(2, 7))]
    return rng.choice(["```python\n{}\n```", "```py\n{}\n```", "<code>\n{}\n</code>", "Code:\n{}"]).replace("{}", "\n".join(lines))


def _section(rng, split):
    body = rng.choices([_paragraph, _bullets, _numbered, _tool_list, _json_block, _example, _prose, _code], [5, 4, 3, 2, 2, 2, 3, 1])[0](rng, split)
    return f"{_heading(rng, split)}\n{body}" if rng.random() < 0.4 else body


def text(rng, split, characters):
    """Instructions of about so many characters: an introduction, sections, and perhaps a last reminder."""
    parts = [introduction(rng, split)]
    size = len(parts[0])
    while size < characters:
        # Short texts have no long sections.
        part = _section(rng, split) if characters - size > 250 else sentence(rng, split, rng.choice(PARAGRAPHS))
        parts.append(part)
        size += len(part) + 2
    if rng.random() < 0.3:
        parts.append(sentence(rng, split, ENDINGS))
    return rng.choice(["\n\n", "\n\n", "\n", " "]).join(parts)


def document(rng, split, characters):
    """Prose about nothing in particular, as a user would paste it."""
    parts, size = [], 0
    while size < characters:
        part = " ".join(sentence(rng, split, rng.choice([TOPICS, REFERENCES, GOALS])) for _ in range(rng.randint(2, 6)))
        parts.append(part)
        size += len(part) + 2
    return rng.choice(["\n\n", "\n", " "]).join(parts)


