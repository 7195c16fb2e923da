"""What Martlet permits is valid, and what is valid is permitted in Martlet's spelling."""

import random
import re

import canonical
import completion
import differences
import vocabularies
from instances import Instances
from validation import Validator, parse

# What jsonschema takes for a text of a format although its RFC does not, as rewritings that remove it.
LENIENCIES = [
    ("the dot after a host name", lambda text: re.sub(r"(\w)\.\"", r'\1"', text)),
    ("a line feed at the end", lambda text: text.replace(r'\n"', '"')),
    ("hyphens after a UUID", lambda text: re.sub(r'(-[0-9A-Fa-f]{12})-+"', r'\1"', text)),
]


def test_what_is_written_is_valid(probe, corpus, texts, count):
    """Texts that Martlet writes with its default options."""
    vocabulary = vocabularies.synthetic()
    number = probe.vocabulary(vocabulary)
    faults = []
    for name, schema in corpus.compiled.items():
        constraint, validator = probe.compile(schema), Validator(schema)
        for seed in range(texts):
            text = constraint.start(number)
            try:
                document = completion.complete(text, b"", vocabulary, random.Random(f"{seed} {name}"))
            except completion.DeadEnd:
                faults.append((schema, "cannot be finished"))
                continue
            finally:
                text.close()
            if document is None:
                count["unfinished"] += 1
                continue
            count["documents"] += 1
            if not differences.is_valid(document, validator):
                faults.append((schema, document))
    assert not faults, "\n".join(map(str, faults[:20]))


def test_valid_values_are_permitted(probe, corpus, texts, count):
    """Values near what a schema permits: Martlet permits those that are valid, and no others."""
    faults = []
    for name, schema in corpus.compiled.items():
        constraint, validator = probe.compile(schema), Validator(schema)
        instances, valid = Instances(schema, name), []
        for _ in range(15 * texts):
            value = instances.changed(instances.source.choice(valid)) if valid and instances.source.random() < 0.4 \
                else instances.guided(schema)
            is_valid = validator.accepts(value)
            if is_valid:
                valid.append(value)
            count["valid" if is_valid else "invalid"] += 1
            if is_permitted(value, constraint) == is_valid:
                continue
            reason = narrowed(value, constraint) if is_valid else None
            if reason:
                count[reason] += 1
            else:
                faults.append((schema, canonical.write(value), "refused" if is_valid else "permitted"))
    assert not faults, f"{len(faults)}\n" + "\n".join(map(str, faults[:40]))


def is_permitted(value, constraint):
    return constraint.accepts(canonical.write(value)) or differences.is_arranged(value, constraint.follows, constraint.accepts)


def narrowed(value, constraint):
    """Why what is valid is not permitted; None if there is no reason."""
    text = canonical.write(value)
    if re.search(r"\d{17}", text):
        return "digits"
    for name, rewriting in differences.NARROWINGS + LENIENCIES:
        rewritten = rewriting(text)
        if rewritten != text and is_permitted(parse(rewritten.encode()), constraint):
            return name
    return None


def test_unsatisfiable_schemas(corpus, texts, count):
    """No value is valid under a schema of which Martlet says that nothing satisfies it."""
    for name, schema in corpus.unsatisfiable.items():
        instances, validator = Instances(schema, name), Validator(schema)
        for _ in range(10 * texts):
            value = instances.guided(schema)
            count["values"] += 1
            assert not validator.accepts(value), (schema, value)
