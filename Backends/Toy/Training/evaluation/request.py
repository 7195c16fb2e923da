"""A conversation as the body of a request to OpenAI's chat completions, and such a body as a conversation."""

import json

import template
from conversation import Call, Conversation, Message, Tool


def body(conversation):
    """The request whose reply is the last message."""
    made = {"messages": _messages(conversation.messages[:-1])}
    if conversation.tools:
        made["tools"] = [{"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}}
                         for tool in conversation.tools]
    if conversation.schema is not None:
        made["response_format"] = {"type": "json_schema", "json_schema": {"name": "reply", "schema": conversation.schema, "strict": True}}
    elif conversation.wants_json:
        made["response_format"] = {"type": "json_object"}
    if conversation.thinks:
        made["reasoning_effort"] = "medium"
    return made


def _messages(messages):
    """Each call has an id, and results name theirs in order."""
    written, pending = [], []
    for message in messages:
        one = {"role": message.role, "content": message.content}
        if message.calls:
            pending = [f"call_{len(written)}_{i}" for i in range(len(message.calls))]
            one["content"] = message.content or None
            one["tool_calls"] = [{"id": id, "type": "function", "function": {
                "name": call.name, "arguments": json.dumps(call.arguments, separators=(",", ":"))}}
                for id, call in zip(pending, message.calls)]
        if message.role == "tool":
            one["tool_call_id"] = pending.pop(0) if pending else "call"
        written.append(one)
    return written


def conversation(body):
    """What a request asks for, with an empty answer."""
    messages = [Message(_role(one), _text(one.get("content")), [_call(call["function"]) for call in one.get("tool_calls") or []])
                for one in body["messages"]]
    offered = [] if body.get("tool_choice") == "none" else [tool["function"] for tool in body.get("tools") or []]
    tools = [Tool(tool["name"], tool.get("description"), tool.get("parameters")) for tool in offered]
    form = body.get("response_format") or {}
    thinks = (body.get("reasoning_effort") not in (None, "none", "minimal")
              or (body.get("chat_template_kwargs") or {}).get("enable_thinking") is True)
    return Conversation("request", [*messages, Message("assistant")], tools, (form.get("json_schema") or {}).get("schema"),
                        form.get("type", "text") != "text", thinks)


def pieces(body):
    """The prompt of a request, each piece as [text, whether it is markup]. Neighbouring pieces of one kind are one."""
    joined = []
    for piece in template.render_prompt(conversation(body)):
        if joined and joined[-1][1] == piece.is_markup:
            joined[-1][0] += piece.text
        else:
            joined.append([piece.text, piece.is_markup])
    return joined


def _role(message):
    return "system" if message["role"] == "developer" else message["role"]


def _text(content):
    return content if isinstance(content, str) else "".join(part["text"] for part in content or [] if part["type"] == "text")


def _call(function):
    """Arguments that are not JSON stay as they are; empty ones are none."""
    try:
        return Call(function["name"], json.loads(function["arguments"].strip() or "{}"))
    except ValueError:
        return Call(function["name"], function["arguments"])
