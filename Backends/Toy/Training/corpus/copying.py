"""Repeating, counting, listing, reversing, sorting, upper case, the longer word. What is copied has never been seen."""

from conversation import Exchange
from corpus import words
from corpus.checks import Choices, Exact, Sequence
from corpus.fact_tables import KINDS
from corpus.grammar import ask, draw, listed

POLITE = "(|Please |Can you |Could you |I want you to )"


def repeat(rng, split):
    kind = rng.random()
    if kind < 0.45:
        content = words.phrase(rng, split)
    elif kind < 0.65:
        content = words.identifier(rng, split)
    elif kind < 0.85:
        content = words.name(rng, split)
    else:
        content = " ".join(words.name(rng, split) for _ in range(2))
    text = ask(rng, split, POLITE + "(repeat|say) (after me|this|the following|these words)( word for word| exactly|"
                                    "): {x}(|.)|"
               "(Repeat|Say|Echo|Copy|Print|Output|Write|Return|Type) (exactly |only |just |)(the text |the words |"
               ")\"{x}\"(|.| and nothing else.|, please.)|"
               "(Echo|Repeat|Copy|Print)(:| this:) {x}|(Reply|Answer|Respond) with (exactly |only |just |)(this|"
               "the text|the words): {x}|"
               "(Reply|Answer|Respond) with (exactly |only |just |)\"{x}\"(.|| and nothing else.)", x=content)
    return Exchange("copying", text, content, Exact(content))


def count_to(rng, split):
    first = rng.randint(1, 40) if rng.random() < 0.6 else 1
    last = first + rng.randint(2, 11)
    is_down = rng.random() < 0.2
    a, b = (last, first) if is_down else (first, last)
    numbers = list(range(a, b - 1, -1)) if is_down else list(range(a, b + 1))
    text = ask(rng, split, "(Count|Please count|Can you count|Could you count|I want you to count|Now count) (|"
                           "for me )from {a} " +
               ("(down |)" if is_down else "(up |)") + "to {b}(|.|!|, please.)|"
               "(Write|List|Say|Give me|Print|Show me) (all |)the numbers from {a} to {b}(|.|, please.)", a=a, b=b)
    return Exchange("copying", text, ", ".join(map(str, numbers)), Sequence(numbers))


def list_kind(rng, split):
    kind = rng.choice(list(KINDS))
    n = rng.randint(2, 6)
    number = rng.choice([str(n), ["two", "three", "four", "five", "six"][n - 2]])
    text = ask(rng, split, "(Name|List|Give me|Tell me|Write|Write down|Can you name|Could you list|Please name|"
                           "Please list|I need|Show me|Say|Think of) "
               "{n} {k}(|.|, please.|!)|(What are|Which are) {n} {k}?|{n} {k}(, please.| please|:)", n=number, k=kind)
    members = KINDS[kind][:n]
    return Exchange("copying", text, ", ".join(members), Choices(KINDS[kind], n))


def reverse(rng, split):
    items = draw(rng, split, lambda: [item(rng, split) for _ in range(rng.choice([2, 3, 3, 3]))], " ".join)
    text = ask(rng, split, "(Reverse|Please reverse|Turn around|Can you reverse|Could you reverse|"
                           "Invert) (the order of |)(these|the|the following) (words|"
               "items|names)(:| -) {x}(|.)|(Write|Say|Repeat|Give me|List|Print) (these|the|the following) (words|"
               "items) (backwards|in reverse( order|)|in the "
               "opposite order|from last to first): {x}(|.)", x=rng.choice([" ", ", "]).join(items))
    return Exchange("copying", text, ", ".join(reversed(items)), Sequence(items[::-1]))


def item(rng, split):
    return rng.choice(words.PLAIN) if rng.random() < 0.5 else words.word(rng, split, (1, 2))


def sort_numbers(rng, split):
    def make():
        return rng.sample(range(0, 100), 3)
    numbers = draw(rng, split, make)
    is_down = rng.random() < 0.3
    order = " {o}" if is_down else "( {o}|)"
    text = ask(rng, split, "(Sort|Please sort|Order|Arrange|Can you sort|Could you sort|Put) (these|the|"
                           "the following) (numbers|values)" + order +
               "(:| -) {x}(|.)|(Sort|Order|Arrange) {x}" + order + "(|.|, please.)|(Write|List|Give me) {x} {o}(|.)",
               x=listed(list(map(str, numbers))) if rng.random() < 0.4 else ", ".join(map(str, numbers)),
               o="from largest to smallest" if is_down else rng.choice(["from smallest to largest", "in ascending "
                                                                                                    "order", "in order"]))
    result = sorted(numbers, reverse=is_down)
    return Exchange("copying", text, ", ".join(map(str, result)), Sequence(result))


def upper(rng, split):
    content = draw(rng, split, lambda: " ".join(item(rng, split) for _ in range(rng.randint(1, 3))))
    is_upper = rng.random() < 0.75
    shown = content if is_upper else content.upper()
    text = ask(rng, split, "(Write|Put|Say|Print|Give me|Repeat|Type|Please write|Can you write|Could you write|"
                           "Convert) (the words |this |)\"{x}\" (in|to|into) "
               "{k}(|.|, please.)|(Make|Turn) \"{x}\" into {k}(|.)|{k}: {x}|(Change|Convert) (this |)(to|"
               "into) {k}: {x}", x=shown,
               k=rng.choice(["upper case", "uppercase", "capital letters", "capitals"]) if is_upper else rng.choice(["lower case", "lowercase"]))
    result = content.upper() if is_upper else content
    return Exchange("upper case, longer word", text, result, Exact(result, matches_case=True))


def longer(rng, split):
    while True:
        first, second = item(rng, split), item(rng, split)
        if abs(len(first) - len(second)) >= 1:
            break
    wants_long = rng.random() < 0.7
    text = ask(rng, split, "(Which|What) (word |)is {k}(:|,) {x} or {y}?|(Which|What) word (is {k}|has {m} letters)(:|"
                           ",) {x} or {y}?|(Tell me|Say|Give me) (which "
               "word is {k}|the {k} word)(:|,) {x} or {y}(|.|?)|(Is|Tell me: is) {x} or {y} {k}?|(Which|"
               "What) is the {k} (word|one)(:|,) {x} or {y}?",
               k="longer" if wants_long else "shorter", m="more" if wants_long else "fewer", x=first, y=second)
    result = max(first, second, key=len) if wants_long else min(first, second, key=len)
    return Exchange("upper case, longer word", text, result, Exact(result))


KINDS_OF_COPYING = [(repeat, 34), (count_to, 16), (list_kind, 14), (reverse, 18), (sort_numbers, 18)]


def question(rng, split):
    makers, weights = zip(*KINDS_OF_COPYING)
    return rng.choices(makers, weights)[0](rng, split)


def hard_question(rng, split):
    return (upper if rng.random() < 0.55 else longer)(rng, split)
