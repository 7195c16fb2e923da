"""The rows of the card's table: how prompts of each are made, and the share that must be right."""

from dataclasses import dataclass

from conversation import Conversation, Message, chat
from corpus import (arithmetic, copying, dialogues, facts, greetings, mixture, needles, noise, pairs, passages, personas, schemas, stories, thinking,
                    tools, translation, unknown)
from corpus.checks import Not

TEST = "test"


@dataclass(frozen=True)
class Row:
    """`make(rng)` makes a conversation with a check. `bar` is in per cent; with `is_at_most`, of what must not happen."""
    name: str
    make: object
    bar: float
    temperature: float = 0.0
    is_at_most: bool = False
    allowance: float | None = None  # points under the row of `beside`, instead of a bar
    beside: str | None = None


def _exchange(maker):
    return lambda rng: chat(maker(rng, TEST))


def _conversation(maker):
    return lambda rng: maker(rng, TEST)


KNOWN = [arithmetic.question, facts.question, greetings.question, copying.question, translation.question]


def known(rng):
    return rng.choice(KNOWN)(rng, TEST)


def _known_not_refused(rng):
    one = known(rng)
    one.check = Not()
    return chat(one)


def _behind_noise(characters):
    """A known skill behind instructions that no training has seen."""
    def make(rng):
        made = chat(known(rng))
        made.messages.insert(0, Message("system", noise.text(rng, TEST, characters)))
        return made
    return make


def _passage(rng):
    return chat(passages.question(rng, TEST)) if rng.random() < 0.75 else passages.conversation(rng, TEST)


def _arithmetic_or_fact(rng):
    return chat(rng.choice([arithmetic.question, facts.question])(rng, TEST))


def _needle(characters, skill):
    return lambda rng: needles.conversation(rng, TEST, characters, skill)


def _extraction_by_tool(rng):
    return tools.one_call(rng, TEST) if rng.random() < 0.75 else schemas.by_tool(rng, TEST)


def ten_turns(rng):
    """Ten exchanges of known skills in one chat, for reading."""
    messages = []
    for _ in range(10):
        one = mixture.exchange(rng, TEST)
        messages += [Message("user", one.question), Message("assistant", one.answer)]
    return Conversation("ten turns", messages)


ROWS = [
    Row("arithmetic", _exchange(arithmetic.question), 97), Row("word problems", _exchange(arithmetic.problem), 90),
    Row("facts", _exchange(facts.question), 99), Row("facts in longer questions", _exchange(facts.in_longer_question), 95),
    Row("greetings and usage", _exchange(greetings.question), 98), Row("copying, counting, sorting", _exchange(copying.question), 95),
    Row("upper case, longer word", _exchange(copying.hard_question), 85), Row("translations", _exchange(translation.question), 97),
    Row("passages", _passage, 80), Row("dialogues", _conversation(dialogues.conversation), 80),
    Row("stories", _exchange(stories.story), 90), Row("says that it does not know", _exchange(unknown.question), 90),
    Row("does not know its own skills", _known_not_refused, 3, is_at_most=True),
    Row("right tool", _conversation(tools.right_tool), 90), Row("tool arguments", _extraction_by_tool, 85), Row("two calls", _conversation(tools.two_calls), 80),
    Row("no tool fits", _conversation(tools.no_tool), 90), Row("answers from results", _conversation(tools.results), 95),
    Row("JSON, valid without a constraint", _conversation(schemas.by_prompt), 75),
    Row("JSON, right values", _conversation(schemas.by_format), 80),
    Row("thinking", _conversation(thinking.conversation), 95), Row("system prompts", _conversation(personas.conversation), 85),
    Row("behind 1,500 tokens of instructions", _behind_noise(4_800), 0, allowance=10, beside="known skills"),
    Row("behind 3,500 tokens of instructions", _behind_noise(11_000), 0, allowance=20, beside="known skills"),
    Row("known skills", lambda rng: chat(known(rng)), 97),
    Row("a fact 800 tokens earlier", _needle(2_400, needles.NEAR), 80), Row("a fact 3,000 tokens earlier", _needle(9_300, needles.FAR), 50),
    Row("arithmetic and facts at 0.8", _arithmetic_or_fact, 80, temperature=0.8),
]
EMBEDDINGS, EMBEDDINGS_BAR = "embeddings of triples", 90


def triples(rng, count):
    return [pairs.triple(rng, TEST) for _ in range(count)]
