"""The tokenizer's promises. TOKENIZER names a tokenizer.json; without it a small one is trained."""

import json
import os
import random
import tempfile
import unittest
from pathlib import Path

import template
import vocabulary
from conversation import Conversation, Message
from corpus import mixture, words


def tokenizer_path():
    """A tokenizer for tests, made once per process."""
    given = os.environ.get("TOKENIZER")
    if given:
        return Path(given)
    folder = Path(tempfile.gettempdir()) / f"toy-tokenizer-{os.getpid()}"
    if not (folder / "tokenizer.json").exists():
        vocabulary.CONVERSATIONS, vocabulary.NOISES = 2_000, 200
        vocabulary.save(vocabulary.train(), folder)
    return folder / "tokenizer.json"


class VocabularyTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.path = tokenizer_path()
        cls.tokenizer = vocabulary.load(cls.path)
        cls.file = json.loads(cls.path.read_text(encoding="utf-8"))

    def test_special_tokens_come_first(self):
        self.assertEqual([self.tokenizer.token_to_id(token) for token in template.SPECIAL], list(range(len(template.SPECIAL))))
        self.assertEqual([entry["content"] for entry in self.file["added_tokens"] if entry["special"]], template.SPECIAL)

    def test_it_has_the_size_and_the_form_that_the_server_reads(self):
        self.assertLessEqual(self.tokenizer.get_vocab_size(), vocabulary.SIZE)
        self.assertEqual(self.file["pre_tokenizer"]["type"], "ByteLevel")
        self.assertTrue(self.file["pre_tokenizer"]["use_regex"])
        self.assertIsNone(self.file["normalizer"])
        self.assertIsNone(self.file["post_processor"])
        self.assertEqual(self.file["model"]["type"], "BPE")

    def test_no_merge_has_a_digit_or_crosses_punctuation_of_json(self):
        for merge in self.file["model"]["merges"]:
            left, right = merge if isinstance(merge, list) else merge.split(" ")
            whole = left + right
            self.assertNotRegex(whole, r"\d")
            self.assertNotRegex(whole.removeprefix("\u0120"), r'.[{}\[\]",:<>|\\]|[{}\[\]",:<>|\\].')

    def test_a_number_is_its_digits(self):
        for text in ("4096", " 4096", "x4096", '{"n": 4096}'):
            tokens = self.tokenizer.encode(text).tokens
            self.assertEqual([token for token in tokens if token.isdigit()], list("4096"))

    def test_a_word_has_the_same_tokens_with_a_space_before_it(self):
        rng = random.Random(1)
        for word in [*words.PLAIN, *words.NAMES, *(words.word(rng, "train") for _ in range(500)), "KX", "ord", "café"]:
            alone, inside = (self.tokenizer.encode(text).tokens for text in (word, f"a {word}"))
            self.assertIn(inside[1:], [["\u0120" + alone[0], *alone[1:]], ["\u0120", *alone]], word)

    def test_a_spelled_delimiter_is_text(self):
        for token in template.SPECIAL:
            self.assertNotIn(self.tokenizer.token_to_id(token), self.tokenizer.encode(f"a{token}b").ids)

    def test_texts_come_back(self):
        for i in range(200):
            _, made = mixture.conversation(mixture.random_for("round trip", i), "train", mixture.STAGES["middle"])
            pieces = template.render(made)
            ids, learned = vocabulary.encode(self.tokenizer, pieces)
            self.assertEqual(self.tokenizer.decode(ids, skip_special_tokens=False), "".join(piece.text for piece in pieces))
            self.assertEqual(len(ids), len(learned))

    def test_what_is_learned_decodes_to_the_answers(self):
        conversation = Conversation("x", [Message("user", "What?"), Message("assistant", "Oslo 7"), Message("user", "And?"), Message("assistant", "No.")])
        ids, learned = vocabulary.encode(self.tokenizer, template.render(conversation))
        kept = [id for id, is_learned in zip(ids, learned) if is_learned]
        self.assertEqual(self.tokenizer.decode(kept, skip_special_tokens=False), "Oslo 7<|im_end|>No.<|im_end|>")

    def test_a_prompt_is_the_beginning_of_its_conversation_in_tokens(self):
        for i in range(200):
            _, made = mixture.conversation(mixture.random_for("prefix", i), "train", mixture.STAGES["short"])
            if made.messages:
                whole, _ = vocabulary.encode(self.tokenizer, template.render(made))
                prompt, _ = vocabulary.encode(self.tokenizer, template.render_prompt(made))
                self.assertEqual(whole[:len(prompt)], prompt)


if __name__ == "__main__":
    unittest.main()
