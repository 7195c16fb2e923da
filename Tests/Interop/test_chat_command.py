"""`martlet chat` in a pseudo-terminal, with typed keys."""

import http.server
import json
import os
import pty
import select
import subprocess
import threading
import time

import pytest

from server import MARTLET

LIMIT = 30


class Terminal:
    """The command in a terminal, and its output."""

    def __init__(self, *arguments, history=""):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["MARTLET_HISTORY"] = history
            os.execv(MARTLET, ["martlet", "chat", *arguments])
        self.shown = ""

    def wait_for(self, text):
        """Consumes and returns the output up to and including `text`."""
        end = time.monotonic() + LIMIT
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} was never shown, but {self.shown!r}"
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.shown += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    raise AssertionError(f"the program ended without {text!r}, with {self.shown!r}") from None
        before, self.shown = self.shown.split(text, 1)
        return before + text

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def enter(self, line):
        """Types a line at the prompt: input before it may be lost when the terminal changes modes."""
        self.wait_for("> ")
        time.sleep(0.05)
        self.type(line + "\n")
        self.wait_for(line)

    def end(self, keys=""):
        """Returns the exit code. Keys may be lost before the program reads the line, so they are typed again."""
        end = time.monotonic() + LIMIT
        typed = 0
        while time.monotonic() < end:
            if keys and time.monotonic() - typed > 0.5:
                typed = time.monotonic()
                try:
                    self.type(keys)
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.fd)
                return os.waitstatus_to_exitcode(status)
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    os.read(self.fd, 65536)
                except OSError:
                    time.sleep(0.05)
        os.kill(self.pid, 9)
        raise AssertionError("the program did not end")


@pytest.fixture
def endless():
    """A server whose replies practically never end, and a record of its requests."""
    state = {"left": threading.Event(), "requests": [], "chunks": 600, "piece": "tickN ", "finish": None}

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            state["requests"].append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                for number in range(state["chunks"]):
                    text = state["piece"].replace("N", str(number))
                    chunk = {"choices": [{"index": 0, "delta": {"content": text}}]}
                    self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
                    time.sleep(0.05)
                if state["finish"]:
                    chunk = {"choices": [{"index": 0, "delta": {}, "finish_reason": state["finish"]}]}
                    self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
            except OSError:
                state["left"].set()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        state["url"] = f"http://127.0.0.1:{server.server_port}"
        yield state
        server.shutdown()


def test_a_conversation_and_its_commands(server, tmp_path):
    terminal = Terminal("--url", server.url, "--temperature", "0")
    terminal.enter("What is 7 times 8?")
    assert "56" in terminal.wait_for("tokens/s")
    terminal.enter("/tokens")
    terminal.wait_for("16 in, 9 out")
    terminal.enter("/system Be brief.")
    terminal.wait_for("system: Be brief.")
    saved = tmp_path / "chat.json"
    terminal.enter(f"/save {saved}")
    terminal.wait_for("2 messages")
    roles = [message["role"] for message in json.loads(saved.read_text())["messages"]]
    assert roles == ["system", "user", "assistant"]
    terminal.enter("/model no-such-model")
    terminal.wait_for("model: no-such-model")
    terminal.enter("hello")
    terminal.wait_for("answered 404")
    terminal.enter("/model toy")
    terminal.wait_for("model: toy")
    terminal.enter("/system -")
    terminal.wait_for("system: none")
    terminal.enter("/reset")
    terminal.wait_for("was reset")
    terminal.enter("/tools on")
    terminal.wait_for("calculate, current_time")
    terminal.enter("/nonsense")
    terminal.wait_for("/help lists them")
    terminal.enter("/quit")
    assert terminal.end() == 0


def test_reasoning_is_dimmed(server):
    terminal = Terminal("--url", server.url, "--temperature", "0", "--think", "high")
    terminal.enter("What is 7 times 8?")
    shown = terminal.wait_for("tokens/s")
    assert "\x1b[2m" in shown and "56" in shown
    terminal.wait_for("> ")
    assert terminal.end("\x04") == 0


def test_a_temperature_is_sent_with_a_reasoning_effort(endless):
    endless.update(chunks=1, finish="stop")
    terminal = Terminal("--url", endless["url"], "--model", "m", "--temperature", "0", "--think", "high")
    terminal.enter("go")
    terminal.wait_for("tick0")
    terminal.wait_for("> ")
    assert terminal.end("\x04") == 0
    request = endless["requests"][0]
    assert (request["temperature"], request["reasoning_effort"]) == (0, "high")


def test_ctrl_c_stops_the_reply_and_not_the_program(endless):
    terminal = Terminal("--url", endless["url"], "--model", "m")
    terminal.enter("go")
    terminal.wait_for("tick3 ")
    terminal.type("\x03")
    terminal.wait_for("stopped")
    assert endless["left"].wait(LIMIT)
    terminal.enter("again")
    terminal.wait_for("tick1 ")
    # The part of the first reply that arrived stays in the conversation.
    messages = endless["requests"][1]["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[1]["content"].startswith("tick0 tick1 tick2 tick3 ")
    terminal.type("\x03")
    terminal.wait_for("stopped")
    terminal.enter("/quit")
    assert terminal.end() == 0


def test_ctrl_d_typed_during_a_reply_leaves_ctrl_d_at_the_prompt_working(endless):
    endless["chunks"] = 10
    terminal = Terminal("--url", endless["url"], "--model", "m")
    terminal.enter("go")
    terminal.wait_for("tick1 ")
    terminal.type("\x04")
    terminal.wait_for("> ")
    time.sleep(0.5)
    terminal.type("\x04")
    assert terminal.end() == 0


def test_every_reply_of_a_conversation_has_the_schema(endless, tmp_path):
    schema = tmp_path / "answer.json"
    schema.write_text('{"type": "object"}')
    endless.update(chunks=1, piece='{"answer": N}', finish="stop")
    terminal = Terminal("--url", endless["url"], "--model", "m", "--schema", str(schema))
    terminal.enter("go")
    terminal.wait_for('{"answer": 0}')
    terminal.enter("/tools on")
    terminal.wait_for("cannot call tools")
    endless["finish"] = "length"
    terminal.enter("again")
    terminal.wait_for("cut off at the token limit")
    terminal.enter("/quit")
    assert terminal.end() == 0
    formats = [request["response_format"]["json_schema"] for request in endless["requests"]]
    assert formats == 2 * [{"name": "answer", "schema": {"type": "object"}, "strict": True}]
    assert [message["role"] for message in endless["requests"][1]["messages"]] == ["user", "assistant", "user"]


def test_lines_are_edited_and_kept_in_the_history(server, tmp_path):
    history = str(tmp_path / "history")
    terminal = Terminal("--url", server.url, "--temperature", "0", history=history)
    terminal.wait_for("> ")
    # A letter too many, deleted; later the previous line, with the arrow key.
    terminal.type("What is 7 times 8?x\x7f\n")
    assert "56" in terminal.wait_for("tokens/s")
    terminal.enter("/quit")
    assert terminal.end() == 0
    assert "What is 7 times 8?" in open(history).read().replace("\\040", " ")
    assert os.stat(history).st_mode & 0o077 == 0
    terminal = Terminal("--url", server.url, "--temperature", "0", history=history)
    terminal.wait_for("> ")
    terminal.type("\x1b[A\x1b[A\n")
    assert "56" in terminal.wait_for("tokens/s")
    terminal.wait_for("> ")
    assert terminal.end("\x04") == 0


def test_piped_input_is_one_prompt(server):
    done = subprocess.run(
        [MARTLET, "chat", "--url", server.url, "--temperature", "0"], input=b"What is 7 times 8?\n", capture_output=True,
        timeout=LIMIT)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"7 times 8 is 56.\n", b"")
