"""Turns what came back into lines to compare, with all that differs from run to run masked."""

import re

IDENTIFIER = re.compile(r"\b(chatcmpl-|cmpl-|req_|call_|resp_|msg_|rs_|fc_|ctc_)([0-9A-Za-z]{16,})")
MASKS = [
    (re.compile(r'("(?:created|created_at|completed_at)":)\d+'), r"\1<seconds>"),
    (re.compile(r'("(?:created_at|modified_at)":")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z'), r"\1<time>"),
    (re.compile(r'("(?:total|load|prompt_eval|eval)_duration":)\d+'), r"\1<nanoseconds>"),
    (re.compile(r'("(?:open_connections|open_streams|tasks|waiting|running|held_bytes)":)\d+'), r"\1<count>"),
    (re.compile(r"(?m)^(Date: )\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT(?=\r$)"), r"\1<date>"),
    (re.compile(r"(?m)^(openai-processing-ms: )\d+(?=\r$)"), r"\1<milliseconds>"),
]
LENGTH = re.compile(r"(?m)^(Content-Length: )(\d+)(?=\r$)")


class Masking:
    """Of one case: equal ids stay equal, so that one that changes within a reply is seen."""

    def __init__(self):
        self.identifiers = {}

    def __call__(self, data):
        text = data.decode("utf-8", "backslashreplace")
        for pattern, replacement in MASKS:
            text = pattern.sub(replacement, text)
        return IDENTIFIER.sub(self.number, text)

    def number(self, found):
        return f"{found[1]}<{self.identifiers.setdefault(found[2], len(self.identifiers) + 1)}>"


def pieces(response):
    """The content in the units that a client takes: events, lines, or all of it."""
    kind = response.field(b"Content-Type") or b""
    mark = b"\n\n" if kind.startswith(b"text/event-stream") else b"\n"
    return [part + mark for part in response.content.split(mark)[:-1]] + [response.content.split(mark)[-1]], mark


def shown(text):
    return text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")


def by_choice(parts):
    """Events of one choice in their order, those of the first choice before those of the next; other events, such as
    the usage, stay behind all that came before them."""
    result, choices = [], []

    def index(part):
        return int(found[1]) if (found := re.search(r'"index":(\d+)', part)) else None

    for part in parts:
        if index(part) is None:
            result += sorted(choices, key=index)
            choices = []
            result.append(part)
        else:
            choices.append(part)
    return result + sorted(choices, key=index)


def lines(responses, end, is_interleaved):
    """Where a stream's chunks begin and end depends on time; whether they end where an event does, does not."""
    mask = Masking()
    result = []
    for response in responses:
        head = mask(response.head)
        parts, mark = pieces(response)
        masked = [mask(part) for part in parts]
        if is_interleaved and response.chunks is not None:
            masked = by_choice(masked)
        if response.content:
            # Masks change how long the content is.
            length = sum(len(part.encode()) for part in masked)
            head = LENGTH.sub(
                lambda found: f"{found[1]}{length if int(found[2]) == len(response.content) else found[2]}", head)
        result += [shown(line) for line in head.split("\r\n")[:-1]]
        if response.chunks is not None:
            whole = all(chunk.endswith(mark) for chunk in response.chunks)
            result.append("<chunked, " + ("events are whole>" if whole else "events are split>"))
        result += [shown(part) for part in masked if part]
        result.append("<end of the response>")
    return result + [f"<{end}>"]
