"""Reads the corpus: JSON lines, each of which becomes one request or several. README.md has the format."""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "corpus"


class Case:
    """The bytes of one connection, and what is expected to come back at least: `heads` has a member for each response,
    true where it answers HEAD and so has no content."""

    def __init__(self, name, flags, steps, heads, pieces=None, target="", body=None):
        self.name, self.flags, self.steps, self.heads, self.pieces = name, flags, steps, heads, pieces
        self.target, self.body = target, body

    @property
    def members(self):
        """Those of the body, if it is a JSON object."""
        try:
            value = json.loads(self.body or b"")
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def is_interleaved(self):
        """Whether several prompts are answered in one stream: whose event comes first depends on time."""
        prompt = self.members.get("prompt")
        return isinstance(prompt, list) and len(prompt) > 1 and not isinstance(prompt[0], int)


def bytes_of(part):
    """Text is sent as UTF-8; `{"hex": ...}` is for bytes that are not, `{"repeat": text, "times": n}` for many."""
    if isinstance(part, str):
        return part.encode()
    if "hex" in part:
        return bytes.fromhex(part["hex"])
    return part["repeat"].encode() * part["times"]


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encoded(value):
    try:
        return compact(value).encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can only escape
        return json.dumps(value, separators=(",", ":")).encode()


def content(line):
    """The body of a request as it is sent, or None."""
    if "json" in line or "with" in line or "without" in line:
        body = line.get("json", {}) | line.get("with", {})
        return encoded({key: value for key, value in body.items() if key not in line.get("without", ())})
    if "body" in line:
        parts = line["body"] if isinstance(line["body"], list) else [line["body"]]
        return b"".join(map(bytes_of, parts))
    return None


def head(request, fields, body):
    method, target, *version = request.split(" ")
    known = {"Host": "localhost"}
    if body is not None:
        known |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    fields = {name: value for name, value in (known | fields).items() if value is not None}
    lines = [f"{method} {target} {version[0] if version else 'HTTP/1.1'}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def cases_of(line, flags, prefix):
    """The cases of one line."""
    if "raw" in line:
        parts = line["raw"] if isinstance(line["raw"], list) else [line["raw"]]
        steps = [part if isinstance(part, dict) and "read" in part else bytes_of(part) for part in parts]
        first = next((step for step in steps if isinstance(step, bytes)), b"")
        heads = line.get("heads") or [first.startswith(b"HEAD ")] * line.get("responses", 1)
        yield Case(f"{prefix}: {line['name']}", flags, steps, heads, line.get("pieces"))
        return
    for request in line.get("requests") or [line["request"]]:
        for name, values in (line.get("each") or {None: [None]}).items():
            for value in values:
                one = line if name is None else line | {"with": line.get("with", {}) | {name: value}}
                body = content(one)
                title = line.get("name") or (encoded(line["with"]).decode() if line.get("with") else "")
                title += f" {name}={encoded(value).decode()}" if name else ""
                sent = [head(request, line.get("headers", {}), body)] + ([body] if body else [])
                yield Case(
                    f"{prefix}: {' '.join([request, *title.split()])}", flags, [b"".join(sent)],
                    [request.startswith("HEAD ")], line.get("pieces"), request, body)


def merged(default, line):
    both = default | line
    for name, other in (("request", "requests"), ("requests", "request")):
        if name in line:
            both.pop(other, None)
    if "raw" in line:
        both.pop("json", None)
    if "body" in line or line.get("json", 0) is None:
        both = {key: value for key, value in both.items() if key not in ("json", "with")}
    both["headers"] = default.get("headers", {}) | line.get("headers", {})
    return both


def read_file(path, flags=(), default=None):
    """The cases of a file, in its order."""
    default = default or {}
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip() or text.startswith("#"):
            continue
        try:
            line = json.loads(text)
            if "serve" in line:
                flags, default = tuple(line["serve"]), {}
            elif "default" in line:
                default = line["default"]
            elif "include" in line:
                yield from read_file(FOLDER / "shared" / line["include"], flags, default)
            else:
                yield from cases_of(merged(default, line), flags, path.stem)
        except (ValueError, KeyError, TypeError) as error:
            raise SystemExit(f"{path}:{number}: {type(error).__name__}: {error}") from error


def read(folder=FOLDER):
    """Every case, each with a name of its own."""
    counts = {}
    result = []
    for path in sorted(folder.glob("*.jsonl")):
        for case in read_file(path):
            counts[case.name] = counts.get(case.name, 0) + 1
            if counts[case.name] > 1:
                case.name += f" #{counts[case.name]}"
            result.append(case)
    return result
