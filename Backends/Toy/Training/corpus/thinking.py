"""Thoughts: the steps of a sum, or what a question is about, and an answer that agrees with them."""

from conversation import Conversation, Message
from corpus import arithmetic, copying, facts, greetings, translation, unknown
from corpus.checks import Thought
from corpus.grammar import ask


def steps(kind, a, b):
    """A sum in tens and ones."""
    value = arithmetic.RESULTS[kind](a, b)
    if kind == "plus" and a > 9 and b > 9:
        tens, ones = a // 10 * 10 + b // 10 * 10, a % 10 + b % 10
        return f"{a // 10 * 10} plus {b // 10 * 10} is {tens}. {a % 10} plus {b % 10} is {ones}. {tens} plus {ones} is {value}."
    if kind == "minus" and a > 9 and b > 9:
        tens = a - b // 10 * 10
        return f"{a} minus {b // 10 * 10} is {tens}. {tens} minus {b % 10} is {value}."
    return f"{a} {kind} {b} is {value}."


def sums(rng, split):
    kind = arithmetic.operation(rng)
    a, b = arithmetic.operands(rng, split, kind)
    text = ask(rng, split, arithmetic.QUESTIONS[kind], a=a, b=b)
    return text, steps(kind, a, b), arithmetic.statement(kind, a, b) + ".", arithmetic.Number(arithmetic.RESULTS[kind](a, b))


# What a question is about, by the module that makes it.
TOPICS = [(facts.capital, "The question is about a capital."), (facts.opposite, "The question is about an opposite."),
          (facts.plural, "The question is about a plural."), (facts.order, "The question is about an order."),
          (facts.colour, "The question is about a colour."),
          (translation.question, "This is a translation."), (copying.sort_numbers, "I put the numbers in order."), (copying.reverse, "I turn the order around."),
          (copying.repeat, "I repeat the text."), (greetings.question, "The user talks to me."), (unknown.question, "This is an open question.")]


def topics(rng, split):
    maker, topic = rng.choice(TOPICS)
    exchange = maker(rng, split)
    return exchange.question, f"{topic} {exchange.answer}", exchange.answer, exchange.check


def conversation(rng, split):
    text, thought, answer, check = (sums if rng.random() < 0.55 else topics)(rng, split)
    messages = [Message("user", text), Message("assistant", answer, thought=thought)]
    return Conversation("thinking", messages, thinks=True, check=Thought(check), accepts_noise=rng.random() < 0.4)
