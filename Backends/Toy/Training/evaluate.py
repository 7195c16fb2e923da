#!/usr/bin/env python3
"""Measures the toy by the rows of its card.

    evaluate.py FOLDER [--quick] [--rows NAME ...] [--failures 3] [--json OUT] [--card README.md] [--floor OUT.json]
    evaluate.py --url http://127.0.0.1:8080 [...]

200 prompts a row with three seeds, or 40 with one (--quick). FOLDER has an exported model and its tokenizer; with --url a
running server answers, which renders prompts itself and applies constraints. With --floor, a row that is more than 8 points
under an earlier result makes the exit status 1.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import torch

import model
import template
import vocabulary
from corpus.mixture import random_for
from evaluation import card, generation, rows

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
        anchor, paraphrase, other = (subject.embeddings([triple[i] for triple in triples]) for i in range(3))
        right += int(((anchor * paraphrase).sum(-1) > (anchor * other).sum(-1)).sum())
    return right, len(seeds) * prompts, []


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--url")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rows", nargs="*", default=[])
    parser.add_argument("--failures", type=int, default=0)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--json", type=Path)
    parser.add_argument("--card", type=Path)
    parser.add_argument("--floor", type=Path)
    options = parser.parse_args()
    if (options.folder is None) == (options.url is None):
        parser.error("give a folder or --url")
    torch.set_num_threads(options.threads)
    subject = generation.Remote(options.url) if options.url else generation.Local(
        model.load(options.folder), vocabulary.load(options.folder / "tokenizer.json"))
    results = run(subject, options)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    if options.card:
        card.fill(options.card, results)
    worse = list(under_floor(results, json.loads(options.floor.read_text()))) if options.floor else []
    print("\n".join(worse), end="\n" if worse else "")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
