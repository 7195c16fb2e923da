"""Exercises without a chat around them, many in one text: two fifths of it are learned, in chats one.

Most are shorter than a question, such as `7 plus 8 is 15.`; some are questions of the other families. A training begins with
them. How often there is each depends on how much there is to learn: sums of 20,000 pairs, 1,400 translations.
"""

from conversation import Conversation
from corpus import arithmetic, copying, facts, thinking, translation, words
from corpus.fact_tables import KINDS
from corpus.grammar import draw

CHARACTERS = 560


def _sum(rng, split):
    """A sum in the words of its answer, or with a sign, as where nothing but a number is wanted."""
    kind = arithmetic.operation(rng)
    a, b = arithmetic.operands(rng, split, kind)
    if rng.random() < 0.35:
        return [(f"{a} {rng.choice(arithmetic.SYMBOLS[kind])} {b} =", f" {arithmetic.RESULTS[kind](a, b)}\n")]
    statement, value = arithmetic.statement(kind, a, b).rsplit(" ", 1)
    return [(statement, f" {value}.\n")]


def _steps(rng, split):
    kind = arithmetic.operation(rng)
    a, b = arithmetic.operands(rng, split, kind)
    return [(f"Steps of {a} {kind} {b}:\n", thinking.steps(kind, a, b) + "\n")]


def _fact(rng, split):
    """A fact as a sentence to complete, or after a colon; as a question if its answer has another form."""
    exchange = facts.question(rng, split)
    if " is " not in exchange.answer or exchange.answer.startswith(("Yes.", "No.")):
        return [(exchange.question + "\n", exchange.answer + "\n")]
    begin, end = exchange.answer.rstrip(".").rsplit(" is ", 1)
    if rng.random() < 0.4:
        return [(begin.removeprefix("The ") + ":\n", end + "\n")]
    return [(f"{begin} is", f" {end}.\n")]


def _translation(rng, split):
    english, foreign, language, is_known_back = translation.entry(rng)
    if is_known_back and rng.random() < 0.4:
        return [(f"{foreign} in English:\n", f"{english}\n")]
    return [(f"{english} in {language}:\n", f"{foreign}\n")]


def _repetition(rng, split):
    content = rng.choice([words.phrase, words.identifier, words.name])(rng, split)
    return [(f"Repeat: {content}\n", f"{content}\n")]


def _reversal(rng, split):
    items = draw(rng, split, lambda: [copying.item(rng, split) for _ in range(rng.choice([2, 3, 3, 4]))], " ".join)
    return [(f"Reverse: {rng.choice([' ', ', ']).join(items)}\n", f"{', '.join(reversed(items))}\n")]


def _order(rng, split):
    numbers = draw(rng, split, lambda: rng.sample(range(100), 3))
    is_down = rng.random() < 0.3
    shown, result = (", ".join(map(str, some)) for some in (numbers, sorted(numbers, reverse=is_down)))
    return [(f"{'Sort down' if is_down else 'Sort'}: {shown}\n", f"{result}\n")]


def _count(rng, split):
    numbers = list(range(first := rng.randint(1, 40), first + rng.randint(3, 12)))
    if rng.random() < 0.3:
        numbers.reverse()
    return [(f"Count: {numbers[0]} to {numbers[-1]}\n", ", ".join(map(str, numbers)) + "\n")]


def _list(rng, split):
    kind, n = rng.choice(list(KINDS)), rng.randint(2, 6)
    return [(f"{n} {kind}:\n", ", ".join(KINDS[kind][:n]) + "\n")]


def _case(rng, split):
    content = draw(rng, split, lambda: " ".join(copying.item(rng, split) for _ in range(rng.randint(1, 3))))
    if rng.random() < 0.75:
        return [(f"Upper case: {content}\n", f"{content.upper()}\n")]
    return [(f"Lower case: {content.upper()}\n", f"{content}\n")]


def _spelling(rng, split):
    word = copying.item(rng, split)
    return [(f"Spell {word}:\n", f"{'-'.join(word.upper())}: {len(word)} letters.\n")]


def _asked(maker):
    """A maker of lines from one of questions."""
    def make(rng, split):
        exchange = maker(rng, split)
        return [(exchange.question + "\n", exchange.answer + "\n")]
    return make


def _look_up(rng, split):
    """Names with values, then some of the names again, each with its value."""
    values = [words.identifier, words.name, words.phrase, lambda rng, split: rng.choice(words.COLOURS), lambda rng, split: str(rng.randint(1, 999))]
    table = {rng.choice([words.name, copying.item])(rng, split): rng.choice(values)(rng, split) for _ in range(rng.randint(2, 6))}
    is_sentence = rng.random() < 0.5
    given = "".join(f"{name} is {value}.\n" if is_sentence else f"{name}: {value}\n" for name, value in table.items())
    asked = rng.sample(list(table), rng.randint(1, len(table)))
    return [(given, "")] + [(f"What is {name}?\n", f"{name} is {table[name]}.\n") if is_sentence else (f"{name}:\n", f"{table[name]}\n") for name in asked]


EXERCISES = [
    (_sum, 34), (_steps, 3), (_asked(arithmetic.question), 4), (_asked(arithmetic.problem), 4), (_fact, 5), (_asked(facts.order), 3),
    (_asked(facts.yes_or_no), 3), (_asked(facts.question), 3), (_translation, 15), (_asked(translation.question), 4), (_repetition, 4), (_reversal, 3),
    (_order, 9), (_count, 4), (_list, 2), (_asked(copying.question), 5), (_case, 7), (_spelling, 6), (_asked(copying.longer), 5),
    (_asked(copying.upper), 3), (_look_up, 4)]


def text(rng, split):
    """Lines of one kind, or of two."""
    makers, weights = zip(*EXERCISES)
    kinds = rng.choices(makers, weights, k=rng.choice([1, 1, 2]))
    lines, characters, longest = [], 0, rng.randint(CHARACTERS // 3, CHARACTERS)
    while characters < longest:
        lines += rng.choice(kinds)(rng, split)
        characters = sum(len(given) + len(learned) for given, learned in lines)
    return Conversation("drills", lines=lines, accepts_noise=False)
