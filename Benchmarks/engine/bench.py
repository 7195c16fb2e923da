"""How fast the engine computes, beside llama.cpp and transformers, in alternating runs on this machine.

    python bench.py FOLDER ENGINE_BENCH [--rounds N]

FOLDER has what make_model.py wrote. LLAMA_CPP in the environment is the folder of llama-bench and llama-batched-bench;
without it, and without torch, their columns stay empty. Every figure is the best of all rounds, in tokens a second.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

FIGURES = ["decode-1", "decode-8", "decode-32", "prefill-512"]
# What a token reads of the weights: all but the position embeddings. Q8 has two bytes of scale for each 32.
BYTES = {"f32": 123.65e6 * 4, "f16": 123.65e6 * 2, "q8": 123.65e6 * 34 / 32}


def run(*command):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def martlet(bench, folder, weights, threads):
    lines = run(bench, folder / "gpt2-124m", weights, threads).split("\n")
    return {name: float(value) for name, value in (line.split() for line in lines if line)}


def llama(binaries, folder, weights, threads):
    model = folder / f"gpt2-124m-{ {'q8': 'q8_0'}.get(weights, weights) }.gguf"
    results = {}
    for entry in json.loads(run(binaries / "llama-bench", "-m", model, "-t", threads, "-p", 512, "-n", 64, "-r", 3,
                                "-o", "json")):
        name = "prefill-512" if entry["n_prompt"] else "decode-1-empty"
        results[name] = max(entry["samples_ts"])
    table = run(binaries / "llama-batched-bench", "-m", model, "-t", threads, "-c", 8192, "-npp", 64, "-ntg", 64,
                "-npl", "1,8,32", "--output-format", "jsonl")
    for line in table.split("\n"):
        if line.startswith("{"):
            entry = json.loads(line)
            results[f"decode-{entry['pl']}"] = entry["speed_tg"]
    # With one sequence both of its benches measure a decode; the faster counts.
    results["decode-1"] = max(results["decode-1"], results["decode-1-empty"])
    return results


def transformers(folder, threads):
    """In a process of its own: torch's threads are set once."""
    lines = run(sys.executable, __file__, folder, "transformers", "--threads", threads).split("\n")
    return {name: float(value) for name, value in (line.split() for line in lines if line)}


def measure_transformers(folder, threads):
    import torch
    from transformers import DynamicCache, GPT2LMHeadModel

    torch.set_num_threads(threads)
    model = GPT2LMHeadModel.from_pretrained(folder / "gpt2-124m").eval()
    with torch.inference_mode():
        prompt = torch.arange(512)[None] * 7919 % 50257
        model(prompt, logits_to_keep=1)
        start = time.perf_counter()
        model(prompt, logits_to_keep=1)
        print("prefill-512", 512 / (time.perf_counter() - start))
        for count in [1, 8, 32]:
            tokens = torch.arange(64 * count).reshape(count, 64) * 7919 % 50257
            cache = DynamicCache()
            output = model(tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)
            times = []
            for _ in range(24):
                next = output.logits[:, -1].argmax(-1, keepdim=True)
                start = time.perf_counter()
                output = model(next, past_key_values=cache, use_cache=True)
                times.append(time.perf_counter() - start)
            print(f"decode-{count}", count / sorted(times)[len(times) // 2])


def best(results):
    names = {name for result in results for name in result}
    return {name: max(result.get(name, 0) for result in results) for name in names}


def column(value, form="9.1f"):
    return format(value, form) if value else " " * int(form.split(".")[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    arguments = parser.parse_args()
    if arguments.bench == "transformers":
        return measure_transformers(arguments.folder, arguments.threads)
    folder, bench = arguments.folder, arguments.bench
    binaries = pathlib.Path(os.environ["LLAMA_CPP"]) if os.environ.get("LLAMA_CPP") else None
    try:
        import torch  # noqa: F401
        has_torch = True
    except ImportError:
        has_torch = False

    print("weights threads figure        martlet llama.cpp transformers | to llama.cpp, to transformers, of the roofline")
    for weights in ["f32", "f16", "q8"]:
        for threads in [1, 2]:
            ours, theirs, torchs, bandwidth = [], [], [], []
            for _ in range(arguments.rounds):
                bandwidth.append(float(run(bench, "bandwidth", threads).split()[1]))
                ours.append(martlet(bench, folder, weights, threads))
                if binaries:
                    theirs.append(llama(binaries, folder, weights, threads))
            if has_torch and weights == "f32":
                torchs.append(transformers(folder, threads))
            ours, theirs, torchs = best(ours), best(theirs), best(torchs)
            for name in FIGURES:
                a, b, c = ours[name], theirs.get(name), torchs.get(name)
                line = f"{weights:7} {threads:7} {name:11} {column(a)} {column(b)} {column(c, '12.1f')} |"
                line += f" {column(b and a / b, '12.2f')}  {column(c and a / c, '15.2f')}"
                if name == "decode-1":
                    limit = max(bandwidth) * 1e9 / BYTES[weights]
                    line += f"  {a / limit:.2f} of {limit:.0f} at {max(bandwidth):.1f} GB/s"
                print(line, flush=True)


main()
