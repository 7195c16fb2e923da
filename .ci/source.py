"""A file of the tree whose strings and comments are distinguished from its code."""

import re

OPENING = re.compile(r'//|/\*|#*"')
QUOTE = re.compile(r'(#*)("""|")')


def tokens(swift):
    """Cuts Swift source into (kind, text) pairs, kind being code, string or comment.

    The content of an interpolation is part of its string.
    """
    start = at = 0

    def literal(at):
        """The offset after the string literal that opens at `at`."""
        hashes, quotes = QUOTE.match(swift, at).groups()
        escape, close = "\\" + hashes, quotes + hashes
        at += len(hashes + quotes)
        while at < len(swift) and not swift.startswith(close, at):
            if quotes == '"' and swift[at] == "\n":
                return at
            if swift.startswith(escape + "(", at):
                at = interpolation(at + len(escape) + 1)
            elif swift.startswith(escape, at):
                at += len(escape) + 1
            else:
                at += 1
        return at + len(close)

    def interpolation(at):
        depth = 1
        while at < len(swift) and depth:
            if swift[at] == '"':
                at = literal(at)
                continue
            depth += {"(": 1, ")": -1}.get(swift[at], 0)
            at += 1
        return at

    def comment(at):
        if swift.startswith("//", at):
            end = swift.find("\n", at)
            return len(swift) if end < 0 else end
        depth, at = 1, at + 2
        while at < len(swift) and depth:
            pair = swift[at:at + 2]
            depth += {"/*": 1, "*/": -1}.get(pair, 0)
            at += 2 if pair in ("/*", "*/") else 1
        return at

    while at < len(swift):
        opens = OPENING.search(swift, at)
        at = opens.start() if opens else len(swift)
        if at > start:
            yield "code", swift[start:at]
        if not opens:
            return
        start, kind = at, "comment" if swift[at] == "/" else "string"
        at = comment(at) if kind == "comment" else literal(at)
        yield kind, swift[start:at]
        start = at


class Source:
    """A text file and its path in the tree."""

    def __init__(self, path, text):
        self.path, self.text, self.lines = path, text, text.splitlines()
        self.is_swift = path.endswith(".swift")
        self.tokens = list(tokens(text)) if self.is_swift else []

    def blanked(self, kind):
        """The text with everything except tokens of `kind` replaced by spaces, which keeps offsets."""
        return "".join(t if k == kind else re.sub(r"[^\n]", " ", t) for k, t in self.tokens)

    def line(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def under(self, *folders):
        return any(self.path.startswith(folder + "/") for folder in folders)

    @property
    def target(self):
        parts = self.path.split("/")
        return parts[1] if parts[0] == "Sources" else parts[2] if parts[0] == "Backends" and len(parts) > 3 else None
