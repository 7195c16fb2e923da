"""Exercises without a chat around them, a line each: two fifths of the text are learned, in chats one.

Sums, words of other languages, facts, copying, and values to be looked up, many in one text. A training begins with them.
"""

from conversation import Conversation
from corpus import arithmetic, copying, facts, words
from corpus.grammar import draw
from corpus.translation_tables import LANGUAGES, PHRASES, WORDS

CHARACTERS = 560


def _sum(rng, split):
    kind = arithmetic.operation(rng)
    a, b = arithmetic.operands(rng, split, kind)
    statement, value = arithmetic.statement(kind, a, b).rsplit(" ", 1)
    return [(statement, f" {value}.\n")]


def _fact(rng, split):
    exchange = facts.question(rng, split)
    if " is " not in exchange.answer:
        return [(exchange.question + "\n", exchange.answer + "\n")]
    begin, end = exchange.answer.rsplit(" is ", 1)
    return [(f"{begin} is", f" {end}\n")]


def _translation(rng, split):
    table = WORDS if rng.random() < 0.8 else PHRASES
    english, language = rng.choice(list(table)), rng.choice(LANGUAGES)
    return [(f"{english} in {language}:\n", f"{table[english][language]}\n")]


def _repetition(rng, split):
    content = rng.choice([words.phrase, words.identifier, words.name])(rng, split)
    return [(f"Repeat: {content}\n", f"{content}\n")]


def _reversal(rng, split):
    items = draw(rng, split, lambda: [copying.item(rng, split) for _ in range(rng.choice([2, 3, 3, 4]))], " ".join)
    return [(f"Reverse: {rng.choice([' ', ', ']).join(items)}\n", f"{', '.join(reversed(items))}\n")]


def _order(rng, split):
    numbers = draw(rng, split, lambda: rng.sample(range(100), rng.choice([3, 3, 4])))
    is_down = rng.random() < 0.3
    shown, result = (", ".join(map(str, some)) for some in (numbers, sorted(numbers, reverse=is_down)))
    return [(f"{'Sort down' if is_down else 'Sort'}: {shown}\n", f"{result}\n")]


def _case(rng, split):
    content = draw(rng, split, lambda: " ".join(copying.item(rng, split) for _ in range(rng.randint(1, 3))))
    if rng.random() < 0.75:
        return [(f"Upper case: {content}\n", f"{content.upper()}\n")]
    return [(f"Lower case: {content.upper()}\n", f"{content}\n")]


def _look_up(rng, split):
    """Names with values, then some of the names again, each with its value."""
    values = [words.identifier, words.name, words.phrase, lambda rng, split: rng.choice(words.COLOURS), lambda rng, split: str(rng.randint(1, 999))]
    table = {rng.choice([words.name, copying.item])(rng, split): rng.choice(values)(rng, split) for _ in range(rng.randint(2, 6))}
    is_sentence = rng.random() < 0.5
    given = "".join(f"{name} is {value}.\n" if is_sentence else f"{name}: {value}\n" for name, value in table.items())
    asked = rng.sample(list(table), rng.randint(1, len(table)))
    return [(given, "")] + [(f"What is {name}?\n", f"{name} is {table[name]}.\n") if is_sentence else (f"{name}:\n", f"{table[name]}\n") for name in asked]


EXERCISES = [(_sum, 26), (_fact, 14), (_translation, 14), (_repetition, 14), (_reversal, 9), (_order, 8), (_case, 6), (_look_up, 12)]


def text(rng, split):
    """Lines of one kind, or of two."""
    makers, weights = zip(*EXERCISES)
    kinds = rng.choices(makers, weights, k=rng.choice([1, 1, 2]))
    lines, characters, longest = [], 0, rng.randint(CHARACTERS // 3, CHARACTERS)
    while characters < longest:
        lines += rng.choice(kinds)(rng, split)
        characters = sum(len(given) + len(learned) for given, learned in lines)
    return Conversation("drills", lines=lines, accepts_noise=False)
