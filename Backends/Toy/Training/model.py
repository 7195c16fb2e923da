"""A GPT-2 in PyTorch, for training; its weights as Hugging Face's files have them.

B is a batch's rows, T its columns, d the width, V the vocabulary, P the positions.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

import template

POSITION_SCALE = 0.03
MAXIMUM_PLAIN = 512


@dataclass(frozen=True)
class Sizes:
    vocabulary: int = 2_560
    positions: int = 4_096
    width: int = 192
    layers: int = 6
    heads: int = 6


def _attention(q, k, v):
    """[B, heads, T, d / heads], causal.

    PyTorch's fused attention for processors takes, forward and backward, twice to four times as long in bf16 as these three
    lines up to 512 columns, and half as long from 1,024.
    """
    t = q.shape[2]
    if q.dtype != torch.bfloat16 or q.device.type != "cpu" or t > MAXIMUM_PLAIN:
        return functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    future = torch.full((t, t), -1e4, dtype=q.dtype).triu(1)
    scores = (q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + future
    return functional.softmax(scores, -1, dtype=q.dtype) @ v


class Block(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        d = sizes.width
        self.heads = sizes.heads
        self.ln_1, self.ln_2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.c_attn, self.c_proj = nn.Linear(d, 3 * d), nn.Linear(d, d)
        self.c_fc, self.mlp_proj = nn.Linear(d, 4 * d), nn.Linear(4 * d, d)

    def forward(self, x):
        """x [B, T, d]."""
        b, t, d = x.shape
        q, k, v = self.c_attn(self.ln_1(x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        attended = _attention(q, k, v)
        x = x + self.c_proj(attended.transpose(1, 2).reshape(b, t, d))
        return x + self.mlp_proj(functional.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class GPT2(nn.Module):
    def __init__(self, sizes=Sizes()):
        super().__init__()
        self.sizes = sizes
        self.wte = nn.Embedding(sizes.vocabulary, sizes.width)
        self.wpe = nn.Embedding(sizes.positions, sizes.width)
        self.h = nn.ModuleList(Block(sizes) for _ in range(sizes.layers))
        self.ln_f = nn.LayerNorm(sizes.width)
        self._initialize()

    def _initialize(self):
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.dim() == 2:
                is_output = name.endswith(("c_proj.weight", "mlp_proj.weight"))
                nn.init.normal_(parameter, std=0.02 / math.sqrt(2 * self.sizes.layers) if is_output else 0.02)
        nn.init.normal_(self.wte.weight, std=POSITION_SCALE)
        with torch.no_grad():
            self.wpe.weight.copy_(sinusoids(self.sizes.positions, self.sizes.width))

    def hidden(self, tokens, starts):
        """[B, T, d] after the last norm, of tokens [B, T]; `starts` [B] is the position of each row's first column."""
        positions = starts[:, None] + torch.arange(tokens.shape[1], device=tokens.device)
        x = self.wte(tokens) + self.wpe(positions.clamp(max=self.sizes.positions - 1))
        for block in self.h:
            x = block(x)
        return self.ln_f(x)

    def logits(self, hidden):
        return functional.linear(hidden, self.wte.weight)

    def loss(self, tokens, learned, starts):
        """The cross-entropy [N] of the learned tokens, in the order of the rows. learned [B, T] marks targets."""
        hidden = self.hidden(tokens[:, :-1], starts)
        is_target = learned[:, 1:]
        return functional.cross_entropy(self.logits(hidden[is_target]).float(), tokens[:, 1:][is_target], reduction="none")

    def embed(self, tokens, lengths):
        """[B, d]: the mean of each row's first `lengths` hidden states, of length 1."""
        hidden = self.hidden(tokens, torch.zeros(len(tokens), dtype=torch.long, device=tokens.device)).float()
        inside = torch.arange(tokens.shape[1], device=tokens.device)[None] < lengths[:, None]
        return functional.normalize((hidden * inside[..., None]).sum(1) / lengths[:, None], dim=-1)

    def parameter_count(self):
        return sum(parameter.numel() for parameter in self.parameters())


def sinusoids(positions, width):
    """[P, d]: sines and cosines of wavelengths from 2 pi to 4 pi P, scaled to the size of token embeddings."""
    rates = numpy.exp(-math.log(2 * positions) * numpy.arange(0, width, 2) / (width - 2))
    angles = numpy.arange(positions)[:, None] * rates[None]
    table = numpy.stack([numpy.sin(angles), numpy.cos(angles)], -1).reshape(positions, width)
    return torch.tensor(table * POSITION_SCALE * math.sqrt(2), dtype=torch.float32)


_NAMES = {"c_attn": "attn.c_attn", "c_proj": "attn.c_proj", "c_fc": "mlp.c_fc", "mlp_proj": "mlp.c_proj"}


def _exported(name):
    """A parameter's name in Hugging Face's files, and whether its matrix is stored transposed there."""
    parts = name.split(".")
    if parts[0] == "h" and parts[2] in _NAMES:
        return f"h.{parts[1]}.{_NAMES[parts[2]]}.{parts[3]}", parts[3] == "weight"
    return name, False


def export(model, folder):
    """Writes config.json and model.safetensors in F16."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for name, parameter in model.named_parameters():
        exported, is_transposed = _exported(name)
        tensors[exported] = (parameter.T if is_transposed else parameter).detach().to("cpu", torch.float16).contiguous()
    save_file(tensors, str(folder / "model.safetensors"), metadata={"format": "pt"})
    sizes = model.sizes
    config = {
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new", "vocab_size": sizes.vocabulary,
        "n_positions": sizes.positions, "n_ctx": sizes.positions, "n_embd": sizes.width, "n_layer": sizes.layers, "n_head": sizes.heads,
        "layer_norm_epsilon": 1e-05, "bos_token_id": template.SPECIAL.index(template.STOP),
        "eos_token_id": [template.SPECIAL.index(template.STOP), template.SPECIAL.index(template.END)],
        "pad_token_id": template.SPECIAL.index(template.STOP), "tie_word_embeddings": True, "torch_dtype": "float16"}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")


def load(folder):
    """A model in F32 from an exported folder."""
    config = json.loads((Path(folder) / "config.json").read_text())
    model = GPT2(Sizes(config["vocab_size"], config["n_positions"], config["n_embd"], config["n_layer"], config["n_head"]))
    tensors = load_file(str(Path(folder) / "model.safetensors"))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            exported, is_transposed = _exported(name)
            tensor = tensors[exported].float()
            parameter.copy_(tensor.T if is_transposed else tensor)
    return model.eval()


