"""The tests that docs/testing-with-the-toy.md shows, each of which passes."""

import inspect
import re

import pytest

from server import ROOT

PAGE = (ROOT / "docs/testing-with-the-toy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def shown():
    """The functions of the page's blocks, which build on each other."""
    names = {}
    for block in BLOCKS:
        exec(compile(block, "docs/testing-with-the-toy.md", "exec"), names)
    return {name: value for name, value in names.items() if name.startswith("test_") and inspect.isfunction(value)}


TESTS = shown()


def test_the_page_has_tests():
    assert len(TESTS) >= 4


@pytest.mark.parametrize("name", TESTS)
def test_a_shown_test_passes(server, name):
    TESTS[name](server.url)
