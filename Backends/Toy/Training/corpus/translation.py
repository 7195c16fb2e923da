"""Translations of single words and short phrases."""

from conversation import Exchange
from corpus.checks import Exact
from corpus.grammar import ask
from corpus.translation_tables import LANGUAGES, PHRASES, WORDS

INTO = ("(What is|What's|How do you say|How do I say|How would I say|How does one say) (|the word )\"{x}\" in {l}?|"
        "(Translate|Please translate|Can you translate|Could you translate|I want you to translate) (|the word |"
        "this: )\"{x}\" "
        "(to|into) {l}(|.|, please.)|"
        "(Translate|Please translate) (to|into) {l}: {x}|(Say|Please say|Write|Give me) \"{x}\" in {l}(|.|, please.)|"
        "{x} in {l}( is?|?|, please.|)|"
        "(What is|What's|Give me|Tell me|I need) the {l} (word|translation|expression) (for|of) \"{x}\"(?|.|)")
FROM = ("(What does|Do you know what|Tell me what) \"{x}\" means( in English|)?|(Translate|Please translate|"
        "Can you translate|Could you translate) "
        "(|the {l} word |this: )\"{x}\" (to|into) English(|.|, please.)|(Translate|Please translate) (to|"
        "into) English: {x}|"
        "(What is|What's|How do you say) (|the {l} word )\"{x}\" in English?")


def entry(rng):
    """English, foreign, the language, and whether the foreign word means nothing else."""
    table = WORDS if rng.random() < 0.8 else PHRASES
    english, language = rng.choice(list(table)), rng.choice(LANGUAGES)
    foreign = table[english][language]
    meanings = {name for name, others in table.items() if foreign.lower() in (other.lower() for other in others.values())}
    return english, foreign, language, len(meanings) == 1


def question(rng, split):
    english, foreign, language, is_known_back = entry(rng)
    if is_known_back and rng.random() < 0.25:
        text = ask(rng, split, FROM, x=foreign, l=language)
        return Exchange("translation", _grammatical(text, english), english, Exact(english))
    text = ask(rng, split, INTO, x=english, l=language)
    return Exchange("translation", _grammatical(text, english), foreign, Exact(foreign))


def _grammatical(text, english):
    """`What does x mean`, and no `word` for a phrase."""
    text = text.replace(" means", " mean") if text.startswith("What does") else text
    return text.replace("the word ", "").replace(" word \"", " \"").replace(" word ", " translation ") if english in PHRASES else text
