"""llguidance, asked as the probe is."""

import json

from llguidance import LLMatcher

OPTIONS = {"whitespace_flexible": False, "key_separator": ": ?", "item_separator": ", ?"}


class NotCompiled(Exception):
    pass


class Reference:
    def __init__(self, schema, vocabulary, tokenizer):
        self.vocabulary = vocabulary
        # Without forcing, which leaves of all spellings of what must come the tokens that its tokenizer prefers.
        schema = schema if isinstance(schema, dict) else {"not": {}} if schema is False else {}
        grammar = '%llguidance {"no_forcing": true}\nstart: %json ' + json.dumps(schema | {"x-guidance": OPTIONS})
        self.matcher = LLMatcher(tokenizer, grammar, log_level=0)
        if self.matcher.is_error():
            raise NotCompiled(self.matcher.get_error())

    def start(self):
        return ReferenceText(self.matcher.deep_copy())

    def accepts(self, text):
        matcher = self.after(text)
        return matcher is not None and matcher.is_accepting()

    def follows(self, beginnings):
        """Which texts may begin so."""
        return [self.after(beginning) is not None for beginning in beginnings]

    def after(self, text):
        matcher = self.matcher.deep_copy()
        tokens = [self.vocabulary.byte_tokens[byte] for byte in text.encode()]
        return matcher if all(matcher.consume_token(token) for token in tokens) else None


class ReferenceText:
    def __init__(self, matcher):
        self.matcher = matcher

    @property
    def mask(self):
        mask = int.from_bytes(self.matcher.compute_bitmask(), "little")
        if self.matcher.is_error():
            raise NotCompiled(self.matcher.get_error())
        return mask

    def advance(self, token):
        if not self.matcher.consume_token(token):
            raise NotCompiled(self.matcher.get_error())

    def copy(self):
        return ReferenceText(self.matcher.deep_copy())

    def close(self):
        pass
