"""Writes random-logits.json: what transformers makes, in F32, of the random models that TinyModel.swift describes.

    python make_random_logits.py > random-logits.json

The parameters are those of TinyModel, in its order: numbers of SplitMix64 with seed 9.
"""

import json
import sys

import torch
from transformers import GPT2Config, GPT2LMHeadModel

VOCABULARY, CONTEXT, LAYERS = 37, 24, 2


def split_mix(seed):
    mask = (1 << 64) - 1
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & mask
        value = seed
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & mask
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & mask
        yield value ^ (value >> 31)


def logits(width, heads, activation="gelu_new", tied=True):
    numbers = split_mix(9)

    def tensor(*shape):
        count = torch.Size(shape).numel()
        return torch.tensor([(next(numbers) % 97 - 48) / 64 for _ in range(count)]).reshape(shape)

    state = {"wte.weight": tensor(VOCABULARY, width), "wpe.weight": tensor(CONTEXT, width)}

    def pair(name, shape, bias):
        state[name + ".weight"] = tensor(*shape)
        state[name + ".bias"] = tensor(bias)

    for layer in range(LAYERS):
        pair(f"h.{layer}.ln_1", [width], width)
        pair(f"h.{layer}.attn.c_attn", [width, 3 * width], 3 * width)
        pair(f"h.{layer}.attn.c_proj", [width, width], width)
        pair(f"h.{layer}.ln_2", [width], width)
        pair(f"h.{layer}.mlp.c_fc", [width, 4 * width], 4 * width)
        pair(f"h.{layer}.mlp.c_proj", [4 * width, width], width)
    pair("ln_f", [width], width)
    state = {"transformer." + name: value for name, value in state.items()}
    state["lm_head.weight"] = state["transformer.wte.weight"] if tied else tensor(VOCABULARY, width)
    model = GPT2LMHeadModel(GPT2Config(
        vocab_size=VOCABULARY, n_positions=CONTEXT, n_embd=width, n_layer=LAYERS, n_head=heads,
        activation_function=activation, tie_word_embeddings=tied)).eval()
    model.load_state_dict(state, strict=True)
    ids = torch.tensor([[(index * 5 + 1) % VOCABULARY for index in range(CONTEXT)]])
    with torch.inference_mode():
        return [round(value, 6) for value in model(ids).logits[0].flatten().tolist()]


json.dump([
    {"width": 20, "heads": 5, "activation": "gelu_new", "tied": True, "logits": logits(20, 5)},
    {"width": 36, "heads": 2, "activation": "gelu_new", "tied": True, "logits": logits(36, 2)},
    {"width": 20, "heads": 5, "activation": "gelu", "tied": False, "logits": logits(20, 5, "gelu", False)},
], sys.stdout)
