"""Short texts about things nobody has heard of, with a question or the wish for a summary."""

from conversation import Conversation, Exchange, Message
from corpus import words
from corpus.checks import Contains
from corpus.fact_tables import DAYS
from corpus.grammar import a, ask, capitalized, say

JOBS = ["baker", "doctor", "teacher", "painter", "farmer", "sailor", "gardener", "writer", "pilot", "nurse", "carpenter", "singer"]
PLACES = ["river", "lake", "mountain", "forest", "bridge", "castle", "harbour", "market", "valley", "tower"]
PRODUCTS = ["lamp", "bicycle", "clock", "kettle", "camera", "radio", "backpack", "tent", "desk", "printer"]


def _town(rng, split):
    x, near, founder = words.name(rng, split), words.name(rng, split), words.person(rng, split)
    year, people, place = rng.randint(1100, 1990), rng.randint(2, 99) * 100, rng.choice(PLACES)
    thing = f"{rng.choice(words.COLOURS)} {rng.choice(PLACES)}"
    kind = rng.choice(["town", "village", "city"])
    lead = say(rng, "{x} is {k} near the {p} {near}.", x=x, k=a(rng.choice(["small ", "quiet ", "old ", ""]) + kind), p=place, near=near)
    rest = [(say(rng, "(It|The {k}) was founded in {y} by {f}.", k=kind, y=year, f=founder),
             [(f"(When|In which year|In what year) was {x} founded?", f"{x} was founded in {year}.", [str(year)]),
              (f"Who founded {x}?|By whom was {x} founded?", f"{founder} founded {x}.", [founder])]),
            (say(rng, "(About |){n} people live (there|in {x}).", n=people, x=x),
             [(f"How many people live in {x}?", f"{people} people live in {x}.", [str(people)])]),
            (say(rng, "(It|{x}) is (known|famous) for its {t}.", x=x, t=thing),
             [(f"What is {x} (known|famous) for?", f"{x} is known for its {thing}.", [thing])])]
    lead_questions = [(f"(Where is {x}|What is {x} near)?", f"{x} is near the {place} {near}.", [near])]
    summary = (f"{x} is a {kind} near the {place} {near}.", [x, kind, near])
    return lead, lead_questions, rest, summary


def _person(rng, split):
    x, city, friend = words.person(rng, split), words.name(rng, split), words.person(rng, split)
    job, age, animal = rng.choice(JOBS), rng.randint(18, 90), rng.choice(["cat", "dog", "horse", "parrot", "rabbit"])
    pet, start = words.name(rng, split), rng.randint(1950, 2025)
    lead = say(rng, "{x} (is {j}|works as {j}) in {c}.", x=x, j=a(job), c=city)
    rest = [(f"{x} is {age} years old.", [(f"How old is {x}?", f"{x} is {age} years old.", [str(age)])]),
            (say(rng, "{x} has {a} (called|named) {p}.", x=x, a=a(animal), p=pet),
             [(f"What is the (name of the {animal}|{animal} called)?", f"The {animal} is called {pet}.", [pet]),
              (f"(What|Which) animal does {x} have?", f"{x} has {a(animal)}.", [animal])]),
            (say(rng, "{x} (moved|came) (there|to {c}) in {y}( with {f}|).", x=x, c=city, y=start, f=friend),
             [(f"When did {x} (come|move) to {city}?", f"{x} came to {city} in {start}.", [str(start)])])]
    questions = [(f"What is {x}'s (job|work|profession)?|What does {x} do?", f"{x} is {a(job)}.", [job]),
                 (f"Where does {x} (work|live)?|In which (city|place) does {x} (work|live)?", f"{x} works in {city}.", [city])]
    return lead, questions, rest, (f"{x} is {a(job)} in {city}.", [x, job, city])


def _product(rng, split):
    x, maker, price = words.name(rng, split), words.name(rng, split), rng.randint(5, 400)
    thing, colour, weight, years = rng.choice(PRODUCTS), rng.choice(words.COLOURS), rng.randint(1, 30), rng.randint(1, 9)
    lead = say(rng, "The {x} is {k} (made|built|sold) by {m}.", x=x, k=a(f"{colour} {thing}"), m=maker)
    rest = [(say(rng, "(It costs|Its price is|It sells for) {p} (euros|dollars).", p=price),
             [(f"(How much does the {x} cost|What is the price of the {x}|What does the {x} cost)?", f"The {x} costs {price}.", [str(price)])]),
            (f"It weighs {weight} kilograms.", [(f"How (much does the {x} weigh|heavy is the {x})?",
                                                 f"The {x} weighs {weight} kilograms.", [str(weight)])]),
            (say(rng, "(It has|It comes with) a warranty of {y} years.", y=years),
             [(f"How (long|many years) is the warranty( of the {x}|)?", f"The warranty is {years} years.", [str(years)])])]
    questions = [(f"Who (makes|builds|sells) the {x}?", f"{maker} makes the {x}.", [maker]),
                 (f"(What|Which) (colour|color) is the {x}?", f"The {x} is {colour}.", [colour])]
    return lead, questions, rest, (f"The {x} is {a(f'{colour} {thing}')} by {maker}.", [x, thing, maker])


def _meeting(rng, split):
    x, host, room = words.name(rng, split), words.person(rng, split), f"{rng.choice('ABCDEF')}{rng.randint(1, 40)}"
    day, hour, guests = rng.choice(DAYS), rng.randint(7, 19), rng.randint(3, 60)
    lead = say(rng, "The (meeting|workshop|talk|course) about {x} (is|takes place|begins) on {d} at {h} o'clock.", x=x, d=day, h=hour)
    kind = lead.split()[1]
    rest = [(say(rng, "It is in room {r}.", r=room), [(f"(In which room is the {kind}|Where is the {kind}|What room is the {kind} in)?",
                                                     f"The {kind} is in room {room}.", [room])]),
            (say(rng, "{p} (leads|organises|hosts) it.", p=host), [(f"Who (leads|organises|hosts) the {kind}?", f"{host} leads the {kind}.", [host])]),
            (say(rng, "{g} people (will come|are expected|have signed up).", g=guests),
             [(f"How many people (will come|are expected|have signed up)?", f"{guests} people.", [str(guests)])])]
    questions = [(f"(On which day|When|What day) is the {kind}?", f"The {kind} is on {day} at {hour} o'clock.", [day]),
                 (f"(At what time|When) (does|will) the {kind} (begin|start)?", f"The {kind} is on {day} at {hour} o'clock.", [str(hour)]),
                 (f"What is the {kind} about?", f"The {kind} is about {x}.", [x])]
    return lead, questions, rest, (f"The {kind} about {x} is on {day} at {hour} o'clock.", [x, day])


def passage(rng, split):
    """A text, its questions with answers and the words that those need, and a summary with its own."""
    lead, questions, rest, summary = rng.choice([_town, _person, _product, _meeting])(rng, split)
    rng.shuffle(rest)
    kept = rest[:rng.randint(1, 3)]
    text = " ".join([capitalized(lead)] + [capitalized(sentence) for sentence, _ in kept])
    return text, questions + [question for _, some in kept for question in some], summary


def question(rng, split):
    text, questions, (summary, needed) = passage(rng, split)
    if rng.random() < 0.3:
        wish = ask(rng, split, "(Summarise|Summarize|Please summarise|Please summarize|Can you summarise|Sum up|"
                               "Shorten) (this|the text|the passage|this text|"
                   "the following text|this paragraph)( in one sentence| briefly| for me|)(:|.)|(Give|Write) (me |"
                   ")a (short |one-sentence |brief |)summary( of this text|"
                   " of the passage|)(:|.)|(What is|Tell me) (this text|the text) (about|in short)(:|.|?)|TL;DR(:|.)|"
                   "(In short|In one sentence), what does (the|this) text say?")
        answer, check = summary, Contains(needed)
    else:
        source, answer, needed = rng.choice(questions)
        wish = say(rng, source)
        check = Contains(needed)
    text = ask(rng, split, "{t}\n{q}|{t}\n\n{q}|{t} {q}|(Text|Passage|Context|Document|Article): {t}\n(Question|Q|"
                           "Task): {q}|(Read|Here is|Look at|Consider) (this|the) "
                 "(text|passage|paragraph)(:|.)( |\n){t}( |\n|\n\n){q}|{q}\n{t}|{q}\n\n{t}|{q}\n(Text|Passage|Context|"
                 "Document): {t}|\"{t}\"\n{q}|(Answer|Use the text to answer)"
                 "(:| this:) {q}\n(Text|Passage|Context|Document): {t}|(Context|Document):\n{t}\n\n(Question|Query|"
                 "User question):\n{q}",
               t=text, q=wish)
    return Exchange("passages", text, answer, check)


def conversation(rng, split):
    """A passage in the system prompt, or in an earlier message, and a question after it."""
    text, questions, _ = passage(rng, split)
    source, answer, needed = rng.choice(questions)
    if rng.random() < 0.5:
        messages = [Message("system", say(rng, "(Answer|Answer questions|Use this to answer|Reply) (from|with) (this|"
                                               "the) (text|context|document)(.|:) {t}|{t}|(You|We) know "
                                          "this: {t}|(Context|Facts|Notes): {t}", t=text))]
    else:
        messages = [Message("user", say(rng, "(Read|Remember|Here is|Keep in mind) (this|the following)(:|.) {t}|{t}", t=text)),
                    Message("assistant", "OK. What would you like to know?")]
    messages += [Message("user", say(rng, source)), Message("assistant", answer)]
    return Conversation("passages", messages, check=Contains(needed))
