"""Whole texts from their beginnings."""

from reference import NotCompiled
from vocabularies import ids

CLOSING = b'"}]:@0el1acyb'


class DeadEnd(Exception):
    pass


def complete(text, beginning, vocabulary, source, steps=200):
    """What a text can become, preferably soon.

    `DeadEnd` if it cannot go on, and None if it does not end within so many tokens.
    """
    closing = [vocabulary.byte_tokens[byte] for byte in CLOSING]
    result = beginning
    try:
        for step in range(steps):
            mask = text.mask
            if mask & vocabulary.end_mask:
                return result
            soon = [token for token in closing if mask >> token & 1]
            chance = source.random()
            if soon and chance < 0.8:
                token = soon[0] if chance < 0.6 else source.choice(soon)
            elif mask:
                token = source.choice(list(ids(mask)))
            else:
                raise DeadEnd
            text.advance(token)
            result += vocabulary.tokens[token]
    except NotCompiled:
        raise DeadEnd
    return None
