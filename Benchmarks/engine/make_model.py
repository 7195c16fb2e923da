"""Writes a GPT-2 of 124 M random parameters twice: as a Hugging Face folder, which Martlet and transformers load, and as
GGUF in F32, F16 and Q8_0, which llama.cpp loads.

    python make_model.py FOLDER

Biases and norms are random too: a mapping that mixes two of them up gives other logits.
"""

import json
import pathlib
import sys

import gguf
import numpy
import safetensors.numpy

LAYERS, WIDTH, HEADS, CONTEXT, VOCABULARY = 12, 768, 12, 1024, 50257


def tensors():
    random = numpy.random.default_rng(124)

    def normal(*shape, mean=0.0, deviation=0.02):
        return (random.standard_normal(shape, dtype=numpy.float32) * numpy.float32(deviation)) + numpy.float32(mean)

    result = {"wte.weight": normal(VOCABULARY, WIDTH), "wpe.weight": normal(CONTEXT, WIDTH, deviation=0.01)}
    for layer in range(LAYERS):
        for name, inputs, outputs in [
            ("attn.c_attn", WIDTH, 3 * WIDTH),
            ("attn.c_proj", WIDTH, WIDTH),
            ("mlp.c_fc", WIDTH, 4 * WIDTH),
            ("mlp.c_proj", 4 * WIDTH, WIDTH),
        ]:
            result[f"h.{layer}.{name}.weight"] = normal(inputs, outputs, deviation=0.05)
            result[f"h.{layer}.{name}.bias"] = normal(outputs)
        for name in ["ln_1", "ln_2"]:
            result[f"h.{layer}.{name}.weight"] = normal(WIDTH, mean=1.0, deviation=0.1)
            result[f"h.{layer}.{name}.bias"] = normal(WIDTH)
    result["ln_f.weight"] = normal(WIDTH, mean=1.0, deviation=0.1)
    result["ln_f.bias"] = normal(WIDTH)
    return result


def vocabulary():
    """GPT-2's: 256 bytes, 50,000 merges, one special token. The merges make letter sequences in alphabetical order."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    tokens = [chr(byte) for byte in printable] + [chr(256 + index) for index in range(len(others))]
    merges, seen = [], set(tokens)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    shorter = letters
    while len(merges) < VOCABULARY - 257:
        longer = []
        for left in shorter:
            for right in letters:
                if len(merges) == VOCABULARY - 257:
                    break
                merges.append((left, right))
                longer.append(left + right)
        shorter = longer
        tokens += longer
    assert len(set(tokens)) == len(tokens) == VOCABULARY - 1 and not seen & set("".join(m) for m in merges)
    return tokens + ["<|endoftext|>"], merges


def write_hugging_face(folder, weights, tokens, merges):
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new",
        "vocab_size": VOCABULARY, "n_positions": CONTEXT, "n_ctx": CONTEXT, "n_embd": WIDTH, "n_layer": LAYERS,
        "n_head": HEADS, "layer_norm_epsilon": 1e-5, "bos_token_id": VOCABULARY - 1, "eos_token_id": VOCABULARY - 1,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in merges))
    named = {"transformer." + name: value for name, value in weights.items()}
    safetensors.numpy.save_file(named, folder / "model.safetensors", metadata={"format": "pt"})


def write_gguf(path, weights, tokens, merges, kind):
    writer = gguf.GGUFWriter(path, "gpt2")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(4 * WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * (VOCABULARY - 1) + [gguf.TokenType.CONTROL])
    writer.add_token_merges([f"{left} {right}" for left, right in merges])
    writer.add_eos_token_id(VOCABULARY - 1)
    writer.add_bos_token_id(VOCABULARY - 1)
    names = {
        "wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "ln_1": "attn_norm", "ln_2": "ffn_norm",
        "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
    }
    for name, value in weights.items():
        stem, end = name.rsplit(".", 1)
        if stem.startswith("h."):
            _, layer, stem = stem.split(".", 2)
            target = f"blk.{layer}.{names[stem]}.{end}"
        else:
            target = f"{names[stem]}.{end}"
        if "c_" in stem and end == "weight":
            value = numpy.ascontiguousarray(value.T)  # GPT-2 keeps [inputs, outputs], GGUF [outputs, inputs]
        if value.ndim == 2 and stem != "wpe" and kind != gguf.GGMLQuantizationType.F32:
            writer.add_tensor(target, gguf.quants.quantize(value, kind), raw_dtype=kind)
        else:
            writer.add_tensor(target, value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def main():
    folder = pathlib.Path(sys.argv[1])
    weights = tensors()
    tokens, merges = vocabulary()
    write_hugging_face(folder / "gpt2-124m", weights, tokens, merges)
    for kind in ["F32", "F16", "Q8_0"]:
        path = folder / f"gpt2-124m-{kind.lower()}.gguf"
        write_gguf(path, weights, tokens, merges, gguf.GGMLQuantizationType[kind])


main()
