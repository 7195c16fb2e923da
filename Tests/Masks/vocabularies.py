"""The vocabularies of the comparison: the toy's, and one made to be difficult."""

import json
import random
from pathlib import Path

from llguidance import LLTokenizer
from llguidance._tokenizer import TokenizerWrapper

ROOT = Path(__file__).resolve().parent.parent.parent


class Vocabulary:
    """Tokens by id. `bos_token_id`, `eos_token_id`, `special_token_ids` and the call are what llguidance asks for."""

    bos_token_id = None

    def __init__(self, name, tokens, ends, specials):
        self.name, self.tokens, self.ends, self.specials = name, tokens, ends, specials
        self.eos_token_id = min(ends)
        self.special_token_ids = sorted(ends | specials)
        self.byte_tokens = {}
        for id, token in enumerate(tokens):
            if len(token) == 1 and id not in ends | specials:
                self.byte_tokens.setdefault(token[0], id)
        self.end_mask = sum(1 << id for id in ends)
        # Tokens with which the structure of a text goes on.
        marks = set(b'"{}[],:')
        self.mark_mask = sum(1 << id for id, token in enumerate(tokens) if set(token) & marks and id not in specials)
        self.whole = (1 << len(tokens)) - 1

    def __call__(self, text):
        return [self.byte_tokens[byte] for byte in (text if isinstance(text, bytes) else text.encode())]

    def for_llguidance(self):
        return LLTokenizer(TokenizerWrapper(self), eos_token=sorted(self.ends))


def ids(mask):
    """The bits of an integer."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def byte_of_letter():
    """The bytes that the letters of a byte-level tokenizer stand for."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + index): byte for index, byte in enumerate(others)}


def toy():
    path = ROOT / "Backends/Toy/CToyModel/toy/tokenizer.json"
    tokenizer = json.loads(path.read_text())
    specials = {token["id"]: token["content"] for token in tokenizer["added_tokens"]}
    letters = byte_of_letter()
    tokens = [b""] * (max([*tokenizer["model"]["vocab"].values(), *specials]) + 1)
    for text, id in tokenizer["model"]["vocab"].items():
        if id not in specials:
            tokens[id] = bytes(letters[letter] for letter in text)
    for id, text in specials.items():
        tokens[id] = text.encode()
    ends = {id for id, text in specials.items() if text in ("<|endoftext|>", "<|im_end|>")}
    return Vocabulary("toy", tokens, ends, set(specials) - ends)


def synthetic(size=3000, seed=14):
    """All bytes, twice; tokens that cross the borders of strings, names and numbers; parts of UTF-8 sequences."""
    source = random.Random(seed)
    tokens = [b"<|end|>", b"<|special|>", b"<|stop|>", b"null", b""]
    tokens += [bytes([byte]) for byte in range(256)] * 2
    pieces = [
        b'"', b'"', b'"', b'":', b'": ', b'",', b'", ', b'","', b'", "', b'{"', b'}', b'"}', b"]", b"[", b'["', b'"]', b"{", b",",
        b", ", b":", b": ", b"\\", b'\\"', b"\\n", b"\\u", b"\\u00", b"\\u001f", b"0", b"1", b"12", b"-", b"-1", b".", b".5",
        b"e", b"e1", b"E+", b"00", b"a", b"b", b"c", b"ab", b"abc", b"aa", b"x", b"true", b"false", b"null", b"nu", b"ll",
        b"k", b"id", b"name", b"20", b"24-", b"02-29", b"T", b"Z", b"@", b"example.com", b"\xc3", b"\xa9", b"\xc3\xa9",
        b"\xe2\x82", b"\xac", b"\xf0\x9f", b"\xf0\x9f\x98\x80", b"\x98\x80", b" ", b"  ", b"\n", b"\x7f", b"/", b"::", b"a\"",
    ]
    while len(tokens) < size - 200:
        tokens.append(b"".join(source.choice(pieces) for _ in range(source.choice([1, 1, 2, 2, 3, 4]))))
    tokens += source.sample(tokens[5:], size - len(tokens))
    return Vocabulary("synthetic", tokens, {0, 2}, {1})
