"""The model that is evaluated: the first one of a server with OpenAI's API, whose template renders the prompts."""

import contextlib
import json
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from evaluation import request
from reply import Reply

LONGEST_REPLY = 220
CONCURRENCY = 8
TIMEOUT = 300  # seconds
PATIENCE = 20  # seconds for a server to end


@contextlib.contextmanager
def served(martlet, model, threads):
    """The URL of `martlet serve`, on a free port, while the block runs. A folder is served as the embedded model is: in F16."""
    command = [martlet, "serve", "--model", str(model), "--weights", "f16", "--port", "0", "--threads", str(threads)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        found = next((match[0] for line in process.stdout if (match := re.search(r"http://127\.0\.0\.1:\d+", line))), None)
        if found is None:
            raise RuntimeError(f"{' '.join(command)} ended with {process.wait()}, and served nothing")
        threading.Thread(target=process.stdout.read, daemon=True).start()  # so that its output cannot fill the pipe
        yield found
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Subject:
    """A request that is refused is a wrong reply, and the server's sentence is printed once."""

    def __init__(self, url):
        self.url, self.refusals = url.rstrip("/").removesuffix("/v1"), set()
        with urllib.request.urlopen(self.url + "/v1/models", timeout=TIMEOUT) as response:
            self.name = json.load(response)["data"][0]["id"]

    def replies(self, conversations, temperature=0.0, seed=0):
        """The reply to each conversation without its last message."""
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            return list(pool.map(lambda one: self._reply(one, temperature, seed), conversations))

    def _reply(self, conversation, temperature, seed):
        body = {"model": self.name, **request.body(conversation), "temperature": temperature, "seed": seed, "max_tokens": LONGEST_REPLY}
        try:
            message = self._post("/v1/chat/completions", body)["choices"][0]["message"]
        except urllib.error.HTTPError as error:
            self._print_once(f"{error.code}: {error.read().decode(errors='replace')[:300]}")
            return Reply("")
        calls = [(call["function"]["name"], _object(call["function"]["arguments"])) for call in message.get("tool_calls") or []]
        thought = message.get("reasoning_content") or message.get("reasoning")
        return Reply((message.get("content") or "").strip(), thought, calls)

    def embeddings(self, texts):
        """The vectors of plain texts, each of length 1."""
        found = self._post("/v1/embeddings", {"model": self.name, "input": texts})["data"]
        return [one["embedding"] for one in sorted(found, key=lambda one: one["index"])]

    def token_count(self, text):
        return self._post("/tokenize", {"model": self.name, "prompt": text, "add_special_tokens": False})["count"]

    def _print_once(self, refusal):
        if refusal not in self.refusals:
            self.refusals.add(refusal)
            print(refusal, file=sys.stderr, flush=True)

    def _post(self, path, body):
        made = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(made, timeout=TIMEOUT) as response:
            return json.load(response)


def _object(text):
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
