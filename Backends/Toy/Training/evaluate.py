#!/usr/bin/env python3
"""Measures the toy by the rows of its card.

    evaluate.py --martlet .build/release/martlet [--model FOLDER] [...]
    evaluate.py --url http://127.0.0.1:8080 [--quick] [--rows NAME ...] [--failures 3] [--card README.md] [--floor README.md]

200 prompts a row with three seeds, or 40 with one (--quick). A server answers: a running one, or the given program, which serves
FOLDER or the embedded model meanwhile. With --card, the results are written into a card. With --floor, a row that is more than
8 points under a card's on the prompts of --quick makes the exit status 1.
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
    """Whether each reply is right, and some of the wrong ones."""
    right, wrong = [], []
    for seed in seeds:
        conversations = [row.make(random_for("evaluation", row.name, seed, i)) for i in range(prompts)]
        for conversation, reply in zip(conversations, subject.replies(conversations, row.temperature, seed)):
            right.append(conversation.check.passes(reply))
            if not right[-1] and len(wrong) < failures:
                wrong.append((conversation, reply))
    return right, wrong


def measure_embeddings(subject, seeds, prompts):
    """Whether the anchor of each triple is nearer to its paraphrase than to the other text."""
    right = []
    for seed in seeds:
        triples = rows.triples(random_for("evaluation", rows.EMBEDDINGS, seed), prompts)
        for anchor, paraphrase, other in zip(*(subject.embeddings([triple[i] for triple in triples]) for i in range(3))):
            right.append(similarity(anchor, paraphrase) > similarity(anchor, other))
    return right


def similarity(first, second):
    return sum(x * y for x, y in zip(first, second))


def show(wrong):
    for conversation, reply in wrong:
        prompt = "".join(piece.text for piece in template.render_prompt(conversation))
        print(f"    prompt: {prompt[-500:]!r}\n    reply:  {reply}\n    wanted: {conversation.check}", flush=True)


def result(name, right, bar, is_at_most=False):
    """A row: the share of right replies and its interval, and the share of the prompts that --quick asks, which come first."""
    happened = [one != is_at_most for one in right]
    low, high = interval(sum(happened), len(happened))
    quick = happened[:QUICK_PROMPTS]
    return {"row": name, "value": round(100 * sum(happened) / len(happened), 1), "low": round(low, 1), "high": round(high, 1),
            "n": len(happened), "quick": round(100 * sum(quick) / len(quick), 1), "bar": bar, "is_at_most": is_at_most}


def run(subject, options):
    seeds, prompts = ((SEEDS[0],), QUICK_PROMPTS) if options.quick else (SEEDS, PROMPTS)
    results = []
    for row in rows.ROWS:
        if options.rows and not any(name in row.name for name in options.rows):
            continue
        started = time.monotonic()
        right, wrong = measure(row, subject, seeds, prompts, options.failures)
        results.append(result(row.name, right, row.bar, row.is_at_most))
        report(results[-1], time.monotonic() - started)
        show(wrong)
    if not options.rows or any(name in rows.EMBEDDINGS for name in options.rows):
        results.append(result(rows.EMBEDDINGS, measure_embeddings(subject, seeds, prompts), rows.EMBEDDINGS_BAR))
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
            worse = one["quick"] - before["quick"] if one["is_at_most"] else before["quick"] - one["quick"]
            if worse > MARGIN:
                yield f"{one['row']}: {one['quick']} % of the first {QUICK_PROMPTS}, the card has {before['quick']} %"


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
