"""`martlet tokenize` and `martlet detokenize` against Hugging Face's tokenizers, on generated text and ids."""

import json
import random
import subprocess

import pytest

from server import ENVIRONMENT, MARTLET

COUNT = 2000
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
ALIKE = ["<|", "|>", "<|im_start", "<|im_start|", "im_end|>", "<|IM_END|>", "<|im_start |>", "<<|im_end|>>", "<|im_end|"]
SPACES = [" ", "  ", "   ", "\n", "\n\n", "\r\n", "\t", " \n ", "\u00a0", "\u2003", "\u3000", "\u2028", "\u0085", "\v",
          "\f", "\u200b", "\ufeff"]
CONTRACTIONS = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'LL", "’s", "don't", "we'll've", "'", "''", "'x"]
EMOJI = ["🦜", "🚀", "👩‍👩‍👧", "🏳️‍🌈", "👍🏽", "🇫🇷", "❤️", "☃", "🫠"]
WORDS = ["the", "Once", "capital", "Straße", "naïve", "e\u0301", "日本語", "한국어", "Привет", "שלום", "مرحبا", "हिन्दी",
         "ไทย", "Ⅳ", "½", "²", "٣", "१२", "42", "3.14", "1e-9", "x_y", "__init__", "ǅ", "ﬁ", "{}", "->", "…", "!!!", "#$%"]


def plane(dice):
    """A scalar of a uniformly chosen plane, without surrogates."""
    while True:
        scalar = dice.randrange(17) << 16 | dice.randrange(0x10000)
        if not 0xD800 <= scalar <= 0xDFFF:
            return chr(scalar)


def text(dice):
    makers = [
        lambda: plane(dice), lambda: chr(dice.randrange(0x80)), lambda: chr(dice.randrange(0x20)),
        lambda: chr(dice.randrange(0x80, 0x800)), lambda: dice.choice(SPACES),
        lambda: dice.choice(SPACES) * dice.randrange(9), lambda: dice.choice(CONTRACTIONS),
        lambda: dice.choice(EMOJI), lambda: dice.choice(WORDS), lambda: " " + dice.choice(WORDS),
        lambda: dice.choice(SPECIAL), lambda: dice.choice(ALIKE)]
    return "".join(dice.choice(makers)() for _ in range(dice.randrange(25)))


def run(command, values, *flags):
    """Pipes one JSON value per line through the command; in half of them non-ASCII scalars are escaped."""
    lines = "".join(json.dumps(value, ensure_ascii=at % 2 == 0) + "\n" for at, value in enumerate(values))
    ran = subprocess.run(
        [MARTLET, command, *flags], input=lines.encode(), capture_output=True, env=ENVIRONMENT, timeout=50)
    assert ran.returncode == 0, ran.stderr.decode(errors="replace")
    return [json.loads(line) for line in ran.stdout.removesuffix(b"\n").split(b"\n")]


def assert_same(given, ours, theirs):
    assert len(ours) == len(theirs)
    differ = [triple for triple in zip(given, ours, theirs, strict=True) if triple[1] != triple[2]]
    assert not differ, f"{len(differ)} of {len(given)} differ (given, ours, Hugging Face's), first: {differ[:3]!r}"


@pytest.fixture(scope="module")
def texts():
    dice = random.Random(20)
    return ["", " ", *SPECIAL, *ALIKE, *SPACES, *(text(dice) for _ in range(COUNT))]


def test_text_encodes_as_hugging_face_does_with_special_tokens_off(texts, tokenizer):
    tokenizer.encode_special_tokens = True
    theirs = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    ours = run("tokenize", texts)
    assert_same(texts, ours, theirs)
    assert not {0, 1, 2} & {id for ids in ours for id in ids}, "text forged a special token"


def test_text_encodes_as_hugging_face_does_with_special_tokens_on(texts, tokenizer):
    theirs = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    assert_same(texts, run("tokenize", texts, "--special"), theirs)
    assert {0, 1, 2} <= {id for ids in theirs for id in ids}


@pytest.mark.parametrize("flags", [[], ["--special"]])
def test_encoded_text_decodes_to_itself(texts, flags):
    assert run("detokenize", run("tokenize", texts, *flags)) == texts


def test_any_ids_decode_as_hugging_face_does(tokenizer):
    dice, size = random.Random(21), tokenizer.get_vocab_size()
    # Low ids are single bytes, so most of them are invalid UTF-8.
    rows = [[dice.randrange(size if dice.random() < 0.5 else 259) for _ in range(dice.randrange(20))]
            for _ in range(COUNT)]
    theirs = [tokenizer.decode(row, skip_special_tokens=False) for row in rows]
    assert sum("\ufffd" in text for text in theirs) > COUNT / 4
    assert_same(rows, run("detokenize", rows), theirs)
