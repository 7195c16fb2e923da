#!/usr/bin/env python3
"""Measures the toy by the rows of its card.

    evaluate.py --martlet .build/release/martlet [--model FOLDER] [...]
    evaluate.py --url http://127.0.0.1:8080 [--quick] [--rows NAME ...] [--failures 3] [--card README.md] [--floor README.md]

200 prompts a row with three seeds, or 40 with one (--quick). A server answers: a running one, or the given program, which serves
FOLDER or the embedded model meanwhile. With --card, the results are written into a card. With --floor, a row that is more than
8 points under a card's makes the exit status 1.
"""

import argparse
import contextlib
import math
import os
import sys
import time
from pathlib import Path

import template
from corpus.mixture import random_for
from evaluation import card, rows
from evaluation.subject import Subject, served

SEEDS, PROMPTS, QUICK_PROMPTS = (1, 2, 3), 200, 40
MARGIN = 8  # points under the floor
Z = 1.96


def interval(right, count):
    """The 95 % interval of a share after Wilson, in per cent."""
    share = right / count
    centre = (share + Z * Z / (2 * count)) / (1 + Z * Z / count)
    spread = Z * math.sqrt(share * (1 - share) / count + Z * Z / (4 * count * count)) / (1 + Z * Z / count)
    return 100 * max(0.0, centre - spread), 100 * min(1.0, centre + spread)


def measure(row, subject, seeds, prompts, failures):
    """How many replies are right, of how many, and some of the wrong ones."""
    right, wrong = 0, []
    for seed in seeds:
        conversations = [row.make(random_for("evaluation", row.name, seed, i)) for i in range(prompts)]
        for conversation, reply in zip(conversations, subject.replies(conversations, row.temperature, seed)):
            if conversation.check.passes(reply):
                right += 1
            elif len(wrong) < failures:
                wrong.append((conversation, reply))
    return right, len(seeds) * prompts, wrong


def measure_embeddings(subject, seeds, prompts):
    """For how many triples the anchor is nearer to its paraphrase than to the other text."""
    right = 0
    for seed in seeds:
        triples = rows.triples(random_for("evaluation", rows.EMBEDDINGS, seed), prompts)
        for anchor, paraphrase, other in zip(*(subject.embeddings([triple[i] for triple in triples]) for i in range(3))):
            right += similarity(anchor, paraphrase) > similarity(anchor, other)
    return right, len(seeds) * prompts, []


def similarity(first, second):
    return sum(x * y for x, y in zip(first, second))


def show(wrong):
    for conversation, reply in wrong:
        prompt = "".join(piece.text for piece in template.render_prompt(conversation))
        print(f"    prompt: {prompt[-500:]!r}\n    reply:  {reply}\n    wanted: {conversation.check}", flush=True)


def result(name, right, count, bar, is_at_most=False):
    share = 100 * right / count
    value = 100 - share if is_at_most else share
    low, high = interval(right, count)
    if is_at_most:
        low, high = 100 - high, 100 - low
    return {"row": name, "value": round(value, 1), "low": round(low, 1), "high": round(high, 1), "n": count, "bar": bar, "is_at_most": is_at_most}


def run(subject, options):
    seeds, prompts = ((SEEDS[0],), QUICK_PROMPTS) if options.quick else (SEEDS, PROMPTS)
    results = []
    for row in rows.ROWS:
        if options.rows and not any(name in row.name for name in options.rows):
            continue
        started = time.monotonic()
        right, count, wrong = measure(row, subject, seeds, prompts, options.failures)
        results.append(result(row.name, right, count, row.bar, row.is_at_most))
        report(results[-1], time.monotonic() - started)
        show(wrong)
    if not options.rows or any(name in rows.EMBEDDINGS for name in options.rows):
        right, count, _ = measure_embeddings(subject, seeds, prompts)
        results.append(result(rows.EMBEDDINGS, right, count, rows.EMBEDDINGS_BAR))
        report(results[-1], 0)
    for row in rows.ROWS:
        found = {one["row"]: one for one in results}
        if row.beside in found and row.name in found:
            found[row.name]["bar"] = round(found[row.beside]["value"] - row.allowance, 1)
    return results


def report(one, seconds):
    print(f"{one['row']:38s} {one['value']:5.1f} %  [{one['low']:.1f}, {one['high']:.1f}]  n {one['n']}  bar {one['bar']}  {seconds:.0f} s", flush=True)


def under_floor(results, floor):
    """The rows that are worse than in an earlier result by more than the margin."""
    earlier = {one["row"]: one for one in floor}
    for one in results:
        before = earlier.get(one["row"])
        if before is not None:
            worse = one["value"] - before["value"] if one["is_at_most"] else before["value"] - one["value"]
            if worse > MARGIN:
                yield f"{one['row']}: {one['value']} %, the card has {before['value']} %"


def add_subject(parser):
    """The options that say which server answers."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--url")
    group.add_argument("--martlet", help="a program to serve the model with")
    parser.add_argument("--model", default="embedded", help="what that program serves")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of that program's forward passes")


def subject_url(options):
    return contextlib.nullcontext(options.url) if options.url else served(options.martlet, options.model, options.threads)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_subject(parser)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", nargs="*", default=[])
    parser.add_argument("--failures", type=int, default=0)
    parser.add_argument("--card", type=Path)
    parser.add_argument("--floor", type=Path)
    options = parser.parse_args()
    floor = card.read(options.floor.read_text(encoding="utf-8")) if options.floor else []
    with subject_url(options) as url:
        results = run(Subject(url), options)
    if options.card:
        card.fill(options.card, results)
    worse = list(under_floor(results, floor))
    print("\n".join(worse), end="\n" if worse else "")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
