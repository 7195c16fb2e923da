"""Paraphrases for the embeddings: two phrasings of one meaning, and one of another meaning that shares its words."""

from corpus import arithmetic, words
from corpus.fact_tables import CAPITALS, OPPOSITES, PLURALS
from corpus.grammar import ask, request, say
from corpus.passages import passage
from corpus.translation_tables import LANGUAGES, WORDS


def _capital(rng, split):
    def phrase(country):
        return ask(rng, split, request("the capital( city|) of {c}") + "|(Which|What) city is the capital of {c}?|"
                                                                       "(What is|Name) {c}'s capital?", c=country)
    first, other = rng.sample(list(CAPITALS), 2)
    return phrase(first), phrase(first), phrase(other)


def _sum(rng, split):
    kind = arithmetic.operation(rng)
    a, b = arithmetic.operands(rng, split, kind)
    other, c, d = rng.choice(["plus", "minus", "times"]), rng.randint(0, 99), rng.randint(0, 99)
    return tuple(ask(rng, split, arithmetic.QUESTIONS[k], a=x, b=y) for k, x, y in ((kind, a, b), (kind, a, b), (other, c, d)))


def _word(rng, split):
    table, source = rng.choice([(dict(OPPOSITES), "the opposite of (|the word ){w}"), (PLURALS, "the plural( form|"
                                                                                                ") of (|the word ){w}")])
    first, other = rng.sample(list(table), 2)
    return tuple(ask(rng, split, request(source), w=word) for word in (first, first, other))


def _translation(rng, split):
    (first, other), language = rng.sample(list(WORDS), 2), rng.choice(LANGUAGES)
    source = "(How do you say|What is|Give me|Say) \"{w}\" in {l}?|(Translate|Please translate) \"{w}\" (to|into) {l}.|(What is|Tell me) the {l} (word|translation) (for|of) \"{w}\"?"
    return tuple(ask(rng, split, source, w=word, l=language) for word in (first, first, other))


def _text(rng, split):
    """A text and its summary."""
    text, _, (summary, _) = passage(rng, split)
    _, _, (other, _) = passage(rng, split)
    return text, summary, other


def _order(rng, split):
    noun, day, city = rng.choice(["parcel", "invoice", "ticket", "letter", "book"]), words.person(rng, split), words.name(rng, split)
    source = "(Where is|I cannot find|I am waiting for) (the|my) {n} (from|of) {d}(.|?)|(The|My) {n} (from|of) {d} (is missing|has not arrived|did not come)(.|)"
    other = say(rng, "(I like|We visited|She lives in) {c}( very much|).|{c} is (beautiful|far away|cold).", c=city)
    return say(rng, source, n=noun, d=day), say(rng, source, n=noun, d=day), other


KINDS = [_capital, _sum, _word, _translation, _text, _order]


def triple(rng, split):
    """An anchor, a paraphrase of it, and another meaning."""
    while True:
        anchor, paraphrase, other = rng.choice(KINDS)(rng, split)
        if len({anchor, paraphrase, other}) == 3:
            return anchor, paraphrase, other
