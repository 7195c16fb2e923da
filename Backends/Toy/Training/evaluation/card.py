"""Writes a table between two marks of the card, and reads it."""

import re

BEGIN, END = "<!-- begin: {} -->", "<!-- end: {} -->"


def table(results):
    lines = ["| skill | measured | 95 % interval | n | first 40 | bar |", "|---|---|---|---|---|---|"]
    for one in results:
        sign = "at most " if one["is_at_most"] else ""
        lines.append(f"| {one['row']} | {one['value']} % | {one['low']} to {one['high']} | {one['n']} | {one['quick']} % | {sign}{one['bar']} % |")
    return "\n".join(lines)


def read(text, name="results"):
    """The rows of a card's table that `table` wrote, with what --quick measures."""
    _, _, rest = text.partition(BEGIN.format(name))
    found = re.findall(r"^\| (.+?) \| [\d.]+ % \| .+? \| \d+ \| ([\d.]+) % \| (at most )?", rest.partition(END.format(name))[0], re.MULTILINE)
    if not found:
        raise ValueError(f"the card has no table between the marks of {name}")
    return [{"row": row, "quick": float(value), "is_at_most": bool(sign)} for row, value, sign in found]


def replace(text, name, content):
    """The text with the content between the marks of `name`. Raises ValueError without them."""
    begin, end = BEGIN.format(name), END.format(name)
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"the card needs exactly one {begin} and one {end}")
    head, rest = text.split(begin)
    return f"{head}{begin}\n{content}\n{end}{rest.split(end)[1]}"


def fill(path, results, name="results"):
    path.write_text(replace(path.read_text(encoding="utf-8"), name, table(results)), encoding="utf-8")
