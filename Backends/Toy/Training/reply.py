"""What a model wrote, taken apart as the server takes it apart: a thought, calls, and the text between."""

import json
import re
from dataclasses import dataclass, field

from template import CALL, CALL_END, THINK, THINK_END

_CALL = re.compile(re.escape(CALL) + "(.*?)" + re.escape(CALL_END), re.DOTALL)


@dataclass
class Reply:
    """`calls` are (name, arguments); arguments that are not a JSON object are None."""
    text: str
    thought: str | None = None
    calls: list = field(default_factory=list)


def parse(written):
    """A reply from the text of its tokens, delimiters included."""
    thought = None
    if written.startswith(THINK) and THINK_END in written:
        thought, written = written[len(THINK):].split(THINK_END, 1)
    calls = [_call(match) for match in _CALL.findall(written)]
    return Reply(_CALL.sub("", written).strip(), thought, calls)


def _call(text):
    try:
        value = json.loads(text)
    except ValueError:
        return ("", None)
    if not isinstance(value, dict) or not isinstance(value.get("arguments"), dict):
        return ("", None)
    return (value.get("name"), value["arguments"])
