"""Batches, exact resumption, the loss, and export."""

import tempfile
import unittest
from pathlib import Path

import numpy
import torch
from safetensors import safe_open

import model
import vocabulary
from corpus import mixture
from tests.test_vocabulary import tokenizer_path
from training import checkpoint, dataset, schedule
from training.schedule import Budget
from training.trainer import Trainer

TINY = model.Sizes(width=32, layers=2, heads=2, positions=4_096)


def recipe(**more):
    return dataset.Recipe(str(tokenizer_path()), 5, 2_048, 4_096, **more)


class DatasetTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        dataset.CHUNK_TOKENS = 20_000
        cls.tokenizer = vocabulary.load(tokenizer_path())

    def test_a_chunk_is_made_equal_again(self):
        first, second = (dataset.chunk(recipe(), self.tokenizer, 3, "short") for _ in range(2))
        other = dataset.chunk(recipe(), self.tokenizer, 4, "short")
        self.assertEqual(len(first), len(second))
        for a, b in zip(first, second):
            self.assertTrue((a.tokens == b.tokens).all() and (a.learned == b.learned).all() and (a.starts == b.starts).all())
        self.assertFalse(any(a.tokens.shape == b.tokens.shape and (a.tokens == b.tokens).all() for a in first for b in other))

    def test_batches_have_the_rows_of_the_chunk_and_nothing_else(self):
        rows = dataset.rows(recipe(), self.tokenizer, 1, "middle")
        batches = [batch for batch in dataset.chunk(recipe(), self.tokenizer, 1, "middle") if not batch.is_pairs]
        wanted = sorted((ids, learned) for _, ids, learned in rows)
        found = sorted((batch.tokens[i, :n].tolist(), batch.learned[i, :n].tolist()) for batch in batches for i, n in enumerate(batch.lengths))
        self.assertEqual(found, wanted)
        for batch in batches:
            inside = numpy.arange(batch.tokens.shape[1])[None] < batch.lengths[:, None]
            self.assertFalse(batch.learned[~inside].any())
            self.assertTrue((batch.starts + batch.tokens.shape[1] <= 4_096).all())
            self.assertLessEqual(batch.tokens.size, 2_048 if len(batch.tokens) > 1 else 4_096)

    def test_half_of_the_rows_begin_at_position_0(self):
        starts = numpy.concatenate([batch.starts for batch in dataset.chunk(recipe(), self.tokenizer, 2, "short") if not batch.is_pairs])
        self.assertTrue(0.35 < (starts == 0).mean() < 0.65)
        self.assertGreater(starts.max(), 3_000)

    def test_conversations_fit_their_stage(self):
        for name in ("drills", "short", "middle", "long", "full"):
            for _, ids, learned in dataset.rows(recipe(), self.tokenizer, 0, name):
                self.assertLessEqual(len(ids), mixture.STAGES[name].longest)
                self.assertTrue(any(learned))


class TrainingTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        dataset.CHUNK_TOKENS = 20_000
        torch.set_num_threads(1)

    def trained(self, folder, steps, **run):
        trainer = Trainer(folder, tokenizer_path(), TINY, Budget(steps=steps), batch_tokens=2_048, log=lambda *_, **__: None)
        trainer.run(**run)
        return trainer

    def test_a_training_that_was_interrupted_twice_ends_with_equal_weights(self):
        with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as parts:
            at_once = self.trained(whole, 30)
            self.trained(parts, 30, stop_at=7)
            self.trained(parts, 30, stop_at=19)
            in_parts = self.trained(parts, 30)
            self.assertEqual((at_once.step, at_once.tokens), (in_parts.step, in_parts.tokens))
            self.assertEqual(at_once.position, in_parts.position)
            for a, b in zip(at_once.model.parameters(), in_parts.model.parameters()):
                self.assertTrue(torch.equal(a, b))

    def test_the_loss_falls_and_positions_are_frozen_at_first(self):
        with tempfile.TemporaryDirectory() as folder:
            trainer = Trainer(folder, tokenizer_path(), TINY, Budget(steps=40), batch_tokens=2_048, log=lambda *_, **__: None)
            before, positions = sum(trainer.measure().values()), trainer.model.wpe.weight.clone()
            trainer.run(stop_at=11)
            self.assertTrue(torch.equal(positions, trainer.model.wpe.weight))
            again = self.trained(folder, 40)
            self.assertFalse(torch.equal(positions, again.model.wpe.weight))
            self.assertLess(sum(again.measure().values()), 0.97 * before)
            self.assertTrue((Path(folder) / "curve.svg").read_text().startswith("<svg"))

    def test_an_interrupted_save_keeps_the_earlier_checkpoint(self):
        with tempfile.TemporaryDirectory() as folder:
            checkpoint.save(folder, {"step": 1})
            (Path(folder) / "checkpoint.new").write_bytes(b"half of a file")
            self.assertEqual(checkpoint.load(folder), {"step": 1})

    def test_the_schedule_spends_the_budget(self):
        rates = [schedule.rate(i / 1_000, 1.0) for i in range(1_001)]
        self.assertAlmostEqual(max(rates), 1.0, places=3)
        self.assertLess(rates[0], 0.05)
        self.assertLess(rates[-1], 0.05)
        self.assertEqual([schedule.stage(p) for p in (0, 0.4, 0.6, 0.8, 1.0)], ["drills", "short", "middle", "long", "full"])


class ModelTests(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        torch.set_num_threads(1)
        self.model = model.GPT2(TINY).eval()

    def test_only_learned_tokens_are_in_the_loss(self):
        tokens, starts = torch.randint(0, 2_560, (3, 12)), torch.zeros(3, dtype=torch.long)
        learned = torch.zeros(3, 12, dtype=torch.bool)
        learned[1, 4] = learned[2, 9] = learned[2, 0] = True  # the first token of a row is no target
        losses = self.model.loss(tokens, learned, starts)
        logits = self.model.logits(self.model.hidden(tokens, starts))
        expected = [-torch.log_softmax(logits[row, column - 1], -1)[tokens[row, column]] for row, column in ((1, 4), (2, 9))]
        self.assertTrue(torch.allclose(losses, torch.stack(expected), atol=1e-5))

    def test_padding_changes_nothing(self):
        tokens = torch.randint(0, 2_560, (1, 10))
        padded = torch.cat([tokens, torch.zeros(1, 6, dtype=torch.long)], 1)
        start = torch.tensor([5])
        self.assertTrue(torch.allclose(self.model.hidden(tokens, start), self.model.hidden(padded, start)[:, :10], atol=1e-5))
        lengths = torch.tensor([10])
        self.assertTrue(torch.allclose(self.model.embed(tokens, lengths), self.model.embed(padded, lengths), atol=1e-5))

    def test_short_attention_in_bf16_agrees_with_the_fused_one(self):
        tokens, starts = torch.randint(0, 2_560, (2, 64)), torch.zeros(2, dtype=torch.long)
        exact = self.model.hidden(tokens, starts)
        with torch.autocast("cpu", torch.bfloat16):
            near = self.model.hidden(tokens, starts)
        self.assertLess((exact - near.float()).abs().max().item(), 0.1)

    def test_export_and_load_are_inverse_up_to_f16(self):
        with tempfile.TemporaryDirectory() as folder:
            model.export(self.model, folder)
            again = model.load(folder)
            for a, b in zip(self.model.parameters(), again.parameters()):
                self.assertTrue(torch.equal(a.half().float(), b))
            with safe_open(str(Path(folder) / "model.safetensors"), "pt") as file:
                self.assertEqual(list(file.get_tensor("h.0.attn.c_attn.weight").shape), [32, 96])
                self.assertEqual(len(file.keys()), 4 + 12 * TINY.layers)

    def test_the_whole_model_fits_the_budget(self):
        self.assertLessEqual(2 * model.GPT2().parameter_count(), 8_000_000)


if __name__ == "__main__":
    unittest.main()
