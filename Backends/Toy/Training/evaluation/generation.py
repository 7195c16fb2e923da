"""Replies of a model: greedy or sampled, many prompts at once, with a cache of keys and values; or of a server over HTTP."""

import json
import sys
import urllib.error
import urllib.request

import torch

import reply as replies
import template
import vocabulary
from evaluation import request

LONGEST_REPLY = 220
BATCH_TOKENS = 16_384
LONG = 1_000  # tokens; longer prompts are alone, without a mask, which halves the work
TIMEOUT = 120  # seconds


class Local:
    """A model and its tokenizer from an exported folder."""

    def __init__(self, model, tokenizer):
        self.model, self.tokenizer = model, tokenizer
        self.ends = {tokenizer.token_to_id(template.END), tokenizer.token_to_id(template.STOP)}
        self.positions = model.sizes.positions

    def ids(self, conversation):
        return vocabulary.encode(self.tokenizer, template.render_prompt(conversation))[0]

    def replies(self, conversations, temperature=0.0, seed=0):
        """The reply to each conversation without its last message."""
        prompts = [self.ids(one) for one in conversations]
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        found = [None] * len(prompts)
        generator = torch.Generator().manual_seed(seed)
        first = 0
        while first < len(order):
            last = first + 1
            while last < len(order) and len(prompts[order[last]]) <= LONG and (last - first + 1) * (len(prompts[order[last]]) + LONGEST_REPLY // 2) <= BATCH_TOKENS:
                last += 1
            rows = order[first:last]
            for row, written in zip(rows, self._generate([prompts[i] for i in rows], temperature, generator)):
                found[row] = replies.parse(self.tokenizer.decode(written, skip_special_tokens=False))
            first = last
        return found

    @torch.no_grad()
    def _generate(self, prompts, temperature, generator):
        """Prompts of about the same length, padded on the left. A column that is padding is never seen, and each row counts
        its positions from its own first token."""
        longest = max(map(len, prompts))
        tokens = torch.zeros(len(prompts), longest, dtype=torch.long)
        padding = torch.tensor([longest - len(prompt) for prompt in prompts])
        for row, prompt in enumerate(prompts):
            tokens[row, longest - len(prompt):] = torch.tensor(prompt)
        caches = [[] for _ in self.model.h]
        columns = torch.arange(longest)
        # A padded column sees itself, since a row of attention must see something.
        mask = None  # causal
        if padding.any():
            is_inside = (columns[None, None] >= padding[:, None, None]) | (columns[None] == columns[:, None])[None]
            mask = ((columns[None] <= columns[:, None])[None] & is_inside)[:, None]
        hidden = self._hidden(tokens, padding, 0, caches, mask)
        written, is_over = [[] for _ in prompts], [False] * len(prompts)
        for step in range(min(LONGEST_REPLY, self.positions - longest)):
            chosen = self._choose(self.model.logits(hidden[:, -1]), temperature, generator)
            for row, token in enumerate(chosen.tolist()):
                is_over[row] = is_over[row] or token in self.ends
                if not is_over[row]:
                    written[row].append(token)
            if all(is_over):
                break
            seen = torch.arange(longest + step + 1)[None] >= padding[:, None]
            hidden = self._hidden(chosen[:, None], padding, longest + step, caches, seen[:, None, None])
        return written

    def _hidden(self, tokens, padding, column, caches, mask):
        """[B, T, d] of columns from `column` on. Positions before a row's first token are clamped to 0."""
        model = self.model
        positions = (column + torch.arange(tokens.shape[1])[None] - padding[:, None]).clamp(min=0)
        x = model.wte(tokens) + model.wpe(positions)
        for block, cache in zip(model.h, caches):
            x = block(x, cache, mask)
        return model.ln_f(x)

    @staticmethod
    def _choose(logits, temperature, generator):
        if temperature == 0:
            return logits.argmax(-1)
        return torch.multinomial(torch.softmax(logits.float() / temperature, -1), 1, generator=generator)[:, 0]

    @torch.no_grad()
    def embeddings(self, texts):
        """[N, d] of plain texts."""
        ids = [self.tokenizer.encode(text).ids for text in texts]
        tokens = torch.zeros(len(ids), max(map(len, ids)), dtype=torch.long)
        for row, one in enumerate(ids):
            tokens[row, :len(one)] = torch.tensor(one)
        return self.model.embed(tokens, torch.tensor(list(map(len, ids))))


class Remote:
    """A running server with OpenAI's API, whose first model answers. The server's template renders the prompt.

    A request that is refused is a wrong reply, and the server's sentence is printed once.
    """

    def __init__(self, url):
        self.url, self.refusals = url.rstrip("/").removesuffix("/v1"), set()
        with urllib.request.urlopen(self.url + "/v1/models", timeout=TIMEOUT) as response:
            self.name = json.load(response)["data"][0]["id"]

    def replies(self, conversations, temperature=0.0, seed=0):
        return [self._reply(one, temperature, seed) for one in conversations]

    def _reply(self, conversation, temperature, seed):
        body = {"model": self.name, **request.body(conversation), "temperature": temperature, "seed": seed, "max_tokens": LONGEST_REPLY}
        try:
            message = self._post("/v1/chat/completions", body)["choices"][0]["message"]
        except urllib.error.HTTPError as error:
            self._print_once(f"{error.code}: {error.read().decode(errors='replace')[:300]}")
            return replies.Reply("")
        calls = [(call["function"]["name"], _object(call["function"]["arguments"])) for call in message.get("tool_calls") or []]
        thought = message.get("reasoning_content") or message.get("reasoning")
        return replies.Reply((message.get("content") or "").strip(), thought, calls)

    def embeddings(self, texts):
        found = self._post("/v1/embeddings", {"model": self.name, "input": texts})["data"]
        return torch.tensor([one["embedding"] for one in sorted(found, key=lambda one: one["index"])])

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
