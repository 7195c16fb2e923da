"""What docs/compatibility.md lists and the corpus leaves out."""

import json
import re
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/compatibility.md"
# Where the parameters of a table go.
ENDPOINTS = {
    "Parameters of chat and plain completions": ["POST /v1/chat/completions", "POST /v1/completions"],
    "Parameters of `/v1/chat/completions`": ["POST /v1/chat/completions"],
    "Parameters of `/v1/completions`": ["POST /v1/completions"],
    "Parameters of `/v1/embeddings`": ["POST /v1/embeddings"],
    "Parameters of `/v1/responses`": ["POST /v1/responses"],
}


def rows():
    """(heading, what the first cell names) of each row of a table."""
    heading = ""
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line[3:].strip()
        elif found := re.match(r"\| `([^`]+)`", line):
            yield heading, found[1]


def missing(cases):
    """A sentence for each parameter that is sent with fewer than two values, and each path that is never asked for."""
    targets, values = set(), {}
    for case in cases:
        targets.add(case.target)
        for name, value in case.members.items():
            values.setdefault((case.target, name), set()).add(json.dumps(value))
    for heading, name in rows():
        for endpoint in ENDPOINTS.get(heading, []):
            if len(values.get((endpoint, name), ())) < 2:
                yield f"two values of `{name}` at {endpoint}"
        if heading in ("Endpoints", "What is absent"):
            method, _, path = name.rpartition(" ")
            end = path.endswith("{id}")
            path = path.removesuffix("{id}")
            paths = {target.partition(" ")[2] for target in targets if not method or target.startswith(method + " ")}
            if not any(one == path or end and one.startswith(path) and one != path for one in paths):
                yield name
