"""The tokenizer: byte-level BPE with GPT-2's words.

Digits, JSON's punctuation and the letters of words in capitals are tokens of their own: a word in capitals is its letters. A
space joins a word last: ` lamp` is the tokens of `lamp`, the first of them with a space, so that a word is copied to the start
of a line as it stood inside one.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

import template
from corpus import mixture, noise

SIZE = 2_560
WITHOUT_SPACE = 1_800
SEED = 17
CONVERSATIONS, NOISES = 24_000, 4_000
# While merges are learned, each of these is a word of its own, so that no merge has one beside anything else.
ALONE = Regex(r"\p{N}|[{}\[\]\",:<>|\\]| (?=\S)|\p{Lu}(?=\p{Lu})|(?<=\p{Lu})\p{Lu}")
SPACE = "\u0120"  # in the byte-level alphabet


def texts():
    """The corpus as text, and instructions: what the vocabulary is made for."""
    stage = mixture.STAGES["middle"]
    for i in range(CONVERSATIONS):
        _, conversation = mixture.conversation(mixture.random_for(SEED, "vocabulary", i), "train", stage)
        for piece in template.render(conversation):
            if not piece.is_markup:
                yield piece.text
    for i in range(NOISES):
        yield noise.text(mixture.random_for(SEED, "vocabulary noise", i), "train", 3_000)


def train():
    """A tokenizer with the template's special tokens first."""
    tokenizer = Tokenizer(models.BPE())
    words = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(ALONE, "isolated"), words])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=WITHOUT_SPACE, special_tokens=template.SPECIAL, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(texts(), trainer)
    # Without a merge across them, GPT-2's own words give the same tokens as the words of the training.
    tokenizer.pre_tokenizer = words
    return _with_spaces(tokenizer)


def _with_spaces(tokenizer):
    """Merges a space with the tokens that follow it most often, after all other merges."""
    following = Counter()
    for text in texts():
        tokens = tokenizer.encode(text).tokens
        following.update(second for first, second in zip(tokens, tokens[1:]) if first == SPACE)
    state = json.loads(tokenizer.to_str())
    vocabulary, merges = state["model"]["vocab"], state["model"]["merges"]
    frequent = sorted((token for token in following if not token.isnumeric() and token[0] != SPACE), key=lambda token: (-following[token], token))
    for token in frequent[:SIZE - len(vocabulary)]:
        vocabulary[SPACE + token] = len(vocabulary)
        merges.append([SPACE, token])
    return Tokenizer.from_str(json.dumps(state))


def load(path):
    """A saved tokenizer that takes the spelling of a special token in a text for text."""
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.encode_special_tokens = True
    return tokenizer


def encode(tokenizer, pieces):
    """The ids of rendered pieces, and whether each is learned."""
    ids, learned = [], []
    for piece in pieces:
        found = [tokenizer.token_to_id(piece.text)] if piece.is_markup else tokenizer.encode(piece.text).ids
        ids += found
        learned += [piece.is_learned] * len(found)
    return ids, learned


def save(tokenizer, folder):
    """Writes tokenizer.json and tokenizer_config.json."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"tokenizer_class": "GPT2Tokenizer", "bos_token": template.STOP, "eos_token": template.STOP, "model_max_length": 4_096}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")


if __name__ == "__main__":
    save(train(), sys.argv[1])
