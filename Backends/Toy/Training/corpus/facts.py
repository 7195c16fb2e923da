"""Capitals, days, months, planets, colours, opposites, plurals, spelling, the alphabet."""

from conversation import Exchange
from corpus import words
from corpus.checks import Contains, Number, Sequence
from corpus.fact_tables import (ALPHABET, CAPITALS, DAYS, MIXED_COLOURS, MONTHS, MONTH_LENGTHS, ONE_WAY_OPPOSITES, OPPOSITES,
                                ORDINALS, OTHER_NAMES, PLANETS, PLURALS, THING_COLOURS)
from corpus.grammar import ask, capitalized, request, say


def capital(rng, split):
    country = rng.choice(list(CAPITALS))
    city = CAPITALS[country]
    name = rng.choice(OTHER_NAMES.get(country, [country]))
    text = ask(rng, split, request("the capital( city|) of {c}") + "|" + request("{c}'s capital( city|)") + "|"
               "(Which|What) city is the capital( city|) of {c}(?||, please?)|"
               "{d}'s capital( city|)(?| is which city?| is called what?|, please.|, what is it?)|"
               "(I am|I'm|We are) (travelling|going|flying|moving) to the capital of {c}. (Which|What) city is (that|"
               "it)?|"
               "The capital of {c} is( ...|:| which city?| what?)", c=name,
               d=capitalized(name))
    return Exchange("facts", text, f"The capital of {name} is {city}.", Contains([city]))


def country_of(rng, split):
    country = rng.choice(list(CAPITALS))
    city = CAPITALS[country]
    text = ask(rng, split, "(Which|What) country (is {c} the capital of|has the capital {c})?|"
               "{c} is the capital of (which|what) country?|Of (which|what) country is {c} the capital?|"
               "(Tell me|Name|Do you know) the country (whose capital is {c}|that has {c} as its capital)(.|, please.|"
               "?)", c=city)
    return Exchange("facts", text, f"{city} is the capital of {country}.",
                    Contains([tuple(OTHER_NAMES.get(country, [country.removeprefix("the ")]))]))


def order(rng, split):
    """The day, month, planet or letter after or before another."""
    kind = rng.randrange(4)
    items = [DAYS, MONTHS, PLANETS, list(ALPHABET)][kind]
    noun = ["day", "month", "planet", "letter"][kind]
    is_cycle = kind < 2
    i = rng.randrange(len(items))
    step = rng.choice([1, -1])
    if not is_cycle and not 0 <= i + step < len(items):
        step = -step
    result = items[(i + step) % len(items)]
    where = "after" if step == 1 else "before"
    shown = items[i].lower() if kind == 3 and rng.random() < 0.3 else items[i]
    follows = "(comes|is|stands) " + where if kind > 1 else "(comes|is) (right |)" + where
    text = ask(rng, split, "(Which|What) {n} " + follows + " {x}(?|, please?| in the alphabet?)" if kind == 3 else
               "(Which|What) {n} " + follows + " {x}(?||, please?)|" +
               request("the {n} (right |directly |)" + where + " {x}") + "|"
               "(Which|What) is the {n} " + where + " {x}?|What comes (right |directly |)" + where + " {x}?", n=noun, x=shown)
    answer = f"{result} comes {where} {items[i]}." if kind != 3 else f"{result} comes {where} {shown.upper()}."
    return Exchange("facts", text, answer, Contains([result]) if kind != 3 else Contains([(f"{result} comes", f"is {result}")]))


def position(rng, split):
    """The nth day, month, planet or letter, and how many there are."""
    items, noun, of = rng.choice([
        (DAYS, "day", "of the week"), (MONTHS, "month", "of the year"), (PLANETS, "planet", "from the sun"),
        (list(ALPHABET), "letter", "of the alphabet")])
    if rng.random() < 0.3:
        plural, inside = {"day": ("days", "a week"), "month": ("months", "a year"), "planet": ("planets", "the solar system"),
                          "letter": ("letters", "the alphabet")}[noun]
        text = ask(rng, split, "How many {p} (does {i} have|are there in {i}|are in {i}|has {i})(?|)|"
                   "(What is|Tell me|Give me|Do you know) the number of {p} in {i}(?|.|)", p=plural, i=inside)
        return Exchange("facts", text, f"There are {len(items)} {plural} in {inside}.", Number(len(items)))
    i = rng.randrange(min(12, len(items)))
    if noun == "letter" and rng.random() < 0.2:
        i, ordinal = 25, "last"
    else:
        ordinal = ORDINALS[i]
    text = ask(rng, split, request("the {o} {n} {f}") + "|(Which|What) {n} (is|comes) {o}( {f}|)?|(Which|"
                                                        "What) is the {o} {n}( {f}|)?",
               o=ordinal, n=noun, f=of)
    return Exchange("facts", text, f"The {ordinal} {noun} {of} is {items[i]}.", Contains([f"is {items[i]}"]))


def month_length(rng, split):
    i = rng.randrange(12)
    text = ask(rng, split, "How many days (does {m} have|are there in {m}|are in {m}|has {m})(?|)|"
               "(What is|Tell me|Give me) the number of days in {m}(?|.|)|How long is {m}( in days|)?", m=MONTHS[i])
    return Exchange("facts", text, f"{MONTHS[i]} has {MONTH_LENGTHS[i]} days.", Number(MONTH_LENGTHS[i]))


def colour(rng, split):
    if rng.random() < 0.3:
        pair = rng.choice(list(MIXED_COLOURS))
        first, second = rng.sample(pair, 2)
        text = ask(rng, split, "(What|Which) (colour|color) (do you get|comes out|results) (if|when) you mix {x} (and|"
                               "with) {y}?"
                   "|(What|Which) (colour|color) do {x} and {y} make( together|)?|"
                   "(Mix|If I mix) {x} (and|with) {y}(. What|, what) (colour|color) do (you|I) get?", x=first, y=second)
        return Exchange("facts", text, f"{capitalized(first)} and {second} make {MIXED_COLOURS[pair]}.",
                        Contains([f"make {MIXED_COLOURS[pair]}"]))
    thing = rng.choice(list(THING_COLOURS))
    text = ask(rng, split, "(What|Which) (colour|color) (is {t}|does {t} have)(?||, please?)|" +
               request("the (colour|color) of {t}") + "|The (colour|color) of {t} is( what?|...|?)", t=thing)
    return Exchange("facts", text, f"{capitalized(thing)} is {THING_COLOURS[thing]}.", Contains([THING_COLOURS[thing]]))


def opposite(rng, split):
    pairs = OPPOSITES + [(second, first) for first, second in OPPOSITES]
    word, result = rng.choice([pair for pair in pairs if pair[0] not in ONE_WAY_OPPOSITES])
    text = ask(rng, split, request("the opposite of (|the word ){w}") + "|"
               "(Which|What) word (is|means) the opposite of {w}?|{w}: (what is|what's|give me|name) (its|"
               "the) opposite(?|.)", w=word)
    return Exchange("facts", text, f"The opposite of {word} is {result}.", Contains([result]))


def plural(rng, split):
    word = rng.choice(list(PLURALS))
    text = ask(rng, split, request("the plural( form|) of (|the word ){w}") + "|What is {w} in the plural?|"
               "(One {w}, two|I have one {w}. You have two) (what?|...)|(Make|Put) {w} (plural|into the plural)(.|"
               ", please.)", w=word)
    return Exchange("facts", text, f"The plural of {word} is {PLURALS[word]}.", Contains([f"is {PLURALS[word]}"]))


def spelling(rng, split):
    """Letters with hyphens. Mostly known words: a word's letters must be known by its tokens."""
    word = rng.choice(words.PLAIN + words.THINGS) if rng.random() < 0.8 else words.word(rng, split, (1, 2))
    text = ask(rng, split, "(Spell|Please spell|Can you spell|Could you spell|I want you to spell) (the word |){w}(|.|"
                           ", please.| for me.)|"
               "How (do you|do I|would you) (spell|write) (the word |){w}?|How is (the word |){w} spelled?|"
               "(Write|Give me|Tell me|What is) the (letters|spelling) of (the word |){w}(|.)", w=word)
    spelled = "-".join(word.upper())
    return Exchange("facts", text, spelled + ".", Sequence(list(word)))


def length(rng, split):
    """The letters of a word are spelled before they are counted."""
    word = rng.choice(words.PLAIN + words.THINGS)
    text = ask(rng, split, "How many letters (does (the word |){w} have|are (there |)in (the word |){w}|has (the word |"
                           "){w})(?|)|"
               "(Count|Please count|Tell me|Give me) the (letters|number of letters) (in|of) (the word |){w}(|.|"
               ", please.)", w=word)
    return Exchange("facts", text, f"{'-'.join(word.upper())}: {len(word)} letters.", Number(len(word)))


def sequence(rng, split):
    """All days, months, planets, or the alphabet."""
    noun, items, inside = rng.choice([
        ("days", DAYS, "of the week"), ("months", MONTHS, "of the year"), ("planets", PLANETS, "of the solar system"),
        ("letters", list(ALPHABET), "of the alphabet")])
    if noun == "letters":
        text = ask(rng, split, "(Say|Write|Recite|List|Give me|Tell me|Show me|Please say|Please write|"
                               "Can you say) the "
                   "(whole |full |complete |English |)alphabet(|.|, please.)|(List|Write|Name) (all |"
                   ")the letters of the alphabet(|.)")
        return Exchange("facts", text, " ".join(ALPHABET), Sequence(items))
    text = ask(rng, split, "(List|Name|Write|Give me|Tell me|Show me|Please list|Can you name|What are|"
                           "Which are) (all |)the {n}"
               "( {i}|)( in order|)(.|, please.||?)", n=noun, i=inside)
    return Exchange("facts", text, ", ".join(items[:-1]) + f" and {items[-1]}.", Sequence(items))


def yes_or_no(rng, split):
    """Whether a city is the capital of a country."""
    country = rng.choice(list(CAPITALS))
    is_true = rng.random() < 0.5
    city = CAPITALS[country] if is_true else rng.choice([one for one in CAPITALS.values() if one != CAPITALS[country]])
    text = ask(rng, split, "(Is|Tell me: is|Can you tell me: is) {x} (|really |)the capital (city |)of {c}?|"
                           "Is it (true|right|correct) that {x} is the capital (city |)of {c}?|"
               "(I think that|Someone said that|I believe) {x} is the capital (city |)of {c}. Is that (true|right|"
               "correct)?", x=city, c=country)
    known = f"The capital of {country} is {CAPITALS[country]}."
    answer = f"Yes. {known}" if is_true else f"No. {known}"
    return Exchange("facts", text, answer, Contains(["yes" if is_true else "no", CAPITALS[country]]))


FACTS = [(capital, 30), (country_of, 8), (order, 14), (position, 7), (month_length, 4), (colour, 8), (opposite, 10), (plural, 8),
         (spelling, 9), (length, 4), (sequence, 4), (yes_or_no, 4)]


def question(rng, split):
    makers, weights = zip(*FACTS)
    return rng.choices(makers, weights)[0](rng, split)


def in_longer_question(rng, split):
    """A fact inside a longer message."""
    exchange = rng.choices([capital, order, colour, opposite, plural], [4, 2, 2, 2, 2])[0](rng, split)
    before = ask(rng, split, "(I am|I'm|We are) (writing|preparing|planning|working on|doing) (a quiz( about a {x}|)|"
                             "a school project|"
                 "a crossword|homework|a story about a {x}) and (need|want|would like) (some |your |)help( with it|). |"
                 "(My friend|My son|My class|My sister) is (writing|preparing|working on) (a quiz|a school project|"
                 "a crossword|homework|a story) "
                 "and (I need|needs|wants|I want) (some |your |)help( with it|). |"
                 "(Hi|Hello|Hey)(!|,|.) (I have|here is|I've got) (a|one) (short|quick|simple|small|"
                 "little) question( for you|). |"
                 "(Yesterday|This morning|Last week) (my teacher|a friend|someone|my sister) asked me (something|"
                 "this) and I did not know"
                 "( it| the answer|). ", x=rng.choice(words.THINGS))
    before = before.replace("! here", "! Here").replace(". here", ". Here")
    after = say(rng, "| (Thanks|Thank you|Many thanks)( in advance|)(!|.)| (A short answer|One sentence) is (fine|"
                     "enough)."
                "| (It|That) (would help|helps) me( a lot| very much|).") if rng.random() < 0.5 else ""
    question = exchange.question if exchange.question[-1] in ".?" else exchange.question + "?"
    return Exchange("facts in longer questions", before + question + after, exchange.answer, exchange.check)
