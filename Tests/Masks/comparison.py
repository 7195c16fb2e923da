"""Martlet and llguidance side by side: the same tokens, and the masks of each step."""

import collections
import random

import completion
import differences
import validation
from reference import NotCompiled
from vocabularies import ids

# Of the tokens that one side alone allows at a step, how many are judged, and by how many documents each.
JUDGED_TOKENS, DOCUMENTS = 3, 2


class Comparison:
    """One schema with one vocabulary. `counts` has the steps, and the differences by class; `faults` those without."""

    def __init__(self, name, schema, ours, theirs, vocabulary, number):
        self.name, self.ours, self.theirs, self.vocabulary, self.number = name, ours, theirs, vocabulary, number
        self.validator = validation.Validator(schema)
        self.counts, self.faults = collections.Counter(), []

    def run(self, seed, steps=200):
        source = random.Random(f"{seed} {self.name}")
        ours, theirs, written = self.ours.start(self.number), self.theirs.start(), b""
        try:
            for _ in range(steps):
                own, other = ours.mask, theirs.mask
                self.counts["steps"] += 1
                if own != other:
                    self.counts["differing steps"] += 1
                    self.judge(ours, own & ~other, written, source, is_own=True)
                    self.judge(theirs, other & ~own, written, source, is_own=False)
                both = own & other
                if not both:
                    break
                marks = both & (self.vocabulary.mark_mask | self.vocabulary.end_mask)
                token = source.choice(list(ids(marks if marks and source.random() < 0.5 else both)))
                if token in self.vocabulary.ends:
                    break
                written += self.vocabulary.tokens[token]
                ours.advance(token)
                theirs.advance(token)
        except NotCompiled as error:
            self.counts[f"llguidance stopped: {str(error)[:60]}"] += 1
        finally:
            ours.close()

    def judge(self, text, mask, written, source, is_own):
        tokens = list(ids(mask))
        self.counts["tokens of one side"] += len(tokens)
        for token in source.sample(tokens, min(JUDGED_TOKENS, len(tokens))):
            classes = set()
            for _ in range(DOCUMENTS):
                classes.add(self.judge_document(text, token, written, source, is_own))
                if classes & {"repeated name", "escape"}:
                    break
            for name in classes:
                self.counts[name] += 1

    def judge_document(self, text, token, written, source, is_own):
        """The class of a document that begins with a token that one side alone allows."""
        if token in self.vocabulary.ends:
            document = written
        else:
            branch = text.copy()
            try:
                branch.advance(token)
                document = completion.complete(
                    branch, written + self.vocabulary.tokens[token], self.vocabulary, source)
            except NotCompiled:
                return "dead end"
            except completion.DeadEnd:
                if is_own:
                    self.faults.append(("Martlet cannot finish", written + self.vocabulary.tokens[token]))
                return "dead end"
            finally:
                branch.close()
        if document is None:
            return "unfinished"
        side = self.theirs if is_own else self.ours
        judge = differences.judge_own if is_own else differences.judge
        name = judge(document, self.validator, side.follows, side.accepts)
        if name is None:
            beginning = written + self.vocabulary.tokens[token]
            self.faults.append(("Martlet alone" if is_own else "llguidance alone", beginning, document))
        return name or "fault"
