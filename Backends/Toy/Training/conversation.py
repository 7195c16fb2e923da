"""Conversations as the corpus makes them: messages, what is offered beside them, and how their last answer is judged."""

from dataclasses import dataclass, field


@dataclass
class Call:
    """A tool call. Arguments that a client sent and that are not JSON are a text."""
    name: str
    arguments: dict | str


@dataclass
class Message:
    """A message of a chat. An assistant's is learned unless `is_learned` is false."""
    role: str
    content: str = ""
    calls: list = field(default_factory=list)
    thought: str | None = None
    is_learned: bool = True


@dataclass
class Tool:
    """A function that a request offers, with the JSON Schema of its parameters."""
    name: str
    description: str
    parameters: dict


@dataclass
class Conversation:
    """A chat whose last message is the answer that is judged, or plain `lines`, each what is given and what is learned.

    `skill` is a row of the table in the card. `check` judges a reply to everything before the last message.
    `accepts_noise` says whether instructions that have nothing to do with the answer may stand in front.
    """
    skill: str
    messages: list = field(default_factory=list)
    tools: list = field(default_factory=list)
    schema: dict | None = None
    wants_json: bool = False
    thinks: bool = False
    check: object = None
    accepts_noise: bool = True
    lines: list = field(default_factory=list)


@dataclass
class Exchange:
    """A question that needs nothing around it, and its answer."""
    skill: str
    question: str
    answer: str
    check: object


def chat(exchange, system=None):
    """The conversation of one exchange."""
    messages = [Message("system", system)] if system else []
    messages += [Message("user", exchange.question), Message("assistant", exchange.answer)]
    return Conversation(exchange.skill, messages, check=exchange.check)
