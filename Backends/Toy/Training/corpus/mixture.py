"""The corpus: how much of each family there is, and what stands around its conversations."""

import random
from dataclasses import dataclass

from conversation import Conversation, Exchange, Message, chat
from corpus import (arithmetic, copying, dialogues, drills, facts, greetings, needles, noise, passages, personas, schemas, stories, thinking, tools,
                    translation, unknown)
from corpus.grammar import say

# Families whose questions stand alone, and may follow each other in one chat.
EXCHANGES = {
    "arithmetic": (14, arithmetic.question), "word problems": (5, arithmetic.problem), "facts": (12, facts.question),
    "facts in longer questions": (3, facts.in_longer_question), "greetings": (5, greetings.question), "copying": (12, copying.question),
    "upper case, longer word": (5, copying.hard_question), "translation": (11, translation.question), "passages": (6, passages.question),
    "stories": (4, stories.question), "does not know": (5, unknown.question),
}
# Families with something beside the question: tools, a schema, a system prompt, an earlier message.
CONVERSATIONS = {
    "passages in chats": (2, passages.conversation), "dialogues": (10, dialogues.conversation), "raw stories": (1, stories.raw),
    "tools": (15, tools.conversation), "schemas": (9, schemas.conversation), "thinking": (5, thinking.conversation),
    "system prompts": (8, personas.conversation),
}
CASUAL = {"arithmetic", "word problems", "facts", "greetings", "does not know"}
NEEDLES, DRILLS = "facts stated earlier", "drills"
FAMILIES = [*EXCHANGES, *CONVERSATIONS, NEEDLES, DRILLS]
CHARACTERS_PER_TOKEN = 3

SYSTEM = ("You are a helpful assistant.|You are a helpful assistant.|You are a (friendly|useful|kind|small|"
          "polite) assistant.|You are a (helpful|friendly) (AI |)(assistant|chatbot|bot).|"
          "Be (brief|concise|helpful|precise|friendly).|(Answer|Reply|Respond) (briefly|concisely|in one sentence|"
          "in short sentences|clearly|politely).|(Help|Assist) the user.|"
          "You are an AI assistant(.| that helps people.| that answers questions.)|You (answer|help with) questions(.|"
          " about everything.)|Assistant")
TASK = ("(Current task|Task|Question|User request|Request|User|Query|The user asks|User question|Message|"
        "Input): {q}(\n\n{n}|\n{n}|)|{n}\n\n(Current task|Task|Question|User request|Request|User|"
        "Query|Input|Message):( |\n){q}|{n}\n\n{q}|{q}\n\n{n}")


@dataclass(frozen=True)
class Stage:
    """A part of the curriculum: the longest conversation in tokens, how many have noise, and how many are needles or drills."""
    longest: int
    noise: float
    needles: float
    drills: float


STAGES = {"drills": Stage(256, 0.05, 0.01, 0.60), "short": Stage(256, 0.15, 0.01, 0.18), "middle": Stage(512, 0.30, 0.02, 0.12),
          "long": Stage(1_024, 0.45, 0.04, 0.10), "full": Stage(4_096, 0.55, 0.08, 0.08)}


def make(name, rng, split):
    """A conversation of a family, with nothing around it."""
    if name in EXCHANGES:
        return chat(_casual(rng, name, EXCHANGES[name][1](rng, split)))
    return CONVERSATIONS[name][1](rng, split)


def conversation(rng, split, stage):
    """A family's name, and a conversation as it is trained on."""
    if rng.random() < stage.needles:
        return NEEDLES, needles.conversation(rng, split, _characters(rng, stage))
    if rng.random() < stage.drills:
        return DRILLS, drills.text(rng, split)
    shares = {**EXCHANGES, **CONVERSATIONS}
    name = rng.choices(list(shares), [share for share, _ in shares.values()])[0]
    made = make(name, rng, split)
    if made.lines:
        return name, made
    if name in EXCHANGES and rng.random() < 0.6:
        _append(rng, split, made)
    elif rng.random() < 0.2 and made.accepts_noise:
        _prepend(rng, split, made)
    if made.accepts_noise and rng.random() < stage.noise:
        add_noise(rng, split, made, _characters(rng, stage))
    elif made.messages[0].role != "system" and not made.thinks and rng.random() < 0.3:
        made.messages.insert(0, Message("system", say(rng, SYSTEM)))
    return name, made


def exchange(rng, split):
    """A question and answer of any family that stands alone. Long ones are left out."""
    names = [name for name in EXCHANGES if name not in ("stories", "passages")]
    name = rng.choices(names, [EXCHANGES[name][0] for name in names])[0]
    return _casual(rng, name, EXCHANGES[name][1](rng, split))


def _casual(rng, name, one: Exchange):
    """As some people type: without capitals. Only where the answer copies nothing whose case matters."""
    if name in CASUAL and rng.random() < 0.12:
        whole = rng.random() < 0.4
        one.question = one.question.lower() if whole else one.question[:1].lower() + one.question[1:]
    return one


def _messages(one: Exchange):
    return [Message("user", one.question), Message("assistant", one.answer)]


def _append(rng, split, made: Conversation):
    """One to four exchanges more, each of which is learned too."""
    for _ in range(rng.choice([1, 1, 2, 2, 3, 4])):
        made.messages += _messages(exchange(rng, split))


def _prepend(rng, split, made: Conversation):
    """An exchange before the one that matters."""
    at = next(i for i, message in enumerate(made.messages) if message.role != "system")
    made.messages[at:at] = _messages(exchange(rng, split))
    if made.messages[0].role == "system" or made.thinks:
        # The answer before would not follow the system prompt, or would lack a thought.
        for message in made.messages[at:at + 2]:
            message.is_learned = False


def _characters(rng, stage):
    """A length of noise, more often short than long, at most what a stage has room for."""
    longest = (stage.longest - 150) * CHARACTERS_PER_TOKEN
    return int(150 * (longest / 150) ** rng.random() ** 0.7)


def add_noise(rng, split, made: Conversation, characters):
    """Puts instructions in front: in the system prompt, or around the question."""
    text = noise.text(rng, split, characters)
    first = next(message for message in made.messages if message.role != "system")
    if first is made.messages[0]:
        if rng.random() < 0.25 and first.role == "user":
            first.content = say(rng, TASK, q=first.content, n=text)
            if rng.random() < 0.5:
                made.messages.insert(0, Message("system", noise.text(rng, split, characters // 2)))
        else:
            made.messages.insert(0, Message("system", text))
    else:
        made.messages[0].content = text + rng.choice(["\n\n", "\n", " "]) + made.messages[0].content


def random_for(*key):
    """A generator that depends on the key alone."""
    return random.Random("/".join(map(str, key)))
