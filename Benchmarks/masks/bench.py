#!/usr/bin/env python3
"""What a constraint costs: compiling it, and the mask before each token, beside llguidance and XGrammar.

    bench.py CONSTRAINT_PROBE [--schemas 60] [--tokens 50000 128000] [--rounds 3]

The schemas are those of applications, at random. Every engine writes the same texts, which are drawn at random from what
Martlet permits, twice: with a new constraint, and again with the same one. All run on one processor, in turns; a figure is
the minimum of its rounds. What comes from Python has a microsecond of Python in each mask.
"""

import argparse
import collections
import json
import os
import random
import sys
import time
from pathlib import Path

import llguidance
import numpy
import torch
import xgrammar

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "Tests/Masks"))

from probe import Probe, Refused  # noqa: E402
from vocabularies import Vocabulary, ids  # noqa: E402

TEXTS, STEPS = 6, 150
SEPARATORS = {"whitespace_flexible": False, "key_separator": ": ?", "item_separator": ", ?"}
NAMES = ["name", "title", "description", "status", "kind", "city", "address", "zip", "user", "price", "label", "value", "notes"]
WORDS = ["red", "green", "blue", "open", "closed", "pending", "low", "medium", "high", "admin", "editor", "viewer"]
FORMATS = ["date", "date-time", "time", "email", "uuid", "uri", "ipv4", "hostname"]


def vocabulary(size, source):
    """Each byte, marks of JSON with their neighbours, and the rest like words, numbers and parts of UTF-8."""
    tokens = [bytes([byte]) for byte in range(256)] + [b"<|end|>"]
    tokens += [b'":"', b'", "', b'":', b'",', b' {', b'{"', b"}}", b"},", b'": "', b'["', b'"]', b"]}", b'"},{"', b"null", b"true",
               b"false", b": ", b", "]
    known = set(tokens)
    letters = "etaoinshrdlcumwfgypbvkETAOINSHRDL"
    while len(tokens) < size:
        length, kind = source.randint(2, 8), source.randrange(20)
        if kind == 19:
            token = bytes(source.randint(33, 126) for _ in range(length))
        elif kind == 18:
            token = "".join(source.choices("0123456789", k=min(3, length))).encode()
        elif kind == 17:
            token = "".join(chr(source.randint(0x400, 0x9FFF)) for _ in range(2)).encode()[:source.randint(2, 6)]
        else:
            word = "".join(letters[int(len(letters) * source.random() ** 1.6)] for _ in range(length))
            token = ((" " if kind < 8 else "") + word).encode()
        if token not in known:
            known.add(token)
            tokens.append(token)
    return Vocabulary(f"{size} tokens", tokens, {256}, set())


class Schemas:
    """Like those that applications send: records of records and lists, with descriptions."""

    def __init__(self, source):
        self.source = source

    def value(self, depth):
        source, kind = self.source, self.source.randrange(12 if depth > 0 else 9)
        match kind:
            case 0: result = {"type": "integer"}
            case 1: result = {"type": "integer", "minimum": 0, "maximum": source.choice([10, 100, 5000])}
            case 2: result = {"type": "number"}
            case 3: result = {"type": "boolean"}
            case 4: result = {"type": ["string", "null"]}
            case 5: result = {"type": "string", "enum": source.sample(WORDS, source.randint(2, 6))}
            case 6: result = {"type": "string", "format": source.choice(FORMATS)}
            case 7: result = {"type": "string", "pattern": source.choice(["^[a-z]{2,8}-[0-9]+$", "^\\+?[0-9 ]{3,12}$", "^#[0-9a-f]{6}$"])}
            case 8: result = {"type": "string", "minLength": 1, "maxLength": source.choice([20, 80, 200])}
            case 9: return {"type": "array", "items": self.value(depth - 1)}
            case _: return self.record(depth - 1, source.randint(2, 6))
        return result | {"description": "some words that describe the value"}

    def record(self, depth, count):
        names = [f"{name}{number or ''}" for number, name in enumerate(self.source.sample(NAMES, count))]
        return {
            "type": "object", "properties": {name: self.value(depth) for name in names},
            "required": [name for name in names if self.source.random() < 0.7], "additionalProperties": False}


class Martlet:
    def __init__(self, probe, vocabulary):
        self.probe, self.vocabulary = probe, probe.vocabulary(vocabulary)

    def compile(self, schema):
        answer = self.probe.ask({"compile": schema})
        return answer["id"], answer["ns"]

    def masks(self, constraint, text):
        return self.probe.ask({"time": constraint, "vocabulary": self.vocabulary, "tokens": text})["ns"]


class LLGuidance:
    def __init__(self, vocabulary):
        self.tokenizer = vocabulary.for_llguidance()
        self.mask = numpy.zeros((len(vocabulary.tokens) + 31) // 32, dtype=numpy.int32)

    def compile(self, schema):
        start = time.perf_counter_ns()
        grammar = llguidance.LLMatcher.grammar_from_json_schema(schema, overrides=SEPARATORS)
        matcher = llguidance.LLMatcher(self.tokenizer, grammar)
        end = time.perf_counter_ns()
        if matcher.is_error():
            raise ValueError(matcher.get_error())
        return matcher, end - start

    def masks(self, compiled, text):
        matcher, times = compiled.deep_copy(), []
        for token in text:
            start = time.perf_counter_ns()
            matcher.unsafe_compute_mask_ptr(self.mask.ctypes.data, self.mask.nbytes)
            times.append(time.perf_counter_ns() - start)
            if not matcher.consume_token(token):
                break
        return times


class XGrammar:
    def __init__(self, vocabulary):
        information = xgrammar.TokenizerInfo(
            vocabulary.tokens, xgrammar.VocabType.RAW, stop_token_ids=sorted(vocabulary.ends))
        self.compiler = xgrammar.GrammarCompiler(information, max_threads=1, cache_enabled=False)
        self.mask = xgrammar.allocate_token_bitmask(1, len(vocabulary.tokens))

    def compile(self, schema):
        text = json.dumps(schema)
        start = time.perf_counter_ns()
        return self.compiler.compile_json_schema(text), time.perf_counter_ns() - start

    def masks(self, compiled, text):
        matcher, times = xgrammar.GrammarMatcher(compiled), []
        for token in text:
            start = time.perf_counter_ns()
            matcher.fill_next_token_bitmask(self.mask)
            times.append(time.perf_counter_ns() - start)
            if not matcher.accept_token(token):
                break
        return times


def write(constraint, number, vocabulary, source):
    """Tokens of a text: half of the time one of its structure, if any may come."""
    text, tokens = constraint.start(number), []
    while len(tokens) < STEPS:
        marks = text.mask & (vocabulary.mark_mask | vocabulary.end_mask)
        tokens.append(source.choice(list(ids(marks if marks and source.random() < 0.5 else text.mask))))
        if tokens[-1] in vocabulary.ends:
            break
        text.advance(tokens[-1])
    text.close()
    return tokens


def measure(engine, schema, texts):
    """Compiling; and for each text the times of its masks, first and again."""
    compiled, duration = engine.compile(schema)
    return duration, [engine.masks(compiled, text) for text in texts], [engine.masks(compiled, text) for text in texts]


def minimum(rounds):
    """Of each figure, the least of the rounds."""
    return [min(values) for values in zip(*rounds)]


def flat(times):
    return [value for text in times for value in text]


def row(name, values):
    values = sorted(values)
    figures = [values[min(len(values) - 1, int(len(values) * share))] / 1000 for share in (0.5, 0.9, 0.99, 1)]
    print(f"  {name:28}" + "".join(f"{figure:12,.1f}" for figure in figures) + f"{len(values):10,}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("probe")
    parser.add_argument("--schemas", type=int, default=60)
    parser.add_argument("--tokens", type=int, nargs="+", default=[50_000, 128_000])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    generator = Schemas(random.Random(14))
    schemas = [generator.record(generator.source.randint(0, 3), generator.source.randint(2, 10)) for _ in range(arguments.schemas)]
    sizes = sorted(len(json.dumps(schema)) for schema in schemas)
    print(f"{len(schemas)} schemas of {sizes[0]} to {sizes[-1]} bytes, half of them above {sizes[len(sizes) // 2]}")
    for size in arguments.tokens:
        compare(Probe(arguments.probe), vocabulary(size, random.Random(size)), schemas, arguments.rounds)


def compare(probe, vocabulary, schemas, rounds):
    engines = {"Martlet": Martlet(probe, vocabulary), "llguidance": LLGuidance(vocabulary), "XGrammar": XGrammar(vocabulary)}
    figures = {name: ([], [], []) for name in engines}
    cut = collections.Counter()
    for index, schema in enumerate(schemas):
        source = random.Random(index)
        constraint = probe.compile(schema)
        texts = [write(constraint, engines["Martlet"].vocabulary, vocabulary, source) for _ in range(TEXTS)]
        for name, engine in engines.items():
            try:
                measured = [measure(engine, schema, texts) for _ in range(rounds)]
            except (Refused, ValueError, RuntimeError) as error:
                print(f"  {name} does not compile schema {index}: {str(error)[:100]}")
                continue
            compile_times, first, again = zip(*measured)
            cut[name] += sum(len(times) < len(text) for times, text in zip(first[0], texts))
            figures[name][0].append(min(compile_times))
            figures[name][1].extend(minimum(map(flat, first)))
            figures[name][2].extend(minimum(map(flat, again)))
    print(f"\n{vocabulary.name}, microseconds:{'p50':>16}{'p90':>12}{'p99':>12}{'max':>12}{'count':>10}")
    for place, label in enumerate(["compile", "first masks", "masks again"]):
        for name in engines:
            row(f"{label}, {name}", figures[name][place])
    for name, count in cut.items():
        if count:
            print(f"  {name} does not permit {count} of the {len(schemas) * TEXTS} texts, and was measured up to there")
    probe.close()


if __name__ == "__main__":
    main()
