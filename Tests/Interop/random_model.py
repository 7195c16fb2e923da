"""Writes a GPT-2 with random weights, the toy's tokenizer and room for long prompts."""

import json
import random
import shutil
import struct
from array import array

from server import ROOT

TOY = ROOT / "Backends/Toy/CToyModel/toy"
CONTEXT, WIDTH, LAYERS = 8_192, 64, 2


def shapes(vocabulary):
    """The tensors as Hugging Face names them."""
    yield "wte.weight", [vocabulary, WIDTH]
    yield "wpe.weight", [CONTEXT, WIDTH]
    norms, products = ["ln_f"], []
    for layer in range(LAYERS):
        norms += [f"h.{layer}.ln_1", f"h.{layer}.ln_2"]
        products += [
            (f"h.{layer}.attn.c_attn", WIDTH, 3 * WIDTH), (f"h.{layer}.attn.c_proj", WIDTH, WIDTH),
            (f"h.{layer}.mlp.c_fc", WIDTH, 4 * WIDTH), (f"h.{layer}.mlp.c_proj", 4 * WIDTH, WIDTH)]
    for norm in norms:
        yield f"{norm}.weight", [WIDTH]
        yield f"{norm}.bias", [WIDTH]
    for name, rows, columns in products:
        yield f"{name}.weight", [rows, columns]
        yield f"{name}.bias", [columns]


def closing(vocabulary):
    """The ids of the tokens that end JSON's strings, arrays and objects."""
    return [id for token, id in vocabulary.items() if token and not token.strip('"]}')]


def write_random_model(folder):
    """The same weights each time. All tokens are about equally likely, so that only a constraint makes a reply valid;
    those that close JSON's values are twenty times as likely as others, so that replies end."""
    toy = json.loads((TOY / "config.json").read_text())
    config = {**toy, "n_positions": CONTEXT, "n_ctx": CONTEXT, "n_embd": WIDTH, "n_layer": LAYERS, "n_head": 2,
              "torch_dtype": "float32"}
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = json.loads((TOY / "tokenizer.json").read_text())
    shutil.copy(TOY / "tokenizer.json", folder)
    chance, header, data = random.Random(14), {}, bytearray()
    for name, shape in shapes(toy["vocab_size"]):
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        values = array("f", [chance.uniform(-0.05, 0.05) for _ in range(count)])
        # The first component of the last hidden state is always 1: 3 there multiplies a token's probability by e³.
        if name == "ln_f.weight":
            values[0] = 0
        elif name == "ln_f.bias":
            values[0] = 1
        elif name == "wte.weight":
            for id in closing(tokenizer["model"]["vocab"]):
                values[id * WIDTH] = 3
        start = len(data)
        data += values.tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [start, len(data)]}
    described = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(described)) + described + data)
