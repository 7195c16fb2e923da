"""System prompts that change the answer: a language, one word, a formal tone, a name."""

from conversation import Conversation, Message
from corpus import arithmetic, facts, greetings, words
from corpus.checks import Contains, Exact, OneOf
from corpus.fact_tables import CAPITALS
from corpus.grammar import a, ask, say

HELLO = {"German": "Hallo! Wie kann ich helfen?", "French": "Bonjour ! Comment puis-je vous aider ?", "Spanish": "¡Hola! ¿Cómo puedo ayudar?",
         "Italian": "Ciao! Come posso aiutare?"}
THANKS = {"German": "Gern geschehen!", "French": "De rien !", "Spanish": "¡De nada!", "Italian": "Prego!"}
GOODBYE = {"German": "Auf Wiedersehen!", "French": "Au revoir !", "Spanish": "¡Adiós!", "Italian": "Arrivederci!"}
RESULT = {"German": "Das Ergebnis ist {v}.", "French": "Le résultat est {v}.", "Spanish": "El resultado es {v}.", "Italian": "Il risultato "
                                                                                                                             "è {v}."}
SELF = {"German": "Ich bin ein kleines Sprachmodell.", "French": "Je suis un petit modèle de langage.", "Spanish": "Soy un pequeño modelo de lenguaje.",
        "Italian": "Sono un piccolo modello linguistico."}
GREETED = [(greetings.hello, HELLO), (greetings.thanks, THANKS), (greetings.goodbye, GOODBYE), (greetings.who, SELF)]


def _system(rng, text):
    """An instruction, perhaps with a role in front."""
    role = say(rng, "||You are a (helpful|friendly|kind|useful) assistant. |You are (an assistant|a helper|"
                    "a bot) for (a shop|a school|a library|a bank|a hotel|our customers). ")
    return role + text


def language(rng, split):
    name = rng.choice(list(HELLO))
    system = _system(rng, say(rng, "(Answer|Reply|Respond|Speak|Write|Always answer|Always reply|You answer|"
                                   "Please answer) (only |)in {l}(.|!|, please.)|Use {l} (for your answers|in all "
                              "answers|only)(.|)|The user speaks {l}(.|, so answer in {l}.)|Your language is {l}(.|)", l=name))
    if rng.random() < 0.45:
        kind = arithmetic.operation(rng)
        x, y = arithmetic.operands(rng, split, kind)
        value = arithmetic.RESULTS[kind](x, y)
        return system, ask(rng, split, arithmetic.QUESTIONS[kind], a=x, b=y), RESULT[name].replace("{v}", str(value)), Exact(RESULT[name].replace("{v}", str(value)))
    maker, table = rng.choice(GREETED)
    return system, maker(rng, split).question, table[name], Exact(table[name])


def one_word(rng, split):
    system = _system(rng, say(rng, "(Answer|Reply|Respond|Always answer|Please answer) (with|in) (one|a single|"
                                   "just one|only one|exactly one) word(.|!| only.)|(Use|Your answers have|Say) "
                              "(only |)one word(.| and no more.)|One word answers only(.|)"))
    kind = rng.randrange(3)
    if kind == 0:
        country = rng.choice([country for country, city in CAPITALS.items() if " " not in city])
        question = ask(rng, split, "(What is|What's|Tell me|Name|Give me|Do you know) the capital( city|) of {c}(?|.|)|"
                                   "(Which|What) city is the capital of {c}?", c=country)
        answer = CAPITALS[country]
    elif kind == 1:
        operation = arithmetic.operation(rng)
        x, y = arithmetic.operands(rng, split, operation)
        question, answer = ask(rng, split, arithmetic.QUESTIONS[operation], a=x, b=y), str(arithmetic.RESULTS[operation](x, y))
    else:
        exchange = facts.opposite(rng, split) if rng.random() < 0.5 else facts.plural(rng, split)
        question, answer = exchange.question, exchange.answer.rstrip(".").split()[-1]
    return system, question, answer, Exact(answer)


def formal(rng, split):
    system = _system(rng, say(rng, "(Be|Stay|Always be|Please be|Remain) (very |)(formal|polite and formal)(.|!)|(Use|"
                                   "Answer in|Speak in|Write in) a formal (tone|style|manner)(.|)|"
                              "You are (very |)formal(.| in all your answers.)|Your tone is formal(.|)"))
    exchange = rng.choice([arithmetic.question, facts.capital, facts.opposite, facts.plural, facts.colour])(rng, split)
    needed = getattr(exchange.check, "needed", None) or [str(exchange.check.value)]
    return system, exchange.question, f"Certainly. {exchange.answer}", Contains(["certainly"] + needed)


def named(rng, split):
    name = words.name(rng, split)
    job = rng.choice(["assistant", "agent", "robot", "helper", "guide", "teacher", "cook", "librarian"])
    system = say(rng, "You are {n}(.|, {b}.|, a (helpful|friendly|small) {j}.|, the {j} of {m}.)|Your name is {n}(.|"
                      " and you are {b}.)|(You are {b}.|You are an agent.|You help people.) (Your "
                 "(internal |)name is|You are called|People call you|You go by the name) {n}.|Act as {n}, {b}.", n=name, j=job, b=a(job), m=words.name(rng, split))
    question = ask(rng, split, "(What is|What's|Tell me|May I ask|Can you tell me) your name(?|.|, please?)|"
                               "Who are you( exactly|)?|What (should|can) I call you?|Who am I (talking|speaking) "
                   "(to|with)?|(Introduce|Please introduce) yourself(.|)|(Hello|Hi)(,|!|.) (who are you|"
                   "what is your name)?")
    return system, question, f"I am {name}. How can I help you?", Contains([name])


def named_greeting(rng, split):
    """A persona that is greeted, and one asked for something else: the name changes nothing."""
    name = words.name(rng, split)
    system = say(rng, "You are {n}(.|, a (helpful|friendly) assistant.)|Your name is {n}.|"
                      "You are an agent. Your name is {n}.", n=name)
    exchange = rng.choice([greetings.hello, arithmetic.question, facts.question])(rng, split)
    check = OneOf(("Hello", "Hi")) if exchange.skill == "greetings" else exchange.check
    return system, exchange.question, exchange.answer, check


KINDS = [(language, 30), (one_word, 24), (formal, 18), (named, 20), (named_greeting, 10)]


def conversation(rng, split):
    makers, weights = zip(*KINDS)
    system, question, answer, check = rng.choices(makers, weights)[0](rng, split)
    return Conversation("system prompts", [Message("system", system), Message("user", question), Message("assistant", answer)], check=check,
                        accepts_noise=rng.random() < 0.3)
