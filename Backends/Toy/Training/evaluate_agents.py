#!/usr/bin/env python3
"""Measures known skills behind the instructions of agent frameworks, which are read from their installed packages.

    evaluate_agents.py PACKAGES FOLDER [--quick] [--failures 1]
    evaluate_agents.py PACKAGES --url http://127.0.0.1:8080 [...]
    evaluate_agents.py PACKAGES --tokenizer tokenizer.json

PACKAGES is a folder of installed packages. The last form only counts characters per token.
"""

import argparse
import sys
from pathlib import Path

import model
import vocabulary
from conversation import Message, chat
from corpus.mixture import random_for
from evaluate import QUICK_PROMPTS, PROMPTS, interval, show
from evaluation import frameworks, generation, rows

LIMITS = [(1_500, 10), (3_500, 20)]  # tokens of the prompt, and the points that the share may be under that without one


def measure(subject, text, count, failures):
    conversations = []
    for i in range(count):
        one = chat(rows.known(random_for("agents", i)))
        if text:
            one.messages.insert(0, Message("system", text))
        conversations.append(one)
    replies = subject.replies(conversations)
    wrong = [(one, reply) for one, reply in zip(conversations, replies) if not one.check.passes(reply)]
    show(wrong[:failures])
    return count - len(wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", type=Path)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--url")
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--failures", type=int, default=0)
    options = parser.parse_args()
    found, missing = frameworks.prompts(options.packages)
    if missing:
        print(f"not found in {options.packages}: {', '.join(missing)}", file=sys.stderr)
    if not found:
        return 1
    path = options.tokenizer or (options.folder / "tokenizer.json" if options.folder else None)
    tokenizer = vocabulary.load(path) if path else None
    lengths = {name: len(tokenizer.encode(text).ids) if tokenizer else len(text) // 3 for name, text in found}
    if tokenizer:
        for name, text in found:
            print(f"{name:20s} {len(text):6d} characters, {lengths[name]:5d} tokens, {len(text) / lengths[name]:.2f} characters a token")
        print(f"{'all':20s} {sum(len(text) for _, text in found) / sum(lengths.values()):.2f} characters a token")
    if options.tokenizer:
        return 0
    subject = generation.Remote(options.url) if options.url else generation.Local(model.load(options.folder), tokenizer)
    count = QUICK_PROMPTS if options.quick else PROMPTS
    plain = measure(subject, "", count, options.failures)
    report("no instructions", plain, count, 0, plain)
    for name, text in found:
        report(name, measure(subject, text, count, options.failures), count, lengths[name], plain)
    return 0


def report(name, right, count, tokens, plain):
    low, high = interval(right, count)
    allowance = next((points for limit, points in LIMITS if tokens <= limit), None)
    bar = f"bar {100 * plain / count - allowance:.1f}" if allowance is not None else "too long for a bar"
    print(f"{name:20s} {tokens:5d} tokens  {100 * right / count:5.1f} %  [{low:.1f}, {high:.1f}]  n {count}  {bar}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
