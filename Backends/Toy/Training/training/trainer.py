"""One training: batches in, weights out, with checkpoints that continue exactly."""

import contextlib
import time
from pathlib import Path

import torch
from torch.nn import functional

import model as models
import vocabulary
from corpus import mixture
from training import checkpoint, curve, dataset, schedule

PAIR_WEIGHT, PAIR_TEMPERATURE = 0.2, 0.07
MUON, ADAMW = "muon", "adamw"
PEAKS = {MUON: 8e-3, ADAMW: 2e-3}  # learning rates of the matrices between layers
EMBEDDING_PEAK = 1e-2  # of all other parameters
PROMPT_WEIGHT = 0.3  # of a token that is not an answer's, beside 1 for one that is
WEIGHT_DECAY, BETAS, MOMENTUM, CLIP = 0.1, (0.9, 0.95), 0.95, 1.0
HELD_OUT_STAGE, HELD_OUT_ROWS = "middle", 400
PREPARED = 2  # chunks that are made ahead


def has_bf16():
    """Whether the processor multiplies in bf16."""
    cpu = Path("/proc/cpuinfo")
    return cpu.exists() and any(flag in cpu.read_text() for flag in ("avx512_bf16", "amx_bf16"))


class Trainer:
    """`save_every` and `report_every` are seconds; `stop_at` ends a run early, as an interruption would."""

    def __init__(self, folder, tokenizer, sizes, budget, *, seed=17, optimizer=MUON, peak=None, batch_tokens=2_048, device="cpu",
                 save_every=300, report_every=20, measure_every=240, log=print):
        self.folder, self.budget, self.device, self.log = Path(folder), budget, device, log
        self.save_every, self.report_every, self.measure_every = save_every, report_every, measure_every
        self.folder.mkdir(parents=True, exist_ok=True)
        self.recipe = dataset.Recipe(str(tokenizer), seed, batch_tokens, sizes.positions)
        torch.manual_seed(seed)
        self.model = models.GPT2(sizes).to(device)
        self.model.wpe.weight.requires_grad_(False)
        self.peak = peak or PEAKS[optimizer]
        self.optimizers = self._optimizers(optimizer)
        self.step = self.tokens = 0
        self.position = [0, schedule.stage(0), 0]  # the chunk's number, its stage, batches of it that are done
        self.planned = []  # (number, stage) of chunks that follow
        self.training_curve, self.held_out_curve = [], []
        uses_bf16 = device != "cpu" or has_bf16()
        self.autocast = (lambda: torch.autocast(device, torch.bfloat16)) if uses_bf16 else contextlib.nullcontext
        self._resume()

    def _optimizers(self, name):
        """Muon for the matrices between layers, or AdamW; AdamW for embeddings, norms and biases."""
        matrices = [p for name, p in self.model.named_parameters() if p.dim() == 2 and not name.startswith(("wte", "wpe"))]
        others = [p for name, p in self.model.named_parameters() if p.dim() != 2 or name.startswith(("wte", "wpe"))]
        second = torch.optim.AdamW(others, lr=EMBEDDING_PEAK, betas=BETAS, weight_decay=0.0, fused=True)
        if name == MUON:
            return [torch.optim.Muon(matrices, lr=self.peak, weight_decay=WEIGHT_DECAY, momentum=MOMENTUM, adjust_lr_fn="match_rms_adamw"), second]
        return [torch.optim.AdamW(matrices, lr=self.peak, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True), second]

    # The state

    def _resume(self):
        state = checkpoint.load(self.folder)
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self.model.wpe.weight.requires_grad_(state["trains_positions"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.tokens, self.budget.elapsed = state["step"], state["tokens"], state["elapsed"]
        self.position, self.planned = list(state["position"]), [tuple(one) for one in state["planned"]]
        self.training_curve, self.held_out_curve = state["training_curve"], state["held_out_curve"]
        self.log(f"continues at step {self.step} after {self.budget.elapsed / 60:.1f} minutes")

    def save(self):
        checkpoint.save(self.folder, {
            "model": self.model.state_dict(), "optimizers": [one.state_dict() for one in self.optimizers], "trains_positions": self.model.wpe.weight.requires_grad,
            "step": self.step, "tokens": self.tokens, "elapsed": self.budget.seconds(), "position": self.position, "planned": self.planned,
            "training_curve": self.training_curve, "held_out_curve": self.held_out_curve})
        (self.folder / "curve.svg").write_text(curve.svg(self.training_curve, self.held_out_curve, "minutes"))

    # The run

    def run(self, stop_at=None):
        """Trains until the budget is spent, or until step `stop_at`. Ends with a checkpoint."""
        chunks = dataset.Chunks(self.recipe)
        self.budget.start()
        saved = reported = measured = time.monotonic()
        reported_tokens, losses = self.tokens, []
        try:
            for batches in self._prepared(chunks):
                number, stage, done = self.position
                for i in range(done, len(batches)):
                    loss = self._learn(batches[i])
                    self.position = [number, stage, i + 1]
                    if loss is None:
                        continue
                    losses.append(loss)
                    now = time.monotonic()
                    if now - reported >= self.report_every:
                        self._report(torch.stack(losses).mean().item(), (self.tokens - reported_tokens) / (now - reported))
                        reported, reported_tokens, losses = now, self.tokens, []
                    if now - measured >= self.measure_every:
                        self.measure()
                        measured = time.monotonic()
                    if now - saved >= self.save_every:
                        self.save()
                        saved = now
                    if self._is_done() or self.step == stop_at:
                        return
        finally:
            chunks.close()
            self.save()

    def _is_done(self):
        return self.budget.progress(self.step) >= 1

    def _prepared(self, chunks):
        """The batches of chunk after chunk. Chunks are planned before they are needed, and a checkpoint has the plan."""
        chunks.request(*self.position[:2])
        for planned in self.planned:
            chunks.request(*planned)
        while True:
            while len(self.planned) < PREPARED:
                last = self.planned[-1][0] if self.planned else self.position[0]
                self.planned.append((last + 1, schedule.stage(self.budget.progress(self.step))))
                chunks.request(*self.planned[-1])
            yield chunks.receive(*self.position[:2])
            self.position = [*self.planned.pop(0), 0]

    def _learn(self, batch):
        """One step. A batch of pairs adds its gradient to that of the next step, and has no loss to report."""
        progress = self.budget.progress(self.step)
        self.model.wpe.weight.requires_grad_(schedule.trains_positions(progress))
        tokens = torch.from_numpy(batch.tokens).long().to(self.device)
        if batch.is_pairs:
            with self.autocast():
                loss = self.pair_loss(tokens, torch.from_numpy(batch.lengths).to(self.device))
            (PAIR_WEIGHT * loss).backward()
            return None
        inside = torch.arange(tokens.shape[1])[None] < torch.from_numpy(batch.lengths)[:, None]
        is_learned = torch.from_numpy(batch.learned)[:, 1:][inside[:, 1:]].to(self.device)
        with self.autocast():
            losses = self.model.loss(tokens, inside.to(self.device), torch.from_numpy(batch.starts).long().to(self.device))
        weights = torch.where(is_learned, 1.0, PROMPT_WEIGHT)
        ((losses * weights).sum() / weights.sum()).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), CLIP)
        for optimizer, peak in zip(self.optimizers, (self.peak, EMBEDDING_PEAK)):
            for group in optimizer.param_groups:
                group["lr"] = schedule.rate(progress, peak)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.tokens += int(batch.lengths.sum())
        return losses.detach()[is_learned].mean()

    def pair_loss(self, tokens, lengths):
        """InfoNCE: an anchor is nearer to its paraphrase than to all other texts of the batch."""
        embedded = self.model.embed(tokens, lengths)
        rows = len(tokens) // 3
        scores = embedded[:rows] @ embedded[rows:].T / PAIR_TEMPERATURE
        return functional.cross_entropy(scores, torch.arange(rows, device=tokens.device))

    # Reports

    def _report(self, loss, speed):
        minutes = self.budget.seconds() / 60
        self.training_curve.append((minutes, loss))
        left = self.budget.left(self.step)
        rate = schedule.rate(self.budget.progress(self.step), self.peak)
        self.log(f"step {self.step:6d}  {self.position[1]:6s}  loss {loss:.4f}  {speed:6.0f} tokens/s  rate {rate:.1e}  "
                 f"{minutes:5.1f} min, {left / 60:5.1f} left", flush=True)

    @torch.no_grad()
    def measure(self):
        """Reports the loss by family on held-out conversations, and returns it."""
        if not hasattr(self, "_held_out"):
            recipe = dataset.Recipe(self.recipe.tokenizer, self.recipe.seed, 8_192, self.recipe.positions, "test")
            self._held_out = [batch for batch in dataset.chunk(recipe, vocabulary.load(recipe.tokenizer), 0, HELD_OUT_STAGE) if not batch.is_pairs]
        sums, counts, rows = torch.zeros(len(mixture.FAMILIES)), torch.zeros(len(mixture.FAMILIES)), 0
        for batch in self._held_out:
            if rows >= HELD_OUT_ROWS:
                break
            rows += len(batch.tokens)
            learned = torch.from_numpy(batch.learned).to(self.device)
            starts = torch.zeros(len(learned), dtype=torch.long, device=self.device)
            with self.autocast():
                losses = self.model.loss(torch.from_numpy(batch.tokens).long().to(self.device), learned, starts).cpu()
            family = torch.from_numpy(batch.families).long()[:, None].expand(learned.shape)[:, 1:][learned[:, 1:].cpu()]
            sums.index_add_(0, family, losses)
            counts.index_add_(0, family, torch.ones_like(losses))
        whole = (sums.sum() / counts.sum().clamp(min=1)).item()
        self.held_out_curve.append((self.budget.seconds() / 60, whole))
        by_family = {name: (sums[i] / counts[i]).item() for i, name in enumerate(mixture.FAMILIES) if counts[i]}
        listed = ", ".join(f"{name} {value:.3f}" for name, value in sorted(by_family.items(), key=lambda item: -item[1]))
        self.log(f"held-out loss {whole:.4f}: {listed}", flush=True)
        return by_family
