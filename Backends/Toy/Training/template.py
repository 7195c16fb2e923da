"""The chat template, in the words of the card (Backends/Toy/README.md, "Template").

A rendered conversation is a list of pieces. Markup pieces are special tokens; text pieces are encoded without special
tokens, so that no content can end its own message.
"""

import json
from dataclasses import dataclass

import schema_type

START, END, STOP = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
THINK, THINK_END = "<think>", "</think>"
CALL, CALL_END = "<tool_call>", "</tool_call>"
SPECIAL = [STOP, START, END, THINK, THINK_END, CALL, CALL_END]

THINK_REQUEST = "Think first."
JSON_REQUEST = "Reply with JSON."


@dataclass(frozen=True)
class Piece:
    """A part of a rendered conversation; `is_learned` marks what the model is trained to write."""
    text: str
    is_markup: bool = False
    is_learned: bool = False


def tool_line(tool):
    """`name(argument: type, optional?: type): first paragraph of the description`, on one line."""
    signature = tool.name + schema_type.signature(tool.parameters or {})
    description = " ".join((tool.description or "").strip().split("\n\n")[0].split())
    return f"{signature}: {description}" if description else signature


def call_text(call):
    """A call as the model writes it between its delimiters."""
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)
    return f'{{"name": {json.dumps(call.name, ensure_ascii=False)}, "arguments": {arguments}}}'


def head(conversation):
    """The messages that the template adds after the leading system messages, as (role, content)."""
    if conversation.tools:
        yield "tools", "\n".join(tool_line(tool) for tool in conversation.tools)
    if conversation.schema is not None or conversation.wants_json:
        name = schema_type.type_name(conversation.schema)
        yield "format", JSON_REQUEST if name in ("any", "object") else f"{JSON_REQUEST[:-1]}: {name}"
    if conversation.thinks:
        yield "system", THINK_REQUEST


def render(conversation):
    """The pieces of a conversation, or of plain lines."""
    if conversation.lines:
        pieces = [Piece(text, is_learned=learned) for line in conversation.lines for text, learned in zip(line, (False, True)) if text]
        return pieces + [Piece(STOP, is_markup=True, is_learned=True)]
    pieces = []
    messages = conversation.messages
    leading = next((i for i, message in enumerate(messages) if message.role != "system"), len(messages))
    for message in messages[:leading]:
        pieces += _plain(message.role, message.content)
    for role, content in head(conversation):
        pieces += _plain(role, content)
    for message in messages[leading:]:
        pieces += _answer(message) if message.role == "assistant" else _plain(message.role, message.content)
    return _joined(pieces)


def render_prompt(conversation):
    """The pieces up to where the last message, the answer, begins."""
    messages = conversation.messages[:-1]
    pieces = render(type(conversation)(
        conversation.skill, messages, conversation.tools, conversation.schema, conversation.wants_json, conversation.thinks))
    return pieces + [Piece(START, is_markup=True), Piece("assistant\n")]


def _plain(role, content):
    return [Piece(START, is_markup=True), Piece(f"{role}\n{content}"), Piece(END, is_markup=True), Piece("\n")]


def _answer(message):
    """An assistant's message. What it thought is not repeated to it: only learned thoughts are written."""
    learned = message.is_learned
    pieces = [Piece(START, is_markup=True), Piece("assistant\n")]
    if message.thought is not None and learned:
        pieces += [Piece(THINK, True, True), Piece(message.thought, is_learned=True), Piece(THINK_END, True, True)]
    if message.content:
        pieces.append(Piece(message.content, is_learned=learned))
    for call in message.calls:
        pieces += [Piece(CALL, True, learned), Piece(call_text(call), is_learned=learned), Piece(CALL_END, True, learned)]
    return pieces + [Piece(END, True, learned), Piece("\n")]


def _joined(pieces):
    """Neighbouring pieces of text that are learned alike are one piece, since tokens may span them."""
    joined = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and not last.is_markup and not piece.is_markup and last.is_learned == piece.is_learned:
            joined[-1] = Piece(last.text + piece.text, False, piece.is_learned)
        else:
            joined.append(piece)
    return joined
