"""Writes a table between two marks of the card."""

BEGIN, END = "<!-- begin: {} -->", "<!-- end: {} -->"


def table(results):
    lines = ["| skill | measured | 95 % interval | n | bar |", "|---|---|---|---|---|"]
    for one in results:
        sign = "at most " if one["is_at_most"] else ""
        lines.append(f"| {one['row']} | {one['value']} % | {one['low']} to {one['high']} | {one['n']} | {sign}{one['bar']} % |")
    return "\n".join(lines)


def replace(text, name, content):
    """The text with the content between the marks of `name`. Raises ValueError without them."""
    begin, end = BEGIN.format(name), END.format(name)
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"the card needs exactly one {begin} and one {end}")
    head, rest = text.split(begin)
    return f"{head}{begin}\n{content}\n{end}{rest.split(end)[1]}"


def fill(path, results, name="results"):
    path.write_text(replace(path.read_text(encoding="utf-8"), name, table(results)), encoding="utf-8")
