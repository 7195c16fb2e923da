#!/usr/bin/env python3
"""Trains the toy, from the corpus to the folder that the binary embeds.

    train.py OUT [--minutes 100 | --steps N] [--threads 2] [--seed 17] [--device cpu] [--small]

OUT gets the tokenizer, a checkpoint every five minutes, curve.svg, and at the end config.json and model.safetensors. Run again
with the same OUT, it continues where it was interrupted.
"""

import argparse
import os
from pathlib import Path

import torch

import model
import vocabulary
from training.schedule import Budget
from training.trainer import ADAMW, MUON, Trainer

SMALL = model.Sizes(width=64, layers=2, heads=2, positions=4_096)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=100)
    parser.add_argument("--steps", type=int, help="instead of minutes: repeatable to the bit with one thread")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seed", type=int, default=17)
    parser.add_argument("--optimizer", choices=[MUON, ADAMW], default=MUON, help="of the matrices between layers")
    parser.add_argument("--rate", type=float, help="the highest learning rate of that optimizer")
    parser.add_argument("--batch-tokens", type=int, default=2_048)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--small", action="store_true", help="a model of a tenth of the size, to try the script")
    return parser.parse_args()


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    tokenizer = options.out / "tokenizer.json"
    if not tokenizer.exists():
        print("makes the tokenizer", flush=True)
        vocabulary.save(vocabulary.train(), options.out)
    budget = Budget(steps=options.steps) if options.steps else Budget(minutes=options.minutes)
    trainer = Trainer(options.out, tokenizer, SMALL if options.small else model.Sizes(), budget, seed=options.seed,
                      optimizer=options.optimizer, peak=options.rate,
                      batch_tokens=options.batch_tokens, device=options.device)
    print(f"{trainer.model.parameter_count():,} parameters, {options.threads} threads", flush=True)
    trainer.run()
    trainer.measure()
    model.export(trainer.model, options.out)
    size = (options.out / "model.safetensors").stat().st_size
    print(f"{trainer.tokens:,} tokens in {trainer.step:,} steps; model.safetensors has {size / 1e6:.2f} MB", flush=True)


if __name__ == "__main__":
    main()
