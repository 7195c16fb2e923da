"""Sums, differences and products, and problems in words. One in ten pairs of operands is never trained on.

A table of products is known by heart, as other facts are: the evaluation asks for all of it. What is held out there is never
held out in both orders.
"""

from conversation import Exchange
from corpus import words
from corpus.checks import Number
from corpus.grammar import TEST, ask, belongs, say

SYMBOLS = {"plus": ["+"], "minus": ["-"], "times": ["*", "x", "\u00d7"]}
RESULTS = {"plus": lambda a, b: a + b, "minus": lambda a, b: a - b, "times": lambda a, b: a * b}

ASKED = "(What is|What's|How much is|Can you tell me|Do you know|Quick question: what is|What do you get for|And what is)"
ORDERED = "(Calculate|Compute|Work out|Tell me|Give me|Solve|Find|I need to know|Please work out|Please compute|Evaluate|Please calculate)"


def _amount(value):
    """A question for a value, or an order to find it."""
    return f"{ASKED} {value}(?|?||, please?)|{ORDERED} {value}(.|.||, please.)"


def _done(verb, numbers):
    """An order to do something, or a question what comes of it."""
    return f"({verb}|Please {verb.lower()}|I want you to {verb.lower()}) {numbers}(.|.||, please.| for me.)|" \
           f"(Can|Could) you {verb.lower()} {numbers}(?|?||, please?| for me?)|" \
           f"(What (do you get|is the result)|How much is it) (if|when) (you|I|we) {verb.lower()} {numbers}?"


def _signs(signs):
    return "{a} " + signs + " {b}( =| equals|?| is| makes| = ?| equals what?| is what?|)"


QUESTIONS = {
    "plus": "|".join([_amount("{a} (plus|+) {b}"), _amount("the (sum|total) of {a} and {b}"), _done("Add", "{a} (and|to) {b}"),
                      _signs("(plus|+)")]),
    "minus": "|".join([_amount("{a} (minus|-|less|take away) {b}"), _amount("the difference between {a} and {b}"),
                       _done("Subtract", "{b} from {a}"), _done("Take", "{b} from {a}"), _signs("(minus|-)")]),
    "times": "|".join([_amount("{a} (times|x|*|\u00d7|multiplied by) {b}"), _amount("the product of {a} and {b}"),
                       _done("Multiply", "{a} (by|and|with) {b}"), _signs("(times|x|*|\u00d7)")]),
}
BARE = ("(Just|Only|Answer with only|Reply with only|Give me only|Reply with just) the (number|result)(.|, please.)|"
        "(Answer|Reply) with (a|one|a single) number(.| only.)")

PLUS_PROBLEMS = (
    "{n} (has|owns|starts with) {a} {ts} and (gets|buys|finds|is given|receives|wins) {b} (more|others). How many {ts} "
    "(does {n} have|are there|is that) (now|in all|in total|altogether)?|"
    "There are {a} {ts} (in the box|on the shelf|on the table|in the basket) and {b} (in the bag|on the floor|"
    "on the desk|on the chair). "
    "How many {ts} are there (in all|in total|altogether)?|"
    "{n} (counts|collects|sells) {a} {ts} on (Monday|Saturday) and {b} on (Tuesday|"
    "Sunday). How many {ts} is that (in all|in total|"
    "altogether)?")
MINUS_PROBLEMS = (
    "{n} (has|owns|starts with) {a} {ts} and (gives away|loses|sells|drops|uses) {b}( of them|). How many {ts} "
    "(does {n} have left|are left|remain)?|"
    "There (are|were) {a} {ts} (in the box|on the shelf|on the table|in the basket). {n} takes {b}( of them|)( away|"
    "). How many {ts} "
    "(are left|remain)?|"
    "{n} has {a} {ts} and {m} has (|only ){b}. How many more {ts} does {n} have( than {m}|)?")
TIMES_PROBLEMS = (
    "(There are|{n} has|{n} buys|{n} packs) {a} (boxes|bags|baskets|packets) with {b} {ts} (each|"
    "in each). How many {ts} is that "
    "(in all|in total|altogether)?|"
    "{n} (buys|needs|makes|finds) {b} {ts} (a day|every day|each day). How many {ts} is that (in|after) {a} days?")


def operands(rng, split, operation):
    """Two numbers whose pair is in the split: 0 to 99, a difference at least 0, products of 0 to 12."""
    while True:
        if operation == "times":
            a, b = rng.randint(0, 12), rng.randint(0, 12)
        elif rng.random() < 0.12:
            a, b = rng.randint(0, 9), rng.randint(0, 9)
        else:
            a, b = rng.randint(0, 99), rng.randint(0, 99)
        if operation == "minus":
            a, b = max(a, b), min(a, b)
        if is_held_out(operation, a, b) == (split == TEST) or operation == "times" and split == TEST:
            return a, b


def is_held_out(operation, a, b):
    """Of a product, never in both orders, and no square."""
    is_chosen = belongs(f"{operation} {a} {b}", TEST)
    return is_chosen and (operation != "times" or a != b and not belongs(f"{operation} {b} {a}", TEST))


def operation(rng):
    return rng.choice(["plus", "plus", "minus", "minus", "times"])


def statement(operation, a, b):
    """`23 plus 45 is 68`."""
    return f"{a} {operation} {b} is {RESULTS[operation](a, b)}"


def question(rng, split):
    """One question in words or signs, and its answer as a sentence, or as a number if the question wants no more."""
    kind = operation(rng)
    a, b = operands(rng, split, kind)
    value = RESULTS[kind](a, b)
    text = ask(rng, split, QUESTIONS[kind], a=a, b=b)
    if rng.random() < 0.12:
        text = text if text[-1] in ".?=" else text + "."
        return Exchange("arithmetic", f"{text} {say(rng, BARE)}", str(value), Number(value))
    if rng.random() < 0.08:
        text = f"{a}{rng.choice(SYMBOLS[kind])}{b}{rng.choice(['', '=', '?', '=?'])}"
        return Exchange("arithmetic", text, str(value), Number(value))
    return Exchange("arithmetic", text, statement(kind, a, b) + ".", Number(value))


def problem(rng, split):
    """A problem of two sentences. The answer repeats the sum, then says what it means."""
    kind = operation(rng)
    sources = {"plus": PLUS_PROBLEMS, "minus": MINUS_PROBLEMS, "times": TIMES_PROBLEMS}[kind]
    while True:
        a, b = operands(rng, split, kind)
        if a > 1 and b > 1 and a != b:
            break
    n, m = rng.sample(words.NAMES, 2)
    thing = rng.choice(words.THINGS)
    text = ask(rng, split, sources, a=a, b=b, n=n, m=m, ts=thing + "s")
    value = RESULTS[kind](a, b)
    things = thing if value == 1 else thing + "s"
    return Exchange("word problems", text, f"{statement(kind, a, b)}, so the answer is {value} {things}.", Number(value))
