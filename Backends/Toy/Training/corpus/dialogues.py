"""Dialogues of two and three turns whose last question refers to what was said before."""

from conversation import Conversation, Message
from corpus import arithmetic, words
from corpus.checks import Contains, Exact, Number, Sequence
from corpus.fact_tables import CAPITALS, OPPOSITES, PLURALS
from corpus.grammar import TEST, a, say
from corpus.translation_tables import LANGUAGES, WORDS

ANIMALS = ["cat", "dog", "horse", "parrot", "rabbit", "hamster"]
FILLERS = [("Thanks!", "You are welcome!"), ("OK.", "Good. What would you like next?"), ("How are you?", "I am fine, thank you. How can I help you?")]


def statement(rng, split):
    """What a user says of themselves, the reply, the questions for it, the answer and what it needs."""
    return rng.choice([_name, _name, _colour, _home, _pet, _age, _code, _code, _thing])(rng, split)


def _name(rng, split):
    value = words.person(rng, split)
    said = say(rng, "(My name is|I am|I'm|You can call me|People call me|Hello, I am|Hi, my name is) {v}(.|!|)", v=value)
    asked = "(What is|What's|Do you know|Do you remember|Can you tell me|Say|Tell me) my name(?||, please?)|Who am I?|What was my name( again|)?"
    return said, f"Hello, {value}! How can I help you?", asked, f"Your name is {value}.", [value]


def _colour(rng, split):
    value = rng.choice(words.COLOURS)
    said = say(rng, "My favourite (colour|color) is {v}(.|!|)|(I like|I love) {v} (best|most) of all colours.", v=value)
    asked = "(What is|What's|Do you know|Do you remember|Tell me) my favourite (colour|color)(?||, please?)|(Which|What) (colour|color) do I like best?"
    return said, f"{value.capitalize()} is a nice colour.", asked, f"Your favourite colour is {value}.", [value]


def _home(rng, split):
    value, (verb, asks) = words.name(rng, split), rng.choice([("live in", "do I live"), ("come from", "do I come from"), ("am from", "am I from"),
                                                             ("work in", "do I work"), ("was born in", "was I born")])
    said = say(rng, "I {w} {v}(.|!|)", w=verb, v=value)
    asked = f"Where {asks}?|(Do you know|Do you remember|Can you tell me) where I {verb.removesuffix(' in').removesuffix(' from')}" \
            f"{' from' if 'from' in verb else ''}?|(Which|What) (city|town|place) did I (mention|name)?"
    return said, f"{value} sounds like a nice place.", asked, f"You said {value}.", [value]


def _pet(rng, split):
    value, animal = words.person(rng, split), rng.choice(ANIMALS)
    said = say(rng, "(I have a|We have a|I own a) {a} (named|called) {v}(.|)|My {a} is (named|called) {v}(.|)|"
                    "The name of my {a} is {v}(.|)", a=animal, v=value)
    asked = f"(What is|What's|Do you know|Do you remember|Tell me) (the name of my {animal}|my {animal}'s name)(?||, please?)|What is my {animal} called?"
    return said, f"{value} is a nice name for a {animal}.", asked, f"Your {animal} is called {value}.", [value]


def _age(rng, split):
    value = str(rng.randint(5, 99))
    said = say(rng, "I am {v} years old(.|)|I'm {v}( years old|)(.|)|My age is {v}(.|)", v=value)
    return said, f"{value} is a good age.", "How old am I?|(What is|What's|Do you know|Do you remember|Tell me) my age(?||, please?)", \
        f"You are {value} years old.", [value]


def _code(rng, split):
    value, noun = words.identifier(rng, split), rng.choice(["code", "number", "id", "password", "order number", "reference"])
    said = say(rng, "(Remember|Please remember|Keep in mind|Note|Save) (this|the) {n}: {v}(.|)|(My|The) {n} is "
                    "{v}(.|)", n=noun, v=value)
    asked = f"(What is|What's|What was|Tell me|Repeat|Give me) (the|my) {noun}( again|)(?||, please?)|(Which|What) {noun} did I (give you|mention)?"
    return said, f"OK, I will remember {value}.", asked, value, [value]


def _thing(rng, split):
    value = a(rng.choice(words.THINGS))
    verb, base = rng.choice([("bought", "buy"), ("found", "find"), ("lost", "lose"), ("sold", "sell"), ("got", "get")])
    when = rng.choice([" today", " yesterday", " this morning", ""])
    said = say(rng, "I {b} {v}{w}(.|)", b=verb, v=value, w=when)
    return said, f"{value.capitalize()}! Tell me more.", f"What did I {base}{when}?|What was it that I {verb}{when}?", f"It was {value}.", [value]


def remember(rng, split):
    """One or two statements, perhaps something in between, then a question about one of them."""
    first = statement(rng, split)
    messages = [Message("user", first[0]), Message("assistant", first[1])]
    asked = first
    if rng.random() < 0.35:
        second = statement(rng, split)
        while second[3].split()[:2] == first[3].split()[:2] or second[2] == first[2]:
            second = statement(rng, split)
        messages += [Message("user", second[0]), Message("assistant", second[1])]
        asked = rng.choice([first, second])
    elif rng.random() < 0.5:
        question, answer = rng.choice(FILLERS) if rng.random() < 0.5 else _sum(rng, split)
        messages += [Message("user", question), Message("assistant", answer)]
    messages += [Message("user", say(rng, asked[2])), Message("assistant", asked[3])]
    return Conversation("dialogues", messages, check=Contains(asked[4]))


def _sum(rng, split):
    exchange = arithmetic.question(rng, split)
    return exchange.question, exchange.answer


def go_on_with_number(rng, split):
    """A sum, then another operation on its result."""
    while True:
        kind = rng.choice(["plus", "minus"])
        x, y = arithmetic.operands(rng, split, kind)
        first = arithmetic.RESULTS[kind](x, y)
        then = rng.choice(["plus", "minus", "times"] if first <= 12 else ["plus", "minus"])
        _, c = arithmetic.operands(rng, split, then)
        c = rng.randint(2, 9) if then == "times" else c
        second = arithmetic.RESULTS[then](first, c)
        if first <= 99 and 0 <= second <= 198 and arithmetic.is_held_out(then, first, c) == (split == TEST):
            break
    text = say(rng, {"plus": "(Add|Now add|And add|Then add|Please add) {c}( to (that|it|the result)|)(.|, please.|)|"
                             "(And|Now) plus {c}(?|.)|(What is|And what is) that plus {c}?",
                            "minus": "(Subtract|Now subtract|Take|Now take|Then subtract) {c}( from (that|it|"
                                     "the result))(.|, please.|)|(And|Now) minus {c}(?|.)|(What is|"
                                     "And what is) that minus {c}?",
                            "times": "(Multiply|Now multiply|Then multiply) (that|it|the result) by {c}(.|, please.|)|"
                                     "(And|Now) times {c}(?|.)|(What is|And what is) that times {c}?"}[then], c=c)
    messages = [Message("user", say(rng, arithmetic.QUESTIONS[kind], a=x, b=y)), Message("assistant", arithmetic.statement(kind, x, y) + "."),
                Message("user", text), Message("assistant", arithmetic.statement(then, first, c) + ".")]
    return Conversation("dialogues", messages, check=Number(second))


def same_of_another(rng, split):
    """A question, then the same of something else."""
    kind = rng.randrange(4)
    if kind == 0:
        x, y = rng.sample(list(CAPITALS), 2)
        first, answer = f"(What is|What's|Tell me|Name) the capital of {x}(?|.|)", f"The capital of {x} is {CAPITALS[x]}."
        final, needed = f"The capital of {y} is {CAPITALS[y]}.", CAPITALS[y]
    elif kind == 1:
        x, y = rng.sample([pair[0] for pair in OPPOSITES[:40] if pair[0] != "old"], 2)
        table = dict(OPPOSITES)
        first, answer = f"(What is|What's|Tell me) the opposite of {x}(?|.|)", f"The opposite of {x} is {table[x]}."
        final, needed = f"The opposite of {y} is {table[y]}.", table[y]
    elif kind == 2:
        x, y = rng.sample(list(PLURALS), 2)
        first, answer = f"(What is|What's|Tell me) the plural of {x}(?|.|)", f"The plural of {x} is {PLURALS[x]}."
        final, needed = f"The plural of {y} is {PLURALS[y]}.", PLURALS[y]
    else:
        x, y = rng.sample(list(WORDS), 2)
        language = rng.choice(LANGUAGES)
        first, answer = f"(How do you say|What is) \"{x}\" in {language}?|Translate \"{x}\" (to|into) {language}(.|)", WORDS[x][language]
        final = needed = WORDS[y][language]
    text = say(rng, "(And|What about|And what about|How about|And for|Now|And now|The same for|And of|What of) {y}(?||"
                    ", please?)|And {y}, please(?|.)", y=y)
    messages = [Message("user", say(rng, first)), Message("assistant", answer), Message("user", text), Message("assistant", final)]
    return Conversation("dialogues", messages, check=Exact(final) if kind == 3 else Contains([f"is {needed}"]))


def change_what_was_said(rng, split):
    """A word or list from before, changed: in capitals, in another language, again, reversed."""
    kind = rng.randrange(4)
    if kind == 0:
        word = rng.choice(list(WORDS))
        first, second = rng.sample(LANGUAGES, 2)
        question, answer = f"(How do you say|What is) \"{word}\" in {first}?", WORDS[word][first]
        source, final = f"(And|Now|And now|What about|And what is it) in {second}(?|, please?|)", WORDS[word][second]
        check = Exact(final)
    elif kind == 1:
        content = words.phrase(rng, split, (1, 3))
        question, answer = f"(Repeat after me|Say this|Repeat): {content}", content
        source, final = "(Now|And now|Again, but|Now say it|Now write it|The same) in (upper case|capital letters|capitals)(.|, please.|)", content.upper()
        check = Exact(final, matches_case=True)
    elif kind == 2:
        items = [words.word(rng, split, (1, 2)) for _ in range(3)]
        question, answer = f"(Repeat these words|Say these words|Repeat): {', '.join(items)}", ", ".join(items)
        source, final = "(Now|And now|Again, but) (backwards|in reverse order|from last to first)(.|, please.|)", ", ".join(items[::-1])
        check = Sequence(items[::-1])
    else:
        exchange = arithmetic.question(rng, split)
        question, answer = exchange.question, exchange.answer
        source, final = "(Say that again|Again|Repeat that|Once more|Can you repeat that|What did you say|Please repeat your answer)(, please|)(.|?|)", answer
        check = Exact(final)
    messages = [Message("user", say(rng, question)), Message("assistant", answer), Message("user", say(rng, source)), Message("assistant", final)]
    return Conversation("dialogues", messages, check=check)


KINDS = [(remember, 45), (go_on_with_number, 20), (same_of_another, 20), (change_what_was_said, 15)]


def conversation(rng, split):
    makers, weights = zip(*KINDS)
    return rng.choices(makers, weights)[0](rng, split)
