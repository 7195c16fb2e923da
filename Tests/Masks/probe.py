"""ConstraintProbe as Python objects."""

import json
import subprocess


class Refused(Exception):
    """An error that the probe answers."""

    def __init__(self, answer):
        super().__init__(answer["error"])
        self.kind = answer["kind"]
        self.pointer = answer.get("pointer")


class Probe:
    def __init__(self, binary):
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the probe ended with {self.process.wait()} at {json.dumps(request)[:500]}")
        answer = json.loads(line)
        if "error" in answer:
            raise Refused(answer)
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def vocabulary(self, vocabulary):
        return self.ask({
            "vocabulary": [token.hex() for token in vocabulary.tokens], "end": sorted(vocabulary.ends),
            "special": sorted(vocabulary.specials)})["id"]

    def compile(self, schema, unlimited=False):
        return Constraint(self, self.ask({"compile": schema, "unlimited": unlimited})["id"])


class Constraint:
    def __init__(self, probe, number):
        self.probe, self.number = probe, number

    def start(self, vocabulary):
        answer = self.probe.ask({"start": self.number, "vocabulary": vocabulary})
        return Text(self.probe, answer["id"], mask(answer))

    def follow(self, texts):
        """For each text, how many bytes of it can be written, and whether it is complete then."""
        answer = self.probe.ask({"follow": self.number, "texts": [text.hex() for text in texts]})["texts"]
        return list(zip(answer[::2], answer[1::2]))

    def accepts(self, text):
        return self.follow([text.encode()])[0][1]

    def follows(self, beginnings):
        """Which texts may begin so."""
        texts = [beginning.encode() for beginning in beginnings]
        return [count == len(text) for text, (count, _) in zip(texts, self.follow(texts))]


class Text:
    """One text in progress; `mask` has a bit for each token that may come next."""

    def __init__(self, probe, number, mask):
        self.probe, self.number, self.mask = probe, number, mask

    def advance(self, token):
        self.mask = mask(self.probe.ask({"advance": self.number, "token": token}))

    def copy(self):
        return Text(self.probe, self.probe.ask({"copy": self.number})["id"], self.mask)

    def close(self):
        self.probe.ask({"forget": self.number})


def mask(answer):
    """An integer with the bit of each allowed token."""
    digits = answer["mask"]
    words = [int(digits[start:start + 16], 16) for start in range(0, len(digits), 16)]
    return int.from_bytes(b"".join(word.to_bytes(8, "little") for word in words), "little")
