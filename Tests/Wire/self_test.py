#!/usr/bin/env python3
"""Plays two servers whose answers differ in known ways, and expects replay.py to see each, and nothing else. Expects the
corpus to have all that docs/compatibility.md lists."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import corpus
import coverage

FOLDER = Path(__file__).resolve().parent

PLAIN = ("HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 17:52:16 GMT\r\nx-request-id: req_07e7587ff5314d2106a2e50b\r\n"
         "openai-processing-ms: 9\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n"
         '{"created":17,"text":"a"}')
PLAIN = PLAIN.replace("Content-Length: 24", "Content-Length: 25")
LATER = (PLAIN.replace("21 Nov", "22 Nov").replace("07e7587f", "17e7587f").replace("ms: 9", "ms: 1234")
         .replace("Content-Length: 25", "Content-Length: 27").replace(":17,", ":1700,"))


def event(text, index=0, name="chatcmpl-07e7587ff5314d2106a2e50b"):
    return f'data: {{"id":"{name}","index":{index},"text":"{text}"}}\n\n'


def stream(*chunks):
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head + "".join(f"{len(chunk):x}\r\n{chunk}\r\n" for chunk in [*chunks, ""])


A, B, DONE = event("a"), event("b"), "data: [DONE]\n\n"
ABC = stream(A, B, DONE)
NDJSON = stream('{"a":1}\n', '{"b":1}\n').replace("text/event-stream", "application/x-ndjson")

# (name, what the old server answers, what the new one does, what is printed: None for no difference)
PLANTS = [
    ("equal", PLAIN, PLAIN, None),
    ("other ids, dates and durations", PLAIN, LATER, None),
    ("the same status with another reason", PLAIN, PLAIN.replace("200 OK", "200 Okay"), "+HTTP/1.1 200 Okay"),
    ("another status", PLAIN, PLAIN.replace("200 OK", "201 Created"), "+HTTP/1.1 201 Created"),
    ("fields in another order", PLAIN, PLAIN.replace("Content-Type: application/json\r\n", "")
     .replace("Content-Length: 25", "Content-Length: 25\r\nContent-Type: application/json"), "-Content-Length: 32"),
    ("a field in lower case", PLAIN, PLAIN.replace("Content-Type", "content-type"), "+content-type: application/json"),
    ("one field more", PLAIN, PLAIN.replace("\r\n\r\n", "\r\nVary: Origin\r\n\r\n"), "+Vary: Origin"),
    ("a malformed date", PLAIN, PLAIN.replace("21 Nov", "1 Nov"), "+Date: Sat, 1 Nov"),
    ("another byte", PLAIN, PLAIN.replace('"a"', '"b"'), '+{"created":<seconds>,"text":"b"}'),
    ("a space more", PLAIN, PLAIN.replace(':"a"', ': "a"').replace("Length: 25", "Length: 26"), '"text": "a"}'),
    ("too short a Content-Length", PLAIN, PLAIN.replace("Length: 25", "Length: 24"), "+<extra bytes: b'}'"),
    ("cut off", PLAIN, PLAIN[:-1], "+<closed within a response"),
    ("no answer", PLAIN, "", "+<closed without a response>"),
    ("not HTTP", PLAIN, "HTTP/1.1 huh\r\n\r\n", "+<malformed response"),
    ("joined chunks", ABC, stream(A, B + DONE), None),
    ("events cut by chunks", ABC, stream(A[:5], A[5:], B, DONE), "+<chunked, events are split>"),
    ("a missing event", ABC, stream(A, DONE), "-data: "),
    ("swapped events", ABC, stream(B, A, DONE), '"text":"b"'),
    ("a stream without its end", ABC, stream(A, B), "-data: [DONE]"),
    ("a stream that is not chunked", ABC, ABC.split("\r\n\r\n")[0].replace("Transfer-Encoding: chunked",
     f"Content-Length: {len(A + B + DONE)}") + "\r\n\r\n" + A + B + DONE, "-<chunked, events are whole>"),
    ("an id that changes within a stream", ABC, stream(A, event("b", name="chatcmpl-" + "0" * 24), DONE),
     "+data: {\"id\":\"chatcmpl-<2>"),
    ("choices in another order", stream(A, event("b", 1), DONE), stream(event("b", 1), A, DONE), '"text":"b"'),
    ("prompts in another order", stream(A, event("b", 1), DONE), stream(event("b", 1), A, DONE), None),
    ("a prompt's events in another order", stream(A, event("b"), event("c", 1)), stream(event("c", 1), event("b"), A),
     '"text":"b"'),
    ("lines", NDJSON, NDJSON.replace('"b"', '"c"'), '+{"c":1}'),
    ("listed", PLAIN, PLAIN.replace("200 OK", "202 Accepted"), None),
    ("listed, but with more", PLAIN, PLAIN.replace("200 OK", "202 Accepted").replace('"a"', '"b"'), '"text":"b"'),
]
LISTED = [{"case": f"plants: GET /{number} {name}", "old": "200 OK", "new": "202 Accepted", "why": "It is accepted."}
          for number, (name, *_) in enumerate(PLANTS) if name.startswith("listed")]

SERVER = """#!{python}
import json, re, socket
answers = json.loads({answers!r})
with socket.create_server(("127.0.0.1", 0)) as listener:
    print("http://127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            request = b""
            while b"\\r\\n\\r\\n" not in request:
                request += connection.recv(65536)
            connection.sendall(answers[int(re.match(rb"GET /(\\d+)", request)[1])].encode())
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
"""


def replay(root, old, new):
    for name, answers in (("old", old), ("new", new)):
        (root / name).write_text(SERVER.format(python=sys.executable, answers=json.dumps(answers)))
        (root / name).chmod(0o755)
    return subprocess.run(
        [sys.executable, "-B", FOLDER / "replay.py", root / "old", root / "new", "--corpus", root / "corpus",
         "--differences", root / "differences.jsonl"], capture_output=True, text=True, timeout=120)


def main():
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "corpus").mkdir()
        lines = [json.dumps({"request": f"GET /{number}", "name": name, "headers": {"Content-Type": None}}
                            | ({"json": {"prompt": ["a", "b"]}} if "prompt" in name else {}))
                 for number, (name, *_) in enumerate(PLANTS)]
        (root / "corpus/plants.jsonl").write_text("\n".join(["# Differences that are planted.", "", *lines]))
        (root / "differences.jsonl").write_text("\n".join(map(json.dumps, LISTED)))
        old, new = [plant[1] for plant in PLANTS], [plant[2] for plant in PLANTS]
        run = replay(root, old, new)
        parts = {part.split("\n")[0].split(" ", 3)[-1]: part for part in run.stdout.split("✘ ")[1:]}
        for name, _, _, expected in PLANTS:
            if expected is None and name in parts:
                missed.append(f"wrongly seen: {name}: {parts[name]}")
            if expected is not None and expected not in parts.get(name, ""):
                missed.append(f"not seen: {name}: {parts.get(name)}")
        different = sum(expected is not None for *_, expected in PLANTS)
        summary = f"wire: {len(PLANTS)} requests, {different} answered differently, 1 as differences.jsonl lists"
        missed += [f"summary: {run.stdout[-200:]}{run.stderr}"] if summary not in run.stdout else []
        missed += [f"status {run.returncode}, not 1"] if run.returncode != 1 else []
        same = replay(root, old, old)
        missed += [f"against itself: {same.stdout}{same.stderr}"] if same.returncode != 0 else []
    missed += [f"not in the corpus: {what}" for what in coverage.missing(corpus.read(corpus.FOLDER))]
    print("\n".join(missed) if missed else f"wire: sees {different} planted differences, and no more")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
