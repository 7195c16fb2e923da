"""The masks of Martlet and llguidance, token by token."""

import random

import pytest

import completion
import differences
import generator
import vocabularies
from comparison import Comparison
from reference import NotCompiled, Reference
from validation import Validator

VOCABULARIES = {"toy": vocabularies.toy, "synthetic": vocabularies.synthetic}


@pytest.mark.parametrize("name", VOCABULARIES)
def test_masks_are_equal(name, probe, corpus, texts, count):
    """At each step of each text both allow the same tokens, but for differences of the classes that are listed."""
    vocabulary = VOCABULARIES[name]()
    number, tokenizer = probe.vocabulary(vocabulary), vocabulary.for_llguidance()
    faults = []
    for name, schema in corpus.compiled.items():
        try:
            theirs = Reference(schema, vocabulary, tokenizer)
        except NotCompiled as error:
            reason = next((reason for reason in differences.NOT_COMPILED if reason in str(error)), None)
            count[f"schemas not compiled: {reason}"] += 1
            if reason is None:
                faults.append((schema, str(error)))
            continue
        count["schemas"] += 1
        comparison = Comparison(name, schema, probe.compile(schema, unlimited=True), theirs, vocabulary, number)
        for seed in range(texts):
            comparison.run(seed)
        count.update(comparison.counts)
        faults += [(schema, *fault) for fault in comparison.faults[:3]]
    assert not faults, "\n".join(map(str, faults[:20]))
    assert count["schemas"] >= 500 or texts < 20


def test_pairs(corpus):
    """Each pair of keywords is in a schema that Martlet compiles, but for one that it refuses."""
    assert set(generator.PAIRS) - corpus.pairs == {("prefixItems", "uniqueItems")}


@pytest.mark.parametrize("name", differences.CLASSES)
def test_class(name, probe):
    """The example of a class of differences is one, and belongs to it."""
    example = differences.CLASSES[name]
    ours = probe.compile(example.schema, unlimited=True)
    vocabulary = VOCABULARIES["toy"]()
    theirs = Reference(example.schema, vocabulary, vocabulary.for_llguidance())
    is_own = example.kind == differences.REFERENCE_NARROWER
    assert (ours.accepts(example.document), theirs.accepts(example.document)) == (is_own, not is_own)
    side, judge = (theirs, differences.judge_own) if is_own else (ours, differences.judge)
    assert judge(example.document.encode(), Validator(example.schema), side.follows, side.accepts) == name


@pytest.mark.parametrize("reason", differences.NOT_COMPILED)
def test_not_compiled(reason):
    vocabulary = VOCABULARIES["toy"]()
    with pytest.raises(NotCompiled, match=reason):
        Reference(differences.NOT_COMPILED[reason], vocabulary, vocabulary.for_llguidance())


def test_unsatisfiable(corpus, texts, count):
    """What llguidance writes under a schema of which Martlet says that nothing satisfies it, is not valid."""
    vocabulary = VOCABULARIES["toy"]()
    tokenizer = vocabulary.for_llguidance()
    valid = []
    for name, schema in corpus.unsatisfiable.items():
        count["schemas"] += 1
        try:
            theirs = Reference(schema, vocabulary, tokenizer)
        except NotCompiled:
            count["not compiled"] += 1
            continue
        for seed in range(texts):
            source = random.Random(f"{seed} {name}")
            try:
                document = completion.complete(theirs.start(), b"", vocabulary, source)
            except completion.DeadEnd:
                continue
            if document is None:
                continue
            count["documents"] += 1
            if differences.is_valid(document, Validator(schema)):
                valid.append((schema, document))
    assert not valid
