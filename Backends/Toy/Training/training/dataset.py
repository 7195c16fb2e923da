"""Batches of conversations, made ahead by a second process.

A chunk is a few hundred batches of one stage of the curriculum. It depends on the seed, its number and its stage alone, so
that a training that resumes sees the same data in the same order.
"""

import multiprocessing
import os
import queue
from dataclasses import dataclass

import numpy

import template
import vocabulary
from corpus import mixture, pairs

CHUNK_TOKENS = 250_000
PAIR_SHARE = 0.02  # of the batches
PAIR_ROWS = 32
GRAIN = 8  # rows of a batch are padded to a multiple of so many tokens


@dataclass
class Batch:
    """tokens [B, T], learned [B, T] marks what is trained on, starts [B] are positions, families [B] are indices.

    The rows of a batch of pairs are anchors, then paraphrases, then other meanings; `lengths` [B] are theirs.
    """
    tokens: numpy.ndarray
    learned: numpy.ndarray
    starts: numpy.ndarray
    families: numpy.ndarray
    lengths: numpy.ndarray
    is_pairs: bool = False


@dataclass(frozen=True)
class Recipe:
    """What a chunk depends on beside its number and stage."""
    tokenizer: str
    seed: int
    batch_tokens: int
    positions: int
    split: str = "train"


def rows(recipe, tokenizer, number, stage_name):
    """(family, ids, learned) of a chunk's conversations, in the order in which they were made."""
    stage = mixture.STAGES[stage_name]
    total, made, i = 0, [], 0
    while total < CHUNK_TOKENS:
        rng = mixture.random_for(recipe.seed, recipe.split, stage_name, number, i)
        i += 1
        family, conversation = mixture.conversation(rng, recipe.split, stage)
        ids, learned = vocabulary.encode(tokenizer, template.render(conversation))
        if len(ids) > stage.longest:
            continue
        made.append((mixture.FAMILIES.index(family), ids, learned))
        total += len(ids)
    return made


def chunk(recipe, tokenizer, number, stage_name):
    """A chunk's batches. Rows of one batch are about equally long, and the batches are in random order."""
    order = numpy.random.default_rng([recipe.seed, number, mixture.random_for(stage_name).getrandbits(32)])
    made = rows(recipe, tokenizer, number, stage_name)
    order.shuffle(made)
    made.sort(key=lambda row: -(-len(row[1]) // GRAIN))
    batches, first = [], 0
    while first < len(made):
        last = first
        while last < len(made) and (last - first + 1) * _padded(made[last]) <= max(recipe.batch_tokens, _padded(made[first])):
            last += 1
        last = max(last, first + 1)
        batches.append(_batch(made[first:last], order, recipe.positions))
        first = last
    count = max(1, round(len(batches) * PAIR_SHARE))
    batches += [_pairs(recipe, tokenizer, number, stage_name, i) for i in range(count)]
    return [batches[i] for i in order.permutation(len(batches))]


def _padded(row):
    return -(-len(row[1]) // GRAIN) * GRAIN


def _batch(made, order, positions):
    """Half of the rows begin at position 0, as in inference, the others anywhere."""
    width = _padded(made[-1])
    tokens = numpy.zeros((len(made), width), numpy.int32)
    learned = numpy.zeros((len(made), width), bool)
    for i, (_, ids, marks) in enumerate(made):
        tokens[i, :len(ids)], learned[i, :len(ids)] = ids, marks
    offsets = order.integers(0, positions - width + 1, len(made))
    starts = numpy.where(order.random(len(made)) < 0.5, 0, offsets).astype(numpy.int32)
    return Batch(tokens, learned, starts, numpy.array([row[0] for row in made], numpy.int32), numpy.array([len(row[1]) for row in made], numpy.int32))


def _pairs(recipe, tokenizer, number, stage_name, i):
    rng = mixture.random_for(recipe.seed, recipe.split, "pairs", stage_name, number, i)
    triples = [pairs.triple(rng, recipe.split) for _ in range(PAIR_ROWS)]
    ids = [tokenizer.encode(triple[column]).ids for column in range(3) for triple in triples]
    width = max(map(len, ids))
    tokens = numpy.zeros((len(ids), width), numpy.int32)
    for row, one in enumerate(ids):
        tokens[row, :len(one)] = one
    zeros = numpy.zeros(len(ids), numpy.int32)
    return Batch(tokens, numpy.zeros(tokens.shape, bool), zeros, zeros, numpy.array(list(map(len, ids)), numpy.int32), True)


def _work(recipe, requests, answers):
    """Makes chunks until it is asked for None. Ends with the process that started it."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    tokenizer = vocabulary.load(recipe.tokenizer)
    for number, stage_name in iter(requests.get, None):
        answers.put((number, stage_name, chunk(recipe, tokenizer, number, stage_name)))


class Chunks:
    """Chunks from a second process, each requested before it is needed."""

    def __init__(self, recipe):
        context = multiprocessing.get_context("spawn")
        self._requests, self._answers = context.Queue(), context.Queue()
        self._process = context.Process(target=_work, args=(recipe, self._requests, self._answers), daemon=True)
        self._process.start()

    def request(self, number, stage_name):
        self._requests.put((number, stage_name))

    def receive(self, number, stage_name):
        """The batches that were requested next. Raises when the process has ended, or made something else."""
        while True:
            try:
                found = self._answers.get(timeout=5)
                break
            except queue.Empty as error:
                if not self._process.is_alive():
                    raise RuntimeError("the process that makes data has ended; its error is above") from error
        if found[:2] != (number, stage_name):
            raise RuntimeError(f"expected chunk {number} of {stage_name}, not {found[0]} of {found[1]}")
        return found[2]

    def close(self):
        self._requests.put(None)
        self._process.join(timeout=30)
        if self._process.is_alive():
            self._process.terminate()
