#!/usr/bin/env python3
"""Writes into the card how much of each family the corpus has, and can show conversations to read.

    describe.py TOKENIZER.json [--card README.md] [--stage middle]
    describe.py TOKENIZER.json --show FAMILY [--count 20] [--split test]
"""

import argparse
import collections
from pathlib import Path

import template
import vocabulary
from corpus import mixture
from evaluation import card
from training import dataset

CHUNKS = 2


def table(tokenizer_path, stage):
    """Shares of conversations, of their tokens, and of the learned tokens."""
    recipe = dataset.Recipe(str(tokenizer_path), 17, 4_096, 4_096)
    tokenizer = vocabulary.load(tokenizer_path)
    counts, tokens, learned = collections.Counter(), collections.Counter(), collections.Counter()
    for number in range(CHUNKS):
        for family, ids, marks in dataset.rows(recipe, tokenizer, number, stage):
            name = mixture.FAMILIES[family]
            counts[name] += 1
            tokens[name] += len(ids)
            learned[name] += sum(marks)
    lines = [f"{counts.total():,} conversations of the stage \"{stage}\" have {tokens.total():,} tokens, of which "
             f"{100 * learned.total() / tokens.total():.0f} % are learned.", "",
             "| family | conversations | tokens | learned tokens |", "|---|---|---|---|"]
    for name in mixture.FAMILIES:
        shares = (100 * counter[name] / counter.total() for counter in (counts, tokens, learned))
        lines.append(f"| {name} | " + " | ".join(f"{share:.1f} %" for share in shares) + " |")
    return "\n".join(lines)


def show(family, count, split, stage):
    found = i = 0
    while found < count and i < 100_000:
        name, conversation = mixture.conversation(mixture.random_for("show", i), split, mixture.STAGES[stage])
        i += 1
        if name == family:
            found += 1
            print("".join(piece.text for piece in template.render(conversation)), end="\n----\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("--stage", choices=mixture.STAGES, default="middle")
    parser.add_argument("--card", type=Path)
    parser.add_argument("--show", choices=mixture.FAMILIES)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--split", choices=["train", "test"], default="train")
    options = parser.parse_args()
    if options.show:
        show(options.show, options.count, options.split, options.stage)
        return
    written = table(options.tokenizer, options.stage)
    print(written)
    if options.card:
        options.card.write_text(card.replace(options.card.read_text(encoding="utf-8"), "data", written), encoding="utf-8")


if __name__ == "__main__":
    main()
