#!/usr/bin/env python3
"""Measures known skills behind the instructions of agent frameworks, which are read from their installed packages.

    evaluate_agents.py PACKAGES --martlet .build/release/martlet [--model FOLDER] [--quick] [--failures 1]
    evaluate_agents.py PACKAGES --url http://127.0.0.1:8080 [...]

PACKAGES is a folder of installed packages.
"""

import argparse
import sys
from pathlib import Path

from conversation import Message, chat
from corpus.mixture import random_for
from evaluate import PROMPTS, QUICK_PROMPTS, add_subject, interval, show, subject_url
from evaluation import frameworks, rows
from evaluation.subject import Subject

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
    add_subject(parser)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--failures", type=int, default=0)
    options = parser.parse_args()
    found, missing = frameworks.prompts(options.packages)
    if missing:
        print(f"not found in {options.packages}: {', '.join(missing)}", file=sys.stderr)
    if not found:
        return 1
    with subject_url(options) as url:
        compare(Subject(url), found, QUICK_PROMPTS if options.quick else PROMPTS, options.failures)
    return 0


def compare(subject, found, count, failures):
    """Reports the lengths of the frameworks' texts, and the share that is right behind each."""
    lengths = {name: subject.token_count(text) for name, text in found}
    for name, text in found:
        print(f"{name:20s} {len(text):6d} characters, {lengths[name]:5d} tokens, {len(text) / lengths[name]:.2f} characters a token")
    print(f"{'all':20s} {sum(len(text) for _, text in found) / sum(lengths.values()):.2f} characters a token", flush=True)
    plain = measure(subject, "", count, failures)
    report("no instructions", plain, count, 0, plain)
    for name, text in found:
        report(name, measure(subject, text, count, failures), count, lengths[name], plain)


def report(name, right, count, tokens, plain):
    low, high = interval(right, count)
    allowance = next((points for limit, points in LIMITS if tokens <= limit), None)
    bar = f"bar {100 * plain / count - allowance:.1f}" if allowance is not None else "too long for a bar"
    print(f"{name:20s} {tokens:5d} tokens  {100 * right / count:5.1f} %  [{low:.1f}, {high:.1f}]  n {count}  {bar}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
