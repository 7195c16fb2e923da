import collections

import pytest

import generator
import schemas
from probe import Probe, Refused

PROBE = ".build/release/ConstraintProbe"
counted = collections.defaultdict(collections.Counter)


def pytest_addoption(parser):
    parser.addoption("--probe", default=PROBE, help="the path of ConstraintProbe")
    parser.addoption("--texts", type=int, default=20, help="texts for each schema and vocabulary")
    parser.addoption("--generations", type=int, default=2000, help="generations of a server")
    parser.addoption("--seeds", type=int, default=3, help="generated schemas for each pair of keywords")


@pytest.fixture(scope="session")
def probe(request):
    probe = Probe(request.config.getoption("--probe"))
    yield probe
    probe.close()


@pytest.fixture(scope="session")
def texts(request):
    return request.config.getoption("--texts")


@pytest.fixture(scope="session")
def generations(request):
    return request.config.getoption("--generations")


@pytest.fixture(scope="session")
def corpus(request, probe):
    """By name, the schemas that Martlet compiles, and those of which it says that nothing satisfies them."""
    corpus = Corpus(probe)
    for name, schema in schemas.SCHEMAS.items():
        corpus.add(name, schema)
    for seed in range(request.config.getoption("--seeds")):
        for first, second in generator.PAIRS:
            # Of many pairs nothing satisfies the first schema.
            for attempt in range(20):
                made = generator.Generator(f"{first} {second} {seed} {attempt}").pair(first, second)
                if corpus.add(f"{first} and {second}, {seed}.{attempt}", made):
                    corpus.pairs.add((first, second))
                    break
        for number in range(60):
            corpus.add(f"large {number}, {seed}", generator.Generator(f"{number} {seed}").schema(3))
    return corpus


class Corpus:
    def __init__(self, probe):
        self.probe, self.compiled, self.unsatisfiable, self.unsupported, self.pairs = probe, {}, {}, {}, set()

    def add(self, name, schema):
        try:
            self.probe.compile(schema)
        except Refused as refusal:
            place = self.unsatisfiable if "unsatisfiable" in refusal.kind else self.unsupported
            place[name] = schema
            return False
        self.compiled[name] = schema
        return True


@pytest.fixture
def count(request):
    """Counts what a test has seen, for the summary."""
    return counted[request.node.name]


def pytest_terminal_summary(terminalreporter):
    for test, counts in counted.items():
        text = ", ".join(f"{number} {name}" for name, number in sorted(counts.items(), key=lambda item: -item[1]))
        terminalreporter.write_line(f"{test}: {text}")
