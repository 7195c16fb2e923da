"""Chats with tools: one call, two calls, none that fits, and answers from results."""

import json

from conversation import Call, Conversation, Message, Tool
from corpus import arithmetic, copying, facts, greetings, translation, unknown, words
from corpus.checks import Calls, Contains
from corpus.common_tools import common
from corpus.grammar import capitalized, say
from corpus.tool_grammar import offered

RIGHT_TOOL, ARGUMENTS, TWO_CALLS, NO_TOOL, RESULTS = (
    "right tool", "tool arguments", "two calls", "no tool fits", "tool results")


def _polished(rng, text):
    """An order with its end."""
    if rng.random() < 0.3 and text[-1] not in "?.":
        opening = rng.choice(["Can you ", "Could you ", "Would you "])
        if not text.startswith(("I ", "Please", "Can", "Tell", "Use")):
            return opening + text[0].lower() + text[1:] + "?"
    return text + (say(rng, "(.|.||, please.)") if text[-1] not in "?." else "")


def _shuffled(rng, tools):
    return rng.sample(tools, len(tools))


def _wanted(rng, split):
    """Tools on offer, a sentence, and the call that it asks for. A third of the time the tool is a common one."""
    count = rng.choice([1, 2, 3, 4])
    if rng.random() < 0.33:
        tool, text, call = common(rng, split)
        others = [one.tool for one in offered(rng, split, count - 1) if one.tool.name != tool.name and one.noun not in text.lower()]
        return _shuffled(rng, [tool] + others), text if text[-1] in ".?\"" else _polished(rng, text), call
    while True:
        chosen = offered(rng, split, count)
        text, call = chosen[0].request(rng, split)
        if not any(other.noun in text.lower() for other in chosen[1:]):
            return _shuffled(rng, [one.tool for one in chosen]), _polished(rng, text), call


def one_call(rng, split, names_only=False):
    tools, text, call = _wanted(rng, split)
    messages = [Message("user", text), Message("assistant", calls=[call])]
    skill = RIGHT_TOOL if names_only else ARGUMENTS
    return Conversation(skill, messages, tools=tools, check=Calls([(call.name, call.arguments)], names_only))


def right_tool(rng, split):
    return one_call(rng, split, names_only=True)


def two_calls(rng, split):
    """Two things of two tools, or two of one."""
    if rng.random() < 0.4:
        first_value, second_value = words.name(rng, split), words.name(rng, split)
        tool, key, question = rng.choice([
            ("get_weather", "city", "(What is|How is|Tell me|Check) the weather in {x} and( in|) {y}(?|.)|"
                                    "Compare the weather in {x} and {y}(.|)"),
            ("get_time", "city", "(What time is it|What is the time|Tell me the time) in {x} and( in|) {y}(?|.)"),
            ("get_price", "product", "(What is|Tell me|Get) the price of {x} and( of|) {y}(?|.)"),
            ("get_user", "name", "(Get|Show me|Fetch) the users {x} and {y}(.|)"),
            ("search", "query", "(Search for|Look up) {x} and {y}(.|)")])
        calls = [Call(tool, {key: first_value}), Call(tool, {key: second_value})]
        verb, thing = (tool.split("_") + ["something"])[:2]
        schema = {"type": "object", "properties": {key: {"type": "string"}}, "required": [key]}
        tools = [Tool(tool, f"{capitalized(verb)} the {thing} of one {key}.", schema)]
        tools += [one.tool for one in offered(rng, split, rng.randint(1, 3))[1:] if one.noun not in ("weather", "price", "user")]
        text = say(rng, question, x=first_value, y=second_value)
    else:
        while True:
            chosen = offered(rng, split, rng.choice([2, 3, 4]))
            (first, call), (second, then) = chosen[0].request(rng, split), chosen[1].request(rng, split)
            if not any(other.noun in f"{first} {second}".lower() for other in chosen[2:]) and chosen[1].noun not in first.lower() and chosen[0].noun not in second.lower():
                break
        joint = say(rng, "( and | and then |, then |. Then |. Also |, and also )")
        text = f"{first}{joint}{second[0].lower() if not second.startswith('I ') else 'I'}{second[1:]}" + say(rng, "(.||, please.)")
        calls, tools = [call, then], [one.tool for one in chosen]
    messages = [Message("user", text), Message("assistant", calls=calls)]
    return Conversation(TWO_CALLS, messages, tools=_shuffled(rng, tools), check=Calls([(call.name, call.arguments) for call in calls]))


def no_tool(rng, split):
    """A question that no tool on offer is for."""
    exchange = rng.choice([arithmetic.question, facts.question, greetings.question, copying.question, translation.question, unknown.question])(rng, split)
    while True:
        chosen = offered(rng, split, rng.choice([1, 2, 3, 4]))
        asked = set(exchange.question.lower().split())
        if not any(one.noun in exchange.question.lower() for one in chosen) and not any(set(one.tool.name.lower().split("_")) & asked - {"get", "find", "list"} for one in chosen):
            break
    messages = [Message("user", exchange.question), Message("assistant", exchange.answer)]
    return Conversation(NO_TOOL, messages, tools=[one.tool for one in chosen], check=exchange.check)


KEYS = ["status", "price", "temperature", "sky", "count", "name", "city", "owner", "date", "total", "result", "code", "colour", "speed", "level", "distance",
        "author", "room", "time", "state", "address", "size", "weight", "title"]


def _value(rng, split, key):
    if key in ("price", "temperature", "count", "total", "speed", "level", "distance", "weight"):
        return rng.randint(0, 999)
    if key in ("status", "state"):
        return rng.choice(["open", "closed", "shipped", "pending", "ready", "failed", "done", "active", words.word(rng, split)])
    if key == "sky":
        return rng.choice(["sunny", "cloudy", "grey", "clear", "rainy"])
    if key == "colour":
        return rng.choice(words.COLOURS)
    return words.identifier(rng, split) if key == "code" else words.name(rng, split)


def _result(rng, split):
    """What a tool returns, the answer from it, and the words that the answer needs."""
    if rng.random() < 0.12:
        reason = say(rng, "(not found|access denied|no connection|unknown {n}|too many requests)", n=rng.choice(KEYS))
        content = json.dumps({"error": reason}) if rng.random() < 0.6 else f"Error: {reason}"
        return content, f"The tool failed: {reason}.", [reason]
    if rng.random() < 0.2:
        text = say(rng, "(The {k} of {n} is {v}|{v} {k}, {c}|{n}: {v})", k=rng.choice(KEYS), n=words.name(rng, split), v=rng.randint(1, 99), c=rng.choice(words.COLOURS))
        return text, f"The result is: {text}.", [text]
    if rng.random() < 0.15:
        value = rng.choice([str(rng.randint(0, 9999)), words.name(rng, split), words.identifier(rng, split)])
        return value, f"The result is {value}.", [value]
    keys = rng.sample(KEYS, rng.choice([1, 1, 2, 2, 3]))
    values = {key: _value(rng, split, key) for key in keys}
    content = json.dumps(values, ensure_ascii=False, separators=rng.choice([(", ", ": "), (", ", ": "), (",", ":")]))
    said = [f"the {key} is {value}" for key, value in values.items()]
    answer = capitalized(said[0] if len(said) == 1 else ", ".join(said[:-1]) + " and " + said[-1]) + "."
    return content, answer, [str(value) for value in values.values()]


def results(rng, split, asks_twice=None):
    """A call, its result, and the answer. Sometimes two calls and two results."""
    conversation = (two_calls if (rng.random() < 0.2 if asks_twice is None else asks_twice) else one_call)(rng, split)
    answers, needed = [], []
    for _ in conversation.messages[-1].calls:
        content, answer, parts = _result(rng, split)
        conversation.messages.append(Message("tool", content))
        answers.append(answer)
        needed += parts
    conversation.messages.append(Message("assistant", " ".join(answers)))
    conversation.skill, conversation.check = RESULTS, Contains(needed)
    return conversation


def two_results(rng, split):
    return results(rng, split, asks_twice=True)


KINDS = [(one_call, 42), (two_calls, 24), (no_tool, 12), (results, 18), (two_results, 8)]


def conversation(rng, split):
    makers, weights = zip(*KINDS)
    return rng.choices(makers, weights)[0](rng, split)
