"""A fact that was stated long before the question for it."""

from conversation import Conversation, Message
from corpus import noise, words
from corpus.checks import Contains
from corpus.dialogues import statement
from corpus.grammar import say

NEAR, FAR = "fact 800 tokens earlier", "fact 3,000 tokens earlier"
SUBJECTS = ["key", "password", "code", "number", "badge", "order number", "colour", "town", "name"]


def _fact(rng, split):
    """A sentence, the question for its value, the answer, and the words that it needs."""
    subject, owner = rng.choice(SUBJECTS), words.name(rng, split)
    if subject in ("town", "name"):
        value = words.name(rng, split)
    else:
        value = rng.choice(words.COLOURS) if subject == "colour" else words.identifier(rng, split)
    told = say(rng, "The {s} of {o} is {v}.|Note: the {s} of {o} is {v}.|(Remember|"
                    "Keep in mind) that the {s} of {o} is {v}.", s=subject, o=owner, v=value)
    asked = say(rng, "(What is|What's|Tell me|Do you remember) the {s} of {o}(?|.)|(Which|What) {s} does {o} have?", s=subject, o=owner)
    return told, asked, f"The {subject} of {owner} is {value}.", [value]


def conversation(rng, split, characters, skill=NEAR):
    """The fact, `characters` of other text, the question. The fact stands in the system prompt, in a pasted text, or in a message."""
    kind = rng.randrange(3)
    if kind == 2:
        said, reply, questions, answer, needed = statement(rng, split)
        messages = [Message("user", said), Message("assistant", reply), Message("user", "Read this: " + noise.document(rng, split, characters)),
                    Message("assistant", "OK. What would you like to know?"), Message("user", say(rng, questions)), Message("assistant", answer)]
        return Conversation(skill, messages, check=Contains(needed), accepts_noise=False)
    told, asked, answer, needed = _fact(rng, split)
    if kind == 0:
        text = f"{noise.introduction(rng, split)} {told} {noise.text(rng, split, characters)}"
        messages = [Message("system", text), Message("user", asked)]
    else:
        text = f"{told} {noise.document(rng, split, characters)}"
        messages = [Message("user", say(rng, "{t}\n\n{q}|Text: {t}\nQuestion: {q}", t=text, q=asked))]
    return Conversation(skill, messages + [Message("assistant", answer)], check=Contains(needed), accepts_noise=False)
